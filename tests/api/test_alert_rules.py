# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules on values: what they say, and their trial on what has been."""
import contextlib
import json
import os
import sqlite3
import subprocess

import pytest

from daemon import OHTD
from oht_test.wait import until
from test_alerts import is_at_rest, listed, ohtctl
from test_telemetry import OHTCTL

RULE = {"code": "supply_low", "signal": "safety_supply_v", "when": "below", "limit": 23, "hysteresis": 0.5,
        "text": "The supply is low", "consequence": "It may fail.", "action": "Look at it."}

STATES = ["idle", "move", "paused", "blocked", "dock", "config", "fault", "estop", "safe"]


def refused(answer, pointer, status=400):
    assert answer.status == status, answer
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer], answer.json
    return answer.json["errors"][0]["detail"]


def test_rules_say_when_an_alert_comes(daemon):
    rules = daemon.get("alert-rules").json["items"]
    low = next(rule for rule in rules if rule["code"] == "battery_low")
    assert (low["signal"], low["kind"], low["when"], low["limit"], low["hysteresis"], low["unit"]) == (
        "battery_percent", "value", "below", 20, 2, "%")
    assert daemon.get("alert-rules/battery_low").json == low
    assert all(rule["suppressed"] == ["boot", "init", "shutdown"] or rule["kind"] == "increase" for rule in rules)
    for path in ("alert-rules/flux", "alert-rules/flux/trial"):
        answer = daemon.get(path, role="operator")
        assert (answer.status, answer.code) == (404, "not_found")
    # One trial at a time has one of two workers for seconds.
    assert daemon.get("alert-rules/battery_low/trial").status == 403


def test_a_rule_is_tried_on_the_past(daemon):
    """What was below the limit for some seconds would have come once, with other limits not at all."""
    until(lambda: is_at_rest(daemon) and daemon.get("modules/3").json["health"] == "good", what="a robot that is well")
    begun = daemon.get("health", role=None).json["clock"]["time"]
    assert daemon.sim("set 3 supply_voltage 225").startswith("ok")

    def tried(**more):
        answer = daemon.post(f"alert-trials?from={begun}", {**RULE, **more}, role="operator")
        assert answer.status == 200 and answer.json["complete"], answer
        return answer.json
    try:
        until(lambda: tried()["count"], what="what would have come")
    finally:
        assert daemon.sim("set 3 supply_voltage 240").startswith("ok")
    until(lambda: tried()["items"][0]["to"], what="its end")
    came = tried()
    assert came["count"] == len(came["items"]) == 1
    assert came["items"][0]["text"] == "The supply is low: 22.5 V, below 23 V. It may fail."
    assert came["text"].startswith("would have come once in ")
    assert begun < came["items"][0]["from"] < came["items"][0]["to"]
    assert 0 < came["active_s"] <= came["seen_s"]
    assert came["items"][0]["peak"] == 22.5
    for none in ({"limit": 22.5}, {"on_ms": 60000}, {"suppressed": ["safe", "estop", "fault"]}):
        assert tried(**none)["count"] == 0, none
    # A shipped one, at the machine too, of as much of 7 days as is kept. Nothing is kept of a trial.
    shipped = daemon.get("alert-rules/battery_low/trial", role="operator").json
    assert shipped["text"].startswith("would not have come in ") and "days" not in shipped["text"]
    test = daemon.post("alert-rules/battery_low/test?from=" + begun, role="operator").json
    assert (test["code"], test["total_s"], test["comings"]) == ("battery_low", test["active_s"], test["items"])
    shown = json.loads(ohtctl(daemon, "--json", "--from", "-1h", verb=("alerts", "try", "cells_apart")))
    assert (shown["code"], shown["count"]) == ("cells_apart", 0)
    assert "would not have come in" in ohtctl(daemon, verb=("alerts", "try", "battery_low"))
    assert "battery_percent" in ohtctl(daemon, verb=("alerts", "rules"))
    assert "Send the robot to its dock." in ohtctl(daemon, verb=("alerts", "rules", "battery_low"))
    assert daemon.get("alert-rules/supply_low").status == 404


