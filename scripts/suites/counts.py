# SPDX-License-Identifier: GPL-2.0-or-later
"""What a suite's output says: how many passed, failed, were skipped, and which."""
import dataclasses
import json
import re
import xml.etree.ElementTree

from .tap import parse


@dataclasses.dataclass
class Counts:
    """Totals and the names of what did not pass."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list = dataclasses.field(default_factory=list)
    skips: list = dataclasses.field(default_factory=list)
    unsteady: list = dataclasses.field(default_factory=list)    # failed, and passed when run once more
    times: list = dataclasses.field(default_factory=list)       # (seconds, name), where the result says them

    def add(self, name, outcome, why=""):
        """Count one test: outcome is passed, failed or skipped."""
        setattr(self, outcome, getattr(self, outcome) + 1)
        text = f"{name}: {why}" if why else name
        if outcome == "failed":
            self.failures.append(text)
        elif outcome == "skipped":
            self.skips.append(text)

    def total(self):
        return self.passed + self.failed + self.skipped


def tap(text, _report):
    """TAP, also as the kernel prints it; what is wrong with the output as a whole is a failure too."""
    counts = Counts()
    report = parse(text)
    for outcome in ("passed", "failed", "skipped"):
        for name, why in getattr(report, outcome):
            counts.add(name, outcome, why)
    for problem in report.problems if report.total() or report.plan else ():
        counts.add("output", "failed", problem)
    return counts


def junit(_text, report):
    """A JUnit file, as pytest writes it; it must hold as many tests as it says."""
    counts = Counts()
    tree = xml.etree.ElementTree.parse(report)
    for suite in tree.iter("testsuite"):
        # A test that passed and then fails to clean up is one test here, and two in that number.
        said, held, errors = int(suite.get("tests", -1)), len(suite.findall("testcase")), len(suite.findall(".//error"))
        if not said - errors <= held <= said:
            counts.add(suite.get("name", "suite"), "failed", f"says that it has {said} tests, and has {held}")
    for case in tree.iter("testcase"):
        name = f"{case.get('classname', '')}.{case.get('name', '')}".strip(".")
        failure = next((case.find(tag) for tag in ("failure", "error") if case.find(tag) is not None), None)
        skip = case.find("skipped")
        counts.times.append((float(case.get("time", 0)), name))
        if failure is not None:
            counts.add(name, "failed", (failure.get("message") or "").splitlines()[0][:160]
                       if failure.get("message") else "")
        elif skip is not None:
            counts.add(name, "skipped", skip.get("message") or "")
        else:
            counts.add(name, "passed")
    return counts


def meson(_text, report):
    """meson's testlog.json: one program a line; a cmocka program says how many cases it begins and how each ended."""
    counts = Counts()
    with open(report, encoding="utf-8") as lines:
        for line in lines:
            program = json.loads(line)
            counts.times.append((program.get("duration", 0), program["name"]))
            said = program.get("stdout", "") + program.get("stderr", "")
            begun = sum(int(n) for n in re.findall(r"^\[={10}\] .*Running (\d+) test", said, re.M))
            passed = sum(int(n) for n in re.findall(r"\[  PASSED  \] (\d+) test", said))
            failed = re.findall(r"^\[  FAILED  \] ([A-Za-z_]\w*)$", said, re.M)
            skipped = re.findall(r"^\[  SKIPPED \] ([A-Za-z_]\w*)$", said, re.M)
            if program["result"] == "SKIP":
                counts.add(program["name"], "skipped")
                continue
            counts.passed += passed
            for case in dict.fromkeys(failed):
                counts.add(f"{program['name']}.{case}", "failed")
            for case in dict.fromkeys(skipped):
                counts.add(f"{program['name']}.{case}", "skipped")
            if program["result"] not in ("OK", "EXPECTEDFAIL") and not failed:
                counts.add(program["name"], "failed", program["result"].lower())
            elif begun != passed + len(dict.fromkeys(failed)) + len(dict.fromkeys(skipped)):
                counts.add(program["name"], "failed", f"began {begun} tests and told of "
                           f"{passed + len(dict.fromkeys(failed)) + len(dict.fromkeys(skipped))}")
            elif not begun and not said.strip():
                counts.add(program["name"], "failed", "printed nothing")
            elif not begun:
                # A program without cases is one test: how it ends says what it found.
                counts.passed += 1
    return counts


FORMATS = {"tap": tap, "junit": junit, "meson": meson}
