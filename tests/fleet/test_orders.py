# SPDX-License-Identifier: GPL-2.0-or-later
"""Orders: what is driven, once; what is refused and how; updates, pause and cancellation; restarts on both sides."""
import json
import signal

import pytest

from daemon import running
from oht_test.wait import until
from vehicle import Broker, Vehicle

DRIVE_S = 120
older = pytest.mark.parametrize("vehicle", ["2.1"], indirect=True)
# The older version at night.
new_first = pytest.mark.parametrize("vehicle", ["3.0", pytest.param("2.1", marks=pytest.mark.slow)], indirect=True)
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
    # The vehicle of the test before may be in control for a moment.
    until(lambda: why_not_move(robot) <= {"docked", "control_held"}, DRIVE_S, "a move that would be accepted")
    if "docked" in why_not_move(robot):
        until(lambda: robot.post("robot/commands", {"verb": "undock"}, role="supervisor").status == 200, what="a word to leave the dock")
        until(lambda: not why_not_move(robot) and shown(robot)["state"] == "idle", DRIVE_S, "a robot away from its dock")
    robot.request("DELETE", "control", role="supervisor")


@pytest.fixture(name="ready")
def ready_vehicle(robot, vehicle):
    """A vehicle that takes orders, and four places: here, and beside it."""
    enable(robot)
    vehicle.start()
    vehicle.state(lambda said: said["operatingMode"] == "AUTOMATIC")
    here = shown(robot)["position_mm"] / 1000
    step = 0.08 if here < 10 else -0.08
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


def moves(robot, name):
    """Commands that were given to the robot for an order: (leg, state), the oldest first; without those that a busy host gave too late."""
    missions = [item["id"] for item in robot.get("missions?limit=200", role="supervisor").json["items"] if (item["external_id"] or "").startswith(f"vda5050 {name} ")]
    found = []
    for number in sorted(missions):
        listed = robot.get(f"robot/commands?limit=200&q=mission%20{number}%20leg", role="supervisor").json["items"]
        found += sorted(((item["accepted"], int(item["id"].split()[3]), item["state"]) for item in listed if item["id"].split()[1] == str(number)))
    return [row[1:] for row in found if row[2] != "failed"]


def asked(vehicle, name):
    """A state behind everything that was said so far."""
    mark = vehicle.mark()
    vehicle.act("stateRequest", name)
    return vehicle.state(lambda said: vehicle.instant(said, name), mark)


def word(vehicle, newer, older):
    return newer if vehicle.version == "3.0" else older


def test_an_order_is_driven_node_by_node(robot, vehicle, ready):
    name = f"first-{vehicle.version}"
    work = vehicle.action("wait", "work", seconds=1)
    mark = vehicle.send(name, ready[:3], actions={2: [work]})
    taken = vehicle.state(lambda said: said["orderId"] == name, mark)
    assert [row["nodeId"] for row in taken["nodeStates"]] == ["n1", "n2"] and taken["lastNodeId"] == "n0", taken
    end = vehicle.ended(name, mark)
    assert (end["lastNodeId"], end["lastNodeSequenceId"], end["orderUpdateId"]) == ("n2", 4, 0), end
    assert [step for step in steps(vehicle, mark) if step[0] in ("n1", "n2")] == [("n1", 2), ("n2", 4)]
    told = [(row["actionStatus"], said[1]["lastNodeId"], said[1]["driving"]) for said in vehicle.heard[mark:] if said[0] == "state"
            for row in said[1]["actionStates"] if row["actionId"] == "work"]
    assert {"WAITING", "RUNNING", "FINISHED"} == {row[0] for row in told}
    assert all(node == "n1" and not driving for status, node, driving in told if status == "RUNNING"), told
    assert abs(shown(robot)["position_mm"] / 1000 - ready[2][1]) < 0.05
    # The same again is no order.
    mark = vehicle.send(name, ready[:3], actions={2: [work]})
    vehicle.act("stateRequest", "asked")
    state = vehicle.state(lambda said: vehicle.instant(said, "asked"), mark)
    assert not state["nodeStates"] and not about(state), state
    assert moves(robot, name) == [(1, "finished"), (3, "finished")]


