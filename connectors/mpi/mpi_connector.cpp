// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Where an object is, its key tells: the rank, the slot in that rank's table, and its generation.
// So nobody is asked where something is. On the node everything is done by reading and writing
// shared memory (node_memory.cpp), off the node by a request (exchange.cpp).
//
// put     local: reserve memory in the own partition, copy, publish.
//         to another rank: remote_put.cpp.
// set     put the bytes in the own partition, then let the key's slot name them, on the node by an
//         atomic exchange, off the node by a request. If that fails the bytes are evicted again.
// get     fetcher.cpp. Of a key's slot that names an object elsewhere: ask there; if it is gone
// when
//         the answer comes, a newer version was set meanwhile, and the key's slot is asked again.
#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "detail/connector_errors.hpp"
#include "detail/deadline.hpp"
#include "detail/options_reader.hpp"
#include "fetcher.hpp"
#include "liveness.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/mpi.hpp"
#include "proxystore/error.hpp"
#include "remote_put.hpp"
#include "runtime.hpp"

namespace proxystore::inline v0 {

namespace partition {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using Placement = MpiOptions::Placement;

ErrorContext context(std::string_view operation, const Key& key) {
  return {.connector = "mpi", .operation = std::string(operation), .key = key};
}

/// Which rank the next object goes to, if not to the caller.
class Placer {
 public:
  Placer(Placement placement, int rank, int size)
      : placement_(placement),
        size_(static_cast<unsigned>(size)),
        next_(static_cast<unsigned>(rank)) {}

  [[nodiscard]] Placement placement() const noexcept { return placement_; }

  [[nodiscard]] std::uint32_t place(const Key& key) noexcept {
    if (placement_ == Placement::round_robin) return next_.fetch_add(1) % size_;
    return static_cast<std::uint32_t>(std::hash<Key>{}(key) % size_);
  }

 private:
  const Placement placement_;
  const unsigned size_;
  std::atomic<unsigned> next_;
};

class LocalBuilder final : public ObjectBuilder {
 public:
  LocalBuilder(std::shared_ptr<Runtime> runtime, const Key& key)
      : runtime_(std::move(runtime)),
        key_(key),
        draft_(runtime_->memory().own().reserve(key.size)) {}
  ~LocalBuilder() override {
    if (!is_published_ && !is_forked_child()) runtime_->memory().own().drop(draft_);
  }

  std::span<std::byte> memory() noexcept override { return draft_.memory; }
  Key publish() override {
    if (is_published_)
      throw ArgumentError("this object is published already", context("put", key_));
    const auto passage = runtime_->changes().enter("put");
    is_published_ = true;
    runtime_->memory().own().publish(draft_, key_).write_to(key_);
    return key_;
  }

 private:
  std::shared_ptr<Runtime> runtime_;
  Key key_;
  Draft draft_;
  bool is_published_ = false;
};

class MpiConnector final : public Connector {
 public:
  MpiConnector(std::shared_ptr<Runtime> runtime, const MpiOptions& options)
      : runtime_(std::move(runtime)),
        memory_(runtime_->memory()),
        rank_(static_cast<std::uint32_t>(runtime_->rank())),
        fetcher_(*runtime_),
        placer_(options.placement, runtime_->rank(), runtime_->size()) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "mpi"; }

  [[nodiscard]] Capabilities capabilities() const noexcept override {
    return {Capability::stores, Capability::deferrable, Capability::wait,
            Capability::lease,  Capability::shared,     Capability::zero_copy};
  }

  [[nodiscard]] ConnectorConfig config() const override {
    ConnectorConfig config = MpiOptions{.placement = placer_.placement()};
    config.options["epoch"] = std::int64_t{runtime_->settings().epoch};
    return config;
  }

  [[nodiscard]] Key put(std::span<const ByteSpan> parts, const PutOptions& options) override {
    const PutRequest request{.parts = parts, .options = options};
    return put_batch(std::span(&request, 1)).front();
  }

