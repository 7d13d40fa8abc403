# SPDX-License-Identifier: GPL-2.0-or-later
"""From the command line to the last answer: starts that must fail, restarts, reloads, limits."""
import concurrent.futures
import http.client
import itertools
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time

import pytest

from daemon import OHTD, TOP
from oht_test.client import PASSWORD
from oht_test.wait import until


def run(*arguments, text=None, env=None, prefix=()):
    """ohtd as a command."""
    return subprocess.run([*prefix, OHTD, *arguments], input=text, capture_output=True, text=True, timeout=60,
                          check=False, env=env)


def fails_to_start(daemon, expected, status=78):
    """It must end with status and one line on standard error that says @expected; the bus is not what is missing."""
    if not daemon.simulator:
        daemon.start_simulator()
    done = run("--config", daemon.config, env=daemon.environment(), prefix=daemon.prefix)
    errors = [line for line in done.stderr.splitlines() if "error" in line or line.startswith("ohtd: /")]
    assert done.returncode == status, done
    assert len(errors) == 1 and expected in errors[0], done.stderr


# ---- command line ----

@pytest.mark.parametrize("arguments", [
    [], ["--config"], ["--nonsense"], ["--config", "/x", "more"], ["--config", "/x", "--role", "viewer"],
    ["--config", "/x", "--add-user", "a"], ["--config", "/x", "--add-user", "a", "--role", "king"],
    ["--config", "/x", "--add-user", "a", "--role", "viewer", "--check-config"],
])
def test_wrong_usage(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_help_and_version():
    assert "--add-user" in run("--help").stdout
    assert run("--version").stdout.startswith("ohtd 0.")


def test_check_config(tmp_path):
    file = tmp_path / "c"
    good = {"state": f"{tmp_path}   # the card", "data": f"{TOP}/userspace/data ; tables"}

    def check(**changed):
        keys = "".join(f"{key} = {value}\n" for key, value in {**good, **changed}.items())
        file.write_text(f"[http]\nlisten = 127.0.0.1:1\n[paths]\n{keys}")
        return run("--config", file, "--check-config")

    assert check().returncode == 0
    for key, value, status, said in (
            ("state", tmp_path / "new", 0, "is not there: the start makes it, and begins as a new robot"),
            ("state", f"{tmp_path}#card", 78, "is not there, and has '#' in it"), ("state", tmp_path / "no/way", 78, "neither it nor its folder is there"), ("state", file, 78, "is no folder"),
            ("data", tmp_path / "none", 78, "is no folder"), ("web", tmp_path / "none", 0, "is no folder: there is no page")):
        done = check(**{key: value})
        assert done.returncode == status and f"{key} = {value}: {said}" in done.stderr, (key, value, done)
    here = "".join(f"{key} = {value}\n" for key, value in good.items())
    file.write_text(f"[paths]\n{here}[tls]\ncertificate = {tmp_path}/none.crt\nkey = {file}\n")
    done = run("--config", file, "--check-config")
    assert done.returncode == 78 and "none.crt: No such file" in done.stderr, done
    # A part says what does not fit it.
    for listed, status in (("destinations = 127.0.0.1:1\n", 78), ("", 0)):
        file.write_text(f"[paths]\n{here}[webhooks]\n{listed}sender = {tmp_path}/none\nauthorities = {tmp_path}/none.crt\n")
        done = run("--config", file, "--check-config")
        assert done.returncode == status, done
        assert (f"note: sender = {tmp_path}/none: cannot be run: no webhook is sent" in done.stderr) == bool(listed)
        assert (f"authorities = {tmp_path}/none.crt: No such file" in done.stderr) == bool(listed)
    file.write_text("[http]\nlisten = 127.0.0.1:1\nlisten = 127.0.0.1:2\n")
    done = run("--config", file, "--check-config")
    assert (done.returncode, done.stderr) == (78, f"ohtd: {file}:3: 'listen' was already set in line 2\n")
    assert not list(tmp_path.glob("s*"))


@pytest.mark.parametrize("name, password, expected", [
    ("a b", PASSWORD, "a name has only letters"), ("", PASSWORD, "a name has 1 to 64"),
    ("x" * 65, PASSWORD, "a name has 1 to 64"), ("ok", "short", "at least 8 bytes"),
    ("ok", "x" * 73, "at most 72 bytes"), ("ok", "", "at least 8 bytes"),
    ("VIEWER", PASSWORD, "there is such a user already"),
])
def test_users_that_cannot_be_added(fresh, name, password, expected):
    done = fresh.add_user(name, "viewer", password)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and expected in done.stderr


def test_longest_password_works(fresh):
    password = "nine tall cranes carry heavy boxes over the quiet hall each night at ten"
    assert len(password) == 72 and fresh.add_user("long", "viewer", password).returncode == 0
    fresh.start()
    assert fresh.login("long", password).status == 200
    assert fresh.login("long", password[:-1]).status == 401


# ---- starts that must fail ----

def test_wrong_configuration(fresh):
    fresh.config.write_text("[bus]\nbackend = kernel\ntty = /dev/ttyS0\n")
    fails_to_start(fresh, ":3: 'tty' contradicts backend = kernel")


def test_device_that_comes_later(fresh):
    """It is said why it is not there, in the log and by the API, and the robot is served once it is."""
    path = fresh.folder / "later"
    fresh.write_config(bus_tty=path)
    fresh.start()
    assert "warning main device_missing: " in fresh.log() and f"{path}: " in fresh.log()
    bus = fresh.get("health").json["bus"]
    assert bus["present"] is False and str(path) in bus["error"]
    path.symlink_to(fresh.uart)
    until(lambda: fresh.get("robot").json["state"] == "safe", what="the robot")
    fresh.stop()


def use_device(daemon, path):
    """The back-end of the kernel module, at that device."""
    daemon.settings = {}
    daemon.write_config(bus_backend="kernel", bus_device=path)
    daemon.config.write_text(daemon.config.read_text().replace(f"tty = {daemon.uart}\n", ""))


def test_device_that_is_none_of_ours(fresh):
    use_device(fresh, "/dev/null")
    fails_to_start(fresh, "/dev/null: this is not an oht device")


def test_kernel_module_of_another_release(fresh):
    use_device(fresh, "/dev/null")
    fresh.preload("abi")
    fresh.start()
    assert "the module speaks ABI version" in fresh.log()
    fresh.stop()


def test_no_data(fresh):
    fresh.write_config(paths_data="/nonexistent")
    fails_to_start(fresh, "/nonexistent")


@pytest.mark.parametrize("settings, expected", [
    ({"http_nonsense": "1"}, "nonsense"), ({"http_listen": "everywhere"}, "listen must be ADDRESS:PORT"),
    ({"http_connections": "100000"}, "connections"), ({"tls_certificate": "/nonexistent.crt", "tls_key": "/nonexistent.key"}, "/nonexistent.crt"),
    ({"paths_state": "/nonexistent/state"}, "/nonexistent/state"), ({"paths_ready_file": "/nonexistent/ready"}, "/nonexistent/ready"),
    ({"paths_socket": "/etc/passwd"}, "is there and is no socket"),
])
def test_setting_that_no_restart_mends(fresh, settings, expected):
    fresh.write_config(**settings)
    fails_to_start(fresh, expected)


def test_data_that_is_broken(fresh):
    with (fresh.data / "plan.csv").open("a") as table:
        table.write("wrong\n")
    fails_to_start(fresh, "plan.csv:")


def test_port_taken(fresh):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        fresh.write_config(http_listen=f"127.0.0.1:{port}")
        fails_to_start(fresh, f"cannot listen on 127.0.0.1 port {port}: Address already in use", status=1)


def test_second_instance(fresh):
    fresh.start()
    fails_to_start(fresh, "another ohtd runs with this state directory", status=1)
    other = fresh.folder / "other"
    text = fresh.config.read_text()
    fresh.config.write_text(text.replace(str(fresh.state), str(other)).replace("127.0.0.1:0",
                                                                              f"127.0.0.1:{fresh.port}"))
    fails_to_start(fresh, "Address already in use", status=1)        # also when every socket is shared
    fresh.config.write_text(text)
    assert fresh.get("robot").status == 200


def test_database_that_is_none(fresh):
    database = fresh.state / "oht.db"
    database.write_bytes(b"This is no database. " * 100)
    fails_to_start(fresh, f"{database}: file is not a database")
    assert database.read_bytes() == b"This is no database. " * 100


def test_database_of_a_newer_program(fresh):
    database = fresh.state / "oht.db"
    with sqlite3.connect(database) as connection:
        own, = connection.execute("SELECT max(version) FROM schema_migrations").fetchone()
        connection.execute("INSERT INTO schema_migrations VALUES (?, 0)", (own + 1,))
    connection.close()
    before = database.read_bytes()
    fails_to_start(fresh, f"schema {own + 1} is newer than this program's {own}: install the newer program again, or go back as in the runbook 'Upgrade, and back'")
    assert database.read_bytes() == before


@pytest.mark.parametrize("options", ["size=64k", "size=480k", "nr_inodes=1", "nr_inodes=4", "nr_inodes=10"])
def test_a_first_start_on_a_full_disk_says_what_to_do(fresh, options):
    """What it fails at differs: database, a key, the lock, a log of the database, the certificate."""
    fresh.prefix = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                    f'mount -t tmpfs -o mode=0700,{options} none {fresh.state} && exec "$@"', "sh"]
    fails_to_start(fresh, "; the disk of the state folder is full: make room, then start again", status=1)


