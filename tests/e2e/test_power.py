# SPDX-License-Identifier: GPL-2.0-or-later
"""The power goes while accounts are being changed: what was acknowledged is there after the next boot, and the database is sound.

The emulator is killed, so whatever the guest has not synchronised to its disk is gone. OHT_SOAK=1 cuts 25 times instead of 3.
"""
import os
import random
import time

import pytest

from oht_test.robot import Robot, make_accounts
from oht_test.writers import ROLES, RoleWriter
from conftest import fresh_state

CUTS = 25 if os.environ.get("OHT_SOAK") else 3
SEED = int(os.environ.get("OHT_SEED") or time.time())
# From the first change on; a change takes some 20 ms, the daemon's checkpoints come every few hundred.
CUT_AFTER_S = (0.3, 3)


def users(robot):
    return {user["username"]: user for user in robot.get("users", "administrator").json["items"]}


def cut_while_writing(robot, after_s):
    """Ends with the board's power gone; {user: the roles that it may have now}, and how many changes were made."""
    writers = [RoleWriter(robot, users(robot)[name], robot.elevated()) for name in ROLES]
    for writer in writers:
        writer.start()
    time.sleep(after_s)
    robot.machine.kill()
    return {writer.name: writer.ended() for writer in writers}, sum(writer.count for writer in writers)


def check_all_there(robot, possible):
    found = users(robot)
    for name, roles in possible.items():
        assert found[name]["role"] in roles, name
    store = robot.get("health").json["store"]
    assert store["state"] == "ok" and store["writable"] and not store["damaged_files"], store
    assert not any(robot.pins.levels((4, 5)))


@pytest.mark.limit_s(120 + 120 * CUTS)
@pytest.mark.kernels("stock", why="a program is the same on every kernel")
def test_acknowledged_changes_survive(kernel, tmp_path):
    print(f"OHT_SEED={SEED}")
    moments = random.Random(SEED)
    state, accounts = fresh_state(f"{kernel}-power"), make_accounts(tmp_path)
    possible, changes = {}, 0
    for left in range(CUTS, -1, -1):
        with Robot(state, kernel, accounts, disk=True) as robot:
            accounts = None         # what is on the disk now is what counts
            check_all_there(robot, possible)
            if left:
                possible, made = cut_while_writing(robot, moments.uniform(*CUT_AFTER_S))
                changes += made
    print(f"{changes} changes acknowledged, {CUTS} cuts")
    assert changes > CUTS * 10, "hardly anything was written"
