// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Plain structs that are declared in one line: as arrays of fields, as bytes, inside other values.
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxystore/connectors/local.hpp"
#include "proxystore/proxystore.hpp"
#include "support.hpp"

namespace proxystore::testing {

enum class Kind : std::uint8_t { dust = 1, star = 2 };

struct Vector3 {
  double x, y, z;
  friend bool operator==(const Vector3&, const Vector3&) = default;
};

struct Body {
  bool is_alive;
  Vector3 place;
  float masses[2];
  std::int32_t id;
  Kind kind;
  friend bool operator==(const Body& a, const Body& b) {
    return a.is_alive == b.is_alive && a.place == b.place && a.masses[0] == b.masses[0] &&
           a.masses[1] == b.masses[1] && a.id == b.id && a.kind == b.kind;
  }
};

/// Without padding.
struct Point {
  float x, y;
  friend bool operator==(const Point&, const Point&) = default;
};

/// Declared without its fields.
struct Sealed {
  std::int64_t a;
  char b;
  friend bool operator==(const Sealed&, const Sealed&) = default;
};

struct Frame {
  std::vector<Point> points;
  Body centre;
  std::map<int, Body> others;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(points, centre, others);
  }
};

}  // namespace proxystore::testing

PROXYSTORE_TRIVIAL_TYPE(proxystore::testing::Vector3, "vector3/1", x, y, z);
PROXYSTORE_TRIVIAL_TYPE(proxystore::testing::Body, "body/1", id, is_alive, place, masses, kind);
PROXYSTORE_TRIVIAL_TYPE(proxystore::testing::Point, "point/1", x, y);
PROXYSTORE_TRIVIAL_TYPE(proxystore::testing::Sealed, "sealed/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Frame, "frame/1");

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

/// Elements in memory that held something else before.
std::vector<Body> bodies(std::size_t count, unsigned char dirt) {
  std::vector<Body> made(count);
  std::memset(static_cast<void*>(made.data()), dirt, count * sizeof(Body));
  for (std::size_t i = 0; i < count; ++i) {
    Body& body = made[i];
    body.is_alive = i % 2 == 0;
    body.place = {1.5 * static_cast<double>(i), 2, 3};
    body.masses[0] = 4;
    body.masses[1] = 5;
    body.id = static_cast<std::int32_t>(i);
    body.kind = Kind::star;
  }
  return made;
}

TEST(TrivialType, has_the_dtype_that_numpy_writes) {
  EXPECT_EQ(detail::numpy_dtype<Point>(), "[('x', '<f4'), ('y', '<f4')]");
  EXPECT_EQ(detail::numpy_dtype<Body>(),
            "[('is_alive', '|b1'), ('', '|V7'), "
            "('place', [('x', '<f8'), ('y', '<f8'), ('z', '<f8')]), ('masses', '<f4', (2,)), "
            "('id', '<i4'), ('kind', '|u1'), ('', '|V3')]");
  EXPECT_EQ(detail::numpy_dtype<Sealed>(), "[('sealed/1', '|V16')]");
  EXPECT_EQ(detail::element_size(detail::numpy_dtype<Body>()), sizeof(Body));
}

TEST(TrivialType, vectors_without_padding_are_stored_from_where_they_are) {
  const std::vector<Point> points(1000, Point{1, 2});
  const auto object = serialize(points);
  ASSERT_EQ(object.parts().size(), 2U);
  EXPECT_EQ(static_cast<const void*>(object.parts()[1].data()), points.data());
  EXPECT_EQ(object.info.kind, ObjectInfo::Kind::array);
  EXPECT_EQ(deserialize<std::vector<Point>>(stored(points)), points);
  const Frame frame{.points = points, .centre = {}, .others = {}};
  const auto inside = serialize(frame);
  EXPECT_TRUE(std::any_of(inside.parts().begin(), inside.parts().end(), [&](ByteSpan part) {
    return static_cast<const void*>(part.data()) == points.data() ||
           static_cast<const void*>(part.data()) == frame.points.data();
  }));
}

TEST(TrivialType, padding_is_stored_as_zeros) {
  for (const std::size_t count : {1U, 3U, 500U}) {
    EXPECT_EQ(stored(bodies(count, 0xee)), stored(bodies(count, 0x11)));
    EXPECT_EQ(deserialize<std::vector<Body>>(stored(bodies(count, 0xee))), bodies(count, 0));
    const auto dirty = bodies(count, 0xee);
    const auto other = bodies(count, 0x11);
    EXPECT_EQ((stored(ArrayView<Body, 1>{.elements = dirty, .extents = {count}})), stored(other));
    EXPECT_EQ(stored(Array<Body, 1>::copy_of(dirty, {count})), stored(other));
  }
  EXPECT_EQ(stored(bodies(1, 0xee)[0]), stored(bodies(1, 0x11)[0]));
  const Frame dirty{
      .points = {}, .centre = bodies(1, 0xee)[0], .others = {{1, bodies(1, 0xee)[0]}}};
  const Frame other{
      .points = {}, .centre = bodies(1, 0x11)[0], .others = {{1, bodies(1, 0x11)[0]}}};
  EXPECT_EQ(stored(dirty), stored(other));
}

#if defined(__has_builtin)
#if __has_builtin(__builtin_clear_padding)
TEST(TrivialType, padding_is_found_without_fields) {
  std::vector<Sealed> one(2);
  std::vector<Sealed> other(2);
  std::memset(static_cast<void*>(one.data()), 0xee, 2 * sizeof(Sealed));
  std::memset(static_cast<void*>(other.data()), 0x11, 2 * sizeof(Sealed));
  for (auto* all : {&one, &other}) {
    for (Sealed& sealed : *all) sealed.a = 5, sealed.b = 'b';
  }
  EXPECT_EQ(stored(one), stored(other));
}
#endif
#endif

TEST(TrivialType, arrays_are_read_without_a_copy) {
  const auto store = Store::create(unique_name(), LocalOptions{});
  const std::vector<Point> points{{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}, {11, 12}};
  const Key key = store->put(ArrayView<Point, 2>{.elements = points, .extents = {2, 3}});
  const auto array = store->get<Array<Point, 2>>(key);
  EXPECT_EQ((*array)(1, 0), (Point{7, 8}));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array->data()) % 64, 0U);
  const auto box = store->proxy_from_key<Array<Point, 2>>(key).box({0, 1}, {2, 2});
  EXPECT_EQ((*box)(1, 1), (Point{11, 12}));
  auto builder = store->create<Point>({2});
  builder.values()[0] = {1, 2};
  builder.values()[1] = {3, 4};
  const Key built = std::move(builder).publish();
  EXPECT_EQ((*store->get<std::vector<Point>>(built)), (std::vector<Point>{{1, 2}, {3, 4}}));
  store->close();
}

