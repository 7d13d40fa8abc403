# SPDX-License-Identifier: GPL-2.0-or-later
"""The charts of signals on Overview: they draw what is told, leave out what is not known, and survive what they are given.

They begin with what was before, so each test that waits for a greatest voltage has a greater one than those before it."""
import json
import re
import signal

import pytest

from person import THEMES, has, log_in
from test_look import axe, look
from test_transport import NO_SOCKET, NO_STREAM

# An account has 32 sessions: this one's are few in the other tests, and none of theirs may end by ours.
ROLE = "supervisor"
USUAL = ["position_mm", "speed_mm_s", "battery_v", "bus_load_worst_percent"]
ALWAYS = ["bus_load_worst_percent", "bus_load_percent", *(f"distance_{n}_mm" for n in (1, 2, 3, 4))]
NASTY = "<img src=x onerror=window.hit=1>"

# For each column of a picture's pixels: is the line there? From the first pixel beside the axis on.
COLUMNS = """
const chart = document.querySelector(`.chart[data-signal="${arguments[0]}"]`);
const canvas = chart?.querySelector("canvas");
if (!canvas) return [];
const probe = document.createElement("canvas").getContext("2d");
probe.fillStyle = getComputedStyle(chart.querySelector(".plot")).stroke;
probe.fillRect(0, 0, 1, 1);
const want = probe.getImageData(0, 0, 1, 1).data;
const { width, height } = canvas;
const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
const found = [];
for (let x = 0; x < width; x++) {
    let there = false;
    for (let y = 0; y < height && !there; y++) {
        const at = 4 * (y * width + x);
        there = data[at + 3] > 60 && [0, 1, 2].every((i) => Math.abs(data[at + i] - want[i]) < 40);
    }
    found.push(there);
}
return found;
"""
# All that is on the pictures.
PIXELS = "return [...document.querySelectorAll('.chart canvas')].map((c) => c.toDataURL()).join()"
# What is subscribed to, from now on.
LISTEN = """
window.subscribed = [];
const say = WebSocket.prototype.send;
WebSocket.prototype.send = function (text) {
    const message = JSON.parse(text);
    window.socket = this;
    if (message.channel === "telemetry") window.subscribed.push(message);
    return say.call(this, text);
};
"""


def names(page):
    """Signals of the charts, in their order."""
    return page.run("return [...document.querySelectorAll('.chart')].map((n) => n.dataset.signal)")


def columns(page, name):
    """Where the line of a signal is, a truth for each column of pixels."""
    return page.run(COLUMNS, name)


def drawn(page, name, least=3):
    """Is there a line, this many columns wide?"""
    return sum(columns(page, name)) >= least


def has_gap(page, name, least=3):
    """Has the line a hole of so many columns, with line on both sides?"""
    text = "".join("x" if there else " " for there in columns(page, name)).strip()
    return " " * least in text


def now(page, name):
    """What a person reads beside the name of a signal."""
    return page.text(f'.chart[data-signal="{name}"] .chart-now')


def extremes(page, name):
    """Lowest and greatest, as they are written."""
    return [page.text(f'.chart[data-signal="{name}"] .chart-{end}') for end in ("min", "max")]


def remember(page, kept):
    """The browser has kept this, and the page is opened anew."""
    page.run("localStorage.setItem('oht.signals', arguments[0])", kept if isinstance(kept, str) else json.dumps(kept))
    page.open(page.address)


def kept(page):
    """What the browser keeps of the choice."""
    return json.loads(page.run("return localStorage.getItem('oht.signals')"))


def shown(page):
    """Log in, and see the usual charts with a line each."""
    log_in(page, ROLE)
    page.wait(lambda: names(page) == USUAL, 60, "the charts")
    page.wait(lambda: drawn(page, "bus_load_worst_percent"), 60, "a line")


