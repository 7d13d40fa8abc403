# SPDX-License-Identifier: GPL-2.0-or-later
"""asyncapi.json of the daemon, judged by the published parser, which knows nothing of the daemon."""
import json
import pathlib
import subprocess

import pytest

CHECK = pathlib.Path(__file__).with_name("check_asyncapi.mjs")


def faults_of(document, folder):
    """[[rule, place, message], ...]"""
    path = folder / "asyncapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    done = subprocess.run(["node", CHECK, path], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_description_has_no_fault(daemon, tmp_path):
    document = daemon.get("asyncapi.json", role=None).json
    assert document["asyncapi"] == "3.0.0" and not faults_of(document, tmp_path)


def no_such_message(document):
    document["channels"]["safety"]["messages"]["snapshot"]["$ref"] = "#/components/messages/nothing"


def no_such_type(document):
    document["components"]["schemas"]["SocketHello"]["properties"]["epoch"]["type"] = "int"


def unknown_member(document):
    document["channels"]["safety"]["adress"] = "/api/v1/ws"


def action_that_is_none(document):
    document["operations"]["sendSafety"]["action"] = "publish"


def message_of_another_channel(document):
    document["operations"]["sendSafety"]["messages"] = [{"$ref": "#/channels/robot/messages/update"}]


def no_title(document):
    del document["info"]["title"]


@pytest.mark.parametrize("spoil, place", [
    (no_such_message, "operations/sendSafety/messages/0/$ref"), (no_such_type, "SocketHello/properties/epoch/type"),
    (unknown_member, "channels/safety"), (action_that_is_none, "operations/sendSafety/action"),
    (message_of_another_channel, "operations/sendSafety/messages"), (no_title, "info"),
])
def test_a_spoilt_description_is_refused(daemon, tmp_path, spoil, place):
    document = daemon.get("asyncapi.json", role=None).json
    spoil(document)
    faults = faults_of(document, tmp_path)
    assert any(place in fault[1] for fault in faults), faults
