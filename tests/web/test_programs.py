# SPDX-License-Identifier: GPL-2.0-or-later
"""The page Programs: who is at work, which keys there are, and an act that ends one."""
from person import elevate, go, has, log_in
from pretend import answers, pretend
from test_look import axe

AGENT = {"name": "line", "user": "plc", "state": "working", "doing": "order 4711", "silent_s": 30, "silent": False, "age_ms": 400,
         "known_for_ms": 7_200_000, "beats": 12}


def test_a_program_at_work_is_seen_and_its_key_is_ended(daemon, page):
    made = daemon.request("POST", "users", {"username": "plc", "role": "operator", "service": True}, role="administrator")
    assert made.status == 201, made
    key = daemon.request("POST", f"users/{made.json['id']}/keys", {"name": "hall", "verbs": ["home"]}, role="administrator").json
    beat = daemon.request("PUT", "agents/line/heartbeat", {"state": "working", "doing": "order 4711"}, token=key["secret"])
    assert beat.status == 200, beat
    log_in(page, "administrator")
    pretend(page)
    page.run("window.pretended.values.alerts = arguments[0]", {"total_count": 1, "items": [
        {"code": "keys_due", "severity": "warning", "text": "The key hall ends within 14 days.", "action": "Rotate it.", "source": "auth", "address": None,
         "subject": key["id"], "since": None, "over": False, "number": 7, "times": 1, "acknowledged": None, "acknowledged_by": None,
         "shelved_until": None, "shelved_by": None, "shelved_reason": None}]})
    go(page, "/programs", "#agents tbody button")
    text = page.text("#agents tbody")
    assert all(word in text for word in ("line", "of plc", "works", "order 4711", " ago")), text
    text = page.wait(lambda: "hall" in page.text("#all-keys") and "within 14 days" in page.text("#all-keys") and page.text("#all-keys"), what="the key")
    assert all(word in text for word in ("of plc · Operator", "only the commands home")), text
    assert "group oht-admin" in page.text("#local-users") and axe(page) == ""
    page.click('#all-keys [aria-label="End the key hall?"]')
    page.wait(lambda: has(page, "#confirm-yes"), what="the question")
    page.click("#confirm-yes")
    elevate(page)
    page.wait(lambda: not has(page, '#all-keys [aria-label="End the key hall?"]'), what="its end")
    assert daemon.request("GET", "robot", token=key["secret"]).code == "key_invalid"
    page.click('#agents [aria-label="Take out line?"]')
    page.wait(lambda: has(page, "#confirm-yes"), what="the question")
    page.click("#confirm-yes")
    page.wait(lambda: "No program has said" in page.text("#content"), what="no agent")


def test_a_viewer_sees_that_a_program_is_silent_and_no_key(page):
    log_in(page, "viewer")
    pretend(page)
    answers(page, "GET agents", {"items": [{**AGENT, "silent": True, "age_ms": 95_000}], "next_cursor": None})
    go(page, "/programs", "#agents tbody .badge")
    text = page.text("#agents tbody")
    assert "silent" in text and "said last: works" in text and not has(page, "#agents button, #all-keys"), text
