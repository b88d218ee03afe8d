// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Makes HDF5 files of every kind that `GridReader` may meet.

#include <filesystem>
#include <string>
#include <vector>

#include <hdf5.h>

namespace relief::testing {

/// How a dataset is made.
struct DatasetPlan {
  std::string name = "heights";
  hid_t type = H5T_IEEE_F32LE;
  std::vector<hsize_t> shape;
  std::vector<hsize_t> chunk;  ///< contiguous if empty
  bool deflate = false;
};

/// An HDF5 file under construction. Throws std::runtime_error if the library fails.
class H5File {
 public:
  explicit H5File(const std::filesystem::path& path);
  H5File(const H5File&) = delete;
  H5File& operator=(const H5File&) = delete;
  ~H5File();

  void group(const std::string& name);

  /// Creates a dataset and writes `values`, converted by the library. No values: none are written.
  void dataset(const DatasetPlan& plan, const std::vector<double>& values);

  void number(const std::string& dataset, const char* attribute, hid_t type, double value);
  void text(const std::string& dataset, const char* attribute, const std::string& value,
            bool variable_length = false);

  /// Makes a one-dimensional dataset and attaches it as a dimension scale.
  void scale(const std::string& dataset, unsigned dimension, const std::string& name,
             const std::string& units, const std::vector<double>& values);

 private:
  hid_t id_;
};

}  // namespace relief::testing
