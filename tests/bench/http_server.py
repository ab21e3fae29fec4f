# SPDX-License-Identifier: Apache-2.0
"""What the HTTP server of a real daemon can do and costs: beside nginx, beside a compiler, with
hundreds of event streams, on a store of many jobs.

    KREPRO_BINARY=KREPRO http_server.py MAKE_STORE SOURCE [--jobs N] [--seconds N]

SOURCE is krepro's source tree. Needs nginx and wrk.
"""
import argparse
import contextlib
import fcntl
import http.client
import json
import os
import pathlib
import re
import resource
import selectors
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import krepro  # noqa: E402

CLIENTS = 500
EVENTS = 1000
ROUNDS = 3
LOAD_CLIENTS = 8
MIB = 1 << 20

COMPILED = """int step_{n}_{k}(int *row, int n) {{
  int sum = {k};
  for (int i = 0; i < n; i++)
    for (int k = i; k < n; k += 3) sum += row[i] * row[k] ^ (sum >> {shift});
  if (sum == {n}) printf("%d\\n", sum);
  return sum;
}}
"""
NGINX = """daemon off;
worker_processes 1;
error_log {folder}/error.log warn;
pid {folder}/nginx.pid;
{user}
events {{ worker_connections 1024; }}
http {{
  access_log off;
  default_type application/json;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  open_file_cache max=16 inactive=1h;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}/root; }}
}}
"""


def note(text):
    print(text, file=sys.stderr, flush=True)


def make_store(program, source, state, jobs):
    """Job 1: the seed's, with trials and reports. Job 2: a long history. Then many more."""
    goldens = source / "tests/golden/report"
    hit = f"unpatched:hit:{goldens}/unpatched-6.1.8-rt5-4vcpu-amplified.log"
    clean = f"patched:clean:{goldens}/patched-6.1.8-rt5-4vcpu-amplified.log"
    seed = source / "patches/seed/mail.txt"
    other = source / "patches/regression-put-task-struct/mail.txt"
    # Each of its writes reaches the disk; in memory that costs nothing.
    quick = pathlib.Path(tempfile.mkdtemp(prefix="krepro-bench-http-",
                                          dir="/dev/shm" if has_room("/dev/shm") else None))
    try:
        subprocess.run([program, quick, "--job", seed, *[hit] * 3, *[clean] * 5,
                        "--job", seed, "--events", str(EVENTS),
                        "--job", other, "--copies", str(jobs)], check=True)
        shutil.copytree(quick, state, dirs_exist_ok=True)
    finally:
        shutil.rmtree(quick, ignore_errors=True)


def has_room(folder):
    with contextlib.suppress(OSError):
        return shutil.disk_usage(folder).free > 4 << 30
    return False


def pin(process, core):
    """All threads of a process to one core, or to all of them."""
    cores = {core} if core is not None else set(range(os.cpu_count()))
    for task in pathlib.Path(f"/proc/{process}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)


def rss(process):
    text = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) << 10


def cpu_s(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Wrk:
    """What one run of the client saw."""

    def __init__(self, url, clients, seconds, core=None):
        on_core = ["taskset", "-c", str(core)] if core is not None else []
        said = subprocess.run([*on_core, "wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency",
                               url], check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in said or "Socket errors" in said:
            raise RuntimeError(f"wrk of {url}:\n{said}")
        self.rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
        value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", said).groups()
        self.p99_ms = float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


@contextlib.contextmanager
def nginx(folder, body):
    """nginx with one file at the job's path; its worker's pid and its address."""
    file = folder / "root/api/v1/jobs/1"
    file.parent.mkdir(parents=True)
    file.write_bytes(body)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, user=user))
    server = subprocess.Popen(["nginx", "-e", folder / "error.log", "-p", folder,
                               "-c", folder / "nginx.conf"])
    try:
        url = f"http://127.0.0.1:{port}/api/v1/jobs/1"
        wait_until(lambda: get(url)[1] == body, 10, "nginx does not serve the file")
        children = pathlib.Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
        yield int(children.split()[0]), url
    finally:
        server.terminate()
        server.wait()


def wait_until(condition, seconds, otherwise):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if condition():
                return
        time.sleep(0.05)
    raise RuntimeError(otherwise)


