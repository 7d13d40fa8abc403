# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/migration.md has every name of the reference, and what it sends its readers to is there."""
import csv
import re

import pytest

from daemon import TOP

TEXT = (TOP / "docs/migration.md").read_text(encoding="utf-8")
SECTIONS = {"ws_endpoint": "Sockets", "ws_server_message": "Messages of the server", "ws_client_message": "Messages of the client",
            "firmware_event": "Events of the firmware", "metric": "Metrics", "prometheus_alert": "Alerts", "alert_rule": "Alerts",
            "alert_threshold": "Alerts", "alert_severity": "Alerts", "alert_status": "Alerts", "alert_source": "Alerts"}
with open(TOP / "userspace/data/ws_and_metrics.csv", encoding="utf-8") as file:
    OLD = list(csv.DictReader(file))


def section(title):
    return TEXT[TEXT.index(f"## {title}\n"):].split("\n## ", 1)[0]


def rows(title):
    """{old: what it is here}"""
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", section(title), re.M))


@pytest.mark.parametrize("kind", sorted(SECTIONS))
def test_every_name_has_its_row(kind):
    assert kind in {row["kind"] for row in OLD}
    for row in OLD:
        if row["kind"] != kind:
            continue
        if kind in ("alert_severity", "alert_status", "alert_source"):
            assert f"`{kind}`" in section(SECTIONS[kind])
        else:
            assert row["name"] in rows(SECTIONS[kind]), row["name"]


def test_no_kind_is_left_out():
    assert {row["kind"] for row in OLD} == set(SECTIONS)


def test_messages_of_each_socket_are_named():
    for row in OLD:
        if row["kind"] == "ws_endpoint" and not row["name"].startswith("ws://"):
            for name in re.findall(r"[a-z0-9]+_[a-z0-9_]+", row["type_or_threshold"]):
                assert f"`{name}`" in TEXT, (row["name"], name)


def test_a_row_says_where_or_why_not():
    for title in set(SECTIONS.values()):
        for old, new in rows(title).items():
            assert not new.startswith("not ") or ", because " in new, old


def test_no_row_is_about_nothing():
    known = {row["name"] for row in OLD}
    for title in set(SECTIONS.values()):
        assert set(rows(title)) <= known, title


def test_routes_are_there(daemon):
    paths = daemon.get("openapi.json", role=None).json["paths"]
    named = re.findall(r"`(GET|POST|PUT|DELETE) ([^`]+)`", TEXT)
    assert len(named) > 10
    for method, path in named:
        assert method.lower() in paths.get("/metrics" if path == "/metrics" else f"/api/v1/{path}", {}), path


def test_channels_and_metrics_are_there(daemon):
    channels = daemon.get("asyncapi.json", role=None).json["channels"]
    for name in re.findall(r"channels? `(\w+)`", TEXT):
        assert name in channels, name
    metrics = daemon.request("GET", "/metrics", role="viewer").body.decode()
    told = set(re.findall(r"^# TYPE (\w+)", metrics, re.M))
    old = {row["name"] for row in OLD if row["kind"] == "metric"}
    for old_name, new in rows("Metrics").items():
        for name in re.findall(r"(\w+)", " ".join(re.findall(r"`([^`]+)`", new))):
            if name in old or name.startswith("oht_"):
                assert name in told, (old_name, name)
        assert new.startswith("not ") == (old_name not in told), old_name


def test_no_channel_is_denied(daemon):
    """An old socket is a channel or is about what is not here; who is sent to a route is told of its channel too."""
    channels = daemon.get("asyncapi.json", role=None).json["channels"]
    for old, new in rows("Sockets").items():
        assert re.match(r"channels? `|not here, because ", new), old
    channel_of = {"health": "system", **{name: name for name in channels}}
    for old, new in rows("Messages of the server").items():
        for route in re.findall(r"`GET (\w+)`", new):
            assert route not in channel_of or f"`{channel_of[route]}`" in new, old
    for file in (TOP / "docs").glob("*.md"):
        for name in re.findall(r"`/?(\w+)` (?:is|are) (?:not a|no|in no) channel", file.read_text(encoding="utf-8")):
            assert name not in channels, (file.name, name)


def test_alerts_are_in_the_rules():
    rules = (TOP / "examples/monitoring/oht.rules.yml").read_text(encoding="utf-8")
    for name in re.findall(r"`([A-Z]\w+)`", "\n".join(rows("Alerts").values())):
        assert f"alert: {name}\n" in rules, name
