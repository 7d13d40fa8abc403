# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks that take words: an option that they do not know is no word, and nothing runs."""
import pathlib
import subprocess

import pytest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"


@pytest.mark.parametrize("script", ["check-cocci", "check-models", "check-mutants", "check-tidy"])
def test_options_are_no_words(script):
    for option in ("--help", "--nothing"):
        done = subprocess.run([SCRIPTS / script, option], capture_output=True, text=True, timeout=60, check=False)
        assert f"usage: {script} [" in done.stdout + done.stderr, (option, done)
        assert "ok " not in done.stdout, (option, done)
        assert (done.returncode == 0) == (option == "--help" and script != "check-cocci"), (option, done)
