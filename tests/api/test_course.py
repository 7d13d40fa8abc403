# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/course.md: each lesson is missing what was not done, and is passed by somebody who does it."""
import json
import pathlib
import subprocess

import pytest

from oht_test.client import PASSWORD, ROLES
from oht_test.wait import until
from daemon import begin, serving

LESSON = pathlib.Path(__file__).resolve().parents[2] / "scripts/lesson"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", name="robot")
def _robot(tmp_path_factory, accounts):
    """A robot at its dock, with outputs, as make run has one."""
    made = begin(tmp_path_factory.mktemp("course"), accounts)
    made.write_config(robot_simulated="yes", bus_outputs="simulated", bus_time_factor=20)
    with serving(made):
        until(lambda: made.get("robot").json["state"] == "safe", what="safe")
        known = {"url": f"https://127.0.0.1:{made.port}/", "ca_file": str(made.state / "ca.crt"),
                 "accounts": [{"role": role, "username": role, "password": PASSWORD} for role in ROLES]}
        (made.folder / "credentials.json").write_text(json.dumps(known), encoding="utf-8")
        yield made


def lesson(robot, *words):
    """Exit code and lines."""
    done = subprocess.run([LESSON, "--state", robot.folder, *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def begins(robot, verb, **more):
    """A command; its number."""
    answer = robot.post("robot/commands", {"verb": verb, **more}, role="operator")
    assert answer.status in (200, 202), answer
    return answer.json["number"]


def does(robot, verb, **more):
    """A command to its end."""
    number = begins(robot, verb, **more)
    until(lambda: robot.get(f"robot/commands/{number}").json["state"] == "finished", 120, f"the end of {verb}")


def enable(robot):
    """The two acts, as far as they are needed."""
    if robot.get("robot").json["state"] == "fault":
        until(lambda: robot.post("robot/commands", {"verb": "reset_fault"}, role="operator").status < 300, what="a fault that can be cleared")
    if robot.get("safety").json["state"] == "stopped":
        until(lambda: robot.post("safety/reset", role="supervisor").status == 200, what="a reset")
    until(lambda: robot.post("safety/enable", role="operator").status == 200, what="enabled")
    until(lambda: robot.get("robot").json["state"] == "idle", what="idle")


def shift(robot):
    enable(robot)
    does(robot, "undock")
    does(robot, "move", position_mm=9000)
    does(robot, "dock")
    begins(robot, "disable")
    until(lambda: robot.get("safety").json["state"] == "ready", what="outputs off")


def stop_and_back(robot):
    enable(robot)
    does(robot, "undock")
    begins(robot, "move", position_mm=20000)
    until(lambda: robot.get("robot").json["state"] == "move", what="a moving robot")
    assert robot.post("safety/stop", role="operator").status == 200
    enable(robot)
    does(robot, "move", position_mm=5000)


def obstacle(robot):
    assert robot.sim("rail obstacle 12000").startswith("ok")
    number = begins(robot, "move", position_mm=16000)
    until(lambda: robot.get("robot").json["state"] == "blocked", 120, "a blocked robot")
    assert robot.sim("rail obstacle none").startswith("ok")
    until(lambda: robot.post("robot/commands", {"verb": "resume"}, role="operator").status in (200, 202), what="going on")
    until(lambda: robot.get(f"robot/commands/{number}").json["state"] == "finished", 120, "the end of the move")


def silence(robot):
    assert robot.sim("fault 4 silence") == "ok"
    alert = until(lambda: next((a for a in robot.get("alerts").json["items"] if a["code"] == "module_lost" and a["number"]), None), what="the alert")
    assert robot.post(f"alerts/{alert['number']}/acknowledge", role="operator").status < 300
    assert robot.post(f"alerts/{alert['number']}/comments", {"text": "the plug was loose"}, role="operator").status < 300
    assert robot.sim("clear 4") == "ok"
    until(lambda: robot.get("modules/4").json["health"] == "good", what="its return")
    enable(robot)


def change(robot):
    before = robot.get("config/versions", role="administrator").json["items"][0]["version"]
    assert robot.request("PATCH", "config", {"robot": {"name": "mill 7"}}, role="administrator").status == 200
    robot.post("config/confirm", {}, role="administrator")
    assert robot.post(f"config/versions/{before}/rollback", {}, role="administrator").status == 200
    assert robot.post("backups", {}, role="administrator").status in (200, 202)
    until(lambda: robot.get("backups", role="supervisor").json["items"], what="the backup")


@pytest.mark.parametrize("number, act", enumerate([shift, stop_and_back, obstacle, silence, change], 1))
def test_a_lesson_is_passed_by_doing_it(robot, number, act):
    assert lesson(robot, "begin", str(number)) == (0, f"lesson {number} of docs/course.md has begun\n")
    status, said = lesson(robot, "check")
    assert status == 1 and "done" not in said and "missing" in said, said
    act(robot)
    until(lambda: lesson(robot, "check")[0] == 0, 10, f"a lesson that is passed: {lesson(robot, 'check')}", 1)


def test_what_stands_in_the_way_of_a_lesson_is_said(robot, tmp_path):
    assert lesson(robot, "begin", "6")[0] == 2
    status, said = lesson(robot, "--state", tmp_path, "check")
    assert status == 2 and "make run" in said
