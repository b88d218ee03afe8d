// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Programs with an mpi store that meet one misfortune each, and what they have in common.
/// CMakeLists.txt says what each must print and return.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <typeinfo>

#include "contents.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/mpi.hpp"
#include "proxystore/error.hpp"
#include "proxystore/mpi/environment.hpp"
#include "proxystore/mpi/progress.hpp"
#include "proxystore/mpi/report.hpp"
#include "proxystore/store_registry.hpp"

namespace scenario {

namespace ps = proxystore;
namespace mpi = proxystore::mpi;
using namespace std::chrono_literals;
using mpi::Environment;
using ps::testing::is_contents;
using Clock = std::chrono::steady_clock;

using Main = std::function<int(int argc, char** argv)>;

/// One object in each file of scenarios makes its own known.
struct Registration {
  Registration(const char* name, Main main);
};

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;

inline void require(bool condition, const std::string& what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what.c_str());
  std::fflush(stderr);
  std::_Exit(EXIT_FAILURE);
}
#define REQUIRE(condition) require((condition), #condition)

inline int ok() {
  std::puts("scenario ok");
  std::fflush(stdout);
  return EXIT_SUCCESS;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The text of the error that @p function must throw.
template <class Error>
std::string error_of(const std::function<void()>& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception& error) {
    require(false, std::string("an error of another kind: ") + error.what());
  }
  require(false, std::string("it throws: ") + typeid(Error).name());
  return {};
}

inline std::shared_ptr<ps::Connector> open_connector() {
  return ps::ConnectorRegistry::global().make(ps::MpiOptions{});
}
inline ps::Key put(ps::Connector& connector, std::size_t size, std::uint64_t seed,
                   std::optional<int> rank = {}) {
  const auto bytes = ps::testing::contents(size, seed);
  const ps::ByteSpan part(bytes);
  return connector.put(std::span(&part, 1), {.rank = rank});
}
inline void set(ps::Connector& connector, const ps::Key& key, std::size_t size,
                std::uint64_t seed) {
  const auto bytes = ps::testing::contents(size, seed);
  const ps::ByteSpan part(bytes);
  connector.set(key, std::span(&part, 1), {});
}
inline bool has(ps::Connector& connector, const ps::Key& key, std::size_t size,
                std::uint64_t seed) {
  const auto bytes = connector.get(key);
  return bytes && is_contents(*bytes, size, seed);
}

/// What @p root has, on all ranks.
template <class T>
T from(int root, T value) {
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Ibcast(&value, sizeof value, MPI_BYTE, root, MPI_COMM_WORLD, &request);
  mpi::wait(request);
  return value;
}
inline void barrier() {
  mpi::barrier(MPI_COMM_WORLD);
}

}  // namespace scenario