  [[nodiscard]] std::vector<Key> put_batch(std::span<const PutRequest> requests) override {
    require_open("put");
    const auto passage = runtime_->changes().enter("put");
    std::vector<Key> keys(requests.size());
    IndicesByOwner elsewhere;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      keys[i] = Key::random();
      keys[i].size = joined_size(requests[i].parts);
      const std::uint32_t owner = owner_of(keys[i], requests[i].options);
      if (owner != rank_) elsewhere[owner].push_back(i);
    }
    try {
      for (std::size_t i = 0; i < keys.size(); ++i) {
        if (!elsewhere.empty() && is_in(elsewhere, i)) continue;
        put_here(requests[i].parts, keys[i]);
      }
      if (!elsewhere.empty()) put_elsewhere(*runtime_, requests, elsewhere, keys);
    } catch (...) {
      evict_quietly(keys);
      throw;
    }
    return keys;
  }

  [[nodiscard]] std::unique_ptr<ObjectBuilder> create(std::size_t size,
                                                      const PutOptions& options) override {
    require_open("create");
    Key key = Key::random();
    key.size = size;
    if (owner_of(key, options) != rank_) return Connector::create(size, options);
    return std::make_unique<LocalBuilder>(runtime_, key);
  }

  [[nodiscard]] std::optional<Bytes> get(const Key& key) override {
    require_open("get");
    return fetcher_.get(runtime_->translate(key), {});
  }

  /// Below MPI_THREAD_MULTIPLE two threads must not call MPI at a time, and the program's own calls
  /// are not known here.
  [[nodiscard]] bool allows_background(const Key& key) const noexcept override {
    return runtime_->allows_threads() || memory_.maps(Locator::of(runtime_->translate(key)).rank);
  }

  [[nodiscard]] std::optional<Bytes> get_range(const Key& key, std::size_t offset,
                                               std::size_t length) override {
    require_open("get_range");
    return fetcher_.get(runtime_->translate(key), {.offset = offset, .length = length});
  }

  [[nodiscard]] std::vector<std::optional<Bytes>> get_batch(std::span<const Key> keys) override {
    require_open("get_batch");
    std::vector<Key> translated;
    return fetcher_.get_batch(translate(keys, translated));
  }

  [[nodiscard]] std::vector<std::optional<ArrayBox>> get_boxes(
      std::span<const BoxRequest> requests) override {
    require_open("get_boxes");
    const bool is_here = std::ranges::none_of(
        requests, [&](const BoxRequest& request) { return is_restored(request.key); });
    if (is_here) return fetcher_.get_boxes(requests);
    std::vector<BoxRequest> translated(requests.begin(), requests.end());
    for (BoxRequest& request : translated) request.key = runtime_->translate(request.key);
    return fetcher_.get_boxes(translated);
  }

  [[nodiscard]] bool exists(const Key& key) override { return exists_batch({&key, 1}).front(); }

  [[nodiscard]] std::vector<bool> exists_batch(std::span<const Key> given) override {
    require_open("exists");
    std::vector<Key> translated;
    const auto keys = translate(given, translated);
    std::vector<bool> found(keys.size());
    std::vector<std::shared_ptr<Call>> calls(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto locator = runtime_->locate(keys[i]);
      if (!locator) continue;
      if (memory_.maps(locator->rank)) {
        found[i] = memory_.exists(keys[i], *locator);
      } else {
        calls[i] = start(keys[i], *locator, ExistsRequest{keys[i]});
      }
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (calls[i]) {
        found[i] = std::holds_alternative<YesAnswer>(runtime_->exchange().finish(calls[i]));
      }
    }
    return found;
  }

  bool evict(const Key& key) override { return evict_all({&key, 1}) != 0; }

  void evict_batch(std::span<const Key> keys) override { (void)evict_all(keys); }
  [[nodiscard]] Key new_key() override {
    require_open("new_key");
    const auto passage = runtime_->changes().enter("new_key");
    Key key = Key::random();
    key.flags |= Key::versioned;
    memory_.own().add_deferred(key).write_to(key);
    return key;
  }

