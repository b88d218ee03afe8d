// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "mpi_layout.hpp"

#include <array>
#include <cstdlib>
#include <map>

#include <unistd.h>

#include "proxystore/mpi/environment.hpp"
#include "proxystore/mpi/message.hpp"
#include "proxystore/mpi/report.hpp"

namespace tool {

namespace ps = proxystore;

namespace {

std::string name_of(ps::mpi::ThreadLevel level) {
  switch (level) {
    case ps::mpi::ThreadLevel::single:
      return "single";
    case ps::mpi::ThreadLevel::funneled:
      return "funneled";
    case ps::mpi::ThreadLevel::serialized:
      return "serialized";
    default:
      return "multiple";
  }
}

std::string this_host() {
  std::array<char, 256> host{};
  return ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "unknown";
}

/// Such as "0-3, 8".
std::string ranges(const std::vector<int>& ranks) {
  std::string text;
  for (std::size_t i = 0; i < ranks.size();) {
    std::size_t end = i;
    while (end + 1 < ranks.size() && ranks[end + 1] == ranks[end] + 1) ++end;
    text += (text.empty() ? "" : ", ") + std::to_string(ranks[i]);
    if (end > i) text += "-" + std::to_string(ranks[end]);
    i = end + 1;
  }
  return text;
}

}  // namespace

std::string mpi_library() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  if (MPI_Get_library_version(text.data(), &length) != MPI_SUCCESS) return "unknown";
  const std::string all(text.data());  // not all libraries agree on what the length is of
  return all.substr(0, all.find('\n'));
}

bool is_under_mpirun() noexcept {
  for (const char* name :
       {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK", "MV2_COMM_WORLD_SIZE"}) {
    if (std::getenv(name) != nullptr) return true;
  }
  return false;
}

std::optional<Layout> mpi_layout(int& argc, char**& argv) {
  ps::mpi::Environment env(argc, argv);
  const auto hosts = ps::mpi::gather(this_host(), {.root = 0, .comm = env.comm()});
  const auto reports = ps::mpi::report();
  std::optional<Layout> layout;
  if (env.rank() == 0) {
    layout = Layout{.ranks = env.size(), .thread_level = name_of(env.thread_level())};
    std::map<int, Node> nodes;
    for (const auto& report : reports) {
      Node& node = nodes[report.node];
      node.host = hosts.at(static_cast<std::size_t>(report.rank));
      node.ranks.push_back(report.rank);
    }
    for (auto& [number, node] : nodes) layout->nodes.push_back(std::move(node));
  }
  env.finalize();
  return layout;
}

Json to_json(const Layout& layout) {
  Json nodes = Json::array();
  for (const Node& node : layout.nodes)
    nodes.push_back({{"host", node.host}, {"ranks", node.ranks}});
  return {{"count", layout.ranks}, {"thread_level", layout.thread_level}, {"nodes", nodes}};
}

std::string to_text(const Layout& layout) {
  std::string text = std::to_string(layout.ranks) + (layout.ranks == 1 ? " rank" : " ranks") +
                     " on " + std::to_string(layout.nodes.size()) +
                     (layout.nodes.size() == 1 ? " node" : " nodes") + ", thread level " +
                     layout.thread_level + "\n";
  Lines lines;
  for (const Node& node : layout.nodes) {
    lines.emplace_back("  " + printable(node.host),
                       (node.ranks.size() == 1 ? "rank " : "ranks ") + ranges(node.ranks));
  }
  return text + to_columns(lines);
}

}  // namespace tool
