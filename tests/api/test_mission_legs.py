# SPDX-License-Identifier: GPL-2.0-or-later
"""Legs of missions beside motion: signals that are waited for, a charge, registers that are written, tries; and two persons at one mission."""
import contextlib
import sqlite3
import subprocess

import pytest

from daemon import begin, serving
from oht_test.wait import until
from test_keys import key_of, service
from remote import OHTCTL
from test_missions import MOVE, act, add, legs, make, of, orders, ready, refused, shown_words, two_places, wait_mission
from test_simulated import DRIVE_S, enable, shown, wait_state

SIGNAL = {"kind": "signal", "signal": "battery_percent", "at_least": 1}
WRITE = {"kind": "write", "address": 2, "register_name": "charge_request", "value": 1}


# ---- without a robot that drives ----

MISFITS = [
    ({"kind": "signal"}, "signal", "missing"), ({"kind": "signal", "signal": "battery_percent"}, "at_least", "missing"),
    ({**SIGNAL, "signal": "no_such"}, "signal", "unknown_value"), ({**SIGNAL, "signal": "state"}, "signal", "unfit"),
    ({**SIGNAL, "at_most": 0.5}, "at_most", "range"), ({**MOVE, "at_most": 1}, "at_most", "not_taken"),
    ({**SIGNAL, "wait_s": 1}, "wait_s", "not_taken"), ({"kind": "charge"}, "charge_percent", "missing"),
    ({"kind": "charge", "charge_percent": 101}, "charge_percent", "range"), ({"kind": "charge", "charge_percent": 0}, "charge_percent", "range"),
    ({**MOVE, "charge_percent": 50}, "charge_percent", "not_taken"), ({**MOVE, "value": 1}, "value", "not_taken"),
    ({**MOVE, "address": 2}, "address", "not_taken"), ({**MOVE, "register_name": "x"}, "register_name", "not_taken"),
    ({"kind": "write", "register_name": "x", "value": 1}, "address", "missing"), ({"kind": "write", "address": 2, "value": 1}, "register_name", "missing"),
    ({"kind": "write", "address": 2, "register_name": "charge_request"}, "value", "missing"), ({**WRITE, "deadline_s": 5}, "deadline_s", "not_taken"),
    ({"kind": "acknowledge", "retries": 1}, "retries", "not_taken"), ({"kind": "wait", "wait_s": 1, "retries": 1}, "retries", "not_taken"),
    ({**WRITE, "address": 77}, "register_name", "unknown_value"), ({**WRITE, "register_name": "no_such"}, "register_name", "unknown_value"),
    ({**WRITE, "value": 2}, "value", "range"), ({**WRITE, "value": 0.5}, "value", "range"),
    # Read only, safety-critical, and one that moves.
    ({**WRITE, "register_name": "battery_soc"}, "register_name", "not_permitted"),
    ({**WRITE, "register_name": "charge_relay"}, "register_name", "not_permitted"),
    ({**WRITE, "address": 4, "register_name": "motor1_speed"}, "register_name", "not_permitted"),
]


def await_modules(daemon):
    """A leg that writes is judged by the map of its module."""
    places = ("modules/2/registers/charge_request", "modules/4/registers/motor1_speed")
    until(lambda: all(daemon.get(place).status == 200 for place in places), what="the modules")


def test_a_leg_that_does_not_fit_its_kind_is_not_kept(daemon):
    await_modules(daemon)
    before = daemon.get("missions?limit=1").json["items"]
    for leg, member, code in MISFITS:
        answer = daemon.post("missions", {"name": "x", "legs": [MOVE, leg]}, role="administrator")
        error = answer.json["errors"][0]
        assert (answer.status, answer.code, error["pointer"], error["code"]) == (422, "mission_leg", f"/legs/1/{member}", code), (leg, answer.body)
    for leg in ({**SIGNAL, "retries": 10}, {**WRITE, "address": 248}):
        assert daemon.post("missions", {"name": "x", "legs": [leg]}, role="administrator").code == "validation"
    # Only those may have a register written who may write it themselves.
    assert refused(daemon.post("missions", {"name": "x", "legs": [WRITE]}, role="operator")) == (403, "role", "/legs/0/register_name")
    key = key_of(daemon, service(daemon, "writer", role="supervisor"), tags=["Missions"])["secret"]
    assert daemon.request("POST", "missions", {"name": "x", "legs": [WRITE]}, token=key).code == "key_scope"
    assert daemon.get("missions?limit=1").json["items"] == before


