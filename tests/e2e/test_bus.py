# SPDX-License-Identifier: GPL-2.0-or-later
"""The bus: discovery, reads, what a module that misbehaves does to itself and not to the others."""
import json
import os
import signal

import pytest

from oht_test.board import ALL_UNITS, PROGRAMS, written
from oht_test.wait import PATIENCE_S, until

MODULES = {2: "power", 3: "safety", 4: "travel_motor", 5: "dock_location"}
FAULTY = 3
DE = 6
# The time for an answer.
LATE_NS = 500_000_000
# The simulator on a busy host answers late; the time-outs themselves are another test's subject.
PATIENT = "--timeout-ms 500"


def found_units(answer):
    return {unit["unit"]: unit["module"] for unit in answer["units"]}


def test_scan_finds_the_four_modules(board):
    code, answer = board.ohtctl(f"scan {PATIENT}")
    assert code == 0, answer
    assert found_units(answer) == MODULES
    print(f"scan of units 1..{answer['scanned']}: {answer['took_ms']} ms")


@pytest.mark.parametrize("unit", MODULES)
def test_read_of_each(board, unit):
    code, answer = board.ohtctl(f"read {unit} 0x100 6 {PATIENT}")
    assert code == 0, answer
    # Device id and module type, as registers.csv has them.
    assert answer["words"][0] == unit and answer["words"][4] == unit
    assert answer["attempts"] == 1 and answer["turnaround_us"] > 0


def test_1000_reads_without_error(board):
    result = board.bus_test(f"-c 1000 {ALL_UNITS}", 120)
    print(f"1,000 reads of 8 registers: {result['reads'] * 1e9 / result['elapsed_ns']:.1f} per second")
    assert result["reads"] == 1000 and result["errors"] == 0
    assert result["attempts"] == 1000, "a read needed a second try"


# The emulator may hand an answer over in two lumps with more than t3.5 between them. Of a foreign one the second half is
# then a frame of its own, as on a real wire, and a bad one. Where the guest's time is instructions it may also be there
# before our request has left by the guest's clock: then it is noise, and nothing is heard afterwards. What is said of a
# foreign answer that comes in time and whole, the engine's own tests show.
@pytest.mark.parametrize("fault, outcomes", [
    ("silence", ("timeout",)), ("crc", ("crc",)), ("wrong-unit", ("unit", "crc", "short", "timeout"))])
def test_fault_error_recovery(board, fault, outcomes):
    board.wire.command(f"fault {FAULTY} {fault}")
    result = board.bus_test(f"-c 12 -t 500000 {ALL_UNITS}")
    assert result["errors_by_target"] == [0, 3, 0, 0], "the others must not notice"
    assert result["last_outcome"] in outcomes
    code, said = board.ohtctl(f"read {FAULTY} 0x100")
    assert code == 1, said
    board.wire.command(f"clear {FAULTY}")
    assert board.bus_test(f"-c 40 {ALL_UNITS}")["errors"] == 0, "it did not recover"


def test_bytes_around_answers_cost_nothing(board):
    for fault in ("lead", "trail"):
        board.wire.command(f"fault {FAULTY} {fault}")
    result = board.bus_test(f"-c 40 {ALL_UNITS}")
    board.wire.command(f"clear {FAULTY}")
    assert result["errors"] == 0 and result["attempts"] == 40


def test_late_answer_is_not_taken_for_the_next(board):
    """Two registers of one module, the answer about the first comes after its time: in the guest's, so the far end is held up."""
    assert board.ohtctl(f"write 2 0x30 123 45 {PATIENT}")[0] == 0
    before = board.pins.count(DE)
    os.kill(board.wire.pid, signal.SIGSTOP)
    try:
        board.guest.check(f"rm -f /tmp/late; {PROGRAMS}/bus_test -c 8 -t {LATE_NS // 1000} 2:0x30:1=123 2:0x31:1=45 3:0x100:1=3 4:0x100:1=4"
                          " </dev/null >/tmp/late 2>&1 &")
        assert board.pins.wait(lambda pins: pins.count(DE) > before, PATIENCE_S), "no request"
        began_ns = board.clock_ns()
        # Late for the first request, in time for the second.
        until(lambda: board.clock_ns() - began_ns > LATE_NS * 5 // 4, what="the end of the first request's time")
    finally:
        os.kill(board.wire.pid, signal.SIGCONT)
    result = json.loads(written(board.guest, "/tmp/late", "what the reads came to"))
    assert result["errors_by_target"] == [1, 0, 0, 0] and result["last_outcome"] == "timeout"
    assert result["wrong"] == 0


def test_fault_once_is_retried(board):
    board.wire.command(f"fault {FAULTY} crc count=1")
    result = board.bus_test(f"-c 4 -r 2 {ALL_UNITS}")
    assert result["errors"] == 0 and result["attempts"] == 5


def test_cable_cut_and_mended(board):
    board.wire.cut()
    result = board.bus_test(f"-c 8 -t 20000 {ALL_UNITS}")
    assert result["errors"] == 8 and result["last_outcome"] == "timeout"
    board.wire.mend()
    assert board.bus_test(f"-c 40 {ALL_UNITS}")["errors"] == 0


def test_write_and_read_back(board):
    """0x0030 of the power module is a read-write set-point; with both write functions."""
    code, said = board.ohtctl(f"write 2 0x30 123 45 {PATIENT}")
    assert code == 0, said
    assert board.ohtctl(f"read 2 0x30 2 {PATIENT}")[1]["words"] == [123, 45]
    code, said = board.ohtctl(f"write 2 0x30 0 {PATIENT}")
    assert code == 0, said
    assert board.ohtctl(f"read 2 0x30 2 {PATIENT}")[1]["words"] == [0, 45]


def test_exception_is_named(board):
    """No register there: the module's own refusal, not a time-out."""
    code, said = board.ohtctl(f"read 2 0x7FF0 {PATIENT}")
    assert code == 1
    assert "refused" in said["error"] and "0x7FF0" in said["error"], said


def test_direction_is_back_after_traffic(board):
    """DE was worked for every request, and is low at the end."""
    before = board.pins.count(6)
    assert board.bus_test(f"-c 20 {ALL_UNITS}")["errors"] == 0
    assert board.pins.wait_level(6, 0)
    assert board.pins.count(6) - before == 40
