# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures of the past: each is what all samples give that the daemon exports; time without values is unknown; what is refused."""
import contextlib
import csv
import datetime
import io
import itertools
import json
import os
import random
import re
import sqlite3
import subprocess
import time

import pytest

from daemon import begin, serving
from oht_test.wait import until
from past import BAD, GOOD, NONE, OLD, at, text, write_run
from test_telemetry import OHTCTL

S = 10 ** 9
HOUR = 3600 * S
CYCLES = 24_000     # of each run: 10 minutes
HEALTHS = ("power_health", "safety_health", "travel_motor_health", "dock_location_health")
NAMES = ("speed_mm_s", "battery_v", "battery_a", "enabled", "state", "bus_transfers", "bus_errors", "cycle_late_us", *HEALTHS)
AVAILABLE = {"idle", "move", "paused", "blocked", "dock"}
UP, DOWN = {"good", "degraded"}, {"lost"}


# ---- a past ----

def make_values(chance):
    """Stretches of rest and motion, of constant and noisy power, of states; the numbers of words are those of the registry."""
    values = {name: [] for name in NAMES}
    now = dict.fromkeys(NAMES, 1)
    while len(values["speed_mm_s"]) < CYCLES:
        now |= {"speed_mm_s": chance.choice((0, 0, 1, -2, 3, 600, -450)), "battery_a": chance.randrange(-60, 40),
                "enabled": chance.randrange(2), "state": chance.randrange(12)}
        now |= {name: chance.choice((0, 1, 1, 2, 3, 3, 5)) for name in HEALTHS}
        noisy = chance.randrange(2)
        for _ in range(chance.randrange(20, 900)):
            now["battery_v"] = 481 + (chance.randrange(5) if noisy else 0)
            now["bus_transfers"] += chance.randrange(3)
            now["bus_errors"] += not chance.randrange(200)
            now["cycle_late_us"] = chance.randrange(90)
            for name, value in now.items():
                values[name].append(value)
    return {name: told[:CYCLES] for name, told in values.items()}


def make_qualities(chance):
    qualities = {name: [GOOD] * CYCLES for name in NAMES}
    for name, _ in itertools.product(NAMES, range(4)):
        first, length = chance.randrange(CYCLES), chance.randrange(1, 300)
        qualities[name][first:first + length] = [chance.choice((OLD, BAD, NONE))] * len(qualities[name][first:first + length])
    return qualities


def write_acts(file, begin_ns):
    """Commands and stops: minutes after @begin_ns."""
    commands = [(5, "move", "finished", ""), (6, "move", "failed", "replaced"), (7, "home", "finished", ""), (8, "dock", "finished", ""),
                (9, "dock", "failed", "obstacle"), (9, "jog", "finished", ""), (60, "move", "failed", "obstacle"), (61, "move", "failed", "replaced"),
                (62, "move", "failed", "replaced")]
    # Kind, cause, state before: a stop, a further cause of it, a reset, an edge that read closed.
    entries = [(5, 1, 2, 2), (6, 1, 3, 0), (7, 3, 0, 0), (66, 2, 2, 1), (67, 1, 6, 2)]
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("BEGIN")
        for number, (minute, verb, state, reason) in enumerate(commands, 1):
            ended = begin_ns + minute * 60 * S
            database.execute("INSERT INTO commands VALUES (?, '', 0, 'anna', ?, ?, ?, NULL, NULL, ?, ?, ?)",
                             (number, verb, state, reason, ended - 2, ended - 1, ended))
        database.execute("INSERT INTO journal_sources (boot_id, device) VALUES ('past', 7)")
        [source] = database.execute("SELECT max(id) FROM journal_sources").fetchone()
        for seq, (minute, kind, cause, state) in enumerate(entries, 1):
            database.execute("INSERT INTO journal VALUES (?, ?, 0, ?, 1, 0, ?, ?, 0, ?, 0, 0, 0, 0, 0)",
                             (source, seq, begin_ns + minute * 60 * S, kind, cause, state))
        database.execute("COMMIT")


