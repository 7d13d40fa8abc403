# SPDX-License-Identifier: GPL-2.0-or-later
"""Live data over the WebSocket: who may listen, what is told and in which order, and what hostile clients get."""
import concurrent.futures
import contextlib
import json
import re
import ssl
import struct
import time

import pytest

from clocks import Skewed
from live import among_strangers, dial, narrow, subscribe, ticket_of
from oht_test.client import PASSWORD
from oht_test.wait import until
from oht_test.websocket import BINARY, CLOSE, PING, TEXT, Closed, frame, gapless, handshake

CHANNELS = ("safety", "robot", "modules")


def refused(daemon, code, status, **headers):
    """A handshake that is answered with a problem."""
    answer = daemon.raw(handshake(f"127.0.0.1:{daemon.port}", **{"Connection": "close, Upgrade", **headers}))
    head, body = answer.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 %d " % status), answer
    assert json.loads(body)["code"] == code
    return head.lower()


def error_of(link, message):
    """What a message is refused with."""
    link.say(message)
    answer = link.hear_until(lambda heard: heard["type"] == "error")[-1]
    return answer


@pytest.fixture(name="link")
def _link(daemon):
    with dial(daemon, "viewer") as made:
        yield made


# ---- the handshake ----

@pytest.mark.parametrize("headers", [
    {"Upgrade": None}, {"Connection": "close"}, {"Sec_WebSocket_Version": None}, {"Sec_WebSocket_Version": "99"},
    {"Sec_WebSocket_Key": None}, {"Sec_WebSocket_Key": "short"}, {"Sec_WebSocket_Key": "x" * 24}, {"Upgrade": "h2c"}],
    ids=str)
def test_what_is_no_handshake_gets_426(daemon, headers):
    head = refused(daemon, "upgrade_required", 426, **headers)
    assert b"sec-websocket-version: 13" in head and b"upgrade: websocket" in head


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:{port}", "null", "https://127.0.0.1:1",
                                    "https://127.0.0.1:{port}.evil.example"])
def test_pages_of_other_machines_are_refused(daemon, origin):
    refused(daemon, "cross_origin", 403, Origin=origin.format(port=daemon.port))


def test_the_own_page_is_taken(daemon):
    with dial(daemon, "viewer", Origin=f"https://127.0.0.1:{daemon.port}") as link:
        assert subscribe(link, "robot")["type"] == "snapshot"


def test_the_epoch_is_that_of_the_daemon(daemon):
    with dial(daemon) as one, dial(daemon) as two:
        assert one.hello == two.hello and 0 < one.hello["epoch"] < 2**53


# ---- who listens ----

def test_a_stranger_is_told_nothing(daemon):
    with dial(daemon) as link:
        for message in ({"type": "subscribe", "channel": "robot"}, {"type": "unsubscribe", "channel": "robot"}):
            assert error_of(link, message)["code"] == "token_missing"
        link.say({"type": "ping"})
        assert link.hear() == {"type": "pong"}
        closed = link.hear_end()
        assert (closed.code, closed.reason) == (4401, "auth_timeout")


@pytest.mark.parametrize("token", ["x", "a.b.c", "é" * 20])
def test_a_false_token_ends_it(daemon, token):
    with dial(daemon) as link:
        link.say({"type": "auth", "token": token})
        closed = link.hear_end()
        assert (closed.code, closed.reason) == (4401, "token_invalid")


def test_who_has_said_who_it_is_stays_so(daemon, link):
    assert error_of(link, {"type": "auth", "token": daemon.token("administrator")})["code"] == "authenticated_already"
    assert subscribe(link, "robot")["type"] == "snapshot"


