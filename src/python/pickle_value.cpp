// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// A pickle is a program for a machine with a stack and a memo. This one runs it with values that
// only say what would be called. Each operation makes one value at most, and takes a byte at least,
// so what a pickle costs here is bounded by its length. What is made of the values is not, since
// the pickle may refer to one of them many times: PickleSearch counts that.
#include "pickle_value.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>

#include "proxystore/error.hpp"

namespace proxystore::inline v0::python {

using Kind = PickleValue::Kind;

const PickleValue* PickleValue::find(std::string_view key) const noexcept {
  if (kind != Kind::dict) return nullptr;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i]->kind == Kind::text && items[i]->text == key) return items[i + 1];
  }
  return nullptr;
}

std::string_view PickleValue::callable() const noexcept {
  if (kind != Kind::object || items[0]->kind != Kind::global) return {};
  return items[0]->text;
}

class Pickle::Reader {
 public:
  Reader(ByteSpan bytes, std::deque<PickleValue>& values) : bytes_(bytes), values_(values) {}

  const PickleValue* run() {
    while (true) {
      const auto code = static_cast<char>(take(1).front());
      if (code == '.') break;
      step(code);
    }
    return pop();
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw MessageError("malformed pickle at byte " + std::to_string(at_) + ": " + why,
                       {.operation = "from_pickle"});
  }

  ByteSpan take(std::uint64_t size) {
    if (size > bytes_.size() - at_) fail("it ends too early");
    const ByteSpan taken = bytes_.subspan(at_, static_cast<std::size_t>(size));
    at_ += taken.size();
    return taken;
  }
  /// Pickles are little-endian.
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    const ByteSpan digits = take(size);
    for (std::size_t i = size; i-- > 0;) value = value << 8U | static_cast<std::uint8_t>(digits[i]);
    return value;
  }
  std::string text(std::uint64_t size) {
    const ByteSpan letters = take(size);
    return {reinterpret_cast<const char*>(letters.data()), letters.size()};
  }
  std::string line() {
    const ByteSpan rest = bytes_.subspan(at_);
    const auto end = std::find(rest.begin(), rest.end(), std::byte{'\n'});
    if (end == rest.end()) fail("a line without an end");
    std::string found = text(static_cast<std::uint64_t>(end - rest.begin()));
    ++at_;
    return found;
  }

  PickleValue* make(Kind kind) {
    values_.push_back({.kind = kind});
    return &values_.back();
  }
  PickleValue* push(Kind kind) {
    stack_.push_back(make(kind));
    return stack_.back();
  }
  void push_integer(std::int64_t value, Kind kind = Kind::integer) { push(kind)->integer = value; }
  void push_text(std::string value, Kind kind = Kind::text) { push(kind)->text = std::move(value); }

  PickleValue* pop() {
    if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back())) {
      fail("nothing on the stack");
    }
    PickleValue* top = stack_.back();
    stack_.pop_back();
    return top;
  }
  PickleValue* top() {
    PickleValue* value = pop();
    stack_.push_back(value);
    return value;
  }
  std::vector<const PickleValue*> pop_to_mark() {
    if (marks_.empty()) fail("no mark");
    const auto from = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<const PickleValue*> items(from, stack_.end());
    stack_.erase(from, stack_.end());
    marks_.pop_back();
    return items;
  }
  void push_tuple(std::size_t size) {
    std::vector<const PickleValue*> items(size);
    for (std::size_t i = size; i-- > 0;) items[i] = pop();
    push(Kind::list)->items = std::move(items);
  }
  void append(std::vector<const PickleValue*> items, Kind to, std::size_t unit) {
    PickleValue* target = top();
    if (!target->is(to)) fail("items for what takes none");
    if (items.size() % unit != 0) fail("a key without its value");
    target->items.insert(target->items.end(), items.begin(), items.end());
  }
  void call() {
    const PickleValue* arguments = pop();
    const PickleValue* what = pop();
    push(Kind::object)->items = {what, arguments};
  }
  void remember(std::uint64_t index) { memo_[index] = top(); }
  void recall(std::uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) fail("nothing is remembered as " + std::to_string(index));
    stack_.push_back(found->second);
  }
  void push_long(std::uint64_t size) {
    const ByteSpan digits = take(size);
    if (size > 8) {  // such as a hash beyond 64 bits, which nobody asks for
      push(Kind::other);
      return;
    }
    std::uint64_t value = 0;
    for (std::size_t i = digits.size(); i-- > 0;) {
      value = value << 8U | static_cast<std::uint8_t>(digits[i]);
    }
    const bool is_negative = size > 0 && (digits.back() & std::byte{0x80}) != std::byte{0};
    if (is_negative && size < 8) value |= ~std::uint64_t{0} << (8 * size);
    push_integer(static_cast<std::int64_t>(value));
  }
  void push_global() {
    const PickleValue* name = pop();
    const PickleValue* module = pop();
    if (!name->is(Kind::text) || !module->is(Kind::text)) fail("a global without a name");
    // It is made of two values that may be referred to, so its size is not bounded by the pickle's.
    constexpr std::size_t longest = 1000;
    if (name->text.size() > longest || module->text.size() > longest) fail("the name of a global");
    push_text(module->text + "." + name->text, Kind::global);
  }

  void step(char code);

  const ByteSpan bytes_;
  std::deque<PickleValue>& values_;
  std::size_t at_ = 0;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;  // sizes of the stack
  std::unordered_map<std::uint64_t, PickleValue*> memo_;
};

