# SPDX-License-Identifier: GPL-2.0-or-later
"""The page in a browser, in front of a native daemon with the simulator."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))

from clocks import keep_right  # noqa: E402 # pylint: disable=wrong-import-position
from browser import Browser  # noqa: E402 # pylint: disable=wrong-import-position
from daemon import running  # noqa: E402 # pylint: disable=wrong-import-position
from person import end_sessions_of_pages, key_pin  # noqa: E402 # pylint: disable=wrong-import-position


@pytest.fixture(scope="session")
def daemon(tmp_path_factory):
    """Simulator, an account of every role, ohtd."""
    # A host that stalls makes no page wrong: a module is lost after twenty times its time, not before.
    with running(tmp_path_factory.mktemp("oht"), prepare=keep_right, robot_simulated="yes", bus_time_factor=20) as made:
        yield made


@pytest.fixture(scope="session")
def window(daemon, tmp_path_factory):        # pylint: disable=redefined-outer-name
    """One browser for all tests: its start takes longer than most of them."""
    with Browser(tmp_path_factory.mktemp("browser"), key_pin(daemon.state / "server.crt")) as made:
        made.address = f"https://localhost:{daemon.port}/"
        yield made


@pytest.fixture
def page(daemon, window):        # pylint: disable=redefined-outer-name
    """The page as a person sees it for the first time, who is not logged in. No test leaves a complaint behind."""
    window.narrow(1280, 800)
    window.scheme("light")
    window.forget(window.address)
    window.open(window.address)
    window.complaints()
    yield window
    faults = [line for line in window.complaints() if not expected(line)]
    window.run("for (const name of Object.keys(localStorage)) localStorage.removeItem(name)")
    end_sessions_of_pages(daemon)
    assert not faults


def expected(line):
    """The browser complains of each answer that is a refusal; these the page shows."""
    return "Failed to load resource: the server responded with a status of" in line or \
        "Failed to load resource: net::ERR_" in line or "WebSocket connection to" in line
