# SPDX-License-Identifier: GPL-2.0-or-later
"""The dashboard in Chromium: how soon it can be used, what it weighs, when a stop is shown; native, and from the board."""
import math
import sys

from _board import STATE, TOP, Robot, fresh, make_accounts, prefer

sys.path[:0] = [str(TOP / "tests/web"), str(TOP / "tests/api"), str(TOP / "tests/lib"), str(TOP / "scripts")]

from browser import Browser  # noqa: E402
from daemon import running  # noqa: E402
from person import key_pin, log_in  # noqa: E402
from replay import CHARTS, DRIVE, record, replay, show  # noqa: E402

LOADS = 20
SBC_LOADS = 10
STOPS = 200
WARM_S = 5
BUSY_S = 30

# From the touch to the frame in which the button says that the stop is confirmed, for each touch.
WATCH = """
window.shown = []; window.touched = 0;
const stop = document.querySelector("#stop");
stop.addEventListener("pointerdown", (event) => { window.touched = event.timeStamp; }, true);
new MutationObserver(() => {
    if (stop.dataset.phase === "done" && window.touched) {
        const touched = window.touched;
        window.touched = 0;
        requestAnimationFrame(() => setTimeout(() => window.shown.push(performance.now() - touched)));
    }
}).observe(stop, { attributes: true });
"""

# Tasks of more than 50 ms: the browser tells of no others.
TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((task) => task.duration)))
    .observe({ type: "longtask" });
"""


def _rank(values, part):
    return sorted(values)[math.ceil(len(values) * part) - 1]


def _loads_ms(page, loads):
    """From the start of the navigation with an empty cache until the form can be used."""
    found = []
    for _ in range(loads):
        page.forget(page.address)
        page.open(page.address)
        page.wait(lambda: page.run("return performance.getEntriesByName('oht.usable').length"), 30, "the form")
        found.append(page.run("return performance.getEntriesByName('oht.usable')[0].startTime"))
    return found


def _stops_ms(page):
    page.run(WATCH)
    for count in range(1, STOPS + 1):
        page.click("#stop")
        page.wait(lambda wanted=count: page.run("return window.shown.length") >= wanted, 30, "the confirmation")
    return page.run("return window.shown")


def _long_tasks(bench, folder, daemon):
    """Tasks that a person could feel while the robot drives: on Overview with its charts, and on Drive."""
    with Browser(fresh(folder / "busy"), key_pin(daemon.state / "server.crt")) as page:
        page.address = f"https://localhost:{daemon.port}/"
        page.open(page.address)
        record(page)
        log_in(page, "operator")
        for name, view in (("overview", CHARTS), ("drive", DRIVE)):
            show(page, *view)
            replay(page, WARM_S, "True")
            page.run(TASKS)
            told = replay(page, BUSY_S, "True")
            tasks = page.run("return window.longTasks")
            bench.record(f"web.long_tasks_{name}", len(tasks), "", "native", ("==", 0), told,
                         f"tasks of more than 50 ms in {BUSY_S} s of messages at 40 Hz, after the first {WARM_S} s"
                         + (f"; the longest {max(tasks):.0f} ms" if tasks else ""))


def _from_the_board(bench):
    """The browser is on the host, as a person's is on another machine."""
    accounts, folder = make_accounts(fresh(STATE / "accounts")), fresh(STATE / "web-of-board")
    with Robot(STATE / "web-board", "stock", accounts) as robot:
        preferred = prefer(robot)
        certificate = folder / "server.crt"
        certificate.write_text(robot.guest.check("cat /var/lib/oht/server.crt"), encoding="ascii")
        with Browser(folder, key_pin(certificate)) as page:
            page.address = f"https://localhost:{robot.port}/"
            loads = _loads_ms(page, SBC_LOADS)
    bench.record("web.first_load_sbc_ms", max(loads), "ms", "qemu", ("<", 2000), SBC_LOADS,
                 f"longest, empty cache, from the board through the emulator's network to a browser on the host; median "
                 f"{_rank(loads, .5):.0f} ms; {preferred}")


def run(bench):
    """Record the group."""
    folder = fresh(STATE / "web")
    with running(folder, ("administrator", "operator"), robot_simulated="yes") as daemon, \
            Browser(folder, key_pin(daemon.state / "server.crt")) as page:
        page.address = f"https://localhost:{daemon.port}/"
        loads = _loads_ms(page, LOADS)
        log_in(page, "operator")
        stops = _stops_ms(page)
        _long_tasks(bench, folder, daemon)
    bench.record("web.first_load_ms", max(loads), "ms", "native", ("<", 300), LOADS,
                 f"longest, empty cache, navigation to a form that can be used; median {_rank(loads, .5):.0f} ms")
    bench.record("web.bundle_kib", float((TOP / "build/web.kib").read_text()), "KiB", "native", ("<=", 110), 1,
                 "JS and CSS of the first load, brotli")
    bench.record("web.stop_shown_ms", _rank(stops, .99), "ms", "native", None, STOPS,
                 f"p99, touch to the confirmation drawn; median {_rank(stops, .5):.0f} ms")
    _from_the_board(bench)
