// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// describe, and get_boxes: parts of arrays.
#include <cstring>
#include <numeric>

#include "proxystore/array.hpp"
#include "proxystore/error.hpp"
#include "proxystore/serialize.hpp"
#include "suite.hpp"

namespace proxystore::testing {
namespace {

using Kind = ObjectInfo::Kind;

class Boxes : public StoringConnectorTest {
 protected:
  Key put_array(std::size_t rows, std::size_t columns, Order order = Order::c) {
    std::vector<std::int32_t> values(rows * columns);
    std::iota(values.begin(), values.end(), 0);
    return put_object(serialize(Array<std::int32_t, 2>::copy_of(values, {rows, columns}, order)));
  }
  Key put_object(const SerializedObject& object) {
    return connector().put(object.parts(), {.info = object.info});
  }
  std::optional<ArrayBox> get_box(const Key& key, const Box& box,
                                  const std::string& dtype = "<i4") {
    const BoxRequest request{key, box, dtype};
    return connector().get_boxes(std::span(&request, 1)).front();
  }
  static std::int32_t element(const ArrayBox& box, std::size_t row, std::size_t column) {
    std::int32_t value = 0;
    const std::size_t at = row * box.steps[0] + column * box.steps[1];
    EXPECT_LE(at + sizeof value, box.memory.size());
    std::memcpy(&value, box.memory.data() + at, sizeof value);
    return value;
  }
  static void expect_elements(const ArrayBox& got, const Box& box, std::size_t row_step,
                              std::size_t column_step) {
    for (std::size_t i = 0; i < box.shape[0]; ++i) {
      for (std::size_t j = 0; j < box.shape[1]; ++j) {
        const std::size_t row = box.offset[0] + i * box.step(0);
        const std::size_t column = box.offset[1] + j * box.step(1);
        ASSERT_EQ(element(got, i, j), static_cast<int>(row * row_step + column * column_step))
            << box.to_string();
      }
    }
  }
};
PROXYSTORE_FOR_ALL_CONNECTORS(Boxes);

TEST_P(Boxes, have_the_elements_of_the_array) {
  const Key c = put_array(30, 40);
  const Key fortran = put_array(30, 40, Order::fortran);
  for (const Box& box : {Box{{0, 0}, {30, 40}}, Box{{3, 5}, {7, 11}}, Box{{29, 39}, {1, 1}},
                         Box{{1, 2}, {10, 12}, {2, 3}}, Box{{5, 0}, {5, 40}}}) {
    const auto in_c = get_box(c, box);
    const auto in_fortran = get_box(fortran, box);
    ASSERT_TRUE(in_c && in_fortran) << box.to_string();
    expect_elements(*in_c, box, 40, 1);
    expect_elements(*in_fortran, box, 1, 30);
  }
}

TEST_P(Boxes, of_no_elements_and_of_no_dimensions) {
  const Key key = put_array(3, 4);
  const auto none = get_box(key, {{3, 0}, {0, 4}});
  ASSERT_TRUE(none.has_value());
  EXPECT_TRUE(none->memory.empty());
  const std::int32_t value = 7;
  const Key scalar =
      put_object(serialize(Array<std::int32_t, 0>::copy_of(std::span(&value, 1), {})));
  const auto all = get_box(scalar, {});
  ASSERT_TRUE(all.has_value());
  ASSERT_EQ(all->memory.size(), sizeof value);
  EXPECT_EQ(std::memcmp(all->memory.data(), &value, sizeof value), 0);
  EXPECT_TRUE(all->steps.empty());
}

TEST_P(Boxes, of_many_arrays_come_in_their_order) {
  std::vector<BoxRequest> requests;
  for (std::size_t i = 1; i <= 40; ++i) {
    const bool is_there = i % 7 != 0;
    requests.push_back({is_there ? put_array(i, 10) : Key::random(), {{i - 1, 2}, {1, 3}}, "<i4"});
  }
  const auto boxes = connector().get_boxes(requests);
  ASSERT_EQ(boxes.size(), requests.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    ASSERT_EQ(boxes[i].has_value(), (i + 1) % 7 != 0);
    if (boxes[i]) expect_elements(*boxes[i], requests[i].box, 10, 1);
  }
  EXPECT_TRUE(connector().get_boxes({}).empty());
}

TEST_P(Boxes, outside_or_of_other_elements_are_errors) {
  const Key key = put_array(3, 4);
  EXPECT_THROW((void)get_box(key, {{0, 2}, {3, 3}}), Error);
  EXPECT_THROW((void)get_box(key, {{0, 0}, {3, 4}}, "<f4"), Error);
  EXPECT_THROW((void)get_box(key, {{0}, {3}}), Error);
  const Key text = put_object(serialize(std::string("text")));
  EXPECT_THROW((void)get_box(text, {{0}, {1}}, "|u1"), Error);
}

TEST_P(Boxes, describe_tells_what_an_object_is) {
  const auto array = connector().describe(put_array(3, 4, Order::fortran));
  ASSERT_TRUE(array.has_value());
  EXPECT_EQ(array->kind, Kind::array);
  EXPECT_EQ(array->dtype, "<i4");
  EXPECT_EQ(array->shape, (std::vector<std::uint64_t>{3, 4}));
  EXPECT_EQ(array->order, Order::fortran);
  const auto text = connector().describe(put_object(serialize(std::string("text"))));
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(text->kind, Kind::text);
  EXPECT_FALSE(connector().describe(Key::random()).has_value());
}

}  // namespace
}  // namespace proxystore::testing
