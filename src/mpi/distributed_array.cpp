// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// A collective put of an array in blocks.
//
//   1. Each rank says which block it has, of what array, for which store. Rank 0 compares all of
//   it,
//      and tells all ranks its verdict, with what they must have in common: the key, the name.
//   2a. Each rank puts its block, and tells rank 0 the key. Rank 0 puts the list of them, and tells
//       all ranks the key of that, which is the array's.
//   2b. Or, where the connector writes one array by all ranks: they do that step by step, and say
//       after each how it went.
//
// No rank is left alone: whatever goes wrong on a rank, it takes part in the next exchange, and
// says so there; then all ranks throw, and take back what they have stored. The list is put when
// all blocks are there, so nobody can find an array that is not complete. A rank that dies in the
// middle leaves blocks that nobody names, in its own memory in an mpi store, as files otherwise.
#include "proxystore/mpi/distributed_array.hpp"

#include <map>
#include <optional>

#include "detail/array_box.hpp"
#include "mpi/agreement.hpp"
#include "proxystore/detail/array_parts.hpp"
#include "proxystore/detail/collective_writer.hpp"
#include "proxystore/error.hpp"
#include "proxystore/mpi/environment.hpp"

namespace proxystore::inline v0::mpi::detail {

/// What a rank says of its block.
struct BlockClaim {
  std::string store{};
  std::string dtype{};
  std::vector<std::uint64_t> global_extents{};
  Box block{};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(store, dtype, global_extents, block.offset, block.shape);
  }
};

/// What rank 0 makes of the claims.
struct PutVerdict {
  std::string objection{};  ///< Empty: there is none
  Key key{};
  std::string name{};
  std::string units{};
  std::map<std::string, std::string> attributes{};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(objection, key, name, units, attributes);
  }
};

/// A block that was put, if there was anything to put.
struct PlacedBlock {
  std::optional<Key> key{};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(key);
  }
};

}  // namespace proxystore::inline v0::mpi::detail

PROXYSTORE_TYPE_NAME(proxystore::mpi::detail::BlockClaim, "block_claim/1");
PROXYSTORE_TYPE_NAME(proxystore::mpi::detail::PutVerdict, "put_verdict/1");
PROXYSTORE_TYPE_NAME(proxystore::mpi::detail::PlacedBlock, "placed_block/1");

namespace proxystore::inline v0::mpi::detail {

namespace {

/// Name and place of the objects, without what may differ between ranks.
std::string identity_of(Store& store) {
  const StoreConfig config{.name = store.name(), .connector = store.connector().config()};
  return std::string(config.to_compact().text());
}

std::string in_words(const BlockClaim& claim) {
  return "elements '" + claim.dtype + "' of an array of " +
         v0::detail::extents_text(claim.global_extents);
}

v0::detail::ArrayParts parts_of(const std::vector<BlockClaim>& claims) {
  v0::detail::ArrayParts parts{.dtype = claims.front().dtype,
                               .shape = claims.front().global_extents};
  for (const BlockClaim& claim : claims) {
    parts.parts.push_back({.offset = claim.block.offset, .shape = claim.block.shape});
  }
  return parts;
}

/// What keeps the blocks from being one array; empty if nothing does.
std::string objection_to(const std::vector<BlockClaim>& claims) {
  const BlockClaim& first = claims.front();
  for (std::size_t rank = 1; rank < claims.size(); ++rank) {
    const BlockClaim& claim = claims[rank];
    if (claim.dtype != first.dtype || claim.global_extents != first.global_extents) {
      return "the ranks disagree: rank 0 has " + in_words(first) + ", rank " +
             std::to_string(rank) + " has " + in_words(claim);
    }
    if (claim.store != first.store) {
      return "the ranks disagree: the store of rank " + std::to_string(rank) +
             " is not that of rank 0";
    }
  }
  try {
    parts_of(claims).require_cover("rank");
  } catch (const ArgumentError& error) {
    return error.what();
  }
  return {};
}

/// Each block as an object, and a list of them.
class PutInParts {
 public:
  PutInParts(Store& store, const BlockToPut& block, const Group& group)
      : store_(store), block_(block), group_(group) {}

