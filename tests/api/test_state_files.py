# SPDX-License-Identifier: GPL-2.0-or-later
"""What a power cut or a bad card leaves in the state folder: the robot runs, or one line says what to do.

OHT_SOAK=1 damages each file alone in each way; without it all of them at a time.
"""
import contextlib
import os
import secrets
import shutil
import sqlite3
import stat
import subprocess

import pytest

from daemon import Daemon
from oht_test.client import PASSWORD
from oht_test.params import at_night
from test_auth import claims_of, signed
from test_local import ask
from test_remote import Remote, complaint
from test_lifecycle import fails_to_start

SECRETS = ("token.key", "totp.key", "audit.key", "ca.key", "ca.crt", "server.key", "server.crt")
OTHERS = ("time", "running", "administered", "audit.head", "administrators", "token.keys")
SOAK = os.environ.get("OHT_SOAK")


def zeros(file):
    file.write_bytes(bytes(file.stat().st_size if file.exists() else 4096) or bytes(16))


def empty(file):
    file.write_bytes(b"")


def cut(file):
    file.write_bytes(file.read_bytes()[:file.stat().st_size // 2] if file.exists() else b"x")


def cut_head(file):
    file.write_bytes(file.read_bytes()[:50])


def noise(file):
    file.write_bytes(os.urandom(file.stat().st_size + 7 if file.exists() else 512))


def folder(file):
    file.unlink(missing_ok=True)
    file.mkdir()


def link(file):
    file.unlink(missing_ok=True)
    file.symlink_to("/nonexistent/file")


def link_outside(file):
    """To a file that others may read, and that is none of ours."""
    file.unlink(missing_ok=True)
    outside = file.parent.parent / "outside"
    outside.write_text("of somebody else\n")
    outside.chmod(0o644)
    file.symlink_to(outside)


def unreadable(file):
    """A file of another owner cannot be opened, as one without a mode."""
    file.touch()
    file.chmod(0)


# What makes this true for root as well.
UNPRIVILEGED = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]

# Starts and hardly anything else, which sanitizers watch in every other test, and which take four times as long with them.
pytestmark = pytest.mark.plain("starts")

HARMS = (zeros, folder, link_outside, unreadable, *at_night(empty, cut, noise, link))


@pytest.fixture(name="used")
def _used(fresh):
    """A robot that has run, with accounts; it was cut off."""
    fresh.start()
    fresh.viewer = fresh.token("viewer")
    fresh.refresh = fresh.login("viewer").json["refresh_token"]
    fresh.kill()
    fresh.tokens.clear()
    return fresh


def reasons(daemon):
    return {reason["code"] for reason in daemon.get("health", role=None).json["reasons"]}


def set_aside(daemon, name):
    return [file for file in daemon.state.iterdir() if file.name.startswith(f"{name}.damaged-")]


def no_stranger(daemon, *keys):
    """Neither a token that anybody can sign, nor a set-up code."""
    for key in (bytes(32), b"\xff" * 32, b"", *keys):
        forged = signed({"alg": "HS256", "typ": "JWT"}, {**claims_of(daemon.viewer), "role": "administrator"}, key)
        assert daemon.request("GET", "users", token=forged).status == 401, key
    assert not (daemon.folder / "setup-code").exists()


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
@pytest.mark.parametrize("names", [(name,) for name in (*SECRETS, *OTHERS)] if SOAK else [(*SECRETS, *OTHERS)], ids="+".join)
def test_files_that_are_none(used, harm, names):
    for name in names:
        harm(used.state / name)
    used.prefix = UNPRIVILEGED
    used.start()
    no_stranger(used)
    # Clients whose ca.crt is that of the new files.
    assert used.get("robot").status == 200
    assert used.post("safety/stop", role="operator").status == 200
    if "token.key" in names:
        assert used.request("GET", "robot", token=used.viewer).status == 401
        assert used.request("POST", "auth/refresh", {"refresh_token": used.refresh}).status == 401
        assert (used.state / "token.key").is_file() and len((used.state / "token.key").read_bytes()) == 32
        assert ("key_made_anew" in used.log()) == (harm is not link)
        if harm not in (link, link_outside):
            assert set_aside(used, "token.key") and "damaged" in reasons(used)
    if "ca.key" in names and harm is not link:
        assert "authority_lost" in used.log()
    if harm is link_outside:
        assert stat.S_IMODE((used.folder / "outside").stat().st_mode) == 0o644
    used.stop()
    used.start()
    assert used.get("robot").status == 200


@pytest.mark.parametrize("key", [b"\0" * 32, b"\xff" * 32, b"k" * 31, b"k" * 33, b"ab" * 16], ids=["zeros", "ones", "short", "long", "two"])
def test_a_key_that_anybody_could_guess_is_none(used, key):
    (used.state / "token.key").write_bytes(key)
    used.start()
    no_stranger(used, key)
    used.viewer = used.token("viewer")


def modes(*keys):
    return {stat.S_IMODE(key.stat().st_mode) for key in keys}


def test_a_key_that_others_could_read_is_closed_to_them(used):
    """It is the same key; the log names it, and health says so until the next start."""
    backup = used.folder / "backup.key"
    backup.write_text(secrets.token_hex(32))
    used.write_config(backup_key=backup)
    keys = [used.state / name for name in SECRETS if name.endswith(".key")] + [backup]
    for number, key in enumerate(keys):
        key.chmod((0o644, 0o640, 0o604, 0o660)[number % 4])
    used.start()
    assert modes(*keys) == {0o600}
    for key in keys:
        assert f"{key} had mode 06" in used.log(), key
    assert used.request("GET", "robot", token=used.viewer).status == 200, "all sessions go on"
    assert "key_was_open" in reasons(used)
    assert used.post("backups", role="administrator").status == 202
    used.stop()
    used.start()
    assert "key_was_open" not in reasons(used)


def test_a_key_that_cannot_be_closed_to_others_is_none(used):
    folder = used.folder / "stick"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    try:
        (folder / "backup.key").write_text(secrets.token_hex(32))
        (folder / "backup.key").chmod(0o644)
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        used.write_config(backup_key=folder / "backup.key")
        used.start()
        assert "others may read it; no backup is made" in used.log()
        assert used.post("backups", role="administrator").code == "no_backup_key"
        used.stop()
    finally:
        subprocess.run(["umount", folder], check=True)


def lost(daemon):
    """No accounts, no code, and the machine itself may make an administrator."""
    assert {"accounts_lost"} <= reasons(daemon)
    assert daemon.get("health", role=None).json["setup_required"] is True
    no_stranger(daemon)
    assert daemon.request("POST", "setup", {"code": "0000-0000-0000-0000", "username": "eve", "password": PASSWORD}).code == "setup_code_retired"
    assert daemon.login("administrator").status == 401
    assert ask(str(daemon.socket), "POST", "safety/stop", {}).status == 200


@pytest.mark.parametrize("harm", [lambda file: file.unlink(), *at_night(empty, zeros)], ids=["gone", "empty", "zeros"])
def test_a_database_that_was_there_is_no_first_start(used, harm):
    for ending in ("-wal", "-shm"):
        (used.state / f"oht.db{ending}").unlink(missing_ok=True)
    harm(used.state / "oht.db")
    used.start()
    lost(used)
    used.stop()
    # Nor is the one after it, although the new database is sound.
    for file in set_aside(used, "oht.db"):
        file.rename(used.folder / file.name)
    used.start()
    lost(used)
    made = ask(str(used.socket), "POST", "users", {"username": "anna", "role": "administrator", "password": PASSWORD})
    assert made.status == 201, made
    token = used.login("anna").json["access_token"]
    assert used.request("GET", "users", token=token).status == 200
    assert "accounts_lost" not in reasons(used)
    assert not (used.folder / "setup-code").exists()


def test_a_loss_counts_whenever_the_database_was_set_aside(used):
    """A start that was cut off behind its repair, before it could say that accounts were lost."""
    with contextlib.closing(sqlite3.connect(used.state / "oht.db", isolation_level=None)) as database:
        database.execute("DELETE FROM users")
    (used.state / "oht.db.damaged-20260101T000000Z").write_bytes(b"")
    (used.state / "administered").unlink()
    used.start()
    lost(used)


def test_a_repair_that_was_cut_short_has_lost_nothing(used):
    """The new database is whole, the damaged one is out of its way, and the one has not taken the place of the other."""
    with contextlib.closing(sqlite3.connect(used.state / "oht.db")) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    (used.state / "oht.db").rename(used.state / "oht.db.salvaged")
    used.start()
    assert used.get("robot").status == 200
    assert "database_lost" not in used.log()


LEFT = ("restore", "before", "salvaged")


def link_to_zeros(file):
    file.symlink_to("/dev/zero")


@pytest.mark.parametrize("harms", [(folder, os.mkfifo, link_to_zeros), (empty, noise, folder), pytest.param((zeros, empty, noise), marks=pytest.mark.slow)], ids=range(3))
def test_what_is_no_database_does_not_take_the_place_of_one(used, harms):
    """What a restore or a repair leaves has these names, and may be what a power cut has made of it."""
    for name, harm in zip(LEFT, harms, strict=True):
        left = used.state / f"oht.db.{name}"
        harm(left)
        if left.is_file() and not left.is_symlink():
            left.chmod(0o600)
    used.start()
    assert used.login("administrator").status == 200
    assert "damaged" in reasons(used) and not reasons(used) & {"accounts_lost", "audit_altered"}
    for name in LEFT:
        assert not os.path.lexists(used.state / f"oht.db.{name}"), name
    assert len([file for name in LEFT for file in set_aside(used, f"oht.db.{name}")]) == len(set(harms) - {os.mkfifo, link_to_zeros})
    assert used.log().count("leftover_set_aside") == 3 and not set_aside(used, "oht.db")
    used.stop()


def damage(file):
    """One of ours still, with a page in the middle that is none; without its log."""
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    content = bytearray(file.read_bytes())
    content[8 * 4096:10 * 4096] = bytes(2 * 4096)
    file.write_bytes(content)


def test_a_damaged_database_does_not_take_the_place_of_a_whole_one(used):
    with contextlib.closing(sqlite3.connect(used.state / "oht.db")) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    for name in LEFT:
        left = used.state / f"oht.db.{name}"
        left.write_bytes((used.state / "oht.db").read_bytes())
        left.chmod(0o600)
        damage(left)
    used.start()
    assert used.login("administrator").status == 200
    assert all(set_aside(used, f"oht.db.{name}") for name in LEFT) and not set_aside(used, "oht.db"), used.log()
    used.stop()


def test_a_repair_is_not_put_over_a_database_that_is_whole(used):
    """As of an older day: what was done since would be lost."""
    with contextlib.closing(sqlite3.connect(used.state / "oht.db")) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    left = used.state / "oht.db.salvaged"
    left.write_bytes((used.state / "oht.db").read_bytes())
    left.chmod(0o600)
    with contextlib.closing(sqlite3.connect(left, isolation_level=None)) as database:
        database.execute("DELETE FROM users")
    used.start()
    assert used.login("administrator").status == 200 and set_aside(used, "oht.db.salvaged")
    assert "nothing has to be repaired" in used.log()
    used.stop()


def test_what_cannot_be_opened_is_named(used):
    """At once and for good: the service manager does not try again."""
    used.prefix = UNPRIVILEGED
    for name in ("oht.db-wal", "oht.db-shm", "oht.db-journal", "lock"):
        file, kept = used.state / name, used.folder / "kept"
        for harm in (folder, link, unreadable):
            if file.exists():
                shutil.copy(file, kept)
            harm(file)
            fails_to_start(used, f"main start: {file}: ")
            file.rmdir() if file.is_dir() else file.unlink()
            if kept.exists():
                kept.rename(file)
    lock = used.state / "lock"
    lock.unlink()
    used.state.chmod(0o500)
    fails_to_start(used, f"main start: {used.state}: Permission denied; let user ")
    used.state.chmod(0o700)
    used.start()
    assert used.login("administrator").status == 200
    used.stop()


def gone(file):
    file.unlink()


def log_of_all(daemon):
    """The log of the database, with all pages in it."""
    file, log = daemon.state / "oht.db", daemon.state / "oht.db-wal"
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA wal_autocheckpoint = 0")
        database.execute("VACUUM")
        whole = log.read_bytes()
    assert len(whole) > file.stat().st_size
    return whole


@pytest.mark.parametrize("harm, others", [(zeros, True), (cut_head, True), (empty, True), (empty, False), (gone, False)])
def test_a_database_that_is_in_its_log_is_read_from_that(used, harm, others):
    """Also when nothing else says that the robot has run before."""
    whole = log_of_all(used)
    harm(used.state / "oht.db")
    (used.state / "oht.db-wal").write_bytes(whole)
    for name in () if others else (*SECRETS, *OTHERS):
        (used.state / name).unlink(missing_ok=True)
    used.start()
    assert used.get("robot").status == 200
    assert not reasons(used) & {"accounts_lost", "damaged"} and not set_aside(used, "oht.db")
    assert not (used.folder / "setup-code").exists() and not (used.state / "oht.db.suspect").exists()


@pytest.mark.parametrize("share", [0.1, 0.6])
def test_a_log_that_has_not_all_of_an_empty_database_is_kept_aside(used, share):
    """What can be read of it is tried; what was there is no first start."""
    whole = log_of_all(used)
    empty(used.state / "oht.db")
    (used.state / "oht.db-wal").write_bytes(whole[:int(len(whole) * share)])
    used.start()
    assert {file.name.endswith("-wal") for file in set_aside(used, "oht.db")} == {False, True}
    assert "damaged" in reasons(used)
    lost(used)


def test_a_database_of_something_else_says_what_to_do(used):
    noise(used.state / "oht.db")
    fails_to_start(used, "oht.db: file is not a database; move it away")


def test_a_new_robot_is_a_first_start(tmp_path):
    """Also when the first start was cut off with an empty database."""
    made = Daemon(tmp_path)
    made.write_config()
    made.state.mkdir(mode=0o700)
    empty(made.state / "oht.db")
    (made.state / "oht.db").chmod(0o600)
    try:
        made.start()
        assert (made.folder / "setup-code").exists()
        assert not reasons(made) & {"accounts_lost", "damaged"}
        made.kill()
        made.start()
        assert (made.folder / "setup-code").exists(), "nobody has used it"
    finally:
        made.end()


# ---- ohtctl ----

@pytest.mark.parametrize("left", [b"", bytes(300), b"half"], ids=["empty", "zeros", "cut"])
def test_files_of_ohtctl_as_a_power_cut_leaves_them(daemon, tmp_path, left):
    """Each says what to do, and a log-in makes them anew."""
    remote = Remote(daemon, tmp_path)
    assert remote.login("viewer").returncode == 0
    remote.file("json").write_bytes(left)
    assert "is no log-in; ohtctl login" in complaint(remote.run("status"))
    assert remote.login("viewer").returncode == 0
    remote.file("pem").write_bytes(left)
    said = remote.run("status")
    assert said.returncode and "is no certificate any more" in said.stderr, said
    assert remote.login("viewer").returncode == 0
    assert "state" in remote.done("status")
    assert remote.run("logout").returncode == 0
