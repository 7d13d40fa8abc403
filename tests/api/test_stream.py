# SPDX-License-Identifier: GPL-2.0-or-later
"""Server-sent events: several channels in one stream, what is refused, and going on behind the last event in all of them."""
import concurrent.futures
import contextlib
import json
import time

import pytest

from clocks import Skewed
from live import dial, subscribe, ticket_of
from oht_test.client import PASSWORD
from oht_test.wait import until
from oht_test.websocket import gapless
from test_alerts import is_at_rest

CHANNELS = ("safety", "robot", "modules", "commands", "telemetry", "bus", "system", "alerts", "missions")


class Events:
    """A stream that is being read; without a role, with what the query says."""

    def __init__(self, daemon, query="", role="viewer", token=None, **headers):
        self.link = daemon.another().connection()
        if role:
            headers["Authorization"] = f"Bearer {token or daemon.token(role)}"
        self.link.request("GET", f"/api/v1/stream{query}", None, headers)
        self.answer = self.link.getresponse()
        assert (self.answer.status, self.answer.headers["content-type"]) == (200, "text/event-stream")
        assert self.answer.headers["x-accel-buffering"] == "no", "nginx would hold events back"
        assert self.answer.headers["cache-control"] == "no-store" and "content-security-policy" in self.answer.headers

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()

    def hear_whole(self):
        """The fields of the next event, its data read; None at the end."""
        fields = {}
        while line := self.answer.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if value and name:
                assert name not in fields
                fields[name] = value
            if line == b"\n" and fields:
                return {**fields, "data": json.loads(fields["data"])}
        return None

    def hear(self):
        """(id, message) of the next event; None at the end."""
        fields = self.hear_whole()
        return fields and (fields.get("id"), fields["data"])

    def hear_until(self, condition):
        """(id, message) of each event up to the one of whose message this is true."""
        heard = [self.hear()]
        while not condition(heard[-1][1]):
            heard.append(self.hear())
        return heard


def places(text):
    """{channel: seq} of an id, and its epoch."""
    epoch, _, rest = text.partition("-")
    return int(epoch), {name: int(seq) for name, seq in (part.split(":") for part in rest.split(","))}


def refused(daemon, query, status, code):
    """The only error of a query that is refused."""
    answer = daemon.get(f"stream?{query}")
    assert (answer.status, answer.code) == (status, code), answer
    [error] = answer.json["errors"]
    return error["pointer"], error["code"]


def test_a_stream_tells_what_the_websocket_tells(daemon):
    with dial(daemon, "viewer") as link:
        subscribe(link, "safety")
        with Events(daemon, "?channel=safety") as events:
            first = events.hear()
            assert first[1]["type"] == "snapshot" and first[0] == f"{link.hello['epoch']}-safety:{first[1]['seq']}"
            told = [message for _, message in (events.hear() for _ in range(3))]
        assert gapless([first[1], *told])
        heard = {message["seq"]: message for message in link.hear_until(lambda message: message["seq"] >= told[-1]["seq"])}
        # A late host joins messages of one of the two.
        both = [(message, heard[message["seq"]]) for message in told if message["seq"] in heard]
        assert all(a == b or "conflated" in a or "conflated" in b for a, b in both)
        assert both or any("conflated" in message for message in (*told, *heard.values()))


# ---- tickets, for what cannot send a header ----

def own_page(daemon):
    """What a page of this machine sends with a POST; with the GET of an EventSource it sends no Origin."""
    return {"Origin": f"https://127.0.0.1:{daemon.port}"}


def turned_away(daemon, query, status, code, **headers):
    """A stream that is refused to who has no token, or one of these headers."""
    with contextlib.closing(daemon.another().connection()) as link:
        link.request("GET", f"/api/v1/stream?{query}", None, headers)
        answer = link.getresponse()
        # One that is not refused has no end.
        assert answer.status == status
        assert json.load(answer)["code"] == code


