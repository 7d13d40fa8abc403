# SPDX-License-Identifier: GPL-2.0-or-later
"""The page Analytics: the figures of the robot and what they come to; a month, a refusal, and how it looks."""
import datetime

import pytest

from person import go, has, log_in
from pretend import answers, pretend
from test_look import look

NASTY = "<img src=x onerror=window.hit=1>"
DAY = datetime.timedelta(days=1)


def days_of(daemon, count):
    """Midnights of the robot's time, UTC: so many, the last one that of today."""
    now = datetime.datetime.fromisoformat(daemon.get("health").json["clock"]["time"].replace("Z", "+00:00"))
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return [today - (count - 1 - i) * DAY for i in range(count)]


def text(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def path_of(days):
    return f"analytics/summary?by=day&from={text(days[0])}"


def shown(page, span):
    """The page with this span, answered."""
    go(page, f"/analytics?span={span}", "#analytics")
    page.wait(lambda: not has(page, "#analytics [aria-busy=true], #analytics .skeleton"), 60, "an answer")


def cells(page, table):
    return page.run("return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)].map((row) => [...row.children].map((n) => n.textContent))", table)


def day_of(at, i):
    """Every tenth day the robot is off."""
    off = i % 10 == 4
    failures = int(i % 7 == 2)
    return {
        "from": text(at), "to": text(at + DAY), "shift": None,
        "motion": {"distance_m": 0 if off else 4000.5 + 100 * (i % 6), "moving_s": 0 if off else 20_000, "unknown_s": 86_400 if off else 0},
        "moves": {"finished": 0 if off else 200, "failed": 0 if off else 3, "docks": 4, "docks_finished": 3, "unknown_s": 0,
                  "reasons": [] if off else [{"reason": "obstacle", "count": 2}, {"reason": NASTY, "count": 1}]},
        "energy": {"used_wh": 0 if off else 2000.25, "charged_wh": 0 if off else 2100, "cost": 0 if off else 0.5, "unknown_s": 86_400 if off else 5 if i == 29 else 0,
                   "incomplete": i == 29},
        "availability": {"enabled_s": 0 if off else 57_600, "enabled_unknown_s": 86_400 if off else 0, "available_s": 0 if off else 64_800,
                         "available_percent": None if off else 75, "unknown_s": 86_400 if off else 0},
        "modules": [{"name": name, "up_s": 0 if off else 86_400 - 60 * failures, "down_s": 60 * failures, "failures": failures, "mtbf_s": None,
                     "mttr_s": None, "unknown_s": 0} for name in ("power", "travel_motor")],
        "bus": {"exchanges": 1000, "errors": 1, "per_million": 1000, "unknown_s": 0}, "control": {"late_mean_us": 20, "late_max_us": 90, "unknown_s": 0},
        "stops": [{"cause": "button_a", "count": 1}] if i % 3 == 0 else [], "stops_missing": 0,
    }


def month(page, daemon):
    """The page of 30 days of a robot that is busy."""
    days = days_of(daemon, 30)
    log_in(page, "viewer")
    pretend(page)
    answers(page, f"GET {path_of(days)}", {"from": text(days[0]), "to": text(days[-1] + DAY), "by": "day", "tariff_per_kwh": 0.25, "currency": "EUR",
                                           "items": [day_of(at, i) for i, at in enumerate(days)]})
    shown(page, "30")
    return days


def test_hours_and_days_are_those_of_the_robot(daemon, page):
    log_in(page, "viewer")
    shown(page, "today")
    hours = cells(page, "intervals")
    now = daemon.get("health").json["clock"]["time"]
    # An hour may end meanwhile.
    assert 0 <= int(now[11:13]) + 1 - len(hours) <= 1 and hours[-1][0] == "00:00"
    assert page.text("#analytics-span").startswith(now[:10] + " 00:00 to ") and "by hour, in UTC" in page.text("#analytics-span")
    page.click("[data-span='7']")
    page.wait(lambda: [row[0] for row in cells(page, "intervals")] == [text(at)[:10] for at in reversed(days_of(daemon, 7))], what="seven days")
    told = daemon.get(path_of(days_of(daemon, 7))).json["items"]
    assert [row[1] for row in cells(page, "intervals")] == [
        "–" if item["motion"]["unknown_s"] > 86_399 else f"{item['motion']['distance_m']:.1f}" for item in reversed(told)]
    assert "Nothing is known of 6 d of it" in page.text("#analytics-span") or "Nothing is known of 7 d of it" in page.text("#analytics-span")
    assert page.run("return location.hash").endswith("span=7")
    assert "This connection has no journal of stops." not in page.text("#analytics-stops")


def test_shifts_of_any_span_are_told(daemon, page):
    first, last = days_of(daemon, 3)[0::2]
    log_in(page, "viewer")
    shown(page, "7")
    page.click("[data-by='shift']")
    page.wait(lambda: cells(page, "intervals") and cells(page, "intervals")[0][0][11:] in ("06:00", "14:00", "22:00"), what="shifts")
    page.click("#analytics-free")
    for name, at in (("from", first), ("to", last)):
        page.run("const field = document.querySelector(arguments[0]); field.value = arguments[1]; field.dispatchEvent(new Event('input', { bubbles: true }))",
                 f"#analytics-{name}", text(at)[:16])
    page.click("#analytics-show")
    page.wait(lambda: page.text("#analytics-span").startswith(f"{text(first)[:10]} 00:00 to {text(last)[:10]} 00:00, by shift"), what="two days by shift")
    hours = [0, 6, 14, 22, 30, 38, 46]
    assert [row[0] for row in cells(page, "intervals")] == [text(first + hour * DAY / 24)[:16].replace("T", " ") for hour in reversed(hours)]
    # A link restores it.
    assert all(part in page.run("return location.hash") for part in ("by=shift", "from=", "to=")) and "span=" not in page.run("return location.hash")
    page.click("[data-span='7']")
    page.wait(lambda: cells(page, "intervals")[-1:] and cells(page, "intervals")[-1][0] == text(days_of(daemon, 7)[0])[:16].replace("T", " "), what="seven days")


def test_a_month_comes_to_what_its_days_say(daemon, page):
    days = month(page, daemon)
    figures = page.run("return [...document.querySelectorAll('.analytics-figures .figure')].map((n) => n.textContent.trim())")
    # 27 days were on; of those, the availability is one of the known time.
    assert figures == [f"{sum(4000.5 + 100 * (i % 6) for i in range(30) if i % 10 != 4) / 1000:.1f} km", "5400", "54.0+ kWh", "75.0 %"], figures
    assert "13.50 EUR" in page.text(".analytics-figures")
    assert page.run("return document.querySelectorAll('.bars')[0].querySelectorAll('.bar-unknown').length") == 3
    rows = cells(page, "intervals")
    assert [row[5] for row in rows[:2]] == ["2000.3+", "2000.3"] and "+: at least so much" in page.text("#analytics-span")
    assert rows[0][0] == text(days[-1])[:10] and [rows[25][i] for i in (1, 5, 6, 8)] == ["–"] * 4
    assert page.text("#analytics-ended") == f"Moves by how they ended\nat their target\n5400\nobstacle\n54\n{NASTY}\n27"
    assert "button a" in page.text("#analytics-stops") and page.text("#analytics-stops").endswith("10")
    assert [row[2] for row in cells(page, "module-figures")] == ["4", "4"]
    assert page.run("return window.hit") is None and not has(page, "#analytics img")


def test_a_refusal_says_why_and_can_be_tried_again(daemon, page):
    log_in(page, "viewer")
    pretend(page)
    path = f"GET {path_of(days_of(daemon, 7))}"
    answers(page, path, {"type": "about:blank", "title": "Busy", "status": 503, "code": "busy", "detail": "2 analyses are under way, and at most 2 may be"}, 503)
    go(page, "/analytics", "#analytics")
    page.wait(lambda: "2 analyses are under way" in page.text("#analytics .notice"), what="the refusal")
    assert not has(page, "#analytics .skeleton")
    page.run("delete window.pretended.answers[arguments[0]]", path)
    page.click("#analytics .notice button")
    page.wait(lambda: has(page, "#intervals tbody th") and not has(page, "#analytics .notice"), what="the figures")


def test_what_is_not_wanted_any_more_is_given_up(page):
    """The robot works for seconds on a month: it ends when the connection of the request does."""
    log_in(page, "viewer")
    page.run("""const answer = window.fetch;
        window.fetch = (url, options) => {
            if (!String(url).includes("by=hour")) return answer(url, options);
            window.given = options.signal;
            return new Promise((_, fail) => options.signal.addEventListener("abort", () => fail(new DOMException("", "AbortError"))));
        };""")
    go(page, "/analytics?span=today", "#analytics")
    page.wait(lambda: page.run("return !!window.given"), what="the request")
    assert page.run("return !window.given.aborted")
    page.click("[data-span='7']")
    page.wait(lambda: len(cells(page, "intervals")) == 7 and not has(page, "#analytics [aria-busy=true]"), what="seven days")
    assert page.run("return window.given.aborted") and not has(page, "#analytics .notice")


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_a_month_looks_well(daemon, page, size):
    page.narrow(*size)
    month(page, daemon)
    page.run("document.querySelector('#content').scrollTo(0, 0)")
    look(page, f"analytics-month-{size[0]}-light")
    page.scheme("dark")
    page.run("document.querySelector('#analytics-modules').scrollIntoView()")
    look(page, f"analytics-below-{size[0]}-dark")
