#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Makes hosts h1, h2, ... on this machine: namespaces with a name, an address, a /dev/shm and processes
# of their own, joined by a bridge. Prints the folder of the set, which down.sh takes to remove them.
#
#   tests/hosts/up.sh [--set <folder>] <number>
#
#   --set   bring this set up to the number, and make again what no longer lives (default: a new set);
#           the name of the folder starts with "proxystore-hosts."
#
# Exit code 77 if this machine does not permit it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/hosts/common.sh
source "$here/common.sh"

set=''
if [[ ${1-} == --set && $# -ge 2 ]]; then
  set=$2
  shift 2
fi
if [[ $# -ne 1 || ! $1 =~ ^[1-9][0-9]?$ ]]; then
  sed -n '8,11s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
number=$1

check_machine

if [[ -z $set ]]; then
  set=$(mktemp --directory --tmpdir proxystore-hosts.XXXXXX)
else
  [[ ${set##*/} == proxystore-hosts.* ]] || fail "--set $set: the name must start with proxystore-hosts."
  (umask 077 && mkdir -p -- "$set")
fi
set=$(realpath -- "$set")
if ! pid_of "$set" front >/dev/null; then
  trap '"$here/down.sh" "$set"' EXIT # should the rest fail
  mkdir -p "$set/tmp"
  {
    echo "127.0.0.1 localhost"
    echo "$network.254 front"
    for ((i = 1; i < 100; ++i)); do echo "$network.$i h$i"; done
  } >"$set/hosts"
  input=/dev/null
  [[ ! -p $set/life ]] || input=$set/life
  exec {log}<>"$set/log" # readable here even if the folder is gone
  # Outlives this script, and removes the folder when the front has ended.
  # shellcheck disable=SC2016  # for that bash to expand
  setsid bash -c '"${@:2}"; rm -rf -- "$1"' keeper "$set" unshare "${namespaces[@]}" --fork \
    bash "$here/inside/init.sh" front "$set" <"$input" >>"$set/log" 2>&1 9>&- {log}>&- &
  keeper=$!
  echo "$keeper" >"$set/keeper.pid"
  until pid_of "$set" front >/dev/null; do
    kill -0 "$keeper" 2>/dev/null || fail "the front does not start: $(cat "/proc/self/fd/$log")"
    sleep 0.02
  done
fi
front=$(pid_of "$set" front) || fail "the front is gone"
(enter "$front" bash "$here/inside/add_hosts.sh" "$set" "$number" 9>&-)
trap - EXIT
echo "$set"
