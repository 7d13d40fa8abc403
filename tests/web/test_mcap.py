# SPDX-License-Identifier: GPL-2.0-or-later
"""The published reader of MCAP reads an export, and finds what the other forms say."""
import csv
import io
import json
import os
import pathlib
import subprocess
import time

import jsonschema
import pytest

from daemon import running
from oht_test.wait import until
from past import CHUNK, CYCLE_NS, CYCLES, LOST, Past, at, text
from test_foxglove import Viewer, address

READER = pathlib.Path(__file__).with_name("mcap_reader.mjs")
NAMES = ["battery_v", "state", "enabled", "bus_transfers"]


@pytest.fixture(scope="module", name="past")
def fixture_past(tmp_path_factory):
    """A daemon with a known past."""
    with running(tmp_path_factory.mktemp("past"), roles=["viewer"], history_flush_s="1") as made:
        until(lambda: made.get("health").json["history"]["flushes"], what="values on the disk")
        made.stop()
        made.past = Past((int(time.time()) - 3 * 3600) * 10 ** 9, int(os.environ.get("OHT_SEED", "1")))
        made.past.write(made.state / "history.db")
        made.start()
        until(lambda: made.get("telemetry/export?signals=state").status == 200, what="the file to be open")
        yield made


def span(past, begin, end):
    return "&".join(f"{name}={text((past.past.start_ns + cycle * CYCLE_NS) // 10 ** 6)}" for name, cycle in (("from", begin), ("to", end)))


def export(past, begin, end, form, names=NAMES):
    told = past.get(f"telemetry/export?signals={','.join(names)}&format={form}&{span(past, begin, end)}")
    assert told.status == 200, told
    return told


def read(past, file, begin, end, names=NAMES):
    told = export(past, begin, end, "mcap", names)
    assert told.headers["content-type"] == "application/octet-stream" and told.headers["content-disposition"].endswith('.mcap"')
    file.write_bytes(told.body)
    return json.loads(subprocess.run(["node", READER, file], stdout=subprocess.PIPE, check=True, timeout=120).stdout)


def test_the_reader_finds_what_csv_says(past, tmp_path):
    """In several chunks, over a gap; with all checksums right."""
    begin, end = CHUNK - 12_000, CHUNK + 3000
    found = read(past, tmp_path / "a.mcap", begin, end)
    rows = list(csv.DictReader(io.StringIO(export(past, begin, end, "csv").body.decode())))
    samples = [row for row in rows if not row["gap_reason"]]
    messages = found["topics"]["/telemetry"]
    assert len(messages) == len(samples) == end - begin - len(LOST)
    quality = {}
    changes = {int(time_ns): told for time_ns, _, told in found["topics"]["/telemetry/quality"]}
    for (time_ns, sequence, told), row in zip(messages, samples):
        quality = changes.get(int(time_ns), quality)
        assert int(time_ns) // 10 ** 6 == at(row["time"]) and sequence == int(row["cycle"])
        assert quality == {name: row[name + ".quality"] for name in NAMES if row[name + ".quality"] != "good"}
        assert told.keys() == set(NAMES) - quality.keys()
        assert {name: float(value) if name != "state" else value for name, value in told.items()} == {name: float(row[name]) if name != "state" else row[name] for name in told}
    [(gap_ns, _, gap)] = found["topics"]["/telemetry/gaps"]
    assert (int(gap_ns) - past.past.start_ns) // CYCLE_NS == LOST.start and gap["gap_reason"] == "samples_lost"
    # What the end of the file says of it.
    statistics = found["statistics"]
    counts = [len(found["topics"][topic]) for topic in ("/telemetry", "/telemetry/quality", "/telemetry/gaps")]
    assert [statistics["channelMessageCounts"][str(number)] for number in (1, 2, 3)] == counts and statistics["messageCount"] == sum(counts)
    assert statistics["chunkCount"] == found["stream"]["records"]["Chunk"] > 2 and found["stream"]["done"]
    assert found["stream"]["records"]["ChunkIndex"] == statistics["chunkCount"] and len(found["offsets"]) == 4
    assert found["header"]["library"].startswith("ohtd ")


def test_topic_and_schema_are_those_of_the_live_socket(past, tmp_path):
    found = read(past, tmp_path / "a.mcap", 0, 50)
    schemas = {schema["id"]: schema for schema in found["schemas"]}
    channels = {channel["topic"]: channel for channel in found["channels"]}
    with Viewer(past, address(past)) as viewer:
        [live] = [channel for channel in viewer.until("advertise")["channels"] if channel["topic"] == "/telemetry"]
    kept = schemas[channels["/telemetry"]["schemaId"]]
    assert channels["/telemetry"]["messageEncoding"] == live["encoding"] == "json"
    assert (kept["name"], kept["encoding"], kept["data"]) == (live["schemaName"], live["schemaEncoding"], live["schema"])
    for topic, messages in found["topics"].items():
        schema = json.loads(schemas[channels[topic]["schemaId"]]["data"])
        for _, _, told in messages:
            jsonschema.validate(told, schema)


def test_a_file_of_nothing_is_whole(past, tmp_path):
    found = read(past, tmp_path / "a.mcap", -4000, -3000)
    assert list(found["topics"]) == ["/telemetry/gaps"] and found["stream"]["done"]
    found = read(past, tmp_path / "a.mcap", CYCLES - 3, CYCLES - 2, ["tag"])
    assert found["topics"]["/telemetry/gaps"][0][2]["gap_reason"] == "no_value"
