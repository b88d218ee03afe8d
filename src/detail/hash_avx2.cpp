// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// XXH3 compiled for AVX2: this file alone has -mavx2, and is called only where the processor has
// it. It includes nothing with inline functions of external linkage, of which the linker might keep
// this copy for everybody.
#define XXH_INLINE_ALL
#include <xxhash.h>

extern "C" {

__attribute__((visibility("hidden"))) XXH64_hash_t proxystore_xxh3_avx2(const void* data,
                                                                        size_t size) {
  return XXH3_64bits(data, size);
}

__attribute__((visibility("hidden"))) void proxystore_xxh3_update_avx2(XXH3_state_t* state,
                                                                       const void* data,
                                                                       size_t size) {
  XXH3_64bits_update(state, data, size);
}
}