@pytest.mark.parametrize("wrong, pointer, says", [
    ({"signal": "state"}, "/signal", "is a word"),
    ({"limit": -1}, "/limit", "below -1 V can never be: 'safety_supply_v' is 0 to 30 V"),
    ({"limit": 30, "when": "above"}, "/limit", "above 30 V can never be"),
    ({"limit": 29, "hysteresis": 2}, "/hysteresis", "never back at 31 V"),
    ({"hysteresis": -0.5}, "/hysteresis", "-0.5"),
    ({"limit": 23.04}, "/limit", "is 23.04: 'safety_supply_v' has 1 digits"),
    ({"hysteresis": 0.04}, "/hysteresis", "is 0.04"),
    ({"limit": 23.00001}, "/limit", "is 23.00001"),
    ({"signal": "bus_errors", "kind": "increase", "window_ms": 60000, "limit": 0, "hysteresis": 0}, "/limit",
     "below 0 can never be: 'bus_errors' is 0 or more"),
    ({"signal": "charging", "limit": 0.4, "hysteresis": 0}, "/limit", "is 0.4: 'charging' has 0 digits"),
    ({"signal": "charging", "limit": 0.6, "hysteresis": 0, "when": "above"}, "/limit", "is 0.6"),
    ({"minus": "battery_v"}, "/minus", "kind is value"),
    ({"kind": "difference"}, "/minus", "needed"),
    ({"kind": "difference", "minus": "battery_percent"}, "/minus", "unit"),
    ({"kind": "difference", "minus": "safety_supply_v"}, "/minus", "no other"),
    ({"kind": "increase"}, "/window_ms", "needed"),
    ({"kind": "increase", "window_ms": 60000}, "/signal", "no counter"),
    ({"window_ms": 60000}, "/window_ms", "kind is value"),
    ({"suppressed": ["asleep"]}, "/suppressed/0", "asleep"),
    ({"suppressed": STATES}, "/suppressed", "every state"),
    ({"severity": "emergency"}, "/severity", "critical, warning"),
    ({"code": "Supply"}, "/code", "small letters"),
    ({"action": "Look\nat it."}, "/action", "control characters"),
])
def test_a_rule_that_makes_no_sense_is_refused(daemon, wrong, pointer, says):
    until(lambda: daemon.get("modules/3").json["health"] == "good", what="the module")
    assert says in refused(daemon.post("alert-trials", {**RULE, **wrong}, role="operator"), pointer)


def test_a_signal_that_is_none_is_refused_with_the_nearest(daemon):
    answer = daemon.post("alert-trials", {**RULE, "signal": "batery_v"}, role="operator")
    assert answer.code == "unknown_signal" and "battery_v" in refused(answer, "/signal", 422)


@pytest.mark.parametrize("span, pointer", [
    ("from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", "/to"), ("from=2090-01-01T00:00:00Z", "/from"), ("from=yesterday", "/from")])
def test_a_span_without_a_past_is_refused(daemon, span, pointer):
    refused(daemon.get(f"alert-rules/battery_low/trial?{span}", role="operator"), pointer)


def etag(daemon, code):
    return daemon.get(f"alert-rules/{code}").headers["etag"]


def put(daemon, code, match=None, role="administrator", **change):
    return daemon.request("PUT", f"alert-rules/{code}", change, role=role, headers={"If-Match": match or etag(daemon, code)})


def delete(daemon, code):
    return daemon.request("DELETE", f"alert-rules/{code}", role="administrator")


