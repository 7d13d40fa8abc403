# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole line: API in the guest on one side, button, outputs and wire outside on the other."""
import secrets
import socket
import time

import pytest

from api import Api
from conftest import fresh_state
from support import Board, until

ENABLES = (4, 5)
# dts/oht-virt.dtso
DEADMAN_NS = 500 * 10**6


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Stack:
    """A board whose daemon answers, and an administrator's connection to it."""

    def __init__(self, kernel):
        self.password = secrets.token_urlsafe(12)
        self.port = free_port()
        self.board = Board(fresh_state(f"{kernel}-daemon"), kernel, daemon=True, port=self.port,
                           files={"/etc/oht/demo-accounts": (f"administrator admin {self.password}\n".encode(), 0o600)})
        self.api = None

    def connect(self):
        """Wait for the daemon (again) and log in."""
        until(lambda: self.board.guest.run("test -s /run/oht/ready")[0] == 0, 90, "the daemon being ready", 0.1)
        authority = self.board.state / "ca.crt"
        authority.write_bytes(self.board.guest.pull("/var/lib/oht/ca.crt"))
        self.api = Api(self.port, authority, "admin", self.password)

    def safety(self):
        return self.api.get("safety")

    def wait_safety(self, condition, what, timeout=20):
        last = {}

        def fits():
            last.update(self.safety())
            return last if condition(last) else None

        try:
            return until(fits, timeout, what)
        except AssertionError as error:
            raise AssertionError(f"{error}: {last}") from error

    def enable(self):
        """From whatever stop to enabled: release, reset, enable, as an operator would. On a busy host a
        module may be lost meanwhile, and the daemon stops for that: then once more."""
        self.board.pins.release()
        for _ in range(5):
            if self._try_enable():
                assert self.board.pins.wait_enables(1, 5), "enabled, but the outputs are not high outside"
                return
        raise AssertionError(f"not enabled: {self.safety()}")

    def _try_enable(self):
        self.wait_safety(lambda s: not s["why_not_reset"] or s["state"] != "stopped", "nothing forbidding a reset")
        if self.safety()["state"] == "stopped":
            status, answer = self.api.post("safety/reset")
            if status != 200:
                assert answer["errors"], answer
                return False
        now = self.wait_safety(lambda s: not s["why_not_enable"] or s["state"] == "stopped", "ready, or stopped again")
        if now["state"] == "stopped":
            return False
        assert not any(self.board.pins.level(pin) for pin in ENABLES), "high before enable"
        status, answer = self.api.post("safety/enable")
        return status == 200 and answer["state"] == "enabled"

    def kill(self, signal):
        """Send a signal to the daemon; returns the time before it and how long such a command takes at most."""
        trips_ns = []
        for _ in range(3):
            before_ns = time.monotonic_ns()
            self.board.guest.check("pidof ohtd")
            trips_ns.append(time.monotonic_ns() - before_ns)
        before_ns = time.monotonic_ns()
        self.board.guest.check(f"killall -{signal} ohtd")
        return before_ns, max(trips_ns)

    def low_after_ns(self, before_ns, timeout=5):
        assert self.board.pins.wait_enables(0, timeout), "the outputs stayed high"
        return max(self.board.pins.last(pin).mono_ns for pin in ENABLES) - before_ns


@pytest.fixture(scope="module")
def running(kernel):
    stack = Stack(kernel)
    with stack.board:
        stack.connect()
        yield stack


@pytest.fixture
def stack(running):
    """The running one, with a daemon and a whole cable, not enabled."""
    running.board.pins.release()
    yield running
    running.board.wire.mend()
    running.board.check_console()


def test_discovery_finds_the_four_modules_in_time(stack):
    took_ms = []
    for _ in range(5):
        status, answer = stack.api.post("modules/discover")
        assert status == 200, answer
        assert [m["address"] for m in answer["items"]] == [2, 3, 4, 5]
        took_ms.append(answer["duration_ms"])
    # Wall clock of an emulator: the best shows what the code takes, the others what else the host did.
    assert min(took_ms) < (500 if stack.board.kernel != "debug" else 1500), took_ms