def test_the_header_authorization_will_do(daemon):
    with dial(daemon, Authorization="Bearer " + daemon.token("viewer")) as link:
        assert subscribe(link, "robot")["type"] == "snapshot"
    for value in ("Bearer nonsense", "Basic YTpi"):
        answer = daemon.raw(handshake(f"127.0.0.1:{daemon.port}", Connection="close, Upgrade", Authorization=value))
        assert answer.startswith(b"HTTP/1.1 401 ") and b'"code":"token_invalid"' in answer, answer
    described = daemon.get("openapi.json").json["paths"]["/api/v1/ws"]["get"]["responses"]["401"]["x-codes"]
    assert set(described) == {"token_invalid", "token_expired", "token_revoked", "key_invalid", "key_expired", "key_disabled"}


def test_strangers_are_few(fresh):
    fresh.start()
    token = fresh.token("viewer")

    def look(strangers):
        answer = fresh.raw(handshake(f"127.0.0.1:{fresh.port}", Connection="close, Upgrade"))
        strangers[0].say({"type": "auth", "token": token})
        assert subscribe(strangers[0], "robot")["type"] == "snapshot"
        dial(fresh).sock.close()
        return answer
    answer = among_strangers(fresh, look)
    assert answer.startswith(b"HTTP/1.1 503 ") and b"retry-after: 1" in answer.lower(), answer


@pytest.mark.parametrize("end", ["logout", "disable", "sessions"])
def test_the_end_of_a_session_ends_it(fresh, end):
    fresh.start()
    fresh.post("users", {"username": "anna", "password": PASSWORD, "role": "operator"})
    grant = fresh.login("anna").json["access_token"]
    heard = []
    with dial(fresh, token=grant) as link, dial(fresh, "viewer") as other:
        subscribe(link, "safety")
        subscribe(other, "safety")
        if end == "logout":
            assert fresh.request("POST", "auth/logout", {}, token=grant).status == 204
        elif end == "disable":
            user = next(each for each in fresh.get("users", role="administrator").json["items"] if each["username"] == "anna")
            assert fresh.request("PATCH", f"users/{user['id']}", {"disabled": True}, role="administrator").status == 200
        else:
            session = fresh.request("GET", "auth/me", token=grant).json["session"]
            assert fresh.request("DELETE", f"auth/sessions/{session}", token=grant).status == 204
        # From now on, and not from the next look at the session on.
        link.say({"type": "command", "id": 1, "command": {"verb": "stop"}})
        with pytest.raises(Closed, match="4401 token_revoked"):
            while True:
                heard.append(link.hear()["type"])
        assert "result" not in heard and "error" not in heard
        other.say({"type": "ping"})
        other.hear_until(lambda message: message == {"type": "pong"})


# ---- what is told ----

@pytest.mark.parametrize("channel", CHANNELS)
def test_a_snapshot_says_what_a_request_is_answered(daemon, link, channel):
    first = subscribe(link, channel)
    assert first.keys() == {"type", "channel", "seq", "ts", "recovered", "data"}
    assert first["type"] == "snapshot" and first["recovered"] is False and first["seq"] >= 1
    assert first["ts"].keys() == {"utc", "monotonic_ns"} and first["ts"]["utc"].endswith("Z")
    assert first["data"].keys() == daemon.get(channel).json.keys()


def test_commands_are_a_channel_of_their_own(daemon, link):
    first = subscribe(link, "commands")
    assert first["type"] == "snapshot" and first["data"] == {"present": None, "waiting": [], "ended": []}
    quiet = link.hear()
    assert (quiet["type"], quiet["channel"], quiet["data"]) == ("update", "commands", {}) and gapless([first, quiet])
    with dial(daemon, "viewer") as other:
        other.say({"type": "subscribe", "channel": "commands", "since": {"epoch": other.hello["epoch"], "seq": first["seq"]}})
        heard = other.hear_until(lambda message: message["channel"] == "commands" and message["type"] == "update")
        assert heard[0]["recovered"] is True and heard[0]["seq"] == first["seq"]
        assert gapless(heard)


