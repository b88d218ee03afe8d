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
# shellcheck source=tests/hosts/session.sh
source "$(dirname "${BASH_SOURCE[0]}")/session.sh"

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

begin_hosts "$hosts"

# What the ranks may know of the environment here; everything else would differ between real hosts.
environment=("HOME=${HOME:-/}" "PATH=$hosts_folder/inside:$PATH")
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
run_at_front "$limit" "${environment[@]}" TMPDIR="$set/tmp" PROXYSTORE_HOSTS="$set" \
  "$mpirun" "${options[@]}" "${known[@]}" --host "${list#,}" -np $((hosts * slots)) -- "$@"
