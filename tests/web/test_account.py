# SPDX-License-Identifier: GPL-2.0-or-later
"""The own account: its sessions, its password and its second factor."""
import subprocess

import pytest

from oht_test.client import PASSWORD
from person import elevate, fill, go, has, log_in, log_out

NEXT = "the next good password"


@pytest.fixture(name="clara")
def fixture_clara(daemon):
    """An operator of these tests only."""
    made = daemon.request("POST", "users", {"username": "clara", "password": PASSWORD, "role": "operator"},
                          role="administrator")
    if made.status != 201:
        users = daemon.get("users?limit=200", role="administrator").json["items"]
        ident = next(user["id"] for user in users if user["username"] == "clara")
        assert daemon.request("PATCH", f"users/{ident}", {"password": PASSWORD}, role="administrator").status == 200
    return "clara"


def rows(page):
    """Of the list of sessions."""
    return page.run("return document.querySelectorAll('#sessions tbody tr').length")


def test_no_script_can_read_what_keeps_the_session(page, clara):
    log_in(page, clara)
    assert page.run("return document.cookie") == ""
    # Beside it there may be a checkpoint of the audit, which says nothing of the session.
    assert page.run("return Object.entries(localStorage).filter(([name]) => name !== 'oht.audit.seen')") == [["oht.session", clara]]
    assert page.run("return Object.keys(sessionStorage)") == []
    page.open(page.address)
    page.wait(lambda: has(page, "#content .head"), what="the same session after a reload")
    assert clara in page.text("#user")
    page.click("#user")
    page.click("#logout")
    page.wait(lambda: has(page, "#login"), what="the form")
    # The cookie is gone, too: who puts the mark back has no session.
    page.run("localStorage.setItem('oht.session', 'clara')")
    page.open(page.address)
    page.wait(lambda: has(page, "#login"), what="the form, again")


@pytest.mark.slow
@pytest.mark.parametrize("storage", [
    "Storage.prototype.setItem = () => { throw new DOMException('Full', 'QuotaExceededError'); }",
    "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('Denied', 'SecurityError'); } });"
    "LockManager.prototype.request = () => Promise.reject(new DOMException('Denied', 'SecurityError'));"
    "Object.defineProperty(document, 'cookie', { get() { throw new DOMException('Denied', 'SecurityError'); } });",
], ids=["full", "forbidden"])
def test_a_browser_that_keeps_nothing_has_a_session_in_its_tab(daemon, page, clara, storage):
    def sessions():
        return page.run("return fetch('/api/v1/auth/sessions', { headers: { authorization: window.bearer } }).then((a) => a.json())"
                        ".then((list) => list.items.length)")
    with page.first(storage):
        page.open(page.address + "?forgetful")
        page.cdp("Network.clearBrowserCookies")
        log_in(page, clara)
        assert "its storage is forbidden or full" in page.text("#forgetful")
        assert not has(page, "#old-browser"), "what is not kept is no reason to doubt the stop"
        page.run("document.querySelector('#forgetful button').click()")
        page.wait(lambda: not has(page, "#forgetful"), what="said once")
        # The token gets old: the tab renews it by what it has itself.
        page.cdp("Network.clearBrowserCookies")
        page.run("""const answer = window.fetch; let worn = 0;
            window.fetch = (url, options) => {
                window.bearer = options.headers?.authorization ?? window.bearer;
                return String(url).endsWith("/auth/sessions") && !worn++ ? Promise.resolve(new Response(
                    JSON.stringify({ status: 401, code: "token_expired" }), { status: 401 })) : answer(url, options);
            };""")
        go(page, "/account", "#sessions tbody tr")
        # While the token is renewed there are rows without a session.
        page.wait(lambda: rows(page) == 1, what="the list")
        assert sessions() == 1
        page.click("#user")
        page.run("const theme = document.querySelector('#theme'); theme.value = 'dark'; theme.dispatchEvent(new Event('change'))")
        page.wait(lambda: page.run("return document.documentElement.dataset.theme") == "dark", what="a choice that holds in this tab")
        page.click("#logout")
        page.wait(lambda: has(page, "#login"), what="the form")
        page.wait(lambda: page.run("return fetch('/api/v1/auth/sessions', { headers: { authorization: window.bearer } })"
                                   ".then((a) => a.status)") == 401, what="a session that has ended")
    page.open(page.address)
    page.wait(lambda: has(page, "#login"), what="the form")


