# SPDX-License-Identifier: GPL-2.0-or-later
"""Missions: how soon one drives, how soon a client hears that a stop has held it, and how soon the page shows as many as there may be."""
import contextlib
import http.client
import json
import math
import os
import sqlite3
import subprocess
import sys
import time

from _board import STATE, TOP, fresh, prefer_processes, share

sys.path[:0] = [str(TOP / "tests/web"), str(TOP / "tests/api"), str(TOP / "tests/lib")]

from browser import Browser  # noqa: E402
from daemon import running  # noqa: E402
from live import dial, subscribe  # noqa: E402
from person import go, key_pin, log_in  # noqa: E402
from test_simulated import enable  # noqa: E402

LOAD = TOP / "build/userspace/native/tests/unit/mission_load"
SAMPLES = 10_000 if os.environ.get("OHT_SOAK") else 1_000
# Two cycles and one transaction.
DRIVE_MS = 55
HOLDS, STARTS = 60, 100
# Between two acts; no multiple of the tick of the missions.
PAUSE_S = 0.0937
PAST, WAITING, OPENS = 10_000, 1_000, 20

# From the word that opens the page to the frame in which its rows are drawn.
OPEN = """
window.shown = 0;
const began = performance.now();
location.hash = "#/missions";
const look = () => document.querySelector("#missions tbody a")
    ? requestAnimationFrame(() => setTimeout(() => { window.shown = performance.now() - began; }))
    : requestAnimationFrame(look);
look();
"""


def _drives(bench):
    """Control core, simulator and missions in one process."""
    done = subprocess.run([LOAD, str(SAMPLES)], capture_output=True, text=True, check=True, timeout=3000)
    rows = (line.split() for line in done.stdout.splitlines() if line.startswith("figure "))
    found = {name: (*map(float, numbers), int(count)) for _, name, *numbers, count in rows}
    for name, key, bar, what in (
            ("mission.start_setpoint_p99_ms", "start_ms", ("<", DRIVE_MS), "start of a mission in the direction of the last motion to the echo of both motors"),
            ("mission.start_setpoint_turn_p99_ms", "start_turn_ms", None, "the same the other way: both motors are told their direction first")):
        p50, p99, worst, count = found[key]
        bench.record(name, p99, "ms", "virtual", bar, count, f"{what}, without the time of the disk; median {p50:.3g}, max {worst:.3g}")


class Asking:
    """One kept connection."""

    def __init__(self, daemon):
        self.link = http.client.HTTPSConnection("127.0.0.1", daemon.port, context=daemon.tls(), timeout=60)
        self.who = {"Authorization": f"Bearer {daemon.token('operator')}"}

    def post(self, path, body=None):
        self.link.request("POST", f"/api/v1/{path}", json.dumps(body or {}), {**self.who, "Content-Type": "application/json"})
        answer = self.link.getresponse()
        said = json.loads(answer.read())
        assert answer.status in (200, 201), (path, said)
        return said


def _starts_ms(daemon, asking):
    """From the request to its answer: the leg is on the disk then, and its command on its way. These legs wait, so nothing moves."""
    took = []
    for _ in range(STARTS):
        number = asking.post("missions", {"name": "bench", "legs": [{"kind": "wait", "wait_s": 60}]})["id"]
        time.sleep(PAUSE_S)
        begun_s = time.monotonic()
        asking.post(f"missions/{number}/start")
        took.append((time.monotonic() - begun_s) * 1e3)
        asking.post(f"missions/{number}/cancel")
        assert daemon.request("DELETE", f"missions/{number}", role="operator").status == 204
    return took


