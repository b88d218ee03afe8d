#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# What only a real Slurm can show of a job that cannot run: fewer nodes than asked for, a partition that does
# not exist, a folder that not all nodes see, and scratch folders that are full, or become so.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

# refused <what must be said> <argument of sbatch>...
refused() {
  local wanted=$1
  shift
  submit "$@"
  finish_as "$job" FAILED
  expect "$wanted" "relief-$job.log"
}

refused 'needs 2 nodes or more, and has 1: ask for them with .sbatch --nodes 2.' \
  --nodes=1 jobscripts/slurm/several_nodes.sh "${input[@]}"
refused 'not all nodes see the folder of the output /dev/shm/' \
  jobscripts/slurm/several_nodes.sh "${input[@]}" --output /dev/shm/here/relief
rmdir /dev/shm/here 2>/dev/null || true

code=0
SBATCH_PARTITION=none jobscripts/slurm/one_node.sh --dry-run "${input[@]}" >said 2>&1 || code=$?
((code == 2)) || fail "the code of a dry run for no partition is $code"
expect 'sbatch would refuse this: .*invalid partition.*SBATCH_PARTITION' <(tr '\n' ' ' <said)
code=0
jobscripts/slurm/one_node.sh --dry-run --program missing >said 2>&1 || code=$?
((code == 2)) || fail "the code of a dry run without a program is $code"

# Two file systems on h1, one without room, and one with too little.
on_h1() { "$source/tests/hosts/inside/agent.sh" h1 "$1"; }
on_h1 'mkdir /dev/shm/full /dev/shm/small && mount -t tmpfs -o size=64k full /dev/shm/full &&
  mount -t tmpfs -o size=17m small /dev/shm/small && head -c 65536 /dev/zero >/dev/shm/full/zero'
one=(--nodes=1 --nodelist=h1 jobscripts/slurm/files.sh "${input[@]}")
refused 'scratch folder /dev/shm/full cannot be written: no permission, no space' "${one[@]}" --scratch /dev/shm/full
on_h1 'head -c 4M /dev/zero >/dev/shm/small/zero'
refused 'scratch folder /dev/shm/small has 1[0-9] MiB free, and about 16 are needed' "${one[@]}" --scratch /dev/shm/small

# Enough to begin with, and then used up by somebody else.
on_h1 'rm /dev/shm/small/zero'
submit "${one[@]}" --scratch /dev/shm/small -- --tile 1
await "first tiles" has_line 'tiles \(' "relief-$job.log"
on_h1 'head -c 20M /dev/zero >/dev/shm/small/zero 2>/dev/null || true'
finish_as "$job" FAILED
expect 'No space left on device' "relief-$job.log"
expect 'stage read, compute and write failed with code' "relief-$job.log"
left=$(on_h1 'ls -A --ignore=zero /dev/shm/small')
[[ -z $left ]] || fail "left in the full scratch folder: $left"
on_h1 'umount /dev/shm/full /dev/shm/small && rmdir /dev/shm/full /dev/shm/small'
is_clean
