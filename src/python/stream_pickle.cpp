// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// A message of Python's streams (proxystore 1.1) is "PK\n" and the pickle of
//
//   {'events': [<event>, ...], 'topic': <topic>, 'event_type': 'EVENT_BATCH'}
//
// with events
//
//   {'topic', 'obj', 'metadata', 'event_type': 'NEW_OBJECT'}
//   {'topic', 'key_type': <class of the key>, 'raw_key': [<uuid>], 'evict', 'metadata',
//    'store_config': StoreConfig(...), 'event_type': 'NEW_OBJECT_KEY'}
//   {'topic', 'event_type': 'END_OF_STREAM'}
//
// An object that is written here is the call that reads its stored form, deserialize(b'...'); text
// and bytes are read.
#include <charconv>
#include <string>
#include <string_view>
#include <unordered_map>

#include "pickle_value.hpp"
#include "pickle_writer.hpp"
#include "proxystore/error.hpp"
#include "proxystore/python/stream.hpp"
#include "proxystore/serialize.hpp"
#include "store_pickle.hpp"

namespace proxystore::inline v0::python::detail {

namespace {

using Kind = PickleValue::Kind;

constexpr std::string_view pickle_frame = "PK\n";
constexpr std::string_view cloudpickle_frame = "CP\n";  // the same machine runs it

void write_metadata(PickleWriter& pickle, const StreamMetadata& metadata) {
  pickle.text("metadata").begin_dict();
  for (const auto& [name, value] : metadata) pickle.text(name).text(value);
  pickle.end_dict();
}

void write_item(PickleWriter& pickle, const PickledItem& item, const std::string& topic) {
  pickle.begin_dict().text("topic").text(topic);
  write_metadata(pickle, item.metadata);
  if (item.stored) {
    const StoreConfig& config = item.stored->config;
    pickle.text("key_type").text(key_class(config, "send_message"));
    pickle.text("raw_key").begin_list().text(item.stored->key.to_string()).end_list();
    pickle.text("evict").boolean(item.stored->evict);
    pickle.text("store_config");
    write_config(pickle, config, "send_message");
    pickle.text("event_type").text("NEW_OBJECT_KEY");
  } else {
    if (v0::detail::frame_of(item.object.span()) == v0::detail::cereal_frame) {
      throw UnsupportedError("Python cannot read this item: it is text that is not UTF-8",
                             {.operation = "send_message"});
    }
    pickle.text("obj").global("proxystore.serialize.deserialize").begin_tuple();
    pickle.bytes(item.object.text()).end_tuple().call();
    pickle.text("event_type").text("NEW_OBJECT");
  }
  pickle.end_dict();
}

StreamMetadata read_metadata(const PickleSearch& search, const PickleValue& event) {
  StreamMetadata metadata;
  const PickleValue& dict = search.entry(event, "metadata", Kind::dict);
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const std::string& name =
        search.copied(search.require(dict.items[i], Kind::text, "metadata's name"));
    const PickleValue& value = *dict.items[i + 1];
    if (value.is(Kind::text)) {
      metadata[name] = search.copied(value);
    } else if (value.is(Kind::boolean)) {
      metadata[name] = value.integer != 0 ? "True" : "False";
    } else if (value.is(Kind::integer)) {
      metadata[name] = std::to_string(value.integer);
    } else if (value.is(Kind::real)) {
      char digits[32];
      const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), value.real);
      metadata[name] = std::string(digits, end);
    } else {
      search.refuse("its metadata '" + name.substr(0, 100) + "' is neither text nor a number");
    }
  }
  return metadata;
}

/// Objects by the values that they are made of: who refers to one value shares its bytes.
using SharedObjects = std::unordered_map<const PickleValue*, Bytes>;

/// @p value's text behind @p frame.
Bytes framed(std::string_view frame, const PickleValue& value, SharedObjects& shared) {
  const auto [found, is_new] = shared.try_emplace(&value);
  if (is_new) found->second = Bytes::own(std::string(frame) + value.text);
  return found->second;
}

