# SPDX-License-Identifier: GPL-2.0-or-later
"""Papers beside the code: workflows that run what is there, a version that all of them have."""
import json
import pathlib
import re

import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((TOP / ".github/workflows").glob("*.yml"))}
# Debian's container has neither of them.
BROUGHT = ["apt-get update", "git config"]


def text(name):
    return (TOP / name).read_text(encoding="utf-8")


def test_workflows_run_what_is_there_and_may_only_read():
    entry_s = int(re.search(r"timeout --kill-after=\d+ (\d+)", text(".ci/run"))[1])
    targets = re.search(r"^\.PHONY: (.*)$", text("Makefile"), re.MULTILINE)[1].split()
    assert WORKFLOWS.keys() == {"gate", "night", "release"}
    for name, workflow in WORKFLOWS.items():
        if name == "release":
            continue
        job, = workflow["jobs"].values()
        runs = [step["run"] for step in job["steps"] if "run" in step and not step["run"].startswith(tuple(BROUGHT))]
        assert runs == {"gate": [".ci/run"], "night": ["make nightly"]}[name]
        assert (TOP / runs[0]).exists() or runs[0].removeprefix("make ") in targets
        assert workflow["permissions"] == {"contents": "read"} and job["timeout-minutes"] * 60 > (entry_s if name == "gate" else int(job["env"]["OHT_DEADLINE_S"]))
        # What a change brings along sees no secret.
        assert "secrets" not in text(f".github/workflows/{name}.yml") and "pull_request_target" not in workflow[True]


def test_a_release_is_built_behind_the_gate_and_its_key_is_seen_by_one_step():
    workflow = WORKFLOWS["release"]
    job, = workflow["jobs"].values()
    # A tag alone begins it: no change of another, and nobody's branch.
    assert workflow[True] == {"push": {"tags": ["v*"]}} and workflow["permissions"] == {"contents": "read"} and job["environment"] == "release"
    runs = [step["run"] for step in job["steps"] if "run" in step and not step["run"].startswith(tuple(BROUGHT))]
    targets = re.search(r"^\.PHONY: (.*)$", text("Makefile"), re.MULTILINE)[1].split()
    assert runs[0] == ".ci/run" and set(runs[1].split()[1:]) <= set(targets) and len(runs) == 3
    assert [step["env"] for step in job["steps"] if "secrets" in str(step)] == [{"OHT_RELEASE_KEY": "${{ secrets.OHT_RELEASE_KEY }}"}]
    for word in runs[2].split():
        assert not word.startswith("scripts/") or (TOP / word).exists()


def test_the_newest_version_is_in_the_list_of_changes():
    said = text("CHANGELOG.md")
    version = re.match(r"oht \(([^)]+)\)", text("debian/changelog"))[1]
    assert re.findall(r"^## (\d+\.\d+\.\d+)\b", said, re.MULTILINE)[0] == version
    for name in ("userspace/web/package.json", "userspace/web/client/package.json"):
        assert json.loads(text(name))["version"] == version
