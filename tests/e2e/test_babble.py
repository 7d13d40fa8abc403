# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody on the bus who never stops talking: no module is heard, and the stop is not slower for it."""
import contextlib
import random
import threading
import time

import pytest

from oht_test.board import ALL_UNITS, PROGRAMS
from oht_test.wait import until
from vsbc import paths

# At least as fast as the line is, which has 11,520 characters in a second of the guest: that takes more than two of ours.
BYTES_PER_S = 5000
SLICE_S = 0.002
# A guest that does not take them for so long is not one that is flooded.
BLOCKED_S = 10


@contextlib.contextmanager
def babble(board):
    """Random characters into the board's UART, at the rate of the line."""
    ended = threading.Event()
    told = []

    def talk():
        dice = random.Random(1)
        with contextlib.closing(paths.connect_unix(board.state / "wire.sock")) as sock:
            sock.settimeout(BLOCKED_S)
            began, sent = time.monotonic(), 0
            while not ended.is_set():
                due = int((time.monotonic() - began) * BYTES_PER_S) - sent
                if due > 0:
                    sock.sendall(dice.randbytes(due))
                    sent += due
                    told.append(due)
                time.sleep(SLICE_S)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield told
    finally:
        ended.set()
        thread.join()


@pytest.mark.kernels("stock", "rt", why="bus_fault_test has babble on every kernel; here it meets the real UART")
def test_babbling_node(board, controller):
    board.wire.cut()
    controller.arm(1)
    before = heard(board)
    with babble(board) as told:
        until(lambda: sum(told) > BYTES_PER_S, what="babble")
        assert all(board.pins.levels((4, 5))), "babble is no reason to stop"
        board.guest.check(f"{PROGRAMS}/bus_test -c 0 {ALL_UNITS} </dev/null >/dev/null 2>&1 & echo $! >/tmp/reader")
        later = sum(told) + BYTES_PER_S
        until(lambda: sum(told) > later, what="more babble")
        assert all(board.pins.levels((4, 5))), "babble is no reason to stop"
        assert controller.status()["state"] == "enabled"
        assert board.pins.press_to_low_ns() is not None
        event = controller.stop_event(1)
        assert event["cause"] in ("button_a", "button_b") and event["low_ns"] >= event["event_ns"]
        until(lambda: heard(board) - before > BYTES_PER_S, what="babble that reaches the board")
        controller.release_button()
        controller.arm(2)
    assert controller.status()["state"] == "enabled"
    board.guest.check("kill $(cat /tmp/reader)")


def heard(board):
    return int(board.guest.check("cat /sys/class/oht/oht0/statistics/bytes_received"))
