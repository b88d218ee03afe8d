#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# The script for one node: Slurm would take it, as all others; runs it; and the results are those of a plain mpirun.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

jobscripts/slurm/one_node.sh --dry-run "${input[@]}" >dry.said 2>&1 || fail "--dry-run: $(<dry.said)"
expect 'would run: mpirun -n 4 .*relief --input globe.h5' dry.said
expect 'Job [0-9]+ to start at' dry.said
for script in several_nodes redis files array; do
  "jobscripts/slurm/$script.sh" --dry-run "${input[@]}" >dry.said 2>&1 || fail "$script.sh --dry-run: $(<dry.said)"
done
for script in two_jobs het_job; do
  "jobscripts/slurm/$script.sh" --dry-run --program "$relief" >dry.said 2>&1 || fail "$script.sh --dry-run: $(<dry.said)"
done
[[ ! -e out ]] || fail "--dry-run made a folder"

submit jobscripts/slurm/one_node.sh "${input[@]}" -- --tile 32
make_reference
finish_as "$job" COMPLETED
expect '1 nodes, 4 ranks, store mpi' "relief-$job.log"
is_reference out/relief
is_clean relief.h5 relief.png
