# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon as a process: how fast it is there, how much it holds, and what a control cycle does not do."""
import contextlib
import os
import sqlite3
import subprocess
import sys
import time

from _board import STATE, TOP, fresh, rss_mib

sys.path[:0] = [str(TOP / "tests/api"), str(TOP / "tests/lib")]

from daemon import running  # noqa: E402
from oht_test.wait import until  # noqa: E402

QUIET = TOP / "build/userspace/native/tests/unit/quiet_cycles"
CYCLES = 1_000_000
STARTS = 20
LARGE_STARTS = 10
LARGE_BYTES = 2 << 30
PART_BYTES = 1 << 20
IDLE_S = 10


def _start_ms(daemon):
    """From the start of the process until it serves, with what a killed one has left."""
    begin = time.monotonic()
    daemon.start()
    return (time.monotonic() - begin) * 1e3


def _starts_ms(daemon, count, prepare=lambda: None):
    """How long starts take after an end in order, and after kill -9; each time prepare() comes first."""
    first, again = [], []
    for _ in range(count):
        daemon.stop()
        prepare()
        first.append(_start_ms(daemon))
        assert daemon.get("robot").status == 200
        daemon.kill()
        prepare()
        again.append(_start_ms(daemon))
        # The accounts and what it was are there, and the machine waits for a person.
        until(lambda: daemon.get("robot").json["state"] == "safe", what="safe")
    return first, again


def _fill(database):
    """Make a database of the daemon larger than LARGE_BYTES, with a table that stands for a history."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as sql:
        sql.executescript("PRAGMA journal_mode = DELETE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;"
                          "CREATE TABLE bench_history (id INTEGER PRIMARY KEY, data BLOB NOT NULL);")
        sql.executemany("INSERT INTO bench_history (data) VALUES (randomblob(?))",
                        ((PART_BYTES,) for _ in range(LARGE_BYTES // PART_BYTES)))
        sql.execute("COMMIT")
        bytes_there = sql.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()[0]
    assert LARGE_BYTES < bytes_there == database.stat().st_size


def _forget(database):
    """Nothing of a file is in the host's memory any more, as after its boot."""
    fd = os.open(database, os.O_RDONLY)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


def _large_starts_ms():
    """_starts_ms() with much in the database and nothing of it in memory; the large file is gone afterwards."""
    folder = fresh(STATE / "daemon-large")
    database = folder / "state/oht.db"
    try:
        with running(folder) as daemon:
            daemon.stop()
            _fill(database)
            daemon.start()
            found = _starts_ms(daemon, LARGE_STARTS, lambda: _forget(database))
            store = daemon.get("health", role=None).json["store"]
            assert store["state"] == "ok" and not store["damaged_files"], store
            assert database.stat().st_size > LARGE_BYTES
        return found
    finally:
        fresh(folder)


def run(bench):
    """Record the group."""
    with running(fresh(STATE / "daemon")) as daemon:
        time.sleep(IDLE_S)
        rss = rss_mib(daemon.process.pid)
        first, again = _starts_ms(daemon, STARTS)
    large_first, large_again = _large_starts_ms()
    bench.record("daemon.start_ms", max(first), "ms", "native", ("<", 1000), STARTS,
                 "longest, process to ready, rtu back-end, four accounts")
    bench.record("daemon.restart_ms", max(again), "ms", "native", ("<", 1000), STARTS, "the same after kill -9")
    bench.record("daemon.start_large_ms", max(large_first), "ms", "native", ("<", 1000), LARGE_STARTS,
                 "longest, 2 GiB in the database and none of it in memory, which is checked beside the work")
    bench.record("daemon.restart_large_ms", max(large_again), "ms", "native", ("<", 1000), LARGE_STARTS,
                 "the same after kill -9")
    bench.record("daemon.rss_idle_mib", rss, "MiB", "native", ("<=", 16), 1,
                 f"{IDLE_S} s after the start, two loops, no client")
    done = subprocess.run([QUIET, "20261121", str(CYCLES)], capture_output=True, text=True, check=False, timeout=900)
    words = done.stdout.split()
    said = dict(zip(words[::2], map(int, words[1::2])))
    bench.record("daemon.cycles_unquiet", said["allocations"] + said["locks"] + said["writes"], "", "virtual",
                 ("==", 0), said["cycles"], "allocations, locks and writes of the control thread; disturbed robot "
                 "in virtual time")
