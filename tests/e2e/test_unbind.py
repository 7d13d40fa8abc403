# SPDX-License-Identifier: GPL-2.0-or-later
"""The driver goes while programs have the device open: clean errors, outputs low, no splat, and it comes back."""
import json

import pytest

from oht_test.board import ALL_UNITS, DRIVER, PROGRAMS, Controller, Refused
from oht_test.wait import until

DEVICE = "9000000.pl011"
REMOVALS = {"debug": 5}


@pytest.fixture
def driver(board):
    """The driver is back on its device afterwards, whatever became of it."""
    yield
    board.guest.run(f"lsmod | grep -q '^oht ' || vsbc-load; cd {DRIVER}; [ -e {DEVICE} ] || echo {DEVICE} >bind")
    board.guest.check(f"test -c /dev/oht0 && test -e {DRIVER}/{DEVICE}")


def start_reading(board):
    """A program that reads for ever, in the background."""
    board.guest.check(f"{PROGRAMS}/bus_test -c 0 {ALL_UNITS} </dev/null >/tmp/reading.json 2>&1 &")
    until(lambda: board.pins.count(6) > 0 and board.guest.run("pidof bus_test")[0] == 0, what="traffic")


def result_of_reading(board):
    until(lambda: board.guest.run("pidof bus_test")[0] == 1, what="the end of the reading program")
    return json.loads(board.guest.check("cat /tmp/reading.json"))


def test_unbind_while_open(board, driver):
    start_reading(board)
    controller = Controller(board)
    controller.work_button()
    controller.arm(501)
    board.guest.check(f"echo {DEVICE} >{DRIVER}/unbind")
    assert board.pins.wait_enables(0), "the driver went and left the outputs high"
    result = result_of_reading(board)
    assert result["gone"] and result["hangup"], "ENODEV and EPOLLHUP expected"
    # What happened before the end can still be read, then every call says that the device is gone.
    assert controller.stop_event(501)["cause"] == "unbind"
    with pytest.raises(Refused) as refusal:
        controller.leave()
    assert refusal.value.error == "ENODEV"
    assert board.guest.run("test -e /dev/oht0")[0] == 1
    board.guest.check(f"echo {DEVICE} >{DRIVER}/bind")
    # The answer to the request that the unbinding cut may still come, and spoil the first new one.
    assert board.bus_test(f"-c 40 -r 1 {ALL_UNITS}")["errors"] == 0
    assert not any(board.pins.levels((4, 5)))


def test_rmmod_while_open_is_refused(board, driver, controller):
    controller.arm(502)
    code, said = board.guest.run("rmmod oht")
    assert code != 0 and ("busy" in said.lower() or "in use" in said.lower() or "unavailable" in said.lower()), said
    # Refused means that nothing happened.
    assert controller.status()["state"] == "enabled"
    assert all(board.pins.levels((4, 5)))


def test_rmmod_again_and_again(board, driver):
    board.guest.check(f"for i in $(seq {REMOVALS.get(board.kernel, 20)}); do rmmod oht && vsbc-load || exit 1; done", 120)
    assert board.bus_test(f"-c 40 {ALL_UNITS}")["errors"] == 0


def test_unbind_and_rmmod_after_it_with_an_open_descriptor(board, driver):
    """The module's code must outlive the last descriptor."""
    start_reading(board)
    board.guest.check("exec 9<>/dev/oht0; (sleep 100 & echo $! >/tmp/holder)")
    board.guest.check(f"echo {DEVICE} >{DRIVER}/unbind")
    assert result_of_reading(board)["gone"]
    assert board.guest.run("rmmod oht")[0] != 0, "removed under an open descriptor"
    board.guest.check("kill $(cat /tmp/holder)")
    until(lambda: board.guest.run("rmmod oht")[0] == 0, what="the removal after the last close")
    board.guest.check("vsbc-load")
    assert board.bus_test(f"-c 40 {ALL_UNITS}")["errors"] == 0
