# SPDX-License-Identifier: GPL-2.0-or-later
"""What is shown and done: modules, registers, stop. The bus is the simulator behind a pty."""
import csv

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
    assert health["simulated"] is False, "nobody has said so"
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


@pytest.mark.plain("timing")
def test_silent_module_is_shown_and_recovers(daemon):
    daemon.sim("fault 5 silence")
    try:
        until(lambda: daemon.get("modules/5").json["health"] in ("degraded", "lost"), 20, "loss")
        assert daemon.get("modules/5").json["statistics"]["timeouts"] > 0
        assert daemon.get("health", role=None).json["status"] == "degraded"
    finally:
        daemon.sim("clear 5")
    until(lambda: daemon.get("modules/5").json["health"] == "good", 30, "recovery")


# ---- the page ----

@pytest.mark.plain("filter")
def test_page_is_served_with_etag(daemon):
    page = daemon.get("/", role=None)
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert b"<script src=\"app.js\">" in page.body
    assert b"onclick" not in page.body and b"<script>" not in page.body and b"style=" not in page.body
    again = daemon.get("/", role=None, headers={"If-None-Match": page.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    for name, kind in (("app.js", "text/javascript"), ("style.css", "text/css"), ("icon.svg", "image/svg+xml")):
        answer = daemon.get(f"/{name}", role=None)
        assert answer.status == 200
        assert answer.headers["content-type"].startswith(kind)
    for name in ("meson.build", "../ohtd.conf", "index.html", "app.js/", ""):
        assert daemon.get(f"/x/{name}", role=None).status == 404
    assert daemon.get("/meson.build", role=None).status == 404


def test_ca_certificate_can_be_fetched(daemon):
    answer = daemon.get("/ca.crt", role=None)
    assert answer.body == (daemon.state / "ca.crt").read_bytes()
    assert b"PRIVATE" not in answer.body
    assert daemon.get("/ca.key", role=None).status == 404
    assert daemon.get("/server.key", role=None).status == 404
