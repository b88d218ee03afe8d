// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Symbol visibility: what is marked PROXYSTORE_EXPORT is the library's binary interface. And
/// lifetimes: what a function marked PROXYSTORE_LIFETIMEBOUND returns lives no longer than the
/// object that it was called for, and clang warns of a reference that would outlive it.

#if defined(PROXYSTORE_STATIC)
#define PROXYSTORE_EXPORT
#else
#define PROXYSTORE_EXPORT __attribute__((visibility("default")))
#endif

#if defined(__clang__)
#define PROXYSTORE_LIFETIMEBOUND [[clang::lifetimebound]]
#else
#define PROXYSTORE_LIFETIMEBOUND
#endif
