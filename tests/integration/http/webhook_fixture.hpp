// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "http/webhooks.hpp"
#include "integration/http/http_fixture.hpp"
#include "integration/http/receiver.hpp"

namespace krepro::http {

// A server, and beside it what tells of the ends of its jobs.
class WebhookTest : public HttpTest {
  protected:
    WebhookTest();
    ~WebhookTest() override;

    // From here on; `url` is the daemon's own receiver, or nobody.
    void tell(const std::string& url);
    void stop_telling();
    std::int64_t end_a_job(const std::string& title);

    WebhookOptions hook_;

  private:
    bool started();

    std::unique_ptr<Webhooks> hooks_;
    std::atomic<int> running_{0};
};

// By OpenSSL alone, as a receiver would.
std::string signature_of(const std::string& body);

std::string header(const Receiver::Request& request, const char* name);

}  // namespace krepro::http
