# SPDX-License-Identifier: GPL-2.0-or-later
"""Foxglove's protocol byte by byte: who may look, what is told, and what hostile viewers get. tests/web has the published client."""
import contextlib
import json
import socket
import ssl
import struct
import time

import jsonschema
import pytest

from live import among_strangers, narrow
from oht_test.client import PASSWORD
from oht_test.params import at_night
from oht_test.wait import until
from oht_test.websocket import BINARY, PING, TEXT, Closed, WebSocket, frame, handshake

V1, SDK = "foxglove.websocket.v1", "foxglove.sdk.v1"
TOPICS = ["/safety", "/robot", "/modules", "/commands", "/bus", "/telemetry"]
EVENTS = ["/safety", "/commands"]
REFUSED = 2     # level of a status
PATH = "/api/v1/foxglove"


def ticket_of(daemon, role="viewer", **headers):
    """A ticket, as a program or a page with these headers gets it."""
    return daemon.post("auth/ticket", role=role, headers=headers).json["ticket"]


class Viewer(WebSocket):
    """A viewer behind the two messages with which a server begins."""

    def __init__(self, sock, host, **headers):
        super().__init__(sock, host, **{"Sec-WebSocket-Protocol": V1, "path": PATH, **headers})
        self.info = self.hear()
        self.channels = {channel["topic"]: channel for channel in self.hear()["channels"]}

    def follow(self, *topics, first=10):
        """Subscribes; the id of the first subscription is first, then they rise."""
        self.say({"op": "subscribe", "subscriptions": [{"id": first + i, "channelId": self.channels[topic]["id"]}
                                                       for i, topic in enumerate(topics)]})

    def data(self):
        """(id, time in ns, state) of the next binary message; a status beside it is a failure."""
        opcode, data = self.receive()
        assert opcode == BINARY, data
        kind, number, time_ns = struct.unpack("<BIQ", data[:13])
        assert kind == 1
        return number, time_ns, json.loads(data[13:])

    def status(self):
        """The next status."""
        while True:
            message = self.hear()
            if message["op"] == "status":
                return message

    def refused(self, message):
        """The sentence with which a message is refused."""
        self.say(message)
        status = self.status()
        assert status.keys() == {"op", "level", "message"} and status["level"] == REFUSED and status["message"]
        return status["message"]


def dial(daemon, role="viewer", path=PATH, connect=None, **headers):
    """A viewer with a token of that role in the header."""
    if role:
        headers["Authorization"] = f"Bearer {daemon.token(role)}"
    return Viewer((connect or daemon.connect)(), f"127.0.0.1:{daemon.port}", **{"path": path, **headers})


def turned_away(daemon, status, code, path=PATH, **headers):
    """A handshake that is answered with a problem."""
    answer = daemon.raw(handshake(f"127.0.0.1:{daemon.port}", path, **{"Connection": "close, Upgrade", **headers}))
    head, body = answer.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 %d " % status), answer
    assert json.loads(body)["code"] == code
    return json.loads(body)


def with_token(daemon):
    """The header of a program that has logged in."""
    return {"Authorization": f"Bearer {daemon.token('viewer')}"}


@pytest.fixture(name="link")
def _link(daemon):
    with dial(daemon) as made:
        yield made


# ---- the handshake ----

@pytest.mark.parametrize("offered, chosen", [
    (V1, V1), (SDK, SDK), (f"{SDK}, {V1}", SDK), (f"{V1},{SDK}", V1), (f"chat,\t{V1}", V1), (f"x,,{SDK}", SDK), (None, None)])
def test_the_first_known_subprotocol_is_taken(daemon, offered, chosen):
    with dial(daemon, **{"Sec-WebSocket-Protocol": offered}) as link:
        said = [line.split(": ", 1)[1] for line in link.head.split("\r\n") if line.lower().startswith("sec-websocket-protocol:")]
        assert said == ([chosen] if chosen else [])
        assert link.info["op"] == "serverInfo"


@pytest.mark.parametrize("offered", ["chat", "", ",", V1.upper(), V1 + "x", V1[:-1], f"{V1};q=1"])
def test_who_offers_only_others_is_refused(daemon, offered):
    turned_away(daemon, 400, "subprotocol", **with_token(daemon), Sec_WebSocket_Protocol=offered)


