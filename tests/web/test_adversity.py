# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong while a person is at work: sessions that end, people in a hurry, text that wants to be a program."""
import pytest

from browser import Browser
from daemon import running
from oht_test.client import PASSWORD
from person import elevate, fill, go, has, key_pin, log_in

SECOND = "another good password"
NASTY = "<img src=x onerror=window.hit=1>"


@pytest.fixture(name="second")
def fixture_second(daemon):
    """A further administrator, whose sessions a test may end."""
    made = daemon.request("POST", "users", {"username": "second", "password": PASSWORD, "role": "administrator"},
                          role="administrator")
    ident = made.json["id"] if made.status == 201 else next(
        user["id"] for user in daemon.get("users", role="administrator").json["items"] if user["username"] == "second")

    def change(**members):
        assert daemon.request("PATCH", f"users/{ident}", members, role="administrator").status == 200
    change(password=PASSWORD, role="administrator", disabled=False)
    return change


def users_of(daemon):
    """name -> account"""
    return {user["username"]: user for user in daemon.get("users?limit=200", role="administrator").json["items"]}


def test_a_session_that_ends_keeps_what_was_typed(daemon, page, second):
    log_in(page, "second")
    go(page, "/users", "#add-user")
    page.click("#add-user")
    page.type("#add-username", "kept.name")
    second(password=SECOND)
    page.wait(lambda: has(page, "#login-again"), what="log in again")
    # Another tab hears that the session cannot be renewed: that is no log-out.
    first = page.handle()
    page.new_tab()
    page.open(page.address)
    page.wait(lambda: has(page, "#login"), what="the form in another tab")
    page.switch(first)
    page.close_others()
    assert page.run("return document.querySelector('#login-username').value") == "second"
    page.type("#login-password", SECOND)
    page.click("#login-send")
    page.wait(lambda: not has(page, "#login-again"), 60, "the page again")
    assert page.run("return document.querySelector('#add-username').value") == "kept.name"
    page.type("#add-password", PASSWORD)
    page.click("#add-send")
    elevate(page, SECOND)
    page.wait(lambda: "kept.name" in users_of(daemon), what="the account")


def test_an_account_is_made_and_changed_with_the_difference_shown(daemon, page):
    log_in(page, "administrator")
    go(page, "/users", "#add-user")
    page.click("#add-user")
    fill(page, "#add-username", "anna")
    fill(page, "#add-password", "short")
    page.click("#add-send")
    assert page.text("#add-password-notes") == "Must have at least 8 bytes, has 5."
    fill(page, "#add-username", "an na")
    fill(page, "#add-password", PASSWORD)
    page.click("#add-send")
    page.wait(lambda: page.text("#add-username-notes") or has(page, "#add-problem"), what="the daemon's own refusal")
    fill(page, "#add-username", "anna")
    page.click("#add-send")
    elevate(page)
    page.wait(lambda: not has(page, "#user-add") and "anna" in page.text("#users"), what="the account")
    # The daemon sorts, so that pages which have not been read yet are in the order, too.
    page.run("[...document.querySelectorAll('#users thead button')].find((b) => b.textContent.startsWith('Name')).click()")
    # Behind it there may be the person's full name.
    first = "return document.querySelector('#users tbody th').textContent.split(' ')[0]"
    names = sorted(users_of(daemon), key=str.lower)
    page.wait(lambda: page.run(first) == names[0], what="the first by name")
    page.run("document.querySelector('#users thead th[aria-sort] button').click()")
    page.wait(lambda: page.run(first) == names[-1], what="the last by name")
    assert page.run("return performance.getEntriesByType('resource').some((e) => e.name.endsWith('&sort=-username'))")
    page.type("#users-search", "anna")
    page.wait(lambda: page.run("return document.querySelectorAll('#users tbody tr').length") == 1, what="one row")
    page.click("#users tbody button")
    assert "Nothing is changed yet" in page.text("#user-change")
    page.click("#change-send")
    assert has(page, "#user-change"), "nothing was sent"
    page.run("const s = document.querySelector('#change-role'); s.value = 'operator';"
             "s.dispatchEvent(new Event('change', { bubbles: true }))")
    page.click("#change-disabled")
    page.wait(lambda: page.run("return document.querySelector('.changes').dataset.changes") == "2", what="two changes")
    assert "no → yes" in page.text("#user-change .changes")
    page.click("#change-send")
    page.wait(lambda: users_of(daemon)["anna"]["disabled"], what="disabled")
    assert users_of(daemon)["anna"]["role"] == "operator"
    page.wait(lambda: "disabled" in page.text("#users"), what="in the list")