@pytest.mark.parametrize("page", [False, True], ids=["program", "page"])
@pytest.mark.parametrize("names_itself", [False, True], ids=["unnamed", "named"])
def test_a_ticket_opens_one_stream(daemon, page, names_itself):
    """Drawn by a program or a page of this machine, and used with the Origin of that page or without any."""
    ticket = ticket_of(daemon, **(own_page(daemon) if page else {}))
    headers = own_page(daemon) if names_itself else {}
    with Events(daemon, f"?channel=safety,robot&ticket={ticket}", None, **headers) as events:
        number, message = events.hear()
        assert (message["channel"], message["type"]) == ("safety", "snapshot")
        turned_away(daemon, f"ticket={ticket}", 401, "ticket_invalid", **headers)
        assert events.hear()
    # As an EventSource comes again by itself.
    turned_away(daemon, f"channel=safety,robot&ticket={ticket}", 401, "ticket_invalid", **{"Last-Event-ID": number}, **headers)


@pytest.mark.parametrize("query", ["ticket=" + "0" * 64, "ticket=", "ticket=x", "channel=robot&ticket=1", "ticket=1&ticket=2"])
def test_an_unknown_ticket_is_refused(daemon, query):
    turned_away(daemon, query, 401, "ticket_invalid")


def test_a_token_in_the_address_is_none(daemon):
    token = daemon.token("viewer")
    turned_away(daemon, f"token={token}", 401, "token_missing")
    turned_away(daemon, f"ticket={token}", 401, "ticket_invalid")
    turned_away(daemon, "", 401, "token_missing", Cookie=f"__Secure-oht-refresh-{(daemon.state / 'robot.id').read_text()[:8]}={daemon.login('viewer').json['refresh_token']}")


def test_a_ticket_is_used_up_by_a_question_that_is_refused(daemon):
    ticket = ticket_of(daemon)
    turned_away(daemon, f"channel=flux&ticket={ticket}", 400, "validation")
    turned_away(daemon, f"ticket={ticket}", 401, "ticket_invalid")


@pytest.mark.plain("shim")
def test_a_ticket_that_is_too_old_is_refused(fresh):
    boot = Skewed(fresh, "OHT_SHIM_BOOT")
    fresh.start()
    good, old = (ticket_of(fresh) for _ in range(2))
    boot.set(5)
    with Events(fresh, f"?ticket={good}", None) as events:
        assert events.hear()
    boot.set(11)
    turned_away(fresh, f"ticket={old}", 401, "ticket_invalid")


@pytest.mark.parametrize("origin", ["https://evil.example", "file://", "null", "http://127.0.0.1:{port}", "https://127.0.0.1:{port}.evil.example"])
def test_a_page_elsewhere_gets_no_stream(daemon, origin):
    """Not with the ticket of a program, that of this page, nor a token."""
    origin = {"Origin": origin.format(port=daemon.port)}
    turned_away(daemon, f"ticket={ticket_of(daemon)}", 403, "cross_origin", **origin)
    turned_away(daemon, f"ticket={ticket_of(daemon, **own_page(daemon))}", 401, "ticket_invalid", **origin)
    turned_away(daemon, "", 403, "cross_origin", Authorization=f"Bearer {daemon.token('viewer')}", **origin)


