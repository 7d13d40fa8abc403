# SPDX-License-Identifier: GPL-2.0-or-later
"""Tablets and panels with a key of their own: off as it comes, a person decides, a signature opens a session once, and an end holds everywhere."""
import base64
import hashlib
import pathlib
import re
import subprocess
import threading

import pytest

from clocks import Skewed
from live import dial
from oht_test.client import PASSWORD
from oht_test.device import Device, openssl
from oht_test.wait import until
from remote import OHTCTL
from test_people_watch import told

WEEK_S = 7 * 24 * 3600
WORDS = re.findall(r'"([a-z]+)"', (pathlib.Path(__file__).parents[2] / "userspace/ohtd/people/device_words.def").read_text())


def switch(daemon, word):
    """Also without a bound on log-ins: a test asks more often than a device."""
    values = {"access": {"devices": word}, "rates": {"logins_per_s": 0 if word == "yes" else 10}}
    assert daemon.request("PATCH", "config", values, token=daemon.elevated()).status == 200


def devices(daemon):
    """All of them, by number."""
    return {item["id"]: item for item in daemon.get("devices?limit=200", role="administrator").json["items"]}


def newest(daemon):
    return max(devices(daemon))


def accept(daemon, number, name="panel-7", **more):
    return daemon.post(f"devices/{number}/accept", {"name": name, **more})


def let_in(daemon, folder, name="panel-7", **more):
    """A device that was accepted."""
    device = Device(daemon, folder, name)
    assert device.ask("enrol").status == 202
    assert accept(daemon, newest(daemon), name, **more).status == 201
    return device


def is_in(daemon, grant):
    return daemon.request("GET", "robot", token=grant["access_token"]).status


@pytest.fixture(scope="module", name="open_daemon")
def _open(daemon):
    switch(daemon, "yes")
    yield daemon
    switch(daemon, "no")


def test_a_robot_lets_no_device_in_as_it_comes(daemon, tmp_path):
    device = Device(daemon, tmp_path)
    assert (device.ask("enrol").status, device.ask("enrol").code) == (403, "devices_off")
    assert device.ask("state").json["state"] == "unknown" and device.ask("login").code == "device_refused"
    switch(daemon, "yes")
    assert device.ask("enrol").status == 202
    switch(daemon, "no")
    assert device.ask("enrol").code == "devices_off" and device.ask("state").json["state"] == "waiting"
    assert daemon.post(f"devices/{newest(daemon)}/reject", {}).status == 204


@pytest.mark.plain("filter")
def test_a_person_accepts_and_the_device_comes_in(fresh, tmp_path):
    fresh.start()
    switch(fresh, "yes")
    device = Device(fresh, tmp_path)
    asked = device.ask("enrol", note="beside the dock")
    digest = int.from_bytes(hashlib.sha256(base64.b64decode(device.key)).digest(), "big") >> (256 - 66)
    words = " ".join(WORDS[digest >> 11 * (5 - i) & 2047] for i in range(6))
    assert len(WORDS) == 2048 and (asked.status, asked.json) == (202, {"state": "waiting", "words": words, "name": None, "role": None})
    assert device.ask("login").code == "device_refused", "one that waits is no other than an unknown one"
    number = newest(fresh)
    row = devices(fresh)[number]
    assert (row["state"], row["words"], row["note"], row["address"], row["name"]) == ("waiting", words, "beside the dock", "127.0.0.1", None)
    assert device.ask("enrol").status == 202 and len(devices(fresh)) == 1, "the same key is the same request"
    until(lambda: told(fresh, "device_waiting"), what="an alert that it waits")
    fresh.kill()
    fresh.start()
    assert fresh.request("POST", f"devices/{number}/accept", {"name": "x"}, token=fresh.token("supervisor")).code == "role"
    assert fresh.request("POST", f"devices/{number}/accept", {"name": "x"}, token=fresh.token("administrator")).code == "elevation_required"
    assert accept(fresh, number, "viewer").code == "user_exists" and devices(fresh)[number]["state"] == "waiting"
    made = accept(fresh, number, role="operator")
    assert (made.status, made.json["username"], made.json["role"], made.json["service"]) == (201, "panel-7", "operator", True)
    assert accept(fresh, number, "other").code == fresh.post(f"devices/{number}/reject", {}).code == "device_decided"
    assert device.ask("state").json == {"state": "accepted", "words": words, "name": "panel-7", "role": "operator"}
    until(lambda: not told(fresh, "device_waiting"), what="its end")
    grant = device.ask("login").json
    assert grant["role"] == "operator" and not grant["must_enrol"]
    fresh.kill()
    fresh.start()
    assert is_in(fresh, grant) == 200, "what was acknowledged is there behind a kill"
    fresh.second = None
    grant = fresh.request("POST", "auth/refresh", {"refresh_token": grant["refresh_token"]}).json
    assert is_in(fresh, grant) == 200
    switch(fresh, "no")
    assert device.ask("login").status == 200, "those that are in stay in"
    records = [(record["act"], record["who"], record["object"], record["result"]) for record in fresh.get("audit?limit=60", role="administrator").json["items"]]
    assert ("POST devices/{id}/accept", "administrator", "panel-7", "201") in records
    assert ("POST auth/device/login", "panel-7", "panel-7", "200") in records
    assert not any(act == "POST auth/device/state" for act, *_ in records), "a device that asks each few seconds writes nothing"


