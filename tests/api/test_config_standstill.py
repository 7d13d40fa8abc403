# SPDX-License-Identifier: GPL-2.0-or-later
"""A change that waits for standstill: it goes live when the robot stands, is withdrawn, or is dropped with a word."""
import json

import pytest

from daemon import begin
from oht_test.client import PASSWORD
from oht_test.wait import until
from test_config import config, elevate, ohtctl, patch, serve, version
from test_config_confirm import pending
from test_simulated import drives, leave_dock, shown, wait_state

SPEED = "/motion/correction_mm_s"


@pytest.fixture(scope="module", name="robot")
def _robot(tmp_path_factory, accounts):
    made = begin(tmp_path_factory.mktemp("standstill"), accounts)
    try:
        made.write_config(bus_outputs="simulated", bus_time_factor=20)
        serve(made)
        elevate(made)
        leave_dock(made)
        release(made)
        yield made
        made.post("safety/stop", role="operator")
        made.stop()
    finally:
        made.end()


@pytest.fixture(name="moving")
def _moving(robot):
    """On its way, with nobody in control, and nothing pending behind the test."""
    drive_on(robot)
    yield robot
    if pending(robot)["version"]:
        assert robot.request("DELETE", "config/pending", role="administrator").status == 200
    halt(robot)
    release(robot)


def release(robot):
    for role in ("operator", "administrator"):
        robot.request("DELETE", "control", role=role)


def drive_on(robot):
    """A change takes control if it is free."""
    release(robot)
    drives(robot)
    release(robot)


def halt(robot):
    """Whoever has control: the robot stands."""
    if shown(robot)["state"] != "idle":
        release(robot)
        assert robot.post("robot/commands", {"verb": "stop"}, role="operator").status == 200
        wait_state(robot, "idle")
        release(robot)


def speed(robot):
    return config(robot)["motion"]["correction_mm_s"]


def ask(robot, value, query="", **named):
    return patch(robot, {"motion": {"correction_mm_s": value}}, query=f"?apply_at=standstill{query}", **named)


def waits(robot, value, query="", **named):
    answer = ask(robot, value, query, **named)
    assert (answer.status, answer.json["state"], answer.json["needs_standstill"]) == (200, "waiting", True), answer
    assert "etag" not in answer.headers
    return answer.json["version"]


def dropped(robot):
    return [item["text"] for item in robot.get("alerts").json["items"] if item["code"] == "config_dropped"]


def records(robot, number):
    items = robot.get(f"audit?object=version%20{number}&sort=number", role="administrator").json["items"]
    return [(item["who"], item["act"]) for item in items]


def test_it_goes_live_when_the_robot_stands(moving):
    before, base = speed(moving), version(moving)
    refused = patch(moving, {"motion": {"correction_mm_s": 91}})
    assert refused.status == 409 and speed(moving) == before
    number = waits(moving, 91, "&reason=for%20the%20night")
    told = pending(moving)
    assert (told["version"], told["state"], told["by"], told["within_s"], told["returns_to"]) == (number, "waiting", "administrator", None, None)
    assert told["since"] and 590000 < told["remaining_ms"] <= 600000
    assert moving.get("health").json["configuration"] == {"pending": False, "returns_in_s": None, "waits": True, "returned": False, "dropped": False}
    # Nothing is live of it, though it is in the list.
    assert (speed(moving), version(moving), shown(moving)["state"]) == (before, base, "move")
    newest, live = moving.get("config/versions?limit=2").json["items"]
    assert (newest["version"], newest["state"], live["version"], live["state"]) == (number, "waiting", base, "live")
    assert moving.get(f"config/versions/{number}").json["changes"] == [{"pointer": SPEED, "before": before, "now": 91}]
    for refused in (patch(moving, {"robot": {"place": "hall"}}), ask(moving, 92), moving.request("POST", "config/confirm", role="administrator"),
                    moving.request("POST", "config/extend", role="administrator"), moving.request("PUT", f"config/versions/{number}/rescue", role="administrator"),
                    moving.request("DELETE", "config/pending", role="supervisor")):
        assert (refused.status, refused.code) in ((409, "config_pending"), (409, "nothing_pending"), (404, "not_found")), refused
        if refused.code == "config_pending":
            assert f"version {number} by administrator waits for standstill since {told['since']} and is dropped in " in refused.json["detail"]
    halt(moving)
    until(lambda: pending(moving)["version"] is None, what="its going live")
    assert (speed(moving), version(moving)) == (91, number)
    newest = moving.get("config/versions?limit=1").json["items"][0]
    assert (newest["author"], newest["reason"], newest["state"], newest["parent"]) == ("administrator", "for the night", "live", base)
    assert newest["created"] >= told["since"]
    assert records(moving, number) == [("administrator", "PATCH config"), ("administrator", "change at standstill")]
    asked = moving.get(f"audit?object=version%20{number}&sort=number", role="administrator").json["items"][0]
    assert json.loads(asked["after"]) == {SPEED: 91, "apply_at": "standstill"}
    assert dropped(moving) == []


