# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk in trouble under the running daemon, and a database that was damaged before it started."""
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import time

import pytest

from daemon import BUILD
from oht_test.client import PASSWORD
from oht_test.params import at_night
from oht_test.wait import until

pytestmark = pytest.mark.plain("shim")

SHIM = BUILD / "tests/api/disk_shim.so"


@pytest.fixture
def disk(fresh):
    """The daemon on a disk that does what is asked of it; everybody is logged in."""
    order = fresh.folder / "disk"
    order.write_text("")
    plain = fresh.environment

    def environment():
        return {**plain(), "LD_PRELOAD": str(SHIM), "OHT_DISK_SHIM": str(order),
                "ASAN_OPTIONS": "abort_on_error=0:exitcode=99:verify_asan_link_order=0"}

    fresh.environment = environment
    fresh.start()
    for role in ("viewer", "operator"):
        fresh.token(role)
    return fresh, order


def store(daemon):
    """What /health says of the store."""
    return daemon.get("health", role=None).json["store"]


def is_kept(daemon, user, generation):
    """Has the database a session of that user, whose refresh token was renewed as often?"""
    with contextlib.closing(sqlite3.connect(f"file:{daemon.state}/oht.db?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.name = ?"
                                  " AND s.generation > ?", (user, generation)).fetchone()[0]


def check_alive(daemon):
    """Live data and the stop go on."""
    assert daemon.get("robot").status == 200
    assert daemon.get("modules").status == 200
    assert daemon.get("safety/events").status == 200
    assert daemon.post("safety/stop", role="operator").status == 200


def audit(daemon):
    return daemon.get("audit?limit=200", role="administrator").json["items"]


@pytest.mark.parametrize("order, status, code, state", [
    ("full", 507, "storage_full", "full"),
    ("eio", 503, "storage_failing", "failing"),
    *at_night(("quota", 507, "storage_full", "full")),
])
def test_disk_in_trouble(disk, order, status, code, state):
    daemon, what = disk
    before = store(daemon)
    assert before.keys() == {"state", "writable", "busy_ms", "refused", "written_bytes", "synchronisations", "damaged_files"}
    assert (before["state"], before["writable"], before["refused"], before["damaged_files"]) == ("ok", True, 0, 0)
    refresh = daemon.login("viewer").json["refresh_token"]
    daemon.token("administrator")
    what.write_text(order)
    answer = daemon.post("users", {"username": "late", "role": "viewer", "password": PASSWORD})
    assert (answer.status, answer.code) == (status, code), answer
    assert answer.headers["retry-after"] == "2"
    # Whoever loads the page anew has the stop: sessions live in memory.
    later = daemon.login("administrator").json
    assert daemon.request("GET", "users", token=later["access_token"]).status == 200
    spent, refresh = refresh, daemon.request("POST", "auth/refresh", {"refresh_token": refresh}).json["refresh_token"]
    again = daemon.request("POST", "auth/refresh", {"refresh_token": later["refresh_token"]})
    assert again.status == 200
    again = daemon.request("POST", "auth/refresh", {"refresh_token": again.json["refresh_token"]})
    assert again.status == 200
    # A wrong password is told as always: nobody learns from it that the disk is full.
    assert daemon.login("administrator", "wrong password").status == 401
    health = daemon.get("health", role=None).json
    assert health["status"] == "degraded"
    assert (health["store"]["state"], health["store"]["writable"]) == (state, False)
    assert health["store"]["refused"] >= 4
    check_alive(daemon)
    ended = daemon.login("operator").json
    daemon.request("POST", "auth/logout", {}, token=ended["access_token"])
    assert daemon.request("POST", "auth/refresh", {"refresh_token": ended["refresh_token"]}).status == 401
    # It finds out by itself, and writes what it has kept in memory: also what nobody asks for.
    what.write_text("")
    until(lambda: store(daemon)["writable"], 120, "a store that writes")
    # What was not recorded meanwhile comes behind a record that says so.
    waited = until(lambda: [item for item in audit(daemon) if item["act"] == "gap"], what="the gap of the audit")[0]
    assert json.loads(waited["after"])["lost"] == 0
    assert f"{status} {code}" in [item["result"] for item in audit(daemon) if item["number"] > waited["number"]]
    refresh = daemon.request("POST", "auth/refresh", {"refresh_token": refresh}).json["refresh_token"]
    assert daemon.login("administrator").status == 200
    until(lambda: is_kept(daemon, "administrator", 2), what="the session that was made meanwhile")
    daemon.kill()
    daemon.start()
    assert daemon.request("POST", "auth/refresh", {"refresh_token": again.json["refresh_token"]}).status == 200
    assert daemon.request("POST", "auth/refresh", {"refresh_token": ended["refresh_token"]}).status == 401
    assert daemon.request("POST", "auth/refresh", {"refresh_token": refresh}).status == 200
    assert daemon.request("POST", "auth/refresh", {"refresh_token": spent}).status == 401
    daemon.stop()


def test_slow_disk(disk):
    daemon, what = disk
    what.write_text("held")
    connection = daemon.connect(60)
    body = b'{"username":"administrator","password":"correct horse battery"}'
    connection.sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                       b"Content-Length: %d\r\n\r\n" % len(body) + body)
    until(lambda: store(daemon)["state"] in ("stalled", "hung"), 120, "a store that is told as stalled")
    assert store(daemon)["writable"] is False
    check_alive(daemon)
    # It is late, not lost.
    what.write_text("")
    assert connection.recv(20).startswith(b"HTTP/1.1 200")
    connection.close()
    until(lambda: store(daemon)["state"] == "ok", 120, "a store that is well")


