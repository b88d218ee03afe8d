#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# The example relief on several nodes; its tiles are in the memory of the ranks, which get them from each
# other over the network.
#
#   sbatch --partition=NAME --account=NAME jobscripts/slurm/several_nodes.sh [option...]
#   jobscripts/slurm/several_nodes.sh --dry-run [option...]      # looks whether it would run
#   jobscripts/slurm/several_nodes.sh --help
#
# Submit it from the top folder of ProxyStore, after jobscripts/build.sh. Edit jobscripts/site.sh for your
# cluster first. Options of sbatch go before the name of the script, and win over the #SBATCH lines.
# --signal has the job told a minute before its time is over; then it stops, and queues itself again.
#SBATCH --job-name=relief
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=2
#SBATCH --time=00:30:00
#SBATCH --signal=B:USR1@60
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=relief-%j.log
here=$(dirname "${BASH_SOURCE[0]}")
[[ -r $here/scheduler.sh ]] || here=${SLURM_SUBMIT_DIR:-.}/jobscripts/slurm # Slurm runs a copy
# shellcheck source=jobscripts/relief.sh
source "$here/../relief.sh" || {
  echo "several_nodes.sh: submit this from the top folder of ProxyStore" >&2
  exit 2
}
fewest_nodes=2 relief_job --store mpi "$@"