def test_numbers_rise_by_one_and_are_those_of_all(daemon):
    with dial(daemon, "viewer") as one, dial(daemon, "operator") as two:
        for link in (one, two):
            subscribe(link, "safety")
        goal = one.hear()["seq"] + 3
        heard = [link.hear_until(lambda message: message["seq"] >= goal) for link in (one, two)]
        assert gapless(heard[0]) and gapless(heard[1])
        same = {message["seq"]: message for message in heard[0]}
        shared = [(same[message["seq"]], message) for message in heard[1] if message["seq"] in same]
        assert shared and all(a == b for a, b in shared)


def test_silence_is_never_unchanged(link):
    """Two messages a second say that all is as it was; its only members are those that change by themselves."""
    subscribe(link, "safety")
    quiet = link.hear_until(lambda message: message["type"] == "update")[-1]
    assert set(quiet["data"]) <= {"age_ms", "stops_repeated", "proof_test_age_s", "self_test"}, quiet


def test_a_stop_is_told_to_all_as_an_event(fresh):
    fresh.start()
    with dial(fresh, "viewer") as one, dial(fresh, "viewer") as two:
        first = [subscribe(link, "safety") for link in (one, two)]
        assert fresh.post("safety/stop", role="operator").status == 200
        for link, snapshot in zip((one, two), first):
            heard = link.hear_until(lambda message: message["type"] == "event" and "causes" in message["data"])
            assert gapless([snapshot, *heard])


def test_a_stop_over_the_socket_is_that_of_the_route(daemon, link):
    def ready():
        daemon.post("safety/reset", role="supervisor")
        return daemon.get("safety").json["state"] == "ready"
    until(ready, what="a stop that can be made")
    link.say({"type": "stop", "id": "x"})
    refusal = link.hear_until(lambda message: message["type"] == "result")[-1]
    assert (refusal["id"], refusal["status"], refusal["data"]["code"]) == ("x", 403, "role")
    with dial(daemon) as stranger:
        answer = error_of(stranger, {"type": "stop", "id": 1})
        assert (answer["code"], answer["id"]) == ("token_missing", 1)
    assert daemon.get("safety").json["state"] == "ready", "none of them has stopped it"
    with dial(daemon, "operator") as mine:
        mine.say({"type": "stop", "id": 1})
        answer = mine.hear_until(lambda message: message["type"] == "stopped")[-1]
    route = daemon.post("safety/stop", role="operator").json
    assert (answer["id"], answer["status"], answer["data"].keys()) == (1, 200, route.keys())
    same = ("state", "hardware", "outputs")
    assert [answer["data"][name] for name in same] == [route[name] for name in same]
    assert (answer["data"]["repeated"], route["repeated"]) == (False, True)
    until(lambda: daemon.get("safety").json["state"] == "stopped", what="stopped")


@pytest.mark.parametrize("message, id_, pointer", [
    (b'{"type":"stop"}', None, None), (b'{"type":"stop","id":1.0}', 1, None), (b'{"type":"stop","id":7e0}', 7, None),
    (b'{"type":"stop","id":null}', None, "/id"), (b'{"type":"stop","id":[]}', None, "/id"), (b'{"type":"stop","id":1.5}', None, "/id"),
    (b'{"type":"stop","id":"%s"}' % (65 * b"x"), None, "/id"), (b'{"type":"stop","id":"x","why":"x"}', "x", "/why"),
    (b'{"type":"STOP"}', None, "/type"), (b'{"id":3,"type":"Stop"}', 3, "/type"), (b'{"type":"st\\u006fp","a":1}', None, "/a"),
    (b'{"id":1,"type":"stop","type":"stop"}', None, ""), (b'\xef\xbb\xbf{"type":"stop"}', None, ""), (b'{"type":"stop"', None, ""),
    (b'["stop"]', None, ""), (b'stop', None, ""), (b"{'type': 'stop'}", None, ""), (b'{type:stop}', None, ""),
    (b'{"stop":true}', None, "/type"), (b'{"type":"stop","x":1e999}', None, ""),
], ids=lambda value: value.decode("latin-1")[:40] if isinstance(value, bytes) else "")
def test_no_form_of_a_message_refuses_a_stop(daemon, message, id_, pointer):
    with dial(daemon, "operator") as mine:
        mine.say(message)
        answer = mine.hear()
        assert (answer["type"], answer.get("id"), answer["data"]["state"]) == ("stopped", id_, "stopped")
        mine.say({"type": "ping"})
        after = mine.hear()
        if pointer is None:
            assert after == {"type": "pong"}
        else:
            assert after["type"] == "error" and after["detail"].startswith("the stop was done, but ")
            assert after["code"] == ("validation" if pointer else "bad_json")
            assert not pointer or pointer in [error["pointer"] for error in after["errors"]]
    with dial(daemon, "viewer") as other, dial(daemon) as stranger:
        other.say(message)
        assert (refusal := other.hear())["type"] == "result" and refusal["data"]["code"] == "role"
        assert error_of(stranger, message)["code"] == "token_missing"


