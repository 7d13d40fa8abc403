# SPDX-License-Identifier: GPL-2.0-or-later
"""Which registers a module has: a person or the first sight decides, and what may change does not."""
from oht_test.wait import until
from test_config import elevate, patch

KEPT = "".join(f"{unit} {unit} canonical\n" for unit in (2, 3, 4, 5))


def module(daemon, unit):
    return daemon.get(f"modules/{unit}").json


def is_ready(daemon):
    until(lambda: all(item["health"] == "good" for item in daemon.get("modules").json["items"]) and
          daemon.get("robot").json["state"] == "safe" and not daemon.get("bus").json["discovering"], what="a robot in safe")


def set_profile(daemon, word):
    """The answer, when the robot is known to stand: for a second after a start it is not."""
    def known():
        answer = patch(daemon, {"modules": {"safety": {"profile": word}}})
        return (answer.status != 409 or answer.json["errors"][0]["code"] != "moving") and answer
    return until(known, what="the robot standing", period_s=0.2)


def alert(daemon, code):
    return next((item for item in daemon.get("alerts").json["items"] if item["code"] == code), None)


def test_the_profile_of_a_module_is_decided_once(fresh):
    fresh.write_config(bus_outputs="simulated")
    fresh.start()
    is_ready(fresh)
    kept = fresh.state / "module-profiles"
    until(lambda: kept.exists() and kept.read_text() == KEPT, what="what was seen first, in its file")
    # Each is legal. They fall, and so those of a legacy module do as it comes.
    for number, zone in enumerate((1500, 1200, 800, 400), 1):
        assert fresh.sim(f"set 3 zone_threshold_{number} {zone}").startswith("ok")
    assert fresh.post("modules/discover", role="operator").status == 200
    told = module(fresh, 3)
    assert (told["profile"], told["profile_by"], told["layout_changed"]) == ("canonical", "first_sight", False)

    assert patch(fresh, {"modules": {"safety": {"profile": "legacy"}}}).code == "elevation_required"
    elevate(fresh)
    assert patch(fresh, {"modules": {"safety": {"profile": "old"}}}).json["errors"][0]["code"] == "unknown_value"
    assert set_profile(fresh, "legacy").status == 200
    item = until(lambda: alert(fresh, "layout_changed"), what="the alert that it shows another profile")
    assert item["text"] == "Module 3 (safety) shows the registers of profile canonical, and is taken for legacy."
    assert (item["severity"], item["source"], item["address"]) == ("critical", "module", 3)
    told = module(fresh, 3)
    assert (told["profile"], told["profile_by"], told["layout_changed"], told["profile_seen"]) == \
        ("legacy", "configuration", True, "canonical")
    refused = fresh.post("robot/commands", {"verb": "reset_fault"}, role="administrator")
    assert (refused.status, refused.code) == (409, "layout_changed"), refused.body
    until(lambda: "3 3" not in kept.read_text(), what="nothing kept of a module whose profile is set")
    assert set_profile(fresh, None).status == 200
    until(lambda: module(fresh, 3)["profile_by"] == "first_sight", what="its first sight, once more")
    until(lambda: fresh.post("robot/commands", {"verb": "reset_fault"}, role="administrator").status == 200, what="a fault that is over")
    assert not alert(fresh, "layout_changed")

    until(lambda: fresh.post("safety/enable", role="administrator").status == 200, what="outputs that are high")
    assert set_profile(fresh, "legacy").json["errors"][0]["code"] == "enabled"
    assert module(fresh, 3)["profile"] == "canonical"
    until(lambda: kept.read_text() == KEPT, what="what is kept, in its file")
    fresh.stop()

    # What is kept holds at the next start.
    kept.write_text(KEPT.replace("5 5 canonical", "5 5 legacy"))
    fresh.start()
    until(lambda: alert(fresh, "layout_changed"), what="the alert of the dock module")
    assert (module(fresh, 5)["profile"], module(fresh, 5)["profile_seen"]) == ("legacy", "canonical")


def test_a_fault_that_a_module_reports_is_told_in_words(daemon):
    """As an alert alone where its row says so; the words are those of the table."""
    def told(want):
        return until(lambda: (item := alert(daemon, "module_fault")) and item["text"] == want and item, what=want)

    until(lambda: all(item["health"] == "good" for item in daemon.get("modules").json["items"]), what="good modules")
    assert not alert(daemon, "module_fault")
    assert daemon.sim("set 2 fault_flags 0x50").startswith("ok")
    item = told("Module 2 (power) reports a fault: Power faults is 0x0050 (communication, battery low).")
    assert (item["severity"], item["source"], item["address"]) == ("warning", "module", 2)
    assert daemon.sim("set 2 fault_flags 4").startswith("ok")
    assert told("Module 2 (power) reports a fault: Power faults is 0x0004 (over-current).")["severity"] == "critical"
    assert daemon.sim("unset 2 fault_flags").startswith("ok")
    until(lambda: not alert(daemon, "module_fault"), what="a fault that is over")
    assert daemon.sim("set 3 safety_error 5").startswith("ok")
    told("Module 3 (safety) reports a fault: Safety error code is 5 (over-voltage).")
    assert daemon.sim("set 3 safety_error 77").startswith("ok")
    told("Module 3 (safety) reports a fault: Safety error code is 77.")
    assert daemon.sim("unset 3 safety_error").startswith("ok")
    until(lambda: not alert(daemon, "module_fault"), what="a fault that is over")
