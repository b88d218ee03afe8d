// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/mpi/report.hpp"

#include <array>
#include <charconv>
#include <string>

#include "mpi/wait.hpp"
#include "proxystore/error.hpp"
#include "proxystore/mpi/error.hpp"
#include "runtime.hpp"

namespace proxystore::inline v0::mpi {

namespace {

struct Column {
  const char* title;
  std::uint64_t RankReport::*value;
  bool is_bytes;
};

constexpr std::array columns = {
    Column{"objects", &RankReport::objects, false},
    Column{"bytes", &RankReport::object_bytes, true},
    Column{"replicas", &RankReport::replica_bytes, true},
    Column{"memory", &RankReport::committed_bytes, true},
    Column{"books", &RankReport::table_bytes, true},
    Column{"pins", &RankReport::pins, false},
    Column{"spilled", &RankReport::spilled, false},
    Column{"mapped", &RankReport::got_mapped, false},
    Column{"inline", &RankReport::got_inline, false},
    Column{"bulk", &RankReport::got_bulk, false},
    Column{"replica", &RankReport::got_replica, false},
    Column{"from spill", &RankReport::got_spilled, false},
    Column{"messages", &RankReport::messages_sent, false},
    Column{"sent", &RankReport::bytes_sent, true},
    Column{"received", &RankReport::bytes_received, true},
    Column{"served", &RankReport::requests_served, false},
};

std::string in_units(std::uint64_t value, bool is_bytes) {
  if (!is_bytes || value < 1024) return std::to_string(value);
  auto scaled = static_cast<double>(value);
  std::size_t unit = 0;
  constexpr std::array units = {"", "K", "M", "G", "T"};
  while (scaled >= 1024 && unit + 1 < units.size()) {
    scaled /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  char* const end = text.data() + text.size();
  char* const stop = std::to_chars(text.data(), end, scaled, std::chars_format::fixed, 1).ptr;
  return std::string(text.data(), stop) + units[unit];
}

std::string cell(const std::string& text) {
  constexpr std::size_t width = 11;
  return std::string(width > text.size() ? width - text.size() : 1, ' ') + text;
}

}  // namespace

std::vector<RankReport> report() {
  const auto runtime = partition::Runtime::current();
  if (!runtime || runtime->is_stopped()) {
    throw Error("mpi::report() needs an mpi::Environment that is not finalised");
  }
  const RankReport mine = runtime->report();
  std::vector<RankReport> all(static_cast<std::size_t>(runtime->size()));
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Iallgather(&mine, sizeof mine, MPI_BYTE, all.data(), sizeof mine, MPI_BYTE,
                       runtime->comm(), &request),
        "MPI_Iallgather");
  detail::wait(request, sizeof mine);
  return all;
}

std::string to_string(const std::vector<RankReport>& ranks) {
  std::string text = "mpi stores\n" + cell("rank") + cell("node");
  for (const Column& column : columns) text += cell(column.title);
  text += "\n";
  RankReport sum;
  for (const RankReport& rank : ranks) {
    text += cell(std::to_string(rank.rank)) + cell(std::to_string(rank.node));
    for (const Column& column : columns) {
      text += cell(in_units(rank.*column.value, column.is_bytes));
      sum.*column.value += rank.*column.value;
    }
    text += "\n";
  }
  text += cell("all") + cell("");
  for (const Column& column : columns) text += cell(in_units(sum.*column.value, column.is_bytes));
  return text + "\n";
}

}  // namespace proxystore::inline v0::mpi
