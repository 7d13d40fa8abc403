# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes to no module or to all of them through ohtctl, module and wire: raw requests, broadcasts, a scan of all addresses."""
import pytest

from oht_test.board import build_dtb


pytestmark = pytest.mark.kernels("stock", why="the engine has KUnit on each kernel")
# The simulator on a busy host answers late; the time-outs themselves are another test's subject.
PATIENT = "--timeout-ms 500"
# Of oht_sim.ko: who is on its wire, and the bit of its parameter `faults` for a slave that says nothing.
SLAVES = list(range(2, 10))
SILENCE = 1
# Two registers of the power module that hold what is written.
HELD = 0x30


def ok(board, line):
    code, answer = board.ohtctl(f"{line} {PATIENT}")
    assert code == 0, answer
    return answer


def refused(board, line):
    code, answer = board.ohtctl(f"{line} {PATIENT}")
    assert code == 1, answer
    return answer["error"]


def held(board):
    return ok(board, f"read 2 {HELD} 2")["words"]


def test_raw(board):
    ok(board, f"write 2 {HELD} 0x12 0x34")
    assert ok(board, "raw 2 03 0030 0002")["pdu"] == "030400120034"
    # Its length is in its list of objects; that of another MEI type is not known.
    assert ok(board, "raw 3 2b0e 0401")["pdu"] == f"2b0e0481000001{identity_tail('safety')}"
    assert "does not know this function" in refused(board, "raw 2 2b0d 00")
    assert "does not know this function" in refused(board, "raw 2 41")


def identity_tail(name):
    """Object 1, one of one, as its bytes."""
    return f"01{len(name):02x}{name.encode().hex()}"


def test_broadcast(board):
    ok(board, f"write 2 {HELD} 1 1")
    answer = ok(board, f"write 0 {HELD} 77 78")
    assert answer["unit"] == 0 and answer["attempts"] == 1 and answer["turnaround_us"] == 0
    assert held(board) == [77, 78]
    ok(board, f"raw 0 06 {HELD:04x} 0055")
    assert held(board) == [0x55, 78]


@pytest.fixture
def virtual(fresh):
    """A board whose slaves are in its own virtual time (oht_sim.ko): no host makes an answer late."""
    board = fresh(far=None, counted=False, icount="shift=1,sleep=off", dtb=build_dtb("sim"))
    board.guest.check("modprobe oht_sim")
    return board


def test_scan_of_all_addresses(virtual):
    """One scan finds each slave; it waits for each address that is silent, and not much longer."""
    code, answer = virtual.ohtctl("scan --all", 120)
    assert code == 0, answer
    assert [unit["unit"] for unit in answer["units"]] == SLAVES and answer["scanned"] == 247
    print(f"scan of units 1..247, eight there: {answer['took_ms']} ms")
    virtual.guest.check(f"echo {SILENCE} >/sys/module/oht_sim/parameters/faults")
    code, nobody = virtual.ohtctl("scan --all", 120)
    assert code == 1 and nobody["units"] == []
    print(f"scan of units 1..247, nobody there: {nobody['took_ms']} ms")
    assert 239 * 9 <= nobody["took_ms"] <= 8000
