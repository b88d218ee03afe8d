// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "relief_writer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <hdf5_hl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hdf5_support.hpp"
#include "pending_file.hpp"

namespace relief {
namespace {

/// A dataset to be created: what it holds and how it is described.
struct Field {
  const char* name;
  hid_t file_type;
  hid_t memory_type;
  const void* fill;
  const char* units;
  const char* long_name;
};

constexpr std::uint8_t no_shade = 0;
constexpr float no_value = std::numeric_limits<float>::quiet_NaN();

/// The descriptor under an open HDF5 file; -1 if there is none.
int descriptor_of(const h5::File& file) {
  void* descriptor = nullptr;
  if (!file || H5Fget_vfd_handle(file.id(), H5P_DEFAULT, &descriptor) < 0) return -1;
  return *static_cast<const int*>(descriptor);
}

/// An upper bound of what the file takes: all chunks, those at the edges being whole, uncompressed,
/// and generous room for the index of the chunks, coordinates and attributes.
std::uint64_t most_bytes(const ReliefLayout& layout, std::size_t chunk_rows,
                         std::size_t chunk_cols) {
  constexpr std::uint64_t bytes_per_cell = sizeof(std::uint8_t) + 2 * sizeof(float);
  const std::uint64_t down = (layout.rows - 1) / chunk_rows + 1;
  const std::uint64_t across = (layout.cols - 1) / chunk_cols + 1;
  const std::uint64_t cells = down * chunk_rows * across * chunk_cols;
  return cells * bytes_per_cell + down * across * 512 +
         (layout.rows + layout.cols) * sizeof(double) + (std::uint64_t{256} << 10U);
}

/// Sees to it that a file which is given up can be closed: HDF5 writes what it has in its caches
/// even then, perhaps to a disk that fails. The writes go to anonymous memory from there on; the
/// file is about to be removed anyhow.
class GiveUp {
 public:
  explicit GiveUp(const h5::File& file) : file_(file) {}
  GiveUp(const GiveUp&) = delete;
  GiveUp& operator=(const GiveUp&) = delete;
  ~GiveUp() {
    const int descriptor = descriptor_of(file_);
    const int memory = descriptor < 0 ? -1 : ::memfd_create("relief", MFD_CLOEXEC);
    if (memory < 0) return;
    ::dup2(memory, descriptor);
    ::close(memory);
  }

 private:
  const h5::File& file_;
};

}  // namespace

struct ReliefWriter::Impl {
  Impl(std::filesystem::path path, ReliefLayout the_layout)
      : pending(std::move(path)), layout(std::move(the_layout)) {
    if (layout.rows == 0 || layout.cols == 0) {
      throw std::invalid_argument("ReliefWriter: the grid has no cells");
    }
    if (layout.deflate > 9) throw std::invalid_argument("ReliefWriter: deflate is 0 to 9");
    const h5::QuietErrors quiet;
    create_file();
    describe();
    hillshade = create_field({"hillshade", H5T_STD_U8LE, H5T_NATIVE_UINT8, &no_shade, "1",
                              "Hillshade after Horn (1981), 1 dark to 255 bright"});
    slope = create_field({"slope", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, &no_value, "degree",
                          "Slope after Horn (1981)"});
    roughness =
        create_field({"roughness", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, &no_value, "m",
                      "Roughness after Wilson et al. (2007): highest minus lowest of 3 x 3 cells"});
    if (layout.where.geographic) attach_coordinates();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[noreturn]] void fail(const char* operation, const std::string& dataset = {}) const {
    throw OutputError(operation, pending.path(), dataset, h5::error_text());
  }
  void require(bool done, const char* operation, const std::string& dataset = {}) const {
    if (!done) fail(operation, dataset);
  }

  void create_file() {
    const h5::Property access{H5Pcreate(H5P_FILE_ACCESS)};
    H5Pset_fclose_degree(access.id(), H5F_CLOSE_STRONG);
    file =
        h5::File{H5Fcreate(pending.temporary().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id())};
    require(bool(file), "create");
    reserve_space();
  }