def spoiled(order, change):
    order = json.loads(json.dumps(order))
    change(order)
    return order


REFUSED = [
    ("no list", lambda order: order.pop("nodes"), "VALIDATION_FAILURE", "validationError", "nodes"),
    ("no node", lambda order: order.update(nodes=[], edges=[]), "VALIDATION_FAILURE", "validationError", "bad"),
    ("an edge too few", lambda order: order.update(edges=[]), "VALIDATION_FAILURE", "validationError", "bad"),
    ("a gap", lambda order: order["nodes"][1].update(sequenceId=4), "VALIDATION_FAILURE", "validationError", "n1"),
    ("a part behind the horizon", lambda order: (order["edges"][0].update(released=False), order["nodes"][1].update(released=False)), "VALIDATION_FAILURE",
     "validationError", "to-dock"),
    ("an edge without its node", lambda order: order["edges"][1].update(released=False), "VALIDATION_FAILURE", "validationError", "to-dock"),
    ("a text", lambda order: order.update(orderUpdateId="0"), "VALIDATION_FAILURE", "validationError", "orderUpdateId"),
    ("a number that is none", lambda order: order["nodes"][1]["nodePosition"].update(x="NaN"), "VALIDATION_FAILURE", "validationError", "nodePosition.x"),
    ("a way", lambda order: order["edges"][0].update(trajectory={}), "UNSUPPORTED_PARAMETER", "orderError", "trajectory"),
    ("a long id", lambda order: order["nodes"][1].update(nodeId="n" * 10000), "INSUFFICIENT_MEMORY", "orderError", "nodeId"),
    ("an unknown action", lambda order: order["nodes"][1].update(actions=[act("dance")]), "INVALID_ORDER_ACTION", "orderError", "id-dance"),
    ("an action of instants", lambda order: order["nodes"][1].update(actions=[act("cancelOrder")]), "INVALID_ORDER_ACTION", "orderError", "id-cancelOrder"),
    ("an action without its value", lambda order: order["nodes"][1].update(actions=[act("wait")]), "INVALID_ORDER_ACTION", "orderError", "id-wait"),
    ("an action with another", lambda order: order["nodes"][1].update(actions=[act("wait", seconds="9")]), "INVALID_ORDER_ACTION", "orderError", "id-wait"),
    ("an action twice", lambda order: order["nodes"][1].update(actions=[act("dock"), act("dock")]), "INVALID_ORDER_ACTION", "orderError", "id-dock"),
    ("an action on an edge", lambda order: order["edges"][0].update(actions=[act("dock")]), "INVALID_ORDER_ACTION", "orderError", "id-dock"),
    ("a later update", lambda order: order.update(orderUpdateId=3), "INVALID_ORDER_UPDATE", "orderUpdateError", "bad"),
    ("a start elsewhere", lambda order: order["nodes"][0]["nodePosition"].update(x=25), "START_NODE_OUT_OF_RANGE", "orderError", "n0"),
    ("an unknown node", lambda order: order["nodes"][1].pop("nodePosition"), "NO_ROUTE_TO_TARGET", "orderError", "n1"),
    ("a place beyond the rail", lambda order: order["nodes"][1]["nodePosition"].update(x=1e6), "NO_ROUTE_TO_TARGET", "orderError", "n1"),
    ("a place beside it", lambda order: order["nodes"][1]["nodePosition"].update(y=1), "NO_ROUTE_TO_TARGET", "orderError", "n1"),
    ("a place across it", lambda order: order["nodes"][1]["nodePosition"].update(theta=1), "NO_ROUTE_TO_TARGET", "orderError", "n1"),
    ("a station elsewhere", lambda order: order["nodes"][2]["nodePosition"].update(x=25), "NO_ROUTE_TO_TARGET", "orderError", "dock"),
    ("another map", lambda order: order["nodes"][1]["nodePosition"].update(mapId="hall"), "UNKNOWN_MAP_ID", "orderError", "hall"),
    ("another version", lambda order: order.update(version="1.1.0"), "VALIDATION_FAILURE", "validationError", "bad"),
    ("of another maker", lambda order: order.update(manufacturer="another"), "VALIDATION_FAILURE", "validationError", "bad"),
    ("for another robot", lambda order: order.update(serialNumber="another"), "VALIDATION_FAILURE", "validationError", "bad"),
    ("a header whose id is none", lambda order: order.update(headerId=None), "VALIDATION_FAILURE", "validationError", "headerId"),
    ("no name", lambda order: order.update(orderId=""), "VALIDATION_FAILURE", "validationError", "orderId"),
    ("a name that ends within", lambda order: order["nodes"][1].update(nodeId="n1\0n2"), "VALIDATION_FAILURE", "validationError", "nodeId"),
    ("a number that goes back", lambda order: order["nodes"][1].update(sequenceId=0), "VALIDATION_FAILURE", "validationError", "n1"),
    ("a number for an edge", lambda order: order["nodes"][0].update(sequenceId=1), "VALIDATION_FAILURE", "validationError", "n0"),
    ("a number of no integer", lambda order: order["nodes"][1].update(sequenceId=2.5), "VALIDATION_FAILURE", "validationError", "nodes[1].sequenceId"),
    ("a number behind the last", lambda order: order["nodes"][1].update(sequenceId=1 << 32), "VALIDATION_FAILURE", "validationError", "nodes[1].sequenceId"),
    ("nodes that are none", lambda order: order.update(nodes=[None]), "VALIDATION_FAILURE", "validationError", "nodes[0]"),
    ("a node that says not whether", lambda order: order["nodes"][1].pop("released"), "VALIDATION_FAILURE", "validationError", "nodes[1].released"),
    ("no speed", lambda order: order["edges"][0].update(maximumSpeed=0, maxSpeed=0), "VALIDATION_FAILURE", "validationError", "edges[0].max"),
    ("a speed back", lambda order: order["edges"][0].update(maximumSpeed=-1, maxSpeed=-1), "VALIDATION_FAILURE", "validationError", "edges[0].max"),
    ("a turn too many", lambda order: order["nodes"][1]["nodePosition"].update(theta=100), "VALIDATION_FAILURE", "validationError", "nodePosition.theta"),
    ("blocking by another word", lambda order: order["nodes"][1].update(actions=[{**act("wait", seconds=1), "blockingType": "ALWAYS"}]), "VALIDATION_FAILURE", "validationError", "actions[0].blockingType"),
    ("a huge action", lambda order: order["nodes"][1].update(actions=[act("wait", seconds="9" * 10000)]), "INSUFFICIENT_MEMORY", "orderError", "actions[0].actionParameters[0].value"),
    ("an action of a long type", lambda order: order["nodes"][1].update(actions=[{**act("wait", seconds=1), "actionType": "w" * 10000}]), "INSUFFICIENT_MEMORY", "orderError", "actions[0].actionType"),
    ("too many actions", lambda order: order["nodes"][1].update(actions=[{**act("wait", seconds=1), "actionId": f"a{at}"} for at in range(5)]), "INSUFFICIENT_MEMORY", "orderError", "nodes[1].actions"),
    ("too many parameters", lambda order: order["nodes"][1].update(actions=[act("wait", seconds=1, a=1, b=1, c=1, d=1)]), "INSUFFICIENT_MEMORY", "orderError", "actions[0].actionParameters"),
    ("a parameter twice", lambda order: order["nodes"][1].update(actions=[{**act("wait"), "actionParameters": [{"key": "seconds", "value": at} for at in (1, 2)]}]), "INVALID_ORDER_ACTION", "orderError", "id-wait"),
    ("a parameter too many", lambda order: order["nodes"][1].update(actions=[act("wait", seconds=1, force=True)]), "INVALID_ORDER_ACTION", "orderError", "id-wait"),
    ("a wait back", lambda order: order["nodes"][1].update(actions=[act("wait", seconds=-1)]), "INVALID_ORDER_ACTION", "orderError", "id-wait"),
    ("a wait too long", lambda order: order["nodes"][1].update(actions=[act("wait", seconds=86401)]), "INVALID_ORDER_ACTION", "orderError", "id-wait"),
    ("too many nodes", lambda order: order.update(nodes=[{**order["nodes"][0], "nodeId": f"x{at}", "sequenceId": 2 * at} for at in range(65)],
                                                  edges=[{**order["edges"][0], "sequenceId": 2 * at + 1} for at in range(64)]), "INSUFFICIENT_MEMORY", "orderError", "nodes"),
]


