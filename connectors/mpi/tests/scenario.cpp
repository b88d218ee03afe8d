// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Programs with an mpi store that meet one misfortune each, chosen by the first argument.
// CMakeLists.txt says what each must print and return.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contents.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/connectors/mpi.hpp"
#include "proxystore/error.hpp"
#include "proxystore/mpi/environment.hpp"
#include "proxystore/mpi/message.hpp"
#include "proxystore/mpi/progress.hpp"
#include "proxystore/mpi/report.hpp"
#include "proxystore/store_registry.hpp"

namespace {

namespace ps = proxystore;
namespace mpi = proxystore::mpi;
using namespace std::chrono_literals;
using mpi::Environment;
using mpi::EnvironmentOptions;
using ps::testing::is_contents;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;

void require(bool condition, const std::string& what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what.c_str());
  std::fflush(stderr);
  std::_Exit(EXIT_FAILURE);
}
#define REQUIRE(condition) require((condition), #condition)

int ok() {
  std::puts("scenario ok");
  std::fflush(stdout);
  return EXIT_SUCCESS;
}

bool contains(const std::string& text, const std::string& part) {
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

std::shared_ptr<ps::Connector> open_connector() {
  return ps::ConnectorRegistry::global().make(ps::MpiOptions{});
}
ps::Key put(ps::Connector& connector, std::size_t size, std::uint64_t seed,
            std::optional<int> rank = {}) {
  const auto bytes = ps::testing::contents(size, seed);
  const ps::ByteSpan part(bytes);
  return connector.put(std::span(&part, 1), {.rank = rank});
}
void set(ps::Connector& connector, const ps::Key& key, std::size_t size, std::uint64_t seed) {
  const auto bytes = ps::testing::contents(size, seed);
  const ps::ByteSpan part(bytes);
  connector.set(key, std::span(&part, 1), {});
}
bool has(ps::Connector& connector, const ps::Key& key, std::size_t size, std::uint64_t seed) {
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
void barrier() {
  mpi::barrier(MPI_COMM_WORLD);
}

/// Keeps a process stopped for a while.
class Stopped {
 public:
  explicit Stopped(pid_t process) : process_(process) { ::kill(process_, SIGSTOP); }
  Stopped(const Stopped&) = delete;
  Stopped& operator=(const Stopped&) = delete;
  ~Stopped() { ::kill(process_, SIGCONT); }

 private:
  pid_t process_;
};

/// Everything that is asked of a rank that is stopped fails in time, and works when it goes on.
int stopped_owner(int argc, char** argv) {
  Environment environment(argc, argv, {.finalize_timeout = 30s, .memory = {.timeout = 500ms}});
  const auto connector = open_connector();
  const int last = environment.size() - 1;
  const bool is_last = environment.rank() == last;
  const ps::Key small = from(last, is_last ? put(*connector, kib, 1) : ps::Key{});
  const ps::Key large = from(last, is_last ? put(*connector, 20 * mib, 2) : ps::Key{});
  const ps::Key later = from(last, is_last ? connector->new_key() : ps::Key{});
  const pid_t owner = from(last, ::getpid());
  barrier();
  if (environment.rank() == 0) {
    const Stopped stopped(owner);
    const auto expect_late = [&](const ps::Key* key, const std::function<void()>& function) {
      const std::string text = error_of<ps::TimeoutError>(function);
      require(contains(text, "rank " + std::to_string(last)), text);
      require(key == nullptr || contains(text, key->to_string()), text);
    };
    expect_late(&small, [&] { (void)connector->get(small); });
    expect_late(&large, [&] { (void)connector->get(large); });
    expect_late(&small, [&] { (void)connector->exists(small); });
    expect_late(&later, [&] { (void)connector->wait(later, 20s); });
    expect_late(&later, [&] { set(*connector, later, 10, 5); });
    expect_late(nullptr, [&] { (void)put(*connector, kib, 3, last); });
    expect_late(nullptr, [&] { (void)put(*connector, 20 * mib, 4, last); });
    const ps::Key mine = put(*connector, mib, 6);  // and this rank goes on
    REQUIRE(has(*connector, mine, mib, 6));
    connector->evict(mine);
  }
  barrier();
  REQUIRE(has(*connector, small, kib, 1));
  REQUIRE(has(*connector, large, 20 * mib, 2));
  // What was put too late is nobody's, and is evicted. What was set too late is there.
  const auto end = Clock::now() + 20s;
  std::uint64_t objects = 0;
  do {
    barrier();
    objects = mpi::report()[static_cast<std::size_t>(last)].objects;
  } while (from(0, objects != 3 && Clock::now() < end));
  require(objects == 3, std::to_string(objects) + " objects");
  REQUIRE(has(*connector, later, 10, 5));
  barrier();
  environment.finalize();
  return ok();
}

int stopped_in_a_large_answer(int argc, char** argv) {
  Environment environment(argc, argv, {.finalize_timeout = 60s, .memory = {.timeout = 1s}});
  const auto connector = open_connector();
  constexpr std::size_t size = 600 * mib;
  const int last = environment.size() - 1;
  const ps::Key key = from(last, environment.rank() == last ? put(*connector, size, 1) : ps::Key{});
  const pid_t owner = from(last, ::getpid());
  barrier();
  bool was_late = false;
  if (environment.rank() == 0) {
    for (int i = 0; i < 10 && !was_late; ++i) {
      std::optional<Stopped> stopped;
      std::thread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(10 + 15 * i));
        stopped.emplace(owner);
      });
      try {
        REQUIRE(has(*connector, key, size, 1));
      } catch (const ps::TimeoutError& error) {
        was_late = true;
        require(contains(error.what(), key.to_string()), error.what());
      }
      stopper.join();
    }
    REQUIRE(was_late);
    REQUIRE(has(*connector, key, size, 1));
  }
  barrier();
  environment.finalize();
  return ok();
}

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

