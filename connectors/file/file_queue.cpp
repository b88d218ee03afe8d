// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// A folder with one file for each message, `<number>.message` or, if it ends a topic,
// `<number>.end`, and a file `queue` that says which there are:
//
//     v1 <first> <next> open|closed
//     <producer> <hash of a topic>        for each end that a consumer saw
//
// Whoever changes something holds the lock of the folder, and replaces `queue` at the end.
//
// push    1. write the message `<next>`   2. replace `queue`: next + 1
// pop     1. read the message `<first>`   2. replace `queue`: first + 1   3. remove the message
//
// So `queue` names whole messages only. Who dies before step 2 has done nothing: the file that a
// push left is replaced by the next one. Who dies between 2 and 3 of pop leaves a file that nobody
// reads; it goes with the queue. A message that was dropped to make room is a gap in the numbers,
// over which pop goes.
#include "proxystore/stream/file_queue.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "detail/atomic_file.hpp"
#include "detail/deadline.hpp"
#include "detail/hash.hpp"
#include "detail/pause.hpp"
#include "detail/text_reader.hpp"
#include "folder_lock.hpp"
#include "object_file.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr const char* state_name = "queue";
constexpr std::size_t longest_state = 1U << 20U;

ErrorContext about(std::string_view operation) {
  return {.connector = "file queue", .operation = std::string(operation)};
}

std::string name_of(std::uint64_t number, bool is_end) {
  return std::to_string(number) + (is_end ? ".end" : ".message");
}

/// What the file `queue` says.
struct State {
  struct End {
    std::uint64_t producer = 0;
    std::uint64_t topic = 0;
    friend bool operator==(const End&, const End&) = default;
  };
  std::uint64_t first = 0;
  std::uint64_t next = 0;
  bool is_closed = false;
  std::vector<End> ends{};

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(next - first); }

  [[nodiscard]] std::string to_text() const {
    std::string text = "v1 " + std::to_string(first) + " " + std::to_string(next) +
                       (is_closed ? " closed\n" : " open\n");
    for (const End& end : ends) {
      text += std::to_string(end.producer) + " " + std::to_string(end.topic) + "\n";
    }
    return text;
  }

  [[nodiscard]] static std::optional<State> parse(std::string_view text) {
    State state;
    detail::TextReader in(text);
    if (!in.take("v1 ") || !in.take_number(state.first) || !in.take(" ") ||
        !in.take_number(state.next) || state.next < state.first) {
      return std::nullopt;
    }
    state.is_closed = in.take(" closed\n");
    if (!state.is_closed && !in.take(" open\n")) return std::nullopt;
    while (!in.empty()) {
      End end;
      if (!in.take_number(end.producer) || !in.take(" ") || !in.take_number(end.topic) ||
          !in.take("\n")) {
        return std::nullopt;
      }
      state.ends.push_back(end);
    }
    return state;
  }
};

}  // namespace

class FileQueue::Impl {
 public:
  Impl(const fs::path& folder, const QueueOptions& options)
      : folder_(fs::absolute(folder)), options_(options) {
    if (options.capacity == 0) throw ArgumentError("a message queue needs room for one message");
    std::error_code failed;
    fs::create_directories(folder_, failed);
    if (failed) {
      detail::throw_system_error(failed.value(), "cannot make the folder " + folder_.string(),
                                 about("open"));
    }
    locked("open", [&](State&) { return true; });
  }

  std::optional<Bytes> push(const Bytes& message, bool is_end) {
    const bool blocks = is_end || options_.overflow == Overflow::block;
    std::optional<Bytes> dropped;
    const auto try_once = [&] {
      return locked("push", [&](State& state) {
        if (state.is_closed)
          throw StoreClosedError("the queue " + name() + " is closed", about("push"));
        if (state.size() >= options_.capacity) {
          if (blocks) return false;
          ++dropped_;
          if (options_.overflow == Overflow::drop_oldest) dropped = drop_oldest(state);
          if (!dropped) {
            dropped = message;
            return true;
          }
        }
        const ByteSpan part = message.span();
        detail::write_file_atomically(folder_ / name_of(state.next, is_end), std::span(&part, 1),
                                      about("push"));
        ++state.next;
        return true;
      });
    };
    const auto may_succeed = [&] {
      const State state = read("push");
      return state.is_closed || state.size() < options_.capacity;
    };
    if (wait(options_.timeout, try_once, may_succeed)) return dropped;
    throw TimeoutError("the queue " + name() + " of " + std::to_string(options_.capacity) +
                           " messages stayed full for " + std::to_string(options_.timeout.count()) +
                           " ms",
                       about("push"));
  }

  std::optional<Bytes> pop(milliseconds timeout) {
    std::optional<Bytes> message;
    std::vector<fs::path> taken;
    const auto try_once = [&] {
      return locked("pop", [&](State& state) {
        for (; !message && state.first < state.next; ++state.first) {
          for (const bool is_end : {false, true}) {
            const auto path = folder_ / name_of(state.first, is_end);
            if (message) break;
            message = read_message(path);
            if (message) taken.push_back(path);
          }
        }
        return message || state.is_closed;
      });
    };
    const auto may_succeed = [&] {
      const State state = read("pop");
      return state.is_closed || state.size() > 0;
    };
    if (!wait(timeout, try_once, may_succeed)) {
      throw TimeoutError("no message came in the queue " + name() + " within " +
                             std::to_string(timeout.count()) + " ms",
                         about("pop"));
    }
    for (const auto& path : taken) ::unlink(path.c_str());
    return message;
  }

