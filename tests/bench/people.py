# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs and people: log-ins of others beside guessers, what a request with a key costs, and how long a tablet takes to come in."""
import contextlib
import itertools
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from _board import TOP, share

sys.path[:0] = [str(TOP / "tests/api"), str(TOP / "tests/lib")]

from daemon import running  # noqa: E402
from oht_test.client import PASSWORD  # noqa: E402
from oht_test.device import Device  # noqa: E402

GUESSERS = 12
LOGINS, LOGIN_ROUNDS = 20, 3
REQUESTS, ROUNDS = 20_000, 5
ENROLMENTS = 5
IDLE_S = 3
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


# ---- guessers ----

class Guessers:
    """As many as GUESSERS at a time, each of which goes on from another address when its guess was wrong: none of them waits."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.hosts = itertools.count(1)
        self.guesses = 0
        self.ends = threading.Event()

    def guess(self):
        while not self.ends.is_set():
            host = next(self.hosts)
            client = self.daemon.another(address=f"127.9.{host // 250}.{1 + host % 250}")
            with contextlib.suppress(OSError):
                client.request("POST", "auth/login", {"username": "anna", "password": f"guess number {host}"})
                self.guesses += 1

    def __enter__(self):
        self.threads = [threading.Thread(target=self.guess) for _ in range(GUESSERS)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        for thread in self.threads:
            thread.join()


def _login_s(client):
    begun = time.monotonic()
    answer = client.login("anna")
    assert answer.status == 200, answer
    return time.monotonic() - begun


def _others(bench, daemon):
    """In turn, so that both have the same host. The account is a real one, with a password as it is hashed on a robot."""
    assert daemon.post("users", {"username": "anna", "password": PASSWORD, "role": "viewer"}).status == 201
    client = daemon.another()
    _login_s(client)
    quiet, busy, guesses = [], [], 0
    for _ in range(LOGIN_ROUNDS):
        quiet += [_login_s(client) for _ in range(LOGINS)]
        with Guessers(daemon) as guessers:
            _login_s(client)
            busy += [_login_s(client) for _ in range(LOGINS)]
        guesses += guessers.guesses
    bench.record("people.login_beside_guessers", share(busy, 950) / share(quiet, 950), "x", "native", ("<=", 2), len(busy),
                 f"p95 of log-ins from a known address beside guessers of {GUESSERS} addresses at a time, against none: "
                 f"{share(quiet, 950) * 1e3:.0f} -> {share(busy, 950) * 1e3:.0f} ms, medians {statistics.median(quiet) * 1e3:.0f} -> "
                 f"{statistics.median(busy) * 1e3:.0f} ms; {guesses} guesses; load of the host {os.getloadavg()[0]:.1f}")


# ---- keys ----

def _cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def _idle_share(daemon):
    """CPU seconds that it takes each second without requests."""
    before_s = _cpu_s(daemon.process.pid)
    time.sleep(IDLE_S)
    return (_cpu_s(daemon.process.pid) - before_s) / IDLE_S


def _cost_us(daemon, token, idle):
    """Processor time of the daemon for each GET robot."""
    before_s, begun = _cpu_s(daemon.process.pid), time.monotonic()
    said = subprocess.run(["h2load", "--h1", "-n", str(REQUESTS), "-c", "16", "-t", "1", "-H", f"authorization: Bearer {token}",
                           f"https://127.0.0.1:{daemon.port}/api/v1/robot"], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert f"{REQUESTS} 2xx" in said, said
    return (_cpu_s(daemon.process.pid) - before_s - idle * (time.monotonic() - begun)) / REQUESTS * 1e6


def _keys(bench, daemon):
    account = daemon.post("users", {"username": "scraper", "role": "viewer", "service": True}).json["id"]
    key = daemon.post(f"users/{account}/keys", {"name": "bench"}).json["secret"]
    token = daemon.login("viewer").json["access_token"]
    idle = _idle_share(daemon)
    for credential in (key, token):
        _cost_us(daemon, credential, idle)
    by_key, by_token = [], []
    for _ in range(ROUNDS):
        by_key.append(_cost_us(daemon, key, idle))
        by_token.append(_cost_us(daemon, token, idle))
    each = [a / b for a, b in zip(by_key, by_token)]
    bench.record("people.key_cpu_vs_session", statistics.median(each), "x", "native", ("<=", 1.1), ROUNDS,
                 f"processor time of GET robot with a key against a session, in turn; {min(each):.2f} to {max(each):.2f}; "
                 f"{statistics.median(by_key):.1f} and {statistics.median(by_token):.1f} us; load of the host {os.getloadavg()[0]:.1f}")


# ---- tablets ----

def _enrol_s(daemon, folder, number):
    begun = time.monotonic()
    device = Device(daemon, folder, f"panel-{number}")
    assert device.ask("enrol").status == 202
    (waiting,) = daemon.get("devices?state=waiting", role="administrator").json["items"]
    assert waiting["words"] == device.ask("state").json["words"]
    assert daemon.post(f"devices/{waiting['id']}/accept", {"name": f"panel-{number}", "role": "operator"}).status == 201
    grant = device.ask("login")
    assert grant.status == 200 and daemon.request("GET", "robot", token=grant.json["access_token"]).status == 200
    return time.monotonic() - begun


def _tablets(bench, daemon, folder):
    assert daemon.request("PATCH", "config", {"access": {"devices": "yes"}}, token=daemon.elevated()).status == 200
    took = [_enrol_s(daemon, folder, number) for number in range(ENROLMENTS)]
    bench.record("people.enrol_s", max(took), "s", "native", ("<", 60), ENROLMENTS,
                 "the slowest: key pair, request, words compared, accepted, signed in, first answer; a program takes the place of both people")


def run(bench):
    """Record the group."""
    with tempfile.TemporaryDirectory(dir=TOP / "build") as folder:
        with running(pathlib.Path(folder)) as daemon:
            assert daemon.request("PATCH", "config", {"rates": {"logins_per_s": 0}}, token=daemon.elevated()).status == 200
            _others(bench, daemon)
            _keys(bench, daemon)
            _tablets(bench, daemon, pathlib.Path(folder))
