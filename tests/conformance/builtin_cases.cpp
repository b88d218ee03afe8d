// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// The connectors of this library that need no server, plain and decorated.
#include <utility>

#include "decorators/delayed_connector.hpp"
#include "decorators/faulty_connector.hpp"
#include "decorators/recording_connector.hpp"
#include "file/tests/tmpfs.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
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
