# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of boards and its runner: what breaks down, ends early or hangs is a failure, with the reason."""
import contextlib
import pathlib
import re
import subprocess
import time

import pytest

from boards import checks, run, table
from suites import tap
from vsbc.errors import SbcError
from vsbc.paths import TOP

# Programs that need more than a board: tests/e2e, tests/bench or another program starts them.
NOT_ALONE = {"bus_test"}
WHOLE = "1..2\nok 1 - a\nok 2 - b\n"


@pytest.fixture(scope="module")
def boards():
    """The list as it is."""
    done = subprocess.run([TOP / "scripts/run-boards", "--list"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def load(tmp_path, text, known=("splats",)):
    """A list of one board, with the given lines in its table."""
    path = tmp_path / "boards.toml"
    path.write_text('[kernel.stock]\nthen = ["splats"]\n[kernel.rt]\nthen = ["splats"]\n'
                    f'[[board]]\nname = "b"\nkernels = ["stock"]\ntier = "test"\n{text}\n')
    return table.load(known, path)


def test_every_program_is_run(boards):
    there = {path.stem for folder in ("guest", "kselftest") for path in (TOP / "tests" / folder).glob("*_test.c")} - NOT_ALONE
    assert there == {name for name in table.programs() if name.endswith("_test")}
    assert all(name in boards for name in there)


@pytest.mark.parametrize("text, said", [
    ('colour = "red"', "unknown ['colour']"),
    ('kernel = "rt"', "unknown ['kernel']"),
    ('then = ["prayer"]', "no function 'prayer'"),
    ('clock = "sun"', "clock sun"),
    ('overlays = ["tests/e2e/dts/none.dtso"]', "no overlay tests/e2e/dts/none.dtso"),
    ('programs = ["estop_tset"]', "no program estop_tset"),
    ('programs = ["estop_test {n}"]', "quantities ['n'] in programs, [] in short"),
    ('short = { n = 1 }', "quantities [] in programs, ['n'] in short"),
    ('gate = { n = 1 }', "['n'] only in gate or long"),
    ('programs = "estop_test"', "b: programs = 'estop_test'"),
    ('timeout_s = "long"', "timeout_s = 'long'"),
    ('then = []', "nothing is tested on it"),
    ('[[board]]\nname = "b"\nkernels = ["stock"]\ntier = "test"', "stock/b: twice"),
    ('[[board]]\nname = "c"\nkernels = ["stock"]', "missing ['tier']"),
    ('[[board]]\nname = "c"\nkernels = ["hurd"]\ntier = "test"', "unknown ['hurd']"),
    ('[[board]]\nname = "c"\nkernels = ["rt"]\ntier = { stock = "all" }', "rt/c: tier = None")])
def test_a_wrong_list_is_refused(tmp_path, text, said):
    with pytest.raises(table.TableError, match=re.escape(said)):
        load(tmp_path, text)


def test_names_choose_whole_parts(tmp_path):
    found = load(tmp_path, '[[board]]\nname = "b/c"\nkernels = ["stock", "rt"]\ntier = { stock = "test", rt = "all" }')
    names = [board.name for board in table.select(found, ["stock/b", "rt"])]
    assert names == ["stock/b", "stock/b/c", "rt/b/c"]
    assert [board.name for board in table.select(found, [], "all")] == ["rt/b/c"]
    for wrong in ("stock/", "sto", "b", "rt/b/c/d"):
        with pytest.raises(table.TableError, match="no board"):
            table.select(found, [wrong])


def test_quantities_and_seed(tmp_path):
    board = load(tmp_path, 'programs = ["wire_test --reads {n} --seed {seed}"]\nshort = { n = 3 }\ngate = { n = 1 }\nlong = { n = 9 }')["stock/b"]
    for form, reads in (("gate", 1), ("short", 3), ("long", 9)):
        assert board.lines(form, 7) == [f"wire_test --reads {reads} --seed 7"]


@pytest.mark.parametrize("code, said, problem", [
    (0, "1..2\nok 1 - a\n", "plan 1..2, but 1 results"),
    (0, "ok 1 - a\n", "no plan after 1 results"),
    (0, "", "ended with 0 and printed nothing"),
    (139, "ok 1 - a\n", "no plan after 1 results; ended with 139, last line: ok 1 - a"),
    (143, "ok 1 - a\n", "not done within 5 s"),
    (137, "", "not done within 5 s"),
    (1, WHOLE, "ended with 1, last line: ok 2 - b"),
    (99, "Bail out! no device\n", "Bail out! no device; no plan after 0 results; ended with 99"),
    (0, WHOLE.replace("ok 2", "not ok 2"), "ended with 0, last line: not ok 2 - b")])
def test_a_program_that_does_not_end_well(code, said, problem):
    report = run.judge(code, said, 5)
    assert not report.good and "; ".join(report.problems).startswith(problem), report.problems


def test_a_program_that_ends_well():
    assert run.judge(0, WHOLE, 5).good
    failed = run.judge(1, WHOLE.replace("ok 2", "not ok 2"), 5)
    assert failed.failed == [("b", "")] and not failed.problems


class FakeGuest:
    """Answers each command by what is in `answers`, 0 and nothing otherwise."""

    def __init__(self, answers):
        self._answers = answers

    def run(self, command, timeout=30):
        for part, answer in self._answers.items():
            if part in command:
                if isinstance(answer, Exception):
                    raise answer
                return answer(timeout) if callable(answer) else answer
        return 0, ""

    def check(self, command, timeout=30):
        return self.run(command, timeout)[1]


class FakeMachine(contextlib.AbstractContextManager):
    """A board that is only answers; `open` counts how many run."""

    open = 0
    boots = True
    guest = None

    def __init__(self, _options):
        pass

    def __enter__(self):
        FakeMachine.open += 1
        return self

    def __exit__(self, *_):
        FakeMachine.open -= 1

    def wait_booted(self, timeout):
        if not self.boots:
            raise SbcError(f"the guest does not come up within {timeout} s")

    def console(self):
        return "[    1.0] the last words"


@pytest.fixture
def outcome(tmp_path, monkeypatch, capsys):
    """Runs a list of one board with what its guest answers; the report of what the runner printed."""
    def go(answers, text='programs = ["estop_test"]\nsetup = []', boots=True, functions=None):
        monkeypatch.setattr(FakeMachine, "guest", FakeGuest(answers))
        monkeypatch.setattr(FakeMachine, "boots", boots)
        monkeypatch.setattr(run, "Machine", FakeMachine)
        monkeypatch.setattr(run, "build", lambda boards: None)
        monkeypatch.setattr(run, "_options", lambda board, state: None)
        monkeypatch.setattr(run.paths, "BUILD", pathlib.Path(tmp_path))
        functions = functions or {"splats": lambda r: r.test("quiet", True)}
        found = load(tmp_path, text, functions)
        code = run.run(list(found.values()), functions, "short", 1)
        report = tap.parse(capsys.readouterr().out)
        assert FakeMachine.open == 0, "a board still runs"
        assert not report.problems, report.problems
        assert code == (0 if report.good else 1)
        return report
    return go


def test_a_good_board(outcome):
    report = outcome({"estop_test": (0, WHOLE)})
    assert [name for name, _ in report.passed] == ["stock/b: estop_test: a", "stock/b: estop_test: b", "stock/b: quiet"]


def test_a_truncated_output_fails_with_one_line(outcome):
    report = outcome({"estop_test": (0, WHOLE[:-9])})
    assert [name for name, _ in report.failed] == ["stock/b: estop_test: plan 1..2, but 1 results"]


def test_a_board_that_does_not_boot_fails_with_one_line(outcome):
    report = outcome({}, boots=False)
    assert [name for name, _ in report.failed] == ["stock/b: broke down: the guest does not come up within 600 s"]
    assert report.total() == 1


def test_a_guest_that_answers_no_more_fails_with_one_line(outcome):
    report = outcome({"estop_test": SbcError("the guest has gone")})
    assert [name for name, _ in report.failed] == ["stock/b: broke down: the guest has gone"]


def test_a_board_that_hangs_ends_in_time(outcome):
    started = time.monotonic()
    report = outcome({"estop_test": lambda timeout: time.sleep(60)},
                     'programs = ["estop_test"]\nsetup = []\ntimeout_s = 1')
    assert [name for name, _ in report.failed] == ["stock/b: broke down: not done within 1 s"]
    assert time.monotonic() - started < 30


def test_a_board_after_one_that_broke_down_runs(outcome):
    text = 'setup = ["false"]\n[[board]]\nname = "c"\nkernels = ["rt"]\ntier = "test"\nsetup = []'
    report = outcome({"false": SbcError("no such module")}, text)
    assert [name for name, _ in report.failed] == ["stock/b: broke down: no such module"]
    assert [name for name, _ in report.passed] == ["rt/c: quiet"]


def test_words_that_the_kernel_does_not_say(outcome):
    report = outcome({"dmesg": (0, "[ 1.0] something else")}, 'setup = []\nsays = ["cannot be shared"]')
    assert [name for name, _ in report.failed] == ["stock/b: the kernel says: cannot be shared"]


def test_nothing_that_cannot_be_built_is_started(tmp_path, monkeypatch, capsys):
    def no(boards):
        raise SbcError("no compiler")

    monkeypatch.setattr(run, "build", no)
    assert run.run(list(load(tmp_path, "").values()), {}, "short", 1) == 1
    assert tap.parse(capsys.readouterr().out).failed == [("build: no compiler", "")]


@pytest.mark.parametrize("arguments", [[], ["nix"], ["--tier", "never"], ["--seed", "0", "stock/b"], ["--seed", "x", "stock/b"]])
def test_wrong_arguments(arguments):
    done = subprocess.run([TOP / "scripts/run-boards", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "run-boards: error: " in done.stderr and not done.stdout


# What the watchers of a kernel 6.12 print, in the order in which the defects are made.
REPORTS = {"lockdep": "WARNING: possible circular locking dependency detected",
           "KASAN": "BUG: KASAN: slab-use-after-free in defect_use_after_free+0x90/0xb0 [oht_defects]",
           "UBSAN": "UBSAN: shift-out-of-bounds in /src/tests/guest/oht_defects.c:60:2",
           "DEBUG_ATOMIC_SLEEP": "BUG: sleeping function called from invalid context at defects.c:68"}
LEAK = "unreferenced object 0xffff (size 128):\n  [<1>] defect_leak+0x30/0x60 [oht_defects]\n"


@pytest.mark.parametrize("silent", [None, *REPORTS, "kmemleak"])
def test_a_watcher_that_says_nothing_is_noticed(outcome, silent):
    said = iter("" if name == silent else f"[ 1.0] {text}" for name, text in REPORTS.items())
    answers = {"dmesg -c": (0, ""), "dmesg": lambda timeout: (0, next(said)),
               "cat /sys/kernel/debug/kmemleak": (0, "" if silent == "kmemleak" else LEAK)}
    report = outcome(answers, 'setup = []\nthen = ["watchers"]', functions={"watchers": checks.watchers, "splats": None})
    failed = [name for name, _ in report.failed]
    assert failed == ([f"stock/b: {silent} reports the seeded defect"] if silent else []) and report.total() == 5


def test_lost_memory_of_others_is_not_ours(outcome):
    answers = {"cat /sys/kernel/debug/kmemleak": (0, LEAK.replace("[oht_defects]", "[virtio_net]"))}
    functions = {"leaks": checks.leaks, "splats": None}
    assert outcome(answers, 'setup = []\nthen = ["leaks"]', functions=functions).good
    answers = {"cat /sys/kernel/debug/kmemleak": (0, LEAK)}
    report = outcome(answers, 'setup = []\nthen = ["leaks"]', functions=functions)
    assert [name for name, _ in report.failed] == ["stock/b: no memory of the module is lost"]


def test_self_tests_of_a_robot_are_skipped_without_a_device(tmp_path):
    done = subprocess.run(["make", "-C", TOP / "tests/kselftest", "run_tests", "TEST_GEN_PROGS=page_test", f"OUTPUT={tmp_path}"],
                          check=False, capture_output=True, text=True)
    assert done.returncode == 0 and "ok 1 selftests: oht: page_test # SKIP\n" in done.stdout, done.stdout + done.stderr
