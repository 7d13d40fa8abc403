# SPDX-License-Identifier: GPL-2.0-or-later
"""Backups: what is in them and what is not, their way back, and what is refused with nothing changed."""
import contextlib
import datetime
import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import zlib

import pytest

from clocks import Skewed
from daemon import BUILD, OHTD, TOP, Daemon, begin, die_with_us, serving
from oht_test.client import PASSWORD
from oht_test.wait import until

HEAD = struct.Struct("<8sII16s")
NOBODY = 65534


@pytest.fixture(scope="module", name="own")
def _own(tmp_path_factory, accounts):
    """A daemon of this module, with a name, a webhook and a key."""
    made = begin(tmp_path_factory.mktemp("backups"), accounts)
    key = made.folder / "backup.key"
    key.write_text(secrets.token_hex(32) + "\n")
    key.chmod(0o600)
    made.write_config(backup_key=key, history_flush_s="1")
    with serving(made):
        yield made


def ended(daemon, answer):
    """The job that the answer names, at its end."""
    assert answer.status == 202, answer
    def over():
        found.append(daemon.get(f"jobs/{answer.json['job']}", role="administrator").json)
        return found[-1]["ended"]
    found = []
    until(over, what="the end of the job")
    return found[-1]


def make(daemon, **body):
    """Id of a new backup."""
    job = ended(daemon, daemon.post("backups", body))
    assert job["state"] == "done" and job["progress"] == 100 and job["kind"] == "backup", job
    return job["backup"]


def file_of(daemon, number):
    return daemon.state / "backups" / f"{number}.ohtbackup"


def verify(daemon, number):
    return ended(daemon, daemon.post(f"backups/{number}/verify"))


def elevate(daemon):
    """And the robot waits in safe."""
    until(lambda: daemon.get("robot").json["state"] in ("safe", "estop"), what="safe")
    daemon.post("auth/elevate", {"password": PASSWORD})


def restore(daemon, number, **body):
    """Its job, at its end."""
    elevate(daemon)
    return ended(daemon, daemon.post(f"backups/{number}/restore", body))


