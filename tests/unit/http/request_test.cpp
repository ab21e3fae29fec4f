// SPDX-License-Identifier: Apache-2.0
// What is read from a request before anything is done: target, range, origin, job.
#include <gtest/gtest.h>

#include "http/job_request.hpp"
#include "http/origin.hpp"
#include "http/range.hpp"
#include "http/target.hpp"

namespace krepro::http {
namespace {

using beast::http::field;

TEST(HttpTarget, a_target_is_split_before_it_is_decoded) {
    const auto target = parse_target("/api/v1/a%2Fb/?q=x+y%26z&empty&n=1");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, "/api/v1/a%2Fb/");
    EXPECT_EQ(target->segments, (std::vector<std::string>{"api", "v1", "a/b"}));
    EXPECT_EQ(target->parameter("q"), "x y&z");
    EXPECT_EQ(target->parameter("empty"), "");
    EXPECT_EQ(target->parameter("n"), "1");
    EXPECT_EQ(target->parameter("none"), std::nullopt);
    EXPECT_TRUE(parse_target("/")->segments.empty());
}

TEST(HttpTarget, what_is_no_target_is_refused) {
    for (const auto* text : {"", "api", "http://x/", "*", "/%", "/%4", "/%zz", "/a%00b", "/?a=%0",
                             "/?a=%00", "/?a=1&a=2"})
        EXPECT_FALSE(parse_target(text)) << text;
}

TEST(HttpTarget, an_unknown_parameter_is_named) {
    const auto target = parse_target("/jobs?stage=done&colour=red");
    EXPECT_TRUE(refuse_unknown_parameters(*target, {"stage", "colour"}));
    const auto refused = refuse_unknown_parameters(*target, {"stage", "verdict"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().where, "parameter colour");
    EXPECT_EQ(refused.error().hint, "known are stage, verdict");
}

TEST(HttpTarget, an_id_is_a_positive_number_and_nothing_else) {
    EXPECT_EQ(parse_id("1"), 1);
    EXPECT_EQ(parse_id("9223372036854775807"), INT64_MAX);
    for (const auto* text : {"", "0", "01", "-1", "+1", " 1", "1 ", "1x", "0x1", "1.0",
                             "9223372036854775808", "99999999999999999999999"})
        EXPECT_EQ(parse_id(text), std::nullopt) << text;
}

TEST(HttpRange, a_range_is_chosen_as_rfc_9110_says) {
    using Kind = RangeChoice::Kind;
    struct Case {
        const char* header;
        std::uint64_t size;
        RangeChoice choice;
    };
    const std::vector<Case> cases{
        {"", 10, {Kind::whole, 0, 10}},
        {"bytes=0-0", 10, {Kind::part, 0, 1}},
        {"bytes=2-5", 10, {Kind::part, 2, 4}},
        {"bytes=2-", 10, {Kind::part, 2, 8}},
        {"bytes=2-99", 10, {Kind::part, 2, 8}},
        {"bytes=-3", 10, {Kind::part, 7, 3}},
        {"bytes=-30", 10, {Kind::part, 0, 10}},
        {"BYTES = 2-5", 10, {Kind::whole, 0, 10}},
        {"Bytes= 2-5 ", 10, {Kind::part, 2, 4}},
        {"bytes=10-", 10, {Kind::unsatisfiable, 0, 0}},
        {"bytes=10-20", 10, {Kind::unsatisfiable, 0, 0}},
        {"bytes=-0", 10, {Kind::unsatisfiable, 0, 0}},
        {"bytes=0-", 0, {Kind::unsatisfiable, 0, 0}},
        {"bytes=-5", 0, {Kind::unsatisfiable, 0, 0}},
        {"bytes=0-18446744073709551616", 10, {Kind::part, 0, 10}},
        {"bytes=99999999999999999999999-", 10, {Kind::unsatisfiable, 0, 0}},
        {"bytes=5-2", 10, {Kind::whole, 0, 10}},
        {"bytes=0-1,3-4", 10, {Kind::whole, 0, 10}},
        {"bytes=x-1", 10, {Kind::whole, 0, 10}},
        {"bytes=1-x", 10, {Kind::whole, 0, 10}},
        {"bytes=-", 10, {Kind::whole, 0, 10}},
        {"bytes=1", 10, {Kind::whole, 0, 10}},
        {"bytes=--1", 10, {Kind::whole, 0, 10}},
        {"lines=0-1", 10, {Kind::whole, 0, 10}},
    };
    for (const auto& c : cases)
        EXPECT_EQ(choose_range(c.header, c.size), c.choice) << c.header << " of " << c.size;
}

TEST(HttpOrigin, loopback_is_known_by_name_and_by_number) {
    for (const auto* name : {"localhost", "localhost:8734", "a.localhost", "127.0.0.1",
                             "127.0.0.1:80", "127.8.9.1", "[::1]", "[::1]:8734"})
        EXPECT_TRUE(is_loopback_authority(name)) << name;
    for (const auto* name : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                             "10.0.0.1", "[::2]", "[", "0x7f.1"})
        EXPECT_FALSE(is_loopback_authority(name)) << name;
}

TEST(HttpOrigin, a_foreign_page_neither_reads_nor_writes) {
    struct Case {
        const char* host;
        const char* origin;
        Names names;
        Effect effect;
        bool allowed;
    };
    const std::vector<Case> cases{
        {"127.0.0.1:8734", "", Names::local_only, Effect::writes, true},
        {"localhost:8734", "http://localhost:8734", Names::local_only, Effect::writes, true},
        {"localhost:8734", "http://localhost:5173", Names::local_only, Effect::writes, true},
        {"evil.example:8734", "", Names::local_only, Effect::reads, false},
        {"127.0.0.1:8734", "https://evil.example", Names::local_only, Effect::writes, false},
        {"127.0.0.1:8734", "null", Names::local_only, Effect::writes, false},
        {"127.0.0.1:8734", "https://evil.example", Names::local_only, Effect::reads, true},
        {"krepro.example", "", Names::any, Effect::writes, true},
        {"krepro.example", "https://krepro.example", Names::any, Effect::writes, true},
        {"krepro.example", "https://evil.example", Names::any, Effect::writes, false},
        {"krepro.example", "http://localhost", Names::any, Effect::writes, false},
    };
    for (const auto& c : cases) {
        beast::http::fields headers;
        headers.set(field::host, c.host);
        if (*c.origin != '\0') headers.set(field::origin, c.origin);
        EXPECT_EQ(!check_origin(headers, c.names, c.effect), c.allowed)
            << c.host << " from " << c.origin;
    }
}

Call call_with(const std::string& target, const std::string& type, const std::string& body) {
    Call call;
    call.target = *parse_target(target);
    if (!type.empty()) call.headers.set(field::content_type, type);
    call.body = body;
    return call;
}

TEST(JobRequest, a_mail_takes_its_options_from_the_query) {
    const auto spec = read_job_request(
        call_with("/api/v1/jobs?tree=t&profile=p&workload=auto&confidence=0.99&wall_s=60&trials=8",
                  "Message/RFC822; charset=utf-8", "Subject: x\n"));
    ASSERT_TRUE(spec) << spec.error().to_string();
    EXPECT_EQ(spec->mail, "Subject: x\n");
    EXPECT_EQ(spec->tree, "t");
    EXPECT_EQ(spec->profile, "p");
    EXPECT_EQ(spec->workload, model::WorkloadForm::automatic);
    EXPECT_EQ(spec->confidence, 0.99);
    EXPECT_EQ(spec->budget, (model::Budget{60, 8}));
}

TEST(JobRequest, a_mail_alone_has_the_defaults) {
    const auto spec = read_job_request(call_with("/api/v1/jobs", "", "Subject: x\n"));
    ASSERT_TRUE(spec);
    model::JobSpec expected;
    expected.mail = "Subject: x\n";
    EXPECT_EQ(*spec, expected);
}

TEST(JobRequest, json_is_the_specification) {
    const auto spec =
        read_job_request(call_with("/api/v1/jobs", "application/json",
                                   R"({"mail":"m","budget":{"trials":9},"script":"true"})"));
    ASSERT_TRUE(spec) << spec.error().to_string();
    EXPECT_EQ(spec->budget.trials, 9);
    EXPECT_EQ(spec->script, "true");
}

TEST(JobRequest, what_is_wrong_is_named) {
    struct Case {
        const char* target;
        const char* type;
        const char* body;
        const char* where;
    };
    const std::vector<Case> cases{
        {"/j", "text/plain", "", "field mail"},
        {"/j?confidence=0.5", "text/plain", "m", "field confidence"},
        {"/j?confidence=1", "text/plain", "m", "field confidence"},
        {"/j?confidence=nan", "text/plain", "m", "field confidence"},
        {"/j?confidence=0.9x", "text/plain", "m", "field confidence"},
        {"/j?trials=1.5", "text/plain", "m", "field budget.trials"},
        {"/j?wall_s=1", "text/plain", "m", "field budget.wall_s"},
        {"/j?workload=fast", "text/plain", "m", "field workload"},
        {"/j?speed=1", "text/plain", "m", "parameter speed"},
        {"/j?tree=x", "application/json", R"({"mail":"m"})", "parameter tree"},
        {"/j", "application/json", "{", "request body"},
        {"/j", "application/json", R"({"mail":1})", "field mail"},
        {"/j", "application/json", R"({"mail":"m","speed":1})", "field speed"},
    };
    for (const auto& c : cases) {
        const auto spec = read_job_request(call_with(c.target, c.type, c.body));
        ASSERT_FALSE(spec) << c.target << " " << c.body;
        EXPECT_EQ(spec.error().where, c.where) << c.target << " " << c.body;
    }
}

TEST(JobRequest, the_media_types_of_mails_and_of_curl_are_taken) {
    for (const auto* type :
         {"", "text/plain", "message/rfc822", "application/mbox", "application/octet-stream",
          "application/x-www-form-urlencoded", "application/json"})
        EXPECT_TRUE(is_job_media_type(type)) << type;
    for (const auto* type : {"text/html", "multipart/form-data", "image/png", "json"})
        EXPECT_FALSE(is_job_media_type(type)) << type;
    EXPECT_EQ(media_type("Text/Plain ; charset=x"), "text/plain");
}

}  // namespace
}  // namespace krepro::http
