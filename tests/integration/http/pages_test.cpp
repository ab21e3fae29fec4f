// SPDX-License-Identifier: Apache-2.0
// The dashboard's files, and the twins of its pages.
#include "integration/http/http_fixture.hpp"

namespace krepro::http {
namespace {

class WebTest : public HttpTest {
  protected:
    WebTest() {
        options_.web_root = folder_.path() / "web";
        std::filesystem::create_directories(options_.web_root / "assets");
        write("web/index.html", "<!doctype html>index");
        write("web/assets/app-1.js", "js");
        write("web/.secret", "secret");
        write("outside.txt", "out of reach");
        std::filesystem::create_symlink("../outside.txt", options_.web_root / "link.txt");
        start();
    }
    void write(const std::string& name, const std::string& text) const {
        ASSERT_TRUE(util::write_file_atomic(folder_.path() / name, text));
    }
};

TEST_F(WebTest, pages_and_assets_are_served_and_nothing_else) {
    struct Case {
        std::string target;
        unsigned status;
        std::string content_type;
    };
    const std::vector<Case> cases{
        {"/", 200, "text/html; charset=utf-8"},
        {"/jobs/7", 200, "text/html; charset=utf-8"},
        {"/assets/app-1.js", 200, "text/javascript; charset=utf-8"},
        {"/assets/app-2.js", 404, "application/problem+json"},
        {"/.secret", 404, "application/problem+json"},
        {"/link.txt", 404, "application/problem+json"},
        {"/../outside.txt", 404, "application/problem+json"},
        {"/..%2foutside.txt", 404, "application/problem+json"},
        {"/%2e%2e/outside.txt", 404, "application/problem+json"},
        {"//etc/passwd", 404, "application/problem+json"},
        {"/assets", 200, "text/html; charset=utf-8"},
        {"/api/none", 404, "application/problem+json"},
    };
    for (const auto& c : cases) {
        const auto answer = get(c.target);
        EXPECT_EQ(answer.status, c.status) << c.target;
        EXPECT_EQ(answer.content_type, c.content_type) << c.target;
        EXPECT_EQ(answer.body.find("out of reach"), std::string::npos) << c.target;
    }
    EXPECT_EQ(get("/").body, "<!doctype html>index");
}

TEST_F(WebTest, pages_come_with_a_strict_policy) {
    RawClient raw(server_->port());
    raw.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const auto answer = raw.read_all();
    EXPECT_NE(answer.find("Content-Security-Policy: default-src 'self';"), std::string::npos);
    EXPECT_EQ(answer.find("unsafe"), std::string::npos);
}

struct Got {
    std::string head, body;
};

class StaticFileTest : public WebTest {
  protected:
    Got ask(const std::string& path, const std::string& headers) {
        RawClient raw(server_->port());
        raw.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers +
                 "\r\n");
        const auto answer = raw.read_all();
        const auto end = answer.find("\r\n\r\n") + 4;
        return {answer.substr(0, end), answer.substr(end)};
    }
    const std::string script_ = [] {
        std::string text;
        for (int i = 0; i < 2000; ++i) text += "call(" + std::to_string(i) + ");\n";
        return text;
    }();
    const std::string gzip_ = "Accept-Encoding: gzip, deflate\r\n";
};

TEST_F(StaticFileTest, a_script_is_packed_for_those_who_take_gzip_and_whole_for_the_rest) {
    write("web/assets/app-2.js", script_);
    const auto packed = ask("/assets/app-2.js", gzip_);
    EXPECT_NE(packed.head.find("Content-Encoding: gzip\r\n"), std::string::npos) << packed.head;
    EXPECT_NE(packed.head.find("Content-Type: text/javascript"), std::string::npos);
    EXPECT_EQ(packed.body.substr(0, 2), "\x1f\x8b");
    EXPECT_LT(packed.body.size(), script_.size() / 2);
    for (const auto* refusal : {"", "Accept-Encoding: gzip;q=0\r\n"}) {
        const auto plain = ask("/assets/app-2.js", refusal);
        EXPECT_EQ(plain.head.find("Content-Encoding"), std::string::npos) << plain.head;
        EXPECT_EQ(plain.body, script_);
        for (const auto* same : {"Vary: Accept-Encoding\r\n", "immutable\r\n"}) {
            EXPECT_NE(plain.head.find(same), std::string::npos) << plain.head;
            EXPECT_NE(packed.head.find(same), std::string::npos) << packed.head;
        }
    }
}

TEST_F(StaticFileTest, a_page_that_was_not_changed_is_not_sent_again) {
    const auto first = ask("/", gzip_);
    const auto at = first.head.find("ETag: ") + 6;
    const auto tag = first.head.substr(at, first.head.find("\r\n", at) - at);
    const auto again = ask("/jobs/7", gzip_ + "If-None-Match: " + tag + "\r\n");
    EXPECT_EQ(status_in(again.head), 304U) << again.head;
    EXPECT_EQ(again.body, "");
    // What was built anew under a running daemon is seen.
    write("web/index.html", "<!doctype html>another");
    const auto changed = ask("/", gzip_ + "If-None-Match: " + tag + "\r\n");
    EXPECT_EQ(status_in(changed.head), 200U);
    EXPECT_EQ(changed.body, "<!doctype html>another");
}

TEST_F(StaticFileTest, a_large_file_is_sent_from_its_file) {
    const std::string large(3U << 20U, 'x');
    write("web/large.txt", large);
    const auto answer = ask("/large.txt", gzip_);
    EXPECT_EQ(answer.body, large);
    EXPECT_EQ(answer.head.find("Content-Encoding"), std::string::npos);
}

TEST_F(HttpTest, without_a_dashboard_the_api_says_so) {
    start();
    const auto answer = get("/");
    EXPECT_EQ(answer.status, 404U);
    EXPECT_EQ(json_of(answer)["detail"], "the dashboard is not installed");
}

TEST_F(HttpTest, every_page_has_its_twins) {
    start();
    const auto job = add_job("a title");
    in_store([&](store::Store& s) {
        model::StoredReport report;
        report.job = job.id;
        report.report.title = "a splat";
        return s.add_report(report);
    });
    for (const auto* path : {"/jobs", "/jobs/1", "/reports/1", "/host", "/submit"}) {
        const auto json = get(std::string(path) + ".json");
        EXPECT_EQ(json.status, 200U) << path;
        EXPECT_TRUE(model::parse_json(json.body)) << path;
        const auto text = get(std::string(path) + ".txt");
        EXPECT_EQ(text.status, 200U) << path;
        EXPECT_FALSE(text.body.empty()) << path;
    }
    EXPECT_EQ(get("/jobs/1.json").body, get("/api/v1/jobs/1").body);
    EXPECT_NE(get("/jobs/1.txt").body.find("a title"), std::string::npos);
    EXPECT_NE(get("/reports/1.txt").body.find("a splat"), std::string::npos);
}

}  // namespace
}  // namespace krepro::http