/// The files of the store that this process has open or mapped, if they have names.
std::vector<std::string> named_files() {
  std::vector<std::string> found;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (contains(line, "/dev/shm/proxystore") && !contains(line, "(deleted)")) {
      found.push_back(line);
    }
  }
  return found;
}

int sharing(mpi::MemoryOptions::Sharing sharing, int argc, char** argv) {
  Environment environment(argc, argv, {.memory = {.sharing = sharing}});
  const auto connector = open_connector();
  REQUIRE(named_files().empty());
  const ps::Key mine = put(*connector, 3 * mib, 1);
  for (int rank = 0; rank < environment.size(); ++rank) {
    const auto bytes = connector->get(from(rank, mine));
    REQUIRE(bytes && is_contents(*bytes, 3 * mib, 1));
    const bool is_mapped = bytes->memory() == ps::Bytes::Memory::mapped;
    const bool is_own = rank == environment.rank();
    REQUIRE(is_mapped == (is_own || sharing != mpi::MemoryOptions::Sharing::none));
  }
  barrier();
  REQUIRE(named_files().empty());
  environment.finalize();
  return ok();
}

/// Errors of the configuration come to all ranks, and leave MPI and the program in order.
int wrong_variables(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  const std::vector<std::pair<const char*, std::vector<const char*>>> wrong = {
      {"PROXYSTORE_MEMORY_LIMIT", {"0", "much", "1X", "-5", "1GB", "99999999999T", "1.5G", " 1"}},
      {"PROXYSTORE_TIMEOUT", {"0", "-1", "1s", "0.5", "99999999999", "never"}},
      {"PROXYSTORE_SERVICE", {"yes", "1", "ON", "on "}},
      {"PROXYSTORE_SHARING", {"shm", "MEMFD", "1"}},
      {"PROXYSTORE_CHECKSUM", {"2", "on", "-1", "yes"}},
      {"PROXYSTORE_RANKS_PER_NODE", {"-1", "two", "1 ", "99999999999"}},
  };
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (const auto& [variable, values] : wrong) {
    for (const char* value : values) {
      if (rank == 0) ::setenv(variable, value, 1);
      const auto text =
          error_of<ps::ConfigError>([] { const Environment environment(MPI_COMM_WORLD); });
      require(contains(text, variable) && contains(text, value) && contains(text, "accepted"),
              text);
      if (rank == 0) ::unsetenv(variable);
    }
  }
  const std::string folder = "/nowhere/at/all";
  if (rank == 0) ::setenv("PROXYSTORE_SPILL_DIR", folder.c_str(), 1);
  const auto text = error_of<ps::Error>([] { const Environment environment(MPI_COMM_WORLD); });
  require(contains(text, folder), text);
  ::unsetenv("PROXYSTORE_SPILL_DIR");
  {
    Environment environment(MPI_COMM_WORLD);
    const auto connector = open_connector();
    REQUIRE(has(*connector, from(0, put(*connector, 10, 1)), 10, 1));
    barrier();
  }
  // Nothing of what failed is called back, whatever is in its memory by now.
  ::setenv("PROXYSTORE_SERVICE", "wrong", 1);
  (void)error_of<ps::ConfigError>([] { const Environment environment(MPI_COMM_WORLD); });
  const std::vector<std::string> others(1000, std::string(200, 'x'));
  MPI_Finalize();
  return ok();
}

