# SPDX-License-Identifier: GPL-2.0-or-later
"""ohtctl safety commission on the board: somebody outside works the button as the program asks for it."""
import hashlib
import json

import pytest

from oht_test.board import written
from oht_test.wait import until

pytestmark = pytest.mark.kernels("stock", why="a program is the same on every kernel")

# Periods that the slowest machine keeps.
COMMAND = ("ohtctl --json safety commission --report /tmp/commission --by tester --deadman-ms 8000 "
           "--step-timeout-s 600")


class Walk:
    """The program in the guest, and what it has said."""

    def __init__(self, board):
        self.board = board
        self.done = 0
        board.guest.check("rm -f /tmp/commission*; "
                          f"({COMMAND} >/tmp/commission.said; echo $? >/tmp/commission.exit) 2>/dev/null &")

    def said(self):
        text = self.board.guest.run("cat /tmp/commission.said 2>/dev/null")[1]
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]

    def next(self):
        """What is asked for next, or the last line when it has ended."""
        def come():
            said = self.said()
            asked = [line for line in said if "do" in line]
            if len(asked) > self.done:
                return asked[self.done]
            return said[-1] if said and "sha256" in said[-1] else None

        line = until(come, 90, "the next line")
        self.done += "do" in line
        return line

    def exit_code(self):
        return int(written(self.board.guest, "/tmp/commission.exit", "its end"))

    def report(self, ending):
        return self.board.guest.check(f"cat /tmp/commission.{ending}")


def press_fully(board):
    """Both channels are seen open before this returns."""
    board.pins.press()
    until(lambda: board.ohtctl("safety status")[1]["channels"] == {"a": "open", "b": "open"}, what="the press")


def obey(board, asked):
    if "take its wire off" in asked:
        board.pins.press("a" if "channel a" in asked else "b")
    elif "put it back" in asked:
        press_fully(board)
        board.pins.release()
    elif "press the emergency stop" in asked:
        press_fully(board)
    else:
        assert "release" in asked, asked
        board.pins.release()


def test_walk_with_somebody_at_the_button(board):
    walk = Walk(board)
    line = walk.next()
    while "do" in line:
        obey(board, line["do"])
        line = walk.next()
    code, report = walk.exit_code(), json.loads(walk.report("json"))
    results = {step["name"]: step["result"] for step in report["steps"]}
    assert [step for step in report["steps"] if step["result"] == "failed" and step["name"] != "latency"] == []
    # How long a stop takes on an emulated CPU is the host's business.
    quick = results.pop("latency")
    assert results.pop("contacts") == results.pop("telegrams") == results.pop("drive") == "skipped"
    assert set(results.values()) == {"passed"}, report
    assert (code, report["result"]) in ((0, "passed"), (1, "failed")) and (code == 0) == (quick == "passed")
    assert report["by"]["name"] == "tester" and report["device"]["abi_version"] == 0
    assert "oht,rs485-pl011" in report["device_tree"]["compatible"]
    content = walk.report("json")
    assert line["sha256"] in walk.report("txt")
    assert hashlib.sha256(content.encode()).hexdigest() == line["sha256"]
    assert board.pins.wait_enables(0)
    assert board.ohtctl("safety status")[1]["controller"] is None


def test_ctrl_c_while_enabled_leaves_it_stopped(board):
    walk = Walk(board)
    line = walk.next()
    while "take its wire off" not in line.get("do", ""):
        assert "do" in line, line
        obey(board, line["do"])
        line = walk.next()
    assert board.pins.wait_enables(1)
    board.guest.check("kill -INT $(pidof ohtctl)")
    assert board.pins.wait_enables(0)
    assert walk.exit_code() == 1
    report = json.loads(walk.report("json"))
    assert report["result"] == "interrupted" and report["left"]["state"] == "stopped"
    assert "software" in {cause["code"] for cause in report["left"]["causes"]}
