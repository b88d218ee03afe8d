#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# The job array: four tasks use one folder, which goes with the last of them; also when all are cancelled.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

submit jobscripts/slurm/array.sh "${input[@]}" -- --tile 32
make_reference --azimuth 45
finish_as "$job" COMPLETED
is_reference out/relief-45
results=(relief-{315,45,135,225}.{h5,png})
is_clean "${results[@]}"
[[ $(sha256sum out/*.png | cut -d ' ' -f 1 | sort -u | wc -l) == 4 ]] || fail "pictures are the same"

rm out/*
submit jobscripts/slurm/array.sh "${input[@]}" -- --tile 1
for task in 0 1 2 3; do await "first tiles of task $task" has_line 'tiles \(' "relief-$job-$task.log"; done
members=("out/relief-array-$job/members/"*)
((${#members[@]} == 4)) || fail "not all tasks use the folder"
scancel "$job"
finish_as "$job" CANCELLED
is_clean
