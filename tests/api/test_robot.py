# SPDX-License-Identifier: GPL-2.0-or-later
"""What is shown and done: modules, registers, stop. The bus is the simulator behind a pty."""
import csv
import gzip
import pathlib
import re
import time

import pytest

from daemon import TOP
from oht_test.wait import until

NAMES = {2: "power", 3: "safety", 4: "travel_motor", 5: "dock_location"}


def test_health_says_what_this_back_end_is(daemon):
    until(lambda: daemon.get("health", role=None).json["status"] == "ok", what="health ok")
    health = daemon.get("health", role=None).json
    assert health["bus"]["backend"] == "rtu"
    assert health["bus"]["timing"] == "not_guaranteed"
    assert health["bus"]["hardware_stop"] is False
    assert health["simulated"] is True
    assert daemon.get("health/live", role=None).json == {"status": "live"}
    assert daemon.get("health/ready", role=None).json == {"status": "ready"}


def test_the_four_modules_are_there(daemon):
    def heard():
        items = daemon.get("modules").json["items"]
        good = len(items) == 4 and all(m["health"] == "good" and 0 <= m["age_ms"] < 2000 for m in items)
        return items if good else None
    items = until(heard, what="four good modules that have just been heard")
    assert {m["address"]: m["name"] for m in items} == NAMES
    for module in items:
        assert module["profile"] == "canonical"
        assert daemon.get(f"modules/{module['address']}").json["name"] == module["name"]


def test_robot_has_the_promised_members(daemon):
    robot = daemon.get("robot").json
    assert {"state", "mode", "control", "position_mm", "speed_mm_s", "battery_percent", "safety",
            "age_ms"} <= robot.keys()
    until(lambda: daemon.get("robot").json["age_ms"] < 1000, what="a state that is new")


def test_safety_has_the_promised_members(daemon):
    safety = daemon.get("safety").json
    assert safety["state"] in ("stopped", "ready", "enabled")
    assert {"a", "b"} <= safety["channels"].keys()
    assert {"enable1", "enable2"} <= safety["outputs"].keys()
    assert "feedback" in safety
    # The rtu back-end has nothing that could be tested, and no CPU that watches another.
    assert safety["cpus_watched"] is None
    assert safety["self_test"] is None and safety["proof_test_age_s"] is None
    for cause in safety["causes"]:
        assert {"code", "text", "since"} <= cause.keys()


@pytest.mark.plain("filter")
def test_registers_are_those_of_the_simulator(daemon):
    def shown():
        items = {r["name"]: r for r in daemon.get("modules/0x02/registers").json["items"]}
        voltage = items["battery_voltage"]
        return items if voltage["value"] is not None and voltage["age_ms"] < 5000 else None
    items = until(shown, what="a voltage that is new")
    told = dict(part.split("=", 1) for part in daemon.sim("get 2 0").split() if "=" in part)
    assert items["battery_voltage"]["unit"] == told["unit_of_value"]
    assert abs(items["battery_voltage"]["value"] - float(told["value"])) < 1
    with (TOP / "userspace/data/registers.csv").open(encoding="utf-8") as table:
        known = {row["name"] for row in csv.DictReader(table)}
    assert len(items) > 10 and items.keys() <= known


@pytest.mark.parametrize("address, status, code", [
    ("9", 404, "module_not_found"), ("247", 404, "module_not_found"), ("0", 400, "bad_address"),
    ("248", 400, "bad_address"), ("0x100", 400, "bad_address"), ("two", 400, "bad_address"),
    ("-2", 400, "bad_address"), ("%32", 200, None),
])
def test_addresses(daemon, address, status, code):
    for path in (f"modules/{address}", f"modules/{address}/registers"):
        answer = daemon.get(path)
        assert answer.status == status
        assert code is None or answer.code == code


@pytest.mark.plain("filter")
def test_stop_and_repeated_stop(daemon):
    for _ in range(20):
        answer = daemon.post("safety/stop", role="operator")
        assert answer.status == 200
        assert answer.json["state"] == "stopped"
        assert answer.json["outputs"] == {"enable1": None, "enable2": None}        # rtu has none
    until(lambda: daemon.get("safety").json["state"] == "stopped", what="stopped")
    safety = daemon.get("safety").json
    assert "software" in {cause["code"] for cause in safety["causes"]}
    assert all(cause["text"] and cause["action"] for cause in safety["causes"])
    action = next(cause["action"] for cause in safety["causes"] if cause["code"] == "software")
    assert action == "Find out who and why, then reset."


