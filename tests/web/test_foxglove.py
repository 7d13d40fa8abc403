# SPDX-License-Identifier: GPL-2.0-or-later
"""The published client of Foxglove's protocol looks at a real daemon."""
import json
import os
import pathlib
import queue
import subprocess
import threading
import time

import jsonschema
import pytest

CLIENT = pathlib.Path(__file__).with_name("foxglove_client.mjs")
TOPICS = ["/safety", "/robot", "/modules", "/commands", "/bus", "/telemetry"]
WAIT_S = 30


class Viewer:
    """The client in a process of its own."""

    def __init__(self, daemon, url, *words):
        self.process = subprocess.Popen(
            ["node", CLIENT, url, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "NODE_EXTRA_CA_CERTS": str(daemon.state / "ca.crt")})
        self.told = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.told.put(json.loads(line))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()

    def do(self, *words):
        """See foxglove_client.mjs."""
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()

    def next(self):
        """The next thing that the client is told."""
        return self.told.get(timeout=WAIT_S)

    def until(self, event, **members):
        """The first such thing from now on."""
        while True:
            told = self.next()
            assert told["event"] != "error", told
            if told["event"] == event and all(told[name] == value for name, value in members.items()):
                return told


def address(daemon, role="viewer"):
    """As ohtctl foxglove makes it."""
    return f"wss://localhost:{daemon.port}/api/v1/foxglove?ticket={daemon.post('auth/ticket', role=role).json['ticket']}"


@pytest.fixture(name="viewer")
def _viewer(daemon):
    with Viewer(daemon, address(daemon)) as made:
        yield made


@pytest.mark.parametrize("protocol", ["foxglove.websocket.v1", "foxglove.sdk.v1"])
def test_it_is_greeted(daemon, protocol):
    with Viewer(daemon, address(daemon), protocol) as viewer:
        assert viewer.until("open")["protocol"] == protocol
        info = viewer.until("serverInfo")["info"]
        assert info["capabilities"] == [] and info["sessionId"].isdigit()
        assert [channel["topic"] for channel in viewer.until("advertise")["channels"]] == TOPICS


def test_messages_are_as_their_schemas_say(viewer):
    schemas = {channel["topic"]: json.loads(channel["schema"]) for channel in viewer.until("advertise")["channels"]}
    topics = {}
    for topic in TOPICS:
        viewer.do("subscribe", topic)
        topics[viewer.until("subscribed")["id"]] = topic
    heard = {}
    while any(len(heard.get(topic, ())) < 3 for topic in TOPICS):
        message = viewer.until("message")
        heard.setdefault(topics[message["id"]], []).append(message)
        jsonschema.Draft202012Validator(schemas[topics[message["id"]]]).validate(message["data"])
        assert abs(int(message["timestamp"]) / 1e9 - time.time()) < 60
    assert isinstance(heard["/telemetry"][-1]["data"]["bus_load_percent"], (int, float))
    assert heard["/robot"][-1]["data"]["state"] and heard["/safety"][-1]["data"]["state"]


def test_unsubscribing_ends_the_messages(viewer):
    viewer.until("advertise")
    viewer.do("subscribe", "/telemetry")
    number = viewer.until("subscribed")["id"]
    viewer.until("message", id=number)
    viewer.do("subscribe", "/robot")
    other = viewer.until("subscribed")["id"]
    viewer.do("unsubscribe", number)
    viewer.do("raw", "{}")
    viewer.until("status")
    assert {viewer.until("message")["id"] for _ in range(3)} == {other}


def test_a_channel_is_subscribed_to_once(viewer):
    viewer.until("advertise")
    viewer.do("subscribe", "/robot")
    number = viewer.until("subscribed")["id"]
    viewer.do("subscribe", "/robot")
    status = viewer.until("status")
    assert status["level"] == 2 and "already" in status["message"]
    assert viewer.until("message")["id"] == number


@pytest.mark.parametrize("words", [
    ("advertise", {"topic": "/robot", "encoding": "json", "schemaName": "x"}), ("unadvertise", 1),
    ("getParameters", ["state"], "1"), ("setParameters", [{"name": "state", "value": 1}], "1"),
    ("subscribeParameterUpdates", ["state"]), ("unsubscribeParameterUpdates", ["state"]),
    ("subscribeConnectionGraph",), ("unsubscribeConnectionGraph",), ("fetchAsset", "package://x", 1),
    ("binary", "0101000000"), ("binary", "02" + 12 * "00"), ("raw", "{"), ("raw", '{"op":"x"}')], ids=lambda words: "-".join(map(str, words))[:40])
def test_nothing_else_can_be_done(viewer, words):
    viewer.until("advertise")
    viewer.do(*words)
    status = viewer.until("status")
    assert status["level"] == 2 and status["message"]
    viewer.do("subscribe", "/robot")
    viewer.until("message")


def test_a_second_use_of_the_address_is_refused(daemon):
    url = address(daemon)
    with Viewer(daemon, url) as viewer:
        viewer.until("advertise")
        with Viewer(daemon, url) as again:
            told = again.next()
            assert told["event"] == "error" and "401" in told["message"]
        viewer.do("subscribe", "/robot")
        viewer.until("message")


def test_the_end_of_the_session_is_told(daemon):
    grant = daemon.login("viewer").json["access_token"]
    ticket = daemon.request("POST", "auth/ticket", {}, token=grant).json["ticket"]
    with Viewer(daemon, f"wss://localhost:{daemon.port}/api/v1/foxglove?ticket={ticket}") as viewer:
        viewer.until("advertise")
        assert daemon.request("POST", "auth/logout", {}, token=grant).status == 204
        closed = viewer.until("close")
        assert (closed["code"], closed["reason"]) == (4401, "token_revoked")
