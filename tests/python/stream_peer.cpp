// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// The C++ side of streams.py.
//
//     python_stream_peer STORE.toml|- produce <host> <port> <topic> <count>
//     python_stream_peer STORE.toml|- consume <host> <port> <topic>    prints what came
//
// Items are texts "item 0", "item 1" and so on, with metadata {"i": <number>}; those of even
// numbers are in the store, if there is one.
#include <cstdint>
#include <iostream>
#include <string>

#include "proxystore/proxystore.hpp"
#include "proxystore/python/stream.hpp"
#include "proxystore/stream/redis_list.hpp"

namespace ps = proxystore;

namespace {

void produce(const ps::RedisOptions& server, const std::shared_ptr<ps::Store>& store,
             const std::string& topic, int count) {
  const auto lists = std::make_shared<ps::RedisListPublisher>(server);
  ps::StreamProducer<std::string> producer(
      std::make_shared<ps::python::StreamPublisher<std::string>>(lists),
      {.batch_size = 2, .default_store = store, .inline_limit = 100});
  for (int i = 0; i < count; ++i) {
    std::string item = "item " + std::to_string(i);
    if (i % 2 == 0) item.append(200, '.');
    producer.send(topic, item, {.metadata = {{"i", std::to_string(i)}}});
  }
  producer.close();
}

void consume(const ps::RedisOptions& server, const std::string& topic) {
  const auto list = std::make_shared<ps::RedisListSubscriber>(server, topic);
  ps::StreamConsumer<std::string> consumer(
      std::make_shared<ps::python::StreamSubscriber<std::string>>(list),
      {.filter = [](const ps::StreamMetadata& of) { return of.at("i") == "3"; },
       .timeout = std::chrono::seconds(30)});
  while (const auto item = consumer.next_with_metadata()) {
    std::cout << item->metadata.at("i") << " " << *item->proxy << "\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) return 2;
  try {
    std::shared_ptr<ps::Store> store;
    if (argv[1] != std::string("-")) store = ps::Store::from_toml(argv[1]);
    const ps::RedisOptions server{.hostname = argv[3],
                                  .port = static_cast<std::uint16_t>(std::stoi(argv[4]))};
    if (argv[2] == std::string("produce") && argc == 7) {
      produce(server, store, argv[5], std::stoi(argv[6]));
    } else {
      consume(server, argv[5]);
    }
    if (store) store->close({.clear = false});
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
