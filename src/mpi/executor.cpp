// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Tasks go to workers, and results come back, in the lanes of stream_traffic.cpp, two tags for each
// Executor. All numbers are little-endian, lengths LEB128:
//
//     task    u8 1, u64 id, text function, varint arguments, for each: u8 is proxy, blob
//     end     u8 0
//     result  u64 id, varint rank, u8 kind (0 value, 1 proxy, 2 failure), blob
//
// The caller gives a worker a task only while fewer than queue_depth of its results are missing. So
// a worker has that many unsent results at most, its lane has room for them all, and it never waits
// for a caller that computes. And a task is in one place: queued at the caller, or with the worker
// whose result is missing; if that worker leaves, the task fails, since it may have been run.
//
// An Executor of another caller may follow with the same tag, and its tasks may be here before this
// one's end: a worker takes messages of its own caller only.
//
// Tasks begin in the order in which they were submitted, and submit() waits for tasks whose results
// it passes on; so none waits for one that comes after it.
#include "proxystore/mpi/executor.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "detail/text.hpp"
#include "detail/wire.hpp"
#include "mpi/service.hpp"
#include "mpi/stream_traffic.hpp"
#include "mpi/wait.hpp"
#include "proxystore/key.hpp"
#include "proxystore/mpi/environment.hpp"
#include "proxystore/stream.hpp"

namespace proxystore::inline v0::mpi {

TaskError::TaskError(const std::string& function, int rank, const std::string& what)
    : Error("the function '" + function + "' failed on rank " + std::to_string(rank) + ": " + what,
            {.connector = {}, .operation = function}),
      rank_(rank) {}
TaskError::~TaskError() = default;

Executor::Executor(ExecutorOptions options)
    : store_(options.store),
      should_proxy_(options.should_proxy),
      core_(std::make_shared<detail::ExecutorCore>(options)) {}

Executor::~Executor() {
  if (!core_->is_caller()) return;
  proxystore::detail::log_errors("shutting down an executor", [this] { core_->shutdown(false); });
}

namespace detail {

namespace {

enum MessageKind : std::uint8_t { end_message, task_message };
enum ResultKind : std::uint8_t { value_result, proxy_result, failure_result };

constexpr std::size_t longest_failure = 16384;

using proxystore::detail::WireReader;
using proxystore::detail::WireWriter;

Bytes slice_of(const Bytes& message, ByteSpan part) {
  return message.slice(static_cast<std::size_t>(part.data() - message.data()), part.size());
}

/// What became of a task.
struct Outcome {
  std::optional<std::string> failure{};
  PackedValue value{};
};

ErrorContext about(std::string_view operation) {
  return {.connector = "executor", .operation = std::string(operation)};
}

void check_options(const ExecutorOptions& options, const StreamTraffic& traffic) {
  if (options.caller < 0 || options.caller >= traffic.size()) {
    throw ArgumentError("no rank " + std::to_string(options.caller) +
                        " can call; the Environment has ranks 0 to " +
                        std::to_string(traffic.size() - 1));
  }
  if (options.tag < 0 || options.tag >= traffic.last_tag()) {
    throw ArgumentError("no tag " + std::to_string(options.tag) + "; an executor has tags 0 to " +
                        std::to_string(traffic.last_tag() - 1));
  }
  if (options.queue_depth == 0 || options.max_pending == 0) {
    throw ArgumentError("queue_depth and max_pending of an executor are 1 or more");
  }
  if (!options.should_proxy) throw ArgumentError("should_proxy of an executor is empty");
}

}  // namespace

void Call::discard_arguments() noexcept {
  for (const auto& one : std::exchange(discard, {})) {
    proxystore::detail::log_errors("removing an argument of a task", one);
  }
  keep.clear();
}

void require_arguments(std::size_t brought, std::size_t parameters) {
  if (brought == parameters) return;
  throw ArgumentError("the task brings " + std::to_string(brought) +
                      " arguments, and its function has " + std::to_string(parameters) +
                      " parameters; do all ranks define the same functions?");
}

class Task {
 public:
  Task(std::uint64_t number, Call submitted) : id(number), call(std::move(submitted)) {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (!ended || outcome.failure || !call.discard_result) return;
    proxystore::detail::log_errors("removing the result of a task",
                                   [this] { call.discard_result(outcome.value); });
  }

  void end(Outcome what) {
    outcome = std::move(what);
    ended = true;
    call.arguments.clear();
    call.discard_arguments();
  }

