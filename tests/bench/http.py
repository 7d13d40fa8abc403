# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests: what one costs beside a handler of h2o that does nothing else, and beside FastAPI; load, storms, memory.

The daemon has one CPU, the load the other, wherever a figure is about cost. Its control thread and the bus work meanwhile;
what they take without requests is taken off the CPU time of a run.
"""
import contextlib
import http.client
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

import jwt

from _board import STATE, TOP, fresh, prefer_processes, rss_mib, share

sys.path[:0] = [str(TOP / "tests/api"), str(TOP / "tests/lib")]

from daemon import die_with_us, running  # noqa: E402
from oht_test.client import PASSWORD  # noqa: E402
from oht_test.wait import until  # noqa: E402

BARE = TOP / "build/userspace/native/tests/bench/bare_h2o"
SERVER_CPU, LOAD_CPU = "0", "1"
ROUNDS = 5
CONNECTIONS = 32
REQUESTS = 60_000
FASTAPI_REQUESTS = 6_000
IDLE_S = 3
MIXED_CONNECTIONS, MIXED_PER_S, MIXED_S = 100, 1000, 20
MIXED_PATHS = ("robot", "safety", "modules", "modules/2", "modules/2/registers", "health", "safety/latency", "health/live")
LOGINS = 20
STORM_CLIENTS, STORM_S = 16, 12
MANY = 1_000_000
KEY = "k" * 32
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


# ---- processes ----

def _cpu_s(pid):
    """Processor time of all its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def _idle_share(pid):
    """CPU seconds that it takes each second without requests."""
    before_s = _cpu_s(pid)
    time.sleep(IDLE_S)
    return (_cpu_s(pid) - before_s) / IDLE_S


class Target:
    """Where requests go to."""

    def __init__(self, pid, uri, base=(), headers=(), idle=0.0):
        self.pid, self.uri, self.base, self.idle = pid, uri, list(base), idle
        self.headers = [word for header in headers for word in ("-H", header)]
        self.cpu_us, self.per_s = [], []

    def load(self, count, log=None):
        """So many requests, as fast as they are answered; adds a round to the figures."""
        command = ["taskset", "-c", LOAD_CPU, "h2load", "--h1", "-n", str(count), "-c", str(CONNECTIONS), "-t", "1", *self.base,
                   *self.headers, *([f"--log-file={log}"] if log else []), self.uri]
        before_s, begin_s = _cpu_s(self.pid), time.monotonic()
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        took_s = time.monotonic() - begin_s
        used_s = _cpu_s(self.pid) - before_s - self.idle * took_s
        good, other = int(re.search(r"(\d+) 2xx", said).group(1)), re.search(r"(\d+) failed, (\d+) errored", said).groups()
        assert good == count and other == ("0", "0"), said
        self.cpu_us.append(used_s / count * 1e6)
        self.per_s.append(float(re.search(r"([\d.]+) req/s", said).group(1)))


def _latencies_ms(log):
    """From a log of h2load: start, status, microseconds."""
    return [int(line.split()[2]) / 1e3 for line in pathlib.Path(log).read_text(encoding="ascii").splitlines()]


@contextlib.contextmanager
def _bare(where, answer, *pair):
    """The bare handler; yields its process id."""
    with subprocess.Popen(["taskset", "-c", SERVER_CPU, BARE, where, answer, *pair], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True, preexec_fn=die_with_us) as server:
        assert server.stdout.readline() == "ready\n"
        yield server.pid
        server.stdin.close()


def _free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _keep_answer(daemon, folder, token):
    """The answer's headers and body in a file for the bare handler, and the body alone."""
    link = http.client.HTTPSConnection("127.0.0.1", daemon.port, context=daemon.tls(), timeout=20)
    link.request("GET", "/api/v1/robot", headers={"Authorization": f"Bearer {token}"})
    answer = link.getresponse()
    body = answer.read()
    own = ("content-length", "date", "server", "connection")
    head = "".join(f"{name}: {value}\n" for name, value in answer.getheaders() if name.lower() not in own)
    (folder / "answer").write_bytes(head.encode() + b"\n" + body)
    (folder / "body").write_bytes(body)
    link.close()


# ---- what a request costs ----

