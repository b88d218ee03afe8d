// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// 10: arrays of several dimensions. In a store of files they are read without a copy, and in one of
// HDF5 files other programs read them as well.
#include <cmath>
#include <filesystem>
#include <iostream>

#include <proxystore/proxystore.hpp>

namespace ps = proxystore;
using Field = ps::Array<double, 2>;

int main() {
  const auto folder = std::filesystem::temp_directory_path() / "proxystore-example-10";

  // Written where the store keeps it, and read through a mapping of the file.
  const auto files = ps::Store::create("maps", ps::FileOptions{.store_dir = folder / "maps"});
  auto builder = files->create<double>({180, 360});
  for (std::size_t i = 0; i < builder.values().size(); ++i) {
    builder.values()[i] = std::sin(static_cast<double>(i));
  }
  const auto field = std::move(builder).publish_proxy<Field>();
  std::cout << field->extent(0) << " x " << field->extent(1) << ": " << (*field)(0, 1) << '\n';

  // For others: `h5dump` or h5py find type, extents, name and units.
  const auto results = ps::Store::create("results", ps::Hdf5Options{.store_dir = folder / "h5"});
  ps::PutOptions options;
  options.info.name = "temperature";
  options.info.units = "K";
  const auto stored = results->proxy(*field, {.options = options});
  for (const auto& file : std::filesystem::directory_iterator(folder / "h5")) {
    if (file.path().extension() != ".h5") continue;  // the other one says who created it
    std::cout << file.path().extension() << " of " << file.file_size() / 1000 << " kB\n";
  }

  // Memory of the program's own, in Fortran order, goes to the store from where it is.
  const std::vector<float> columns{1, 2, 3, 4, 5, 6};
  const ps::Key key = results->put(ps::ArrayView<float, 2>{columns, {2, 3}, ps::Order::fortran});
  const auto read = results->get<ps::Array<float, 2>>(key);
  std::cout << "second row: " << read->at(1, 0) << ' ' << read->at(1, 1) << ' ' << read->at(1, 2)
            << '\n';
}
