# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon as a process: how fast it is there, how much it holds, and what a control cycle does not do."""
import subprocess
import sys
import time

from _board import STATE, TOP, fresh

sys.path[:0] = [str(TOP / "tests/api"), str(TOP / "tests/lib")]

from daemon import running  # noqa: E402
from oht_test.wait import until  # noqa: E402

QUIET = TOP / "build/userspace/native/tests/unit/quiet_cycles"
CYCLES = 1_000_000
STARTS = 20
IDLE_S = 10


def _start_ms(daemon):
    """From the start of the process until it serves, with what a killed one has left."""
    begin = time.monotonic()
    daemon.start()
    return (time.monotonic() - begin) * 1e3


def _rss_mib(daemon):
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS:"))


def _kill(daemon):
    daemon.process.kill()
    daemon.process.wait()


def run(bench):
    """Record the group."""
    with running(fresh(STATE / "daemon")) as daemon:
        time.sleep(IDLE_S)
        rss = _rss_mib(daemon)
        first, again = [], []
        for _ in range(STARTS):
            daemon.stop()
            first.append(_start_ms(daemon))
            assert daemon.get("robot").status == 200
            _kill(daemon)
            again.append(_start_ms(daemon))
            # The accounts and what it was are there, and the machine waits for a person.
            until(lambda: daemon.get("robot").json["state"] == "safe", what="safe")
    bench.record("daemon.start_ms", max(first), "ms", "native", ("<", 1000), STARTS,
                 "longest, process to ready, rtu back-end, four accounts")
    bench.record("daemon.restart_ms", max(again), "ms", "native", ("<", 1000), STARTS, "the same after kill -9")
    bench.record("daemon.rss_idle_mib", rss, "MiB", "native", ("<=", 16), 1,
                 f"{IDLE_S} s after the start, two loops, no client")
    done = subprocess.run([QUIET, "20261121", str(CYCLES)], capture_output=True, text=True, check=False, timeout=900)
    words = done.stdout.split()
    said = dict(zip(words[::2], map(int, words[1::2])))
    bench.record("daemon.cycles_unquiet", said["allocations"] + said["locks"] + said["writes"], "", "virtual",
                 ("==", 0), said["cycles"], "allocations, locks and writes of the control thread; disturbed robot "
                 "in virtual time")