  /// Takes the space on the disk before anything is written. A full disk is found out here, and not
  /// in the middle of a flush, after which HDF5 1.10 can neither close the file nor end in peace.
  void reserve_space() const {
    const std::uint64_t bytes = most_bytes(layout, chunk_rows(), chunk_cols());
    if (::fallocate(descriptor_of(file), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) == 0) {
      return;
    }
    // Some file systems cannot reserve; a shortage shows when they are written.
    if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL) return;
    throw OutputError("create", pending.path(), "",
                      std::string(std::strerror(errno)) + " (up to " + std::to_string(bytes) +
                          " bytes are needed)");
  }

  [[nodiscard]] std::size_t chunk_rows() const {
    return std::clamp<std::size_t>(layout.chunk.rows, 1, layout.rows);
  }
  [[nodiscard]] std::size_t chunk_cols() const {
    return std::clamp<std::size_t>(layout.chunk.cols, 1, layout.cols);
  }

  void describe() const {
    const auto number = [this](const char* name, double value) {
      return h5::write_attribute(file.id(), name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
    };
    require(h5::write_text_attribute(file.id(), "Conventions", "CF-1.8") &&
                h5::write_text_attribute(file.id(), "title", "Relief computed from heights") &&
                h5::write_text_attribute(file.id(), "source", layout.source) &&
                number("light_azimuth_degrees", layout.light.azimuth_degrees) &&
                number("light_altitude_degrees", layout.light.altitude_degrees) &&
                number("vertical_exaggeration", layout.light.exaggeration),
            "write the attributes of");
  }

  /// Creates a dataset without times of creation, so that equal results are equal files.
  [[nodiscard]] h5::Dataset create(hid_t place, const char* name, hid_t type,
                                   const std::vector<hsize_t>& shape,
                                   const h5::Property& created) const {
    H5Pset_obj_track_times(created.id(), 0);
    const h5::Space space{H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr)};
    h5::Dataset dataset{
        H5Dcreate2(place, name, type, space.id(), H5P_DEFAULT, created.id(), H5P_DEFAULT)};
    require(bool(dataset), "create", name);
    return dataset;
  }

  [[nodiscard]] h5::Dataset create_field(const Field& field) const {
    const h5::Property created{H5Pcreate(H5P_DATASET_CREATE)};
    const std::array<hsize_t, 2> chunk{chunk_rows(), chunk_cols()};
    H5Pset_chunk(created.id(), 2, chunk.data());
    H5Pset_fill_value(created.id(), field.memory_type, field.fill);
    if (layout.deflate > 0 && H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0) {
      H5Pset_shuffle(created.id());
      H5Pset_deflate(created.id(), layout.deflate);
    }
    h5::Dataset dataset =
        create(file.id(), field.name, field.file_type, {layout.rows, layout.cols}, created);
    require(h5::write_attribute(dataset.id(), "_FillValue", field.file_type, field.memory_type,
                                field.fill) &&
                h5::write_text_attribute(dataset.id(), "units", field.units) &&
                h5::write_text_attribute(dataset.id(), "long_name", field.long_name),
            "write the attributes of", field.name);
    return dataset;
  }

