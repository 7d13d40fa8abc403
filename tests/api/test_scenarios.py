# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenarios: each is passed by a person who does what it asks for, and by nothing less; its fault is undone however it ends."""
import pytest

from clocks import Skewed
from daemon import begin, serving
from oht_test.client import PASSWORD
from oht_test.wait import until
from test_simulated import command, finishes, leave_dock, shown, wait_state


@pytest.fixture(scope="module", name="robot")
def _robot(tmp_path_factory, accounts):
    """Safe at its dock, with another operator; a docking that fails does so soon."""
    made = begin(tmp_path_factory.mktemp("scenarios"), accounts)
    made.write_config(bus_outputs="simulated", bus_time_factor=5)
    motion = made.data / "motion.csv"
    text = motion.read_text()
    for shipped, soon in (("dock_confirm_ms,common,3000,", "dock_confirm_ms,common,1000,"), ("dock_retries,common,2,", "dock_retries,common,0,")):
        assert text.count(shipped) == 1
        text = text.replace(shipped, soon)
    motion.write_text(text)
    assert made.add_user("other", "operator").returncode == 0
    with serving(made):
        until(lambda: scenario(made, "obstacle")["available"], what="the simulator's training unit")
        yield made


def scenario(robot, name):
    return next(item for item in robot.get("scenarios").json["items"] if item["name"] == name)


def begun(robot, name, role="operator"):
    answer = robot.post("scenarios", {"name": name}, role=role)
    assert answer.status == 201 and answer.json["state"] == "running", answer
    return answer.json["id"]


def run_of(robot, number):
    return robot.get(f"scenarios/{number}").json


def sees(robot, number, count):
    """Its first steps, as many as that, were seen."""
    return until(lambda: (run := run_of(robot, number)) and sum(step["seen"] is not None for step in run["steps"]) >= count and run, 120, f"{count} steps of {run_of(robot, number)}")


def mends(robot, number):
    until(lambda: run_of(robot, number)["mendable"], 120, f"a mend of {run_of(robot, number)}")
    answer = robot.post(f"scenarios/{number}/mend", {}, role="operator")
    assert answer.status == 200 and not answer.json["mendable"], answer


def undone(robot):
    """The simulator makes no fault any more."""
    return until(lambda: "faults=crc" not in robot.sim("status") and "held=" not in robot.sim("status"), what="the end of the fault")


def passes(robot, number):
    run = until(lambda: (run := run_of(robot, number))["state"] != "running" and run, 120, f"the end of {run_of(robot, number)}")
    assert run["state"] == "passed" and run["reason"] is None and all(step["seen"] for step in run["steps"]), run


def back_and_drive(robot):
    """What brings a stopped robot back, then a move."""
    if shown(robot)["state"] == "fault":
        until(lambda: robot.post("robot/commands", {"verb": "reset_fault"}, role="operator").status < 300, 60, "a fault that can be cleared")
    if robot.get("safety").json["state"] == "stopped":
        until(lambda: robot.post("safety/reset", role="supervisor").status == 200, 60, "a reset")
    until(lambda: robot.post("safety/enable", role="operator").status == 200, 60, "enabled")
    wait_state(robot, "idle")
    goes(robot)


def goes(robot):
    there = shown(robot)["position_mm"]
    finishes(robot, until(lambda: (answer := robot.post("robot/commands", {"verb": "move", "position_mm": there + (500 if there < 10000 else -500)}, role="operator")).status == 200 and answer.json["number"], 30, "a move"))


def stopped_on_the_way(robot, name, stops=False):
    leave_dock(robot)
    number = begun(robot, name)
    command(robot, "move", position_mm=20000 if shown(robot)["position_mm"] < 10000 else 1000)
    sees(robot, number, 2)
    if stops:
        assert robot.post("safety/stop", role="operator").status == 200
    mends(robot, number)
    back_and_drive(robot)
    passes(robot, number)


# ---- each is passed by doing it ----

