// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Several connectors as one. A put goes to the first child, from the highest priority on, whose
// policy takes the object; the lowest 8 bits of the key's flags then say which that was, as its
// place in the order of the children's names. So everything else finds its child without asking
// any other, and a configuration that is read elsewhere gives the same places.
//
// A child whose policy excludes this host is dormant: it keeps its place, and is not opened.
#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

#include "detail/connector_errors.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/multi.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace multi {

namespace {

constexpr std::size_t most_children = Key::child_mask + 1;

struct Child {
  std::string name;
  Policy policy;
  ConnectorConfig config;
  std::shared_ptr<Connector> connector;  // null if dormant
};

[[noreturn]] void fail(const std::string& what) {
  throw ConfigError("multi connector: " + what, {.connector = "multi", .operation = "open"});
}

/// A child's part of the options: an array of its kind, its options and its policy.
Child read_child(const std::string& name, const ConfigValue& value) {
  const auto* parts = value.get_if<ConfigArray>();
  const auto wrong = [&] {
    fail("the child '" + name +
         "' is given as [kind, {options}, {policy}], of which the policy may be left out");
  };
  if (parts == nullptr || parts->size() < 2 || parts->size() > 3) wrong();
  const auto* kind = (*parts)[0].get_if<std::string>();
  const auto* options = (*parts)[1].get_if<ConfigTable>();
  if (kind == nullptr || options == nullptr) wrong();
  Child child{
      .name = name, .policy = {}, .config = {.kind = *kind, .options = *options}, .connector = {}};
  if (parts->size() == 3) {
    const auto* policy = (*parts)[2].get_if<ConfigTable>();
    if (policy == nullptr) wrong();
    child.policy = Policy::from_table(*policy);
  }
  return child;
}

std::vector<Child> read_children(const ConfigTable& options) {
  if (options.empty()) fail("it has no children: give each as name = [kind, {options}, {policy}]");
  if (options.size() > most_children) {
    fail("it has " + std::to_string(options.size()) + " children; it can have " +
         std::to_string(most_children));
  }
  std::vector<Child> children;
  for (const auto& [name, value] : options) children.push_back(read_child(name, value));
  return children;
}

ConfigValue to_config(const Child& child) {
  const ConnectorConfig config = child.connector ? child.connector->config() : child.config;
  return ConfigArray{config.kind, config.options, child.policy.as_table()};
}

ConfigTable identity(const ConfigTable& options) {
  ConfigTable table;
  for (const Child& child : read_children(options)) {
    ConnectorConfig config = child.config;
    try {
      config = ConnectorRegistry::global().identity(config);
    } catch (const ConfigError&) {  // a kind that this build lacks may be dormant here
    }
    table[child.name] = ConfigArray{config.kind, config.options};
  }
  return table;
}

Key for_child(Key key) {
  key.flags &= ~Key::child_mask;
  return key;
}

Key with_place(Key key, std::size_t place) {
  key.flags = (key.flags & ~Key::child_mask) | static_cast<std::uint32_t>(place);
  return key;
}

/// A child's builder, whose key says so.
class Builder final : public ObjectBuilder {
 public:
  Builder(std::unique_ptr<ObjectBuilder> inner, std::size_t place)
      : inner_(std::move(inner)), place_(place) {}
  std::span<std::byte> memory() noexcept override { return inner_->memory(); }
  Key publish() override { return with_place(inner_->publish(), place_); }

 private:
  const std::unique_ptr<ObjectBuilder> inner_;
  const std::size_t place_;
};

class MultiConnector final : public Connector {
 public:
  MultiConnector(const ConfigTable& options, OpenMode mode) : children_(read_children(options)) {
    for (Child& child : children_) {
      if (child.policy.is_valid_on_host()) {
        child.connector = ConnectorRegistry::global().make(child.config, mode);
        if (child.connector->kind() != kind()) continue;
        fail("the child '" + child.name + "' is a multi connector itself, and keys have room for " +
             "one; give its children instead");
      }
    }
    by_priority_.resize(children_.size());
    std::iota(by_priority_.begin(), by_priority_.end(), std::size_t{0});
    std::stable_sort(by_priority_.begin(), by_priority_.end(), [&](std::size_t a, std::size_t b) {
      return children_[a].policy.priority > children_[b].policy.priority;
    });
    find_capabilities();
  }

