// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// ChildProcess and Pipe: what a test needs to act in two processes.

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace proxystore::testing {

/// How long a test waits for what should happen at once.
constexpr std::chrono::seconds patience{60};

/// Sends small values from one process to another.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    for (const int end : ends_) ::close(end);
  }

  template <class T>
  void send(const T& value) const {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 512);  // goes in one piece
    if (::write(ends_[1], &value, sizeof value) != sizeof value) {
      throw std::runtime_error("cannot write to a pipe");
    }
  }
  /// Waits for a value. @throws std::runtime_error if none comes
  template <class T>
  [[nodiscard]] T receive() const {
    pollfd readable{.fd = ends_[0], .events = POLLIN, .revents = 0};
    constexpr int timeout_ms = std::chrono::milliseconds(patience).count();
    T value{};
    if (::poll(&readable, 1, timeout_ms) != 1 ||
        ::read(ends_[0], &value, sizeof value) != sizeof value) {
      throw std::runtime_error("nothing came through a pipe");
    }
    return value;
  }

 private:
  std::array<int, 2> ends_{};
};

/// A forked process that runs a function; killed at the end of the scope, and when its parent ends.
class ChildProcess {
 public:
  /// The process ends with code 0 when @p body returns, and with 1 and the error's text when it
  /// throws. No test assertion belongs there: it would not be heard.
  explicit ChildProcess(const std::function<void()>& body) {
    std::fflush(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    int code = 1;
    try {
      body();
      code = 0;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "child process: %s\n", error.what());
    }
    ::_exit(code);  // without the parent's static objects and exit handlers
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() { kill(); }

  /// Waits for the process and returns its exit code, or -1 if a signal ended it.
  /// @throws std::runtime_error if it does not end
  int wait() {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    int status = 0;
    while (::waitpid(pid_, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error("a child process does not end");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  /// Ends the process at once, wherever it is.
  void kill() noexcept {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

/// For child processes: throws unless @p holds.
inline void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("not so: " + what);
}

}  // namespace proxystore::testing
