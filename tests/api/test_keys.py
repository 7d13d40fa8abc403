# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys of service accounts: who may make them, what they permit, and that they end at once and for good."""
import contextlib
import hashlib
import os
import pathlib
import re
import sqlite3

import pytest

import test_foxglove as foxglove
from live import dial, subscribe
from oht_test.client import PASSWORD, ROLES
from oht_test.wait import until
from oht_test.websocket import Closed
from test_local import ask as local
from test_stream import Events

KEY = re.compile(r"oht_[0-9a-f]{12}_[0-9a-f]{64}")


def service(daemon, name, role="operator"):
    """Number of a new service account."""
    answer = daemon.post("users", {"username": name, "role": role, "service": True})
    assert answer.status == 201 and answer.json["service"], answer
    return answer.json["id"]


def make(daemon, account, **said):
    """Answer of a new key."""
    return daemon.post(f"users/{account}/keys", {"name": "program", **said})


def key_of(daemon, account, **said):
    answer = make(daemon, account, **said)
    assert answer.status == 201, answer
    return answer.json


def ask(daemon, key, method="GET", path="robot", body=None, **more):
    return daemon.request(method, path, body, token=key["secret"] if isinstance(key, dict) else key, **more)


def verdict(answer):
    return answer.status if answer.status < 400 else (answer.status, answer.code)


# ---- making ----

def test_a_key_is_shown_once_and_kept_as_a_hash(fresh):
    fresh.start()
    account = service(fresh, "prometheus", "viewer")
    key = key_of(fresh, account, name="scrape", tags=["Metrics", "Robot"], addresses=["127.0.0.0/8"], rate=50, expires_in_days=30)
    assert KEY.fullmatch(key["secret"]) and key["id"] in key["secret"] and key["role"] == "viewer"
    listed = fresh.get(f"users/{account}/keys", role="administrator").json["items"]
    assert listed == [{name: value for name, value in key.items() if name != "secret"}]
    assert (listed[0]["last_used"], listed[0]["made_by"], listed[0]["exposed"]) == (None, "administrator", False)
    assert ask(fresh, key).status == 200
    assert fresh.get(f"users/{account}/keys", role="administrator").json["items"][0]["last_used"]
    secret = key["secret"].rsplit("_", 1)[1]
    records = fresh.get("audit?limit=5", role="administrator").json["items"]
    assert any(record["act"] == "POST users/{id}/keys" and record["object"].endswith(key["id"]) for record in records)
    me = ask(fresh, key, path="auth/me")
    assert verdict(me) == (403, "key_scope")
    fresh.stop()
    kept = b"".join(path.read_bytes() for path in fresh.state.glob("**/*") if path.is_file())
    assert secret.encode() not in kept and secret not in fresh.log()
    assert hashlib.sha256(secret.encode()).hexdigest().encode() in kept


def test_who_may_make_keys_and_of_whom(daemon):
    account = service(daemon, "maker", "supervisor")
    for role in ROLES:
        want = (403, "elevation_required") if role == "administrator" else (403, "role")
        answer = daemon.send("POST", f"users/{account}/keys", {"name": "a"}, role, None, None)
        assert verdict(answer) == want, role
    people = {user["username"]: user for user in daemon.get("users", role="administrator").json["items"]}
    assert not people["viewer"]["service"]
    assert verdict(make(daemon, people["viewer"]["id"])) == (409, "not_a_service")
    assert verdict(make(daemon, 99999)) == (404, "not_found")
    assert verdict(make(daemon, account, role="administrator")) == (403, "role_above_own")
    for wrong, pointer in (({"tags": ["Nothing"]}, "/tags/0"), ({"verbs": ["move", "fly"]}, "/verbs/1"), ({"modules": ["0"]}, "/modules/0"),
                           ({"modules": ["0x02"]}, "/modules/0"), ({"addresses": ["10.0.0.0/33"]}, "/addresses/0"),
                           ({"addresses": ["10.0.0.1,10.0.0.2"]}, "/addresses/0"), ({"expires_in_days": 366}, "/expires_in_days"),
                           ({"expires_in_days": 0}, "/expires_in_days"), ({"rate": 0}, "/rate"), ({"name": "a b"}, "/name"),
                           ({"tags": ["Robot"] * 17}, "/tags")):
        answer = make(daemon, account, **wrong)
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, pointer), answer
    assert verdict(daemon.post("users", {"username": "x", "role": "viewer"})) == (400, "validation")
    assert verdict(daemon.post("users", {"username": "x", "role": "viewer", "service": True, "password": PASSWORD})) == (400, "validation")
    assert verdict(daemon.request("PATCH", f"users/{account}", {"password": PASSWORD}, role="administrator")) == (409, "service_account")
    assert verdict(daemon.login("maker", PASSWORD)) == (401, "login_refused")
    assert [user["username"] for user in daemon.get("users?service=true&role=supervisor", role="administrator").json["items"]] == ["maker"]


