# SPDX-License-Identifier: GPL-2.0-or-later
"""Every open wire, short and welded contact of each way to wire the button, and in which class it is.

The wiring is computed here: which levels a fault gives both lines while the contacts are closed, and while they are open.
The class follows from them, and docs/faults.md has the same; then the levels are put on the board's pins,
and the kernel must do what the class says.
"""
import dataclasses
import itertools

import pytest

from oht_test.board import Controller, Refused, build_dtb

ENABLES = (4, 5)
BUTTON_A, BUTTON_B, DISCREPANCY = 2, 3, 4
TAGS = itertools.count(1)
AT_ONCE, NEXT_DEMAND, NOT_DETECTABLE = "at once", "at the next demand", "not detectable"

ONE_KERNEL = pytest.mark.kernels("stock", why="levels and the rules about them are the same on every kernel")


@dataclasses.dataclass(frozen=True)
class Wiring:
    """The rail that each contact leads to, 1 supply or 0 ground; the line is pulled to the other one."""
    name: str
    rails: tuple
    overlay: str

    def levels(self, fault, closed):
        """All pairs of levels that the lines may have with that fault: a conflict may end either way."""
        lines = [{rail if self._is_closed(fault, channel, closed) else 1 - rail}
                 for channel, rail in enumerate(self.rails)]
        for channel in range(len(lines)):
            if fault == ("supply", channel):
                lines[channel] = {1}
            elif fault == ("ground", channel):
                lines[channel] = {0}
        if fault[0] != "together" or lines[0] == lines[1]:
            return list(itertools.product(*lines))
        # A contact that is closed wins against a pull; two contacts, or two pulls, nobody knows.
        driven = {rail for channel, rail in enumerate(self.rails) if self._is_closed(fault, channel, closed)}
        return [(level, level) for level in (driven or {0, 1})]

    @staticmethod
    def _is_closed(fault, channel, closed):
        return fault != ("open", channel) and (closed or fault in (("welded", channel), ("welded", None)))

    def faults(self):
        """Every single fault of this wiring."""
        channels = range(len(self.rails))
        kinds = [(kind, channel) for kind in ("open", "supply", "ground", "welded") for channel in channels]
        return kinds + ([("together", None), ("welded", None)] if len(self.rails) > 1 else [])

    def is_open(self, channel, level):
        return level != self.rails[channel]

    def class_of(self, fault):
        """The class in which the weakest outcome of the fault is."""
        if all(any(self.is_open(c, level) for c, level in enumerate(levels)) for levels in self.levels(fault, True)):
            return AT_ONCE
        pressed = self.levels(fault, False)
        disagree = [levels for levels in pressed if 0 < self._open_count(levels) < len(self.rails)]
        return NEXT_DEMAND if disagree else NOT_DETECTABLE

    def _open_count(self, levels):
        return sum(self.is_open(c, level) for c, level in enumerate(levels))


ANTIVALENT = Wiring("antivalent", (1, 0), "quick-window")
ALIKE = Wiring("wired alike", (1, 1), "wired-alike")
SINGLE = Wiring("one channel", (1,), "one-channel")
WIRINGS = (ANTIVALENT, ALIKE, SINGLE)

# As docs/faults.md has it; computed as well.
CLASSES = {
    ANTIVALENT: {("open", 0): AT_ONCE, ("open", 1): AT_ONCE, ("ground", 0): AT_ONCE, ("supply", 1): AT_ONCE,
                 ("together", None): AT_ONCE, ("supply", 0): NEXT_DEMAND, ("ground", 1): NEXT_DEMAND,
                 ("welded", 0): NEXT_DEMAND, ("welded", 1): NEXT_DEMAND, ("welded", None): NOT_DETECTABLE},
    ALIKE: {("open", 0): AT_ONCE, ("open", 1): AT_ONCE, ("ground", 0): AT_ONCE, ("ground", 1): AT_ONCE,
            ("supply", 0): NEXT_DEMAND, ("supply", 1): NEXT_DEMAND, ("welded", 0): NEXT_DEMAND,
            ("welded", 1): NEXT_DEMAND, ("together", None): NOT_DETECTABLE, ("welded", None): NOT_DETECTABLE},
    SINGLE: {("open", 0): AT_ONCE, ("ground", 0): AT_ONCE, ("supply", 0): NOT_DETECTABLE,
             ("welded", 0): NOT_DETECTABLE},
}
CASES = [(wiring, fault) for wiring in WIRINGS for fault in wiring.faults()]


class Lines:
    """The board's button lines, wired in one of the ways, with at most one fault."""

    def __init__(self, board, wiring):
        self.board, self.wiring = board, wiring
        self.fault, self.closed = ("none", None), True

    def apply(self, levels):
        self.board.pins.drive_all(dict(enumerate(levels)))

    def set(self, fault=None, closed=None, outcome=0):
        """Change the fault or the button; of several possible outcomes that one."""
        self.fault = self.fault if fault is None else fault
        self.closed = self.closed if closed is None else closed
        outcomes = self.wiring.levels(self.fault, self.closed)
        self.apply(outcomes[outcome % len(outcomes)])

    def inputs(self):
        """What the driver must read: bit 0 channel a closed, bit 1 channel b."""
        levels = self.wiring.levels(self.fault, self.closed)[0]
        return sum(1 << c for c, level in enumerate(levels) if not self.wiring.is_open(c, level))


