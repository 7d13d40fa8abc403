# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory of values: it reaches to now, survives a restart and kill -9, says where nothing is kept, and refuses what is absurd."""
import contextlib
import csv
import os
import re
import sqlite3
import subprocess
import threading
import time

import pytest

from clocks import Skewed
from oht_test.client import PASSWORD
from oht_test.wait import until
from past import CHUNK, GOOD, at, text, write_run
from test_stall import WORKER, Hangs
from test_telemetry import OHTCTL, whole

HOUR_MS = 3_600_000
MEMBERS = ("t", "first", "min", "max", "last", "mean")


def history(daemon, signals, **query):
    told = daemon.get("telemetry/history?signals=" + signals + "".join(f"&{name}={value}" for name, value in query.items()))
    assert told.status == 200, told
    return told.json


def opened(daemon):
    """Until the file is open nothing is known of the past."""
    until(lambda: "store_failing" not in {gap["reason"] for gap in history(daemon, "state")["gaps"]}, what="the file")


def values(daemon, signal, **query):
    """Time of day in milliseconds to last value, of columns that have one."""
    series = history(daemon, signal, **query)["series"][0]
    return {when: value for when, value in zip(series["t"], series["last"]) if value is not None}


def test_it_reaches_to_now(daemon):
    whole(daemon)
    told = until(lambda: (answer := history(daemon, "battery_v,state,bus_transfers", step_ms=1000))["series"][0]["last"][-1:] not in ([], [None])
                 and answer, what="a battery in the newest column")
    assert told["level_s"] == 1.0 and told["step_ms"] == 1000
    # An hour before now, moved out to whole columns.
    assert HOUR_MS <= at(told["to"]) - at(told["from"]) <= HOUR_MS + 2000
    assert [series["signal"] for series in told["series"]] == ["state", "battery_v", "bus_transfers"]
    for series in told["series"]:
        assert len({len(series[member]) for member in MEMBERS}) == 1
        assert series["t"] == sorted(series["t"])
        for low, first, last, high in zip(series["min"], series["first"], series["last"], series["max"]):
            assert low is None or low <= min(first, last) <= max(first, last) <= high
    transfers = told["series"][2]
    assert transfers["first"] == sorted(transfers["first"]) and transfers["unit"] is None and told["series"][1]["unit"] == "V"
    # Words are places in the list of words, and have no mean.
    assert set(told["series"][0]["mean"]) == {None} and all(isinstance(value, int) for value in told["series"][0]["last"] if value is not None)
    # Nothing before the daemon was there.
    assert [gap["reason"] for gap in told["gaps"]] in (["no_data"], ["no_data", "cycles_missed"])


def test_each_sample_of_a_short_span_is_there(daemon):
    whole(daemon)
    now = at(daemon.get("health").json["clock"]["time"])
    until(lambda: max(values(daemon, "bus_transfers", step_ms=1000)) >= now, what="a second more")
    told = history(daemon, "bus_transfers", **{"from": text(now - 500), "to": text(now), "points": 100})
    assert told["level_s"] == 0.025 and told["step_ms"] == 25
    assert 20 <= len(told["series"][0]["t"]) <= 22


def test_values_survive_kill_9(fresh):
    fresh.write_config(history_flush_s="1")
    fresh.start()
    whole(fresh)
    until(lambda: fresh.get("health").json["history"]["flushes"] >= 2, what="values on the disk")
    before = values(fresh, "bus_transfers", step_ms=1000)
    killed = max(before)
    fresh.kill()
    fresh.start()
    after = until(lambda: (told := values(fresh, "bus_transfers", step_ms=1000)) and len(told) > 1 and min(told) <= min(before) and told,
                  what="values of both runs")
    # At most one interval is lost, here of a second; and what there is has not changed.
    kept = {when: value for when, value in after.items() if when <= killed}
    assert killed - max(kept) <= 2000
    whole_columns = [when for when in kept if when < max(kept)]
    assert len(whole_columns) >= 1 and all(before[when] == kept[when] for when in whole_columns)
    gap = next(gap for gap in history(fresh, "bus_transfers", step_ms=1000)["gaps"] if gap["reason"] == "not_running")
    assert max(kept) <= at(gap["from"]) and at(gap["from"]) < at(gap["to"]) <= min(when for when in after if when > killed)
    # An empty column stands between them, so that no line is drawn over the gap.
    series = history(fresh, "bus_transfers", step_ms=100, **{"from": text(at(gap["from"]) - 1000), "to": text(at(gap["to"]) + 1000)})["series"][0]
    assert None in [value for when, value in zip(series["t"], series["last"]) if at(gap["from"]) <= when < at(gap["to"])]
    # In order, nothing is lost.
    last = max(values(fresh, "bus_transfers", step_ms=1000))
    fresh.stop()
    fresh.start()
    until(lambda: last in values(fresh, "bus_transfers", step_ms=1000), what="values of a run that ended in order")


