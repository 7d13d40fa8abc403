# SPDX-License-Identifier: GPL-2.0-or-later
"""The configuration as a document: what is exported is what is imported, a document that does not fit changes nothing, and two versions side by side."""
import json
import os
import re
import stat
import subprocess
import threading

import pytest

from test_config import OHTCTL, config, elevate, ohtctl, patch, version

CALIBRATION = {"full_speed_mm_s", "full_raw", "lag_s", "position_wrap_mm", "distance_1_ways", "distance_2_ways", "distance_3_ways", "distance_4_ways"}


def export(daemon):
    answer = daemon.get("config/export")
    assert answer.status == 200, answer
    return answer.json


def take(daemon, document, query="", act="import", role="administrator", headers=None):
    return daemon.request("POST", f"config/{act}{query}", document, role=role, headers=headers)


def merged(document):
    """Both trees as GET config has them."""
    tree = json.loads(json.dumps(document["values"]))
    tree["motion"].update(document["calibration"]["motion"])
    tree["modules"] = document["calibration"]["modules"]
    return tree


def values(document, tree, calibration=None):
    """The document with other items; the trees alone are other ones."""
    return {**document, "values": tree, **({} if calibration is None else {"calibration": calibration})}


# ---- there and back ----

def test_an_export_has_all_in_two_trees(shared):
    document = export(shared)
    assert list(document) == ["format", "format_version", "kind", "robot", "version", "exported", "values", "calibration"]
    assert (document["format"], document["format_version"], document["kind"], document["robot"], document["version"]) == \
        ("oht-configuration", 1, "OHT-50", config(shared)["robot"]["name"], version(shared))
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", document["exported"])
    assert merged(document) == config(shared)
    assert (set(document["calibration"]), set(document["calibration"]["motion"])) == ({"modules", "motion"}, CALIBRATION)
    items = shared.get("config/schema").json["items"]
    measured = [item["pointer"].split("/") for item in items if item["calibration"]]
    assert {name[2] for name in measured if name[1] == "motion"} == CALIBRATION
    assert {name[3] for name in measured if name[1] != "motion"} == {"profile"}
    assert shared.get("config/export", role=None).status == 401


def test_what_was_exported_comes_back_as_it_was(shared):
    elevate(shared)
    before, document = config(shared), export(shared)
    assert patch(shared, {"robot": {"name": "other", "place": "hall"}, "stations": {"home": None, "mill": {"position_mm": 7000.5}},
                          "motion": {"jog_mm_s": 100, "soft_min_mm": {"canonical": -3000.5}, "lag_s": {"canonical": 0.2}}}).status == 200
    was = version(shared)
    # The mechanics stay, and the stations are those of the document alone.
    assert take(shared, {**document, "format_version": 1.0}, act="import/check").json["state"] == "checked"
    assert version(shared) == was
    answer = take(shared, document, query="?reason=as%20before")
    assert (answer.status, answer.json["version"], answer.json["reason"], answer.json["needs_standstill"]) == (200, was + 1, "as before", True), answer
    assert answer.headers["etag"] == f'"{was + 1}"'
    assert {each["pointer"] for each in answer.json["changes"]} == {
        "/robot/name", "/robot/place", "/motion/jog_mm_s", "/motion/soft_min_mm/canonical", "/stations/home/position_mm", "/stations/mill/position_mm"}
    assert config(shared)["motion"]["lag_s"]["canonical"] == 0.2
    answer = take(shared, document, query="?calibration=true")
    assert ([each["pointer"] for each in answer.json["changes"]], answer.json["reason"]) == (["/motion/lag_s/canonical"], "imported")
    assert config(shared) == before
    told = shared.get("audit?limit=1", role="administrator").json["items"][0]
    assert (told["act"], told["object"], told["result"]) == ("POST config/import", f"version {was + 2}", "200")


def test_items_that_a_document_does_not_have_keep_their_values(shared):
    before = config(shared)
    document = values(export(shared), {"motion": {"jog_mm_s": 120}}, {})
    assert take(shared, document).status == 200
    assert config(shared) == {**before, "motion": {**before["motion"], "jog_mm_s": 120}}
    # None are stations, too.
    assert take(shared, values(document, {"motion": {"jog_mm_s": before["motion"]["jog_mm_s"]}, "stations": {}})).status == 200
    assert config(shared) == {**before, "stations": {}}
    assert patch(shared, {"stations": before["stations"]}).status == 200