def act(kind, **parameters):
    return {"actionType": kind, "actionId": f"id-{kind}", "blockingType": "HARD", "actionParameters": [{"key": key, "value": value} for key, value in parameters.items()]}


@both
def test_what_no_order_is_refused_and_named(robot, vehicle, ready):
    """Each with its type, level and what it is about; nothing of it is taken, and the next good order clears them."""
    def clear(name):
        mark = vehicle.send(name, ready[:1])
        return vehicle.ended(name, mark, lambda said: not about(said))

    name = f"clears-{vehicle.version}"
    clear(name)
    good = vehicle.order("bad", [*ready[:2], ("dock", 0)])
    for text in ("", "{", "[]", "null", '"order"', "[" * 5000, json.dumps(good)[:-30]):
        mark = vehicle.mark()
        vehicle.say("order", text, raw=True)
        vehicle.state(lambda said: word(vehicle, "VALIDATION_FAILURE", "validationError") in [error["errorType"] for error in said["errors"]], mark)
    for number, (what, change, newer, older, subject) in enumerate(REFUSED):
        mark = vehicle.mark()
        vehicle.say("order", spoiled(good, change))
        kind = word(vehicle, newer, older)

        def meant(said, kind=kind, subject=subject):
            return [error for error in said["errors"] if error["errorType"] == kind and subject in json.dumps(error.get("errorReferences", []))]

        said = vehicle.wait("state", meant, mark, what)
        levels = {"UNSUPPORTED_PARAMETER": "CRITICAL", "INSUFFICIENT_MEMORY": "URGENT"}
        assert meant(said)[-1]["errorLevel"] == word(vehicle, levels.get(kind, "WARNING"), "WARNING"), (what, said)
        assert said["orderId"] == name and not said["nodeStates"], what
        if number % 8 == 7:
            name = f"clears-{vehicle.version}-{number}"
            clear(name)
    assert not moves(robot, "bad")