def _beside_bare(bench, daemon, token, folder):
    """In turn, so that both have the same host."""
    pid, idle = daemon.process.pid, _idle_share(daemon.process.pid)
    pair = (daemon.state / "server.crt", daemon.state / "server.key")
    port, path = _free_port(), folder / "bare.sock"
    bearer = [f"authorization: Bearer {token}"]
    log = folder / "log"
    with _bare(str(port), folder / "answer", *pair) as bare_tls, _bare(str(path), folder / "answer") as bare:
        ours_tls = Target(pid, f"https://127.0.0.1:{daemon.port}/api/v1/robot", headers=bearer, idle=idle)
        ours = Target(pid, "http://localhost/api/v1/robot", [f"--base-uri=unix:{daemon.socket}"], bearer, idle)
        other_tls = Target(bare_tls, f"https://127.0.0.1:{port}/api/v1/robot", headers=bearer)
        other = Target(bare, "http://localhost/api/v1/robot", [f"--base-uri=unix:{path}"], bearer)
        for target in (ours_tls, ours, other_tls, other):
            target.load(REQUESTS // 10)
            target.cpu_us.clear(), target.per_s.clear()
        for _ in range(ROUNDS):
            for target in (ours_tls, other_tls, ours, other):
                target.load(REQUESTS, log if target is ours_tls else None)
    median = statistics.median
    host = f"load of the host {os.getloadavg()[0]:.1f}"
    for suffix, mine, bare_one, how in (("_tls", ours_tls, other_tls, "TLS 1.3, token verified by the cache"),
                                        ("", ours, other, "local socket, whose client the kernel names")):
        each = [a / b for a, b in zip(mine.cpu_us, bare_one.cpu_us)]
        bench.record(f"http.cpu_us_get{suffix}", median(mine.cpu_us), "us", "native", None, ROUNDS * REQUESTS,
                     f"GET robot, {how}, {CONNECTIONS} connections; bare h2o {median(bare_one.cpu_us):.1f} us")
        bench.record(f"http.cpu_vs_bare{suffix}", median(each), "x", "native", ("<=", 1.6), ROUNDS,
                     f"the same against bare h2o with the same answer, in turn; {min(each):.2f} to {max(each):.2f}; {host}")
        bench.record(f"http.robot_rps_core{suffix}", median(mine.per_s), "1/s", "native", None, ROUNDS,
                     f"daemon on one CPU, h2load on the other; bare h2o {median(bare_one.per_s):.0f}")
    bench.record("http.robot_p99_ms", share(_latencies_ms(log), 990), "ms", "native", None, REQUESTS,
                 f"TLS, {CONNECTIONS} connections that ask again at once")
    return median(ours_tls.per_s)


def _beside_fastapi(bench, daemon, folder, ours_per_s):
    port = _free_port()
    now_s = int(time.time())
    token = jwt.encode({"sub": "1", "iss": "ohtd", "aud": "oht", "iat": now_s, "nbf": now_s, "exp": now_s + 3600}, KEY, "HS256")
    command = ["taskset", "-c", SERVER_CPU, "/usr/bin/python3", "-m", "uvicorn", "--app-dir", TOP / "tests/bench", "--port",
               str(port), "--ssl-certfile", daemon.state / "server.crt", "--ssl-keyfile", daemon.state / "server.key",
               "--no-access-log", "--log-level", "warning", "--loop", "uvloop", "--http", "httptools", "_fastapi_app:app"]
    environment = {**os.environ, "OHT_BENCH_ANSWER": str(folder / "body"), "OHT_BENCH_KEY": KEY}
    with subprocess.Popen(list(map(str, command)), env=environment, preexec_fn=die_with_us) as server:
        try:
            target = Target(server.pid, f"https://127.0.0.1:{port}/api/v1/robot", headers=[f"authorization: Bearer {token}"])

            def serves():
                with contextlib.suppress(subprocess.CalledProcessError, AssertionError, AttributeError):
                    target.load(CONNECTIONS)
                    return True
            until(serves, what="uvicorn")
            target.cpu_us.clear(), target.per_s.clear()
            for _ in range(3):
                target.load(FASTAPI_REQUESTS)
        finally:
            server.terminate()
    theirs = statistics.median(target.per_s)
    bench.record("http.vs_fastapi", ours_per_s / theirs, "x", "native", (">=", 4.5), 3 * FASTAPI_REQUESTS,
                 f"requests/s over TLS on one CPU with a token verified each: {ours_per_s:.0f} against {theirs:.0f} of one "
                 "worker of FastAPI on uvicorn with uvloop and httptools")


# ---- load and storms ----

def _mixed(bench, daemon, token, folder):
    """Reads by h2load, one request in a hundred a change."""
    uris, log = folder / "uris", folder / "mixed"
    uris.write_text("".join(f"https://127.0.0.1:{daemon.port}/api/v1/{path}\n" for path in MIXED_PATHS))
    command = ["h2load", "--h1", "-i", str(uris), "-c", str(MIXED_CONNECTIONS), "--rps", str(MIXED_PER_S // MIXED_CONNECTIONS),
               "-D", str(MIXED_S), f"--log-file={log}", "-H", f"authorization: Bearer {token}"]
    changes = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as load:
        while load.poll() is None:
            begin_s = time.monotonic()
            answer = daemon.request("PUT", "logs/level", {"level": "info"}, token=token)
            assert answer.status == 200, answer
            changes.append((time.monotonic() - begin_s) * 1e3)
            time.sleep(0.1)
        said = load.stdout.read()
    took = _latencies_ms(log)
    bad = sum(map(int, re.search(r"(\d+) failed, (\d+) errored", said).groups()))
    bad += sum(map(int, re.search(r"(\d+) 3xx, (\d+) 4xx, (\d+) 5xx", said).groups()))
    bench.record("http.mixed_p95_ms", share(took, 950) if not bad else None, "ms", "native", ("<", 50), len(took),
                 f"{len(took) / MIXED_S:.0f} reads/s of {len(MIXED_PATHS)} paths over {MIXED_CONNECTIONS} TLS connections, {bad} "
                 f"errors; beside them {len(changes) / MIXED_S:.0f} changes/s on new connections, p95 {share(changes, 950):.1f} ms")


def _timed(ask):
    begin_s = time.monotonic()
    answer = ask()
    return (time.monotonic() - begin_s) * 1e3, answer


def _logins(bench, daemon):
    # The accounts of the fixture have cheap hashes; one that is made over the API has the daemon's own.
    made = daemon.post("users", {"username": "dear", "password": PASSWORD, "role": "operator"}, role="administrator")
    assert made.status == 201, made
    took = []
    for _ in range(LOGINS):
        ms, answer = _timed(lambda: daemon.login("dear"))
        assert answer.status == 200, answer
        took.append(ms)
    bench.record("http.login_p95_ms", share(took, 950), "ms", "native", ("<", 400), LOGINS,
                 f"bcrypt of cost 12, a new TLS connection each; median {statistics.median(took):.0f} ms")


class Session:
    """Reads and renewals of somebody who has logged in."""

    def __init__(self, daemon):
        self.daemon = daemon.another(keep_s=8)
        answer = daemon.login("operator").json
        self.access, self.refresh = answer["access_token"], answer["refresh_token"]

    def series(self, seconds):
        """Milliseconds of reads and of renewals, in turn."""
        reads, renewals, end_s = [], [], time.monotonic() + seconds
        while time.monotonic() < end_s:
            for _ in range(20):
                ms, answer = _timed(lambda: self.daemon.request("GET", "robot", token=self.access))
                assert answer.status == 200, answer
                reads.append(ms)
            ms, answer = _timed(lambda: self.daemon.request("POST", "auth/refresh", {"refresh_token": self.refresh}))
            assert answer.status == 200, answer
            self.access, self.refresh = answer.json["access_token"], answer.json["refresh_token"]
            renewals.append(ms)
            time.sleep(0.02)
        return reads, renewals


def _storm(bench, daemon):
    """Names that there are not, as fast as they are refused; by a process of its own, which gets what CPU 1 has left."""
    session = Session(daemon)
    quiet = session.series(STORM_S)
    command = ["taskset", "-c", LOAD_CPU, "nice", "-n", "19", "/usr/bin/python3", "-P", TOP / "tests/bench/_crowd.py",
               str(daemon.port), daemon.state / "ca.crt", str(STORM_CLIENTS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_us) as storm:
        assert storm.stdout.readline() == "begun\n"
        time.sleep(1)
        stormy = session.series(STORM_S)
        counts, _ = storm.communicate()
    ratios = [statistics.median(after) / statistics.median(before) for before, after in zip(quiet, stormy)]
    bench.record("http.login_storm_ratio", max(ratios), "x", "native", ("<", 2), len(stormy[0]),
                 f"median of reads {ratios[0]:.2f}, of renewals {ratios[1]:.2f} times that without a storm; p95 of reads "
                 f"{share(quiet[0], 950):.1f} -> {share(stormy[0], 950):.1f} ms, of renewals {share(quiet[1], 950):.1f} -> "
                 f"{share(stormy[1], 950):.1f}; {STORM_CLIENTS} clients, answers {counts.strip()}")


def _memory(bench, daemon, token):
    pid = daemon.process.pid
    target = Target(pid, f"https://127.0.0.1:{daemon.port}/api/v1/robot", headers=[f"authorization: Bearer {token}"])
    idle = rss_mib(pid)
    sizes = []
    for _ in range(10):
        target.load(MANY // 10)
        sizes.append(rss_mib(pid))
    bench.record("http.rss_loaded_mib", sizes[-1], "MiB", "native", ("<=", 24), MANY,
                 f"resident after that many GET robot over TLS; {idle:.1f} before")
    bench.record("http.rss_growth_mib", sizes[-1] - sizes[4], "MiB", "native", ("<=", 0.25), MANY // 2,
                 "growth over the second half of them")


def run(bench):
    """Record the group."""
    folder = fresh(STATE / "http-files")
    with running(fresh(STATE / "http"), ("viewer", "operator", "administrator"), http_loops=2, http_connections=1024) as daemon:
        daemon.stop()
        daemon.prefix = ["taskset", "-c", SERVER_CPU]
        daemon.start()
        token = daemon.token("viewer")
        _keep_answer(daemon, folder, token)
        ours_per_s = _beside_bare(bench, daemon, token, folder)
        _beside_fastapi(bench, daemon, folder, ours_per_s)
        _memory(bench, daemon, token)
        prefer_processes("ohtd", daemon.process.pid)
        _logins(bench, daemon)
        _mixed(bench, daemon, daemon.token("administrator"), folder)
        _storm(bench, daemon)