def test_a_session_of_a_device_is_never_elevated(open_daemon, tmp_path):
    device = let_in(open_daemon, tmp_path, "panel-elevate", role="administrator")
    token = device.ask("login").json["access_token"]
    for path, body in (("auth/elevate", {"password": PASSWORD}),
                       ("auth/password/change", {"old_password": PASSWORD, "new_password": "another horse battery"})):
        answer = open_daemon.request("POST", path, body, token=token)
        assert (answer.status, answer.code) == (403, "password_wrong"), path
    assert open_daemon.request("POST", "users", {"username": "x1", "password": "another horse battery", "role": "viewer"}, token=token).code == "elevation_required"
    assert open_daemon.login("panel-elevate").code == "login_refused"


def test_signatures_of_others_and_of_before_open_nothing(open_daemon, tmp_path):
    device, other = let_in(open_daemon, tmp_path, "panel-a"), let_in(open_daemon, tmp_path, "panel-b")
    proof = device.proof()
    assert device.ask("login", proof).status == 200
    assert device.ask("login", proof).code == "device_refused", "once"
    wrong = {
        "challenge of another device": device.proof(other.challenge()),
        "signature of another key": {**device.proof(), "signature": other.proof()["signature"]},
        "key of another": {**device.proof(), "public_key": other.key},
        "another purpose": (lambda challenge: {**device.proof(challenge), "signature": device.sign(challenge)})(device.challenge()),
        "changed challenge": (lambda proof: {**proof, "challenge": proof["challenge"][:-1] + ("1" if proof["challenge"][-1] == "0" else "0")})(device.proof()),
        "zeros": {**device.proof(), "signature": "A" * 86 + "=="},
        "a challenge that was never drawn": device.proof("00" * 48),
        "cut": device.proof("00"),
    }
    for name, said in wrong.items():
        for what in ("login", "state", "enrol"):
            answer = device.ask(what, said)
            assert (answer.status, answer.code) == (401, "device_refused"), (name, what)
    stranger = Device(open_daemon, tmp_path, "stranger")
    assert stranger.ask("login").json["detail"] == device.ask("login", wrong["zeros"]).json["detail"]


