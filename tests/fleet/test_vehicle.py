# SPDX-License-Identifier: GPL-2.0-or-later
"""What a vehicle says by itself: that it is there, how it is, and what it is; over lost brokers, kills and restarts."""
import os
import signal

import pytest

from oht_test.wait import until
from standard import check
from vehicle import Broker, Vehicle

ROUNDS = 100 if os.environ.get("OHT_SOAK") else 1
BROKEN = {"3.0": "CONNECTION_BROKEN", "2.1": "CONNECTIONBROKEN"}
both = pytest.mark.parametrize("vehicle", ["3.0", "2.1"], indirect=True)


def is_automatic(state):
    return state["operatingMode"] == "AUTOMATIC"


def types(state):
    return [error["errorType"] for error in state["errors"]]


def connection(vehicle):
    """As the broker has kept it, for a fleet that comes late."""
    late = Vehicle.__new__(Vehicle)
    late.__dict__.update(vehicle.__dict__, heard=[], wrong=[])
    late.client = type(vehicle.client)()
    late.client.on_message = late.hear
    late.client.on_connect = lambda client, *_: client.subscribe(late.prefix + "#", 1)
    late.listen()
    try:
        kept = {topic: said for topic, said, retained in until(
            lambda: {"connection", "factsheet"} <= {row[0] for row in late.heard if row[2]} and list(late.heard), what="what is kept") if retained}
    finally:
        late.client.disconnect()
        late.client.loop_stop()
    assert "state" not in kept and "visualization" not in kept
    return kept["connection"]["connectionState"]


@both
def test_it_is_there_and_says_when_it_goes(vehicle):
    vehicle.lines["timing"]["visualization_ms"] = 100
    vehicle.start()
    assert vehicle.wait("connection")["connectionState"] == "ONLINE"
    state = vehicle.state(is_automatic)
    assert not state["nodeStates"] and not state["driving"] and state["orderId"] == "", state
    vehicle.wait("factsheet")
    vehicle.wait("visualization", lambda said: "velocity" in said)
    assert connection(vehicle) == "ONLINE"
    vehicle.stop()
    assert vehicle.wait("connection", lambda said: said["connectionState"] != "ONLINE")["connectionState"] == "OFFLINE"
    assert connection(vehicle) == "OFFLINE"


@both
def test_a_killed_one_is_broken_and_no_id_comes_twice(vehicle):
    ids = []
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        mark = vehicle.mark()
        vehicle.start()
        vehicle.state(is_automatic, mark)
        vehicle.wait("factsheet", since=mark)
        vehicle.stop(number, -number if number == signal.SIGKILL else 0)
        last = "OFFLINE" if number == signal.SIGTERM else BROKEN[vehicle.version]
        vehicle.wait("connection", lambda said, last=last: said["connectionState"] == last, mark)
        ids.append({topic: [said["headerId"] for heard, said, _ in vehicle.heard[mark:] if heard == topic] for topic in ("state", "factsheet", "connection")})
    for topic in ("state", "factsheet"):
        told = [number for run in ids for number in run[topic]]
        assert told == sorted(set(told)), (topic, told)
    for run in ids:
        assert run["state"] == list(range(run["state"][0], run["state"][0] + len(run["state"]))), "one by one within a run"
    # In an orderly end nothing is left out.
    assert ids[2]["state"][0] == ids[1]["state"][-1] + 1


def test_states_tell_what_happens(robot, vehicle):
    vehicle.start()
    vehicle.state(is_automatic)
    mark = vehicle.mark()
    assert robot.post("safety/stop", role="supervisor").status == 200
    # The host may be too slow for the bus, which is a warning of its own.
    vehicle.state(lambda said: said["safetyState"]["activeEmergencyStop"] == "MANUAL" and "FATAL" in {error["errorLevel"] for error in said["errors"]}, mark)
    mark = vehicle.mark()
    assert robot.post("safety/reset", role="supervisor").status == 200
    vehicle.state(lambda said: said["safetyState"]["activeEmergencyStop"] == "NONE", mark)
    mark = vehicle.mark()
    # The vehicle of the test before may not have given control back yet.
    until(lambda: robot.request("PUT", "robot/mode", {"mode": "manual"}, role="supervisor").status == 200, what="mode manual")
    vehicle.state(lambda said: said["operatingMode"] == "MANUAL", mark)
    assert robot.request("PUT", "robot/mode", {"mode": "automatic"}, role="supervisor").status == 200
    # The person who has chosen the mode still leads the robot, until that is given back.
    vehicle.state(lambda said: said["operatingMode"] == "INTERVENED", mark)
    assert robot.request("DELETE", "control", role="supervisor").status in (200, 204)
    vehicle.state(is_automatic, mark)