def get(url):
    """Status and body."""
    _, _, authority, path = url.split("/", 3)
    connection = http.client.HTTPConnection(authority, timeout=60)
    connection.request("GET", "/" + path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def beside_nginx(daemon, folder, seconds):
    """Requests a second and processor time a request of both, in turns: server on one core, client
    on the other."""
    url = daemon.url + "/api/v1/jobs/1"
    body = get(url)[1]
    sides = {"krepro": [], "nginx": []}
    with nginx(folder, body) as (worker, file_url):
        for process in (daemon.process.pid, worker):
            pin(process, 0)
        for _ in range(ROUNDS):
            for name, process, address in (("krepro", daemon.process.pid, url),
                                           ("nginx", worker, file_url)):
                before, begun = cpu_s(process), time.monotonic()
                run = Wrk(address, 32, seconds, core=1)
                busy = (cpu_s(process) - before) / (time.monotonic() - begun)
                sides[name].append((run.rate, busy))
                note(f"{name}: {run.rate:.0f} requests/s, its core {100 * busy:.0f} % busy")
        pin(daemon.process.pid, None)
    medians = {name: tuple(map(statistics.median, zip(*rows))) for name, rows in sides.items()}
    return len(body), medians


class CompileLoad:
    """`make -j2` over generated C files, again and again, until it is left."""

    def __init__(self, folder):
        folder.mkdir()
        parts = range(24)
        (folder / "Makefile").write_text(
            f"all: {' '.join(f'part{n}.o' for n in parts)}\n%.o: %.c\n\tgcc -O2 -c -o $@ $<\n")
        for n in parts:
            (folder / f"part{n}.c").write_text("#include <stdio.h>\n" + "".join(
                COMPILED.format(n=n, k=k, shift=k % 7 + 1) for k in range(150)))
        self.folder = folder

    def __enter__(self):
        self.process = subprocess.Popen(
            ["sh", "-c", "while make -s -B -j2 all; do :; done"], cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(2)
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, 9)
        self.process.wait()


def times_of_pages(daemon, jobs):
    """Of twenty answers of each kind of page the median and the slowest, in ms. The first search
    after the store was made reads it from the disk."""
    pages = {
        "first page": "/api/v1/jobs",
        "500 of them": "/api/v1/jobs?limit=500",
        "in the middle": f"/api/v1/jobs?before={jobs // 2}",
        "a stage": "/api/v1/jobs?stage=done",
        "a verdict": "/api/v1/jobs?verdict=regression",
        "found everywhere": "/api/v1/jobs?q=reference",
        "found once": "/api/v1/jobs?q=(copy%2077)",
        "found nowhere": "/api/v1/jobs?q=no+title+has+this",
        "nowhere of a verdict": "/api/v1/jobs?verdict=fixed&q=no+title+has+this",
        "as text": "/jobs.txt",
    }
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
    rows = {}
    for name, path in pages.items():
        times = []
        for _ in range(20):
            begun = time.monotonic()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            times.append((time.monotonic() - begun) * 1000)
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status}")
        rows[name] = (statistics.median(times), max(times))
        note(f"{name}: {rows[name][0]:.1f} ms, at most {rows[name][1]:.1f} ms")
    return rows


class Peak:
    """The most memory that a process had while this was held, above what it had before."""

    def __init__(self, process):
        self.process, self.before = process, rss(process)
        self.most, self.over = self.before, threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.over.wait(0.02):
            self.most = max(self.most, rss(self.process))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    @property
    def mib(self):
        return (self.most - self.before) / MIB


class Streams:
    """Many clients on one job's events."""

    def __init__(self, port, job, count):
        self.selector, self.got, self.open = selectors.DefaultSelector(), {}, set()
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", port), timeout=60)
            client.sendall(f"GET /api/v1/jobs/{job}/events HTTP/1.1\r\n"
                           "Host: localhost\r\n\r\n".encode())
            client.setblocking(False)
            self.selector.register(client, selectors.EVENT_READ)
            self.got[client] = bytearray()
            self.open.add(client)

    def read_until(self, condition, seconds):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(self.open)} event streams still wait after {seconds} s")
            for key, _ in self.selector.select(0.1):
                piece = key.fileobj.recv(1 << 16)
                self.got[key.fileobj] += piece
                if not piece:
                    self.selector.unregister(key.fileobj)
                    self.open.discard(key.fileobj)

    def all_have(self, text):
        return all(text in got for got in self.got.values())

    def seqs(self):
        """What each client was told, in order, and whether it was told the end."""
        return [([int(seq) for seq in re.findall(rb"^id: (\d+)$", got, re.M)],
                 b"event: end\n" in got) for got in self.got.values()]

    def close(self):
        for client in self.got:
            client.close()
        self.selector.close()


def stored_events(daemon, job):
    with contextlib.closing(sqlite3.connect(daemon.state / "krepro.db")) as store:
        return [seq for seq, in store.execute("SELECT seq FROM events WHERE job = ? ORDER BY seq",
                                              (job,))]


