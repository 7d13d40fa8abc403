# SPDX-License-Identifier: GPL-2.0-or-later
"""The own session: who am I, which sessions there are, log out, change the password; and the cookie for pages."""
import concurrent.futures
import http.client
import json
import ssl

import pytest

from oht_test.client import PASSWORD, ROLES
from oht_test.wait import until

OTHER = "another good password"
OLD_COOKIE = "__Secure-oht-refresh"


def renew(daemon, grant):
    """Answer of auth/refresh for a token in the body."""
    return daemon.request("POST", "auth/refresh", {"refresh_token": grant["refresh_token"]})


def sessions(daemon, grant):
    """The own sessions, the newest first."""
    answer = daemon.request("GET", "auth/sessions", token=grant["access_token"])
    assert answer.status == 200, answer
    assert answer.json["next_cursor"] is None
    return answer.json["items"]


def change(daemon, grant, old, new, **more):
    """Answer of auth/password/change."""
    return daemon.request("POST", "auth/password/change", {"old_password": old, "new_password": new, **more.pop("body", {})},
                          token=grant["access_token"], **more)


# ---- who, and which sessions ----

@pytest.mark.parametrize("role", ROLES)
def test_who_am_i(daemon, role):
    grant = daemon.login(role).json
    me = daemon.request("GET", "auth/me", token=grant["access_token"]).json
    assert me["id"] > 0
    assert (me["username"], me["role"], me["uid"]) == (role, role, None)
    assert me["session"] == sessions(daemon, grant)[0]["id"]


@pytest.mark.parametrize("method, path", [
    ("GET", "auth/me"), ("GET", "auth/sessions"), ("DELETE", "auth/sessions/" + "a" * 32), ("POST", "auth/logout"),
    ("POST", "auth/password/change")])
def test_nobody_without_a_token(daemon, method, path):
    body = {"old_password": PASSWORD, "new_password": OTHER} if path.endswith("change") else {} if method == "POST" else None
    assert daemon.request(method, path, body).code == "token_missing"
    assert daemon.request(method, path, body, token="x.y.z").code == "token_invalid"


def test_sessions_say_when_where_and_by_what(fresh):
    fresh.start()
    agents = ["Mozilla/5.0 (X11)", "x" * 500, "a\tb"]
    grants = [fresh.request("POST", "auth/login", {"username": "operator", "password": PASSWORD},
                            headers={"User-Agent": agent}).json for agent in agents]
    found = sessions(fresh, grants[1])
    assert [item["user_agent"] for item in found] == ["a?b", "x" * 120, "Mozilla/5.0 (X11)"]
    assert [item["current"] for item in found] == [False, True, False]
    assert {item["address"] for item in found} == {"127.0.0.1"}
    assert all(len(item["id"]) == 32 and item["created"] <= item["last_used"] for item in found)
    fresh.stop()
    fresh.start()
    again = sessions(fresh, grants[1])
    assert [item["id"] for item in again] == [item["id"] for item in found]
    assert [item["user_agent"] for item in again] == [item["user_agent"] for item in found]
    fresh.stop()


def test_client_over_ipv4_has_one_address_at_a_socket_of_ipv6(fresh):
    """The socket shows both ends as ::ffff:127.0.0.x; what people write is 127.0.0.x."""
    fresh.write_config(http_listen="[::ffff:127.0.0.2]:0")
    fresh.start()
    context = ssl.create_default_context(cafile=fresh.state / "ca.crt")
    context.check_hostname = False

    def ask(host, path, body=None, **headers):
        link = http.client.HTTPSConnection("127.0.0.2", fresh.port, timeout=20, context=context)
        link.request("POST" if body else "GET", "/api/v1/" + path, json.dumps(body) if body else None,
                     {"Host": host, "Content-Type": "application/json", **headers})
        answer = link.getresponse()
        found = answer.status, json.loads(answer.read())
        link.close()
        return found

    for host in ("127.0.0.2", f"127.0.0.2:{fresh.port}", "[::ffff:127.0.0.2]", "[::FFFF:7f00:2]:1"):
        assert ask(host, "health")[0] == 200, host
    for host in ("127.0.0.3", "[::ffff:127.0.0.3]", "[127.0.0.2", "127.0.0.2%lo", "127.0.0.2.example"):
        assert ask(host, "health")[0] == 421, host
    status, grant = ask("127.0.0.2", "auth/login", {"username": "operator", "password": PASSWORD})
    assert status == 200
    found = ask("127.0.0.2", "auth/sessions", Authorization="Bearer " + grant["access_token"])[1]
    assert {item["address"] for item in found["items"]} == {"127.0.0.1"}
    fresh.stop()


