# SPDX-License-Identifier: GPL-2.0-or-later
"""Courses and certificates: nothing is needed before a site says so, each act that a course names is refused without it at every way in, what
stops is never refused, and no certificate is granted to oneself."""
import concurrent.futures
import datetime
import os
import re
import subprocess
import tempfile

import pytest

from clocks import Skewed, keep_right
from daemon import begin, serving
from live import dial
from oht_test.client import PASSWORD
from oht_test.wait import until
from remote import OHTCTL
from test_keys import key_of, service, verdict
from test_local import NOBODY, PRESET, ask as ask_locally, give
from test_users import users

DAY_S = 24 * 3600
MISSING = (403, "qualification_missing")


class Person:
    """An account with an elevated session of its own."""

    def __init__(self, daemon, name, role=None):
        self.daemon, self.name = daemon, name
        if role and name not in users(daemon):
            assert daemon.post("users", {"username": name, "password": PASSWORD, "role": role}).status == 201
        answer = daemon.login(name)
        assert answer.status == 200, answer
        self.token = answer.json["access_token"]
        assert self.ask("POST", "auth/elevate", {"password": PASSWORD}).status == 200

    def ask(self, method, path, body=None, **more):
        return self.daemon.request(method, path, body, token=self.token, **more)

    def post(self, path, body=None, **more):
        return self.ask("POST", path, {} if body is None else body, **more)

    def grant(self, user, course, **more):
        return self.post("certificates", {"user": user, "course": course, **more})

    def revoke(self, number, reason="no longer in the hall"):
        return self.ask("DELETE", f"certificates/{number}", {"reason": reason})


@pytest.fixture(scope="module", name="site")
def fixture_site(tmp_path_factory, accounts):
    """A daemon of this module, whose tests switch their courses off again."""
    # A folder that every user may look into; pytest's own is for its user only.
    with tempfile.TemporaryDirectory(prefix="oht-qualified-") as folder:
        os.chmod(folder, 0o755)
        made = begin(tmp_path_factory.mktemp("qualifications"), accounts)
        made.socket = f"{folder}/sock"
        made.write_config()
        with serving(made):
            until(lambda: all(item["health"] == "good" for item in made.get("modules").json["items"]), what="four good modules")
            yield made


@pytest.fixture(scope="module", name="chief")
def fixture_chief(site):
    """An administrator who grants to others."""
    return Person(site, "chief", "administrator")


def courses(daemon):
    return {item["name"]: item for item in daemon.get("courses").json["items"]}


def require(person, name, required=True):
    answer = person.ask("PATCH", f"courses/{courses(person.daemon)[name]['id']}", {"required": required})
    assert (answer.status, answer.json["required"]) == (200, required), answer
    return answer.json


def listed(daemon, query=""):
    return daemon.get(f"certificates?limit=200{query}", role="administrator").json["items"]


def when(days):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def has_alert(daemon, code, subject):
    return [item for item in daemon.get("alerts").json["items"] if (item["code"], item["subject"]) == (code, subject)]


# ---- as it comes ----

def test_nothing_is_required_as_it_comes(daemon):
    found = courses(daemon)
    assert {"driver", "commissioning", "bus-technician"} <= found.keys()
    assert not [name for name, course in found.items() if course["required"]]
    assert daemon.post("robot/commands", {"verb": "home"}, role="operator").code != MISSING[1]


# ---- each act, at each way in ----

BODIES = {"move": {"position_mm": 1}, "jog": {"speed_mm_s": 1}}
PARAMETERS = {"{id}": "4711", "{unit}": "4", "{name}": "nothing"}


def path_of(route):
    method, path = route.split(" ", 1)
    return method, re.sub(r"\{\w+\}", lambda found: PARAMETERS[found[0]], path)


def acts_of(course):
    """What the course names, each as a request that changes nothing where it is let in: the outputs are low, and the bodies are wrong."""
    for verb in course["verbs"]:
        yield verb, ("POST", "robot/commands", {"verb": verb, **BODIES.get(verb, {})})
    for route in course["routes"]:
        method, path = path_of(route)
        yield route, (method, path, {"no such member": 1})
    for mode in course["modes"]:
        yield mode, ("PUT", "robot/mode", {"mode": mode})
    for module in course["modules"]:
        yield f"module {module}", ("PUT", f"modules/{4 if module == 'all' else module}/registers/reset_error_command", {"raw": 1})