def test_stop_takes_any_body(daemon):
    for body in (b"", b"{", b"\0\xff", b'{"reason":"fire"}', b"[" * 1000):
        assert daemon.post("safety/stop", body, role="operator").status == 200
    assert daemon.post("safety/stop", b"now!", role="operator",
                       headers={"Content-Type": "text/plain"}).status == 200


def test_reset_opens_the_latch_and_enable_is_refused_here(daemon):
    daemon.post("safety/stop")
    until(lambda: daemon.get("safety").json["state"] == "stopped", what="stopped")
    refused = daemon.post("safety/enable", role="operator")
    assert refused.status == 409
    assert refused.json["errors"]
    until(lambda: not daemon.get("safety").json["why_not_reset"], what="nothing in the way of a reset")
    answer = daemon.post("safety/reset", role="supervisor")
    assert answer.status == 200, answer
    assert answer.json["state"] == "ready"
    again = daemon.post("safety/reset", role="supervisor")
    assert (again.status, bool(again.json["errors"])) == (409, True)
    refused = daemon.post("safety/enable", role="operator")
    assert (refused.status, refused.code) == (409, "unsupported")


def test_a_reset_is_not_for_a_stop_that_came_after_the_look(daemon):
    daemon.post("safety/stop")
    until(lambda: not daemon.get("safety").json["why_not_reset"], what="nothing in the way of a reset")
    seen = daemon.get("safety").json["journal_seq"]
    daemon.post("safety/stop", role="operator")
    for wrong in (seen, 0, seen + 1000):
        refused = daemon.post("safety/reset", {"journal_seq": wrong}, role="supervisor")
        assert (refused.status, refused.code) == (409, "stop_changed"), wrong
        assert daemon.get("safety").json["state"] == "stopped"
    for wrong in (-1, 1.5, "1", None):
        refused = daemon.post("safety/reset", {"journal_seq": wrong}, role="supervisor")
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/journal_seq"), wrong
    assert daemon.post("safety/enable", {"journal_seq": seen}).json["errors"][0]["pointer"] == "/journal_seq"
    until(lambda: daemon.get("safety").json["journal_seq"] > seen, what="the second stop")
    answer = daemon.post("safety/reset", {"journal_seq": daemon.get("safety").json["journal_seq"]}, role="supervisor")
    assert (answer.status, answer.json["state"]) == (200, "ready")


@pytest.mark.parametrize("role, status, code", [
    ("viewer", 403, "role"), ("operator", 403, "role"), ("supervisor", 409, "unsupported"),
    ("administrator", 409, "unsupported"),
])
def test_self_test_refusals(daemon, role, status, code):
    answer = daemon.post("safety/self-test", role=role)
    assert (answer.status, answer.code) == (status, code)
    assert daemon.get("safety").json["self_test"] is None


def test_self_test_wants_a_token_and_no_strange_body(daemon):
    assert daemon.request("POST", "safety/self-test", {}).code == "token_missing"
    assert daemon.get("safety/self-test").status == 405
    for body, pointer in (({"tests": 1}, "/tests"), ({"valid_for_ms": 0}, "/valid_for_ms")):
        answer = daemon.post("safety/self-test", body, role="supervisor")
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, pointer)


def test_commands_are_validated(daemon):
    answer = daemon.post("robot/commands", {"verb": "fly"})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/verb")
    for value in (0, 60001, -1, 1.5, "2", None, True):
        answer = daemon.post("robot/commands", {"verb": "stop", "valid_for_ms": value})
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/valid_for_ms"), value
    assert daemon.post("robot/commands", {"verb": "stop"}).status in (200, 409)


