# SPDX-License-Identifier: GPL-2.0-or-later
"""Actions that wait for the fleet, that it retries or skips, and its silence: what goes on, when, and what never does behind a stop."""
import pytest

from oht_test.wait import until
from test_orders import about, asked, enable, moves, new_first, older, ready_vehicle, shown, word

ready = ready_vehicle


def status(said, name):
    return next((row["actionStatus"] for row in said["actionStates"] if row["actionId"] == name), None)


def is_held(said):
    return said["paused"] and "ORDER_HELD" in [error["errorType"] for error in said["errors"]]


def acts(vehicle, kind, name, want, **parameters):
    """An instant action, and how it ends."""
    mark = vehicle.mark()
    vehicle.act(kind, name, **parameters)
    said = vehicle.state(lambda said: vehicle.instant(said, name) in ("FINISHED", "FAILED"), mark)
    assert vehicle.instant(said, name) == want, said
    return said


def waits(vehicle, name, *triggers):
    return vehicle.action("waitForTrigger", name, triggerType=list(triggers))


def stop(robot, vehicle):
    mark = vehicle.mark()
    assert robot.post("safety/stop", role="supervisor").status == 200
    vehicle.state(lambda said: said["safetyState"]["activeEmergencyStop"] == "MANUAL" and is_held(said), mark)


def test_a_trigger_lets_go_on_what_waits_for_it_and_nothing_else(robot, vehicle, ready):
    path = [ready[0], ready[1]]
    for number, bad in enumerate(([], ["DOOR"], "LOCAL", [1], {"LOCAL": 1})):
        mark = vehicle.send(f"no-{number}", path, actions={0: [vehicle.action("waitForTrigger", "bad", triggerType=bad)]})
        vehicle.state(lambda said, number=number: [error for error in about(said) if error["errorType"] == "INVALID_ORDER_ACTION" and f"no-{number}" in str(error)], mark)
    acts(vehicle, "trigger", "nothing-waits", "FAILED")
    mark = vehicle.send("triggered", path, actions={0: [waits(vehicle, "first", "FLEET_CONTROL"), waits(vehicle, "person", "LOCAL"), waits(vehicle, "both", "LOCAL", "FLEET_CONTROL")]})
    said = vehicle.state(lambda said: status(said, "first") == "RUNNING", mark)
    assert not said["paused"] and not about(said) and status(said, "person") == "WAITING", said
    # A pause: the trigger would begin motion in it.
    assert status(acts(vehicle, "startPause", "pause", "FINISHED"), "first") == "PAUSED"
    acts(vehicle, "trigger", "in-pause", "FAILED")
    assert status(acts(vehicle, "stopPause", "on", "FINISHED"), "first") == "RUNNING"
    mark = vehicle.mark()
    acts(vehicle, "trigger", "now", "FINISHED")
    vehicle.state(lambda said: (status(said, "first"), status(said, "person")) == ("FINISHED", "RUNNING"), mark)
    # The next one is a person's, who has the page.
    said = acts(vehicle, "trigger", "not-yours", "FAILED")
    assert "INVALID_INSTANT_ACTION" in [error["errorType"] for error in said["errors"]] and status(said, "person") == "RUNNING"
    [number] = [item["id"] for item in robot.get("missions?state=held", role="supervisor").json["items"] if "triggered" in (item["external_id"] or "")]
    mark = vehicle.mark()
    assert robot.post(f"missions/{number}/resume", role="supervisor").status == 200
    vehicle.state(lambda said: (status(said, "person"), status(said, "both")) == ("FINISHED", "RUNNING"), mark)
    # A stop in the wait holds the order, also when it is over: first the fleet says that it goes on at all.
    stop(robot, vehicle)
    acts(vehicle, "stopPause", "early", "FAILED")
    enable(robot)
    acts(vehicle, "trigger", "behind-a-stop", "FAILED")
    assert is_held(asked(vehicle, "still")) and not moves(robot, "triggered")
    said = acts(vehicle, "stopPause", "on-again", "FINISHED")
    assert (status(said, "both"), said["paused"]) == ("RUNNING", False) and not about(said), said
    mark = vehicle.mark()
    acts(vehicle, "trigger", "last", "FINISHED")
    assert vehicle.ended("triggered", mark)["lastNodeId"] == "n1"
    assert moves(robot, "triggered") == [(4, "finished")]


