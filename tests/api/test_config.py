# SPDX-License-Identifier: GPL-2.0-or-later
"""The configuration: what is taken over, changes and their versions, refusals that change nothing, and what a crash leaves."""
import concurrent.futures
import contextlib
import csv
import json
import os
import re
import sqlite3
import subprocess

import pytest

from daemon import BUILD, OHTD, PASSWORD, TOP, serve
from oht_test.wait import until

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"
MOTION = TOP / "userspace/data/motion.csv"


@pytest.fixture(name="own")
def _own(fresh):
    serve(fresh)
    yield fresh
    fresh.stop()


def patch(daemon, body, role="administrator", headers=None, query=""):
    return daemon.request("PATCH", f"config{query}", body, role=role,
                          headers={"Content-Type": "application/merge-patch+json", **(headers or {})})


def config(daemon):
    answer = daemon.get("config")
    assert answer.status == 200, answer
    return answer.json


def version(daemon):
    return int(daemon.get("config").headers["etag"].strip('"'))


def elevate(daemon, role="administrator"):
    assert daemon.post("auth/elevate", {"password": PASSWORD}, role=role).status == 200


def ohtctl(daemon, *words):
    return subprocess.run([OHTCTL, "--socket", daemon.socket, *words], capture_output=True, text=True, check=False, timeout=60)


def rows():
    return list(csv.DictReader(MOTION.read_text().splitlines()))


# ---- the beginning ----

def test_the_files_are_the_first_version(own):
    tree = config(own)
    assert (tree["robot"], tree["log"], version(own)) == ({"name": "OHT-50", "place": "", "layer": "commissioning"}, {"level": "info"}, 1)
    assert tree["stations"] == {"dock": {"position_mm": 0}, "home": {"position_mm": 500}}
    for row in rows():
        value = tree["motion"][row["name"]]
        assert (value if row["profile"] == "common" else value[row["profile"]]) == float(row["value"]), row
    told, = own.get("config/versions").json["items"]
    assert (told["version"], told["parent"], told["author"], told["state"]) == (1, None, "ohtd", "live")
    assert "config_made: version 1: taken over from motion.csv, stations.csv, modules.csv and ohtd.conf" in own.log()
    assert own.request("GET", "config", role="viewer", headers={"If-None-Match": '"1"'}).status == 304
    assert own.request("GET", "config").status == 401


def test_a_changed_file_is_taken_over_once(fresh):
    (fresh.data / "motion.csv").write_text(MOTION.read_text().replace("jog_mm_s,common,250,", "jog_mm_s,common,200,"))
    (fresh.data / "stations.csv").write_text("name,position_mm\nmill,7000\nfar,40000\n")
    serve(fresh)
    assert (config(fresh)["motion"]["jog_mm_s"], config(fresh)["stations"]) == (200, {"mill": {"position_mm": 7000}})
    assert "config_item_left_out: /stations/far/position_mm" in fresh.log()
    assert patch(fresh, {"motion": {"jog_mm_s": 150}}).status == 200
    fresh.stop()
    (fresh.data / "motion.csv").write_text(MOTION.read_text().replace("jog_mm_s,common,250,", "jog_mm_s,common,100,"))
    serve(fresh)
    assert (config(fresh)["motion"]["jog_mm_s"], version(fresh)) == (150, 2)
    # null: the default, which the file says.
    assert patch(fresh, {"motion": {"jog_mm_s": None}}).json["changes"] == [{"pointer": "/motion/jog_mm_s", "before": 150, "now": 100}]
    fresh.stop()


def alert_of(daemon):
    return [item["text"] for item in daemon.get("alerts").json["items"] if item["code"] == "config_not_chosen"]


def test_an_account_with_the_name_of_ohtd_is_a_person(fresh):
    """It is from before the name was reserved. Its versions are not those that nobody has made, whatever its reason says."""
    fresh.start()
    fresh.stop()
    with contextlib.closing(sqlite3.connect(fresh.state / "oht.db", isolation_level=None)) as database:
        database.execute("UPDATE users SET name = 'ohtd' WHERE name = 'supervisor'")
    fresh.start()
    assert patch(fresh, {"robot": {"place": "hall"}}, "ohtd", query="?reason=items%20that%20do%20not%20fit%20have%20their%20defaults").status == 200
    fresh.stop()
    fresh.start()
    assert "config_waits" not in fresh.log() and fresh.get("config/versions/2").json["author"] == "account ohtd"
    fresh.stop()


def test_what_the_files_permit_no_more_waits_for_a_person(fresh):
    """With auto_enable: limits that nobody has chosen do not move the robot."""
    fresh.write_config(robot_auto_enable="yes", bus_outputs="simulated", bus_time_factor=20)
    fresh.start()
    until(lambda: fresh.get("robot").json["state"] == "idle", what="idle without a person")
    assert alert_of(fresh) == []
    assert patch(fresh, {"motion": {"jog_mm_s": 240}, "robot": {"name": "seven"}}).status == 200
    fresh.stop()
    (fresh.data / "motion.csv").write_text(MOTION.read_text().replace("jog_mm_s,common,250,mm/s,1,10000", "jog_mm_s,common,100,mm/s,1,120"))
    for _ in range(2):
        serve(fresh)
        assert (config(fresh)["motion"]["jog_mm_s"], config(fresh)["robot"]["name"], version(fresh)) == (100, "seven", 3)
        text, = alert_of(fresh)
        assert text == "Nobody has chosen the configuration, version 3: items that do not fit have their defaults: /motion/jog_mm_s 240 -> 100."
        assert patch(fresh, {"robot": {"name": "eight"}}, query="?confirm_within_s=60").code == "config_no_way_back"
        fresh.stop()
    assert "config_item_left_out: /motion/jog_mm_s: must be 1 to 120 mm/s, not 240" in fresh.log()
    serve(fresh)
    # Who may not choose it does not end the waiting with something else.
    answer = patch(fresh, {"robot": {"place": "roof"}}, role="supervisor")
    assert (answer.status, answer.code, answer.json["errors"][0]["pointer"]) == (403, "role", "/motion/jog_mm_s"), answer
    # Going back to what is live confirms it.
    assert fresh.post("config/versions/3/rollback", {}, role="administrator").json["version"] == 4
    assert alert_of(fresh) == []
    fresh.stop()
    fresh.start()
    until(lambda: fresh.get("robot").json["state"] == "idle", what="idle without a person")
    fresh.stop()


