# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: a real daemon on a state folder of its own, and its API.

The cache of trees and kernels is the machine's own (KREPRO_CACHE), so that what the demo built is
not built again.
"""
import json
import os
import pathlib
import re
import shutil
import ctypes
import signal
import subprocess
import tempfile
import time
import tomllib
import unittest
import urllib.error
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("KREPRO_BINARY", SOURCE / "build/dev/bin/krepro"))
SEED = SOURCE / "patches/seed/mail.txt"
CACHE = pathlib.Path(os.environ.get(
    "KREPRO_CACHE",
    "/var/cache/krepro" if os.geteuid() == 0 else pathlib.Path.home() / ".cache/krepro"))


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


def qemu_of(state):
    """Processes of QEMU that belong to this state folder: pids."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if line.startswith("/usr/bin/qemu-system") and str(state) in line:
            found.append(int(entry.name))
    return found


def die_with_parent():
    """A test that is killed at its time limit leaves no daemon behind."""
    k_pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(k_pr_set_pdeathsig, signal.SIGTERM)


def expectation(case):
    """What patches/CASE/case.toml says must come out."""
    return tomllib.loads((SOURCE / "patches" / case / "case.toml").read_text())


def is_subsequence(wanted, found):
    rest = iter(found)
    return all(name in rest for name in wanted)


class Daemon:
    """`krepro serve` on a free port. The state folder outlives a kill, until close()."""

    def __init__(self, state=None, wrap=(), environment=None, cache=CACHE):
        """`wrap`: arguments before the daemon's own, ending in a program that execs it."""
        self.wrap, self.environment, self.cache = list(wrap), environment or {}, cache
        # Short, because unix sockets are made below it.
        self.state = pathlib.Path(state or tempfile.mkdtemp(prefix="krepro-e2e-", dir="/tmp"))
        self.state.chmod(0o755)
        self.log_path = self.state / "daemon.log"
        self.port = 0
        self.start()

    def start(self):
        environment = dict(os.environ, KREPRO_STATE=str(self.state),
                           KREPRO_CACHE=str(self.cache), **self.environment)
        before = self.log_path.stat().st_size if self.log_path.exists() else 0
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen([*self.wrap, str(BINARY), "serve", "--port", str(self.port)],
                                        stdout=self.log, stderr=self.log, env=environment,
                                        preexec_fn=die_with_parent)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            text = self.log_path.read_bytes()[before:].decode(errors="replace")
            found = re.search(r"listens on port (\d+)", text)
            if found:
                self.port = int(found[1])  # after a kill it is the same again
                self.url = f"http://127.0.0.1:{self.port}"
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError("the daemon did not start:\n" + self.log_path.read_text())

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def terminate(self):
        self.process.terminate()
        return self.process.wait(timeout=60)

    def close(self):
        if self.process.poll() is None:
            self.terminate()
        self.log.close()
        if os.environ.get("KREPRO_KEEP"):
            say(f"state kept in {self.state}")
        else:
            shutil.rmtree(self.state, ignore_errors=True)

    def krepro(self, *arguments, seconds=1500, code=0):
        """The command line beside this daemon, on its state folder; what it prints."""
        environment = dict(os.environ, KREPRO_STATE=str(self.state), KREPRO_CACHE=str(self.cache),
                           KREPRO_SERVER=self.url)
        run = subprocess.run([str(BINARY), *arguments], capture_output=True, text=True,
                             timeout=seconds, env=environment)
        say(f"krepro {' '.join(arguments)}: {run.returncode} {run.stdout.strip()[-300:]}")
        assert run.returncode == code, (run.returncode, run.stderr)
        return run.stdout

    def request(self, path, data=None, headers=None, method=None):
        """Status, headers and body of an answer, errors included."""
        request = urllib.request.Request(self.url + path, data=data, headers=headers or {},
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def get(self, path):
        status, _, body = self.request(path)
        assert status == 200, (path, status, body)
        return json.loads(body)

    def submit(self, mail, **options):
        query = "&".join(f"{key}={value}" for key, value in options.items())
        status, headers, body = self.request(f"/api/v1/jobs?{query}", data=mail,
                                             headers={"Content-Type": "text/plain"})
        assert status in (201, 202), (status, body)
        assert headers["Location"], headers
        return json.loads(body)["id"]

    def wait(self, job, until=lambda j: j["stage"] == "done", seconds=3600):
        """Polls a job until it is as asked; says each stage once."""
        deadline, stage = time.monotonic() + seconds, None
        while time.monotonic() < deadline:
            now = self.get(f"/api/v1/jobs/{job}")
            if now["stage"] != stage:
                stage = now["stage"]
                say(f"job {job}: {stage}")
            if until(now):
                return now
            if now["stage"] == "done":
                raise AssertionError(f"job {job} ended too early: {now['problem']}")
            time.sleep(0.5)
        raise AssertionError(f"job {job} did not get there in {seconds} s, it is {stage}")


def git(folder, *arguments, **options):
    return subprocess.run(["git", "-C", str(folder), "-c", "user.name=test",
                           "-c", "user.email=test@example.org", "-c", "safe.directory=*",
                           *arguments], check=True, capture_output=True, **options).stdout


def message(mail=SEED):
    """The mail without its diff: the story, the trace, the reproducer."""
    return mail.read_text().partition("diff --git ")[0]


def summary(job):
    verdict = job["verdict"]
    return f"{verdict['kind']}: {verdict['sentence']}"


class WithDaemon(unittest.TestCase):
    """One daemon for the cases of a class."""

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.addClassCleanup(cls.daemon.close)

    def run_case(self, mail, seconds=3000, **options):
        """The job, ended."""
        ended = self.daemon.wait(self.daemon.submit(mail, **options), seconds=seconds)
        say(summary(ended))
        return ended

    def clone_of_the_tree(self):
        """A git repository of its own of 6.1.8-rt5, as krepro unpacked it."""
        source = CACHE / "trees/debian-6.1.8-rt5/source"
        if not source.exists():
            job = self.daemon.submit(SEED.read_bytes())
            self.daemon.wait(job, until=lambda j: j["stage"] == "building", seconds=900)
            self.daemon.request(f"/api/v1/jobs/{job}/cancel", data=b"", method="POST")
            self.daemon.wait(job)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="krepro-e2e-tree-"))
        self.addCleanup(shutil.rmtree, folder)
        git(folder, "clone", "-q", "--shared", str(source), str(folder))
        return folder
