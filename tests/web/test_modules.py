# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages Modules and Bus: what a person sees of a module and does with it."""
import re

import pytest

from oht_test.client import PASSWORD
from oht_test.wait import until
from person import fill, go, has, log_in
from pretend import PRETEND


def row(page, label):
    """Text of the register's row."""
    return page.run("""return [...document.querySelectorAll('#registers tbody tr')]
        .find((n) => n.textContent.includes(arguments[0]))?.textContent ?? ''""", label)


def press(page, name):
    """A button by what it is called."""
    page.run("document.querySelector(`button[aria-label=\"${arguments[0]}\"]`).click()", name)


def open_module(page, unit, role, register):
    """Log in and go to a module whose registers are there."""
    log_in(page, role)
    go(page, f"/modules/{unit}", "#registers tbody tr")
    page.wait(lambda: register in page.text("#registers"), what="the register")


@pytest.fixture(autouse=True)
def good_modules(daemon):
    """Nothing is left in quarantine."""
    yield
    for unit in (2, 3, 4, 5):
        daemon.request("DELETE", f"modules/{unit}/quarantine", role="supervisor")


def is_written(page):
    """Sent once more while a late host lets the module wait."""
    if has(page, "#write-problem") and "did not answer" in page.text("#write-problem"):
        page.click("#write-send")
    return not has(page, "#edit")


def test_register_is_changed_in_a_field_and_read_back(daemon, page):
    open_module(page, 2, "supervisor", "Charger voltage set-point")
    press(page, "Change Charger voltage set-point")
    page.wait(lambda: has(page, "#write-value"), what="the field")
    assert "0 to 60 V" in page.text("#edit")
    fill(page, "#write-value", "60.1")
    page.click("#write-send")
    page.wait(lambda: "60.1" in page.text("#write-value-notes"), what="a refusal in place")
    before = daemon.get("modules/2/registers/charger_voltage_setpoint").json["value"]
    fill(page, "#write-value", "1.23")
    page.click("#write-send")
    page.wait(lambda: "no multiple of 0.1" in page.text("#edit"), what="the refusal of the API in place")
    assert daemon.get("modules/2/registers/charger_voltage_setpoint").json["value"] == before
    fill(page, "#write-value", "12.5")
    page.click("#write-send")
    page.wait(lambda: is_written(page), what="written")
    assert "read back" in page.text("body")
    page.wait(lambda: "12.5" in row(page, "Charger voltage set-point"), what="the new value")


def test_what_cannot_be_written_says_why(page):
    open_module(page, 2, "operator", "Charger voltage set-point")
    assert "upervisor" in page.run("return document.querySelector('button[aria-label=\"Change Charger voltage set-point\"]').title")
    press(page, "Change Charger voltage set-point")
    assert not has(page, "#write-value")
    # What can only be read has no button at all.
    assert "Change" not in row(page, "Pack voltage") and "Change" not in row(page, "Battery voltage")


def test_a_safety_critical_register_asks_for_the_password(daemon, page):
    def relay():
        return daemon.sim("get 2 0x3D").split("raw=")[1].split()[0]

    def write(raw):
        press(page, "Change Charge relay")
        page.wait(lambda: has(page, "#write-value"), what="the field")
        fill(page, "#write-value", raw)
        page.click("#write-send")

    open_module(page, 2, "administrator", "Charger voltage set-point")
    page.type("#registers-search", "charge relay")
    page.wait(lambda: row(page, "Charge relay"), what="the register")
    before = relay()
    other = "0" if before == "1" else "1"
    write(other)
    page.wait(lambda: has(page, "#elevation-password"), what="the question")
    assert page.run("return document.activeElement.id") == "elevation-password"
    page.keys("\ue00c")        # Escape
    page.wait(lambda: "Nothing was changed" in page.text("#edit"), what="the refusal, with the value as it was typed")
    assert not has(page, "#elevate") and relay() == before
    page.click("#write-send")
    page.wait(lambda: has(page, "#elevation-password"), what="the question, again")
    page.type("#elevation-password", "a wrong password")
    page.click("#elevation-send")
    page.wait(lambda: "wrong" in page.text("#elevate"), what="a refusal in place")
    assert page.run("return document.querySelector('#elevation-password').value") == "" and relay() == before
    page.type("#elevation-password", PASSWORD)
    page.click("#elevation-send")
    page.wait(lambda: is_written(page), 60, "written")
    assert relay() == other
    # It holds: the next one does not ask.
    write(before)
    page.wait(lambda: is_written(page), what="written back")
    assert relay() == before
    # Until it is ended, with the own account.
    go(page, "/account", "#lower")
    page.click("#lower")
    page.wait(lambda: not has(page, "#lower"), what="ended")
    go(page, "/modules/2", "#registers tbody tr")
    page.type("#registers-search", "charge relay")
    page.wait(lambda: row(page, "Charge relay"), what="the register")
    write(other)
    page.wait(lambda: has(page, "#elevation-password"), what="the question, once more")


