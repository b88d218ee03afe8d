// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include <png.h>

#include "pending_file.hpp"
#include "picture.hpp"

namespace relief {
namespace {

/// What libpng's callbacks leave behind. Plain data: they may not throw through C.
struct Failure {
  std::array<char, 256> text{};
  int system_error = 0;
};

/// Everything libpng works with, made before and destroyed after the jump is set.
struct Job {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::FILE* file = nullptr;
  png_uint_32 width = 0;
  png_uint_32 height = 0;
  const png_byte* pixels = nullptr;
};

[[noreturn]] void on_error(png_structp png, png_const_charp text) {
  auto* failure = static_cast<Failure*>(png_get_error_ptr(png));
  std::snprintf(failure->text.data(), failure->text.size(), "%s", text);
  png_longjmp(png, 1);
}

void on_warning(png_structp /*png*/, png_const_charp /*text*/) {}

void on_write(png_structp png, png_bytep bytes, png_size_t count) {
  auto* file = static_cast<std::FILE*>(png_get_io_ptr(png));
  if (std::fwrite(bytes, 1, count, file) == count) return;
  static_cast<Failure*>(png_get_error_ptr(png))->system_error = errno;
  png_error(png, "write failed");
}

void on_flush(png_structp /*png*/) {}

/// Returns whether all of the picture was encoded. An error jumps back here over frames of libpng
/// and of the callbacks, which hold no C++ objects; nor does this function.
bool encode(const Job& job) {
  // NOLINTNEXTLINE(cert-err52-cpp): setjmp is how libpng reports errors
  if (setjmp(png_jmpbuf(job.png)) != 0) return false;
  png_set_write_fn(job.png, job.file, on_write, on_flush);
  png_set_user_limits(job.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(job.png, job.info, job.width, job.height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(job.png, job.info);
  for (png_uint_32 row = 0; row < job.height; ++row) {
    png_write_row(job.png, job.pixels + std::size_t{3} * job.width * row);
  }
  png_write_end(job.png, job.info);
  return true;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// libpng's two structures.
class PngWriter {
 public:
  explicit PngWriter(Failure& failure)
      : png_(png_create_write_struct(PNG_LIBPNG_VER_STRING, &failure, on_error, on_warning)),
        info_(png_ == nullptr ? nullptr : png_create_info_struct(png_)) {}
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }

  explicit operator bool() const { return info_ != nullptr; }
  [[nodiscard]] png_structp png() const { return png_; }
  [[nodiscard]] png_infop info() const { return info_; }

 private:
  png_structp png_;
  png_infop info_;
};

std::string reason(const Failure& failure) {
  return failure.system_error != 0 ? std::strerror(failure.system_error) : failure.text.data();
}

}  // namespace

void write_png(const std::filesystem::path& path, std::size_t width, std::size_t height,
               std::span<const std::uint8_t> rgb) {
  if (rgb.empty() || rgb.size() != width * height * 3) {
    throw std::invalid_argument("write_png: three bytes per pixel are needed");
  }
  if (std::max(width, height) > PNG_UINT_31_MAX) {
    throw OutputError("write", path, "", "PNG has no pictures of that size");
  }
  PendingFile pending(path);
  std::unique_ptr<std::FILE, CloseFile> file(std::fopen(pending.temporary().c_str(), "wb"));
  if (!file) throw OutputError("create", path, "", std::strerror(errno));
  Failure failure;
  {
    const PngWriter writer(failure);
    if (!writer) throw OutputError("create", path, "", "libpng does not start");
    const Job job{writer.png(),
                  writer.info(),
                  file.get(),
                  static_cast<png_uint_32>(width),
                  static_cast<png_uint_32>(height),
                  rgb.data()};
    if (!encode(job)) throw OutputError("write", path, "", reason(failure));
  }
  if (std::fclose(file.release()) != 0) throw OutputError("write", path, "", std::strerror(errno));
  pending.commit();
}

}  // namespace relief
