# SPDX-License-Identifier: GPL-2.0-or-later
"""One daemon for tools that others have written to break servers."""
import pathlib
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests/api")]

from daemon import running  # noqa: E402


@pytest.fixture(scope="session")
def daemon(tmp_path_factory):
    """With accounts of two roles; a robot that goes on is the proof that nothing has happened to it."""
    with running(tmp_path_factory.mktemp("oht"), ("viewer", "operator")) as made:
        yield made
