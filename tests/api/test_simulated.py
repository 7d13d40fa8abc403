# SPDX-License-Identifier: GPL-2.0-or-later
"""Simulated outputs: without the kernel module and on the simulator's pty the robot is enabled, drives and stops.

What such a robot is said to be everywhere, and what is refused: any line that is no pty, and a configuration that does not say
that the robot is simulated.
"""
import re
import subprocess
import threading

import pytest

from daemon import OHTD, begin, serving
from live import dial
from oht_test.wait import until
from oht_test.websocket import TEXT, frame

DRIVE_S = 120


@pytest.fixture(scope="module", name="robot")
def _robot(tmp_path_factory, accounts):
    made = begin(tmp_path_factory.mktemp("simulated"), accounts)
    made.write_config(bus_outputs="simulated", bus_time_factor=20)
    with serving(made):
        yield made


def shown(robot):
    return robot.get("robot").json


def wait_state(robot, *states):
    return until(lambda: (now := shown(robot)["state"]) in states and now, DRIVE_S, f"one of the states {states}")


def why_not_move(robot):
    items = robot.get("robot/interlocks").json["items"]
    return {reason["code"] for item in items if item["verb"] == "move" for reason in item["why_not"]}


def enable(robot):
    """From wherever it is: reset by one person, enabled by another. Behind a start it may move when its dock module has been heard."""
    def came():
        # The state is told a moment behind the stop, and a robot that still comes to rest is idle then.
        now = shown(robot)["state"]
        if now == "estop" and robot.get("safety").json["state"] == "stopped":
            robot.post("safety/reset", role="supervisor")
        return now in ("safe", "idle") and now
    if until(came, DRIVE_S, "safe or idle", 0.1) == "safe":
        until(lambda: not robot.get("safety").json["why_not_enable"], what="nothing in the way of enabling")
        answer = robot.post("safety/enable", role="operator")
        assert answer.status == 200, answer
    wait_state(robot, "idle")
    until(lambda: "dock_unknown" not in why_not_move(robot), what="a word of the dock")


def says(robot, high):
    """Everywhere the same: enabled or not, and that these outputs are simulated."""
    safety, health = robot.get("safety").json, robot.get("health").json
    assert (safety["simulated_outputs"], safety["hardware_stop"]) == (True, False)
    assert (health["simulated"], health["bus"]["simulated_outputs"], health["bus"]["hardware_stop"]) == (True, True, False)
    assert safety["outputs"] == {"enable1": high, "enable2": high} and safety["feedback"] is None
    assert safety["deadman_ms"] == health["bus"]["deadman_ms"] == 1000


def command(robot, verb, **members):
    answer = robot.post("robot/commands", {"verb": verb, **members}, role="operator")
    assert answer.status == 200, answer
    return answer.json["number"]


def finishes(robot, number):
    done = until(lambda: (told := robot.get(f"robot/commands/{number}").json)["state"] in ("finished", "failed") and told,
                 DRIVE_S, f"the end of command {number}")
    assert done["state"] == "finished", (done, shown(robot))


def leave_dock(robot):
    enable(robot)
    if shown(robot)["position_mm"] < 400:
        finishes(robot, command(robot, "undock"))
        wait_state(robot, "idle")


def drives(robot):
    """On its way to the far end, and faster than any noise."""
    number = command(robot, "move", position_mm=20000 if shown(robot)["position_mm"] < 10000 else 1000)
    until(lambda: abs(shown(robot)["speed_mm_s"] or 0) > 100, what="speed")
    return number


def stands(robot):
    until(lambda: shown(robot)["speed_mm_s"] == 0, what="standstill")


def test_enable_disable_and_stop_are_those_of_the_board(robot):
    wait_state(robot, "safe", "idle")
    assert robot.post("safety/enable", role="viewer").status == 403
    enable(robot)
    says(robot, True)
    assert robot.post("robot/commands", {"verb": "disable"}, role="operator").status == 200
    wait_state(robot, "safe")
    says(robot, False)
    enable(robot)
    stopped = robot.post("safety/stop", role="operator").json
    assert (stopped["hardware"], stopped["outputs"]) == (False, {"enable1": None, "enable2": None}), "it cuts nothing"
    wait_state(robot, "estop")
    says(robot, False)
    assert robot.post("safety/enable", role="operator").status == 409
    assert robot.post("safety/self-test", role="supervisor").code == "unsupported"


def test_a_stop_behind_a_flood_of_messages_is_done(robot):
    """The flood ends the connection, and the stop counts all the same."""
    enable(robot)
    with dial(robot, "operator") as mine:
        mine.raw(frame(TEXT, b'{"type":"ping"}') * 40 + frame(TEXT, b'{"type":"stop","id":7}'))
        until(lambda: robot.get("safety").json["state"] == "stopped", what="a stop")


class Key:
    """A jog that is held: asked for again each 50 ms, whatever happens meanwhile."""

    def __init__(self, press):
        self.press, self.answers, self.up = press, [], threading.Event()
        self.thread = threading.Thread(target=self.hold)
        self.thread.start()

    def hold(self):
        while not self.up.wait(0.05):
            self.answers.append(self.press())

    def let_go(self):
        self.up.set()
        self.thread.join()

    def pressed_on(self):
        """The answers to three more requests."""
        before = len(self.answers)
        until(lambda: len(self.answers) >= before + 3, what="three requests")
        return set(self.answers[before:])