@pytest.mark.slow
def test_another_session_is_seen_and_ended(daemon, page, clara):
    other = daemon.request("POST", "auth/login", {"username": clara, "password": PASSWORD}).json["access_token"]
    assert daemon.request("GET", "robot", token=other).status == 200
    log_in(page, clara)
    go(page, "/account", "#sessions tbody tr")
    page.wait(lambda: rows(page) == 2, what="two sessions")
    assert "this one" in page.text("#sessions") and "127.0.0.1" in page.text("#sessions")
    page.run("[...document.querySelectorAll('#sessions tbody tr')].find((r) => !r.textContent.includes('this one'))"
             ".querySelector('button').click()")
    page.wait(lambda: has(page, "#confirm"), what="the question")
    page.click("#confirm-yes")
    page.wait(lambda: rows(page) == 1, what="one session")
    assert daemon.request("GET", "robot", token=other).code == "token_revoked"
    assert has(page, "#account"), "the own session goes on"


def test_the_password_is_changed_and_this_session_goes_on(daemon, page, clara):
    other = daemon.request("POST", "auth/login", {"username": clara, "password": PASSWORD}).json["access_token"]
    log_in(page, clara)
    go(page, "/account", "#password")
    for old, new, again, said in ((PASSWORD, NEXT, "something else", "The two passwords are not the same."),
                                  (PASSWORD, "short", "short", "at least 8 bytes, has 5"),
                                  ("not the password", NEXT, NEXT, "wrong")):
        fill(page, "#password-old_password", old)
        fill(page, "#password-new_password", new)
        fill(page, "#password-again", again)
        page.click("#password-send")
        page.wait(lambda text=said: text in page.text("#password"), what=said)
    fill(page, "#password-old_password", PASSWORD)
    page.click("#password-send")
    page.wait(lambda: has(page, ".toast") and "password is changed" in page.text(".toasts"), what="said")
    assert daemon.request("GET", "robot", token=other).code == "token_revoked"
    assert daemon.request("POST", "auth/login", {"username": clara, "password": NEXT}).status == 200
    page.open(page.address)
    page.wait(lambda: has(page, "#content .head"), what="the session of this page")


def test_a_code_in_place_of_a_forgotten_password(daemon, page, clara):
    log_in(page, "administrator")
    go(page, "/users", "#users tbody button")
    page.run("[...document.querySelectorAll('#users button')].find((b) => b.getAttribute('aria-label') === 'Give a code: clara').click()")
    elevate(page)
    page.wait(lambda: has(page, "#user-code code"), what="the code")
    code = page.text("#user-code code")
    page.click("#key-kept")
    page.wait(lambda: not has(page, "#user-code"), what="the list")
    log_out(page)
    page.click("#with-code")
    for typed, again, said in ((code, "something else", "The two passwords are not the same."), ("0" * 16, NEXT, "do not belong together")):
        for name, text in (("username", clara), ("reset_code", typed), ("password", NEXT), ("again", again)):
            fill(page, f"#reset-{name}", text)
        page.click("#reset-send")
        page.wait(lambda text=said: text in page.text("#reset"), what=said)
    fill(page, "#reset-reset_code", code.lower())
    page.click("#reset-send")
    page.wait(lambda: has(page, "#content .head"), 60, "the pages")
    assert clara in page.text("#user")
    assert daemon.request("POST", "auth/login", {"username": clara, "password": PASSWORD}).code == "login_refused"


SAVED = "return [...document.querySelectorAll('#views tbody th')].map((n) => n.textContent)"


def test_the_profile_is_changed_and_another_browser_has_it(daemon, page, clara):
    log_in(page, clara)
    go(page, "/account", "#profile-full_name")
    fill(page, "#profile-full_name", "Clara Berg")
    fill(page, "#profile-zone", "a//b")
    page.click("#profile-send")
    page.wait(lambda: "must be a zone of time" in page.text("#profile .field.wrong"), what="a refusal beside the field")
    fill(page, "#profile-zone", "Europe/Zurich")
    page.run("const theme = document.querySelector('#profile-theme'); theme.value = 'dark'; theme.dispatchEvent(new Event('change', { bubbles: true }))")
    page.wait(lambda: "Clara Berg" in page.text("#profile .changes") and "dark" in page.text("#profile .changes"), what="the difference")
    page.click("#profile-send")
    page.wait(lambda: page.run("return document.documentElement.dataset.theme") == "dark", what="the colours, at once")
    page.wait(lambda: "Nothing is changed yet." in page.text("#profile .changes") and page.run("return document.querySelector('#profile-full_name').value") == "Clara Berg",
              what="the form of what it is now")
    # Another browser: nothing was chosen in it, so that the profile decides.
    page.forget(page.address)
    page.open(page.address)
    log_in(page, clara)
    page.wait(lambda: page.run("return document.documentElement.dataset.theme") == "dark", what="the colours of the profile")


