// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What every group of benchmarks measures with. No time stands alone: what is ours and what it is
/// compared with are taken in turns, so that both meet the same machine, and medians are kept.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "session.hpp"

namespace bench {

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Lets the compiler believe that somebody looks at @p value, and at all memory.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

[[nodiscard]] inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Seconds of one call of @p op, whose calls are timed together, as many as fill a sample.
template <class Op>
[[nodiscard]] auto together(const Session& session, Op op) {
  const auto time = [op = std::move(op)](std::size_t calls) {
    const Stopwatch watch;
    for (std::size_t i = 0; i < calls; ++i) op();
    return watch.seconds();
  };
  std::size_t calls = 1;
  while (time(calls) < session.sample_seconds()) calls *= 2;
  return [time, calls] { return time(calls) / static_cast<double>(calls); };
}

/// Seconds of one call of @p op, each of which is timed; @p after follows outside the time, and is
/// given what @p op returned.
template <class Op, class After>
[[nodiscard]] auto one_by_one(const Session& session, Op op, After after) {
  return [op = std::move(op), after = std::move(after), least = session.sample_seconds()] {
    double seconds = 0.0;
    std::size_t calls = 0;
    while (seconds < least || calls < 3) {
      const Stopwatch watch;
      auto result = op();
      seconds += watch.seconds();
      ++calls;
      after(std::move(result));
    }
    return seconds / static_cast<double>(calls);
  };
}

struct Medians {
  double ours = 0.0;
  double reference = 0.0;
};

/// Samples of both in turns, after one of each that does not count.
template <class Ours, class Reference>
[[nodiscard]] Medians in_turns(const Session& session, Ours ours, Reference reference) {
  std::vector<double> our_samples;
  std::vector<double> reference_samples;
  keep(ours());
  keep(reference());
  for (int i = 0; i < session.repetitions(); ++i) {
    our_samples.push_back(ours());
    reference_samples.push_back(reference());
  }
  return {.ours = median(our_samples), .reference = median(reference_samples)};
}

}  // namespace bench
