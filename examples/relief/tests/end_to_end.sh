#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Runs relief as users do: end_to_end.sh good|bad FOLDER-OF-PROGRAMS MPIEXEC...
#   good  the results for several inputs are those of a serial computation, to the bit
#   bad   mistakes of the user end in an error that says what is wrong, and leave nothing behind
set -uo pipefail
mode=$1 programs=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export PROXYSTORE_LOG_LEVEL=off

failures=0
for program in relief tests/make_input tests/check_output; do
  [[ -x $programs/$program ]] || {
    echo "there is no program $programs/$program"
    exit 1
  }
done
fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

relief() { "${mpiexec[@]}" "$programs/relief" "$@" >said 2>&1; }

# good <kind of input> <argument of relief>...
good() {
  local kind=$1
  shift
  "$programs/tests/make_input" "$kind" "$kind.h5" || fail "make_input $kind"
  if ! relief --input "$kind.h5" --dataset heights --output result "$@"; then
    cat said
    fail "relief on $kind $*"
  fi
  "$programs/tests/check_output" "$kind.h5" heights result.h5 || fail "results for $kind $*"
  [[ $(head -c 4 result.png | tail -c 3) == PNG ]] || fail "no picture for $kind $*"
  rm -f result.h5 result.png
  [[ -z $(ls -d result* 2>/dev/null) ]] || fail "$(echo result*) stayed after $kind $*"
}

# bad <what the error must say> <argument of relief>...
bad() {
  local wanted=$1
  shift
  local output=(--output result)
  [[ " $* " != *" --output "* ]] || output=()
  if relief "${output[@]}" "$@"; then fail "relief succeeded with $*"; fi
  grep -qE -- "$wanted" said || {
    cat said
    fail "no word of '$wanted' with $*"
  }
  [[ -z $(ls -d result* 2>/dev/null) ]] || fail "$(echo result*) was left by $*"
  rm -rf result*
}

mpiexec=("$@")
if [[ $mode == good ]]; then
  good globe --tile 16
  good globe --tile 50
  good plane --tile 32
  good tiny --tile 1
  good tiny
  printf 'name = "kept"\n[connector]\nkind = "file"\n[connector.options]\nstore_dir = "%s"\n' \
    "$work/kept" >store.toml
  good plane --tile 40 --store store.toml
  [[ ! -e kept ]] || fail "the store's folder stayed"

  # In three runs, each of as many ranks as there are, and each stage on its own.
  input=(--input globe.h5 --dataset heights --tile 20 --output result)
  for stage in read compute; do
    relief "${input[@]}" --stop-after $stage $([[ $stage == read ]] || echo --restart) || {
      cat said
      fail "--stop-after $stage"
    }
    [[ -f result.checkpoint/checkpoint.h5 && ! -e result.h5 ]] || fail "no checkpoint after $stage"
  done
  if relief --input plane.h5 --dataset heights --output result --restart; then
    fail "the checkpoint of another input was used"
  fi
  grep -q 'other input or options, of globe.h5:heights' said || fail "$(cat said)"
  # One rank goes on with what all left, and the other way round.
  (
    mpiexec=("${mpiexec[@]:0:${#mpiexec[@]}-1}" 1)
    relief "${input[@]}" --restart
  ) || {
    cat said
    fail "--restart"
  }
  "$programs/tests/check_output" globe.h5 heights result.h5 || fail "results after a restart"
  [[ ! -e result.checkpoint ]] || fail "the checkpoint stayed"
  rm -f result.h5 result.png
else
  "$programs/tests/make_input" plane plane.h5 || fail "make_input"
  head -c 3000 plane.h5 >truncated.h5
  echo "not HDF5" >text.h5
  ok=(--input plane.h5 --dataset heights)
  bad '--input is required' --dataset heights
  bad 'missing.h5' --input missing.h5 --dataset heights
  bad 'HDF5' --input text.h5 --dataset heights
  bad 'truncated.h5' --input truncated.h5 --dataset heights
  bad "heights" --input plane.h5 --dataset depths
  bad 'there is no checkpoint at .*result.checkpoint' "${ok[@]}" --restart
  bad '--store' "${ok[@]}" --restart --store some.toml
  bad 'stop-after' "${ok[@]}" --stop-after lunch
  bad 'tile' "${ok[@]}" --tile 0
  bad 'altitude' "${ok[@]}" --altitude 100
  bad 'no-such.toml' "${ok[@]}" --store no-such.toml
  cp plane.h5 both.h5
  bad 'both.h5' --input both.h5 --dataset heights --output both
  cmp -s plane.h5 both.h5 || fail "the input was replaced"
  printf 'name = "s"\n[connector]\nkind = "file"\n[connector.options]\nstor_dir = "x"\n' >typo.toml
  bad "option 'stor_dir' is unknown; known are 'store_dir'" "${ok[@]}" --store typo.toml
  printf 'name = "s"\n[connector]\nkind = "globus"\n' >globus.toml
  bad 'connector globus exists for Python only' "${ok[@]}" --store globus.toml
  printf 'name = "s"\ncash_size = 3\n[connector]\nkind = "local"\n' >typo2.toml
  bad "typo2.toml:2: unknown entry 'cash_size'" "${ok[@]}" --store typo2.toml
  printf 'name = "s"\n[connector]\nkind = "local"\n' >local.toml
  bad 'rank [0-9]+: .*the objects of this local store are in the memory of process' \
    "${ok[@]}" --store local.toml
  bad 'there is no folder .*no/such/folder' "${ok[@]}" --output no/such/folder/result
  [[ ! -e no ]] || fail "a folder was made for the output"
  if ((EUID == 0)); then
    # Root writes through permissions, so this is tried as nobody.
    chmod 755 "$work" && mkdir -m 755 readonly && chmod 644 plane.h5
    mpiexec=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/tmp "${mpiexec[@]}")
    bad 'Permission denied' "${ok[@]}" --output readonly/result
  fi
fi

((failures == 0)) && echo "all runs went as they should"
exit $((failures > 0))
