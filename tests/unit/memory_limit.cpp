// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// What is made of the files in which a system tells its limits; most systems here are folders.
#include "detail/memory_limit.hpp"

#include <algorithm>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/temporary_folder.hpp"

namespace proxystore::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;
constexpr std::uint64_t gib = 1024 * mib;

/// What headroom() makes of @p bytes that are left of @p total.
std::uint64_t without_floor(std::uint64_t bytes, std::uint64_t total) {
  return bytes - floor_of(total);
}

/// A system of 64 GiB with 32 GiB available, and no cgroups yet.
class FakeSystem {
 public:
  FakeSystem() {
    write("proc/meminfo",
          "MemTotal:       67108864 kB\nMemFree:         1000000 kB\n"
          "MemAvailable:   33554432 kB\nBuffers:             100 kB\n");
    write("proc/self/mountinfo", "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n");
  }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::app) << text;
  }
  void remove(const std::string& name) const { fs::remove_all(folder_ / name); }
  void mount(const std::string& type, const std::string& root, const std::string& point,
             const std::string& options = "rw") const {
    write("proc/self/mountinfo", "30 22 0:26 " + root + " " + (folder_ / point).string() +
                                     " rw,nosuid shared:9 master:2 - " + type + " " + type + " " +
                                     options + "\n");
  }
  void mount_v1(const std::string& root = "/") const {
    mount("cgroup", "/", "sys/cpu", "rw,cpu,cpuacct");
    mount("cgroup", root, "sys/memory", "rw,memory");
  }
  void mount_v2(const std::string& root = "/") const { mount("cgroup2", root, "sys"); }

  void v1(const std::string& cgroup, const std::string& limit, const std::string& usage,
          const std::string& statistics = "") const {
    write("sys/memory/" + cgroup + "/memory.limit_in_bytes", limit + "\n");
    write("sys/memory/" + cgroup + "/memory.usage_in_bytes", usage + "\n");
    write("sys/memory/" + cgroup + "/memory.stat", statistics);
  }
  void v2(const std::string& cgroup, const std::string& limit, const std::string& usage,
          const std::string& statistics = "") const {
    write("sys/" + cgroup + "/memory.max", limit + "\n");
    write("sys/" + cgroup + "/memory.current", usage + "\n");
    write("sys/" + cgroup + "/memory.stat", statistics);
  }

  [[nodiscard]] SystemFolders folders() const {
    return {.proc = folder_ / "proc", .cgroup_root = folder_ / "sys"};
  }
  [[nodiscard]] MemoryLimit limit() const { return MemoryLimit(folders()); }
  [[nodiscard]] std::uint64_t headroom() const { return limit().headroom(); }
  [[nodiscard]] std::uint64_t total() const { return limit().total(); }

 private:
  testing::TemporaryFolder folder_;
};

std::string text(std::uint64_t number) {
  return std::to_string(number);
}

/// What version 1 says if there is no limit.
const std::string no_limit_v1 = "9223372036854771712";

TEST(MemoryLimit, without_cgroups_it_is_the_machine) {
  const FakeSystem system;
  EXPECT_EQ(system.headroom(), without_floor(32 * gib, 64 * gib));
  EXPECT_EQ(system.total(), 64 * gib);
}

TEST(MemoryLimit, version_2_is_limit_minus_usage) {
  const FakeSystem system;
  system.mount_v2();
  system.write("proc/self/cgroup", "0::/job\n");
  system.v2("job", text(10 * gib), text(4 * gib), "anon 1000\ninactive_anon 5\nactive_file 7\n");
  EXPECT_EQ(system.headroom(), without_floor(6 * gib, 10 * gib));
  EXPECT_EQ(system.total(), 10 * gib);
}

TEST(MemoryLimit, pages_that_can_be_dropped_are_not_used) {
  const FakeSystem system;
  system.mount_v2();
  system.write("proc/self/cgroup", "0::/job\n");
  system.v2("job", text(10 * gib), text(4 * gib),
            "anon 1\nfile 2\ninactive_file " + text(gib) + "\nactive_file 3\n");
  EXPECT_EQ(system.headroom(), without_floor(7 * gib, 10 * gib));
}

TEST(MemoryLimit, the_tightest_of_all_parents_counts) {
  const FakeSystem system;
  system.mount_v2();
  system.write("proc/self/cgroup", "0::/slurm/job_7/step_0\n");
  system.v2("slurm", text(40 * gib), text(35 * gib));
  system.v2("slurm/job_7", text(8 * gib), text(1 * gib));
  system.v2("slurm/job_7/step_0", "max", text(1 * gib));
  system.v2("slurm/job_8", text(1 * gib), text(1 * gib));
  EXPECT_EQ(system.headroom(), without_floor(5 * gib, 40 * gib));
  EXPECT_EQ(system.total(), 8 * gib);
}

