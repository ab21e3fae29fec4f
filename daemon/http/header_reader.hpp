// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <cstddef>

#include "http/request_check.hpp"

namespace krepro::http {

// Reads the header of one request from the pieces it comes in. Its limit counts all of them: the
// parser's own counts only what is behind the fields that earlier pieces held whole, so that a
// client which sends field after field would never reach it.
class HeaderReader {
  public:
    HeaderReader(RequestParser* parser, std::size_t limit);
    // Takes what is in `buffer`. need_more: until the next piece; no error: the header is whole,
    // and what follows it is left in `buffer`.
    boost::system::error_code take(beast::flat_buffer& buffer);

  private:
    RequestParser* parser_;
    std::size_t left_;
};

}  // namespace krepro::http
