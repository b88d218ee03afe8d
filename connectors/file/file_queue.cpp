// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// A folder with one file for each message, `<number>.message`, and a shared text, `queue`, that
// says which there are (see shared_name.cpp):
//
//     v2 <first> <next> open|closed
//     last <random>              how the file of the message before <next> is called, if not yet so
//     end <number>               for each message that ends a topic
//     gap <number> <number>      for messages that were dropped: the first, and the one after the
//     last seen <producer> <hash of a topic>      for each end that a consumer saw
//
// push    1. write the message to `message.tmp-<random>`   2. change the text: next + 1, last
// pop     1. read the message `<first>`   2. change the text: first + 1   3. remove the message
// both    before 2: rename what `last` names to its number
//
// A change is refused if another came between, and then all is done anew. So each number is given
// to one push, and each message to one pop, whatever the file system caches, and no lock is needed.
// The rename may be done by anyone: a name with a random part is there once, so that a process that
// was stopped for long finds it gone, and does no harm. Numbers are used once too; so a file
// `<number>` is the same for all who see it.
//
// Who dies before the text is changed has done nothing; what a push wrote stays under a name that
// nobody reads, and goes with the queue. Who dies between 2 and 3 of pop leaves a file that nobody
// reads as well.
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
#include "object_file.hpp"
#include "proxystore/error.hpp"
#include "shared_name.hpp"

namespace proxystore::inline v0 {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::string_view state_name = "queue";
constexpr std::string_view draft_name = "message";
constexpr std::string_view message_suffix = ".message";

ErrorContext about(std::string_view operation) {
  return {.connector = "file queue", .operation = std::string(operation)};
}

/// What the text says.
struct State {
  struct End {
    std::uint64_t producer = 0;
    std::uint64_t topic = 0;
    friend bool operator==(const End&, const End&) = default;
  };
  struct Gap {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
  };
  std::uint64_t first = 0;
  std::uint64_t next = 0;
  bool is_closed = false;
  std::string last{};
  std::vector<std::uint64_t> ends{};
  std::vector<Gap> gaps{};  // in order, and not side by side
  std::vector<End> seen{};

  [[nodiscard]] std::size_t size() const {
    std::uint64_t count = next - first;
    for (const Gap& gap : gaps) count -= gap.to - gap.from;
    return static_cast<std::size_t>(count);
  }

  [[nodiscard]] bool is_end(std::uint64_t number) const {
    return std::find(ends.begin(), ends.end(), number) != ends.end();
  }

  void take_first() {
    std::erase(ends, first++);
    if (!gaps.empty() && gaps.front().from == first) {
      first = gaps.front().to;
      gaps.erase(gaps.begin());
    }
  }

  /// The oldest message that is no end, if there is one.
  [[nodiscard]] std::optional<std::uint64_t> oldest() const {
    auto gap = gaps.begin();
    for (std::uint64_t number = first; number < next; ++number) {
      if (gap != gaps.end() && gap->from == number) number = gap++->to;
      if (number < next && !is_end(number)) return number;
    }
    return std::nullopt;
  }

  /// Leaves out what oldest() returned.
  void drop(std::uint64_t number) {
    if (number == first) return take_first();
    // All messages between two ends are dropped one after the other, so a gap grows at its end.
    const auto before =
        std::find_if(gaps.begin(), gaps.end(), [&](const Gap& gap) { return gap.to == number; });
    if (before != gaps.end()) {
      ++before->to;
    } else {
      gaps.push_back({.from = number, .to = number + 1});
    }
  }

  [[nodiscard]] std::string to_text() const {
    std::string text = "v2 " + std::to_string(first) + " " + std::to_string(next) +
                       (is_closed ? " closed\n" : " open\n");
    if (!last.empty()) text += "last " + last + "\n";
    for (const auto end : ends) text += "end " + std::to_string(end) + "\n";
    for (const auto& [from, to] : gaps) {
      text += "gap " + std::to_string(from) + " " + std::to_string(to) + "\n";
    }
    for (const auto& [producer, topic] : seen) {
      text += "seen " + std::to_string(producer) + " " + std::to_string(topic) + "\n";
    }
    return text;
  }