@new_first
def test_an_order_on_another_topic_is_none(robot, vehicle, ready):
    """Of another robot or version, below or beside the own one: neither taken nor answered, and more than a message may have is refused."""
    name, other = f"elsewhere-{vehicle.version}", {"3.0": "v2", "2.1": "v3"}[vehicle.version]
    order = json.dumps({**vehicle.order(name, ready[:2]), "headerId": 1, "timestamp": "2026-01-01T00:00:00.000Z", "manufacturer": "maker",
                        "serialNumber": vehicle.serial, "version": {"3.0": "3.0.0", "2.1": "2.1.0"}[vehicle.version]})
    own = vehicle.prefix.rstrip("/")
    vehicle.fleets |= {"order/1", "Order", "orders", own}
    for topic in (f"{own}/order/1", f"{own}/Order", f"{own}/orders", f"{own}", f"vda5050/{other}/maker/{vehicle.serial}/order", f"{own}2/order", f"/{own}/order"):
        vehicle.client.publish(topic, order, 1).wait_for_publish()
    said = asked(vehicle, "behind")
    assert said["orderId"] != name and not about(said) and not moves(robot, name), said
    mark = vehicle.mark()
    vehicle.say("order", order[:-1] + " " * 65536 + "}", raw=True)
    kind = word(vehicle, "INSUFFICIENT_MEMORY", "orderError")
    vehicle.state(lambda said: [error for error in said["errors"] if error["errorType"] == kind and "65535 is the most" in error["errorDescription"]], mark)
    # The same message in its place is one.
    mark = vehicle.mark()
    vehicle.say("order", order, raw=True)
    assert vehicle.ended(name, mark)["lastNodeId"] == "n1"


