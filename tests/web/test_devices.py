# SPDX-License-Identifier: GPL-2.0-or-later
"""A tablet comes in with a key that its browser has made: six words on both sides, a person decides, and an end holds at once."""
import pathlib
import re
import subprocess
import time

import pytest

from oht_test.client import PASSWORD
from oht_test.wait import until
from browser import Browser
from person import at_rest, elevate, fill, go, has, key_pin, log_in, log_out
from remote import OHTCTL
from test_look import axe
from test_people import configure

NAME = "panel-web"
PIN = "735194"
SOURCE = pathlib.Path(__file__).parents[2] / "userspace/web/src/components/elevate.tsx"


@pytest.fixture(name="takes", scope="module")
def fixture_takes(daemon):
    """The robot takes devices."""
    configure(daemon, "/access/devices", "yes")
    yield daemon
    configure(daemon, "/access/devices", "no")


@pytest.fixture(name="elsewhere", scope="module")
def fixture_elsewhere(takes, tmp_path_factory):
    """A second browser."""
    with Browser(tmp_path_factory.mktemp("office"), key_pin(takes.state / "server.crt")) as made:
        made.narrow(1280, 800)
        yield made


@pytest.fixture(name="office")
def fixture_office(takes, elsewhere):
    """An administrator in the second browser. The end of each test of a page ends all sessions of pages."""
    address = f"https://localhost:{takes.port}/"
    elsewhere.forget(address)
    elsewhere.open(address)
    log_in(elsewhere, "administrator")
    return elsewhere


def words_of(page):
    """Large, on the screen of the device."""
    page.wait(lambda: has(page, "#device-words li"), what="the six words")
    words = page.run("return [...document.querySelectorAll('#device-words li')].map((e) => e.textContent)")
    assert len(words) == 6 and all(words), words
    return " ".join(words)


def stand(page, word):
    page.wait(lambda: page.run("return document.querySelector('#device-stand')?.dataset.state") == word, what=f"a device that is {word}")


def ask(page, note):
    """From the form for the log-in to the words."""
    page.wait(lambda: has(page, "#by-key"), what="the way of a device")
    page.click("#by-key")
    page.wait(lambda: has(page, "#device-note"), what="the form")
    fill(page, "#device-note", note)
    page.click("#device-send")
    return words_of(page)


def in_list(office, takes, words):
    """Of the page Users, read anew."""
    go(office, "/", "#content .head")
    go(office, "/users", "#devices tbody")
    assert words in office.text("#devices tbody") and takes.port
    return office


@pytest.fixture(autouse=True, name="none_left")
def fixture_none_left(takes):
    """Each test leaves none to the next one. On the machine itself: the end of a page has ended the sessions."""
    yield
    for item in takes.get("devices?limit=200", role="administrator").json["items"]:
        subprocess.run([OHTCTL, "device", "remove", str(item["id"]), "--socket", takes.socket], check=True, capture_output=True, timeout=100,
                       env=takes.environment())


