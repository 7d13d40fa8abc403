# SPDX-License-Identifier: GPL-2.0-or-later
"""Each write of persons and programs on a full disk: it is refused, and nothing of it is there, nor comes later, nor behind a kill."""
import contextlib
import sqlite3

import pytest

from daemon import BUILD, begin
from oht_test.client import PASSWORD
from oht_test.wait import until
from test_totp import App, with_time

pytestmark = [pytest.mark.slow, pytest.mark.plain("shim")]

SHIM = BUILD / "tests/api/disk_shim.so"
TABLES = ("users", "profiles", "second_factors", "registrations", "courses", "certificates", "missions", "mission_legs", "alert_comments",
          "alert_shelves", "keys", "reset_codes", "config_versions", "alert_rules")
LISTS = ("users", "registrations", "courses", "certificates", "missions", "alerts/shelves", "config", "alert-rules")
RULE = {"code": "warm", "signal": "battery_v", "when": "above", "limit": 60, "hysteresis": 1, "text": "It is warm.", "consequence": "None.", "action": "Cool it."}
LEG = {"kind": "move", "position_mm": 2000}


@pytest.fixture(name="robot")
def _robot(tmp_path, accounts):
    """On a disk that does what is asked of it, with what the writes need."""
    made = begin(tmp_path, accounts)
    made.checks_time = False
    for name in ("factor", "waiting", "leaver"):
        assert made.add_user(name, "operator").returncode == 0
    made.make_logins_cheap()
    with_time(made)
    made.disk = tmp_path / "disk"
    made.disk.write_text("")
    made.shims |= {"LD_PRELOAD": f"{made.shims['LD_PRELOAD']} {SHIM}", "OHT_DISK_SHIM": str(made.disk)}
    try:
        made.start()
        yield made
        made.stop()
    finally:
        made.end()


def made_by(robot, path, body, role="administrator", **more):
    answer = robot.post(path, body, role=role, **more)
    assert answer.status in (200, 201, 202), (path, answer)
    return answer.json


def prepare(robot):
    """What is there before; the rows of writes() name it."""
    answer = robot.request("PATCH", "config", {"access": {"registration": "yes"}}, token=robot.elevated())
    assert answer.status == 200, answer
    there = {"user": {user["username"]: user["id"] for user in robot.get("users", role="administrator").json["items"]}}
    there["app"], there["waiting"] = App(robot, "factor"), App(robot, "waiting")
    there["factor"] = there["app"].enrol()
    there["half"] = there["waiting"].login().json["access_token"]
    answer = there["waiting"].ask("POST", "auth/totp", {"password": PASSWORD}, there["half"])
    there["waiting"].secret = answer.json["secret"]
    there["missions"] = [made_by(robot, "missions", {"name": f"m{i}", "legs": [LEG, LEG], "through_leg": 1}, "operator")["id"] for i in range(3)]
    there["registrations"] = [made_by(robot, "auth/register", {"username": f"new{i}", "password": "horses in a row 7"}, None)["id"] for i in range(2)]
    there["service"] = made_by(robot, "users", {"username": "program", "role": "operator", "service": True})["id"]
    there["keys"] = [made_by(robot, f"users/{there['service']}/keys", {"name": f"k{i}"})["id"] for i in range(2)]
    there["course"] = made_by(robot, "courses", {"name": "hall", "title": "The hall"})["id"]
    there["certificate"] = made_by(robot, "certificates", {"user": "operator", "course": "driver"})["id"]
    made_by(robot, "alert-rules", {**RULE, "code": "hot"})
    there["rule"] = robot.get("alert-rules/hot").headers["etag"]
    until(lambda: robot.get("robot").json["state"] == "safe", what="safe")
    assert robot.sim("fault 5 silence").startswith("ok")
    there["alert"] = until(lambda: [item["number"] for item in robot.get("alerts").json["items"] if item["number"] and item["source"] == "module"],
                           what="an alert")[0]
    return there


