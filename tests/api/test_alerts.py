# SPDX-License-Identifier: GPL-2.0-or-later
"""Alerts: what is not well now, over the socket and as a list, and gone with its reason."""
import contextlib
import json
import re
import subprocess

import pytest

from daemon import BUILD
from live import dial, subscribe
from oht_test.wait import until

MEMBERS = {"code", "severity", "text", "action", "source", "address", "subject", "since", "over", "number", "times", "acknowledged",
           "acknowledged_by", "shelved_until", "shelved_by", "shelved_reason"}


def whole(answer):
    """The alerts of an answer, after a look at what holds for each of them."""
    items = answer["items"]
    assert answer["total_count"] == len(items)
    for severity in ("emergency", "critical", "warning"):
        assert answer[f"{severity}_count"] == sum(item["severity"] == severity for item in items)
    since = [item["since"] or "" for item in items]
    assert since == sorted(since, reverse=True)
    for item in items:
        assert item.keys() == MEMBERS and item["text"].endswith(".") and item["action"].endswith("."), item
        assert (item["source"] == "module") == (item["address"] is not None), item
    return items


def found(items, code, address=None):
    """The one with that code, or None."""
    matching = [item for item in items if (item["code"], item["address"]) == (code, address)]
    assert len(matching) <= 1, matching
    return matching[0] if matching else None


def listed(daemon, code, address=None):
    return found(whole(daemon.get("alerts").json), code, address)


def history(daemon, query=""):
    answer = daemon.get(f"alerts/history?{query}")
    assert answer.status == 200, answer
    return answer.json["items"]


def ohtctl(daemon, *options, verb=("alerts",), **more):
    """What ohtctl alerts prints at the machine."""
    return subprocess.run([BUILD / "userspace/ohtctl/ohtctl", *verb, "--socket", daemon.socket, *options],
                          env=daemon.environment(), stdout=subprocess.PIPE, text=True, check=True, **more).stdout


def is_at_rest(daemon):
    """Asks for a reset in an emergency stop, which is refused while something stands in the way."""
    if daemon.get("robot").json["state"] == "estop":
        daemon.post("safety/reset", role="supervisor")
    return daemon.get("robot").json["state"] == "safe"


@contextlib.contextmanager
def following(daemon):
    """hear(code, address, holds): hears until that holds for the alert, or None in its place, and returns it."""
    with dial(daemon, "viewer") as link:
        told = [subscribe(link, "alerts")["data"]]

        def hear(code, address=None, holds=bool):
            while not holds(found(whole(told[-1]), code, address)):
                message = link.hear_until(lambda said: said.get("channel") == "alerts")[-1]
                assert message["type"] == "update"
                told.append({**told[-1], **message["data"]})
            return found(told[-1]["items"], code, address)
        yield hear


@pytest.mark.slow
def test_a_silent_module_is_told_until_it_answers_and_is_cleared(daemon):
    """The safety module, whose loss stops the robot: module and fault are one alert."""
    until(lambda: is_at_rest(daemon) and daemon.get("modules/3").json["health"] == "good", what="a robot that is well")
    with following(daemon) as hear:
        assert daemon.sim("fault 3 silence") == "ok"
        try:
            lost = hear("module_lost", 3)
            assert (lost["severity"], lost["source"], lost["over"]) == ("critical", "module", False)
            assert lost["text"] == "Module 3 (safety) does not answer any more."
            lost = hear("module_lost", 3, lambda alert: alert["number"])
            assert listed(daemon, "module_lost", 3) == lost
            refused = daemon.post(f"alerts/{lost['number']}/shelve", {"minutes": 1, "reason": "loose"}, role="operator")
            assert (refused.status, refused.code) == (409, "alert_not_shelvable") and "a fault of the robot" in refused.json["detail"]
            stopped = hear("stop_latched")
            assert stopped["text"] == ("The robot is stopped. ohtd itself asked for the stop. "
                                       "A module does not answer any more (unit 3).")
            assert stopped["action"] == ("Check power and wiring of the module. If it needs a pause between requests, "
                                         "set its rest_ms in modules.csv. Then reset.")
            reasons = [reason for reason in daemon.get("health", role=None).json["reasons"] if reason["unit"] == 3]
            assert [(each["code"], each["text"], each["since"]) for each in reasons] == [("module_lost", lost["text"], lost["since"])]
        finally:
            assert daemon.sim("clear 3") == "ok"
        over = hear("module_lost", 3, lambda alert: alert and alert["over"])
        assert over["text"] == f"{lost['text']} This is over: clear the fault with reset_fault."
        until(lambda: is_at_rest(daemon), what="a reset", period_s=0.1)
        hear("module_lost", 3, lambda alert: not alert)
    assert not listed(daemon, "module_lost", 3)
    row = until(lambda: [row for row in history(daemon, "code=module_lost&address=3") if row["state"] == "ended"], what="its end")[0]
    assert (row["text"], row["severity"], row["source"], row["address"]) == (lost["text"], "critical", "module", 3)
    assert lost["since"] == row["since"] < row["ended"]
    assert daemon.get(f"alerts/{row['number']}").json == row
    missing = daemon.get("alerts/999999999")
    assert (missing.status, missing.code) == (404, "not_found") and "999999999" in missing.json["detail"]