def test_a_listed_page_elsewhere_asks_with_a_token_and_never_with_the_cookie(daemon):
    page = {"Origin": "https://panel.example:8443"}

    def lists(origins):
        assert daemon.request("PATCH", "config", {"access": {"origins": origins}}, token=daemon.elevated()).status == 200

    def readable(**asked):
        headers = daemon.request("GET", "robot", **asked).headers
        assert "access-control-allow-credentials" not in headers
        return headers.get("access-control-allow-origin")

    lists(f"https://other.example, {page['Origin']}")
    try:
        assert readable(headers=page, role="viewer") == readable(headers=page) == page["Origin"], "a refusal is for the page, too"
        answer = daemon.request("GET", "robot", role="viewer")
        assert "origin" in answer.headers["vary"] and "access-control-allow-origin" not in answer.headers
        for origin in ("https://panel.example", "https://panel.example:84430", "HTTPS://panel.example:8443", "https://panel.example:8443/", "null",
                       "http://panel.example:8443", "https://panel.example:8443.evil.example", f"{page['Origin']}, https://other.example",
                       f"https://127.0.0.1:{daemon.port}"):
            assert readable(headers={"Origin": origin}, role="viewer") is None, origin
        with dial(daemon, "viewer", **page) as link:
            assert subscribe(link, "robot")["type"] == "snapshot"
        with Events(daemon, f"?channel=robot&ticket={ticket_of(daemon, **page)}", None, **page) as events:
            assert events.answer.headers["access-control-allow-origin"] == page["Origin"]
        turned_away(daemon, f"ticket={ticket_of(daemon, **page)}", 401, "ticket_invalid", **own_page(daemon))
        login = daemon.request("POST", "auth/login", {"username": "viewer", "password": PASSWORD, "cookie": True}, headers=page)
        assert (login.status, login.code) == (403, "cross_origin")
    finally:
        lists("")
    assert readable(headers=page, role="viewer") is None and "vary" not in daemon.request("GET", "robot", role="viewer").headers
    turned_away(daemon, f"ticket={ticket_of(daemon)}", 403, "cross_origin", **page)


def test_a_ticket_of_a_page_elsewhere_is_for_nobody(daemon):
    ticket = ticket_of(daemon, Origin="https://evil.example")
    turned_away(daemon, f"ticket={ticket}", 401, "ticket_invalid")


def test_a_ticket_has_the_role_and_the_life_of_its_session(daemon):
    turned_away(daemon, f"channel=logs&ticket={ticket_of(daemon)}", 403, "role")
    grant = daemon.login("viewer").json["access_token"]
    first, second = (daemon.request("POST", "auth/ticket", {}, token=grant).json["ticket"] for _ in range(2))
    with Events(daemon, f"?ticket={first}", None) as events:
        events.hear()
        assert daemon.request("POST", "auth/logout", {}, token=grant).status == 204
        turned_away(daemon, f"ticket={second}", 401, "token_revoked")
        heard = [events.hear()]
        while heard[-1]:
            heard.append(events.hear())
        assert heard[-2][1]["code"] == "token_revoked"


# ---- several channels ----

def test_all_channels_come_in_one_stream(daemon):
    """Each event is named by its channel, and each channel has its own numbers without a gap."""
    newest = {}
    with Events(daemon, f"?channel={','.join(reversed(CHANNELS))}") as events:
        assert events.hear()[1]["channel"] == "safety", "whatever the order of the query"
        for _ in range(60):
            event = events.hear_whole()
            message = event["data"]
            assert event["event"] == message["channel"]
            if message["channel"] in newest:
                left_out = message.get("conflated", 0)
                assert message["seq"] == newest[message["channel"]] + 1 + left_out, message
                assert not left_out or message["type"] == "update", "no event is left out"
            newest[message["channel"]] = message["seq"]
            known = places(event["id"])[1]
            assert known.items() >= newest.items() and known.keys() - newest.keys() <= {"safety"}, event["id"]
        assert newest.keys() == set(CHANNELS)


def test_without_a_channel_the_robot_is_told(daemon):
    with Events(daemon) as events:
        assert {events.hear()[1]["channel"] for _ in range(5)} == {"robot"}


def test_a_stop_is_told_in_a_stream_of_everything(fresh):
    fresh.start()
    with Events(fresh, f"?channel={','.join(CHANNELS)}") as events:
        snapshot = events.hear()[1]
        assert (snapshot["channel"], snapshot["type"]) == ("safety", "snapshot")
        assert fresh.post("safety/stop", role="operator").status == 200
        told = events.hear_until(lambda message: message["channel"] == "safety" and message["type"] == "event"
                                 and any(cause["code"] == "software" for cause in message["data"].get("causes", [])))
        assert gapless([snapshot, *(message for _, message in told if message["channel"] == "safety")])


