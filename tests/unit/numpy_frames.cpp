// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Half of the test numpy_frames.py: `write FILE` stores an array, `read FILE` checks that a file
// holds the same array, `refuse FILE` checks that it is refused; `write_structs` and `read_structs`
// do so with an array of structs.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "proxystore/serialize.hpp"

struct Inner {
  double x, y;
};
/// Fields of all kinds, and padding.
struct Sample {
  std::int32_t id;
  Inner place;
  float weights[3];
  bool is_good;
};
PROXYSTORE_TRIVIAL_TYPE(Inner, "inner/1", x, y);
PROXYSTORE_TRIVIAL_TYPE(Sample, "sample/1", id, place, weights, is_good);

namespace {

/// As numpy_frames.py makes and expects them.
std::vector<Sample> samples() {
  std::vector<Sample> all(3);
  for (int i = 0; i < 3; ++i) {
    const auto number = static_cast<float>(i);
    all[static_cast<std::size_t>(i)] = {
        i, {1.5 * i, -1.5 * i}, {number, number + 1, number + 2}, i == 1};
  }
  return all;
}

bool are_equal(const std::vector<Sample>& a, const std::vector<Sample>& b) {
  return std::ranges::equal(a, b, [](const Sample& one, const Sample& other) {
    return one.id == other.id && one.place.x == other.place.x && one.place.y == other.place.y &&
           std::ranges::equal(one.weights, other.weights) && one.is_good == other.is_good;
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string verb = argv[1];
  const std::vector<std::int64_t> values{1, -2, INT64_MAX, INT64_MIN, 0};
  const auto structs = samples();
  if (verb.starts_with("write")) {
    std::ofstream file(argv[2], std::ios::binary);
    const auto object =
        verb == "write_structs" ? proxystore::serialize(structs) : proxystore::serialize(values);
    for (const auto part : object.parts()) {
      file.write(reinterpret_cast<const char*>(part.data()),
                 static_cast<std::streamsize>(part.size()));
    }
    return file.good() ? 0 : 1;
  }
  std::ifstream file(argv[2], std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  try {
    if (verb == "read_structs") {
      const auto read =
          proxystore::deserialize<std::vector<Sample>>(proxystore::Bytes::own(std::move(bytes)));
      return are_equal(read, structs) ? 0 : 1;
    }
    const auto read = proxystore::deserialize<std::vector<std::int64_t>>(
        proxystore::Bytes::own(std::move(bytes)));
    return verb == "read" && read == values ? 0 : 1;
  } catch (const proxystore::SerializationError& error) {
    std::puts(error.what());
    return verb == "refuse" ? 0 : 1;
  }
}
