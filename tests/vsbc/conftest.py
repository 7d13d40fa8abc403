# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the virtual SBC itself: what it shows must be what the guest did."""
import shutil

import pytest

from vsbc.machine import Machine, Options
from vsbc.paths import TOP


@pytest.fixture
def state(request):
    """A folder of the test's own, empty."""
    folder = TOP / "build/test/vsbc" / request.node.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def board():
    """A stock board without our module."""
    folder = TOP / "build/test/vsbc/shared"
    shutil.rmtree(folder, ignore_errors=True)
    with Machine(Options(state=folder, module=False, append="iomem=relaxed")) as machine:
        machine.wait_booted()
        yield machine
