// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Objects that cereal writes: structs, nested containers, large blocks, hostile bytes.
#include <algorithm>
#include <cstring>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxystore/serialize.hpp"
#include "support.hpp"

namespace proxystore::testing {

struct Particle {
  double x = 0;
  std::int32_t charge = 0;
  bool is_alive = false;
  std::string name;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(x, charge, is_alive, name);
  }
  friend bool operator==(const Particle&, const Particle&) = default;
};

struct Mesh {
  std::vector<double> points;
  std::vector<std::int32_t> triangles;
  std::map<std::string, std::vector<Particle>> groups;
  std::optional<std::string> label;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(points, triangles, groups, label);
  }
  friend bool operator==(const Mesh&, const Mesh&) = default;
};

/// Its save function hands over a large temporary.
struct Doubled {
  std::vector<double> values;

  template <class Archive>
  void save(Archive& archive) const {
    std::vector<double> twice(values);
    for (double& value : twice) value *= 2;
    archive(twice);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(values);
    for (double& value : values) value /= 2;
  }
  friend bool operator==(const Doubled&, const Doubled&) = default;
};

/// As Doubled, with functions that take a version.
struct Versioned {
  std::vector<double> values;

  template <class Archive>
  void save(Archive& archive, const std::uint32_t) const {
    const std::vector<double> copy(values);
    archive(copy);
  }
  template <class Archive>
  void load(Archive& archive, const std::uint32_t version) {
    if (version != 3) throw std::runtime_error("an object of another version");
    archive(values);
  }
};

/// As Doubled, with functions beside the class.
struct Outside {
  std::vector<double> values;
};
template <class Archive>
void save(Archive& archive, const Outside& object) {
  const std::vector<double> copy(object.values);
  archive(copy);
}
template <class Archive>
void load(Archive& archive, Outside& object) {
  archive(object.values);
}

/// Its base class has a save function; it has none itself.
struct Derived : Doubled {
  int extra = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::base_class<Doubled>(this), extra);
  }
};
struct VirtuallyDerived : virtual Doubled {
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::virtual_base_class<Doubled>(this));
  }
};

/// Written as one string, which is a temporary.
struct Minimal {
  std::string text;

  template <class Archive>
  [[nodiscard]] std::string save_minimal(const Archive&) const {
    return text + std::string(3000, '.');
  }
  template <class Archive>
  void load_minimal(const Archive&, const std::string& written) {
    text = written.substr(0, written.size() - 3000);
  }
};

enum class Colour : std::uint8_t { red, green };

struct Node {
  int value = 0;
  std::unique_ptr<Node> next;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(value, next);
  }
};

/// Large in memory, and counted.
struct Counted {
  static inline int made = 0;
  std::array<double, 100> data{};

  Counted() { ++made; }
  Counted(const Counted&) = default;
  Counted(Counted&&) = default;
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) = default;
  ~Counted() = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(data);
  }
};

struct Throwing {
  template <class Archive>
  void save(Archive&) const {
    throw std::runtime_error("no ink");
  }
  template <class Archive>
  void load(Archive&) {}
};

}  // namespace proxystore::testing

CEREAL_CLASS_VERSION(proxystore::testing::Versioned, 3)
CEREAL_SPECIALIZE_FOR_ALL_ARCHIVES(proxystore::testing::Derived,
                                   cereal::specialization::member_serialize)
CEREAL_SPECIALIZE_FOR_ALL_ARCHIVES(proxystore::testing::VirtuallyDerived,
                                   cereal::specialization::member_serialize)