# ---- changes ----

def test_a_change_is_live_in_all_parts_and_survives_a_kill(own):
    elevate(own)
    answer = patch(own, {"robot": {"name": "mill 7", "place": "hall 2"}, "log": {"level": "debug"},
                         "motion": {"jog_mm_s": 200, "soft_min_mm": {"canonical": -3000.5}},
                         "stations": {"home": None, "mill": {"position_mm": 7000.5}}}, query="?reason=new%20mill")
    assert answer.status == 200, answer
    assert (answer.json["version"], answer.json["parent"], answer.json["author"], answer.json["reason"],
            answer.json["state"], answer.json["needs_standstill"]) == (2, 1, "administrator", "new mill", "live", True)
    assert answer.headers["etag"] == '"2"'
    changes = [(each["pointer"], each["before"], each["now"]) for each in answer.json["changes"]]
    assert changes == [
        ("/robot/name", "OHT-50", "mill 7"), ("/robot/place", "", "hall 2"), ("/log/level", "info", "debug"),
        ("/motion/soft_min_mm/canonical", -3500, -3000.5), ("/motion/jog_mm_s", 250, 200),
        ("/stations/mill/position_mm", None, 7000.5), ("/stations/home/position_mm", 500, None)]

    def check():
        robot = own.get("robot").json
        assert (robot["name"], robot["place"], robot["limits"]["jog_mm_s"]) == ("mill 7", "hall 2", 200)
        limits = {(item["name"], item["profile"]): item["value"] for item in own.get("robot/limits").json["items"]}
        assert (limits["jog_mm_s", "common"], limits["soft_min_mm", "canonical"]) == (200, -3000.5)
        assert own.get("robot/stations").json["items"] == [{"name": "dock", "position_mm": 0}, {"name": "mill", "position_mm": 7000.5}]
        assert own.post("robot/commands", {"verb": "move", "station": "home"}).code == "unknown_station"
        assert own.post("robot/commands", {"verb": "move", "station": "mill"}).status == 409
        own.get("health", role=None, headers={"X-Request-Id": "seen"})
        # The line is written behind the answer.
        until(lambda: any(item["request_id"] == "seen" for item in own.get("logs?code=answer&level=debug&limit=200", role="supervisor").json["items"]),
              what="the line of an answer")
        kept = own.get("config/versions/2").json
        assert (kept["changes"], kept["needs_standstill"]) == (answer.json["changes"], True)

    check()
    own.kill()
    serve(own)
    check()
    assert [item["state"] for item in own.get("config/versions").json["items"]] == ["live", "past"]


def test_a_rollback_is_a_version(shared):
    first = version(shared)
    before = config(shared)
    assert patch(shared, {"robot": {"place": "roof"}, "motion": {"jog_mm_s": 100}}).status == 200
    answer = shared.post(f"config/versions/{first}/rollback", {}, role="administrator")
    assert (answer.status, answer.json["version"], answer.json["parent"], answer.json["reason"]) == (200, first + 2, first + 1, f"back to version {first}")
    assert config(shared) == before and shared.get("robot").json["limits"]["jog_mm_s"] == before["motion"]["jog_mm_s"]
    assert shared.post("config/versions/999/rollback", {}, role="administrator").code == "not_found"
    assert shared.get("config/versions/999").code == "not_found"
    # The same again changes nothing, and is no version.
    again = shared.post(f"config/versions/{first}/rollback", {}, role="administrator")
    assert (again.status, again.json["changes"], again.json["version"]) == (200, [], first + 2)


def test_reading_the_file_again_is_a_version(own):
    (own.data / "motion.csv").write_text(MOTION.read_text().replace("jog_mm_s,common,250,", "jog_mm_s,common,200,"))
    assert own.post("robot/limits/reload", {}, role="administrator").status == 200
    told = own.get("config/versions/2").json
    assert (told["reason"], told["changes"]) == ("motion.csv was read again", [{"pointer": "/motion/jog_mm_s", "before": 250, "now": 200}])


def test_a_station_is_taught_where_the_robot_stands(own):
    at_mm = own.get("robot").json["position_mm"]
    # Where it stands there is one already.
    answer = own.post("robot/stations/mill/teach", {}, role="supervisor")
    assert (answer.status, answer.code, answer.json["errors"][0]["code"]) == (422, "config_contradiction", "unfit"), answer
    assert patch(own, {"stations": {"dock": None}}, role="supervisor").status == 200
    answer = own.post("robot/stations/mill/teach", {}, role="supervisor")
    assert answer.status == 200 and answer.json["reason"] == "taught: the robot stood there", answer
    assert answer.json["changes"] == [{"pointer": "/stations/mill/position_mm", "before": None, "now": round(at_mm, 1)}]
    assert ohtctl(own, "robot", "teach", "mill").stdout == "no value is changed; version 3\n"
    assert own.post("robot/stations/Mill/teach", {}, role="supervisor").code == "validation"
    assert own.post("robot/stations/mill/teach", {}, role="operator").status == 403


