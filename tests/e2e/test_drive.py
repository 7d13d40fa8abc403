# SPDX-License-Identifier: GPL-2.0-or-later
"""The robot on the board is driven over the API: the kernel's plan, its image and the simulated drive are in the loop.

What the control core does in every case is tested in virtual time (tests/unit/test_motion.c and its neighbours). Here the whole
stack drives, in the time of a host that may be busy, so no test bounds a duration.
"""
import pytest

from oht_test.wait import until

pytestmark = pytest.mark.kernels("stock", why="a program is the same on every kernel")

# At standstill the image is at most some cycles old, and the drive counts in millimetres.
NEAR_MM = 3
DRIVE_S = 120


def shown(robot):
    """What the page Drive lives from."""
    answer = robot.get("robot")
    assert answer.status == 200, answer
    return answer.json


def begin(robot, verb, **members):
    """A command that is accepted; its number."""
    answer = robot.post("robot/commands", {"verb": verb, **members}, role="operator")
    assert answer.status == 200, answer
    assert answer.json["state"] in ("running", "finished") and answer.json["why_not"] == [], answer
    return answer.json["number"]


def ended(robot, number):
    """The command, when it has ended."""
    def find():
        answer = robot.get(f"robot/commands/{number}")
        return answer.json if answer.status == 200 and answer.json["state"] in ("finished", "failed") else None

    return until(find, DRIVE_S, f"the end of command {number}")


def finishes(robot, number):
    """It has done what it was told."""
    command = ended(robot, number)
    # A text: pytest would cut anything else.
    assert command["state"] == "finished", f"{command}; now {shown(robot)}"


def wait_state(robot, *states):
    """The robot's state, once it is one of these."""
    return until(lambda: (now := shown(robot)["state"]) in states and now, DRIVE_S, f"one of the states {states}")


def stands_at(robot, position_mm):
    """The robot says so."""
    assert abs(shown(robot)["position_mm"] - position_mm) <= NEAR_MM, shown(robot)
    assert shown(robot)["speed_mm_s"] == 0


def leave_dock(robot):
    """Enabled, and away from the dock: its relay keeps a robot that charges."""
    robot.arm()
    if abs(shown(robot)["position_mm"]) < 400:
        finishes(robot, begin(robot, "undock"))
        wait_state(robot, "idle")


def why_not(robot, verb):
    """The codes of what would refuse that verb now."""
    items = robot.get("robot/interlocks", role="operator").json["items"]
    return next({why["code"] for why in item["why_not"]} for item in items if item["verb"] == verb)


def recover(robot):
    """After a stop: the two acts of two persons."""
    robot.pins.release()
    robot.wait_resettable()
    assert robot.post("safety/reset", role="supervisor").status == 200
    assert wait_state(robot, "safe", "idle") == "safe"
    until(lambda: not robot.safety()["why_not_enable"], what="nothing in the way of enabling")
    assert robot.post("safety/enable", role="operator").status == 200
    assert robot.pins.wait_enables(1)
    wait_state(robot, "idle")


def test_a_shift_in_short(robot):
    leave_dock(robot)
    finishes(robot, begin(robot, "move", position_mm=2500))
    stands_at(robot, 2500)
    finishes(robot, begin(robot, "home"))
    finishes(robot, begin(robot, "dock"))
    until(lambda: shown(robot)["state"] == "idle", DRIVE_S, "the end of docking")
    stands_at(robot, 0)


def test_pause_keeps_the_target(robot):
    leave_dock(robot)
    number = begin(robot, "move", position_mm=6000)
    until(lambda: shown(robot)["speed_mm_s"] > 100, what="speed")
    assert robot.post("robot/commands", {"verb": "pause"}, role="operator").status == 200
    wait_state(robot, "paused")
    until(lambda: shown(robot)["speed_mm_s"] == 0, what="standstill")
    # The store follows a moment later.
    until(lambda: robot.get(f"robot/commands/{number}").json["state"] == "paused", what="the command being kept as paused")
    assert shown(robot)["position_mm"] < 6000 - NEAR_MM
    assert robot.post("robot/commands", {"verb": "resume"}, role="operator").status == 200
    finishes(robot, number)
    stands_at(robot, 6000)


