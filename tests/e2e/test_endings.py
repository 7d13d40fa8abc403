# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel ends: both outputs are low before the machine's own reset, which would lower them anyway.

The emulator stops instead of resetting (-action), so whatever went low did so by the kernel's hand.
"""
import pytest

from support import ALL_UNITS, PROGRAMS, Controller

# What the last moments of a panic may say.
PANIC = ("sysrq triggered crash", "Kernel panic", "Call trace", "end Kernel", "Unable to handle kernel",
         "Internal error", "Oops", "SMP: stopping")


# The answer to the command must leave the guest before the guest ends.
def later(command):
    return f"(sleep 0.3; {command}) </dev/null >/dev/null 2>&1 &"


ENDINGS = {
    "panic-reboots": ("echo c >/proc/sysrq-trigger", "panic=-1", "guest-reset"),
    "panic-hangs": ("echo c >/proc/sysrq-trigger", "panic=0", None),
    "sysrq-b": ("echo b >/proc/sysrq-trigger", "", "guest-reset"),
    "reboot": ("reboot -f", "", "guest-reset"),
    "poweroff": ("poweroff -f", "", "guest-shutdown"),
}


# The debug kernel watches one way with and one without a panic; booting it five times takes a minute and more.
QUICK_KERNELS = pytest.mark.kernels("stock", "rt")


@pytest.mark.parametrize("name", [
    "panic-reboots", "reboot", *(pytest.param(name, marks=QUICK_KERNELS)
                                 for name in ("panic-hangs", "sysrq-b", "poweroff"))])
def test_outputs_low_before_the_end(fresh, name):
    ending, append, expected = ENDINGS[name]
    board = fresh(append=append, hold_on_reset=True)
    board.expected_splats = PANIC if "echo c" in ending else ()
    controller = Controller(board)
    controller.arm(1)
    # In the middle of bus traffic, as it would be.
    board.guest.check(f"{PROGRAMS}/bus_test -c 0 {ALL_UNITS} </dev/null >/dev/null 2>&1 &")
    assert board.pins.wait(lambda pins: pins.count(6) > 4, 10), "no traffic"
    assert all(board.pins.level(pin) for pin in (4, 5))
    board.guest.check(later(ending))
    if expected is None:
        assert board.machine.wait_console("end Kernel panic", 20), "it does not hang in a panic"
    else:
        assert board.machine.wait_reset(20) == expected
    assert board.pins.wait_enables(0, 1), "the outputs were high at the end"
    assert board.machine.alive()
    controller.close()
