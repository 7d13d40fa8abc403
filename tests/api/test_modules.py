# SPDX-License-Identifier: GPL-2.0-or-later
"""What is done with one module: registers, ping, quarantine. The bus is the simulator behind a pty."""
import pytest

from oht_test.wait import until

REGISTER = "modules/2/registers/use_voltage_threshold"


@pytest.fixture(name="own")
def _own(fresh):
    fresh.start()
    until(lambda: all(item["health"] == "good" for item in fresh.get("modules").json["items"]), what="four good modules")
    until(lambda: fresh.post("modules/discover", role="operator").status == 200, what="the first search to be over")
    # Each value has been read once by then. A module that is taken out before holds the start up until the robot is in fault.
    until(lambda: fresh.get("robot").json["state"] == "safe", what="the end of the start")
    yield fresh
    fresh.stop()


def value_of(daemon, path):
    return daemon.get(path).json["value"]


# ---- the list ----

def test_modules_come_page_by_page(daemon):
    whole = daemon.get("modules").json
    assert len(whole["items"]) > 3 and whole["next_cursor"] is None
    for limit in (1, 2, len(whole["items"])):
        seen, query = [], f"limit={limit}"
        while query:
            answer = daemon.get(f"modules?{query}").json
            assert len(answer["items"]) == limit or not answer["next_cursor"]
            seen += answer["items"]
            cursor = answer["next_cursor"]
            query = cursor and f"limit={limit}&cursor={cursor}"
        assert [item["address"] for item in seen] == [item["address"] for item in whole["items"]]


@pytest.mark.parametrize("cursor, code", [
    ("2", "bad_cursor"), ("2-", "bad_cursor"), ("-2-00000000", "bad_cursor"), ("2-00000000", "cursor_of_other_query"),
    ("2-2-00000000", "bad_cursor")])
