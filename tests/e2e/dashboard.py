# SPDX-License-Identifier: Apache-2.0
"""The dashboard in a browser, on a real daemon whose store was filled from consoles and mails: what
a job that really runs cannot be made to show at will (hostile guests, cycles of locks)."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from krepro import BINARY, SEED, SOURCE, say

MAKE_STORE = os.environ.get("KREPRO_MAKE_STORE", SOURCE / "build/dev/tests/make_store")
GOLDENS = SOURCE / "tests/golden/report"
DATA = pathlib.Path(__file__).resolve().parent / "data"
HIT = GOLDENS / "unpatched-6.1.8-rt5-4vcpu-amplified.log"
CLEAN = GOLDENS / "patched-6.1.8-rt5-4vcpu-amplified.log"
HARNESS = SOURCE / "tests/unit/image/data/harness-6.1.8-rt5-amplified.jsonl"
HANG = GOLDENS / "boot-hang-6.1.8-rt5-8vcpu.log"


def files_of(patch, sign):
    """What the files of a patch are before it ("-") or after it ("+"), as far as its hunks say."""
    files, lines = {}, []
    for line in patch.splitlines():
        hunk = re.match(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@", line)
        if line.startswith("+++ b/"):
            lines = files.setdefault(line[6:], [])
        elif hunk:
            start = int(hunk[1 if sign == "-" else 2])
            lines += [f"/* line {n} */" for n in range(len(lines) + 1, start)]
        elif line[:1] in (" ", sign) and files and not line.startswith("---"):
            lines.append(line[1:])
    return files


class Dashboard(unittest.TestCase):
    def setUp(self):
        # Short, because unix sockets are made below it.
        self.state = tempfile.mkdtemp(prefix="krepro-e2e-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.state, ignore_errors=True)
        # A cache of its own: which trees are here is part of what is looked at.
        self.env = dict(os.environ, KREPRO_STATE=self.state, KREPRO_CACHE=self.state + "/cache")
        self.add_tree("before", "-")
        self.add_tree("after", "+")
        subprocess.run(
            [str(MAKE_STORE), self.state,
             "--job", str(SEED), "--harness", str(HARNESS), *[f"unpatched:hit:{HIT}"] * 3, f"unpatched:void:{HANG}",
             *[f"patched:clean:{CLEAN}"] * 5, f"unpatched:hit:{HIT}",
             "--job", str(DATA / "cycle.mail"), f"unpatched:hit:{DATA / 'circular.log'}",
             "--job", str(DATA / "hostile.mail"), f"unpatched:other:{DATA / 'hostile.log'}"],
            check=True)

    def add_tree(self, name, sign):
        """Makes a small tree of the seed's files known, and fetches it."""
        folder = pathlib.Path(self.state) / f"{name}.git"
        patch = SEED.read_text()
        for path, lines in files_of(patch[patch.index("diff --git"):], sign).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text("\n".join(lines) + "\n")
        git = ["git", "-c", "user.name=e2e", "-c", "user.email=e2e@localhost", "-C", str(folder)]
        for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "root"],
                      ["add", "-A"], ["commit", "-q", "-m", name]):
            subprocess.run(git + words, check=True)
        for words in (["add", name, "--git", str(folder)], ["update", name]):
            subprocess.run([str(BINARY), "tree", *words], check=True, env=self.env,
                           stdout=subprocess.DEVNULL)

    def test_the_pages_in_a_browser(self):
        shots = os.environ.get("KREPRO_SHOTS")
        run = subprocess.run(
            ["node", "web/e2e/dashboard.mjs", "--binary", str(BINARY), "--mail", str(SEED),
             "--hostile", str(DATA / "hostile.mail")] + (["--shots", shots] if shots else []),
            cwd=SOURCE, capture_output=True, text=True, timeout=800,
            env=self.env)
        say(run.stdout)
        self.assertEqual(run.returncode, 0, run.stdout[-3000:] + run.stderr[-3000:])


if __name__ == "__main__":
    unittest.main(verbosity=2)
