# SPDX-License-Identifier: GPL-2.0-or-later
"""The rooms of the daemon: each file includes its own and those below, and no folder is too full to be seen through."""
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]
OHTD = TOP / "userspace/ohtd"
FILES_MAX = 40
FUNCTION_MAX = 60
# Rooms that belong to one other.
OF_ONE = {"modules": "control"}


def rooms():
    """From top to bottom, as docs/architecture.md has them."""
    text = (TOP / "docs/architecture.md").read_text().split("### Rooms of the daemon")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)


def upward(room, name, source, floors):
    """Includes of a file that point to no room, or to one above."""
    wrong = []
    for number, line in enumerate(source.splitlines(), 1):
        found = re.match(r'#include "([a-z_]+)/\w+\.(?:h|def)"', line)
        if found and (found[1] in floors and floors[found[1]] < floors[room]):
            wrong.append(f"{room}/{name}:{number}: {line}: {found[1]} is above {room}")
        elif found and room not in (found[1], OF_ONE.get(found[1], room)):
            wrong.append(f"{room}/{name}:{number}: {line}: only {OF_ONE[found[1]]} includes {found[1]}")
    return wrong


def test_rooms_stand_on_those_below():
    floors = {room: floor for floor, room in enumerate(rooms())}
    assert set(floors) == {path.name for path in OHTD.iterdir() if path.is_dir()}
    wrong, included = [], 0
    for path in sorted(OHTD.glob("*/*.[ch]")):
        source = path.read_text()
        included += source.count('#include "')
        wrong += upward(path.parent.name, path.name, source, floors)
    assert included > 900 and not wrong, "\n".join(wrong)
    assert upward("base", "x.c", '#include "main/daemon.h"', floors)
    assert upward("api", "x.c", '#include "modules/modules.h"', floors) and not upward("api", "x.c", '#include "control/robot.h"', floors)


def test_alerts_know_no_part_of_the_daemon():
    """Each part brings its alerts and its judge (base/part.h)."""
    known = {room for path in (OHTD / "alerts").glob("*.[ch]") for room in re.findall(r'^#include "(\w+)/\w+\.(?:h|def)"', path.read_text(), re.MULTILINE)}
    assert known - {"alerts", "common"} == {"accounts", "base", "control", "history", "robot", "settings", "store", "views"}


# What a part needs outside of its room: its routes and their list, its place among the services and parts, its keys of ohtd.conf, its problems,
# and its tables where names, secrets and counts of all tables are.
WEBHOOKS_KNOWN_BY = {
    "accounts/erase.c", "api/routes.def", "api/webhook_deliveries.c", "api/webhooks.c", "config/config.c", "config/config.h", "http/catalogue.c",
    "main/parts.def", "store/carry.c", "views/services.h",
}


def test_few_files_know_webhooks():
    """A part is told by listeners and asked by its description (base/part.h), so that a change of it is one of its room."""
    known = {f"{path.parent.name}/{path.name}" for form in ("*/*.[ch]", "*/*.def") for path in OHTD.glob(form) if "webhook" in path.read_text().lower()}
    assert {name for name in known if not name.startswith("webhooks/")} == WEBHOOKS_KNOWN_BY and len(WEBHOOKS_KNOWN_BY) <= 10


def knowing_h2o(sources):
    """Files that include h2o, also by a header of ours: room/name."""
    knowing = {name for name, source in sources.items() if re.search(r"^#include <h2o", source, re.MULTILINE)}
    included = {name: set(re.findall(r'^#include "(\w+/\w+\.h)"', source, re.MULTILINE)) for name, source in sources.items()}
    while more := {name for name, headers in included.items() if headers & knowing} - knowing:
        knowing |= more
    return knowing


def test_only_the_server_and_its_guest_know_h2o():
    known = knowing_h2o({f"{path.parent.name}/{path.name}": path.read_text() for path in OHTD.glob("*/*.[ch]")})
    assert len(known) > 30 and sorted(name for name in known if name.split("/")[0] not in ("server", "live")) == []
    assert knowing_h2o({"a/a.h": "#include <h2o.h>\n", "b/b.c": '#include "a/a.h"\n', "c/c.c": ""}) == {"a/a.h", "b/b.c"}


def tags(source):
    return re.findall(r"^(?:struct|enum|union) (ohtd_\w+) \{", source, re.MULTILINE)


