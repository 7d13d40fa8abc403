# SPDX-License-Identifier: GPL-2.0-or-later
"""Accounts over the API: who may, what is refused, and that a change ends what was begun before it."""
import pytest

from oht_test.client import PASSWORD, ROLES

OTHER = "another good password"


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
        assert found[role].keys() == {"id", "username", "full_name", "role", "disabled", "service", "second_factor", "created"}
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
