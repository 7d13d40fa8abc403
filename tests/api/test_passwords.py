# SPDX-License-Identifier: GPL-2.0-or-later
"""Passwords that others guess: refused at each place where one is set, by the same rules, and nothing is done then."""
from daemon import Daemon
from oht_test.client import PASSWORD
from test_admin import admin, complaint
from test_register import ask, switch, waiting
from test_reset_code import code_for, reset
from test_users import patch, users

ROBOT = "Hall7-left"
UNLIKE = "#9x-administrator-q2v"


def change(daemon, password):
    """Answer of POST auth/password/change of the operator."""
    token = daemon.login("operator").json["access_token"]
    return daemon.request("POST", "auth/password/change", {"old_password": PASSWORD, "new_password": password}, token=token)


WAYS = [
    ("gerda", "/password", lambda daemon, code, password: daemon.post("users", {"username": "gerda", "role": "viewer", "password": password})),
    ("heike", "/password", lambda daemon, code, password: ask(daemon, "heike", password=password)),
    ("operator", "/password", lambda daemon, code, password: reset(daemon, "operator", code, password)),
    ("operator", "/new_password", lambda daemon, code, password: change(daemon, password)),
    # Its name is only in the store.
    ("viewer", "/password", lambda daemon, code, password: patch(daemon, "viewer", {"password": password})),
]


def bad(name):
    """Passwords, and what is said of them. The robot's name and that of the account count in any case of letters."""
    return ("Passw0rd1", "known"), (f"#9x-{name.upper()}-q2v", "name of the account"), (f"#9x {ROBOT.lower()} q2v", "name of the robot")


def test_a_password_that_others_guess_is_set_nowhere(fresh):
    fresh.start()
    switch(fresh, "yes")
    assert fresh.request("PATCH", "config", {"robot": {"name": ROBOT}}, token=fresh.elevated()).status == 200
    code = code_for(fresh, "operator")
    before = users(fresh), waiting(fresh)
    for name, pointer, way in WAYS:
        for password, why in bad(name):
            answer = way(fresh, code, password)
            assert (answer.status, answer.code) == (400, "validation"), (name, password, answer)
            error, = answer.json["errors"]
            assert error["pointer"] == pointer and error["code"] == "guessable" and why in error["detail"], (name, password, error)
            assert password not in str(answer.json)
    (known, of_account, of_robot) = bad("lena")
    assert of_robot[1] in complaint(admin(fresh, "create", "lena", "--password-stdin", said=of_robot[0]))
    assert of_account[1] in fresh.add_user("lena", "viewer", of_account[0]).stderr
    assert (users(fresh), waiting(fresh)) == before
    assert fresh.login("operator").status == fresh.login("viewer").status == 200, "passwords are those from before"
    # The name of another account is a word as others are, and the code has all its tries.
    assert reset(fresh, "operator", code, UNLIKE).status == 204
    assert fresh.login("operator", UNLIKE).status == 200
    fresh.stop()
    for password, why in bad("viewer"):
        assert why in complaint(admin(fresh, "reset", "viewer", "--password-stdin", said=password)), "without a daemon, the same"
    assert known[1] in fresh.add_user("lena", "viewer", known[0]).stderr
    assert of_robot[1] in fresh.add_user("lena", "viewer", of_robot[0]).stderr


def test_the_first_administrator_has_no_known_password(tmp_path):
    made = Daemon(tmp_path)
    made.write_config()
    try:
        made.start()
        body = {"code": (made.folder / "setup-code").read_text().strip(), "username": "anna"}
        for password, why in ("Passw0rd1", "known"), ("#9x-Anna-q2v", "name of the account"), ("#9x OHT-50 q2v", "name of the robot"):
            answer = made.request("POST", "setup", {**body, "password": password})
            assert answer.status == 400 and why in answer.json["errors"][0]["detail"], answer
        assert made.request("POST", "setup", {**body, "password": UNLIKE}).status == 201, "the code is still good"
    finally:
        made.end()