def test_a_station_is_taught_only_where_the_robot_is(own):
    """A reading that has gone old is no place."""
    own.simulator.kill()
    until(lambda: own.get("robot").json["position_mm"] is None, what="no position")
    answer = own.post("robot/stations/mill/teach", {}, role="supervisor")
    assert (answer.status, answer.code) == (409, "sensors"), answer
    assert version(own) == 1


def test_the_level_is_set_whenever_it_is_named(own):
    assert patch(own, {"log": {"level": "debug"}}, role="supervisor").code == "role"
    assert patch(own, {"log": {"level": "error"}}).status == 200
    # Who has made the log silent is in it.
    assert 'version 2 by administrator: /log/level "info" -> "error"' in own.log()
    assert own.request("PUT", "logs/level", {"level": "debug"}, role="administrator").status == 200
    # Another item leaves a search for a fault alone.
    assert patch(own, {"robot": {"place": "roof"}}).status == 200
    # So does who may not change it, whatever is named beside.
    for body in ({"log": {"level": "error"}}, {"log": {}}):
        assert patch(own, body, role="supervisor").json["changes"] == []
    assert own.post(f"config/versions/{version(own)}/rollback", {}, role="supervisor").json["changes"] == []
    level = {"level": "info"}
    assert own.request("PUT", "logs/level", level, role="administrator").json["old"] == "debug"
    assert patch(own, {"log": {"level": "error"}}).json["changes"] == []
    assert own.request("PUT", "logs/level", level, role="administrator").json["old"] == "error"


def test_what_changes_nothing_shows_what_is_live(shared):
    assert patch(shared, {"robot": {"place": "roof"}}, role="supervisor", query="?reason=first").status == 200
    answer = patch(shared, {"robot": {"place": "roof"}}, query="?reason=second")
    assert (answer.json["changes"], answer.json["author"], answer.json["reason"]) == ([], "supervisor", "first")
    assert answer.headers["etag"] == shared.get("config").headers["etag"]
    assert patch(shared, {"robot": {"place": None}}).status == 200


def test_no_body_is_no_change(shared):
    for method, path in ("PATCH", "config"), ("POST", "config/check"):
        answer = shared.request(method, path, role="administrator")
        assert (answer.status, answer.code) == (400, "bad_json")


def test_a_check_changes_nothing(shared):
    before = shared.get("config")
    body = {"motion": {"jog_mm_s": 100}}
    shared.request("DELETE", "control", role="administrator")
    answer = shared.post("config/check", body, role="administrator")
    assert (answer.status, answer.json["needs_standstill"]) == (200, True)
    assert answer.json["changes"] == [{"pointer": "/motion/jog_mm_s", "before": 250, "now": 100}]
    assert (answer.json["version"], answer.json["state"], answer.headers.get("etag")) == (version(shared) + 1, "checked", None)
    assert answer.json["why_not"] == [] and shared.get("control").json["holder"] is None
    assert shared.get("config/versions/1").headers.get("etag") is None
    assert shared.post("config/check", {"motion": {"jog_mm_s": 2000}}, role="administrator").code == "config_contradiction"
    assert (shared.get("config").body, shared.get("config").headers["etag"]) == (before.body, before.headers["etag"])


# ---- refused ----

