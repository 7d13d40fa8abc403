# SPDX-License-Identifier: GPL-2.0-or-later
"""ohtctl support: what it packs, that nothing secret and nobody's name is in it, and what it does where it cannot do much."""
import gzip
import io
import json
import os
import re
import resource
import stat
import subprocess
import tarfile

from daemon import BUILD, SENDER, serve
from oht_test.client import PASSWORD
from test_alert_comments import comment
from test_alert_shelves import quarantined, shelve
from test_doctor import Machine

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"
STEPS = ("ohtd is asked", "the files of the computer are read", "the doctor looks, and watches the bus for {} s", "{} is written")
# Whatever a pack has of these is a leak. A name of an account that is a word of ours, too, could not be looked for.
PERSON, GONE = "brunhilde.w", "kunigunde"
# What persons write is not ours to hand on.
WRITTEN = ("planted-comment", "planted-shelf", "planted-reason", "planted-place", "planted-takeover")
SETTINGS = """\
# planted-remark
[http]
listen = 203.0.113.77:8443 ; planted-remark
names = planted-host.example
loops = 2
[tls]
key = /planted/server.key
[log]
level = debug
[future]
password = planted-future
pin = planted-pin
"""
# As journalctl --output=json has them; the last one is of another program that writes under the name of the unit.
JOURNAL = [
    {"OHT_ROOM": "bus", "OHT_CODE": "planted_kept", "MESSAGE": "unit 4 is lost", "PRIORITY": "4", "__REALTIME_TIMESTAMP": "1795880228000000"},
    {"OHT_ROOM": "auth", "OHT_CODE": "login", "MESSAGE": "planted-login from 203.0.113.78", "PRIORITY": "6", "__REALTIME_TIMESTAMP": "1795880228000000"},
    {"MESSAGE": "planted-foreign", "PRIORITY": "6", "__REALTIME_TIMESTAMP": "1795880228000000"},
]


def pack(file):
    """Text of each file of a pack by its name, and all bytes of the archive."""
    archive = gzip.decompress(file.read_bytes())
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = {member.name: tar.extractfile(member).read().decode() for member in tar}
        assert all(member.mode == 0o600 and member.isfile() for member in tar.getmembers())
    [folder] = {name.split("/")[0] for name in members}
    assert re.fullmatch(r"oht-support-\d{8}T\d{6}Z", folder)
    return {name.removeprefix(folder + "/"): text for name, text in members.items()}, archive.decode()


def support(*words, env=None, seconds=("--seconds", "0"), **more):
    return subprocess.run([OHTCTL, "support", *seconds, *map(str, words)], capture_output=True, text=True, timeout=120, check=False,
                          env=env or os.environ, **more)


def plant(daemon):
    """Something secret, or of a person, in each place that takes it; returns the secrets."""
    daemon.write_config(webhooks_destinations="planted-hook.example:443", webhooks_sender=SENDER)
    daemon.add_user(PERSON, "supervisor")
    daemon.add_user(GONE, "supervisor")
    serve(daemon)
    for name in (PERSON, GONE):
        # The name is that of the role for accounts of the tests only.
        daemon.tokens[name] = daemon.post("auth/login", {"username": name, "password": PASSWORD}).json["access_token"]
    with quarantined(daemon) as number:
        assert comment(daemon, number, "planted-comment").status == 201
        assert shelve(daemon, number, reason="planted-shelf").status == 200
        assert daemon.post(f"alerts/{number}/acknowledge", {}, role="operator", token=daemon.tokens[PERSON]).status == 200
    webhook = daemon.post("webhooks", {"url": "https://planted-hook.example/planted-path?key=planted-key"}, role="administrator").json
    changed = daemon.request("PATCH", "config?reason=planted-reason", {"robot": {"place": "planted-place"}}, token=daemon.tokens[GONE])
    assert changed.status == 200, changed
    daemon.post("control/take-over", {"reason": "planted-takeover"}, token=daemon.tokens[PERSON])
    [user] = [user["id"] for user in daemon.get("users", role="administrator").json["items"] if user["username"] == GONE]
    assert daemon.request("DELETE", f"users/{user}", role="administrator").status == 204
    return [PASSWORD, webhook["secret"], *daemon.tokens.values()]


