#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# bad_input_test.sh <folder of the source> <relief>: what a job lacks is said before anything runs, by name and
# with what to do; the exit code is 2, and nothing is left. No batch system is needed: some variables say that
# there is a job.
set -euo pipefail
source=$1 relief=$2
unset "${!SLURM_@}" "${!SBATCH_@}" "${!PBS_@}" "${!FLUX_@}" # of a job that runs these tests
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
ln -s "$source/jobscripts" jobscripts
: >heights.h5
good=(--program "$relief" --input heights.h5)
failures=0

fail() {
  echo "FAILED: $*" >&2
  failures=$((failures + 1))
}

# refused <what must be said> <command>...
refused() {
  local wanted=$1 said code=0
  shift
  said=$("$@" 2>&1) || code=$?
  ((code == 2)) || fail "code $code of $*: $said"
  [[ $said == *$wanted* ]] || fail "no word of '$wanted' by $*: $said"
  [[ $(echo *) == "$there" ]] || fail "$* left $(echo *), before there was: $there"
}

# A job of two ranks on one node; here or there of other systems.
printf 'localhost\nlocalhost\n' >nodes
in_pbs=(env PBS_JOBID=7.test PBS_NODEFILE="$work/nodes" PBS_O_WORKDIR="$work")
in_slurm=(env SLURM_JOB_ID=7 SLURM_JOB_NUM_NODES=1 SLURM_NTASKS=2)
pbs=("${in_pbs[@]}" jobscripts/pbs/relief.sh)
mkdir bin
for tool in /usr/bin/*; do [[ $tool == */mpi* || $tool == */orte* || $tool == */redis* ]] || ln -s "$tool" bin; done
: >plain
there=$(echo *)

# No job, and one that is too small.
for script in slurm/{one_node,several_nodes,redis,files,array} pbs/relief flux/relief; do
  refused 'this is not in a job: submit it with' "jobscripts/$script.sh" "${good[@]}"
done
refused 'needs 2 nodes or more, and has 1: ask for them with' \
  "${in_slurm[@]}" jobscripts/slurm/several_nodes.sh --dry-run "${good[@]}"
refused 'fewer ranks (2) than nodes (3)' \
  env SLURM_JOB_ID=7 SLURM_JOB_NUM_NODES=3 SLURM_NTASKS=2 jobscripts/slurm/several_nodes.sh --dry-run "${good[@]}"
refused 'not in a heterogeneous job' "${in_slurm[@]}" jobscripts/slurm/het_job.sh --dry-run
refused "cannot be read: this does not run on the first node" env PBS_JOBID=7 PBS_NODEFILE=gone jobscripts/pbs/relief.sh
refused 'submit this from the top folder' env SLURM_SUBMIT_DIR=/ bash -c "$(<jobscripts/slurm/one_node.sh)"

# Options.
refused 'unknown option --oops' "${pbs[@]}" --oops
refused "unknown argument 'oops'" "${pbs[@]}" oops
refused '--store needs a value' "${pbs[@]}" --store
refused '--store globus: mpi, redis, file or hdf5 are accepted' "${pbs[@]}" --store globus
refused '--ranks none' "${pbs[@]}" --ranks none
refused '--servers 2: 1, or 3' "${pbs[@]}" --store redis --servers 2
refused '--stripes many' "${pbs[@]}" --stripes many
refused '--launcher poe: mpirun, srun or flux are accepted' "${pbs[@]}" --launcher poe

# What is not there.
refused 'there is no program missing; build it with jobscripts/build.sh' "${pbs[@]}" --program missing --input heights.h5
refused 'plain is not a program' "${pbs[@]}" --program plain --input heights.h5
refused 'cannot read the input missing.h5' "${pbs[@]}" --program "$relief" --input missing.h5
refused 'there is no flux in PATH' "${in_pbs[@]}" PATH="$work/bin" jobscripts/pbs/relief.sh "${good[@]}" --launcher flux
refused 'none of mpirun is in PATH; name the module of MPI' \
  "${in_pbs[@]}" PATH="$work/bin" jobscripts/pbs/relief.sh "${good[@]}"
refused 'there is no redis-server in PATH' \
  "${in_pbs[@]}" PATH="$work/bin" jobscripts/pbs/relief.sh "${good[@]}" --store redis
printf 'a\nb\n' >bin/nodes
refused 'redis_options of jobscripts/site.sh must name their network' \
  env PBS_JOBID=7 PBS_NODEFILE=bin/nodes jobscripts/pbs/relief.sh "${good[@]}" --store redis
rm bin/ldd
printf '#!/bin/sh\necho "libhdf5.so.310 => not found"\n' >bin/ldd
chmod +x bin/ldd
refused 'does not find libhdf5.so.310; name the modules' \
  "${in_pbs[@]}" PATH="$work/bin:$PATH" jobscripts/pbs/relief.sh "${good[@]}"

# All that is wrong is said at once.
refused 'there is no program missing' "${pbs[@]}" --program missing --input missing.h5
refused 'cannot read the input missing.h5' "${pbs[@]}" --program missing --input missing.h5

# Folders.
refused 'folder of the output plain/out cannot be made' "${pbs[@]}" "${good[@]}" --output plain/out/x
refused 'scratch folder plain cannot be made' "${pbs[@]}" "${good[@]}" --output x --store file --scratch plain
refused 'scratch folder plain cannot be made or written, because of' \
  "${pbs[@]}" "${good[@]}" --output x --store file --scratch plain --dry-run
truncate -s 4T bin/huge.h5
refused 'are needed; make room, or give another with --scratch' \
  "${pbs[@]}" --program "$relief" --input bin/huge.h5 --output x --store file --scratch .
if ((EUID == 0)); then # who writes through permissions
  chmod 755 "$work"
  refused 'scratch folder . cannot be written: no permission' \
    setpriv --reuid=65534 --regid=65534 --clear-groups "${pbs[@]}" "${good[@]}" --output /tmp/x --store file --scratch .
fi

# Modules: none of the commands is there, and then one that knows no module.
refused "there is no command 'module' here, which was to load: gcc/99" "${pbs[@]}" "${good[@]}" --module gcc/99
# shellcheck disable=SC2317  # the job calls it
module() {
  echo "Unable to locate a modulefile for '$2'" >&2
  return 1
}
export -f module
refused "the module 'gcc/99' cannot be loaded: Unable to locate" "${pbs[@]}" "${good[@]}" --module gcc/99
unset -f module

# Tools of the build.
printf '#!/bin/sh\necho "cmake version 3.18.4"\n' >bin/old_cmake
printf '#!/bin/sh\necho "#define __GNUC__ 9"\n' >bin/old_c++
printf '#!/bin/sh\necho "#define __GNUC__ 4"\necho "#define __clang_major__ 11"\n' >bin/old_clang
chmod +x bin/old_*
ln -sf old_cmake bin/cmake
refused 'cmake is of version 3.18.4, and 3.23 or newer is needed' env PATH="$work/bin:$PATH" jobscripts/build.sh
refused 'is of version 9, and 12 or newer is needed' env CXX="$work/bin/old_c++" jobscripts/build.sh
refused 'is of version 11, and 14 or newer is needed' env CXX="$work/bin/old_clang" jobscripts/build.sh
refused 'there is no mpicxx in PATH' env PATH="$work/bin" jobscripts/build.sh
jobscripts/build.sh --dry-run >said 2>&1 || fail "the tools that built this are refused: $(<said)"

((failures == 0)) && echo "all was refused as it should"
exit $((failures > 0))
