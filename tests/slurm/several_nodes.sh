#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# The script for several nodes: ranks on two nodes get tiles from each other, started by mpirun and by srun.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

export PROXYSTORE_REPORT=1
submit jobscripts/slurm/several_nodes.sh "${input[@]}" --output out/mpirun --launcher mpirun -- --tile 32
first=$job
submit --dependency="afterany:$first" jobscripts/slurm/several_nodes.sh "${input[@]}" --output out/srun --launcher srun -- --tile 32
make_reference
for launcher in mpirun srun; do
  job=$first
  [[ $launcher == mpirun ]] || job=$((first + 1))
  finish_as "$job" COMPLETED
  expect '2 nodes, 4 ranks, store mpi' "relief-$job.log"
  expect '^ +3 +2 ' "relief-$job.log" # rank 3 is on the node whose first rank is 2
  is_reference "out/$launcher"
done
is_clean {mpirun,srun}.{h5,png}
