// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The values that Store's verbs take: what they are stored as, and where those of a range are.

#include <concepts>
#include <deque>
#include <memory>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace proxystore::inline v0::detail {

/// What a T is when it is read back: a T, but for views of the caller's memory.
template <class T>
struct StoredAs {
  using Type = T;
};
/// What a proxy stands for that is made of a T.
template <class T>
using ProxiedBy = typename StoredAs<std::decay_t<T>>::Type;

/// The value type of a range that Store's batch verbs take.
template <class Range>
using ItemOf = std::ranges::range_value_t<Range>;

template <class Range>
using ProxiedItemOf = ProxiedBy<ItemOf<Range>>;

/// The items of a range as objects in memory. Those that the range has there are referred to; those
/// that it makes as it is read, as views::transform does, are kept here. None is copied.
/// @lifetime the range must outlive this
template <std::ranges::input_range Range>
class Items {
 public:
  using Item = ItemOf<Range>;

  explicit Items(Range& range) {
    if constexpr (std::ranges::sized_range<Range>) items_.reserve(std::ranges::size(range));
    for (auto&& item : range) {
      if constexpr (are_in_memory) {
        items_.push_back(std::addressof(item));
      } else {
        items_.push_back(&kept_.emplace_back(std::forward<decltype(item)>(item)));
      }
    }
  }
  Items(const Items&) = delete;
  Items& operator=(const Items&) = delete;

  [[nodiscard]] std::span<const Item* const> all() const noexcept { return items_; }

 private:
  using Reference = std::ranges::range_reference_t<Range>;
  // The items of an input range may be gone with the next one.
  static constexpr bool are_in_memory = std::ranges::forward_range<Range> &&
                                        std::is_reference_v<Reference> &&
                                        std::same_as<std::remove_cvref_t<Reference>, Item>;
  struct NoneKept {};

  std::conditional_t<are_in_memory, NoneKept, std::deque<Item>> kept_;
  std::vector<const Item*> items_;
};

}  // namespace proxystore::inline v0::detail