@pytest.mark.parametrize("message", [b'{"type":"stops"}', b'{"type":"ping","note":"stop"}', b'{"kind":"stop"}', b'{"type":"ping","x":"stop"',
                                     b"please stop", b'{"type":"command","id":1,"stop":1}', b'{"type":"subscribe","channel":"stop"}',
                                     b'{"type":"subscribe","channel":"x","filter":"type stop"}', b'{"type":"command","id":1,"command":{"type":"stop"}}'])
def test_what_is_not_the_stop_is_only_refused(daemon, message):
    with dial(daemon, "operator") as mine:
        assert error_of(mine, message)["detail"].startswith("the stop") is False
        mine.say({"type": "ping"})
        assert mine.hear() == {"type": "pong"}


def test_a_stop_in_a_message_that_ends_the_connection_is_done(daemon):
    with dial(daemon, "operator") as mine:
        mine.raw(frame(BINARY, b'{"type":"stop","id":5}'))
        assert (answer := mine.hear())["type"] == "stopped" and answer["id"] == 5
        assert mine.hear_end().code == 1003


def test_a_channel_that_was_left_is_silent(link):
    subscribe(link, "safety")
    subscribe(link, "robot")
    link.say({"type": "unsubscribe", "channel": "safety"})
    link.say({"type": "ping"})
    link.hear_until(lambda message: message == {"type": "pong"})
    heard = link.hear_until(lambda message: message["channel"] == "robot")
    heard += link.hear_until(lambda message: message["channel"] == "robot")
    assert {message["channel"] for message in heard} == {"robot"}
    assert error_of(link, {"type": "unsubscribe", "channel": "safety"})["code"] == "not_subscribed"


# ---- resuming ----

def test_what_was_missed_is_told_again(daemon):
    with dial(daemon, "viewer") as link, dial(daemon, "viewer") as other:
        last = subscribe(link, "safety")["seq"]
        link.sock.close()
        subscribe(other, "safety")
        other.hear_until(lambda message: message["seq"] >= last + 2)
    with dial(daemon, "viewer") as link:
        first = subscribe(link, "safety", since={"epoch": link.hello["epoch"], "seq": last})
        assert (first["type"], first["recovered"], first["seq"], first["data"]) == ("snapshot", True, last, {})
        heard = link.hear_until(lambda message: message["seq"] >= last + 2)
        assert gapless([first, *heard])
        assert not any(a["type"] == b["type"] == "update" for a, b in zip(heard, heard[1:])), "quiet in a row is one message"


def test_missed_state_comes_as_one_message(daemon):
    with dial(daemon, "viewer") as link, dial(daemon, "viewer") as other:
        last = subscribe(link, "robot")["seq"]
        link.sock.close()
        subscribe(other, "robot")
        other.hear_until(lambda message: message["seq"] >= last + 3)
    with dial(daemon, "viewer") as link:
        assert subscribe(link, "robot", since={"epoch": link.hello["epoch"], "seq": last})["recovered"] is True
        caught = link.hear()
        assert caught["type"] == "update" and caught["conflated"] >= 2
        assert caught["seq"] == last + caught["conflated"] + 1


