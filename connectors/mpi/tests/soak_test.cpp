// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Threads of all ranks act at random on objects that all of them know. What they know is in memory
// that the ranks share beside MPI, since all of them run on one machine here.
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "history.hpp"
#include "memory_test.hpp"
#include "proxystore/error.hpp"

namespace proxystore::mpi_test {
namespace {

using mpi::RankReport;
using testing::Actor;
using testing::History;
using testing::Life;

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;

class StoreSubject final : public testing::Subject {
 public:
  explicit StoreSubject(std::shared_ptr<Connector> connector) : connector_(std::move(connector)) {}

  Key put(ByteSpan object) override { return connector_->put(std::span(&object, 1), {}); }
  Key new_key() override { return connector_->new_key(); }
  std::optional<Bytes> get(const Key& key) override { return connector_->get(key); }
  bool exists(const Key& key) override { return connector_->exists(key); }
  void evict(const Key& key) override { connector_->evict(key); }
  void set(const Key& key, ByteSpan object) override {
    connector_->set(key, std::span(&object, 1), {});
  }
  bool wait(const Key& key, std::chrono::milliseconds timeout) override {
    return connector_->wait(key, timeout);
  }

 private:
  std::shared_ptr<Connector> connector_;
};

/// A history that all ranks share.
class SharedHistory {
 public:
  explicit SharedHistory(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ::ftruncate(file, sizeof(History)) != 0) throw std::runtime_error(path);
    void* memory = ::mmap(nullptr, sizeof(History), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (memory == MAP_FAILED) throw std::runtime_error("mmap");
    history_ = static_cast<History*>(memory);
  }
  SharedHistory(const SharedHistory&) = delete;
  SharedHistory& operator=(const SharedHistory&) = delete;
  ~SharedHistory() { ::munmap(history_, sizeof(History)); }

  [[nodiscard]] History& get() const noexcept { return *history_; }

 private:
  History* history_;
};

class SoakTest : public MemoryTest {
 protected:
  void SetUp() override {
    folder_ = make_shared_folder();
    MemoryTest::SetUp();
  }
  void TearDown() override {
    MemoryTest::TearDown();
    if (rank() == 0) std::filesystem::remove_all(folder_);
  }

  void soak(std::size_t largest, MpiOptions::Placement placement, std::uint64_t seed) {
    const char* text = std::getenv("PROXYSTORE_SOAK_OPERATIONS");
    const int operations = text == nullptr ? 1500 : std::atoi(text);
    const SharedHistory history((folder_ / "history").string());
    barrier();
    constexpr std::size_t threads_per_rank = 2;
    std::vector<std::string> errors(threads_per_rank);
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < threads_per_rank; ++thread) {
      threads.emplace_back([&, thread] {
        StoreSubject subject(open_connector(placement));
        Actor actor(history.get(), subject, seed + 100 * index(rank()) + thread, largest);
        try {
          for (int i = 0; i < operations && actor.error().empty(); ++i) actor.act();
          actor.end();
          errors[thread] = actor.error();
        } catch (const std::exception& error) {
          errors[thread] = std::string("thrown: ") + error.what();
        }
      });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& error : errors) EXPECT_EQ(error, "") << "seed " << seed;
    barrier();
    if (rank() == 0) {
      for (std::size_t i = 0; i < History::size; ++i) {
        const Life life = history.get().look(i);
        if (life.serial != 0) connector().evict(life.key);
      }
    }
    // Old versions on other nodes are evicted by messages that nobody waits for.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::uint64_t left = 0;
    do {
      left = total(&RankReport::objects);
    } while (left != 0 && std::chrono::steady_clock::now() < end);
    EXPECT_EQ(left, 0U);
    EXPECT_EQ(total(&RankReport::object_bytes), 0U);
    EXPECT_EQ(total(&RankReport::pins), 0U);
    EXPECT_EQ(total(&RankReport::evicted), 0U);
  }

 private:
  std::filesystem::path folder_;

 protected:
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
};

TEST_F(SoakTest, SmallObjects) {
  soak(4 * kib, MpiOptions::Placement::local, 1);
}
TEST_F(SoakTest, LargeObjectsOnAllNodes) {
  soak(300 * kib, MpiOptions::Placement::hash, 2);
}

class SoakInLittleMemory : public SoakTest {
 protected:
  [[nodiscard]] mpi::MemoryOptions memory_options() const override {
    return {.limit = 2 * mib, .spill_dir = folder()};
  }
};

TEST_F(SoakInLittleMemory, MovesObjectsToDisk) {
  soak(300 * kib, MpiOptions::Placement::round_robin, 3);
}

}  // namespace
}  // namespace proxystore::mpi_test
