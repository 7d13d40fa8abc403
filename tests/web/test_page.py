# SPDX-License-Identifier: GPL-2.0-or-later
"""What a person sees and does on the pages."""
import hashlib
import signal
import ssl

import pytest

from oht_test.client import PASSWORD
from person import at_rest, fill, go, has, log_in, log_out, names_of, stops
from pretend import PRETEND, answers, change, pretend

ENTER, TAB = "\ue007", "\ue004"
MODULES = ["Power", "Safety", "Travel motor", "Dock location"]


def ready(daemon):
    """Bring the stop to ready, whatever was before."""
    return daemon.get("safety").json["state"] != "stopped" or daemon.post("safety/reset").status == 200


def strip(page):
    """Names of the modules on the overview."""
    return page.run("return [...document.querySelectorAll('#module-strip b')].map((n) => n.textContent)")


def test_overview_says_what_it_is_and_why(daemon, page):
    page.wait(lambda: ready(daemon), what="ready")
    log_in(page, "operator")
    page.wait(lambda: strip(page) == MODULES, what="four modules")
    page.wait(lambda: "Ready, outputs off" in page.text("#state"), what="the state")
    text = page.text("#content")
    assert page.text("#robot-layer") == "commissioning"
    assert "Timing is not guaranteed" in text and "there is no robot behind this page" in text
    assert "This bus has no outputs that could be switched on." in page.text("#reasons")
    page.click("#stop")
    page.wait(lambda: "Stopped" in page.text("#state"), what="stopped")
    page.wait(lambda: "program asked for the stop" in page.text("#reasons"), what="the cause in words")
    assert "Find out who and why, then reset." in page.text("#reasons")
    page.wait(lambda: "Stopped" in page.run("return document.title"), what="the tab's title")
    page.wait(lambda: "icon-bad" in page.run("return document.querySelector('link[rel=icon]').href"), what="the tab's icon")


# Of landmarks that have one name, as a screen reader lists them.
TWICE = """
const named = (n) => n.getAttribute("aria-label") ?? document.getElementById(n.getAttribute("aria-labelledby") ?? "")?.textContent ?? "";
const all = [...document.querySelectorAll("main, nav, section[aria-label], section[aria-labelledby]")].map((n) => `${n.tagName} ${named(n)}`);
return all.filter((one, i) => all.indexOf(one) !== i);
"""


def test_who_hears_the_page_or_reads_it_large_is_told_where_he_is(page):
    log_in(page, "viewer")
    for path, selector, title in (("/bus", "#cycles", "Bus"), ("/", "[data-signal=position_mm] .plot", "Overview")):
        go(page, path, selector)
        page.wait(lambda wanted=title: f" · {wanted} · OHT-50" in page.run("return document.title"), what="the page in the title")
        assert page.run(TWICE) == []
    # What goes by the size of letters that the person has chosen goes by it as a whole.
    assert page.run("return getComputedStyle(document.body).fontSize") == "14px"
    page.cdp("Page.setFontSizes", fontSizes={"standard": 24})
    try:
        page.wait(lambda: page.run("return getComputedStyle(document.body).fontSize") == "21px", what="large letters")
        for width in (1280, 390):
            page.narrow(width, 800)
            assert page.run("return document.documentElement.scrollWidth <= innerWidth")
    finally:
        page.cdp("Page.setFontSizes", fontSizes={"standard": 16})


def happened(page):
    """Rows of the last events: what they are of, what has happened, and where the link leads."""
    return page.run("""return [...document.querySelectorAll("#events tbody tr")].map((tr) =>
        [tr.cells[1]?.textContent, tr.cells[2]?.textContent, tr.cells[2]?.querySelector("a")?.hash])""")


def row_of(page, text):
    """The row that says so, once it is there."""
    page.wait(lambda: any(text in str(row[1]) for row in happened(page)), 60, text)
    return next(row for row in happened(page) if text in str(row[1]))