def test_an_import_returns_unless_it_is_confirmed(shared):
    before = config(shared)
    document = values(export(shared), {"robot": {"place": "roof"}})
    assert take(shared, document, query="?confirm_within_s=600").json["state"] == "pending"
    assert take(shared, document).code == "config_pending"
    assert shared.request("DELETE", "config/pending", role="administrator").status == 200
    assert config(shared) == before


# ---- refused ----

@pytest.mark.parametrize("other, pointer, code, text", [
    ({"format": "oht-backup"}, "/format", "unfit", "must be 'oht-configuration', not 'oht-backup'"),
    ({"format": None}, "/format", "type", "must be a text"),
    ({"format_version": 2}, "/format_version", "range", "is 2, of a newer ohtd"),
    ({"format_version": 0}, "/format_version", "range", "not 0"),
    ({"format_version": "1"}, "/format_version", "type", "a whole number"),
    ({"format_version": 1.5}, "/format_version", "type", "a whole number"),
    ({"values": {"motion": {"dock_retries": 2.5}}}, "/motion/dock_retries", "type", "must be a whole number, not 2.5"),
    ({"kind": "OHT-100"}, "/kind", "unfit", "must be 'OHT-50', not 'OHT-100'"),
    ({"value": {}}, "/value", "unknown_member", "below values"),
    ({"values": []}, "/values", "type", "an object"),
    ({"calibration": 1}, "/calibration", "type", "an object"),
    ({"values": {"motion": {"yog_mm_s": 1}}}, "/motion/yog_mm_s", "unknown_member", "the nearest is /motion/jog_mm_s"),
    ({"values": {"motion": {"jog_mm_s": None}}}, "/motion/jog_mm_s", "type", "null is no value"),
    ({"values": {"motion": None}}, "/motion", "type", "null is no value"),
    ({"values": {"motion": 5}}, "/motion", "type", "an object"),
    ({"calibration": {"motion": {"lag_s": 5}}}, "/motion/lag_s", "type", "an object"),
    ({"values": {"robot": {"name": {}}}}, "/robot/name", "type", "a text"),
    ({"values": {"stations": 5}}, "/stations", "type", "an object"),
    ({"values": {"motion": {"lag_s": {"legacy": 1}}}}, "/motion/lag_s/legacy", "unfit", "belongs below calibration"),
    ({"calibration": {"motion": {"jog_mm_s": 1}}}, "/motion/jog_mm_s", "unfit", "belongs below values"),
    ({"values": {"motion": {"jog_mm_s": 0}}}, "/motion/jog_mm_s", "range", "must be 1 to 10000 mm/s, not 0"),
    ({"values": {"motion": {"jog_mm_s": 5000}}}, "/motion/jog_mm_s", "contradiction", "speed_mm_s"),
    ({"values": {"stations": {"mill": {"position_mm": 40000}}}}, "/stations/mill/position_mm", "range", "soft limits"),
], ids=range(23))
def test_a_document_that_does_not_fit_changes_nothing(shared, other, pointer, code, text):
    elevate(shared)
    before = shared.get("config")
    document = {**export(shared), **other}
    for act in ("import", "import/check"):
        answer = take(shared, document, query="?calibration=true", act=act)
        assert (answer.status, answer.code) in ((400, "validation"), (422, "config_contradiction")), answer
        fault, = answer.json["errors"]
        assert (fault["pointer"], fault["code"]) == (pointer, code) and text in fault["detail"], fault
    after = shared.get("config")
    assert (after.body, after.headers["etag"]) == (before.body, before.headers["etag"])


def test_what_is_missing_is_named(shared):
    assert {fault["pointer"] for fault in take(shared, {}).json["errors"]} == {"/format", "/format_version"}
    document = export(shared)
    for name, query in (("kind", ""), ("values", ""), ("calibration", "?calibration=true")):
        fault, = take(shared, {key: value for key, value in document.items() if key != name}, query=query).json["errors"]
        assert (fault["pointer"], fault["code"]) == (f"/{name}", "missing")
    # Who does not ask for calibration need not have it.
    assert take(shared, {key: value for key, value in document.items() if key != "calibration"}).json["changes"] == []
    assert take(shared, b"[1]").code == "bad_json"
    assert take(shared, b'{"values":{"a":1,"a":2}}').code == "bad_json"
    assert take(shared, document, headers={"Content-Type": "text/plain"}).code == "content_type"


