// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The errors of streams beyond those of error.hpp.

#include "proxystore/error.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// The producer closed the topic before: nothing more can be sent to it.
class PROXYSTORE_EXPORT TopicClosedError : public Error {
 public:
  using Error::Error;
  TopicClosedError(const TopicClosedError&) = default;
  TopicClosedError& operator=(const TopicClosedError&) = default;
  ~TopicClosedError() override;
};

}  // namespace proxystore::inline v0
