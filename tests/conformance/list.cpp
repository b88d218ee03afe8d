// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Listing: what was put and not evicted, by keys that serve.
#include <algorithm>
#include <set>
#include <vector>

#include "proxystore/error.hpp"
#include "suite.hpp"

namespace proxystore::testing {
namespace {

class List : public StoringConnectorTest {
 protected:
  void SetUp() override {
    StoringConnectorTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    PROXYSTORE_NEEDS(list);
  }
  /// What is there; each object once, as nothing changes meanwhile.
  [[nodiscard]] std::vector<Key> listed() {
    std::vector<Key> keys;
    connector().list([&](const Key& key) {
      keys.push_back(key);
      return true;
    });
    std::ranges::sort(keys);
    return keys;
  }
};
PROXYSTORE_FOR_ALL_CONNECTORS(List);

TEST_P(List, has_what_was_put_and_not_what_was_evicted) {
  EXPECT_EQ(listed(), std::vector<Key>());
  std::vector<Key> keys;
  for (const std::size_t size : {0U, 1U, 3000U, 100'000U}) keys.push_back(put(pattern(size)));
  if (has(Capability::deferrable)) {
    keys.push_back(connector().new_key());
    set(keys.back(), pattern(10));
    set(keys.back(), pattern(5000, 1));
    (void)connector().new_key();  // which has no object yet
  }
  std::ranges::sort(keys);
  EXPECT_EQ(listed(), keys);
  while (!keys.empty()) {
    connector().evict(keys.back());
    keys.pop_back();
    EXPECT_EQ(listed(), keys);
  }
}

TEST_P(List, keys_serve) {
  for (const std::size_t size : {0U, 1U, 3000U, 100'000U}) (void)put(pattern(size));
  std::set<std::size_t> sizes;
  for (const Key& key : listed()) {
    const auto object = connector().get(key);
    ASSERT_TRUE(object.has_value()) << key;
    EXPECT_EQ(*object, pattern(object->size()));
    if (key.size != Key::unknown_size) {
      EXPECT_EQ(key.size, object->size()) << key;
    }
    sizes.insert(object->size());
    EXPECT_TRUE(connector().evict(key));
  }
  EXPECT_EQ(sizes, (std::set<std::size_t>{0, 1, 3000, 100'000}));
}

TEST_P(List, ends_when_the_visitor_has_enough) {
  for (int i = 0; i < 5; ++i) (void)put(pattern(10));
  int visits = 0;
  connector().list([&](const Key&) { return ++visits < 2; });
  EXPECT_EQ(visits, 2);
}

TEST_P(List, visitor_may_use_the_connector) {
  for (int i = 0; i < 5; ++i) (void)put(pattern(10));
  connector().list([&](const Key& key) {
    (void)connector().evict(key);  // one may come twice now
    return true;
  });
  EXPECT_EQ(listed(), std::vector<Key>());
}

TEST_P(List, what_the_visitor_throws_is_thrown) {
  (void)put(pattern(10));
  EXPECT_THROW(connector().list([](const Key&) -> bool { throw ArgumentError("enough"); }),
               ArgumentError);
}

TEST_P(List, closed_one_refuses) {
  connector().close();
  EXPECT_THROW(connector().list([](const Key&) { return true; }), StoreClosedError);
}

}  // namespace
}  // namespace proxystore::testing