@pytest.mark.slow
@pytest.mark.plain("shim")
def test_how_much_is_kept_is_an_item_of_the_configuration(fresh):
    """A smaller number deletes, but not while the change may still return by itself."""
    clock = Skewed(fresh)
    Skewed(fresh, "OHT_SHIM_KEPT").set(1)
    fresh.write_config(history_flush_s="1")
    def samples():
        """Chunks of the first run that are samples, or nearly; None while it is being sealed."""
        with contextlib.closing(sqlite3.connect(f"file:{fresh.state / 'history.db'}?mode=ro", uri=True)) as database:
            waiting, kept = database.execute("SELECT (SELECT count(*) FROM intervals WHERE place < 2 << 40), (SELECT count(*) FROM chunks WHERE run = 1)").fetchone()
            return None if waiting else kept
    def flushes():
        return fresh.get("health").json["history"]["flushes"]
    def change(query="", **items):
        return fresh.request("PATCH", "config" + query, {"history": items}, role="administrator",
                             headers={"Content-Type": "application/merge-patch+json"})
    fresh.start()
    until(lambda: flushes() >= 1, what="values on the disk")
    fresh.stop()
    clock.set(2 * 86400)
    fresh.start()
    assert fresh.get("config").json["history"] == {"samples_days": 30, "columns_days": 400, "size_mib": 2048, "left_out": ""}
    kept = until(samples, what="chunks of the first run")
    assert change(samples_days=1).code == "elevation_required"
    fresh.post("auth/elevate", {"password": PASSWORD})
    refused = change(columns_days=29)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/history/samples_days"), refused
    assert change("?confirm_within_s=600", samples_days=1).status == 200
    before = flushes()
    until(lambda: flushes() >= before + 2, what="two intervals more")
    assert samples() == kept
    assert fresh.request("POST", "config/confirm", role="administrator").status == 200
    until(lambda: samples() == 0, what="their end")


RULE = {"code": "volts", "signal": "battery_v", "when": "above", "limit": 1, "hysteresis": 0.1, "on_ms": 0, "off_ms": 0,
        "text": "The battery has a voltage.", "consequence": "None.", "action": "None."}


def leave_out(daemon, text, query=""):
    return daemon.request("PATCH", "config" + query, {"history": {"left_out": text}}, role="administrator",
                          headers={"Content-Type": "application/merge-patch+json"})


def left_out(daemon):
    return {item["name"] for item in daemon.get("telemetry/signals").json["items"] if not item["kept"]}


def newest(daemon):
    """When there was a good sample last of a signal that may be left out, and of one that is kept."""
    now = at(daemon.get("health").json["clock"]["time"])
    # Cycles may be somewhat ahead of the clock that the daemon tells.
    told = history(daemon, "battery_v,rail_12v_v", step_ms=25, **{"from": text(now - 60_000), "to": text(now + 10_000)})["series"]
    return [max((when for when, value in zip(series["t"], series["last"]) if value is not None), default=0) for series in told]


