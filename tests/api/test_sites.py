# SPDX-License-Identifier: GPL-2.0-or-later
"""Each place from which the program asks for memory, opens, writes, synchronises or accepts fails once.

A life of the daemon in which nothing fails finds the places; then there is a life for each. OHT_SOAK=1 takes all of
them, else a few, others in each run; OHT_SEED repeats a choice. With sanitizers a life also ends badly if it leaks or uses
what is gone.
"""
import http.client
import mmap
import os
import pathlib
import shutil
import signal
import ssl
import struct

import pytest

from daemon import FOUND, SANITIZER
from oht_test.client import PASSWORD
from oht_test.wait import until
from test_local import ask

PLACES = 1024
MEMORY, ACCEPT = 1, 5
KINDS = {MEMORY: "memory", 2: "open", 3: "write", 4: "synchronisation", ACCEPT: "accept"}
SAMPLE = 20
H2O_GAVE_UP = "h2o/memory.h:"
OUT_OF_REACH = (OSError, ssl.SSLError, http.client.HTTPException)
# What a client may be told while something fails.
TROUBLE = {500, 502, 503, 504, 507}


class Board:
    """The shared memory of shims/sites.c."""

    def __init__(self, path):
        path.write_bytes(bytes(8 * (2 + PLACES)))
        self.path = path
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)

    def places(self):
        """All that were seen, in order."""
        return sorted(place for place in struct.unpack_from(f"={PLACES}Q", self._map, 16) if place)

    def arm(self, place):
        """From now on @place fails, the next time."""
        struct.pack_into("=2Q", self._map, 0, place, 0)

    def failed(self):
        """Whether it has."""
        return struct.unpack_from("=Q", self._map, 8)[0] > 0


def name_of(place):
    """For people: addr2line -e ohtd knows the rest."""
    return f"{KINDS[place >> 56]} in {'libh2o' if place >> 48 & 1 else 'ohtd'} at {place & (1 << 48) - 1:#x}"


class Life:
    """One life of the daemon, and what came of each thing that was asked for."""

    def __init__(self, daemon, accounts):
        self.daemon = daemon
        self.status = {}
        self.descriptors = 0
        # Backups of which a job has said that they are done.
        self.made = []
        # Each life is judged by itself.
        (daemon.folder / "ohtd.log").unlink(missing_ok=True)
        self.started = False
        daemon.tokens.clear()
        shutil.rmtree(daemon.state)
        daemon.state.mkdir(mode=0o700)
        shutil.copy(accounts, daemon.state)
        # How it has ended; None while it runs.
        self.code = None
        self._start()

    def _start(self):
        self.daemon.ready.unlink(missing_ok=True)
        try:
            self.daemon.start()
        except AssertionError:
            self.code = self.daemon.process.wait(20)
            self.daemon.process = None

    def said(self):
        """On standard error, in this life."""
        return self.daemon.log()

    def alive(self):
        """It has not ended by itself."""
        return self.daemon.process is not None and self.daemon.process.poll() is None

    def ask(self, name, method, path, role=None, body=None, headers=None, times=2):
        """Once more if there was trouble or no answer; what was answered is in self.status."""
        refused = False
        for _ in range(times):
            try:
                token = self._token(role) if role else None
                answer = self.daemon.request(method, path, body, token=token, headers=headers)
            except OUT_OF_REACH:
                if not self.alive():
                    return
                continue
            # Only who has had no answer may find that it has been done.
            assert not (refused and answer.status == 409), f"{name} was refused, and done all the same"
            self.status[name] = answer.status
            refused = answer.status in TROUBLE
            if not refused:
                return

    def _token(self, role):
        if role not in self.daemon.tokens:
            answer = self.daemon.login(role)
            if answer.status == 200:
                self.daemon.tokens[role] = answer.json["access_token"]
        return self.daemon.tokens.get(role, "none")

    def _may_reset(self):
        """The stop has been seen, and nothing is in the way of a reset."""
        try:
            answer = self.daemon.request("GET", "safety", token=self._token("viewer"))
        except OUT_OF_REACH:
            return not self.alive()
        return answer.status == 200 and answer.json["state"] == "stopped" and not answer.json["why_not_reset"]

    def run(self):
        """Something of everything, then the end."""
        for path in ("health", "health/live", "/", "/ca.crt", "/nothing"):
            self.ask(path, "GET", path)
        for path in ("robot", "modules", "modules/2", "modules/2/registers", "safety", "safety/events", "safety/latency"):
            self.ask(path, "GET", path, "viewer")
        self.ask("elevated", "POST", "auth/elevate", "administrator", {"password": PASSWORD})
        self.ask("made", "POST", "users", "administrator",
                 {"username": "made", "password": PASSWORD, "role": "viewer"})
        for path in ("users", "logs?limit=5"):
            self.ask(path, "GET", path, "administrator")
        self.ask("level", "PUT", "logs/level", "administrator", {"level": "debug"})
        self._configure()
        self.ask("stop", "POST", "safety/stop", "operator")
        # Before that a reset may be refused for what the robot does at that moment.
        until(lambda: not self.alive() or self._may_reset(), what="nothing in the way of a reset")
        self.ask("reset", "POST", "safety/reset", "supervisor", {})
        self.ask("bad", "POST", "safety/reset", "supervisor", {"wrong": 1})
        try:
            self.status["local"] = ask(str(self.daemon.socket), "GET", "robot").status
        except Exception:        # pylint: disable=broad-exception-caught
            pass        # no answer: a subprocess has said so in its own way
        self._reload()
        self._end()

    def _configure(self):
        """A change that stays when it is confirmed, and a backup."""
        # Once: a second time may meet a version that has returned meanwhile.
        self.ask("config", "PATCH", "config?confirm_within_s=600", "administrator", {"robot": {"name": "lived"}}, times=1)
        self.ask("confirm", "POST", "config/confirm", "administrator", times=1)
        self.ask("backup", "POST", "backups", "administrator", times=1)
        until(lambda: not self.alive() or self._jobs_ended(), what="the end of the backup")

    def _jobs_ended(self):
        try:
            answer = self.daemon.request("GET", "jobs", token=self._token("administrator"))
        except OUT_OF_REACH:
            return not self.alive()
        if answer.status == 200 and all(job["ended"] for job in answer.json["items"]):
            self.made = [job["backup"] for job in answer.json["items"] if job["state"] == "done"]
            return True
        return False

    def _reload(self):
        if not self.alive():
            return
        said = self.daemon.log().count(" main reload: ")
        self.daemon.process.send_signal(signal.SIGHUP)
        until(lambda: not self.alive() or self.daemon.log().count(" main reload: ") > said, what="a reload")

    def _end(self):
        if not self.alive():
            return
        folder = pathlib.Path(f"/proc/{self.daemon.process.pid}/fd")
        self.descriptors = len(list(folder.iterdir()))
        self.daemon.process.send_signal(signal.SIGTERM)


