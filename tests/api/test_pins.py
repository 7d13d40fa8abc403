# SPDX-License-Identifier: GPL-2.0-or-later
"""A PIN brings the robot back in the plant, for a person on an accepted device: nowhere else, for nothing else, and five wrong ones end it."""
import itertools
import threading

import pytest

from oht_test.client import PASSWORD
from oht_test.device import Device
from oht_test.wait import until

PIN = "735194"
WRONG = "735195"
ADDRESSES = itertools.count()


def configure(daemon, **values):
    assert daemon.request("PATCH", "config", values, token=daemon.elevated()).status == 200


@pytest.fixture(scope="module", name="panel")
def _panel(daemon, tmp_path_factory):
    """An accepted device of a robot in the plant. No bound on log-ins: a test asks more often than a device."""
    rates = daemon.get("config", role="administrator").json["rates"]
    configure(daemon, access={"devices": "yes"}, rates={"logins_per_s": 0, "changes_per_s": 0}, robot={"layer": "plant"})
    device = Device(daemon, tmp_path_factory.mktemp("panel"), "pin")
    assert device.ask("enrol").status == 202
    number = daemon.get("devices?state=waiting", role="administrator").json["items"][0]["id"]
    assert daemon.post(f"devices/{number}/accept", {"name": "panel-pin"}).status == 201
    yield device
    assert daemon.request("DELETE", f"devices/{number}", token=daemon.elevated()).status == 204
    configure(daemon, access={"devices": "no"}, rates={name: rates[name] for name in ("logins_per_s", "changes_per_s")}, robot={"layer": "commissioning"})


@pytest.fixture(name="anna")
def _anna(daemon, panel):
    """A supervisor of this test with a PIN."""
    made = daemon.request("POST", "users", {"username": "anna-pin", "password": PASSWORD, "role": "supervisor"}, token=daemon.elevated())
    assert made.status == 201 and panel
    yield Person(daemon, "anna-pin", made.json["id"])
    assert daemon.request("DELETE", f"users/{made.json['id']}", token=daemon.elevated()).status == 204


class Person:
    """With a session, and a PIN that is set."""

    def __init__(self, daemon, name, number):
        self.daemon, self.number, self.name = daemon, number, name
        self.log_in()
        assert self.set(PIN).status == 204

    def log_in(self, password=PASSWORD):
        self.token = self.daemon.login(self.name, password).json["access_token"]

    def ask(self, method, path, body=None):
        return self.daemon.request(method, path, body, token=self.token)

    def set(self, pin, password=PASSWORD):
        return self.ask("PUT", "auth/pin", {"password": password, "pin": pin})

    def elevate(self, device, pin=PIN, proof=None):
        return self.ask("POST", "auth/elevate/pin", {"pin": pin, **(proof or device.proof())})

    def guess(self, device, pin=WRONG):
        """From an address that has not failed yet: a wrong one makes wait there, as a wrong password does."""
        number = next(ADDRESSES)
        elsewhere = self.daemon.another(address=f"127.2.{number // 250}.{number % 250 + 1}")
        return elsewhere.request("POST", "auth/elevate/pin", {"pin": pin, **device.proof()}, token=self.token)

    def left(self):
        return self.ask("GET", "auth/pin").json["tries_left"]

    def brings_back(self, act):
        """Whether `reset` or `enable` is not kept from the session. What the robot does with it depends on the tests before."""
        return b"elevation_required" not in self.ask("POST", f"safety/{act}", {}).body

    def resets(self):
        return self.brings_back("reset")


def test_a_pin_brings_the_robot_back_and_opens_nothing_else(anna, panel):
    assert not anna.resets()
    answer = anna.elevate(panel)
    assert (answer.status, answer.json) == (200, {"elevated_for_ms": 300000})
    assert anna.resets() and anna.brings_back("enable")
    me = anna.ask("GET", "auth/me").json
    assert me["elevated_for_ms"] == 0 and 0 < me["pin_for_ms"] <= 300000
    for method, path, body in (("PUT", "robot/mode", {"mode": "maintenance"}), ("POST", "robot/position", {"position_mm": 0}),
                               ("PATCH", "config", {"robot": {"place": "hall 2"}})):
        assert "elevation_required" in anna.ask(method, path, body).body.decode(), path
    assert anna.ask("DELETE", "auth/elevate").status == 204 and not anna.resets()


