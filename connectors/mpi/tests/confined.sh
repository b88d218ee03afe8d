#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Runs an MPI program where the system grants less than usual. All that it makes goes when it ends.
#   confined.sh <where> <mpirun> [<argument of mpirun>...] -- <program> [<argument>...]
# where one of:
#   cgroup:<bytes>   in a memory cgroup of its own with that limit
#   shm:<options>    with a /dev/shm of its own, mounted with these options, such as size=64m
#   nobody           as an unprivileged user
#   userns           each rank in a user namespace of its own
#   pidns            each rank in a process-number namespace of its own
# The exit code is the program's, or 77 where this machine cannot do that, with the reason.
set -euo pipefail
where=$1
shift
launcher=()
while [[ $1 != -- ]]; do
  launcher+=("$1")
  shift
done
shift
program=("$@")
# Not by /dev/shm, nor by reading each other's memory, neither of which is the subject.
folder=$(mktemp -d "${TMPDIR:-/tmp}/proxystore-confined-XXXXXX")
chmod 755 "$folder"
export OMPI_MCA_btl_vader_backing_directory=$folder OMPI_MCA_btl_vader_single_copy_mechanism=none
export TMPDIR=$folder
group=''
finish() {
  local code=$?
  for _ in {1..50}; do # processes that were killed take a moment to end
    if [[ -z $group ]] || rmdir "$group" 2>/dev/null; then break; fi
    sleep 0.1
  done
  rm -rf "$folder"
  exit "$code"
}
trap finish EXIT
trap 'exit 143' TERM INT HUP

cannot() {
  echo "confined.sh: skipped: $*" >&2
  exit 77
}
((EUID == 0)) || cannot "only root can do this"

case $where in
  cgroup:*)
    own=$(sed -n 's/^[0-9]*:memory:\(.*\)$/\1/p' /proc/self/cgroup)
    if [[ -n $own && -d /sys/fs/cgroup/memory$own ]]; then
      group=/sys/fs/cgroup/memory$own/proxystore-test-$$ limit=memory.limit_in_bytes
    else
      own=$(sed -n 's/^0::\(.*\)$/\1/p' /proc/self/cgroup)
      group=/sys/fs/cgroup${own%/}/proxystore-test-$$ limit=memory.max
    fi
    parent=${group%/*} created=$group
    group=''
    mkdir "$created" 2>/dev/null || cannot "no cgroup can be made in $parent"
    group=$created
    [[ -e $group/$limit ]] || cannot "$parent does not give its groups a memory controller"
    echo "${where#*:}" >"$group/$limit"
    bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "${launcher[@]}" "${program[@]}"
    ;;
  shm:*)
    unshare --mount true 2>/dev/null || cannot "no mount namespace can be made"
    # shellcheck disable=SC2016  # the inner shell expands it
    unshare --mount sh -c 'mount -t tmpfs -o "$0" proxystore-test /dev/shm && exec "$@"' \
      "mode=1777,${where#*:}" "${launcher[@]}" "${program[@]}"
    ;;
  nobody)
    # The build may lie where others cannot look.
    mkdir "$folder/bin" "$folder/tmp"
    cp -L "${program[0]}" "$folder/bin/program"
    ldd "${program[0]}" | awk '/libproxystore/ { print $3 }' | xargs -r cp -L -t "$folder/bin"
    chown -R 65534:65534 "$folder"
    cd "$folder"
    run=()
    for word in "${launcher[@]}"; do [[ $word == --allow-run-as-root ]] || run+=("$word"); done
    HOME=$folder TMPDIR=$folder/tmp LD_LIBRARY_PATH=$folder/bin \
      setpriv --reuid=65534 --regid=65534 --clear-groups \
      "${run[@]}" "$folder/bin/program" "${program[@]:1}"
    ;;
  userns)
    unshare --user --map-current-user true 2>/dev/null || cannot "no user namespace can be made"
    "${launcher[@]}" unshare --user --map-current-user "${program[@]}"
    ;;
  pidns)
    unshare --pid --fork true 2>/dev/null || cannot "no process-number namespace can be made"
    # Open MPI's shared memory takes two processes of one number for one.
    OMPI_MCA_btl=tcp,self "${launcher[@]}" unshare --pid --fork --kill-child "${program[@]}"
    ;;
  *)
    sed -n '6,14s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
