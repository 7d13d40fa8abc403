# SPDX-License-Identifier: GPL-2.0-or-later
"""Missions: what is refused without a robot that drives, and on simulated outputs what interrupts one and how it goes on.

A leg is driven once, none is left out, and nothing moves after a hold until somebody asks.
"""
import contextlib
import os
import sqlite3
import tempfile

import pytest

from daemon import begin, serving
from oht_test.wait import until
from test_keys import key_of, service
from test_local import NOBODY, ask
from test_simulated import DRIVE_S, command, enable, finishes, shown, wait_state

RUNS = int(os.environ.get("OHT_RUNS", "50" if os.environ.get("OHT_SOAK") else "1"))
MOVE = {"kind": "move", "position_mm": 1500}


def make(robot, *legs, name="round"):
    answer = robot.post("missions", {"name": name, "legs": list(legs)}, role="operator")
    assert answer.status == 201, answer.body
    return answer.json["id"]


def act(robot, number, word, role="operator"):
    return robot.post(f"missions/{number}/{word}", role=role)


def of(robot, number):
    return robot.get(f"missions/{number}").json


def legs(robot, number):
    return robot.get(f"missions/{number}/legs").json["items"]


def wait_mission(robot, number, *states):
    return until(lambda: (told := of(robot, number))["state"] in states and told, DRIVE_S, f"mission {number} in {states}")


def orders(robot, number):
    """Commands that were given for the legs of a mission: place to their states."""
    found = {}
    for item in robot.get(f"robot/commands?limit=200&q=mission%20{number}%20leg").json["items"]:
        words = (item["id"] or "").split()
        if words[:3] == ["mission", str(number), "leg"]:
            found.setdefault(int(words[3]), []).append(item["state"])
    return found


# ---- without a robot that drives ----

@pytest.mark.parametrize("leg, member", [
    ({"kind": "move"}, "position_mm"), ({"kind": "move", "position_mm": 1, "station": "dock"}, "station"),
    ({"kind": "move", "position_mm": 1, "speed_mm_s": 0.5}, "speed_mm_s"), ({"kind": "move", "position_mm": 1, "wait_s": 2}, "wait_s"),
    ({"kind": "dock", "position_mm": 1}, "position_mm"), ({"kind": "undock", "station": "dock"}, "station"), ({"kind": "wait"}, "wait_s"),
    ({"kind": "wait", "wait_s": 2, "deadline_s": 9}, "deadline_s"), ({"kind": "acknowledge", "speed_mm_s": 5}, "speed_mm_s")])
def test_a_leg_that_does_not_fit_its_kind(daemon, leg, member):
    answer = daemon.post("missions", {"name": "x", "legs": [MOVE, leg]}, role="operator")
    assert (answer.status, answer.code, answer.json["errors"][0]["pointer"]) == (422, "mission_leg", f"/legs/1/{member}"), answer.body


def test_a_mission_is_kept_changed_and_deleted(daemon):
    assert daemon.post("missions", {"name": "x", "legs": []}, role="operator").code == "validation"
    assert daemon.post("missions", {"name": "x", "legs": [MOVE] * 101}, role="operator").code == "validation"
    assert daemon.post("missions", {"name": "x", "legs": [MOVE]}, role="viewer").code == "role"
    number = make(daemon, *[MOVE] * 100)
    told = of(daemon, number)
    assert (told["state"], told["leg"], told["legs"], told["driven_by"], told["made_by"]) == ("waiting", 1, 100, None, "operator")
    for word in ("pause", "resume"):
        assert act(daemon, number, word).code == "mission_state"
    changed = daemon.request("PATCH", f"missions/{number}", {"name": "other", "legs": [{"kind": "wait", "wait_s": 1}, MOVE]}, role="operator")
    assert (changed.status, changed.json["name"], changed.json["legs"]) == (200, "other", 2), changed.body
    assert [(leg["place"], leg["kind"], leg["state"]) for leg in legs(daemon, number)] == [(1, "wait", "waiting"), (2, "move", "waiting")]
    # The outputs are off: it begins by its start alone, and says why it does not go on.
    held = act(daemon, number, "start").json
    assert (held["state"], held["leg"], held["driven_by"]) == ("held", 1, "operator") and held["reason_text"], held
    # Another test may have stopped the robot that they share.
    assert held["reason"] in ("not_enabled", "stop_latched"), held
    assert act(daemon, number, "start").code == "mission_state"
    assert daemon.request("PATCH", f"missions/{number}", {"name": "late"}, role="operator").code == "mission_driven"
    assert "store busy" not in daemon.log(), "a refusal is no trouble of the disk"
    assert act(daemon, number, "resume", role="viewer").code == "role"
    assert act(daemon, number, "cancel").json["state"] == "cancelled" and act(daemon, number, "resume").code == "mission_state"
    assert number in [item["id"] for item in daemon.get("missions?state=cancelled").json["items"]]
    assert number not in [item["id"] for item in daemon.get("missions?state=held").json["items"]]
    assert daemon.request("DELETE", f"missions/{number}", role="operator").status == 204
    for path in ("", "/legs"):
        assert daemon.get(f"missions/{number}{path}").code == "not_found"
    assert make(daemon, MOVE) > number, "a number is not given twice"
    assert not orders(daemon, number), "nothing of it was given to the robot"


