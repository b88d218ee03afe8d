// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// The frames shared with Python (BS, US, NP), and serializers by name and by function. Objects that
// cereal writes are in serialize_cereal.cpp.
#include "proxystore/serialize.hpp"

#include <complex>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxystore/array.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using namespace std::string_literals;
using proxystore::testing::for_each_bit_flip;
using proxystore::testing::for_each_truncation;
using proxystore::testing::succeeds_or_throws;
using proxystore::testing::thrown_by;
using ::testing::AllOf;
using ::testing::HasSubstr;

template <class T>
std::string frame_text(const T& value) {
  const auto object = serialize(value);
  return std::string(Bytes::copy_of(object.parts()).text());
}

template <class T>
Bytes stored(const T& value) {
  return Bytes::copy_of(serialize(value).parts());
}

template <class T>
T read(std::string_view text) {
  return deserialize<T>(Bytes::copy_of(text));
}

template <class T>
std::string error_of(std::string_view text) {
  return thrown_by<SerializationError>([&] { (void)read<T>(text); }).what();
}

std::vector<std::byte> byte_vector(std::string_view text) {
  const ByteSpan view = std::as_bytes(std::span(text.data(), text.size()));
  return {view.begin(), view.end()};
}

/// An array as Python stores it: the .npy header is padded to 128 bytes without the frame.
std::string python_array(const std::string& descr, const std::string& shape,
                         const std::string& data, const std::string& order = "False") {
  std::string dictionary =
      "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  dictionary.resize(117, ' ');
  return "NP\n\x93NUMPY\x01\x00\x76\x00"s + dictionary + "\n" + data;
}

template <class T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// -- Bytes and text

TEST(BytesFrame, case41_is_bs_and_the_bytes) {
  EXPECT_EQ(frame_text(Bytes::copy_of("hello")), "BS\nhello");
  EXPECT_EQ(frame_text(byte_vector("hello")), "BS\nhello");
  EXPECT_EQ(frame_text(Bytes{}), "BS\n");
}

TEST(BytesFrame, is_read_as_bytes_without_a_copy) {
  const Bytes object = Bytes::copy_of("BS\nhello");
  const auto value = deserialize<Bytes>(object);
  EXPECT_EQ(value.text(), "hello");
  EXPECT_EQ(value.data(), object.data() + 3);
  EXPECT_EQ(deserialize<std::vector<std::byte>>(object), byte_vector("hello"));
  EXPECT_TRUE(read<Bytes>("BS\n").empty());
}

TEST(TextFrame, case42_is_us_and_the_text) {
  EXPECT_EQ(frame_text(""s), "US\n");
  EXPECT_EQ(frame_text("h\xc3\xa9llo"s), "US\nh\xc3\xa9llo");
  EXPECT_EQ(frame_text("a\0b"s), "US\na\0b"s);
  EXPECT_EQ(read<std::string>("US\nh\xc3\xa9llo"), "h\xc3\xa9llo");
}

TEST(TextFrame, text_that_is_not_utf8_travels_as_a_cpp_object) {
  const std::vector<std::string> not_utf8 = {"\xff",
                                             "\xc3",
                                             "\xc0\x80",
                                             "\xed\xa0\x80",
                                             "\xf4\x90\x80\x80",
                                             "\xe0\x80\x80",
                                             "\x80",
                                             "\xf0\x80\x80\x80",
                                             "\xf8\x88\x80\x80\x80",
                                             "ok then \xe2\x82",
                                             "12345678\xff",
                                             std::string(5000, '\xfe')};
  for (const auto& text : not_utf8) {
    EXPECT_EQ(frame_text(text).substr(0, 3), "CB\n");
    EXPECT_EQ(deserialize<std::string>(stored(text)), text);
  }
}

