# SPDX-License-Identifier: GPL-2.0-or-later
"""A card with a state folder that is in another machine: moved, or a copy whose identity must not be that of the other robot."""
import contextlib
import hashlib
import pathlib
import sqlite3
import subprocess

import pytest

from daemon import OHTD
from test_sessions import renew


def marks():
    """Of this machine, as the file has them."""
    def mark(text):
        return hashlib.sha256(f"oht machine {text}".encode()).hexdigest()[:16]
    cards = [card for card in pathlib.Path("/sys/class/net").iterdir()
             if (card / "device").exists() and (card / "addr_assign_type").read_text().strip() == "0"]
    serial = pathlib.Path("/sys/firmware/devicetree/base/serial-number")
    found = [f"serial {mark(serial.read_text().strip(chr(0)))}"] if serial.exists() else []
    return found + [f"id {mark(pathlib.Path('/etc/machine-id').read_text().strip())}"] + [
        f"address {mark((card / 'address').read_text().strip())}" for card in cards]


def is_another(daemon):
    return "another_machine" in [item["code"] for item in daemon.get("alerts").json["items"]]


def settle(daemon, word):
    return subprocess.run([OHTD, "--config", daemon.config, "--machine", word], capture_output=True, text=True, check=False, timeout=60)


def past(file):
    """When its runs began."""
    with contextlib.closing(sqlite3.connect(file)) as database:
        return [start for start, in database.execute("SELECT start_ns FROM runs ORDER BY run")]


def codes(daemon):
    return [item["code"] for item in daemon.get("alerts").json["items"]]


def identity(daemon):
    return {name: (daemon.state / name).read_bytes() for name in ("robot.id", "token.key", "totp.key", "audit.key", "ca.key", "ca.crt", "server.key")}


def test_another_machine_is_told(fresh):
    """Of what differs. A machine that got another network card, or has one mark more, is the same."""
    file = fresh.state / "machine"
    fresh.start()
    assert sorted(file.read_text().splitlines()) == sorted(marks()) and file.stat().st_mode & 0o777 == 0o600
    assert not is_another(fresh)
    own, strange = [line for line in marks() if line.startswith("id ")][0], "0123456789abcdef"
    cases = [(f"id {strange}\n", True), (f"{own}\n", False), (f"{own}\naddress {strange}\n", any("address" in line for line in marks())),
             ("\n".join([*marks(), f"address {strange}"]) + "\n", False), ("nonsense", False), ("", False)]
    if not any("serial" in line for line in marks()):
        cases.append((f"serial {strange}\n{own}\n", False))
    for text, another in cases:
        fresh.stop()
        file.write_text(text)
        fresh.start()
        assert is_another(fresh) == another, text
        assert (sorted(file.read_text().splitlines()) == sorted(marks())) != another, text
        assert "another_machine" not in str(fresh.get("health", role=None).json["reasons"])


@pytest.mark.parametrize("word", ["copied", pytest.param("moved", marks=pytest.mark.slow)])
def test_a_person_says_what_it_is(fresh, word):
    fresh.start()
    grant = fresh.login("operator").json
    before = identity(fresh)
    fresh.stop()
    (fresh.state / "machine").write_text("id 0123456789abcdef\n")
    fresh.start()
    grant = renew(fresh, grant).json
    assert is_another(fresh) and "refresh_token" in grant, "a copy is the other robot"
    beside = settle(fresh, word)
    assert beside.returncode == 1 and "another ohtd runs" in beside.stderr
    wrong = settle(fresh, "both")
    assert wrong.returncode == 2 and "both" in wrong.stderr
    fresh.stop()
    hardware = [fresh.state / "position", fresh.state / "module-profiles"]
    hardware[0].write_text("5 1 0 20000.000 20000.000 stands\n")
    hardware[1].touch()
    done = settle(fresh, word)
    assert done.returncode == 0 and done.stdout.startswith(f"{fresh.state} is this machine's now"), done
    assert [file.exists() for file in hardware] == [word == "moved"] * 2, "place and modules are the other robot's"
    fresh.start()
    after = identity(fresh)
    shared = {name for name in before if before[name] == after[name]}
    assert shared == (set(before) if word == "moved" else set())
    assert renew(fresh, grant).status == (200 if word == "moved" else 401)
    fresh.tokens.clear()
    assert not {"another_machine", "audit_altered", "past_of_another"} & set(codes(fresh))
    acts = [(row["act"], row["object"]) for row in fresh.get("audit", role="administrator").json["items"]]
    assert ("ohtd --machine", word) in acts
    fresh.stop()
    assert len(past(fresh.state / "history.db")) == 3, "its past stays on the word of a person"


def test_the_past_of_another_robot_is_set_aside_until_a_person_claims_it(fresh):
    file, robot = fresh.state / "history.db", fresh.state / "robot.id"
    fresh.start()
    fresh.stop()
    others, = past(file)
    robot.write_text("89abcdef" * 4 + "\n")
    for _ in range(2):
        fresh.start()
        text, = [item["text"] for item in fresh.get("alerts").json["items"] if item["code"] == "past_of_another"]
        assert "another robot" in text and "past_of_another" not in str(fresh.get("health", role=None).json["reasons"])
        fresh.stop()
    aside, = fresh.state.glob("history.db.other-*")
    assert past(aside) == [others] and len(past(file)) == 2 and others not in past(file)
    aside.rename(file)
    assert settle(fresh, "moved").returncode == 0
    fresh.start()
    assert "past_of_another" not in codes(fresh)
    fresh.stop()
    assert past(file)[:1] == [others] and len(past(file)) == 2 and not list(fresh.state.glob("history.db.other-*"))
    # An id that is lost says nothing against the past.
    robot.unlink()
    fresh.start()
    fresh.stop()
    assert past(file)[:1] == [others] and len(past(file)) == 3 and robot.exists()
