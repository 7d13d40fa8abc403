# SPDX-License-Identifier: GPL-2.0-or-later
"""Missions: what is refused without a robot that drives, and on simulated outputs what interrupts one and how it goes on.

A leg is driven once, none is left out, and nothing moves after a hold until somebody asks.
"""
import contextlib
import os
import sqlite3
import subprocess
import tempfile

import pytest

from daemon import begin, serving
from live import dial, subscribe
from oht_test.wait import until
from remote import OHTCTL
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


def rounds_driven(robot, number):
    """(place, round) of each command for a leg to its states."""
    found = {}
    for item in robot.get(f"robot/commands?limit=200&q=mission%20{number}%20leg").json["items"]:
        words = (item["id"] or "").split()
        if words[:3:2] == ["mission", "leg"] and words[1] == str(number):
            found.setdefault((int(words[3]), int(words[5])), []).append(item["state"])
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
    for word in ("pause", "resume", "drain"):
        assert act(daemon, number, word).code == "mission_state"
    changed = daemon.request("PATCH", f"missions/{number}", {"name": "other", "legs": [{"kind": "wait", "wait_s": 1}, MOVE]}, role="operator")
    assert (changed.status, changed.json["name"], changed.json["legs"]) == (200, "other", 2), changed.body
    assert [(leg["place"], leg["kind"], leg["state"]) for leg in legs(daemon, number)] == [(1, "wait", "waiting"), (2, "move", "waiting")]
    # The outputs are off: it begins by its start alone, and says why it does not go on.
    held = act(daemon, number, "start").json
    assert (held["state"], held["leg"], held["driven_by"]) == ("held", 1, "operator") and held["reason_text"], held
    # Another test may have stopped the robot that they share.
    assert held["reason"] in ("not_enabled", "stop_latched"), held
    assert held["reason_text"].startswith("At that moment: "), "the cause may be over"
    assert act(daemon, number, "start").code == "mission_state"
    assert daemon.request("PATCH", f"missions/{number}", {"name": "late"}, role="operator").code == "mission_driven"
    assert "store busy" not in daemon.log(), "a refusal is no trouble of the disk"
    assert act(daemon, number, "resume", role="viewer").code == "role"
    assert act(daemon, number, "cancel").json["state"] == "cancelled" and act(daemon, number, "resume").code == "mission_state"
    [entry] = [item for item in daemon.get("timeline?kinds=mission").json["items"] if item["number"] == number]
    assert (entry["code"], entry["who"]) == ("cancelled", "operator") and entry["ended"] and "(other), leg 1 of 2" in entry["text"], entry
    assert number in [item["id"] for item in daemon.get("missions?state=cancelled").json["items"]]
    assert number not in [item["id"] for item in daemon.get("missions?state=held").json["items"]]
    assert daemon.request("DELETE", f"missions/{number}", role="operator").status == 204
    for path in ("", "/legs"):
        assert daemon.get(f"missions/{number}{path}").code == "not_found"
    assert make(daemon, MOVE) > number, "a number is not given twice"
    assert not orders(daemon, number), "nothing of it was given to the robot"