def test_legs_as_words(daemon):
    await_modules(daemon)
    number = make(daemon, MOVE)
    shown_words(daemon, "add", number, "until=battery_percent:80..95.5,deadline=60,retries=2,else=skip", "charge=80", "move=9@5,if=enabled:1..",
                "write=2/charge_request=1", "dock,if=battery_percent:..20,else=fail")
    found = [{name: value for name, value in leg.items() if value not in (None, "hold", "waiting", 0)} for leg in legs(daemon, number)[1:]]
    assert found == [
        {"place": 2, "kind": "signal", "signal": "battery_percent", "at_least": 80, "at_most": 95.5, "deadline_s": 60, "retries": 2, "on_failure": "skip"},
        {"place": 3, "kind": "charge", "charge_percent": 80},
        {"place": 4, "kind": "move", "position_mm": 9, "speed_mm_s": 5, "signal": "enabled", "at_least": 1},
        {"place": 5, "kind": "write", "address": 2, "register_name": "charge_request", "value": 1},
        {"place": 6, "kind": "dock", "signal": "battery_percent", "at_most": 20, "on_failure": "fail"}], found
    for word in ("until=x", "until=:1..2", "until=x:..", "charge=", "write=2/x", "write=2/=1", "write=x/y=1", "move=5,", "move=5,if=x", "dockx", "move=5,else=", "wait=" + 20 * "9", "move=5,retries= 1",
                 "x" * 600):
        done = subprocess.run([OHTCTL, "--socket", daemon.socket, "mission", "add", str(number), word], capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stderr[:10]) == (2, f"ohtctl: '{word[:1]}"), (word, done)
    assert daemon.request("DELETE", f"missions/{number}", role="operator").status == 204


def patch(robot, number, body, match=None):
    return robot.request("PATCH", f"missions/{number}", body, role="operator", headers={"If-Match": match} if match else {})


def test_two_persons_change_one_mission(daemon):
    number = make(daemon, MOVE)
    seen = daemon.get(f"missions/{number}")
    etag = seen.headers["etag"]
    assert etag == f'"{seen.json["revision"]}"'
    mine = patch(daemon, number, {"name": "mine"}, etag)
    assert (mine.status, mine.json["name"]) == (200, "mine") and mine.headers["etag"] not in (None, etag)
    for stale in (etag, '"no number"', '"0"', "7", f'"{2 ** 70}"'):
        theirs = patch(daemon, number, {"name": "theirs", "legs": [MOVE, MOVE]}, stale)
        assert (theirs.status, theirs.code) == (412, "mission_changed"), (stale, theirs)
    # Two headers are no revision, and not none.
    twice = daemon.request("PATCH", f"missions/{number}", {"name": "theirs"}, role="operator", headers={"If-Match": etag, "if-match": etag})
    assert (twice.status, twice.code) == (412, "mission_changed"), twice
    assert (of(daemon, number)["name"], len(legs(daemon, number))) == ("mine", 1), "nothing of it was done"
    # More legs are a change of it, too, and a start ends all of this.
    assert add(daemon, number, MOVE).json["revision"] > mine.json["revision"]
    assert patch(daemon, number, {"name": "theirs"}, mine.headers["etag"]).code == "mission_changed"
    assert patch(daemon, number, {"name": "any"}).status == patch(daemon, number, {"name": "any"}, "*").status == 200
    assert patch(daemon, number, {"name": "new"}, daemon.get(f"missions/{number}").headers["etag"]).status == 200
    assert act(daemon, number, "cancel").status == 200
    assert patch(daemon, number, {"name": "late"}, mine.headers["etag"]).code == "mission_driven"
    assert daemon.request("DELETE", f"missions/{number}", role="operator").status == 204


def resume(robot, number, revision, word="resume"):
    return robot.request("POST", f"missions/{number}/{word}", {}, role="operator", headers={"If-Match": f'"{revision}"'})


