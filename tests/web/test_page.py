# SPDX-License-Identifier: GPL-2.0-or-later
"""What a person sees and does on the first page."""
import signal

from oht_test.client import PASSWORD

ENTER, TAB = "\ue007", "\ue004"
NAMES = ("power (unit 2)", "safety (unit 3)", "travel motor (unit 4)", "dock location (unit 5)")


def log_in(browser, role):
    """Through the form."""
    browser.type("#username", role)
    browser.type("#password", PASSWORD)
    browser.click("#enter")
    browser.wait(lambda: browser.shown("#live"), 20, "the live view")


def headings(browser):
    """Of the module cards."""
    return browser.run("return [...document.querySelectorAll('#module-list h3')].map((n) => n.textContent)")


def ready(daemon):
    """Bring the stop to ready, whatever was before."""
    if daemon.get("safety").json["state"] == "stopped":
        def done():
            return daemon.post("safety/reset").status == 200
        return done
    return lambda: True


def test_see_the_modules_and_stop(daemon, browser):
    assert not browser.shown("#live")
    assert browser.shown("#stop")
    log_in(browser, "operator")
    browser.wait(lambda: headings(browser) == list(NAMES), 20, "four modules")
    browser.wait(lambda: "V" in browser.text("#module-2 dl"), 20, "values of a module")
    assert "Timing is not guaranteed" in browser.text("#notice")
    assert "there is no robot behind this page" in browser.text("#notice")
    browser.wait(ready(daemon), 20, "ready")
    browser.wait(lambda: browser.text("#safety-state") == "Ready: outputs off", 10, "ready on the page")
    browser.click("#stop")
    browser.wait(lambda: browser.text("#safety-state") == "STOPPED", 5, "stopped on the page")
    assert daemon.get("safety").json["state"] == "stopped"
    browser.wait(lambda: "program asked for the stop" in browser.text("#causes"), 5, "the cause in words")
    assert "Find out who and why, then reset." in browser.text("#causes .action")
    assert browser.complaints() == []


def test_roles_decide_which_buttons_there_are(daemon, browser):
    daemon.post("safety/stop")
    log_in(browser, "operator")
    browser.wait(lambda: browser.text("#safety-state") == "STOPPED", 10, "stopped")
    assert not browser.shown("#reset") and not browser.shown("#enable")
    assert browser.shown("#discover")
    browser.click("#logout")
    assert browser.shown("#login") and not browser.shown("#live")
    log_in(browser, "supervisor")
    browser.wait(lambda: browser.shown("#reset"), 10, "the reset button")
    assert not browser.shown("#enable")

    def is_reset():
        if browser.text("#safety-state") == "STOPPED" and browser.shown("#reset"):
            browser.click("#reset")
        return browser.text("#safety-state") == "Ready: outputs off"
    browser.wait(is_reset, 15, "reset")
    browser.wait(lambda: browser.shown("#enable") and not browser.shown("#reset"), 5, "the enable button")
    browser.click("#enable")
    browser.wait(lambda: "no outputs" in browser.text("#message"), 5, "why it cannot be enabled")


def test_a_viewer_is_told_in_words(browser):
    log_in(browser, "viewer")
    for button in ("#reset", "#enable", "#disable", "#discover"):
        assert not browser.shown(button)
    browser.click("#stop")
    browser.wait(lambda: "needs the role operator" in browser.text("#message"), 5, "the refusal")


def test_wrong_password_is_told_in_words(browser):
    browser.type("#username", "operator")
    browser.type("#password", "wrong password" + ENTER)
    browser.wait(lambda: browser.text("#message") == "name or password is wrong", 20, "the refusal")
    assert browser.run("return document.querySelector('#password').value") == ""


def test_keyboard_is_enough(daemon, browser):
    browser.keys("operator" + TAB + PASSWORD + ENTER)        # the name has the focus
    browser.wait(lambda: browser.shown("#live"), 20, "the live view")
    browser.run("document.activeElement.blur(); document.querySelector('#logout').focus()")
    browser.keys(TAB)
    assert browser.run("return document.activeElement.id") == "stop"
    browser.keys(ENTER)
    browser.wait(lambda: daemon.get("safety").json["state"] == "stopped", 5, "stopped by the keyboard")


def test_narrow_screen(browser):
    browser.narrow(360, 740)
    log_in(browser, "supervisor")
    browser.wait(lambda: len(headings(browser)) == 4, 20, "four modules")
    assert browser.run("return document.documentElement.scrollWidth") <= 360
    browser.run("window.scrollTo(0, document.body.scrollHeight)")
    box = browser.run("const b = document.querySelector('#stop').getBoundingClientRect();"
                      "return [b.left, b.right, b.top, b.bottom]")
    assert box[0] >= 0 and box[1] <= 360 and box[2] >= 0 and box[3] <= 740, "stop is always in view"


def test_old_data_is_greyed_with_its_age(daemon, browser):
    log_in(browser, "operator")
    browser.wait(lambda: len(headings(browser)) == 4, 20, "four modules")
    assert not browser.run("return document.querySelector('#safety').classList.contains('stale')")
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        browser.wait(lambda: browser.run("return document.querySelectorAll('.stale').length") >= 6, 15, "grey")
        assert "s old" in browser.text("#safety-age")
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    browser.wait(lambda: browser.run("return document.querySelectorAll('.stale').length") == 0, 30, "colour")
