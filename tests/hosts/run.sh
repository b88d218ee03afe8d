#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Runs an MPI program on several hosts, which it makes on this machine and removes afterwards, however it
# ends. README.md says what such hosts are.
#
#   tests/hosts/run.sh [--hosts <n>] [--slots <k>] [--limit <seconds>] [--] <program> [<argument>...]
#
#   --hosts   how many hosts (default 2)
#   --slots   how many ranks on each (default 1)
#   --limit   after how many seconds the program is stopped (default 180)
#
# The exit code is the program's; 124 if it was stopped, and 77 if this machine cannot have hosts. mpirun
# is that of the PATH, or of the environment variable MPIRUN.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/hosts/common.sh
source "$here/common.sh"

usage() {
  sed -n '8,12s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

hosts=2 slots=1 limit=180
while [[ ${1-} == -* ]]; do
  case $1 in
    --hosts | --slots | --limit)
      [[ ${2-} =~ ^[1-9][0-9]*$ ]] || usage
      declare "${1#--}=$2"
      shift 2
      ;;
    --)
      shift
      break
      ;;
    *) usage ;;
  esac
done
(($#)) || usage

mpirun=$(command -v "${MPIRUN:-mpirun}") || cannot "there is no ${MPIRUN:-mpirun}"
[[ $("$mpirun" --version 2>&1) =~ \((Open\ MPI|OpenRTE)\)\ 4\. ]] ||
  cannot "$mpirun is not of Open MPI 4, whose options are used here"

job=''
# shellcheck disable=SC2317  # the trap calls it
finish() {
  local code=$?
  trap '' HUP INT TERM
  [[ -z $job ]] || disown "$job" 2>/dev/null || true # or bash tells that it was killed
  exec 9>&-
  "$here/down.sh" "$set" || { ((code)) || code=1; }
  exit "$code"
}
check_machine
set=$(realpath -- "${TMPDIR:-/tmp}")/proxystore-hosts.$$.$RANDOM
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The set ends with whoever has this open: with this script, even if it is killed.
(umask 077 && mkdir -- "$set" && mkfifo "$set/life")
exec 9<>"$set/life"
"$here/up.sh" --set "$set" "$hosts" >/dev/null
front=$(pid_of "$set" front) || fail "the front is gone"

# What the ranks may know of the environment here; everything else would differ between real hosts.
environment=("HOME=${HOME:-/}" "PATH=$here/inside:$PATH")
known=(-x "TMPDIR=$set/tmp")
while read -r name; do
  environment+=("$name=${!name}")
  [[ $name == OMPI_* ]] || known+=(-x "$name")
done < <(compgen -e | grep -E '^(PROXYSTORE|GTEST|OMPI_MCA|UCX|ASAN|LSAN|UBSAN)_|^LD_LIBRARY_PATH$')

list=
for ((i = 1; i <= hosts; ++i)); do list+=,h$i:$slots; done
options=(
  --allow-run-as-root --bind-to none --mca mpi_yield_when_idle 1
  --mca plm rsh --mca plm_rsh_agent agent.sh
  --mca btl "tcp,vader,self" --mca btl_tcp_if_include "$network.0/24"
  --mca oob_tcp_if_include "$network.0/24")
started=$SECONDS
enter "$front" env -i "${environment[@]}" TMPDIR="$set/tmp" PROXYSTORE_HOSTS="$set" \
  timeout --kill-after=10 "$limit" \
  "$mpirun" "${options[@]}" "${known[@]}" --host "${list#,}" -np $((hosts * slots)) -- "$@" \
  </dev/null 9>&- &
job=$!
code=0
wait "$job" || code=$?
if ((code && SECONDS - started >= limit)); then
  echo "run.sh: stopped after $limit s" >&2
  code=124
fi
exit "$code"
