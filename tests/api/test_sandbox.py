# SPDX-License-Identifier: GPL-2.0-or-later
"""What the process has given up, and what its service unit takes away on top."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from daemon import SANITIZER, TOP

pytestmark = pytest.mark.plain("filter")

UNIT = TOP / "userspace/etc/ohtd.service"
# Of systemd-analyze(1), 0 best to 10 worst; "OK" begins at 5.
EXPOSURE_MAX = 2.5


def status(task):
    """/proc/PID/task/TID/status as a table."""
    return dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)


def test_every_thread_is_filtered(fresh):
    fresh.start()
    assert fresh.get("robot").status == 200
    tasks = [status(task) for task in pathlib.Path(f"/proc/{fresh.process.pid}/task").iterdir()]
    assert {"ohtd-control", "ohtd-store", "ohtd-loop0", "ohtd-loop1"} <= {task["Name"] for task in tasks}
    if SANITIZER:
        assert "no_filter" in fresh.log()
        assert {task["NoNewPrivs"] for task in tasks if task["Name"].startswith("ohtd-loop")} == {"1"}
    else:
        assert {task["NoNewPrivs"] for task in tasks} == {"1"}
        assert {task["Seccomp"] for task in tasks} == {"2"}
        assert "no_filter" not in fresh.log()


@pytest.fixture(name="settings")
def fixture_settings():
    """Key to values of the service unit."""
    found = {}
    for key, value in re.findall(r"(?m)^(\w+)=(.*)$", UNIT.read_text()):
        found.setdefault(key, []).append(value)
    return found


def test_unit_watches_and_restarts(settings):
    assert settings["Type"] == ["notify"]
    assert settings["Restart"] == ["always"] and settings["StartLimitIntervalSec"] == ["0"]
    assert settings["RestartSec"] == ["500ms"] and settings["RestartPreventExitStatus"] == ["78"]
    assert settings["WatchdogSec"] == ["3s"], "longer than the main thread's turn by a lot"
    assert settings["OOMPolicy"] == ["continue"], "the end of ohtd-sender would end the robot"
    assert settings["OOMScoreAdjust"] == ["-500"] and settings["MemoryMax"] == ["512M"], "others go first, but not for a leak of ours"
    assert settings["User"] == ["oht"] and settings["Group"] == ["oht"]
    assert settings["CapabilityBoundingSet"] == ["CAP_SYS_NICE CAP_IPC_LOCK"]
    # systemd derives RequiresMountsFor= from it: a state folder that is a disk of its own is mounted first, or there is no start.
    assert settings["StateDirectory"] == ["oht"]


def test_unit_lets_every_kind_of_serial_line_be_opened(settings):
    """A board's own UART as well as an adapter: else an rtu robot waits for its line for ever."""
    assert {f"char-{kind} rw" for kind in ("oht", "ttyUSB", "ttyACM", "ttyAMA", "ttyS")} <= set(settings["DeviceAllow"])


def test_the_end_has_one_number(settings):
    """The daemon ends itself before systemd does, and the document says when."""
    ends_s = re.search(r"(?m)^#define END_S\s+(\d+)", (TOP / "userspace/ohtd/main/end.c").read_text())[1]
    assert int(settings["TimeoutStopSec"][0].rstrip("s")) > int(ends_s)
    assert f"in at most {ends_s} s (`main/end.c`)" in (TOP / "docs/operations.md").read_text()


def test_unit_is_hardened(tmp_path):
    unit = tmp_path / "ohtd.service"
    shutil.copy(UNIT, unit)
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", unit], capture_output=True, text=True,
                          check=False, env={**os.environ, "LC_ALL": "C.UTF-8"}, timeout=60)
    said = re.search(r"Overall exposure level for ohtd\.service: ([\d.]+)", done.stdout)
    assert said, done
    print(said.group(0))
    assert float(said.group(1)) <= EXPOSURE_MAX, done.stdout
