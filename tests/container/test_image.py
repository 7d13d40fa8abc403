# SPDX-License-Identifier: GPL-2.0-or-later
"""The container image: the same bytes twice, nothing in it that is not wanted, and started as a runtime starts it."""
import contextlib
import os
import pathlib
import re
import signal
import stat
import struct
import subprocess
import time

import pytest

from conftest import TOP
from image import Container
from oht_test.client import PASSWORD
from oht_test.wait import until

MIB = 1 << 20
SIZE_MAX = 60 * MIB
KILLS = 100 if os.environ.get("OHT_SOAK") else 10
# Puts the time of day of the programs that it is loaded into off by the seconds of a file.
CLOCK = TOP / "build/userspace/native/tests/api/shims/shim_clock.so"


def test_the_same_bytes_twice_and_small(builds):
    assert builds[0].read_bytes() == builds[1].read_bytes()
    assert builds[0].stat().st_size <= SIZE_MAX


def test_nothing_in_it_runs_as_another_or_belongs_to_the_robot(image):
    config = image.config
    assert int(config["User"]) > 0 and config["StopSignal"] == "SIGTERM"
    assert set(config["Volumes"]) == {"/run/oht", "/var/lib/oht"} and set(config["ExposedPorts"]) == {"8443/tcp"}
    own = {name for name, member in image.members.items() if member.uid or member.gid}
    assert own == {"run/oht", "var/lib/oht"}
    for name, member in image.members.items():
        assert not member.mode & (stat.S_ISUID | stat.S_ISGID), name
        assert member.issym() or not member.mode & stat.S_IWOTH or name == "tmp", name
    programs = {pathlib.Path(name).name for name, member in image.members.items() if member.isfile() and member.mode & 0o100 and ".so" not in name}
    assert programs == {"oht-sim", "oht-sim-robot", "ohtctl", "ohtd", "ohtd-sender"}
    # Licences and, for scanners, the packages.
    packages = {pathlib.Path(name).name for name in image.members if name.startswith("var/lib/dpkg/status.d/")}
    assert {"libc6", "ohtd", "ohtctl"} <= packages
    for package in packages:
        assert f"usr/share/doc/{package}" in image.members, package


def set_up(container):
    """A client of the robot, which has started whole and has its first administrator now."""
    client, code = container.client(), (container.run / "setup-code").read_text().strip()
    assert client.post("setup", {"code": code, "username": "administrator", "password": PASSWORD}, role=None).status == 201
    return client


def names(client):
    """Of all accounts. An elevation ends with the process, so a session more is made."""
    client.tokens.clear()
    found = client.get("users?limit=200", role="administrator")
    assert found.status == 200, found.json
    return {item["username"] for item in found.json["items"]}


def test_the_robot_drives_and_ends_in_order(container):
    container.start_whole()
    client = set_up(container)
    assert client.request("GET", "/").status == 200
    assert client.post("safety/enable").status == 200
    until(lambda: client.get("robot", role="administrator").json["state"] == "idle", what="idle")
    assert client.post("robot/commands", {"verb": "undock"}).status in (200, 201, 202)
    until(lambda: client.get("robot", role="administrator").json["position_mm"] > 20, what="it drives")
    assert container.end(signal.SIGTERM) == 0
    said = container.log()
    assert "end: signal 15" in said and "ended by itself" not in said
    assert not list(container.image.root.rglob("*.db"))


def test_the_doctor_finds_nothing_wrong_with_the_image(container):
    """The clock is that of the machine, and nobody administers a new robot; a program beside it sees another list of processes than in a runtime's exec."""
    container.start_whole()
    said = container.ask("ohtctl", "doctor", "--seconds", "0").stdout
    assert {line.split()[1] for line in said.splitlines() if line.split()[:1] == ["wrong"]} <= {"clock", "ohtd"}, said


