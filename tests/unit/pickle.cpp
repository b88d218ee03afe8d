// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Pickles that are damaged, hostile or of something else. That Python takes ours, and the reverse,
// is shown in tests/python.
#include "proxystore/python/pickle.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/temporary_folder.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/proxystore.hpp"

namespace proxystore::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

ByteSpan span_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

class Pickle : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::shared_ptr<Store> store_ =
      Store::create("pickled", FileOptions{.store_dir = folder_.path()});
  ~Pickle() override { store_->close(); }
};

TEST_F(Pickle, names_key_and_store_and_whether_to_evict) {
  const auto proxy = store_->proxy(std::string("object"), {.evict = true});
  const Bytes pickle = python::to_pickle(proxy);
  EXPECT_LT(pickle.size(), 700U);
  const auto read = python::detail::read_proxy(pickle.span());
  EXPECT_EQ(read.key.to_string(), proxy.key().to_string());
  EXPECT_EQ(read.config.name, "pickled");
  EXPECT_EQ(read.config.connector.options.at("store_dir"), ConfigValue(folder_.path().string()));
  EXPECT_EQ(read.config.connector.options.at("clear"), ConfigValue(false));
  EXPECT_TRUE(read.evict);
  EXPECT_EQ(python::from_pickle<std::string>(pickle.span()).copy(), "object");
  EXPECT_FALSE(store_->exists(proxy.key()));
}

TEST_F(Pickle, cut_or_changed_anywhere_is_a_named_error_or_a_proxy) {
  const std::string whole(python::to_pickle(store_->proxy(std::string("object"))).text());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW((void)python::from_pickle<std::string>(span_of(whole.substr(0, size))),
                 MessageError);
  }
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char other : {'\x00', '\x28', '\x94', '\xff', 'R', '}', 't', 'h'}) {
      std::string changed = whole;
      changed[at] = other;
      try {
        (void)python::detail::read_proxy(span_of(changed));
      } catch (const MessageError&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, static_cast<int>(whole.size()));
}

TEST_F(Pickle, anything_else_is_refused_by_name) {
  const auto read = [](const std::string& text) {
    return [text] { (void)python::from_pickle<std::string>(span_of(text)); };
  };
  const std::string proto("\x80\x04", 2);
  EXPECT_THAT(read(proto + "cos\nsystem\n(\x8c\x02lstR."),
              ThrowsMessage<MessageError>(HasSubstr("'os.system'")));
  EXPECT_THAT(read(proto + "N."), ThrowsMessage<MessageError>(HasSubstr("no proxy")));
  EXPECT_THAT(read(proto + "]\x94h" + std::string(1, '\0') + "a."),
              ThrowsMessage<MessageError>(HasSubstr("no proxy")))
      << "a list in itself";
  EXPECT_THAT(read(proto + "i"), ThrowsMessage<MessageError>(HasSubstr("operation 105")));
  EXPECT_THAT(read("\x80\x09."), ThrowsMessage<MessageError>(HasSubstr("protocol 9")));
  EXPECT_THAT(read(proto + "\x8d\xff\xff\xff\xff\xff\xff\xff\xff."),
              ThrowsMessage<MessageError>(HasSubstr("too early")));
  EXPECT_THAT(read(proto + "h\x05."), ThrowsMessage<MessageError>(HasSubstr("remembered")));
  EXPECT_THAT(read(""), ThrowsMessage<MessageError>(HasSubstr("byte 0")));
}

TEST_F(Pickle, options_without_end_are_refused) {
  // StoreConfig.model_validate({"name": "n", "connector": {"kind": "file", "options": <itself>}})
  const auto text = [](const std::string& word) {
    return "\x8c" + std::string(1, static_cast<char>(word.size())) + word;
  };
  const auto global = [&](const std::string& module, const std::string& name) {
    return text(module) + text(name) + "\x93";
  };
  const std::string key = "12345678-1234-4234-8234-123456789abc";
  const std::string options = "}q\x07(" + text("a") + "h\x07u";
  const std::string config = "}(" + text("name") + text("n") + text("connector") + "}(" +
                             text("kind") + text("file") + text("options") + options + "uu";
  const std::string pickle =
      std::string("\x80\x04", 2) + global("proxystore.proxy", "_proxy_trampoline") + "(" +
      global("proxystore.store.factory", "StoreFactory") + "(" +
      global("proxystore.connectors.file", "FileKey") + "(" + text(key) + "tR" +
      global("proxystore.store.config", "StoreConfig.model_validate") + "(" + config + "tRtRNNtR.";
  EXPECT_THAT([&] { (void)python::from_pickle<std::string>(span_of(pickle)); },
              ThrowsMessage<MessageError>(HasSubstr("no end")));
}

TEST_F(Pickle, stores_that_python_cannot_open_are_told) {
  const auto local = Store::create("pickled-local", LocalOptions{});
  EXPECT_THAT([&] { (void)python::to_pickle(local->proxy(std::string("object"))); },
              ThrowsMessage<UnsupportedError>(HasSubstr("'local'")));
  local->close();
  const TemporaryFolder folder;
  const auto fanned =
      Store::create("pickled-fanned", FileOptions{.store_dir = folder.path(), .fanout = 1});
  EXPECT_THAT([&] { (void)python::to_pickle(fanned->proxy(std::string("object"))); },
              ThrowsMessage<UnsupportedError>(HasSubstr("'fanout'")));
  fanned->close();
}

}  // namespace
}  // namespace proxystore::testing