def test_an_import_asks_for_the_rights_of_its_items(shared):
    shared.request("DELETE", "auth/elevate", role="administrator")
    document, live = export(shared), version(shared)
    answer = take(shared, values(document, {"motion": {"jog_mm_s": 100}, "robot": {"place": "roof"}}), role="supervisor")
    assert (answer.status, answer.code, answer.json["errors"][0]["pointer"]) == (403, "role", "/motion/jog_mm_s"), answer
    assert take(shared, document, role="operator").status == 403
    assert take(shared, document, headers={"If-Match": '"999"'}).code == "config_changed"
    assert version(shared) == live


# ---- side by side ----

def compare(daemon, query=""):
    answer = daemon.get(f"config/compare{query}")
    assert answer.status == 200, answer
    return [(each["pointer"], each["before"], each["now"]) for each in answer.json["changes"]]


def test_two_versions_stand_side_by_side(shared):
    first = version(shared)
    assert patch(shared, {"robot": {"place": "roof"}, "stations": {"mill": {"position_mm": 7000}}}).status == 200
    assert patch(shared, {"robot": {"place": "hall"}, "motion": {"jog_mm_s": 100}}).status == 200
    assert compare(shared, f"?a={first}&b={first + 2}") == [
        ("/robot/place", "", "hall"), ("/motion/jog_mm_s", 250, 100), ("/stations/mill/position_mm", None, 7000)]
    assert compare(shared, f"?a=live&b={first + 1}") == [("/robot/place", "hall", "roof"), ("/motion/jog_mm_s", 100, 250)]
    assert compare(shared, f"?a={first}&b={first}") == []
    # By default: what people have made other than it came. Its stations came with it.
    assert compare(shared, "?b=1") == []
    other = compare(shared)
    assert ("/motion/jog_mm_s", 250, 100) in other and ("/stations/mill/position_mm", None, 7000) in other
    assert not [pointer for pointer, _, _ in other if pointer.startswith("/stations/dock/")]
    assert shared.get("config/compare").json["a"] == "defaults"
    assert shared.post(f"config/versions/{first}/rollback", {}, role="administrator").status == 200


@pytest.mark.parametrize("query, status, code, text", [
    ("?a=999", 404, "not_found", "no version 999"),
    ("?b=998", 404, "not_found", "no version 998"),
    ("?a=newest", 400, "validation", "'newest' is no number of a version"),
    ("?b=-1", 400, "validation", "'-1'"),
    ("?c=1", 400, "validation", ""),
])
def test_what_is_not_there_is_not_compared(shared, query, status, code, text):
    answer = shared.get(f"config/compare{query}")
    assert (answer.status, answer.code) == (status, code) and text in answer.json["detail"] + str(answer.json.get("errors")), answer


# ---- for people ----

def test_ohtctl_writes_and_reads_the_document(shared, tmp_path):
    file, was, live = tmp_path / "seven.json", config(shared), version(shared)
    assert ohtctl(shared, "config", "export", str(file)).stdout == ""
    document = json.loads(file.read_text())
    assert merged(document) == was and [path.name for path in tmp_path.iterdir()] == ["seven.json"]
    assert json.loads(ohtctl(shared, "config", "export").stdout)["values"] == document["values"]
    assert ohtctl(shared, "config", "import", str(file), "--check").stdout == f"no value is changed; version {live}\n"
    document["values"]["robot"]["place"] = "hall 7"
    document["values"]["motion"]["lag_s"] = {"legacy": 1}
    file.write_text(json.dumps(document))
    done = ohtctl(shared, "config", "import", str(file))
    assert (done.returncode, done.stderr.count("/motion/lag_s/legacy"), done.stderr.count("belongs below calibration")) == (1, 1, 1), done
    del document["values"]["motion"]["lag_s"]
    document["calibration"]["motion"]["lag_s"]["canonical"] = 0.2
    file.write_text(json.dumps(document))
    place = "/robot/place:  -> hall 7\n"
    assert ohtctl(shared, "config", "import", str(file), "--check").stdout == f"{place}would be version {live + 1}\n"
    done = ohtctl(shared, "config", "import", str(file), "--check", "--calibration")
    assert "/motion/lag_s/canonical: 0.19 -> 0.2\n" in done.stdout and config(shared) == was, done
    assert ohtctl(shared, "config", "import", str(file), "--reason", "of seven").stdout == f"{place}version {live + 1}\n"
    assert ohtctl(shared, "config", "diff", str(live), "live").stdout == place
    assert ohtctl(shared, "config", "diff", "live", str(live + 1)).stdout == "no value is another one\n"
    assert place in ohtctl(shared, "config", "diff", "defaults").stdout
    assert ohtctl(shared, "config", "rollback", str(live)).returncode == 0
    file.write_text("{")
    for words, said in ((["import", str(file)], "bad_json"), (["import", str(tmp_path / "none")], "No such file"),
                        (["export", str(tmp_path / "no/where")], "No such file")):
        done = ohtctl(shared, "config", *words)
        assert done.returncode == 1 and said in done.stderr, done
    for words in (["import"], ["import", str(file), "--check", "--confirm-within", "60"], ["diff", "1", "new"], ["diff", "live"]):
        assert ohtctl(shared, "config", *words).returncode == 2, words


