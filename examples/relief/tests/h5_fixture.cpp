// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "h5_fixture.hpp"

#include <stdexcept>

#include <hdf5_hl.h>

namespace relief::testing {
namespace {

template <class Id>
Id need(Id id) {
  if (id < 0) throw std::runtime_error("the test's own use of HDF5 failed");
  return id;
}

void write_attribute(hid_t file, const std::string& dataset, const char* name, hid_t file_type,
                     hid_t memory_type, const void* value) {
  const hid_t object = need(H5Oopen(file, dataset.c_str(), H5P_DEFAULT));
  const hid_t space = need(H5Screate(H5S_SCALAR));
  const hid_t attribute =
      need(H5Acreate2(object, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT));
  need(H5Awrite(attribute, memory_type, value));
  H5Aclose(attribute);
  H5Sclose(space);
  H5Oclose(object);
}

}  // namespace

H5File::H5File(const std::filesystem::path& path)
    : id_(need(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT))) {}

H5File::~H5File() {
  H5Fclose(id_);
}

void H5File::group(const std::string& name) {
  H5Gclose(need(H5Gcreate2(id_, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)));
}

void H5File::dataset(const DatasetPlan& plan, const std::vector<double>& values) {
  const int rank = static_cast<int>(plan.shape.size());
  const hid_t space = rank == 0 ? need(H5Screate(H5S_SCALAR))
                                : need(H5Screate_simple(rank, plan.shape.data(), nullptr));
  const hid_t created = need(H5Pcreate(H5P_DATASET_CREATE));
  if (!plan.chunk.empty()) need(H5Pset_chunk(created, rank, plan.chunk.data()));
  if (plan.deflate) need(H5Pset_deflate(created, 4));
  const hid_t dataset =
      need(H5Dcreate2(id_, plan.name.c_str(), plan.type, space, H5P_DEFAULT, created, H5P_DEFAULT));
  if (!values.empty()) {
    need(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
  }
  H5Dclose(dataset);
  H5Pclose(created);
  H5Sclose(space);
}

void H5File::number(const std::string& dataset, const char* attribute, hid_t type, double value) {
  write_attribute(id_, dataset, attribute, type, H5T_NATIVE_DOUBLE, &value);
}

void H5File::text(const std::string& dataset, const char* attribute, const std::string& value,
                  bool variable_length) {
  const hid_t type = need(H5Tcopy(H5T_C_S1));
  need(H5Tset_size(type, variable_length ? H5T_VARIABLE : value.size()));
  const char* characters = value.data();
  write_attribute(id_, dataset, attribute, type, type,
                  variable_length ? static_cast<const void*>(&characters) : characters);
  H5Tclose(type);
}

void H5File::scale(const std::string& dataset, unsigned dimension, const std::string& name,
                   const std::string& units, const std::vector<double>& values) {
  DatasetPlan plan;
  plan.name = name;
  plan.type = H5T_IEEE_F64LE;
  plan.shape = {values.size()};
  this->dataset(plan, values);
  if (!units.empty()) text(name, "units", units);
  const hid_t scale = need(H5Dopen2(id_, name.c_str(), H5P_DEFAULT));
  const hid_t target = need(H5Dopen2(id_, dataset.c_str(), H5P_DEFAULT));
  need(H5DSset_scale(scale, name.c_str()));
  need(H5DSattach_scale(target, scale, dimension));
  H5Dclose(target);
  H5Dclose(scale);
}

}  // namespace relief::testing
