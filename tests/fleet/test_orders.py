# SPDX-License-Identifier: GPL-2.0-or-later
"""Orders: what is driven, once; what is refused and how; updates, pause and cancellation; restarts on both sides."""
import pytest

from oht_test.wait import until

DRIVE_S = 120
both = pytest.mark.parametrize("vehicle", ["3.0", "2.1"], indirect=True)


def shown(robot):
    return robot.get("robot", role="supervisor").json


def why_not_move(robot):
    items = robot.get("robot/interlocks", role="supervisor").json["items"]
    return {reason["code"] for item in items if item["verb"] == "move" for reason in item["why_not"]}


def enable(robot):
    """From wherever another test has left it; away from the dock, and nobody in control of it."""
    until(lambda: shown(robot)["state"] not in ("boot", "init"), DRIVE_S, "a robot that has started")
    if shown(robot)["state"] == "estop":
        until(lambda: robot.post("safety/reset", role="supervisor").status == 200, what="a reset")
    if shown(robot)["state"] in ("estop", "safe"):
        until(lambda: robot.post("safety/enable", role="supervisor").status == 200, DRIVE_S, "enabled outputs")
    until(lambda: why_not_move(robot) <= {"docked"}, DRIVE_S, "a move that would be accepted")
    if why_not_move(robot):
        until(lambda: robot.post("robot/commands", {"verb": "undock"}, role="supervisor").status == 200, what="a word to leave the dock")
        until(lambda: not why_not_move(robot) and shown(robot)["state"] == "idle", DRIVE_S, "a robot away from its dock")
    robot.request("DELETE", "control", role="supervisor")


@pytest.fixture(name="ready")
def _ready(robot, vehicle):
    """A vehicle that takes orders, and four places: here, and beside it."""
    enable(robot)
    vehicle.start()
    vehicle.state(lambda said: said["operatingMode"] == "AUTOMATIC")
    here = shown(robot)["position_mm"] / 1000
    step = 0.15 if here < 10 else -0.15
    return [(f"n{at}", round(here + at * step, 3)) for at in range(4)]


def about(state, key="orderId"):
    """Errors of orders; the robot may have some of its own."""
    return [error for error in state["errors"] if key in [row["referenceKey"] for row in error.get("errorReferences", [])]]


def steps(vehicle, since):
    """Nodes that were passed, in this order."""
    seen = []
    for said in vehicle.heard[since:]:
        step = (said[1].get("lastNodeId"), said[1].get("lastNodeSequenceId"))
        if said[0] == "state" and (not seen or seen[-1] != step):
            seen.append(step)
    return seen


@both
def test_an_order_is_driven_node_by_node(robot, vehicle, ready):
    work = vehicle.action("wait", "work", seconds=1)
    mark = vehicle.send("first", ready[:3], actions={2: [work]})
    taken = vehicle.state(lambda said: said["orderId"] == "first", mark)
    assert [row["nodeId"] for row in taken["nodeStates"]] == ["n1", "n2"] and taken["lastNodeId"] == "n0", taken
    end = vehicle.ended("first", mark)
    assert (end["lastNodeId"], end["lastNodeSequenceId"], end["orderUpdateId"]) == ("n2", 4, 0), end
    assert [step for step in steps(vehicle, mark) if step[0] in ("n1", "n2")] == [("n1", 2), ("n2", 4)]
    told = [(row["actionStatus"], said[1]["lastNodeId"], said[1]["driving"]) for said in vehicle.heard[mark:] if said[0] == "state"
            for row in said[1]["actionStates"] if row["actionId"] == "work"]
    assert {"WAITING", "RUNNING", "FINISHED"} == {row[0] for row in told}
    assert all(node == "n1" and not driving for status, node, driving in told if status == "RUNNING"), told
    assert abs(shown(robot)["position_mm"] / 1000 - ready[2][1]) < 0.05
    # The same again is no order.
    mark = vehicle.send("first", ready[:3], actions={2: [work]})
    vehicle.act("stateRequest", "asked")
    state = vehicle.state(lambda said: vehicle.instant(said, "asked"), mark)
    assert not state["nodeStates"] and not about(state), state
