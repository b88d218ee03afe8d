// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// A message is a sequence of bytes, wherever they lie: MPI compares the number of basic elements on
// both sides, not how they are described. So the sender may name its parts where they are, and the
// receiver one block. Counts and block lengths of MPI-3 are `int`: a block above the limit is
// described as whole blocks of the limit's size, each one element of a contiguous type, and a rest.
#include "mpi/datatype.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include "proxystore/mpi/detail/transport.hpp"
#include "proxystore/mpi/error.hpp"

namespace proxystore::inline v0::mpi::detail {

namespace {

// Well below INT_MAX, and what Open MPI is known to handle.
std::atomic<std::size_t> limit{std::size_t{1} << 30U};

Datatype committed(MPI_Datatype made) {
  Datatype type(made);
  check(MPI_Type_commit(&made), "MPI_Type_commit");
  return type;
}

/// MPI takes pointers to non-const, and does not write through them when it sends.
void* address_of(ByteSpan part) {
  return const_cast<std::byte*>(part.data());
}

/// Arguments of MPI_Type_create_struct.
struct Blocks {
  std::vector<int> lengths{};
  std::vector<MPI_Aint> places{};
  std::vector<MPI_Datatype> types{};

  void add(int length, const std::byte* at, MPI_Datatype type) {
    MPI_Aint place = 0;
    check(MPI_Get_address(at, &place), "MPI_Get_address");
    lengths.push_back(length);
    places.push_back(place);
    types.push_back(type);
  }
};

}  // namespace

std::size_t set_block_limit(std::size_t bytes) {
  return limit.exchange(bytes);
}
std::size_t block_limit() noexcept {
  return limit;
}

Datatype contiguous_type(std::size_t size) {
  MPI_Datatype made = MPI_DATATYPE_NULL;
  check(MPI_Type_contiguous(static_cast<int>(size), MPI_BYTE, &made), "MPI_Type_contiguous");
  return committed(made);
}

Datatype absolute_type(std::span<const ByteSpan> parts) {
  const std::size_t block_size = block_limit();
  Datatype block;
  Blocks blocks;
  for (const ByteSpan part : parts) {
    const std::size_t whole = part.size() / block_size;
    if (whole > 0 && block.get() == MPI_DATATYPE_NULL) block = contiguous_type(block_size);
    for (std::size_t i = 0; i < whole; ++i) {
      blocks.add(1, part.data() + i * block_size, block.get());
    }
    const ByteSpan rest = part.subspan(whole * block_size);
    if (!rest.empty()) blocks.add(static_cast<int>(rest.size()), rest.data(), MPI_BYTE);
  }
  MPI_Datatype made = MPI_DATATYPE_NULL;
  check(MPI_Type_create_struct(static_cast<int>(blocks.lengths.size()), blocks.lengths.data(),
                               blocks.places.data(), blocks.types.data(), &made),
        "MPI_Type_create_struct");
  return committed(made);
}

Buffer buffer_of(std::span<const ByteSpan> parts) {
  if (parts.empty()) return {};
  if (parts.size() == 1 && parts.front().size() <= block_limit()) {
    return {.address = address_of(parts.front()),
            .count = static_cast<int>(parts.front().size()),
            .owned = Datatype()};
  }
  return {.address = MPI_BOTTOM, .count = 1, .owned = absolute_type(parts)};
}

}  // namespace proxystore::inline v0::mpi::detail
