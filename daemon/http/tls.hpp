// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <memory>

#include "util/result.hpp"

namespace krepro::http {

// What a server shows itself with: a PEM file with its certificate and those up to, not including,
// the root, and one with the key, without passphrase. Null when neither is named. `invalid_input`
// or `unavailable` names the file that is missing, unreadable, not PEM, or not of the other.
util::Result<std::unique_ptr<boost::asio::ssl::context>> server_tls(
    const std::filesystem::path& certificate, const std::filesystem::path& key);

// What a client checks servers with: the system's certificates, and those of `more` (PEM) where
// it is named.
util::Result<std::unique_ptr<boost::asio::ssl::context>> client_tls(
    const std::filesystem::path& more);

}  // namespace krepro::http