TEST(TextFrame, text_of_all_planes_is_utf8) {
  for (const std::string text : {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                 "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(frame_text(text), "US\n" + text);
  }
}

TEST(Frames, say_what_their_bytes_mean) {
  EXPECT_EQ(serialize(Bytes{}).info.kind, ObjectInfo::Kind::bytes);
  EXPECT_EQ(serialize("text"s).info.kind, ObjectInfo::Kind::text);
  const std::vector<float> values(5);
  const auto array = serialize(values);
  EXPECT_EQ(array.info.kind, ObjectInfo::Kind::array);
  EXPECT_EQ(array.info.dtype, "<f4");
  EXPECT_EQ(array.info.shape, std::vector<std::uint64_t>{5});
  EXPECT_EQ(array.info.header_bytes, 128U);
}

TEST(Frames, of_another_kind_are_refused_with_what_they_hold) {
  EXPECT_THAT(error_of<std::string>("BS\nhello"), AllOf(HasSubstr("bytes"), HasSubstr("text")));
  EXPECT_THAT(error_of<Bytes>("US\nhello"), HasSubstr("text"));
  EXPECT_THAT(error_of<int>("US\nhello"), AllOf(HasSubstr("text"), HasSubstr("i4")));
  EXPECT_THAT(error_of<Bytes>(frame_text(std::vector<int>{1})),
              AllOf(HasSubstr("'<i4'"), HasSubstr("1 dimension")));
  EXPECT_THAT(error_of<std::vector<int>>("US\nhello"), HasSubstr("text"));
  EXPECT_THAT(error_of<Bytes>(frame_text(5)), HasSubstr("C++ type"));
}

TEST(Frames, of_python_only_are_reported_as_what_they_are) {
  EXPECT_THAT(error_of<int>("PK\n\x80\x05K*."), HasSubstr("pickle"));
  EXPECT_THAT(error_of<std::string>("CP\nx"), HasSubstr("pickle"));
  EXPECT_THAT(error_of<Bytes>("PD\nx"), HasSubstr("pandas"));
  EXPECT_THAT(error_of<std::vector<double>>("PL\nx"), HasSubstr("polars"));
}

TEST(Frames, case49_and_50_that_are_unknown_or_missing_are_refused_with_the_known_ones) {
  for (const std::string text :
       {"", "B", "BS", "99\nx", "bs\nx", "no identifier", "\nBS", "BS x"}) {
    EXPECT_THAT(error_of<Bytes>(text),
                AllOf(HasSubstr("'BS'"), HasSubstr("'US'"), HasSubstr("'NP'"), HasSubstr("'CB'")))
        << text;
  }
}

// -- Arrays

TEST(ArrayFrame, of_int64_is_npy_with_its_data_on_a_64_byte_boundary) {
  const std::vector<std::int64_t> values = {0, 1, 2, 3, 4, 5};
  std::string dictionary = "{'descr': '<i8', 'fortran_order': False, 'shape': (6,), }";
  dictionary.resize(128 - 13 - 1, ' ');
  const std::string wanted = "NP\n\x93NUMPY\x01\x00\x73\x00"s + dictionary + "\n" + raw(values);
  EXPECT_EQ(frame_text(values), wanted);
  EXPECT_EQ(serialize(values).info.header_bytes % 64, 0U);
}

TEST(ArrayFrame, has_numpys_name_of_each_element_type) {
  const auto dtype = [](const auto& values) {
    const std::string text = frame_text(values);
    const std::size_t start = text.find("'descr': '") + 10;
    return text.substr(start, text.find('\'', start) - start);
  };
  EXPECT_EQ(dtype(std::vector<std::int8_t>{}), "|i1");
  EXPECT_EQ(dtype(std::vector<std::uint8_t>{}), "|u1");
  EXPECT_EQ(dtype(std::vector<std::int16_t>{}), "<i2");
  EXPECT_EQ(dtype(std::vector<std::uint16_t>{}), "<u2");
  EXPECT_EQ(dtype(std::vector<std::int32_t>{}), "<i4");
  EXPECT_EQ(dtype(std::vector<std::uint32_t>{}), "<u4");
  EXPECT_EQ(dtype(std::vector<std::uint64_t>{}), "<u8");
  EXPECT_EQ(dtype(std::vector<float>{}), "<f4");
  EXPECT_EQ(dtype(std::vector<double>{}), "<f8");
  EXPECT_EQ(dtype(std::vector<std::complex<float>>{}), "<c8");
  EXPECT_EQ(dtype(std::vector<std::complex<double>>{}), "<c16");
}

template <class T>
class ArrayOf : public ::testing::Test {};
using ElementTypes =
    ::testing::Types<char, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
                     std::uint32_t, std::int64_t, std::uint64_t, long, long long, float, double,
                     std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(ArrayOf, ElementTypes);

TYPED_TEST(ArrayOf, case44_numbers_round_trips) {
  std::vector<TypeParam> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<TypeParam>(static_cast<std::int8_t>(i % 100));
  }
  EXPECT_EQ(deserialize<std::vector<TypeParam>>(stored(values)), values);
  EXPECT_EQ(deserialize<std::vector<TypeParam>>(stored(std::vector<TypeParam>{})),
            std::vector<TypeParam>{});
}

