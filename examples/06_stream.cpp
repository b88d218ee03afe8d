// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// 06: a stream of frames. Events with metadata go through a queue; the frames stay in a store, so
// that whoever drops a frame by its metadata never moves it. The queue holds 4 events: a producer
// that is faster waits.
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <proxystore/proxystore.hpp>

namespace ps = proxystore;
using Frame = std::vector<float>;

int main() {
  const auto store = ps::Store::create("frames", ps::LocalOptions{}, {.auto_register = true});
  const auto queue = std::make_shared<ps::LocalQueue>(ps::QueueOptions{.capacity = 4});

  std::thread detector([&] {
    ps::StreamProducer<Frame> producer(
        std::make_shared<ps::QueuePublisher>(ps::QueuePublisher::Queues{{"frames", queue}}),
        {.default_store = store});
    for (int i = 0; i < 20; ++i) {
      const std::string kind = i % 4 == 0 ? "light" : "dark";
      producer.send("frames", Frame(100'000, static_cast<float>(i)),
                    {.metadata = {{"kind", kind}}});
    }
  });  // leaving the scope ends the stream

  ps::StreamConsumer<Frame> consumer(
      std::make_shared<ps::QueueSubscriber>(queue),
      {.filter = [](const ps::StreamMetadata& metadata) { return metadata.at("kind") == "dark"; }});
  double sum = 0;
  for (const ps::Proxy<Frame>& frame : consumer) sum += static_cast<double>(frame->front());
  std::cout << "sum of the light frames: " << sum << '\n';
  detector.join();
}