def _holds_ms(daemon, asking):
    """From the call that stops to the message that says that the mission is held."""
    took = []
    link = dial(daemon, "operator")
    subscribe(link, "missions")
    number = asking.post("missions", {"name": "bench", "legs": [{"kind": "wait", "wait_s": 86400}]})["id"]

    def hear(state):
        link.hear_until(lambda message: [item["state"] for item in message.get("data", {}).get("missions", []) if item["id"] == number] == [state])
        return time.monotonic_ns()

    asking.post(f"missions/{number}/start")
    hear("running")
    for _ in range(HOLDS):
        time.sleep(PAUSE_S)
        called_ns = asking.post("safety/stop")["called_ns"]
        took.append((hear("held") - called_ns) / 1e6)
        enable(daemon)
        asking.post(f"missions/{number}/resume")
        hear("running")
    asking.post(f"missions/{number}/cancel")
    link.sock.close()
    return took


def _fill(daemon, asking):
    """Copies of two missions, beside the limit of the daemon, which keeps 1,000 in all."""
    names = {}
    for state in ("waiting", "finished"):
        names[state] = asking.post("missions", {"name": state, "legs": [{"kind": "wait", "wait_s": 1}] * 20})["id"]
    daemon.stop()
    with contextlib.closing(sqlite3.connect(daemon.state / "oht.db", isolation_level=None)) as database:
        run = database.execute
        run("BEGIN")
        run("UPDATE missions SET state = 'finished', began_ns = made_ns, ended_ns = changed_ns WHERE id = ?", (names["finished"],))
        for table, key in (("missions", "id"), ("mission_legs", "mission")):
            columns = [row[1] for row in run(f"PRAGMA table_info({table})") if row[1] != key]
            for state, many, base in (("finished", PAST, 10_000), ("waiting", WAITING, 100_000)):
                run(f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO {table} ({key}, {', '.join(columns)}) "
                    f"SELECT ? + i, {', '.join(columns)} FROM n, {table} WHERE {key} = ?", (many - 1, base, names[state]))
                assert run(f"SELECT count(DISTINCT {key}) FROM {table} WHERE {key} > ? AND {key} <= ?", (base, base + many)).fetchone()[0] == many - 1
        run("COMMIT")
    daemon.start()


def _page_ms(daemon, folder):
    found = []
    with Browser(folder, key_pin(daemon.state / "server.crt")) as page:
        page.address = f"https://localhost:{daemon.port}/"
        page.open(page.address)
        log_in(page, "operator")
        for _ in range(OPENS):
            go(page, "/overview", "#content .head")
            page.wait(lambda: page.run("return !document.querySelector('#missions')"), 30, "another page")
            page.run(OPEN)
            page.wait(lambda: page.run("return window.shown"), 30, "the rows")
            found.append(page.run("return window.shown"))
    return found


def run(bench):
    """Record the group."""
    _drives(bench)
    folder = fresh(STATE / "mission")
    with running(folder, ("viewer", "operator", "supervisor", "administrator"), place_mm=9000, bus_outputs="simulated", bus_time_factor=20) as daemon:
        asking = Asking(daemon)
        enable(daemon)
        preferred = prefer_processes("ohtd", daemon.process.pid)
        starts, holds = _starts_ms(daemon, asking), _holds_ms(daemon, asking)
        bench.record("mission.start_p99_ms", share(starts, 990), "ms", "native", None, STARTS,
                     f"request for the start to its answer over TLS, the leg on the disk; median {share(starts, 500):.1f}, max {max(starts):.1f}; {preferred}")
        bench.record("mission.state_p99_ms", share(holds, 990), "ms", "native", ("<", 50), HOLDS,
                     f"from the call that stops to the message of the channel missions that says held, to a TLS client; median {share(holds, 500):.1f}, "
                     f"max {max(holds):.1f}; {preferred}")
        _fill(daemon, asking)
        opened = _page_ms(daemon, folder)
    bench.record("mission.page_ms", max(opened), "ms", "native", ("<", 300), OPENS,
                 f"longest, from the word that opens the page Missions to its first 200 rows drawn, with {PAST} missions in the past and {WAITING} that wait, put in "
                 f"beside the limit of 1,000; the first with its file; median {sorted(opened)[math.ceil(OPENS / 2) - 1]:.0f} ms")
