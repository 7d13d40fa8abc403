# SPDX-License-Identifier: GPL-2.0-or-later
"""One thread that hangs, each alone: what the others do, what clients see, what the watchdog hears."""
import concurrent.futures
import json
import ssl
import time

import pytest

from daemon import until
from notified import Notified

CONTROL, LOOP, STORE = range(3)
HUNG_STORE_S = 10
# A machine so busy that a module is taken for lost goes on from fault to estop.
ENDED = ("fault", "estop")


class Manager(Notified):
    """With a watchdog."""

    def __init__(self, daemon):
        self.messages = []
        super().__init__(daemon)
        daemon.shims.update(WATCHDOG_USEC="1000000")
        daemon.shims.pop("WATCHDOG_PID", None)

    def take(self, message, fds):
        self.messages.append(message)
        return fds

    def heard(self):
        """Everything that came since the last call."""
        messages, self.messages = self.messages, []
        return messages

    def is_petted(self):
        """Does the watchdog hear of the daemon within two seconds?"""
        self.heard()
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            if "WATCHDOG=1" in self.heard():
                return True
            time.sleep(0.05)
        return False


class Hangs:
    """Which call of the daemon does not return at present."""

    def __init__(self, daemon):
        self.file = daemon.folder / "hangs"
        self.file.write_bytes(bytes(3))
        daemon.preload("hang", OHT_SHIM_HANG=str(self.file))

    def set(self, which, on=True):
        """In place: the daemon has the file mapped."""
        with self.file.open("r+b") as file:
            file.seek(which)
            file.write(bytes([on]))


@pytest.fixture(name="manager")
def fixture_manager(fresh):
    """Told of the daemon's life."""
    made = Manager(fresh)
    yield made
    made.close()


@pytest.fixture(name="hangs")
def fixture_hangs(fresh, manager):        # pylint: disable=unused-argument
    """Nothing hangs yet, and the daemon runs."""
    made = Hangs(fresh)
    fresh.start()
    until(lambda: fresh.get("health", role=None).json["status"] == "ok", what="all modules")
    yield made
    for which in (CONTROL, LOOP, STORE):
        made.set(which, False)


def patient(daemon, path, timeout=1):
    """The JSON of a GET, on whichever loop still answers."""
    request = f"GET /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    while True:
        try:
            with daemon.connect(timeout) as sock:
                sock.sendall(request)
                data = b"".join(iter(lambda: sock.recv(65536), b""))
        except (OSError, ssl.SSLError):
            continue
        head, body = data.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 200"), head
        return json.loads(body)


def stalled(daemon):
    """What /health says of the threads."""
    plane = patient(daemon, "health")["control_plane"]
    assert (plane["status"] == "ok") == (not plane["stalled"])
    return plane["stalled"]


def test_life_is_told(fresh, manager):
    fresh.start()
    until(lambda: "READY=1" in manager.heard(), what="READY=1")
    assert manager.is_petted()
    fresh.process.send_signal(1)
    said = []
    until(lambda: said.extend(manager.heard()) or "READY=1" in said, what="the end of the reload")
    assert any(message.startswith("RELOADING=1\nMONOTONIC_USEC=") for message in said)
    fresh.stop()
    assert "STOPPING=1" in manager.heard()


def test_no_watchdog_is_petted_that_nobody_wants(fresh, manager):
    del fresh.shims["WATCHDOG_USEC"]
    fresh.start()
    assert not manager.is_petted()


def test_hung_loop(fresh, manager, hangs):
    assert stalled(fresh) == []
    hangs.set(LOOP)
    until(lambda: stalled(fresh) == ["loop"], what="control_plane_stalled")
    health = patient(fresh, "health")
    assert health["status"] == "degraded" and health["state"] in ENDED
    assert not manager.is_petted()
    assert fresh.log().count("control_plane_stalled: a loop") == 1, "said once"
    hangs.set(LOOP, False)
    until(lambda: stalled(fresh) == [], what="no stall")
    assert manager.is_petted()
    assert patient(fresh, "health")["state"] in ENDED, "a person resets, not the daemon"


def test_hung_store(fresh, manager, hangs):
    """A slow card does not stop a machine, and the stop does not wait for it; a dead one ends in a restart."""
    token = fresh.token("operator")
    viewer = fresh.token("viewer")
    hangs.set(STORE)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        login = pool.submit(fresh.login, "supervisor")
        cycles = fresh.request("GET", "robot", token=viewer).json
        answer = fresh.request("POST", "safety/stop", {}, token=token)
        assert answer.status == 200
        assert fresh.request("GET", "robot", token=viewer).json != cycles
        if time.monotonic() - began < HUNG_STORE_S / 2:
            assert manager.is_petted(), "slow is not hung"
        try:
            until(lambda: stalled(fresh) == ["store"], HUNG_STORE_S + 15, what="control_plane_stalled")
            assert not manager.is_petted()
        finally:
            hangs.set(STORE, False)
        assert login.result().status in (200, 503, 504)
    until(lambda: stalled(fresh) == [], what="no stall")
    assert manager.is_petted()
    assert fresh.login("supervisor").status == 200


def test_hung_control_thread_and_full_ring(fresh, manager, hangs):
    token = fresh.token("supervisor")
    operator = fresh.token("operator")
    hangs.set(CONTROL)
    until(lambda: stalled(fresh) == ["control"], what="control_plane_stalled")
    assert patient(fresh, "health")["status"] == "degraded"
    assert not manager.is_petted()
    # 64 fit into the ring of each of two loops; whoever comes later is refused, and everybody is answered.
    with concurrent.futures.ThreadPoolExecutor(160) as pool:
        asked = [pool.submit(fresh.request, "POST", "safety/reset", {}, token=token) for _ in range(160)]
        answers = [each.result() for each in asked]
    codes = {answer.code for answer in answers}
    assert {answer.status for answer in answers} <= {503, 504}, codes
    assert "busy" in codes and len(codes) > 1, codes
    assert fresh.request("POST", "safety/stop", {}, token=operator).status == 200, "the stop needs nobody"
    hangs.set(CONTROL, False)
    until(lambda: stalled(fresh) == [], what="no stall")
    assert manager.is_petted()


def test_hung_control_thread_at_the_end(fresh, hangs):
    """It is not waited for: the process leaves, and the device stops by itself."""
    hangs.set(CONTROL)
    until(lambda: stalled(fresh) == ["control"], what="control_plane_stalled")
    began = time.monotonic()
    fresh.stop(expect=1)
    assert time.monotonic() - began < 12
    assert "the control thread did not end" in fresh.log()
    assert (fresh.state / "running").exists()
    hangs.set(CONTROL, False)
    fresh.start()
    assert fresh.get("robot").status == 200