  /// Writes a one-dimensional dataset at once.
  [[nodiscard]] h5::Dataset write_line(hid_t place, const char* name, hid_t file_type,
                                       hid_t memory_type, const void* values, std::size_t count,
                                       const char* units) const {
    const h5::Property created{H5Pcreate(H5P_DATASET_CREATE)};
    h5::Dataset dataset = create(place, name, file_type, {count}, created);
    require(H5Dwrite(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0 &&
                h5::write_text_attribute(dataset.id(), "units", units),
            "write", name);
    return dataset;
  }

  void attach_coordinates() const {
    const auto attach = [this](unsigned dimension, const char* name, const char* units,
                               const std::vector<double>& values) {
      const h5::Dataset scale = write_line(file.id(), name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE,
                                           values.data(), values.size(), units);
      require(H5DSset_scale(scale.id(), name) >= 0, "write", name);
      for (const h5::Dataset* field : {&hillshade, &slope, &roughness}) {
        require(H5DSattach_scale(field->id(), scale.id(), dimension) >= 0, "write", name);
      }
    };
    attach(0, "lat", "degrees_north", layout.where.latitudes);
    attach(1, "lon", "degrees_east", layout.where.longitudes);
  }

  void write(const h5::Dataset& dataset, const char* name, const Box& box, hid_t memory_type,
             const void* values) const {
    const std::array<hsize_t, 2> start{box.row0, box.col0};
    const std::array<hsize_t, 2> count{box.rows, box.cols};
    const h5::Space in_memory{H5Screate_simple(2, count.data(), nullptr)};
    const h5::Space in_file{H5Dget_space(dataset.id())};
    require(in_memory && in_file &&
                H5Sselect_hyperslab(in_file.id(), H5S_SELECT_SET, start.data(), nullptr,
                                    count.data(), nullptr) >= 0 &&
                H5Dwrite(dataset.id(), memory_type, in_memory.id(), in_file.id(), H5P_DEFAULT,
                         values) >= 0,
            "write", name);
  }

  // Members are destroyed last to first: writes are diverted if the file is still open, the
  // datasets and the file are closed, its temporary name goes.
  PendingFile pending;
  ReliefLayout layout;
  h5::File file;
  h5::Dataset hillshade;
  h5::Dataset slope;
  h5::Dataset roughness;
  GiveUp give_up{file};
};

ReliefWriter::ReliefWriter(std::filesystem::path path, ReliefLayout layout)
    : impl_(std::make_unique<Impl>(std::move(path), std::move(layout))) {}
ReliefWriter::ReliefWriter(ReliefWriter&&) noexcept = default;
ReliefWriter& ReliefWriter::operator=(ReliefWriter&&) noexcept = default;
ReliefWriter::~ReliefWriter() {
  const h5::QuietErrors quiet;
  impl_.reset();
}

void ReliefWriter::write_tile(const Box& box, const Terrain& terrain) {
  const ReliefLayout& layout = impl_->layout;
  if (box.rows > layout.rows || box.row0 > layout.rows - box.rows || box.cols > layout.cols ||
      box.col0 > layout.cols - box.cols) {
    throw std::out_of_range("ReliefWriter: the tile is not within the grid");
  }
  if (terrain.hillshade.size() != box.size() || terrain.slope.size() != box.size() ||
      terrain.roughness.size() != box.size()) {
    throw std::invalid_argument("ReliefWriter: the results have not the size of the tile");
  }
  if (box.size() == 0) return;
  const h5::QuietErrors quiet;
  impl_->write(impl_->hillshade, "hillshade", box, H5T_NATIVE_UINT8, terrain.hillshade.data());
  impl_->write(impl_->slope, "slope", box, H5T_NATIVE_FLOAT, terrain.slope.data());
  impl_->write(impl_->roughness, "roughness", box, H5T_NATIVE_FLOAT, terrain.roughness.data());
}

void ReliefWriter::write_histogram(const Histogram& histogram) {
  std::array<double, Histogram::bins + 1> edges{};
  for (std::size_t i = 0; i < edges.size(); ++i) {
    edges[i] = Histogram::lowest_metres + Histogram::bin_metres * static_cast<double>(i);
  }
  const h5::QuietErrors quiet;
  const Impl& out = *impl_;
  const h5::Object group{
      H5Gcreate2(out.file.id(), "hypsometry", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)};
  out.require(bool(group), "create", "hypsometry");
  const h5::Dataset bin_edges = out.write_line(group.id(), "bin_edges", H5T_IEEE_F64LE,
                                               H5T_NATIVE_DOUBLE, edges.data(), edges.size(), "m");
  const h5::Dataset counts = out.write_line(group.id(), "counts", H5T_STD_I64LE, H5T_NATIVE_INT64,
                                            histogram.counts.data(), histogram.counts.size(), "1");
  const auto add = [&](const char* name, std::int64_t value) {
    return h5::write_attribute(counts.id(), name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
  };
  out.require(h5::write_text_attribute(bin_edges.id(), "long_name", "Edges of the height bins") &&
                  h5::write_text_attribute(counts.id(), "long_name",
                                           "Number of cells per bin, lower edge included") &&
                  add("below", histogram.below) && add("above", histogram.above) &&
                  add("no_data", histogram.no_data),
              "write", "hypsometry");
}

void ReliefWriter::close() {
  const h5::QuietErrors quiet;
  // Flushed first: a flush that fails leaves a file that can still be closed.
  impl_->require(H5Fflush(impl_->file.id(), H5F_SCOPE_LOCAL) >= 0, "write");
  impl_->require(impl_->hillshade.close() && impl_->slope.close() && impl_->roughness.close() &&
                     impl_->file.close(),
                 "write");
  impl_->pending.commit();
}

}  // namespace relief
