// SPDX-License-Identifier: Apache-2.0
// The server with a certificate, and the client that checks it.
#include "http/tls.hpp"

#include <cstdlib>

#include "integration/http/certificate.hpp"
#include "integration/http/http_fixture.hpp"

namespace krepro::http {
namespace {

using namespace std::chrono_literals;

class TlsTest : public HttpTest {
  protected:
    TlsTest() : files_(make_certificate(folder_.path(), "server")) {
        options_.tls_certificate = files_.certificate;
        options_.tls_key = files_.key;
        ::setenv("KREPRO_CA_FILE", files_.certificate.c_str(), 1);
    }
    ~TlsTest() override { ::unsetenv("KREPRO_CA_FILE"); }

    [[nodiscard]] Client secure_client(const std::string& host = "localhost") const {
        return *Client::make("https://" + host + ":" + std::to_string(server_->port()));
    }

    CertificateFiles files_;
};

TEST_F(TlsTest, everything_is_served_over_tls) {
    start();
    const auto id = add_job("x").id;
    const std::string console(3U << 20U, 'k');
    const auto hash = *artifacts_.add_bytes(console);
    for (const auto* host : {"localhost", "127.0.0.1"}) {
        const auto answer =
            secure_client(host).send({"GET", "/api/v1/artifacts/" + hash, "", "", ""});
        ASSERT_TRUE(answer) << answer.error().to_string();
        EXPECT_EQ(answer->body.size(), console.size());
    }
    const auto submitted = secure_client().send(
        {"POST", "/api/v1/jobs", "text/plain", "", "Subject: y\n" + std::string(2000000, 'x')});
    ASSERT_TRUE(submitted) << submitted.error().to_string();
    EXPECT_EQ(submitted->status, 202U);
    finish(id);
    int messages = 0;
    const auto followed = secure_client().follow(
        "/api/v1/jobs/1/events", 0,
        [&](const SseMessage&) {
            ++messages;
            return Client::Next::go_on;
        },
        5s);
    EXPECT_TRUE(followed) << followed.error().to_string();
    EXPECT_EQ(messages, 3);  // queued, verdict, done
}

TEST_F(TlsTest, a_certificate_that_nobody_vouches_for_is_refused_by_the_client) {
    start();
    ::unsetenv("KREPRO_CA_FILE");
    const auto answer = secure_client().send({"GET", "/healthz", "", "", ""});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, util::ErrorKind::unavailable);
    EXPECT_NE(answer.error().hint.find("KREPRO_CA_FILE"), std::string::npos);
}

TEST_F(TlsTest, a_certificate_for_another_name_is_refused_by_the_client) {
    start();
    // Any 127.x.x.x leads to the server, which has a certificate for one of them.
    const auto answer = secure_client("127.0.0.2").send({"GET", "/healthz", "", "", ""});
    EXPECT_FALSE(answer);
}

TEST_F(TlsTest, what_is_no_tls_is_closed_and_holds_up_nobody) {
    options_.limits.header_time = 200ms;
    start();
    RawClient plain(server_->port()), silent(server_->port());
    plain.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(plain.read_all().find("HTTP/1.1 200"), std::string::npos);
    EXPECT_EQ(silent.read_all(), "");
    EXPECT_TRUE(secure_client().send({"GET", "/healthz", "", "", ""}));
}

TEST_F(TlsTest, a_stop_does_not_wait_for_clients_that_say_no_farewell) {
    start();
    RawClient silent(server_->port());
    ASSERT_TRUE(secure_client().send({"GET", "/healthz", "", "", ""}));
    const auto before = std::chrono::steady_clock::now();
    stop();
    EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
}

TEST_F(TlsTest, files_that_cannot_be_used_are_named) {
    const auto other = make_certificate(folder_.path(), "other");
    const auto text = folder_.path() / "text";
    ASSERT_TRUE(util::write_file_atomic(text, "no PEM\n"));
    const auto missing = folder_.path() / "missing";
    struct Case {
        std::filesystem::path certificate, key;
        std::string what, where;
    };
    const std::vector<Case> cases{
        {files_.certificate, "", "a TLS certificate is named without its key",
         files_.certificate.string()},
        {"", files_.key, "a TLS key is named without its certificate", files_.key.string()},
        {missing, files_.key, "the TLS certificate cannot be read", missing.string()},
        {files_.certificate, missing, "the TLS key cannot be read", missing.string()},
        {text, files_.key, "the file holds no usable certificate", text.string()},
        {files_.certificate, text, "the file holds no usable key", text.string()},
        {files_.certificate, other.key, "the TLS key is not the one of the certificate",
         files_.certificate.string() + ", " + other.key.string()},
        {files_.key, files_.certificate, "the file holds no usable certificate",
         files_.key.string()},
    };
    for (const auto& c : cases) {
        options_.tls_certificate = c.certificate;
        options_.tls_key = c.key;
        try {
            Services services;
            services.bus = bus_.get();
            const Server server(loop_.get_executor(), options_, services);
            ADD_FAILURE() << "accepted: " << c.what;
        } catch (const util::InfraError& error) {
            EXPECT_EQ(error.error().what.substr(0, c.what.size()), c.what);
            EXPECT_EQ(error.error().where, c.where);
            EXPECT_FALSE(error.error().hint.empty()) << c.what;
        }
    }
    EXPECT_TRUE(*server_tls("", "") == nullptr);
}

}  // namespace
}  // namespace krepro::http
