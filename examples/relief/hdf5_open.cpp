// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "hdf5_open.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>

#include "errors.hpp"

namespace relief::h5 {
namespace {

using std::string_view_literals::operator""sv;

constexpr int deepest_group = 8;  // also ends a walk around a ring of hard links
constexpr std::size_t longest_list = 20;

std::string shape_text(const std::vector<hsize_t>& shape) {
  std::string text;
  for (const hsize_t extent : shape) {
    if (!text.empty()) text += " x ";
    text += std::to_string(extent);
  }
  return text.empty() ? "one value" : text;
}

/// Why a dataset is not a grid of numbers; empty if it is one.
std::string objection(hid_t dataset) {
  const Type type{H5Dget_type(dataset)};
  const std::vector<hsize_t> shape = shape_of(dataset);
  if (shape.size() != 2) {
    return "it has " + std::to_string(shape.size()) + " dimensions (" + shape_text(shape) +
           "), two are needed";
  }
  if (!type || !is_number(type.id())) {
    return "its elements are " + (type ? type_name(type.id()) : "unknown") +
           ", integers or floating point numbers are needed";
  }
  if (shape[0] == 0 || shape[1] == 0) return "it has no cells (" + shape_text(shape) + ")";
  return {};
}

void collect_grids(hid_t group, const std::string& prefix, int depth,
                   std::vector<std::string>& found) {
  H5G_info_t info{};
  if (depth > deepest_group || H5Gget_info(group, &info) < 0) return;
  for (hsize_t i = 0; i < info.nlinks && found.size() <= longest_list; ++i) {
    const ssize_t length =
        H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
    if (length <= 0) continue;
    std::string name(static_cast<std::size_t>(length) + 1, '\0');
    H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(),
                       H5P_DEFAULT);
    name.pop_back();
    const Object object{H5Oopen(group, name.c_str(), H5P_DEFAULT)};
    if (!object) continue;  // a link that leads nowhere
    const H5I_type_t kind = H5Iget_type(object.id());
    if (kind == H5I_GROUP) collect_grids(object.id(), prefix + name + "/", depth + 1, found);
    if (kind != H5I_DATASET || !objection(object.id()).empty()) continue;
    const Type type{H5Dget_type(object.id())};
    found.push_back("'" + prefix + name + "' (" + shape_text(shape_of(object.id())) + " " +
                    type_name(type.id()) + ")");
  }
}

std::string what_would_be_accepted(const File& file) {
  std::vector<std::string> found;
  collect_grids(file.id(), "", 0, found);
  if (found.empty()) return "; the file has no two-dimensional dataset of numbers";
  const bool more = found.size() > longest_list;
  if (more) found.resize(longest_list);
  std::string text = "; accepted would be ";
  for (std::size_t i = 0; i < found.size(); ++i) text += (i == 0 ? "" : ", ") + found[i];
  return text + (more ? ", ..." : "");
}

/// Whether HDF5's signature is where the format allows it: at 0, 512, 1024, 2048, ...
/// H5Fis_hdf5 is not used since its successor does not exist in 1.10 and itself may be absent
/// later.
bool has_hdf5_signature(std::ifstream& file, std::uintmax_t size) {
  constexpr auto signature = "\211HDF\r\n\032\n"sv;
  std::array<char, signature.size()> bytes{};
  for (std::uintmax_t at = 0; at + bytes.size() <= size; at = at == 0 ? 512 : 2 * at) {
    file.clear();
    file.seekg(static_cast<std::streamoff>(at));
    if (!file.read(bytes.data(), bytes.size())) return false;
    if (std::string_view(bytes.data(), bytes.size()) == signature) return true;
  }
  return false;
}

void check_is_hdf5(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    throw InputError("open", path, "",
                     status.type() == std::filesystem::file_type::not_found
                         ? "there is no such file"
                         : error.message());
  }
  if (!std::filesystem::is_regular_file(status)) {
    throw InputError("open", path, "", "it is not a file; an HDF5 file is needed");
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError("open", path, "", std::strerror(errno));
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (!error && has_hdf5_signature(file, size)) return;
  std::array<char, 3> start{};
  file.clear();
  file.seekg(0);
  file.read(start.data(), start.size());
  const bool classic_netcdf = std::string_view(start.data(), start.size()) == "CDF";
  throw InputError("open", path, "",
                   classic_netcdf ? "it is a classic netCDF file; an HDF5 file is needed, which "
                                    "'nccopy -k nc4 IN OUT' makes of it"
                                  : "it is not an HDF5 file");
}

}  // namespace

File open_for_reading(const std::filesystem::path& path) {
  check_is_hdf5(path);
  File file{H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT)};
  if (!file) throw InputError("open", path, "", error_text());
  return file;
}

Dataset open_grid(const File& file, const std::filesystem::path& path, const std::string& name) {
  if (name.empty()) {
    throw InputError("open a dataset of", path, "",
                     "no name is given" + what_would_be_accepted(file));
  }
  const Object object{H5Oopen(file.id(), name.c_str(), H5P_DEFAULT)};
  if (!object) {
    throw InputError("open", path, name,
                     "there is none of that name" + what_would_be_accepted(file));
  }
  if (H5Iget_type(object.id()) != H5I_DATASET) {
    throw InputError("open", path, name, "it is a group" + what_would_be_accepted(file));
  }
  const std::string why_not = objection(object.id());
  if (!why_not.empty()) {
    throw InputError("use", path, name, why_not + what_would_be_accepted(file));
  }
  Dataset dataset{H5Dopen2(file.id(), name.c_str(), H5P_DEFAULT)};
  if (!dataset) throw InputError("open", path, name, error_text());
  return dataset;
}

}  // namespace relief::h5
