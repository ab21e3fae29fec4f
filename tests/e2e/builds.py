# SPDX-License-Identifier: Apache-2.0
"""Kernel builds, proved: what the planner skips, what the cache keeps, what comes out twice."""
import dataclasses
import difflib
import json
import os
import re
import subprocess
import tempfile
import unittest

from krepro import BINARY, CACHE, SEED, git, say

TREE = "debian-6.1.8-rt5"


@dataclasses.dataclass
class Edit:
    name: str
    path: str  # of the header, below include/linux
    old: str
    new: str
    hard: bool = False
    everywhere: bool = False  # a rename: in every file that has the word


EDITS = [
    Edit("an inline's body", "poll.h", "return p ? p->_key : ~(__poll_t)0;",
         "return p ? p->_key | EPOLLERR : ~(__poll_t)0;"),
    Edit("a macro's value", "poll.h",
         "#define DEFAULT_POLLMASK (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)",
         "#define DEFAULT_POLLMASK (EPOLLIN | EPOLLOUT | EPOLLRDNORM)"),
    Edit("a parameter's name", "poll.h", "extern void poll_initwait(struct poll_wqueues *pwq);",
         "extern void poll_initwait(struct poll_wqueues *queues);"),
    Edit("an inline's name", "poll.h", "file_can_poll", "file_has_poll", everywhere=True),
    Edit("an enumerator at the end", "uio.h", "\tITER_UBUF,\n};", "\tITER_UBUF,\n\tITER_LAST,\n};"),
    Edit("a macro that pastes", "seq_file.h",
         "\t.llseek\t\t= seq_lseek,\t\t\t\t\t\\\n\t.release\t= single_release,\t\t\t\t\\\n",
         "\t.llseek\t\t= noop_llseek,\t\t\t\t\t\\\n\t.release\t= single_release,\t\t\t\t\\\n"),
    Edit("a new inline", "seq_file.h", "#define SEQ_SKIP 1\n",
         "#define SEQ_SKIP 1\n\nstatic inline size_t seq_count(struct seq_file *m)\n{\n"
         "\treturn m->count;\n}\n"),
    Edit("a comment, with lines that move", "percpu_counter.h",
         "/* percpu_counter batch for local add or sub */",
         "/*\n * percpu_counter batch for local add or sub\n */"),
    Edit("a comment in its line", "kref.h", "kref_get - increment refcount for object.",
         "kref_get - increment the refcount of an object."),
    Edit("the side of a static key", "mm.h",
         "if (static_branch_maybe(CONFIG_INIT_ON_ALLOC_DEFAULT_ON,\n\t\t\t\t&init_on_alloc))",
         "if (static_branch_likely(&init_on_alloc))"),
    Edit("a condition", "poll.h", "#ifdef __clang__\n", "#if defined(__clang__)\n", hard=True),
    Edit("a typedef", "poll.h", "typedef void (*poll_queue_proc)(struct file *,",
         "typedef void (*poll_queue_proc)(struct file *file,", hard=True),
    Edit("an include", "poll.h", "#include <linux/fs.h>\n",
         "#include <linux/fs.h>\n#include <linux/kref.h>\n", hard=True),
    Edit("a field of a struct", "poll.h", "\tint inline_index;\n",
         "\tint inline_index;\n\tint spare;\n", hard=True),
]


