# SPDX-License-Identifier: GPL-2.0-or-later
"""The page Qualifications: a course is switched on, a certificate granted and revoked, and a viewer sees the own ones."""
from person import elevate, fill, go, has, log_in
from test_look import axe


def state_of(daemon, name):
    return next(item for item in daemon.get("courses").json["items"] if item["name"] == name)


def test_a_course_is_switched_on_and_a_certificate_granted_and_revoked(daemon, page):
    log_in(page, "administrator")
    go(page, "/qualifications", '#courses [aria-label="Require: Driver"]')
    text = page.text("#courses tbody")
    assert all(word in text for word in ("Driver", "365 days at most", "move, jog", "registers of all modules", "not required")), text
    assert axe(page) == ""
    try:
        page.click('#courses [aria-label="Require: Driver"]')
        page.wait(lambda: has(page, "#confirm-yes"), what="the question")
        page.click("#confirm-yes")
        elevate(page)
        page.wait(lambda: has(page, '#courses [aria-label="Do not require: Driver"]'), what="a course that is required")
        assert state_of(daemon, "driver")["required"]
        page.click("#grant-certificate")
        fill(page, "#grant-user", "administrator")
        page.click("#grant-send")
        page.wait(lambda: "nobody grants" in page.text("#certificate-grant").lower(), what="the refusal")
        fill(page, "#grant-user", "operator")
        fill(page, "#grant-evidence", "sheet 12")
        page.click("#grant-send")
        text = page.wait(lambda: "sheet 12" in page.text("#certificates") and page.text("#certificates tbody"), what="the certificate")
        assert all(word in text for word in ("operator", "Driver", "valid", "administrator")), text
        page.click("#certificates-due")
        page.wait(lambda: "No certificate is to be renewed." in page.text("#certificates"), what="the list to sign")
        page.click("#certificates-due")
        page.click('#certificates [aria-label="Revoke Driver of operator"]')
        fill(page, "#revoke-reason", "left the hall")
        page.click("#revoke-send")
        page.wait(lambda: "left the hall" in page.text("#certificates"), what="the revocation")
        assert not has(page, '#certificates [aria-label="Revoke Driver of operator"]') and axe(page) == ""
    finally:
        answer = daemon.request("PATCH", f"courses/{state_of(daemon, 'driver')['id']}", {"required": False}, role="administrator")
        assert answer.status == 200, answer


def test_a_viewer_sees_courses_and_changes_nothing(page):
    log_in(page, "viewer")
    go(page, "/qualifications", "#courses tbody td")
    assert not has(page, "#courses button, #grant-certificate, #ask-override")
