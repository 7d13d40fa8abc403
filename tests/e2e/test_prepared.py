# SPDX-License-Identifier: GPL-2.0-or-later
"""What the computer must bring before the outputs may rise: a hardware watchdog that counts, and no crash kernel."""
import pytest

from oht_test.board import PATIENT_DEADMAN_MS, PROGRAMS, Controller, Refused, build_dtb
from oht_test.wait import until

pytestmark = pytest.mark.kernels("stock", why="only the stock kernel's package has these drivers and kexec")
# Not a hardware watchdog: it ends with the kernel that it is to watch.
SOFT = "softdog"
HARD = "gpio_wdt"
CRASH_ROOM = "crashkernel=64M"
# OHT_CAUSE_BIT() of OHT_CAUSE_WATCHDOG and OHT_CAUSE_KDUMP.
NO_WATCHDOG, CRASH_KERNEL = 1 << 21, 1 << 22


def watchdog_modules(own_board):
    """Files of the guest: the drivers, which the board's own image has no use for."""
    folder = own_board.kernel_tree("stock")
    return {f"/tmp-modules/{name}.ko": next(folder.glob(f"lib/modules/*/kernel/drivers/watchdog/{name}.ko")).read_bytes()
            for name in (SOFT, HARD)}


def refused_for(controller, tag):
    """Mask of what an enable is refused for; it must lower and latch nothing, and raise nothing."""
    with pytest.raises(Refused) as refusal:
        controller.ask(f"enable {tag}")
    assert refusal.value.error == "EBUSY", refusal.value
    status = controller.status()
    assert status["state"] == "ready" and not status["standing"]
    assert not any(controller.board.pins.levels((4, 5)))
    return refusal.value.blocking


def make_ready(controller, tag):
    controller.wait_status(lambda status: not status["standing"], "nothing in the way of a reset")
    controller.ask(f"reset {tag}")


def rise(controller, tag):
    controller.ask(f"enable {tag}")
    assert controller.board.pins.wait_enables(1)


def enable(controller, tag):
    rise(controller, tag)
    controller.ask(f"disable {tag}")
    assert controller.board.pins.wait_enables(0)


def expect_stop(controller, tag, cause):
    """Enabled with that tag, it stops by itself and can be reset: to enable again is another matter."""
    assert controller.board.pins.wait_enables(0), "the outputs stayed high"
    assert controller.stop_event(tag)["cause"] == cause
    make_ready(controller, tag)


def feed(board, device):
    """Opens it and holds it open, which makes it count; returns what ends that in order."""
    board.guest.check(f"(exec 3>/dev/{device}; echo $$ >/tmp/feeder; while :; do echo >&3; "
                      "[ -e /tmp/enough ] && echo V >&3 && exit; sleep 1; done) </dev/null >/dev/null 2>&1 &")
    until(lambda: board.guest.run(f"grep -qx active /sys/class/watchdog/{device}/state")[0] == 0, what="a watchdog that counts")

    def end():
        board.guest.check("touch /tmp/enough")
        until(lambda: board.guest.run(f"grep -qx inactive /sys/class/watchdog/{device}/state")[0] == 0, what="its end")
        board.guest.check("rm /tmp/enough")

    return end


def test_watchdog_required(fresh, own_board):
    board = fresh(dtb=build_dtb("watchdog"), files=watchdog_modules(own_board))
    controller = Controller(board)
    make_ready(controller, 1)
    assert refused_for(controller, 2) == NO_WATCHDOG, "no driver for it"
    board.guest.check(f"insmod /tmp-modules/{SOFT}.ko")
    end = feed(board, "watchdog0")
    assert refused_for(controller, 3) == NO_WATCHDOG, "another watchdog counts, but it is not the hardware"
    end()
    board.guest.check(f"rmmod {SOFT}; insmod /tmp-modules/{HARD}.ko")
    assert refused_for(controller, 4) == NO_WATCHDOG, "it does not count yet"
    end = feed(board, "watchdog0")
    enable(controller, 5)
    end()
    assert refused_for(controller, 6) == NO_WATCHDOG, "it does not count any more"
    end = feed(board, "watchdog0")
    rise(controller, 7)
    end()
    expect_stop(controller, 7, "watchdog")
    assert refused_for(controller, 8) == NO_WATCHDOG, "nobody feeds it any more"
    end = feed(board, "watchdog0")
    rise(controller, 9)
    # The device is open, so the module stays; its driver can be taken off all the same.
    board.guest.check(f"echo watchdog >/sys/bus/platform/drivers/{HARD.replace('_', '-')}/unbind")
    expect_stop(controller, 9, "watchdog")
    assert refused_for(controller, 10) == NO_WATCHDOG, "its driver has gone"
    # What is not ready is refused as ever.
    controller.ask("stop 8")
    with pytest.raises(Refused) as refusal:
        controller.ask("enable 9")
    assert refusal.value.error == "ECANCELED"
    controller.leave()


def test_crash_kernel(fresh):
    board = fresh(append=CRASH_ROOM)
    controller = Controller(board)
    make_ready(controller, 1)
    enable(controller, 2)
    board.guest.check(f"{PROGRAMS}/other_kernel load-crash")
    assert board.guest.check("cat /sys/kernel/kexec_crash_loaded").strip() == "1"
    assert refused_for(controller, 3) == CRASH_KERNEL
    board.guest.check(f"{PROGRAMS}/other_kernel unload-crash")
    rise(controller, 4)
    board.guest.check(f"{PROGRAMS}/other_kernel load-crash")
    expect_stop(controller, 4, "kdump")
    assert refused_for(controller, 5) == CRASH_KERNEL
    board.guest.check(f"{PROGRAMS}/other_kernel unload-crash")
    enable(controller, 6)
    controller.leave()


def test_crash_kernel_allowed(fresh):
    """Somebody has said so: the outputs rise, and with crash_kexec_post_notifiers a panic lowers them first."""
    # In the host's time: a CPU that never idles keeps the other one from being stopped within the kernel's one second, which
    # the kernel then warns of.
    board = fresh(counted=False, dtb=build_dtb("crash-allowed"), append=f"{CRASH_ROOM} crash_kexec_post_notifiers",
                  hold_on_reset=True)
    board.expected_splats = ("sysrq triggered crash", "Kernel panic", "Call trace", "Unable to handle kernel", "Oops",
                             "Internal error", "SMP: stopping")
    controller = Controller(board, PATIENT_DEADMAN_MS)
    board.guest.check(f"{PROGRAMS}/other_kernel load-crash")
    controller.arm(1)
    board.guest.fire("echo c >/proc/sysrq-trigger")
    assert board.machine.wait_reset(20) == "guest-reset"
    assert not any(board.pins.levels((4, 5))), "the crash kernel was started with the outputs high"
    controller.close()
