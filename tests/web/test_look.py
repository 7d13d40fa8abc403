# SPDX-License-Identifier: GPL-2.0-or-later
"""Every page in every size, light and dark: pictures to look at, no complaint of the browser, nothing that axe calls serious."""
import pathlib

import pytest

from oht_test.client import ROLES
from person import SIZES, THEMES, elevate, fill, go, has, log_in
from test_transport import blocked

TOP = pathlib.Path(__file__).resolve().parents[2]
AXE = TOP / "userspace/web/node_modules/axe-core/axe.min.js"
PICTURES = TOP / "build/web-pictures"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALLEST_PX = 44


def axe(page):
    """What axe finds that is serious or worse, a line each."""
    if not page.run("return !!window.axe"):
        page.run(AXE.read_text(encoding="utf-8") + "; window.axe = axe;")
    found = page.run("""return axe.run(document, { runOnly: arguments[0], resultTypes: ["violations"] }).then((r) => r.violations
        .filter((v) => v.impact === "serious" || v.impact === "critical")
        .flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")}: ${n.failureSummary}`)))""", TAGS)
    return "\n".join(found)


def paths_of(page):
    """Of the pages that this person has."""
    return page.run("return [...document.querySelectorAll('.navigation a.page-link')].map((a) => a.hash.slice(1))")


def settled(page):
    """All that is asked for has come."""
    page.wait(lambda: not has(page, ".skeleton, [aria-busy=true]"), what="no skeleton left")


def small(page):
    """Buttons, fields and links of their own that a finger misses; links within a text may be as high as the text."""
    return page.run("""return [...document.querySelectorAll("button, select, input, nav a, a.button, summary")]
        .filter((n) => n.offsetParent && !n.closest("thead, .skip, td") && n.type !== "checkbox")
        .map((n) => [n.getBoundingClientRect(), n])
        .filter(([b]) => b.height < arguments[0] - 0.5 || b.width < arguments[0] - 0.5)
        .map(([b, n]) => `${n.outerHTML.slice(0, 80)} ${b.width} x ${b.height}`)""", SMALLEST_PX)


