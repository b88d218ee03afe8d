// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Processes that map a partition, and are killed at any moment. This program starts itself as their
// program: a process made by fork(2) alone counts as a copy of its parent, and leaves all alone.
//
// A peer reads what it has to do from its standard input, and answers on its standard output:
//   it tells the address of its partition; "go" starts it; it ends with the input, or is killed.
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <deque>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "liveness.hpp"
#include "node.hpp"
#include "proxystore/error.hpp"

extern char** environ;

namespace proxystore::testing {
namespace {

using namespace std::chrono_literals;
using partition::Backing;
using partition::Liveness;
using partition::Partition;
using partition::PartitionAddress;

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;
constexpr std::uint64_t capacity = 16 * mib;
constexpr std::uint32_t epoch = 9;

/// What the peers know of the first one's objects. Only that one writes; a reader takes an entry if
/// its count was the same, and even, before and after.
struct Board {
  static constexpr std::size_t size = 24;
  static constexpr std::size_t deferred = 8;  // the first of them

  struct Entry {
    std::atomic<std::uint64_t> count;
    std::array<std::atomic<std::uint64_t>, sizeof(Key) / 8 + 1> words;  // the key, and the seed

    void write(const Key& key, std::uint64_t seed) {
      std::array<std::uint64_t, sizeof(Key) / 8> parts{};
      std::memcpy(parts.data(), &key, sizeof key);
      count.fetch_add(1);
      for (std::size_t i = 0; i < parts.size(); ++i) words[i] = parts[i];
      words.back() = seed;
      count.fetch_add(1);
    }
    bool read(Key& key, std::uint64_t& seed) const {
      const std::uint64_t before = count;
      std::array<std::uint64_t, sizeof(Key) / 8> parts{};
      for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = words[i];
      seed = words.back();
      std::memcpy(static_cast<void*>(&key), parts.data(), sizeof key);
      return before != 0 && before % 2 == 0 && count == before;
    }
  };
  std::array<Entry, size> entries;
  std::atomic<std::uint64_t> operations;

