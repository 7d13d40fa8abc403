# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/faults.md against the tests: every single fault has a class and a test that makes it, and the other way round.

The table `Single faults` is the one place that says which test shows which fault. A row without a test is an error, but
for a fault that no software can detect; then its third column says what answers it. A name in its last column must be a
test that is run. Every test of a file that only makes faults must be named there. A row that says "N periods" needs a
guest test that holds the machine to N supervision periods, by stop_within(); and no test may allow another number than
the rows that name it.
"""
import fnmatch
import pathlib
import re

from boards import table as boards

TOP = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = TOP / "docs/faults.md"
NOT_DETECTABLE = "not detectable"
CLASSES = ("at once", "at the next demand", "at the self-test", NOT_DETECTABLE, "no fault", "no fault of the stop")
COLUMNS = 5
# They make faults and nothing else; what is in them is in the table.
CAMPAIGN = ("tests/guest/fault_test.c", "tests/guest/bus_fault_test.c", "tests/guest/loss_test.c",
            "tests/e2e/test_endings.py", "tests/e2e/test_wiring.py", "tests/e2e/test_babble.py")
# In those files, but about the test itself.
NO_FAULT = {"test_classes_are_those_of_the_wiring"}


class Tree:
    """What tests there are."""

    def __init__(self, top=TOP):
        self._top = pathlib.Path(top)
        self.guest = {path.stem: self._functions(path, r"^static void (test_\w+)\(")
                      for path in self._programs()}
        self.periods = {path.stem: _periods(path.read_text())
                        for path in self._programs()}
        self.python = {}
        for folder in ("tests/e2e", "tests/api"):
            # Both may have a file of that name.
            for path in sorted((self._top / folder).glob("test_*.py")):
                self.python.setdefault(path.name, set()).update(self._functions(path, r"^def (test_\w+)\("))
        # What needs no board: a machine whose timers are coarse, CPUs that come and go.
        self.unit = {path.stem.removeprefix("test_").removesuffix("_kunit"): self._functions(path, r"KUNIT_CASE\((\w+)\)")
                     for folder in ("kernel/tests/*_kunit.c", "tests/unit/test_*.c")
                     for path in sorted(self._top.glob(folder))}
        self.run = boards.programs(self._top / "tests/boards.toml")
        self.endings = set(re.findall(r'^    "([a-z-]+)": \(', (self._top / "tests/e2e/test_endings.py").read_text(),
                                      re.MULTILINE))
        self.figures = "".join(path.read_text() for path in sorted((self._top / "tests/bench").glob("*.py")))

    def _programs(self):
        return [path for folder in ("tests/guest", "tests/kselftest") for path in sorted((self._top / folder).glob("*_test.c"))]

    @staticmethod
    def _functions(path, pattern):
        return set(re.findall(pattern, path.read_text(), re.MULTILINE))

    def campaign(self):
        """The tests of the files that only make faults."""
        for name in CAMPAIGN:
            path = self._top / name
            found = self.guest[path.stem] if path.suffix == ".c" else self.python[path.name]
            yield from ((name, test) for test in sorted(found - NO_FAULT))

    def _is_function(self, name, programs):
        """In the programs that are named beside it, or in any file if there are none."""
        places = [self.guest.get(p, set()) | self.python.get(p, set()) for p in programs]
        if not places:
            places = [*self.guest.values(), *self.python.values()]
        return any(name in place for place in places)

    def shows(self, name, programs):
        """Whether that word of a last column is something that is run; `programs` are those named beside it."""
        if name in self.guest:
            return name in self.run
        if name in self.python or self._is_function(name, programs):
            return True
        if self.unit.get(name) or any(name in cases for cases in self.unit.values()):
            return True
        if fnmatch.filter(self.endings, name):
            return True
        figure = name.partition(".")[2]
        return bool(figure) and figure.removesuffix("_max_ns") in self.figures


def _periods(source):
    """{test: the numbers of supervision periods that it allows} of a guest program."""
    bounds = {}
    for name, body in re.findall(r"^static void (test_\w+)\(.*?\n\{\n(.*?)^\}", source, re.MULTILINE | re.DOTALL):
        # The last two arguments: the number, and what it is of.
        found = re.findall(r"\bstop_within\([^;]*, (\d+),\s*[^,;]*\);", body)
        bounds[name] = {int(number) for number in found} - {0}
    return bounds


def _stated(row):
    return {int(number) for number in re.findall(r"(\d+) periods?\b", row[2])}


def _allowed(shown, tree):
    """{test: periods that it allows} of the guest tests that a last column names."""
    allowed = {}
    for part in shown.split(";"):
        names = re.findall(r"`([^`]+)`", part)
        tests = [name for name in names if name.startswith("test_") and not name.endswith(".py")]
        programs = [name for name in names if name in tree.guest] or (list(tree.guest) if tests else [])
        for program in programs:
            allowed |= {f"{program}: {test}": periods for test, periods in tree.periods[program].items()
                        if test in tests or not tests}
    return allowed


def _wrong_bounds(rows, tree):
    """Where the periods of a row and those of its tests differ."""
    stated = {}
    for row in rows:
        allowed = _allowed(row[-1], tree)
        missing = _stated(row) - set().union(*allowed.values())
        yield from (f"{row[0]}: no test holds it to {number} periods" for number in sorted(missing))
        for test in allowed:
            stated.setdefault(test, set()).update(_stated(row))
    for test, numbers in stated.items():
        program, _, name = test.partition(": ")
        for number in sorted(tree.periods[program][name] - numbers if numbers else ()):
            yield f"{test} allows {number} periods, its rows say {sorted(numbers)}"


def table(text):
    """The rows of `Single faults`, each a list of cells."""
    section = text.partition("\n## Single faults\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in section.splitlines()
            if line.startswith("|")]
    return rows[2:]


def _complaints_about(row, tree):
    if len(row) != COLUMNS:
        yield f"{len(row)} columns, must be {COLUMNS}"
        return
    _, kind, answer, then, shown = row
    names = re.findall(r"`([^`]+)`", shown)
    if kind not in CLASSES:
        yield f"class '{kind}' is not one of: {', '.join(CLASSES)}"
    if not names and kind != NOT_DETECTABLE:
        yield "no test"
    if not names and not answer:
        yield "no test, and nothing that answers it"
    if kind != NOT_DETECTABLE and not then:
        yield "no resulting state"
    # "`program`: `test`; ...": a name is one of the program of its own part, if that names one.
    for part in shown.split(";"):
        names = re.findall(r"`([^`]+)`", part)
        programs = [name for name in names if name in tree.guest or name in tree.python]
        yield from (f"`{name}` is no test that is run" for name in names if not tree.shows(name, programs))


def complaints(text, tree):
    """What does not agree, one line each."""
    rows = table(text)
    if not rows:
        return ["no table of single faults"]
    found = [f"{row[0]}: {complaint}" for row in rows for complaint in _complaints_about(row, tree)]
    found += _wrong_bounds([row for row in rows if len(row) == COLUMNS], tree)
    names = [row[0] for row in rows]
    found += [f"{name}: twice" for name in sorted(set(names)) if names.count(name) > 1]
    shown = " ".join(row[-1] for row in rows)
    found += [f"{file}: `{test}` is in no row" for file, test in tree.campaign() if f"`{test}`" not in shown
              and not (file.endswith("test_endings.py") and "`test_endings.py`" in shown)]
    return found
