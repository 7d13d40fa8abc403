# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands of docs/tracing.md, run on a board where two cycles are late for known reasons. Words for `then` in
tests/boards.toml.
"""
import re

from suites import tap
from vsbc.paths import TOP

from .run import PROGRAMS, judge

PAGE = TOP / "docs/tracing.md"
SAID = "/tmp/late_cycle.said"
LATE = f"{PROGRAMS}/late_cycle"
SETTLE = 0.5
PATIENCE_S = 600


def commands(section):
    """The commands under that heading of the page, a text per block."""
    found = re.search(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return re.findall(r"^```sh\n(.*?)^```", found.group(1), re.MULTILINE | re.DOTALL)


def events(said):
    """The events oht_cycle of a report, as dictionaries; `left` is what stands before each."""
    found = re.findall(r"^(.*) oht_cycle:\s+(device=.*)$", said, re.MULTILINE)
    return [dict(field.split("=") for field in fields.split()) | {"left": left} for left, fields in found]


class Recipe:
    """One run of late_cycle in the guest, and what is found of it."""

    def __init__(self, run):
        self.run = run
        self.values = {}

    def shell(self, command):
        """What a command of the page prints; it must succeed."""
        code, said = self.run.guest.run(f"({command})", timeout=PATIENCE_S)
        self.run.test(f"the command succeeds: {command.strip().splitlines()[-1]}", code == 0, said[-2000:])
        return said

    def begin(self):
        """Cycles that wait for a recorder."""
        self.run.guest.check(f"rm -f {SAID}; {LATE} >{SAID} 2>&1 </dev/null & sleep {SETTLE}")

    def end(self):
        """The program has ended well and said which cycles were late."""
        said = self.run.guest.check(f"for i in $(seq 600); do grep -qE '^(1\\.\\.|Bail)' {SAID} && break; sleep 0.1; done; cat {SAID}",
                                    timeout=PATIENCE_S)
        self.run.report("late_cycle", judge(1 if tap.parse(said).failed else 0, said, PATIENCE_S))
        self.values = dict(re.findall(r"^# value late\.(\w+) (\d+)$", said, re.MULTILINE))

    def judge(self, how, found):
        """Exactly the two late cycles, each with its reason."""
        self.run.test(f"{how}: exactly the two late cycles are found",
                      [one["cycle"] for one in found] == [self.values.get("timer_cycle"), self.values.get("wire_cycle")],
                      *found[:5])
        if len(found) != 2:
            return
        timer, wire = found
        late_ns, timer_ns = int(timer["late_ns"]), int(timer["timer_late_ns"])
        self.run.test(f"{how}: the first one for its timer", timer["fate"] == "BEGUN" and timer["holder"] == "NONE"
                      and 1000000 < timer_ns <= late_ns < timer_ns + 100000, timer)
        self.run.test(f"{how}: the second one for unit 5, which is waited for", (wire["fate"], wire["holder"], wire["unit"],
                      wire["state"], wire["missed"]) == ("MISSED", "PLAN", "5", "WAIT", self.values.get("missed")), wire)
        self.run.test(f"{how}: device and clock", all(one["device"] == "oht0" and
                      int(one["time_ns"]) - int(one["grid_ns"]) == int(one["late_ns"]) for one in found), *found)

    def stamps(self, how, found):
        """The tracer's clock is the module's, as the page has it: its stamp is that of the event, a little later."""
        apart_s = [float(re.search(r"([0-9.]+):?$", one["left"]).group(1)) - int(one["time_ns"]) / 1e9 for one in found]
        self.run.test(f"{how}: stamps are by the same clock", all(-2e-6 < s < 1e-3 for s in apart_s), *apart_s)

    def for_cycle(self, section, which):
        """The commands of that section for a late cycle."""
        block, = commands(section)
        return self.shell(re.sub(r"^cycle=\d+$", f"cycle={self.values[which]}", block, flags=re.MULTILINE))


def _explain(recipe):
    """What the page looks at next says the same."""
    said = recipe.for_cycle("What the CPU did", "timer_cycle")
    recipe.run.test("the CPU went to the program that switched interrupts off",
                    re.findall(r"sched_switch:.*next_comm=(\S+)", said)[-1:] == ["late_cycle"], said[-4000:])
    said = recipe.for_cycle("What the wire did", "wire_cycle")
    _, _, after = said.rpartition("oht_tx:")
    recipe.run.test("a request to unit 5 went out, and nothing came back", "unit=5" in after.splitlines()[0]
                    and "oht_rx:" not in after, said[-4000:])


def recipe(run):
    """Recorded with trace-cmd."""
    one = Recipe(run)
    one.begin()
    one.shell(commands("Record")[0])
    one.end()
    found = events(one.shell(commands("Which cycle")[0]))
    one.judge("trace-cmd", found)
    one.stamps("trace-cmd", found)
    _explain(one)


def recipe_tracefs(run):
    """The filter in the kernel, and the recording that ends by itself."""
    one = Recipe(run)
    one.begin()
    found = events(one.shell(commands("Without trace-cmd")[0]))
    one.end()
    one.judge("tracefs", found)
    one.stamps("tracefs", found)
    arm, collect = commands("If it is rare")
    run.guest.check("echo > /sys/kernel/tracing/trace")
    one.begin()
    one.shell(arm)
    one.end()
    run.test("the recording has ended by itself", run.guest.check("cat /sys/kernel/tracing/tracing_on").strip() == "0")
    one.shell(collect)
    said = run.guest.check("cat /tmp/late.txt | tail -n 200")
    found = events(said)
    run.test("the late cycle is the last one of it", found and found[-1]["cycle"] == one.values.get("timer_cycle"), said[-3000:])
    run.test("and what led to it is there", "sched_switch" in said and "oht_done" in said, said[-3000:])