@older
def test_updates_begin_at_the_last_released_node(robot, vehicle, ready):
    """A horizon is listed and never driven; an update replaces it, releases it or drops it, and what fits nowhere is refused."""
    name = f"longer-{vehicle.version}"
    wait = vehicle.action("wait", "planned", seconds=1)
    mark = vehicle.send(name, ready[:3], released=1, actions={4: [wait]})
    state = vehicle.state(lambda said: said["orderId"] == name, mark)
    assert [(row["nodeId"], row["released"]) for row in state["nodeStates"]] == [("n1", False), ("n2", False)] and state["newBaseRequest"]
    assert [(row["edgeId"], row["sequenceId"]) for row in state["edgeStates"]] == [("to-n1", 1), ("to-n2", 3)]
    assert [row["actionStatus"] for row in state["actionStates"] if row["actionId"] == "planned"] == ["WAITING"]

    def refused(newer, older, *args, **more):
        mark = vehicle.send(*args, **more)
        kind = word(vehicle, newer, older)
        said = vehicle.state(lambda said: kind in [error["errorType"] for error in about(said)], mark)
        assert said["orderId"] == name and [row["nodeId"] for row in said["nodeStates"]] == ["n1", "n2"] and said["orderUpdateId"] == 0, said

    refused("SAME_ORDER_UPDATE_ID", "orderUpdateError", name, ready[:3])
    refused("INVALID_ORDER_UPDATE", "orderUpdateError", name, ready[1:], update=1, start=4)
    refused("INVALID_ORDER_UPDATE", "orderUpdateError", name, ready[:2], update=1, start=2)
    refused("OTHER_ORDER_ACTIVE", "orderUpdateError", f"other-{vehicle.version}", ready[:1])
    refused("INVALID_ORDER_ACTION", "orderError", name, ready[:2], update=1, actions={0: [act("undock")]})
    # The same again is no refusal, and its action does not begin.
    vehicle.send(name, ready[:3], released=1, actions={4: [wait]})
    assert len(asked(vehicle, "again")["nodeStates"]) == 2 and not moves(robot, name)
    # Other planned nodes in place of these; then one of them is released, and the rest dropped.
    mark = vehicle.send(name, [ready[0], ready[3]], update=4, released=1)
    state = vehicle.state(lambda said: said["orderUpdateId"] == 4, mark)
    assert [row["nodeId"] for row in state["nodeStates"]] == ["n3"] and not about(state), state
    assert not [row for row in state["actionStates"] if row["actionId"] == "planned"]
    refused_mark = vehicle.send(name, ready[:2], update=2)
    vehicle.state(lambda said: word(vehicle, "OUTDATED_ORDER_UPDATE", "orderUpdateError") in [error["errorType"] for error in about(said)], refused_mark)
    mark = vehicle.send(name, ready[:3], update=5, released=2)
    vehicle.state(lambda said: said["lastNodeId"] == "n1" and [row["nodeId"] for row in said["nodeStates"]] == ["n2"] and not said["driving"], mark)
    mark = vehicle.send(name, [ready[1]], update=6, start=2)
    end = vehicle.ended(name, mark)
    assert (end["lastNodeSequenceId"], end["newBaseRequest"]) == (2, False), end
    # What is over is continued from where it ended: by another mission.
    mark = vehicle.send(name, [ready[1], ready[0]], update=7, start=2)
    assert vehicle.ended(name, mark, lambda said: said["orderUpdateId"] == 7)["lastNodeId"] == "n0"
    assert moves(robot, name) == [(1, "finished"), (1, "finished")]


