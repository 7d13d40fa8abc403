# SPDX-License-Identifier: GPL-2.0-or-later
"""suspend=stop: the machine is stopped, then it sleeps; it wakes stopped, with a bus, and somebody has to reset it.

That a suspend is refused without it is in tests/guest/estop_test.c.
"""
import re
import time

import pytest

from oht_test.board import ALL_UNITS, PROGRAMS, Controller, Refused, build_dtb, written
from oht_test.plugin import has_failed
from oht_test.wait import until
from conftest import Renewed

ENABLES = (4, 5)
DE = 6
SUSPEND = 13
# Longer than a busy host lets a guest take to fall asleep; an alarm that comes before calls the suspend off.
SLEEP_S = 8
# It is called when the test has seen what there is to see; this is for one that fails.
SLEEP_MAX_S = 300
RTC = "/sys/class/rtc/rtc0"
# Its alarm, in seconds.
RTC_MATCH = 0x09010004
# Integer and fractional divisor, line control, control, FIFO levels, interrupt mask: nothing of it survives without power.
UART = 0x09000000
UART_REGISTERS = (0x24, 0x28, 0x2c, 0x30, 0x34, 0x38)


@pytest.fixture(scope="module")
def boards(kernel, own_board):
    """Not counted: CPUs that never idle do not fall asleep as others do."""
    one = Renewed(lambda: own_board("suspend", kernel, counted=False, dtb=build_dtb("quick-reset"), module_args="suspend=stop"))
    yield one
    one.end()


@pytest.fixture
def board(boards, request):
    one = boards.get()
    one.pins.release()
    yield one
    boards.give_back(has_failed(request.node))


def begin_to_sleep(board):
    """Returns what wait_awake() wants to know: how far the board's RTC is ahead of our clock, in seconds."""
    board.guest.check(f"test -e {RTC}/wakealarm && echo 0 >{RTC}/wakealarm && echo +{SLEEP_MAX_S} >{RTC}/wakealarm")
    ahead_s = int(board.guest.check(f"cat {RTC}/since_epoch")) - time.monotonic()
    entries = said(board, "PM: suspend entry")
    # Whether the agent answers before it is frozen, or when it has been woken, is a matter of moments.
    board.guest.fire("(echo freeze >/sys/power/state; echo $? >/tmp/slept) </dev/null >/dev/null 2>&1 &")
    until(lambda: said(board, "PM: suspend entry") > entries, what="the suspend")
    return ahead_s


def is_silent(board):
    """Nobody has driven the bus for half a second."""
    before = board.pins.count(DE)
    time.sleep(0.5)
    return board.pins.count(DE) == before


def said(board, words):
    """How often the console has said that."""
    return len(re.findall(words, board.console()))


def wait_awake(board, ahead_s):
    """Have the RTC's alarm come, and wait for what it does."""
    board.pins.write_register(RTC_MATCH, int(time.monotonic() + ahead_s) + SLEEP_S)
    # Whoever talks to a port that sleeps is not heard: only the console is looked at until then.
    until(lambda: said(board, "PM: suspend exit") == said(board, "PM: suspend entry"), 90, "waking")
    written(board.guest, "/tmp/slept", "the end of the suspend", 60, 0.5)
    assert board.guest.check("cat /tmp/slept; rm /tmp/slept") == "0", "it was refused"


@pytest.mark.kernels("stock", "rt", why="KUnit has suspend and resume of the engine on the debug kernel")
def test_stops_sleeps_and_wakes_stopped(board):
    controller = Controller(board)
    board.guest.check(f"{PROGRAMS}/bus_test -c 0 {ALL_UNITS} </dev/null >/dev/null 2>&1 & echo $! >/tmp/reader")
    controller.arm(1)
    ahead_s = begin_to_sleep(board)
    assert board.pins.wait_enables(0), "it sleeps with the outputs high"
    low = [board.pins.count(pin) for pin in ENABLES]
    # The programs are frozen when the bus is silent; then its registers are lost.
    until(lambda: is_silent(board), what="the bus being silent")
    for register in UART_REGISTERS:
        board.pins.write_register(UART + register, 0)
    wait_awake(board, ahead_s)
    status = controller.status()
    assert status["state"] == "stopped" and status["first_cause"] == "suspend"
    assert controller.stop_event(1)["cause"] == "suspend"
    assert [board.pins.count(pin) for pin in ENABLES] == low and not any(board.pins.levels(ENABLES))
    board.guest.run("kill $(cat /tmp/reader)")
    # The UART has been set up anew: nobody else would have done it.
    assert board.bus_test(f"-c 40 {ALL_UNITS}")["errors"] == 0
    controller.arm(2)
    assert board.pins.press_to_low_ns() is not None
    controller.leave()


ONE_KERNEL = pytest.mark.kernels("stock", why="the first suspend is on stock and rt; what follows is the same")


@ONE_KERNEL
def test_again_and_again(board):
    """A press while it sleeps is seen when it wakes; and it may sleep once more."""
    controller = Controller(board)
    controller.arm(1)
    ahead_s = begin_to_sleep(board)
    assert board.pins.wait_enables(0)
    board.pins.press()
    wait_awake(board, ahead_s)
    status = controller.wait_status(lambda s: s["inputs"] == 0, "the press being seen")
    assert status["state"] == "stopped" and not status["standing"] & 1 << SUSPEND
    assert controller.stop_event(1)["cause"] in ("suspend", "button_a", "button_b")
    with pytest.raises(Refused) as refusal:
        controller.ask("reset 2")
    assert refusal.value.error == "EBUSY"
    controller.release_button()
    controller.arm(3)
    ahead_s = begin_to_sleep(board)
    assert board.pins.wait_enables(0)
    wait_awake(board, ahead_s)
    assert controller.stop_event(3)["cause"] == "suspend"
    assert board.bus_test(f"-c 20 {ALL_UNITS}")["errors"] == 0
    controller.leave()


@ONE_KERNEL
@pytest.mark.parametrize("begin", [
    pytest.param("echo disk >/sys/power/state", id="there"),
    pytest.param("echo >/dev/snapshot", id="back")])  # the restore of an image begins when this is opened to write
def test_hibernation_is_refused_all_the_same(board, begin):
    controller = Controller(board)
    controller.arm(1)
    code, _ = board.guest.run(begin)
    assert code != 0
    assert board.pins.wait_enables(0)
    assert controller.stop_event(1)["cause"] == "suspend"
    controller.leave()


@ONE_KERNEL
def test_wrong_word(doomed):
    """Neither of the two: one line, and no module."""
    board = doomed
    board.guest.check("rmmod oht")
    assert board.guest.run("modprobe oht suspend=perhaps")[0] != 0
    assert "oht: suspend=perhaps: must be veto or stop" in board.kernel_log()
    assert board.guest.run("test -e /dev/oht0")[0] == 1
    board.guest.check("vsbc-load")
    assert board.guest.check("cat /sys/module/oht/parameters/suspend") == "veto"
