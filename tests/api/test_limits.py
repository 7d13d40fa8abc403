# SPDX-License-Identifier: GPL-2.0-or-later
"""The limits of motion: what is in force, reading their file again, and files that are refused. What another block does to
motion is in the unit tests: the bus is the simulator behind a pty, without outputs."""
import concurrent.futures
import csv
import json
import os
import subprocess

import pytest

from daemon import BUILD, PASSWORD, TOP, serve
from oht_test.wait import until

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"
SHIPPED = (TOP / "userspace/data/motion.csv").read_text()


def with_rows(*swaps):
    """The shipped file; each (beginning of a row, row) replaces one, None leaves it out."""
    lines = SHIPPED.splitlines()
    for key, row in swaps:
        place, = (i for i, line in enumerate(lines) if line.startswith(key))
        lines[place:place + 1] = [] if row is None else [row]
    return "\n".join(lines) + "\n"


def table(daemon):
    return daemon.data / "motion.csv"


@pytest.fixture(name="own")
def _own(fresh):
    serve(fresh)
    yield fresh
    fresh.stop()


@pytest.fixture(autouse=True)
def _as_shipped(request):
    """Each test finds the shipped file."""
    yield
    if "shared" in request.fixturenames:
        made = request.getfixturevalue("shared")
        if table(made).is_dir():
            table(made).rmdir()
        table(made).unlink(missing_ok=True)
        table(made).write_text(SHIPPED)


def reload(daemon, role="administrator", **body):
    return daemon.post("robot/limits/reload", body, role=role)


def values(daemon):
    return {(item["name"], item["profile"]): item["value"] for item in daemon.get("robot/limits").json["items"]}


def ohtctl(daemon, line):
    return subprocess.run([OHTCTL, "--socket", daemon.socket, *line.split()], capture_output=True, text=True, check=False, timeout=60)


# ---- what is in force ----

def test_the_whole_file_is_told(shared):
    answer = shared.get("robot/limits").json
    rows = list(csv.DictReader(SHIPPED.splitlines()))
    assert (answer["file"], answer["profile"], answer["next_cursor"]) == ("motion.csv", "canonical", None)
    assert len(answer["items"]) == len(rows) >= 60
    for item, row in zip(answer["items"], rows):
        assert (item["name"], item["profile"], item["description"]) == (row["name"], row["profile"], row["description"])
        assert (item["value"], item["min"], item["max"]) == tuple(float(row[name]) for name in ("value", "min", "max"))
        assert item["unit"] == (row["unit"] or None)
    assert str(shared.folder) not in json.dumps(answer)


def test_zones_are_a_view_of_them(shared):
    limits, zones = (shared.get(path, role="viewer").json for path in ("robot/limits", "safety/zones"))
    names = [*(f"distance_{i}_ways" for i in range(1, 5)), "distance_range_mm", "slow_zone_mm", "slow_mm_s", "crawl_mm_s", "reaction_s",
             "zone_hysteresis_mm"]
    assert zones == {**limits, "items": [item for item in limits["items"] if item["name"] in names]}
    assert [item["name"] for item in zones["items"]] == names


def test_a_start_is_the_first_reading(own):
    told = own.get("robot/limits").json
    assert told["generation"] == 1
    assert reload(own).json["generation"] == 2
    own.stop()
    own.start()
    again = own.get("robot/limits").json
    assert again["generation"] == 1 and again["items"] == told["items"] and again["read"] > told["read"]


# ---- taken ----