  static Board* open(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    void* memory = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (file < 0 || memory == MAP_FAILED) throw std::runtime_error("cannot map " + path);
    return static_cast<Board*>(memory);
  }
};

/// An object of a seed tells its size; a version of a deferred key tells its seed in its size.
std::size_t size_of(std::uint64_t seed) {
  return 64 + seed % 97 * 2 * kib;
}
bool is_version(const Bytes& bytes) {
  const std::uint64_t seed = (bytes.size() - 64) / (2 * kib);
  return bytes.size() == size_of(seed) && is_contents(bytes.span(), seed);
}

std::ostream& operator<<(std::ostream& out, const PartitionAddress& address) {
  return out << address.nonce << ' ' << address.epoch << ' ' << address.rank << ' '
             << address.control << ' ' << address.data;
}
std::istream& operator>>(std::istream& in, PartitionAddress& address) {
  return in >> address.nonce >> address.epoch >> address.rank >> address.control >> address.data;
}

std::shared_ptr<NodeMemory> make_memory(std::uint32_t rank, std::shared_ptr<Liveness> alive) {
  return std::make_shared<NodeMemory>(
      std::make_unique<Partition>(partition::PartitionOptions{
          .epoch = epoch, .rank = rank, .nonce = 77 + rank, .capacity = capacity}),
      static_cast<std::uint16_t>(rank),
      [alive](std::uint16_t number) { return alive->is_alive(number); });
}

// -- The peers -----------------------------------------------------------------------------------

int peer(std::istream& arguments) {
  std::uint32_t rank = 0;
  std::string board_path;
  std::string alive_path;
  PartitionAddress first;
  arguments >> rank >> board_path >> alive_path >> first;
  auto alive = std::make_shared<Liveness>(alive_path);
  alive->hold(static_cast<std::uint16_t>(rank));
  const auto memory = make_memory(rank, alive);
  if (!memory->connect(0, first)) return 2;
  Board& board = *Board::open(board_path);
  std::cout << memory->own().address() << std::endl;
  std::string go;
  std::cin >> go;
  std::mt19937_64 random(rank);
  std::deque<std::pair<Bytes, std::uint64_t>> held;
  while (true) {
    board.operations.fetch_add(1);
    const std::size_t index = random() % Board::size;
    Key key;
    std::uint64_t seed = 0;
    if (!board.entries[index].read(key, seed)) continue;
    const bool is_deferred = index < Board::deferred;
    switch (random() % 8) {
      case 0:
        // A version that another peer made stays there: peers do not map each other.
        (void)memory->evict(key, Locator::of(key));
        break;
      case 1:
      case 2:
        if (is_deferred) {
          const std::uint64_t version = random() % 97;
          try {
            (void)set(*memory, key, contents(size_of(version), version));
          } catch (const CapacityError&) {
            // Full of the versions that another peer evicted or replaced.
          }
        }
        break;
      default: {
        auto bytes = get(*memory, key);
        if (!bytes || bytes->data() == nullptr) break;  // gone, or with another peer
        if (is_deferred ? !is_version(*bytes) : !is_contents(*bytes, size_of(seed), seed)) return 3;
        if (is_deferred) break;
        held.emplace_back(std::move(*bytes), seed);
        if (held.size() <= 5) break;
        if (!is_contents(held.front().first, size_of(held.front().second), held.front().second)) {
          return 4;
        }
        held.pop_front();
      }
    }
  }
}

/// A running peer, with pipes to it.
class PeerProcess {
 public:
  explicit PeerProcess(const std::string& arguments) {
    std::array<int, 2> to{};
    std::array<int, 2> from{};
    if (::pipe2(to.data(), O_CLOEXEC) != 0 || ::pipe2(from.data(), O_CLOEXEC) != 0) {
      throw std::runtime_error("pipe");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    std::string name = "/proc/self/exe";
    std::string mode = "--peer";
    std::string rest = arguments;
    std::array<char*, 4> argv = {name.data(), mode.data(), rest.data(), nullptr};
    const int code =
        ::posix_spawn(&process_, name.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(to[0]);
    ::close(from[1]);
    input_ = to[1];
    output_ = from[0];
    if (code != 0) throw std::runtime_error("posix_spawn");
  }
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;
  ~PeerProcess() {
    if (process_ > 0) (void)kill();
    ::close(input_);
    ::close(output_);
  }

  [[nodiscard]] PartitionAddress address() const {
    std::string line;
    for (char c = 0; ::read(output_, &c, 1) == 1 && c != '\n';) line += c;
    std::istringstream text(line);
    PartitionAddress address;
    text >> address;
    return address;
  }
  void go() const { EXPECT_EQ(::write(input_, "go\n", 3), 3); }
  /// Kills it, and returns how it ended.
  int kill() {
    ::kill(process_, SIGKILL);
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = 0;
    return status;
  }

 private:
  pid_t process_ = 0;
  int input_ = -1;
  int output_ = -1;
};

// -- The survivor --------------------------------------------------------------------------------

class KilledPeers : public ::testing::Test {
 protected:
  KilledPeers() : alive_(std::make_shared<Liveness>(Backing::memfd, "alive")) {
    alive_->hold(0);
    memory_ = make_memory(0, alive_);
    board_fd_.reset(::memfd_create("board", MFD_CLOEXEC));
    EXPECT_EQ(::ftruncate(board_fd_.get(), sizeof(Board)), 0);
    board_path_ = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(board_fd_.get());
    board_ = Board::open(board_path_);
    for (std::size_t i = 0; i < Board::size; ++i) renew(i);
  }
  ~KilledPeers() override { ::munmap(board_, sizeof(Board)); }

  std::unique_ptr<PeerProcess> start() {
    std::ostringstream arguments;
    const std::uint32_t rank = ++last_rank_;
    arguments << rank << ' ' << board_path_ << ' ' << alive_->path() << ' '
              << memory_->own().address();
    auto peer = std::make_unique<PeerProcess>(arguments.str());
    if (!memory_->connect(static_cast<std::uint16_t>(rank), peer->address())) {
      throw std::runtime_error("the peer cannot be mapped");
    }
    peer->go();
    return peer;
  }

  /// Another object in the place of entry @p i.
  void renew(std::size_t i) {
    if (!keys_[i].is_nil()) (void)memory_->evict(keys_[i], Locator::of(keys_[i]));
    const std::uint64_t seed = ++last_seed_;
    keys_[i] = i < Board::deferred ? new_key(*memory_) : put(*memory_, size_of(seed), seed);
    seeds_[i] = seed;
    board_->entries[i].write(keys_[i], seed);
  }

  /// Compares what is there, which peers may evict at any time.
  void look(std::size_t i) {
    const auto found = memory_->get(keys_[i], Locator::of(keys_[i]));
    if (!found || found->elsewhere) return;
    if (i < Board::deferred) {
      EXPECT_TRUE(is_version(found->bytes));
    } else {
      EXPECT_TRUE(is_contents(found->bytes, size_of(seeds_[i]), seeds_[i]));
    }
  }

  std::shared_ptr<Liveness> alive_;
  std::shared_ptr<NodeMemory> memory_;
  detail::UniqueFd board_fd_;
  std::string board_path_;
  Board* board_ = nullptr;
  std::array<Key, Board::size> keys_{};
  std::array<std::uint64_t, Board::size> seeds_{};
  std::uint64_t last_seed_ = 0;
  std::uint32_t last_rank_ = 0;
};

TEST_F(KilledPeers, LeaveTheSurvivorsObjectsRightAndItsMemoryFree) {
  std::mt19937_64 random(5);
  std::array<std::unique_ptr<PeerProcess>, 2> peers;
  for (auto& peer : peers) peer = start();
  for (int kills = 0; kills < 25; ++kills) {
    const std::uint64_t enough = board_->operations + 200 + random() % 3000;
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (board_->operations < enough) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "the peers do nothing";
      look(random() % Board::size);
      renew(random() % Board::size);
    }
    auto& peer = peers[random() % peers.size()];
    const int status = peer->kill();
    ASSERT_TRUE(WIFSIGNALED(status)) << "a peer found something wrong: " << WEXITSTATUS(status);
    peer = start();
  }
  for (auto& peer : peers) {
    const int status = peer->kill();
    EXPECT_TRUE(WIFSIGNALED(status)) << "a peer found something wrong: " << WEXITSTATUS(status);
  }
  for (const Key& key : keys_) (void)memory_->evict(key, Locator::of(key));
  // All memory can be had again: nothing is held, and nothing is lost.
  const Key all = put(*memory_, capacity, 1);
  EXPECT_TRUE(is_contents(*get(*memory_, all), capacity, 1));
  const auto use = memory_->own().use();
  EXPECT_EQ(use.objects, 1U);
  EXPECT_EQ(use.object_bytes, capacity);
  EXPECT_EQ(use.evicted, 0U);
  EXPECT_EQ(memory_->pins(), 0U);
}

}  // namespace
}  // namespace proxystore::testing

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--peer") {
    std::istringstream arguments(argv[2]);
    return proxystore::testing::peer(arguments);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
