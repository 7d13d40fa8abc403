# SPDX-License-Identifier: GPL-2.0-or-later
"""Slaves that are not ours: pymodbus with the legacy map. They are found, told apart, decoded, not written by mistake."""
import itertools

import pytest

from foreign import DRIVE, MODULES, Foreign, Slave, fill, foreign_robot
from oht_test.wait import until

# Slaves in Python answer when the host lets them.
pytestmark = pytest.mark.slow

CLONES = (6, 7, 8)
# Where rows of probes.csv ask a module for what only a canonical one has.
PROBES = {2: (0x14, 0x43, 0x0A), 3: (0x14, 0x51)}


def begin(fresh, slaves):
    """ohtd on the line of `slaves`, which end with it."""
    fresh.simulator = slaves
    # One that is lost must not cost the others theirs; a host that stalls for half a second is another subject.
    fresh.write_config(bus_time_factor=20)
    fresh.start()


@pytest.fixture(name="robot", params=[False, True], ids=["gaps_read_0", "gaps_are_refused"])
def _robot(request, fresh, chance):
    """A daemon on seven foreign slaves, when it has found them."""
    begin(fresh, foreign_robot(fresh.uart, chance, request.param))
    all_there(fresh)
    yield fresh
    fresh.stop()


def modules(daemon):
    return {item["address"]: item for item in daemon.get("modules").json["items"]}


def found(daemon):
    items = modules(daemon)
    return {*MODULES, *CLONES} <= items.keys() and all(items[unit]["health"] == "good" for unit in MODULES) and items


def all_there(daemon):
    """Once they are found, by as many searches as that takes."""
    searched(daemon, lambda: {*CLONES} <= modules(daemon).keys(), "three drives")
    # Slaves in Python answer late on a busy host.
    return until(lambda: found(daemon), 120, what="four modules and three drives")


def settled(daemon):
    """The health of the modules once the daemon has read each register of them, or knows that there is none."""
    return until(lambda: all(item["state"] != "never_read" for unit in MODULES
                             for item in daemon.get(f"modules/{unit}/registers").json["items"]), 120, what="a value of each register")


def search(daemon):
    """A search on demand, behind the one that the daemon makes by itself."""
    return until(lambda: (answer := daemon.post("modules/discover", role="operator")).status == 200 and answer, what="a search").json


def searched(daemon, condition, what):
    """Search until it is so. A stranger has 20 ms to answer; on a host that stalls it is missed, and has to be searched again."""
    def met():
        if condition():
            return True
        if not daemon.get("bus").json["discovering"]:
            search(daemon)
        return condition()
    return until(met, 120, what=what)


def only_stops(writes):
    """Nothing was written but the stop of the drive, which goes to the drive alone."""
    assert writes.keys() <= {DRIVE}, writes
    assert {address for _, address in writes.get(DRIVE, [])} <= {0x14, 0x00}, writes


def errors_of(daemon, unit):
    counts = daemon.get(f"modules/{unit}").json["statistics"]
    return {name: counts[name] for name in ("timeouts", "crc_errors", "exceptions", "other_errors")}


# ---- found and told apart ----

def test_found_and_told_apart(robot):
    items = modules(robot)
    assert items.keys() == {*MODULES, *CLONES}
    for unit, name in MODULES.items():
        assert (items[unit]["name"], items[unit]["type"], items[unit]["profile"]) == (name, unit, "legacy"), items[unit]
        assert items[unit]["assigned"] and items[unit]["required"]
    for unit in CLONES:
        assert (items[unit]["name"], items[unit]["type"], items[unit]["profile"]) == ("travel_motor", 4, None)
        assert (items[unit]["assigned"], items[unit]["required"], items[unit]["health"]) == (False, False, "not_polled")
        assert robot.get(f"modules/{unit}").json["device_id"] == 4
        assert robot.get(f"modules/{unit}/registers").code == "no_register_map"


