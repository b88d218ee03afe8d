// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/array_box.hpp"

#include <algorithm>
#include <cstring>

#include "proxystore/error.hpp"

namespace proxystore::inline v0::detail {

namespace {

/// One loop of a copy.
struct Loop {
  std::uint64_t count = 0;
  std::size_t to = 0;
  std::size_t from = 0;
};

/// The loops of a copy, outermost first, with those joined that run as one. Writes go upwards: they
/// are what memory is slowest at.
std::vector<Loop> loops_of(std::span<const std::size_t> to, std::span<const std::size_t> from,
                           std::span<const std::uint64_t> shape) {
  std::vector<Loop> loops;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] > 1) loops.push_back({shape[i], to[i], from[i]});
  }
  std::ranges::stable_sort(loops, [](const Loop& a, const Loop& b) { return a.to > b.to; });
  std::vector<Loop> joined;
  for (const Loop& loop : loops) {
    if (!joined.empty() && joined.back().to == loop.to * loop.count &&
        joined.back().from == loop.from * loop.count) {
      joined.back() = {joined.back().count * loop.count, loop.to, loop.from};
    } else {
      joined.push_back(loop);
    }
  }
  return joined;
}

template <std::size_t Size>
void copy_each(std::byte* to, const std::byte* from, const Loop& loop) {
  for (std::uint64_t i = 0; i < loop.count; ++i) {
    std::memcpy(to + i * loop.to, from + i * loop.from, Size);
  }
}

void copy_each(std::byte* to, const std::byte* from, const Loop& loop, std::size_t element) {
  switch (element) {
    case 1:
      return copy_each<1>(to, from, loop);
    case 2:
      return copy_each<2>(to, from, loop);
    case 4:
      return copy_each<4>(to, from, loop);
    case 8:
      return copy_each<8>(to, from, loop);
    case 16:
      return copy_each<16>(to, from, loop);
    default:
      for (std::uint64_t i = 0; i < loop.count; ++i) {
        std::memcpy(to + i * loop.to, from + i * loop.from, element);
      }
  }
}

void run(std::byte* to, const std::byte* from, std::span<const Loop> loops, std::size_t element) {
  const Loop& loop = loops.front();
  if (loops.size() > 1) {
    for (std::uint64_t i = 0; i < loop.count; ++i) {
      run(to + i * loop.to, from + i * loop.from, loops.subspan(1), element);
    }
  } else if (loop.to == element && loop.from == element) {
    std::memcpy(to, from, loop.count * element);
  } else {
    copy_each(to, from, loop, element);
  }
}

/// Bytes from the first element to behind the last.
std::size_t length_of(std::span<const std::uint64_t> shape, std::span<const std::size_t> steps,
                      std::size_t element) {
  std::size_t length = element;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0) return 0;
    length += (shape[i] - 1) * steps[i];
  }
  return length;
}

}  // namespace

std::vector<std::size_t> packed_steps(std::span<const std::uint64_t> shape, std::size_t element,
                                      ObjectInfo::Order order) {
  std::vector<std::size_t> steps(shape.size());
  std::size_t step = element;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t dimension = order == ObjectInfo::Order::c ? shape.size() - 1 - i : i;
    steps[dimension] = step;
    step *= shape[dimension];
  }
  return steps;
}

bool is_packed(std::span<const std::uint64_t> shape, std::span<const std::size_t> steps,
               std::size_t element) {
  if (std::ranges::find(shape, std::uint64_t{0}) != shape.end()) return true;
  std::size_t step = element;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (shape[i] > 1 && steps[i] != step) return false;
    step *= shape[i];
  }
  return true;
}

void copy_elements(std::byte* to, std::span<const std::size_t> to_steps, const std::byte* from,
                   std::span<const std::size_t> from_steps, std::span<const std::uint64_t> shape,
                   std::size_t element) {
  if (std::ranges::find(shape, std::uint64_t{0}) != shape.end()) return;
  const auto loops = loops_of(to_steps, from_steps, shape);
  if (loops.empty()) {
    std::memcpy(to, from, element);
  } else {
    run(to, from, loops, element);
  }
}

BoxPlace place_of(const NpyHeader& header, const Box& box, std::string_view dtype) {
  require_array(header.dtype, header.shape, dtype, box.rank());
  box.require_inside(header.shape);
  const auto order = header.fortran_order ? ObjectInfo::Order::fortran : ObjectInfo::Order::c;
  BoxPlace place{.steps = packed_steps(header.shape, header.element_size, order)};
  if (box.empty()) return place;
  for (std::size_t i = 0; i < box.rank(); ++i) {
    place.offset += box.offset[i] * place.steps[i];
    if (box.shape[i] > 1) place.steps[i] *= box.step(i);
  }
  place.length = length_of(box.shape, place.steps, header.element_size);
  return place;
}

ArrayBox box_of(const Bytes& object, const Box& box, std::string_view dtype) {
  if (frame_of(object.span()) != array_frame) throw_wrong_frame(object.span(), "an array");
  const NpyArray array = parse_npy(object.span());
  BoxPlace place = place_of(array, box, dtype);
  return {.memory = object.slice(array.size + place.offset, place.length),
          .steps = std::move(place.steps)};
}

ObjectInfo info_of(ByteSpan start) {
  using Kind = ObjectInfo::Kind;
  const std::string_view frame = frame_of(start);
  ObjectInfo info;
  if (frame == array_frame) {
    NpyHeader header = parse_npy_header(start);
    info.kind = Kind::array;
    info.dtype = std::move(header.dtype);
    info.shape = std::move(header.shape);
    info.order = header.fortran_order ? ObjectInfo::Order::fortran : ObjectInfo::Order::c;
    info.header_bytes = header.size;
  } else {
    info.kind = frame == bytes_frame  ? Kind::bytes
                : frame == text_frame ? Kind::text
                                      : Kind::opaque;
    info.header_bytes = info.kind == Kind::opaque ? 0 : frame.size();
  }
  return info;
}

Bytes packed(const ArrayBox& box, std::span<const std::uint64_t> shape, std::size_t element) {
  if (is_packed(shape, box.steps, element)) return box.memory;
  const auto steps = packed_steps(shape, element, ObjectInfo::Order::c);
  MutableBytes memory(steps.front() * shape.front());
  copy_elements(memory.data(), steps, box.memory.data(), box.steps, shape, element);
  return std::move(memory).freeze();
}

}  // namespace proxystore::inline v0::detail
