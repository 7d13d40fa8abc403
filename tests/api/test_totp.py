# SPDX-License-Identifier: GPL-2.0-or-later
"""The second factor: codes of another program open, each once, and the password alone does not any more."""
import concurrent.futures
import contextlib
import itertools
import json
import re
import sqlite3
import subprocess
import time

import pytest

from clocks import Skewed, keep_right
from daemon import begin
from oht_test.client import PASSWORD
from oht_test.terminal import Terminal
from oht_test.wait import until
from remote import OHTCTL, Remote, complaint
from test_backups import file_of, make, restore
from test_elevate import local
from test_users import users

pytestmark = pytest.mark.plain("shim")
STEP_S = 30


def oathtool(secret, at_s):
    """The code of the moment, by the program of others."""
    return subprocess.run(["oathtool", "--totp", "--base32", f"--now=@{int(at_s)}", secret], check=True, capture_output=True, text=True).stdout.strip()


class App:
    """A person, the phone and the robot's time of day, which the test makes: each code is of a step of its own."""

    hosts = itertools.count(2)

    def __init__(self, daemon, name="operator"):
        self.daemon = daemon
        self.name = name
        # Of its own, so that what one test gets wrong makes no other wait.
        self.address = f"127.0.0.{next(self.hosts)}"
        self.day = daemon.day
        self.secret = None
        self.recovery = []

    def now_s(self):
        return time.time() + self.daemon.skew_s

    def code(self, off_s=0):
        """The code of the present step, or of another."""
        return oathtool(self.secret, self.now_s() + off_s)

    def fresh_code(self):
        """The code of a step that none was taken of."""
        self.daemon.skew_s += 2 * STEP_S
        self.day.set(self.daemon.skew_s)
        return self.code()

    def ask(self, method, path, body, token):
        return self.daemon.another(address=self.address).request(method, path, body, token=token)

    def login(self, **more):
        return self.ask("POST", "auth/login", {"username": self.name, "password": PASSWORD, **more}, None)

    def enrol(self):
        """Switches it on; returns the token by which."""
        session = self.login().json
        token, self.refresh_token = session["access_token"], session["refresh_token"]
        answer = self.ask("POST", "auth/totp", {"password": PASSWORD}, token)
        assert answer.status == 201, answer
        self.secret = answer.json["secret"]
        answer = self.ask("POST", "auth/totp/confirm", {"code": self.fresh_code()}, token)
        assert answer.status == 200, answer
        self.recovery = [one["code"] for one in answer.json["recovery_codes"]]
        return token

    def renew(self):
        """As a client does when its token is refused: behind a restart that of before the first code is."""
        answer = self.ask("POST", "auth/refresh", {"refresh_token": self.refresh_token}, None)
        assert answer.status == 200, answer
        self.refresh_token = answer.json["refresh_token"]
        return answer.json["access_token"]


def with_time(made):
    """Its time of day is kept right, and is what the test says."""
    made.skew_s = 0
    made.day, made.timekeeper = Skewed(made), keep_right(made)
    return made


@pytest.fixture(name="kept_right")
def _kept_right(fresh):
    fresh.checks_time = False
    with_time(fresh).start()
    yield fresh
    fresh.stop()


@pytest.fixture(name="robot", scope="module")
def _robot(tmp_path_factory, accounts):
    """Shared; each test has an account of its own."""
    made = begin(tmp_path_factory.mktemp("totp"), accounts)
    made.checks_time = False
    try:
        with_time(made).start()
        yield made
        made.stop()
    finally:
        made.end()


def member(answer, *names):
    return tuple(answer.json.get(name) for name in names)