def test_a_service_account_is_no_last_administrator(fresh):
    fresh.start()
    service(fresh, "robot-admin", "administrator")
    own = fresh.get("auth/me", role="administrator").json["id"]
    assert verdict(fresh.request("PATCH", f"users/{own}", {"disabled": True}, role="administrator")) == (409, "last_administrator")


# ---- what a key permits: role x kind of credential x class of route ----

CLASSES = [("GET", "robot", None, "viewer"), ("GET", "modules/2", None, "viewer"), ("GET", "logs", None, "supervisor"),
           ("GET", "users", None, "administrator"), ("POST", "users", {"username": "n", "password": PASSWORD, "role": "viewer"}, "elevated"),
           ("POST", "robot/commands", {"verb": "pause"}, "ends motion"), ("POST", "safety/stop", {}, "stop")]


def expected(role, kind, least):
    """What a credential of that kind is answered; None: anything but a refusal of the credential."""
    level = ROLES.index(role)
    needed = {"elevated": "administrator", "stop": "operator", "ends motion": "operator"}.get(least, least)
    unknown = {"none": (401, "token_missing"), "ended": (401, "key_invalid"), "forged": (401, "key_invalid")}
    if kind in unknown:
        return unknown[kind]
    if kind == "elsewhere" and least != "stop":
        return 403, "key_address"
    if level < ROLES.index(needed):
        return 403, "role"
    if kind == "out of scope" and least not in ("stop", "ends motion"):
        return 403, "key_scope"
    if least == "elevated":
        return 403, "elevation_required" if kind == "session" else "key_elevation"
    return None


def test_matrix_of_roles_kinds_and_classes(daemon):
    for role in ROLES:
        account = service(daemon, f"matrix-{role}", role)
        ended = key_of(daemon, account)
        assert daemon.request("DELETE", f"users/{account}/keys/{ended['id']}", role="administrator").status == 204
        good = key_of(daemon, account)["secret"]
        credentials = {
            "none": None, "session": daemon.token(role), "key": good, "ended": ended["secret"],
            "out of scope": key_of(daemon, account, tags=["Metrics"])["secret"],
            "elsewhere": key_of(daemon, account, addresses=["192.0.2.0/24", "2001:db8::/32"])["secret"],
            "forged": good[:-1] + ("0" if good[-1] != "0" else "1"),
        }
        for kind, token in credentials.items():
            for method, path, body, least in CLASSES:
                answer = daemon.send(method, path, body, None, None, token)
                want = expected(role, kind, least)
                said = verdict(answer)
                if want:
                    assert said == want, (role, kind, path)
                else:
                    assert answer.status not in (401, 403), (role, kind, path, said)


def test_what_is_no_key(daemon):
    key = key_of(daemon, service(daemon, "letters", "viewer"))["secret"]
    assert ask(daemon, key).status == 200
    for wrong in (key.upper(), key[:-1], key + "0", key.replace("_", "-"), "oht_", "oht__", key[:17], "oht_" + "0" * 77, key[:30] + "%00" + key[33:]):
        assert verdict(ask(daemon, wrong)) == (401, "key_invalid" if wrong.startswith("oht_") else "token_invalid"), wrong


def test_scope_by_module_and_verb(daemon):
    account = service(daemon, "line", "operator")
    of_module = key_of(daemon, account, modules=["3"])
    assert ask(daemon, of_module, path="modules/3").status == 200
    assert ask(daemon, of_module).status == 200
    assert verdict(ask(daemon, of_module, path="modules/2")) == (403, "key_scope")
    assert verdict(ask(daemon, of_module, path="modules/0x02")) == (403, "key_scope")
    of_verb = key_of(daemon, account, verbs=["dock"])
    assert verdict(ask(daemon, of_verb, "POST", "robot/commands", {"verb": "jog", "speed_mm_s": 10})) == (403, "key_scope")
    for command in ("stop", "pause", "dock"):
        assert ask(daemon, of_verb, "POST", "robot/commands", {"verb": command}).status not in (401, 403), command


