# SPDX-License-Identifier: GPL-2.0-or-later
"""A version of the configuration that returns by itself: unless it is confirmed, over a connection that can still be made."""
import contextlib
import http.client
import json
import threading
import time

import pytest

from daemon import BUILD, PASSWORD, begin, serve
from oht_test.wait import until
from test_config import config, elevate, ohtctl, patch, version
from test_simulated import enable


@pytest.fixture(scope="module", name="shared")
def _shared(tmp_path_factory, accounts):
    made = begin(tmp_path_factory.mktemp("confirm"), accounts)
    try:
        made.write_config(bus_outputs="simulated", robot_simulated="yes")
        serve(made)
        yield made
        made.stop()
    finally:
        made.end()


@pytest.fixture(autouse=True)
def _nothing_pending(request):
    """Each test begins and ends with nothing pending."""
    yield
    if "shared" in request.fixturenames:
        daemon = request.getfixturevalue("shared")
        if pending(daemon)["version"]:
            assert daemon.request("DELETE", "config/pending", role="administrator").status == 200


def pending(daemon):
    answer = daemon.get("config/pending")
    assert answer.status == 200, answer
    return answer.json


def name(daemon):
    return config(daemon)["robot"]["name"]


def try_name(daemon, text, seconds=600, role="administrator", **named):
    answer = patch(daemon, {"robot": {"name": text}}, role=role, query=f"?confirm_within_s={seconds}", **named)
    assert (answer.status, answer.json["state"]) == (200, "pending"), answer
    return answer.json


def returned(daemon):
    items = [item for item in daemon.get("alerts").json["items"] if item["code"] == "config_returned"]
    assert all(item["since"] for item in items), items
    return [item["text"] for item in items]


def test_it_is_live_at_once_and_told(shared):
    before = version(shared)
    made = try_name(shared, "seven", 300)
    told = pending(shared)
    assert (name(shared), told["version"], told["returns_to"], told["by"], told["within_s"]) == \
        ("seven", made["version"], before, "administrator", 300)
    assert 290000 < told["remaining_ms"] <= 300000
    health = shared.get("health", role=None).json["configuration"]
    assert (health["pending"], 290 <= health["returns_in_s"] <= 300, health["returned"]) == (True, True, False)
    assert [item["state"] for item in shared.get("config/versions?limit=2").json["items"]] == ["pending", "past"]


def test_others_wait_until_it_is_decided(shared):
    made = try_name(shared, "seven", 300)
    for answer in (patch(shared, {"robot": {"place": "hall"}}), patch(shared, {"robot": {"name": "x"}}, query="?confirm_within_s=60"),
                   shared.post("config/check", {"robot": {"place": "hall"}}, role="administrator"),
                   shared.post("config/versions/1/rollback", {}, role="administrator"),
                   shared.post("robot/stations/mill/teach", {}, role="supervisor"),
                   shared.post("robot/limits/reload", {}, role="administrator")):
        assert (answer.status, answer.code) in ((409, "config_pending"), (403, "elevation_required"), (409, "position_lost"), (409, "sensors")), answer
        if answer.code == "config_pending":
            assert f"version {made['version']} by administrator waits for its confirmation and returns in 2" in answer.json["detail"]
    assert (name(shared), version(shared)) == ("seven", made["version"])


@pytest.mark.parametrize("query", ["?confirm_within_s=4", "?confirm_within_s=601", "?confirm_within_s=", "?confirm_within_s=1.5", "?confirm_within_s=-60"])
def test_a_time_out_of_range_changes_nothing(shared, query):
    before = (name(shared), version(shared))
    answer = patch(shared, {"robot": {"name": "nine"}}, query=query)
    assert (answer.status, answer.code) == (400, "validation"), answer
    assert shared.request("POST", f"config/extend{query}", role="administrator").status == 400
    assert (name(shared), version(shared)) == before


def test_nothing_pending_is_said(shared):
    for method, path in (("POST", "config/confirm"), ("POST", "config/extend?confirm_within_s=60"), ("DELETE", "config/pending")):
        answer = shared.request(method, path, role="administrator")
        assert (answer.status, answer.code) == (409, "nothing_pending"), answer
    assert not any(pending(shared).values()), pending(shared)


def test_it_is_confirmed_over_a_new_connection_by_its_author(shared):
    old = shared.another(keep_s=60)
    assert old.request("GET", "config", token=shared.token("supervisor")).status == 200
    made = try_name(shared, "eight", role="supervisor")
    late = old.request("POST", "config/confirm", token=shared.token("supervisor"))
    assert (late.status, late.code, late.headers["connection"]) == (409, "old_connection", "close"), late
    assert pending(shared)["version"] == made["version"]
    # As a browser does, which keeps its connections: the same once more goes over a new one.
    done = old.request("POST", "config/confirm", token=shared.token("supervisor"))
    old.hang_up()
    assert (done.status, done.json["version"], done.json["state"]) == (200, made["version"], "live"), done
    assert (name(shared), pending(shared)["version"], version(shared)) == ("eight", None, made["version"])
    # What has been confirmed is a version as any other.
    assert shared.get("config/versions?limit=1").json["items"][0]["state"] == "live"