def test_the_own_socket_looks_at_no_subprotocol(daemon):
    link = WebSocket(daemon.connect(), f"127.0.0.1:{daemon.port}", Sec_WebSocket_Protocol=V1)
    with link:
        assert link.hear()["type"] == "hello" and "sec-websocket-protocol" not in link.head.lower()


@pytest.mark.parametrize("headers", [{"Upgrade": None}, {"Sec_WebSocket_Version": "12"}, {"Sec_WebSocket_Key": "short"}], ids=str)
def test_what_is_no_handshake_gets_426(daemon, headers):
    turned_away(daemon, 426, "upgrade_required", **with_token(daemon), **headers)


# ---- who looks ----

@pytest.mark.parametrize("path, headers, code", [
    (PATH, {}, "token_missing"), (PATH + "?", {}, "token_missing"), (PATH + "?x=1", {}, "token_missing"),
    (PATH + "?ticket=", {}, "ticket_invalid"), (PATH + "?ticket=" + "0" * 64, {}, "ticket_invalid"),
    (PATH + "?ticket=" + "0" * 900, {}, "ticket_invalid"), (PATH + "?x=1&ticket=1", {}, "ticket_invalid"),
    (PATH + "?ticket=1&ticket=2", {}, "ticket_invalid"), (PATH + "?ticket=%00", {}, "ticket_invalid"),
    (PATH, {"Authorization": "Bearer x"}, "token_invalid"), (PATH, {"Authorization": "Basic eDp5"}, "token_invalid"),
    (PATH, {"Cookie": "oht_refresh=x"}, "token_missing")], ids=str)
def test_a_stranger_is_turned_away_before_the_handshake(daemon, path, headers, code):
    turned_away(daemon, 401, code, path, **headers)


def test_a_token_in_the_address_is_none(daemon):
    token = daemon.token("viewer")
    for name in ("token", "access_token", "authorization"):
        turned_away(daemon, 401, "token_missing", f"{PATH}?{name}={token}")
    turned_away(daemon, 401, "ticket_invalid", f"{PATH}?ticket={token}")
    turned_away(daemon, 400, "validation", f"{PATH}?token={token}", **with_token(daemon))


def test_a_ticket_opens_once(daemon):
    path = f"{PATH}?ticket={ticket_of(daemon)}"
    with dial(daemon, None, path) as link:
        link.follow("/robot")
        assert link.data()[0] == 10
        turned_away(daemon, 401, "ticket_invalid", path)
    turned_away(daemon, 401, "ticket_invalid", path)


def test_a_ticket_is_used_up_by_a_bad_handshake(daemon):
    path = f"{PATH}?ticket={ticket_of(daemon)}"
    turned_away(daemon, 426, "upgrade_required", path, Upgrade=None)
    turned_away(daemon, 401, "ticket_invalid", path)


def test_a_ticket_with_something_beside_it_is_refused(daemon):
    turned_away(daemon, 400, "validation", f"{PATH}?ticket={ticket_of(daemon)}&x=1")


@pytest.mark.parametrize("origin", ["file://", "https://app.foxglove.dev", "https://evil.example", "null"])
def test_a_ticket_of_a_program_is_for_any_page(daemon, origin):
    with dial(daemon, None, f"{PATH}?ticket={ticket_of(daemon)}", Origin=origin) as link:
        assert link.info["op"] == "serverInfo"


@pytest.mark.parametrize("origin", [None, "https://evil.example", "file://", "https://127.0.0.1:{port}.evil.example"])
def test_a_ticket_of_a_page_is_for_that_page(daemon, origin):
    page = f"https://127.0.0.1:{daemon.port}"
    headers = {} if origin is None else {"Origin": origin.format(port=daemon.port)}
    path = f"{PATH}?ticket={ticket_of(daemon, Origin=page)}"
    turned_away(daemon, 401, "ticket_invalid", path, **headers)
    turned_away(daemon, 401, "ticket_invalid", path, Origin=page)
    with dial(daemon, None, f"{PATH}?ticket={ticket_of(daemon, Origin=page)}", Origin=page) as link:
        assert link.info["op"] == "serverInfo"


@pytest.mark.parametrize("origin", ["https://evil.example", "file://", "http://127.0.0.1:{port}"])
def test_a_page_elsewhere_has_no_other_way(daemon, origin):
    turned_away(daemon, 403, "cross_origin", **with_token(daemon), Origin=origin.format(port=daemon.port))


