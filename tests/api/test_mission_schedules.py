# SPDX-License-Identifier: GPL-2.0-or-later
"""Schedules of missions: what is refused, what is kept, what is said of times that were passed over, and a robot that starts by itself.

test_mission_schedule.c has their times in zones with summer time, and what ends a release; test_mission_walk.c whatever comes.
"""
import subprocess
import time

import pytest

from clocks import Skewed
from daemon import begin, serving
from live import dial, subscribe
from oht_test.wait import until
from remote import OHTCTL
from test_missions import act, make, of
from test_simulated import command, enable, shown

MOVE = {"kind": "move", "position_mm": 1500}
HOUR_S = 3600
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# None of their times comes while a test runs.
FAR = sorted((DAYS[(time.localtime().tm_wday + ahead) % 7] for ahead in (3, 4)), key=DAYS.index)


def template(robot, *legs):
    answer = robot.post("missions", {"name": "shift", "template": True, "legs": list(legs or [MOVE])}, role="operator")
    assert answer.status == 201, answer.body
    return answer.json["id"]


def schedule(robot, number, role="operator", **more):
    return robot.post("missions/schedules", {"template": number, "from": "06:00", **more}, role=role)


def listed(robot, number):
    return next((item for item in robot.get("missions/schedules").json["items"] if item["id"] == number), None)


def release(robot, number, method="POST", role="operator"):
    return robot.request(method, f"missions/schedules/{number}/release", role=role)


def at(robot, seconds):
    """Time of day of a moment from now on, as the clocks of the daemon show it in UTC."""
    return time.strftime("%H:%M", time.gmtime(robot.clock_off_s + time.time() + seconds))


@pytest.mark.parametrize("more, pointer, code", [
    ({"from": "6:00"}, "/from", "unfit"), ({"from": "24:00"}, "/from", "unfit"), ({"from": "06:60"}, "/from", "unfit"), ({"from": "06.00"}, "/from", "unfit"),
    ({"until": "22:00"}, "/every_min", "missing"), ({"every_min": 60}, "/until", "missing"), ({"until": "06:00", "every_min": 60}, "/until", "range"),
    ({"until": "05:00", "every_min": 60}, "/until", "range"), ({"until": "07:00", "every_min": 61}, "/every_min", "range"),
    ({"until": "07:00", "every_min": 4}, "/every_min", "range"), ({"days": ["sun", "mo"]}, "/days/1", "unknown_value"), ({"name": "a\nb"}, "/name", "unfit"),
    ({"template": 999999}, "/template", "unknown_value"), ({"template": 0}, "/template", "range")])
def test_a_schedule_that_does_not_fit(daemon, more, pointer, code):
    number = template(daemon)
    answer = schedule(daemon, **{"number": number, **{("number" if name == "template" else name): value for name, value in more.items()}})
    assert (answer.status, answer.code, answer.json["errors"][0]["pointer"]) == (400, "validation", pointer), answer.body
    assert answer.json["errors"][0]["code"] == code, answer.body
    assert daemon.request("DELETE", f"missions/{number}", role="operator").status == 204


