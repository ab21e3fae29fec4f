// SPDX-License-Identifier: Apache-2.0
#include "http/header_reader.hpp"

#include <boost/beast/http/error.hpp>
#include <cstdint>

namespace krepro::http {

using beast::http::error;

HeaderReader::HeaderReader(RequestParser* parser, std::size_t limit)
    : parser_(parser), left_(limit) {
    parser_->header_limit(static_cast<std::uint32_t>(limit));
    parser_->eager(false);
}

boost::system::error_code HeaderReader::take(beast::flat_buffer& buffer) {
    boost::system::error_code result;
    const std::size_t taken = parser_->put(buffer.data(), result);
    buffer.consume(taken);
    if (result && result != error::need_more) return result;
    // A header that is not whole yet holds all that is here.
    const std::size_t waiting = result ? buffer.size() : 0;
    if (taken + waiting > left_) return error::header_limit;
    left_ -= taken;
    return result;
}

}  // namespace krepro::http