def test_a_ticket_of_an_ended_session_is_refused(daemon):
    grant = daemon.login("viewer").json["access_token"]
    ticket = daemon.request("POST", "auth/ticket", {}, token=grant).json["ticket"]
    assert daemon.request("POST", "auth/logout", {}, token=grant).status == 204
    turned_away(daemon, 401, "token_revoked", f"{PATH}?ticket={ticket}")


def test_the_own_socket_still_wants_tickets_of_its_page(daemon):
    """What a program has drawn is good for any page here only."""
    ticket = ticket_of(daemon)
    with WebSocket(daemon.connect(), f"127.0.0.1:{daemon.port}", Origin=f"https://127.0.0.1:{daemon.port}") as link:
        link.say({"type": "auth", "ticket": ticket})
        assert link.hear_end().reason == "ticket_invalid"


@pytest.mark.parametrize("way", ["token", "ticket"])
def test_the_end_of_a_session_ends_it(fresh, way):
    fresh.start()
    fresh.post("users", {"username": "anna", "password": PASSWORD, "role": "viewer"})
    grant = fresh.login("anna").json["access_token"]
    if way == "ticket":
        path = f"{PATH}?ticket={fresh.request('POST', 'auth/ticket', {}, token=grant).json['ticket']}"
        made = dial(fresh, None, path)
    else:
        made = dial(fresh, None, Authorization=f"Bearer {grant}")
    with made as link, dial(fresh) as other:
        link.follow(*TOPICS)
        other.follow("/robot")
        assert fresh.request("POST", "auth/logout", {}, token=grant).status == 204
        closed = link.hear_end()
        assert (closed.code, closed.reason) == (4401, "token_revoked")
        other.refused({"op": "x"})


def test_over_the_local_socket_nobody_has_to_say_who_they_are(daemon):
    local = socket.socket(socket.AF_UNIX)
    local.connect(str(daemon.socket))
    with Viewer(local, "localhost") as link:
        link.follow("/safety")
        assert link.data()[2]["state"]
    for origin in ("https://evil.example", "file://"):
        local = socket.socket(socket.AF_UNIX)
        local.connect(str(daemon.socket))
        with local:
            local.sendall(handshake("localhost", PATH, Origin=origin))
            assert local.recv(100).startswith(b"HTTP/1.1 403 ")


def test_they_are_no_strangers(fresh):
    """Sixteen who have not said who they are keep no viewer out."""
    fresh.start()
    fresh.token("viewer")

    def look(_):
        with contextlib.ExitStack() as stack:
            for link in [stack.enter_context(dial(fresh)) for _ in range(3)]:
                link.follow("/robot")
                assert link.data()[0] == 10
        return fresh.raw(handshake(f"127.0.0.1:{fresh.port}", Connection="close, Upgrade"))
    assert among_strangers(fresh, look).startswith(b"HTTP/1.1 503 ")


# ---- what is told ----

def test_the_server_says_who_it_is(daemon, link):
    assert link.info == {"op": "serverInfo", "name": "ohtd", "capabilities": [], "sessionId": link.info["sessionId"],
                         "metadata": {"version": daemon.get("health", role=None).json["version"]}}
    with WebSocket(daemon.connect(), f"127.0.0.1:{daemon.port}") as own:
        assert str(own.hear()["epoch"]) == link.info["sessionId"]


def test_a_new_start_is_another_session(fresh):
    fresh.start()
    with dial(fresh) as link:
        before = link.info["sessionId"]
    fresh.stop()
    fresh.start()
    with dial(fresh) as link:
        assert link.info["sessionId"] != before


def check_as_viewers_do(schema):
    """What Lichtblick's parser takes: one type for each member, objects and lists written out."""
    assert schema["type"] == "object" and isinstance(schema["properties"], dict)
    for member in schema["properties"].values():
        while member["type"] == "array":
            member = member["items"]
        assert member["type"] in ("boolean", "string", "number", "integer", "object"), member
        assert not member.keys() & {"$ref", "allOf", "anyOf", "oneOf", "contentEncoding"}
        if member["type"] == "object":
            check_as_viewers_do(member)


def test_topics_have_schemas_that_viewers_read(link):
    assert list(link.channels) == TOPICS
    assert len({channel["id"] for channel in link.channels.values()}) == len(TOPICS)
    for channel in link.channels.values():
        assert channel.keys() == {"id", "topic", "encoding", "schemaName", "schemaEncoding", "schema"}
        assert (channel["encoding"], channel["schemaEncoding"]) == ("json", "jsonschema")
        schema = json.loads(channel["schema"])
        jsonschema.Draft202012Validator.check_schema(schema)
        check_as_viewers_do(schema)


