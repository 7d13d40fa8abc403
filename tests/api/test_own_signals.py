# SPDX-License-Identifier: GPL-2.0-or-later
"""Registers of the user's tables as signals: all that knows signals knows them, and another table is another past."""
import contextlib
import csv
import datetime
import io
import json
import sqlite3
import subprocess
import sys

import pytest

from daemon import TOP
from foreign import start_on_foreign
from live import dial, subscribe
from oht_test.wait import until
from test_alert_rules import RULE
from test_alerts import listed
import test_foxglove
from test_history import history, values
from test_stream import Events
from test_telemetry import current, signals

HEADER = (TOP / "userspace/data/registers.csv").read_text().splitlines()[0].removesuffix(",none,fault") + ",history\n"
LOAD = "common,power,0x0150,hoist_load,Load of the hoist,RO,u16,0.5,kg,0,6000,,none,no,no,Mine.,hoist_load_kg\n"
PUMP = "legacy,safety,0x0180,pump,Pump,RO,bool,1,,,,,none,no,no,Mine.,pump_on\n"
NAMES = "hoist_load_kg,pump_on"
# In front of these two, so that they are the last of 128 signals: behind the 64 that fit into one word.
SPARE = "".join(f"common,{module},{first + i},spare_{i},,RO,u16,1,,,,,none,no,no,,{module}_spare_{i}\n"
                for module, first in (("power", 0x151), ("safety", 0x181)) for i in range(35))
HEAVY = {**RULE, "code": "hoist_heavy", "signal": "hoist_load_kg", "when": "above", "limit": 500, "hysteresis": 10, "suppressed": []}


@pytest.fixture(name="begin")
def _begin(fresh, chance):
    """Starts a daemon on foreign slaves, again too, with this table of the user; its modules are known once it returns."""
    fresh.write_config(history_flush_s="1")
    table = fresh.state / "profiles/mine.csv"
    table.parent.mkdir()

    def start(text):
        if fresh.process:
            fresh.stop()
        table.write_text(text)
        start_on_foreign(fresh, chance, {2: (0x150, [1234, *range(35)]), 3: (0x180, [1, *range(35)])})
        return fresh
    yield start
    fresh.stop()


def export(daemon, form):
    told = daemon.get(f"telemetry/export?signals={NAMES}&format={form}")
    assert told.status == 200, told
    return told.body


def test_a_register_of_the_user_is_a_signal_everywhere(begin):
    daemon = begin(HEADER + SPARE + LOAD + PUMP)
    now = until(lambda: (answer := current(daemon, *NAMES.split(",")))["hoist_load_kg"]["quality"] == answer["pump_on"]["quality"] == "good"
                and answer, what="good values")
    assert (now["hoist_load_kg"]["value"], now["pump_on"]["value"]) == (617, True)
    known = signals(daemon)
    assert list(known)[-2:] == NAMES.split(",") and len(known) == 128
    assert {**known["hoist_load_kg"], "type": "number", "unit": "kg", "source": "module", "module": "power", "register_name": "hoist_load",
            "decimals": 1, "max": 3000, "description": "Load of the hoist", "kept": True} == known["hoist_load_kg"]
    # What is kept.
    until(lambda: 617 in values(daemon, "hoist_load_kg", step_ms=1000).values(), what="a column")
    [load, pump] = history(daemon, NAMES, step_ms=1000)["series"]
    assert (load["signal"], load["unit"], pump["signal"], pump["unit"]) == ("hoist_load_kg", "kg", "pump_on", None)
    told = daemon.get(f"telemetry/summary?signals={NAMES}").json["items"]
    assert told[0]["max"] == 617 and told[1]["signal"] == "pump_on"
    rows = [row for row in csv.DictReader(io.StringIO(export(daemon, "csv").decode())) if row["hoist_load_kg.quality"] == "good"]
    assert rows and {row["hoist_load_kg"] for row in rows} == {"617.0"}
    line = json.loads(export(daemon, "ndjson").decode().splitlines()[-1])
    assert line["hoist_load_kg"] == 617
    assert b'"hoist_load_kg":617.0' in export(daemon, "mcap")
    # What is told now.
    assert 'oht_signal{signal="hoist_load_kg",unit="kg"} 617\n' in daemon.get("/metrics").body.decode()
    with dial(daemon, "viewer") as link:
        assert subscribe(link, "telemetry", filter={"signals": ["hoist_load_kg"]})["data"]["hoist_load_kg"]["value"] == 617
    with Events(daemon, "?channel=telemetry&signals=pump_on") as events:
        assert list(events.hear()[1]["data"]) == ["pump_on"]
    with test_foxglove.dial(daemon) as viewer:
        assert json.loads(viewer.channels["/telemetry"]["schema"])["properties"]["hoist_load_kg"]["type"] == "number"
        viewer.follow("/telemetry")
    assert "hoist_load_kg" in daemon.get("openapi.json", role=None).json["components"]["schemas"]["Telemetry"]["properties"]
    # A rule on it, on the past and from now on.
    assert until(lambda: daemon.post("alert-trials", HEAVY, role="operator").json["count"], what="what would have come") == 1
    assert daemon.post("alert-rules", HEAVY, role="administrator").status == 201
    assert "617.0 kg" in until(lambda: listed(daemon, "hoist_heavy", 2), what="its alert")["text"]