def test_an_own_rule_is_at_work_until_it_is_deleted(daemon):
    until(lambda: is_at_rest(daemon) and daemon.get("modules/3").json["health"] == "good", what="a robot that is well")
    made = daemon.post("alert-rules", {**RULE, "limit": 30, "when": "below", "hysteresis": 0, "severity": "critical", "latching": True},
                       role="administrator")
    assert (made.status, made.json["shipped"], made.json["enabled"]) == (201, False, True), made
    assert made.json["suppressed"] == ["boot", "init", "shutdown"]
    assert made.headers["etag"] == f'"{made.json["revision"]}"'
    try:
        came = until(lambda: listed(daemon, "supply_low", 3), what="its alert")
        assert came["text"] == "The supply is low: 24.0 V, below 30 V. It may fail." and came["severity"] == "critical"
        again = daemon.post("alert-rules", RULE, role="administrator")
        assert (again.status, again.code) == (409, "rule_exists")
        # Latching: its reason goes, and it stays until it is acknowledged.
        number = until(lambda: listed(daemon, "supply_low", 3)["number"], what="its number")
        assert daemon.sim("set 3 supply_voltage 300").startswith("ok")
        over = until(lambda: (now := listed(daemon, "supply_low", 3))["over"] and now, what="its end")
        assert over["text"].endswith("This is over: acknowledge it.")
        # It comes again: who acknowledges the first coming has not seen the second.
        assert daemon.sim("set 3 supply_voltage 240").startswith("ok")
        first, number = number, until(lambda: (now := listed(daemon, "supply_low", 3))["number"] not in (None, number) and now,
                                      what="a number of its own")["number"]
        assert daemon.post(f"alerts/{first}/acknowledge", role="operator").status == 200
        assert listed(daemon, "supply_low", 3)["acknowledged"] is None
        assert daemon.sim("set 3 supply_voltage 300").startswith("ok")
        until(lambda: listed(daemon, "supply_low", 3)["over"], what="its end again")
        assert daemon.post(f"alerts/{number}/acknowledge", role="operator").status == 200
        until(lambda: not listed(daemon, "supply_low", 3), what="the end behind the acknowledgement")
        # Other words are no other alert, and it outlives the daemon until somebody has seen it.
        assert daemon.sim("set 3 supply_voltage 240").startswith("ok")
        number = until(lambda: (now := listed(daemon, "supply_low", 3)) and now["number"], what="a third coming")
        assert put(daemon, "supply_low", action="Look at it.").status == 200
        assert daemon.sim("set 3 supply_voltage 300").startswith("ok")
        until(lambda: (now := listed(daemon, "supply_low", 3))["over"] and (now["number"], now["action"]) == (number, "Look at it."), what="its end")
        # A changed rule begins anew.
        changed = put(daemon, "supply_low", limit=29, latching=False)
        assert (changed.status, changed.json["limit"], changed.json["revision"] != made.json["revision"]) == (200, 29, True)
        assert put(daemon, "supply_low", made.headers["etag"], limit=28).code == "rule_changed"
    finally:
        assert daemon.sim("set 3 supply_voltage 240").startswith("ok")
        gone = delete(daemon, "supply_low")
    assert gone.status == 204
    until(lambda: not listed(daemon, "supply_low", 3), what="an end without its rule")
    assert daemon.get("alert-rules/supply_low").status == delete(daemon, "supply_low").status == 404


@pytest.mark.slow
def test_an_alert_that_latches_outlives_the_daemon(fresh):
    """Over or not by the next start, it stays until somebody has seen it; then no start brings it back."""
    fresh.start()
    until(lambda: is_at_rest(fresh) and fresh.get("modules/3").json["health"] == "good", what="a robot that is well")
    rule = {**RULE, "limit": 30, "when": "below", "hysteresis": 0, "severity": "critical", "latching": True}
    assert fresh.post("alert-rules", rule, role="administrator").status == 201
    first = until(lambda: (now := listed(fresh, "supply_low", 3)) and now["number"], what="its number")
    until(lambda: fresh.get("alerts/history?code=supply_low").json["items"], what="its row")
    fresh.kill()
    assert fresh.sim("set 3 supply_voltage 300").startswith("ok")
    numbers = [first]
    for _ in range(2):
        fresh.start()
        alert = until(lambda: (now := listed(fresh, "supply_low", 3)) and now["number"] and now, what="the alert of before")
        assert alert["over"] and alert["text"] == ("Before the last start: The supply is low: 24.0 V, below 30 V. It may fail. "
                                                   "This is over: acknowledge it."), alert
        numbers.append(alert["number"])
        until(lambda: [row["number"] for row in fresh.get("alerts/history?code=supply_low").json["items"]] == numbers[::-1], what="its rows")
        assert fresh.get("alerts/history?code=supply_low").json["items"][-1]["state"] == "unknown"
        fresh.stop()
    fresh.start()
    number = until(lambda: (now := listed(fresh, "supply_low", 3)) and now["number"], what="the alert of before")
    assert fresh.post(f"alerts/{number}/acknowledge", role="operator").status == 200
    until(lambda: not listed(fresh, "supply_low", 3), what="its end")
    fresh.stop()
    fresh.start()
    until(lambda: is_at_rest(fresh) and fresh.get("modules/3").json["health"] == "good", what="a robot that is well")
    assert not listed(fresh, "supply_low", 3)
    fresh.stop()


