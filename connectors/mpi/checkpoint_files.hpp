// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The folder of a checkpoint:
///
///     checkpoint.h5   Summary, and the state that the program gave
///     rank-<k>.h5     of each rank that saved: the objects by their ids, and the list of them

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "detail/object_archive.hpp"
#include "detail/system.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"
#include "proxystore/key.hpp"
#include "proxystore/serialize.hpp"

namespace proxystore::inline v0::partition {

/// An object, or a key whose object is to come, of one rank.
struct SavedObject {
  std::array<std::uint64_t, 2> id{};
  std::uint64_t size = 0;
  std::uint64_t target = 0;  ///< As Kept::target, in the run that saved
  std::uint32_t slot = 0;    ///< In that run
  std::uint32_t copy = 0;    ///< Of several of one id in a file, counted from 0
  bool is_deferred = false;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(id, size, target, slot, copy, is_deferred);
  }

  [[nodiscard]] Key key() const;
  /// In the file of its rank.
  [[nodiscard]] std::string name() const;
};

/// What holds for the whole.
struct Summary {
  std::uint32_t ranks = 0;              ///< That saved
  std::vector<std::uint32_t> epochs{};  ///< Of the runs whose keys are in it, the last one first
  std::string store{};                  ///< StoreConfig::to_compact()

  template <class Archive>
  void serialize(Archive& archive) {
    archive(ranks, epochs, store);
  }
};

/// What is in the file of one rank.
using Contents = std::vector<SavedObject>;

[[nodiscard]] std::filesystem::path rank_file(const std::filesystem::path& folder,
                                              std::uint32_t rank);

void write_contents(detail::ArchiveWriter& file, const Contents& contents);
/// @throws IntegrityError if there are none
[[nodiscard]] Contents read_contents(detail::ArchiveReader& file,
                                     const std::filesystem::path& path);

void write_summary(const std::filesystem::path& folder, const Summary& summary, ByteSpan state,
                   const ErrorContext& context);

struct ReadSummary {
  std::filesystem::path folder{};  ///< Where the checkpoint is
  Summary summary{};
  Bytes state{};
};
/// @throws ArgumentError if @p folder is no checkpoint; IntegrityError
[[nodiscard]] ReadSummary read_summary(const std::filesystem::path& folder,
                                       const ErrorContext& context);

/// A checkpoint that is being written, under another name. Unless it is published it goes with
/// this object. One rank has it.
class DraftFolder {
 public:
  /// Makes the folder, in place of one that a job left which died while it saved.
  /// @throws ArgumentError if @p path is there and is no checkpoint, BusyError if another job saves
  ///         to it; AccessError, CapacityError, ConnectorError
  DraftFolder(std::filesystem::path path, const ErrorContext& context);
  DraftFolder(const DraftFolder&) = delete;
  DraftFolder& operator=(const DraftFolder&) = delete;
  ~DraftFolder();

  [[nodiscard]] const std::filesystem::path& draft() const noexcept { return draft_; }
  /// What is written in it, so that another rank knows the folder when it sees it.
  [[nodiscard]] const std::string& mark() const noexcept { return mark_; }
  /// Gives the folder its name, and removes an older one.
  void publish();

 private:
  [[nodiscard]] bool give_name(const std::filesystem::path& old, std::error_code& error);

  const std::filesystem::path path_;
  const std::filesystem::path draft_;
  const std::string mark_;
  const ErrorContext context_;
  detail::UniqueFd lock_;
  bool is_published_ = false;
};

/// Throws ConnectorError unless @p draft is here, and has the @p mark.
void require_same_folder(const std::filesystem::path& draft, const std::string& mark,
                         const ErrorContext& context);

}  // namespace proxystore::inline v0::partition

PROXYSTORE_TYPE_NAME(proxystore::partition::SavedObject, "saved_object/1");
PROXYSTORE_TYPE_NAME(proxystore::partition::Summary, "checkpoint/1");
