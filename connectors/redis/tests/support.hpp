// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the tests of the redis connector share.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/child_process.hpp"
#include "conformance/text_objects.hpp"
#include "proxystore/error.hpp"
#include "redis_server.hpp"

namespace proxystore::testing {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

}  // namespace proxystore::testing
