// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/http/fields.hpp>
#include <optional>
#include <string_view>

#include "http/problem.hpp"

namespace krepro::http {

// "localhost", 127.0.0.0/8 or [::1], with or without a port.
[[nodiscard]] bool is_loopback_authority(std::string_view authority);

// Who may ask from a browser.
enum class Names {
    any,         // the server listens on more than loopback
    local_only,  // only names of this machine: a page of elsewhere that resolves its own name to
                 // 127.0.0.1 must not read or submit jobs
};
enum class Effect { reads, writes };

// A problem when the Host header is not one the server answers to, or when a page of another
// origin tries to change something.
[[nodiscard]] std::optional<Problem> check_origin(const boost::beast::http::fields& headers,
                                                  Names names, Effect effect);

}  // namespace krepro::http