TEST(MemoryLimit, the_floor_does_not_shrink) {
  EXPECT_EQ(floor_of(64 * gib), 4 * gib);
  EXPECT_EQ(floor_of(1024 * gib), 4 * gib);
  EXPECT_EQ(floor_of(2 * gib), 128 * mib);
  EXPECT_EQ(floor_of(256 * mib), 32 * mib);
  EXPECT_EQ(floor_of(40 * mib), 20 * mib);
  const FakeSystem system;
  system.mount_v2();
  system.write("proc/self/cgroup", "0::/job\n");
  for (const std::uint64_t used : {gib, 2 * gib - 129 * mib, 2 * gib - 128 * mib, 2 * gib}) {
    system.remove("sys");
    system.v2("job", text(2 * gib), text(used));
    EXPECT_EQ(system.headroom(), std::max(2 * gib - 128 * mib, used) - used);
  }
}

TEST(MemoryLimit, where_a_cgroup_is_slowed_down_is_a_limit) {
  const FakeSystem system;
  system.mount_v2();
  system.write("proc/self/cgroup", "0::/job\n");
  system.v2("job", text(10 * gib), text(gib));
  system.write("sys/job/memory.high", text(4 * gib) + "\n");
  EXPECT_EQ(system.headroom(), without_floor(3 * gib, 4 * gib));
  EXPECT_EQ(system.total(), 4 * gib);
}

TEST(MemoryLimit, max_is_no_limit) {
  const FakeSystem system;
  system.mount_v2();
  system.write("proc/self/cgroup", "0::/job\n");
  system.v2("job", "max", text(40 * gib));
  EXPECT_EQ(system.headroom(), without_floor(32 * gib, 64 * gib));
  EXPECT_EQ(system.total(), 64 * gib);
}

TEST(MemoryLimit, version_1_has_its_own_names) {
  const FakeSystem system;
  system.mount_v1();
  system.write("proc/self/cgroup",
               "5:cpu,cpuacct:/other\n4:hugetlb,memory:/slurm/job\n1:name=x:/\n");
  system.v1("", no_limit_v1, text(60 * gib));
  system.v1("slurm", text(20 * gib), text(5 * gib));
  system.v1("slurm/job", text(10 * gib), text(4 * gib),
            "inactive_file 4096\ntotal_inactive_file " + text(gib) + "\n");
  system.v1("other", text(mib), text(0));
  system.write("sys/cpu/slurm/job/cpu.shares", "1024\n");
  EXPECT_EQ(system.headroom(), without_floor(7 * gib, 10 * gib));
  EXPECT_EQ(system.total(), 10 * gib);
}

TEST(MemoryLimit, version_1_without_a_limit_says_a_huge_number) {
  const FakeSystem system;
  system.remove("proc/meminfo");
  system.mount_v1();
  system.write("proc/self/cgroup", "4:memory:/\n");
  for (const std::string& none : {no_limit_v1, text(9223372036854775807U)}) {
    system.remove("sys");
    system.v1("", none, text(gib));
    EXPECT_EQ(system.headroom(), unlimited);
    EXPECT_EQ(system.total(), unlimited);
  }
}

TEST(MemoryLimit, hybrid_systems_have_memory_in_version_1) {
  const FakeSystem system;
  system.mount_v1();
  system.mount("cgroup2", "/", "sys/unified");
  system.write("proc/self/cgroup", "4:memory:/job\n0::/user.slice\n");
  system.write("sys/unified/user.slice/cgroup.procs", "1\n");
  system.v1("job", text(10 * gib), text(4 * gib));
  EXPECT_EQ(system.headroom(), without_floor(6 * gib, 10 * gib));
  EXPECT_EQ(system.total(), 10 * gib);
}

TEST(MemoryLimit, each_hierarchy_has_its_own_path) {
  const FakeSystem system;
  system.mount_v1();
  system.mount("cgroup2", "/", "sys/unified");
  system.write("proc/self/cgroup", "4:memory:/a\n0::/b\n");
  system.v1("a", text(10 * gib), text(0));
  system.v1("b", text(1 * gib), text(0));
  system.write("sys/unified/b/memory.max", text(9 * gib) + "\n");
  EXPECT_EQ(system.total(), 9 * gib);
}

TEST(MemoryLimit, a_container_sees_its_cgroup_as_the_root_of_the_mount) {
  const FakeSystem system;
  system.mount_v1("/docker/abc");
  system.write("proc/self/cgroup", "4:memory:/docker/abc/inner\n");
  system.v1("", text(10 * gib), text(0));
  system.v1("inner", text(8 * gib), text(0));
  EXPECT_EQ(system.total(), 8 * gib);
  EXPECT_EQ(system.headroom(), without_floor(8 * gib, 8 * gib));
}

