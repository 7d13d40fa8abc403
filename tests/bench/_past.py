# SPDX-License-Identifier: GPL-2.0-or-later
"""Charts of a daemon with 30 days of values: as a program asks for them, and as the page draws them."""
import datetime
import http.client
import json
import os
import sys
import time

from _board import TOP, fresh

sys.path[:0] = [str(TOP / "tests/web"), str(TOP / "tests/api"), str(TOP / "tests/lib")]

from browser import Browser  # noqa: E402
from person import go, key_pin, log_in  # noqa: E402

CHARTS, TOUCHES = 20, 20
SIGNALS = ("battery_v", "battery_a", "motor_v", "motor_a", "charger_v", "position_mm", "speed_mm_s", "state")
SPANS = {"minute": 60, "hour": 3600, "day": 86400, "month": 30 * 86400}

# From the touch to the frame in which the newest columns are drawn.
WATCH = """
window.drawn = []; window.touched = 0;
document.addEventListener("pointerdown", (event) => { window.touched = event.timeStamp; }, true);
new MutationObserver((told) => {
    const charts = document.querySelector("#history .past-charts");
    if (charts.ariaBusy !== "false" || !told.some(({ oldValue }) => oldValue === "true") || !window.touched) return;
    const touched = window.touched;
    window.touched = 0;
    requestAnimationFrame(() => setTimeout(() => window.drawn.push(performance.now() - touched)));
}).observe(document.querySelector("#history .past-charts"), { attributes: true, attributeFilter: ["aria-busy"], attributeOldValue: true });
"""


def _forget(file):
    fd = os.open(file, os.O_RDONLY)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


def chart_ms(daemon, cold):
    """Milliseconds of each of so many requests for a month."""
    took = []
    link = http.client.HTTPSConnection("127.0.0.1", daemon.port, context=daemon.tls(), timeout=60)
    who = {"Authorization": f"Bearer {daemon.token('operator')}"}
    for _ in range(CHARTS):
        begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=30)
        if cold:
            _forget(daemon.state / "history.db")
        before = time.monotonic()
        link.request("GET", f"/api/v1/telemetry/history?signals={','.join(SIGNALS)}&from={begin:%FT%TZ}&points=2000", headers=who)
        answer = link.getresponse()
        said = answer.read()
        took.append((time.monotonic() - before) * 1e3)
        assert answer.status == 200 and len(json.loads(said)["series"][0]["t"]) > 1000, said[:200]
    link.close()
    return took


def shown_ms(daemon, folder):
    """The same of each touch of a span on the page, by span."""
    found = {span: [] for span in SPANS}
    with Browser(fresh(folder), key_pin(daemon.state / "server.crt")) as page:
        page.address = f"https://localhost:{daemon.port}/"
        page.open(page.address)
        log_in(page, "operator")
        go(page, f"/history?signals={','.join(SIGNALS)}&last=600", "#history .past-charts[aria-busy=false] canvas")
        page.run(WATCH)
        for _ in range(TOUCHES):
            for span, length_s in SPANS.items():
                before = page.run("return window.drawn.length")
                page.click(f"[data-last='{length_s}']")
                page.wait(lambda before=before: page.run("return window.drawn.length") > before, 30, f"a {span}")
                found[span].append(page.run("return window.drawn.at(-1)"))
    return found
