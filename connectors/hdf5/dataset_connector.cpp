// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// One dataset of one file, which somebody else wrote, as the only object of a store.
#include <atomic>
#include <memory>

#include "dataset.hpp"
#include "detail/connector_errors.hpp"
#include "library.hpp"
#include "object_file.hpp"
#include "options.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/connector_registry.hpp"

namespace proxystore::inline v0 {

namespace hdf5 {

class DatasetConnector final : public Connector {
 public:
  explicit DatasetConnector(Hdf5DatasetOptions options) : options_(std::move(options)) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "hdf5_dataset"; }
  [[nodiscard]] Capabilities capabilities() const noexcept override {
    return {Capability::persistent, Capability::shared};
  }
  [[nodiscard]] ConnectorConfig config() const override { return options_; }

  [[nodiscard]] Key put(std::span<const ByteSpan>, const PutOptions&) override {
    unsupported("put", "stores");
  }

  [[nodiscard]] std::optional<Bytes> get(const Key& key) override {
    require_open("get");
    const auto where = context("get", key);
    const Session session;
    const auto open = open_file(options_.file, where, Links::followed);
    if (!open) return std::nullopt;
    auto stored = read_object(open->file, options_.dataset, open->held, {}, where);
    if (!stored) return std::nullopt;
    return std::move(stored->object);
  }

  [[nodiscard]] std::optional<ObjectInfo> describe(const Key& key) override {
    require_open("describe");
    const auto where = context("describe", key);
    const Session session;
    const auto open = open_file(options_.file, where, Links::followed);
    if (!open) return std::nullopt;
    return describe_object(open->file, options_.dataset, where);
  }

  [[nodiscard]] std::vector<std::optional<ArrayBox>> get_boxes(
      std::span<const BoxRequest> requests) override {
    require_open("get_boxes");
    std::vector<std::optional<ArrayBox>> boxes(requests.size());
    if (requests.empty()) return boxes;
    const auto where = context("get_boxes", requests.front().key);
    const Session session;
    const auto open = open_file(options_.file, where, Links::followed);
    for (std::size_t i = 0; open && i < requests.size(); ++i) {
      boxes[i] = read_box(open->file, options_.dataset, open->held, requests[i].box,
                          requests[i].dtype, where);
    }
    return boxes;
  }

  [[nodiscard]] bool exists(const Key& key) override {
    require_open("exists");
    const auto where = context("exists", key);
    const Session session;
    const auto open = open_file(options_.file, where, Links::followed);
    return open && has_object(open->file, options_.dataset, where);
  }

  bool evict(const Key&) override { unsupported("evict", "stores"); }

  void close(const CloseOptions&) override { closed_ = true; }

 private:
  void require_open(std::string_view verb) const {
    if (closed_) detail::throw_closed(kind(), verb);
  }
  [[nodiscard]] ErrorContext context(std::string_view operation, const Key& key) const {
    return {.connector = "hdf5_dataset", .operation = std::string(operation), .key = key};
  }

  const Hdf5DatasetOptions options_;
  std::atomic<bool> closed_{false};
};

}  // namespace hdf5

namespace detail {

void register_hdf5_dataset(ConnectorRegistry& registry) {
  registry.add({.name = "hdf5_dataset",
                .aliases = {},
                .make =
                    [](const ConfigTable& options, OpenMode) {
                      return std::make_shared<hdf5::DatasetConnector>(hdf5::parse_dataset(options));
                    },
                .identity =
                    [](const ConfigTable& table) {
                      return ConnectorConfig(hdf5::parse_dataset(table)).options;
                    }});
}

}  // namespace detail
}  // namespace proxystore::inline v0
