# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the script here: Flux's part of a job.
# shellcheck disable=SC2034,SC2154  # shared with ../common.sh
scheduler=flux submit='flux batch' nodes_option=--nodes launchers=(flux) host_options=()
job_id=${FLUX_JOB_ID:-}
[[ -n $job_id || -z ${FLUX_URI:-} ]] || job_id=$(flux getattr jobid 2>/dev/null) || job_id=''
if [[ -n $job_id ]]; then
  # The job is an instance of Flux: with a broker on each of its nodes, and two cores for each rank.
  node_count=$(flux getattr size)
  rank_count=$(($(flux resource list --states=all --no-header --format='{ncores}') / 2))
else # a dry run: what the script asks for
  node_count=$(sed -n 's/^#flux: --nodes=//p' "$0")
  rank_count=$(sed -n 's/^#flux: --nslots=//p' "$0")
fi