@pytest.mark.parametrize("name", ["driver", "commissioning", "bus-technician"])
def test_each_act_that_a_course_names_needs_it(site, chief, name):
    person = Person(site, "administrator")
    course = require(chief, name)
    acts = dict(acts_of(course))
    assert acts
    try:
        for act, request in acts.items():
            answer = person.ask(*request)
            assert verdict(answer) == MISSING, (act, answer)
            assert f"this needs the course {name} ({course['title']}): administrator has no certificate of it" in answer.json["detail"], answer
            assert answer.json["errors"][0]["code"] == "never_granted" and "an administrator grants it" in answer.json["detail"]
        granted = chief.grant("administrator", name)
        assert granted.status == 201, granted
        for act, request in acts.items():
            assert verdict(person.ask(*request)) != MISSING, act
        assert chief.revoke(granted.json["id"]).status == 200
        for act, request in acts.items():
            answer = person.ask(*request)
            assert verdict(answer) == MISSING and answer.json["errors"][0]["code"] == "revoked", act
    finally:
        require(chief, name, False)
        person.ask("PUT", "robot/mode", {"mode": "automatic"})
    assert verdict(person.ask(*acts[next(iter(acts))])) != MISSING


def test_what_stops_asks_for_no_course(site, chief):
    """Also where a course names all that it may name."""
    everything = [f"{method} {route['path']}" for route in routes_of(site) for method in [route["method"]] if route["course"]]
    for part in range(0, len(everything), 16):
        answer = chief.post("courses", {"name": f"all-{part}", "title": "All", "routes": everything[part:part + 16], "modules": ["all"],
                                        "modes": ["automatic", "manual", "maintenance"], "required": True,
                                        "verbs": ["move", "jog", "home", "dock", "undock", "resume", "reset_fault"]})
        assert answer.status == 201, answer
    try:
        assert verdict(site.post("safety/reset", role="supervisor")) == MISSING
        for request in (("POST", "safety/stop", {}), ("DELETE", "control", {}), *(("POST", "robot/commands", {"verb": verb}) for verb in ("stop", "pause", "disable")),
                        ("DELETE", "robot/commands/4711", None), *(("POST", f"missions/4711/{word}", {}) for word in ("pause", "cancel", "drain"))):
            assert verdict(site.request(*request, role="operator")) != MISSING, request
        with dial(site, role="operator") as link:
            link.say({"type": "stop", "id": 1})
            assert until(lambda: (said := link.hear())["type"] == "stopped" and said)["status"] == 200
    finally:
        for name in [name for name in courses(site) if name.startswith("all-")]:
            assert chief.ask("DELETE", f"courses/{courses(site)[name]['id']}").status == 204


def routes_of(daemon):
    """Of the description: method, path, and whether a course may name it."""
    document = daemon.get("openapi.json", role=None).json
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in ("post", "put", "patch", "delete"):
                codes = [code for answer in operation["responses"].values() for code in answer.get("x-codes", [])]
                yield {"method": method.upper(), "path": path.removeprefix("/api/v1/"), "course": "qualification_missing" in codes and path != "/api/v1/robot/commands"}


# ---- granting, renewing, revoking ----

