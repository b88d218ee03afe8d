#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# pid 1 of the front, and of every host: makes the namespaces that it was started in what they should be,
# and stays.
#
#   init.sh <front|h1|...> <set>
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/hosts/common.sh
source "$here/common.sh"
name=$1 set=$2

read -r pid _ </proc/self/stat # while this still is the /proc of those outside
mount -t proc proc /proc
mount -t tmpfs -o mode=1777 shm /dev/shm
hostname "$name"
ip link set lo up
if [[ $name == front ]]; then
  mount --bind "$set/hosts" /etc/hosts # the hosts get theirs from here
  ip link add name bridge type bridge
  ip address add "$network.254/24" dev bridge
  ip link set bridge up
fi
echo "$pid" >"$set/$name.new"
mv "$set/$name.new" "$set/$name.pid"

if [[ $name == front && -p $set/life ]]; then
  while read -r; do :; done
else
  while :; do sleep infinity; done
fi
