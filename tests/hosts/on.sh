#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Runs a command line on a host of a set, or on its front, as ssh would.
#
#   tests/hosts/on.sh <folder that up.sh printed> <front|h1|h2|...> <command line>
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/hosts/common.sh
source "$here/common.sh"

if [[ $# -lt 3 ]]; then
  sed -n '7s/^# *//p' "$0" >&2
  exit 2
fi
set=$(realpath -- "$1")
front=$(pid_of "$set" front) || fail "$set is no set of hosts, or it has ended"
if [[ $2 == front ]]; then
  enter "$front" sh -c "${*:3}"
else
  PROXYSTORE_HOSTS=$set enter "$front" bash "$here/inside/agent.sh" "${@:2}"
fi
