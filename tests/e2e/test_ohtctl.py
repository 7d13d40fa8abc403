# SPDX-License-Identifier: GPL-2.0-or-later
"""ohtctl on the board: every verb against the real module, with JSON and exit codes."""
import json

import pytest

from oht_test.board import written
from oht_test.wait import until

ENABLES = (4, 5)

pytestmark = pytest.mark.kernels("stock", why="a program is the same on every kernel")


def outputs(board):
    return board.pins.levels(ENABLES)


def codes(causes):
    return {cause["code"] for cause in causes}


def acknowledged(board):
    """The button worked and released, the stop reset: nothing but the farewell is on record."""
    board.pins.press()
    until(lambda: board.ohtctl("safety status")[1]["channels"]["a"] == "open", what="the press")
    board.pins.release()
    until(lambda: not board.ohtctl("safety status")[1]["standing"], what="the release")
    assert board.ohtctl("safety reset")[0] == 0
    assert codes(board.ohtctl("safety status")[1]["causes"]) == {"farewell"}


class Holding:
    """`ohtctl safety enable` in the background of the guest; a period that the slowest machine keeps."""

    def __init__(self, board, options="--deadman-ms 3000"):
        self.board = board
        held = f"(ohtctl --json safety enable {options} >/tmp/held; echo $? >/tmp/held.exit) 2>/dev/null"
        self.pid = board.guest.check(f"{held} & until pidof ohtctl; do sleep 0.05; done").split()[0]
        assert board.pins.wait_enables(1), "enabled, but the outputs are not high outside"
        # High is not yet enabled: the inputs are looked at once more, and a press then is a refusal.
        until(lambda: not board.guest.run("test -s /tmp/held")[0], what="ohtctl's word that it is enabled")

    def ended(self):
        """Wait for its end; its exit code and the lines that it printed."""
        code = written(self.board.guest, "/tmp/held.exit", "ohtctl's end")
        lines = self.board.guest.check("cat /tmp/held; rm /tmp/held /tmp/held.exit").splitlines()
        return int(code), [json.loads(line) for line in lines]


def test_info_and_status(board):
    code, info = board.ohtctl("info")
    assert code == 0 and info["abi_version"] == 0 and info["port"] == "pl011"
    assert info["baud_bps"] == 115200 and abs(info["baud_effective_bps"] / 115200 - 1) < 0.01
    assert info["t35_ns"] == 1750000 and "estop" in info["caps"]
    code, status = board.ohtctl("status")
    assert code == 0 and status["bus"] is True and status["state"] == "stopped"


def test_scan_finds_the_four_modules(board):
    code, found = board.ohtctl("scan")
    assert code == 0 and found["scanned"] == 8
    assert {u["unit"]: u["module"] for u in found["units"]} == {
        2: "power", 3: "safety", 4: "travel_motor", 5: "dock_location"}


def test_read_and_write(board):
    code, words = board.ohtctl("read 2 0x0100 5")
    assert code == 0 and words["words"][0] == 2 and words["words"][4] == 2 and words["turnaround_us"] > 0
    code, named = board.ohtctl("read travel_motor module_type")
    assert code == 0 and named["unit"] == 4 and named["registers"][0]["raw"] == 4
    code, refused = board.ohtctl("write 2 0x0104 7")
    assert code == 1 and "refused" in refused["error"]
    code, refused = board.ohtctl("read 2 0x7777")
    assert code == 1 and "no such register" in refused["error"]


def test_silent_unit_and_cut_cable(board):
    code, answer = board.ohtctl("read 9 0 --retries 1")
    assert code == 1 and "no answer in time" in answer["error"] and "attempts: 2" in answer["error"]
    board.wire.cut()
    code, found = board.ohtctl("scan")
    assert code == 1 and found["units"] == []
    board.wire.mend()
    until(lambda: board.ohtctl("scan")[0] == 0, what="the mended bus")


def test_enable_holds_until_told_to_end(board):
    acknowledged(board)
    held = Holding(board)
    code, status = board.ohtctl("status")
    assert code == 0 and status["state"] == "enabled" and status["controller"]["name"] == "ohtctl"
    for line in ("safety reset", "safety enable", "safety disable", "scan", "write 4 0 0", "plan clear",
                 "plan load /usr/share/oht/plan.csv"):
        code, refused = board.ohtctl(line)
        assert code == 1 and f"(pid {held.pid}) is the controller" in refused["error"]
    assert outputs(board) == [1, 1]
    board.guest.check(f"kill -INT {held.pid}")
    code, lines = held.ended()
    assert code == 0 and lines[-1]["state"] == "stopped" and codes(lines[-1]["causes"]) == {"farewell"}
    assert outputs(board) == [0, 0]


def test_button_ends_enable_and_wants_a_reset(board):
    acknowledged(board)
    held = Holding(board)
    assert board.pins.press_to_low_ns() is not None
    code, lines = held.ended()
    assert code == 1 and "stopped by button_" in lines[-1]["error"]
    code, refused = board.ohtctl("safety enable")
    assert code == 1 and "ohtctl safety reset" in refused["error"]
    code, refused = board.ohtctl("safety reset")
    assert code == 1 and "button_a" in refused["error"]
    acknowledged(board)
    assert outputs(board) == [0, 0]