# ---- driving ----

@pytest.fixture(scope="module", name="robot")
def _robot(tmp_path_factory, accounts):
    made = begin(tmp_path_factory.mktemp("missions"), accounts)
    # A folder that each local user may look into.
    with tempfile.TemporaryDirectory(prefix="oht-missions-") as folder:
        os.chmod(folder, 0o755)
        made.socket = f"{folder}/sock"
        made.write_config(bus_outputs="simulated", bus_time_factor=20, paths_socket=made.socket)
        made.start_simulator()
        # Away from the dock.
        assert made.sim("set 5 position_x 9000").startswith("ok")
        with serving(made):
            yield made


def two_places(robot):
    """Near ones, the first of which is not where the robot stands."""
    here = shown(robot)["position_mm"]
    return (here + 40, here + 10) if here < 10000 else (here - 40, here - 10)


def test_legs_are_driven_one_behind_the_other(robot):
    enable(robot)
    there, back = two_places(robot)
    number = make(robot, {"kind": "move", "position_mm": there}, {"kind": "wait", "wait_s": 1}, {"kind": "acknowledge"},
                  {"kind": "move", "position_mm": back})
    other = make(robot, MOVE)
    assert act(robot, number, "start").json["state"] == "running"
    assert act(robot, other, "start").code == "mission_driven"
    assert robot.request("DELETE", f"missions/{number}", role="operator").code == "mission_driven"
    held = wait_mission(robot, number, "held")
    assert (held["reason"], held["leg"]) == ("acknowledge", 3), held
    assert [leg["state"] for leg in legs(robot, number)] == ["finished", "finished", "running", "waiting"]
    assert abs(shown(robot)["position_mm"] - there) < 20
    assert act(robot, number, "resume").json["state"] == "running"
    done = wait_mission(robot, number, "finished", "failed", "held")
    assert (done["state"], done["leg"], bool(done["ended"])) == ("finished", None, True), done
    until(lambda: orders(robot, number) == {1: ["finished"], 4: ["finished"]}, what="each motion once in the record of commands")
    assert robot.request("DELETE", f"missions/{other}", role="operator").status == 204


def test_another_command_holds_it_and_a_pause_is_its_own(robot):
    enable(robot)
    far = 20000 if shown(robot)["position_mm"] < 10000 else 1000
    number = make(robot, {"kind": "move", "position_mm": far, "speed_mm_s": 50})
    assert act(robot, number, "start").json["state"] == "running"
    wait_state(robot, "move")
    assert act(robot, number, "pause").json["state"] == "paused"
    wait_state(robot, "paused")
    assert act(robot, number, "resume").json["state"] == "running"
    wait_state(robot, "move")
    # The verb of the robot pauses it likewise.
    assert robot.post("robot/commands", {"verb": "pause"}, role="operator").status == 200
    wait_mission(robot, number, "paused")
    assert act(robot, number, "resume").json["state"] == "running"
    wait_state(robot, "move")
    finishes(robot, command(robot, "move", position_mm=two_places(robot)[0]))
    held = wait_mission(robot, number, "held")
    assert (held["reason"], legs(robot, number)[0]["state"]) == ("replaced", "waiting")
    assert act(robot, number, "cancel").json["state"] == "cancelled"


def test_the_next_one_waits_until_the_cancelled_one_rests(robot):
    """Also behind a command that the robot has not taken yet."""
    enable(robot)
    far = 20000 if shown(robot)["position_mm"] < 10000 else 1000
    for moves in (True, False):
        gone, other = make(robot, {"kind": "move", "position_mm": far}), make(robot, {"kind": "acknowledge"})
        assert act(robot, gone, "start").json["state"] == "running"
        if moves:
            wait_state(robot, "move")
        assert act(robot, gone, "cancel").json["state"] == "cancelled"
        act(robot, other, "start")
        assert wait_mission(robot, other, "held", "finished")["reason"] == "acknowledge"
        now = shown(robot)
        assert (now["state"], (now["command"] or {}).get("state")) in (("idle", "failed"), ("idle", None)), now
        assert act(robot, other, "cancel").json["state"] == "cancelled"


