# SPDX-License-Identifier: GPL-2.0-or-later
"""ohtctl history: which signals there are, what they were, and what it refuses, also from something that is no ohtd."""
import csv
import datetime
import io
import json
import socket
import subprocess
import threading

import pytest

from daemon import BUILD
from oht_test.terminal import Terminal
from oht_test.wait import until
from test_telemetry import whole

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"


def ohtctl(daemon, *words):
    return subprocess.run([OHTCTL, "history", "--socket", daemon.socket, *words], capture_output=True, text=True, check=False, timeout=60)


def lines(daemon, *words):
    done = ohtctl(daemon, *words)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout.splitlines()


def rows(daemon, *words):
    return list(csv.DictReader(io.StringIO("\n".join(lines(daemon, *words, "--csv")))))


def test_it_lists_the_signals(daemon):
    known = {item["name"]: item for item in daemon.get("telemetry/signals").json["items"]}
    assert [line.split()[0] for line in lines(daemon)] == list(known)
    assert [json.loads(line) for line in lines(daemon, "--json")] == list(known.values())


def test_lists_have_a_heading_on_a_terminal_alone(daemon):
    """Once, with columns under their names; what reads a pipe gets items only."""
    command = [OHTCTL, "telemetry", "--socket", daemon.socket, "state", "mode"]
    with Terminal(command, columns=120, env=daemon.environment()) as shown:
        assert shown.end() == 0
        heading, *items = [line for line in shown.lines() if line]
    assert heading.split() == ["name", "value", "quality", "time"] and [line.split()[0] for line in items] == ["state", "mode"]
    assert all(line[heading.index("quality"):].startswith("good ") for line in items)
    until(lambda: ohtctl(daemon, "summary", "mode").returncode == 0, what="the file of values")
    with Terminal([OHTCTL, "history", "summary", "--socket", daemon.socket, "mode"], columns=120, env=daemon.environment()) as shown:
        assert (shown.end(), sum(line.startswith("signal ") for line in shown.lines())) == (0, 1), shown.text()
    piped = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in piped.splitlines()] == ["state", "mode"]


def test_an_end_alone_has_the_hour_before_it(daemon):
    told, = (json.loads(line) for line in lines(daemon, "state", "--to", "-2h", "--json"))
    began, ended = (datetime.datetime.fromisoformat(told[name].replace("Z", "+00:00")) for name in ("from", "to"))
    assert 3600 <= (ended - began).total_seconds() < 3800


def test_the_same_for_people_and_for_programs(daemon, remote):
    whole(daemon)
    names = ["bus_transfers", "state", "battery_v"]
    told = until(lambda: (found := rows(daemon, *names, "--from", "-30s", "--points", "40")) and found[-1]["last"] and found, what="a battery")
    # In the order in which they were asked for, more than ohtd answers at once included.
    assert list(dict.fromkeys(row["signal"] for row in told)) == names
    many = [item["name"] for item in daemon.get("telemetry/signals").json["items"]]
    assert {json.loads(line)["series"][0]["signal"] for line in lines(daemon, *many, "--points", "2", "--json")} == set(many) and len(many) > 20
    by_name = {name: [row for row in told if row["signal"] == name] for name in names}
    # Tests before it may have stopped the robot.
    states = {"init", "safe", "idle", "estop"}
    assert {row["last"] for row in by_name["state"]} <= states and {row["mean"] for row in by_name["state"]} == {""}
    assert all(int(row["min"]) <= int(row["first"]) <= int(row["last"]) <= int(row["max"]) for row in by_name["bus_transfers"] if row["last"])
    drawn = lines(daemon, "bus_transfers", "--from", "-30s")
    assert drawn[0].startswith("bus_transfers, columns of ") and all("*" in line for line in drawn if line.endswith("|"))
    said = lines(daemon, "state", "enabled")
    assert any(line.split()[-1] in states for line in said) and said[-1].endswith(" no_data")
    remote.login("viewer")
    assert remote.done("history", "battery_v", "--csv", "--points", "1").startswith("time,signal,first,min,max,last,mean\n")


