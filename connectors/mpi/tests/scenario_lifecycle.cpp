// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Stores before, after and at the end of an Environment; the levels of threads in MPI; forks.
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "proxystore/connectors/local.hpp"
#include "scenario.hpp"

namespace scenario {
namespace {

int evict_storm(int argc, char** argv) {
  Environment environment(argc, argv);
  const auto connector = ps::ConnectorRegistry::global().make(
      ps::MpiOptions{.placement = ps::MpiOptions::Placement::round_robin});
  const int next = (environment.rank() + 1) % environment.size();
  const ps::Key key = connector->new_key();
  for (std::uint64_t round = 0; round < 5; ++round) {
    std::vector<ps::Key> keys;
    for (std::uint64_t i = 0; i < 300; ++i) keys.push_back(put(*connector, i % 7 * 10 * kib, i));
    keys.push_back(put(*connector, 5 * mib, 1, next));
    set(*connector, key, 100, round);
    connector->evict_batch(keys);
  }
  environment.finalize();
  return ok();
}

int before_and_after(int argc, char** argv) {
  const auto expect_none = [] {
    const auto text = error_of<ps::ConnectorError>([] { (void)open_connector(); });
    require(contains(text, "mpi::Environment"), text);
    (void)error_of<ps::Error>([] { (void)mpi::report(); });
  };
  expect_none();
  std::shared_ptr<ps::Connector> connector;
  std::vector<ps::Bytes> held;
  ps::Key key;
  ps::Key far;
  ps::Proxy<std::string> proxy;
  {
    Environment environment(argc, argv);
    connector = open_connector();
    const auto store = ps::Store::create("texts", ps::MpiOptions{});
    proxy = store->proxy(std::string("a text"), {.populate_target = false});
    key = put(*connector, 3 * mib, 1);
    for (int rank = 0; rank < environment.size(); ++rank) {
      far = from(rank, key);
      held.push_back(*connector->get(far));
    }
    barrier();
    connector->evict(key);
  }
  for (const ps::Bytes& bytes : held) REQUIRE(is_contents(bytes, 3 * mib, 1));
  expect_none();
  const auto expect_closed = [&](const std::function<void()>& function) {
    const std::string text = error_of<ps::StoreClosedError>(function);
    require(contains(text, "finalised"), text);
  };
  expect_closed([&] { (void)put(*connector, 1, 1); });
  expect_closed([&] { (void)put(*connector, 1, 1, 0); });
  expect_closed([&] { (void)connector->get(far); });
  expect_closed([&] { (void)connector->exists(far); });
  expect_closed([&] { connector->evict(far); });
  expect_closed([&] { (void)connector->new_key(); });
  expect_closed([&] { (void)connector->wait(far, 1s); });
  expect_closed([&] { (void)connector->create(10, {}); });
  const auto text = error_of<ps::Error>([&] { (void)proxy->size(); });
  require(contains(text, "mpi"), text);
  for (const ps::Bytes& bytes : held) REQUIRE(is_contents(bytes, 3 * mib, 1));
  return ok();
}

int with_level(mpi::ThreadLevel level, int argc, char** argv) {
  Environment environment(argc, argv, {.thread_level = level});
  const auto connector = open_connector();
  const int size = environment.size();
  const int last = size - 1;
  const int next = (environment.rank() + 1) % size;
  for (const std::size_t bytes : {kib, 20 * mib}) {
    const ps::Key mine = put(*connector, bytes, 1);
    ps::Key far;
    for (int rank = 0; rank < size; ++rank) {
      const ps::Key key = from(rank, mine);
      if (rank == next) far = key;
    }
    REQUIRE(has(*connector, far, bytes, 1));
    const ps::Key there = put(*connector, bytes, 2, next);
    REQUIRE(has(*connector, there, bytes, 2));
    connector->evict(there);
    REQUIRE(!connector->exists(there));
    // In another thread: what is near always, what is far where MPI allows it.
    const auto nodes = mpi::report();
    const bool is_near = nodes[static_cast<std::size_t>(environment.rank())].node ==
                         nodes[static_cast<std::size_t>(next)].node;
    std::thread([&] {
      if (is_near) {
        REQUIRE(has(*connector, far, bytes, 1));
      } else if (environment.thread_level() < mpi::ThreadLevel::serialized) {
        const auto text = error_of<ps::UnsupportedError>([&] { (void)connector->get(far); });
        require(contains(text, "MPI_THREAD_MULTIPLE"), text);
      }
      const ps::Key own = put(*connector, bytes, 3);
      REQUIRE(has(*connector, own, bytes, 3));
      connector->evict(own);
    }).join();
    barrier();
  }
  const ps::Key key = from(0, environment.rank() == 0 ? connector->new_key() : ps::Key{});
  if (environment.rank() == last) set(*connector, key, 100 * kib, 4);
  REQUIRE(connector->wait(key, 60s));
  REQUIRE(has(*connector, key, 100 * kib, 4));
  barrier();
  environment.finalize();
  return ok();
}

/// A child has copies of all that its parent holds, and leaves them alone.
int fork_with_bytes(int argc, char** argv) {
  Environment environment(argc, argv);
  const auto connector = open_connector();
  const int next = (environment.rank() + 1) % environment.size();
  const ps::Key mine = put(*connector, mib, 1);
  ps::Key other;
  for (int rank = 0; rank < environment.size(); ++rank) {
    const ps::Key key = from(rank, mine);
    if (rank == next) other = key;
  }
  std::optional<ps::Bytes> held = connector->get(other);
  std::optional<std::unique_ptr<ps::ObjectBuilder>> builder = connector->create(mib, {});
  barrier();
  const pid_t child = ::fork();
  if (child == 0) {
    if (!is_contents(*held, mib, 1)) std::_Exit(2);
    held.reset();
    builder.reset();
    try {
      (void)connector->get(mine);
      std::_Exit(3);
    } catch (const ps::UnsupportedError&) {
    }
    try {
      (void)put(*connector, mib, 9);
      std::_Exit(4);
    } catch (const ps::UnsupportedError&) {
    }
    std::_Exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0,
          "the child ends well: " + std::to_string(status));
  barrier();
  connector->evict(mine);
  for (std::uint64_t i = 0; i < 100; ++i) connector->evict(put(*connector, mib, 100 + i));
  barrier();
  REQUIRE(is_contents(*held, mib, 1));
  ps::testing::fill((*builder)->memory().data(), mib, 7);
  REQUIRE(has(*connector, (*builder)->publish(), mib, 7));
  builder.reset();
  held.reset();
  barrier();
  for (const auto& rank : mpi::report()) {
    REQUIRE(rank.pins == 0);
    REQUIRE(rank.evicted == 0);
  }
  environment.finalize();
  return ok();
}

/// The stores of the last rank take long to close; the others call finalize() again and again.
class SlowToClose final : public ps::Connector {
 public:
  [[nodiscard]] std::string_view kind() const noexcept override { return "local"; }
  [[nodiscard]] ps::Capabilities capabilities() const noexcept override { return {}; }
  [[nodiscard]] ps::ConnectorConfig config() const override { return ps::LocalOptions{}; }
  ps::Key put(std::span<const ps::ByteSpan>, const ps::PutOptions&) override { return {}; }
  std::optional<ps::Bytes> get(const ps::Key&) override { return std::nullopt; }
  bool exists(const ps::Key&) override { return false; }
  bool evict(const ps::Key&) override { return false; }
  void close(const ps::CloseOptions&) override { std::this_thread::sleep_for(2s); }
};

int finalize_again(int argc, char** argv) {
  Environment environment(argc, argv, {.finalize_timeout = 300ms});
  const bool is_last = environment.rank() == environment.size() - 1;
  if (is_last) {
    ps::register_store(ps::Store::create("slow", std::make_shared<SlowToClose>()));
  }
  int late = 0;
  const auto end = Clock::now() + 30s;
  while (!environment.is_finalized()) {
    REQUIRE(Clock::now() < end);
    try {
      environment.finalize();
    } catch (const ps::TimeoutError&) {
      ++late;
    }
  }
  require(is_last || late > 0, "it took several calls");
  return ok();
}

const Registration evict_storm_{"evict_storm", evict_storm};
const Registration before_and_after_{"before_and_after", before_and_after};
const Registration single_{
    "single", [](int c, char** v) { return with_level(mpi::ThreadLevel::single, c, v); }};
const Registration funneled_{
    "funneled", [](int c, char** v) { return with_level(mpi::ThreadLevel::funneled, c, v); }};
const Registration serialized_{
    "serialized", [](int c, char** v) { return with_level(mpi::ThreadLevel::serialized, c, v); }};
const Registration multiple_{
    "multiple", [](int c, char** v) { return with_level(mpi::ThreadLevel::multiple, c, v); }};
const Registration fork_with_bytes_{"fork_with_bytes", fork_with_bytes};
const Registration finalize_again_{"finalize_again", finalize_again};

}  // namespace
}  // namespace scenario
