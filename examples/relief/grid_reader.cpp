// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "grid_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include <hdf5_hl.h>

#include "hdf5_open.hpp"
#include "hdf5_support.hpp"

namespace relief {
namespace {

/// Keeps the first dimension scale it is shown. Called from C: it must not throw.
herr_t take_scale(hid_t /*dataset*/, unsigned /*dimension*/, hid_t scale, void* taken) {
  // The library closes its identifier afterwards, hence one reference more for us.
  if (H5Iinc_ref(scale) > 0) *static_cast<hid_t*>(taken) = scale;
  return 1;
}

/// The coordinates along a dimension; empty if the file has none that fit.
Axis read_axis(hid_t dataset, unsigned dimension, std::size_t extent) {
  if (H5DSget_num_scales(dataset, dimension) < 1) return {};
  hid_t taken = H5I_INVALID_HID;
  H5DSiterate_scales(dataset, dimension, nullptr, &take_scale, &taken);
  const h5::Dataset scale{taken};
  if (!scale) return {};
  const h5::Type type{H5Dget_type(scale.id())};
  const std::vector<hsize_t> shape = h5::shape_of(scale.id());
  if (!type || !h5::is_number(type.id()) || shape.size() != 1 || shape[0] != extent) return {};
  Axis axis;
  axis.values.resize(extent);
  if (H5Dread(scale.id(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, axis.values.data()) <
      0) {
    return {};
  }
  axis.units = h5::text_attribute(scale.id(), "units").value_or("");
  return axis;
}

/// What turns a number of the file into metres.
struct Meaning {
  std::vector<double> fills;
  double scale = 1.0;
  double offset = 0.0;
  double metres_per_unit = 1.0;

  [[nodiscard]] float height(double raw) const {
    if (std::find(fills.begin(), fills.end(), raw) != fills.end()) return no_height;
    const double metres = (raw * scale + offset) * metres_per_unit;
    const bool fits = std::abs(metres) <= double{std::numeric_limits<float>::max()};
    return fits ? static_cast<float>(metres) : no_height;
  }

  static constexpr float no_height = std::numeric_limits<float>::quiet_NaN();
};

/// A chunk cache for a row of chunks. With the library's 1 MiB, large compressed chunks would be
/// unpacked anew for every tile in them.
std::size_t cache_for(hid_t dataset, const std::vector<hsize_t>& shape, std::size_t element) {
  constexpr hsize_t most = hsize_t{256} << 20U;
  const h5::Property created{H5Dget_create_plist(dataset)};
  std::array<hsize_t, 2> chunk{};
  if (!created || H5Pget_layout(created.id()) != H5D_CHUNKED ||
      H5Pget_chunk(created.id(), 2, chunk.data()) != 2) {
    return 0;
  }
  const hsize_t across = (shape[1] - 1) / chunk[1] + 1;
  return static_cast<std::size_t>(std::min(most, chunk[0] * chunk[1] * across * element));
}

}  // namespace

struct GridReader::Impl {
  Impl(std::filesystem::path the_path, std::string the_name)
      : path(std::move(the_path)), name(std::move(the_name)) {
    const h5::QuietErrors quiet;
    file = h5::open_for_reading(path);
    dataset = h5::open_grid(file, path, name);
    const std::vector<hsize_t> shape = h5::shape_of(dataset.id());
    rows = static_cast<std::size_t>(shape[0]);
    cols = static_cast<std::size_t>(shape[1]);
    const h5::Type type{H5Dget_type(dataset.id())};
    type_name = h5::type_name(type.id());
    widen_cache(shape, H5Tget_size(type.id()));
    read_meaning(H5Tget_class(type.id()) == H5T_FLOAT && H5Tget_size(type.id()) == sizeof(float));
    where = georeference_from(read_axis(dataset.id(), 0, rows), read_axis(dataset.id(), 1, cols));
  }

