# SPDX-License-Identifier: GPL-2.0-or-later
"""Signals of the robot: the registry, what they say now, and what is refused. The bus is the simulator behind a pty."""
import json
import re
import subprocess

import pytest

from daemon import BUILD
from live import dial, subscribe
from oht_test.wait import until

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"
TYPES = {"number": (int, float), "integer": int, "boolean": bool, "word": str}
QUALITIES = {"good", "old", "bad", "none"}


def signals(daemon):
    return {item["name"]: item for item in daemon.get("telemetry/signals").json["items"]}


def current(daemon, *names):
    return daemon.get("telemetry/current" + (f"?signals={','.join(names)}" if names else "")).json


def whole(daemon):
    """All signals, once the four modules are known and read."""
    return until(lambda: (told := current(daemon)) and all(told[f"{name}_health"]["value"] == "good" for name in (
        "power", "safety", "travel_motor", "dock_location")) and all(told[name]["quality"] == "good" for name in (
        "battery_v", "position_mm")) and told, what="all modules")


def ohtctl(daemon, *words):
    return subprocess.run([OHTCTL, "--socket", daemon.socket, *words], capture_output=True, text=True, check=False, timeout=60)


def test_each_value_is_as_its_signal_says(daemon):
    told, known = whole(daemon), signals(daemon)
    assert list(told) == list(known)
    for name, reading in told.items():
        signal, value = known[name], reading["value"]
        assert reading.keys() == {"value", "quality", "time"} and reading["quality"] in QUALITIES
        assert (value is None) == (reading["time"] is None) == (reading["quality"] == "none"), name
        if value is None:
            continue
        assert isinstance(value, TYPES[signal["type"]]) and isinstance(value, bool) == (signal["type"] == "boolean"), name
        if signal["type"] == "word":
            assert value in signal["words"], name
        elif reading["quality"] == "good" and signal["min"] is not None:
            assert signal["min"] <= value <= signal["max"], name


@pytest.mark.plain("filter")
def test_what_the_module_does_not_have_is_no_value(daemon):
    """A module says 0x7FFF of a sensor that is not connected: neither a value, an alert nor a metric, but what is on the wire."""
    whole(daemon)
    path = "modules/0x02/registers/battery_temperature"
    hot = daemon.get("telemetry/current?signals=battery_deg_c").json["battery_deg_c"]
    assert hot["quality"] == "good" and 'oht_signal{signal="battery_deg_c"' in daemon.get("/metrics").body.decode()
    for raw in ("32767", "-32768"):
        assert daemon.sim(f"set 2 battery_temperature {raw}").startswith("ok")
        told = until(lambda want=int(raw): (now := daemon.get(path).json)["raw"] == want and now, what="the number of the wire")
        assert (told["state"], told["quality"], told["value"]) == ("not_available", "none", None)
        now = current(daemon, "battery_deg_c")["battery_deg_c"]
        assert (now["value"], now["quality"], now["time"]) == (None, "none", None)
        assert 'oht_signal{signal="battery_deg_c"' not in daemon.get("/metrics").body.decode()
    assert daemon.sim("unset 2 battery_temperature").startswith("ok")
    until(lambda: current(daemon, "battery_deg_c")["battery_deg_c"]["quality"] == "good", what="a value again")


def test_registry_says_where_each_is_from(daemon):
    whole(daemon)
    known = signals(daemon)
    for signal in known.values():
        assert re.fullmatch("[a-z0-9_]+", signal["name"]) and signal["description"], signal
        assert (signal["words"] is None) == (signal["type"] != "word")
        assert signal["module"] or signal["source"] != "module" or signal["name"] == "speed_mm_s"
    battery = known["battery_percent"]
    assert (battery["unit"], battery["source"], battery["module"], battery["register_name"], battery["min"], battery["max"]) == \
        ("%", "module", "power", "battery_soc", 0, 100)
    assert "idle" in known["state"]["words"] and known["state"]["unit"] is None


def test_values_are_those_of_the_other_routes(daemon):
    whole(daemon)
    register = daemon.get("modules/power/registers/battery_voltage")
    assert register.status in (400, 404), "a path has the unit's address"
    soc = daemon.get("modules/2/registers/battery_soc").json
    told = current(daemon, "battery_percent", "state", "safety_state", "mode")
    robot = daemon.get("robot").json
    assert told["battery_percent"]["value"] == pytest.approx(soc["value"], abs=1)
    assert (told["state"]["value"], told["safety_state"]["value"], told["mode"]["value"]) == \
        (robot["state"], robot["safety"], robot["mode"])


def test_only_what_is_asked_for_is_answered(daemon):
    assert list(current(daemon, "position_mm")) == ["position_mm"]
    assert list(current(daemon, "mode", "state", "mode")) == ["state", "mode"], "in the order of the registry, once"
    everything = list(signals(daemon))
    assert list(current(daemon, *everything)) == everything