@pytest.mark.parametrize("body, status, code, pointer, member, text", [
    ({"motion": {"jog_mm_s": 0}}, 400, "validation", "/motion/jog_mm_s", "range", "must be 1 to 10000 mm/s, not 0"),
    ({"motion": {"jog_mm_s": "fast"}}, 400, "validation", "/motion/jog_mm_s", "type", "a number"),
    ({"motion": {"yog_mm_s": 1}}, 400, "validation", "/motion/yog_mm_s", "unknown_member", "the nearest is /motion/jog_mm_s"),
    ({"robot": {"nmae": "x"}}, 400, "validation", "/robot/nmae", "unknown_member", "the nearest is /robot/name"),
    ({"stations": {"dock": {"positon_mm": 1}}}, 400, "validation", "/stations/dock/positon_mm", "unknown_member", "the nearest is /stations/dock/position_mm"),
    ({"weather": {"rain": 1}}, 400, "validation", "/weather/rain", "unknown_member", "config/schema"),
    ({"motion": 5}, 400, "validation", "/motion", "type", "an object"),
    ({"motion": {"soft_min_mm": -100}}, 400, "validation", "/motion/soft_min_mm", "type", "an object"),
    ({"robot": {"name": ""}}, 400, "validation", "/robot/name", "length", "1 to 64"),
    ({"robot": {"name": "x" * 65}}, 400, "validation", "/robot/name", "length", "has 65 bytes"),
    ({"robot": {"name": "a\nb"}}, 400, "validation", "/robot/name", "unprintable", "has U+000A, which is not printable, at byte 1"),
    *(({"robot": {"name": f"hall {text} 7"}}, 400, "validation", "/robot/name", "unprintable", f"has U+{ord(text):04X}, which is not printable, at byte 5")
      for text in ("\u0085", "\u00ad", "\u200b", "\u202e", "\u2066", "\ufff9", "\U0001d159")),
    ({"log": {"level": "a" + "\N{LATIN SMALL LETTER U WITH DIAERESIS}" * 60}}, 400, "validation", "/log/level", "unknown_value",
     "not 'a" + "\N{LATIN SMALL LETTER U WITH DIAERESIS}" * 19 + "'"),
    *(({"robot": {"name": text}}, 400, "validation", "/robot/name", "unfit", f"more than blanks, not '{text}'")
      for text in (" ", "\u200b", "\u2060\ufeff", "\u00a0\u3000\u202f")),
    ({"robot": {"place": " "}}, 400, "validation", "/robot/place", "unfit", "more than blanks"),
    ({"robot": {"name": 7}}, 400, "validation", "/robot/name", "type", "a text"),
    ({"log": {"level": "loud"}}, 400, "validation", "/log/level", "unknown_value", "not 'loud'"),
    ({"stations": {"Mill": {"position_mm": 1}}}, 400, "validation", "/stations/Mill/position_mm", "unfit", "a-z"),
    ({"stations": {"*": {"position_mm": 1}}}, 400, "validation", "/stations/*/position_mm", "unknown_member", ""),
    ({"stations": {"mill": 7000}}, 400, "validation", "/stations/mill", "type", "must be an object with its items"),
    ({"stations": {"mill": {"position_mm": 1, "colour": 2}}}, 400, "validation", "/stations/mill/colour", "unknown_member", ""),
    ({"stations": {f"s{i}": {"position_mm": i + 1} for i in range(63)}}, 400, "validation", "/stations/s62/position_mm", "length", "more than 64"),
    ({"stations": {"mill": {"position_mm": 40000}}}, 422, "config_contradiction", "/stations/mill/position_mm", "range", "outside of the soft limits"),
    ({"stations": {"mill": {"position_mm": 500}}}, 422, "config_contradiction", None, "unfit", "at 500 mm, too"),
    ({"motion": {"jog_mm_s": 1001}}, 422, "config_contradiction", "/motion/jog_mm_s", "contradiction", "above speed_mm_s"),
    ({"motion": {"soft_max_mm": 400}}, 422, "config_contradiction", "/motion/home_position_mm", "contradiction", "home_position_mm"),
    ({"motion": {"accel_mm_s2": 20000, "jerk_mm_s3": 10}}, 422, "config_contradiction", "/motion/stop_mm_s2", "contradiction", "1.2 s"),
    ({"log": {"level" + "\N{LATIN SMALL LETTER E WITH ACUTE}" * 60: "debug"}}, 400, "validation", None, "unknown_member", "no such item"),
    ({"stations": {"home" + "\N{LATIN SMALL LETTER E WITH ACUTE}" * 60: {"position_mm": 777}}}, 400, "validation", None, "unknown_member", ""),
    ({"motion": {"distance_1_ways": 0.5}}, 400, "validation", "/motion/distance_1_ways", "type", "must be a whole number, not 0.5"),
    ({"motion": {"move_timeout_ms": 30000.25}}, 400, "validation", "/motion/move_timeout_ms", "type", "a whole number, not 30000.25"),
], ids=range(40))
def test_a_refusal_names_the_item_and_changes_nothing(shared, body, status, code, pointer, member, text):
    before = shared.get("config")
    # What is good beside it is not taken either.
    answer = patch(shared, {**body, "robot": {"place": "roof", **body.get("robot", {})}})
    assert (answer.status, answer.code) == (status, code), answer
    fault = answer.json["errors"][0]
    assert pointer in (None, fault["pointer"]) and fault["code"] == member and text in fault["detail"], fault
    assert answer.json["detail"].endswith("nothing was changed")
    after = shared.get("config")
    assert (after.body, after.headers["etag"]) == (before.body, before.headers["etag"])


def test_a_name_may_have_what_letters_and_symbols_are_made_of(shared):
    """Spaces of Unicode, a heart with its selector, a joiner in a word of Persian, a family."""
    for name in ("Halle\u00a07", "\u4e00\u3000\u4e8c", "mill \u2764\ufe0f", "\u0645\u06cc\u200c\u062e", "\U0001f468\u200d\U0001f467"):
        answer = shared.post("config/check", {"robot": {"name": name}}, role="administrator")
        assert answer.status == 200 and answer.json["changes"][0]["now"] == name, answer


def test_all_that_is_wrong_is_named(shared):
    answer = patch(shared, {"motion": {"jog_mm_s": 0, "speed_mm_s": 1, "lag": 3}, "log": {"level": 1}})
    assert {fault["pointer"] for fault in answer.json["errors"]} == {"/motion/jog_mm_s", "/motion/speed_mm_s", "/motion/lag", "/log/level"}


def test_a_name_that_is_there_twice_is_no_json(shared):
    answer = patch(shared, b'{"stations":{"a":{"position_mm":1},"a":{"position_mm":2}}}')
    assert (answer.status, answer.code) == (400, "bad_json"), answer
    assert answer.json["errors"] == [{"pointer": "/stations/a", "code": "twice", "detail": "is there twice"}]


def test_the_role_of_each_item_holds(shared):
    before = version(shared)
    answer = patch(shared, {"robot": {"place": "roof"}, "motion": {"jog_mm_s": 100}}, role="supervisor")
    assert (answer.status, answer.code) == (403, "role"), answer
    assert [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]] == [("/motion/jog_mm_s", "role")]
    for role in ("viewer", "operator"):
        assert patch(shared, {"robot": {"place": "roof"}}, role=role).status == 403
    assert version(shared) == before
    assert patch(shared, {"robot": {"place": "roof"}}, role="supervisor").json["author"] == "supervisor"
    assert patch(shared, {"robot": {"place": None}}, role="supervisor").json["changes"] == [{"pointer": "/robot/place", "before": "roof", "now": ""}]