def test_signals_filter_telemetry_alone(daemon):
    with Events(daemon, "?channel=telemetry,robot&signals=mode,bus_transfers") as events:
        first = {}
        while first.keys() != {"robot", "telemetry"}:
            message = events.hear()[1]
            first.setdefault(message["channel"], message)
        assert first["telemetry"]["data"].keys() == {"mode", "bus_transfers"}
        assert first["robot"]["data"].keys() == daemon.get("robot").json.keys()
        told = events.hear_until(lambda message: message["channel"] == "telemetry" and message["data"])
        assert told[-1][1]["data"].keys() <= {"mode", "bus_transfers"}


@pytest.mark.parametrize("query, pointer", [
    ("channel=flux", "/channel/0"), ("channel=robot,flux", "/channel/1"), ("channel=,robot", "/channel/0"),
    ("channel=robot,", "/channel/1"), ("channel=robot,,safety", "/channel/1"), ("channel=Robot", "/channel/0"),
    ("channel=robot;safety", "/channel/0"), ("channel=robot%20", "/channel/0"), ("channel=saf", "/channel/0"),
    ("channel=robot%2Cflux", "/channel/1"), ("channel=safetyrobot", "/channel/0")])
def test_an_unknown_channel_is_refused_by_its_place(daemon, query, pointer):
    assert refused(daemon, query, 400, "validation") == (pointer, "unknown_value")


@pytest.mark.parametrize("query, pointer", [("robot,robot", 1), ("safety,robot,modules,robot,safety", 3)])
def test_a_channel_that_comes_twice_is_refused_by_its_place(daemon, query, pointer):
    assert refused(daemon, f"channel={query}", 400, "validation") == (f"/channel/{pointer}", "twice")


def test_a_member_that_comes_twice_is_refused(daemon):
    assert refused(daemon, "channel=robot&channel=safety", 400, "validation") == ("/channel", "twice")


@pytest.mark.parametrize("query, status, code, error", [
    ("channel=telemetry&signals=flux", 422, "unknown_signal", ("/signals/0", "unknown_value")),
    ("channel=telemetry&signals=mode,state,flux", 422, "unknown_signal", ("/signals/2", "unknown_value")),
    ("channel=robot,telemetry&signals=mode,", 422, "unknown_signal", ("/signals/1", "unknown_value")),
    ("channel=telemetry&signals=", 400, "validation", ("/signals", "length")),
    ("channel=robot,safety&signals=mode", 400, "validation", ("/signals", "unknown_member")),
    ("signals=mode", 400, "validation", ("/signals", "unknown_member")),
    ("channel=telemetry&max_rate_hz=0", 400, "validation", ("/max_rate_hz", "range")),
    ("channel=telemetry&filter=mode", 400, "validation", ("/filter", "unknown_member"))])
def test_a_wrong_filter_is_refused(daemon, query, status, code, error):
    assert refused(daemon, query, status, code) == error


def test_a_refused_stream_takes_no_place(daemon):
    """Half of all connections may stay: more than that are refused here, and a good one still finds a place."""
    for _ in range(150):
        assert daemon.get("stream?channel=flux").status == 400
    with Events(daemon, "?channel=safety,robot") as events:
        assert events.hear()


def test_who_leaves_gives_its_place_back(fresh):
    """One place for a stream, however many channels it has."""
    fresh.start()
    for _ in range(3):
        with Events(fresh, f"?channel={','.join(CHANNELS)}") as events:
            events.hear()

    def open_streams():
        lines = fresh.get("/metrics", role="viewer").body.decode().splitlines()
        return [line for line in lines if line.startswith("websocket_active_connections ")]

    until(lambda: open_streams() == ["websocket_active_connections 0"], what="the end of all streams")
    with Events(fresh, "?channel=robot") as events:
        assert events.hear()


