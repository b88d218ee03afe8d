// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Objects behind pointers: of derived classes, long chains, and what hostile bytes make of them.
#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxystore/serialize.hpp"
#include "support.hpp"

namespace proxystore::testing {

struct Shape {
  Shape() = default;
  Shape(const Shape&) = default;
  Shape(Shape&&) = default;
  Shape& operator=(const Shape&) = default;
  Shape& operator=(Shape&&) = default;
  virtual ~Shape() = default;
  [[nodiscard]] virtual double area() const = 0;
  template <class Archive>
  void serialize(Archive&) {}
};

struct Square : Shape {
  explicit Square(double length = 0) : side(length) {}
  [[nodiscard]] double area() const override { return side * side; }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::base_class<Shape>(this), side);
  }
  double side;
};

/// Its first base is not the one that it is asked for as.
struct Named {
  virtual ~Named() = default;
  std::string name;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(name);
  }
};
struct Polygon : Named, Shape {
  [[nodiscard]] double area() const override { return static_cast<double>(points.size()); }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::base_class<Named>(this), cereal::base_class<Shape>(this), points);
  }
  std::string points;
};

/// A registered class that is no shape; its objects are counted.
struct Engine {
  static inline int alive = 0;
  Engine() { ++alive; }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() { --alive; }
  template <class Archive>
  void serialize(Archive&) {}
};

struct Unregistered : Shape {
  [[nodiscard]] double area() const override { return 0; }
};

struct Node {
  int value = 0;
  std::unique_ptr<Node> next;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(value, next);
  }
};

struct Branch {
  std::vector<Branch> children;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(children);
  }
};

/// Two pointers of different types.
struct Pair {
  std::shared_ptr<std::uint64_t> number;
  std::shared_ptr<std::string> text;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(number, text);
  }
};

}  // namespace proxystore::testing