def test_a_certificate_is_granted_renewed_and_revoked_and_the_list_keeps_it(site, chief):
    course = chief.post("courses", {"name": "Crane", "title": "Kran fahren", "valid_days": 90, "verbs": ["move"]}).json
    assert (course["grant_role"], course["required"], course["certificates"]) == ("administrator", False, 0)
    Person(site, "anna", "operator")
    first = chief.grant("ANNA", "crane", evidence="sheet 12", starts=when(-80)).json
    assert (first["user"], first["course"], first["title"], first["state"], first["granted_by"], first["evidence"]) == (
        "anna", "Crane", "Kran fahren", "due", "chief", "sheet 12"), first
    assert [item["id"] for item in listed(site, "&course=crane&due_within_days=30")] == [first["id"]]
    assert not listed(site, "&course=Crane&due_within_days=5")
    second = chief.grant("anna", "Crane").json
    assert second["state"] == "valid" and second["starts"][:10] == when(0)[:10] and second["ends"][:10] == when(90)[:10]
    assert not listed(site, "&course=Crane&due_within_days=30"), "a later one follows"
    assert [item["id"] for item in listed(site, "&course=Crane&due_within_days=91")] == [second["id"]]
    answer = chief.ask("DELETE", f"courses/{course['id']}")
    assert verdict(answer) == (409, "course_in_use") and "2 certificates" in answer.json["detail"], answer
    revoked = chief.revoke(second["id"], "left the hall")
    assert (revoked.status, revoked.json["state"], revoked.json["revoked_by"], revoked.json["revoked_why"]) == (200, "revoked", "chief", "left the hall")
    assert verdict(chief.revoke(second["id"])) == (409, "certificate_revoked")
    assert {item["id"]: item["state"] for item in listed(site, "&user=anna&course=crane")} == {first["id"]: "due", second["id"]: "revoked"}
    assert [item["id"] for item in listed(site, "&course=crane&due_within_days=30")] == [first["id"]], "the earlier one is the latest again"
    # A person sees the own ones.
    assert {item["id"] for item in site.get("certificates", role="operator").json["items"]} == set()
    assert {item["user"] for item in site.request("GET", "certificates", token=Person(site, "anna").token).json["items"]} == {"anna"}
    acts = [(record["act"], record["who"], record["object"]) for record in site.get("audit?limit=30", role="administrator").json["items"]]
    assert ("DELETE certificates/{id}", "chief", f"certificates/{second['id']}, Crane of anna") in acts
    assert ("POST courses", "chief", "courses/Crane") in acts
    assert chief.revoke(first["id"]).status == 200
    assert chief.ask("DELETE", f"courses/{course['id']}").status == 204 and not listed(site, "&course=Crane")
    assert verdict(chief.ask("GET", f"courses/{course['id']}")) == (404, "not_found")
    assert verdict(chief.ask("DELETE", f"courses/{course['id']}")) == (404, "not_found")


def test_nobody_grants_to_himself_and_the_course_says_who_does(site, chief):
    assert verdict(chief.grant("chief", "driver")) == (403, "own_certificate")
    assert verdict(chief.grant("Chief", "driver")) == (403, "own_certificate")
    boss = Person(site, "boss", "supervisor")
    answer = boss.grant("operator", "driver")
    assert verdict(answer) == (403, "role") and "administrator" in answer.json["detail"]
    made = chief.post("courses", {"name": "lift", "title": "Lift", "grant_role": "supervisor", "modes": ["manual"]}).json
    granted = boss.grant("operator", "lift")
    assert granted.status == 201
    assert verdict(boss.revoke(chief.grant("operator", "driver").json["id"])) == (403, "role"), "a certificate of another course"
    assert boss.revoke(granted.json["id"]).status == 200
    for role in ("viewer", "operator"):
        assert verdict(site.post("certificates", {"user": "anna", "course": "lift"}, role=role)) == (403, "role")
    assert verdict(site.post("certificates", {"user": "viewer", "course": "lift"}, role="supervisor")) == (403, "elevation_required")
    assert verdict(boss.post("courses", {"name": "x", "title": "x"})) == (403, "role")
    for item in listed(site, "&user=operator"):
        chief.revoke(item["id"])
    assert chief.ask("DELETE", f"courses/{made['id']}").status == 204


NEW = {"name": "bad", "title": "Bad"}


