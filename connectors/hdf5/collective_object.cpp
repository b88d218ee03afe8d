// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// make     the root makes the file, under a temporary name, and writes the array's key to it
// look     all look whether they find that file, with that key: MPI-IO does not say that ranks of
//          two nodes write to two files
// open     all open it as a new HDF5 file        collective
// define   all make the dataset                  collective
// reserve  the root has the file system set the space aside: a full disk is noticed by one rank,
//          before all write
// write    all write their blocks                collective
// close    all close it                          collective
// sync     each rank's data go to the medium, if the options ask for that
// publish  the root renames it
//
// Between any two steps the ranks agree on how it went (mpi/distributed_array.cpp), so each
// collective call of HDF5 is made by all ranks or by none, also the closing of a file that is given
// up. What is left open is a rank that fails within a call of MPI-IO which the others wait in: MPI
// has no time-outs.
#include "collective_object.hpp"

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "dataset.hpp"
#include "detail/atomic_file.hpp"
#include "detail/medium.hpp"
#include "detail/system.hpp"
#include "library.hpp"
#include "object_file.hpp"
#include "proxystore/error.hpp"
#include "proxystore/serialize/codec.hpp"

namespace proxystore::inline v0::hdf5 {

#ifdef PROXYSTORE_HDF5_WITH_MPI

namespace {

namespace fs = std::filesystem;

class CollectiveFile final : public detail::CollectiveObject {
 public:
  CollectiveFile(fs::path path, const Hdf5Options& options, detail::CollectivePut put)
      : path_(std::move(path)),
        name_(path_.string() + ".tmp-collective"),
        options_(options),
        put_(std::move(put)),
        context_{.connector = "hdf5", .operation = "put_distributed", .key = put_.key} {}

  ~CollectiveFile() override {
    // As that of PendingFile: HDF5 needs room to close a file, and would make this one as long as
    // it was to become. What it cannot close, it stumbles over when MPI ends.
    if (made_ && file_) (void)::truncate(name_.c_str(), 0);
    if (file_) {
      const Session session;
      (void)dataset_.close();
      (void)H5Ldelete(file_.id(), put_.key.to_string().c_str(), H5P_DEFAULT);
      (void)file_.close();
    }
    if (made_) ::unlink(name_.c_str());
  }

  [[nodiscard]] std::size_t steps() const noexcept override { return all_steps.size(); }
  void do_step(std::size_t step) override { (this->*all_steps[step])(); }

  [[nodiscard]] Key key() const override {
    Key key = put_.key;
    const auto elements = detail::volume_of(put_.info.shape);
    key.size = detail::npy_header(put_.info.dtype, put_.info.shape).size() +
               *elements * detail::element_size(put_.info.dtype);
    return key;
  }

 private:
  using Step = void (CollectiveFile::*)();

  void make() {
    const auto medium = detail::Medium::of(path_.parent_path());
    if (medium.may_hide_files && !options_.mpi_io_on_any_medium) {
      throw ConnectorError(
          "the folder " + path_.parent_path().string() +
              " is on NFS, or on a file system that is not known to keep what several nodes write "
              "to one file: use a parallel file system, or another connector, or set the option "
              "mpi_io_on_any_medium",
          context_);
    }
    if (!put_.is_root) return;
    const detail::UniqueFd fd(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!fd) {
      detail::throw_system_error(errno, "cannot create a file in " + path_.parent_path().string(),
                                 context_);
    }
    made_ = true;
    const auto& id = put_.key.id;
    if (::write(fd.get(), id.data(), id.size()) != static_cast<ssize_t>(id.size())) {
      detail::throw_system_error(errno, "cannot write to " + name_, context_);
    }
  }

