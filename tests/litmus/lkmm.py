#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judge litmus tests by the kernel's memory model (TAP): lkmm.py [--only-known] [FILE...], without files its own.

Debian has no herd7, so the part of tools/memory-model/linux-kernel.cat that straight-line tests need is written out
here: READ_ONCE, WRITE_ONCE, smp_load_acquire, smp_store_release, smp_rmb, smp_wmb, smp_mb, data dependencies. Each
file says in its comment "Result: Never" or "Result: Sometimes"; that is what it must come to. With --only-known files
with anything else in them are left out; so the kernel's own litmus-tests can be used to judge this program.
The same files run under herd7 as they are, where there is one.
"""
import argparse
import itertools
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from suites import tap  # noqa: E402

ACCESS = [
    (re.compile(r"^(?:int )?(\w+) = READ_ONCE\(\*(\w+)\)$"), "R", ""),
    (re.compile(r"^(?:int )?(\w+) = smp_load_acquire\(&?\*?(\w+)\)$"), "R", "acquire"),
    (re.compile(r"^WRITE_ONCE\(\*(\w+), (\w+)\)$"), "W", ""),
    (re.compile(r"^smp_store_release\(&?\*?(\w+), (\w+)\)$"), "W", "release"),
]
FENCE = re.compile(r"^smp_(mb|rmb|wmb)\(\)$")


class Unknown(Exception):
    """Something in the file that this program does not know."""


class Event:
    """One access or fence; the initial writes belong to no thread."""

    def __init__(self, thread, index, kind, place="", value=None, tag=""):
        self.thread, self.index, self.kind, self.place, self.value, self.tag = thread, index, kind, place, value, tag


def parse_thread(number, body, known):
    """Events of a thread; a read keeps its register in value, a write its number or register."""
    events = []
    for text in filter(None, (part.strip() for part in body.replace("\n", " ").split(";"))):
        text = " ".join(text.split())
        if re.match(r"^int \w+(, ?\w+)*$", text):
            continue
        fence = FENCE.match(text)
        if fence:
            events.append(Event(number, len(events), "F", tag=fence.group(1)))
            continue
        for pattern, kind, tag in ACCESS:
            found = pattern.match(text)
            if found:
                place, value = found.groups() if kind == "W" else reversed(found.groups())
                if place not in known:
                    raise Unknown(text)
                events.append(Event(number, len(events), kind, place, value, tag))
                break
        else:
            raise Unknown(text)
    return events


def parse(text):
    """(threads, condition as python, expected result) of a litmus test."""
    result = re.search(r"Result: (\w+)", text)
    text = re.sub(r"\(\*.*?\*\)|/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
    if not re.match(r"\s*C [\w+.-]+\s*\{\s*\}", text):
        raise Unknown("initial values")
    threads = []
    for number, (arguments, body) in enumerate(re.findall(r"P\d+\(([^)]*)\)\s*\{(.*?)\n\}", text, re.DOTALL)):
        threads.append(parse_thread(number, body, set(re.findall(r"\*(\w+)", arguments))))
    condition = re.search(r"exists \((.*)\)\s*$", text, re.DOTALL)
    if not condition or not result:
        raise Unknown("no condition, or no result that is expected")
    python = " ".join(condition.group(1).split()).replace("/\\", " and ").replace("\\/", " or ").replace("~", " not ")
    python = re.sub(r"(\d+):(\w+)\s*=\s*(\d+)", r"(final[(\1, '\2')] == \3)", python)
    python = re.sub(r"(?<![\w'])([a-z]\w*)=(\d+)", r"(memory['\1'] == \2)", python)
    return threads, python, result.group(1)


def join(left, right):
    """Relations one after the other."""
    after = {}
    for a, b in right:
        after.setdefault(a, set()).add(b)
    return {(a, c) for a, b in left for c in after.get(b, ())}


def closure(relation):
    whole = set(relation)
    while True:
        more = join(whole, whole) - whole
        if not more:
            return whole
        whole |= more


def is_acyclic(relation):
    return all(a is not b for a, b in closure(relation))


class Candidate:
    """An execution: who reads from whom, and in which order the writes to a place come."""

    def __init__(self, events, read_from, coherence):
        self.events = events
        self.rf, self.co = read_from, coherence
        self.po = {(a, b) for a in events for b in events
                   if a.thread == b.thread and a.thread is not None and a.index < b.index}
        source = {read: write for write, read in self.rf}
        self.fr = {(read, later) for read, write in source.items() for first, later in self.co if first is write}

    def fenced(self, tag, kinds):
        """Pairs of accesses with that fence between them."""
        fences = [f for f in self.events if f.kind == "F" and f.tag == tag]
        return {(a, b) for a, b in self.po for f in fences
                if (a, f) in self.po and (f, b) in self.po and a.kind in kinds and b.kind in kinds}

    def is_allowed(self):
        """linux-kernel.cat, as far as it speaks of what these tests have."""
        access = [e for e in self.events if e.kind != "F"]
        same = {(e, e) for e in access}
        po = {(a, b) for a, b in self.po if a.kind != "F" and b.kind != "F"}
        external = {(a, b) for a in access for b in access if a.thread != b.thread or a.thread is None}
        if not is_acyclic({(a, b) for a, b in po if a.place == b.place} | self.rf | self.co | self.fr):
            return False
        rfe, rfi = self.rf & external, self.rf - external
        overwrite = self.co | self.fr
        strong = self.fenced("mb", "RW")
        wmb = self.fenced("wmb", "W")
        release = {(a, b) for a, b in po if b.tag == "release"}
        acquire = {(a, b) for a, b in po if a.tag == "acquire"}
        fence = strong | release | acquire | wmb | self.fenced("rmb", "R")
        data = {(a, b) for a, b in po if a.kind == "R" and b.kind == "W" and a.value == b.value}
        ppo = data | join(data, rfi) | (overwrite - external) | fence
        cumul = join(rfe | same, strong | release) | wmb
        prop = join(join((overwrite & external) | same, closure(cumul) | same), rfe | same)
        inside = {(a, b) for a, b in prop if a is not b and (a, b) not in external}
        happens = ppo | rfe | inside
        return is_acyclic(happens) and is_acyclic(join(join(prop, strong), closure(happens) | same))


def valued(threads, read_from):
    """Values of all reads and writes; None if they hang on each other in a ring."""
    source = {read: write for write, read in read_from}
    values = {}

    def look(event, seen):
        if event in seen:
            return None
        if event not in values:
            if event.kind == "R":
                values[event] = look(source[event], seen | {event})
            elif event.value.isdigit():
                values[event] = int(event.value)
            else:
                before = [e for e in threads[event.thread] if e.kind == "R" and e.value == event.value and e.index < event.index]
                if not before:
                    raise Unknown(f"{event.value}: never read")
                values[event] = look(before[-1], seen | {event})
        return values[event]

    for thread in threads:
        for event in thread:
            if event.kind != "F" and look(event, frozenset()) is None:
                return None
    return values


def candidates(threads):
    """Every execution with its registers and its memory at the end."""
    events = [event for thread in threads for event in thread]
    places = sorted({e.place for e in events if e.kind != "F"})
    first = {place: Event(None, 0, "W", place, "0") for place in places}
    reads = [e for e in events if e.kind == "R"]
    writes = {place: [e for e in events if e.kind == "W" and e.place == place] for place in places}
    sources = [[first[e.place], *writes[e.place]] for e in reads]
    orders = [list(itertools.permutations(writes[place])) for place in places]
    for chosen in itertools.product(*sources):
        read_from = set(zip(chosen, reads))
        values = valued(threads, read_from)
        if values is None:
            continue
        final = {(e.thread, e.value): values.get(e) for e in reads}
        for order in itertools.product(*orders):
            coherence, memory = set(), {}
            for place, row in zip(places, order):
                row = [first[place], *row]
                coherence |= set(itertools.combinations(row, 2))
                memory[place] = values.get(row[-1], 0)
            yield Candidate([*events, *first.values()], read_from, coherence), final, memory


def judge(text):
    """(what the model says, what the file expects)"""
    threads, condition, expected = parse(text)
    code = compile(condition, "exists", "eval")
    try:
        for candidate, final, memory in candidates(threads):
            if eval(code, {}, {"final": final, "memory": memory}) and candidate.is_allowed():
                return "Sometimes", expected
    except KeyError as error:
        raise Unknown(f"condition: no {error}") from error
    return "Never", expected


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only-known", action="store_true", help="leave out files with what this program does not know")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    writer = tap.Writer()
    for path in options.files or sorted(pathlib.Path(__file__).resolve().parent.glob("*.litmus")):
        try:
            said, expected = judge(path.read_text())
        except Unknown as error:
            if options.only_known:
                continue
            said, expected = f"not understood: {error}", "a test"
        good = said == expected
        writer.test(f"litmus: {path.stem}: {said}" + ("" if good else f", not {expected}"), good)
    return writer.end()


if __name__ == "__main__":
    sys.exit(main())