def test_cancel_pause_and_go_on(robot, vehicle, ready):
    name = f"stopped-{vehicle.version}"
    vehicle.act("cancelOrder", "nothing")
    state = vehicle.state(lambda said: vehicle.instant(said, "nothing") == "FAILED")
    assert word(vehicle, "NO_ORDER_TO_CANCEL", "noOrderToCancel") in [error["errorType"] for error in about(state, "actionId")]
    # In a pause an order is taken and not driven.
    vehicle.act("startPause", "pause")
    vehicle.state(lambda said: vehicle.instant(said, "pause") == "FINISHED" and said["paused"])
    wait = vehicle.action("wait", "never", seconds=60)
    mark = vehicle.send(name, ready[:2], actions={2: [wait]})
    vehicle.state(lambda said: said["orderId"] == name and said["paused"], mark)
    asked(vehicle, "in-pause")
    assert not moves(robot, name)
    vehicle.act("cancelOrder", "other", orderId="another")
    vehicle.state(lambda said: vehicle.instant(said, "other") == "FAILED", mark)
    mark = vehicle.mark()
    vehicle.act("stopPause", "on")
    vehicle.state(lambda said: vehicle.instant(said, "on") == "FINISHED" and not said["paused"], mark)
    vehicle.state(lambda said: [row for row in said["actionStates"] if (row["actionId"], row["actionStatus"]) == ("never", "RUNNING")], mark)
    vehicle.act("startPause", "again")
    paused = vehicle.state(lambda said: vehicle.instant(said, "again") == "FINISHED" and said["paused"], mark)
    assert [row["actionStatus"] for row in paused["actionStates"] if row["actionId"] == "never"] == [word(vehicle, "PAUSED", "RUNNING")]
    vehicle.act("cancelOrder", "end", orderId=name)
    state = vehicle.state(lambda said: vehicle.instant(said, "end") == "FINISHED", mark)
    assert not state["nodeStates"] and not state["driving"] and state["orderId"] == name
    assert [row["actionStatus"] for row in state["actionStates"] if row["actionId"] == "never"] == ["FAILED"]
    mark = vehicle.send(name, ready[1:3], update=1, start=2)
    vehicle.state(lambda said: word(vehicle, "ORDER_UPDATE_FOLLOWING_CANCEL", "orderUpdateError") in [error["errorType"] for error in about(said)], mark)
    vehicle.act("stopPause", "rest")
    vehicle.state(lambda said: vehicle.instant(said, "rest") == "FINISHED" and not said["paused"], mark)
    mark = vehicle.send(f"next-{vehicle.version}", ready[1:2])
    assert not about(vehicle.ended(f"next-{vehicle.version}", mark))


def test_killed_at_its_work_it_drives_nothing_twice(robot, vehicle, ready):
    """oht-fleet is killed while the robot drives, and the order comes again before and behind the kill."""
    path = [ready[0], ready[1], ready[0]]
    mark = vehicle.send("killed", path)
    vehicle.state(lambda said: said["orderId"] == "killed" and said["driving"], mark)
    vehicle.stop(signal.SIGKILL, -signal.SIGKILL)
    mark = vehicle.mark()
    vehicle.start()
    vehicle.send("killed", path)
    end = vehicle.ended("killed", mark)
    assert (end["lastNodeId"], end["lastNodeSequenceId"]) == ("n0", 4) and not about(end), end
    vehicle.stop(signal.SIGKILL, -signal.SIGKILL)
    mark = vehicle.mark()
    vehicle.start()
    vehicle.state(lambda said: said["operatingMode"] == "AUTOMATIC", mark)
    vehicle.send("killed", path)
    state = asked(vehicle, "behind")
    assert not state["nodeStates"] and not about(state), state
    # Another order of the same id is none.
    mark = vehicle.send("killed", ready[:2])
    vehicle.state(lambda said: "SAME_ORDER_UPDATE_ID" in [error["errorType"] for error in about(said)], mark)
    assert moves(robot, "killed") == [(1, "finished"), (2, "finished")]


@pytest.mark.slow
def test_a_stop_holds_an_order_until_the_fleet_lets_it_go_on(robot, vehicle, ready):
    mark = vehicle.send("held", ready[:2])
    vehicle.state(lambda said: said["orderId"] == "held" and said["driving"], mark)
    assert robot.post("safety/stop", role="supervisor").status == 200
    held = vehicle.state(lambda said: said["paused"] and "ORDER_HELD" in [error["errorType"] for error in said["errors"]], mark)
    assert [row["nodeId"] for row in held["nodeStates"]] == ["n1"] and held["safetyState"]["activeEmergencyStop"] == "MANUAL", held
    mark = vehicle.mark()
    vehicle.act("stopPause", "early")
    vehicle.state(lambda said: vehicle.instant(said, "early") == "FAILED", mark)
    enable(robot)
    state = asked(vehicle, "enabled")
    assert state["paused"] and state["nodeStates"], "nothing moves by itself"
    mark = vehicle.mark()
    vehicle.act("stopPause", "now")
    end = vehicle.ended("held", mark)
    assert end["lastNodeId"] == "n1" and not about(end) and not end["paused"], end