def test_sessions_come_page_by_page(fresh):
    fresh.start()
    grant = [fresh.login("operator").json for _ in range(5)][-1]
    whole = [item["id"] for item in sessions(fresh, grant)]

    def page(query):
        answer = fresh.request("GET", f"auth/sessions?{query}", token=grant["access_token"])
        assert answer.status == 200, answer
        return [item["id"] for item in answer.json["items"]], answer.json["next_cursor"]

    first, cursor = page("limit=2")
    # Neither the end of the last one of the page nor a new one moves another.
    assert fresh.request("DELETE", f"auth/sessions/{first[-1]}", token=grant["access_token"]).status == 204
    fresh.login("operator")
    second, cursor = page(f"limit=2&cursor={cursor}")
    last, end = page(f"limit=2&cursor={cursor}")
    assert (first + second + last, end) == (whole, None)
    assert page("limit=5")[1] is None
    for query, code in ((f"cursor={cursor[:-1]}", "bad_cursor"), ("cursor=1", "bad_cursor"), ("cursor=0-" + cursor.split("-", 1)[1], "bad_cursor")):
        answer = fresh.request("GET", f"auth/sessions?{query}", token=grant["access_token"])
        assert (answer.status, answer.code) == (400, "validation")
        assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [("/cursor", code)]
    other = fresh.request("GET", f"safety/events?cursor={cursor}", token=grant["access_token"])
    assert other.json["errors"][0]["code"] == "cursor_of_other_query"
    # Sessions are numbered anew.
    fresh.stop()
    fresh.start()
    answer = fresh.request("GET", f"auth/sessions?cursor={cursor}", token=grant["access_token"])
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [("/cursor", "bad_cursor")]
    fresh.stop()


# ---- ends ----

def dead(daemon, grant):
    """Nothing of the session is good any more, not even for the stop."""
    assert daemon.request("GET", "robot", token=grant["access_token"]).code == "token_revoked"
    assert daemon.request("POST", "safety/stop", token=grant["access_token"]).code == "token_revoked"
    assert renew(daemon, grant).code == "refresh_refused"


@pytest.mark.plain("filter")
def test_logout_ends_this_session_only_and_for_good(fresh):
    fresh.start()
    mine, other = fresh.login("operator").json, fresh.login("operator").json
    answer = fresh.request("POST", "auth/logout", token=mine["access_token"])
    assert (answer.status, answer.body) == (204, b"")
    dead(fresh, mine)
    assert fresh.request("POST", "auth/logout", token=mine["access_token"]).code == "token_revoked"
    assert len(sessions(fresh, other)) == 1
    fresh.kill()
    fresh.start()
    dead(fresh, mine)
    assert fresh.request("GET", "robot", token=other["access_token"]).status == 200
    fresh.stop()


def test_a_session_is_ended_from_another(fresh):
    fresh.start()
    here, there = fresh.login("operator").json, fresh.login("operator").json
    ident = sessions(fresh, here)[0]["id"]
    assert fresh.request("DELETE", f"auth/sessions/{ident}", token=here["access_token"]).status == 204
    dead(fresh, there)
    assert fresh.request("DELETE", f"auth/sessions/{ident}", token=here["access_token"]).code == "not_found"
    for wrong in ("x", "0" * 32, "a" * 64):
        assert fresh.request("DELETE", f"auth/sessions/{wrong}", token=here["access_token"]).code == "not_found", wrong
    assert fresh.request("DELETE", "auth/sessions/" + "a" * 65, token=here["access_token"]).status == 400
    fresh.kill()
    fresh.start()
    dead(fresh, there)
    assert len(sessions(fresh, here)) == 1
    fresh.stop()