@pytest.mark.slow        # On a busy host the page writes over what was chosen now and then, and not only at the moment below; why is not known yet.
def test_views_go_with_the_account(daemon, page, clara):
    log_in(page, clara)
    go(page, "/history?signals=battery_v&last=600", "#save-view-open")
    page.click("#save-view-open")
    page.wait(lambda: has(page, "#view-name"), what="the question for a name")
    page.type("#view-name", "Battery")
    page.click("#view-send")
    page.wait(lambda: has(page, "#open-view") and not has(page, "#save-view"), what="the list of views")
    page.forget(page.address)
    page.open(page.address)
    log_in(page, clara)
    # At the moment at which the page writes into the address what it shows: what the person chose stays.
    go(page, "/history", "#open-view")
    page.run("const until = performance.now() + 1000; while (performance.now() < until); "
             "const list = document.querySelector('#open-view'); list.value = 'Battery'; list.dispatchEvent(new Event('change'))")
    page.wait(lambda: page.run("return location.hash") == "#/history?signals=battery_v&last=600", what="the view")
    go(page, "/account", "#views tbody th a")
    assert page.run(SAVED) == ["Battery"]
    page.click("#views tbody button")
    page.wait(lambda: has(page, "#confirm"), what="the question")
    page.click("#confirm-yes")
    page.wait(lambda: page.run(SAVED) == [], what="none")


def test_a_second_factor_is_set_up_by_a_picture_and_asked_for(daemon, page, clara):
    token = daemon.request("POST", "auth/login", {"username": clara, "password": PASSWORD}).json["access_token"]
    assert daemon.request("PUT", "auth/pin", {"password": PASSWORD, "pin": "735194"}, token=token).status == 204
    log_in(page, clara)
    go(page, "/account", "#second-begin")
    page.wait(lambda: has(page, "#pin-state"), what="the PIN")
    fill(page, "#second-begin-password", "not the password")
    page.click("#second-begin-send")
    page.wait(lambda: "wrong" in page.text("#second-begin"), what="the refusal")
    page.type("#second-begin-password", PASSWORD)
    page.click("#second-begin-send")
    page.wait(lambda: has(page, "#qr"), what="the picture")
    secret = page.text("#account code")
    for typed in ("000000", None):
        code = typed or subprocess.run(["oathtool", "--totp", "--base32", secret], check=True, capture_output=True, text=True).stdout.strip()
        fill(page, "#second-confirm-code", code)
        page.click("#second-confirm-send")
        page.wait(lambda typed=typed: "taken before" in page.text("#second-confirm") if typed else has(page, "#key-shown"), what="the answer")
    recovery = page.text("#account code").split()
    assert len(recovery) == 10
    page.wait(lambda: not has(page, "#pin-state"), what="that the PIN has ended")
    page.click("#key-kept")
    page.wait(lambda: has(page, "#second-change") and "10 recovery codes" in page.text("#account"), what="that it is on")
    log_out(page)
    fill(page, "#login-username", clara)
    page.type("#login-password", PASSWORD)
    page.click("#login-send")
    for typed in ("000000", recovery[0]):
        page.wait(lambda: has(page, "#login-second-code"), what="the question for the code")
        fill(page, "#login-second-code", typed)
        page.click("#login-second-send")
        page.wait(lambda typed=typed: has(page, "#content .head") or (typed == "000000" and "taken before" in page.text("#login-second")), 60, "the answer")
    # Another way in asks for the code, too.
    go(page, "/account", "#pin-set-pin")
    for field, text in (("password", PASSWORD), ("pin", "735194"), ("again", "735194")):
        fill(page, f"#pin-set-{field}", text)
    page.click("#pin-set-send")
    page.wait(lambda: has(page, "#pin-set-second-code"), what="the question for the code")
    fill(page, "#pin-set-second-code", recovery[2])
    page.click("#pin-set-second-send")
    page.wait(lambda: has(page, "#pin-state") and has(page, "#pin-set-pin"), what="that the PIN is set")
    page.wait(lambda: has(page, "#second-change"), what="the second factor")
    page.run("const s = document.querySelector('#second-change-act'); s.value = 'off'; s.dispatchEvent(new Event('change', { bubbles: true }))")
    fill(page, "#second-change-password", PASSWORD)
    fill(page, "#second-change-code", recovery[1].lower())
    page.click("#second-change-send")
    page.wait(lambda: has(page, "#second-begin"), what="that it is off")
    assert daemon.request("POST", "auth/login", {"username": clara, "password": PASSWORD}).status == 200
