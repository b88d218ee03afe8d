// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the tests of the file connector share.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/child_process.hpp"
#include "conformance/temporary_folder.hpp"
#include "conformance/text_objects.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/error.hpp"

namespace proxystore::testing {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

inline std::shared_ptr<Connector> open_store(const fs::path& folder) {
  return open_store(FileOptions{.store_dir = folder});
}
inline std::shared_ptr<Connector> attach(const ConnectorConfig& config) {
  return open_store(config, OpenMode::attach);
}

/// What is in @p folder but what says which creators the store has.
inline std::vector<std::string> objects_in(const fs::path& folder) {
  auto names = names_in(folder);
  std::erase(names, ".proxystore");
  return names;
}

inline void write_file(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}
inline std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The files of an object in a store without sub-folders.
inline fs::path data_file(const fs::path& folder, const Key& key) {
  return folder / key.to_string();
}
inline fs::path marker_file(const fs::path& folder, const Key& key) {
  return folder / (key.to_string() + ".ready");
}

/// Replaces the shared text of the name @p path, which is not empty.
inline void write_shared_text(const fs::path& path, std::string_view text) {
  ASSERT_TRUE(fs::is_directory(path));
  const std::string name = names_in(path).at(0);
  write_file(path.string() + ".tmp-" + name, text);
}

}  // namespace proxystore::testing