def test_a_stop_is_told_until_it_is_reset(daemon):
    until(lambda: is_at_rest(daemon), what="a robot that is well")
    with following(daemon) as hear:
        assert daemon.post("safety/stop", role="operator").status == 200
        stopped = hear("stop_latched", holds=lambda alert: alert and alert["number"])
        assert (stopped["severity"], stopped["source"]) == ("emergency", "robot")
        assert stopped["text"] == "The robot is stopped. A person or a program asked for the stop."
        assert daemon.get("safety").json["causes"][0]["text"] in stopped["text"]
        # It is no defect of the daemon.
        assert not [reason for reason in daemon.get("health", role=None).json["reasons"] if reason["code"] == "stop_latched"]
        assert re.search(r"^\d+ +\S+ +emergency +robot +- +stop_latched +- +- +The robot is stopped\. ", ohtctl(daemon), re.M)
        assert found(whole(json.loads(ohtctl(daemon, "--json"))), "stop_latched") == stopped
        until(lambda: is_at_rest(daemon), what="a reset", period_s=0.1)
        hear("stop_latched", holds=lambda alert: not alert)
        until(lambda: ohtctl(daemon) == "no alert stands\n", what="a list of none")


@pytest.mark.slow
def test_a_motion_with_low_outputs_is_told_everywhere_as_long_as_it_lasts(daemon):
    """stand_s and the time factor: 5 s until it is told. A stop is reset first, so that the fault has to be cleared by itself."""
    until(lambda: is_at_rest(daemon), what="a robot that is well")
    with following(daemon) as hear:
        assert daemon.sim("set 4 motor1_actual_speed 60").startswith("ok")
        try:
            moves = hear("moves_unpowered", holds=lambda alert: alert and alert["number"])
            assert (moves["severity"], moves["source"], moves["over"]) == ("emergency", "robot", False)
            assert moves["text"] == "The robot moves although its enable outputs are low." and "main power" in moves["action"]
            assert moves["code"] in [fault["code"] for fault in daemon.get("robot").json["faults"]]
            assert daemon.get("robot").json["state"] == "fault"
            health = daemon.get("health", role=None).json
            assert health["status"] == "degraded" and moves["text"] in [reason["text"] for reason in health["reasons"]]
            assert re.search(r"^\d+ +\S+ +emergency +robot +- +moves_unpowered ", ohtctl(daemon), re.M)
            until(lambda: "moves_unpowered" in [row["code"] for row in history(daemon, "severity=emergency")], what="its row")
            refused = daemon.post("robot/commands", {"verb": "reset_fault"}, role="operator")
            assert refused.status == 409 and moves["code"] in [error["code"] for error in refused.json["errors"]], refused
            refused = daemon.post(f"alerts/{moves['number']}/shelve", {"minutes": 1, "reason": "loud"}, role="operator")
            assert (refused.status, refused.code) == (409, "alert_not_shelvable")
            # Beside a stop, too, which is no defect.
            assert daemon.post("safety/stop", role="operator").status == 200
            hear("stop_latched")
            assert moves["text"] in [reason["text"] for reason in daemon.get("health", role=None).json["reasons"]]
            assert daemon.post("safety/reset", role="supervisor").status == 409
        finally:
            assert daemon.sim("unset 4 motor1_actual_speed") == "ok"
        over = hear("moves_unpowered", holds=lambda alert: alert and alert["over"])
        assert over["text"] == f"{moves['text']} This is over: clear the fault with reset_fault."
        until(lambda: is_at_rest(daemon), what="a reset", period_s=0.1)
        hear("moves_unpowered", holds=lambda alert: not alert)


