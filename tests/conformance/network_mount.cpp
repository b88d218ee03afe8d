// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// A file server in the protocol of <linux/fuse.h>. It names files to the kernel by their inode
// numbers, and holds an open descriptor for each as long as the kernel knows it: like a file handle
// of NFS, that stays the same file whatever its name becomes. Locks are not among what it offers,
// so the kernel grants them for each mount alone.
#include "conformance/network_mount.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "conformance/tmpfs.hpp"

namespace proxystore::testing {
namespace {

constexpr std::uint32_t largest_write = 128U << 10U;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::generic_category().message(errno));
}

/// One request; its arguments are taken off one after the other.
struct Request {
  fuse_in_header header{};
  const char* rest = nullptr;

  template <class T>
  T take() {
    T value{};
    std::memcpy(&value, rest, sizeof value);
    rest += sizeof value;
    return value;
  }
  const char* take_name() { return std::exchange(rest, rest + std::strlen(rest) + 1); }
};

class Server {
 public:
  Server(int device, const std::string& served, const NetworkMount::Options& options)
      : device_(device), options_(options) {
    const int root = ::open(served.c_str(), O_PATH | O_CLOEXEC);
    if (root < 0) fail("cannot open " + served);
    nodes_[FUSE_ROOT_ID] = {.fd = root, .lookups = 1};
  }