  [[nodiscard]] std::string_view kind() const noexcept override { return "multi"; }
  [[nodiscard]] Capabilities capabilities() const noexcept override { return capabilities_; }

  [[nodiscard]] ConnectorConfig config() const override {
    ConnectorConfig config{.kind = "multi", .options = {}};
    for (const Child& child : children_) config.options[child.name] = to_config(child);
    return config;
  }

  [[nodiscard]] Key put(std::span<const ByteSpan> parts, const PutOptions& options) override {
    require_open("put");
    const std::size_t place = choose(joined_size(parts), options);
    return with_place(children_[place].connector->put(parts, options), place);
  }

  [[nodiscard]] std::unique_ptr<ObjectBuilder> create(std::size_t size,
                                                      const PutOptions& options) override {
    require_open("create");
    const std::size_t place = choose(size, options);
    return std::make_unique<Builder>(children_[place].connector->create(size, options), place);
  }

  [[nodiscard]] std::optional<Bytes> get(const Key& key) override {
    return child_of(key, "get").get(for_child(key));
  }
  [[nodiscard]] bool allows_background(const Key& key) const noexcept override {
    const std::size_t place = key.flags & Key::child_mask;
    if (place >= children_.size() || !children_[place].connector) return true;  // get() says why
    return children_[place].connector->allows_background(for_child(key));
  }
  [[nodiscard]] std::optional<std::size_t> get_into(const Key& key,
                                                    std::span<std::byte> target) override {
    return child_of(key, "get_into").get_into(for_child(key), target);
  }
  [[nodiscard]] std::optional<Bytes> get_range(const Key& key, std::size_t offset,
                                               std::size_t length) override {
    return child_of(key, "get_range").get_range(for_child(key), offset, length);
  }
  [[nodiscard]] std::optional<ObjectInfo> describe(const Key& key) override {
    return child_of(key, "describe").describe(for_child(key));
  }
  [[nodiscard]] std::vector<std::optional<ArrayBox>> get_boxes(
      std::span<const BoxRequest> requests) override {
    std::vector<Key> keys;
    for (const BoxRequest& request : requests) keys.push_back(request.key);
    std::vector<std::optional<ArrayBox>> boxes(requests.size());
    for_each_child(keys, "get_boxes",
                   [&](Connector& child, std::span<const Key> some, const auto& indices) {
                     std::vector<BoxRequest> own;
                     for (std::size_t n = 0; n < some.size(); ++n) {
                       own.push_back(requests[indices[n]]);
                       own.back().key = some[n];
                     }
                     auto got = child.get_boxes(own);
                     for (std::size_t n = 0; n < some.size(); ++n) {
                       boxes[indices[n]] = std::move(got[n]);
                     }
                   });
    return boxes;
  }
  [[nodiscard]] bool exists(const Key& key) override {
    return child_of(key, "exists").exists(for_child(key));
  }
  bool evict(const Key& key) override { return child_of(key, "evict").evict(for_child(key)); }

  /// All of it or nothing: what some children took is evicted if another one fails.
  [[nodiscard]] std::vector<Key> put_batch(std::span<const PutRequest> requests) override {
    require_open("put_batch");
    std::map<std::size_t, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      groups[choose(joined_size(requests[i].parts), requests[i].options)].push_back(i);
    }
    std::vector<Key> keys(requests.size());
    std::vector<Key> done;
    try {
      for (const auto& [place, indices] : groups) {
        std::vector<PutRequest> some;
        for (const std::size_t i : indices) some.push_back(requests[i]);
        const auto put = children_[place].connector->put_batch(some);
        for (std::size_t n = 0; n < indices.size(); ++n) {
          keys[indices[n]] = with_place(put[n], place);
          done.push_back(keys[indices[n]]);
        }
      }
    } catch (...) {
      try {
        evict_batch(done);
      } catch (const Error&) {  // the first error is the one to report
      }
      throw;
    }
    return keys;
  }