  [[nodiscard]] static std::optional<State> parse(std::string_view text) {
    State state;
    detail::TextReader in(text);
    if (!in.take("v2 ") || !in.take_number(state.first) || !in.take(" ") ||
        !in.take_number(state.next) || state.next < state.first) {
      return std::nullopt;
    }
    state.is_closed = in.take(" closed\n");
    if (!state.is_closed && !in.take(" open\n")) return std::nullopt;
    while (!in.empty()) {
      if (!state.take_line(in)) return std::nullopt;
    }
    return state;
  }

 private:
  [[nodiscard]] bool take_line(detail::TextReader& in) {
    if (in.take("last ")) {
      std::string_view random_part;
      if (!in.take_until('\n', random_part) || !Key::parse(random_part)) return false;
      last = random_part;
      return true;
    }
    if (in.take("end ")) return in.take_number(ends.emplace_back()) && in.take("\n");
    if (in.take("gap ")) {
      const std::uint64_t end_of_last = gaps.empty() ? first : gaps.back().to;
      Gap& gap = gaps.emplace_back();
      return in.take_number(gap.from) && in.take(" ") && in.take_number(gap.to) && in.take("\n") &&
             end_of_last < gap.from && gap.from < gap.to && gap.to <= next;
    }
    End& end = seen.emplace_back();
    return in.take("seen ") && in.take_number(end.producer) && in.take(" ") &&
           in.take_number(end.topic) && in.take("\n");
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
    (void)change("open", [](State&) { return true; });
  }

  std::optional<Bytes> push(const Bytes& message, bool is_end) {
    const bool blocks = is_end || options_.overflow == Overflow::block;
    std::optional<Bytes> dropped;
    std::optional<detail::AtomicFile> file;
    const auto try_once = [&] {
      std::optional<std::uint64_t> left_out;
      const bool is_done = change("push", [&](State& state) {
        left_out.reset();
        dropped.reset();
        if (state.is_closed)
          throw StoreClosedError("the queue " + name() + " is closed", about("push"));
        if (state.size() >= options_.capacity) {
          if (blocks) return false;
          if (options_.overflow == Overflow::drop_oldest) left_out = state.oldest();
          if (!left_out) {
            dropped = message;
            return true;
          }
          dropped = read_message(*left_out);  // if it is gone, this change will be refused
          state.drop(*left_out);
        }
        if (!file) write(message, file);
        if (is_end) state.ends.push_back(state.next);
        state.last = file->random_part();
        ++state.next;
        return true;
      });
      if (is_done && left_out) ::unlink(path_of(*left_out).c_str());
      return is_done;
    };
    const auto may_succeed = [&] {
      const State state = read(text("push").read(), "push");
      return state.is_closed || state.size() < options_.capacity;
    };
    if (!wait(options_.timeout, try_once, may_succeed)) {
      throw TimeoutError("the queue " + name() + " of " + std::to_string(options_.capacity) +
                             " messages stayed full for " +
                             std::to_string(options_.timeout.count()) + " ms",
                         about("push"));
    }
    if (dropped) ++dropped_;
    if (file) file->keep();
    return dropped;
  }

  std::optional<Bytes> pop(milliseconds timeout) {
    std::optional<Bytes> message;
    const auto try_once = [&] {
      std::uint64_t number = 0;
      bool is_taken = false;
      const bool is_done = change("pop", [&](State& state) {
        message.reset();
        is_taken = false;
        if (state.size() == 0) return state.is_closed;
        number = state.first;
        message = read_message(number);  // if it is gone, this change will be refused
        is_taken = true;
        state.take_first();
        return true;
      });
      if (!is_done || !is_taken) return is_done;
      if (!message) {
        throw IntegrityError("the file " + path_of(number).string() + " is missing", about("pop"));
      }
      ::unlink(path_of(number).c_str());
      return true;
    };
    const auto may_succeed = [&] {
      const State state = read(text("pop").read(), "pop");
      return state.is_closed || state.size() > 0;
    };
    if (!wait(timeout, try_once, may_succeed)) {
      throw TimeoutError("no message came in the queue " + name() + " within " +
                             std::to_string(timeout.count()) + " ms",
                         about("pop"));
    }
    return message;
  }

