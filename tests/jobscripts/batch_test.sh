#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# batch_test.sh <folder of the source> <folder of relief> [redis]: the jobs of PBS and Flux, on this machine: what these
# would set in the environment is set here, and a stand-in for flux starts programs by mpirun. The results are
# those of a plain mpirun, signals end all, and stages that are done are not done again.
set -euo pipefail
source=$1 programs=$2
for mpirun in "${MPIRUN:-mpirun}" mpirun; do
  [[ $("$mpirun" --version 2>&1) =~ Open\ ?MPI|OpenRTE ]] || {
    echo "skipped: $mpirun is not of Open MPI, whose options are used here"
    exit 77
  }
done
unset "${!SLURM_@}" "${!SBATCH_@}" "${!PBS_@}" "${!FLUX_@}" # of a job that runs these tests
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
umask 022
ln -s "$source/jobscripts" jobscripts
"$programs/tests/make_input" globe globe.h5
input=(--program "$programs/relief" --input globe.h5 --dataset heights)
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 \
  OMPI_MCA_mpi_yield_when_idle=1 TMPDIR=$work/tmp

mkdir bin tmp
printf 'localhost\nlocalhost\n' >nodes
pbs=(env PBS_JOBID=7.test PBS_NODEFILE="$work/nodes" PBS_O_WORKDIR="$work" jobscripts/pbs/relief.sh)
cat >bin/flux <<'END'
#!/usr/bin/env bash
case "$*" in
  'getattr jobid') echo f7 ;;
  'getattr size') echo 1 ;;
  'resource list '*) echo 4 ;;
  'run --nodes=1 --ntasks=2 -o pmi=pmix -o cpu-affinity=off '*) exec mpirun -n 2 "${@:8}" ;;
  'run --nodes=1 --ntasks=1 '*) exec "${@:8}" ;;
  *) echo "flux: what is '$*'?" >&2 && exit 1 ;;
