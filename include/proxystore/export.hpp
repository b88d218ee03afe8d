// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Symbol visibility: what is marked PROXYSTORE_EXPORT is the library's binary interface.

#if defined(PROXYSTORE_STATIC)
#define PROXYSTORE_EXPORT
#else
#define PROXYSTORE_EXPORT __attribute__((visibility("default")))
#endif
