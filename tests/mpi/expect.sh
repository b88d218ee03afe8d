#!/bin/sh
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Runs a program that is expected to end in a certain way, within a time limit.
#   expect.sh <zero|nonzero> <seconds> <regular expression> <program> [<argument>...]
# Succeeds if the exit code is as told and a line of the output matches the (extended) expression; a
# program that has to be stopped at the time limit is a failure in either case.
if [ $# -lt 4 ]; then
  echo "usage: $0 <zero|nonzero> <seconds> <regular expression> <program> [<argument>...]" >&2
  exit 2
fi
wanted=$1 seconds=$2 expression=$3
shift 3
output=$(timeout --kill-after=5 "$seconds" "$@" 2>&1)
code=$?
printf '%s\n' "$output"
if [ $code -eq 124 ] || [ $code -eq 137 ]; then
  echo "expect.sh: stopped after $seconds s"
  exit 1
fi
if { [ "$wanted" = zero ] && [ $code -ne 0 ]; } || { [ "$wanted" = nonzero ] && [ $code -eq 0 ]; }; then
  echo "expect.sh: exit code $code, expected $wanted"
  exit 1
fi
if ! printf '%s\n' "$output" | grep -Eq -- "$expression"; then
  echo "expect.sh: no line matches: $expression"
  exit 1
fi