def test_the_drawing_is_loaded_when_it_is_needed(page):
    page.wait(lambda: has(page, "#login"), what="the form")
    loaded = "return performance.getEntriesByType('resource').filter((e) => e.name.includes('/assets/plot')).length"
    assert page.run(loaded) == 0
    shown(page)
    assert page.run(loaded) == 1


def test_a_value_that_changes_moves_the_line(daemon, page):
    shown(page)
    page.wait(lambda: "V" in now(page, "battery_v") and "old" not in now(page, "battery_v"), 60, "a voltage")
    before = extremes(page, "battery_v")
    daemon.sim("set 2 battery_voltage 301")
    try:
        page.wait(lambda: now(page, "battery_v").startswith("30.1"), 60, "the new voltage")
        page.wait(lambda: extremes(page, "battery_v")[1] == "30.1", what="the greatest")
        assert extremes(page, "battery_v")[0] == before[0]
        page.wait(lambda: drawn(page, "battery_v"), what="its line")
        first = page.run(PIXELS)
        page.wait(lambda: page.run(PIXELS) != first, what="a picture that moves")
    finally:
        daemon.sim("unset 2 battery_voltage")
    page.wait(lambda: not now(page, "battery_v").startswith("30.1"), 60, "the true voltage")
    assert extremes(page, "battery_v")[1] == "30.1", "it was so in the time that is shown"
    # Somebody opens the page afterwards: it begins with what was.
    page.open(page.address)
    page.wait(lambda: has(page, ".chart") and extremes(page, "battery_v")[1] == "30.1" and drawn(page, "battery_v", 10), 60, "what was before")
    assert not now(page, "battery_v").startswith("30.1")
    label = page.run("return document.querySelector('[data-signal=battery_v] .plot').getAttribute('aria-label')")
    assert label == "Battery voltage in V, the last 2 minutes"


def test_a_silent_module_leaves_a_gap(daemon, page):
    remember(page, {"names": ["battery_v", "bus_load_worst_percent"], "windowS": 30})
    log_in(page, ROLE)
    page.wait(lambda: drawn(page, "battery_v"), 60, "a line")
    assert not has_gap(page, "battery_v")
    daemon.sim("fault 2 silence")
    try:
        page.wait(lambda: "old" in now(page, "battery_v"), 60, "said to be old")
    finally:
        daemon.sim("clear 2")
    page.wait(lambda: "old" not in now(page, "battery_v"), 60, "measured again")
    page.wait(lambda: has_gap(page, "battery_v"), what="a gap")


def test_without_a_connection_it_is_grey_and_leaves_a_gap(daemon, page):
    # Not the signal that the silent module has left a gap in.
    remember(page, {"names": ["speed_mm_s"], "windowS": 30})
    log_in(page, ROLE)
    # A robot that has just been started has no values of before.
    page.wait(lambda: drawn(page, "speed_mm_s") and not has_gap(page, "speed_mm_s"), 60, "a line without a gap")
    assert not has(page, "#signals.stale")
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        page.wait(lambda: has(page, "#signals.stale") and has(page, "#bus-load.stale"), 60, "grey")
        assert "old" in page.text("#signals header")
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    page.wait(lambda: not has(page, ".card.stale"), 60, "new values")
    page.wait(lambda: has_gap(page, "speed_mm_s"), what="a gap")


