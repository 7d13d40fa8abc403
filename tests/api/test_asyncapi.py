# SPDX-License-Identifier: GPL-2.0-or-later
"""asyncapi.json against what is really said over a WebSocket, in both directions."""
import gzip
import json
import pathlib
import re
import subprocess

import jsonschema
import pytest

from daemon import OHTD
from oht_test.wait import until
from oht_test.websocket import BINARY, WebSocket, frame

API = (pathlib.Path(__file__).resolve().parents[2] / "docs/api.md").read_text(encoding="utf-8")
CHANNELS = {"safety": "events", "robot": "state", "modules": "state", "commands": "events", "telemetry": "state",
            "bus": "state", "logs": "events", "system": "state", "alerts": "state", "missions": "state"}


@pytest.fixture(name="document", scope="module")
def _document(daemon):
    return daemon.get("asyncapi.json", role=None).json


def dial(daemon, role=None):
    """A WebSocket; hello has not been read."""
    made = WebSocket(daemon.connect(), f"127.0.0.1:{daemon.port}")
    if role:
        made.say({"type": "auth", "token": daemon.token(role)})
    return made


def strict(document):
    """The same, but nothing may have a member that is not described."""
    document = json.loads(json.dumps(document))
    for schema in document["components"]["schemas"].values():
        if schema["properties"].get("type") is None:
            schema["additionalProperties"] = False
    return document


def name_of(message):
    """Its name in the document."""
    if "channel" in message:
        return message["channel"] + message["type"].capitalize()
    if message["type"] == "result" and message["status"] != 200:
        return "refusal"
    return message["type"]


def faults(document, name, message):
    """What the document says against it."""
    schema = {**document["components"]["messages"][name]["payload"], "components": document["components"]}
    return [fault.message for fault in jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).iter_errors(message)]


# ---- the route ----

