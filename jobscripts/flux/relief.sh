#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# The example relief on the nodes of a Flux job; its tiles are in the memory of the ranks, or where --store says.
#
#   flux batch --queue=NAME --bank=NAME jobscripts/flux/relief.sh [option...]
#   jobscripts/flux/relief.sh --dry-run [option...]    # looks whether it would run
#   jobscripts/flux/relief.sh --help
#
# Submit it from the top folder of ProxyStore, after jobscripts/build.sh. Edit jobscripts/site.sh for your
# cluster first. A slot is a rank: a core for it, and one for the service thread of the store. If the time
# is over, submit the same again: it goes on where it was.
#flux: --job-name=relief
#flux: --nodes=2
#flux: --nslots=4
#flux: --cores-per-slot=2
#flux: --time-limit=30m
#flux: --output=relief-{{id}}.log
here=$(dirname "${BASH_SOURCE[0]}")
[[ -r $here/scheduler.sh ]] || here=jobscripts/flux # Flux runs a copy
# shellcheck source=jobscripts/relief.sh
source "$here/../relief.sh" || {
  echo "relief.sh: submit this from the top folder of ProxyStore" >&2
  exit 2
}
relief_job --store mpi "$@"