def check_streams(streams, daemon, job):
    wanted = stored_events(daemon, job)
    for seqs, ended in streams.seqs():
        if seqs != wanted or not ended:
            raise RuntimeError(f"a client got {len(seqs)} of the {len(wanted)} events of job {job},"
                               f" {'with' if ended else 'without'} the end")
    return len(wanted)


def history_to_all(daemon):
    """All clients at once read the long history of a job that is done."""
    with Peak(daemon.process.pid) as peak:
        streams = Streams(daemon.port, 2, CLIENTS)
        streams.read_until(lambda: not streams.open, 300)
    events = check_streams(streams, daemon, 2)
    streams.close()
    return peak.mib, events


def live_to_all(daemon, folder, mail):
    """All clients wait on a job that is held up, and see it go on to its end."""
    tree = folder / "tree"
    tree.mkdir()
    (tree / "Makefile").write_text("VERSION = 6\n")
    krepro.git(tree, "init", "-q")
    krepro.git(tree, "add", "-A")
    krepro.git(tree, "commit", "-qm", "no kernel")
    # The first job ends, as the patch does not apply, and leaves the lock's file.
    daemon.wait(daemon.submit(mail, tree=tree), seconds=60)
    locks = list((daemon.cache / "trees").glob("*.lock"))
    with open(locks[0], "r+b") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        job = daemon.submit(mail, tree=tree)
        daemon.wait(job, until=lambda now: now["stage"] == "checking_out", seconds=60)
        with Peak(daemon.process.pid) as peak:
            streams = Streams(daemon.port, job, CLIENTS)
            streams.read_until(lambda: streams.all_have(b'"checking_out"'), 60)
            fcntl.lockf(lock, fcntl.LOCK_UN)
            streams.read_until(lambda: not streams.open, 60)
    events = check_streams(streams, daemon, job)
    streams.close()
    return peak.mib, events


def measure(arguments, folder, daemon):
    time.sleep(5)
    idle = rss(daemon.process.pid) / MIB
    note(f"idle: {idle:.1f} MiB")
    size, sides = beside_nginx(daemon, folder, arguments.seconds)
    pages = times_of_pages(daemon, arguments.jobs)
    history, history_events = history_to_all(daemon)
    live, live_events = live_to_all(daemon, folder, (arguments.source / "patches/seed/mail.txt")
                                    .read_bytes())
    with CompileLoad(folder / "load"):
        loaded = Wrk(daemon.url + "/api/v1/jobs/1", LOAD_CLIENTS, arguments.seconds)
    rows = [
        (f"GET of a job of {size} bytes, requests/s", f"{sides['krepro'][0]:.0f}"),
        ("nginx with the same bytes, requests/s", f"{sides['nginx'][0]:.0f}"),
        ("how busy their core was, %", f"{100 * sides['krepro'][1]:.0f}, "
                                       f"{100 * sides['nginx'][1]:.0f}"),
        (f"p99 beside make -j2, {LOAD_CLIENTS} clients, ms", f"{loaded.p99_ms:.2f}"),
        (f"{CLIENTS} clients read {history_events} events each, MiB", f"{history:.1f}"),
        (f"{CLIENTS} clients wait for {live_events} events, MiB", f"{live:.1f}"),
        ("idle, MiB resident", f"{idle:.1f}"),
        *((f"{arguments.jobs} jobs, {name}: median, most, ms", f"{median:.1f}, {most:.1f}")
          for name, (median, most) in pages.items()),
    ]
    for name, value in rows:
        print(f"{name:64} {value:>16}")
    return {"nginx_ratio": round(sides["krepro"][0] / sides["nginx"][0], 3),
            "p99_ms": round(loaded.p99_ms, 2), "sse_clients_mib": round(max(history, live), 1),
            "idle_rss_mib": round(idle, 1),
            "search_ms": round(max(median for median, _ in pages.values()), 1),
            "search_most_ms": round(max(most for _, most in pages.values()), 1)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("make_store")
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=10)
    arguments = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="krepro-bench-http-"))
    daemon = None
    try:
        folder.chmod(0o755)
        begun = time.monotonic()
        make_store(arguments.make_store, arguments.source, folder / "state", arguments.jobs)
        note(f"a store of {arguments.jobs} jobs: {time.monotonic() - begun:.0f} s")
        daemon = krepro.Daemon(state=folder / "state", cache=folder / "cache")
        figures = measure(arguments, folder, daemon)
    finally:
        if daemon:
            daemon.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
