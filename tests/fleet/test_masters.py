# SPDX-License-Identifier: GPL-2.0-or-later
"""More than one that orders: two masters, messages twice and out of their order, another broker in the middle of an order, what a broker has kept."""
import json
import signal

import pytest

from oht_test.wait import until
from test_orders import about, act, asked, both, moves, new_first, ready_vehicle, steps, word
from vehicle import Broker, Vehicle

ready = ready_vehicle


def types(said):
    return [error["errorType"] for error in about(said)]


def second_master(vehicle):
    """Speaks to the same robot by a connection of its own, with header ids of its own."""
    other = Vehicle.__new__(Vehicle)
    other.__dict__.update(vehicle.__dict__, heard=[], wrong=[], sent=7000)
    other.client = type(vehicle.client)()
    other.client.on_message = other.hear
    other.client.on_connect = lambda client, *_: client.subscribe(other.prefix + "#", 1)
    other.listen()
    return other


@pytest.mark.slow
@both
def test_two_masters_and_messages_twice_drive_once(robot, vehicle, ready):
    """Each says everything, one of them before the other: one order is driven, and what differs is refused."""
    other = second_master(vehicle)
    name = f"both-{vehicle.version}"
    try:
        mark = vehicle.mark()
        for _ in range(3):
            vehicle.send(name, ready[:3], released=2)
            other.send(name, ready[:3], released=2)
        # The broker may pass on one connection before the other: what follows is sent when this is there.
        vehicle.state(lambda said: said["orderId"] == name, mark)
        other.send(f"mine-{vehicle.version}", ready[:2])
        vehicle.state(lambda said: word(vehicle, "OTHER_ORDER_ACTIVE", "orderUpdateError") in types(said) and said["orderId"] == name, mark)
        mark = other.send(name, [ready[0], ready[2]])
        vehicle.state(lambda said: "known with another content" in str(about(said)), mark)
        # The second update overtakes the first one, which then is late; each comes twice.
        mark = vehicle.send(name, ready[1:3], update=2, start=2)
        vehicle.state(lambda said: said["orderUpdateId"] == 2, mark)
        late = vehicle.mark()
        for number in (1, 2, 1):
            other.send(name, ready[1:3], update=number, start=2)
        said = vehicle.state(lambda said: "Update 1 comes behind update 2" in str(about(said)), late)
        assert said["orderUpdateId"] == 2 and word(vehicle, "OUTDATED_ORDER_UPDATE", "orderUpdateError") in types(said), said
        end = vehicle.ended(name, mark)
        assert (end["lastNodeId"], end["lastNodeSequenceId"], end["orderUpdateId"]) == ("n2", 4, 2), end
        # An instant action of the other one is as good, and done once.
        other.act("stateRequest", "others")
        vehicle.instants.add("others")
        vehicle.state(lambda said: vehicle.instant(said, "others") == "FINISHED", mark)
        assert not moves(robot, f"mine-{vehicle.version}")
        assert moves(robot, name) == [(1, "finished"), (2, "finished")]
        assert [step for step in steps(vehicle, mark) if step[0] == "n2"] == [("n2", 4)]
    finally:
        other.client.disconnect()
        other.client.loop_stop()


