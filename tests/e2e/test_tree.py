# SPDX-License-Identifier: GPL-2.0-or-later
"""Device trees that are wrong: one clear line that names the property, and the machine lives on.

All the wrong devices stand beside the right one on one board, which must not suffer.
"""
import re
import shutil
import subprocess

import pytest

from oht_test.board import ALL_UNITS, PROGRAMS, Controller, build_dtb

# Overlay, the device that it makes, what the kernel must say about it.
WRONG = {
    "missing-enable": ("a0000000", r"enable-gpios: 0 lines, must be 2\.\.2"),
    "missing-estop": ("a0001000", r"estop-gpios: 0 lines, must be 1\.\.2"),
    "open-drain": ("a0002000", r"enable-gpios\[0\]: open drain or open source is not allowed"),
    "line-twice": ("a0003000", r"enable-gpios\[1\]: same line as enable-gpios\[0\]"),
    "line-shared": ("a0004000", r"enable-gpios\[1\]: same line as estop-gpios\[0\]"),
    "active-low-enable": ("a0005000", r"enable-gpios\[0\]: active low, needs oht,allow-active-low-enable"),
    "absurd-deadman": ("a0006000", r"oht,deadman-default-ms: 86400000 is out of range, must be 10\.\.10000"),
    "absurd-settle": ("a0009000", r"oht,feedback-settle-ms: 60000 is out of range, must be 5\.\.1000"),
    "absurd-stall": ("a000a000", r"oht,cpu-stall-us: 3999 is out of range, must be 4000\.\.1000000"),
    "pulse-shared": ("a000b000", r"enable-pulse-gpios\[0\]: same line as enable-gpios\[1\]"),
    "panic-write-length": ("a000d000", r"oht,panic-write: 3 cells, must be 1\.\.4 times <address-high address-low mask value>"),
    "panic-write-address": ("a000e000", r"oht,panic-write: 0x1f000d0002 is no register address"),
    "watchdog-nowhere": ("a000c000", r"oht,require-watchdog: names no node"),
    "odd-parity-word": ("a0007000", r'oht,parity: "sometimes" is not none, even or odd'),
    "sleeping-gpio": ("a0008000", r"enable-gpios\[0\]: a GPIO that can sleep"),
}
# The same for devices of wrong-more.dtso, each with a case's name.
MORE = {
    "panic-write-beyond": ("a0010000", r"oht,panic-write: 0x10000090300c0 cannot be mapped: beyond the bus\?"),
    "panic-write-last": ("a0011000", r"oht,panic-write: 0xfffffffffffffffc cannot be mapped: beyond the bus\?"),
    "panic-write-memory": ("a0012000", r"oht,panic-write: 0x48000000 is memory, no register"),
    "panic-write-empty": ("a0013000", r"oht,panic-write: 0 cells, must be 1\.\.4 times"),
    "enable-cells": ("a0014000", r"enable-gpios: not a list of GPIO lines"),
    "button-twice": ("a0015000", r"estop-gpios\[1\]: same line as estop-gpios\[0\]"),
    "de-shared": ("a0016000", r"de-gpios\[0\]: same line as estop-gpios\[0\]"),
    "three-buttons": ("a0017000", r"estop-gpios: 3 lines, must be 1\.\.2"),
    "speed-empty": ("a0018000", r"current-speed: not one 32-bit number"),
}
# And for those of wrong-uart.dtso, by the end of the device's name.
WRONG_UART = {
    "reg-beyond": r"reg: .* cannot be mapped: beyond the bus\?",
    "reg-memory": r"reg: .* is memory, no register",
    "reg-in-use": r"reg: .* is in use by another device",
    "reg-empty": r"reg: missing, or without a length",
    "reg-missing": r"reg: missing, or without a length",
    "reg-short": r"reg: 0x7 bytes, must be at least 0x8",
    "reg-short-pl011": r"reg: 0x48 bytes, must be at least 0x4c",
}
# Longer than a busy host keeps the guest waiting.
DEADMAN_MS = 3000
I2C_MODULES = ("algos/i2c-algo-bit.ko", "busses/i2c-gpio.ko")


def lines_of(log, device):
    """What our driver says about a device, without the driver core's own last word."""
    return [line for line in log.splitlines()
            if f" oht {device}: " in line and "probe with driver" not in line]


def i2c_modules(kernel_tree):
    """Files of the guest: what the pretended I2C bus needs of the kernel's own modules."""
    found = {}
    for name in I2C_MODULES:
        source = next(kernel_tree.glob(f"lib/modules/*/kernel/drivers/i2c/{name}"))
        found[f"/tmp-modules/{source.name}"] = source.read_bytes()
    return found