def test_another_file_holds_at_once_and_is_told(own):
    table(own).write_text(with_rows(("jog_mm_s,", "jog_mm_s,common,200,mm/s,1,10000,slower"),
                                   ("soft_min_mm,legacy", "soft_min_mm,legacy,10,mm,-32768,32767,"),
                                   ("soft_max_mm,", "soft_max_mm,common,12000.5,mm,-32768,32767,"),
                                   ("dock_position_mm,", "dock_position_mm,common,20,mm,-32768,32767,")))
    # Soft limits are among them.
    assert reload(own).code == "elevation_required"
    assert own.post("auth/elevate", {"password": PASSWORD}, role="administrator").status == 200
    answer = reload(own)
    assert answer.status == 200, answer.body
    assert (answer.json["file"], answer.json["generation"]) == ("motion.csv", 2)
    assert answer.json["changed"] == [
        {"name": "soft_min_mm", "profile": "legacy", "before": 0, "now": 10},
        {"name": "soft_max_mm", "profile": "common", "before": 30500, "now": 12000.5},
        {"name": "jog_mm_s", "profile": "common", "before": 250, "now": 200},
        {"name": "dock_position_mm", "profile": "common", "before": 0, "now": 20},
    ]
    now = own.get("robot/limits").json
    assert now["generation"] == 2
    assert values(own)["soft_max_mm", "common"] == 12000.5
    robot, sheet = own.get("robot").json, own.get("robot/factsheet").json
    assert (robot["limits"]["jog_mm_s"], robot["limits"]["soft_max_mm"]) == (200, 12000.5)
    assert (sheet["limits"]["jog_mm_s"], sheet["lengths"]["soft_max_mm"], sheet["lengths"]["dock_position_mm"]) == (200, 12000.5, 20)
    assert own.get("robot/mode").json["jog_mm_s"] == 200
    assert robot["control"] == "administrator"
    line = "reading 2 by administrator: soft_min_mm legacy 0 -> 10, soft_max_mm 30500 -> 12000.5, jog_mm_s 250 -> 200"
    until(lambda: line in own.log(), what="the line in the log")
    assert [item for item in own.get("logs?limit=200", role="supervisor").json["items"]
            if (item["room"], item["code"], item["level"]) == ("robot", "limits", "notice")]


def test_the_same_file_changes_nothing(own):
    before = values(own)
    answer = reload(own)
    assert (answer.status, answer.json["generation"], answer.json["changed"]) == (200, 2, []), answer.body
    assert values(own) == before
    until(lambda: "reading 2 by administrator, no limit of motion is another one" in own.log(), what="the line in the log")


def test_a_file_that_was_not_read_again_changes_nothing(own):
    """Its values are in the configuration, which a crash does not lose either."""
    table(own).write_text(with_rows(("jog_mm_s,", "jog_mm_s,common,200,mm/s,1,10000,")))
    own.kill()
    own.start()
    assert values(own)["jog_mm_s", "common"] == 250
    until(lambda: reload(own).status == 200, what="safe")
    own.kill()
    own.start()
    assert values(own)["jog_mm_s", "common"] == 200
    assert own.get("robot/limits").json["generation"] == 1


def test_taken_while_stopped(own):
    assert own.post("safety/stop", role="operator").status == 200
    until(lambda: own.get("robot").json["state"] == "estop", what="estop")
    table(own).write_text(with_rows(("jog_mm_s,", "jog_mm_s,common,200,mm/s,1,10000,")))
    answer = until(lambda: (said := reload(own)).status == 200 and said, what="standstill")
    assert answer.json["changed"][0]["now"] == 200
    assert own.get("robot").json["state"] == "estop"


def test_a_mended_file_is_taken_after_a_refusal(own):
    table(own).write_text("name\n")
    assert reload(own).status == 422
    table(own).write_text(with_rows(("jog_mm_s,", "jog_mm_s,common,200,mm/s,1,10000,")))
    answer = reload(own)
    assert answer.status == 200 and answer.json["changed"][0]["now"] == 200, answer.body


def test_many_at_once_are_taken_whole(own):
    """Each reads one of two files; whichever was taken last, it is whole."""
    slow = with_rows(("jog_mm_s,", "jog_mm_s,common,200,mm/s,1,10000,"), ("speed_mm_s,", "speed_mm_s,common,900,mm/s,10,10000,"))

    def swap(i):
        beside = own.folder / f"motion-{i}.csv"
        beside.write_text(slow if i % 2 else SHIPPED)
        os.replace(beside, table(own))
        answer = reload(own)
        assert answer.status == 200 or (answer.status, answer.code) in ((409, "busy"), (503, "busy"), (429, "rate_limited")), answer.body
        told = values(own)
        assert (told["jog_mm_s", "common"], told["speed_mm_s", "common"]) in ((200, 900), (250, 1000))
        return answer.status

    own.token("administrator")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(swap, range(40)))
    assert 200 in statuses
    told = own.get("robot").json["limits"]
    assert (told["jog_mm_s"], told["speed_mm_s"]) in ((200, 900), (250, 1000))


