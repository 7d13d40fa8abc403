# SPDX-License-Identifier: GPL-2.0-or-later
"""What a suite's output says: how many passed, failed, were skipped, and which."""
import dataclasses
import json
import re
import xml.etree.ElementTree


@dataclasses.dataclass
class Counts:
    """Totals and the names of what did not pass."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list = dataclasses.field(default_factory=list)
    skips: list = dataclasses.field(default_factory=list)

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


TAP_LINE = re.compile(r"^(?P<indent>\s*)(?P<bad>not )?ok\s+\d+\s*(?:-\s*)?(?P<name>[^#]*)(?:#\s*(?P<rest>.*))?$")


def tap(text, _report):
    """TAP, also as the kernel prints it: only the deepest lines are tests, those above sum them up."""
    counts = Counts()
    rows = []
    for line in text.splitlines():
        line = re.sub(r"^\[\s*\d+\.\d+\]\s?", "", line)
        match = TAP_LINE.match(line)
        if match:
            rows.append((len(match["indent"]), match))
    for index, (indent, match) in enumerate(rows):
        # A summary follows the deeper lines that it sums up.
        if index and rows[index - 1][0] > indent:
            continue
        rest = (match["rest"] or "").strip()
        name = match["name"].strip() or "unnamed"
        if rest.lower().startswith("skip"):
            counts.add(name, "skipped", rest[4:].strip())
        else:
            counts.add(name, "failed" if match["bad"] else "passed")
    return counts


def junit(_text, report):
    """A JUnit file, as pytest writes it."""
    counts = Counts()
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname', '')}.{case.get('name', '')}".strip(".")
        failure = next((case.find(tag) for tag in ("failure", "error") if case.find(tag) is not None), None)
        skip = case.find("skipped")
        if failure is not None:
            counts.add(name, "failed", (failure.get("message") or "").splitlines()[0][:160]
                       if failure.get("message") else "")
        elif skip is not None:
            counts.add(name, "skipped", skip.get("message") or "")
        else:
            counts.add(name, "passed")
    return counts


def meson(_text, report):
    """meson's testlog.json: one program a line; a cmocka program says how many cases it had."""
    counts = Counts()
    with open(report, encoding="utf-8") as lines:
        for line in lines:
            program = json.loads(line)
            said = program.get("stdout", "") + program.get("stderr", "")
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
            elif program["result"] == "OK" and not passed:
                counts.passed += 1
    return counts


FORMATS = {"tap": tap, "junit": junit, "meson": meson}
