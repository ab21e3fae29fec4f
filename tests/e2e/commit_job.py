# SPDX-License-Identifier: Apache-2.0
"""A commit of a git tree that was made of the Debian source: the verdict is that of the mail.

Its kernels have the files of the mail's kernels, so that they are found by their content.
"""
import json
import pathlib
import shutil
import tempfile
import unittest

import krepro
from krepro import CACHE, SEED, WithDaemon, git, message, say

TREE = "debian-6.1.8-rt5"


class CommitJob(WithDaemon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="krepro-e2e-git-", dir="/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.tree = cls.folder / "linux"
        cls.daemon.krepro("tree", "git", TREE, str(cls.tree))

    def test_1_the_repository_has_one_commit_a_patch_and_the_trees_files(self):
        subjects = git(self.tree, "log", "--format=%s").decode().splitlines()
        self.assertGreater(len(subjects), 50)
        authors = set(git(self.tree, "log", "--format=%an").decode().splitlines())
        self.assertGreater(len(authors), 5)
        source = CACHE / "trees" / TREE / "source"
        if not source.exists():
            self.skipTest("the tree itself is not in the cache")
        base = (source.parent / "stamp").read_text().split("\n")[0]
        self.take_over_leftovers(source, base)
        self.assertEqual(git(self.tree, "rev-parse", "HEAD^{tree}"),
                         git(source, "rev-parse", base + "^{tree}"))

    def take_over_leftovers(self, source, base):
        """A cache of before has the .orig files that patch leaves; the content is then the same
        only with them."""
        names = [name for name in git(source, "ls-tree", "-r", "--name-only", base).decode()
                 .splitlines() if name.endswith(".orig")]
        for name in names:
            (self.tree / name).write_bytes(git(source, "show", f"{base}:{name}"))
        if names:
            git(self.tree, "add", "-f", *names)
            git(self.tree, "commit", "-q", "-m", "Take over what patch left")

    def test_2_a_commit_of_it_gives_the_verdict_of_the_mail(self):
        git(self.tree, "apply", "--recount", "-C1", "--index", "-",
            input=self.patch().encode())
        git(self.tree, "commit", "-q", "-F", "-", input=message().encode())
        self.daemon.krepro("tree", "add", "seed-git", "--git", str(self.tree), "--json")
        self.assertIn("seed-git", [tree["name"] for tree in
                                   self.daemon.get("/api/v1/trees")["trees"]])
        status, _, body = self.daemon.request("/api/v1/jobs?tree=seed-git&commit=HEAD&"
                                              "workload=amplified", data=b"", method="POST")
        self.assertEqual(status, 202, body)
        job = self.daemon.wait(1, seconds=3000)
        say(krepro.summary(job))
        self.assertEqual(job["verdict"]["kind"], "fixed")
        self.assertEqual(job["direction"], "forward")
        head = git(self.tree, "rev-parse", "HEAD").decode().strip()
        parent = git(self.tree, "rev-parse", "HEAD^").decode().strip()
        self.assertEqual(job["spec"]["commit"], f"{parent}..{head}")
        for arm in ("unpatched", "patched"):
            say(f"{arm}: cached {job['arms'][arm]['build']['cached']}, "
                f"{job['arms'][arm]['build']['objects']} objects")
            self.assertTrue(job["arms"][arm]["build"]["cached"])

    def test_3_a_check_of_either_commit_says_what_git_bisect_run_understands(self):
        for commit, wall, code, kind in (("HEAD^", 900, 1, "reproduced"),
                                         ("HEAD", 300, 0, "not_reproduced")):
            with self.subTest(commit):
                said = self.daemon.krepro(
                    "check", commit, "--tree", "seed-git", "--mail", str(SEED), "--workload",
                    "amplified", "--wall-s", str(wall), "--json", code=code)
                job = json.loads(said.strip().splitlines()[-1])
                say(krepro.summary(job))
                self.assertEqual(job["verdict"]["kind"], kind)
                self.assertIsNone(job["arms"]["patched"]["build"])
                self.assertTrue(job["arms"]["unpatched"]["build"]["cached"])
        said = self.daemon.krepro("check", "no-such-commit", "--tree", "seed-git", "--mail",
                                  str(SEED), "--json", code=128)
        self.assertIn("no-such-commit", said)

    def patch(self):
        return "diff --git " + SEED.read_text().partition("diff --git ")[2] + "\n"


if __name__ == "__main__":
    unittest.main(verbosity=2)