def test_signals_are_left_out_and_kept_again(fresh):
    """They are not written, over a kill too; what was written stays, and all else goes on: rules, the live values, analytics, exports."""
    def later(ms):
        begin = newest(fresh)[1]
        until(lambda: newest(fresh)[1] >= begin + ms, what="samples of later")
    fresh.write_config(history_flush_s="1")
    fresh.start()
    whole(fresh)
    # All that may be; that much is right.
    assert leave_out(fresh, "*").code == "elevation_required"
    fresh.post("auth/elevate", {"password": PASSWORD})
    # A change that may return does not lose what it would miss then.
    assert leave_out(fresh, "battery_v, distance_*", "?confirm_within_s=600").status == 200
    later(600)
    assert not left_out(fresh) and len(set(newest(fresh))) == 1
    assert fresh.request("POST", "config/confirm", role="administrator").status == 200
    wanted = {"battery_v", *(f"distance_{place}_mm" for place in range(1, 5))}
    until(lambda: left_out(fresh) == wanted, what="the history to know it")
    stopped = newest(fresh)[0]
    later(600)
    assert newest(fresh)[0] == stopped
    assert [series["kept"] for series in history(fresh, "battery_v,rail_12v_v")["series"]] == [False, True]
    said = subprocess.run([OHTCTL, "history", "--socket", fresh.socket, "battery_v", "state"], capture_output=True, text=True, check=True).stdout
    assert "battery_v is not kept now" in said and "state is not" not in said, said
    assert fresh.get("telemetry/current?signals=battery_v").json["battery_v"]["quality"] == "good"
    assert fresh.post("alert-rules", RULE, role="administrator").status == 201
    until(lambda: "volts" in {alert["code"] for alert in fresh.get("alerts").json["items"]}, what="the alert of the rule")
    begin = text(stopped + 50)
    def export(signals):
        return list(csv.DictReader(fresh.get(f"telemetry/export?signals={signals}&from={begin}").body.decode().splitlines()))
    # A busy host does not begin each cycle.
    rows = [row for row in export("battery_v,rail_12v_v") if not row["gap_to"]]
    assert len(rows) > 10 and {(row["battery_v"], row["battery_v.quality"]) for row in rows} == {("", "none")}, rows[:5]
    # A few of them at the end of an interval are in none, and no gap is noted for so few.
    assert {row["gap_reason"] for row in export("battery_v")} <= {"no_value", "cycles_missed", "no_data"}
    figures = fresh.get(f"analytics/summary?from={begin}").json["items"][-1]
    assert figures["energy"]["used_wh"] == 0 and figures["energy"]["unknown_s"] > figures["availability"]["unknown_s"] + 0.3, figures
    until(lambda: fresh.get("health").json["history"]["flushes"] >= 1, what="values on the disk")
    fresh.kill()
    fresh.start()
    assert left_out(fresh) == wanted
    until(lambda: newest(fresh)[1] > stopped + 1000, what="samples of the next run")
    assert 0 < newest(fresh)[0] <= stopped
    fresh.post("auth/elevate", {"password": PASSWORD})
    assert leave_out(fresh, None).status == 200
    until(lambda: len(set(newest(fresh))) == 1, what="samples of it again")
    assert not left_out(fresh)


@pytest.mark.parametrize("text, said", [
    ("batery_v", "not 'batery_v'; the nearest is battery_v"), ("battery_v,Battery_a", "not 'Battery_a'; the nearest is battery_a"), ("flux_*", "not 'flux_*'"),
    ("battery_v;battery_a", "not 'battery_v;battery_a'"), ("*_v", "not '*_v'"), ("state", "always kept: leave out others, not 'state'"),
    ("battery_v, power_h*", "always kept: leave out others, not 'power_h*'"), (" ", "more than blanks"), (",,", "blanks and commas"), ("tag," * 128, "must have 0 to 511"), (["tag"], "must be a text")])
def test_what_cannot_be_left_out_is_refused(shared, text, said):
    told = leave_out(shared, text)
    assert told.status == 400 and [error["pointer"] for error in told.json["errors"]] == ["/history/left_out"], told
    assert said in told.json["errors"][0]["detail"], told.json["errors"]
    assert shared.get("config").json["history"]["left_out"] == "" and not left_out(shared)


def test_a_file_that_is_not_ours_stops_nothing_else(fresh):
    (fresh.state / "history.db").write_bytes(b"something else, of more than a hundred bytes" * 40)
    fresh.write_config(history_flush_s="2")
    fresh.start()
    whole(fresh)
    health = until(lambda: (told := fresh.get("health").json)["history"]["state"] != "ok" and told, what="health to say so")
    assert health["store"]["writable"] and "history" in {reason["component"] for reason in health["reasons"]}
    # Said once, though it is tried each second.
    until(lambda: fresh.get("health").json["history"]["waiting"] or time.sleep(0.2), what="an interval that waits")
    assert fresh.log().count("history not_opened") == 1
    # From memory.
    until(lambda: values(fresh, "battery_v", step_ms=1000), what="values")
    told = fresh.get("telemetry/summary?signals=state")
    assert (told.status, told.code, told.json["detail"]) == (503, "unavailable", "the file of values cannot be opened: line not_opened of the log says why")
    fresh.stop()
    assert (fresh.state / "history.db").read_bytes().startswith(b"something else")


