# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/dr-drill brings a robot back, and says so when it cannot. OHT_SOAK=1 loses robots; the gate has a damaged backup alone."""
import os
import re
import secrets
import subprocess

import pytest

from daemon import TOP
from test_backups import file_of, make

pytestmark = pytest.mark.plain("starts")


def drill(*words):
    return subprocess.run([TOP / "scripts/dr-drill", *words], capture_output=True, text=True, timeout=200, check=False)


def test_a_backup_that_is_none_fails_the_drill(tmp_path):
    file = tmp_path / "bad.ohtbackup"
    file.write_bytes(b"OHTBACK1" + bytes(1000))
    done = drill(file)
    assert done.returncode == 1 and "backup restore" in done.stderr and " s  ohtd serves" not in done.stdout, done


if os.environ.get("OHT_SOAK"):
    def test_a_lost_robot_comes_back():
        done = drill()
        steps = re.findall(r"^ +(\d+\.\d\d) s  (.+)$", done.stdout, re.MULTILINE)
        assert done.returncode == 0 and len(steps) == 9 and "the same as before: robot, accounts, configuration, rules" in done.stdout, done

    def test_a_backup_of_a_robot_is_tried_with_its_key(fresh):
        key = fresh.folder / "backup.key"
        key.write_text(secrets.token_hex(32) + "\n")
        key.chmod(0o600)
        fresh.write_config(backup_key=key)
        fresh.start()
        file = file_of(fresh, make(fresh))
        fresh.stop()
        refused, done = drill(file), drill(file, "--key", key)
        assert refused.returncode == 1 and "key" in refused.stderr, refused
        assert done.returncode == 0 and "4 accounts" in done.stdout, done
        # Nothing of the robot was touched.
        assert file.exists() and not list(fresh.state.glob("*.restore"))