def test_only_its_author_or_an_administrator_decides(shared):
    try_name(shared, "ten", role="administrator")
    for method, path in (("POST", "config/confirm"), ("POST", "config/extend?confirm_within_s=60"), ("DELETE", "config/pending")):
        answer = shared.request(method, path, role="supervisor")
        assert (answer.status, answer.code) == (409, "config_pending"), answer
        assert "only its author or an administrator decides about it" in answer.json["detail"]
        assert shared.request(method, path, role="operator").code == "role"


def test_more_time_is_counted_from_now(shared):
    try_name(shared, "ten", 10)
    longer = shared.request("POST", "config/extend?confirm_within_s=500", role="administrator")
    assert (longer.status, longer.json["within_s"]) == (200, 500), longer
    assert longer.json["remaining_ms"] > 490000


def test_given_up_it_is_back_at_once(shared):
    before = config(shared)
    made = try_name(shared, "eleven")
    back = shared.request("DELETE", "config/pending", role="administrator")
    assert (back.status, back.json["version"], back.json["state"]) == (200, made["version"] + 1, "live"), back
    assert (back.json["author"], back.json["reason"]) == ("administrator", f"version {made['version']} was given up")
    assert back.json["changes"] == [{"pointer": "/robot/name", "before": "eleven", "now": before["robot"]["name"]}]
    assert (config(shared), pending(shared)["version"], returned(shared)) == (before, None, [])


def test_limits_return_although_another_one_is_in_control(shared):
    """What the daemon takes back waits for nobody: at rest, while somebody else has control."""
    elevate(shared)
    made = patch(shared, {"motion": {"jog_mm_s": 111}}, query="?confirm_within_s=600")
    assert made.status == 200, made
    assert shared.request("DELETE", "control", role="administrator").status in (200, 204)
    assert shared.post("control", {}, role="operator").status == 200
    assert shared.request("DELETE", "config/pending", role="administrator").code == "control_held"
    assert shared.request("DELETE", "control", role="operator").status in (200, 204)


def test_a_lost_module_ends_it_early(shared):
    """In the window a module that answered is lost: nobody has to wait for the end of it."""
    before = name(shared)
    until(lambda: {item["address"]: item["health"] for item in shared.get("modules").json["items"]}.get(5) == "good", what="module 5")
    made = try_name(shared, "silent")
    assert shared.sim("fault 5 silence") == "ok"
    try:
        until(lambda: pending(shared)["version"] is None, what="its return")
        newest = shared.get("config/versions?limit=1").json["items"][0]
        assert (newest["version"], newest["author"], newest["state"]) == (made["version"] + 1, "ohtd", "live")
        was = f"version {made['version']} was taken back since "
        # A host that is so busy that a fifth of the cycles is missed is another reason, and may come first.
        assert newest["reason"] in (f"{was}module 5 was lost", f"{was}the bus missed cycles")
        assert name(shared) == before
        noted, = shared.get(f"audit?object=version%20{made['version'] + 1}", role="administrator").json["items"]
        assert (noted["who"], noted["act"], json.loads(noted["after"])["reason"]) == ("ohtd", "return of the configuration", newest["reason"])
        text, = returned(shared)
        assert text == f"The configuration has returned: {newest['reason']}, so version {made['version'] + 1} has the values of before: /robot/name \"silent\" -> \"{before}\"."
    finally:
        assert shared.sim("clear 5") == "ok"
    # The next version of a person ends the alert.
    assert patch(shared, {"robot": {"name": "after"}}).status == 200
    assert returned(shared) == []


def test_ohtctl_walks_it(shared):
    done = ohtctl(shared, "config", "set", "/robot/name", "twelve", "--confirm-within", "60")
    assert (done.returncode, "it returns by itself in 60 s unless you say: ohtctl config confirm" in done.stdout) == (0, True), done
    assert "returns to version" in ohtctl(shared, "config", "pending").stdout
    assert ohtctl(shared, "config", "extend", "4").returncode == 2
    assert ohtctl(shared, "config", "extend", "90").returncode == 0
    assert "stays" in ohtctl(shared, "config", "confirm").stdout
    assert ohtctl(shared, "config", "pending").stdout == "no version waits for its confirmation, or for standstill\n"
    refused = ohtctl(shared, "config", "confirm")
    assert (refused.returncode, "no version waits for its confirmation [nothing_pending]" in refused.stderr) == (1, True), refused


# ---- by a daemon of its own ----

def release(daemon, role):
    assert daemon.request("DELETE", "control", role=role).status in (200, 204)


