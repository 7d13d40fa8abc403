# SPDX-License-Identifier: GPL-2.0-or-later
"""One boot of the board as a new user has it: make up, log in, scan, enable, press, kill -9, make down.

The board's time is the host's, so each step asks until it is so; no test says how long something takes.
"""
import json
import shutil

import pytest

from oht_test.clone import Clone
from oht_test.processes import processes_of
from oht_test.wait import until
from vsbc.paths import TOP

# A host that stands still for longer than the board's heartbeat stops the robot: then it is enabled once more.
PATIENCE_S = 60


@pytest.fixture(scope="module")
def clone():
    folder = TOP / "build/test/smoke"
    shutil.rmtree(folder, ignore_errors=True)
    one = Clone(folder)
    done = one.run("make", "up")
    assert done.returncode == 0, done.stderr
    one.said = done.stdout
    yield one
    one.run("make", "down")


@pytest.fixture(scope="module")
def client(clone):
    """A client with the token of each role."""
    return clone.log_in()


def test_ready_block_says_where_and_who(clone):
    administrator = next(a for a in clone.credentials()["accounts"] if a["role"] == "administrator")
    block = clone.said[clone.said.index("\nready\n"):]
    for word in (clone.credentials()["url"], administrator["username"], administrator["password"], "3 s on this emulated board"):
        assert word in block


def test_files_are_private(clone):
    assert clone.state.stat().st_mode & 0o777 == 0o700
    assert (clone.state / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert {a["role"] for a in clone.credentials()["accounts"]} == {"viewer", "operator", "supervisor",
                                                                    "administrator"}


def test_api_answers_with_the_device_authority(clone):
    assert clone.health()["bus"]["backend"] == "kernel"


def test_every_account_can_log_in(client):
    assert set(client.tokens) == {"viewer", "operator", "supervisor", "administrator"}


def test_second_start_says_that_one_is_running(clone):
    done = clone.run("make", "run")
    assert done.returncode != 0 and clone.credentials()["url"] in done.stderr and "make down" in done.stderr


def test_status_logs_and_guest(clone):
    status = clone.run("scripts/sbc", "status", "--json")
    assert status.returncode == 0 and json.loads(status.stdout)["kernel"] == "stock"
    assert "ohtd" in clone.run("make", "logs").stdout
    done = clone.run("scripts/guest", "echo hello; exit 5")
    assert (done.returncode, done.stdout) == (5, "hello\n")
    assert clone.run("scripts/guest", "echo", "a  b", "it's").stdout == "a  b it's\n"


def test_wire_passes_commands_and_complaints(clone):
    assert "unit=0x02" in clone.run("scripts/wire", "status").stdout
    done = clone.run("scripts/wire", "fault", "9", "silence")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1



# ---- the stop ----

def levels(clone):
    """Both enable outputs, as the relays outside see them."""
    relays = json.loads(clone.run("scripts/relays", "--json").stdout)
    return [relays[name]["level"] for name in ("enable1", "enable2")]


def enabled(clone, client):
    """One attempt to get from any state to outputs that are high outside."""
    safety = client.get("safety").json
    if safety["state"] == "stopped" and not safety["why_not_reset"]:
        client.post("safety/reset", role="supervisor")
    if not client.get("safety").json["why_not_enable"]:
        client.post("safety/enable", role="operator")
    return levels(clone) == [1, 1]


def enable(clone, client):
    try:
        until(lambda: enabled(clone, client), PATIENCE_S, "outputs that are high", 0.2)
    except AssertionError as error:
        raise AssertionError(f"{error}: {client.get('safety').json}") from error


def test_scan_finds_the_four_modules(clone):
    def found():
        done = clone.run("scripts/guest", "ohtctl --json scan")
        return done.returncode == 0 and [unit["unit"] for unit in json.loads(done.stdout)["units"]] == [2, 3, 4, 5]
    until(found, PATIENCE_S, "a scan with four modules", 0.2)


def test_a_press_lowers_both_outputs(clone, client):
    assert clone.run("scripts/button", "push").returncode == 2
    enable(clone, client)
    try:
        assert clone.run("scripts/button", "press").returncode == 0
        until(lambda: levels(clone) == [0, 0], what="outputs that are low")
        assert "button_a" in {cause["code"] for cause in client.get("safety").json["causes"]}
        assert client.post("safety/reset", role="supervisor").status == 409, "reset while the button is pressed"
    finally:
        clone.run("scripts/button", "release")
    assert levels(clone) == [0, 0], "a release enables nothing"


def test_a_stop_by_the_api_lowers_both_outputs(clone, client):
    enable(clone, client)
    assert client.post("safety/stop", role="operator").status == 200
    until(lambda: levels(clone) == [0, 0], what="outputs that are low")


def test_kill_9_of_the_daemon_lowers_both_outputs(clone, client):
    enable(clone, client)
    assert clone.run("scripts/guest", "kill -9 $(pidof ohtd)").returncode == 0
    until(lambda: levels(clone) == [0, 0], what="outputs that are low")

    def serves():
        try:
            return clone.health()["state"]
        except OSError:
            return None
    until(serves, PATIENCE_S, "ohtd once more", 0.2)
    assert levels(clone) == [0, 0], "a new daemon enables nothing"


def test_make_down_leaves_nothing(clone):
    assert clone.run("make", "down").returncode == 0
    assert not processes_of(clone.state)
    assert clone.run("make", "status").returncode != 0
