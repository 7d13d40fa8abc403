# SPDX-License-Identifier: GPL-2.0-or-later
"""ohtctl admin against a running ohtd, and without one."""
import json
import os
import pty
import socket
import subprocess
import threading

import pytest

from daemon import BUILD, PASSWORD, ROLES

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"
OTHER = "another password"


def admin(daemon, *words, said="", **more):
    """One ohtctl admin."""
    return subprocess.run([OHTCTL, "admin", *words, "--socket", daemon.socket], input=said, capture_output=True,
                          text=True, timeout=60, check=False, env=daemon.environment(), **more)


def complaint(done, status=1):
    """The only line that was said."""
    assert (done.returncode, done.stdout) == (status, ""), done
    assert len(done.stderr.splitlines()) == 1, done
    return done.stderr


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
    (("create", "eve", "--role", "king"), PASSWORD, "/role 'king' is not one of"),
    (("reset", "nobody"), PASSWORD, "there is no account 'nobody'"), (("reset", "viewer"), "short", "/password must")])
def test_refusals_say_why(daemon, words, said, expected):
    assert expected in complaint(admin(daemon, *words, "--password-stdin", said=said))
    assert [line.split()[0] for line in admin(daemon, "list").stdout.splitlines()][:4] == list(ROLES)


def test_last_administrator_stays(daemon):
    assert "the last administrator" in complaint(admin(daemon, "disable", "administrator"))
    assert "there is no account" in complaint(admin(daemon, "disable", "administrator' OR 1=1"))


@pytest.mark.parametrize("words", [("create",), ("create", "a", "b"), ("reset",), ("disable", "a", "--role", "viewer"),
                                   ("list", "x"), ("list", "--password-stdin"), ("remove", "a"), ()])
def test_wrong_usage(daemon, words):
    complaint(admin(daemon, *words), 2)


def test_without_a_daemon(fresh):
    assert "no ohtd answers" in complaint(admin(fresh, "list"), 3)
    fresh.start()
    fresh.process.kill()
    fresh.process.wait()
    assert "ohtd --add-user makes accounts" in complaint(admin(fresh, "disable", "viewer"), 3)


def test_something_else_behind_the_socket(fresh):
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(fresh.socket))
        other.listen()

        def answer():
            peer, _ = other.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b"220 mail ready\r\n\r\n[]")
                peer.shutdown(socket.SHUT_WR)
                peer.recv(65536)

        thread = threading.Thread(target=answer)
        thread.start()
        assert "is no ohtd" in complaint(admin(fresh, "list"))
        thread.join()


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
