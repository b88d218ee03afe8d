#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# A job is queued again in the middle of its second stage: the first one is not done again, and the results are
# those of a plain mpirun.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"
patience=120

submit jobscripts/slurm/several_nodes.sh "${input[@]}" -- --tile 3
await "first tiles" has_line 'tiles \(' "relief-$job.log"
scontrol requeue "$job"
await "end of the first run" has_state "$job" PENDING
is_clean relief.checkpoint relief.checkpoint.stages
scontrol update "JobId=$job" StartTime=now # Slurm would wait for two minutes
make_reference --tile 3
finish_as "$job" COMPLETED
expect 'stage read was finished before' "relief-$job.log"
[[ $(grep -c 'stage read$' "relief-$job.log") == 1 ]] || fail "the first stage was done twice"
[[ $(grep -c 'stage compute$' "relief-$job.log") == 2 ]] || fail "the second stage was not begun twice"
is_reference out/relief
is_clean relief.h5 relief.png
