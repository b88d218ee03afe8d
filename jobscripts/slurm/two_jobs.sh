#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Two jobs, coupled by a stream in a folder: a producer, and a consumer that starts when the producer has
# started (--dependency=after). This script, run on the login node, submits itself twice.
#
#   jobscripts/slurm/two_jobs.sh [option...] [-- option of sbatch...]
#   jobscripts/slurm/two_jobs.sh --dry-run [option...]    # looks whether they would run
#   jobscripts/slurm/two_jobs.sh --help
#
# Run it in the top folder of ProxyStore, after jobscripts/build.sh. Edit jobscripts/site.sh for your cluster
# first. The folder goes with the consumer; if that never starts, remove it by hand. A stream that was read in
# part cannot be begun again: neither job is queued again by itself.
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=2
#SBATCH --time=00:30:00
#SBATCH --signal=B:USR1@60
#SBATCH --no-requeue
#SBATCH --output=%x-%j.log
here=$(dirname "${BASH_SOURCE[0]}")
[[ -r $here/scheduler.sh ]] || here=${SLURM_SUBMIT_DIR:-.}/jobscripts/slurm # Slurm runs a copy
# shellcheck source=jobscripts/stream.sh
source "$here/../stream.sh" || {
  echo "two_jobs.sh: submit this from the top folder of ProxyStore" >&2
  exit 2
}

submit_both() {
  local producer consumer
  if $dry_run; then
    say "would submit a producer, and a consumer with --dependency=after:<job of the producer>"
    return 0
  fi
  producer=$(sbatch --parsable --job-name=produce "${rest[@]}" "$script" --role produce "${arguments[@]}")
  consumer=$(sbatch --parsable --job-name=consume --dependency="after:$producer" --kill-on-invalid-dep=yes \
    "${rest[@]}" "$script" --role consume --of "$producer" "${arguments[@]}") || {
    scancel "$producer"
    fail "the consumer could not be submitted, so the producer $producer was cancelled"
  }
  echo "producer $producer, consumer $consumer; what they say is in produce-$producer.log and consume-$consumer.log"
}

role='' of=''
stream_options role of -- "$@"
stream_checks
case $role in
  produce)
    use_stream_folder "$job_id"
    code=0
    run "$program" produce "$folder" "$frames" || code=$?
    ((code)) || keep_stream_folder # for the consumer
    exit "$code"
    ;;
  consume)
    use_stream_folder "$of"
    run "$program" consume "$folder" "$wait"
    ;;
  *) submit_both ;;
esac