def test_ohtctl_says_a_refusal_once(shared):
    done = ohtctl(shared, "config", "set", "/motion/jog_mm_s", "0")
    assert done.stderr.count("must be 1 to 10000 mm/s, not 0") == 1 and "/motion/jog_mm_s" in done.stderr, done.stderr
    done = ohtctl(shared, "config", "set", "/motion/jog_mm_s", "0", "/robot/name", "")
    assert done.stderr.count("/motion/jog_mm_s") == 1 and done.stderr.count("/robot/name") == 1, done.stderr
    assert ohtctl(shared, "backup", "list").stdout == "there is no backup\n"


def test_an_export_goes_into_what_has_the_name(shared, tmp_path):
    """A device, as /dev/null is, a pipe, links, a file with a mode of its own; and a file that has a name as that of a new one."""
    device, pipe, link, dangling, notes, own = (tmp_path / name for name in ("null", "pipe", "link", "dangling", "mine.json.new", "mine.json"))
    os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.mkfifo(pipe)
    (tmp_path / "target").write_text("old")
    link.symlink_to("target")
    dangling.symlink_to("made")
    notes.write_text("mine")
    own.write_text("old")
    own.chmod(0o640)
    read = []
    ends = threading.Thread(target=lambda: read.append(json.loads(pipe.read_bytes())), daemon=True)
    ends.start()
    for name in (device, pipe, link, dangling, own):
        done = ohtctl(shared, "config", "export", str(name))
        assert (done.returncode, done.stderr) == (0, ""), (name, done)
    ends.join(60)
    assert (device.is_char_device(), pipe.is_fifo(), link.is_symlink(), dangling.is_symlink()) == (True, True, True, True)
    assert [json.loads((tmp_path / name).read_text())["values"] for name in ("target", "made", "mine.json")] == 3 * [read[0]["values"]]
    assert stat.S_IMODE(own.stat().st_mode) == 0o640 and notes.read_text() == "mine"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["dangling", "link", "made", "mine.json", "mine.json.new", "null", "pipe", "target"]
    done = ohtctl(shared, "config", "export", "/dev/full")
    assert done.returncode == 1 and "/dev/full: No space left" in done.stderr, done


def test_an_export_goes_behind_what_standard_output_has(shared, tmp_path):
    """/dev/stdout is a link, but stands for what the shell has opened: a log that it appends to is no file to be replaced."""
    log, link = tmp_path / "log", tmp_path / "link"
    link.symlink_to("/dev/stdout")
    log.write_text("kept\n")
    before = log.stat().st_ino
    for name in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", str(link)):
        with log.open("a") as out:
            done = subprocess.run([OHTCTL, "--socket", shared.socket, "config", "export", name], stdout=out, stderr=subprocess.PIPE, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, b""), (name, done)
    kept, *documents = log.read_text().split("\n{\n")
    assert (kept, len(documents), log.stat().st_ino) == ("kept", 4, before)
    assert all("values" in json.loads("{" + document) for document in documents)
    refused = ohtctl(shared, "config", "export", "/dev/fd/77")
    assert refused.returncode == 1 and "/dev/fd/77: No such file" in refused.stderr, refused
