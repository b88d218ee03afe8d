#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Runs the main example, relief, on this machine: installs what is missing, builds, prepares the
# heights of the whole earth (or takes your own file), and says where the picture is.
#
#   jobscripts/local.sh [--no-install] [ranks] [input.h5 dataset]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=jobscripts/packages.sh
source jobscripts/packages.sh

usage() {
  sed -n '5,8s/^# \{0,1\}//p' "$0"
  echo
  echo "  ranks        MPI processes, 1 or more (default 4)"
  echo "  input.h5     an HDF5 file with a two-dimensional dataset of numbers (default: ETOPO5)"
  echo "  dataset      the name of that dataset"
  echo "  --no-install only report what is missing"
}

fail() {
  echo "local.sh: $*" >&2
  echo >&2
  usage >&2
  exit 2
}

install=install
words=()
for word in "$@"; do
  case $word in
    --no-install) install=report ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*) fail "unknown option $word" ;;
    *) words+=("$word") ;;
  esac
done
ranks=${words[0]:-4}
[[ $ranks =~ ^[1-9][0-9]{0,3}$ ]] || fail "'$ranks' is not a number of ranks; 1 to 9999 are accepted"
((${#words[@]} != 2)) || fail "an input file needs the name of a dataset in it"
((${#words[@]} <= 3)) || fail "too many arguments"
input=${words[1]:-data/etopo5.h5}
dataset=${words[2]:-ROSE}
[[ -z ${words[1]:-} || -r $input ]] || fail "cannot read the input file $input"

require_packages "$install" "${build_packages[@]}"

echo "Building (the first time takes a few minutes)"
configure_and_build release -DPROXYSTORE_BUILD_TESTS=OFF -DPROXYSTORE_BUILD_BENCHMARKS=OFF \
  -- --target relief example_03_ranks

if [[ -z ${words[1]:-} && ! -f $input ]]; then
  require_packages "$install" "${data_packages[@]}"
  echo "Preparing $input (NOAA's ETOPO5: heights on a grid of 5 minutes of arc)"
  mkdir -p data
  nccopy -k nc4 /usr/share/ferret-vis/data/etopo5.cdf "$input.part"
  mv "$input.part" "$input"
fi

mpi=(mpirun -n "$ranks")
if mpirun --version 2>/dev/null | grep -q 'Open MPI'; then
  # More ranks than cores is fine here; ranks that wait then give their core away.
  mpi+=(--oversubscribe --bind-to none --mca mpi_yield_when_idle 1
    --mca btl_base_warn_component_unused 0)
  ((EUID != 0)) || mpi+=(--allow-run-as-root)
fi
mkdir -p out
"${mpi[@]}" build/release/examples/relief/relief \
  --input "$input" --dataset "$dataset" --output out/relief
echo "The picture is $PWD/out/relief.png"