def without_null(value):
    """As topics have it."""
    if isinstance(value, dict):
        return {name: without_null(member) for name, member in value.items() if member is not None}
    return [without_null(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("topic", ["/robot", "/commands", *at_night(*(topic for topic in TOPICS if topic not in ("/robot", "/commands")))])
def test_each_message_is_a_whole_state(daemon, link, topic):
    link.follow(topic, first=4294967295)
    validator = jsonschema.Draft202012Validator(json.loads(link.channels[topic]["schema"]))
    members = set(json.loads(link.channels[topic]["schema"])["properties"])
    last_ns = 0
    for _ in range(4):
        number, time_ns, state = link.data()
        assert number == 4294967295 and time_ns >= last_ns and abs(time_ns / 1e9 - time.time()) < 60
        validator.validate(state)
        assert set(validator.schema["required"]) <= state.keys() <= members
        assert without_null(state) == state
        last_ns = time_ns
    if topic not in ("/commands", "/telemetry"):
        answer = without_null(daemon.get(topic[1:]).json)
        assert answer.keys() == state.keys()


def test_signals_are_numbers_that_can_be_plotted(daemon, link):
    link.follow("/telemetry")
    units = {item["name"]: item["type"] for item in daemon.get("telemetry/signals").json["items"]}
    # In the first cycles the modules have not been heard.
    state = until(lambda: "battery_v" in (told := link.data()[2]) and "position_mm" in told and told, what="values of the modules")
    kinds = {"number": (int, float), "integer": int, "boolean": bool, "word": str}
    assert {"state", "position_mm", "battery_v", "bus_load_percent"} <= state.keys() <= units.keys()
    for name, value in state.items():
        assert isinstance(value, kinds[units[name]]), name
    now = daemon.get("telemetry/current").json
    assert all(now[name]["value"] is None or now[name]["quality"] != "good" or name in state for name in units)


def test_a_value_that_is_not_good_is_left_out(fresh):
    fresh.start()
    with dial(fresh) as link:
        link.follow("/telemetry")
        until(lambda: "battery_v" in link.data()[2], what="the battery to be measured")
        fresh.stop_simulator()
        until(lambda: "battery_v" not in link.data()[2], what="the battery to be gone")


def test_signals_come_as_often_as_they_are_measured(link):
    """40 a second, as the robot's clock says it: a reader that is slow gets fewer, never others."""
    link.follow("/telemetry", "/bus")
    times = {10: [], 11: []}
    while len(times[10]) < 60:
        number, time_ns, _ = link.data()
        times[number].append(time_ns)
    assert times[10] == sorted(times[10]) and 0 < len(times[11]) <= len(times[10])
    assert min(b - a for a, b in zip(times[10], times[10][1:])) < 60e6


def test_no_event_is_left_out(fresh):
    fresh.start()
    with dial(fresh) as one, dial(fresh) as two:
        for link in (one, two):
            link.follow("/safety")
            link.data()
        assert fresh.post("safety/stop", role="operator").status == 200
        assert fresh.post("safety/reset", role="supervisor").status in (200, 409)
        heard = []
        for link in (one, two):
            states = [link.data()]
            while not states[-1][2]["causes"]:
                states.append(link.data())
            heard.append([(time_ns, state["state"], len(state["causes"])) for _, time_ns, state in states])
        assert heard[0][-1] == heard[1][-1]


def test_nothing_old_is_told_to_who_comes_later(daemon):
    """After the last viewer has gone, topics are made anew."""
    with dial(daemon) as link:
        link.follow(*TOPICS)
        before = link.data()[1]
    time.sleep(1)
    with dial(daemon) as link:
        link.follow(*TOPICS)
        seen = {}
        while len(seen) < len(TOPICS):
            number, time_ns, _ = link.data()
            seen.setdefault(number, time_ns)
        assert min(seen.values()) >= before + 0.5e9


# ---- subscriptions ----

def test_unsubscribing_ends_it(link):
    link.follow("/telemetry", "/safety")
    link.say({"op": "unsubscribe", "subscriptionIds": [10]})
    link.refused({"op": "mark"})
    assert {link.data()[0] for _ in range(4)} == {11}
    assert "unsubscribe 10: there is no subscription of this id" == link.refused({"op": "unsubscribe", "subscriptionIds": [10]})
    link.follow("/telemetry", first=10)
    until(lambda: link.data()[0] == 10, what="the subscription of the same id")


def test_a_channel_has_one_subscription(link):
    link.follow("/robot")
    channel = link.channels["/robot"]["id"]
    assert "already" in link.refused({"op": "subscribe", "subscriptions": [{"id": 11, "channelId": channel}]})
    assert {link.data()[0] for _ in range(3)} == {10}


def test_an_id_is_one_subscription(link):
    link.follow("/robot")
    channel = link.channels["/safety"]["id"]
    assert "id" in link.refused({"op": "subscribe", "subscriptions": [{"id": 10, "channelId": channel}]})
    assert all("mode" in link.data()[2] for _ in range(3))


def test_what_is_right_in_a_message_is_done(link):
    channel = link.channels["/safety"]["id"]
    said = link.refused({"op": "subscribe", "subscriptions": [
        {"id": 1, "channelId": 99}, {"id": 2, "channelId": channel}, {"id": 3, "channelId": 0}]})
    assert said == "subscribe 1: there is no such channel"
    assert link.data()[0] == 2


@pytest.mark.parametrize("message, part", [
    (b"", "byte 0"), (b"{", "byte"), (b"[]", "no JSON object"), (b"null", "no JSON object"), (b"5", "no JSON object"),
    (b'{"op":"subscribe","op":"subscribe"}', "byte"), (b'{"op":"x","a":' + b"[" * 40 + b"]" * 40 + b"}", "byte"),
    (b"{}", "op is missing"), (b'{"op":1}', "op is missing"), (b'{"op":null}', "op is missing"), (b'{"op":""}', "no operation"),
    (b'{"op":"jump"}', "'jump' is no operation"), (b'{"op":"' + b"x" * 4000 + b'"}', "no operation"),
    (('{"op":"x' + 2000 * "é" + '"}').encode(), "no operation"),
    (b'{"op":"subscribe"}', "subscriptions is missing"), (b'{"op":"subscribe","subscriptions":{}}', "subscriptions is missing"),
    (b'{"op":"subscribe","subscriptions":[1]}', "subscriptions[0]"), (b'{"op":"subscribe","subscriptions":[null]}', "subscriptions[0]"),
    (b'{"op":"subscribe","subscriptions":[{"id":1}]}', "subscriptions[0]"),
    (b'{"op":"subscribe","subscriptions":[{"channelId":1}]}', "subscriptions[0]"),
    (b'{"op":"subscribe","subscriptions":[{"id":-1,"channelId":1}]}', "subscriptions[0]"),
    (b'{"op":"subscribe","subscriptions":[{"id":4294967296,"channelId":1}]}', "subscriptions[0]"),
    (b'{"op":"subscribe","subscriptions":[{"id":1.5,"channelId":1}]}', "subscriptions[0]"),
    (b'{"op":"subscribe","subscriptions":[{"id":"1","channelId":1}]}', "subscriptions[0]"),
    (b'{"op":"subscribe","subscriptions":[{"id":1,"channelId":1},{"id":2}]}', "subscriptions[1]"),
    (b'{"op":"subscribe","subscriptions":[' + b",".join([b'{"id":1,"channelId":1}'] * 65) + b"]}", "more than 64"),
    (b'{"op":"subscribe","subscriptions":[{"id":1,"channelId":4294967295}]}', "no such channel"),
    (b'{"op":"subscribe","subscriptions":[{"id":1,"channelId":7}]}', "no such channel"),
    (b'{"op":"unsubscribe"}', "subscriptionIds is missing"), (b'{"op":"unsubscribe","subscriptionIds":["1"]}', "subscriptionIds[0]"),
    (b'{"op":"unsubscribe","subscriptionIds":[1]}', "no subscription"),
    (b'{"op":"advertise","channels":[]}', "nothing can be sent"), (b'{"op":"unadvertise","channelIds":[1]}', "nothing can be sent"),
    (b'{"op":"getParameters","parameterNames":[]}', "no parameters"), (b'{"op":"setParameters","parameters":[]}', "no parameters"),
    (b'{"op":"subscribeParameterUpdates","parameterNames":[]}', "no parameters"),
    (b'{"op":"unsubscribeParameterUpdates","parameterNames":[]}', "no parameters"),
    (b'{"op":"subscribeConnectionGraph"}', "no connection graph"), (b'{"op":"unsubscribeConnectionGraph"}', "no connection graph"),
    (b'{"op":"fetchAsset","uri":"file:///etc/passwd","requestId":1}', "no assets"),
], ids=lambda value: value.decode()[:70] if isinstance(value, bytes) else "")
def test_nonsense_is_told_and_changes_nothing(link, message, part):
    assert part in link.refused(message)
    link.follow("/robot")
    assert link.data()[0] == 10


def test_members_of_later_versions_are_left_alone(link):
    link.say({"op": "subscribe", "later": {}, "subscriptions": [{"id": 7, "channelId": link.channels["/robot"]["id"], "later": 1}]})
    assert link.data()[0] == 7


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x01" + struct.pack("<I", 1) + b"{}", b"\x02" + bytes(12), bytes(4096), b"\xff" * 100],
                         ids=lambda data: data[:5].hex())
def test_binary_messages_of_a_client_are_refused(link, data):
    link.raw(frame(BINARY, data))
    assert link.status()["message"] == "nothing can be sent to the robot here"
    link.follow("/robot")
    assert link.data()[0] == 10


def test_no_message_drives_the_robot(fresh):
    """Whatever role the viewer has, and whatever it says: also what the own socket would do."""
    fresh.start()
    with dial(fresh, "administrator") as link:
        link.follow("/safety")
        until(lambda: link.data()[2]["state"] == "ready", what="the start to be over")
        for message in ({"type": "command", "id": 1, "command": {"verb": "stop"}}, {"op": "callService", "id": 1}):
            link.refused(message)
        assert all(link.data()[2]["state"] == "ready" for _ in range(3))
        assert not any(fresh.get("robot/commands").json["items"])


@pytest.mark.parametrize("data, code", [(frame(BINARY, b"x" * 4097), 1009), (frame(TEXT, b"\xff"), 1007), (frame(PING, b"x" * 126), 1002)],
                         ids=["long", "utf-8", "broken"])
def test_broken_frames_end_it_between_states(daemon, link, data, code):
    """Also while states are being written; all the rest is in test_rfc6455.py."""
    link.follow(*TOPICS)
    link.raw(data)
    assert link.hear_end().code == code
    with dial(daemon) as other:
        other.follow("/robot")
        assert other.data()[0] == 10


def test_a_flood_ends_only_itself(daemon, link):
    link.follow("/safety")
    for piece in (frame(BINARY, b"x"), frame(TEXT, b'{"op":"x"}')):
        with dial(daemon) as flood:
            with contextlib.suppress(OSError):
                flood.raw(piece * 2000)
            assert flood.hear_end().code in (4429, 4408, None)
    assert link.data()[0] == 10


# ---- viewers that do not read ----

def test_who_does_not_read_harms_nobody(fresh):
    fresh.start()
    with dial(fresh, connect=lambda: narrow(fresh)) as link, dial(fresh) as other:
        link.follow("/safety", "/bus", "/telemetry", "/modules")
        other.follow("/safety", "/telemetry")
        # The stop is an event that must be taken within a second: who does not read is told to go.
        for _ in range(40):
            other.data()
        assert fresh.post("safety/stop", role="operator").status == 200
        told = []

        def is_over():
            told.append(other.data()[2])
            return any(state.get("causes") for state in told) and "4008 safety_not_taken" in fresh.log()
        until(is_over, what="the end of who does not read", period_s=0)
        with contextlib.suppress(ssl.SSLError, OSError, Closed):
            link.sock.close()


@pytest.mark.slow
def test_who_does_not_read_states_is_closed_as_too_slow(fresh):
    fresh.start()
    with dial(fresh, connect=lambda: narrow(fresh)) as link, dial(fresh) as other:
        link.follow("/bus", "/telemetry", "/modules")
        other.follow("/telemetry")
        until(lambda: other.data() and "4408 too_slow" in fresh.log(), 60, what="the end of who does not read")


def test_the_end_of_the_daemon_is_said(fresh):
    fresh.start()
    with dial(fresh) as link:
        link.follow(*TOPICS)
        fresh.process.terminate()
        closed = link.hear_end()
        assert (closed.code, closed.reason) == (1001, "shutting_down")
    fresh.process.wait(60)
    fresh.process = None


def test_the_description_says_how_to_come_in(daemon):
    operation = daemon.get("openapi.json", role=None).json["paths"]["/api/v1/foxglove"]["get"]
    assert operation["x-kind"] == "upgrade" and operation["x-role"] == "viewer"
    assert {"101", "400", "401", "403", "426", "503"} <= operation["responses"].keys()
