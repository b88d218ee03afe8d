// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/options_reader.hpp"

#include <algorithm>
#include <utility>

#include "detail/text.hpp"

namespace proxystore::inline v0::detail {

namespace {

thread_local ConfigTable* record = nullptr;

void note(std::string_view name, ConfigValue value) {
  if (record != nullptr) record->insert_or_assign(std::string(name), std::move(value));
}

}  // namespace

OptionsRecord::OptionsRecord(ConfigTable* options) noexcept
    : outer_(std::exchange(record, options)) {}

OptionsRecord::~OptionsRecord() {
  record = outer_;
}

const ConfigValue* OptionsReader::find(std::string_view name) {
  known_.emplace_back(name);
  const auto found = options_.find(name);
  return found == options_.end() ? nullptr : &found->second;
}

void OptionsReader::fail(std::string_view name, const std::string& why) const {
  throw ConfigError(connector_ + " connector: option '" + std::string(name) + "' " + why,
                    {.connector = connector_, .operation = "open"});
}

void OptionsReader::wrong_type(std::string_view name, const ConfigValue& value,
                               std::string_view wanted) const {
  fail(name, "takes " + std::string(wanted) + ", and was given a value of type " +
                 std::string(value.type_name()));
}

void OptionsReader::read(std::string_view name, bool& into) {
  if (const ConfigValue* value = find(name)) {
    const bool* flag = value->get_if<bool>();
    if (flag == nullptr) wrong_type(name, *value, "a boolean");
    into = *flag;
  }
  note(name, into);
}

void OptionsReader::read(std::string_view name, std::string& into) {
  if (const ConfigValue* value = find(name)) {
    const auto* text = value->get_if<std::string>();
    if (text == nullptr) wrong_type(name, *value, "a string");
    into = *text;
  }
  if (!into.empty()) note(name, into);
}

void OptionsReader::read(std::string_view name, std::int64_t& into, std::int64_t least,
                         std::int64_t most) {
  if (const ConfigValue* value = find(name)) {
    const auto* number = value->get_if<std::int64_t>();
    if (number == nullptr) wrong_type(name, *value, "an integer");
    if (*number < least || *number > most) {
      fail(name, "is " + std::to_string(*number) + "; it takes " + std::to_string(least) + " to " +
                     std::to_string(most));
    }
    into = *number;
  }
  if (into >= least && into <= most) note(name, into);  // or else that stands for nothing
}

void OptionsReader::read_list(std::string_view name, std::vector<std::string>& into) {
  if (const ConfigValue* value = find(name)) {
    into.clear();
    const auto* list = value->get_if<ConfigArray>();
    if (const auto* text = value->get_if<std::string>()) {
      into.push_back(*text);
    } else if (list == nullptr) {
      wrong_type(name, *value, "a string or an array of strings");
    } else {
      for (const ConfigValue& one : *list) {
        const auto* item = one.get_if<std::string>();
        if (item == nullptr) wrong_type(name, one, "an array of strings");
        into.push_back(*item);
      }
    }
  }
  if (!into.empty()) note(name, ConfigArray(into.begin(), into.end()));
}

void OptionsReader::read_choice(std::string_view name, std::size_t& into,
                                const std::vector<std::string>& choices) {
  if (const ConfigValue* value = find(name)) {
    const auto* text = value->get_if<std::string>();
    if (text == nullptr) wrong_type(name, *value, "a string");
    const auto found = std::find(choices.begin(), choices.end(), *text);
    if (found == choices.end()) fail(name, "is '" + *text + "'; it takes " + quoted_list(choices));
    into = static_cast<std::size_t>(found - choices.begin());
  }
  if (into < choices.size()) note(name, choices[into]);
}

void OptionsReader::finish() const {
  for (const auto& [name, value] : options_) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    fail(name, "is unknown; known are " + quoted_list(known_));
  }
}

}  // namespace proxystore::inline v0::detail