def test_files_that_others_may_read_or_write(fresh):
    (fresh.state / "oht.db").chmod(0o644)
    fails_to_start(fresh, "mode 0644 lets others in")
    (fresh.state / "oht.db").chmod(0o600)
    fresh.state.chmod(0o777)
    fails_to_start(fresh, "mode 0777 lets others write")


def test_missing_page_is_no_reason_to_stop(fresh):
    fresh.write_config(paths_web="/nonexistent")
    fresh.start()
    assert fresh.get("/", role=None).status == 404
    assert fresh.get("robot").status == 200


# ---- life ----

def test_first_start_leaves_only_private_files(fresh):
    fresh.start()
    # A worker writes some of them, each by a name ending in .new that is gone behind it.
    until(lambda: {"administered", "time", "module-profiles"} <= {file.name for file in fresh.state.iterdir()}, what="the files of a start")
    until(lambda: not any(file.name.endswith(".new") for file in fresh.state.iterdir()), what="the end of the writing")
    for file in fresh.state.iterdir():
        if file.suffix != ".crt":
            assert file.stat().st_mode & 0o777 == (0o700 if file.is_dir() else 0o600), file
    assert fresh.state.stat().st_mode & 0o777 == 0o700
    assert fresh.ready.read_text() == f"https://127.0.0.1:{fresh.port}\n"


