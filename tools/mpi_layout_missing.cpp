// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// In place of mpi_layout.cpp in a build without MPI, where nothing asks for what it would tell.
#include "mpi_layout.hpp"

namespace tool {

std::string mpi_library() {
  return "none";
}

bool is_under_mpirun() noexcept {
  return false;
}

std::optional<Layout> mpi_layout(int&, char**&) {
  return std::nullopt;
}

Json to_json(const Layout&) {
  return Json::object();
}

std::string to_text(const Layout&) {
  return {};
}

}  // namespace tool