def test_what_stands_or_needs_no_standstill_is_live_at_once(robot):
    halt(robot)
    answer = ask(robot, 93)
    assert (answer.status, answer.json["state"]) == (200, "live"), answer
    drive_on(robot)
    answer = patch(robot, {"robot": {"place": "hall 9"}}, query="?apply_at=standstill")
    assert (answer.status, answer.json["state"], pending(robot)["version"]) == (200, "live", None), answer
    halt(robot)


def test_the_profile_of_a_module_waits_for_low_outputs(robot):
    """A robot that stands with high outputs takes none: the change waits like one of a robot that moves."""
    halt(robot)
    named = {"modules": {"safety": {"profile": "canonical"}}}
    assert patch(robot, named).json["errors"][0]["code"] == "enabled"
    answer = patch(robot, named, query="?apply_at=standstill")
    assert (answer.status, answer.json["state"]) == (200, "waiting"), answer
    release(robot)
    assert robot.post("robot/commands", {"verb": "disable"}, role="operator").status == 200
    until(lambda: pending(robot)["version"] is None, what="its going live")
    assert version(robot) == answer.json["version"] and dropped(robot) == []
    release(robot)
    assert patch(robot, {"modules": {"safety": {"profile": None}}}).status == 200
    release(robot)
    leave_dock(robot)


def test_the_time_to_confirm_begins_when_it_is_live(moving):
    before, base = speed(moving), version(moving)
    number = waits(moving, 94, "&confirm_within_s=500&wait_s=300")
    told = pending(moving)
    assert (told["within_s"], told["returns_to"]) == (500, base) and told["remaining_ms"] <= 300000
    halt(moving)
    until(lambda: pending(moving)["state"] == "pending", what="its going live")
    told = pending(moving)
    assert (told["version"], told["since"], speed(moving)) == (number, None, 94) and told["remaining_ms"] > 400000
    assert moving.request("DELETE", "config/pending", role="administrator").status == 200
    assert speed(moving) == before


def test_withdrawn_or_too_late_it_is_not_made(moving):
    before, base = speed(moving), version(moving)
    number = waits(moving, 95)
    given_up = moving.request("DELETE", "config/pending", role="administrator")
    assert (given_up.status, given_up.json["version"], given_up.json["changes"]) == (200, base, []), given_up
    assert dropped(moving) == [] and moving.get(f"config/versions/{number}").status == 404
    dropped_number = waits(moving, 96, "&wait_s=1")
    assert dropped_number > number
    until(lambda: pending(moving)["version"] is None, what="its end")
    text, = dropped(moving)
    assert text == f"A change of the configuration was not made: version {dropped_number} by administrator waited for standstill and " \
        "was dropped since the robot did not stand within 1 s."
    assert records(moving, number) == [("administrator", "PATCH config")]
    assert records(moving, dropped_number) == [("administrator", "PATCH config"), ("ohtd", "drop of a change")]
    assert moving.get("health").json["configuration"]["dropped"] is True
    assert (speed(moving), version(moving)) == (before, base)


def test_nobody_else_may_be_in_control(moving):
    before = speed(moving)
    assert moving.post("control", {}, role="operator").status == 200
    assert ask(moving, 97).code == "control_held"
    release(moving)
    number = waits(moving, 97)
    assert moving.post("control", {}, role="operator").status == 200
    assert moving.post("robot/commands", {"verb": "stop"}, role="operator").status == 200
    until(lambda: pending(moving)["version"] is None, what="its end")
    assert f"version {number} by administrator waited for standstill and was dropped since another session is in control of the robot" in dropped(moving)[0]
    assert speed(moving) == before


# A new password ends all sessions: what one of them asked for ends with it.
@pytest.mark.parametrize("method, body, status", [("PATCH", {"password": "another horse battery 7"}, 200), ("DELETE", None, 204)], ids=["password", "deleted"])
def test_it_ends_with_the_right_of_its_author(moving, method, body, status):
    made = moving.post("users", {"username": "clara", "password": PASSWORD, "role": "supervisor"}, role="administrator")
    assert made.status == 201, made
    token = moving.another().login("clara").json["access_token"]
    answer = moving.request("PATCH", "config?apply_at=standstill", {"stations": {"mill": {"position_mm": 7000}}}, token=token,
                            headers={"Content-Type": "application/merge-patch+json"})
    assert (answer.status, answer.json["state"]) == (200, "waiting"), answer
    assert moving.request(method, f"users/{made.json['id']}", body, role="administrator").status == status
    halt(moving)
    until(lambda: pending(moving)["version"] is None, what="its end")
    if method != "DELETE":
        assert moving.request("DELETE", f"users/{made.json['id']}", role="administrator").status == 204
    assert "by clara waited for standstill and was dropped since the account may not make it any more" in dropped(moving)[0]
    assert "mill" not in config(moving)["stations"]