@pytest.mark.parametrize("since", [{"epoch": 1, "seq": 1}, {"seq": 0}, {"seq": 2**53}], ids=str)
def test_what_is_not_there_any_more_is_said(daemon, since):
    with dial(daemon, "viewer") as link:
        since = {"epoch": link.hello["epoch"], **since}
        assert subscribe(link, "safety", since=since) == {"type": "resync", "channel": "safety"}
        after = link.hear()
        assert after["type"] == "snapshot" and after["recovered"] is False and after["data"]


# ---- nonsense ----

@pytest.mark.parametrize("message, code, pointer, detail", [
    (b"", "validation", "/type", "missing"),
    (b"{", "bad_json", None, None),
    (b"[]", "bad_json", None, None),
    (b"null", "bad_json", None, None),
    (b'{"type":"ping","type":"ping"}', "bad_json", "/type", "twice"),
    (b'{"type":"ping","x":' + b"[" * 40 + b"]" * 40 + b"}", "bad_json", None, None),
    (b'{"type":"ping","x":1e999}', "bad_json", None, None),
    (b'{"type":"jump"}', "validation", "/type", "unknown_value"),
    (b'{"type":1}', "validation", "/type", "type"),
    (b'{"type":"ping","x":1}', "validation", "/x", "unknown_member"),
    (b'{"type":"subscribe"}', "validation", "/channel", "missing"),
    (b'{"type":"subscribe","channel":"no"}', "validation", "/channel", "unknown_value"),
    (b'{"type":"subscribe","channel":"robot","max_rate_hz":0}', "validation", "/max_rate_hz", "range"),
    (b'{"type":"subscribe","channel":"robot","max_rate_hz":1.5}', "validation", "/max_rate_hz", "type"),
    (b'{"type":"subscribe","channel":"robot","since":{"seq":1}}', "validation", "/since/epoch", "missing"),
    (b'{"type":"subscribe","channel":"robot","since":{"epoch":1,"seq":-1}}', "validation", "/since/seq", "range"),
    (b'{"type":"subscribe","channel":"robot","filter":{"signals":["state"]}}', "validation", "/filter", "unknown_member"),
    (b'{"type":"subscribe","channel":"safety","filter":{"signals":["flux"]}}', "validation", "/filter", "unknown_member"),
    (b'{"type":"subscribe","channel":"telemetry","filter":["state"]}', "validation", "/filter", "type"),
    (b'{"type":"subscribe","channel":"telemetry","filter":{}}', "validation", "/filter/signals", "missing"),
    (b'{"type":"subscribe","channel":"telemetry","filter":{"signals":[]}}', "validation", "/filter/signals", "length"),
    (b'{"type":"subscribe","channel":"telemetry","filter":{"signals":"state"}}', "validation", "/filter/signals", "type"),
    (b'{"type":"subscribe","channel":"telemetry","filter":{"signals":["state",1]}}', "validation", "/filter/signals/1", "type"),
    (b'{"type":"subscribe","channel":"telemetry","filter":{"signals":[%s]}}' % b",".join([b'"state"'] * 129), "validation",
     "/filter/signals", "length"),
    (b'{"type":"subscribe","channel":"telemetry","filter":{"signals":["state"],"x":1}}', "validation", "/filter/x", "unknown_member"),
    (b'{"type":"subscribe","channel":"telemetry","filter":{"signals":["state","mode","flux"]}}', "unknown_signal",
     "/filter/signals/2", "unknown_value"),
    (b'{"type":"subscribe","channel":"telemetry","filter":{"signals":[""]}}', "unknown_signal", "/filter/signals/0", "unknown_value"),
    (('{"type":"subscribe","channel":"telemetry","filter":{"signals":["x%s"]}}' % (60 * "é")).encode(), "unknown_signal",
     "/filter/signals/0", "unknown_value"),
    (b'{"type":"subscribe","channel":"telemetry","max_rate_hz":0}', "validation", "/max_rate_hz", "range"),
    (b'{"type":"unsubscribe","channel":["robot"]}', "validation", "/channel", "type"),
    (b'{"type":"unsubscribe","channel":"robot"}', "not_subscribed", None, None),
    (b'{"type":"command","ref":1,"command":{"verb":"stop"}}', "validation", "/ref", "unknown_member"),
    (b'{"type":"command","command":{"verb":"stop"}}', "validation", "/id", "missing"),
    (b'{"type":"command","id":1}', "validation", "/command", "missing"),
    (b'{"type":"command","id":1.5,"command":{"verb":"stop"}}', "validation", "/id", "type"),
    (b'{"type":"command","id":null,"command":{"verb":"stop"}}', "validation", "/id", "type"),
    (b'{"type":"command","id":[1],"command":{"verb":"stop"}}', "validation", "/id", "type"),
    (b'{"type":"command","id":"","command":{"verb":"stop"}}', "validation", "/id", "length"),
    (b'{"type":"command","id":"%s","command":{"verb":"stop"}}' % (65 * b"x"), "validation", "/id", "length"),
    (b'{"type":"command","id":1,"command":{"verb":"fly"}}', "validation", "/command/verb", "unknown_value"),
    (b'{"type":"command","id":1,"command":{"verb":"stop","valid_for_ms":0}}', "validation", "/command/valid_for_ms", "range"),
    (b'{"type":"command","id":1,"command":"stop"}', "validation", "/command", "type"),
], ids=lambda value: value.decode()[:60] if isinstance(value, bytes) else "")
def test_nonsense_is_told_precisely(link, message, code, pointer, detail):
    answer = error_of(link, message)
    assert answer["code"] == code and answer["detail"]
    # A client that has said several things learns which of them is refused.
    said = re.search(rb'"id":(\d+|"x{1,64}")[,}]', message)
    assert answer.get("id") == (json.loads(said[1]) if said else None)
    if pointer:
        assert (pointer, detail) in [(error["pointer"], error["code"]) for error in answer["errors"]]
    else:
        assert "errors" not in answer
    assert subscribe(link, "robot")["type"] == "snapshot"