def test_a_pin_is_taken_on_an_accepted_device_alone(daemon, anna, panel, tmp_path):
    stranger = Device(daemon, tmp_path, "stranger")
    proof = panel.proof()
    assert anna.elevate(panel, proof=proof).status == 200
    assert anna.ask("DELETE", "auth/elevate").status == 204
    wrong = {"used": proof, "stranger": stranger.proof(), "challenge of another": panel.proof(stranger.challenge()),
             "signature of another": {**panel.proof(), "signature": stranger.proof()["signature"]},
             "zeros": {**panel.proof(), "signature": "A" * 86 + "=="}}
    # One that waits, was rejected, is disabled or was removed.
    assert stranger.ask("enrol").status == 202
    wrong["waiting"] = stranger.proof()
    for name, said in wrong.items():
        answer = anna.elevate(None, proof=said)
        assert (answer.status, answer.code) == (403, "pin_device"), name
    number = daemon.get("devices?state=waiting", role="administrator").json["items"][0]["id"]
    assert daemon.post(f"devices/{number}/accept", {"name": "panel-other"}).status == 201
    assert anna.elevate(stranger).status == 200 and anna.ask("DELETE", "auth/elevate").status == 204
    assert anna.elevate(stranger).status == 200 and anna.resets()
    user = next(item["user_id"] for item in daemon.get("devices?limit=200", role="administrator").json["items"] if item["id"] == number)
    assert daemon.request("PATCH", f"users/{user}", {"disabled": True}, token=daemon.elevated()).status == 200
    assert not anna.resets(), "what was opened on a device ends with it"
    assert anna.elevate(stranger).code == "pin_device", "disabled"
    assert daemon.request("PATCH", f"users/{user}", {"disabled": False}, token=daemon.elevated()).status == 200
    assert anna.elevate(panel).status == 200 and anna.resets(), "on another device"
    here, anna.token = anna.token, daemon.login(anna.name).json["access_token"]
    assert anna.elevate(stranger).status == 200 and anna.resets()
    assert daemon.request("DELETE", f"devices/{number}", token=daemon.elevated()).status == 204
    assert not anna.resets() and anna.ask("GET", "auth/me").json["pin_for_ms"] == 0, "removed"
    assert anna.elevate(stranger).code == "pin_device", "removed"
    anna.token = here
    assert anna.resets() and anna.ask("DELETE", "auth/elevate").status == 204
    assert not anna.resets() and anna.left() == 5, "no try is taken where no PIN is looked at"
    # The device itself is no person, and a key has no session.
    token = panel.ask("login").json["access_token"]
    answer = daemon.request("POST", "auth/elevate/pin", {"pin": PIN, **panel.proof()}, token=token)
    assert (answer.status, answer.code) == (403, "pin_refused")
    assert daemon.request("PUT", "auth/pin", {"password": PASSWORD, "pin": PIN}, token=token).code == "password_wrong"
    assert daemon.login("anna-pin", PIN).code == "login_refused", "it logs nobody in"


def test_five_wrong_ones_end_it_until_the_password(anna, panel):
    for left in range(4, -1, -1):
        answer = anna.guess(panel)
        assert (answer.status, answer.code, anna.left()) == (403, "pin_refused", left)
    answer = anna.guess(panel, PIN)
    assert (answer.status, answer.code) == (403, "pin_locked") and not anna.resets()
    assert anna.ask("POST", "auth/elevate", {"password": PASSWORD}).status == 200 and anna.left() == 5
    assert anna.ask("DELETE", "auth/elevate").status == 204
    assert anna.elevate(panel).status == 200


def test_tries_at_once_are_no_more_than_five(anna, panel):
    answers = []

    def guess():
        """An account has few checks of passwords under way at a time: what is one too many is asked again."""
        code = anna.guess(panel).code
        while code == "rate_limited":
            code = anna.guess(panel).code
        answers.append(code)

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["pin_locked"] * 3 + ["pin_refused"] * 5 and anna.left() == 0


def test_pins_that_many_have_are_refused(anna):
    for pin in ("000000", "123456", "654321", "890123", "121212", "123123", "1234567890", "9876543210", "112211", "12121212"):
        answer = anna.set(pin)
        assert (answer.status, answer.code, answer.json["errors"][0]["pointer"]) == (400, "validation", "/pin"), pin
        assert pin not in answer.body.decode()
    for pin in ("12345", "73519428461", "73519a", "", "７３５１９４", "735 194", "-735194"):
        assert anna.set(pin).json["errors"][0]["pointer"] == "/pin", pin
    assert anna.set(PIN, "not the password").code == "password_wrong"
    assert anna.ask("GET", "auth/pin").json["state"] == "on", "what was refused changes nothing"


def test_what_cannot_be_a_pin_takes_no_try(anna, panel):
    proof = panel.proof()
    for pin in ("73519a", "７３５１９４", "735 194", "12345", "73519428461"):
        answer = anna.elevate(None, pin, proof)
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/pin") and pin not in answer.body.decode(), pin
    assert anna.elevate(None, "73519\0", proof).status == 400 and anna.elevate(None, "7" * 10000, proof).status == 413
    assert anna.left() == 5 and not anna.resets()


