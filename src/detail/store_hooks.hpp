// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once

namespace proxystore::inline v0::detail {

/// Has @p function called each time before close_registered_stores() closes them: it ends what
/// still needs stores. Defined with the registry.
void call_before_stores_close(void (*function)() noexcept);

}  // namespace proxystore::inline v0::detail
