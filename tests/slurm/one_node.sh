#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# The script for one node: Slurm would take it, runs it, and the results are those of a plain mpirun.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

jobscripts/slurm/one_node.sh --dry-run "${input[@]}" >dry.said 2>&1 || fail "--dry-run: $(<dry.said)"
expect 'would run: mpirun -n 4 .*relief --input globe.h5' dry.said
expect 'Job [0-9]+ to start at' dry.said
[[ ! -e out ]] || fail "--dry-run made a folder"

submit jobscripts/slurm/one_node.sh "${input[@]}" -- --tile 32
make_reference
finish_as "$job" COMPLETED
expect '1 nodes, 4 ranks, store mpi' "relief-$job.log"
is_reference out/relief
is_clean relief.h5 relief.png