  [[nodiscard]] std::vector<std::optional<Bytes>> get_batch(std::span<const Key> keys) override {
    return gather<std::optional<Bytes>>(
        keys, "get_batch",
        [](Connector& child, std::span<const Key> some) { return child.get_batch(some); });
  }
  [[nodiscard]] std::vector<bool> exists_batch(std::span<const Key> keys) override {
    return gather<bool>(keys, "exists_batch", [](Connector& child, std::span<const Key> some) {
      return child.exists_batch(some);
    });
  }
  void evict_batch(std::span<const Key> keys) override {
    for_each_child(
        keys, "evict_batch",
        [](Connector& child, std::span<const Key> some, const auto&) { child.evict_batch(some); });
  }

  void list(const std::function<bool(const Key&)>& visit) override {
    require_open("list");
    bool wants_more = true;
    for (std::size_t place = 0; place < children_.size() && wants_more; ++place) {
      if (!children_[place].connector) continue;
      children_[place].connector->list(
          [&](const Key& key) { return wants_more = visit(with_place(key, place)); });
    }
  }

  /// The first child by priority that has deferred objects: their sizes and tags are not known yet.
  [[nodiscard]] Key new_key() override {
    require_open("new_key");
    if (!deferring_) unsupported("new_key", "deferrable");
    return with_place(children_[*deferring_].connector->new_key(), *deferring_);
  }
  void set(const Key& key, std::span<const ByteSpan> parts, const PutOptions& options) override {
    child_of(key, "set").set(for_child(key), parts, options);
  }
  [[nodiscard]] bool wait(const Key& key, std::chrono::milliseconds timeout) override {
    return child_of(key, "wait").wait(for_child(key), timeout);
  }

  [[nodiscard]] std::optional<Lease> lease(const Key& key, LeaseMode mode,
                                           std::chrono::milliseconds ttl) override {
    auto lease = child_of(key, "lease").lease(for_child(key), mode, ttl);
    if (lease) lease->key = key;
    return lease;
  }
  [[nodiscard]] bool renew(const Lease& lease, std::chrono::milliseconds ttl) override {
    return child_of(lease.key, "renew").renew(of_child(lease), ttl);
  }
  void unlease(const Lease& lease) override {
    child_of(lease.key, "unlease").unlease(of_child(lease));
  }
  void retire(const Key& key) override { child_of(key, "retire").retire(for_child(key)); }

  [[nodiscard]] bool clears_on_close() const noexcept override {
    return std::any_of(children_.begin(), children_.end(), [](const Child& child) {
      return child.connector && child.connector->clears_on_close();
    });
  }

  /// Every time, all children: those that are closed do nothing, one that failed goes on.
  void close(const CloseOptions& options) override {
    closed_ = true;
    std::exception_ptr first;
    for (const Child& child : children_) {
      try {
        if (child.connector) child.connector->close(options);
      } catch (...) {
        if (!first) first = std::current_exception();
      }
    }
    if (first) std::rethrow_exception(first);
  }

 private:
  void require_open(std::string_view verb) const {
    if (closed_) detail::throw_closed(kind(), verb);
  }

  /// What holds for every object that may be put here; what is offered for some keys only is
  /// offered, if all children that give such keys have it.
  void find_capabilities() {
    const auto all = [&](Capability one) {
      return std::all_of(children_.begin(), children_.end(), [&](const Child& child) {
        return !child.connector || child.connector->capabilities().has(one);
      });
    };
    for (const std::size_t place : by_priority_) {
      const auto& connector = children_[place].connector;
      if (connector && connector->capabilities().has(Capability::deferrable)) {
        deferring_ = place;
        break;
      }
    }
    std::vector<Capability> has;
    for (const Capability one : {Capability::lease, Capability::zero_copy, Capability::persistent,
                                 Capability::shared, Capability::stores, Capability::list}) {
      if (all(one)) has.push_back(one);
    }
    if (deferring_) {
      has.push_back(Capability::deferrable);
      if (children_[*deferring_].connector->capabilities().has(Capability::wait)) {
        has.push_back(Capability::wait);
      }
    }
    for (const Capability one : has) capabilities_ = capabilities_.with(one);
  }