def test_changes_are_refused_to_who_has_not_seen_the_rule(daemon):
    path = "alert-rules/battery_low"
    assert (answer := daemon.request("PUT", path, {"limit": 25}, role="administrator")).status == 428 and answer.code == "if_match_missing"
    for match in ('"7"', "0", "*", 'W/"7"', '"0-x"'):
        assert ((answer := put(daemon, "battery_low", match, limit=25)).status, answer.code) == (412, "rule_changed"), match
    assert put(daemon, "battery_low", role="supervisor", limit=25).status == 403
    refused(put(daemon, "battery_low", limit=-5), "/limit")
    refused(put(daemon, "battery_low", hysteresis=-1), "/hysteresis")
    refused(put(daemon, "battery_low", signal="battery_v"), "/signal")
    shipped = daemon.post("alert-rules", {**RULE, "code": "battery_low"}, role="administrator")
    assert (shipped.status, shipped.code) == (409, "rule_exists") and "shipped" in shipped.json["detail"]
    for code in ("module_lost", "stop_latched", "clock_corrected", "damaged"):
        taken = daemon.post("alert-rules", {**RULE, "code": code}, role="administrator")
        assert (taken.status, taken.code) == (409, "rule_exists") and f"'{code}' is an alert of" in taken.json["detail"]
    assert daemon.get(path).json["revision"] == 0


def test_rules_are_made_and_changed_at_the_machine(daemon):
    members = [word for name, value in RULE.items() if name != "code" for word in (name, str(value))]
    made = json.loads(ohtctl(daemon, "--json", verb=("alerts", "rules", "add", "typed", *members, "suppressed", '["move"]')))
    assert {**made, **RULE, "code": "typed"} == made and made["suppressed"] == ["boot", "init", "move", "shutdown"]
    try:
        changed = json.loads(ohtctl(daemon, "--json", verb=("alerts", "rules", "set", "typed", "limit", "22.5", "enabled", "false")))
        assert changed == {**made, "limit": 22.5, "enabled": False, "revision": changed["revision"]}
    finally:
        assert ohtctl(daemon, verb=("alerts", "rules", "delete", "typed")).startswith("typed: ")
    assert daemon.get("alert-rules/typed").status == 404
    for wrong, says in (("set battery_low limit", "no value for limit"), ("set battery_low", "20; it takes enabled, limit, hysteresis, "),
                        ("add x", "it needs signal, when, limit, hysteresis, text, consequence, action and takes kind, "), ("add", "needs the code"),
                        ("delete a b", "not also 'b'"), ("flux a", "add, set or delete: 'flux'"), ("set battery_low flux 1", "flux"),
                        ("set battery_low limit 22 limit 23", "limit is there twice")):
        with pytest.raises(subprocess.CalledProcessError) as refused:
            ohtctl(daemon, verb=("alerts", "rules", *wrong.split()), stderr=subprocess.PIPE)
        assert says in refused.value.stderr, wrong