def test_cursors_that_are_none_of_modules(daemon, cursor, code):
    answer = daemon.get(f"modules?cursor={cursor}")
    assert (answer.status, answer.code) == (400, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [("/cursor", code)]


# ---- reading ----

def test_register_has_all_that_an_editor_needs(daemon):
    register = until(lambda: (r := daemon.get("modules/2/registers/charger_voltage_setpoint").json)["quality"] == "good" and r,
                     what="a value that is new")
    assert register["address"] == 0x30 and register["unit"] == "V" and register["type"] == "u16"
    assert (register["min"], register["max"], register["scale"]) == (0, 60, 0.1)
    assert register["value"] == pytest.approx(register["raw"] * 0.1)
    assert register["write_level"] == "supervisor" and not register["needs_elevation"] and not register["moves"]
    assert daemon.get("modules/2/registers/battery_voltage").json["write_level"] is None
    command = daemon.get("modules/2/registers/reset_error_command").json
    assert command["quality"] == "none" and command["value"] is None and command["needs_elevation"]
    assert daemon.get("modules/4/registers/motor1_speed").json["moves"]
    # A register like others; the module itself says it too.
    raw = until(lambda: daemon.get("modules/2/registers/firmware_version").json["raw"], what="a version that is read")
    until(lambda: daemon.get("modules/2").json["firmware"] == f"{raw >> 8}.{raw & 0xff:02}", what="the same of the module")


def test_time_that_the_bus_does_not_measure_is_not_said_to_be_zero(daemon):
    statistics = until(lambda: (s := daemon.get("modules/2").json["statistics"])["replies"] and s, what="an answer of the module")
    assert statistics["turnaround_us"] is None and statistics["turnaround_max_us"] is None


@pytest.mark.parametrize("path, status, code", [
    ("modules/9/registers/battery_voltage", 404, "module_not_found"),
    ("modules/2/registers/no_such_register", 404, "register_not_found"),
    ("modules/3/registers/battery_voltage", 404, "register_not_found"),
    ("modules/2/registers/a%20b", 400, "bad_name"),
    ("modules/0/registers/battery_voltage", 400, "bad_address"),
])
def test_registers_that_are_not_there(daemon, path, status, code):
    for answer in (daemon.get(path), daemon.request("PUT", path, {"raw": 1}, role="administrator")):
        assert (answer.status, answer.code) == (status, code)


@pytest.mark.slow
def test_value_of_a_silent_module_is_old(own):
    assert own.sim("fault 5 silence").startswith("ok")
    until(lambda: own.get("modules/5").json["health"] == "lost", what="lost")
    register = own.get("modules/5/registers/position_x").json
    assert register["quality"] == "old" and register["value"] is not None


# ---- writing ----

def written(answer):
    """The answer; nothing if a late host let the module wait, with the write or with what is read back."""
    if answer.status == 502 and answer.code == "module_no_answer":
        return None
    assert answer.status == 200, answer.body
    return answer.json["verified"] is not None and answer


def test_write_is_echoed_and_verified(own):
    answer = until(lambda: written(own.request("PUT", REGISTER, {"value": 1.25}, role="supervisor")), what="a write that is verified")
    assert answer.json["echoed"] is True and answer.json["verified"] is True
    assert answer.json["written"]["value"] == 1.25 and answer.json["written"]["raw"] == 125
    assert value_of(own, REGISTER) == 1.25
    assert "raw=125 " in own.sim("get 2 0x4D")
    answer = until(lambda: written(own.request("PUT", REGISTER, {"raw": 118}, role="supervisor")), what="a write that is verified")
    assert answer.json["written"]["value"] == 1.18
    assert "register_written" in own.log() and "use_voltage_threshold of unit 2 by supervisor" in own.log()


@pytest.mark.parametrize("register, body, role, status, code, said", [
    ("2/registers/use_voltage_threshold", {"raw": 1}, "operator", 403, "role", "needs the role supervisor"),
    ("2/registers/battery_voltage", {"raw": 1}, "administrator", 409, "read_only", "battery_voltage"),
    ("2/registers/charge_relay", {"raw": 1}, "administrator", 403, "elevation_required", "charge_relay"),
    ("2/registers/charge_relay", {"raw": 1}, "supervisor", 403, "role", "administrator"),
    ("4/registers/motor1_speed", {"raw": 1}, "administrator", 409, "motion_register", "unit 4"),
    ("2/registers/charger_voltage_setpoint", {"raw": 601}, "supervisor", 400, "validation", "0 to 60.0 V: 'raw 601'"),
    ("2/registers/charger_voltage_setpoint", {"raw": -1}, "supervisor", 400, "validation", "0 to 60.0 V: 'raw -1'"),
    ("2/registers/charger_voltage_setpoint", {"value": 60.1}, "supervisor", 400, "validation", "0 to 60.0 V: '60.1'"),
    ("2/registers/charger_voltage_setpoint", {"value": 1.23}, "supervisor", 400, "validation", "multiple of 0.1"),
    ("2/registers/charger_voltage_setpoint", {"value": 1e300}, "supervisor", 400, "validation", "1e+300"),
    ("2/registers/charger_voltage_setpoint", {"value": 1, "raw": 10}, "supervisor", 400, "validation", "one of the two"),
    ("2/registers/charger_voltage_setpoint", {}, "supervisor", 400, "validation", "one of the two"),
    ("2/registers/charger_voltage_setpoint", {"value": True}, "supervisor", 400, "validation", "number"),
    ("2/registers/charger_voltage_setpoint", {"raw": 1.5}, "supervisor", 400, "validation", "integer"),
    ("2/registers/charger_voltage_setpoint", {"raw": 1, "x": 2}, "supervisor", 400, "validation", "not known"),
])
def test_write_is_refused_and_nothing_is_written(daemon, register, body, role, status, code, said):
    path = f"modules/{register}"
    before = daemon.get(path).json["raw"]
    answer = daemon.request("PUT", path, body, role=role)
    assert (answer.status, answer.code) == (status, code), answer.body
    assert said in answer.body.decode()
    if register.endswith("setpoint") or register.endswith("relay"):
        assert daemon.get(path).json["raw"] == before


def test_write_to_a_silent_module_fails(own):
    assert own.sim("fault 2 silence").startswith("ok")
    answer = own.request("PUT", REGISTER, {"raw": 100, "valid_for_ms": 20000}, role="supervisor")
    assert answer.status == 502 and answer.code == "module_no_answer"


def test_reset_needs_elevation(daemon):
    answer = daemon.post("modules/5/reset", role="administrator")
    assert (answer.status, answer.code) == (403, "elevation_required")
    assert "reset_error_command" in answer.json["detail"]
    assert daemon.post("modules/5/reset", role="operator").code == "role"
    assert daemon.post("modules/99/reset", role="administrator").code == "module_not_found"


# ---- ping ----

def test_ping_tells_how_soon(own):
    answer = until(lambda: (said := own.post("modules/3/ping", role="operator")).status != 502 and said, what="an answer")
    assert answer.status == 200, answer.body
    assert answer.json["device_id"] == 3 and answer.json["attempts"] >= 1
    # A tty does not measure it.
    assert answer.json["turnaround_us"] is None and answer.json["took_us"] > 0
    assert own.post("modules/9/ping", role="operator").code == "module_not_found"
    assert own.post("modules/3/ping", role="viewer").code == "role"
    assert own.sim("fault 5 silence").startswith("ok")
    answer = own.request("POST", "modules/5/ping", {}, role="operator")
    assert (answer.status, answer.code) == (502, "module_no_answer")


# ---- quarantine ----

def test_quarantine_and_back(own):
    assert own.post("modules/5/quarantine", role="operator").code == "role"
    assert own.request("DELETE", "modules/5/quarantine", role="supervisor").code == "not_quarantined"
    answer = own.post("modules/5/quarantine", role="supervisor")
    assert answer.status == 200 and answer.json["health"] == "quarantined", answer.body
    assert own.post("modules/5/quarantine", role="supervisor").status == 200        # it is done
    health = own.get("health").json
    assert health["status"] == "degraded"
    assert [item["code"] for item in health["reasons"] if item["unit"] == 5] == ["module_quarantined"]
    asked = own.get("modules/5").json["statistics"]["requests"]
    assert own.post("modules/discover", role="operator").status == 200
    assert own.get("modules/5").json["health"] == "quarantined"
    # What was on its way when it began may have been counted after it.
    assert own.get("modules/5").json["statistics"]["requests"] <= asked + 1
    assert own.get("modules/5/registers/position_x").json["quality"] in ("old", "none")
    for answer in (own.post("modules/5/ping", role="operator"),
                   own.request("PUT", "modules/5/registers/docking_retry_count", {"raw": 2}, role="supervisor")):
        assert (answer.status, answer.code) == (409, "module_quarantined")
    until(lambda: "module_quarantined" in {why["code"] for why in own.get("safety").json["why_not_enable"]}, what="the reason")
    answer = own.request("DELETE", "modules/5/quarantine", role="supervisor")
    assert answer.status == 200 and answer.json["health"] != "quarantined"
    until(lambda: own.get("modules/5").json["health"] == "good", what="good again")
    assert "unit 5 taken out by supervisor" in own.log() and "unit 5 let back by supervisor" in own.log()
    assert own.post("modules/9/quarantine", role="supervisor").code == "module_not_found"
