// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// A third party proves its own connector with the installed suite.
#include <map>
#include <memory>
#include <mutex>

#include <proxystore/proxystore.hpp>

#include "conformance/suite.hpp"

namespace ps = proxystore;

namespace {

/// Objects in a map that all connectors of one store share.
struct Objects {
  std::int64_t number;
  std::mutex mutex;
  std::map<ps::Key, ps::Bytes> all;
};

/// The stores of this program, by the number that stands in their configuration.
std::map<std::int64_t, std::shared_ptr<Objects>> stores;

class MapConnector final : public ps::Connector {
 public:
  explicit MapConnector(std::shared_ptr<Objects> objects) : objects_(std::move(objects)) {}

  std::string_view kind() const noexcept override { return "map"; }
  ps::Capabilities capabilities() const noexcept override {
    return {ps::Capability::stores, ps::Capability::zero_copy};
  }
  ps::ConnectorConfig config() const override {
    return {.kind = "map", .options = {{"number", objects_->number}}};
  }

  ps::Key put(std::span<const ps::ByteSpan> parts, const ps::PutOptions&) override {
    const std::lock_guard lock(mutex());
    ps::Key key = ps::Key::random();
    key.size = objects_->all.emplace(key, ps::Bytes::copy_of(parts)).first->second.size();
    return key;
  }
  std::optional<ps::Bytes> get(const ps::Key& key) override {
    const std::lock_guard lock(mutex());
    const auto found = objects_->all.find(key);
    if (found == objects_->all.end()) return std::nullopt;
    return found->second;
  }
  bool exists(const ps::Key& key) override {
    const std::lock_guard lock(mutex());
    return objects_->all.contains(key);
  }
  bool evict(const ps::Key& key) override {
    const std::lock_guard lock(mutex());
    return objects_->all.erase(key) != 0;
  }
  void close(const ps::CloseOptions&) override { closed_ = true; }

 private:
  std::mutex& mutex() const {
    if (closed_) throw ps::StoreClosedError("the map connector is closed");
    return objects_->mutex;
  }

  std::shared_ptr<Objects> objects_;
  std::atomic<bool> closed_{false};
};

}  // namespace

std::vector<ps::testing::ConnectorCase> ps::testing::connector_cases() {
  const auto open = [] {
    auto objects = std::make_shared<Objects>();
    objects->number = static_cast<std::int64_t>(stores.size());
    stores[objects->number] = objects;
    return std::make_shared<MapConnector>(objects);
  };
  const auto reopen = [](const ps::ConnectorConfig& config) {
    return std::make_shared<MapConnector>(
        stores.at(*config.options.at("number").get_if<std::int64_t>()));
  };
  return {{.name = "map", .open = open, .reopen = reopen, .works_in_forked_process = false}};
}
