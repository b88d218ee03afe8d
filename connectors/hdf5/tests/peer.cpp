// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// The C++ side of read_back.py.
//
//     hdf5_peer <folder> write          stores objects, and prints "<what> <key>" for each
//     hdf5_peer <folder> read <key>     fails unless the object is the array of h5py
//     hdf5_peer <file> show <dataset>   prints the stored form of a dataset of any file
#include <complex>
#include <iostream>
#include <string>
#include <vector>

#include "proxystore/proxy_from_file.hpp"
#include "proxystore/proxystore.hpp"

namespace ps = proxystore;

namespace {

template <class T>
void write(ps::Store& store, const std::string& what) {
  const auto elements = std::make_unique<T[]>(6);
  for (std::size_t i = 0; i < 6; ++i) {
    if constexpr (std::is_same_v<T, ps::Float16>) {
      constexpr std::uint16_t halves[] = {0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500};
      elements[i] = {halves[i]};
    } else if constexpr (std::is_same_v<T, bool>) {
      elements[i] = i % 2 == 1;
    } else {
      elements[i] = static_cast<T>(static_cast<std::uint8_t>(i));
    }
  }
  const std::span<const T> span(elements.get(), 6);
  ps::PutOptions options;
  options.info.name = "heights of " + what;
  options.info.units = "m";
  options.info.attributes = {{"source", "a test \u00fc"}};
  const auto c = ps::Array<T, 2>::copy_of(span, {2, 3});
  const auto fortran = ps::Array<T, 2>::copy_of(span, {2, 3}, ps::Order::fortran);
  std::cout << what << ".C " << store.put(c, {.options = options}) << "\n"
            << what << ".F " << store.put(fortran) << "\n";
}

void write_all(ps::Store& store) {
  write<bool>(store, "bool");
  write<std::int8_t>(store, "int8");
  write<std::int16_t>(store, "int16");
  write<std::int32_t>(store, "int32");
  write<std::int64_t>(store, "int64");
  write<std::uint8_t>(store, "uint8");
  write<std::uint16_t>(store, "uint16");
  write<std::uint32_t>(store, "uint32");
  write<std::uint64_t>(store, "uint64");
  write<ps::Float16>(store, "float16");
  write<float>(store, "float32");
  write<double>(store, "float64");
  write<std::complex<float>>(store, "complex64");
  write<std::complex<double>>(store, "complex128");
  std::cout << "text " << store.put(std::string("text \u00fc")) << "\n"
            << "bytes " << store.put(ps::Bytes::copy_of("bytes")) << "\n"
            << "opaque " << store.put(std::vector<std::string>{"a", "b"}) << "\n";
  const auto batch = store.put_batch(std::vector<std::vector<double>>{{1}, {2, 3}});
  std::cout << "first " << batch[0] << "\nsecond " << batch[1] << "\n";
}

/// An array is an .npy file after its frame.
void show(const std::string& file, const std::string& dataset) {
  const auto store = ps::get_store(ps::proxy_from_file<std::string>(file, dataset));
  const auto object = store->connector().get(ps::Key{});
  if (!object) throw std::runtime_error("there is no dataset " + dataset);
  std::cout << object->text();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  try {
    if (argv[2] == std::string("show")) {
      show(argv[1], argv[3]);
      return 0;
    }
    const auto store =
        ps::Store::create("h", ps::Hdf5Options{.store_dir = argv[1], .clear = false});
    if (argv[2] == std::string("write")) {
      write_all(*store);
      return 0;
    }
    const auto key = ps::Key::parse(argv[3]);
    const auto array = key ? store->get<ps::Array<double, 2>>(*key) : nullptr;
    return array && array->extent(1) == 3 && array->at(1, 2) == 5.0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
