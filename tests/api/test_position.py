# SPDX-License-Identifier: GPL-2.0-or-later
"""A robot knows where it is, over a restart as well, or says that it does not; then a supervisor says it."""
import re

from oht_test.wait import until
from test_module_profiles import is_ready


def robot(daemon):
    return daemon.get("robot").json


def say(daemon, body):
    """The answer, when the robot is known to stand and its position to be read: for a moment after a start neither is.

    In a session that is elevated, which gives control back.
    """
    def known():
        answer = daemon.post("robot/position", body)
        return (answer.status == 200 or answer.code not in ("moving", "sensors")) and answer
    answer = until(known, what="the robot standing", period_s=0.2)
    daemon.request("DELETE", "control", token=daemon.elevated())
    return answer


def alert(daemon, code="not_located"):
    """The one with that code, or None."""
    return next((item for item in daemon.get("alerts").json["items"] if item["code"] == code), None)


def located(daemon):
    """As the metrics tell it."""
    return re.search(r"^oht_robot_located ([01])$", daemon.request("GET", "/metrics").body.decode(), re.M).group(1)


def test_a_supervisor_says_where_the_robot_is(fresh):
    fresh.write_config(bus_outputs="simulated")
    fresh.start_simulator()
    # The first value counts at once; later ones would have to last for 5 s of a robot whose times are stretched.
    assert fresh.sim("set 2 battery_soc 42").startswith("ok")
    fresh.start()
    is_ready(fresh)
    first = robot(fresh)
    assert (first["located"], first["expected_mm"], first["read_mm"]) == (True, None, None)
    assert say(fresh, {}).code == say(fresh, {"position_mm": 1, "confirm": True}).code == "validation"
    # Nor without the password, nor while another session is in control; at the machine none is asked for.
    for role, code in (("operator", "role"), ("supervisor", "elevation_required")):
        assert fresh.post("robot/position", {"confirm": True}, role=role).code == code
    assert fresh.post("control", {}, role="operator").status == 200
    assert fresh.post("robot/position", {"confirm": True}).code == "control_held"
    assert fresh.request("DELETE", "control", role="operator").status == 200
    assert (alert(fresh), located(fresh)) == (None, "1")
    # The offset holds for the robot, and the register stays as it is.
    told = say(fresh, {"position_mm": 12000})
    assert (told.status, told.json["position_mm"]) == (200, 12000), told.body
    until(lambda: fresh.get("telemetry/current?signals=position_mm").json["position_mm"]["value"] == 12000, what="its telemetry")
    assert fresh.get("modules/5/registers/position_x").json["value"] == first["position_mm"]
    # What is further off than position_jump_mm is another place.
    assert fresh.sim("set 5 position_x 9000").startswith("ok")
    lost = until(lambda: (told := robot(fresh)) and not told["located"] and told, what="a robot that is not located")
    assert (lost["expected_mm"], lost["faults"]) == (12000, []) and lost["read_mm"] > 20000
    told = until(lambda: alert(fresh), what="its alert")
    assert (told["severity"], told["source"], located(fresh)) == ("warning", "robot", "0")
    assert "was last at 12000 mm" in told["text"] and f"says {lost['read_mm']:.0f} mm" in told["text"]
    assert "not_located" not in [reason["code"] for reason in fresh.get("health").json["reasons"]]
    assert fresh.post("control", {}, role="operator").status == fresh.post("safety/enable", {}, role="operator").status == 200
    for verb in ({"verb": "move", "position_mm": 14000}, {"verb": "home"}, {"verb": "dock"}):
        refused = fresh.post("robot/commands", verb, role="operator")
        assert refused.status == 409 and "not_located" in [error["code"] for error in refused.json["errors"]], refused.body
    # Nor has it the charge for it: the refusal has the item and the charge, and the alert as well.
    low = until(lambda: alert(fresh, "charge_low"), what="the alert of a low charge")
    refused = fresh.post("robot/commands", {"verb": "home"}, role="operator")
    detail = {error["code"]: error["detail"] for error in refused.json["errors"]}["charge_low"]
    assert low["severity"] == "warning" and "It is 4 %." in low["text"] and "battery_min_percent" in detail and detail.endswith(": 4 %."), (low, detail)
    refused = fresh.post("robot/stations/here/teach", {}, role="supervisor")
    assert (refused.status, refused.code) == (409, "not_located"), refused.body
    assert fresh.request("DELETE", "control", role="operator").status == 200
    assert say(fresh, {"confirm": True}).code == "enabled" and fresh.sim("set 2 battery_soc 800").startswith("ok")
    assert fresh.post("robot/commands", {"verb": "disable"}, role="operator").status == 200
    assert say(fresh, {"confirm": True}).json["located"] is True
    until(lambda: not alert(fresh) and not alert(fresh, "charge_low"), what="the end of the alerts")
    assert located(fresh) == "1"


def test_the_next_run_compares_with_the_place_that_was_kept(fresh):
    fresh.write_config(robot_simulated="no", bus_time_factor=1)
    fresh.start()
    kept = fresh.state / "position"
    assert say(fresh, {"position_mm": 12000}).json["position_mm"] == 12000
    # On the disk when it was answered.
    whole = kept.read_text()
    assert " 12000.000 " in whole and whole.endswith("stands\n"), whole
    for text, expected in ((whole, 0), (whole.replace(" 12000.000 ", " 15000.000 "), 15000), (whole.replace("stands", "left"), 12000),
                           ("nonsense\n", None), (None, 0)):
        fresh.stop()
        kept.unlink() if text is None else kept.write_text(text)
        fresh.start()
        told = until(lambda: (told := robot(fresh)) and told["position_mm"] is not None and told, what="a position")
        assert told["located"] is (expected == 0) and (told["located"] or told["expected_mm"] == expected), (text, told)


def test_a_place_that_is_not_this_robots_any_more_is_none(fresh):
    """Of a card that is in another machine, and behind a write that failed: then the file must not say what was true before."""
    fresh.write_config(robot_simulated="no", bus_time_factor=1)
    fresh.start()
    kept, in_the_way = fresh.state / "position", fresh.state / "position.new"
    assert say(fresh, {"position_mm": 12000}).json["located"] is True
    fresh.stop()
    (fresh.state / "machine").write_text("id 0123456789abcdef\n")
    fresh.start()
    lost = until(lambda: (told := robot(fresh)) and not told["located"] and told, what="the place of another machine")
    assert lost["expected_mm"] == 12000
    assert say(fresh, {"confirm": True}).json["located"] is True
    until(lambda: kept.read_text().endswith("stands\n"), what="the place in its file")
    told = fresh.log().count("position_file")
    (in_the_way / "of another").mkdir(parents=True)
    unkept = say(fresh, {"position_mm": 15000})
    assert (unkept.status, unkept.code) == (503, "storage_failing") and "next start" in unkept.json["detail"], unkept.body
    assert robot(fresh)["position_mm"] == 15000 and fresh.log().count("position_file") > told
    fresh.kill()
    (in_the_way / "of another").rmdir()
    in_the_way.rmdir()
    (fresh.state / "machine").unlink()
    fresh.start()
    lost = until(lambda: (told := robot(fresh)) and told["position_mm"] is not None and told, what="a position")
    assert (lost["located"], lost["expected_mm"]) == (False, None)