@pytest.fixture
def small_disk(fresh):
    """The state directory on a disk of 4 MiB; fill() leaves no room on it."""
    copy = fresh.folder / "copy"
    shutil.copytree(fresh.state, copy)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "none", fresh.state], check=True)
    try:
        shutil.copytree(copy, fresh.state, dirs_exist_ok=True)
        fresh.state.chmod(0o700)
        fresh.start()
        yield fresh
        fresh.kill()
    finally:
        subprocess.run(["umount", "-l", fresh.state], check=True)


def fill(folder):
    """Until nothing more can be written."""
    with contextlib.suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def alerts(daemon):
    return [alert["code"] for alert in daemon.get("alerts").json["items"]]


def add_until_full(daemon):
    """The write-ahead log that a kill leaves behind is written anew from its beginning: there is room for some users in it."""
    for number in range(100):
        answer = daemon.post("users", {"username": f"late{number}", "role": "viewer", "password": PASSWORD})
        if answer.status != 201:
            return answer.code
    return "never"


@pytest.mark.parametrize("end", ["kill", *at_night("stop")])
def test_start_on_a_full_disk(small_disk, end):
    daemon = small_disk
    refresh = daemon.login("viewer").json["refresh_token"]
    fill(daemon.state)
    if end == "stop":
        daemon.stop()
    else:
        daemon.kill()
    # What was open to be deleted has given its room back.
    fill(daemon.state)
    daemon.tokens.clear()
    daemon.start()
    assert daemon.login("operator").status == 200
    until(lambda: "disk_low" in alerts(daemon), what="a word about the room")
    renewed = daemon.request("POST", "auth/refresh", {"refresh_token": refresh})
    assert renewed.status == 200, renewed
    check_alive(daemon)
    assert add_until_full(daemon) == "storage_full"
    health = daemon.get("health", role=None).json
    assert "full" in [reason["code"] for reason in health["reasons"]], health
    assert health["disk"]["low"] and health["disk"]["free_bytes"] < health["disk"]["size_bytes"] / 20, health
    (daemon.state / "filler").unlink()
    until(lambda: store(daemon)["writable"], 120, "a store that writes")
    until(lambda: "disk_low" not in alerts(daemon), what="its end")
    assert not daemon.get("health", role=None).json["disk"]["low"]
    assert daemon.post("users", {"username": "late", "role": "viewer", "password": PASSWORD}).status == 201
    assert daemon.request("POST", "auth/refresh", {"refresh_token": renewed.json["refresh_token"]}).status == 200


@pytest.mark.slow
def test_the_reserve_of_the_disk_is_for_what_matters_most(small_disk):
    """History stops before the last eighth, and a backup is refused; accounts and configuration go on, and so does all else when there is room."""
    daemon = small_disk
    daemon.stop()
    subprocess.run(["mount", "-o", "remount,size=40m", daemon.state], check=True)
    daemon.write_config(history_flush_s="1")
    daemon.start()
    history = lambda: daemon.get("health", role=None).json["history"]
    until(lambda: history()["flushes"], what="values on the disk")
    left = os.statvfs(daemon.state).f_blocks * 4096 // 8 - 65536
    with (daemon.state / "filler").open("wb", buffering=0) as file:
        while os.statvfs(daemon.state).f_bavail * 4096 > left:
            file.write(bytes(4096))
    until(lambda: history()["state"] == "full", what="a history that stops")
    until(lambda: "history_failing" in alerts(daemon), what="its alert")
    before = (daemon.state / "history.db-wal").stat().st_size + (daemon.state / "history.db").stat().st_size
    for number in range(30):
        assert daemon.post("users", {"username": f"late{number}", "role": "viewer", "password": PASSWORD}).status == 201
    for wanted in ({}, {"history": True}):
        job = daemon.post("backups", wanted, role="administrator").json["job"]
        ended = until(lambda: [item for item in daemon.get("jobs", role="administrator").json["items"]
                               if (item["id"], item["state"]) == (job, "failed")], what="the end of the job")[0]
        assert ended["result"] == "there is not enough room on the disk; nothing was written"
    assert store(daemon)["state"] == "ok" and history()["state"] == "full" and history()["waiting"] >= 1
    assert before == (daemon.state / "history.db-wal").stat().st_size + (daemon.state / "history.db").stat().st_size
    (daemon.state / "filler").unlink()
    until(lambda: history()["state"] == "ok" and not history()["waiting"], 120, "a history that goes on")


