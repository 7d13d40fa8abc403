# SPDX-License-Identifier: GPL-2.0-or-later
"""Elevated sessions: what needs one, who has one, and what ends it."""
import json
import subprocess

import pytest

from clocks import Skewed
from daemon import BUILD
from oht_test.client import PASSWORD
from oht_test.wait import until

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"
RELAY = "modules/2/registers/charge_relay"
WHOLE_MS = 300000
OTHER = "another horse battery"


class Person:
    """A session of its own."""

    def __init__(self, daemon, name, password=PASSWORD):
        self.daemon = daemon
        answer = daemon.login(name, password)
        assert answer.status == 200, answer
        self.grant = answer.json

    def ask(self, method, path, body=None):
        """One request in this session."""
        return self.daemon.request(method, path, body, token=self.grant["access_token"])

    def elevate(self, password=PASSWORD):
        """Answer of POST auth/elevate."""
        return self.ask("POST", "auth/elevate", {"password": password})

    def left_ms(self):
        """As GET auth/me tells it."""
        return self.ask("GET", "auth/me").json["elevated_for_ms"]

    def write(self, raw=1):
        """Answer of a write to a safety-critical register."""
        return self.ask("PUT", RELAY, {"raw": raw})


def refused(answer):
    """For want of elevation?"""
    return (answer.status, answer.code) == (403, "elevation_required")


@pytest.fixture(name="people")
def _people(daemon):
    """Sessions at the shared daemon that end with the test: an account has 32."""
    made = []

    def person(name):
        made.append(Person(daemon, name))
        return made[-1]
    yield person
    for one in made:
        one.ask("POST", "auth/logout", {})


@pytest.fixture(name="own")
def _own(fresh):
    fresh.start()
    yield fresh
    fresh.stop()


def registers_are_there(daemon):
    """The module has said what it is."""
    until(lambda: daemon.get(RELAY).status == 200, what="the register")


def test_a_safety_critical_write_needs_it_and_its_end_counts_at_once(daemon, people):
    registers_are_there(daemon)
    mine, other = people("administrator"), people("administrator")
    before = daemon.sim("get 2 0x3D")
    raw = 0 if "raw=1 " in before else 1
    assert refused(mine.write(raw)) and mine.left_ms() == 0
    assert daemon.sim("get 2 0x3D") == before
    answer = mine.elevate()
    assert (answer.status, answer.json) == (200, {"elevated_for_ms": WHOLE_MS})
    assert 0 < mine.left_ms() <= WHOLE_MS
    # Another session of the same account is not.
    assert refused(other.write(raw)) and other.left_ms() == 0
    # Nothing else is checked less: a value out of range, a register that moves.
    assert mine.write(2).code == "validation"
    assert mine.ask("PUT", "modules/4/registers/motor1_speed", {"raw": 1}).code == "motion_register"
    until(lambda: mine.write(raw).status == 200, what="a write that is not in the way of a motion or a search")
    assert f"raw={raw} " in daemon.sim("get 2 0x3D")
    until(lambda: mine.ask("POST", "modules/5/reset", {}).status == 200, what="a reset that is not in their way either")
    for _ in range(2):
        assert mine.ask("DELETE", "auth/elevate").status == 204
    assert refused(mine.write(raw)) and refused(mine.ask("POST", "modules/5/reset", {})) and mine.left_ms() == 0


def test_it_gives_no_role(daemon, people):
    registers_are_there(daemon)
    for name in ("viewer", "operator", "supervisor"):
        one = people(name)
        assert one.elevate().status == 200
        answer = one.write()
        assert (answer.status, answer.code) == (403, "role"), name


def test_each_is_in_the_log_without_the_password(daemon, people):
    one = people("operator")
    session = one.ask("GET", "auth/me").json["session"]
    assert one.elevate("a wrong password").code == "password_wrong"
    assert one.elevate().status == 200
    assert one.ask("DELETE", "auth/elevate").status == 204
    said = daemon.log()
    assert "notice auth elevation_refused: operator, from 127.0.0.1 [" in said
    assert f"notice auth elevated: operator (operator) from 127.0.0.1, session {session}, for 300 s [" in said
    assert f"notice auth elevation_ended: operator, session {session}, from 127.0.0.1 [" in said
    assert PASSWORD not in said and "a wrong password" not in said


@pytest.mark.parametrize("body", [{}, {"password": ""}, {"password": 1}, {"password": "x" * 73}, {"password": PASSWORD, "for": 9}])
def test_what_is_no_password_is_refused_and_not_counted(people, body):
    one = people("operator")
    for _ in range(6):
        assert one.ask("POST", "auth/elevate", body).code == "validation"
    assert one.left_ms() == 0 and one.elevate().status == 200