@pytest.mark.parametrize("words, status, said", [
    (["flux"], 1, "'flux' is no signal"), (["batery_v"], 1, "near: battery_v"), (["state&x=1"], 2, "no name of a signal: 'state&x=1'"),
    (["state", "--from", "yesterday"], 2, "'yesterday'"), (["state", "--from", "-1y"], 2, "'-1y'"), (["state", "--to", "-h"], 2, "'-h'"),
    (["state", "--from", "-600w"], 2, "'-600w'"), (["state", "--from", "-99999999999999999999h"], 2, "'-99999999999999999999h'"),
    (["state", "--from", "2026-01-01T00:00:00Z&agg=x"], 2, "agg=x'"), (["state", "--from", "2026-13-01T00:00:00Z"], 1, "'2026-13-01T00:00:00Z'"),
    (["state", "--from", "-1h", "--to", "-2h"], 1, "the begin must be before"), (["state", "--from", "2199-01-01T00:00:00Z"], 1, "2199-01-01"),
    (["state", "--points", "10001"], 2, "'10001'"), (["state", "--csv", "--json"], 2, "--csv and --json"), (["--csv"], 2, "of which signal"),
    (["--from", "-1h"], 2, "of which signal")])
def test_it_refuses(daemon, words, status, said):
    done = ohtctl(daemon, *words)
    assert done.returncode == status and said in done.stderr + done.stdout, done


SERIES = {"signal": "state", "unit": None, **{name: [1] for name in ("t", "first", "min", "max", "last", "mean")}}


@pytest.mark.parametrize("health, answer", [
    ({}, {}), ({"clock": 7}, {}), ({"clock": {"time": "noon"}}, {}), (None, {}), (None, {"series": 7}), (None, {"series": [7], "gaps": []}),
    (None, {"series": [SERIES, SERIES], "gaps": []}), (None, {"series": [{**SERIES, "max": [1, 2]}], "gaps": []}),
    (None, {"series": [{**SERIES, "last": None}], "gaps": []}), (None, {"series": [SERIES], "gaps": 7})])
def test_something_else_behind_the_socket(fresh, health, answer):
    told = {"health": health or {"clock": {"time": "2026-01-01T00:00:00Z"}}, "telemetry/signals": {"items": [7, {"name": 7}]}}
    done = answered(fresh, told, answer)
    assert done.returncode == 1 and ("has no history of 'state'" in done.stderr or "what time it is" in done.stderr), done


def test_absurd_values_are_drawn_inside_the_bar(fresh):
    absurd = {**SERIES, "t": [-1, 10**18, 2], "first": [1, 2, 3], "min": [5, -1e300, 1], "max": [-5, 1e300, 9], "last": [1e308, 0, None], "mean": [0, 0, 0]}
    done = answered(fresh, {"health": {"clock": {"time": "2026-01-01T00:00:00Z"}}, "telemetry/signals": {}}, {"series": [absurd], "gaps": [7]})
    assert done.returncode == 0 and all(len(line.split("|")[1]) == 40 for line in done.stdout.splitlines() if "|" in line), done


def test_the_words_of_a_column_in_the_order_of_time(fresh):
    """The first, what was between once each, the last; what the column before has said is not said again."""
    known = {"items": [{"name": "state", "type": "word", "words": ["idle", "move", "safe"]}]}
    columns = {**SERIES, "t": [0, 1000, 2000, 3000], "first": [2, 0, 0, 1], "min": [0, 0, 0, 0], "max": [2, 2, 2, 2], "last": [0, 0, 2, 0],
               "mean": [None] * 4}
    done = answered(fresh, {"health": {"clock": {"time": "2026-01-01T00:00:00Z"}}, "telemetry/signals": known},
                    {"series": [columns], "step_ms": 1000, "gaps": []})
    assert [line.split(" ", 1)[1] for line in done.stdout.splitlines()[1:]] == ["safe, idle", "safe, idle", "safe", "move, safe, idle"], done


def answered(daemon, told, answer):
    """One ohtctl history with this behind the socket."""
    def serve(listener):
        peer, _ = listener.accept()
        with peer, peer.makefile("rb") as asked:
            while line := asked.readline().decode():
                while asked.readline() not in (b"\r\n", b""):
                    pass
                body = json.dumps(told.get(line.split()[1].removeprefix("/api/v1/"), answer)).encode()
                peer.sendall(f"HTTP/1.1 200 X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(daemon.socket))
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        return ohtctl(daemon, "state")
