# SPDX-License-Identifier: GPL-2.0-or-later
"""The page Configuration: what is refused is said at its field, what is saved is a version, and no change of others is overwritten."""
import json

import pytest

from oht_test.client import PASSWORD
from oht_test.wait import until
from person import at_rest, end_sessions_of_pages, fill, go, has, log_in, log_out
from pretend import answers, pretend

BACKSPACE = "\ue003"


@pytest.fixture(name="settings")
def _settings(daemon):
    """What a test changes is as before when it ends; the robot is stopped, in which state it takes all of it."""
    before = daemon.get("config").headers["etag"].strip('"')
    yield lambda: daemon.get("config")
    daemon.post("safety/stop")
    # The page is in control until its session ends, and then this one would be; one without a page until it is silent for long.
    end_sessions_of_pages(daemon)
    daemon.request("DELETE", "control", role="operator")
    until(lambda: daemon.get("control").json["holder"] is None, what="control that is free")
    assert daemon.post("auth/elevate", {"password": PASSWORD}).status == 200
    if daemon.get("config/pending").json["version"]:
        assert daemon.request("DELETE", "config/pending", role="administrator").status == 200
    answer = daemon.post(f"config/versions/{before}/rollback", {"reason": "as before the test"})
    assert answer.status == 200, answer
    daemon.request("DELETE", "control", role="administrator")


def press(page, label):
    """The button with this name."""
    page.wait(lambda: has(page, f'button[aria-label="{label}"]'), what=label)
    page.click(f'button[aria-label="{label}"]')


def change(page, label, field, text):
    """Opens the field of an item, if it is not open, and types."""
    if not has(page, field):
        press(page, f"Change {label}")
        page.wait(lambda: page.run("return '#' + document.activeElement.id") == field, what="the focus in its field")
    fill(page, field, text)


def review(page, selector):
    """Asks for the difference; returns when the selector is there."""
    page.click("#config-review")
    page.wait(lambda: has(page, selector), what=selector)


def discard(page):
    """Forgets what was typed."""
    page.click("#config-discard")
    page.click("#confirm-yes")
    page.wait(lambda: not has(page, "#config-bar"), what="nothing to save")


def seconds(page):
    """Until the change returns, as the page says it; None: it does not know."""
    left = page.run("return document.querySelector('#pending-left')?.dataset.seconds ?? null")
    return None if left is None else int(left)


def differences(page, table):
    """Pointer: before, after."""
    return page.run("""return Object.fromEntries([...document.querySelectorAll(`${arguments[0]} tbody tr`)]
        .map((tr) => [tr.dataset.pointer, [...tr.querySelectorAll("td")].map((td) => td.textContent)]))""", table)


