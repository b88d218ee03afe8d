// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "forwarding_connector.hpp"

#include <type_traits>

namespace proxystore::testing {

namespace {

std::size_t size_of(const std::optional<Bytes>& object) {
  return object ? object->size() : 0;
}

}  // namespace

/// Runs @p body, which calls the inner connector and completes the call's description, between the
/// two hooks.
template <class Body>
auto ForwardingConnector::forward(Call call, const Body& body) const {
  call.number = ++counts_[static_cast<std::size_t>(call.verb)];
  before(call);
  const auto run = [&] {
    try {
      return body(call);
    } catch (...) {
      call.has_failed = true;
      after(call);
      throw;
    }
  };
  if constexpr (std::is_void_v<decltype(run())>) {
    run();
    after(call);
  } else {
    auto result = run();
    after(call);
    return result;
  }
}

ConnectorConfig ForwardingConnector::config() const {
  return forward({.verb = Verb::config}, [&](Call&) { return inner_->config(); });
}

Key ForwardingConnector::put(std::span<const ByteSpan> parts, const PutOptions& options) {
  return forward({.verb = Verb::put, .bytes = joined_size(parts)}, [&](Call& call) {
    const Key key = inner_->put(parts, options);
    call.key = key;
    return key;
  });
}

class ForwardingConnector::Builder final : public ObjectBuilder {
 public:
  Builder(const ForwardingConnector& connector, std::unique_ptr<ObjectBuilder> inner)
      : connector_(connector), inner_(std::move(inner)) {}

  [[nodiscard]] std::span<std::byte> memory() noexcept override { return inner_->memory(); }
  [[nodiscard]] Key publish() override {
    return connector_.forward({.verb = Verb::publish, .bytes = memory().size()}, [&](Call& call) {
      const Key key = inner_->publish();
      call.key = key;
      return key;
    });
  }

 private:
  const ForwardingConnector& connector_;
  const std::unique_ptr<ObjectBuilder> inner_;
};

std::unique_ptr<ObjectBuilder> ForwardingConnector::create(std::size_t size,
                                                           const PutOptions& options) {
  return forward({.verb = Verb::create, .bytes = size}, [&](Call&) {
    return std::unique_ptr<ObjectBuilder>(
        std::make_unique<Builder>(*this, inner_->create(size, options)));
  });
}

std::optional<Bytes> ForwardingConnector::get(const Key& key) {
  return forward({.verb = Verb::get, .key = key}, [&](Call& call) {
    auto object = inner_->get(key);
    call.bytes = size_of(object);
    return object;
  });
}

std::optional<std::size_t> ForwardingConnector::get_into(const Key& key,
                                                         std::span<std::byte> target) {
  return forward({.verb = Verb::get_into, .key = key}, [&](Call& call) {
    const auto size = inner_->get_into(key, target);
    call.bytes = size.value_or(0);
    return size;
  });
}

std::optional<Bytes> ForwardingConnector::get_range(const Key& key, std::size_t offset,
                                                    std::size_t length) {
  return forward({.verb = Verb::get_range, .key = key}, [&](Call& call) {
    auto range = inner_->get_range(key, offset, length);
    call.bytes = size_of(range);
    return range;
  });
}

std::optional<ObjectInfo> ForwardingConnector::describe(const Key& key) {
  return forward({.verb = Verb::describe, .key = key},
                 [&](Call&) { return inner_->describe(key); });
}

std::vector<std::optional<ArrayBox>> ForwardingConnector::get_boxes(
    std::span<const BoxRequest> requests) {
  return forward({.verb = Verb::get_boxes, .objects = requests.size()}, [&](Call& call) {
    auto boxes = inner_->get_boxes(requests);
    for (const auto& box : boxes) call.bytes += box ? box->memory.size() : 0;
    return boxes;
  });
}

bool ForwardingConnector::exists(const Key& key) {
  return forward({.verb = Verb::exists, .key = key}, [&](Call&) { return inner_->exists(key); });
}

bool ForwardingConnector::evict(const Key& key) {
  return forward({.verb = Verb::evict, .key = key}, [&](Call&) { return inner_->evict(key); });
}

std::vector<Key> ForwardingConnector::put_batch(std::span<const PutRequest> requests) {
  std::size_t bytes = 0;
  for (const auto& request : requests) bytes += joined_size(request.parts);
  return forward({.verb = Verb::put_batch, .bytes = bytes, .objects = requests.size()},
                 [&](Call&) { return inner_->put_batch(requests); });
}

std::vector<std::optional<Bytes>> ForwardingConnector::get_batch(std::span<const Key> keys) {
  return forward({.verb = Verb::get_batch, .objects = keys.size()}, [&](Call& call) {
    auto objects = inner_->get_batch(keys);
    for (const auto& object : objects) call.bytes += size_of(object);
    return objects;
  });
}

std::vector<bool> ForwardingConnector::exists_batch(std::span<const Key> keys) {
  return forward({.verb = Verb::exists_batch, .objects = keys.size()},
                 [&](Call&) { return inner_->exists_batch(keys); });
}

void ForwardingConnector::evict_batch(std::span<const Key> keys) {
  forward({.verb = Verb::evict_batch, .objects = keys.size()},
          [&](Call&) { inner_->evict_batch(keys); });
}

void ForwardingConnector::list(const std::function<bool(const Key&)>& visit) {
  forward({.verb = Verb::list, .objects = 0}, [&](Call& call) {
    inner_->list([&](const Key& key) {
      ++call.objects;
      return visit(key);
    });
  });
}

Key ForwardingConnector::new_key() {
  return forward({.verb = Verb::new_key}, [&](Call& call) {
    const Key key = inner_->new_key();
    call.key = key;
    return key;
  });
}

void ForwardingConnector::set(const Key& key, std::span<const ByteSpan> parts,
                              const PutOptions& options) {
  forward({.verb = Verb::set, .key = key, .bytes = joined_size(parts)},
          [&](Call&) { inner_->set(key, parts, options); });
}

bool ForwardingConnector::wait(const Key& key, std::chrono::milliseconds timeout) {
  return forward({.verb = Verb::wait, .key = key},
                 [&](Call&) { return inner_->wait(key, timeout); });
}

std::optional<Lease> ForwardingConnector::lease(const Key& key, LeaseMode mode,
                                                std::chrono::milliseconds ttl) {
  return forward({.verb = Verb::lease, .key = key},
                 [&](Call&) { return inner_->lease(key, mode, ttl); });
}

bool ForwardingConnector::renew(const Lease& lease, std::chrono::milliseconds ttl) {
  return forward({.verb = Verb::renew, .key = lease.key},
                 [&](Call&) { return inner_->renew(lease, ttl); });
}

void ForwardingConnector::retire(const Key& key) {
  forward({.verb = Verb::retire, .key = key}, [&](Call&) { inner_->retire(key); });
}

void ForwardingConnector::unlease(const Lease& lease) {
  forward({.verb = Verb::unlease, .key = lease.key}, [&](Call&) { inner_->unlease(lease); });
}

void ForwardingConnector::close(const CloseOptions& options) {
  forward({.verb = Verb::close}, [&](Call&) { inner_->close(options); });
}

}  // namespace proxystore::testing
