# SPDX-License-Identifier: Apache-2.0
"""What a daemon is sent that it cannot use: said clearly, and nothing is queued."""
import json
import os
import pathlib
import shutil
import tempfile
import unittest
import urllib.parse

import krepro
from krepro import SEED, WithDaemon, say

DIFF = (b"A change\n\ndiff --git a/%(path)s b/%(path)s\n--- a/%(path)s\n+++ b/%(path)s\n"
        b"@@ -1,2 +1,3 @@\n one\n+two\n three\n")


class BadInput(WithDaemon):
    def refused(self, body, query="", content_type="text/plain"):
        status, headers, answer = self.daemon.request(
            f"/api/v1/jobs?{query}", data=body, headers={"Content-Type": content_type})
        self.assertGreaterEqual(status, 400, answer)
        self.assertLess(status, 500, answer)
        self.assertTrue(headers["Content-Type"].startswith("application/problem+json"))
        problem = json.loads(answer)
        self.assertEqual(problem["status"], status)
        self.assertTrue(problem["title"], problem)
        self.assertTrue(problem["detail"], problem)
        return status, problem

    def tearDown(self):
        self.assertEqual(self.daemon.get("/api/v1/jobs")["jobs"], [])

    def test_each_is_a_problem_that_says_what_and_where(self):
        seed = SEED.read_bytes()
        cases = {
            "an empty body": (b"", ""),
            "not a mail": (bytes(range(256)) * 8, ""),
            "a mail without a diff": (b"Subject: hello\n\nNothing to see.\n", ""),
            "a binary patch": (b"x\n\ndiff --git a/a b/a\nGIT binary patch\nliteral 3\n", ""),
            "an escaping path": (DIFF % {b"path": b"../../etc/passwd"}, ""),
            "a path into .git": (DIFF % {b"path": b".git/config"}, ""),
            "an unknown tree": (seed, "tree=no-such-tree"),
            "an unknown profile": (seed, "profile=no-such-profile"),
            "a confidence of one": (seed, "confidence=1"),
            "a confidence of a half": (seed, "confidence=0.5"),
            "a word for a confidence": (seed, "confidence=high"),
            "an unknown workload": (seed, "workload=fast"),
            "an unknown parameter": (seed, "colour=red"),
            "a compiler that is none": (seed, "compiler=tcc"),
            "a commit that is an option": (b"", "commit=--upload-pack%3Dx"),
        }
        for name, (body, query) in cases.items():
            with self.subTest(name):
                status, problem = self.refused(body, query)
                say(f"{name}: {status} {problem['title']}: {problem['detail']}")

    def test_twenty_mebibytes_of_zeros_are_too_large(self):
        status, _ = self.refused(b"\0" * (20 << 20))
        self.assertEqual(status, 413)

    def test_a_fragment_cannot_switch_off_what_the_profile_guarantees(self):
        for line in ("CONFIG_LOCKDEP=n", "# CONFIG_PROVE_LOCKING is not set",
                     "CONFIG_PROVE_LOCKING=y\nCONFIG_PROVE_LOCKING=n"):
            with self.subTest(line):
                body = {"mail": SEED.read_text(), "config": line + "\n"}
                _, problem = self.refused(json.dumps(body).encode(),
                                          content_type="application/json")
                say(f"{problem['detail']} ({problem['where']}): {problem['hint']}")
                self.assertEqual(problem["where"], "field config")
                self.assertIn("rt-lockdep guarantees", problem["detail"])

    def test_broken_json_and_unknown_fields_are_named(self):
        self.refused(b"{", content_type="application/json")
        _, problem = self.refused(b'{"mail":"x","colour":"red"}',
                                  content_type="application/json")
        self.assertIn("colour", json.dumps(problem))
        self.refused(b'{"mail":' + b"[" * 100000, content_type="application/json")


class BrokenEnvironment(WithDaemon):
    """The job ends as an error with the cause; the daemon lives on."""

    def test_a_patch_that_applies_nowhere_names_file_and_hunk(self):
        tree = self.make_repository()
        mail = DIFF % {b"path": b"kernel/fork.c"} + b"\nwhile true; do\n  true\ndone\n"
        mail = mail.replace(b"A change\n", b"A change\n\n  while true; do\n      sleep 1\n  done\n")
        job = self.daemon.wait(self.daemon.submit(mail, tree=tree), seconds=120)
        self.assertEqual(job["verdict"]["kind"], "error")
        problem = json.dumps(job["problem"])
        say(problem)
        self.assertIn("kernel/fork.c", problem)

    def test_a_folder_that_is_no_tree_is_refused_at_once(self):
        empty = tempfile.mkdtemp(prefix="krepro-e2e-empty-")
        self.addCleanup(shutil.rmtree, empty)
        status, _, answer = self.daemon.request(
            "/api/v1/jobs?" + urllib.parse.urlencode({"tree": empty}), data=SEED.read_bytes(),
            headers={"Content-Type": "text/plain"})
        problem = json.loads(answer)
        say(f"{status} {problem['detail']}; {problem['hint']}")
        self.assertEqual((status, problem["where"]), (400, "field tree"))
        self.assertIn(empty, problem["detail"])
        self.assertEqual(self.daemon.get("/api/v1/jobs")["jobs"], [])
        self.assertEqual(self.daemon.request("/healthz")[0], 200)

    def make_repository(self):
        folder = tempfile.mkdtemp(prefix="krepro-e2e-tree-")
        self.addCleanup(shutil.rmtree, folder)
        (pathlib.Path(folder) / "kernel").mkdir()
        (pathlib.Path(folder) / "kernel/fork.c").write_text("nothing\nof\nthe\nkind\n")
        environment = ("-c user.name=test -c user.email=test@example.org "
                       "-c commit.gpgsign=false")
        for command in ("init -q", "add -A", "commit -q -m base"):
            status = os.system(f"git -C {folder} {environment} {command}")
            self.assertEqual(status, 0)
        return folder


class AnotherForm(WithDaemon):
    """A tree that has the fix in another form: neither direction applies, and that is said."""

    def test_the_seed_on_6_12_names_the_hunk(self):
        job = self.daemon.wait(self.daemon.submit(SEED.read_bytes(), tree="debian-6.12"),
                               seconds=900)
        self.assertEqual(job["verdict"]["kind"], "error")
        problem = json.dumps(job["problem"])
        say(problem)
        self.assertIn("include/linux/sched/task.h", problem)


if __name__ == "__main__":
    unittest.main(verbosity=2)
