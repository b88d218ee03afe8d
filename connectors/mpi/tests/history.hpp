// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Random operations by many threads, perhaps of many processes, on objects that all of them know;
/// and what each operation may have found, if all of them took place one after the other.
///
/// The history of an object is in memory that all share. It says what was begun and what is over.
/// So a get that began when version 3 was set, and ended when version 5 was being set, must have
/// found version 3, 4 or 5; one that began after the object was evicted must have found nothing.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "contents.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"
#include "proxystore/key.hpp"

namespace proxystore::testing {

/// What is tested.
class Subject {
 public:
  Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  virtual ~Subject() = default;

  virtual Key put(ByteSpan object) = 0;
  virtual Key new_key() = 0;
  virtual std::optional<Bytes> get(const Key& key) = 0;
  virtual bool exists(const Key& key) = 0;
  virtual void evict(const Key& key) = 0;
  /// Both throw ConnectorError if the key was evicted.
  virtual void set(const Key& key, ByteSpan object) = 0;
  virtual bool wait(const Key& key, std::chrono::milliseconds timeout) = 0;
};

/// The object of one key, and what happened to it.
struct Life {
  Key key{};
  std::uint64_t serial = 0;  ///< Of the key; 0: none yet
  std::uint32_t begun = 0;   ///< Versions
  std::uint32_t set = 0;
  bool is_deferred = false;
  bool is_setting = false;
  bool evict_begun = false;
  bool is_evicted = false;
};

/// What all know of some objects; may lie in memory that processes share, where all bytes are 0.
class History {
 public:
  static constexpr std::size_t size = 48;

  template <class F>
  auto with(std::size_t index, const F& function) {
    Entry& entry = entries_[index];
    while (entry.is_locked.exchange(1, std::memory_order_acquire) != 0) std::this_thread::yield();
    auto result = function(entry.life);
    entry.is_locked.store(0, std::memory_order_release);
    return result;
  }
  /// A moment of one of the lives.
  [[nodiscard]] Life look(std::size_t index) {
    return with(index, [](const Life& life) { return life; });
  }
  [[nodiscard]] std::uint64_t next_serial() { return serial_.fetch_add(1) + 1; }

 private:
  struct Entry {
    std::atomic<std::uint32_t> is_locked;
    Life life;
  };
  std::array<Entry, size> entries_;
  std::atomic<std::uint64_t> serial_;
};

/// One thread's random operations. Any contradiction is in error().
class Actor {
 public:
  Actor(History& history, Subject& subject, std::uint64_t seed, std::size_t largest)
      : history_(history), subject_(subject), random_(seed), largest_(largest) {}

  void act() {
    constexpr unsigned kinds = 16;
    const std::size_t index = random_() % History::size;
    switch (random_() % kinds) {
      case 0:
      case 1:
      case 2:
      case 3:
        return begin_life(index);
      case 4:
      case 5:
      case 6:
        return set(index);
      case 7:
      case 8:
        return evict(index);
      case 9:
        return wait(index);
      case 10:
        return exists(index);
      default:
        return get(index);
    }
  }

  /// Compares what it still holds, and lets go.
  void end() {
    while (!held_.empty()) let_go();
  }

  [[nodiscard]] const std::string& error() const noexcept { return error_; }

 private:
  struct Held {
    Bytes bytes;
    std::uint64_t serial;
  };

  // The size tells the version.
  [[nodiscard]] std::size_t size_of(std::uint64_t serial, std::uint32_t version) const {
    const std::size_t step = 1 + serial % 97 * (largest_ / 97) / most_versions;
    return serial % 5 * (largest_ / 5) + step * version;
  }
  [[nodiscard]] std::vector<std::byte> object_of(std::uint64_t serial,
                                                 std::uint32_t version) const {
    return contents(size_of(serial, version), serial * most_versions + version);
  }
  [[nodiscard]] std::optional<std::uint32_t> version_of(const Bytes& bytes,
                                                        std::uint64_t serial) const {
    for (std::uint32_t version = 0; version < most_versions; ++version) {
      if (size_of(serial, version) != bytes.size()) continue;
      if (is_contents(bytes.span(), serial * most_versions + version)) return version;
    }
    return std::nullopt;
  }

  void fail(const std::string& what, const Life& before, const Life& after) {
    if (!error_.empty()) return;
    const auto text = [](const Life& life) {
      return "[serial " + std::to_string(life.serial) + ", begun " + std::to_string(life.begun) +
             ", set " + std::to_string(life.set) + (life.is_deferred ? ", deferred" : "") +
             (life.evict_begun ? ", evict begun" : "") + (life.is_evicted ? ", evicted" : "") + "]";
    };
    error_ = what + "; before " + text(before) + ", after " + text(after);
  }

