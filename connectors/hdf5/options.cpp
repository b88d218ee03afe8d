// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <string>

#include "detail/options_reader.hpp"

namespace proxystore::inline v0 {

namespace hdf5 {

Hdf5Options parse(const ConfigTable& table) {
  constexpr std::int64_t one_day_ms = 86'400'000;
  constexpr std::int64_t largest_chunk = std::int64_t{1} << 31U;  // HDF5 has none of 4 GiB
  constexpr std::int64_t largest_alignment = std::int64_t{1} << 30U;
  constexpr std::int64_t most_stripes = 100'000;
  Hdf5Options options;
  detail::OptionsReader reader("hdf5", table);
  std::string store_dir;
  std::int64_t deflate = options.deflate;
  auto chunk_size = static_cast<std::int64_t>(options.chunk_size);
  auto alignment = static_cast<std::int64_t>(options.alignment);
  std::int64_t stripe_count = options.stripe_count;
  auto stripe_size = static_cast<std::int64_t>(options.stripe_size);
  std::int64_t visibility_ms = -1;
  reader.read("store_dir", store_dir);
  reader.read("clear", options.clear);
  reader.read("fsync", options.fsync);
  reader.read("checksum", options.checksum);
  reader.read("deflate", deflate, 0, 9);
  reader.read("fletcher32", options.fletcher32);
  reader.read("chunk_size", chunk_size, 0, largest_chunk);
  reader.read("alignment", alignment, 1, largest_alignment);
  reader.read("stripe_count", stripe_count, 0, most_stripes);
  reader.read("stripe_size", stripe_size, 0, largest_alignment);
  reader.read("mpi_io_on_any_medium", options.mpi_io_on_any_medium);
  reader.read("visibility_timeout_ms", visibility_ms, 0, one_day_ms);
  reader.finish();
  if (store_dir.empty()) reader.fail("store_dir", "is missing: name the folder for the objects");
  options.store_dir = store_dir;
  options.deflate = static_cast<int>(deflate);
  options.chunk_size = static_cast<std::size_t>(chunk_size);
  options.alignment = static_cast<std::size_t>(alignment);
  options.stripe_count = static_cast<int>(stripe_count);
  options.stripe_size = static_cast<std::size_t>(stripe_size);
  if (visibility_ms >= 0) options.visibility_timeout = std::chrono::milliseconds(visibility_ms);
  return options;
}

Hdf5DatasetOptions parse_dataset(const ConfigTable& table) {
  Hdf5DatasetOptions options;
  detail::OptionsReader reader("hdf5_dataset", table);
  std::string file;
  reader.read("file", file);
  reader.read("dataset", options.dataset);
  reader.finish();
  if (file.empty()) reader.fail("file", "is missing: name the HDF5 file");
  if (options.dataset.empty()) reader.fail("dataset", "is missing: name a dataset of the file");
  options.file = file;
  return options;
}

}  // namespace hdf5

Hdf5DatasetOptions::operator ConnectorConfig() const {
  return {.kind = "hdf5_dataset", .options = {{"file", file.string()}, {"dataset", dataset}}};
}

Hdf5Options::operator ConnectorConfig() const {
  const Hdf5Options defaults;
  ConfigTable options{{"store_dir", store_dir.string()}, {"clear", clear}};
  if (fsync != defaults.fsync) options["fsync"] = fsync;
  if (checksum != defaults.checksum) options["checksum"] = checksum;
  if (deflate != defaults.deflate) options["deflate"] = deflate;
  if (fletcher32 != defaults.fletcher32) options["fletcher32"] = fletcher32;
  if (chunk_size != defaults.chunk_size) {
    options["chunk_size"] = static_cast<std::int64_t>(chunk_size);
  }
  if (alignment != defaults.alignment) options["alignment"] = static_cast<std::int64_t>(alignment);
  if (stripe_count != defaults.stripe_count) options["stripe_count"] = std::int64_t{stripe_count};
  if (stripe_size != defaults.stripe_size) {
    options["stripe_size"] = static_cast<std::int64_t>(stripe_size);
  }
  if (mpi_io_on_any_medium) options["mpi_io_on_any_medium"] = true;
  if (visibility_timeout) {
    options["visibility_timeout_ms"] = static_cast<std::int64_t>(visibility_timeout->count());
  }
  return {.kind = "hdf5", .options = std::move(options)};
}

}  // namespace proxystore::inline v0
