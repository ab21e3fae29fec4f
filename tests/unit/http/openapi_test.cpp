// SPDX-License-Identifier: Apache-2.0
// docs/openapi.json against the table of routes, both ways.
#include <gtest/gtest.h>

#include <set>

#include "http/api.hpp"
#include "http/views.hpp"
#include "util/files.hpp"

namespace krepro::http {
namespace {

using model::Json;

Json document() {
    const auto text =
        util::read_file(std::filesystem::path(KREPRO_SOURCE_DIR) / "docs" / "openapi.json");
    EXPECT_TRUE(text) << text.error().to_string();
    return Json::parse(text.value_or("{}"));
}

std::set<std::string> members(const Json& object) {
    std::set<std::string> names;
    for (const auto& [name, value] : object.items()) names.insert(name);
    return names;
}

TEST(OpenApi, every_route_is_documented_and_every_documented_route_is_there) {
    std::set<std::string> served, documented;
    for (const auto& route : Api::routes())
        served.insert(std::string(beast::http::to_string(route.method)) + " " +
                      std::string(route.pattern));
    const auto api = document();
    for (const auto& [path, methods] : api["paths"].items())
        for (const auto& [method, operation] : methods.items())
            documented.insert((method == "get" ? "GET " : "POST ") + path);
    EXPECT_EQ(documented, served);
}

TEST(OpenApi, the_answers_have_the_documented_fields) {
    const auto schemas = document()["components"]["schemas"];
    const auto fields = [&](const char* name) { return members(schemas[name]["properties"]); };
    EXPECT_EQ(members(job_view({}, {}, {})), fields("Job"));
    EXPECT_EQ(members(job_view({}, {}, {})["arms"]["patched"]), fields("Arm"));
    EXPECT_EQ(members(summary_view({})), fields("JobSummary"));
    EXPECT_EQ(members(trial_view({})), fields("Trial"));
    EXPECT_EQ(members(report_view({})), fields("StoredReport"));
    EXPECT_EQ(members(model::to_json(model::Verdict{})), fields("Verdict"));
    EXPECT_EQ(members(model::to_json(model::ArmCounts{})), fields("ArmCounts"));
    EXPECT_EQ(members(model::to_json(model::JobSpec{})), fields("JobSpec"));
    EXPECT_EQ(members(model::to_json(model::Event{})), fields("Event"));
    EXPECT_EQ(members(to_json(Problem{}, "")), fields("Problem"));
    for (const auto& name : schemas["Report"]["required"])
        EXPECT_TRUE(model::to_json(model::Report{}).contains(name.get<std::string>())) << name;
}

}  // namespace
}  // namespace krepro::http