def test_members_fit_the_verb(daemon):
    """A member that the verb does not take, or lacks, is named; nothing is passed over in silence."""
    for body, pointer, code in (
            ({"verb": "move"}, "/position_mm", "missing"),
            ({"verb": "move", "station": "home", "position_mm": 1}, "/station", "one_of"),
            ({"verb": "home", "station": "home"}, "/station", "not_taken"),
            ({"verb": "jog", "speed_mm_s": 10, "station": "home"}, "/station", "not_taken"),
            ({"verb": "jog"}, "/speed_mm_s", "missing"),
            ({"verb": "jog", "speed_mm_s": 10, "position_mm": 1}, "/position_mm", "not_taken"),
            ({"verb": "home", "position_mm": 1}, "/position_mm", "not_taken"),
            ({"verb": "dock", "speed_mm_s": 1}, "/speed_mm_s", "not_taken"),
            ({"verb": "disable", "position_mm": 0}, "/position_mm", "not_taken"),
            ({"verb": "pause", "queue": "replace"}, "/queue", "not_taken"),
            ({"verb": "jog", "speed_mm_s": 10, "queue": "replace"}, "/queue", "not_taken"),
            ({"verb": "jog", "speed_mm_s": 10, "queue": "append"}, "/queue", "not_taken"),
            ({"verb": "stop", "queue": "append"}, "/queue", "not_taken"),
            ({"verb": "resume", "not_after": "2100-01-01T00:00:00Z"}, "/not_after", "not_taken"),
            *(({"verb": "home", "not_after": text}, "/not_after", "unfit") for text in (
                "2100-01-01T00:00:00+00", "2100-01-01 00:00:00Z", "2100-02-30T00:00:00Z", "2100-13-01T00:00:00Z", "2100-00-01T00:00:00Z",
                "2100-01-01T00:00:00.Z", "2100-01-01T00:00:61Z", "tomorrow at 12 o'clock", "2100-01-01T00:00:00.12ZZ", "2100-01-01T24:00:00Z",
                "2100-1-1T00:00:00.00Z", "2100-01-01T00:00:00+0800", "2100-01-01T00:00:00+24:00", "2100-01-01T00:00:00+08:00Z",
                "2100-01-01T00:00:00,5Z", "2100-01-01T00:00:00.5", "+100-01-01T00:00:00Z")),
            ({"verb": "move", "position_mm": 1, "speed_mm_s": 0}, "/speed_mm_s", "range"),
            *(({"verb": "move", "position_mm": 1, "speed_mm_s": slow}, "/speed_mm_s", "range") for slow in (-5, 1e-320, 0.01, 0.999)),
            ({"verb": "move", "position_mm": 1, "id": "gr\u00fcn"}, "/id", "unprintable")):
        answer = daemon.post("robot/commands", body)
        assert (answer.status, answer.code) == (422, "verb_member"), (body, answer)
        assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [(pointer, code)], body
    for odd in ("a\x7f", "tab\there"):
        answer = daemon.post("robot/commands", {"verb": "stop", "id": odd}, role="operator")
        assert (answer.status, answer.code, answer.json["errors"][0]["code"]) == (400, "validation", "unfit"), odd


def test_bad_values_of_motion_are_refused(daemon):
    for body, pointer in (
            ({"verb": "move", "position_mm": 1e7}, "/position_mm"), ({"verb": "move", "position_mm": "1"}, "/position_mm"),
            ({"verb": "move", "position_mm": None}, "/position_mm"), ({"verb": "move", "position_mm": True}, "/position_mm"),
            ({"verb": "jog", "speed_mm_s": 1e6}, "/speed_mm_s"), ({"verb": "jog", "speed_mm_s": [1]}, "/speed_mm_s"),
            ({"verb": "move", "position_mm": 1, "id": ""}, "/id"), ({"verb": "move", "position_mm": 1, "id": "x" * 65}, "/id"),
            ({"verb": "move", "position_mm": 1, "queue": "first"}, "/queue"),
            ({"verb": "home", "not_after": 5}, "/not_after"), ({"verb": "home", "not_after": "2100-01-01"}, "/not_after"),
            ({"verb": "home", "not_after": f"2100-01-01T00:00:00.{'1' * 60}Z"}, "/not_after"),
            ({"verb": "home", "valid_for_ms": 1999.5}, "/valid_for_ms"), ({"verb": "home", "valid_for_ms": 1e300}, "/valid_for_ms"),
            ({"verb": "home", "valid_for_ms": 0.0}, "/valid_for_ms"), ({"verb": "home", "valid_for_ms": "2000"}, "/valid_for_ms"),
            ({"verb": "move", "position_mm": 1, "force": True}, "/force")):
        answer = daemon.post("robot/commands", body)
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, pointer), body