def test_a_mission_that_was_held_anew_is_not_resumed_for_the_hold_before(daemon):
    number = make(daemon, MOVE)
    made = of(daemon, number)["revision"]
    assert add(daemon, number, MOVE).status == 200
    stale = resume(daemon, number, made, "start")
    assert (stale.status, stale.code) == (412, "mission_changed") and of(daemon, number)["state"] == "waiting"
    # Its outputs are low, so that each start and resume ends in a hold of its own.
    first = resume(daemon, number, of(daemon, number)["revision"], "start").json
    assert first["state"] == "held"
    second = resume(daemon, number, first["revision"])
    assert (second.status, second.json["state"]) == (200, "held") and second.json["revision"] > first["revision"]
    assert second.headers["etag"] == f'"{second.json["revision"]}"'
    assert resume(daemon, number, first["revision"]).code == "mission_changed" and of(daemon, number) == second.json
    assert act(daemon, number, "resume").json["revision"] > second.json["revision"], "without the header any hold is meant"
    # What ends it asks for no revision.
    assert resume(daemon, number, first["revision"], "cancel").json["state"] == "cancelled"
    assert daemon.request("DELETE", f"missions/{number}", role="operator").status == 204


def limits(robot, **items):
    return robot.request("PATCH", "config", {"missions": {f"battery_{name}": value for name, value in items.items()}}, role="supervisor",
                         headers={"Content-Type": "application/merge-patch+json"})


