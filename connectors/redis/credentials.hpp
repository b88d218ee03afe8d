// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What a process shows to servers, and to which. A proxy names a server, and whoever sent it may
/// have chosen that: so it says neither where a password is to be read nor which certificate is to
/// be shown. These come from stores that the program itself opened, or from variables of known
/// names.

#include "options.hpp"

namespace proxystore::inline v0::redis {

/// Remembers where the program told us to find its credentials for the server of @p settings, if it
/// did. @threadsafe
void remember_credentials(const Settings& settings);

/// Settings that came from elsewhere, with the credentials of this program for that server in place
/// of theirs. @threadsafe
[[nodiscard]] Settings with_own_credentials(Settings settings);

/// Settings without anything about credentials, to be handed on.
[[nodiscard]] Settings without_credentials(Settings settings);

}  // namespace proxystore::inline v0::redis
