# SPDX-License-Identifier: GPL-2.0-or-later
"""A module falls silent and comes back: what the kernel tells, and what the others notice of it."""
import json

import pytest

from oht_test.board import SELFTESTS, written
from oht_test.wait import until

SILENT = 3
UNITS = (2, 3, 4, 5)
# enum oht_unit_health
UNKNOWN, GOOD, DEGRADED = 0, 1, 2
TIMEOUT = 1


class Watching:
    """`units_test --watch` in the background of the guest: polls the units, prints what is told of them."""

    def __init__(self, board, seconds):
        self.board = board
        units = " ".join(map(str, UNITS))
        line = f"{SELFTESTS}/units_test --watch {seconds} {units}"
        board.guest.check(f"rm -f /tmp/watched.exit; ({line} >/tmp/watched; echo $? >/tmp/watched.exit) 2>/dev/null &")

    def lines(self):
        return [json.loads(line) for line in self.board.guest.check("cat /tmp/watched").splitlines()]

    def told(self, unit, health, count=1):
        """Wait until so many changes of that unit to that health have been told; the newest."""
        def find():
            found = [line for line in self.lines() if line["unit"] == unit and line.get("to") == health]
            return found[count - 1] if len(found) >= count else None

        return until(find, 30, f"unit {unit} being {health} for the {count}. time", period_s=0.2)

    def result(self):
        """Wait for its end; {unit: (good, bad)}."""
        code = written(self.board.guest, "/tmp/watched.exit", "the end of the watch", 60, 0.2)
        assert code == "0"
        return {line["unit"]: (line["good"], line["bad"]) for line in self.lines() if "good" in line}


@pytest.mark.kernels("stock", "rt", why="units_test has it on every kernel; here it meets the real UART")
def test_lost_and_found(board):
    watching = Watching(board, 25)
    for unit in UNITS:
        assert watching.told(unit, GOOD)["from"] == UNKNOWN
    board.wire.command(f"fault {SILENT} silence")
    lost = watching.told(SILENT, DEGRADED)
    assert lost["from"] == GOOD and lost["detail"] == TIMEOUT and lost["errors"] == 2
    code, stats = board.ohtctl("stats")
    assert code == 0, stats
    assert {unit["unit"]: unit["state"] for unit in stats["modules"]}[SILENT] == "degraded"
    assert until(lambda: board.ohtctl("stats")[1]["statistics"]["degraded"], what="a request refused")
    board.wire.command(f"clear {SILENT}")
    found = watching.told(SILENT, GOOD, count=2)
    assert found["from"] == DEGRADED
    result = watching.result()
    print(f"answered and not, by unit: {result}")
    for unit in UNITS:
        if unit != SILENT:
            assert result[unit][1] == 0 and result[unit][0] > 50, "the others must not notice"
    assert result[SILENT][1] >= 3, "two time-outs and a request that was not sent"
    # Nothing else was told than what happened.
    assert [line["to"] for line in watching.lines() if line["unit"] == SILENT and "to" in line] == [GOOD, DEGRADED, GOOD]


@pytest.mark.kernels("stock", why="a program is the same on every kernel")
def test_stats_after_traffic(board):
    board.guest.check("echo 0 >/sys/class/oht/oht0/statistics/frames_sent")
    board.guest.check("echo 0 >/sys/class/oht/oht0/histograms/gap_late_ns")
    result = board.bus_test("-c 100 2:0x100:8 3:0x100:8")
    code, stats = board.ohtctl("stats")
    assert code == 0, stats
    sent = stats["statistics"]["frames_sent"]
    assert sent == result["attempts"] == 100
    assert sum(stats["histograms"]["gap_late_ns"]) == sum(stats["histograms"]["de_release_ns"]) == sent
    assert sum(stats["histograms"]["turnaround_ns"]) == stats["statistics"]["replies_ok"]
    for rule in ("t35", "t15"):
        for side in ("sent", "heard"):
            verdicts = {v: stats["conformance"][f"{side}_{rule}_{v}"] for v in ("ok", "violation", "not_judged")}
            print(f"{side} {rule}: {verdicts}")
            assert sum(verdicts.values()) == (sent if side == "sent" else stats["statistics"]["replies_ok"])
    assert stats["conformance"]["sent_t35_ok"] == sent
    code, text = board.guest.run("ohtctl stats")
    assert code == 0 and "frames_sent           100" in text, text
