// SPDX-License-Identifier: Apache-2.0
// The consoles of the zoo against its manifest: what `krepro selftest` asks for in VMs, without a
// VM.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "report/scanner.hpp"
#include "util/files.hpp"
#include "zoo/judge.hpp"
#include "zoo/manifest.hpp"

namespace krepro::zoo {

namespace {

namespace fs = std::filesystem;

const fs::path k_source(KREPRO_SOURCE_DIR);

std::vector<Bug> shipped_bugs() {
    return util::value_or_throw(read_manifest(k_source / "kernels/zoo/zoo.toml"));
}

fs::path golden_of(const Bug& bug) {
    return k_source / "tests/golden/report" / ("zoo-" + bug.name + ".log");
}

// Without the golden's head.
std::string console_of(const fs::path& golden) {
    const auto text = util::value_or_throw(util::read_file(golden));
    return text.substr(text.find("\n\n") + 2);
}

}  // namespace

// Found by GoogleTest in the type's own namespace.
void PrintTo(const Bug& bug, std::ostream* out) {
    *out << bug.name;
}

namespace {

class ZooGolden : public testing::TestWithParam<Bug> {};

TEST_P(ZooGolden, is_recognized_as_the_manifest_says) {
    const auto reports = report::parse(console_of(golden_of(GetParam())), report::Notices::kept);
    const auto finding = judge(GetParam(), reports);
    EXPECT_TRUE(finding.recognized)
        << finding.title << ": " << testing::PrintToString(finding.wrong);
}

TEST_P(ZooGolden, gives_the_same_reports_in_any_chunking) {
    const auto console = console_of(golden_of(GetParam()));
    const auto whole = report::parse(console, report::Notices::kept);
    for (const std::size_t size : {1U, 7U, 64U, 1000U}) {
        report::Scanner scanner(report::Notices::kept);
        std::vector<model::Report> pieces;
        const auto add = [&](const std::vector<model::Report>& reports) {
            pieces.insert(pieces.end(), reports.begin(), reports.end());
        };
        for (std::size_t at = 0; at < console.size(); at += size)
            add(scanner.feed(console.substr(at, size)));
        add(scanner.flush());
        EXPECT_EQ(pieces, whole) << size;
    }
}

std::vector<Bug> recorded_bugs() {
    std::vector<Bug> bugs;
    for (Bug& bug : shipped_bugs())
        if (fs::exists(golden_of(bug))) bugs.push_back(std::move(bug));
    return bugs;
}

INSTANTIATE_TEST_SUITE_P(Report, ZooGolden, testing::ValuesIn(recorded_bugs()),
                         [](const auto& bug) { return bug.param.name; });

TEST(ZooGoldens, each_is_of_a_bug_in_the_manifest_and_there_are_many_kinds) {
    std::set<std::string> known;
    std::set<std::string> kinds;
    for (const Bug& bug : shipped_bugs()) {
        known.insert(golden_of(bug).filename());
        if (fs::exists(golden_of(bug))) kinds.insert(bug.kind);
    }
    for (const auto& entry : fs::directory_iterator(k_source / "tests/golden/report")) {
        const std::string name = entry.path().filename();
        EXPECT_TRUE(!name.starts_with("zoo-") || known.contains(name)) << name;
    }
    EXPECT_GE(kinds.size(), 30U);
}

}  // namespace
}  // namespace krepro::zoo
