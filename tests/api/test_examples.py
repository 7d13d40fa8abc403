# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs in examples/ do against a daemon what they say."""
import contextlib
import json
import os
import select
import signal
import subprocess
import threading

import pytest

from daemon import TOP, die_with_us
from node_packages import install_packages
from oht_test.client import PASSWORD
from oht_test.wait import until

# It starts an interpreter for each test.
pytestmark = pytest.mark.slow

PYTHON = TOP / "examples/python/follow.py"
JAVASCRIPT = TOP / "examples/javascript/follow.mjs"
RECIPES = TOP / "examples/curl/recipes.sh"


@pytest.fixture(name="program", params=[PYTHON, JAVASCRIPT], ids=["python", "javascript"])
def _program(request):
    if request.param == JAVASCRIPT:
        install_packages(JAVASCRIPT.parent)
    return request.param


class Follower:
    """A program that follows, and the lines that it has printed."""

    def __init__(self, program, daemon, *arguments, user="viewer", password=PASSWORD, env=None):
        self.program = program
        self.lines = []
        self.child = subprocess.Popen(
            [program, "--url", f"wss://localhost:{daemon.port}", "--ca", daemon.state / "ca.crt", "--user", user, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, preexec_fn=die_with_us)
        self.child.stdin.write(password + "\n")
        self.child.stdin.flush()
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self):
        for line in self.child.stdout:
            self.lines.append(json.loads(line))

    def until(self, condition, what):
        """A line for which it is true."""
        def came():
            assert self.child.poll() is None, f"{self.program.name} has ended: {self.child.stderr.read()}"
            return next((line for line in list(self.lines) if condition(line)), None)
        return until(came, what=what)

    def complaints(self):
        """A line on standard error, waited for; "": none within a second."""
        ready, _, _ = select.select([self.child.stderr], [], [], 1)
        return self.child.stderr.readline() if ready else ""

    def refused(self):
        """How it ended by itself."""
        self.child.wait(30)
        self.thread.join()
        return self.child.returncode, self.child.stderr.read()

    def end(self):
        """End it."""
        self.child.kill()
        self.child.wait()
        self.thread.join()
        for stream in (self.child.stdin, self.child.stdout, self.child.stderr):
            stream.close()


@contextlib.contextmanager
def follower(*arguments, **named):
    made = Follower(*arguments, **named)
    try:
        yield made
    finally:
        made.end()


def test_it_tells_changes_and_goes_on_after_a_crash(fresh, program):
    fresh.start()
    with follower(program, fresh, "safety", "robot") as told:
        for channel in ("safety", "robot"):
            first = told.until(lambda line, name=channel: line["channel"] == name, f"the state of {channel}")
            assert first["type"] == "snapshot" and first["recovered"] is False and first["data"]
        until(lambda: fresh.get("safety").json["state"] == "ready", what="a stop that can be made")
        del told.lines[:]
        assert fresh.post("safety/stop", role="operator").status == 200
        # As an event; after a stall of the host that cost the connection and the place in it, as a new snapshot.
        told.until(lambda line: line["channel"] == "safety" and line["data"].get("state") == "stopped", "the stop")
        fresh.kill()
        port = fresh.port
        fresh.write_config(http_listen=f"127.0.0.1:{port}")
        del told.lines[:]
        fresh.start()
        again = told.until(lambda line: line["channel"] == "safety", "the state after the crash")
        assert again["type"] == "snapshot" and again["recovered"] is False, "another epoch has other numbers"
    fresh.stop()


def test_it_goes_on_behind_the_last_message_after_a_silence(fresh, program):
    fresh.start()
    with follower(program, fresh, "safety") as told:
        told.until(lambda line: line["type"] == "snapshot", "the state")
        # The connection stays: nothing but the silence says that it is dead.
        fresh.process.send_signal(signal.SIGSTOP)
        try:
            until(lambda: told.child.poll() is None and (told.complaints() or None), what="the end of the silent connection")
        finally:
            fresh.process.send_signal(signal.SIGCONT)
        told.until(lambda line: line["recovered"], "a resume, since the daemon is the same")
        states = [line for line in told.lines if line["type"] == "snapshot"]
        assert [line["recovered"] for line in states] == [False, True] and states[1]["data"] == {}
    fresh.stop()


