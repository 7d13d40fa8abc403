# SPDX-License-Identifier: GPL-2.0-or-later
"""What the groups share: boards as the end-to-end tests have them, and shares of a series."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/lib"))

from oht_test.board import ALL_UNITS, PROGRAMS, Board, Controller, build_dtb  # noqa: E402
from oht_test.robot import Robot, make_accounts  # noqa: E402
from oht_test.tap import tap_results, tap_values  # noqa: E402

__all__ = ["ALL_UNITS", "ARM_ATTEMPTS", "ENABLES", "PROGRAMS", "STATE", "TOP", "Board", "Controller", "Robot", "arm", "build_dtb",
           "fresh", "host_lateness", "make_accounts", "prefer", "prefer_at_once", "prefer_processes", "rss_mib", "share",
           "stolen_percent", "tap_results", "tap_values"]
ENABLES = (4, 5)
PREFERRED_NICE = -10
ARM_ATTEMPTS = 20
STATE = TOP / "build/bench/state"


def share(values, per_mille):
    """The value that per_mille of the series do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * per_mille // 1000)]


def arm(robot):
    """Enable, again where a module went missing meanwhile: with all CPUs busy the far end answers late at times."""
    for _ in range(ARM_ATTEMPTS):
        try:
            return robot.arm()
        except AssertionError as refused:
            last = refused
    raise last


def rss_mib(pid):
    """Resident memory of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS:"))


def fresh(folder):
    """That folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@contextlib.contextmanager
def host_lateness():
    """What the host's own scheduler does meanwhile to somebody as preferred as we are; filled in at the end."""
    found = {}
    with subprocess.Popen(["/usr/bin/python3", TOP / "tests/bench/_late.py"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as sleeper:
        try:
            yield found
        finally:
            said, _ = sleeper.communicate("\n")
    found["p999_ms"], found["max_ms"] = map(float, said.split())


@contextlib.contextmanager
def stolen_percent():
    """What a hypervisor gives to others of this host's CPUs meanwhile; filled in at the end."""
    def stolen_s():
        fields = pathlib.Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
        return int(fields[8]) / os.sysconf("SC_CLK_TCK")
    found = {}
    begin_s, before_s = time.monotonic(), stolen_s()
    yield found
    took_s = time.monotonic() - begin_s
    found["percent"] = 100 * (stolen_s() - before_s) / took_s / os.cpu_count()


def prefer(board):
    """Wall-clock figures: emulator, simulator and we before whatever else this host does, where it lets us.

    Returns what to say about it in the note of a figure.
    """
    return prefer_processes("emulator", board.machine.pid, board.wire.pid)


def _threads(*pids):
    return [int(task.name) for pid in pids for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]


def _schedule(policy, priority, *pids):
    for thread in _threads(*pids):
        os.sched_setscheduler(thread, policy, os.sched_param(priority))


@contextlib.contextmanager
def prefer_at_once(board):
    """The same, for figures of a guest that leaves its CPUs time: they run when they want to (D116); the note's text.

    Processes that we start meanwhile do not.
    """
    try:
        _schedule(os.SCHED_RR | os.SCHED_RESET_ON_FORK, 1, board.machine.pid, board.wire.pid, os.getpid())
    except PermissionError:
        yield prefer(board)
        return
    try:
        yield f"load of the host {os.getloadavg()[0]:.1f}, emulator at SCHED_RR"
    finally:
        _schedule(os.SCHED_OTHER, 0, os.getpid())


def prefer_processes(name, *pids):
    """The same for ourselves and these processes."""
    try:
        for thread in _threads(*pids, os.getpid()):
            os.setpriority(os.PRIO_PROCESS, thread, PREFERRED_NICE)
    except PermissionError:
        return f"load of the host {os.getloadavg()[0]:.1f}"
    return f"load of the host {os.getloadavg()[0]:.1f}, {name} at nice {PREFERRED_NICE}"
