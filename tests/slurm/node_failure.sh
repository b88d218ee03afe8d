#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# One of three nodes dies in the middle of a job on two of them: the job is queued again, and done on the others.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

submit jobscripts/slurm/several_nodes.sh "${input[@]}" -- --tile 2
make_reference --tile 2
await "first tiles" has_line 'tiles \(' "relief-$job.log"
kill -KILL "$(<"$PROXYSTORE_HOSTS/h2.pid")"
sleep 60; cat relief-1.log; running; for p in $(running | awk "\$2 == \"relief\" {print \$1}"); do cat /proc/$p/wchan; grep State /proc/$p/status; done; ls -la out
patience=120
finish_as "$job" COMPLETED
expect 'a node does not answer: the job is queued again' "relief-$job.log"
is_reference out/relief
