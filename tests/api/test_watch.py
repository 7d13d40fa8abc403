# SPDX-License-Identifier: GPL-2.0-or-later
"""ohtctl watch: the robot on a terminal of 80 x 24, in a pipe and as JSON, over the socket and over --url."""
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading

import pytest

from daemon import BUILD
from oht_test.terminal import Terminal
from oht_test.wait import until
from oht_test.websocket import gapless
from test_remote import Remote, complaint, head, hostile

# It draws on a terminal, second by second.
pytestmark = pytest.mark.slow

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"
CHANNELS = {"safety", "robot", "modules", "commands", "telemetry"}


def environment(daemon, **more):
    """For ohtctl on a terminal."""
    return {**daemon.environment(), "TERM": "vt100", **more}


def local(daemon, *words):
    """The command over the socket for local administration."""
    return [OHTCTL, "watch", "--socket", daemon.socket, *words]


def terminal(daemon, *words, **more):
    """On a terminal of its own."""
    return Terminal(local(daemon, *words), env=environment(daemon), **more)


@contextlib.contextmanager
def piped(command, **more):
    """(process, its lines so far): a thread reads them."""
    lines = []
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more) as made:
        def read():
            for line in made.stdout:
                lines.append(line.rstrip("\n"))

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield made, lines
        finally:
            made.terminate()
            reader.join()


def running(fresh):
    """Started, and its four modules known."""
    fresh.start()
    until(lambda: [item["health"] for item in fresh.get("modules").json["items"]] == ["good"] * 4, what="the modules")
    until(lambda: fresh.get("robot").json["state"] == "safe", what="safe")
    return fresh


# ---- the picture ----

def test_the_picture_has_all_facts(fresh):
    running(fresh)
    with terminal(fresh) as shown:
        text = shown.wait(lambda text: "travel_motor good" in text and re.search(r"^battery +[\d.]+ % +[\d.]+ V$", text, re.M), "the picture")
        lines = text.splitlines()
        assert re.search(r"^state +safe +mode +automatic$", text, re.M), text
        assert re.search(r"^stop +ready +outputs +-, -$", text, re.M)
        assert re.search(r"^control +nobody +inputs +a -, b -$", text, re.M)
        assert re.search(r"^causes +none$", text, re.M) and re.search(r"^faults +none$", text, re.M)
        assert re.search(r"^command +none +queue +0$", text, re.M)
        assert re.search(r"^position +-?[\d.]+ mm +target +- mm +speed +-?[\d.]+ mm/s$", text, re.M)
        assert re.search(r"^bus load +[\d.]+ % +at most +[\d.]+ % +errors \d+, missed \d+$", text, re.M)
        assert all(f"{name} good" in text for name in ("power", "safety", "travel_motor", "dock_location"))
        assert "connected; what is shown is " in lines[1] and str(fresh.socket)[:40] in lines[0]
        assert lines[23] == "q or Ctrl-C ends" and "changes, the newest first" in text
        assert shown.modes == {"?1049": True, "?25": False, "?7": False}
        shown.press("xyz")
        shown.press("q")
        assert shown.end() == 0
        assert shown.modes == {"?1049": False, "?25": True, "?7": True} and shown.is_as_before()


def test_the_picture_follows_the_robot(fresh):
    running(fresh)
    with terminal(fresh) as shown:
        shown.wait(lambda text: "travel_motor good" in text, "the picture")
        assert fresh.post("safety/stop", role="operator").status == 200
        text = shown.wait(lambda text: re.search(r"^stop +stopped", text, re.M) and re.search(r"^state +estop", text, re.M), "the stop")
        assert re.search(r"^causes +.*software", text, re.M) and shown.is_marked("stopped")
        assert re.search(r"^  \d\d:\d\d:\d\d stop: ready -> stopped$", text, re.M), text
        assert fresh.sim("fault 5 silence").startswith("ok")
        text = shown.wait(lambda text: "dock_location lost" in text, "the loss")
        assert shown.is_marked("dock_location lost")
        shown.wait(lambda text: re.search(r"\d dock_location: \w+ -> lost", text), "the loss among the changes")
        assert fresh.sim("clear 5").startswith("ok")
        shown.wait(lambda text: "dock_location good" in text, "the module again")
        shown.process.send_signal(signal.SIGINT)
        assert shown.end() == 0 and shown.is_as_before()


