# SPDX-License-Identifier: GPL-2.0-or-later
"""The stop: on every page, at the first touch, over nothing and under nothing."""
import signal

import pytest

from counted import anew, silent
from person import SIZES, at_rest, box, go, has, is_stopped, log_in, log_out, names_of, stops
from pretend import drive

ENTER, ESCAPE, SPACE = "\ue007", "\ue00c", " "
SMALLEST_PX = 96

# What the page is told of a robot that no bus of this machine can move: the answer of the daemon with other values.
MOVING = """
const answer = window.fetch;
window.fetch = async (url, options) => {
    const got = await answer(url, options);
    if (!String(url).endsWith("/robot")) return got;
    return new Response(JSON.stringify({ ...await got.json(), state: "move", speed_mm_s: 250 }), { status: 200 });
};
const { get } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, "data");
Object.defineProperty(MessageEvent.prototype, "data", { get() {
    const message = JSON.parse(get.call(this));
    if (message.channel === "robot") Object.assign(message.data, { state: "move", speed_mm_s: 250 });
    return JSON.stringify(message);
} });
"""


# No message leaves over a WebSocket any more.
NO_SOCKET = "WebSocket.prototype.send = function () { this.close(); };"

# Twelve answers that do not end take all connections that the browser gives to requests: the thirteenth request waits.
FULL = """
window.streams = new AbortController();
const options = { headers: { authorization: `Bearer ${arguments[0]}` }, signal: window.streams.signal, cache: "no-store" };
for (let i = 0; i < 12; i++) fetch("/api/v1/stream", options).catch(() => {});
fetch("/api/v1/health", options).then(() => { window.answered = true; }, () => {});
"""

# What a tablet of 2021 lacks (WebView 90, Safari 14).
OLD = """
delete AbortSignal.timeout; delete AbortSignal.any; delete Crypto.prototype.randomUUID; delete window.structuredClone;
delete Array.prototype.at; delete String.prototype.at; delete Array.prototype.findLast; delete Array.prototype.toSorted;
delete Object.groupBy; delete window.requestIdleCallback; delete Navigator.prototype.locks;
delete HTMLElement.prototype.inert; delete HTMLDialogElement.prototype.showModal;
"""

# All that the button has said of a press.
LINES = """
const line = document.querySelector("#stop-line");
window.lines = [];
new MutationObserver(() => { if (line.closest("#stop").dataset.phase !== "idle") window.lines.push(line.textContent); })
    .observe(line, { characterData: true, childList: true, subtree: true });
"""

# The socket of the page has been greeted: from then on a stop goes over it.
GREETED = """
const { send } = WebSocket.prototype;
WebSocket.prototype.send = function (text) { window.greeted ||= JSON.parse(text).type === "subscribe"; return send.call(this, text); };
"""
UNCONFIRMED = "not confirmed: press the button at the machine"


def phase(page):
    """idle, sent, done, failed"""
    return page.run("return document.querySelector('#stop').dataset.phase")


def test_stop_works_at_the_first_click_on_every_page(daemon, page):
    log_in(page, "administrator")
    paths = page.run("return [...document.querySelectorAll('.navigation a.page-link')].map((a) => a.hash.slice(1))")
    assert len(paths) == len(names_of(page)) >= 4
    for path in paths:
        go(page, path, f'a[aria-current="page"][href="#{path}"]')
        stops(daemon, page)
        assert "modules told" in page.text("#stop-line")


@pytest.mark.parametrize("size", SIZES)
def test_stop_is_large_alone_and_in_view(page, size):
    page.narrow(*size)
    log_in(page, "administrator")
    for path in ("/", "/modules", "/safety", "/users"):
        go(page, path, "#content .head")
        page.run("document.querySelector('#content').scrollTo(0, 100000)")
        left, top, right, bottom = box(page, "#stop")
        assert right - left >= SMALLEST_PX and bottom - top >= SMALLEST_PX
        assert left >= 0 and top >= 0 and right <= size[0] and bottom <= size[1]
        # The element that a finger meets, in the middle and at the corners.
        assert page.run("""const [left, top, right, bottom] = arguments[0];
            return [[(left + right) / 2, (top + bottom) / 2], [left + 12, top + 12], [right - 12, top + 12],
                    [left + 12, bottom - 12], [right - 12, bottom - 12]]
                .every(([x, y]) => document.elementFromPoint(x, y).closest("#stop"))""", [left, top, right, bottom])
        assert page.run("return document.documentElement.scrollWidth <= innerWidth")


def test_stop_works_while_a_question_is_open_and_under_the_lock(daemon, page):
    log_in(page, "supervisor")
    daemon.post("safety/stop")
    go(page, "/safety", "#reset:not([aria-disabled])")
    page.click("#reset")
    page.wait(lambda: has(page, "#confirm"), what="the question")
    stops(daemon, page)
    assert has(page, "#confirm"), "the stop has answered the question"
    page.click("#confirm-no")
    page.click("#touch-lock")
    page.wait(lambda: has(page, "#lock"), what="the lock")
    stops(daemon, page)
    # Nothing else answers.
    with pytest.raises(AssertionError):
        page.click("#user")
    page.run("document.querySelector('#unlock').dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))")
    page.wait(lambda: not has(page, "#lock"), what="opened by holding")


