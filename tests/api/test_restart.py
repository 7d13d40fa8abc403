# SPDX-License-Identifier: GPL-2.0-or-later
"""Restart by command: who may ask, how the daemon ends, and that live data and sessions go on behind it; a crash is another thing."""
import fcntl
import json
import os
import ssl
import subprocess
import threading
import time

import pytest

from following import EVENTS, STATES, Follower
from keeper import Keeper
from live import dial, subscribe
from oht_test.params import at_night
from oht_test.wait import until
from oht_test.websocket import gapless
from test_admin import OHTCTL, admin, complaint
from test_stream import Events, places

pytestmark = pytest.mark.plain("filter")

ROUNDS = 20
SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def await_end(daemon, code=0):
    """It ends by itself."""
    assert daemon.process.wait(60) == code, daemon.log()[-3000:]
    daemon.process = None


def go_on(daemon):
    """What the service manager does next."""
    daemon.keeper.hand_over()
    daemon.start()


def ask(daemon, **body):
    """Answer of a restart that is not refused. For a moment after a start nobody knows that the robot stands."""
    def taken():
        answers.append(daemon.post("system/restart", body))
        return answers[-1].status != 409 or answers[-1].code != "moving"
    answers = []
    until(taken, what="a standstill")
    assert answers[-1].status == 202, answers[-1]
    return answers[-1].json


def restart(daemon, **body):
    """By command, and done."""
    told = ask(daemon, **body)
    await_end(daemon)
    go_on(daemon)
    return told


def crash(daemon):
    """And started again."""
    daemon.kill()
    go_on(daemon)


# ---- who may, and when not ----

@pytest.mark.parametrize("role", ["viewer", "operator", "supervisor"])
def test_only_an_administrator_may(daemon, role):
    assert daemon.post("system/restart", role=role).status == 403


def test_it_is_refused_when_nobody_would_start_it_again(daemon):
    for body in ({}, {"after_stop": True}):
        assert daemon.post("system/restart", body).code == "no_supervisor"
    assert daemon.get("robot").status == 200


@pytest.mark.parametrize("body", [{"after_stop": 1}, {"after_stop": "yes"}, {"now": True}, {"after_stop": True, "force": True}], ids=str)
def test_what_it_does_not_understand_restarts_nothing(kept, body):
    assert kept.post("system/restart", body).status == 400
    assert kept.process.poll() is None and kept.get("robot").status == 200


def test_another_supervisor_may_say_so(fresh):
    fresh.shims["OHT_SUPERVISED"] = "1"
    fresh.start()
    assert ask(fresh) == {"state": "shutdown", "resumes": False}
    await_end(fresh)
    fresh.start()


def test_twice_at_once(kept):
    """One is carried out; whoever asks again is told that it ends, or finds nobody until it is back."""
    told = []

    def one():
        try:
            told.append(kept.post("system/restart", {"after_stop": True}).status)
        except (OSError, ssl.SSLError):
            told.append(None)
    kept.token("administrator")
    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    await_end(kept)
    go_on(kept)
    for thread in threads:
        thread.join()
    # Whoever was still waiting in the queue of the socket has restarted the next one.
    assert 202 in told and set(told) <= {202, 503, None}


# ---- what is so afterwards ----

def test_the_robot_waits_in_safe_whatever_auto_enable_says(fresh):
    fresh.write_config(robot_auto_enable="yes")
    fresh.keeper = Keeper(fresh, slow_s=0)
    try:
        fresh.start()
        assert restart(fresh) == {"state": "shutdown", "resumes": True}
        until(lambda: fresh.get("robot").json["state"] == "safe", what="safe")
        time.sleep(1)
        assert fresh.get("robot").json["state"] == "safe"
        assert "asked for by administrator" in fresh.log() and "main end: restart" in fresh.log()
    finally:
        fresh.kill()
        fresh.keeper.close()


@pytest.mark.parametrize("way", [restart, crash])
def test_sessions_survive(kept, way):
    tokens = kept.login("operator").json
    way(kept)
    assert kept.get("robot", token=tokens["access_token"]).status == 200
    again = kept.post("auth/refresh", {"refresh_token": tokens["refresh_token"]}, role=None)
    assert again.status == 200, again
    assert kept.get("robot", token=again.json["access_token"]).status == 200


