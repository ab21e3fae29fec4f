// SPDX-License-Identifier: Apache-2.0
// What the parser writes fits the published schema, golden by golden.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "report/scanner.hpp"

namespace krepro::report {
namespace {

namespace fs = std::filesystem;
using model::Json;

std::string read_all(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool has_type(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    return type == "null" && value.is_null();
}

// The part of JSON Schema that the published one uses. Empty when the value fits, else where not.
class Validator {
  public:
    explicit Validator(const Json& root) : root_(root) {}

    std::string misfit(const Json& value, const Json& schema, const std::string& path) const {
        if (schema.contains("$ref")) {
            const auto name =
                schema["$ref"].get<std::string>().substr(std::string("#/$defs/").size());
            return misfit(value, root_.at("$defs").at(name), path);
        }
        if (schema.contains("anyOf")) {
            for (const Json& choice : schema["anyOf"])
                if (misfit(value, choice, path).empty()) return {};
            return path + ": no choice fits";
        }
        if (!type_fits(value, schema)) return path + ": type is " + value.type_name();
        if (schema.contains("minimum") && value.get<double>() < schema["minimum"].get<double>())
            return path + ": too small";
        if (value.is_array()) return array_misfit(value, schema, path);
        if (value.is_object()) return object_misfit(value, schema, path);
        return {};
    }

  private:
    static bool type_fits(const Json& value, const Json& schema) {
        const Json& type = schema.at("type");
        if (type.is_string()) return has_type(value, type);
        return std::any_of(type.begin(), type.end(),
                           [&](const Json& t) { return has_type(value, t.get<std::string>()); });
    }
    std::string array_misfit(const Json& value, const Json& schema, const std::string& path) const {
        for (std::size_t i = 0; i < value.size(); ++i)
            if (auto bad =
                    misfit(value[i], schema.at("items"), path + "[" + std::to_string(i) + "]");
                !bad.empty())
                return bad;
        return {};
    }
    std::string object_misfit(const Json& value, const Json& schema,
                              const std::string& path) const {
        for (const Json& name : schema.at("required"))
            if (!value.contains(name.get<std::string>()))
                return path + ": lacks " + name.get<std::string>();
        for (const auto& [name, inner] : value.items()) {
            if (!schema.at("properties").contains(name)) return path + ": does not know " + name;
            if (auto bad = misfit(inner, schema["properties"][name], path + "." + name);
                !bad.empty())
                return bad;
        }
        return {};
    }

    const Json& root_;
};

TEST(Schema, fits_what_the_parser_writes) {
    const fs::path source(KREPRO_SOURCE_DIR);
    const auto schema = model::parse_json(read_all(source / "docs/schemas/report.schema.json"));
    ASSERT_TRUE(schema);
    const Validator validator(*schema);
    int reports = 0;
    for (const auto& entry : fs::directory_iterator(source / "tests/golden/report")) {
        if (entry.path().extension() != ".log") continue;
        const auto json = model::parse_json(dump_parse_json(parse(read_all(entry.path()))));
        ASSERT_TRUE(json);
        EXPECT_EQ(validator.misfit(*json, *schema, "document"), "") << entry.path().filename();
        reports += static_cast<int>(json->at("reports").size());
    }
    EXPECT_GE(reports, 4);
}

TEST(Schema, refuses_what_it_does_not_know) {
    const fs::path source(KREPRO_SOURCE_DIR);
    const auto schema = model::parse_json(read_all(source / "docs/schemas/report.schema.json"));
    ASSERT_TRUE(schema);
    const Validator validator(*schema);
    Json report = model::to_json(model::Report());
    EXPECT_EQ(validator.misfit({{"reports", {report}}}, *schema, "document"), "");
    report["surprise"] = 1;
    EXPECT_NE(validator.misfit({{"reports", {report}}}, *schema, "document"), "");
    report.erase("surprise");
    report.erase("kind");
    EXPECT_NE(validator.misfit({{"reports", {report}}}, *schema, "document"), "");
}

}  // namespace
}  // namespace krepro::report