def shown_words(daemon, *words):
    """Lines of ohtctl mission, each as its columns."""
    done = subprocess.run([OHTCTL, "--socket", daemon.socket, "mission", *map(str, words)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done
    return [line.split() for line in done.stdout.splitlines()]


def told_of(link, number, wanted):
    """The mission of the channel once this is true of it; None: it is not told."""
    def is_it(message):
        listed = {item["id"]: item for item in message.get("data", {}).get("missions", [])}
        found.append(listed.get(number))
        return message.get("channel") == "missions" and "missions" in message.get("data", {}) and wanted(found[-1])
    found = []
    link.hear_until(is_it)
    return found[-1]


def test_each_change_is_told_in_the_channel(daemon):
    number = make(daemon, {"kind": "wait", "wait_s": 3}, MOVE)
    with dial(daemon, "viewer") as link:
        first = subscribe(link, "missions")["data"]["missions"]
        assert [item["id"] for item in first] == sorted((item["id"] for item in first), reverse=True) and len(first) <= 25
        before = told_of(link, number, bool) if number not in [item["id"] for item in first] else first[0]
        assert {**before, "current_leg": None} == {**of(daemon, number), "current_leg": None}
        assert before["current_leg"] == legs(daemon, number)[0]
        act(daemon, number, "start")
        held = told_of(link, number, lambda item: item and item["state"] == "held")
        assert (held["leg"], held["current_leg"]["place"], held["current_leg"]["reason"]) == (1, 1, held["reason"]), held
        act(daemon, number, "cancel")
        assert told_of(link, number, lambda item: item and item["state"] == "cancelled")["ended"]
        assert [line[:2] + line[-2:-1] for line in shown_words(daemon, "legs", number)] == [["1", "wait", "waiting"], ["2", "move", "waiting"]]
        assert daemon.request("DELETE", f"missions/{number}", role="operator").status == 204
        assert told_of(link, number, lambda item: not item) is None
        # Those that wait give way, and of those that are over the newest are told.
        over = [make(daemon, MOVE) for _ in range(6)]
        for one in over:
            act(daemon, one, "cancel")
        held = make(daemon, MOVE)
        assert act(daemon, held, "start").json["state"] == "held"
        waits = [make(daemon, MOVE) for _ in range(21)]
        told_of(link, waits[-1], bool)
        listed = [item["id"] for item in subscribe(link, "missions")["data"]["missions"]]
        # Other tests may have left some that are held.
        helds = [item["id"] for item in daemon.get("missions?state=held&limit=100").json["items"]]
        assert listed == sorted(waits[len(helds) - 20:] + helds + over[1:], reverse=True) and held in helds
    for one in waits + over + [held]:
        assert daemon.request("DELETE", f"missions/{one}", role="operator").status == 204


def refused(answer):
    """Status, code and the member of a request that was refused."""
    return answer.status, answer.code, answer.json["errors"][0]["pointer"]


def order(robot, **more):
    return robot.post("missions", {"name": "order", "legs": [MOVE, {"kind": "dock"}], "external_id": "Auftrag 7/ä", **more}, role="operator")


def add(robot, number, *added, **more):
    return robot.post(f"missions/{number}/legs", {"legs": list(added), **more}, role="operator")


def release(robot, number, through):
    return robot.post(f"missions/{number}/release", {"through_leg": through}, role="operator")


def waits_for_release(robot, number):
    """What changes now changes before its next leg begins."""
    until(lambda: of(robot, number)["reason"] == "not_released", what="the wait for a release")


def test_an_order_that_comes_twice_is_one_mission(robot):
    made = order(robot)
    number = made.json["id"]
    assert (made.status, made.json["external_id"], made.json["through_leg"]) == (201, "Auftrag 7/ä", 2), made
    for more, pointer in (({"name": "other"}, "/name"), ({"legs": [MOVE]}, "/legs"), ({"legs": [MOVE, {"kind": "undock"}]}, "/legs/1/kind"),
                          ({"legs": [{**MOVE, "speed_mm_s": 50}, {"kind": "dock"}]}, "/legs/0/speed_mm_s")):
        assert refused(order(robot, **more)) == (409, "mission_differs", pointer)
    assert add(robot, number, {"kind": "wait", "wait_s": 1}).json["legs"] == 3
    robot.stop()
    robot.start()
    again = order(robot)
    assert (again.status, again.json) == (200, of(robot, number)), "it has more legs since, and is the same order"
    assert act(robot, number, "cancel").status == 200
    assert (order(robot).status, order(robot).json["state"]) == (200, "cancelled")
    assert [item["id"] for item in robot.get("missions?external_id=Auftrag%207/%C3%A4").json["items"]] == [number]
    for wrong in ("", "x" * 513, "a\nb"):
        assert refused(order(robot, external_id=wrong)) == (400, "validation", "/external_id")
    assert robot.request("DELETE", f"missions/{number}", role="operator").status == 204
    other = order(robot, through_leg=0)
    assert (other.status, other.json["through_leg"]) == (201, 0) and other.json["id"] > number
    assert refused(order(robot)) == (409, "mission_differs", "/through_leg"), "nothing of it is released"
    assert refused(order(robot, through_leg=3)) == (400, "validation", "/through_leg")
    assert robot.request("DELETE", f"missions/{other.json['id']}", role="operator").status == 204


def test_legs_are_added_behind_the_last_and_once(daemon):
    number = make(daemon, MOVE)
    dock, undock, wait = {"kind": "dock"}, {"kind": "undock"}, {"kind": "wait", "wait_s": 5}
    assert refused(add(daemon, number, dock, first_leg=3)) == (400, "validation", "/first_leg")
    assert refused(add(daemon, number, dock, first_leg=2, through_leg=3)) == (400, "validation", "/through_leg")
    assert refused(add(daemon, number, {"kind": "wait"})) == (422, "mission_leg", "/legs/0/wait_s")
    assert add(daemon, number, *[MOVE] * 100).code == "too_many_legs"
    assert add(daemon, number + 1000, dock).code == "not_found"
    # As the last of these were not done at all.
    assert of(daemon, number)["legs"] == 1 == len(legs(daemon, number))
    for _ in range(2):
        told = add(daemon, number, dock, undock, first_leg=2, through_leg=2)
        assert (told.status, told.json["legs"], told.json["through_leg"]) == (200, 3, 2), told
    assert refused(add(daemon, number, undock, first_leg=2)) == (409, "mission_differs", "/legs/0/kind"), "it is released"
    # A request of before releases nothing of what came behind it.
    assert add(daemon, number, dock, first_leg=2).json["through_leg"] == 2
    # What is not released is replaced, from there to the end.
    told = add(daemon, number, wait, dock, wait, first_leg=3, through_leg=1).json
    assert (told["legs"], told["through_leg"]) == (5, 2), told
    assert [leg["kind"] for leg in legs(daemon, number)] == ["move", "dock", "wait", "dock", "wait"]
    assert refused(release(daemon, number, 6)) == (400, "validation", "/through_leg")
    shown_words(daemon, "release", number, 3)
    for through, known in ((1, 3), (4, 4)):
        assert release(daemon, number, through).json["through_leg"] == known
    shown_words(daemon, "add", number, "move=9@5")
    assert (legs(daemon, number)[5]["speed_mm_s"], of(daemon, number)["through_leg"]) == (5, 6)
    assert release(daemon, number + 1000, 1).code == "not_found"
    for answer in (daemon.post(f"missions/{number}/release", {"through_leg": 5}, role="viewer"), daemon.post(f"missions/{number}/legs", {"legs": [MOVE]}, role="viewer")):
        assert answer.code == "role"
    assert act(daemon, number, "cancel").status == 200
    assert add(daemon, number, MOVE).code == "mission_state"
    assert add(daemon, number, dock, first_leg=2).status == release(daemon, number, 4).status == 200, "both were done before it was over"
    assert daemon.request("DELETE", f"missions/{number}", role="operator").status == 204


def checked(robot, number):
    """(codes of why_not, duration) of each leg that has not finished, by its place."""
    answer = robot.post(f"missions/{number}/check", role="operator")
    assert answer.status == 200, answer
    found = {leg["place"]: ([reason["code"] for reason in leg["why_not"]], leg["duration_s"]) for leg in answer.json["items"]}
    assert [leg["ok"] for leg in answer.json["items"]] == [not codes for codes, _ in found.values()], answer
    assert answer.json["ok"] == all(not codes for codes, _ in found.values())
    assert answer.json["duration_s"] == pytest.approx(sum(seconds or 0 for _, seconds in found.values()))
    return found


def test_missions_are_made_from_a_template_and_a_file(daemon, tmp_path):
    """What is exported is taken again as it is, also of 100 legs with all their members."""
    full = {"kind": "move", "position_mm": 123456.125, "speed_mm_s": 123.625, "signal": "battery_percent", "at_least": 12.0625, "at_most": 99.9375,
            "deadline_s": 86400, "retries": 9, "on_failure": "fail"}
    made = daemon.post("missions", {"name": "round", "rounds": 3, "template": True, "legs": [full] * 99 + [{"kind": "wait", "wait_s": 9}]}, role="operator")
    assert (made.status, made.json["state"], made.json["rounds"]) == (201, "template", 3), made
    template = made.json["id"]
    for word in ("start", "resume", "pause", "drain", "cancel"):
        refused = act(daemon, template, word)
        assert (refused.status, refused.code, refused.json["detail"]) == (409, "mission_state", f"mission {template} is a template"), refused
    with dial(daemon, "viewer") as link:
        assert template not in [item["id"] for item in subscribe(link, "missions")["data"]["missions"]]
    # Its file, sent as it is and by ohtctl.
    exported = daemon.get(f"missions/{template}/export").json
    assert len(exported["legs"]) == 100 and exported["legs"][0].items() >= full.items() and exported["template"] is True
    file = tmp_path / "round.json"
    shown_words(daemon, "export", template, file)
    shown_words(daemon, "import", file)
    others = [daemon.get("missions?state=template&limit=1").json["items"][0]["id"], daemon.post("missions", exported, role="operator").json["id"]]
    assert template < others[0] < others[1]
    for other in others:
        assert daemon.get(f"missions/{other}/export").json == exported
        assert daemon.request("DELETE", f"missions/{other}", role="operator").status == 204
    # A copy waits; it does not follow the template, and its own order is made once.
    copy = daemon.post(f"missions/{template}/copy", {"external_id": "copy 1"}, role="operator")
    assert (copy.status, copy.json["state"], copy.json["rounds"], copy.json["name"], copy.json["legs"]) == (201, "waiting", 3, "round", 100), copy
    again = daemon.post(f"missions/{template}/copy", {"external_id": "copy 1"}, role="operator")
    assert (again.status, again.json["id"]) == (200, copy.json["id"])
    assert daemon.request("PATCH", f"missions/{template}", {"rounds": 0, "legs": [MOVE]}, role="operator").json["rounds"] == 0
    assert of(daemon, copy.json["id"])["legs"] == 100
    differs = daemon.post(f"missions/{template}/copy", {"external_id": "copy 1"}, role="operator")
    assert (differs.code, differs.json["errors"][0]["pointer"]) == ("mission_differs", "/rounds"), differs
    other = daemon.post(f"missions/{template}/copy", {"name": "late", "rounds": 7}, role="operator").json
    assert (other["name"], other["rounds"], other["legs"]) == ("late", 7, 1)
    shown_words(daemon, "copy", other["id"], "of another")
    last = daemon.get("missions?limit=1").json["items"][0]
    assert (last["name"], last["state"], last["rounds"]) == ("of another", "waiting", 7)
    # Null is as good as left out, but not of what each leg has.
    assert daemon.post("missions", {"name": "x", "legs": [{**MOVE, "retries": None}]}, role="operator").code == "validation"
    for refused in (daemon.post("missions", {"name": "x", "rounds": -1, "legs": [MOVE]}, role="operator"),
                    daemon.post("missions", {"name": "x", "rounds": 1000001, "legs": [MOVE]}, role="operator")):
        assert (refused.code, refused.json["errors"][0]["pointer"]) == ("validation", "/rounds")
    assert daemon.post(f"missions/{template + 1000}/copy", {}, role="operator").code == daemon.get(f"missions/{template + 1000}/export").code == "not_found"
    assert daemon.post(f"missions/{template}/copy", {}, role="viewer").code == "role"
    for number in (template, copy.json["id"], other["id"], last["id"]):
        assert daemon.request("DELETE", f"missions/{number}", role="operator").status == 204


def test_a_check_of_a_robot_that_may_not_move(daemon):
    number = make(daemon, MOVE, {"kind": "move", "station": "nowhere"}, {"kind": "wait", "wait_s": 7}, {"kind": "acknowledge"})
    found = checked(daemon, number)
    assert list(found) == [1, 2, 3, 4]
    for place, (codes, _) in found.items():
        assert {"not_enabled", "stop_latched"} & set(codes), (place, codes)
        assert ("unknown_station" in codes) == (place == 2) and len(codes) == len(set(codes)), codes
    assert found[3][1] == 7 and found[4][1] is None
    assert of(daemon, number)["state"] == "waiting" and not orders(daemon, number)
    assert shown_words(daemon, "check", number)[2][:4] == ["3", "wait", "no", "7"]
    assert daemon.post(f"missions/{number}/check", role="viewer").code == "role"
    assert daemon.post(f"missions/{number + 1000}/check", role="operator").code == "not_found"
    assert act(daemon, number, "cancel").status == 200
    assert daemon.post(f"missions/{number}/check", role="operator").code == "mission_state"
    assert daemon.request("DELETE", f"missions/{number}", role="operator").status == 204


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


def ready(robot):
    """Enabled, and the robot knows that it is not at the dock, from which the simulator has taken it."""
    enable(robot)
    until(lambda: all(not item["why_not"] for item in robot.get("robot/interlocks", role="operator").json["items"] if item["verb"] == "move"),
          DRIVE_S, "a move that would be accepted")


def two_places(robot):
    """Near ones, the first of which is not where the robot stands."""
    here = shown(robot)["position_mm"]
    return (here + 40, here + 10) if here < 10000 else (here - 40, here - 10)


def test_legs_are_driven_one_behind_the_other(robot):
    ready(robot)
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


@pytest.mark.slow
def test_rounds_follow_each_other_and_survive_what_holds_them(robot):
    """Each motion of each round once; a kill and a drain between two rounds repeat nothing."""
    ready(robot)
    there, back = two_places(robot)
    ways = [{"kind": "move", "position_mm": place} for place in (there, back)]
    number = robot.post("missions", {"name": "shuttle", "rounds": 3, "legs": ways}, role="operator").json["id"]
    act(robot, number, "start")
    until(lambda: of(robot, number)["round"] == 2, DRIVE_S, "the second round")
    robot.kill()
    robot.start()
    told = of(robot, number)
    assert (told["state"], told["reason"], told["rounds"]) == ("held", "restart", 3) and told["round"] >= 2, told
    ready(robot)
    act(robot, number, "resume")
    done = wait_mission(robot, number, "finished", "failed", "held")
    assert (done["state"], done["round"], done["leg"]) == ("finished", 3, None), done
    until(lambda: sum(map(len, orders(robot, number).values())) >= 6, what="the record of commands")
    found = rounds_driven(robot, number)
    # The leg that was killed is driven anew, all others once.
    assert all(states.count("finished") == 1 for states in found.values()) and len(found) == 6, found
    assert sum(map(len, found.values())) <= 7, found
    # Without end until somebody ends it; a round that needs no time does not spin.
    number = robot.post("missions", {"name": "watch", "rounds": 0, "legs": [{"kind": "signal", "signal": "battery_percent", "at_least": 0}]},
                        role="operator").json["id"]
    act(robot, number, "start")
    until(lambda: of(robot, number)["round"] >= 3, DRIVE_S, "rounds without end")
    act(robot, number, "drain")
    held = wait_mission(robot, number, "held")
    assert (held["reason"], held["leg"]) == ("drained", 1) and held["round"] < 20, held
    assert legs(robot, number)[0]["state"] == "waiting"
    assert act(robot, number, "cancel").json["state"] == "cancelled"


def test_a_leg_begins_when_it_is_released(robot):
    ready(robot)
    there, back = two_places(robot)
    ways = [{"kind": "move", "position_mm": place} for place in (there, back)]
    number = robot.post("missions", {"name": "fleet", "legs": ways, "through_leg": 1}, role="operator").json["id"]
    act(robot, number, "start")
    until(lambda: of(robot, number)["reason"] == "not_released", DRIVE_S, "the end of what is released")
    told = of(robot, number)
    assert (told["state"], told["leg"], set(orders(robot, number))) == ("running", 2, {1}), told
    assert add(robot, number, ways[0], ways[1], through_leg=1).json["legs"] == 4
    # Nothing but what it waits for lets it go on.
    assert (of(robot, number)["state"], set(orders(robot, number))) == ("running", {1})
    assert release(robot, number, 3).json["reason"] is None
    until(lambda: of(robot, number)["reason"] == "not_released", DRIVE_S, "the end of what is released then")
    assert [leg["state"] for leg in legs(robot, number)] == ["finished"] * 3 + ["waiting"]
    assert robot.post("robot/commands", {"verb": "disable"}, role="operator").status == 200
    assert wait_mission(robot, number, "held")["reason"] == "not_enabled"
    assert release(robot, number, 4).json["state"] == "held", "a release is no resume"
    enable(robot)
    assert act(robot, number, "resume").status == 200
    assert wait_mission(robot, number, "finished", "held", "failed")["state"] == "finished"
    until(lambda: orders(robot, number) == {place: ["finished"] for place in (1, 2, 3, 4)}, what="each motion once in the record of commands")


def test_a_check_judges_each_leg_and_begins_none(robot):
    ready(robot)
    robot.request("DELETE", "control", role="operator")
    there, back = two_places(robot)
    ways = [{"kind": "move", "position_mm": place} for place in (there, back)]
    number = make(robot, *ways, {"kind": "move", "position_mm": 1e6}, {"kind": "dock"}, {"kind": "undock"}, {"kind": "undock"},
                  {**ways[0], "speed_mm_s": 10}, {**ways[1], "speed_mm_s": 10}, {"kind": "dock"}, ways[0])
    before = robot.get("robot/commands?limit=1").json
    found = checked(robot, number)
    assert [codes for codes, _ in found.values()] == [[], [], ["soft_limit"], [], [], ["not_docked"], [], [], [], ["docked"]], found
    assert 0 < found[2][1] < found[8][1] and found[3][1] is None and found[4][1] is None, found
    assert (shown(robot)["state"], of(robot, number)["state"], robot.get("robot/commands?limit=1").json) == ("idle", "waiting", before)
    assert not robot.get("control").json["held"], "a question takes no control"
    assert robot.post("control", role="supervisor").status == 200
    assert all("control_held" in codes for codes, _ in checked(robot, number).values())
    assert robot.request("DELETE", "control", role="supervisor").status in (200, 204)
    # Of the mission that is driven; it is not disturbed by a question.
    far = 20000 if shown(robot)["position_mm"] < 10000 else 1000
    driven = make(robot, {**ways[0], "position_mm": far, "speed_mm_s": 50}, {"kind": "wait", "wait_s": 1})
    act(robot, driven, "start")
    wait_state(robot, "move")
    assert checked(robot, driven)[2] == ([], 1) and of(robot, driven)["state"] == "running"
    assert "replaced" in checked(robot, number)[1][0]
    assert act(robot, driven, "cancel").status == 200
    wait_state(robot, "idle")


def test_a_drain_holds_it_behind_its_leg(robot):
    ready(robot)
    ways = [{"kind": "move", "position_mm": place} for place in two_places(robot)]
    number = make(robot, *ways * 50)
    act(robot, number, "start")
    until(lambda: legs(robot, number)[0]["state"] == "running", what="the first leg under way")
    told = act(robot, number, "drain").json
    assert (told["state"], told["reason"]) == ("running", "draining"), told
    held = wait_mission(robot, number, "held", "finished", "failed")
    assert (held["state"], held["reason"]) == ("held", "drained") and held["leg"] > 1, held
    done = held["leg"] - 1
    assert [leg["state"] for leg in legs(robot, number)] == ["finished"] * done + ["waiting"] * (100 - done)
    until(lambda: orders(robot, number) == {place: ["finished"] for place in range(1, done + 1)}, what="no leg behind it was given")
    assert act(robot, number, "drain").code == "mission_state"
    # Of one that waits for a release no leg is under way. A resume takes the drain back.
    number = robot.post("missions", {"name": "x", "legs": ways, "through_leg": 0}, role="operator").json["id"]
    act(robot, number, "start")
    waits_for_release(robot, number)
    act(robot, number, "drain")
    assert wait_mission(robot, number, "held")["reason"] == "drained"
    assert act(robot, number, "resume").json["state"] == "running" and release(robot, number, 2).status == 200
    assert wait_mission(robot, number, "finished", "held", "failed")["state"] == "finished"


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
    behind = {number: whole(robot, number) for number in before}
    # The outputs fell, and a word of before does not count.
    revision = before[asks][0]["revision"]
    assert behind[asks][0]["revision"] > revision
    before[asks][0]["revision"] = behind[asks][0]["revision"]
    assert behind == before
    held = of(robot, driven)
    assert (held["state"], held["reason"], held["leg"]) == ("held", "restart", 1), held
    assert [(leg["state"], leg["reason"]) for leg in legs(robot, driven)] == [("waiting", "restart"), ("waiting", None)]
    enable(robot)
    stale = robot.post(f"missions/{asks}/resume", headers={"If-Match": f'"{revision}"'})
    assert (stale.status, stale.json["code"]) == (412, "mission_changed"), stale.json
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
    local = {"name": "local", "legs": [{"kind": "acknowledge"}], "through_leg": 0}
    for roles, reason in ((f"{NOBODY}=operator *=none", "acknowledge"), (f"{NOBODY}=viewer", "session_ended"), (f"{NOBODY}=operator", "session_ended")):
        assert ask(robot.socket, "PATCH", "config", {"access": {"local_roles": f"{NOBODY}=operator *=none"}}).status == 200
        number = ask(robot.socket, "POST", "missions", local, user=NOBODY).json["id"]
        assert ask(robot.socket, "POST", f"missions/{number}/start", user=NOBODY).json["state"] == "running"
        waits_for_release(robot, number)
        assert ask(robot.socket, "PATCH", "config", {"access": {"local_roles": roles}, "robot": {"name": f"as {reason}"}}).status == 200
        assert release(robot, number, 1).status == 200
        held = wait_mission(robot, number, "held", "finished")
        assert (held["reason"], held["leg"]) == (reason, 1), (roles, held)
        assert act(robot, number, "cancel").json["state"] == "cancelled"


def test_a_mission_of_a_key_ends_with_the_role_of_its_account(robot):
    """The key lives on, and does what the new role may."""
    enable(robot)
    robot.request("DELETE", "control", role="operator")
    account = service(robot, "line")
    key = key_of(robot, account)["secret"]
    number = robot.post("missions", {"name": "of a key", "legs": [{"kind": "acknowledge"}], "through_leg": 0}, role="operator").json["id"]
    assert robot.request("POST", f"missions/{number}/start", {}, token=key).json["state"] == "running"
    waits_for_release(robot, number)
    assert robot.request("PATCH", f"users/{account}", {"role": "viewer"}, role="administrator").status == 200
    assert release(robot, number, 1).status == 200
    held = wait_mission(robot, number, "held", "finished")
    assert (held["reason"], held["leg"]) == ("session_ended", 1), held
    assert robot.request("GET", "robot", token=key).status == 200
    assert robot.request("POST", f"missions/{number}/resume", {}, token=key).code == "role"
    assert act(robot, number, "cancel").json["state"] == "cancelled"


def test_a_mission_of_a_session_that_must_have_a_second_factor_first(robot):
    """The session may do nothing else any more."""
    enable(robot)
    robot.request("DELETE", "control", role="operator")
    number = robot.post("missions", {"name": "of one factor", "legs": [{"kind": "acknowledge"}], "through_leg": 0}, role="supervisor").json["id"]
    assert act(robot, number, "start", role="supervisor").json["state"] == "running"
    waits_for_release(robot, number)
    assert ask(robot.socket, "PATCH", "config", {"security": {"second_factor": "supervisor"}}).status == 200
    try:
        until(lambda: robot.get("robot", role="supervisor").status == 403, what="the requirement")
        assert release(robot, number, 1).status == 200
        held = wait_mission(robot, number, "held", "finished")
        assert (held["reason"], held["leg"]) == ("session_ended", 1), held
    finally:
        assert ask(robot.socket, "PATCH", "config", {"security": {"second_factor": "none"}}).status == 200
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
