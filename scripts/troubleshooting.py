#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/troubleshooting.md: its second half is made from what the programs themselves say.

troubleshooting.py check        says whether the page is that of the sources
troubleshooting.py write        makes it anew, below the line that says so
"""
import pathlib
import re
import sys
import textwrap

TOP = pathlib.Path(__file__).resolve().parent.parent
OHTD = TOP / "userspace/ohtd"
PAGE = TOP / "docs/troubleshooting.md"
MARK = "<!-- From here on made by scripts/troubleshooting.py -->\n"

STRING = r'"(?:[^"\\]|\\.)*"'
# A text of C: strings on end, and names of such.
TEXT = rf"(?:(?:{STRING}|\b[A-Za-z_]\w*\b)\s*)+"
# Of a part, or of the room alerts/ itself.
ALERTS = r"^static const struct (?:ohtd_part_alert alerts\[\]|kind kinds\[KINDS\]) = \{"
SEVERITIES = {"WARNING": "warning", "CRITICAL": "critical", "EMERGENCY": "emergency"}


def named_texts(source):
    """Texts that a file gives a name to, by #define or as an array."""
    bare = source.replace("\\\n", " ")
    found = re.findall(rf"^#define (\w+)[ \t]+((?:{STRING}[ \t]*)+)$", bare, re.MULTILINE)
    found += re.findall(rf"^static const char (\w+)\[\] =\s*((?:{STRING}\s*)+);", bare, re.MULTILINE)
    return {name: text_of(text, {}) for name, text in found}


def text_of(written, names):
    """What a text of C says: strings on end are one."""
    parts = re.findall(rf"{STRING}|\b[A-Za-z_]\w*\b", written)
    said = "".join(part[1:-1] if part[0] == '"' else names[part] for part in parts)
    return said.replace('\\"', '"').replace("\\\\", "\\")


class Entry:
    """What one code means at one place."""

    def __init__(self, code, place, text, action):
        self.code, self.place, self.text, self.action = code, place, text, action


def reasons():
    """Of whys.def: why the robot refuses something or is in fault."""
    source = (OHTD / "robot/whys.def").read_text(encoding="utf-8")
    row = rf"^OHTD_WHY\((\w+), (\d+), (\w+), (\w+), ({STRING}),\s*({TEXT}),\s*({TEXT})\)$"
    for _, alarm, severity, _, code, text, action in re.findall(row, source, re.MULTILINE):
        place = "Reason of the robot"
        if severity != "NONE":
            place += f", alert ({SEVERITIES[severity]})"
        if alarm != "0":
            place += f", alarm {alarm} of the gateway"
        yield Entry(text_of(code, {}), place, text_of(text, {}), text_of(action, {}))


def errors():
    """Of the catalogue: what an answer of the API says."""
    source = (OHTD / "http/catalogue.c").read_text(encoding="utf-8")
    places = {"M": "A member of a request", "S": "A WebSocket was closed"}
    row = rf"^\t([PMS])\((?:(\d+), )?({STRING}),\s*({TEXT}),\s*({TEXT})\),$"
    for kind, status, code, text, action in re.findall(row, source, re.MULTILINE):
        place = f"Answer {status}" if status else places[kind]
        yield Entry(text_of(code, {}), place, text_of(text, {}), text_of(action, {}))


def alerts_of(source):
    """Kinds of alerts of a part of the daemon."""
    names = named_texts(source)
    table = re.search(ALERTS + r"(.*?)^\};", source, re.MULTILINE | re.DOTALL)
    for row in re.findall(r"\[\w+\] = \{(.*?)\},?\s*(?=\[|/\*|$)", table[1], re.DOTALL):
        found = re.match(rf"\s*({STRING}), ({STRING})(?:, OHTD_SEVERITY_(\w+))?", row)
        if not found:
            continue
        said = {member: text_of(text, names) for member, text in re.findall(rf"\.(text|action) = ({TEXT})", row)}
        yield Entry(text_of(found[2], {}), f"Alert ({SEVERITIES[found[3] or 'CRITICAL']}) of {text_of(found[1], {})}",
                    said.get("text", ""), said["action"])


def rules():
    """The rules on values that are shipped."""
    source = (OHTD / "alerts/shipped.c").read_text(encoding="utf-8")
    names = named_texts(source)
    for row in re.findall(r"^\t\{ (\"\w+\".*?) \},$", source, re.MULTILINE | re.DOTALL):
        said = {member: text_of(text, names) for member, text in re.findall(rf"\.(text|consequence|action) = ({TEXT})", row)}
        severity = re.search(r"\b(WARNING|CRITICAL)\b", row)[1]
        yield Entry(text_of(re.match(STRING, row)[0], {}), f"Alert ({SEVERITIES[severity]}) of a value",
                    f"{said['text']}. {said['consequence']}", said["action"])


def entries():
    """All of them, by code."""
    found = [*reasons(), *errors(), *rules()]
    for path in sorted(OHTD.glob("*/*.c")):
        source = path.read_text(encoding="utf-8")
        if re.search(ALERTS, source, re.MULTILINE):
            found += alerts_of(source)
    by_code = {}
    for entry in found:
        by_code.setdefault(entry.code, []).append(entry)
    return by_code


def escaped(text):
    """Text that a document shows as it is."""
    return re.sub(r"([*_<>|\[\]])", r"\\\1", text)


def made():
    """The half of the page that is made."""
    lines = ["", "## Every code", "",
             "Each word that an answer, a refusal, a fault or an alert can have, in the order of the alphabet: what has happened,",
             "and what to do. Programs get the same from `GET errors`.", ""]
    for code, found in sorted(entries().items()):
        lines += [f"### {code}", ""]
        for entry in found:
            said = " ".join(part for part in (f"*{entry.place}.*", escaped(entry.text), f"**{escaped(entry.action)}**") if part)
            lines += [*textwrap.wrap(said, 120, break_long_words=False, break_on_hyphens=False), ""]
    return "\n".join(lines[:-1]) + "\n"


def main(verb):
    page = PAGE.read_text(encoding="utf-8")
    written, found, _ = page.partition(MARK)
    if not found:
        raise SystemExit(f"{PAGE}: the line is missing: {MARK.strip()}")
    if verb == "write":
        PAGE.write_text(written + MARK + made(), encoding="utf-8")
    elif page != written + MARK + made():
        raise SystemExit(f"{PAGE} is not that of the sources: scripts/troubleshooting.py write")


if __name__ == "__main__":
    if sys.argv[1:] not in (["check"], ["write"]):
        raise SystemExit(__doc__)
    main(sys.argv[1])
