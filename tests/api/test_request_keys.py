# SPDX-License-Identifier: GPL-2.0-or-later
"""Idempotency-Key: what a client sends again because it got no answer is done once, over kills too."""
import os
import threading
import uuid

import pytest

from clocks import Skewed
from daemon import begin, serving
from oht_test.client import PASSWORD
from test_alert_rules import RULE
from test_commands import sql


@pytest.fixture(scope="module", name="own")
def _own(tmp_path_factory, accounts):
    made = begin(tmp_path_factory.mktemp("keys"), accounts)
    made.write_config(webhooks_destinations="127.0.0.1:1")
    made.skewed = Skewed(made)
    with serving(made):
        yield made


def send(own, path, body, key, **more):
    return own.post(path, body, headers={"Idempotency-Key": key}, **more)


def names(own):
    return [user["username"] for user in own.get("users?limit=100", role="administrator").json["items"]]


ACTS = {
    "users": {"username": "eva", "password": PASSWORD, "role": "viewer"},
    "webhooks": {"url": "http://127.0.0.1:1/a"},
    "alert-rules": RULE,
    "backups": {},
    "config/versions/1/rollback": {"reason": "as at first"},
}


def made(own):
    """What there is of each, but of jobs, which end with the daemon."""
    hooks = own.get("webhooks", role="administrator").json["items"]
    return [names(own), [hook["id"] for hook in hooks], own.get("alert-rules").json["items"],
            own.get("config/versions").json["items"][0]["version"]]


def test_an_act_is_done_once(own):
    """The same request is answered again, behind an orderly end and behind a kill; another one with that key is refused.

    A clock that is set forward by days, in a run or between two, ends no key.
    """
    keys = {path: str(uuid.uuid4()) for path in ACTS}
    first = {}
    assert own.request("PATCH", "config", {"robot": {"name": "one"}}, role="administrator").status == 200
    for path, body in ACTS.items():
        first[path] = send(own, path, body, keys[path])
        assert first[path].status in (200, 201, 202) and "idempotency-replayed" not in first[path].headers, first[path]
    there = made(own)
    assert len(own.get("jobs", role="administrator").json["items"]) == 1
    for turn, end in enumerate((None, None, own.stop, own.kill)):
        if end:
            end()
        own.skewed.set(turn * 2 * 86400)
        if end:
            own.start()
        for path, body in ACTS.items():
            again = send(own, path, body, f'"{keys[path]}"')
            assert (again.status, again.body) == (first[path].status, first[path].body), path
            assert again.headers["idempotency-replayed"] == "true" and again.headers.get("etag") == first[path].headers.get("etag")
            other = send(own, path, {**body, "no/such": 1}, keys[path])
            assert other.code == "validation", "what is no request at all says so first"
        assert send(own, "users", {**ACTS["users"], "password": PASSWORD + "!"}, keys["users"]).code == "request_key_reused"
        assert send(own, "webhooks", ACTS["webhooks"], keys["users"]).code == "request_key_reused", "another path"
        job = own.get(f"jobs/{first['backups'].json['job']}", role="administrator")
        assert job.status == 200 if not end else "started anew" in job.json["detail"], job
        assert made(own) == there and len(own.get("jobs", role="administrator").json["items"]) == (not end)
    records = own.get("audit?limit=100&act=POST%20users", role="administrator").json["items"]
    assert len([each for each in records if each["result"] == "201"]) == 1, "the audit has it once"
    assert PASSWORD.encode() not in b"".join(path.read_bytes() for path in own.state.glob("oht.db*"))