def test_a_scope_holds_in_a_websocket_too(daemon):
    """What a message asks for is bounded as the route that does the same; what ends motion is always permitted."""
    account = service(daemon, "listener", "operator")

    def said(verb, **scope):
        with dial(daemon, token=key_of(daemon, account, **scope)["secret"]) as link:
            link.say({"type": "command", "id": 1, "command": {"verb": verb}})
            answer = link.hear()
            return answer["status"], answer["data"].get("code")

    assert said("dock", tags=["Live data"]) == (403, "key_scope")
    assert said("dock", tags=["Live data", "Robot"], verbs=["move"]) == (403, "key_scope")
    for verb, scope in (("dock", {"tags": ["Live data", "Robot"]}), ("dock", {"tags": ["Robot", "Live data"], "verbs": ["dock"]}), ("stop", {"tags": ["Live data"]})):
        assert said(verb, **scope)[1] != "key_scope", (verb, scope)


def test_a_key_is_no_session(daemon):
    key = key_of(daemon, service(daemon, "own", "operator"))
    me = ask(daemon, key, path="auth/me").json
    assert (me["username"], me["role"], me["session"], me["key"], me["elevated_for_ms"]) == ("own", "operator", None, key["id"], 0)
    for method, path, body in (("POST", "auth/logout", {}), ("POST", "auth/elevate", {"password": PASSWORD}), ("DELETE", "auth/elevate", None),
                               ("POST", "auth/password/change", {"old_password": PASSWORD, "new_password": "another good password"})):
        assert verdict(ask(daemon, key, method, path, body)) == (409, "no_session"), path
    assert ask(daemon, key).status == 200


def test_control_by_a_key_ends_with_it(daemon):
    account = service(daemon, "driver", "operator")
    key = key_of(daemon, account)
    assert ask(daemon, key, "POST", "control").status == 200
    assert daemon.get("control").json["holder"] == "driver"
    assert daemon.request("DELETE", f"users/{account}/keys/{key['id']}", role="administrator").status == 204
    until(lambda: not daemon.get("control").json["held"], what="control given up")


# ---- rate, and the query ----

def test_the_rate_of_a_key_holds_up_no_stop(daemon):
    key = key_of(daemon, service(daemon, "busy", "operator"), rate=1)
    answers = [ask(daemon, key) for _ in range(30)]
    assert answers[0].status == 200 and verdict(answers[-1]) == (429, "rate_limited") and int(answers[-1].headers["retry-after"]) >= 1
    assert ask(daemon, key, "POST", "robot/commands", {"verb": "pause"}).status != 429
    assert ask(daemon, key, "POST", "safety/stop", {}).status == 200
    assert verdict(ask(daemon, key)) == (429, "rate_limited")


def test_a_key_in_a_query_is_refused_and_told(fresh):
    fresh.start()
    account = service(fresh, "careless", "viewer")
    key, other = key_of(fresh, account), key_of(fresh, account, name="other")
    for path in (f"robot?key={key['secret']}", f"stream?ticket={key['secret']}", f"errors?x={key['secret']}", f"robot?{key['secret']}"):
        assert verdict(fresh.get(path, role=None)) == (400, "key_in_query"), path
    assert verdict(ask(fresh, key, path=f"robot?token={key['secret']}")) == (400, "key_in_query")
    assert [item["exposed"] for item in fresh.get(f"users/{account}/keys", role="administrator").json["items"]
            if item["id"] == key["id"]] == [True]
    alert, = until(lambda: [item for item in fresh.get("alerts").json["items"] if item["code"] == "keys_due"], what="alert")
    assert verdict(fresh.get(f"robot?key={other['secret']}", role=None)) == (400, "key_in_query")
    alerts = until(lambda: {item["subject"]: item["text"] for item in fresh.get("alerts").json["items"] if item["code"] == "keys_due"
                            and item["subject"] != alert["subject"]}, what="the alert of the other key")
    assert alerts.keys() == {other["id"]} and alert["subject"] == key["id"] and other["id"] in alerts[other["id"]]
    assert key["id"] in alert["text"] and "careless" in alert["text"] and "query" in alert["text"] and alert["severity"] == "warning"
    assert key["secret"][20:] not in fresh.log()
    with contextlib.closing(sqlite3.connect(fresh.state / "oht.db")) as database:
        until(lambda: database.execute("SELECT min(exposed) FROM keys").fetchone() == (1,), what="it written down")
    fresh.kill()
    fresh.start()
    assert fresh.get(f"users/{account}/keys", role="administrator").json["items"][0]["exposed"], "also behind kill -9"