def test_a_session_that_was_ended_stays_so(kept):
    token = kept.login("operator").json["access_token"]
    assert kept.post("auth/logout", {}, role=None, token=token).status in (200, 204)
    restart(kept)
    assert kept.get("robot", token=token).code == "token_revoked"


@pytest.mark.slow
def test_a_manager_that_hangs_holds_up_a_restart_for_a_while_only(kept):
    """10 s for each word that it should have taken: the robot has stopped before, and the next life begins all the same."""
    kept.keeper.hangs = True
    token = kept.login("operator").json["access_token"]
    restart(kept)
    assert "not ended in time" not in kept.log()
    until(lambda: kept.get("robot", token=token).json["state"] == "safe", what="a robot that is well")


# ---- live data over it ----

@pytest.mark.slow
def test_many_restarts_without_a_gap(kept):
    follower = Follower(kept, kept.token("viewer"))
    try:
        until(lambda: len(follower.seqs) == len(EVENTS + STATES), what="all channels")
        before = dict(follower.seqs)
        for number in range(1, ROUNDS + 1):
            kept.post("safety/stop")
            restart(kept)
            until(lambda: follower.closed >= number and follower.seqs["robot"] > before["robot"], what="news")
        assert not any(line.endswith("live_not_taken") for line in kept.log().splitlines())
        assert kept.log().count("live_goes_on") == ROUNDS
        assert follower.seqs["safety"] >= before["safety"] + ROUNDS, "each life has told something"
        with dial(kept, "viewer") as other:
            whole = {channel: subscribe(other, channel) for channel in EVENTS}
        until(lambda: all(follower.seqs[channel] >= whole[channel]["seq"] for channel in EVENTS), what="as new")
    finally:
        follower.end()
    assert follower.thread.is_alive() is False and follower.closed >= ROUNDS
    for channel in ("commands",):
        assert follower.states[channel] == whole[channel]["data"], "changes add up to the state"


def test_streams_go_on(kept):
    with Events(kept, "?channel=safety,robot") as stream:
        last = stream.hear_until(lambda message: message.get("channel") == "safety")[-1][0]
        ask(kept)
        while event := stream.hear():
            last = event[0] or last
            if event[1]["type"] == "error":
                assert event[1]["code"] == "shutting_down"
    await_end(kept)
    go_on(kept)
    had = places(last)
    with Events(kept, "?channel=safety", **{"Last-Event-ID": last}) as stream:
        ident, message = stream.hear()
        assert (message["type"], message["recovered"], message["seq"]) == ("snapshot", True, had[1]["safety"])
        assert places(ident)[0] == had[0]
        assert gapless([message, stream.hear()[1]])


def test_a_signal_carries_it_over_too(kept):
    with dial(kept, "viewer") as link:
        seq = subscribe(link, "safety")["seq"]
        epoch = link.hello["epoch"]
        kept.stop()
        assert link.hear_end().code == 1001
    go_on(kept)
    with dial(kept, "viewer") as link:
        assert subscribe(link, "safety", since={"epoch": epoch, "seq": seq})["recovered"] is True


def test_a_crash_begins_a_new_epoch(kept):
    restart(kept)
    with dial(kept, "viewer") as link:
        seq, epoch = subscribe(link, "safety")["seq"], link.hello["epoch"]
        assert not kept.keeper.of("live"), "what was handed over once is kept no longer"
        crash(kept)
    with dial(kept, "viewer") as link:
        assert link.hello["epoch"] != epoch
        link.say({"type": "subscribe", "channel": "safety", "since": {"epoch": epoch, "seq": seq}})
        assert link.hear() == {"type": "resync", "channel": "safety"}
        assert link.hear()["recovered"] is False


# ---- what the service manager hands over may be anything ----