  void set(const Key& given, std::span<const ByteSpan> parts, const PutOptions& options) override {
    require_open("set");
    const auto passage = runtime_->changes().enter("set");
    const Key key = runtime_->translate(given);
    const auto locator = runtime_->locate(key);
    if (!locator || !key.is_versioned()) {
      throw ArgumentError(
          "object " + key.to_string() + " cannot be set: its key is not from new_key()",
          context("set", key));
    }
    Key object = key;
    object.size = joined_size(parts);
    object.flags &= ~Key::has_checksum;
    put_here(parts, object);
    const Locator here = Locator::of(object);
    const SlotName target{.rank = here.rank, .slot = here.slot};
    bool is_set = false;
    try {
      if (memory_.maps(locator->rank)) {
        const auto result = memory_.set_target(key, *locator, target, options.only_first);
        evict_leftovers(key, result.leftovers);
        if (result.is_taken) detail::throw_already_set(kind(), key);
        is_set = !result.is_gone;
      } else {
        auto& exchange = runtime_->exchange();
        const Answer answer = exchange.finish(
            start(key, *locator,
                  SetRequest{.key = key, .target = target, .only_first = options.only_first}));
        is_set = std::holds_alternative<YesAnswer>(answer);
      }
    } catch (const TimeoutError&) {
      throw;  // it may yet be set: the object stays
    } catch (...) {
      (void)memory_.evict(object, here);
      throw;
    }
    if (is_set) return;
    (void)memory_.evict(object, here);
    throw ConnectorError("object " + key.to_string() + " cannot be set: its key was evicted",
                         context("set", key));
  }

  [[nodiscard]] bool wait(const Key& given, milliseconds timeout) override {
    require_open("wait");
    const Key key = runtime_->translate(given);
    const auto deadline = detail::deadline_after(timeout);
    const auto locator = runtime_->locate(key);
    if (!locator) return false;
    if (!key.is_versioned()) return exists(key);
    return memory_.maps(locator->rank) ? wait_here(key, *locator, deadline)
                                       : wait_elsewhere(key, *locator, deadline);
  }

  [[nodiscard]] std::optional<Lease> lease(const Key& key, LeaseMode mode,
                                           milliseconds ttl) override {
    const Lease lease{.key = key, .mode = mode, .token = detail::LeaseTable::new_token()};
    const LeaseRequest request{.key = key, .mode = mode, .token = lease.token, .ttl = ttl};
    if (!ask_owner("lease", request)) return std::nullopt;
    return lease;
  }
  [[nodiscard]] bool renew(const Lease& lease, milliseconds ttl) override {
    return ask_owner(
        "renew",
        {.key = lease.key, .verb = LeaseRequest::Verb::renew, .token = lease.token, .ttl = ttl});
  }
  void unlease(const Lease& lease) override {
    tell_owner("unlease",
               {.key = lease.key, .verb = LeaseRequest::Verb::give_back, .token = lease.token});
  }
  void retire(const Key& key) override {
    tell_owner("retire", {.key = key, .verb = LeaseRequest::Verb::retire});
  }

  void close(const CloseOptions&) override { closed_ = true; }

 private:
  static bool is_in(const IndicesByOwner& elsewhere, std::size_t index) {
    return std::any_of(elsewhere.begin(), elsewhere.end(), [&](const auto& group) {
      return std::binary_search(group.second.begin(), group.second.end(), index);
    });
  }

  [[nodiscard]] bool is_restored(const Key& key) const noexcept {
    return runtime_->is_restored(Locator::of(key).epoch);
  }

  /// @p keys as this run knows them; @p storage is used where they differ.
  [[nodiscard]] std::span<const Key> translate(std::span<const Key> keys,
                                               std::vector<Key>& storage) const {
    if (std::ranges::none_of(keys, [&](const Key& key) { return is_restored(key); })) return keys;
    storage.reserve(keys.size());
    for (const Key& key : keys) storage.push_back(runtime_->translate(key));
    return storage;
  }

