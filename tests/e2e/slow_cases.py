# SPDX-License-Identifier: Apache-2.0
"""Real cases that build kernels of their own: the mail on a tree that has it, and the regression."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from krepro import CACHE, SEED, SOURCE, WithDaemon, say, summary


def git(folder, *arguments, **options):
    return subprocess.run(["git", "-C", str(folder), "-c", "user.name=test",
                           "-c", "user.email=test@example.org", *arguments],
                          check=True, capture_output=True, **options).stdout


class SlowCases(WithDaemon):
    def test_a_tree_that_has_the_fix_is_reversed_with_the_same_verdict(self):
        tree = self.patched_tree()
        job = self.daemon.submit(SEED.read_bytes(), tree=tree, workload="amplified")
        ended = self.daemon.wait(job, seconds=3000)
        say(summary(ended))
        self.assertEqual(ended["direction"], "reverse")
        self.assertEqual(ended["verdict"]["kind"], "fixed")

    def test_taking_the_fix_out_of_6_12_is_a_regression(self):
        mail = (SOURCE / "patches/regression-put-task-struct/mail.txt").read_bytes()
        job = self.daemon.submit(mail, tree="debian-6.12", workload="amplified", wall_s=900)
        ended = self.daemon.wait(job, seconds=5400)
        say(summary(ended))
        self.assertEqual(ended["verdict"]["kind"], "regression")

    def patched_tree(self):
        """6.1.8-rt5 as a git repository of its own, with the mail applied and committed."""
        source = CACHE / "trees/debian-6.1.8-rt5/source"
        if not source.exists():
            self.daemon.wait(self.daemon.submit(SEED.read_bytes()),
                             until=lambda j: j["stage"] == "building", seconds=900)
            self.daemon.request("/api/v1/jobs/1/cancel", data=b"", method="POST")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="krepro-e2e-fixed-"))
        self.addCleanup(shutil.rmtree, folder)
        os.rmdir(folder)
        subprocess.run(["git", "-c", "safe.directory=*", "clone", "-q", "--shared", str(source),
                        str(folder)], check=True)
        git(folder, "apply", "--recount", "-C1", "-", input=SEED.read_bytes() + b"\n")
        git(folder, "commit", "-q", "-a", "-m", "the fix")
        return str(folder)


if __name__ == "__main__":
    unittest.main(verbosity=2)
