// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The HDF5 library as C++ wants it: one thread at a time, handles that close themselves, and
/// errors as exceptions.

#include <mutex>
#include <string>
#include <utility>

#include <hdf5.h>

#include "proxystore/error.hpp"

namespace proxystore::inline v0::hdf5 {

/// The right to call the library, which is not thread-safe, for as long as this lives; meanwhile it
/// prints no errors. Handles live shorter. An application that calls HDF5 itself while a store does
/// needs an HDF5 that was built thread-safe.
class Session {
 public:
  Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

 private:
  std::unique_lock<std::mutex> lock_;
  H5E_auto2_t handler_ = nullptr;
  void* data_ = nullptr;
};

/// What HDF5's error stack tells of a call that failed.
struct Failure {
  std::string reason{};  ///< Of what was tried first
  int system_error = 0;  ///< An errno; 0 if the system was not asked
};

/// Takes it off the stack. To be called before the next call of HDF5.
[[nodiscard]] Failure take_failure();

/// Throws what HDF5's error stack tells: CapacityError and AccessError where the system said so,
/// ConnectorError otherwise, with what was tried first. To be called before the next call of HDF5.
[[noreturn]] void fail(const std::string& what, const ErrorContext& context);
/// The same for a failure that was taken off it.
[[noreturn]] void fail(const std::string& what, const Failure& failure,
                       const ErrorContext& context);

/// Owns an identifier, which `Close` gives back. One below 0 is none.
template <herr_t (*Close)(hid_t)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      (void)close();
      id_ = std::exchange(other.id_, H5I_INVALID_HID);
    }
    return *this;
  }
  ~Handle() { (void)close(); }

  [[nodiscard]] hid_t id() const noexcept { return id_; }
  explicit operator bool() const noexcept { return id_ >= 0; }
  /// Whether that succeeded.
  [[nodiscard]] bool close() noexcept {
    return id_ < 0 || Close(std::exchange(id_, H5I_INVALID_HID)) >= 0;
  }

 private:
  hid_t id_ = H5I_INVALID_HID;
};

using File = Handle<&H5Fclose>;
using Dataset = Handle<&H5Dclose>;
using Space = Handle<&H5Sclose>;
using Type = Handle<&H5Tclose>;
using Properties = Handle<&H5Pclose>;
using Attribute = Handle<&H5Aclose>;

}  // namespace proxystore::inline v0::hdf5
