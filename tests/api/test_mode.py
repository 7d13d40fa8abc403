# SPDX-License-Identifier: GPL-2.0-or-later
"""The mode: who may choose it, what it forbids, and how it is told. What it does to motion is in the unit tests: the bus
is the simulator behind a pty, without outputs."""
import json
import subprocess

import pytest

from daemon import BUILD
from live import dial, subscribe
from oht_test.wait import until

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"
FORBIDDEN = {"automatic": [], "manual": ["move", "home", "dock", "undock", "resume"],
             "maintenance": ["move", "jog", "home", "dock", "undock", "resume"]}


@pytest.fixture(name="own")
def _own(fresh):
    fresh.start()
    until(lambda: fresh.get("robot").json["state"] == "safe", what="safe")
    yield fresh
    fresh.stop()


def ohtctl(daemon, line):
    """Over the local socket; exit code, and the answer."""
    done = subprocess.run([OHTCTL, "--socket", daemon.socket, "--json", *line.split()], capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def choose(daemon, mode, role="supervisor", **more):
    return daemon.request("PUT", "robot/mode", {"mode": mode, **more}, role=role)


def why_not(daemon):
    return {item["verb"]: {why["code"] for why in item["why_not"]} for item in daemon.get("robot/interlocks").json["items"]}


def test_each_mode_forbids_what_it_says(own):
    assert own.get("robot").json["mode"] == own.get("robot/mode").json["mode"] == "automatic"
    rights = own.get("robot").json["rights_seq"]
    for mode, before in (("manual", "automatic"), ("automatic", "manual")):
        answer = choose(own, mode)
        assert answer.status == 200 and answer.json["mode"] == mode, answer.body
        assert answer.json["forbids"] == FORBIDDEN[mode]
        robot = own.get("robot").json
        assert robot["mode"] == mode and robot["control"] == "supervisor"
        assert robot["limits"]["jog_mm_s"] == answer.json["jog_mm_s"] == (200 if mode == "manual" else 250)
        assert {verb for verb, codes in why_not(own).items() if "mode" in codes} == set(FORBIDDEN[mode])
        # The first choice takes control as well, the second one changes nothing but what is forbidden.
        assert robot["rights_seq"] > rights
        rights = robot["rights_seq"]
        until(lambda line=f"robot mode: {before} -> {mode} by supervisor": line in own.log(), what="the line in the log")


def test_forbidden_command_is_refused_with_the_mode(own):
    assert choose(own, "manual").status == 200
    for body in ({"verb": "move", "position_mm": 1}, {"verb": "home"}, {"verb": "dock"},
                 {"verb": "move", "position_mm": 1, "queue": "append"}):
        answer = own.post("robot/commands", body, role="supervisor")
        assert answer.status == 409, answer.body
        assert "mode" in {error["code"] for error in answer.json["errors"]}, answer.body
    answer = own.post("robot/commands", {"verb": "stop"}, role="operator")
    assert answer.status == 200, answer.body


@pytest.mark.parametrize("body, role, status, code", [
    ({"mode": "manual"}, "operator", 403, "role"),
    ({"mode": "manual"}, "viewer", 403, "role"),
    ({"mode": "maintenance"}, "administrator", 403, "elevation_required"),
    ({"mode": "turbo"}, "supervisor", 400, "validation"),
    ({"mode": 1}, "supervisor", 400, "validation"),
    ({"mode": None}, "supervisor", 400, "validation"),
    ({}, "supervisor", 400, "validation"),
    ({"mode": "manual", "speed": 1}, "supervisor", 400, "validation"),
    ({"mode": "manual", "valid_for_ms": 0}, "supervisor", 400, "validation"),
])
def test_refusals_change_nothing(daemon, body, role, status, code):
    before = daemon.get("robot/mode").json
    answer = daemon.request("PUT", "robot/mode", body, role=role)
    assert (answer.status, answer.code) == (status, code), answer.body
    assert daemon.get("robot/mode").json == before


def test_only_the_session_in_control_chooses(own):
    assert own.post("control", role="operator").status == 200
    answer = choose(own, "manual")
    assert (answer.status, answer.code) == (409, "control_held"), answer.body
    assert own.get("robot/mode").json["mode"] == "automatic"


def test_not_while_stopped(own):
    assert own.post("safety/stop", role="operator").status == 200
    until(lambda: own.get("robot").json["state"] == "estop", what="estop")
    answer = choose(own, "manual")
    assert (answer.status, answer.code) == (409, "wrong_state"), answer.body
    assert answer.json["detail"].endswith(": estop."), answer.body


def test_maintenance_is_chosen_at_the_machine(own):
    code, answer = ohtctl(own, "robot mode maintenance")
    assert code == 0 and answer["mode"] == "maintenance" and answer["forbids"] == FORBIDDEN["maintenance"], answer
    assert own.get("robot").json["mode"] == "maintenance"
    assert ohtctl(own, "robot mode")[1]["mode"] == "maintenance"
    assert ohtctl(own, "robot mode turbo")[0] == 1
    # Its registers can be written all the same.
    assert own.request("PUT", "modules/2/registers/use_voltage_threshold", {"raw": 120}, role="supervisor").status == 200
    # It is in control; a supervisor takes over and leads back.
    assert own.post("control/take-over", {"reason": "work is done"}, role="administrator").status == 200
    assert choose(own, "automatic", role="administrator").status == 200


def test_changes_are_in_the_log_of_the_robot_and_refusals_are_not(own):
    def lines():
        items = own.get("logs?limit=200&room=robot&code=mode", role="supervisor").json["items"]
        return [(item["level"], item["text"]) for item in items]

    assert choose(own, "automatic").status == 200
    assert choose(own, "manual", role="operator").status == 403
    assert choose(own, "manual").status == 200
    until(lambda: lines() == [("notice", "automatic -> manual by supervisor")], what="one line")


def test_a_start_begins_as_automatic(own):
    assert choose(own, "manual").status == 200
    own.stop()
    own.start()
    assert own.get("robot/mode").json["mode"] == "automatic"


def test_change_is_told_at_once(own):
    line = dial(own, "viewer")
    assert subscribe(line, "robot")["data"]["mode"] == "automatic"
    assert choose(own, "manual").status == 200
    line.hear_until(lambda message: message.get("channel") == "robot" and message["data"].get("mode") == "manual")
