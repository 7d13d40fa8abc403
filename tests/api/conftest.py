# SPDX-License-Identifier: GPL-2.0-or-later
"""One daemon for all tests that leave it as it was; a fresh one for those that do not.

OHT_BUILD names the build under test. The gate takes tests marked plain() without sanitizers only, since they show something
else or more then: the filter of system calls is there (filter), the times are those of the shipped program (timing), what is
preloaded is not between a sanitizer and the C library (shim), or the test is many starts and little else (starts). OHT_SEED repeats what was chosen at random.
"""
import argparse
import os
import random

import pytest

from daemon import SANITIZER, Daemon, begin, serve, serving
from keeper import Keeper
from oht_test.client import ROLES
from oht_test.plugin import deselect, in_gate
from oht_test.wait import until
from remote import Remote


# ---- which tests, and how a run says so ----

def part_of(text):
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"'{text}' is not K/N with K from 1 to N")
    return int(part), int(parts)


def pytest_addoption(parser):
    parser.addoption("--part", type=part_of, metavar="K/N", default="1/1", help="only each Nth test, from the Kth on")


def pytest_configure(config):
    config.addinivalue_line("markers", "plain(why): shows something else or more without sanitizers: filter, timing or shim; or it is starts alone")
    config.addinivalue_line("markers", "needs(sanitizer): only a build with it can do this: address, thread, or None for without")
    # What a thread of a test asserts counts as well.
    config.addinivalue_line("filterwarnings", "error::pytest.PytestUnhandledThreadExceptionWarning")
    # The workers of xdist inherit it.
    os.environ.setdefault("OHT_SEED", str(random.randrange(1 << 31)))


# So many cases that each part pays for a daemon.
MANY = {"test_matrix"}


def shares_a_daemon(item):
    """Whether the test's module begins a daemon of its own for all that ask for it."""
    return item.path.stem not in MANY and any(
        fixtures[-1].scope == "module" and "accounts" in fixtures[-1].argnames
        for fixtures in item._fixtureinfo.name2fixturedefs.values())        # pylint: disable=protected-access


def places_of(items):
    """What the parts are counted by: tests one by one, but those of one module that share a daemon as one, since each part, and
    each worker, would begin that daemon again."""
    modules = sorted({item.path.stem for item in items if shares_a_daemon(item)})
    return {item: modules.index(item.path.stem) if shares_a_daemon(item) else at for at, item in enumerate(items)}


@pytest.hookimpl(tryfirst=True)        # xdist looks for its mark in a hook of its own
def pytest_collection_modifyitems(config, items):
    part, parts = config.getoption("--part")
    place = places_of(items)
    for item in items:
        if shares_a_daemon(item):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))

    def reason(item):
        # By test, not by file: the parts take about the same time, whatever a file grows to.
        if place[item] % parts != part - 1:
            return f"in another part than {part}/{parts}"
        needs = [mark.args[0] for mark in item.iter_markers("needs")]
        if needs and SANITIZER not in needs:
            return f"needs a build with the sanitizer {needs[0]}" if needs[0] else "needs a build without sanitizers"
        if in_gate() and SANITIZER and item.get_closest_marker("plain"):
            return "marked plain: run without sanitizers"
        return None

    deselect(config, items, reason)


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"seed: OHT_SEED={os.environ['OHT_SEED']}")


@pytest.fixture
def chance():
    """Random numbers that are others in each run, and the same again with its OHT_SEED."""
    return random.Random(int(os.environ["OHT_SEED"]))


# ---- daemons ----

@pytest.fixture(scope="session")
def accounts(tmp_path_factory):
    """A database with one account per role; begin() copies it. Log-ins to these are cheap, others cost what they cost."""
    made = Daemon(tmp_path_factory.mktemp("accounts"))
    made.write_config()
    for role in ROLES:
        done = made.add_user(role, role)
        assert done.returncode == 0, done.stderr
    made.make_logins_cheap()
    return made.state / "oht.db"


@pytest.fixture(scope="session")
def daemon(tmp_path_factory, accounts):        # pylint: disable=redefined-outer-name
    """Shared: requests only; it knows its four modules before the first of them."""
    made = begin(tmp_path_factory.mktemp("oht"), accounts)
    with serving(made):
        until(lambda: [module["health"] for module in made.get("modules").json["items"]] == ["good"] * 4, what="four good modules")
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory, accounts):        # pylint: disable=redefined-outer-name
    """For refusals, and for changes that a test of the module takes back; its robot is safe at first."""
    made = begin(tmp_path_factory.mktemp("shared"), accounts)
    try:
        serve(made)
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


@pytest.fixture
def kept(fresh):        # pylint: disable=redefined-outer-name
    """A daemon under a service manager that keeps what is handed to it."""
    made = Keeper(fresh, slow_s=0)
    fresh.start()
    fresh.keeper = made
    yield fresh
    fresh.kill()
    made.close()


@pytest.fixture(name="remote")
def fixture_remote(daemon, tmp_path):
    """With the shared daemon, whose accounts keep 32 sessions each: those of a test end with it."""
    daemon.token("viewer")
    yield Remote(daemon, tmp_path)
    for session in daemon.get("auth/sessions", role="viewer").json["items"]:
        if not session["current"]:
            daemon.request("DELETE", f"auth/sessions/{session['id']}", role="viewer")