def said(daemon, code):
    """The text of an alert; empty without it."""
    return next((item["text"] for item in daemon.get("alerts").json["items"] if item["code"] == code), "")


def test_what_keeps_safe_needs_an_elevated_session(own):
    body = {"motion": {"soft_max_mm": 29000, "full_speed_mm_s": {"canonical": 2100}, "jog_mm_s": 200}}
    for answer in (patch(own, body), own.post("config/check", body, role="administrator")):
        assert (answer.status, answer.code) == (403, "elevation_required"), answer
        assert [fault["pointer"] for fault in answer.json["errors"]] == ["/motion/soft_max_mm", "/motion/full_speed_mm_s/canonical"]
    # By these a drive that does not obey, a lost position and a jog whose client is gone are noticed.
    for name, loose in (("stray_mm", 100), ("stand_s", 2), ("standstill_mm_s", 50), ("following_mm", 2000), ("following_s", 10), ("stall_s", 20),
                        ("position_jumps", 20), ("position_silent_s", 10), ("jog_expiry_ms", 1000), ("expected_zone_1_mm", 1)):
        assert own.post("config/check", {"motion": {name: loose}}, role="administrator").code == "elevation_required", name
    elevate(own)
    body["motion"]["expected_zone_1_mm"] = 1500
    assert patch(own, body).json["version"] == 2
    # The zone that the module has is told until it is written, by the same session.
    until(lambda: "Its zone 1 is 1000 mm, expected is 1500 mm." in said(own, "zone_differs"), what="the alert of the zone")
    until(lambda: own.request("PUT", "modules/3/registers/zone_threshold_1", {"value": 1500}, role="administrator").status == 200, what="its write")
    until(lambda: not said(own, "zone_differs"), what="the end of the alert")
    # Back to looser ones is a change of them, too.
    assert own.request("DELETE", "auth/elevate", role="administrator").status == 204
    assert own.post("config/versions/1/rollback", {}, role="administrator").code == "elevation_required"
    # On this machine nobody has a session.
    assert own.request("DELETE", "control", role="administrator").status == 200
    assert ohtctl(own, "config", "rollback", "1").stdout.endswith("version 3\n")


# ---- layers ----

def layer(daemon, word):
    return patch(daemon, {"robot": {"layer": word}})


def test_production_keeps_how_the_robot_is_built(own):
    assert own.get("robot").json["layer"] == config(own)["robot"]["layer"] == "commissioning"
    assert layer(own, "production").code == "elevation_required"
    elevate(own)
    assert "commissioning, production, bench or plant, not 'play'" in layer(own, "play").json["detail"]
    assert own.request("PUT", "config/versions/1/rescue", role="administrator").status == 200
    assert patch(own, {"motion": {"lag_s": {"canonical": 0.2}}}).status == 200
    assert layer(own, "production").status == 200 and own.get("robot").json["layer"] == "production"
    # Both in one request, too: the layer that is live decides.
    for other in ("production", "commissioning"):
        refused = patch(own, {"robot": {"layer": other}, "motion": {"lag_s": {"canonical": 0.3}, "jog_mm_s": 200}})
        assert (refused.status, refused.code) == (403, "layer")
        assert [(fault["pointer"], fault["code"]) for fault in refused.json["errors"]] == [("/motion/lag_s/canonical", "layer")]
    assert own.post("config/versions/1/rollback", {}, role="administrator").code == "layer"
    until(lambda: own.get("modules/2/registers/charge_relay").status == 200, what="the power module")
    written = own.request("PUT", "modules/2/registers/charge_relay", {"raw": 1}, role="administrator")
    assert (written.status, written.code) == (403, "layer") and "charge_relay" in written.json["detail"]
    # That their errors are cleared changes nothing of it.
    until(lambda: own.post("modules/5/reset").status == 200, what="a reset of module 5")
    assert patch(own, {"motion": {"jog_mm_s": 200}}).status == 200
    # What a person has marked is the way out of each layer.
    assert own.post("config/rescue", {}, role="administrator").status == 200
    assert config(own)["motion"]["lag_s"]["canonical"] == 0.19 and own.get("robot").json["layer"] == "commissioning"


def test_the_plant_is_production_and_each_change_wants_the_password(own):
    until(lambda: own.get("modules/2/registers/use_voltage_threshold").status == 200, what="the power module")
    elevate(own)
    assert layer(own, "plant").status == 200
    assert patch(own, {"motion": {"lag_s": {"canonical": 0.3}}}).code == "layer"
    own.request("DELETE", "auth/elevate", role="administrator")
    try:
        for change in ({"robot": {"name": "seven"}}, {"motion": {"jog_mm_s": 150}}, {"robot": {"layer": "commissioning"}}):
            assert patch(own, change).code == "elevation_required"
        # By a role that gives it, and none of a stop: that is never asked for a password.
        written = own.request("PUT", "modules/2/registers/use_voltage_threshold", {"value": 1.18}, role="supervisor")
        assert (written.status, written.code) == (403, "elevation_required") and "plant" in written.json["detail"]
        assert own.post("safety/stop", role="operator").status == 200
        assert own.post("safety/reset", {}, role="supervisor").code == own.post("safety/enable", {}, role="operator").code == "elevation_required"
        assert own.get("safety").json["state"] == "stopped"
    finally:
        elevate(own)
        assert layer(own, "commissioning").status == 200
    answer = own.post("safety/reset", {}, role="supervisor")
    assert answer.status == 200 or answer.code != "elevation_required"


