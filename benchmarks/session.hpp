// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A run of a group of benchmarks, and the rows that come of it.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bench {

enum class Better : std::uint8_t { lower, higher };
enum class Unit : std::uint8_t { seconds, bytes };

/// A figure beside the one that it is compared with.
struct Row {
  std::string name{};      ///< What it is and, after "vs", what it is compared with
  std::uint64_t size = 0;  ///< Bytes of the object; 0 where there is none
  double ours = 0.0;
  double reference = 0.0;
  std::optional<double> budget{};  ///< Of ratio(): at most, or at least if higher is better
  Better better = Better::lower;
  Unit unit = Unit::seconds;

  [[nodiscard]] double ratio() const noexcept { return ours / reference; }
  [[nodiscard]] bool is_missed() const noexcept {
    if (!budget) return false;
    return better == Better::lower ? ratio() > *budget : ratio() < *budget;
  }
};

struct Result {
  std::vector<Row> rows{};
  std::vector<std::string> notes{};  ///< What one must know to read the rows
};

/// How a group is run, and where its result goes.
class Session {
 public:
  explicit Session(bool is_quick) : is_quick_(is_quick) {}

  /// Whether it is enough to see that everything runs.
  [[nodiscard]] bool is_quick() const noexcept { return is_quick_; }
  [[nodiscard]] int repetitions() const noexcept { return is_quick_ ? 3 : 15; }
  /// How long a sample takes at least.
  [[nodiscard]] double sample_seconds() const noexcept { return is_quick_ ? 1e-4 : 1e-2; }

  void add(Row row) { result_.rows.push_back(std::move(row)); }
  void note(std::string text) { result_.notes.push_back(std::move(text)); }
  [[nodiscard]] const Result& result() const noexcept { return result_; }

 private:
  bool is_quick_;
  Result result_{};
};

/// Tells on standard error what is being measured.
void say(const std::string& text);

/// Benchmarks that are run together.
struct Group {
  std::string name;
  int ranks = 0;  ///< 0: one process without MPI
  /// Fills the session; in each rank, of which the first one's session counts.
  std::function<void(Session& session)> run;
};

/// Makes a group known: one object in the file of each group.
struct Registration {
  explicit Registration(Group group);
};
[[nodiscard]] const std::vector<Group>& groups();

}  // namespace bench
