# SPDX-License-Identifier: Apache-2.0
"""Real cases that build kernels of their own, or run for long."""
import unittest

from krepro import SEED, SOURCE, WithDaemon, git, message, summary

# A patch of one's own that complains once in each boot, when the first deadline task exits.
NOISE = """	if (tsk->policy == SCHED_DEADLINE)
		WARN_ONCE(1, "a deadline task exits\\n");
"""

# Two locks nested the wrong way round while the kernel boots: lockdep complains and goes off.
BOOT_SPLAT = """
static DEFINE_RAW_SPINLOCK(krepro_outer);
static DEFINE_SPINLOCK(krepro_inner);

static int __init krepro_boot_splat(void)
{
	raw_spin_lock(&krepro_outer);
	spin_lock(&krepro_inner);
	spin_unlock(&krepro_inner);
	raw_spin_unlock(&krepro_outer);
	return 0;
}
late_initcall(krepro_boot_splat);
"""


class SlowCases(WithDaemon):
    def test_a_tree_that_has_the_fix_is_reversed_with_the_same_verdict(self):
        ended = self.run_case(SEED.read_bytes(), tree=str(self.fixed_tree()), workload="amplified")
        self.assertEqual(ended["direction"], "reverse")
        self.assertEqual(ended["verdict"]["kind"], "fixed", summary(ended))

    def test_a_patch_that_brings_the_bug_into_a_good_tree_is_a_regression(self):
        tree = self.fixed_tree()
        mail = message().partition("One practical example")[0] + message().partition(
            "The issue is reproducible")[2] + git(tree, "diff", "HEAD", "HEAD~1").decode()
        ended = self.run_case(mail.encode(), tree=str(tree), workload="amplified")
        self.assertEqual(ended["direction"], "forward")
        self.assertEqual(ended["verdict"]["kind"], "regression", summary(ended))
        self.assertGreaterEqual(ended["verdict"]["patched"]["hits"], 3)
        self.assertEqual(ended["verdict"]["unpatched"]["hits"], 0)

    def test_taking_the_fix_out_of_6_12_is_a_regression(self):
        mail = (SOURCE / "patches/regression-put-task-struct/mail.txt").read_bytes()
        ended = self.run_case(mail, tree="debian-6.12", workload="amplified", wall_s=900,
                              seconds=5400)
        self.assertEqual(ended["verdict"]["kind"], "regression", summary(ended))

    def test_a_patch_that_changes_a_comment_fixes_nothing(self):
        tree = self.clone_of_the_tree()
        fork = tree / "kernel/fork.c"
        text = fork.read_text()
        self.assertIn("'fork.c' contains the help-routines", text)
        fork.write_text(text.replace("contains the help-routines", "holds the help-routines"))
        diff = git(tree, "diff").decode()
        self.assertEqual(diff.count("\n+"), 2, diff)  # its header and one line
        ended = self.run_case((message() + diff).encode(), tree="debian-6.1.8-rt5",
                              workload="amplified")
        verdict = ended["verdict"]
        self.assertEqual(verdict["kind"], "not_fixed")
        self.assertEqual(verdict["patched"]["hits"], 1, "one hit with the patch decides")

    def test_a_fix_that_brings_a_splat_of_its_own_is_not_plainly_fixed(self):
        tree = self.fixed_tree()
        self.insert(tree / "kernel/exit.c", NOISE, after="exit_signals(tsk);  /* sets PF_EXITING */")
        mail = message() + git(tree, "diff", "HEAD~1").decode()
        ended = self.run_case(mail.encode(), tree="debian-6.1.8-rt5", workload="amplified")
        self.assertEqual(ended["verdict"]["kind"], "fixed_new_splat", summary(ended))
        self.assertEqual(ended["verdict"]["patched"]["hits"], 0)
        titles = {r["report"]["title"] for r in self.reports(ended) if r["arm"] == "patched"}
        self.assertTrue(any("do_exit" in title for title in titles), titles)

    def test_where_lockdep_goes_off_while_booting_no_boot_is_evidence(self):
        tree = self.clone_of_the_tree()
        main = tree / "init/main.c"
        main.write_text(main.read_text() + BOOT_SPLAT)
        git(tree, "commit", "-q", "-a", "-m", "a splat while booting")
        ended = self.run_case(SEED.read_bytes(), tree=str(tree), workload="amplified")
        verdict = ended["verdict"]
        self.assertEqual(verdict["kind"], "inconclusive", summary(ended))
        trials = self.daemon.get(f"/api/v1/jobs/{ended['id']}/trials")["trials"]
        self.assertEqual({t["outcome"]["cause"] for t in trials}, {"lockdep_off_early"})
        self.assertIn("lockdep_off_early", " ".join(verdict["void_causes"]))

    def reports(self, job):
        return self.daemon.get(f"/api/v1/jobs/{job['id']}/reports")["reports"]

    def fixed_tree(self):
        """6.1.8-rt5 with the mail applied and committed."""
        folder = self.clone_of_the_tree()
        git(folder, "apply", "--recount", "-C1", "-", input=SEED.read_bytes() + b"\n")
        git(folder, "commit", "-q", "-a", "-m", "the fix")
        return folder

    def insert(self, path, lines, after):
        text = path.read_text()
        self.assertEqual(text.count(after), 1)
        path.write_text(text.replace(after + "\n", after + "\n" + lines))


if __name__ == "__main__":
    unittest.main(verbosity=2)
