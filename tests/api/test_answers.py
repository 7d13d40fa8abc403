# SPDX-License-Identifier: GPL-2.0-or-later
"""Real answers against openapi.json, and against docs/api-examples.json, which is made of them.

OHT_RECORD=1 writes the examples anew; without it a test fails when an example has not the members of the real answer any
more, or when a route has none.
"""
import copy
import json
import os
import pathlib
import socket

import jsonschema
import pytest

from daemon import SENDER, begin, serving
from oht_test.client import PASSWORD
from oht_test.wait import until

TOP = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = TOP / "docs/api-examples.json"
# (method, template, path, body, role, status): what is asked for each route, in this order.
DEVICE = {"public_key": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQ8DHverkE3oOTeVV/IUCvjNu7YnWIqrRYuAo2YxU1KfX9QpLbfrIT+39SOnq8R5WqNO40kab6Yhy8ETitUGcJw==",
          "challenge": "00" * 48, "signature": "A" * 86 + "=="}
ASKED = [
    ("POST", "auth/login", "auth/login", {"username": "operator", "password": PASSWORD}, None, 200),
    ("POST", "auth/refresh", "auth/refresh", {"refresh_token": "x" * 72}, None, 401),
    ("GET", "auth/me", "auth/me", None, "viewer", 200),
    ("GET", "auth/sessions", "auth/sessions", None, "viewer", 200),
    ("DELETE", "auth/sessions/{name}", "auth/sessions/9c1b8a7d5e4f3a2b1c0d9e8f7a6b5c4d", None, "viewer", 404),
    ("GET", "auth/profile", "auth/profile", None, "viewer", 200),
    ("PATCH", "auth/me", "auth/me",
     {"full_name": "Vera Wyss", "zone": "Europe/Zurich", "views": [{"name": "battery", "query": "signals=battery_v&range=1h"}]}, "viewer", 200),
    ("POST", "auth/register", "auth/register", {"username": "berta", "password": PASSWORD, "note": "late shift"}, None, 403),
    ("POST", "auth/password/change", "auth/password/change",
     {"old_password": "wrong password", "new_password": "another horse battery"}, "viewer", 403),
    ("POST", "auth/elevate", "auth/elevate", {"password": PASSWORD}, "viewer", 200),
    ("DELETE", "auth/elevate", "auth/elevate", None, "viewer", 204),
    ("GET", "auth/pin", "auth/pin", None, "viewer", 200),
    ("PUT", "auth/pin", "auth/pin", {"password": "wrong password", "pin": "735194"}, "viewer", 403),
    ("DELETE", "auth/pin", "auth/pin", None, "viewer", 204),
    ("POST", "auth/elevate/pin", "auth/elevate/pin", {"pin": "735194", **DEVICE}, "viewer", 403),
    ("DELETE", "users/{id}/pin", "users/999/pin", None, "administrator", 404),
    ("GET", "auth/totp", "auth/totp", None, "viewer", 200),
    ("POST", "auth/totp", "auth/totp", {"password": "wrong password"}, "viewer", 403),
    ("POST", "auth/totp/confirm", "auth/totp/confirm", {"code": "287082"}, "viewer", 409),
    ("POST", "auth/totp/recovery", "auth/totp/recovery", {"password": PASSWORD, "code": "287082"}, "viewer", 409),
    ("DELETE", "auth/totp", "auth/totp", {"password": PASSWORD, "code": "287082"}, "viewer", 409),
    ("GET", "users", "users?limit=1", None, "administrator", 200),
    ("POST", "users", "users", {"username": "anna", "password": PASSWORD, "role": "operator"}, "administrator", 201),
    ("GET", "users/{id}", "users/2", None, "administrator", 200),
    ("PATCH", "users/{id}", "users/5", {"disabled": True}, "administrator", 200),
    ("DELETE", "users/{id}", "users/5", None, "administrator", 204),
    ("DELETE", "users/{id}/totp", "users/1/totp", None, "administrator", 409),
    ("POST", "users", "users", {"username": "prometheus", "role": "viewer", "service": True}, "administrator", 201),
    ("POST", "users/import", "users/import?dry_run=true", {"csv": "username,role,full_name\ncarla,operator,Carla Senn\n"}, "administrator", 200),
    ("POST", "users/{id}/reset-code", "users/1/reset-code", {}, "administrator", 201),
    ("POST", "auth/reset", "auth/reset",
     {"username": "nobody", "reset_code": "K7QM-2F9X-TR4C-0ZBD", "password": PASSWORD}, None, 403),
    ("GET", "registrations", "registrations", None, "administrator", 200),
    ("POST", "users/{id}/approve", "users/9/approve", {"role": "operator"}, "administrator", 404),
    ("POST", "users/{id}/reject", "users/9/reject", {}, "administrator", 404),
    ("POST", "users/{id}/keys", "users/6/keys", {"name": "scrape", "tags": ["Metrics"], "addresses": ["127.0.0.0/8"]}, "administrator", 201),
    ("GET", "users/{id}/keys", "users/6/keys", None, "administrator", 200),
    ("POST", "users/{id}/keys/{name}/rotate", "users/6/keys/5e4f3a2b1c0d/rotate", {"overlap_s": 3600}, "administrator", 404),
    ("DELETE", "users/{id}/keys/{name}", "users/6/keys/5e4f3a2b1c0d", None, "administrator", 404),
    ("GET", "agents", "agents", None, "viewer", 200),
    ("PUT", "agents/{name}/heartbeat", "agents/line/heartbeat", {"state": "working", "doing": "order 4711"}, "operator", 409),
    ("DELETE", "agents/{name}", "agents/line", None, "operator", 404),
    ("GET", "courses", "courses?limit=1", None, "viewer", 200),
    ("POST", "courses", "courses", {"name": "crane", "title": "Crane driver", "verbs": ["move", "jog"]}, "administrator", 201),
    ("GET", "courses/{id}", "courses/4", None, "viewer", 200),
    ("PATCH", "courses/{id}", "courses/4", {"valid_days": 730}, "administrator", 200),
    ("POST", "certificates", "certificates", {"user": "operator", "course": "crane", "evidence": "test of 2026-07-30, sheet 12"}, "administrator", 201),
    ("GET", "certificates", "certificates", None, "administrator", 200),
    ("DELETE", "certificates/{id}", "certificates/1", {"reason": "moved to another hall"}, "administrator", 200),
    ("POST", "certificates/override", "certificates/override", {"user": "operator", "course": "crane", "reason": "driver is ill"}, "administrator", 409),
    ("POST", "certificates/{id}/confirm", "certificates/9/confirm", {}, "administrator", 404),
    ("DELETE", "courses/{id}", "courses/4", None, "administrator", 204),
    ("POST", "setup", "setup", {"code": "K7QM-2F9X-TR4C-0ZBD", "username": "anna", "password": PASSWORD}, None, 409),
    ("GET", "health", "health", None, None, 200),
    ("GET", "health/live", "health/live", None, None, 200),
    ("GET", "health/ready", "health/ready", None, None, 200),
    ("POST", "auth/ticket", "auth/ticket", {}, "viewer", 200),
    ("GET", "robot", "robot", None, "viewer", 200),
    ("GET", "robot/mode", "robot/mode", None, "viewer", 200),
    ("GET", "robot/limits", "robot/limits", None, "viewer", 200),
    ("POST", "robot/commands", "robot/commands", {"verb": "disable"}, "operator", 409),
    ("PUT", "robot/override", "robot/override", {"percent": 100}, "operator", 200),
    ("POST", "robot/position", "robot/position", {"confirm": True}, "supervisor", 403),
    ("GET", "robot/interlocks", "robot/interlocks", None, "viewer", 200),
    ("GET", "robot/factsheet", "robot/factsheet", None, "viewer", 200),
    ("GET", "robot/commands", "robot/commands", None, "viewer", 200),
    ("GET", "robot/commands/{id}", "robot/commands/1", None, "viewer", 404),
    ("DELETE", "robot/commands/{id}", "robot/commands/1", None, "operator", 409),
    ("POST", "missions", "missions", {"name": "morning round", "external_id": "order-7",
                                      "legs": [{"kind": "move", "station": "dock"}, {"kind": "wait", "wait_s": 5}]},
     "operator", 201),
    ("GET", "missions", "missions", None, "viewer", 200),
    ("GET", "missions/{id}", "missions/1", None, "viewer", 200),
    ("PATCH", "missions/{id}", "missions/1", {"name": "evening round"}, "operator", 200),
    ("GET", "missions/{id}/legs", "missions/1/legs", None, "viewer", 200),
    ("GET", "missions/{id}/export", "missions/1/export", None, "viewer", 200),
    ("POST", "missions/{id}/copy", "missions/1/copy", {"name": "night round", "rounds": 2}, "operator", 201),
    ("POST", "missions", "missions", {"name": "shift", "template": True, "legs": [{"kind": "move", "station": "dock"}]}, "operator", 201),
    ("POST", "missions/schedules", "missions/schedules", {"template": 3, "days": ["mon", "tue"], "from": "06:00", "until": "22:00", "every_min": 480},
     "operator", 201),
    ("POST", "missions/schedules/{id}/release", "missions/schedules/1/release", {}, "operator", 409),
    ("GET", "missions/schedules", "missions/schedules", None, "viewer", 200),
    ("DELETE", "missions/schedules/{id}/release", "missions/schedules/1/release", None, "operator", 200),
    ("DELETE", "missions/schedules/{id}", "missions/schedules/1", None, "operator", 204),
    ("GET", "missions/battery", "missions/battery", None, "viewer", 200),
    ("POST", "missions/battery/release", "missions/battery/release", {}, "operator", 409),
    ("DELETE", "missions/battery/release", "missions/battery/release", None, "operator", 200),
    ("POST", "missions/{id}/legs", "missions/1/legs", {"legs": [{"kind": "acknowledge"}], "first_leg": 3, "through_leg": 2}, "operator", 200),
    ("POST", "missions/{id}/release", "missions/1/release", {"through_leg": 3}, "operator", 200),
    ("POST", "missions/{id}/check", "missions/1/check", {}, "operator", 200),
    ("POST", "missions/{id}/start", "missions/1/start", {}, "operator", 200),
    ("POST", "missions/{id}/pause", "missions/1/pause", {}, "operator", 409),
    ("POST", "missions/{id}/resume", "missions/1/resume", {}, "operator", 200),
    ("POST", "missions/{id}/drain", "missions/1/drain", {}, "operator", 409),
    ("POST", "missions/{id}/cancel", "missions/1/cancel", {}, "operator", 200),
    ("DELETE", "missions/{id}", "missions/1", None, "operator", 204),
    ("GET", "scenarios", "scenarios", None, "viewer", 200),
    ("POST", "scenarios", "scenarios", {"name": "garbled_module"}, "operator", 201),
    ("GET", "scenarios/{id}", "scenarios/1", None, "viewer", 200),
    ("POST", "scenarios/{id}/mend", "scenarios/9/mend", {}, "operator", 404),
    ("POST", "scenarios/{id}/end", "scenarios/1/end", {}, "operator", 200),
    ("GET", "modules", "modules", None, "viewer", 200),
    ("GET", "modules/profiles", "modules/profiles", None, "viewer", 200),
    ("POST", "modules/discover", "modules/discover", {"valid_for_ms": 20000}, "operator", 200),
    ("GET", "modules/{unit}", "modules/2", None, "viewer", 200),
    ("GET", "modules/{unit}", "modules/99", None, "viewer", 404),
    ("GET", "modules/{unit}/registers", "modules/2/registers", None, "viewer", 200),
    ("GET", "modules/{unit}/registers/{name}", "modules/2/registers/battery_voltage", None, "viewer", 200),
    ("PUT", "modules/{unit}/registers/{name}", "modules/2/registers/use_voltage_threshold", {"value": 1.18}, "supervisor", 200),
    ("PUT", "modules/{unit}/registers/{name}", "modules/2/registers/battery_voltage", {"raw": 1}, "supervisor", 409),
    ("POST", "modules/{unit}/reset", "modules/5/reset", {}, "supervisor", 403),
    ("POST", "modules/{unit}/ping", "modules/5/ping", {}, "operator", 200),
    ("POST", "robot/stations/{name}/teach", "robot/stations/dock/teach", {}, "supervisor", 200),
    ("POST", "modules/{unit}/quarantine", "modules/5/quarantine", {}, "supervisor", 200),
    ("GET", "alerts", "alerts", None, "viewer", 200),
    ("GET", "alerts/{id}", "alerts/1", None, "viewer", 200),
    ("POST", "alerts/{id}/acknowledge", "alerts/1/acknowledge", {}, "operator", 200),
    ("POST", "alerts/{id}/comments", "alerts/1/comments", {"text": "it is to be exchanged on Monday"}, "operator", 201),
    ("GET", "alerts/{id}/comments", "alerts/1/comments", None, "viewer", 200),
    ("POST", "alerts/{id}/shelve", "alerts/1/shelve", {"minutes": 30, "reason": "a part is ordered"}, "operator", 200),
    ("GET", "alerts/shelves", "alerts/shelves", None, "viewer", 200),
    ("POST", "alerts/{id}/unshelve", "alerts/1/unshelve", {}, "operator", 200),
    ("GET", "alerts/summary", "alerts/summary", None, "viewer", 200),
    ("GET", "alerts/history", "alerts/history?code=module_quarantined", None, "viewer", 200),
    ("GET", "alert-rules", "alert-rules", None, "viewer", 200),
    ("GET", "alert-rules/{name}", "alert-rules/cells_apart", None, "viewer", 200),
    ("POST", "alert-rules", "alert-rules", {
        "code": "charger_current_high", "signal": "charger_a", "when": "above", "limit": 25, "hysteresis": 2, "on_ms": 5000,
        "text": "The charger gives too much current", "consequence": "The battery ages.", "action": "Have the charger checked."},
     "administrator", 201),
    ("PUT", "alert-rules/{name}", "alert-rules/charger_current_high", {"limit": 22}, "administrator", 428),
    ("DELETE", "alert-rules/{name}", "alert-rules/charger_current_high", None, "administrator", 204),
    ("GET", "alert-rules/{name}/trial", "alert-rules/battery_low/trial", None, "operator", 200),
    ("POST", "alert-rules/{name}/test", "alert-rules/battery_low/test", None, "operator", 200),
    ("POST", "alert-trials", "alert-trials", {
        "code": "supply_high", "signal": "safety_supply_v", "when": "above", "limit": 23, "hysteresis": 1, "on_ms": 1000,
        "text": "The supply is high", "consequence": "It may be damaged.", "action": "Check it."}, "operator", 200),
    ("POST", "webhooks", "webhooks", {"url": "https://127.0.0.1:1/robots", "severity": "critical"}, "administrator", 201),
    ("GET", "webhooks", "webhooks", None, "operator", 200),
    ("GET", "webhooks/{id}", "webhooks/1", None, "operator", 200),
    ("PUT", "webhooks/{id}", "webhooks/1", {"alive": True}, "administrator", 200),
    ("POST", "webhooks/{id}/secret", "webhooks/1/secret", {}, "administrator", 200),
    ("POST", "webhooks/{id}/test", "webhooks/1/test", {}, "administrator", 200),
    ("GET", "webhook-deliveries", "webhook-deliveries?limit=1", None, "operator", 200),
    ("POST", "webhook-deliveries/{id}/resend", "webhook-deliveries/1/resend", {}, "administrator", 409),
    ("DELETE", "webhooks/{id}", "webhooks/1", None, "administrator", 204),
    ("DELETE", "modules/{unit}/quarantine", "modules/5/quarantine", None, "supervisor", 200),
    ("GET", "bus", "bus", None, "viewer", 200),
    ("GET", "bus/plan", "bus/plan", None, "viewer", 200),
    ("GET", "bus/statistics", "bus/statistics", None, "viewer", 200),
    ("GET", "robot/stations", "robot/stations", None, "viewer", 200),
    ("PATCH", "config", "config?reason=a%20new%20name", {"robot": {"name": "mill 7"}}, "supervisor", 200),
    ("PATCH", "config", "config", {"motion": {"jog_mm_s": 5000}}, "administrator", 422),
    ("POST", "config/check", "config/check", {"stations": {"mill": {"position_mm": 7000}}}, "supervisor", 200),
    ("PATCH", "config", "config?confirm_within_s=600", {"robot": {"place": "hall 2"}}, "supervisor", 200),
    ("GET", "config/pending", "config/pending", None, "viewer", 200),
    ("POST", "config/extend", "config/extend?confirm_within_s=300", None, "supervisor", 200),
    ("POST", "config/confirm", "config/confirm", None, "supervisor", 200),
    ("DELETE", "config/pending", "config/pending", None, "supervisor", 409),
    ("GET", "config/schema", "config/schema", None, "viewer", 200),
    ("GET", "config/compare", "config/compare?a=1&b=live", None, "viewer", 200),
    ("POST", "config/import/check", "config/import/check", {"format": "oht-configuration", "format_version": 1, "kind": "OHT-50",
                                                            "values": {"robot": {"place": "hall 3"}}}, "supervisor", 200),
    ("POST", "config/import", "config/import", {"format": "oht-configuration", "format_version": 2, "values": {}}, "supervisor", 400),
    ("GET", "config/versions", "config/versions?limit=2", None, "viewer", 200),
    ("GET", "config/versions/{id}", "config/versions/2", None, "viewer", 200),
    ("PUT", "config/versions/{id}/rescue", "config/versions/1/rescue", None, "administrator", 200),
    ("POST", "config/rescue", "config/rescue", {}, "supervisor", 200),
    ("POST", "config/versions/{id}/rollback", "config/versions/1/rollback", {}, "supervisor", 200),
    ("GET", "audit", "audit?limit=2", None, "administrator", 200),
    ("GET", "audit/key", "audit/key", None, "viewer", 200),
    ("GET", "audit/proof", "audit/proof?from=1&to=2", None, "viewer", 200),
    ("GET", "telemetry/signals", "telemetry/signals", None, "viewer", 200),
    ("GET", "telemetry/current", "telemetry/current?signals=state,position_mm,battery_percent,target_mm", None, "viewer", 200),
    ("GET", "telemetry/current", "telemetry/current?signals=position_mm,flux", None, "viewer", 422),
    ("GET", "telemetry/history", "telemetry/history?signals=battery_v&step_ms=600000", None, "viewer", 200),
    ("GET", "telemetry/summary", "telemetry/summary?signals=enabled,cycle_late_us", None, "viewer", 200),
    ("GET", "timeline", "timeline?kinds=start", None, "viewer", 200),
    ("GET", "analytics/summary", "analytics/summary?by=shift", None, "viewer", 200),
    ("GET", "analytics/service-level", "analytics/service-level?by=month", None, "viewer", 200),
    ("GET", "analytics/odometer", "analytics/odometer", None, "viewer", 200),
    ("POST", "analytics/odometer/done", "analytics/odometer/done", {"wear": "distance", "note": "wheels changed"}, "supervisor", 200),
    ("GET", "safety", "safety", None, "viewer", 200),
    ("POST", "safety/stop", "safety/stop", None, "operator", 200),
    ("POST", "safety/reset", "safety/reset", {}, "supervisor", 200),
    ("POST", "safety/enable", "safety/enable", {"valid_for_ms": 1000}, "operator", 409),
    ("POST", "safety/self-test", "safety/self-test", {}, "supervisor", 409),
    ("GET", "control", "control", None, "viewer", 200),
    ("POST", "control", "control", {}, "operator", 200),
    ("POST", "control", "control", {}, "supervisor", 409),
    ("POST", "control/take-over", "control/take-over", {"reason": "The way is blocked"}, "supervisor", 200),
    ("POST", "control/hand-over", "control/hand-over", {"to": "operator"}, "supervisor", 200),
    ("DELETE", "control", "control", None, "operator", 200),
    # They take control, which would be in the way of those before.
    ("POST", "robot/limits/reload", "robot/limits/reload", {"valid_for_ms": 5000}, "administrator", 200),
    ("PUT", "robot/mode", "robot/mode", {"mode": "automatic"}, "administrator", 200),
    ("GET", "safety/events", "safety/events?limit=1", None, "viewer", 200),
    ("GET", "safety/latency", "safety/latency", None, "viewer", 200),
    ("GET", "safety/zones", "safety/zones", None, "viewer", 200),
    ("GET", "logs", "logs?limit=2&level=notice", None, "supervisor", 200),
    ("PUT", "logs/level", "logs/level", {"level": "info", "room": "http"}, "administrator", 200),
    ("GET", "system/certificate", "system/certificate", None, "administrator", 200),
    ("POST", "auth/device/challenge", "auth/device/challenge", {"public_key": DEVICE["public_key"]}, None, 200),
    ("POST", "auth/device/enrol", "auth/device/enrol", {**DEVICE, "note": "panel beside the dock"}, None, 403),
    ("POST", "auth/device/state", "auth/device/state", DEVICE, None, 401),
    ("POST", "auth/device/login", "auth/device/login", DEVICE, None, 401),
    ("GET", "devices", "devices", None, "administrator", 200),
    ("POST", "devices/{id}/accept", "devices/9/accept", {"name": "panel-hall-7", "role": "operator"}, "administrator", 404),
    ("POST", "devices/{id}/reject", "devices/9/reject", {}, "administrator", 404),
    ("DELETE", "devices/{id}", "devices/9", None, "administrator", 404),
    ("GET", "system/signing-keys", "system/signing-keys", None, "administrator", 200),
    ("GET", "errors", "errors", None, None, 200),
    ("GET", "backups", "backups", None, "supervisor", 200),
    ("POST", "backups", "backups", {}, "administrator", 202),
    ("GET", "backups/{id}", "backups/20261127020000", None, "supervisor", 404),
    ("DELETE", "backups/{id}", "backups/20261127020000", None, "administrator", 404),
    ("POST", "backups/{id}/verify", "backups/20261127020000/verify", {}, "administrator", 404),
    ("POST", "backups/{id}/restore", "backups/20261127020000/restore", {}, "administrator", 403),
    ("DELETE", "backups/{id}/restore", "backups/20261127020000/restore", None, "administrator", 404),
    ("GET", "jobs", "jobs", None, "supervisor", 200),
    ("GET", "jobs/{id}", "jobs/1", None, "supervisor", 404),
    ("DELETE", "jobs/{id}", "jobs/1", None, "administrator", 404),
    # The last, since nobody comes back with that token.
    ("POST", "auth/logout", "auth/logout", {}, "supervisor", 204),
]
# Routes without an example: a document, not an answer with members, or one that is tested by itself.
NO_EXAMPLE = {("GET", "openapi.json"), ("GET", "asyncapi.json"), ("GET", "docs"), ("POST", "system/certificate"), ("POST", "system/signing-keys/rotate"),
              ("POST", "system/restart"), ("GET", "/ca.crt"), ("GET", "/metrics"), ("GET", "ws"), ("GET", "foxglove"),
              ("GET", "stream"), ("GET", "telemetry/export"), ("GET", "config"), ("GET", "config/export"), ("GET", "audit/head"),
              ("GET", "backups/{id}/content")}
