# SPDX-License-Identifier: GPL-2.0-or-later
"""The page Alerts: what is not well, what to do, and how many there are on every page."""
import pytest

from person import at_rest, box, fill, go, has, log_in
from pretend import answers, pretend
from test_look import axe


def rows(page):
    """Severity, text and link of each."""
    return page.run("""return [...document.querySelectorAll("#alerts tbody tr")].filter((tr) => tr.querySelector("a"))
        .map((tr) => [tr.cells[0].textContent, tr.cells[2].textContent, tr.querySelector("a").hash])""")


def agrees(daemon, page):
    """List and count are those of the daemon. A busy host misses cycles, which are alerts of their own and stand for a minute: no test is without them."""
    told = daemon.get("alerts").json
    count = int(page.text(".page-count").split()[0]) if has(page, ".page-count") else 0
    return (len(rows(page)), count, "Nothing needs attention." in page.text("#alerts-page")) == (
        told["total_count"], told["total_count"] - told["shelved_count"], not told["items"])


def test_an_alert_is_listed_counted_and_gone(daemon, page):
    at_rest(daemon)
    log_in(page, "viewer")
    go(page, "/alerts", "#alerts")
    page.wait(lambda: agrees(daemon, page), 60, "what the daemon says")
    daemon.post("safety/stop", role="operator")
    # The cell has the time, too.
    text = page.wait(lambda: next((text for severity, text, link in rows(page)
                                   if severity.startswith("Emergency") and link == "#/safety"), None), what="the stop")
    page.wait(lambda: "Nothing has needed attention yet." not in page.text("#alert-history"), what="no word that this one contradicts")
    assert "The robot is stopped." in text and "then reset" in text and "Acknowledge" not in text
    go(page, "/modules", "#modules")
    assert int(page.text(".page-count").split()[0]) >= 1 and has(page, ".page-count.bad")
    daemon.sim("fault 5 silence")
    try:
        go(page, "/alerts", "#alerts")
        page.wait(lambda: any("Module 5 (dock_location)" in text and link == "#/modules/5" for _, text, link in rows(page)), 60,
                  "the module")
    finally:
        daemon.sim("clear 5")
    at_rest(daemon)
    page.wait(lambda: not any(link in ("#/safety", "#/modules/5") for _, _, link in rows(page)) and agrees(daemon, page), 60, "neither of them active")

    def is_shown():
        ended = [row["text"] for row in daemon.get("alerts/history").json["items"] if row["state"] == "ended"]
        return ended and ended[0] in page.text("#kept-alerts")
    page.wait(is_shown, 60, "what was")


@pytest.mark.slow
def test_an_emergency_is_on_every_page_as_long_as_it_lasts(daemon, page):
    at_rest(daemon)
    log_in(page, "viewer")
    daemon.sim("set 4 motor1_actual_speed 60")
    try:
        go(page, "/modules", "#modules")
        text = page.wait(lambda: page.text("#emergency-moves_unpowered"), 60, "the emergency")
        assert "The robot moves although its enable outputs are low." in text and "main power" in text
        go(page, "/alerts", "#alerts")
        assert has(page, "#emergency-moves_unpowered")
    finally:
        daemon.sim("unset 4 motor1_actual_speed")
    page.wait(lambda: not has(page, "#emergency-moves_unpowered"), 60, "its end")
    page.wait(lambda: daemon.post("robot/commands", {"verb": "reset_fault"}, role="operator").status == 200, 60, "a reset of the fault")
    at_rest(daemon)


def test_an_operator_acknowledges_an_alert(daemon, page):
    at_rest(daemon)
    log_in(page, "operator")
    go(page, "/alerts", "#alerts")
    daemon.post("safety/stop", role="supervisor")
    button = '#alerts button[aria-label^="Acknowledge: The robot is stopped"]'
    page.wait(lambda: has(page, button), what="the button")
    link, beside = box(page, "#alerts .around"), box(page, button)
    assert beside[0] - link[2] >= 8 or beside[1] >= link[3], "a finger takes the one for the other"
    page.click(button)
    page.wait(lambda: any("Acknowledged by operator, " in text for _, text, _ in rows(page)) and not has(page, button), what="who has seen it")
    at_rest(daemon)
    page.wait(lambda: "Acknowledged by operator" in page.text("#kept-alerts"), 60, "the same among what was")


