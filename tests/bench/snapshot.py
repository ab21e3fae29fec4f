# SPDX-License-Identifier: Apache-2.0
"""Whether a snapshot taken at "ready" beats a boot, and what its copies have in common.

    snapshot.py VMLINUX INITRAMFS

The initramfs' script must print "token UUID SECONDS" to the console, half a second after it starts.
Both ways use the devices that matter for the time: krepro's machine, processor and memory, no disk.
"""
import json
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 7
LONGEST_S = 120
TOKEN = re.compile(rb"token ([0-9a-f-]{36}) (\d+)")


class Qemu:
    """A plain QEMU with krepro's processor and machine; `incoming` is a snapshot to go on from."""

    def __init__(self, folder, vmlinux, initramfs, incoming=None):
        self.console, self.harness = folder / "console.log", folder / "harness.log"
        self.qmp_path = folder / "qmp"
        for file in (self.console, self.harness):
            file.write_bytes(b"")
        self.qmp_path.unlink(missing_ok=True)
        arguments = [
            "qemu-system-x86_64", "-accel", "tcg", "-machine", "pc", "-cpu", "qemu64", "-smp", "2",
            "-m", "1024", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", str(vmlinux), "-initrd", str(initramfs),
            "-append", "console=ttyS0,115200 panic=-1 rootfstype=ramfs",
            "-serial", f"file:{self.console}", "-serial", f"file:{self.harness}",
            "-qmp", f"unix:{self.qmp_path},server=on,wait=off"]
        if incoming:
            arguments += ["-incoming", f"exec:cat {incoming}"]
        self.started = time.monotonic()
        self.process = subprocess.Popen(arguments)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def until(self, found):
        """Seconds from QEMU's start until found() is true."""
        while not found():
            passed = time.monotonic() - self.started
            if passed > LONGEST_S or self.process.poll() is not None:
                raise SystemExit(f"no sign of the guest after {passed:.0f} s: "
                                 + self.console.read_text(errors="replace")[-400:])
            time.sleep(0.005)
        return time.monotonic() - self.started

    def ready(self):
        return self.until(lambda: b'"ready"' in self.harness.read_bytes())

    def first_beat(self):
        return self.until(lambda: b"\n" in self.harness.read_bytes())

    def token(self):
        self.until(lambda: TOKEN.search(self.console.read_bytes()))
        uuid, seconds = TOKEN.search(self.console.read_bytes()).groups()
        return uuid, time.time() - int(seconds)

    def save(self, file):
        """Writes the guest, stopped, to `file`; returns the seconds it took."""
        started = time.monotonic()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.qmp_path))
            lines = connection.makefile("rw")

            def ask(command, **arguments):
                lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
                lines.flush()
                while "return" not in (answer := json.loads(lines.readline())):
                    if "error" in answer:
                        raise SystemExit(f"{command}: {answer['error']['desc']}")
                return answer["return"]

            lines.readline()  # the greeting
            ask("qmp_capabilities")
            ask("stop")
            ask("migrate-set-parameters", **{"max-bandwidth": 10 << 30})
            ask("migrate", uri=f"exec:cat > {file}")
            while ask("query-migrate")["status"] != "completed":
                time.sleep(0.02)
        return time.monotonic() - started


def main(vmlinux, initramfs):
    with tempfile.TemporaryDirectory(prefix="krepro-snapshot-", dir="/tmp") as name:
        folder = pathlib.Path(name)
        snapshot = folder / "snapshot"
        boots, restores, uuids, late = [], [], [], []
        with Qemu(folder, vmlinux, initramfs) as qemu:
            qemu.ready()
            saved_s = qemu.save(snapshot)
        for _ in range(ROUNDS):
            with Qemu(folder, vmlinux, initramfs) as qemu:
                boots.append(qemu.ready())
            with Qemu(folder, vmlinux, initramfs, snapshot) as qemu:
                restores.append(qemu.first_beat())
                uuid, behind = qemu.token()
                uuids.append(uuid)
                late.append(behind)
        boot, restore = statistics.median(boots), statistics.median(restores)
        print(f"{'seconds':40} {'rounds':>6} {'median':>8} {'fastest':>8}")
        print(f"{'from starting QEMU to ready':40} {len(boots):6} {boot:8.2f} {min(boots):8.2f}")
        print(f"{'from a snapshot to the next heartbeat':40} {len(restores):6} {restore:8.2f} "
              f"{min(restores):8.2f}")
        print(f"\nthe snapshot: {snapshot.stat().st_size / 2**20:.0f} MiB, {saved_s:.2f} s to write"
              f"\ndifferent random UUIDs of {len(uuids)} copies: {len(set(uuids))}"
              f"\nthe copies' clocks are behind by {min(late):.0f} to {max(late):.0f} s")
        print(json.dumps({"speedup": round(boot / restore, 2), "boot_s": round(boot, 2),
                          "restore_s": round(restore, 2), "copies": len(uuids),
                          "different_uuids": len(set(uuids))}))


if __name__ == "__main__":
    main(*sys.argv[1:3])