def memory(data, seals=SEALS):
    """A file in memory."""
    fd = os.memfd_create("live", os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


def end_with(kept):
    """(epoch, what it has handed over); it does not run."""
    with dial(kept, "viewer") as link:
        subscribe(link, "safety")
        epoch = link.hello["epoch"]
    kept.stop()
    [fd] = kept.keeper.of("live")
    data = os.pread(fd, 1 << 24, 0)
    assert fcntl.fcntl(fd, fcntl.F_GET_SEALS) & SEALS == SEALS and len(data) > 1000
    kept.keeper.forget("live")
    return epoch, data


def patched(data, at, byte):
    """With another byte at a place."""
    return data[:at] + bytes([byte]) + data[at + 1:]


@pytest.mark.parametrize("change, why", [
    (lambda data: memory(patched(data, len(data) // 2, data[len(data) // 2] ^ 1)), "wrong checksum"),
    (lambda data: memory(patched(data, 7, ord("1"))), "not of this form"),
    (lambda data: memory(b""), "empty"),
    (lambda data: memory(data, 0), "not a sealed file in memory"),
    (lambda data: memory(data + bytes(9 << 20)), "too much"),
    *at_night(
        (lambda data: memory(data[:-1]), "wrong checksum"),
        (lambda data: memory(data[:9]), "not of this form"),
        (lambda data: memory(data + b"x"), "wrong checksum"),
        (lambda data: memory(data, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW), "not a sealed file in memory"),
        (lambda data: os.open("/dev/zero", os.O_RDONLY), "not a sealed file in memory"),
        (lambda data: os.pipe()[0], "not a sealed file in memory")),
], ids=["bit", "version", "empty", "open", "huge", "cut", "short", "longer", "writable", "device", "pipe"])
def test_what_is_damaged_is_not_taken(kept, change, why):
    epoch, data = end_with(kept)
    fd = change(data)
    kept.keeper.hand_over([fd], "live")
    kept.start()
    os.close(fd)
    assert f"live_not_taken: live data of the last run: {why}" in kept.log(), kept.log()[-2000:]
    with dial(kept, "viewer") as link:
        assert link.hello["epoch"] != epoch
        assert subscribe(link, "safety")["type"] == "snapshot"


def test_of_two_none_is_taken(kept):
    epoch, data = end_with(kept)
    fds = [memory(data), memory(data)]
    kept.keeper.hand_over(fds, "live")
    kept.start()
    for fd in fds:
        os.close(fd)
    assert "there are several" in kept.log()
    with dial(kept) as link:
        assert link.hello["epoch"] != epoch


def test_what_cannot_be_forgotten_is_not_taken(kept):
    """A service manager that does not answer may hand the same over once more, after a crash."""
    epoch, data = end_with(kept)
    fd = memory(data)
    kept.keeper.hand_over([fd], "live")
    kept.shims.pop("NOTIFY_SOCKET")
    kept.start()
    os.close(fd)
    assert "may give it once more" in kept.log()
    with dial(kept) as link:
        assert link.hello["epoch"] != epoch


def test_whole_it_would_have_been_taken(kept):
    """The other tests are not refused for another reason."""
    epoch, data = end_with(kept)
    fd = memory(data)
    kept.keeper.hand_over([fd], "live")
    kept.start()
    os.close(fd)
    with dial(kept) as link:
        assert link.hello["epoch"] == epoch


# ---- ohtctl ----

def command(daemon, *words):
    """ohtctl admin restart over the local socket."""
    return subprocess.run([OHTCTL, "admin", "restart", "--socket", daemon.socket, *words], capture_output=True, text=True,
                          timeout=60, check=False, env=daemon.environment())


def test_ohtctl_restarts_it(kept):
    until(lambda: command(kept).returncode == 0, what="a standstill")
    await_end(kept)
    go_on(kept)
    done = command(kept, "--after-stop", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"state": "shutdown", "resumes": True}), done
    await_end(kept)
    done = command(kept)
    assert done.returncode and not done.stdout and len(done.stderr.splitlines()) == 1, done


def test_ohtctl_says_why_not(daemon):
    assert "start the daemon again" in complaint(command(daemon))
    assert "--after-stop" in complaint(admin(daemon, "list", "--after-stop"), 2)