  [[nodiscard]] std::size_t choose(std::uint64_t size, const PutOptions& options) const {
    for (const std::size_t place : by_priority_) {
      const Child& child = children_[place];
      if (child.connector &&
          child.policy.is_valid(size, options.subset_tags, options.superset_tags)) {
        return place;
      }
    }
    throw MultiConnectorError("no child's policy is suitable for the constraints of an object of " +
                                  std::to_string(size) + " bytes" + tags(options) +
                                  "; the children are " + list_of_children(),
                              {.connector = "multi", .operation = "put"});
  }

  [[nodiscard]] static std::string tags(const PutOptions& options) {
    std::string text;
    for (const auto& tag : options.subset_tags) text += " with the subset tag '" + tag + "'";
    for (const auto& tag : options.superset_tags) text += " with the superset tag '" + tag + "'";
    return text;
  }

  [[nodiscard]] std::string list_of_children() const {
    std::string text;
    for (const Child& child : children_) {
      if (!text.empty()) text += ", ";
      text += "'" + child.name + "' (" + std::to_string(child.policy.min_size_bytes) + " to " +
              (child.policy.max_size_bytes == Policy::no_limit
                   ? std::string("any number of")
                   : std::to_string(child.policy.max_size_bytes)) +
              " bytes" + (child.connector ? ")" : ", dormant on this host)");
    }
    return text;
  }

  [[nodiscard]] Connector& child_of(const Key& key, std::string_view verb) const {
    require_open(verb);
    const std::size_t place = key.flags & Key::child_mask;
    const ErrorContext context{.connector = "multi", .operation = std::string(verb), .key = key};
    if (place >= children_.size()) {
      throw MultiConnectorError("the object " + key.to_string() + " is of child number " +
                                    std::to_string(place) + ", which does not exist; there are " +
                                    std::to_string(children_.size()),
                                context);
    }
    const Child& child = children_[place];
    if (!child.connector) {
      throw MultiConnectorError("the object " + key.to_string() + " is of the child '" +
                                    child.name + "', which is dormant on this host",
                                context);
    }
    return *child.connector;
  }

  [[nodiscard]] static Lease of_child(Lease lease) {
    lease.key = for_child(lease.key);
    return lease;
  }

  /// Calls @p function once for each child that has some of @p keys, with those, and with their
  /// places among all.
  template <class Function>
  void for_each_child(std::span<const Key> keys, std::string_view verb,
                      const Function& function) const {
    require_open(verb);
    std::map<Connector*, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < keys.size(); ++i) groups[&child_of(keys[i], verb)].push_back(i);
    for (const auto& [child, indices] : groups) {
      std::vector<Key> some;
      for (const std::size_t i : indices) some.push_back(for_child(keys[i]));
      function(*child, some, indices);
    }
  }

  template <class Answer, class Ask>
  std::vector<Answer> gather(std::span<const Key> keys, std::string_view verb,
                             const Ask& ask) const {
    std::vector<Answer> answers(keys.size());
    for_each_child(keys, verb,
                   [&](Connector& child, std::span<const Key> some, const auto& indices) {
                     auto part = ask(child, some);
                     for (std::size_t n = 0; n < indices.size(); ++n) {
                       answers[indices[n]] = std::move(part[n]);
                     }
                   });
    return answers;
  }

  std::vector<Child> children_;
  std::vector<std::size_t> by_priority_;
  std::optional<std::size_t> deferring_;
  Capabilities capabilities_;
  std::atomic<bool> closed_{false};
};

}  // namespace

}  // namespace multi

MultiOptions::operator ConnectorConfig() const {
  ConnectorConfig config{.kind = "multi", .options = {}};
  for (const MultiChild& child : children) {
    if (child.name.empty()) multi::fail("a child has no name");
    const auto [at, is_new] = config.options.emplace(
        child.name,
        ConfigArray{child.connector.kind, child.connector.options, child.policy.as_table()});
    if (!is_new) multi::fail("two children have the name '" + child.name + "'");
  }
  return config;
}

namespace detail {

void register_multi(ConnectorRegistry& registry) {
  registry.add(
      {.name = "multi",
       .aliases = {"proxystore.connectors.multi.MultiConnector"},
       .make = [](const ConfigTable& options,
                  OpenMode mode) { return std::make_shared<multi::MultiConnector>(options, mode); },
       .identity = multi::identity});
}

}  // namespace detail
}  // namespace proxystore::inline v0
