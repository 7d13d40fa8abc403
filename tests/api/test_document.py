# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/api.md against a running daemon: what its table of routes lists is what the answers have."""
import pathlib
import re

import pytest

TABLE = (pathlib.Path(__file__).resolve().parents[2] / "docs/api.md").read_text(encoding="utf-8")


def listed(route):
    """The members that the row of that route names for its answer."""
    row = next(line for line in TABLE.splitlines() if line.startswith(f"| `{route}` |"))
    answer = re.sub(r"\([^)]*\)", "", row.strip("|").split("|")[3])
    return set(re.findall(r"`(\w+)`", answer))


@pytest.mark.parametrize("path, role", [
    ("health", None), ("robot", "viewer"), ("safety", "viewer"), ("safety/latency", "viewer")])
def test_members_of_an_answer(daemon, path, role):
    answer = daemon.request("GET", path, role=role)
    assert answer.status == 200 and set(answer.json) == listed(f"GET {path}")


@pytest.mark.parametrize("path, route, role, beside", [
    ("modules", "modules", "viewer", set()), ("modules/2/registers", "modules/{addr}/registers", "viewer", {"address"}),
    ("users", "users", "administrator", set()), ("logs", "logs", "supervisor", {"lost"})])
def test_members_of_a_list(daemon, path, route, role, beside):
    answer = daemon.request("GET", path, role=role)
    assert answer.status == 200 and set(answer.json) == {"items", "next_cursor"} | beside
    said = listed(f"GET {route}") - {"lost"}
    assert answer.json["items"] and (not said or set(answer.json["items"][0]) == said)


def test_members_of_one_module(daemon):
    answer = daemon.request("GET", "modules/2", role="viewer")
    assert set(answer.json) == listed("GET modules") | listed("GET modules/{addr}")


def test_members_of_a_stop_and_a_refusal(daemon):
    answer = daemon.request("POST", "safety/stop", role="operator")
    assert answer.status == 200 and set(answer.json) == listed("POST safety/stop")
    refused = daemon.request("GET", "modules/99", role="viewer")
    for member in refused.json:
        assert f"`{member}`" in TABLE, member
    assert refused.status == 404 and refused.json["code"] == "module_not_found"


def test_another_name_of_the_machine_is_refused(daemon):
    refused = daemon.request("GET", "health", headers={"Host": "robot.example"})
    assert refused.status == 421 and refused.json["code"] == "wrong_host" and "[http] names" in refused.json["detail"]
