# SPDX-License-Identifier: GPL-2.0-or-later
"""Codes for a new password: given by an administrator, typed by a person, refused alike whatever is wrong."""
import json
import re

import pytest

from oht_test.client import PASSWORD
from test_elevate import local
from test_users import patch, users

FRESH = "another horse battery"
CODE = re.compile(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}")


def give(daemon, name, **more):
    """Answer of POST users/{id}/reset-code."""
    return daemon.post(f"users/{users(daemon)[name]['id']}/reset-code", **more)


def code_for(daemon, name):
    answer = give(daemon, name)
    assert answer.status == 201, answer
    return answer.json["reset_code"]


def reset(daemon, name, code, password=FRESH, **more):
    """Answer of POST auth/reset."""
    return daemon.request("POST", "auth/reset", {"username": name, "reset_code": code, "password": password, **more})


@pytest.mark.plain("filter")
def test_a_code_is_turned_into_a_password(fresh):
    fresh.start()
    answer = give(fresh, "operator")
    code = answer.json["reset_code"]
    assert (answer.status, answer.json) == (201, {"username": "operator", "reset_code": code, "expires_in": 3600, "tries": 5})
    assert CODE.fullmatch(code)
    grant = fresh.login("operator").json
    assert reset(fresh, "operator", code[:-1]).code == "reset_refused"
    fresh.stop()
    fresh.start()
    assert fresh.get("robot", role=None, token=grant["access_token"]).status == 200, "nothing has ended yet"
    assert reset(fresh, " Operator\t", code.lower().replace("-", " ")).status == 204
    assert fresh.get("robot", role=None, token=grant["access_token"]).code == "token_revoked"
    assert fresh.post("safety/stop", role=None, token=grant["access_token"]).code == "token_revoked"
    assert fresh.post("auth/refresh", {"refresh_token": grant["refresh_token"]}, role=None).code == "refresh_refused"
    assert fresh.login("operator").code == "login_refused"
    assert fresh.login("operator", FRESH).json["role"] == "operator"
    assert reset(fresh, "operator", code).code == "reset_refused"
    records = [(record["act"], record["who"], record["object"], record["result"])
               for record in fresh.get("audit?limit=20", role="administrator").json["items"]]
    number = users(fresh)["operator"]["id"]
    assert ("POST users/{id}/reset-code", "administrator", f"users/{number}/reset-code", "201") in records
    assert ("POST auth/reset", "operator", "operator", "204") in records
    assert ("POST auth/reset", None, "operator", "403 reset_refused") in records
    fresh.stop()
    kept = fresh.log() + "".join(path.read_bytes().decode("latin-1") for path in fresh.state.glob("**/*") if path.is_file())
    for secret in (code, code.replace("-", ""), code.lower(), FRESH):
        assert secret not in kept


def test_the_last_administrator_can_be_given_one_at_the_machine(fresh):
    fresh.start()
    status, given = local(fresh, "user", "reset-code", "administrator")
    assert status == 0 and CODE.fullmatch(given["reset_code"]), given
    assert reset(fresh, "administrator", given["reset_code"]).status == 204
    assert fresh.login("administrator", FRESH).json["role"] == "administrator"
    status, said = local(fresh, "user", "reset-code", "nobody")
    assert (status, said["error"]) == (1, "there is no account 'nobody'")


def test_all_that_is_wrong_is_answered_alike(daemon):
    assert daemon.post("users", {"username": "bot", "role": "viewer", "service": True}).status == 201
    for name in ("off", "waits"):
        assert daemon.post("users", {"username": name, "role": "viewer", "password": PASSWORD}).status == 201
    code = code_for(daemon, "off")
    assert patch(daemon, "off", {"disabled": True}).status == 200
    code_for(daemon, "waits")
    said = set()
    for name, typed in (("nobody", code), ("viewer", code), ("bot", code), ("off", code), ("waits", code), ("waits", "0"), ("administrator", "x" * 79)):
        answer = reset(daemon, name, typed)
        body = {**answer.json, "request_id": None}
        said.add((answer.status, json.dumps(body, sort_keys=True)))
    assert len(said) == 1 and answer.code == "reset_refused", said
    for body in ({"password": "short"}, {"password": "x" * 73}, {"username": ""}, {"username": "x" * 65}, {"reset_code": ""}, {"reset_code": "x" * 80},
                 {"role": "administrator"}):
        assert daemon.request("POST", "auth/reset", {"username": "waits", "reset_code": "0", "password": FRESH, **body}).code == "validation", body


def test_who_is_given_none(daemon):
    assert daemon.post("users", {"username": "robot2", "role": "viewer", "service": True}).status == 201
    assert daemon.post("users", {"username": "left", "role": "viewer", "password": PASSWORD}).status == 201
    assert patch(daemon, "left", {"disabled": True}).status == 200
    assert (give(daemon, "robot2").status, give(daemon, "robot2").code) == (409, "service_account")
    assert (give(daemon, "left").status, give(daemon, "left").code) == (409, "account_disabled")
    assert daemon.post("users/4711/reset-code").code == "not_found"
    assert give(daemon, "viewer", body={"reset_code": "0000-0000-0000-0000"}).code == "validation", "a code is drawn, not chosen"
    number = users(daemon)["viewer"]["id"]
    assert daemon.post(f"users/{number}/reset-code", token=daemon.token("administrator")).code == "elevation_required"
