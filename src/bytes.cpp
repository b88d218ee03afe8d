// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/bytes.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

#include <sys/mman.h>
#include <unistd.h>

namespace proxystore::inline v0 {

namespace {

constexpr std::size_t worth_huge_pages = std::size_t{4} << 20U;

/// Most of the time of filling new memory goes into its page faults, one for 4 KiB: asks for pages
/// of 2 MiB where they fit in.
void advise_huge_pages(std::span<std::byte> memory) noexcept {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t skip = (page - reinterpret_cast<std::uintptr_t>(memory.data()) % page) % page;
  const std::size_t length = (memory.size() - skip) / page * page;
  (void)::madvise(memory.data() + skip, length, MADV_HUGEPAGE);  // if not, small ones will do
}

}  // namespace

Bytes Bytes::copy_of(ByteSpan source) {
  return copy_of(std::span<const ByteSpan>(&source, 1));
}

Bytes Bytes::copy_of(std::string_view source) {
  return copy_of(std::as_bytes(std::span(source.data(), source.size())));
}

Bytes Bytes::copy_of(std::span<const ByteSpan> parts) {
  MutableBytes buffer(joined_size(parts));
  join(parts, buffer.span());
  return std::move(buffer).freeze();
}

Bytes Bytes::own(std::vector<std::byte> source) {
  auto owner = std::make_shared<const std::vector<std::byte>>(std::move(source));
  const ByteSpan view(*owner);
  return wrap(view, std::move(owner));
}

Bytes Bytes::own(std::string source) {
  auto owner = std::make_shared<const std::string>(std::move(source));
  const ByteSpan view = std::as_bytes(std::span(owner->data(), owner->size()));
  return wrap(view, std::move(owner));
}

Bytes Bytes::slice(std::size_t offset, std::size_t length) const noexcept {
  offset = std::min(offset, size());
  return Bytes(view_.subspan(offset, std::min(length, size() - offset)), owner_, memory_);
}

bool operator==(const Bytes& a, const Bytes& b) noexcept {
  return a.size() == b.size() &&
         (a.data() == b.data() || a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

std::size_t joined_size(std::span<const ByteSpan> parts) noexcept {
  std::size_t size = 0;
  for (const ByteSpan part : parts) size += part.size();
  return size;
}

void join(std::span<const ByteSpan> parts, std::span<std::byte> target) noexcept {
  for (const ByteSpan part : parts) {
    if (part.empty()) continue;  // memcpy from a null pointer is undefined even for 0 bytes
    std::memcpy(target.data(), part.data(), part.size());
    target = target.subspan(part.size());
  }
}

void MutableBytes::Free::operator()(std::byte* memory) const noexcept {
  ::operator delete[](memory, std::align_val_t{alignment});
}

MutableBytes::MutableBytes(std::size_t size)
    : memory_(size == 0
                  ? nullptr
                  : static_cast<std::byte*>(::operator new[](size, std::align_val_t{alignment}))),
      size_(size) {
  if (size >= worth_huge_pages) advise_huge_pages({memory_.get(), size});
}

Bytes MutableBytes::freeze() && {
  const ByteSpan view(memory_.get(), std::exchange(size_, 0));
  return Bytes::wrap(view, std::shared_ptr<const std::byte[]>(std::move(memory_)));
}

}  // namespace proxystore::inline v0