def test_a_value_is_refused_at_its_field_then_saved_and_taken_back(daemon, page, settings):
    first = settings()
    log_in(page, "administrator")
    go(page, "/configuration?search=stop_mm_s2", "#config-motion")
    assert page.run("return document.querySelectorAll('.config-row').length") == 1, "the search narrows"
    field = "#config-motion-stop_mm_s2"
    for text, said in ((" ", "This is needed."), ("fast", "“fast” is not a number"), ("20001", "20001 is above 20000.")):
        change(page, "Stop", field, text)
        page.click("#config-review")
        page.wait(lambda words=said: words in page.text(f"{field}-notes"), what=said)
        assert not has(page, ".dialog")
    # What only the robot knows is said at the field, too.
    fill(page, field, "500")
    page.click("#config-review")
    page.wait(lambda: "takes longer than 1.2 s: raise stop_mm_s2" in page.text(f"{field}-notes"), what="the refusal of the robot")
    assert not has(page, ".dialog")
    assert settings().headers["etag"] == first.headers["etag"]
    fill(page, field, "1600")
    review(page, "#elevation-password")
    page.type("#elevation-password", PASSWORD)
    page.click("#elevation-send")
    page.wait(lambda: has(page, "#config-changes"), what="the difference")
    assert differences(page, "#config-changes") == {"/motion/stop_mm_s2": ["1500 mm/s²", "1600 mm/s²"]}
    assert "only while it stands" in page.text("#config-difference")
    fill(page, "#config-save-reason", "the corner at the mill")
    # What needs standstill returns by itself, unless the person wants otherwise.
    assert page.run("return document.querySelector('#config-save-confirm_within_s').value") == "60"
    fill(page, "#config-save-confirm_within_s", "4")
    page.click("#config-save-send")
    page.wait(lambda: "4 is below 5." in page.text("#config-save-confirm_within_s-notes"), what="too short")
    fill(page, "#config-save-confirm_within_s", "300")
    page.click("#config-save-send")
    page.wait(lambda: not has(page, "#config-bar") and "1600 mm/s²" in page.text("#config-motion"), what="saved")
    made = daemon.get("config/versions").json["items"][0]
    assert (settings().json["motion"]["stop_mm_s2"], made["author"], made["reason"], made["state"]) == \
        (1600, "administrator", "the corner at the mill", "pending")
    # Meanwhile nothing else is changed.
    go(page, "/configuration/robot", "#config-robot")
    # The item is what the page shows, also as shipped.
    assert page.text(".robot-name") == first.json["robot"]["name"] == "OHT-50" and page.run("return document.title").endswith(" · OHT-50")
    change(page, "Name", "#config-robot-name", "mill 7")
    review(page, "#config-refused")
    assert f"version {made['version']} by administrator waits for its confirmation and returns in" in page.text("#config-refused").lower()
    discard(page)
    # On another page it is kept, over a connection that the browser has made since.
    go(page, "/alerts", "#alerts-page")
    page.wait(lambda: (seconds(page) or 0) > 200 and has(page, "#pending-changes [data-pointer]"), what="the countdown")
    assert "by administrator" in page.text("#config-pending") and "1500 mm/s² → 1600 mm/s²" in page.text("#pending-changes")
    page.click("#pending-keep")
    page.wait(lambda: not has(page, "#config-pending"), what="kept")
    go(page, "/configuration/versions", "#versions tbody button")
    page.wait(lambda: "the corner at the mill" in page.text("#versions tbody tr"), what="the version in the list")
    assert daemon.get("config/versions").json["items"][0]["state"] == "live" and "live" in page.text("#versions tbody tr")
    # A version that stays may be the rescue.
    press(page, f"Mark as rescue: version {made['version']}")
    page.wait(lambda: has(page, "#confirm"), what="the question")
    page.click("#confirm-yes")
    page.wait(lambda: "rescue" in page.text("#versions tbody tr th"), what="the mark")
    assert [item["version"] for item in daemon.get("config/versions").json["items"] if item["rescue"]] == [made["version"]]
    press(page, f"Go back to version {made['parent']}")
    page.wait(lambda: has(page, "#config-back-changes"), what="what it would change")
    assert differences(page, "#config-back-changes") == {"/motion/stop_mm_s2": ["1600 mm/s²", "1500 mm/s²"]}
    page.click("#back-send")
    page.wait(lambda: settings().json == first.json and not has(page, "#config-back"), what="the values of before")


@pytest.mark.slow
def test_a_fraction_of_a_whole_number_is_refused_at_its_field(page, settings):
    first = settings()
    log_in(page, "administrator")
    go(page, "/configuration?search=dock_retries", "#config-motion")
    change(page, "Dock retries", "#config-motion-dock_retries", "2.5")
    page.click("#config-review")
    page.wait(lambda: "2.5 is not a whole number." in page.text("#config-motion-dock_retries-notes"), what="what is wrong")
    assert not has(page, ".dialog") and settings().headers["etag"] == first.headers["etag"]


@pytest.mark.slow
def test_what_somebody_else_has_changed_meanwhile_is_shown_and_stays(daemon, page, settings):
    log_in(page, "supervisor")
    go(page, "/configuration/robot", "#config-robot")
    change(page, "Name", "#config-robot-name", "mill 7")
    other = daemon.request("PATCH", "config?reason=moved", {"robot": {"place": "hall 2"}}, role="administrator")
    assert other.status == 200
    review(page, "#config-meanwhile")
    assert differences(page, "#config-meanwhile-changes") == {"/robot/place": ["empty", "hall 2"]}
    assert "by administrator" in page.text("#config-meanwhile") and "moved" in page.text("#config-meanwhile")
    assert not has(page, "#config-difference") and settings().json["robot"]["name"] != "mill 7"
    # Another page and back: what was typed is still there.
    go(page, "/users", "#needs-role")
    go(page, "/configuration", "#config-robot-name")
    review(page, "#config-changes")
    page.click("#config-save-send")
    page.wait(lambda: page.text(".robot-name") == "mill 7", what="the new name at the top")
    assert settings().json["robot"] == {"name": "mill 7", "place": "hall 2", "layer": "commissioning"}