def test_stop_goes_past_the_controller(board):
    acknowledged(board)
    held = Holding(board)
    assert board.ohtctl("safety stop")[0] == 0
    assert board.pins.wait_enables(0)
    code, lines = held.ended()
    assert code == 1 and "stopped by software" in lines[-1]["error"]


def test_frozen_or_killed_enable_stops(board):
    for kill, cause in (("STOP", "deadman"), ("KILL", "close")):
        acknowledged(board)
        held = Holding(board)
        board.guest.check(f"kill -{kill} {held.pid}")
        assert board.pins.wait_enables(0), f"kill -{kill}: the outputs stayed high"
        assert cause in codes(board.ohtctl("safety status")[1]["causes"])
        board.guest.run(f"kill -CONT {held.pid}")
        until(lambda: board.guest.run("rm /tmp/held.exit")[0] == 0, what="ohtctl's end")


def test_safety_watch_tells_the_press(board):
    acknowledged(board)
    board.guest.check("ohtctl safety watch --rounds 1 >/tmp/watched 2>/tmp/waiting &")
    assert "waiting" in written(board.guest, "/tmp/waiting", "the watch")
    board.pins.press()
    line = written(board.guest, "/tmp/watched", "the event")
    assert "button_" in line and ("stop" in line or "glitch" in line)
    board.guest.check("rm /tmp/watched /tmp/waiting")


def statuses(board):
    """How the entries of the plan stand, by unit."""
    code, plan = board.ohtctl("plan")
    assert code == 0
    return {entry["unit"]: entry["status"] for entry in plan["entries"]}


@pytest.fixture
def plans(board):
    """The shared board, without a plan afterwards."""
    yield board
    board.guest.run("ohtctl plan clear")


def test_plan_from_its_file_to_its_end(plans):
    board = plans
    example, good = "/usr/share/oht/plan.csv", {2: "ok", 3: "ok", 4: "ok", 5: "ok"}
    code, checked = board.ohtctl(f"plan check {example} --stop-budget-us 10000")
    assert code == 0 and not checked["in_force"] and checked["figures"]["worst_permille"] < 950
    assert checked["figures"]["stop_ns"] <= 10_000_000
    code, refused = board.ohtctl(f"plan load {example} --cycle-us 16000")
    assert code == 1 and "of the fullest cycle" in refused["error"] and refused["figures"]["worst_permille"] > 950
    code, refused = board.ohtctl("plan load /usr/share/oht/modules.csv")
    assert code == 1 and refused["error"] == "/usr/share/oht/modules.csv:1: no column 'unit'"
    board.guest.check(f"sed 's/,20,7,/,997,7,/; s/,4,1,/,991,1,/' {example} >/tmp/odd.csv")
    code, refused = board.ohtctl("plan load /tmp/odd.csv")
    assert code == 1 and refused["error"].startswith("/tmp/odd.csv:9: period_cycles: must repeat together"), refused
    assert statuses(board) == {}

    code, loaded = board.ohtctl(f"plan load {example}")
    assert code == 0 and loaded["in_force"]
    until(lambda: statuses(board) == good, what="a value of every module")
    _, plan = board.ohtctl("plan")
    # How long a stop may wait, and for which entry, goes by what the units take now.
    now, then = plan["figures"], loaded["figures"]
    assert now.pop("stop_ns") >= then.pop("stop_ns") and now.pop("longest_entry") >= 0 <= then.pop("longest_entry")
    assert plan["running"] and plan["generation"] == loaded["generation"] and now == then
    # What writes has its place, and is sent to nobody.
    assert [entry["status"] for entry in plan["entries"] if entry["function"] == 6] == ["blocked"] * 4
    # The supply voltage does not change, whoever reads it.
    assert plan["entries"][0]["words"][7:] == board.ohtctl("read 3 7")[1]["words"] != [0]

    board.guest.check("ohtctl --json plan watch --interval-ms 100 >/tmp/watched & echo $! >/tmp/watching")
    until(lambda: board.guest.run("grep -c value /tmp/watched")[0] == 0, what="the watch")
    board.wire.command("fault 4 silence")
    until(lambda: statuses(board) == good | {4: "timeout"}, what="the motor module's silence")
    until(lambda: '"event":"lost"' in board.guest.run("cat /tmp/watched")[1], what="its loss")
    board.wire.command("clear")
    until(lambda: statuses(board) == good, what="its return")
    board.guest.check("kill -INT $(cat /tmp/watching)")
    told = [json.loads(line) for line in board.guest.check("cat /tmp/watched; rm /tmp/watch*").splitlines()]
    assert [(line["unit"], line.get("outcome")) for line in told if line["event"] in ("lost", "found")] == [
        (4, "timeout"), (4, None)]

    code, cleared = board.ohtctl("plan clear")
    assert code == 0 and not cleared["running"] and statuses(board) == {}
    assert board.ohtctl("read 4 0")[0] == 0
