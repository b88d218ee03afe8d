#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Runs on the front: makes hosts up to a number, and joins them to the bridge.
#
#   add_hosts.sh <set> <number>
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/hosts/common.sh
source "$here/common.sh"
set=$1 number=$2

for ((i = 1; i <= number; ++i)); do
  host=h$i
  ! pid_of "$set" "$host" >/dev/null || continue
  rm -f "$set/$host.pid"
  ip link delete "$host" 2>/dev/null || true # of one that died
  setsid unshare "${namespaces[@]}" --fork bash "$here/inside/init.sh" "$host" "$set" \
    </dev/null >>"$set/log" 2>&1 &
  starter=$!
  until pid=$(pid_of "$set" "$host"); do
    kill -0 "$starter" 2>/dev/null || fail "$host does not start: $(cat "$set/log")"
    sleep 0.02
  done
  ip link add name "$host" type veth peer name eth0 netns "$pid"
  ip link set "$host" master bridge
  nsenter --target "$pid" --net sh -c "ip address add $network.$i/24 dev eth0 && ip link set eth0 up"
done

# The kernel takes a moment to see that a cable is plugged in.
for ((i = 1; i <= number; ++i)); do
  ip link set "h$i" up
  for ((tries = 0; tries < 250; ++tries)); do
    [[ ! $(ip -brief link show "h$i") =~ ^[^\ ]+\ +UP ]] || continue 2
    sleep 0.02
  done
  fail "h$i has no link"
done