def test_a_tablet_comes_in_without_a_secret_and_its_end_holds_at_once(takes, office, page, record_property):
    page.open(page.address)
    page.wait(lambda: has(page, "#by-key"), what="the way of a device")
    begun = time.monotonic()
    words = ask(page, "beside the dock")
    assert axe(page) == ""
    in_list(office, takes, words)
    text = office.text("#devices tbody")
    assert "beside the dock" in text and "waits" in text and axe(office) == "", text
    office.wait(lambda: office.run("return [...document.querySelectorAll('a[href=\"#/users\"] .page-count')].map((e) => parseInt(e.textContent))") == [1],
                what="the count")
    # A name that is taken is said in the dialog, and nothing has happened.
    office.click(f'#devices [aria-label="Accept {words}"]')
    office.wait(lambda: has(office, "#acceptance-name"), what="the question for the name")
    assert axe(office) == ""
    fill(office, "#acceptance-name", "viewer")
    office.click("#acceptance-send")
    elevate(office)
    office.wait(lambda: "such a user" in office.text("#acceptance-problem"), what="the refusal")
    assert page.run("return document.querySelector('#device-stand').dataset.state") == "waiting"
    fill(office, "#acceptance-name", NAME)
    office.run("const s = document.querySelector('#acceptance-role'); s.value = 'operator'; s.dispatchEvent(new Event('change', { bubbles: true }))")
    office.click("#acceptance-send")
    page.wait(lambda: has(page, "#content .head"), 60, "the pages, by themselves")
    # A figure for the report, no bound: a host that stalls makes no page slow.
    record_property("enrolment_s", round(time.monotonic() - begun, 1))
    assert NAME in page.text("#user")
    kept = page.run("return JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie")
    assert "eyJ" not in kept and "BEGIN" not in kept, kept
    office.wait(lambda: NAME in office.text("#devices tbody") and "accepted" in office.text("#devices tbody"), what="the device among those that are in")
    office.wait(lambda: office.run("return [...document.querySelectorAll('#users tr')].find((row) => row.textContent.includes(arguments[0]))?.querySelector('.badge')?.textContent", NAME) == "device",
                what="the account of a device")
    assert not office.run("return Boolean(document.querySelector(`#users [aria-label*='${arguments[0]}'][aria-label^='Key']`))", NAME)

    # It is shown as a device, and has no password that it could be asked for.
    go(page, "/account", "#sessions tbody")
    page.wait(lambda: "device" in page.text("#sessions tbody"), what="what opened the session")
    assert not has(page, "#password") and not has(page, "#pin-card") and has(page, "#account")
    # A log-out holds until the next start of the page; then the key logs in.
    log_out(page)
    assert has(page, "#by-key") and not has(page, "#device-stand")
    page.open(page.address)
    page.wait(lambda: has(page, "#content .head"), 60, "the pages behind a start")
    assert NAME in page.text("#user")

    # A person logs in over it, and the device goes on behind.
    log_out(page)
    log_in(page, "operator")
    log_out(page)
    page.click("#by-key")
    page.wait(lambda: has(page, "#content .head"), 60, "the pages of the device")

    session = takes.get("users?limit=200&q=" + NAME, role="administrator").json["items"][0]
    detail = takes.get(f"users/{session['id']}", role="administrator").json
    assert [item["kind"] for item in detail["sessions"]] == ["device"] * len(detail["sessions"]) and detail["sessions"]
    in_list(office, takes, words)
    office.click(f'#devices [aria-label="Remove: {NAME}"]')
    office.wait(lambda: has(office, "#confirm-yes"), what="the question")
    office.click("#confirm-yes")
    office.wait(lambda: not has(office, "#devices"), what="no device")
    # Its next request is refused; what it says then has no word of its key.
    go(page, "/account", "#login-again")
    stand(page, "unknown")
    assert "does not know this device" in page.text("#device-stand") and not has(page, "#device-words") and has(page, "#stop") and axe(page) == ""
    page.open(page.address)
    stand(page, "unknown")
    # The same key may ask again.
    page.click("#device-again")
    page.wait(lambda: has(page, "#device-send"), what="the form")
    page.click("#device-send")
    assert words_of(page) == words



def test_a_rejected_device_stays_rejected_behind_a_reload(takes, office, page):
    page.open(page.address)
    words = ask(page, "unknown tablet")
    in_list(office, takes, words)
    office.click(f'#devices [aria-label="Reject: {words}"]')
    office.wait(lambda: has(office, "#confirm-yes"), what="the question")
    office.click("#confirm-yes")
    elevate(office)
    stand(page, "rejected")
    page.open(page.address)
    stand(page, "rejected")
    assert not has(page, "#device-again") and not has(page, "#device-words") and axe(page) == ""
    office.wait(lambda: "rejected" in office.text("#devices tbody"), what="the row")
    page.click("#by-key")
    page.wait(lambda: has(page, "#login"), what="the form for persons")


@pytest.mark.parametrize("script, why", [
    ("Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })", "without TLS"),
    ("Object.defineProperty(globalThis, 'indexedDB', { value: undefined })", "private window"),
    ("IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError') }", "private window"),
    ("IDBObjectStore.prototype.put = () => { throw new DOMException('no', 'DataCloneError') }", "private window"),
], ids=["http", "no database", "database refused", "key refused"])
def test_a_browser_that_keeps_no_key_says_why(takes, page, script, why):
    with page.first(script):
        page.open(page.address)
        page.wait(lambda: has(page, "#by-key"), what="the way of a device")
        page.click("#by-key")
        page.wait(lambda: has(page, "#device-why") or has(page, "#device-send"), what="the form, or why not")
        if not has(page, "#device-why"):
            page.click("#device-send")
        page.wait(lambda: why in page.text(".way-in-card .notice"), what="why")
        assert takes.get("devices", role="administrator").json["items"] == []
    page.open(page.address)


def test_a_robot_that_takes_none_offers_nothing(takes, page):
    configure(takes, "/access/devices", "no")
    until(lambda: takes.get("health").json["devices"] is False, what="the configuration")
    page.open(page.address)
    page.wait(lambda: has(page, "#login"), what="the form")
    page.wait(lambda: not has(page, "#by-key"), what="no way of a device")
    configure(takes, "/access/devices", "yes")


def press_digits(page, digits):
    """On the pad, and send them."""
    for digit in digits:
        page.run("for (const b of document.querySelectorAll('.pin-pad .button')) if (b.textContent === arguments[0]) b.click()", digit)
    page.click("#pin-send")


