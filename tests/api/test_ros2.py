# SPDX-License-Identifier: GPL-2.0-or-later
"""examples/ros2/oht_bridge.py against a daemon: what it says in the terms of ROS 2, and that it stops the robot.

Debian 12 has no ROS 2, so ROS itself is not run here. With --print the bridge needs none; else it runs on the stand-in of
tests/api/ros2, which has the names and types of ROS 2 and is as strict, and prints what is published.
"""
import contextlib
import io
import json
import math
import os
import signal
import subprocess
import sys
import types
import urllib.error

import pytest

from daemon import TOP
from oht_test.wait import free_port, until
from test_examples import follower

PROGRAM = TOP / "examples/ros2/oht_bridge.py"
STAND_IN = TOP / "tests/api/ros2"
sys.path.insert(0, str(PROGRAM.parent))

import oht_bridge  # noqa: E402 # pylint: disable=wrong-import-position

# It starts an interpreter for each test.
pytestmark = pytest.mark.slow

OK, WARN, ERROR, STALE = range(4)
UTC = "2026-03-01T10:15:00.125Z"
WHEN = {"sec": 1772360100, "nanosec": 125000000}
SAFETY = {"state": "ready", "causes": [], "channels": {"a": None, "b": None}, "outputs": {"enable1": None, "enable2": None},
          "hardware_stop": False, "age_ms": 5}
ROBOT = {"state": "idle", "mode": "automatic", "control": None, "faults": [], "age_ms": 20}
MODULE = {"address": 2, "name": "power", "health": "good", "profile": "canonical", "age_ms": 75, "required": True}


# ---- the program ----

def environment(stand_in):
    """Without the stand-in nothing has the name rclpy."""
    made = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**made, "PYTHONPATH": str(STAND_IN)} if stand_in else made


@contextlib.contextmanager
def bridge(daemon, mode="ros", *arguments, **more):
    """The program; its lines are what it publishes."""
    with follower(PROGRAM, daemon, *(["--print"] if mode == "print" else []), *arguments, env=environment(mode == "ros"),
                  **{"user": "operator", **more}) as told:
        yield told


@pytest.fixture(name="mode", params=["print", "ros"])
def _mode(request):
    return request.param


def message(told, topic, condition, what):
    """The first message of a topic for which it is true."""
    return told.until(lambda line: line.get("topic") == topic and condition(line["message"]), what)["message"]


def levels(diagnostics):
    return {each["name"]: each["level"] for each in diagnostics["status"]}


def patient(daemon, **settings):
    """A host that stalls costs no module its time: what is well there stays so."""
    daemon.write_config(bus_time_factor=20, **settings)
    daemon.start()


def known(told):
    """The message in which all have told something, also if a busy host has cost a module its time."""
    message(told, "oht/connected", lambda said: said["data"] is True, "a connection")
    return message(told, "/diagnostics", lambda said: levels(said)["oht: connection"] == OK and len(said["status"]) == 7, "all modules")


def well(told):
    """The message in which everything is as it should be."""
    return message(told, "/diagnostics", lambda said: len(said["status"]) == 7 and set(levels(said).values()) == {OK}, "all to be well")


def lost(told):
    """The message after a loss of the connection."""
    return message(told, "/diagnostics", lambda said: levels(said)["oht: connection"] == ERROR and len(said["status"]) == 7, "a loss")


def call(told, line="call oht/stop"):
    """A call of the service, or another order to the stand-in."""
    told.child.stdin.write(line + "\n")
    told.child.stdin.flush()


def answer(told):
    return told.until(lambda line: line.get("service") == "oht/stop", "the answer of the service")["response"]


