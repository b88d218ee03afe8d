// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// A leased object has a file `<uuid>.leases` with a line for each holder, and one if it is retired:
//
//     v1 <token> shared|exclusive <end, in nanoseconds since 1970>
//     v1 retired
//
// Each verb locks the folder, reads the file, leaves out the holders whose time is over, changes
// what it came for, and replaces the file, or removes it if nobody holds the object. So what two
// processes do happens one after the other, and one that dies in between has done nothing. The
// object of a retired key goes with its file, inside the same lock: whoever takes the last holder
// away removes it. That is who gives it back, or, if the last holder died, the process that retired
// it, which looks again when the last lease ends.
//
// Ends are told by the clock of the node that reads them: clocks must agree much better than leases
// are long.
#include "leases.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "detail/atomic_file.hpp"
#include "detail/background.hpp"
#include "detail/deadline.hpp"
#include "detail/log.hpp"
#include "detail/text_reader.hpp"
#include "folder_lock.hpp"
#include "object_file.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::file {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::size_t longest_file = 1U << 20U;  // some 20,000 holders
constexpr std::string_view retired_line = "v1 retired";

std::int64_t now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<nanoseconds>(time).count();
}

/// The end of a lease, in the clock's range whatever @p ttl is.
std::int64_t after(milliseconds ttl) {
  return now() + nanoseconds(detail::clamp_wait(ttl)).count();
}

fs::path lease_file_of(const fs::path& data_file) {
  fs::path path = data_file;
  path += Folder::lease_suffix;
  return path;
}

}  // namespace

/// What the file says.
struct Leases::Entry {
  struct Holder {
    std::uint64_t token = 0;
    LeaseMode mode = LeaseMode::shared;
    std::int64_t until = 0;
  };
  std::vector<Holder> holders{};
  bool is_retired = false;

  [[nodiscard]] static std::optional<Holder> parse(std::string_view line) {
    Holder holder;
    detail::TextReader in(line);
    if (!in.take("v1 ") || !in.take_number(holder.token)) return std::nullopt;
    if (in.take(" exclusive ")) {
      holder.mode = LeaseMode::exclusive;
    } else if (!in.take(" shared ")) {
      return std::nullopt;
    }
    if (!in.take_number(holder.until) || !in.empty()) return std::nullopt;
    return holder;
  }

  [[nodiscard]] static Entry read(const fs::path& path, const Key& key,
                                  const ErrorContext& context) {
    Entry entry;
    const auto file = ObjectFile::open(path, key);
    if (!file) return entry;
    const Bytes bytes = file->copy(0, std::min(file->size(), longest_file));
    std::string_view text = bytes.text();
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      if (line == retired_line) {
        entry.is_retired = true;
      } else if (const auto holder = parse(line)) {
        if (holder->until > now()) entry.holders.push_back(*holder);
      } else {
        throw IntegrityError("the file of leases " + path.string() + " is damaged", context);
      }
    }
    return entry;
  }

  void write(const fs::path& path, const ErrorContext& context) const {
    std::string text;
    for (const Holder& holder : holders) {
      text += "v1 " + std::to_string(holder.token) +
              (holder.mode == LeaseMode::exclusive ? " exclusive " : " shared ") +
              std::to_string(holder.until) + "\n";
    }
    if (is_retired) text += std::string(retired_line) + "\n";
    const ByteSpan part = std::as_bytes(std::span(text.data(), text.size()));
    detail::write_file_atomically(path, std::span(&part, 1), context);
  }

  [[nodiscard]] std::int64_t last_end() const {
    std::int64_t last = 0;
    for (const Holder& holder : holders) last = std::max(last, holder.until);
    return last;
  }
};

template <class Change>
bool Leases::with_entry(const Key& key, std::string_view verb, const Change& change) {
  const ErrorContext context{.connector = "file", .operation = std::string(verb), .key = key};
  const auto data_file = folder_.data_file(key);
  const auto path = lease_file_of(data_file);
  folder_.make_parent(data_file);
  const FolderLock lock(data_file.parent_path(), context);
  if (!lock.is_held()) {
    throw UnsupportedError(
        "the file system of " + folder_.path().string() + " has no locks, which leases need",
        context);
  }
  Entry entry = Entry::read(path, key, context);
  const bool result = change(entry);
  if (!entry.holders.empty()) {
    if (entry.holders.size() > longest_file / 64) {
      throw CapacityError("too many leases of one object", context);
    }
    entry.write(path, context);
    return result;
  }
  if (entry.is_retired) {
    (void)folder_.remove_object(key);
  } else {
    ::unlink(path.c_str());
  }
  return result;
}

bool Leases::take(const Key& key, LeaseMode mode, std::uint64_t token, milliseconds ttl) {
  return with_entry(key, "lease", [&](Entry& entry) {
    if (entry.is_retired) return false;
    const bool is_excluded =
        mode == LeaseMode::exclusive
            ? !entry.holders.empty()
            : std::any_of(entry.holders.begin(), entry.holders.end(),
                          [](const auto& holder) { return holder.mode == LeaseMode::exclusive; });
    if (!is_excluded) entry.holders.push_back({token, mode, after(ttl)});
    return !is_excluded;
  });
}

bool Leases::renew(const Key& key, std::uint64_t token, milliseconds ttl) {
  return with_entry(key, "renew", [&](Entry& entry) {
    const auto found = std::find_if(entry.holders.begin(), entry.holders.end(),
                                    [&](const auto& holder) { return holder.token == token; });
    if (found == entry.holders.end()) return false;
    found->until = after(ttl);
    return true;
  });
}

void Leases::give_back(const Key& key, std::uint64_t token) {
  (void)with_entry(key, "unlease", [&](Entry& entry) {
    return std::erase_if(entry.holders, [&](const auto& holder) { return holder.token == token; }) >
           0;
  });
}

void Leases::retire(const Key& key) {
  std::int64_t last_end = 0;
  (void)with_entry(key, "retire", [&](Entry& entry) {
    entry.is_retired = true;
    last_end = entry.last_end();
    return true;
  });
  if (last_end > 0) look_again(key, last_end);
}

void Leases::look_again(const Key& key, std::int64_t time) {
  const auto wait = nanoseconds(std::max<std::int64_t>(time - now(), 0)) + milliseconds(1);
  const auto look = [leases = weak_from_this(), key] {
    const auto alive = leases.lock();
    std::error_code ignored;
    if (!alive || !fs::exists(alive->folder_.path(), ignored)) return;  // cleared by its creator
    std::int64_t last_end = 0;
    try {
      (void)alive->with_entry(key, "retire", [&](Entry& entry) {
        last_end = entry.is_retired ? entry.last_end() : 0;
        return true;
      });
      if (last_end > 0) alive->look_again(key, last_end);
    } catch (const std::exception& error) {
      detail::log(LogLevel::error, std::string("removing what was retired: ") + error.what());
    }
  };
  detail::Background::global().schedule(detail::Work::ending, this, detail::deadline_after(wait),
                                        look);
}

}  // namespace proxystore::inline v0::file
