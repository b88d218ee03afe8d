#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# A job is queued again in the middle of its second stage: the first one is not done again, and the results are
# those of a plain mpirun.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"
"$relief" --help | grep -q -e --stop-after || {
  echo "skipped: this relief keeps no checkpoints"
  exit 77
}

submit jobscripts/slurm/several_nodes.sh "${input[@]}" -- --tile 2
make_reference --tile 2
await "second stage" has_line 'stage compute' "relief-$job.log"
scontrol requeue "$job"
finish_as "$job" COMPLETED
expect 'stage read was finished before' "relief-$job.log"
[[ $(grep -c 'stage read$' "relief-$job.log") == 1 ]] || fail "the first stage was done twice"
is_reference out/relief
is_clean relief.h5 relief.png
