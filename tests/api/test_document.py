# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/api.md against a running daemon and against openapi.json: what its tables list is what there is."""
import json
import pathlib
import re
import subprocess

import pytest

from daemon import OHTD

TABLE = (pathlib.Path(__file__).resolve().parents[2] / "docs/api.md").read_text(encoding="utf-8")


def listed(route):
    """The members that the row of that route names for its answer."""
    row = next(line for line in TABLE.splitlines() if line.startswith(f"| `{route}` |"))
    answer = re.sub(r"\([^()]*\)", "", re.sub(r"\]\([^)]*\)", "]", row.strip("|").split("|")[3]))
    return set(re.findall(r"`(\w+)`", answer))


@pytest.mark.parametrize("path, role", [
    ("health", None), ("robot", "viewer"), ("safety", "viewer"), ("safety/latency", "viewer")])
def test_members_of_an_answer(daemon, path, role):
    answer = daemon.request("GET", path, role=role)
    assert answer.status == 200 and set(answer.json) == listed(f"GET {path}")


@pytest.mark.parametrize("path, route, role, beside", [
    ("modules", "modules", "viewer", set()), ("modules/2/registers", "modules/{unit}/registers", "viewer", {"address"}),
    ("users", "users", "administrator", set()), ("logs", "logs", "supervisor", {"lost"})])
def test_members_of_a_list(daemon, path, route, role, beside):
    answer = daemon.request("GET", path, role=role)
    assert answer.status == 200 and set(answer.json) == {"items", "next_cursor"} | beside
    said = listed(f"GET {route}") - {"lost"}
    assert answer.json["items"] and (not said or set(answer.json["items"][0]) == said)


def test_members_of_one_module(daemon):
    answer = daemon.request("GET", "modules/2", role="viewer")
    assert set(answer.json) == listed("GET modules") | listed("GET modules/{unit}")


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


# ---- against openapi.json ----

DOCUMENT = json.loads(subprocess.run([OHTD, "--print-openapi"], stdout=subprocess.PIPE, check=True, timeout=60).stdout)
ROUTES = {f"{method.upper()} {path.removeprefix('/api/v1/')}": operation
          for path, item in DOCUMENT["paths"].items() for method, operation in item.items()}
ROWS = {cells[0].strip("` "): cells for cells in
        ([cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines() if re.match(r"\| `[A-Z]+ ", line))}


def asked(operation):
    """Members of query and body: name to whether the request must have it."""
    members = {each["name"]: each["required"] for each in operation.get("parameters", []) if each["in"] == "query"}
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        # A merge patch may have any member of what it patches.
        if "$ref" not in schema:
            return members
        name = schema["$ref"].rsplit("/", 1)[1]
        schema = DOCUMENT["components"]["schemas"][name]
        members |= {name: name in schema["required"] for name in schema["properties"]}
    return members


def test_every_route_has_a_row_and_every_row_a_route():
    assert ROWS.keys() == ROUTES.keys()


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_role_and_members_of_a_row(route):
    row, operation = ROWS[route], ROUTES[route]
    role, _, elevated = row[1].partition(", ")
    when = re.fullmatch("elevated ?(.*)", elevated)
    words = "never" if not when else when[1].replace(" ", "-") or "always"
    assert (role.split()[0], words) == (operation["x-role"], operation["x-elevation"])
    said = {name: not optional for name, optional in re.findall(r"`(\w+)`(\??)", re.sub(r"\([^)]*\)", "", row[2]))}
    assert said == asked(operation)


def test_routes_that_take_a_key_are_listed():
    section = TABLE[TABLE.index("## Sending again"):TABLE.index("## Names of the machine")]
    listed_as = {route: line[2:].split("`")[1] for line in re.split(r"\n(?=- )", section) if re.match(r"- `(atomic|noted)`", line)
                 for route in re.findall(r"`(POST [^`]+)`", line)}
    assert listed_as == {route: operation["x-idempotency-key"] for route, operation in ROUTES.items() if "x-idempotency-key" in operation}


def test_codes_are_those_of_the_catalogue(daemon):
    items = daemon.get("errors", role=None).json["items"]
    codes = {item["code"] for item in items}
    refusals = TABLE[TABLE.index("## Refusals"):TABLE.index("## Where")]
    rows = [line.split(" | ") for line in refusals.splitlines() if re.match(r"\| [`\d]", line)]
    named = {code for row in rows for code in re.findall(r"`([a-z_0-9]+\*?)`", row[1] if row[0].strip("| ")[0].isdigit() else row[0])}
    for code in named:
        assert any(re.fullmatch(code.replace("*", ".*"), known) for known in codes), code
    for item in items:
        if item["kind"] == "socket":
            assert f"`{item['code']}`" in TABLE, item["code"]
        elif item["kind"] != "member":
            assert any(re.fullmatch(code.replace("*", ".*"), item["code"]) for code in named), item["code"]
    for row in ROWS.values():
        for code in re.findall(r"`([a-z_]+)`", row[4] if len(row) > 4 else ""):
            assert code in codes, (row[0], code)