@pytest.mark.slow
def test_a_file_is_looked_at_before_its_values_are_taken(daemon, page, settings, tmp_path):
    file = tmp_path / "robot 3.json"
    document = daemon.get("config/export").json
    log_in(page, "supervisor")
    go(page, "/configuration/versions", "#import-file")
    file.write_text("{")
    page.type("#import-file", str(file))
    page.wait(lambda: "robot 3.json cannot be read" in page.text("#config-file"), what="no JSON")
    file.write_text(json.dumps({**document, "kind": "OHT-70"}))
    page.type("#import-file", str(file))
    page.wait(lambda: "it is for another kind of robot" in page.text("#config-import"), what="the refusal")
    assert not has(page, "#import-wrong") and not has(page, "#import-send")
    page.click("#config-import .actions .button")
    document["values"]["robot"] = {"name": "robot 3", "place": "hall 9", "layer": "commissioning"}
    file.write_text(json.dumps(document))
    page.type("#import-file", str(file))
    page.wait(lambda: has(page, "#import-changes"), what="what it would change")
    assert differences(page, "#import-changes")["/robot/place"] == ["empty", "hall 9"]
    assert settings().json["robot"]["name"] != "robot 3", "it was only looked at"
    page.click("#import-send")
    page.wait(lambda: not has(page, "#config-import") and page.text(".robot-name") == "robot 3", what="the name at the top")
    assert settings().json["robot"] == {"name": "robot 3", "place": "hall 9", "layer": "commissioning"}


def teach(page, station):
    """Here is the station: asked for, and confirmed."""
    press(page, f"{station} is here")
    page.wait(lambda: has(page, "#teach-send"), what="the question")
    page.click("#teach-send")


def remove(page, station):
    """As a version that stays."""
    press(page, f"Remove {station}")
    review(page, "#config-changes")
    fill(page, "#config-save-confirm_within_s", BACKSPACE)
    page.click("#config-save-send")


@pytest.mark.slow
def test_stations_are_added_renamed_removed_and_taught(daemon, page, settings):
    at_rest(daemon)
    log_in(page, "supervisor")
    go(page, "/configuration/stations", "#config-stations")
    # The limits are for a higher role, which is named.
    go(page, "/configuration/motion", "#config-motion")
    assert not has(page, "#config-motion button") and "role Administrator" in page.text("#config-motion")
    go(page, "/configuration/stations", "#config-add-name")
    page.click("#config-add-name")
    page.wait(lambda: has(page, "#new-name-name"), what="the form")
    for name, said in (("Mill!", "“Mill!” is no name"), ("home", "home is there already.")):
        fill(page, "#new-name-name", name)
        fill(page, "#new-name-value", "7000,5")
        page.click("#new-name-send")
        page.wait(lambda words=said: words in page.text("#new-name-name-notes"), what=said)
    fill(page, "#new-name-name", "mill")
    page.click("#new-name-send")
    press(page, "Rename home")
    page.wait(lambda: has(page, "#rename-name"), what="the form")
    fill(page, "#rename-name", "base")
    page.click("#rename-send")
    page.wait(lambda: has(page, "#config-stations-base-position_mm"), what="the new name")
    review(page, "#config-changes")
    assert differences(page, "#config-changes") == {
        "/stations/mill/position_mm": ["not there", "7000.5 mm"], "/stations/home/position_mm": ["500 mm", "not there"],
        "/stations/base/position_mm": ["not there", "500 mm"]}
    fill(page, "#config-save-confirm_within_s", BACKSPACE)
    page.click("#config-save-send")
    page.wait(lambda: not has(page, "#config-bar"), what="saved")
    assert settings().json["stations"] == {"dock": {"position_mm": 0}, "mill": {"position_mm": 7000.5}, "base": {"position_mm": 500}}
    teach(page, "mill")
    page.wait(lambda: "the station dock is at 0 mm, too" in page.text("#teach-refused"), what="the refusal")
    page.click("#config-teach .actions .button:not(.primary)")
    remove(page, "dock")
    page.wait(lambda: "dock" not in settings().json["stations"], what="removed")
    teach(page, "mill")
    page.wait(lambda: not has(page, "#config-teach"), what="taught")
    here = settings().json["stations"]["mill"]["position_mm"]
    assert abs(here - daemon.get("robot").json["position_mm"]) < 5 and here != 7000.5
    remove(page, "mill")
    page.wait(lambda: "mill" not in settings().json["stations"], what="removed")


@pytest.mark.slow
def test_what_is_not_confirmed_has_returned_and_every_page_says_so(page, settings):
    before = settings().json["robot"]["name"]
    log_in(page, "supervisor")
    go(page, "/configuration/robot", "#config-robot")
    change(page, "Name", "#config-robot-name", "mill 9")
    review(page, "#config-changes")
    # A name moves nothing: it would stay.
    assert page.run("return document.querySelector('#config-save-confirm_within_s').value") == ""
    fill(page, "#config-save-confirm_within_s", "5")
    page.click("#config-save-send")
    go(page, "/history", "#config-returned #returned-changes")
    assert f"mill 9 → {before}" in page.text("#returned-changes") and "was not confirmed within 5 s" in page.text("#config-returned")
    assert settings().json["robot"]["name"] == before
    go(page, "/alerts", "#alerts a[href='#/configuration/versions']")
    assert "The configuration has returned" in page.text("#alerts")
    page.click("#config-returned-dismiss")
    page.wait(lambda: not has(page, "#config-returned"), what="dismissed")