def test_what_happens_is_listed_without_asking_for_it(daemon, page):
    at_rest(daemon)
    log_in(page, "viewer")
    page.wait(lambda: strip(page) == MODULES and happened(page), what="modules and a list")
    page.run("window.same = true")
    daemon.post("safety/stop", role="operator")
    assert row_of(page, "program asked for the stop")[::2] == ["Stop", "#/safety"]
    assert row_of(page, "Stopped.")[::2] == ["Robot", "#/safety"]
    at_rest(daemon)
    page.wait(lambda: [text for of, text, _ in happened(page) if of == "Robot"][:2] == ["Ready, outputs off.", "Stopped."],
              what="the reset, as it happens")

    # A native daemon has neither a journal nor outputs, so entries and commands are pretended.
    page.run(PRETEND, {"answers": {"GET safety/events?limit=10": {"status": 200, "body": {"next_cursor": None, "items": [
        {"source": 1, "seq": 7, "time": "2098-01-01T09:00:00Z", "kind": "stop", "text": "", "edge_to_low_ns": 3100, "actor": None,
         "cause": {"code": "button", "text": "The button was pressed.", "action": ""}}]}}},
        "values": {"system": {"journal": {"state": "running", "newest_seq": 7, "missing": 0, "waiting": 0, "waiting_ms": None}},
                   "commands": {"ended": [
        {"number": 900 + n, "id": None, "verb": "move", "state": state, "reason": reason, "position_mm": mm, "speed_mm_s": 0,
         "by": "anna", "accepted": ended, "began": ended, "ended": ended}
        for n, (state, reason, mm, ended) in enumerate([("failed", "stop_cause", 600, "2098-01-01T09:30:00Z"),
                                                        ("finished", None, 1200, "2098-01-01T10:00:00Z"),
                                                        ("failed", "cancelled", 3400, "2098-01-01T10:00:01Z")])]}}})
    assert row_of(page, "The button was pressed. Outputs low after 3.1 µs.")[::2] == ["Stop", "#/safety"]
    page.wait(lambda: not any("program asked" in row[1] for row in happened(page)), what="a cause that is not beside its entry")
    assert row_of(page, "Move to 1200 mm: finished.")[::2] == ["Command", "#/drive"]
    page.wait(lambda: row_of(page, "Move to 600 mm: failed.")[1].endswith("failed. The robot was stopped."), what="the stop as its end")
    page.wait(lambda: "It was stopped." in row_of(page, "Move to 3400 mm: failed.")[1], what="the reason in words")
    assert "Move to 3400 mm" in happened(page)[0][1], "the newest is first"
    assert page.run("return window.same"), "the page was not loaded anew"


def test_reset_and_enable_are_two_acts_that_say_why_not(daemon, page):
    daemon.post("safety/stop")
    log_in(page, "operator")
    go(page, "/safety", "#reset")
    page.wait(lambda: "Stopped" in page.text("#safety-state"), what="stopped")
    assert "needs the role Supervisor" in page.run("return document.querySelector('#reset').title")
    assert page.run("return document.querySelector('#reset').getAttribute('aria-disabled')") == "true"
    assert "Reset the stop first." in page.run("return document.querySelector('#enable').title")
    log_out(page)
    log_in(page, "supervisor")
    go(page, "/safety", "#reset:not([aria-disabled])")
    assert "program asked for the stop" in page.text("#causes")
    page.click("#reset")
    page.click("#confirm-no")
    assert daemon.get("safety").json["state"] == "stopped", "a question that was left is no yes"

    # The answer is about the stop that was seen, not about one that came behind the question.
    page.click("#reset")
    page.wait(lambda: has(page, "#confirm-yes"), what="the question")
    daemon.post("safety/stop", role="operator")
    page.click("#confirm-yes")
    page.wait(lambda: has(page, "#act-problem"), what="a refusal")
    assert "More has happened at the stop" in page.text("#act-problem")
    assert daemon.get("safety").json["state"] == "stopped"

    def is_reset():
        if has(page, "#reset:not([aria-disabled])") and not has(page, "#confirm"):
            page.click("#reset")
            page.click("#confirm-yes")
        return "Ready, outputs off" in page.text("#safety-state")
    page.wait(is_reset, what="reset")
    page.wait(lambda: "no outputs" in page.run("return document.querySelector('#enable').title"), what="why not")


