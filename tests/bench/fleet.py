# SPDX-License-Identifier: GPL-2.0-or-later
"""oht-fleet: how late a fleet hears of an event and sees its order driven, what the process holds, and what 200 vehicles cost a broker."""
import json
import os
import pathlib
import subprocess
import sys
import time

from _board import STATE, TOP, fresh, rss_mib, share

sys.path[:0] = [str(TOP / "tests/fleet"), str(TOP / "tests/api"), str(TOP / "tests/lib")]

import paho.mqtt.client as mqtt  # noqa: E402
from daemon import running  # noqa: E402
from oht_test.wait import until  # noqa: E402
from test_orders import enable, shown  # noqa: E402
from vehicle import Broker, Vehicle  # noqa: E402

STOPS = 200
ORDERS = 40
# Longer than the least pause between two states, which would be a part of the figure.
PAUSE_S = 0.15
VEHICLES = 200
LOAD_S = 30
STATE_PERIOD_S = 1
ORDER_PERIOD_S = 5


class Timed(Vehicle):
    """Notes when each message came, before it is looked at."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.came_ns = []

    def hear(self, client, arg, message):
        now_ns, before = time.monotonic_ns(), len(self.heard)
        super().hear(client, arg, message)
        self.came_ns += [now_ns] * (len(self.heard) - before)

    def came(self, what, since):
        """When the first state behind the mark came of which something is true."""
        self.state(what, since)
        return next(self.came_ns[at] for at in range(since, len(self.heard)) if self.heard[at][0] == "state" and what(self.heard[at][1]))


def stops(robot, vehicle):
    """Milliseconds from the call that stops to the state that says so."""
    took = []
    for _ in range(STOPS):
        mark = vehicle.mark()
        called_ns = robot.post("safety/stop", role="supervisor").json["called_ns"]
        took.append((vehicle.came(lambda said: said["safetyState"]["activeEmergencyStop"] == "MANUAL", mark) - called_ns) / 1e6)
        mark = vehicle.mark()
        until(lambda: robot.post("safety/reset", role="supervisor").status == 200, what="a reset")
        vehicle.state(lambda said: said["safetyState"]["activeEmergencyStop"] == "NONE", mark)
        time.sleep(PAUSE_S)
    return took


def orders(robot, vehicle):
    """Milliseconds from the order to the state that says that the robot drives."""
    enable(robot)
    here = shown(robot)["position_mm"] / 1000
    ends, took = [("a", here), ("b", round(here + 0.1, 3))], []
    for number in range(ORDERS):
        name, begun_ns = f"bench-{number}", time.monotonic_ns()
        mark = vehicle.send(name, ends)
        took.append((vehicle.came(lambda said, name=name: said["orderId"] == name and said["driving"], mark) - begun_ns) / 1e6)
        vehicle.ended(name, mark)
        ends.reverse()
        time.sleep(PAUSE_S)
    return took


def with_tls(folder, robot):
    """Memory of a process that speaks TLS with its broker."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -keyout broker.key -out broker.crt"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    broker = Broker(folder, f"certfile {folder}/broker.crt", f"keyfile {folder}/broker.key")
    vehicle = Vehicle(folder, robot.socket, broker, "tls", "3.0", host="localhost")
    vehicle.client.tls_set(f"{folder}/broker.crt")
    vehicle.client.tls_insecure_set(True)
    vehicle.lines["broker"].update(tls="yes", authorities=folder / "broker.crt")
    with broker:
        try:
            vehicle.start()
            vehicle.state(lambda said: said["operatingMode"] == "AUTOMATIC")
            for number in range(200):
                vehicle.act("stateRequest", f"more-{number}")
            vehicle.state(lambda said: vehicle.instant(said, "more-199"))
            # Refused, since the robot is elsewhere: each was read whole.
            for number in range(ORDERS):
                mark = vehicle.send(f"tls-{number}", [("far", 25)] * 30)
                vehicle.state(lambda said, number=number: f"tls-{number}" in str(said["errors"]), mark)
            return rss_mib(vehicle.process.pid)
        finally:
            vehicle.end()


