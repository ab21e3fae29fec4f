# SPDX-License-Identifier: Apache-2.0
"""Commits, repositories and names that cannot be: each is an error of its request or its job."""
import pathlib
import shutil
import tempfile
import unittest

from krepro import WithDaemon, git, say


class BadCommits(WithDaemon):
    """Each is an error on its job; the daemon lives on."""

    def test_each_says_what_is_wrong(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="krepro-e2e-git-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, folder)
        git(folder, "init", "-q")
        (folder / "Makefile").write_text("all:\n")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "root")
        git(folder, "commit", "-q", "--allow-empty", "-m", "empty")
        cases = {"no-such-commit": "there is no revision no-such-commit",
                 "HEAD": "changes no file", "HEAD~1": "has no parent"}
        for commit, what in cases.items():
            with self.subTest(commit):
                ended = self.daemon.wait(self.daemon.submit(b"", tree=str(folder), commit=commit),
                                         seconds=60)
                self.assertEqual(ended["verdict"]["kind"], "error")
                problem = ended["problem"]
                say(f"{commit}: {problem['what']} ({problem['where']}): {problem['hint']}")
                self.assertIn(what, problem["what"])
                self.assertEqual(problem["stage"], "checking_out")
        self.assertEqual(self.daemon.get("/healthz")["status"], "ok")

    def test_a_repository_that_cannot_be_reached_is_named(self):
        place = "git://127.0.0.1:9/linux.git"  # nobody listens on discard
        self.daemon.krepro("tree", "add", "gone", "--git", place)
        ended = self.daemon.wait(self.daemon.submit(b"", tree="gone", commit="HEAD"), seconds=60)
        problem = ended["problem"]
        say(f"{problem['what']} ({problem['where']}): {problem['hint']}")
        self.assertEqual((ended["verdict"]["kind"], problem["stage"], problem["where"]),
                         ("error", "checking_out", place))
        self.assertEqual(self.daemon.get("/healthz")["status"], "ok")

    def test_a_name_that_cannot_be_a_commit_is_refused_at_once(self):
        for commit in ("A..B..C", "--upload-pack%3Dx", "a%20b"):
            status, _, body = self.daemon.request(f"/api/v1/jobs?commit={commit}", data=b"",
                                                  method="POST")
            self.assertEqual(status, 400, body)
            self.assertIn(b"field commit", body)


if __name__ == "__main__":
    unittest.main(verbosity=2)
