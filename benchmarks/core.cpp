// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// What the core costs, beside what a program would do by hand. README.md pairs the rows.
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <benchmark/benchmark.h>
#include <proxystore/proxystore.hpp>

namespace ps = proxystore;

namespace {

using Field = std::vector<double>;

/// A folder that goes away with the program's benchmark.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() /
              ("proxystore-bench-" + ps::Key::random().to_string())) {
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::shared_ptr<ps::Store> file_store(const Folder& folder) {
  return ps::Store::create("bench", ps::FileOptions{.store_dir = folder.path() / "store"},
                           {.cache_size = 0});
}

Field field_of(const benchmark::State& state) {
  return Field(static_cast<std::size_t>(state.range(0)) / sizeof(double), 1.5);
}

void proxy_to_wire(benchmark::State& state) {
  const Folder folder;
  const auto store = file_store(folder);
  const auto proxy = store->proxy(Field(1000));
  std::size_t size = 0;
  for (auto _ : state) {
    const auto wire = ps::to_bytes(proxy);
    size = wire.size();
    benchmark::DoNotOptimize(wire.data());
  }
  state.counters["wire_bytes"] = static_cast<double>(size);
}
BENCHMARK(proxy_to_wire);

void proxy_from_wire(benchmark::State& state) {
  const Folder folder;
  const auto store = file_store(folder);
  const auto wire = ps::to_bytes(store->proxy(Field(1000)));
  for (auto _ : state) {
    const auto proxy = ps::from_bytes<Field>(wire);
    benchmark::DoNotOptimize(proxy.resolved());
  }
}
BENCHMARK(proxy_from_wire);

void reference_copy_128(benchmark::State& state) {
  char from[128] = {1};
  char to[128];
  for (auto _ : state) {
    std::memcpy(to, from, sizeof to);
    benchmark::DoNotOptimize(to);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(reference_copy_128);

void get_cached(benchmark::State& state) {
  const auto store = ps::Store::create("bench", ps::LocalOptions{});
  const auto key = store->put(Field(1000));
  (void)store->get<Field>(key);
  for (auto _ : state) {
    const auto object = store->get<Field>(key);
    benchmark::DoNotOptimize(object.get());
  }
}
BENCHMARK(get_cached);

void reference_lookup(benchmark::State& state) {
  std::mutex mutex;
  std::unordered_map<ps::Key, std::shared_ptr<const Field>> table;
  const auto key = ps::Key::random();
  table[key] = std::make_shared<const Field>(1000);
  for (auto _ : state) {
    const std::lock_guard lock(mutex);
    const auto object = table.at(key);
    benchmark::DoNotOptimize(object.get());
  }
}
BENCHMARK(reference_lookup);

void dereference_resolved(benchmark::State& state) {
  const ps::Proxy<Field> proxy([] { return Field(1000); });
  proxy.resolve();
  for (auto _ : state) benchmark::DoNotOptimize(proxy->data());
}
BENCHMARK(dereference_resolved);

void reference_pointer(benchmark::State& state) {
  const auto object = std::make_unique<const Field>(1000);
  for (auto _ : state) benchmark::DoNotOptimize(object->data());
}
BENCHMARK(reference_pointer);

void null_put(benchmark::State& state) {
  const auto store = ps::Store::create("bench", ps::NullOptions{});
  const Field field = field_of(state);
  for (auto _ : state) benchmark::DoNotOptimize(store->put(field));
}
BENCHMARK(null_put)->Arg(1 << 10)->Arg(1 << 24);

void null_proxy(benchmark::State& state) {
  const auto store = ps::Store::create("bench", ps::NullOptions{});
  const Field field = field_of(state);
  for (auto _ : state) {
    const auto proxy = store->proxy(field);
    benchmark::DoNotOptimize(proxy.resolved());
  }
}
BENCHMARK(null_proxy)->Arg(1 << 10)->Arg(1 << 24);

void serialize_vector(benchmark::State& state) {
  const Field field = field_of(state);
  for (auto _ : state) {
    const auto object = ps::serialize(field);
    benchmark::DoNotOptimize(object.parts().data());
  }
}
BENCHMARK(serialize_vector)->Arg(1 << 10)->Arg(1 << 24);

void file_put(benchmark::State& state) {
  const Folder folder;
  const auto store = file_store(folder);
  const Field field = field_of(state);
  for (auto _ : state) {
    const auto key = store->put(field);
    state.PauseTiming();
    store->evict(key);
    state.ResumeTiming();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(file_put)->Arg(1 << 10)->Arg(1 << 20)->Arg(1 << 24);

void reference_write(benchmark::State& state) {
  const Folder folder;
  const std::string name = (folder.path() / "object").string();
  const std::string temporary = name + ".tmp";
  const std::string marker = name + ".ready";
  const Field field = field_of(state);
  for (auto _ : state) {
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (::write(fd, field.data(), field.size() * sizeof(double)) < 0) state.SkipWithError("write");
    ::close(fd);
    ::rename(temporary.c_str(), name.c_str());
    ::close(::open(marker.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666));
    state.PauseTiming();
    ::unlink(marker.c_str());
    ::unlink(name.c_str());
    state.ResumeTiming();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(reference_write)->Arg(1 << 10)->Arg(1 << 20)->Arg(1 << 24);

void file_get(benchmark::State& state) {
  const Folder folder;
  const auto store = file_store(folder);
  const auto bytes =
      ps::Bytes::own(std::vector<std::byte>(static_cast<std::size_t>(state.range(0))));
  const auto key = store->put(bytes);
  for (auto _ : state) {
    const auto object = store->get<ps::Bytes>(key);
    benchmark::DoNotOptimize(object->data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(file_get)->Arg(1 << 10)->Arg(1 << 20)->Arg(1 << 24);

void reference_mmap(benchmark::State& state) {
  const Folder folder;
  const std::string name = (folder.path() / "object").string();
  const auto size = static_cast<std::size_t>(state.range(0));
  {
    const std::vector<char> content(size);
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT, 0666);
    if (::write(fd, content.data(), size) < 0) state.SkipWithError("write");
    ::close(fd);
  }
  for (auto _ : state) {
    const int fd = ::open(name.c_str(), O_RDONLY);
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    const ps::ByteSpan part(static_cast<const std::byte*>(memory), size);
    benchmark::DoNotOptimize(ps::checksum_of(std::span(&part, 1)));
    ::munmap(memory, size);
    ::close(fd);
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(reference_mmap)->Arg(1 << 10)->Arg(1 << 20)->Arg(1 << 24);

}  // namespace
