// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#ifdef PROXYSTORE_HASH_AVX2
extern "C" {
XXH64_hash_t proxystore_xxh3_avx2(const void* data, size_t size);
void proxystore_xxh3_update_avx2(XXH3_state_t* state, const void* data, size_t size);
}
#endif

namespace proxystore::inline v0::detail {

namespace {

#ifdef PROXYSTORE_HASH_AVX2
constexpr std::size_t wide_from = 1024;  // below it the width of the registers is no matter

bool is_wide(std::size_t size) noexcept {
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  return size >= wide_from && has_avx2;
}
#endif

}  // namespace

struct Xxh3Stream::State {
  XXH3_state_t value;
};

void Xxh3Stream::Free::operator()(State* state) const noexcept {
  delete state;
}

Xxh3Stream::Xxh3Stream() : state_(new State) {
  reset();
}

void Xxh3Stream::reset() noexcept {
  XXH3_64bits_reset(&state_->value);
}

void Xxh3Stream::update(ByteSpan piece) noexcept {
  if (piece.empty()) return;
#ifdef PROXYSTORE_HASH_AVX2
  if (is_wide(piece.size())) {
    return proxystore_xxh3_update_avx2(&state_->value, piece.data(), piece.size());
  }
#endif
  XXH3_64bits_update(&state_->value, piece.data(), piece.size());
}

std::uint64_t Xxh3Stream::digest() const noexcept {
  return XXH3_64bits_digest(&state_->value);
}

std::uint64_t xxh3(ByteSpan bytes) noexcept {
#ifdef PROXYSTORE_HASH_AVX2
  if (is_wide(bytes.size())) return proxystore_xxh3_avx2(bytes.data(), bytes.size());
#endif
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint64_t xxh3(std::span<const ByteSpan> parts) {
  if (parts.size() == 1) return xxh3(parts.front());
  Xxh3Stream stream;
  for (const auto& part : parts) stream.update(part);
  return stream.digest();
}

}  // namespace proxystore::inline v0::detail
