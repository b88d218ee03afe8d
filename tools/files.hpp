// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Files that subcommands read and write, of which `-` is standard input or output.

#include <span>
#include <string>

#include "proxystore/bytes.hpp"

namespace tool {

/// All of a file. @throws std::runtime_error saying what and why
[[nodiscard]] proxystore::Bytes read_all(const std::string& path);

/// Writes a file, which appears whole or not at all. One that is there keeps its mode and its
/// owner, and links to it stay. @throws std::runtime_error saying what and why
void write_all(const std::string& path, std::span<const proxystore::ByteSpan> parts);

/// Writes to standard output. @throws std::runtime_error if that fails
void write_out(std::span<const proxystore::ByteSpan> parts);

/// Whether standard output is a terminal, which bytes would confuse.
[[nodiscard]] bool is_terminal() noexcept;

}  // namespace tool
