// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Arrays that are written where they are kept.
#include "proxystore/array_builder.hpp"

#include <numeric>

#include <gmock/gmock.h>

#include "proxystore/connectors/local.hpp"
#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"

namespace {

namespace ps = proxystore;

class ArrayBuilder : public ::testing::Test {
 protected:
  std::shared_ptr<ps::Store> store_ = ps::Store::create("built", ps::LocalOptions{});
};

TEST_F(ArrayBuilder, is_got_as_what_was_written) {
  auto array = store_->create<double>({100});
  ASSERT_EQ(array.values().size(), 100U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.values().data()) % 64, 0U);
  std::iota(array.values().begin(), array.values().end(), 0.5);
  const ps::Key key = std::move(array).publish();
  const auto read = store_->get<std::vector<double>>(key);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->front(), 0.5);
  EXPECT_EQ(read->back(), 99.5);
}

TEST_F(ArrayBuilder, becomes_a_proxy) {
  auto array = store_->create<int>({3});
  std::ranges::copy(std::vector{1, 2, 3}, array.values().begin());
  const auto proxy = std::move(array).publish_proxy();
  EXPECT_EQ(*proxy, (std::vector{1, 2, 3}));
}

TEST_F(ArrayBuilder, keeps_its_shape) {
  auto array = store_->create<float>({2, 3, 4});
  EXPECT_EQ(array.values().size(), 24U);
  EXPECT_THAT(array.shape(), ::testing::ElementsAre(2U, 3U, 4U));
  const ps::Key key = std::move(array).publish();
  const auto stored = store_->connector().get(key);
  ASSERT_TRUE(stored);
  EXPECT_THAT(stored->text(), ::testing::HasSubstr("'shape': (2, 3, 4)"));
}

TEST_F(ArrayBuilder, may_be_empty) {
  for (const std::vector<std::uint64_t>& shape : {std::vector<std::uint64_t>{0}, {5, 0}}) {
    auto array = store_->create<double>(shape);
    EXPECT_TRUE(array.values().empty());
    EXPECT_TRUE(store_->exists(std::move(array).publish()));
  }
  const auto scalar = store_->create<double>({}).values().size();
  EXPECT_EQ(scalar, 1U);
}

TEST_F(ArrayBuilder, is_nothing_until_it_is_published) {
  { auto array = store_->create<double>({10}); }
  auto array = store_->create<double>({10});
  (void)std::move(array).publish();
  EXPECT_THROW((void)std::move(array).publish(), ps::ArgumentError);
}

TEST_F(ArrayBuilder, refuses_impossible_shapes) {
  EXPECT_THROW((void)store_->create<double>({1ULL << 40U, 1ULL << 40U}), ps::ArgumentError);
  EXPECT_THROW((void)store_->create<double>({UINT64_MAX}), ps::ArgumentError);
}

TEST_F(ArrayBuilder, needs_an_open_store) {
  store_->close();
  EXPECT_THROW((void)store_->create<double>({1}), ps::StoreClosedError);
}

}  // namespace