# Left out of an example: secrets, and what is long and says nothing.
HIDDEN = {**dict.fromkeys(("ticket", "access_token", "refresh_token", "pem", "secret"), "..."),
          "reset_code": "K7QM-2F9X-TR4C-0ZBD",
          # Long enough for the schema.
          **dict.fromkeys(("password", "old_password", "new_password"), "a long password")}


@pytest.fixture(scope="module", name="own")
def _own(tmp_path_factory, accounts):
    made = begin(tmp_path_factory.mktemp("answers"), accounts)
    made.write_config(webhooks_destinations="127.0.0.1:1", webhooks_sender=SENDER)
    with serving(made):
        until(lambda: all(item["health"] == "good" for item in made.get("modules").json["items"]), what="the modules")
        until(lambda: made.post("modules/discover", role="operator").status == 200, what="the first search to be over")
        yield made


@pytest.fixture(scope="module", name="document")
def _document(own):
    return own.get("openapi.json", role=None).json


@pytest.fixture(scope="module", name="answers")
def _answers(own):
    """All of ASKED, in its order."""
    def ask(method, path, body, role, status):
        """Once more while a late host lets a module wait, or an alert has no number yet."""
        def answer():
            # What is to be refused is asked for in a session that is not elevated.
            said = own.request(method, path, body, role=role, token=own.token(role) if role and status == 403 else None)
            return (said.status == status or said.status not in (404, 502)) and said
        return until(answer, what=f"an answer to {method} {path}")
    return [ask(method, path, body, role, status) for method, _, path, body, role, status in ASKED]