@pytest.mark.plain("filter")
def test_end_in_order(fresh):
    fresh.start()
    with fresh.connect() as idle:
        fresh.stop()        # with status 0: within the time that the daemon allows itself
        assert idle.recv(1) == b""
    assert not fresh.ready.exists()
    assert not (fresh.state / "running").exists()
    assert not (fresh.state / "oht.db-wal").stat().st_size


def ask_health(client):
    """One request on a connection that is kept."""
    client.sendall(b"GET /api/v1/health HTTP/1.1\r\nhost: localhost\r\n\r\n")
    answer = http.client.HTTPResponse(client)
    answer.begin()
    answer.read()
    return answer


@pytest.mark.plain("timing")
def test_whoever_has_just_connected_is_answered(fresh):
    """It is accepted and has not asked yet when the end begins; who has been answered before is not waited for."""
    def answered():
        """False if the host let the 1.5 s pass in which it has to ask: no verdict."""
        fresh.start()
        with fresh.connect() as early, socket.create_connection(("127.0.0.1", fresh.port), 20) as late:
            assert ask_health(early).status == 200
            began = time.monotonic()
            fresh.process.send_signal(signal.SIGTERM)
            assert early.recv(1) == b""
            try:
                with fresh.tls().wrap_socket(late, server_hostname="localhost") as client:
                    answer = ask_health(client)
            except OSError:
                assert time.monotonic() - began > 1
                return False
            finally:
                fresh.stop()
        assert answer.status == 200 and answer.getheader("connection") == "close"
        return True

    until(answered, what="a host that is in time")


