# SPDX-License-Identifier: GPL-2.0-or-later
"""The disk of the board does not answer any more while the robot is enabled.

The emulator holds the writes of the disk back, as a card that hangs: the guest waits for its synchronisation. OHT_SOAK=1
does so for 60 s instead of 12.
"""
import os
import re
import time

import pytest

from oht_test.plugin import has_failed
from oht_test.robot import Robot, make_accounts
from oht_test.wait import until
from oht_test.writers import RoleWriter
from conftest import fresh_state

HANG_S = 60 if os.environ.get("OHT_SOAK") else 12
# So long each writer has the disk to itself first.
WRITE_S = 3
ENABLES = (4, 5)
HOUR_S = 3600
# Accounts whose roles are changed all the time.
WRITTEN = ("anna", "berta", "carla")


@pytest.fixture(name="robot")
def fixture_robot(kernel, tmp_path, request):
    """A board with a disk."""
    with Robot(fresh_state(f"{kernel}-hang"), kernel, make_accounts(tmp_path, WRITTEN), disk=True) as made:
        yield made
        made.mend_disk()
        if has_failed(request.node):
            print(made.guest.run("logread | tail -n 20")[1])


def store(robot):
    """What /health tells of the store."""
    return robot.get("health", role=None).json["store"]


def users(robot):
    """{name: account}"""
    return {user["username"]: user for user in robot.get("users", "administrator").json["items"]}


def reloads(robot):
    """How often the daemon has read its configuration anew."""
    return int(robot.guest.check("logread | grep -c 'main reload: certificate' || true"))


class Hang:
    """The time in which the disk does not answer."""

    def __init__(self, robot, refresh_token):
        self.robot = robot
        self.refresh_token = refresh_token
        self.rounds = self.refused = 0
        self.counts = [robot.pins.count(pin) for pin in ENABLES]
        self.tokens = {role: robot.token(role) for role in ("viewer", "operator", "supervisor", "administrator")}
        # Before the disk hangs: a log-in is a write.
        self.elevated = robot.elevated()
        self.written = users(robot)["anna"]["id"]

    def look(self):
        """Enabled without a break, inside and outside; all that is in memory is answered."""
        assert all(self.robot.pins.levels(ENABLES)), self.robot.causes()
        assert [self.robot.pins.count(pin) for pin in ENABLES] == self.counts, "the outputs were low in between"
        safety = self.robot.safety()
        assert safety["state"] == "enabled" and safety["outputs"] == {"enable1": True, "enable2": True}, safety
        shown = self.robot.get("robot")
        assert shown.status == 200 and shown.json["safety"] == "enabled", shown
        assert set(self.robot.health_of_modules().values()) == {"good"}
        self.rounds += 1

    def write(self):
        """Each write is refused at once, with the reason."""
        for answer in (self.robot.request("PATCH", f"users/{self.written}", {"role": "operator"}, role="administrator"),
                       self.robot.request("POST", "auth/refresh", {"refresh_token": self.refresh_token})):
            assert (answer.status, answer.code) == (503, "storage_hung"), answer
            assert answer.headers["retry-after"] == "2"
            self.refused += 1


@pytest.mark.limit_s(300 + HANG_S)
@pytest.mark.kernels("stock", why="a program is the same on every kernel")
def test_hung_disk(robot):
    refresh_token = robot.login("operator").json["refresh_token"]
    robot.arm()
    hang = Hang(robot, refresh_token)
    pid = robot.daemon_pid()
    writers = [RoleWriter(robot, users(robot)[name], hang.elevated) for name in WRITTEN]
    for writer in writers:
        writer.start()
    time.sleep(WRITE_S)
    robot.hang_disk()
    began_s = time.monotonic()
    until(lambda: hang.look() or store(robot)["state"] == "hung", what="the store being told as hung")
    hung_after_s = time.monotonic() - began_s
    # What the main thread looks after goes on too: the time of day that has moved, and a signal.
    robot.guest.check(f"date -s @$(($(date +%s) + {HOUR_S}))")
    until(lambda: "clock_jumped" in robot.guest.check("logread"), what="a word about the clock")
    # The server's time-outs are in time of day: idle connections end.
    robot.hang_up()
    before = reloads(robot)
    robot.guest.check(f"kill -HUP {pid}")
    until(lambda: reloads(robot) > before, what="the main thread reading the configuration")
    while time.monotonic() - began_s < HANG_S:
        hang.look()
        hang.write()
        health = robot.get("health", role=None).json
        assert health["status"] == "degraded" and health["control_plane"]["status"] == "ok", health
        assert health["store"]["state"] == "hung" and not health["store"]["writable"], health
    assert robot.get("safety/events").status == 200, "what is in the page cache can be read"
    hang.look()
    hung_s = time.monotonic() - began_s
    answer = robot.post("safety/stop", role="operator")
    assert answer.status == 200 and answer.json["state"] == "stopped", answer
    assert not any(robot.pins.levels(ENABLES)), "low when the stop is answered"
    assert store(robot)["state"] == "hung"
    robot.mend_disk()

    until(lambda: store(robot)["state"] == "ok", what="a store that is well")
    possible = {writer.name: writer.ended() for writer in writers}
    changes = sum(writer.count for writer in writers)
    print(f"{hung_s:.1f} s, told after {hung_after_s:.1f} s; {hang.rounds} looks, {hang.refused} writes refused, "
          f"{changes} changes acknowledged")
    assert changes > 10 and hang.refused > 2
    found = users(robot)
    for name, roles in possible.items():
        assert found[name]["role"] in roles, name
    assert robot.request("POST", "auth/refresh", {"refresh_token": refresh_token}).status == 200
    stops = until(lambda: [item for item in robot.get("safety/events?limit=200").json["items"]
                           if item["kind"] == "stop" and item["from"] == "enabled"], what="the stop in the journal")
    assert stops[0]["cause"]["code"] == "software" and stops[0]["actor"]["name"] == "operator", stops[0]
    health = robot.get("health", role=None).json
    assert health["status"] == "ok" and health["journal"]["state"] == "recording" and not health["journal"]["missing"], health
    assert robot.daemon_pid() == pid, "the daemon outlives its disk"
    until(lambda: re.match(r"\d+", robot.guest.check("cat /var/lib/oht/time")), what="the time on the disk")
    robot.arm()
