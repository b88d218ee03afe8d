# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the scripts here that run.sh starts, with the folders of the source and of the examples' programs
# as their arguments: jobs, and what they leave. Work is in a folder of its own, as in the top folder of a copy.
# shellcheck disable=SC2034  # used by those who source this
set -euo pipefail
source=$1 programs=$2
relief=$programs/relief/relief
mkdir -p "$TMPDIR/work"
cd "$TMPDIR/work"
ln -s "$source/jobscripts" jobscripts
input=(--program "$relief" --input globe.h5 --dataset heights)
"$programs/relief/tests/make_input" globe globe.h5

fail() {
  echo "FAILED: $*" >&2
  for log in *.log; do
    [[ ! -r $log ]] || { echo "-- $log" && tail -n 30 "$log"; } >&2
  done
  exit 1
}

# expect <pattern> <file>
expect() { grep -qE -- "$1" "$2" || fail "no word of '$1' in $2: $(<"$2")"; }

# submit <argument of sbatch>...
# Sets `job`.
submit() { job=$(sbatch --parsable "$@") || fail "sbatch $*"; }

# state_of <job>
# Of a job array, all states in one line.
state_of() { squeue --noheader --states=all --jobs="$1" --format=%T | sort -u | tr '\n' ' '; }

# await <what> <command>...
# Until the command succeeds; for as many seconds as `patience` says.
await() {
  local what=$1 tries
  shift
  for ((tries = 0; tries < ${patience:-60} * 10; ++tries)); do
    ! "$@" || return 0
    sleep 0.1
  done
  fail "no $what within ${patience:-60} s"
}

has_state() { [[ $(state_of "$1") == "$2 " ]]; }
has_line() { grep -qsE -- "$1" "$2"; }
has_ended() { [[ ! $(state_of "$1") =~ PENDING|CONFIGURING|RUNNING|COMPLETING|SUSPENDED ]]; }

# finish_as <job> <state>
finish_as() {
  await "end of the job" has_ended "$1"
  has_state "$1" "$2" || fail "job $1 is $(state_of "$1"), and not $2"
}

# The programs of jobs that run on any host, all of whose processes are seen here: <pid> <name>.
running() {
  local pid name
  for pid in /proc/[0-9]*; do
    name=$(tr '\0' ' ' <"$pid/cmdline" 2>/dev/null | cut -d ' ' -f 1) || continue
    name=${name##*/}
    case $name in
      relief | mpirun | orted | srun | redis-server | redis-cli | slurmstepd:* | slurm_script | example_*)
        echo "${pid##*/} $name"
        ;;
    esac
  done
}
nothing_runs() { [[ -z $(running) ]]; }

# is_clean <file that may be in out>...
# Nothing runs, and nothing else is left.
is_clean() {
  local host left
  await "end of $(running | tr '\n' ' ')" nothing_runs
  left=$([[ ! -d out ]] || ls -A "${@/#/--ignore=}" out)
  [[ -z $left ]] || fail "left in out: $left"
  left=$(ls -A --ignore=work "$TMPDIR")
  [[ -z $left ]] || fail "left in TMPDIR: $left"
  for host in "$PROXYSTORE_HOSTS"/h*.pid; do
    host=${host##*/} left=$("$source/tests/hosts/inside/agent.sh" "${host%.pid}" 'ls -A /dev/shm')
    [[ -z $left ]] || fail "left in /dev/shm of ${host%.pid}: $left"
  done
}

# The same input without any batch system.
make_reference() {
  mpirun --oversubscribe --bind-to none -n 2 "$relief" --input globe.h5 --dataset heights --output reference \
    "$@" >reference.said 2>&1 || fail "plain mpirun: $(<reference.said)"
}

# is_reference <results>
is_reference() {
  cmp "$1.png" reference.png || fail "$1.png is not the picture of a plain mpirun"
  h5diff "$1.h5" reference.h5 || fail "$1.h5 has not the numbers of a plain mpirun"
}