@pytest.mark.plain("shim")
def test_end_does_not_overtake_the_loops(fresh):
    """The main thread is held up whenever it tells a loop something: none may be gone by then."""
    fresh.preload("late")
    fresh.start()
    assert fresh.get("robot").status == 200
    fresh.stop()


def test_end_while_logins_are_under_way(fresh):
    fresh.start()
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        logins = [pool.submit(fresh.login, f"user{i}", "wrong") for i in range(10)]
        time.sleep(0.3)
        fresh.stop()
        for login in logins:
            try:
                assert login.result().status in (401, 503)
            except (OSError, ssl.SSLError, ConnectionError):
                pass


def change_roles(daemon, user, token):
    """One change after the other until nobody answers: (the last role that was acknowledged, the last that was asked for)."""
    acknowledged = user["role"]
    for role in itertools.cycle(("viewer", "operator", "supervisor")):
        try:
            answer = daemon.request("PATCH", f"users/{user['id']}", {"role": role}, token=token)
        except (OSError, http.client.HTTPException):
            return acknowledged, role
        if answer.status == 503:
            return acknowledged, acknowledged
        assert answer.status == 200, answer
        acknowledged = role


@pytest.mark.plain("timing")
def test_end_while_accounts_are_changed(fresh):
    """What was acknowledged is there afterwards, what was refused is not, and the database was closed in order."""
    fresh.start()
    token = fresh.elevated()
    users = [user for user in fresh.get("users", "administrator").json["items"] if user["username"] != "administrator"]
    with concurrent.futures.ThreadPoolExecutor(len(users)) as pool:
        writers = {user["id"]: pool.submit(change_roles, fresh, user, token) for user in users}
        time.sleep(1)
        fresh.stop()
        possible = {user: writer.result() for user, writer in writers.items()}
    assert not (fresh.state / "oht.db-wal").stat().st_size
    fresh.start()
    found = {user["id"]: user["role"] for user in fresh.get("users", "administrator").json["items"]}
    assert all(found[user] in roles for user, roles in possible.items()), (found, possible)


def speed_when_switched_on(daemon):
    """Both drives are on and ordered to go forward; what the daemon says that comes of it."""
    for register, value in (("motor1_speed", 128), ("motor1_direction", 1), ("motor2_enable", 1), ("motor1_enable", 1)):
        assert daemon.sim(f"set 4 {register} {value}").startswith("ok")
    return daemon.get("robot").json["speed_mm_s"]


def drives_at_the_end(daemon, before_the_end=""):
    """(whether both are off, whether the daemon has said that the drive did not confirm it) behind an end while the robot moves."""
    daemon.start()
    # Switched on again and again, since what has just started tells the drive to stand.
    until(lambda: speed_when_switched_on(daemon), what="the movement being told")
    if before_the_end:
        assert daemon.sim(before_the_end).startswith("ok")
    said = daemon.log().count(" robot drive_left_on: ")
    daemon.stop()
    return (all(" raw=0 " in daemon.sim(f"get 4 {register}") for register in ("motor1_enable", "motor2_enable")),
            daemon.log().count(" robot drive_left_on: ") > said)


