// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Stores that subcommands work with: never cleared, whatever their files say.

#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "proxystore/store.hpp"

namespace tool {

/// Whether a folder that is missing is made.
enum class Folders : bool { must_exist, may_be_made };

/// The store of a TOML file, opened by this program as by any that has the file, and closed without
/// clearing. @throws as Store::from_toml(), ConnectorError if a folder is missing
[[nodiscard]] std::shared_ptr<proxystore::Store> open_store(const proxystore::StoreConfig& config,
                                                            Folders folders);

/// The same, refused if its objects go with the process that put them.
[[nodiscard]] std::shared_ptr<proxystore::Store> open_lasting_store(const std::string& file,
                                                                    Folders folders);

/// Adds the option --store to a subcommand.
void add_store_option(CLI::App& command, std::string& file);

/// The id that @p text prints. @throws UsageError
[[nodiscard]] proxystore::Key parse_key(const std::string& text);

/// The key of the object of this id, as @p connector has it: with its child, in a store of several.
/// Nothing if there is none.
[[nodiscard]] std::optional<proxystore::Key> find_object(proxystore::Connector& connector,
                                                         const proxystore::Key& id);

}  // namespace tool
