# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the job scripts of a producer and a consumer, which run examples/11_two_jobs.cpp: its options,
# and the folder of the stream.
# shellcheck disable=SC2034,SC2154  # shared with those who source this
# shellcheck source=jobscripts/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

job_name=stream
program=$root/build/release/examples/example_11_two_jobs
frames=20 wait=300 folder=''

usage() {
  common_usage
  cat <<END

Options of the stream:
  --frames N        how many frames the producer sends (default $frames)
  --wait SECONDS    how long the consumer waits for the next one (default $wait)
END
}

# stream_options <name of a further option>... -- <word of the command line>...
stream_options() {
  read_options frames wait "$@"
  [[ $frames =~ ^[1-9][0-9]*$ ]] || fail "--frames $frames: a number from 1 on is accepted"
  [[ $wait =~ ^[1-9][0-9]*$ ]] || fail "--wait $wait: a number of seconds from 1 on is accepted"
  [[ -n $scratch ]] || scratch=out
}

stream_checks() {
  load_modules
  check_program
  check_folder "scratch folder" "$scratch" 32 --scratch
  end_checks
}

# use_stream_folder <job>
# Sets `folder`, which goes with this job.
use_stream_folder() {
  folder=$scratch/stream-${1:-JOB}
  own_folders+=("$folder")
  $dry_run || (umask 077 && mkdir -p -- "$folder")
}

keep_stream_folder() { own_folders=(); }
