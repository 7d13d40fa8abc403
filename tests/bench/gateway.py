# SPDX-License-Identifier: GPL-2.0-or-later
"""The Modbus TCP gateway: what eight clients get of the bus while one unit of four is dead, and what it costs the robot."""
import re
import sys
import threading
import time

from _board import STATE, TOP, fresh

sys.path[:0] = [str(TOP / "tests/api"), str(TOP / "tests/lib")]

from daemon import running  # noqa: E402
from modbus import Libmodbus, Refused, port_of  # noqa: E402
from oht_test.wait import until  # noqa: E402

UNITS = (2, 3, 4, 5)
DEAD = 5
CLIENTS_PER_UNIT = 2
# Of each kind of module, and in no block that the robot polls: hardly one is answered out of the image.
ADDRESS, REGISTERS = 0xFA, 10
READS_PER_S = 10
LOAD_S = 30


class Client(threading.Thread):
    """Asks at its own times; what comes too late for one of them does without it."""

    def __init__(self, port, unit, begin_s):
        super().__init__()
        self.port, self.unit, self.begin_s = port, unit, begin_s
        self.answered = self.refused = 0

    def run(self):
        with Libmodbus(self.port, self.unit) as link:
            slot = 0
            while slot < READS_PER_S * LOAD_S:
                time.sleep(max(0.0, self.begin_s + slot / READS_PER_S - time.monotonic()))
                try:
                    link.read(ADDRESS, REGISTERS)
                    self.answered += 1
                except Refused:
                    self.refused += 1
                slot = max(slot + 1, int((time.monotonic() - self.begin_s) * READS_PER_S))

    @property
    def percent(self):
        """Of the rate that it wants."""
        return 100 * self.answered / (READS_PER_S * LOAD_S)


def _missed(daemon):
    """Cycles of the robot that did not begin."""
    said = daemon.request("GET", "/metrics").body.decode()
    return int(re.search(r"^oht_control_cycles_missed_total (\d+)", said, re.MULTILINE).group(1))


def run(bench):
    """Record the group."""
    with running(fresh(STATE / "gateway"), ("operator", "viewer"), gateway_listen="127.0.0.1:0") as daemon:
        until(lambda: all(item["health"] == "good" for item in daemon.get("modules").json["items"]), what="four good modules")
        assert daemon.sim(f"fault {DEAD} silence").startswith("ok")
        until(lambda: daemon.get(f"modules/{DEAD}").json["health"] == "lost", what="a lost module")
        before, begin_s = _missed(daemon), time.monotonic() + 1
        clients = [Client(port_of(daemon), unit, begin_s) for unit in UNITS for _ in range(CLIENTS_PER_UNIT)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        missed = _missed(daemon) - before
    of_dead = sum(client.refused for client in clients if client.unit == DEAD)
    assert of_dead and not any(client.answered for client in clients if client.unit == DEAD)
    alive = [client for client in clients if client.unit != DEAD]
    what = (f"{len(clients)} clients with {READS_PER_S * REGISTERS} registers a second each, {REGISTERS} at a time, "
            f"for {LOAD_S} s; unit {DEAD}, one of {len(UNITS)}, is dead, its clients were refused {of_dead} times")
    bench.record("gateway.rate_percent", min(client.percent for client in alive), "%", "native", (">=", 95),
                 sum(client.answered for client in alive), f"rtu back-end; the client that got least of its rate; {what}")
    bench.record("gateway.missed_cycles", missed, "", "native", ("==", 0), LOAD_S * 40,
                 f"rtu back-end: control cycles that came too late to begin; {what}")