def test_it_says_in_the_terms_of_ros_what_the_robot_says(daemon, mode):
    until(lambda: all(item["health"] == "good" for item in daemon.get("modules").json["items"]), what="four good modules")
    with bridge(daemon, mode) as told:
        said = known(told)
        message(told, "oht/state", lambda said: said["data"] == daemon.get("robot").json["state"], "the robot's state")
        message(told, "oht/safety", lambda said: said["data"] == daemon.get("safety").json["state"], "the state of the stop")
        battery = message(told, "battery_state", lambda said: said["present"], "a battery")
        rail = message(told, "joint_states", lambda said: True, "a position")
        signals = daemon.get("telemetry/current").json
        assert battery["voltage"] == pytest.approx(signals["battery_v"]["value"], abs=1) and battery["voltage"] > 15
        assert 0 < battery["percentage"] <= 1 and battery["capacity"] is None
        assert rail["name"] == ["rail"] and rail["effort"] == [] and len(rail["velocity"]) == 1
        assert rail["position"][0] == pytest.approx(signals["position_estimate_mm"]["value"] / 1000, abs=0.01)
        assert abs(rail["header"]["stamp"]["sec"] - said["header"]["stamp"]["sec"]) < 60
        assert {"oht: robot", "oht: safety", "oht: module 2 power", "oht: module 4 travel_motor"} < levels(said).keys()
        assert {(line["topic"], line["type"]) for line in told.lines if "topic" in line} == \
            {(topic, kind) for topic, (kind, _) in oht_bridge.TOPICS.items()}


def test_late_subscribers_get_the_state_and_nothing_else(daemon):
    with bridge(daemon) as told:
        known(told)
        message(told, "joint_states", lambda said: True, "a position")
        for line in [line for line in told.lines if "topic" in line]:
            latched = line["topic"] in ("oht/state", "oht/safety", "oht/connected")
            assert line["qos"] == {"depth": 1 if latched else 10, "reliability": "RELIABLE",
                                   "durability": "TRANSIENT_LOCAL" if latched else "VOLATILE"}, line


def test_the_service_stops_and_there_is_no_other(fresh):
    fresh.start()
    with bridge(fresh) as told:
        until(lambda: fresh.get("safety").json["state"] == "ready", what="a stop that can be made")
        message(told, "oht/safety", lambda said: said["data"] == "ready", "the stop to be ready")
        assert [line["name"] for line in told.lines if line.get("event") == "service"] == ["oht/stop"]
        call(told)
        assert answer(told) == {"success": True, "message": "the robot is stopped"}
        assert fresh.get("safety").json["state"] == "stopped"
        message(told, "oht/safety", lambda said: said["data"] == "stopped", "the stop")
        message(told, "oht/state", lambda said: said["data"] == "estop", "the state after the stop")
        message(told, "/diagnostics", lambda said: levels(said)["oht: safety"] == ERROR, "the stop in the diagnostics")
        # Stopped twice is stopped.
        del told.lines[:]
        call(told)
        assert answer(told)["success"] is True
    fresh.stop()


def test_who_may_not_stop_is_told(fresh):
    fresh.start()
    with bridge(fresh, user="viewer") as told:
        until(lambda: fresh.get("safety").json["state"] == "ready", what="a stop that can be made")
        call(told)
        said = answer(told)
        assert said["success"] is False and said["message"].startswith("refused: "), said
        assert fresh.get("safety").json["state"] == "ready"
    fresh.stop()


def test_a_wrong_password_ends_it(fresh, mode):
    # Of the daemon of all tests the account may have to wait after the wrong passwords of others.
    fresh.start()
    with bridge(fresh, mode, password="wrong") as told:
        code, why = told.refused()
        assert code == 1 and why.startswith("refused: ") and "Traceback" not in why, why
        assert mode == "print" or told.lines[-1] == {"event": "shutdown"}


def test_without_a_daemon_nothing_is_known(daemon, mode):
    with bridge(types.SimpleNamespace(port=free_port(), state=daemon.state), mode) as told:
        until(lambda: told.complaints() or None, what="a complaint")
        said = message(told, "/diagnostics", lambda said: True, "diagnostics")
        assert levels(said) == {"oht: connection": ERROR, "oht: robot": STALE, "oht: safety": STALE}
        assert message(told, "battery_state", lambda said: True, "a battery")["voltage"] is None
        if mode == "ros":
            call(told)
            assert answer(told)["success"] is False
        states = {line["topic"]: line["message"]["data"] for line in told.lines if line.get("topic", "").startswith("oht/")}
        assert states == {"oht/state": "unknown", "oht/safety": "unknown", "oht/connected": False}
        assert told.child.poll() is None and not any(line.get("topic") == "joint_states" for line in told.lines)


