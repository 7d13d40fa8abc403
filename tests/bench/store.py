# SPDX-License-Identifier: GPL-2.0-or-later
"""The store: 50 threads that write and one that asks, on the real disk and on one whose synchronisation takes 30 ms."""
import subprocess
import tempfile

from _board import TOP

LOAD = TOP / "build/userspace/native/tests/unit/store_load"
# On the slow disk longer, so that the log comes to its end more than once.
SECONDS = {0: 10, 30: 40}


def _load(sync_ms):
    """{"write": (p99 in ms, how many), "point": ...}"""
    with tempfile.TemporaryDirectory(dir=TOP / "build") as folder:
        done = subprocess.run([LOAD, folder, str(sync_ms), str(SECONDS[sync_ms])], capture_output=True, text=True,
                              check=True, timeout=120)
    rows = (line.split() for line in done.stdout.splitlines())
    return {name: (float(p99), int(count)) for name, p99, count in rows}


def run(bench):
    """Record the group."""
    real, slow = _load(0), _load(30)
    for name, found, bar, note in (
            ("store.write_ack_p99_ms", real["write"], 5, "50 writers"),
            ("store.point_p99_ms", real["point"], 1, "beside them"),
            ("store.write_ack_slow_p99_ms", slow["write"], 100, "50 writers, 30 ms per synchronisation"),
            ("store.point_slow_p99_ms", slow["point"], 1, "beside them")):
        bench.record(name, found[0], "ms", "native", bar=("<", bar), samples=found[1], note=note)
