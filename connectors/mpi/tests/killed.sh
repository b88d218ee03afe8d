#!/bin/sh
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Runs a program of which a rank is killed, and looks what it left: names of shared memory, files in the
# spill folder, processes.
#   killed.sh <memfd|named> <program> [<argument>...]
sharing=$1
shift
folder=$(mktemp -d "${TMPDIR:-/tmp}/proxystore-killed-XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT
mark="proxystore_killed_$$"
output=$(PROXYSTORE_SHARING=$sharing PROXYSTORE_SPILL_DIR=$folder timeout --kill-after=5 60 "$@" "$mark" 2>&1)
code=$?
printf '%s\n' "$output"
if [ $code -eq 0 ] || [ $code -eq 124 ] || ! printf '%s\n' "$output" | grep -q '^all work$'; then
  echo "killed.sh: no rank was killed, exit code $code"
  exit 1
fi
# mpirun ends before the processes that it kills do; and other programs have names while they start.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  left=$(
    ls -A "$folder"
    find /dev/shm -maxdepth 1 -name 'proxystore-*' -newer "$folder" 2>/dev/null
    # shellcheck disable=SC2009  # pgrep would want their names
    ps -eo args | grep "[p]roxystore_killed_$$"
  )
  [ -z "$left" ] && exit 0
  sleep 1
done
echo "killed.sh: left behind:"
printf '%s\n' "$left"
exit 1