@pytest.mark.parametrize("body, pointer", [
    ({"name": ""}, "/name"), ({"name": "x" * 33}, "/name"), ({"name": "x" * 10000}, ""), ({"name": "a b"}, "/name"), ({"name": "böse"}, "/name"),
    ({"title": ""}, "/title"), ({"title": "x" * 129}, "/title"), ({"title": "two\nlines"}, "/title"), ({"title": "\u202egnol"}, "/title"),
    ({"valid_days": 0}, "/valid_days"), ({"valid_days": -1}, "/valid_days"), ({"valid_days": 10 ** 9}, "/valid_days"), ({"valid_days": 1.5}, "/valid_days"),
    ({"grant_role": "operator"}, "/grant_role"), ({"verbs": ["fly"]}, "/verbs/0"), ({"verbs": ["move", "stop"]}, "/verbs/1"),
    ({"verbs": ["move,jog"]}, "/verbs/0"), ({"verbs": ["move"] * 33}, "/verbs"), ({"modules": ["0"]}, "/modules/0"), ({"modules": ["0x02"]}, "/modules/0"),
    ({"modes": ["fast"]}, "/modes/0"), ({"routes": ["POST safety/stop"]}, "/routes/0"), ({"routes": ["GET robot"]}, "/routes/0"),
    ({"routes": ["POST certificates"]}, "/routes/0"), ({"routes": ["POST robot/commands"]}, "/routes/0"), ({"routes": ["DELETE control"]}, "/routes/0"),
    ({"routes": ["POST auth/login"]}, "/routes/0"), ({"required": "yes"}, "/required"), ({"colour": 1}, "/colour")])
def test_a_course_that_is_none(site, chief, body, pointer):
    before = courses(site)
    answer = chief.post("courses", {**NEW, **body})
    if not pointer:
        assert verdict(answer) == (413, "body_too_large")
    else:
        assert (answer.status, answer.code, answer.json["errors"][0]["pointer"]) == (400, "validation", pointer), answer
    assert courses(site) == before


@pytest.mark.parametrize("body, wrong", [
    ({"user": "nobody.yet"}, (422, "unknown_user")), ({"course": "no such"}, (422, "unknown_course")), ({"user": "a b"}, "/user"), ({"user": "x" * 65}, "/user"),
    ({"course": "x" * 33}, "/course"), ({"evidence": "x" * 513}, "/evidence"), ({"evidence": "two\nlines"}, "/evidence"), ({"evidence": "\u001b[2J"}, "/evidence"),
    ({"starts": "yesterday"}, "/starts"), ({"starts": "2026-02-30T00:00:00Z"}, "/starts"), ({"starts": when(2)}, "/starts"), ({"starts": "9999-01-01T00:00:00Z"}, "/starts"),
    ({"starts": "1969-01-01T00:00:00Z"}, "/starts"), ({"starts": when(-400)}, "/ends"), ({"ends": when(-1)}, "/ends"), ({"ends": when(400)}, "/ends"),
    ({"ends": "9999-01-01T00:00:00Z"}, "/ends"), ({"starts": when(-1), "ends": when(-2)}, "/ends"), ({"user": None}, "/user")])
def test_a_certificate_that_is_none(site, chief, body, wrong):
    before = listed(site)
    answer = chief.post("certificates", {"user": "viewer", "course": "driver", **body})
    if isinstance(wrong, str):
        assert (answer.status, answer.code, answer.json["errors"][0]["pointer"]) == (400, "validation", wrong), answer
    else:
        assert verdict(answer) == wrong
    assert listed(site) == before


def test_what_else_is_refused(site, chief):
    driver = courses(site)["driver"]["id"]
    assert verdict(chief.ask("PATCH", f"courses/{driver}", {})) == (400, "validation")
    assert verdict(chief.ask("PATCH", f"courses/{driver}", {"name": "other"})) == (400, "validation")
    assert verdict(chief.ask("PATCH", "courses/4711", {"required": True})) == (404, "not_found")
    assert verdict(chief.post("courses", {"name": "DRIVER", "title": "x"})) == (409, "course_exists")
    assert verdict(chief.revoke(4711)) == (404, "not_found")
    assert verdict(chief.ask("DELETE", "certificates/1")) == (400, "validation"), "without a reason"
    for query in ("due_within_days=-1", "due_within_days=4000", "user=", "sort=user", "course=" + "x" * 80):
        assert verdict(site.get(f"certificates?{query}", role="administrator")) == (400, "validation"), query
    made = []
    try:
        while (answer := chief.post("courses", {"name": f"many-{len(made)}", "title": "x"})).status == 201:
            made.append(answer.json["id"])
        assert verdict(answer) == (409, "too_many_courses") and len(courses(site)) == 32
    finally:
        for number in made:
            assert chief.ask("DELETE", f"courses/{number}").status == 204


