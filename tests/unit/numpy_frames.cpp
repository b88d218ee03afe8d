// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Half of the test numpy_frames.py: `write FILE` stores an array, `read FILE` checks that a file
// holds the same array, `refuse FILE` checks that it is refused.
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "proxystore/serialize.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string verb = argv[1];
  const std::vector<std::int64_t> values{1, -2, INT64_MAX, INT64_MIN, 0};
  if (verb == "write") {
    std::ofstream file(argv[2], std::ios::binary);
    const auto object = proxystore::serialize(values);
    for (const auto part : object.parts()) {
      file.write(reinterpret_cast<const char*>(part.data()),
                 static_cast<std::streamsize>(part.size()));
    }
    return file.good() ? 0 : 1;
  }
  std::ifstream file(argv[2], std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  try {
    const auto read = proxystore::deserialize<std::vector<std::int64_t>>(
        proxystore::Bytes::own(std::move(bytes)));
    return verb == "read" && read == values ? 0 : 1;
  } catch (const proxystore::SerializationError& error) {
    std::puts(error.what());
    return verb == "refuse" ? 0 : 1;
  }
}
