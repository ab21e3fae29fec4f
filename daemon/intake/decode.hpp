// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "util/result.hpp"

namespace krepro::intake {

// RFC 2045. Soft line breaks go; a malformed escape stays as it is, as mail programs do.
std::string decode_quoted_printable(std::string_view text);

// RFC 2045; line ends are skipped. `invalid_input` at the first other character.
util::Result<std::string> decode_base64(std::string_view text);

// Text in a named charset as UTF-8: utf-8 and us-ascii as they are, iso-8859-1, iso-8859-15 and
// windows-1252 byte by byte. `invalid_input` names any other.
util::Result<std::string> to_utf8(std::string_view text, std::string_view charset);

}  // namespace krepro::intake