  void note_end(std::uint64_t producer, std::string_view topic, std::size_t producers) {
    const State::End end{producer,
                         detail::xxh3(std::as_bytes(std::span(topic.data(), topic.size())))};
    (void)change("note_end", [&](State& state) {
      if (std::find(state.seen.begin(), state.seen.end(), end) == state.seen.end()) {
        state.seen.push_back(end);
      }
      // Each producer's end is its last message, so nothing is behind the last of them.
      if (state.seen.size() >= producers) state.is_closed = true;
      return true;
    });
  }

  void close() {
    (void)change("close", [](State& state) { return state.is_closed = true; });
  }

  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] std::size_t size() const { return read(text("size").read(), "size").size(); }

 private:
  [[nodiscard]] std::string name() const { return folder_.string(); }
  [[nodiscard]] file::SharedText text(std::string_view verb) const {
    return {folder_ / state_name, about(verb)};
  }
  [[nodiscard]] fs::path path_of(std::uint64_t number) const {
    return folder_ / (std::to_string(number) + std::string(message_suffix));
  }

  /// Nothing if it is gone.
  [[nodiscard]] std::optional<Bytes> read_message(std::uint64_t number) const {
    const auto file = file::ObjectFile::open(path_of(number), Key{});
    if (!file) return std::nullopt;
    return file->copy(0, file->size());
  }

  void write(const Bytes& message, std::optional<detail::AtomicFile>& file) const {
    const ByteSpan part = message.span();
    file.emplace(folder_ / draft_name, std::span(&part, 1), about("push"));
  }

  [[nodiscard]] State read(const file::SharedText::Version& version, std::string_view verb) const {
    if (version.name.empty()) return {};
    auto state = State::parse(version.text);
    if (state) return *std::move(state);
    throw IntegrityError("the files " + (folder_ / state_name).string() + "* are damaged",
                         about(verb));
  }

  /// Gives the message that was pushed last the name that all look for.
  void settle(State& state, std::string_view verb) const {
    if (state.last.empty()) return;
    const fs::path draft = (folder_ / draft_name).string() + ".tmp-" + state.last;
    if (::rename(draft.c_str(), path_of(state.next - 1).c_str()) != 0 && errno != ENOENT) {
      detail::throw_system_error(errno, "cannot rename " + draft.string(), about(verb));
    }
    state.last.clear();
  }

  /// Calls @p make with the state, and keeps what it makes of it, unless it returns false. Calls it
  /// again if others changed the state meanwhile.
  template <class Make>
  bool change(std::string_view verb, const Make& make) const {
    const auto shared = text(verb);
    file::Patience patience("others change the queue " + name() + " all the time", about(verb));
    while (true) {
      const auto version = shared.read();
      State state = read(version, verb);
      settle(state, verb);
      if (!make(state)) return false;
      const std::string text = state.to_text();
      if (text == version.text || shared.replace(version, text)) return true;
      patience.pause();
    }
  }

  /// Tries until it succeeds or @p timeout has passed; in between it only looks.
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
    const bool is_message = !number.empty() &&
                            number.find_first_not_of("0123456789") == std::string::npos &&
                            stem == number + std::string(message_suffix);
    const bool is_draft = stem == draft_name && stem != name;
    std::error_code failed;
    if (stem == state_name || is_message || is_draft) fs::remove_all(at->path(), failed);
  }
  fs::remove(folder, ignored);  // fails, as it should, unless it is empty
}

}  // namespace proxystore::inline v0
