# SPDX-License-Identifier: GPL-2.0-or-later
"""The test programs that run in the guest beside the driver (tests/guest), counted by what their TAP says."""
import pytest

from support import build_dtb, tap_results, tap_values

# How many lines each program must at least have: one that stops early must not pass.
PROGRAMS_AND_LEAST = {"uapi_test --unbind": 200, "estop_test": 180}
PRESSES = 200
RACES = 500
ICOUNT_PRESSES = 1000


@pytest.fixture
def stimulus(board):
    """The module that works the button from inside; nobody at the far end."""
    board.wire.cut()
    board.guest.check("modprobe oht_stim")
    yield
    board.guest.check("rmmod oht_stim")


@pytest.mark.parametrize("program", PROGRAMS_AND_LEAST)
def test_guest_program(board, stimulus, program):
    _, output = board.program(program, 180)
    passed, bad = tap_results(output)
    print(f"{program}: {passed} passed")
    assert not bad, bad[:5]
    assert passed >= PROGRAMS_AND_LEAST[program]


def test_presses_and_races(board, stimulus):
    """True edges from the other CPU, in wall time: none missed, and no race leaves the outputs high."""
    _, output = board.program(f"latency_test --presses {PRESSES} --race {RACES}", 180)
    passed, bad = tap_results(output)
    print(output)
    assert not bad and passed, bad
    assert tap_values(output)["estop.presses_missed"] == 0
    assert tap_values(output)["estop.race_stayed_high"] == 0


def test_presses_in_icount(kernel, own_board):
    """The same where guest time counts instructions: the bars themselves hold, whatever the host does."""
    if kernel == "debug":
        # Its own checks make every path many times longer: no figure of the product.
        presses, bars = PRESSES, ""
    else:
        presses, bars = ICOUNT_PRESSES, "--bars"
    with own_board("icount", kernel, far=None, icount="shift=1,sleep=off", dtb=build_dtb("quick-reset")) as board:
        board.guest.check("modprobe oht_stim")
        _, output = board.program(f"latency_test --presses {presses} {bars}", 400)
    print(output)
    passed, bad = tap_results(output)
    assert not bad and passed, bad
    assert tap_values(output)["estop.presses_missed"] == 0