def test_a_code_of_another_program_opens_and_the_password_alone_does_not(robot):
    app = App(robot)
    token = app.login().json["access_token"]
    assert app.ask("GET", "auth/totp", None, token).json == {"state": "off", "since": None, "recovery_codes": 0, "clock_kept": True}
    answer = app.ask("POST", "auth/totp", {"password": PASSWORD}, token)
    app.secret = answer.json["secret"]
    assert answer.json["uri"] == f"otpauth://totp/operator?secret={app.secret}&issuer=OHT-50"
    rows = answer.json["qr"].split("\n")
    assert len(rows) >= 21 and {len(row) for row in rows} == {len(rows)} and rows[0].startswith("1111111")
    assert member(app.ask("GET", "auth/totp", None, token), "state", "recovery_codes") == ("pending", 0)
    assert app.login().status == 200, "one that waits asks nothing"
    assert app.ask("POST", "auth/totp/confirm", {"code": "000000"}, token).code == "code_wrong"
    assert app.ask("POST", "auth/totp/recovery", {"password": PASSWORD, "code": app.code()}, token).code == "no_second_factor"
    first = app.code()
    answer = app.ask("POST", "auth/totp/confirm", {"code": first}, token)
    app.recovery = [one["code"] for one in answer.json["recovery_codes"]]
    assert answer.status == 200 and len(set(app.recovery)) == 10
    assert member(app.ask("GET", "auth/totp", None, token), "state", "recovery_codes") == ("on", 10)
    assert users(robot)["operator"]["second_factor"] and not users(robot)["viewer"]["second_factor"]

    refused = app.login()
    assert (refused.status, refused.code) == (403, "code_required") and "access_token" not in refused.json
    assert app.login(code=first).code == "code_wrong", "the code that has confirmed was taken"
    assert app.login(code=app.fresh_code()).status == 200
    assert app.login(code=f" {app.recovery[0].lower()} ").status == 200
    assert app.login(code=app.recovery[0]).code == "code_wrong"
    assert member(app.ask("GET", "auth/totp", None, token), "recovery_codes") == (9,)
    answer = app.ask("POST", "auth/totp/recovery", {"password": PASSWORD, "code": app.fresh_code()}, token)
    assert len(answer.json["recovery_codes"]) == 10
    assert app.login(code=app.recovery[1]).code == "code_wrong", "the earlier ones have ended"
    assert app.ask("POST", "auth/totp", {"password": PASSWORD}, token).code == "second_factor_exists"
    assert app.ask("DELETE", "auth/totp", {"password": PASSWORD, "code": "000000"}, token).code == "code_wrong"
    assert app.ask("DELETE", "auth/totp", {"password": PASSWORD, "code": app.fresh_code()}, token).status == 204
    assert app.login().status == 200 and app.ask("GET", "auth/totp", None, token).json["state"] == "off"


def test_a_name_that_is_none_and_a_wrong_password_are_answered_as_ever(robot):
    app = App(robot, "supervisor")
    app.enrol()
    said = set()
    for name, password, code in (("nobody", PASSWORD, None), ("nobody", PASSWORD, "000000"), ("supervisor", "wrong password", None),
                                 ("supervisor", "wrong password", app.fresh_code()), ("viewer", "wrong password", "000000")):
        answer = app.login(username=name, password=password, **({"code": code} if code else {}))
        said.add((answer.status, json.dumps({**answer.json, "request_id": None}, sort_keys=True)))
    assert len(said) == 1 and answer.code == "login_refused", said
    assert app.login(username="viewer", code="000000").status == 200, "who has none needs none"
    for code in ("", "x" * 80, 287082, None):
        assert app.login(code=code).code == "validation", code
    token = app.login(code=app.fresh_code()).json["access_token"]
    assert app.ask("DELETE", "auth/totp", {"password": PASSWORD, "code": app.fresh_code()}, token).status == 204