def test_stations_are_listed_and_are_targets(daemon):
    assert daemon.get("robot/stations", role="viewer").json == {
        "items": [{"name": "dock", "position_mm": 0}, {"name": "home", "position_mm": 500}], "next_cursor": None}
    assert daemon.request("GET", "robot/stations").status == 401
    # Refused as a move to its position is.
    by_name, by_position = (daemon.post("robot/commands", {"verb": "move", **target}) for target in
                            ({"station": "home"}, {"position_mm": 500}))
    assert by_name.status == by_position.status == 409 and by_name.json["errors"] == by_position.json["errors"]
    for name in ("Home", "home ", "hom", "homes", "500", "../home", "x" * 40, "\u00f6"):
        answer = daemon.post("robot/commands", {"verb": "move", "station": name})
        assert (answer.status, answer.code) == (422, "unknown_station"), (name, answer)
        assert [error["pointer"] for error in answer.json["errors"]] == ["/station"]
    for name in ("", "x" * 41, 5, None, ["home"]):
        answer = daemon.post("robot/commands", {"verb": "move", "station": name})
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/station"), (name, answer)
    assert daemon.get("robot").json["last_passage"] is None


def test_nothing_moves_without_outputs(daemon):
    """This bus has no outputs that could be switched on: each verb says why not, and the robot stands."""
    until(lambda: daemon.get("robot").json["state"] not in ("boot", "init"), what="the end of the start")
    before = daemon.get("robot").json
    for body in ({"verb": "move", "position_mm": 1000}, {"verb": "jog", "speed_mm_s": 100}, {"verb": "home"}, {"verb": "dock"},
                 {"verb": "undock"}, {"verb": "pause"}, {"verb": "resume"},
                 {"verb": "move", "position_mm": 1000, "queue": "append"}, {"verb": "dock", "queue": "append"},
                 {"verb": "home", "not_after": "2100-01-01T00:00:00.5Z"}, {"verb": "home", "not_after": "9999-12-31T23:59:59Z"},
                 {"verb": "home", "not_after": "2262-04-12T00:00:00Z"},
                 # Python, .NET, Go, Java; and a client that knows only one kind of number.
                 *({"verb": "home", "not_after": f"2100-01-01{rest}"} for rest in (
                     "T00:00:00.123456+00:00", "T08:00:00.1234567+08:00", "T00:00:00.123456789Z", "t00:00:00z", "T00:00:00-00:00", "T23:59:60Z")),
                 {"verb": "home", "valid_for_ms": 2000.0}):
        answer = daemon.post("robot/commands", body)
        assert answer.status == 409, (body, answer)
        assert answer.json["errors"], body
        assert daemon.request("POST", "robot/commands", body).status == 401
        assert daemon.post("robot/commands", body, role="viewer").status == 403
    after = daemon.get("robot").json
    assert after["command"] is None and after["queue"] == []
    assert (after["state"], after["position_mm"]) == (before["state"], before["position_mm"])


def test_a_command_whose_time_is_past_is_dropped(daemon):
    for text in ("2020-02-29T23:59:59.999Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
                 time.strftime("%Y-%m-%dT%H:%M:%S+08:00", time.gmtime(time.time() + 3600))):
        answer = daemon.post("robot/commands", {"verb": "home", "not_after": text})
        assert (answer.status, answer.code) == (504, "expired"), text


def test_the_answer_has_the_robot_and_no_number_without_a_motion(daemon):
    answer = daemon.post("robot/commands", {"verb": "stop"})
    assert answer.status == 200 and answer.json["number"] is None
    assert answer.json["robot"].keys() == daemon.get("robot").json.keys()
    assert (answer.json["id"], answer.json["state"], answer.json["why_not"]) == (None, "finished", [])
    assert daemon.post("robot/commands", {"verb": "stop", "id": "mine"}).json["id"] == "mine"


