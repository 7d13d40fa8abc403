# SPDX-License-Identifier: GPL-2.0-or-later
"""Accounts that persons ask for: off as it comes, the same answer for each name, an administrator decides, and nothing opens before that."""
import json
import subprocess
import threading

import pytest

from clocks import Skewed
from oht_test.client import PASSWORD
from remote import OHTCTL
from test_users import users

WEEK_S = 7 * 24 * 3600


def switch(daemon, word):
    assert daemon.request("PATCH", "config", {"access": {"registration": word}}, token=daemon.elevated()).status == 200


def ask(daemon, name, **more):
    """Answer of POST auth/register."""
    return daemon.request("POST", "auth/register", {"username": name, "password": PASSWORD, **more})


def waiting(daemon):
    """All registrations, by number."""
    return {item["id"]: item for item in daemon.get("registrations", role="administrator").json["items"]}


def decide(daemon, number, what, body=None, **more):
    return daemon.post(f"users/{number}/{what}", body, **more)


def test_a_robot_takes_no_registrations_as_it_comes(daemon):
    answer = ask(daemon, "berta")
    assert (answer.status, answer.code) == (403, "registration_off")
    switch(daemon, "yes")
    assert ask(daemon, "berta").status == 202
    switch(daemon, "no")
    assert ask(daemon, "berta").code == "registration_off"
    number = next(iter(waiting(daemon)))
    # Of a request that is answered with nothing, ohtctl says nothing.
    done = subprocess.run([OHTCTL, "user", "reject", str(number), "--socket", daemon.socket], capture_output=True, text=True, timeout=60,
                          check=False, env=daemon.environment())
    assert (done.returncode, done.stderr) == (0, ""), "those that wait can be decided"
    assert not waiting(daemon)


def test_an_administrator_approves_and_the_person_comes_in(fresh):
    fresh.start()
    switch(fresh, "yes")
    answer = ask(fresh, "berta", full_name="Berta Falk", note="late shift", role="supervisor")
    assert answer.status == 202 and answer.json["state"] == "pending" and answer.json["expires_in"] == WEEK_S
    number = answer.json["id"]
    row = waiting(fresh)[number]
    assert {name: row[name] for name in ("username", "full_name", "note", "role", "taken", "address")} == {
        "username": "berta", "full_name": "Berta Falk", "note": "late shift", "role": "supervisor", "taken": False, "address": "127.0.0.1"}
    assert "berta" not in users(fresh) and fresh.login("berta").code == "login_refused"
    fresh.kill()
    fresh.start()
    assert decide(fresh, number, "approve", token=fresh.token("administrator")).code == "elevation_required"
    assert decide(fresh, number, "approve", token=fresh.token("supervisor")).code == "role"
    once = {"Idempotency-Key": "approve-berta-0001"}
    answer = decide(fresh, number, "approve", {"role": "operator"}, headers=once)
    assert (answer.status, answer.json["username"], answer.json["role"], answer.json["full_name"]) == (201, "berta", "operator", "Berta Falk")
    again = decide(fresh, number, "approve", {"role": "operator"}, headers=once)
    assert (again.status, again.body, again.headers["idempotency-replayed"]) == (201, answer.body, "true")
    assert decide(fresh, number, "approve", {"role": "viewer"}, headers=once).code == "request_key_reused"
    assert fresh.login("berta").json["role"] == "operator"
    assert decide(fresh, number, "approve").code == decide(fresh, number, "reject").code == "not_found"
    records = [(record["act"], record["who"], record["object"]) for record in fresh.get("audit?limit=20", role="administrator").json["items"]]
    assert ("POST users/{id}/approve", "administrator", "berta") in records
    fresh.stop()
    kept = fresh.log() + "".join(path.read_bytes().decode("latin-1") for path in fresh.state.glob("**/*") if path.is_file())
    assert PASSWORD not in kept


def test_a_name_that_is_taken_is_answered_alike_and_cannot_be_approved(fresh):
    fresh.start()
    switch(fresh, "yes")
    said = {json.dumps({**ask(fresh, name).json, "id": 0}) for name in ("Viewer", "nobody.yet")}
    assert len(said) == 1
    taken, free = sorted(waiting(fresh).values(), key=lambda row: row["id"])
    assert (taken["taken"], free["taken"]) == (True, False)
    before = users(fresh)
    assert (decide(fresh, taken["id"], "approve").status, decide(fresh, taken["id"], "approve").code) == (409, "user_exists")
    assert users(fresh) == before and taken["id"] in waiting(fresh)
    assert decide(fresh, taken["id"], "reject").status == 204
    assert fresh.login("viewer").json["role"] == "viewer"


