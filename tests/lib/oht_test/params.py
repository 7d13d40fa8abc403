# SPDX-License-Identifier: GPL-2.0-or-later
"""Values for pytest.mark.parametrize()."""
import pytest


def at_night(*values):
    """The same values, each marked slow: the gate has others of their kind, the suites of all and of the night have all of them."""
    return [pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.slow) for value in values]
