# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the scripts here: what a set of hosts is, and how to get into it.
#
# A set is a folder that nobody but its owner can read:
#   keeper.pid  the process that waits for the end of the front, and then removes the folder
#   front.pid   pid 1 of the front, by its number on this machine
#   h<i>.pid    pid 1 of a host, by its number on the front
#   hosts       their /etc/hosts
#   tmp/        TMPDIR of what runs there; all hosts see the same one
#   life        a named pipe, if the set is to go when the last process that writes to it is gone
#
# The front is a set of namespaces that carries the bridge, and from which programs are started. The
# hosts are made inside it, so that everything is gone when its pid 1 is, whatever that was doing:
# processes, interfaces, mounts. Names and addresses are the same in every set, for none sees another.
# shellcheck disable=SC2034  # used by those who source this
network=10.0.0
namespaces=(--net --uts --ipc --pid --mount)
PATH+=:/usr/sbin:/sbin # `ip` is there, which not everybody looks at

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# The code 77 tells ctest that a test could not be made.
cannot() {
  echo "${0##*/}: no hosts can be had on this machine: $*" >&2
  exit 77
}

# Ends the script if this machine cannot have hosts.
check_machine() {
  local tool refusal
  for tool in ip unshare nsenter setsid hostname; do
    command -v "$tool" >/dev/null ||
      cannot "there is no $tool; apt-get install iproute2 util-linux hostname"
  done
  ((EUID == 0)) || cannot "it needs root"
  refusal=$(unshare "${namespaces[@]}" --fork sh -c 'mount -t proc proc /proc &&
    ip link add name probe type bridge && ip link add name one type veth peer name two' 2>&1) ||
    cannot "it needs CAP_SYS_ADMIN, CAP_NET_ADMIN, and a kernel with bridge and veth: $refusal"
}

# pid_of <set> <front|h1|...>
# Prints the pid if that lives, and is not another process that got its number since.
pid_of() {
  local pid
  pid=$(cat "$1/$2.pid" 2>/dev/null) && grep -qsF -- "$1" "/proc/$pid/cmdline" && echo "$pid"
}

# enter <pid> <program> [<argument>...]
# Becomes a program that runs where the process is, in the folder of the same name as the current one.
enter() {
  exec nsenter --target "$1" "${namespaces[@]}" --wdns="$PWD" -- "${@:2}"
}
