# SPDX-License-Identifier: GPL-2.0-or-later
"""For pytest: a limit for tests that hang, how late the host was, and which tests are deselected and why.

OHT_TEST_TIMEOUT_S, which scripts/test sets from tests/suites.toml, says how long a test may take, with the fixtures that
it makes; else tests/pytest.ini says so for each folder. The mark limit_s(N) of a test goes before both. The limit ends what hangs: no test asserts by it how long something takes.

A folder leaves tests out with deselect() only, so that the end of the run can say why. OHT_GATE=1, the environment of the gate,
leaves out what is marked slow: `make test-all` runs it.
"""
import collections
import os
import pathlib
import signal
import time

import pytest

from suites.host import Lateness

# For the end of a test that was over its limit; then again as long for whatever hangs in there.
GRACE_S = 60
SAMPLER = pytest.StashKey()
DESELECTED = pytest.StashKey()
LEFT_OUT = pytest.StashKey()
BEGUN_S = pytest.StashKey()
DEADLINE_S = pytest.StashKey()
FAILED = pytest.StashKey()


def pytest_addoption(parser):
    parser.addini("limit_s", "FOLDER SECONDS: how long a test of that folder may take", type="linelist")


def pytest_configure(config):
    config.addinivalue_line("markers", "limit_s(seconds): how long this test may take")
    config.addinivalue_line("markers", "slow: takes more time than it may in the gate")
    config.stash[DESELECTED] = collections.Counter()
    config.stash[LEFT_OUT] = set()
    config.stash[SAMPLER] = Lateness()
    config.stash[SAMPLER].start()


def pytest_unconfigure(config):
    config.stash[SAMPLER].end()


# ---- limits ----

def limit_of(item):
    """Seconds, or None."""
    mark = item.get_closest_marker("limit_s")
    if mark:
        return mark.args[0]
    if os.environ.get("OHT_TEST_TIMEOUT_S"):
        return float(os.environ["OHT_TEST_TIMEOUT_S"])
    limits = dict(line.split() for line in item.config.getini("limit_s"))
    folder = item.path.relative_to(item.config.rootpath).parts[0]
    return float(limits[folder]) if folder in limits else None


def _place(frame):
    """Where a test's own code was, seen from the innermost frame."""
    while frame and "/tests/" not in frame.f_code.co_filename:
        frame = frame.f_back
    return f" at {frame.f_code.co_filename.rpartition('/tests/')[2]}:{frame.f_lineno}" if frame else ""


def _limited(item, least_s=0.1):
    """Around one phase of a test. Armed only where pytest takes an exception for the test's own."""
    limit_s = limit_of(item)
    if not limit_s:
        yield
        return

    def over(_number, frame):
        pytest.fail(f"hangs{_place(frame)}: not done within {limit_s:g} s", pytrace=False)

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, max(item.stash[DEADLINE_S] - time.monotonic(), least_s), GRACE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def pytest_runtest_logstart(nodeid):
    """Note which test began last, for a run that is ended from outside."""
    if os.environ.get("OHT_NOW"):
        pathlib.Path(os.environ["OHT_NOW"]).write_text(nodeid)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    item.stash[BEGUN_S] = time.monotonic()
    item.stash[DEADLINE_S] = item.stash[BEGUN_S] + (limit_of(item) or 0)
    yield from _limited(item)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_call(item):
    yield from _limited(item)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_teardown(item):
    yield from _limited(item, GRACE_S)


# ---- how late the host was ----

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    if not report.failed:
        return
    item.stash[FAILED] = True
    late_ms = item.config.stash[SAMPLER].worst_ms(item.stash.get(BEGUN_S, 0.0))
    item.user_properties.append(("host_late_ms", late_ms))
    report.user_properties = list(item.user_properties)
    said = f" [host was late by up to {late_ms} ms]"
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash:
        # The first line is what the summary and the JUnit file show.
        first, newline, rest = crash.message.partition("\n")
        crash.message = first + said + newline + rest
    elif isinstance(report.longrepr, str):
        report.longrepr += said


def has_failed(item):
    """Whether a phase of that test has failed so far."""
    return item.stash.get(FAILED, False)


# ---- deselection ----

def deselect(config, items, reason):
    """Leave out the items for which reason(item) is a text."""
    reasons = {item: reason(item) for item in items}
    left_out = [item for item in items if reasons[item]]
    config.stash[DESELECTED].update(reasons[item] for item in left_out)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not reasons[item]]


def in_gate():
    """Whether this run is one of the gate."""
    return os.environ.get("OHT_GATE") == "1"


def pytest_collection_modifyitems(config, items):
    if in_gate():
        deselect(config, items, lambda item: "slow; make test-all runs them" if item.get_closest_marker("slow") else None)


def pytest_deselected(items):
    for item in items:
        item.config.stash[LEFT_OUT].add(item.nodeid)


def _unexplained(config):
    """How many are left out by somebody else than deselect() or whoever called pytest."""
    asked = any(getattr(config.option, name, None) for name in ("keyword", "markexpr", "deselect", "lf"))
    return 0 if asked else len(config.stash[LEFT_OUT]) - config.stash[DESELECTED].total()


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        # A worker of xdist; all workers collect the same, and their master tells it.
        session.config.workeroutput["left_out"] = [dict(session.config.stash[DESELECTED]),
                                                   sorted(session.config.stash[LEFT_OUT])]
    if _unexplained(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    counts, names = getattr(node, "workeroutput", {}).get("left_out", ({}, ()))
    node.config.stash[DESELECTED] |= collections.Counter(counts)
    node.config.stash[LEFT_OUT].update(names)


def pytest_terminal_summary(terminalreporter, config):
    for reason, count in sorted(config.stash[DESELECTED].items()):
        terminalreporter.write_line(f"deselected: {count} ({reason})")
    if _unexplained(config):
        terminalreporter.write_line(f"deselected: {_unexplained(config)} and nothing says why")
