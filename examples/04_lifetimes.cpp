// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// 04: when objects go. Three ways, of which an object has one: with a scope, a lease or the program
// (lifetimes); when it is first fetched (evict); with its owner (OwnedProxy).
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include <proxystore/proxystore.hpp>

namespace ps = proxystore;
using namespace std::chrono_literals;
using Field = std::vector<double>;

int main() {
  const auto store = ps::Store::create("fields", ps::LocalOptions{});

  ps::Proxy<Field> scratch;
  {
    ps::ContextLifetime step(store);
    scratch = store->proxy(Field(1000, 1.0), {.lifetime = &step});
    std::cout << "in the step: " << store->exists(scratch.key()) << '\n';
  }
  std::cout << "after it: " << store->exists(scratch.key()) << '\n';

  ps::LeaseLifetime lease(store, 1h);  // gone in an hour, if nobody extends it
  const ps::Key key = store->put(Field(1000, 2.0), {.lifetime = &lease});
  lease.extend(30min);
  std::cout << "leased: " << store->exists(key) << '\n';
  lease.close();
  std::cout << "closed: " << store->exists(key) << '\n';

  const auto once = store->proxy(Field(1000, 3.0), {.evict = true});
  std::cout << "fetched: " << once->size() << ", still stored: " << store->exists(once.key())
            << '\n';

  auto owner = store->owned_proxy(Field(3, 0.0));
  {
    auto writer = owner.mut_borrow();  // the only one, for now
    writer->front() = 4.0;
    writer.update();  // stores a new version
    try {
      const auto reader = owner.borrow();
    } catch (const ps::MutableBorrowError&) {
      std::cout << "one writer, or many readers\n";
    }
  }
  const auto reader = owner.borrow();
  std::cout << "owned: " << reader->front() << '\n';
}