def test_no_news_are_no_message(vehicle):
    """A robot that stands says so once; ages, time and voltage are no news."""
    vehicle.start()
    vehicle.state(is_automatic)
    vehicle.act("stateRequest", "first")
    first = vehicle.state(lambda said: vehicle.instant(said, "first"))
    # The process image is read many times meanwhile: each of these is answered by one state, and there is none between them.
    for number in range(5):
        vehicle.act("stateRequest", f"more-{number}")
        vehicle.state(lambda said, name=f"more-{number}": vehicle.instant(said, name))
    ids = [said["headerId"] for said in vehicle.all("state") if said["headerId"] > first["headerId"]]
    assert len(ids) == 5, vehicle.all("state")


@both
def test_instant_actions_that_are_none(vehicle):
    vehicle.start()
    vehicle.state(is_automatic)
    # What the broker has kept is of another day.
    vehicle.say("instantActions", {"actions": [{"actionType": "stateRequest", "actionId": "kept", "blockingType": "NONE"}]}, retain=True)
    vehicle.stop()
    mark = vehicle.mark()
    vehicle.start()
    vehicle.state(is_automatic, mark)
    vehicle.say("instantActions", "", retain=True, raw=True)
    for text in ("", "{", "[]", '{"actions":[]}', "\0", '{"headerId":NaN}', "[" * 1000):
        vehicle.say("instantActions", text, raw=True)
        refused = vehicle.state(lambda said: {"INVALID_INSTANT_ACTION", "instantActionError"} & set(types(said)), mark)
        assert [error["errorLevel"] for error in refused["errors"] if "nstant" in error["errorType"].lower() or "INSTANT" in error["errorType"]]
    vehicle.act("fly", "wings")
    state = vehicle.state(lambda said: vehicle.instant(said, "wings") == "FAILED", mark)
    error = state["errors"][-1]
    assert {"referenceKey": "actionId", "referenceValue": "wings"} in error["errorReferences"], error
    mark = vehicle.mark()
    vehicle.act("factsheetRequest", "sheet")
    vehicle.wait("factsheet", since=mark)
    state = vehicle.state(lambda said: vehicle.instant(said, "sheet") == "FINISHED", mark)
    assert not {"INVALID_INSTANT_ACTION", "instantActionError"} & set(types(state)) and vehicle.instant(state, "kept") is None, state
    if vehicle.version == "3.0":
        vehicle.act("clearInstantActions", "clear")
        vehicle.state(lambda said: [row["actionId"] for row in said["instantActionStates"]] == ["clear"], mark)


def test_a_broker_that_goes_and_comes(robot, tmp_path):
    broker = Broker(tmp_path)
    vehicle = Vehicle(tmp_path, robot.socket, broker, "returning", "3.0")
    # The fleet may come back behind the vehicle, whose first state nobody keeps.
    vehicle.lines["timing"]["state_ms"] = 1000
    with broker:
        try:
            vehicle.start()
            vehicle.state(is_automatic)
            for _ in range(ROUNDS):
                mark = vehicle.mark()
                broker.kill()
                broker.start()
                assert vehicle.wait("connection", since=mark)["connectionState"] == "ONLINE"
                vehicle.state(is_automatic, mark)
                vehicle.wait("factsheet", since=mark)
        finally:
            vehicle.end()


def test_a_broker_must_show_its_certificate(robot, authority, tmp_path):
    broker = Broker(tmp_path, f"certfile {authority}/broker.crt", f"keyfile {authority}/broker.key")
    vehicle = Vehicle(tmp_path, robot.socket, broker, "careful", "3.0", host="localhost")
    vehicle.client.tls_set(f"{authority}/ca.crt")
    vehicle.client.tls_insecure_set(True)
    with broker:
        try:
            vehicle.lines["broker"]["tls"] = "yes"        # the authorities of the system do not know this one
            vehicle.start()
            until(lambda: "certificate" in vehicle.log(), what="a refusal of the certificate")
            vehicle.stop()
            vehicle.lines["broker"].update(authorities=authority / "ca.crt", host="127.0.0.1")        # it is called localhost
            vehicle.start()
            until(lambda: vehicle.log().count("certificate") >= 2, what="a refusal of the name")
            assert not vehicle.heard
            vehicle.stop()
            vehicle.lines["broker"]["host"] = "localhost"
            vehicle.start()
            vehicle.state(is_automatic)
            vehicle.stop()
        finally:
            vehicle.end()


def test_the_checks_find_what_is_wrong(vehicle):
    """A message with a member more, one less, another type or another word is none."""
    vehicle.start()
    good = vehicle.state(is_automatic)
    assert not check("3.0", "state", good)
    assert check("2.1", "state", good)
    for change in ({"driving": 1}, {"operatingMode": "AUTO"}, {"ours": 1}, {"timestamp": "2026-01-01T00:00:00Z"}, {"errors": [{}]}):
        assert check("3.0", "state", {**good, **change}), change
    assert check("3.0", "state", {key: value for key, value in good.items() if key != "safetyState"})