def test_what_is_changed_is_there_after_a_kill(fresh):
    """A shipped rule with another limit, one that is off, as many own ones as there may be; and the shipped form again."""
    fresh.start()
    assert put(fresh, "battery_low", limit=30).json["limit"] == 30
    assert put(fresh, "cells_apart", enabled=False).json["enabled"] is False
    for number in range(16):
        assert fresh.post("alert-rules", {**RULE, "code": f"own_{number}"}, role="administrator").status == 201
    full = fresh.post("alert-rules", {**RULE, "code": "own_16"}, role="administrator")
    assert (full.status, full.code) == (409, "too_many_rules") and "16" in full.json["detail"]

    def rules():
        return {rule["code"]: rule for rule in fresh.get("alert-rules").json["items"]}
    before = rules()
    fresh.kill()
    fresh.start()
    assert rules() == before
    assert delete(fresh, "battery_low").status == delete(fresh, "cells_apart").status == delete(fresh, "own_3").status == 204
    assert fresh.get("alert-rules/battery_low").json["limit"] == 20
    assert fresh.get("alert-rules/cells_apart").json["enabled"] is True
    assert fresh.post("alert-rules", {**RULE, "code": "own_16"}, role="administrator").status == 201
    # A signal that is gone: the rule is left out, said, and can be deleted.
    fresh.kill()
    with contextlib.closing(sqlite3.connect(fresh.state / "oht.db", isolation_level=None)) as database:
        database.execute("UPDATE config_versions SET document = json_set(document, '$.alert_rules.own_4.signal', 'flux')"
                         " WHERE version = (SELECT max(version) FROM config_versions)")
    fresh.start()
    assert fresh.get("alert-rules/own_4").status == 404
    refused = fresh.post("alert-rules", {**RULE, "code": "own_4"}, role="administrator")
    assert (refused.status, refused.code, "left out" in refused.json["detail"]) == (409, "rule_exists", True), refused
    assert "alert rule_left_out: own_4: its signal is not there any more" in fresh.log()
    assert delete(fresh, "own_4").status == 204


# ---- rules are items of the configuration ----

def newest(daemon):
    """The live version, and what it has changed."""
    number = int(daemon.get("config").headers["etag"].strip('"'))
    told = daemon.get(f"config/versions/{number}").json
    return number, told, {change["pointer"]: (change["before"], change["now"]) for change in told["changes"]}


def go(daemon, path, body=None, method="POST"):
    return daemon.request(method, f"config/{path}", body, role="administrator")


@pytest.fixture(name="ruled")
def _ruled(daemon):
    """The number of the version with which a rule was made."""
    assert daemon.post("alert-rules", RULE, role="administrator").status == 201
    yield newest(daemon)[0]
    delete(daemon, "supply_low")


def test_each_change_of_a_rule_is_a_version(daemon, ruled):
    _, made, changes = newest(daemon)
    assert (made["author"], made["reason"]) == ("administrator", "making of the rule supply_low")
    assert changes["/alert_rules/supply_low/limit"] == (None, 23) and all(at.startswith("/alert_rules/supply_low/") for at in changes)
    assert daemon.get("config").json["alert_rules"]["supply_low"]["when"] == "below"
    tag = etag(daemon, "supply_low")
    assert put(daemon, "supply_low", limit=22.5).status == 200
    number, told, changes = newest(daemon)
    assert (told["reason"], changes) == ("change of the rule supply_low", {"/alert_rules/supply_low/limit": (23, 22.5)})
    noted = daemon.get(f"audit?object=version%20{number}", role="administrator").json["items"][0]
    assert '"/alert_rules/supply_low/limit":22.5' in noted["after"], noted
    assert [change["pointer"] for change in daemon.get(f"config/compare?a={ruled}&b=live").json["changes"]] == ["/alert_rules/supply_low/limit"]
    # Back by a rollback: the same rule has the same revision. Back to before it was made, and forth.
    assert go(daemon, f"versions/{ruled}/rollback").status == 200 and etag(daemon, "supply_low") == tag
    assert go(daemon, f"versions/{ruled - 1}/rollback").status == 200 and daemon.get("alert-rules/supply_low").status == 404
    assert go(daemon, f"versions/{number}/rollback").status == 200 and daemon.get("alert-rules/supply_low").json["limit"] == 22.5
    assert "22.5" in ohtctl(daemon, verb=("config", "get", "/alert_rules/supply_low/limit"))
    # The audit has all of it, not as much as a text of an answer may have.
    long = {"text": '"' * 79, "consequence": '"' * 99, "action": '"' * 159}
    assert put(daemon, "supply_low", **long).status == 200
    noted = daemon.get(f"audit?object=version%20{newest(daemon)[0]}", role="administrator").json["items"][0]
    assert json.loads(noted["after"]) == {f"/alert_rules/supply_low/{item}": text for item, text in long.items()}
    assert delete(daemon, "supply_low").status == 204 and newest(daemon)[1]["reason"] == "deletion of the rule supply_low"
    assert daemon.get("config").json["alert_rules"] == {}