Bytes read_object(const PickleSearch& search, const PickleValue& event, SharedObjects& shared) {
  const PickleValue* object = event.find("obj");
  if (object == nullptr) search.refuse("it has no obj");
  if (object->is(Kind::text)) return framed(v0::detail::text_frame, *object, shared);
  if (object->is(Kind::bytes)) return framed(v0::detail::bytes_frame, *object, shared);
  if (object->callable() == "proxystore.serialize.deserialize") {  // what is written here
    // A value of its own: the same bytes may be an item as well, with a frame.
    const PickleValue& written = search.require(argument(*object, 0), Kind::bytes, "obj");
    const auto [found, is_new] = shared.try_emplace(object);
    if (is_new) found->second = Bytes::copy_of(search.copied(written));
    return found->second;
  }
  search.refuse("an item that is " + described(*object) +
                " travels in the message; give the producer a store, and it travels there");
}

PickledItem read_item(const PickleSearch& search, const PickleValue& event,
                      std::string_view event_type, SharedObjects& shared) {
  search.spend(sizeof(PickledItem));
  PickledItem item{.metadata = read_metadata(search, event)};
  if (event_type == "NEW_OBJECT") {
    item.object = read_object(search, event, shared);
    return item;
  }
  const PickleValue& key = search.entry(event, "raw_key", Kind::list);
  const PickleValue* uuid = key.items.empty() ? nullptr : key.items.front();
  const PickleValue* config = event.find("store_config");
  if (config == nullptr) search.refuse("it has no store_config");
  item.stored =
      PickledProxy{.key = search.key(search.entry(event, "key_type", Kind::text).text, uuid),
                   .config = search.config(*config)};
  search.read(event, "evict", Kind::boolean, item.stored->evict);
  return item;
}

}  // namespace

Bytes write_batch(const PickledBatch& batch) {
  PickleWriter pickle;
  pickle.begin_dict().text("events").begin_list();
  for (const PickledItem& item : batch.items) write_item(pickle, item, batch.topic);
  if (batch.ends) {
    pickle.begin_dict().text("topic").text(batch.topic);
    pickle.text("event_type").text("END_OF_STREAM").end_dict();
  }
  pickle.end_list().text("topic").text(batch.topic);
  pickle.text("event_type").text("EVENT_BATCH").end_dict();
  return Bytes::own(std::string(pickle_frame) + std::move(pickle).finish());
}

PickledBatch read_batch(ByteSpan message) {
  const PickleSearch search("message of a stream", "next_message", message.size());
  const std::string_view text(reinterpret_cast<const char*>(message.data()), message.size());
  if (!text.starts_with(pickle_frame) && !text.starts_with(cloudpickle_frame)) {
    search.refuse("it begins with neither of Python's frames 'PK' and 'CP'");
  }
  const Pickle pickle(message.subspan(pickle_frame.size()));
  const PickleValue& top = search.require(&pickle.value(), Kind::dict, "batch of events");
  if (search.entry(top, "event_type", Kind::text).text != "EVENT_BATCH") {
    search.refuse("it is no EVENT_BATCH");
  }
  SharedObjects shared;
  PickledBatch batch{.topic = search.entry(top, "topic", Kind::text).text};
  for (const PickleValue* event : search.entry(top, "events", Kind::list).items) {
    search.require(event, Kind::dict, "event");
    const std::string& type = search.entry(*event, "event_type", Kind::text).text;
    if (type == "END_OF_STREAM") {
      batch.ends = true;
    } else if (type == "NEW_OBJECT" || type == "NEW_OBJECT_KEY") {
      batch.items.push_back(read_item(search, *event, type, shared));
    } else {
      search.refuse("it has an event '" + type.substr(0, 100) +
                    "'; known are NEW_OBJECT, NEW_OBJECT_KEY and END_OF_STREAM");
    }
  }
  return batch;
}

}  // namespace proxystore::inline v0::python::detail
