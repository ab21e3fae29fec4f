#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the exports beside this file with readers that are not krepro's own.

JUnit: junitparser. SARIF: sarif_om, the published object model (unknown members and missing ones are
errors). KCIDB: jsonschema with kcidb-5.3.schema.json. KTAP: perl's TAP::Parser, and the kernel's
rules for nested results, written down here. Reply: Python's mail parser. exports_test.cpp holds the
files against what krepro writes.
"""
import email
import email.policy
import json
import os
import pathlib
import re
import subprocess
import unittest

import attr
import jsonschema
import junitparser
import sarif_om

# Of a live server's, tests/e2e/ci.py says where they are and which verdicts there are.
FOLDER = pathlib.Path(os.environ.get("KREPRO_EXPORTS", pathlib.Path(__file__).resolve().parent))
JOBS = os.environ.get("KREPRO_EXPORT_JOBS", "fixed not_fixed error").split()


def evidence(job):
    return json.loads((FOLDER / f"{job}.json").read_text())


def path(job, extension):
    return FOLDER / f"{job}.{extension}"


class JUnit(unittest.TestCase):
    def test_a_reader_finds_the_cases_and_their_results(self):
        for job in JOBS:
            with self.subTest(job):
                xml = junitparser.JUnitXml.fromfile(str(path(job, "xml")))
                suites = list(xml)
                self.assertEqual([s.name for s in suites],
                                 ["krepro.unpatched", "krepro.patched", "krepro.verdict"])
                kinds = {junitparser.Failure: 0, junitparser.Error: 0, junitparser.Skipped: 0}
                tests = 0
                for suite in suites:
                    cases = list(suite)
                    self.assertEqual(suite.tests, len(cases))
                    tests += len(cases)
                    for case in cases:
                        self.assertTrue(case.name and case.classname)
                        for result in case.result:
                            kinds[type(result)] += 1
                self.assertEqual(xml.tests, tests)
                self.assertEqual(xml.failures, kinds[junitparser.Failure])
                self.assertEqual(xml.errors, kinds[junitparser.Error])
                red = kinds[junitparser.Failure] + kinds[junitparser.Error] > 0
                self.assertEqual(red, job != "fixed")


class Ktap(unittest.TestCase):
    RESULT = re.compile(r"(ok|not ok) ([0-9]+) ([^#]*?)(?: # (?:(SKIP|ERROR) ?)?(.*))?$")

    def read(self, lines, depth):
        """One level of results, as Documentation/dev-tools/ktap.rst has them."""
        indent = "  " * depth
        self.assertEqual(lines.pop(0), indent + "KTAP version 1")
        plan = re.fullmatch(indent + r"1\.\.([0-9]+)", lines.pop(0))
        self.assertTrue(plan, "a plan follows the version")
        results = []
        while len(results) < int(plan[1]):
            self.assertTrue(lines, "fewer results than planned")
            line = lines[0]
            if line.startswith(indent + "#"):
                lines.pop(0)
                continue
            nested = None
            if line.startswith(indent + "  KTAP"):
                nested = self.read(lines, depth + 1)
                line = lines[0]
            self.assertTrue(line.startswith(indent) and line[len(indent)] != " ", line)
            found = self.RESULT.fullmatch(line[len(indent):])
            self.assertTrue(found, line)
            self.assertEqual(int(found[2]), len(results) + 1)
            self.assertFalse(found[4] == "ERROR" and found[1] == "ok", line)
            if nested is not None:
                self.assertEqual(found[1] == "not ok", "not ok" in nested, "a failure goes up")
            results.append(found[1])
            lines.pop(0)
        return results

    def test_nested_results_follow_the_kernels_rules(self):
        for job in JOBS:
            with self.subTest(job):
                lines = path(job, "ktap").read_text().splitlines()
                results = self.read(lines, 0)
                self.assertEqual(lines, [])
                self.assertEqual(len(results), 3)
                self.assertEqual("not ok" in results, job != "fixed")

    def test_perls_parser_takes_the_outer_results(self):
        program = ("use TAP::Parser; local $/;"
                   "my $p = TAP::Parser->new({tap => scalar <STDIN>}); $p->run;"
                   "print join(',', scalar(@{[$p->passed]}), scalar(@{[$p->failed]}),"
                   " scalar(@{[$p->parse_errors]}), $p->is_good_plan ? 1 : 0);")
        for job, wanted in (("fixed", "3,0,0,1"), ("not_fixed", "1,2,0,1"), ("error", "2,1,0,1")):
            with self.subTest(job):
                found = subprocess.run(["perl", "-e", program], check=True,
                                       input=path(job, "ktap").read_text(),
                                       capture_output=True, text=True)
                self.assertEqual(found.stdout, wanted)


class Kcidb(unittest.TestCase):
    def test_the_schema_takes_it_and_every_id_is_there(self):
        schema = json.loads((FOLDER / "kcidb-5.3.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.FormatChecker())
        for job in JOBS:
            with self.subTest(job):
                document = json.loads(path(job, "kcidb").read_text())
                validator.validate(document)
                ids = {kind: [o["id"] for o in document[kind]] for kind in
                       ("checkouts", "builds", "tests", "issues", "incidents")}
                for kind, names in ids.items():
                    self.assertEqual(len(names), len(set(names)), kind)
                for build in document["builds"]:
                    self.assertIn(build["checkout_id"], ids["checkouts"])
                for test in document["tests"]:
                    self.assertIn(test["build_id"], ids["builds"])
                for incident in document["incidents"]:
                    self.assertIn(incident["issue_id"], ids["issues"])
                    self.assertIn(incident.get("test_id", ids["tests"][0]), ids["tests"])
                self.assertEqual(len(document["tests"]),
                                 len(evidence(job).get("trials", [])) + 1)


class Sarif(unittest.TestCase):
    """The object model has a class a type: what is below each member that is an object."""
    TYPES = {
        ("SarifLog", "runs"): "Run", ("Run", "tool"): "Tool", ("Tool", "driver"): "ToolComponent",
        ("ToolComponent", "rules"): "ReportingDescriptor",
        ("ReportingDescriptor", "shortDescription"): "MultiformatMessageString",
        ("Run", "invocations"): "Invocation",
        ("Invocation", "toolExecutionNotifications"): "Notification",
        ("Notification", "message"): "Message",
        ("Run", "automationDetails"): "RunAutomationDetails",
        ("RunAutomationDetails", "description"): "Message",
        ("Run", "results"): "Result", ("Result", "message"): "Message",
        ("Result", "locations"): "Location", ("Result", "stacks"): "Stack",
        ("Stack", "message"): "Message", ("Stack", "frames"): "StackFrame",
        ("StackFrame", "location"): "Location", ("Location", "message"): "Message",
        ("Location", "physicalLocation"): "PhysicalLocation",
        ("Location", "logicalLocations"): "LogicalLocation",
        ("PhysicalLocation", "artifactLocation"): "ArtifactLocation",
        ("PhysicalLocation", "region"): "Region",
        ("ArtifactLocation", "description"): "Message",
    }
    MAPS = {("Run", "originalUriBaseIds"): "ArtifactLocation"}
    FREE = {"properties", "partialFingerprints"}

    def build(self, kind, value):
        cls = getattr(sarif_om, kind)
        names = {a.metadata["schema_property_name"]: a.name for a in attr.fields(cls)}
        members = {}
        for name, inner in value.items():
            self.assertIn(name, names, f"{kind} has no {name}")
            below = self.TYPES.get((kind, name))
            if (kind, name) in self.MAPS:
                inner = {k: self.build(self.MAPS[kind, name], v) for k, v in inner.items()}
            elif below:
                inner = ([self.build(below, item) for item in inner] if isinstance(inner, list)
                         else self.build(below, inner))
            else:
                self.assertTrue(name in self.FREE or not isinstance(inner, (dict, list)),
                                f"{kind}.{name} is not looked into")
            members[names[name]] = inner
        return cls(**members)  # raises for a member that must be there and is not

    def test_the_object_model_takes_it(self):
        for job in JOBS:
            with self.subTest(job):
                log = self.build("SarifLog", json.loads(path(job, "sarif").read_text()))
                self.assertEqual(log.version, "2.1.0")
                (run,) = log.runs
                rules = [rule.id for rule in run.tool.driver.rules]
                self.assertEqual(len(rules), len(set(rules)))
                for result in run.results:
                    self.assertIn(result.rule_id, rules)
                    self.assertIn(result.level, ("none", "note", "warning", "error"))
                    self.assertGreaterEqual(result.occurrence_count, 1)
                states = {result.baseline_state for result in run.results}
                if None in states:
                    self.assertEqual(states, {None}, "of all results or of none")
                else:
                    self.assertLessEqual(states, {"new", "unchanged", "absent"})

    def test_a_bug_is_absent_only_where_a_verdict_proved_it(self):
        def states(job):
            log = self.build("SarifLog", json.loads(path(job, "sarif").read_text()))
            return {result.baseline_state for result in log.runs[0].results}
        self.assertEqual(states("fixed"), {"absent"})
        self.assertEqual(states("not_fixed"), {None})

    def test_frames_carry_their_file_and_line_where_the_report_has_them(self):
        log = self.build("SarifLog", json.loads(path("not_fixed", "sarif").read_text()))
        found = {}
        for result in log.runs[0].results:
            for frame in result.stacks[0].frames:
                place = frame.location.physical_location
                if place:
                    name = frame.location.logical_locations[0].fully_qualified_name
                    found[name] = (place.artifact_location.uri, place.region.start_line)
        self.assertEqual(found["__put_task_struct"], ("kernel/fork.c", 981))
        self.assertEqual(found["place"], ("kernel/new%20place.c", 12))


class Reply(unittest.TestCase):
    def read(self, job):
        message = email.message_from_bytes(path(job, "eml").read_bytes(),
                                           policy=email.policy.default)
        self.assertEqual(message.defects, [])
        for header in message.values():
            self.assertEqual(getattr(header, "defects", ()), ())
        return message

    def test_it_answers_the_mail(self):
        message = self.read("fixed")
        self.assertEqual(message["To"], "Ada Example <ada@example.org>")
        self.assertEqual(message["In-Reply-To"], "<20260614122323.1-1-ada@example.org>")
        self.assertEqual(message["References"], message["In-Reply-To"])
        self.assertEqual(message["Subject"], "Re: " + evidence("fixed")["job"]["title"])
        body = message.get_content()
        for wanted in ("3 boots, 3 hits", "refill_obj_stock+0x38/0x4d0", "# Tested-by: "):
            self.assertIn(wanted, body)

    def test_hostile_titles_stay_in_their_header(self):
        message = self.read("not_fixed")
        self.assertEqual(sorted(message.keys()), sorted(
            ["To", "Subject", "In-Reply-To", "References", "MIME-Version", "Content-Type",
             "Content-Transfer-Encoding"]))
        self.assertEqual(message["To"], "Jürgen Größe <j@example.org>")
        self.assertEqual(message["Subject"],
                         "Re: " + " ".join(evidence("not_fixed")["job"]["title"].split()))
        self.assertNotIn("Tested-by", message.get_content())

    def test_a_mail_without_an_id_is_answered_without_one(self):
        message = self.read("error")
        self.assertIsNone(message["In-Reply-To"])
        self.assertIsNone(message["To"])


class Markdown(unittest.TestCase):
    def test_nothing_of_a_title_or_a_report_is_markup(self):
        text = path("not_fixed", "md").read_text()
        outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.S | re.M)
        self.assertNotIn("```", outside)
        self.assertEqual(re.findall(r"(?<!\\)</?([a-z]+)", outside),
                         ["details", "summary", "summary", "details"] * 4)
        self.assertIn(r"\<script\>", outside)
        for line in outside.splitlines():
            if line.startswith("| unpatched") or line.startswith("| patched"):
                self.assertEqual(line.count("|"), 10)


if __name__ == "__main__":
    unittest.main()