def test_the_factsheet_says_what_holds(daemon):
    """Each fact against the place where it shows: a sheet that is wrong is worse than none."""
    facts = daemon.get("robot/factsheet").json
    robot, document = daemon.get("robot").json, daemon.get("openapi.json", role=None).json
    for name in ("soft_min_mm", "soft_max_mm", "dock_position_mm"):
        assert facts["lengths"][name] == robot["limits"][name], name
    for name in ("speed_mm_s", "jog_mm_s"):
        assert facts["limits"][name] == robot["limits"][name], name
    assert facts["intervals"]["jog_expiry_ms"] == robot["jog_expiry_ms"]
    members = document["components"]["schemas"]["RobotCommand"]["properties"]
    assert facts["array_limits"]["id_characters"] == members["id"]["maxLength"]
    assert facts["intervals"]["valid_for_max_ms"] == members["valid_for_ms"]["maximum"]
    assert facts["intervals"]["valid_for_ms"] == members["valid_for_ms"]["x-default"]
    assert [module["address"] for module in facts["versions"]["modules"]] == \
        [item["address"] for item in daemon.get("modules").json["items"]]
    assert facts["versions"]["ohtd"] == daemon.get("health").json["version"] and facts["versions"]["bus"] == "rtu"
    assert daemon.request("GET", "robot/factsheet").status == 401


def test_the_factsheet_knows_what_each_command_takes(daemon):
    commands = {item["verb"]: item for item in daemon.get("robot/factsheet").json["commands"]}
    assert set(commands) == {"move", "jog", "home", "dock", "undock"}
    for verb, facts in commands.items():
        target = {"position_mm": 1000} if facts["needs_target"] else {"speed_mm_s": 50} if verb == "jog" else {}
        said = daemon.post("robot/commands", {"verb": verb, "queue": "append", **target})
        assert (said.code == "verb_member") == (not facts["can_wait"]), verb
        assert daemon.post("robot/commands", {"verb": verb, **target}).code != "verb_member", verb


def test_the_override_is_set_and_told(daemon):
    assert daemon.get("robot").json["override_percent"] == 100
    try:
        for percent in (1, 40, 100):
            answer = daemon.request("PUT", "robot/override", {"percent": percent}, role="operator")
            assert answer.status == 200 and answer.json["override_percent"] == percent
            assert daemon.get("robot").json["override_percent"] == percent
        for body, pointer in (({}, "/percent"), ({"percent": 0}, "/percent"), ({"percent": 101}, "/percent"),
                              ({"percent": 50.5}, "/percent"), ({"percent": "50"}, "/percent"), ({"percent": None}, "/percent"),
                              ({"percent": 50, "verb": "move"}, "/verb"), ({"percent": 50, "valid_for_ms": 0}, "/valid_for_ms")):
            answer = daemon.request("PUT", "robot/override", body, role="operator")
            assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, pointer), body
        assert daemon.request("PUT", "robot/override", {"percent": 50}).status == 401
        assert daemon.request("PUT", "robot/override", {"percent": 50}, role="viewer").status == 403
        refused = daemon.request("PUT", "robot/override", {"percent": 50}, role="supervisor")
        assert (refused.status, refused.code) == (409, "control_held"), "the operator has taken control with it"
        assert daemon.get("robot").json["override_percent"] == 100
    finally:
        daemon.request("DELETE", "control", role="operator")


def test_limits_of_motion_are_told(daemon):
    robot = daemon.get("robot").json
    limits = robot["limits"]
    assert limits["soft_min_mm"] < limits["dock_position_mm"] < limits["soft_max_mm"]
    assert 0 < limits["jog_mm_s"] <= limits["speed_mm_s"]
    assert robot["jog_expiry_ms"] >= 100


@pytest.mark.plain("filter")
def test_discover_finds_all_four(daemon):
    """The daemon's own search at the start goes first. A busy host may hide a module from a search, but adds none."""
    def found():
        answer = daemon.post("modules/discover", role="operator")
        if answer.status == 409:
            assert answer.json["errors"][0]["code"] == "busy", answer
            return False
        assert answer.status == 200, answer
        assert answer.json["duration_ms"] > 0
        addresses = {m["address"] for m in answer.json["items"]}
        assert addresses <= set(NAMES), answer.json
        return addresses == set(NAMES)
    until(found, what="a search that finds all four")


