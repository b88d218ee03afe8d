#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# A producer and a consumer, as two jobs and as one heterogeneous job; and a producer that fails.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"
stream=(--program "$programs/example_11_two_jobs" --frames 30)

jobscripts/slurm/two_jobs.sh --dry-run "${stream[@]}" >dry.said 2>&1 || fail "--dry-run: $(<dry.said)"
jobscripts/slurm/two_jobs.sh "${stream[@]}" >said
[[ $(<said) =~ ^producer\ ([0-9]+),\ consumer\ ([0-9]+) ]] || fail "it said: $(<said)"
producer=${BASH_REMATCH[1]} consumer=${BASH_REMATCH[2]}
finish_as "$producer" COMPLETED
finish_as "$consumer" COMPLETED
expect 'sent 30 frames' "produce-$producer.log"
expect 'received 30 frames, sum of their means 465$' "consume-$consumer.log"
is_clean

submit jobscripts/slurm/het_job.sh "${stream[@]}"
finish_as "$job" COMPLETED
expect 'received 30 frames, sum of their means 465$' "het_job-$job.log"
is_clean

# Nobody sends: the consumer gives up, and removes the folder.
submit --job-name=consume jobscripts/slurm/two_jobs.sh "${stream[@]}" --role consume --of 999 --wait 1
finish_as "$job" FAILED
expect 'no message' "consume-$job.log"
is_clean

# Nobody receives, and the producer is cancelled.
submit --job-name=produce jobscripts/slurm/two_jobs.sh "${stream[@]}" --role produce
await "full queue" test -d "out/stream-$job/queue"
scancel "$job"
finish_as "$job" CANCELLED
is_clean
