# SPDX-License-Identifier: GPL-2.0-or-later
"""The robot: what motion takes of a control cycle, and how long the robot takes, in virtual time."""
import os
import subprocess

from _board import TOP

LOAD = TOP / "build/userspace/native/tests/bench/axis_load"
ROBOT = TOP / "build/userspace/native/tests/unit/robot_load"
COUNT = 200_000
SAMPLES = 10_000 if os.environ.get("OHT_SOAK") else 1_000
# One cycle and one transaction.
ECHO_MS = 30


def run(bench):
    """Record the group."""
    _motion(bench)
    _robot(bench)


def _robot(bench):
    """Control core and simulator in one process; each sample begins at any moment of the plan."""
    done = subprocess.run([ROBOT, str(SAMPLES)], capture_output=True, text=True, check=True, timeout=3000)
    rows = (line.split() for line in done.stdout.splitlines() if line.startswith("figure "))
    found = {name: (*map(float, numbers), int(count)) for _, name, *numbers, count in rows}
    for name, key, which, unit, bar, what in (
            ("robot.command_echo_p99_ms", "echo_ms", 1, "ms", ECHO_MS,
             "move in the direction of the last one to the echo of both motors, each of which has its turn every 50 ms"),
            ("robot.command_echo_turn_p99_ms", "echo_turn_ms", 1, "ms", None,
             "the same the other way: both motors are told their direction first, by a plan of its own"),
            ("robot.command_answer_p99_ms", "answer_ms", 1, "ms", None,
             "move in the direction of the last one to the answer: the control cycle reads the echo"),
            ("robot.jog_stop_max_ms", "jog_zero_ms", 2, "ms", 150, "last refresh to both motors having echoed zero"),
            ("robot.arrival_error_mm", "arrival_mm", 2, "mm", 2,
             "canonical drive, the worst: end of a move to the simulator's truth"),
            ("robot.arrival_error_legacy_mm", "arrival_legacy_mm", 2, "mm", 1, "the same with the legacy drive"),
            ("robot.fastest_mm_s", "fastest_mm_s", 2, "mm/s", 1000, "highest speed of these moves by the simulator's truth"),
            ("robot.discovery_max_ms", "discovery_ms", 2, "ms", 500, "four modules, outputs off"),
            ("robot.discovery_enabled_max_ms", "discovery_enabled_ms", 2, "ms", 500, "the same beside the plan of the drive"),
            ("robot.gateway_missed_cycles", "gateway_missed", 2, "", 0,
             "more than without, beside those behind a question to the dead module: drive led, one module of four dead, four "
             "reads of the gateway under way at any time")):
        p50, p99, worst, count = found[key]
        bench.record(name, found[key][which], unit, "virtual", ("<=", bar) if bar is not None else None, count,
                     f"{what}; median {p50:.3g}, p99 {p99:.3g}, max {worst:.3g}")
    missed, exceeded, cycles = next(map(int, line.split()[1:]) for line in done.stdout.splitlines() if line.startswith("hour "))
    bench.record("robot.missed_cycles_1h", missed, "", "virtual", ("==", 0), cycles,
                 f"an hour of moves with the canonical drive: cycles of the plan and of control that did not begin; "
                 f"{exceeded} were not over in time")


def _motion(bench):
    """Native."""
    done = subprocess.run([LOAD, str(COUNT)], capture_output=True, text=True, check=True, timeout=300)
    words = done.stdout.split()
    said = dict(zip(words[::2], map(int, words[1::2])))
    for name, key, note in (
            ("robot.motion_step_us", "step_ns", "set-point of a cycle in which nothing changes"),
            ("robot.motion_cycle_us", "cycle_ns", "free way to caps, new curve, set-point, drive: the most that a cycle does"),
            ("robot.motion_plan_us", "plan_ns", "new curve to a target, from any state of motion; mean")):
        bar = ("<", 100) if name == "robot.motion_cycle_us" else None
        bench.record(name, said[key] / 1e3, "us", "native", bar=bar, samples=said["count"], note=note)
