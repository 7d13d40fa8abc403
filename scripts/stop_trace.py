# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tracepoint of the stop said of a run, held against tests/models/stop_log.pml."""
import pathlib
import re
import shutil
import subprocess
import tempfile

MODELS = pathlib.Path(__file__).resolve().parent.parent / "tests" / "models"
TIMEOUT_S = 300
MEMORY_MB = 1500
STOP, RESET, ENABLE, DISABLE = 1, 3, 4, 5
GLITCH = 2
STATES = {"STOPPED": 0, "READY": 1, "ENABLED": 2}
BUTTON_A, BUTTON_B, OTHER = 1, 64, 128
# enum oht_cause as the model has them.
CAUSES = {2: BUTTON_A, 3: BUTTON_B, 4: 2, 6: 16, 7: 8, 8: 32, 9: 32}
FALSE_MAX = 12


class TraceError(Exception):
    """A log that cannot be held against anything."""


def causes_of(mask):
    """The causes of a record in the bits of the model."""
    found = 0
    for cause in range(1, 64):
        if mask & 1 << cause:
            found |= CAUSES.get(cause, OTHER)
    return found


def number(kind, was, to, inputs, outputs, causes):
    return kind + 8 * was + 32 * to + 128 * inputs + 512 * outputs + 1024 * causes


def with_bits(line, mask, bits):
    return line & ~mask | bits


def slices_of(log):
    """Tuples of records, each from behind a reset to the next one; what comes before the first is left out."""
    found, lines, known = [], None, 0
    for name, f in log:
        kind = int(f["kind"]) if name == "estop" else 0
        kind = STOP if kind == GLITCH else kind
        if kind not in (STOP, RESET, ENABLE, DISABLE):
            continue
        causes = causes_of(int(f["causes"], 16))
        if kind == STOP and not causes & ~known:
            continue
        known = causes
        if lines is not None:
            lines.append(number(kind, STATES[f["from"]], STATES[f["to"]], int(f["inputs"], 16) & 3,
                                int(f["outputs"] != "0" and f["outputs"] != "0x0"), causes))
        if f["seq"] == "1" or kind == RESET:
            found += [tuple(lines)] if lines and kind == RESET else []
            lines = [] if kind == RESET else None
    return found + ([tuple(lines)] if lines else [])


# ---- falsehoods: another slice, or None where that cannot be said of this one ----

def kind_of(line):
    return line & 7


def place_of(lines, fits):
    return next((at for at, line in enumerate(lines) if fits(line)), None)


def changed(lines, fits, mask, bits):
    at = place_of(lines, fits)
    return None if at is None else (*lines[:at], with_bits(lines[at], mask, bits), *lines[at + 1:])


def stop_from_enabled(line):
    return kind_of(line) == STOP and line >> 3 & 3 == 2


def high_after_stop(lines):
    return changed(lines, lambda line: kind_of(line) == STOP, 512, 512)


def stop_missing(lines):
    at = place_of(lines, stop_from_enabled)
    return None if at is None or at + 1 == len(lines) else (*lines[:at], *lines[at + 1:])


def stopped_twice(lines):
    at = place_of(lines, lambda line: kind_of(line) == STOP)
    return None if at is None else (*lines[:at + 1], *lines[at:])


def enabled_while_stopped(lines):
    at = place_of(lines, lambda line: kind_of(line) == STOP)
    return None if at is None else (*lines[:at + 1], number(ENABLE, 0, 2, 3, 1, 0), *lines[at + 1:])


def enabled_open(lines):
    return changed(lines, lambda line: kind_of(line) == ENABLE, 128, 0)


def low_when_enabled(lines):
    return changed(lines, lambda line: kind_of(line) == ENABLE, 512, 0)


def reset_open(lines):
    return changed(lines, lambda line: kind_of(line) == RESET, 256, 0)


