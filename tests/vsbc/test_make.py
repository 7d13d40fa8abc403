# SPDX-License-Identifier: GPL-2.0-or-later
"""`make up`, `down` and `run` as somebody who has just cloned uses them."""
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from oht_test.clone import Clone
from oht_test.processes import processes_of
from vsbc.paths import TOP


@pytest.fixture(scope="module")
def clone():
    folder = TOP / "build/test/vsbc/make"
    shutil.rmtree(folder, ignore_errors=True)
    one = Clone(folder)
    done = one.run("make", "up")
    assert done.returncode == 0, done.stderr
    one.said = done.stdout
    yield one
    assert one.run("make", "down").returncode == 0
    assert not processes_of(folder)


def test_accounts_and_authority_survive_a_restart(clone):
    known, authority = clone.credentials(), (clone.state / "ca.crt").read_bytes()
    assert clone.run("make", "down").returncode == 0
    assert not processes_of(clone.state)
    assert clone.run("make", "status").returncode != 0
    started = time.monotonic()
    assert clone.run("make", "up").returncode == 0
    print(f"second start: {time.monotonic() - started:.1f} s")
    assert clone.credentials() == known and (clone.state / "ca.crt").read_bytes() == authority
    clone.log_in()


def test_ctrl_c_ends_a_run_in_the_foreground(state):
    one = Clone(state)
    with subprocess.Popen(["make", "run"], cwd=TOP, env=one.environment, stdout=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL, start_new_session=True) as child:
        for line in child.stdout:
            if "Ctrl-C" in line:
                break
        assert one.health()["status"]
        # The terminal sends it to the whole group.
        os.killpg(child.pid, signal.SIGINT)
        assert "stopped" in child.stdout.read()
        child.wait(30)
    assert not processes_of(state)


def test_start_with_a_wire_to_nowhere_says_so(state):
    one = Clone(state)
    one.environment["OHT_WIRE"] = "unix:/nowhere/at/all"
    done = one.run("make", "up")
    assert done.returncode != 0 and "nothing at /nowhere/at/all" in done.stderr
    assert not processes_of(state)


def test_full_disk_says_how_much_is_needed(state):
    one = Clone(state)
    state.mkdir(parents=True, exist_ok=True)
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    done = one.run(*alone, "sh", "-c", 'mount -t tmpfs -o size=1m none "$OHT_STATE" && exec make up')
    assert done.returncode != 0
    assert re.search(rf"only [01] MiB free for {re.escape(str(state))}, \d+ MiB needed: make room", done.stderr), done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not processes_of(state)
