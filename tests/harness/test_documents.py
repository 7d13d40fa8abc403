# SPDX-License-Identifier: GPL-2.0-or-later
"""Documents say what the sources say: routes, verbs, options, tables, properties, decisions."""
import pathlib
import re
import tomllib

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]


def text(name):
    return (TOP / name).read_text(encoding="utf-8")


def test_every_refusal_of_the_daemon_is_in_the_catalogue():
    """What is not is answered as 500; tests/api holds the catalogue against docs/api.md."""
    sources = "".join(path.read_text() for path in sorted((TOP / "userspace/ohtd").glob("*/*.c")) if path.name != "catalogue.c")
    sent = set(re.findall(r'(?:ohtd_reply_problem|refuse)\(call, ([45]\d\d), "(\w+)"', sources))
    sent |= set(re.findall(r'\{ ([45]\d\d), "(\w+)",', sources))
    sent |= {("401", code) for code in re.findall(r'unauthorized\(call, "(\w+)"', sources)}
    listed = set(re.findall(r'P\((\d\d\d), "(\w+)"', text("userspace/ohtd/http/catalogue.c")))
    assert len(sent) > 45 and sent <= listed, sent - listed


def test_reasons_of_the_robot_are_in_the_api():
    codes = set(re.findall(r'^OHTD_WHY\(\w+, \d+, \w+, \w+, "(\w+)",', text("userspace/ohtd/robot/whys.def"), re.M))
    missing = {code for code in codes if f"`{code}`" not in text("docs/api.md")}
    assert len(codes) > 25 and not missing


@pytest.mark.parametrize("kind, pattern, source", [
    ("verb", r'^\t\{ "([a-z ]+)", "', "userspace/ohtctl/ohtctl.c"),
    ("option", r'^\t\{ "(--[a-z-]+)", ', "userspace/ohtctl/options.c"),
])
def test_the_manual_page_has_all_of_ohtctl(kind, pattern, source):
    page = text("docs/man/ohtctl.1").replace("\\-", "-").replace('"', "")
    found = re.findall(pattern, text(source), re.MULTILINE)
    assert len(found) > 20
    for name in found:
        words = r"\s".join(name.split())
        assert re.search(rf"(?<![\w-]){words}(?![\w-])", page), f"{kind} {name} is not in the manual page"


def test_the_commands_of_ohtctl_that_are_named_exist():
    """In documents, also in their blocks, and in what alerts say to do."""
    verbs = [tuple(name.split()) for name in re.findall(r'^\t\{ "([a-z -]+)", "', text("userspace/ohtctl/ohtctl.c"), re.MULTILINE)]
    alone, groups = {verb[0] for verb in verbs if len(verb) == 1}, {verb[0] for verb in verbs if len(verb) == 2}
    named = [(path.name, "".join(words)) for path, said in documents().items() for words in re.findall(r"`ohtctl ([a-z][^`]*)`|^ *ohtctl ([a-z].*)$", said, re.M)]
    # Behind the comma or the bracket it is a sentence again.
    for path in sorted((TOP / "userspace/ohtd").glob("*/*.c")):
        source = re.sub(r'"\s*\n\s*"', "", path.read_text(encoding="utf-8"))
        if path.name == "alerts.c" or "struct ohtd_part_alert " in source:
            named += [(path.name, words) for words in re.findall(r"ohtctl ([a-z-]+(?: [a-z-]+)?)", source)]
    assert len(groups) > 5 and len(named) > 60 and {"alerts.c", "proof.c", "part.c"} <= {place for place, _ in named}
    wrong = []
    for place, words in named:
        first, *more = words.split()
        second = more[0] if more and re.fullmatch(r"[a-z-]+", more[0]) else None
        if first not in alone | groups or (first not in alone and second and (first, second) not in verbs):
            wrong.append(f"{place}: no such command: ohtctl {words}")
    assert not wrong, "\n".join(wrong)


