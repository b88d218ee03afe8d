// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/key.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace proxystore {
namespace {

constexpr std::string_view example = "6f1c3c1e-0d0a-4c44-9b8a-3f1f6c1d2e3f";

TEST(Key, text_form_is_a_lower_case_uuid_of_version_4) {
  for (int i = 0; i < 100; ++i) {
    const std::string text = Key::random().to_string();
    ASSERT_EQ(text.size(), 36U);
    EXPECT_EQ(text[14], '4');
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
    for (std::size_t at = 0; at < text.size(); ++at) {
      const bool is_dash = at == 8 || at == 13 || at == 18 || at == 23;
      EXPECT_EQ(text[at] == '-', is_dash) << text;
      if (!is_dash) {
        EXPECT_NE(std::string("0123456789abcdef").find(text[at]), std::string::npos);
      }
    }
  }
}

TEST(Key, parse_reads_what_to_string_writes) {
  const Key key = Key::random();
  EXPECT_EQ(Key::parse(key.to_string()), key);
  EXPECT_EQ(Key::parse(example)->to_string(), example);
}

TEST(Key, parse_takes_either_case) {
  std::string upper(example);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  EXPECT_EQ(Key::parse(upper), Key::parse(example));
}

TEST(Key, parse_keeps_the_order_of_bytes) {
  const auto key = Key::parse("00010203-0405-0607-0809-0a0b0c0d0e0f");
  ASSERT_TRUE(key);
  for (unsigned i = 0; i < 16; ++i) EXPECT_EQ(key->id[i], std::byte(i));
}

TEST(Key, parse_refuses_hostile_text) {
  using namespace std::string_literals;
  const std::vector<std::string> hostile = {
      "",
      "-",
      "../../../../etc/passwd",
      "../../../../../../../../../../etc/pwd",
      "6f1c3c1e/0d0a-4c44-9b8a-3f1f6c1d2e3f",
      "6f1c3c1e-0d0a-4c44-9b8a-3f1f6c1d2e3",
      "6f1c3c1e-0d0a-4c44-9b8a-3f1f6c1d2e3f0",
      "6f1c3c1e0d0a4c449b8a3f1f6c1d2e3f",
      "6f1c3c1e0-d0a-4c44-9b8a-3f1f6c1d2e3f",
      "6f1c3c1g-0d0a-4c44-9b8a-3f1f6c1d2e3f",
      " f1c3c1e-0d0a-4c44-9b8a-3f1f6c1d2e3f",
      "6f1c3c1e-0d0a-4c44-9b8a-3f1f6c1d2e3\0"s,
      "6f1c3c1e-0d0a-4c44-9b8a-3f1f6c1d2e\xc3\xa9",
      "{f1c3c1e-0d0a-4c44-9b8a-3f1f6c1d2e3}",
      "------------------------------------",
      std::string(1 << 20, 'a'),
  };
  for (const auto& text : hostile) EXPECT_FALSE(Key::parse(text)) << text.substr(0, 50);
}

TEST(Key, parse_refuses_every_wrong_character_at_every_place) {
  for (std::size_t at = 0; at < example.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string text(example);
      text[at] = static_cast<char>(c);
      const bool is_valid = example[at] == '-' ? c == '-' : std::isxdigit(c) != 0;
      EXPECT_EQ(Key::parse(text).has_value(), is_valid) << at << ' ' << c;
    }
  }
}

TEST(Key, identity_is_the_id_alone) {
  const Key a = Key::random();
  Key b = a;
  b.size = 7;
  b.checksum = 8;
  b.flags = Key::has_checksum;
  b.locator[0] = std::byte{1};
  EXPECT_EQ(a, b);
  EXPECT_EQ(a <=> b, std::strong_ordering::equal);
  EXPECT_EQ(std::hash<Key>{}(a), std::hash<Key>{}(b));
  EXPECT_NE(a, Key::random());
}

TEST(Key, order_is_that_of_the_text) {
  std::vector<Key> keys;
  for (int i = 0; i < 100; ++i) keys.push_back(Key::random());
  std::sort(keys.begin(), keys.end());
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return a.to_string() < b.to_string();
  }));
}

TEST(Key, default_is_nil_of_unknown_size) {
  const Key key;
  EXPECT_TRUE(key.is_nil());
  EXPECT_FALSE(Key::random().is_nil());
  EXPECT_EQ(key.size, Key::unknown_size);
  EXPECT_FALSE(key.is_versioned());
}

TEST(Key, prints_as_its_text) {
  std::ostringstream out;
  out << *Key::parse(example);
  EXPECT_EQ(out.str(), example);
}

TEST(Key, random_ids_of_many_threads_differ) {
  constexpr std::size_t threads = 8, each = 2000;
  std::vector<std::vector<Key>> made(threads);
  {
    std::vector<std::jthread> running;
    for (auto& keys : made) {
      running.emplace_back([&keys] {
        for (std::size_t i = 0; i < each; ++i) keys.push_back(Key::random());
      });
    }
  }
  std::unordered_set<Key> all;
  for (const auto& keys : made) all.insert(keys.begin(), keys.end());
  EXPECT_EQ(all.size(), threads * each);
}

TEST(Key, random_ids_of_parent_and_forked_child_differ) {
  constexpr std::size_t count = 40;  // more than are drawn from the system at once
  (void)Key::random();               // leaves drawn ids that a child would inherit
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    for (std::size_t i = 0; i < count; ++i) {
      const Key key = Key::random();
      if (::write(ends[1], key.id.data(), key.id.size()) != 16) ::_exit(1);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::set<Key> all;
  for (std::size_t i = 0; i < count; ++i) all.insert(Key::random());
  Key key;
  std::size_t received = 0;
  while (::read(ends[0], key.id.data(), key.id.size()) == 16) {
    EXPECT_TRUE(all.insert(key).second) << key;
    ++received;
  }
  ::close(ends[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(received, count);
}

}  // namespace
}  // namespace proxystore
