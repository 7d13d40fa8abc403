# SPDX-License-Identifier: GPL-2.0-or-later
"""What a person says of the own account: who sees it, what is refused, and that it goes with the account."""
import contextlib
import json
import sqlite3

import pytest

from oht_test.client import PASSWORD
from test_elevate import Person, local
from test_users import users

NOTHING = {"full_name": "", "language": "", "units": "metric", "zone": "", "theme": "auto", "views": []}
VIEW = {"name": "battery", "query": "signals=battery_v&range=1h"}


@pytest.fixture(name="anna")
def _anna(daemon):
    """An account of its own for each test, with a session."""
    made = daemon.post("users", {"username": "anna", "password": PASSWORD, "role": "viewer"})
    assert made.status == 201, made
    yield Person(daemon, "anna")
    daemon.request("DELETE", f"users/{made.json['id']}", role="administrator")


def patch(person, **said):
    return person.ask("PATCH", "auth/me", said)


def rows(daemon):
    with contextlib.closing(sqlite3.connect(f"file:{daemon.state}/oht.db?mode=ro", uri=True)) as db:
        return db.execute("SELECT count(*) FROM profiles").fetchone()[0]


def found(daemon, query):
    answer = daemon.get(f"users?{query}", role="administrator")
    assert answer.status == 200, answer
    return [item["username"] for item in answer.json["items"]]


def test_a_person_says_and_takes_back_each_member(daemon, anna):
    assert anna.ask("GET", "auth/profile").json == NOTHING
    others = {name: item["full_name"] for name, item in users(daemon).items() if name != "anna"}
    said = {"full_name": "Änna Berg-Öz", "language": "de-CH", "units": "imperial", "zone": "America/Argentina/Buenos_Aires", "theme": "dark", "views": [VIEW]}
    now = NOTHING
    for name, value in said.items():
        now = {**now, name: value}
        assert patch(anna, **{name: value}).json == now
    assert anna.ask("GET", "auth/profile").json == said, "and the session goes on"
    assert users(daemon)["anna"]["full_name"] == said["full_name"]
    assert {name: item["full_name"] for name, item in users(daemon).items() if name != "anna"} == others
    records = [record for record in daemon.get("audit?limit=20", role="administrator").json["items"] if record["act"] == "PATCH auth/me"]
    assert records and said["full_name"] not in json.dumps(records, ensure_ascii=False) and said["zone"] not in json.dumps(records)
    assert patch(anna, **{**NOTHING}).json == NOTHING


def test_accounts_are_found_by_name(daemon, anna):
    assert patch(anna, full_name="Anna Berg").status == 200
    assert found(daemon, "q=BERG") == ["anna"] == found(daemon, "q=nna") == found(daemon, "username=ANNA")
    assert found(daemon, "username=ann") == [] == found(daemon, "q=%25") == found(daemon, "q=nobody")
    assert found(daemon, "q=a%20Anna") == ["anna"], "one behind the other, as a person reads them"
    assert found(daemon, "q=berg&role=operator") == []


def test_what_is_no_profile_is_refused_whole(daemon, anna):
    assert patch(anna, full_name="Anna").status == 200
    before = anna.ask("GET", "auth/profile").json
    many = [{"name": f"view {number}", "query": "x" * 512} for number in range(20)]
    for said, pointer in (
            ({}, ""), ({"full_name": "x" * 129}, "/full_name"), ({"full_name": "ä" * 65}, "/full_name"), ({"full_name": "a\nb"}, "/full_name"),
            ({"full_name": "  "}, "/full_name"), ({"full_name": "Anna\u202eadmin"}, "/full_name"), ({"full_name": None}, "/full_name"),
            ({"language": "de_CH"}, "/language"), ({"language": "-"}, "/language"), ({"language": "x" * 36}, "/language"),
            ({"units": "furlong"}, "/units"), ({"theme": ""}, "/theme"), ({"zone": "../../etc/passwd"}, "/zone"), ({"zone": "/UTC"}, "/zone"),
            ({"zone": "UTC/"}, "/zone"), ({"zone": "a//b"}, "/zone"), ({"role": "administrator"}, "/role"), ({"username": "x"}, "/username"),
            ({"views": [VIEW, VIEW]}, "/views/1/name"), ({"views": many}, "/views"), ({"views": [VIEW] * 21}, "/views"),
            ({"views": [{"name": "x"}]}, "/views/0/query"), ({"views": [{**VIEW, "query": "a\nb"}]}, "/views/0/query"), ({"views": None}, "/views")):
        answer = patch(anna, **{"theme": "dark", **said} if pointer else said)
        assert (answer.status, answer.code) == (400, "validation"), said
        assert [error["pointer"] for error in answer.json["errors"]] == [pointer], said
    assert anna.ask("GET", "auth/profile").json == before


def test_it_is_of_persons_alone_and_goes_with_the_account(fresh):
    fresh.start()
    assert fresh.post("users", {"username": "anna", "password": PASSWORD, "role": "viewer"}).status == 201
    anna = Person(fresh, "anna")
    number = users(fresh)["anna"]["id"]
    assert patch(anna, full_name="Anna Berg").status == 200 and rows(fresh) == 1
    bot = fresh.post("users", {"username": "bot", "role": "viewer", "service": True}).json["id"]
    key = fresh.post(f"users/{bot}/keys", {"name": "x"}).json["secret"]
    for method in ("GET", "PATCH"):
        assert fresh.request(method, "auth/me" if method == "PATCH" else "auth/profile", {"theme": "dark"} if method == "PATCH" else None, token=key).code == "no_session"
    status, said = local(fresh, "user", "profile")
    assert status == 1 and "no_session" in said["error"]
    fresh.stop()
    fresh.start()
    assert anna.ask("GET", "auth/profile").json["full_name"] == "Anna Berg"
    assert fresh.request("DELETE", f"users/{number}", role="administrator").status == 204
    assert patch(anna, full_name="Anna").code == "token_revoked" and rows(fresh) == 0
    assert fresh.post("users", {"username": "anna", "password": PASSWORD, "role": "viewer"}).status == 201
    assert Person(fresh, "anna").ask("GET", "auth/profile").json == NOTHING