def test_tracepoints_name_their_device_and_are_described():
    events = dict(re.findall(r'TRACE_EVENT\((\w+),.*?TP_printk\("([^"]*)"', text("kernel/trace.h"), re.DOTALL))
    page = text("docs/tracing.md")
    rows = dict(re.findall(r"^\| `(oht_\w+)` \| (.*) \|$", page, re.MULTILINE))
    table = page.split("| member of `oht_cycle` |")[1].split("\n\n")[0]
    assert len(events) >= 8 and events.keys() == rows.keys()
    for name, form in events.items():
        assert form.startswith("device=oht%u time_ns=%llu "), name
        described = re.findall(r"`(\w+)`", table if name == "oht_cycle" else rows[name])
        assert set(re.findall(r"(\w+)=", form)) - {"device", "time_ns"} <= set(described), name


def test_columns_of_the_tables_are_described():
    said = text("docs/data.md")
    for table in sorted((TOP / "userspace/data").glob("*.csv")):
        if f"'{table.name}'" not in text("userspace/data/meson.build"):
            continue
        assert f"`{table.name}`" in said or f"**{table.name}**" in said
        if table.stem in ("modules", "registers"):
            for column in table.read_text(encoding="utf-8").splitlines()[0].split(","):
                assert f"`{column}`" in said, f"{table.name}: {column}"


def test_decisions_have_one_number_each_and_every_gap_is_explained():
    found = re.findall(r"^## D(\d+)\. ", text("docs/decisions.md"), re.MULTILINE)
    assert len(found) == len(set(found))
    head = text("docs/decisions.md").partition("\n## ")[0]
    last = max(map(int, found))
    gaps = set(range(1, last + 1)) - set(map(int, found))
    named = re.findall(r"\bD(\d+)\b(?: to D(\d+)\b)?", head)
    explained = {number for first, end in named for number in range(int(first), int(end or first) + 1) if number <= last}
    assert gaps == explained - set(map(int, found))


def test_the_readme_is_short_and_leads_everywhere():
    lines = text("README.md").splitlines()
    # What it is and what is missing stand on one screen.
    assert len(lines) < 150 and lines.index("## Try it") <= 40
    known = {path.name for path in (TOP / "docs").glob("*.md")}
    reached, todo = set(), ["README.md"]
    while todo:
        links = {name for name in re.findall(r"\((?:docs/)?([\w-]+\.md)(?:#[\w-]*)?\)", text(todo.pop())) if name in known}
        todo += [f"docs/{name}" for name in links - reached]
        reached |= links
    assert reached == known


def test_documents_are_installed():
    listed = set(re.findall(r"'([\w-]+\.md)'", text("docs/meson.build")))
    assert listed == {path.name for path in (TOP / "docs").glob("*.md")}


def documents():
    """Name and text of every document, without the record of decisions."""
    return {path: path.read_text(encoding="utf-8") for path in (TOP / "README.md", *sorted((TOP / "docs").glob("*.md")))}


def test_named_files_of_the_daemon_exist():
    rooms = {path.name for path in (TOP / "userspace/ohtd").iterdir() if path.is_dir()}
    # A record of decisions names them too.
    said = {**documents(), TOP / "docs/decisions.md": text("docs/decisions.md")}
    named = [(path.name, name) for path, words in said.items()
             for name in re.findall(r"`([a-z_]+/[a-z_0-9*]+\.(?:[ch]|def))`", words) if name.partition("/")[0] in rooms]
    assert len(named) > 60
    wrong = [f"{place}: no such file {name}" for place, name in named if not list((TOP / "userspace/ohtd").glob(name))]
    assert not wrong, "\n".join(wrong)


def test_functions_that_the_architecture_names_exist():
    sources = "".join(path.read_text() for room in ("kernel", "userspace") for path in sorted((TOP / room).rglob("*.[ch]"))
                      if "node_modules" not in path.parts)
    known = set(re.findall(r"\b(ohtd?_\w+)\(", sources))
    named = set(re.findall(r"`(ohtd?_\w+)\(\)`", text("docs/architecture.md")))
    assert len(named) >= 50 and "oht_estop_press" not in known
    assert named <= known, sorted(named - known)