def test_only_administrators_end_sessions_of_others(daemon):
    theirs = daemon.login("viewer").json
    ident = daemon.request("GET", "auth/me", token=theirs["access_token"]).json["session"]
    for role in ROLES[1:-1]:
        assert daemon.request("DELETE", f"auth/sessions/{ident}", role=role).code == "not_found", role
    assert daemon.request("GET", "robot", token=theirs["access_token"]).status == 200
    user = daemon.request("GET", "auth/me", token=theirs["access_token"]).json["id"]
    detail = daemon.request("GET", f"users/{user}", role="administrator").json
    assert detail["username"] == "viewer"
    assert ident in [item["id"] for item in detail["sessions"]]
    assert daemon.request("DELETE", f"auth/sessions/{ident}", role="administrator").status == 204
    dead(daemon, theirs)


def test_logouts_at_the_same_time(daemon):
    grant = daemon.login("operator").json
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: daemon.request("POST", "auth/logout", token=grant["access_token"]), range(6)))
    assert 204 in {answer.status for answer in answers}
    assert {answer.status for answer in answers} <= {204, 401, 404}
    dead(daemon, grant)


# ---- the own password ----

@pytest.mark.plain("filter")
def test_a_new_password_keeps_this_session_with_new_tokens(fresh):
    fresh.start()
    other, mine = fresh.login("operator").json, fresh.login("operator").json
    answer = change(fresh, mine, PASSWORD, OTHER)
    assert answer.status == 200, answer
    for _ in range(2):
        assert fresh.request("GET", "robot", token=answer.json["access_token"]).status == 200
        dead(fresh, other)
        assert fresh.request("GET", "robot", token=mine["access_token"]).code == "token_revoked"
        assert fresh.login("operator").status == 401
        assert fresh.login("operator", OTHER).status == 200
        fresh.kill()
        fresh.start()
    assert renew(fresh, answer.json).status == 200
    assert "password_changed: operator, from 127.0.0.1" in fresh.log()
    assert PASSWORD not in fresh.log() and OTHER not in fresh.log()
    fresh.stop()


def test_a_wrong_password_changes_nothing_and_makes_wait(fresh):
    fresh.start()
    mine = fresh.login("operator").json
    assert [change(fresh, mine, "wrong", OTHER).code for _ in range(4)] == ["password_wrong"] * 4
    # The first wait is a second, the one behind it two and more: on a late host the first may be over.
    until(lambda: change(fresh, mine, "wrong", OTHER).code == "too_many_failures", what="a wait")
    until(lambda: change(fresh, mine, "wrong", OTHER).code == "password_wrong", what="the end of the wait")
    answer = change(fresh, mine, PASSWORD, OTHER)
    assert (answer.status, answer.code) == (429, "too_many_failures")
    assert fresh.request("GET", "robot", token=mine["access_token"]).status == 200
    fresh.stop()
    fresh.start()
    assert fresh.login("operator").status == 200
    fresh.stop()


@pytest.mark.parametrize("body, pointer", [
    ({}, "/old_password"), ({"old_password": PASSWORD}, "/new_password"), ({"old_password": PASSWORD, "new_password": "short"}, "/new_password"),
    ({"old_password": PASSWORD, "new_password": "x" * 73}, "/new_password"), ({"old_password": "", "new_password": OTHER}, "/old_password"),
    ({"old_password": PASSWORD, "new_password": OTHER, "id": 1}, "/id")])
def test_password_changes_that_are_none(daemon, body, pointer):
    answer = daemon.request("POST", "auth/password/change", body, role="viewer")
    assert answer.code == "validation"
    assert pointer in [error["pointer"] for error in answer.json["errors"]]


# ---- the cookie ----

def page(daemon, **headers):
    """Headers as a page of this machine sends them."""
    return {"Origin": f"https://127.0.0.1:{daemon.port}", "Sec-Fetch-Site": "same-origin", **headers}


def name_of(daemon):
    """Of the robot's cookie."""
    return f"{OLD_COOKIE}-{(daemon.state / 'robot.id').read_text()[:8]}"


def cookie_of(daemon, answer):
    """The cookie's value and attributes."""
    pair, *attributes = answer.headers["set-cookie"].split("; ")
    name, value = pair.split("=", 1)
    assert name == name_of(daemon)
    return value, attributes


