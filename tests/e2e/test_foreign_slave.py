# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody else's slave at the far end of the wire: libmodbus' server, over a terminal and over a socket."""
import os
import select
import socket
import subprocess
import threading
import tty

import pytest

from conftest import fresh_state
from support import TOP, Board

UNIT, REGISTERS = 3, 64
# The slave, the pump and the emulator share a busy host; nobody measures time here.
PATIENT = "--timeout-ms 500"


@pytest.fixture(scope="module")
def slave_program():
    out = TOP / "build/test/foreign_slave"
    out.parent.mkdir(parents=True, exist_ok=True)
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libmodbus"], check=True, capture_output=True,
                           text=True).stdout.split()
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", out, TOP / "tests/e2e/foreign_slave.c",
                    *flags], check=True)
    return out


class Line:
    """A null-modem cable: what one descriptor says, the other hears."""

    def __init__(self, one, other):
        self._ends = {one: other, other: one}
        self._wake, self._told = os.pipe()
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()

    def _pump(self):
        while True:
            for end in select.select([*self._ends, self._wake], [], [])[0]:
                if end == self._wake:
                    return
                try:
                    os.write(self._ends[end], os.read(end, 4096))
                except OSError:
                    return

    def close(self):
        os.write(self._told, b"x")
        self._thread.join()


def open_terminal():
    """A raw pseudo-terminal: (our end, their end, the path of their end)."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    return ours, theirs, os.ttyname(theirs)


@pytest.fixture(params=["pty", "unix"])
def board(request, kernel, slave_program):
    """A board wired to the foreign slave, as OHT_WIRE=pty:PATH and OHT_WIRE=unix:PATH do it."""
    state = fresh_state(f"{kernel}-foreign-{request.param}")
    ours, theirs, path = open_terminal()
    slave = subprocess.Popen([slave_program, path, str(UNIT), str(REGISTERS)], stdout=subprocess.PIPE)
    assert slave.stdout.readline() == b"serving\n"
    listener = far = far_theirs = None
    if request.param == "pty":
        far, far_theirs, far_path = open_terminal()
    else:
        far_path = state / "far.sock"
        listener = socket.socket(socket.AF_UNIX)
        os.chdir(state)         # the path may be longer than a socket's name can be
        listener.bind("far.sock")
        listener.listen()
        os.chdir(TOP)
    try:
        with Board(state, kernel, far=f"{request.param}:{far_path}") as one:
            if listener:
                far = listener.accept()[0].detach()
            line = Line(ours, far)
            yield one
            line.close()
    finally:
        slave.terminate()
        slave.communicate()
        for descriptor in filter(None, (ours, theirs, far, far_theirs)):
            os.close(descriptor)


def test_it_is_found_read_and_written(board):
    code, found = board.ohtctl(f"scan {PATIENT}", 60)
    assert code == 0, found
    assert str(UNIT) in str(found)
    words = board.ohtctl(f"read {UNIT} 0 {REGISTERS} {PATIENT}")[1]["words"]
    assert words == [1000 + n for n in range(REGISTERS)]
    assert board.ohtctl(f"read {UNIT} 5 3 --fc 4 {PATIENT}")[1]["words"] == [1005, 1006, 1007]
    code, said = board.ohtctl(f"write {UNIT} 10 7 8 9 {PATIENT}")
    assert code == 0, said
    assert board.ohtctl(f"read {UNIT} 9 5 {PATIENT}")[1]["words"] == [1009, 7, 8, 9, 1013]


def test_its_exception_is_ours(board):
    code, said = board.ohtctl(f"read {UNIT} {REGISTERS} {PATIENT}")
    assert code == 1 and "refused" in said["error"], said
