# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/figures.json holds the newest row of every figure; the table of docs/figures.md is made from it.

`make bench` replaces the rows that it has measured and leaves the others, each with its own commit and date. A figure of
`make soak` (more samples) has a row beside that of `make bench`. Text outside of the two marks in the document stays.
A row is marked old when a commit behind its own has changed what the figure depends on; `scripts/bench --old` marks without measuring.
"""
import functools
import json
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
DATA = TOP / "docs/figures.json"
DOCUMENT = TOP / "docs/figures.md"
BEGIN = "<!-- begin of the table that make bench writes -->"
END = "<!-- end of the table -->"
# In this order; a group that is not listed comes behind.
GROUPS = ("estop", "bus", "daemon", "store", "history", "http", "ws", "robot", "web")
DAEMON = ("userspace/ohtd", "userspace/common", "userspace/liboht")
# What a group measures, besides its own file; groups that are not listed measure the daemon.
INPUTS = {
    "estop": ("kernel", "include", "userspace/ohtd", "userspace/liboht"),
    "bus": ("kernel", "include", "userspace/liboht"),
    "web": ("userspace/web",),
    "history": ("userspace/web", *DAEMON),
    "fleet": ("userspace/oht-fleet", *DAEMON),
    "mission": ("userspace/web", *DAEMON),
}
COLUMNS = ("figure", "value", "bar", "how", "samples", "note", "measured")
NOT_RECORDED = "not recorded"


def number(value):
    """A value as people read it."""
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.1f}"
    return str(value)


def _key(row):
    return row["id"], row["run"]


def merge(old, new):
    """The rows of `old`, those measured again replaced by `new`, in the order of groups; `what` outlives its row."""
    rows = {_key(row): row for row in old}
    for row in new:
        before = rows.get(_key(row), {})
        rows[_key(row)] = {**({"what": before["what"]} if "what" in before else {}), **row}
    order = {group: place for place, group in enumerate(GROUPS)}
    return sorted(rows.values(), key=lambda row: order.get(row["id"].partition(".")[0], len(order)))


@functools.cache
def _has_changed(top, commit, group):
    """Also true of a commit that the history does not have."""
    paths = (*INPUTS.get(group, DAEMON), f"tests/bench/{group}.py")
    done = subprocess.run(["git", "-C", top, "log", "-1", "--format=%h", f"{commit}..HEAD", "--", *paths], capture_output=True, text=True,
                          check=False)
    return done.returncode != 0 or bool(done.stdout)


def mark(rows, top=TOP):
    """The rows, with `old` where their inputs have changed since they were measured."""
    marked = []
    for row in rows:
        bare = {name: value for name, value in row.items() if name != "old"}
        old = _has_changed(top, row["commit"].removesuffix("-dirty"), row["id"].partition(".")[0])
        marked.append({**bare, "old": True} if old else bare)
    return marked


def _cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")


def _value(row):
    text = number(row["value"]) + (f" {row['unit']}" if row["unit"] and row["value"] is not None else "")
    return f"**{text}, missed**" if row["ok"] is False else text


def _row(row, machines):
    name = f"`{row['id']}`" + (f"<br>{_cell(row['what'])}" if row.get("what") else "")
    place = "" if row["machine"] == NOT_RECORDED else f", {machines.index(row['machine']) + 1}"
    cells = (name, _value(row), _cell(row["bar"] or "-"), f"{row['how']}, {row['run']}", row["samples"] or "-",
             _cell(row["note"]), f"{'*old*, ' if row.get('old') else ''}{row['commit']}, {row['date'][:10]}{place}")
    return f"| {' | '.join(map(str, cells))} |"


def table(rows):
    """The table of every group, and the machines."""
    machines = sorted({row["machine"] for row in rows} - {NOT_RECORDED})
    lines = []
    for group in dict.fromkeys(row["id"].partition(".")[0] for row in rows):
        lines += [f"### {group}", "", f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
        lines += [_row(row, machines) for row in rows if row["id"].partition(".")[0] == group] + [""]
    if machines:
        lines += ["Machines:", "", *(f"{place}. {_cell(machine)}" for place, machine in enumerate(machines, 1)), ""]
    return "\n".join(lines)


def render(document, rows):
    """`document` with the table of `rows` between its marks."""
    head, begin, rest = document.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"figures: the marks '{BEGIN}' and '{END}' are missing")
    return f"{head}{BEGIN}\n\n{table(rows)}\n{END}{tail}"


def _write(path, text):
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.rename(path)


def update(new, data=DATA, document=DOCUMENT):
    """Keep the rows of `new` and write the table; both files whole or not at all."""
    rows = mark(merge(json.loads(data.read_text(encoding="utf-8")), new))
    text = render(document.read_text(encoding="utf-8"), rows)
    _write(data, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    _write(document, text)