def test_a_lost_daemon_is_said_and_comes_back(fresh):
    running(fresh)
    with terminal(fresh) as shown:
        shown.wait(lambda text: "travel_motor good" in text, "the picture")
        # In an orderly end it would still say that its modules are lost.
        fresh.kill()
        text = shown.wait(lambda text: re.search(r"^NO CONNECTION, since [2-9] s; all below is older: ", text, re.M), "the loss")
        assert shown.is_marked("NO CONNECTION")
        assert "travel_motor good" in text, "what was known stays, and is said to be old"
        shown.wait(lambda text: re.search(r"\d connection: lost, ", text), "the loss among the changes")
        fresh.start()
        text = shown.wait(lambda text: "connected; what is shown is" in text and "connection: there" in text, "the connection again")
        assert "NO CONNECTION" not in text
        assert fresh.post("safety/stop", role="operator").status == 200
        shown.wait(lambda text: re.search(r"^stop +stopped", text, re.M), "news of the new daemon")


def test_a_daemon_that_hangs_is_said(fresh):
    """The connection stands, and nothing comes."""
    running(fresh)
    with terminal(fresh) as shown:
        shown.wait(lambda text: "connected; what is shown is" in text, "the picture")
        fresh.process.send_signal(signal.SIGSTOP)
        try:
            shown.wait(lambda text: re.search(r"^NO CONNECTION, since ", text, re.M), "the silence")
        finally:
            fresh.process.send_signal(signal.SIGCONT)
        shown.wait(lambda text: "connected; what is shown is" in text, "the daemon again")


@pytest.mark.parametrize("rows, columns", [(24, 40), (10, 80), (5, 12), (50, 200), (1, 1)])
def test_other_sizes_cut_and_never_wrap(daemon, rows, columns):
    """The terminal of the test fails at what goes over its edge."""
    with terminal(daemon, rows=rows, columns=columns) as shown:
        shown.wait(lambda text: text.startswith("ohtctl watch"[:columns]), "the picture")
        assert shown.text().splitlines()[0] == f"ohtctl watch   {daemon.socket}"[:columns].rstrip()
        shown.press("q")
        assert shown.end() == 0 and shown.is_as_before()


def test_another_size_is_taken_on_the_way(daemon):
    with terminal(daemon) as shown:
        shown.wait(lambda text: "q or Ctrl-C ends" in text, "the picture")
        shown.take()
        shown.resize(30, 100)
        shown.process.send_signal(signal.SIGWINCH)
        lines = until(lambda: (drawn := shown.lines())[29] == "q or Ctrl-C ends" and drawn, what="the larger picture")
        assert lines[0].startswith("ohtctl watch") and "q or Ctrl-C ends" not in lines[:29]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_end_from_outside_restores_the_terminal(daemon, number):
    with terminal(daemon) as shown:
        shown.wait(lambda text: "q or Ctrl-C ends" in text, "the picture")
        shown.process.send_signal(number)
        assert shown.end() == 0 and shown.is_as_before() and shown.modes["?25"] is True


def stream(*messages):
    """An answer that says this, and then nothing more."""
    text = "".join(f"event: robot\nid: 1-robot:{i + 1}\ndata: {message}\n\n" for i, message in enumerate(messages))
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + text.encode()


def robot(seq=1, **data):
    """A snapshot of the robot."""
    return json.dumps({"type": "snapshot", "channel": "robot", "seq": seq, "ts": {"utc": "2026-01-01T00:00:00.000Z"},
                       "recovered": False, "data": data}, ensure_ascii=False)


def test_a_robot_that_moves(daemon, tmp_path):
    """The simulated bus has no outputs, so nothing moves there: a daemon that says so stands in for one with a robot."""
    remote = Remote(daemon, tmp_path)
    remote.login("viewer")
    command = {"number": 7, "verb": "move", "state": "running", "reason": None, "position_mm": 4000.0, "speed_mm_s": None}
    signals = {"position_mm": {"value": 1234.5, "quality": "good"}, "speed_mm_s": {"value": -250, "quality": "good"},
               "target_mm": {"value": 4000.0, "quality": "good"}, "battery_percent": {"value": 61.5, "quality": "old"}}
    safety = {"state": "enabled", "causes": [], "channels": {"a": "closed", "b": "open"}, "outputs": {"enable1": True, "enable2": False}}
    told = stream(robot(state="move", mode="automatic", control="anna", command=command, queue=[{}, {}], faults=[]),
                  robot(state="move", mode="automatic", control="bert", command=None, queue=[], faults=[{"code": "x", "address": 4}]),
                  *(json.dumps({"type": "snapshot", "channel": channel, "ts": {}, "recovered": False, "data": data})
                    for channel, data in (("safety", safety), ("telemetry", signals))))
    with hostile(remote, told) as url:
        with Terminal([OHTCTL, "watch", "--url", url], rows=40, env=environment(daemon, XDG_STATE_HOME=str(remote.state))) as shown:
            text = shown.wait(lambda text: "1234.5 mm" in text, "the picture")
            for line in (r"state +move +mode +automatic", r"stop +enabled +outputs +high, low", r"control +bert +inputs +a closed, b open",
                         r"faults +x \(unit 4\)", r"command +none +queue +0", r"battery +61.5 \(old\) % +- V",
                         r"position +1234.5 mm +target +4000.0 mm +speed +-250 mm/s",
                         r"  \S+ command: 7 move to 4000.0 mm, running -> none", r"  \S+ queue: 2 -> 0", r"  \S+ control: anna -> bert"):
                assert re.search(f"^{line}$", text, re.M), (line, text)
            assert shown.is_marked("faults")