def test_a_key_is_of_an_account_and_needs_what_the_act_needs(own):
    key, body = str(uuid.uuid4()), {"url": "http://127.0.0.1:1/b"}
    token = own.login("administrator").json["access_token"]
    assert send(own, "webhooks", body, key, token=token).code == "elevation_required"
    assert send(own, "webhooks", body, key).status == 201
    assert send(own, "webhooks", body, key, token=token).code == "elevation_required", "no answer with a secret"
    assert send(own, "webhooks", body, key, role="supervisor").code == "role"
    assert send(own, "users", {**ACTS["users"], "username": "administrator2", "role": "administrator"}, str(uuid.uuid4())).status == 201
    second = own.login("administrator2").json["access_token"]
    assert own.request("POST", "auth/elevate", {"password": PASSWORD}, token=second).status == 200
    other = send(own, "webhooks", body, key, token=second)
    assert other.status == 201 and "idempotency-replayed" not in other.headers


def test_what_was_refused_may_be_sent_again_with_its_key(own):
    key = str(uuid.uuid4())
    body = {**ACTS["users"], "username": "administrator"}
    for _ in range(2):
        assert send(own, "users", body, key).code == "user_exists"
    assert send(own, "users", {**body, "username": "gerd"}, key).status == 201
    for wrong in ("short", "x" * 129, "with a space in it", "quote\"in-the-middle"):
        assert send(own, "users", body, wrong).code == "request_key_invalid", wrong
    # Where no key is taken, it is not looked at.
    assert send(own, "config/check", {"robot": {"name": "x"}}, "short").status == 200


def test_two_at_once(own):
    """A password takes long here: of those that come meanwhile none is done."""
    answers = []
    key, body = str(uuid.uuid4()), {**ACTS["users"], "username": "hans"}
    token = own.elevated()

    def ask():
        answers.append(own.another().post("users", body, token=token, headers={"Idempotency-Key": key}))
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [answer.status if answer.status == 201 else answer.code for answer in answers]
    assert set(told) <= {201, "request_key_runs"} and 201 in told
    assert [answer for answer in answers if answer.status == 201 and "idempotency-replayed" not in answer.headers][1:] == []
    assert names(own).count("hans") == 1


def test_what_a_kill_left_open(own):
    """As the store has it behind a kill between key and act, act and answer; and what is not known."""
    state = {}
    for path, name in (("webhooks", "c"), ("webhooks", "d"), ("config/versions/1/rollback", "e")):
        body = {"url": f"http://127.0.0.1:1/{name}"} if path == "webhooks" else {"reason": name}
        state[name] = path, body, str(uuid.uuid4())
        assert send(own, *state[name]).status in (200, 201)
    own.kill()
    rows = [name for name, in sql(own, "SELECT name FROM request_keys ORDER BY made_ns DESC LIMIT 3")]
    for row, left in zip(rows, (0, 1, 0)):
        sql(own, "UPDATE request_keys SET state = ?, body = '' WHERE name = ?", left, row)
    sql(own, "DELETE FROM webhooks WHERE url LIKE '%/c'")
    own.start()
    version = own.get("config/versions").json["items"][0]["version"]
    assert send(own, *state["c"]).status == 201, "key and act are one transaction: it was not done"
    lost = [send(own, *state[name]) for name in "de"]
    assert [answer.code for answer in lost] == ["request_key_lost"] * 2
    assert "was done" in lost[0].json["detail"] and "not known" in lost[1].json["detail"]
    assert own.get("config/versions").json["items"][0]["version"] == version


@pytest.mark.slow
def test_kills_at_any_moment(own):
    """Whenever the daemon ends, an act whose key is sent until it is answered is there once."""
    seed = int(os.environ["OHT_SEED"])
    own.stop()
    for turn in range(12):
        name, key = f"k{turn}", str(uuid.uuid4())
        body = {**ACTS["users"], "username": name}
        own.start()
        own.elevated()
        timer = threading.Timer((seed * 31 + turn * 7919) % 97 / 300, own.process.kill)
        timer.start()
        try:
            send(own, "users", body, key)
        except OSError:
            pass
        timer.join()
        own.kill()
        own.second = ""
        own.start()
        answer = send(own, "users", body, key)
        assert answer.status == 201 or (answer.code == "request_key_lost" and "was done" in answer.json["detail"]), answer
        assert names(own).count(name) == 1
        own.kill()
    own.start()