@pytest.mark.slow
def test_an_order_over_a_change_of_the_broker_is_driven_once(robot, vehicle, ready, tmp_path_factory):
    """The robot drives while oht-fleet leaves one broker and comes to another one, whose fleet sends the order again."""
    path = [ready[0], ready[1], ready[0], ready[1]]
    mark = vehicle.send("moved", path)
    vehicle.state(lambda said: said["orderId"] == "moved" and said["driving"], mark)
    vehicle.stop()
    with Broker(tmp_path_factory.mktemp("second")) as second:
        vehicle.client.disconnect()
        vehicle.client.loop_stop()
        vehicle.broker = second
        vehicle.lines["broker"]["port"] = second.port
        mark = vehicle.mark()
        vehicle.start()
        vehicle.send("moved", path)
        end = vehicle.ended("moved", mark)
        assert (end["lastNodeId"], end["lastNodeSequenceId"]) == ("n1", 6) and not about(end), end
        vehicle.send("moved", path)
        assert not asked(vehicle, "again")["nodeStates"]
        # An order that this broker has kept, and what is none, move nothing behind a kill.
        for text in (json.dumps(vehicle.order("kept", ready[:2])), "{", "\xff"):
            vehicle.say("order", text, raw=True, retain=True)
            vehicle.stop(signal.SIGKILL, -signal.SIGKILL)
            mark = vehicle.mark()
            lines = vehicle.log().count("was left alone")
            vehicle.start()
            until(lambda lines=lines: vehicle.log().count("was left alone") > lines, what="a kept order that is left alone")
            said = vehicle.state(lambda said: said["operatingMode"] == "AUTOMATIC", mark)
            assert said["orderId"] == "moved" and not said["nodeStates"] and not about(said), said
        assert moves(robot, "moved") == [(1, "finished"), (2, "finished"), (3, "finished")] and not moves(robot, "kept")
        vehicle.end()


@new_first
def test_ids_and_numbers_that_no_fleet_has(vehicle, ready):
    """Ids of 10 kB, half characters, numbers without end: refused by name, and said in whole characters; whole ones of any language are taken."""
    good = vehicle.order("odd", ready[:2])
    long = "ü" * 5000
    rows = [
        ({"orderId": long}, word(vehicle, "INSUFFICIENT_MEMORY", "orderError"), "orderId"),
        ({"edges": [{**good["edges"][0], "edgeId": long}]}, word(vehicle, "INSUFFICIENT_MEMORY", "orderError"), "edgeId"),
        ({"nodes": [{**good["nodes"][0], "actions": [{**act("wait", seconds=1), "actionId": long}]}, good["nodes"][1]]}, word(vehicle, "INSUFFICIENT_MEMORY", "orderError"), "actionId"),
        ({"orderUpdateId": 1 << 32}, word(vehicle, "VALIDATION_FAILURE", "validationError"), "orderUpdateId"),
        ({"orderUpdateId": -1}, word(vehicle, "VALIDATION_FAILURE", "validationError"), "orderUpdateId"),
        ({"nodes": [{**good["nodes"][0], "nodePosition": {"x": float("nan"), "y": 0, "mapId": "rail"}}, good["nodes"][1]]}, word(vehicle, "VALIDATION_FAILURE", "validationError"), "x"),
        ({"nodes": [{**good["nodes"][0], "nodePosition": {"x": float("inf"), "y": 0, "mapId": "rail"}}, good["nodes"][1]]}, word(vehicle, "VALIDATION_FAILURE", "validationError"), "x"),
        ({"nodes": [good["nodes"][0], {**good["nodes"][1], "nodeId": "字" * 21, "nodePosition": {"x": 1e300, "y": 0, "mapId": "rail"}}]}, word(vehicle, "NO_ROUTE_TO_TARGET", "orderError"), "字" * 21),
    ]
    if vehicle.version == "2.1":
        rows[-1][0]["edges"] = [{**good["edges"][0], "endNodeId": "字" * 21}]
        rows.append(({"zoneSetId": "zones"}, "orderError", "zoneSetId"))
    for change, kind, subject in rows:
        mark = vehicle.mark()
        vehicle.say("order", {**good, **change})
        said = vehicle.state(lambda said, kind=kind, subject=subject: [error for error in about(said) if error["errorType"] == kind and subject in json.dumps(error, ensure_ascii=False)], mark)
        assert said["orderId"] != "odd" and not said["nodeStates"], said
    # As bytes that are no UTF-8: said again, they would make a state that no fleet can read.
    text = json.dumps({**good, "orderId": "half"}).encode().replace(b"half", b"ha\xc3")
    mark = vehicle.mark()
    vehicle.client.publish(vehicle.prefix + "order", text).wait_for_publish()
    vehicle.state(lambda said: [error for error in said["errors"] if error["errorType"] == word(vehicle, "VALIDATION_FAILURE", "validationError") and "All" in error["errorDescription"]], mark)
    mark = vehicle.send("größe-字", ready[:1])
    assert not about(vehicle.ended("größe-字", mark))