def test_killed_or_expired_it_is_back(fresh):
    fresh.write_config(bus_outputs="simulated", bus_time_factor=20)
    serve(fresh)
    made = try_name(fresh, "lost")
    fresh.kill()
    serve(fresh)
    # Before the listeners opened: the first answer has the values of before.
    assert (name(fresh), pending(fresh)["version"], version(fresh)) == ("OHT-50", None, made["version"] + 1)
    text, = returned(fresh)
    assert text == f"The configuration has returned: version {made['version']} was not confirmed before ohtd ended, so version " \
        f"{made['version'] + 1} has the values of before: /robot/name \"lost\" -> \"OHT-50\"."
    assert fresh.get("robot").json["state"] == "safe"
    # Confirmed it survives the same.
    made = try_name(fresh, "kept")
    assert fresh.request("POST", "config/confirm", role="administrator").status == 200
    fresh.kill()
    serve(fresh)
    assert (name(fresh), version(fresh), returned(fresh)) == ("kept", made["version"], [])
    # The shortest time, waited for while an operator drives: the robot is stopped, and then its outputs are switched off, as the
    # profile of a module needs both.
    elevate(fresh)
    named = {"motion": {"correction_mm_s": 90}, "modules": {"safety": {"profile": "canonical"}}}
    answer = until(lambda: (made := patch(fresh, named, query="?confirm_within_s=600")).status != 409 and made, what="a robot that stands")
    assert (answer.status, answer.json["needs_standstill"]) == (200, True), answer
    release(fresh, "administrator")
    enable(fresh)
    assert fresh.request("POST", "config/extend?confirm_within_s=5", role="administrator").status == 200
    assert fresh.post("robot/commands", {"verb": "undock"}, role="operator").status == 200
    moves = fresh.post("robot/commands", {"verb": "move", "position_mm": 25000, "queue": "append"}, role="operator")
    assert moves.status == 200, moves
    until(lambda: pending(fresh)["version"] is None, what="its end")
    assert config(fresh)["motion"]["correction_mm_s"] == 100
    assert config(fresh)["modules"]["safety"]["profile"] == "auto"
    assert fresh.get("robot").json["state"] == "safe"
    reasons = [item["reason"] for item in fresh.get("robot/commands?limit=2").json["items"]]
    assert reasons == ["cancelled", "cancelled"]
    newest = fresh.get("config/versions?limit=1").json["items"][0]
    assert (newest["author"], newest["reason"]) == ("ohtd", f"version {answer.json['version']} was not confirmed within 5 s")
    # Each is said once, and a robot that stands is not stopped.
    said = [line.split(": ", 1)[1] for line in fresh.log().splitlines() if "for the values of before" in line]
    assert ["robot is stopped" in said[0], "outputs are switched off" in said[1]] == [True, True] and len(said) == 2, said
    assert fresh.get("control").json["holder"] == "operator"
    fresh.stop()


@pytest.mark.slow
def test_twenty_kills_leave_one_of_two_versions(fresh, chance):
    """At any moment of a change: what was acknowledged to stay stays, what was not confirmed is back, and it can always be changed."""
    serve(fresh)
    fresh.token("administrator")
    kept = "OHT-50"
    for i in range(20):
        stays, answers = chance.random() < 0.5, []

        def change(wanted=f"name {i}", stays=stays, answers=answers):
            with contextlib.suppress(OSError, http.client.HTTPException):
                answers.append(patch(fresh, {"robot": {"name": wanted}}, query="" if stays else "?confirm_within_s=600").status)

        asked = threading.Thread(target=change)
        asked.start()
        time.sleep(chance.random() * 0.05)
        fresh.kill()
        asked.join()
        assert answers in ([], [200])
        serve(fresh)
        possible = [f"name {i}"] if stays and answers else [kept, f"name {i}"] if stays else [kept]
        assert name(fresh) in possible and pending(fresh)["version"] is None
        kept = f"kept {i}"
        assert patch(fresh, {"robot": {"name": kept}}).status == 200 and name(fresh) == kept
    fresh.stop()


@pytest.mark.slow
@pytest.mark.plain("shim")
def test_a_version_returns_by_itself_on_a_full_disk(fresh):
    """The store fails, which went well before; and the next start does not bring the version back."""
    order = fresh.folder / "disk"
    order.write_text("")
    plain = fresh.environment
    fresh.environment = lambda: {**plain(), "LD_PRELOAD": str(BUILD / "tests/api/disk_shim.so"), "OHT_DISK_SHIM": str(order)}
    serve(fresh)
    try_name(fresh, "seven")
    order.write_text("full")
    assert fresh.post("users", {"username": "eve", "password": PASSWORD, "role": "viewer"}, role="administrator").code == "storage_full"
    until(lambda: pending(fresh)["version"] is None, what="the return")
    assert name(fresh) == "OHT-50" and "was taken back since the store took no changes any more" in fresh.log()
    fresh.kill()
    order.write_text("")
    serve(fresh)
    assert name(fresh) == "OHT-50"
    fresh.stop()
