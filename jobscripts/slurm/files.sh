#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# The example relief with its tiles as files on a file system that all nodes see, such as Lustre: one file
# each, or with --store hdf5 in HDF5 files. They go with the job.
#
#   sbatch --partition=NAME --account=NAME jobscripts/slurm/files.sh [option...]
#   jobscripts/slurm/files.sh --dry-run [option...]      # looks whether it would run
#   jobscripts/slurm/files.sh --help
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
  echo "files.sh: submit this from the top folder of ProxyStore" >&2
  exit 2
}
relief_job --store file "$@"
