// SPDX-License-Identifier: Apache-2.0
#include "exports/suites.hpp"

#include <gtest/gtest.h>

#include "exports/format.hpp"
#include "unit/exports/evidence.hpp"

namespace krepro::exports {
namespace {

using model::OutcomeKind;
using model::VerdictKind;

bool is_red(const std::vector<Suite>& suites) {
    for (const auto& suite : suites)
        if (suite.count(CaseResult::fail) + suite.count(CaseResult::error) > 0) return true;
    return false;
}

TEST(Suites, are_red_exactly_when_the_verdict_is_not_fixed) {
    for (const auto& [kind, name] : model::EnumNames<VerdictKind>::k_names)
        for (const auto outcome : {OutcomeKind::clean, OutcomeKind::other, OutcomeKind::none}) {
            auto evidence = make_evidence(kind);
            evidence.trials[1].outcome->kind = outcome;
            EXPECT_EQ(is_red(suites_of(evidence)), kind != VerdictKind::fixed) << name;
        }
}

TEST(Suites, of_one_kernel_alone_are_red_when_it_shows_the_bug) {
    auto evidence = make_evidence(VerdictKind::reproduced);
    evidence.job.spec.alone = true;
    evidence.trials.pop_back();
    evidence.trials[0].outcome->kind = OutcomeKind::hit;
    ASSERT_EQ(suites_of(evidence).size(), 2U);
    EXPECT_EQ(suites_of(evidence)[0].cases[0].result, CaseResult::fail);
    EXPECT_EQ(suites_of(evidence)[1].cases[0].result, CaseResult::fail);
    evidence.job.verdict->kind = VerdictKind::not_reproduced;
    evidence.trials[0].outcome->kind = OutcomeKind::clean;
    EXPECT_FALSE(is_red(suites_of(evidence)));
    evidence.job.verdict->kind = VerdictKind::inconclusive;
    EXPECT_TRUE(is_red(suites_of(evidence)));
}

TEST(Suites, blame_the_patched_kernel_and_never_the_unpatched_one) {
    struct Row {
        std::size_t trial;
        OutcomeKind outcome;
        CaseResult result;
    };
    const Row rows[] = {
        {0, OutcomeKind::hit, CaseResult::pass},   {0, OutcomeKind::clean, CaseResult::pass},
        {0, OutcomeKind::other, CaseResult::pass}, {0, OutcomeKind::none, CaseResult::skip},
        {1, OutcomeKind::hit, CaseResult::fail},   {1, OutcomeKind::clean, CaseResult::pass},
        {1, OutcomeKind::other, CaseResult::fail}, {1, OutcomeKind::none, CaseResult::skip},
    };
    for (const auto& row : rows) {
        auto evidence = make_evidence(VerdictKind::not_fixed);
        evidence.trials[row.trial].outcome->kind = row.outcome;
        EXPECT_EQ(suites_of(evidence)[row.trial].cases[0].result, row.result)
            << row.trial << model::to_string(row.outcome);
    }
}

TEST(Suites, of_a_job_that_cannot_tell_are_errors_and_not_failures) {
    for (const auto kind :
         {VerdictKind::not_reproduced, VerdictKind::inconclusive, VerdictKind::error})
        EXPECT_EQ(suites_of(make_evidence(kind))[2].cases[0].result, CaseResult::error);
}

TEST(Formats, refuse_a_job_without_a_verdict) {
    auto evidence = make_evidence();
    evidence.job.verdict.reset();
    for (const auto& [format, name] : model::EnumNames<Format>::k_names) {
        const auto text = write(format, evidence, {});
        ASSERT_FALSE(text) << name;
        EXPECT_EQ(text.error().kind, util::ErrorKind::conflict);
    }
}

TEST(Formats, offer_a_tag_only_for_what_was_shown_and_never_give_it) {
    for (const auto& [kind, name] : model::EnumNames<VerdictKind>::k_names) {
        const auto text = write_reply(make_evidence(kind), {});
        EXPECT_EQ(text.find("\nTested-by:"), std::string::npos);
        EXPECT_EQ(text.find("\n# Tested-by:") != std::string::npos, kind == VerdictKind::fixed)
            << name;
    }
}

TEST(Formats, of_a_server_without_an_address_have_no_links) {
    for (const auto& [format, name] : model::EnumNames<Format>::k_names) {
        const auto text = *write(format, make_evidence(), {"1", ""});
        EXPECT_EQ(text.find("/api/v1/"), std::string::npos) << name;
    }
}

}  // namespace
}  // namespace krepro::exports