PROXYSTORE_TYPE_NAME(proxystore::testing::Particle, "particle/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Mesh, "mesh/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Doubled, "doubled/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Versioned, "versioned/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Outside, "outside/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Derived, "derived/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::VirtuallyDerived, "virtually_derived/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Minimal, "minimal/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Colour, "colour/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Node, "node/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Counted, "counted/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Throwing, "throwing/1");

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

template <class T>
T round_trip(const T& value) {
  return deserialize<T>(stored(value));
}

/// A stored T whose content is @p content, which no writer made.
template <class T>
Bytes forged(std::string_view content) {
  const std::uint64_t fingerprint = type_fingerprint<T>();
  std::string object = "CB\n\x01";
  object.append(reinterpret_cast<const char*>(&fingerprint), sizeof fingerprint);
  return Bytes::own(object.append(content));
}

std::string number(std::uint64_t value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// Whether some part of @p object lies in the memory of @p block.
bool refers_to(const SerializedObject& object, const std::vector<double>& block) {
  const auto* first = reinterpret_cast<const std::byte*>(block.data());
  return std::any_of(object.parts().begin(), object.parts().end(), [&](const ByteSpan& part) {
    return part.data() == first && part.size() == block.size() * sizeof(double);
  });
}

Mesh example_mesh() {
  Mesh mesh;
  mesh.points = {1.5, 2.5, 3.5};
  mesh.triangles = {1, 2, 3};
  mesh.groups["a"] = {{.x = 1, .charge = -1, .is_alive = true, .name = "p"}, {}};
  mesh.groups["b"] = {};
  mesh.label = "m\xff";
  return mesh;
}

TEST(CerealFrame, is_cb_version_fingerprint_and_content) {
  EXPECT_EQ(stored(std::int32_t{5}), forged<std::int32_t>("\x05\0\0\0"s));
  EXPECT_EQ(stored(std::vector<bool>{true, false}),
            forged<std::vector<bool>>(number(2) + "\x01\0"s));
  EXPECT_EQ(stored(std::map<std::string, std::uint8_t>{{"k", 7}}),
            (forged<std::map<std::string, std::uint8_t>>(number(1) + number(1) + "k\x07")));
}

TEST(CerealFrame, fingerprint_is_the_same_on_every_machine) {
  EXPECT_EQ(type_fingerprint<std::int32_t>(), 13135048948676964622U);
}

TEST(Cereal, numbers_and_enumerations_round_trip) {
  EXPECT_EQ(round_trip(42), 42);
  EXPECT_EQ(round_trip(true), true);
  EXPECT_EQ(round_trip(-1.25), -1.25);
  EXPECT_EQ(round_trip(Colour::green), Colour::green);
}

TEST(Cereal, structs_round_trip) {
  const Particle particle{.x = 1.5, .charge = -3, .is_alive = true, .name = "electron"};
  EXPECT_EQ(round_trip(particle), particle);
  EXPECT_EQ(round_trip(example_mesh()), example_mesh());
}

TEST(Cereal, keys_round_trip_with_all_they_know) {
  Key key = Key::random();
  key.size = 12;
  key.checksum = 34;
  key.flags = Key::versioned;
  key.locator.fill(std::byte{5});
  for (const auto& copy :
       {deserialize<Key>(Bytes::copy_of(serialize(key).parts())),
        deserialize<std::vector<Key>>(Bytes::copy_of(serialize(std::vector{key}).parts()))
            .front()}) {
    EXPECT_EQ(std::memcmp(&copy, &key, sizeof key), 0);
  }
}

TEST(Cereal, case43_nested_containers_round_trip) {
  const std::map<std::string, std::vector<std::optional<std::pair<int, std::string>>>> nested{
      {"a", {std::nullopt, std::pair{1, "x"s}}}, {"b", {}}};
  EXPECT_EQ(round_trip(nested), nested);
  const std::variant<std::monostate, int, std::string> either = "text";
  EXPECT_EQ(round_trip(either), either);
  const std::tuple<std::array<int, 3>, std::set<char>, std::unordered_map<int, double>> mixed{
      {1, 2, 3}, {'a', 'b'}, {{1, 2.5}}};
  EXPECT_EQ(round_trip(mixed), mixed);
  const std::vector<std::vector<double>> ragged{{1, 2}, {}, std::vector<double>(1000, 4)};
  EXPECT_EQ(round_trip(ragged), ragged);
  EXPECT_EQ(round_trip(std::vector<bool>(77, true)), std::vector<bool>(77, true));
  EXPECT_EQ(round_trip(std::vector<std::string>{"", "\xff", "abc"}),
            (std::vector<std::string>{"", "\xff", "abc"}));
  EXPECT_EQ(round_trip(std::deque<std::string>{"a", "b"}), (std::deque<std::string>{"a", "b"}));
  EXPECT_EQ(round_trip(std::list<Particle>(3)), std::list<Particle>(3));
  EXPECT_EQ(round_trip(std::chrono::milliseconds(7)), std::chrono::milliseconds(7));
  EXPECT_EQ(round_trip(std::optional<std::string>{}), std::nullopt);
}

TEST(Cereal, pointers_are_followed) {
  auto list = Node{.value = 1, .next = std::make_unique<Node>(Node{.value = 2, .next = nullptr})};
  const auto copy = round_trip(list);
  ASSERT_TRUE(copy.next);
  EXPECT_EQ(copy.next->value, 2);
  EXPECT_FALSE(copy.next->next);
  const auto shared = std::make_shared<int>(5);
  const auto twice = round_trip(std::vector{shared, shared});
  EXPECT_EQ(*twice[0], 5);
  EXPECT_EQ(twice[0], twice[1]);
}

TEST(Cereal, large_blocks_are_recorded_by_reference) {
  Mesh mesh = example_mesh();
  mesh.points.assign(1000, 1);
  EXPECT_TRUE(refers_to(serialize(mesh), mesh.points));
  const std::map<int, std::vector<double>> nested{{1, std::vector<double>(500, 2)}};
  EXPECT_TRUE(refers_to(serialize(nested), nested.at(1)));
  const auto behind_pointer = std::make_unique<std::vector<double>>(500, 3);
  EXPECT_TRUE(refers_to(serialize(behind_pointer), *behind_pointer));
}

TEST(Cereal, small_blocks_are_copied_into_few_parts) {
  std::vector<std::vector<double>> many(100, std::vector<double>(10, 1));
  const auto object = serialize(many);
  EXPECT_FALSE(refers_to(object, many[0]));
  EXPECT_LE(object.parts().size(), 10U);
}

TEST(Cereal, what_a_save_function_hands_over_is_copied) {
  Doubled doubled{.values = std::vector<double>(1000, 1.5)};
  EXPECT_FALSE(refers_to(serialize(doubled), doubled.values));
  EXPECT_EQ(round_trip(doubled), doubled);
  EXPECT_EQ(round_trip(std::vector{doubled, doubled}), (std::vector{doubled, doubled}));
  const Outside outside{.values = std::vector<double>(1000, 2.5)};
  EXPECT_EQ(round_trip(outside).values, outside.values);
}

TEST(Cereal, what_a_save_function_with_a_version_hands_over_is_copied) {
  const Versioned versioned{.values = std::vector<double>(1000, 3.5)};
  EXPECT_EQ(round_trip(versioned).values, versioned.values);
}

TEST(Cereal, what_the_save_function_of_a_base_class_hands_over_is_copied) {
  Derived derived;
  derived.values.assign(1000, 4.5);
  derived.extra = 7;
  EXPECT_EQ(round_trip(derived).values, derived.values);
  EXPECT_EQ(round_trip(derived).extra, 7);
  VirtuallyDerived virtually;
  virtually.values.assign(1000, 5.5);
  EXPECT_EQ(round_trip(virtually).values, virtually.values);
}

TEST(Cereal, what_save_minimal_returns_is_copied) {
  EXPECT_EQ(round_trip(Minimal{.text = "minimal"}).text, "minimal");
}

TEST(Cereal, after_a_save_function_blocks_are_referred_to_again) {
  const std::pair<Doubled, std::vector<double>> both{{.values = std::vector<double>(500, 1)},
                                                     std::vector<double>(500, 2)};
  EXPECT_TRUE(refers_to(serialize(both), both.second));
}

TEST(Cereal, another_type_than_was_written_is_refused_by_name) {
  const auto error =
      thrown_by<SerializationError>([] { (void)deserialize<Mesh>(stored(Particle{})); });
  EXPECT_THAT(error.what(), HasSubstr("mesh/1"));
  EXPECT_THROW((void)deserialize<unsigned>(stored(5)), SerializationError);
  EXPECT_THROW((void)deserialize<std::vector<std::string>>(stored(std::list<std::string>{})),
               SerializationError);
}

TEST(Cereal, another_format_is_refused_with_both_numbers) {
  std::string object(stored(5).text());
  object[3] = 2;
  const auto error =
      thrown_by<SerializationError>([&] { (void)deserialize<int>(Bytes::own(object)); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr("format 2"), HasSubstr("format 1")));
}

TEST(Cereal, bytes_after_the_object_are_refused) {
  const std::string object = std::string(stored(5).text()) + "x";
  const auto error =
      thrown_by<SerializationError>([&] { (void)deserialize<int>(Bytes::own(object)); });
  EXPECT_THAT(error.what(), HasSubstr("1 bytes follow"));
}

TEST(Cereal, case51_and_52_errors_of_the_users_functions_are_reported_with_the_type) {
  const auto error = thrown_by<SerializationError>([] { (void)serialize(Throwing{}); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr("throwing/1"), HasSubstr("no ink")));
  auto old = Bytes::copy_of(forged<Versioned>("\x02\0\0\0"s + number(0)).span());
  const auto read_error = thrown_by<SerializationError>([&] { (void)deserialize<Versioned>(old); });
  EXPECT_THAT(read_error.what(), AllOf(HasSubstr("versioned/1"), HasSubstr("another version")));
}

TEST(Cereal, every_truncation_is_an_error) {
  for_each_truncation(stored(example_mesh()), [](const Bytes& cut) {
    EXPECT_THROW((void)deserialize<Mesh>(cut), SerializationError) << cut.size();
  });
}

TEST(Cereal, every_bit_flip_is_an_error_or_a_value) {
  const auto check = []<class T>(const T& value) {
    for_each_bit_flip(stored(value), [](const Bytes& damaged) {
      (void)succeeds_or_throws<SerializationError>([&] { (void)deserialize<T>(damaged); });
    });
  };
  check(example_mesh());
  check(std::vector<bool>{true, false, true});
  check(std::optional<int>(5));
  check(std::variant<int, std::string>("text"));
  check(std::map<std::string, std::pair<int, bool>>{{"k", {1, true}}});
  check(std::list<std::string>{"a", "b"});
  check(std::make_shared<std::string>("text"));
  check(std::make_unique<int>(5));
  check(Node{.value = 1, .next = std::make_unique<Node>()});
  check(Versioned{.values = {1, 2}});
}

TEST(Cereal, a_boolean_that_is_neither_0_nor_1_is_refused) {
  EXPECT_TRUE(deserialize<bool>(forged<bool>("\x01")));
  EXPECT_THROW((void)deserialize<bool>(forged<bool>("\x02")), SerializationError);
  EXPECT_THROW((void)deserialize<std::optional<int>>(forged<std::optional<int>>("\x40")),
               SerializationError);
}

TEST(Cereal, hostile_counts_are_refused_before_memory_is_taken) {
  const auto check = []<class T>(const T&) {
    for (const std::uint64_t count : {std::uint64_t{1} << 40U, UINT64_MAX, UINT64_MAX / 8 + 1}) {
      const auto error = thrown_by<SerializationError>(
          [&] { (void)deserialize<T>(forged<T>(number(count) + "some content")); });
      EXPECT_THAT(error.what(), HasSubstr("remain")) << count;
    }
  };
  check(std::vector<std::string>{});
  check(std::vector<std::vector<double>>{});
  check(std::vector<bool>{});
  check(std::deque<std::string>{});
  check(std::list<std::string>{});
  check(std::set<std::string>{});
  check(std::map<int, std::string>{});
  check(std::unordered_map<int, std::string>{});
}

TEST(Cereal, a_count_takes_memory_only_as_its_elements_come) {
  const auto check = []<class Container>(const Container&) {
    Counted::made = 0;
    // 2000 elements are announced, of 800 bytes each; 2000 bytes follow.
    EXPECT_THROW(
        (void)deserialize<Container>(forged<Container>(number(2000) + std::string(2000, '\0'))),
        SerializationError);
    EXPECT_GE(Counted::made, 2);
    EXPECT_LE(Counted::made, 4);
  };
  check(std::vector<Counted>{});
  check(std::deque<Counted>{});
  check(std::list<Counted>{});
  Counted::made = 0;
}

}  // namespace
}  // namespace proxystore