def test_a_changed_shipped_rule_is_told_by_what_is_not_as_it_is_shipped(daemon):
    first, shipped = newest(daemon)[0], int(daemon.get("alert-rules/battery_low").json["limit"])
    at = "/alert_rules/battery_low/limit"
    try:
        assert put(daemon, "battery_low", limit=shipped + 3).status == 200
        number, _, changes = newest(daemon)
        assert changes == {at: (shipped, shipped + 3)}
        assert ohtctl(daemon, verb=("config", "diff", str(first), str(number))) == f"{at}: {shipped} -> {shipped + 3}\n"
    finally:
        assert delete(daemon, "battery_low").status == 204
    assert newest(daemon)[2] == {at: (shipped + 3, shipped)} and daemon.get("config").json["alert_rules"] == {}
    # As it is shipped is no change.
    assert put(daemon, "battery_low", limit=shipped).status == 200 and newest(daemon)[0] == number + 1


def test_a_rule_returns_with_the_version_that_nobody_confirms(daemon, ruled):
    query = "?confirm_within_s=600"
    wanted = {"alert_rules": {"supply_low": {"limit": 21}, "battery_low": None}}
    assert daemon.request("PATCH", "config" + query, wanted, role="administrator").status == 200
    try:
        assert daemon.get("alert-rules/supply_low").json["limit"] == 21
        refusal = put(daemon, "supply_low", limit=22)
        assert (refusal.status, refusal.code) == (409, "config_pending") and daemon.get("alert-rules/supply_low").json["limit"] == 21
    finally:
        assert go(daemon, "pending", method="DELETE").status == 200
    assert daemon.get("alert-rules/supply_low").json["limit"] == 23 and newest(daemon)[0] > ruled


@pytest.mark.parametrize("wrong, pointer, says", [
    ({"supply_low": {"signal": "flux"}}, "/alert_rules/supply_low/signal", "not there"),
    ({"supply_low": {"flux": 1}}, "/alert_rules/supply_low/flux", "no such item"),
    ({"supply_low": {"severity": "emergency"}}, "/alert_rules/supply_low/severity", "critical or warning"),
    ({"supply_low": {"on_ms": -1}}, "/alert_rules/supply_low/on_ms", "must be 0 to 86400000 ms"),
    ({"other": {"limit": 1}}, "/alert_rules/other/signal", "must be there"),
    ({"Other": {"limit": 1}}, "/alert_rules/Other/limit", "'Other'"),
    ({"battery_low": {"signal": "battery_v"}}, "/alert_rules/battery_low/signal", "shipped"),
    ({"module_lost": {}}, "/alert_rules/module_lost", "choose another code"),
])
def test_a_document_with_a_rule_that_cannot_be_is_refused(daemon, ruled, wrong, pointer, says):
    document = daemon.get("config/export").json
    rules = document["values"]["alert_rules"]
    assert set(rules) == {"supply_low"} and document["version"] == ruled
    for code, change in wrong.items():
        base = rules["supply_low"] if code in ("supply_low", "battery_low", "module_lost") else {}
        rules[code] = {**base, **change}
    refusal = go(daemon, "import", document)
    assert (refusal.status, refusal.json["errors"][0]["pointer"]) == (400, pointer) and says in refusal.json["errors"][0]["detail"], refusal
    assert newest(daemon)[0] == ruled


def test_a_document_has_all_rules_that_there_are_then(daemon, ruled):
    document = daemon.get("config/export").json
    rules = document["values"]["alert_rules"]
    rules["other"] = {**rules.pop("supply_low"), "text": "Another"}
    assert go(daemon, "import", document).status == 200 and newest(daemon)[0] == ruled + 1
    try:
        assert daemon.get("alert-rules/supply_low").status == 404 and daemon.get("alert-rules/other").json["text"] == "Another"
    finally:
        assert delete(daemon, "other").status == 204