def test_a_grant_survives_a_kill_and_goes_with_its_account(fresh):
    fresh.start()
    chief, boss = Person(fresh, "chief", "administrator"), Person(fresh, "boss", "administrator")
    gone = boss.grant("operator", "driver")
    assert gone.status == 201 and boss.revoke(gone.json["id"]).status == 200
    require(chief, "driver")
    kept = chief.grant("operator", "driver", evidence="sheet 1")
    assert kept.status == 201
    fresh.kill()
    fresh.start()
    before = listed(fresh)
    assert [(item["id"], item["state"], item["granted_by"]) for item in before] == [(gone.json["id"], "revoked", "boss"), (kept.json["id"], "valid", "chief")]
    assert verdict(fresh.post("robot/commands", {"verb": "home"}, role="operator")) != MISSING
    assert verdict(fresh.post("robot/commands", {"verb": "home"}, role="supervisor")) == MISSING
    # The name of an account that has left stands in no certificate of another one, and its own go with it.
    assert fresh.request("DELETE", f"users/{users(fresh)['boss']['id']}", role="administrator").status == 204
    [first, _] = listed(fresh)
    assert first["granted_by"] == first["revoked_by"] and re.fullmatch(r"account \d+", first["granted_by"]), first
    assert fresh.request("DELETE", f"users/{users(fresh)['operator']['id']}", role="administrator").status == 204
    assert not listed(fresh)
    assert fresh.request("DELETE", f"courses/{courses(fresh)['driver']['id']}", role="administrator").status == 204
    assert verdict(fresh.post("robot/commands", {"verb": "home"}, role="supervisor")) != MISSING


# ---- every way in ----

def test_programs_messages_missions_and_local_users_need_it_as_well(site, chief):
    account = service(site, "line", "supervisor")
    key = key_of(site, account)
    home = ("POST", "robot/commands", {"verb": "home"})
    number = site.post("missions", {"name": "x", "legs": [{"kind": "move", "position_mm": 1}]}, role="operator").json["id"]
    give(site.socket, f"{NOBODY}=operator")
    try:
        course = require(chief, "driver")
        assert verdict(site.request(*home, token=key["secret"])) == MISSING
        assert verdict(ask_locally(site.socket, *home, user=NOBODY, group=NOBODY)) == MISSING
        with dial(site, role="operator") as link:
            link.say({"type": "command", "id": 7, "command": {"verb": "home"}})
            told = until(lambda: (said := link.hear()).get("id") == 7 and said)
            assert (told["status"], told["data"]["code"]) == MISSING and "the course driver (Driver)" in told["data"]["detail"], told
        assert verdict(site.post(f"missions/{number}/start", role="operator")) == MISSING
        # Where a course names the verb and not the start, each leg is judged when it begins.
        assert chief.ask("PATCH", f"courses/{course['id']}", {"routes": []}).status == 200
        held = site.post(f"missions/{number}/start", role="operator").json
        assert (held["state"], held["reason"]) == ("held", MISSING[1]), held
        assert site.post(f"missions/{number}/cancel", role="operator").status == 200
        # Root needs none, and a program what was granted to its account.
        assert verdict(ask_locally(site.socket, *home)) != MISSING
        assert chief.grant("line", "driver").status == 201
        # A local user has what was granted to the account of its name.
        service(site, "nobody", "viewer")
        assert verdict(ask_locally(site.socket, *home, user=NOBODY, group=NOBODY)) == MISSING
        assert chief.grant("nobody", "driver").status == 201
        assert verdict(ask_locally(site.socket, *home, user=NOBODY, group=NOBODY)) != MISSING
        assert verdict(site.request(*home, token=key["secret"])) != MISSING
    finally:
        assert chief.ask("PATCH", f"courses/{course['id']}", {"routes": course["routes"], "required": False}).status == 200
        give(site.socket, PRESET)


