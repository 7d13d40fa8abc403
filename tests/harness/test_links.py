# SPDX-License-Identifier: GPL-2.0-or-later
"""Links between documents: one that leads nowhere is noticed, one that leads somewhere is not."""
import pathlib
import subprocess

import pytest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "scripts/check-links"
THERE = "# Two words, `code` (and more)\n\n## Twice\n\n## Twice\n\n```\n# no heading\n```\n"


def check(folder, text):
    (folder / "docs").mkdir()
    (folder / "docs/there.md").write_text(THERE)
    (folder / "docs/picture.svg").write_text("<svg/>")
    (folder / "first.md").write_text(text)
    done = subprocess.run([CHECK, folder], capture_output=True, text=True, check=False)
    assert done.returncode == (1 if done.stdout else 0), done
    return done.stdout.replace(f"{folder}/", "").splitlines()


@pytest.mark.parametrize("text", [
    "[a](docs/there.md) ![b](docs/picture.svg) [c](docs)",
    "[a](docs/there.md#two-words-code-and-more) [b](docs/there.md#twice) [c](docs/there.md#twice-1)",
    "# Here\n[a](#here) [b](https://example.org/nowhere.md) [c](mailto:nobody@example.org)",
    "`[a](nowhere.md)`\n```\n[b](nowhere.md)\n```\n",
])
def test_good_links(tmp_path, text):
    assert check(tmp_path, text) == []


@pytest.mark.parametrize("target, complaint", [
    ("nowhere.md", "no such file"), ("docs/nowhere.svg", "no such file"), ("there.md", "no such file"),
    ("docs/there.md#nowhere", "no such heading"), ("docs/there.md#no-heading", "no such heading"),
    ("docs/there.md#twice-2", "no such heading"), ("#there", "no such heading"),
])
def test_broken_links(tmp_path, target, complaint):
    assert check(tmp_path, f"[a]({target})\n") == [f"first.md: {complaint}: {target}"]


def test_a_link_that_a_line_break_splits(tmp_path):
    assert check(tmp_path, "[two\nwords](nowhere.md)\n") == ["first.md: no such file: nowhere.md"]
