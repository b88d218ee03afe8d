#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# The script with Redis: one server, and a cluster of three on two nodes.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

submit jobscripts/slurm/redis.sh "${input[@]}" --output out/one -- --tile 32
one=$job
submit --dependency="afterany:$one" jobscripts/slurm/redis.sh "${input[@]}" --output out/three --servers 3 -- --tile 32
make_reference
finish_as "$one" COMPLETED
expect 'Redis at 10\.0\.0\.1:[0-9]+;' "relief-$one.log"
finish_as "$job" COMPLETED
expect 'Redis at 10\.0\.0\.1:[0-9]+ 10\.0\.0\.2:[0-9]+ 10\.0\.0\.1:[0-9]+;' "relief-$job.log"
is_reference out/one
is_reference out/three
[[ $(stat -c %a out/one.h5) == 644 ]] || fail "the results have the mode $(stat -c %a out/one.h5)"
is_clean {one,three}.{h5,png}