def test_an_operator_shelves_an_alert_and_says_something_of_it(daemon, page):
    at_rest(daemon)
    daemon.post("modules/5/quarantine", {}, role="supervisor")
    try:
        log_in(page, "operator")
        go(page, "/alerts", "#alerts")
        of = "Module 5 (dock_location) is in quarantine and is not asked."
        page.wait(lambda: has(page, f'button[aria-label="Shelve: {of}"]'), 60, "the button")
        page.wait(lambda: has(page, ".page-count"), what="a count")
        page.click(f'button[aria-label="Shelve: {of}"]')
        page.wait(lambda: has(page, "#shelf-send"), what="the form")
        page.click("#shelf-send")
        page.wait(lambda: has(page, "#shelf-reason[aria-invalid=true]"), what="a word that it needs a reason")
        fill(page, "#shelf-reason", "part is ordered")
        page.click("#shelf-send")
        page.wait(lambda: any("Shelved until " in text and "by operator: part is ordered" in text for _, text, _ in rows(page)), what="the shelf")
        page.wait(lambda: agrees(daemon, page) and daemon.get("alerts").json["shelved_count"] == 1, what="no count of what is shelved")
        page.click(f'#alerts button[aria-label="Comments: {of}"]')
        page.wait(lambda: "There is no comment yet." in page.text("#comments"), what="no comment")
        fill(page, "#comment-text", "the plug is loose")
        page.click("#comment-send")
        page.wait(lambda: "the plug is loose" in page.text("#comments .comings") and "operator, " in page.text("#comments .comings"), what="it")
        fill(page, "#comment-text", "x" * 500)
        page.click("#comment-send")
        page.wait(lambda: "x" * 500 in page.text("#comments"), what="a long word")
        assert page.run("const list = document.querySelector('#comments ul'); return list.scrollWidth <= list.clientWidth") and axe(page) == ""
        page.run('[...document.querySelectorAll("#comments .actions button")].at(-1).click()')
        page.wait(lambda: not has(page, "#comments"), what="the end of the dialog")
        page.click(f'button[aria-label="End the shelf: {of}"]')
        page.wait(lambda: has(page, f'button[aria-label="Shelve: {of}"]') and has(page, ".page-count"), what="no shelf")
        page.wait(lambda: "module_quarantined" in page.text("#alert-numbers"), 60, "the numbers")
    finally:
        daemon.request("DELETE", "modules/5/quarantine", role="supervisor")


def test_two_subjects_of_one_kind_are_two_rows(page):
    """Neither takes the place of the other, and the one that was shelved is not counted for both."""
    alert = {"code": "webhook_fails", "severity": "warning", "text": "Webhook 3 has failed.", "action": "See it.", "source": "webhooks", "address": None,
             "subject": "3", "since": None, "over": False, "number": 7, "times": 1, "acknowledged": None, "acknowledged_by": None,
             "shelved_until": None, "shelved_by": None, "shelved_reason": None}
    log_in(page, "viewer")
    pretend(page)
    page.run("window.pretended.values.alerts = arguments[0]", {"items": [
        alert, {**alert, "subject": "4", "number": 8, "text": "Webhook 4 has failed."}], "total_count": 2})
    page.narrow(390, 844)
    go(page, "/alerts", "#alerts")
    cells = page.wait(lambda: (found := page.run("""return [...document.querySelectorAll("#alerts tbody tr")].map((tr) => tr.textContent)"""))
                      and "Webhook 4" in found[-1] and found, what="both")
    assert len(cells) == 2 and all(f"Webhook {each}" in cell and f"ebhooks, {each}" in cell for each, cell in zip("34", cells, strict=True)), cells
    assert "ebhooks, 3" in page.text("#alerts tbody tr"), "on a phone as well"