def test_an_elevation_asks_for_it_as_well_and_an_administrator_takes_it_away(robot):
    app = App(robot, "administrator")
    token = app.enrol()
    assert app.ask("POST", "auth/elevate", {"password": PASSWORD}, token).code == "code_required"
    assert app.ask("POST", "auth/elevate", {"password": PASSWORD, "code": "000000"}, token).code == "code_wrong"
    assert app.ask("POST", "auth/elevate", {"password": "wrong password", "code": app.recovery[0]}, token).code == "password_wrong"
    assert app.ask("GET", "auth/me", None, token).json["elevated_for_ms"] == 0
    number = app.ask("GET", "auth/me", None, token).json["id"]
    assert app.ask("DELETE", f"users/{number}/totp", {}, token).code == "elevation_required"
    assert app.ask("POST", "auth/elevate", {"password": PASSWORD, "code": app.fresh_code()}, token).status == 200
    assert app.ask("DELETE", "users/4711/totp", {}, token).code == "not_found"
    viewer = next(item["id"] for item in app.ask("GET", "users", None, token).json["items"] if item["username"] == "viewer")
    assert app.ask("DELETE", f"users/{viewer}/totp", {}, token).code == "no_second_factor"
    other = App(robot, "viewer")
    session = other.enrol()
    assert other.ask("GET", "robot", None, session).status == 200
    assert app.ask("DELETE", f"users/{viewer}/totp", {}, token).status == 204
    assert other.ask("GET", "robot", None, session).code == "token_revoked"
    assert other.login().status == 200
    records = [(record["act"], record["who"], record["object"], record["result"])
               for record in app.ask("GET", "audit?limit=20", None, token).json["items"]]
    assert ("DELETE users/{id}/totp", "administrator", f"users/{viewer}/totp", "204") in records
    # At the machine, where nothing is asked for: the way in for an administrator whose phone is lost.
    assert app.login().code == "code_required"
    status, _ = local(robot, "user", "totp", "remove", "administrator")
    assert status == 0 and app.login().status == 200
    status, said = local(robot, "user", "totp", "remove", "administrator")
    assert (status, said["error"]) == (1, "the account has no second factor [no_second_factor]")


def test_what_gives_another_way_in_asks_for_password_and_code(robot):
    """An unattended session beside a password that was seen, or beside one code, gives neither PIN nor password nor recovery codes."""
    app = App(robot, "operator")
    before = app.login().json["access_token"]
    assert app.ask("PUT", "auth/pin", {"password": PASSWORD, "pin": "735194"}, before).status == 204
    token = app.enrol()
    assert app.ask("GET", "auth/pin", None, token).json["state"] == "off", "the password alone has set it"
    acts = {
        "PIN": ("PUT", "auth/pin", {"pin": "735194"}, "password"),
        "password": ("POST", "auth/password/change", {"new_password": "another horse battery"}, "old_password"),
        "recovery codes": ("POST", "auth/totp/recovery", {}, "password"),
        "no second factor": ("DELETE", "auth/totp", {}, "password"),
    }
    for name, (method, path, body, member_) in acts.items():
        alone = app.ask(method, path, {**body, member_: PASSWORD}, token)
        # Where a code is always needed the body says so.
        assert alone.code == "code_required" or [error["pointer"] for error in alone.json["errors"]] == ["/code"], (name, alone)
        assert app.ask(method, path, {**body, member_: PASSWORD, "code": "000000"}, token).code == "code_wrong", name
        assert app.ask(method, path, {**body, member_: "not the password", "code": app.recovery[0]}, token).code == "password_wrong", name
        assert app.ask(method, path, {**body, "code": app.recovery[0]}, token).json["errors"][0]["pointer"] == f"/{member_}", name
        assert app.ask("POST", "auth/elevate", {"password": PASSWORD, "code": app.fresh_code()}, token).status == 200, "no wait is left"
    assert app.ask("GET", "auth/pin", None, token).json["state"] == "off"
    unfit = app.ask("POST", "auth/password/change", {"old_password": PASSWORD, "new_password": "password1", "code": app.recovery[0]}, token)
    assert (unfit.status, unfit.json["errors"][0]["pointer"]) == (400, "/new_password")
    assert member(app.ask("GET", "auth/totp", None, token), "state", "recovery_codes") == ("on", 10), "what is refused takes no code"
    used = app.fresh_code()
    assert app.ask("PUT", "auth/pin", {"password": PASSWORD, "pin": "735194", "code": used}, token).status == 204
    assert app.ask("PUT", "auth/pin", {"password": PASSWORD, "pin": "864209", "code": used}, token).code == "code_wrong", "each code once"
    assert app.ask("GET", "auth/pin", None, token).json["state"] == "on"
    change = {"old_password": PASSWORD, "new_password": "another horse battery", "code": app.fresh_code()}
    token = app.ask("POST", "auth/password/change", change, token).json["access_token"]
    back = {"old_password": "another horse battery", "new_password": PASSWORD, "code": app.recovery[1]}
    token = app.ask("POST", "auth/password/change", back, token).json["access_token"]
    assert app.ask("DELETE", "auth/totp", {"password": PASSWORD, "code": app.fresh_code()}, token).status == 204


