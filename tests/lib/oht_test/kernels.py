# SPDX-License-Identifier: GPL-2.0-or-later
"""On which kernels a test runs: kernels("stock", ..., why="the reason why the others would show nothing more").

OHT_E2E_KERNELS (default: all of them) says which kernels a run has. Beside the stock kernel the others show what is theirs;
with OHT_E2E_MATRIX=1 they run everything that may run on them.
"""
import os

import pytest

KERNELS = ("stock", "rt", "debug")
# What differs there: on rt the ends of a kernel and its threads, on the debug kernel what its checks of memory and locks see.
OWN = {"rt": ("test_endings.py", "test_stall.py"),
       "debug": ("test_tree.py", "test_unbind.py", "test_daemon.py::test_kill_9", "test_daemon.py::test_unbind_and_bind_under_the_daemon")}


def chosen():
    """The kernels of this run, in order."""
    names = os.environ.get("OHT_E2E_KERNELS", " ".join(KERNELS)).split()
    unknown = [name for name in names if name not in KERNELS]
    if unknown or not names:
        raise pytest.UsageError(f"OHT_E2E_KERNELS: '{' '.join(unknown)}' is none of {', '.join(KERNELS)}")
    return names


def kernel_of(item):
    """The kernel on which that item runs; None if a kernel has no part in it."""
    call = getattr(item, "callspec", None)
    return call.params.get("kernel") if call else None


def why_left_out(item):
    """The reason why that item is not run, or None. A mark that explains nothing ends the run."""
    return _why_by_mark(item) or _why_by_table(item)


def _why_by_table(item):
    kernel = kernel_of(item)
    own = OWN.get(kernel)
    if not own or os.environ.get("OHT_E2E_MATRIX") == "1":
        return None
    names = (item.path.name, f"{item.path.name}::{item.originalname}")
    return None if set(names) & set(own) else f"on {kernel} with OHT_E2E_MATRIX=1 only: the stock kernel has shown it"


def _why_by_mark(item):
    mark = item.get_closest_marker("kernels")
    if not mark:
        return None
    unknown = [name for name in mark.args if name not in KERNELS]
    if unknown or not mark.args or not mark.kwargs.get("why"):
        raise pytest.UsageError(f"{item.nodeid}: kernels{mark.args}: names of {', '.join(KERNELS)} and why=, please")
    if not kernel_of(item):
        raise pytest.UsageError(f"{item.nodeid}: is marked with kernels, but has no fixture that depends on one")
    return None if kernel_of(item) in mark.args else f"only on {', '.join(mark.args)}: {mark.kwargs['why']}"
