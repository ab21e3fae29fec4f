// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <pugixml.hpp>
#include <sstream>

#include "exports/format.hpp"
#include "exports/suites.hpp"
#include "exports/text.hpp"

namespace krepro::exports {

namespace {

using Node = pugi::xml_node;

void set(Node node, const char* name, const std::string& value) {
    node.append_attribute(name).set_value(value.c_str());
}

void set(Node node, const char* name, int value) {
    node.append_attribute(name).set_value(value);
}

void set_seconds(Node node, double seconds) {
    set(node, "time", fmt::format("{:.3f}", seconds));
}

// Without fractions and zone: readers of this format take no others.
std::string timestamp(const std::string& iso8601) {
    return iso8601.substr(0, 19);
}

void add_result(Node node, const Case& made) {
    switch (made.result) {
        case CaseResult::pass:
            node.append_child("system-out").text().set((made.message + "\n" + made.detail).c_str());
            return;
        case CaseResult::skip:
            set(node.append_child("skipped"), "message", made.message);
            return;
        case CaseResult::fail:
        case CaseResult::error: {
            const bool fail = made.result == CaseResult::fail;
            Node problem = node.append_child(fail ? "failure" : "error");
            set(problem, "message", made.message);
            set(problem, "type", made.message.substr(0, made.message.find(':')));
            problem.text().set(made.detail.c_str());
            return;
        }
    }
}

void add_totals(Node node, int tests, int failures, int errors) {
    set(node, "tests", tests);
    set(node, "failures", failures);
    set(node, "errors", errors);
}

void add_suite(Node root, const Suite& suite, int id) {
    Node node = root.append_child("testsuite");
    set(node, "name", "krepro." + suite.name);
    set(node, "id", id);
    add_totals(node, static_cast<int>(suite.cases.size()), suite.count(CaseResult::fail),
               suite.count(CaseResult::error));
    set(node, "skipped", suite.count(CaseResult::skip));
    set_seconds(node, suite.seconds());
    if (!suite.started_at.empty()) set(node, "timestamp", timestamp(suite.started_at));
    for (const auto& made : suite.cases) {
        Node child = node.append_child("testcase");
        set(child, "classname", "krepro." + suite.name);
        set(child, "name", made.name);
        set_seconds(child, made.seconds);
        add_result(child, made);
    }
}

void add_property(Node properties, const std::string& name, const std::string& value) {
    if (value.empty()) return;
    Node property = properties.append_child("property");
    set(property, "name", name);
    set(property, "value", plain_line(value));
}

// Of the verdict's suite: what was tested, and by whom.
void add_properties(Node suite, const Evidence& evidence, const Maker& maker) {
    const auto& job = evidence.job;
    Node properties = suite.prepend_child("properties");
    add_property(properties, "krepro.version", maker.version);
    add_property(properties, "krepro.job", job_url(maker, job));
    add_property(properties, "patch", job.title);
    add_property(properties, "message-id", job.mail.message_id);
    add_property(properties, "tree", job.spec.tree);
    add_property(properties, "profile", job.spec.profile);
    add_property(properties, "confidence", fmt::format("{:g}", job.verdict->confidence));
    if (job.verdict->p_value)
        add_property(properties, "p", fmt::format("{:.4g}", *job.verdict->p_value));
}

}  // namespace

std::string write_junit(const Evidence& evidence, const Maker& maker) {
    const auto suites = suites_of(evidence);
    pugi::xml_document document;
    Node declaration = document.append_child(pugi::node_declaration);
    set(declaration, "version", "1.0");
    set(declaration, "encoding", "UTF-8");
    Node root = document.append_child("testsuites");
    set(root, "name", plain_line(fmt::format("krepro: {}", evidence.job.title)));
    int tests = 0, failures = 0, errors = 0;
    double seconds = 0;
    for (const auto& suite : suites) {
        tests += static_cast<int>(suite.cases.size());
        failures += suite.count(CaseResult::fail);
        errors += suite.count(CaseResult::error);
        seconds += suite.seconds();
    }
    add_totals(root, tests, failures, errors);
    set_seconds(root, seconds);
    int id = 0;
    for (const auto& suite : suites) add_suite(root, suite, id++);
    add_properties(root.last_child(), evidence, maker);
    std::ostringstream text;
    document.save(text, "  ");
    return text.str();
}

}  // namespace krepro::exports