@pytest.mark.parametrize("names,wrong,place", [
    ("flux", "flux", 0), ("state,flux", "flux", 1), ("state,", "", 1), (",state", "", 0), ("state,,mode", "", 1), ("STATE", "STATE", 0),
    ("state%20", "state ", 0), ("state;mode", "state;mode", 0), ("sta", "sta", 0), ("x" * 500, "x" * 64, 0)])
def test_an_unknown_name_is_refused_by_name_and_place(daemon, names, wrong, place):
    answer = daemon.get(f"telemetry/current?signals={names}")
    assert (answer.status, answer.code) == (422, "unknown_signal"), answer
    [error] = answer.json["errors"]
    assert (error["pointer"], error["code"]) == (f"/signals/{place}", "unknown_value") and f"'{wrong}'" in error["detail"]


@pytest.mark.parametrize("query,code", [
    ("signals=", "length"), ("signals=state&signals=mode", "twice"), ("signal=state", "unknown_member")])
def test_other_queries_are_refused(daemon, query, code):
    answer = daemon.get(f"telemetry/current?{query}")
    assert (answer.status, answer.code) == (400, "validation")
    assert [error["code"] for error in answer.json["errors"]] == [code]


@pytest.mark.parametrize("path", ["telemetry/current", "telemetry/signals"])
def test_nobody_reads_without_logging_in(daemon, path):
    assert (daemon.request("GET", path, token="").status, daemon.get(path, role="viewer").status) == (401, 200)


def test_a_silent_module_makes_its_signals_old(fresh):
    fresh.start()
    before = whole(fresh)
    assert fresh.sim("fault 5 silence").startswith("ok")
    told = until(lambda: (told := current(fresh)) and told["position_mm"]["quality"] == "old" and told, what="an old position")
    assert told["position_mm"]["time"] and told["dock_location_health"] == {**told["dock_location_health"], "value": "lost", "quality": "good"}
    assert told["battery_v"]["quality"] == before["battery_v"]["quality"] == "good"
    assert fresh.sim("clear 5").startswith("ok")
    until(lambda: current(fresh, "position_mm")["position_mm"]["quality"] == "good", what="a good position")


def test_what_is_out_of_range_is_bad(fresh):
    fresh.start()
    whole(fresh)
    assert fresh.sim("set 3 temperature 1500").startswith("ok")
    told = until(lambda: (told := current(fresh)["safety_deg_c"])["quality"] == "bad" and told, what="a bad temperature")
    assert told["value"] == 150 and signals(fresh)["safety_deg_c"]["max"] == 100


def test_ohtctl_shows_them(daemon):
    whole(daemon)
    done = ohtctl(daemon, "telemetry", "state", "battery_v")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert done.returncode == 0 and [line[0] for line in lines] == ["state", "battery_v"], done
    assert lines[1][2] == "good"
    everything = ohtctl(daemon, "telemetry", "--json")
    assert everything.returncode == 0 and list(json.loads(everything.stdout)) == list(signals(daemon))
    # Names that fill a long path: none is cut off.
    named = ohtctl(daemon, "telemetry", "--json", *signals(daemon))
    assert named.returncode == 0 and list(json.loads(named.stdout)) == list(signals(daemon)), named
    remote = json.loads(ohtctl(daemon, "telemetry", "battery_v", "--json").stdout)
    assert remote.keys() == {"battery_v"} and remote["battery_v"]["quality"] == "good"


@pytest.mark.parametrize("words,status,said", [
    (["flux"], 1, "flux"), (["state", "flux"], 1, "flux"), (["state&x=1"], 2, "no name"), ([""], 2, "no name"), (["../robot"], 2, "no name"),
    (["state"] * 65, 2, "too many"), (["x" * 1100], 2, "too many")])
def test_ohtctl_refuses(daemon, words, status, said):
    done = ohtctl(daemon, "telemetry", *words)
    assert done.returncode == status and said in done.stderr, done


# ---- live ----

def data_of(link, until_true):
    """Messages of the channel up to the one for which this is true, and all signals as they are then."""
    known, heard = {}, []
    while not heard or not until_true(heard[-1]):
        message = link.hear()
        if message.get("channel") != "telemetry":
            continue
        heard.append(message)
        known.update(message["data"])
    return heard, known


def test_the_channel_has_all_signals_and_then_what_changes(daemon):
    whole(daemon)
    with dial(daemon, "viewer") as link:
        first = subscribe(link, "telemetry")
        assert first["type"] == "snapshot" and list(first["data"]) == list(signals(daemon))
        heard, _ = data_of(link, lambda message: message["seq"] >= first["seq"] + 20)
        assert [message["seq"] for message in heard] == list(range(first["seq"] + 1, first["seq"] + 1 + len(heard))) or \
            any("conflated" in message for message in heard)
        assert any("bus_transfers" in message["data"] for message in heard)
        # What is measured in each cycle and stays as before is not told again.
        known = dict(first["data"])
        for message in heard:
            for name, reading in message["data"].items():
                now, before = ((each["value"], each["quality"]) for each in (reading, known[name]))
                assert now != before or "conflated" in message, (name, message)
            known.update(message["data"])


