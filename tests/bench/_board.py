# SPDX-License-Identifier: GPL-2.0-or-later
"""What the groups share: boards as the end-to-end tests have them, and shares of a series."""
import pathlib
import shutil
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/e2e"))

from api import Robot, make_accounts  # noqa: E402
from support import ALL_UNITS, PROGRAMS, Board, Controller, build_dtb, tap_results, tap_values  # noqa: E402

__all__ = ["ALL_UNITS", "ENABLES", "PROGRAMS", "STATE", "Board", "Controller", "Robot", "build_dtb", "fresh",
           "make_accounts", "share", "tap_results",
           "tap_values"]
ENABLES = (4, 5)
STATE = TOP / "build/bench/state"


def share(values, per_mille):
    """The value that per_mille of the series do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * per_mille // 1000)]


def fresh(folder):
    """That folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
