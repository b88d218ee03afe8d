#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# What mpirun calls on the front instead of ssh.
#
#   PROXYSTORE_HOSTS=<set> agent.sh <host> <command line>
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/hosts/common.sh
source "$here/common.sh"

pid=$(pid_of "$PROXYSTORE_HOSTS" "$1") || fail "there is no host $1"
enter "$pid" env -i HOME="${HOME:-/}" TMPDIR="$PROXYSTORE_HOSTS/tmp" \
  PATH="$here/inside":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -c "${*:2}"
