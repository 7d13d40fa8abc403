# SPDX-License-Identifier: GPL-2.0-or-later
"""The power goes while accounts are being changed: what was acknowledged is there after the next boot, and the database is sound.

The emulator is killed, so whatever the guest has not synchronised to its disk is gone. OHT_SOAK=1 cuts 25 times instead of 3.
"""
import http.client
import itertools
import json
import os
import random
import threading
import time

import pytest

from api import Robot, make_accounts
from conftest import fresh_state

CUTS = 25 if os.environ.get("OHT_SOAK") else 3
SEED = int(os.environ.get("OHT_SEED") or time.time())
CHANGED = ("viewer", "operator", "supervisor")
# From the first change on; a change takes some 20 ms, the daemon's checkpoints come every few hundred.
CUT_AFTER_S = (0.3, 3)
WRITER_S = 20


class Writer(threading.Thread):
    """Gives one account one role after the other, until the board is gone."""

    def __init__(self, robot, user):
        super().__init__(daemon=True)
        self.user = user["id"]
        self.name = user["username"]
        self.acknowledged = self.asked = user["role"]
        self.count = 0
        self.refused = None
        self._token = robot.token("administrator")
        self._link = robot.connection(WRITER_S)

    def run(self):
        for role in itertools.cycle(CHANGED):
            self.asked = role
            try:
                self._link.request("PATCH", f"/api/v1/users/{self.user}", json.dumps({"role": role}),
                                   {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"})
                answer = self._link.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                return
            if answer.status != 200:
                self.refused = body
                return
            self.acknowledged = role
            self.count += 1


def users(robot):
    return {user["username"]: user for user in robot.get("users", "administrator").json["items"]}


def cut_while_writing(robot, after_s):
    """Ends with the board's power gone; the writers."""
    writers = [Writer(robot, users(robot)[name]) for name in CHANGED]
    for writer in writers:
        writer.start()
    time.sleep(after_s)
    robot.machine.kill()
    for writer in writers:
        writer.join(WRITER_S)
        assert not writer.is_alive() and not writer.refused, writer.refused
    return writers


def check_all_there(robot, writers):
    found = users(robot)
    for writer in writers:
        # The last change may have been made without its answer getting out.
        assert found[writer.name]["role"] in (writer.acknowledged, writer.asked), writer.name
    store = robot.get("health").json["store"]
    assert store["state"] == "ok" and store["writable"] and not store["damaged_files"], store
    assert not any(robot.pins.levels((4, 5)))


@pytest.mark.kernels("stock")
def test_acknowledged_changes_survive(kernel, tmp_path):
    print(f"OHT_SEED={SEED}")
    moments = random.Random(SEED)
    state, accounts = fresh_state(f"{kernel}-power"), make_accounts(tmp_path)
    writers, changes = [], 0
    for left in range(CUTS, -1, -1):
        with Robot(state, kernel, accounts, disk=True) as robot:
            accounts = None         # what is on the disk now is what counts
            check_all_there(robot, writers)
            writers = cut_while_writing(robot, moments.uniform(*CUT_AFTER_S)) if left else []
        changes += sum(writer.count for writer in writers)
    print(f"{changes} changes acknowledged, {CUTS} cuts")
    assert changes > CUTS * 10, "hardly anything was written"
