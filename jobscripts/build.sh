#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Builds on a cluster what the job scripts run, with the modules of jobscripts/site.sh: looks first whether
# the tools are new enough, and installs nothing. Run it on the login node, or in a job.
#
#   jobscripts/build.sh [--dry-run] [--module NAME]... [-- option of cmake...]
#
#   --dry-run        look only, exit code 0 or 2
#   --module NAME    load this module, after those of site.sh

# shellcheck source=jobscripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
job_name=build
usage() { awk 'NR > 3 { if (!/^#( |$)/) exit; sub(/^# ?/, ""); print }' "$script"; }

# at_least <tool> <version that is needed> <version that is there>
at_least() {
  [[ $(printf '%s\n' "$2" "$3" | sort -V | head -n 1) == "$2" ]] ||
    problem "$1 is of version $3, and $2 or newer is needed; name a module that has it in jobscripts/site.sh"
}

check_tools() {
  local tool said clang gcc compiler=${CXX:-c++}
  for tool in cmake ninja mpicxx "$compiler"; do
    command -v "$tool" >/dev/null ||
      problem "there is no $tool in PATH; name the module that has it in jobscripts/site.sh, or in --module"
  done
  ! said=$(cmake --version 2>/dev/null) || at_least cmake 3.23 "$(sed -n 's/^cmake version //p' <<<"$said")"
  said=$("$compiler" -x c++ -E -dM /dev/null 2>/dev/null) || return 0
  clang=$(awk '$2 == "__clang_major__" { print $3 }' <<<"$said")
  gcc=$(awk '$2 == "__GNUC__" { print $3 }' <<<"$said")
  if [[ -n $clang ]]; then
    at_least "clang ($compiler)" 14 "$clang"
  elif [[ -n $gcc ]]; then
    at_least "g++ ($compiler)" 12 "$gcc"
  fi
}

read_options -- "$@"
load_modules
check_tools
end_checks
! $dry_run || exit 0
cd "$root"
# shellcheck source=jobscripts/packages.sh
source "$jobscripts/packages.sh"
configure_and_build release -DPROXYSTORE_BUILD_TESTS=OFF -DPROXYSTORE_BUILD_BENCHMARKS=OFF "${rest[@]}" \
  -- --target relief example_11_two_jobs