def test_a_schedule_is_made_and_deleted_and_not_released_beside_a_stop(daemon):
    number, waits = template(daemon), make(daemon, MOVE)
    answer = schedule(daemon, waits)
    assert (answer.status, answer.json["errors"][0]["code"]) == (400, "unfit"), "only of a template"
    assert schedule(daemon, number, role="viewer").code == "role"
    made = schedule(daemon, number, days=[FAR[1], FAR[0], FAR[1]], until="22:00", every_min=480)
    told = made.json
    assert made.status == 201 and (told["name"], told["days"], told["from"], told["until"], told["every_min"]) == (
        "shift", FAR, "06:00", "22:00", 480)
    assert (told["last"], told["last_reason"], told["last_mission"], told["released"], told["made_by"]) == (None, None, None, None, "operator")
    one = told["id"]
    assert release(daemon, one, role="viewer").code == "role" and listed(daemon, one) == told
    # Its outputs are low: behind the reset and enable of another person the release would hold.
    kept = release(daemon, one)
    assert kept.status == 409 and kept.code in ("stop_latched", "not_enabled", "in_fault"), kept.body
    assert listed(daemon, one) == told == release(daemon, one, "DELETE").json
    for path in (f"missions/schedules/{one + 1000}", f"missions/schedules/{one + 1000}/release"):
        assert daemon.request("DELETE", path, role="operator").code == "not_found"
    assert release(daemon, one + 1000).code == "not_found"
    there = len(daemon.get("missions/schedules").json["items"])
    others = [schedule(daemon, number, days=FAR, **{"from": f"{place // 60:02d}:{place % 60:02d}"}) for place in range(33 - there)]
    assert [answer.status for answer in others] == [201] * (32 - there) + [409] and others[-1].code == "too_many_schedules"
    assert daemon.request("DELETE", f"missions/schedules/{one}", role="operator").status == 204 and not listed(daemon, one)
    done = subprocess.run([OHTCTL, "--socket", daemon.socket, "schedule", "add", str(number), "05:30", f"days={FAR[0]},{FAR[1]}", "name=late shift"],
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0 and "late shift" in done.stdout, done
    done = subprocess.run([OHTCTL, "--socket", daemon.socket, "schedule", "add", str(number), "05:30", "on=sat"], capture_output=True, text=True,
                          check=False, timeout=60)
    assert done.returncode == 2 and "'on=sat'" in done.stderr, done
    # They go with their template.
    assert daemon.request("DELETE", f"missions/{number}", role="operator").status == 204
    assert daemon.get("missions/schedules").json["items"] == []
    assert daemon.request("DELETE", f"missions/{waits}", role="operator").status == 204


def alerts(robot, number):
    return [item["text"] for item in robot.get("alerts").json["items"] if (item["code"], item["subject"]) == ("schedule_skipped", str(number))]


@pytest.fixture(scope="module", name="robot")
def _robot(tmp_path_factory, accounts):
    made = begin(tmp_path_factory.mktemp("schedules"), accounts)
    made.write_config(bus_outputs="simulated", bus_time_factor=20)
    made.clock, made.clock_off_s = Skewed(made), 0
    made.shims["TZ"] = "UTC0"
    with serving(made):
        yield made


def tells(link, *releases):
    """The channel has told that these are released."""
    link.hear_until(lambda message: message.get("channel") == "missions" and message.get("data", {}).get("releases") == list(releases))


def set_clock(robot, off_s):
    robot.clock.set(int(off_s))
    robot.clock_off_s = int(off_s)


def test_a_time_that_was_passed_over_is_said(robot):
    number = template(robot)
    enable(robot)
    one = schedule(robot, number, **{"from": at(robot, HOUR_S)}).json
    assert one["zone"] == "UTC"
    set_clock(robot, robot.clock_off_s + 2 * HOUR_S)
    told = until(lambda: (now := listed(robot, one["id"]))["last_reason"] and now, what="the time to be passed over")
    assert (told["last_reason"], told["last"], told["last_mission"]) == ("clock_set", one["next"], None)
    assert until(lambda: alerts(robot, one["id"]), what="the alert") == [
        f"Schedule {one['id']} (shift) has made no mission: The clock of the robot was set over that time."]
    two = schedule(robot, number, **{"from": at(robot, HOUR_S)}).json
    with dial(robot, "viewer") as link:
        assert subscribe(link, "missions")["data"]["releases"] == []
        freed = release(robot, two["id"]).json
        assert freed["released_by"] == "operator" and listed(robot, two["id"]) == freed and freed["released"] >= two["made"]
        tells(link, {"schedule": two["id"], "released": freed["released"], "released_by": "operator"})
        assert release(robot, two["id"], "DELETE").json["released"] is None
        tells(link)
        # A stop ends it, also one that leaves the outputs on.
        freed = release(robot, two["id"]).json
        tells(link, {"schedule": two["id"], "released": freed["released"], "released_by": "operator"})
        command(robot, "stop")
        tells(link)
        assert listed(robot, two["id"])["released"] is None
    # Off at that time: nothing of it is made up for.
    assert release(robot, two["id"]).status == 200
    robot.kill()
    set_clock(robot, robot.clock_off_s + 2 * HOUR_S)
    robot.start()
    told = until(lambda: (now := listed(robot, two["id"]))["last_reason"] and now, what="the time to be passed over")
    assert (told["last_reason"], told["last"], told["released"]) == ("missed", two["next"], None)
    assert until(lambda: alerts(robot, two["id"]), what="the alert")[0].endswith("The robot was off or asleep at that time.")
    assert robot.get(f"missions?schedule={two['id']}").json["items"] == []
    for item in (one, two):
        assert robot.request("DELETE", f"missions/schedules/{item['id']}", role="operator").status == 204
    until(lambda: not alerts(robot, one["id"]) and not alerts(robot, two["id"]), what="the end of the alerts")


@pytest.mark.slow
def test_a_released_schedule_starts_by_itself_and_is_kept_over_a_kill(robot):
    enable(robot)
    number = template(robot, {"kind": "undock"}, {"kind": "dock"})
    one, two = [schedule(robot, number, **{"from": at(robot, 3600), "name": name}).json["id"] for name in ("released", "waits")]
    assert release(robot, one).status == 200
    # Up to a quarter of a minute before.
    set_clock(robot, robot.clock_off_s + 3600 - (time.time() + robot.clock_off_s) % 60 - 15)
    first = until(lambda: listed(robot, one)["last_mission"], 120, what="its time")
    assert until(lambda: (now := of(robot, first))["state"] in ("running", "finished") and now, what="its start")["driven_by"] == "operator"
    second = until(lambda: listed(robot, two)["last_mission"], what="the time of the other one")
    assert (of(robot, second)["state"], of(robot, second)["reason"]) == ("waiting", "schedule_not_released")
    until(lambda: of(robot, first)["state"] == "finished", 240, what="its end")
    assert listed(robot, one)["released_by"] == "operator" and shown(robot)["state"] == "idle"
    robot.kill()
    robot.start()
    assert (listed(robot, one)["last_mission"], listed(robot, one)["released"], of(robot, first)["state"]) == (first, None, "finished")
    assert [item["id"] for item in robot.get(f"missions?schedule={two}").json["items"]] == [second]
    assert act(robot, second, "cancel").json["reason"] is None
