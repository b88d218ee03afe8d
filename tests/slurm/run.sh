#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Runs a script beside a Slurm of its own, whose nodes are hosts that this machine plays by itself (see
# tests/hosts), and removes all of it afterwards, however it ends.
#
#   tests/slurm/run.sh [--nodes <n>] [--limit <seconds>] [--] <script> [<argument>...]
#
#   --nodes   how many nodes, h1, h2, ... (default 2)
#   --limit   after how many seconds the script is stopped (default 120)
#
# The exit code is the script's; 124 if it was stopped, and 77 if this machine cannot have a Slurm.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/hosts/session.sh
source "$here/../hosts/session.sh"

usage() {
  sed -n '8,11s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

nodes=2 limit=120
while [[ ${1-} == -* ]]; do
  case $1 in
    --nodes | --limit)
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

for tool in slurmctld slurmd sbatch munged; do
  command -v "$tool" >/dev/null ||
    cannot "there is no $tool; apt-get install slurmctld slurmd slurm-client munge slurm-wlm-basic-plugins"
done
# Jobs are started by what is called mpirun, which must fit what the program was built with.
for mpirun in "${MPIRUN:-mpirun}" mpirun; do
  [[ $("$mpirun" --version 2>&1) =~ Open\ ?MPI|OpenRTE ]] || cannot "$mpirun is not of Open MPI, whose options are used here"
done

begin_hosts "$nodes"
environment=(
  "HOME=${HOME:-/}" "PATH=$PATH" "TMPDIR=$set/tmp" "SLURM_CONF=$set/slurm/slurm.conf" "PROXYSTORE_HOSTS=$set"
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1
  "OMPI_MCA_btl_tcp_if_include=$network.0/24" "OMPI_MCA_oob_tcp_if_include=$network.0/24")

(enter "$front" env -i "${environment[@]}" bash "$here/start.sh" "$set" "$nodes" </dev/null 9>&-)
code=0
run_at_front "$limit" "${environment[@]}" bash "$@" || code=$?
if ((code != 0)) && [[ -n ${PROXYSTORE_SLURM_LOGS:-} ]]; then tail -n 50 "$set"/slurm/log/* >&2; fi
exit "$code"
