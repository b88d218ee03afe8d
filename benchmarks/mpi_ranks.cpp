// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "mpi_ranks.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

namespace bench {

ps::MutableBytes touched(std::size_t size) {
  ps::MutableBytes bytes(size);
  std::memset(bytes.data(), 1, size);
  return bytes;
}

ps::Key Ranks::put(ps::Connector& connector, std::size_t size) const {
  ps::Key key;
  if (is(owner)) {
    const auto builder = connector.create(size, {});
    std::memset(builder->memory().data(), 1, size);
    key = builder->publish();
  }
  return from(owner, key);
}

namespace {

/// Seconds for which @p size bytes are on their way, from @p times there and back.
double message_seconds(const Ranks& ranks, ps::MutableBytes& buffer, std::size_t times) {
  const int count = static_cast<int>(buffer.size());
  const int other = ranks.is(owner) ? reader : owner;
  const auto send = [&] { MPI_Send(buffer.data(), count, MPI_BYTE, other, 1, ranks.comm()); };
  const auto receive = [&] {
    MPI_Recv(buffer.data(), count, MPI_BYTE, other, 1, ranks.comm(), MPI_STATUS_IGNORE);
  };
  const Stopwatch watch;
  for (std::size_t i = 0; i < times; ++i) {
    if (ranks.is(owner)) {
      receive();
      send();
    } else {
      send();
      receive();
    }
  }
  return watch.seconds() / static_cast<double>(2 * times);
}

}  // namespace

Medians Ranks::get_and_message(ps::Connector& connector, std::size_t size) {
  const ps::Key key = put(connector, size);
  const std::size_t most = session_.is_quick() ? 10 : 2000;
  const std::size_t times = std::clamp<std::size_t>(256 * mebibyte / size, 4, most);
  auto buffer = touched(size);
  const auto get = [&] {
    meet();
    if (!is(reader)) return 0.0;
    const Stopwatch watch;
    for (std::size_t i = 0; i < times; ++i) keep(connector.get(key));
    return watch.seconds() / static_cast<double>(times);
  };
  const auto message = [&] {
    meet();
    return message_seconds(*this, buffer, times);
  };
  const Medians medians = from(reader, in_turns(session_, get, message));
  if (is(owner)) connector.evict(key);
  return medians;
}

namespace {

/// MPI, for as long as all groups of ranks work.
class Mpi {
 public:
  Mpi() {
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &provided);
  }
  Mpi(const Mpi&) = delete;
  Mpi& operator=(const Mpi&) = delete;
  ~Mpi() { MPI_Finalize(); }
};

}  // namespace

void in_ranks(Session& session, int ranks, const std::function<void(Session&)>& measure) {
  const Mpi mpi;
  int rank = 0;
  int size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  try {
    if (size != ranks) {
      throw std::runtime_error("this group needs " + std::to_string(ranks) +
                               " ranks, and there are " + std::to_string(size));
    }
    Session unheard(session.is_quick());
    measure(rank == owner ? session : unheard);
  } catch (const std::exception& error) {
    say("rank " + std::to_string(rank) + ": " + error.what());
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
}

}  // namespace bench