def test_going_live_takes_no_control_and_is_told_however_long(moving):
    """Its author may be far away, and the robot wanted by another."""
    number = waits(moving, 91, "&reason=" + "r" * 190)
    # What waits asks for nothing from then on: the author gives control back.
    release(moving)
    assert moving.post("robot/commands", {"verb": "stop"}, role="operator").status == 200
    until(lambda: pending(moving)["version"] is None, what="its end")
    assert speed(moving) == 91 and moving.get("control").json["held"] is False
    # Its record is written behind it.
    item, = until(lambda: moving.get(f"audit?object=version%20{number}&act=change%20at%20standstill", role="administrator").json["items"],
                  what="its record")
    assert json.loads(item["after"])["reason"] == "r" * 190


@pytest.mark.parametrize("query", ["?apply_at=later", "?apply_at=standstill&wait_s=0", "?apply_at=standstill&wait_s=601", "?apply_at=", "?wait_s=5",
                                   "?apply_at=now&wait_s=5"])
def test_what_makes_no_sense_is_refused(robot, query):
    before = config(robot)
    answer = patch(robot, {"robot": {"name": "other"}}, query=query)
    assert (answer.status, answer.code) == (400, "validation"), answer
    assert config(robot) == before


def test_it_is_checked_as_a_whole_when_it_is_asked_for(moving):
    base = version(moving)
    holder = moving.get("control").json["holder"]
    checked = moving.post("config/check", {"motion": {"jog_mm_s": 98}, "robot": {"place": "roof"}}, role="administrator")
    assert checked.status == 200 and {"moving", "wrong_state"} & {why["code"] for why in checked.json["why_not"]}, checked
    assert moving.get("control").json["holder"] == holder
    # In the words of the refusal, with the state.
    refused = patch(moving, {"motion": {"jog_mm_s": 98}})
    assert refused.code == "wrong_state" and checked.json["why_not"][0]["text"] == refused.json["errors"][0]["detail"] and "robot: " in refused.json["detail"], refused
    told = ohtctl(moving, "config", "check", SPEED, "98").stdout
    assert "the robot would refuse it now: " in told and "with --at-standstill it would wait until the robot stands" in told
    assert moving.post("config/check", {"robot": {"place": "roof"}}, role="administrator").json["why_not"] == []
    for answer, code in ((patch(moving, {"motion": {"jog_mm_s": 5000}}, query="?apply_at=standstill"), "config_contradiction"),
                         (ask(moving, -1), "validation"), (ask(moving, 98, headers={"If-Match": f'"{base + 1}"'}), "config_changed"),
                         (ask(moving, 98, role="supervisor"), "role")):
        assert answer.code == code, answer
        assert pending(moving)["version"] is None


def test_ohtctl_walks_it(moving):
    asked = ohtctl(moving, "config", "set", SPEED, "99", "--at-standstill", "--wait", "60")
    assert (asked.returncode, "it waits until the robot stands, at most 60 s" in asked.stdout) == (0, True), asked
    assert "waits until the robot stands, and is dropped in" in ohtctl(moving, "config", "pending").stdout
    assert ohtctl(moving, "config", "give-up").returncode == 0
    assert ohtctl(moving, "config", "pending").stdout == "no version waits for its confirmation, or for standstill\n"
    assert ohtctl(moving, "config", "set", SPEED, "99", "--at-standstill", "--wait", "601").returncode == 2
    refused = ohtctl(moving, "config", "set", SPEED, "99", "--wait", "60")
    assert (refused.returncode, "apply_at=standstill" in refused.stderr) == (1, True), refused


def test_a_start_drops_it(moving):
    """After a kill and after a stop: it is told, and not made."""
    before, base, numbers = speed(moving), version(moving), [0]
    for end in (moving.kill, moving.stop):
        number = waits(moving, 77)
        assert number > max(numbers)
        numbers.append(number)
        end()
        serve(moving)
        assert (speed(moving), version(moving), pending(moving)["version"]) == (before, base, None)
        assert dropped(moving) == [f"A change of the configuration was not made: version {number} by administrator waited for standstill and "
                                   "was dropped since ohtd ended before the robot stood."]
        assert records(moving, number) == [("administrator", "PATCH config"), ("ohtd", "drop of a change")]
        until(lambda: f"version {number} by" in moving.get("alerts/history?code=config_dropped&limit=1").json["items"][0]["text"], what="the alert, kept")
        elevate(moving)
        leave_dock(moving)
        drive_on(moving)


def test_other_units_are_searched_at_standstill_only(moving):
    elevate(moving)
    refused = patch(moving, {"bus": {"units": "2-5"}})
    assert (refused.status, refused.code) in ((409, "wrong_state"), (409, "moving")), refused
    assert config(moving)["bus"]["units"] == moving.get("bus").json["searched"] == "1-8"
    answer = patch(moving, {"bus": {"units": "2-5"}}, query="?apply_at=standstill")
    assert (answer.status, answer.json["state"]) == (200, "waiting"), answer
    halt(moving)
    until(lambda: moving.get("bus").json["searched"] == "2-5", what="the search of the others")
    # Beside the outputs that are on, as a search on demand.
    until(lambda: not moving.get("bus").json["discovering"], what="its end")
    assert shown(moving)["state"] == "idle" and [item["health"] for item in moving.get("modules").json["items"]] == ["good"] * 4
    assert patch(moving, {"bus": {"units": None}}).status == 200