@pytest.mark.slow
def test_a_value_beyond_its_limit_is_an_alert_until_it_is_back(daemon):
    """It is one of the module that measures the value, wherever alerts are."""
    until(lambda: is_at_rest(daemon) and daemon.get("modules/3").json["health"] == "good", what="a robot that is well")
    with following(daemon) as hear:
        assert daemon.sim("set 3 supply_voltage 200").startswith("ok")
        try:
            low = hear("safety_supply_low", 3)
            assert (low["severity"], low["source"], low["over"]) == ("warning", "module", False)
            assert low["text"] == "The supply of the safety module is low: 20.0 V, below 21.6 V. It may fail, which stops the robot."
            metrics = daemon.request("GET", "/metrics").body.decode()
            assert 'oht_alert{code="safety_supply_low",severity="warning",module_address="3"} 1\n' in metrics
            # It is no defect of the daemon, nor does it stop the robot.
            assert "safety_supply_low" not in str(daemon.get("health", role=None).json["reasons"])
            assert daemon.get("robot").json["state"] == "safe"
        finally:
            assert daemon.sim("unset 3 supply_voltage") == "ok"
            assert daemon.sim("set 3 supply_voltage 240").startswith("ok")
        hear("safety_supply_low", 3, lambda alert: not alert)
    row = until(lambda: [row for row in history(daemon, "code=safety_supply_low") if row["state"] == "ended"], what="its end")[0]
    assert (row["text"], row["since"]) == (low["text"], low["since"])


def acknowledge(daemon, number, role="operator"):
    return daemon.post(f"alerts/{number}/acknowledge", role=role)


def test_an_acknowledgement_is_told_and_kept_and_ends_with_the_alert(fresh):
    fresh.start()
    until(lambda: is_at_rest(fresh), what="a robot that is well")
    with following(fresh) as hear:
        assert fresh.post("safety/stop", role="operator").status == 200
        stopped = hear("stop_latched", holds=lambda alert: alert and alert["number"])
        assert (stopped["acknowledged"], stopped["acknowledged_by"]) == (None, None)
        # It is on the disk before the answer, also where the alert itself was not yet.
        seen = acknowledge(fresh, stopped["number"])
        assert (seen.status, seen.json["acknowledged_by"], seen.json["state"]) == (200, "operator", "active"), seen
        told = hear("stop_latched", holds=lambda alert: alert["acknowledged"])
        assert told == {**stopped, "acknowledged": seen.json["acknowledged"], "acknowledged_by": "operator"}
        assert f"http alert_acknowledged: {stopped['number']} stop_latched by operator" in fresh.log()
        # Who was first stays, and nothing is cleared by it.
        assert acknowledge(fresh, stopped["number"], "supervisor").json == seen.json
        assert fresh.get("robot").json["state"] == "estop"
        assert re.search(r" stop_latched +operator +- +The robot is stopped", ohtctl(fresh))
        # It comes again in the same row, and nobody has seen that.
        until(lambda: is_at_rest(fresh), what="a reset", period_s=0.1)
        hear("stop_latched", holds=lambda alert: not alert)
        assert fresh.post("safety/stop", role="operator").status == 200
        again = hear("stop_latched", holds=lambda alert: alert and alert["number"])
        assert again["acknowledged_by"] is None
        assert json.loads(ohtctl(fresh, "--json", verb=("alerts", "acknowledge", str(again["number"]))))["acknowledged_by"].startswith("uid ")
    fresh.kill()
    fresh.start()
    kept = next(row for row in history(fresh) if row["number"] == again["number"])
    assert (kept["state"], kept["acknowledged_by"][:4]) == ("unknown", "uid ")
    assert fresh.get(f"alerts/{kept['number']}").json == kept
    # Of an alert that is only in the store, too.
    until(lambda: is_at_rest(fresh), what="a robot that is well")
    assert fresh.post("safety/stop", role="operator").status == 200
    number = until(lambda: (found := listed(fresh, "stop_latched")) and found["number"], what="a number")
    assert number > kept["number"]
    fresh.stop()
    fresh.start()
    assert acknowledge(fresh, number).json["acknowledged_by"] == "operator"


def test_what_is_no_alert_is_not_acknowledged(daemon):
    refused = acknowledge(daemon, 999999999)
    assert (refused.status, refused.code) == (404, "not_found") and "999999999" in refused.json["detail"], refused
    assert acknowledge(daemon, "stop_latched").code == "bad_id"