# ---- ends ----

def test_ends_hold_behind_kill_9(fresh):
    fresh.start()
    account = service(fresh, "long", "viewer")
    kept, ended, rotated = (key_of(fresh, account, name=name) for name in ("kept", "ended", "rotated"))
    assert fresh.request("DELETE", f"users/{account}/keys/{ended['id']}", role="administrator").status == 204
    new = fresh.post(f"users/{account}/keys/{rotated['id']}/rotate", {"overlap_s": 0})
    assert new.status == 201 and new.json["name"] == "rotated", new
    want = {kept["secret"]: 200, ended["secret"]: (401, "key_invalid"), rotated["secret"]: (401, "key_expired"), new.json["secret"]: 200}
    for turn in range(2):
        assert {key: verdict(ask(fresh, key)) for key in want} == want, turn
        fresh.kill()
        fresh.start()
    for key in (ended, rotated):
        assert verdict(fresh.post(f"users/{account}/keys/{key['id']}x/rotate", {})) == (404, "not_found")
    assert fresh.request("PATCH", f"users/{account}", {"disabled": True}, role="administrator").status == 200
    assert verdict(ask(fresh, kept)) == (401, "key_disabled")
    fresh.kill()
    fresh.start()
    assert verdict(ask(fresh, kept)) == (401, "key_disabled")
    assert verdict(ask(fresh, kept, "POST", "safety/stop", {})) == (401, "key_disabled")
    assert fresh.request("PATCH", f"users/{account}", {"disabled": False}, role="administrator").status == 200
    assert ask(fresh, kept).status == 200
    assert fresh.request("DELETE", f"users/{account}", role="administrator").status == 204
    assert verdict(ask(fresh, kept)) == (401, "key_invalid")
    fresh.stop()
    with contextlib.closing(sqlite3.connect(fresh.state / "oht.db")) as database:
        assert database.execute("SELECT count(*) FROM keys").fetchone() == (0,)