def test_everybody_may_read_it_once(daemon):
    answer = daemon.get("asyncapi.json", role=None)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    again = daemon.request("GET", "asyncapi.json", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    less = daemon.request("GET", "asyncapi.json", headers={"Accept-Encoding": "gzip"})
    assert len(less.body) < len(answer.body) / 3 and gzip.decompress(less.body) == answer.body
    assert answer.headers["etag"] != daemon.get("openapi.json", role=None).headers["etag"]


def test_the_same_is_printed_and_served(daemon):
    printed = subprocess.run([OHTD, "--print-asyncapi"], stdout=subprocess.PIPE, check=True, timeout=60)
    assert json.loads(printed.stdout) == daemon.get("asyncapi.json", role=None).json


def test_schemas_are_json_schema(document):
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft7Validator.check_schema(schema)
    for message in document["components"]["messages"].values():
        jsonschema.Draft7Validator.check_schema(message["payload"])


# ---- channels ----

def test_channels_are_those_that_can_be_subscribed_to(daemon, document):
    told = {name: channel["x-kind"] for name, channel in document["channels"].items() if "x-channel" in channel}
    assert told == CHANNELS
    assert set(document["components"]["schemas"]["SocketSubscribe"]["properties"]["channel"]["enum"]) == set(CHANNELS)
    with dial(daemon, "viewer") as link:
        for name in CHANNELS:
            channel = document["channels"][name]
            assert ("event" in channel["messages"]) == (channel["x-kind"] == "events")
            link.say({"type": "subscribe", "channel": name, "filter": {"signals": ["position_mm"]}})
            taken = link.hear_until(lambda said, name=name: said.get("channel") == name or said["type"] == "error")[-1]
            assert channel["x-filter"] == (taken["type"] == "snapshot"), name


# ---- what the robot says ----

def test_all_messages_of_a_robot_are_as_described(fresh):
    fresh.start()
    until(lambda: fresh.get("safety").json["state"] == "ready", what="a stop that can be made")
    document = strict(fresh.get("asyncapi.json", role=None).json)
    with dial(fresh, "supervisor") as link:
        heard = [link.hear()]
        for name in CHANNELS:
            link.say({"type": "subscribe", "channel": name})
        for message in ({"type": "ping"}, {"type": "nonsense"}, {"type": "unsubscribe", "channel": "nonsense"},
                        {"type": "command", "id": 1, "command": {"verb": "stop"}},
                        {"type": "command", "id": "two", "command": {"verb": "move", "position_mm": 1}}):
            link.say(message)
        heard += link.hear_until(lambda said: said.get("id") == "two")
        link.say({"type": "stop", "id": 3})
        # The event comes by the stop's own descriptor: before the answer or behind it.
        wanted = {f"{name}Snapshot" for name in CHANNELS} | {f"{name}Update" for name in CHANNELS} | {"stopped", "safetyEvent"}
        while not wanted <= {name_of(message) for message in heard}:
            heard.append(link.hear())
        since = {"epoch": heard[0]["epoch"], "seq": next(each["seq"] for each in reversed(heard) if each.get("channel") == "safety")}
    with dial(fresh, "viewer") as link:
        heard.append(link.hear())
        link.say({"type": "subscribe", "channel": "safety", "since": since})
        heard.append(link.hear())
        assert heard[-1]["recovered"] is True
        link.say({"type": "subscribe", "channel": "robot", "since": {"epoch": 1, "seq": 1}})
        heard += link.hear_until(lambda said: said.get("channel") == "robot" and said["type"] == "snapshot")
    fresh.stop()
    names = {name_of(message) for message in heard}
    assert {"hello", "pong", "error", "result", "refusal", "stopped", "safetySnapshot", "safetyEvent", "robotResync"} <= names
    for message in heard:
        assert not faults(document, name_of(message), message), message


def test_wrong_messages_are_told_apart(document):
    """The schemas refuse: without that the test above says nothing."""
    ts = {"utc": "2026-01-01T00:00:00.000Z", "monotonic_ns": 1}
    update = {"type": "update", "channel": "safety", "seq": 1, "ts": ts, "data": {"age_ms": 1}}
    assert not faults(document, "safetyUpdate", update)
    for wrong in ({"channel": "robot"}, {"type": "event"}, {"seq": "1"}, {"ts": {}}, {"data": {"age_ms": "1"}}, {"data": None}):
        assert faults(document, "safetyUpdate", {**update, **wrong}), wrong
    assert not faults(document, "safetyUpdate", {**update, "conflated": 3})
    assert not faults(document, "safetyEvent", {**update, "type": "event"})
    assert faults(document, "safetyEvent", {**update, "type": "event", "conflated": 3}), "an event stands for itself alone"
    snapshot = {"type": "snapshot", "channel": "safety", "seq": 1, "ts": ts}
    assert not faults(document, "safetySnapshot", {**snapshot, "recovered": True, "data": {}})
    for wrong in ({}, {"recovered": False}, {"recovered": False, "data": {}}, {"recovered": True, "data": {"age_ms": 1}}):
        assert faults(document, "safetySnapshot", {**snapshot, **wrong}), wrong


# ---- what clients say ----

SAID = [
    ("auth", {"type": "auth", "token": "x"}, True), ("auth", {"type": "auth", "ticket": "x"}, True),
    ("auth", {"type": "auth", "token": 1}, False), ("auth", {"type": "subscribe", "token": "x"}, False),
    ("subscribe", {"type": "subscribe", "channel": "robot"}, True),
    ("subscribe", {"type": "subscribe", "channel": "robot", "max_rate_hz": 100, "since": {"epoch": 1, "seq": 0}}, True),
    ("subscribe", {"type": "subscribe", "channel": "telemetry", "filter": {"signals": ["position_mm"]}}, True),
    ("subscribe", {"type": "subscribe"}, False), ("subscribe", {"type": "subscribe", "channel": "nonsense"}, False),
    ("subscribe", {"type": "subscribe", "channel": "robot", "max_rate_hz": 101}, False),
    ("subscribe", {"type": "subscribe", "channel": "robot", "since": {"epoch": 1}}, False),
    ("subscribe", {"type": "subscribe", "channel": "telemetry", "filter": {"signals": []}}, False),
    ("subscribe", {"type": "subscribe", "channel": "robot", "rate": 1}, False),
    ("unsubscribe", {"type": "unsubscribe", "channel": "robot"}, True), ("unsubscribe", {"type": "unsubscribe"}, False),
    ("command", {"type": "command", "id": 1, "command": {"verb": "stop"}}, True),
    ("command", {"type": "command", "command": {"verb": "stop"}}, False),
    ("command", {"type": "command", "id": 1, "command": {"verb": "nonsense"}}, False),
    ("stop", {"type": "stop", "id": 1}, True), ("stop", {"type": "stop"}, True), ("stop", {"type": "stop", "id": 1, "x": 1}, False),
    ("ping", {"type": "ping"}, True), ("ping", {"type": "ping", "id": 1}, False),
]


@pytest.mark.parametrize("name, message, good", SAID, ids=[json.dumps(each[1])[:60] for each in SAID])
def test_what_is_described_is_what_is_taken(daemon, document, name, message, good):
    assert (not faults(document, name, message)) == good
    if name == "auth" or message["type"] != name:
        return
    with dial(daemon, "operator") as link:
        link.say(message)
        link.say({"type": "the last"})
        said = link.hear_until(lambda said: said["type"] == "error" and "the last" in json.dumps(said))[:-1]
        refused = [each for each in said if each["type"] == "error" and each["code"] != "not_subscribed"]
        assert bool(refused) != good, said


# ---- the ends ----

def test_close_codes_are_those_of_the_table(document):
    table = API[API.index("| closed with |"):].split("\n\n", 1)[0]
    rows = re.findall(r"^\| (\d[\d, ]+) \|(.*?)\| .* \| (\w+) \|$", table, re.M)
    said = {int(code): (set(re.findall(r"`(\w+)`", reasons)), {again}) for codes, reasons, again in rows for code in codes.split(",")}
    told = {}
    for end in document["x-close-codes"]:
        reasons, again = told.setdefault(end["code"], (set(), set()))
        reasons.update({end["reason"]} - {""})
        again.add(end["again"])
        assert end["description"].endswith(".")
    assert told == said


def again_of(document, closed):
    """What the document says of a real end."""
    return next(each["again"] for each in document["x-close-codes"]
                if each["code"] == closed.code and each["reason"] in ("", closed.reason))


def test_real_ends_are_described(daemon, document):
    with dial(daemon) as link:
        link.say({"type": "auth", "token": "x"})
        assert again_of(document, link.hear_end()) == "login"
    with dial(daemon, "viewer") as link:
        link.raw(frame(BINARY, b"x"))
        assert again_of(document, link.hear_end()) == "never"
    with dial(daemon, "viewer") as link:
        link.say(b" " * (document["channels"]["ws"]["x-message-bytes-max"] + 1))
        assert again_of(document, link.hear_end()) == "never"
    with dial(daemon, "viewer") as link:
        link.raw(frame(1, b'{"type":"ping"}') * 200)
        assert again_of(document, link.hear_end()) == "yes"