  /// Until the mount is gone.
  void run() {
    std::vector<char> buffer(largest_write + 65536);
    while (true) {
      const ssize_t size = ::read(device_, buffer.data(), buffer.size());
      if (size < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN)) continue;
      if (size < 0) return;
      buffer.at(static_cast<std::size_t>(size)) = '\0';
      Request request{.rest = buffer.data()};
      request.header = request.take<fuse_in_header>();
      answer_ = {};
      const int error = serve(request);
      if (error != no_answer) reply(request.header.unique, error);
    }
  }

 private:
  static constexpr int no_answer = -1;

  struct Node {
    int fd = -1;
    std::uint64_t lookups = 0;
  };
  struct OpenFolder {
    std::vector<dirent> entries{};
  };

  [[nodiscard]] int fd_of(std::uint64_t node) const { return nodes_.at(node).fd; }
  [[nodiscard]] std::string path_of(std::uint64_t node) const {
    return "/proc/self/fd/" + std::to_string(fd_of(node));
  }

  template <class T>
  void add(const T& value) {
    const auto* bytes = reinterpret_cast<const char*>(&value);
    answer_.insert(answer_.end(), bytes, bytes + sizeof value);
  }

  void add_handle(std::uint64_t handle) {
    fuse_open_out out{};
    out.fh = handle;
    add(out);
  }

  void reply(std::uint64_t unique, int error) {
    if (error != 0) answer_.clear();
    fuse_out_header header{
        .len = static_cast<std::uint32_t>(sizeof(fuse_out_header) + answer_.size()),
        .error = -error,
        .unique = unique};
    const std::array<iovec, 2> parts{iovec{&header, sizeof header},
                                     iovec{answer_.data(), answer_.size()}};
    (void)!::writev(device_, parts.data(), 2);  // the asker may be gone
  }

  /// errno of what returned @p result.
  static int outcome(long result) { return result < 0 ? errno : 0; }

  /// Does @p change; now and then twice.
  template <class Change>
  int mutate(const Change& change) {
    const int error = outcome(change());
    if (options_.repeat_one_of == 0 || ++changes_ % options_.repeat_one_of != 0) return error;
    return outcome(change());
  }

  static fuse_attr to_attributes(const struct stat& info, std::uint64_t node) {
    fuse_attr attributes{};
    attributes.ino = node;
    attributes.size = static_cast<std::uint64_t>(info.st_size);
    attributes.blocks = static_cast<std::uint64_t>(info.st_blocks);
    attributes.atime = static_cast<std::uint64_t>(info.st_atim.tv_sec);
    attributes.mtime = static_cast<std::uint64_t>(info.st_mtim.tv_sec);
    attributes.ctime = static_cast<std::uint64_t>(info.st_ctim.tv_sec);
    attributes.mtimensec = static_cast<std::uint32_t>(info.st_mtim.tv_nsec);
    attributes.mode = info.st_mode;
    attributes.nlink = static_cast<std::uint32_t>(info.st_nlink);
    attributes.uid = info.st_uid;
    attributes.gid = info.st_gid;
    attributes.blksize = 4096;
    return attributes;
  }

  int add_entry(std::uint64_t folder, const char* name) {
    const int fd = ::openat(fd_of(folder), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno;
    struct stat info {};
    (void)::fstat(fd, &info);
    Node& node = nodes_[info.st_ino];
    if (node.fd < 0) {
      node.fd = fd;
    } else {
      ::close(fd);
    }
    ++node.lookups;
    fuse_entry_out entry{};
    entry.nodeid = info.st_ino;
    entry.entry_valid = entry.attr_valid = seconds();
    entry.entry_valid_nsec = entry.attr_valid_nsec = nanoseconds();
    entry.attr = to_attributes(info, info.st_ino);
    add(entry);
    return 0;
  }
  [[nodiscard]] std::uint64_t seconds() const {
    return static_cast<std::uint64_t>(options_.cached.count() / 1000);
  }
  [[nodiscard]] std::uint32_t nanoseconds() const {
    return static_cast<std::uint32_t>(options_.cached.count() % 1000 * 1'000'000);
  }

  void forget(std::uint64_t id, std::uint64_t lookups) {
    const auto at = nodes_.find(id);
    if (at == nodes_.end() || id == FUSE_ROOT_ID) return;
    at->second.lookups -= std::min(lookups, at->second.lookups);
    if (at->second.lookups > 0) return;
    ::close(at->second.fd);
    nodes_.erase(at);
  }

  int add_attributes(std::uint64_t node) {
    struct stat info {};
    if (::fstat(fd_of(node), &info) != 0) return errno;
    fuse_attr_out out{};
    out.attr_valid = seconds();
    out.attr_valid_nsec = nanoseconds();
    out.attr = to_attributes(info, node);
    add(out);
    return 0;
  }

  int set_attributes(Request& request) {
    const auto in = request.take<fuse_setattr_in>();
    const std::string path = path_of(request.header.nodeid);
    if ((in.valid & FATTR_MODE) != 0 && ::chmod(path.c_str(), in.mode) != 0) return errno;
    if ((in.valid & FATTR_SIZE) != 0 &&
        ::truncate(path.c_str(), static_cast<off_t>(in.size)) != 0) {
      return errno;
    }
    return add_attributes(request.header.nodeid);
  }

  int open_file(Request& request) {
    const auto in = request.take<fuse_open_in>();
    const int flags = static_cast<int>(in.flags) & ~(O_NOFOLLOW | O_CREAT | O_EXCL);
    const int fd = ::open(path_of(request.header.nodeid).c_str(), flags | O_CLOEXEC);
    if (fd < 0) return errno;
    add_handle(static_cast<std::uint64_t>(fd));
    return 0;
  }

  int create(Request& request) {
    const auto in = request.take<fuse_create_in>();
    const char* name = request.take_name();
    const int fd = ::openat(fd_of(request.header.nodeid), name,
                            static_cast<int>(in.flags) | O_CREAT | O_CLOEXEC, in.mode & 07777U);
    if (fd < 0) return errno;
    if (const int error = add_entry(request.header.nodeid, name)) return error;
    add_handle(static_cast<std::uint64_t>(fd));
    return 0;
  }

  int read(Request& request) {
    const auto in = request.take<fuse_read_in>();
    answer_.resize(in.size);
    const ssize_t size = ::pread(static_cast<int>(in.fh), answer_.data(), answer_.size(),
                                 static_cast<off_t>(in.offset));
    answer_.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return outcome(size);
  }

  int write(Request& request) {
    const auto in = request.take<fuse_write_in>();
    const ssize_t size =
        ::pwrite(static_cast<int>(in.fh), request.rest, in.size, static_cast<off_t>(in.offset));
    fuse_write_out out{};
    out.size = static_cast<std::uint32_t>(std::max<ssize_t>(size, 0));
    add(out);
    return outcome(size);
  }

  int open_folder(Request& request) {
    const int fd = ::openat(fd_of(request.header.nodeid), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* folder = fd < 0 ? nullptr : ::fdopendir(fd);
    if (folder == nullptr) return errno;
    OpenFolder& open = folders_[++last_folder_];
    while (const dirent* entry = ::readdir(folder)) open.entries.push_back(*entry);
    ::closedir(folder);
    add_handle(last_folder_);
    return 0;
  }

  int read_folder(Request& request) {
    const auto in = request.take<fuse_read_in>();
    const auto& entries = folders_.at(in.fh).entries;
    for (std::size_t at = in.offset; at < entries.size(); ++at) {
      const std::string_view name = static_cast<const char*>(entries[at].d_name);
      const std::size_t length = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + name.size());
      if (answer_.size() + length > in.size) break;
      const std::size_t begin = answer_.size();
      const fuse_dirent head{.ino = entries[at].d_ino,
                             .off = at + 1,
                             .namelen = static_cast<std::uint32_t>(name.size()),
                             .type = entries[at].d_type};
      answer_.resize(begin + length);
      std::memcpy(answer_.data() + begin, &head, FUSE_NAME_OFFSET);
      std::memcpy(answer_.data() + begin + FUSE_NAME_OFFSET, name.data(), name.size());
    }
    return 0;
  }

  int rename(Request& request, std::uint64_t target, unsigned flags) {
    const char* from = request.take_name();
    const char* to = request.take_name();
    return mutate(
        [&] { return ::renameat2(fd_of(request.header.nodeid), from, fd_of(target), to, flags); });
  }

  int add_space() {
    struct statvfs info {};
    if (::fstatvfs(fd_of(FUSE_ROOT_ID), &info) != 0) return errno;
    fuse_statfs_out out{};
    out.st.blocks = info.f_blocks;
    out.st.bfree = info.f_bfree;
    out.st.bavail = info.f_bavail;
    out.st.bsize = static_cast<std::uint32_t>(info.f_bsize);
    out.st.frsize = static_cast<std::uint32_t>(info.f_frsize);
    out.st.namelen = 255;
    add(out);
    return 0;
  }

  void begin(Request& request) {
    const auto in = request.take<fuse_init_in>();
    fuse_init_out out{};
    out.major = FUSE_KERNEL_VERSION;
    out.minor = std::min<std::uint32_t>(in.minor, FUSE_KERNEL_MINOR_VERSION);
    out.max_readahead = in.max_readahead;
    out.flags = in.flags & (FUSE_BIG_WRITES | FUSE_ATOMIC_O_TRUNC);
    out.max_background = 16;
    out.max_write = largest_write;
    out.time_gran = 1;
    add(out);
  }

  int serve(Request& request) {
    const std::uint64_t node = request.header.nodeid;
    switch (request.header.opcode) {
      case FUSE_INIT:
        begin(request);
        return 0;
      case FUSE_LOOKUP:
        return add_entry(node, request.rest);
      case FUSE_GETATTR:
        return add_attributes(node);
      case FUSE_SETATTR:
        return set_attributes(request);
      case FUSE_OPEN:
        return open_file(request);
      case FUSE_CREATE:
        return create(request);
      case FUSE_READ:
        return read(request);
      case FUSE_WRITE:
        return write(request);
      case FUSE_OPENDIR:
        return open_folder(request);
      case FUSE_READDIR:
        return read_folder(request);
      case FUSE_RELEASEDIR:
        folders_.erase(request.take<fuse_release_in>().fh);
        return 0;
      case FUSE_RELEASE:
        ::close(static_cast<int>(request.take<fuse_release_in>().fh));
        return 0;
      case FUSE_FSYNC:
        return outcome(::fsync(static_cast<int>(request.take<fuse_fsync_in>().fh)));
      case FUSE_FLUSH:
      case FUSE_FSYNCDIR:
        return 0;
      case FUSE_STATFS:
        return add_space();
      default:
        return serve_names(request);
    }
  }

  int serve_names(Request& request) {
    const std::uint64_t node = request.header.nodeid;
    switch (request.header.opcode) {
      case FUSE_MKDIR: {
        const auto in = request.take<fuse_mkdir_in>();
        const char* name = request.take_name();
        if (::mkdirat(fd_of(node), name, in.mode) != 0) return errno;
        return add_entry(node, name);
      }
      case FUSE_UNLINK:
        return mutate([&] { return ::unlinkat(fd_of(node), request.rest, 0); });
      case FUSE_RMDIR:
        return mutate([&] { return ::unlinkat(fd_of(node), request.rest, AT_REMOVEDIR); });
      case FUSE_RENAME:
        return rename(request, request.take<fuse_rename_in>().newdir, 0);
      case FUSE_RENAME2: {
        const auto in = request.take<fuse_rename2_in>();
        return rename(request, in.newdir, in.flags);
      }
      case FUSE_LINK: {
        const std::string from = path_of(request.take<fuse_link_in>().oldnodeid);
        const char* name = request.take_name();
        const int error = mutate(
            [&] { return ::linkat(AT_FDCWD, from.c_str(), fd_of(node), name, AT_SYMLINK_FOLLOW); });
        return error != 0 ? error : add_entry(node, name);
      }
      case FUSE_FORGET:
        forget(node, request.take<fuse_forget_in>().nlookup);
        return no_answer;
      case FUSE_BATCH_FORGET: {
        const auto count = request.take<fuse_batch_forget_in>().count;
        for (std::uint32_t i = 0; i < count; ++i) {
          const auto one = request.take<fuse_forget_one>();
          forget(one.nodeid, one.nlookup);
        }
        return no_answer;
      }
      case FUSE_INTERRUPT:
        return no_answer;
      default:
        return ENOSYS;
    }
  }

  const int device_;
  const NetworkMount::Options options_;
  std::unordered_map<std::uint64_t, Node> nodes_;
  std::unordered_map<std::uint64_t, OpenFolder> folders_;
  std::uint64_t last_folder_ = 0;
  unsigned changes_ = 0;
  std::vector<char> answer_;
};

}  // namespace