@pytest.mark.slow
@older
def test_in_2_1_only_a_person_is_a_trigger(vehicle, ready):
    mark = vehicle.send("no", ready[:1], actions={0: [vehicle.action("waitForTrigger", "bad", triggerType="FLEET_CONTROL")]})
    vehicle.state(lambda said: [error for error in about(said) if error["errorType"] == "orderError"], mark)
    mark = vehicle.send("local", ready[:1], actions={0: [vehicle.action("waitForTrigger", "person", triggerType="LOCAL")]})
    vehicle.state(lambda said: status(said, "person") == "RUNNING", mark)
    acts(vehicle, "trigger", "unknown", "FAILED")
    acts(vehicle, "cancelOrder", "end", "FINISHED")
    assert status(asked(vehicle, "behind"), "person") == "FAILED"


@pytest.mark.slow
def test_an_interrupted_action_is_retried_or_skipped(robot, vehicle, ready):
    first, second = ({**vehicle.action("wait", name, seconds=60), "retriable": True} for name in ("first", "second"))
    mark = vehicle.send("again", ready[:2], actions={0: [first, second]})
    vehicle.state(lambda said: status(said, "first") == "RUNNING", mark)
    acts(vehicle, "retry", "runs", "FAILED", actionId="first")
    stop(robot, vehicle)
    held = vehicle.state(lambda said: status(said, "first") == "RETRIABLE", mark)
    assert status(held, "second") == "WAITING"
    acts(vehicle, "retry", "stopped", "FAILED", actionId="first")
    for number, parameters in enumerate(({}, {"actionId": "second"}, {"actionId": ["first"]}, {"action": "first"})):
        acts(vehicle, "skipRetry", f"not-{number}", "FAILED", **parameters)
    enable(robot)
    assert status(asked(vehicle, "enabled"), "first") == "RETRIABLE"
    acts(vehicle, "startPause", "pause", "FINISHED")
    acts(vehicle, "retry", "in-pause", "FAILED", actionId="first")
    mark = vehicle.mark()
    acts(vehicle, "stopPause", "on", "FINISHED")
    vehicle.state(lambda said: status(said, "first") == "RUNNING", mark)
    stop(robot, vehicle)
    enable(robot)
    mark = vehicle.mark()
    acts(vehicle, "retry", "retry", "FINISHED", actionId="first")
    vehicle.state(lambda said: status(said, "first") == "RUNNING", mark)
    stop(robot, vehicle)
    enable(robot)
    mark = vehicle.mark()
    acts(vehicle, "skipRetry", "skip", "FINISHED", actionId="first")
    said = vehicle.state(lambda said: (status(said, "first"), status(said, "second")) == ("FAILED", "RUNNING"), mark)
    assert [row["nodeId"] for row in said["nodeStates"]] == ["n1"] and not said["paused"] and not about(said), said
    acts(vehicle, "cancelOrder", "end", "FINISHED")
    assert not moves(robot, "again")


