// SPDX-License-Identifier: Apache-2.0
#include "model/json.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/job.hpp"
#include "model/job_spec.hpp"
#include "model/small_json.hpp"

namespace krepro::model {
namespace {

TEST(ModelJson, a_job_survives_the_round_trip) {
    Job job;
    job.id = 7;
    job.title = "kernel/fork: \"beware\"";
    job.direction = Direction::reverse;
    job.spec.mail = "Subject: x";
    job.verdict = Verdict{};
    job.verdict->kind = VerdictKind::fixed;
    job.verdict->p_value = 0.04;
    job.expected = Report{};
    job.expected->frames.push_back(
        Frame{"rt_spin_lock", 0x27, 0xe0, true, "", "IRQ", {}, 12, {}, {}, false});
    const auto back = from_json<Job>(to_json(job));
    ASSERT_TRUE(back) << back.error().to_string();
    EXPECT_EQ(*back, job);
}

TEST(ModelJson, an_unknown_field_is_refused_by_its_path) {
    const auto spec = from_json<JobSpec>(Json::parse(R"({"budget":{"walls":3}})"));
    ASSERT_FALSE(spec);
    EXPECT_EQ(spec.error().where, "field budget.walls");
}

TEST(ModelJson, a_wrong_type_is_refused_by_its_path) {
    const auto spec = from_json<JobSpec>(Json::parse(R"({"budget":{"trials":"many"}})"));
    ASSERT_FALSE(spec);
    EXPECT_EQ(spec.error().where, "field budget.trials");
    EXPECT_EQ(spec.error().what, "expected an integer in range, got \"many\"");
}

TEST(ModelJson, a_wrong_enum_name_offers_the_right_ones) {
    const auto spec = from_json<JobSpec>(Json::parse(R"({"workload":"fast"})"));
    ASSERT_FALSE(spec);
    EXPECT_EQ(spec.error().what, "expected verbatim, amplified or auto, got \"fast\"");
}

TEST(ModelJson, an_integer_out_of_range_is_refused) {
    EXPECT_FALSE(from_json<int>(Json::parse("3000000000")));
    EXPECT_FALSE(from_json<int>(Json::parse("1.5")));
    EXPECT_FALSE(from_json<std::uint64_t>(Json::parse("-1")));
}

TEST(ModelJson, deep_nesting_is_refused_without_recursion) {
    EXPECT_FALSE(parse_json(std::string(1000000, '[')));
    EXPECT_TRUE(parse_json(R"({"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[["})"));
}

TEST(ModelJson, an_object_of_very_many_members_is_refused) {
    const auto object = [](int members) {
        std::string text = "{\"0\":0";
        for (int i = 1; i < members; ++i) text += fmt::format(",\"{}\":[1,2]", i);
        return text + "}";
    };
    EXPECT_TRUE(parse_json(object(1000)));
    EXPECT_FALSE(parse_json(object(1001)));
    EXPECT_TRUE(parse_json("[" + object(1000) + "," + object(1000) + "]"));
    EXPECT_FALSE(parse_small_json(R"({"a":[1,2,3,4]})", "JSON", 3));
    EXPECT_TRUE(parse_small_json(R"({"a":[1,2,",,,"]})", "JSON", 3));
}

TEST(ModelJson, what_others_send_is_one_object_and_nothing_behind_it) {
    const std::string object = R"({"a":1})";
    EXPECT_TRUE(parse_small_json(object, "request body", 9));
    for (const auto& tail : {std::string(1, '\0'), std::string("\0{}", 3), std::string("x")}) {
        const auto wrong = parse_small_json(object + tail, "request body", 9);
        ASSERT_FALSE(wrong);
        EXPECT_EQ(wrong.error().what, "not JSON at byte 8");
        EXPECT_EQ(wrong.error().where, "request body");
    }
    for (const auto* other : {"1", "[]", "null", "\"{}\""}) {
        const auto wrong = parse_small_json(other, "request body", 9);
        ASSERT_FALSE(wrong) << other;
        EXPECT_EQ(wrong.error().what, std::string("expected an object, got ") + other);
        EXPECT_EQ(wrong.error().where, "request body");
    }
}

TEST(ModelJson, a_number_that_no_double_holds_is_refused) {
    EXPECT_FALSE(parse_json(R"({"a":1e999})"));
}

TEST(ModelJson, invalid_utf8_can_be_dumped) {
    EXPECT_EQ(dump(Json("a\xff")), "\"a\xef\xbf\xbd\"");
}

TEST(ModelJobSpec, ranges_are_checked_and_named) {
    const auto where = [](const char* text) {
        const auto spec = parse_job_spec(Json::parse(text));
        return spec ? std::string("accepted") : spec.error().where;
    };
    EXPECT_EQ(where(R"({})"), "field mail");
    EXPECT_EQ(where(R"({"mail":"x","confidence":0.5})"), "field confidence");
    EXPECT_EQ(where(R"({"mail":"x","confidence":1})"), "field confidence");
    EXPECT_EQ(where(R"({"mail":"x","budget":{"trials":1}})"), "field budget.trials");
    EXPECT_EQ(where(R"({"mail":"x","budget":{"wall_s":1}})"), "field budget.wall_s");
    EXPECT_EQ(where(R"({"mail":"x","confidence":0.99})"), "accepted");
}

}  // namespace
}  // namespace krepro::model
