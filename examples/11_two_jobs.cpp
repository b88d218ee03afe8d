// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// 11: a stream between two programs that share nothing but a folder, such as two jobs of a cluster.
// Events and frames are files in it; a frame goes when it was fetched. The producer is never more
// than 8 frames ahead, so it waits for a consumer that starts later.
//
//   example_11_two_jobs produce FOLDER [FRAMES]
//   example_11_two_jobs consume FOLDER [SECONDS]    the longest wait for the next frame
#include <charconv>
#include <chrono>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include <proxystore/proxystore.hpp>
#include <proxystore/stream/file_queue.hpp>

namespace ps = proxystore;
using Frame = std::vector<float>;

namespace {

void produce(const std::filesystem::path& folder, int frames) {
  // The frames stay when this program ends: the consumer removes what it fetched.
  const auto store =
      ps::Store::create("frames", ps::FileOptions{.store_dir = folder / "frames", .clear = false});
  const auto queue =
      std::make_shared<ps::FileQueue>(folder / "queue", ps::QueueOptions{.capacity = 8});
  ps::StreamProducer<Frame> producer(
      std::make_shared<ps::QueuePublisher>(ps::QueuePublisher::Queues{{"frames", queue}}),
      {.default_store = store});
  for (int i = 1; i <= frames; ++i) {
    producer.send("frames", Frame(250'000, static_cast<float>(i)));
  }
  producer.close();  // ends the stream
  std::cout << "sent " << frames << " frames" << std::endl;
}

void consume(const std::filesystem::path& folder, int seconds) {
  int frames = 0;
  double sum = 0;
  {
    ps::StreamConsumer<Frame> consumer(
        std::make_shared<ps::QueueSubscriber>(std::make_shared<ps::FileQueue>(folder / "queue")),
        {.timeout = std::chrono::seconds(seconds)});
    for (const ps::Proxy<Frame>& frame : consumer) {
      ++frames;
      sum += std::accumulate(frame->begin(), frame->end(), 0.0) / 250'000;
    }
  }
  ps::FileQueue::remove(folder / "queue");  // nobody uses it any more
  std::cout << "received " << frames << " frames, sum of their means " << sum << std::endl;
}

/// A number from 1 on, or @p otherwise if there is no text; 0 if it is none.
int to_number(std::string_view text, int otherwise) {
  if (text.empty()) return otherwise;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number > 0 ? number : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view role = argc > 1 ? argv[1] : "";
  const int number = to_number(argc > 3 ? argv[3] : "", role == "produce" ? 20 : 300);
  if (argc < 3 || argc > 4 || (role != "produce" && role != "consume") || number == 0) {
    std::cerr << "usage: example_11_two_jobs produce FOLDER [FRAMES]\n"
                 "       example_11_two_jobs consume FOLDER [SECONDS]\n";
    return 2;
  }
  try {
    role == "produce" ? produce(argv[2], number) : consume(argv[2], number);
  } catch (const std::exception& error) {
    std::cerr << role << ": " << error.what() << '\n';
    return 1;
  }
}
