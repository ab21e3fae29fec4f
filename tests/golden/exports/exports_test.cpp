// SPDX-License-Identifier: Apache-2.0
// Each *.json here is what is known of a job; beside it is what every format makes of it.
// readers.py reads those files with other people's readers. KREPRO_UPDATE_GOLDENS=1 writes them
// anew and skips, so that no run can pass by updating.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "exports/format.hpp"

namespace krepro::exports {
namespace {

namespace fs = std::filesystem;
using model::Json;

const fs::path k_folder = fs::path(KREPRO_SOURCE_DIR) / "tests/golden/exports";
const Maker k_maker{"1.2.3", "http://127.0.0.1:8734"};

std::string read_all(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

template <class T>
T read(const Json& json) {
    auto value = model::from_json<T>(json);
    EXPECT_TRUE(value) << value.error().to_string();
    return std::move(*value);
}

Evidence read_evidence(const std::string& name) {
    const auto json = model::parse_json(read_all(k_folder / (name + ".json")));
    EXPECT_TRUE(json) << name;
    return {read<model::Job>(json->at("job")),
            read<std::vector<model::Trial>>(json->value("trials", Json::array())),
            read<std::vector<model::StoredReport>>(json->value("reports", Json::array()))};
}

class Exports : public testing::TestWithParam<std::string> {};

TEST_P(Exports, are_what_is_kept_beside_their_evidence) {
    const Evidence evidence = read_evidence(GetParam());
    const std::pair<Format, const char*> files[] = {
        {Format::junit, ".xml"},   {Format::ktap, ".ktap"}, {Format::kcidb, ".kcidb"},
        {Format::sarif, ".sarif"}, {Format::reply, ".eml"}, {Format::markdown, ".md"}};
    for (const auto& [format, extension] : files) {
        const auto file = k_folder / (GetParam() + extension);
        const auto text = write(format, evidence, k_maker);
        ASSERT_TRUE(text) << text.error().to_string();
        if (std::getenv("KREPRO_UPDATE_GOLDENS") != nullptr)
            std::ofstream(file, std::ios::binary) << *text;
        else
            EXPECT_EQ(read_all(file), *text) << file;
    }
    if (std::getenv("KREPRO_UPDATE_GOLDENS") != nullptr) GTEST_SKIP() << "written anew";
}

INSTANTIATE_TEST_SUITE_P(Job, Exports, testing::Values("fixed", "not_fixed", "error"),
                         [](const auto& job) { return job.param; });

}  // namespace
}  // namespace krepro::exports
