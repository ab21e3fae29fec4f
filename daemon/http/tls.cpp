// SPDX-License-Identifier: Apache-2.0
#include "http/tls.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include "util/files.hpp"

namespace krepro::http {

namespace ssl = boost::asio::ssl;
namespace fs = std::filesystem;
using Context = std::unique_ptr<ssl::context>;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

constexpr std::uint64_t k_max_pem_bytes = 1U << 20U;

// Nothing older than TLS 1.2, and no memory for connections that are silent.
Context make_context(ssl::context::method method) {
    auto context = std::make_unique<ssl::context>(method);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
    return context;
}

Result<std::string> read_pem(const fs::path& file, const char* what) {
    auto text = util::read_file(file, k_max_pem_bytes);
    if (text) return text;
    auto error = text.error();
    error.what = fmt::format("the {} cannot be read: {}", what, error.what);
    error.where = file.string();
    error.hint = "name a PEM file that the daemon's user may read";
    return tl::unexpected(std::move(error));
}

util::Error not_usable(const char* what, const fs::path& file, const char* hint) {
    return {ErrorKind::invalid_input, fmt::format("the file holds no usable {}", what),
            file.string(), hint};
}

}  // namespace

Result<Context> server_tls(const fs::path& certificate, const fs::path& key) {
    if (certificate.empty() && key.empty()) return nullptr;
    if (certificate.empty() || key.empty())
        return fail(ErrorKind::invalid_input,
                    certificate.empty() ? "a TLS key is named without its certificate"
                                        : "a TLS certificate is named without its key",
                    certificate.empty() ? key.string() : certificate.string(),
                    "name both: --tls-cert and --tls-key");
    const auto chain = read_pem(certificate, "TLS certificate");
    if (!chain) return tl::unexpected(chain.error());
    const auto secret = read_pem(key, "TLS key");
    if (!secret) return tl::unexpected(secret.error());

    auto context = make_context(ssl::context::tls_server);
    boost::system::error_code error;
    // A key with a passphrase is refused: OpenSSL would ask for it on the terminal.
    context->set_password_callback(
        [](std::size_t, ssl::context::password_purpose) { return std::string(); });
    context->use_certificate_chain(boost::asio::buffer(*chain), error);
    if (error)
        return tl::unexpected(
            not_usable("certificate", certificate, "it must begin with the server's own, in PEM"));
    context->use_private_key(boost::asio::buffer(*secret), ssl::context::pem, error);
    // With a certificate of the same kind there, OpenSSL refuses the key of another one here.
    if (!error && SSL_CTX_check_private_key(context->native_handle()) == 1) return context;
    ssl::context alone(ssl::context::tls_server);
    alone.set_password_callback(
        [](std::size_t, ssl::context::password_purpose) { return std::string(); });
    boost::system::error_code not_a_key;
    alone.use_private_key(boost::asio::buffer(*secret), ssl::context::pem, not_a_key);
    if (not_a_key)
        return tl::unexpected(not_usable("key", key, "it must be PEM, without a passphrase"));
    return fail(ErrorKind::invalid_input, "the TLS key is not the one of the certificate",
                fmt::format("{}, {}", certificate.string(), key.string()),
                "name the two files that were made together");
}

Result<Context> client_tls(const fs::path& more) {
    auto context = make_context(ssl::context::tls_client);
    boost::system::error_code error;
    context->set_default_verify_paths(error);
    context->set_verify_mode(ssl::verify_peer, error);
    if (more.empty()) return context;
    const auto text = read_pem(more, "file of trusted certificates");
    if (!text) return tl::unexpected(text.error());
    context->add_certificate_authority(boost::asio::buffer(*text), error);
    if (error) return tl::unexpected(not_usable("certificate", more, "give certificates in PEM"));
    return context;
}

}  // namespace krepro::http
