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

/// What the entries of the stack say, the innermost first.
struct Stack {
  std::string first{};
  int system_error = 0;
};

/// Called from C: it must not throw.
herr_t read_entry(unsigned depth, const H5E_error2_t* entry, void* into) {
  if (entry->desc == nullptr) return 0;
  try {
    auto& stack = *static_cast<Stack*>(into);
    const std::string_view text = entry->desc;
    if (depth == 0) stack.first = text;
    constexpr std::string_view label = "errno = ";
    const std::size_t at = text.find(label);
    if (at != std::string_view::npos && stack.system_error == 0) {
      (void)std::from_chars(text.data() + at + label.size(), text.data() + text.size(),
                            stack.system_error);
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

void fail(const std::string& what, const ErrorContext& context) {
  Stack stack;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, &read_entry, &stack);
  H5Eclear2(H5E_DEFAULT);
  if (stack.system_error != 0) detail::throw_system_error(stack.system_error, what, context);
  throw ConnectorError(what + (stack.first.empty() ? "" : ": HDF5 says: " + stack.first), context);
}

}  // namespace proxystore::inline v0::hdf5
