// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Which of the values that an archive is given live as long as the object that is stored.
///
/// Large blocks are stored from where they are. That is right only if they are still there when the
/// connector reads them, which is after the object's serialize function has returned. Such a
/// function may hand over anything: members, but also locals and temporaries. So it is proved of
/// each value that it lives, from the top down:
///
/// 1. The object that is stored lives: the caller of put() keeps it.
/// 2. A value that begins inside the storage of a value that lives is a part of it, and lives. No
///    local and no temporary begins there, since the storage is not free for others.
/// 3. What a standard container holds lives as long as the container: its elements are where its
///    iterators point, its buffer is where data() says. A value that is elsewhere is none of them,
///    even if a function of the container's own name hands it over.
/// 4. What a std::unique_ptr or std::shared_ptr points to lives as long as the pointer.
///
/// Nothing else is taken to live: neither what a raw pointer, a reference, a std::weak_ptr or a
/// view leads to, nor the memory of other containers. Those blocks are copied. The proof takes the
/// object to be left as it is until it is stored: a function that writes must not change what it
/// has handed over.

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0::detail {

/// How many values may lie in each other, such as nodes behind pointers and the pointers. Functions
/// that write and read them call each other, so what bytes from anybody can make them do is
/// bounded.
inline constexpr std::size_t deepest_value = 1000;

/// Throws SerializationError that says so, and what to do.
[[noreturn]] PROXYSTORE_EXPORT void throw_too_deep();

/// The name of T as the compiler writes it, such as "std::vector<int>", with more behind it.
template <class T>
constexpr std::string_view compilers_name() {
  const std::string_view name = __PRETTY_FUNCTION__;  // "... [with T = std::vector<...>]"
  return name.substr(name.find("T = ") + 4);
}

/// Containers of the standard library: they own what they hold, which views do not.
template <class T>
concept StandardContainer = std::ranges::forward_range<const T> && requires {
  typename T::allocator_type;
} && compilers_name<T>()
.starts_with("std::") && std::is_lvalue_reference_v<std::ranges::range_reference_t<const T>>;

template <class T>
inline constexpr bool is_owning_pointer = false;
template <class T, class Deleter>
inline constexpr bool is_owning_pointer<std::unique_ptr<T, Deleter>> = !std::is_array_v<T>;
template <class T>
inline constexpr bool is_owning_pointer<std::shared_ptr<T>> = !std::is_array_v<T>;

/// The values that are being written, each inside the one before it.
class LivingValues {
 public:
  /// @p value is written from here on, as a part of the one that was entered before and not left.
  /// @throws SerializationError if it lies too deep in others
  template <class T>
  void enter(const T& value) {
    const auto* place = reinterpret_cast<const std::byte*>(std::addressof(value));
    const bool lives = frames_.empty() || holds(frames_.back(), place);
    if (frames_.size() == deepest_value) throw_too_deep();
    frames_.emplace_back();
    if (!lives) return;
    frames_.back().own = ByteSpan(place, sizeof(T));
    if constexpr (is_owning_pointer<T>) {
      if (value != nullptr) frames_.back().held = pointee(*value);
    } else if constexpr (StandardContainer<T>) {
      if constexpr (std::ranges::contiguous_range<const T>) {
        frames_.back().held = std::as_bytes(std::span(std::ranges::data(value), value.size()));
      } else {
        searches_.push_back(search_of(value));
        frames_.back().has_search = true;
      }
    }
  }

  void leave() noexcept {
    if (frames_.back().has_search) searches_.pop_back();
    frames_.pop_back();
  }

  /// Whether @p block is memory of the value entered last, and that lives.
  [[nodiscard]] bool cover(ByteSpan block) const noexcept {
    if (frames_.empty()) return false;
    const auto is_inside = [block](ByteSpan memory) {
      return is_in(memory, block.data()) && is_in(memory, block.data() + block.size() - 1);
    };
    return !block.empty() && (is_inside(frames_.back().own) || is_inside(frames_.back().held));
  }

 private:
  using Search = std::function<bool(const std::byte*)>;

  struct Frame {
    ByteSpan own{};   // storage of the value; none if it may be a temporary
    ByteSpan held{};  // what it owns elsewhere, in one piece
    bool has_search = false;
  };

  static bool is_in(ByteSpan memory, const std::byte* place) noexcept {
    const std::less<> before;
    return !before(place, memory.data()) && before(place, memory.data() + memory.size());
  }

  /// Where the whole object begins of which @p target may be a base.
  template <class T>
  static ByteSpan pointee(const T& target) noexcept {
    const void* begin = std::addressof(target);
    if constexpr (std::is_polymorphic_v<T>) begin = dynamic_cast<const void*>(&target);
    return ByteSpan(static_cast<const std::byte*>(begin), 1);
  }

  /// Elements are asked for in the order of the container, so the search goes on where it was. What
  /// is not found ends it: all that follow are then taken for temporaries.
  template <class Container>
  static Search search_of(const Container& container) {
    return [&container, at = container.begin()](const std::byte* place) mutable {
      for (; at != container.end(); ++at) {
        if (is_in(std::as_bytes(std::span(std::addressof(*at), 1)), place)) return true;
      }
      return false;
    };
  }

  bool holds(const Frame& frame, const std::byte* place) {
    return is_in(frame.own, place) || is_in(frame.held, place) ||
           (frame.has_search && searches_.back()(place));
  }

  std::vector<Frame> frames_;
  std::vector<Search> searches_;
};

}  // namespace proxystore::inline v0::detail