def test_it_says_why_it_is_refused(fresh, program):
    # Of the daemon of all tests the account may have to wait after the wrong passwords of others.
    fresh.start()
    with follower(program, fresh, "robot", password="wrong") as told:
        code, why = told.refused()
        assert code == 1 and why.startswith("refused: "), why
    with follower(program, fresh, "nonsense") as told:
        code, why = told.refused()
        assert code == 1 and "refused: " in why and "channel" in why, why


@pytest.mark.parametrize("arguments", [[], ["--nonsense", "robot"]], ids=["no_channel", "unknown_option"])
def test_it_says_how_it_is_called(arguments, program):
    done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2 and f"usage: {program.name}" in done.stderr


# ---- curl ----

def cook(daemon, *recipes, user="supervisor", password=PASSWORD):
    return subprocess.run([RECIPES, *recipes], input=password + "\n", capture_output=True, text=True, check=False, timeout=60,
                          env=kitchen(daemon, user))


def kitchen(daemon, user):
    return {**os.environ, "OHT_URL": f"https://localhost:{daemon.port}", "OHT_CA": str(daemon.state / "ca.crt"), "OHT_USER": user}


def test_recipes_read_stop_and_reset(fresh):
    fresh.start()
    until(lambda: fresh.get("safety").json["state"] == "ready", what="a stop that can be made")
    done = cook(fresh, "robot", "stop")
    assert done.returncode == 0, done.stderr
    robot, stopped = (json.loads(line) for line in done.stdout.splitlines())
    assert robot.keys() == fresh.get("robot").json.keys()
    assert stopped["state"] == "stopped" and fresh.get("safety").json["state"] == "stopped"
    done = cook(fresh, "reset")
    assert done.returncode == 0, done.stdout + done.stderr
    assert fresh.get("safety").json["state"] == "ready"
    # This bus has no outputs: the recipe takes control, and prints the refusal.
    done = cook(fresh, "enable")
    control, refused = (json.loads(line) for line in done.stdout.splitlines())
    assert done.returncode == 22 and control["mine"] is True
    assert refused["status"] == 409 and "unsupported" in {each["code"] for each in refused["errors"]}, refused
    fresh.stop()


def test_a_recipe_follows(daemon):
    with subprocess.Popen([RECIPES, "follow"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          env=kitchen(daemon, "viewer"), preexec_fn=die_with_us, start_new_session=True) as child:
        try:
            child.stdin.write(PASSWORD + "\n")
            child.stdin.close()
            wanted = {"event: safety\n", "event: robot\n"}
            for line in child.stdout:
                wanted.discard(line)
                if not wanted:
                    break
            assert not wanted
        finally:
            os.killpg(child.pid, signal.SIGKILL)


def test_recipes_that_are_refused_say_why(daemon):
    done = cook(daemon, "robot", password='w"rong\\')
    assert done.returncode == 22 and json.loads(done.stdout)["status"] == 401
    done = cook(daemon, "stop", user="viewer")
    assert done.returncode == 22 and json.loads(done.stdout)["code"] == "role"
    done = subprocess.run([RECIPES, "robot"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2 and "no password" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["robot", "nonsense"], ["login"]], ids=str)
def test_recipes_that_are_none_are_refused(arguments):
    done = subprocess.run([RECIPES, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2 and done.stderr.startswith("usage: recipes.sh ") and not done.stdout


def test_no_token_is_among_the_arguments_of_a_program():
    assert "Bearer $token" not in RECIPES.read_text(encoding="utf-8")
