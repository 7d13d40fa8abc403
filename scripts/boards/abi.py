# SPDX-License-Identifier: GPL-2.0-or-later
"""The attributes of a device held against docs/ABI, both ways. A word for `then` in tests/boards.toml."""
import re

from vsbc.paths import TOP

PAGE = TOP / "docs/ABI/sysfs-class-oht"
DEVICE = "/sys/class/oht/oht0"
FIELDS = ("What", "Date", "KernelVersion", "Contact", "Description")
MODES = {"RO": "444", "RW": "644"}
# What the core of Linux gives every device.
OF_THE_CORE = re.compile(r"dev|uevent|power/\w+|waiting_for_supplier")


class Entry:
    """One entry of the page: files with a description in common."""

    def __init__(self, text):
        self.fields = re.findall(r"^(\w+):\t", text, re.MULTILINE)
        self.paths = re.findall(r"^What:\t\t(\S+)$", text, re.MULTILINE)
        self.description = text.partition("Description:")[2]
        access = re.match(r"\t\((R[OW])\)\n", self.description)
        self.mode = MODES[access.group(1)] if access else None
        self.array = bool(re.search(r"\barray\b", self.description, re.IGNORECASE))

    def names(self):
        """Its files, as they are called below the device."""
        return [path.removeprefix("/sys/class/oht/oht%d/") for path in self.paths]

    def faults(self):
        """What Documentation/ABI/README would have otherwise."""
        order = list(dict.fromkeys(self.fields))
        if tuple(order) != FIELDS or len(self.fields) != len(FIELDS) - 1 + len(self.paths):
            yield f"{self.paths}: has {self.fields}"
        if not self.mode:
            yield f"{self.paths}: says neither (RO) nor (RW)"
        yield from (f"{path}: not a file of the class" for path in self.paths if not path.startswith("/sys/class/oht/oht%d/"))


def entries():
    """All of the page."""
    text = PAGE.read_text(encoding="utf-8")
    return [Entry(part) for part in re.split(r"\n\n(?=What:)", text)[1:]]


def _there(run):
    """Mode and contents of every file that is there, by name."""
    names = run.guest.check(f"cd {DEVICE}/ && find . -type f | sed 's,^./,,' | sort").split()
    ours = [name for name in names if not OF_THE_CORE.fullmatch(name)]
    said = run.guest.check(f"cd {DEVICE}/ && for f in {' '.join(ours)}; do echo \"@$(stat -c %a $f) $f\"; cat $f; done", timeout=120)
    found = {}
    for mode, name, value in re.findall(r"^@(\d+) (\S+)\n(.*?\n|)(?=@|\Z)", said + "\n", re.MULTILINE | re.DOTALL):
        found[name] = (mode, value)
    run.test(f"{len(found)} attributes are there", len(found) == len(ours) > 50, names)
    return found


def attributes(run):
    """Every file is described and every description has its file; mode and form are as it says."""
    described = {name: entry for entry in entries() for name in entry.names()}
    faults = [fault for entry in entries() for fault in entry.faults()]
    faults += [f"{name}: twice" for name in described if sum(name in entry.names() for entry in entries()) > 1]
    run.test(f"{len(entries())} entries are as Linux has them", not faults, *faults)
    there = _there(run)
    run.test("every attribute is described", not set(there) - set(described), *sorted(set(there) - set(described)))
    run.test("every description has an attribute", not set(described) - set(there), *sorted(set(described) - set(there)))
    both = sorted(set(there) & set(described))
    modes = [f"{name}: {there[name][0]} for {described[name].mode}" for name in both if there[name][0] != described[name].mode]
    run.test("modes are as described", not modes, *modes)
    forms = [f"{name}: {there[name][1]!r}" for name in both
             if there[name][1].count("\n") != 1 or " " in there[name][1] and not described[name].array]
    run.test("one value a file, or an array where that is said", not forms, *forms)
    _refusals(run, both, described)


def _refusals(run, names, described):
    """Who may only read is refused; what may be written takes 0 and nothing else."""
    wrong = []
    for mode, values in (("444", ("0",)), ("644", ("1", "-1", "x", "0"))):
        files = " ".join(name for name in names if described[name].mode == mode)
        for value in values:
            said = run.guest.check(f"cd {DEVICE} && for f in {files}; do (echo '{value}' > $f) 2>/dev/null && echo $f; done; true",
                                   timeout=120)
            wanted = files.split() if (mode, value) == ("644", "0") else []
            wrong += [f"{name}: '{value}'" for name in sorted(set(said.split()) ^ set(wanted))]
    run.test("what may be written takes 0, all else is refused", not wrong, *wrong)