TEST(ArrayFrame, large_data_are_referred_to_and_not_copied) {
  const std::vector<double> values(1000);
  const auto object = serialize(values);
  ASSERT_EQ(object.parts().size(), 2U);
  EXPECT_EQ(static_cast<const void*>(object.parts()[1].data()), values.data());
  EXPECT_EQ(object.parts()[1].size(), 8000U);
  EXPECT_EQ(object.size(), 8128U);
}

TEST(ArrayFrame, written_by_python_is_read_though_its_data_are_unaligned) {
  const std::vector<std::int64_t> values = {1, -2, 3, 4, 5, 6};
  const std::string object = python_array("'<i8'", "(6,)", raw(values));
  ASSERT_EQ(object.size(), 131U + 48U);
  EXPECT_EQ(read<std::vector<std::int64_t>>(object), values);
  EXPECT_EQ(read<std::vector<std::uint8_t>>(python_array("'|u1'", "(3,)", "abc")),
            (std::vector<std::uint8_t>{'a', 'b', 'c'}));
  EXPECT_TRUE(read<std::vector<double>>(python_array("'<f8'", "(0,)", "")).empty());
}

TEST(ArrayFrame, of_one_dimension_may_be_marked_as_fortran_order) {
  EXPECT_EQ(read<std::vector<std::int16_t>>(python_array("'<i2'", "(1,)", "\x01\x00"s, "True")),
            std::vector<std::int16_t>{1});
}

TEST(ArrayFrame, versions_2_and_3_of_the_format_are_read) {
  for (const char version : {'\x02', '\x03'}) {
    const std::string dictionary = "{'shape': (2,), 'fortran_order': False, 'descr': \"<i2\"}\n";
    std::string object = "NP\n\x93NUMPY"s + version + '\0';
    object += static_cast<char>(dictionary.size()) + "\0\0\0"s + dictionary + "\x01\0\x02\0"s;
    EXPECT_EQ(read<std::vector<std::int16_t>>(object), (std::vector<std::int16_t>{1, 2}));
  }
}

TEST(ArrayFrame, of_other_writers_is_read_under_any_of_numpys_names) {
  const std::vector<std::uint8_t> bytes{7, 8};
  for (const char* name : {"'|u1'", "'<u1'", "'>u1'", "'=u1'", "'u1'"}) {
    EXPECT_EQ(read<std::vector<std::uint8_t>>(python_array(name, "(2,)", "\x07\x08")), bytes)
        << name;
  }
  EXPECT_EQ(read<std::vector<std::int8_t>>(python_array("'<i1'", "(1,)", "\xff")),
            std::vector<std::int8_t>{-1});
  EXPECT_TRUE((read<Array<bool, 1>>(python_array("'<b1'", "(2,)", "\0\1"s))(1)));
  for (const char* name : {"'<f8'", "'=f8'", "'f8'"}) {
    EXPECT_EQ(read<std::vector<double>>(python_array(name, "(2L,)", raw<double>({1, 2}))),
              (std::vector<double>{1, 2}))
        << name;
  }
  EXPECT_THAT(error_of<std::vector<double>>(python_array("'>f8'", "(1,)", "12345678")),
              HasSubstr("'>f8'"));
}