@pytest.fixture(scope="module")
def log_and_board(kernel, own_board):
    """The kernel log after the module met all the wrong devices and the right one."""
    sleeping = "sleeping-gpio-sim" if kernel == "debug" else "sleeping-gpio-i2c"
    overlays = [name for name in WRONG if name != "sleeping-gpio"] + ["wrong-more", sleeping]
    files = {} if kernel == "debug" else i2c_modules(own_board.kernel_tree(kernel))
    with own_board("wrong-trees", kernel, dtb=build_dtb(*overlays), module=False, files=files) as board:
        for name in files:
            board.guest.check(f"insmod {name}")
        board.guest.check("vsbc-load")
        yield board.kernel_log(), board


@pytest.mark.parametrize("case", [*WRONG, *MORE])
def test_one_line_names_the_property(log_and_board, case):
    log, _ = log_and_board
    device, expected = MORE.get(case) or WRONG[case]
    ours = lines_of(log, f"{device}.{case if case in MORE else 'rs485'}")
    assert len(ours) == 1, f"one line expected: {ours}"
    assert re.search(expected, ours[0]), ours[0]


def test_the_right_device_works_beside_them(log_and_board):
    _, board = log_and_board
    assert board.guest.check("ls /dev/oht*") == "/dev/oht0"
    assert board.bus_test(f"-c 20 {ALL_UNITS}")["errors"] == 0
    controller = Controller(board)
    controller.work_button()
    controller.arm(1)
    assert board.pins.press_to_low_ns() is not None
    controller.leave()


@pytest.mark.kernels("stock", "rt", why="the debug kernel has the other refusals, on one board")
def test_absurd_baud_rate(fresh):
    """The board's only device is wrong: no device, outputs low, and the machine runs."""
    board = fresh(dtb=build_dtb("absurd-baud"), module=False)
    board.guest.check("modprobe oht")
    log = board.kernel_log()
    ours = lines_of(log, "9000000.pl011")
    assert len(ours) == 1 and re.search(r"current-speed: 4000000000\b", ours[0]), ours
    assert board.guest.run("test -e /dev/oht0")[0] == 1
    assert not any(board.pins.count(pin) for pin in (4, 5)), "the enables have moved"
    board.guest.check("rmmod oht")


@pytest.mark.kernels("stock", "rt", why="the debug kernel has the other refusals, on one board")
def test_registers_of_no_uart(fresh):
    """One line for each names the property, nothing is left behind, and the module can be removed."""
    board = fresh(dtb=build_dtb("wrong-uart"), module=False)
    board.guest.check("modprobe oht")
    log = board.kernel_log()
    for case, expected in WRONG_UART.items():
        ours = [line for line in log.splitlines()
                if re.search(rf" oht (\w+\.)?{case}: ", line) and "probe with driver" not in line]
        assert len(ours) == 1 and re.search(expected, ours[0]), f"{case}: {ours}"
    assert board.guest.run("test -e /dev/oht0")[0] == 1
    assert not any(board.pins.count(pin) for pin in (4, 5)), "the enables have moved"
    assert "oht" not in board.guest.check("cat /proc/interrupts")
    assert not re.search(r"\boht\b|reg-\w+", board.guest.check("cat /proc/iomem"))
    board.guest.check("rmmod oht")


@pytest.fixture
def deaf_tree(tmp_path):
    """The board's tree, whose UART has no interrupt any more."""
    tree = shutil.copyfile(build_dtb("quick-reset"), tmp_path / "deaf.dtb")
    subprocess.run(["fdtput", "-d", tree, "/pl011@9000000", "interrupts"], check=True)
    return tree


@pytest.mark.kernels("stock", why="has nothing to do with the kind of kernel")
def test_uart_that_cannot_be_had(fresh, deaf_tree):
    """Not a wrong property but a UART that is gone: no bus, and a stop that does not need one."""
    board = fresh(dtb=deaf_tree)
    log = board.kernel_log()
    ours = lines_of(log, "9000000.pl011")
    assert len(ours) == 2 and ours[0].endswith("interrupts: none"), ours
    assert re.search(r"no bus \(-\d+\); the emergency stop works without it", ours[1]), ours
    assert board.guest.run(f"{PROGRAMS}/bus_test -c 1 {ALL_UNITS}")[0] != 0
    controller = Controller(board, DEADMAN_MS)
    controller.arm(1)
    assert board.pins.press_to_low_ns() is not None
    assert controller.stop_event(1)["cause"] in ("button_a", "button_b")
    controller.release_button()
    controller.arm(2)
    controller.ask("hang")
    assert board.pins.wait_enables(0), "no heartbeat, and the outputs are high"
    assert controller.stop_event(2)["cause"] == "deadman"
    controller.close()
