#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# One of three nodes dies in the middle of a job on two of them: the job is queued again, and finished on the others.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"
patience=250

make_reference --tile 3
submit jobscripts/slurm/several_nodes.sh "${input[@]}" -- --tile 3
await "first tiles" has_line 'tiles \(' "relief-$job.log"
kill -KILL "$(<"$PROXYSTORE_HOSTS/h2.pid")"
finish_as "$job" COMPLETED
expect 'a node does not answer: the job is queued again' "relief-$job.log"
expect 'stage read was finished before' "relief-$job.log"
is_reference out/relief
