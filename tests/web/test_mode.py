# SPDX-License-Identifier: GPL-2.0-or-later
"""The mode on the page Drive: shown to all, chosen by a supervisor, its refusal told. The daemon answers itself."""
import pytest

from person import at_rest, has
from pretend import answers, drive

HELD = {"status": 409, "title": "Conflict", "type": "urn:oht:problem:control_held", "code": "control_held",
        "detail": "Another session is in control of the robot.", "errors": []}


def shown(page, word):
    return lambda: has(page, "#mode") and page.text("#mode") == word


def test_supervisor_chooses_and_all_see_what_it_means(daemon, page):
    # The session of a test before has control until some seconds after its last word.
    page.wait(lambda: not daemon.get("control").json["held"], what="the end of control")
    at_rest(daemon)
    drive(page, "supervisor")
    page.wait(shown(page, "Automatic"), what="the mode")
    assert not has(page, "#mode-automatic")
    page.click("#mode-manual")
    page.wait(lambda: has(page, "#mode-problem") or shown(page, "Manual")(), what="the other mode")
    assert not has(page, "#mode-problem"), page.text("#mode-problem")
    assert "Only jogs" in page.text("#drive-mode") and not has(page, "#mode-manual")
    page.click("#mode-automatic")
    page.wait(shown(page, "Automatic"), what="the first mode")


def test_refusal_is_told_where_it_was_asked(page):
    drive(page, "supervisor")
    page.wait(shown(page, "Automatic"), what="the mode")
    answers(page, "PUT robot/mode", HELD, 409)
    page.click("#mode-manual")
    page.wait(lambda: has(page, "#mode-problem") and "Another session" in page.text("#mode-problem"), what="the refusal")
    assert page.text("#mode") == "Automatic"


def test_maintenance_that_is_not_given_the_password_is_not_asked_for_again(page):
    drive(page, "supervisor")
    page.wait(shown(page, "Automatic"), what="the mode")
    answers(page, "PUT robot/mode", {"status": 403, "title": "Forbidden", "code": "elevation_required", "detail": "not elevated"}, 403)
    page.click("#mode-maintenance")
    page.wait(lambda: has(page, "#elevation-password"), what="the question")
    page.keys("\ue00c")        # Escape
    page.wait(lambda: has(page, "#mode-problem") and "Nothing was changed" in page.text("#mode-problem"), what="said")
    assert not has(page, "#elevate")
    assert page.run("return window.asked.filter((one) => one.path === 'robot/mode').length") == 1


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_others_look(page, role):
    drive(page, role)
    page.wait(shown(page, "Automatic"), what="the mode")
    assert not has(page, "#mode-manual") and not has(page, "#mode-automatic")


def test_maintenance_is_shown_and_can_be_left(page):
    drive(page, "supervisor", robot={"mode": "maintenance"})
    page.wait(shown(page, "Maintenance"), what="the mode")
    assert has(page, "#mode-automatic") and has(page, "#mode-manual")
