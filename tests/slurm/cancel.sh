#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# scancel in the middle of jobs with each store: no process, no server, no file stays.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

for store in several_nodes redis files; do
  submit "jobscripts/slurm/$store.sh" "${input[@]}" -- --tile 1
  await "first tiles of $store" has_line 'tiles \(' "relief-$job.log"
  [[ -n $(running) ]] || fail "nothing was seen to run"
  scancel "$job"
  finish_as "$job" CANCELLED
  is_clean
done
