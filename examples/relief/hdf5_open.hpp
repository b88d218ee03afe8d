// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Opening an HDF5 file and a dataset that may both be anything a user typed. Private to
/// `grid_reader.cpp`.

#include <filesystem>
#include <string>

#include "hdf5_support.hpp"

namespace relief::h5 {

/// Opens a file for reading.
/// @throws InputError: missing, a folder, not readable, no HDF5 file (with a hint for classic
/// netCDF), truncated or damaged
[[nodiscard]] File open_for_reading(const std::filesystem::path& path);

/// Opens a two-dimensional dataset of numbers that has cells.
/// @throws InputError: no such dataset, no dataset, wrong rank or type, no cells. The message lists
/// the datasets that would be accepted.
[[nodiscard]] Dataset open_grid(const File& file, const std::filesystem::path& path,
                                const std::string& name);

}  // namespace relief::h5