@pytest.mark.slow
def test_what_a_start_took_away_can_be_set_in_production(fresh):
    """Without a version in between that ends the waiting while the wrong value is in force."""
    serve(fresh)
    elevate(fresh)
    assert patch(fresh, {"motion": {"full_speed_mm_s": {"canonical": 2500}}}).status == 200
    assert layer(fresh, "production").status == 200
    chosen = version(fresh)
    fresh.stop()
    (fresh.data / "motion.csv").write_text(MOTION.read_text().replace("full_speed_mm_s,canonical,2000,mm/s,10,20000",
                                                                      "full_speed_mm_s,canonical,2000,mm/s,10,2200"))
    serve(fresh)
    fresh.stop()
    (fresh.data / "motion.csv").write_text(MOTION.read_text())
    serve(fresh)
    fresh.tokens.clear()
    elevate(fresh)
    assert len(alert_of(fresh)) == 1
    assert fresh.post(f"config/versions/{chosen}/rollback").status == 200
    assert layer(fresh, "production").status == 200 and patch(fresh, {"motion": {"lag_s": {"canonical": 0.3}}}).code == "layer"
    fresh.stop()


def test_the_bench_needs_a_simulated_robot(own):
    elevate(own)
    assert layer(own, "bench").status == 200
    assert own.request("DELETE", "auth/elevate", role="administrator").status == 204
    assert patch(own, {"motion": {"stray_mm": 20}}).status == 200
    assert layer(own, "production").code == "elevation_required"
    own.stop()
    own.write_config(robot_simulated="no", bus_time_factor=1)
    serve(own)
    # Nobody has chosen that.
    assert own.get("robot").json["layer"] == "commissioning"
    assert "/robot/layer" in next(alert["text"] for alert in own.get("alerts").json["items"] if alert["code"] == "config_not_chosen")
    assert own.post("config/check", {"motion": {"stray_mm": 30}}, role="administrator").code == "elevation_required"
    elevate(own)
    refused = layer(own, "bench")
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/robot/layer") and "simulated = yes" in refused.json["detail"]


def test_the_second_of_two_writers_is_refused(shared):
    seen = shared.get("config").headers["etag"]
    assert patch(shared, {"robot": {"place": "one"}}, headers={"If-Match": seen}).status == 200
    late = patch(shared, {"robot": {"place": "two"}}, headers={"If-Match": seen})
    assert (late.status, late.code) == (412, "config_changed"), late
    assert config(shared)["robot"]["place"] == "one"
    for etag in ('"x"', "1", 'W/"1"', '"1-gzip"', '"1", "2"', "W/1", '"-gzip"'):
        assert patch(shared, {"robot": {"place": "two"}}, headers={"If-Match": etag}).status == 412, etag
    assert patch(shared, {"robot": {"place": None}}, headers={"If-Match": "*"}).status == 200


def test_what_needs_standstill_needs_control(shared):
    before = version(shared)
    shared.request("DELETE", "control", role="administrator")
    assert shared.post("control", role="operator").status == 200
    for body in ({"motion": {"jog_mm_s": 100}}, {"stations": {"mill": {"position_mm": 7000}}}):
        answer = patch(shared, body)
        assert (answer.status, answer.code) == (409, "control_held"), answer
        checked = shared.post("config/check", body, role="administrator")
        assert checked.status == 200 and [why["code"] for why in checked.json["why_not"]] == ["control_held"]
    assert version(shared) == before and "mill" not in config(shared)["stations"]
    # A name needs neither.
    assert patch(shared, {"robot": {"place": "roof"}}).status == 200
    assert patch(shared, {"robot": {"place": None}}).status == 200
    assert shared.request("DELETE", "control", role="operator").status == 200


@pytest.mark.slow
def test_acknowledged_changes_of_many_survive_a_kill(own):
    own.token("administrator")

    def change(i):
        answer = patch(own, {"stations": {f"s{i}": {"position_mm": 1000 + i}}})
        assert answer.status == 200 or answer.code in ("busy", "rate_limited"), answer
        return i if answer.status == 200 else None

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = [i for i in pool.map(change, range(24)) if i is not None]
    assert done
    own.kill()
    serve(own)
    assert set(config(own)["stations"]) == {"dock", "home", *(f"s{i}" for i in done)}
    assert version(own) == 1 + len(done) == len(own.get("config/versions?limit=200").json["items"])


def test_checks_and_changes_of_many_share_nothing(own):
    """Each has trees of its own; under sanitizers what two threads release shows."""
    def ask(i):
        if i % 2:
            answer = own.request("POST", "config/check", {"motion": {"jog_mm_s": 100 + i}}, role="administrator",
                                 headers={"Content-Type": "application/merge-patch+json"})
        else:
            answer = patch(own, {"motion": {"jog_mm_s": 100 + i}})
        assert answer.status == 200 or answer.code in ("busy", "rate_limited"), answer
        return answer.status == 200

    own.token("administrator")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(ask, range(40)))
    assert own.get("health").status == 200


@pytest.mark.plain("shim")
def test_a_full_disk_changes_nothing(fresh):
    order = fresh.folder / "disk"
    order.write_text("")
    plain = fresh.environment
    fresh.environment = lambda: {**plain(), "LD_PRELOAD": str(BUILD / "tests/api/disk_shim.so"), "OHT_DISK_SHIM": str(order)}
    serve(fresh)
    fresh.token("administrator")
    before = config(fresh)
    order.write_text("full")
    answer = patch(fresh, {"robot": {"name": "late"}, "motion": {"jog_mm_s": 100}})
    assert (answer.status, answer.code) == (507, "storage_full"), answer
    assert config(fresh) == before and version(fresh) == 1
    assert (fresh.get("robot").json["name"], fresh.get("robot").json["limits"]["jog_mm_s"]) == ("OHT-50", 250)
    order.write_text("")
    until(lambda: patch(fresh, {"robot": {"name": "late"}, "motion": {"jog_mm_s": 100}}).status == 200, 120, "a store that writes")
    assert version(fresh) == 2
    fresh.stop()