def test_the_way_to_the_dock_is_not_released_without_a_charge_nor_beside_a_stop(daemon):
    off = daemon.post("missions/battery/release", role="operator")
    assert (off.status, off.code) == (409, "errand_off") and daemon.get("missions/battery").json["released"] is None
    for items, pointer in (({"dock_percent": 20}, "dock"), ({"min_percent": 10, "dock_percent": 10.5}, "dock"), ({"min_percent": 95}, "min"),
                           ({"min_percent": 80, "charged_percent": 80}, "charged"), ({"min_percent": -1}, "min"), ({"charged_percent": 101}, "charged")):
        answer = limits(daemon, **items)
        assert (answer.status // 100, answer.json["errors"][0]["pointer"]) == (4, f"/missions/battery_{pointer}_percent"), (items, answer.body)
    assert limits(daemon, min_percent=30, dock_percent=20).status == 200
    told = daemon.get("missions/battery").json
    assert (told["min_percent"], told["dock_percent"], told["charged_percent"], told["released_by"]) == (30, 20, 95, None)
    assert daemon.post("missions/battery/release", role="viewer").code == "role"
    beside = daemon.post("missions/battery/release", role="operator")
    assert beside.status == 409 and beside.code in ("stop_latched", "not_enabled", "in_fault"), beside.body
    assert daemon.request("DELETE", "missions/battery/release", role="operator").json["released"] is None
    done = subprocess.run([OHTCTL, "--socket", daemon.socket, "battery", "status"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0 and "dock_percent" in done.stdout, done
    assert limits(daemon, min_percent=None, dock_percent=None).status == 200


# ---- driving ----

@pytest.fixture(scope="module", name="robot")
def _robot(tmp_path_factory, accounts):
    made = begin(tmp_path_factory.mktemp("legs"), accounts)
    made.write_config(bus_outputs="simulated", bus_time_factor=20)
    made.start_simulator()
    # Away from the dock.
    assert made.sim("set 5 position_x 2000").startswith("ok")
    with serving(made):
        yield made


def battery(robot, percent):
    raw = robot.get("modules/2/registers/battery_soc").json
    assert robot.sim(f"set 2 battery_soc {round(percent / float(raw['scale']))}").startswith("ok")
    until(lambda: shown(robot)["battery_percent"] == percent, what=f"{percent} % of charge")


def asked(robot):
    """What the module has in its register."""
    return int(robot.sim("get 2 charge_request").rpartition("value=")[2])


def tells(robot, number, reason):
    return until(lambda: (told := of(robot, number))["reason"] == reason and told, DRIVE_S, f"mission {number} with {reason}")


@pytest.fixture(name="docked")
def _docked(tmp_path, accounts):
    """At its dock, where it begins."""
    made = begin(tmp_path, accounts)
    made.write_config(bus_outputs="simulated", bus_time_factor=20)
    with serving(made):
        yield made


@pytest.mark.slow
def test_a_charge_ends_at_its_level_and_at_the_dock(docked):
    robot = docked
    enable(robot)
    battery(robot, 60)
    level = {"kind": "charge", "charge_percent": 70}
    number = make(robot, {**level, "deadline_s": 1}, level, {"kind": "undock"}, level)
    found = robot.post(f"missions/{number}/check", role="operator").json["items"]
    assert [[why["code"] for why in leg["why_not"]] for leg in found] == [[], [], [], ["not_docked"]], found
    act(robot, number, "start")
    held = wait_mission(robot, number, "held", "finished", "failed")
    assert (held["reason"], held["leg"]) == ("deadline", 1), held
    assert act(robot, number, "resume").json["state"] == "running"
    battery(robot, 75)
    held = wait_mission(robot, number, "held", "finished", "failed")
    assert (held["reason"], held["leg"]) == ("not_docked", 4), held
    assert [leg["state"] for leg in legs(robot, number)] == ["finished"] * 3 + ["waiting"]
    assert act(robot, number, "cancel").status == 200


def override(robot, percent):
    assert robot.request("PUT", "robot/override", {"percent": percent}, role="operator").status == 200


def test_a_leg_begins_when_its_condition_holds(robot):
    ready(robot)
    override(robot, 100)
    there, back = two_places(robot)
    number = make(robot, {"kind": "move", "position_mm": there, "signal": "override_percent", "at_most": 90}, {"kind": "move", "position_mm": back})
    found = robot.post(f"missions/{number}/check", role="operator").json["items"]
    assert [[why["code"] for why in leg["why_not"]] for leg in found] == [["condition"], []], found
    act(robot, number, "start")
    told = tells(robot, number, "condition")
    assert (told["state"], orders(robot, number)) == ("running", {})
    # What interrupts it holds it, and the condition alone lets nothing go on.
    assert robot.post("robot/commands", {"verb": "disable"}, role="operator").status == 200
    assert wait_mission(robot, number, "held")["reason"] == "not_enabled"
    ready(robot)
    override(robot, 80)
    assert of(robot, number)["state"] == "held" and not orders(robot, number)
    override(robot, 100)
    act(robot, number, "resume")
    tells(robot, number, "condition")
    override(robot, 80)
    assert wait_mission(robot, number, "finished", "held", "failed")["state"] == "finished"
    until(lambda: orders(robot, number) == {1: ["finished"], 2: ["finished"]}, what="each motion once in the record of commands")


def waiting(robot):
    """Legs that make a mission wait while the robot stands, each with the motion that would follow."""
    move = {"kind": "move", "position_mm": two_places(robot)[0]}
    bound = {"signal": "override_percent", "at_most": 90}
    return {"wait": [{"kind": "wait", "wait_s": 3600}, move], "signal": [{"kind": "signal", **bound}, move], "condition": [{**move, **bound}],
            "release": [move]}


@pytest.mark.parametrize("why, by, reason", [("wait", "stop", "cancelled"), ("signal", "stop", "cancelled"), ("condition", "stop", "cancelled"),
                                             ("release", "stop", "cancelled"), ("wait", "move", "replaced"), ("condition", "move", "replaced")])
def test_what_a_person_does_while_it_waits_holds_it(robot, why, by, reason):
    """Also what is over at once, and leaves the robot as it was."""
    ready(robot)
    override(robot, 100)
    number = robot.post("missions", {"name": why, "legs": waiting(robot)[why], "through_leg": 0 if why == "release" else len(waiting(robot)[why])},
                        role="operator").json["id"]
    act(robot, number, "start")
    until(lambda: legs(robot, number)[0]["state"] == "running" or of(robot, number)["reason"] in ("condition", "not_released"), what="the wait")
    there = {"position_mm": shown(robot)["position_mm"]} if by == "move" else {}
    assert robot.post("robot/commands", {"verb": by, **there}, role="operator").status == 200
    held = wait_mission(robot, number, "held", "finished", "failed")
    assert (held["state"], held["reason"], held["leg"]) == ("held", reason, 1), held
    assert act(robot, number, "cancel").status == 200 and not orders(robot, number)


@pytest.mark.slow
def test_a_stop_that_is_over_before_the_store_works_again_holds_it(robot):
    """While nothing is written a mission stands still; what came meanwhile counts."""
    ready(robot)
    number = make(robot, {"kind": "signal", "signal": "override_percent", "at_most": 90}, {"kind": "move", "position_mm": two_places(robot)[0]})
    override(robot, 100)
    act(robot, number, "start")
    until(lambda: legs(robot, number)[0]["state"] == "running", what="the wait")
    with contextlib.closing(sqlite3.connect(robot.state / "oht.db", isolation_level=None, timeout=60)) as database:
        database.execute("BEGIN IMMEDIATE")
        override(robot, 80)
        until(lambda: f"mission {number} is not written now" in robot.log(), what="a mission that cannot be written")
        assert robot.post("robot/commands", {"verb": "disable"}, role="operator").status == 200
        wait_state(robot, "safe")
        enable(robot)
        database.execute("ROLLBACK")
    held = wait_mission(robot, number, "held", "finished", "failed")
    assert (held["state"], held["reason"], held["leg"]) == ("held", "not_enabled", 2), held
    assert act(robot, number, "cancel").status == 200 and not orders(robot, number)


@pytest.mark.slow
def test_a_stop_beside_that_of_the_deadline_holds_it(robot):
    """What the mission stopped by itself is driven again; what a person has stopped is not."""
    def try_once():
        ready(robot)
        far = 20000 if shown(robot)["position_mm"] < 10000 else 1000
        number = make(robot, {"kind": "move", "position_mm": far, "deadline_s": 2, "retries": 1})
        act(robot, number, "start")
        wait_state(robot, "move")
        # It comes to rest from full speed.
        until(lambda: shown(robot)["state"] == "idle", what="the stop of the deadline")
        assert robot.post("robot/commands", {"verb": "stop"}, role="operator").status == 200
        held = wait_mission(robot, number, "held", "failed", "finished")
        given = until(lambda: (found := orders(robot, number)) and set(found[1]) == {"failed"} and found, what="the record of commands")
        assert act(robot, number, "cancel").status in (200, 409)
        return held["reason"], given[1]
    override(robot, 100)
    # On a busy host the stop may come behind the second try.
    assert any(try_once() == ("cancelled", ["failed"]) for _ in range(5))


def found_of(robot, number):
    return [(leg["state"], leg["reason"], leg["tries"]) for leg in legs(robot, number)]


def test_tries_and_what_follows_them(robot):
    ready(robot)
    override(robot, 100)
    never = {"kind": "signal", "signal": "override_percent", "at_most": 90, "deadline_s": 1}
    # Without a command there is no target: no value is within any bounds.
    none = {**never, "signal": "target_mm", "at_most": 1e9, "on_failure": "skip"}
    number = make(robot, {**never, "retries": 1, "on_failure": "skip"}, none, never, SIGNAL)
    act(robot, number, "start")
    held = wait_mission(robot, number, "held", "finished", "failed")
    assert (held["reason"], held["leg"]) == ("deadline", 3), held
    assert found_of(robot, number) == [("skipped", "deadline", 2), ("skipped", "deadline", 1), ("waiting", "deadline", 1), ("waiting", None, 0)]
    override(robot, 80)
    act(robot, number, "resume")
    assert wait_mission(robot, number, "finished", "held", "failed")["state"] == "finished"
    # A resume begins to count anew, and what was skipped is over.
    assert found_of(robot, number) == [("skipped", "deadline", 2), ("skipped", "deadline", 1), ("finished", None, 0), ("finished", None, 0)]


def test_a_charge_away_from_the_dock(robot):
    ready(robot)
    number = make(robot, {"kind": "charge", "charge_percent": 1})
    act(robot, number, "start")
    assert wait_mission(robot, number, "held", "finished")["reason"] == "not_docked"
    assert act(robot, number, "cancel").status == 200


@pytest.mark.slow
def test_a_motion_is_driven_again_and_only_as_often_as_said(robot):
    ready(robot)
    override(robot, 100)
    far = 20000 if shown(robot)["position_mm"] < 10000 else 1000
    for failure, state, place in (("fail", "failed", 1), ("skip", "held", 2)):
        number = make(robot, {"kind": "move", "position_mm": far, "speed_mm_s": 20, "deadline_s": 1, "retries": 2, "on_failure": failure}, {"kind": "acknowledge"})
        act(robot, number, "start")
        told = wait_mission(robot, number, "held", "failed", "finished")
        assert (told["state"], told["reason"], told["leg"]) == (state, "deadline" if place == 1 else "acknowledge", place), told
        assert found_of(robot, number)[0] == ("failed" if place == 1 else "skipped", "deadline", 3)
        until(lambda: orders(robot, number) == {1: ["failed"] * 3}, what="three commands in the record")
        assert act(robot, number, "cancel").status in (200, 409)


@pytest.mark.slow
def test_a_restart_knows_what_was_skipped_and_what_waits(robot):
    ready(robot)
    override(robot, 100)
    waits = {"kind": "signal", "signal": "override_percent", "at_most": 90}
    condition = {"kind": "move", "position_mm": two_places(robot)[0], "signal": "override_percent", "at_most": 90}
    for leg in (waits, condition):
        number = make(robot, {**waits, "deadline_s": 1, "on_failure": "skip"}, leg)
        act(robot, number, "start")
        until(lambda: [legs(robot, number)[0]["state"], of(robot, number)["reason"] or legs(robot, number)[1]["state"]] in
              (["skipped", "running"], ["skipped", "condition"]), what="the second leg")
        robot.kill()
        robot.start()
        held = of(robot, number)
        assert (held["state"], held["reason"], held["leg"], legs(robot, number)[0]["state"]) == ("held", "restart", 2, "skipped"), held
        ready(robot)
        override(robot, 80)
        assert of(robot, number)["state"] == "held" and not orders(robot, number)
        act(robot, number, "resume")
        assert wait_mission(robot, number, "finished", "held", "failed")["state"] == "finished"
        override(robot, 100)


def test_a_register_is_written_in_the_name_of_its_session(robot):
    ready(robot)
    await_modules(robot)
    robot.request("DELETE", "control", role="operator")

    def made(*these):
        answer = robot.post("missions", {"name": "write", "legs": list(these)}, role="supervisor")
        assert answer.status == 201, answer
        return answer.json["id"]

    def runs(number, role="supervisor"):
        act(robot, number, "start", role=role)
        return wait_mission(robot, number, "finished", "held", "failed")

    assert robot.sim("set 2 charge_request 0").startswith("ok")
    number = made(WRITE, {"kind": "acknowledge"})
    assert runs(number, "operator")["reason"] == "register_role" and asked(robot) == 0
    assert act(robot, number, "resume", role="supervisor").status == 200
    held = wait_mission(robot, number, "held")
    assert (held["reason"], held["leg"], asked(robot)) == ("acknowledge", 2, 1), held
    assert f"charge_request of unit 2 by supervisor, mission {number}" in robot.log()
    assert act(robot, number, "cancel").status == 200
    # Refused by the module, and not done by it: failures of the leg.
    for fault, reason in (("exception code=4 register=0x003F", "module_exception"), ("ignore register=0x003F", "write_not_held")):
        number = made({**WRITE, "value": 0, "retries": 1, "on_failure": "fail"})
        assert robot.sim(f"fault 2 {fault}").startswith("ok")
        failed = runs(number)
        assert robot.sim("clear 2").startswith("ok")
        [leg] = legs(robot, number)
        assert (failed["state"], failed["reason"], leg["state"], leg["tries"]) == ("failed", reason, "failed", 2), (failed, leg)
    # Somebody else in control, another mode: nothing is written beside them.
    number = made({**WRITE, "value": 0})
    assert robot.post("control", role="operator").status == 200
    assert runs(number)["reason"] == "control_held"
    assert robot.request("DELETE", "control", role="operator").status in (200, 204)
    assert asked(robot) == 1
    assert act(robot, number, "resume", role="supervisor").status == 200
    assert wait_mission(robot, number, "finished", "held", "failed")["state"] == "finished"
    assert asked(robot) == 0
