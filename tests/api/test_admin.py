# SPDX-License-Identifier: GPL-2.0-or-later
"""ohtctl admin against a running ohtd, and without one."""
import contextlib
import json
import os
import pty
import socket
import subprocess
import tempfile
import threading

import pytest

from daemon import BUILD, OHTD, begin
from oht_test.client import PASSWORD, ROLES

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"
OTHER = "another good password"
NOBODY = 65534


def admin(daemon, *words, said="", config=None, through=(), **more):
    """One ohtctl admin, with ohtd on its path as where both are installed; `through`: a command that starts it."""
    env = {**daemon.environment(), "PATH": f"{OHTD.parent}:{os.environ['PATH']}"}
    return subprocess.run([*through, OHTCTL, "admin", "--socket", daemon.socket, "--config", config or daemon.config, *words],
                          input=said, capture_output=True, text=True, timeout=60, check=False,
                          **{"env": env, **more})


def complaint(done, status=1):
    """The only line that was said."""
    assert (done.returncode, done.stdout) == (status, ""), done
    assert len(done.stderr.splitlines()) == 1, done
    return done.stderr


@pytest.mark.plain("filter")
def test_whole_life_of_an_account(fresh):
    fresh.start()
    done = admin(fresh, "create", "anna", "--password-stdin", said=OTHER + "\n")
    assert (done.returncode, done.stdout.split()) == (0, ["anna", "administrator"]), done
    assert fresh.login("anna", OTHER).json["role"] == "administrator"
    token = fresh.login("anna", OTHER).json["access_token"]
    assert admin(fresh, "reset", "ANNA", "--password-stdin", said=PASSWORD).returncode == 0
    assert fresh.get("robot", role=None, token=token).code == "token_revoked"
    assert fresh.login("anna", OTHER).status == 401
    assert fresh.login("anna").status == 200
    assert admin(fresh, "disable", "anna").stdout.split() == ["anna", "administrator,", "disabled"]
    assert fresh.login("anna").status == 401
    assert admin(fresh, "enable", "anna").returncode == 0
    assert fresh.login("anna").status == 200
    done = admin(fresh, "list", "--json")
    assert [json.loads(line)["username"] for line in done.stdout.splitlines()] == [*ROLES, "anna"]


@pytest.mark.parametrize("words, said, expected", [
    (("create", "viewer"), PASSWORD, "there is such a user already"), (("create", "a b"), PASSWORD, "a name has only"),
    (("create", "eve"), "short", "/password must have 8 to 72 bytes"), (("create", "eve"), "", "no password on"),
    (("create", "eve"), "x" * 73, "/password must have 8 to 72 bytes"), (("create", "eve"), "x" * 500, "no password on"),
    (("create", "eve", "--role", "king"), PASSWORD, "/role 'king' is none of"),
    (("reset", "nobody"), PASSWORD, "there is no account 'nobody'"), (("reset", "viewer"), "short", "/password must")])
def test_refusals_say_why(daemon, words, said, expected):
    assert expected in complaint(admin(daemon, *words, "--password-stdin", said=said))
    assert [line.split()[0] for line in admin(daemon, "list").stdout.splitlines()][:4] == list(ROLES)


def test_last_administrator_stays(daemon):
    assert "the last administrator" in complaint(admin(daemon, "disable", "administrator"))
    assert "there is no account" in complaint(admin(daemon, "disable", "administrator' OR 1=1"))


@pytest.mark.parametrize("words", [("create",), ("create", "a", "b"), ("reset",), ("disable", "a", "--role", "viewer"),
                                   ("list", "x"), ("list", "--password-stdin"), ("remove", "a")])
def test_wrong_usage(daemon, words):
    complaint(admin(daemon, *words), 2)


