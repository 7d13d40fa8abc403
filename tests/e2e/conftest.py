# SPDX-License-Identifier: GPL-2.0-or-later
"""One board per kernel for the tests that leave it healthy, one that is loaded again for those that end it; fresh ones for
the others.

OHT_E2E_KERNELS (default "stock rt debug") says for which kernels; beside the stock one they run what is theirs
(oht_test/kernels.py), with OHT_E2E_MATRIX=1 everything that is not marked kernels(...). The rule for the marks: what the
module does by itself (the stop and whatever ends it, who holds the device, the bus on the wire, a device tree, coming and
going) runs on all. What a program makes of that (who may do what, what it prints or answers, when it gives a module up) is
the same on every kernel and runs on the stock one. Each mark says why, and the end of a run counts what it has left out.
"""
import fcntl
import os
import shutil

import pytest

from oht_test import kernels
from oht_test.board import Board, Controller, build_dtb
from oht_test.plugin import deselect, has_failed
from oht_test.robot import Robot, make_accounts
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


class Renewed:
    """A board for many tests; the one after a failure gets another. `keeps`: each test finds it as it was after its boot."""

    def __init__(self, make, keeps=False):
        self._make = make
        self._keeps = keeps
        self._board = None

    def get(self):
        """The board, running."""
        if not self._board:
            self._board = self._make().__enter__()
            if self._keeps:
                self._board.keep()
        if self._keeps:
            self._board.go_back()
        else:
            self._board.machine.qmp.command("cont")
        return self._board

    def give_back(self, failed):
        """It stands still until it is wanted again: a board that counts never lets its CPU go."""
        if failed:
            self.end(AssertionError)
        else:
            self._board.check_console()
            self._board.machine.qmp.command("stop")

    def end(self, kind=None):
        """End the board, if there is one."""
        board, self._board = self._board, None
        if board:
            board.__exit__(kind)


@pytest.fixture(scope="session")
def shared_boards(kernel):
    """Everything but the daemon, booted once per kernel; a reset is possible after 10 ms instead of 500."""
    one = Renewed(lambda: Board(fresh_state(f"{kernel}-shared"), kernel, counted=True,
                                dtb=build_dtb("quick-reset")))
    yield one
    one.end()


@pytest.fixture
def board(shared_boards, request):
    """The shared board as every test finds it: button closed, no faults, no controller."""
    shared = shared_boards.get()
    shared.pins.release()
    yield shared
    if not has_failed(request.node):
        shared.pins.release()
        shared.wire.mend()
        shared.wire.command("clear")
    shared_boards.give_back(has_failed(request.node))


@pytest.fixture(scope="session")
def kept_boards(kernel):
    """The same with the board's own time of the button, and what a reset or an end would lower stays as the kernel left it."""
    one = Renewed(lambda: Board(fresh_state(f"{kernel}-kept"), kernel, counted=True, keeps=True, hold_on_reset=True),
                  keeps=True)
    yield one
    one.end()


@pytest.fixture
def doomed(kept_boards, request):
    """A board as just booted, for a test that ends it: booted once per kernel, then loaded."""
    yield kept_boards.get()
    kept_boards.give_back(has_failed(request.node))


@pytest.fixture
def controller(board):
    """A controller on the shared board, and nothing that forbids a reset."""
    one = Controller(board)
    # A discrepancy of the test before goes only after both were open, then closed.
    one.work_button()
    yield one
    one.leave()


@pytest.fixture(scope="session")
def accounts(tmp_path_factory):
    return make_accounts(tmp_path_factory.mktemp("accounts"))


@pytest.fixture(scope="module")
def shared_robots(kernel, accounts):
    # Not counted (D118): the far end is in the host's time, and the daemon gives up a module that is late.
    one = Renewed(lambda: Robot(fresh_state(f"{kernel}-robot"), kernel, accounts))
    yield one
    one.end()


@pytest.fixture
def robot(shared_robots, request):
    """Stopped or not, but with everything in its place, whatever the test before left."""
    one = shared_robots.get()
    one.wait_ready()
    one.pins.release()
    one.wire.mend()
    one.wire.command("clear")
    yield one
    shared_robots.give_back(has_failed(request.node))


class OwnBoard:
    """Makes boards for a module of tests: own_board(name, kernel, **options) -> Board, not started."""

    def __call__(self, name, kernel, **options):
        return Board(fresh_state(f"{kernel}-{name}"), kernel, **{"counted": True, **options})

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
        one = Board(fresh_state(f"{kernel}-{name}-{len(boards)}"), kernel, far=far, **{"counted": True, **options})
        boards.append(one)
        return one.__enter__()

    yield make
    for one in reversed(boards):
        one.__exit__(AssertionError if has_failed(request.node) else None)


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
