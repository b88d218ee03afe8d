// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// The connectors of this library that need no server, plain and decorated.
#include <utility>

#include "conformance/tmpfs.hpp"
#include "decorators/delayed_connector.hpp"
#include "decorators/faulty_connector.hpp"
#include "decorators/recording_connector.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/connectors/multi.hpp"
#include "proxystore/connectors/null.hpp"
#include "suite.hpp"
#include "temporary_folder.hpp"

namespace proxystore::testing {

namespace {

std::shared_ptr<Connector> make(const ConnectorConfig& config) {
  return ConnectorRegistry::global().make(config);
}

/// A file store in a folder of its own, which goes away with the store.
template <class Folder>
std::shared_ptr<Connector> open_file(FileOptions options) {
  struct Both {
    Folder folder;
    std::shared_ptr<Connector> connector;
  };
  const auto both = std::make_shared<Both>();
  options.store_dir = both->folder.path() / "store";
  both->connector = make(options);
  return {both, both->connector.get()};
}

/// A file system that has room for one object of 2 MiB.
struct SmallDisk : Tmpfs {
  SmallDisk() : Tmpfs("2m") {}
};

ConnectorCase file_case(std::string name, const FileOptions& options) {
  ConnectorCase file{.name = std::move(name),
                     .open = [options] { return open_file<TemporaryFolder>(options); }};
  if (Tmpfs::obstacle().empty()) {
    file.open_small = [options] { return open_file<SmallDisk>(options); };
  }
  return file;
}

/// Every other size in memory, the others in files.
std::shared_ptr<Connector> open_multi_with_files() {
  struct Both {
    TemporaryFolder folder;
    std::shared_ptr<Connector> connector;
  };
  const auto both = std::make_shared<Both>();
  both->connector = make(MultiOptions{
      .children = {
          {.name = "files",
           .connector = FileOptions{.store_dir = both->folder.path() / "store"},
           .policy = {.max_size_bytes = 5000}},
          {.name = "memory", .connector = LocalOptions{}, .policy = {.min_size_bytes = 5001}}}});
  return {both, both->connector.get()};
}

template <class Decorator>
std::shared_ptr<Connector> open_decorated() {
  return std::make_shared<Decorator>(make(LocalOptions{}));
}

}  // namespace

std::vector<ConnectorCase> connector_cases() {
  using Read = FileOptions::Read;
  return {
      {.name = "local", .open = [] { return make(LocalOptions{}); }},
      {.name = "null", .open = [] { return make(NullOptions{}); }},
      {.name = "multi_of_one",
       .open =
           [] {
             return make(MultiOptions{
                 .children = {{.name = "only", .connector = LocalOptions{}, .policy = {}}}});
           }},
      {.name = "multi_by_size",
       .open =
           [] {
             return make(MultiOptions{
                 .children = {{.name = "large", .connector = LocalOptions{}, .policy = {}},
                              {.name = "small",
                               .connector = LocalOptions{},
                               .policy = {.priority = 1, .max_size_bytes = 1000}}}});
           }},
      {.name = "multi_with_files", .open = open_multi_with_files},
      file_case("file", {}),
      file_case("file_fanout", {.checksum = false, .fanout = 2}),
      file_case("file_mapped", {.read = Read::map}),
      file_case("file_copied", {.fsync = true, .fanout = 1, .read = Read::copy}),
      {.name = "recording", .open = open_decorated<RecordingConnector>},
      {.name = "faulty", .open = open_decorated<FaultyConnector>},
      {.name = "delayed",
       .open =
           [] {
             return std::make_shared<DelayedConnector>(make(LocalOptions{}),
                                                       DelayedConnector::Latency(200));
           }},
  };
}

}  // namespace proxystore::testing
