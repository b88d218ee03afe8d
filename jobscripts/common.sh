# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the job scripts: how a job of any batch system begins and ends. It
#   - reads its options, and looks at all that it needs before it runs anything;
#   - runs commands so that signals end them, and not only the script;
#   - leaves, however it ends, no process and none of its temporary files.
#
# The script that is started sets `here`, the folder with the scheduler.sh of its batch system. That one sets
# job_id (empty outside of a job), node_count, rank_count, submit (the command that submits, and its
# nodes_option) and launchers, and may have the functions check_submission, on_all_nodes and requeue.
# shellcheck disable=SC2034,SC2154  # shared with those who source this
set -euo pipefail
jobscripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$jobscripts")
# shellcheck source=jobscripts/site.sh
source "$jobscripts/site.sh"
# shellcheck source=jobscripts/slurm/scheduler.sh
[[ -z ${here:-} ]] || source "$here/scheduler.sh" # not for what runs on the login node

script=$0 # a copy, in a job
arguments=("$@")
program='' ranks='' rest=() dry_run=false problems=()
own_files=() own_folders=() made_folders=() shared='' child='' is_terminated=false last_words=''

say() { echo "${job_name:-job}: $*"; }

# A mistake that is found while settings are read.
fail() {
  echo "${job_name:-job}: $*" >&2
  exit 2
}

# Notes what keeps the job from running; end_checks tells all of it.
problem() { problems+=("$*"); }

