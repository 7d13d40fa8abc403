# SPDX-License-Identifier: GPL-2.0-or-later
"""The page Alerts: what is not well, what to do, and how many there are on every page."""
from person import at_rest, go, has, log_in


def rows(page):
    """Severity, text and link of each."""
    return page.run("""return [...document.querySelectorAll("#alerts tbody tr")].filter((tr) => tr.querySelector("a"))
        .map((tr) => [tr.cells[0].textContent, tr.cells[1].textContent, tr.querySelector("a").hash])""")


def test_an_alert_is_listed_counted_and_gone(daemon, page):
    at_rest(daemon)
    log_in(page, "viewer")
    go(page, "/alerts", "#alerts")
    page.wait(lambda: "Nothing needs attention." in page.text("#alerts-page"), what="an empty list")
    assert not has(page, ".page-count")
    daemon.post("safety/stop", role="operator")
    page.wait(lambda: rows(page), what="the stop")
    text = next(text for severity, text, link in rows(page) if (severity, link) == ("Emergency", "#/safety"))
    assert "The robot is stopped." in text and "then reset" in text
    go(page, "/modules", "#modules")
    assert int(page.text(".page-count").split()[0]) >= 1 and has(page, ".page-count.bad")
    daemon.sim("fault 5 silence")
    try:
        go(page, "/alerts", "#alerts")
        page.wait(lambda: any("Module 5 (dock_location)" in text and link == "#/modules/5" for _, text, link in rows(page)), 60,
                  "the module")
    finally:
        daemon.sim("clear 5")
    at_rest(daemon)
    page.wait(lambda: not rows(page), 60, "nothing active")
    ended = daemon.get("alerts/history?limit=1").json["items"][0]
    page.wait(lambda: ended["text"] in page.text("#kept-alerts tbody tr"), 60, "what was, the newest first")
