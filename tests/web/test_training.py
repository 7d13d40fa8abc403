# SPDX-License-Identifier: GPL-2.0-or-later
"""The page Training: a situation is begun, its steps are seen, its cause is mended; another one is ended; a real robot has none."""
from oht_test.wait import until
from person import go, has, log_in
from pretend import pretend
from test_look import axe

BEGIN = '#scenarios [aria-label="Begin: {}"]'


def off(page, selector):
    """Why the button cannot be pressed; "" for one that can."""
    return page.run("const b = document.querySelector(arguments[0]); return b.getAttribute('aria-disabled') === 'true' ? b.title : ''", selector)


def begin(page, title):
    page.wait(lambda: has(page, BEGIN.format(title)) and not off(page, BEGIN.format(title)), 60, "what can be begun")
    page.click(BEGIN.format(title))
    page.wait(lambda: has(page, "#training-now ol") and title in page.text("#training-now"), what="the steps")


def test_a_situation_is_mended_and_passed_and_another_one_ended(daemon, page):
    log_in(page, "operator")
    go(page, "/training", "#scenarios tbody button")
    begin(page, "A module answers garbled")
    assert "mend it, and see that it is well again" in page.text("#training-now"), "what to do"
    page.wait(lambda: "another scenario runs" in off(page, BEGIN.format("Something in the way")), what="why no second one begins")
    assert axe(page) == ""
    # On every page it is said that what is not well is meant.
    go(page, "/modules", "#training-runs")
    assert "Training:" in page.text("#training-runs") and "operator" in page.text("#training-runs")
    page.run("document.querySelector('#training-runs a').click()")
    page.wait(lambda: has(page, "#training-mend") and not off(page, "#training-mend"), 60, "the robot that has noticed it")
    page.click("#training-mend")
    page.wait(lambda: has(page, "#training-over"), 60, "the end")
    assert "A module answers garbled: passed." in page.text("#training-over")
    assert "passed" in page.text("#scenario-runs tbody tr") and "4 of 4 steps" in page.text("#scenario-runs tbody tr")
    page.wait(lambda: not has(page, "#training-runs"), what="the end of the banner")
    begin(page, "Something in the way")
    assert "first" not in off(page, "#training-end") and "once the steps before" in off(page, "#training-mend")
    page.click("#training-end")
    page.wait(lambda: has(page, "#confirm-yes"), what="the question")
    page.click("#confirm-yes")
    page.wait(lambda: has(page, "#training-over") and "ended (a person has ended it)" in page.text("#training-over"), what="the end")
    assert axe(page) == ""
    until(lambda: daemon.get("scenarios").json["running"] is None and all(m["health"] == "good" for m in daemon.get("modules").json["items"]), what="modules that are well")


def test_a_viewer_begins_nothing_and_a_real_robot_has_none(daemon, page):
    log_in(page, "viewer")
    go(page, "/training", "#scenarios tbody th")
    assert not has(page, "#scenarios button, #training-mend") and axe(page) == ""
    told = daemon.get("scenarios").json
    why = "ohtd.conf does not say that this robot is simulated"
    pretend(page)
    page.run("window.pretended.values.scenarios = arguments[0]", {
        "items": [{**item, "available": False, "why_not": "scenario_real", "why_not_text": why} for item in told["items"]], "running": None})
    page.wait(lambda: has(page, "#training-real"), what="the word of a real robot")
    assert "real robot" in page.text("#training-real") and not has(page, "#training-now")