# ---- time ----

def test_an_end_is_told_before_it_comes_and_ends_at_its_time(fresh):
    clock = Skewed(fresh)
    fresh.start()
    chief = Person(fresh, "chief", "administrator")
    require(chief, "driver")
    home = {"verb": "home"}
    first = chief.grant("operator", "driver", ends=when(31)).json
    assert not has_alert(fresh, "certificate_ends", "operator/driver")
    clock.set(2 * DAY_S)
    [alert] = until(lambda: has_alert(fresh, "certificate_ends", "operator/driver"), what="the alert")
    assert alert["severity"] == "warning" and "ends within 30 days" in alert["text"]
    assert fresh.get("health").json["status"] == "ok"
    assert verdict(fresh.post("robot/commands", home, role="operator")) != MISSING
    clock.set(31 * DAY_S + 60)
    token = fresh.login("operator").json["access_token"]
    answer = fresh.request("POST", "robot/commands", home, token=token)
    assert verdict(answer) == MISSING and f"ended on {first['ends'][:10]}" in answer.json["detail"], answer
    # A clock that is set back gives nothing of it back.
    clock.set(0)
    assert verdict(fresh.request("POST", "robot/commands", home, token=token)) == MISSING
    clock.set(31 * DAY_S + 120)
    again = Person(fresh, "chief")
    assert again.grant("operator", "driver").status == 201
    until(lambda: not has_alert(fresh, "certificate_ends", "operator/driver"), what="the end of the alert")
    assert verdict(fresh.request("POST", "robot/commands", home, token=token)) != MISSING


def test_a_clock_that_nobody_keeps_right_is_said_and_never_opens(fresh):
    keeper = keep_right(fresh)
    fresh.write_config(robot_simulated="no", bus_time_factor=1)
    fresh.start()
    chief = Person(fresh, "chief", "administrator")
    require(chief, "driver")
    assert chief.grant("operator", "driver").status == 201
    keeper.set(0)
    assert verdict(fresh.post("robot/commands", {"verb": "home"}, role="operator")) != MISSING, "it was right once in this run"
    fresh.kill()
    fresh.start()
    answer = fresh.post("robot/commands", {"verb": "home"}, role="operator")
    assert verdict(answer) == MISSING and answer.json["errors"][0]["code"] == "clock" and "no time server" in answer.json["detail"]
    chief = Person(fresh, "chief")
    assert verdict(chief.grant("viewer", "driver")) == (409, "clock_unkept")
    number = courses(fresh)["commissioning"]["id"]
    assert verdict(chief.ask("PATCH", f"courses/{number}", {"required": True})) == (409, "clock_unkept")
    assert not courses(fresh)["commissioning"]["required"]
    # Two people are a way without any clock.
    waits = chief.post("certificates/override", {"user": "operator", "course": "driver", "reason": "a load hangs"}).json
    assert Person(fresh, "boss", "supervisor").post(f"certificates/{waits['id']}/confirm").status == 200
    assert verdict(fresh.post("robot/commands", {"verb": "home"}, role="operator")) != MISSING
    keeper.set(1)
    until(lambda: chief.grant("viewer", "driver").status == 201, what="a clock that is kept")


# ---- an override ----