@pytest.fixture(name="home")
def _home(fresh):
    """A daemon on the shim, and the shim's board."""
    board = Board(fresh.folder / "board")
    # The kernel would refuse no call of the shim, but its own look at the program is one.
    fresh.preload("sites", OHT_SHIM_SITES=str(board.path))
    return fresh, board


def live(daemon, accounts):
    """A whole life."""
    life = Life(daemon, accounts)
    life.started = life.code is None
    if life.started:
        life.run()
        life.code = daemon.process.wait(30)
        daemon.process = None
    return life


def check_after(daemon, life):
    """What was answered has happened, what was refused has not, and the daemon is whole again."""
    daemon.tokens.clear()
    daemon.start()
    users = [user["username"] for user in ask(str(daemon.socket), "GET", "users").json["items"]]
    made = life.status.get("made")
    if made == 201:
        assert "made" in users
        assert daemon.login("made").status == 200
    elif made in (401, 403, 500, 503, 507):
        assert "made" not in users
    name = daemon.get("robot").json["name"]
    # A change whose record could not be written is refused, and may be there.
    assert name in ("lived", "OHT-50") and (name == "lived" or not life.status.get("config") == life.status.get("confirm") == 200)
    kept = {item["id"] for item in ask(str(daemon.socket), "GET", "backups").json["items"]}
    assert kept >= set(life.made) and len(list((daemon.state / "backups").glob("*.ohtbackup"))) == len(kept)
    daemon.stop()
    assert not list(daemon.state.glob("*.damaged-*")) and not list(daemon.state.glob("*.new"))


def judge_life(life, place, whole):
    """The bad end of the one that failed is in order, or allowed."""
    in_h2o, code = place >> 48 & 1, life.code
    # A sanitizer's way to end after a signal; everything else that it finds is bad wherever the place is.
    if code == FOUND and f"{SANITIZER.capitalize()}Sanitizer: SEGV" in life.said() and "libh2o" in life.said():
        code = -signal.SIGSEGV
    # h2o ends the process where it has no memory: on purpose, also inlined in our code, or by not looking.
    gave_up = code == -signal.SIGABRT and H2O_GAVE_UP in life.said()
    if place >> 56 == MEMORY and (gave_up or in_h2o and code in (-signal.SIGABRT, -signal.SIGSEGV)):
        return
    assert code in (0, 1), f"exit status {code}: {life.daemon.findings()} {life.said()[-2000:]}"
    if not life.started:
        return
    assert life.status.get("stop") == 200, f"stop {life.status.get('stop')}"
    assert life.descriptors <= whole.descriptors, f"{life.descriptors} descriptors are open"
    # Without an elevation no account is made.
    for name, status in life.status.items():
        assert status in {whole.status[name]} | TROUBLE | {401, 409} | ({403} if name == "made" else set()), f"{name} {status}"


@pytest.mark.slow
@pytest.mark.limit_s(3600)
def test_each_place_fails_once(home, accounts, chance):
    daemon, board = home
    whole = live(daemon, accounts)
    assert whole.code == 0 and whole.status["made"] == 201 and whole.status["stop"] == 200, whole.status
    assert (whole.status["config"], whole.status["confirm"], whole.status["backup"], len(whole.made)) == (200, 200, 202, 1), whole.status
    assert whole.status["local"] == 200
    places = board.places()
    found = {kind: sum(place >> 56 == kind for place in places) for kind in KINDS}
    assert len(places) < PLACES and all(found.values()) and sum(found.values()) > 40, found
    chosen = places if os.environ.get("OHT_SOAK") else chance.sample(places, SAMPLE)
    print(f"{len(chosen)} of {len(places)} places: {found}")
    failed, bad = 0, []
    for place in chosen:
        board.arm(place)
        try:
            life = live(daemon, accounts)
            failed += board.failed()
            board.arm(0)
            judge_life(life, place, whole)
            check_after(daemon, life)
        except AssertionError as error:
            bad.append(f"{name_of(place)}: {str(error).splitlines()[0]}")
            board.arm(0)
            daemon.kill()
    (daemon.folder / "ohtd.log").unlink(missing_ok=True)
    assert not bad, "\n".join(bad)
    # Not every place comes along in every life; most do.
    assert failed > len(chosen) * 3 // 4, f"{failed} of {len(chosen)} places have failed"