void limit(int resource, std::uint64_t value) {
  rlimit limits{};
  ::getrlimit(static_cast<__rlimit_resource>(resource), &limits);
  limits.rlim_cur = value;
  REQUIRE(::setrlimit(static_cast<__rlimit_resource>(resource), &limits) == 0);
}
std::uint64_t mapped_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t pages = 0;
  file >> pages;
  return pages * 4096;
}

/// Puts until that is refused, which must be a CapacityError; what was put can be read by all.
void fill_up(ps::Connector& connector, std::size_t most) {
  std::vector<ps::Key> keys;
  bool is_full = false;
  while (!is_full && keys.size() < most) {
    try {
      keys.push_back(put(connector, mib, keys.size()));
    } catch (const ps::CapacityError& error) {
      is_full = true;
    }
  }
  for (std::size_t i = 0; i < keys.size(); ++i) REQUIRE(has(connector, keys[i], mib, i));
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  for (int rank = 0; rank < size; ++rank) {
    const auto count = from(rank, keys.size());
    if (count == 0) continue;
    REQUIRE(has(connector, from(rank, keys.empty() ? ps::Key{} : keys.front()), mib, 0));
  }
  barrier();
  connector.evict_batch(keys);
  barrier();
}

/// With files that may not become long: what is too long is an error, and no signal.
int file_size_limit(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  const auto folder =
      std::filesystem::temp_directory_path() / ("proxystore-limit-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const std::string name = folder.string();
  for (const std::uint64_t most : {std::uint64_t{0}, 1 * mib, 130 * mib, 160 * mib}) {
    limit(RLIMIT_FSIZE, most);
    for (const bool spills : {false, true}) {
      try {
        Environment environment(
            MPI_COMM_WORLD,
            {.memory = {
                 .limit = 16 * mib,
                 .spill_dir = spills ? std::optional<std::filesystem::path>(name) : std::nullopt}});
        fill_up(*open_connector(), 200);
      } catch (const ps::Error& error) {
        require(most <= 1 * mib, error.what());
      }
    }
  }
  limit(RLIMIT_FSIZE, RLIM_INFINITY);
  std::filesystem::remove_all(folder);
  MPI_Finalize();
  return ok();
}

int address_space_limit(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  for (const std::uint64_t more : {16 * mib, 100 * mib, 300 * mib, 700 * mib, 3000 * mib}) {
    limit(RLIMIT_AS, mapped_bytes() + more);
    try {
      Environment environment(MPI_COMM_WORLD);
      fill_up(*open_connector(), 10);
    } catch (const ps::Error& error) {
      require(more < 700 * mib, error.what());
    }
    limit(RLIMIT_AS, RLIM_INFINITY);
  }
  MPI_Finalize();
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
  void evict(const ps::Key&) override {}
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

/// The last rank dies with an object of the first in its hands.
int dead_reader(int argc, char** argv) {
  Environment environment(argc, argv, {.memory = {.limit = 16 * mib}});
  const auto connector = open_connector();
  const int last = environment.size() - 1;
  const ps::Key key = from(0, environment.rank() == 0 ? put(*connector, 10 * mib, 1) : ps::Key{});
  std::optional<ps::Bytes> held;
  if (environment.rank() == last) held = connector->get(key);
  barrier();
  if (environment.rank() == 0) {
    connector->evict(key);
    (void)error_of<ps::CapacityError>([&] { (void)put(*connector, 10 * mib, 2); });
  }
  barrier();
  if (environment.rank() == last) ::raise(SIGKILL);
  if (environment.rank() == 0) {
    const auto end = Clock::now() + 20s;
    for (bool is_done = false; !is_done;) {
      REQUIRE(Clock::now() < end);
      try {
        REQUIRE(has(*connector, put(*connector, 10 * mib, 2), 10 * mib, 2));
        is_done = true;
      } catch (const ps::CapacityError&) {
        std::this_thread::sleep_for(5ms);
      }
    }
    (void)ok();
  }
  std::this_thread::sleep_for(500ms);
  std::_Exit(EXIT_SUCCESS);
}

/// A rank is killed in the middle of its work. killed.sh looks what is left.
int killed(int argc, char** argv) {
  Environment environment(argc, argv);
  const auto connector = open_connector();
  const ps::Key mine = put(*connector, 5 * mib, 1);
  std::vector<ps::Bytes> held;
  for (int rank = 0; rank < environment.size(); ++rank) {
    held.push_back(*connector->get(from(rank, mine)));
  }
  barrier();
  std::puts("all work");
  std::fflush(stdout);
  const auto start = Clock::now();
  while (true) {
    connector->evict(put(*connector, mib, 1));
    if (environment.rank() == 0 && Clock::now() - start > 200ms) ::raise(SIGKILL);
  }
}

using Main = std::function<int(int argc, char** argv)>;

const std::map<std::string, Main>& scenarios() {
  using mpi::ThreadLevel;
  using Sharing = mpi::MemoryOptions::Sharing;
  static const std::map<std::string, Main> all = {
      {"stopped_owner", stopped_owner},
      {"stopped_in_a_large_answer", stopped_in_a_large_answer},
      {"evict_storm", evict_storm},
      {"before_and_after", before_and_after},
      {"single", [](int c, char** v) { return with_level(ThreadLevel::single, c, v); }},
      {"funneled", [](int c, char** v) { return with_level(ThreadLevel::funneled, c, v); }},
      {"serialized", [](int c, char** v) { return with_level(ThreadLevel::serialized, c, v); }},
      {"multiple", [](int c, char** v) { return with_level(ThreadLevel::multiple, c, v); }},
      {"sharing_memfd", [](int c, char** v) { return sharing(Sharing::memfd, c, v); }},
      {"sharing_named", [](int c, char** v) { return sharing(Sharing::named, c, v); }},
      {"sharing_none", [](int c, char** v) { return sharing(Sharing::none, c, v); }},
      {"wrong_variables", wrong_variables},
      {"file_size_limit", file_size_limit},
      {"address_space_limit", address_space_limit},
      {"fork_with_bytes", fork_with_bytes},
      {"finalize_again", finalize_again},
      {"dead_reader", dead_reader},
      {"killed", killed},
  };
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const auto found = scenarios().find(argc > 1 ? argv[1] : "");
  if (found == scenarios().end()) {
    std::fprintf(stderr, "usage: %s <scenario>; one of:\n", argv[0]);
    for (const auto& [name, body] : scenarios()) std::fprintf(stderr, "  %s\n", name.c_str());
    return 2;
  }
  return found->second(argc, argv);
}