def test_a_flood_ends_only_itself(daemon, link):
    subscribe(link, "safety")
    with dial(daemon, "viewer") as flood:
        with contextlib.suppress(OSError):
            flood.raw(frame(TEXT, b'{"type":"ping"}') * 2000)
        closed = flood.hear_end()
        assert closed.code in (4429, 4408, None)
    with dial(daemon) as pings:
        with contextlib.suppress(OSError):
            pings.raw(frame(PING, b"x" * 100) * 5000)
        assert pings.hear_end().code in (4429, 4408, None)
    link.say({"type": "ping"})
    link.hear_until(lambda message: message == {"type": "pong"})


def test_a_flood_of_subscriptions_ends_only_itself(daemon, link):
    """Within one read of the daemon, so that time gives it no credit."""
    first = subscribe(link, "safety")
    with dial(daemon, "viewer") as flood:
        flood.raw(frame(TEXT, b'{"type":"subscribe","channel":"safety"}') * 300 + frame(TEXT, b'{"type":"ping"}'))
        with pytest.raises(Closed, match="4429 too_many_messages"):
            flood.hear_until(lambda message: message == {"type": "pong"})
    link.say({"type": "ping"})
    heard = link.hear_until(lambda message: message == {"type": "pong"})
    heard += link.hear_until(lambda message: message.get("channel") == "safety")
    assert gapless([first, *(message for message in heard if "channel" in message)])


def test_many_together(daemon):
    """Whatever some of them do, all others hear the same numbers."""
    with contextlib.ExitStack() as stack:
        links = [stack.enter_context(dial(daemon, "viewer")) for _ in range(12)]
        for link in links:
            for channel in (*CHANNELS, "commands", "telemetry"):
                subscribe(link, channel)
        for link in links[::3]:
            link.raw(b"\x00" * 50)
        for link in links[1::3]:
            link.sock.close()
        for link in links[2::3]:
            heard = link.hear_until(lambda message: message["channel"] == "safety")
            assert heard


