# SPDX-License-Identifier: GPL-2.0-or-later
"""oht-sim-robot: simulator and ohtd as one, as the container image starts them."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from daemon import BUILD, OHTD, SIMULATOR, TOP, begin, die_with_us
from oht_test.params import at_night
from oht_test.wait import until

PROGRAM = BUILD / "userspace/sim/oht-sim-robot"
NOBODY = 65534
# As on the computer of a developer, and as in the container: no root, no member of a group of ours. The folder of the build may be
# private: reading is permitted everywhere.
USER = os.geteuid() or NOBODY
ORDINARY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=+dac_read_search",
            "--ambient-caps=+dac_read_search"] if os.geteuid() == 0 else []


class Pair:
    """A robot's folder, and the program in it."""

    def __init__(self, robot):
        self.robot = robot
        self.process = None

    def start(self, *options):
        """Returns at once."""
        places = os.pathsep.join(str(path.parent) for path in (OHTD, SIMULATOR))
        self.process = subprocess.Popen([*ORDINARY, PROGRAM, self.robot.folder, self.robot.config, "--data", TOP / "userspace/data", *options],
                                        stderr=(self.robot.folder / "ohtd.log").open("ab"), preexec_fn=die_with_us,
                                        env={**self.robot.environment(), "PATH": f"{places}{os.pathsep}{os.environ['PATH']}"})

    def start_whole(self):
        """Returns when ohtd is ready and the robot safe."""
        self.start()
        until(lambda: self.robot.ready.exists() or self.process.poll() is not None, what="ready")
        assert self.process.poll() is None, self.robot.log()
        self.robot.port = int(self.robot.ready.read_text().strip().rsplit(":", 1)[1])
        until(lambda: self.robot.get("robot").json["state"] == "safe", what="safe")

    def children(self):
        """{name: [process]} of those that it has started."""
        found = {}
        for pid in pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            found.setdefault(pathlib.Path(f"/proc/{pid}/comm").read_text().strip(), []).append(int(pid))
        return found

    def ends(self, *pids):
        """Its exit status; none of the others is left."""
        status = self.process.wait(60)
        until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in pids), what="the end of all")
        return status


@pytest.fixture(name="pair")
def _pair(accounts):
    # pytest's own folder is for its user only.
    folder = tempfile.mkdtemp(prefix="oht-pair-")
    robot = begin(folder, accounts)
    robot.write_config(bus_outputs="simulated", bus_time_factor=20)
    if ORDINARY:
        for path in (pathlib.Path(folder), *pathlib.Path(folder).rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    pair = Pair(robot)
    yield pair
    if pair.process:
        pair.process.kill()
        pair.process.wait()
    assert not robot.findings(), robot.log()[-5000:]
    # A simulator that is asked to end takes its link away, maybe just now.
    shutil.rmtree(folder, ignore_errors=True)


def all_of(children):
    return [pid for pids in children.values() for pid in pids]


def test_the_drive_has_power_while_the_outputs_are_high_and_the_end_is_in_order(pair):
    pair.start_whole()
    robot, children = pair.robot, pair.children()
    assert sorted(children) == ["oht-sim", "oht-sim-robot", "ohtd"]
    until(lambda: "outputs=low" in robot.sim("rail"), what="outputs low")
    assert robot.post("safety/enable", role="operator").status == 200
    until(lambda: "outputs=low" not in robot.sim("rail"), what="outputs high")
    assert robot.post("safety/stop", role="operator").status == 200
    until(lambda: "outputs=low" in robot.sim("rail"), what="outputs low again")
    pair.process.send_signal(signal.SIGHUP)
    assert robot.get("robot").status == 200
    pair.process.send_signal(signal.SIGTERM)
    assert pair.ends(*all_of(children)) == 0
    assert "end: signal 15" in robot.log() and "ended by itself" not in robot.log()
    assert not robot.uart.is_symlink()


@pytest.mark.parametrize("name, status", [("ohtd", 128 + signal.SIGKILL), *at_night(("oht-sim", 1), ("oht-sim-robot", 1))])
def test_none_runs_without_the_others(pair, name, status):
    pair.start_whole()
    children = pair.children()
    os.kill(children[name][0], signal.SIGKILL)
    assert pair.ends(*all_of(children)) == status
    # ohtd is asked to end whoever else has gone.
    assert name == "ohtd" or "end: signal 15" in pair.robot.log()
    # The link of a simulator that was killed leads nowhere, and hinders no later start.
    pair.robot.ready.unlink(missing_ok=True)
    pair.start_whole()


def test_without_simulated_outputs_the_user_of_ohtd_administers_nothing(pair):
    pair.robot.write_config(bus_outputs="none")
    pair.start_whole()
    until(lambda: f"warning http local_refused: uid {USER} " in pair.robot.log(), what="the refusal of the follower")


def test_a_wrong_configuration_is_told_by_the_status_of_ohtd(pair):
    pair.robot.write_config(http_listen="nowhere")
    pair.start()
    assert pair.ends() == 78


def test_a_simulator_that_does_not_start_ends_it_before_ohtd_runs(pair):
    pair.start("--profile", "none")
    assert pair.ends() == 1
    assert "the simulator ended by itself" in pair.robot.log() and "main" not in pair.robot.log()


def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(pair):
    (pair.robot.folder / "ohtd.log").touch()
    mode = pair.robot.folder.stat().st_mode
    pair.robot.folder.chmod(0o555)
    try:
        pair.start()
        assert pair.ends() == 1
    finally:
        pair.robot.folder.chmod(mode)
    assert pair.robot.log() == f"oht-sim-robot: {pair.robot.folder}: Permission denied; let user {USER} write there, then start again\n"
