# SPDX-License-Identifier: GPL-2.0-or-later
"""Courses and certificates: nothing is needed before a site says so, each act that a course names is refused without it at every way in, what
stops is never refused, and no certificate is granted to oneself."""
import concurrent.futures
import datetime
import re

import pytest

from clocks import Skewed, keep_right
from daemon import begin, serving
from live import dial
from oht_test.client import PASSWORD
from oht_test.wait import until
from test_keys import key_of, service, verdict
from test_local import NOBODY, ask as ask_locally, give
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
        return self.ask("DELETE", f"certificates/{number}?reason={reason.replace(' ', '%20')}")


@pytest.fixture(scope="module", name="site")
def fixture_site(tmp_path_factory, accounts):
    """A daemon of this module, whose tests switch their courses off again."""
    with serving(begin(tmp_path_factory.mktemp("qualifications"), accounts)) as made:
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
    assert verdict(chief.ask("DELETE", "certificates/4711?reason=x")) == (404, "not_found")
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