# ---- the rescue ----

def rescues(daemon):
    return [item["version"] for item in daemon.get("config/versions").json["items"] if item["rescue"]]


def mark(daemon, number, role="administrator"):
    return daemon.request("PUT", f"config/versions/{number}/rescue", role=role)


def test_one_version_is_the_rescue(own):
    refused = own.post("config/rescue", {}, role="administrator")
    assert (refused.status, refused.code) == (409, "config_no_rescue"), refused
    assert (mark(own, 7).code, mark(own, 1, "supervisor").status) == ("not_found", 403)
    for name in ("good", "bad"):
        patch(own, {"robot": {"name": name}})
    assert [mark(own, number).json["version"] for number in (1, 2)] == [1, 2] and rescues(own) == [2]
    assert patch(own, {"robot": {"name": "trial"}}, query="?confirm_within_s=600").json["version"] == 4
    assert mark(own, 4).code == "not_found" and rescues(own) == [2], "the pending one is none, and the old one stays"
    assert own.post("config/rescue", {}, role="administrator").code == "config_pending"
    assert own.request("DELETE", "config/pending", role="administrator").status == 200
    answer = own.post("config/rescue", {"reason": "lost"}, role="supervisor")
    assert (answer.status, answer.json["reason"]) == (200, "lost") and config(own)["robot"]["name"] == "good", answer
    assert rescues(own) == [2], "its values are live, the mark stays where it was"


def test_the_rescue_needs_no_daemon(fresh):
    def offline(*words):
        env = {**fresh.environment(), "PATH": f"{OHTD.parent}:{os.environ['PATH']}"}
        return subprocess.run([OHTCTL, "--socket", fresh.socket, "--config", fresh.config, *words], capture_output=True, text=True,
                              timeout=30, check=False, env=env)

    serve(fresh)
    assert ohtctl(fresh, "config", "mark", "1").stdout == "ohtctl config rescue goes back to version 1\n"
    assert patch(fresh, {"robot": {"name": "bad"}, "backup": {"hour": 7}}, query="?confirm_within_s=600").status == 200
    fresh.process.kill()
    fresh.process.wait()
    with contextlib.closing(sqlite3.connect(fresh.state / "oht.db", isolation_level=None)) as database:
        # The robot moved: version 3 was withdrawn, and version 4 waits for standstill.
        database.execute("INSERT INTO config_versions SELECT 4, 2, author, '', created_ns, document, 0, 0, 1 FROM config_versions WHERE version = 2")
        database.execute("UPDATE config_numbers SET given = 4")
        # The rescue is older than an item that was changed, and nobody has confirmed the change.
        database.execute("UPDATE config_versions SET document = json_remove(document, '$.backup.hour') WHERE version = 1")
    done = offline("config", "rescue", "--reason", "it did not start")
    assert done.stdout == "version 5 is live from the next start of ohtd on\n", done
    serve(fresh)
    added, newest = fresh.get("config/versions").json["items"][:2]
    assert (newest["version"], newest["parent"], newest["reason"]) == (5, 2, "it did not start") and added["reason"].startswith("items that are new")
    assert newest["author"].startswith("uid ")
    assert (config(fresh)["robot"]["name"], config(fresh)["backup"]["hour"]) == ("OHT-50", 2)
    told = [item for item in fresh.get("audit", role="administrator").json["items"] if item["act"] == "POST config/rescue"]
    assert [(item["object"], item["result"], item["from"]) for item in told] == [("version 5", "200", "local")]
    drops = [item["object"] for item in fresh.get("audit", role="administrator").json["items"] if item["act"] == "drop of a change"]
    assert drops == ["version 4"], "what waited is not dropped without a word"
    fresh.stop()


# ---- for people ----