def test_what_was_acknowledged_survives_each_kill(container):
    container.start_whole()
    client = set_up(container)
    for number in range(KILLS):
        made = client.post("users", {"username": f"user{number}", "role": "viewer", "password": PASSWORD})
        assert made.status == 201, made
        assert container.end(signal.SIGKILL) != 0
        container.start_whole()
        assert names(client) == {"administrator", *(f"user{i}" for i in range(number + 1))}, number


def put_on_a_disk(container, size):
    """The volume is one of so many bytes."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode=700,size={size}", "none", container.state], check=True)


@pytest.mark.parametrize("spoil, why", [
    (lambda container: put_on_a_disk(container, "64k"), "the disk of the state folder is full: make room, then start again"),
    (lambda container: setattr(container, "bind", "--ro-bind"), ": Read-only file system; mount it for writing, then start again"),
    (lambda container: container.state.chmod(0o500), ": Permission denied; let user 990 write there, then start again"),
    (lambda container: os.chown(container.state, 1234, 1234), ": Permission denied; let user 990 write there, then start again"),
], ids=["full", "read-only", "without rights", "of another"])
def test_a_volume_that_cannot_be_written_is_told_in_a_sentence(container, spoil, why):
    spoil(container)
    container.start()
    assert container.process.wait(60) not in (0, None)
    last = container.log().strip().splitlines()[-1]
    assert "/var/lib/oht" in last and why in last, last


def test_a_volume_that_becomes_full_loses_nothing_that_was_acknowledged(container):
    put_on_a_disk(container, "32m")
    container.start_whole()
    client = set_up(container)
    with contextlib.suppress(OSError), (container.state / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    acknowledged = set()
    for number in range(10):
        made = client.post("users", {"username": f"user{number}", "role": "viewer", "password": PASSWORD})
        assert made.status == 201 or (made.status, made.code) == (507, "storage_full"), made
        acknowledged |= {f"user{number}"} if made.status == 201 else set()
    assert client.post("safety/stop").status == 200
    assert re.search(r"^ *wrong +disk .* left", container.ask("ohtctl", "doctor", "--seconds", "0").stdout, re.M)
    container.end(signal.SIGKILL)
    (container.state / "filler").unlink()
    container.start_whole()
    assert names(client) == {"administrator", *acknowledged}


def test_a_clock_of_1970_is_told_and_its_records_come_before_later_ones(container, tmp_path):
    off = tmp_path / "off"
    off.write_bytes(struct.pack("=q", 60 - int(time.time())))
    container.more = ["--tmpfs", "/tmp", "--ro-bind", CLOCK, "/tmp/clock.so", "--bind", off, "/tmp/off", "--setenv", "LD_PRELOAD", "/tmp/clock.so",
                      "--setenv", "OHT_SHIM_CLOCK", "/tmp/off"]
    container.start_whole()
    client = set_up(container)

    def make(name):
        """The time of the new account."""
        made = client.post("users", {"username": name, "role": "viewer", "password": PASSWORD})
        assert made.status == 201, made
        return made.json["created"]
    times = [make("early")]
    assert "clock_ahead" in container.ask("ohtctl", "alerts").stdout
    container.end(signal.SIGKILL)
    container.start_whole()
    assert names(client) == {"administrator", "early"}
    times.append(make("later"))
    # A time server is reached.
    off.write_bytes(struct.pack("=q", 0))
    until(lambda: "clock_ahead" not in container.ask("ohtctl", "alerts").stdout, what="a clock that is right")
    times.append(make("latest"))
    assert times == sorted(times) and not times[0].startswith("1970"), times
    assert container.end(signal.SIGTERM) == 0


def test_a_second_one_on_the_same_volume_is_refused(container, tmp_path):
    container.start_whole()
    (tmp_path / "other").mkdir()
    other = Container(container.image, container.bwrap, tmp_path / "other")
    other.state = container.state
    other.start()
    assert other.process.wait(60) not in (0, None)
    assert "/var/lib/oht/lock: another ohtd runs with this state directory: end that one" in other.log().strip().splitlines()[-1], other.log()
    assert container.is_healthy()
