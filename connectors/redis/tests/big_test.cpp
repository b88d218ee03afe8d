// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Objects that are larger than Redis takes a value, and the memory of getting one. Needs about 10
// GB of memory.
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support.hpp"

namespace proxystore::testing {
namespace {

TEST(RedisBig, objects_beyond_what_redis_takes_are_whole) {
  constexpr std::size_t mib = std::size_t{1} << 20U;
  const RedisServer server;
  const auto store = open_store(server.socket_options());
  for (const std::size_t size : {512 * mib + 1, 3072 * mib}) {
    std::vector<std::byte> source(size);
    for (std::size_t i = 0; i + sizeof i <= size; i += 4096) {
      std::memcpy(source.data() + i, &i, sizeof i);
    }
    source.back() = std::byte{1};
    const ByteSpan part(source);
    const Key key = store->put(std::span(&part, 1), {});
    const auto found = store->get(key);
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->size(), size);
    EXPECT_EQ(std::memcmp(found->data(), source.data(), size), 0);
    EXPECT_EQ(store->get_range(key, size - 1, 5)->span().front(), std::byte{1});
    EXPECT_TRUE(store->evict(key));
  }
}

/// Kilobytes that a line of /proc/self/status says.
std::size_t status_kb(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stoul(line.substr(name.size() + 1));
  }
  throw std::runtime_error("no " + name);
}

TEST(RedisBig, get_takes_the_memory_of_the_object_and_little_more) {
  const RedisServer server;
  constexpr std::size_t size = std::size_t{1} << 30U;
  const auto store = open_store(server.options());
  const Key key = put(*store, std::string(size, 'x'));
  ASSERT_TRUE(std::ofstream("/proc/self/clear_refs") << "5\n") << "resets the peak";
  const std::size_t before = status_kb("VmRSS");
  const auto object = store->get(key);
  ASSERT_EQ(object->size(), size);
  EXPECT_LE(status_kb("VmHWM") - before, size / 1024 * 105 / 100);
}

}  // namespace
}  // namespace proxystore::testing
