// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Values that the tests send.

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "proxystore/proxy.hpp"
#include "proxystore/serialize.hpp"

namespace proxystore::mpi_test {

/// A structure of a user.
struct Particle {
  int id = 0;
  std::string name{};
  std::vector<double> track{};
  std::map<std::string, double> properties{};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(id, name, track, properties);
  }
  friend bool operator==(const Particle&, const Particle&) = default;
};

inline Particle make_particle(int id) {
  return {.id = id,
          .name = "particle " + std::to_string(id),
          .track = std::vector<double>(static_cast<std::size_t>(200 * id + 1), 0.5 * id),
          .properties = {{"mass", 1.0 + id}, {"charge", -1.0}}};
}

/// A task as a coordinator sends it: a proxy among other members.
struct Task {
  int number = 0;
  Proxy<std::vector<double>> input{};
  std::map<std::string, Proxy<std::string>> notes{};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(number, input, notes);
  }
};

/// Fails where it is told to.
struct Fragile {
  bool can_write = true;
  bool can_read = true;

  template <class Archive>
  void save(Archive& archive) const {
    if (!can_write) throw std::runtime_error("too fragile to write");
    archive(can_read);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(can_read);
    if (!can_read) throw std::runtime_error("too fragile to read");
  }
};

/// Numbers that tell where they come from.
inline std::vector<double> pattern(std::size_t count, int seed) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<double>(i) + 1000.0 * seed;
  return values;
}

}  // namespace proxystore::mpi_test

PROXYSTORE_TYPE_NAME(proxystore::mpi_test::Particle, "test/particle/1");
PROXYSTORE_TYPE_NAME(proxystore::mpi_test::Task, "test/task/1");
PROXYSTORE_TYPE_NAME(proxystore::mpi_test::Fragile, "test/fragile/1");