def test_no_tag_names_two_things():
    """Of the whole program, so that a search finds one struct."""
    places = {}
    for path in sorted(OHTD.glob("*/*.[ch]")):
        for tag in tags(path.read_text()):
            places.setdefault(tag, []).append(f"{path.parent.name}/{path.name}")
    assert len(places) > 400 and {tag: found for tag, found in places.items() if len(found) > 1} == {}


# Externs and tags of a room that do not begin with its word, as they were when the rule came. A number only shrinks.
# Rooms that are not here have none; `base` has the words of all rooms.
WITHOUT_ROOM = {
    "accounts": 20, "alerts": 33, "analytics": 28, "api": 35, "audit": 12, "auth": 81, "bus": 18, "clients": 11, "config": 11,
    "control": 241, "describe": 6, "gateway": 38, "history": 109, "http": 70, "jobs": 40, "journal": 31, "json": 49, "lists": 18,
    "live": 115, "main": 63, "modules": 87, "motion": 63, "people": 17, "pki": 13, "robot": 168, "server": 146, "settings": 96,
    "store": 135, "views": 19, "webhooks": 19,
}


def externs(source):
    """Functions and variables that a header declares."""
    bare = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    functions = re.findall(r"^(?!static|typedef|#)[a-z][\w* ]*?\b(ohtd_\w+)\(", bare, re.MULTILINE)
    return functions + re.findall(r"^extern [^;(]*?\b(ohtd_\w+)[^;\w]*;", bare, re.MULTILINE)


def without_room(room, name, source):
    words = (room, room.removesuffix("s"))
    return {found for found in tags(source) + (externs(source) if name.endswith(".h") else []) if found.split("_")[1] not in words}


def test_new_names_begin_with_the_word_of_their_room():
    found = {room: set() for room in rooms()}
    for path in OHTD.glob("*/*.[ch]"):
        found[path.parent.name] |= without_room(path.parent.name, path.name, path.read_text())
    found.pop("base")
    counts = {room: len(names) for room, names in sorted(found.items()) if names}
    wrong = [f"{room}: {counts.get(room, 0)} names without its word, {WITHOUT_ROOM.get(room, 0)} are allowed: {sorted(found[room])}"
             for room in found if counts.get(room, 0) != WITHOUT_ROOM.get(room, 0)]
    assert not wrong, "\n".join(wrong + [f"{counts}"])
    assert without_room("jobs", "x.h", "int ohtd_job_a(void);\nint ohtd_b(int i);\nextern const int ohtd_c[];\nstruct ohtd_d {") == {
        "ohtd_b", "ohtd_c", "ohtd_d"}


def test_rooms_can_be_seen_through():
    full = {room: len(list((OHTD / room).glob("*.[ch]"))) for room in rooms()}
    assert sum(full.values()) > 400 and not {room: count for room, count in full.items() if count > FILES_MAX}


def longest(source):
    """Lines of the longest function, without comments and blank ones."""
    bare = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    bodies = re.findall(r"^\{\n(.*?)^\}$", bare, re.MULTILINE | re.DOTALL)
    return max((sum(bool(line.strip()) for line in body.splitlines()) for body in bodies), default=0)


def test_functions_are_short():
    lines = {str(path.relative_to(OHTD)): longest(path.read_text()) for path in OHTD.glob("*/*.c")}
    assert max(lines.values()) > 40 and not {name: count for name, count in lines.items() if count > FUNCTION_MAX}
    assert longest("int f(void)\n{\n\t/* a\n\t * b */\n\n\tg();\n\treturn 0;\n}\n") == 2


def test_no_thread_waits_by_the_time_of_day():
    """A clock that is set back would make the wait longer by as much."""
    waiting = [source for source in map(pathlib.Path.read_text, OHTD.glob("*/*.c")) if "pthread_cond_timedwait(" in source]
    assert len(waiting) > 2
    for source in waiting:
        assert re.search(r"setclock\(&(\w+->)?attr, CLOCK_MONOTONIC\)", source), source[:200]
        assert "CLOCK_REALTIME" not in source, source[:200]


def test_changes_name_files_that_are_there():
    text = (TOP / "docs/architecture.md").read_text().split("### Seven changes")[1].split("\n## ")[0]
    changes = re.findall(r"^\| (an? [^|]+) \| ([^|]+) \|", text, re.MULTILINE)
    files = {change: re.findall(r"`([^`]+)`", cell) for change, cell in changes}
    assert len(files) == 7 and all(files.values())
    for change, names in files.items():
        missing = [name for name in names if not [*OHTD.glob(name), *OHTD.parent.glob(name)]]
        assert not missing, f"{change}: {missing}"