def test_control_characters_act_on_no_terminal(daemon, tmp_path):
    """What a daemon says is shown, whatever it is; the terminal of the test fails at what acts on it."""
    remote = Remote(daemon, tmp_path)
    remote.login("viewer")
    evil = "\x1b[2Jx\r\n\x9b31m\x07\x00é\u202e"
    told = stream(robot(state=evil, mode=evil, control="w" * 300, faults=[{"code": evil}]),
                  json.dumps({"type": "snapshot", "channel": "modules", "ts": {"utc": evil}, "recovered": False,
                              "data": {"items": [{"name": evil, "health": evil}, {"name": [1], "health": {}}, 7]}}))
    with hostile(remote, told) as url:
        command = [OHTCTL, "watch", "--url", url]
        with Terminal(command, env=environment(daemon, XDG_STATE_HOME=str(remote.state))) as shown:
            text = shown.wait(lambda text: re.search(r"^state +\?\[2Jx", text, re.M), "the picture")
            assert "www" in text
            shown.press("q")
            assert shown.end() == 0
        with piped(command, env=environment(daemon, XDG_STATE_HOME=str(remote.state))) as (_, lines):
            until(lambda: any(" state: " in line for line in lines), what="the state")
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "".join(lines)), lines


# ---- in a pipe ----

def test_a_pipe_gets_a_line_for_each_change(fresh):
    running(fresh)
    with piped(local(fresh), env=environment(fresh)) as (made, lines):
        until(lambda: any(line.endswith(" travel_motor: good") for line in lines), what="the beginning")
        assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z \S", line) for line in lines), lines
        assert any(line.endswith(" state: safe") for line in lines) and any(line.endswith(" stop: ready") for line in lines)
        assert fresh.post("safety/stop", role="operator").status == 200
        until(lambda: any(line.endswith(" stop: ready -> stopped") for line in lines), what="the stop")
        until(lambda: any(line.endswith(" state: safe -> estop") for line in lines), what="the state")
        assert fresh.sim("fault 2 silence").startswith("ok")
        until(lambda: any(" power: " in line and line.endswith(" -> lost") for line in lines), what="the loss")
        assert not any("\x1b" in line for line in lines)
        made.send_signal(signal.SIGINT)
        assert made.wait(60) == 0 and made.stderr.read() == ""


def test_a_terminal_that_can_nothing_gets_lines(daemon):
    with Terminal(local(daemon), env=environment(daemon, TERM="dumb"), columns=200) as shown:
        shown.wait(lambda text: " stop: " in text, "lines")
        assert "\x1b" not in shown.raw
        shown.process.send_signal(signal.SIGINT)
        assert shown.end() == 0


def test_json_is_each_message(fresh):
    running(fresh)
    with piped(local(fresh, "--json"), env=environment(fresh)) as (_, lines):
        def of(channel):
            return [m for m in map(json.loads, lines) if m.get("channel") == channel]

        until(lambda: {m.get("channel") for m in map(json.loads, lines)} >= CHANNELS, what="all channels")
        assert json.loads(lines[0])["type"] in ("snapshot", "link")
        assert fresh.post("safety/stop", role="operator").status == 200
        until(lambda: any(m["type"] == "event" and m["data"].get("state") == "stopped" for m in of("safety")), what="the stop")
        fresh.stop()
        until(lambda: {"type": "link", "connected": False} in
              [{key: m[key] for key in ("type", "connected") if key in m} for m in map(json.loads, lines)], what="the loss")
        assert gapless(of("safety"))


def test_rounds_end_it(daemon):
    done = subprocess.run(local(daemon, "--json", "--rounds", "7"), capture_output=True, text=True, timeout=100, check=False,
                          env=environment(daemon))
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr, len([m for m in messages if m["type"] != "link"])) == (0, "", 7)


# ---- over --url ----

