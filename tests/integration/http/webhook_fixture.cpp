// SPDX-License-Identifier: Apache-2.0
#include "integration/http/webhook_fixture.hpp"

#include <openssl/hmac.h>

#include <fstream>

namespace krepro::http {

using namespace std::chrono_literals;

namespace {
constexpr auto k_secret = "0123456789abcdef0123456789abcdef";
}

WebhookTest::WebhookTest() {
    hook_.secret_file = folder_.path() / "secret";
    std::ofstream(hook_.secret_file) << k_secret << "\n";
    hook_.allow_private = true;
    hook_.first_pause = 20ms;
    hook_.try_time = 5s;
    job_receivers_ = JobReceivers::any;
    start();
}

WebhookTest::~WebhookTest() {
    stop_telling();
}

void WebhookTest::tell(const std::string& url) {
    hook_.url = url;
    on_loop([&] {
        hooks_ = std::make_unique<Webhooks>(&store_, bus_.get(), hook_);
        for (auto& teller : hooks_->tellers()) {
            ++running_;
            boost::asio::co_spawn(loop_, teller.run(), [this](const std::exception_ptr& failure) {
                EXPECT_FALSE(failure);
                --running_;
            });
        }
    });
    // A job that was there before must be behind the point at which telling starts.
    for (int i = 0; i < 200 && !started(); ++i) std::this_thread::sleep_for(10ms);
}

void WebhookTest::stop_telling() {
    if (!hooks_) return;
    on_loop([&] { hooks_->stop(); });
    on_loop([&] { bus_->notify(); });
    const auto before = std::chrono::steady_clock::now();
    while (running_ > 0 && std::chrono::steady_clock::now() - before < 10s)
        std::this_thread::sleep_for(5ms);
    EXPECT_EQ(running_, 0) << "telling did not end";
    EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
    on_loop([&] { hooks_.reset(); });
}

bool WebhookTest::started() {
    return in_store([&](store::Store& s) {
        for (const auto& teller : hooks_->tellers())
            if (!s.fact(teller.fact())) return false;
        return true;
    });
}

std::int64_t WebhookTest::end_a_job(const std::string& title) {
    const auto id = add_job(title).id;
    finish(id);
    return id;
}

std::string signature_of(const std::string& body) {
    unsigned char digest[32];
    unsigned int size = 0;
    HMAC(EVP_sha256(), k_secret, 32, reinterpret_cast<const unsigned char*>(body.data()),
         body.size(), digest, &size);
    std::string text = "sha256=";
    for (const auto byte : digest) {
        constexpr auto k_digits = "0123456789abcdef";
        text += k_digits[byte >> 4U];
        text += k_digits[byte & 15U];
    }
    return text;
}

std::string header(const Receiver::Request& request, const char* name) {
    const auto value = request[name];
    return {value.data(), value.size()};
}

}  // namespace krepro::http