@pytest.mark.slow
def test_a_damaged_file_is_refused_and_the_next_start_begins_anew(fresh):
    file = fresh.state / "history.db"
    fresh.write_config(history_flush_s="1")
    fresh.start()
    until(lambda: fresh.get("health").json["history"]["flushes"] >= 2, what="values on the disk")
    # What was written goes into the file itself, and is sealed by the next run.
    fresh.stop()
    fresh.start()
    until(lambda: fresh.get("health").json["history"]["flushes"] >= 1, what="the file in use")
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(os.urandom(file.stat().st_size - 4096))
    told = until(lambda: (told := fresh.get("telemetry/history?signals=state")).status != 200 and told, what="a refusal")
    assert (told.status, told.code) == (503, "storage_damaged") and "the next start repairs it" in told.json["detail"]
    until(lambda: fresh.get("health").json["history"]["state"] == "damaged", what="health to say so")
    # All else goes on, accounts too.
    assert fresh.get("telemetry/current?signals=state").status == 200 and fresh.login("operator").status == 200
    fresh.stop(expect=None)
    fresh.start()
    until(lambda: fresh.get("health").json["history"]["flushes"] >= 2, what="values on the disk again")
    assert values(fresh, "bus_transfers", step_ms=1000) and list(fresh.state.glob("history.db.damaged-*"))