def writes(robot, there):
    """(what, ask) of each; in this order each is done on a disk that has room."""
    app, waiting, users = there["app"], there["waiting"], there["user"]
    mission, other, third = there["missions"]

    def asked(method, path, body=None, role="administrator", **headers):
        elevated = role == "administrator"
        return f"{method} {path}", lambda: robot.request(method, path, body, role=None if elevated else role, token=robot.second if elevated else None,
                                                         headers=headers)

    return [
        ("enrol", lambda: robot.request("POST", "auth/totp", {"password": PASSWORD}, role="viewer")),
        ("confirm", lambda: waiting.ask("POST", "auth/totp/confirm", {"code": waiting.fresh_code()}, there["half"])),
        ("a code of the app", lambda: app.login(code=app.fresh_code())),
        ("a recovery code", lambda: app.login(code=app.recovery[0])),
        ("other recovery codes", lambda: app.ask("POST", "auth/totp/recovery", {"password": PASSWORD, "code": app.fresh_code()}, there["factor"])),
        ("off", lambda: app.ask("DELETE", "auth/totp", {"password": PASSWORD, "code": app.fresh_code()}, there["factor"])),
        asked("POST", "auth/register", {"username": "late", "password": "horses in a row 7"}, role=None),
        asked("POST", f"users/{there['registrations'][0]}/approve", {}),
        asked("POST", f"users/{there['registrations'][1]}/reject", {}),
        asked("PATCH", "auth/me", {"full_name": "Vera", "zone": "Europe/Berlin"}, "viewer"),
        asked("PATCH", "auth/me", {"views": [{"name": "mine", "query": "signals=speed_mm_s"}]}, "viewer"),
        asked("POST", "missions", {"name": "late", "legs": [LEG]}, "operator"),
        asked("POST", f"missions/{mission}/legs", {"legs": [LEG]}, "operator"),
        asked("POST", f"missions/{mission}/release", {"through_leg": 2}, "operator"),
        asked("PATCH", f"missions/{other}", {"name": "another"}, "operator"),
        asked("POST", f"missions/{other}/copy", {}, "operator"),
        asked("POST", f"missions/{other}/cancel", {}, "operator"),
        asked("DELETE", f"missions/{third}", None, "operator"),
        asked("POST", f"alerts/{there['alert']}/comments", {"text": "seen"}, "operator"),
        asked("POST", f"alerts/{there['alert']}/shelve", {"minutes": 5, "reason": "known"}, "operator"),
        asked("POST", "courses", {"name": "late", "title": "Late"}),
        asked("PATCH", f"courses/{there['course']}", {"title": "Another"}),
        asked("DELETE", f"courses/{there['course']}"),
        asked("POST", "certificates", {"user": "viewer", "course": "driver"}),
        asked("DELETE", f"certificates/{there['certificate']}", {"reason": "left"}),
        asked("POST", "users", {"username": "late", "role": "viewer", "password": PASSWORD}),
        asked("PATCH", f"users/{users['leaver']}", {"role": "viewer"}),
        asked("POST", f"users/{users['leaver']}/reset-code", {}),
        asked("DELETE", f"users/{users['leaver']}"),
        asked("POST", f"users/{there['service']}/keys", {"name": "late"}),
        asked("POST", f"users/{there['service']}/keys/{there['keys'][0]}/rotate", {}),
        asked("DELETE", f"users/{there['service']}/keys/{there['keys'][1]}"),
        asked("POST", "alert-rules", RULE),
        asked("PUT", "alert-rules/hot", {"limit": 61}, **{"If-Match": there["rule"]}),
        asked("DELETE", "alert-rules/hot"),
        asked("PATCH", "config", {"robot": {"place": "hall 3"}}),
    ]


def kept(robot):
    """What the disk has; times of day and uses are no matter of these writes."""
    with contextlib.closing(sqlite3.connect(f"file:{robot.state}/oht.db?mode=ro", uri=True)) as database:
        return {table: database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES}


def shown(robot, there):
    paths = [*LISTS, f"users/{there['service']}/keys", f"alerts/{there['alert']}/comments", *(f"missions/{number}" for number in there["missions"])]
    lists = {path: robot.request("GET", path, token=robot.second).json for path in paths}
    for key in lists[paths[len(LISTS)]]["items"]:
        key.pop("last_used", None)
    return lists, robot.get("auth/profile").json, robot.get("auth/totp").json["state"]


def differences(before, now):
    return {name: (before[name], now[name]) for name in before if before[name] != now[name]}


def test_what_a_full_disk_does_not_keep_is_not_answered_as_done(robot):
    there = prepare(robot)
    robot.token("viewer")
    rows, lists = kept(robot), shown(robot, there)
    robot.disk.write_text("full")
    for what, ask in writes(robot, there):
        answer = ask()
        assert (answer.status, answer.code) in ((507, "storage_full"), (503, "storage_full")), (what, answer)
    assert shown(robot, there) == lists, "nothing of it is shown"
    robot.disk.write_text("")
    until(lambda: robot.get("health", role=None).json["store"]["writable"], 120, "a store that writes")
    assert not differences(rows, kept(robot)), "nothing of it comes later"
    robot.kill()
    robot.hang_up()
    robot.start()
    assert not differences(rows, kept(robot))
    assert not differences(lists[0], shown(robot, there)[0])
    # Each is one that is done where there is room; no elevation outlives a start.
    robot.second = ""
    robot.elevated()
    for what, ask in writes(robot, there):
        answer = ask()
        # An alert ends with the run.
        assert answer.status in (200, 201, 202, 204) or answer.code == "alert_over", (what, answer)