def test_jog_that_is_not_refreshed_ends(robot):
    leave_dock(robot)
    before_mm = shown(robot)["position_mm"]
    number = begin(robot, "jog", speed_mm_s=200, id="held")
    ended(robot, number)
    wait_state(robot, "idle")
    until(lambda: shown(robot)["speed_mm_s"] == 0, what="standstill")
    assert abs(shown(robot)["position_mm"] - before_mm) < 500


def test_button_while_moving(robot):
    leave_dock(robot)
    number = begin(robot, "move", position_mm=9000 if shown(robot)["position_mm"] < 5000 else 1000)
    until(lambda: abs(shown(robot)["speed_mm_s"]) > 100, what="speed")
    assert robot.pins.press_to_low_ns() is not None
    command = ended(robot, number)
    assert command["state"] == "failed" and command["reason"], command
    wait_state(robot, "estop")
    # Over the cut outputs the simulated carriage rolls to its standstill; where is known, and recovery does not jump.
    until(lambda: shown(robot)["speed_mm_s"] == 0, what="standstill")
    rest_mm = until(lambda: shown(robot)["position_mm"], what="a position")
    recover(robot)
    stands_at(robot, rest_mm)
    assert robot.get(f"robot/commands/{number}").json["state"] == "failed", "a stop ends a command for good"
    finishes(robot, begin(robot, "move", position_mm=rest_mm - 300))
    stands_at(robot, rest_mm - 300)


def test_drive_that_ignores_its_set_points(robot):
    leave_dock(robot)
    number = begin(robot, "move", position_mm=12000 if shown(robot)["position_mm"] < 6000 else 1000)
    until(lambda: abs(shown(robot)["speed_mm_s"]) > 100, what="speed")
    # The line of docs/simulator.md, as scripts/wire passes it on: motor 1 goes on as it was told last.
    robot.wire.command("fault 4 ignore register=0x0002")
    assert robot.pins.wait_enables(0), "the drive does not obey, and the outputs are high"
    wait_state(robot, "fault")
    assert shown(robot)["faults"][0]["code"] == "drive_disobeys", shown(robot)
    assert ended(robot, number)["reason"] == "drive_disobeys"
    robot.wire.command("clear 4")
    robot.arm()
    finishes(robot, begin(robot, "move", position_mm=3000))
    stands_at(robot, 3000)


def test_refused_without_outputs(robot):
    leave_dock(robot)
    assert robot.post("safety/stop", role="operator").status == 200
    position_mm = shown(robot)["position_mm"]
    answer = robot.post("robot/commands", {"verb": "move", "position_mm": position_mm + 1000}, role="operator")
    assert answer.status == 409 and answer.json["errors"], answer
    assert abs(shown(robot)["position_mm"] - position_mm) <= NEAR_MM


def test_kill_9_while_moving(robot):
    leave_dock(robot)
    number = begin(robot, "move", position_mm=9000 if shown(robot)["position_mm"] < 5000 else 1000)
    until(lambda: abs(shown(robot)["speed_mm_s"]) > 100, what="speed")
    old = robot.daemon_pid()
    robot.guest.check(f"rm -f /run/oht/ready; kill -KILL {old}")
    assert robot.pins.wait_enables(0), "the outputs are high without a daemon"
    until(lambda: robot.daemon_pid() not in (None, old), 60, "a new ohtd")
    robot.wait_ready()
    command = robot.get(f"robot/commands/{number}").json
    assert (command["state"], command["reason"]) == ("failed", "aborted_by_restart")
    robot.wait_modules_good()
    recover(robot)
    # A robot that has heard nothing of its dock yet counts as docked.
    until(lambda: not why_not(robot, "move"), what="nothing in the way of a move")
    finishes(robot, begin(robot, "move", position_mm=3000))
    stands_at(robot, 3000)