@pytest.mark.parametrize("query, pointer, said", [
    ("signals=state&from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "/from", "to 2026-01-01T00:00:00.000Z: the begin must be before"),
    ("signals=state&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "/from", "from 2026-02-01T00:00:00.000Z to 2026-01-01"),
    ("signals=state&to=0001-01-01T00:00:00Z", "/to", "to 1970-01-01T00:00:00.000Z"),
    ("signals=state&from=1970-01-01T00:00:00Z", "/from", "from 1970-01-01T00:00:00.000Z"),
    ("signals=state&from=2190-01-01T00:00:00Z", "/from", "from 2190-01-01T00:00:00.000Z"),
    ("signals=state&from=2190-01-01T00:00:00Z&to=2190-01-02T00:00:00Z", "/from", "the begin is in the future"),
    ("signals=state&to=2190-01-02T00:00:00Z", "/to", "to 2190-01-02T00:00:00.000Z: the begin is in the future"),
    ("signals=state&from=yesterday", "/from", "'yesterday'"),
    ("signals=state&to=2026-02-30T00:00:00Z", "/to", "'2026-02-30T00:00:00Z'"),
    ("signals=state&from=2026-00-15T00:00:00Z", "/from", "'2026-00-15T00:00:00Z'"),
    ("signals=state&points=0", "/points", "is 0"),
    ("signals=state&points=10001", "/points", "is 10001"),
    ("signals=state&points=1000000000", "/points", "is 1000000000"),
    ("signals=state,mode,battery_v,battery_a,tag&points=10000", "/points", "10000 columns of 5 signals"),
    ("signals=state&step_ms=0", "/step_ms", "is 0"),
    ("signals=state&points=5&step_ms=7", "/step_ms", "is 7 beside points 5"),
    ("signals=state&step_ms=25&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", "/step_ms", "3456001 columns"),
    ("from=2026-01-01T00:00:00Z", "/signals", "is required"),
    ("signals=", "/signals", "has 0"),
    ("signals=state&agg=min,median", "/agg/1", "'median' is no figure of a column"),
    ("signals=state&agg=max,min,max", "/agg/2", "'max' is there twice"),
    ("signals=state&agg=", "/agg", "has 0"),
])
def test_refusals_name_member_and_value(daemon, query, pointer, said):
    told = daemon.get("telemetry/history?" + query)
    assert told.status == 400 and [error["pointer"] for error in told.json["errors"]] == [pointer], told
    assert said in told.json["errors"][0]["detail"], told.json["errors"]


def test_figures_of_a_column_are_told_as_asked(daemon):
    whole(daemon)
    now = at(daemon.get("health").json["clock"]["time"])
    until(lambda: max(values(daemon, "battery_v", step_ms=25, **{"from": text(now)}), default=0) > now + 700, what="some samples of a battery")
    span = {"from": text(now), "to": text(now + 500), "step_ms": 100}
    head = {"signal", "unit", "kept", "t"}
    every, = history(daemon, "battery_v", **span, agg="count,first,min,max,last,mean")["series"]
    few, = history(daemon, "battery_v", **span, agg="max,min")["series"]
    preset, = history(daemon, "battery_v", **span)["series"]
    assert set(few) == head | {"min", "max"} and set(preset) == head | {"first", "min", "max", "last", "mean"}
    assert set(every) == set(preset) | {"count"} and {**every, **few, **preset} == every
    assert len(every["count"]) == len(every["t"]) and any(every["count"]) and set(every["count"]) <= {0, 1, 2, 3, 4}
    assert [bool(count) for count in every["count"]] == [value is not None for value in every["first"]]


# ---- what a span comes to ----

def test_a_summary_is_what_the_samples_of_the_span_come_to(daemon):
    whole(daemon)
    now = at(daemon.get("health").json["clock"]["time"])
    start = now + 100
    until(lambda: max(values(daemon, "battery_v", step_ms=25, **{"from": text(now)}), default=0) > start + 700, what="some samples of a battery")
    span = {"from": text(start), "to": text(start + 600)}
    columns = history(daemon, "battery_v,enabled", step_ms=25, **span)["series"]
    told = daemon.get("telemetry/summary?signals=battery_v,enabled" + "".join(f"&{name}={value}" for name, value in span.items()))
    assert told.status == 200, told
    enabled, battery = told.json["items"]
    inside = {series["signal"]: [value for when, value in zip(series["t"], series["last"]) if start <= when < start + 600 and value is not None]
              for series in columns}
    volts = inside["battery_v"]
    assert (battery["min"], battery["max"], battery["last"]) == (min(volts), max(volts), volts[-1])
    assert abs(battery["mean"] - sum(volts) / len(volts)) < 0.01 and battery["states"] == []
    # A time in milliseconds may lie one cycle beside the border.
    assert abs(battery["known_s"] - len(volts) * 0.025) < 0.03 and abs(battery["known_s"] + battery["unknown_s"] - 0.6) < 0.002
    assert enabled["mean"] is None and enabled["first"] is None
    assert [(state["value"], state["times"]) for state in enabled["states"]] == [("true" if inside["enabled"][0] else "false", 1)]
    assert enabled["states"][0]["time_s"] == enabled["known_s"]
    said = subprocess.run([OHTCTL, "history", "summary", "--socket", daemon.socket, "enabled", "--from", span["from"], "--to", span["to"]],
                          capture_output=True, text=True, check=True).stdout
    assert f" {enabled['known_s']:.3f} s, came once\n" in said, said


@pytest.mark.parametrize("query,pointer,said", [
    ("signals=state&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "/from", "2026-01-01"),
    ("from=2026-01-01T00:00:00Z", "/signals", "is required"),
    ("signals=state&points=5", "/points", ""),
])
def test_refusals_of_a_summary(daemon, query, pointer, said):
    told = daemon.get("telemetry/summary?" + query)
    assert told.status == 400 and [error["pointer"] for error in told.json["errors"]] == [pointer], told
    assert said in told.json["errors"][0]["detail"], told.json["errors"]


def test_a_summary_of_a_time_before_everything(daemon):
    opened(daemon)
    told = daemon.get("telemetry/summary?signals=state,battery_v&from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z").json
    assert [(item["unknown_s"], item["known_s"], item["min"], item["states"]) for item in told["items"]] == 2 * [(86400, 0, None, [])]
    told = daemon.get("telemetry/summary?signals=state,batery_v")
    assert told.code == "unknown_signal" and "near: battery_v" in told.json["detail"]
    for begin in ("position", "batt"):
        near = daemon.get(f"telemetry/summary?signals={begin}").json["detail"].partition("; near: ")[2].split(", ")
        assert len(near) >= 2 and all(name.startswith(begin) for name in near), near


@pytest.mark.plain("shim")
def test_one_account_has_one_place_for_a_summary(fresh):
    hangs = Hangs(fresh)
    fresh.start()
    opened(fresh)
    answers, asking = [], []

    def ask(role, times, refused):
        """Those that are refused are answered at once; the result of the one that has the place does not come."""
        token = fresh.token(role)
        for _ in range(times):
            asking.append(threading.Thread(target=lambda: answers.append(fresh.get("telemetry/summary?signals=state", token=token, role=None))))
            asking[-1].start()
        until(lambda: len(answers) == refused, what=f"{refused} refusals")

    for role in ("viewer", "operator", "supervisor"):
        fresh.token(role)
    hangs.set(WORKER)
    try:
        ask("viewer", 3, 2)
        ask("operator", 2, 3)
        ask("supervisor", 1, 3)
    finally:
        hangs.set(WORKER, False)
    assert {(told.status, told.code, told.headers["retry-after"]) for told in answers[:3]} == {(503, "busy", "2")}
    assert "a summary is made for each account at a time" in answers[0].json["detail"]
    for thread in asking:
        thread.join()
    assert [told.status for told in answers[3:]] == [200] * 3
    # A place is free when its answer is there.
    assert [fresh.get("telemetry/summary?signals=state", role="viewer").status for _ in range(5)] == [200] * 5
    fresh.stop()


def test_an_end_in_the_future_is_no_gap(daemon):
    opened(daemon)
    now = at(daemon.get("health").json["clock"]["time"])
    told = history(daemon, "state", to=text(now + HOUR_MS // 2), step_ms=1000)
    assert all(at(gap["to"]) <= now for gap in told["gaps"]), told["gaps"]


def test_signals_that_there_are_not(daemon):
    told = daemon.get("telemetry/history?signals=state,batery_v")
    assert told.status == 422 and told.code == "unknown_signal"
    assert "'batery_v' is no signal; near: battery_v" in told.json["detail"] and told.json["errors"][0]["pointer"] == "/signals/1"
    assert "near" not in daemon.get("telemetry/history?signals=flux").json["detail"]
    many = ",".join(item["name"] for item in daemon.get("telemetry/signals").json["items"])
    told = daemon.get(f"telemetry/history?signals={many}&points=10")
    assert told.status == 400 and told.json["errors"][0]["detail"] == f"{many.count(',') + 1} signals: at most 20"
    assert daemon.get("telemetry/history?signals=state", role=None).status == 401


def test_a_span_before_everything_is_empty(daemon):
    opened(daemon)
    told = history(daemon, "state", **{"from": "2001-01-01T00:00:00Z", "to": "2001-01-02T00:00:00Z"})
    assert told["series"][0]["t"] == [] and [gap["reason"] for gap in told["gaps"]] == ["no_data"]


def test_metrics_have_signals_and_what_is_written(daemon):
    whole(daemon)
    began = time.monotonic()
    lines = daemon.get("/metrics").body.decode().splitlines()
    assert time.monotonic() - began < 10
    assert any(line.startswith('oht_signal{signal="battery_v",unit="V"} ') for line in lines)
    assert not any(line.startswith('oht_signal{signal="state"') for line in lines)
    words = {item["name"]: item["words"] for item in daemon.get("telemetry/signals").json["items"] if item["type"] == "word"}
    told = re.findall(r'^oht_signal_state\{signal="(\w+)",state="(\w+)"\} ([01])$', "\n".join(lines), re.M)
    assert [(signal, state) for signal, state, _ in told if signal == "mode"] == [("mode", word) for word in words["mode"]]
    assert {signal for signal, _, _ in told} <= set(words) and {"state", "mode", "power_health"} <= {signal for signal, _, is_it in told if is_it == "1"}
    assert len({signal for signal, _, _ in told}) == sum(int(is_it) for _, _, is_it in told)
    assert "oht_history_samples_lost_total 0" in lines
    told = daemon.get("health").json
    for room in ("store", "history"):
        figures = {line.split()[0]: float(line.split()[1]) for line in lines if line.startswith(f"oht_{room}_")}
        assert 0 < figures[f"oht_{room}_written_bytes_total"] <= told[room]["written_bytes"], room
        assert 0 < figures[f"oht_{room}_synchronisations_total"] <= told[room]["synchronisations"], room
    assert told["up_s"] > 0


DAY_S = 86400


def asked(daemon, sql):
    with contextlib.closing(sqlite3.connect(f"file:{daemon.state / 'history.db'}?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchone()[0]


def has_tidied(daemon):
    try:
        return asked(daemon, "SELECT count(*) FROM intervals WHERE place >= (SELECT max(run) << 40 FROM runs)") > 2
    except sqlite3.OperationalError:
        return False        # no file yet, or no tables in it


def begun(daemon):
    """A new run that has flushed several times, and so has tidied."""
    daemon.start()
    until(lambda: has_tidied(daemon), what="values on the disk")


def fine_of_run_1(daemon):
    return asked(daemon, "SELECT count(*) FROM chunks WHERE run = 1")


def write(daemon, days_ago, run=1, fine=True, **more):
    """A run of a known past, in which the battery is low six times for 3 s."""
    values = {"battery_v": [480] * CHUNK, "state": [4] * CHUNK} | {name: [value] * CHUNK for name, value in more.items()}
    for begin in range(5000, CHUNK, 28000):
        values["battery_v"][begin:begin + 120] = [400] * 120
    with contextlib.closing(sqlite3.connect(daemon.state / "history.db", isolation_level=None)) as database:
        database.execute("BEGIN")
        for table in ("runs", "intervals", "chunks", "coarse", "gaps") if run == 1 else ():
            database.execute(f"DELETE FROM {table}")
        write_run(database, run, time.time_ns() - int(days_ago * DAY_S * 10 ** 9), values, {name: [GOOD] * CHUNK for name in values})
        if not fine:
            database.execute("DELETE FROM chunks WHERE run = ?", (run,))
        database.execute("COMMIT")


@pytest.fixture(name="past")
def _past(fresh):
    """Over, with the tables of a history; its clock is kept right."""
    fresh.clock = Skewed(fresh)
    Skewed(fresh, "OHT_SHIM_KEPT").set(1)
    fresh.checks_time = False
    fresh.write_config(history_flush_s="1")
    begun(fresh)
    fresh.stop()
    yield fresh


@pytest.mark.slow
@pytest.mark.plain("shim")
@pytest.mark.parametrize("gone", [False, True])
def test_a_lost_configuration_deletes_nothing(past, gone):
    """Its values are older than the defaults keep them, and the start waits for a person."""
    write(past, 100)
    # Deletion by age trusts the clock: the robot has run since.
    with contextlib.closing(sqlite3.connect(past.state / "history.db", isolation_level=None)) as database:
        database.execute("UPDATE runs SET end_cycle = ?", (101 * DAY_S * 40,))
    for path in past.state.glob("oht.db*" if gone else "oht.db-*"):
        path.unlink()
    if not gone:
        with (past.state / "oht.db").open("r+b") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(4096)
            file.write(os.urandom(size - 4096))
    begun(past)
    assert "the robot waits in safe for a person" in past.log() and fine_of_run_1(past)


@pytest.mark.slow
@pytest.mark.plain("shim")
def test_a_restart_does_not_make_a_clock_right(past):
    write(past, 5)
    past.clock.set(60 * DAY_S)
    for _ in range(2):
        begun(past)
        assert fine_of_run_1(past)
        past.kill()


@pytest.mark.slow
@pytest.mark.plain("shim")
def test_a_run_of_a_clock_that_was_ahead_makes_no_chart_coarse(past):
    write(past, 60, fine=False)
    write(past, -400, run=2)
    begun(past)
    assert history(past, "state", step_ms=1000, **{"from": text(time.time() * 1000 - 1000)})["level_s"] == 1


LOW = {"code": "low", "signal": "battery_v", "when": "below", "limit": 42, "hysteresis": 0, "on_ms": 1000, "text": "Low", "consequence": "a", "action": "b"}


@pytest.mark.slow
@pytest.mark.plain("shim")
def test_a_trial_has_not_seen_what_is_gone(past):
    """Columns of a minute are left, which it must not take for those of a second."""
    write(past, 3)
    begun(past)
    now_ms = time.time() * 1000
    span = f"from={text(now_ms - 3.01 * DAY_S * 1000)}&to={text(now_ms - 2.9 * DAY_S * 1000)}"

    def tried():
        answer = past.post(f"alert-trials?{span}", LOW, role="operator")
        assert answer.status == 200, answer
        return answer.json
    told = tried()
    # A trial begins where the past does: 3 days ago, not 3.01.
    assert (told["count"], told["seen_s"]) == (6, 4096) and " times in 2.4 hours, of which 1.14 hours were seen, for " in told["text"]
    nothing = past.post(f"alert-trials?{span}", {**LOW, "signal": "tag"}, role="operator").json
    assert (nothing["seen_s"], nothing["text"].startswith("nothing was seen in 2.4 hours")) == (0, True), nothing
    past.post("auth/elevate", {"password": PASSWORD})
    past.request("PATCH", "config", {"history": {"samples_days": 1}}, role="administrator",
                 headers={"Content-Type": "application/merge-patch+json"})
    until(lambda: not fine_of_run_1(past), what="the end of the samples")
    until(lambda: past.post(f"alert-trials?{span}", LOW, role="operator").status == 400, what="a trial of what is gone")
    assert history(past, "battery_v", step_ms=60000, **dict(part.split("=") for part in span.split("&")))["level_s"] == 64


@pytest.mark.slow
@pytest.mark.plain("shim")
def test_what_is_kept_counts_however_old_it_is(past):
    """Nothing goes by its age while the clock may be wrong."""
    Skewed(past, "OHT_SHIM_KEPT").set(0)
    write(past, 45, battery_a=-10)
    begun(past)
    start_ms = asked(past, "SELECT start_ns FROM runs WHERE run = 1") // 10 ** 6
    span = f"from={text(start_ms - 600_000)}&to={text(start_ms + 4_200_000)}"
    tried = past.post(f"alert-trials?{span}", LOW, role="operator").json
    assert (tried["count"], tried["seen_s"], tried["complete"]) == (6, 4096, True) and at(tried["from"]) == start_ms
    told = past.get(f"analytics/summary?{span}").json
    assert at(told["columns_from"]) == at(told["samples_from"]) == start_ms
    # Voltages that change are known by samples alone.
    assert sum(item["energy"]["unknown_s"] for item in told["items"]) == pytest.approx(4800 - 4096, abs=0.1)


@pytest.mark.slow
@pytest.mark.plain("shim")
def test_runs_that_overlap_are_told_in_one_order(past):
    """A clock that was set back twice: run 2 is before run 1, and run 3 within it."""
    start_ns = (time.time_ns() // 10 ** 9 - 1000) * 10 ** 9
    made = {1: (0, 100, 480), 2: (-300.007, 100, 490), 3: (20.012, 40, 500)}
    with contextlib.closing(sqlite3.connect(past.state / "history.db", isolation_level=None)) as database:
        for table in ("runs", "intervals", "chunks", "coarse", "gaps"):
            database.execute(f"DELETE FROM {table}")
        for run, (at_s, length_s, volts) in made.items():
            values = {"battery_v": [volts] * length_s * 40, "state": [4] * length_s * 40}
            if run == 1:
                values["battery_v"][1200:1320] = [400] * 120
            write_run(database, run, start_ns + round(at_s * 10 ** 9), values, {name: [GOOD] * length_s * 40 for name in values})
    begun(past)

    def moment(off_s):
        return start_ns // 10 ** 6 + round(off_s * 1000)
    span = {"from": text(moment(-400)), "to": text(moment(150))}
    gaps = [(moment(-400), moment(-300.007), "no_data"), (moment(-200.007), moment(0), "not_running"), (moment(100), moment(150), "not_running")]
    told = history(past, "battery_v", step_ms=1000, **span)
    series = told["series"][0]
    assert series["t"] == sorted(series["t"])
    assert [series["last"].count(volts) for volts in (48, 40, 49, 50)] == [97, 3, 100, 40]
    assert [(at(gap["from"]), at(gap["to"]), gap["reason"]) for gap in told["gaps"]] == gaps
    rows = list(csv.DictReader(past.get("telemetry/export?signals=battery_v&" + "&".join(f"{name}={value}" for name, value in span.items())).body.decode().splitlines()))
    kept = [row for row in rows if not row["gap_reason"]]
    assert [(int(row["run"]), int(row["cycle"])) for row in kept] == [(run, cycle) for run, (_, length_s, _) in made.items() for cycle in range(length_s * 40)]
    # Each gap behind the run with whose end it begins.
    assert [(at(row["time"]), at(row["gap_to"]), row["gap_reason"]) for row in rows if row["gap_reason"]] == [gaps[0], gaps[2], gaps[1]]
    # A trial sees one of them at a time: run 3 does not end what run 1 has.
    tried = f"alert-trials?from={span['from']}&to={span['to']}"
    assert past.post(tried, LOW, role="operator").json["count"] == 1
    with contextlib.closing(sqlite3.connect(past.state / "history.db", isolation_level=None)) as database:
        database.executemany("INSERT INTO runs VALUES (?, 'boot', 25000000, ?, 1, 40)", [(1000 + number, start_ns - number) for number in range(4097)])
    refused = past.get(f"telemetry/history?signals=state&from={span['from']}&to={span['to']}")
    assert (refused.status, refused.code) == (422, "too_many_runs") and "more than 4096 runs" in refused.json["detail"]
    assert past.post(tried, LOW, role="operator").code == "too_many_runs"
