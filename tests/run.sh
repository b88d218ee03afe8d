#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Installs what is missing, builds, and runs the tests.
#
#   tests/run.sh [--no-install] [--full] [--mpich] [--sanitizers] [--ci] [argument of ctest...]
#
#   --full        also the tests with the label "full": 3 and 7 ranks, objects of more than 4 GiB
#   --mpich       instead: the MPI tests with MPICH, in a build folder of their own
#   --sanitizers  instead: the tests of one process and of 2 ranks under the address and
#                 undefined-behaviour sanitizers, and those of one process under the thread sanitizer;
#                 this takes more than an hour on two cores
#   --ci          also: warnings are errors, clang compiles everything, and the tests of Redis with TLS
#   --no-install  only report what is missing
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=jobscripts/packages.sh
source jobscripts/packages.sh

install=install
ci=false
mpich=false
sanitizers=false
ctest_arguments=()
labels=(-LE full)
for word in "$@"; do
  case $word in
    --no-install) install=report ;;
    --full) labels=() ;;
    --ci) ci=true ;;
    --mpich) mpich=true ;;
    --sanitizers) sanitizers=true ;;
    -h | --help)
      sed -n '5,15s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *) ctest_arguments+=("$word") ;;
  esac
done

require_packages "$install" "${build_packages[@]}" "${test_packages[@]}"

if $mpich; then
  require_packages "$install" "${mpich_packages[@]}"
  configure_and_build mpich
  exec ctest --preset mpich -L mpi "${labels[@]}" "${ctest_arguments[@]}"
fi

strict=()
$ci && strict=(-DPROXYSTORE_WARNINGS_AS_ERRORS=ON)

if $sanitizers; then
  echo "== address and undefined-behaviour sanitizers"
  configure_and_build asan-ubsan "${strict[@]}" -DPROXYSTORE_BUILD_EXAMPLES=OFF
  ctest --preset asan-ubsan -L unit -LE full "${ctest_arguments[@]}"
  ctest --preset asan-ubsan -R 'np2$' -LE full "${ctest_arguments[@]}"
  echo "== thread sanitizer"
  configure_and_build tsan "${strict[@]}"
  exec ctest --preset tsan -LE full "${ctest_arguments[@]}"
fi

# The other builds go first and the full run of g++ last, so that its summary closes the output.
if $ci; then
  echo "== clang compiles everything"
  configure_and_build clang "${strict[@]}"
  quick=('-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O0 -DNDEBUG') # nobody installs these builds
  echo "== without MPI, HDF5 and Kokkos"
  configure_and_build minimal "${strict[@]}" "${quick[@]}" -DPROXYSTORE_BUILD_TESTS=OFF
  for version in 2.0.0 3.5.0; do
    echo "== Redis with TLS, which needs a newer hiredis: the one of the Python package $version"
    tests/hiredis_with_tls.sh build/hiredis $version
    configure_and_build tls "${strict[@]}" "${quick[@]}" -DPROXYSTORE_BUILD_EXAMPLES=OFF -DPROXYSTORE_BUILD_BENCHMARKS=OFF -- \
      --target test_connectors_redis test_connectors_redis_tls redis_conformance
    ctest --preset tls -R '^connectors\.redis(\.tls)?$|^conformance\.redis'
  done
fi

echo "== all tests"
require_packages "$install" "${docs_packages[@]}" "${slurm_packages[@]}"
configure_and_build dev "${strict[@]}"
ctest --preset dev "${labels[@]}" "${ctest_arguments[@]}"
