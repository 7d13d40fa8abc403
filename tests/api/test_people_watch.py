# SPDX-License-Identifier: GPL-2.0-or-later
"""What administrators hear of accounts: one more administrator, whichever way, and persons who wait for an account."""
import contextlib
import sqlite3

from oht_test.client import PASSWORD
from oht_test.wait import until
from test_register import ask, decide, switch, waiting
from test_users import patch, users


def told(daemon, code):
    """Texts of the alerts of that code, by subject."""
    return {alert["subject"]: alert["text"] for alert in daemon.get("alerts").json["items"] if alert["code"] == code}


def made(daemon):
    return set(told(daemon, "administrator_made"))


def add(daemon, name, role):
    answer = daemon.post("users", {"username": name, "role": role, "password": PASSWORD})
    assert answer.status == 201, answer
    return f"account {answer.json['id']}"


def known(daemon):
    """Who is an administrator, as the file of the state folder has it."""
    with contextlib.suppress(FileNotFoundError):
        return {line.partition(" ")[2] for line in (daemon.state / "administrators").read_text().splitlines()}
    return set()


def test_a_new_administrator_is_told_whichever_way(fresh):
    with contextlib.closing(sqlite3.connect(fresh.state / "oht.db", isolation_level=None)) as database:
        database.executemany("INSERT INTO users (name, role, password_hash, disabled, created_s) VALUES (?, ?, 'x', 0, 0)",
                             (("otto", 4), ("paul", 1), ("ruth", 1)))
    fresh.start()
    first = f"account {users(fresh)['administrator']['id']}"
    until(lambda: first in known(fresh), what="the first look")
    # Who was one when this was looked at first is nobody's surprise, and is again as new as others behind a gap.
    assert patch(fresh, "otto", {"disabled": True}).status == 200
    until(lambda: f"account {users(fresh)['otto']['id']}" not in known(fresh), what="otto to be none")
    switch(fresh, "yes")
    number = ask(fresh, "sara", role="administrator").json["id"]
    wanted = {add(fresh, "anna", "administrator"), "local @panel", "local 1234"}
    assert patch(fresh, "paul", {"role": "administrator"}).status == patch(fresh, "otto", {"disabled": False}).status == 200
    assert decide(fresh, number, "approve").status == 201
    assert fresh.add_user("beside", "administrator").returncode == 0
    answer = fresh.post("users", {"username": "program", "role": "administrator", "service": True})
    assert answer.status == 201
    body = {"access": {"local_roles": "@panel=administrator 1234=administrator 1235=operator *=viewer"}}
    assert fresh.request("PATCH", "config", body, token=fresh.elevated()).status == 200
    wanted |= {f"account {users(fresh)[name]['id']}" for name in ("paul", "otto", "sara", "beside", "program")}
    until(lambda: made(fresh) == wanted, what="all of them")
    assert told(fresh, "administrator_made")["local @panel"] == "Local users @panel have become administrators (/access/local_roles)."
    until(lambda: wanted <= known(fresh), what="the file")
    fresh.kill()
    # The accounts of another day: a restore brings them, and not who was known.
    with contextlib.closing(sqlite3.connect(fresh.state / "oht.db", isolation_level=None)) as database:
        database.execute("UPDATE users SET role = 4 WHERE name = 'ruth'")
        database.execute("UPDATE users SET role = 1 WHERE name = 'anna'")
    fresh.start()
    wanted = wanted - {f"account {users(fresh)['anna']['id']}"} | {f"account {users(fresh)['ruth']['id']}"}
    until(lambda: made(fresh) == wanted, what="ruth, and anna no more")
    until(lambda: {row["severity"] for row in fresh.get("alerts/history?limit=100").json["items"] if row["code"] == "administrator_made"} == {"warning"},
          what="the history")


def test_persons_who_wait_are_told_once(fresh):
    fresh.start()
    switch(fresh, "yes")
    for name in ("berta", "carla", "dora"):
        assert ask(fresh, name).status == 202
    # More than one address may have: what strangers do gives one alert.
    with contextlib.closing(sqlite3.connect(fresh.state / "oht.db", isolation_level=None)) as database:
        database.execute("WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 29)"
                         " INSERT INTO registrations (name, full_name, role, note, password_hash, address, client, agent, created_s, until_s)"
                         " SELECT 'x' || value, '', 1, '', 'x', 'y' || value, 'y' || value, '', 0, 1 << 40 FROM n")
    newest = max(waiting(fresh))
    text = f"32 accounts that persons have asked for wait for an administrator; the newest is registration {newest}."
    until(lambda: told(fresh, "registration_waiting") == {None: text}, what="one alert")
    with contextlib.closing(sqlite3.connect(fresh.state / "oht.db", isolation_level=None)) as database:
        database.execute("UPDATE registrations SET until_s = 1 WHERE id > 1")
    assert decide(fresh, 1, "approve").status == 201
    until(lambda: not told(fresh, "registration_waiting"), what="its end")