  void note_end(std::uint64_t producer, std::string_view topic, std::size_t producers) {
    const State::End end{producer,
                         detail::xxh3(std::as_bytes(std::span(topic.data(), topic.size())))};
    locked("note_end", [&](State& state) {
      if (std::find(state.ends.begin(), state.ends.end(), end) == state.ends.end()) {
        state.ends.push_back(end);
      }
      // Each producer's end is its last message, so nothing is behind the last of them.
      if (state.ends.size() >= producers) state.is_closed = true;
      return true;
    });
  }

  void close() {
    locked("close", [](State& state) { return state.is_closed = true; });
  }

  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] std::size_t size() const { return read("size").size(); }

 private:
  [[nodiscard]] std::string name() const { return folder_.string(); }

  [[nodiscard]] std::optional<Bytes> read_message(const fs::path& path) const {
    const auto file = file::ObjectFile::open(path, Key{});
    if (!file) return std::nullopt;
    return file->copy(0, file->size());
  }

  [[nodiscard]] State read(std::string_view verb) const {
    const auto text = read_message(folder_ / state_name);
    if (!text) return {};
    const auto state = text->size() <= longest_state ? State::parse(text->text()) : std::nullopt;
    if (!state) {
      throw IntegrityError("the file " + (folder_ / state_name).string() + " is damaged",
                           about(verb));
    }
    return *state;
  }

  /// Calls @p change with the state, under the lock, and keeps what it makes of it, unless it
  /// returns false.
  template <class Change>
  bool locked(std::string_view verb, const Change& change) {
    const file::FolderLock lock(folder_, about(verb));
    if (!lock.is_held()) {
      throw UnsupportedError("the file system of " + name() + " has no locks, which queues need",
                             about(verb));
    }
    State state = read(verb);
    if (!change(state)) return false;
    const std::string text = state.to_text();
    const ByteSpan part = std::as_bytes(std::span(text.data(), text.size()));
    detail::write_file_atomically(folder_ / state_name, std::span(&part, 1), about(verb));
    return true;
  }

  /// Tries until it succeeds or @p timeout has passed; in between it looks without the lock.
  template <class Try, class Look>
  static bool wait(milliseconds timeout, const Try& try_once, const Look& may_succeed) {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::nanoseconds longest_pause = milliseconds(50);
    const auto deadline = detail::deadline_after(timeout);
    std::chrono::nanoseconds pause = std::chrono::microseconds(100);
    while (!try_once()) {
      do {
        const auto now = Clock::now();
        if (now >= deadline) return false;
        detail::pause(std::min<std::chrono::nanoseconds>(pause, deadline - now));
        pause = std::min(2 * pause, longest_pause);
      } while (!may_succeed());
    }
    return true;
  }

  /// Removes the oldest message that is no end, and returns it, if there is one.
  std::optional<Bytes> drop_oldest(State& state) {
    for (std::uint64_t number = state.first; number < state.next; ++number) {
      const auto path = folder_ / name_of(number, false);
      auto message = read_message(path);
      if (!message) continue;
      ::unlink(path.c_str());
      if (number == state.first) ++state.first;
      return message;
    }
    return std::nullopt;
  }

  const fs::path folder_;
  const QueueOptions options_;
  std::atomic<std::uint64_t> dropped_{0};
};

FileQueue::FileQueue(const fs::path& folder, const QueueOptions& options)
    : impl_(std::make_unique<Impl>(folder, options)) {}
FileQueue::~FileQueue() = default;

std::optional<Bytes> FileQueue::push(Bytes message) {
  return impl_->push(message, false);
}
void FileQueue::push_end(Bytes message) {
  (void)impl_->push(message, true);
}
std::optional<Bytes> FileQueue::pop(milliseconds timeout) {
  return impl_->pop(timeout);
}
void FileQueue::note_end(std::uint64_t producer, std::string_view topic, std::size_t producers) {
  impl_->note_end(producer, topic, producers);
}
void FileQueue::close() {
  impl_->close();
}
std::uint64_t FileQueue::dropped() const {
  return impl_->dropped();
}
std::size_t FileQueue::size() const {
  return impl_->size();
}

void FileQueue::remove(const fs::path& folder) {
  std::error_code ignored;
  for (fs::directory_iterator at(folder, ignored), end; !ignored && at != end;
       at.increment(ignored)) {
    const std::string name = at->path().filename().string();
    const std::string stem = name.substr(0, name.find(".tmp-"));
    const std::string number = stem.substr(0, stem.find('.'));
    const bool is_number =
        !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
    const bool is_message = is_number && (stem == number + ".message" || stem == number + ".end");
    std::error_code failed;
    if (stem == state_name || is_message) fs::remove(at->path(), failed);
  }
  fs::remove(folder, ignored);  // fails, as it should, unless it is empty
}

}  // namespace proxystore::inline v0
