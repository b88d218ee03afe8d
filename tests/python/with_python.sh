#!/bin/sh
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# with_python.sh <folder> <script> [<argument>...]
# Runs a script with the real ProxyStore for Python, in a virtual environment in <folder>, which is made by
# the first to come. Ends with 77 where that cannot be: no Python, or no package index.
set -eu
folder=$1
shift
packages="proxystore>=1.1,<2 redis numpy h5py"

mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [ "$(cat "$folder/ready" 2>/dev/null)" != "$packages" ]; then
  rm -rf "$folder/venv"
  python3 -m venv "$folder/venv" >"$folder/log" 2>&1 || {
    echo "SKIPPED: python3 -m venv fails; see $folder/log"
    exit 77
  }
  # shellcheck disable=SC2086  # a list of words
  timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check $packages >>"$folder/log" 2>&1 || {
    echo "SKIPPED: pip cannot install $packages; see $folder/log"
    exit 77
  }
  echo "$packages" >"$folder/ready"
fi
exec 9>&-
exec "$folder/venv/bin/python" "$@"