@pytest.mark.slow
def test_hibernation_ends_the_order_and_all_words(robot, vehicle, ready):
    acts(vehicle, "startHibernation", "with-a-time", "FAILED", wakeUpTime="2030-01-01T00:00:00.00Z")
    mark = vehicle.send("sleepy", ready[:2], actions={0: [vehicle.action("wait", "long", seconds=60)]})
    vehicle.state(lambda said: status(said, "long") == "RUNNING", mark)
    mark = vehicle.mark()
    vehicle.act("startHibernation", "sleep")
    said = vehicle.state(lambda said: vehicle.instant(said, "sleep") == "FINISHED", mark)
    assert not said["nodeStates"] and status(said, "long") == "FAILED" and said["orderId"] == "sleepy", said
    assert vehicle.wait("connection", since=mark)["connectionState"] == "HIBERNATING"
    mark = vehicle.mark()
    vehicle.send("dreamt", ready[:2])
    vehicle.act("stateRequest", "dreamt")
    vehicle.act("cancelOrder", "dreamt-too")
    vehicle.say("instantActions", "{", raw=True)
    # Behind a lost broker it is as silent: only its last will and this word are heard.
    vehicle.broker.kill()
    vehicle.broker.start()
    vehicle.wait("connection", lambda said: said["connectionState"] == "HIBERNATING", mark)
    vehicle.act("stopHibernation", "wake")
    assert vehicle.wait("connection", lambda said: said["connectionState"] == "ONLINE", mark)
    said = vehicle.state(since=mark)
    assert vehicle.instant(said, "wake") == "FINISHED" and vehicle.instant(said, "dreamt") is None, said
    assert said["orderId"] == "sleepy" and not said["nodeStates"] and not moves(robot, "dreamt"), said
    # What a person does is said again.
    mark = vehicle.mark()
    vehicle.act("startHibernation", "again")
    vehicle.wait("connection", lambda said: said["connectionState"] == "HIBERNATING", mark)
    until(lambda: robot.request("PUT", "robot/mode", {"mode": "manual"}, role="supervisor").status == 200, what="mode manual")
    assert vehicle.wait("connection", lambda said: said["connectionState"] == "ONLINE", mark)
    vehicle.state(lambda said: said["operatingMode"] == "MANUAL", mark)
    acts(vehicle, "startHibernation", "of-a-person", "FAILED")
    assert robot.request("PUT", "robot/mode", {"mode": "automatic"}, role="supervisor").status == 200
    robot.request("DELETE", "control", role="supervisor")
    assert abs(shown(robot)["position_mm"] / 1000 - ready[0][1]) < 0.05


@new_first
def test_predefined_actions_that_the_robot_does_not_have(vehicle, ready):
    """Each is named and refused, as an instant action and on a node; the factsheet does not offer it. What is over is cleared, what runs stays."""
    sheet = vehicle.wait("factsheet")
    offered = {row["actionType"] for row in sheet["protocolFeatures"][word(vehicle, "mobileRobotActions", "agvActions")]}
    absent = ["shutdown", "startCharging", "stopCharging", "initializePosition", "initPosition", "enableMap", "downloadMap", "deleteMap", "downloadZoneSet", "enableZoneSet",
              "deleteZoneSet", "clearZoneActions", "logReport", "updateCertificate", "pick", "drop", "detectObject", "finePositioning"]
    absent += [] if vehicle.version == "3.0" else ["trigger", "retry", "skipRetry", "startHibernation", "stopHibernation", "clearInstantActions"]
    assert not offered & set(absent)
    mark = vehicle.mark()
    vehicle.say("instantActions", {"actions": [{"actionType": kind, "actionId": f"i-{kind}", "blockingType": "NONE"} for kind in absent]})
    said = vehicle.state(lambda said: vehicle.instant(said, f"i-{absent[-1]}"), mark)
    assert {vehicle.instant(said, f"i-{kind}") for kind in absent} == {"FAILED"}, said
    if vehicle.version == "3.0":
        assert sheet["typeSpecification"]["supportedZones"] == []
        acts(vehicle, "clearInstantActions", "clear", "FINISHED")
    for kind in absent[:4]:
        mark = vehicle.send("absent", ready[:1], actions={0: [vehicle.action(kind, f"n-{kind}")]})
        vehicle.state(lambda said, kind=kind: [error for error in about(said) if f"n-{kind}" in str(error)], mark)
