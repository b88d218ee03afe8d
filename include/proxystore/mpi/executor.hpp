// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Executor: functions that are submitted at one rank and run on the others. Large arguments and
/// results go through a store, straight between the ranks that make and use them; small ones travel
/// with the task.
///
///     mpi::Executor pool({.store = store});
///     const auto smooth = pool.define("smooth", [](const Field& field, int times) { ... });
///     pool.run([&] {  // at the caller; the other ranks work until it returns
///       auto a = pool.submit(smooth, field, 3);
///       auto b = pool.submit(smooth, a, 1);  // what a came to stays where it was made
///       use(*b.result());
///     });
///
/// A task is run once, by one rank. Its arguments leave the store when it has ended, and its result
/// when the last TaskFuture of it goes.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"
#include "proxystore/export.hpp"
#include "proxystore/mpi/detail/executor_core.hpp"
#include "proxystore/mpi/task_error.hpp"
#include "proxystore/proxy.hpp"
#include "proxystore/serialize.hpp"
#include "proxystore/store.hpp"

namespace proxystore::inline v0::mpi {

/// What is known of an argument or a result before it is sent.
struct TaskValue {
  std::string_view type;  ///< Its type's name, TypeName<T>
  std::size_t size;       ///< In bytes, as stored
};

/// Whether a value goes through the store, as a proxy.
using ShouldProxy = std::function<bool(const TaskValue&)>;

/// All values go through the store.
struct ProxyAlways {
  bool operator()(const TaskValue&) const { return true; }
};
/// All values travel in their task.
struct ProxyNever {
  bool operator()(const TaskValue&) const { return false; }
};
/// Values whose stored form is larger.
struct ProxyLargerThan {
  std::size_t bytes;
  bool operator()(const TaskValue& value) const { return value.size > bytes; }
};
/// Values of these types.
template <NamedType... Types>
struct ProxyTypes {
  bool operator()(const TaskValue& value) const {
    return ((value.type == TypeName<Types>::get()) || ...);
  }
};

/// Arguments of Executor. All ranks give the same.
struct ExecutorOptions {
  /// Opened on all ranks, under one name. Without one everything travels with the tasks.
  std::shared_ptr<Store> store{};
  /// Asked for each argument and result, where it is made.
  ShouldProxy should_proxy = ProxyLargerThan{100'000};
  int caller = 0;                     ///< The rank of the Environment that submits; the others work
  int tag = 1'000;                    ///< This and the next are its own among the tags of streams
  std::size_t queue_depth = 2;        ///< Tasks that a worker has at once, so that it need not wait
  std::size_t max_pending = 100'000;  ///< Tasks not begun, at most; then submit() waits
  std::chrono::milliseconds timeout{300'000};  ///< For which the caller waits for a task to end
  std::chrono::hours idle_timeout{24};         ///< For which a worker waits for a task
};

/// A function that an Executor knows; see Executor::define().
template <class Result, class... Arguments>
struct TaskFunction {
  std::string name;
};

/// The result of a task, when it has ended. Copies are one result. Of the caller; one thread at a
/// time, as for its Executor.
template <class Result>
class TaskFuture {
 public:
  /// Whether the task has ended, with a result or not. Moves what can be moved.
  [[nodiscard]] bool done() const { return core_->is_done(*task_); }

  /// Waits until the task has ended. @blocking for @p timeout at most, by default the Executor's
  /// @throws TimeoutError naming the function and the rank that has the task: it goes on
  void wait(std::optional<std::chrono::milliseconds> timeout = std::nullopt) const {
    core_->wait(*task_, timeout);
  }

  /// The result; nothing for a function that returns nothing. It is fetched once.
  /// @blocking as wait()
  /// @throws TaskError with what the function threw; TimeoutError; ProxyResolveError
  auto result(std::optional<std::chrono::milliseconds> timeout = std::nullopt) const;

 private:
  friend class Executor;
  using Fetched = std::shared_ptr<const std::conditional_t<std::is_void_v<Result>, int, Result>>;

  TaskFuture(std::shared_ptr<detail::ExecutorCore> core, std::shared_ptr<detail::Task> task)
      : core_(std::move(core)), task_(std::move(task)) {}

  std::shared_ptr<detail::ExecutorCore> core_;
  std::shared_ptr<detail::Task> task_;
  std::shared_ptr<Fetched> fetched_ = std::make_shared<Fetched>();
};

/// The ranks of the Environment as one that calls and others that work. A rank that is alone does
/// both: it runs a task when it waits for one. One thread at a time.
class PROXYSTORE_EXPORT Executor {
 public:
  /// @local, on all ranks @throws Error without an Environment; ArgumentError for a rank, a tag or
  /// a number that cannot be
  explicit Executor(ExecutorOptions options);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  /// As shutdown(), but does not wait for tasks; errors are logged.
  ~Executor();

  /// Makes @p function known by @p name. On all ranks the same, before serve(). Its parameters are
  /// values or references to const, of types that proxystore::serialize() takes.
  /// @throws ArgumentError if the name is taken
  template <class Function>
  auto define(const std::string& name, Function function);

  /// Submits a call of @p function. An argument is a value of the parameter's type, a Proxy of
  /// it, which is passed on as it is, or a TaskFuture of it, for which this waits, and whose result
  /// is passed on without being fetched. An owned proxy or a borrow moves into the task, and ends
  /// with it.
  /// @blocking while there are too many tasks @throws ArgumentError at a rank that is not the
  /// caller; what the store throws; TaskError or TimeoutError of a TaskFuture
  template <class Result, class... Parameters, class... Arguments>
  TaskFuture<Result> submit(const TaskFunction<Result, Parameters...>& function,
                            const Arguments&... arguments);

  /// Submits a call for each of @p arguments, in their order.
  template <class Result, class Parameter>
  std::vector<TaskFuture<Result>> map(const TaskFunction<Result, Parameter>& function,
                                      const std::vector<Parameter>& arguments) {
    std::vector<TaskFuture<Result>> futures;
    futures.reserve(arguments.size());
    for (const Parameter& argument : arguments) futures.push_back(submit(function, argument));
    return futures;
  }

  /// At the caller, calls @p body, and then shutdown(); elsewhere serve(). If @p body throws, tasks
  /// that have not begun are dropped. @blocking at the workers until the caller is done
  template <class Body>
  void run(Body&& body);

  /// Runs tasks until the caller ends it. @throws ArgumentError at the caller, TimeoutError if
  /// nothing comes for idle_timeout, StoreClosedError if the caller is gone
  void serve() { core_->serve(); }

  /// Waits until all tasks have ended, and lets the workers go. Once: again does nothing.
  /// @blocking @throws ArgumentError at a worker; TimeoutError while a task does not end
  void shutdown() { core_->shutdown(true); }

  [[nodiscard]] bool is_caller() const noexcept { return core_->is_caller(); }
  [[nodiscard]] int workers() const noexcept { return core_->workers(); }

 private:
  template <class Parameter, class Argument>
  void add_argument(detail::Call& call, const Argument& argument);

  std::shared_ptr<Store> store_;
  ShouldProxy should_proxy_;
  std::shared_ptr<detail::ExecutorCore> core_;
};

// ---------------------------------------------------------------------------------------------

namespace detail {

/// The types of a function object's call, or of a function's.
template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class R, class... P>
struct Signature<R (*)(P...)> {
  using Function = TaskFunction<std::remove_cvref_t<R>, std::remove_cvref_t<P>...>;
  static constexpr bool is_valid =
      ((!std::is_reference_v<P> || std::is_const_v<std::remove_reference_t<P>>)&&...);
  using Result = R;
  using Parameters = std::tuple<P...>;
};
template <class R, class C, class... P>
struct Signature<R (C::*)(P...) const> : Signature<R (*)(P...)> {};
template <class R, class C, class... P>
struct Signature<R (C::*)(P...)> : Signature<R (*)(P...)> {};
template <class R, class C, class... P>
struct Signature<R (C::*)(P...) const noexcept> : Signature<R (*)(P...)> {};
template <class R, class... P>
struct Signature<R (*)(P...) noexcept> : Signature<R (*)(P...)> {};

/// @p value as it travels: through @p store, if @p should_proxy says so.
template <class T>
PackedValue pack(const T& value, Store* store, const ShouldProxy& should_proxy) {
  const SerializedObject object = proxystore::serialize(value);
  if constexpr (Proxiable<T> && NamedType<T>) {
    if (store != nullptr && should_proxy({TypeName<T>::get(), object.size()})) {
      const Key key = store->put(value);
      try {
        return {.is_proxy = true, .bytes = to_bytes(store->template proxy_from_key<T>(key))};
      } catch (...) {
        (void)store->evict(key);
        throw;
      }
    }
  }
  return {.is_proxy = false, .bytes = Bytes::copy_of(object.parts())};
}

template <class T>
std::shared_ptr<const T> unpack(const PackedValue& value) {
  if constexpr (Proxiable<T>) {
    if (value.is_proxy) return from_bytes<T>(value.bytes).share();
  }
  return std::make_shared<const T>(proxystore::deserialize<T>(value.bytes));
}

/// What a task holds of an argument while it runs, and passes as a parameter of type P. A value
/// that cannot be copied, such as a borrow, moves into a parameter that takes it.
template <class P, class T = std::remove_cvref_t<P>>
class TaskArgument {
 public:
  explicit TaskArgument(const PackedValue& packed) {
    if constexpr (is_copied) {
      value_ = unpack<T>(packed);
    } else {
      value_ = std::make_shared<T>(proxystore::deserialize<T>(packed.bytes));
    }
  }
  decltype(auto) pass() const {
    if constexpr (is_copied || std::is_reference_v<P>) {
      return std::as_const(*value_);
    } else {
      return std::move(*value_);
    }
  }

 private:
  static constexpr bool is_copied = std::is_copy_constructible_v<T>;
  std::shared_ptr<std::conditional_t<is_copied, const T, T>> value_;
};

/// Removes a packed value from the store where it is.
template <class T>
void discard(const PackedValue& value) {
  if constexpr (Proxiable<T>) {
    if (!value.is_proxy) return;
    const auto proxy = from_bytes<T>(value.bytes);
    const auto& factory =
        proxystore::detail::store_factory_of(proxystore::detail::factory_of(proxy));
    (void)factory.get_store()->evict(proxy.key());
  }
}

}  // namespace detail

template <class Result>
auto TaskFuture<Result>::result(std::optional<std::chrono::milliseconds> timeout) const {
  [[maybe_unused]] const detail::PackedValue& value = core_->result(*task_, timeout);
  if constexpr (!std::is_void_v<Result>) {
    if (!*fetched_) *fetched_ = detail::unpack<Result>(value);
    return *fetched_;
  }
}

template <class Function>
auto Executor::define(const std::string& name, Function function) {
  using Signature = detail::Signature<std::decay_t<Function>>;
  static_assert(Signature::is_valid,
                "parameters of tasks are values, or references to const: they are other ranks'");
  auto run = [function = std::move(function), store = store_, should_proxy = should_proxy_](
                 const std::vector<detail::PackedValue>& packed) mutable {
    return [&]<class... P>(std::type_identity<std::tuple<P...>>) {
      detail::require_arguments(packed.size(), sizeof...(P));
      [[maybe_unused]] auto next = packed.begin();
      const std::tuple<detail::TaskArgument<P>...> arguments{detail::TaskArgument<P>(*next++)...};
      const auto call = [&](const auto&... argument) -> decltype(auto) {
        return function(argument.pass()...);
      };
      if constexpr (std::is_void_v<typename Signature::Result>) {
        std::apply(call, arguments);
        return detail::PackedValue{};
      } else {
        return detail::pack(std::apply(call, arguments), store.get(), should_proxy);
      }
    }(std::type_identity<typename Signature::Parameters>());
  };
  core_->define(name, std::move(run));
  return typename Signature::Function{name};
}

template <class Parameter, class Argument>
void Executor::add_argument(detail::Call& call, const Argument& argument) {
  if constexpr (std::is_same_v<Argument, TaskFuture<Parameter>>) {
    call.arguments.push_back(core_->result(*argument.task_, std::nullopt));
    call.keep.push_back(argument.task_);  // and with it what it came to
  } else if constexpr (std::is_same_v<Argument, Proxy<Parameter>> && Proxiable<Parameter>) {
    call.arguments.push_back({.is_proxy = true, .bytes = to_bytes(argument)});
  } else {
    static_assert(
        std::is_same_v<Argument, Parameter> || std::is_convertible_v<const Argument&, Parameter>,
        "this argument is not of its parameter's type, nor a Proxy or TaskFuture of it");
    const Parameter& value = argument;
    call.arguments.push_back(detail::pack<Parameter>(value, store_.get(), should_proxy_));
    call.discard.emplace_back(
        [packed = call.arguments.back()] { detail::discard<Parameter>(packed); });
  }
}

template <class Result, class... Parameters, class... Arguments>
TaskFuture<Result> Executor::submit(const TaskFunction<Result, Parameters...>& function,
                                    const Arguments&... arguments) {
  static_assert(sizeof...(Parameters) == sizeof...(Arguments),
                "the function of this task has another number of parameters");
  core_->require_caller("submit");
  detail::Call call{.function = function.name};
  try {
    (add_argument<Parameters>(call, arguments), ...);
    if constexpr (!std::is_void_v<Result>) {
      call.discard_result = [](const detail::PackedValue& value) {
        detail::discard<Result>(value);
      };
    }
    return TaskFuture<Result>(core_, core_->submit(call));
  } catch (...) {
    call.discard_arguments();
    throw;
  }
}

template <class Body>
void Executor::run(Body&& body) {
  if (!is_caller()) return serve();
  try {
    std::forward<Body>(body)();
  } catch (...) {
    core_->shutdown(false);
    throw;
  }
  shutdown();
}

}  // namespace proxystore::inline v0::mpi