def test_modules_and_robot_are_live(stack):
    modules = until(lambda: [m for m in stack.api.get("modules")["items"] if m["health"] == "good"][3:] and
                    stack.api.get("modules")["items"], 20, "four good modules")
    assert {m["name"] for m in modules} == {"power", "safety", "travel_motor", "dock_location"}
    assert stack.api.get("robot")["age_ms"] < 2000


def test_daemon_is_not_root(stack):
    pid = stack.board.guest.check("pidof ohtd")
    assert stack.board.guest.check(f"awk '/^Uid/ {{ print $2, $3, $4, $5 }}' /proc/{pid}/status") == "990 990 990 990"


def test_api_stop_lowers_the_outputs(stack):
    for _ in range(5):
        stack.enable()
        before_ns = time.monotonic_ns()
        status, answer = stack.api.post("safety/stop")
        assert status == 200 and answer["state"] == "stopped" and not answer["repeated"]
        # Answered means done: the outputs were low before the answer came.
        assert answer["outputs"] == {"enable1": False, "enable2": False}
        assert stack.low_after_ns(before_ns) < 10**9
        stopped = stack.wait_safety(lambda s: s["state"] == "stopped", "stopped")
        assert "software" in {c["code"] for c in stopped["causes"]}


@pytest.mark.parametrize("channel, code", [("a", "button_a"), ("b", "button_b")])
def test_button_is_seen_by_the_api_and_release_changes_nothing(stack, channel, code):
    stack.enable()
    assert stack.board.pins.press_to_low_ns(channel) is not None
    stopped = stack.wait_safety(lambda s: s["state"] == "stopped", "stopped")
    assert code in {c["code"] for c in stopped["causes"]}
    assert stack.api.post("safety/reset")[0] == 409
    counts = [stack.board.pins.count(pin) for pin in ENABLES]
    stack.board.pins.press()
    stack.wait_safety(lambda s: set(s["channels"].values()) == {"open"}, "both channels open")
    stack.board.pins.release()
    stack.wait_safety(lambda s: not s["why_not_reset"], "nothing forbidding a reset")
    assert stack.safety()["state"] == "stopped"
    assert [stack.board.pins.count(pin) for pin in ENABLES] == counts


def test_frozen_daemon_stops_within_the_deadman(stack):
    stack.enable()
    before_ns, trip_ns = stack.kill("STOP")
    took_ns = stack.low_after_ns(before_ns)
    stack.board.guest.check("killall -CONT ohtd")
    assert took_ns < DEADMAN_NS + trip_ns + 10**8, f"low after {took_ns / 1e6:.0f} ms"
    stopped = stack.wait_safety(lambda s: s["state"] == "stopped", "stopped")
    assert "deadman" in {c["code"] for c in stopped["causes"]}


def test_killed_daemon_stops_at_once_and_comes_back_stopped(stack):
    stack.enable()
    before_ns, trip_ns = stack.kill("KILL")
    took_ns = stack.low_after_ns(before_ns)
    assert took_ns < DEADMAN_NS + trip_ns, f"low after {took_ns / 1e6:.0f} ms"
    counts = [stack.board.pins.count(pin) for pin in ENABLES]
    stack.board.guest.check("rm -f /run/oht/ready")
    stack.connect()
    stopped = stack.wait_safety(lambda s: s["state"] == "stopped", "stopped")
    assert stopped["causes"], "stopped without a cause"
    assert [stack.board.pins.count(pin) for pin in ENABLES] == counts
    stack.enable()


def test_cut_cable_shows_and_heals(stack):
    until(lambda: stack.api.get("health")["status"] == "ok", 60, "health before the cut")
    stack.board.wire.cut()
    until(lambda: stack.api.get("health")["status"] == "degraded", 30, "the loss in health")
    stack.board.wire.mend()
    until(lambda: {m["health"] for m in stack.api.get("modules")["items"]} == {"good"}, 60, "recovery")
