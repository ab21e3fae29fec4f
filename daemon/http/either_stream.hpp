// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <utility>

namespace krepro::http {

// A stream that is plain or TLS, as it was told when it was made: what reads and writes HTTP need
// not know which. `Lower` is the stream over TCP. Does not move: TLS keeps a reference to it.
template <class Lower>
class EitherStream {
  public:
    using executor_type = typename Lower::executor_type;
    using Tls = boost::asio::ssl::stream<Lower&>;

    // TLS with `context`, which outlives the stream; plain when it is null.
    EitherStream(Lower lower, boost::asio::ssl::context* context) : lower_(std::move(lower)) {
        if (context != nullptr) tls_ = std::make_unique<Tls>(lower_, *context);
    }
    EitherStream(const EitherStream&) = delete;
    EitherStream& operator=(const EitherStream&) = delete;

    [[nodiscard]] executor_type get_executor() { return lower_.get_executor(); }
    [[nodiscard]] Lower& lower() { return lower_; }
    // Null when the stream is plain.
    [[nodiscard]] Tls* tls() { return tls_.get(); }

    // The types of the results are written down: Beast asks for them without wanting the bodies.
    template <class Buffers, class Token>
    BOOST_ASIO_INITFN_RESULT_TYPE(Token, void(boost::system::error_code, std::size_t))
    async_read_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto handler, const Buffers& into) {
                if (tls_)
                    tls_->async_read_some(into, std::move(handler));
                else
                    lower_.async_read_some(into, std::move(handler));
            },
            token, buffers);
    }
    template <class Buffers, class Token>
    BOOST_ASIO_INITFN_RESULT_TYPE(Token, void(boost::system::error_code, std::size_t))
    async_write_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto handler, const Buffers& from) {
                if (tls_)
                    tls_->async_write_some(from, std::move(handler));
                else
                    lower_.async_write_some(from, std::move(handler));
            },
            token, buffers);
    }

  private:
    Lower lower_;
    std::unique_ptr<Tls> tls_;
};

}  // namespace krepro::http
