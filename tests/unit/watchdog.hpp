// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Watchdog: a test that would hang for ever ends the program instead.

#include <unistd.h>

namespace proxystore::testing {

/// Ends the program by a signal if it lives for more than a minute. One at a time.
class Watchdog {
 public:
  Watchdog() { ::alarm(60); }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog() { ::alarm(0); }
};

}  // namespace proxystore::testing