void Pickle::Reader::step(char code) {
  switch (code) {
    case '\x80':  // PROTO
      if (const auto version = number(1); version < 2 || version > 5) {
        fail("protocol " + std::to_string(version) + ", known are 2 to 5");
      }
      return;
    case '\x95':  // FRAME
      if (number(8) > bytes_.size() - at_) fail("a frame beyond its end");
      return;
    case '(':
      return marks_.push_back(stack_.size());
    case '0':  // POP
      (void)pop();
      return;
    case 'N':
      push(Kind::none);
      return;
    case '\x88':
      return push_integer(1, Kind::boolean);
    case '\x89':
      return push_integer(0, Kind::boolean);
    case 'J':
      return push_integer(static_cast<std::int32_t>(number(4)));
    case 'K':
      return push_integer(static_cast<std::int64_t>(number(1)));
    case 'M':
      return push_integer(static_cast<std::int64_t>(number(2)));
    case '\x8a':  // LONG1
      return push_long(number(1));
    case 'G': {  // BINFLOAT, big-endian
      std::uint64_t bits = 0;
      for (const std::byte digit : take(8)) bits = bits << 8U | static_cast<std::uint8_t>(digit);
      push(Kind::real)->real = std::bit_cast<double>(bits);
      return;
    }
    case '\x8c':  // SHORT_BINUNICODE
      return push_text(text(number(1)));
    case 'X':
      return push_text(text(number(4)));
    case '\x8d':  // BINUNICODE8
      return push_text(text(number(8)));
    case 'C':  // SHORT_BINBYTES
      return push_text(text(number(1)), Kind::bytes);
    case 'B':
      return push_text(text(number(4)), Kind::bytes);
    case '\x8e':  // BINBYTES8
      return push_text(text(number(8)), Kind::bytes);
    case ']':
    case ')':
    case '\x8f':  // EMPTY_SET
      push(Kind::list);
      return;
    case '}':
      push(Kind::dict);
      return;
    case 't': {
      auto items = pop_to_mark();
      push(Kind::list)->items = std::move(items);
      return;
    }
    case '\x91': {  // FROZENSET
      auto items = pop_to_mark();
      push(Kind::list)->items = std::move(items);
      return;
    }
    case '\x85':
      return push_tuple(1);
    case '\x86':
      return push_tuple(2);
    case '\x87':
      return push_tuple(3);
    case 'a': {
      const PickleValue* item = pop();
      return append({item}, Kind::list, 1);
    }
    case 'e':
    case '\x90':  // ADDITEMS
      return append(pop_to_mark(), Kind::list, 1);
    case 's': {
      const PickleValue* value = pop();
      const PickleValue* key = pop();
      return append({key, value}, Kind::dict, 2);
    }
    case 'u':
      return append(pop_to_mark(), Kind::dict, 2);
    case 'c': {  // GLOBAL
      std::string module = line();
      return push_text(module + "." + line(), Kind::global);
    }
    case '\x93':
      return push_global();
    case 'R':
    case '\x81':  // NEWOBJ
      return call();
    case '\x92': {  // NEWOBJ_EX
      (void)pop();
      return call();
    }
    case 'b': {
      const PickleValue* state = pop();
      top()->state = state;
      return;
    }
    case '\x94':  // MEMOIZE
      return remember(memo_.size());
    case 'q':
      return remember(number(1));
    case 'r':
      return remember(number(4));
    case 'h':
      return recall(number(1));
    case 'j':
      return recall(number(4));
    default:
      fail("operation " + std::to_string(static_cast<unsigned char>(code)) +
           ", which no proxy has");
  }
}

Pickle::Pickle(ByteSpan bytes) : value_(Reader(bytes, values_).run()) {}

}  // namespace proxystore::inline v0::python