def rule(page, code, act):
    """Presses a button of the row with this text."""
    page.click(f'#rules button[aria-label="{act}: {code}"]')


def test_a_rule_is_tried_on_the_past_and_changed(daemon, page):
    at_rest(daemon)
    log_in(page, "administrator")
    go(page, "/alerts", "#rules")
    page.wait(lambda: "below 20 %, until 22 %, for 10 s" in page.text("#rules"), what="what a rule says")
    rule(page, "The charge of the battery is low", "Try on the past")
    page.wait(lambda: "would not have come in " in page.text("#rule-try"), what="the past")
    page.keys("\ue00c")
    rule(page, "The charge of the battery is low", "Change the rule")
    page.wait(lambda: has(page, "#rule-limit"), what="the form")
    fill(page, "#rule-limit", "200")
    page.click("#rule-send")
    page.wait(lambda: "200" in page.text("#rule"), what="the limit, refused with its value")
    fill(page, "#rule-limit", "25")
    page.click("#rule-send")
    page.wait(lambda: "below 25 %, until 27 %" in page.text("#rules"), what="the new limit")
    rule(page, "The charge of the battery is low", "Change the rule")
    page.wait(lambda: has(page, "#rule-drop"), what="the way back")
    page.click("#rule-drop")
    page.wait(lambda: has(page, "#confirm"), what="the question")
    page.click("#confirm .primary")
    page.wait(lambda: "below 20 %, until 22 %" in page.text("#rules"), what="the shipped limit")


def test_a_new_rule_is_tried_before_it_is_made(daemon, page):
    at_rest(daemon)
    log_in(page, "administrator")
    go(page, "/alerts", "#rules")
    page.click("#add-rule")
    page.wait(lambda: has(page, "#new-rule-code"), what="the form")
    for name, text in (("code", "supply_high"), ("limit", "29"), ("hysteresis", "1"), ("on_s", "2"), ("text", "The supply is high."),
                       ("consequence", "It may be damaged."), ("action", "Check it.")):
        fill(page, f"#new-rule-{name}", text)
    page.run("""const signal = document.querySelector("#new-rule-signal");
        signal.value = "safety_supply_v"; signal.dispatchEvent(new Event("change", {bubbles: true}))""")
    page.click("#new-rule-send")
    page.wait(lambda: "would not have come" in page.text("#rule-add"), what="the trial")
    assert daemon.get("alert-rules/supply_high").status == 404
    page.click("#rule-make")
    page.wait(lambda: "Made: The supply is high. It is at work." in page.text(".toasts"), what="said, with one full stop")
    page.wait(lambda: "The supply is high" in page.text("#rules"), what="the new rule")
    made = daemon.get("alert-rules/supply_high").json
    assert (made["on_ms"], made["limit"], made["when"]) == (2000, 29, "above")
    assert daemon.request("DELETE", "alert-rules/supply_high", role="administrator").status == 204


def test_who_is_told_elsewhere_is_shown_with_its_result(page):
    """No receiver is near, so the answer is pretended."""
    hook = {"id": 1, "url": "https://a.example/x", "enabled": True, "waiting_count": 2, "dead_count": 1, "last": "2026-11-26T09:30:00.000Z",
            "last_status": None, "last_error": "Connection refused", "failures": 3}
    log_in(page, "operator")
    pretend(page)
    answers(page, "GET webhooks", {"items": [hook, {**hook, "id": 2, "url": "https://b.example/", "failures": 0},
                                             {**hook, "id": 3, "enabled": False}], "next_cursor": None})
    go(page, "/alerts", "#told")
    text = page.wait(lambda: page.text("#webhooks"), what="the table")
    assert "https://a.example/x" in text and "Not delivered 3 times: Connection refused" in text
    assert "Delivered, " in text and "Switched off" in text