def test_a_jog_that_was_refused_does_not_begin_by_the_reset_of_another(robot):
    """Over REST and over a WebSocket."""
    jog = {"verb": "jog", "speed_mm_s": 100}

    def by_route(held):
        answer = robot.post("robot/commands", {**jog, "id": held}, role="operator")
        return answer.status, answer.code

    def by_socket():
        mine.say({"type": "command", "id": 1, "command": {**jog, "id": "socket"}})
        answer = mine.hear_until(lambda message: message["type"] == "result")[-1]
        return answer["status"], answer["data"].get("code")

    wait_state(robot, "safe", "idle", "estop")
    robot.post("safety/stop", role="operator")
    wait_state(robot, "estop")
    with dial(robot, "operator") as mine:
        keys = [Key(lambda: by_route("route")), Key(by_socket)]
        try:
            assert [key.pressed_on() for key in keys] == [{(409, "wrong_state")}] * 2
            enable(robot)
            assert [key.pressed_on() for key in keys] == [{(409, "wrong_state")}] * 2
            assert shown(robot)["state"] == "idle" and not shown(robot)["command"]
            assert by_route("another press") in ((200, None), (409, "docked")), "judged anew"
        finally:
            for key in keys:
                key.let_go()
    robot.post("robot/commands", {"verb": "stop"}, role="operator")
    wait_state(robot, "idle")


@pytest.mark.slow
def test_it_drives_and_a_stop_ends_it(robot):
    leave_dock(robot)
    finishes(robot, command(robot, "move", position_mm=2000))
    assert abs(shown(robot)["position_mm"] - 2000) <= 3
    number = drives(robot)
    assert robot.post("safety/stop", role="operator").status == 200
    wait_state(robot, "estop")
    stands(robot)
    assert robot.get(f"robot/commands/{number}").json["state"] == "failed"
    at_mm = shown(robot)["position_mm"]
    enable(robot)
    assert abs(shown(robot)["position_mm"] - at_mm) <= 3, "an enable moves nothing"
    finishes(robot, command(robot, "move", position_mm=at_mm - 200))
    what_is_in_the_way_is_named(robot, at_mm - 200)


def what_is_in_the_way_is_named(robot, at_mm):
    """With its sensor and the distance: in a refusal, and of a robot that is blocked."""
    assert robot.sim(f"rail obstacle {at_mm + 900:.0f}").startswith("ok")
    until(lambda: robot.get("modules/3/registers/distance_1").json["value"] < 1000, what="the obstacle")
    refused = until(lambda: (told := robot.post("robot/commands", {"verb": "move", "position_mm": at_mm + 500}, role="operator")).code == "obstacle" and told,
                    what="a refusal")
    assert refused.status == 409 and re.search(r" \(unit 3\): distance_1 is (89\d|90\d) mm, its stop zone 1000 mm\.$", refused.json["errors"][0]["detail"]), refused.body
    assert robot.sim("rail obstacle none").startswith("ok")
    until(lambda: robot.get("modules/3/registers/distance_1").json["value"] > 2000, what="a free way")
    until(lambda: robot.post("robot/commands", {"verb": "move", "position_mm": at_mm + 3000, "speed_mm_s": 100}, role="operator").status == 200, what="a move")
    assert robot.sim(f"rail obstacle {shown(robot)['position_mm'] + 950:.0f}").startswith("ok")
    wait_state(robot, "blocked")
    alert = until(lambda: [item for item in robot.get("alerts").json["items"] if item["code"] == "obstacle"], what="its alert")[0]
    assert re.search(r" It was at distance_1: [789]\d\d mm, with a stop zone of 1000 mm\.$", alert["text"]), alert
    assert robot.sim("rail obstacle none").startswith("ok")
    assert robot.post("robot/commands", {"verb": "stop"}, role="operator").status == 200
    until(lambda: robot.get("modules/3/registers/distance_1").json["value"] > 2000, what="a free way")
    wait_state(robot, "idle")


@pytest.mark.slow
def test_the_next_daemon_stops_what_a_dead_one_left_driving(robot):
    """Nothing lowers these outputs when ohtd is killed: the drive goes on until ohtd is back."""
    leave_dock(robot)
    drives(robot)
    order = {"verb": "move", "position_mm": 5000, "id": "the last order"}
    accepted = robot.post("robot/commands", order, role="operator").json
    robot.kill()
    robot.start()
    stands(robot)
    assert shown(robot)["state"] != "idle"
    says(robot, False)
    enable(robot)
    at_mm = shown(robot)["position_mm"]
    again = robot.post("robot/commands", order, role="operator").json
    # Killed before the row of the command was written, the note of its id has a number of the next run.
    assert again["number"] in (accepted["number"], 100001) and again["state"] == "failed", "its id was on the disk before it was driven"
    assert shown(robot)["state"] == "idle" and shown(robot)["position_mm"] == at_mm


def test_no_real_line_has_simulated_outputs(fresh):
    fresh.write_config(bus_outputs="simulated", bus_tty="/dev/null")
    for more in (["--check-config"], []):
        done = subprocess.run([OHTD, "--config", fresh.config, *more], capture_output=True, text=True, timeout=60, check=False,
                              env=fresh.environment())
        assert done.returncode == 78 and "/dev/null: outputs = simulated needs a pty" in done.stderr, done
    fresh.write_config(bus_outputs="simulated", robot_simulated="no", bus_time_factor=1)
    done = subprocess.run([OHTD, "--config", fresh.config, "--check-config"], capture_output=True, text=True, timeout=60, check=False,
                          env=fresh.environment())
    assert done.returncode == 78 and "needs simulated = yes in [robot]" in done.stderr, done


def test_a_pty_has_no_parity(fresh):
    fresh.start_simulator()
    fresh.write_config(bus_parity="even")
    for more in (["--check-config"], []):
        done = subprocess.run([OHTD, "--config", fresh.config, *more], capture_output=True, text=True, timeout=60, check=False,
                              env=fresh.environment())
        assert done.returncode == 78 and "a pty has no parity; set parity = none" in done.stderr, done
