// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Arrays that all ranks write to one dataset.
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <sys/mount.h>
#include <sys/resource.h>

#include <gmock/gmock.h>

#include "conformance/tmpfs.hpp"
#include "decompositions.hpp"
#include "mpi_test.hpp"
#include "proxystore/connectors/hdf5.hpp"
#include "proxystore/error.hpp"
#include "proxystore/mpi/error.hpp"
#include "proxystore/mpi/message.hpp"
#include "proxystore/store_registry.hpp"

namespace proxystore::mpi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;

/// The sizes of files that this process writes are limited as long as it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

class CollectiveTest : public MpiTest {
 protected:
  static constexpr std::size_t columns = 50;

  void SetUp() override {
    MpiTest::SetUp();
    folder_ = make_shared_folder();
  }
  void TearDown() override {
    close_registered_stores();
    barrier();
    if (rank() == 0) fs::remove_all(folder_);
    MpiTest::TearDown();
  }
  [[nodiscard]] const fs::path& folder() const { return folder_; }

  [[nodiscard]] Block<2> rows(std::size_t each = 10) const {
    return {.offset = {static_cast<std::size_t>(rank()) * each, 0}, .extents = {each, columns}};
  }
  [[nodiscard]] std::array<std::size_t, 2> extents(std::size_t each = 10) const {
    return {static_cast<std::size_t>(size()) * each, columns};
  }
  [[nodiscard]] std::shared_ptr<Store> open(Hdf5Options options = {}) {
    if (options.store_dir.empty()) options.store_dir = folder_;
    return Store::create("collective " + std::to_string(++opened_), options);
  }
  /// What putting throws on this rank. Collective.
  [[nodiscard]] std::string said_by_put(Store& store, std::size_t each = 10) const {
    try {
      (void)put_block<double>(store, comm(), extents(each), rows(each));
    } catch (const mpi::PeerError&) {
      return "peer";
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  [[nodiscard]] std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      count += entry.path().extension() == ".h5" ? 1U : 0U;
    }
    return count;
  }

 private:
  fs::path folder_;
  int opened_ = 0;
};

TEST_F(CollectiveTest, RandomBlocksInOneDataset) {
  const auto store = open();
  check_decompositions(*store, comm(), 3);
  barrier();
  EXPECT_EQ(files(), 0U);
  barrier();
}

TEST_F(CollectiveTest, AFolderMayHaveAColonInItsName) {
  for (const char* name : {"10:30", "nfs:x", "c:"}) {
    const auto store = open({.store_dir = folder() / name});
    check_decompositions(*store, comm(), 1);
    barrier();
  }
}

TEST_F(CollectiveTest, RandomBlocksInChunks) {
  for (const auto& options : {Hdf5Options{.deflate = 3}, Hdf5Options{.fletcher32 = true},
                              Hdf5Options{.chunk_size = 256}}) {
    const auto store = open(options);
    check_decompositions(*store, comm(), 1);
    barrier();
  }
}

TEST_F(CollectiveTest, IsOneDatasetThatOthersRead) {
  const auto store = open();
  PutOptions options;
  options.info.name = "temperature";
  options.info.units = "K";
  options.info.attributes["run"] = "seven";
  const auto proxy = put_block<double>(*store, comm(), extents(), rows(), options);
  EXPECT_EQ(files(), 1U);
  std::string said;
  if (rank() == 0) {
    const auto file = folder() / (proxy.key().to_string() + ".h5");
    const std::string command =
        "h5dump -d /" + proxy.key().to_string() + " -s 9,0 -c 1,3 " + file.string();
    if (FILE* pipe = ::popen(command.c_str(), "r")) {
      std::array<char, 512> part{};
      while (std::fgets(part.data(), part.size(), pipe) != nullptr) said += part.data();
      EXPECT_EQ(::pclose(pipe), 0) << command;
    }
    EXPECT_THAT(said, HasSubstr("( " + std::to_string(extents()[0]) + ", 50 )"));
    EXPECT_THAT(said, HasSubstr("H5T_IEEE_F64LE"));
    for (const char* word : {"temperature", "\"K\"", "seven"}) EXPECT_THAT(said, HasSubstr(word));
    const auto value = static_cast<int>(value_at<double, 2>({9, 2}));
    EXPECT_THAT(said, HasSubstr(std::to_string(value)));
  }
  barrier();
}

TEST_F(CollectiveTest, ARankThatDoesNotSeeTheFolderFailsThePutOfAll) {
  PROXYSTORE_SKIP_ALL(!testing::Tmpfs::obstacle().empty(), testing::Tmpfs::obstacle());
  PROXYSTORE_SKIP_ALL(size() == 1, "one rank sees what it makes");
  const auto store = open();
  barrier();
  if (rank() == last()) {
    ASSERT_EQ(::mount("proxystore-test", folder().c_str(), "tmpfs", 0, "size=1m"), 0);
  }
  EXPECT_THAT(said_by_put(*store), AnyOf("peer", HasSubstr("is not one folder for all ranks")));
  if (rank() == last()) {
    EXPECT_EQ(::umount2(folder().c_str(), MNT_DETACH), 0);
  }
  barrier();
  EXPECT_EQ(files(), 0U);
  EXPECT_EQ(said_by_put(*store), "no error");
}

TEST_F(CollectiveTest, AWriterThatFailsFailsThePutOfAll) {
  const auto store = open();
  {
    std::optional<FileSizeLimit> limit;
    if (rank() == 0) limit.emplace(rlim_t{20} << 10U);
    EXPECT_THAT(said_by_put(*store, 1000), AnyOf("peer", HasSubstr("no room for")));
  }
  barrier();
  EXPECT_EQ(files(), 0U);
  barrier();
  EXPECT_EQ(said_by_put(*store, 1000), "no error");
}

/// Run where the file system that PROXYSTORE_TEST_FULL names has 64 MiB for all ranks.
TEST_F(CollectiveTest, AFullDiskIsNoticedBeforeAnythingIsWritten) {
  const char* full = std::getenv("PROXYSTORE_TEST_FULL");
  if (full == nullptr) return;  // another entry of ctest
  const fs::path small = fs::path(full) / folder().filename();
  if (rank() == 0) fs::create_directory(small);
  barrier();
  const auto store = Store::create("full", Hdf5Options{.store_dir = small, .clear = false},
                                   {.auto_register = false});
  const std::size_t each =
      (std::size_t{200} << 20U) / (columns * sizeof(double)) / static_cast<std::size_t>(size());
  EXPECT_THAT(said_by_put(*store, each), AnyOf("peer", HasSubstr("no room for")));
  EXPECT_TRUE(fs::is_empty(small));
  barrier();
  // Of chunks it is not known how large they are before they are written.
  const auto chunked =
      Store::create("chunked", Hdf5Options{.store_dir = small, .clear = false, .fletcher32 = true},
                    {.auto_register = false});
  EXPECT_NE(said_by_put(*chunked, each), "no error");
  EXPECT_TRUE(fs::is_empty(small));
  barrier();
  EXPECT_EQ(said_by_put(*store), "no error");
  barrier();
  if (rank() == 0) fs::remove_all(small);
}

}  // namespace
}  // namespace proxystore::mpi_test
