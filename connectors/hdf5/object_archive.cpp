// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/object_archive.hpp"

#include <utility>

#include "dataset.hpp"
#include "detail/array_box.hpp"
#include "library.hpp"
#include "object_file.hpp"

namespace proxystore::inline v0 {

namespace {

namespace fs = std::filesystem;

/// What @p object tells of itself, so that other programs can read it, too.
ObjectInfo info_of(ByteSpan object) {
  try {
    return detail::info_of(object);
  } catch (const SerializationError&) {  // a serializer of the user's wrote what looks like a frame
    return {.kind = ObjectInfo::Kind::opaque};
  }
}

class Hdf5ArchiveWriter final : public detail::ArchiveWriter {
 public:
  Hdf5ArchiveWriter(fs::path path, const ErrorContext& context)
      : path_(std::move(path)), context_(context) {
    const hdf5::Session session;
    file_ = std::make_unique<hdf5::PendingFile>(path_, options_, context_);
  }
  ~Hdf5ArchiveWriter() override {
    const hdf5::Session session;
    file_.reset();
  }

  void add(const std::string& name, ByteSpan object) override {
    const hdf5::Session session;
    (void)hdf5::write_object(file_->file(), name, std::span(&object, 1), info_of(object), options_,
                             context_);
  }

  void finish() override {
    {
      const hdf5::Session session;
      file_->finish();
    }
    file_->sync_data();
    file_->rename_to(path_);
  }

 private:
  const fs::path path_;
  const ErrorContext context_;
  const Hdf5Options options_{.fsync = true};
  std::unique_ptr<hdf5::PendingFile> file_;
};

class Hdf5ArchiveReader final : public detail::ArchiveReader {
 public:
  Hdf5ArchiveReader(hdf5::OpenFile file, const ErrorContext& context)
      : file_(std::move(file)), context_(context) {}
  ~Hdf5ArchiveReader() override {
    const hdf5::Session session;
    (void)file_.file.close();
  }

  std::optional<Bytes> get(const std::string& name) override {
    const hdf5::Session session;
    auto stored = hdf5::read_object(file_.file, name, file_.held, {}, context_);
    if (!stored) return std::nullopt;
    if (stored->checksum && stored->checksum != stored->actual_checksum) {
      throw IntegrityError("object " + name + " is damaged: its checksum differs", context_);
    }
    return std::move(stored->object);
  }

 private:
  hdf5::OpenFile file_;
  const ErrorContext context_;
};

}  // namespace

namespace detail {

std::unique_ptr<ArchiveWriter> create_archive(const fs::path& path, const ErrorContext& context) {
  return std::make_unique<Hdf5ArchiveWriter>(path, context);
}

std::unique_ptr<ArchiveReader> open_archive(const fs::path& path, const ErrorContext& context) {
  const hdf5::Session session;
  auto file = hdf5::open_file(path, context);
  if (!file) return nullptr;
  return std::make_unique<Hdf5ArchiveReader>(std::move(*file), context);
}

}  // namespace detail
}  // namespace proxystore::inline v0
