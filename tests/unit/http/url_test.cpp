// SPDX-License-Identifier: Apache-2.0
#include "http/url.hpp"

#include <gtest/gtest.h>

namespace krepro::http {
namespace {

TEST(Url, an_address_is_taken_apart) {
    EXPECT_EQ(*parse_url("http://a.example"), (Url{false, "a.example", "80", "/"}));
    EXPECT_EQ(*parse_url("https://a.example/b?c=d"), (Url{true, "a.example", "443", "/b?c=d"}));
    EXPECT_EQ(*parse_url("https://[::1]:8443?x"), (Url{true, "::1", "8443", "/?x"}));
    EXPECT_EQ(parse_url("https://[::1]:8443")->authority(), "[::1]:8443");
    EXPECT_EQ(parse_url("https://a:443/")->authority(), "a");
    EXPECT_EQ(parse_url("http://a:443/")->authority(), "a:443");
}

TEST(Url, what_is_none_is_refused) {
    for (const auto* text :
         {"", "a.example", "ftp://a", "http://", "http://:80", "http://a:0", "http://a:65536",
          "http://a:8x", "http://u@a", "http://u:p@a/", "http://a/#f", "http://a/ b",
          "http://a/\r\nX: y", "http://a\\b", "HTTP://a", "http://a:"})
        EXPECT_FALSE(parse_url(text)) << text;
}

TEST(Url, addresses_that_are_not_on_the_internet_are_known) {
    for (const auto* text : {"127.0.0.1",
                             "10.1.2.3",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.168.1.1",
                             "169.254.169.254",
                             "100.64.0.1",
                             "0.0.0.0",
                             "224.0.0.1",
                             "255.255.255.255",
                             "198.18.0.1",
                             "::",
                             "::1",
                             "fc00::1",
                             "fe80::1",
                             "ff02::1",
                             "::ffff:127.0.0.1",
                             "::ffff:10.0.0.1",
                             "64:ff9b::7f00:1",
                             "2002:7f00:1::",
                             "2001:db8::1",
                             "::7f00:1"})
        EXPECT_TRUE(is_private(boost::asio::ip::make_address(text))) << text;
    for (const auto* text : {"1.1.1.1", "172.15.0.1", "172.32.0.1", "192.167.0.1", "100.128.0.1",
                             "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"})
        EXPECT_FALSE(is_private(boost::asio::ip::make_address(text))) << text;
}

}  // namespace
}  // namespace krepro::http