@pytest.mark.slow
@pytest.mark.parametrize("name, stops", [("silent_module", False), ("stuck_button", False), ("drive_ignores", True)])
def test_what_stops_the_robot_on_its_way(robot, name, stops):
    stopped_on_the_way(robot, name, stops)


@pytest.mark.slow
def test_an_obstacle(robot):
    leave_dock(robot)
    number = begun(robot, "obstacle")
    sees(robot, number, 1)
    there = shown(robot)["position_mm"]
    move = command(robot, "move", position_mm=there + (8000 if there < 20000 else -8000))
    mends(robot, number)
    until(lambda: robot.post("robot/commands", {"verb": "resume"}, role="operator").status == 200, what="going on")
    finishes(robot, move)
    passes(robot, number)


def test_a_garbled_module_is_mended_and_all_of_it_is_told(robot):
    course = robot.post("courses", {"name": "plugs", "title": "Plugs", "scenarios": ["garbled_module"]}, role="administrator")
    assert course.status == 201 and course.json["scenarios"] == ["garbled_module"], course
    refused(robot.post("courses", {"name": "x", "title": "X", "scenarios": ["volcano"]}, role="administrator"), 400, "validation")
    number = begun(robot, "garbled_module")
    told = until(lambda: next((a for a in robot.get("alerts").json["items"] if a["code"] == "scenario_running"), None), what="the alert")
    assert "operator" in told["text"] and told["severity"] == "warning"
    assert robot.get("scenarios").json["running"]["id"] == number
    mends(robot, number)
    passes(robot, number)
    until(lambda: robot.get("scenarios").json["running"] is None, what="none that runs")
    until(lambda: "scenario_running" not in [a["code"] for a in robot.get("alerts").json["items"]], what="the end of the alert")
    entry = robot.get("timeline?kinds=scenario").json["items"][0]
    assert (entry["number"], entry["code"], entry["who"]) == (number, "passed", "operator")
    passed = until(lambda: robot.get("audit?act=scenario passed".replace(" ", "%20"), role="administrator").json["items"], what="its record")[0]
    assert passed["object"] == "garbled_module, by operator" and str(number) in str(passed["after"])
    earned, = robot.get("certificates?course=plugs", role="administrator").json["items"]
    assert (earned["user"], earned["granted_by"], earned["state"]) == ("operator", "the robot", "valid") and "garbled_module" in earned["evidence"]
    record, = until(lambda: robot.get("audit?act=certificate%20granted", role="administrator").json["items"], what="its record")
    assert (record["who"], record["object"]) == ("ohtd", f"certificates/{earned['id']}, plugs of operator")
    assert undone(robot)


@pytest.mark.slow
def test_a_low_battery(robot):
    leave_dock(robot)
    number = begun(robot, "battery_low")
    sees(robot, number, 2)
    finishes(robot, command(robot, "dock"))
    passes(robot, number)


@pytest.mark.slow
def test_a_dock_that_is_not_seen(robot):
    leave_dock(robot)
    number = begun(robot, "dock_unseen")
    sees(robot, number, 1)
    command(robot, "dock")
    mends(robot, number)
    wait_state(robot, "idle")
    finishes(robot, command(robot, "dock"))
    passes(robot, number)


# ---- refusals ----

def refused(answer, status, code):
    assert (answer.status, answer.code) == (status, code), answer


