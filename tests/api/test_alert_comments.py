# SPDX-License-Identifier: GPL-2.0-or-later
"""What people say of an alert, and which of its comings they acknowledge."""
import pytest

from oht_test.wait import until
from test_alert_shelves import quarantined
from test_alerts import acknowledge, is_at_rest, listed, ohtctl


def comment(daemon, number, text, role="operator"):
    return daemon.post(f"alerts/{number}/comments", {"text": text}, role=role)


def comments(daemon, number):
    answer = daemon.get(f"alerts/{number}/comments")
    assert answer.status == 200, answer
    return answer.json["items"]


def test_comments_are_kept_with_their_alert_and_are_so_many(daemon):
    with quarantined(daemon) as number:
        assert comments(daemon, number) == []
        first = comment(daemon, number, "Stecker lose, gedrückt")
        assert (first.status, first.json["by"], first.json["text"]) == (201, "operator", "Stecker lose, gedrückt"), first
        made = [first.json] + [comment(daemon, number, f"{i} " + "x" * 497, "supervisor").json for i in range(10, 58)]
        assert "it is new" in ohtctl(daemon, verb=("alerts", "comment", str(number), "it is new"))
        refused = comment(daemon, number, "one more")
        assert (refused.status, refused.code) == (409, "too_many_comments") and f"alert {number} has 50" in refused.json["detail"], refused
    # Also of one that is over.
    assert comments(daemon, number)[:49] == made
    assert comments(daemon, number)[49]["by"].startswith("uid ")
    shown = ohtctl(daemon, verb=("alerts", "comments", str(number))).splitlines()
    assert len(shown) == 50 and shown[-1].endswith(" it is new")


@pytest.mark.parametrize("body, code", [
    ({}, "missing"), ({"text": ""}, "length"), ({"text": "ü" * 251}, "length"), ({"text": "   "}, "unfit"), ({"text": "\u200b \ufeff"}, "unfit"), ({"text": "a\tb"}, "unfit"),
    ({"text": "\x1b[2J"}, "unfit"), ({"text": 7}, "type"),
])
def test_what_is_no_comment_is_refused(daemon, body, code):
    refused = daemon.post("alerts/1/comments", body, role="operator")
    assert refused.status == 400 and [(each["pointer"], each["code"]) for each in refused.json["errors"]] == [("/text", code)], refused.json


def test_of_what_is_no_alert_nothing_is_said_nor_without_the_role(daemon):
    for refused in (comment(daemon, 999999999, "x"), daemon.get("alerts/999999999/comments")):
        assert (refused.status, refused.code) == (404, "not_found") and "999999999" in refused.json["detail"], refused
    assert comment(daemon, 1, "x", "viewer").status == 403
    assert daemon.get("alerts/1/comments", role=None).status == 401


def test_an_acknowledgement_is_of_the_coming_that_was_seen(fresh):
    def stop(times):
        assert fresh.post("safety/stop", role="operator").status == 200
        return until(lambda: (found := listed(fresh, "stop_latched")) and found["times"] == times and found, what="the stop")

    def see(number, times):
        return fresh.post(f"alerts/{number}/acknowledge", {"times": times}, role="operator")

    fresh.start()
    until(lambda: is_at_rest(fresh), what="a robot that is well")
    number = stop(1)["number"]
    assert comment(fresh, number, "of the first coming").status == 201
    until(lambda: is_at_rest(fresh), what="a reset", period_s=0.1)
    again = stop(2)
    assert again["number"] == number
    for times in (1, 3):
        refused = see(number, times)
        assert (refused.status, refused.code) == (409, "alert_came_again"), refused
        assert refused.json["detail"] == f"alert {number} (stop_latched) has come 2 times, not {times}"
    assert listed(fresh, "stop_latched")["acknowledged"] is None
    assert see(number, 0).json["errors"][0]["pointer"] == "/times"
    assert see(999999999, 1).status == 404
    until(lambda: fresh.get("alerts/history?limit=1").json["items"][0]["times"] == 2, what="the second coming, kept")
    fresh.kill()
    fresh.start()
    # Of one that the store alone has, too; without a count it is of what there is.
    assert see(number, 1).json["detail"].endswith("has come 2 times, not 1")
    assert see(number, 2).json["acknowledged_by"] == "operator"
    assert acknowledge(fresh, number).json["times"] == 2
    assert [each["text"] for each in comments(fresh, number)] == ["of the first coming"]
