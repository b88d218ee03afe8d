# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the scripts: which Debian packages the work needs, and how to get them.
# shellcheck disable=SC2034  # the lists are used by those who source this

build_packages=(
  build-essential cmake ninja-build ccache pkg-config
  libopenmpi-dev openmpi-bin openmpi-common libhdf5-openmpi-dev libtrilinos-kokkos-dev
  libhiredis-dev libcereal-dev libtomlplusplus-dev libspdlog-dev libxxhash-dev libpng-dev libcli11-dev
  nlohmann-json3-dev)
data_packages=(ferret-datasets netcdf-bin)
docs_packages=(doxygen)
coverage_packages=(gcovr)
test_packages=(
  libgtest-dev libgmock-dev redis-server clang binutils python3 python3-numpy python3-venv
  iproute2 util-linux hostname openssl libssl-dev hdf5-tools mandoc locales)
mpich_packages=(mpich libmpich-dev libhdf5-mpich-dev)
slurm_packages=(slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge shellcheck)

# require_packages <install|report> <package>...
# Installs what is missing, or says what is and fails.
require_packages() {
  local mode=$1 package missing=()
  shift
  if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian: please see to it yourself that these, or their equals, are there:" >&2
    printf '  %s\n' "$@" >&2
    return 0
  fi
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  echo "Missing packages: ${missing[*]}"
  if [[ $mode == report ]]; then
    echo "Install them with: apt-get install ${missing[*]}" >&2
    return 1
  fi
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || {
      echo "Installing needs root: run this as root, or install sudo, or install them yourself." >&2
      return 1
    }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# configure_and_build <preset> [<argument of cmake>...] [-- <argument of the build>...]
# Configures a preset once, and builds what changed.
configure_and_build() {
  local preset=$1 arguments=() launcher=()
  shift
  while (($#)) && [[ $1 != -- ]]; do
    arguments+=("$1")
    shift
  done
  (($#)) && shift
  command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  # Precompiled headers are cached, too, and what another checkout compiled is used here.
  export CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR="${CCACHE_BASEDIR:-$PWD}" CCACHE_NOHASHDIR=1
  # Quiet unless it fails: what CMake found matters only then.
  local said
  said=$(cmake --preset "$preset" "${launcher[@]}" "${arguments[@]}" 2>&1) || {
    echo "$said" >&2
    return 1
  }
  cmake --build --preset "$preset" "$@"
}
