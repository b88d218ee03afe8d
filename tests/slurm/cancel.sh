#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Jobs that end in the middle, by scancel with each store, and because a rank is killed: no process, no server
# and no file stays.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

for store in several_nodes redis files; do
  submit "jobscripts/slurm/$store.sh" "${input[@]}" -- --tile 1
  await "first tiles of $store" has_line 'tiles \(' "relief-$job.log"
  [[ -n $(running) ]] || fail "nothing was seen to run"
  scancel "$job"
  finish_as "$job" CANCELLED
  is_clean relief.checkpoint relief.checkpoint.stages # results of the stage before
  [[ $store == several_nodes || ! -e out ]] || fail "left: $(ls out)"
  rm -rf out
done

submit jobscripts/slurm/several_nodes.sh "${input[@]}" -- --tile 1
await "first tiles" has_line 'tiles \(' "relief-$job.log"
kill -KILL "$(running | awk '$2 == "relief" { pid = $1 } END { print pid }')"
finish_as "$job" FAILED
expect 'stage compute failed with code' "relief-$job.log"
is_clean relief.checkpoint relief.checkpoint.stages
