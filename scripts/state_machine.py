#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The robot's state machine as a graph: its promises, its page in the documents, its model for spin.

state_machine.py check [FILE]   says which promise the table breaks
state_machine.py write          docs/states.md and tests/models/robot_table.pml anew
"""
import csv
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
TABLE = TOP / "userspace" / "data" / "state_machine.csv"
ACTIONS = TOP / "userspace" / "ohtd" / "control" / "steps.c"
PAGE = TOP / "docs" / "states.md"
MODEL = TOP / "tests" / "models" / "robot_table.pml"

OUTPUTS_ON = ("idle", "move", "paused", "blocked", "dock", "config")
MOTION = ("move", "dock")
OUTPUTS_OFF = ("boot", "init", "fault", "estop", "safe", "shutdown")
# A change of the configuration needs no state (docs/decisions.md, D301), so no event leads there.
NOT_REACHED = "config"

# What a table promises about an action, in the words of the model; actions that are not here move nothing.
MEANING = {
    "latch": "latch", "keep latch": "latch",
    "outputs off": "off", "outputs stay off": "off", "nothing moves": "off",
    "zero speed to drive": "zero", "stop telegram": "zero", "repeat stop telegram": "zero",
    # The last set-point of a motion that is complete is nought.
    "complete command": "zero",
    "controlled stop": "wait", "controlled stop when drive answers": "wait",
    "process start": "farewell",
}
# What the device is asked for before the state changes.
ASKED = {"outputs on": "ask_enable", "clear latch": "ask_reset", "ask for enable": "ask_reset"}
# Actions that set something in motion, as the daemon has them.
BEGINS = set(re.findall(r'^\t\{ "([^"]+)",[^}]*\.begins = true', ACTIONS.read_text(encoding="ascii"), re.MULTILINE))
# Words of the guards that the model has; every other word may be true or not.
BOUND = {"estop_latched": "seen_latched", "standstill": "!DRIVEN", "estop_inputs_released": "seen_closed",
         "auto_enable": "auto_enable", "unclean_restart": "unclean_restart"}
IMPLIES = {"safety_ok": "!seen_latched"}
# The set-points are nought and the drive has said so, before the machine is asked for these.
NEEDS_ZERO = ("outputs on",)


class TableError(Exception):
    """A promise that the table breaks."""


def load(path=TABLE):
    with open(path, encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def actions(row):
    return [action.strip() for action in row["action"].split(";")]


def is_wait(action):
    return MEANING.get(action) == "wait"


def terms(guard):
    """What has to be true of a guard in any case."""
    depth, term, found = 0, "", []
    for part in re.split(r"(&&|\|\||[()])", guard):
        depth += (part == "(") - (part == ")")
        if part == "||" and not depth:
            return []
        if part == "&&" and not depth:
            found.append(term.strip())
            term = ""
        else:
            term += part
    return [*found, term.strip()]


# ---- the graph ----

def reached(rows, begin, without=lambda row: False):
    """The states that can be reached from some states."""
    found = set(begin)
    while True:
        more = {row["to"] for row in rows if row["from"] in found and not without(row)}
        if more <= found:
            return found
        found |= more


def states(rows):
    return sorted({row["from"] for row in rows} | {row["to"] for row in rows})


def fail(rule, row=None):
    where = f": {row['from']},{row['event']},{row['to']}" if row else ""
    raise TableError(rule + where)


def check_ways(rows):
    for state in states(rows):
        if "safe" not in reached(rows, [state], without=lambda row: row["from"] == "shutdown" != state):
            fail(f"'{state}' does not reach safe without a restart")
        stops = [row for row in rows if row["from"] == state and row["event"] == "estop_triggered"]
        if [(row["to"], row["guard"]) for row in stops] != [("estop", "always")]:
            fail(f"'{state}' is not stopped by every estop_triggered")
        if not any(row["from"] == state and row["event"] == "stop_command" and row["guard"] == "always" for row in rows):
            fail(f"'{state}' does not take every stop_command")
    if reached(rows, ["boot"]) != set(states(rows)):
        fail("a state cannot be reached from boot")


def is_way_on(row):
    """A person's enable out of safe, or enable by itself after a clean shutdown."""
    if row["event"] == "safe_reset":
        return row["from"] == "safe"
    return (row["event"] == "init_complete" and
            {"auto_enable", "!unclean_restart", "!estop_latched"} <= set(terms(row["guard"])))


# Each row that raises the outputs asks for these, a person's enable and the one by itself.
RAISING = ("no_fault", "safety_ok", "communication_ok", "sensors_ok", "!estop_latched")


