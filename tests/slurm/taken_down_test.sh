#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Ends run.sh in each way while its Slurm runs: no process and no file of it is left.
set -euo pipefail
run=${BASH_SOURCE[0]%/*}/run.sh
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# Whether anything that knows the folder runs, but for this script.
is_gone() {
  local pid
  [[ -z $(ls -A "$TMPDIR") ]] || return 1
  for pid in /proc/[0-9]*; do
    [[ ${pid##*/} == "$$" ]] || ! grep -qsF "$TMPDIR" "$pid/cmdline" || return 1
  done
}

up=$TMPDIR.up
# shellcheck disable=SC2016  # for that script to expand
echo 'touch "$1"; sleep "$2"; exit 3' >"$TMPDIR.sh"
trap 'rm -rf "$TMPDIR" "$TMPDIR.sh" "$up"' EXIT
for ending in none:0:3 TERM:100:143 KILL:100:137; do
  IFS=: read -r signal seconds expected <<<"$ending"
  "$run" --nodes 1 -- "$TMPDIR.sh" "$up" "$seconds" &
  pid=$!
  code=0
  until [[ -e $up ]]; do
    kill -0 "$pid" 2>/dev/null || {
      wait "$pid" || code=$?
      exit "$((code ? code : 1))" # 77, perhaps
    }
    sleep 0.1
  done
  rm "$up"
  [[ $signal == none ]] || kill -s "$signal" "$pid"
  wait "$pid" 2>/dev/null || code=$?
  ((code == expected)) || {
    echo "the code is $code instead of $expected"
    exit 1
  }
  for ((tries = 0; tries < 100; ++tries)); do
    ! is_gone || continue 2
    sleep 0.1
  done
  echo "after $ending something is left: $(ls -R "$TMPDIR")"
  exit 1
done