def test_pages(daemon):
    """A page goes on behind its last alert; a cursor of another list, or of no list, is refused."""
    until(lambda: daemon.post("modules/5/quarantine", role="supervisor").status == 200, what="quarantine")
    try:
        assert daemon.post("safety/stop", role="operator").status == 200
        until(lambda: listed(daemon, "stop_latched") and listed(daemon, "module_quarantined", 5), what="two alerts")
        alerts = daemon.get("alerts").json["items"]
        seen, cursor = [], ""
        while cursor is not None:
            page = daemon.get(f"alerts?limit=1{cursor and '&cursor='}{cursor}").json
            assert page["total_count"] == len(alerts)
            seen += page["items"]
            cursor = page["next_cursor"]
        assert seen == alerts and len(alerts) >= 2
        other = daemon.get("modules?limit=1").json["next_cursor"]
        for wrong, code in ((other, "bad_cursor"), ("x", "bad_cursor"), ("1-2-00000000", "cursor_of_other_query")):
            refused = daemon.get(f"alerts?cursor={wrong}")
            assert (refused.status, refused.json["errors"][0]["code"]) == (400, code), refused.json
            assert wrong in refused.json["errors"][0]["detail"]
    finally:
        until(lambda: daemon.request("DELETE", "modules/5/quarantine", role="supervisor").status == 200, what="no quarantine")
        until(lambda: is_at_rest(daemon), what="a reset", period_s=0.1)


def test_what_comes_again_at_once_is_one_and_is_kept_over_kill_9(fresh):
    def newest(state, times):
        found = [row for row in history(fresh, "code=stop_latched&limit=1") if (row["state"], row["times"]) == (state, times)]
        return found[0] if found else None

    fresh.start()
    until(lambda: is_at_rest(fresh), what="a robot that is well")
    for times in (1, 2):
        assert fresh.post("safety/stop", role="operator").status == 200
        until(lambda: newest("active", times), what="a stop")
        until(lambda: is_at_rest(fresh), what="a reset")
        ended = until(lambda: newest("ended", times), what="its end")
    assert ended["since"] < ended["ended"]
    assert fresh.post("safety/stop", role="operator").status == 200
    until(lambda: newest("active", 3), what="the stop")
    fresh.kill()
    fresh.start()
    assert newest("unknown", 3) == {**ended, "state": "unknown", "times": 3, "ended": None}
    until(lambda: is_at_rest(fresh), what="a robot that is well")
    assert fresh.post("safety/stop", role="operator").status == 200
    again = until(lambda: newest("active", 1), what="the stop of another run")
    assert again["number"] > ended["number"]
    numbers = [row["number"] for row in history(fresh)]
    assert numbers == sorted(numbers, reverse=True)
    page = fresh.get("alerts/history?limit=1").json
    assert history(fresh, f"limit=200&cursor={page['next_cursor']}") == history(fresh)[1:]
    assert re.search(r"^\d+ +\S+ +\S+ +emergency +robot +- +stop_latched +- ", ohtctl(fresh, verb=("alerts", "history")), re.M)


@pytest.mark.parametrize("path", ["alerts?severity=critical", "alerts?sort=since", "alerts?limit=0", "alerts?limit=201",
                                  "alerts/history?address=0", "alerts/history?address=248", "alerts/history?code="])
def test_what_is_not_described_is_refused(daemon, path):
    refused = daemon.get(path)
    assert (refused.status, refused.json["code"]) == (400, "validation")
    assert refused.json["errors"][0]["pointer"] == "/" + path.partition("?")[2].partition("=")[0]


def test_nobody_without_a_login(daemon):
    for path in ("alerts", "alerts/history", "stream?channel=alerts"):
        assert daemon.get(path, role=None).status == 401


@pytest.mark.slow
def test_firmware_that_is_not_expected_is_told(fresh):
    """By the column firmware of modules.csv, for the modules for which it says something."""
    file = fresh.data / "modules.csv"
    header, *rows = file.read_text().splitlines()
    wanted = {"safety": "2.00-2.99", "power": "1.01"}
    file.write_text("\n".join([f"{header},firmware", *(f"{row},{wanted.get(row.split(',')[0], '')}" for row in rows)]) + "\n")
    fresh.start()
    alert = until(lambda: listed(fresh, "module_version", 3), what="its alert")
    assert alert["text"] == "Module 3 (safety) has firmware 1.01; expected is 2.00 to 2.99."
    assert (alert["severity"], alert["source"]) == ("warning", "module")
    assert [item["address"] for item in fresh.get("alerts").json["items"] if item["code"] == "module_version"] == [3]
    assert "module_version" not in str(fresh.get("health", role=None).json["reasons"])
