# SPDX-License-Identifier: Apache-2.0
"""A git tree of 18 commits after the fix, of which one takes the fix back: `git bisect run krepro
check` and `krepro bisect` both name it.

The commits between change C files alone, so that each kernel is made of the warm object tree in
seconds. KREPRO_BISECT_TREE keeps the repository between runs.
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import krepro
from krepro import BINARY, SEED, WithDaemon, git, say

TREE = "debian-6.1.8-rt5"
COMMITS = 18
FIRST_BAD = 11  # of the commits after the fix, from 1
# Files of every kernel of the profile, one a harmless commit.
FILES = ["lib/argv_split.c", "lib/bsearch.c", "lib/cmdline.c", "lib/ctype.c", "lib/hexdump.c",
         "lib/kasprintf.c", "lib/list_sort.c", "lib/llist.c", "lib/parser.c", "lib/plist.c",
         "lib/rbtree.c", "lib/string_helpers.c", "lib/uuid.c", "lib/sort.c", "lib/kstrtox.c",
         "lib/seq_buf.c", "lib/timerqueue.c"]


def make_tree(daemon, folder):
    """The tree with the mail's fix, then COMMITS commits; their hashes, the fixed one first."""
    daemon.krepro("tree", "git", TREE, str(folder))
    patch = "diff --git " + SEED.read_text().partition("diff --git ")[2] + "\n"
    git(folder, "apply", "--recount", "-C1", "--index", "-", input=patch.encode())
    git(folder, "commit", "-q", "-m", "sched: free tasks where it may sleep")
    fix = git(folder, "rev-parse", "HEAD").decode().strip()
    commits, files = [fix], iter(FILES)
    for number in range(1, COMMITS + 1):
        if number == FIRST_BAD:
            git(folder, "revert", "--no-edit", fix)
            git(folder, "commit", "-q", "--amend", "-m", "fork: tidy up the end of a task")
        else:
            name = next(files)
            with open(folder / name, "a", encoding="utf-8") as file:
                file.write(f"\nint krepro_harmless_{number}(int x);\n"
                           f"int krepro_harmless_{number}(int x)\n{{\n\treturn x + {number};\n}}\n")
            git(folder, "commit", "-q", "-a", "-m", f"{name}: change number {number}")
        commits.append(git(folder, "rev-parse", "HEAD").decode().strip())
    return commits


class Bisect(WithDaemon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        kept = os.environ.get("KREPRO_BISECT_TREE")
        cls.folder = pathlib.Path(kept or tempfile.mkdtemp(prefix="krepro-e2e-git-", dir="/tmp"))
        cls.tree = cls.folder / "linux"
        if not kept:
            cls.addClassCleanup(shutil.rmtree, cls.folder)
        if not (cls.folder / "commits").exists():
            cls.folder.mkdir(exist_ok=True)
            commits = make_tree(cls.daemon, cls.tree)
            (cls.folder / "commits").write_text("\n".join(commits))
        cls.commits = (cls.folder / "commits").read_text().split()
        cls.bad = cls.commits[FIRST_BAD]
        assert len(cls.commits) > 16, cls.commits

    def options(self):
        return ["--tree", str(self.tree), "--mail", str(SEED), "--workload", "amplified"]

    def view(self, number):
        return self.daemon.get(f"/api/v1/bisections/{number}")

    def begin(self):
        said = self.daemon.krepro("bisect", self.commits[0], self.commits[-1], *self.options(),
                                  "--no-wait", "--json")
        return json.loads(said)["id"]

    def wait_for(self, number, until, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            now = self.view(number)
            if until(now):
                return now
            self.assertNotEqual(now["stage"], "done", now["result"])
            time.sleep(1)
        raise AssertionError(f"bisection {number} did not get there: {now}")

    def tell(self, bisection):
        for step in bisection["steps"]:
            say(f"step {step['number']}: place {step['place']} {step['result']}, "
                f"{step['hits']} hits, exposure {step['exposure']:.0f} of "
                f"{step['exposure_goal']:.0f} in {step['wall_s']:.0f} s, build {step['build_s']}")
        say(bisection["result"]["sentence"])

    def test_1_krepro_bisect_names_it_though_its_daemon_is_killed(self):
        begun = time.monotonic()
        number = self.begin()
        self.wait_for(number, lambda b: len(b["steps"]) >= 3, 2400)
        before = self.view(number)["steps"]
        self.daemon.kill()
        self.daemon.start()
        ended = self.wait_for(number, lambda b: b["stage"] == "done", 5400)
        self.tell(ended)
        say(f"krepro bisect: {len(ended['steps'])} steps in {time.monotonic() - begun:.0f} s")
        self.assertEqual(ended["result"]["kind"], "found", ended["result"])
        self.assertEqual([c["hash"] for c in ended["result"]["commits"]], [self.bad])
        self.assertGreaterEqual(ended["result"]["probability"], 0.95)
        self.assertEqual(ended["commits"], COMMITS + 1)
        self.assertEqual([s["commit"] for s in ended["steps"]][:3], [s["commit"] for s in before])
        # Most commits are never built.
        self.assertLess(len({s["commit"] for s in ended["steps"]}), 12)

    def test_2_git_bisect_run_krepro_check_names_it(self):
        begun = time.monotonic()
        git(self.tree, "bisect", "start", self.commits[-1], self.commits[0])
        self.addCleanup(git, self.tree, "bisect", "reset")
        run = subprocess.run(
            ["git", "-c", "safe.directory=*", "bisect", "run", str(BINARY), "check",
             "HEAD", *self.options(), "--wall-s", "300"],
            cwd=self.tree, capture_output=True, text=True, timeout=6000,
            env=dict(os.environ, KREPRO_SERVER=self.daemon.url))
        say(run.stdout[-1500:])
        say(f"git bisect run: {time.monotonic() - begun:.0f} s")
        self.assertEqual(run.returncode, 0, run.stderr[-2000:])
        self.assertIn(f"{self.bad} is the first bad commit", run.stdout)

    def test_3_ends_that_cannot_be_searched_are_said(self):
        for good, bad, code, what in ((self.commits[-1], self.commits[0], 2, "does not come from"),
                                      ("nowhere", self.commits[0], 2, "no revision nowhere")):
            with self.subTest(what):
                said = self.daemon.krepro("bisect", good, bad, *self.options(), "--json",
                                          code=code)
                self.assertIn(what, said)
        self.daemon.krepro("bisect", "a..b", "c", *self.options(), code=64)


if __name__ == "__main__":
    unittest.main(verbosity=2)