def test_stop_works_with_a_token_that_is_too_old_and_waits_for_no_other_request(daemon, page):
    log_in(page, "operator")
    at_rest(daemon)
    # What the page asks for once, when it opens, takes a connection of its own.
    anew(page)
    page.wait(lambda: silent(page), what="a page that has what it asks for")
    # From now on each request but the stop hangs: it is neither renewed nor preceded by anything.
    page.run(NO_SOCKET)
    page.run("""const answer = window.fetch; window.polls = [];
        window.fetch = (url, options) => String(url).endsWith("safety/stop") ? answer(url, options)
            : new Promise(() => String(url).includes("/stream?") || window.polls.push(url));
        for (let i = 0; i < 12; i++) window.dispatchEvent(new Event("focus"));""")
    page.click("#stop")
    page.wait(lambda: phase(page) == "done", what="confirmed")
    polls = page.run("return window.polls")
    assert len(polls) == 1, f"one poll beside a stream, so that connections are left, not {polls}"
    is_stopped(daemon)


def test_stop_that_is_not_confirmed_is_loud_and_sent_again(daemon, page):
    log_in(page, "operator")
    at_rest(daemon)
    page.run(NO_SOCKET)
    page.run("""const answer = window.fetch; let refused = 0;
        window.fetch = (url, options) => String(url).endsWith("safety/stop") && refused++ < 3
            ? Promise.reject(new TypeError("no network")) : answer(url, options);""")
    page.run("window.said = []; new MutationObserver(() => {"
             "  const alarm = document.querySelector('#stop-alarm'); if (alarm) window.said.push(alarm.textContent);"
             "}).observe(document.body, { childList: true, subtree: true })")
    page.click("#stop")
    page.wait(lambda: phase(page) == "done", what="confirmed in the end")
    said = page.run("return window.said.join()")
    assert "The stop was not confirmed." in said and "Press the button at the machine." in said
    assert "sends the stop again" in said
    is_stopped(daemon)


def test_a_stop_that_is_given_up_says_so(daemon, page):
    log_in(page, "operator")
    at_rest(daemon)
    page.run(NO_SOCKET)
    page.run("""const answer = window.fetch; window.refuse = true;
        window.fetch = (url, options) => String(url).endsWith("safety/stop") && window.refuse
            ? Promise.reject(new TypeError("no network")) : answer(url, options);""")
    page.click("#stop")
    page.wait(lambda: "sends the stop again" in page.text("#stop-alarm"), what="a stop that is sent again")
    # Twenty seconds later, by the page's own clock.
    page.run("const now = performance.now.bind(performance); performance.now = () => now() + 21000;")
    page.wait(lambda: "does not send the stop any more" in page.text("#stop-alarm"), what="the end of it")
    assert "sends the stop again" not in page.text("#stop-alarm")
    page.run("window.refuse = false")
    stops(daemon, page)


def test_a_refused_stop_says_so(daemon, page):
    log_in(page, "viewer")
    page.click("#stop")
    page.wait(lambda: has(page, "#stop-alarm") and "needs the role operator" in page.text("#stop-alarm"), what="why")
    assert "Press the button at the machine." in page.text("#stop-alarm")
    log_out(page)
    page.click("#stop")
    page.wait(lambda: has(page, "#stop-alarm") and "Log in to stop from here" in page.text("#stop-alarm"), what="the alarm")
    del daemon


@pytest.mark.parametrize("key", [ESCAPE, SPACE])
def test_keys_stop_while_the_robot_moves(daemon, page, key):
    log_in(page, "operator")
    at_rest(daemon)
    page.run("document.activeElement.blur()")
    page.keys(key)
    assert phase(page) == "idle" and daemon.get("safety").json["state"] == "ready", "it stands: a key is only a key"
    page.run(MOVING)
    page.wait(lambda: "Moving" in page.text("#robot-state"), what="moving")
    page.click("#search")
    page.wait(lambda: has(page, "#palette-search"), what="a text field")
    page.keys(SPACE)
    assert phase(page) == "idle", "a space in a text field is a space"
    page.keys(ESCAPE)
    page.wait(lambda: not has(page, "#palette"), what="a palette that is closed")
    assert phase(page) == "idle", "Esc in a text field only leaves it"
    page.click("#user")
    page.run("document.querySelector('#theme').focus()")
    page.keys(key)
    page.wait(lambda: phase(page) == "done", what="confirmed: a selection is no text field")
    is_stopped(daemon)
    assert has(page, "#theme")


