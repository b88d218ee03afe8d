#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# tests/structure/shellcheck.sh <folder of the source>: shellcheck has nothing to say about any script of the tree.
set -euo pipefail
command -v shellcheck >/dev/null || {
  echo "skipped: there is no shellcheck here"
  exit 77
}
cd "$1"
mapfile -t scripts < <(find . \( -path ./build -o -path ./data -o -path ./out -o -name .git \) -prune -o \
  -type f \( -name '*.sh' -o -path ./.ci/run \) -print | sort)
((${#scripts[@]} >= 20)) || {
  echo "only ${#scripts[@]} scripts were found in $1"
  exit 1
}
# In two halves at once, for there are two processors or more almost everywhere.
printf '%s\0' "${scripts[@]}" | xargs -0 -P 2 -n $((${#scripts[@]} / 2 + 1)) shellcheck -x
