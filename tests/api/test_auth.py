# SPDX-License-Identifier: GPL-2.0-or-later
"""Logging in, tokens, roles."""
import base64
import concurrent.futures
import hashlib
import hmac
import json
import re
import threading
import time

import pytest

from oht_test.client import PASSWORD, ROLES
from oht_test.wait import until


def coded(data):
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(token):
    """What a token says, without checking it."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def signed(header, claims, key, digest=hashlib.sha256):
    """A token signed with @key."""
    text = f"{coded(json.dumps(header).encode())}.{coded(json.dumps(claims).encode())}"
    return f"{text}.{coded(hmac.new(key, text.encode(), digest).digest())}"


def test_login_answers_as_promised(daemon):
    answer = daemon.login("operator")
    assert answer.status == 200
    grant = answer.json
    assert grant["token_type"] == "Bearer"
    assert grant["expires_in"] == 900
    assert len(grant["refresh_token"]) >= 43
    assert daemon.request("GET", "robot", token=grant["access_token"]).status == 200


@pytest.mark.parametrize("name, password", [
    ("operator", "wrong"), ("nobody", PASSWORD), ("operator", PASSWORD + " "), ("' OR 1=1 --", "x"),
])
def test_wrong_login_tells_nothing(daemon, name, password):
    answer = daemon.login(name, password)
    assert (answer.status, answer.code) == (401, "login_refused")
    assert answer.json["detail"] == "name or password is wrong"
    assert "www-authenticate" in answer.headers


def test_name_ignores_case_password_does_not(daemon):
    assert daemon.login("VIEWER").status == 200
    assert daemon.login("viewer", PASSWORD.upper()).status == 401


def test_failures_slow_down_and_stop_is_not_concerned(daemon):
    assert [daemon.login("somebody", "wrong").status for _ in range(4)] == [401] * 4
    # The first wait is a second: on a late host it may be over, and the next one is longer.
    answer = until(lambda: (said := daemon.login("somebody", "wrong")).status != 401 and said, what="a wait")
    assert (answer.status, answer.code) == (429, "too_many_failures")
    assert 1 <= int(answer.headers["retry-after"]) <= 30
    assert daemon.login("administrator").status == 200
    assert daemon.post("safety/stop", role="operator").status == 200


def rank_distance(ones, others):
    """Of two samples, in standard deviations of the rank sum when both are of one kind (Mann and Whitney)."""
    beaten = sum((one > other) + (one == other) / 2 for one in ones for other in others)
    pairs = len(ones) * len(others)
    return abs(beaten - pairs / 2) / (pairs * (len(ones) + len(others) + 1) / 12) ** 0.5


# Two samples of one kind are 5 apart once in a million times; two of this length that do not overlap at all, 6.7.
FAR = 5


@pytest.mark.slow
@pytest.mark.plain("timing")
@pytest.mark.parametrize("path, known, unknown", [
    ("auth/login", {"username": "anna", "password": "wrong"}, {"username": "nobody", "password": "wrong"}),
    ("auth/reset", {"username": "anna", "reset_code": "K7QM-2F9X-TR4C-0ZBD", "password": "another horse battery"},
     {"username": "nobody", "reset_code": "K7QM-2F9X-TR4C-0ZBD", "password": "another horse battery"}),
], ids=["log-in", "reset"])
def test_an_unknown_name_takes_as_long_as_a_known_one(fresh, path, known, unknown):
    """Each from an address of its own, in turn, so that both have the same host and neither has to wait."""
    fresh.start()
    # Not one of the tests' own, whose hashes are cheap.
    assert fresh.post("users", {"username": "anna", "password": PASSWORD, "role": "viewer"}).status == 201
    assert fresh.request("PATCH", "config", {"rates": {"logins_per_s": 0}}, token=fresh.elevated()).status == 200
    took = {name: [] for name in ("known", "unknown")}
    for turn in range(30):
        for place, (name, body) in enumerate((("known", known), ("unknown", unknown))):
            elsewhere = fresh.another(address=f"127.4.{turn}.{place + 1}")
            begun = time.monotonic()
            answer = elsewhere.request("POST", path, body)
            took[name].append(time.monotonic() - begun)
            assert answer.code in ("login_refused", "reset_refused"), answer
    assert rank_distance(*took.values()) < FAR, took
    assert rank_distance(took["known"], [0.0] * 30) > FAR, "the test sees a difference"


@pytest.mark.slow
@pytest.mark.plain("timing")
def test_a_storm_of_logins_is_bounded_and_delays_nobody(fresh):
    """Passwords are hashed beside the loops: between two hashes others are answered, whatever the machine's speed."""
    fresh.start()
    token = fresh.token("viewer")
    done = threading.Event()
    reads, hashed = [], []

    def watch():
        while not done.is_set():
            assert fresh.request("GET", "robot", token=token).status == 200
            reads.append(len(hashed))

    def login(i):
        answer = fresh.login(f"user{i}", "wrong")
        if answer.status == 401:
            hashed.append(i)
        return answer

    with concurrent.futures.ThreadPoolExecutor(41) as pool:
        watcher = pool.submit(watch)
        answers = list(pool.map(login, range(40)))
        done.set()
        watcher.result()
    statuses = {answer.status for answer in answers}
    assert 401 in statuses
    assert statuses <= {401, 429, 503}
    assert all("retry-after" in answer.headers for answer in answers if answer.status != 401)
    # Behind a hash on their own loop, of two, they would come one by one with the hashes.
    assert len(reads) > len(hashed), (len(reads), len(hashed))


