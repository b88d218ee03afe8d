#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# A job array: the example relief with the light from four sides, one task for each, with the tiles of all
# tasks in one file store. Each task has results of its own, such as out/relief-315.png; the store goes with the
# last task.
#
#   sbatch --partition=NAME --account=NAME jobscripts/slurm/array.sh [option...]
#   jobscripts/slurm/array.sh --dry-run [option...]      # looks whether it would run
#   jobscripts/slurm/array.sh --help
#
# Submit it from the top folder of ProxyStore, after jobscripts/build.sh. Edit jobscripts/site.sh for your
# cluster first. Options of sbatch go before the name of the script, and win over the #SBATCH lines.
# --signal has the job told a minute before its time is over; then it stops, and queues itself again.
#SBATCH --job-name=relief
#SBATCH --array=0-3
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=2
#SBATCH --time=00:30:00
#SBATCH --signal=B:USR1@60
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=relief-%A-%a.log
here=$(dirname "${BASH_SOURCE[0]}")
[[ -r $here/scheduler.sh ]] || here=${SLURM_SUBMIT_DIR:-.}/jobscripts/slurm # Slurm runs a copy
# shellcheck source=jobscripts/relief.sh
source "$here/../relief.sh" || {
  echo "array.sh: submit this from the top folder of ProxyStore" >&2
  exit 2
}

azimuths=(315 45 135 225) # one for each number of --array

adapt() {
  local task=${SLURM_ARRAY_TASK_ID:-0} azimuth
  azimuth=${azimuths[task]:-}
  [[ -n $azimuth ]] || fail "no azimuth for task $task; --array=0-$((${#azimuths[@]} - 1)) is accepted"
  output+=-$azimuth
  rest+=(--azimuth "$azimuth")
  shared_folder=${scratch:-$(dirname -- "$output")}/relief-array-${SLURM_ARRAY_JOB_ID:-JOB}
}

relief_job --store file "$@"