def login_by_page(daemon, name="operator"):
    """Access token and cookie."""
    answer = daemon.request("POST", "auth/login", {"username": name, "password": PASSWORD, "cookie": True}, headers=page(daemon))
    assert answer.status == 200, answer
    assert "refresh_token" not in answer.json
    value, attributes = cookie_of(daemon, answer)
    assert set(attributes) == {f"Max-Age={answer.json['refresh_expires_in']}", "Path=/api/v1/auth", "HttpOnly", "Secure", "SameSite=Strict"}
    return answer.json["access_token"], value


def renew_by_page(daemon, value, **headers):
    """Answer of auth/refresh with the cookie."""
    return daemon.request("POST", "auth/refresh", {}, headers=page(daemon, Cookie=f"{name_of(daemon)}={value}", **headers))


@pytest.mark.plain("filter")
def test_a_page_renews_by_its_cookie(daemon):
    name, (_, value) = name_of(daemon), login_by_page(daemon)
    answer = renew_by_page(daemon, value)
    assert answer.status == 200, answer
    assert "refresh_token" not in answer.json
    fresh_value, _ = cookie_of(daemon, answer)
    assert fresh_value != value
    assert daemon.request("GET", "robot", token=answer.json["access_token"]).status == 200
    # A second tab at the same moment, and among other cookies.
    again = daemon.request("POST", "auth/refresh", {},
                           headers=page(daemon, Cookie=f"a=b; {name}={value}; c=d"))
    assert cookie_of(daemon, again)[0] == fresh_value
    # Without the header of newer browsers.
    alone = daemon.request("POST", "auth/refresh", {}, headers={"Origin": f"https://127.0.0.1:{daemon.port}",
                                                                 "Cookie": f"{name}={fresh_value}"})
    assert alone.status == 200
    # Spent: the session has ended, and the cookie goes.
    spent = renew_by_page(daemon, value)
    assert (spent.status, spent.code) == (401, "refresh_refused")
    assert cookie_of(daemon, spent)[1][0] == "Max-Age=0"
    assert renew_by_page(daemon, cookie_of(daemon, alone)[0]).status == 401


def strangers(port):
    """Headers of requests that no page of this machine has made."""
    own = f"https://127.0.0.1:{port}"
    yield {}
    yield {"Origin": "null"}
    yield {"Origin": "https://evil.example"}
    yield {"Origin": f"http://127.0.0.1:{port}"}
    yield {"Origin": "https://127.0.0.1"}
    yield {"Origin": f"{own}0"}
    yield {"Origin": f"{own}.evil.example"}
    yield {"Origin": f"{own}/"}
    yield {"Sec-Fetch-Site": "same-origin"}
    for site in ("cross-site", "same-site", "none", "", "same-origin, cross-site"):
        yield {"Origin": own, "Sec-Fetch-Site": site}


def test_the_cookie_is_only_for_pages_of_this_machine(daemon):
    name, (access, value) = name_of(daemon), login_by_page(daemon)
    for headers in strangers(daemon.port):
        answer = daemon.request("POST", "auth/refresh", {}, headers={**headers, "Cookie": f"{name}={value}"})
        assert (answer.status, answer.code) == (403, "cross_origin"), headers
        assert "set-cookie" not in answer.headers
        answer = daemon.request("POST", "auth/login", {"username": "operator", "password": PASSWORD, "cookie": True}, headers=headers)
        assert answer.code == "cross_origin", headers
        answer = change(daemon, {"access_token": access}, PASSWORD, OTHER, body={"cookie": True}, headers=headers)
        assert answer.code == "cross_origin", headers
    assert renew_by_page(daemon, value).status == 200


