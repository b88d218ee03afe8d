// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Setting the object of a deferred key. Its data are in `<uuid>` and its marker in `<uuid>.ready`,
// as Python has them; the object is there if both are. These are two names, so setters take turns.
// Whose turn it is, and what the others must know, is a shared name `<uuid>.turn` (see
// shared_name.cpp):
//
//     claim_...       a process looks what is there, and has changed nothing
//     publish_...     a process has decided. The name has the random parts of the temporary names
//     of
//                     its data, of a marker for the old and the new version, and of one for the new
//
// set     1. write the data and the last marker under temporary names
//         2. change the turn to a claim, from none or from what others left, see below
//         3. look whether there is an object; write the marker for both versions if there is
//         4. change the turn from the claim to "publish": from here on the object is set
//         5. rename in this order: marker for both versions, data, last marker     6. give the turn
//         back
//
// At every moment the marker names the version that the data are, so a setter that dies leaves the
// old or the new one, whole.
//
// Others wait while a claim is alive. They take the turn from a claim that stays for two seconds,
// or whose process is known to be dead. A holder that was only slow is refused at step 4, and
// claims again: it decided on what it saw, and no other set came between. Whoever finds "publish"
// does step 5 himself before he takes the turn. That is safe however many do it, and however late:
// each rename uses up a name that is there once, so it is done once; all three are done before the
// turn changes; and one that wakes up after that finds the names gone, and does nothing.
//
// evict removes the marker and then the data, without a turn. What it finds half set it finishes
// first, lest the dead setter's object come back. If a set comes between its two steps, there is a
// marker without data, and no object: as if the set came first. A later set takes that as it is.
#include "deferred_object.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "detail/deadline.hpp"
#include "detail/hash.hpp"
#include "detail/system.hpp"
#include "folder.hpp"
#include "proxystore/connector.hpp"
#include "shared_name.hpp"

