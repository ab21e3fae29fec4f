# SPDX-License-Identifier: Apache-2.0
"""`krepro selftest`: every bug of the zoo is raised in a real VM and recognized."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import tomllib
import unittest

from krepro import BINARY, CACHE, SOURCE, die_with_parent, qemu_of, say

MANIFEST = tomllib.loads((SOURCE / "kernels/zoo/zoo.toml").read_text())["bug"]


class Selftest(unittest.TestCase):
    def setUp(self):
        # Short, because unix sockets are made below it.
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="krepro-zoo-", dir="/tmp"))
        self.state.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.state, ignore_errors=True)

    def start(self, *arguments):
        environment = dict(os.environ, KREPRO_STATE=str(self.state), KREPRO_CACHE=str(CACHE))
        return subprocess.Popen([str(BINARY), "selftest", *arguments], env=environment, text=True,
                                stdout=subprocess.PIPE, preexec_fn=die_with_parent)

    def test_every_bug_is_raised_and_recognized(self):
        process = self.start("--json")
        answer = json.loads(process.communicate(timeout=5000)[0])
        wrong = [f for f in answer["findings"] if not f["recognized"]]
        for finding in wrong:
            say(f"{finding['bug']}: {finding['title']}: {finding['wrong']}")
        self.assertEqual((process.returncode, wrong), (0, []))
        self.assertEqual((answer["recognized"], answer["skipped"]), (len(MANIFEST), 0))
        self.assertGreaterEqual(len({f["kind"] for f in answer["findings"]}), 30)

    def test_a_bug_that_the_zoo_does_not_have_is_refused(self):
        process = self.start("--family", "tiger")
        self.assertEqual(process.communicate(timeout=60)[0], "")
        self.assertEqual(process.returncode, 64)

    def test_a_profile_that_there_is_not_is_refused(self):
        process = self.start("--profile", "tiger")
        self.assertEqual(process.communicate(timeout=60)[0], "")
        self.assertEqual(process.returncode, 64)

    def test_an_interrupt_leaves_no_vm(self):
        process = self.start("--family", "hung_task")
        deadline = time.monotonic() + 1800
        while not qemu_of(self.state) and time.monotonic() < deadline:
            self.assertIsNone(process.poll())
            time.sleep(0.2)
        self.assertTrue(qemu_of(self.state))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 2)
        self.assertEqual(qemu_of(self.state), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