  /// How many there were.
  std::size_t evict_all(std::span<const Key> given) {
    require_open("evict");
    const auto passage = runtime_->changes().enter("evict");
    std::vector<Key> translated;
    const auto keys = translate(given, translated);
    std::size_t evicted = 0;
    std::vector<std::shared_ptr<Call>> calls;
    for (const Key& key : keys) {
      const auto locator = runtime_->locate(key);
      if (!locator) continue;
      if (memory_.maps(locator->rank)) {
        const auto result = memory_.evict(key, *locator);
        evict_leftovers(key, result.leftovers);
        if (result.was_there) ++evicted;
      } else {
        calls.push_back(start(key, *locator, EvictRequest{key}));
      }
    }
    for (const auto& call : calls) {
      if (std::holds_alternative<YesAnswer>(runtime_->exchange().finish(call))) ++evicted;
    }
    return evicted;
  }

  void require_open(std::string_view verb) const {
    if (closed_) detail::throw_closed(kind(), verb);
    if (is_forked_child()) {
      throw UnsupportedError(
          "an mpi store cannot be used in a process that was made by fork(2); what it held there "
          "can be read",
          {.connector = "mpi", .operation = std::string(verb)});
    }
    if (runtime_->is_stopped()) {
      throw StoreClosedError("the mpi store is gone with its mpi::Environment, which was finalised",
                             {.connector = "mpi", .operation = std::string(verb)});
    }
    runtime_->help();
  }

  [[nodiscard]] std::uint32_t owner_of(const Key& key, const PutOptions& options) {
    if (options.rank) {
      if (*options.rank >= 0 && *options.rank < runtime_->size()) {
        return static_cast<std::uint32_t>(*options.rank);
      }
      throw ArgumentError("no rank " + std::to_string(*options.rank) +
                              " to put to; there are 0 to " + std::to_string(runtime_->size() - 1),
                          context("put", key));
    }
    if (placer_.placement() == Placement::local) return rank_;
    const std::uint32_t owner = placer_.place(key);
    return memory_.maps(owner) ? rank_ : owner;
  }

  void put_here(std::span<const ByteSpan> parts, Key& key) {
    const Draft draft = memory_.own().reserve(key.size);
    join(parts, draft.memory);
    memory_.own().publish(draft, key).write_to(key);
  }

  /// Ends what a failed batch has put.
  void evict_quietly(std::span<const Key> keys) noexcept {
    for (const Key& key : keys) {
      try {
        const Locator locator = Locator::of(key);
        if (locator.epoch == 0) continue;
        if (memory_.maps(locator.rank)) {
          (void)memory_.evict(key, locator);
        } else {
          runtime_->exchange().send_off(static_cast<int>(locator.rank), key, EvictRequest{key});
        }
      } catch (const std::exception&) {  // the first error is the one to report
      }
    }
  }

  void evict_leftovers(const Key& key, const NodeMemory::Leftovers& leftovers) {
    for (const SlotName& name : leftovers) {
      const Key leftover = key_at(key, name);
      runtime_->exchange().send_off(static_cast<int>(name.rank), leftover, EvictRequest{leftover});
    }
  }

  [[nodiscard]] std::shared_ptr<Call> start(const Key& key, const Locator& locator,
                                            Request request) {
    return runtime_->exchange().start(static_cast<int>(locator.rank), key, std::move(request));
  }

  /// Has the object's owner do what is asked for; whether it did.
  bool ask_owner(std::string_view verb, LeaseRequest request) {
    require_open(verb);
    request.key = runtime_->translate(request.key);
    const auto locator = runtime_->locate(request.key);
    if (!locator) return false;
    if (locator->rank == rank_) return runtime_->own_leases().apply(request);
    return std::holds_alternative<YesAnswer>(
        runtime_->exchange().finish(start(request.key, *locator, request)));
  }

  /// The same without waiting for the answer: an owner that computes holds nobody up.
  void tell_owner(std::string_view verb, LeaseRequest request) {
    require_open(verb);
    request.key = runtime_->translate(request.key);
    const auto locator = runtime_->locate(request.key);
    if (!locator) return;
    if (locator->rank == rank_) {
      (void)runtime_->own_leases().apply(request);
    } else {
      runtime_->exchange().send_off(static_cast<int>(locator->rank), request.key, request);
    }
  }

