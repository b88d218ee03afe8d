#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Builds the tests with g++'s --coverage, runs them, and says which lines of the library they ran:
# build/coverage/report/index.html, and a table.
#
#   tests/coverage.sh [--no-install] [--target <target of the build>]... [argument of ctest...]
#
#   --target      build these alone; by default, everything
#   --no-install  only report what is missing
#
# For instance: tests/coverage.sh --target test_unit_store --target test_unit_key -R '^unit.(store|key)$'
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=jobscripts/packages.sh
source jobscripts/packages.sh

install=install
targets=()
ctest_arguments=()
while (($#)); do
  case $1 in
    --no-install) install=report ;;
    --target)
      targets+=(--target "${2:?--target wants the name of a target}")
      shift
      ;;
    -h | --help)
      sed -n '5,13s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *) ctest_arguments+=("$1") ;;
  esac
  shift
done
require_packages "$install" "${build_packages[@]}" "${test_packages[@]}" "${coverage_packages[@]}"

configure_and_build coverage -- "${targets[@]}"
find build/coverage -name '*.gcda' -delete
failed=0
ctest --preset coverage -LE full "${ctest_arguments[@]}" || failed=$?
mkdir -p build/coverage/report
gcovr --root . --object-directory build/coverage --exclude 'build/' --exclude 'tests/' --exclude '.*/tests/' \
  --exclude 'examples/' --exclude 'benchmarks/' --exclude '.*[.]md' --exclude-unreachable-branches --exclude-throw-branches \
  --html-details build/coverage/report/index.html --print-summary --sort-percentage
echo "The report is $PWD/build/coverage/report/index.html"
exit "$failed"
