# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody else's slaves at the far end: libmodbus on a pty instead of our simulator."""
import subprocess

import pytest

from support import ALL_UNITS, TOP

# Whose slave it is makes no difference to a kernel.
pytestmark = pytest.mark.kernels("stock")
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
    # Its own refusal, as our simulator's.
    assert board.ohtctl("read 2 0x7ff0 --timeout-ms 500")[0] == 1
