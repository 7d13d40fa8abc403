# SPDX-License-Identifier: GPL-2.0-or-later
"""The export of values: each sample that was kept, once, in constant memory; what is refused; an end at any time leaves nothing."""
import contextlib
import csv
import http.client
import http.server
import io
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import socketserver
import subprocess
import sys
import threading
import time

import pytest

from daemon import SANITIZER, TOP, begin, serving
from oht_test.wait import until
from past import BAD, CHUNK, CYCLE_NS, CYCLES, GOOD, LOST, NAMES, NONE, OLD, Past, at, text
from test_history import history
from test_telemetry import OHTCTL, signals, whole

QUALITIES = {GOOD: "good", OLD: "old", BAD: "bad", NONE: "none"}


def query_of(**query):
    return "telemetry/export?" + "&".join(f"{name.rstrip('_')}={value}" for name, value in query.items())


def export(daemon, **query):
    told = daemon.get(query_of(**query))
    assert told.status == 200, told
    return told.body.decode()


@pytest.fixture(scope="module", autouse=True)
def fixture_open(daemon):
    """The file of values is open a moment after the start."""
    until(lambda: daemon.get(query_of(signals="state")).status == 200, what="the file to be open")


def rows(lines):
    return list(csv.DictReader(io.StringIO(lines)))


def active(daemon):
    [line] = [line for line in daemon.get("/metrics").body.decode().splitlines() if line.startswith("oht_exports_active ")]
    return int(line.split()[1])


@pytest.fixture(scope="module", name="past")
def fixture_past(tmp_path_factory, accounts):
    """A daemon with a known past of an hour and 20 minutes; .past is what it should tell of it."""
    made = begin(tmp_path_factory.mktemp("past"), accounts)
    made.write_config(history_flush_s="1")
    made.start()
    until(lambda: made.get("health").json["history"]["flushes"], what="values on the disk")
    made.stop()
    made.past = Past((int(time.time()) - 3 * 3600) * 10 ** 9, int(os.environ["OHT_SEED"]))
    made.past.write(made.state / "history.db")
    shutil.copy(made.state / "history.db", made.folder / "known.db")
    with serving(made):
        until(lambda: made.get(query_of(signals="state")).status == 200, what="the file to be open")
        yield made


