// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// The idioms of cereal's documentation, with content of 100 bytes and of 1 MiB: what is written
// must be there when the object is stored, and blocks that live must not be copied. The address
// sanitizer sees what refers to memory that is gone.
#include <algorithm>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "proxystore/serialize.hpp"

namespace proxystore::testing {

/// Its members, as they are.
struct Members {
  std::string text;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(text));
  }
};

/// A temporary in a two-way function.
struct Temporary {
  std::string text;

  template <class Archive>
  void serialize(Archive& archive) {
    std::string reversed(text.rbegin(), text.rend());
    archive(reversed);
    if (Archive::is_loading::value) text.assign(reversed.rbegin(), reversed.rend());
  }
};

/// Temporaries behind names, in containers, behind pointers and as raw data.
struct Wrapped {
  std::string text;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::make_nvp("text", std::string(text)));
    archive(std::vector<std::string>{text, text});
    archive(std::map<int, std::string>{{1, text}}, std::deque<std::string>{text});
    archive(std::make_unique<std::string>(text), std::make_shared<std::string>(text));
    archive(std::optional<std::string>(text), std::variant<int, std::string>(text));
    archive(std::pair<int, std::string>(1, text), std::tuple<std::string>(text));
    std::string copy(text);
    archive(cereal::make_size_tag(cereal::size_type{copy.size()}),
            cereal::binary_data(copy.data(), copy.size()));
    archive(text);
  }
};

/// What Wrapped writes, by which it is read.
struct Unwrapped {
  std::string nvp;
  std::vector<std::string> two;
  std::map<int, std::string> map;
  std::deque<std::string> deque;
  std::unique_ptr<std::string> unique;
  std::shared_ptr<std::string> shared;
  std::optional<std::string> optional;
  std::variant<int, std::string> variant;
  std::pair<int, std::string> pair;
  std::tuple<std::string> tuple;
  std::string raw;
  std::string text;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(nvp, two, map, deque, unique, shared, optional, variant, pair, tuple, raw, text);
  }
};

struct SaveLoad {
  std::string text;

  template <class Archive>
  void save(Archive& archive) const {
    archive(text, std::string(text));
  }
  template <class Archive>
  void load(Archive& archive) {
    std::string again;
    archive(text, again);
    if (again != text) throw std::runtime_error("the copies differ");
  }
};

/// Functions beside the class.
struct Outside {
  std::string text;
};
template <class Archive>
void save(Archive& archive, const Outside& object) {
  archive(std::string(object.text));
}
template <class Archive>
void load(Archive& archive, Outside& object) {
  archive(object.text);
}

struct Minimal {
  std::string text;

  template <class Archive>
  [[nodiscard]] std::string save_minimal(const Archive&) const {
    return text;
  }
  template <class Archive>
  void load_minimal(const Archive&, const std::string& written) {
    text = written;
  }
};

struct Versioned {
  std::string text;

  template <class Archive>
  void serialize(Archive& archive, const std::uint32_t version) {
    std::string copy(text);
    archive(copy);
    if (Archive::is_loading::value) text = copy;
    if (version != 2) throw std::runtime_error("another version");
  }
};

struct Base {
  std::string text;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(text);
  }
};
struct Derived : Base {
  std::string more;

  template <class Archive>
  void serialize(Archive& archive) {
    std::string copy(more);
    archive(cereal::base_class<Base>(this), copy);
    more = copy;
  }
};
struct VirtuallyDerived : virtual Base {
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::virtual_base_class<Base>(this));
  }
};

struct Deferred {
  std::string text;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::defer(text));
    archive.serializeDeferments();
  }
};

/// Elements of a list that are written as temporaries.
struct MinimalElements {
  std::list<Minimal> elements;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(elements);
  }
};

/// What is not owned: it may be gone as soon as the function returns.
struct NotOwned {
  std::string text;
  std::weak_ptr<std::string> weak;