# ---- refused ----

def in_force(own):
    """The block in force, without the time of day of its reading: that follows the corrections of the clock."""
    return {name: value for name, value in own.get("robot/limits").json.items() if name != "read"}


HEADER = "name,profile,value,unit,min,max,description\n"


@pytest.mark.parametrize("text, complaints", [
    (with_rows(("jog_mm_s,", "jog_mm_s,common,fast,mm/s,1,10000,")), ["value: not a number: 'fast'"]),
    (with_rows(("jog_mm_s,", "jog_mm_s,common,,mm/s,1,10000,")), ["value: not a number: ''"]),
    (with_rows(("jog_mm_s,", "jog_mm_s,common,nan,mm/s,1,10000,")), ["value: not a number: 'nan'"]),
    (with_rows(("jog_mm_s,", "jog_mm_s,common,0,mm/s,1,10000,")), ["value: must be 1..10000: '0'"]),
    (with_rows(("jog_mm_s,", "yog_mm_s,common,1,mm/s,1,10000,")), ["name: no such value of motion: 'yog_mm_s'"]),
    (with_rows(("jog_mm_s,", "jog_mm_s,both,1,mm/s,1,10000,")), ["profile: must be one of canonical|legacy|common: 'both'"]),
    (with_rows(("jog_mm_s,", "jog_mm_s,common,1,mm/s,1,10000")), ["6 fields where the header has 7"]),
    (with_rows(("jog_mm_s,", 'jog_mm_s,common,1,mm/s,1,10000,"open')), ["quoted field without its closing quote"]),
    (with_rows(("jog_mm_s,", "jog_mm_s,common,1,mm/s,1,10000,a\0b")), ["NUL byte in a field"]),
    (SHIPPED + "jog_mm_s,common,200,mm/s,1,10000,\n", ["name: given twice for this profile: 'jog_mm_s'"]),
    (with_rows(("jerk_mm_s3,", None)), ["jerk_mm_s3 is missing (profile canonical)", "jerk_mm_s3 is missing (profile legacy)"]),
    (with_rows(("soft_min_mm,legacy", None)), ["soft_min_mm is missing (profile legacy)"]),
    (with_rows(("jog_mm_s,", "jog_mm_s,common,1001,mm/s,1,10000,")), ["jog_mm_s is above speed_mm_s (profile canonical)",
                                                                    "jog_mm_s is above speed_mm_s (profile legacy)"]),
    (with_rows(("soft_max_mm,", "soft_max_mm,common,-3500,mm,-32768,32767,")), ["(profile canonical)", "(profile legacy)"]),
    (HEADER, ["is missing (profile canonical)", "is missing (profile legacy)"]),
    ("", ["no header line"]),
    ("name,profile\n", ["no column 'value'", "no column 'min'", "no column 'max'"]),
    (with_rows(("speed_mm_s,", "speed_mm_s,common,x,mm/s,1,10,"), ("jog_mm_s,", "jog_mm_s,common,0,mm/s,1,10,")), ["'x'", "'0'"]),
    (HEADER + "#" * (5 << 20), ["File too large"]),
], ids=range(19))
def test_a_wrong_file_is_refused_with_its_lines(shared, text, complaints):
    before = in_force(shared)
    robot = shared.get("robot").json["limits"]
    table(shared).write_text(text)
    answer = reload(shared)
    assert (answer.status, answer.code) == (422, "limits_file"), answer.body
    told = [error["detail"] for error in answer.json["errors"]]
    assert len(told) == len(complaints), told
    for said, wanted in zip(told, complaints):
        assert wanted in said and said.startswith("motion.csv:"), told
    assert {error["code"] for error in answer.json["errors"]} == {"file_line"}
    assert str(shared.folder) not in answer.body.decode()
    assert in_force(shared) == before and shared.get("robot").json["limits"] == robot
    assert "limits_refused: for administrator" in shared.log()


def test_the_line_of_the_file_is_told(shared):
    line = 1 + next(i for i, row in enumerate(SHIPPED.splitlines()) if row.startswith("jog_mm_s,"))
    table(shared).write_text(with_rows(("jog_mm_s,", "jog_mm_s,common,fast,mm/s,1,10000,")))
    assert reload(shared).json["errors"][0]["detail"] == f"motion.csv:{line}: value: not a number: 'fast'"