  const std::uint64_t id;
  Call call;
  int rank = -1;  // that has it
  bool ended = false;
  Outcome outcome{};
};

class ExecutorCore::Impl {
 public:
  explicit Impl(const ExecutorOptions& options);

  void define(const std::string& name, PackedFunction function);
  std::shared_ptr<Task> submit(Call& call);
  bool is_done(Task& task);
  void wait(Task& task, std::optional<std::chrono::milliseconds> timeout);
  void serve();
  void shutdown(bool complete);

  [[nodiscard]] bool is_caller() const noexcept { return rank_ == options_.caller; }
  [[nodiscard]] int workers() const noexcept { return static_cast<int>(workers_.size()); }

 private:
  struct Worker {
    int rank;
    std::uint64_t before;  // messages to it that others sent
    std::size_t tasks = 0;
    bool left = false;
  };

  [[nodiscard]] LaneName tasks_to(int rank) const { return {rank, options_.tag}; }
  [[nodiscard]] int result_tag() const { return options_.tag + 1; }

  // Of the caller.
  void pump();
  void take_result(const Bytes& message);
  void drop_those_who_left();
  void dispatch();
  [[nodiscard]] Worker* freest();
  void send(Task& task, Worker& worker);
  void fail_all(const std::string& why);
  [[noreturn]] void fail_waiting(const Task& task, std::chrono::milliseconds timeout) const;

  // Of whoever runs a task.
  Outcome run(const std::string& function, const std::vector<PackedValue>& arguments) const;
  void run_task(const Bytes& message, WireReader& in);