def test_every_register_is_decoded_as_pymodbus_holds_it(robot):
    settled(robot)
    for unit in MODULES:
        slave = robot.simulator.slaves[unit]
        items = {item["name"]: item for item in robot.get(f"modules/{unit}/registers").json["items"]}
        assert items.keys() == slave.registers.keys()
        for name, register in slave.registers.items():
            item = items[name]
            if item["access"] == "WO":
                assert item["state"] == "write_only"
                continue
            # Where gaps are refused each register is a read of its own, and on a busy host its next turn may be long in coming.
            assert item["state"] == "ok" and item["quality"] in ("good", "old"), item
            # A host that stalls may cost the safety module its loss time, and then the drive is told to stop.
            if unit == 4 and name in ("enable", "emergency_stop"):
                continue
            assert slave.words(name) == register.words, "something has written it"
            assert item["raw"] == register.raw, item
            if item["type"] == "string":
                assert item["value"] == "OHTA"
            else:
                assert item["value"] == pytest.approx(register.raw * item["scale"]), item
    only_stops(robot.simulator.written())
    # Time-outs are left out: a host that stalls is late with answers. Refused are at most the probes for the other profile.
    for unit in MODULES:
        errors = errors_of(robot, unit)
        probes = sum(request[:2] == (unit, 3) and request[2] in PROBES.get(unit, ()) for request in list(robot.simulator.asked))
        assert errors["exceptions"] <= probes, (unit, errors)
        # What comes too late for its own request can be heard as a wrong answer to the next one.
        assert errors["crc_errors"] == 0 and errors["other_errors"] <= errors["timeouts"], (unit, errors)


def test_search_on_demand_finds_the_same_and_writes_nothing(robot):
    settled(robot)
    before = modules(robot)
    asked = {unit: robot.simulator.count(unit) for unit in CLONES}
    told = ("address", "name", "type", "profile", "assigned", "health")
    def same():
        return [{key: item[key] for key in told} for item in search(robot)["items"]] == \
               [{key: item[key] for key in told} for item in before.values()]
    until(same, what="the same")
    for unit in CLONES:
        assert robot.simulator.count(unit) > asked[unit]
    only_stops(robot.simulator.written())


# ---- written ----

def test_write_goes_to_the_one_that_is_meant(robot):
    settled(robot)
    answer = robot.request("PUT", "modules/5/registers/config_retry_count", {"raw": 7}, role="supervisor")
    assert answer.status == 200 and answer.json["verified"] is True, answer.body
    assert robot.simulator.slaves[5].words("config_retry_count") == [7]
    writes = robot.simulator.written()
    assert writes.pop(5) == [(6, 0xA004)]
    only_stops(writes)
    # Surplus drives have no names to write by, whoever asks.
    for unit in CLONES:
        for name in ("enable", "speed_target", "emergency_stop"):
            refused = robot.request("PUT", f"modules/{unit}/registers/{name}", {"raw": 1}, role="administrator")
            assert (refused.status, refused.code) == (409, "no_register_map")
        assert robot.post(f"modules/{unit}/reset", role="administrator").code == "no_register_map"


def test_stop_goes_to_our_drive_only(robot):
    settled(robot)
    robot.simulator.asked.clear()
    assert robot.post("safety/stop", role="operator").status == 200

    def told():
        # A write whose answer came too late is repeated.
        return [write for write, _ in itertools.groupby(robot.simulator.written().get(DRIVE, []))]
    until(lambda: len(told()) >= 2, what="the stop of the drive")
    assert told()[:2] == [(6, 0x14), (6, 0x00)]
    assert robot.simulator.slaves[DRIVE].words("emergency_stop") == [1]
    search(robot)
    only_stops(robot.simulator.written())


# ---- taken out, pulled out, and back ----

@pytest.mark.parametrize("unit", [5, 7])
def test_quarantine(robot, unit):
    assert robot.post(f"modules/{unit}/quarantine", role="supervisor").json["health"] == "quarantined"
    asked = robot.simulator.count(unit)
    search(robot)
    # What was on its way.
    assert robot.simulator.count(unit) <= asked + 1
    assert robot.request("DELETE", f"modules/{unit}/quarantine", role="supervisor").status == 200
    until(lambda: modules(robot)[unit]["health"] == ("good" if unit in MODULES else "not_polled"), what="asked again")
    only_stops(robot.simulator.written())


