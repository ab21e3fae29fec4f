# SPDX-License-Identifier: Apache-2.0
"""A daemon that is killed in the middle of a trial leaves nothing behind and loses nothing."""
import json
import time
import unittest

from krepro import SEED, WithDaemon, qemu_of, say, summary


class Recovery(WithDaemon):
    def test_a_killed_daemon_goes_on_from_its_last_finished_stage(self):
        daemon = self.daemon
        # Two hits are enough here: the main job shows what 95 % asks for.
        job = daemon.submit(SEED.read_bytes(), workload="amplified", confidence=0.86)
        # The patched kernel may still be built beside the first trials.
        daemon.wait(job, until=lambda j: j["stage"] == "running" and j["patched_build"],
                    seconds=2400)
        running = self.wait_for_trial(job)
        say("kill -9 in the middle of a trial")
        before = daemon.get(f"/api/v1/jobs/{job}/trials")["trials"]
        daemon.kill()
        self.assertTrue(qemu_of(daemon.state), "the VM dies with the daemon: nothing to clean up")
        daemon.start()
        self.wait_until_gone(running)
        ended = daemon.wait(job, seconds=1800)
        say(summary(ended))
        self.assertEqual(ended["verdict"]["kind"], "fixed", summary(ended))
        trials = daemon.get(f"/api/v1/jobs/{job}/trials")["trials"]
        interrupted = [t for t in trials if t["outcome"]["cause"] == "interrupted"]
        self.assertEqual(len(interrupted), 1, trials)
        closed = [t for t in before if t["outcome"]]
        self.assertEqual([t for t in trials if t["id"] in {c["id"] for c in closed}], closed)
        self.assertEqual(self.built_again(job), [], "kernels that were there were built again")
        self.assertEqual(qemu_of(daemon.state), [])

        say("SIGTERM while nothing runs ends the daemon in order")
        self.assertEqual(daemon.terminate(), 0)

    def built_again(self, job):
        """What was compiled of an arm after its kernel was done."""
        done, again = set(), []
        for event in (e for e in self.events(job) if e["type"] == "build"):
            if event["data"]["step"] == "done":
                done.add(event["data"]["arm"])
            elif event["data"]["step"] == "compiling" and event["data"]["arm"] in done:
                again.append(event)
        return again

    def events(self, job):
        body = self.daemon.request(f"/api/v1/jobs/{job}/events", headers={"Last-Event-ID": "0"})[2]
        data = [json.loads(line[6:]) for line in body.decode().splitlines()
                if line.startswith("data: ")]
        return [event for event in data if "seq" in event]

    def wait_for_trial(self, job):
        """Until a VM has been under load for a while; its processes."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            processes = qemu_of(self.daemon.state)
            trials = self.daemon.get(f"/api/v1/jobs/{job}/trials")["trials"]
            if processes and trials and trials[-1]["outcome"] is None:
                time.sleep(3)
                if set(processes) & set(qemu_of(self.daemon.state)):
                    return processes
            time.sleep(0.2)
        self.fail("no trial has started")

    def wait_until_gone(self, processes):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if not set(processes) & set(qemu_of(self.daemon.state)):
                return
            time.sleep(0.2)
        self.fail(f"QEMU of the killed daemon lives on: {processes}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