@pytest.fixture(name="patient")
def _patient(daemon):
    """Takes registrations, as many as come."""
    rates = {name: daemon.get("config", role="administrator").json["rates"][name] for name in ("logins_per_s", "changes_per_s")}

    def configure(word, values):
        assert daemon.request("PATCH", "config", {"access": {"registration": word}, "rates": values}, token=daemon.elevated()).status == 200

    configure("yes", dict.fromkeys(rates, 0))
    yield daemon
    configure("no", rates)


def test_two_administrators_decide_at_once_and_one_of_them_has(patient):
    daemon = patient
    for place, what in enumerate((("approve", "approve"), ("approve", "reject"), ("reject", "reject"))):
        name = f"clara-{place}"
        number = ask(daemon, name).json["id"]
        tokens, answers, gate = [daemon.elevated() for _ in what], [], threading.Barrier(2)

        def act(verb, token, number=number, answers=answers, gate=gate):
            gate.wait()
            answers.append(daemon.another().request("POST", f"users/{number}/{verb}", {}, token=token))

        threads = [threading.Thread(target=act, args=pair) for pair in zip(what, tokens)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [(answer.status, answer.code) for answer in answers if answer.status not in (201, 204)] == [(404, "not_found")], (what, answers)
        approved = [answer.json for answer in answers if answer.status == 201]
        made = [item["id"] for item in daemon.get(f"users?limit=200&q={name}", role="administrator").json["items"]]
        assert made == [item["id"] for item in approved] and not waiting(daemon), (what, made)
        for user in made:
            assert daemon.request("DELETE", f"users/{user}", token=daemon.elevated()).status == 204


# In the place of "viewer": Cyrillic e, full-width v, Greek nu, a soft hyphen, no width, right to left, a combining stroke, a blank of another kind, a capital by Turkish rules.
LOOK_ALIKES = ("vi\u0435wer", "\uff56iewer", "\u03bdiewer", "view\u00ader", "view\u200ber", "\u202eviewer", "viewe\u0335r", "viewer\u00a0", "v\u0131ewer", "VIEWER")


def test_names_that_look_like_another_are_refused(patient):
    """At each place where an account gets its name."""
    daemon = patient
    before = users(daemon)
    for name in LOOK_ALIKES:
        made = daemon.post("users", {"username": name, "password": PASSWORD, "role": "operator"})
        row = daemon.post("users/import", {"csv": f"username,role\n{name},operator\n"})
        if name.isascii():
            assert (made.status, made.code, row.status, row.code) == (409, "user_exists", 409, "user_exists"), name
            continue
        assert (made.status, made.json["errors"][0]["pointer"]) == (400, "/username"), ascii(name)
        assert (row.status, row.json["errors"][0]["pointer"]) == (400, "/csv") and "line 2" in row.json["errors"][0]["detail"], ascii(name)
        device = daemon.post("devices/4711/accept", {"name": name})
        assert (device.status, device.json["errors"][0]["pointer"]) == (400, "/name"), ascii(name)
        asked = ask(daemon, name)
        assert (asked.status, asked.json["errors"][0]["pointer"]) == (400, "/username"), ascii(name)
    assert users(daemon) == before


def test_few_wait_of_an_address_and_none_longer_than_a_week(fresh):
    clock = Skewed(fresh)
    fresh.start()
    switch(fresh, "yes")
    for name in ("one", "two", "three"):
        assert ask(fresh, name).status == 202
    answer = ask(fresh, "four")
    assert (answer.status, answer.code) == (429, "too_many_registrations") and "3 registrations from this address" in answer.json["detail"]
    clock.set(WEEK_S - 60)
    assert ask(fresh, "four").status == 429
    first = min(waiting(fresh))
    clock.set(WEEK_S + 60)
    assert decide(fresh, first, "approve").code == "not_found" and "one" not in users(fresh)
    assert ask(fresh, "four").status == 202
    assert [row["username"] for row in waiting(fresh).values()] == ["four"]


def test_what_is_wrong_is_named(daemon):
    switch(daemon, "yes")
    for body in ({"username": ""}, {"username": "a" * 65}, {"username": "böse"}, {"username": "a b"}, {"username": "ohtd"},
                 {"password": "short"}, {"password": "x" * 73},
                 {"full_name": "two\nlines"}, {"full_name": "x" * 129}, {"note": "\u001b[2J"}, {"note": "x" * 257}, {"role": "king"}, {"state": "approved"}):
        answer = ask(daemon, **{"name": "berta", **{("name" if key == "username" else key): value for key, value in body.items()}})
        assert (answer.status, answer.code) == (400, "validation"), body
        assert answer.json["errors"][0]["pointer"] == f"/{next(iter(body))}"
    assert decide(daemon, 4711, "approve").code == decide(daemon, 4711, "reject").code == "not_found"
    assert decide(daemon, 4711, "approve", {"role": "king"}).code == "validation"
    switch(daemon, "no")
