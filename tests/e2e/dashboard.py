# SPDX-License-Identifier: Apache-2.0
"""The dashboard in a browser, on a real daemon whose store was filled from consoles and mails: what
a job that really runs cannot be made to show at will (hostile guests, cycles of locks)."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from krepro import BINARY, CACHE, SEED, SOURCE, say

MAKE_STORE = os.environ.get("KREPRO_MAKE_STORE", SOURCE / "build/dev/tests/make_store")
GOLDENS = SOURCE / "tests/golden/report"
DATA = pathlib.Path(__file__).resolve().parent / "data"
HIT = GOLDENS / "unpatched-6.1.8-rt5-4vcpu-amplified.log"
CLEAN = GOLDENS / "patched-6.1.8-rt5-4vcpu-amplified.log"
HARNESS = SOURCE / "tests/unit/image/data/harness-6.1.8-rt5-amplified.jsonl"
HANG = GOLDENS / "boot-hang-6.1.8-rt5-8vcpu.log"


class Dashboard(unittest.TestCase):
    def setUp(self):
        # Short, because unix sockets are made below it.
        self.state = tempfile.mkdtemp(prefix="krepro-e2e-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.state, ignore_errors=True)
        subprocess.run(
            [str(MAKE_STORE), self.state,
             "--job", str(SEED), "--harness", str(HARNESS), *[f"unpatched:hit:{HIT}"] * 3, f"unpatched:void:{HANG}",
             *[f"patched:clean:{CLEAN}"] * 5, f"unpatched:hit:{HIT}",
             "--job", str(DATA / "cycle.mail"), f"unpatched:hit:{DATA / 'circular.log'}",
             "--job", str(DATA / "hostile.mail"), f"unpatched:other:{DATA / 'hostile.log'}"],
            check=True)

    def test_the_pages_in_a_browser(self):
        shots = os.environ.get("KREPRO_SHOTS")
        run = subprocess.run(
            ["node", "web/e2e/dashboard.mjs", "--binary", str(BINARY), "--mail", str(SEED),
             "--hostile", str(DATA / "hostile.mail")] + (["--shots", shots] if shots else []),
            cwd=SOURCE, capture_output=True, text=True, timeout=400,
            env=dict(os.environ, KREPRO_STATE=self.state, KREPRO_CACHE=str(CACHE)))
        say(run.stdout)
        self.assertEqual(run.returncode, 0, run.stdout[-3000:] + run.stderr[-3000:])


if __name__ == "__main__":
    unittest.main(verbosity=2)
