# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/suites.toml, read and checked: steps that build, and suites that test."""
import dataclasses
import pathlib
import tomllib

from .counts import FORMATS

TOP = pathlib.Path(__file__).resolve().parents[2]
LIST = TOP / "tests/suites.toml"
NIGHTLY = "nightly"
GATE = "test"
TIERS = ("check", GATE, "all", NIGHTLY)
LANES = ("quiet", "any")
PYTEST = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
# Each process of pytest imports every test of its folder, which takes four times as long where nothing is compiled yet. An empty
# value is no value: some machines forbid compiled files, since they lie beside the sources.
COMPILED = {"PYTHONPYCACHEPREFIX": f"{TOP}/build/test/pycache", "PYTHONDONTWRITEBYTECODE": ""}


class TableError(Exception):
    """The table is wrong: one line says where."""


@dataclasses.dataclass
class Step:
    """Builds something that suites need."""

    name: str
    command: list
    needs: list = dataclasses.field(default_factory=list)
    timeout_s: int = 1800
    budget_s: int = 0


@dataclasses.dataclass
class Suite:
    """Runs tests; the head of tests/suites.toml says what each member means."""

    name: str
    tiers: list
    inputs: list
    timeout_s: int
    budget_s: int = 0
    unsteady: bool = False
    lane: str = "any"
    command: list = None
    pytest: list = None
    test_timeout_s: int = 0
    counts: str = "tap"
    report: str = None
    needs: list = dataclasses.field(default_factory=list)
    env: dict = dataclasses.field(default_factory=dict)
    allow_skip: list = dataclasses.field(default_factory=list)

    def __post_init__(self):
        if (self.command is None) == (self.pytest is None):
            raise TableError(f"suite {self.name}: needs a command or pytest, and not both")
        if self.pytest is not None:
            self.counts, self.report = "junit", f"build/test/{self.name}.xml"
            self.env = {"OHT_NOW": f"{TOP}/build/test/{self.name}.now", **COMPILED, **self.env}
            self.command = [*PYTEST, f"--junitxml={self.report}", *self.pytest]
        if self.test_timeout_s:
            self.env = {"OHT_TEST_TIMEOUT_S": str(self.test_timeout_s), **self.env}


@dataclasses.dataclass
class Table:
    """All of it."""

    steps: dict     # name -> Step
    suites: list
    inputs: dict    # name of a set -> its patterns
    seed: int | None = None     # of the gate

    def patterns(self, suite):
        """The patterns of that suite's inputs, with the names of sets replaced by what they hold."""
        return [pattern for name in suite.inputs for pattern in self.inputs.get(name, [name])]

    def steps_for(self, suites):
        """The steps that those suites need, in the order of the list."""
        wanted, todo = set(), [name for suite in suites for name in suite.needs]
        while todo:
            name = todo.pop()
            if name not in wanted:
                wanted.add(name)
                todo += self.steps[name].needs
        return [step for name, step in self.steps.items() if name in wanted]


def _make(kind, row, where):
    known = {field.name for field in dataclasses.fields(kind)}
    name = row.get("name")
    unknown = set(row) - known
    if unknown:
        raise TableError(f"{where}: {name}: unknown {', '.join(sorted(unknown))}")
    try:
        return kind(**row)
    except TypeError as error:
        raise TableError(f"{where}: {name}: {str(error).partition(') ')[2]}") from error


def _check(table, where):
    names = [suite.name for suite in table.suites]
    for name in names:
        if names.count(name) > 1:
            raise TableError(f"{where}: suite {name} is there twice")
    for suite in table.suites:
        for tier in suite.tiers or ["none"]:
            if tier not in TIERS:
                raise TableError(f"{where}: {suite.name}: no tier '{tier}'")
        if suite.lane not in LANES:
            raise TableError(f"{where}: {suite.name}: no lane '{suite.lane}'")
        if suite.counts not in FORMATS:
            raise TableError(f"{where}: {suite.name}: no way to count '{suite.counts}'")
        if not suite.inputs:
            raise TableError(f"{where}: {suite.name}: no inputs")
    if sum(suite.unsteady for suite in table.suites) > 1:
        raise TableError(f"{where}: more than one suite may be unsteady")
    for job in [*table.steps.values(), *table.suites]:
        for need in job.needs:
            if need not in table.steps:
                raise TableError(f"{where}: {job.name}: no step '{need}'")


def load(path=LIST):
    """Read and check the table; TableError says what is wrong in one line."""
    try:
        with open(path, "rb") as file:
            raw = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise TableError(f"{path.name}: {error}") from error
    steps = [_make(Step, row, path.name) for row in raw.get("step", [])]
    table = Table({step.name: step for step in steps},
                  [_make(Suite, row, path.name) for row in raw.get("suite", [])], raw.get("inputs", {}), raw.get("gate", {}).get("seed"))
    _check(table, path.name)
    return table


def of_tier(table, tier):
    """The suites of a tier."""
    return [suite for suite in table.suites if tier in suite.tiers]
