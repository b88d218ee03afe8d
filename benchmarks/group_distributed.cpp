// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Arrays that are distributed over ranks: from four of them, which have rows, to three, which want
// columns, beside MPI_Alltoallv; and into one dataset, beside a collective H5Dwrite.
#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <vector>

#include <hdf5.h>

#include <proxystore/mpi/distributed_array.hpp>
#include <proxystore/mpi/message.hpp>

#include "mpi_ranks.hpp"

namespace bench {

namespace {

constexpr int writers = 4;
constexpr int readers = 3;
using Grid = ps::Array<double, 2>;

/// Seconds until all ranks have done @p work, at all of them.
template <class Work>
double seconds_of_all(const Ranks& ranks, const Work& work) {
  ranks.meet();
  const Stopwatch watch;
  work();
  ranks.meet();
  return ranks.from(owner, watch.seconds());
}

/// The array, and this rank's share of it on either side.
struct Layout {
  Layout(std::size_t bytes, int rank) {
    columns = 3 * 1024;
    rows = bytes / (columns * sizeof(double)) / writers * writers;
    first_row = rows / writers * static_cast<std::size_t>(rank);
    is_reader = rank < readers;
    first_column = columns / readers * static_cast<std::size_t>(rank);
  }
  [[nodiscard]] std::size_t own_rows() const { return rows / writers; }
  [[nodiscard]] std::size_t own_columns() const { return is_reader ? columns / readers : 0; }
  [[nodiscard]] std::size_t bytes() const { return rows * columns * sizeof(double); }

  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t first_row = 0;
  std::size_t first_column = 0;
  bool is_reader = false;
};

/// What a program does by hand: pack the columns for each reader, exchange, and put the rows of
/// each writer below each other, which is how they arrive.
class ByHand {
 public:
  ByHand(const Layout& layout, const std::vector<double>& own, MPI_Comm comm)
      : layout_(layout),
        own_(own),
        comm_(comm),
        packed_(own.size()),
        received_(layout.rows * layout.own_columns()) {
    const auto piece = static_cast<int>(layout.own_rows() * layout.columns / readers);
    for (int rank = 0; rank < writers; ++rank) {
      send_counts_.push_back(rank < readers ? piece : 0);
      receive_counts_.push_back(layout.is_reader ? piece : 0);
      send_places_.push_back(std::min(rank, readers) * piece);
      receive_places_.push_back(layout.is_reader ? rank * piece : 0);
    }
    std::memset(packed_.data(), 1, packed_.size() * sizeof(double));
    std::memset(received_.data(), 1, received_.size() * sizeof(double));
  }

  void pack() {
    const std::size_t width = layout_.columns / readers;
    double* to = packed_.data();
    for (std::size_t reader = 0; reader < readers; ++reader) {
      for (std::size_t row = 0; row < layout_.own_rows(); ++row, to += width) {
        std::memcpy(to, own_.data() + row * layout_.columns + reader * width,
                    width * sizeof(double));
      }
    }
  }
  void exchange() {
    MPI_Alltoallv(packed_.data(), send_counts_.data(), send_places_.data(), MPI_DOUBLE,
                  received_.data(), receive_counts_.data(), receive_places_.data(), MPI_DOUBLE,
                  comm_);
    keep(received_);
  }

