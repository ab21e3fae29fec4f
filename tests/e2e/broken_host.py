# SPDX-License-Identifier: Apache-2.0
"""A host that lacks what a job needs: the job ends as `error` with the cause, the daemon lives on.

Each daemon runs in a mount namespace of its own, in which something is missing.
"""
import os
import pathlib
import shutil
import tempfile
import unittest

from krepro import SEED, Daemon, say

QEMU = "/usr/bin/qemu-system-x86_64"
DRIVER = "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so"


@unittest.skipUnless(os.geteuid() == 0, "mount namespaces are made by root")
class BrokenHost(unittest.TestCase):
    def start(self, script, **options):
        """A daemon after this shell script in its own mount namespace."""
        wrap = ["unshare", "--mount", "sh", "-ec", f'{script}; exec "$@"', "sh"]
        daemon = Daemon(wrap=wrap, **options)
        self.addCleanup(daemon.close)
        return daemon

    def fails(self, daemon, **options):
        """What the job says that fails there; the daemon answers afterwards."""
        job = daemon.submit(SEED.read_bytes(), workload="amplified", **options)
        ended = daemon.wait(job, seconds=1500)
        self.assertEqual(ended["verdict"]["kind"], "error")
        problem = ended["problem"]
        say(f"{problem['what']} ({problem['where']}): {problem['hint']}")
        self.assertEqual(daemon.get("/healthz")["status"], "ok")
        self.assertEqual(len(daemon.get("/api/v1/jobs")["jobs"]), job)
        return problem

    def test_without_qemu(self):
        daemon = self.start(f"mount --bind /dev/null {QEMU}")
        problem = self.fails(daemon)
        self.assertIn("qemu", (problem["what"] + problem["hint"]).lower())

    def test_without_libvirts_driver(self):
        daemon = self.start(f"mount --bind /dev/null {DRIVER}")
        problem = self.fails(daemon)
        self.assertIn("libvirt", (problem["what"] + problem["hint"]).lower())

    def test_on_a_full_disk_and_after_it_was_freed(self):
        state = pathlib.Path(tempfile.mkdtemp(prefix="krepro-e2e-", dir="/tmp"))
        daemon = self.start(f"mount -t tmpfs -o size=16m,mode=755 tmpfs {state}; mkdir {state}/vm",
                            state=state)
        problem = self.fails(daemon)
        self.assertIn("No space left", problem["what"])
        self.assertTrue(problem["hint"])

    def test_with_a_tree_that_cannot_be_fetched(self):
        cache = pathlib.Path(tempfile.mkdtemp(prefix="krepro-e2e-cache-"))
        self.addCleanup(shutil.rmtree, cache)
        nowhere = {name: "http://127.0.0.1:9/" for name in
                   ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
        daemon = self.start("true", cache=cache, environment=nowhere)
        problem = self.fails(daemon, tree="debian-6.1.8-rt5")
        self.assertIn("6.1.8", problem["what"] + problem["where"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