# ---- bus, system, logs ----

def test_the_bus_is_told(daemon, link):
    """Its counts go on without being news; what is told is what GET says."""
    told = subscribe(link, "bus")["data"]
    asked = daemon.get("bus", role="viewer").json
    assert told.keys() == {"present", "error", "discovering", "discovery_ms", "transfers", "plan", "age_ms"}
    for name in ("present", "error", "discovering"):
        assert told[name] == asked[name], name
    assert told["plan"].keys() == asked["plan"].keys() and told["transfers"] <= asked["transfers"]
    later = link.hear_until(lambda message: message.get("channel") == "bus" and "transfers" in message["data"])[-1]
    assert later["data"]["transfers"] > told["transfers"]


def test_the_health_is_told(daemon, link):
    """As GET health, which everybody may ask; a reason that comes is news at once."""
    told = subscribe(link, "system")["data"]
    asked = daemon.get("health").json
    assert told.keys() == asked.keys()
    assert (told["version"], told["bus"], told["simulated"]) == (asked["version"], asked["bus"], asked["simulated"])


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_the_log_is_not_for_all(daemon, role):
    with dial(daemon, role) as link:
        assert error_of(link, {"type": "subscribe", "channel": "logs"})["code"] == "role"
    answer = daemon.get("stream?channel=logs", role=role)
    assert (answer.status, answer.json["code"]) == (403, "role")


def test_each_line_of_the_log_is_told_once(daemon):
    """Lines in the order of their numbers, those of GET logs, none twice."""
    with dial(daemon, "supervisor") as link:
        first = subscribe(link, "logs")
        assert first["data"].keys() == {"lines", "left_out", "lost"} and len(first["data"]["lines"]) <= 64
        seen = []
        for level in ("debug", "info", "notice", "info"):
            assert daemon.request("PUT", "logs/level", {"level": level}, role="administrator").status == 200
            heard = link.hear_until(lambda message, level=level: any(
                line["code"] == "log_level" and f"to {level} by" in line["text"] for line in message["data"].get("lines", [])))
            for message in heard:
                assert message["type"] in ("event", "update") and ("lines" in message["data"]) == (message["type"] == "event")
                lines = message["data"].get("lines", [])
                assert [line["seq"] for line in lines] == sorted((line["seq"] for line in lines), reverse=True)
                seen += [line["seq"] for line in reversed(lines)]
        assert seen == sorted(set(seen)), "none twice, none late"
        kept = {line["seq"]: line for line in daemon.get("logs?limit=200", role="supervisor").json["items"]}
        assert all(seq in kept for seq in seen)


# ---- tickets ----

def test_a_ticket_opens_once(daemon):
    page = {"Origin": f"https://127.0.0.1:{daemon.port}"}
    ticket = ticket_of(daemon, **page)
    with dial(daemon, **page) as link:
        link.say({"type": "auth", "ticket": ticket})
        assert subscribe(link, "robot")["type"] == "snapshot"
    with dial(daemon, **page) as link:
        link.say({"type": "auth", "ticket": ticket})
        closed = link.hear_end()
        assert (closed.code, closed.reason) == (4401, "ticket_invalid")


def test_a_ticket_is_bound_to_its_page(daemon):
    ticket = ticket_of(daemon, Origin=f"https://127.0.0.1:{daemon.port}")
    with dial(daemon) as link:
        link.say({"type": "auth", "ticket": ticket})
        assert link.hear_end().reason == "ticket_invalid"


def test_a_ticket_ends_with_its_session(daemon):
    grant = daemon.login("viewer").json["access_token"]
    ticket = daemon.request("POST", "auth/ticket", {}, token=grant).json["ticket"]
    assert daemon.request("POST", "auth/logout", {}, token=grant).status == 204
    with dial(daemon) as link:
        link.say({"type": "auth", "ticket": ticket})
        assert link.hear_end().reason == "token_revoked"


