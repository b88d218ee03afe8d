// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// A leased object has a shared text (see shared_name.cpp), `<uuid>.leases`, with a line for each
// holder, and one if it is retired:
//
//     v1 <token> shared|exclusive <end, in nanoseconds since 1970>
//     v1 retired
//
// Each verb reads the text, leaves out the holders whose time is over, and changes what it came
// for. A change is refused if another came between, and then all is done anew; so what two
// processes do happens one after the other, with no lock, and one that dies in between has done
// nothing. The text is empty, and has no files, when nobody holds the object.
//
// A key that nobody holds and that is retired stays so: nobody gets a lease of it any more. Whoever
// finds it like that removes the object, and the text last. That is who took the last holder away,
// or, if that one died, the process that retired the key, which looks again when the last lease
// ends.
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

#include "detail/background.hpp"
#include "detail/deadline.hpp"
#include "detail/log.hpp"
#include "detail/text_reader.hpp"
#include "proxystore/error.hpp"
#include "shared_name.hpp"

namespace proxystore::inline v0::file {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::size_t most_holders = 10'000;
constexpr std::string_view retired_line = "v1 retired";

std::int64_t now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<nanoseconds>(time).count();
}

/// The end of a lease, in the clock's range whatever @p ttl is.
std::int64_t after(milliseconds ttl) {
  return now() + nanoseconds(detail::clamp_wait(ttl)).count();
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

  /// @p path is for the error.
  [[nodiscard]] static Entry read(std::string_view text, const fs::path& path,
                                  const ErrorContext& context) {
    Entry entry;
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      if (line == retired_line) {
        entry.is_retired = true;
      } else if (const auto holder = parse(line)) {
        if (holder->until > now()) entry.holders.push_back(*holder);
      } else {
        throw IntegrityError("the files of leases " + path.string() + "* are damaged", context);
      }
    }
    return entry;
  }

  [[nodiscard]] std::string to_text() const {
    std::string text;
    for (const Holder& holder : holders) {
      text += "v1 " + std::to_string(holder.token) +
              (holder.mode == LeaseMode::exclusive ? " exclusive " : " shared ") +
              std::to_string(holder.until) + "\n";
    }
    if (is_retired) text += std::string(retired_line) + "\n";
    return text;
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
  folder_.make_parent(data_file);
  if (folder_.medium().may_hide_files) detail::revalidate(data_file.parent_path());
  const auto path = fs::path(data_file) += Folder::lease_suffix;
  const SharedText shared(path, context);
  Patience patience("others change the leases of " + key.to_string() + " all the time", context);
  while (true) {
    const auto version = shared.read();
    Entry entry = Entry::read(version.text, path, context);
    const bool result = change(entry);
    if (entry.holders.size() > most_holders) {
      throw CapacityError("too many leases of one object", context);
    }
    const bool is_over = entry.is_retired && entry.holders.empty();
    // Nobody holds what has no leases: that need not be written first, where none can be hidden.
    const bool is_free = version.name.empty() && !folder_.medium().may_hide_files;
    const std::string text = entry.to_text();
    if (text == version.text || (is_over && is_free) || shared.replace(version, text)) {
      if (is_over) (void)folder_.remove_object(key);
      return result;
    }
    patience.pause();
  }
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
