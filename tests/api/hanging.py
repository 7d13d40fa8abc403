# SPDX-License-Identifier: GPL-2.0-or-later
"""Not collected by itself: test_endings.py runs it. A test that never ends, with a daemon and a simulator."""
import os
import pathlib
import time

import pytest

from daemon import Daemon
from oht_test.plugin import DEADLINE_S


@pytest.fixture
def started(tmp_path, request):
    """Nobody ends it, as if the end of a fixture had hung too."""
    made = Daemon(tmp_path)
    made.write_config()
    made.start()
    pids = pathlib.Path(os.environ["OHT_PIDS"])
    pids.with_suffix(".new").write_text(f"{made.process.pid} {made.simulator.pid}")
    pids.with_suffix(".new").rename(pids)
    # From now on: a busy host may delay the start.
    request.node.stash[DEADLINE_S] = time.monotonic() + int(os.environ["OHT_LIMIT_S"])


@pytest.mark.usefixtures("started")
def test_hangs():
    while True:
        time.sleep(1)
