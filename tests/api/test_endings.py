# SPDX-License-Identifier: GPL-2.0-or-later
"""A run of these tests that hangs, is interrupted or killed leaves no process behind."""
import os
import pathlib
import signal
import subprocess

import pytest

from oht_test.params import at_night
from oht_test.wait import until

# The daemon has no part in it.
pytestmark = [pytest.mark.plain("timing"), pytest.mark.needs(None)]

HANGING = pathlib.Path(__file__).with_name("hanging.py")


class Run:
    """pytest on hanging.py, in a process group of its own, up to where it hangs."""

    def __init__(self, folder, *options, limit_s=200):
        file = folder / "pids"
        self.output = folder / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={folder}/run",
                 *options, HANGING], env={**os.environ, "OHT_PIDS": str(file), "OHT_LIMIT_S": str(limit_s)},
                stdout=output, stderr=output, start_new_session=True)
        until(lambda: file.exists() or self.process.poll() is not None, what="the hanging test")
        assert file.exists(), self.output.read_text()
        self.pids = [int(pid) for pid in file.read_text().split()]

    def living(self):
        """Of the daemon and the simulator."""
        return [pid for pid in self.pids if pathlib.Path(f"/proc/{pid}/exe").exists()]

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture(name="hanging")
def fixture_hanging(tmp_path):
    """Makes a Run."""
    made = []

    def make(*options, **more):
        made.append(Run(tmp_path, *options, **more))
        return made[0]
    yield make
    for run in made:
        run.end()


# As the gate itself runs them, and beside it.
WORKER = ("-n", "1")


@pytest.mark.parametrize("options", [WORKER, pytest.param((), marks=pytest.mark.slow)])
def test_time_out(hanging, options):
    run = hanging(*options, limit_s=2)
    assert run.process.wait(60) == 1
    assert "hangs at api/hanging.py" in run.output.read_text()
    until(lambda: not run.living(), what="the end of daemon and simulator")


# A Ctrl-C is out of the gate: once one that came as the fixture ended was lost without a word, and why is not known.
@pytest.mark.parametrize("options, number", [(WORKER, signal.SIGTERM), ((), signal.SIGKILL), *at_night(
    ((), signal.SIGTERM), (WORKER, signal.SIGKILL), ((), signal.SIGINT), (WORKER, signal.SIGINT))])
def test_signal(hanging, options, number):
    run = hanging(*options)
    assert len(run.living()) == 2
    if number == signal.SIGINT:        # Ctrl-C goes to the whole group
        os.killpg(run.process.pid, number)
    else:
        run.process.send_signal(number)
    assert run.process.wait(60) != 0
    until(lambda: not run.living(), what="the end of daemon and simulator")