  template <class Archive>
  void save(Archive& archive) const {
    auto owner = std::make_shared<std::string>(text);
    const_cast<NotOwned*>(this)->weak = owner;
    archive(weak, *owner);
  }
  template <class Archive>
  void load(Archive& archive) {
    std::string again;
    archive(weak, again);
    text = again;
  }
};

/// A tree through pointers and containers.
struct Tree {
  std::string text;
  std::vector<Tree> children;
  std::unique_ptr<Tree> left;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(text, children, left);
  }
};

}  // namespace proxystore::testing

CEREAL_CLASS_VERSION(proxystore::testing::Versioned, 2)
CEREAL_SPECIALIZE_FOR_ALL_ARCHIVES(proxystore::testing::Derived,
                                   cereal::specialization::member_serialize)
CEREAL_SPECIALIZE_FOR_ALL_ARCHIVES(proxystore::testing::VirtuallyDerived,
                                   cereal::specialization::member_serialize)
PROXYSTORE_TYPE_NAME(proxystore::testing::Members, "members/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Temporary, "temporary/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Wrapped, "wrapped/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Unwrapped, "wrapped/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::SaveLoad, "save_load/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Outside, "outside/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Minimal, "minimal/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Versioned, "versioned/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Derived, "derived/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::VirtuallyDerived, "virtually_derived/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Deferred, "deferred/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::MinimalElements, "minimal_elements/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::NotOwned, "not_owned/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Tree, "tree/1");

namespace proxystore {
namespace {

using namespace proxystore::testing;

/// Whether some part of @p object is the memory of @p text.
bool refers_to(const SerializedObject& object, std::string_view text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return std::any_of(object.parts().begin(), object.parts().end(), [&](const ByteSpan& part) {
    return part.data() <= first && first + text.size() <= part.data() + part.size();
  });
}

/// The parts are read only after the value's functions have returned and other memory was taken.
template <class Read, class T>
Read stored_and_read(const T& value) {
  const SerializedObject object = serialize(value);
  const std::vector<std::string> others(20, std::string(1 << 20U, '\xee'));
  return deserialize<Read>(Bytes::copy_of(object.parts()));
}

class Idioms : public ::testing::TestWithParam<std::size_t> {
 protected:
  [[nodiscard]] static std::string text(char first = 'a') {
    std::string made(GetParam(), ' ');
    std::iota(made.begin(), made.end(), first);
    return made;
  }
  [[nodiscard]] static bool is_large() { return GetParam() > 1024; }

  template <class T>
  void expect_round_trip() {
    T value;
    value.text = text();
    EXPECT_TRUE((stored_and_read<T>(value).text) == text());
  }
};

INSTANTIATE_TEST_SUITE_P(sizes, Idioms, ::testing::Values(100, 1U << 20U));

TEST_P(Idioms, members_are_stored_from_where_they_are) {
  const Members members{.text = text()};
  EXPECT_EQ(refers_to(serialize(members), members.text), is_large());
  expect_round_trip<Members>();
  expect_round_trip<Deferred>();
}

TEST_P(Idioms, a_temporary_in_a_two_way_function) {
  expect_round_trip<Temporary>();
}

TEST_P(Idioms, temporaries_in_containers_and_behind_pointers) {
  const Wrapped wrapped{.text = text()};
  EXPECT_EQ(refers_to(serialize(wrapped), wrapped.text), is_large());
  const auto read = stored_and_read<Unwrapped>(wrapped);
  EXPECT_TRUE(read.nvp == text());
  EXPECT_EQ(read.two, (std::vector{text(), text()}));
  EXPECT_EQ(read.map, (std::map<int, std::string>{{1, text()}}));
  EXPECT_EQ(read.deque, std::deque{text()});
  EXPECT_TRUE(*read.unique == text());
  EXPECT_TRUE(*read.shared == text());
  EXPECT_TRUE(read.optional == text());
  EXPECT_TRUE(std::get<1>(read.variant) == text());
  EXPECT_TRUE(read.pair.second == text());
  EXPECT_TRUE(std::get<0>(read.tuple) == text());
  EXPECT_TRUE(read.raw == text());
  EXPECT_TRUE(read.text == text());
}

TEST_P(Idioms, save_and_load) {
  const SaveLoad value{.text = text()};
  EXPECT_EQ(refers_to(serialize(value), value.text), is_large());
  expect_round_trip<SaveLoad>();
  expect_round_trip<Outside>();
}

TEST_P(Idioms, save_minimal) {
  expect_round_trip<Minimal>();
  MinimalElements several;
  several.elements = {{.text = text('a')}, {.text = text('b')}};
  const auto read = stored_and_read<MinimalElements>(several);
  EXPECT_TRUE(read.elements.front().text == text('a'));
  EXPECT_TRUE(read.elements.back().text == text('b'));
}

TEST_P(Idioms, versions) {
  expect_round_trip<Versioned>();
}

TEST_P(Idioms, inheritance) {
  Derived derived;
  derived.text = text('a');
  derived.more = text('b');
  EXPECT_EQ(refers_to(serialize(derived), derived.text), is_large());
  EXPECT_TRUE(stored_and_read<Derived>(derived).text == text('a'));
  EXPECT_TRUE(stored_and_read<Derived>(derived).more == text('b'));
  expect_round_trip<VirtuallyDerived>();
}

TEST_P(Idioms, what_is_not_owned) {
  expect_round_trip<NotOwned>();
}

TEST_P(Idioms, pointers_and_trees) {
  Tree tree{.text = text('a'), .children = {}, .left = std::make_unique<Tree>()};
  tree.left->text = text('b');
  tree.children.resize(2);
  tree.children[1].text = text('c');
  const SerializedObject object = serialize(tree);
  EXPECT_EQ(refers_to(object, tree.left->text), is_large());
  EXPECT_EQ(refers_to(object, tree.children[1].text), is_large());
  const auto read = stored_and_read<Tree>(tree);
  EXPECT_TRUE(read.text == text('a'));
  EXPECT_TRUE(read.left->text == text('b'));
  EXPECT_TRUE(read.children[1].text == text('c'));
}

/// All elements of containers of each kind are stored from where they are.
TEST_P(Idioms, containers_of_the_standard_library) {
  const auto check = [](const auto& container, const auto&... elements) {
    const SerializedObject object = serialize(container);
    for (const std::string* element : {&elements...}) {
      EXPECT_EQ(refers_to(object, *element), is_large());
    }
    EXPECT_EQ(deserialize<std::remove_cvref_t<decltype(container)>>(Bytes::copy_of(object.parts())),
              container);
  };
  const std::vector vector{text('a'), text('b')};
  check(vector, vector[0], vector[1]);
  const std::deque deque{text('a'), text('b')};
  check(deque, deque[0], deque[1]);
  const std::list list{text('a'), text('b')};
  check(list, list.front(), list.back());
  const std::set set{text('a'), text('b')};
  check(set, *set.begin(), *std::next(set.begin()));
  const std::map<std::string, std::string> map{{text('a'), text('b')}, {text('c'), text('d')}};
  check(map, map.begin()->first, map.begin()->second, map.at(text('c')));
  const std::unordered_map<int, std::string> unordered{{1, text('a')}, {2, text('b')}};
  check(unordered, unordered.at(1), unordered.at(2));
  const std::optional optional(text('a'));
  check(optional, *optional);
  const std::pair pair(text('a'), std::vector{text('b')});
  check(pair, pair.first, pair.second.front());
  const std::variant<int, std::string> variant(text('a'));
  check(variant, std::get<1>(variant));
  const std::array<std::map<int, std::string>, 1> nested{{{{1, text('a')}}}};
  check(nested, nested[0].at(1));
}

}  // namespace
}  // namespace proxystore