def check_outputs(rows):
    found = reached(rows, OUTPUTS_OFF, without=is_way_on) & set(OUTPUTS_ON)
    if found:
        fail(f"a way to '{sorted(found)[0]}' without enable")
    for row in rows:
        was, now = row["from"] in OUTPUTS_ON, row["to"] in OUTPUTS_ON
        if now and not was and "outputs on" not in actions(row):
            fail("no 'outputs on' on the way to outputs on", row)
        missing = [word for word in RAISING if now and not was and word not in terms(row["guard"])]
        if missing:
            fail(f"outputs that rise do not ask for '{missing[0]}'", row)
        if "outputs on" in actions(row) and (was or not now):
            fail("'outputs on' where no enable leads", row)
        if was and not now and "outputs off" not in actions(row):
            fail("no 'outputs off' on the way to outputs off", row)


def check_stop(rows):
    for row in rows:
        if row["to"] == "estop" and row["event"] == "estop_triggered" and not {"latch", "keep latch"} & set(actions(row)[:1]):
            fail("the latch is not first", row)
        if row["from"] == "estop" and row["to"] != "estop" and (row["event"], row["to"]) not in (
                ("estop_reset", "safe"), ("shutdown", "shutdown")):
            fail("a way out of estop besides reset and shutdown", row)
        if ("clear latch" in actions(row)) != ((row["from"], row["event"]) == ("estop", "estop_reset")):
            fail("the latch is cleared by the reset and by nothing else", row)


def check_motion(rows):
    for row in rows:
        waits = [i for i, action in enumerate(actions(row)) if is_wait(action)]
        leaves = row["from"] in MOTION and row["to"] not in MOTION and row["to"] != "estop"
        if leaves and not waits and "standstill" not in terms(row["guard"]):
            fail("no controlled stop on the way out of motion", row)
        if waits and "outputs off" in actions(row) and actions(row).index("outputs off") < waits[0]:
            fail("the outputs go off before the controlled stop", row)
        if row["from"] not in MOTION and row["to"] in MOTION and row["role"] == "system" and "auto_continue" not in terms(row["guard"]):
            fail("motion begins by itself", row)
        if row["to"] == "config" and row["from"] != "config" and "standstill" not in terms(row["guard"]):
            fail("config is entered while moving", row)


def check(rows):
    """TableError: what the table breaks."""
    for part in (check_ways, check_outputs, check_stop, check_motion):
        part(rows)


# ---- the page ----

def thick():
    return [state for state in OUTPUTS_ON if state != NOT_REACHED]


def drawing(rows):
    """The graph in the language of mermaid; what leads to estop, fault and shutdown from anywhere is left out."""
    edges = {}
    for row in rows:
        everywhere = (row["event"], row["to"]) in (("estop_triggered", "estop"), ("fault_detected", "fault"), ("shutdown", "shutdown"))
        if row["from"] != row["to"] and not everywhere and NOT_REACHED not in (row["from"], row["to"]):
            edges.setdefault((row["from"], row["to"]), []).append(row["event"])
    lines = ["stateDiagram-v2", "    [*] --> boot"]
    for (was, now), events in edges.items():
        lines.append(f"    {was} --> {now} : {', '.join(dict.fromkeys(events))}")
    lines.append(f"    classDef on stroke-width:3px\n    class {','.join(thick())} on")
    return "\n".join(lines)


def page(rows):
    parts = [f"""# States of the robot

Made from `userspace/data/state_machine.csv` by `scripts/state_machine.py write`; a test holds this page against the table.
What the columns mean: [data.md](data.md#state_machinecsv). How events are taken and actions carried out:
[architecture.md](architecture.md#the-state-machine).

The outputs are on in the states with a thick border: {', '.join(thick())}. From every state `estop_triggered`
leads to `estop`, `shutdown` to `shutdown`, and from all but `estop` and `shutdown` `fault_detected` leads to `fault`; the
drawing leaves these out. It also leaves out `{NOT_REACHED}`: the table has rows for it, but no event leads there, since a
change of the configuration needs no state of its own
([D301](decisions.md#d301-a-change-is-one-act-between-two-cycles-and-needs-no-state-of-its-own)).

```mermaid
{drawing(rows)}
```
"""]
    for state in dict.fromkeys(row["from"] for row in rows):
        parts.append(f"\n## {state}\n\n| event | if | to | actions, in this order | role |\n|---|---|---|---|---|\n")
        for row in (row for row in rows if row["from"] == state):
            guard = "" if row["guard"] == "always" else f"`{row['guard']}`".replace("|", "\\|")
            parts.append(f"| `{row['event']}` | {guard} | {row['to']} | {row['action']} | {row['role']} |\n")
    return "".join(parts)


# ---- the model ----

