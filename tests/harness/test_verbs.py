# SPDX-License-Identifier: GPL-2.0-or-later
"""The one table of commands: a row that is wrong does not compile, and the other tables agree with it."""

import csv
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
OHTD = TOP / "userspace/ohtd"
TABLE = (OHTD / "robot/verbs.def").read_text(encoding="ascii")
ROLES = ["viewer", "operator", "supervisor", "administrator", "system"]
HOME = 'OHTD_TASK(HOME, 21, "home", HOME_COMMAND, "home_command", OPERATOR, AUTOMATIC,\n\t  OHTD_OFF_DOCK, ohtd_motion_execute)\n'


def compiled(tmp_path, table):
    """What the compiler says of verbs.c with this table; "": nothing."""
    for room in ("base", "motion", "robot"):
        (tmp_path / room).mkdir()
        for header in (OHTD / room).glob("*.h"):
            shutil.copy(header, tmp_path / room)
    shutil.copy(OHTD / "robot/verbs.c", tmp_path / "robot")
    shutil.copy(OHTD / "robot/whys.def", tmp_path / "robot")
    (tmp_path / "robot/verbs.def").write_text(table)
    command = ["cc", "-fsyntax-only", "-std=gnu11", "-Wall", "-Wextra", "-Werror", f"-I{tmp_path}", f"-I{TOP}/userspace",
               f"-I{TOP}/userspace/liboht/include", f"-I{TOP}/userspace/liboht", f"-I{TOP}/include/uapi",
               str(tmp_path / "robot/verbs.c")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert bool(done.returncode) == bool(done.stderr)
    return done.stderr


def test_the_table_compiles(tmp_path):
    assert HOME in TABLE
    assert compiled(tmp_path, TABLE) == ""


@pytest.mark.parametrize("before, after, said", [
    (HOME, HOME + HOME, "OHTD_COMMAND_HOME"),
    (HOME, HOME + HOME.replace("HOME", "REST", 1).replace("HOME_", "REST_"), "overwritten"),
    ("HOME, 21,", "HOME, 99,", "exceeds"),
    ("HOME_COMMAND,", "NONE,", "OHTD_EVENT_NONE"),
    ("HOME_COMMAND,", "DOCK_COMMAND,", "OHTD_EVENT_DOCK_COMMAND"),
    ("HOME_COMMAND,", "SHUTDOWN,", "OHTD_EVENT_SHUTDOWN"),
    ('"home_command", OPERATOR', '"home_command", NONE', "HOME: a verb has a role"),
    ('"home_command", OPERATOR', '"home_command", KING', "OHTD_ROLE_KING"),
    ("ANY, OHTD_ENDS_MOTION, do_event", "ANY, OHTD_ENDS_MOTION | OHTD_NEEDS_CONTROL, do_event",
     "STOP: what ends a motion needs no control"),
], ids=["row twice", "number twice", "gap", "no event", "event of another", "event of nobody's own", "no role",
        "unknown role", "stop with control"])
def test_a_wrong_row_does_not_compile(tmp_path, before, after, said):
    assert TABLE.count(before) == 1
    complaint = compiled(tmp_path, TABLE.replace(before, after))
    assert said in complaint and "verbs.def:" in complaint, complaint


def twice(table):
    """Alarm numbers and words that two rows of whys.def have."""
    seen, wrong = {}, []
    found = list(re.finditer(r'^OHTD_WHY\(\w+, (\d+), \w+, (?:ENDS|FAILS), "(\w+)",', table, re.MULTILINE))
    assert len(found) == len(re.findall(r"^OHTD_WHY", table, re.MULTILINE))
    for row in found:
        line = table.count("\n", 0, row.start()) + 1
        for what in (f"alarm {row[1]}" if row[1] != "0" else None, f'word "{row[2]}"'):
            if what and seen.setdefault(what, line) != line:
                wrong.append(f"userspace/ohtd/robot/whys.def:{line}: {what} is that of line {seen[what]}")
    return wrong


def test_reasons_have_a_word_and_an_alarm_of_their_own():
    table = (OHTD / "robot/whys.def").read_text(encoding="ascii")
    assert twice(table) == []
    more = 'OHTD_WHY(OTHER, 23, WARNING, FAILS, "moving", "It is so.", "See the log.")\n'
    line = table.count("\n") + 1
    assert [said.split(": ", 1)[0] for said in twice(table + more)] == [f"userspace/ohtd/robot/whys.def:{line}"] * 2


def by_place(folder):
    """Comparisons that depend on the place of a reason or a severity in its list, or on the first letter of a word."""
    place = re.compile(r"[^-<>][<>]=?\s*OHTD_(?:WHY|SEVERITY)_(?!MAX|GAP)[A-Z]|severity [<>]=? [\w>.-]*severity|\*[\w>.()-]*(?:state|severity|event|word)\b\S* == '[a-z]'")
    return [f"{path.parent.name}/{path.name}:{number}: {line.strip()}" for path in sorted(folder.glob("*/*.c"))
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if place.search(line)]


def test_nothing_is_decided_by_the_place_of_a_row_or_by_a_letter():
    """A column says it: a new row stands at the end, and a word may begin like another one."""
    assert by_place(OHTD) == []


def test_a_verb_of_ohtctl_without_its_request_does_not_compile(tmp_path):
    ohtctl = TOP / "userspace/ohtctl"
    for header in ohtctl.glob("*.h"):
        shutil.copy(header, tmp_path)
    shutil.copy(ohtctl / "ohtctl.c", tmp_path)
    command = ["cc", "-fsyntax-only", "-std=gnu11", "-Wall", "-Wextra", "-Werror", f"-I{TOP}/userspace",
               f"-I{TOP}/userspace/liboht", f"-I{TOP}/include/uapi", str(tmp_path / "ohtctl.c")]
    whole = (ohtctl / "remote.def").read_text(encoding="ascii")
    forgotten = ["safety_stop", "webhooks_test"]
    for table, missing in ((whole, []), (re.sub(rf"(?m)^REMOTE_\w+\((?:{'|'.join(forgotten)}),.*\n", "", whole), forgotten)):
        (tmp_path / "remote.def").write_text(table)
        said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
        assert sorted(set(re.findall(r"remote_(\w+). undeclared", said))) == missing, said


def test_every_search_for_a_name_ends_with_its_table():
    sources = {path.name: path.read_text(encoding="utf-8") for path in sorted(OHTD.parent.glob("*/**/*.c"))}
    assert [name for name, source in sources.items() if re.search(r"while \(strcmp\(\w+\[", source)] == []


def rows():
    """Kind, event as the state table has it, role, route and elevation of each row."""
    verb = re.compile(r'^OHTD_(?:TASK|VERB)\((\w+), \d+, "\w+", \w+, "(\w+)", (\w+),', re.MULTILINE)
    other = re.compile(r'^OHTD_COMMAND\((\w+), \d+, (?:"\w+"|NULL), (\w+), (\w+), (?:"([^"]+)"|NULL),\s+(\w+),', re.MULTILINE)
    found = [(kind, event, role.lower(), "POST robot/commands", "NEVER") for kind, event, role in verb.findall(TABLE)]
    found += [(kind, event.lower(), role.lower(), route, elevation) for kind, event, role, route, elevation in other.findall(TABLE)]
    assert len(found) == len(re.findall(r"^OHTD_\w+\(", TABLE, re.MULTILINE))
    return found


def test_commands_ask_for_the_role_of_their_event():
    """The state table decides; a command that asked for another role would lock out or promise too much."""
    with open(TOP / "userspace/data/state_machine.csv", encoding="ascii", newline="") as file:
        states = list(csv.DictReader(file))
    events = [row for row in rows() if row[1] != "none"]
    assert len(events) >= 13
    for kind, event, role, _, _ in events:
        roles = [row["role"] for row in states if row["event"] == event]
        assert roles, f"state_machine.csv has no row for {event} of {kind}"
        assert min(roles, key=ROLES.index) == role, kind
    # The emergency stop is no command: it goes past the control thread.
    assert {row["role"] for row in states if row["event"] == "estop_triggered"} == {"operator"}
    assert '"safety/stop", .role = OHTD_ROLE_OPERATOR' in (OHTD / "api/safety.c").read_text()


def test_routes_ask_for_the_role_and_the_elevation_of_their_command():
    sources = "".join(path.read_text() for path in sorted((OHTD / "api").glob("*.c")))
    routes = {f"{method} {path}": (role.lower(), (re.findall(r"OHTD_ELEVATION_(\w+)", rest) or ["NEVER"])[0]) for method, path, role, rest in
              re.findall(r'\.method = OHTD_(\w+), \.path = "([^"]+)", \.role = OHTD_ROLE_(\w+)(.*?)\.handle =', sources, re.DOTALL)}
    asked = {}
    for kind, _, role, route, elevation in rows():
        if route:
            assert route in routes, f"{kind}: no route {route}"
            assert role in ("none", routes[route][0]), kind
            assert routes[route][1] == elevation, kind
            asked[route] = kind
    assert len(asked) >= 18
    # A write of one register, with a value that is known; and the other ways to a version of the configuration.
    assert {route for route in routes if routes[route][1].startswith("BY_")} - set(asked) == {
        "POST alert-rules", "PUT alert-rules/{name}", "DELETE alert-rules/{name}",
        "POST modules/{unit}/reset", "POST config/check", "POST config/import", "POST config/import/check", "POST config/versions/{id}/rollback", "POST config/rescue", "POST robot/limits/reload",
        "POST robot/stations/{name}/teach"}


def test_ohtctl_has_each_verb():
    """As `ohtctl robot WORD` or `ohtctl safety WORD`, which the completion and the manual page must know."""
    source = (TOP / "userspace/ohtctl/ohtctl.c").read_text()
    known = set(re.findall(r'^\t\{ "(?:robot|safety) ([\w-]+)"', source, re.MULTILINE))
    verbs = set(re.findall(r'^OHTD_(?:TASK|VERB)\(\w+, \d+, "(\w+)"', TABLE, re.MULTILINE))
    assert len(verbs) >= 10
    assert verbs - known == {"reset_fault"}, "reset_fault is for the page and other clients only"