def test_the_choice_is_made_told_to_the_robot_and_kept(page):
    page.run(LISTEN)
    shown(page)
    page.wait(lambda: page.run("return window.subscribed.length"), what="a subscription")
    page.click("#signals-choose")
    assert "4 of at most 4 chosen" in page.text("#signals-chosen")
    assert page.run("return document.querySelector('[name=battery_a]').disabled")
    assert not has(page, "#signal-picker [name=state]"), "words have no place on an axis"
    legends = page.run("return [...document.querySelectorAll('#signal-picker legend')].map((n) => n.textContent)")
    assert "mm/s" in legends and "°C" in legends and len(set(legends)) == len(legends)
    page.click("[name=speed_mm_s]")
    page.click("[name=battery_a]")
    page.click("#signals-cancel")
    assert names(page) == USUAL
    page.click("#signals-choose")
    for name in ("speed_mm_s", "position_mm", "battery_v", "enabled"):
        page.click(f"[name={name}]")
    assert "2 of at most 4 chosen" in page.text("#signals-chosen")
    page.run("window.subscribed = []")
    page.click("#signals-show")
    chosen = ["bus_load_worst_percent", "enabled"]
    page.wait(lambda: names(page) == chosen and drawn(page, "enabled"), 60, "the choice")
    assert now(page, "enabled") == "no" and extremes(page, "enabled") == ["no", "no"]
    told = page.run("return window.subscribed")
    assert [message["filter"]["signals"] for message in told if message["type"] == "subscribe"] == \
        [[*chosen, *ALWAYS[1:]]]
    page.click("[data-window='300']")
    page.open(page.address)
    page.wait(lambda: names(page) == chosen, 60, "the choice after a reload")
    assert page.run("return document.querySelector('[data-window=\"300\"]').getAttribute('aria-pressed')") == "true"
    page.click("#signals-choose")
    for name in chosen:
        page.click(f"[name={name}]")
    page.click("#signals-show")
    page.wait(lambda: "No signal is chosen" in page.text("#signals"), what="nothing chosen")
    page.wait(lambda: "%" in page.text("#bus-load"), what="what Overview says without a chart")


def test_behind_a_lost_connection_it_goes_on_with_the_same_choice(daemon, page):
    page.run(LISTEN)
    shown(page)
    wanted = sorted({*USUAL, *ALWAYS})
    page.run("window.subscribed = []; window.socket.close()")
    page.wait(lambda: page.run("return window.subscribed.length"), 60, "a further subscription")
    again = page.run("return window.subscribed[0]")
    assert again["type"] == "subscribe" and sorted(again["filter"]["signals"]) == wanted
    assert again["since"]["seq"] > 0
    daemon.sim("set 2 battery_voltage 306")
    try:
        page.wait(lambda: extremes(page, "battery_v")[1] == "30.6", 60, "the new voltage")
    finally:
        daemon.sim("unset 2 battery_voltage")


def test_who_leaves_the_page_is_told_no_signals(page):
    page.run(LISTEN)
    shown(page)
    page.run("location.hash = '#/safety'")
    page.wait(lambda: page.run("return window.subscribed.at(-1)?.type") == "unsubscribe", what="the end of the subscription")
    page.run("location.hash = '#/'")
    page.wait(lambda: page.run("return window.subscribed.at(-1)?.type") == "subscribe", what="a new one")
    page.wait(lambda: drawn(page, "bus_load_worst_percent"), 60, "a line")


def test_a_signal_that_is_not_there_any_more_is_left_out_and_named(page):
    remember(page, {"names": ["battery_v", "flux_capacitor", "state"], "windowS": 120})
    log_in(page, ROLE)
    page.wait(lambda: has(page, "#signals-complaint"), 60, "what was left out")
    assert "flux_capacitor, state" in page.text("#signals-complaint")
    page.wait(lambda: drawn(page, "battery_v"), 60, "the other one")
    assert names(page) == ["battery_v"] and kept(page)["names"] == ["battery_v"]
    page.click("#signals-understood")
    assert not has(page, "#signals-complaint")
    page.open(page.address)
    page.wait(lambda: names(page) == ["battery_v"], 60, "the same")
    assert not has(page, "#signals-complaint")


NONSENSE = [
    "{", "null", "[]", "7", '"x"', '{"names":"battery_v"}', '{"names":[1,{}]}', '{"names":null,"windowS":30}',
    json.dumps({"names": [NASTY, "__proto__", "constructor", "a&b=c", "x" * 5000], "windowS": NASTY}),
    json.dumps({"names": ["battery_v"] * 3 + USUAL + ["battery_a"], "windowS": -1}),
]