TEST(MemoryLimit, a_path_that_the_mount_does_not_show_means_its_root) {
  for (const std::string path : {"/docker/abc", "/../other", "/"}) {
    for (const std::string root : {"/", "/docker/abd", "/../.."}) {
      const FakeSystem system;
      system.mount_v2(root);
      system.write("proc/self/cgroup", "0::" + path + "\n");
      system.v2("", text(10 * gib), text(4 * gib));
      system.v2("../other", text(mib), text(0));
      EXPECT_EQ(system.headroom(), without_floor(6 * gib, 10 * gib)) << path << " in " << root;
      EXPECT_EQ(system.total(), 10 * gib) << path << " in " << root;
    }
  }
}

TEST(MemoryLimit, of_several_mounts_the_one_that_shows_the_cgroup_counts) {
  const FakeSystem system;
  system.mount("cgroup2", "/elsewhere", "sys/bind");
  system.mount("cgroup2", "/", "sys/hidden");
  system.mount_v2();
  system.write("proc/self/cgroup", "0::/job\n");
  system.write("sys/bind/memory.max", text(mib) + "\n");
  system.write("sys/hidden/memory.max", text(mib) + "\n");
  system.v2("job", text(10 * gib), text(0));
  EXPECT_EQ(system.total(), 10 * gib);
}

TEST(MemoryLimit, names_may_have_blanks_and_colons) {
  const FakeSystem system;
  system.mount("cgroup2", "/", "sys\\040of\\040mine");
  system.write("proc/self/cgroup", "0::/a:b c\n");
  system.write("sys of mine/a:b c/memory.max", text(10 * gib) + "\n");
  EXPECT_EQ(system.total(), 10 * gib);
}

TEST(MemoryLimit, without_mount_points_the_usual_ones_are_looked_at) {
  for (const bool is_v1 : {true, false}) {
    const FakeSystem system;
    system.remove("proc/self/mountinfo");
    system.write("proc/self/cgroup", "4:memory:/job\n0::/job\n");
    if (is_v1) {
      system.v1("job", text(10 * gib), text(4 * gib));
    } else {
      system.v2("job", text(10 * gib), text(4 * gib));
    }
    EXPECT_EQ(system.headroom(), without_floor(6 * gib, 10 * gib));
    EXPECT_EQ(system.total(), 10 * gib);
  }
}

TEST(MemoryLimit, a_cgroup_beyond_its_limit_leaves_nothing) {
  const FakeSystem system;
  system.mount_v2();
  system.write("proc/self/cgroup", "0::/job\n");
  system.v2("job", text(gib), text(2 * gib));
  EXPECT_EQ(system.headroom(), 0U);
}

TEST(MemoryLimit, more_to_drop_than_is_used_is_the_whole_limit) {
  const FakeSystem system;
  system.mount_v2();
  system.write("proc/self/cgroup", "0::/job\n");
  system.v2("job", text(gib), text(mib), "inactive_file " + text(2 * mib) + "\n");
  EXPECT_EQ(system.headroom(), without_floor(gib, gib));
}

TEST(MemoryLimit, what_is_read_is_what_holds_now) {
  const FakeSystem system;
  system.mount_v2();
  system.write("proc/self/cgroup", "0::/job\n");
  system.v2("job", text(gib), text(0));
  const MemoryLimit limit = system.limit();
  EXPECT_EQ(limit.headroom(), without_floor(gib, gib));
  system.remove("sys/job");
  EXPECT_EQ(limit.headroom(), without_floor(32 * gib, 64 * gib));
  system.v2("job", text(2 * gib), text(gib / 2));
  EXPECT_EQ(limit.headroom(), without_floor(3 * gib / 2, 2 * gib));
  EXPECT_EQ(limit.total(), 2 * gib);
}

TEST(MemoryLimit, missing_files_are_no_limit) {
  const FakeSystem system;
  system.remove("proc");
  EXPECT_EQ(system.headroom(), unlimited);
  EXPECT_EQ(system.total(), unlimited);
  EXPECT_GT(address_space_left(system.folders()), 0U);
}

TEST(MemoryLimit, a_limit_without_usage_is_a_limit) {
  const FakeSystem system;
  system.mount_v2();
  system.write("proc/self/cgroup", "0::/job\n");
  system.write("sys/job/memory.max", text(gib));
  EXPECT_EQ(system.headroom(), without_floor(gib, gib));
}

