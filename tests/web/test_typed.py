# SPDX-License-Identifier: GPL-2.0-or-later
"""What people type and press: a number is what it says, one press is one act, and the focus is never lost."""
from person import at_rest, box, fill, go, has, log_in
from pretend import asked, change, drive, pretend

ENTER = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
NO_NUMBERS = [" ", "\u00a0", "-", "0x10", "1e3", "1.234,5", "1 000", "+1", ".5", "\uff11\uff12"]


def said(page, field):
    """Below a field."""
    return page.run("return document.getElementById(arguments[0]).textContent", f"{field}-notes")


def hold_enter(page, repeats=15):
    """For half a second, as the keyboard of a person repeats it."""
    for number in range(repeats + 1):
        page.cdp("Input.dispatchKeyEvent", type="keyDown", autoRepeat=number > 0, **ENTER)
    page.cdp("Input.dispatchKeyEvent", type="keyUp", **ENTER)


def focus(page, selector):
    """As by Tab."""
    page.run("document.querySelector(arguments[0]).focus()", selector)


def sent(page):
    """What the page has asked to change, as paths."""
    return page.run("return window.asked.map((a) => `${a.method} ${a.path}`)")


# ---- numbers ----

def test_a_target_is_a_number_as_people_write_it_or_it_is_not_sent(page):
    drive(page)
    page.click("#go-to-open")
    for text in NO_NUMBERS:
        fill(page, "#go-to-position", text)
        fault = "This is needed." if not text.strip() else "is not a number: digits"
        page.wait(lambda words=fault: words in said(page, "go-to-position"), what=f"the refusal of {text!r}")
        focus(page, "#go-to-position")
        page.cdp("Input.dispatchKeyEvent", type="keyDown", **ENTER)
        page.cdp("Input.dispatchKeyEvent", type="keyUp", **ENTER)
    assert not asked(page) and not has(page, ".rail-target.chosen")
    assert "0.5 or 0,5" in page.text("#go-to label")
    # Limits below nought: on a telephone only the keypad for text has a minus.
    assert page.run("return ['position', 'speed'].map((n) => document.querySelector(`#go-to-${n}`).inputMode)") == ["text", "decimal"]
    fill(page, "#go-to-position", "\u221212,5")
    page.wait(lambda: "is read as -12.5." in said(page, "go-to-position"), what="how it was read")
    fill(page, "#go-to-speed", " ")
    page.click("#go-to-send")
    page.wait(lambda: asked(page), what="the move")
    assert asked(page) == [{"verb": "move", "position_mm": -12.5}], "a blank limits no speed"


def test_a_blank_in_the_field_of_a_register_writes_nothing(daemon, page):
    log_in(page, "supervisor")
    go(page, "/modules/2", "#registers tbody tr")
    button = "button[aria-label='Change Charger voltage set-point']"
    page.wait(lambda: has(page, button), what="the register")
    page.run("document.querySelector(arguments[0]).click()", button)
    page.wait(lambda: has(page, "#write-value"), what="the field")
    before = daemon.get("modules/2/registers/charger_voltage_setpoint").json["value"]
    for text in NO_NUMBERS:
        fill(page, "#write-value", text)
        # Two presses on one spot are half a second apart.
        if text == NO_NUMBERS[0]:
            page.click("#write-send")
        else:
            page.cdp("Input.dispatchKeyEvent", type="keyDown", **ENTER)
            page.cdp("Input.dispatchKeyEvent", type="keyUp", **ENTER)
        page.wait(lambda: said(page, "write-value"), what=f"the refusal of {text!r}")
    assert daemon.get("modules/2/registers/charger_voltage_setpoint").json["value"] == before


# ---- presses ----

def test_a_key_that_is_held_presses_once(page):
    log_in(page, "supervisor")
    for state, act in (("stopped", "reset"), ("ready", "enable")):
        pretend(page, safety={"state": state})
        go(page, "/safety", f"#{act}:not([aria-disabled])")
        focus(page, f"#{act}")
        hold_enter(page)
        page.wait(lambda: has(page, "#confirm"), what="the question")
        assert page.run("return document.activeElement.id") == "confirm-no", "a question begins on what does nothing"
        # Who does not see it hears it.
        assert page.run("""const box = document.querySelector("#confirm");
            return document.getElementById(box.getAttribute("aria-describedby"))?.textContent""") == page.text("#confirm .dialog-text")
        assert sent(page) == []
        if act == "reset":
            page.click("#confirm-no")
            page.wait(lambda: page.run("return document.activeElement.id") == "reset", what="the focus is where it was")
    # Who goes on before it is back there is not called back.
    page.run("document.querySelector('#confirm-no').click(); setTimeout(() => document.querySelector('#search').focus())")
    page.wait(lambda: not has(page, "#confirm"), what="no question")
    assert page.run("return document.activeElement.id") == "search"
    hold_enter(page)
    page.wait(lambda: has(page, "#palette"), what="the search")
    assert page.run("return location.hash") == "#/safety", "the search has taken its first entry"


def test_the_second_half_of_a_double_click_answers_no_question(daemon, page):
    at_rest(daemon)
    log_in(page, "supervisor")
    pretend(page, safety={"state": "ready"})
    go(page, "/safety", "#enable:not([aria-disabled])")
    # The question comes up under the pointer.
    page.run("const over = new CSSStyleSheet(); over.replaceSync('#confirm-yes { position: fixed; inset: 0; }');"
             "document.adoptedStyleSheets = [over]")
    left, top, right, bottom = box(page, "#enable")
    for count in (1, 2):
        for kind in ("mousePressed", "mouseReleased"):
            page.cdp("Input.dispatchMouseEvent", type=kind, x=(left + right) / 2, y=(top + bottom) / 2, button="left", clickCount=count)
        page.wait(lambda: has(page, "#confirm"), what="the question")
    assert sent(page) == []


# ---- the focus ----

def around(page):
    """The card that has the focus, or in which something has it."""
    return page.run("return document.activeElement.closest('.card')?.id ?? document.activeElement.tagName")


def test_the_focus_stays_where_it_was_when_what_had_it_is_gone(daemon, page):
    drive(page)
    page.click("#go-to-open")
    fill(page, "#go-to-position", "9000")
    page.click("#go-to-send")
    page.wait(lambda: not has(page, "#go-to"), what="the form has been sent")
    assert around(page) == "drive-goto"
    # The choice of when is there as long as something moves; Esc stops it.
    change(page, "robot", state="move", speed_mm_s=600,
           command={"number": 12, "verb": "move", "state": "running", "position_mm": 9000, "speed_mm_s": 600})
    page.wait(lambda: has(page, "#go-then") and "Moving" in page.text("#robot-state"), what="a move")
    focus(page, "#go-then")
    page.keys("\ue00c")
    page.wait(lambda: page.run("return document.querySelector('#stop').dataset.phase") == "done", what="stopped")
    change(page, "robot", state="estop", speed_mm_s=0, command=None)
    page.wait(lambda: not has(page, "#go-then"), what="no choice any more")
    assert around(page) == "drive-goto"
    at_rest(daemon)
