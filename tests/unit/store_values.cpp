// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// How values come into a store: without copies, and from any range.
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <ranges>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "counting_connector.hpp"
#include "proxystore/array.hpp"
#include "proxystore/owned_proxy.hpp"
#include "proxystore/resolve_all.hpp"
#include "proxystore/store.hpp"
#include "proxystore/stream.hpp"
#include "proxystore/stream/local_queue.hpp"
#include "support.hpp"

/// A value that counts how often one of its type was copied and moved.
struct Tracked {
  Tracked() = default;
  explicit Tracked(std::string words) : text(std::move(words)) {}
  Tracked(const Tracked& other) : text(other.text) { ++copies; }
  Tracked(Tracked&& other) noexcept : text(std::move(other.text)) { ++moves; }
  Tracked& operator=(const Tracked&) = delete;
  ~Tracked() = default;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(text);
  }

  std::string text;
  static inline int copies = 0;
  static inline int moves = 0;
};
PROXYSTORE_TYPE_NAME(Tracked, "tracked/1");

namespace proxystore {
namespace {

using namespace std::string_literals;
using namespace proxystore::testing;
using ::testing::ElementsAre;

/// Makes its items as it is read: there are none in memory.
class Made {
 public:
  explicit Made(int count) : count_(count) {}

  class Iterator {
   public:
    using value_type = Tracked;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(int at) : at_(at) {}
    // Beyond the size from which on blocks are stored without a copy.
    Tracked operator*() const { return Tracked(std::string(5000, static_cast<char>('a' + at_))); }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(at_++); }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    int at_ = 0;
  };
  [[nodiscard]] Iterator begin() const { return {}; }
  [[nodiscard]] Iterator end() const { return Iterator(count_); }

 private:
  int count_;
};
static_assert(std::ranges::forward_range<Made> && !std::ranges::sized_range<Made>);

class StoreValues : public ::testing::Test {
 protected:
  StoreValues() { Tracked::copies = Tracked::moves = 0; }

  template <class T>
  [[nodiscard]] std::vector<T> values_of(const std::vector<Key>& keys) const {
    std::vector<T> values;
    for (const auto& value : store_->get_batch<T>(keys)) values.push_back(*value);
    return values;
  }

  std::shared_ptr<CountingConnector> connector_ = std::make_shared<CountingConnector>();
  std::shared_ptr<Store> store_ = Store::create(unique_name(), connector_);
};

TEST_F(StoreValues, that_are_lvalues_are_neither_copied_nor_moved) {
  const Tracked value("value"s);
  Tracked other("other"s);
  const std::optional<Tracked> some(std::in_place, "some"s);
  (void)store_->put(value);
  (void)store_->proxy(value);
  (void)store_->proxy(other);
  (void)store_->proxy_or(value);
  (void)store_->proxy_or(some);
  (void)store_->locked_proxy(value);
  (void)store_->locked_proxy(some);
  (void)store_->owned_proxy(value);
  (void)store_->owned_proxy(other);
  EXPECT_EQ(std::get<1>(store_->owned_proxy(some)).resolved(), false);
  EXPECT_EQ(Tracked::copies + Tracked::moves, 0);
  EXPECT_EQ(other.text, "other");
}

TEST_F(StoreValues, that_are_lvalues_are_copied_once_on_request) {
  const Tracked value("value"s);
  EXPECT_TRUE(std::get<1>(store_->proxy_or(value, {.populate_target = true})).resolved());
  EXPECT_EQ(Tracked::copies, 1);
  EXPECT_TRUE(store_->locked_proxy(value, {.populate_target = true}).unlock().resolved());
  EXPECT_EQ(Tracked::copies, 2);
  EXPECT_TRUE(store_->owned_proxy(value, {.populate_target = true}).resolved());
  EXPECT_EQ(Tracked::copies, 3);
  EXPECT_EQ(Tracked::moves, 0);
}

TEST_F(StoreValues, that_are_rvalues_are_moved_once) {
  EXPECT_TRUE(std::get<1>(store_->proxy_or(Tracked("a"s))).resolved());
  EXPECT_EQ(Tracked::moves, 1);
  EXPECT_TRUE(store_->locked_proxy(Tracked("b"s)).unlock().resolved());
  EXPECT_EQ(Tracked::moves, 2);
  EXPECT_TRUE(store_->owned_proxy(Tracked("c"s)).resolved());
  EXPECT_EQ(Tracked::moves, 3);
  EXPECT_EQ(Tracked::copies, 0);
}

TEST_F(StoreValues, need_not_be_copyable) {
  const auto value = std::make_unique<int>(5);
  EXPECT_EQ(**store_->proxy(value), 5);
  EXPECT_EQ(**store_->proxy(value, {.populate_target = true}), 5) << "fetched: there is no copy";
  EXPECT_EQ(**std::get<1>(store_->locked_proxy(std::make_unique<int>(6))).unlock(), 6);
}

TEST_F(StoreValues, that_are_sent_at_once_are_neither_copied_nor_moved) {
  const auto queue = std::make_shared<LocalQueue>();
  const StreamProducerArgs<Tracked> large{.default_store = store_, .inline_limit = 0};
  for (const auto& args : {StreamProducerArgs<Tracked>{}, large}) {
    StreamProducer<Tracked> producer(
        std::make_shared<QueuePublisher>(QueuePublisher::Queues{{"t", queue}}), args);
    const Tracked value("value"s);
    producer.send("t", value);
    producer.send("t", Tracked("other"s));
    EXPECT_EQ(Tracked::copies + Tracked::moves, 0);
  }
}

TEST_F(StoreValues, that_wait_for_their_batch_are_copied_or_moved_once) {
  const auto queue = std::make_shared<LocalQueue>();
  StreamProducer<Tracked> producer(
      std::make_shared<QueuePublisher>(QueuePublisher::Queues{{"t", queue}}), {.batch_size = 3});
  Tracked value("value"s);
  producer.send("t", value);
  EXPECT_EQ(Tracked::copies, 1);
  value.text = "changed";
  producer.send("t", std::move(value));
  producer.close();
  EXPECT_EQ(Tracked::copies, 1);
  StreamConsumer<Tracked> consumer(std::make_shared<QueueSubscriber>(queue));
  EXPECT_EQ(consumer.next_object()->text, "value");
  EXPECT_EQ(consumer.next_object()->text, "changed");
}

class StoreViews : public StoreValues {
 protected:
  using Matrix = Array<double, 2>;