class Builds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.source = CACHE / "trees" / TREE / "source"
        # The tree and its objects, whatever they were last used for.
        cls.build(SEED.read_bytes(), "--again")
        cls.base = (CACHE / "trees" / TREE / "stamp").read_text().split("\n")[0]

    @staticmethod
    def build(patch, *options, cache=CACHE):
        with tempfile.TemporaryFile() as log:
            done = subprocess.run(
                [str(BINARY), "build", "-", "--tree", TREE, "--json", *options], input=patch,
                stdout=subprocess.PIPE, stderr=log, timeout=3000, check=False,
                env=dict(os.environ, KREPRO_CACHE=str(cache)))
            log.seek(0)
            assert done.returncode in (0, 1), (done.returncode, log.read()[-4000:].decode())
        return json.loads(done.stdout)

    def text_of(self, path):
        return git(self.source, "show", f"{self.base}:{path}").decode()

    def patch_of(self, edit):
        header = f"include/linux/{edit.path}"
        self.assertEqual(self.text_of(header).count(edit.old) > 0, True, edit.name)
        paths = [header]
        if edit.everywhere:
            found = git(self.source, "grep", "-lw", edit.old, self.base, "--", "*.c", "*.h")
            paths = [line.partition(":")[2] for line in found.decode().splitlines()]
        patch = ""
        for path in paths:
            before = self.text_of(path)
            after = (re.sub(rf"\b{edit.old}\b", edit.new, before) if edit.everywhere
                     else before.replace(edit.old, edit.new, 1))
            patch += "".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True),
                                                  f"a/{path}", f"b/{path}"))
        return patch

    @staticmethod
    def verify():
        done = subprocess.run([str(BINARY), "cache", "verify", "--json"], stdout=subprocess.PIPE,
                              env=dict(os.environ, KREPRO_CACHE=str(CACHE)), check=False)
        return done.returncode, json.loads(done.stdout)

    def test_a_flipped_byte_is_found_and_the_kernel_is_made_again(self):
        kept = self.build(SEED.read_bytes())["arms"][0]["build"]
        image = CACHE / "builds" / kept["key"] / "bzImage"
        with open(image, "r+b") as file:
            file.seek(4096)
            byte = file.read(1)[0]
            file.seek(4096)
            file.write(bytes([byte ^ 1]))
        status, found = self.verify()
        self.assertEqual(status, 1)
        self.assertIn(str(image), [damage["path"] for damage in found["damages"]])
        again = self.build(SEED.read_bytes())["arms"][0]["build"]
        self.assertFalse(again["cached"])
        self.assertEqual(again["bzimage"], kept["bzimage"], "the same inputs, the same bytes")
        self.assertNotIn(str(image), [damage["path"] for damage in self.verify()[1]["damages"]])

    def test_an_empty_cache_elsewhere_gives_the_same_bytes(self):
        here = self.build(SEED.read_bytes(), "--arm", "unpatched")["arms"][0]["build"]
        with tempfile.TemporaryDirectory(prefix="krepro-elsewhere-", dir=CACHE.parent) as folder:
            os.chmod(folder, 0o755)
            there = self.build(SEED.read_bytes(), "--arm", "unpatched",
                               cache=folder)["arms"][0]["build"]
        self.assertFalse(there["cached"])
        self.assertGreater(there["objects"], 1000)
        self.assertEqual(there["key"], here["key"])
        self.assertEqual(there["bzimage"], here["bzimage"])
        self.assertEqual(there["vmlinux"], here["vmlinux"])

    def test_what_is_skipped_is_the_same_when_it_is_made_and_what_is_hard_is_called_hard(self):
        """Each patch is built on the objects that the one before it left; what the planner skips is
        then made for real, all of it, and compared byte by byte."""
        compared = 0
        for edit in EDITS:
            with self.subTest(edit.name):
                patched = self.build(self.patch_of(edit).encode(), "--audit")["arms"][1]
                plan, audit = patched.get("plan"), patched.get("audit")
                say(f"{edit.name}: {patched['build']['objects']} objects, "
                    f"{plan['dependents']} dependents, hard: {plan['hard'] or 'no'}, "
                    f"audit: {audit}")
                self.assertEqual(bool(plan["hard"]), edit.hard, plan["hard"])
                if not edit.hard:
                    self.assertEqual(audit["mismatches"], [])
                    self.assertEqual(audit["compared"], plan["skipped"])
                    compared += audit["compared"]
        self.assertGreater(compared, 1000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
