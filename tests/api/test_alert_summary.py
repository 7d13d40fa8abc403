# SPDX-License-Identifier: GPL-2.0-or-later
"""Numbers about alerts, through all that is between the database and a person; what is counted is a unit test's."""
import json
import sqlite3

import pytest

from oht_test.wait import until
from test_alert_shelves import moment
from test_alerts import is_at_rest, ohtctl

HOUR_NS = 3600 * 10**9


def summary(daemon, query=""):
    answer = daemon.get(f"alerts/summary?{query}")
    assert answer.status == 200, answer
    return answer.json


def test_numbers_of_a_week(fresh):
    """Twelve alerts of two hours ago, within 66 s; one that stood for two days, and one that came five times in seconds."""
    fresh.start()
    until(lambda: is_at_rest(fresh), what="a robot that is well")
    first = summary(fresh)
    assert 7 * 86400 - 1 < (moment(first["to"]) - moment(first["from"])).total_seconds() < 7 * 86400 + 1
    fresh.stop()
    now_ns = int(moment(first["to"]).timestamp()) * 10**9
    rows = [(1000 + i, f"flood_{i:02}", 0, now_ns - 2 * HOUR_NS + i * 6 * 10**9, now_ns - HOUR_NS, 1, 0) for i in range(12)]
    rows += [(1100, "long", 0, now_ns - 60 * HOUR_NS, now_ns - 12 * HOUR_NS, 1, 0),
             (1101, "loose", 5, now_ns - 30 * HOUR_NS, now_ns - 30 * HOUR_NS + 9 * 10**9, 5, 4 * 10**9),
             (1102, "before", 0, now_ns - 24 * 8 * HOUR_NS, now_ns - 24 * 8 * HOUR_NS + 1, 1, 0)]
    with sqlite3.connect(fresh.state / "oht.db") as base:
        base.executemany("INSERT INTO alerts (number, code, severity, source, unit, text, since_ns, ended_ns, times, cut, fastest_ns)"
                         " VALUES (?, ?, 'warning', 'module', ?, 'Test.', ?, ?, ?, 0, ?)", rows)
    base.close()
    fresh.start()
    made = summary(fresh)
    assert (made["count"] - first["count"], made["times"] - first["times"]) >= (14, 18)
    assert made["per_hour"] == pytest.approx(made["count"] / (7 * 24), rel=1e-3)
    assert {"code": "long", "count": 1, "times": 1, "standing_s": 48 * 3600} == made["longest"][0]
    assert made["frequent"][0]["count"] >= 1 and len(made["frequent"]) == len(made["longest"]) == 10
    assert made["flood_total"] == 1 and made["flooded_total"] == 12
    assert [(flood["first_number"], flood["first_code"], flood["count"]) for flood in made["floods"]] == [(1000, "flood_00", 12)]
    assert [(item["number"], item["address"]) for item in made["standing"]] == [(1100, None)] and made["standing_total"] == 1
    assert made["chattering"] == [{"code": "loose", "source": "module", "address": 5, "subject": None, "count": 1, "times": 5}]
    shown = ohtctl(fresh, verb=("alerts", "summary"))
    assert "floods, more than 10 in 10 minutes: 1\n" in shown and " an hour\n" in shown and "more than 24 h: 1\n" in shown, shown
    said = json.loads(ohtctl(fresh, "--json", "--from", "-61h", "--to", "-59h", verb=("alerts", "summary")))
    assert (said["count"], said["times"], said["per_hour"], said["floods"], said["standing"]) == (1, 1, 0.5, [], [])
    assert summary(fresh, "from=2000-01-01T00:00:00Z&to=2000-01-02T00:00:00Z")["longest"] == []


@pytest.mark.parametrize("query, pointer, code", [
    ("from=yesterday", "/from", "unfit"), ("to=2026-13-01T00:00:00Z", "/to", "unfit"), ("from=2999-01-01T00:00:00Z", "/from", "range"),
    ("from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "/from", "range"), ("from=2001-01-01T00:00:00Z", "/from", "range"),
    ("by=day", "/by", "unknown_member"), ("from=", "/from", "length"),
])
def test_what_is_no_span_is_refused(daemon, query, pointer, code):
    refused = daemon.get(f"alerts/summary?{query}")
    assert (refused.status, refused.json["errors"][0]["pointer"], refused.json["errors"][0]["code"]) == (400, pointer, code), refused.json
    assert daemon.get("alerts/summary", role=None).status == 401