def rows(daemon, sql):
    with contextlib.closing(sqlite3.connect(f"file:{daemon.state / 'oht.db'}?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchall()


def past(daemon, sql, file=None):
    """Rows of the history."""
    with contextlib.closing(sqlite3.connect(f"file:{file or daemon.state / 'history.db'}?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchall()


def at_ns(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000) * 10**6


def has_past(daemon):
    """Values are in its file."""
    return daemon.get("health", role="administrator").json["history"]["flushes"]


def with_manifest(data, **change):
    """The same file with other words in its manifest; its digest is right."""
    magic, flags, length, salt = HEAD.unpack(data[:HEAD.size])
    text = json.dumps({**json.loads(data[HEAD.size:HEAD.size + length]), **change}).encode()
    made = HEAD.pack(magic, flags, len(text), salt) + text + data[HEAD.size + length:-32]
    return made + hashlib.sha256(made).digest()


def ohtctl(daemon, *words):
    return subprocess.run([BUILD / "userspace/ohtctl/ohtctl", *words, "--socket", daemon.socket], capture_output=True, text=True, check=False,
                          env={**daemon.environment(), "XDG_STATE_HOME": str(daemon.folder)})


def leftovers(daemon):
    return {path.name for path in (daemon.state / "backups").iterdir() if path.suffix != ".ohtbackup"} | {
        path.name for path in daemon.state.glob("*.db.*")}


# ---- what one is ----

def test_a_backup_says_what_it_is(own):
    number = make(own)
    shown = own.get(f"backups/{number}", role="supervisor").json
    assert shown in own.get("backups", role="supervisor").json["items"] and shown["encrypted"] and not shown["damaged"] and not shown["automatic"]
    assert {each["table"]: each["rows"] for each in shown["rows"]}["users"] == 4
    assert {"sessions", "PINs", "registrations", "codes for a new password", "recovery codes", "keys of programs"} <= set(shown["left_out"])
    file = file_of(own, number)
    assert file.stat().st_mode & 0o777 == 0o600 and file.stat().st_size == shown["bytes"] and not leftovers(own)
    magic, flags, length, _ = HEAD.unpack(file.read_bytes()[:HEAD.size])
    manifest = json.loads(file.read_bytes()[HEAD.size:HEAD.size + length])
    assert (magic, flags) == (b"OHTBACK1", 1) and manifest["content_sha256"] == shown["content_sha256"]
    assert own.get(f"backups/{number}/content", role="administrator").body == file.read_bytes()
    assert verify(own, number)["state"] == "done"
    assert own.request("DELETE", f"backups/{number}", role="administrator").status == 204 and not file.exists()
    assert own.get(f"backups/{number}", role="supervisor").status == 404


def test_a_file_of_any_size_is_kept_elsewhere(own, tmp_path):
    """It comes in pieces with its length in front; what does not come whole, or has no room under its name, leaves nothing."""
    number, elsewhere = 20200101000000, tmp_path / "kept"
    part = secrets.token_bytes(1 << 20)
    file_of(own, number).write_bytes(part * 33)
    told = own.request("HEAD", f"backups/{number}/content", role="administrator")
    assert (told.status, told.headers["content-length"], told.body) == (200, str(33 << 20), b"")
    assert told.headers["content-disposition"] == f'attachment; filename="{number}.ohtbackup"'
    saved = ohtctl(own, "backup", "save", str(number), "--output", str(elsewhere))
    assert saved.returncode == 0 and saved.stderr == f"{elsewhere}: 33.0 MiB\n", saved
    assert elsewhere.stat().st_mode & 0o777 == 0o600 and elsewhere.read_bytes() == part * 33
    elsewhere.write_text("mine")
    assert "File exists" in ohtctl(own, "backup", "save", str(number), "--output", str(elsewhere)).stderr and elsewhere.read_text() == "mine"
    elsewhere.unlink()
    file_of(own, number).unlink()
    # The one before has left in the middle, which the daemon sees a moment later.
    refused = until(lambda: "too_many_exports" not in (done := ohtctl(own, "backup", "save", str(number), "--output", str(elsewhere))).stderr and done,
                    what="the end of the one before")
    assert refused.returncode == 1 and f"there is no backup {number}" in refused.stderr and not elsewhere.exists()


def test_a_transfer_goes_on_where_it_was_broken_off(own):
    number, whole = 20200101000000, secrets.token_bytes(200_000)
    file_of(own, number).write_bytes(whole)
    tag = own.request("HEAD", f"backups/{number}/content", role="administrator", headers={"Range": "bytes=1-"}).headers["etag"]
    for asked, same, begins in (("bytes=199999-", None, 199_999), ("bytes=1-", tag, 1), ("bytes=1-", '"another"', 0), ("bytes=200000-", '"another"', 0),
                                ("bytes=0-7", None, 0), ("bytes=-5", None, 0), ("bytes=99999999999999999999-", None, 0)):
        rest = own.get(f"backups/{number}/content", role="administrator", headers={"Range": asked, **({"If-Range": same} if same else {})})
        assert (rest.status, rest.body) == (206 if begins else 200, whole[begins:]), asked
        assert rest.headers.get("content-range") == (f"bytes {begins}-199999/200000" if begins else None), asked
    for asked in ("bytes=200000-", "bytes=9999999999-"):
        rest = own.get(f"backups/{number}/content", role="administrator", headers={"Range": asked, "If-Range": tag})
        assert (rest.status, rest.code, rest.headers["content-range"]) == (416, "range_beyond_end", "bytes */200000"), asked
    file_of(own, number).unlink()


def test_a_file_that_loses_its_end_breaks_off(own):
    """The disk loses its end while it is on its way."""
    number = 20200101000000
    file_of(own, number).write_bytes(bytes(64 << 20))
    link = own.connection()
    link.request("GET", f"/api/v1/backups/{number}/content", None, {"Authorization": f"Bearer {own.elevated()}"})
    with link.getresponse() as answer:
        came = len(answer.read(1 << 16))
        os.truncate(file_of(own, number), 1 << 20)
        while more := len(answer.read(1 << 16)):
            came += more
    link.close()
    assert came < 64 << 20 and "download_cut: backup of administrator" in own.log()
    file_of(own, number).unlink()


@pytest.mark.parametrize("method, path, role", [
    ("GET", "backups", "operator"), ("POST", "backups", "supervisor"), ("GET", "backups/1/content", "supervisor"), ("DELETE", "backups/1/restore", "supervisor"),
    ("POST", "backups/1/restore", "supervisor"), ("DELETE", "jobs/1", "supervisor")])
def test_a_role_too_low(own, method, path, role):
    assert own.request(method, path, role=role).code == "role"


def test_a_restore_needs_an_elevated_session(own):
    own.request("DELETE", "auth/elevate", role="administrator")
    answer = own.post("backups/20261127020000/restore", token=own.token("administrator"))
    assert (answer.status, answer.code) == (403, "elevation_required")


def test_what_is_not_there(own):
    elevate(own)
    for path in ("backups/1/verify", "backups/20261127020000/verify", "backups/20261127020000/restore"):
        assert own.post(path).code == "not_found", path
    assert own.get("jobs/1", role="supervisor").json["detail"] == "there is no job 1 since the start: see GET jobs"


# ---- damaged, cut, with another key: refused, and nothing changed ----

def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def test_each_damage_is_found(own, chance):
    number = make(own)
    file, before = file_of(own, number), rows(own, "SELECT * FROM users")
    good = file.read_bytes()
    elevate(own)
    bad = [good[:-1], good[:len(good) // 2], good[:10], b"", good + b"x", bytes(len(good)),
           *(flipped(good, place) for place in (0, 9, 40, len(good) - 1, chance.randrange(HEAD.size, len(good))))]
    for data in bad:
        file.write_bytes(data)
        job = verify(own, number)
        assert job["state"] == "failed" and job["result"], data[:20]
    job = restore(own, number)
    assert job["state"] == "failed" and "nothing was changed" in job["result"]
    assert not leftovers(own) and rows(own, "SELECT * FROM users") == before
    file.unlink()


def test_an_encrypted_one_shows_nothing_of_its_content(own):
    number = make(own)
    data = file_of(own, number).read_bytes()
    assert b"$2b$" not in data and b"administrator" not in data[HEAD.size + 2000:]
    own.request("DELETE", f"backups/{number}", role="administrator")


def test_a_robot_with_a_key_takes_none_in_clear(fresh):
    """Whoever can write a file writes the name of this robot into its manifest, too."""
    fresh.start()
    number = make(fresh)
    # Lengths that no disk has room for, and whose sum is small.
    large = file_of(fresh, number).with_name("20250101000000.ohtbackup")
    huge = 2**63 - 1
    large.write_bytes(with_manifest(file_of(fresh, number).read_bytes(), form=2, content_bytes=huge,
                                    history={"schema": 1, "bytes": huge, "sha256": 64 * "0", "from_ns": 0, "to_ns": 1}))
    job = restore(fresh, 20250101000000)
    assert job["state"] == "failed" and "not enough room" in job["result"], job
    fresh.stop()
    key = fresh.folder / "backup.key"
    key.write_text(secrets.token_hex(32) + "\n")
    key.chmod(0o600)
    fresh.write_config(backup_key=key)
    fresh.tokens.clear()
    fresh.start()
    for body in ({}, {"not_encrypted": False}, {"from_another_robot": True}):
        job = restore(fresh, number, **body)
        assert job["state"] == "failed" and "it is not encrypted" in job["result"] and "nothing was changed" in job["result"], job
    assert not leftovers(fresh)
    job = verify(fresh, number)
    assert job["state"] == "done" and "a restore wants not_encrypted" in job["result"], job
    job = restore(fresh, number, not_encrypted=True)
    assert job["state"] == "done" and "not encrypted" in job["result"], job
    alert, = [item for item in fresh.get("alerts").json["items"] if item["code"] == "restore_waits"]
    assert "It is not encrypted" in alert["text"]
    record = records(fresh)[-1]
    assert record["act"] == "POST backups/{id}/restore" and json.loads(record["after"])["not_encrypted"] is True, record
    assert fresh.request("DELETE", f"backups/{number}/restore", role="administrator").status == 204
    # One of its own needs no word.
    number = make(fresh)
    job = restore(fresh, number)
    assert job["state"] == "done" and "not encrypted" not in job["result"], job
    assert "It is not encrypted" not in [item for item in fresh.get("alerts").json["items"] if item["code"] == "restore_waits"][0]["text"]
    fresh.stop()


def test_a_backup_that_is_taken_away_is_a_record(own):
    number = make(own)
    answer = own.get(f"backups/{number}/content", role="administrator", headers={"Range": "bytes=10-"})
    assert answer.status == 206
    own.request("DELETE", "auth/elevate", role="administrator")
    plain = own.get(f"backups/{number}/content", token=own.token("administrator"), role=None)
    assert plain.code == "elevation_required"

    def told():
        return [item for item in records(own) if (item["act"], item["object"]) == ("GET backups/{id}/content", f"backups/{number}/content")]
    # Both are written behind their answers.
    done, refused = sorted(until(lambda: len(found := told()) == 2 and found, what="both records"), key=lambda item: item["result"])
    assert (done["who"], done["result"]) == ("administrator", "206")
    assert refused["result"] == "403 elevation_required"
    own.request("DELETE", f"backups/{number}", role="administrator")


# ---- with the history ----

def test_with_the_history_it_says_so_and_damage_there_is_told_apart(own):
    until(lambda: has_past(own), what="values in the file")
    small, number = make(own), make(own, history=True)
    shown, without = (own.get(f"backups/{each}", role="supervisor").json for each in (number, small))
    assert without["history_bytes"] is None and without["history_from"] is None and "history.db" in without["left_out"]
    assert shown["history_bytes"] > 0 and shown["history_from"] < shown["history_to"] <= shown["made"] and "history.db" not in shown["left_out"]
    assert not leftovers(own)
    job = verify(own, number)
    assert job["state"] == "done" and "with the history" in job["result"], job
    good = file_of(own, number).read_bytes()
    length = HEAD.unpack(good[:HEAD.size])[2]
    assert json.loads(good[HEAD.size:HEAD.size + length])["form"] == 2
    assert json.loads(file_of(own, small).read_bytes()[HEAD.size:HEAD.size + length].split(b"\n")[0])["form"] == 1
    elevate(own)
    for data in (good[:-1], good[:-100], flipped(good, len(good) - 50), good + b"x"):
        file_of(own, number).write_bytes(data)
        job = verify(own, number)
        assert job["state"] == "failed" and "its history: it " in job["result"] and "can be restored without" in job["result"], job
    job = restore(own, number)
    assert job["state"] == "failed" and "nothing was changed" in job["result"] and not leftovers(own), job
    # One that lies in front of it is none of the history.
    file_of(own, number).write_bytes(flipped(good, HEAD.size + length + 100))
    assert "its history" not in verify(own, number)["result"]
    assert own.post("backups", {"history": 1}).code == own.post("backups", {"past": True}).code == "validation"
    for each in (small, number):
        file_of(own, each).unlink()


def test_the_history_comes_back_and_stays_when_it_is_left_out(fresh, tmp_path):
    fresh.write_config(history_flush_s="1")
    fresh.start()
    until(lambda: has_past(fresh), what="values in the file")
    number = make(fresh, history=True)
    _, copy = unpacked(fresh, tmp_path, number)
    program = (TOP / "docs/backup.md").read_text().split("```python\n")[1].split("```")[0]
    subprocess.run([sys.executable, "-c", program, file_of(fresh, number), tmp_path / "taken.db"], check=True)
    assert (tmp_path / "taken.db").read_bytes() == copy.read_bytes()
    old = past(fresh, "SELECT place, samples FROM intervals", copy)
    (first, behind), = past(fresh, """SELECT min(start_ns + (place & 0xffffffffff) * cycle_ns), max(start_ns + ((place & 0xffffffffff) + cycles) * cycle_ns)
                                      FROM intervals, runs WHERE run = place >> 40""", copy)
    shown = fresh.get(f"backups/{number}", role="supervisor").json
    assert [at_ns(shown[name]) // 10**6 for name in ("history_from", "history_to")] == [first // 10**6, behind // 10**6]
    pragmas = [past(fresh, f"PRAGMA {name}") == past(fresh, f"PRAGMA {name}", copy) for name in ("auto_vacuum", "page_size", "application_id")]
    assert old and all(pragmas)
    fresh.stop()
    with contextlib.closing(sqlite3.connect(fresh.state / "history.db", isolation_level=None)) as database:
        database.execute("INSERT INTO signals VALUES (900, 'later', 0, '', 'number', '')")
    fresh.start()
    # What cannot be read does not stand in the way of the accounts.
    good = file_of(fresh, number).read_bytes()
    file_of(fresh, number).write_bytes(good[:-1])
    assert restore(fresh, number)["state"] == "failed"
    assert "with its history" not in restore(fresh, number, history=False)["result"] and leftovers(fresh) == {"oht.db.restore"}
    fresh.stop()
    fresh.start()
    assert past(fresh, "SELECT name FROM signals WHERE name = 'later'") and not list(fresh.state.glob("history.db.*"))
    fresh.tokens.clear()
    file_of(fresh, number).write_bytes(good)
    job = restore(fresh, number)
    assert job["state"] == "done" and "with its history" in job["result"] and "history.db.restore" in leftovers(fresh), job
    fresh.stop()
    fresh.start()
    assert not past(fresh, "SELECT name FROM signals WHERE name = 'later'")
    assert set(old) <= set(past(fresh, "SELECT place, samples FROM intervals"))
    kept, = fresh.state.glob("history.db.*")
    assert kept.name.startswith("history.db.before-") and past(fresh, "SELECT name FROM signals WHERE name = 'later'", kept)


# ---- without a key: no secret that opens anything ----

def unpacked(daemon, folder, number):
    """The databases in it, by another program than ours."""
    data = file_of(daemon, number).read_bytes()
    _, _, length, _ = HEAD.unpack(data[:HEAD.size])
    at, paths = HEAD.size + length, []
    while at < len(data):
        packed, last = b"", False
        while not last:
            word, = struct.unpack_from("<I", data, at)
            last, size = word >> 31, word & 0x7FFFFFFF
            packed += data[at + 4:at + 4 + size]
            at += 4 + size
        assert data[at:at + 32] == hashlib.sha256(data[:at]).digest()
        at += 32
        paths.append(folder / f"unpacked-{len(paths)}.db")
        paths[-1].write_bytes(zlib.decompress(packed))
    return paths


def test_a_year_old_backup_opens_nothing_of_today(fresh, tmp_path):
    fresh.write_config(webhooks_destinations="127.0.0.1:9")
    fresh.start()
    hook = fresh.post("webhooks", {"url": "https://127.0.0.1:9/"}).json
    token, number = fresh.token("administrator"), make(fresh)
    refresh = fresh.login("administrator").json["refresh_token"]
    path, = unpacked(fresh, tmp_path, number)
    assert hook["secret"].encode() not in path.read_bytes() and hook["secret"].encode() not in file_of(fresh, number).read_bytes()
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
        assert database.execute("SELECT count(*) FROM users").fetchone() == (4,)
    # What comes later is gone after the restore, and what was kept is beside it.
    assert fresh.post("users", {"username": "later", "password": PASSWORD, "role": "viewer"}).status == 201
    key = (fresh.state / "token.key").read_bytes()
    job = restore(fresh, number)
    assert job["state"] == "done" and (fresh.state / "oht.db.restore").exists(), job
    assert restore(fresh, number)["state"] == "failed"
    fresh.stop()
    fresh.start()
    assert fresh.another().request("GET", "robot", token=token).status == 401
    assert fresh.request("POST", "auth/refresh", {"refresh_token": refresh}).code == "refresh_refused"
    fresh.tokens.clear()
    assert (fresh.state / "token.key").read_bytes() != key
    assert sorted(name for name, in rows(fresh, "SELECT name FROM users")) == ["administrator", "operator", "supervisor", "viewer"]
    (secret, enabled), = rows(fresh, "SELECT secret, enabled FROM webhooks")
    assert not enabled and secret.startswith("whsec_") and secret != hook["secret"]
    kept, = fresh.state.glob("oht.db.before-*")
    with contextlib.closing(sqlite3.connect(kept)) as database:
        assert ("later",) in database.execute("SELECT name FROM users").fetchall()
    assert not (fresh.state / "oht.db.restore").exists() and not (fresh.state / "oht.db.before").exists()


def test_one_of_another_robot_or_of_a_newer_program(fresh):
    """Their digests are right."""
    fresh.start()
    number = make(fresh)
    file = file_of(fresh, number)
    data = file.read_bytes()
    size = fresh.get(f"backups/{number}", role="administrator").json["content_bytes"]
    for change, said in (({"form": 99}, "newer"), ({"robot_id": "0" * 31 + "1", "robot_name": "twin"}, "'twin'"),
                         ({"content_bytes": size + 1}, "not what its manifest says"), ({"schema": "x"}, "no sense")):
        file.write_bytes(with_manifest(data, **change))
        job = restore(fresh, number)
        assert job["state"] == "failed" and said in job["result"] and "nothing was changed" in job["result"], job
        assert not leftovers(fresh)
    file.write_bytes(with_manifest(data, robot_id="0" * 31 + "1"))
    assert restore(fresh, number, from_another_robot=True)["state"] == "done"


def test_a_database_that_does_not_open_is_taken_out_again(fresh):
    """It is whole, and migrations that it has had are missing in its list: they make tables that are there."""
    fresh.start()
    fresh.stop()
    shutil.copy(fresh.state / "oht.db", fresh.state / "oht.db.restore")
    with contextlib.closing(sqlite3.connect(fresh.state / "oht.db.restore", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute("DELETE FROM schema_migrations WHERE version > 30")
        database.execute("CREATE TABLE restore_order (by_whom TEXT, file TEXT, made_ns INTEGER) STRICT")
    fresh.start()
    assert "restore_undone" in fresh.log() and len(rows(fresh, "SELECT * FROM users")) == 4
    assert "restore undone" in {item["act"] for item in records(fresh)}
    assert not (fresh.state / "oht.db.before").exists()


# ---- the audit of today, and a change that waits ----

def records(daemon):
    return list(reversed(daemon.get("audit?limit=200", role="administrator").json["items"]))


def name(daemon, text, query=""):
    answer = daemon.request("PATCH", f"config{query}", {"robot": {"name": text}}, role="administrator",
                            headers={"Content-Type": "application/merge-patch+json"})
    assert answer.status == 200, answer


def put_in(daemon, number):
    """Restored and started."""
    assert restore(daemon, number)["state"] == "done"
    daemon.stop()
    daemon.start()
    daemon.tokens.clear()


def altered(daemon):
    return "audit_altered" in daemon.get("health", role=None).body.decode()


def test_the_audit_of_today_goes_on_and_what_waited_returns(fresh):
    fresh.start()
    name(fresh, "of before")
    name(fresh, "of the backup", "?confirm_within_s=600")
    number = make(fresh)
    assert fresh.request("POST", "config/confirm", role="administrator").status == 200
    name(fresh, "of today")
    assert ohtctl(fresh, "audit", "verify").returncode == 0
    put_in(fresh, number)
    found = records(fresh)
    assert [item["number"] for item in found] == list(range(1, len(found) + 1))
    order = next(item for item in found if item["act"] == "POST backups/{id}/restore")
    done = next(item for item in found if item["act"] == "restore")
    assert (order["who"], order["result"], done["who"], done["object"]) == ("administrator", "202", "administrator", f"{number}.ohtbackup")
    assert order["number"] < done["number"] and json.loads(done["after"])["audit"] == "of today"
    # What this computer has seen is the beginning, and nothing was found.
    said = ohtctl(fresh, "audit", "verify")
    assert said.returncode == 0 and not altered(fresh), said
    assert fresh.get("config").json["robot"]["name"] == "of before" and fresh.get("config/pending").json["version"] is None
    # The audit tells of version 4, which the backup does not have: its number is not given again.
    returned, pending = fresh.get("config/versions?limit=2").json["items"]
    assert (returned["version"], pending["version"]) == (5, 3)


def test_an_audit_of_before_that_cannot_be_read_is_told(fresh):
    fresh.start()
    number = make(fresh)
    assert restore(fresh, number)["state"] == "done"
    fresh.stop()
    with contextlib.closing(sqlite3.connect(fresh.state / "oht.db", isolation_level=None)) as database:
        database.execute("DROP TABLE audit_tree")
    fresh.start()
    fresh.tokens.clear()
    found = {item["act"]: item for item in records(fresh)}
    assert json.loads(found["restore"]["after"])["audit"] == "of the backup" and found["found altered"]["result"] == "cut"
    assert altered(fresh) and "not_carried_over" in fresh.log()


# ---- without a daemon ----

def restore_offline(daemon, file, *more):
    return subprocess.run([OHTD, "--config", daemon.config, "--restore", file, *more], capture_output=True, text=True, check=False,
                          env=daemon.environment())


def test_a_lost_state_folder_comes_back_with_one_command(fresh):
    fresh.write_config(history_flush_s="1")
    fresh.start()
    kept = fresh.folder / "kept.ohtbackup"
    until(lambda: has_past(fresh), what="values in the file")
    kept.write_bytes(file_of(fresh, make(fresh, history=True)).read_bytes())
    runs = past(fresh, "SELECT run, start_ns FROM runs")
    refused = restore_offline(fresh, kept)
    assert refused.returncode == 1 and "another ohtd runs" in refused.stderr
    robot = (fresh.state / "robot.id").read_text()
    fresh.stop()
    shutil.rmtree(fresh.state)
    done = restore_offline(fresh, kept)
    assert done.returncode == 0 and "with its history, ready: the next start" in done.stdout, done.stderr
    fresh.tokens.clear()
    fresh.start()
    assert set(runs) <= set(past(fresh, "SELECT run, start_ns FROM runs"))
    assert fresh.get("robot").status == 200 and (fresh.state / "robot.id").read_text() == robot
    done = next(item for item in records(fresh) if item["act"] == "restore")
    assert done["number"] > 5 and (done["who"], done["object"]) == (f"uid {os.getuid()}", "kept.ohtbackup") and not altered(fresh)
    # A backup of another robot needs the option; the id of this robot stays.
    fresh.stop()
    (fresh.state / "robot.id").write_text("0" * 31 + "1\n")
    refused = restore_offline(fresh, kept)
    assert refused.returncode == 1 and "another robot" in refused.stderr and not list(fresh.state.glob("oht.db.*r*"))
    # As ohtctl has it done.
    done = subprocess.run([BUILD / "userspace/ohtctl/ohtctl", "backup", "restore", kept, "--another-robot", "--without-history", "--config", fresh.config],
                          capture_output=True, text=True, check=False, env={**fresh.environment(), "PATH": f"{OHTD.parent}:{os.environ['PATH']}"})
    assert done.returncode == 0 and ", ready" in done.stdout and "its history" not in done.stdout and not list(fresh.state.glob("history.db.*r*")), done
    refused = restore_offline(fresh, kept, "--another-robot")
    assert refused.returncode == 1 and "waits for the next start" in refused.stderr
    assert fresh.add_user("late", "viewer").returncode == 1
    fresh.tokens.clear()
    fresh.start()
    assert (fresh.state / "robot.id").read_text() == "0" * 31 + "1\n" and fresh.get("robot").status == 200


def test_root_restores_a_file_that_only_root_may_read(own, tmp_path):
    """As saved by ohtctl; the state folder is that of another user, as it is where packages are installed."""
    if os.getuid():
        pytest.skip("only root becomes somebody else")
    number, saved = make(own), tmp_path / "saved.ohtbackup"
    assert ohtctl(own, "backup", "save", str(number), "--output", str(saved)).returncode == 0 and saved.stat().st_mode & 0o777 == 0o600
    with tempfile.TemporaryDirectory(prefix="oht-restore-") as folder:
        os.chmod(folder, 0o755)
        made = Daemon(folder)
        key = shutil.copy(own.folder / "backup.key", folder)
        made.write_config(backup_key=key)
        made.state.mkdir(mode=0o700)
        for path in (made.state, key):
            os.chown(path, NOBODY, NOBODY)
            os.chmod(path, 0o700 if path == made.state else 0o600)
        done = restore_offline(made, saved)
        assert done.returncode == 0 and "ready: the next start" in done.stdout, done
        assert {path.stat().st_uid for path in made.state.iterdir()} == {NOBODY} and (made.state / "oht.db.restore").exists()
    file_of(own, number).unlink()


@pytest.mark.parametrize("version", range(1, 1 + len(list((TOP / "tests/data/store").glob("small-*.db")))))
def test_back_to_the_copy_before_an_update(tmp_path, version):
    made = Daemon(tmp_path)
    made.write_config()
    copy = TOP / f"tests/data/store/small-{version}.db"
    done = restore_offline(made, copy)
    assert done.returncode == 0 and f"schema {version}," in done.stdout, done.stderr
    with contextlib.closing(sqlite3.connect(made.state / "oht.db.restore")) as database, contextlib.closing(sqlite3.connect(copy)) as old:
        sql = "SELECT name, role, password_hash FROM users"
        assert database.execute(sql).fetchall() == old.execute(sql).fetchall()
        assert database.execute("SELECT count(*) FROM sessions").fetchone() == (0,)


@pytest.mark.slow
@pytest.mark.parametrize("version", [1, 8])
def test_a_start_goes_on_from_the_copy_before_an_update(fresh, version):
    """It is migrated anew, and the accounts of then log in."""
    (fresh.state / "oht.db").unlink()
    assert restore_offline(fresh, TOP / f"tests/data/store/small-{version}.db").returncode == 0
    fresh.start()
    fresh.stop()
    assert not (fresh.state / "oht.db.restore").exists()
    fresh.make_logins_cheap()
    fresh.start()
    answer = fresh.request("POST", "auth/login", {"username": "anna", "password": PASSWORD})
    assert (answer.status, answer.json["role"]) == (200, "administrator"), answer
    fresh.stop()


@pytest.mark.parametrize("change, why", [
    ("INSERT INTO schema_migrations VALUES (99, 0)", "newer"), ("PRAGMA application_id = 1", "another program"),
    ("DELETE FROM schema_migrations", "no schema version")])
def test_a_copy_that_is_not_ours(tmp_path, change, why):
    made = Daemon(tmp_path)
    made.write_config()
    copy = tmp_path / "copy.db"
    shutil.copy(TOP / "tests/data/store/small-8.db", copy)
    with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as database:
        database.execute(change)
    done = restore_offline(made, copy)
    assert done.returncode == 1 and why in done.stderr and not list(made.state.glob("oht.db*"))


# ---- a disk in trouble ----

@pytest.mark.plain("shim")
def test_a_full_disk_leaves_nothing_behind(fresh):
    order = fresh.folder / "disk"
    order.write_text("")
    fresh.shims.update(LD_PRELOAD=str(BUILD / "tests/api/disk_shim.so"), OHT_DISK_SHIM=str(order))
    fresh.write_config(history_flush_s="1")
    fresh.start()
    until(lambda: has_past(fresh), what="values in the file")
    number = make(fresh, history=True)
    files = set((fresh.state / "backups").iterdir())
    for trouble, part in (("full", "/backups/content"), ("quota", "/backups/content"), ("full", "/backups/history"), ("full", "/backups/backup")):
        order.write_text(f"{trouble} {part}")
        job = ended(fresh, fresh.post("backups", {"history": True}))
        assert job["state"] == "failed" and "not enough room" in job["result"] and job["backup"] is None, job
        assert set((fresh.state / "backups").iterdir()) == files
    for part, verb in (("/oht.db.unpacked", verify), ("/oht.db.unpacked", restore), ("/history.db.unpacked", restore)):
        order.write_text(f"full {part}")
        job = verb(fresh, number)
        assert job["state"] == "failed" and "No space left" in job["result"], job
        assert not leftovers(fresh)
    # The robot goes on all the while, and a backup succeeds when there is room.
    name(fresh, "goes on")
    order.write_text("")
    assert fresh.request("DELETE", f"backups/{make(fresh)}", role="administrator").status == 204


# ---- kill -9 ----

LONG = 1 << 40


class Cut:
    """A daemon that is killed instead of its nth call that changes a folder or makes something last."""

    def __init__(self, daemon):
        self.daemon, self.file = daemon, daemon.folder / "cut"
        self.leave(0)
        daemon.preload("cut", OHT_SHIM_CUT=str(self.file))

    def leave(self, calls):
        with self.file.open("r+b" if self.file.exists() else "wb") as file:
            file.write(calls.to_bytes(8, "little"))

    def used(self):
        return LONG - int.from_bytes(self.file.read_bytes(), "little")

    def is_over(self):
        """Ready, or gone."""
        return self.daemon.ready.exists() or self.daemon.process.poll() is not None


def signals_kept(daemon):
    """Their names; none while the file is being opened."""
    with contextlib.suppress(sqlite3.OperationalError):
        return {name for name, in past(daemon, "SELECT name FROM signals")}
    return None


def whole(daemon, number):
    """Started as if nothing had happened: the database of before or the restored one, and the audit of today. Is it the restored one?"""
    daemon.start()
    daemon.tokens.clear()
    names = {name for name, in rows(daemon, "SELECT name FROM users")}
    found, order = records(daemon), f"{number}.ohtbackup"
    assert names - {"later"} == {"administrator", "operator", "supervisor", "viewer"}
    assert leftovers(daemon) <= {path.name for ending in ("*.db.before-*", "history.db.restore-*") for path in daemon.state.glob(ending)}
    assert ("later" in until(lambda: signals_kept(daemon), what="the history, which is opened beside all else")) == ("later" in names)
    assert not altered(daemon) and [item["number"] for item in found] == list(range(1, len(found) + 1))
    assert any(item["object"] == "config" or "later" in (item["after"] or "") for item in found), "a record of behind the backup"
    assert ("later" in names) != any((item["act"], item["object"]) == ("restore", order) for item in found)
    return "later" not in names


def make_both(daemon):
    """Id of a backup with a history. Accounts and history have more than it has, and the daemon has been stopped."""
    daemon.write_config(history_flush_s="1")
    daemon.start()
    until(lambda: has_past(daemon), what="values in the file")
    number = make(daemon, history=True)
    assert daemon.post("users", {"username": "later", "password": PASSWORD, "role": "viewer"}).status == 201
    elevate(daemon)
    daemon.stop()
    with contextlib.closing(sqlite3.connect(daemon.state / "history.db", isolation_level=None)) as database:
        database.execute("INSERT INTO signals VALUES (900, 'later', 0, '', 'number', '')")
    return number


@pytest.mark.slow
@pytest.mark.plain("shim")
def test_killed_at_any_step_of_a_restore_it_is_the_old_one_or_the_new_one(fresh, chance):
    cut = Cut(fresh)
    number = make_both(fresh)
    kept = fresh.folder / "kept"
    shutil.copytree(fresh.state, kept)

    def begin_with(folder):
        shutil.rmtree(fresh.state)
        shutil.copytree(folder, fresh.state)
        fresh.tokens.clear()

    def order(calls):
        fresh.start()
        elevate(fresh)
        cut.leave(calls)
        with contextlib.suppress(OSError, AssertionError):
            ended(fresh, fresh.post(f"backups/{number}/restore", {}))
        used = cut.used()
        cut.leave(0)
        fresh.kill()
        return used

    def put_in_cut(calls):
        fresh.ready.unlink(missing_ok=True)
        cut.leave(calls)
        fresh.process = subprocess.Popen([OHTD, "--config", fresh.config], env=fresh.environment(), stderr=(fresh.folder / "ohtd.log").open("ab"),
                                         preexec_fn=die_with_us)
        until(cut.is_over, what="ready or gone")
        used = cut.used()
        cut.leave(0)
        fresh.kill()
        return used

    steps = order(LONG)
    assert (fresh.state / "oht.db.restore").exists() and steps > 5
    armed = fresh.folder / "armed"
    shutil.copytree(fresh.state, armed)
    begin_with(kept)
    order(chance.randrange(1, steps + 1))
    waits = (fresh.state / "oht.db.restore").exists()
    assert whole(fresh, number) == waits
    fresh.stop()
    begin_with(armed)
    steps = put_in_cut(LONG)
    assert whole(fresh, number) and steps > 10
    fresh.stop()
    for calls in chance.sample(range(1, steps), 2):
        begin_with(armed)
        put_in_cut(calls)
        whole(fresh, number)
        fresh.stop()


# ---- the power is cut ----

class Power(Cut):
    """And what was not synchronised is lost."""

    def __init__(self, daemon):
        super().__init__(daemon)
        self.disk = daemon.folder / "disk"
        daemon.shims.update(OHT_SHIM_DISK=str(self.disk), OHT_SHIM_STATE=str(daemon.state))

    def begin_with(self, folder):
        """All of it is on the disk."""
        for here in (self.disk, self.daemon.state):
            shutil.rmtree(here, ignore_errors=True)
        self.disk.mkdir()
        shutil.copytree(folder, self.daemon.state)
        self.daemon.tokens.clear()

    def start(self, calls):
        """Until it is ready, or gone. Returns how many calls it has made."""
        self.daemon.ready.unlink(missing_ok=True)
        self.leave(calls)
        self.daemon.process = subprocess.Popen([OHTD, "--config", self.daemon.config], env=self.daemon.environment(),
                                               stderr=(self.daemon.folder / "ohtd.log").open("ab"), preexec_fn=die_with_us)
        until(self.is_over, what="ready or gone")
        used = self.used()
        self.leave(0)
        self.daemon.kill()
        return used

    def lose(self, names):
        """The state folder has what the disk has, under the names of then ("names"), or of the end, which no disk had to write down ("now")."""
        for path in [path for path in self.daemon.state.iterdir() if path.is_file() and not path.is_symlink()]:
            path.unlink()
        # A history that writes beside the start makes it differ how many calls there are: it may have been ready before its cut.
        for line in (self.disk / (names if (self.disk / names).exists() else "names")).read_text().splitlines():
            kept, name = line.split(" ", 1)
            (self.daemon.state / name).write_bytes((self.disk / kept).read_bytes() if (self.disk / kept).exists() else b"")
            (self.daemon.state / name).chmod(0o600)


@pytest.mark.slow
@pytest.mark.plain("shim")
def test_without_power_at_any_step_of_a_restore_it_is_the_old_one_or_the_new_one(fresh, chance):
    power = Power(fresh)
    power.disk.mkdir()
    number = make_both(fresh)
    kept, armed = fresh.folder / "kept", fresh.folder / "armed"
    shutil.copytree(fresh.state, kept)

    def order(calls):
        fresh.start()
        elevate(fresh)
        power.leave(calls)
        with contextlib.suppress(OSError, AssertionError):
            ended(fresh, fresh.post(f"backups/{number}/restore", {}))
        used = power.used()
        power.leave(0)
        fresh.kill()
        return used

    steps = order(LONG)
    shutil.copytree(fresh.state, armed)
    for calls in chance.sample(range(1, steps + 1), 4):
        power.begin_with(kept)
        order(calls)
        power.lose(chance.choice(("names", "now")))
        waits = (fresh.state / "oht.db.restore").exists()
        assert whole(fresh, number) == waits, calls
        fresh.stop()
    power.begin_with(armed)
    steps = power.start(LONG)
    for calls in chance.sample(range(1, steps), 10):
        power.begin_with(armed)
        power.start(calls)
        power.lose(chance.choice(("names", "now")))
        whole(fresh, number)
        fresh.stop()


@pytest.mark.slow
@pytest.mark.plain("shim")
def test_without_power_at_any_step_of_an_update_it_is_the_old_one_or_the_new_one(fresh, chance):
    power = Power(fresh)
    old = fresh.folder / "old"
    shutil.copytree(fresh.state, old)
    shutil.copy(TOP / "tests/data/store/small-8.db", old / "oht.db")
    (old / "oht.db").chmod(0o600)
    power.begin_with(old)
    steps = power.start(LONG)
    newest = rows(fresh, "SELECT max(version) FROM schema_migrations")[0][0]
    for calls in chance.sample(range(1, steps), min(10, steps - 1)):
        power.begin_with(old)
        power.start(calls)
        power.lose(chance.choice(("names", "now")))
        found = rows(fresh, "SELECT max(version) FROM schema_migrations")[0][0]
        assert found in (8, newest), (calls, found)
        fresh.start()
        fresh.stop()
        assert rows(fresh, "SELECT max(version) FROM schema_migrations") == [(newest,)]
        assert ("anna", 4) in rows(fresh, "SELECT name, role FROM users"), calls


# ---- in the way of each other ----

def test_one_at_a_time_and_a_cancelled_one_leaves_nothing(own):
    def cancelled():
        made = own.post("backups", {"history": True})
        second = own.post("backups")
        answer = own.request("DELETE", f"jobs/{made.json['job']}", role="administrator")
        job = ended(own, made)
        found.append(job["state"])
        assert answer.status == 202 or answer.code == "job_ended", answer
        assert second.status == 202 and ended(own, second) or second.code == "job_runs", second
        files = {path.name for path in (own.state / "backups").iterdir()}
        assert files <= before | {f"{each['backup']}.ohtbackup" for each in own.get("jobs", role="supervisor").json["items"]}, files
        if job["state"] == "cancelled":
            assert job["backup"] is None and "nothing was changed" in job["result"]
            again = own.request("DELETE", f"jobs/{made.json['job']}", role="administrator")
            assert (again.status, again.code) == (409, "job_ended")
        return job["state"] == "cancelled" and second.code == "job_runs"
    before = {path.name for path in (own.state / "backups").iterdir()}
    found = []
    until(cancelled, what="a cancel that comes in time")
    for path in (own.state / "backups").iterdir():
        path.unlink()


def test_a_restore_waits_for_a_robot_that_is_stopped(fresh):
    fresh.write_config(robot_auto_enable="yes", bus_outputs="simulated", bus_time_factor=20)
    fresh.start()
    number = make(fresh)
    fresh.post("auth/elevate", {"password": PASSWORD})
    until(lambda: fresh.get("robot").json["state"] == "idle", what="idle")
    refused = fresh.post(f"backups/{number}/restore")
    assert (refused.status, refused.code) == (409, "wrong_state") and "idle" in refused.json["detail"]
    assert fresh.post("safety/stop", role="operator").status == 200
    assert restore(fresh, number)["state"] == "done"


def test_a_restore_that_waits_is_told_and_can_be_taken_back(own):
    """Until the next start everybody's changes are lost with it."""
    until(lambda: has_past(own), what="values in the file")
    number, other = make(own, history=True), make(own)
    waiting = [own.state / f"{name}.restore" for name in ("oht.db", "history.db")]

    def told():
        return [item["id"] for item in own.get("backups", role="supervisor").json["items"] if item["restore_waits"]], [
            item["text"] for item in own.get("alerts").json["items"] if item["code"] == "restore_waits" and item["since"]]

    assert told() == ([], [])
    assert restore(own, number)["state"] == "done" and all(file.exists() for file in waiting)
    assert told() == ([number], [f"The next start of ohtd puts backup {number} in, as administrator has ordered: what is changed until then is lost."])
    assert "another one waits" in restore(own, other)["result"]
    refused = own.request("DELETE", f"backups/{other}/restore", role="administrator")
    assert (refused.status, refused.json["detail"]) == (404, f"no restore of backup {other} waits for the next start")
    assert ohtctl(own, "backup", "withdraw", str(number)).returncode == 0
    assert told() == ([], []) and not any(file.exists() for file in waiting)
    assert ohtctl(own, "backup", "withdraw", str(number)).returncode == 1
    # Another one may wait now.
    assert restore(own, other)["state"] == "done" and waiting[0].exists() and not waiting[1].exists()
    assert own.request("DELETE", f"backups/{other}/restore", role="administrator").status == 204


def test_ohtctl_makes_verifies_and_deletes(own):
    until(lambda: has_past(own), what="values on the disk")
    made = ohtctl(own, "backup", "make", "--with-history")
    number = made.stdout.split()[1]
    assert made.returncode == 0 and made.stdout.startswith("backup 20") and "with the history" in made.stdout, made
    listed = ohtctl(own, "backup", "list").stdout
    assert number in listed and str(own.get(f"backups/{number}", role="supervisor").json["history_bytes"]) in listed
    assert "can be restored" in ohtctl(own, "backup", "verify", number).stdout
    good = file_of(own, int(number)).read_bytes()
    file_of(own, int(number)).write_bytes(good[:-40])
    bad = ohtctl(own, "backup", "verify", number)
    assert bad.returncode == 1 and "damaged, cut" in bad.stderr
    assert ohtctl(own, "backup", "delete", number).returncode == 0 and not file_of(own, int(number)).exists()
    assert "no backup 7" in ohtctl(own, "backup", "verify", "7").stderr
    # Each of them was a job; one that has ended is cancelled no more.
    jobs = [line.split() for line in ohtctl(own, "jobs").stdout.splitlines()][:3]
    assert [job[1:3] for job in jobs] == [["verify", "failed"], ["verify", "done"], ["backup", "done"]], jobs
    late = ohtctl(own, "jobs", "cancel", jobs[0][0])
    assert late.returncode == 1 and "[job_ended]" in late.stderr
    assert "[not_found]" in ohtctl(own, "jobs", "cancel", "1").stderr and ohtctl(own, "jobs", "cancel", "last").returncode == 2


def test_a_wrong_key_and_no_key(own, tmp_path):
    file = file_of(own, make(own))
    for key, said in (("", "it is encrypted"), (secrets.token_hex(32), "another key"), ("0" * 64, "no key of 64"), ("ab", "no key of 64")):
        made = Daemon(tmp_path / (key[:8] or "none"))
        made.folder.mkdir()
        if key:
            (made.folder / "key").write_text(key)
            (made.folder / "key").chmod(0o600)
        made.write_config(**({"backup_key": made.folder / "key"} if key else {}))
        done = restore_offline(made, file)
        assert done.returncode == 1 and said in done.stderr and not list(made.state.glob("oht.db*")), done
    file.unlink()


# ---- by itself ----

@pytest.mark.slow
@pytest.mark.plain("shim")
def test_when_and_how_many_is_an_item_of_the_configuration(fresh):
    day_s = 24 * 3600
    up, clock = Skewed(fresh, "OHT_SHIM_MONOTONIC"), Skewed(fresh)
    at_5_s = (5 * 3600 - int(time.time())) % day_s
    fresh.write_config(backup_nightly="no", backup_hour=5)
    def kept():
        # A file has its name before its job has ended, and the next job is refused until then.
        if not all(job["ended"] for job in fresh.get("jobs", role="administrator").json["items"]):
            return []
        return [item["id"] for item in fresh.get("backups", role="administrator").json["items"] if item["automatic"]]
    def later(nights, ahead=0):
        clock.set(at_5_s + (nights + ahead) * day_s)
        up.set((1 + nights) * 3600)
    def ask(method, path, body=None, status=200, **headers):
        # A write that is under way when the clock leaps has taken an hour: until it ends the store counts as hung.
        answer = until(lambda: (answer := fresh.request(method, path, body, role="administrator", headers=headers)).status != 503 and answer)
        assert answer.status == status, answer
    def change(query="", **items):
        ask("PATCH", "config" + query, {"backup": items}, **{"Content-Type": "application/merge-patch+json"})
    fresh.start()
    assert fresh.get("config").json["backup"] == {"nightly": "no", "hour": 5, "keep": 14}
    later(0)
    change(nightly="yes")
    until(lambda: len(kept()) == 1, what="a backup")
    later(1)
    first = until(lambda: len(ids := kept()) == 2 and ids, what="another one")
    # One that fails is an alert, until one is made.
    def told():
        return [item["text"] for item in fresh.get("alerts", role="administrator").json["items"] if item["code"] == "backups_fail"]
    assert not told()
    (fresh.state / "backups").rename(fresh.state / "elsewhere")
    later(2)
    assert until(told, what="an alert") == ["The newest backup by itself has failed: No such file or directory."]
    (fresh.state / "elsewhere").rename(fresh.state / "backups")
    ask("POST", "backups", status=202)
    until(lambda: not told(), what="its end")
    # A change that may return deletes nothing, whichever backup is made meanwhile.
    fresh.post("auth/elevate", {"password": PASSWORD})
    change("?confirm_within_s=600", keep=1)
    ask("POST", "backups", status=202)
    assert until(kept, what="the end of a backup by a person") == first
    ask("POST", "config/confirm")
    later(3)
    second = until(lambda: len(ids := kept()) == 1 and ids[0] not in first and ids, what="the next one in their place")
    # The clock was wrong for a night: what was made then neither stops those that follow nor pushes them out.
    later(4, ahead=30)
    wrong = until(lambda: len(ids := kept()) == 1 and ids[0] not in second and ids, what="one of the future")
    # Within a run its time does not go back.
    fresh.kill()
    later(0)
    fresh.start()
    later(5)
    until(lambda: len(ids := kept()) == 1 and ids != wrong, what="one of a clock that is right again")
    # Its threads wait by the kernel's clock, which has not moved.
    fresh.kill()


def test_a_lost_configuration_deletes_no_backup(own, fresh):
    """The database is gone beside a past. There are more nightly backups than the defaults keep, and the start waits for a person."""
    def nightly():
        return len(list((fresh.state / "backups").glob("2025*.ohtbackup")))
    made = file_of(own, make(own))
    (fresh.state / "backups").mkdir(mode=0o700)
    for number in range(20250101000000, 20250101000020):
        file_of(fresh, number).write_bytes(with_manifest(made.read_bytes(), automatic=True))
    made.unlink()
    (fresh.state / "oht.db").unlink()
    (fresh.state / "history.db").touch()
    fresh.start()
    assert ohtctl(fresh, "backup", "make").returncode == 0 and nightly() == 20
    assert ohtctl(fresh, "config", "set", "/robot/name", "chosen").returncode == 0
    assert ohtctl(fresh, "backup", "make").returncode == 0 and nightly() == 14