TEST(ArrayFrame, case53_of_another_dtype_or_shape_is_refused_with_both) {
  const std::string ints = python_array("'<i8'", "(2,)", std::string(16, '\0'));
  EXPECT_THAT(error_of<std::vector<double>>(ints), AllOf(HasSubstr("'<i8'"), HasSubstr("'<f8'")));
  EXPECT_THAT(error_of<std::vector<std::uint64_t>>(ints), HasSubstr("'<u8'"));
  EXPECT_THAT(error_of<std::vector<std::int32_t>>(ints), HasSubstr("'<i4'"));
  EXPECT_THAT(
      error_of<std::vector<std::int64_t>>(python_array("'<i8'", "(2, 3)", std::string(48, '\0'))),
      HasSubstr("(2, 3)"));
  EXPECT_THAT(error_of<std::vector<std::int64_t>>(python_array("'<i8'", "()", "12345678")),
              HasSubstr("()"));
}

TEST(ArrayFrame, that_is_big_endian_structured_or_of_objects_is_refused) {
  EXPECT_THAT(error_of<std::vector<std::int64_t>>(python_array("'>i8'", "(1,)", "12345678")),
              HasSubstr("'>i8'"));
  EXPECT_THAT(error_of<std::vector<std::int64_t>>(
                  python_array("[('x', '<i4'), ('y', '<i4')]", "(1,)", "12345678")),
              HasSubstr("'[('x', '<i4'), ('y', '<i4')]'"));
  for (const std::string dtype : {"'|O'", "'<U2'", "'|S8'", "'<M8[ns]'", "'|V8'", "''", "'<f'",
                                  "'<f0'", "'<f-8'", "'<f99999999999999999999'", "'<f8x'"}) {
    EXPECT_THAT(error_of<std::vector<double>>(python_array(dtype, "(1,)", "12345678")),
                HasSubstr("plain number"))
        << dtype;
  }
}

TEST(ArrayFrame, whose_shape_and_data_disagree_is_refused) {
  for (const std::string shape : {"(2,)", "(0,)", "(1, 2)", "(18446744073709551615,)"}) {
    EXPECT_THROW((void)read<std::vector<double>>(python_array("'<f8'", shape, "12345678")),
                 SerializationError)
        << shape;
  }
}

TEST(ArrayFrame, whose_shape_overflows_is_refused) {
  // 2^61 * 8 = 2^64, which is 0 in 64 bits, as many as there are.
  EXPECT_THAT(error_of<std::vector<double>>(python_array("'<f8'", "(2305843009213693952,)", "")),
              HasSubstr("larger than any memory"));
  EXPECT_THAT(
      error_of<std::vector<double>>(python_array("'<f8'", "(4294967296, 4294967296)", "12345678")),
      HasSubstr("larger than any memory"));
  EXPECT_THAT(error_of<std::vector<double>>(
                  python_array("'<f8'", "(99999999999999999999999,)", "12345678")),
              HasSubstr("64 bits"));
  // Empty whatever the other dimensions are, but not one-dimensional.
  EXPECT_THAT(error_of<std::vector<double>>(
                  python_array("'<f8'", "(0, 4294967296, 4294967296, 4294967296)", "")),
              HasSubstr("one of '<f8' with 1 dimension"));
}

