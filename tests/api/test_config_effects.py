# SPDX-License-Identifier: GPL-2.0-or-later
"""Each item of the configuration has its effect: a route that shows the new value, or a test that waits for what it does.

An item without a row fails, and so does a row without its item.
"""
import functools
import re

import pytest

from daemon import TOP, begin, serve
from test_config import elevate, patch


@pytest.fixture(scope="module", name="shared")
def _shared(tmp_path_factory, accounts):
    made = begin(tmp_path_factory.mktemp("effects"), accounts)
    try:
        serve(made)
        elevate(made)
        yield made
        made.stop()
    finally:
        made.end()


def shown(path, *members):
    """What a route says there."""
    return lambda daemon: functools.reduce(lambda value, member: value[member], members, daemon.get(path, role="viewer").json)


def level(daemon):
    *_, line = (line for line in daemon.log().splitlines() if " settings log_level: " in line)
    return re.search(r" to (\w+) by ", line)[1]


def tariff(member):
    return shown("analytics/summary?from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z", member)


def target(name):
    return lambda daemon: daemon.get("analytics/service-level").json["targets"][name]


def interval(wear):
    return lambda daemon: next(item["interval"] for item in daemon.get("analytics/odometer").json["services"] if item["wear"] == wear)


def rule(member):
    """Of the rule that is made, in the words of the configuration."""
    def said(daemon):
        value = daemon.get("alert-rules/mill").json[member]
        return ("no", "yes")[value] if isinstance(value, bool) else ",".join(value) if isinstance(value, list) else value
    return said


# Item of the schema: another value and what shows it, or the test that waits for its effect.
EFFECTS = {
    "/robot/name": ("effect", shown("robot", "name")),
    "/robot/place": ("hall 9", shown("robot", "place")),
    "/robot/layer": ("production", shown("robot", "layer")),
    "/log/level": ("debug", level),
    "/stations/*/position_mm": (7000, lambda daemon: {item["name"]: item["position_mm"] for item in shown("robot/stations", "items")(daemon)}["mill"]),
    "/bus/units": ("1-7", shown("bus", "searched")),
    **{f"/modules/{name}/profile": "api/test_module_profiles.py::test_the_profile_of_a_module_is_decided_once"
       for name in ("power", "safety", "travel_motor", "dock_location")},
    "/analytics/tariff_per_kwh": (0.25, tariff("tariff_per_kwh")),
    "/analytics/currency": ("EUR", tariff("currency")),
    "/analytics/shifts": "api/test_analytics.py::test_shifts_and_tariff_are_configuration",
    **{f"/service/{name}": (value, target(name)) for name, value in {"uptime_percent": 99.5, "errors_percent": 0.2, "latency_ms": 250}.items()},
    **{f"/maintenance/{name}": (value, interval(wear)) for name, wear, value in (("distance_m", "distance", 5000), ("hours", "hours", 40), ("starts", "starts", 900))},
    **{f"/missions/battery_{name}": (value, shown("missions/battery", name)) for name, value in (("min_percent", 20), ("charged_percent", 80))},
    "/missions/battery_dock_percent": "unit/test_mission_battery.c::a_robot_with_little_charge_docks_charges_and_stays",
    "/history/samples_days": "api/test_history.py::test_how_much_is_kept_is_an_item_of_the_configuration",
    "/history/columns_days": "unit/test_history.c::what_is_old_goes_if_the_clock_is_right",
    "/history/size_mib": "unit/test_history.c::a_smaller_size_gives_the_pages_back_at_once",
    "/history/left_out": "api/test_history.py::test_signals_are_left_out_and_kept_again",
    "/backup/nightly": "api/test_backups.py::test_when_and_how_many_is_an_item_of_the_configuration",
    "/backup/hour": "api/test_backups.py::test_when_and_how_many_is_an_item_of_the_configuration",
    "/backup/keep": "api/test_backups.py::test_when_and_how_many_is_an_item_of_the_configuration",
    "/rates/logins_per_s": "api/test_rates.py::test_log_ins_are_counted_for_each_address",
    "/rates/changes_per_s": "api/test_rates.py::test_changes_are_counted_for_each_account",
    "/rates/queries_per_s": "api/test_rates.py::test_a_rate_is_an_item_of_the_configuration",
    "/gateway/idle_s": "api/test_gateway.py::test_who_may_write_is_an_item_of_the_configuration",
    "/gateway/fresh_ms": "api/test_gateway.py::test_without_an_image_each_read_asks_the_module",
    "/gateway/write_from": "api/test_gateway.py::test_who_may_write_is_an_item_of_the_configuration",
    "/gateway/write_registers": "api/test_gateway.py::test_who_may_write_is_an_item_of_the_configuration",
    "/access/origins": "api/test_stream.py::test_a_listed_page_elsewhere_asks_with_a_token_and_never_with_the_cookie",
    "/access/devices": "api/test_devices.py::test_a_robot_lets_no_device_in_as_it_comes",
    "/access/registration": "api/test_register.py::test_a_robot_takes_no_registrations_as_it_comes",
    "/security/second_factor": "api/test_totp.py::test_a_role_that_must_have_one_may_only_set_it_up",
    "/access/local_roles": "api/test_local.py::test_a_local_user_may_what_its_role_may",
    **{f"/alert_rules/*/{name}": (value, rule(name)) for name, value in {
        "enabled": "no", "signal": "cell_max_v", "kind": "difference", "minus": "cell_min_v", "when": "below", "limit": 0.5, "hysteresis": 0.1,
        "on_ms": 20, "off_ms": 30, "severity": "critical", "latching": "yes", "behind_modules": "yes", "suppressed": "boot,move", "group": "cells",
        "text": "Cells", "consequence": "None.", "action": "Wait."}.items()},
    "/alert_rules/*/window_ms": "unit/test_alert_rules.c::little_is_known_by_a_whole_window",
}


def limits(daemon):
    """By pointer."""
    return {"/motion/" + item["name"] + ("" if item["profile"] == "common" else "/" + item["profile"]): item["value"]
            for item in daemon.get("robot/limits").json["items"]}


def another(item):
    """Hardly another value, so that all of them fit together."""
    if item["whole"]:
        return item["preset"] + (1 if item["preset"] < item["max"] else -1)
    return round(item["preset"] * 1.001, 4) if item["preset"] * 1.001 <= item["max"] else item["preset"]


def merged(values):
    tree = {}
    for pointer, value in values.items():
        *path, last = pointer[1:].split("/")
        functools.reduce(lambda at, name: at.setdefault(name, {}), path, tree)[last] = value
    return tree


def test_each_item_has_its_effect(shared):
    items = {item["pointer"]: item for item in shared.get("config/schema").json["items"]}
    motion = {pointer: another(item) for pointer, item in items.items() if pointer.startswith("/motion/")}
    assert set(items) == set(EFFECTS) | set(limits(shared)), "an item without a row here, or a row without an item"
    wanted = {pointer.replace("*", "mill"): row[0] for pointer, row in EFFECTS.items() if not isinstance(row, str)}
    answer = patch(shared, merged({**motion, **wanted}))
    assert answer.status == 200, answer
    assert limits(shared) == motion
    for pointer, row in EFFECTS.items():
        if isinstance(row, str):
            file, name = row.split("::")
            assert re.search(rf"^(def|static void) {name}\(", (TOP / "tests" / file).read_text(encoding="utf-8"), re.M), row
        else:
            assert row[1](shared) == row[0], pointer
