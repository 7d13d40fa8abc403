# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of single faults and the tests: they agree, and a table that does not is noticed."""
import pytest

from suites import faults


@pytest.fixture(scope="module")
def tree():
    return faults.Tree()


@pytest.fixture(scope="module")
def text():
    return faults.DOCUMENT.read_text(encoding="utf-8")


def test_the_table_is_whole(text, tree):
    assert len(faults.table(text)) > 30
    assert not faults.complaints(text, tree)


@pytest.mark.parametrize("row, complaint", [
    ("| a fault | at once | somebody: 1 period | stopped | |", "no test"),
    ("| a fault | some day | somebody | stopped | `test_deaf` |", "class 'some day'"),
    ("| a fault | at once | somebody | stopped | `test_that_nobody_wrote` |", "is no test that is run"),
    ("| a fault | at once | somebody | stopped | `storm_test`: `test_deaf` |", "is no test that is run"),
    ("| a fault | at once | somebody | stopped | `oht_stim` |", "is no test that is run"),
    ("| a fault | at once | somebody | | `test_deaf` |", "no resulting state"),
    ("| a fault | not detectable | | | |", "nothing that answers it"),
    ("| a fault | at once | somebody | `test_deaf` |", "4 columns"),
])
def test_a_wrong_row_is_noticed(text, tree, row, complaint):
    rows = text.partition("\n## Single faults\n")[2]
    last = [line for line in rows.partition("\n## ")[0].splitlines() if line.startswith("|")][-1]
    found = faults.complaints(text.replace(last, f"{last}\n{row}"), tree)
    assert any(line.startswith("a fault: ") and complaint in line for line in found), found


def test_a_test_that_no_row_names_is_noticed(text, tree):
    found = faults.complaints(text.replace("`test_deaf`", "`test_lost_edge`"), tree)
    assert found == ["tests/guest/fault_test.c: `test_deaf` is in no row"]


def test_a_fault_that_is_there_twice_is_noticed(text, tree):
    row = next(line for line in text.splitlines() if line.startswith("| edge lost"))
    assert any(line.endswith(": twice") for line in faults.complaints(text.replace(row, f"{row}\n{row}"), tree))


def test_no_table_is_noticed(tree):
    assert faults.complaints("# The emergency stop\n", tree) == ["no table of single faults"]


def test_another_bound_than_that_of_the_test_is_noticed(text, tree):
    row = next(line for line in text.splitlines() if line.startswith("| edge lost"))
    found = faults.complaints(text.replace(row, row.replace("1 period", "2 periods")), tree)
    assert any(line.startswith("edge lost") and "no test holds it to 2 periods" in line for line in found), found
    assert "estop_test: test_lost_edge allows 1 periods, its rows say [2]" in found


def test_a_test_that_allows_more_is_noticed(text):
    lax = faults.Tree()
    lax.periods["estop_test"]["test_lost_edge"] = {2}
    found = faults.complaints(text, lax)
    assert "estop_test: test_lost_edge allows 2 periods, its rows say [1]" in found