def reset_after_one_channel(lines):
    """Of a press only one channel is left, and all the same it is reset."""
    causes = 0
    for line in lines:
        causes |= line >> 10
    if causes & (BUTTON_A | BUTTON_B) != BUTTON_A | BUTTON_B or kind_of(lines[-1]) != RESET:
        return None
    left, known = [], 0
    for line in lines:
        line = with_bits(line, 1024 * BUTTON_B, 0) | 256
        if kind_of(line) == STOP and not line >> 10 & ~known:
            continue
        known = line >> 10
        left.append(line)
    return tuple(left)


def high_after_disable(lines):
    return changed(lines, lambda line: kind_of(line) == DISABLE, 512, 512)


FALSEHOODS = {
    high_after_stop: "outputs high after a stop",
    stop_missing: "a stop without a record",
    stopped_twice: "a cause recorded twice in one stop",
    enabled_while_stopped: "an enable without a reset",
    enabled_open: "an enable with an open channel",
    low_when_enabled: "enabled, and the outputs low",
    reset_open: "a reset with an open channel",
    reset_after_one_channel: "a reset after only one channel was seen open",
}


def falsify(slices):
    """(name, slice) of every falsehood that is to be refused."""
    for make, name in FALSEHOODS.items():
        made = [false for false in map(make, slices) if false]
        yield from ((name, false) for false in made[:FALSE_MAX])


# ---- the search ----

def numbers(values):
    return "{ " + ", ".join(map(str, values)) + " }"


def write_slices(path, slices):
    log, first = [], []
    for one in slices:
        first.append(len(log))
        log += [*one, 0]
    path.write_text(f"static const int slices_log[] = {numbers(log)};\nstatic const int slices_first[] = {numbers(first)};\n")
    return len(log)


def search(slices):
    """Which slices are runs of the model, and how far each can be followed."""
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for name in ("causes.pml", "stop_log.pml"):
            shutil.copyfile(MODELS / name, work / name)
        lines = write_slices(work / "slices.h", slices)
        build = ["gcc", "-O1", "-w", "-DSAFETY", "-DNOREDUCE", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MB}", "-o", "pan", "pan.c"]
        for command in (["spin", "-a", f"-DSLICES={len(slices)}", f"-DLINES={lines}", "stop_log.pml"], build,
                        ["./pan", "-n", "-E", "-m2000000"]):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
            said = done.stdout + done.stderr
            if command[0] != "./pan" and (done.returncode or "rror" in said):
                raise TraceError(f"{command[0]}: {said.strip().splitlines()[:2]}")
    if "errors: 0" not in said or "Search not completed" in said:
        raise TraceError(f"pan: {[line for line in said.splitlines() if line.startswith(('pan', 'error'))][:2]}")
    accepted = {int(found) for found in re.findall(r"^accepted (\d+)$", said, re.MULTILINE)}
    reached = {int(found): int(at) for found, at in re.findall(r"^reached (\d+) (\d+)$", said, re.MULTILINE)}
    return accepted, reached


def words(line):
    kind = {STOP: "stop", RESET: "reset", ENABLE: "enable", DISABLE: "disable"}[kind_of(line)]
    return (f"{kind}: {line >> 3 & 3} -> {line >> 5 & 3}, inputs {line >> 7 & 3}, outputs {line >> 9 & 1}, "
            f"causes {line >> 10:#x}")


def check(writer, logs):
    """Are all slices runs of the model, and is no falsehood?"""
    slices = sorted({one for log in logs for one in slices_of(log)})
    if not slices:
        raise TraceError("the stop has said nothing")
    false = list(falsify(slices))
    accepted, reached = search(slices + [one for _, one in false])
    notes = []
    for at, one in enumerate(slices):
        if at not in accepted:
            notes += [f"not a run, from line {reached.get(at, 0)} on:", *map(words, one)]
    writer.test(f"the stop: {len(slices)} different slices: {len(accepted & set(range(len(slices))))} are runs of the model",
                not notes, *notes[:60])
    for name in FALSEHOODS.values():
        mine = [len(slices) + at for at, (said, _) in enumerate(false) if said == name]
        taken = [at for at in mine if at in accepted]
        notes = [f"taken for a run: {[words(line) for line in false[at - len(slices)][1]]}" for at in taken[:1]]
        writer.test(f"the stop: refused: {name} ({len(mine)} slices)", mine and not taken, *notes)