def test_whatever_the_browser_has_kept(page):
    log_in(page, ROLE)
    for text in NONSENSE:
        remember(page, text)
        page.wait(lambda: has(page, ".chart"), 60, "charts")
        assert len(set(names(page))) == len(names(page)) <= 4, text
        assert set(names(page)) <= {*USUAL, "battery_a"}, text
        assert page.run("return document.querySelector('.segments [aria-pressed=true]').dataset.window") == "120", text
        page.wait(lambda: drawn(page, "bus_load_worst_percent"), 60, "a line")
        assert page.run("return window.hit") is None and not has(page, "img")
        if NASTY in text:
            assert NASTY in page.text("#signals-complaint")


def test_a_pause_freezes_the_picture_and_not_the_values(daemon, page):
    shown(page)
    page.wait(lambda: "V" in now(page, "battery_v") and "old" not in now(page, "battery_v"), 60, "a voltage")
    page.click("#signals-pause")
    page.wait(lambda: has(page, "#signals-paused"), what="that it is a pause")
    # The first picture after the press shows the pause; from then on it stands.
    before = []
    page.wait(lambda: before.append(page.run(PIXELS)) or before[-2:-1] == before[-1:], what="a picture that stands")
    greatest = extremes(page, "battery_v")
    assert drawn(page, "battery_v") and greatest != ["–", "–"]
    daemon.sim("set 2 battery_voltage 312")
    try:
        page.wait(lambda: now(page, "battery_v").startswith("31.2"), 60, "the new voltage")
        assert page.run(PIXELS) == before[-1] and extremes(page, "battery_v") == greatest
        page.click("[data-window='30']")
        page.wait(lambda: page.run(PIXELS) != before[-1], what="another part of the same")
        assert extremes(page, "battery_v")[1] != "31.2"
        assert drawn(page, "battery_v")
        page.click("#signals-pause")
        page.wait(lambda: extremes(page, "battery_v")[1] == "31.2", what="the present again")
        assert not has(page, "#signals-paused")
    finally:
        daemon.sim("unset 2 battery_voltage")


def test_pointing_at_a_line_reads_a_value_of_all(page):
    shown(page)
    page.wait(lambda: drawn(page, "battery_v"), 60, "a line")
    page.run("document.querySelector('#signals').scrollIntoView()")
    page.hold('.chart[data-signal="battery_v"] .u-over')
    page.let_go()

    def read(name):
        return page.text(f'.chart[data-signal="{name}"] .chart-point')
    page.wait(lambda: re.fullmatch(r"\d\d:\d\d:\d\d: \d+\.\d V", read("battery_v")), what="time and value")
    page.wait(lambda: re.fullmatch(r"\d\d:\d\d:\d\d: \d+\.\d %", read("bus_load_worst_percent")), what="of the others, too")
    assert axe(page) == ""