def set_inodes(folder, count):
    """Without a free one no file can be made, though the disk has room."""
    subprocess.run(["mount", "-o", f"remount,nr_inodes={count}", folder], check=True)


@pytest.mark.slow
def test_start_without_inodes(small_disk):
    daemon = small_disk
    refresh = daemon.login("viewer").json["refresh_token"]
    daemon.kill()
    disk = os.statvfs(daemon.state)
    set_inodes(daemon.state, disk.f_files - disk.f_ffree)
    daemon.tokens.clear()
    daemon.start()
    assert daemon.login("operator").status == 200
    assert daemon.request("POST", "auth/refresh", {"refresh_token": refresh}).status == 200
    check_alive(daemon)
    # The database needs no further file, the history and a backup do.
    assert daemon.post("users", {"username": "late", "role": "viewer", "password": PASSWORD}).status == 201
    until(lambda: daemon.get("health", role=None).json["history"]["state"] == "failing", what="a history that is not kept")
    job = daemon.post("backups", role="administrator").json["job"]
    ended = until(lambda: [item for item in daemon.get("jobs", role="administrator").json["items"]
                           if (item["id"], item["state"]) == (job, "failed")], what="the end of the job")[0]
    assert ended["result"] == "there is not enough room on the disk; nothing was written"
    set_inodes(daemon.state, disk.f_files)
    until(lambda: daemon.get("health", role=None).json["status"] == "ok", 120, "a robot that is well")


def test_start_on_a_read_only_disk(small_disk):
    daemon = small_disk
    refresh = daemon.login("viewer").json["refresh_token"]
    daemon.stop()
    subprocess.run(["mount", "-o", "remount,ro", daemon.state], check=True)
    daemon.tokens.clear()
    daemon.start()
    assert daemon.login("operator").status == 200
    assert daemon.request("POST", "auth/refresh", {"refresh_token": refresh}).status == 200
    check_alive(daemon)
    assert daemon.post("users", {"username": "late", "role": "viewer", "password": PASSWORD}).code == "storage_read_only"
    assert "read_only" in [reason["code"] for reason in daemon.get("health", role=None).json["reasons"]]


def test_start_with_a_full_disk_and_a_certificate_that_is_due(small_disk):
    daemon = small_disk
    daemon.stop()
    fill(daemon.state)
    daemon.write_config(http_names="192.168.7.7")
    daemon.start()
    assert daemon.login("operator").status == 200
    assert "certificate_not_renewed" in [reason["code"] for reason in daemon.get("health", role=None).json["reasons"]]
    assert "certificate_not_renewed" in daemon.log()


def damage(database, table):
    """The first page of a table becomes nonsense."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
    data = bytearray(database.read_bytes())
    data[(page - 1) * 4096:page * 4096] = b"\xa5" * 4096
    database.write_bytes(data)


def set_aside(daemon):
    """The databases that a repair has kept."""
    return [file for file in daemon.state.iterdir() if ".damaged-" in file.name and not file.name.endswith("-wal")]


def test_damaged_database(fresh):
    fresh.start()
    fresh.token("viewer")
    fresh.stop()
    database = fresh.state / "oht.db"
    damage(database, "journal")
    # A start does not read all of it: the damage is found beside the work, and then nothing more is written.
    fresh.start()
    until(lambda: store(fresh)["state"] == "damaged", 120, "the damage being found")
    assert store(fresh)["writable"] is False
    assert fresh.get("robot").status == 200
    answer = fresh.login("operator")
    assert (answer.status, answer.code) == (503, "storage_damaged")
    fresh.stop()
    data = database.read_bytes()
    fresh.start()
    health = fresh.get("health", role=None).json
    assert health["status"] == "degraded"
    assert (health["store"]["state"], health["store"]["writable"]) == ("damaged", True)
    assert health["store"]["damaged_files"] == 1
    aside = set_aside(fresh)
    assert [file.read_bytes() for file in aside] == [data]
    assert "salvaged" in fresh.log()
    # Until somebody has looked.
    time.sleep(1.5)
    assert store(fresh)["state"] == "damaged"
    aside[0].rename(fresh.folder / "looked-at")
    until(lambda: store(fresh)["state"] == "ok", 120, "a store that is well")
    # Sessions and accounts are whole.
    assert fresh.get("robot").status == 200


def test_damage_in_what_the_start_reads(fresh):
    fresh.start()
    fresh.token("viewer")
    fresh.stop()
    damage(fresh.state / "oht.db", "sessions")
    fresh.start()
    assert (store(fresh)["state"], store(fresh)["writable"]) == ("damaged", True)
    assert len(set_aside(fresh)) == 1
    # What was lost is the session.
    assert fresh.get("robot").code == "token_revoked"
    fresh.tokens.clear()
    assert fresh.get("robot").status == 200
