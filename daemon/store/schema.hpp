// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/result.hpp"

namespace soci {
class session;
}

namespace krepro::store {

// The version that this program writes: the number of migrations it knows.
[[nodiscard]] int schema_version();

// Brings the database from whatever version it has to schema_version(), in one transaction.
// `unavailable` when a newer program wrote it. SQL failures throw soci::soci_error.
util::Result<void> migrate(soci::session& sql);

}  // namespace krepro::store
