# SPDX-License-Identifier: GPL-2.0-or-later
"""The page is told by the robot over a WebSocket, asks for nothing again and again, and never says that old values are new."""
import signal

import pytest

from counted import anew, asked, silent, told_only
from person import go, has, log_in
from test_transport import blocked


@pytest.mark.parametrize("enter", [log_in, blocked], ids=["socket", "stream"])
def test_what_is_told_is_not_asked_for(daemon, page, enter):
    enter(page, "viewer")
    page.wait(lambda: "Power" in page.text("#module-strip"), what="the modules")
    anew(page)
    page.wait(lambda: told_only(page), 60, "a while without a request")
    daemon.post("safety/stop", role="operator")
    page.wait(lambda: "Stopped" in page.text("#state"), what="the stop of somebody else")
    daemon.post("safety/reset", role="supervisor")
    page.wait(lambda: "Stopped" not in page.text("#state"), what="the reset of somebody else")
    go(page, "/bus", "#plan tbody tr")
    if enter is blocked:
        page.wait(lambda: "bus" in page.run("return window.streams.at(-1).url"), what="the channel of another page")
    anew(page)
    page.wait(lambda: told_only(page), 60, "a while on another page")
    assert not has(page, "#content .card.stale")


# A page, what says that it is there, and what it asks for once.
PAGES = (("/", "#module-strip", ()), ("/drive", "#holder", ("control", "robot/interlocks")),
         ("/modules", "#modules tbody tr", ()), ("/modules/2", "#registers tbody tr", ("modules/2", "modules/2/registers")),
         ("/bus", "#plan tbody tr", ("bus", "bus/plan", "bus/statistics")), ("/safety", "#safety", ("safety/latency",)),
         ("/system", "#log tbody tr", ("logs",)))


@pytest.mark.parametrize("path, there, once", PAGES)
def test_no_page_asks_again_and_again(page, path, there, once):
    log_in(page, "supervisor")
    anew(page)
    go(page, path, there)
    page.wait(lambda: all(asked(page).get(what) for what in once), what=f"one look at {once}")
    anew(page)
    page.wait(lambda: silent(page), 60, f"a while on {path} without a request")


def test_who_is_in_control_is_seen_without_asking_again_and_again(daemon, page):
    """Also when it goes to another session of the same user, whose name does not change."""
    log_in(page, "supervisor")
    go(page, "/drive", "#holder")
    first, second = (daemon.login("operator").json["access_token"] for _ in range(2))
    try:
        assert daemon.request("POST", "control", {}, token=first).status == 200
        page.wait(lambda: "operator has control" in page.text("#drive-control"), what="who has it")
        anew(page)
        assert daemon.request("POST", "control/take-over", {"reason": "other screen"}, token=second).status == 200
        page.wait(lambda: "Taken over: other screen" in page.text("#drive-control"), what="the reason")
    finally:
        for token in (first, second):
            daemon.request("POST", "auth/logout", {}, token=token)
    page.wait(lambda: "Free" in page.text("#drive-control"), what="the end of the session")
    assert asked(page)["control"]


def test_what_was_read_says_when_and_is_read_again(daemon, page):
    log_in(page, "viewer")
    go(page, "/modules/2", "#registers tbody tr")
    page.wait(lambda: "read at" in page.text("#content"), what="when it was read")
    anew(page)
    page.wait(lambda: silent(page), 60, "a while")
    daemon.sim("set 2 battery_voltage 287")
    try:
        # Overview is told it; the registers are as they were read.
        page.wait(lambda: daemon.get("telemetry/current?signals=battery_v").json["battery_v"]["value"] == 28.7, 60, "the value")
        # Unless a host that stalls has made the page ask.
        assert "28.7" not in page.text("#registers") or asked(page)

        def again():
            page.click("#read-again")
            return "28.7" in page.text("#registers")
        page.wait(again, what="the new value")
    finally:
        daemon.sim("unset 2 battery_voltage")


def test_a_module_that_changes_is_read_again(daemon, page):
    log_in(page, "supervisor")
    go(page, "/modules/5", "#registers tbody tr")
    page.wait(lambda: "good" in page.text("#content .crumbs"), 60, "a good module")
    anew(page)
    daemon.request("POST", "modules/5/quarantine", {}, role="supervisor")
    try:
        page.wait(lambda: "in quarantine" in page.text("#content .crumbs"), what="told")
        page.wait(lambda: asked(page).get("modules/5") and asked(page).get("modules/5/registers"), what="read again")
        page.wait(lambda: page.text("#quarantine") == "Let back", what="the way back")
    finally:
        daemon.request("DELETE", "modules/5/quarantine", role="supervisor")


def test_a_line_that_goes_silent_is_seen_and_comes_back(daemon, page):
    log_in(page, "viewer")
    page.wait(lambda: "Power" in page.text("#module-strip"), what="the modules")
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        page.wait(lambda: has(page, "#content .card.stale"), what="values that are old")
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    page.wait(lambda: not has(page, "#content .card.stale"), what="new values")
    anew(page)
    page.wait(lambda: told_only(page), 60, "told again")


def test_new_lines_of_the_log_come_by_themselves(daemon, page):
    """Without a request for the list; those of a lower level than is shown do not."""
    log_in(page, "supervisor")
    go(page, "/system?level=warning", "#log[aria-busy=false]")
    anew(page)
    daemon.request("PUT", "logs/level", {"level": "notice"}, role="administrator")
    page.wait(lambda: "to notice by" in page.text("#log tbody tr:first-child"), what="the new line")
    assert daemon.login("viewer").status == 200
    daemon.request("PUT", "logs/level", {"level": "info"}, role="administrator")
    page.wait(lambda: "to info by" in page.text("#log tbody tr:first-child"), what="the next one")
    assert "to notice by" in page.text("#log tbody tr:nth-child(2)"), "what lies between is of a lower level"
    assert not asked(page).get("logs")


# A log of which each message tells 60 new lines: the daemon itself holds such a burst back.
BURST = """
const answer = window.fetch;
const lines = (newest, count) => Array.from({ length: count }, (_, i) => ({ seq: newest - i, time: "2098-01-01T09:00:00Z", level: "warning",
    room: "main", code: "burst", text: String(newest - i), request_id: null }));
window.newest = 100;
window.fetch = (url, options) => String(url).includes("/logs?")
    ? Promise.resolve(new Response(JSON.stringify({ items: lines(window.newest, 100), next_cursor: null, lost: 0 }))) : answer(url, options);
const { get } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, "data");
const read = new WeakMap();
Object.defineProperty(MessageEvent.prototype, "data", { get() {
    const message = JSON.parse(get.call(this));
    if (message.channel !== "logs" || !message.data?.lines?.length) return get.call(this);
    if (!read.has(this)) read.set(this, lines(window.newest += 60, 60));
    message.data.lines = read.get(this);
    return JSON.stringify(message);
} });
"""


def test_many_new_lines_of_the_log_leave_no_hole(daemon, page):
    page.run(BURST)
    log_in(page, "supervisor")
    go(page, "/system", "#log tbody tr")
    for level in ("notice", "info", "notice", "info"):
        before = page.run("return window.newest")
        assert daemon.request("PUT", "logs/level", {"level": level}, role="administrator").status == 200
        page.wait(lambda told=before: page.run("return window.newest") > told, what="new lines")

    def whole():
        told, newest = page.run("return [[...document.querySelectorAll('#log tbody tr')].map((tr) => Number(tr.cells[4].textContent)), window.newest]")
        return len(told) >= 100 and told == list(range(newest, newest - len(told), -1))
    page.wait(whole, what="each line, up to the newest")
