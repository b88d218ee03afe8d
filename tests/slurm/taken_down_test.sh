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

# shellcheck disable=SC2016  # for that script to expand
printf 'touch "$TMPDIR/../up"; sleep "$1"; exit 3\n' >"$TMPDIR.sh"
trap 'rm -rf "$TMPDIR" "$TMPDIR.sh"' EXIT
for ending in exit:0 TERM:100 KILL:100; do
  "$run" --nodes 1 -- "$TMPDIR.sh" "${ending#*:}" &
  pid=$!
  until compgen -G "$TMPDIR/*/up" >/dev/null; do
    if ! kill -0 "$pid" 2>/dev/null; then
      wait "$pid" && exit 1 || exit $? # 77, perhaps
    fi
    sleep 0.1
  done
  [[ $ending == exit:* ]] || kill -s "${ending%:*}" "$pid"
  code=0
  wait "$pid" 2>/dev/null || code=$?
  [[ $ending != exit:* || $code == 3 ]] || exit 1
  for ((tries = 0; tries < 100; ++tries)); do
    ! is_gone || continue 2
    sleep 0.1
  done
  echo "after $ending something is left: $(ls -R "$TMPDIR")"
  exit 1
done
