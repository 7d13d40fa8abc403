# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin of all suites in Python: what hangs is ended, a stalled host is told, and nothing is left out unseen."""
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

import pytest

from oht_test.processes import processes_of
from vsbc.paths import TOP

CONFTEST = 'pytest_plugins = ["oht_test.plugin"]\n'
# A board without anything on it: the boot is not waited for.
BOARD = """
import os, signal, sys, time
import pytest
from vsbc.machine import Machine, Options

@pytest.fixture
def board():
    with Machine(Options(state=os.environ["STATE"], module=False)) as machine:
        yield machine
"""


class Suite:
    """A folder of tests with the plugin, run by a pytest of its own."""

    def __init__(self, folder, limit_s):
        self.folder = folder
        (folder / "one").mkdir(exist_ok=True)
        self.state = folder / "state"
        (folder / "pytest.ini").write_text(
            f"[pytest]\npythonpath = {TOP}/tests/lib {TOP}/scripts\naddopts = --strict-markers\nlimit_s =\n\tone {limit_s}\n")
        (folder / "conftest.py").write_text(CONFTEST)

    def run(self, tests, *options, conftest="", **environment):
        """(exit code, what it printed, {test: (message of its failure, properties)})."""
        (self.folder / "one/test_it.py").write_text(tests)
        (self.folder / "one/conftest.py").write_text(conftest)
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=r.xml", *options, "one"],
                              cwd=self.folder, capture_output=True, text=True, timeout=240, check=False,
                              env={**{k: v for k, v in os.environ.items() if not k.startswith("OHT_")}, "STATE": str(self.state),
                                   **environment})
        cases = {}
        for case in xml.etree.ElementTree.parse(self.folder / "r.xml").iter("testcase"):
            bad = [one.get("message") for tag in ("failure", "error") for one in case.iter(tag)]
            cases[case.get("name")] = bad, {p.get("name"): p.get("value") for p in case.iter("property")}
        return done.returncode, done.stdout + done.stderr, cases


@pytest.fixture
def suite(tmp_path):
    return lambda limit_s=60: Suite(tmp_path, limit_s)


# ---- limits ----

@pytest.mark.parametrize("hang", [
    "time.sleep(1000)",
    # An emulator that does not answer any more, and does not end when it is asked to.
    "os.kill(board.pid, signal.SIGSTOP); board.qmp.command('query-status', timeout=1000)",
    "board.wait_console('never said', 1000)",
    "board.guest.wait_ready(1) or board.guest.run('sleep 1000', 1000)"])
def test_what_hangs_is_ended_with_its_board(suite, hang):
    one = suite()
    code, said, cases = one.run(f"{BOARD}\n@pytest.mark.limit_s(15)\ndef test_hangs(board):\n    {hang}\n\ndef test_next():\n    pass\n")
    # A host that is too busy lets the test come no further than the start of its board: that is ended as well.
    assert code == 1 and ("1 failed, 1 passed" in said or "1 passed, 1 error" in said), said
    (message,), _ = cases["test_hangs"]
    assert re.match(r"(Failed: )?hangs.*: not done within 15 s", message), message
    assert len([line for line in said.splitlines() if "not done within 15 s" in line]) <= 2, said
    assert "Traceback" not in said
    assert cases["test_next"][0] == []
    assert not processes_of(one.state)


@pytest.mark.parametrize("when", ["setup", "teardown"])
def test_a_fixture_that_hangs_is_ended(suite, when):
    """The limit of the folder holds for what is around the test, too."""
    one = suite(3)
    steps = ("time.sleep(1000)", "pass") if when == "setup" else ("pass", "time.sleep(1000)")
    # The end of a test gets more time: that is shortened here, not awaited.
    code, said, cases = one.run(
        "import time, pytest\nfrom oht_test import plugin\nplugin.GRACE_S = 3\n@pytest.fixture\ndef slow():\n"
        f"    {steps[0]}\n    yield\n    {steps[1]}\n\ndef test_one(slow):\n    pass\n\ndef test_next():\n    pass\n")
    assert code == 1, said
    assert [message for message in cases["test_one"][0] if "not done within 3 s" in message], (cases, said)
    assert cases["test_next"][0] == []


