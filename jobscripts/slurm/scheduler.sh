# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the scripts here: Slurm's part of a job.
# shellcheck disable=SC2034,SC2154  # shared with ../common.sh
scheduler=slurm submit=sbatch nodes_option=--nodes launchers=(mpirun srun) host_options=()
job_id=${SLURM_JOB_ID:-} restarts=${SLURM_RESTART_COUNT:-0}
if [[ -n $job_id ]]; then
  node_count=${SLURM_JOB_NUM_NODES:-1}
  rank_count=${SLURM_NTASKS:-$node_count}
else # a dry run: what the script asks for
  node_count=$(sed -n 's/^#SBATCH --nodes=//p' "$0" | head -n 1)
  rank_count=$((node_count * $(sed -n 's/^#SBATCH --ntasks-per-node=//p' "$0" | head -n 1)))
fi

# Asks Slurm whether it would take the job.
check_submission() {
  local said
  [[ -z $job_id ]] && command -v sbatch >/dev/null || return 0
  said=$(sbatch --test-only "$script" "${arguments[@]}" 2>&1) || {
    problem "sbatch would refuse this: $said" \
      "(partition and account: #SBATCH lines of the script, or SBATCH_PARTITION and SBATCH_ACCOUNT)"
    return 0
  }
  say "$said"
}

# on_all_nodes <command>...
on_all_nodes() {
  timeout 30 srun --overlap --quiet --nodes="$node_count" --ntasks="$node_count" --ntasks-per-node=1 --mpi=none \
    "$@" </dev/null
}

requeue() { scontrol requeue "$job_id"; }
