// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/folders.hpp"

#include <system_error>
#include <vector>

#include "detail/system.hpp"

namespace proxystore::inline v0::detail {

namespace fs = std::filesystem;

fs::path absolute_path(const fs::path& path) {
  const fs::path whole = fs::absolute(path);
  fs::path result = whole.root_path();
  for (const fs::path& part : whole.relative_path()) {
    if (part.empty() || part == ".") continue;
    std::error_code ignored;
    const bool is_behind_a_link = result.filename() == ".." || fs::is_symlink(result, ignored);
    if (part != ".." || is_behind_a_link) {
      result /= part;
    } else {
      result = result.parent_path();  // that of the root is the root
    }
  }
  return result;
}

void make_folders(const fs::path& path, Sync sync, const ErrorContext& context) {
  std::vector<fs::path> missing;
  std::error_code error;
  for (fs::path at = path; !at.empty() && at != at.root_path() && !fs::exists(at, error);
       at = at.parent_path()) {
    missing.push_back(at);
  }
  fs::create_directories(path, error);
  if (error) {
    throw_system_error(error.value(), "cannot make the folder " + path.string(), context);
  }
  if (sync == Sync::yes) {
    for (const fs::path& folder : missing) sync_folder(folder, context);
  }
}

}  // namespace proxystore::inline v0::detail