def test_missing_token(daemon):
    answer = daemon.get("robot", role=None)
    assert (answer.status, answer.code) == (401, "token_missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def bad_tokens(good):
    """Name and token of what an attacker without the key can make."""
    head, body, mac = good.split(".")
    claims = claims_of(good)
    none = coded(b'{"alg":"none","typ":"JWT"}')
    yield "empty", ""
    yield "word", "mock_token"
    yield "truncated", good[:-5]
    yield "no signature", f"{head}.{body}."
    yield "alg none", f"{none}.{body}."
    yield "alg none with signature", f"{none}.{body}.{mac}"
    yield "empty key", signed({"alg": "HS256", "typ": "JWT"}, claims, b"")
    yield "other key", signed({"alg": "HS256", "typ": "JWT"}, claims, b"0" * 32)
    yield "other role", f"{head}.{coded(json.dumps({**claims, 'role': 'administrator'}).encode())}.{mac}"
    yield "longer life", f"{head}.{coded(json.dumps({**claims, 'exp': 2**40}).encode())}.{mac}"
    yield "fourth part", f"{good}.{mac}"
    yield "too long", "a" * 5000


def test_bad_tokens(daemon):
    for name, token in bad_tokens(daemon.token("viewer")):
        answer = daemon.get("robot", role=None, headers={"Authorization": f"Bearer {token}"})
        assert answer.status == 401, name
        assert answer.code == "token_invalid", name
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_other_schemes(daemon):
    for value in ("Basic dmlld2VyOng=", "Bearer", "bearer", f"Token {daemon.token('viewer')}"):
        assert daemon.get("robot", role=None, headers={"Authorization": value}).status == 401
    lower = {"Authorization": f"bearer {daemon.token('viewer')}"}
    assert daemon.get("robot", role=None, headers=lower).status == 200


def test_own_key_but_expired(daemon):
    """Good signature, too old: refused everywhere but at the stop."""
    key = (daemon.state / "token.key").read_bytes()
    claims = {**claims_of(daemon.token("operator")), "boot_exp": 1}
    old = signed({"alg": "HS256", "typ": "JWT"}, claims, key)
    assert daemon.request("GET", "robot", token=old).code == "token_expired"
    assert daemon.request("POST", "safety/enable", {}, token=old).code == "token_expired"
    assert daemon.request("POST", "safety/stop", token=old).status == 200
    viewer = {**claims_of(daemon.token("viewer")), "boot_exp": 1}
    old = signed({"alg": "HS256", "typ": "JWT"}, viewer, key)
    assert daemon.request("POST", "safety/stop", token=old).status == 403
    hs512 = signed({"alg": "HS512", "typ": "JWT"}, claims_of(daemon.token("operator")), key, hashlib.sha512)
    assert daemon.request("POST", "safety/stop", token=hs512).status == 401


@pytest.mark.parametrize("path, least", [
    ("safety/stop", "operator"), ("safety/enable", "operator"), ("safety/reset", "supervisor"),
    ("modules/discover", "operator"), ("robot/commands", "operator"),
])
def test_roles(daemon, path, least):
    assert daemon.request("POST", path, {}).status == 401
    for role in ROLES:
        answer = daemon.post(path, b"{" if path != "safety/stop" else {}, role=role)
        if ROLES.index(role) < ROLES.index(least):
            assert (answer.status, answer.code) == (403, "role"), role
        else:        # gets as far as the body, which is not JSON
            assert answer.status == (200 if path == "safety/stop" else 400), role


@pytest.mark.parametrize("path", ["robot", "modules", "modules/2", "modules/2/registers", "safety"])
def test_reading_needs_a_login(daemon, path):
    assert daemon.get(path, role=None).status == 401
    assert daemon.get(path).status == 200


def refresh(daemon, grant):
    """Answer of auth/refresh for the refresh token of an earlier answer."""
    return daemon.request("POST", "auth/refresh", {"refresh_token": grant["refresh_token"]})


def family(daemon, role, count):
    """A log-in and the grants after it."""
    grants = [daemon.login(role).json]
    while len(grants) < count:
        answer = refresh(daemon, grants[-1])
        assert answer.status == 200, answer
        grants.append(answer.json)
    return grants


@pytest.mark.plain("filter")
@pytest.mark.parametrize("old", [0, 1, 2])
def test_any_spent_refresh_token_ends_the_whole_session(daemon, old):
    """However often the thief has renewed since, with whatever token the owner comes back."""
    grants = family(daemon, "supervisor", 5)
    other = daemon.login("supervisor").json
    assert len({grant["refresh_token"] for grant in grants}) == 5
    assert daemon.request("GET", "robot", token=grants[-1]["access_token"]).status == 200
    stolen = refresh(daemon, grants[old])
    assert (stolen.status, stolen.code) == (401, "refresh_refused")
    for grant in grants:
        assert daemon.request("GET", "robot", token=grant["access_token"]).code == "token_revoked"
        assert daemon.request("POST", "safety/stop", token=grant["access_token"]).status == 401
        assert refresh(daemon, grant).status == 401
    assert daemon.request("GET", "robot", token=other["access_token"]).status == 200
    assert refresh(daemon, other).status == 200


def test_a_lost_answer_is_given_again(daemon):
    """The token that was just replaced has the same successor, and the session goes on."""
    first, second = family(daemon, "supervisor", 2)
    again = refresh(daemon, first)
    assert (again.status, again.json["refresh_token"]) == (200, second["refresh_token"])
    for grant in (first, second, again.json):
        assert daemon.request("GET", "robot", token=grant["access_token"]).status == 200
    assert refresh(daemon, again.json).status == 200


def test_tabs_that_renew_at_the_same_time_share_one_successor(daemon):
    grant = daemon.login("supervisor").json
    for _ in range(5):
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _, now=grant: refresh(daemon, now), range(6)))
        assert {answer.status for answer in answers} == {200}
        assert len({answer.json["refresh_token"] for answer in answers}) == 1
        grant = answers[0].json
    assert daemon.request("GET", "robot", token=grant["access_token"]).status == 200


