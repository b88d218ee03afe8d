// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/config.hpp"

#include "detail/wire.hpp"

namespace proxystore::inline v0 {

namespace {

using detail::WireReader;
using detail::WireWriter;

constexpr std::uint8_t format_version = 1;

enum Flag : std::uint8_t {
  with_metrics = 1U << 0U,
  with_populate_target = 1U << 1U,
  with_auto_register = 1U << 2U,
  with_serializer = 1U << 3U,
  with_deserializer = 1U << 4U,
  with_limits = 1U << 5U,
  all_flags = (1U << 6U) - 1,
};

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
}

void write(WireWriter& out, const ConfigTable& table, int depth);

/// A value is the index of its type in ConfigValue::Variant, then the value.
void write(WireWriter& out, const ConfigValue& value, int depth) {
  if (depth > detail::deepest_options) {
    throw ConfigError("options nested deeper than " + std::to_string(detail::deepest_options) +
                      " levels");
  }
  out.u8(static_cast<std::uint8_t>(value.variant().index()));
  if (const auto* flag = value.get_if<bool>()) out.u8(*flag ? 1 : 0);
  if (const auto* number = value.get_if<std::int64_t>()) out.varint(zigzag(*number));
  if (const auto* number = value.get_if<double>()) out.u64(std::bit_cast<std::uint64_t>(*number));
  if (const auto* text = value.get_if<std::string>()) out.text(*text);
  if (const auto* array = value.get_if<ConfigArray>()) {
    out.varint(array->size());
    for (const auto& item : *array) write(out, item, depth + 1);
  }
  if (const auto* table = value.get_if<ConfigTable>()) write(out, *table, depth + 1);
}

void write(WireWriter& out, const ConfigTable& table, int depth) {
  out.varint(table.size());
  for (const auto& [name, value] : table) {
    out.text(name);
    write(out, value, depth);
  }
}

std::size_t read_count(WireReader& in) {
  const std::uint64_t count = in.varint();
  if (count > in.remaining()) in.fail("more entries are announced than bytes remain");
  return static_cast<std::size_t>(count);
}

ConfigTable read_table(WireReader& in, int depth);

ConfigValue read_value(WireReader& in, int depth) {
  if (depth > detail::deepest_options) in.fail("options nested deeper than 16 levels");
  switch (in.u8()) {
    case 0:
      return in.u8() != 0;
    case 1:
      return unzigzag(in.varint());
    case 2:
      return std::bit_cast<double>(in.u64());
    case 3:
      return in.text();
    case 4: {
      ConfigArray array;
      for (std::size_t n = read_count(in); n > 0; --n) array.push_back(read_value(in, depth + 1));
      return array;
    }
    case 5:
      return read_table(in, depth + 1);
    default:
      in.fail("an option of unknown type");
  }
}

ConfigTable read_table(WireReader& in, int depth) {
  ConfigTable table;
  for (std::size_t n = read_count(in); n > 0; --n) {
    std::string name = in.text();
    if (!table.emplace(std::move(name), read_value(in, depth)).second) in.fail("an option twice");
  }
  return table;
}

}  // namespace

std::string_view ConfigValue::type_name() const noexcept {
  constexpr std::string_view names[] = {"boolean", "integer", "float", "string", "array", "table"};
  return names[value_.index()];
}

Bytes StoreConfig::to_compact() const {
  const StoreConfig defaults;
  const bool limits =
      cache_bytes != defaults.cache_bytes || populate_limit != defaults.populate_limit;
  WireWriter out;
  out.u8(format_version);
  out.u8(static_cast<std::uint8_t>(
      (metrics ? with_metrics : 0) | (populate_target ? with_populate_target : 0) |
      (auto_register ? with_auto_register : 0) | (serializer ? with_serializer : 0) |
      (deserializer ? with_deserializer : 0) | (limits ? with_limits : 0)));
  out.text(name);
  out.text(connector.kind);
  write(out, connector.options, 0);
  out.varint(cache_size);
  if (serializer) out.text(*serializer);
  if (deserializer) out.text(*deserializer);
  if (limits) {
    out.varint(cache_bytes);
    out.varint(populate_limit);
  }
  return Bytes::own(std::move(out).take());
}

StoreConfig StoreConfig::from_compact(ByteSpan compact) {
  WireReader in(compact, "store configuration");
  if (const auto version = in.u8(); version != format_version) {
    in.fail("format " + std::to_string(version) + "; this library reads format 1");
  }
  const std::uint8_t flags = in.u8();
  if ((flags & ~all_flags) != 0) in.fail("unknown flags");
  StoreConfig config;
  config.name = in.text();
  config.connector.kind = in.text();
  config.connector.options = read_table(in, 0);
  config.cache_size = static_cast<std::size_t>(in.varint());
  config.metrics = (flags & with_metrics) != 0;
  config.populate_target = (flags & with_populate_target) != 0;
  config.auto_register = (flags & with_auto_register) != 0;
  if ((flags & with_serializer) != 0) config.serializer = in.text();
  if ((flags & with_deserializer) != 0) config.deserializer = in.text();
  if ((flags & with_limits) != 0) {
    config.cache_bytes = static_cast<std::size_t>(in.varint());
    config.populate_limit = static_cast<std::size_t>(in.varint());
  }
  if (in.remaining() != 0) in.fail("bytes after its end");
  return config;
}

}  // namespace proxystore::inline v0
