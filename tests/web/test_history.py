# SPDX-License-Identifier: GPL-2.0-or-later
"""The page History: no peak is lost, gaps say why, refusals are words, and a link leads from an alert to what was around it."""
import datetime
import urllib.parse

import pytest

from person import at_rest, go, has, log_in
from pretend import answers, pretend
from oht_test.wait import until

NASTY = "<img src=x onerror=window.hit=1>"
MINUTE, MONTH = 60, 30 * 86400
LEFT, RIGHT, PAGE_UP = "\ue012", "\ue014", "\ue00e"

# How many columns of pixels have something of the line or its band, and how high the highest of them is (0: at the top).
PIXELS = """
const chart = document.querySelector(`.past-chart[data-signal="${arguments[0]}"]`);
const canvas = chart?.querySelector("canvas");
if (!canvas) return [0, 1];
const style = getComputedStyle(chart.querySelector(".plot"));
const probe = document.createElement("canvas").getContext("2d");
const wanted = [style.stroke, style.stopColor].map((colour) => {
    probe.fillStyle = colour;
    probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data];
});
const { width, height } = canvas;
const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
const isDrawn = (at) => data[at + 3] > 60 && wanted.some((want) => [0, 1, 2].every((i) => Math.abs(data[at + i] - want[i]) < 30));
let columns = 0, top = height;
for (let x = 0; x < width; x++) {
    let there = false;
    for (let y = 0; y < height; y++) if (isDrawn(4 * (y * width + x))) { there = true; top = Math.min(top, y); }
    columns += there;
}
return [columns, top / height];
"""


def address(page):
    """What the address asks for."""
    query = page.run("return location.hash").partition("?")[2]
    return {name: value[0] for name, value in urllib.parse.parse_qs(query).items()}


def length_s(page):
    """Between begin and end in the address; None: it follows the present."""
    asked = address(page)
    if "from" not in asked:
        return None
    return page.run("return (Date.parse(arguments[1]) - Date.parse(arguments[0])) / 1000", asked["from"], asked["to"])


def show(page, **query):
    """The page at this address, with an answer."""
    go(page, "/history?" + urllib.parse.urlencode(query), "#history")
    page.wait(lambda: not has(page, "#history [aria-busy=true], #history .skeleton"), 60, "an answer")


def greatest(page, name):
    return page.text(f'.past-chart[data-signal="{name}"] .chart-max')


def peak(daemon):
    """A battery voltage that is there for a moment, and has been kept. Another test may have had the same before."""
    kept = f"telemetry/history?signals=battery_v&step_ms=1000&from={daemon.get('health').json['clock']['time']}"
    daemon.sim("set 2 battery_voltage 301")
    try:
        until(lambda: 30.1 in daemon.get(kept).json["series"][0]["max"], what="the peak")
    finally:
        daemon.sim("unset 2 battery_voltage")


def test_a_peak_is_seen_in_a_minute_and_in_a_month(daemon, page):
    peak(daemon)
    log_in(page, "viewer")
    show(page, signals="battery_v", last=MINUTE)
    page.wait(lambda: greatest(page, "battery_v") == "30.1", what="the peak in words")
    page.wait(lambda: page.run(PIXELS, "battery_v")[0] > 3 and page.run(PIXELS, "battery_v")[1] < 0.3, what="the peak, drawn")
    page.run("""const make = URL.createObjectURL;
        URL.createObjectURL = (file) => { file.text().then((text) => { window.saved = text; }); return make(file); };""")
    page.click("#history-save")
    page.wait(lambda: "battery_v,30.1," in (page.run("return window.saved") or ""), what="the peak in a file")
    page.click(f"[data-last='{MONTH}']")
    page.wait(lambda: address(page).get("last") == str(MONTH), what="a month")
    page.wait(lambda: "nothing was recorded yet" in page.text("#history-gaps"), what="why there is not more")
    # All that this robot remembers is a column or two of the month, and has its peak.
    page.wait(lambda: greatest(page, "battery_v") == "30.1" and 0 < page.run(PIXELS, "battery_v")[0] < 8, what="the peak in a month")
    assert page.run(PIXELS, "battery_v")[1] < 0.3


