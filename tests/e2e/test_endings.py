# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel ends: both outputs are low before the machine's own reset, which would lower them anyway.

The emulator stops instead of resetting (-action), so whatever went low did so by the kernel's hand. Every test finds the board as
it was just after one and the same boot. The controller's deadman is the longest there is: it must not be what lowers them.
"""
import pytest

from oht_test.board import ALL_UNITS, PATIENT_DEADMAN_MS, PROGRAMS, Controller
from oht_test.wait import PATIENCE_S

ENABLES = (4, 5)
DE = 6

# What the last moments of a panic may say.
PANIC = ("sysrq triggered crash", "Kernel panic", "Call trace", "end Kernel", "Unable to handle kernel",
         "Internal error", "Oops", "SMP: stopping")


# What ends the kernel; settings of /proc/sys/kernel (the board boots with panic=-1: at once a reset); what the machine asks for.
ENDINGS = {
    "panic-reboots": ("echo c >/proc/sysrq-trigger", "", "guest-reset"),
    "panic-hangs": ("echo c >/proc/sysrq-trigger", "panic=0", None),
    "sysrq-b": ("echo b >/proc/sysrq-trigger", "", "guest-reset"),
    "reboot": ("reboot -f", "", "guest-reset"),
    "poweroff": ("poweroff -f", "", "guest-shutdown"),
    "kexec": (f"{PROGRAMS}/other_kernel start", "", "guest-reset"),
    # Another CPU was in the middle of the GPIO bank's driver, maybe with its lock held, and is halted there.
    "panic-in-bank": (f"{PROGRAMS}/fault_test --hammer & sleep 1; kill -0 $! && echo c >/proc/sysrq-trigger", "", "guest-reset"),
    "panic-in-bank-hangs": (
        f"{PROGRAMS}/fault_test --hammer & sleep 1; kill -0 $! && echo c >/proc/sysrq-trigger", "panic=0", None),
    "oops-panics": (f"modprobe oht_stim; {PROGRAMS}/fault_test --oops", "panic_on_oops=1", "guest-reset"),
}


QUICK_KERNELS = pytest.mark.kernels("stock", "rt", why="the debug kernel has one ending with and one without a panic")
ONE_KERNEL = pytest.mark.kernels("stock", why="has nothing to do with the kind of kernel")


def set_kernel(board, settings):
    for setting in settings.split():
        name, _, value = setting.partition("=")
        board.guest.check(f"echo {value} >/proc/sys/kernel/{name}")


@pytest.mark.parametrize("name", [
    "panic-reboots", "reboot",
    *(pytest.param(name, marks=QUICK_KERNELS) for name in ("panic-hangs", "sysrq-b", "poweroff")),
    *(pytest.param(name, marks=ONE_KERNEL) for name in ("kexec", "panic-in-bank", "panic-in-bank-hangs", "oops-panics"))])
def test_outputs_low_before_the_end(doomed, name):
    ending, settings, expected = ENDINGS[name]
    board = doomed
    set_kernel(board, settings)
    board.expected_splats = PANIC if "panic" in name else ()
    controller = Controller(board, PATIENT_DEADMAN_MS)
    controller.arm(1)
    # In the middle of bus traffic, as it would be.
    board.guest.check(f"{PROGRAMS}/bus_test -c 0 {ALL_UNITS} </dev/null >/dev/null 2>&1 &")
    assert board.pins.wait(lambda pins: pins.count(DE) > 4, PATIENCE_S), "no traffic"
    assert all(board.pins.levels(ENABLES))
    board.guest.fire(ending)
    if expected is None:
        board.wait_console("end Kernel panic")
    else:
        assert board.machine.wait_reset(PATIENCE_S) == expected
    assert not any(board.pins.levels(ENABLES)), "the outputs were high at the end"
    assert board.machine.alive()
    controller.close()


@ONE_KERNEL
def test_panic_leaves_a_record(doomed):
    """Nobody can ask for it any more; but the kernel prints its trace, and whoever reads its memory finds the same."""
    board = doomed
    set_kernel(board, "panic=0 ftrace_dump_on_oops=1")
    board.expected_splats = PANIC
    controller = Controller(board, PATIENT_DEADMAN_MS)
    controller.arm(1)
    board.guest.check("mount -t tracefs tracefs /sys/kernel/tracing && echo 1 >/sys/kernel/tracing/events/oht/oht_estop/enable")
    board.guest.fire("echo c >/proc/sysrq-trigger")
    board.wait_console(r"oht_estop: .* from=ENABLED to=STOPPED causes=0x8000 .* outputs=0x0\b")
    controller.close()


@ONE_KERNEL
def test_oops_elsewhere_is_no_stop(doomed):
    """Another module's fault ends a process. The machine goes on, and its button works."""
    board = doomed
    board.expected_splats = PANIC
    controller = Controller(board, PATIENT_DEADMAN_MS)
    controller.arm(1)
    board.guest.check("modprobe oht_stim")
    board.guest.check(f"{PROGRAMS}/fault_test --oops </dev/null >/dev/null 2>&1 || true")
    assert "Oops" in board.guest.check("dmesg"), "there was no fault"
    assert all(board.pins.levels(ENABLES)), "a fault elsewhere lowered the outputs"
    mark = controller.events()[-1]
    assert (mark["kind"], mark["from"], mark["to"], mark["cause"]) == ("fault", "enabled", "enabled", "none"), mark
    assert mark["tgid"] > 1, "which process was hit?"
    board.pins.press()
    assert board.pins.wait_enables(0)
    assert controller.status()["first_cause"] == "button_a"
    controller.close()