def test_a_deadline_ends_the_leg_and_the_mission_if_it_says_so(robot):
    enable(robot)
    far = 20000 if shown(robot)["position_mm"] < 10000 else 1000
    for failure, state in (("hold", "held"), ("fail", "failed")):
        number = make(robot, {"kind": "move", "position_mm": far, "speed_mm_s": 20, "deadline_s": 1, "on_failure": failure}, MOVE)
        act(robot, number, "start")
        told = wait_mission(robot, number, "held", "failed", "finished")
        assert (told["state"], told["reason"], told["leg"]) == (state, "deadline", 1), told
        wait_state(robot, "idle")
        assert 2 not in orders(robot, number)
    number = make(robot, {"kind": "move", "station": "nowhere"})
    assert act(robot, number, "start").json["reason"] == "unknown_station"


def whole(robot, number):
    return of(robot, number), legs(robot, number)


def test_a_restart_interrupts_only_what_was_under_way(robot):
    """What waits for a person goes on waiting for the same, and one answer is enough."""
    enable(robot)
    asks, gone, later = (make(robot, *[{"kind": "acknowledge"}] * 2) for _ in range(3))
    driven = make(robot, {"kind": "move", "position_mm": two_places(robot)[0]}, {"kind": "acknowledge"})
    for number in (asks, gone):
        assert act(robot, number, "start").json["reason"] == "acknowledge", of(robot, number)
    assert act(robot, gone, "cancel").json["state"] == "cancelled"
    assert [(leg["state"], leg["reason"]) for leg in legs(robot, gone)] == [("failed", "cancelled"), ("waiting", None)]
    assert act(robot, driven, "start").json["state"] == "running"
    wait_state(robot, "move")
    before = {number: whole(robot, number) for number in (asks, gone, later)}
    robot.kill()
    robot.start()
    assert {number: whole(robot, number) for number in before} == before
    held = of(robot, driven)
    assert (held["state"], held["reason"], held["leg"]) == ("held", "restart", 1), held
    assert [(leg["state"], leg["reason"]) for leg in legs(robot, driven)] == [("waiting", "restart"), ("waiting", None)]
    enable(robot)
    again = act(robot, asks, "resume").json
    assert (again["state"], again["reason"], again["leg"]) == ("held", "acknowledge", 2), again
    assert act(robot, driven, "resume").json["state"] == "running"
    held = wait_mission(robot, driven, "held", "failed", "finished")
    assert (held["reason"], held["leg"]) == ("acknowledge", 2), held
    assert orders(robot, driven) == {1: ["finished", "failed"]}, "the newest first"
    for number in (asks, driven):
        assert act(robot, number, "cancel").json["state"] == "cancelled"


@pytest.mark.slow
def test_what_the_record_says_of_a_leg_counts_whoever_let_it_go_on(robot):
    """The run is cut between the record of the command and the leg; meanwhile another person had control."""
    enable(robot)
    far = 20000 if shown(robot)["position_mm"] < 10000 else 1000
    number = make(robot, {"kind": "move", "position_mm": far, "speed_mm_s": 50}, {"kind": "acknowledge"})
    assert act(robot, number, "start").json["state"] == "running"
    wait_state(robot, "move")
    assert act(robot, number, "pause").json["state"] == "paused"
    wait_state(robot, "paused")
    assert robot.post("control/take-over", {"reason": "the way is free"}, role="supervisor").status == 200
    assert act(robot, number, "resume", role="supervisor").json["driven_by"] == "supervisor"
    wait_state(robot, "move")
    mine = (legs(robot, number)[0]["command_id"],)
    with contextlib.closing(sqlite3.connect(robot.state / "oht.db", isolation_level=None)) as database:
        until(lambda: database.execute("SELECT 1 FROM commands WHERE caller_id = ?", mine).fetchone(), what="the record of the command")
        robot.kill()
        database.execute("UPDATE commands SET state = 'finished', reason = '', ended_ns = began_ns + 1 WHERE caller_id = ?", mine)
    robot.start()
    assert (of(robot, number)["reason"], of(robot, number)["leg"], legs(robot, number)[0]["state"]) == ("restart", 2, "finished")
    assert act(robot, number, "cancel").json["state"] == "cancelled"
    robot.request("DELETE", "control", role="supervisor")