def test_ohtctl_gets_sets_and_goes_back(own):
    assert ohtctl(own, "config", "get", "/robot/name").stdout == "OHT-50\n"
    done = ohtctl(own, "config", "set", "/robot/name", "mill 7", "/stations/mill/position_mm", "7000", "--reason", "new & für Halle 7")
    assert done.stdout == "/robot/name: OHT-50 -> mill 7\n/stations/mill/position_mm: none -> 7000\nversion 2\n", done
    assert re.search(r"^/stations/mill/position_mm +7000$", ohtctl(own, "config", "get").stdout, re.M)
    newest = ohtctl(own, "config", "versions").stdout.splitlines()[0]
    assert newest.startswith("2 ") and newest.endswith("new & für Halle 7")
    assert ohtctl(own, "config", "diff", "2").stdout == done.stdout == ohtctl(own, "config", "diff").stdout + "version 2\n"
    assert " setting " in ohtctl(own, "timeline", "für halle").stdout and "nothing" in ohtctl(own, "timeline", "FÜR").stdout
    assert ohtctl(own, "config", "check", "/stations/mill", "null").stdout.endswith("7000 -> none\nwould be version 3\n")
    assert ohtctl(own, "config", "get", "robot").stdout == ohtctl(own, "config", "get", "/robot").stdout != ""
    # As config get shows it.
    assert ohtctl(own, "config", "set", "/stations/mill/position_mm", "null").stdout == "/stations/mill/position_mm: 7000 -> none\nversion 3\n"
    # Alone: what is not as shipped, whatever the newest version has changed. A group shows what there is, as its verb does.
    assert ohtctl(own, "config", "diff").stdout == "/robot/name: OHT-50 -> mill 7\n" and "7000" in ohtctl(own, "config", "diff", "3").stdout
    for group, verb in ("config", "get"), ("webhooks", "list"), ("backup", "list"), ("audit", "list"), ("admin", "list"):
        alone = ohtctl(own, "--json", group)
        assert alone.returncode == 0 and alone.stdout == ohtctl(own, "--json", group, verb).stdout, group
    assert ohtctl(own, "config", "rollback", "1").stdout.endswith("version 4\n")
    assert json.loads(ohtctl(own, "--json", "config", "get", "/robot").stdout) == {"name": "OHT-50", "place": "", "layer": "commissioning"}
    done = ohtctl(own, "config", "set", "/motion/jog_mm_s", "fast")
    assert done.returncode == 1 and "/motion/jog_mm_s" in done.stderr, done.stderr
    for word in ("12,000", "0,5", "7000x", '"a" b'):
        done = ohtctl(own, "config", "set", "/motion/jog_mm_s", word)
        assert done.returncode == 1 and "must be a number" in done.stderr, done.stderr
    assert ohtctl(own, "config", "set", "/robot/place", "7 hall").returncode == 0
    assert config(own)["robot"]["place"] == "7 hall"
    for words in (["set", "robot/name", "x"], ["set", "/robot/name"], ["set", "/a", "1", "/b"], ["rollback", "x"]):
        assert ohtctl(own, "config", *words).returncode == 2, words


def test_the_document_has_the_items_of_the_schema(shared):
    text = (TOP / "docs/configuration.md").read_text()
    told = re.findall(r"^\| `(/[^`]+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|", text, re.M)

    def row(item):
        bounds = ", ".join(item["words"]) if item["words"] else f"{item['min']:g} to {item['max']:g}"
        unit = "bytes" if item["type"] == "text" else item["unit"] or ""
        preset = "" if item["preset"] in (None, "") else str(item["preset"])
        return (item["pointer"], preset, f"{bounds} {unit}".strip() + (", whole" if item["whole"] else ""), item["applies"],
                item["role"] + (", elevated" if item["needs_elevation"] else "") + (", calibration" if item["calibration"] else ""),
                item["summary"])

    items = shared.get("config/schema").json["items"]
    assert len(items) > 60
    # The data files of the tests are the shipped ones but for the patience of modules.
    assert [tuple(cell.strip() for cell in line) for line in told] == [row(item) for item in items]


# ---- the effect of a version ----

def effect(daemon, number):
    told = daemon.get(f"config/versions/{number}").json
    return told["effect"], told["effect_until"]


def test_the_effect_is_that_of_the_time_it_was_live(own):
    """Cut short by the next version and by a stop, unknown after a kill and of the version with which a start began."""
    begun = version(own)
    assert effect(own, begun)[0]["state"] == "unknown"
    own.post("safety/stop", role="operator")
    first = patch(own, {"robot": {"name": "first"}}).json["version"]
    none, until_when = effect(own, first)
    assert none is None and until_when > own.get(f"config/versions/{first}").json["created"]
    assert "its effect is known at 20" in ohtctl(own, "config", "show", str(first)).stdout
    passed = own.get("bus").json["transfers"]
    until(lambda: own.get("bus").json["transfers"] > passed + 100, what="exchanges")
    second = patch(own, {"robot": {"name": "second"}}).json["version"]
    known, until_when = effect(own, first)
    assert (known["state"], until_when) == ("cut_by_version", None) and known["after_s"] > 0
    figures = {figure["figure"]: figure for figure in known["figures"]}
    assert set(figures) == {"cycles_missed", "cycles_exceeded", "exchanges_failed", "control_cycles_missed", "control_late_p99", "alerts_raised"}
    assert 0 <= figures["exchanges_failed"]["after"] <= 1000000 and figures["alerts_raised"]["after"] >= 0
    # What was not counted before is said to be unknown, and never nought.
    assert known["before_s"] > 0 or not any(figure["before"] is not None for figure in known["figures"])
    shown = ohtctl(own, "config", "show", str(first)).stdout
    assert "when the next version came:" in shown and re.search(r"^  exchanges failed: (\d+|not known) -> \d+ ppm$", shown, re.M), shown
    # Numbers of times over unequal spans are no comparison.
    spans = known["before_s"], known["after_s"]
    unequal = min(spans) > 0 and abs(spans[0] - spans[1]) > 0.1 * max(spans)
    alerts = figures["alerts_raised"]
    assert ("a minute)" in shown) == unequal and figures["exchanges_failed"]["after_per_min"] is None, (spans, shown)
    assert alerts["after_per_min"] == (pytest.approx(alerts["after"] * 60 / spans[1], rel=1e-3) if unequal else None), (spans, figures)
    assert ohtctl(own, "config", "show", "0").returncode == 2 and ohtctl(own, "config", "show", "999").returncode == 1
    own.stop()
    serve(own)
    assert effect(own, first)[0] == known
    stopped = effect(own, second)[0]
    assert stopped["state"] == "cut_by_stop" and 0 < stopped["after_s"] < 60
    third = patch(own, {"robot": {"name": "third"}}).json["version"]
    own.kill()
    serve(own)
    assert effect(own, third) == ({"state": "unknown", "before_s": 0, "after_s": 0, "figures": []}, None)
