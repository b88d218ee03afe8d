// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// The C++ side of beside_python.py: puts or gets objects of one size, and prints the median of
// what each took, in microseconds.
//
//     redis_timer <port> put|get <bytes> <times>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include <proxystore/connector.hpp>
#include <proxystore/connector_registry.hpp>
#include <proxystore/connectors/redis.hpp>

namespace ps = proxystore;

namespace {

template <class F>
double microseconds(const F& function) {
  const auto begin = std::chrono::steady_clock::now();
  function();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
      .count();
}

double median_of(ps::Connector& connector, const std::string& verb, std::size_t size, int times) {
  const std::vector<std::byte> source(size, std::byte{7});
  const ps::ByteSpan part(source);
  std::vector<double> samples;
  ps::Key key = connector.put(std::span(&part, 1), {});
  for (int i = 0; i < times; ++i) {
    if (verb == "get") {
      samples.push_back(microseconds([&] { (void)connector.get(key); }));
      continue;
    }
    connector.evict(key);
    samples.push_back(microseconds([&] { key = connector.put(std::span(&part, 1), {}); }));
  }
  connector.evict(key);
  std::sort(samples.begin(), samples.end());
  return samples[samples.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() != 4 || (words[1] != "put" && words[1] != "get")) {
    std::cerr << "usage: " << argv[0] << " <port> put|get <bytes> <times>\n";
    return 2;
  }
  try {
    const ps::RedisOptions options{.hostname = "127.0.0.1",
                                   .port = static_cast<std::uint16_t>(std::stoul(words[0]))};
    const auto connector = ps::ConnectorRegistry::global().make(options);
    std::cout << median_of(*connector, words[1], std::stoul(words[2]),
                           std::max(1, std::stoi(words[3])))
              << std::endl;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
