# SPDX-License-Identifier: GPL-2.0-or-later
"""The Test Anything Protocol: one reader, one writer.

The reader also takes KTAP, as the kernel prints it: a test may have tests of its own, indented, with a plan of their own,
before its own result. Only tests without such tests are counted. A plan that is missing or not kept is a problem: a
program that ends early leaves nothing else that shows it.
"""
import dataclasses
import re
import sys

LOG_TIME = re.compile(r"^(?:<\d+>)?\[\s*\d+\.\d+\](?:\[\s*[TC]\d+\])? ?")
RESULT = re.compile(r"^(?P<bad>not )?ok\b(?: +(?P<number>\d+)\b)? *(?:- *)?(?P<name>.*)$")
DIRECTIVE = re.compile(r"(?:^|\s)#\s*(?P<word>skip|todo)\b(?P<why>.*)$", re.IGNORECASE)
PLAN = re.compile(r"^1\.\.(?P<count>\d+)\s*(?:#\s*(?P<rest>.*))?$")
VERSION = re.compile(r"^K?TAP version \d+$")
BAIL = re.compile(r"^Bail out!\s*(?P<why>.*)$")


@dataclasses.dataclass
class Report:
    """What a program said: lists of (name, why), and what is wrong with its output as a whole."""

    passed: list = dataclasses.field(default_factory=list)
    failed: list = dataclasses.field(default_factory=list)
    skipped: list = dataclasses.field(default_factory=list)
    plan: int | None = None
    problems: list = dataclasses.field(default_factory=list)
    story: list = dataclasses.field(default_factory=list)   # in order: (Report's list or "note", name or line, why)

    def add(self, outcome, name, why=""):
        """One test: outcome is passed, failed or skipped."""
        getattr(self, outcome).append((name, why))
        self.story.append((outcome, name, why))

    @property
    def good(self):
        """Whether every test passed or was skipped, and nothing is missing."""
        return not self.failed and not self.problems

    def total(self):
        """How many tests gave a result."""
        return len(self.passed) + len(self.failed) + len(self.skipped)


@dataclasses.dataclass
class _Level:
    """The lines of one indentation, between two lines that are indented less."""

    indent: int
    results: int = 0
    plan: int | None = None
    ended: bool = False         # the plan came after results, so it was the end
    bad: bool = False           # a test of this level failed


class _Reader:
    def __init__(self):
        self.report = Report()
        self._levels = [_Level(0)]

    def _problem(self, level, text):
        self.report.problems.append(f"subtests at {level.indent} spaces: {text}" if level.indent else text)

    def _leave(self, level):
        """The plan of a level that has ended. KUnit writes none for the parameters of a test: the result after them says
        that they have ended."""
        if level.plan is None and not level.indent:
            self._problem(level, f"no plan after {level.results} results")
        elif level.plan is not None and level.plan != level.results:
            self._problem(level, f"plan 1..{level.plan}, but {level.results} results")

    def _close_deeper(self, indent):
        """Leave the levels below that indentation; returns whether there was one and whether a test in it failed."""
        deeper = bad = False
        while self._levels[-1].indent > indent:
            level = self._levels.pop()
            self._leave(level)
            deeper, bad = True, bad or level.bad
        return deeper, bad

    def _level(self, indent):
        if indent > self._levels[-1].indent:
            self._levels.append(_Level(indent))
        return self._levels[-1]

    def _plan(self, indent, match):
        deeper, _ = self._close_deeper(indent)
        level = self._level(indent)
        if deeper:
            self._problem(level, "subtests without a result of their own")
        if level.plan is not None:
            self._problem(level, f"a second plan, {match[0]}, after 1..{level.plan}")
            return
        level.plan = int(match["count"])
        level.ended = level.results > 0
        if not level.plan and (match["rest"] or "").lower().startswith("skip"):
            self.report.add("skipped", "all", match["rest"][4:].strip())

    def _result(self, indent, match):
        deeper, deeper_bad = self._close_deeper(indent)
        level = self._level(indent)
        level.results += 1
        if level.ended:
            self._problem(level, f"a result after the end: {match[0]}")
        if not match["number"]:
            self._problem(level, f"a result without a number: {match[0]}")
        elif int(match["number"]) != level.results:
            self._problem(level, f"result {match['number']} where {level.results} was due: {match[0]}")
        name, why, outcome = match["name"].strip(), "", "failed" if match["bad"] else "passed"
        directive = DIRECTIVE.search(name)
        if directive:
            name, why = name[:directive.start()].strip(), directive["why"].strip()
            if directive["word"].lower() == "skip" and not match["bad"]:
                outcome = "skipped"
        name = name or "unnamed"
        level.bad |= outcome == "failed"
        if not deeper:
            self.report.add(outcome, name, why)
        elif outcome == "failed" and not deeper_bad:
            self.report.add(outcome, name, why or "no subtest of it failed")
        elif deeper_bad and outcome != "failed":
            self._problem(level, f"{name} is ok, although a subtest of it failed")

    def line(self, line):
        """One line; what is no line of the protocol is a comment."""
        line = LOG_TIME.sub("", line.rstrip()).expandtabs(8)
        text = line.lstrip(" ")
        indent = len(line) - len(text)
        if match := PLAN.match(text):
            self._plan(indent, match)
        elif match := RESULT.match(text):
            self._result(indent, match)
        elif match := BAIL.match(text):
            self.report.problems.append(f"Bail out! {match['why']}".strip())
        elif text and not VERSION.match(text):
            self.report.story.append(("note", text.removeprefix("# "), ""))

    def end(self):
        """After the last line."""
        deeper, _ = self._close_deeper(0)
        top = self._levels[0]
        if deeper:
            self._problem(top, "ended within subtests")
        self._leave(top)
        self.report.plan = top.plan
        return self.report


def parse(text):
    """The Report of a whole output."""
    reader = _Reader()
    for line in text.splitlines():
        reader.line(line)
    return reader.end()


class Writer:
    """Prints tests, and the plan behind them."""

    def __init__(self, out=None):
        self._out = out or sys.stdout
        self._count = 0
        self._failed = 0

    def _print(self, line):
        print(line, file=self._out, flush=True)

    def test(self, name, good, *details):
        """One test; the details are printed when it failed. Returns whether it is good."""
        self._count += 1
        self._failed += not good
        self._print(f"{'ok' if good else 'not ok'} {self._count} - {_name(name)}")
        if not good:
            for detail in details:
                self.note(detail)
        return bool(good)

    def skip(self, name, why):
        """One test that cannot be made here."""
        self._count += 1
        self._print(f"ok {self._count} - {_name(name)} # SKIP {why}")

    def note(self, text):
        """A comment of one or more lines."""
        for line in str(text).strip().splitlines():
            self._print(f"# {line}")

    def report(self, where, report):
        """What a program said, each test with the place in which it ran; then, as one test, what is wrong with its
        output."""
        for outcome, text, why in report.story:
            if outcome == "note":
                self.note(text)
            elif outcome == "skipped":
                self.skip(f"{where}: {text}", why)
            else:
                self.test(f"{where}: {text}", outcome == "passed", *[why] if why else [])
        if report.problems:
            self.test(f"{where}: {'; '.join(report.problems)}", False)
        elif not report.total():
            self.test(f"{where}: no test ran", False)

    def end(self):
        """The plan; returns the exit code."""
        self._print(f"1..{self._count}")
        return 1 if self._failed or not self._count else 0


def _name(text):
    """A name is one line, and nothing in it is taken for a directive."""
    return " ".join(str(text).split()).replace("#", "")
