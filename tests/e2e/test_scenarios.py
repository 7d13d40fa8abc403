# SPDX-License-Identifier: GPL-2.0-or-later
"""Robots on the board to which a seed lets anything happen: commands, presses, lost modules, crashes of the daemon.

The thousands are in virtual time (tests/unit/test_virtual.c). These few have the real module, the real UART and the real
daemon in the loop. Whatever happens, the outputs are low in each state that forbids motion, and the documented steps lead
back into service. OHT_SOAK=1 plays 20 scenarios instead of one; the number of each is printed, and OHT_SEED repeats the first.
"""
import os
import random

import pytest

from oht_test.wait import until
from test_drive import DRIVE_S, NEAR_MM, begin, ended, finishes, leave_dock, shown, stands_at, why_not

pytestmark = [pytest.mark.kernels("stock", why="a program is the same on every kernel"), pytest.mark.limit_s(600)]

SCENARIOS = 20 if os.environ.get("OHT_SOAK") else 1
FIRST = int(os.environ.get("OHT_SEED", "1"))
ACTS = 5
ENABLES = (4, 5)
LOWEST_MM, HIGHEST_MM = 500, 12000
# States in which both outputs are low; docs/states.md.
FORBIDDEN = ("estop", "fault", "safe")
STEPS = {
    "estop": ("safety/reset", {}, "supervisor"),
    "fault": ("robot/commands", {"verb": "reset_fault"}, "supervisor"),
    "safe": ("safety/enable", {}, "operator"),
    "move": ("robot/commands", {"verb": "stop"}, "operator"),
    "dock": ("robot/commands", {"verb": "stop"}, "operator"),
    "paused": ("robot/commands", {"verb": "stop"}, "operator"),
    "blocked": ("robot/commands", {"verb": "stop"}, "operator"),
}


class Scenario:
    """One robot, one seed."""

    def __init__(self, robot, seed):
        self.robot = robot
        self.dice = random.Random(seed)
        self.done = []

    # ---- what may happen ----

    def command(self, verb, **members):
        """Ask for it; a refusal has a reason, and whatever it is changes nothing."""
        answer = self.robot.post("robot/commands", {"verb": verb, **members}, role="operator")
        if answer.status != 200:
            assert answer.status in (409, 422) and answer.json["errors"], (verb, answer)
        self.done.append(f"{verb} {answer.status}")

    def somewhere_mm(self):
        here_mm = shown(self.robot)["position_mm"] or 0
        return min(max(here_mm + self.dice.randrange(-2500, 2500), LOWEST_MM), HIGHEST_MM)

    def move(self):
        self.command("move", position_mm=self.somewhere_mm())

    def jog(self):
        self.command("jog", speed_mm_s=self.dice.choice((-200, 100, 200)), id=f"jog{len(self.done)}")

    def dock(self):
        self.command("dock")

    def pause_and_go_on(self):
        self.command("pause")
        self.command("resume")

    def stop_command(self):
        self.command("stop")

    def press(self):
        self.robot.pins.press()
        assert self.robot.pins.wait_enables(0), "the button is pressed, and the outputs are high"
        self.robot.pins.release()
        self.done.append("press")

    def stop_by_api(self):
        answer = self.robot.post("safety/stop", role="operator")
        assert answer.status == 200, answer
        assert not any(self.robot.pins.levels(ENABLES)), "the stop is answered, and the outputs are high"
        self.done.append("stop by API")

    def lose_a_module(self):
        fault = f"{self.dice.choice((2, 3, 4, 5))} {self.dice.choice(('silence', 'crc', 'exception code=4'))}"
        self.robot.wire.command(f"fault {fault} count={self.dice.randrange(40)}")
        self.done.append(f"fault {fault}")

    def crash(self):
        old = self.robot.daemon_pid()
        self.robot.guest.check(f"rm -f /run/oht/ready; kill -KILL {old}")
        assert self.robot.pins.wait_enables(0), "no daemon, and the outputs are high"
        until(lambda: self.robot.daemon_pid() not in (None, old), 60, "a new ohtd")
        self.robot.wait_ready()
        self.done.append("crash")

    # ---- what holds ----

    def look(self):
        """A state that forbids motion has low outputs, at the latest when the controlled stop that leads into it is over."""
        state = shown(self.robot)["state"]
        assert state not in FORBIDDEN or self.robot.pins.wait_enables(0), f"{state}, and the outputs are high after {self.done}"

    def back_into_service(self):
        """By the steps of docs/states.md alone."""
        self.robot.pins.release()
        self.robot.wire.command("clear")
        self.robot.wait_modules_good()

        def step():
            now = shown(self.robot)
            if now["state"] == "idle" and not now["speed_mm_s"]:
                return True
            if now["state"] in STEPS:
                path, body, role = STEPS[now["state"]]
                self.robot.post(path, body, role=role) if body else self.robot.post(path, role=role)
            return False

        try:
            until(step, DRIVE_S, "idle", period_s=0.3)
        except AssertionError as error:
            raise AssertionError(f"{error} after {self.done}: {shown(self.robot)}; {self.robot.safety()}") from error
        assert self.robot.pins.wait_enables(1), "idle, and the outputs are low"

    def serves(self):
        """It goes where it is told; off the dock first."""
        until(lambda: shown(self.robot)["position_mm"] is not None, what="a position")
        until(lambda: why_not(self.robot, "move") <= {"docked"}, what="nothing but the dock in the way of a move")
        if "docked" in why_not(self.robot, "move"):
            until(lambda: not why_not(self.robot, "undock"), what="nothing in the way of undocking")
            finishes(self.robot, begin(self.robot, "undock"))
            until(lambda: shown(self.robot)["state"] == "idle", DRIVE_S, "the end of undocking")
        target_mm = round(shown(self.robot)["position_mm"]) + (400 if shown(self.robot)["position_mm"] < 6000 else -400)
        assert ended(self.robot, begin(self.robot, "move", position_mm=target_mm))["state"] == "finished", self.done
        stands_at(self.robot, target_mm)

    def play(self):
        acts = (self.move, self.move, self.move, self.jog, self.dock, self.pause_and_go_on, self.stop_command, self.press,
                self.stop_by_api, self.lose_a_module, self.lose_a_module, self.crash)
        for _ in range(ACTS):
            self.dice.choice(acts)()
            self.look()
            # Time for it to come to something; how much is no subject.
            self.robot.guest.check(f"sleep {self.dice.choice((0.1, 0.5, 2))}")
            self.look()
        self.back_into_service()
        self.serves()


@pytest.mark.parametrize("number", range(SCENARIOS))
def test_any_robot_comes_back_into_service(robot, number):
    leave_dock(robot)
    scenario = Scenario(robot, FIRST + number)
    scenario.play()
    print(f"seed {FIRST + number}: {', '.join(scenario.done)}; at {shown(robot)['position_mm']:.0f} mm within {NEAR_MM}")