def test_refresh_with_nonsense(daemon):
    good = daemon.login("viewer").json
    token = good["refresh_token"]
    assert daemon.request("POST", "auth/refresh", {"refresh_token": ""}).status == 400
    assert daemon.request("POST", "auth/refresh", {"refresh_token": "x" * 80}).status == 400
    forged = ["x", "x" * 43, "x" * 72, token[:-1], token + "A", token.swapcase(), token[::-1], token[36:] + token[:36],
              *(token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1:] for i in range(0, 72, 7))]
    for text in forged:
        answer = daemon.request("POST", "auth/refresh", {"refresh_token": text})
        assert (answer.status, answer.code) == (401, "refresh_refused"), text
    assert daemon.request("POST", "auth/refresh", {"refresh_token": daemon.token("viewer")}).status == 400
    assert refresh(daemon, good).status == 200


def test_sessions_outlive_a_kill_and_so_does_their_end(fresh):
    """What was acknowledged before kill -9 is so afterwards: the newest token, and that an older one ends it all."""
    fresh.start()
    lives, ended = family(fresh, "operator", 3), family(fresh, "operator", 4)
    assert refresh(fresh, ended[0]).status == 401
    fresh.kill()
    fresh.start()
    assert fresh.request("GET", "robot", token=lives[-1]["access_token"]).status == 200
    assert fresh.request("GET", "robot", token=ended[-1]["access_token"]).code == "token_revoked"
    assert refresh(fresh, ended[-1]).status == 401
    assert refresh(fresh, lives[-1]).status == 200
    assert refresh(fresh, lives[0]).status == 401
    assert refresh(fresh, lives[-1]).status == 401
    fresh.stop()
    # Nothing by which somebody could get in.
    stored = (fresh.state / "oht.db").read_bytes()
    for grant in lives + ended:
        assert grant["refresh_token"].encode() not in stored
        assert grant["refresh_token"] not in fresh.log()


def test_sessions_that_were_pushed_out_are_over(fresh):
    """More log-ins than sessions are kept: those beyond have no good token, also at the stop."""
    fresh.start()
    grants = [fresh.login("operator").json for _ in range(34)]
    statuses = [fresh.request("POST", "safety/stop", token=grant["access_token"]).status for grant in grants]
    assert statuses == [401] * 2 + [200] * 32
    assert refresh(fresh, grants[0]).status == 401
    ended = re.findall(r"notice auth session_ended: (\w+), session (\w+): ", fresh.log())
    assert [user for user, _ in ended] == ["operator"] * 2
    kept = fresh.request("GET", "auth/sessions", token=grants[-1]["access_token"]).json["items"]
    assert len(kept) == 32 and not {ident for _, ident in ended} & {item["id"] for item in kept}
    fresh.stop()
