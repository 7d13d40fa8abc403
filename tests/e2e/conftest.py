# SPDX-License-Identifier: GPL-2.0-or-later
"""One board per kernel for the tests that leave it healthy; fresh ones for the others.

OHT_E2E_KERNELS (default "stock rt debug") says for which kernels. A test runs on each of them unless it is marked
kernels(...). The rule: what the module does by itself (the stop and whatever ends it, who holds the device, the bus on the
wire, a device tree, coming and going) runs on all. What a program makes of that (who may do what, what it prints or
answers, when it gives a module up) is the same on every kernel and runs on the stock one. Each mark says why, and the end of
a run counts what it has left out.
"""
import fcntl
import os
import shutil

import pytest

from oht_test import kernels
from oht_test.board import Board, Controller, build_dtb
from oht_test.plugin import deselect
from vsbc import paths
from vsbc.paths import TOP

KERNELS = kernels.chosen()


def state_folder():
    """Where the machines of this run live; a second run at the same time has a folder of its own."""
    folder = TOP / "build/e2e"
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return folder / f"run-{os.getpid()}"
    return folder


STATE = state_folder()


@pytest.fixture(scope="session", params=KERNELS)
def kernel(request):
    return request.param


@pytest.fixture(scope="session")
def shared_board(kernel):
    """Everything but the daemon, booted once per kernel; a reset is possible after 10 ms instead of 500."""
    with Board(fresh_state(f"{kernel}-shared"), kernel, dtb=build_dtb("quick-reset")) as board:
        yield board


@pytest.fixture
def board(shared_board):
    """The shared board as every test finds it: button closed, no faults, no controller."""
    shared_board.machine.qmp.command("cont")
    shared_board.pins.release()
    yield shared_board
    shared_board.pins.release()
    shared_board.wire.mend()
    shared_board.wire.command("clear")
    shared_board.check_console()
    # Its time stands still while other boards need the host's CPUs.
    shared_board.machine.qmp.command("stop")


@pytest.fixture
def controller(board):
    """A controller on the shared board, and nothing that forbids a reset."""
    one = Controller(board)
    # A discrepancy of the test before goes only after both were open, then closed.
    one.work_button()
    yield one
    one.leave()


class OwnBoard:
    """Makes boards for a module of tests: own_board(name, kernel, **options) -> Board, not started."""

    def __call__(self, name, kernel, **options):
        return Board(fresh_state(f"{kernel}-{name}"), kernel, **options)

    @staticmethod
    def kernel_tree(kernel):
        """Where that kernel's package is unpacked."""
        return paths.CACHE / "kernels" / kernel


@pytest.fixture(scope="session")
def own_board():
    return OwnBoard()


@pytest.fixture
def fresh(kernel, request):
    """Makes boards of the test's own: fresh(**options) -> Board, running."""
    boards = []

    def make(far="sim", **options):
        name = request.node.name.split("[")[0].removeprefix("test_")
        one = Board(fresh_state(f"{kernel}-{name}-{len(boards)}"), kernel, far=far, **options)
        boards.append(one)
        return one.__enter__()

    yield make
    for one in reversed(boards):
        one.__exit__(None)


def fresh_state(name):
    """An empty folder for a machine; it stays after the test, for whoever looks for the reason."""
    state = STATE / name
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    return state


def pytest_configure(config):
    config.addinivalue_line("markers", "kernels(name, ..., why=...): only on these, for that reason")


def pytest_collection_modifyitems(config, items):
    """Only where a test wants to run, and kernel by kernel: at most one shared board at a time."""
    deselect(config, items, kernels.why_left_out)
    items.sort(key=lambda item: (KERNELS + [None]).index(kernels.kernel_of(item)))
