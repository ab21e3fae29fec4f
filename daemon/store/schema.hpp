// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "util/result.hpp"

namespace soci {
class session;
}

namespace krepro::store {

// The version that this program writes: the number of migrations it knows.
[[nodiscard]] int schema_version();

// So much of a job's title is listed and searched, in bytes; its document has all of it. An index
// of a mail's whole megabytes would take seconds.
inline constexpr std::size_t k_listed_title = 1000;

// Brings the database from whatever version it has to schema_version(), in one transaction.
// `unavailable` when a newer program wrote it. SQL failures throw soci::soci_error.
util::Result<void> migrate(soci::session& sql);

}  // namespace krepro::store
