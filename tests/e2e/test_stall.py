# SPDX-License-Identifier: GPL-2.0-or-later
"""A CPU that never handles an interrupt again: the other one stops the machine. A host that stalls does not."""
import os
import signal
import time

import pytest

from oht_test.board import DEADMAN_MS, PATIENT_DEADMAN_MS, PROGRAMS, Controller
from oht_test.wait import until

# The board waits for a second before it calls that a stall. Far less than a controller may be without a heartbeat (10 s), in the
# guest's own time. The cause is stall_test's business: whether a machine with a stuck CPU answers questions depends on which of
# its threads are bound to that CPU.
STALL_S = 1
WITHIN_S = 2
CPU_IRQ, CPU_TIMER = 0, 1


@pytest.mark.kernels("stock", "rt", why="the debug kernel's own watchers go on about the stuck CPU")
@pytest.mark.parametrize("cpu", [CPU_IRQ, CPU_TIMER])
def test_one_cpu_stuck_for_good(doomed, cpu):
    doomed.expected_splats = ("rcu: INFO", "Call trace")
    controller = Controller(doomed, PATIENT_DEADMAN_MS)
    controller.arm(1)
    doomed.guest.check("modprobe oht_stim")
    assert all(doomed.pins.levels((4, 5)))
    before_ns = doomed.clock_ns()
    doomed.guest.fire(f"{PROGRAMS}/stall_test --for-ever {cpu}")
    assert doomed.pins.wait_enables(0), "a stuck CPU leaves the outputs high"
    took_s = (doomed.clock_ns() - before_ns) / 1e9
    print(f"CPU {cpu} stuck: low after {took_s:.2f} s of the guest, its start included")
    assert took_s < STALL_S + WITHIN_S
    controller.close()


@pytest.mark.kernels("stock", why="the host and the emulator are the same for every kernel")
def test_a_stalled_host_is_no_reason_to_stop(board):
    """The emulator stands still for four times the deadman, and the idle guest does not notice (D118)."""
    controller = Controller(board, DEADMAN_MS)
    controller.work_button()
    controller.arm(1)
    for _ in range(5):
        began_ns = board.clock_ns()
        os.kill(board.machine.pid, signal.SIGSTOP)
        time.sleep(4 * DEADMAN_MS / 1000)
        os.kill(board.machine.pid, signal.SIGCONT)
        # The deadman would have fired by then.
        until(lambda: board.clock_ns() - began_ns > 2 * DEADMAN_MS * 10**6, what="two deadmen's time in the guest")
        status = controller.status()
        assert status["state"] == "enabled" and status["deadman_ms"] == DEADMAN_MS, status
    assert all(board.pins.levels((4, 5)))
    controller.leave()