def test_who_may_what_and_when(robot):
    refused(robot.post("scenarios", {"name": "volcano"}, role="operator"), 400, "validation")
    refused(robot.post("scenarios", {}, role="operator"), 400, "validation")
    refused(robot.post("scenarios", {"name": "obstacle"}, role="viewer"), 403, "role")
    for what in ("mend", "end"):
        refused(robot.post(f"scenarios/4711/{what}", {}, role="operator"), 404, "not_found")
    refused(robot.get("scenarios/4711"), 404, "not_found")
    assert scenario(robot, "battery_low")["why_not"] == "scenario_docked"
    refused(robot.post("scenarios", {"name": "battery_low"}, role="operator"), 409, "scenario_docked")
    # Of a test before, perhaps.
    robot.request("DELETE", "control", role="operator")
    other = robot.post("auth/login", {"username": "other", "password": PASSWORD}).json["access_token"]
    assert robot.post("control", token=other).status == 200
    refused(robot.post("scenarios", {"name": "obstacle"}, role="operator"), 409, "control_held")
    robot.request("DELETE", "control", token=other)
    number = begun(robot, "obstacle")
    for name in ("obstacle", "garbled_module"):
        refused(robot.post("scenarios", {"name": name}, role="operator"), 409, "scenario_runs")
    assert scenario(robot, "garbled_module")["why_not"] == "scenario_runs"
    sees(robot, number, 1)
    refused(robot.post(f"scenarios/{number}/mend", {}, role="operator"), 409, "scenario_early")
    for what in ("mend", "end"):
        refused(robot.post(f"scenarios/{number}/{what}", {}, token=other), 403, "scenario_of_another")
        refused(robot.post(f"scenarios/{number}/{what}", {}, role="viewer"), 403, "role")
    assert "obstacle_mm=" in robot.sim("rail")
    ended = robot.post(f"scenarios/{number}/end", {}, role="supervisor")
    assert ended.status == 200 and (ended.json["state"], ended.json["reason"], ended.json["person"]) == ("ended", "person", "operator")
    until(lambda: "obstacle=none" in robot.sim("rail"), what="a clear way")
    for what in ("mend", "end"):
        refused(robot.post(f"scenarios/{number}/{what}", {}, role="operator"), 409, "scenario_over")


@pytest.mark.slow
def test_none_begins_while_the_robot_moves(robot):
    leave_dock(robot)
    command(robot, "move", position_mm=20000 if shown(robot)["position_mm"] < 10000 else 1000)
    refused(robot.post("scenarios", {"name": "obstacle"}, role="operator"), 409, "moving")
    assert robot.post("robot/commands", {"verb": "stop"}, role="operator").status == 200
    wait_state(robot, "idle")


def test_a_crash_ends_it_and_a_robot_of_metal_has_none(fresh):
    fresh.start()
    until(lambda: scenario(fresh, "garbled_module")["available"], what="the simulator's training unit")
    number = begun(fresh, "garbled_module")
    until(lambda: "faults=crc" in fresh.sim("status"), what="the fault")
    fresh.kill()
    fresh.write_config(robot_simulated="no", bus_time_factor=1)
    fresh.start()
    run = run_of(fresh, number)
    assert (run["state"], run["reason"]) == ("ended", "restart") and run["ended"], run
    until(lambda: fresh.get("health").json["bus"]["present"], what="the bus")
    refused(fresh.post("scenarios", {"name": "obstacle"}, role="operator"), 409, "scenario_real")
    assert {item["why_not"] for item in fresh.get("scenarios").json["items"]} == {"scenario_real"}
    # Even the simulator that is there is not asked to take its fault back.
    assert "faults=crc" in fresh.sim("status")
    fresh.stop()
    fresh.write_config()
    fresh.start()
    assert undone(fresh)
    until(lambda: scenario(fresh, "garbled_module")["available"], what="what can be begun again")


def test_it_fails_behind_its_time(fresh):
    up = Skewed(fresh, "OHT_SHIM_MONOTONIC")
    fresh.start()
    until(lambda: scenario(fresh, "garbled_module")["available"], what="the simulator's training unit")
    number = begun(fresh, "garbled_module")
    sees(fresh, number, 1)
    up.set(870)
    assert run_of(fresh, number)["state"] == "running"
    up.set(901)
    run = until(lambda: (run := run_of(fresh, number))["state"] != "running" and run, what="its end")
    assert (run["state"], run["reason"]) == ("failed", "time") and run["ended"], run
    refused(fresh.post(f"scenarios/{number}/mend", {}, role="operator"), 409, "scenario_over")
    assert not fresh.get("audit?act=scenario%20passed", role="administrator").json["items"]
    # A bus whose clock has jumped is none any more: the next start undoes the fault.
    fresh.kill()
    up.set(0)
    fresh.start()
    assert undone(fresh)