def test_keys_stop_on_a_slider_and_a_radio_button(daemon, page):
    drive(page, robot={"state": "move", "speed_mm_s": 300})
    page.click("#override-open")
    page.wait(lambda: has(page, "#override-slider"), what="the slider")
    for where, key in (("#override-slider", ESCAPE), ("#override-slider", SPACE), ("#drive-jog input:not(:checked)", SPACE)):
        at_rest(daemon)
        page.run("document.querySelector(arguments[0]).focus()", where)
        page.keys(key)
        page.wait(lambda: daemon.get("safety").json["state"] == "stopped", what=f"a stop by a key on {where}")
    assert page.run("return !document.activeElement.checked"), "the key stops and does nothing else"


def test_stop_by_key_alone(daemon, page):
    log_in(page, "operator")
    at_rest(daemon)
    page.run("document.querySelector('#stop').focus()")
    page.keys(ENTER)
    page.wait(lambda: phase(page) == "done", what="confirmed")
    is_stopped(daemon)


def test_a_confirmation_ends_when_somebody_resets_the_stop(daemon, page):
    log_in(page, "operator")
    # The time for which it is shown does not pass.
    page.run("const later = window.setTimeout; window.setTimeout = (act, ms, ...more) => ms === 15000 ? 0 : later(act, ms, ...more);")
    stops(daemon, page)
    page.wait(lambda: "Stopped" in page.text("#robot-state"), what="the stop, as told")
    assert phase(page) == "done"
    at_rest(daemon)
    page.wait(lambda: phase(page) == "idle", what="the end of the confirmation")
    assert "ms" not in page.text("#stop-line")


def test_a_daemon_that_hangs_is_seen_and_the_stop_is_not_called_done(daemon, page):
    log_in(page, "operator")
    page.run(LINES)
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        page.click("#stop")
        page.wait(lambda: phase(page) == "failed", what="not confirmed")
        assert page.run("return window.lines") == ["stopping …", UNCONFIRMED]
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    page.wait(lambda: phase(page) == "done", what="confirmed in the end")


# The first way of the stop is the WebSocket that is open; when that is dead, one of its own.
@pytest.mark.parametrize("dead", ["", """
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = () => {};
    window.WebSocket = class extends WebSocket { send(text) { send.call(this, text); } };"""], ids=["open", "dead"])
def test_stop_passes_requests_that_hold_all_connections(daemon, page, dead):
    page.run(GREETED)
    log_in(page, "operator")
    page.wait(lambda: page.run("return !!window.greeted"), what="the socket")
    page.run(FULL, daemon.token("operator"))
    page.run(dead)
    if not dead:
        # The 50 ms do not pass after which it relies on the socket no more.
        page.run("const later = window.setTimeout; window.setTimeout = (act, ms, ...more) => ms === 50 ? 0 : later(act, ms, ...more);")
    page.run("window.requests = 0; const answer = window.fetch;"
             "window.fetch = (url, options) => { window.requests += String(url).endsWith('stop'); return answer(url, options); }")
    stops(daemon, page)
    assert page.run("return window.answered") is None, "a connection was free: this has shown nothing"
    assert bool(page.run("return window.requests")) == bool(dead)
    page.run("window.streams.abort()")


def test_stop_that_no_connection_takes_asks_for_the_button_and_goes_on(daemon, page):
    log_in(page, "operator")
    at_rest(daemon)
    page.run(NO_SOCKET + LINES)
    page.run(FULL, daemon.token("operator"))
    page.click("#stop")
    page.wait(lambda: phase(page) == "failed", what="not confirmed")
    assert page.run("return window.lines") == ["stopping …", UNCONFIRMED]
    page.run("window.streams.abort()")
    page.wait(lambda: phase(page) == "done", what="confirmed in the end")


def test_stop_works_in_a_browser_of_2021(daemon, page):
    with page.first(OLD):
        page.open(page.address)
    log_in(page, "operator")
    stops(daemon, page)
    page.run(NO_SOCKET)
    stops(daemon, page)
    assert not has(page, "#old-browser")


def test_a_browser_that_is_too_old_is_told_so(page):
    with page.first("delete window.ResizeObserver; delete window.AbortController;"):
        page.open(page.address)
        page.wait(lambda: has(page, "#old-browser"), what="the notice")
        text = page.text("#old-browser")
        assert "lacks AbortController, ResizeObserver:" in text and "press the button at the machine" in text
        # As in a browser that cannot read the page's own file at all.
        page.cdp("Network.enable")
        page.cdp("Network.setBlockedURLs", urls=["*/assets/index-*.js"])
        try:
            page.open(page.address)
            page.wait(lambda: has(page, "#not-started"), what="words in place of the page")
        finally:
            page.cdp("Network.setBlockedURLs", urls=[])
        assert "press the button at the machine" in page.text("#not-started")
        assert "Safari 14" in page.text("#not-started") and not has(page, "#stop")