def tokens(guard):
    return re.findall(r"&&|\|\||[()!]|\w+(?: *(?:<=|>=|==|<|>) *\w+)?", guard)


class Guard:
    """A guard as what the model can say of it: true wherever it may be true."""

    def __init__(self, text):
        self.left = tokens(text)

    def peek(self, token):
        return bool(self.left) and self.left[0] == token

    def word(self, wanted):
        token = self.left.pop(0)
        if token == "always":
            return "true" if wanted else "false"
        if token in BOUND:
            return BOUND[token] if wanted else f"!({BOUND[token]})"
        return IMPLIES[token] if wanted and token in IMPLIES else "true"

    def unary(self, wanted):
        if self.peek("!"):
            self.left.pop(0)
            return self.unary(not wanted)
        if self.peek("("):
            self.left.pop(0)
            inside = self.either(wanted)
            self.left.pop(0)
            return inside
        return self.word(wanted)

    def both(self, wanted):
        parts = [self.unary(wanted)]
        while self.peek("&&"):
            self.left.pop(0)
            parts.append(self.unary(wanted))
        return parts[0] if len(parts) == 1 else f"({(' && ' if wanted else ' || ').join(parts)})"

    def either(self, wanted=True):
        parts = [self.both(wanted)]
        while self.peek("||"):
            self.left.pop(0)
            parts.append(self.both(wanted))
        return parts[0] if len(parts) == 1 else f"({(' || ' if wanted else ' && ').join(parts)})"


def step(action, rest):
    """One action of a row; a wait keeps what stands behind it."""
    if action in BEGINS:
        return "begin_motion()"
    meaning = MEANING.get(action)
    if meaning != "wait":
        return f"{meaning}()" if meaning else ""
    unknown = [other for other in rest if MEANING.get(other) not in (None, "off", "zero") or other in BEGINS]
    if unknown:
        raise TableError(f"the model cannot keep '{unknown[0]}' behind '{action}'")
    return f"wait({'true' if 'outputs off' in rest else 'false'})"


def option(row):
    """A row as an option of take()."""
    listed = actions(row)
    conditions = [f"state == {row['from'].upper()}", f"event == E_{row['event'].upper()}", Guard(row["guard"]).either()]
    if set(listed) & set(NEEDS_ZERO):
        conditions.append("ZEROED")
    asks = [ASKED[action] for action in listed if action in ASKED]
    steps = []
    for i, action in enumerate(listed):
        said = step(action, listed[i + 1:])
        # What moves already begins no second time.
        if said and (said != "begin_motion()" or said not in steps):
            steps.append(said)
        if said.startswith("wait"):
            break
    lines = [f"\t:: {' && '.join(text for text in conditions if text != 'true')} ->"]
    if asks:
        lines.append(f"\t\t{asks[0]}();\n\t\tif\n\t\t:: granted ->")
    indent = "\t\t\t" if asks else "\t\t"
    if row["from"] != row["to"] or any(said.startswith("wait") for said in steps):
        lines.append(f"{indent}cut();")
    lines.append(f"{indent}enter({row['to'].upper()});")
    lines += [f"{indent}{said};" for said in steps]
    lines.append(f"{indent}done()")
    if asks:
        lines.append("\t\t:: else\n\t\tfi")
    return "\n".join(lines)


def model(rows):
    names = states(rows)
    events = list(dict.fromkeys(row["event"] for row in rows))
    parts = ["/* SPDX-License-Identifier: GPL-2.0-or-later */\n"
             "/* Made from userspace/data/state_machine.csv by scripts/state_machine.py: do not edit. */\n"]
    parts += [f"#define {name.upper()}\t{number}\n" for number, name in enumerate(names)]
    parts += [f"#define E_{name.upper()}\t{number}\n" for number, name in enumerate(events)]
    parts.append(f"#define EVENTS\t{len(events)}\n\n")
    parts.append("#define OUTPUTS_ON(s)\t(" + " || ".join(f"s == {name.upper()}" for name in OUTPUTS_ON) + ")\n\n")
    parts.append("inline take()\n{\n\tif\n" + "\n".join(option(row) for row in rows) +
                 "\n\t/* Refused: no row, or a guard that is not true. */\n\t:: true\n\tfi\n}\n")
    return "".join(parts)


def main():
    if sys.argv[1:] == ["write"]:
        rows = load()
        check(rows)
        PAGE.write_text(page(rows), encoding="ascii")
        MODEL.write_text(model(rows), encoding="ascii")
        return 0
    if sys.argv[1:2] == ["check"] and len(sys.argv) <= 3:
        try:
            check(load(*sys.argv[2:]))
        except TableError as error:
            print(f"state_machine.py: {error}", file=sys.stderr)
            return 1
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
