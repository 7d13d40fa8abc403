# SPDX-License-Identifier: GPL-2.0-or-later
"""Accounts over the API: who may, what is refused, and that a change ends what was begun before it."""
import contextlib
import pathlib
import re
import shutil
import sqlite3

import pytest

from oht_test.client import PASSWORD, ROLES

OTHER = "another good password"
TOP = pathlib.Path(__file__).resolve().parents[2]


def users(daemon):
    """All accounts by name."""
    return {item["username"]: item for item in daemon.get("users", role="administrator").json["items"]}


def patch(daemon, name, body, role="administrator"):
    """Answer of PATCH users/{id}."""
    return daemon.request("PATCH", f"users/{users(daemon)[name]['id']}", body, role=role)


def test_list_names_everybody_and_no_hash(daemon):
    found = users(daemon)
    assert set(ROLES) <= set(found)
    for role in ROLES:
        assert found[role].keys() == {"id", "username", "full_name", "role", "disabled", "service", "device", "second_factor", "created"}
        assert (found[role]["role"], found[role]["disabled"]) == (role, False)


def test_list_goes_on_where_the_last_page_ended(daemon):
    seen, cursor = [], ""
    while True:
        page = daemon.get(f"users?limit=1{cursor}", role="administrator").json
        seen += [item["username"] for item in page["items"]]
        if not page["next_cursor"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == list(users(daemon))
    for wrong in ("0", "-1", "01", "x", "1x", "9" * 19):
        assert daemon.get(f"users?cursor={wrong}", role="administrator").code == "validation", wrong


def sorted_by(daemon, sort, limit):
    """Names of all accounts, by pages."""
    names, cursor = [], ""
    while cursor is not None:
        page = daemon.get(f"users?sort={sort}&limit={limit}{cursor}", role="administrator").json
        names += [item["username"] for item in page["items"]]
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
    return names


def test_list_is_sorted_over_all_pages(fresh):
    fresh.start()
    for name, role in (("Zoe", "viewer"), ("anna", "operator"), ("Bob", "viewer")):
        assert fresh.post("users", {"username": name, "password": OTHER, "role": role}).status == 201
    assert patch(fresh, "anna", {"disabled": True}).status == 200
    everybody = list(users(fresh).values())
    keys = {"id": lambda u: u["id"], "username": lambda u: (u["username"].lower(), u["id"]),
            "role": lambda u: (ROLES.index(u["role"]), u["id"]), "disabled": lambda u: (u["disabled"], u["id"]),
            "created": lambda u: (u["created"], u["id"])}
    for sort, key in keys.items():
        want = [user["username"] for user in sorted(everybody, key=key)]
        for limit in (1, 2, 3, 200):
            assert sorted_by(fresh, sort, limit) == want, (sort, limit)
            assert sorted_by(fresh, f"-{sort}", limit) == want[::-1], (sort, limit)
    assert [user["username"] for user in everybody] == sorted_by(fresh, "id", 200), "unless asked otherwise"
    document = fresh.get("openapi.json", role=None).json
    described = {each["name"]: each for each in document["paths"]["/api/v1/users"]["get"]["parameters"]}["sort"]["schema"]
    assert set(described["enum"]) == set(keys) | {f"-{sort}" for sort in keys}


@pytest.mark.parametrize("sort", ["", "name", "password_hash", "-", "--id", "id,role", "ID", "id;--", "deleted_s"])
def test_sorts_that_are_none(daemon, sort):
    answer = daemon.get(f"users?sort={sort}", role="administrator")
    assert (answer.status, answer.code) == (400, "validation")
    assert (answer.json["errors"][0]["pointer"], answer.json["errors"][0]["code"]) == ("/sort", "unknown_value")


def test_a_cursor_belongs_to_its_sort(daemon):
    sorts = ("id", "-id", "username", "-username", "role")
    cursors = {sort: daemon.get(f"users?limit=1&sort={sort}", role="administrator").json["next_cursor"] for sort in sorts}
    for sort in sorts:
        for other, cursor in cursors.items():
            answer = daemon.get(f"users?sort={sort}&cursor={cursor}", role="administrator")
            if sort == other:
                assert answer.status == 200
            else:
                assert answer.status == 400 and answer.json["errors"][0]["code"] == "cursor_of_other_query", (sort, other)


@pytest.mark.parametrize("method, path, body", [
    ("GET", "users", None), ("PATCH", "users/1", {"role": "administrator"}),
    ("POST", "users", {"username": "eve", "password": PASSWORD, "role": "administrator"})])
def test_only_administrators(daemon, method, path, body):
    before = users(daemon)
    assert daemon.request(method, path, body).code == "token_missing"
    for role in ROLES[:-1]:
        assert daemon.request(method, path, body, role=role).code == "role"
    assert users(daemon) == before


@pytest.mark.parametrize("change, pointer", [
    ({"username": "a b"}, "/username"), ({"username": ""}, "/username"), ({"username": "x" * 65}, "/username"),
    ({"username": "\u00e4nna"}, "/username"), ({"username": " "}, "/username"), ({"username": "anna\u200b"}, "/username"),
    ({"username": "ohtd"}, "/username"), ({"username": "OHTD"}, "/username"), ({"username": "Local"}, "/username"),
    ({"username": "system"}, "/username"), ({"username": "gateway"}, "/username"),
    ({"password": "short"}, "/password"), ({"password": "x" * 73}, "/password"), ({"password": 12345678}, "/password"),
    ({"role": "king"}, "/role"), ({"role": 4}, "/role"), ({"role": None}, "/role"), ({"id": 1}, "/id"),
    ({"disabled": True}, "/disabled")])
def test_accounts_that_cannot_be_made(daemon, change, pointer):
    before = users(daemon)
    body = {"username": "eve", "password": PASSWORD, "role": "viewer", **change}
    answer = daemon.post("users", body)
    assert (answer.status, answer.code) == (400, "validation")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    if pointer == "/username" and len(body["username"]) in range(1, 65):
        assert answer.json["errors"][0]["detail"].endswith(f", not '{body['username']}'")
    assert users(daemon) == before
    assert str(body["password"]) not in answer.body.decode()


def test_each_bad_member_of_an_account_is_named(daemon):
    before = users(daemon)
    answer = daemon.post("users", {"username": "a b", "password": "short", "role": "king", "id": 1})
    assert (answer.status, answer.code) == (400, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [
        ("/username", "unfit"), ("/password", "length"), ("/role", "unknown_value"), ("/id", "unknown_member")]
    assert users(daemon) == before


def test_taken_name_is_refused_in_any_case(daemon):
    for name in ("viewer", "VIEWER", "Viewer"):
        answer = daemon.post("users", {"username": name, "password": PASSWORD, "role": "viewer"})
        assert (answer.status, answer.code) == (409, "user_exists")


@pytest.mark.parametrize("path", ["users/0", "users/01", "users/-1", "users/x", "users/1x", "users/" + "9" * 19])
def test_ids_that_are_none(daemon, path):
    assert daemon.request("PATCH", path, {"role": "viewer"}, role="administrator").code == "bad_id"
    assert daemon.request("PATCH", path, {"role": "viewer"}).code == "token_missing"


@pytest.mark.parametrize("body", [{}, {"role": "king"}, {"disabled": "yes"}, {"disabled": 1}, {"disabled": None},
                                  {"password": "short"}, {"password": ""}, {"username": "new"}, b"[]"])
def test_changes_that_are_none(daemon, body):
    answer = patch(daemon, "viewer", body)
    assert answer.status == 400
    assert daemon.get("robot").status == 200, "his session goes on"


def test_unknown_account(daemon):
    answer = daemon.request("PATCH", "users/4711", {"disabled": True}, role="administrator")
    assert (answer.status, answer.code) == (404, "not_found")


def test_last_administrator_stays(fresh):
    fresh.start()
    for body in ({"disabled": True}, {"role": "supervisor"}, {"role": "viewer", "disabled": False}):
        answer = patch(fresh, "administrator", body)
        assert (answer.status, answer.code) == (409, "last_administrator")
    assert fresh.post("users", {"username": "second", "password": OTHER, "role": "administrator"}).status == 201
    assert patch(fresh, "second", {"disabled": True}).status == 200
    # One who cannot log in is none.
    assert patch(fresh, "administrator", {"disabled": True}).code == "last_administrator"
    assert patch(fresh, "second", {"disabled": False}).status == 200
    assert patch(fresh, "administrator", {"role": "viewer"}).status == 200
    assert fresh.login("administrator").json["role"] == "viewer"


@pytest.mark.parametrize("body", [{"password": OTHER}, {"role": "viewer"}, {"disabled": True}])
def test_change_ends_sessions_and_the_old_way_in(fresh, body):
    fresh.start()
    grant = fresh.login("operator").json
    assert patch(fresh, "operator", body).status == 200
    assert fresh.get("robot", role=None, token=grant["access_token"]).code == "token_revoked"
    assert fresh.post("auth/refresh", {"refresh_token": grant["refresh_token"]}, role=None).code == "refresh_refused"
    assert fresh.post("safety/stop", role=None, token=grant["access_token"]).code == "token_revoked"
    assert fresh.login("operator").status == (200 if "role" in body else 401)
    if "password" in body:
        assert fresh.login("operator", OTHER).json["role"] == "operator"
    fresh.stop()
    fresh.start()
    assert fresh.get("robot", role=None, token=grant["access_token"]).code == "token_revoked"
    assert PASSWORD not in fresh.log() and OTHER not in fresh.log()
    assert " auth user_changed: operator is " in fresh.log()


@pytest.mark.plain("filter")
def test_new_account_works_and_disabled_one_comes_back(fresh):
    fresh.start()
    made = fresh.post("users", {"username": "Anna.B-1@x_y", "password": OTHER, "role": "operator"})
    assert (made.status, made.json["role"], made.json["disabled"]) == (201, "operator", False)
    assert made.json == users(fresh)["Anna.B-1@x_y"]
    assert fresh.login("anna.b-1@X_Y", OTHER).json["role"] == "operator"
    assert patch(fresh, "Anna.B-1@x_y", {"disabled": True}).json["disabled"] is True
    assert fresh.login("Anna.B-1@x_y", OTHER).code == "login_refused"
    assert patch(fresh, "Anna.B-1@x_y", {"disabled": False}).json["disabled"] is False
    assert fresh.login("Anna.B-1@x_y", OTHER).status == 200


LEAVER = "l.eaver-77@hall"
# Columns that have no name of an account, although they are called so; and rows that the daemon has of the leaver's own doing.
NOT_A_PERSON = {("audit", "who")}
NAME_COLUMN = re.compile(r"(^|_)(by|user|person|author|who)$")


def name_columns(database):
    """Of all tables the texts that are called as if they had the name of an account."""
    tables = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
    return {(table, name) for table in tables for _, name, kind, *_ in database.execute(f"PRAGMA table_info({table})")
            if kind == "TEXT" and NAME_COLUMN.search(name)} - NOT_A_PERSON


def insert_row(database, table, **known):
    """A row whose other columns are as good as empty."""
    columns = [(name, kind, key) for _, name, kind, _, _, key in database.execute(f"PRAGMA table_info({table})")]
    numbered = sum(key > 0 for *_, key in columns) == 1
    row = {name: known.get(name, {"INTEGER": 0, "REAL": 0.0, "TEXT": "x"}[kind]) for name, kind, key in columns
           if name in known or not (numbered and key and kind == "INTEGER")}
    database.execute(f"INSERT INTO {table} ({','.join(row)}) VALUES ({','.join('?' * len(row))})", [*row.values()])


def test_a_leaver_is_a_number_in_all_but_the_audit(fresh):
    """Each column of each table that has names of accounts, also one of a later schema: it is filled with the name, and is found here until it is erased."""
    fresh.start()
    made = fresh.post("users", {"username": LEAVER, "password": OTHER, "role": "supervisor"}, headers={"Idempotency-Key": "the-leaver-comes-1"})
    number = made.json["id"]
    token = fresh.login(LEAVER, OTHER).json["access_token"]
    assert fresh.request("PATCH", "auth/me", {"full_name": "Lea Ver"}, token=token).status == 200
    assert fresh.post(f"users/{number}/reset-code").status == 201
    assert fresh.post("certificates", {"user": LEAVER, "course": "driver"}).status == 201
    with contextlib.closing(sqlite3.connect(fresh.state / "oht.db", isolation_level=None, timeout=20)) as database:
        columns = name_columns(database)
        others = {"keys": {"id": "k" * 12, "user_id": 1, "role": 1, "hash": "0" * 64}, "alert_shelves": {"made_ns": 1, "until_ns": 2},
                  "commands": {"number": 900, "state": "finished", "ended_ns": 1}, "missions": {"state": "finished", "ended_ns": 1},
                  "certificates": {"user_id": 1, "course_id": 1}, "alert_comments": {"alert": 77}, "webhooks": {"id": 88, "enabled": 0},
                  "config_versions": {"version": 2, "parent": 1}, "scenarios": {"state": "ended", "ended_ns": 1}, "sessions": {},
                  "mission_schedules": {"days": 127}}
        for table in {table for table, _ in columns}:
            names = {column: LEAVER for of, column in columns if of == table}
            if table == "alerts":
                names |= {"number": 77, "times": 1, "ended_ns": 1, "code": "certificate_ends", "subject": f"{LEAVER}/driver",
                          "text": f"The certificate of {LEAVER} for the course driver has ended."}
            insert_row(database, table, **others.get(table, {}), **names)
        insert_row(database, "webhook_deliveries", number=99, state="done", code="qualification_override", subject=f"{LEAVER}/driver",
                   text=f"{LEAVER} stands in without a certificate of the course driver, by an override of two people.")
        assert fresh.request("DELETE", f"users/{number}", role="administrator").status == 204
        left = []
        for table, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'audit'").fetchall():
            left += [(table, row) for row in database.execute(f"SELECT * FROM {table}") if re.search(r"l\.eaver|Lea Ver", str(row), re.IGNORECASE)]
        assert left == []
        for table, column in columns:
            assert database.execute(f"SELECT count(*) FROM {table} WHERE {column} = ?", [f"account {number}"]).fetchone()[0], (table, column)
        assert database.execute("SELECT subject, text FROM alerts WHERE number = 77").fetchone() == (
            f"account {number}/driver", f"The certificate of account {number} for the course driver has ended.")
        assert database.execute("SELECT text FROM webhook_deliveries").fetchone()[0].startswith(f"account {number} stands in")
        # The audit keeps the name: it is a part of what the hashes are of.
        assert database.execute("SELECT count(*) FROM audit WHERE object = ?", [LEAVER]).fetchone()[0]
    assert fresh.get("robot", token=token).code == "token_revoked"
    again = fresh.post("users", {"username": LEAVER, "password": OTHER, "role": "supervisor"}, headers={"Idempotency-Key": "the-leaver-comes-1"})
    assert again.code == "request_key_lost" and "was done" in again.json["detail"]
    # Another person may have the name, and another number.
    assert fresh.post("users", {"username": LEAVER, "password": OTHER, "role": "viewer"}).json["id"] != number


def test_earlier_leavers_become_numbers_with_the_upgrade(tmp_path):
    """Unless another account has the name now: then it is not known whose it was."""
    step, = (TOP / "userspace/ohtd/store/migrations/small").glob("*_course_scenarios.sql")
    shutil.copy(TOP / f"tests/data/store/small-{int(step.name[:4]) - 1}.db", tmp_path / "oht.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "oht.db", isolation_level=None)) as database:
        for number, name, gone in ((70, "Gone.One", 5), (71, "back", 5), (72, "back", None)):
            database.execute("INSERT INTO users (id, name, role, password_hash, deleted_s, created_s) VALUES (?, ?, 1, '*', ?, 1)", [number, name, gone])
        for person in ("Gone.One", "back", "uid 0 (root)"):
            insert_row(database, "scenarios", person=person, state="ended")
            insert_row(database, "config_versions", version=900 + len(person), author=person)
        database.executescript(step.read_text())
        assert database.execute("SELECT name FROM users WHERE id >= 70 ORDER BY id").fetchall() == [("account 70",), ("account 71",), ("back",)]
        for table, column in (("scenarios", "person"), ("config_versions", "author")):
            assert {("account 70",), ("back",), ("uid 0 (root)",)} <= set(database.execute(f"SELECT {column} FROM {table}")), table