def write_service(file, day, now):
    """A day with a bad hour, and one a week later of which only three hours are known, each after a cut; and some minutes of now."""
    rows = [(day + hour, 3600 * S - (120 * S if hour == 7 else 0), 120 * S if hour == 7 else 0, 0, 0, 144_000, 100, 0, [50, 0, 0, 0, 0, 0, 0], [900, 0, 0, 0, 0, 0, 0])
            for hour in range(24)]
    rows += [(day + 7 * 24 + hour, 3000 * S, 0, 1, 1, 120_000, 240, 1, [95, 0, 0, 3, 0, 0, 2], [0, 99, 0, 0, 0, 1, 0]) for hour in (5, 6, 9)]
    rows.append((now, 0, 300 * S, 0, 0, 0, 0, 0, [0] * 7, [0] * 7))
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
        for *counts, requests, telemetry in rows:
            values = [*counts, *requests, *telemetry]
            database.execute(f"INSERT INTO service_hours VALUES ({','.join('?' * len(values))})", values)


@pytest.fixture(scope="module", name="past")
def fixture_past(tmp_path_factory, accounts):
    """Two runs around a full hour; the second one begins by its clock a minute before the first has ended."""
    made = begin(tmp_path_factory.mktemp("past"), accounts)
    made.write_config(history_flush_s="1")
    made.start()
    until(lambda: made.get("health").json["history"]["flushes"], what="values on the disk")
    made.stop()
    chance = random.Random(int(os.environ["OHT_SEED"]))
    made.hour = (time.time_ns() // HOUR - 3) * HOUR
    if made.hour % (24 * HOUR) == 0:
        made.hour -= HOUR       # what is around it is one day
    starts = made.hour - 4 * 60 * S + 7, made.hour + 5 * 60 * S
    with contextlib.closing(sqlite3.connect(made.state / "history.db", isolation_level=None)) as database:
        database.execute("BEGIN")
        for table in ("runs", "intervals", "chunks", "coarse", "gaps"):
            database.execute(f"DELETE FROM {table}")
        for run, start_ns in enumerate(starts, 1):
            write_run(database, run, start_ns, make_values(chance), make_qualities(chance))
        database.execute("COMMIT")
    write_acts(made.state / "oht.db", made.hour - 10 * 60 * S)
    made.day = (made.hour // HOUR - 60 * 24) // 24 * 24
    write_service(made.state / "oht.db", made.day, made.hour // HOUR + 1)
    with serving(made):
        until(lambda: summary_of(made, made.hour, made.hour + S).status == 200, what="the file to be open")
        yield made


# ---- what is told, and what the samples say ----

def summary_of(daemon, from_ns, to_ns, by="hour"):
    return daemon.get(f"analytics/summary?by={by}&from={text(from_ns // 10 ** 6)}&to={text(to_ns // 10 ** 6)}")


def summary(daemon, from_ns, to_ns, by="hour"):
    told = summary_of(daemon, from_ns, to_ns, by)
    assert told.status == 200, told
    return told.json


def samples(daemon, from_ns, to_ns):
    """By run; of each cycle its time and its good values."""
    told = daemon.get(f"telemetry/export?signals={','.join(NAMES)}&from={text(from_ns // 10 ** 6)}&to={text(to_ns // 10 ** 6)}")
    assert told.status == 200, told
    runs = {}
    for row in csv.DictReader(io.StringIO(told.body.decode())):
        if not row["gap_reason"]:
            good = {name: row[name] for name in NAMES if row[f"{name}.quality"] == "good"}
            runs.setdefault(row["run"], []).append((int(row["cycle"]), good))
    return runs


def numbers(told, *names):
    """Of the cycles in which all of these are good."""
    return [tuple(float(good[name]) for name in names) for good in told if all(name in good for name in names)]


def increase(told, name):
    """Of a counter that begins with its run."""
    return max((int(good[name]) for good in told if name in good), default=0)


def failures(told, name):
    known = [good[name] for good in told if name in good]
    return sum(before in UP and now in DOWN for before, now in itertools.pairwise(known))


def brute(runs):
    """All figures of one interval that has all of some runs."""
    told = [good for run in runs for good in run]
    speeds, powers = [abs(v) for v, in numbers(told, "speed_mm_s")], [v * a for v, a in numbers(told, "battery_v", "battery_a")]
    late = [value for value, in numbers(told, "cycle_late_us")]
    states, enabled = [good["state"] for good in told if "state" in good], [good["enabled"] for good in told if "enabled" in good]
    known = [sum(name in good for good in told) / 40 for name in HEALTHS]
    up = [sum(good.get(name) in UP for good in told) / 40 for name in HEALTHS]
    down = [sum(good.get(name) in DOWN for good in told) / 40 for name in HEALTHS]
    assert all(is_up + is_down < all_of for is_up, is_down, all_of in zip(up, down, known))
    failed = [sum(failures(run, name) for run in runs) for name in HEALTHS]
    exchanges, errors = (sum(increase(run, name) for run in runs) for name in ("bus_transfers", "bus_errors"))
    return {
        "motion": {"distance_m": sum(v for v in speeds if v > 2) / 40e3, "moving_s": sum(v > 2 for v in speeds) / 40, "known_s": len(speeds) / 40},
        "energy": {"used_wh": -sum(p for p in powers if p < 0) / 144e3, "charged_wh": sum(p for p in powers if p > 0) / 144e3,
                   "known_s": len(powers) / 40},
        "availability": {"enabled_s": enabled.count("1") / 40, "available_s": sum(state in AVAILABLE for state in states) / 40,
                         "available_percent": 100 * sum(state in AVAILABLE for state in states) / len(states), "known_s": len(states) / 40},
        "bus": {"exchanges": exchanges, "errors": errors, "per_million": errors * 1e6 / exchanges,
                "known_s": sum("bus_transfers" in good for good in told) / 40},
        "control": {"late_mean_us": sum(late) / len(late), "late_max_us": max(late), "known_s": len(late) / 40},
        "modules": [{"up_s": up[i], "down_s": down[i], "failures": failed[i], "mtbf_s": up[i] / failed[i] if failed[i] else None,
                     "mttr_s": down[i] / failed[i] if failed[i] else None, "known_s": up[i] + down[i]} for i in range(4)],
    }


def agrees(told, wanted, length_s):
    if wanted is None or told is None:
        assert told is wanted
    elif isinstance(wanted, dict):
        for name, value in wanted.items():
            # What is not known is told; it is all the rest.
            if name == "known_s":
                assert told["unknown_s"] == pytest.approx(max(length_s - value, 0), abs=0.03), told
            else:
                agrees(told[name], value, length_s)
    elif isinstance(wanted, list):
        assert len(told) == len(wanted)
        for one, other in zip(told, wanted):
            agrees(one, other, length_s)
    else:
        assert told == pytest.approx(wanted, rel=1e-9, abs=1e-9), (told, wanted)


def test_figures_are_what_all_samples_give(past):
    """In one interval, over a restart, a clock that was set back, and times without values."""
    begin_ns, end_ns = past.hour - 20 * 60 * S, past.hour + 30 * 60 * S
    [told] = summary(past, begin_ns, end_ns, "day")["items"]
    runs = samples(past, begin_ns, end_ns)
    assert len(runs) == 2 and all(len(run) > CYCLES - 3000 for run in runs.values())
    # A minute is told by both, and may be unknown of either.
    agrees(told, brute([[good for _, good in run] for run in runs.values()]), (end_ns - begin_ns) / S + 60)
    assert told["energy"]["unknown_s"] > 25 * 60 and told["motion"]["distance_m"] > 1
    # So it is in a summary of signals.
    [told] = past.get(f"telemetry/summary?signals=speed_mm_s&from={text(begin_ns // 10 ** 6)}&to={text(end_ns // 10 ** 6)}").json["items"]
    assert told["known_s"] + told["unknown_s"] == pytest.approx((end_ns - begin_ns) / S + 60, abs=0.03), told


def changes(past, span):
    """What the samples say of the state: time, cycle, state before and behind, the oldest first."""
    found, before = [], {}
    for row in csv.DictReader(io.StringIO(past.get(f"telemetry/export?signals=state&{span}").body.decode())):
        if row["gap_reason"] or row["state.quality"] != "good":
            continue
        if before.get(row["run"], row["state"]) != row["state"]:
            found.append((row["time"], int(row["cycle"]), before[row["run"]], row["state"]))
        before[row["run"]] = row["state"]
    return sorted(found)


def pages(past, query, limit):
    found, cursor = [], ""
    while cursor is not None:
        told = past.get(f"timeline?{query}&limit={limit}{cursor}")
        assert told.status == 200 and len(told.json["items"]) <= limit, told
        found += told.json["items"]
        cursor = f"&cursor={told.json['next_cursor']}" if told.json["next_cursor"] else None
    return found


def test_transitions_are_what_all_samples_give(past):
    """Of two runs that overlap, in both orders and over pages; among what else has happened only if they are asked for."""
    span = f"from={text(past.hour // 10 ** 6 - 20 * 60_000)}&to={text(past.hour // 10 ** 6 + 30 * 60_000)}"
    wanted = changes(past, span)
    for limit in (7, 200):
        told = pages(past, f"kinds=transition&sort=time&{span}", limit)
        assert [(entry["time"], entry["number"], entry["from"], entry["to"]) for entry in told] == wanted
        assert pages(past, f"kinds=transition&{span}", limit) == told[::-1]
    assert len(told) > 50 and {(entry["kind"], entry["code"] == entry["to"], entry["text"]) for entry in told[:1]} == {
        ("transition", True, f"from {told[0]['from']} to {told[0]['to']}")}
    others = pages(past, f"kinds=stop,command&{span}", 200)
    assert len(others) > 3 and pages(past, span, 200) == others
    for limit in (9, 200):
        both = pages(past, f"kinds=transition,stop,command&{span}", limit)
        assert [entry for entry in both if entry["kind"] != "transition"] == others and len(both) == len(others) + len(told)
        assert [entry["time"] for entry in both] == sorted((entry["time"] for entry in both), reverse=True)
    one = told[0]["to"]
    some = pages(past, f"kinds=transition&code={one}&q=FROM%20&{span}", 2)
    assert some == [entry for entry in told[::-1] if entry["to"] == one]
    said = subprocess.run([OHTCTL, "timeline", f"to {one}", "--kind", "transition", "--socket", past.socket, "--from", span.split("&")[0][5:],
                           "--to", span.split("=")[-1]], capture_output=True, text=True, timeout=30, check=True).stdout
    assert [line.split()[0] for line in said.splitlines()] == [entry["time"] for entry in some][:50], said
    assert pages(past, f"kinds=transition&who=anna&{span}", 200) == pages(past, f"kinds=transition&severity=warning&{span}", 200) == []


def test_hours_add_up_to_the_day(past):
    """No cycle, command or stop is counted in two of them or in none."""
    begin_ns, end_ns = past.hour - HOUR - 7 * 60 * S, past.hour + HOUR + 60 * S
    hours, [*days] = (summary(past, begin_ns, end_ns, by)["items"] for by in ("hour", "day"))
    assert [(at(hour["from"]) * 10 ** 6, at(hour["to"]) * 10 ** 6) for hour in hours] == [
        (begin_ns, past.hour - HOUR), (past.hour - HOUR, past.hour), (past.hour, past.hour + HOUR), (past.hour + HOUR, end_ns)]
    for part, name in (("motion", "distance_m"), ("motion", "moving_s"), ("energy", "used_wh"), ("energy", "charged_wh"), ("availability", "enabled_s"),
                       ("availability", "available_s"), ("bus", "exchanges"), ("bus", "errors"), ("moves", "finished"), ("moves", "failed")):
        sums = [sum(item[part][name] for item in items) for items in (hours, days)]
        assert sums[0] == pytest.approx(sums[1], rel=1e-9) and sums[0] > 0, name
    for place in range(4):
        assert sum(hour["modules"][place]["failures"] for hour in hours) == sum(day["modules"][place]["failures"] for day in days)
    assert sum(stop["count"] for hour in hours for stop in hour["stops"]) == 3


def test_commands_and_stops_are_told_by_how_they_ended(past):
    first, middle, last = summary(past, past.hour - 10 * 60 * S, past.hour + HOUR + 50 * 60 * S)["items"]
    assert {name: first["moves"][name] for name in ("finished", "failed", "docks", "docks_finished")} == \
        {"finished": 2, "failed": 1, "docks": 2, "docks_finished": 1}
    assert first["moves"]["reasons"] == [{"reason": "replaced", "count": 1}] and first["moves"]["unknown_s"] == 0
    assert last["moves"]["reasons"] == [] and last["stops"] == []
    assert {reason["reason"]: reason["count"] for reason in middle["moves"]["reasons"]} == {"replaced": 2, "obstacle": 1}
    # A further cause of a stop that stands is none of its own.
    assert first["stops"] == [{"cause": "button_a", "count": 1}]
    assert middle["stops"] == [{"cause": "button_a", "count": 1}, {"cause": "software", "count": 1}]


def test_time_without_values_is_unknown(past):
    [told] = summary(past, past.hour - 3 * HOUR, past.hour - 2 * HOUR)["items"]
    assert told["motion"] == {"distance_m": 0, "moving_s": 0, "unknown_s": 3600}
    assert told["energy"] == {"used_wh": 0, "charged_wh": 0, "cost": None, "unknown_s": 3600, "incomplete": False}
    assert told["availability"]["available_percent"] is None and told["availability"]["unknown_s"] == 3600
    assert told["control"]["late_mean_us"] is None and told["bus"]["per_million"] is None
    for module in told["modules"]:
        assert (module["up_s"], module["failures"], module["mtbf_s"], module["mttr_s"], module["unknown_s"]) == (0, 0, None, None, 3600)


def test_a_time_may_have_any_zone(past):
    """It is the same time; the hours of the answer are those of UTC all the same."""
    begin_ns, end_ns = past.hour - 10 * 60 * S, past.hour + 10 * 60 * S
    east = [text((ns + 5 * HOUR + 30 * 60 * S) // 10 ** 6).replace("Z", "%2B05:30") for ns in (begin_ns, end_ns)]
    told = past.get(f"analytics/summary?by=hour&from={east[0]}&to={east[1]}")
    assert told.status == 200 and told.json == summary(past, begin_ns, end_ns) and len(told.json["items"]) == 2


def configure(daemon, role="supervisor", **items):
    return daemon.request("PATCH", "config", {"analytics": items}, role=role, headers={"Content-Type": "application/merge-patch+json"})


def test_shifts_and_tariff_are_configuration(past):
    assert configure(past, tariff_per_kwh=0.25, currency="EUR", shifts="00:30,12:30").status == 200
    told = summary(past, past.hour - 24 * HOUR, past.hour + HOUR, "shift")
    assert (told["tariff_per_kwh"], told["currency"]) == (0.25, "EUR")
    assert {item["shift"] for item in told["items"]} == {"00:30", "12:30"}
    assert all(item["from"][11:16] == item["shift"] for item in told["items"][1:])
    for item in told["items"]:
        assert item["energy"]["cost"] == pytest.approx(item["energy"]["used_wh"] / 1000 * 0.25)
    for name, value, said in (("tariff_per_kwh", -1, "must be 0 to"), ("currency", "eur", "three capital letters"), ("currency", "EURO", "has 4 bytes"),
                              ("shifts", "06:00,05:00", "in order"), ("shifts", "24:00", "not '24:00'"), ("shifts", "", "has 0 bytes")):
        answer = configure(past, **{name: value})
        assert answer.status == 400 and said in answer.json["errors"][0]["detail"], answer
        assert answer.json["errors"][0]["pointer"] == f"/analytics/{name}"
    assert configure(past, role="operator", tariff_per_kwh=1).status == 403
    assert summary(past, past.hour, past.hour + S)["tariff_per_kwh"] == 0.25
    assert configure(past, tariff_per_kwh=None, currency=None, shifts=None).status == 200
    told = summary(past, past.hour, past.hour + HOUR)
    assert told["tariff_per_kwh"] is None and told["currency"] is None and told["items"][0]["energy"]["cost"] is None


@pytest.mark.parametrize("query, pointer, said", [
    ("by=week", "/by", ""),
    ("by=hour&from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", "/by", "hour: more than 1000"),
    ("from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "/from", "the begin must be before"),
    ("from=1970-01-01T00:00:00Z", "/from", "at most 5 years"),
    ("from=2190-01-01T00:00:00Z", "/from", "2190-01-01"),
    ("to=never", "/to", "'never'"),
    ("from=2026-01-01T00:00:00", "/from", "'2026-01-01T00:00:00' is no time"),
    ("step=5", "/step", ""),
])
def test_refusals_name_member_and_value(daemon, query, pointer, said):
    told = daemon.get("analytics/summary?" + query)
    assert told.status == 400 and [error["pointer"] for error in told.json["errors"]] == [pointer], told
    assert said in told.json["errors"][0]["detail"], told.json["errors"]


def test_a_leap_second_is_the_next_one(daemon):
    until(lambda: daemon.get("analytics/summary").status == 200, what="the file to be open")
    told = daemon.get("analytics/summary?from=2026-06-30T23:59:60.5Z&to=2026-07-02T07:59:60%2B08:00&by=day").json
    assert (told["from"], told["to"]) == ("2026-07-01T00:00:00.500Z", "2026-07-02T00:00:00.000Z")


def test_the_usual_span_is_a_week_of_days(daemon):
    until(lambda: daemon.get("analytics/summary").status == 200, what="the file to be open")
    told = daemon.get("analytics/summary").json
    assert told["by"] == "day" and at(told["to"]) - at(told["from"]) == 7 * 24 * 3_600_000 and len(told["items"]) in (7, 8)
    assert daemon.get("analytics/summary", role=None).status == 401


@pytest.mark.parametrize("path", ["analytics/summary", "alerts/summary", "alert-rules/battery_low/trial"])
def test_a_week_may_end_in_some_hours(daemon, path):
    until(lambda: daemon.get("analytics/summary").status == 200, what="the file to be open")
    now = at(daemon.get("analytics/summary").json["to"])
    tonight = datetime.datetime.fromtimestamp(now // 1000 + 8 * 3600, datetime.timezone.utc)
    answer = daemon.get(f"{path}?to={tonight:%Y-%m-%dT%H:%M:%SZ}", role="operator")
    assert answer.status == 200 and at(answer.json["to"]) < now + 3_600_000, answer.json


def test_ohtctl_shows_a_line_for_each(past):
    def ohtctl(*words):
        return subprocess.run([OHTCTL, "analytics", "--socket", past.socket, *words], capture_output=True, text=True, check=False)

    span = ["--from", text((past.hour - 10 * 60 * S) // 10 ** 6), "--to", text((past.hour + HOUR) // 10 ** 6)]
    done = ohtctl("--by", "hour", *span)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("by hour, UTC") and len(lines) == 4 and " 1/2 " in lines[2], lines
    told = json.loads(ohtctl("--by", "hour", "--json", *span).stdout)["items"]
    missed = [item["energy"]["unknown_s"] - item["availability"]["unknown_s"] > 1 for item in told]
    assert [item["energy"]["incomplete"] for item in told] == missed
    assert [bool(re.search(r"\d[+] ", line)) for line in lines[2:]] == missed, lines
    assert ohtctl("--json", *span).stdout.count("\n") >= 1
    done = ohtctl("--by", "week")
    assert done.returncode == 2 and "'week'" in done.stderr


# ---- the service level ----

def service(past, query, role="viewer"):
    told = past.request("GET", f"analytics/service-level?{query}", role=role)
    assert told.status == 200, told
    return told.json


def hours(first, last):
    return f"from={text(first * 3_600_000)}&to={text(last * 3_600_000)}"


def test_service_level_is_what_was_measured(past):
    """The sums of the hours, by day, week and month; what nothing has measured is unknown, and no share is one of it."""
    day = past.day
    first, between, *_, last = service(past, hours(day, day + 8 * 24))["items"]
    assert (first["up_s"], first["down_s"], first["unknown_s"]) == (24 * 3600 - 120, 120, 0)
    assert first["uptime_percent"] == pytest.approx(100 - 100 * 120 / 86400) and not first["met"]
    assert (first["cycles"], first["missed"], first["missed_percent"]) == (24 * 144_000, 2400, pytest.approx(100 / 1440))
    assert (first["requests"], first["refused"], first["requests_p99_ms"], first["telemetry_p99_ms"]) == (1200, 0, 10, 10)
    assert between == {**between, "up_s": 0, "down_s": 0, "unknown_s": 86400, "uptime_percent": None, "missed_percent": None,
                       "refused_percent": None, "requests_p99_ms": None, "telemetry_p99_ms": None, "met": True}
    assert (last["up_s"], last["down_s"], last["unknown_s"], last["uptime_percent"]) == (9000, 0, 86400 - 9000, 100)
    assert (last["starts"], last["cuts"], last["requests"], last["refused"]) == (3, 3, 300, 3)
    assert (last["requests_p99_ms"], last["telemetry_p99_ms"], last["met"]) == (1001, 25, False)
    # A part of a day is in whole hours, and the same time is in one part only, however it is divided.
    [half] = service(past, f"from={text((day + 7) * 3_600_000 + 5)}&to={text((day + 8) * 3_600_000 - 5)}")["items"]
    assert (half["up_s"], half["down_s"]) == (3480, 120) and [at(half[name]) // 3_600_000 for name in ("from", "to")] == [day + 7, day + 7]
    for by, parts in (("week", 2), ("month", 1)):
        told = service(past, f"by={by}&{hours(day, day + 8 * 24)}")["items"]
        assert len(told) in (parts, parts + 1) and sum(item["up_s"] for item in told) == 24 * 3600 - 120 + 9000, told
        starts = [datetime.datetime.fromisoformat(item["from"][:10]) for item in told[1:]]
        assert all(start.weekday() == 0 if by == "week" else start.day == 1 for start in starts)


@pytest.mark.slow
def test_service_level_of_now(past):
    """What is measured is there before it is on the disk; checks of other machines are no requests; a kill is a cut, an end in order is none."""
    asked = []

    def now():
        asked.append(1)
        items = service(past, f"by=month&from={text((past.day + 9 * 24) * 3_600_000)}")["items"]
        return {name: sum(item[name] for item in items) for name in ("up_s", "starts", "cuts", "cycles", "requests", "refused")}

    # The first look may have been before what other cases have asked.
    first = until(lambda: (told := now())["up_s"] and told, what="time to be measured")
    before = until(lambda: (told := now())["up_s"] > first["up_s"] and told, what="a look of now")
    assert (before["starts"], before["cuts"]) == (2, 0)
    for _ in range(300):
        past.get("health/ready")
    told = until(lambda: (told := now())["up_s"] > before["up_s"] and told, what="the next look")
    assert before["cycles"] < told["cycles"] and before["requests"] < told["requests"] < before["requests"] + len(asked) + 50, (before, told)
    past.kill()
    past.start()
    assert until(lambda: (told := now())["cuts"] and told, what="the cut to be counted")["starts"] == 3


def test_service_level_has_targets(past):
    def set_targets(**items):
        return past.request("PATCH", "config", {"service": items}, role="supervisor", headers={"Content-Type": "application/merge-patch+json"})
    day = past.day
    assert service(past, hours(day, day + 1))["targets"] == {"uptime_percent": 99.9, "errors_percent": 0.1, "latency_ms": 100}
    assert set_targets(uptime_percent=99, errors_percent=2, latency_ms=1001).status == 200
    told = service(past, hours(day, day + 8 * 24))
    assert told["targets"]["uptime_percent"] == 99 and all(item["met"] for item in told["items"])
    assert set_targets(latency_ms=1000).status == 200 and not service(past, hours(day, day + 8 * 24))["items"][-1]["met"]
    # The alert goes with the target: 300 s of 24 hours are less than what 98 % leave.
    def burns():
        return [alert["text"] for alert in past.get("alerts").json["items"] if alert["code"] == "service_budget"]
    until(lambda: not burns(), what="the alert to end")
    assert set_targets(uptime_percent=99.9).status == 200
    [told] = until(burns, what="the alert")
    assert told.startswith("ohtd did not serve for 30"), told
    for name, value in (("uptime_percent", 100.5), ("errors_percent", -1), ("latency_ms", 9), ("latency_ms", 50.5)):
        assert set_targets(**{name: value}).json["errors"][0]["pointer"] == f"/service/{name}"
    assert set_targets(uptime_percent=None, errors_percent=None, latency_ms=None).status == 200


@pytest.mark.parametrize("query, pointer, said", [
    ("by=hour", "/by", ""), ("by=shift", "/by", ""),
    ("by=day&from=2023-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "/by", "day: more than 1000"),
    ("from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "/from", "the begin must be before"),
    ("from=2190-01-01T00:00:00Z", "/from", "2190-01-01"),
    ("to=never", "/to", "'never'"),
])
def test_service_level_refuses(past, query, pointer, said):
    told = past.get(f"analytics/service-level?{query}")
    assert told.status == 400 and told.json["errors"][0]["pointer"] == pointer and said in told.json["errors"][0]["detail"], told