def all_stale(told):
    """What a loss of the connection leaves: nothing that looks like the present."""
    said = lost(told)
    assert {level for name, level in levels(said).items() if name != "oht: connection"} == {STALE}
    assert all("the last was" in each["message"] for each in said["status"][1:])
    message(told, "oht/state", lambda said: said["data"] == "unknown", "no state")
    message(told, "oht/safety", lambda said: said["data"] == "unknown", "no state of the stop")
    message(told, "oht/connected", lambda said: said["data"] is False, "no connection")
    message(told, "battery_state", lambda said: said["voltage"] is None and said["present"] is False, "no battery")


def test_it_comes_back_after_a_crash(fresh, mode):
    patient(fresh)
    with bridge(fresh, mode) as told:
        well(told)
        del told.lines[:]
        fresh.kill()
        all_stale(told)
        del told.lines[:]
        patient(fresh, http_listen=f"127.0.0.1:{fresh.port}")
        message(told, "oht/connected", lambda said: said["data"] is True, "the connection after the crash")
        well(told)
        message(told, "oht/state", lambda said: said["data"] != "unknown", "the state after the crash")
        message(told, "battery_state", lambda said: said["present"], "the battery after the crash")
    fresh.stop()


@pytest.mark.slow
def test_silence_is_a_loss_and_a_stop_says_that_it_failed(fresh):
    patient(fresh)
    with bridge(fresh) as told:
        well(told)
        del told.lines[:]
        # The connection stays: nothing but the silence says that it is dead.
        fresh.process.send_signal(signal.SIGSTOP)
        try:
            all_stale(told)
            call(told)
            said = answer(told)
            assert said["success"] is False and said["message"].startswith("no answer from the robot, use the button"), said
        finally:
            fresh.process.send_signal(signal.SIGCONT)
        del told.lines[:]
        message(told, "oht/connected", lambda said: said["data"] is True, "the connection after the silence")
        call(told)
        assert answer(told)["success"] is True
    fresh.stop()


def test_it_ends_in_order(daemon):
    with bridge(daemon, "ros", "--ros-args", "-r", "__ns:=/robot1") as told:
        known(told)
        first = told.lines[0]
        assert first == {"event": "init", "args": ["--ros-args", "-r", "__ns:=/robot1"], "signals": "NO"}
        told.child.send_signal(signal.SIGINT)
        assert told.refused() == (130, "") and told.lines[-1] == {"event": "shutdown"}
    # A bridge without its service would be one without a stop.
    with bridge(daemon) as told:
        known(told)
        call(told, "shutdown")
        assert told.refused() == (1, "ROS has ended\n")


@pytest.mark.parametrize("arguments, code, words", [
    ([], 1, "no ROS 2 here"), (["--nonsense"], 2, "usage: oht_bridge.py"), (["--print", "robot"], 2, "usage: oht_bridge.py"),
], ids=["no_ros", "unknown_option", "channel"])
def test_it_says_what_is_missing_or_wrong(arguments, code, words):
    done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30,
                          env=environment(False))
    assert done.returncode == code and words in done.stderr and "Traceback" not in done.stderr, done


# ---- from the daemon's words to fields of messages, without either ----

def signals(quality="good", **values):
    return {name: {"value": value, "quality": quality, "time": UTC} for name, value in values.items()}


FULL = {"battery_v": 24, "battery_a": -1.5, "battery_deg_c": 25, "battery_percent": 80, "charging": False}


def test_units_and_types_of_the_battery():
    said = oht_bridge.battery(signals(**FULL), WHEN)
    assert (said["voltage"], said["current"], said["temperature"], said["percentage"]) == (24.0, -1.5, 25.0, 0.8)
    assert all(isinstance(said[name], float) for name in ("voltage", "current", "temperature", "percentage"))
    assert said["present"] is True and said["header"] == {"stamp": WHEN, "frame_id": ""}


