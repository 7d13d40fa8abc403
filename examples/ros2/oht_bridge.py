#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tell ROS 2 what ohtd's WebSocket tells: a sketch of a bridge, that reads and stops, and moves nothing.

oht_bridge.py [--url wss://localhost:8443] [--ca ca.crt] [--user NAME] [--print] [--ros-args ...]

The password is the first line of standard input. Needs ROS 2 (rclpy and its common messages; Humble or later) and websockets 10
or later. With --print it needs no ROS: each message becomes a line of JSON. docs/api.md has the topics.

The first half turns what the daemon says into fields of messages, as plain data. The second half hands these to rclpy.
"""
import argparse
import asyncio
import calendar
import datetime
import http.client
import importlib
import json
import math
import pathlib
import sys
import time
import urllib.error

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "python"))

from follow import Channel, Ended, account_of, begin, follow, options, why  # noqa: E402 # pylint: disable=wrong-import-position

# Topic: type, and whether who comes late gets the newest one (transient local).
TOPICS = {
    "oht/state": ("std_msgs/msg/String", True),
    "oht/safety": ("std_msgs/msg/String", True),
    "oht/connected": ("std_msgs/msg/Bool", True),
    "battery_state": ("sensor_msgs/msg/BatteryState", False),
    "joint_states": ("sensor_msgs/msg/JointState", False),
    "/diagnostics": ("diagnostic_msgs/msg/DiagnosticArray", False),
}
STOP_SERVICE = "oht/stop"
UNKNOWN = "unknown"
# Of diagnostic_msgs/DiagnosticStatus.
OK, WARN, ERROR, STALE = range(4)
# Of sensor_msgs/BatteryState.
STATUS_UNKNOWN, CHARGING, DISCHARGING, NOT_CHARGING = range(4)
BATTERY = ("battery_v", "battery_a", "battery_deg_c", "battery_percent", "charging")
POSITION = ("position_estimate_mm", "speed_mm_s")
# The control cycle is 25 ms; what is older than this is no present state.
OLD_MS = 1000
PERIOD_S = 1
# A stop that has no answer by then has failed, as far as ROS can tell.
STOP_S = 5


# ---- from the daemon's words to fields of messages ----

def stamp(utc):
    """builtin_interfaces/Time of the robot's own clock."""
    moment = datetime.datetime.fromisoformat(utc.replace("Z", "+00:00"))
    return {"sec": calendar.timegm(moment.utctimetuple()), "nanosec": moment.microsecond * 1000}


def now():
    """The same of this machine's clock, for what the bridge itself says."""
    sec, nanosec = divmod(time.time_ns(), 10 ** 9)
    return {"sec": sec, "nanosec": nanosec}


def header(when):
    return {"stamp": when, "frame_id": ""}


def measured(telemetry, signal):
    """The value of a signal; None unless it is good."""
    told = telemetry.get(signal)
    return told["value"] if told and told["quality"] == "good" else None


def number(telemetry, signal, divisor=1):
    """Not a number is what ROS has for a value that is not measured."""
    value = measured(telemetry, signal)
    return math.nan if value is None else value / divisor


def charging_status(telemetry):
    """From the charger's flag and the sign of the current, which is positive into the battery here and in ROS."""
    charging, current = measured(telemetry, "charging"), measured(telemetry, "battery_a")
    if charging is None:
        return STATUS_UNKNOWN
    if charging:
        return CHARGING
    return DISCHARGING if current is not None and current < 0 else NOT_CHARGING


def battery(telemetry, when):
    """sensor_msgs/BatteryState. Charge and capacity in Ah, health and cells are not in the telemetry."""
    return {
        "header": header(when),
        "voltage": number(telemetry, "battery_v", 1.0),
        "temperature": number(telemetry, "battery_deg_c", 1.0),
        "current": number(telemetry, "battery_a", 1.0),
        "charge": math.nan,
        "capacity": math.nan,
        "design_capacity": math.nan,
        "percentage": number(telemetry, "battery_percent", 100.0),
        "power_supply_status": charging_status(telemetry),
        "present": measured(telemetry, "battery_v") is not None,
    }


def joint(telemetry, when):
    """sensor_msgs/JointState of the rail, a prismatic joint: m, and m/s. None while the position is not to be trusted."""
    if measured(telemetry, "position_estimate_mm") is None:
        return None
    speed = measured(telemetry, "speed_mm_s")
    return {
        "header": header(when),
        "name": ["rail"],
        "position": [number(telemetry, "position_estimate_mm", 1000.0)],
        "velocity": [] if speed is None else [speed / 1000.0],
        "effort": [],
    }


def status(name, level, message, **values):
    """diagnostic_msgs/DiagnosticStatus."""
    return {"level": level, "name": f"oht: {name}", "message": message, "hardware_id": "oht",
            "values": [{"key": key, "value": value if isinstance(value, str) else json.dumps(value)} for key, value in values.items()]}


def robot_status(robot):
    """A fault and a latched stop are errors, an obstacle and other complaints a warning."""
    complaints = [each["text"] for each in robot["faults"]]
    level = ERROR if robot["state"] in ("fault", "estop") else WARN if robot["state"] == "blocked" or complaints else OK
    return status("robot", level, ": ".join([robot["state"], *(["; ".join(complaints)] if complaints else [])]),
                  mode=robot["mode"], control=robot["control"], age_ms=robot["age_ms"])


def safety_status(safety):
    """Ready and enabled are well; what is not known is not present."""
    level = {"ready": OK, "enabled": OK, "stopped": ERROR}.get(safety["state"], STALE)
    causes = "; ".join(each["text"] for each in safety["causes"])
    return status("safety", level, f"{safety['state']}: {causes}" if causes else safety["state"], channels=safety["channels"],
                  outputs=safety["outputs"], hardware_stop=safety["hardware_stop"], age_ms=safety["age_ms"])


def module_status(module):
    """Without a module that is required the robot does not run. A word that is not known here is a warning."""
    level = {"good": OK, "lost": ERROR, "absent": ERROR}.get(module["health"], WARN)
    return status(f"module {module['address']} {module['name']}", level if module["required"] else min(level, WARN), module["health"],
                  profile=module["profile"], age_ms=module["age_ms"], required=module["required"])


def stale(told, why_not):
    """What was known, as something that is not known any more."""
    return {**told, "level": STALE, "message": f"{why_not}; the last was {told['message']}"}


class Bridge:
    """What the channels have told, and when which message is due. emit() takes topic and fields."""

    def __init__(self, emit):
        self.emit = emit
        self.channels = {channel.name: channel for channel in (
            Channel("robot"), Channel("safety"), Channel("modules"),
            Channel("telemetry", max_rate_hz=20, filter={"signals": [*BATTERY, *POSITION]}))}
        # Channels that have told something on the present connection. What the others say is from before.
        self.fresh = set()
        self.latched = {}
        self.told = []

    def state(self, name):
        """Of a channel; {}: it is not known at present."""
        state = self.channels[name].state
        return state if name in self.fresh and (state.get("age_ms") or 0) <= OLD_MS else {}

    def tell(self, change):
        """A message has come."""
        self.fresh.add(change["channel"])
        if change["channel"] == "telemetry":
            fields = joint(self.state("telemetry"), stamp(self.channels["telemetry"].utc))
            if fields:
                self.emit("joint_states", fields)
        self.publish()

    def lost(self):
        """The connection has ended, or could not be made."""
        self.fresh.clear()
        self.publish()

    def tick(self):
        """Once in a second."""
        telemetry = self.state("telemetry")
        self.emit("battery_state", battery(telemetry, stamp(self.channels["telemetry"].utc) if telemetry else now()))
        self.publish(always=True)

    def publish(self, always=False):
        """What has changed."""
        for topic, data in (("oht/state", self.state("robot").get("state", UNKNOWN)),
                            ("oht/safety", self.state("safety").get("state", UNKNOWN)),
                            ("oht/connected", self.fresh == self.channels.keys())):
            if self.latched.get(topic) != data:
                self.latched[topic] = data
                self.emit(topic, {"data": data})
        statuses = self.statuses()
        told = [(each["name"], each["level"], each["message"]) for each in statuses]
        if always or told != self.told:
            self.told = told
            self.emit("/diagnostics", {"header": header(now()), "status": statuses})

    def connection_status(self):
        """The only one that a lost connection makes an error: of the others it says that they are stale."""
        missing = [name for name in self.channels if name not in self.fresh]
        if not missing:
            return status("connection", OK, "connected")
        return status("connection", WARN, f"waits for {', '.join(missing)}") if self.fresh else \
            status("connection", ERROR, "no connection to the robot")

    def statuses(self):
        """Of connection, robot, safety and each module."""
        statuses = [self.connection_status()]
        for name, describe in (("robot", robot_status), ("safety", safety_status)):
            kept = self.channels[name].state
            if not kept:
                statuses.append(status(name, STALE, "not known yet"))
            elif self.state(name):
                statuses.append(describe(kept))
            else:
                statuses.append(stale(describe(kept), "too old" if name in self.fresh else "no connection"))
        for module in self.channels["modules"].state.get("items", ()):
            told = module_status(module)
            statuses.append(told if "modules" in self.fresh else stale(told, "no connection"))
        return statuses


async def run(account, bridge, *more):
    """For ever, or until the account is refused."""
    async def tick():
        while True:
            bridge.tick()
            await asyncio.sleep(PERIOD_S)

    await asyncio.gather(follow(account, bridge.channels.values(), bridge.tell, bridge.lost), tick(), *more)


# ---- a line of JSON for each message ----

def plain(value):
    """JSON has no word for what is not a number."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def print_message(topic, fields):
    print(json.dumps({"topic": topic, "type": TOPICS[topic][0], "message": plain(fields)}), flush=True)


# ---- rclpy ----

# Fields that are lists of messages.
ELEMENTS = {"status": "diagnostic_msgs/msg/DiagnosticStatus", "values": "diagnostic_msgs/msg/KeyValue"}


def ros_class(name):
    package, kind, word = name.split("/")
    return getattr(importlib.import_module(f"{package}.{kind}"), word)


def fill(message, fields):
    """The message, with these fields."""
    for name, value in fields.items():
        if isinstance(value, dict):
            fill(getattr(message, name), value)
        elif name in ELEMENTS:
            setattr(message, name, [fill(ros_class(ELEMENTS[name])(), each) for each in value])
        else:
            # The type byte is bytes of length one in Python.
            setattr(message, name, bytes([value]) if name == "level" else value)
    return message


def refusal(error):
    """What is in its way says so, also if it is not the robot."""
    try:
        return why(json.load(error))
    except (ValueError, KeyError, TypeError, OSError):
        return f"status {error.code}"


def stop(account):
    """(done, words) of POST safety/stop, by a way of its own: it works while the WebSocket is lost. A token that has expired costs
    one more log-in."""
    for refused_before in (False, True):
        try:
            if not account.token:
                account.log_in(STOP_S)
            state = account.post("safety/stop", {}, STOP_S)["state"]
            return state == "stopped", f"the robot is {state}"
        except urllib.error.HTTPError as error:
            if error.code != 401 or refused_before:
                return False, f"refused: {refusal(error)}"
            account.token = None
        except (OSError, http.client.HTTPException) as error:
            return False, f"no answer from the robot, use the button: {error}"
    return None


class Node:
    """The node, its publishers and its service."""

    def __init__(self, rclpy, account):
        qos = importlib.import_module("rclpy.qos")
        self.rclpy = rclpy
        self.node = rclpy.create_node("oht_bridge")
        self.publishers = {}
        for topic, (kind, latched) in TOPICS.items():
            durability = qos.DurabilityPolicy.TRANSIENT_LOCAL if latched else qos.DurabilityPolicy.VOLATILE
            profile = qos.QoSProfile(depth=1 if latched else 10, reliability=qos.ReliabilityPolicy.RELIABLE, durability=durability)
            self.publishers[topic] = self.node.create_publisher(ros_class(kind), topic, profile)

        def answer(_, response):
            response.success, response.message = stop(account)
            return response

        self.node.create_service(ros_class("std_srvs/srv/Trigger"), STOP_SERVICE, answer)

    def emit(self, topic, fields):
        self.publishers[topic].publish(fill(ros_class(TOPICS[topic][0])(), fields))

    async def serve(self):
        """Answer calls, beside everything else. Without this there is no stop, so its end is the end of the program."""
        try:
            await asyncio.to_thread(self.rclpy.spin, self.node)
            raise Ended("ROS has ended")
        finally:
            self.rclpy.shutdown()


def main():
    place = sys.argv.index("--ros-args") if "--ros-args" in sys.argv else len(sys.argv)
    parser = argparse.ArgumentParser(prog="oht_bridge.py", description="Tell ROS 2 what ohtd tells.")
    options(parser)
    parser.set_defaults(user="operator")
    parser.add_argument("--print", action="store_true", help="print each message as a line of JSON, without ROS")
    given = parser.parse_args(sys.argv[1:place])
    if given.print:
        asyncio.run(run(account_of(given), Bridge(print_message)))
        return
    try:
        rclpy = importlib.import_module("rclpy")
    except ImportError as error:
        raise Ended(f"no ROS 2 here ({error}): source its setup.bash, or use --print") from error
    # The signals stay with asyncio, which ends everything in order.
    rclpy.init(args=sys.argv[place:], signal_handler_options=importlib.import_module("rclpy.signals").SignalHandlerOptions.NO)
    account = account_of(given)
    node = Node(rclpy, account)
    asyncio.run(run(account, Bridge(node.emit), node.serve()))


if __name__ == "__main__":
    begin(main)