def loops_of(daemon):
    """{port of a client: the loop that has its connection}, as the kernel says it."""
    proc = pathlib.Path(f"/proc/{daemon.process.pid}")
    ports = {}
    for line in (proc / "net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if int(words[1].rpartition(":")[2], 16) == daemon.port:
            ports[words[9]] = int(words[2].rpartition(":")[2], 16)
    found = {}
    for file in (proc / "fdinfo").iterdir():
        with contextlib.suppress(OSError):
            for number in re.findall(r"^tfd: +([0-9]+)", file.read_text(), re.M):
                inode = (proc / "fd" / number).readlink().name.partition("[")[2].rstrip("]")
                if ports.get(inode):
                    found[ports[inode]] = file.name
    return found


LOOPS = 3


def loop_of(daemon, sock):
    """That of a connection which waits for its client."""
    return until(lambda: loops_of(daemon).get(sock.getsockname()[1]), what="its loop")


class Stream(Events):
    """Behind a request on the same connection: a loop does not listen to a client that it tells something."""

    def __init__(self, daemon, token):        # pylint: disable=super-init-not-called
        said = {"Authorization": f"Bearer {token}"}
        self.link = daemon.another().connection()
        self.link.request("GET", "/api/v1/robot", None, said)
        self.link.getresponse().read()
        self.loop = loop_of(daemon, self.link.sock)
        self.link.request("GET", "/api/v1/stream?channel=robot", None, said)
        self.answer = self.link.getresponse()
        assert self.answer.status == 200


def on_every_loop(stack, make, loop):
    """One of a kind on each loop; what make() returns is closed with the stack."""
    made = {}

    def all_have_one():
        with contextlib.ExitStack() as surplus:
            one = surplus.enter_context(make())
            if loop(one) not in made:
                made[loop(one)] = one
                stack.push(surplus.pop_all())
        return len(made) == LOOPS
    until(all_have_one, what="one on each loop")
    return list(made.values())


def test_a_key_that_ended_is_refused_within_one_request_on_every_loop_and_socket(fresh):
    fresh.write_config(http_loops=LOOPS)
    fresh.start()
    account = service(fresh, "line", "operator")
    key, other = key_of(fresh, account), key_of(fresh, account)
    secret = key["secret"]

    @contextlib.contextmanager
    def keeping():
        client = fresh.another(keep_s=600)
        assert client.send("GET", "robot", None, None, None, secret).status == 200
        yield client
        client.hang_up()

    def by_ticket():
        ticket = ask(fresh, key, "POST", "auth/ticket", {}).json["ticket"]
        return foxglove.dial(fresh, None, f"{foxglove.PATH}?ticket={ticket}")

    with contextlib.ExitStack() as stack:
        kept = on_every_loop(stack, keeping, lambda client: loop_of(fresh, client._link.sock))        # pylint: disable=protected-access
        sockets = on_every_loop(stack, lambda: dial(fresh, token=secret), lambda link: loop_of(fresh, link.sock))
        viewers = on_every_loop(stack, by_ticket, lambda link: loop_of(fresh, link.sock))
        streams = on_every_loop(stack, lambda: Stream(fresh, secret), lambda stream: stream.loop)
        drawn = [ask(fresh, key, "POST", "auth/ticket", {}).json["ticket"] for _ in range(2)]
        stays = stack.enter_context(dial(fresh, token=other["secret"]))
        for link in sockets:
            subscribe(link, "robot")
        assert fresh.request("DELETE", f"users/{account}/keys/{key['id']}", role="administrator").status == 204
        # The very next request of each connection, also the stop, and the very next message of each socket.
        for link in sockets:
            link.say({"type": "command", "id": 1, "command": {"verb": "pause"}})
        for number, client in enumerate(kept):
            method, path = (("POST", "safety/stop"), ("GET", "robot"), ("POST", "auth/ticket"))[number % 3]
            assert verdict(client.send(method, path, None if method == "GET" else {}, None, None, secret)) == (401, "key_invalid"), path
        for link in sockets + viewers:
            heard = []
            with pytest.raises(Closed) as closed:
                while True:
                    heard.append(link.receive())
            assert (closed.value.code, closed.value.reason) == (4401, "token_revoked")
            assert not [message for _, message in heard if b'"ack"' in message or b'"accepted"' in message], heard
        for events in streams:
            told = [events.hear()]
            while told[-1]:
                told.append(events.hear())
            assert told[-2][1]["code"] == "token_revoked"
        # A ticket that was drawn before opens nothing, nor does the key at the local socket, where the user of the process counts.
        with dial(fresh) as late:
            late.say({"type": "auth", "ticket": drawn[0]})
            assert late.hear_end().reason == "token_revoked"
        foxglove.turned_away(fresh, 401, "token_revoked", f"{foxglove.PATH}?ticket={drawn[1]}")
        me = local(fresh.socket, "GET", "auth/me", headers=f"Authorization: Bearer {secret}\r\n").json
        assert (me["uid"], me["key"], me["username"]) == (os.getuid(), None, None)
        stays.say({"type": "ping"})
        assert {"type": "pong"} in stays.hear_until(lambda message: message == {"type": "pong"})


def test_overlap_and_role_of_a_rotated_key(daemon):
    account = service(daemon, "rotator", "supervisor")
    key = key_of(daemon, account, role="operator", tags=["Robot", "Safety"], rate=100)
    new = daemon.post(f"users/{account}/keys/{key['id']}/rotate", {}).json
    assert {name: new[name] for name in ("name", "role", "tags", "rate")} == {name: key[name] for name in ("name", "role", "tags", "rate")}
    assert ask(daemon, key).status == ask(daemon, new).status == 200
    assert verdict(daemon.post(f"users/{account}/keys/{key['id']}/rotate", {"overlap_s": 86401})) == (400, "validation")
    # The account has less to say from now on, and so have its keys.
    assert daemon.request("PATCH", f"users/{account}", {"role": "viewer"}, role="administrator").status == 200
    assert verdict(ask(daemon, new, "POST", "robot/commands", {"verb": "pause"})) == (403, "role")
    third = daemon.post(f"users/{account}/keys/{new['id']}/rotate", {}).json
    assert third["role"] == "viewer"


def test_too_many_keys_are_refused(daemon):
    account = service(daemon, "greedy", "viewer")
    answers = [verdict(make(daemon, account, name=f"k{i}")) for i in range(18)]
    assert answers == [201] * 16 + [(409, "too_many_keys")] * 2
    items = daemon.get(f"users/{account}/keys", role="administrator").json["items"]
    assert [item["name"] for item in items] == [f"k{i}" for i in range(16)]
    assert verdict(daemon.post(f"users/{account}/keys/{items[0]['id']}/rotate", {})) == (409, "too_many_keys")
    assert daemon.request("DELETE", f"users/{account}/keys/{items[0]['id']}", role="administrator").status == 204
    assert make(daemon, account).status == 201


def test_metrics_and_live_data_with_a_key(daemon):
    account = service(daemon, "figures", "viewer")
    metrics, live = key_of(daemon, account, tags=["Metrics"]), key_of(daemon, account, tags=["Live data"])
    proxied = {"X-Forwarded-For": "192.0.2.1"}
    assert ask(daemon, metrics, path="/metrics", headers=proxied).status == 200
    assert verdict(ask(daemon, live, path="/metrics", headers=proxied)) == (403, "key_scope")
    assert ask(daemon, live, "POST", "auth/ticket", {}).status == 200
    assert verdict(ask(daemon, metrics, "POST", "auth/ticket", {})) == (403, "key_scope")
    assert verdict(ask(daemon, metrics, path="stream?channel=robot")) == (403, "key_scope")
    with pytest.raises(Closed, match="4401 token_invalid"):
        dial(daemon, token=metrics["secret"])
    # What has come in by a key goes with it: a socket that has said it, one of a ticket, and a stream.
    ticket = ask(daemon, live, "POST", "auth/ticket", {}).json["ticket"]
    with dial(daemon, token=live["secret"]) as said, dial(daemon) as drawn:
        drawn.say({"type": "auth", "ticket": ticket})
        for link in (said, drawn):
            subscribe(link, "robot")
        assert daemon.request("DELETE", f"users/{account}/keys/{live['id']}", role="administrator").status == 204
        for link in (said, drawn):
            assert link.hear_end().reason == "token_revoked"


# ---- agents ----

def test_a_program_says_that_it_is_at_work(daemon):
    line, other = (key_of(daemon, service(daemon, name, "viewer")) for name in ("line_bot", "other_bot"))

    def beat(key, name="line", **said):
        return ask(daemon, key, "PUT", f"agents/{name}/heartbeat", {"state": "working", **said})

    assert verdict(daemon.send("PUT", "agents/line/heartbeat", {"state": "idle"}, "administrator", None, None)) == (409, "not_an_agent")
    for doing in ("order\nother  idle", "\x1b[31mred", "\u202egnol", " "):
        assert verdict(beat(line, doing=doing)) == (400, "validation"), "one line, as people see it in a table"
    assert verdict(beat(line, doing="order 4711")) == 200
    assert verdict(beat(line, state="waiting", silent_s=3600)) == 200
    assert verdict(beat(other)) == verdict(ask(daemon, other, "DELETE", "agents/line")) == (409, "agent_of_another")
    assert verdict(beat(line, "x" * 65)) == (400, "bad_name")
    (agent,) = daemon.get("agents").json["items"]
    assert [agent[name] for name in ("name", "user", "state", "doing", "silent_s", "silent", "beats")] == ["line", "line_bot", "waiting", None, 3600, False, 2]
    assert [verdict(beat(line, str(i))) for i in range(4)] == [200] * 3 + [(409, "too_many_agents")]
    assert [verdict(ask(daemon, line, "DELETE", f"agents/{name}")) for name in ("line", "line", "0")] == [204, (404, "not_found"), 204]
    assert [verdict(daemon.request("DELETE", f"agents/{name}", role="administrator")) for name in "12"] == [204] * 2
    assert daemon.get("agents").json["items"] == []
