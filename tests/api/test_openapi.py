# SPDX-License-Identifier: GPL-2.0-or-later
"""openapi.json, the catalogue of errors, and what follows from them for every route."""
import gzip
import json
import re
import subprocess

import jsonschema

from daemon import BUILD


def test_the_same_is_printed_and_served(daemon):
    answer = daemon.get("openapi.json", role=None)
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    printed = subprocess.run([BUILD / "userspace/ohtd/main/ohtd", "--print-openapi"], stdout=subprocess.PIPE, check=True, timeout=60)
    assert json.loads(printed.stdout) == answer.json


def test_schemas_are_json_schema(daemon):
    document = daemon.get("openapi.json", role=None).json
    assert document["openapi"] == "3.1.0" and len(document["paths"]) > 5
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        # Of all signals an answer has those that were asked for.
        assert name == "Telemetry" or schema["required"] or schema["additionalProperties"] is False, name


def test_generated_types_and_values_are_taken(daemon):
    """Nothing that may be left out looks required, and a value that fits the schema is not refused for its form."""
    schemas = daemon.request("GET", "openapi.json").json["components"]["schemas"]
    assert not [name for name, schema in schemas.items() for member in schema.get("properties", {}).values() if "default" in member]
    assert schemas["RobotCommand"]["properties"]["valid_for_ms"]["x-default"] == 2000
    assert schemas["AccountChange"]["minProperties"] == 1 and "minProperties" not in schemas["NewAccount"]
    name, password = (schemas["NewAccount"]["properties"][member] for member in ("username", "password"))
    assert password["minLength"] == password["x-min-bytes"] == 8
    assert re.fullmatch(name["pattern"], "anna.b-c_d@e") and not re.fullmatch(name["pattern"], "anna b")
    assert not re.fullmatch(schemas["RobotCommand"]["properties"]["id"]["pattern"], "tab\there")


def test_a_client_that_has_it_gets_304(daemon):
    first = daemon.get("openapi.json", role=None)
    for known in (first.headers["etag"], f'W/{first.headers["etag"]}', f'"x", {first.headers["etag"]}', "*"):
        again = daemon.request("GET", "openapi.json", headers={"If-None-Match": known})
        assert (again.status, again.body) == (304, b""), known
    assert daemon.request("GET", "openapi.json", headers={"If-None-Match": '"x"'}).status == 200


def test_a_client_that_takes_gzip_gets_less(daemon):
    plain = daemon.get("openapi.json", role=None)
    assert "content-encoding" not in plain.headers
    for wanted, coding in (("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("*", "gzip"), ("gzip;q=0", None), ("identity", None),
                           ("gzip;q=0, *", None)):
        answer = daemon.request("GET", "openapi.json", headers={"Accept-Encoding": wanted})
        assert answer.headers.get("content-encoding") == coding, wanted
        if coding:
            assert len(answer.body) < len(plain.body) / 3 and gzip.decompress(answer.body) == plain.body


def test_every_code_has_cause_and_remedy(daemon):
    items = daemon.get("errors", role=None).json["items"]
    assert len(items) > 80
    for item in items:
        assert item["cause"].endswith(".") and item["action"].endswith("."), item
        assert (item["status"] is None) == (item["kind"] != "problem"), item
    keys = [(item["code"], item["kind"], item["status"]) for item in items]
    assert len(keys) == len(set(keys))


def test_docs_lead_to_the_page(daemon):
    answer = daemon.get("docs", role=None)
    assert (answer.status, answer.headers["location"]) == (303, "/#/api")
    assert b'href="/#/api"' in answer.body and answer.headers["content-type"] == "text/html; charset=utf-8"
    assert daemon.get("/", role=None).status == 200


def test_examples_are_in_the_description(daemon):
    document = daemon.get("openapi.json", role=None).json
    robot = document["paths"]["/api/v1/robot"]["get"]["responses"]["200"]["content"]["application/json"]
    assert robot["example"].keys() == daemon.get("robot").json.keys()
    command = document["paths"]["/api/v1/safety/enable"]["post"]["requestBody"]["content"]["application/json"]
    assert command["example"] == {"valid_for_ms": 1000}
