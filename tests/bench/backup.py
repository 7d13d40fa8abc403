# SPDX-License-Identifier: GPL-2.0-or-later
"""Backup and restore of a database as large as it becomes, beside a robot that moves."""
import contextlib
import pathlib
import re
import sqlite3
import sys
import tempfile
import time

from _board import TOP

sys.path[:0] = [str(TOP / "tests/api"), str(TOP / "tests/lib")]

from daemon import running  # noqa: E402
from oht_test.client import PASSWORD  # noqa: E402
from oht_test.wait import until  # noqa: E402
from test_simulated import enable, leave_dock  # noqa: E402

# As many as are kept.
ENTRIES = 1_000_000
ALONE_S = 20
HISTORY_BYTES, CHUNK_BYTES = 1 << 30, 1 << 18
MOVE = {"verb": "move", "position_mm": 30000, "speed_mm_s": 100}
FILL = """INSERT INTO journal SELECT 1, value, 0, 1700000000000000000 + value * 1000000, value, 0, 1 + value % 5, 0, 0, 0, 0, 0, 0, 0, 0
          FROM generate_series"""


def _fill(database):
    """The journal of the stop is nearly all of it."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as sql:
        sql.executescript("PRAGMA synchronous = OFF; BEGIN; INSERT OR IGNORE INTO journal_sources (id, boot_id, device) VALUES (1, 'bench', 1);")
        sql.execute("WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ?) "
                    + FILL.replace("generate_series", "n"), (ENTRIES,))
        sql.execute("COMMIT")


def _fill_history(database):
    """Chunks that no coding makes shorter, until it is a GiB."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as sql:
        run, = sql.execute("SELECT max(run) FROM runs").fetchone()
        sql.executescript("PRAGMA synchronous = OFF; BEGIN;")
        sql.executemany("INSERT INTO chunks (level, signal, run, chunk, cycles, data) VALUES (0, 1, ?, ?, 163840, randomblob(?))",
                        ((run, 1000 + number, CHUNK_BYTES) for number in range(HISTORY_BYTES // CHUNK_BYTES)))
        sql.execute("COMMIT")
    assert database.stat().st_size > HISTORY_BYTES


def _counts(daemon):
    """Cycles, missed ones, and how many began up to each bound."""
    text = daemon.get("/metrics", role=None).body.decode()
    late = {float(bound): float(value) for bound, value in re.findall(r'^oht_control_late_seconds_bucket\{le="([\d.e+-]+)"\} (\d+)', text, re.M)}
    missed, = re.findall(r"^oht_control_cycles_missed_total (\d+)", text, re.M)
    return int(missed), late


def _between(before, after):
    """Missed cycles, and the bound in ms below which 99 of 100 began."""
    counted = {bound: after[1][bound] - before[1][bound] for bound in after[1]}
    most = max(counted.values())
    return after[0] - before[0], 1e3 * min((bound for bound, count in counted.items() if count >= 0.99 * most), default=float("inf"))


def _wait(daemon, answer):
    assert answer.status == 202, answer
    job = f"jobs/{answer.json['job']}"
    until(lambda: daemon.get(job, role="administrator").json["ended"], 600, "the end of the job")
    done = daemon.get(job, role="administrator").json
    assert done["state"] == "done", done
    return done


def _timed(daemon, body):
    """How long one takes, and its number."""
    begun = time.monotonic()
    number = _wait(daemon, daemon.post("backups", body, role="administrator"))["backup"]
    return time.monotonic() - begun, number


def run(bench):
    """Record the group."""
    with tempfile.TemporaryDirectory(dir=TOP / "build") as folder, \
            running(pathlib.Path(folder), bus_outputs="simulated", bus_time_factor=20, robot_realtime_priority=80) as daemon:
        # The first values are written after some seconds.
        until(lambda: daemon.get("health", role=None).json["history"]["bytes"], 60, "a history")
        daemon.stop()
        _fill(daemon.state / "oht.db")
        _fill_history(daemon.state / "history.db")
        daemon.start()
        enable(daemon)
        leave_dock(daemon)
        until(lambda: daemon.post("robot/commands", MOVE, role="operator").status == 200, what="a move")
        counts = [_counts(daemon)]
        time.sleep(ALONE_S)
        counts.append(_counts(daemon))
        took_s = []
        while sum(took_s) < ALONE_S:
            took, number = _timed(daemon, {})
            took_s.append(took)
        counts.append(_counts(daemon))
        history_s = _timed(daemon, {"history": True})[0]
        counts.append(_counts(daemon))
        assert daemon.get("robot").json["state"] == "move"
        alone, beside, beside_history = _between(*counts[:2]), _between(*counts[1:3]), _between(*counts[2:])
        mib = (daemon.state / "oht.db").stat().st_size / (1 << 20)
        bench.record("backup.made_s", max(took_s), "s", "native", samples=len(took_s), note=f"database of {mib:.0f} MiB: all {ENTRIES} entries of the journal that are kept")
        bench.record("backup.cycles_missed", beside[0], "", "native", bar=("<=", alone[0]),
                     note=f"control cycles while the robot moves and one backup follows the other for {ALONE_S} s; {alone[0]} in {ALONE_S} s without")
        # A share of 0.99 at a bound of the histogram falls on either side of it by chance.
        bench.record("backup.late_p99_ms", beside[1], "ms", "native", bar=("<=", 2 * alone[1]),
                     note=f"99 of 100 control cycles begin so late at most, by the bounds of the histogram, which double; {alone[1]:g} without a backup")
        bench.record("backup.history_made_s", history_s, "s", "native", samples=1, note="with a history of 1 GiB that no coding makes shorter")
        bench.record("backup.history_cycles_missed", beside_history[0], "", "native", bar=("<=", alone[0]),
                     note="the same beside that backup")
        bench.record("backup.history_late_p99_ms", beside_history[1], "ms", "native", bar=("<=", 2 * alone[1]),
                     note="the same beside that backup")
        bench.record("backup.restore_s", _restore_s(daemon, number), "s", "native",
                     note="verified and put beside, then the start with it until it serves")


def _restore_s(daemon, number):
    daemon.post("safety/stop", role="operator")
    until(lambda: daemon.get("robot").json["state"] in ("safe", "estop"), what="a stop")
    assert daemon.post("auth/elevate", {"password": PASSWORD}, role="administrator").status == 200
    begun = time.monotonic()
    _wait(daemon, daemon.post(f"backups/{number}/restore", {}, role="administrator"))
    daemon.stop()
    daemon.start()
    daemon.tokens.clear()
    assert daemon.get("robot").status == 200
    return time.monotonic() - begun
