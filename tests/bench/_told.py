# SPDX-License-Identifier: GPL-2.0-or-later
"""From the button to a client of the WebSocket: what is told over TLS, stamped as it comes, by the clock of this machine."""
import contextlib
import http.client
import json
import queue
import random
import socket
import sys
import threading
import time

from _board import STATE, TOP, Robot, arm, build_dtb, fresh, make_accounts, prefer, prefer_processes, share

sys.path[:0] = [str(TOP / "tests/api"), str(TOP / "tests/lib")]

from daemon import running  # noqa: E402
from oht_test.wait import until  # noqa: E402
from oht_test.websocket import Closed, WebSocket  # noqa: E402

STOPS = 300
MODULE_STOPS = 100
PRESSES = 200
# The bus has read the safety module meanwhile; no multiple of the tick of a loop, nor of a cycle of the robot.
SETTLE_S = 0.1137
PATIENCE_S = 20
# The safety module of the simulator.
SAFETY_UNIT = 3


class Listener:
    """A client of one channel; each of its messages with the time at which it was read."""

    def __init__(self, link, channel):
        self._link = link
        self._told = queue.Queue()
        self._end = "open"
        link.sock.settimeout(None)
        link.say({"type": "subscribe", "channel": channel})
        link.hear_until(lambda message: message.get("channel") == channel)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        try:
            while True:
                _, data = self._link.receive()
                self._told.put((time.monotonic_ns(), data))
        except (Closed, OSError) as end:
            self._end = repr(end)

    def end(self):
        """Before the connection is closed, whose number another one may get while we still read."""
        socket.socket.shutdown(self._link.sock, socket.SHUT_RDWR)
        self._thread.join()

    def until(self, wanted, after_ns):
        """When the first message behind after_ns for whose data wanted() is true was read; all before it are forgotten. None: it came
        before, and the state has been that since."""
        heard, was_so = [], False
        while True:
            try:
                heard_ns, data = self._told.get(timeout=PATIENCE_S)
            except queue.Empty:
                if was_so:
                    return None
                raise AssertionError(f"not told within {PATIENCE_S} s, the connection is {self._end}; heard: {heard[-3:]}") from None
            heard.append((heard_ns - after_ns, data))
            message = json.loads(data)
            if "state" not in message.get("data", {}):
                continue
            was_so = wanted(message["data"])
            if was_so and heard_ns >= after_ns:
                return heard_ns


@contextlib.contextmanager
def _listening(daemon, connection, channel):
    """A client of that channel over a TLS connection."""
    with WebSocket(connection, f"127.0.0.1:{daemon.port}") as link:
        link.say({"type": "auth", "token": daemon.token("operator")})
        listener = Listener(link, channel)
        try:
            yield listener
        finally:
            listener.end()


def _connect(robot):
    """A TLS connection to the daemon in the guest."""
    raw = socket.create_connection(("127.0.0.1", robot.port), PATIENCE_S)
    return robot.tls().wrap_socket(raw, server_hostname="localhost")


def _is_stop(data):
    return data.get("state") == "stopped" and data.get("causes")


def _reset(daemon):
    """Until nothing stops the robot any more; what the bus has not read yet stops it again."""
    def is_over():
        answer = daemon.post("safety/reset", role="supervisor")
        time.sleep(SETTLE_S)
        return answer.status in (200, 409) and daemon.get("safety", role="operator").json["state"] != "stopped"

    until(is_over, what="the reset")


def _api_stops(daemon, listener):
    """ms from before the call that latches the stop until it is told; the client that asks for it is another one."""
    token, took_ms = daemon.token("operator"), []
    link = http.client.HTTPSConnection("127.0.0.1", daemon.port, context=daemon.tls(), timeout=60)
    for _ in range(STOPS):
        _reset(daemon)
        link.request("POST", "/api/v1/safety/stop", b"", {"Authorization": f"Bearer {token}"})
        answer = link.getresponse()
        said = json.loads(answer.read())
        assert answer.status == 200, said
        took_ms.append((listener.until(_is_stop, said["called_ns"]) - said["called_ns"]) / 1e6)
    link.close()
    return took_ms


def _module_stops(daemon, listener):
    """ms from before the simulated module's stop input changes until the stop is told; the bus reads it in between."""
    took_ms, moments = [], random.Random(1)
    for _ in range(MODULE_STOPS):
        _reset(daemon)
        time.sleep(moments.uniform(0, 0.1))
        before_ns = time.monotonic_ns()
        said = daemon.sim(f"set {SAFETY_UNIT} estop_active 1")
        assert said.startswith("ok"), said
        took_ms.append((listener.until(_is_stop, before_ns) - before_ns) / 1e6)
        daemon.sim(f"set {SAFETY_UNIT} estop_active 0")
    return took_ms


def _presses(robot, listener):
    """ms from before the emulated button opens until the stop is told outside of the guest; how often the robot, on a host that was
    late, had stopped before that by its deadman. Then the press is no news of the state."""
    took_ms, spoiled, moments = [], 0, random.Random(1)
    while len(took_ms) < PRESSES:
        arm(robot)
        time.sleep(moments.uniform(0, 0.1))
        before_ns = robot.pins.press()
        heard_ns = listener.until(_is_stop, before_ns)
        if heard_ns is None:
            spoiled += 1
            assert spoiled <= PRESSES // 10, "the host is too late"
        else:
            took_ms.append((heard_ns - before_ns) / 1e6)
    return took_ms, spoiled


def _spread(took_ms):
    return f"median {share(took_ms, 500):.2f} ms, max {max(took_ms):.2f}"


def native(bench):
    """No kernel module here: the stop begins with the call that latches it, or in the simulated safety module."""
    with running(fresh(STATE / "told"), ("operator", "supervisor"), http_loops=2) as daemon:
        preferred = prefer_processes("ohtd", daemon.process.pid)
        with _listening(daemon, daemon.connect(), "safety") as listener:
            took_ms = _api_stops(daemon, listener)
        with _listening(daemon, daemon.connect(), "safety") as listener:
            module_ms = _module_stops(daemon, listener)
    bench.record("ws.button_to_client_p99_ms", share(took_ms, 990), "ms", "native", ("<", 10), len(took_ms),
                 "rtu back-end, which has no button of the kernel: from the call that latches a stop (called_ns; asked for by another "
                 f"client) to its message read by a TLS client; {_spread(took_ms)}; {preferred}")
    bench.record("ws.module_button_to_client_p99_ms", share(module_ms, 990), "ms", "native", None, len(module_ms),
                 "stop input of the simulated safety module to the message read by a TLS client; the bus reads the module every 50 ms "
                 f"and the control cycle is 25 ms; {_spread(module_ms)}; {preferred}")


def virtual(bench):
    """By the wall clock of the emulator's host."""
    accounts = make_accounts(fresh(STATE / "accounts"))
    with Robot(STATE / "told-sbc", "stock", accounts, dtb=build_dtb("quick-reset")) as robot:
        preferred = prefer(robot)
        with _listening(robot, _connect(robot), "safety") as listener:
            took_ms, spoiled = _presses(robot, listener)
    bench.record("ws.button_to_client_sbc_p99_ms", share(took_ms, 990), "ms", "qemu", None, len(took_ms),
                 "emulated button, robot enabled, to the message read by a TLS client outside of the guest, through the emulator's "
                 f"network; {_spread(took_ms)}; {spoiled} presses not counted, since the robot had stopped before; {preferred}")
