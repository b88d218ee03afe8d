#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# install.sh <folder>
# Installs the commit that is checked out with the Spack on the path, as a site does, tests it, and removes it.
# On Debian 12 everything else is Debian's. Ends with 77 where there is no Spack 1.0 or later.
set -euo pipefail
folder=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
command -v spack >/dev/null || {
  echo "SKIPPED: no spack on the path"
  exit 77
}
[[ $(spack --version) =~ ^[1-9] ]] || {
  echo "SKIPPED: spack $(spack --version) is older than 1.0"
  exit 77
}

rm -rf "$folder"
mkdir -p "$folder/scope"
trap 'rm -rf "$folder"' EXIT
cat >"$folder/scope/repos.yaml" <<END
repos:
  proxystore: $root/spack/spack_repo/proxystore
END
cat >"$folder/scope/config.yaml" <<END
config:
  install_tree:
    root: $folder/installed
  build_stage: [$folder/stage]
  test_stage: $folder/test
END
scopes=(-C "$folder/scope")
# shellcheck disable=SC1091
[[ $(. /etc/os-release && echo "$ID-$VERSION_ID") != debian-12 ]] || scopes+=(-C "$root/spack/debian-12")

spec="proxystore-cpp@git.$(git -C "$root" rev-parse HEAD)=main +mpi+redis+hdf5~kokkos+tools~examples~tests+shared"
# shellcheck disable=SC2086  # a list of words
spack "${scopes[@]}" install --fail-fast --no-cache $spec
# shellcheck disable=SC2086
spack "${scopes[@]}" test run --alias proxystore $spec
spack "${scopes[@]}" test results -l proxystore
