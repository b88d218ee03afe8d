// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the HDF5 code of `relief` has in common: handles that close themselves, the library's error
/// stack as text, and attributes. Private to the `.cpp` files that read and write HDF5.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hdf5.h>

namespace relief::h5 {

/// Owns an HDF5 identifier, which `Close` gives back. An identifier below 0 is none.
template <herr_t (*Close)(hid_t)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      close();
      id_ = std::exchange(other.id_, H5I_INVALID_HID);
    }
    return *this;
  }
  ~Handle() { close(); }

  [[nodiscard]] hid_t id() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

  /// Closes now; returns whether the library succeeded. Without an identifier it does nothing.
  bool close() {
    if (id_ < 0) return true;
    return Close(std::exchange(id_, H5I_INVALID_HID)) >= 0;
  }

 private:
  hid_t id_ = H5I_INVALID_HID;
};

using File = Handle<&H5Fclose>;
using Dataset = Handle<&H5Dclose>;
using Object = Handle<&H5Oclose>;
using Space = Handle<&H5Sclose>;
using Type = Handle<&H5Tclose>;
using Property = Handle<&H5Pclose>;
using Attribute = Handle<&H5Aclose>;

/// Keeps the library from printing its error stack while it lives, then puts the application's
/// setting back. Errors become exceptions instead.
class QuietErrors {
 public:
  QuietErrors();
  ~QuietErrors();
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;

 private:
  H5E_auto2_t handler_ = nullptr;
  void* data_ = nullptr;
};

/// The first cause on the library's error stack, in a few words. Ask before the next HDF5 call.
[[nodiscard]] std::string error_text();

/// "int16", "float64", ...: the element type in the words of most languages.
[[nodiscard]] std::string type_name(hid_t type);

/// Whether elements of `type` are integers or floating point numbers.
[[nodiscard]] bool is_number(hid_t type);

/// The extent of a dataset, one entry per dimension. Empty for scalars and on failure.
[[nodiscard]] std::vector<hsize_t> shape_of(hid_t dataset);

[[nodiscard]] bool has_attribute(hid_t object, const char* name);

/// A text attribute of one element, fixed or variable in length; none if absent or no text.
[[nodiscard]] std::optional<std::string> text_attribute(hid_t object, const char* name);

/// A numeric attribute, of any number type and shape; none if absent or not numeric.
[[nodiscard]] std::optional<std::vector<double>> number_attribute(hid_t object, const char* name);

// Return whether the library succeeded.
[[nodiscard]] bool write_text_attribute(hid_t object, const char* name, const std::string& text);
[[nodiscard]] bool write_attribute(hid_t object, const char* name, hid_t file_type,
                                   hid_t value_type, const void* value);

}  // namespace relief::h5