@pytest.mark.slow
def test_only_who_may_decide_has_the_buttons_and_the_time_is_that_of_the_robot(daemon, page, settings):
    before = settings().json
    made = daemon.request("PATCH", "config?confirm_within_s=600", {"robot": {"place": "hall 3"}}, role="administrator")
    assert made.status == 200, made
    log_in(page, "supervisor")
    page.wait(lambda: (seconds(page) or 0) > 500, what="the countdown")
    page.wait(lambda: "Only administrator or an administrator decides about it." in page.text("#config-pending"), what="who decides")
    assert not has(page, "#config-pending button") and "empty → hall 3" in page.text("#pending-changes")
    assert daemon.request("POST", "config/extend?confirm_within_s=100", role="administrator").status == 200
    page.wait(lambda: (seconds(page) or 600) <= 100, what="less time")
    log_out(page)
    log_in(page, "administrator")
    page.wait(lambda: has(page, "#pending-extend"), what="the buttons")
    assert daemon.request("POST", "config/extend?confirm_within_s=200", role="administrator").status == 200
    page.click("#pending-extend")
    page.wait(lambda: "It has 200 s more." in page.text(".toasts"), what="more time")
    page.click("#pending-give-up")
    page.wait(lambda: not has(page, "#config-pending"), what="given up")
    assert settings().json == before and not has(page, "#config-returned")


def test_what_waits_for_standstill_is_on_every_page_until_it_is_withdrawn(daemon, page, settings):
    number = int(settings().headers["etag"].strip('"'))
    log_in(page, "administrator")
    pretend(page)
    waiting = {"version": number, "state": "waiting", "by": "administrator", "returns_to": None, "within_s": None, "since": "2026-11-27T20:00:00.000Z",
               "remaining_ms": 90000}
    answers(page, "GET config/pending", waiting)
    answers(page, "DELETE config/pending", {"version": number, "changes": [], "state": "live"})
    told = daemon.get("health").json["configuration"]
    page.run("window.pretended.values.health = window.pretended.values.system = { configuration: arguments[0] }", {**told, "waits": True})
    go(page, "/history", "#config-pending #pending-withdraw")
    assert f"Version {number} of the configuration, by administrator, waits for standstill." in page.text("#config-pending")
    assert 0 < (seconds(page) or 0) <= 90
    page.click("#pending-withdraw")
    page.wait(lambda: f"Withdrawn: version {number} is live as before." in page.text(".toasts"), what="withdrawn")
    page.run("window.pretended.values.health.configuration = arguments[0]", told)
    page.wait(lambda: not has(page, "#config-pending"), what="nothing that waits")


@pytest.mark.parametrize("state,chosen", [("move", "standstill"), pytest.param("safe", "now", marks=pytest.mark.slow)])
def test_a_change_may_wait_while_the_robot_moves(daemon, page, settings, state, chosen):
    assert daemon.post("control", role="operator").status == 200
    assert settings().json["motion"]["stop_mm_s2"] != 1600
    log_in(page, "administrator")
    pretend(page, robot={"state": state})
    page.wait(lambda: page.run("return window.told.has('robot')"), what="what is pretended")
    go(page, "/configuration?search=stop_mm_s2", "#config-motion")
    change(page, "Stop", "#config-motion-stop_mm_s2", "1600")
    review(page, "#elevation-password")
    page.type("#elevation-password", PASSWORD)
    page.click("#elevation-send")
    page.wait(lambda: has(page, "#config-changes"), what="the difference")
    assert page.run("return document.querySelector('#config-save-apply_at').value") == chosen
    # The check has asked the robot: what it would say now stands there before anything is saved.
    told = page.text("#config-why-not")
    assert "The robot would refuse it now:" in told and "in control" in told, told


@pytest.mark.slow
def test_a_version_shows_its_effect(daemon, page, settings):
    for name in ("mill 21", "mill 22"):
        answer = daemon.request("PATCH", "config", {"robot": {"name": name}}, role="administrator")
        assert answer.status == 200, answer
    number = answer.json["version"]
    known = {figure["figure"]: figure for figure in daemon.get(f"config/versions/{number - 1}").json["effect"]["figures"]}
    log_in(page, "supervisor")
    go(page, "/configuration/versions", "#versions")
    press(page, f"What it changed: version {number}")
    page.wait(lambda: "Its effect is known at" in page.text("#config-what"), what="until when")
    page.click("#config-what .actions button")
    press(page, f"What it changed: version {number - 1}")
    page.wait(lambda: has(page, "#config-effect [data-figure=alerts_raised]"), what="the effect")
    assert f"→ {known['alerts_raised']['after']}" in page.text("#config-effect [data-figure=alerts_raised]")
    assert "when the next version came" in page.text("#config-what")
