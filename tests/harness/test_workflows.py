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
    assert WORKFLOWS.keys() == {"gate", "night"}
    for name, workflow in WORKFLOWS.items():
        job, = workflow["jobs"].values()
        runs = [step["run"] for step in job["steps"] if "run" in step and not step["run"].startswith(tuple(BROUGHT))]
        assert runs == {"gate": [".ci/run"], "night": ["make nightly"]}[name]
        assert (TOP / runs[0]).exists() or runs[0].removeprefix("make ") in targets
        assert workflow["permissions"] == {"contents": "read"} and job["timeout-minutes"] * 60 > (entry_s if name == "gate" else int(job["env"]["OHT_DEADLINE_S"]))
        # What a change brings along sees no secret.
        assert "secrets" not in text(f".github/workflows/{name}.yml") and "pull_request_target" not in workflow[True]


def test_the_newest_version_is_in_the_list_of_changes():
    said = text("CHANGELOG.md")
    version = re.match(r"oht \(([^)]+)\)", text("debian/changelog"))[1]
    assert re.findall(r"^## (\d+\.\d+\.\d+)\b", said, re.MULTILINE)[0] == version
    for name in ("userspace/web/package.json", "userspace/web/client/package.json"):
        assert json.loads(text(name))["version"] == version