def test_wrong_passwords_make_wait_as_at_the_login(own):
    one = Person(own, "operator")
    assert [one.elevate("wrong").code for _ in range(4)] == ["password_wrong"] * 4
    # The first wait is a second: on a late host it may be over, and the next one is longer.
    until(lambda: one.elevate("wrong").code == "too_many_failures", what="a wait")
    until(lambda: one.elevate("wrong").code == "password_wrong", what="the end of the wait")
    answer = one.elevate()
    assert (answer.status, answer.code) == (429, "too_many_failures")
    assert 1 <= int(answer.headers["retry-after"]) <= 30
    assert own.login("operator").code == "too_many_failures" and one.left_ms() == 0
    assert one.ask("GET", "robot").status == 200, "the session goes on"
    assert Person(own, "supervisor").elevate().status == 200, "other accounts do not wait"


def test_a_renewal_keeps_it_and_a_logout_ends_it(people):
    one = people("administrator")
    assert one.elevate().status == 200
    one.grant = one.ask("POST", "auth/refresh", {"refresh_token": one.grant["refresh_token"]}).json
    assert one.left_ms() > 0
    assert one.ask("POST", "auth/logout", {}).status == 204
    assert one.elevate().code == "token_revoked"
    assert people("administrator").left_ms() == 0


def test_a_new_password_or_role_ends_it(own):
    admin, one = Person(own, "administrator"), Person(own, "operator")
    assert one.elevate().status == 200
    one.grant = one.ask("POST", "auth/password/change", {"old_password": PASSWORD, "new_password": OTHER}).json
    assert one.left_ms() == 0
    assert one.elevate(OTHER).status == 200
    ident = one.ask("GET", "auth/me").json["id"]
    assert refused(admin.ask("PATCH", f"users/{ident}", {"role": "administrator"})) and admin.elevate().status == 200
    assert admin.ask("PATCH", f"users/{ident}", {"role": "administrator"}).status == 200
    assert one.elevate(OTHER).code == "token_revoked"
    assert Person(own, "operator", OTHER).left_ms() == 0


@pytest.mark.plain("shim")
def test_it_ends_after_five_minutes_whatever_the_time_of_day(fresh):
    boot, day = Skewed(fresh, "OHT_SHIM_BOOT"), Skewed(fresh)
    fresh.start()
    one = Person(fresh, "supervisor")
    assert one.elevate().status == 200
    day.set(-4000)
    boot.set(200)
    assert 0 < one.left_ms() <= WHOLE_MS - 200000
    assert one.elevate().status == 200
    boot.set(450)
    assert one.left_ms() > 0
    boot.set(500)
    assert one.left_ms() == 0
    assert refused(one.ask("PUT", "robot/mode", {"mode": "maintenance"}))
    fresh.stop()


def test_mode_maintenance_needs_it_and_the_way_back_does_not(own):
    one = Person(own, "supervisor")
    until(lambda: own.get("robot").json["state"] == "safe", what="safe")
    assert refused(one.ask("PUT", "robot/mode", {"mode": "maintenance"}))
    assert own.get("robot").json["control"] is None
    assert one.elevate().status == 200
    answer = one.ask("PUT", "robot/mode", {"mode": "maintenance"})
    assert (answer.status, answer.json["mode"]) == (200, "maintenance")
    assert one.ask("DELETE", "auth/elevate").status == 204
    assert one.ask("PUT", "robot/mode", {"mode": "automatic"}).status == 200
    assert refused(one.ask("PUT", "robot/mode", {"mode": "maintenance"}))


def test_a_restart_ends_it_and_the_session_goes_on(own):
    one = Person(own, "supervisor")
    assert one.elevate().status == 200 and one.left_ms() > 0
    own.stop()
    own.start()
    assert one.left_ms() == 0 and refused(one.ask("PUT", "robot/mode", {"mode": "maintenance"}))


# ---- at the machine, and by ohtctl from elsewhere ----

def local(daemon, *words):
    """ohtctl over the local socket; exit code and answer."""
    done = subprocess.run([OHTCTL, *words, "--socket", daemon.socket, "--json"], capture_output=True, text=True,
                          timeout=100, check=False, env=daemon.environment())
    return done.returncode, json.loads(done.stdout)


def test_the_local_socket_needs_none_and_has_none(daemon):
    registers_are_there(daemon)
    answer = until(lambda: (r := local(daemon, "module", "write", "2", "charge_relay", "1"))[0] == 0 and r[1], what="a write")
    assert answer["echoed"] and answer["written"]["raw"] == 1
    assert "register_written: charge_relay of unit 2 by uid " in daemon.log()
    code, answer = local(daemon, "module", "write", "4", "motor1_speed", "0x1")
    assert code == 1 and "motion_register" in answer["error"]
