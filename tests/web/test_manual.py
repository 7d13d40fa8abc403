# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/operator.md: a shift as it says, and each of its words on the page. Leaves its pictures in build/web-pictures, from where docs/images has them."""
import pathlib
import re

import pytest

from daemon import running
from person import fill, go, has, key_pin, log_in
from browser import Browser
from test_look import PICTURES, settled

MANUAL = pathlib.Path(__file__).resolve().parents[2] / "docs/operator.md"
# What this shift does not meet: it stands in the texts of the page.
TEXTS = pathlib.Path(__file__).resolve().parents[2] / "userspace/web/src"
NOT_MET = {"not confirmed: press the button at the machine", "No connection to the robot", "Paused", "Blocked", "Fault", "Clear the fault",
           "Take over", "held", "valid", "ends soon", "ended", "Go on"}
# Words for people and no word of the page.
OUTSIDE = {"bold", "red button at the machine"}


@pytest.fixture(scope="module")
def robot(tmp_path_factory):
    """One with outputs, which begins at its dock."""
    with running(tmp_path_factory.mktemp("oht"), robot_simulated="yes", bus_outputs="simulated", bus_time_factor=20) as made:
        yield made


@pytest.fixture(name="shift")
def of_a_shift(robot, tmp_path):
    """The page before the log-in."""
    with Browser(tmp_path, key_pin(robot.state / "server.crt")) as page:
        page.narrow(1280, 800)
        page.scheme("light")
        page.open(f"https://localhost:{robot.port}/")
        yield page


class Seen:
    """What the page has said so far."""

    def __init__(self, page, robot):
        self.page, self.robot, self.said = page, robot, ""

    def look(self):
        """Adds what is on the page now, also what it says only to those who ask for it."""
        self.said += self.page.run("return document.body.innerText + [...document.querySelectorAll('[title]')].map((n) => n.title).join(' ')") + "\n"

    def press(self, selector, then):
        """A button, its question, and the state behind it."""
        self.page.wait(lambda: has(self.page, f"{selector}:not([aria-disabled=true])"), 60, selector)
        self.look()
        self.page.click(selector)
        if has(self.page, "#confirm-yes"):
            self.look()
            self.page.click("#confirm-yes")
        self.reads(then)

    def reads(self, state):
        """Waits until the head of the page says this state."""
        self.page.wait(lambda: state in self.page.text("header"), 60, state)
        self.look()

    def picture(self, name):
        """For the manual."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        settled(self.page)
        self.page.wait(lambda: not has(self.page, ".toast"), 60, "no message")
        self.page.run("document.querySelector('#content').scrollTo(0, 0)")
        self.page.picture(PICTURES / f"{name}.png")


def drives(seen):
    """*Begin a shift* and *Drive*."""
    page = seen.page
    go(page, "/alerts", "#alerts")
    settled(page)
    seen.look()
    go(page, "/drive", "#drive-rail")
    seen.reads("Ready, outputs off")
    seen.press("#enable", "Enabled, stands")
    seen.picture("operator-drive")
    seen.press("#go-undock", "Docking")
    seen.reads("Enabled, stands")
    page.click("#go-to-open")
    page.wait(lambda: has(page, "#go-to-position"), what="the form")
    fill(page, "#go-to-position", "9000")
    seen.press("#go-to-send", "Moving")
    # Of the README.
    page.wait(lambda: seen.robot.get("robot").json["position_mm"] > 3000, 60, "motion")
    seen.picture("page")


def comes_back(seen):
    """*Stop* and *After a stop*, by a supervisor."""
    page = seen.page
    page.click("#stop")
    page.wait(lambda: "outputs low" in page.text("#stop"), 60, "low")
    seen.reads("Stopped")
    go(page, "/safety", "#reset")
    page.wait(lambda: has(page, "#reset:not([aria-disabled=true])"), 60, "a robot that may be reset")
    seen.picture("operator-stopped")
    seen.press("#reset", "Ready, outputs off")
    seen.press("#enable", "Enabled, stands")


def drives_a_mission(seen):
    """*Missions*, and the pages of *What you are qualified for*."""
    page = seen.page
    made = seen.robot.post("missions", {"name": "Empty the mill", "legs": [{"kind": "move", "position_mm": 7000}, {"kind": "wait", "wait_s": 5}]}, role="operator")
    assert made.status == 201, made.body
    go(page, "/missions", "#missions tbody a")
    seen.look()
    seen.picture("operator-missions")
    page.click("#missions tbody a")
    seen.press("#mission-start", "Moving")
    page.wait(lambda: has(page, "#mission-pause") and has(page, "#mission-cancel"), what="a mission that is driven")
    seen.look()
    page.click("#mission-cancel")
    page.wait(lambda: has(page, "#confirm-yes"), what="the question")
    page.click("#confirm-yes")
    seen.reads("Enabled, stands")
    for path in ("/qualifications", "/training"):
        go(page, path, "#content .head")
        seen.look()


@pytest.mark.slow
def test_the_manual_says_what_the_page_says(robot, shift):
    seen = Seen(shift, robot)
    shift.wait(lambda: has(shift, "#login"), 60, "the form")
    log_in(shift, "supervisor")
    drives(seen)
    comes_back(seen)
    drives_a_mission(seen)
    # *End a shift*; and what only an alert has: a module that is taken out is one.
    go(shift, "/drive", "#drive-rail")
    seen.press("#disable", "Ready, outputs off")
    assert robot.post("modules/5/quarantine", {}, role="supervisor").status == 200
    go(shift, "/alerts", "#alerts")
    shift.wait(lambda: "Shelve" in shift.text("#alerts"), 60, "an alert")
    seen.look()
    go(shift, "/help", "#content .head")
    shift.click("#user")
    seen.look()
    bold = set(re.findall(r"\*\*(.+?)\*\*", MANUAL.read_text(encoding="utf-8"), re.S)) - OUTSIDE
    texts = "".join(file.read_text(encoding="utf-8") for file in sorted(TEXTS.glob("texts*.ts")))
    assert len(bold) > 30
    assert sorted(word for word in bold if word not in (texts if word in NOT_MET else seen.said)) == []
