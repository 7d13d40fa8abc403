# SPDX-License-Identifier: GPL-2.0-or-later
"""The simulated drive has its power by the board's relays: the real simulator, and an emulator that only says what its pins do."""
import socket
import threading

import pytest

from oht_test.wait import until
from vsbc.pins import Pins
from vsbc.wire import Wire


@pytest.fixture(name="qtest")
def _qtest():
    """Both ends of a qtest connection; what is asked is answered."""
    ours, emulator = socket.socketpair()

    def answer():
        for _ in emulator.makefile("r"):
            emulator.sendall(b"OK\n")
    threading.Thread(target=answer, daemon=True).start()
    yield ours, emulator
    emulator.shutdown(socket.SHUT_RDWR)
    ours.close()


@pytest.fixture(name="wire")
def _wire(tmp_path):
    wire = Wire("sim", tmp_path)
    yield wire
    wire.stop()


def test_the_drive_has_power_while_both_outputs_are_high(qtest, wire):
    ours, emulator = qtest
    pins = Pins(ours, "gpio")

    def becomes(low, *said):
        for line in said:
            emulator.sendall(line.encode() + b"\n")
        until(lambda: ("outputs=low" in wire.command("rail")) == low, what=f"{said}: low is {low}")

    wire.feed_by(pins.both_high)
    wire.start()
    # Told before it is asked for anything.
    assert "outputs=low" in wire.command("rail")
    pins.follow_enables(wire.feed)
    becomes(False, "IRQ raise 4", "IRQ raise 5")
    becomes(True, "IRQ lower 5")
    becomes(False, "IRQ raise 5", "IRQ lower 6")
    # A simulator that comes finds them as they are.
    wire.cut()
    emulator.sendall(b"IRQ lower 4\n")
    until(lambda: not pins.both_high(), what="the output")
    wire.mend()
    assert "outputs=low" in wire.command("rail")
    becomes(False, "IRQ raise 4")