def test_named_suites_scripts_targets_and_programs_exist():
    suites = {suite["name"] for suite in tomllib.loads(text("tests/suites.toml"))["suite"]}
    boards = {board["name"] for board in tomllib.loads(text("tests/boards.toml"))["board"]}
    targets = set(re.search(r"^\.PHONY: (.*)$", text("Makefile"), re.MULTILINE).group(1).split())
    wrong = []
    for path, said in documents().items():
        for name in re.findall(r"scripts/test ([a-z][\w-]*)", said) + re.findall(r"[Ss]uites? `([\w-]+)`", said):
            wrong += [f"{path.name}: no suite {name}"] if name not in suites else []
        for name in re.findall(r"(?<![\w/])(?:stock|rt|debug|kcsan)/([a-z][\w/-]*)", said):
            wrong += [f"{path.name}: no board {name}"] if name not in boards else []
        for name in re.findall(r"(?<![\w/])(?:scripts|tests|kernel|userspace|dts|include)/[\w./-]*\w", said):
            there = "NAME" in name or list(TOP.glob(f"{name}*"))
            wrong += [f"{path.name}: no such path {name}"] if not there else []
        for name in re.findall(r"`make ([a-z][\w-]*)", said):
            wrong += [f"{path.name}: no target {name}"] if name not in targets else []
    assert not wrong, "\n".join(wrong)


def test_trouble_has_every_code_and_is_found_by_what_a_person_sees(monkeypatch):
    """Its second half is that of the sources; every sentence of its first half leads to a code, or to the document that answers it."""
    monkeypatch.syspath_prepend(str(TOP / "scripts"))
    import troubleshooting
    page = text("docs/troubleshooting.md")
    seen, made = page.split(troubleshooting.MARK)
    assert made == troubleshooting.made(), "docs/troubleshooting.md is not that of the sources: scripts/troubleshooting.py write"
    codes = set(re.findall(r"^### (\w+)$", made, re.MULTILINE))
    catalogue = re.findall(r'^\t[PMS]\((?:\d+, )?"(\w+)"', text("userspace/ohtd/http/catalogue.c"), re.MULTILINE)
    whys = re.findall(r'^OHTD_WHY\(\w+, \d+, \w+, \w+, "(\w+)"', text("userspace/ohtd/robot/whys.def"), re.MULTILINE)
    alerts = [code for path in (TOP / "userspace/ohtd").glob("*/*.c")
              for code in re.findall(r'^\t\[[A-Z_]+\] = \{ "\w+", "(\w+)"', path.read_text(encoding="utf-8"), re.MULTILINE)]
    assert len(catalogue) > 130 and len(whys) > 75 and len(alerts) > 25 and {*catalogue, *whys, *alerts} <= codes
    symptoms = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", seen, re.MULTILINE | re.DOTALL))
    listed = seen.split("## What a person sees")[1].split("\n### ")[0]
    assert len(symptoms) >= 15
    for title, said in symptoms.items():
        assert re.search(r"\]\((#\w+|\w+\.md)", said), f"{title}: leads nowhere"
        assert f"(#{title.lower().replace(' ', '-')})" in listed, f"{title}: is not in the list at the head"


def test_the_tour_has_a_picture_for_each_of_its_lines():
    """And stays small enough for the head of a page."""
    made = (TOP / "docs/images/tour.webp").read_bytes()
    assert made[:4] == b"RIFF" and made[8:12] == b"WEBP" and len(made) <= 300 << 10
    at, kinds = 12, []
    while at < len(made):
        kinds.append(made[at:at + 4])
        length = int.from_bytes(made[at + 4:at + 8], "little")
        at += 8 + length + length % 2
    lines = re.findall(r"^\d+\. ", text("docs/tour.md"), re.MULTILINE)
    assert kinds.count(b"ANMF") == len(lines) == len(set(lines))


