// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "conformance/suite.hpp"
#include "conformance/temporary_folder.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/hdf5.hpp"
#include "proxystore/connectors/multi.hpp"

namespace proxystore::testing {

namespace {

/// A store in a folder that goes with it.
std::shared_ptr<Connector> open_in_folder(const std::function<ConnectorConfig(Hdf5Options)>& with) {
  struct Both {
    TemporaryFolder folder;
    std::shared_ptr<Connector> connector;
  };
  const auto both = std::make_shared<Both>();
  both->connector =
      ConnectorRegistry::global().make(with({.store_dir = both->folder.path() / "objects"}));
  return {both, both->connector.get()};
}

ConnectorCase hdf5_case(std::string name, std::function<ConnectorConfig(Hdf5Options)> with) {
  return {.name = std::move(name),
          .open = [with = std::move(with)] { return open_in_folder(with); }};
}

}  // namespace

std::vector<ConnectorCase> connector_cases() {
  return {
      hdf5_case("hdf5", [](const Hdf5Options& options) { return options; }),
      hdf5_case("hdf5_compressed",
                [](Hdf5Options options) {
                  options.deflate = 1;
                  options.fletcher32 = true;
                  options.chunk_size = 100'000;
                  options.checksum = false;
                  return options;
                }),
      hdf5_case("hdf5_in_multi",
                [](const Hdf5Options& options) {
                  return MultiOptions{
                      .children = {{.name = "only", .connector = options, .policy = {}}}};
                }),
  };
}

}  // namespace proxystore::testing