# read_options <name>... -- <word of the command line>...
# Sets the variable of each name that is given as an option with a value; that of <name>!, which takes none, to
# true. Words after a second -- are in `rest`.
read_options() {
  local names=" program scratch launcher module ranks dry_run! " word name
  rest=()
  while [[ $1 != -- ]]; do
    names+="$1 "
    shift
  done
  shift
  while (($#)); do
    word=$1
    shift
    name=${word#--}
    name=${name//-/_}
    case $word in
      -h | --help)
        usage
        exit 0
        ;;
      --)
        rest=("$@")
        set --
        ;;
      --*)
        if [[ $names == *" $name! "* ]]; then
          declare -g "$name=true"
          continue
        fi
        [[ $names == *" $name "* ]] || fail "unknown option $word; --help lists the known ones"
        (($#)) || fail "$word needs a value; see --help"
        if [[ $name == module ]]; then modules+=("$1"); else declare -g "$name=$1"; fi
        shift
        ;;
      *) fail "unknown argument '$word'; --help lists the options" ;;
    esac
  done
  [[ $ranks =~ ^([1-9][0-9]*)?$ ]] || fail "--ranks $ranks: a number from 1 on is accepted"
  [[ $launcher =~ ^(mpirun|srun|flux)?$ ]] ||
    fail "--launcher $launcher: mpirun, srun or flux are accepted"
}

# Prints the comment at the top of the script, and the options of all.
common_usage() {
  awk 'NR > 3 { if (!/^#( |$)/) exit; sub(/^# ?/, ""); print }' "$script"
  cat <<END

Options of all jobs:
  --dry-run         say what would run, check what can be checked, run nothing; exit code 0 or 2
  --program FILE    the program
  --ranks N         MPI processes (default: what was asked of the scheduler)
  --launcher NAME   mpirun, srun or flux (default: site.sh)
  --module NAME     load this module, after those of site.sh; may be given several times
  --scratch DIR     a folder that all nodes see, for files of the job (default: site.sh)
END
}

# Every module of site.sh and of the command line, in this shell.
load_modules() {
  local name said
  ((${#modules[@]})) || return 0
  if ! declare -F module >/dev/null; then
    for name in /etc/profile.d/{modules,lmod}.sh; do
      # shellcheck disable=SC1090  # the cluster's
      [[ ! -r $name ]] || { set +eu; source "$name"; set -eu; }
    done
  fi
  declare -F module >/dev/null || {
    problem "there is no command 'module' here, which was to load: ${modules[*]}" \
      "(modules of jobscripts/site.sh, or --module)"
    return 0
  }
  for name in "${modules[@]}"; do
    # Some versions fail with the code 0. The first call tells, the second one loads.
    said=$(module load "$name" 2>&1 && [[ :${LOADEDMODULES:-$name}: == *":$name"* ]]) || {
      problem "the module '$name' cannot be loaded${said:+: $said};" \
        "'module avail' lists those that can: name them in jobscripts/site.sh"
      continue
    }
    module load "$name"
  done
}

# The program is there, may be run, and finds its libraries.
check_program() {
  local missing
  [[ -e $program ]] || {
    problem "there is no program $program; build it with jobscripts/build.sh, or give another with --program"
    return 0
  }
  [[ -f $program && -x $program ]] || {
    problem "$program is not a program that may be run"
    return 0
  }
  missing=$(ldd "$program" 2>/dev/null | awk '/not found/ { printf " %s", $1 }' || true)
  [[ -z $missing ]] ||
    problem "$program does not find$missing; name the modules with which it was built in jobscripts/site.sh"
}

# Chooses what starts MPI programs.
check_launcher() {
  if [[ -z $launcher ]]; then
    for launcher in "${launchers[@]}" ''; do
      ! command -v "$launcher" >/dev/null || break
    done
    [[ -n $launcher ]] ||
      problem "none of ${launchers[*]} is in PATH; name the module of MPI in jobscripts/site.sh," \
        "or in --module"
  elif ! command -v "$launcher" >/dev/null; then
    problem "there is no $launcher in PATH; name its module in jobscripts/site.sh, or in --module"
  fi
}

# check_ranks <fewest nodes>
check_ranks() {
  [[ -n $job_id ]] || $dry_run ||
    fail "this is not in a job: submit it with '$submit ${script#"$PWD/"}', or see what it would do with --dry-run"
  rank_count=${ranks:-$rank_count}
  ((node_count >= $1)) ||
    problem "this job needs $1 nodes or more, and has $node_count: ask for them with '$submit $nodes_option $1'"
  ((rank_count >= node_count)) ||
    problem "there are fewer ranks ($rank_count) than nodes ($node_count); see --ranks"
}

# check_folder <what> <folder> <MiB that are needed> <option that names another>
# The folder can be written, and has room; a job makes it.
check_folder() {
  local what=$1 folder=$2 needed=$3 option=$4 free probe existing
  if $dry_run; then
    existing=$(realpath -m -- "$folder")
    until [[ -e $existing ]]; do existing=$(dirname "$existing"); done
    [[ -d $existing && -w $existing && -x $existing ]] || {
      problem "the $what $folder cannot be made or written, because of $existing; give another with $option"
      return 0
    }
  else
    [[ -e $folder ]] || made_folders+=("$folder")
    probe=$(mkdir -p -- "$folder" 2>&1) || {
      problem "the $what $folder cannot be made: $probe; give another with $option"
      return 0
    }
    existing=$folder
    probe=$folder/.proxystore-probe-$job_id
    own_files+=("$probe")
    # What a quota refuses shows here, and not in the free space.
    { head -c 65536 /dev/zero >"$probe"; } 2>/dev/null || {
      rm -f -- "$probe"
      problem "the $what $folder cannot be written: no permission, no space, or no quota;" \
        "mend that, or give another with $option"
      return 0
    }
    if ((node_count > 1)) && declare -F on_all_nodes >/dev/null && ! on_all_nodes test -e "$probe"; then
      problem "not all nodes see the $what $folder; give one of a shared file system with $option"
    fi
    rm -f -- "$probe"
  fi
  free=$(df --output=avail -k -- "$existing" 2>/dev/null | tail -n 1) || free=''
  [[ ! $free =~ ^\ *[0-9]+$ ]] || ((free >= needed * 1024)) ||
    problem "the $what $folder has $((free / 1024)) MiB free, and about $needed are needed;" \
      "make room, or give another with $option"
}

# Tells what was found, and ends a job that cannot run, or a dry run.
end_checks() {
  if $dry_run && ((${#problems[@]} == 0)) && declare -F check_submission >/dev/null; then
    check_submission
  fi
  if ((${#problems[@]})); then
    printf "$job_name: %s\n" "${problems[@]}" >&2
    exit 2
  fi
  ! $dry_run || say "nothing was found that would keep this job from running"
}

# Whether all nodes of the job do, as far as the batch system can tell.
all_nodes_answer() {
  ((node_count == 1)) || ! declare -F on_all_nodes >/dev/null || on_all_nodes true
}

# launch <program> <argument>...
# Sets the array `command` to what starts it on all ranks.
launch() {
  case $launcher in
    mpirun) command=(mpirun -n "$rank_count" "${host_options[@]}" "${mpirun_options[@]}") ;;
    srun) command=(srun --ntasks="$rank_count" "${srun_options[@]}") ;;
    flux) command=(flux run --nodes="$node_count" --ntasks="$rank_count" "${flux_options[@]}") ;;
  esac
  command+=("$@")
}

# Runs a command; a dry run prints it. Its exit code is that of the command.
run() {
  local code=0
  if $dry_run; then
    say "would run:$(printf ' %q' "$@")"
    return 0
  fi
  "$@" &
  child=$!
  wait "$child" || code=$?
  child=''
  return "$code"
}

# join_shared_folder <folder>
# Makes a folder that several jobs use; the last one to leave removes it.
join_shared_folder() {
  lock_folder "$1" || fail "$1.lock is there for 10 s: if no other job is just starting, remove it"
  (umask 077 && mkdir -p -- "$1/members")
  : >"$1/members/$job_id"
  shared=$1
  rmdir -- "$1.lock"
}

leave_shared_folder() {
  [[ -n $shared ]] || return 0
  rm -f -- "$shared/members/$job_id"
  lock_folder "$shared" || return 0
  ! rmdir -- "$shared/members" 2>/dev/null || rm -rf -- "$shared"
  rmdir -- "$shared.lock"
  shared=''
}

# A folder is a lock on every file system.
lock_folder() {
  local tries
  for ((tries = 0; tries < 100; ++tries)); do
    ! mkdir -- "$1.lock" 2>/dev/null || return 0
    sleep 0.1
  done
  return 1
}

# await_child <seconds>
await_child() {
  local tries
  for ((tries = 0; tries < $1 * 10; ++tries)); do
    kill -0 "$child" 2>/dev/null || return 0
    sleep 0.1
  done
  return 1
}

# Stops what runs, and removes what shall not stay.
finish() {
  local code=$?
  trap '' EXIT INT TERM HUP USR1
  if [[ -n $child ]]; then
    # Slurm sends SIGTERM to all processes. A second one would have mpirun leave its files.
    { $is_terminated && await_child 3; } || kill -TERM "$child" 2>/dev/null || true
    await_child 10 || true
    kill -KILL "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  leave_shared_folder || true
  ! declare -F remove_leftovers >/dev/null || remove_leftovers || true
  ((${#own_files[@]} == 0)) || rm -f -- "${own_files[@]}"
  ((${#own_folders[@]} == 0)) || rm -rf -- "${own_folders[@]}"
  ((${#made_folders[@]} == 0)) || rmdir -- "${made_folders[@]}" 2>/dev/null || true # if nothing came into them
  [[ -z $last_words ]] || "$last_words" || true
  exit "$code"
}

# What is done when the time is nearly over, after everything was stopped; jobs have their own.
after_time() { say "the time is over"; }

trap finish EXIT
trap 'exit 130' INT
trap 'is_terminated=true; exit 143' TERM HUP
trap 'last_words=after_time; exit 124' USR1
