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
// Pickles are in hexadecimal digits. Types are those of interoperate.py, arrays
// "<dtype>.<rank>.<C|F>".
#include <algorithm>
#include <array>
#include <complex>
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
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
T to_number(std::size_t i) {
  if constexpr (std::is_same_v<T, bool>) {
    return i % 2 == 1;
  } else if constexpr (std::is_same_v<T, ps::Float16>) {
    for (std::uint16_t bits = 0;; ++bits) {
      if (static_cast<float>(ps::Float16{bits}) == static_cast<float>(i)) return {bits};
    }
  } else {
    return static_cast<T>(
        static_cast<std::uint8_t>(i));  // of which complex numbers can be made, too
  }
}

template <class T>
Run with_numbers() {
  std::vector<T> numbers;
  for (std::size_t i = 0; i < 100; ++i) numbers.push_back(to_number<T>(i));
  return with(numbers);
}

/// The element at each index is its number in C order.
template <class T, std::size_t Rank>
Run with_array(ps::Order order) {
  constexpr std::array<std::size_t, 4> sizes{2, 3, 4, 5};
  typename ps::Array<T, Rank>::Extents extents{};
  std::copy_n(sizes.begin(), Rank, extents.begin());
  std::size_t count = 1;
  for (const std::size_t extent : extents) count *= extent;
  const auto elements = std::make_unique<T[]>(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t place = i;
    if (order == ps::Order::fortran) {
      place = 0;
      std::size_t rest = i;
      for (std::size_t dimension = Rank; dimension-- > 0; rest /= extents[dimension]) {
        place = place * extents[dimension] + rest % extents[dimension];
      }
    }
    elements[place] = to_number<T>(i);
  }
  return with(ps::Array<T, Rank>::copy_of({elements.get(), count}, extents, order));
}

template <class T>
void add_arrays(std::map<std::string, Run>& all, const std::string& dtype) {
  const auto add = [&]<std::size_t Rank>() {
    const std::string name = dtype + "." + std::to_string(Rank);
    all[name + ".C"] = with_array<T, Rank>(ps::Order::c);
    all[name + ".F"] = with_array<T, Rank>(ps::Order::fortran);
  };
  add.template operator()<0>();
  add.template operator()<1>();
  add.template operator()<2>();
  add.template operator()<3>();
  add.template operator()<4>();
}

std::map<std::string, Run> make_types() {
  using namespace std::string_literals;
  std::map<std::string, Run> all = {
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
  add_arrays<bool>(all, "bool");
  add_arrays<std::int8_t>(all, "int8");
  add_arrays<std::int16_t>(all, "int16");
  add_arrays<std::int32_t>(all, "int32");
  add_arrays<std::int64_t>(all, "int64");
  add_arrays<std::uint8_t>(all, "uint8");
  add_arrays<std::uint16_t>(all, "uint16");
  add_arrays<std::uint32_t>(all, "uint32");
  add_arrays<std::uint64_t>(all, "uint64");
  add_arrays<ps::Float16>(all, "float16");
  add_arrays<float>(all, "float32");
  add_arrays<double>(all, "float64");
  add_arrays<std::complex<float>>(all, "complex64");
  add_arrays<std::complex<double>>(all, "complex128");
  return all;
}

const std::map<std::string, Run>& types() {
  static const std::map<std::string, Run> all = make_types();
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