# A journal of 120 entries, in parts of 50.
JOURNAL = """
const before = window.fetch;
window.newest = 120;
window.fetch = async (url, options) => {
    const { pathname, searchParams } = new URL(url, location);
    if (!pathname.endsWith("/safety/events") || searchParams.get("limit") !== "50") return before(url, options);
    if (window.fail) return new Response(JSON.stringify({ status: 500, code: "internal", detail: "The journal is away." }), { status: 500 });
    const from = Number(searchParams.get("cursor") ?? window.newest);
    const items = Array.from({ length: Math.min(50, from) }, (_, i) => ({ source: 1, seq: from - i, time: "2098-01-01T09:00:00Z", kind: "stop",
        text: `entry ${from - i}`, from: "ready", to: "stopped", edge_to_low_ns: null, actor: null, cause: null }));
    return new Response(JSON.stringify({ items, next_cursor: from > 50 ? String(from - 50) : null }), { status: 200 });
};
"""


def entries(page):
    """Of the journal: the number of rows, and the first of them."""
    return page.run("const rows = document.querySelectorAll('#journal tbody tr');"
                    "return [rows.length, rows[0]?.cells[2]?.textContent]")


@pytest.mark.slow
def test_older_entries_stay_when_a_new_one_comes_and_when_a_request_fails(page):
    page.run(JOURNAL)
    journal = {"state": "running", "missing": 0, "waiting": 0, "waiting_ms": None}
    page.run(PRETEND, {"answers": {}, "values": {"system": {"journal": {**journal, "newest_seq": 120}}}})
    log_in(page, "viewer")
    go(page, "/safety", "#journal .pager button")
    page.wait(lambda: entries(page) == [50, "Entry 120"], what="the newest")
    page.click("#journal .pager button")
    page.wait(lambda: entries(page) == [100, "Entry 120"], what="older ones, on the same page")
    page.run("window.newest = 121; window.pretended.values.system.journal.newest_seq = 121")
    page.wait(lambda: entries(page) == [100, "Entry 121"], what="a new one, before as many as were read")
    page.run("window.fail = true")
    page.click("#journal .pager button")
    page.wait(lambda: "The journal is away." in page.text("#journal .notice"), what="why there are no more")
    assert entries(page) == [100, "Entry 121"]
    page.run("window.fail = false")
    page.click("#journal .notice button")
    page.wait(lambda: entries(page) == [121, "Entry 121"] and not has(page, "#journal .notice"), what="all of them")


@pytest.mark.slow
@pytest.mark.parametrize("passed, tone, words", [(True, "ok", "has passed"), (False, "bad", "has found a fault")])
def test_a_self_test_says_what_it_found(page, passed, tone, words):
    log_in(page, "supervisor")
    pretend(page, safety={"state": "stopped"})
    answers(page, "POST safety/self-test", {"self_test": {"at": None, "age_s": 0, "passed": passed, "failed": []}})
    go(page, "/safety", "#self-test:not([aria-disabled])")
    page.click("#self-test")
    page.wait(lambda: has(page, f".toast.tone-{tone}") and words in page.text(".toasts"), what=words)