  std::vector<double> elements_{1, 2, 3, 4, 5, 6};
  const ArrayView<double, 2> view_{elements_, {2, 3}};
  const Matrix array_ = Matrix::copy_of(elements_, {2, 3});
};

TEST_F(StoreViews, have_proxies_of_arrays) {
  const Proxy<Matrix> proxy = store_->proxy(view_, {.evict = true});
  EXPECT_FALSE(proxy.resolved());
  const Bytes stored = *connector_->get(proxy.key());
  EXPECT_EQ(stored.text(), connector_->get(store_->put(array_))->text());
  EXPECT_EQ(*proxy, array_);
  EXPECT_FALSE(store_->exists(proxy.key()));
  EXPECT_FALSE(store_->proxy(ArrayView<double, 2>{elements_, {2, 3}}).resolved())
      << "the elements are the caller's still";
}

TEST_F(StoreViews, have_proxies_of_arrays_by_every_verb) {
  EXPECT_EQ(*std::get<1>(store_->proxy_or(view_)), array_);
  EXPECT_EQ(*store_->locked_proxy(view_).unlock(), array_);
  const OwnedProxy<Matrix> owner = store_->owned_proxy(view_);
  EXPECT_EQ(*owner, array_);
  const std::list<ArrayView<double, 2>> views(2, view_);
  EXPECT_EQ(*store_->proxy_batch(views)[1], array_);
  EXPECT_EQ(*std::get<1>(store_->proxy_or_batch(views)[1]), array_);
  EXPECT_EQ(*store_->get<Matrix>(store_->put_batch(views)[1]), array_);
}

TEST_F(StoreViews, are_copied_to_be_kept_on_request_alone) {
  const auto proxy = store_->proxy(view_, {.populate_target = true});
  EXPECT_TRUE(proxy.resolved());
  elements_[0] = -1;
  EXPECT_EQ(*proxy, array_);
}

TEST_F(StoreViews, are_written_by_the_serializer_of_the_array) {
  const Serializer<Matrix> write = [](const Matrix& matrix) {
    return Bytes::own("size " + std::to_string(matrix.size()));
  };
  const Deserializer<Matrix> read = [this](const Bytes&) { return array_; };
  const auto proxy = store_->proxy(view_, {.serializer = write, .deserializer = read});
  EXPECT_EQ(connector_->get(proxy.key())->text(), "size 6");
  EXPECT_EQ(*proxy, array_);

  register_serializer<Matrix>(
      "sizes of matrices", [&](const Matrix& matrix) { return (*write.function())(matrix); },
      [](const Bytes&) { return Matrix(); });
  const auto store = Store::create(unique_name(), connector_, {.serializer = "sizes of matrices"});
  EXPECT_EQ(connector_->get(store->proxy(view_).key())->text(), "size 6");
}

TEST_F(StoreValues, come_from_any_container) {
  const std::list<std::string> list{"a", "b"};
  EXPECT_THAT(values_of<std::string>(store_->put_batch(list)), ElementsAre("a", "b"));
  const auto from_set = store_->proxy_batch(std::set<std::string>{"b", "a"});
  EXPECT_EQ(*from_set[0], "a");
  EXPECT_EQ(*from_set[1], "b");
  EXPECT_EQ(*store_->proxy_batch(std::forward_list<int>{5, 6})[1], 6);
  const auto some = store_->proxy_or_batch(std::list<std::optional<int>>{std::nullopt, 7});
  EXPECT_EQ(some[0].index(), 0U);
  EXPECT_EQ(**std::get<1>(some[1]), 7);
  EXPECT_THAT(store_->proxy_or_batch(std::list<bool>{true, false}), ElementsAre(true, false));
}

TEST_F(StoreValues, come_from_a_range_that_makes_them) {
  const auto keys = store_->put_batch(Made(3));
  ASSERT_EQ(keys.size(), 3U);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(store_->get<Tracked>(keys[static_cast<std::size_t>(i)])->text,
              std::string(5000, static_cast<char>('a' + i)));
  }
  EXPECT_EQ(Tracked::copies, 0);
  EXPECT_EQ(store_->proxy_batch(Made(2))[1]->text, std::string(5000, 'b'));
  EXPECT_EQ(std::get<1>(store_->proxy_or_batch(Made(2))[1])->text, std::string(5000, 'b'));
  EXPECT_EQ(Tracked::copies, 0);
  EXPECT_EQ(connector_->put_batches, 3);
}

