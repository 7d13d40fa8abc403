# SPDX-License-Identifier: GPL-2.0-or-later
"""One daemon for all tests that leave it as it was; a fresh one for those that do not."""
import shutil

import pytest

from daemon import ROLES, Daemon


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
    """Simulator and accounts of every role."""
    made = Daemon(folder)
    made.write_config()
    made.state.mkdir(mode=0o700)
    shutil.copy(accounts, made.state)
    made.start_simulator()
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