def test_an_override_needs_two_others_and_is_told_as_long_as_it_lasts(site, chief):
    first, second = Person(site, "first", "supervisor"), Person(site, "second", "supervisor")
    said = {"user": "supervisor", "course": "driver", "reason": "a load hangs above the line", "hours": 2}
    home = ("POST", "robot/commands", {"verb": "home"})
    assert verdict(first.post("certificates/override", said)) == (409, "course_not_required")
    require(chief, "driver")
    try:
        assert verdict(first.post("certificates/override", {**said, "user": "first"})) == (403, "own_certificate")
        assert verdict(first.post("certificates/override", {**said, "user": "nobody.yet"})) == (422, "unknown_user")
        for wrong, pointer in (({"hours": 0}, "/hours"), ({"hours": 9}, "/hours"), ({"reason": ""}, "/reason"), ({"reason": "a\nb"}, "/reason")):
            answer = first.post("certificates/override", {**said, **wrong})
            assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, pointer)
        assert verdict(site.post("certificates/override", said, role="operator")) == (403, "role")
        waits = first.post("certificates/override", said)
        assert (waits.status, waits.json["state"], waits.json["override_hours"], waits.json["confirmed_by"]) == (201, "waits", 2, None), waits
        number = waits.json["id"]
        assert verdict(second.post("certificates/override", said)) == (409, "override_runs")
        assert verdict(site.request(*home, role="supervisor")) == MISSING, "one person is not enough"
        assert not has_alert(site, "qualification_override", "supervisor/driver")
        assert verdict(first.post(f"certificates/{number}/confirm")) == (403, "own_certificate")
        assert verdict(Person(site, "supervisor").post(f"certificates/{number}/confirm")) == (403, "own_certificate")
        # Two confirm at once: one of them does.
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda person: person.post(f"certificates/{number}/confirm"), (second, chief)))
        assert sorted(map(verdict, answers), key=str) == [(409, "override_confirmed"), 200], answers
        [lasts] = [item for item in listed(site, "&user=supervisor") if item["id"] == number]
        assert lasts["state"] == "valid" and lasts["confirmed_by"] in ("second", "chief") and lasts["granted_by"] == "first"
        assert verdict(site.request(*home, role="supervisor")) != MISSING
        assert until(lambda: has_alert(site, "qualification_override", "supervisor/driver"), what="the alert")
        assert not [item for item in listed(site, "&due_within_days=3650") if item["id"] == number], "it is no certificate to renew"
        assert first.revoke(number, "the load is down").json["state"] == "revoked"
        assert verdict(site.request(*home, role="supervisor")) == MISSING
        until(lambda: not has_alert(site, "qualification_override", "supervisor/driver"), what="the end of the alert")
        acts = {(record["act"], record["who"]) for record in site.get("audit?limit=40", role="administrator").json["items"]}
        assert ("POST certificates/override", "first") in acts and ("POST certificates/{id}/confirm", lasts["confirmed_by"]) in acts
        assert verdict(second.post(f"certificates/{number}/confirm")) == (409, "certificate_revoked")
        granted = chief.grant("viewer", "driver").json["id"]
        assert verdict(second.post(f"certificates/{granted}/confirm")) == (404, "not_found"), "a certificate is no override"
        assert chief.revoke(granted).status == 200
    finally:
        require(chief, "driver", False)


# ---- ohtctl ----

def test_ohtctl_keeps_the_lists(site):
    """As root at the socket of the machine, who needs no certificate and has no account for an override."""
    def run(*words, expect=0):
        done = subprocess.run([OHTCTL, "--socket", site.socket, *words], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == expect, done
        return done.stdout + done.stderr

    assert re.search(r"driver +no +365 +\d+ +Driver", run("course", "list"))
    run("course", "add", "tug", "Tug boat", "move,jog", "20")
    assert courses(site)["tug"]["verbs"] == ["move", "jog"] and courses(site)["tug"]["valid_days"] == 20 and "Tug boat" in run("course", "show", "TUG")
    run("course", "require", "tug")
    assert courses(site)["tug"]["required"]
    assert "operator" in run("certificate", "grant", "operator", "tug", "sheet 7")
    [granted] = listed(site, "&course=tug")
    assert (granted["granted_by"], granted["evidence"], granted["state"]) == ("uid 0", "sheet 7", "due")
    assert "sheet 7" in run("certificate", "due") and "sheet 7" in run("certificate", "list", "operator")
    assert "sheet 7" not in run("certificate", "due", "7")
    assert "no session" in run("certificate", "ask", "operator", "tug", "a load hangs", expect=1)
    assert "left the hall" in run("certificate", "revoke", str(granted["id"]), "left the hall & more")
    assert listed(site, "&course=tug")[0]["revoked_why"] == "left the hall & more"
    assert "there is no course 'rug'" in run("course", "require", "rug", expect=1)
    assert "neither yes nor no" in run("course", "require", "tug", "maybe", expect=2)
    run("course", "require", "tug", "no")
    assert not courses(site)["tug"]["required"]