TEST_F(StoreValues, of_a_range_are_not_copied) {
  const std::list<Tracked> list(3);
  Tracked::copies = 0;
  (void)store_->put_batch(list);
  (void)store_->proxy_batch(list);
  (void)store_->proxy_or_batch(list);
  EXPECT_EQ(Tracked::copies + Tracked::moves, 0);
  (void)store_->proxy_batch(list, {.populate_target = true});
  EXPECT_EQ(Tracked::copies, 3) << "on request";
}

TEST_F(StoreValues, of_a_range_need_not_be_copyable) {
  std::vector<std::unique_ptr<int>> values;
  values.push_back(std::make_unique<int>(5));
  EXPECT_EQ(**store_->get<std::unique_ptr<int>>(store_->put_batch(values)[0]), 5);
}

TEST_F(StoreValues, of_no_range_are_nothing_to_do) {
  EXPECT_TRUE(store_->put_batch(std::list<int>{}).empty());
  EXPECT_TRUE(store_->proxy_batch(Made(0)).empty());
  EXPECT_EQ(connector_->put_batches, 0);
}

TEST_F(StoreValues, that_are_proxies_are_resolved_from_any_range) {
  std::map<int, Proxy<std::string>> proxies;
  for (int i = 0; i < 3; ++i) {
    proxies[i] = store_->proxy(std::to_string(i), {.populate_target = false});
  }
  std::list<Proxy<std::string>> list;
  for (const auto& [number, proxy] : proxies) list.push_back(proxy);
  resolve_all(list);
  EXPECT_TRUE(proxies[2].resolved());
  EXPECT_EQ(connector_->get_batches, 1);
}

#if !defined(__clang_major__) || __clang_major__ >= 16  // older ones do not compile std::views
TEST_F(StoreValues, come_from_views) {
  const std::vector<int> numbers{1, 2, 3, 4};
  const auto is_even = [](int n) { return n % 2 == 0; };
  const auto text = [](int n) { return std::string(5000, static_cast<char>('0' + n)); };
  auto view = numbers | std::views::filter(is_even) | std::views::transform(text);
  EXPECT_THAT(values_of<std::string>(store_->put_batch(view)), ElementsAre(text(2), text(4)));
  EXPECT_EQ(store_->proxy_batch(numbers | std::views::transform(text)).back().copy(), text(4));

  struct Step {
    std::vector<double> field;
    Proxy<std::string> name;
  };
  std::vector<Step> steps(2, {{1.5, 2.5}, {}});
  steps[1].name = steps[0].name = store_->proxy("step"s, {.populate_target = false});
  EXPECT_EQ(values_of<std::vector<double>>(
                store_->put_batch(steps | std::views::transform(&Step::field))),
            std::vector(2, steps[0].field));
  // A view of copies, which share the object with the proxies.
  resolve_all(steps | std::views::transform([](const Step& step) { return step.name; }));
  EXPECT_TRUE(steps[0].name.resolved());
}
#endif

}  // namespace
}  // namespace proxystore