@pytest.mark.parametrize("unit", [2, 3, 4, 5])
def test_unplugged_and_back(fresh, chance, unit):
    line = foreign_robot(fresh.uart, chance)
    begin(fresh, line)
    all_there(fresh)
    line.unplug(unit)
    until(lambda: modules(fresh)[unit]["health"] == "lost", what="lost")

    def others():
        return {item["health"] for other, item in modules(fresh).items() if other in MODULES and other != unit}
    # A late host costs any module some of its polls, and no module may be lost by the silence of another.
    assert others() <= {"good", "degraded"}
    until(lambda: others() == {"good"}, what="the others as before")
    # Another one of its kind comes back, with other values.
    line.plug(Slave(unit, fill(unit, chance), False))
    until(lambda: found(fresh), what="good again")
    settled(fresh)
    values = {item["name"]: item for item in fresh.get(f"modules/{unit}/registers").json["items"]}
    name = "serial_number"
    until(lambda: fresh.get(f"modules/{unit}/registers/{name}").json["raw"] == line.slaves[unit].registers[name].raw,
          what="the values of the new one")
    assert values.keys() == line.slaves[unit].registers.keys()
    only_stops(line.written())
    fresh.stop()


def test_adapter_pulled_out_and_back(fresh, chance):
    line = foreign_robot(fresh.uart, chance)
    begin(fresh, line)
    all_there(fresh)
    line.hang_up()
    until(lambda: not fresh.get("bus").json["present"], what="no bus")
    line.come_back()
    until(lambda: found(fresh), what="all of them again")
    until(lambda: {modules(fresh)[unit]["health"] for unit in CLONES} == {"not_polled"}, what="the drives as well")
    only_stops(line.written())
    fresh.stop()


# ---- what should not be there ----

def test_address_that_begins_to_answer(fresh, chance):
    line = Foreign(fresh.uart, [Slave(unit, fill(unit, chance), False) for unit in MODULES])
    begin(fresh, line)
    until(lambda: {unit: item["health"] for unit, item in modules(fresh).items()} == dict.fromkeys(MODULES, "good"),
          what="four modules")
    line.plug(Slave(7, fill(DRIVE, chance), False))
    stranger = Slave(8, fill(DRIVE, chance), False)
    stranger.context.setValues(3, 0x104, [77])
    line.plug(stranger)
    searched(fresh, lambda: {7, 8} <= modules(fresh).keys(), "both strangers")
    items = modules(fresh)
    assert (items[7]["name"], items[7]["type"], items[7]["assigned"]) == ("travel_motor", 4, False)
    assert (items[8]["name"], items[8]["type"], items[8]["assigned"]) == ("unknown", 77, False)
    assert {items[unit]["health"] for unit in MODULES} == {"good"}
    line.unplug(7)
    search(fresh)
    assert modules(fresh)[7]["health"] == "lost"
    searched(fresh, lambda: modules(fresh)[8]["health"] == "not_polled", "the one that is left")
    only_stops(line.written())
    fresh.stop()


@pytest.mark.parametrize("unit", [2, 3, 4, 5, 7])
def test_two_at_one_address(fresh, chance, unit):
    line = foreign_robot(fresh.uart, chance)
    begin(fresh, line)
    all_there(fresh)
    settled(fresh)
    before = {item["name"]: item["raw"] for item in fresh.get(f"modules/{unit}/registers").json["items"]} \
        if unit in MODULES else {}
    line.twin(unit, Slave(unit, fill(unit if unit in MODULES else DRIVE, chance), False))
    if unit in MODULES:
        until(lambda: modules(fresh)[unit]["health"] == "lost", what="lost")
    else:
        search(fresh)
        assert modules(fresh)[unit]["health"] == "lost"
    counts = errors_of(fresh, unit)
    # Two answers that lie over each other begin with no address that was asked: noise, and nothing behind it (D257).
    assert counts["timeouts"] + counts["crc_errors"] + counts["other_errors"] > 0, counts
    assert {item["health"] for other, item in modules(fresh).items() if other in MODULES and other != unit} == {"good"}
    for item in fresh.get(f"modules/{unit}/registers").json["items"] if unit in MODULES else []:
        assert item["raw"] == before[item["name"]], "a value that no slave has"
    line.twin(unit, None)
    until(lambda: found(fresh) and (unit in MODULES or modules(fresh)[unit]["health"] == "not_polled"), what="one again")
    only_stops(line.written())
    fresh.stop()
