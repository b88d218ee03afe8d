// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// The C++ side of interoperate.py: puts or gets one value of a known content.
//
//     python_peer STORE.toml put <type>          prints the key
//     python_peer STORE.toml get <type> <key>    fails if the object is another
//     python_peer STORE.toml wait <type> <key>   the same, for an object that comes
//     python_peer STORE.toml pickle <type>       puts, and prints the pickle of a proxy
//     python_peer STORE.toml unpickle <type> <pickle>   as get, by a proxy
// Pickles are in hexadecimal digits.
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "proxystore/proxystore.hpp"
#include "proxystore/python/pickle.hpp"

namespace ps = proxystore;

namespace {

using Run = std::function<int(ps::Store&, const std::string& verb, const std::string& key)>;

std::string to_hex(const ps::Bytes& bytes) {
  std::string text;
  for (const std::byte one : bytes.span()) {
    text += "0123456789abcdef"[static_cast<unsigned>(one) >> 4U];
    text += "0123456789abcdef"[static_cast<unsigned>(one) & 15U];
  }
  return text;
}

ps::Bytes from_hex(const std::string& text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return ps::Bytes::own(std::move(bytes));
}

template <class T>
Run with(const T& expected) {
  return [expected](ps::Store& store, const std::string& verb, const std::string& key) {
    if (verb == "pickle") {
      const auto proxy = store.proxy(expected);
      std::cout << to_hex(ps::python::to_pickle(proxy)) << std::endl;
      return 0;
    }
    if (verb == "unpickle") {
      const auto proxy = ps::python::from_pickle<T>(from_hex(key).span());
      const bool is_equal = *proxy == expected;
      ps::get_store(proxy)->close({.clear = false});
      return is_equal ? 0 : 1;
    }
    if (verb == "put") {
      std::cout << store.put(expected) << std::endl;
      return 0;
    }
    auto named = ps::Key::parse(key);
    if (!named) throw ps::ArgumentError("'" + key + "' is no key");
    if (verb == "wait" && !store.wait(*named, {.timeout = std::chrono::seconds(60)})) return 1;
    const auto found = store.get<T>(*named);
    return found != nullptr && *found == expected ? 0 : 1;
  };
}

template <class T>
Run with_numbers() {
  std::vector<T> numbers;
  for (int i = 0; i < 100; ++i) numbers.push_back(static_cast<T>(i));
  return with(numbers);
}

const std::map<std::string, Run>& types() {
  using namespace std::string_literals;
  static const std::map<std::string, Run> all = {
      {"bytes", with(ps::Bytes::copy_of("bytes \0\xff\n"s))},
      {"text", with("text \u00fc \u2192 \U0001f30d"s)},
      {"empty", with(ps::Bytes())},
      {"int8", with_numbers<std::int8_t>()},
      {"int16", with_numbers<std::int16_t>()},
      {"int32", with_numbers<std::int32_t>()},
      {"int64", with_numbers<std::int64_t>()},
      {"uint8", with_numbers<std::uint8_t>()},
      {"uint16", with_numbers<std::uint16_t>()},
      {"uint32", with_numbers<std::uint32_t>()},
      {"uint64", with_numbers<std::uint64_t>()},
      {"float32", with_numbers<float>()},
      {"float64", with_numbers<double>()},
  };
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || !types().contains(argv[3])) {
    std::cerr << "usage: " << argv[0]
              << " STORE.toml put|get|wait|pickle|unpickle <type> [<key>]\n";
    return 2;
  }
  try {
    const auto store = ps::Store::from_toml(argv[1]);
    const int code = types().at(argv[3])(*store, argv[2], argc > 4 ? argv[4] : "");
    store->close({.clear = false});
    return code;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