def strict(document):
    """The same, but an answer may have no member that is not described."""
    document = copy.deepcopy(document)
    for schema in document["components"]["schemas"].values():
        schema["additionalProperties"] = False
    return document


def resolver_of(document):
    """For validate(). It keeps what it has found: one for each value would search the document anew."""
    return jsonschema.RefResolver.from_schema(document)


def validate(resolver, schema, value):
    """A value against a schema of the resolver's document; formats too."""
    jsonschema.Draft202012Validator(schema, resolver=resolver, format_checker=jsonschema.FormatChecker()).validate(value)


def operation_of(document, method, template):
    """What openapi.json says of it."""
    return document["paths"][f"/api/v1/{template}"][method.lower()]


def test_answers_are_as_described(document, answers):
    rigid = strict(document)
    resolver = resolver_of(rigid)
    for (method, template, path, body, _, status), answer in zip(ASKED, answers):
        operation = operation_of(rigid, method, template)
        assert answer.status == status, (method, path, answer.body)
        if body:
            validate(resolver, operation["requestBody"]["content"]["application/json"]["schema"], body)
        described = operation["responses"][str(status)]
        if status == 204:
            assert answer.body == b"" and "content" not in described
            continue
        kind = "application/json" if status < 400 else "application/problem+json"
        assert answer.headers["content-type"] == kind
        validate(resolver, described["content"][kind]["schema"], answer.json)
        if status >= 400:
            assert answer.code in described["x-codes"], path


