# SPDX-License-Identifier: GPL-2.0-or-later
"""One command of a suite or step: its output to a file, an end in time, and nothing left of it afterwards."""
import itertools
import os
import pathlib
import signal
import subprocess
import threading
import time

# In the environment of everything that a command starts, also of what leaves its session.
MARK = "OHT_RUN_MARK"
# The commands get SIGTERM when this process dies. The thread that starts a command waits for it.
WITH_US = ["setpriv", "--pdeathsig", "TERM", "--"]
# What an orderly end may take; a process that needs longer has been left behind.
GRACE_S = 5
TERM_S = 20
POLL_S = 0.02

_numbers = itertools.count()
_running = set()
_ending = threading.Event()


def _marked(mark):
    """(process id, name) of everything that runs with this mark."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append((int(entry.name), (entry / "comm").read_text().strip()))
        except OSError:
            pass
    return [(pid, name) for pid, name in found if pid != os.getpid() and _state(pid) != "Z"]


def _state(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def _left(mark, seconds):
    """What still runs after that time."""
    deadline = time.monotonic() + seconds
    left = _marked(mark)
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = _marked(mark)
    return left


def _kill(left):
    for pid, _ in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _signal_group(child, number):
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        pass


def _end(child, mark, term_s=TERM_S):
    """End the command and everything that it started."""
    _signal_group(child, signal.SIGTERM)
    try:
        child.wait(term_s)
    except subprocess.TimeoutExpired:
        _signal_group(child, signal.SIGKILL)
        child.wait()
    _kill(_left(mark, GRACE_S))


class Ended:
    """How a command ended: its exit code, None where its time was up; names of the processes that it left; CPU time of all that it
    has started and waited for, in s."""

    def __init__(self, code, left=(), cpu_s=0):
        self.code = code
        self.cpu_s = cpu_s
        self.left = sorted({name for _, name in left})


def _wait(child, timeout_s):
    """Exit code and CPU time of a command, as Popen.wait(), which keeps the CPU time to itself."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            pid, status, used = os.wait4(child.pid, os.WNOHANG)
        except ChildProcessError:       # end_all() has waited for it
            return child.wait(), 0
        if pid:
            child.returncode = os.waitstatus_to_exitcode(status)
            return child.returncode, used.ru_utime + used.ru_stime
        if time.monotonic() > deadline:
            raise subprocess.TimeoutExpired(child.args, timeout_s)
        time.sleep(POLL_S)


def run(command, log, env=None, timeout_s=3600, cwd=None):
    """Run a command with everything that it prints in `log`. Nothing of it runs any more when this returns."""
    mark = f"{os.getpid()}-{next(_numbers)}"
    with open(log, "wb") as out:
        child = subprocess.Popen([*WITH_US, *command], cwd=cwd, env={**os.environ, **(env or {}), MARK: mark},
                                 stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    _running.add((child, mark))
    try:
        if _ending.is_set():
            raise subprocess.TimeoutExpired(command, 0)
        code, cpu_s = _wait(child, timeout_s)
    except subprocess.TimeoutExpired:
        _end(child, mark)
        return Ended(None)
    except BaseException:
        _end(child, mark)
        raise
    finally:
        _running.discard((child, mark))
    left = _left(mark, GRACE_S)
    _kill(left)
    return Ended(code, left, cpu_s)


def ending():
    """Whether everything is being ended: what a command found no longer counts."""
    return _ending.is_set()


def end_all():
    """End every command that runs in any thread, and let none begin. All together have the time of one."""
    _ending.set()
    running = list(_running)
    for child, _ in running:
        _signal_group(child, signal.SIGTERM)
    deadline = time.monotonic() + TERM_S
    for child, mark in running:
        _end(child, mark, max(deadline - time.monotonic(), 0))