  void widen_cache(const std::vector<hsize_t>& shape, std::size_t element) {
    const std::size_t bytes = cache_for(dataset.id(), shape, element);
    if (bytes <= (std::size_t{1} << 20U)) return;
    const h5::Property access{H5Pcreate(H5P_DATASET_ACCESS)};
    constexpr std::size_t slots = 12421;  // a prime, as the library wants it
    H5Pset_chunk_cache(access.id(), slots, bytes, H5D_CHUNK_CACHE_W0_DEFAULT);
    // The cache belongs to the open dataset, so the first identifier has to go before the second.
    dataset.close();
    dataset = h5::Dataset{H5Dopen2(file.id(), name.c_str(), access.id())};
    if (!dataset) throw InputError("open", path, name, h5::error_text());
  }

  [[nodiscard]] std::vector<double> numbers(const char* attribute) const {
    if (!h5::has_attribute(dataset.id(), attribute)) return {};
    auto values = h5::number_attribute(dataset.id(), attribute);
    if (!values) {
      throw InputError("use", path, name,
                       "its attribute '" + std::string(attribute) + "' is not a number");
    }
    return std::move(*values);
  }

  void read_meaning(bool single_precision) {
    for (const char* attribute : {"_FillValue", "missing_value"}) {
      for (double value : numbers(attribute)) {
        // Files exist whose fill value has more digits than their data.
        if (single_precision) value = double{static_cast<float>(value)};
        meaning.fills.push_back(value);
      }
    }
    const auto scale = numbers("scale_factor");
    const auto offset = numbers("add_offset");
    if (!scale.empty()) meaning.scale = scale.front();
    if (!offset.empty()) meaning.offset = offset.front();
    units = h5::text_attribute(dataset.id(), "units").value_or("");
    const double metres = metres_per(units);
    has_length_units = metres > 0.0;
    if (has_length_units) meaning.metres_per_unit = metres;
  }

  std::filesystem::path path;
  std::string name;
  h5::File file;
  h5::Dataset dataset;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::string units;
  bool has_length_units = false;
  std::string type_name;
  Meaning meaning;
  Georeference where;
};

GridReader::GridReader(std::filesystem::path path, std::string dataset)
    : impl_(std::make_unique<Impl>(std::move(path), std::move(dataset))) {}
GridReader::GridReader(GridReader&&) noexcept = default;
GridReader& GridReader::operator=(GridReader&&) noexcept = default;
GridReader::~GridReader() = default;

std::size_t GridReader::rows() const {
  return impl_->rows;
}
std::size_t GridReader::cols() const {
  return impl_->cols;
}
const std::filesystem::path& GridReader::path() const {
  return impl_->path;
}
const std::string& GridReader::dataset() const {
  return impl_->name;
}
const std::string& GridReader::units() const {
  return impl_->units;
}
bool GridReader::has_length_units() const {
  return impl_->has_length_units;
}
const std::string& GridReader::type_name() const {
  return impl_->type_name;
}
const Georeference& GridReader::georeference() const {
  return impl_->where;
}

float GridReader::height(double raw) const {
  return impl_->meaning.height(raw);
}

std::vector<float> GridReader::read_tile(const Box& box) const {
  if (box.rows > impl_->rows || box.row0 > impl_->rows - box.rows || box.cols > impl_->cols ||
      box.col0 > impl_->cols - box.cols) {
    throw std::out_of_range("GridReader: the tile is not within the grid");
  }
  if (box.size() == 0) return {};
  const h5::QuietErrors quiet;
  const std::array<hsize_t, 2> start{box.row0, box.col0};
  const std::array<hsize_t, 2> count{box.rows, box.cols};
  const h5::Space in_file{H5Dget_space(impl_->dataset.id())};
  const h5::Space in_memory{H5Screate_simple(2, count.data(), nullptr)};
  std::vector<double> raw(box.size());
  if (!in_file || !in_memory ||
      H5Sselect_hyperslab(in_file.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(),
                          nullptr) < 0 ||
      H5Dread(impl_->dataset.id(), H5T_NATIVE_DOUBLE, in_memory.id(), in_file.id(), H5P_DEFAULT,
              raw.data()) < 0) {
    throw InputError("read", impl_->path, impl_->name, h5::error_text());
  }
  std::vector<float> heights(raw.size());
  std::transform(raw.begin(), raw.end(), heights.begin(),
                 [this](double value) { return impl_->meaning.height(value); });
  return heights;
}

}  // namespace relief
