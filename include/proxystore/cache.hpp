// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// ObjectCache: the least-recently-used objects that a store has fetched, in this process.

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <typeinfo>
#include <unordered_map>
#include <vector>

#include "proxystore/export.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0 {

/// Names one cached object: the same stored bytes may be held as several types.
struct CacheKey {
  Key key;
  const std::type_info* type;
  std::string_view deserializer;  ///< Name, or empty for the default
};

/// Whether the cache keeps an object alive, or only finds it while somebody else does.
enum class Hold : std::uint8_t { strong, weak };

/// An LRU cache of objects, limited by their number and optionally by the bytes of their stored
/// form. Dropping an object from the cache never invalidates a pointer that was handed out.
/// @threadsafe
class PROXYSTORE_EXPORT ObjectCache {
  struct Entry {
    Key key;
    const std::type_info* type;
    std::string deserializer;
    std::shared_ptr<const void> strong;
    std::weak_ptr<const void> weak;
    std::size_t bytes;

    [[nodiscard]] std::shared_ptr<const void> object() const {
      return strong ? strong : weak.lock();
    }
  };

 public:
  /// Objects that the cache let go. They are destroyed with this, so it is to be kept until no lock
  /// is held: an object's destructor may be a function of the program, and may take long.
  class Dropped {
   private:
    friend class ObjectCache;
    std::list<Entry> entries_;
  };

  /// @p max_objects 0 turns the cache off; @p max_bytes 0 sets no limit in bytes.
  explicit ObjectCache(std::size_t max_objects, std::size_t max_bytes = 0);

  /// The object, which becomes the most recently used; null if it is not here. Counts a hit or
  /// miss.
  [[nodiscard]] std::shared_ptr<const void> get(const CacheKey& key);

  /// As get(), without counting or making it the most recently used.
  [[nodiscard]] std::shared_ptr<const void> peek(const CacheKey& key);

  /// Adds or replaces an object, and drops the least recently used beyond the limits. An object
  /// larger than the limit in bytes is not kept. @returns what was replaced or dropped
  Dropped set(const CacheKey& key, const std::shared_ptr<const void>& object, std::size_t bytes,
              Hold hold = Hold::strong);

  /// Whether @p key is here as any type.
  [[nodiscard]] bool exists(const Key& key) const;

  /// Drops @p key in all its types, and returns them.
  Dropped evict(const Key& key);

  void clear();

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] std::uint64_t hits() const;
  [[nodiscard]] std::uint64_t misses() const;

 private:
  using Entries = std::list<Entry>;  // most recently used first
  /// The entries of one key: nearly always one, of the one type that it is used as.
  using Variants = std::vector<Entries::iterator>;
  using Index = std::unordered_map<Key, Variants>;

  Entries::iterator find(const CacheKey& key);
  void drop(Entries::iterator entry, Dropped& dropped);
  void shrink(Dropped& dropped);

  const std::size_t max_objects_;
  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  Entries entries_;
  Index index_;
  std::size_t bytes_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace proxystore::inline v0
