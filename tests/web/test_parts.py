# SPDX-License-Identifier: GPL-2.0-or-later
"""Parts of the page that need no browser: NAME.test.mjs is about userspace/web/src/NAME.ts, or one of its folders."""
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent


@pytest.mark.parametrize("name", ["lane", "events", "number", "way", "past", "totals", "checkpoint"])
def test_part(name):
    done = subprocess.run(["node", "--test", "--test-reporter=tap", HERE / f"{name}.test.mjs"], capture_output=True, text=True,
                          check=False, timeout=60)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    assert "\n# fail 0\n" in done.stdout and "\n# pass 0\n" not in done.stdout
