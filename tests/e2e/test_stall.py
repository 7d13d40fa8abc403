# SPDX-License-Identifier: GPL-2.0-or-later
"""A CPU that never handles an interrupt again: the other one stops the machine."""
import pytest

from oht_test.board import PROGRAMS, Controller

# The board waits for a second before it calls that a stall, since a host may hold an emulated CPU up for a while. Longer than
# that, but not as long as the controller may be without a heartbeat (10 s). The cause is stall_test's business: whether
# a machine with a stuck CPU answers questions depends on which of its threads are bound to that CPU.
PATIENCE_S = 8
CPU_IRQ, CPU_TIMER = 0, 1


@pytest.mark.kernels("stock", "rt", why="the debug kernel's own watchers go on about the stuck CPU")
@pytest.mark.parametrize("cpu", [CPU_IRQ, CPU_TIMER])
def test_one_cpu_stuck_for_good(fresh, cpu):
    board = fresh()
    board.expected_splats = ("rcu: INFO", "Call trace")
    controller = Controller(board)
    controller.arm(1)
    board.guest.check("modprobe oht_stim")
    assert all(board.pins.levels((4, 5)))
    board.guest.fire(f"{PROGRAMS}/stall_test --for-ever {cpu}")
    assert board.pins.wait_enables(0, PATIENCE_S), "a stuck CPU leaves the outputs high"
    controller.close()
