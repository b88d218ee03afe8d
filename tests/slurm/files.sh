#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# The script with files and HDF5 files, on a file system that is said to be Lustre: `lfs` is a stand-in that
# notes what it is asked for.
# shellcheck source=tests/slurm/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

mkdir bin
printf '#!/bin/sh\necho "$*" >>"%s"\n' "$PWD/lfs.said" >bin/lfs
chmod +x bin/lfs
PATH=$PWD/bin:$PATH
mkdir scratch
submit jobscripts/slurm/files.sh "${input[@]}" --output out/file --scratch scratch -- --tile 32
file=$job
submit --dependency="afterany:$file" jobscripts/slurm/files.sh "${input[@]}" --output out/hdf5 --store hdf5 \
  --stripes -1 -- --tile 32
make_reference
finish_as "$file" COMPLETED
finish_as "$job" COMPLETED
is_reference out/file
is_reference out/hdf5
expect "^setstripe --stripe-count 1 --stripe-size 1M scratch/relief-$file/objects$" lfs.said
expect "^setstripe --stripe-count -1 --stripe-size 1M out/relief-$job/objects$" lfs.said
[[ -z $(ls -A scratch) ]] || fail "left in scratch: $(ls -A scratch)"
is_clean {file,hdf5}.{h5,png}
