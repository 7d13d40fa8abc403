# SPDX-License-Identifier: GPL-2.0-or-later
"""openapi.json of the daemon, judged by a validator that knows nothing of the daemon."""
import json
import pathlib
import subprocess

import pytest

CHECK = pathlib.Path(__file__).with_name("check_openapi.mjs")
ROBOT = "#/paths/~1api~1v1~1robot/get"


def faults_of(document, folder):
    """[[rule, place, message], ...]"""
    path = folder / "openapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    done = subprocess.run(["node", CHECK, path], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_description_has_no_fault(daemon, tmp_path):
    document = daemon.get("openapi.json", role=None).json
    # A health check is answered whatever its query and headers are, so there is no request that these routes refuse.
    taken_as_they_come = {f"#/paths/~1api~1v1~1health{part}/get/responses" for part in ("", "~1live", "~1ready")}
    faults = faults_of(document, tmp_path)
    assert {place for rule, place, _ in faults if rule == "operation-4xx-response"} == taken_as_they_come
    assert not [fault for fault in faults if fault[1] not in taken_as_they_come]


def unknown_member(document):
    document["paths"]["/api/v1/robot"]["get"]["paramters"] = []


def answers_in_a_list(document):
    document["paths"]["/api/v1/robot"]["get"]["responses"] = []


def no_such_schema(document):
    answer = document["paths"]["/api/v1/robot"]["get"]["responses"]["200"]
    answer["content"]["application/json"]["schema"]["$ref"] = "#/components/schemas/Nothing"


def no_such_type(document):
    document["components"]["schemas"]["Robot"]["properties"]["age_ms"]["type"] = "int"


def example_of_another_type(document):
    answer = document["paths"]["/api/v1/robot"]["get"]["responses"]["200"]
    answer["content"]["application/json"]["example"]["age_ms"] = "22"


def parameter_without_a_place(document):
    document["paths"]["/api/v1/modules/{unit}"]["get"]["parameters"] = []


def two_of_one_name(document):
    document["paths"]["/api/v1/safety"]["get"]["operationId"] = document["paths"]["/api/v1/robot"]["get"]["operationId"]


def no_title(document):
    del document["info"]["title"]


@pytest.mark.parametrize("spoil, rule, place", [
    (unknown_member, "struct", f"{ROBOT}/paramters"),
    (answers_in_a_list, "struct", f"{ROBOT}/responses"),
    (no_such_schema, "no-unresolved-refs", f"{ROBOT}/responses/200/content/application~1json/schema"),
    (no_such_type, "struct", "#/components/schemas/Robot/properties/age_ms/type"),
    (example_of_another_type, "no-invalid-media-type-examples",
     f"{ROBOT}/responses/200/content/application~1json/example/age_ms"),
    (parameter_without_a_place, "path-parameters-defined", "#/paths/~1api~1v1~1modules~1{unit}/get/parameters"),
    (two_of_one_name, "operation-operationId-unique", "#/paths/~1api~1v1~1safety/get/getRobot"),
    (no_title, "struct", "#/info"),
])
def test_a_spoilt_description_is_refused(daemon, tmp_path, spoil, rule, place):
    document = daemon.get("openapi.json", role=None).json
    spoil(document)
    assert (rule, place) in [(fault[0], fault[1]) for fault in faults_of(document, tmp_path)]