CEREAL_REGISTER_TYPE(proxystore::testing::Square)
CEREAL_REGISTER_TYPE(proxystore::testing::Polygon)
CEREAL_REGISTER_TYPE_WITH_NAME(proxystore::testing::Engine, "engine")
PROXYSTORE_TYPE_NAME(proxystore::testing::Shape, "shape/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Node, "node/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Branch, "branch/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Pair, "pair_of_pointers/1");

namespace proxystore {
namespace {

using namespace std::string_literals;
using namespace proxystore::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;

template <class T>
Bytes stored(const T& value) {
  return Bytes::copy_of(serialize(value).parts());
}

/// A stored T whose content is @p content, which no writer made.
template <class T>
Bytes forged(std::string_view content) {
  const std::uint64_t fingerprint = type_fingerprint<T>();
  std::string object = "CB\n\x01";
  object.append(reinterpret_cast<const char*>(&fingerprint), sizeof fingerprint);
  return Bytes::own(object.append(content));
}

template <class T>
std::string number(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

constexpr std::uint32_t is_new = 0x80000000U;
constexpr std::uint32_t is_exact = 0x40000000U;

template <class T>
std::string error_of(std::string_view content) {
  return thrown_by<SerializationError>([&] { (void)deserialize<T>(forged<T>(content)); }).what();
}

TEST(Pointers, to_a_base_keep_the_class_of_their_object) {
  const std::unique_ptr<Shape> shape = std::make_unique<Square>(3);
  EXPECT_EQ(deserialize<std::unique_ptr<Shape>>(stored(shape))->area(), 9);
  const std::shared_ptr<Shape> shared = std::make_shared<Square>(4);
  const auto read = deserialize<std::vector<std::shared_ptr<Shape>>>(
      stored(std::vector<std::shared_ptr<Shape>>{shared, shared, nullptr}));
  EXPECT_EQ(read[0]->area(), 16);
  EXPECT_EQ(read[0], read[1]);
  EXPECT_EQ(read[2], nullptr);
}

TEST(Pointers, to_a_base_refer_to_the_blocks_of_their_object) {
  for (const std::size_t size : {std::size_t{100}, std::size_t{1} << 20U}) {
    auto polygon = std::make_unique<Polygon>();
    polygon->points.assign(size, 'p');
    const auto* points = reinterpret_cast<const std::byte*>(polygon->points.data());
    const std::unique_ptr<Shape> shape = std::move(polygon);
    const auto object = serialize(shape);
    const bool refers = std::any_of(object.parts().begin(), object.parts().end(),
                                    [=](ByteSpan part) { return part.data() == points; });
    EXPECT_EQ(refers, size > 1024);
    const auto read = deserialize<std::unique_ptr<Shape>>(Bytes::copy_of(object.parts()));
    EXPECT_EQ(read->area(), static_cast<double>(size));
  }
}

TEST(Pointers, to_a_class_that_is_not_registered_are_refused_with_what_to_do) {
  const std::unique_ptr<Shape> shape = std::make_unique<Unregistered>();
  const auto error = thrown_by<SerializationError>([&] { (void)serialize(shape); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr("shape/1"), HasSubstr("CEREAL_REGISTER_TYPE")));
}

TEST(Pointers, that_name_another_class_make_no_object_of_it) {
  using Unique = std::unique_ptr<Shape>;
  using Shared = std::shared_ptr<Shape>;
  const auto named = [](const std::string& name) {
    return number(is_new | 1U) + number(std::uint64_t{name.size()}) + name;
  };
  EXPECT_THAT(error_of<Unique>(named("engine") + "\x01"), HasSubstr("does not derive"));
  EXPECT_THAT(error_of<Shared>(named("engine") + number(is_new | 1U)),
              HasSubstr("does not derive"));
  EXPECT_EQ(Engine::alive, 0);
  EXPECT_THAT(error_of<Unique>(named("nobody") + "\x01"), HasSubstr("nobody"));
  EXPECT_THAT(error_of<Unique>(named(std::string(100'000, 'n')) + "\x01").size(),
              ::testing::Lt(2000U));
  EXPECT_THROW((void)deserialize<Unique>(forged<Unique>(number(7U))), SerializationError);
  EXPECT_THROW((void)deserialize<Unique>(forged<Unique>(number(is_exact))), SerializationError);
}

TEST(Pointers, every_bit_flip_behind_a_pointer_to_a_base_is_an_error_or_a_value) {
  const std::vector<std::shared_ptr<Shape>> shapes{std::make_shared<Square>(3),
                                                   std::make_shared<Polygon>()};
  for_each_bit_flip(stored(shapes), [&](const Bytes& damaged) {
    (void)succeeds_or_throws<SerializationError>(
        [&] { (void)deserialize<std::vector<std::shared_ptr<Shape>>>(damaged); });
  });
  EXPECT_EQ(Engine::alive, 0);
}

TEST(Pointers, shared_pointers_to_one_object_have_one_type) {
  const std::string five = number(is_new | 1U) + number(std::uint64_t{5});
  EXPECT_THAT(error_of<Pair>(five + number(1U)), HasSubstr("another type"));
  EXPECT_THAT(error_of<Pair>(five + number(2U)), HasSubstr("another type"));
  const auto pair = deserialize<Pair>(forged<Pair>(five + number(0U)));
  EXPECT_EQ(*pair.number, 5U);
  EXPECT_EQ(pair.text, nullptr);
}

/// A list of @p count nodes, or of none.
std::unique_ptr<Node> chain(std::size_t count) {
  std::unique_ptr<Node> first;
  for (; count > 0; --count) {
    first =
        std::make_unique<Node>(Node{.value = static_cast<int>(count), .next = std::move(first)});
  }
  return first;
}

/// Recursive destructors would overflow the stack, too.
void destroy(std::unique_ptr<Node> first) {
  while (first) first = std::move(first->next);
}

TEST(Depth, of_a_long_chain_is_refused_when_it_is_stored) {
  auto nodes = chain(1'000'000);
  const auto error = thrown_by<SerializationError>([&] { (void)serialize(nodes); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr("1000 deep"), HasSubstr("std::vector")));
  destroy(std::move(nodes));
}

TEST(Depth, up_to_the_limit_is_stored_and_read) {
  const auto nodes = chain(detail::deepest_value / 2 - 1);
  auto read = deserialize<std::unique_ptr<Node>>(stored(nodes));
  int last = 0;
  for (const Node* node = read.get(); node != nullptr; node = node->next.get()) last = node->value;
  EXPECT_EQ(last, 499);
}

TEST(Depth, of_bytes_from_anybody_is_refused_when_they_are_read) {
  std::string nodes;
  std::string branches;
  for (int i = 0; i < 1'000'000; ++i) {
    nodes += "\x01\0\0\0\0"s;
    branches += number(std::uint64_t{1});
  }
  EXPECT_THAT(error_of<std::unique_ptr<Node>>(nodes), HasSubstr("1000 deep"));
  EXPECT_THAT(error_of<Branch>(branches), HasSubstr("1000 deep"));
}

TEST(Depth, counts_what_lies_inside_and_not_beside) {
  const std::vector<std::unique_ptr<Node>> many = [] {
    std::vector<std::unique_ptr<Node>> all;
    for (int i = 0; i < 5000; ++i) all.push_back(chain(2));
    return all;
  }();
  EXPECT_EQ(deserialize<std::vector<std::unique_ptr<Node>>>(stored(many)).size(), 5000U);
}

}  // namespace
}  // namespace proxystore
