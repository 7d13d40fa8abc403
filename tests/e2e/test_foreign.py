# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody else's slaves at the far end: libmodbus on a pty instead of our simulator."""
import subprocess

import pytest

from oht_test.board import ALL_UNITS
from vsbc.paths import TOP

pytestmark = pytest.mark.kernels("stock", why="whose slave it is makes no difference to a kernel")
FOREIGN_SLAVE = TOP / "build/userspace/native/tests/e2e/foreign_slave"


@pytest.fixture
def foreign_line(tmp_path):
    """The path of a terminal with four foreign slaves behind it."""
    link = tmp_path / "line"
    with subprocess.Popen([FOREIGN_SLAVE, link], stdout=subprocess.PIPE, text=True) as slave:
        assert slave.stdout.readline() == "ready\n"
        yield link
        assert slave.poll() is None, "the slaves did not live to the end"
        slave.terminate()


def every_function(board):
    """What libmodbus knows of the function codes; it has coils, which our modules have not."""
    def ok(line):
        code, answer = board.ohtctl(f"{line} --timeout-ms 500")
        assert code == 0, answer
        return answer

    ok("write 3 5 1 0 1 1 0 0 1 1 1 1 0 0 0 1 0 1 1 --fc 15")
    ok("write 3 6 1 --fc 5")
    assert ok("read 3 4 19 --fc 1")["coils"] == [0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 1, 1, 0]
    assert ok("read 3 0 20 --fc 2")["coils"] == [1, 0, 0] * 6 + [1, 0]
    assert ok("read 3 0x1f0 3 --fc 4")["words"] == [0x41f0, 0x41f1, 0x41f2]
    ok("write 3 0x40 0x1234")
    ok("mask 3 0x40 0xFF00 0x0056")
    assert ok("exchange 3 0x40 2 0x41 99")["words"] == [0x1256, 99]
    ok("write 0 0x50 4711")
    for unit in (2, 3, 4, 5):
        assert ok(f"read {unit} 0x50")["words"] == [4711], "it did not obey the broadcast"
    # No function of the table, so nobody knows how long the answer is: report server id.
    assert ok("raw 3 11")["pdu"].startswith("11")


def test_discovery_reads_and_writes(foreign_line, fresh):
    board = fresh(far=f"pty:{foreign_line}")
    code, answer = board.ohtctl("scan --timeout-ms 500")
    assert code == 0, answer
    assert [unit["unit"] for unit in answer["units"]] == [2, 3, 4, 5]
    assert [unit["firmware"] for unit in answer["units"]] == ["1.02"] * 4
    result = board.bus_test(f"-c 400 {ALL_UNITS}", 120)
    assert result["reads"] == 400 and result["errors"] == 0
    assert board.ohtctl("write 2 0x30 7 8 --timeout-ms 500")[0] == 0
    assert board.ohtctl("read 2 0x30 2 --timeout-ms 500")[1]["words"] == [7, 8]
    every_function(board)
    # Its own refusal, as our simulator's.
    assert board.ohtctl("read 2 0x7ff0 --timeout-ms 500")[0] == 1