TEST(MemoryLimit, garbage_is_no_limit) {
  for (const std::string garbage :
       {"", "\n", "-1", "twelve", "12x", "0x10", "99999999999999999999999", "\xff\xfe\x01", " "}) {
    const FakeSystem system;
    system.mount_v2();
    system.write("proc/self/cgroup", "0::/job\n");
    system.v2("job", garbage, garbage, "inactive_file " + garbage);
    system.v2("", text(10 * gib), garbage, garbage);
    EXPECT_EQ(system.headroom(), without_floor(10 * gib, 10 * gib)) << garbage;
    EXPECT_EQ(system.total(), 10 * gib) << garbage;
  }
}

TEST(MemoryLimit, garbage_about_the_system_is_no_limit) {
  for (const std::string garbage :
       {"", "\n\n", ":", "::", "a b c", "- cgroup2 - -", "MemTotal:", "MemAvailable: lots",
        "MemAvailable: 18446744073709551615 kB", "1 2 3 / \\04", "\xff:\xff:\xff"}) {
    const FakeSystem system;
    system.remove("proc");
    for (const std::string name : {"meminfo", "self/mountinfo", "self/cgroup"}) {
      system.write("proc/" + name, garbage);
    }
    EXPECT_EQ(system.headroom(), unlimited) << garbage;
    EXPECT_EQ(system.total(), unlimited) << garbage;
  }
}

TEST(MemoryLimit, folders_in_the_place_of_files_are_no_limit) {
  const FakeSystem system;
  system.remove("proc/meminfo");
  system.mount_v2();
  system.write("proc/self/cgroup", "0::/job\n");
  for (const std::string name : {"proc/meminfo", "sys/job/memory.max", "sys/job/memory.current"}) {
    system.write(name + "/file", "");
  }
  EXPECT_EQ(system.headroom(), unlimited);
  EXPECT_EQ(system.total(), unlimited);
}

TEST(MemoryLimit, this_system_has_some_memory) {
  const MemoryLimit limit;
  EXPECT_GE(limit.total(), 16 * mib);
  EXPECT_LT(limit.total(), unlimited);
  EXPECT_GT(limit.headroom(), 0U);
  EXPECT_LT(limit.headroom(), limit.total());
}

/// A limit of this process, until the end of the scope.
class ResourceLimit {
 public:
  ResourceLimit(int resource, std::uint64_t limit) : resource_(resource) {
    ::getrlimit(resource_, &before_);
    rlimit now = before_;
    now.rlim_cur = limit;
    is_set_ = ::setrlimit(resource_, &now) == 0;
  }
  ResourceLimit(const ResourceLimit&) = delete;
  ResourceLimit& operator=(const ResourceLimit&) = delete;
  ~ResourceLimit() { ::setrlimit(resource_, &before_); }
  [[nodiscard]] bool is_set() const { return is_set_; }

 private:
  int resource_;
  rlimit before_{};
  bool is_set_ = false;
};

TEST(FileSizeLimit, is_the_soft_limit) {
  {
    const ResourceLimit none(RLIMIT_FSIZE, RLIM_INFINITY);
    if (none.is_set()) {
      EXPECT_EQ(file_size_limit(), unlimited);
    }
  }
  const ResourceLimit limit(RLIMIT_FSIZE, 5 * mib);
  ASSERT_TRUE(limit.is_set());
  EXPECT_EQ(file_size_limit(), 5 * mib);
}

TEST(AddressSpaceLeft, is_what_the_limit_leaves) {
  const FakeSystem system;
  system.write("proc/self/status", "Name:\tprogram\nVmPeak:\t 9000000 kB\nVmSize:\t 1048576 kB\n");
  {
    const ResourceLimit none(RLIMIT_AS, RLIM_INFINITY);
    if (none.is_set()) {
      EXPECT_EQ(address_space_left(system.folders()), unlimited);
    }
  }
  // Above what any process has mapped.
  const ResourceLimit limit(RLIMIT_AS, std::uint64_t{1} << 47U);
  ASSERT_TRUE(limit.is_set());
  EXPECT_EQ(address_space_left(system.folders()), (std::uint64_t{1} << 47U) - gib);
  system.remove("proc/self/status");
  EXPECT_EQ(address_space_left(system.folders()), std::uint64_t{1} << 47U);
  EXPECT_LT(address_space_left(), std::uint64_t{1} << 47U);
}

TEST(FreeSpace, is_that_of_the_file_system) {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  const int file = ::open((folder / "file").c_str(), O_RDONLY | O_CLOEXEC);
  const int memory = ::memfd_create("test", MFD_CLOEXEC);
  EXPECT_GT(free_space(file), 0U);
  EXPECT_LE(free_space(file), fs::space(folder.path()).capacity);
  EXPECT_EQ(free_space(memory), unlimited);
  EXPECT_EQ(free_space(-1), unlimited);
  ::close(file);
  ::close(memory);
}

}  // namespace
}  // namespace proxystore::detail