@pytest.mark.slow
@pytest.mark.plain("timing")
def test_silent_module_is_shown_and_recovers(daemon):
    assert daemon.sim("fault 5 silence") == "ok"
    try:
        # A module is degraded with its first errors; the robot's health is when the module is lost.
        until(lambda: daemon.get("modules/5").json["health"] == "lost", 120, "loss")
        assert daemon.get("modules/5").json["statistics"]["timeouts"] > 0
        assert daemon.get("health", role=None).json["status"] == "degraded"
    except AssertionError as failure:
        seen = [daemon.get(path).json for path in ("modules/5", "health")] + [daemon.sim("status")]
        raise AssertionError(f"{failure}; {seen}") from failure
    finally:
        assert daemon.sim("clear 5") == "ok"
    until(lambda: daemon.get("modules/5").json["health"] == "good", 120, "recovery")


# ---- the page ----

@pytest.mark.plain("filter")
def test_page_is_served_with_etag(daemon):
    page = daemon.get("/", role=None)
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert b"onclick" not in page.body and b"<script>" not in page.body and b"style=" not in page.body
    assert page.headers["cache-control"] == "no-cache"
    again = daemon.get("/", role=None, headers={"If-None-Match": page.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    for path in ("/x/meson.build", "/x/../ohtd.conf", "/x/index.html", "/x/", "/meson.build", "/index.html",
                 "/index.html.gz", "/assets", "/assets/", "/assets/../index.html"):
        assert daemon.get(path, role=None).status == 404, path


def assets_of(daemon):
    """What the page loads, by path."""
    text = daemon.get("/", role=None).body.decode()
    return re.findall(r'(?:src|href)="\./(assets/[^"]+)"', text)


@pytest.mark.plain("filter")
def test_what_the_page_loads_is_named_by_its_content(daemon):
    kinds = {".js": "text/javascript", ".css": "text/css"}
    found = assets_of(daemon)
    assert {pathlib.Path(path).suffix for path in found} == set(kinds)
    for path in found:
        answer = daemon.get(f"/{path}", role=None)
        assert answer.status == 200
        assert answer.headers["content-type"].startswith(kinds[pathlib.Path(path).suffix])
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert daemon.get("/icon.svg", role=None).headers["content-type"] == "image/svg+xml"


@pytest.mark.plain("filter")
def test_the_page_comes_compressed_to_who_takes_that(daemon):
    path = next(f"/{path}" for path in assets_of(daemon) if path.endswith(".js"))
    plain = daemon.get(path, role=None)
    assert "content-encoding" not in plain.headers and plain.headers["vary"] == "accept-encoding"
    assert plain.body == (TOP / f"build/web{path}").read_bytes()
    packed = daemon.get(path, role=None, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and packed.headers["vary"] == "accept-encoding"
    assert gzip.decompress(packed.body) == plain.body
    both = daemon.get(path, role=None, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert both.headers["content-encoding"] == "br" and len(both.body) < len(packed.body)
    assert len({answer.headers["etag"] for answer in (plain, packed, both)}) == 3
    for wanted, coding in (("br;q=0, gzip", "gzip"), ("gzip;q=0", None), ("*;q=0", None), ("xbr, gzipx", None), ("BR", "br")):
        answer = daemon.get(path, role=None, headers={"Accept-Encoding": wanted})
        assert answer.headers.get("content-encoding") == coding, wanted
    # A form that a cache has is no answer for another form.
    other = daemon.get(path, role=None, headers={"If-None-Match": packed.headers["etag"]})
    assert other.status == 200
    etag = plain.headers["etag"]
    for known, status in ((f'"x", W/{etag}', 304), ("*", 304), (f"x{etag}y", 200), (etag[1:-1], 200)):
        assert daemon.get(path, role=None, headers={"If-None-Match": known}).status == status, known
    # Nothing that may ever hold a secret, or say again what a request has said.
    assert "content-encoding" not in daemon.get("/", role=None, headers={"Accept-Encoding": "gzip, br"}).headers
    for refused in ("br;q=0, gzip;q=0", "identity", "*;q=0", "", "zstd"):
        assert daemon.get(path, role=None, headers={"Accept-Encoding": refused}).body == plain.body, refused


def test_ca_certificate_can_be_fetched(daemon):
    answer = daemon.get("/ca.crt", role=None)
    assert answer.body == (daemon.state / "ca.crt").read_bytes()
    assert b"PRIVATE" not in answer.body
    assert daemon.get("/ca.key", role=None).status == 404
    assert daemon.get("/server.key", role=None).status == 404