  [[noreturn]] static void throw_evicted(const Key& key) {
    throw ConnectorError("object " + key.to_string() + " was evicted while it was waited for",
                         context("wait", key));
  }

  bool wait_here(const Key& key, const Locator& locator, Clock::time_point deadline) {
    switch (memory_.wait(key, locator, deadline, runtime_->longest_sleep(),
                         [this] { require_open("wait"); })) {
      case NodeMemory::Waited::there:
        return true;
      case NodeMemory::Waited::timed_out:
        return false;
      case NodeMemory::Waited::gone:
        break;
    }
    throw_evicted(key);
  }

  /// Asks again and again, so that a silent owner is noticed, and that the store may be closed.
  bool wait_elsewhere(const Key& key, const Locator& locator, Clock::time_point deadline) {
    const milliseconds slice =
        std::min<milliseconds>(std::chrono::seconds(1), runtime_->settings().timeout / 2);
    while (true) {
      require_open("wait");
      const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
      const auto part = std::clamp(left, milliseconds(0), slice);
      const Answer answer = runtime_->exchange().finish(
          start(key, locator, WaitRequest{.key = key, .timeout = part}));
      if (std::holds_alternative<YesAnswer>(answer)) return true;
      if (left <= part) return false;
    }
  }

  const std::shared_ptr<Runtime> runtime_;
  NodeMemory& memory_;
  const std::uint32_t rank_;
  Fetcher fetcher_;
  Placer placer_;
  std::atomic<bool> closed_{false};
};

const std::vector<std::string>& placement_names() {
  static const std::vector<std::string> names = {"local", "round_robin", "hash"};
  return names;
}

struct Parsed {
  MpiOptions options{};
  std::int64_t epoch = 0;  // 0: of whatever job it is
};

Parsed parse(const ConfigTable& table) {
  Parsed parsed;
  std::size_t placement = 0;
  detail::OptionsReader reader("mpi", table);
  reader.read_choice("placement", placement, placement_names());
  reader.read("epoch", parsed.epoch, 0, UINT32_MAX);
  reader.finish();
  parsed.options.placement = static_cast<Placement>(placement);
  return parsed;
}

std::shared_ptr<Connector> make(const ConfigTable& table, OpenMode) {
  const Parsed parsed = parse(table);
  auto runtime = Runtime::current();
  const ErrorContext opening{.connector = "mpi", .operation = "open"};
  if (!runtime || runtime->is_stopped()) {
    throw ConnectorError(
        "an mpi store needs an mpi::Environment, which this process does not have, or has "
        "finalised; "
        "make one at the beginning of main(), or use mpi::run()",
        opening);
  }
  const auto epoch = static_cast<std::uint32_t>(parsed.epoch);
  if (epoch != 0 && epoch != runtime->settings().epoch && !runtime->is_restored(epoch)) {
    throw ConnectorError(
        "the mpi store was that of another run of an MPI program, and went with it "
        "(epoch " +
            std::to_string(parsed.epoch) + ", this is " +
            std::to_string(runtime->settings().epoch) + ")",
        opening);
  }
  return std::make_shared<MpiConnector>(std::move(runtime), parsed.options);
}

/// There is one memory for each run; where its objects are placed is each user's choice.
ConfigTable identity(const ConfigTable& table) {
  std::int64_t epoch = parse(table).epoch;
  const auto runtime = Runtime::current();
  if (runtime && (epoch == 0 || runtime->is_restored(static_cast<std::uint32_t>(epoch)))) {
    epoch = runtime->settings().epoch;
  }
  return {{"epoch", epoch}};
}

}  // namespace partition

namespace detail {

void register_mpi(ConnectorRegistry& registry) {
  registry.add({.name = "mpi", .make = partition::make, .identity = partition::identity});
}

}  // namespace detail
}  // namespace proxystore::inline v0