@pytest.mark.slow
@pytest.mark.parametrize("count, shown, bars", [
    (1, "up to 2.10 ms\n1 stop measured", []),
    (9, "up to 2.10 ms\nall 9 stops measured", ["50 %", "max"]),
    (100, "up to 262.1 µs\nhalf of 100 stops measured", ["50 %", "90 %", "99 %", "max"]),
])
def test_times_of_stops_are_told_as_bounds_and_no_finer_than_there_are_stops(page, count, shown, bars):
    log_in(page, "viewer")
    pretend(page)
    times = {"p50_ns": 262144, "p90_ns": 1048576, "p99_ns": 2097152, "p999_ns": 2097152, "max_ns": 2097152}
    none = {"count": 0, **dict.fromkeys(times)}
    answers(page, "GET safety/latency", {"estop_to_low": {"count": count, **times}, "told": none})
    go(page, "/safety", "#safety")
    page.wait(lambda: shown in page.text("#safety"), what="the time")
    assert page.run("return [...document.querySelectorAll('.bars dt')].map((n) => n.textContent)") == bars
    assert page.run("return [...document.querySelectorAll('.bars .num')].every((n) => n.textContent.startsWith('≤ '))")


def test_the_chain_says_whether_the_contacts_follow_the_outputs(page):
    def words():
        return page.run("return document.querySelector('svg.chain').getAttribute('aria-label')")

    log_in(page, "viewer")
    pretend(page, safety={"outputs": {"enable1": True, "enable2": True}, "feedback": {"enable1": "closed", "enable2": "open"}})
    go(page, "/safety", "svg.chain")
    page.wait(lambda: "Feedback 1 agrees" in words() and "Feedback 2 disagrees" in words(), what="while enabled")
    change(page, "safety", outputs={"enable1": False, "enable2": False})
    page.wait(lambda: "Feedback 1 disagrees" in words() and "Feedback 2 agrees" in words(), what="with a welded contact")


@pytest.mark.slow
def test_zones_and_stations_are_on_the_rail(daemon, page):
    """As the distances that the safety module tells say: 1 looks forward, 2 back. What was not answered once is asked for again."""
    page.run("""const answer = window.fetch; const left = new Set(["/api/v1/robot/limits", "/api/v1/robot/stations"]);
        window.fetch = (url, options) => left.delete(url) ? Promise.resolve(new Response("{}", { status: 503 })) : answer(url, options);""")
    log_in(page, "viewer")
    page.wait(lambda: has(page, "#overview-rail .rail-station"), what="stations")
    try:
        daemon.sim("set 3 distance_1 1500")
        page.wait(lambda: "Forward: 1.5 m free, slow" in page.text("#ways"), 60, "the slow zone")
        assert "slow below 2.0 m, stop below 1.0 m" in page.text("#ways")
        assert has(page, ".rail-zone.far.seen") and not has(page, ".rail-zone.near.seen") and has(page, ".rail-obstacle")
        daemon.sim("set 3 distance_1 900")
        page.wait(lambda: "Forward: obstacle at 0.9 m, stops" in page.text("#ways"), 60, "the stop zone")
        go(page, "/drive", "#ways li")
        assert "Forward: obstacle at 0.9 m, stops" in page.text("#ways") and has(page, ".rail-zone.near.seen")
    finally:
        daemon.sim("unset 3 distance_1")


def test_wrong_password_is_told_in_words(page):
    page.wait(lambda: has(page, "#login"), what="the form")
    page.type("#login-username", "operator")
    page.type("#login-password", "wrong password" + ENTER)
    page.wait(lambda: has(page, "#login-problem") and "Name or password is wrong" in page.text("#login-problem"), what="words")
    assert page.run("return document.querySelector('#login-password').value") == ""
    assert page.run("return document.querySelector('#login-username').value") == "operator"


def test_keyboard_is_enough(page):
    page.wait(lambda: has(page, "#login"), what="the form")
    page.run("document.querySelector('#login-username').focus()")
    page.keys("operator" + TAB + PASSWORD + ENTER)
    page.wait(lambda: has(page, "#content .head"), what="the pages")
    page.keys("/")
    page.wait(lambda: has(page, "#palette"), what="the search")
    page.keys("safe" + ENTER)
    page.wait(lambda: has(page, "#reset"), what="the page Safety")
    assert page.run("return location.hash") == "#/safety"