 private:
  const Layout& layout_;
  const std::vector<double>& own_;
  const MPI_Comm comm_;
  std::vector<double> packed_;
  std::vector<double> received_;
  std::vector<int> send_counts_;
  std::vector<int> receive_counts_;
  std::vector<int> send_places_;
  std::vector<int> receive_places_;
};

void redistribute(Session& session, int ranks_per_node, const std::string& where) {
  Ranks ranks(session, {.ranks_per_node = ranks_per_node});
  int rank = 0;
  MPI_Comm_rank(ranks.comm(), &rank);
  const Layout layout(session.is_quick() ? 24 * mebibyte : gibibyte, rank);
  ranks.say("from " + std::to_string(writers) + " writers in rows to " + std::to_string(readers) +
            " readers in columns, " + where);
  std::vector<double> own(layout.own_rows() * layout.columns, 1.5);
  const auto store = ps::Store::create("bench", ps::MpiOptions{}, {.cache_size = 0});
  const auto put = [&] {
    return ps::mpi::put_distributed(
        *store,
        ps::ArrayView<double, 2>{.elements = own, .extents = {layout.own_rows(), layout.columns}},
        {.global_extents = {layout.rows, layout.columns},
         .offset = {layout.first_row, 0},
         .comm = ranks.comm()});
  };
  const auto get = [&](const ps::Proxy<Grid>& proxy) {
    if (!layout.is_reader) return;
    keep(proxy.box({0, layout.first_column}, {layout.rows, layout.own_columns()})->data());
  };
  ByHand by_hand(layout, own, ranks.comm());
  const auto whole = put();
  const auto boxes = [&] { return seconds_of_all(ranks, [&] { get(whole); }); };
  const auto both = [&] {
    ps::Proxy<Grid> proxy;
    const double seconds = seconds_of_all(ranks, [&] {
      proxy = put();
      get(proxy);
    });
    if (ranks.is(owner)) store->evict(proxy.key());
    ranks.meet();
    return seconds;
  };
  const auto exchange = [&] { return seconds_of_all(ranks, [&] { by_hand.exchange(); }); };
  const auto packed = [&] {
    return seconds_of_all(ranks, [&] {
      by_hand.pack();
      by_hand.exchange();
    });
  };
  ranks.add({.name = "rows to columns " + where + " vs packing and MPI_Alltoallv",
             .size = layout.bytes(),
             .budget = 1.3},
            in_turns(session, boxes, packed));
  ranks.add({.name = "rows to columns " + where + " vs MPI_Alltoallv of what is packed",
             .size = layout.bytes()},
            in_turns(session, boxes, exchange));
  ranks.add({.name = "put, and rows to columns, " + where + " vs packing and MPI_Alltoallv",
             .size = layout.bytes()},
            in_turns(session, both, packed));
  if (ranks.is(owner)) store->evict(whole.key());
  ranks.meet();
}

/// One dataset, which all ranks write.
void write_plainly(const std::filesystem::path& path, const Layout& layout,
                   const std::vector<double>& own, MPI_Comm comm) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_mpio(access, comm, MPI_INFO_NULL);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  const std::array<hsize_t, 2> extents{layout.rows, layout.columns};
  const std::array<hsize_t, 2> start{layout.first_row, 0};
  const std::array<hsize_t, 2> count{layout.own_rows(), layout.columns};
  const hid_t space = H5Screate_simple(2, extents.data(), nullptr);
  const hid_t memory = H5Screate_simple(2, count.data(), nullptr);
  const hid_t set =
      H5Dcreate2(file, "data", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
  const hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
  H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
  const herr_t done = H5Dwrite(set, H5T_NATIVE_DOUBLE, memory, space, transfer, own.data());
  H5Pclose(transfer);
  H5Dclose(set);
  H5Sclose(memory);
  H5Sclose(space);
  const herr_t closed = H5Fclose(file);
  H5Pclose(access);
  if (done < 0 || closed < 0) throw std::runtime_error("cannot write " + path.string());
}

void put_in_one_dataset(Session& session) {
  Ranks ranks(session, {});
  int rank = 0;
  MPI_Comm_rank(ranks.comm(), &rank);
  const Layout layout(session.is_quick() ? 12 * mebibyte : 256 * mebibyte, rank);
  ranks.say("collective puts into HDF5 files");
  std::string name;
  if (ranks.is(owner)) {
    name = (std::filesystem::temp_directory_path() /
            ("proxystore-bench-" + ps::Key::random().to_string()))
               .string();
    std::filesystem::create_directories(name);
  }
  ps::mpi::bcast(name, {.root = owner, .comm = ranks.comm()});
  const std::filesystem::path folder(name);
  const std::vector<double> own(layout.own_rows() * layout.columns, 1.5);
  const auto store =
      ps::Store::create("files", ps::Hdf5Options{.store_dir = folder / "store"}, {.cache_size = 0});
  const auto put = [&] {
    ps::Proxy<Grid> proxy;
    const double seconds = seconds_of_all(ranks, [&] {
      proxy = ps::mpi::put_distributed(
          *store,
          ps::ArrayView<double, 2>{.elements = own, .extents = {layout.own_rows(), layout.columns}},
          {.global_extents = {layout.rows, layout.columns},
           .offset = {layout.first_row, 0},
           .comm = ranks.comm()});
    });
    if (ranks.is(owner)) store->evict(proxy.key());
    ranks.meet();
    return seconds;
  };
  const auto plain = [&] {
    const double seconds = seconds_of_all(
        ranks, [&] { write_plainly(folder / "plain.h5", layout, own, ranks.comm()); });
    if (ranks.is(owner)) std::filesystem::remove(folder / "plain.h5");
    ranks.meet();
    return seconds;
  };
  ranks.add(
      {.name = "collective hdf5 put vs collective H5Dwrite", .size = layout.bytes(), .budget = 1.2},
      in_turns(session, put, plain));
  store->close();
  ranks.meet();
  if (ranks.is(owner)) std::filesystem::remove_all(folder);
}

void measure(Session& session) {
  redistribute(session, 0, "on the node");
  redistribute(session, 1, "between emulated nodes");
  put_in_one_dataset(session);
}

const Registration registration({.name = "distributed",
                                 .ranks = writers,
                                 .run = [](Session& session) {
                                   in_ranks(session, writers, measure);
                                 }});

}  // namespace

}  // namespace bench
