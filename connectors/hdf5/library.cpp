// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "library.hpp"

#include <charconv>
#include <string_view>

#include "detail/system.hpp"

namespace proxystore::inline v0::hdf5 {

namespace {

/// Never destroyed: stores may close while the program ends.
std::mutex& library_mutex() {
  static auto* mutex = new std::mutex;
  return *mutex;
}

/// Called from C: it must not throw.
herr_t read_entry(unsigned depth, const H5E_error2_t* entry, void* into) {
  if (entry->desc == nullptr) return 0;
  try {
    auto& failure = *static_cast<Failure*>(into);
    const std::string_view text = entry->desc;
    if (depth == 0) failure.reason = text;  // the innermost
    constexpr std::string_view label = "errno = ";
    const std::size_t at = text.find(label);
    if (at != std::string_view::npos && failure.system_error == 0) {
      (void)std::from_chars(text.data() + at + label.size(), text.data() + text.size(),
                            failure.system_error);
    }
  } catch (...) {
    return -1;
  }
  return 0;
}

}  // namespace

Session::Session() : lock_(library_mutex()) {
  H5Eget_auto2(H5E_DEFAULT, &handler_, &data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Session::~Session() {
  H5Eset_auto2(H5E_DEFAULT, handler_, data_);
}

Failure take_failure() {
  Failure failure;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, &read_entry, &failure);
  H5Eclear2(H5E_DEFAULT);
  return failure;
}

void fail(const std::string& what, const ErrorContext& context) {
  fail(what, take_failure(), context);
}

void fail(const std::string& what, const Failure& failure, const ErrorContext& context) {
  const bool is_lock = failure.reason.find("unable to lock file") != std::string::npos;
  const std::string tried =
      what +
      (is_lock ? " (if nobody writes it: set HDF5_USE_FILE_LOCKING=FALSE in the environment)" : "");
  if (failure.system_error != 0) detail::throw_system_error(failure.system_error, tried, context);
  throw ConnectorError(tried + (failure.reason.empty() ? "" : ": HDF5 says: " + failure.reason),
                       context);
}

}  // namespace proxystore::inline v0::hdf5