# The answers of the daemon with other words in them, as if an account, a module or a line of the log were named so.
POISONED = """
const answer = window.fetch;
const poison = (v, name) => Array.isArray(v) ? v.map((x) => poison(x, name))
    : v && typeof v === "object" ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, poison(x, k)]))
    : ["text", "label", "name", "username", "profile", "action", "detail", "cause"].includes(name) && typeof v === "string"
        ? arguments[0] : v;
const wanted = arguments[0];
window.fetch = async (url, options) => {
    const got = await answer(url, options);
    if (!String(got.headers.get("content-type")).includes("json")) return got;
    return new Response(JSON.stringify(poison(await got.json())), { status: got.status, headers: got.headers });
};
const { get } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, "data");
Object.defineProperty(MessageEvent.prototype, "data", { get() {
    return JSON.stringify(poison(JSON.parse(get.call(this))));
} });
""".replace("arguments[0] : v", "wanted : v")


def test_text_of_others_stays_text(daemon, page):
    daemon.post("safety/stop")
    page.run(POISONED, NASTY)
    log_in(page, "administrator")
    for path, where in (("/modules/2", "#registers"), ("/users", "#users"), ("/system", "#log"), ("/safety", "#causes"),
                        ("/", "#reasons"), (f"/modules?search={NASTY}", "#modules"), ("/api/errors", "#errors")):
        go(page, path, where)
        page.wait(lambda here=where: NASTY.lower() in page.text(here).lower(), what=f"the text on {path}")
    go(page, f"/{NASTY}", ".body .button")
    assert page.run("return window.hit") is None
    assert not page.run("return !!document.querySelector('img')")


def test_a_script_of_somebody_else_does_not_run(page):
    """The policy of the answers, not the page's own care: scripts, handlers and markup that come as text."""
    for attempt in ("const s = document.createElement('script'); s.text = 'window.hit = 1'; document.body.append(s);",
                    "const s = document.createElement('script'); s.append('window.hit = 1'); document.body.append(s);",
                    "const s = document.createElement('script'); s.src = 'data:text/javascript,window.hit=1';"
                    "document.body.append(s);",
                    "document.body.innerHTML = '<img src=x onerror=window.hit=1>';",
                    "setTimeout('window.hit = 1', 0);",
                    "const d = document.createElement('div'); d.setAttribute('onclick', 'window.hit = 1');"
                    "document.body.append(d); d.click();"):
        page.run(f"try {{ {attempt} }} catch (error) {{ /* refused */ }}")
        page.wait(lambda: any("Content Security Policy" in line or "TrustedScript" in line or "TrustedHTML" in line
                              for line in page.complaints()), what=f"the refusal of {attempt}")
    assert page.run("return window.hit") is None


def test_a_setting_of_the_log_and_a_filter_in_the_address(daemon, page):
    log_in(page, "administrator")
    go(page, "/system?level=error", "#log")
    page.wait(lambda: "No line of that kind" in page.text("#content"), what="the empty list")
    go(page, "/system", "#log tbody tr")
    page.run("const s = document.querySelector('#set-level'); s.value = 'debug';"
             "s.dispatchEvent(new Event('change', { bubbles: true }))")
    page.click("#write-from")
    page.wait(lambda: has(page, ".toast") and "written from debug on" in page.text(".toasts"), what="said")
    assert daemon.request("PUT", "logs/level", {"level": "info"}, role="administrator").json["old"] == "debug"


def test_two_tabs_are_one_session(daemon, page):
    log_in(page, "supervisor")
    first = page.handle()
    page.new_tab()
    page.open(page.address)
    page.wait(lambda: has(page, "#content .head"), what="logged in here, too")
    page.switch(first)
    # Each renews with the token that the other has left, never with one that was used.
    for _ in range(3):
        page.open(page.address)
        page.wait(lambda: has(page, "#content .head"), what="still logged in")
    page.click("#user")
    page.click("#logout")
    page.close_others()
    assert has(page, "#login")
    del daemon


def test_too_many_wrong_passwords_count_down(tmp_path):
    with running(tmp_path, roles=("administrator",)) as made, Browser(tmp_path, key_pin(made.state / "server.crt")) as page:
        page.open(f"https://localhost:{made.port}/")
        page.wait(lambda: has(page, "#login"), what="the form")
        fill(page, "#login-username", "administrator")

        def waits():
            fill(page, "#login-password", "a wrong password")
            page.click("#login-send")
            page.wait(lambda: has(page, "#login-problem"), what="the refusal")
            return "Again in" in page.text("#login")
        page.wait(waits, 60, "the countdown")
        assert page.run("return document.querySelector('#login-send').getAttribute('aria-disabled')") == "true"
        page.wait(lambda: "Again in" not in page.text("#login"), 60, "the end of the wait")
        fill(page, "#login-password", PASSWORD)
        page.click("#login-send")
        page.wait(lambda: has(page, "#content .head"), 60, "the pages")
