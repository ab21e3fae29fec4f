# SPDX-License-Identifier: Apache-2.0
"""The main job, for real: the seed's mail goes in, `fixed` comes out, with its evidence over HTTP."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import jsonschema

from krepro import (BINARY, SEED, SOURCE, WithDaemon, expectation, is_subsequence, say,
                    summary)


class SeedJob(WithDaemon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        say("submitting the seed's mail by the command line")
        run = subprocess.run([str(BINARY), "submit", "--wait", "--json", "--workload", "amplified",
                              "--server", cls.daemon.url, str(SEED)],
                             capture_output=True, text=True, timeout=2400)
        cls.exit_code, cls.output = run.returncode, run.stdout
        if run.returncode != 0:
            say(run.stdout[-2000:] + run.stderr[-4000:])
        cls.job = cls.daemon.get("/api/v1/jobs/1")
        cls.reports = cls.daemon.get("/api/v1/jobs/1/reports")["reports"]
        say(summary(cls.job))
        for stored in cls.reports:
            say(f"trial {stored['trial']}{', target' if stored['target'] else ''}: "
                f"{stored['report']['title']}: "
                + " ".join(f["function"] for f in stored["report"]["frames"] if f["certain"]))

    def target(self):
        """The first report of the mail's own kind that was judged to be its bug."""
        found = [r for r in self.reports
                 if r["target"] and r["report"]["kind"] == "invalid_wait_context"]
        self.assertTrue(found, [(r["report"]["title"], r["target"]) for r in self.reports])
        return found[0]

    def test_the_verdict_is_fixed_and_the_exit_code_says_so(self):
        self.assertEqual(self.job["verdict"]["kind"], "fixed", summary(self.job))
        self.assertEqual(self.exit_code, 0)
        self.assertEqual(self.job["direction"], "forward")

    def test_it_is_what_the_case_says_it_must_be(self):
        case = expectation("seed")
        self.assertEqual(self.job["verdict"]["kind"], case["verdict"])
        self.assertEqual(self.job["direction"], case["direction"])
        self.assertEqual(self.job["spec"]["tree"], case["tree"])
        reports = [r["report"] for r in self.reports if r["target"] and
                   r["report"]["kind"] == case["expected"]["kind"]]
        self.assertTrue(reports)
        for report in reports:
            names = [f["function"] for f in report["frames"] if f["certain"]]
            self.assertTrue(is_subsequence(case["expected"]["frames"], names), names)

    def test_the_numbers_are_what_the_rule_asks_for(self):
        verdict = self.job["verdict"]
        self.assertEqual(verdict["confidence"], 0.95)
        self.assertEqual(verdict["hits_needed"], 3)
        self.assertGreaterEqual(verdict["unpatched"]["hits"], 3)
        self.assertEqual(verdict["patched"]["hits"], 0)
        self.assertEqual(verdict["unit"], "deadline_exits")
        self.assertGreater(verdict["exposure_needed"], 0)
        self.assertGreaterEqual(verdict["patched"]["exposure"], verdict["exposure_needed"])
        self.assertLessEqual(verdict["p_value"], 0.05)

    def test_clean_trials_had_lockdep_alive_to_the_end(self):
        clean = [t for t in self.daemon.get("/api/v1/jobs/1/trials")["trials"]
                 if t["outcome"]["kind"] == "clean"]
        self.assertTrue(clean)
        for trial in clean:
            self.assertTrue(trial["outcome"]["lockdep_alive_at_end"], trial)

    def test_the_report_is_the_invalid_wait_context_of_the_mail_as_data(self):
        stored = self.target()
        report = stored["report"]
        self.assertTrue(stored["matches_expected"])
        self.assertTrue(report["title"])
        self.assertEqual(report["locks"][0]["name"], "stock_lock")
        self.assertEqual(report["locks"][0]["wait_outer"]["value"], 3)
        self.assertEqual(report["locks"][0]["wait_inner"]["value"], 3)
        self.assertEqual(report["context"]["wait_inner"]["value"], 2)
        self.assertEqual(report["context"]["interrupt"], "hardirq")

    def test_the_frames_lead_from_the_lock_to_the_timer(self):
        report = self.target()["report"]
        names = [f["function"] for f in report["frames"] if f["certain"]]
        wanted = ["rt_spin_lock", "refill_obj_stock", "kmem_cache_free", "__put_task_struct",
                  "inactive_task_timer"]
        places = [names.index(name) for name in wanted]
        self.assertEqual(places, sorted(places), names)

    def test_every_frame_has_its_line_and_the_patch_is_seen_to_act(self):
        ambiguous = self.functions_that_only_an_address_tells_apart()
        for stored in [r for r in self.reports if r["target"]]:
            report = stored["report"]
            for frame in report["frames"]:
                if not frame["certain"] and frame["function"] in ambiguous:
                    self.assertIsNone(frame["file"], "no line rather than a wrong one")
                    continue
                self.assertTrue(frame["file"] and frame["line"], frame)
                self.assertTrue(frame["source"]["lines"], frame)
            places = {f["function"]: f["file"] for f in report["frames"]}
            self.assertEqual(places["inactive_task_timer"], "kernel/sched/deadline.c")
            self.assertEqual(places["__put_task_struct"], "kernel/fork.c")
            self.assertIn(report["culprit"], ("inactive_task_timer", "__put_task_struct"))
            marked = [f for f in report["frames"] if f["patched"]]
            self.assertEqual({f["function"] for f in marked}, {"inactive_task_timer"})
            self.assertIn("put_task_struct", [call["function"] for call in marked[0]["inlines"]])
            self.assertEqual(report["subsystem"], "SCHEDULER")
            self.assertIn("Peter Zijlstra <peterz@infradead.org>",
                          [contact["address"] for contact in report["maintainers"]])

    def functions_that_only_an_address_tells_apart(self):
        """A word left on the stack may name one of several functions of a name and size, as
        rt_mutex_slowunlock is: where they do not agree on the line, krepro says so of the frame
        and gives none."""
        names = set()
        for event in self.events_after(0):
            for frame in event.get("data", {}).get("without", []):
                if "several functions of this name and size" in frame["why"]:
                    names.add(frame["function"])
        return names

    def test_the_reports_keep_to_the_published_schema(self):
        schema = json.loads((SOURCE / "docs/schemas/report.schema.json").read_text())
        jsonschema.validate({"reports": [r["report"] for r in self.reports]}, schema)

    def test_a_line_that_is_shown_is_the_trees_own(self):
        source = pathlib.Path(self.job["unpatched_checkout"]["source"])
        report = next(r["report"] for r in self.reports if r["target"])
        timer = next(f for f in report["frames"] if f["function"] == "inactive_task_timer")
        text = (source / timer["file"]).read_text().splitlines()
        self.assertIn("put_task_struct(", text[timer["line"] - 1])
        first = timer["source"]["first_line"]
        self.assertEqual(timer["source"]["lines"], text[first - 1:first + 4])

    def test_a_console_is_served_in_ranges(self):
        trial = self.target()["trial"]
        path = f"/api/v1/trials/{trial}/console"
        status, headers, whole = self.daemon.request(path)
        self.assertEqual(status, 200)
        for words in (b"Invalid wait context", b"PREEMPT_RT"):
            self.assertTrue(words in whole, words)  # assertIn would print all of it
        status, headers, part = self.daemon.request(path, headers={"Range": "bytes=10-29"})
        self.assertEqual((status, part), (206, whole[10:30]))
        self.assertEqual(headers["Content-Range"], f"bytes 10-29/{len(whole)}")

    def test_the_bundle_repeats_it_without_krepro(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="krepro-e2e-bundle-"))
        self.addCleanup(shutil.rmtree, folder)
        archive = folder / "bundle.tar.zst"
        packed = subprocess.run([str(BINARY), "bundle", "1", "-o", str(archive), "--server",
                                 self.daemon.url], capture_output=True, text=True, timeout=300)
        self.assertEqual(packed.returncode, 0, packed.stderr)
        say(f"bundle of {archive.stat().st_size >> 20} MiB")
        subprocess.run(["tar", "xf", str(archive)], cwd=folder, check=True)
        there = folder / "krepro-job-1"
        subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=there, check=True)
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
        self.assertIsNone(shutil.which("krepro", path=environment["PATH"]))

        def repro(*words):
            run = subprocess.run(["./repro.sh", "--out", str(folder / "out"), *words], cwd=there,
                                 env=environment, capture_output=True, text=True, timeout=1500)
            say(run.stdout)
            return run

        unpatched = repro("--arm", "unpatched", "--boots", "6")
        self.assertEqual(unpatched.returncode, 0, unpatched.stdout + unpatched.stderr)
        # Whichever of the bug's two splats comes first on that boot.
        self.assertRegex(unpatched.stdout,
                         "Invalid wait context|sleeping function called from invalid context")
        patched = repro("--arm", "patched", "--boots", "2")
        self.assertEqual(patched.returncode, 1, patched.stdout + patched.stderr)
        own = repro("--kernel", str(there / "unpatched/bzImage"), "--boots", "6")
        self.assertEqual(own.returncode, 0, own.stdout + own.stderr)

    def test_the_same_job_again_builds_nothing(self):
        before = self.job
        again = self.daemon.submit(SEED.read_bytes(), workload="amplified")
        job = self.daemon.wait(again, until=lambda j: j["stage"] == "running", seconds=300)
        self.daemon.request(f"/api/v1/jobs/{again}/cancel", data=b"", method="POST")
        for arm in ("unpatched_build", "patched_build"):
            self.assertTrue(job[arm]["cached"], job[arm])
            self.assertEqual(job[arm]["bzimage"], before[arm]["bzimage"])
        ended = self.daemon.wait(again)
        self.assertEqual(ended["verdict"]["kind"], "error")
        self.assertIn("cancelled", ended["problem"]["what"])

    def test_the_dashboard_shows_it_in_a_browser(self):
        shots = os.environ.get("KREPRO_SHOTS")
        run = subprocess.run(
            ["node", "web/e2e/run.mjs", "--url", self.daemon.url, "--job", "1"] +
            (["--shots", shots] if shots else []),
            cwd=SOURCE, capture_output=True, text=True, timeout=300)
        say(run.stdout)
        self.assertEqual(run.returncode, 0, run.stdout[-3000:] + run.stderr[-3000:])

    def test_a_mail_is_submitted_in_a_browser_and_its_job_watched(self):
        run = subprocess.Popen(
            ["node", "web/e2e/live.mjs", "--url", self.daemon.url, "--mail", str(SEED)],
            cwd=SOURCE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        said = ""
        for line in run.stdout:
            said += line
            if line.startswith("# restart"):
                self.daemon.kill()
                self.daemon.start()
                run.stdin.write("done\n")
                run.stdin.flush()
        say(said)
        self.assertEqual(run.wait(timeout=60), 0, said[-3000:])

    def events_after(self, number):
        status, _, body = self.daemon.request(
            "/api/v1/jobs/1/events", headers={"Last-Event-ID": str(number)})
        self.assertEqual(status, 200)
        data = [json.loads(line[6:]) for line in body.decode().splitlines()
                if line.startswith("data: ")]
        return [event for event in data if "seq" in event]  # not the closing "end"

    def test_events_can_be_read_again_from_any_point_without_loss(self):
        def events(after):
            return [event["seq"] for event in self.events_after(after)]

        everything = events(0)
        self.assertEqual(everything, sorted(set(everything)))
        middle = everything[len(everything) // 2]
        self.assertEqual(events(middle), [seq for seq in everything if seq > middle])


if __name__ == "__main__":
    unittest.main(verbosity=2)
