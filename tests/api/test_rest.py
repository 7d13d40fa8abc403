# SPDX-License-Identifier: GPL-2.0-or-later
"""Modules that hear nothing in too little silence: requests are lost without the settings, none is with them."""
import re

from daemon import serve
from oht_test.wait import until
from test_units import finds, planned

DOCK = 5
REST_MS = 15
QUIET_US = 3000


def set_rest(daemon, rest_ms):
    """A column of modules.csv that only the dock's module fills."""
    file = daemon.data / "modules.csv"
    head, *rows = file.read_text().splitlines()
    rows = [f"{row},{rest_ms if row.startswith('dock_location,') else ''}" for row in rows]
    file.write_text("\n".join([f"{head},rest_ms", *rows]) + "\n")


def thin_out(daemon):
    """At most three exchanges in a cycle: four have no room for so much silence."""
    file = daemon.data / "plan.csv"
    text = file.read_text()
    for row, period, phase, to_period, to_phase in (
            ("0x0002,1,,", 2, 0, 8, 0), ("0x0012,1,,", 2, 0, 8, 4), ("0x0007,1,,", 8, 3, 8, 2), ("0x0017,1,,", 8, 7, 8, 6),
            ("power,2,3,0x0000,8,,", 20, 7, 20, 3)):
        assert text.count(f"{row},{period},{phase},") == 1, row
        text = text.replace(f"{row},{period},{phase},", f"{row},{to_period},{to_phase},")
    file.write_text(text)


def unheard(daemon):
    """By unit: requests that it did not hear."""
    return {int(unit, 16): int(count) for unit, count in
            re.findall(r" unit=(\w+) .*?suppressed=(\d+)", daemon.sim("status"))}


def asked(daemon):
    return {int(unit, 16): int(count) for unit, count in re.findall(r" unit=(\w+) .*?requests=(\d+)", daemon.sim("status"))}


def test_quiet_and_rest_are_kept(fresh):
    fresh.start_simulator()
    assert fresh.sim(f"fault all quiet us={QUIET_US}") == fresh.sim(f"fault {DOCK} rest ms={REST_MS}") == "ok"
    fresh.start()
    until(lambda: all(unheard(fresh).values()), what="requests that each module has not heard")
    fresh.stop()
    set_rest(fresh, REST_MS)
    thin_out(fresh)
    fresh.write_config(bus_quiet_us=QUIET_US)
    before, were = unheard(fresh), asked(fresh)
    serve(fresh)
    finds(fresh, 2, 3, 4, DOCK)
    until(lambda: planned(fresh) == {2, 3, 4, DOCK}, what="a plan of all modules")
    until(lambda: all(count > were[unit] + 20 for unit, count in asked(fresh).items() if unit in (3, 4)), what="many cycles")
    assert unheard(fresh) == before and not fresh.get("robot").json["faults"]
    assert fresh.get("bus/plan").json["figures"]["load_worst"] < 0.95
    fresh.stop()


def test_a_rest_that_no_cycle_has_is_refused(fresh):
    set_rest(fresh, 25)
    fresh.start()
    until(lambda: fresh.get("bus/plan").json["figures"]["refused"], what="a plan that is refused")
    assert fresh.get("bus/plan").json["figures"]["load_worst"] > 0.95
    assert [fault["code"] for fault in fresh.get("robot").json["faults"]] == ["plan_refused"]
    fresh.stop()