  Key run(const std::vector<BlockClaim>& claims) {
    try {
      const auto placed = gather_made(group_, [&] { return put_block(); });
      return bcast_made(group_, [&] { return put_list(claims, placed); });
    } catch (...) {
      take_back();
      throw;
    }
  }

 private:
  PlacedBlock put_block() {
    if (block_.block.empty()) return {};
    PutOptions options = block_.options;
    if (const Environment* environment = Environment::current()) {
      options.rank = environment->rank();
    }
    mine_.key = block_.put(options);
    return mine_;
  }

  Key put_list(const std::vector<BlockClaim>& claims, const std::vector<PlacedBlock>& placed) {
    v0::detail::ArrayParts all = parts_of(claims);
    std::vector<v0::detail::ArrayPart> parts;
    for (std::size_t rank = 0; rank < placed.size(); ++rank) {
      if (!placed[rank].key) continue;
      parts.push_back(std::move(all.parts[rank]));
      parts.back().key = *placed[rank].key;
    }
    all.parts = std::move(parts);
    PutOptions options = block_.options;
    options.rank.reset();
    Key key = store_.put(all, {.options = options});
    key.flags |= Key::composite;
    return key;
  }

  void take_back() {
    if (!mine_.key) return;
    try {
      (void)store_.evict(*mine_.key);
    } catch (const Error&) {  // the first error is the one to report
    }
  }

  Store& store_;
  const BlockToPut& block_;
  const Group& group_;
  PlacedBlock mine_;
};

/// One object, which all ranks write.
Key put_together(v0::detail::CollectiveWriter& writer, const BlockToPut& block, const Group& group,
                 const ObjectInfo& info, const Key& key) {
  const std::size_t element = v0::detail::element_size(block.dtype);
  std::unique_ptr<v0::detail::CollectiveObject> object;
  together(group, [&] {
    const auto steps = v0::detail::packed_steps(block.block.shape, element, block.order);
    const ArrayBox elements{.memory = Bytes::wrap(block.elements, nullptr), .steps = steps};
    object = writer.start({.comm = &block.comm,
                           .is_root = group.rank == root,
                           .key = key,
                           .info = info,
                           .block = block.block,
                           .elements = v0::detail::packed(elements, block.block.shape, element)});
  });
  for (std::size_t step = 0; step < object->steps(); ++step) {
    together(group, [&] { object->do_step(step); });
  }
  return bcast_made(group, [&] { return object->key(); });
}

}  // namespace

Key put_distributed(Store& store, const BlockToPut& block) {
  const Group group = group_of(block.comm, "put_distributed");
  const auto claims = gather_made(group, [&] {
    v0::detail::require_size(block.block.shape, v0::detail::element_size(block.dtype),
                             block.elements.size());
    return BlockClaim{.store = identity_of(store),
                      .dtype = block.dtype,
                      .global_extents = block.global_extents,
                      .block = block.block};
  });
  const auto verdict = bcast_made(group, [&] {
    return PutVerdict{.objection = objection_to(claims),
                      .key = Key::random(),
                      .name = block.options.info.name,
                      .units = block.options.info.units,
                      .attributes = block.options.info.attributes};
  });
  if (!verdict.objection.empty()) {
    throw ArgumentError(
        "put_distributed: " + verdict.objection,
        {.connector = std::string(store.connector().kind()), .operation = "put_distributed"});
  }
  const ObjectInfo info{.kind = ObjectInfo::Kind::array,
                        .dtype = block.dtype,
                        .shape = block.global_extents,
                        .name = verdict.name,
                        .units = verdict.units,
                        .attributes = verdict.attributes};
  auto* writer = dynamic_cast<v0::detail::CollectiveWriter*>(&store.connector());
  if (writer != nullptr && writer->can_write(info)) {
    return put_together(*writer, block, group, info, verdict.key);
  }
  return PutInParts(store, block, group).run(claims);
}

}  // namespace proxystore::inline v0::mpi::detail
