# SPDX-License-Identifier: Apache-2.0
"""Verdicts that are not `fixed`, on real kernels: those that build nothing of their own."""
import unittest

from krepro import SEED, WithDaemon

LOOP = """while true; do
      stress-ng --sched deadline --sched-period 1000000000 \\
\t      --sched-runtime 800000000 --sched-deadline \\
\t      1000000000 --mmapfork 23 -t 20
  done"""


class VerdictCases(WithDaemon):
    def test_a_workload_that_cannot_hit_is_never_fixed(self):
        mail = SEED.read_text()
        self.assertIn(LOOP, mail)
        mail = mail.replace(LOOP, "while true; do\n      sleep 3\n  done")
        ended = self.run_case(mail.encode(), tree="debian-6.1.8-rt5", workload="verbatim",
                              wall_s=100)
        verdict = ended["verdict"]
        self.assertEqual(verdict["kind"], "not_reproduced")
        self.assertEqual(verdict["unit"], "guest_seconds")
        self.assertGreater(verdict["unpatched"]["exposure"], 0)
        self.assertGreater(verdict["patched"]["exposure"], 0)
        self.assertGreater(verdict["rate_bound"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
