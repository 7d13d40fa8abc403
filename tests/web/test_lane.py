# SPDX-License-Identifier: GPL-2.0-or-later
"""The lane in which the requests of the page wait for their turn."""
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def test_requests_wait_for_their_turn():
    done = subprocess.run(["node", "--test", "--test-reporter=tap", HERE / "lane.test.mjs"], capture_output=True, text=True,
                          check=False, timeout=60)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    assert "\n# fail 0\n" in done.stdout and "\n# pass 0\n" not in done.stdout