def names(done):
    """Of a list."""
    assert done.returncode == 0, done
    return [line.split()[0] for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_whole_life_of_an_account_without_a_daemon(fresh):
    assert names(admin(fresh, "list")) == list(ROLES)
    done = admin(fresh, "create", "anna", "--password-stdin", said=OTHER + "\n")
    assert (done.returncode, done.stdout.split()) == (0, ["anna", "administrator"]), done
    assert (fresh.state / "administered").exists(), "a loss of the database before the first start is one, too"
    assert admin(fresh, "create", "bert", "--role", "viewer", "--password-stdin", said=OTHER).returncode == 0
    assert admin(fresh, "disable", "bert").stdout.split() == ["bert", "viewer,", "disabled"]
    fresh.start()
    token = fresh.login("anna", OTHER).json["access_token"]
    assert fresh.login("bert", OTHER).status == 401
    fresh.process.kill()
    fresh.process.wait()
    # What the kill has left in the log of the database is not lost.
    assert admin(fresh, "reset", "ANNA", "--password-stdin", said=PASSWORD).returncode == 0
    assert admin(fresh, "enable", "bert").returncode == 0
    fresh.start()
    assert fresh.get("robot", role=None, token=token).code == "token_revoked"
    assert fresh.login("anna", OTHER).status == 401
    assert fresh.login("anna").status == 200
    assert fresh.login("bert", OTHER).status == 200


def test_many_accounts_without_a_daemon(fresh):
    code = ("import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); [db.execute(\"INSERT INTO users (name, role, "
            "password_hash, disabled, created_s) VALUES (?, 1, 'x', 0, 0)\", (f'u{i}',)) for i in range(130)]; db.commit()")
    subprocess.run(["/usr/bin/python3", "-c", code, fresh.state / "oht.db"], check=True)
    assert names(admin(fresh, "list")) == [*ROLES, *(f"u{i}" for i in range(130))]


@pytest.mark.parametrize("words, said, expected", [
    (("create", "viewer"), PASSWORD, "there is such a user already"), (("create", "a b"), PASSWORD, "a name has only"),
    (("create", "eve"), "short", "/password must have 8 to 72 bytes"), (("create", "eve"), "", "no password on"),
    (("create", "eve", "--role", "king"), PASSWORD, "/role 'king' is none of"),
    (("reset", "nobody"), PASSWORD, "there is no account 'nobody'"), (("reset", "viewer"), "short", "/password must"),
    (("disable", "administrator"), None, "this is the last administrator")])
def test_refusals_without_a_daemon(fresh, words, said, expected):
    more = () if said is None else ("--password-stdin",)
    assert expected in complaint(admin(fresh, *words, *more, said=said or ""))
    assert names(admin(fresh, "list")) == list(ROLES)


@pytest.mark.plain("filter")
def test_the_lock_decides_who_may(fresh):
    fresh.write_config(paths_socket="off")
    fresh.start()
    fresh.write_config()
    said = complaint(admin(fresh, "list"), 3)
    assert f"no ohtd answers at {fresh.socket}, and without it" in said
    assert "another ohtd runs with this state directory" in said
    fresh.stop()
    assert names(admin(fresh, "list")) == list(ROLES)


def test_not_the_accounts_of_another_daemon(fresh):
    fresh.write_config(paths_socket=fresh.folder / "other.sock")
    said = complaint(admin(fresh, "list"), 3)
    assert f"the configuration names the socket '{fresh.folder}/other.sock', not {fresh.socket}" in said


def test_what_ohtd_cannot_use(fresh):
    missing = admin(fresh, "list", config=fresh.folder / "none.conf")
    assert (missing.returncode, missing.stdout) == (3, "")
    assert "none.conf" in missing.stderr and "no ohtd answers" in missing.stderr
    (fresh.state / "oht.db").write_bytes(b"x" * 5000)
    assert "file is not a database" in complaint(admin(fresh, "list"), 3)
    nobody = {**fresh.environment(), "PATH": "/nonexistent"}
    assert "and none is installed" in complaint(admin(fresh, "list", env=nobody), 3)


def test_what_root_makes_belongs_to_whose_folder_it_is(accounts):
    if os.geteuid():
        pytest.skip("only root becomes somebody else")
    # Folders of pytest are for its user only, and each pytest that starts makes them so again.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o711)
        made = begin(folder, accounts)
        for path in (made.state, *made.state.iterdir()):
            os.chown(path, NOBODY, NOBODY)
        assert admin(made, "create", "anna", "--password-stdin", said=PASSWORD).returncode == 0
        done = made.add_user("bert", "viewer")
        assert done.returncode == 0, done
        assert {path.stat().st_uid for path in made.state.iterdir()} == {NOBODY}


@pytest.mark.parametrize("text", ["", "GET", "GET /api/v1/users", "x" * 5000, "GET /api/v1/users a b\n"])
def test_administer_is_for_ohtctl(fresh, text):
    done = subprocess.run([OHTD, "--config", fresh.config, "--administer"], input=text, capture_output=True, text=True,
                          timeout=60, check=False, env=fresh.environment())
    assert "no request on standard input" in complaint(done)


@pytest.mark.parametrize("line", ["GET /api/v1/robot", "POST /api/v1/safety/stop", "GET /api/v1/users/1",
                                  "GET /api/v1/usersx"])
def test_only_accounts_without_a_daemon(fresh, line):
    done = subprocess.run([OHTD, "--config", fresh.config, "--administer"], input=f"{line} {fresh.socket}\n",
                          capture_output=True, text=True, timeout=60, check=True, env=fresh.environment())
    assert '"code":"offline"' in done.stdout
    assert "without it there are only accounts" in done.stdout


def answered(daemon, raw, *words):
    """What ohtctl makes of these bytes from something else behind the socket."""
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(daemon.socket))
        other.listen()
        other.settimeout(60)

        def answer():
            peer, _ = other.accept()
            with peer:
                peer.recv(65536)
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    peer.sendall(raw)
                    peer.shutdown(socket.SHUT_WR)
                    peer.recv(65536)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        done = admin(daemon, *words)
        thread.join()
    return done