def test_nothing_secret_and_no_name_is_packed(fresh, tmp_path):
    secrets = plant(fresh)
    machine = Machine(tmp_path / "m")
    machine.put("etc/oht/ohtd.conf", SETTINGS)
    file = tmp_path / "pack.tar.gz"
    done = support(file, "--socket", fresh.socket, "--root", machine.root, env=fresh.environment())
    assert done.returncode == 0 and done.stderr.splitlines() == [*STEPS[:2], STEPS[2].format(0), STEPS[3].format(file)], done
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    files, archive = pack(file)
    for planted in (*secrets, *WRITTEN, PERSON, GONE, "planted-hook", "planted-path", "planted-key", "planted-remark", "planted-host", "planted-future",
                    "planted-pin", "/planted/", "203.0.113", "$2b$", "whsec_", "BEGIN "):
        assert planted not in archive and planted not in done.stdout, [name for name, text in files.items() if planted in text]
    # What is there is of use: each file has what it is for.
    assert json.loads(files["health.json"])["version"] in files["doctor.json"]
    assert [module["name"] for module in json.loads(files["modules.json"])["items"]] == ["power", "safety", "travel_motor", "dock_location"]
    assert json.loads(files["bus-statistics.json"])["transfers"] > 0
    assert json.loads(files["configuration.json"])["robot"] == {**json.loads(files["configuration.json"])["robot"], "place": "(words of a person)"}
    assert json.loads(files["configuration.json"])["motion"]["speed_mm_s"] > 0
    [alert] = [item for item in json.loads(files["alerts-history.json"])["items"] if item["code"] == "module_quarantined"]
    assert re.fullmatch(r"person-\d+", alert["acknowledged_by"]) and "quarantine" in alert["text"]
    [version] = [item for item in json.loads(files["configuration-versions.json"])["items"] if item["state"] == "live"]
    assert re.fullmatch(r"person-\d+", version["author"]) and version["reason"] == "(words of a person)" != alert["acknowledged_by"] != version["author"]
    series = [one for name, text in files.items() if name.startswith("history-") for one in json.loads(text)["series"]]
    assert {"state", "position_mm", "battery_v"} <= {one["signal"] for one in series} and any(one["t"] for one in series)
    lines = [json.loads(line) for line in files["log.ndjson"].splitlines()]
    assert any(line["text"] for line in lines if line["room"] == "main") and all(line["text"] is None for line in lines if line["room"] in ("auth", "http"))
    assert files["audit-head.txt"].startswith("oht/") and "8443" not in files["ohtd.conf"] and "loops = 2" in files["ohtd.conf"]
    assert "level = debug" in files["ohtd.conf"] and "pin = (left out)" in files["ohtd.conf"] and "password = (secret)" in files["ohtd.conf"]
    # It says so, in the pack and on the screen.
    assert files["LEFT_OUT.txt"] in done.stdout and "hashes" in files["LEFT_OUT.txt"] and "journal below --root" in files["LEFT_OUT.txt"]
    # A file that is there stays as it is, and what cannot be written as a whole leaves nothing behind.
    was, half = file.read_bytes(), tmp_path / "half.tar.gz"
    assert support(file, "--socket", fresh.socket, "--root", machine.root, env=fresh.environment()).returncode == 1 and file.read_bytes() == was
    full = support(half, "--socket", fresh.socket, "--root", machine.root, env=fresh.environment(),
                   restore_signals=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
    assert full.returncode == 1 and "File too large" in full.stderr and not half.exists(), full
    fresh.stop()


def test_without_a_daemon_and_without_rights(tmp_path):
    """The journal speaks of persons, and there is nobody who knows their names."""
    tool = tmp_path / "bin/journalctl"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\ncat <<'E'\n" + "".join(json.dumps(line) + "\n" for line in JOURNAL) + "not json\nE\n")
    tool.chmod(0o755)
    env = {**os.environ, "PATH": f"{tool.parent}:{os.environ['PATH']}"}
    done = support("--socket", tmp_path / "none.sock", "--json", env=env, cwd=tmp_path)
    assert done.returncode == 0, done
    said = json.loads(done.stdout)
    files, archive = pack(tmp_path / said["file"])
    assert {file["name"] for file in said["packed"]} == set(files) and "planted-" not in archive
    [missing] = [file for file in said["missing"] if file["name"] == "answers of ohtd"]
    assert "no ohtd" in missing["why"] and missing["why"] in files["LEFT_OUT.txt"] and "doctor.json" in files
    assert [(line["code"], line["level"], bool(line["text"])) for line in map(json.loads, files["journal.ndjson"].splitlines())] == [
        ("planted_kept", "warning", True), ("login", "info", False)]
    # Nothing of the machine may be read: it packs why.
    closed = tmp_path / "closed"
    (closed / "etc/oht/ohtd.conf").mkdir(parents=True)
    done = support(tmp_path / "closed.tar.gz", "--root", closed, "--socket", tmp_path / "none.sock", seconds=())
    assert STEPS[2].format(5) in done.stderr, "a person waits for it, so it does not watch the bus for the minute of the doctor"
    files, _ = pack(tmp_path / "closed.tar.gz")
    assert done.returncode == 0 and set(files) == {"doctor.json", "LEFT_OUT.txt"}
    assert "ohtd.conf: /etc/oht/ohtd.conf: Is a directory" in files["LEFT_OUT.txt"]