def test_very_many_complaints_are_counted(shared):
    table(shared).write_text(HEADER + "".join(f"x{i},common,1,,0,2,\n" for i in range(100)))
    answer = reload(shared)
    assert (answer.status, len(answer.json["errors"])) == (422, 16) and "100 complaints" in answer.json["detail"], answer.body


@pytest.mark.parametrize("make, complaint", [
    (lambda path: None, "No such file"),
    (lambda path: path.mkdir(), "Is a directory"),
    (os.mkfifo, "Invalid argument"),
    (lambda path: path.symlink_to(path), "symbolic links"),
    (lambda path: path.symlink_to("/dev/zero"), "Invalid argument"),
], ids=["none", "folder", "pipe", "loop", "device"])
def test_what_is_no_file_is_refused(shared, make, complaint):
    before = in_force(shared)
    table(shared).unlink()
    make(table(shared))
    answer = reload(shared)
    assert (answer.status, answer.code) == (422, "limits_file"), answer.body
    assert [error["detail"] for error in answer.json["errors"]][0].startswith("motion.csv: ") and complaint in answer.body.decode()
    assert in_force(shared) == before


@pytest.mark.parametrize("role", ["viewer", "operator", "supervisor", None])
def test_only_an_administrator_may(shared, role):
    before = in_force(shared)
    table(shared).write_text(with_rows(("jog_mm_s,", "jog_mm_s,common,200,mm/s,1,10000,")))
    answer = reload(shared, role)
    assert answer.status == (403 if role else 401), answer.body
    assert in_force(shared) == before


def test_only_the_session_in_control_may(shared):
    before = in_force(shared)
    assert shared.post("control", role="operator").status == 200
    table(shared).write_text(with_rows(("jog_mm_s,", "jog_mm_s,common,200,mm/s,1,10000,")))
    answer = reload(shared)
    assert (answer.status, answer.code) == (409, "control_held"), answer.body
    assert in_force(shared) == before
    assert shared.request("DELETE", "control", role="operator").status == 200


@pytest.mark.parametrize("body", [{"valid_for_ms": 0}, {"valid_for_ms": 60001}, {"valid_for_ms": "1"}, {"file": "/etc/passwd"}])
def test_members_that_do_not_fit_are_refused(shared, body):
    answer = reload(shared, **body)
    assert (answer.status, answer.code) == (400, "validation"), answer.body


def test_other_methods_are_refused(shared):
    for method, path in (("PUT", "robot/limits"), ("POST", "robot/limits"), ("GET", "robot/limits/reload"), ("DELETE", "robot/limits")):
        assert shared.request(method, path, role="administrator").status == 405, (method, path)
    assert shared.get("robot/limits/speed_mm_s").status == 404


# ---- ohtctl ----

def test_ohtctl_shows_and_reloads(own):
    shown = ohtctl(own, "robot limits")
    assert shown.returncode == 0 and len(shown.stdout.splitlines()) == len(SHIPPED.splitlines()) - 1
    name, profile, value, unit, least, greatest = shown.stdout.splitlines()[0].split()[:6]
    assert (name, profile, float(value), unit, float(least), float(greatest)) == ("speed_mm_s", "common", 1000, "mm/s", 10, 10000)
    assert json.loads(ohtctl(own, "--json robot limits").stdout)["generation"] == 1
    assert ohtctl(own, "robot limits reload").stdout == "no value is another one\n"
    table(own).write_text(with_rows(("jog_mm_s,", "jog_mm_s,common,200,mm/s,1,10000,")))
    name, profile, before, now = ohtctl(own, "robot limits reload").stdout.split()
    assert (name, profile, float(before), float(now)) == ("jog_mm_s", "common", 250, 200)
    table(own).write_text(with_rows(("jog_mm_s,", "jog_mm_s,common,fast,mm/s,1,10000,")))
    done = ohtctl(own, "robot limits reload")
    assert done.returncode == 1 and "motion.csv:" in done.stderr and "not a number: 'fast'" in done.stderr, done.stderr
    assert ohtctl(own, "robot limits now").returncode == 2
    assert ohtctl(own, "robot limits reload now").returncode == 2
    assert values(own)["jog_mm_s", "common"] == 200
