#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# The time of jobs is over in the middle: of one that is told before and stops by itself, and of one that is
# ended. Neither leaves anything. Slurm counts minutes, so this takes two.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"
# Longer than a minute: only slow, since its frames wait for a consumer that does not come.
patience=240
stream=(--program "$programs/example_11_two_jobs")

submit --time=1 --job-name=told jobscripts/slurm/two_jobs.sh "${stream[@]}" --role produce
told=$job
submit --time=1 --signal=URG@1 --job-name=ended jobscripts/slurm/two_jobs.sh "${stream[@]}" --role produce
ended=$job
await "both" test -d "out/stream-$told/queue" -a -d "out/stream-$ended/queue"
finish_as "$told" FAILED
expect 'the time is over' "told-$told.log"
[[ ! -e out/stream-$told ]] || fail "the folder of the one that was told is left"
finish_as "$ended" TIMEOUT
is_clean
