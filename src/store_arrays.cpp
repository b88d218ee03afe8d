// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Arrays by boxes, and arrays in parts.
//
// A box of one array is asked of the connector, which hands out the memory that the elements are in
// where that can be mapped. A box of an array in parts is gathered: the object of its key lists the
// parts (detail/array_parts.hpp), those that overlap the box are asked for their share of it, and
// the elements are copied to their places. One that lies in one part, and there in one piece, is
// that memory itself.
//
// Parts are never changed. The list goes before its parts, so who still finds the list may miss a
// part: then the array counts as absent.
#include <algorithm>
#include <cstring>

#include "detail/array_box.hpp"
#include "proxystore/detail/array_parts.hpp"
#include "proxystore/error.hpp"
#include "proxystore/store.hpp"

namespace proxystore::inline v0 {

namespace {

/// Boxes that are held at a time, beside the result.
constexpr std::size_t most_at_once = 16;

/// The elements of a box in C order, in memory that has room for an .npy header before them.
class Gathering {
 public:
  Gathering(std::string_view dtype, const Box& box, std::size_t element)
      : header_(detail::npy_header(dtype, box.shape)),
        element_(element),
        steps_(detail::packed_steps(box.shape, element, ObjectInfo::Order::c)),
        memory_(header_.size() + detail::bytes_of_array(box.shape, element)) {
    std::memcpy(memory_.data(), header_.data(), header_.size());
  }

  /// @p source goes to block @p target.
  void add(const ArrayBox& source, const Box& target) {
    std::byte* to = memory_.data() + header_.size();
    for (std::size_t i = 0; i < target.rank(); ++i) to += target.offset[i] * steps_[i];
    detail::copy_elements(to, steps_, source.memory.data(), source.steps, target.shape, element_);
  }

  [[nodiscard]] Bytes finish() && { return std::move(memory_).freeze(); }
  [[nodiscard]] std::size_t header_size() const noexcept { return header_.size(); }

 private:
  const std::string header_;
  const std::size_t element_;
  const std::vector<std::size_t> steps_;
  MutableBytes memory_;
};

}  // namespace

std::shared_ptr<const detail::ArrayParts> Store::find_parts(const Key& key) {
  Key list = key;
  list.flags &= ~Key::composite;
  return get<detail::ArrayParts>(list);
}

std::optional<ObjectInfo> Store::describe(const Key& key) {
  require_open("describe");
  if (!key.is_composite()) return connector_->describe(key);
  const auto parts = find_parts(key);
  if (!parts) return std::nullopt;
  return ObjectInfo{.kind = ObjectInfo::Kind::array, .dtype = parts->dtype, .shape = parts->shape};
}

std::shared_ptr<const void> Store::get_box(const Key& key, const Box& box,
                                           const detail::ObjectType& type,
                                           const detail::Decoder& decoder) {
  require_open("get_box");
  if (key.is_composite()) {
    const auto parts = find_parts(key);
    return parts ? gather(*parts, box, key, type, decoder) : nullptr;
  }
  const auto info = connector_->describe(key);
  if (!info) return nullptr;
  if (info->kind != ObjectInfo::Kind::array) {
    throw SerializationError(
        "object " + key.to_string() + " is no array, and has no boxes",
        {.connector = std::string(connector_->kind()), .operation = "get_box", .key = key});
  }
  box.require_inside(info->shape);
  detail::ArrayParts whole{.dtype = info->dtype, .shape = info->shape};
  whole.parts.push_back(
      {.offset = std::vector<std::uint64_t>(box.rank(), 0), .shape = info->shape, .key = key});
  return gather(whole, box, key, type, decoder);
}

std::shared_ptr<const void> Store::gather(const detail::ArrayParts& parts, const Box& box,
                                          const Key& key, const detail::ObjectType& type,
                                          const detail::Decoder& decoder) {
  const detail::Stopwatch watch;
  box.require_inside(parts.shape);
  const std::size_t element = detail::element_size(parts.dtype);
  std::vector<BoxRequest> requests;
  std::vector<Box> targets;
  for (const detail::ArrayPart& part : parts.parts) {
    auto overlap = detail::overlap_of(box, part.offset, part.shape);
    if (!overlap) continue;
    requests.push_back({part.key, std::move(overlap->in_block), parts.dtype});
    targets.push_back(std::move(overlap->in_box));
  }
  const bool is_plain = type.from_array != nullptr && !decoder.function && decoder.name.empty() &&
                        deserializer_.empty();
  std::optional<Gathering> gathering;
  for (std::size_t at = 0; at < requests.size(); at += most_at_once) {
    const auto some = std::span(requests).subspan(at, std::min(most_at_once, requests.size() - at));
    const auto boxes = connector_->get_boxes(some);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      if (!boxes[i]) return nullptr;
      if (is_plain && requests.size() == 1 &&
          detail::is_packed(box.shape, boxes[i]->steps, element)) {
        record_time("store.get_box", key, watch.elapsed());
        return type.from_array(
            {.dtype = parts.dtype, .shape = box.shape, .elements = boxes[i]->memory});
      }
      if (!gathering) gathering.emplace(parts.dtype, box, element);
      gathering->add(*boxes[i], targets[at + i]);
    }
  }
  if (!gathering) gathering.emplace(parts.dtype, box, element);  // of no elements
  const std::size_t header_size = gathering->header_size();
  const Bytes image = std::move(*gathering).finish();
  record_time("store.get_box", key, watch.elapsed());
  if (!is_plain) return decode(key, image, type, decoder);
  return type.from_array(
      {.dtype = parts.dtype, .shape = box.shape, .elements = image.slice(header_size)});
}

}  // namespace proxystore::inline v0
