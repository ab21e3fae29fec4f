# SPDX-License-Identifier: Apache-2.0
"""What a pair of kernels costs, in processor seconds, against one clean build: by krepro and by
plain make. Builds in a cache of its own, on the tree that the machine's cache has.

    build.py KREPRO SEED_MAIL
"""
import difflib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TREE = "debian-6.1.8-rt5"
CACHE = pathlib.Path(os.environ.get(
    "KREPRO_CACHE",
    "/var/cache/krepro" if os.geteuid() == 0 else pathlib.Path.home() / ".cache/krepro"))

# Another header that many files include, and one C file.
EDITS = {
    "second header": ("include/linux/poll.h", "return p ? p->_key : ~(__poll_t)0;",
                      "return p ? p->_key | EPOLLERR : ~(__poll_t)0;"),
    "C file": ("kernel/fork.c", "if (refcount_dec_and_test(&sig->sigcnt))",
               "if (unlikely(refcount_dec_and_test(&sig->sigcnt)))"),
}


class Bench:
    def __init__(self, krepro, cache):
        self.krepro, self.cache = krepro, cache
        self.rows = []

    def build(self, patch, *options):
        done = subprocess.run([self.krepro, "build", "-", "--tree", TREE, "--json", *options],
                              input=patch, stdout=subprocess.PIPE, stderr=sys.stderr, check=True,
                              env=dict(os.environ, KREPRO_CACHE=str(self.cache)))
        return json.loads(done.stdout)["arms"]

    def back_to_base(self, mail):
        """The objects as after the clean build, so that each row pays for its own patch alone."""
        self.build(mail, "--again", "--arm", "unpatched")

    def row(self, name, arm):
        self.rows.append((name, arm["build"]["objects"], arm["build"]["wall_s"], arm["cpu_s"]))
        print(f"{name}: {arm['build']['objects']} objects, {arm['build']['wall_s']:.0f} s, "
              f"{arm['cpu_s']:.0f} CPU-s", file=sys.stderr, flush=True)
        return arm["cpu_s"]


def edited(source, name):
    path, old, new = EDITS[name]
    before = (source / path).read_text()
    assert before.count(old) == 1, (path, before.count(old))
    return "".join(difflib.unified_diff(
        before.splitlines(True), before.replace(old, new).splitlines(True), f"a/{path}",
        f"b/{path}")).encode()


def measure(krepro, mail, cache):
    bench = Bench(krepro, cache)
    unpatched, patched = bench.build(mail)
    source = cache / "trees" / TREE / "source"
    clean = bench.row("clean build of the unpatched kernel", unpatched)
    pair = clean + bench.row("patched kernel beside it", patched)
    bench.back_to_base(mail)
    second = bench.row("second header, warm", bench.build(edited(source, "second header"))[1])
    bench.back_to_base(mail)
    c_only = bench.row("C file alone, warm", bench.build(edited(source, "C file"))[1])
    bench.back_to_base(mail)
    plain = clean + bench.row("patched kernel by plain make",
                              bench.build(mail, "--plain", "--again", "--arm", "patched")[0])
    return bench, {"pair_ratio": pair / clean, "second_header_ratio": second / clean,
                   "c_only_ratio": c_only / clean, "plain_make_ratio": plain / clean,
                   "clean_cpu_s": clean}


def main():
    krepro, mail = sys.argv[1], pathlib.Path(sys.argv[2]).read_bytes()
    cache = pathlib.Path(tempfile.mkdtemp(prefix="krepro-bench-build-", dir=CACHE.parent))
    try:
        (cache / "trees").mkdir()
        if (CACHE / "trees" / TREE).exists():
            subprocess.run(["cp", "-a", "--reflink=auto", str(CACHE / "trees" / TREE),
                            str(cache / "trees")], check=True)
        bench, figures = measure(krepro, mail, cache)
    finally:
        shutil.rmtree(cache, ignore_errors=True)
    print(f"{'':40} {'objects':>8} {'wall s':>8} {'CPU s':>8} {'of clean':>9}")
    for name, objects, wall, cpu in bench.rows:
        print(f"{name:40} {objects:8} {wall:8.0f} {cpu:8.0f} {cpu / figures['clean_cpu_s']:9.3f}")
    print(json.dumps({key: round(value, 3) for key, value in figures.items()}))


if __name__ == "__main__":
    main()