namespace proxystore::inline v0::file {

namespace {

constexpr std::string_view claim_prefix = "claim_";
constexpr std::string_view publish_prefix = "publish_";
constexpr std::string_view nothing = "none";
constexpr std::chrono::seconds longest_claim{2};

std::string to_marker(const std::vector<Version>& versions) {
  std::string text;
  for (const auto& [size, checksum] : versions) {
    text += "v1 " + std::to_string(size) + " " + std::to_string(checksum) + "\n";
  }
  return text;
}

std::vector<Version> parse_marker(std::string_view text) {
  std::vector<Version> versions;
  while (text.starts_with("v1 ")) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const char* end = line.data() + line.size();
    Version version;
    const auto [space, error] = std::from_chars(line.data() + 3, end, version.size);
    if (error != std::errc{} || space == end) return {};
    const auto [rest, failure] = std::from_chars(space + 1, end, version.checksum);
    if (failure != std::errc{} || rest != end) return {};
    versions.push_back(version);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return versions;
}

/// What tells the system that runs, and the numbers of its processes, from all others.
const std::string& this_system() {
  static const std::string text = [] {
    std::array<char, 64> boot{};
    const detail::UniqueFd fd(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    struct stat numbers {};
    if (!fd || ::read(fd.get(), boot.data(), boot.size()) <= 0 ||
        ::stat("/proc/self/ns/pid", &numbers) != 0) {
      return Key::random().to_string();  // then no process is known to be dead
    }
    return std::to_string(detail::xxh3(std::as_bytes(std::span(boot)))) + "-" +
           std::to_string(numbers.st_ino);
  }();
  return text;
}

/// "claim_<random>_<process>_<system>"
std::string new_claim() {
  return std::string(claim_prefix) + Key::random().to_string() + "_" + std::to_string(::getpid()) +
         "_" + this_system();
}

bool is_of_a_dead_process(std::string_view claim) {
  if (!claim.starts_with(claim_prefix)) return false;
  const std::size_t at = claim.find('_', claim_prefix.size());
  const std::size_t end = claim.find('_', at + 1);
  if (at == std::string_view::npos || end == std::string_view::npos) return false;
  pid_t process = 0;
  const std::string_view number = claim.substr(at + 1, end - at - 1);
  (void)std::from_chars(number.data(), number.data() + number.size(), process);
  return claim.substr(end + 1) == this_system() && process > 0 && ::kill(process, 0) != 0 &&
         errno == ESRCH;
}

/// Random parts of the temporary names that are to be renamed; empty: none.
struct Plan {
  std::string both{};
  std::string data{};
  std::string last{};

  [[nodiscard]] std::string to_name() const {
    return std::string(publish_prefix) + (both.empty() ? std::string(nothing) : both) + "_" + data +
           "_" + last;
  }
  [[nodiscard]] static Plan parse(std::string_view name) {
    std::array<std::string, 3> parts;
    name.remove_prefix(publish_prefix.size());
    for (std::string& part : parts) {
      part = name.substr(0, name.find('_'));
      name.remove_prefix(std::min(part.size() + 1, name.size()));
    }
    if (parts[0] == nothing) parts[0].clear();
    return {.both = parts[0], .data = parts[1], .last = parts[2]};
  }
};

void rename_once(const fs::path& path, const std::string& random_part, detail::Sync sync,
                 const ErrorContext& context) {
  if (random_part.empty()) return;
  const std::string temporary = path.string() + ".tmp-" + random_part;
  if (::rename(temporary.c_str(), path.c_str()) != 0 && errno != ENOENT) {
    detail::throw_system_error(errno, "cannot rename to " + path.string(), context);
  }
  if (sync == detail::Sync::yes) detail::sync_folder(path, context);
}

void carry_out(const Plan& plan, const fs::path& path, detail::Sync sync,
               const ErrorContext& context) {
  const fs::path marker = Folder::marker_of(path);
  rename_once(marker, plan.both, sync, context);
  rename_once(path, plan.data, sync, context);
  rename_once(marker, plan.last, sync, context);
}

SharedName turn_of(const fs::path& path, const ErrorContext& context) {
  return {fs::path(path) += Folder::turn_suffix, context};
}

/// Waits for the turn, and returns the claim.
std::string take_turn(const SharedName& turn, const fs::path& path, const ErrorContext& context) {
  using Clock = std::chrono::steady_clock;
  Patience patience("other processes set " + path.string() + " all the time", context);
  std::string seen;
  Clock::time_point end_of_claim;
  while (true) {
    const std::string now = turn.read();
    if (now.starts_with(publish_prefix)) {
      carry_out(Plan::parse(now), path, detail::Sync::no, context);
    } else if (!now.empty()) {
      if (now != seen) end_of_claim = detail::deadline_after(longest_claim);
      seen = now;
      if (Clock::now() < end_of_claim && !is_of_a_dead_process(now)) {
        patience.pause();
        continue;
      }
    }
    const std::string claim = new_claim();
    if (turn.change(now, claim)) return claim;
    patience.pause();
  }
}

void write_marker(std::optional<detail::AtomicFile>& file, const fs::path& path,
                  const std::vector<Version>& versions, detail::Sync sync,
                  const ErrorContext& context) {
  const std::string text = to_marker(versions);
  const ByteSpan part = std::as_bytes(std::span(text.data(), text.size()));
  file.emplace(Folder::marker_of(path), std::span(&part, 1), context, sync);
}

/// The versions of the object that is there; nothing if there is none.
std::optional<std::vector<Version>> look(const fs::path& path, const Key& key) {
  auto versions = read_versions(Folder::marker_of(path), key);
  if (versions && !ObjectFile::open(path, key)) versions.reset();
  return versions;
}

/// What a setter writes before it can publish, and leaves to all when it does.
struct Draft {
  detail::AtomicFile& data;
  std::optional<detail::AtomicFile> both{};
  std::optional<detail::AtomicFile> last{};

  [[nodiscard]] Plan plan() const {
    return {.both = both ? both->random_part() : "",
            .data = data.random_part(),
            .last = last->random_part()};
  }
  void keep() {
    data.keep();
    last->keep();
    if (both) both->keep();
  }
};

/// Changes the turn from @p claim to publishing @p draft; whether that was done.
bool publish(const SharedName& turn, const std::string& claim, Draft& draft,
             const fs::path& marker) {
  const Plan plan = draft.plan();
  // Perhaps the answer is lost, and others carry the plan out: then the last marker is used.
  if (!turn.change(claim, plan.to_name()) &&
      detail::remove_once(marker.string() + ".tmp-" + plan.last)) {
    return false;
  }
  draft.keep();
  return true;
}

enum class Result { set, refused, overtaken };

/// Sets the object of @p data, in the turn that @p claim is.
Result set_in_turn(const SharedName& turn, const std::string& claim, detail::AtomicFile& data,
                   const Version& version, bool only_first, const fs::path& path, detail::Sync sync,
                   const ErrorContext& context) {
  auto versions = look(path, *context.key);
  if (only_first && versions) return Result::refused;
  Draft draft{.data = data};
  write_marker(draft.last, path, {version}, sync, context);
  if (versions && !versions->empty()) {
    versions->push_back(version);
    write_marker(draft.both, path, *versions, sync, context);
  }
  const Plan plan = draft.plan();
  if (!publish(turn, claim, draft, Folder::marker_of(path))) return Result::overtaken;
  carry_out(plan, path, sync, context);
  (void)turn.change(plan.to_name(), {});
  return Result::set;
}

}  // namespace

Version Version::of(std::span<const ByteSpan> parts) {
  return {.size = joined_size(parts), .checksum = checksum_of(parts)};
}

std::optional<std::vector<Version>> read_versions(const fs::path& marker, const Key& key) {
  constexpr std::size_t most = 4096;  // ours have a few lines
  const auto file = ObjectFile::open(marker, key);
  if (!file) return std::nullopt;
  return parse_marker(file->copy(0, std::min(file->size(), most)).text());
}

bool is_one_of(const std::vector<Version>& versions, const ObjectFile& file) {
  const auto has_size = [&](const Version& version) { return version.size == file.size(); };
  if (std::none_of(versions.begin(), versions.end(), has_size)) return false;
  const Bytes object = file.copy(0, file.size());
  const ByteSpan part = object.span();
  return std::find(versions.begin(), versions.end(), Version::of(std::span(&part, 1))) !=
         versions.end();
}

bool set_object(const fs::path& path, std::span<const ByteSpan> parts, bool only_first,
                detail::Sync sync, const ErrorContext& context) {
  if (only_first && look(path, *context.key)) return false;
  const Version version = Version::of(parts);
  const SharedName turn = turn_of(path, context);
  detail::AtomicFile data(path, parts, context, sync);
  Patience patience("other processes set " + path.string() + " all the time", context);
  while (true) {
    const std::string claim = take_turn(turn, path, context);
    auto result = Result::refused;
    try {
      result = set_in_turn(turn, claim, data, version, only_first, path, sync, context);
    } catch (...) {
      (void)turn.change(claim, {});
      throw;
    }
    if (result == Result::set) return true;
    if (result == Result::refused) {
      (void)turn.change(claim, {});
      return false;
    }
    patience.pause();
  }
}

void finish_setting(const fs::path& path, const ErrorContext& context) {
  const SharedName turn = turn_of(path, context);
  const std::string now = turn.read();
  if (now.starts_with(publish_prefix)) {
    carry_out(Plan::parse(now), path, detail::Sync::no, context);
  } else if (!is_of_a_dead_process(now)) {
    return;
  }
  (void)turn.change(now, {});
}

}  // namespace proxystore::inline v0::file
