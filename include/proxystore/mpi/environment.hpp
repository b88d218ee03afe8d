// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// mpi::Environment: the life of MPI in a program, and mpi::run(), which also ends all ranks when
/// one fails. mpi/message.hpp sends proxies and other values.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "proxystore/export.hpp"
#include "proxystore/mpi/detail/mpi_c.hpp"
#include "proxystore/mpi/error.hpp"

namespace proxystore::inline v0::mpi {

/// Which threads may call MPI, in ascending order; see MPI_Init_thread.
enum class ThreadLevel : int {
  single = MPI_THREAD_SINGLE,
  funneled = MPI_THREAD_FUNNELED,
  serialized = MPI_THREAD_SERIALIZED,
  multiple = MPI_THREAD_MULTIPLE,
};

/// The memory of mpi stores, which belongs to the Environment; connectors/mpi/README.md tells more.
/// What rank 0 says holds for all ranks. Each member that is unset is taken from the variable that
/// is named with it, and then from its default.
struct MemoryOptions {
  /// When a thread of the library answers ranks on other nodes while this one computes.
  enum class Service : std::uint8_t {
    automatic,  ///< If there are other nodes, and MPI provides MPI_THREAD_MULTIPLE
    on,         ///< Wherever MPI provides MPI_THREAD_MULTIPLE
    off,        ///< Never: a rank answers while it is in a call of this library
  };
  /// How the ranks of a node share memory.
  enum class Sharing : std::uint8_t {
    automatic,  ///< Without a name, or else by name
    memfd,      ///< Without a name only
    named,      ///< By names in /dev/shm, which are removed at the start
    none,       ///< Not at all: each rank is a node of its own
  };

  /// Bytes of objects that a rank keeps at most. Default: half of the memory of the node or control
  /// group, or what is free if that is less, divided by the ranks of the machine.
  /// PROXYSTORE_MEMORY_LIMIT, as "512M", "16G" or a number.
  std::optional<std::uint64_t> limit{};
  /// Folder on a disk of the node for objects that memory has no room for. Default: none.
  /// PROXYSTORE_SPILL_DIR
  std::optional<std::filesystem::path> spill_dir{};
  /// How long an operation waits for another rank without progress. Default: 300 s.
  /// PROXYSTORE_TIMEOUT, in seconds
  std::optional<std::chrono::milliseconds> timeout{};
  /// PROXYSTORE_SERVICE: auto, on or off
  std::optional<Service> service{};
  /// PROXYSTORE_SHARING: auto, memfd, named or none
  std::optional<Sharing> sharing{};
  /// Whether objects that come from other nodes are compared with a checksum. Default: yes.
  /// PROXYSTORE_CHECKSUM: 1 or 0
  std::optional<bool> checksum{};
  /// Treats each so many ranks of a node as a node of their own, for tests. Default: 0, all of them
  /// are one. PROXYSTORE_RANKS_PER_NODE
  std::optional<int> ranks_per_node{};
};

/// Arguments of Environment and run().
struct EnvironmentOptions {
  /// Asked for when MPI is initialised here. Everything works at whatever is provided.
  ThreadLevel thread_level = ThreadLevel::multiple;

  /// How long finalize() waits for the other ranks.
  std::chrono::milliseconds finalize_timeout = std::chrono::minutes(5);

  MemoryOptions memory{};
};

namespace detail {
class EnvironmentState;
}  // namespace detail

/// The library's part in an MPI program: its private communicator, and the end of both.
///
/// There is one per process. A second Environment over the same ranks in the same order shares the
/// first, so that a library can make its own; the last of them to go ends it.
/// @threadsafe The observers may be called from any thread, everything else from one at a time.
class PROXYSTORE_EXPORT Environment {
 public:
  /// Over MPI_COMM_WORLD. Initialises MPI if that was not done yet, and then finalises it too.
  /// @collective over MPI_COMM_WORLD @blocking on all ranks
  /// @throws ArgumentError if there is an Environment over other ranks; Error if MPI was finalised
  ///         before; MpiError
  Environment(int& argc, char**& argv, const EnvironmentOptions& options = {});