  void begin_life(std::size_t index) {
    const bool is_free = history_.with(index, [](Life& life) {
      if (life.is_setting || (life.serial != 0 && !life.is_evicted)) return false;
      life.is_setting = true;
      return true;
    });
    if (!is_free) return;
    Life life{.serial = history_.next_serial(), .is_deferred = random_() % 2 == 0};
    bool is_there = true;
    try {
      life.key = life.is_deferred ? subject_.new_key() : subject_.put(object_of(life.serial, 1));
    } catch (const CapacityError&) {
      is_there = false;
    }
    if (!life.is_deferred) life.begun = life.set = 1;
    history_.with(index, [&](Life& now) {
      now.is_setting = false;
      if (is_there) now = life;
      return 0;
    });
    if (!is_there) end();  // what is held takes memory
  }

  void set(std::size_t index) {
    const Life life = history_.with(index, [](Life& now) {
      if (!now.is_deferred || now.is_setting || now.is_evicted || now.begun + 1 == most_versions) {
        return Life{};
      }
      now.is_setting = true;
      ++now.begun;
      return now;
    });
    if (life.serial == 0) return;
    bool is_set = true;
    bool is_full = false;
    std::string what;
    try {
      subject_.set(life.key, object_of(life.serial, life.begun));
    } catch (const CapacityError&) {
      is_set = false;
      is_full = true;
    } catch (const ConnectorError& error) {
      is_set = false;
      what = error.what();
    }
    const Life after = history_.with(index, [&](Life& now) {
      now.is_setting = false;
      if (is_set) now.set = life.begun;
      return now;
    });
    if (is_full) {
      end();
    } else if (!is_set && !after.evict_begun) {
      fail("set: " + what, life, after);
    }
  }

  void evict(std::size_t index) {
    const Life life = history_.with(index, [](Life& now) {
      if (now.serial != 0) now.evict_begun = true;
      return now;
    });
    if (life.serial == 0) return;
    subject_.evict(life.key);
    history_.with(index, [&](Life& now) {
      if (now.serial == life.serial) now.is_evicted = true;
      return 0;
    });
  }

  /// Whether the object was being evicted, or had been, when @p after was looked at.
  static bool may_be_gone(const Life& before, const Life& after) {
    return before.evict_begun || after.evict_begun || after.serial != before.serial;
  }

  void get(std::size_t index) {
    const Life before = history_.look(index);
    if (before.serial == 0) return;
    auto bytes = subject_.get(before.key);
    const Life after = history_.look(index);
    if (!bytes) {
      if (before.set > 0 && !may_be_gone(before, after)) fail("get: absent", before, after);
      return;
    }
    const auto version = version_of(*bytes, before.serial);
    if (!version) {
      fail("get: " + std::to_string(bytes->size()) + " bytes of something else", before, after);
    } else if (before.is_evicted) {
      fail("get: found version " + std::to_string(*version), before, after);
    } else if (*version < before.set || (after.serial == before.serial && *version > after.begun)) {
      fail("get: version " + std::to_string(*version), before, after);
    }
    constexpr std::size_t most_held = 12;
    held_.push_back({std::move(*bytes), before.serial});
    if (held_.size() > most_held) let_go();
  }

  void let_go() {
    if (!version_of(held_.front().bytes, held_.front().serial) && error_.empty()) {
      error_ = "bytes changed while they were held";
    }
    held_.pop_front();
  }

  void exists(std::size_t index) {
    const Life before = history_.look(index);
    if (before.serial == 0) return;
    const bool is_there = subject_.exists(before.key);
    const Life after = history_.look(index);
    if (is_there && before.is_evicted) fail("exists", before, after);
    if (!is_there && before.set > 0 && !may_be_gone(before, after)) fail("!exists", before, after);
  }

  void wait(std::size_t index) {
    const Life before = history_.look(index);
    if (before.serial == 0) return;
    bool is_there = false;
    try {
      is_there = subject_.wait(before.key, std::chrono::milliseconds(random_() % 2));
    } catch (const ConnectorError& error) {
      const Life after = history_.look(index);
      if (!may_be_gone(before, after)) {
        fail(std::string("wait: ") + error.what(), before, after);
      }
      return;
    }
    const Life after = history_.look(index);
    if (is_there && before.is_evicted) fail("wait: true", before, after);
    if (!is_there && before.set > 0 && !may_be_gone(before, after)) {
      fail("wait: false", before, after);
    }
  }

  static constexpr std::uint32_t most_versions = 64;

  History& history_;
  Subject& subject_;
  std::mt19937_64 random_;
  const std::size_t largest_;
  std::deque<Held> held_;
  std::string error_;
};

}  // namespace proxystore::testing