def look(page, name):
    """Take the picture and judge it."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    settled(page)
    page.picture(PICTURES / f"{name}.png")
    assert page.run("const { scrollWidth, scrollHeight } = document.documentElement; return scrollWidth <= innerWidth && scrollHeight <= innerHeight"), \
        f"{name} is larger than the window"
    assert axe(page) == "", name
    assert small(page) == [], name


@pytest.mark.parametrize("size", SIZES)
def test_every_page_in_this_size_light_and_dark(daemon, page, size):
    daemon.post("safety/stop")
    page.narrow(*size)
    page.wait(lambda: has(page, "#login"), what="the form")
    for theme in THEMES:
        page.scheme(theme)
        look(page, f"login-{size[0]}-{theme}")
    # The one page that needs no log-in.
    go(page, "/api", "#routes details")
    for theme in THEMES:
        page.scheme(theme)
        look(page, f"api-outside-{size[0]}-{theme}")
    go(page, "/", "#login")
    log_in(page, "administrator")
    paths = [*paths_of(page), "/modules/2", "/configuration/stations", "/configuration/versions"]
    for path in paths:
        go(page, path, "#content .head")
        for theme in THEMES:
            page.scheme(theme)
            look(page, f"{path.strip('/').replace('/', '-') or 'overview'}-{size[0]}-{theme}")


@pytest.mark.parametrize("role", ROLES[:-1])
def test_every_page_of_this_role(page, role):
    log_in(page, role)
    for path in paths_of(page):
        go(page, path, "#content .head")
        look(page, f"{role}-{path.strip('/') or 'overview'}")


def test_what_lies_over_the_page(daemon, page):
    daemon.post("safety/stop")
    page.narrow(390, 844)
    log_in(page, "administrator")
    page.click("#user")
    look(page, "menu-390")
    page.run("document.querySelector('.more-button').click()")
    look(page, "more-390")
    page.narrow(1280, 800)
    page.run("document.querySelector('#search').click()")
    look(page, "search-1280")
    page.keys("\ue00c")
    page.wait(lambda: not has(page, "#palette"), what="closed by Esc")
    go(page, "/users", "#add-user")
    page.click("#add-user")
    page.click("#add-send")
    page.wait(lambda: "This is needed" in page.text("#add-username-notes"), what="what is missing")
    for theme in THEMES:
        page.scheme(theme)
        look(page, f"form-1280-{theme}")


@pytest.mark.parametrize("size", SIZES)
def test_the_word_where_no_socket_opens(page, size):
    page.narrow(*size)
    blocked(page, "viewer")
    page.wait(lambda: has(page, "#transport-ca"), what="the notice")
    for theme in THEMES:
        page.scheme(theme)
        look(page, f"transport-{size[0]}-{theme}")
    # Not cut off beside the stop.
    assert page.run("return [...document.querySelectorAll('#connection, #connection *')].every((n) => n.scrollWidth <= n.clientWidth || !n.clientWidth)")


@pytest.mark.parametrize("size", SIZES)
def test_a_change_that_waits_for_its_confirmation(daemon, page, size):
    daemon.post("safety/stop")
    page.narrow(*size)
    log_in(page, "administrator")
    go(page, "/configuration/robot?search=place", "#config-robot")
    page.click("#config-robot .config-acts button")
    page.wait(lambda: has(page, "#config-robot-place"), what="the field")
    page.type("#config-robot-place", "the long aisle of hall 2, behind the mill")
    for theme in THEMES:
        page.scheme(theme)
        look(page, f"config-changed-{size[0]}-{theme}")
    page.click("#config-review")
    page.wait(lambda: has(page, "#config-changes"), what="the difference")
    page.type("#config-save-confirm_within_s", "600")
    for theme in THEMES:
        page.scheme(theme)
        look(page, f"config-difference-{size[0]}-{theme}")
    page.click("#config-save-send")
    page.wait(lambda: has(page, "#pending-changes [data-pointer]"), what="the countdown")
    for path in ("/configuration", "/", "/drive"):
        go(page, path, "#content .head")
        for theme in THEMES:
            page.scheme(theme)
            look(page, f"config-pending-{path.strip('/') or 'overview'}-{size[0]}-{theme}")
    page.click("#pending-give-up")
    page.wait(lambda: not has(page, "#config-pending"), what="given up")


@pytest.mark.parametrize("size", SIZES[::2])
def test_a_program_is_let_in_by_a_key_that_is_shown_once(daemon, page, size):
    page.narrow(*size)
    log_in(page, "administrator")
    go(page, "/users", "#add-service")
    page.click("#add-service")
    fill(page, "#service-username", f"line-{size[0]}")
    page.click("#service-send")
    elevate(page)
    page.wait(lambda: has(page, "#user-keys #key-make"), what="the keys of the account")
    page.click("#key-make")
    fill(page, "#key-name", "station-3")
    fill(page, "#key-tags", "Robot, Nothing")
    page.click("#key-send")
    page.wait(lambda: "Nothing" in page.text("#key-problem"), what="the daemon's own refusal")
    fill(page, "#key-tags", "Robot, Metrics")
    fill(page, "#key-addresses", "127.0.0.0/8")
    page.click("#key-send")
    page.wait(lambda: has(page, "#key-shown code"), what="the key")
    secret = page.text("#key-shown code")
    assert daemon.request("GET", "robot", token=secret).status == 200
    for theme in THEMES:
        page.scheme(theme)
        look(page, f"key-shown-{size[0]}-{theme}")
    page.keys("\ue00c")
    assert has(page, "#key-shown"), "Esc does not lose it"
    page.click("#key-kept")
    page.wait(lambda: has(page, "#keys tbody button"), what="the list")
    assert "Robot, Metrics; only from 127.0.0.0/8" in page.text("#keys")
    assert secret not in page.run("return document.documentElement.outerHTML")
    for theme in THEMES:
        page.scheme(theme)
        look(page, f"keys-{size[0]}-{theme}")
    page.run("[...document.querySelectorAll('#keys tbody button')].find((b) => b.textContent === 'End').click()")
    page.wait(lambda: has(page, "#confirm-yes"), what="the question")
    page.click("#confirm-yes")
    page.wait(lambda: "No key." in page.text("#user-keys"), what="its end")
    assert daemon.request("GET", "robot", token=secret).code == "key_invalid"