def test_cookies_that_are_none(daemon):
    name, (_, value) = name_of(daemon), login_by_page(daemon)
    for cookie in ("", "x=y", f"{name}=", f"{name}={'x' * 72}", f"{name}={value}x", f"{name}={'x' * 900}",
                   f"{OLD_COOKIE}={value}", f"{name}={value}; {name}={value}", f"x{name}={value}", f"{name}x={value}", name,
                   f"{name}={value}; {name}={'x' * 200}"):
        answer = daemon.request("POST", "auth/refresh", {}, headers=page(daemon, Cookie=cookie))
        assert (answer.status, answer.code) == (401, "refresh_refused"), cookie
    assert daemon.request("POST", "auth/refresh", {}, headers=page(daemon)).code == "refresh_refused"
    # It is for renewals only: nothing else is opened by it.
    assert daemon.request("GET", "robot", headers=page(daemon, Cookie=f"{name}={value}")).code == "token_missing"
    assert daemon.request("POST", "auth/logout", {}, headers=page(daemon, Cookie=f"{name}={value}")).code == "token_missing"
    assert renew_by_page(daemon, value).status == 200


def test_two_robots_of_one_host_keep_their_sessions(daemon, fresh):
    """A browser keeps cookies by host, whatever the port, and sends both to both."""
    fresh.start()
    robots = (daemon, fresh)
    jar = {name_of(robot): login_by_page(robot)[1] for robot in robots}
    assert len(jar) == 2
    cookies = "; ".join(f"{name}={value}" for name, value in jar.items())
    for robot in robots:
        assert robot.request("POST", "auth/refresh", {}, headers=page(robot, Cookie=cookies)).status == 200
    fresh.stop()
    fresh.start()
    assert name_of(fresh) in jar, "a restart ends no session"
    fresh.stop()


def test_a_token_in_the_body_comes_back_in_the_body(daemon):
    grant = daemon.login("operator").json
    answer = daemon.request("POST", "auth/refresh", {"refresh_token": grant["refresh_token"]},
                            headers=page(daemon, Cookie=f"{name_of(daemon)}=x"))
    assert answer.status == 200
    assert "set-cookie" not in answer.headers
    assert len(answer.json["refresh_token"]) == 72


def test_logout_and_password_take_and_give_the_cookie(fresh):
    fresh.start()
    access, value = login_by_page(fresh)
    answer = change(fresh, {"access_token": access}, PASSWORD, OTHER, body={"cookie": True}, headers=page(fresh))
    assert answer.status == 200 and "refresh_token" not in answer.json
    fresh_value, _ = cookie_of(fresh, answer)
    assert renew_by_page(fresh, fresh_value).status == 200
    access = answer.json["access_token"]
    answer = fresh.request("POST", "auth/logout", {}, token=access, headers=page(fresh))
    assert answer.status == 204
    assert cookie_of(fresh, answer) == ("", ["Max-Age=0", "Path=/api/v1/auth", "HttpOnly", "Secure", "SameSite=Strict"])
    assert renew_by_page(fresh, fresh_value).status == 401
    assert renew_by_page(fresh, value).status == 401
    fresh.stop()


# ---- accounts ----

def test_a_deleted_account_is_gone_and_its_name_free(fresh):
    fresh.start()
    grant = fresh.login("operator").json
    user = fresh.request("GET", "auth/me", token=grant["access_token"]).json["id"]
    for role in ROLES[:-1]:
        assert fresh.request("DELETE", f"users/{user}", role=role).code == "role"
    assert fresh.request("DELETE", f"users/{user}", role="administrator").status == 204
    assert fresh.request("DELETE", f"users/{user}", role="administrator").code == "not_found"
    assert fresh.request("GET", f"users/{user}", role="administrator").code == "not_found"
    assert fresh.request("PATCH", f"users/{user}", {"disabled": False}, role="administrator").code == "not_found"
    dead(fresh, grant)
    assert fresh.login("operator").code == "login_refused"
    made = fresh.post("users", {"username": "operator", "password": OTHER, "role": "viewer"})
    assert made.status == 201 and made.json["id"] > user
    assert fresh.login("operator").code == "login_refused"
    assert fresh.login("operator", OTHER).json["role"] == "viewer"
    boss = fresh.request("GET", "auth/me", role="administrator").json["id"]
    assert fresh.request("DELETE", f"users/{boss}", role="administrator").code == "last_administrator"
    assert " auth user_deleted: operator (operator) by administrator" in fresh.log()
    fresh.kill()
    fresh.start()
    dead(fresh, grant)
    fresh.stop()