def test_a_module_with_its_registers(page):
    log_in(page, "viewer")
    go(page, "/modules", "#modules tbody th")
    assert page.run("return [...document.querySelectorAll('#modules tbody th')].map((n) => n.textContent)") == MODULES
    page.click("#modules tbody tr:first-child a")
    page.wait(lambda: has(page, "#registers tbody th"), what="registers")
    page.type("#registers-search", "battery volt")
    page.wait(lambda: page.run("return document.querySelectorAll('#registers tbody tr').length") == 1, what="one register")
    page.wait(lambda: " V" in page.text("#registers tbody tr"), what="its value with its unit")
    assert page.run("return location.hash") == "#/modules/2?search=battery+volt"
    page.open(page.run("return location.href"))
    page.wait(lambda: has(page, "#registers tbody th"), what="the view after a reload")
    assert page.run("return document.querySelectorAll('#registers tbody tr').length") == 1


def test_pages_of_a_role_and_a_link_to_a_page_of_another(page):
    log_in(page, "viewer")
    assert "Users" not in names_of(page)
    go(page, "/users", "#needs-role")
    text = page.text("#needs-role")
    assert "needs the role Administrator" in text and "viewer is Viewer" in text
    go(page, "/nothing", ".body .button")
    assert "no such page" in page.text(".head")


@pytest.mark.slow
def test_old_data_is_greyed_with_its_age_and_comes_back(daemon, page):
    log_in(page, "operator")
    page.wait(lambda: strip(page) == MODULES, what="four modules")
    assert not has(page, ".card.stale") and not has(page, "#offline")
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        page.wait(lambda: page.run("return document.querySelectorAll('.card.stale').length") >= 5, what="grey")
        assert "s old" in page.text(".card.stale header")
        page.wait(lambda: has(page, "#offline"), what="the banner")
        assert "No connection to the robot" in page.text("#offline")
        assert "outputs unknown" in page.text("#stop-line")
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    page.wait(lambda: not has(page, "#offline") and not has(page, ".card.stale"), what="colour")


def test_the_authority_can_be_compared_and_taken_along(daemon, page):
    log_in(page, "viewer")
    go(page, "/system", "#fingerprint")
    wanted = hashlib.sha256(ssl.PEM_cert_to_DER_cert((daemon.state / "ca.crt").read_text())).hexdigest()
    assert page.text("#fingerprint").replace(":", "").lower() == wanted
    path = page.run("return [...document.querySelectorAll('#qr path')].pop().getAttribute('d')")
    dark = daemon.get("system/certificate").json["authority"]["qr"].count("1")
    assert path.count("M") == dark > 300, "the QR code of the page is that of the robot"
    assert page.run("return fetch(document.querySelector('#ca').href).then((a) => a.text())") == \
        (daemon.state / "ca.crt").read_text()
    assert "needs the role Administrator" in page.run("return document.querySelector('#renew').title")
    assert not has(page, "#log"), "the log is for supervisors"


PART = {"from": "2026-11-02T00:00:00.000Z", "to": "2026-11-03T00:00:00.000Z", "up_s": 86_400, "down_s": 0, "unknown_s": 0, "uptime_percent": 100, "starts": 0,
        "cuts": 0, "cycles": 3_456_000, "missed": 34, "missed_percent": 0.001, "requests": 9_000, "refused": 0, "refused_percent": 0,
        "requests_p99_ms": 50, "telemetry_p99_ms": 100, "met": True}
BAD = {**PART, "from": "2026-11-03T00:00:00.000Z", "up_s": 85_000, "down_s": 1_400, "uptime_percent": 98.38, "starts": 2, "cuts": 1, "refused": 90,
       "refused_percent": 1, "requests_p99_ms": 1001, "met": False}
NONE = {**PART, "from": "2026-11-04T00:00:00.000Z", "up_s": 0, "unknown_s": 86_400, "missed_percent": None, "refused_percent": None, "uptime_percent": None,
        "requests_p99_ms": None, "telemetry_p99_ms": None}
