// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Arrays: resolved on the node, copied into memory that is there, and in HDF5 files, beside memcpy
// and the HDF5 library.
#include <array>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include <hdf5.h>

#include "mpi_ranks.hpp"
#ifdef BENCH_HAS_KOKKOS
#include <proxystore/kokkos/views.hpp>
#endif

namespace bench {

namespace {

using Array = ps::Array<double, 1>;

/// A proxy's first use by a rank of the node: its time must not depend on the size.
void resolves(Ranks& ranks) {
  Session& session = ranks.session();
  const auto store = ps::Store::create("bench", ps::MpiOptions{}, {.cache_size = 0});
  const auto put = [&](std::size_t size) {
    ps::Key key;
    if (ranks.is(owner)) {
      auto array = store->create<double>({size / sizeof(double)});
      std::memset(array.values().data(), 0, array.values().size_bytes());
      key = std::move(array).publish();
    }
    return ranks.from(owner, key);
  };
  const auto resolve = [&](const ps::Key& key) {
    return together(session, [&store, key] {
      const auto proxy = store->proxy_from_key<Array>(key);
      keep(proxy->data());
    });
  };
  const std::size_t size = session.is_quick() ? 64 * mebibyte : gibibyte;
  ranks.say("resolving an array of " + std::to_string(size) + " bytes on the node");
  const ps::Key small = put(kibibyte);
  const ps::Key large = put(size);
  const auto none = [] { return 2 * microsecond; };
  ranks.add({.name = "resolve of an Array on the node vs of 1 KiB", .size = size, .budget = 1.05},
            ranks.at(reader, [&] { return in_turns(session, resolve(large), resolve(small)); }));
  ranks.add({.name = "resolve of an Array on the node vs 2 us", .size = size, .budget = 1.0},
            ranks.at(reader, [&] { return in_turns(session, resolve(large), none); }));
  if (ranks.is(owner)) store->evict_batch(std::array{small, large});
}

#ifdef BENCH_HAS_KOKKOS
/// From the other rank's memory into a view, beside memcpy between touched memory of this one.
void resolves_into(Ranks& ranks) {
  Session& session = ranks.session();
  const auto store = ps::Store::create("bench", ps::MpiOptions{}, {.cache_size = 0});
  for (const std::size_t size : {mebibyte, 64 * mebibyte}) {
    ranks.say("resolving into a view, " + std::to_string(size) + " bytes");
    const std::size_t count = size / sizeof(double);
    ps::Key key;
    if (ranks.is(owner)) key = store->put(std::vector<double>(count, 1.5));
    key = ranks.from(owner, key);
    const auto medians = ranks.at(reader, [&] {
      const Kokkos::View<double*, Kokkos::HostSpace> view("target", count);
      auto from = touched(size);
      auto to = touched(size);
      const auto proxy = store->proxy_from_key<Array>(key);
      auto resolve = together(session, [&] {
        ps::kokkos::resolve_into(proxy, view);
        keep(view.data());
      });
      auto copy = together(session, [&] {
        std::memcpy(to.data(), from.data(), size);
        keep(to);
      });
      return in_turns(session, resolve, copy);
    });
    ranks.add({.name = "resolve_into a view vs memcpy", .size = size, .budget = 1.1}, medians);
    if (ranks.is(owner)) store->evict(key);
  }
}
#endif

/// What a program would do by hand: one dataset in one file.
class PlainFile {
 public:
  PlainFile(std::filesystem::path path, std::size_t count)
      : path_(std::move(path)), count_(count) {}

  void write(const double* data) const {
    const hid_t file = H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(1, &count_, nullptr);
    const hid_t set =
        H5Dcreate2(file, "data", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const herr_t done = H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    H5Dclose(set);
    H5Sclose(space);
    if (H5Fclose(file) < 0 || done < 0) throw std::runtime_error("cannot write " + path_.string());
  }
  void read(double* data) const {
    const hid_t file = H5Fopen(path_.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t set = H5Dopen2(file, "data", H5P_DEFAULT);
    const herr_t done = H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    H5Dclose(set);
    H5Fclose(file);
    if (done < 0) throw std::runtime_error("cannot read " + path_.string());
  }

 private:
  std::filesystem::path path_;
  hsize_t count_;
};

/// @p folder is made for this.
void hdf5(Ranks& ranks, const std::filesystem::path& folder, bool has_checksum) {
  Session& session = ranks.session();
  const std::string how = has_checksum ? "" : " without checksum";
  const auto store = ps::Store::create(
      "files", ps::Hdf5Options{.store_dir = folder / "store", .checksum = has_checksum},
      {.cache_size = 0});
  for (const std::size_t size : {mebibyte, 64 * mebibyte}) {
    ranks.say("HDF5 files" + how + ", " + std::to_string(size) + " bytes");
    const std::vector<double> field(size / sizeof(double), 1.5);
    const PlainFile plain(folder / "plain.h5", field.size());
    const auto put = in_turns(session,
                              one_by_one(
                                  session, [&] { return store->put(field); },
                                  [&](const ps::Key& key) { store->evict(key); }),
                              one_by_one(
                                  session,
                                  [&] {
                                    plain.write(field.data());
                                    return 0;
                                  },
                                  [&](int) { std::filesystem::remove(folder / "plain.h5"); }));
    Row row{.name = "hdf5 put" + how + " vs H5Dwrite", .size = size};
    if (size == 64 * mebibyte) row.budget = 1.3;
    ranks.add(row, put);

    const ps::Key key = store->put(field);
    plain.write(field.data());
    const auto get = in_turns(session, together(session, [&] { keep(store->get<Array>(key)); }),
                              together(session, [&] {
                                ps::MutableBytes memory(size);
                                plain.read(reinterpret_cast<double*>(memory.data()));
                                keep(memory);
                              }));
    row.name = "hdf5 get" + how + " vs H5Dread";
    ranks.add(row, get);
    store->evict(key);
  }
}

void measure(Session& session) {
  Ranks ranks(session, {});
  resolves(ranks);
#ifdef BENCH_HAS_KOKKOS
  resolves_into(ranks);
#endif
  if (ranks.is(owner)) {
    const auto folder = std::filesystem::temp_directory_path() /
                        ("proxystore-bench-" + ps::Key::random().to_string());
    std::filesystem::create_directories(folder);
    try {
      hdf5(ranks, folder, true);
      hdf5(ranks, folder, false);
    } catch (...) {
      std::filesystem::remove_all(folder);
      throw;
    }
    std::filesystem::remove_all(folder);
  }
  ranks.meet();
}

void run(Session& session) {
#ifdef BENCH_HAS_KOKKOS
  Kokkos::initialize();
#endif
  in_ranks(session, 2, measure);
#ifdef BENCH_HAS_KOKKOS
  Kokkos::finalize();
#endif
}

const Registration registration({.name = "arrays", .ranks = 2, .run = run});

}  // namespace

}  // namespace bench
