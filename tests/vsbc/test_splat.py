# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel complains about must not be overlooked, and what it only says is no complaint."""
import pytest

from vsbc import splat

COMPLAINTS = (
    "[    3.2] BUG: KCSAN: data-race in oht_engine_tick [oht] / oht_engine_submit [oht]",
    "[    3.2] BUG: KCSAN: data-race in __schedule / oht_file_ready [oht]",
    "[    3.2] BUG: KCSAN: data-race in oht_estop_edge+0x40/0x90 [oht]",
    "[    3.2] BUG: KASAN: slab-use-after-free in oht_file_destroy+0x10/0x40 [oht]",
    "[    3.2] WARNING: possible recursive locking detected",
    "[    3.2] BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580",
)
REMARKS = (
    "[    3.2] oht 9000000.pl011: probed",
    "[    3.2] kcsan: selftest: 3/3 tests passed",
    "[    3.2] oht: module verification failed: signature and/or required key missing - tainting kernel",
)


@pytest.mark.parametrize("line", COMPLAINTS)
def test_complaint_is_found(line):
    assert splat.find(f"before\n{line}\nafter") == [line]


@pytest.mark.parametrize("line", REMARKS)
def test_remark_is_none(line):
    assert not splat.find(line)
