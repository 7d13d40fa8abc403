# SPDX-License-Identifier: GPL-2.0-or-later
"""`make up`, `down` and `run` as somebody who has just cloned uses them."""
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import time

import pytest

from oht_test.client import Client
from oht_test.processes import processes_of
from oht_test.wait import free_port
from vsbc.paths import TOP


class Clone:
    """The make targets with a state folder and a port of the test's own."""

    def __init__(self, folder):
        self.state = folder
        self.environment = {**os.environ, "OHT_STATE": str(folder), "OHT_PORT": str(free_port())}

    def run(self, *command, timeout=300):
        return subprocess.run(command, cwd=TOP, env=self.environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=timeout, check=False)

    def credentials(self):
        return json.loads((self.state / "credentials.json").read_text())

    def client(self):
        """A client that trusts the authority which credentials.json names."""
        known = self.credentials()
        return Client(int(self.environment["OHT_PORT"]), ssl.create_default_context(cafile=known["ca_file"]))

    def health(self):
        answer = self.client().get("health", role=None)
        assert answer.status == 200, answer
        return answer.json


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


def test_ready_block_says_where_and_who(clone):
    administrator = next(a for a in clone.credentials()["accounts"] if a["role"] == "administrator")
    block = clone.said[clone.said.index("\nready\n"):]
    for word in (clone.credentials()["url"], administrator["username"], administrator["password"], "500 ms"):
        assert word in block


def test_files_are_private(clone):
    assert clone.state.stat().st_mode & 0o777 == 0o700
    assert (clone.state / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert {a["role"] for a in clone.credentials()["accounts"]} == {"viewer", "operator", "supervisor",
                                                                    "administrator"}


def test_api_answers_with_the_device_authority(clone):
    assert clone.health()["bus"]["backend"] == "kernel"


def test_every_account_can_log_in(clone):
    for account in clone.credentials()["accounts"]:
        assert clone.client().login(account["username"], account["password"]).json["access_token"]


def test_second_start_says_that_one_is_running(clone):
    done = clone.run("make", "run")
    assert done.returncode != 0 and clone.credentials()["url"] in done.stderr and "make down" in done.stderr


def test_status_logs_and_guest(clone):
    status = clone.run("scripts/sbc", "status", "--json")
    assert status.returncode == 0 and json.loads(status.stdout)["kernel"] == "stock"
    assert "ohtd" in clone.run("make", "logs").stdout
    done = clone.run("scripts/guest", "echo hello; exit 5")
    assert (done.returncode, done.stdout) == (5, "hello\n")


def test_button_and_relays(clone):
    relays = json.loads(clone.run("scripts/relays", "--json").stdout)
    assert {name: relays[name]["level"] for name in ("enable1", "enable2")} == {"enable1": 0, "enable2": 0}
    assert clone.run("scripts/button", "press", "a").returncode == 0
    assert "open" in clone.run("scripts/guest", "ohtctl status").stdout
    assert clone.run("scripts/button", "release").returncode == 0
    assert clone.run("scripts/button", "push").returncode == 2


def test_wire_passes_commands_and_complaints(clone):
    assert "unit=0x02" in clone.run("scripts/wire", "status").stdout
    done = clone.run("scripts/wire", "fault", "9", "silence")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1


def test_accounts_and_authority_survive_a_restart(clone):
    known, authority = clone.credentials(), (clone.state / "ca.crt").read_bytes()
    assert clone.run("make", "down").returncode == 0
    assert not processes_of(clone.state)
    assert clone.run("make", "status").returncode != 0
    started = time.monotonic()
    assert clone.run("make", "up").returncode == 0
    print(f"second start: {time.monotonic() - started:.1f} s")
    assert clone.credentials() == known and (clone.state / "ca.crt").read_bytes() == authority
    test_every_account_can_log_in(clone)


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
