# SPDX-License-Identifier: GPL-2.0-or-later
"""Alerts for which no person is called for a time: they stand and are listed, and come back by themselves."""
import contextlib
import datetime
import json

import pytest

from oht_test.wait import until
from test_alerts import following, is_at_rest, listed, ohtctl

WHY = "part is ordered"


def shelve(daemon, number, minutes=30, reason=WHY, role="operator"):
    return daemon.post(f"alerts/{number}/shelve", {"minutes": minutes, "reason": reason}, role=role)


def unshelve(daemon, number, role="operator"):
    return daemon.post(f"alerts/{number}/unshelve", {}, role=role)


def shelves(daemon):
    return daemon.get("alerts/shelves").json["items"]


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


@contextlib.contextmanager
def quarantined(daemon):
    """Number of the alert of a module in quarantine: a warning. Not at the start: then it waits for that module."""
    until(lambda: is_at_rest(daemon) and daemon.get("modules/5").json["health"] == "good", what="a robot that is well")
    until(lambda: daemon.post("modules/5/quarantine", {}, role="supervisor").status == 200, what="quarantine")
    try:
        yield until(lambda: (listed(daemon, "module_quarantined", 5) or {}).get("number"), what="a number")
    finally:
        until(lambda: daemon.request("DELETE", "modules/5/quarantine", role="supervisor").status == 200, what="no quarantine")


def test_it_stands_and_says_so_and_comes_again_shelved(daemon):
    with following(daemon) as hear:
        with quarantined(daemon) as number:
            before = hear("module_quarantined", 5, lambda alert: alert and alert["number"])
            healthy = daemon.get("health", role=None).json["reasons"]
            answer = shelve(daemon, number)
            assert (answer.status, answer.json["by"], answer.json["reason"], answer.json["address"]) == (200, "operator", WHY, 5), answer
            lasts_s = (moment(answer.json["until"]) - moment(answer.json["since"])).total_seconds()
            assert 30 * 60 - 1 <= lasts_s <= 30 * 60
            told = hear("module_quarantined", 5, lambda alert: alert["shelved_until"])
            assert told == {**before, "shelved_until": answer.json["until"], "shelved_by": "operator", "shelved_reason": WHY}
            listing = daemon.get("alerts").json
            assert (listing["shelved_count"], listing["total_count"]) == (1, len(listing["items"]))
            # It makes nothing well.
            assert daemon.get("health", role=None).json["reasons"] == healthy != []
            assert WHY in ohtctl(daemon, verb=("alerts", "shelves"))
        hear("module_quarantined", 5, lambda alert: not alert)
        assert [row["until"] for row in shelves(daemon)] == [answer.json["until"]]
        with quarantined(daemon) as number:
            assert hear("module_quarantined", 5)["shelved_until"] == answer.json["until"]
            # A new one in its place, by the machine itself.
            more = json.loads(ohtctl(daemon, "--json", "--reason", "für Halle 7", verb=("alerts", "shelve", str(number), "60")))
            assert [(row["reason"], row["until"]) for row in shelves(daemon)] == [("für Halle 7", more["until"])]
            assert more["by"].startswith("uid ")
            assert json.loads(ohtctl(daemon, "--json", verb=("alerts", "unshelve", str(number)))) == more
            assert not hear("module_quarantined", 5, lambda alert: not alert["shelved_until"])["shelved_reason"]
            again = unshelve(daemon, number)
            assert (again.status, again.code) == (409, "alert_not_shelved") and "module_quarantined" in again.json["detail"], again
    assert not shelves(daemon)
    assert ohtctl(daemon, verb=("alerts", "shelves")) == "no alert is shelved\n"
    assert json.loads(ohtctl(daemon, "--json", verb=("alerts", "shelves")))["items"] == []


def test_a_stop_is_never_shelved(daemon):
    assert daemon.post("safety/stop", role="operator").status == 200
    number = until(lambda: (listed(daemon, "stop_latched") or {}).get("number"), what="a number")
    refused = shelve(daemon, number)
    assert (refused.status, refused.code) == (409, "alert_not_shelvable"), refused
    assert refused.json["detail"] == f"alert {number} (stop_latched) is an emergency"
    assert not shelves(daemon) and listed(daemon, "stop_latched")["shelved_until"] is None
    until(lambda: is_at_rest(daemon), what="a reset", period_s=0.1)


@pytest.mark.parametrize("body, pointer, code", [
    ({"reason": WHY}, "/minutes", "missing"), ({"minutes": 0, "reason": WHY}, "/minutes", "range"),
    ({"minutes": 481, "reason": WHY}, "/minutes", "range"), ({"minutes": -5, "reason": WHY}, "/minutes", "range"),
    ({"minutes": 1}, "/reason", "missing"), ({"minutes": 1, "reason": ""}, "/reason", "length"),
    ({"minutes": 1, "reason": "ä" * 101}, "/reason", "length"), ({"minutes": 1, "reason": "  "}, "/reason", "unfit"),
    ({"minutes": 1, "reason": "one\ntwo"}, "/reason", "unfit"), ({"minutes": 1, "reason": WHY, "until": "now"}, "/until", "unknown_member"),
])
def test_what_is_wrong_is_named_and_shelves_nothing(daemon, body, pointer, code):
    refused = daemon.post("alerts/1/shelve", body, role="operator")
    assert refused.status == 400 and (pointer, code) in [(each["pointer"], each["code"]) for each in refused.json["errors"]], refused.json
    assert not shelves(daemon)


def test_what_is_no_alert_is_not_shelved_nor_without_the_role(daemon):
    for act in (shelve, unshelve):
        refused = act(daemon, 999999999)
        assert (refused.status, refused.code) == (404, "not_found") and "999999999" in refused.json["detail"], refused
        assert act(daemon, 1, role="viewer").status == 403
        assert act(daemon, 1, role=None).status == 401
        assert act(daemon, "stop_latched").code == "bad_id"


def test_a_shelf_survives_kill_9_and_an_old_number_ends_it(fresh):
    fresh.start()
    until(lambda: is_at_rest(fresh), what="a robot that is well")
    until(lambda: fresh.post("modules/5/quarantine", {}, role="supervisor").status == 200, what="quarantine")
    number = until(lambda: (listed(fresh, "module_quarantined", 5) or {}).get("number"), what="a number")
    shelf = shelve(fresh, number, 480).json
    fresh.kill()
    fresh.start()
    assert shelves(fresh) == [shelf]
    over = shelve(fresh, number)
    assert (over.status, over.code) == (409, "alert_over") and f"alert {number} (module_quarantined)" in over.json["detail"], over
    assert unshelve(fresh, number).json == shelf
    fresh.kill()
    fresh.start()
    assert not shelves(fresh)
