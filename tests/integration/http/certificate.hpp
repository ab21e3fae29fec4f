// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace krepro::http {

struct CertificateFiles {
    std::filesystem::path certificate, key;
};

// A key and a certificate for localhost and 127.0.0.1 that it signed itself, good for an hour, as
// PEM files `name`.crt and `name`.key in the folder.
CertificateFiles make_certificate(const std::filesystem::path& folder, const std::string& name);

}  // namespace krepro::http
