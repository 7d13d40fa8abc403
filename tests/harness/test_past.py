# SPDX-License-Identifier: GPL-2.0-or-later
"""OHT_DEMO=past: what is there stays, what was interrupted begins anew, and the clock never goes back."""
import json
import struct
import time

import pytest

from vsbc import native, past, settings
from vsbc.errors import SbcError


class Robot:
    """In place of simulator and ohtd, which cannot be reached here: a state that says who made it."""

    def __init__(self, lib, fails):
        self.lib, self.fails, self.stopped = lib, fails, 0

    def start(self):
        self.lib.mkdir()
        (self.lib / "oht.db").write_text("made")
        if self.fails:
            raise SbcError("the simulator does not open its pty")

    def stop(self):
        self.stopped += 1


@pytest.fixture(name="play")
def _play(monkeypatch, tmp_path):
    monkeypatch.setattr(past, "Week", lambda robot, clock, midnight, say: type("Week", (), {"play": staticmethod(lambda: None)}))
    made = []

    def play(fails=False):
        past.make(lambda lib, clock: made.append(Robot(lib, fails)) or made[-1], tmp_path, lambda line: None)
        return made
    return play


def test_a_past_is_made_once_and_an_interrupted_one_again(play, tmp_path):
    with pytest.raises(SbcError):
        play(fails=True)
    assert not (tmp_path / "lib").exists() and (tmp_path / "lib.past/oht.db").exists()
    (tmp_path / "lib").mkdir()
    assert [robot.stopped for robot in play()] == [1, 1]
    assert (tmp_path / "lib/oht.db").read_text() == "made" and not (tmp_path / "lib.past").exists()
    (tmp_path / "lib/oht.db").write_text("driven since then")
    assert len(play()) == 2 and (tmp_path / "lib/oht.db").read_text() == "driven since then"


def test_a_past_that_is_there_is_refused_and_stays(play, tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/oht.db").write_text("mine")
    with pytest.raises(SbcError, match="OHT_STATE=FOLDER"):
        play()
    assert [path.name for path in tmp_path.iterdir()] == ["lib"] and (tmp_path / "lib/oht.db").read_text() == "mine"


def test_the_clock_leaps_to_the_present_at_most(tmp_path):
    clock = past.Clock(tmp_path / "clock", time.time() - 86400)

    def behind_s():
        return struct.unpack("=q", (tmp_path / "clock").read_bytes())[0] / 1e9
    assert round(behind_s()) == 86400
    for to_s, left_s in ((time.time() - 3600, 3600), (time.time() - 7200, 3600), (time.time() + 60, 0)):
        clock.leap(to_s)
        assert round(behind_s()) == left_s


def test_only_make_native_has_it(monkeypatch):
    monkeypatch.setenv("OHT_DEMO", "past")
    wanted = settings.read()
    assert wanted.demo and wanted.past
    with pytest.raises(SbcError, match="only make native"):
        settings.refuse_past(wanted)


def test_the_passwords_that_are_printed_open_the_past(play, monkeypatch, tmp_path):
    """play: no week is lived. An account is what --add-user would have made in the folder of the robot's state."""
    assert play
    made = {}

    def add_user(command, **more):
        made[command[4]] = more["input"].strip()
        return native.subprocess.CompletedProcess(command, 0)
    monkeypatch.setattr(native, "subprocess", type("Calls", (), {"run": staticmethod(add_user), "CompletedProcess": native.subprocess.CompletedProcess}))
    monkeypatch.setattr(native.build, "Steps", lambda say: type("Steps", (), {"script": lambda *words: None})())
    # Others may have the ports.
    monkeypatch.setattr(native.settings, "check_ports", lambda wanted: None)
    monkeypatch.setattr(native.Native, "start", lambda robot: (robot.lib.mkdir(exist_ok=True), robot._add_accounts("ohtd.conf")))  # pylint: disable=protected-access
    monkeypatch.setattr(native.Native, "watch", lambda robot: None)
    monkeypatch.setenv("OHT_DEMO", "past")
    monkeypatch.setenv("OHT_STATE", str(tmp_path / "state"))
    for _ in range(2):
        said = []
        native.run(said.append)
        kept = json.loads((tmp_path / "state/credentials.json").read_text())["accounts"]
        assert {account["username"]: account["password"] for account in kept} == made and len(made) == 4
        assert f"password   {made['admin']}\n" in said[-1]
    # Passwords cannot be read back: none is drawn that opens nothing.
    (tmp_path / "state/credentials.json").unlink()
    with pytest.raises(SbcError, match=r"credentials.json is gone .* remove .*state/lib"):
        native.run(said.append)
    assert not (tmp_path / "state/credentials.json").exists() and len(said) == 1