TEST(TrivialType, stands_inside_other_values) {
  const Frame frame{
      .points = {{1, 2}}, .centre = bodies(1, 0)[0], .others = {{7, bodies(2, 0)[1]}}};
  const Frame read = deserialize<Frame>(stored(frame));
  EXPECT_EQ(read.points, frame.points);
  EXPECT_EQ(read.centre, frame.centre);
  EXPECT_EQ(read.others, frame.others);
  EXPECT_EQ(deserialize<Sealed>(stored(Sealed{1, 'c'})), (Sealed{1, 'c'}));
}

TEST(TrivialType, may_be_local_to_a_function) {
  enum class Phase { start, end };
  struct Step {
    double time;
    std::array<std::int16_t, 3> cell;
    Phase phase;
    PROXYSTORE_TRIVIAL_MEMBERS(Step, "step/1", time, cell, phase);
  };
  const std::vector<Step> steps{{0.5, {1, 2, 3}, Phase::end}};
  const auto read = deserialize<std::vector<Step>>(stored(steps));
  EXPECT_EQ(read[0].time, 0.5);
  EXPECT_EQ(read[0].cell, (std::array<std::int16_t, 3>{1, 2, 3}));
  EXPECT_EQ(read[0].phase, Phase::end);
  EXPECT_EQ(deserialize<Phase>(stored(Phase::end)), Phase::end);
  EXPECT_EQ(deserialize<std::vector<Phase>>(stored(std::vector{Phase::end})).front(), Phase::end);
}

TEST(TrivialType, is_read_as_no_other) {
  const auto error = thrown_by<SerializationError>(
      [] { (void)deserialize<std::vector<Vector3>>(stored(std::vector<Point>(2))); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr("('x', '<f4')"), HasSubstr("('z', '<f8')")));
  EXPECT_THROW((void)deserialize<std::vector<float>>(stored(std::vector<Point>(2))),
               SerializationError);
}

TEST(TrivialType, hostile_bytes_are_an_error_or_a_value) {
  const auto check = []<class T>(const T& value) {
    for_each_truncation(stored(value), [](const Bytes& cut) {
      EXPECT_THROW((void)deserialize<T>(cut), SerializationError) << cut.size();
    });
    for_each_bit_flip(stored(value), [](const Bytes& damaged) {
      (void)succeeds_or_throws<SerializationError>([&] { (void)deserialize<T>(damaged); });
    });
  };
  check(bodies(2, 0));
  check(Frame{.points = {{1, 2}}, .centre = bodies(1, 0)[0], .others = {}});
  std::string text(stored(bodies(1, 0)).text());
  text[text.size() - sizeof(Body)] = 2;  // is_alive
  EXPECT_THROW((void)deserialize<std::vector<Body>>(Bytes::own(std::string(text))),
               SerializationError);
  EXPECT_THROW(((void)deserialize<Array<Body, 1>>(Bytes::own(std::string(text)))),
               SerializationError);
}

TEST(TrivialType, dtypes_that_lie_too_deep_or_are_too_large_are_refused) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "[('a', ";
  for (const std::string& dtype :
       {deep, "[('a', '|V4294967296')]"s, "[('a', '<f8', (99999999999,))]"s, "[]"s, "[('a')]"s,
        "[('a', '<f8')"s, "[('a', '<f8'))]"s, "[('a', 'O')]"s, "[('a\\'', '<f8')]"s,
        "[('a', '<f8', (2,)] "s, "[('a', '<f8', (4294967296, 4294967296, 2))]"s}) {
    EXPECT_THROW((void)detail::element_size(dtype), SerializationError) << dtype.substr(0, 60);
  }
  EXPECT_EQ(detail::element_size("[('a','<f8',(2,3)),('b', [('c', '|u1')])]"), 49U);
}

}  // namespace
}  // namespace proxystore