@pytest.fixture(scope="module")
def wired(request, kernel, own_board):
    """A board with a button wired like that, and a controller."""
    wiring = request.param
    name = f"wiring-{wiring.overlay}"
    with own_board(name, kernel, dtb=build_dtb(wiring.overlay), module=False) as board:
        lines = Lines(board, wiring)
        lines.set()
        board.guest.check("vsbc-load")
        yield lines, Controller(board)


def test_classes_are_those_of_the_wiring():
    for wiring in WIRINGS:
        assert {fault: wiring.class_of(fault) for fault in wiring.faults()} == CLASSES[wiring], wiring.name


def mend(lines, controller):
    """No fault; the button is worked so that a lock-out ends, then closed for long enough."""
    lines.set(("none", None), closed=False)
    controller.wait_status(lambda s: s["inputs"] == 0, "all channels seen open")
    lines.set(closed=True)
    controller.wait_status(lambda s: not s["standing"], "nothing in the way of a reset")


def expect_stop(lines, controller, tag):
    """Low outside, and the driver says why: a channel of the button."""
    assert lines.board.pins.wait_enables(0), "the outputs stayed high"
    event = controller.stop_event(tag)
    assert event["cause"] in ("button_a", "button_b") and event["low_ns"] >= event["event_ns"]
    with pytest.raises(Refused) as refusal:
        controller.ask("reset 1")
    assert refusal.value.error == "EBUSY" and refusal.value.blocking
    assert not any(lines.board.pins.levels(ENABLES))


def assert_at_once(lines, controller, fault, outcome):
    """It stops when it happens; pressing and releasing does not bring the machine back."""
    tag = next(TAGS)
    controller.arm(tag)
    lines.set(fault, outcome=outcome)
    expect_stop(lines, controller, tag)
    lines.set(closed=False, outcome=outcome)
    lines.set(closed=True, outcome=outcome)
    with pytest.raises(Refused) as refusal:
        controller.ask("reset 2")
    assert refusal.value.error == "EBUSY" and refusal.value.blocking & (1 << BUTTON_A | 1 << BUTTON_B)


def assert_at_the_next_demand(lines, controller, fault):
    """Nothing shows until the button is pressed; then it stops, the channels disagree, and it stays so."""
    tag = next(TAGS)
    controller.arm(tag)
    lines.set(fault)
    assert controller.status()["state"] == "enabled" and all(lines.board.pins.levels(ENABLES)), "it shows too soon"
    lines.set(closed=False)
    expect_stop(lines, controller, tag)
    controller.wait_status(lambda s: s["causes"] & 1 << DISCREPANCY, "the discrepancy")
    lines.set(closed=True)
    controller.wait_status(lambda s: s["standing"] == 1 << DISCREPANCY, "nothing but the discrepancy standing")
    for _ in range(2):      # pressing once more does not help either
        lines.set(closed=False)
        controller.wait_status(lambda s: s["inputs"] == lines.inputs(), "the press being seen")
        lines.set(closed=True)
        controller.wait_status(lambda s: s["inputs"] == lines.inputs(), "the release being seen")
        with pytest.raises(Refused) as refusal:
            controller.ask("reset 1")
        assert refusal.value.error == "EBUSY" and refusal.value.blocking & 1 << DISCREPANCY
    assert not any(lines.board.pins.levels(ENABLES))


def assert_not_detectable(lines, controller, fault):
    """The machine is used as ever with it; a press stops, or nothing of it reaches us. No cause ever says more."""
    tag = next(TAGS)
    controller.arm(tag)
    lines.set(fault)
    lines.set(closed=False)
    if lines.inputs() == (1 << len(lines.wiring.rails)) - 1:
        # All lines read closed: this is what the safety relay is for.
        assert controller.status()["state"] == "enabled" and all(lines.board.pins.levels(ENABLES))
    else:
        assert lines.board.pins.wait_enables(0), "the outputs stayed high"
    lines.set(closed=True)
    if controller.status()["state"] == "enabled":
        controller.ask("stop 0")
    controller.wait_status(lambda s: not s["standing"], "nothing in the way of a reset")
    assert not controller.status()["causes"] & 1 << DISCREPANCY


@ONE_KERNEL
@pytest.mark.parametrize("wired, fault", CASES, indirect=["wired"],
                         ids=lambda of: "-".join(map(str, of)) if isinstance(of, tuple) else of.name.replace(" ", "-"))
def test_wiring_fault(wired, fault):
    lines, controller = wired
    mend(lines, controller)
    kind = CLASSES[lines.wiring][fault]
    if kind == AT_ONCE:
        for outcome in range(len(lines.wiring.levels(fault, True))):
            assert_at_once(lines, controller, fault, outcome)
            mend(lines, controller)
    elif kind == NEXT_DEMAND:
        assert_at_the_next_demand(lines, controller, fault)
    else:
        assert_not_detectable(lines, controller, fault)
    lines.board.check_console()
