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