TARGETS = {"uptime_percent": 99.9, "errors_percent": 0.1, "latency_ms": 100}


def test_the_service_level_is_held_against_its_targets(daemon, page):
    def warned():
        return page.run("return [...document.querySelectorAll('#service-parts tbody tr')].map((row) => [...row.querySelectorAll('.tone-warn')].map((n) => n.textContent))")
    level = {"from": PART["from"], "to": "2026-11-05T00:00:00.000Z", "by": "day", "targets": TARGETS, "items": [PART, BAD, NONE]}
    log_in(page, "viewer")
    little = {"disk": {"free_bytes": 3 << 30, "size_bytes": 64 << 30, "low": True}}
    page.run(PRETEND, {"answers": {}, "values": {"health": little, "system": little}})
    answers(page, "GET analytics/service-level?by=day", level)
    answers(page, "GET analytics/service-level?by=month", {"detail": "The database is away.", "code": "hung", "status": 503}, 503)
    go(page, "/system", "#service-parts tbody tr")
    assert "up for at least 99.9 %" in page.text("#service") and "2026-11-04" in page.text("#service-parts tbody tr"), "the newest first"
    assert warned() == [[], ["not met", "98.380 %", "1.000 %", "> 1000 ms"], []]
    assert "nothing known" in page.text("#service-parts tbody tr") and "2 (1 after a crash)" in page.text("#service-parts")
    page.click("#service [data-by=month]")
    page.wait(lambda: "The database is away." in page.text("#service"), what="a refusal, in place")
    assert page.run("return location.hash") == "#/system?service=month"
    page.wait(lambda: has(page, "#module-versions dt"), what="what the modules say of themselves")
    assert len(daemon.get("robot/factsheet").json["versions"]["modules"]) == page.run("return document.querySelectorAll('#module-versions dt').length")
    go(page, "/", "#state")
    go(page, "/system", "#health-links")
    page.wait(lambda: "3.0 GiB of 64.0 GiB free (5 %)" in page.text("#system .tone-warn"), what="that there is little room")


def test_a_service_that_is_due_is_shown_and_said_to_be_done(page):
    kind = {"interval": None, "left": None, "due": False, "done": None, "done_by": None, "note": None}
    due = {**kind, "wear": "distance", "unit": "m", "used": 1200.4, "interval": 1000, "left": -200.4, "due": True}
    others = [{**kind, "wear": "hours", "unit": "h", "used": 3.25}, {**kind, "wear": "starts", "unit": None, "used": 40}]
    told = {"distance_m": 1200.4, "moving_h": 3.25, "enabled_h": 5, "starts": 40, "stops": 2, "since": PART["from"]}
    done = {**due, "used": 0, "left": 1000, "due": False, "done": PART["from"], "done_by": "supervisor", "note": "wheels"}
    log_in(page, "supervisor")
    page.run(PRETEND, {"answers": {}, "values": {}})
    answers(page, "GET analytics/odometer", {**told, "services": [due, *others]})
    answers(page, "POST analytics/odometer/done", {**told, "services": [done, *others]}, then={"GET analytics/odometer": {**told, "services": [done, *others]}})
    go(page, "/system", "#odometer dd")
    assert "1200 m of 1000 m used" in page.text("#odometer") and page.text("#odometer .tone-warn") == "due" and "3.3 h since the last one" in page.text("#odometer")
    page.click("#odometer summary")
    fill(page, "#service-done-note", "wheels")
    page.click("#service-done-send")
    page.wait(lambda: "by supervisor: wheels" in page.text("#odometer") and not has(page, "#odometer .tone-warn"), what="the service that was done")
    sent = page.run("return window.asked.find((a) => a.path === 'analytics/odometer/done').body")
    assert sent == {"wear": "distance", "note": "wheels"}