@pytest.mark.slow
def test_quarantine_is_asked_for_shown_and_ended(daemon, page):
    open_module(page, 5, "supervisor", "Position")
    page.click("#ping")
    page.wait(lambda: "Answered." in page.text("body"), what="an answer")
    page.click("#quarantine")
    page.wait(lambda: has(page, "[role=dialog], dialog"), what="the question")
    assert daemon.get("modules/5").json["health"] != "quarantined"
    page.run("[...document.querySelectorAll('dialog button, [role=dialog] button')].find((n) => n.textContent === 'Take out').click()")
    page.wait(lambda: daemon.get("modules/5").json["health"] == "quarantined", what="taken out")
    page.wait(lambda: "in quarantine" in page.text("#content .crumbs"), what="shown")
    page.wait(lambda: page.text("#quarantine") == "Let back", what="the way back")
    page.click("#quarantine")
    page.wait(lambda: daemon.get("modules/5").json["health"] == "good", what="good again")


def test_bus_shows_each_cycle(daemon, page):
    page.wait(lambda: len(daemon.get("bus/plan").json["items"]) >= 4, what="a plan")
    log_in(page, "viewer")
    go(page, "/bus", "#cycles .cycle")
    def is_whole():
        """Not while one that was late with an answer has left the plan."""
        labels = page.run("return [...document.querySelectorAll('#cycles .cycle')].map((n) => n.getAttribute('aria-label'))")
        count = len(labels)
        return count and count % 20 == 0 and [sum(name in label for label in labels) for name in
                                              ("Safety", "Travel motor", "Dock location", "Power")] == [count, count, count / 4, count / 20]
    page.wait(is_whole, what="a whole period with all modules")
    # The picture is inside its track.
    assert page.run("""return [...document.querySelectorAll('#cycles .track')].every((track) => { const t = track.getBoundingClientRect();
        return [...track.children].every((n) => { const b = n.getBoundingClientRect();
            return b.width > 0 && b.left >= t.left - 1 && b.right <= t.right + 1; }); })""")
    page.wait(lambda: "below" in page.text("#histograms"), what="a histogram")
    page.wait(lambda: "cycles, from" in page.text("#plan"), what="the plan")


@pytest.mark.slow
def test_bus_says_what_missed_cycles_of_an_emulated_board_are(daemon, page):
    """And no number has more digits than a person reads, whatever the answer has."""
    plan = until(lambda: daemon.get("bus").json["plan"], what="a plan")
    items = daemon.get("bus/plan").json["items"]
    log_in(page, "viewer")
    page.run(PRETEND, {"answers": {}, "values": {
        "bus": {"plan": {**plan, "missed": 946, "exceeded": 1003, "given": 810.7102857142858}},
        "bus/plan": {"items": [{**item, "period_cycles": 810.7102857142858} for item in items]}}})
    go(page, "/bus", "#missed-means")
    assert "emulated" in page.text("#missed-means") and "946 / 1003" in page.text("#content")
    page.wait(lambda: "811 cycles, from" in page.text("#plan"), what="the plan")
    assert not re.search(r"\d\.\d{4}", page.text("#content"))