@pytest.mark.parametrize("query, said", [
    ({"signals": "state,batery_v"}, "'batery_v' is no signal; near: battery_v"),
    ({"signals": "state", "from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "the begin must be before the end"),
    ({"signals": "state", "from": "yesterday", "to": "2026-01-01T00:00:00Z"}, "'yesterday' is no time"),
    ({"signals": "state", "from": "2190-01-01T00:00:00Z", "to": "2190-01-02T00:00:00Z"}, "the begin is in the future"),
])
def test_a_refusal_is_shown_in_the_words_of_the_robot(page, query, said):
    log_in(page, "viewer")
    show(page, **query)
    page.wait(lambda: said in page.text("#history .notice"), what="the refusal")
    assert not has(page, "#history .skeleton")
    show(page, signals="state")
    page.wait(lambda: has(page, ".past-chart[data-signal=state] .run") and not has(page, "#history .notice"), what="states")


def test_a_signal_that_the_configuration_leaves_out_is_named(page):
    log_in(page, "viewer")
    show(page, signals="battery_v,state")
    assert not has(page, "#history-left-out")
    page.run("""const ask = window.fetch;
        window.fetch = async (url, options) => {
            const got = await ask(url, options);
            if (!String(url).includes("telemetry/history") || !got.ok) return got;
            const said = await got.json();
            for (const series of said.series) series.kept = series.signal !== "battery_v";
            return new Response(JSON.stringify(said), { status: 200, headers: { "content-type": "application/json" } });
        };""")
    show(page, signals="state,battery_v", last=MINUTE)
    page.wait(lambda: has(page, "#history-left-out"), what="a word about it")
    assert page.text("#history-left-out").count("attery") == 1 and "tate" not in page.text("#history-left-out")


def test_a_time_of_which_nothing_is_kept_says_so_and_leads_back(page):
    log_in(page, "viewer")
    show(page, **{"signals": "battery_v", "from": "2021-01-01T00:00:00Z", "to": "2021-01-01T01:00:00Z"})
    page.wait(lambda: "Nothing is kept of this time." in page.text("#history-nothing"), what="that nothing is kept")
    page.click("#history-nothing button")
    page.wait(lambda: not has(page, "#history-nothing") and page.run(PIXELS, "battery_v")[0] > 0, what="the last hour")
    page.click("#history-free")
    page.run("""const field = document.querySelector('#history-from');
        field.value = '';
        field.dispatchEvent(new Event('input', { bubbles: true }))""")
    page.click("#history-show")
    page.wait(lambda: "Give a begin and an end." in page.text(".free-span"), what="what is missing")


def test_a_time_is_summed_up(daemon, page):
    log_in(page, "viewer")
    peak(daemon)
    show(page, signals="battery_v,enabled", last=600)

    def cells(table):
        return page.run("return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)].map((row) => [...row.cells].map((cell) => cell.innerText))", table)

    def sum_up():
        page.click("#sum-up")
        return cells("figures")

    # What is seen ends some moments ago, and goes on.
    battery, = page.wait(lambda: (rows := sum_up()) and rows[0][3] == "30.1" and rows, what="the peak in the figures")
    assert battery[0] == "Battery voltage (V)"
    assert ["Enabled", "no"] in [row[:2] for row in cells("states")]


def test_a_time_without_a_good_value_is_hatched_and_says_why(page):
    log_in(page, "viewer")
    # Values are kept of it, and none is good: there is no target.
    show(page, signals="battery_v,target_mm", last=MINUTE)
    page.wait(lambda: has(page, ".past-chart[data-signal=target_mm] .past-gap.hole") and "Target: " in page.text("#history-holes"), what="hatching")
    page.run("document.querySelector('#time-axis').focus()")
    page.keys("\ue010" + LEFT * 3)
    page.wait(lambda: page.text(".past-chart[data-signal=target_mm] .past-at").startswith("no good value: "), what="why")


def test_an_alert_leads_to_what_was_around_it(daemon, page):
    at_rest(daemon)
    daemon.post("safety/stop")
    until(lambda: "active" in [alert["state"] for alert in daemon.get("alerts/history").json["items"][:1]], what="the first stop among the alerts")
    at_rest(daemon)
    again = daemon.get("health").json["clock"]["time"]
    daemon.post("safety/stop")
    log_in(page, "viewer")
    go(page, "/alerts", "#alerts .around")
    page.click("#alerts .around")
    page.wait(lambda: has(page, "#history"), what="the page")
    assert length_s(page) == 40 and "speed_mm_s" in address(page)["signals"]
    link = page.run("return location.href")
    # Its end is still to come: it is drawn as it comes.
    page.wait(lambda: has(page, ".past-chart[data-signal=state] .run.bad"), 60, "the stop among the states")
    page.wait(lambda: "The robot is stopped." in page.text("#marks") and has(page, ".time-axis .mark.tone-bad"), 60, "the stop on the axis")
    # It goes on in the row of the first stop, and is where it came again.
    show(page, **{"signals": "state", "from": again})
    page.wait(lambda: has(page, ".time-axis .mark.tone-bad"), what="the second stop on the axis")
    # Somebody else opens the same.
    page.open("about:blank")
    page.open(link)
    page.wait(lambda: has(page, ".past-chart[data-signal=state] .run.bad") and page.run("return location.href") == link, 60, "the same view")
    at_rest(daemon)


def test_keys_wheel_and_drag_move_the_view_and_now_comes_back(page):
    log_in(page, "viewer")
    show(page, signals="state,battery_v", last=600)
    page.run("document.querySelector('#time-axis').focus()")
    page.keys(RIGHT + LEFT)
    page.wait(lambda: page.text("#history-pointed") and len(page.run("return [...document.querySelectorAll('.past-at')]")) == 2, what="values there")
    spoken = page.run("return document.querySelector('#time-axis').getAttribute('aria-valuetext')")
    assert spoken == page.text("#history-pointed")
    page.keys(PAGE_UP + PAGE_UP)
    page.wait(lambda: length_s(page) == 600, what="a view before the present")
    assert not page.text("#history-pointed") and not has(page, ".past-cursor")
    page.keys("+")
    page.wait(lambda: length_s(page) == 400, what="a closer view")
    before = address(page)["from"]
    page.hold(".past-chart[data-signal=battery_v] .plot")
    page.move(100)
    page.let_go()
    page.wait(lambda: address(page)["from"] < before and length_s(page) == 400, what="an earlier view")
    page.run("""const box = document.querySelector('.past-chart[data-signal=battery_v] .plot').getBoundingClientRect();
        document.querySelector('.past-chart[data-signal=battery_v] .plot').dispatchEvent(new WheelEvent('wheel',
            { bubbles: true, cancelable: true, deltaY: -100, clientX: box.x + box.width / 2, clientY: box.y + 20 }))""")
    page.wait(lambda: length_s(page) < 350, what="a closer view by the wheel")
    page.click("#history-now")
    page.wait(lambda: length_s(page) is None, what="the present")
    shown = page.text("#history-span")
    page.wait(lambda: page.text("#history-span") != shown, what="a view that goes on by itself")
    # A link that is followed before the address has the last move.
    page.run("""document.querySelector('#history-earlier').click();
        location.hash = '#/history?signals=state&last=60'""")
    page.wait(lambda: page.run("return document.querySelector('[data-last=\"60\"]').ariaPressed") == "true", what="the view of the link")


def test_one_touch_asks_the_robot_once(page):
    log_in(page, "viewer")
    show(page, signals="battery_v", last=600)
    page.run("""window.reads = 0;
        const ask = window.fetch;
        window.fetch = (url, options) => { window.reads += String(url).includes("history?signals=battery_v&"); return ask(url, options); };""")
    page.click("[data-last='3600']")
    page.wait(lambda: page.run("return window.reads") and not has(page, "#history .past-charts[aria-busy=true]"), what="the hour")
    assert page.run("return window.reads") == 1


def test_two_fingers_hold_their_times(page):
    log_in(page, "viewer")
    show(page, **{"signals": "battery_v", "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:10:00Z"})
    plot = page.run("const { x, width } = document.querySelector('.time-axis').getBoundingClientRect(); return [x, width]")
    chart = page.run("const { x, width } = document.querySelector('.past-charts').getBoundingClientRect(); return x + width / 2")
    page.pinch(".past-charts", 60, 120)
    page.wait(lambda: length_s(page) == pytest.approx(300, rel=0.02), what="half of the span")
    # What was in the middle between the fingers is where it was.
    share = (chart - plot[0]) / plot[1]
    begin = page.run("return Date.parse(arguments[0]) - Date.parse('2026-01-01T00:00:00Z')", address(page)["from"]) / 1000
    assert begin + share * 300 == pytest.approx(share * 600, abs=10)
    page.pinch(".past-charts", 120, 60)
    page.wait(lambda: length_s(page) == pytest.approx(600, rel=0.02), what="the whole of it again")


def test_a_span_is_compared_with_the_same_one_before(page):
    log_in(page, "viewer")
    show(page, signals="state,battery_v", last=MINUTE, before=1)
    page.wait(lambda: "Dashed: 1.0 s before." in page.text("#history-span"), what="what is dashed")
    page.run("document.querySelector('#time-axis').focus()")
    page.keys(RIGHT)
    page.wait(lambda: page.text("#history-charts .past-before").startswith("1.0 s before: "), what="the value before")
    page.click("[data-before='86400']")
    page.wait(lambda: address(page)["before"] == "86400" and "Nothing is kept of 24 h before." in page.text("#history-span"), what="a day before")
    page.click("[data-before='86400']")
    page.wait(lambda: "before" not in address(page) and not has(page, ".past-before"), what="no comparison")


def test_the_window_is_dragged_over_all_that_is_kept(page):
    log_in(page, "viewer")
    show(page, signals="state", last=2)
    page.wait(lambda: has(page, "#history-strip .run") and has(page, ".strip-window"), what="all that is kept")
    page.run("document.querySelector('#history-window').focus()")
    page.keys("\ue011")
    page.wait(lambda: length_s(page) == 2, what="its beginning")
    first = address(page)["from"]
    page.keys(LEFT)
    page.keys("\ue010")
    page.wait(lambda: length_s(page) is None, what="its end")
    page.hold("#history-strip .strip-window")
    page.move(-60)
    page.let_go()
    page.wait(lambda: length_s(page) == 2 and address(page)["from"] > first, what="a view before the present")
    before = address(page)["from"]
    # Where the window is not, it comes to.
    page.run("document.querySelector('#history-window').scrollIntoView({ block: 'center' })")
    page.touch("#history-window")
    page.wait(lambda: length_s(page) == 2 and address(page)["from"] != before, what="the touched time")


def test_changes_of_the_state_are_in_the_list_if_somebody_wants_them(daemon, page):
    at_rest(daemon)
    before = daemon.get("health").json["clock"]["time"]
    daemon.post("safety/stop")
    until(lambda: daemon.get(f"timeline?kinds=transition&from={before}").json["items"], what="the stop among the transitions")
    log_in(page, "viewer")
    show(page, **{"signals": "state", "from": before})
    page.wait(lambda: "The robot is stopped." in page.text("#marks"), 60, "the stop in the list")
    assert "to Stopped." not in page.text("#marks")
    page.click("#marks-transitions")
    page.wait(lambda: "to Stopped." in page.text("#marks"), what="the change of the state")
    page.click("#marks-transitions")
    page.wait(lambda: "to Stopped." not in page.text("#marks"), what="the list without it")
    at_rest(daemon)


def test_a_command_is_on_the_axis_and_a_touch_tells_it(daemon, page):
    log_in(page, "viewer")
    pretend(page)
    now = datetime.datetime.fromisoformat(daemon.get("health").json["clock"]["time"].replace("Z", "+00:00"))
    # A view that stands: one that follows the present takes the mark away from below the finger.
    begin, then = ((now - datetime.timedelta(seconds=s)).isoformat().replace("+00:00", "Z") for s in (4, 2))
    end = now.isoformat().replace("+00:00", "Z")
    life = {"id": None, "verb": "move", "reason": None, "position_mm": 1200, "speed_mm_s": 0, "by": "operator", "accepted": then,
            "began": then, "ended": end}
    answers(page, "GET robot/commands?limit=200", {"next_cursor": None, "items": [
        {**life, "number": 2, "state": "failed", "reason": "stop_cause", "accepted": None, "began": None},
        {**life, "number": 1, "state": "finished"}]})
    show(page, **{"signals": "state", "from": begin, "to": end})
    page.wait(lambda: "Move to 1200 mm: finished. (operator)" in page.text("#marks"), what="the command in the list")
    assert "The robot was stopped." not in page.text("#marks"), "one without a time has no place"
    page.wait(lambda: has(page, ".strip-mark.tone-none"), what="the command among all that is kept")
    page.touch(".time-axis .mark.tone-none")
    page.wait(lambda: "Move to 1200 mm: finished." in page.text("#history-pointed"), what="what it was")


def test_signals_are_chosen_by_a_search(page):
    log_in(page, "viewer")
    # A name that is no signal has no box: it goes with the first choice.
    show(page, signals="state,batery_v")
    page.click("#history-choose")
    page.type("#signals-search", "battery volt")
    page.wait(lambda: not has(page, "#signal-picker [name=state]"), what="fewer signals")
    page.click("#signal-picker [name=battery_v]")
    page.click("#signals-show")
    page.wait(lambda: address(page)["signals"] == "state,battery_v" and has(page, ".past-chart[data-signal=battery_v]"), what="the choice")
    assert has(page, ".past-chart[data-signal=state]")


def test_whatever_the_address_has(page):
    log_in(page, "viewer")
    show(page, signals="state")
    page.run("document.querySelector('#time-axis').focus()")
    for query in ({"signals": NASTY}, {"signals": "__proto__,constructor"}, {"signals": "state", "last": "-1"},
                  {"signals": "state", "last": NASTY}, {"signals": "state", "last": "9" * 30},
                  {"signals": "battery_v", "before": "9" * 30}, {"signals": "battery_v", "before": NASTY}, {"signals": ",,,"},
                  {"signals": "state", "from": NASTY},
                  {"signals": "state", "from": "0001-01-01T00:00:00Z"}, {"signals": "state", "to": "-271821-04-20T00:00:00Z"},
                  {"signals": "state", "from": "-271821-04-20T00:00:00Z", "to": "+275760-09-13T00:00:00Z"}, {"signals": "x" * 3000}):
        show(page, **query)
        assert page.run("return window.hit") is None and not has(page, "img")
        assert page.run("return document.activeElement.id") == "time-axis", query
