# SPDX-License-Identifier: GPL-2.0-or-later
"""Which unit addresses are searched: what is at another one is found when its address is taken in, and forgotten when it is taken out."""
import subprocess

import pytest

from daemon import SIMULATOR, die_with_us, serve
from oht_test.wait import until
from test_config import alert_of, config, elevate, patch, version

SHIPPED = "\ndock_location,0x05,yes,"
MOVED = "\ndock_location,0x11,no,"
DOCK = 17


def move_dock(daemon, row):
    """Another row of the dock's module than the shipped one, for ohtd and the simulator."""
    file = daemon.data / "modules.csv"
    text = file.read_text()
    assert text.count(SHIPPED) == 1
    file.write_text(text.replace(SHIPPED, row))
    daemon.simulator = subprocess.Popen(
        [SIMULATOR, "--pty", daemon.uart, "--data", daemon.data, "--control", daemon.folder / "sim.sock"],
        stdout=subprocess.DEVNULL, stderr=(daemon.folder / "sim.log").open("ab"), preexec_fn=die_with_us)
    until(daemon.uart.exists, what="the simulator's pty")


def search(daemon, text, query=""):
    """The answer, when the robot is known to stand: for a second after a start it is not."""
    def known():
        answer = patch(daemon, {"bus": {"units": text}}, query=query)
        return (answer.status != 409 or answer.json["errors"][0]["code"] != "moving") and answer
    return until(known, what="the robot standing", period_s=0.2)


def found(daemon):
    return {item["address"]: item["health"] for item in daemon.get("modules").json["items"]}


def finds(daemon, *units):
    until(lambda: found(daemon) == dict.fromkeys(units, "good") and not daemon.get("bus").json["discovering"], what=f"{units} good, and the search over")


def planned(daemon):
    return {item["address"] for item in daemon.get("bus/plan").json["items"]}


def is_not_missed(daemon):
    """Neither alerts nor faults are of that address, and no loss was ever logged."""
    assert not [item for item in daemon.get("alerts").json["items"] if f"Module {DOCK} " in item["text"]]
    assert not daemon.get("robot").json["faults"]
    assert "module_lost" not in daemon.log() and "module_missing" not in daemon.log()


def test_a_module_at_another_address_is_found_and_forgotten(fresh):
    move_dock(fresh, MOVED)
    serve(fresh)
    # The default has the addresses of modules.csv.
    assert config(fresh)["bus"] == {"units": "1-7,17"}
    finds(fresh, 2, 3, 4, DOCK)
    elevate(fresh)
    answer = search(fresh, "1-8")
    assert (answer.status, answer.json["needs_standstill"]) == (200, True), answer
    assert answer.json["changes"] == [{"pointer": "/bus/units", "before": "1-7,17", "now": "1-8"}]
    assert fresh.get("bus").json["searched"] == "1-8" and DOCK not in found(fresh)
    assert fresh.get(f"modules/{DOCK}").code == fresh.get(f"modules/{DOCK}/registers").code == "module_not_found"
    until(lambda: planned(fresh) == {2, 3, 4}, what="a plan without it")
    # Known before the first search of a start, also behind a kill.
    fresh.kill()
    serve(fresh)
    finds(fresh, 2, 3, 4)
    elevate(fresh)
    assert search(fresh, "2-4,17").status == 200
    finds(fresh, 2, 3, 4, DOCK)
    until(lambda: DOCK in planned(fresh), what="a plan with it")
    until(lambda: fresh.get("robot").json["position_mm"] is not None, what="the position, which it tells")
    fresh.stop()
    serve(fresh)
    finds(fresh, 2, 3, 4, DOCK)
    is_not_missed(fresh)
    # That it answers no more is no reason to take the change back.
    elevate(fresh)
    made = search(fresh, "2-4,9", query="?confirm_within_s=600").json["version"]
    finds(fresh, 2, 3, 4)
    assert fresh.get("config/pending").json["version"] == made == version(fresh)
    is_not_missed(fresh)
    assert fresh.request("DELETE", "config/pending", role="administrator").status == 200
    finds(fresh, 2, 3, 4, DOCK)
    fresh.stop()


def test_a_required_module_is_searched_whatever_was_chosen(fresh):
    """Its address is another one than when the version was made."""
    serve(fresh)
    elevate(fresh)
    assert search(fresh, "2-5").status == 200
    fresh.stop()
    fresh.stop_simulator()
    move_dock(fresh, MOVED.replace(",no,", ",yes,"))
    serve(fresh)
    assert config(fresh)["bus"] == {"units": "1-7,17"}
    finds(fresh, 2, 3, 4, DOCK)
    assert "the required module dock_location is at unit 17, which is not among 2-5" in fresh.log()
    assert alert_of(fresh) == ['Nobody has chosen the configuration, version 3: items that do not fit have their defaults: /bus/units "2-5" -> "1-7,17".']
    is_not_missed(fresh)
    fresh.stop()


@pytest.mark.parametrize("text, code, detail", [
    ("0", "unfit", "1 to 247, alone or in spans, as 2-5,17, not '0'"), ("1-7,248", "unfit", "not '248'"), ("2-5,8-2", "unfit", "a span rises, as 2-5, not '8-2'"),
    ("2,3,3,4,5", "unfit", "each address stands once, in rising order, not '3'"), ("1,2,3,4,5,6,7,8,9", "unfit", "at most 8 addresses are searched, not '1,2,3,4,5,6,7,8,9'"),
    ("2,4-10", "unfit", "the required module safety is at unit 3, which is not among 2,4-10"), ("2-5, 17", "unfit", "not ' 17'"), ("", "length", "0 bytes"),
    (17, "type", "must be a text, not the number 17; a text that looks like a number wants quotation marks: '\"17\"'"), (True, "type", "must be a text"), ("1" * 64, "length", "64 bytes"), ("2-5\u200b", "unprintable", "U+200B")])
def test_what_cannot_be_searched_is_refused(shared, text, code, detail):
    before = version(shared)
    answer = search(shared, text)
    assert answer.status == (422 if "required" in detail else 400), answer
    fault, = answer.json["errors"]
    assert (fault["pointer"], fault["code"]) == ("/bus/units", code) and detail in fault["detail"], fault
    assert version(shared) == before and shared.get("bus").json["searched"] == "1-8"


def test_who_may_say_what_is_searched(shared):
    body = {"bus": {"units": "2-5"}}
    for role, code in (("supervisor", "role"), ("administrator", "elevation_required")):
        answer = shared.post("config/check", body, role=role)
        assert (answer.status, answer.code, answer.json["errors"][0]["pointer"]) == (403, code, "/bus/units"), answer