TEST(ArrayFrame, whose_header_is_malformed_is_refused) {
  const auto with = [](const std::string& dictionary) {
    return "NP\n\x93NUMPY\x01\x00"s + static_cast<char>(dictionary.size()) + '\0' + dictionary;
  };
  const std::vector<std::string> malformed = {
      "",
      "{",
      "{}",
      "[]",
      "{'descr': '<f8'}",
      "{'descr': '<f8', 'fortran_order': False}",
      "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (0,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': 0}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (0}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (a,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (0,), 'shape': (0,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (0,), 'more': 1}",
      "{'descr': '<f8, 'fortran_order': False, 'shape': (0,)}",
      "{'descr' '<f8', 'fortran_order': False, 'shape': (0,)}",
      "{'descr",
  };
  for (const auto& dictionary : malformed) {
    EXPECT_THROW((void)read<std::vector<double>>(with(dictionary)), SerializationError)
        << dictionary;
  }
  EXPECT_TRUE(
      read<std::vector<double>>(with("{'descr': '<f8', 'fortran_order': False, 'shape': (0,)}"))
          .empty());
  std::string many = "{'descr':'<f8','fortran_order':False,'shape':(";
  for (int i = 0; i < 33; ++i) many += "1,";
  EXPECT_THAT(error_of<std::vector<double>>(with(many + ")}") + "12345678"),
              HasSubstr("32 dimensions"));
}

TEST(ArrayFrame, without_magic_or_of_unknown_version_is_refused) {
  EXPECT_THAT(error_of<std::vector<double>>("NP\n\x93NUMPX\x01\x00\x00\x00"s), HasSubstr("magic"));
  EXPECT_THAT(error_of<std::vector<double>>("NP\n\x93NUMPY\x04\x00\x00\x00\x00\x00"s),
              HasSubstr("version 4"));
  EXPECT_THROW((void)read<std::vector<double>>("NP\n\x93NUMPY\x02\x00\xff\xff\xff\xff{"s),
               SerializationError);
}

TEST(Frames, every_truncation_is_an_error_or_a_value) {
  for_each_truncation(stored(std::vector<int>{1, 2, 3}), [](const Bytes& cut) {
    EXPECT_THROW((void)deserialize<std::vector<int>>(cut), SerializationError) << cut.size();
  });
  for_each_truncation(stored("some text"s), [](const Bytes& cut) {
    const bool is_read =
        succeeds_or_throws<SerializationError>([&] { (void)deserialize<std::string>(cut); });
    EXPECT_EQ(is_read, cut.size() >= 3);
  });
  for_each_truncation(stored(byte_vector("some bytes")), [](const Bytes& cut) {
    const bool is_read =
        succeeds_or_throws<SerializationError>([&] { (void)deserialize<Bytes>(cut); });
    EXPECT_EQ(is_read, cut.size() >= 3);
  });
}

TEST(Frames, every_bit_flip_is_an_error_or_a_value) {
  const auto check = [](const Bytes& damaged) {
    (void)succeeds_or_throws<SerializationError>([&] { (void)deserialize<std::string>(damaged); });
    (void)succeeds_or_throws<SerializationError>([&] { (void)deserialize<Bytes>(damaged); });
    (void)succeeds_or_throws<SerializationError>(
        [&] { (void)deserialize<std::vector<double>>(damaged); });
  };
  for_each_bit_flip(stored(std::vector<double>{1, 2}), check);
  for_each_bit_flip(stored("text"s), check);
  for_each_bit_flip(stored(byte_vector("bytes")), check);
  for_each_bit_flip(stored("\xff\xff"s), check);
}

// -- Type names