# Of each document with commands in its blocks the tests that execute them, which name the document.
TRIED = {
    "acceptance": ["api/test_accept.py"], "analytics": ["api/test_runbooks.py"], "audit": ["api/test_runbooks.py"], "backup": ["api/test_runbooks.py"],
    "configuration": ["api/test_runbooks.py"], "contributing": ["harness/test_release.py"], "course": ["api/test_course.py"],
    "gateway": ["api/test_runbooks.py"], "hardware": ["dts/test_boards.py"], "install": ["api/test_runbooks.py"], "maintenance": ["api/test_runbooks.py"],
    "operations": ["api/test_runbooks.py"], "qualifications": ["api/test_runbooks.py"], "runbooks": ["api/test_runbooks.py", "packages/test_upgrade.py"],
    "tracing": ["../scripts/boards/tracing.py"], "vda5050": ["api/test_runbooks.py"], "webhooks": ["api/test_runbooks.py"],
}
# Of their commands those that no test executes, by how they begin, and why.
UNTRIED = {
    "api": {r"curl |cd build/run|api=|login=|token=|python3 -c|a = next|print\(": "by hand; the same requests are made by the recipes of examples/curl",
            r"oht_bridge.py ": "tests/api/test_ros2.py starts it by words of its own"},
    "audit": {r"head -c 32 .*systemd-creds|systemctl |# LoadCred": "wants systemd with a key of the machine"},
    "container": {r"podman |docker |-v |cd deploy|openssl |-addext": "wants a runtime of containers; tests/container starts the image as one does"},
    "contributing": {r"make (check|deb)|scripts/test|OHT_CLEAN=1": "the tiers of the tests and the builds themselves"},
    "course": {r"make run|scripts/wire ": "the board of the lessons is a daemon without one"},
    "hardware": {r"dd |make deb|scp |apt |systemctl |dkms |dmesg |ls |ohtctl ": "wants a board of metal"},
    "install": {r"apt install ": "tests/packages/test_life.py installs by words of its own",
                r"scripts/verify-release ": "tests/harness/test_release.py has it with a key of its own",
                r"echo |for irq ": "wants a network card"},
    "monitoring": {r"\$ ohtctl monitor": "wants the driver; tests/netlink has it"},
    "operations": {r"head -c 32 .*systemd-creds|systemctl |# LoadCred": "wants systemd with a key of the machine", r"sudo ": "test_runbooks.py is that user without sudo"},
    "runbooks": {r"apt |journalctl |timedatectl|ohtctl safety (commission|selftest)": "wants packages, systemd or the driver"},
    "simulator": {r"\$ ": "tests/packages/test_life.py and tests/api start it by words of their own"},
    "vda5050": {r"apt |editor |/usr/libexec/oht/oht-fleet|systemctl ": "wants its package; tests/packages has it"},
}
A_COMMAND = re.compile(r"(\$ )?([A-Z_]+=\S+ )?(ohtctl |ohtd |oht[-_][\w.]+ |scripts/|make |apt |systemctl |systemd-|curl |podman |docker |sudo |openssl |head -c|echo |mkdir |cp |cd |for )")


def commands(said):
    """Lines of the blocks that are for a shell, and of those for nothing in particular what begins as a command."""
    for kind, block in re.findall(r"^ *```(sh)?\n(.*?)^ *```$", said, re.MULTILINE | re.DOTALL):
        for line in map(str.strip, block.splitlines()):
            if line and (kind and not line.startswith("#") or A_COMMAND.match(line)):
                yield line


def test_each_command_of_a_document_is_executed_or_says_why_not():
    """README is tried by a person, as a new user."""
    found = {path.stem: list(commands(said)) for path, said in documents().items() if path.stem != "README"}
    found = {name: lines for name, lines in found.items() if lines}
    assert len(found) > 15 and sum(map(len, found.values())) > 200
    left = {name: [line for line in lines if not any(re.match(pattern, line) for pattern in UNTRIED.get(name, {}))] for name, lines in found.items()}
    assert {name for name, lines in left.items() if lines} == set(TRIED), {name: lines[:3] for name, lines in left.items() if lines and name not in TRIED}
    unused = [(name, pattern) for name, patterns in UNTRIED.items() for pattern in patterns if not any(re.match(pattern, line) for line in found.get(name, []))]
    assert not unused, unused
    for name, tests in TRIED.items():
        for test in tests:
            assert re.search(rf"\b{name}\b", text(f"tests/{test}")), (name, test)
