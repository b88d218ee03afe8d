// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Keeps nothing, and so shows what a store costs without its medium.
#include <atomic>

#include "detail/connector_errors.hpp"
#include "detail/options_reader.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/null.hpp"

namespace proxystore::inline v0 {

namespace {

class NullConnector final : public Connector {
 public:
  [[nodiscard]] std::string_view kind() const noexcept override { return "null"; }
  [[nodiscard]] Capabilities capabilities() const noexcept override { return {Capability::shared}; }
  [[nodiscard]] ConnectorConfig config() const override { return NullOptions{}; }

  [[nodiscard]] Key put(std::span<const ByteSpan> parts, const PutOptions&) override {
    require_open("put");
    Key key = Key::random();
    key.size = joined_size(parts);
    return key;
  }
  [[nodiscard]] std::optional<Bytes> get(const Key&) override {
    require_open("get");
    return std::nullopt;
  }
  [[nodiscard]] bool exists(const Key&) override {
    require_open("exists");
    return false;
  }
  bool evict(const Key&) override {
    require_open("evict");
    return false;
  }
  void close(const CloseOptions&) override { closed_ = true; }

 private:
  void require_open(std::string_view verb) const {
    if (closed_) detail::throw_closed(kind(), verb);
  }

  std::atomic<bool> closed_{false};
};

}  // namespace

NullOptions::operator ConnectorConfig() const {
  return {.kind = "null"};
}

namespace detail {

void register_null(ConnectorRegistry& registry) {
  registry.add({.name = "null",
                .make =
                    [](const ConfigTable& options, OpenMode) {
                      OptionsReader("null", options).finish();
                      return std::make_shared<NullConnector>();
                    },
                .identity =
                    [](const ConfigTable& options) {
                      OptionsReader("null", options).finish();
                      return ConfigTable{};
                    }});
}

}  // namespace detail
}  // namespace proxystore::inline v0