@pytest.mark.slow
def test_a_person_in_the_way(robot, vehicle, ready):
    """Who drives by hand ends the order; who cancels its mission does it with an error; before that none is taken."""
    mark = vehicle.send("by-hand", ready[:2], released=1)
    vehicle.state(lambda said: said["orderId"] == "by-hand", mark)
    # The vehicle may be in control for a moment behind the test before.
    until(lambda: robot.request("PUT", "robot/mode", {"mode": "manual"}, role="supervisor").status == 200, what="mode manual")
    state = vehicle.state(lambda said: said["operatingMode"] == "MANUAL" and not said["nodeStates"], mark)
    assert state["orderId"] == "by-hand", state
    mark = vehicle.send("too-early", ready[:1])
    vehicle.state(lambda said: "MOBILE_ROBOT_NOT_AVAILABLE" in [error["errorType"] for error in about(said)], mark)
    assert robot.request("PUT", "robot/mode", {"mode": "automatic"}, role="supervisor").status == 200
    robot.request("DELETE", "control", role="supervisor")
    vehicle.state(lambda said: said["operatingMode"] == "AUTOMATIC", mark)
    mark = vehicle.send("taken-away", ready[:1], actions={0: [vehicle.action("wait", "long", seconds=60)]})
    vehicle.state(lambda said: [row for row in said["actionStates"] if row["actionStatus"] == "RUNNING"], mark)
    [number] = [item["id"] for item in robot.get("missions?state=running", role="supervisor").json["items"]]
    assert robot.post(f"missions/{number}/cancel", role="supervisor").status == 200
    state = vehicle.state(lambda said: "ORDER_ENDED" in [error["errorType"] for error in about(said)], mark)
    assert [row["actionStatus"] for row in state["actionStates"]] == ["FAILED"], state


@pytest.mark.slow
def test_the_controller_is_killed_and_the_order_goes_on_when_the_fleet_says_so(tmp_path):
    """ohtd forgets nothing either: behind its kill the mission is held, the same order is no other, and no leg is driven twice."""
    with running(tmp_path, ["supervisor"], place_mm=9000, bus_outputs="simulated", bus_time_factor=20) as own, Broker(tmp_path) as broker:
        vehicle = Vehicle(tmp_path, own.socket, broker, "orphan", "3.0")
        try:
            enable(own)
            vehicle.start()
            state = vehicle.state(lambda said: said["operatingMode"] == "AUTOMATIC" and "mobileRobotPosition" in said)
            here = state["mobileRobotPosition"]["x"]
            path = [("n0", here), ("n1", here + 0.08), ("n2", here + 0.16)]
            wait = vehicle.action("wait", "long", seconds=5)
            mark = vehicle.send("orphan", path, actions={2: [wait]})
            vehicle.state(lambda said: [row for row in said["actionStates"] if row["actionStatus"] == "RUNNING"], mark)
            own.kill()
            vehicle.state(lambda said: "ROBOT_NOT_KNOWN" in [error["errorType"] for error in said["errors"]], mark)
            own.start()
            held = vehicle.state(lambda said: "ORDER_HELD" in [error["errorType"] for error in said["errors"]] and said["paused"], mark)
            assert [row["nodeId"] for row in held["nodeStates"]] == ["n2"] and held["lastNodeId"] == "n1", held
            assert [row["actionStatus"] for row in held["actionStates"]] == ["PAUSED"], held
            enable(own)
            vehicle.send("orphan", path, actions={2: [wait]})
            assert asked(vehicle, "again")["paused"], "the same order again is no word to go on"
            mark = vehicle.mark()
            vehicle.act("stopPause", "on")
            assert vehicle.ended("orphan", mark)["lastNodeId"] == "n2"
            assert [row for row in moves(own, "orphan") if row[1] == "finished"] == [(1, "finished"), (3, "finished")]
        finally:
            vehicle.end()