def test_it_comes_more_often_than_other_channels(daemon):
    """With each cycle, and not only with the tick of 100 ms."""
    whole(daemon)
    with dial(daemon, "viewer") as link:
        first = subscribe(link, "telemetry")
        heard = link.hear_until(lambda message: message["seq"] >= first["seq"] + 40)
        times = [message["ts"]["monotonic_ns"] for message in heard]
        assert min(later - earlier for earlier, later in zip(times, times[1:])) < 90e6


def test_a_filter_tells_only_its_signals(daemon):
    whole(daemon)
    wanted = {"battery_v", "bus_transfers"}
    with dial(daemon, "viewer") as link:
        first = subscribe(link, "telemetry", filter={"signals": sorted(wanted)})
        assert first["data"].keys() == wanted
        heard, known = data_of(link, lambda message: message["seq"] >= first["seq"] + 20)
        assert set().union(*(message["data"] for message in heard)) <= wanted
        assert known["bus_transfers"]["value"] > first["data"]["bus_transfers"]["value"]
        seq = first["seq"]
        for message in heard:
            assert message["seq"] == seq + 1 + message.get("conflated", 0)
            seq = message["seq"]


def test_what_does_not_change_is_quiet_but_not_silent(daemon):
    whole(daemon)
    with dial(daemon, "viewer") as link:
        first = subscribe(link, "telemetry", filter={"signals": ["mode"]})
        heard, _ = data_of(link, lambda message: message["ts"]["monotonic_ns"] - first["ts"]["monotonic_ns"] > 2.2e9)
        # A daemon that was late tells the value as old, and then as good again.
        told = [(message["data"]["mode"]["value"], message["data"]["mode"]["quality"]) for message in heard if message["data"]]
        assert len(heard) - len(told) <= 8, heard
        before = (first["data"]["mode"]["value"], first["data"]["mode"]["quality"])
        assert all(a[0] == b[0] and a[1] != b[1] for a, b in zip([before, *told], told)), heard


def test_a_rate_leaves_messages_out(daemon):
    whole(daemon)
    with dial(daemon, "viewer") as link:
        for more in ({}, {"filter": {"signals": ["bus_transfers"]}}):
            link.say({"type": "unsubscribe", "channel": "telemetry"})
            first = subscribe(link, "telemetry", max_rate_hz=5, **more)
            heard, _ = data_of(link, lambda message: message["ts"]["monotonic_ns"] - first["ts"]["monotonic_ns"] > 2e9)
            assert len(heard) <= 11 and any("conflated" in message for message in heard), heard


def test_a_filter_can_be_changed_and_left(daemon):
    whole(daemon)
    with dial(daemon, "viewer") as link, dial(daemon, "viewer") as other:
        assert subscribe(link, "telemetry", filter={"signals": ["mode"]})["data"].keys() == {"mode"}
        assert subscribe(other, "telemetry")["data"].keys() == set(signals(daemon)), "the filter of one is not that of others"
        link.say({"type": "subscribe", "channel": "telemetry", "filter": {"signals": ["state"]}})
        heard = link.hear_until(lambda message: message["type"] == "snapshot")
        assert heard[-1]["data"].keys() == {"state"}
        link.say({"type": "subscribe", "channel": "telemetry", "filter": {"signals": ["flux"]}})
        link.hear_until(lambda message: message["type"] == "error")
        after = link.hear()
        assert after["channel"] == "telemetry" and after["data"].keys() <= {"state"}, "a refusal changes nothing"
        link.say({"type": "subscribe", "channel": "telemetry", "filter": None})
        assert len(link.hear_until(lambda message: message["type"] == "snapshot")[-1]["data"]) == len(signals(daemon))


def test_a_filter_goes_on_where_it_was(daemon):
    whole(daemon)
    wanted = {"signals": ["bus_transfers"]}
    with dial(daemon, "viewer") as other:
        subscribe(other, "telemetry")
        with dial(daemon, "viewer") as link:
            last = subscribe(link, "telemetry", filter=wanted)["seq"]
        other.hear_until(lambda message: message["seq"] >= last + 3)
        with dial(daemon, "viewer") as link:
            first = subscribe(link, "telemetry", filter=wanted, since={"epoch": link.hello["epoch"], "seq": last})
            assert (first["recovered"], first["data"], first["seq"]) == (True, {}, last)
            caught = link.hear()
            assert caught["data"].keys() == {"bus_transfers"} and caught["seq"] == last + 1 + caught["conflated"]


@pytest.mark.slow
def test_a_change_of_quality_is_told(fresh):
    fresh.start()
    whole(fresh)
    with dial(fresh, "viewer") as link:
        subscribe(link, "telemetry", filter={"signals": ["position_mm", "dock_location_health"]})
        assert fresh.sim("fault 5 silence").startswith("ok")
        _, known = data_of(link, lambda message: message["data"].get("position_mm", {}).get("quality") == "old")
        assert known["dock_location_health"]["value"] == "lost"
        assert fresh.sim("clear 5").startswith("ok")
        data_of(link, lambda message: message["data"].get("position_mm", {}).get("quality") == "good")
