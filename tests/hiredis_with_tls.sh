#!/bin/sh
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# hiredis_with_tls.sh <folder> [version]
# Builds a hiredis that encrypts into <folder>, which Debian 12 does not have: the one that the Python
# package of that name carries in its source archive.
set -eu
folder=$1
version=${2:-3.5.0} # of the Python package: 3.5.0 has hiredis 1.5.0, and 2.0.0 has 1.0.0
if [ "$(cat "$folder/ready" 2>/dev/null)" = "$version" ]; then exit 0; fi
rm -rf "$folder"
mkdir -p "$folder/source" "$folder/include/hiredis" "$folder/lib"
folder=$(cd "$folder" && pwd)
timeout 300 python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
  --dest "$folder/source" "hiredis==$version"
tar -xzf "$folder/source/hiredis-$version.tar.gz" -C "$folder/source"
cd "$folder/source/hiredis-$version/vendor/hiredis"
objects=
for name in alloc async hiredis net read sds sockcompat; do
  cc -O2 -fPIC -c "$name.c" -o "$name.o"
  objects="$objects $name.o"
done
cc -O2 -fPIC -c ssl.c -o ssl.o
# shellcheck disable=SC2086  # a list of files
ar rcs "$folder/lib/libhiredis.a" $objects
ar rcs "$folder/lib/libhiredis_ssl.a" ssl.o
cp ./*.h "$folder/include/hiredis"
echo "$version" >"$folder/ready"