# ---- going on ----

def test_a_stream_goes_on_behind_the_last_event(daemon):
    with Events(daemon, "?channel=safety") as events:
        events.hear()
        last = events.hear()
    with Events(daemon, "?channel=safety", **{"Last-Event-ID": last[0]}) as events:
        again = events.hear()[1]
        assert (again["type"], again["recovered"], again["seq"]) == ("snapshot", True, last[1]["seq"])
        assert gapless([again, events.hear()[1]])


def test_all_channels_go_on_behind_one_event(daemon):
    """The id of any event says how far the client is in each channel; those come first that it has not got yet."""
    with Events(daemon, "?channel=safety,robot,modules") as events:
        heard = events.hear_until(lambda message: message["channel"] == "modules")
        heard += [events.hear() for _ in range(10)]
    epoch, known = places(heard[-1][0])
    newest = {message["channel"]: message["seq"] for _, message in heard}
    assert known == newest
    with Events(daemon, f"?channel={','.join(CHANNELS)}", **{"Last-Event-ID": heard[-1][0]}) as events:
        first = {}
        while first.keys() != set(CHANNELS):
            number, message = events.hear()
            assert places(number)[0] == epoch and places(number)[1].keys() >= known.keys(), number
            first.setdefault(message["channel"], message)
    assert all((first[name]["recovered"], first[name]["seq"], first[name]["data"]) == (True, newest[name], {}) for name in newest)
    assert all(first[name]["recovered"] is False and first[name]["data"] for name in ("commands", "telemetry"))


def test_an_id_of_more_channels_than_asked_for_is_taken(daemon):
    with Events(daemon, "?channel=safety,robot") as events:
        number, _ = events.hear_until(lambda message: message["channel"] == "robot")[-1]
    with Events(daemon, "?channel=robot", **{"Last-Event-ID": number}) as events:
        again = events.hear()
        assert again[1]["recovered"] is True and places(again[0])[1].keys() == {"robot"}


def test_events_of_a_lost_connection_are_all_told(fresh):
    """A stop between two streams is in the second one, in its place."""
    fresh.start()
    with Events(fresh, "?channel=safety,commands") as events:
        number, message = events.hear_until(lambda message: message["channel"] == "commands")[-1]
    assert fresh.post("safety/stop", role="operator").status == 200
    with Events(fresh, "?channel=safety,commands", **{"Last-Event-ID": number}) as events:
        told = events.hear_until(lambda message: message["type"] == "event" and message["channel"] == "safety"
                                 and any(cause["code"] == "software" for cause in message["data"].get("causes", [])))
    safety = [message for _, message in told if message["channel"] == "safety"]
    assert gapless(safety) and safety[0]["seq"] == places(number)[1]["safety"]


@pytest.mark.parametrize("number", ["1-safety:1,robot:1", "99999999999999999999-safety:1,robot:1", "{epoch}-safety:9999999999,robot:9999999999"])
def test_an_id_that_is_not_there_any_more_is_told_so(daemon, number):
    with dial(daemon) as link:
        number = number.format(epoch=link.hello["epoch"])
    with Events(daemon, "?channel=safety,robot", **{"Last-Event-ID": number}) as events:
        first, snapshots = [], {}
        while snapshots.keys() != {"safety", "robot"}:
            event = events.hear()
            if event[1]["type"] == "resync":
                assert event[0] is None and event[1]["channel"] not in snapshots
                first.append(event[1]["channel"])
            else:
                assert places(event[0])[1].keys() <= set(snapshots) | {event[1]["channel"]}, "nothing of another epoch is kept"
                snapshots.setdefault(event[1]["channel"], event[1])
        assert sorted(first) == ["robot", "safety"] and not any(message["recovered"] for message in snapshots.values())


