// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Rank 0 reads its options and environment variables, and tells all: whether two ranks share
// memory, and how long they wait for each other, must not depend on the rank.
#include "settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>
#include <string>

#include "proxystore/error.hpp"
#include "proxystore/mpi/error.hpp"

namespace proxystore::inline v0::partition {

namespace {

using mpi::check;
using Service = mpi::MemoryOptions::Service;
using Sharing = mpi::MemoryOptions::Sharing;

[[noreturn]] void refuse(const char* variable, const std::string& text, const std::string& wanted) {
  throw ConfigError("the environment variable " + std::string(variable) + " is '" + text + "'; " +
                    wanted);
}

std::optional<std::string> variable(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return text;
}

/// A number, and what follows it.
std::optional<std::uint64_t> number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<std::uint64_t> bytes_variable(const char* name) {
  const auto text = variable(name);
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  const auto value = number(rest);
  const std::string_view units = "KMGT";
  unsigned shift = 0;
  if (rest.size() == 1 && units.find(rest.front()) != std::string_view::npos) {
    shift = 10U * static_cast<unsigned>(units.find(rest.front()) + 1);
    rest = {};
  }
  if (!value || *value == 0 || !rest.empty() || *value > (UINT64_MAX >> shift)) {
    refuse(name, *text, "a size such as 512M, 16G or a number of bytes is accepted");
  }
  return *value << shift;
}

std::optional<std::uint64_t> number_variable(const char* name, std::uint64_t least,
                                             std::uint64_t most) {
  const auto text = variable(name);
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  const auto value = number(rest);
  if (value && rest.empty() && *value >= least && *value <= most) return value;
  refuse(name, *text,
         "a number from " + std::to_string(least) + " to " + std::to_string(most) + " is accepted");
}

template <class Choice, std::size_t N>
std::optional<Choice> choice_variable(const char* name, const std::array<const char*, N>& choices) {
  const auto text = variable(name);
  if (!text) return std::nullopt;
  const auto found = std::find(choices.begin(), choices.end(), *text);
  if (found != choices.end()) return static_cast<Choice>(found - choices.begin());
  std::string wanted;
  for (const char* choice : choices) wanted += (wanted.empty() ? "" : ", ") + std::string(choice);
  refuse(name, *text, wanted + " are accepted");
}

template <class T>
T first_of(const std::optional<T>& option, const std::optional<T>& variable, T otherwise) {
  return option ? *option : variable.value_or(std::move(otherwise));
}

std::uint32_t random_epoch() {
  std::random_device device;
  std::uint32_t epoch = 0;
  while (epoch == 0) epoch = device();
  return epoch;
}

Settings read(const mpi::MemoryOptions& options) {
  constexpr std::uint64_t most_seconds = 1'000'000;
  Settings settings;
  settings.epoch = random_epoch();
  settings.limit =
      first_of<std::uint64_t>(options.limit, bytes_variable("PROXYSTORE_MEMORY_LIMIT"), 0);
  std::optional<std::chrono::milliseconds> timeout;
  if (const auto seconds = number_variable("PROXYSTORE_TIMEOUT", 1, most_seconds)) {
    timeout = std::chrono::seconds(*seconds);
  }
  settings.timeout =
      first_of<std::chrono::milliseconds>(options.timeout, timeout, std::chrono::minutes(5));
  settings.service =
      first_of(options.service,
               choice_variable<Service>("PROXYSTORE_SERVICE", std::array{"auto", "on", "off"}),
               Service::automatic);
  settings.sharing = first_of(
      options.sharing,
      choice_variable<Sharing>("PROXYSTORE_SHARING", std::array{"auto", "memfd", "named", "none"}),
      Sharing::automatic);
  std::optional<bool> checksum;
  if (const auto flag = number_variable("PROXYSTORE_CHECKSUM", 0, 1)) checksum = *flag != 0;
  settings.checksum = first_of(options.checksum, checksum, true);
  std::optional<int> ranks_per_node;
  if (const auto ranks = number_variable("PROXYSTORE_RANKS_PER_NODE", 1, INT32_MAX)) {
    ranks_per_node = static_cast<int>(*ranks);
  }
  settings.ranks_per_node = first_of(options.ranks_per_node, ranks_per_node, 0);
  std::optional<std::filesystem::path> spill_dir;
  if (const auto folder = variable("PROXYSTORE_SPILL_DIR")) spill_dir = *folder;
  settings.spill_dir = first_of<std::filesystem::path>(options.spill_dir, spill_dir, {});
  if (!settings.spill_dir.empty())
    settings.spill_dir = std::filesystem::absolute(settings.spill_dir);
  if (settings.timeout.count() <= 0) throw ConfigError("MemoryOptions::timeout must be positive");
  if (settings.ranks_per_node < 0) {
    throw ConfigError("MemoryOptions::ranks_per_node must not be negative");
  }
  return settings;
}

/// Settings as they are sent, or why there are none.
struct Packed {
  std::uint64_t limit = 0;
  std::int64_t timeout = 0;
  std::uint32_t epoch = 0;
  std::int32_t ranks_per_node = 0;
  std::uint8_t service = 0;
  std::uint8_t sharing = 0;
  std::uint8_t checksum = 0;
  std::uint8_t failed = 0;
  std::array<char, 4096> text{};  // the spill folder, or the error

  void set_text(const std::string& from) {
    if (from.size() >= text.size()) throw ConfigError("the name of the spill folder is too long");
    std::memcpy(text.data(), from.c_str(), from.size() + 1);
  }
};

Packed pack(const mpi::MemoryOptions& options) {
  Packed packed;
  try {
    const Settings settings = read(options);
    packed = {.limit = settings.limit,
              .timeout = settings.timeout.count(),
              .epoch = settings.epoch,
              .ranks_per_node = settings.ranks_per_node,
              .service = static_cast<std::uint8_t>(settings.service),
              .sharing = static_cast<std::uint8_t>(settings.sharing),
              .checksum = settings.checksum ? std::uint8_t{1} : std::uint8_t{0}};
    packed.set_text(settings.spill_dir.string());
  } catch (const std::exception& error) {
    packed.failed = 1;
    packed.set_text(std::string(error.what()).substr(0, packed.text.size() - 1));
  }
  return packed;
}

}  // namespace

Settings agree_on_settings(MPI_Comm comm, const mpi::MemoryOptions& options) {
  int rank = 0;
  check(MPI_Comm_rank(comm, &rank), "MPI_Comm_rank");
  Packed packed;
  if (rank == 0) packed = pack(options);
  check(MPI_Bcast(&packed, sizeof packed, MPI_BYTE, 0, comm), "MPI_Bcast");
  if (packed.failed != 0) throw ConfigError(packed.text.data());
  return {.epoch = packed.epoch,
          .limit = packed.limit,
          .timeout = std::chrono::milliseconds(packed.timeout),
          .service = static_cast<Service>(packed.service),
          .sharing = static_cast<Sharing>(packed.sharing),
          .checksum = packed.checksum != 0,
          .ranks_per_node = packed.ranks_per_node,
          .spill_dir = packed.text.data()};
}

}  // namespace proxystore::inline v0::partition