  const ExecutorOptions options_;
  const std::shared_ptr<StreamTraffic> traffic_;
  const int rank_;
  std::map<std::string, PackedFunction, std::less<>> functions_;
  std::vector<Worker> workers_;
  std::uint64_t last_id_ = proxystore::detail::random_stream_id();
  std::deque<std::shared_ptr<Task>> queued_;
  std::map<std::uint64_t, std::shared_ptr<Task>> running_;
  std::uint64_t ended_ = 0;
  bool over_ = false;
};

ExecutorCore::Impl::Impl(const ExecutorOptions& options)
    : options_(options), traffic_(require_stream_traffic()), rank_(Environment::require().rank()) {
  check_options(options, *traffic_);
  for (int rank = 0; is_caller() && rank < traffic_->size(); ++rank) {
    if (rank == rank_) continue;
    workers_.push_back({.rank = rank, .before = traffic_->posted(tasks_to(rank))});
  }
}

void ExecutorCore::Impl::define(const std::string& name, PackedFunction function) {
  if (!functions_.emplace(name, std::move(function)).second) {
    throw ArgumentError("this executor has a function '" + name + "' already");
  }
}

// -- The caller

std::shared_ptr<Task> ExecutorCore::Impl::submit(Call& call) {
  if (over_) throw StoreClosedError("the executor was shut down", about("submit"));
  const auto has_room = [&] {
    pump();
    return queued_.size() < options_.max_pending;
  };
  if (!wait_until(has_room, Deadline(options_.timeout))) {
    throw TimeoutError(std::to_string(queued_.size()) + " tasks wait, and none was begun within " +
                           std::to_string(options_.timeout.count()) + " ms",
                       about("submit"));
  }
  auto task = std::make_shared<Task>(++last_id_, std::exchange(call, {}));
  queued_.push_back(task);
  dispatch();
  return task;
}

void ExecutorCore::Impl::pump() {
  if (over_) return;
  while (const auto message = traffic_->take(result_tag())) take_result(*message);
  drop_those_who_left();
  dispatch();
  if (workers_.empty() && !queued_.empty()) {  // a rank that is alone
    const auto task = std::move(queued_.front());
    queued_.pop_front();
    task->rank = rank_;
    task->end(run(task->call.function, task->call.arguments));
    ++ended_;
  }
}

void ExecutorCore::Impl::take_result(const Bytes& message) {
  WireReader in(message.span(), "result of a task");
  const std::uint64_t id = in.u64();
  const std::uint64_t rank = in.varint();
  const std::uint8_t kind = in.u8();
  const Bytes value = slice_of(message, in.blob());
  if (kind > failure_result || in.remaining() > 0) in.fail("unknown kind, or bytes left over");
  const auto found = running_.find(id);
  if (found == running_.end()) return;  // of an executor that was shut down before it came
  const auto task = found->second;
  if (static_cast<std::uint64_t>(task->rank) != rank) in.fail("another rank has this task");
  running_.erase(found);
  for (Worker& worker : workers_) {
    if (worker.rank == task->rank) --worker.tasks;
  }
  if (kind == failure_result) {
    task->end({.failure = std::string(value.text())});
  } else {
    task->end({.value = {.is_proxy = kind == proxy_result, .bytes = value}});
  }
  ++ended_;
}

void ExecutorCore::Impl::drop_those_who_left() {
  for (Worker& worker : workers_) {
    if (worker.left || traffic_->refused(tasks_to(worker.rank)) <= worker.before) continue;
    worker.left = true;
    std::erase_if(running_, [&](const auto& entry) {
      if (entry.second->rank != worker.rank) return false;
      entry.second->end({.failure = "the rank left the executor; the task may have been run"});
      ++ended_;
      return true;
    });
  }
  const bool nobody_is_left =
      !workers_.empty() &&
      std::all_of(workers_.begin(), workers_.end(), [](const auto& w) { return w.left; });
  if (nobody_is_left) fail_all("all workers left the executor");
}

ExecutorCore::Impl::Worker* ExecutorCore::Impl::freest() {
  Worker* best = nullptr;
  for (Worker& worker : workers_) {
    if (worker.left || worker.tasks >= options_.queue_depth) continue;
    if (best == nullptr || worker.tasks < best->tasks) best = &worker;
  }
  return best;
}

void ExecutorCore::Impl::dispatch() {
  while (!queued_.empty()) {
    Worker* worker = freest();
    if (worker == nullptr) return;
    const auto task = std::move(queued_.front());
    queued_.pop_front();
    send(*task, *worker);
    running_.emplace(task->id, task);
  }
}

void ExecutorCore::Impl::send(Task& task, Worker& worker) {
  WireWriter out;
  out.u8(task_message);
  out.u64(task.id);
  out.text(task.call.function);
  out.varint(task.call.arguments.size());
  for (const PackedValue& argument : task.call.arguments) {
    out.u8(argument.is_proxy ? 1 : 0);
    out.blob(argument.bytes.span());
  }
  traffic_->post(tasks_to(worker.rank), Bytes::own(std::move(out).take()), false,
                 options_.queue_depth);
  task.rank = worker.rank;
  task.call.arguments.clear();
  ++worker.tasks;
}

bool ExecutorCore::Impl::is_done(Task& task) {
  if (!task.ended) pump();
  return task.ended;
}

void ExecutorCore::Impl::fail_waiting(const Task& task, std::chrono::milliseconds timeout) const {
  const std::string where =
      task.rank < 0 ? "waits for a worker" : "was given to rank " + std::to_string(task.rank);
  throw TimeoutError("the task of the function '" + task.call.function + "' " + where +
                         ", and has not ended within " + std::to_string(timeout.count()) + " ms",
                     about("result"));
}

void ExecutorCore::Impl::wait(Task& task, std::optional<std::chrono::milliseconds> timeout) {
  const auto limit = timeout.value_or(options_.timeout);
  const Deadline deadline(std::max(limit, std::chrono::milliseconds(1)));
  if (!wait_until([&] { return is_done(task); }, deadline)) fail_waiting(task, limit);
}

void ExecutorCore::Impl::fail_all(const std::string& why) {
  const auto fail = [&](Task& task) {
    if (task.rank < 0) task.rank = rank_;
    task.end({.failure = why});
    ++ended_;
  };
  for (const auto& task : std::exchange(queued_, {})) fail(*task);
  for (const auto& [id, task] : std::exchange(running_, {})) fail(*task);
}

void ExecutorCore::Impl::shutdown(bool complete) {
  if (over_) return;
  while (complete && !(queued_.empty() && running_.empty())) {
    const std::uint64_t before = ended_;
    const auto has_moved = [&] {
      pump();
      return ended_ > before;
    };
    if (wait_until(has_moved, Deadline(options_.timeout))) continue;
    fail_waiting(running_.empty() ? *queued_.front() : *running_.begin()->second, options_.timeout);
  }
  fail_all("the executor was shut down");
  over_ = true;
  WireWriter out;
  out.u8(end_message);
  const Bytes end = Bytes::own(std::move(out).take());
  for (const Worker& worker : workers_) {
    if (worker.left) continue;
    traffic_->post(tasks_to(worker.rank), end, true, options_.queue_depth);
  }
}

// -- Workers

Outcome ExecutorCore::Impl::run(const std::string& function,
                                const std::vector<PackedValue>& arguments) const {
  const auto found = functions_.find(function);
  if (found == functions_.end()) {
    return {.failure = "no such function is defined there; known are " +
                       proxystore::detail::quoted_keys(functions_)};
  }
  try {
    return {.value = found->second(arguments)};
  } catch (const std::exception& error) {
    return {.failure = std::string(error.what()).substr(0, longest_failure)};
  } catch (...) {
    return {.failure = "an exception that is no std::exception"};
  }
}

void ExecutorCore::Impl::run_task(const Bytes& message, WireReader& in) {
  const std::uint64_t id = in.u64();
  const std::string function = in.text();
  const std::uint64_t count = in.varint();
  if (count > in.remaining()) in.fail(std::to_string(count) + " arguments are announced");
  std::vector<PackedValue> arguments;
  for (std::uint64_t i = 0; i < count; ++i) {
    const bool is_proxy = in.u8() != 0;
    arguments.push_back({.is_proxy = is_proxy, .bytes = slice_of(message, in.blob())});
  }
  if (in.remaining() > 0) in.fail("bytes are left over");

  const Outcome outcome = run(function, arguments);
  WireWriter out;
  out.u64(id);
  out.varint(static_cast<std::uint64_t>(rank_));
  if (outcome.failure) {
    out.u8(failure_result);
    out.text(*outcome.failure);
  } else {
    out.u8(outcome.value.is_proxy ? proxy_result : value_result);
    out.blob(outcome.value.bytes.span());
  }
  traffic_->post({options_.caller, result_tag()}, Bytes::own(std::move(out).take()), false,
                 options_.queue_depth);
}

void ExecutorCore::Impl::serve() {
  if (is_caller()) throw ArgumentError("the caller of an executor does not serve; it submits");
  /// Lets the caller know if this rank leaves before its end.
  struct Reading {
    StreamTraffic& traffic;
    const int tag;
    bool over = false;
    Reading(StreamTraffic& of, int with) : traffic(of), tag(with) { traffic.open(tag); }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    ~Reading() { traffic.close(tag, over); }
  } reading(*traffic_, options_.tag);

  while (true) {
    std::optional<Bytes> message;
    const auto has_come = [&] {
      message = traffic_->take(options_.tag, options_.caller);
      return message.has_value();
    };
    if (!wait_until(has_come, Deadline(options_.idle_timeout))) {
      throw TimeoutError("no task came from rank " + std::to_string(options_.caller) + " within " +
                             std::to_string(options_.idle_timeout.count()) + " h",
                         about("serve"));
    }
    WireReader in(message->span(), "task");
    if (in.u8() == end_message) break;
    run_task(*message, in);
  }
  reading.over = true;
}

// -- What executor.hpp sees

ExecutorCore::ExecutorCore(const ExecutorOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}
ExecutorCore::~ExecutorCore() = default;

void ExecutorCore::define(const std::string& name, PackedFunction function) {
  impl_->define(name, std::move(function));
}
std::shared_ptr<Task> ExecutorCore::submit(Call& call) {
  return impl_->submit(call);
}
bool ExecutorCore::is_done(Task& task) {
  return impl_->is_done(task);
}
void ExecutorCore::wait(Task& task, std::optional<std::chrono::milliseconds> timeout) {
  impl_->wait(task, timeout);
}
const PackedValue& ExecutorCore::result(Task& task,
                                        std::optional<std::chrono::milliseconds> timeout) {
  impl_->wait(task, timeout);
  if (task.outcome.failure) throw TaskError(task.call.function, task.rank, *task.outcome.failure);
  return task.outcome.value;
}
void ExecutorCore::serve() {
  impl_->serve();
}
void ExecutorCore::shutdown(bool complete) {
  require_caller("shutdown");
  impl_->shutdown(complete);
}
bool ExecutorCore::is_caller() const noexcept {
  return impl_->is_caller();
}
int ExecutorCore::workers() const noexcept {
  return impl_->workers();
}
void ExecutorCore::require_caller(const char* verb) const {
  if (is_caller()) return;
  throw ArgumentError(std::string(verb) + " is for the caller of an executor; this rank serves");
}

}  // namespace detail
}  // namespace proxystore::inline v0::mpi
