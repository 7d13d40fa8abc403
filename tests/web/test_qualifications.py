# SPDX-License-Identifier: GPL-2.0-or-later
"""The page Qualifications: a course is switched on, a certificate granted and revoked, an override asked for and confirmed."""
import pytest

from person import elevate, fill, go, has, log_in, log_out
from pretend import drive, truly
from test_look import axe


def driver(daemon):
    return next(item for item in daemon.get("courses").json["items"] if item["name"] == "driver")


def require(daemon, required):
    answer = daemon.request("PATCH", f"courses/{driver(daemon)['id']}", {"required": required}, role="administrator")
    assert answer.status == 200, answer


@pytest.fixture(name="asked")
def fixture_asked(daemon):
    """The course is asked for, and nothing of it is left behind the test."""
    require(daemon, True)
    yield daemon
    for one in daemon.get("certificates?limit=200", role="administrator").json["items"]:
        if not one["revoked"]:
            daemon.request("DELETE", f"certificates/{one['id']}", {"reason": "end of the test"}, role="administrator")
    require(daemon, False)


def test_a_course_is_switched_on_and_a_certificate_granted_and_revoked(daemon, page):
    log_in(page, "administrator")
    go(page, "/qualifications", '#courses [aria-label="Require: Driver"]')
    text = page.text("#courses tbody")
    assert all(word in text for word in ("Driver", "365 days at most", "move, jog", "registers of all modules", "not required")), text
    assert page.run("return document.querySelector('#ask-override').getAttribute('aria-disabled')") == "true", "nothing is refused that could be overridden"
    try:
        page.click('#courses [aria-label="Require: Driver"]')
        page.wait(lambda: has(page, "#confirm-yes"), what="the question")
        page.click("#confirm-yes")
        elevate(page)
        page.wait(lambda: has(page, '#courses [aria-label="Do not require: Driver"]'), what="a course that is required")
        assert driver(daemon)["required"]
        page.click("#grant-certificate")
        fill(page, "#grant-user", "administrator")
        page.click("#grant-send")
        page.wait(lambda: "nobody grants" in page.text("#certificate-grant").lower(), what="the refusal")
        fill(page, "#grant-user", "operator")
        fill(page, "#grant-evidence", "sheet 12")
        page.click("#grant-send")
        text = page.wait(lambda: "sheet 12" in page.text("#certificates") and page.text("#certificates tbody"), what="the certificate")
        assert all(word in text for word in ("operator", "Driver", "valid", "administrator")), text
        assert axe(page) == ""
        page.click("#certificates-due")
        page.wait(lambda: "No certificate is to be renewed." in page.text("#content"), what="the list to sign")
        page.click("#certificates-due")
        page.wait(lambda: has(page, '#certificates [aria-label="Revoke Driver of operator"]'), what="all certificates")
        page.click('#certificates [aria-label="Revoke Driver of operator"]')
        fill(page, "#revoke-reason", "left the hall")
        page.click("#revoke-send")
        page.wait(lambda: "left the hall" in page.text("#certificates"), what="the revocation")
        assert not has(page, '#certificates [aria-label="Revoke Driver of operator"]') and axe(page) == ""
    finally:
        require(daemon, False)


def test_a_refused_command_names_the_course_that_is_missing(asked, page):
    drive(page, "operator")
    truly(page, "POST robot/commands")
    page.wait(lambda: has(page, "#go-home"), what="the acts")
    page.click("#go-home")
    text = page.wait(lambda: page.text("#go-problem"), what="the refusal")
    assert "course driver (Driver)" in text and "an administrator grants it" in text, text
    assert asked.get("robot").json["state"] not in ("home", "move")


def test_an_override_needs_a_second_person(asked, page):
    log_in(page, "supervisor")
    go(page, "/qualifications", "#courses tbody th")
    page.wait(lambda: page.run("return document.querySelector('#ask-override').getAttribute('aria-disabled')") != "true", what="a course to override")
    page.click("#ask-override")
    fill(page, "#override-user", "operator")
    fill(page, "#override-reason", "load above the line")
    page.click("#override-send")
    elevate(page)
    page.wait(lambda: "waits for a second person" in page.text("#certificates"), what="the override that waits")
    confirm = '#certificates [aria-label="Confirm the override for operator?"]'
    assert not has(page, confirm), "the person that has asked does not confirm"
    log_out(page)
    log_in(page, "administrator")
    go(page, "/qualifications", confirm)
    page.click(confirm)
    page.wait(lambda: has(page, "#confirm-yes"), what="the question")
    page.click("#confirm-yes")
    elevate(page)
    text = page.wait(lambda: "supervisor, administrator" in page.text("#certificates") and page.text("#certificates"), what="both persons")
    assert "valid" in text and "override, 8 h" in text and axe(page) == "", text


def test_a_viewer_sees_courses_and_changes_nothing(page):
    log_in(page, "viewer")
    go(page, "/qualifications", "#courses tbody th")
    assert not has(page, "#courses button, #grant-certificate, #ask-override")