def test_of_two_at_once_with_one_code_exactly_one_gets_in(robot):
    app = App(robot, "viewer")
    token = app.enrol()
    for code in (app.fresh_code(), app.recovery[0]):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            said = sorted(answer.status for answer in pool.map(lambda code: app.login(code=code), [code] * 4))
        assert said.count(200) == 1, said
    assert app.ask("DELETE", "auth/totp", {"password": PASSWORD, "code": app.recovery[1]}, token).status == 204


def test_local_sockets_and_keys_have_none(robot):
    made = robot.post("users", {"username": "program", "role": "viewer", "service": True}).json
    key = robot.post(f"users/{made['id']}/keys", {"name": "one"}).json["secret"]
    assert not made["second_factor"] and robot.get("robot", role=None, token=key).status == 200
    for method, path, body in (("GET", "auth/totp", None), ("POST", "auth/totp", {"password": PASSWORD}), ("POST", "auth/totp/confirm", {"code": "0"}),
                               ("POST", "auth/totp/recovery", {"password": "p", "code": "0"}),
                               ("DELETE", "auth/totp", {"password": "p", "code": "0"})):
        assert robot.request(method, path, body, token=key).code == "no_session", path


def test_what_was_taken_stays_taken_behind_kill_and_nothing_of_it_is_in_clear(kept_right):
    app = App(kept_right)
    app.enrol()
    code = app.fresh_code()
    assert app.login(code=code).status == 200
    assert app.login(code=app.recovery[0]).status == 200
    kept_right.kill()
    kept_right.start()
    assert app.login(code=code).code == "code_wrong"
    assert app.login(code=app.recovery[0]).code == "code_wrong"
    assert app.login().code == "code_required"
    assert app.ask("GET", "auth/totp", None, app.renew()).json["recovery_codes"] == 9
    assert app.login(code=app.fresh_code()).status == 200
    kept_right.stop()
    kept = kept_right.log() + "".join(path.read_bytes().decode("latin-1") for path in kept_right.state.glob("**/*") if path.is_file())
    secrets = [app.secret, *app.recovery, *(code.replace("-", "") for code in app.recovery)]
    assert not [secret for secret in secrets if secret.lower() in kept.lower()]
    # Another key does not open it, and the way back is a recovery code.
    (kept_right.state / "totp.key").unlink()
    kept_right.start()
    assert app.login(code=app.fresh_code()).code == "code_sealed"
    assert app.login(code=app.recovery[1]).status == 200


def test_a_clock_that_is_not_kept_right_is_said_and_never_opens(kept_right):
    app = App(kept_right)
    token = app.enrol()
    kept_right.timekeeper.set(0)
    assert app.ask("GET", "auth/totp", None, token).json["clock_kept"] is False
    assert app.login(code=app.code(2 * STEP_S)).code == "code_clock"
    assert app.login(code=app.recovery[0]).status == 200
    other = App(kept_right, "viewer")
    session = other.login().json["access_token"]
    assert other.ask("POST", "auth/totp", {"password": PASSWORD}, session).code == "code_clock"
    assert other.ask("GET", "auth/totp", None, session).json["state"] == "off"
    kept_right.timekeeper.set(1)
    # A jump of an hour, and back behind the newest code.
    kept_right.skew_s += 3600
    kept_right.day.set(kept_right.skew_s)
    assert app.login(code=app.code()).status == 200
    seen = app.code(-3600)
    kept_right.skew_s -= 3600
    kept_right.day.set(kept_right.skew_s)
    assert app.login(code=seen).code == "code_clock"
    assert app.login(code=app.recovery[1]).status == 200


def test_a_credential_of_the_service_manager_seals(kept_right):
    app = App(kept_right)
    app.enrol()
    kept_right.stop()
    folder = kept_right.folder / "credentials"
    folder.mkdir()
    (folder / "totp.key").write_bytes((kept_right.state / "totp.key").read_bytes())
    (kept_right.state / "totp.key").unlink()
    kept_right.shims["CREDENTIALS_DIRECTORY"] = str(folder)
    kept_right.start()
    assert not (kept_right.state / "totp.key").exists()
    assert app.login(code=app.fresh_code()).status == 200
    with contextlib.closing(sqlite3.connect(kept_right.state / "oht.db")) as database:
        sealed, = database.execute("SELECT sealed FROM second_factors").fetchone()
    assert len(sealed) == 96 and app.secret not in sealed