def test_one_challenge_opens_one_session_however_many_ask_at_once(open_daemon, tmp_path):
    device = let_in(open_daemon, tmp_path, "panel-once")
    proof, answers = device.proof(), []
    threads = [threading.Thread(target=lambda: answers.append(device.ask("login", proof).status)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 401, 401, 401]


def test_keys_that_are_none_are_named(open_daemon, tmp_path):
    good = base64.b64decode(Device(open_daemon, tmp_path).key)
    x = bytearray(good)
    x[-1] ^= 1
    bad = {"off the curve": bytes(x), "cut": good[:-1], "longer": good + b"\0", "zeros": good[:-64] + bytes(64), "of another form": b"\x31" + good[1:]}
    texts = {name: base64.b64encode(der).decode() for name, der in bad.items()}
    texts["another curve"] = base64.b64encode(openssl("pkey", "-in", Device(open_daemon, tmp_path, "k1", "secp256k1").file, "-pubout", "-outform", "DER")).decode()
    texts |= {"no base64": "*" * 124, "empty": "", "too long": "A" * 900, "of the web": base64.urlsafe_b64encode(b"\xff" * 91).decode()}
    for name, text in texts.items():
        answer = open_daemon.request("POST", "auth/device/challenge", {"public_key": text})
        assert (answer.status, answer.code, answer.json["errors"][0]["pointer"]) == (400, "validation", "/public_key"), name
    device = Device(open_daemon, tmp_path, "words")
    for note in ("two\nlines", "\u001b[2J", "x" * 129):
        assert device.ask("enrol", note=note).json["errors"][0]["pointer"] == "/note"
    assert device.ask("enrol", note="x" * 10000).code == "body_too_large"
    assert device.ask("state").json["state"] == "unknown", "nothing was kept of it"
    for name in ("", "a" * 65, "ohtd", "two\nlines"):
        assert accept(open_daemon, 4711, name).json["errors"][0]["pointer"] == "/name"
    assert accept(open_daemon, 4711).code == "not_found"


def test_an_account_of_a_device_is_shown_as_one_and_has_no_keys(open_daemon, tmp_path):
    let_in(open_daemon, tmp_path, "panel-keys")
    number = newest(open_daemon)
    user = devices(open_daemon)[number]["user_id"]
    robot = open_daemon.post("users", {"username": "robot-keys", "role": "viewer", "service": True}).json
    assert (robot["service"], robot["device"]) == (True, False)
    shown = {item["id"]: item for item in open_daemon.get("users?limit=200", role="administrator").json["items"]}
    assert [item["id"] for item in shown.values() if item["device"] and item["username"] == "panel-keys"] == [user] and shown[user]["service"]
    assert open_daemon.get(f"users/{user}", role="administrator").json["device"] is True
    answer = open_daemon.post(f"users/{user}/keys", {"name": "way"})
    assert (answer.status, answer.code) == (409, "not_a_service")
    assert open_daemon.get(f"users/{user}/keys", role="administrator").json["items"] == []
    assert open_daemon.post(f"users/{robot['id']}/keys", {"name": "line"}).status == 201
    done = subprocess.run([OHTCTL, "admin", "list", "--socket", open_daemon.socket], capture_output=True, text=True, timeout=60, check=True,
                          env=open_daemon.environment())
    assert re.search("panel-keys +viewer, of a device", done.stdout) and re.search("robot-keys +viewer, of programs", done.stdout), done.stdout
    assert open_daemon.request("DELETE", f"devices/{number}", token=open_daemon.elevated()).status == 204
    assert open_daemon.request("DELETE", f"users/{robot['id']}", token=open_daemon.elevated()).status == 204


def test_two_administrators_decide_at_once_and_one_of_them_has(open_daemon, tmp_path):
    for what in (("accept", "accept"), ("accept", "reject"), ("reject", "reject")):
        name = f"panel-{'-'.join(what)}"
        device = Device(open_daemon, tmp_path, name)
        assert device.ask("enrol").status == 202
        number = newest(open_daemon)
        tokens, answers, gate = [open_daemon.elevated() for _ in what], [], threading.Barrier(2)

        def decide(act, token, place, number=number, name=name, answers=answers, gate=gate):
            body = {"name": f"{name}-{place}"} if act == "accept" else {}
            gate.wait()
            answers.append(open_daemon.another().request("POST", f"devices/{number}/{act}", body, token=token))

        threads = [threading.Thread(target=decide, args=(act, token, place)) for place, (act, token) in enumerate(zip(what, tokens))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lost = [answer for answer in answers if answer.status not in (201, 204)]
        assert [(answer.status, answer.code) for answer in lost] == [(409, "device_decided")], (what, answers)
        accepted = any(answer.status == 201 for answer in answers)
        made = [item["username"] for item in open_daemon.get(f"users?limit=200&q={name}", role="administrator").json["items"]]
        assert len(made) == accepted and devices(open_daemon)[number]["state"] == ("accepted" if accepted else "rejected"), (what, made)
        assert open_daemon.request("DELETE", f"devices/{number}", token=open_daemon.elevated()).status == 204


def test_a_rejected_key_stays_rejected(fresh, tmp_path):
    fresh.start()
    switch(fresh, "yes")
    device = Device(fresh, tmp_path)
    assert device.ask("enrol").status == 202
    number = newest(fresh)
    assert fresh.post(f"devices/{number}/reject", {}).status == 204
    fresh.kill()
    fresh.start()
    assert device.ask("enrol").code == device.ask("login").code == "device_rejected"
    assert device.ask("state").json["state"] == "rejected" and accept(fresh, number).code == "device_decided"
    done = subprocess.run([OHTCTL, "device", "remove", str(number), "--socket", fresh.socket], capture_output=True, text=True, timeout=60,
                          check=False, env=fresh.environment())
    assert (done.returncode, done.stderr) == (0, "") and not devices(fresh)
    assert device.ask("enrol").status == 202


def test_an_end_holds_at_the_next_request(fresh, tmp_path):
    fresh.start()
    switch(fresh, "yes")
    ends = {
        "remove": lambda number, user: fresh.request("DELETE", f"devices/{number}", token=fresh.elevated()),
        "delete": lambda number, user: fresh.request("DELETE", f"users/{user}", token=fresh.elevated()),
        "disable": lambda number, user: fresh.request("PATCH", f"users/{user}", {"disabled": True}, token=fresh.elevated()),
    }
    for name, end in ends.items():
        device = let_in(fresh, tmp_path, f"panel-{name}", role="operator")
        number = newest(fresh)
        grant = device.ask("login").json
        with dial(fresh, token=grant["access_token"]) as link:
            assert end(number, devices(fresh)[number]["user_id"]).status in (200, 204)
            assert is_in(fresh, grant) == 401 and device.ask("login").code == "device_refused", name
            assert fresh.request("POST", "auth/refresh", {"refresh_token": grant["refresh_token"]}).status == 401, name
            assert link.hear_end().reason == "token_revoked", name
    assert [row["name"] for row in devices(fresh).values()] == ["panel-disable"]


def test_few_wait_of_an_address_and_none_longer_than_a_week(fresh, tmp_path):
    clock = Skewed(fresh)
    fresh.start()
    switch(fresh, "yes")
    made = [Device(fresh, tmp_path, f"panel{i}") for i in range(4)]
    assert [device.ask("enrol").status for device in made] == [202, 202, 202, 429]
    assert made[3].ask("enrol").code == "too_many_devices"
    first = min(devices(fresh))
    clock.set(WEEK_S + 60)
    assert accept(fresh, first).code == "not_found" and made[0].ask("state").json["state"] == "unknown"
    assert made[3].ask("enrol").status == 202 and len(devices(fresh)) == 1