def test_a_hidden_tab_draws_nothing_and_misses_nothing(daemon, page):
    shown(page)
    page.run("Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })")
    before = []
    page.wait(lambda: before.append(page.run(PIXELS)) or before[-2:-1] == before[-1:], what="a picture that stands")
    daemon.sim("set 2 battery_voltage 323")
    try:
        page.wait(lambda: extremes(page, "battery_v")[1] == "32.3", 60, "what has come meanwhile")
        assert page.run(PIXELS) == before[-1]
        page.run("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
        page.wait(lambda: page.run(PIXELS) != before[-1], what="the picture")
    finally:
        daemon.sim("unset 2 battery_voltage")


@pytest.mark.parametrize("lacks, volts", [(NO_SOCKET, 33.4), (NO_SOCKET + NO_STREAM, 34.5)], ids=["told", "asked"])
def test_where_no_socket_opens_the_values_come_over_http(daemon, page, lacks, volts):
    page.run(lacks)
    shown(page)
    daemon.sim(f"set 2 battery_voltage {10 * volts:.0f}")
    try:
        page.wait(lambda: extremes(page, "battery_v")[1] == str(volts), 60, "the new voltage")
        page.wait(lambda: drawn(page, "battery_v"), what="its line")
    finally:
        daemon.sim("unset 2 battery_voltage")


def test_without_the_drawing_the_values_are_there(page):
    page.cdp("Network.enable")
    page.cdp("Network.setBlockedURLs", urls=["*/assets/plot*"])
    try:
        log_in(page, ROLE)
        page.wait(lambda: has(page, "#signals-plain"), 60, "that there is no picture")
        page.wait(lambda: "V" in now(page, "battery_v") and extremes(page, "battery_v")[0] != "–", 60, "the values")
    finally:
        page.cdp("Network.setBlockedURLs", urls=[])


# A socket of ours: as many messages as we want, as fast as the page takes them.
FLOOD = """
const made = [];
window.WebSocket = class {
    constructor() {
        made.push(this);
        setTimeout(() => {
            this.onopen?.();
            this.say({ type: "hello", version: 1, epoch: 1 });
        });
    }
    say(message) { this.onmessage?.({ data: JSON.stringify(message) }); }
    close() {}
    send(text) {
        const { type, channel } = JSON.parse(text);
        if (type === "subscribe" && channel === "telemetry") {
            this.seq = 0;
            this.tell("snapshot", 0);
        }
    }
    tell(type, i) {
        const utc = new Date(Date.now() + 100 * i).toISOString();
        const reading = (value) => ({ value, quality: i % 50 ? "good" : "old", time: utc });
        this.say({ type, channel: "telemetry", seq: ++this.seq, ts: { utc }, data: { position_mm: reading(i % 900),
            speed_mm_s: reading(i % 70), battery_v: reading(25 + (i % 7) / 10), bus_load_worst_percent: reading(40) } });
    }
};
window.sent = 0;
window.flood = (count) => {
    const socket = made.at(-1);
    for (let i = 0; i < count; i++) socket.tell("update", ++window.sent);
};
window.isSubscribed = () => made.at(-1)?.seq > 0;
"""


def heap(page):
    """Bytes in use after the collection of what is not."""
    page.cdp("HeapProfiler.collectGarbage")
    usage = page.cdp("Runtime.getHeapUsage")
    return usage["usedSize"] + usage.get("backingStorageSize", 0)


def test_many_messages_take_no_more_memory(page):
    page.run(FLOOD)
    log_in(page, ROLE)
    page.wait(lambda: page.run("return window.isSubscribed()"), 60, "a subscription")
    page.wait(lambda: has(page, ".chart canvas"), 60, "pictures")
    # Enough to fill the ring once and more.
    page.run("window.flood(8000)")
    page.wait(lambda: extremes(page, "position_mm")[1] == "899", what="what was told")
    before = heap(page)
    for _ in range(10):
        page.run("window.flood(4000)")
    page.wait(lambda: drawn(page, "position_mm", 20), what="the last of them")
    # 40,000 rows of four numbers would be 1.6 MB; what was there before may come and go.
    assert heap(page) - before < 800_000


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_it_looks_well(daemon, page, size):
    page.narrow(*size)
    shown(page)
    daemon.sim("set 2 battery_voltage 271")
    try:
        page.wait(lambda: now(page, "battery_v").startswith("27.1"), 60, "a step")
    finally:
        daemon.sim("unset 2 battery_voltage")
    page.wait(lambda: not now(page, "battery_v").startswith("27.1"), 60, "a step back")
    page.click("[data-window='30']")
    for theme in THEMES:
        page.scheme(theme)
        page.run("document.querySelector('#content').scrollTo(0, 0)")
        look(page, f"signals-{size[0]}-{theme}")
        page.run("document.querySelector('#signals').scrollIntoView()")
        look(page, f"signals-below-{size[0]}-{theme}")
    page.click("#signals-choose")
    for theme in THEMES:
        page.scheme(theme)
        look(page, f"signals-choice-{size[0]}-{theme}")