class Simulated:
    """The traffic of a vehicle: a state each second, and one more when an order comes."""

    def __init__(self, broker, number, state):
        self.prefix, self.state, self.sent, self.seen = f"vda5050/v3/maker/{number}/", state, 0, set()
        self.client = mqtt.Client()
        self.client.on_message = self.hear
        self.client.connect("127.0.0.1", broker.port)
        self.client.subscribe(self.prefix + "order", 0)
        self.client.loop_start()

    def hear(self, _client, _arg, message):
        self.say(json.loads(message.payload)["orderId"])

    def say(self, order):
        self.client.publish(self.prefix + "state", json.dumps({**self.state, "orderId": order}))


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def crowd(folder, order, state):
    """Share of a core that the broker takes, orders sent, orders that came back in no state, and states that a master heard."""
    heard, sent = [], set()
    with Broker(folder) as broker:
        master = mqtt.Client()
        until(lambda: not connect(master, broker.port), what="the broker listens")
        master.on_message = lambda _client, _arg, message: heard.append(json.loads(message.payload)["orderId"])
        master.subscribe("vda5050/v3/maker/+/state", 0)
        master.loop_start()
        vehicles = [Simulated(broker, number, state) for number in range(VEHICLES)]
        until(lambda: all(vehicle.client.is_connected() for vehicle in vehicles) and master.is_connected(), what="all connections")
        begin_s, before_s = time.monotonic(), cpu_s(broker.process.pid)
        for step in range(LOAD_S * VEHICLES // STATE_PERIOD_S):
            time.sleep(max(0.0, begin_s + step * STATE_PERIOD_S / VEHICLES - time.monotonic()))
            vehicles[step % VEHICLES].say("")
            if step % ORDER_PERIOD_S == 0:
                sent.add(f"order-{step}")
                master.publish(f"vda5050/v3/maker/{step // ORDER_PERIOD_S % VEHICLES}/order", json.dumps({**order, "orderId": f"order-{step}"}))
        took_s = time.monotonic() - begin_s
        until(lambda: sent <= set(heard) or time.monotonic() > begin_s + LOAD_S + 10, what="the last order, or that it is lost")
        used_s = cpu_s(broker.process.pid) - before_s
        for client in [master, *[vehicle.client for vehicle in vehicles]]:
            client.disconnect()
            client.loop_stop()
    return 100 * used_s / took_s, len(sent), len(sent - set(heard)), len(heard)


def connect(client, port):
    try:
        return client.connect("127.0.0.1", port)
    except OSError as error:
        return error


def run(bench):
    """Record the group."""
    folder = fresh(STATE / "fleet")
    with running(folder, ("supervisor",), place_mm=9000, bus_outputs="simulated", bus_time_factor=20) as robot:
        with Broker(folder) as broker:
            vehicle = Timed(fresh(folder / "plain"), robot.socket, broker, "bench", "3.0")
            try:
                enable(robot)
                vehicle.start()
                vehicle.state(lambda said: said["operatingMode"] == "AUTOMATIC")
                stopped, driven = stops(robot, vehicle), orders(robot, vehicle)
                resident, state = rss_mib(vehicle.process.pid), vehicle.all("state")[-1]
                order = vehicle.order("", [("a", 1), ("b", 2), ("c", 3)])
            finally:
                vehicle.end()
        tls = with_tls(fresh(folder / "tls"), robot)
    percent, sent, lost, states = crowd(fresh(folder / "crowd"), order, state)
    bench.record("fleet.state_p99_ms", share(stopped, 990), "ms", "native", ("<", 50), STOPS,
                 f"from the call that stops, on the rtu back-end, to the state at a client of mosquitto on this machine; median {share(stopped, 500):.1f}, "
                 f"max {max(stopped):.1f}")
    bench.record("fleet.order_to_drive_p99_ms", share(driven, 990), "ms", "native", None, ORDERS,
                 f"from an order of one node 0.1 m away to the state that says driving, with the disk of oht-fleet, mission, command and first motion; "
                 f"median {share(driven, 500):.1f}, max {max(driven):.1f}")
    bench.record("fleet.rss_mib", max(resident, tls), "MiB", "native", ("<=", 8), 2,
                 f"resident; {resident:.1f} behind {ORDERS} orders without TLS, {tls:.1f} behind 200 states and {ORDERS} orders that were refused, with TLS")
    bench.record("fleet.lost_orders", lost, "", "native", ("==", 0), sent,
                 f"{VEHICLES} simulated vehicles, of the traffic only, at one mosquitto: a state each second, {sent} orders in {LOAD_S} s, {states} states heard by one master")
    bench.record("fleet.broker_percent", percent, "%", "native", ("<", 30), states, "share of one core that mosquitto took meanwhile")
