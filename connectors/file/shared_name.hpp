// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// State that processes of several nodes change one after the other, without locks.

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "detail/deadline.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::file {

namespace fs = std::filesystem;

/// Counts the time of a loop that tries again, and sleeps in between: a little longer each time.
class Patience {
 public:
  /// @p what stayed so for too long, says the error.
  Patience(std::string what, ErrorContext context)
      : what_(std::move(what)), context_(std::move(context)) {}

  /// @blocking for 10 ms at most @throws TimeoutError after 20 s in all
  void pause();

 private:
  using Clock = std::chrono::steady_clock;
  const std::string what_;
  const ErrorContext context_;
  const Clock::time_point end_ = detail::deadline_after(std::chrono::seconds(20));
  std::chrono::microseconds pause_{50};
};

/// A name, or none, that any process can change. Names are never used twice: each has a random
/// part.
/// @threadsafe, and safe against other processes and nodes
class SharedName {
 public:
  /// The name is that of the only file in @p folder; there is none if the folder is empty or
  /// absent.
  SharedName(fs::path folder, ErrorContext context)
      : folder_(std::move(folder)), context_(std::move(context)) {}

  /// The name; empty if there is none. Others may have changed it since.
  /// @throws TimeoutError, AccessError, ConnectorError
  [[nodiscard]] std::string read() const;

  /// Changes the name to @p to if it is @p from; either may be empty. Of several calls with the
  /// same
  /// @p from one does it. False means that this call did not do it; or, where the answer of a file
  /// server was lost, that it did, and the name was changed again since.
  /// @throws AccessError, CapacityError, ConnectorError
  [[nodiscard]] bool change(const std::string& from, const std::string& to) const;

 private:
  [[nodiscard]] bool create(const std::string& name) const;

  const fs::path folder_;
  const ErrorContext context_;
};

/// A short text that any process can change. Empty at first. @threadsafe, and safe against other
/// processes and nodes
class SharedText {
 public:
  /// One state of the text.
  struct Version {
    std::string name{};    ///< No other version has it, of any text. Empty: there is no text
    std::string before{};  ///< Name of the version that was replaced
    std::string text{};
  };

  /// A folder of the name @p path, and a file `<path>.tmp-<random>`, hold it while it is not empty.
  SharedText(fs::path path, ErrorContext context)
      : path_(std::move(path)), name_(path_, context), context_(std::move(context)) {}

  /// @throws IntegrityError if the file is damaged, TimeoutError, AccessError, ConnectorError
  [[nodiscard]] Version read() const;

  /// Makes @p text the text if @p old is still its version; whether this call did it.
  /// @throws AccessError, CapacityError, ConnectorError: then it did not
  [[nodiscard]] bool replace(const Version& old, std::string_view text) const;

  /// Makes the text empty, and removes its files. @throws as read() and replace()
  void remove() const;

 private:
  [[nodiscard]] std::string file_of(const std::string& name) const;
  [[nodiscard]] bool was_replaced_by(const std::string& name) const;

  const fs::path path_;
  const SharedName name_;
  const ErrorContext context_;
};

}  // namespace proxystore::inline v0::file