def test_a_role_that_must_have_one_may_only_set_it_up(kept_right):
    app, admin, operator = (App(kept_right, name) for name in ("supervisor", "administrator", "operator"))
    program = kept_right.post("users", {"username": "program", "role": "supervisor", "service": True}).json
    key = kept_right.post(f"users/{program['id']}/keys", {"name": "one"}).json["secret"]
    token = app.login().json["access_token"]
    ticket = app.ask("POST", "auth/ticket", {}, token).json["ticket"]
    before = app.login().json
    assert not before["must_enrol"]
    assert local(kept_right, "config", "set", "/security/second_factor", "supervisor")[0] == 0
    until(lambda: app.ask("GET", "robot", None, token).status == 403, what="the end of what a password opens")
    for method, path, body in (("GET", "robot", None), ("POST", "auth/elevate", {"password": PASSWORD}), ("POST", "auth/ticket", {}), ("GET", "config", None),
                               ("POST", "safety/reset", {}), ("POST", "auth/totp/recovery", {"password": "p", "code": "0"}),
                               ("DELETE", "auth/totp", {"password": "p", "code": "0"})):
        assert app.ask(method, path, body, token).code == "second_factor_required", path
    # A ticket of before opens nothing, a renewal says what is to be done.
    assert kept_right.request("GET", f"stream?ticket={ticket}").status == 401
    renewed = app.ask("POST", "auth/refresh", {"refresh_token": before["refresh_token"]}, None).json
    assert renewed["must_enrol"] and admin.login().json["must_enrol"] and not operator.login().json["must_enrol"]
    assert app.ask("GET", "auth/me", None, token).status == 200 and app.ask("POST", "safety/stop", {}, token).status == 200
    assert app.ask("GET", "safety", None, token).json["state"] == "stopped"
    # Lower roles, programs and the machine itself go on.
    assert operator.ask("GET", "robot", None, operator.login().json["access_token"]).status == 200
    assert kept_right.get("robot", role=None, token=key).status == 200 and local(kept_right, "robot", "status")[0] == 0
    kept_right.stop()
    kept_right.start()
    assert app.ask("GET", "robot", None, token).code == "second_factor_required"
    session = app.enrol()
    assert app.ask("GET", "robot", None, session).status == 200
    assert app.ask("GET", "robot", None, token).code == "token_revoked"
    assert not app.login(code=app.fresh_code()).json["must_enrol"]
    kept_right.kill()
    kept_right.start()
    session = app.renew()
    assert app.ask("GET", "robot", None, session).status == 200
    # Off again, and the session may no more.
    assert app.ask("DELETE", "auth/totp", {"password": PASSWORD, "code": app.fresh_code()}, session).status == 204
    assert app.ask("GET", "robot", None, session).code == "second_factor_required"
    assert local(kept_right, "config", "set", "/security/second_factor", "none")[0] == 0
    until(lambda: app.ask("GET", "robot", None, session).status == 200, what="the password alone again")


# ---- ohtctl ----

HALVES = {" ": "00", "\u2584": "01", "\u2580": "10", "\u2588": "11"}


def drawn(said):
    """Rows of 0 and 1 of a QR code on the terminal, with its margin."""
    lines = [line[len("\x1b[30;107m"):-len("\x1b[0m")] for line in said.splitlines() if line.startswith("\x1b[30;107m")]
    return ["".join(HALVES[half][row] for half in line) for line in lines for row in (0, 1)]


@pytest.fixture(name="shell")
def _shell(robot, tmp_path):
    """A person with ohtctl, who is logged in."""
    person = Remote(robot, tmp_path)
    assert person.login("supervisor").returncode == 0
    return person


