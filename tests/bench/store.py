# SPDX-License-Identifier: GPL-2.0-or-later
"""The store: 50 writes in flight and one reader, on the real disk and on one whose synchronisation takes 30 ms."""
import subprocess
import tempfile

from _board import TOP

LOAD = TOP / "build/userspace/native/tests/unit/store_load"
# On the slow disk longer, so that the log comes to its end more than once.
SECONDS = {0: 10, 30: 40}
# As many threads as could wait for a write at a time before jobs were submitted: two workers and the recorder.
WAITING = 3


def _load(sync_ms, waiting=0):
    """{"write": (p99 in ms, how many), "point": ..., "sync": ...}; the last one only of the real disk."""
    with tempfile.TemporaryDirectory(dir=TOP / "build") as folder:
        done = subprocess.run([LOAD, folder, str(sync_ms), str(SECONDS[sync_ms]), str(waiting)], capture_output=True,
                              text=True, check=True, timeout=120)
    rows = (line.split() for line in done.stdout.splitlines())
    return {name: (float(p99), int(count)) for name, p99, count in rows}


def run(bench):
    """Record the group."""
    real, slow, waiting = _load(0), _load(30), _load(30, WAITING)
    alone_ms = real["sync"][0]
    beside = f"a synchronisation alone, in the same run: {alone_ms:.2f} ms, ratio {real['write'][0] / alone_ms:.1f}"
    for name, found, bar, note in (
            ("store.write_ack_p99_ms", real["write"], 5, f"50 writes in flight; {beside}"),
            ("store.point_p99_ms", real["point"], 1, "beside them"),
            ("store.write_ack_slow_p99_ms", slow["write"], 100, "50 writes in flight, 30 ms per synchronisation"),
            ("store.point_slow_p99_ms", slow["point"], 1, "beside them")):
        bench.record(name, found[0], "ms", "native", bar=("<", bar), samples=found[1], note=note)
    bench.record("store.writes_vs_waiting", slow["write"][1] / waiting["write"][1], "", "native", bar=(">=", 5),
                 samples=slow["write"][1],
                 note=f"writes/s of 50 jobs in flight beside {WAITING} threads that wait, 30 ms per synchronisation")