def test_a_mission_of_a_local_user_ends_with_its_role(robot):
    """The program that has started it need not be connected any more. Another change of the configuration holds nothing."""
    enable(robot)
    robot.request("DELETE", "control", role="operator")
    two_waits = {"name": "local", "legs": [{"kind": "wait", "wait_s": 1}, {"kind": "acknowledge"}]}
    for roles, reason in ((f"{NOBODY}=operator *=none", "acknowledge"), (f"{NOBODY}=viewer", "session_ended"), (f"{NOBODY}=operator", "session_ended")):
        assert ask(robot.socket, "PATCH", "config", {"access": {"local_roles": f"{NOBODY}=operator *=none"}}).status == 200
        number = ask(robot.socket, "POST", "missions", two_waits, user=NOBODY).json["id"]
        assert ask(robot.socket, "POST", f"missions/{number}/start", user=NOBODY).json["state"] == "running"
        assert ask(robot.socket, "PATCH", "config", {"access": {"local_roles": roles}, "robot": {"name": f"as {reason}"}}).status == 200
        held = wait_mission(robot, number, "held", "finished")
        assert (held["reason"], held["leg"]) == (reason, 2), (roles, held)
        assert act(robot, number, "cancel").json["state"] == "cancelled"


def test_a_mission_of_a_key_ends_with_the_role_of_its_account(robot):
    """The key lives on, and does what the new role may."""
    enable(robot)
    robot.request("DELETE", "control", role="operator")
    account = service(robot, "line")
    key = key_of(robot, account)["secret"]
    number = make(robot, {"kind": "wait", "wait_s": 1}, {"kind": "acknowledge"})
    assert robot.request("POST", f"missions/{number}/start", {}, token=key).json["state"] == "running"
    assert robot.request("PATCH", f"users/{account}", {"role": "viewer"}, role="administrator").status == 200
    held = wait_mission(robot, number, "held", "finished")
    assert (held["reason"], held["leg"]) == ("session_ended", 2), held
    assert robot.request("GET", "robot", token=key).status == 200
    assert robot.request("POST", f"missions/{number}/resume", {}, token=key).code == "role"
    assert act(robot, number, "cancel").json["state"] == "cancelled"


INTERRUPTIONS = ("stop", "disable", "emergency", "kill", "restart", "pause", "cancel")


def interrupt(robot, how, number):
    if how in ("stop", "disable"):
        assert robot.post("robot/commands", {"verb": how}, role="operator").status in (200, 409)
    elif how == "emergency":
        assert robot.post("safety/stop", role="operator").status == 200
    elif how in ("pause", "cancel"):
        assert act(robot, number, how).status in (200, 409)
    else:
        robot.kill() if how == "kill" else robot.stop()
        robot.start()


def check_hold(robot, number):
    """Held by whatever it was: nothing moves, and no order comes until somebody asks."""
    until(lambda: not shown(robot)["speed_mm_s"], what="standstill")
    until(lambda: all(state in ("finished", "failed") for states in orders(robot, number).values() for state in states), what="the record of commands")
    before = (orders(robot, number), of(robot, number))
    enable(robot)
    # Several turns of the room, as another mission shows that is held at the end of each of its legs.
    other = make(robot, *[{"kind": "acknowledge"}] * 2)
    for word in ("start", "resume"):
        assert act(robot, other, word).json["reason"] == "acknowledge", of(robot, other)
    assert act(robot, other, "cancel").status == 200
    assert (orders(robot, number), of(robot, number)) == before, "the enable alone let it go on"


@pytest.mark.slow
def test_whatever_interrupts_it_each_leg_finishes_once(robot, chance):
    """One interruption, or a series by a seed: OHT_RUNS of them, 50 with OHT_SOAK=1; each mission is interrupted at a random moment and goes on when asked, until it ends."""
    for _ in range(RUNS):
        enable(robot)
        there, back = two_places(robot)
        number = make(robot, *[{"kind": "move", "position_mm": place} for place in (there, back)])
        act(robot, number, "start")
        how = chance.choice(INTERRUPTIONS)
        for _ in range(chance.randrange(12)):
            of(robot, number)
        interrupt(robot, how, number)
        told = wait_mission(robot, number, "held", "finished", "cancelled", "paused")
        if told["state"] == "held":
            check_hold(robot, number)
        finished = {leg["place"] for leg in legs(robot, number) if leg["state"] == "finished"}
        if told["state"] in ("held", "paused"):
            assert act(robot, number, "resume").status == 200
            told = wait_mission(robot, number, "finished", "held", "failed")
        if how == "cancel" and told["state"] == "cancelled":
            wait_state(robot, "idle")
            continue
        assert told["state"] == "finished", (how, told["reason"], shown(robot)["state"], [(leg["state"], leg["reason"]) for leg in legs(robot, number)])
        assert [leg["state"] for leg in legs(robot, number)] == ["finished"] * 2
        driven = until(lambda: (found := orders(robot, number)) and all("finished" in states for states in found.values()) and found,
                       what="the record of commands")
        assert sorted(driven) == [1, 2], (how, driven)
        assert all(states.count("finished") == 1 for states in driven.values()), (how, driven)
        assert all(len(driven[place]) == 1 for place in finished), (how, finished, driven)