def head(status, body):
    """An answer with this body."""
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


FOREIGN = [
    (b"220 mail ready\r\n\r\n[]", "is no ohtd"), (b"", "Empty reply"), (b"\0" * 5000, "is no ohtd"),
    (head(200, b"[]"), "is no ohtd"), (head(200, b""), "is no ohtd"), (head(500, b"<html>"), "is no ohtd"),
    (head(200, b"{" * 5000), "is no ohtd"), (head(200, b'{"a":' * 200 + b"1" + b"}" * 200), "is no ohtd"),
    (head(204, b""), "is no ohtd"), (head(302, b"{}"), "refused, and said nothing"),
    (head(200, b'{"items":"' + b"x" * (2 << 20) + b'"}'), "more than 1024 KiB"),
    (head(400, b'{"detail":7,"errors":{"a":1}}'), "7"),
    (head(403, b'{"detail":"no","code":"role","errors":[{"pointer":"/a","detail":"b"},7]}'), "no [role]: /a b\n"),
    (head(409, b'{"detail":"no","code":"c","errors":[{"pointer":"/a","detail":"no"}]}'), "no [c]: /a\n"),
    (head(409, b'{"detail":"no","code":"c","errors":[{"pointer":"","detail":"no"},{"pointer":"","detail":"b"}]}'), "no [c]: b\n"),
    (head(409, b'{"detail":"\\u001b[2Jx\\u009by\\r\\n","code":"a\\u0007b"}'), "?[2Jx??y?? [a?b]\n"),
    (head(200, b'{"items":7,"next_cursor":null}'), "is no list"),
    (head(200, b'{"items":[7],"next_cursor":null}'), "is no list")]


# pytest puts the name of a test into the environment: not the bytes.
@pytest.mark.parametrize("raw, expected", FOREIGN, ids=range(len(FOREIGN)))
def test_something_else_behind_the_socket(fresh, raw, expected):
    assert expected in complaint(answered(fresh, raw, "list"))


def test_a_socket_that_may_not_be_used(fresh):
    # Root may use every socket, but not without this capability. Somebody else might not even see the program that is tried.
    alone = () if os.geteuid() else ("setpriv", "--bounding-set=-dac_override")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(fresh.socket))
        os.chmod(fresh.socket, 0)
        done = admin(fresh, "list", through=alone)
    assert "Permission denied" in complaint(done, 3)
    assert "too long for a socket" in complaint(admin(fresh, "list", "--socket", "/" + "x" * 200), 2)


def on_terminal(daemon, words, lines):
    """Run on a terminal of its own and type lines; exit status and everything that was shown."""
    pid, fd = pty.fork()
    if not pid:
        os.execv(OHTCTL, ["ohtctl", "admin", *words, "--socket", str(daemon.socket)])
    shown = b""
    try:
        while True:
            if lines and shown.endswith(b": "):
                os.write(fd, lines.pop(0).encode() + b"\n")
                shown += b"\n"
            shown += os.read(fd, 4096)
    except OSError:
        pass        # the other end is closed
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_password_is_asked_twice_without_echo(daemon):
    status, shown = on_terminal(daemon, ["create", "typed", "--role", "viewer"], [OTHER, OTHER])
    assert status == 0, shown
    assert "Password:" in shown and "Again:" in shown and OTHER not in shown
    assert daemon.login("typed", OTHER).json["role"] == "viewer"
    status, shown = on_terminal(daemon, ["reset", "typed"], [PASSWORD, PASSWORD + "x"])
    assert (status, "are not the same" in shown) == (1, True)
    assert daemon.login("typed", OTHER).status == 200


def test_without_a_terminal_it_does_not_wait(daemon):
    assert "--password-stdin" in complaint(admin(daemon, "create", "eve", start_new_session=True), 2)
