# SPDX-License-Identifier: GPL-2.0-or-later
"""Control on the page Drive: taken, given back, taken over, kept while the page is seen."""
import pytest

from person import fill, go, has
from pretend import answers, drive, truly
from test_drive import HELD, value


def test_control_is_taken_given_back_and_taken_over_with_a_reason(page):
    drive(page)
    mine = {**HELD, "holder": "operator", "mine": True}
    page.wait(lambda: "Free" in page.text("#drive-control"), what="free")
    answers(page, "POST control", mine, then={"GET control": mine})
    page.click("#take")
    page.wait(lambda: "You have control" in page.text("#drive-control"), what="mine")
    answers(page, "DELETE control", {}, then={"GET control": {**HELD, "mine": False}})
    page.click("#release")
    page.wait(lambda: "m.tran has control" in page.text("#drive-control"), what="of somebody else")
    page.click("#take-over-open")
    page.wait(lambda: has(page, "#take-over"), what="the question")
    page.click("#take-over-send")
    page.wait(lambda: "This is needed" in page.text("#take-over"), what="nobody is driven out without a reason")
    fill(page, "#take-over-reason", "shift change")
    answers(page, "POST control/take-over", {"title": "Forbidden", "status": 403, "code": "role",
                                             "detail": "m.tran has a higher role"}, 403)
    page.click("#take-over-send")
    page.wait(lambda: has(page, "#take-over-problem"), what="the refusal")
    assert "higher role" in page.text("#take-over-problem") and value(page, "#take-over-reason") == "shift change"
    answers(page, "POST control/take-over", mine, then={"GET control": mine})
    page.click("#take-over-send")
    page.wait(lambda: "You have control" in page.text("#drive-control"), what="mine again")
    sent = page.run("return window.asked.map((a) => `${a.method} ${a.path} ${JSON.stringify(a.body)}`)")
    assert sent == ["POST control {}", "DELETE control null", 'POST control/take-over {"reason":"shift change"}',
                    'POST control/take-over {"reason":"shift change"}']


def test_a_press_is_of_the_button_on_which_it_began(page):
    """Control is taken away under the finger: the button below it is another one now, and does not answer."""
    drive(page, control={**HELD, "holder": "operator", "mine": True})
    page.wait(lambda: has(page, "#release"), what="mine")
    page.hold("#release")
    answers(page, "GET control", HELD)
    page.wait(lambda: has(page, "#take-over-open"), what="of somebody else")
    page.let_go()
    assert not has(page, "#take-over") and page.run("return window.asked") == []
    page.click("#take-over-open")
    page.wait(lambda: has(page, "#take-over"), what="the question, for a press of its own")


def left_ms(daemon):
    """Until control ends; None: nobody has it."""
    return daemon.get("control").json["expires_in_ms"]


@pytest.mark.parametrize("line", ["socket", "requests"])
def test_control_stays_while_the_page_is_seen(daemon, page, line):
    drive(page)
    truly(page, "GET control", "POST control")
    if line == "requests":
        page.run("""WebSocket.prototype.send = function () { this.close(); };
            window.WebSocket = class { constructor() { throw new Error("refused"); } };""")
    page.wait(lambda: "Free" in page.text("#drive-control"), what="free")
    page.click("#take")
    page.wait(lambda: "You have control" in page.text("#drive-control"), what="mine")
    page.wait(lambda: left_ms(daemon) < 8000, what="time that passes")
    page.wait(lambda: left_ms(daemon) > 9000, what="a word of the page")
    go(page, "/", "#content")
    page.wait(lambda: left_ms(daemon) is None, what="the end of control on another page")


def test_control_that_is_handed_over_can_be_taken(page):
    drive(page, control={**HELD, "holder": "operator", "session": None})
    page.wait(lambda: has(page, "#take"), what="the offer")
    assert not has(page, "#take-over-open")


def test_control_of_the_daemon_itself(daemon, page):
    drive(page)
    truly(page, "GET control")
    page.wait(lambda: "Free" in page.text("#drive-control"), what="free")
    page.click("#take")
    page.wait(lambda: "You have control" in page.text("#drive-control"), what="mine")
    assert daemon.get("control").json["holder"] == "operator"
    taken = daemon.request("POST", "control/take-over", {"reason": "shift change"}, role="supervisor")
    assert taken.status == 200
    page.wait(lambda: "supervisor has control" in page.text("#drive-control"), what="taken over")
    assert "Taken over: shift change" in page.text("#drive-control")
    page.click("#take-over-open")
    page.wait(lambda: has(page, "#take-over"), what="the question")
    fill(page, "#take-over-reason", "mine")
    page.click("#take-over-send")
    page.wait(lambda: has(page, "#take-over-problem"), what="a supervisor keeps control from an operator")
    page.click("#take-over .button:not(.primary)")
    assert daemon.request("DELETE", "control", role="supervisor").status == 200
    page.wait(lambda: "Free" in page.text("#drive-control"), what="free again")