  void look() {
    constexpr std::chrono::milliseconds longest(10'000);
    const auto medium = detail::Medium::of(path_.parent_path());
    const auto found = detail::poll_folder(
        medium, path_.parent_path(), medium.may_hide_files ? longest : longest / 1000,
        std::chrono::milliseconds(100), [&]() -> std::optional<bool> {
          const detail::UniqueFd fd(::open(name_.c_str(), O_RDWR | O_CLOEXEC));
          if (!fd && errno == ENOENT) return std::nullopt;
          if (!fd) detail::throw_system_error(errno, "cannot open " + name_, context_);
          std::array<std::byte, 16> id{};
          if (::pread(fd.get(), id.data(), id.size(), 0) != static_cast<ssize_t>(id.size())) {
            return std::nullopt;
          }
          return id == put_.key.id;
        });
    if (found.value_or(false)) return;
    throw ConnectorError("this rank does not see the file that rank 0 made: " +
                             path_.parent_path().string() + " is not one folder for all ranks",
                         context_);
  }

  void open() {
    const Session session;
    const Properties access = access_of(options_.alignment);
    MPI_Info hints = MPI_INFO_NULL;
    if (options_.stripe_count > 0 || options_.stripe_size > 0) MPI_Info_create(&hints);
    if (options_.stripe_count > 0) {
      MPI_Info_set(hints, "striping_factor", std::to_string(options_.stripe_count).c_str());
    }
    if (options_.stripe_size > 0) {
      MPI_Info_set(hints, "striping_unit", std::to_string(options_.stripe_size).c_str());
    }
    H5Pset_fapl_mpio(access.id(), *static_cast<const MPI_Comm*>(put_.comm), hints);
    if (hints != MPI_INFO_NULL) MPI_Info_free(&hints);
    file_ = File(H5Fcreate(mpi_io_name().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()));
    if (!file_) fail("cannot write " + name_ + " by MPI-IO", context_);
  }

  /// ROMIO takes what stands before a colon for the name of a file system, and other MPI libraries
  /// know no such names. So where a path has a colon, its folder is named by a descriptor of this
  /// process, which lives as long as the file is written.
  std::string mpi_io_name() {
    if (name_.find(':') == std::string::npos) return name_;
    folder_.reset(::open(path_.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder_) {
      detail::throw_system_error(errno, "cannot open " + path_.parent_path().string(), context_);
    }
    return "/proc/self/fd/" + std::to_string(folder_.get()) + "/" +
           fs::path(name_).filename().string();
  }

  void define() {
    const Session session;
    write_format(file_, context_);
    dataset_ = create_array(file_, put_.key.to_string(), put_.info, options_, context_);
  }

  void reserve() {
    if (!put_.is_root) return;
    const std::uint64_t bytes =
        *detail::volume_of(put_.info.shape) * detail::element_size(put_.info.dtype);
    haddr_t offset = HADDR_UNDEF;
    {
      const Session session;
      offset = H5Dget_offset(dataset_.id());
    }
    if (bytes == 0 || offset == HADDR_UNDEF)
      return;  // of chunks it is not known how large they are
    const detail::UniqueFd fd(::open(name_.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd ||
        (::fallocate(fd.get(), 0, static_cast<off_t>(offset), static_cast<off_t>(bytes)) != 0 &&
         errno != EOPNOTSUPP && errno != ENOSYS)) {
      detail::throw_system_error(
          errno,
          "no room for " + std::to_string(bytes) + " bytes in " + path_.parent_path().string(),
          context_);
    }
  }

  void write() {
    const detail::FileSizeSignalOff no_signal;
    const Session session;
    const Properties transfer(H5Pcreate(H5P_DATASET_XFER));
    H5Pset_dxpl_mpio(transfer.id(), H5FD_MPIO_COLLECTIVE);
    write_block(dataset_, put_.block, put_.elements.span(), transfer, context_);
    put_.elements = {};
  }

  void close() {
    const detail::FileSizeSignalOff no_signal;
    const Session session;
    const bool is_closed = dataset_.close();
    if (!file_.close() || !is_closed) fail("cannot write " + name_, context_);
  }

  void sync() {
    if (!options_.fsync) return;
    const detail::UniqueFd fd(::open(name_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0) {
      detail::throw_system_error(errno, "cannot sync " + name_, context_);
    }
  }

  void publish() {
    if (!put_.is_root) return;
    if (::rename(name_.c_str(), path_.c_str()) != 0) {
      detail::throw_system_error(errno, "cannot rename to " + path_.string(), context_);
    }
    made_ = false;
    if (options_.fsync) detail::sync_folder(path_.string(), context_);
  }

  static constexpr std::array<Step, 9> all_steps{
      &CollectiveFile::make,   &CollectiveFile::look,    &CollectiveFile::open,
      &CollectiveFile::define, &CollectiveFile::reserve, &CollectiveFile::write,
      &CollectiveFile::close,  &CollectiveFile::sync,    &CollectiveFile::publish};

  const fs::path path_;
  const std::string name_;
  const Hdf5Options options_;
  detail::CollectivePut put_;
  const ErrorContext context_;
  bool made_ = false;  // here, and not renamed yet
  detail::UniqueFd folder_;
  File file_;
  Dataset dataset_;
};

}  // namespace

bool writes_collectively() noexcept {
  return true;
}

std::unique_ptr<detail::CollectiveObject> start_collective(const fs::path& path,
                                                           const Hdf5Options& options,
                                                           detail::CollectivePut put) {
  return std::make_unique<CollectiveFile>(path, options, std::move(put));
}

#else

bool writes_collectively() noexcept {
  return false;
}

std::unique_ptr<detail::CollectiveObject> start_collective(const std::filesystem::path&,
                                                           const Hdf5Options&,
                                                           detail::CollectivePut put) {
  throw UnsupportedError("built without a parallel HDF5, or without MPI",
                         {.connector = "hdf5", .operation = "put_distributed", .key = put.key});
}

#endif

}  // namespace proxystore::inline v0::hdf5
