# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of figures: a run replaces what it has measured, and nothing else; what missed its bar says so."""
import json
import re
import subprocess

import pytest

from suites import bench, figures

DOCUMENT = f"# Figures\n\nBefore.\n\n{figures.BEGIN}\nold\n{figures.END}\n\nBehind.\n"


def row(name, value=1, **other):
    return {"id": name, "value": value, "unit": "ms", "how": "native", "bar": "<= 2", "ok": True, "samples": 10,
            "note": "", "machine": "2 x A", "commit": "0123456789ab", "run": "bench", "date": "2026-11-23T01:02:03+00:00",
            **other}


@pytest.fixture
def files(tmp_path):
    """Data and document; the data begin with two rows of an older commit."""
    data, document = tmp_path / "figures.json", tmp_path / "figures.md"
    data.write_text(json.dumps([row("bus.gap", commit="old", what="the gap"), row("store.ack", commit="old")]))
    document.write_text(DOCUMENT)
    return data, document


def line_of(text, name):
    return next(line for line in text.splitlines() if f"`{name}`" in line)


def test_a_run_replaces_its_rows_and_leaves_the_others(files):
    figures.update([row("bus.gap", 2, commit="new"), row("estop.low", 3, commit="new")], *files)
    rows = json.loads(files[0].read_text())
    assert [(r["id"], r["value"], r["commit"]) for r in rows] == [
        ("estop.low", 3, "new"), ("bus.gap", 2, "new"), ("store.ack", 1, "old")]
    text = files[1].read_text()
    assert "new, 2026-11-23" in line_of(text, "bus.gap") and "old, 2026-11-23" in line_of(text, "store.ack")
    assert "the gap" in line_of(text, "bus.gap")


def test_text_around_the_table_stays(files):
    figures.update([row("bus.gap", 2)], *files)
    text = files[1].read_text()
    assert text.startswith("# Figures\n\nBefore.\n") and text.endswith("\n\nBehind.\n")
    assert "old\n" not in text
    figures.update([], *files)
    assert files[1].read_text() == text


def test_a_missed_bar_shows(files):
    figures.update([row("bus.gap", 2.5, ok=False), row("bus.none", None, ok=False), row("bus.free", bar=None, ok=None)],
                   *files)
    text = files[1].read_text()
    assert "**2.5 ms, missed**" in line_of(text, "bus.gap")
    assert "**none, missed**" in line_of(text, "bus.none")
    assert "missed" not in line_of(text, "bus.free") and "missed" not in line_of(text, "store.ack")


def test_a_soak_stands_beside_the_bench(files):
    figures.update([row("bus.gap", 7, run="soak")], *files)
    assert [(r["run"], r["value"]) for r in json.loads(files[0].read_text()) if r["id"] == "bus.gap"] == [
        ("bench", 1), ("soak", 7)]


def test_a_note_cannot_break_the_table(files):
    figures.update([row("bus.gap", note="a | b\nc")], *files)
    assert "a \\| b c" in line_of(files[1].read_text(), "bus.gap")


def test_machines_are_named_once(files):
    figures.update([row("estop.low", machine="2 x B"), row("estop.high", machine=figures.NOT_RECORDED)], *files)
    text = files[1].read_text()
    assert text.count("2 x A") == 1 and text.count("2 x B") == 1
    assert line_of(text, "estop.low").endswith("2026-11-23, 2 |") and line_of(text, "estop.high").endswith("2026-11-23 |")


@pytest.mark.parametrize("document", ["", figures.BEGIN, figures.END, f"{figures.END}{figures.BEGIN}"])
def test_a_document_without_marks_is_left_alone(files, document):
    before = files[0].read_text()
    files[1].write_text(document)
    with pytest.raises(ValueError, match="marks"):
        figures.update([row("bus.gap", 2)], *files)
    assert files[0].read_text() == before and files[1].read_text() == document


def test_bench_writes_what_a_group_has_recorded(files, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "bench")
    monkeypatch.setattr(bench.figures, "update", lambda rows, update=figures.update: update(rows, *files))
    monkeypatch.setenv("OHT_SOAK", "1")
    group = bench.Bench("store", "2 x A", "new")
    assert group.record("store.ack", 1, "ms", "native", bar=("<=", 2))
    assert not group.record("store.point", 3, "ms", "native", bar=("<=", 2))
    group.write()
    kept = {(r["id"], r["run"]): r for r in json.loads(files[0].read_text())}
    assert kept["store.ack", "soak"]["commit"] == "new" and kept["store.ack", "bench"]["commit"] == "old"
    assert "**3 ms, missed**" in line_of(files[1].read_text(), "store.point")