def test_what_swallows_the_end_is_ended_again(suite):
    """The first end is lost in an object's own end; the next one is not."""
    one = suite(2)
    code, said, cases = one.run(
        "import time\nfrom oht_test import plugin\nplugin.GRACE_S = 2\nclass Late:\n    def __del__(self):\n        time.sleep(1000)\n\n"
        "def test_one():\n    late = Late()\n    del late\n    time.sleep(1000)\n")
    assert code == 1 and "not done within 2 s" in cases["test_one"][0][0], said


# ---- lateness of the host ----

def test_a_failure_says_how_late_the_host_was(suite):
    """The process itself is held up, as a stalled host does."""
    stall = "subprocess.Popen(['sh', '-c', f'sleep 0.2; kill -STOP {os.getpid()}; sleep 0.5; kill -CONT {os.getpid()}']).wait()"
    code, said, cases = suite().run(
        f"import os, subprocess\ndef test_stalled():\n    {stall}\n    assert not 'it'\n\ndef test_good():\n    pass\n")
    assert code == 1, said
    (message,), properties = cases["test_stalled"]
    late_ms = int(re.search(r"host was late by up to (\d+) ms", message.splitlines()[0])[1])
    assert late_ms >= 400 and int(properties["host_late_ms"]) == late_ms
    assert "host_late_ms" not in cases["test_good"][1]


def test_lateness_is_that_of_the_test_itself(suite):
    """What an earlier test met is not told of the next."""
    stall = "subprocess.Popen(['sh', '-c', f'kill -STOP {os.getpid()}; sleep 3; kill -CONT {os.getpid()}']).wait()"
    code, _, cases = suite().run(f"import os, subprocess\ndef test_stalled():\n    {stall}\n\ndef test_bad():\n    assert not 'it'\n")
    assert code == 1 and int(cases["test_bad"][1]["host_late_ms"]) < 3000


# ---- deselection ----

KERNELS = """
import pytest
from oht_test import kernels
from oht_test.plugin import deselect

@pytest.fixture(scope="session", params=kernels.chosen())
def kernel(request):
    return request.param

def pytest_configure(config):
    config.addinivalue_line("markers", "kernels(...)")

def pytest_collection_modifyitems(config, items):
    deselect(config, items, kernels.why_left_out)
"""
TWO = "import pytest\n{}\ndef test_one(kernel):\n    pass\n\ndef test_two(kernel):\n    pass\n"


def test_each_deselection_is_counted_with_its_reason(suite):
    code, said, cases = suite().run(TWO.format("@pytest.mark.kernels('stock', why='it is slow')"), conftest=KERNELS,
                                    OHT_E2E_MATRIX="1")
    assert code == 0 and len(cases) == 4
    assert [line for line in said.splitlines() if line.startswith("deselected:")] == ["deselected: 2 (only on stock: it is slow)"]


def test_what_other_kernels_have_in_the_matrix_only_is_counted(suite):
    code, said, cases = suite().run(TWO.format(""), conftest=KERNELS, OHT_E2E_KERNELS="stock rt")
    assert code == 0 and list(cases) == ["test_one[stock]", "test_two[stock]"]
    assert "deselected: 2 (on rt with OHT_E2E_MATRIX=1 only: the stock kernel has shown it)" in said


@pytest.mark.parametrize("mark, complaint", [
    ("kernels('stok', why='a slip')", "names of stock, rt, debug"), ("kernels('stock')", "why="), ("kernels(why='none')", "names of"),
    ("kernls('stock', why='a slip')", "'kernls' not found")])
def test_a_mark_that_explains_nothing_fails(suite, mark, complaint):
    code, said, _ = suite().run(TWO.format(f"@pytest.mark.{mark}"), conftest=KERNELS)
    assert code not in (0, 1) and complaint in said and "passed" not in said, said


def test_an_unknown_kernel_fails(suite):
    one = suite()
    (one.folder / "r.xml").write_text("<none/>")
    code, said, _ = one.run(TWO.format(""), conftest=KERNELS, OHT_E2E_KERNELS="stock rtt")
    assert code not in (0, 1) and "'rtt' is none of stock, rt, debug" in said, said


def test_a_deselection_that_nothing_explains_fails(suite):
    dropped = ("def pytest_collection_modifyitems(config, items):\n    config.hook.pytest_deselected(items=items[:1])\n"
               "    del items[:1]\n")
    code, said, _ = suite().run(TWO.format("").replace("kernel", ""), conftest=dropped)
    assert code == 1 and "deselected: 1 and nothing says why" in said, said
    code, said, _ = suite().run(TWO.format("").replace("kernel", ""), "-k", "test_two")
    assert code == 0 and "nothing says why" not in said, said
