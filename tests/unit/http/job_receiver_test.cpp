// SPDX-License-Identifier: Apache-2.0
#include "http/job_receiver.hpp"

#include <gtest/gtest.h>

namespace krepro::http {
namespace {

TEST(JobReceiver, what_a_job_may_name_is_as_the_server_allows) {
    struct Case {
        const char* url;
        bool over_https;  // taken where only public addresses over TLS are
        bool any;
    };
    const std::vector<Case> cases{
        {"https://ci.example.org/krepro?key=1", true, true},
        {"https://ci.example.org:8443", true, true},
        {"https://8.8.8.8/", true, true},
        {"http://ci.example.org/", false, true},
        {"http://127.0.0.1:9000/hook", false, true},
        {"https://localhost/", false, true},
        {"https://a.localhost/", false, true},
        {"https://127.8.8.8/", false, true},
        {"https://10.1.2.3/", false, true},
        {"https://169.254.169.254/latest", false, true},
        {"https://[::1]/", false, true},
        {"https://[fd00::1]/", false, true},
        {"https://[::ffff:10.0.0.1]/", false, true},
        {"https://user:password@ci.example.org/", false, false},
        {"https://ci.example.org/#x", false, false},
        {"https://", false, false},
        {"ftp://ci.example.org/", false, false},
        {"ci.example.org", false, false},
        {"https://ci.example.org/\r\nX: y", false, false},
        {" https://ci.example.org/", false, false},
    };
    for (const auto& c : cases) {
        EXPECT_FALSE(check_job_receiver(c.url, JobReceivers::none)) << c.url;
        EXPECT_EQ(check_job_receiver(c.url, JobReceivers::public_https).has_value(), c.over_https)
            << c.url;
        const auto any = check_job_receiver(c.url, JobReceivers::any);
        EXPECT_EQ(any.has_value(), c.any) << c.url;
        if (!any) {
            EXPECT_EQ(any.error().where, "field webhook") << c.url;
            EXPECT_NE(any.error().hint, "") << c.url;
        }
    }
}

TEST(JobReceiver, it_is_shown_without_what_may_be_its_secret) {
    EXPECT_EQ(shown_receiver(""), "");
    EXPECT_EQ(shown_receiver("https://ci.example.org"), "https://ci.example.org");
    EXPECT_EQ(shown_receiver("https://ci.example.org/"), "https://ci.example.org");
    EXPECT_EQ(shown_receiver("https://ci.example.org:8443/hook/s3cret"),
              "https://ci.example.org:8443/...");
    EXPECT_EQ(shown_receiver("http://[::1]:80?key=s3cret"), "http://[::1]/...");
}

}  // namespace
}  // namespace krepro::http