def span(past, begin_cycle, end_cycle):
    """from and to of a query."""
    return {"from_": text((past.start_ns + begin_cycle * CYCLE_NS) // 10 ** 6), "to": text((past.start_ns + end_cycle * CYCLE_NS) // 10 ** 6)}


# ---- what is told ----

def as_a_stranger(past, *words):
    """What examples/python/read_history.py finds in the file."""
    done = subprocess.run([sys.executable, TOP / "examples/python/read_history.py", past.state / "history.db", *words], capture_output=True, text=True, check=False)
    return done if done.returncode else rows(done.stdout)


@pytest.mark.slow
def test_a_stranger_reads_the_same(past):
    """Of the past that is known, and of what the daemon writes meanwhile."""
    def flushes():
        return past.get("health").json["history"]["flushes"]
    whole(past)
    before = flushes()
    until(lambda: flushes() >= before + 2, what="an interval with a battery")
    read = as_a_stranger(past, "battery_v")
    told = {(row["run"], row["cycle"]): row for row in rows(export(past, signals="battery_v", from_=text(past.past.start_ns // 10 ** 6 - 1000)))}
    runs = {row["run"] for row in read}
    assert len(runs) == 2
    for row in read:
        same = told[row["run"], row["cycle"]]
        assert (float(row["value"]), row["quality"], at(row["time"])) == (float(same["battery_v"]), same["battery_v.quality"], at(same["time"])), row
    last = int(read[-1]["cycle"])
    assert len(read) == len([key for key, row in told.items() if row["battery_v"] and (key[0] == min(runs) or int(key[1]) <= last)])
    # Columns of a second, of the run that goes on.
    for row in as_a_stranger(past, "battery_v", "--level", "1"):
        good = [float(each["value"]) for each in read if (each["run"], each["quality"]) == (row["run"], "good") and int(each["cycle"]) // 40 == int(row["cycle"]) // 40]
        if int(row["cycle"]) + 40 <= last:
            assert (int(row["good"]), float(row["min"]), float(row["max"]), float(row["first"]), float(row["last"])) == (len(good), min(good), max(good), good[0], good[-1])
            assert abs(float(row["mean"]) - sum(good) / len(good)) < 1e-6
    assert ["battery_v", "V", "number"] in [list(row.values())[:3] for row in as_a_stranger(past)]
    assert as_a_stranger(past, "battery").stderr == "read_history: there is no signal 'battery'\n"



def test_each_sample_is_there_once(past):
    """Over the end of a chunk, with a gap in front of it."""
    first, last = CHUNK - 3000, CHUNK + 2000
    known = past.past
    told = rows(export(past, signals="battery_v,state,enabled,bus_transfers", **span(known, first, last)))
    words = signals(past)["state"]["words"]
    gaps = [row for row in told if row["gap_reason"]]
    assert [(int(row["cycle"]), row["gap_reason"], at(row["gap_to"]) - at(row["time"])) for row in gaps] == [(LOST.start, "samples_lost", 25 * len(LOST))]
    told = [row for row in told if not row["gap_reason"]]
    assert [int(row["cycle"]) for row in told] == [cycle for cycle in range(first, last) if cycle not in LOST]
    for row in told:
        cycle = int(row["cycle"])
        assert row["run"] == "1" and at(row["time"]) == (known.start_ns + cycle * CYCLE_NS) // 10 ** 6
        quality = known.quality["battery_v"][cycle]
        assert row["battery_v.quality"] == QUALITIES[quality]
        assert row["battery_v"] == ("" if quality == NONE else f"{known.values['battery_v'][cycle] / 10:.1f}")
        assert row["state"] == words[known.values["state"][cycle]] and row["enabled"] == str(known.values["enabled"][cycle])
        assert row["bus_transfers"] == str(known.values["bus_transfers"][cycle])


def test_forms_say_the_same(past):
    wanted = {"signals": "battery_v,state,enabled", **span(past.past, CHUNK - 800, CHUNK + 300)}
    lines = export(past, format="ndjson", **wanted).splitlines()
    told = rows(export(past, **wanted))
    assert len(lines) == len(told)
    for line, row in zip(map(json.loads, lines), told):
        assert line.keys() - {"gap_to", "gap_reason"} <= row.keys()
        for name in row:
            value = line.get(name)
            value = "" if value is None else int(value) if isinstance(value, bool) else value
            assert str(value) == row[name] or float(value) == float(row[name]), name


def test_it_says_what_the_history_says(daemon):
    """Up to now, from memory and from the disk; good samples are columns of one cycle."""
    whole(daemon)
    names = ["position_estimate_mm", "battery_v", "bus_transfers"]
    until(lambda: daemon.get(query_of(signals="state")).status == 200, what="the file to be open")

    def seconds():
        """A span with values that are over."""
        now = at(daemon.get("health").json["clock"]["time"])
        found = {"from": text(now - 2500), "to": text(now - 500)}
        return sum(value is not None for value in history(daemon, "battery_v", step_ms=25, **found)["series"][0]["last"]) > 50 and found
    wanted = until(seconds, what="some seconds of values")
    told = history(daemon, ",".join(names), step_ms=25, **wanted)
    found = [row for row in rows(export(daemon, signals=",".join(names), **wanted)) if not row["gap_reason"]]
    for series in told["series"]:
        good = {at(row["time"]): float(row[series["signal"]]) for row in found if row[series["signal"] + ".quality"] == "good"}
        assert len(good) > 40
        assert good == {int(when): value for when, value in zip(series["t"], series["last"]) if value is not None and int(when) in good}
        assert sum(value is not None for value in series["last"]) - len(good) in (0, 1, 2)


def test_what_is_around_the_runs_is_a_gap(past):
    known = past.past
    told = rows(export(past, signals="battery_v", **span(known, -2400, 40)))
    assert (told[0]["gap_reason"], told[0]["run"], told[0]["cycle"], at(told[0]["gap_to"])) == ("no_data", "", "", known.start_ns // 10 ** 6)
    told = rows(export(past, signals="battery_v", from_=span(known, CYCLES - 40, CYCLES)["from_"]))
    [pause] = [row for row in told if row["gap_reason"] == "not_running"]
    assert (pause["run"], pause["cycle"]) == ("1", str(CYCLES))
    behind = told[told.index(pause) + 1:]
    assert {row["run"] for row in behind} == {"2"} and at(pause["gap_to"]) <= at(behind[0]["time"])
    # It reaches to now.
    assert at(past.get("health").json["clock"]["time"]) - at(told[-1]["gap_to"] or told[-1]["time"]) < 10_000


def test_all_signals_without_names(past):
    told = export(past, **span(past.past, 100, 110)).splitlines()
    names = list(signals(past))
    assert told[0].split(",") == ["time", "run", "cycle", "gap_to", "gap_reason", *(word for name in names for word in (name, name + ".quality"))]
    # A signal without samples is none in each line.
    assert len(told) == 11 and all(row["target_mm"] == "" and row["target_mm.quality"] == "none" for row in rows("\n".join(told)))


def test_one_that_was_broken_off_goes_on(past, chance):
    wanted_span = span(past.past, CHUNK - 1200, CHUNK + 200)
    whole_text = export(past, signals="battery_v,state", **wanted_span)
    head = whole_text.splitlines(keepends=True)[0]
    for _ in range(5):
        cut = whole_text[:chance.randrange(len(head) + 60, len(whole_text))]
        *kept, last = cut[:cut.rindex("\n") + 1].splitlines(keepends=True)
        if last == head:
            continue
        _, run, cycle, *_ = last.split(",")
        rest = export(past, signals="battery_v,state", from_cycle=f"{run}:{cycle}", **wanted_span).splitlines(keepends=True)
        assert rest[0] == head and "".join(kept + rest[1:]) == whole_text
    # Behind the last cycle of a run is the pause, and then the next run.
    told = rows(export(past, signals="state", from_cycle=f"1:{CYCLES}"))
    assert told[0]["gap_reason"] == "not_running" and told[1]["run"] == "2"


def test_an_answer_says_what_it_is(past):
    told = past.get(query_of(signals="state", **span(past.past, 0, 10)))
    assert told.headers["content-type"] == "text/csv" and told.headers["cache-control"] == "no-store"
    assert re.fullmatch(r'attachment; filename="oht-\d{8}-\d{6}\.csv"', told.headers["content-disposition"])
    told = past.request("HEAD", query_of(signals="state", format="ndjson"), role="viewer")
    assert (told.status, told.headers["content-type"], told.body) == (200, "application/x-ndjson", b"")
    assert past.request("GET", query_of(signals="state"), role="viewer", headers={"Accept": "application/x-ndjson"}).status == 406
    assert past.request("GET", query_of(signals="state", format="ndjson"), role="viewer", headers={"Accept": "application/x-ndjson"}).status == 200


# ---- what is refused ----

@pytest.mark.parametrize("query, pointer, said", [
    ("signals=state&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "/from", "from 2026-02-01T00:00:00.000Z to 2026-01-01"),
    ("signals=state&from=2190-01-01T00:00:00Z", "/from", "from 2190-01-01T00:00:00.000Z"),
    ("signals=state&from=1970-01-01T00:00:00Z", "/from", "at most 5 years"),
    ("signals=state&to=yesterday", "/to", "'yesterday'"),
    ("signals=state&format=xml", "/format", "'xml'"),
    ("signals=state&from_cycle=12", "/from_cycle", "'12' is no run and cycle"),
    ("signals=state&from_cycle=0:1", "/from_cycle", "'0:1' is no run"),
    ("signals=state&from_cycle=1:-1", "/from_cycle", "'1:-1' is no run"),
    ("signals=state&from_cycle=1:00", "/from_cycle", "'1:00' is no run"),
    ("signals=state&from_cycle=1:99999999999999999999", "/from_cycle", "'1:99999999999999999999' is no run"),
    ("signals=state&from_cycle=99999:0", "/from_cycle", "run 99999 is not kept"),
    ("signals=", "/signals", "has 0"),
    ("signals=state&level=1", "/level", ""),
])
def test_refusals_name_member_and_value(daemon, query, pointer, said):
    told = daemon.get("telemetry/export?" + query)
    assert told.status == 400 and [error["pointer"] for error in told.json["errors"]] == [pointer], told
    assert said in told.json["errors"][0]["detail"], told.json["errors"]


def test_by_http_1_0_nobody_would_see_that_it_was_cut_off(past):
    head = f"GET /api/v1/{query_of(signals='state')} HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer {past.token('viewer')}\r\n\r\n"
    told = past.raw(head.encode())
    assert told.split(b" ")[1] == b"505" and b"needs HTTP/1.1: tell the proxy" in told, told


def test_a_signal_that_there_is_not(daemon):
    told = daemon.get("telemetry/export?signals=state,batery_v")
    assert (told.status, told.code) == (422, "unknown_signal") and "'batery_v' is no signal; near: battery_v" in told.json["detail"]
    assert daemon.get("telemetry/export?signals=state", role=None).status == 401


def test_a_file_that_is_not_open_is_said(fresh):
    (fresh.state / "history.db").write_bytes(b"something else, of more than a hundred bytes" * 40)
    fresh.start()
    told = fresh.get("telemetry/export?signals=state")
    assert (told.status, told.headers["retry-after"]) == (503, "2") and "file of values" in told.json["detail"]


# ---- how it ends ----

@contextlib.contextmanager
def begun(daemon, token=None):
    """An export of all that is known, of which the client has read the begin and reads no more."""
    link = daemon.another().connection()
    link.request("GET", "/api/v1/" + query_of(signals=",".join(NAMES), **span(daemon.past, 0, CYCLES)), None,
                 {"Authorization": f"Bearer {token or daemon.token('viewer')}"})
    answer = link.getresponse()
    assert answer.status == 200 and answer.read(1000).startswith(b"time,run,")
    yield answer
    link.close()


def descriptors(daemon):
    return len(list(pathlib.Path(f"/proc/{daemon.process.pid}/fd").iterdir()))


def resident_kb(daemon):
    return int(re.search(r"VmRSS:\s+(\d+) kB", pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text())[1])


def test_a_client_that_leaves_leaves_nothing(past):
    before = descriptors(past)
    memory_kb = []
    # Each thread that takes part gets its buffers with its first piece; a sanitizer keeps what was freed.
    while len(memory_kb) < 4 or (memory_kb[-1] > memory_kb[-3] + 256 and not SANITIZER):
        assert len(memory_kb) < 20, memory_kb
        with begun(past), begun(past, past.token("operator")):
            assert active(past) == 2
            for role, said in (("viewer", "an export or a backup is on its way to viewer, and each account may have one at a time"),
                               ("supervisor", "2 exports and backups are on their way, and at most 2 may be")):
                told = past.get(query_of(signals="state"), role=role)
                assert (told.status, told.code, told.headers["retry-after"]) == (429, "too_many_exports", "10")
                assert told.json["detail"] == said
            # Nobody else waits for them.
            assert history(past, "battery_v", points=10)["series"]
            memory_kb.append(resident_kb(past))
        until(lambda: active(past) == 0, what="the end of the exports")
    until(lambda: descriptors(past) <= before, what="descriptors as before")


@pytest.mark.slow
def test_a_client_that_reads_nothing_is_cut_off(past):
    """As of every answer, after 15 s."""
    with begun(past) as answer:
        time.sleep(18)
        assert active(past) == 0 and not whole_or_not(answer)


def whole_or_not(answer):
    """Has the client got the end?"""
    try:
        while answer.read(1 << 16):
            pass
    except (http.client.IncompleteRead, OSError):
        return False
    return True


def test_the_end_of_a_session_cuts_it_off(past):
    token = past.login("viewer").json["access_token"]
    with begun(past, token) as answer:
        assert past.request("POST", "auth/logout", {}, token=token).status == 204
        assert not whole_or_not(answer)
    until(lambda: active(past) == 0, what="the end of the export")


def test_the_end_of_the_daemon_cuts_it_off(past, fresh):
    shutil.copy(past.folder / "known.db", fresh.state / "history.db")
    fresh.past = past.past
    fresh.start()
    until(lambda: fresh.get(query_of(signals="state")).status == 200, what="the file to be open")
    link, other = fresh.another().connection(), {"Authorization": f"Bearer {fresh.token('viewer')}"}
    link.connect()
    with begun(fresh, fresh.token("operator")) as answer:
        fresh.process.send_signal(signal.SIGTERM)
        until(lambda: "download_cut: export of operator: the daemon ends" in fresh.log(), what="the end", period_s=0.01)
        # One that is asked for now is refused, unless the connection has gone before.
        with contextlib.suppress(OSError, http.client.HTTPException):
            link.request("GET", "/api/v1/" + query_of(signals="state"), None, other)
            told = link.getresponse()
            assert told.status == 503 and b"the daemon ends" in told.read()
        assert not whole_or_not(answer)
    assert fresh.process.wait(60) == 0
    fresh.process = None


# ---- ohtctl export ----

def ohtctl(daemon, *words, **more):
    # Of those of the local socket, which are one account, the one before may have left in the middle.
    until(lambda: active(daemon) == 0, what="the end of the exports")
    return subprocess.run([OHTCTL, "export", "--socket", daemon.socket, *map(str, words)], capture_output=True, text=True, check=False, timeout=60, **more)


def done(daemon, *words):
    told = ohtctl(daemon, *words)
    assert (told.returncode, told.stderr) == (0, ""), told
    return told.stdout


def test_ohtctl_writes_what_the_api_says(past, tmp_path):
    wanted = span(past.past, CHUNK - 600, CHUNK + 100)
    words = ["battery_v", "state", "--from", wanted["from_"], "--to", wanted["to"]]
    assert done(past, *words) == export(past, signals="battery_v,state", **wanted)
    assert done(past, *words, "-o", tmp_path / "a.ndjson", "--format", "ndjson") == ""
    assert (tmp_path / "a.ndjson").read_text() == export(past, signals="battery_v,state", format="ndjson", **wanted) == done(past, *words, "--json")
    told = past.get(query_of(signals="battery_v,state", format="mcap", **wanted))
    assert done(past, *words, "-o", tmp_path / "a.mcap", "--format", "mcap") == "" and (tmp_path / "a.mcap").read_bytes() == told.body
    assert told.body.startswith(b"\x89MCAP0\r\n") and told.body.endswith(b"\x89MCAP0\r\n") and told.headers["content-type"] == "application/octet-stream"
    # All signals, and the hour before now.
    assert done(past, "--from", "-1s").count(".quality") == len(signals(past))


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_ohtctl_goes_on_in_a_file(past, tmp_path, chance, form):
    wanted = span(past.past, CHUNK - 600, CHUNK + 100)
    words = ["battery_v", "state", "--from", wanted["from_"], "--to", wanted["to"], "--format", form]
    whole_text, file = done(past, *words), tmp_path / "a"
    # After a cut of the power zeros may stand behind it.
    for cut in (0, 30, chance.randrange(400, len(whole_text)), len(whole_text) - 1, len(whole_text)):
        for zeros in (0, 70_000) if cut > 400 else (0,):
            file.write_text(whole_text[:cut] + "\0" * zeros)
            assert done(past, *words, "--continue", "--output", file) == "" and file.read_text() == whole_text, cut
    # A file of something else stays as it is, and so does one of other signals.
    others = {"csv": "time,run,cycle,gap_to,gap_reason,tag,tag.quality\nx,1,7,,,1,good\n",
              "ndjson": '{"time":"x","run":1,"cycle":7,"tag":1,"tag.quality":"good"}\n'}
    for content, said in (("time,signal\n1,2\n", f"is no export as {form}"), ("\0\0\1\0 an icon", f"is no export as {form}"), (others[form], "has other signals"),
                          (whole_text + "end of the list\n", "its last whole line is none of an export"),
                          (whole_text + "x" * 40_000, "its last whole line is none of an export"),
                          (re.sub(r'(?<=Z,|":)1(?=,\d+|,"cycle)', "99", whole_text), "run 99 is not kept")):
        file.write_text(content)
        told = ohtctl(past, *words, "--continue", "-o", file)
        assert told.returncode == 1 and said in told.stderr and file.read_text() == content, told


def test_ohtctl_keeps_a_line_that_the_robot_has_not_any_more(past, tmp_path):
    kept, file = f"{text(past.past.start_ns // 10 ** 6)},1,{CYCLES},,,idle,good\n", tmp_path / "a"
    file.write_text("time,run,cycle,gap_to,gap_reason,state,state.quality\n" + kept)
    # An end in front of it adds nothing, and takes nothing away.
    wanted, before = span(past.past, 0, 40), file.read_text()
    assert done(past, "state", "--continue", "-o", file, "--to", wanted["to"], "--from", wanted["from_"]) == "" and file.read_text() == before
    assert done(past, "state", "--continue", "-o", file) == ""
    _, first, second, third, *_ = file.read_text().splitlines(keepends=True)
    assert first == kept and second.split(",")[1:5:3] == ["1", "not_running"] and third.split(",")[1] == "2"


class Foreign(http.server.BaseHTTPRequestHandler):
    """What answers in place of a robot: the time, and then .body without an end if .silent."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        health = self.path.endswith("/health")
        body = b'{"clock":{"time":"2026-07-30T12:00:00.000Z"}}' if health else self.server.body
        self.send_response(200)
        self.send_header("Content-Type", "application/json" if health else "text/csv")
        self.send_header("Content-Length", str(len(body) + (0 if health else self.server.silent)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if not health and self.server.silent:
            self.server.over.wait(120)

    def address_string(self):
        return "local"

    def log_message(self, format, *args):
        pass


@contextlib.contextmanager
def foreign(folder, body, silent=0):
    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True
    server = Server(str(folder / "s"), Foreign)
    server.body, server.silent, server.over = body, silent, threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield [OHTCTL, "export", "--socket", str(folder / "s"), "state", "-o", str(folder / "a")]
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("body", [b"\x1b[2J" * 20, b"\n" + b"\x1b[2J" * 20 + b"\n", b"time,run\n", b"{}\n" * 40])
def test_what_is_no_export_is_not_written(tmp_path, body):
    ours, theirs = pty.openpty()
    with foreign(tmp_path, body) as command, open(theirs, "wb") as err:
        told = subprocess.run(command, stderr=err, check=False, timeout=60)
        seen = os.read(ours, 4096)
    os.close(ours)
    assert told.returncode == 1 and b"is no export" in seen and b"\x1b" not in seen and not (tmp_path / "a").exists(), seen


@pytest.mark.slow
def test_a_robot_without_power_is_not_waited_for(tmp_path):
    body = b"time,run,cycle,gap_to,gap_reason,state,state.quality\n"
    with foreign(tmp_path, body, silent=1000) as command:
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert told.returncode == 1 and "broken off: " in told.stderr and "--continue goes on in" in told.stderr, told
    assert (tmp_path / "a").read_bytes() == body


def test_ohtctl_keeps_what_was_broken_off(past, tmp_path):
    """Of a robot that falls silent in a line, so that it is still waited for, however slow the rest is."""
    wanted, words = span(past.past, CHUNK - 600, CHUNK + 100), ["state", "battery_v"]
    whole_text, file = export(past, signals=",".join(words), **wanted), tmp_path / "a"
    begun_text = whole_text[:len(whole_text) // 2]
    with (foreign(tmp_path, begun_text.encode(), silent=1000) as command,
          subprocess.Popen([*command, "battery_v"], stderr=subprocess.PIPE, text=True) as child):
        until(lambda: file.exists() and file.stat().st_size, what="the begin of the file")
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
    assert child.returncode == 1 and f"broken off: interrupted; the same command with --continue goes on in {file}" in said, said
    kept = file.read_text()
    assert len(kept) > 1000 and begun_text.startswith(kept)
    assert done(past, *words, "--from", wanted["from_"], "--to", wanted["to"], "-o", file, "--continue") == "" and file.read_text() == whole_text


def test_a_terminal_sees_how_far_it_is(past, tmp_path):
    ours, theirs = pty.openpty()
    wanted = span(past.past, 0, 2000)
    with open(theirs, "wb") as err:
        subprocess.run([OHTCTL, "export", "--socket", past.socket, "battery_v", "--from", wanted["from_"], "--to", wanted["to"], "-o", tmp_path / "a"],
                       stderr=err, check=True, timeout=60)
        seen = os.read(ours, 4096).decode()
    os.close(ours)
    assert re.search(r"\r *[\d.]+ [KM]?i?B, up to " + wanted["to"][:10] + r"T[\d:]{8}\r\n$", seen), seen


def test_an_export_goes_into_a_pipe_and_never_over_a_file(past, tmp_path):
    wanted = span(past.past, CHUNK - 10, CHUNK)
    words = ["state", "--from", wanted["from_"], "--to", wanted["to"], "-o"]
    os.mkfifo(tmp_path / "pipe")
    read = []
    ends = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()), daemon=True)
    ends.start()
    assert done(past, *words, tmp_path / "pipe") == ""
    ends.join(60)
    assert read == [export(past, signals="state", **wanted)] and (tmp_path / "pipe").is_fifo()
    assert done(past, *words, "/dev/null") == ""
    (tmp_path / "link").symlink_to("made")
    assert done(past, *words, tmp_path / "link") == "" and (tmp_path / "made").read_text() == read[0]
    assert "is there already" in ohtctl(past, *words, tmp_path / "link").stderr


def test_a_full_disk_is_said(past):
    told = ohtctl(past, "state", "--from", span(past.past, 0, 9)["from_"], "-o", "/dev/full", "--continue")
    assert told.returncode == 1 and "/dev/full" in told.stderr


@pytest.mark.parametrize("words, status, said", [
    (["flux"], 1, "'flux' is no signal"), (["batery_v"], 1, "near: battery_v"), (["state&x=1"], 2, "no name of a signal: 'state&x=1'"),
    (["state", "--from", "yesterday"], 2, "'yesterday'"), (["state", "--from", "-1h", "--to", "-2h"], 1, "the begin must be before"),
    (["state", "--format", "xml"], 2, "'xml' is none of csv, ndjson, mcap"), (["state", "--continue"], 2, "--continue needs the file"),
    (["state", "-o", "/nowhere/at/all"], 1, "/nowhere/at/all: No such file"), (["state", "-o", __file__], 1, "is there already; --continue"),
    (["state", "--csv"], 2, "--csv"), (["state", "--format", "mcap", "--continue", "-o", "a.mcap"], 2, "--continue: not in a file of mcap")])
def test_ohtctl_refuses(daemon, words, status, said):
    told = ohtctl(daemon, *words)
    assert told.returncode == status and said in told.stderr + told.stdout, told


def test_a_refusal_leaves_no_file(daemon, tmp_path):
    assert ohtctl(daemon, "flux", "-o", tmp_path / "a").returncode == 1 and not list(tmp_path.iterdir())


def test_ohtctl_from_elsewhere(daemon, remote):
    remote.login("viewer")
    assert remote.done("export", "state", "--from", "-2s").startswith("time,run,cycle,gap_to,gap_reason,state,state.quality\n")