@pytest.mark.slow
def test_another_table_is_another_past(begin):
    daemon = begin(HEADER + LOAD)
    assert daemon.post("alert-rules", HEAVY, role="administrator").status == 201
    begun = until(lambda: len(begun := [t for t, value in values(daemon, "hoist_load_kg", step_ms=1000).items() if value == 617]) > 2 and begun,
                  what="values of the first table")
    # A column that begins now ends when the second table may be there.
    first_to = f"{datetime.datetime.fromtimestamp(begun[-2] / 1000, datetime.timezone.utc):%FT%T}Z"
    # Another unit, another name before it: neither has the values of the first, and they are not lost.
    spare = LOAD.replace("0x0150,hoist_load,", "0x0152,spare,").replace("hoist_load_kg", "spare_kg")
    begin(HEADER + spare + LOAD.replace(",0.5,kg,", ',0.5,"l""b\\",'))
    until(lambda: 617 in values(daemon, "hoist_load_kg", step_ms=1000).values(), what="a value of the second table")
    assert 617 not in values(daemon, "hoist_load_kg", step_ms=1000, to=first_to).values()
    assert 617 not in values(daemon, "spare_kg", step_ms=1000).values()
    # Whatever the unit is, it breaks no other line.
    assert 'oht_signal{signal="hoist_load_kg",unit="l\\"b\\\\"} 617\n' in daemon.get("/metrics").body.decode()
    # The first table again: its past again.
    begin(HEADER + LOAD)
    until(lambda: 617 in values(daemon, "hoist_load_kg", step_ms=1000, to=first_to).values(), what="the past of the first table")
    assert daemon.get("telemetry/history?signals=spare_kg").code == "unknown_signal"
    # Without one there is no such signal, and its rule is left out.
    begin("# Nothing.\n" + HEADER + LOAD.replace(",hoist_load_kg", ","))
    assert daemon.get("telemetry/history?signals=hoist_load_kg").code == "unknown_signal"
    assert "hoist_load_kg" not in daemon.get("telemetry/current").body.decode() and len(signals(daemon)) == 56
    assert daemon.get("alert-rules/hoist_heavy").status == 404
    assert "rule_left_out: hoist_heavy: its signal is not there any more" in daemon.log()
    begin(HEADER + LOAD)
    assert daemon.get("alert-rules/hoist_heavy").json["limit"] == 500
    daemon.stop()
    with contextlib.closing(sqlite3.connect(daemon.state / "history.db")) as database:
        kept = database.execute("SELECT unit, origin FROM signals WHERE name = 'hoist_load_kg' ORDER BY signal").fetchall()
    assert kept == [("kg", "power/hoist_load"), ('l"b\\', "power/hoist_load")]
    # Who reads the file has the newest by its name, and each by its number.
    def read(*words):
        done = subprocess.run([sys.executable, TOP / "examples/python/read_history.py", daemon.state / "history.db", *words],
                              capture_output=True, text=True, check=True)
        return list(csv.reader(io.StringIO(done.stdout)))
    found = {row[1]: row[3] for row in read() if row[0] == "hoist_load_kg"}
    assert found.keys() == {"kg", 'l"b\\'} and read(found['l"b\\']) == read("hoist_load_kg")
    assert len(read(found["kg"])) > 2 and not {tuple(row) for row in read(found["kg"])[1:]} & {tuple(row) for row in read(found['l"b\\'])[1:]}