@pytest.mark.parametrize("quality", ["old", "bad", "none", "a word of a later version"])
def test_what_is_not_good_is_not_measured(quality):
    said = oht_bridge.battery(signals(quality, **FULL), WHEN)
    assert all(math.isnan(said[name]) for name in ("voltage", "current", "temperature", "percentage", "charge"))
    assert said["present"] is False and said["power_supply_status"] == 0
    assert oht_bridge.joint(signals(quality, position_estimate_mm=1, speed_mm_s=1), WHEN) is None
    assert oht_bridge.joint({}, WHEN) is None


@pytest.mark.parametrize("charging, current, wanted", [
    (True, 5, 1), (True, None, 1), (False, -1, 2), (False, 0, 3), (False, None, 3), (None, -1, 0),
])
def test_status_of_the_charge(charging, current, wanted):
    told = {**signals(charging=charging), **(signals(battery_a=current) if current is not None else {})}
    assert oht_bridge.charging_status(told) == wanted


def test_units_of_the_position():
    said = oht_bridge.joint(signals(position_estimate_mm=-1234, speed_mm_s=250), WHEN)
    assert said["position"] == [-1.234] and said["velocity"] == [0.25] and said["name"] == ["rail"]
    assert oht_bridge.joint(signals(position_estimate_mm=0), WHEN)["velocity"] == []


@pytest.mark.parametrize("utc, wanted", [
    (UTC, WHEN), ("1969-12-31T23:59:59.500Z", {"sec": -1, "nanosec": 500000000}),
])
def test_times(utc, wanted):
    assert oht_bridge.stamp(utc) == wanted


@pytest.mark.parametrize("describe, told, level", [
    (oht_bridge.module_status, MODULE, OK),
    (oht_bridge.module_status, {**MODULE, "health": "degraded"}, WARN),
    (oht_bridge.module_status, {**MODULE, "health": "quarantined"}, WARN),
    (oht_bridge.module_status, {**MODULE, "health": "lost"}, ERROR),
    (oht_bridge.module_status, {**MODULE, "health": "absent", "age_ms": None}, ERROR),
    (oht_bridge.module_status, {**MODULE, "health": "lost", "required": False}, WARN),
    (oht_bridge.module_status, {**MODULE, "health": "a word of a later version"}, WARN),
    (oht_bridge.safety_status, SAFETY, OK),
    (oht_bridge.safety_status, {**SAFETY, "state": "stopped", "causes": [{"text": "Button pressed"}]}, ERROR),
    (oht_bridge.safety_status, {**SAFETY, "state": "unknown"}, STALE),
    (oht_bridge.robot_status, ROBOT, OK),
    (oht_bridge.robot_status, {**ROBOT, "state": "blocked"}, WARN),
    (oht_bridge.robot_status, {**ROBOT, "state": "estop"}, ERROR),
    (oht_bridge.robot_status, {**ROBOT, "state": "fault", "faults": [{"text": "No way"}]}, ERROR),
    (oht_bridge.robot_status, {**ROBOT, "faults": [{"text": "No way"}]}, WARN),
])
def test_levels(describe, told, level):
    said = describe(told)
    assert said["level"] == level and told.get("state", told.get("health")) in said["message"]
    assert all(isinstance(pair["key"], str) and isinstance(pair["value"], str) for pair in said["values"])
    assert all(each["text"] in said["message"] for each in told.get("causes", told.get("faults", ())))


class Told:
    """A bridge that is told by hand, and what it has said."""

    def __init__(self):
        self.said = []
        self.bridge = oht_bridge.Bridge(lambda topic, fields: self.said.append((topic, fields)))
        self.seq = 0

    def tell(self, name, data):
        self.seq += 1
        snapshot = {"type": "snapshot", "recovered": False, "seq": self.seq, "ts": {"utc": UTC}, "data": data}
        self.bridge.tell({"channel": name, "data": self.bridge.channels[name].take(snapshot, 1)})

    def newest(self, topic):
        return next(fields for which, fields in reversed(self.said) if which == topic)


