# SPDX-License-Identifier: GPL-2.0-or-later
"""Guest commands, pins and resets, on a board without our module."""
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from oht_test.wait import until
from vsbc.errors import SbcError
from vsbc.guest import GuestError
from vsbc.machine import Machine, Options
from vsbc.paths import TOP

# The GPIO controller's registers, from its manual (PrimeCell PL061, 3.2): direction, and data behind a pin mask.
DIRECTION = 0x09030400
DATA = 0x09030000
# Debian's kernels keep /dev/mem off a device that has a driver, unless told otherwise.
RELAXED = "iomem=relaxed"


def set_output(board, pin, level):
    """Make a pin an output with that level by its registers, without any driver."""
    board.guest.check(f"devmem {DATA + (1 << pin << 2):#x} 8 {level << pin:#x}")
    board.guest.check(f"devmem {DIRECTION:#x} 8 $(($(devmem {DIRECTION:#x} 8) | {1 << pin:#x}))")
    board.guest.check(f"devmem {DATA + (1 << pin << 2):#x} 8 {level << pin:#x}")


def test_exit_code_and_output_are_the_commands(board):
    assert board.guest.run("printf 'a\\nb'; exit 7") == (7, "a\nb")
    assert board.guest.run("true") == (0, "")
    assert board.guest.run("echo x >&2") == (0, "x\n")


def test_check_says_what_failed(board):
    with pytest.raises(GuestError, match="exits 3: told you"):
        board.guest.check("echo told you; exit 3")


def test_output_of_many_lines_comes_whole(board):
    assert board.guest.check("seq 1 5000").split() == [str(n) for n in range(1, 5001)]


def test_late_command_does_not_answer_the_next(board):
    code, _ = board.guest.run("echo early; sleep 60", timeout=1)
    assert code == 143
    assert board.guest.run("echo mine") == (0, "mine\n")


def test_file_goes_in_and_out(board):
    data = os.urandom(40000)
    board.guest.push("/tmp/data", data, "600")
    assert board.guest.pull("/tmp/data") == data
    assert board.guest.check("stat -c %a /tmp/data") == "600"


def test_too_long_command_is_refused(board):
    with pytest.raises(SbcError, match="too long"):
        board.guest.run("#" * 40000)


@pytest.mark.parametrize("pin", [4, 5, 6])
def test_output_change_is_seen_and_stamped(board, pin):
    before_ns, count = time.monotonic_ns(), board.pins.count(pin)
    set_output(board, pin, 1)
    assert board.pins.wait_level(pin, 1)
    change = board.pins.last(pin)
    assert before_ns < change.mono_ns <= time.monotonic_ns()
    assert abs(change.wall_ns - time.time_ns()) < 10 * 10**9
    set_output(board, pin, 0)
    assert board.pins.wait_level(pin, 0)
    assert board.pins.count(pin) == count + 2


def button_levels(board):
    """As the guest reads them: bit 0 channel a, bit 1 channel b."""
    return int(board.guest.check(f"devmem {DATA + (0b11 << 2):#x} 8"), 16) & 0b11


def test_button_lines_reach_the_guest(board):
    assert button_levels(board) == 0b01, "healthy: a reads 1, b reads 0"
    board.pins.press("a")
    assert button_levels(board) == 0b00
    board.pins.press("b")
    assert button_levels(board) == 0b10
    board.pins.release()
    assert button_levels(board) == 0b01


def test_unknown_channel_is_refused(board):
    with pytest.raises(SbcError, match="no button channel 'c'"):
        board.pins.press("c")


def test_press_with_outputs_low_shows_nothing(board):
    with pytest.raises(SbcError, match="not both high"):
        board.pins.press_to_low_ns()


@pytest.mark.parametrize("command, reason", [
    ("echo b > /proc/sysrq-trigger", "guest-reset"),
    ("reboot -f", "guest-reset"),
    ("echo c > /proc/sysrq-trigger", "guest-reset"),
    ("poweroff -f", "guest-shutdown")])
def test_held_machine_keeps_its_pins_at_reset(state, command, reason):
    """The machine's own reset would lower every output; held, it shows what the guest left."""
    with Machine(Options(state=state, module=False, append=RELAXED, hold_on_reset=True)) as machine:
        machine.wait_booted()
        set_output(machine, 4, 1)
        assert machine.pins.wait_level(4, 1)
        machine.guest.fire(command)
        assert machine.wait_reset(20) == reason
        assert machine.pins.levels([4]) == [1] and machine.pins.count(4) == 1


def test_unheld_machine_resets_its_pins_and_boots_again(state):
    with Machine(Options(state=state, module=False, append=RELAXED)) as machine:
        machine.wait_booted()
        set_output(machine, 4, 1)
        assert machine.pins.wait_level(4, 1)
        machine.guest.fire("reboot -f")
        assert machine.pins.wait_level(4, 0)
        assert machine.guest.wait_ready(60)


@pytest.mark.parametrize("pressed, levels", [((), 0b01), (("b",), 0b11)])
def test_wired_inputs_are_there_after_a_reset(state, pressed, levels):
    """Nobody has moved the button meanwhile."""
    with Machine(Options(state=state, module=False, append=RELAXED)) as machine:
        machine.wait_booted()
        for channel in pressed:
            machine.pins.press(channel)
        machine.guest.fire("reboot -f")
        assert machine.qmp.wait_event("RESET", 20)
        assert machine.guest.wait_ready(60)
        assert button_levels(machine) == levels


def test_state_folder_deeper_than_a_socket_name(state):
    deep = state / ("d" * 90) / ("e" * 90)
    with Machine(Options(state=deep, module=False)) as machine:
        machine.wait_booted()
        assert machine.guest.check("echo deep") == "deep"
    assert deep.stat().st_mode & 0o777 == 0o700


def test_virtual_time_runs_ahead(state):
    with Machine(Options(state=state, module=False, icount="shift=1,sleep=off")) as machine:
        machine.wait_booted()
        started = time.monotonic()
        machine.guest.check("sleep 1000", timeout=1010)
        assert time.monotonic() - started < 1000, "its time goes no faster than ours"


def test_nothing_survives_a_killed_supervisor(state):
    program = (f"import sys, time; sys.path.insert(0, {str(TOP / 'scripts')!r})\n"
               "import pathlib\n"
               "from vsbc.machine import Machine, Options\n"
               f"machine = Machine(Options(state=pathlib.Path({str(state)!r}), module=False))\n"
               "machine.start()\n"
               "print(machine.pid, flush=True)\n"
               "time.sleep(60)\n")
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as child:
        pid = int(child.stdout.readline())
        assert pathlib.Path(f"/proc/{pid}").exists()
        child.send_signal(signal.SIGKILL)
    until(lambda: has_ended(pid), what="the end of the emulator")


def has_ended(pid):
    """Gone, or nobody has asked yet how it ended."""
    try:
        return "State:\tZ" in pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_emulator_that_refuses_says_why(state):
    with pytest.raises(SbcError, match="the emulator ended.*no-such-device"):
        Machine(Options(state=state, module=False, qemu=["-device", "no-such-device"])).start()


def test_missing_emulator_says_what_to_do(state, monkeypatch):
    monkeypatch.setenv("PATH", str(state))
    with pytest.raises(SbcError, match="no qemu-system-aarch64: run scripts/install-packages"):
        Machine(Options(state=state, module=False)).start()