const std::string& NetworkMount::obstacle() {
  static const std::string text = [] {
    if (!Tmpfs::obstacle().empty()) return Tmpfs::obstacle();
    if (::access("/dev/fuse", R_OK | W_OK) != 0) {
      return "/dev/fuse cannot be used: " + std::generic_category().message(errno);
    }
    try {
      const TemporaryFolder served;
      const NetworkMount trial(served.path());
      return std::string();
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
  }();
  return text;
}

NetworkMount::NetworkMount(const std::filesystem::path& served, const Options& options) {
  const int device = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (device < 0) fail("cannot open /dev/fuse");
  const std::string arguments =
      "fd=" + std::to_string(device) + ",rootmode=40000,user_id=0,group_id=0,allow_other";
  if (::mount("proxystore-test", path().c_str(), "fuse", MS_NOSUID | MS_NODEV, arguments.c_str()) !=
      0) {
    const int error = errno;
    ::close(device);
    errno = error;
    fail("cannot mount with FUSE");
  }
  server_ = std::make_unique<ChildProcess>([&] { Server(device, served, options).run(); });
  ::close(device);
}

NetworkMount::~NetworkMount() {
  ::umount2(path().c_str(), MNT_DETACH);
  server_->kill();
}

}  // namespace proxystore::testing