def test_a_channel_is_known_when_it_has_told_something_on_this_connection():
    told = Told()
    told.tell("robot", ROBOT)
    assert told.newest("oht/state") == {"data": "idle"} and told.newest("oht/connected") == {"data": False}
    assert levels(told.newest("/diagnostics"))["oht: connection"] == WARN
    for name, data in (("safety", SAFETY), ("modules", {"items": [MODULE]}), ("telemetry", signals(**FULL))):
        told.tell(name, data)
    assert told.newest("oht/connected") == {"data": True} and set(levels(told.newest("/diagnostics")).values()) == {OK}
    told.bridge.lost()
    told.tell("safety", SAFETY)
    assert told.newest("oht/state") == {"data": "unknown"} and told.newest("oht/safety") == {"data": "ready"}
    assert levels(told.newest("/diagnostics")) == {"oht: connection": WARN, "oht: robot": STALE, "oht: safety": OK,
                                                   "oht: module 2 power": STALE}


def test_a_control_thread_that_hangs_is_stale():
    told = Told()
    told.tell("robot", {**ROBOT, "age_ms": 5000})
    told.tell("safety", {**SAFETY, "age_ms": 1001})
    assert told.newest("oht/state") == told.newest("oht/safety") == {"data": "unknown"}
    assert levels(told.newest("/diagnostics")) == {"oht: connection": WARN, "oht: robot": STALE, "oht: safety": STALE}


def test_nothing_is_said_twice_between_two_seconds():
    told = Told()
    told.tell("robot", ROBOT)
    count = len(told.said)
    told.tell("robot", {**ROBOT, "age_ms": 30})
    assert len(told.said) == count
    told.bridge.tick()
    assert [topic for topic, _ in told.said[count:]] == ["battery_state", "/diagnostics"]


def problem(status, body):
    return urllib.error.HTTPError("https://localhost", status, "", {}, io.BytesIO(body))


class Asked:
    """An account whose answers are given."""

    def __init__(self, *answers, token="old"):
        self.token, self.answers, self.log_ins = token, list(answers), 0

    def log_in(self, _):
        self.log_ins += 1
        self.token = "new"

    def post(self, path, body, timeout_s):
        assert path == "safety/stop" and body == {} and timeout_s == oht_bridge.STOP_S
        given = self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given


REFUSED = json.dumps({"detail": "the token has expired"}).encode()


@pytest.mark.parametrize("account, log_ins, wanted", [
    (Asked({"state": "stopped"}), 0, (True, "the robot is stopped")),
    (Asked({"state": "stopped"}, token=None), 1, (True, "the robot is stopped")),
    (Asked(problem(401, REFUSED), {"state": "stopped"}), 1, (True, "the robot is stopped")),
    (Asked(problem(401, REFUSED), problem(401, REFUSED)), 1, (False, "refused: the token has expired")),
    (Asked(problem(502, b"<html>")), 0, (False, "refused: status 502")),
    (Asked({"state": "unknown"}), 0, (False, "the robot is unknown")),
    (Asked(TimeoutError("timed out")), 0, (False, "no answer from the robot, use the button: timed out")),
    (Asked(ConnectionResetError("gone")), 0, (False, "no answer from the robot, use the button: gone")),
])
def test_answers_of_the_stop(account, log_ins, wanted):
    assert oht_bridge.stop(account) == wanted and account.log_ins == log_ins and not account.answers


# ---- the stand-in is what it says ----

@pytest.mark.parametrize("line", [
    "JointState().positions = []", "JointState().position = [1]", "JointState().name = 'rail'", "BatteryState().voltage = 24",
    "BatteryState().present = 1", "BatteryState().power_supply_status = 256", "BatteryState().header = 0", "BatteryState().voltage = 1e39",
    "DiagnosticStatus().level = 1", "DiagnosticStatus().level = b'12'", "DiagnosticStatus().values = [1]", "KeyValue().value = 5",
])
def test_the_stand_in_refuses_what_ros_refuses(line):
    done = subprocess.run([sys.executable, "-c", "from sensor_msgs.msg import *\nfrom diagnostic_msgs.msg import *\n" + line],
                          env=environment(True), capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 1 and ("AssertionError" in done.stderr or "AttributeError" in done.stderr), done


def test_documents_say_that_ros_was_not_run():
    said = (TOP / "docs/api.md").read_text(encoding="utf-8")
    assert "ROS itself was not run" in said
    assert all(f"`{topic}`" in said for topic in (*oht_bridge.TOPICS, oht_bridge.STOP_SERVICE))