def test_what_a_pin_has_opened_ends_with_it(daemon, anna, panel):
    here, there = anna.token, daemon.login(anna.name).json["access_token"]
    for anna.token in (here, there):
        assert anna.elevate(panel).status == 200 and anna.resets()
    assert daemon.request("DELETE", f"users/{anna.number}/pin", token=daemon.elevated()).status == 204
    for anna.token in (here, there):
        assert not anna.resets(), "in each session of the account"
    assert anna.set(PIN).status == 204 and anna.elevate(panel).status == 200 and anna.resets()
    assert anna.set("864209").status == 204 and not anna.resets(), "another PIN"


def test_a_right_pin_ends_no_wait_for_wrong_passwords(daemon, anna, panel):
    """A person who has seen the PIN would otherwise guess the password without an end."""
    number = next(ADDRESSES)
    elsewhere = daemon.another(address=f"127.3.{number // 250}.{number % 250 + 1}")
    for tried in range(1, 13):
        wrong = elsewhere.request("POST", "auth/elevate", {"password": "not the password"}, token=anna.token)
        if wrong.code == "too_many_failures":
            break
        assert wrong.status == 403 and wrong.code != "code_required", wrong
        if tried % 3:
            continue
        right = elsewhere.request("POST", "auth/elevate/pin", {"pin": PIN, **panel.proof()}, token=anna.token)
        assert right.status == 200 or right.code == "too_many_failures", right
    else:
        pytest.fail("12 wrong passwords, and none had to wait")


def test_an_account_without_one_is_answered_as_with_a_wrong_one(anna, panel):
    assert anna.ask("DELETE", "auth/pin").status == anna.ask("DELETE", "auth/pin").status == 204
    assert anna.ask("GET", "auth/pin").json == {"state": "off", "since": None, "tries_left": 0}
    none = anna.elevate(panel)
    assert anna.set(PIN).status == 204
    wrong = anna.guess(panel)
    assert (none.status, none.code, none.json["detail"]) == (wrong.status, wrong.code, wrong.json["detail"]) == (403, "pin_refused", none.json["detail"])


def test_a_new_password_ends_it_and_so_does_an_administrator(daemon, anna):
    fresh = "another horse battery"
    assert anna.ask("POST", "auth/password/change", {"old_password": PASSWORD, "new_password": fresh}).status == 200
    anna.log_in(fresh)
    assert anna.ask("GET", "auth/pin").json["state"] == "off"
    assert anna.set(PIN, fresh).status == 204
    assert daemon.request("DELETE", f"users/{anna.number}/pin", token=daemon.token("administrator")).code == "elevation_required"
    assert daemon.request("DELETE", f"users/{anna.number}/pin", token=daemon.elevated()).status == 204
    assert anna.ask("GET", "auth/pin").json["state"] == "off"
    assert anna.set(PIN, fresh).status == 204
    code = daemon.post(f"users/{anna.number}/reset-code", {}).json["reset_code"]
    assert daemon.request("POST", "auth/reset", {"username": anna.name, "reset_code": code, "password": PASSWORD}).status == 204
    anna.log_in()
    assert anna.ask("GET", "auth/pin").json["state"] == "off"
    assert daemon.request("DELETE", "users/999999/pin", token=daemon.elevated()).code == "not_found"


def test_other_layers_take_none(daemon, anna, panel):
    configure(daemon, robot={"layer": "production"})
    try:
        answer = anna.elevate(panel)
        assert (answer.status, answer.code) == (403, "pin_layer") and anna.left() == 5
    finally:
        configure(daemon, robot={"layer": "plant"})


def test_tries_are_counted_over_a_kill(fresh, tmp_path):
    fresh.start()
    configure(fresh, access={"devices": "yes"}, rates={"logins_per_s": 0}, robot={"layer": "plant"})
    device = Device(fresh, tmp_path)
    assert device.ask("enrol").status == 202
    number = fresh.get("devices", role="administrator").json["items"][0]["id"]
    assert fresh.post(f"devices/{number}/accept", {"name": "panel-7"}).status == 201
    me = Person(fresh, "supervisor", None)
    for left in (4, 3):
        assert me.guess(device).code == "pin_refused"
        fresh.kill()
        fresh.start()
        until(lambda: fresh.get("health").status == 200, what="the start")
        me.log_in()
        assert me.left() == left
    assert me.elevate(device).status == 200 and me.left() == 5
    fresh.kill()
    fresh.start()
    me.log_in()
    assert not me.resets(), "a restart ends the elevation"
