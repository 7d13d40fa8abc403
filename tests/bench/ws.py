# SPDX-License-Identifier: GPL-2.0-or-later
"""The WebSocket: how soon a stop is told to how many clients, beside what else they are told and beside some that never read;
and how soon a client hears of the button (_told.py).

Daemon and clients (ws_load.c) are on this machine and have one clock, so no time is guessed. A message that is missing, told twice
or out of order ends the run.
"""
import http.client
import json
import subprocess
import sys
import time

import _told
from _board import STATE, TOP, fresh, prefer_processes, rss_mib

sys.path[:0] = [str(TOP / "tests/api"), str(TOP / "tests/lib")]

from daemon import die_with_us, running  # noqa: E402

LOAD = TOP / "build/userspace/native/tests/bench/ws_load"
RATE_HZ = 10
SECONDS = 20
# Between two stops; no multiple of the tick of a loop.
PAUSE_S = 0.0937
FEW, MANY_CLIENTS, CROWD = 20, 100, 1000


def _series(daemon, clients, stalled=0):
    """Stops while so many listen; what they say, resident MiB of the daemon meanwhile, and how many stops there were."""
    token = daemon.token("operator")
    link = http.client.HTTPSConnection("127.0.0.1", daemon.port, context=daemon.tls(), timeout=60)
    command = [LOAD, str(daemon.port), str(clients), str(stalled), str(RATE_HZ), str(SECONDS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_us) as load:
        load.stdin.write(token + "\n")
        load.stdin.close()
        assert load.stdout.readline() == "ready\n"
        end_s, stops = time.monotonic() + SECONDS - 1, 0
        while time.monotonic() < end_s:
            link.request("POST", "/api/v1/safety/stop", b"", {"Authorization": f"Bearer {token}"})
            answer = link.getresponse()
            assert answer.status == 200, answer.read()
            answer.read()
            stops += 1
            time.sleep(PAUSE_S)
        resident_mib = rss_mib(daemon.process.pid)
        said = json.loads(load.stdout.readline())
    link.close()
    assert load.returncode == 0 and not said["faults"], said
    return said, resident_mib, stops


def _note(said, stops, clients, more=""):
    safety, signals = said["safety"], said["telemetry"]
    return (f"{clients} TLS clients, {stops} stops, each a message of {safety['bytes']} bytes; median {safety['p50_ms']:.2f} ms, max "
            f"{safety['max_ms']:.2f}; beside them {signals['messages'] / SECONDS:.0f} messages/s of {signals['bytes']} bytes; none missing, "
            f"twice or out of order{more}")


def run(bench):
    """Record the group."""
    with running(fresh(STATE / "ws"), ("operator",), http_loops=2, http_connections=4096) as daemon:
        prefer_processes("ohtd", daemon.process.pid)
        _, few_mib, _ = _series(daemon, FEW)
        said, _, stops = _series(daemon, MANY_CLIENTS)
        bench.record("ws.event_p99_ms_100", said["safety"]["p99_ms"], "ms", "native", ("<", 10), said["safety"]["timed"],
                     _note(said, stops, MANY_CLIENTS))
        said, _, stops = _series(daemon, MANY_CLIENTS, MANY_CLIENTS // 10)
        bench.record("ws.safety_p99_ms", said["safety"]["p99_ms"], "ms", "native", ("<", 5), said["safety"]["timed"],
                     _note(said, stops, MANY_CLIENTS, "; 10 of them never read"))
        said, crowd_mib, stops = _series(daemon, CROWD)
        bench.record("ws.event_p99_ms_1000", said["safety"]["p99_ms"], "ms", "native", ("<", 20), said["safety"]["timed"],
                     _note(said, stops, CROWD))
    bench.record("ws.rss_20_mib", few_mib, "MiB", "native", ("<=", 24), 1, f"resident beside {FEW} TLS clients")
    bench.record("ws.rss_1000_mib", crowd_mib, "MiB", "native", ("<=", 64), 1, f"resident beside {CROWD} TLS clients, after the others")
    _told.native(bench)
    _told.virtual(bench)