TEST(TypeName, is_structural_and_the_same_for_every_compiler) {
  EXPECT_EQ(TypeName<int>::get(), "i4");
  EXPECT_EQ(TypeName<bool>::get(), "bool");
  EXPECT_EQ(TypeName<unsigned char>::get(), "u1");
  EXPECT_EQ(TypeName<double>::get(), "f8");
  EXPECT_EQ((TypeName<std::map<std::string, std::vector<float>>>::get()), "map<string,vector<f4>>");
  EXPECT_EQ((TypeName<std::tuple<int, std::pair<char, Bytes>>>::get()), "tuple<i4,pair<i1,bytes>>");
  EXPECT_EQ((TypeName<std::tuple<>>::get()), "tuple<>");
  EXPECT_EQ((TypeName<std::array<std::optional<int>, 3>>::get()), "array<optional<i4>,3>");
  EXPECT_EQ((TypeName<std::variant<std::monostate, int>>::get()), "variant<monostate,i4>");
  EXPECT_EQ(TypeName<std::chrono::milliseconds>::get(), "duration<i8,1/1000>");
  EXPECT_EQ(type_fingerprint<long>(), type_fingerprint<std::int64_t>());
  EXPECT_EQ(type_fingerprint<long long>(), type_fingerprint<std::int64_t>());
  EXPECT_NE(type_fingerprint<int>(), type_fingerprint<unsigned>());
}

// -- Serializers of the user's

Bytes packed(const int& value) {
  return Bytes::own("packed:" + std::to_string(value));
}
int unpacked(const Bytes& object) {
  return std::stoi(std::string(object.text().substr(7)));
}

TEST(NamedSerializer, case54_is_found_by_name_and_type) {
  register_serializer<int>("test.found", packed, unpacked);
  const auto object = detail::serialize_with<int>(5, "test.found", "");
  EXPECT_EQ(Bytes::copy_of(object.parts()).text(), "packed:5");
  EXPECT_EQ(detail::deserialize_with<int>(Bytes::copy_of("packed:7"), "test.found"), 7);
  EXPECT_THROW((void)detail::deserialize_with<long>(Bytes::copy_of("packed:7"), "test.found"),
               SerializationError);
}

TEST(NamedSerializer, case40_a_second_of_the_same_name_and_type_is_refused) {
  register_serializer<int>("test.twice", packed, unpacked);
  const auto error = thrown_by<SerializationError>(
      [] { register_serializer<int>("test.twice", packed, unpacked); });
  EXPECT_THAT(error.what(), HasSubstr("'test.twice'"));
  register_serializer<std::string>(
      "test.twice", [](const std::string& text) { return Bytes::copy_of(text); },
      [](const Bytes& object) { return std::string(object.text()); });
  EXPECT_THROW(register_serializer<int>("", packed, unpacked), SerializationError);
}

TEST(NamedSerializer, an_unknown_name_is_refused_with_the_known_ones) {
  struct Own {};
  const auto find = [] { (void)detail::find_serializer<Own>("test.nobody"); };
  EXPECT_THAT(thrown_by<SerializationError>(find).what(),
              AllOf(HasSubstr("'test.nobody'"), HasSubstr("known for it are none")));
  register_serializer<Own>(
      "test.known", [](const Own&) { return Bytes{}; }, [](const Bytes&) { return Own{}; });
  EXPECT_THAT(thrown_by<SerializationError>(find).what(), HasSubstr("'test.known'"));
}

TEST(NamedSerializer, of_the_store_is_used_unless_the_call_has_its_own) {
  register_serializer<int>("test.fallback", packed, unpacked);
  const auto text = [](const Serializer<int>& how) {
    const auto object = detail::serialize_with<int>(5, how, "test.fallback");
    return std::string(Bytes::copy_of(object.parts()).text());
  };
  EXPECT_EQ(text({}), "packed:5");
  EXPECT_EQ(text([](const int&) { return Bytes::copy_of("called"); }), "called");
}

TEST(SerializerFunction, may_return_memory_that_only_it_holds) {
  const Serializer<int> how = [](const int& value) {
    return Bytes::own(std::string(5000, static_cast<char>('0' + value)));
  };
  const auto object = detail::serialize_with<int>(3, how, "");
  EXPECT_EQ(Bytes::copy_of(object.parts()).text(), std::string(5000, '3'));
}

}  // namespace
}  // namespace proxystore
