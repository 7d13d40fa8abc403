# SPDX-License-Identifier: GPL-2.0-or-later
"""The button: every way of opening it stops, closing it changes nothing, starting again takes two steps."""
import itertools

import pytest

from oht_test.board import Controller, Refused

TAGS = itertools.count(1000)
ENABLES = (4, 5)
BUTTON_A, BUTTON_B, DISCREPANCY = 2, 3, 4


def changes(board):
    return {pin: board.pins.count(pin) for pin in ENABLES}


def is_low_since(board, before):
    """Low, and not one change since."""
    return changes(board) == before and not any(board.pins.levels(ENABLES))


@pytest.mark.parametrize("channel, causes", [
    ("a", {"button_a"}), ("b", {"button_b"}), (None, {"button_a", "button_b"})])
def test_press_stops(board, controller, channel, causes):
    tag = next(TAGS)
    controller.arm(tag)
    took_ns = board.pins.press_to_low_ns(channel)
    assert took_ns is not None, "the outputs stayed high"
    event = controller.stop_event(tag)
    assert event["cause"] in causes
    assert event["kind"] in ("stop", "glitch") and event["to"] == "stopped" and event["tgid"] == 0
    assert event["outputs"] == 0 and event["low_ns"] >= event["event_ns"] > 0
    seen = {e["cause"] for e in controller.events_of(tag)} - {"nothing", "none", "discrepancy"}
    assert seen == causes
    print(f"press {channel or 'both'}: low outside after {took_ns / 1e6:.2f} ms,"
          f" in the handler {(event['low_ns'] - event['event_ns']) / 1e3:.1f} us")


def test_release_changes_nothing(board, controller):
    controller.arm(next(TAGS))
    assert board.pins.press_to_low_ns() is not None
    low = changes(board)
    # Closed long enough for a reset: whatever the release might start has had its time.
    status = controller.release_button()
    assert status["state"] == "stopped" and status["outputs"] == 0
    assert is_low_since(board, low)


def test_reset_and_enable_are_two_steps(board, controller):
    controller.arm(next(TAGS))
    assert board.pins.press_to_low_ns() is not None
    low = changes(board)
    with pytest.raises(Refused) as refusal:
        controller.ask("reset 1")
    assert refusal.value.error == "EBUSY"
    assert refusal.value.blocking & (1 << BUTTON_A) and refusal.value.blocking & (1 << BUTTON_B)
    controller.release_button()
    with pytest.raises(Refused) as refusal:
        controller.ask("enable 2")
    assert refusal.value.error == "ECANCELED"
    controller.ask("reset 3")
    status = controller.status()
    assert status["state"] == "ready" and status["outputs"] == 0
    assert is_low_since(board, low)
    controller.ask("enable 4")
    assert board.pins.wait_enables(1)
    controller.ask("disable 5")
    assert board.pins.wait_enables(0)
    assert controller.status()["state"] == "ready"


def test_press_between_reset_and_enable_wins(board, controller):
    controller.arm(next(TAGS))
    assert board.pins.press_to_low_ns() is not None
    controller.release_button()
    controller.ask("reset 7")
    low = changes(board)
    board.pins.press()
    with pytest.raises(Refused) as refusal:
        controller.ask("enable 8")
    assert refusal.value.error == "ECANCELED"
    assert is_low_since(board, low)
    assert controller.status()["state"] == "stopped"


@pytest.mark.parametrize("channel, cause", [("a", BUTTON_A), ("b", BUTTON_B)])
def test_wire_missing_from_the_start(board, channel, cause):
    """With one wire off before the driver comes, no reset is possible."""
    board.pins.press(channel)
    board.guest.check("rmmod oht && vsbc-load")
    controller = Controller(board)
    try:
        with pytest.raises(Refused) as refusal:
            controller.ask("reset 1")
        assert refusal.value.error == "EBUSY" and refusal.value.blocking & (1 << cause)
        assert controller.status()["outputs"] == 0
        assert not any(board.pins.levels(ENABLES))
    finally:
        controller.leave()


def test_discrepancy_needs_both_open(board, controller):
    controller.arm(next(TAGS))
    assert board.pins.press_to_low_ns("a") is not None
    controller.wait_status(lambda s: s["causes"] & (1 << DISCREPANCY), "the discrepancy")
    board.pins.release("a")
    # Closed and stable, and all the same no reset: that channel must be seen to work first.
    controller.wait_status(lambda s: not s["standing"] & (1 << BUTTON_A), "channel a being stable")
    with pytest.raises(Refused) as refusal:
        controller.ask("reset 1")
    assert refusal.value.error == "EBUSY" and refusal.value.blocking == 1 << DISCREPANCY
    controller.work_button()
    controller.arm(next(TAGS))


@pytest.mark.parametrize("channel", ["a", "b"])
def test_short_press_shows_a_welded_contact(board, controller, channel):
    """Shorter than the window, so that no level shows it: the other channel has not opened."""
    controller.arm(next(TAGS))
    board.pins.press(channel)
    board.pins.release(channel)
    assert board.pins.wait_enables(0)
    controller.wait_status(lambda s: s["causes"] & (1 << DISCREPANCY), "the discrepancy")
    controller.wait_status(lambda s: s["standing"] == 1 << DISCREPANCY, "nothing but the discrepancy standing")
    with pytest.raises(Refused) as refusal:
        controller.ask("reset 1")
    assert refusal.value.error == "EBUSY" and refusal.value.blocking == 1 << DISCREPANCY
    controller.work_button()
    controller.arm(next(TAGS))


def test_short_press_is_not_lost(board, controller):
    """Open and closed again before anybody looks: stopped, with its own entry."""
    tag = next(TAGS)
    controller.arm(tag)
    board.pins.press("a")
    board.pins.release("a")
    assert board.pins.wait_enables(0)
    assert controller.stop_event(tag)["cause"] == "button_a"