esac
END
chmod +x bin/flux
# shellcheck disable=SC2034  # by its name
flux=(env FLUX_URI=local://here PATH="$work/bin:$PATH" jobscripts/flux/relief.sh)

fail() {
  echo "FAILED: $*" >&2
  [[ ! -e said ]] || cat said >&2
  exit 1
}

is_clean() {
  local left pid
  left=$(find out tmp -mindepth 1 2>/dev/null | grep -vxF "$(printf 'out/%s\n' "$@")" || true)
  [[ -z $left ]] || fail "left: $left"
  for pid in /proc/[0-9]*; do # by their working folder
    [[ ${pid##*/} == "$$" || $(readlink "$pid/cwd" 2>/dev/null || true) != "$work" ]] || fail "$pid is left"
  done
}

# As plain as can be.
mpirun -n 2 "$programs/relief" --input globe.h5 --dataset heights --tile 32 --output plain >said 2>&1 || fail mpirun
for system in pbs:TERM:143 flux:USR1:124; do
  IFS=: read -r system signal expected <<<"$system"
  declare -n job=$system
  "${job[@]}" --dry-run "${input[@]}" >said 2>&1 || fail "$system --dry-run"
  grep -q 'would run: ' said || fail "$system --dry-run"
  "${job[@]}" "${input[@]}" --store file -- --tile 32 >said 2>&1 || fail "$system"
  cmp out/relief.png plain.png || fail "another picture by $system"
  h5diff out/relief.h5 plain.h5 || fail "other numbers by $system"
  is_clean relief.h5 relief.png
  rm out/*

  # In the middle.
  rm said
  setsid "${job[@]}" "${input[@]}" --store file -- --tile 2 >said 2>&1 &
  pid=$!
  until grep -qs 'tiles (' said; do
    kill -0 "$pid" || fail "$system ended too soon"
    sleep 0.1
  done
  target=$pid
  [[ $signal != TERM ]] || target=-$pid # all processes of the job, as PBS does
  kill -s "$signal" -- "$target"
  code=0
  wait "$pid" || code=$?
  ((code == expected)) || fail "a signal's code became $code"
  is_clean
done

# Redis of the job's own, whose password its ranks need.
if [[ ${3:-} == redis ]] && command -v redis-server >/dev/null; then
  "${pbs[@]}" "${input[@]}" --store redis -- --tile 32 >said 2>&1 || fail "redis"
  cmp out/relief.png plain.png || fail "another picture with redis"
  [[ $(stat -c %a out/relief.png) == 644 ]] || fail "the results have the mode $(stat -c %a out/relief.png)"
  is_clean relief.h5 relief.png
  rm out/*
fi

# A program that has stages, notes them, and fails where it is told to.
cat >stages <<'END'
#!/usr/bin/env bash
echo "$*" | grep -oE -e '--(restart|stop-after [a-z]+|azimuth [0-9]+)' | paste -sd ' ' >>ran
[[ ! -e fails || $* != *"$(cat fails)"* ]] || exit 3
case $* in
  *--stop-after*) mkdir -p out/relief.checkpoint ;;
  *) rmdir out/relief.checkpoint && touch out/relief.h5 out/relief.png ;;
esac
END
chmod +x stages
staged=("${flux[@]}" --program ./stages --input globe.h5 --ranks 1)

# ran_stages <line>...
ran_stages() {
  [[ $(cat ran) == "$(printf '%s\n' "$@")" ]] || fail "what ran: $(cat ran); what should have: $(printf '%s\n' "$@")"
  rm ran
}

"${staged[@]}" >said 2>&1 || fail "three stages"
ran_stages '--stop-after read' '--restart --stop-after compute' '--restart'
is_clean relief.h5 relief.png
rm out/*

echo compute >fails
! "${staged[@]}" >said 2>&1 || fail "a stage that fails"
grep -q 'stage compute failed with code 3' said || fail "no word of the stage that fails"
is_clean relief.checkpoint relief.checkpoint.stages
rm fails ran
"${staged[@]}" --dry-run >said 2>&1 || fail "a dry run of the rest"
grep -q 'stage read was finished before' said || fail "the checkpoint is not seen"
[[ ! -e ran ]] || fail "a dry run ran"
"${staged[@]}" >said 2>&1 || fail "the rest"
ran_stages '--restart --stop-after compute' '--restart'
is_clean relief.h5 relief.png

# Not with other arguments, nor if it is not wanted.
echo compute >fails
! "${staged[@]}" >said 2>&1 || fail "a stage that fails"
rm fails ran
"${staged[@]}" -- --azimuth 45 >said 2>&1 || fail "another azimuth"
grep -q 'beginning anew' said || fail "no word of the other azimuth"
ran_stages '--azimuth 45 --stop-after read' '--azimuth 45 --restart --stop-after compute' '--azimuth 45 --restart'
echo compute >fails
! "${staged[@]}" >said 2>&1 || fail "a stage that fails"
rm fails ran
"${staged[@]}" --anew >said 2>&1 || fail "--anew"
ran_stages '--stop-after read' '--restart --stop-after compute' '--restart'

# A checkpoint that somebody made by hand is not touched before relief does.
mkdir -p out/relief.checkpoint
touch out/relief.checkpoint/kept
! "${staged[@]}" --program /bin/false >said 2>&1 || fail "a program that fails"
grep -q "stage read failed" said || fail "it did not run"
[[ -e out/relief.checkpoint/kept ]] || fail "a checkpoint of somebody else was removed"
rm -r out

# The time is over in a stage: what it said depends on whether one was finished.
cat >sleeper <<'END'
#!/usr/bin/env bash
case $* in
  *"--stop-after read"*) mkdir out/relief.checkpoint ;;
  *) touch sleeps && exec sleep 60 ;;
esac
END
chmod +x sleeper
for expected in 'submit the same again, and it goes on with the stage compute' \
  'too short for the stage compute alone'; do
  "${flux[@]}" --program ./sleeper --input globe.h5 --ranks 1 >said 2>&1 &
  pid=$!
  until [[ -e sleeps ]]; do
    kill -0 "$pid" || fail "it ended too soon"
    sleep 0.1
  done
  rm sleeps
  kill -USR1 "$pid"
  code=0
  wait "$pid" || code=$?
  ((code == 124)) || fail "the code of a job whose time is over is $code"
  grep -q "$expected" said || fail "no word of '$expected'"
done