def test_rules_from_before_they_were_items_are_taken_over_once(fresh):
    fresh.start()
    fresh.kill()
    row = {"code": "old", "revision": 7, "shipped": 0, "enabled": 1, "signal": "safety_supply_v", "kind": 0, "minus": "", "window_ms": 0, "below": 1,
           "boundary": 23.5, "hysteresis": 0.5, "on_ms": 10, "off_ms": 20, "severity": "critical", "latching": 1, "behind_modules": 0,
           "suppressed": "boot,init,shutdown", "family": "", "text": "Old", "consequence": "It may fail.", "action": "Look."}
    with contextlib.closing(sqlite3.connect(fresh.state / "oht.db", isolation_level=None)) as database:
        database.execute(f"INSERT INTO alert_rules ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", [*row.values()])
        database.execute("UPDATE config_versions SET document = json_remove(document, '$.alert_rules')")
    fresh.start()
    rule = fresh.get("alert-rules/old").json
    assert (rule["limit"], rule["severity"], rule["latching"], rule["on_ms"], rule["suppressed"]) == (
        23.5, "critical", True, 10, ["boot", "init", "shutdown"])
    number, told, changes = newest(fresh)
    assert told["author"] == "ohtd" and changes["/alert_rules/old/limit"] == (None, 23.5)
    # A version from before has no place for rules: a rollback to it leaves them as they are. What is deleted does not come again.
    assert go(fresh, f"versions/{number - 1}/rollback").status == 200 and fresh.get("alert-rules/old").status == 200
    assert delete(fresh, "old").status == 204
    fresh.kill()
    fresh.start()
    assert fresh.get("alert-rules/old").status == 404
    # Nor does it with that version as the rescue, without a daemon.
    assert fresh.post("alert-rules", RULE, role="administrator").status == 201
    assert go(fresh, f"versions/{number - 1}/rescue", method="PUT").status == 200
    fresh.kill()
    done = subprocess.run([OHTCTL, "--socket", fresh.socket, "--config", fresh.config, "config", "rescue"], capture_output=True, text=True,
                          env={**fresh.environment(), "PATH": f"{OHTD.parent}:{os.environ['PATH']}"}, timeout=30, check=True)
    assert "is live from the next start" in done.stdout
    fresh.start()
    assert fresh.get("alert-rules/old").status == 404 and fresh.get("alert-rules/supply_low").json["limit"] == 23


@pytest.mark.slow
def test_as_many_and_as_long_rules_as_there_may_be_fit_into_a_version_and_a_document(fresh):
    fresh.start()
    long = {"text": '"' * 79, "consequence": '"' * 99, "action": '"' * 159, "group": "g" * 39,
            "suppressed": ["safe", "estop", "fault", "config", "idle", "move", "dock"]}
    for number in range(16):
        made = fresh.post("alert-rules", {**RULE, **long, "code": f"own_{number:02}_" + "c" * 32}, role="administrator")
        assert made.status == 201, made
        noted = fresh.get(f"audit?object=version%20{newest(fresh)[0]}", role="administrator").json["items"][0]
        assert json.loads(noted["after"]).keys() <= {made.json["code"], "left_out_bytes"}, noted
    for rule in fresh.get("alert-rules").json["items"]:
        if rule["shipped"]:
            assert put(fresh, rule["code"], latching=True, text=long["text"], consequence=long["consequence"], action=long["action"]).status == 200
    rules, document = fresh.get("alert-rules").json["items"], fresh.get("config/export").json
    assert len(document["values"]["alert_rules"]) == 32
    assert go(fresh, "import", {**document, "values": {**document["values"], "alert_rules": {}}}).status == 200
    assert [rule["revision"] for rule in fresh.get("alert-rules").json["items"]] == [0] * 16
    assert go(fresh, "import", document).status == 200
    fresh.kill()
    fresh.start()
    assert sorted(fresh.get("alert-rules").json["items"], key=lambda rule: rule["code"]) == sorted(rules, key=lambda rule: rule["code"])
