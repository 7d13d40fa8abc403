# SPDX-License-Identifier: GPL-2.0-or-later
"""One daemon for all tests that leave it as it was; a fresh one for those that do not.

OHT_BUILD names the build under test. --plain takes only the tests marked plain(), which show something else or more without
sanitizers: the filter of system calls is there (filter), the times are those of the shipped program (timing), or what is
preloaded is not between a sanitizer and the C library (shim). OHT_SEED repeats what was chosen at random.
"""
import collections
import os
import random
import shutil

import pytest

from daemon import ROLES, SANITIZER, Daemon

# For tests that hang: no test asserts by it how long something takes. Fixtures are included.
TEST_TIMEOUT_S = 300
DESELECTED = pytest.StashKey()


# ---- which tests, and how a run says so ----

def pytest_addoption(parser):
    parser.addoption("--plain", action="store_true", help="only the tests marked plain()")


def pytest_configure(config):
    if not config.pluginmanager.hasplugin("timeout"):
        raise pytest.UsageError("no python3-pytest-timeout: run scripts/install-packages --test")
    config.addinivalue_line("markers", "plain(why): shows something else or more without sanitizers: filter, timing or shim")
    config.addinivalue_line("markers", "needs(sanitizer): only a build with it can do this: address or thread")
    config.stash[DESELECTED] = collections.Counter()
    # The workers of xdist inherit it.
    os.environ.setdefault("OHT_SEED", str(random.randrange(1 << 31)))


def reason_against(item, only_plain):
    """Why this run leaves the test out; None: it does not."""
    needs = [mark.args[0] for mark in item.iter_markers("needs")]
    if needs and SANITIZER not in needs:
        return f"needs a build with the sanitizer {' or '.join(needs)}"
    if only_plain and not item.get_closest_marker("plain"):
        return "not marked plain: run with sanitizers"
    return None


def pytest_collection_modifyitems(config, items):
    reasons = {item: reason_against(item, config.getoption("--plain")) for item in items}
    left_out = [item for item in items if reasons[item]]
    config.stash[DESELECTED].update(reasons[item] for item in left_out)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not reasons[item]]
    for item in items:
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(TEST_TIMEOUT_S))


def pytest_sessionfinish(session):
    """Workers of xdist collect, and their master tells."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["deselected"] = dict(session.config.stash[DESELECTED])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    # All workers collect the same.
    node.config.stash[DESELECTED] |= collections.Counter(getattr(node, "workeroutput", {}).get("deselected", {}))


def pytest_terminal_summary(terminalreporter, config):
    for reason, count in sorted(config.stash[DESELECTED].items()):
        terminalreporter.write_line(f"deselected: {count} ({reason})")
    terminalreporter.write_line(f"seed: OHT_SEED={os.environ['OHT_SEED']}")


@pytest.fixture
def chance():
    """Random numbers that are others in each run, and the same again with its OHT_SEED."""
    return random.Random(int(os.environ["OHT_SEED"]))


# ---- daemons ----

@pytest.fixture(scope="session")
def accounts(tmp_path_factory):
    """A database with one account per role; copied, because hashing passwords takes long."""
    made = Daemon(tmp_path_factory.mktemp("accounts"))
    made.write_config()
    for role in ROLES:
        done = made.add_user(role, role)
        assert done.returncode == 0, done.stderr
    return made.state / "oht.db"


def begin(folder, accounts):        # pylint: disable=redefined-outer-name
    """Accounts of every role."""
    made = Daemon(folder)
    made.write_config()
    made.state.mkdir(mode=0o700)
    shutil.copy(accounts, made.state)
    return made


@pytest.fixture(scope="session")
def daemon(tmp_path_factory, accounts):        # pylint: disable=redefined-outer-name
    """Shared: requests only."""
    made = begin(tmp_path_factory.mktemp("oht"), accounts)
    try:
        made.start()
        yield made
        made.stop()
    finally:
        made.end()


@pytest.fixture
def fresh(tmp_path, accounts):        # pylint: disable=redefined-outer-name
    """Prepared but not started; the test may do with it what it likes."""
    made = begin(tmp_path, accounts)
    try:
        yield made
    finally:
        made.end()
