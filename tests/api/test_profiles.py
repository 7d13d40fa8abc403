# SPDX-License-Identifier: GPL-2.0-or-later
"""Register maps of the user: what they add is decoded, and a file that is wrong costs nothing but itself."""
import re
import subprocess

import pytest

from daemon import BUILD, TOP
from foreign import start_on_foreign
from oht_test.wait import until
from test_modules import written

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"
HEADER = (TOP / "userspace/data/registers.csv").read_text().splitlines()[0].removesuffix(",none,fault") + "\n"
FAN = "common,power,0x0150,fan_speed,Fan speed,RO,u16,0.5,rpm,0,6000,,none,no,no,Mine.\n"
LIMIT = "common,power,0x0151,fan_limit,Fan limit,RW,i32,0.1,rpm,-100,60000,,supervisor,no,no,Mine.\n"


@pytest.fixture(name="begin")
def _begin(fresh, chance):
    """Starts a daemon on foreign slaves with these files of the user; they are known once it returns."""
    def start(**files):
        folder = fresh.state / "profiles"
        folder.mkdir()
        for name, content in files.items():
            (folder / f"{name}.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        start_on_foreign(fresh, chance, {2: (0x150, [1234, 0xFF9C, 0xFFFF])})
        return fresh
    yield start
    fresh.stop()


def profiles(daemon):
    return {item["name"]: item for item in daemon.get("modules/profiles").json["items"]}


def reasons(daemon):
    return {reason["code"] for reason in daemon.get("health").json["reasons"]}


def test_registers_of_the_user_are_decoded_and_written(begin):
    odd = f"{HEADER[:-1]},History\n" + FAN.replace("0x0150,fan_speed", "0x0160,odd").replace("\n", ",odd_one\n")
    daemon = begin(mine=HEADER + FAN + LIMIT, odd=odd)
    fan = until(lambda: (item := daemon.get("modules/2/registers/fan_speed").json)["state"] == "ok" and item, what="a value")
    assert (fan["raw"], fan["value"], fan["unit"], fan["label"], fan["max"]) == (1234, 617, "rpm", "Fan speed", 3000)
    limit = until(lambda: (item := daemon.get("modules/2/registers/fan_limit").json)["state"] == "ok" and item, what="a value")
    assert (limit["raw"], limit["value"]) == (-100, -10)
    answer = until(lambda: written(daemon.request("PUT", "modules/2/registers/fan_limit", {"value": 123.4}, role="supervisor")),
                   what="a write that is verified")
    assert answer.json["verified"] is True, answer.body
    assert daemon.simulator.slaves[2].context.getValues(3, 0x151, 2) == [1234, 0]
    refused = daemon.request("PUT", "modules/2/registers/fan_limit", {"value": 6000.1}, role="supervisor")
    assert (refused.status, refused.code) == (400, "validation") and b"-10.0 to 6000.0 rpm" in refused.body
    assert daemon.request("PUT", "modules/2/registers/fan_speed", {"raw": 1}, role="administrator").code == "read_only"
    assert "fan_speed" in {item["name"] for item in daemon.get("modules/2/registers").json["items"]}
    assert profiles(daemon)["mine.csv"] == {"name": "mine.csv", "built_in": False, "used": True, "registers": 2, "problem": None}
    skipped = "odd.csv:1: column 'History' is skipped: the name of the column is 'history'"
    assert profiles(daemon)["odd.csv"]["used"] and profiles(daemon)["odd.csv"]["problem"] == skipped
    assert f"profile_skipped: odd.csv: {skipped}" in daemon.log()
    assert "profile_refused" not in reasons(daemon) and "profile_used" in daemon.log()


def test_register_that_the_module_has_not_is_told_and_costs_nothing(begin):
    daemon = begin(mine=HEADER + FAN.replace("0x0150", "0x3000"))
    until(lambda: daemon.get("modules/2/registers/fan_speed").json["state"] == "unsupported", what="unsupported")
    until(lambda: (m := daemon.get("modules/2").json)["health"] == "good" and m["statistics"]["errors_in_row"] == 0, what="a good module")
    assert daemon.get("modules/2/registers/battery_soc").json["quality"] == "good"


@pytest.mark.parametrize("content, said", [
    (HEADER + FAN.replace("0x0150", "0x0100"), "wrong.csv:2: address: same address twice, also in registers.csv:"),
    (HEADER + FAN.replace("0,6000", "7,6"), "wrong.csv:2: max: below min: '6'"),
    (HEADER + FAN + FAN, "wrong.csv:3: address: same address twice, also in line 2"),
    (HEADER + FAN.replace("Mine", "\x1b[2J"), "wrong.csv:2: description: no printable text in UTF-8"),
    (b"\0" * 100, "NUL byte in a field"),
    (b"x" * (10 << 20), "10485760 bytes, at most 262144"),
    (b"", "no header line"),
], ids=["over_ours", "upside_down", "twice", "escape", "nul", "long_line", "empty"])
def test_wrong_file_leaves_the_rest_as_it_is(begin, content, said):
    daemon = begin(good=HEADER + LIMIT, wrong=content)
    found = profiles(daemon)
    assert said in found["wrong.csv"]["problem"] and not found["wrong.csv"]["used"], found
    assert str(daemon.folder) not in found["wrong.csv"]["problem"]
    assert found["good.csv"]["used"] and found["legacy"]["used"] and found["canonical"]["built_in"]
    assert daemon.get("modules/2/registers/fan_limit").status == 200
    assert daemon.get("modules/2/registers/fan_speed").code == "register_not_found"
    assert "profile_refused" in reasons(daemon) and said in daemon.log()
    # An unknown client hears that there is something, and not what.
    health = daemon.another().request("GET", "health")
    assert health.status == 200 and b"wrong.csv" not in health.body
    assert daemon.another().request("GET", "modules/profiles").status == 401


def test_examples_of_the_documents_are_good(begin, tmp_path):
    examples = re.findall(r"```csv\n(.*?)```", (TOP / "docs/data.md").read_text(), re.S)
    for example in examples:
        file = tmp_path / "example.csv"
        file.write_text(example)
        done = subprocess.run([OHTCTL, "--data", TOP / "userspace/data", "profile", "check", file], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    registers, signals = examples
    daemon = begin(example=registers, signals=signals)
    assert profiles(daemon)["example.csv"]["used"] and profiles(daemon)["signals.csv"]["used"], profiles(daemon)
    assert [item["name"] for item in daemon.get("telemetry/signals").json["items"]][56:] == ["hoist_load_kg", "pump_on"]
    fan = until(lambda: (item := daemon.get("modules/2/registers/fan_speed").json)["state"] == "ok" and item, what="a value")
    assert fan["raw"] == 1234
