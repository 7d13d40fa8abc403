# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/boards.toml, read and checked as a whole before anything is built or started."""
import dataclasses
import pathlib
import re
import string
import tomllib

TOP = pathlib.Path(__file__).resolve().parents[2]
LIST = TOP / "tests/boards.toml"
GUEST = TOP / "tests/guest"
SELFTESTS = TOP / "tests/kselftest"
TIERS = ("test", "all", "nightly")
CLOCKS = ("parallel", "counted")
FORMS = ("gate", "short", "long")


class TableError(Exception):
    """The list of boards is wrong, or a name is not in it."""


@dataclasses.dataclass(frozen=True)
class Board:
    """One board with one kernel; tests/boards.toml says what each field means."""

    name: str
    kernel: str
    tier: str
    then: tuple
    clock: str = "parallel"
    overlays: tuple = ()
    set: dict = dataclasses.field(default_factory=dict)
    drop: tuple = ()
    append: str = ""
    module: bool = True
    wire: bool = False
    pci_uart: int | None = None
    builds: tuple = ()
    setup: tuple = ("modprobe oht_stim",)
    programs: tuple = ()
    gate: dict = dataclasses.field(default_factory=dict)
    short: dict = dataclasses.field(default_factory=dict)
    long: dict = dataclasses.field(default_factory=dict)
    says: tuple = ()
    allow: tuple = ()
    program_s: int = 900
    timeout_s: int = 2400

    def lines(self, form, seed):
        """The command lines of the programs, with the quantities of a form: gate, short or long."""
        quantities = {**self.short, **getattr(self, form), "seed": seed}
        return [program.format(**quantities) for program in self.programs]


FIELDS = {field.name: field for field in dataclasses.fields(Board)}


def _type_of(field):
    """What TOML gives for that field."""
    return {tuple: list, dict: dict, bool: bool, str: str}.get(field.type, int)


def _placeholders(program):
    return {name for _, name, _, _ in string.Formatter().parse(program) if name}


def selftests():
    """The programs of tests/kselftest."""
    return {path.stem for path in SELFTESTS.glob("*.c")}


def _programs():
    """What scripts/build-guest-tests makes: each C file of tests/guest and of tests/kselftest, and what it names."""
    named = re.findall(r"^\s*build_program (\w+)", (TOP / "scripts/build-guest-tests").read_text(), re.MULTILINE)
    return {*named, *(path.stem for path in GUEST.glob("*.c")), *selftests()}


def _check(board, known):
    """Complaints about one board; known: the functions that `then` can name."""
    if board.tier not in TIERS or board.clock not in CLOCKS:
        yield f"tier {board.tier}, clock {board.clock}: give one of {', '.join(TIERS)} and of {', '.join(CLOCKS)}"
    yield from (f"no function '{name}' for then" for name in board.then if name not in known)
    yield from (f"no overlay {name}" for name in board.overlays if not (TOP / name).exists())
    yield from (f"no program {line.split()[0]} in scripts/build-guest-tests" for line in board.programs
                if line.split()[0] not in _programs())
    used = set().union(*map(_placeholders, board.programs)) - {"seed"}
    if used != set(board.short) or not {*board.gate, *board.long} <= used:
        yield (f"quantities {sorted(used)} in programs, {sorted(board.short)} in short, "
               f"{sorted({*board.gate, *board.long} - used)} only in gate or long")
    if not board.programs and not board.then:
        yield "nothing is tested on it"


def _make(table, kernel, defaults):
    """The board of that table with that kernel."""
    row = {**defaults, **table, "name": f"{kernel}/{table['name']}", "kernel": kernel}
    if isinstance(row.get("tier"), dict):
        row["tier"] = row["tier"].get(kernel)
    for key in FIELDS.keys() & row.keys():
        if not isinstance(row[key], _type_of(FIELDS[key])):
            raise TableError(f"{row['name']}: {key} = {row[key]!r}")
    return Board(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})


def load(known, path=LIST):
    """All boards by name; known: the functions that `then` can name."""
    with open(path, "rb") as file:
        document = tomllib.load(file)
    kernels, boards, wrong = document.get("kernel", {}), {}, []
    for table in document.get("board", []):
        name = table.get("name", "a board without a name")
        unknown = table.keys() - FIELDS.keys() - {"kernels"} | {"kernel"} & table.keys()
        strange = set(table.get("kernels", [])) - kernels.keys()
        missing = {"name", "kernels", "tier"} - table.keys()
        if unknown or strange or missing:
            wrong.append(f"{name}: unknown {sorted(unknown | strange)}, missing {sorted(missing)}")
            continue
        for kernel in table.pop("kernels"):
            board = _make(table, kernel, kernels[kernel])
            if board.name in boards:
                wrong.append(f"{board.name}: twice")
            wrong += [f"{board.name}: {complaint}" for complaint in _check(board, known)]
            boards[board.name] = board
    if wrong:
        raise TableError("; ".join(wrong))
    return boards


def select(boards, names, tier=None):
    """The boards with those names or below them, in the order of the list; none twice."""
    for name in names:
        if not any(board == name or board.startswith(f"{name}/") for board in boards):
            raise TableError(f"no board '{name}'; --list names them")
    return [board for board in boards.values() if tier in (None, board.tier)
            and (not names or any(board.name == name or board.name.startswith(f"{name}/") for name in names))]


def programs(path=LIST):
    """The names of the programs that some board runs."""
    with open(path, "rb") as file:
        return {re.split(r"\s", line)[0] for table in tomllib.load(file)["board"] for line in table.get("programs", [])}
