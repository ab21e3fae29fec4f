# SPDX-License-Identifier: Apache-2.0
"""What CI servers and other tools are given: the exports of a live server, read by readers that are
not krepro's own, and docs/ci/krepro-ci.sh for every exit status."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from dashboard import CLEAN, HANG, HIT, MAKE_STORE
from krepro import BINARY, SEED, SOURCE, Daemon, say

SCRIPT = SOURCE / "docs/ci/krepro-ci.sh"
READERS = SOURCE / "tests/golden/exports/readers.py"
HITS = [f"unpatched:hit:{HIT}"] * 3
CLEANS = [f"patched:clean:{CLEAN}"] * 5

# verdict: exit status, trials. What the rule does not come to by itself is asked for.
JOBS = {
    "fixed": (0, [*HITS, f"unpatched:void:{HANG}", *CLEANS, f"unpatched:hit:{HIT}"]),
    "not_fixed": (1, [*HITS, f"patched:hit:{HIT}"]),
    "regression": (1, [f"unpatched:clean:{CLEAN}", f"patched:hit:{HIT}"]),
    "fixed_new_splat": (1, [*HITS, *CLEANS]),
    "error": (2, [f"unpatched:void:{HANG}"]),
    "not_reproduced": (3, [f"unpatched:clean:{CLEAN}", f"patched:clean:{CLEAN}"]),
    "inconclusive": (4, [f"unpatched:hit:{HIT}"]),
}
FORMATS = {"junit": "xml", "ktap": "ktap", "kcidb": "kcidb", "sarif": "sarif", "reply": "eml",
           "markdown": "md"}


class Ci(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        state = tempfile.mkdtemp(prefix="krepro-e2e-", dir="/tmp")
        words = []
        for verdict, (_, trials) in JOBS.items():
            words += ["--job", str(SEED), "--verdict", verdict, *trials]
        subprocess.run([str(MAKE_STORE), state, *words], check=True)
        cls.daemon = Daemon(state)
        cls.addClassCleanup(cls.daemon.close)
        cls.ids = {verdict: number for number, verdict in enumerate(JOBS, 1)}

    def folder(self):
        folder = tempfile.TemporaryDirectory(prefix="krepro-e2e-")
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)

    def krepro(self, *words, **options):
        return subprocess.run([str(BINARY), *map(str, words)], capture_output=True, text=True,
                              env=dict(os.environ, KREPRO_SERVER=self.daemon.url), timeout=120,
                              **options)

    def script(self, *words, **environment):
        environment = {**os.environ, "KREPRO": str(BINARY), "KREPRO_SERVER": self.daemon.url,
                       **environment}
        return subprocess.run(["sh", str(SCRIPT), *map(str, words)], capture_output=True, text=True,
                              env=environment, timeout=180)

    def test_every_format_of_every_verdict_is_taken_by_its_readers(self):
        folder = self.folder()
        for verdict, job in self.ids.items():
            (folder / f"{verdict}.json").write_text(json.dumps(
                {"job": self.daemon.get(f"/api/v1/jobs/{job}"),
                 "trials": self.daemon.get(f"/api/v1/jobs/{job}/trials")["trials"]}))
            for name, extension in FORMATS.items():
                status, headers, body = self.daemon.request(f"/api/v1/jobs/{job}/exports/{name}")
                self.assertEqual(status, 200, body)
                self.assertIn(f"krepro-job-{job}.", headers["Content-Disposition"])
                (folder / f"{verdict}.{extension}").write_bytes(body)
                file = folder / "by-cli"
                ran = self.krepro("export", job, "--format", name, "-o", file)
                self.assertEqual(ran.returncode, 0, ran.stderr)
                if name not in ("junit", "kcidb"):  # these two say when they were written
                    self.assertEqual(file.read_bytes(), body)
        schema = READERS.parent / "kcidb-5.3.schema.json"
        (folder / schema.name).write_bytes(schema.read_bytes())
        cases = ["JUnit.test_a_reader_finds_the_cases_and_their_results",
                 "Ktap.test_nested_results_follow_the_kernels_rules",
                 "Kcidb.test_the_schema_takes_it_and_every_id_is_there",
                 "Sarif.test_the_object_model_takes_it"]
        ran = subprocess.run(["/usr/bin/python3", str(READERS), "-v", *cases],
                             capture_output=True, text=True, timeout=120,
                             env=dict(os.environ, KREPRO_EXPORTS=str(folder),
                                      KREPRO_EXPORT_JOBS=" ".join(JOBS)))
        say(ran.stderr)
        self.assertEqual(ran.returncode, 0, ran.stderr)

    def test_what_cannot_be_exported_is_said(self):
        for path, wanted in (("/api/v1/jobs/1/exports/pdf", 404), ("/api/v1/jobs/99/exports/junit",
                                                                   404),
                             ("/api/v1/jobs/99/bundle", 404),
                             # A store without kernels.
                             ("/api/v1/jobs/1/bundle", 409)):
            status, headers, body = self.daemon.request(path)
            self.assertEqual(status, wanted, body)
            self.assertEqual(headers["Content-Type"], "application/problem+json")
            self.assertTrue(json.loads(body)["hint"], body)
        ran = self.krepro("bundle", 1)
        self.assertEqual(ran.returncode, 64)
        self.assertIn("kernels", ran.stderr)
        self.assertEqual(self.krepro("export", 1, "--format", "pdf").returncode, 64)

    def test_wait_exits_with_the_verdicts_code(self):
        for verdict, (code, _) in JOBS.items():
            ran = self.krepro("wait", self.ids[verdict])
            self.assertEqual(ran.returncode, code, verdict)
            self.assertTrue(ran.stdout.startswith(f"{verdict}: "), ran.stdout)
        ran = self.krepro("wait", 1, "--json")
        self.assertEqual(json.loads(ran.stdout)["verdict"]["kind"], "fixed")

    def test_open_prints_the_page_and_says_what_is_not_there(self):
        self.assertEqual(self.krepro("open", 1, "--print").stdout, f"{self.daemon.url}/jobs/1\n")
        self.assertEqual(self.krepro("open", 99, "--print").returncode, 64)

    def test_the_script_exits_with_every_verdicts_status_and_leaves_the_exports(self):
        for verdict, (code, _) in JOBS.items():
            with self.subTest(verdict):
                folder = self.folder()
                ran = self.script("--out", folder / "out", "--job", self.ids[verdict],
                                  GITHUB_STEP_SUMMARY=str(folder / "summary"),
                                  GITHUB_OUTPUT=str(folder / "output"))
                say(f"{verdict}: exit status {ran.returncode}")
                self.assertEqual(ran.returncode, code, ran.stdout + ran.stderr)
                self.assertEqual((folder / "output").read_text(),
                                 f"job={self.ids[verdict]}\nverdict={verdict}\n")
                self.assertEqual((folder / "summary").read_text(),
                                 (folder / "out/summary.md").read_text())
                self.assertIn("<testsuites", (folder / "out/junit.xml").read_text())
                self.assertEqual(json.loads((folder / "out/krepro.sarif").read_text())["version"],
                                 "2.1.0")
                self.assertTrue((folder / "out/krepro.ktap").read_text().startswith("KTAP"))
                self.assertEqual(json.loads((folder / "out/job.json").read_text())["id"],
                                 self.ids[verdict])

    def test_the_github_action_passes_for_what_it_names_and_for_nothing_else(self):
        action = (SOURCE / "docs/ci/github/action.yml").read_text()
        text = action.partition("      run: |\n")[2].partition("    - if: always()")[0]
        passes = action.partition("pass-on:")[2].partition("default: ")[2].partition("\n")[0]
        stand_in = self.folder() / "script.sh"
        for status in (0, 1, 2, 3, 4, 64, 126, 127, 137, 139):
            stand_in.write_text(f"exit {status}\n")
            ran = subprocess.run(["sh", "-e", "-c", text], timeout=60,
                                 env={"PATH": os.environ["PATH"], "SCRIPT": str(stand_in),
                                      "PASS_ON": passes.strip('"'), "PATCH": "fix.patch",
                                      "OPTIONS": "--workload auto", "BUNDLE": "no"})
            self.assertEqual(ran.returncode, 0 if status in (0, 3, 4) else status)

    def test_the_script_tells_wrong_usage_from_a_server_that_is_not_there(self):
        folder = self.folder()
        patch = folder / "fix.patch"
        patch.write_text("Subject: nothing\n\nno diff\n")
        for words in ((), ("--colour", "red"), ("--job", "x"), ("--job",), ("--job", 1, patch),
                      (folder / "none",), ("--job", 99), (patch,)):
            ran = self.script("--out", folder / "out", *words)
            self.assertEqual(ran.returncode, 64, (words, ran.stdout, ran.stderr))
            self.assertTrue(ran.stderr)
        ran = self.script("--server", "http://127.0.0.1:9", "--out", folder / "out", patch)
        self.assertEqual(ran.returncode, 2, ran.stderr)
        ran = self.script("--out", folder / "out", patch, KREPRO="no-such-krepro")
        self.assertEqual(ran.returncode, 2, ran.stderr)

    def test_the_script_starts_a_server_of_its_own_and_ends_it(self):
        folder = self.folder()
        patch = folder / "fix.patch"
        patch.write_text("Subject: nothing\n\nno diff\n")
        state = pathlib.Path(tempfile.mkdtemp(prefix="krepro-e2e-", dir="/tmp"))
        self.addCleanup(subprocess.run, ["rm", "-rf", str(state)])
        ran = self.script("--out", folder / "out", patch, KREPRO_SERVER="", KREPRO_STATE=str(state))
        self.assertEqual(ran.returncode, 64, ran.stderr)  # the mail is refused by that server
        self.assertIn("listens on port", (folder / "out/daemon.log").read_text())
        found = subprocess.run(["fuser", str(state / "lock")], capture_output=True)
        self.assertEqual(found.stdout.strip(), b"", "the server lives on")


if __name__ == "__main__":
    unittest.main(verbosity=2)
