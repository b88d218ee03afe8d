// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// One case at a time is compiled; all but the control must fail.
#include <functional>
#include <ranges>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "proxystore/future.hpp"
#include "proxystore/owned_proxy.hpp"
#include "proxystore/store.hpp"

struct Unnamed {
  int value;
};
struct Named {
  int value;
};
struct NoDefault {
  explicit NoDefault(int) {}
  template <class Archive>
  void serialize(Archive& archive) {
    archive(value);
  }
  int value = 0;
};
PROXYSTORE_TYPE_NAME(Named, "named/1");
PROXYSTORE_TYPE_NAME(NoDefault, "no_default/1");
struct Custom {
  int value;
};
PROXYSTORE_CUSTOM_TYPE(Custom, "custom/1");
struct Pointing {
  int* value;
};
#if defined(CASE_POINTER_AS_FIELD)
PROXYSTORE_TRIVIAL_TYPE(Pointing, "pointing/1", value);
#elif defined(CASE_TRIVIAL_TEXT)
struct Text {
  std::string text;
};
PROXYSTORE_TRIVIAL_TYPE(Text, "text/1");
#endif

namespace ps = proxystore;

ps::Proxy<std::string> make_proxy();
void look(const std::string& text);

void use(ps::Store& store, ps::Proxy<std::string> text, ps::Proxy<int> number,
         const ps::Bytes& bytes) {
  (void)store, (void)text, (void)number, (void)bytes;
#if defined(CASE_CONTROL)
  const std::string& reference = text;
  (void)(*text == reference);
  (void)static_cast<int>(number);
  (void)(*number == 5);
  (void)(text == make_proxy());
  (void)text.valid();
  (void)text->empty();
  (void)make_proxy().copy();
  (void)make_proxy()->size();
  look(make_proxy());
  look(*make_proxy());
  look(*store.future<std::string>().proxy());
  look(*store.owned_proxy(std::string()).borrow());
  store.owned_proxy(std::string()).mut_borrow()->clear();
  const std::string copy_of_temporary = *make_proxy();
  for (const char letter : *text) (void)letter;
  (void)store.put(text);
  (void)store.proxy(std::string());
  (void)store.put(Custom{}, {.serializer = "by name"});
  (void)store.put(Custom{});
  ps::MutableBytes buffer(5);
  const ps::MutableBytes moved = std::move(buffer);
  (void)ps::deserialize<int>(bytes);
#elif defined(CASE_PROXY_OF_BOOL)
  ps::Proxy<bool> proxy;
#elif defined(CASE_PROXY_OF_CONST)
  ps::Proxy<const int> proxy;
#elif defined(CASE_PROXY_OF_VOLATILE)
  ps::Proxy<volatile int> proxy;
#elif defined(CASE_PROXY_OF_POINTER)
  ps::Proxy<int*> proxy;
#elif defined(CASE_PROXY_OF_ARRAY)
  ps::Proxy<int[3]> proxy;
#elif defined(CASE_PROXY_OF_REFERENCE)
  ps::Proxy<int&> proxy;
#elif defined(CASE_PROXY_OF_PROXY)
  ps::Proxy<ps::Proxy<int>> proxy;
#elif defined(CASE_PROXY_OF_MONOSTATE)
  ps::Proxy<std::monostate> proxy;
#elif defined(CASE_STORE_PROXY_OF_BOOL)
  (void)store.proxy(true);
#elif defined(CASE_TEST_AS_BOOL)
  if (number) return;
#elif defined(CASE_NEGATE)
  (void)!text;
#elif defined(CASE_EMPTY)
  (void)text.empty();
#elif defined(CASE_EMPTY_FUTURE)
  (void)store.future<std::string>().empty();
#elif defined(CASE_EQUALS_VALUE)
  (void)(number == 5);
#elif defined(CASE_VALUE_EQUALS)
  (void)(std::string() == text);
#elif defined(CASE_LESS_THAN_VALUE)
  (void)(number < 5);
#elif defined(CASE_WRAP_OF_TEMPORARY)
  const auto dangling = std::cref(*make_proxy());
#elif defined(CASE_VIEW_OF_TEMPORARY)
  auto dangling = *make_proxy() | std::views::reverse;
#elif defined(CASE_REFERENCE_TO_TEMPORARY)
  const std::string& dangling = *make_proxy();
#elif defined(CASE_REFERENCE_TO_CONVERTED_TEMPORARY)
  const std::string& dangling = make_proxy();
#elif defined(CASE_RANGE_FOR_OVER_TEMPORARY)
  for (const char letter : *make_proxy()) (void)letter;
#elif defined(CASE_POINTER_OF_TEMPORARY)
  const std::string* dangling = make_proxy().operator->();
#elif defined(CASE_REFERENCE_TO_TEMPORARY_BORROW)
  const auto owner = store.owned_proxy(std::string("text"));
  const std::string& dangling = *owner.borrow();
#elif defined(CASE_REFERENCE_TO_TEMPORARY_MUTABLE_BORROW)
  auto owner = store.owned_proxy(std::string("text"));
  const std::string& dangling = *owner.mut_borrow();
#elif defined(CASE_REFERENCE_TO_TEMPORARY_OWNER)
  const std::string& dangling = *store.owned_proxy(std::string("text"));
#elif defined(CASE_NUMBER_FROM_PROXY)
  int converted = number;
#elif defined(CASE_MUTATE_THROUGH_PROXY)
  text->clear();
#elif defined(CASE_COPY_STORE)
  const ps::Store copy = store;
#elif defined(CASE_COPY_MUTABLE_BYTES)
  const ps::MutableBytes buffer(5);
  const ps::MutableBytes copy = buffer;
#elif defined(CASE_COPY_SERIALIZED_OBJECT)
  const ps::SerializedObject object = ps::serialize(5);
  const ps::SerializedObject copy = object;
#elif defined(CASE_PUT_WITHOUT_NAME)
  (void)store.put(Unnamed{});
#elif defined(CASE_PUT_WITHOUT_CEREAL)
  (void)store.put(Named{}, {.serializer = "by name"});
#elif defined(CASE_PUT_VECTOR_OF_UNNAMED)
  (void)store.put(std::vector<Unnamed>());
#elif defined(CASE_GET_WITHOUT_CEREAL)
  (void)store.get<Named>(ps::Key());
#elif defined(CASE_RESOLVE_WITHOUT_CEREAL)
  (void)store.proxy_from_key<Named>(ps::Key());
#elif defined(CASE_POINTER_AS_FIELD)
  (void)ps::serialize(Pointing{});
#elif defined(CASE_TRIVIAL_TEXT)
  (void)ps::serialize(std::vector<Text>());
#elif defined(CASE_SERIALIZE_WITHOUT_CEREAL)
  (void)ps::serialize(Named{});
#elif defined(CASE_READ_WITHOUT_DEFAULT_CONSTRUCTOR)
  (void)ps::deserialize<NoDefault>(bytes);
#elif defined(CASE_COPY_OWNER)
  const auto owner = store.owned_proxy(std::string("text"));
  const auto copy = owner;
#elif defined(CASE_COPY_BORROW)
  const auto owner = store.owned_proxy(std::string("text"));
  const auto borrowed = owner.borrow();
  const auto copy = borrowed;
#elif defined(CASE_MUTABLE_BORROW_OF_CONST_OWNER)
  const auto owner = store.owned_proxy(std::string("text"));
  (void)owner.mut_borrow();
#elif defined(CASE_MUTATE_THROUGH_BORROW)
  const auto owner = store.owned_proxy(std::string("text"));
  owner.borrow()->clear();
#elif defined(CASE_BORROW_OF_BORROW)
  const auto owner = store.owned_proxy(std::string("text"));
  const auto borrowed = owner.borrow();
  (void)ps::borrow(borrowed);
#elif defined(CASE_CLONE_OF_BORROW)
  const auto owner = store.owned_proxy(std::string("text"));
  const auto borrowed = owner.borrow();
  (void)ps::clone(borrowed);
#elif defined(CASE_UPDATE_OF_BORROW)
  const auto owner = store.owned_proxy(std::string("text"));
  auto borrowed = owner.borrow();
  ps::update(borrowed);
#elif defined(CASE_INTO_OWNED_OF_OWNER)
  auto owner = store.owned_proxy(std::string("text"));
  (void)ps::into_owned(owner);
#elif defined(CASE_DEREFERENCE_LOCKER)
  const auto locker = store.locked_proxy(std::string("text"));
  (void)*locker;
#elif defined(CASE_SERIALIZER_NOT_GIVING_BYTES)
  (void)store.put(5, {.serializer = [](const int&) { return 5; }});
#elif defined(CASE_READ_OF_TEXT)
  (void)ps::deserialize<std::string>("no bytes");
#elif defined(CASE_PROXY_OF_NO_FUNCTION)
  (void)ps::Proxy<std::string>(5);
#else
#error "name a case"
#endif
}