  /// Over @p comm, in an MPI that the application initialises and finalises. The application's
  /// communicator and its error handler stay as they are; @p comm must not be an intercommunicator.
  /// @collective over @p comm @blocking on its ranks @lifetime comm() returns @p comm itself
  /// @throws ArgumentError if @p comm is unfit, or there is an Environment over other ranks; Error
  /// if
  ///         MPI is not running; MpiError
  explicit Environment(MPI_Comm comm, const EnvironmentOptions& options = {});

  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  /// As finalize(), but never throws: if that fails where MPI was initialised here, or if an
  /// exception is leaving the scope, it prints one line to standard error and ends all ranks with
  /// MPI_Abort. The alternative is to wait for ranks that wait for this one.
  /// @collective @blocking as finalize()
  ~Environment();

  /// This process among the ranks of the Environment. @local @threadsafe
  [[nodiscard]] int rank() const noexcept;
  [[nodiscard]] int size() const noexcept;

  /// The communicator for the application's messages: MPI_COMM_WORLD, or the one given.
  /// @local @threadsafe
  [[nodiscard]] MPI_Comm comm() const noexcept;

  /// What MPI provides, whatever was asked for. @local @threadsafe
  [[nodiscard]] ThreadLevel thread_level() const noexcept;

  /// Whether finalize() was successful, or MPI is gone. @local @threadsafe
  [[nodiscard]] bool is_finalized() const noexcept;

  /// Waits until all ranks are here, closes the registered stores (see close_registered_stores()),
  /// clears those that were created with `clear`, and finalises MPI if it was initialised here.
  /// Does nothing the second time, nor while another Environment shares this one. After a
  /// TimeoutError it may be called again, to wait on.
  ///
  /// An application that finalises MPI itself need not call it: MPI_Finalize does the same first.
  /// @collective over comm() @blocking on all its ranks, up to the time-out
  /// @throws TimeoutError if not all ranks came: then MPI and the stores stay as they are; MpiError
  void finalize();

  /// The Environment of this process, the oldest if there are several, or null. @local @threadsafe
  /// @lifetime until that Environment is finalised
  [[nodiscard]] static Environment* current() noexcept;

  /// As current(). @throws Error if there is none
  [[nodiscard]] static Environment& require();

 private:
  void join(bool owns_mpi, const EnvironmentOptions& options);

  MPI_Comm comm_;
  std::shared_ptr<detail::EnvironmentState> state_;
  bool released_ = false;
  int exceptions_;  // in flight when this was made
};

namespace detail {
[[nodiscard]] PROXYSTORE_EXPORT int run(int argc, char** argv, const EnvironmentOptions& options,
                                        const std::function<int(Environment&)>& function);
}  // namespace detail

/// The body of main(): makes an Environment, calls @p function with it, and finalises. Returns what
/// @p function returns, or 0 if it returns nothing.
///
/// An exception that leaves @p function is printed to standard error as "rank k: ...", and ends all
/// ranks with MPI_Abort, so that none is left waiting. One that is thrown before MPI runs is
/// printed, and 1 returned.
/// @collective over MPI_COMM_WORLD @blocking on all ranks at both ends
template <class F>
requires std::is_invocable_v<F&, Environment&>
[[nodiscard]] int run(int argc, char** argv, F&& function, const EnvironmentOptions& options = {}) {
  using Result = std::invoke_result_t<F&, Environment&>;
  static_assert(std::is_void_v<Result> || std::is_same_v<Result, int>,
                "the function given to mpi::run() returns nothing, or the exit code as int");
  return detail::run(argc, argv, options, [&](Environment& environment) -> int {
    if constexpr (std::is_void_v<Result>) {
      function(environment);
      return 0;
    } else {
      return function(environment);
    }
  });
}

}  // namespace proxystore::inline v0::mpi