def test_the_pin_is_offered_where_it_opens_and_nowhere_else(takes):
    paths = {path.removeprefix("/api/v1/") for path, item in takes.get("openapi.json").json["paths"].items()
             for operation in item.values() if operation["x-elevation"] == "in-plant"}
    assert set(re.findall(r'"([a-z/]+)"', re.search(r"BY_PIN = new Set\((.*)\)", SOURCE.read_text(encoding="utf-8"))[1])) == paths


# The answer to the log-in of the device waits until the test lets it go.
HELD = """
const real = window.fetch;
window.fetch = async (where, how) => {
	const answer = await real(where, how);
	const path = String(where.url ?? where);
	if (path.includes("auth/login")) window.personIn = true;
	if (!path.includes("auth/device/login")) return answer;
	window.held = true;
	await new Promise((go) => { window.letGo = go; });
	return answer;
};
"""


def a_person_is_in_for_good(page):
    """Logs in while the log-in of the device is under way, in the same browser."""
    log_out(page)
    with page.first(HELD):
        page.open(page.address)
        page.wait(lambda: page.run("return window.held === true"), 60, "the log-in of the device")
        page.click("#by-key")
        page.wait(lambda: has(page, "#login-username"), what="the form")
        fill(page, "#login-username", "supervisor")
        fill(page, "#login-password", PASSWORD)
        page.click("#login-send")
        # She waits for the lock of the session, or was let in beside it.
        page.wait(lambda: page.run("return window.personIn === true || navigator.locks.query().then((all) => all.pending.length > 0)"), what="the log-in of the person")
        page.run("window.letGo()")
        page.wait(lambda: has(page, "#user") and "supervisor" in page.text("#user"), 60, "the person")
    page.open(page.address)
    page.wait(lambda: has(page, "#content .head"), 60, "the pages behind a start")
    assert "supervisor" in page.text("#user")


def test_a_person_with_gloves_resets_by_a_pin(takes, page):
    at_rest(takes)
    page.open(page.address)
    ask(page, "pin")
    number = takes.get("devices?state=waiting", role="administrator").json["items"][0]["id"]
    subprocess.run([OHTCTL, "device", "accept", str(number), NAME, "--socket", takes.socket], check=True, capture_output=True, timeout=100, env=takes.environment())
    page.wait(lambda: has(page, "#content .head"), 60, "the pages, by themselves")
    configure(takes, "/robot/layer", "plant")
    try:
        a_person_is_in_for_good(page)
        go(page, "/account", "#pin-set-pin")
        for pin, said in (("123456", "in a row"), (PIN, "")):
            for field, text in (("password", PASSWORD), ("pin", pin), ("again", pin)):
                fill(page, f"#pin-set-{field}", text)
            page.click("#pin-set-send")
            page.wait(lambda said=said: said in page.text("#pin-set-pin-notes") if said else has(page, "#pin-state"), what=said or "that it is set")
        assert axe(page) == ""
        assert takes.post("safety/stop", role="operator").status == 200
        go(page, "/safety", "#reset")
        page.wait(lambda: page.run("return !document.querySelector('#reset').getAttribute('aria-disabled')"), what="a stop to be reset")
        page.click("#reset")
        page.wait(lambda: has(page, "#confirm-yes"), what="the question")
        page.click("#confirm-yes")
        page.wait(lambda: has(page, "#pin-digits"), what="the question for the PIN")
        assert axe(page) == ""
        # A letter that is typed leaves no point behind, which would be taken for a digit.
        assert page.run("const e = document.querySelector('#pin-digits'); e.value = '7a'; e.dispatchEvent(new Event('input', { bubbles: true })); return e.value") == "7"
        assert page.run("const e = document.querySelector('#pin-digits'); e.value = '7b'; e.dispatchEvent(new Event('input', { bubbles: true })); return e.value") == "7"
        page.click("#pin-back")
        press_digits(page, PIN[::-1])
        page.wait(lambda: "The PIN is wrong" in page.text("#pin"), what="the refusal")
        press_digits(page, PIN)
        page.wait(lambda: not has(page, "#pin"), what="the end of the question")
        until(lambda: takes.get("safety").json["state"] != "stopped", what="the reset")
        go(page, "/account", "#by-pin")
        assert "reset and enable in the layer plant" in page.text("#by-pin") and axe(page) == ""
        page.click("#lower")
        page.wait(lambda: not has(page, "#by-pin"), what="the end of the elevation")
    finally:
        configure(takes, "/robot/layer", "commissioning")
        assert takes.request("DELETE", "auth/pin", role="supervisor").status == 204
