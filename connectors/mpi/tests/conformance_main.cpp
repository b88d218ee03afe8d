// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// The conformance suite on every rank at once: each rank runs all of it on stores of its own, while
// it serves the others. Where the test splits the node, objects that are placed elsewhere go
// through messages.
#include <cstdio>
#include <utility>

#include "conformance/suite.hpp"
#include "decorators/forwarding_connector.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/mpi.hpp"
#include "proxystore/mpi/environment.hpp"

namespace proxystore::testing {

namespace {

using Placement = MpiOptions::Placement;

std::shared_ptr<Connector> open(Placement placement) {
  return ConnectorRegistry::global().make(MpiOptions{.placement = placement});
}

/// Puts everything into the memory of the next rank.
class NextRank final : public ForwardingConnector {
 public:
  using ForwardingConnector::ForwardingConnector;

  Key put(std::span<const ByteSpan> parts, const PutOptions& options) override {
    return ForwardingConnector::put(parts, with_rank(options));
  }
  std::vector<Key> put_batch(std::span<const PutRequest> requests) override {
    std::vector<PutRequest> changed(requests.begin(), requests.end());
    for (auto& request : changed) request.options = with_rank(request.options);
    return ForwardingConnector::put_batch(changed);
  }

 private:
  static PutOptions with_rank(PutOptions options) {
    const auto& environment = mpi::Environment::require();
    options.rank = (environment.rank() + 1) % environment.size();
    return options;
  }
};

}  // namespace

std::vector<ConnectorCase> connector_cases() {
  const auto make = [](std::string name, std::function<std::shared_ptr<Connector>()> open_case) {
    const bool is_near = name == "local";
    return ConnectorCase{.name = std::move(name),
                         .open = std::move(open_case),
                         .works_in_forked_process = false,
                         .stores_are_apart = false,
                         .copies_by_place = !is_near};
  };
  return {make("local", [] { return open(Placement::local); }),
          make("round_robin", [] { return open(Placement::round_robin); }),
          make("hash", [] { return open(Placement::hash); }),
          make("next_rank", [] { return std::make_shared<NextRank>(open(Placement::local)); })};
}

}  // namespace proxystore::testing

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  return proxystore::mpi::run(argc, argv, [](proxystore::mpi::Environment& environment) {
    const int failed = RUN_ALL_TESTS();
    if (failed != 0) std::printf("rank %d failed\n", environment.rank());
    if (::testing::UnitTest::GetInstance()->test_to_run_count() == 0) return 1;
    return failed;
  });
}