def test_a_row_is_old_once_its_inputs_have_changed(tmp_path):
    def commit(name):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(str(len(commits)))
        for words in (["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", name]):
            subprocess.run(["git", "-C", tmp_path, *words], check=True)
        commits.append(subprocess.run(["git", "-C", tmp_path, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip())

    def marked(*rows):
        figures._has_changed.cache_clear()        # pylint: disable=protected-access
        return [row["id"] for row in figures.mark(rows, tmp_path) if row.get("old")]

    commits = []
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    commit("kernel/engine.c")
    rows = [row(name, commit=commits[0] + dirty) for name, dirty in (("estop.low", "-dirty"), ("store.ack", ""), ("web.task", ""))]
    assert marked(*rows) == []
    commit("docs/api.md")
    assert marked(*rows) == []
    commit("kernel/engine.c")
    assert marked(*rows) == ["estop.low"]
    commit("userspace/ohtd/store/store.c")
    commit("tests/bench/web.py")
    assert marked(*rows) == ["estop.low", "store.ack", "web.task"]
    # Measured again; a mark of before goes.
    assert marked(row("store.ack", commit=commits[-1], old=True)) == []
    assert marked(row("store.ack", commit="0" * 12)) == ["store.ack"], "a commit that the history does not have"
    assert "| *old*, 0123456789ab, 2026-11-23, 1 |" in figures.table([row("store.ack", old=True)])


def source_of(group):
    """With what it takes of the other files of that folder."""
    text = (bench.GROUPS / f"{group}.py").read_text()
    return text + "".join(source_of(name) for name in re.findall(r"^from (_\w+) import", text, re.MULTILINE))


@pytest.mark.parametrize("marks, room", [("^from browser import", "userspace/web"), ("^from vehicle import", "userspace/oht-fleet")])
def test_a_group_names_the_programs_that_it_measures(marks, room):
    """Else its rows stay as new when that program changes."""
    wants = {group for group in bench.groups() if re.search(marks, source_of(group), re.MULTILINE)}
    assert wants and wants <= {group for group, rooms in figures.INPUTS.items() if room in rooms}


def test_each_group_has_rows_or_is_named_as_missing():
    has_rows = {row["id"].partition(".")[0] for row in json.loads(figures.DATA.read_text())}
    missing = re.search(r"^Not in the table.*?: the groups (.*?),\s", figures.DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"`(\w+)`", missing[1]))
    assert len(bench.groups()) > 10 and set(bench.groups()) == has_rows | named and not has_rows & named


def whole_history():
    """Commits of this tree; skips where they cannot be known."""
    git = ["git", "-C", figures.TOP]
    try:
        shallow = subprocess.run([*git, "rev-parse", "--is-shallow-repository"], capture_output=True, text=True, check=True)
        history = subprocess.run([*git, "rev-list", "HEAD"], capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no history here: this tree is no clone")
    if shallow.stdout.strip() != "false":
        pytest.skip("no whole history here: the clone is shallow")
    return history


def strangers(commits, document):
    """Those that are neither in the history of this tree nor marked as old in the document."""
    history = whole_history()
    marked = re.search(r"^Old, of commits that the history does not have any more: (.*)\.$", document, re.MULTILINE)
    old = marked[1].split(", ") if marked else []
    return sorted(commit for commit in {commit.removesuffix("-dirty") for commit in commits}
                  if commit not in old and not any(known.startswith(commit) for known in history))


def test_commits_of_figures_and_campaigns_are_in_the_history():
    """Who doubts a figure must be able to look at the tree that gave it."""
    rows = [row["commit"] for row in json.loads(figures.DATA.read_text())]
    assert strangers(rows, figures.DOCUMENT.read_text()) == []
    assert strangers(["0" * 12, "0" * 7 + "-dirty"], figures.DOCUMENT.read_text()) == ["0" * 7, "0" * 12]
    text = (figures.TOP / "docs/verification.md").read_text()
    campaigns = re.findall(r", ([0-9a-f]{7,40}) \|$", text.split("## Campaigns")[1], re.MULTILINE)
    assert len(campaigns) >= 4 and strangers(campaigns, text) == []


def test_the_document_is_that_of_the_data():
    rows = json.loads(figures.DATA.read_text())
    text = figures.DOCUMENT.read_text()
    assert figures.render(text, rows) == text
    assert whole_history() and figures.mark(rows) == rows, "scripts/bench --old marks what is old"
    assert figures.merge([], rows) == rows and all(r["how"] in bench.HOW and r["run"] in ("bench", "soak") for r in rows)
