# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the script here: the part of PBS (OpenPBS, PBS Professional) of a job.
# shellcheck disable=SC2034  # shared with ../common.sh
scheduler=pbs submit=qsub nodes_option='-l select=' launchers=(mpirun)
job_id=${PBS_JOBID:-}
cd "${PBS_O_WORKDIR:-.}" || exit 2 # jobs start in the home folder
host_options=()
if [[ -n $job_id ]]; then
  # A line for each rank; a hostname comes as often as it has ranks.
  [[ -r ${PBS_NODEFILE:-} ]] || {
    echo "PBS_NODEFILE, '${PBS_NODEFILE:-}', cannot be read: this does not run on the first node of a job" >&2
    exit 2
  }
  node_count=$(sort -u "$PBS_NODEFILE" | wc -l)
  rank_count=$(wc -l <"$PBS_NODEFILE")
  host_options=(--hostfile "$PBS_NODEFILE")
else # a dry run: what the script asks for
  node_count=$(sed -n 's/^#PBS -l select=\([0-9]*\).*/\1/p' "$0")
  rank_count=$((node_count * $(sed -n 's/^#PBS -l select=.*:mpiprocs=\([0-9]*\).*/\1/p' "$0")))
fi