def test_the_same_over_url(fresh, tmp_path):
    remote = Remote(running(fresh), tmp_path)
    remote.login("viewer")
    with Terminal([OHTCTL, "watch", "--url", remote.url], env=environment(fresh, XDG_STATE_HOME=str(remote.state))) as shown:
        shown.wait(lambda text: remote.url in text and "travel_motor good" in text, "the picture")
        # Another ohtctl ends the session: there is nothing that could be dialled with.
        remote.done("logout")
        assert shown.end() == 1 and shown.is_as_before()
        assert f"ohtctl login --url {remote.url}" in shown.raw.replace("\r\n", ""), shown.raw[-400:]


def test_an_old_token_is_renewed(fresh, tmp_path):
    remote = Remote(running(fresh), tmp_path)
    remote.login("viewer")
    kept = json.loads(remote.file("json").read_text())
    kept["access_token"] = "eyJhbGciOiJIUzI1NiJ9.e30.x"
    remote.file("json").write_text(json.dumps(kept))
    lines = remote.done("watch", "--json", "--rounds", "5").splitlines()
    assert len([line for line in lines if json.loads(line)["type"] != "link"]) == 5
    assert json.loads(remote.file("json").read_text())["access_token"] != kept["access_token"]


def test_a_stream_goes_on_behind_what_was_told(daemon, tmp_path):
    """The next dial says how far the first one came."""
    remote = Remote(daemon, tmp_path)
    remote.login("viewer")
    with hostile(remote, [stream(robot(state="idle"), "nonsense", "[]"), stream(robot(state="move"))]) as url:
        with piped([OHTCTL, "watch", "--url", url], env=environment(daemon, XDG_STATE_HOME=str(remote.state))) as (_, lines):
            until(lambda: any(line.endswith(" state: idle -> move") for line in lines), what="the second stream")


# ---- refusals ----

@pytest.mark.parametrize("words, said", [
    (("power",), "too many"), (("--interval-ms", "100"), "--interval-ms"), (("--fc", "3"), "--fc"), (("--rounds", "0"), "'0'"),
    (("--socket", "/" + "x" * 200), "too long"), (("--url", "http://127.0.0.1:1"), "https://HOST:PORT"),
    (("--url", "https://127.0.0.1:1/x"), "https://HOST:PORT")])
def test_wrong_usage(daemon, tmp_path, words, said):
    made = subprocess.run([OHTCTL, "watch", *words], capture_output=True, text=True, timeout=100, check=False,
                          env=environment(daemon, XDG_STATE_HOME=str(tmp_path)))
    assert said in complaint(made, 2)


def test_nobody_answers(daemon, tmp_path):
    made = subprocess.run([OHTCTL, "watch", "--socket", tmp_path / "no.sock"], capture_output=True, text=True, timeout=100, check=False,
                          env=environment(daemon))
    assert "no ohtd answers at" in complaint(made, 3)
    with Terminal([OHTCTL, "watch", "--socket", tmp_path / "no.sock"], env=environment(daemon), columns=300) as shown:
        assert shown.end() == 3 and "no ohtd answers at" in shown.text()
        assert not shown.modes, "a complaint stays on the screen that was there"


def test_who_is_not_logged_in_is_told_what_to_do(daemon, tmp_path):
    remote = Remote(daemon, tmp_path)
    remote.login("viewer")
    remote.done("logout")
    assert f"not logged in: ohtctl login --url {remote.url}" in complaint(remote.run("watch"))
    made = remote.run("watch", "--json")
    assert made.returncode == 1 and "not logged in" in json.loads(made.stdout)["error"] and made.stderr == ""


def test_nobody_listens_at_the_url(daemon, tmp_path):
    remote = Remote(daemon, tmp_path)
    remote.login("viewer")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        for ending in ("json", "pem"):
            os.link(remote.file(ending), remote.folder / f"127.0.0.1_{port}.{ending}")
        assert "onnect" in complaint(remote.run("watch", url=f"https://127.0.0.1:{port}"), 3)


@pytest.mark.parametrize("answer, said", [
    (head(200, b"{}"), "is no ohtd"), (head(200, b"hello"), "is no ohtd"), (b"SSH-2.0-x\r\n", "is no ohtd"),
    (head(503, b'{"code":"busy","detail":"too many clients stay connected"}'), "too many clients stay connected [busy]"),
    (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 0\r\n\r\n", "is no ohtd"),
    (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: " + b"x" * (1 << 21), "has more than")],
    ids=["empty", "text", "ssh", "busy", "nothing", "endless"])
def test_what_is_no_stream_is_refused(daemon, tmp_path, answer, said):
    remote = Remote(daemon, tmp_path)
    remote.login("viewer")
    with hostile(remote, answer) as url:
        assert said in complaint(remote.run("watch", url=url))
