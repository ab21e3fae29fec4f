// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "util/result.hpp"

namespace krepro::http {

// Which addresses a job may name to be told of its end.
enum class JobReceivers {
    none,          // there is no secret to sign with
    public_https,  // on the Internet, over TLS
    any,           // plain HTTP and private networks too
};

// Whether the address, which is not empty, is one of these. A name is not resolved: what it leads
// to is looked at when it is connected to. The error names the field.
util::Result<void> check_job_receiver(const std::string& url, JobReceivers allowed);

// The address as it is shown: its path and query may hold a secret of the receiver's, and everybody
// who may read jobs sees them.
[[nodiscard]] std::string shown_receiver(std::string_view url);

}  // namespace krepro::http