@pytest.mark.plain("shim")
def test_a_ticket_is_good_for_ten_seconds(fresh):
    boot = Skewed(fresh, "OHT_SHIM_BOOT")
    fresh.start()
    early, late = ticket_of(fresh), ticket_of(fresh)
    boot.set(5)
    with dial(fresh) as link:
        link.say({"type": "auth", "ticket": early})
        assert subscribe(link, "robot")["type"] == "snapshot"
    boot.set(10)
    with dial(fresh) as link:
        link.say({"type": "auth", "ticket": late})
        link.say({"type": "ping"})
        with pytest.raises(Closed, match="4401 ticket_invalid"):
            link.hear()


@pytest.mark.parametrize("message", [{}, {"token": "x", "ticket": "y"}], ids=str)
def test_either_token_or_ticket(daemon, message):
    with dial(daemon) as link:
        assert error_of(link, {"type": "auth", **message})["code"] == "validation"


# ---- clients that do not read ----

def test_who_does_not_take_an_event_is_closed(fresh):
    fresh.start()
    with dial(fresh, "viewer", connect=lambda: narrow(fresh)) as link, dial(fresh, "viewer") as other:
        subscribe(other, "safety")
        link.say({"type": "subscribe", "channel": "safety"})
        # Until nothing more fits into the kernels at both ends. An event of safety that a stalled host brings ends it earlier.
        with contextlib.suppress(ssl.SSLError, OSError):
            for _ in range(80):
                link.say({"type": "subscribe", "channel": "modules"})
                time.sleep(0.03)
        assert fresh.post("safety/stop", role="operator").status == 200
        other.hear_until(lambda message: message["type"] == "event")
        until(lambda: "4008 safety_not_taken" in fresh.log(), what="the end of who does not read")
        other.say({"type": "ping"})
        other.hear_until(lambda message: message == {"type": "pong"})


@pytest.mark.plain("shim")
def test_who_answers_no_ping_is_closed(fresh):
    """Nothing says that the client has gone: 15 s without a word from it bring a ping, 15 more the end."""
    monotonic = Skewed(fresh, "OHT_SHIM_MONOTONIC")
    fresh.start()
    with dial(fresh, "viewer") as silent, dial(fresh, "viewer") as other:
        def is_there():
            other.say({"type": "ping"})
            return other.hear_until(lambda message: message == {"type": "pong"})
        assert is_there()
        # The rest of the time must not come by itself.
        silent.sock.settimeout(10)
        monotonic.set(16)
        assert silent.receive_frame() == (PING, b"")
        assert is_there()
        monotonic.set(32)
        assert silent.receive_frame() == (CLOSE, struct.pack(">H", 4408) + b"too_slow")
        assert is_there()
        assert fresh.log().count("4408 too_slow") == 1


# ---- the end of the daemon ----

def test_the_end_of_the_daemon_is_said(fresh):
    fresh.start()
    with dial(fresh, "viewer") as link:
        subscribe(link, "safety")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            ending = pool.submit(fresh.stop)
            closed = link.hear_end()
            assert (closed.code, closed.reason) == (1001, "shutting_down")
            ending.result()
    epoch = link.hello["epoch"]
    fresh.start()
    with dial(fresh, "viewer") as link:
        assert link.hello["epoch"] != epoch
        assert subscribe(link, "safety", since={"epoch": epoch, "seq": 1})["type"] == "resync"


def test_who_does_not_answer_the_end_holds_nobody_up(fresh):
    fresh.start()
    with dial(fresh, "viewer") as link, contextlib.suppress(Closed):
        subscribe(link, "safety")
        fresh.stop()


def test_documents_know_the_kind(daemon):
    document = daemon.get("openapi.json", role=None).json
    operation = document["paths"]["/api/v1/ws"]["get"]
    assert operation["x-kind"] == "upgrade" and {"101", "426", "403", "503"} <= operation["responses"].keys()
    assert "406" not in operation["responses"]
    assert document["paths"]["/api/v1/robot"]["get"]["x-kind"] == "answer"
