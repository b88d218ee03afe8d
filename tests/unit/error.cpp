// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/error.hpp"

#include <string>
#include <type_traits>

#include <gtest/gtest.h>

namespace proxystore {
namespace {

template <class Derived, class Base>
bool is_caught_as() {
  try {
    throw Derived("what happened", ErrorContext{.connector = "file", .operation = "get"});
  } catch (const Base& error) {
    const auto* as_error = dynamic_cast<const Error*>(&error);
    return as_error != nullptr && as_error->what() == std::string("what happened") &&
           as_error->context().connector == "file" && as_error->context().operation == "get";
  } catch (...) {
    return false;
  }
}

TEST(Error, is_caught_by_its_base) {
  EXPECT_TRUE((is_caught_as<ArgumentError, Error>()));
  EXPECT_TRUE((is_caught_as<ConfigError, Error>()));
  EXPECT_TRUE((is_caught_as<UnknownConnectorError, ConfigError>()));
  EXPECT_TRUE((is_caught_as<ConnectorNotBuiltError, ConfigError>()));
  EXPECT_TRUE((is_caught_as<UnsupportedError, Error>()));
  EXPECT_TRUE((is_caught_as<NonProxiableTypeError, Error>()));
  EXPECT_TRUE((is_caught_as<StoreExistsError, StoreError>()));
  EXPECT_TRUE((is_caught_as<StoreConflictError, StoreExistsError>()));
  EXPECT_TRUE((is_caught_as<StoreClosedError, StoreError>()));
  EXPECT_TRUE((is_caught_as<StoreRefusedError, StoreError>()));
  EXPECT_TRUE((is_caught_as<ProxyStoreFactoryError, StoreError>()));
  EXPECT_TRUE((is_caught_as<IntegrityError, SerializationError>()));
  EXPECT_TRUE((is_caught_as<MessageError, SerializationError>()));
  EXPECT_TRUE((is_caught_as<TimeoutError, ConnectorError>()));
  EXPECT_TRUE((is_caught_as<CapacityError, ConnectorError>()));
  EXPECT_TRUE((is_caught_as<AccessError, ConnectorError>()));
}

TEST(Error, is_caught_as_what_the_standard_has) {
  EXPECT_TRUE((is_caught_as<CapacityError, std::runtime_error>()));
  EXPECT_TRUE((is_caught_as<MessageError, std::exception>()));
}

TEST(Error, is_not_caught_as_its_neighbours) {
  EXPECT_FALSE((is_caught_as<StoreError, ConnectorError>()));
  EXPECT_FALSE((is_caught_as<SerializationError, MessageError>()));
  EXPECT_FALSE((std::is_base_of_v<StoreError, ConfigError>));
}

TEST(Error, context_is_empty_unless_given) {
  const Error error("text");
  EXPECT_TRUE(error.context().connector.empty());
  EXPECT_TRUE(error.context().operation.empty());
  EXPECT_FALSE(error.context().key);
}

TEST(ProxyResolveError, keeps_its_cause) {
  const ProxyResolveError error("text", std::make_exception_ptr(CapacityError("full")));
  ASSERT_TRUE(error.cause());
  EXPECT_THROW(std::rethrow_exception(error.cause()), CapacityError);
}

TEST(ProxyResolveMissingKeyError, names_key_and_store) {
  const Key key = Key::random();
  const ProxyResolveMissingKeyError error(key, "file", "tiles");
  EXPECT_EQ(error.key(), key);
  EXPECT_EQ(error.store_type(), "file");
  EXPECT_EQ(error.store_name(), "tiles");
  EXPECT_EQ(error.context().key, key);
  EXPECT_EQ(error.context().connector, "file");
  const std::string text = error.what();
  EXPECT_NE(text.find(key.to_string()), std::string::npos);
  EXPECT_NE(text.find("'tiles' (file)"), std::string::npos);
}

}  // namespace
}  // namespace proxystore
