# SPDX-License-Identifier: GPL-2.0-or-later
"""slowhttptest, and requests that are made to deceive: refused or cut off, and everybody else is served meanwhile."""
import re
import subprocess
import threading

import pytest

SLOW_S = 40
SLOW = {
    "headers that never end": (["-H", "-i", "5"], "health/live"),
    "bodies that come byte by byte": (["-B", "-i", "5", "-s", "8192", "-x", "5"], "health/live"),
    "answers that are read byte by byte": (["-X", "-w", "1", "-y", "8", "-n", "5", "-z", "1", "-k", "3"], "openapi.json"),
}


@pytest.mark.parametrize("kind", SLOW)
def test_slow_clients_hold_nobody_up(daemon, kind):
    """Others are refused no connection by clients of an address that take all that they get."""
    over, failures = threading.Event(), []
    options, path = SLOW[kind]
    token = daemon.token("operator")

    def others():
        while not over.wait(0.2):
            answer = daemon.request("POST", "safety/stop", b"", token=token)
            if answer.status != 200:
                failures.append(answer)

    watch = threading.Thread(target=others)
    watch.start()
    try:
        done = subprocess.run(["slowhttptest", *options, "-c", "300", "-r", "100", "-l", str(SLOW_S), "-p", "10",
                               "-u", f"https://127.0.0.1:{daemon.port}/api/v1/{path}"],
                              capture_output=True, text=True, check=False, timeout=300)
    finally:
        over.set()
        watch.join()
    text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    assert "service available:" in text, text[-1000:]
    assert not failures, failures[:3]
    # Each of them is ended by the daemon, and the page is there for everybody when they have gone.
    if "-X" not in options:        # what reads so slowly does not see its end
        assert re.findall(r"closed:\s+(\d+)", text)[-1] != "0", text[-1000:]
    assert daemon.get("robot").status == 200


# ---- paths and bodies that are made to deceive ----

PATHS = ["/api/v1/..%2frobot", "/api/v1/%2e%2e/%2e%2e/etc/passwd", "/api/v1/..%5c..%5cetc", "/api/v1/robot;x=1", "/api/v1/..;/metrics",
         "/api/v1//robot", "/api/v1/robot/", "/api/v1/ROBOT", "/api/v1/robot%20", "/api/v1/robot.json", "/api/v1/%252e%252e/",
         "/assets/../../../../etc/passwd", "/assets/%2e%2e/%2e%2e/state/token.key", "/%c0%ae%c0%ae/etc/passwd", "/state/oht.db",
         "/api/v1/modules/2/registers/../../../users", "/api/v1/modules/-1", "/api/v1/modules/99999999999999999999",
         "/api/v1/users/0x1", "/.git/config", "/index.html%00.crt", "/ca.key", "/server.key"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", [None, "viewer"])
def test_paths_lead_nowhere_else(daemon, path, role):
    answer = daemon.request("GET", path, role=role)
    assert answer.status in (400, 401, 403, 404), answer
    assert b"PRIVATE KEY" not in answer.body and b"root:" not in answer.body and b"SQLite" not in answer.body


DEEP = 60_000 // 2
BODIES = {
    "arrays in arrays": b"[" * DEEP + b"]" * DEEP,
    "objects in objects": b'{"a":' * (DEEP // 4) + b"1" + b"}" * (DEEP // 4),
    "unfinished": b'{"username":' + b"[" * 60_000,
    "a long number": b'{"username":' + b"9" * 60_000 + b"}",
    "a long name": b'{"' + b"a" * 60_000 + b'":1}',
    "many members": b"{" + b",".join(b'"m%d":1' % number for number in range(5000)) + b"}",
    "blanks": b" " * 65_000,
    "escapes": b'{"username":"' + b"\\u0000" * 9000 + b'"}',
}


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("path", ["auth/login", "auth/refresh", "robot/commands", "safety/reset"])
def test_deep_and_huge_bodies_are_refused(daemon, kind, path):
    answer = daemon.request("POST", path, BODIES[kind], token=daemon.token("operator"))
    assert answer.status in (400, 403, 413), answer
    assert daemon.get("robot").status == 200
