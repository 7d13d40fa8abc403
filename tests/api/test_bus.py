# SPDX-License-Identifier: GPL-2.0-or-later
"""What is told of the bus and its plan. The bus is the simulator behind a pty."""
import math

from oht_test.wait import until

READ = 3


def whole_plan(daemon):
    """GET bus/plan once all four modules are in the plan."""
    return until(lambda: (plan := daemon.get("bus/plan").json) and {item["address"] for item in plan["items"]} == {2, 3, 4, 5}
                 and all(item["outcome"] for item in plan["items"] if item["function"] == READ) and plan, what="a plan with all four modules")


def entries(plan):
    """What is asked and when."""
    return [[item[key] for key in ("entry", "address", "period_cycles", "phase_cycles")] for item in plan["items"]]


def test_each_cycle_has_what_the_plan_says(daemon):
    def both():
        """Plan and bus, of the same plan: a module that was late with an answer leaves it for a while."""
        before, bus, behind = (whole_plan(daemon), daemon.get("bus").json, daemon.get("bus/plan").json)
        return entries(before) == entries(behind) and bus["cycles"] and (before, bus)
    plan, bus = until(both, what="a plan that stays")
    assert (bus["backend"], bus["timing"], bus["present"], bus["cycle_us"]) == ("rtu", "not_guaranteed", True, 25000)
    assert len(bus["cycles"]) == bus["plan"]["period_cycles"] == math.lcm(*(item["period_cycles"] for item in plan["items"]))
    for cycle in bus["cycles"]:
        due = [item["entry"] for item in plan["items"]
               if cycle["cycle"] % item["period_cycles"] == item["phase_cycles"]]
        assert [slot["entry"] for slot in cycle["slots"]] == due
        assert {3, 4} <= {slot["address"] for slot in cycle["slots"]}
        at_us = 0
        for slot in cycle["slots"]:
            assert slot["start_us"] == at_us and slot["duration_us"] > 0 and slot["name"]
            at_us += slot["duration_us"]
        assert at_us == cycle["busy_us"]
    assert 0.5 < bus["plan"]["load_mean"] <= bus["plan"]["load_worst"] < 0.95


def test_silent_module_leaves_the_plan(fresh):
    fresh.start()
    whole_plan(fresh)
    assert fresh.sim("fault 5 silence").startswith("ok")
    until(lambda: 5 not in {item["address"] for item in fresh.get("bus/plan").json["items"]}, what="a plan without it")
    assert all(slot["address"] != 5 for cycle in fresh.get("bus").json["cycles"] for slot in cycle["slots"])
    assert fresh.sim("clear 5").startswith("ok")
    whole_plan(fresh)
    fresh.stop()


def test_statistics_count_what_they_say(daemon):
    before = daemon.get("bus/statistics").json
    after = until(lambda: (s := daemon.get("bus/statistics").json)["control_cycles"] > before["control_cycles"] and s,
                  what="further cycles")
    assert after["transfers"] >= before["transfers"]
    # Those of the driver are not there without it.
    assert [each["name"] for each in after["histograms"]] == ["control_late"]
    late = after["histograms"][0]
    assert late["total"] == sum(bucket["count"] for bucket in late["buckets"])
    limits = [bucket["below_us"] for bucket in late["buckets"]]
    assert limits[0] == 16 and all(high == 2 * low for low, high in zip(limits, limits[1:]) if high)