def test_ohtctl_sets_it_up_and_comes_in_by_it(robot, shell):
    password = PASSWORD + "\n"
    assert "password_wrong" in complaint(shell.run("user", "totp", "begin", "--password-stdin", said="wrong password\n"))
    said = shell.done("user", "totp", "begin", "--password-stdin", said=password)
    app = App(robot, "supervisor")
    app.secret = re.search(r"^secret +([A-Z2-7]{32})$", said, re.MULTILINE)[1]
    rows = drawn(said)
    assert {len(row) for row in rows} <= {len(rows), len(rows) - 1} and not any("1" in row for row in rows[:4]) and rows[4].startswith("00001111111")
    assert "code_wrong" in complaint(shell.run("user", "totp", "confirm", "000000"))
    codes = shell.done("user", "totp", "confirm", app.code()).splitlines()
    assert len(codes) == 11 and "not shown again" in codes[10]
    assert "--code CODE" in complaint(shell.login("supervisor"))
    assert "code_wrong" in complaint(shell.login("supervisor", "--code", "000000"))
    assert shell.login("supervisor", "--code", codes[0]).returncode == 0
    assert "--code CODE" in complaint(shell.run("elevate", "--password-stdin", said=password))
    assert "elevated for 300 s" in shell.done("elevate", "--password-stdin", "--code", codes[1], said=password)
    command = ["setsid", "--ctty", "--wait", OHTCTL, "login", "supervisor", "--url", shell.url]
    with Terminal(command, env=shell.environment()) as terminal:
        for question, typed in (("Password:", PASSWORD), ("Code:", codes[2])):
            terminal.wait(lambda text, question=question: question in text, what=question)
            terminal.press(typed + "\n")
        assert terminal.end() == 0, terminal.text()
    assert json.loads(shell.done("user", "totp", "--json"))["recovery_codes"] == 7
    fresh = shell.done("user", "totp", "recovery", codes[3], "--password-stdin", said=password).splitlines()
    assert "code_wrong" in complaint(shell.run("user", "totp", "off", codes[4], "--password-stdin", said=password))
    assert "password_wrong" in complaint(shell.run("user", "totp", "off", fresh[0], "--password-stdin", said="wrong password\n"))
    assert "is off" in shell.done("user", "totp", "off", fresh[0], "--password-stdin", said=password)
    for words in (("wrong",), ("confirm",), ("begin", "0"), ("remove",)):
        assert "user totp takes" in complaint(shell.run("user", "totp", *words), 2)


def read_by_zbarimg(rows, folder):
    """What a program that reads QR codes finds in a picture of these rows."""
    size, margin = 6, 4
    side = (len(rows[0]) + 2 * margin) * size
    pixels = [[255] * side for _ in range(side)]
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            for i in range(size if dark == "1" else 0):
                pixels[(y + margin) * size + i][(x + margin) * size:(x + margin + 1) * size] = [0] * size
    file = folder / "qr.pgm"
    file.write_bytes(f"P5 {side} {side} 255\n".encode() + b"".join(map(bytes, pixels)))
    return subprocess.run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", file], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.slow
def test_another_program_reads_the_picture_of_the_api_and_of_ohtctl(robot, shell, tmp_path):
    token = robot.request("POST", "auth/login", {"username": "supervisor", "password": PASSWORD}).json["access_token"]
    answer = robot.request("POST", "auth/totp", {"password": PASSWORD}, token=token).json
    assert read_by_zbarimg(answer["qr"].split("\n"), tmp_path) == answer["uri"]
    said = shell.done("user", "totp", "begin", "--password-stdin", said=PASSWORD + "\n")
    rows = drawn(said)
    assert read_by_zbarimg([row[4:-4] for row in rows[4:4 + len(rows[0]) - 8]], tmp_path) in said.splitlines()


@pytest.mark.slow
def test_a_restored_backup_opens_nothing_by_itself(kept_right):
    app = App(kept_right)
    token = app.enrol()
    number = make(kept_right)
    assert app.login(code=app.recovery[0]).status == 200
    assert (kept_right.state / "totp.key").read_bytes() not in file_of(kept_right, number).read_bytes()
    restore(kept_right, number)
    kept_right.stop()
    kept_right.start()
    assert app.ask("GET", "robot", None, token).status == 401
    assert app.login().code == "code_required", "two factors are two"
    assert {app.login(code=code).code for code in app.recovery[:2]} == {"code_wrong"}
    assert app.login(code=app.fresh_code()).status == 200
    # On another machine.
    kept_right.stop()
    (kept_right.state / "totp.key").unlink()
    kept_right.start()
    assert app.login(code=app.fresh_code()).code == "code_sealed"
    status, _ = local(kept_right, "user", "totp", "remove", "operator")
    assert status == 0 and app.login().status == 200