@pytest.mark.plain("timing")
def test_end_while_it_moves(fresh):
    """On a line without outputs the drives lose their power over the bus before the daemon has gone, or it says so."""
    for _ in range(3):
        off, told = drives_at_the_end(fresh)
        assert off or told, fresh.log()[-2000:]
        # A drive that is late with its answers on a late host is told as such, and proves nothing.
        if not told:
            break
    assert not told, "never confirmed"
    assert drives_at_the_end(fresh, "fault 4 silence") == (False, True)
    assert "robot drive_left_on: unit 4 has not confirmed its stop and may still have power, for module_no_answer" in fresh.log()


@pytest.mark.plain("filter")
def test_accounts_survive_kill_9(fresh):
    fresh.start()
    token = fresh.token("operator")
    refresh = fresh.login("viewer").json["refresh_token"]
    added = subprocess.Popen([OHTD, "--config", fresh.config, "--add-user", "late", "--role", "viewer"],
                             stdin=subprocess.PIPE, env=fresh.environment(), text=True)
    added.communicate(PASSWORD + "\n")
    assert added.returncode == 0
    fresh.stop(signal.SIGKILL, expect=-signal.SIGKILL)
    fresh.start()
    assert fresh.request("GET", "robot", token=token).status == 200, "access tokens outlive the daemon"
    assert fresh.request("POST", "auth/refresh", {"refresh_token": refresh}).status == 200
    assert fresh.login("late").status == 200
    with sqlite3.connect(fresh.state / "oht.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_robot_waits_behind_an_unclean_end_until_a_person_enables_it(fresh):
    """An end in order is no person: the robot waits again."""
    def starts():
        return [item["result"] for item in fresh.get("audit?act=start", role="administrator").json["items"] if item["who"] == "ohtd"]

    fresh.write_config(robot_auto_enable="yes", bus_outputs="simulated", bus_time_factor=20)
    mark = fresh.state / "running"
    fresh.start()
    assert mark.exists()
    until(lambda: starts() == ["done"], what="the record of the first start")
    fresh.stop(signal.SIGKILL, expect=-signal.SIGKILL)
    assert mark.exists()
    for _ in range(2):
        fresh.start()
        until(lambda: fresh.get("robot").json["state"] == "safe", what="safe")
        fresh.stop()
        assert mark.exists()
    fresh.start()
    until(lambda: starts() == ["done", "done", "done, the run before was cut off", "done"], what="the records of all starts")
    until(lambda: fresh.get("robot").json["state"] == "safe", what="safe")
    assert fresh.post("safety/enable", {}, role="operator").status == 200
    fresh.stop()
    assert not mark.exists()
    fresh.start()
    until(lambda: fresh.get("robot").json["state"] == "idle", what="idle without a person")
    fresh.stop()


def test_a_robot_whose_run_cannot_be_marked_waits_for_a_person(fresh):
    """Its end could not be told from one in order, and auto_enable would raise the outputs behind a kill."""
    fresh.write_config(robot_auto_enable="yes", bus_outputs="simulated", bus_time_factor=20)
    mark, in_the_way = fresh.state / "running", fresh.state / "running.new"
    (in_the_way / "lost").mkdir(parents=True)
    fresh.start()
    until(lambda: fresh.get("robot").json["state"] in ("safe", "idle"), what="the end of init")
    assert not mark.exists() and fresh.get("robot").json["state"] == "safe"
    assert fresh.post("safety/enable", {}, role="operator").status == 200
    (in_the_way / "lost").rmdir()
    in_the_way.rmdir()
    until(mark.exists, what="the mark, as soon as it can be written")
    fresh.stop(signal.SIGKILL, expect=-signal.SIGKILL)
    fresh.start()
    until(lambda: fresh.get("robot").json["state"] == "safe", what="safe behind the kill")


def fingerprint(daemon):
    """Of the certificate that a new connection gets."""
    with daemon.connect() as sock:
        return sock.getpeercert(binary_form=True)


def test_reload_takes_new_certificate_and_level(fresh):
    fresh.start()
    before = fingerprint(fresh)
    with fresh.connect() as old:
        (fresh.state / "server.crt").unlink()
        fresh.write_config(log_level="debug")
        fresh.process.send_signal(signal.SIGHUP)
        until(lambda: fingerprint(fresh) != before, what="another certificate")
        old.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert old.recv(20).startswith(b"HTTP/1.1 200")
    assert fresh.get("robot").status == 200


def test_reload_of_a_wrong_file_changes_nothing(fresh):
    fresh.start()
    before = fingerprint(fresh)
    good = fresh.config.read_text()
    fresh.config.write_text(good + "nonsense\n")
    fresh.process.send_signal(signal.SIGHUP)
    until(lambda: "nothing changed" in fresh.log(), what="a complaint")
    assert fingerprint(fresh) == before
    assert fresh.get("robot").status == 200


def test_own_certificate(fresh):
    fresh.start()
    fresh.stop()
    for name in ("server.crt", "server.key", "ca.crt"):
        (fresh.folder / name).write_bytes((fresh.state / name).read_bytes())
    text = fresh.config.read_text()
    fresh.config.write_text(text + f"[tls]\ncertificate = {fresh.folder}/server.crt\nkey = {fresh.folder}/server.key\n")
    fresh.start()
    assert fresh.get("health", role=None).status == 200
    assert fresh.get("/ca.crt", role=None).status == 404
    fresh.stop()
    (fresh.folder / "server.key").write_text("nonsense")
    fails_to_start(fresh, f"{fresh.folder}/server.key: ")


# ---- limits ----

class Turns:
    """How often the loops of the daemon have waited for something to do; counted by shims/turns.c."""

    def __init__(self, daemon):
        self.file = daemon.folder / "turns"
        self.file.write_bytes(bytes(8))
        daemon.preload("turns", OHT_SHIM_TURNS=str(self.file))

    def count(self):
        return int.from_bytes(self.file.read_bytes(), sys.byteorder)


@pytest.mark.plain("shim")
def test_too_many_connections_wait_without_spinning(fresh):
    """A loop turns ten times a second by itself; one that spins does so some 10,000 times, also on a busy machine."""
    turns = Turns(fresh)
    fresh.write_config(http_connections=16, http_loops=2)
    fresh.start()
    held = [fresh.connect() for _ in range(16)]
    # Far more than are kept for the stop, and more come than make room in this time.
    held += [socket.create_connection(("127.0.0.1", fresh.port), 10) for _ in range(100)]

    def per_second():
        """A machine that stalls only makes this less."""
        before, began = turns.count(), time.monotonic()
        time.sleep(1)
        return (turns.count() - before) / (time.monotonic() - began)
    rates = [per_second() for _ in range(2)]
    assert max(rates) < 500, rates
    before = turns.count()
    until(lambda: turns.count() > before, what="a further turn")
    for sock in held:
        sock.close()
    assert until(lambda: fresh.get("robot").status == 200, what="a place")


@pytest.mark.plain("filter")
def test_nothing_leaks_descriptors(fresh):
    fresh.start()
    # The database of values is opened beside the start.
    until(lambda: fresh.get("health", role=None).json["history"]["bytes"], what="history.db")
    count = len(os.listdir(f"/proc/{fresh.process.pid}/fd"))
    for _ in range(50):
        fresh.get("health", role=None)
        fresh.raw(b"nonsense\r\n\r\n")
    until(lambda: len(os.listdir(f"/proc/{fresh.process.pid}/fd")) <= count, what="closed descriptors")


def test_clients_that_leave_before_the_answer(fresh):
    fresh.start()
    body = b'{"username":"nobody","password":"wrong"}'
    for _ in range(20):
        with fresh.connect() as sock:
            sock.sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                         b"Content-Length: %d\r\n\r\n" % len(body) + body)
    until(lambda: fresh.login("administrator").status == 200, 120, "the workers' queue empty again")
    fresh.stop()