def test_the_description_is_strict_enough(document, answers):
    """A validator that takes everything would show nothing."""
    rigid = strict(document)
    resolver = resolver_of(rigid)
    for (method, template, _, _, _, status), answer in zip(ASKED, answers):
        if status >= 400 or status == 204:
            continue
        schema = operation_of(rigid, method, template)["responses"][str(status)]["content"]["application/json"]["schema"]
        whole = answer.json
        for name in whole:
            broken_ones = [{**whole, "other": 1}, {**whole, name: ["x", 5, {}]}]
            # With the cookie it is not there; of signals only those that were asked for.
            if name != "refresh_token" and template != "telemetry/current":
                broken_ones.append({k: v for k, v in whole.items() if k != name})
            for broken in broken_ones:
                with pytest.raises(jsonschema.ValidationError):
                    validate(resolver, schema, broken)


def test_unknown_members_are_described_as_refused(document):
    schema, resolver = document["components"]["schemas"]["RobotCommand"], resolver_of(document)
    for wrong in ({}, {"verb": "jump"}, {"verb": "stop", "valid_for_ms": 0}, {"verb": "stop", "x": 1}):
        with pytest.raises(jsonschema.ValidationError):
            validate(resolver, schema, wrong)


# ---- examples ----

def shape(value):
    """What an example and the real answer must have in common: names and types, but not null or an empty list."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


def fits(first, second):
    """Do two shapes agree? What is null or empty in one may be anything in the other."""
    if "NoneType" in (first, second) or [] in (first, second):
        return True
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(fits(first[name], second[name]) for name in first)
    if isinstance(first, list) and isinstance(second, list):
        return fits(first[0], second[0])
    return first == second


def shortened(value):
    """An answer as an example: long lists with two items."""
    if isinstance(value, dict):
        return {name: HIDDEN[name] if name in HIDDEN else shortened(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value[:2]]
    return value.replace(socket.gethostname(), "robot") if isinstance(value, str) else value


def test_examples_are_real_answers(document, answers):
    made = [{"method": method, "route": f"/api/v1/{template}", "path": f"/api/v1/{path}", "status": status,
             **({"request": shortened(body)} if body is not None else {}),
             "answer": shortened(answer.json) if answer.body else None}
            for (method, template, path, body, _, status), answer in zip(ASKED, answers)]
    text = json.dumps(made, indent=1) + "\n"
    assert PASSWORD not in text
    if os.environ.get("OHT_RECORD"):
        EXAMPLES.write_text(text, encoding="utf-8")
    kept = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    for old, new in zip(kept, made):
        assert {**old, "answer": 0} == {**new, "answer": 0}, "record with OHT_RECORD=1"
        assert fits(shape(old["answer"]), shape(new["answer"])), (old["route"], "record with OHT_RECORD=1")
    assert len(kept) == len(made)
    with_example = {(each["method"], each["route"]) for each in kept}
    for path, item in document["paths"].items():
        for method in item:
            if (method.upper(), path.replace("/api/v1/", "")) not in NO_EXAMPLE:
                assert (method.upper(), path) in with_example, f"no example of {method.upper()} {path}: add it to ASKED"


def test_drift_would_be_seen():
    assert fits(shape({"a": 1, "b": [{"c": None}]}), shape({"a": 2.5, "b": []}))
    for other in ({"a": 1}, {"a": "1", "b": []}, {"a": 1, "b": [{"d": 1}]}, {"a": 1, "b": [], "c": 1}):
        assert not fits(shape({"a": 1, "b": [{"c": 2}]}), shape(other)), other