@pytest.mark.slow
def test_what_is_written_to_the_card_is_told_as_a_rate(daemon, page):
    log_in(page, "viewer")
    said = daemon.get("health").json
    rooms = {room: {**said[room], "written_bytes": 2_000_000, "synchronisations": 90} for room in ("store", "history")}
    page.run(PRETEND, {"answers": {}, "values": {}})
    for up_s, told in ((59, "known a minute after the start"), (900, "192 MB a day, 6.0 synchronisations a minute")):
        page.run("window.pretended.values.health = window.pretended.values.system = arguments[0]", {"up_s": up_s, **rooms})
        go(page, "/", "#events")
        go(page, "/system", "#health")
        page.wait(lambda told=told: page.text("#system").count(told) == 2, what=told)


def test_what_is_not_well_is_named_with_what_to_do(daemon, page):
    log_in(page, "viewer")
    page.wait(lambda: strip(page) == MODULES and happened(page), what="modules and a list")
    go(page, "/system", "#health")
    # A module that answers badly is named after 10 s, as test_alert_campaign shows; one in quarantine at once.
    daemon.post("modules/5/quarantine", {}, role="supervisor")
    try:
        page.wait(lambda: "unit 5" in page.text("#health-reasons"), 60, "the reason")
        assert "Not all is well" in page.text("#health")
        go(page, "/modules", "#modules tbody th")
        page.wait(lambda: "in quarantine" in page.text("#modules"), 60, "its quality")
    finally:
        daemon.request("DELETE", "modules/5/quarantine", role="supervisor")
    page.wait(lambda: daemon.get("modules/5").json["health"] == "good", 60, "good again")
    # What has happened while other pages were open.
    go(page, "/", "#events tbody tr")
    def told():
        return [row[1:] for row in happened(page) if "Dock location (unit 5): " in str(row[1])]
    page.wait(lambda: len(told()) > 1 and told()[0] in ([f"Dock location (unit 5): good, before: {ill}.", "#/modules/5"] for ill in ("lost", "in quarantine")) and
              any("before: in quarantine" in row[0] for row in told()), what="that it was out, and is back")


# As translators do: each text goes into elements of theirs, and the page's own text node is no longer in the document.
TRANSLATE = """
const walker = document.createTreeWalker(document.querySelector(arguments[0]), NodeFilter.SHOW_TEXT, (node) =>
    node.data.trim() && !node.parentElement.closest("script, style, noscript, font") ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP);
const texts = [];
while (walker.nextNode()) texts.push(walker.currentNode);
for (const text of texts) {
    const outer = document.createElement("font"), inner = document.createElement("font");
    inner.textContent = `\u00ab${text.data}\u00bb`;
    outer.append(inner);
    text.replaceWith(outer);
}
"""


def whole(page, selector):
    """All text of the element, also what is drawn for those who hear the page."""
    return page.run("return document.querySelector(arguments[0]).textContent", selector)


@pytest.mark.slow
def test_a_sentence_of_the_help_leads_to_the_code_and_an_alert_to_its_entry(daemon, page):
    log_in(page, "viewer")
    go(page, "/help", "#help-search")
    page.click("#help a[href='#/help/the-stop-does-not-reset']")
    page.wait(lambda: "ohtctl safety status" in page.text("#help-entry"), what="the sentence")
    page.click("#help-entry a[href='#/help/reset_button']")
    page.wait(lambda: "Press the button for 0.1 to 3 s." in page.text("#help-entry"), what="the code")
    assert "The stop does not reset" in page.text("#help-found"), "the way back"
    go(page, "/help?search=reset%20stop", "#help-found")
    assert "The stop does not reset" in page.text("#help-found") and "stop_latched" in page.text("#help-found")
    go(page, "/help/no_such_code", "#help-entry")
    assert "There is no entry of this code" in page.text("#help-entry")
    daemon.post("safety/stop", role="operator")
    go(page, "/alerts", "#alerts")
    page.wait(lambda: page.run("return !!document.querySelector('#alerts a[href=\\'#/help/stop_latched\\']')"), what="a link beside the alert")


