#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Removes a set of hosts: its processes, and its folder.
#
#   tests/hosts/down.sh <folder that up.sh printed>
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/hosts/common.sh
source "$here/common.sh"

if [[ $# -ne 1 ]]; then
  sed -n '7s/^# *//p' "$0" >&2
  exit 2
fi
[[ -d $1 ]] || exit 0
set=$(realpath -- "$1")
[[ ${set##*/} == proxystore-hosts.* ]] || fail "$set is no set of hosts"

# The keeper removes the folder, after the last process has ended.
for ((tries = 0; tries < 500; ++tries)); do
  [[ -d $set ]] || exit 0
  if front=$(pid_of "$set" front); then
    kill -KILL "$front" 2>/dev/null || true
  elif ! pid_of "$set" keeper >/dev/null; then
    rm -rf -- "$set"
  fi
  sleep 0.02
done
fail "$set is still there after 10 s"