@pytest.mark.parametrize("number", [
    "x", "1", "-1", "1-x", "1-1", "{epoch}-1", "{epoch}-", "{epoch}-safety", "{epoch}-safety:", "{epoch}-safety:x", "{epoch}-safety:0",
    "{epoch}-safety:1,", "{epoch}-safety:1,safety:1", "{epoch}-flux:1", "{epoch}-safety:-1", "{epoch}-safety:1 ,robot:1",
    "{epoch}-:1", "{epoch}--safety:1", "{epoch},safety:1", "{epoch}-" + "safety:1," * 100, "{epoch}-safety:" + "9" * 300 + "x"])
def test_a_wrong_id_is_a_fresh_start(daemon, number):
    with dial(daemon) as link:
        number = number.format(epoch=link.hello["epoch"])
    with Events(daemon, "?channel=safety", **{"Last-Event-ID": number}) as events:
        first = events.hear()[1]
        assert (first["type"], first["recovered"]) == ("snapshot", False)


# ---- life and end ----

def test_a_stream_has_a_head(daemon):
    answer = daemon.request("HEAD", "stream?channel=robot,safety", role="viewer")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "text/event-stream", b"")
    for query, status in (("channel=robot,flux", 400), ("channel=telemetry&signals=flux", 422), ("signals=mode", 400)):
        answer = daemon.request("HEAD", f"stream?{query}", role="viewer")
        assert (answer.status, answer.body) == (status, b""), "as GET"


@pytest.mark.slow
def test_a_stream_outlives_the_time_of_an_answer(daemon):
    """Answers that nobody takes are cut off after 15 s; a stream that is read is not."""
    with Events(daemon) as events:
        end = time.monotonic() + 17
        while time.monotonic() < end:
            assert events.hear()


def test_the_end_of_a_session_ends_a_stream(daemon):
    grant = daemon.login("viewer").json["access_token"]
    with Events(daemon, token=grant) as events:
        events.hear()
        assert daemon.request("POST", "auth/logout", {}, token=grant).status == 204
        heard = [events.hear()]
        while heard[-1]:
            heard.append(events.hear())
        assert heard[-2][1]["code"] == "token_revoked"


def test_the_end_of_the_daemon_ends_a_stream(fresh):
    fresh.start()
    with Events(fresh) as events, concurrent.futures.ThreadPoolExecutor() as pool:
        events.hear()
        ending = pool.submit(fresh.stop)
        heard = [events.hear()]
        while heard[-1]:
            heard.append(events.hear())
        assert heard[-2][1]["code"] == "shutting_down"
        ending.result()


# ---- how long it takes ----

def test_how_long_the_stop_took_to_each_client_is_counted(daemon):
    def told():
        def same():
            """What was just written may be counted between the two."""
            figures = daemon.get("safety/latency").json["told"]
            return f"\noht_safety_told_seconds_count {figures['count']}\n" in daemon.request("GET", "/metrics").body.decode() and figures
        return until(same, what="the same figure in both")

    def is_stopped(message):
        return message.get("data", {}).get("state") == "stopped"

    until(lambda: is_at_rest(daemon), what="a robot at rest")
    with Events(daemon, "?channel=safety") as stream, dial(daemon, "viewer") as link:
        seq = subscribe(link, "safety")["seq"]
        stream.hear()
        before = told()["count"]
        daemon.post("safety/stop", role="operator")
        link.hear_until(is_stopped)
        stream.hear_until(is_stopped)
        until(lambda: told()["count"] >= before + 2, what="both written")
        figures = told()
        assert 0 < figures["p50_ns"] <= figures["p99_ns"] <= figures["max_ns"]
    # Who was away could not be told sooner.
    until(lambda: is_at_rest(daemon), what="a robot at rest")
    before = told()["count"]
    with dial(daemon, "viewer") as link:
        subscribe(link, "safety", since={"epoch": link.hello["epoch"], "seq": seq})
        link.hear_until(is_stopped)
        link.say({"type": "ping"})
        link.hear_until(lambda message: message["type"] == "pong")
    assert told()["count"] == before
