#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Two programs, coupled by a stream in a folder, in one heterogeneous job: both start at once, each on
# nodes of its own kind, such as many cores for the producer and a GPU for the consumer.
#
#   sbatch --partition=NAME --account=NAME jobscripts/slurm/het_job.sh [option...]
#   jobscripts/slurm/het_job.sh --dry-run [option...]      # looks whether it would run
#   jobscripts/slurm/het_job.sh --help
#
# Submit it from the top folder of ProxyStore, after jobscripts/build.sh. Edit jobscripts/site.sh for your
# cluster first. What is above the line "hetjob" is asked for the producer, what is below for the consumer.
#SBATCH --job-name=het_job
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=2
#SBATCH --time=00:30:00
#SBATCH --signal=B:USR1@60
#SBATCH --no-requeue
#SBATCH --output=%x-%j.log
#SBATCH hetjob
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=2
here=$(dirname "${BASH_SOURCE[0]}")
[[ -r $here/scheduler.sh ]] || here=${SLURM_SUBMIT_DIR:-.}/jobscripts/slurm # Slurm runs a copy
# shellcheck source=jobscripts/stream.sh
source "$here/../stream.sh" || {
  echo "het_job.sh: submit this from the top folder of ProxyStore" >&2
  exit 2
}
stream_options -- "$@"
[[ -z $job_id || ${SLURM_HET_SIZE:-} == 2 ]] ||
  fail "this is not in a heterogeneous job of two parts: submit it with 'sbatch ${script#"$PWD/"}'"
stream_checks
[[ -n $job_id ]] || $dry_run ||
  fail "this is not in a job: submit it with 'sbatch ${script#"$PWD/"}', or see what it would do with --dry-run"
use_stream_folder "$job_id"
run srun --kill-on-bad-exit=1 --mpi=none --het-group=0 "$program" produce "$folder" "$frames" : \
  --het-group=1 "$program" consume "$folder" "$wait"
