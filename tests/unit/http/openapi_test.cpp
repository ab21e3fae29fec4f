// SPDX-License-Identifier: Apache-2.0
// docs/openapi.json against the table of routes, both ways.
#include <gtest/gtest.h>

#include <cctype>
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
        for (const auto& [method, operation] : methods.items()) {
            std::string upper = method;
            for (char& c : upper) c = static_cast<char>(std::toupper(c));
            documented.insert(upper + " " + path);
        }
    EXPECT_EQ(documented, served);
}

TEST(OpenApi, the_answers_have_the_documented_fields) {
    const auto schemas = document()["components"]["schemas"];
    const auto fields = [&](const char* name) { return members(schemas[name]["properties"]); };
    EXPECT_EQ(members(job_view({}, {}, {})), fields("Job"));
    EXPECT_EQ(members(job_view({}, {}, {})["arms"]["patched"]), fields("Arm"));
    EXPECT_EQ(members(summary_view({})), fields("JobSummary"));
    const std::vector<BisectionStepParts> steps(1);
    const auto bisection = bisection_view({model::Bisection{}, steps});
    EXPECT_EQ(members(bisection), fields("Bisection"));
    EXPECT_EQ(members(bisection["steps"][0]), fields("BisectionStep"));
    EXPECT_EQ(members(bisection_summary({})), fields("BisectionSummary"));
    EXPECT_EQ(members(model::to_json(model::BisectionSpec{})), fields("BisectionSpec"));
    EXPECT_EQ(members(model::to_json(model::BisectionResult{})), fields("BisectionResult"));
    EXPECT_EQ(members(trial_view({})), fields("Trial"));
    EXPECT_EQ(members(report_view({})), fields("StoredReport"));
    EXPECT_EQ(members(model::to_json(model::Verdict{})), fields("Verdict"));
    EXPECT_EQ(members(model::to_json(model::ArmCounts{})), fields("ArmCounts"));
    EXPECT_EQ(members(model::to_json(model::JobSpec{})), fields("JobSpec"));
    EXPECT_EQ(members(model::to_json(model::Event{})), fields("Event"));
    EXPECT_EQ(members(to_json(Problem{}, "")), fields("Problem"));
    EXPECT_EQ(members(host_view({})), fields("Host"));
    EXPECT_EQ(members(sighting_view({})), fields("Sighting"));
    EXPECT_EQ(members(preview_view({{}, {}, model::Workload{}, model::Workload{}, {}})),
              fields("Preview"));
}

TEST(OpenApi, the_parts_of_the_answers_have_the_documented_fields) {
    using model::to_json;
    const auto schemas = document()["components"]["schemas"];
    const std::vector<std::pair<const char*, Json>> parts{
        {"Report", to_json(model::Report{})},
        {"Frame", to_json(model::Frame{})},
        {"WaitType", to_json(model::WaitType{})},
        {"LockUsage", to_json(model::LockUsage{})},
        {"Lock", to_json(model::Lock{})},
        {"Context", to_json(model::Context{})},
        {"IrqState", to_json(model::IrqState{})},
        {"IrqEvent", to_json(model::IrqEvent{})},
        {"ChainLink", to_json(model::ChainLink{})},
        {"LockStateOrigin", to_json(model::LockStateOrigin{})},
        {"ScenarioStep", to_json(model::ScenarioStep{})},
        {"LockdepDetail", to_json(model::LockdepDetail{})},
        {"SyzbotView", to_json(model::SyzbotView{})},
        {"Match", to_json(model::Match{})},
        {"Mail", to_json(model::Mail{})},
        {"PatchFile", to_json(model::PatchFile{})},
        {"Trailer", to_json(model::Trailer{})},
        {"Reproducer", to_json(model::Reproducer{})},
        {"Checkout", to_json(model::Checkout{})},
        {"Build", to_json(model::Build{})},
        {"Workload", to_json(model::Workload{})},
        {"TrialOutcome", to_json(model::TrialOutcome{})},
        {"JobProblem", to_json(model::Problem{})},
        {"Budget", to_json(model::Budget{})},
        {"HostFinding", to_json(model::HostFinding{})},
        {"DiskUse", to_json(model::DiskUse{})},
        {"TreeUse", to_json(model::TreeUse{})},
        {"TreeInfo", to_json(model::TreeInfo{})},
        {"ProfileInfo", to_json(model::ProfileInfo{})},
        {"TreeAnswer", to_json(model::TreeAnswer{})},
        {"Estimate", to_json(model::Estimate{})},
        {"EstimatePart", to_json(model::EstimatePart{})},
    };
    for (const auto& [name, part] : parts)
        EXPECT_EQ(members(part), members(schemas[name]["properties"])) << name;
}

TEST(OpenApi, every_schema_that_is_named_is_there) {
    const auto api = document();
    const auto text = api.dump();
    const std::string head = "\"#/components/schemas/";
    for (auto at = text.find(head); at != std::string::npos; at = text.find(head, at + 1)) {
        const auto begin = at + head.size();
        const auto name = text.substr(begin, text.find('"', begin) - begin);
        EXPECT_TRUE(api["components"]["schemas"].contains(name)) << name;
    }
}

}  // namespace
}  // namespace krepro::http