LOADED = "return performance.getEntriesByType('resource').some((each) => each.name.includes(`/assets/${arguments[0]}-`))"


def block(page, *patterns):
    """Files that do not come, as after an upgrade of the robot under an open page; without a pattern all come again."""
    page.cdp("Network.enable")
    page.cdp("Network.setBlockedURLs", urls=list(patterns))


def test_a_page_whose_file_does_not_come_says_so_and_the_stop_works(daemon, page):
    block(page, "*/assets/history-*", "*/assets/help-*")
    try:
        log_in(page, "operator")
        go(page, "/history", "#page-lost")
        assert "software has changed since this tab was opened" in page.text("#page-lost") and page.text("#content h1") == "History"
        stops(daemon, page)
        go(page, "/drive", "#drive")
        go(page, "/help/stop_latched", "#page-lost")
    finally:
        block(page)
    page.click("#page-load")
    page.wait(lambda: has(page, "#help-entry"), 60, "the page anew, where it was")
    go(page, "/history", "#history-charts")


def test_the_other_pages_are_there_when_the_network_goes(page):
    log_in(page, "viewer")
    page.wait(lambda: page.run(LOADED, "help") and page.run(LOADED, "plot"), 60, "all files, in idle time")
    assert not page.run(LOADED, "users"), "a file of a page that the role may not see"
    block(page, "*/assets/*")
    try:
        go(page, "/help/reset_button", "#help-entry")
        assert "Press the button for 0.1 to 3 s." in page.text("#help-entry")
    finally:
        block(page)


def test_texts_that_a_translator_replaces_stay_true_and_the_page_says_so(page):
    assert page.run("const { translate, classList } = document.documentElement;"
                    "return !translate && classList.contains('notranslate')")
    log_in(page, "operator")
    pretend(page, robot={"state": "idle"}, safety={"outputs": {"enable1": True, "enable2": True}, "simulated_outputs": False})
    page.wait(lambda: page.text("#robot-state") == "Enabled, stands" and "outputs on" in page.text("#stop-line"), what="enabled")
    # What stands still is noticed, too: nothing of this element is ever written again.
    page.run(TRANSLATE, ".stop-word")
    page.wait(lambda: has(page, "#altered"), what="the word of a text that stands still")
    page.click("#altered-load")
    page.wait(lambda: not has(page, "#altered") and has(page, "#state .badge"), 60, "the page anew")
    pretend(page, robot={"state": "idle"}, safety={"outputs": {"enable1": True, "enable2": True}, "simulated_outputs": False})
    page.wait(lambda: "7842 mm" in page.text("#overview") and "outputs on" in page.text("#stop-line"), what="enabled")
    page.run(TRANSLATE, "body")
    assert page.text("#robot-state") == "\u00abEnabled, stands\u00bb"
    page.wait(lambda: has(page, "#altered"), what="the word")
    assert "STOP" not in page.text("#altered-load") and "load the page again" in page.text("#altered")
    change(page, "robot", state="move", position_mm=5001, speed_mm_s=250)
    change(page, "safety", state="stopped", outputs={"enable1": False, "enable2": False})
    for selector, text in (("#robot-state", "Moving"), ("#state", "Moving"), ("#stop-line", "outputs low"), (".rail-label.at-robot", "5001"),
                           ("#overview", "5001"), (".chain", "low"), (".chain", "latched")):
        page.wait(lambda at=selector, wanted=text: wanted in whole(page, at), what=f"{text} at {selector}")
    for path, selector, text in (("/drive", "#drive .drive-figures", "5001"), ("/safety", "#content h1", "Safety"), ("/", "#content h1", "Overview")):
        go(page, path, selector)
        page.wait(lambda at=selector, wanted=text: wanted in whole(page, at), what=f"{text} on {path}")
        page.run(TRANSLATE, "body")
    assert has(page, "#altered")
