# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by scripts that make a set of hosts (common.sh), run something there and remove the set again.
set -euo pipefail
hosts_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/hosts/common.sh
source "$hosts_folder/common.sh"

hosts_job=''
# shellcheck disable=SC2317  # the trap calls it
end_hosts() {
  local code=$?
  trap '' HUP INT TERM
  [[ -z $hosts_job ]] || disown "$hosts_job" 2>/dev/null || true # or bash tells that it was killed
  exec 9>&-
  "$hosts_folder/down.sh" "$set" || { ((code)) || code=1; }
  exit "$code"
}

# begin_hosts <n>
# Makes the set and says where: $set is its folder, $front the pid to enter. It goes with this script,
# however that ends.
begin_hosts() {
  check_machine
  set=$(realpath -- "${TMPDIR:-/tmp}")/proxystore-hosts.$$.$RANDOM
  trap end_hosts EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  # The set ends with whoever has this open: with this script, even if it is killed.
  (umask 077 && mkdir -- "$set" && mkfifo "$set/life")
  exec 9<>"$set/life"
  "$hosts_folder/up.sh" --set "$set" "$1" >/dev/null
  front=$(pid_of "$set" front) || fail "the front is gone"
}

# run_at_front <seconds> <name=value>... <program> [<argument>...]
# With that environment alone. Its code is the program's, or 124 if it was stopped after so long.
run_at_front() {
  local limit=$1 started=$SECONDS code=0
  shift
  # shellcheck disable=SC2154  # begin_hosts sets it
  enter "$front" timeout --kill-after=10 "$limit" env -i "$@" </dev/null 9>&- &
  hosts_job=$!
  wait "$hosts_job" || code=$?
  if ((code && SECONDS - started >= limit)); then
    echo "${0##*/}: stopped after $limit s" >&2
    code=124
  fi
  return "$code"
}
