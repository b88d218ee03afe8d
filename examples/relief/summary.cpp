// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "summary.hpp"

#include <array>
#include <iomanip>
#include <ostream>
#include <sstream>

namespace relief {
namespace {

constexpr int label_width = 21;

std::string decimals(double value, int digits) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

void line(std::ostream& out, const std::string& label, const std::string& value) {
  out << "  " << std::left << std::setw(label_width) << label << value << '\n';
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
  static constexpr std::array<const char*, 5> units{"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes) / 1024.0;
  std::size_t unit = 0;
  // 1023.95 would be printed as 1024.0
  while (value >= 1023.95 && unit + 1 < units.size()) {
    value /= 1024.0;
    ++unit;
  }
  return decimals(value, 1) + " " + units[unit];
}

void print(std::ostream& out, const Summary& summary) {
  const std::ios_base::fmtflags flags = out.flags();
  out << "relief of " << summary.input << '\n';
  line(out, "grid", std::to_string(summary.rows) + " x " + std::to_string(summary.cols));
  line(out, "ranks", std::to_string(summary.ranks));
  line(out, "tiles", std::to_string(summary.tiles));
  line(out, "proxies via MPI",
       bytes_text(summary.proxy_bytes) + " in " + std::to_string(summary.proxy_messages) +
           " proxies");
  line(out, "data via store", bytes_text(summary.data_bytes));
  if (summary.proxy_bytes > 0) {
    const double ratio =
        static_cast<double>(summary.data_bytes) / static_cast<double>(summary.proxy_bytes);
    line(out, "data per proxy byte", decimals(ratio, 0) + " bytes");
  }
  for (const Stage& stage : summary.stages)
    line(out, stage.name, decimals(stage.seconds, 2) + " s");
  for (const auto& path : summary.outputs) line(out, "written", path.string());
  out.flags(flags);
}

}  // namespace relief
