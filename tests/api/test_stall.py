# SPDX-License-Identifier: GPL-2.0-or-later
"""One thread that hangs, each alone: what the others do, what clients see, what the watchdog hears.

From when on a thread counts as hung is what docs/operations.md says. No clock of the test judges that: an answer of /health
says by one look of the daemon's how long a thread has been away and whether that is a stall. (To the millisecond, and for
the loops: tests/unit/test_alive.c, test_control.c.)
"""
import concurrent.futures
import functools
import json
import re
import shutil
import signal
import ssl
import time

import pytest

from clocks import Skewed
from daemon import SENDER
from notified import Notified
from oht_test.client import PASSWORD
from oht_test.wait import until
from receiver import Receiver, make_certificate

pytestmark = pytest.mark.plain("timing")

CONTROL, LOOP, STORE, WORKER, READ, LOOPS = range(6)
FIRST = 2        # in place of True
TIME_FACTOR = 5        # of daemon.py
CONTROL_STALLED_MS = 500 * TIME_FACTOR
STORE_HUNG_MS = 5000
# Between the two looks of one answer a busy host may let the daemon wait.
TWO_LOOKS_MS = 2000
RELOADS = 3
HOUR_S = 3600
# A machine so busy that a module is taken for lost goes on from fault to estop.
ENDED = ("fault", "estop")


class Manager(Notified):
    """With a watchdog."""

    def __init__(self, daemon):
        self.messages = []
        self.daemon = daemon
        super().__init__(daemon)
        daemon.shims.update(WATCHDOG_USEC="1000000")
        daemon.shims.pop("WATCHDOG_PID", None)

    def take(self, message, fds):
        self.messages.append(message)
        return fds

    def heard(self):
        """Everything that came since the last call."""
        messages, self.messages = self.messages, []
        return messages

    def is_petted(self):
        """Whether the watchdog hears of the daemon while its main thread takes some turns; a reload begins one."""
        self.heard()
        said = []
        for turn in range(1, RELOADS + 1):
            self.daemon.process.send_signal(signal.SIGHUP)
            until(lambda turn=turn: said.extend(self.heard()) or sum("RELOADING=1" in m for m in said) == turn,
                  what="the main thread's turn")
        # The first turn may have begun before the call, the last one may not have ended.
        begun = [at for at, message in enumerate(said) if "RELOADING=1" in message]
        return "WATCHDOG=1" in said[begun[0]:begun[-1]]


class Hangs:
    """Which call of the daemon does not return at present."""

    def __init__(self, daemon):
        self.file = daemon.folder / "hangs"
        self.file.write_bytes(bytes(6))
        daemon.preload("hang", OHT_SHIM_HANG=str(self.file), OHT_SHIM_HANG_READS=str(daemon.state))

    def set(self, which, on=True):
        """In place: the daemon has the file mapped. FIRST holds one thread only."""
        with self.file.open("r+b") as file:
            file.seek(which)
            file.write(bytes([on]))


@pytest.fixture(name="manager")
def fixture_manager(fresh):
    """Told of the daemon's life."""
    made = Manager(fresh)
    yield made
    made.close()


@pytest.fixture(name="skewed")
def fixture_skewed(fresh):
    """Before `hangs`, which starts the daemon."""
    return Skewed(fresh)


@pytest.fixture(name="in_the_way")
def fixture_in_the_way(fresh):
    """Before `hangs`: the mark of the run cannot be written until this folder is gone."""
    folder = fresh.state / "running.new"
    (folder / "lost").mkdir(parents=True)
    return folder


@pytest.fixture(name="hangs")
def fixture_hangs(fresh, manager):        # pylint: disable=unused-argument
    """Nothing hangs yet, and the daemon runs."""
    made = Hangs(fresh)
    fresh.start()
    until(lambda: fresh.get("health", role=None).json["status"] == "ok", what="all modules")
    # The main thread writes the time to the disk in its first turn, and then for ten minutes no more.
    until(lambda: "WATCHDOG=1" in manager.heard(), what="the main thread's first turn")
    yield made
    for which in (CONTROL, LOOP, STORE, LOOPS):
        made.set(which, False)


def patient(daemon, path, timeout=1):
    """The JSON of a GET, on whichever loop still answers."""
    request = f"GET /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    while True:
        try:
            with daemon.connect(timeout) as sock:
                sock.sendall(request)
                data = b"".join(iter(lambda: sock.recv(65536), b""))
        except (OSError, ssl.SSLError):
            continue
        head, body = data.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 200"), head
        return json.loads(body)


def told(daemon, *names):
    """An answer of /health if it calls exactly these stalled; whatever it calls so fits the ages that it tells."""
    health = patient(daemon, "health")
    plane = health["control_plane"]
    assert (plane["status"] == "ok") == (not plane["stalled"])
    assert ("control" in plane["stalled"]) == (health["age_ms"] > CONTROL_STALLED_MS), health
    return health if plane["stalled"] == list(names) else None


def hung(daemon):
    """An answer of /health if it calls the store hung, which fits how long it says that the store has been busy."""
    health = patient(daemon, "health")
    store = health["store"]
    is_hung, busy_ms = store["state"] == "hung", store["busy_ms"] or 0
    assert is_hung or busy_ms <= STORE_HUNG_MS + TWO_LOOKS_MS, health
    assert not is_hung or (busy_ms >= STORE_HUNG_MS and not store["writable"]), health
    return health if is_hung else None


def test_life_is_told(fresh, manager):
    fresh.start()
    until(lambda: "READY=1" in manager.heard(), what="READY=1")
    until(manager.is_petted, what="the watchdog being petted")
    fresh.process.send_signal(1)
    said = []
    # The end of an earlier reload may come first.
    until(lambda: said.extend(manager.heard()) or
          re.search("RELOADING=1\nMONOTONIC_USEC=.*READY=1", "\n".join(said), re.DOTALL), what="a reload and its end")
    fresh.stop()
    assert "STOPPING=1" in manager.heard()


def test_no_watchdog_is_petted_that_nobody_wants(fresh, manager):
    del fresh.shims["WATCHDOG_USEC"]
    fresh.start()
    assert not manager.is_petted()


@pytest.fixture(name="receiver")
def fixture_receiver(fresh, tmp_path):
    """Before `hangs`, which starts the daemon: where webhooks go."""
    certificate, key = make_certificate(tmp_path, "receiver")
    made = Receiver(certificate, key)
    fresh.write_config(webhooks_destinations=f"127.0.0.1:{made.port}", webhooks_authorities=certificate, webhooks_sender=SENDER)
    yield made
    made.end()


def told_elsewhere(receiver, code):
    """What the receiver has heard of that alert."""
    messages = [json.loads(body) for _, body in receiver.at("/hook")]
    return [message["type"] for message in messages if message["data"]["code"] == code]


def test_all_loops_hang(fresh, receiver, hangs):
    """Alerts are kept and sent all the same: an alert and its webhooks are one transaction."""
    webhook = fresh.post("webhooks", {"url": f"https://127.0.0.1:{receiver.port}/hook"}, role="administrator")
    assert webhook.status == 201, webhook
    hangs.set(LOOPS)
    until(lambda: told_elsewhere(receiver, "control_plane_stalled"), what="the word that loops hang")
    hangs.set(LOOPS, False)
    until(lambda: told(fresh), what="no stall")
    assert fresh.get("alerts/history?code=control_plane_stalled").json["items"][0]["number"]


@pytest.mark.slow
def test_hung_loop(fresh, manager, hangs):
    assert told(fresh)
    hangs.set(LOOP)
    health = until(lambda: told(fresh, "loop"), what="control_plane_stalled")
    assert health["status"] == "degraded" and health["state"] in ENDED
    assert not manager.is_petted()
    assert fresh.log().count("control_plane_stalled: a loop") == 1, "said once"
    hangs.set(LOOP, False)
    until(lambda: told(fresh), what="no stall")
    until(manager.is_petted, what="the watchdog being petted")
    assert patient(fresh, "health")["state"] in ENDED, "a person resets, not the daemon"


def test_hung_store(fresh, manager, in_the_way, hangs):
    """Without a disk the robot goes on and the watchdog is content, also while a mark of the run waits to be written; each client gets an answer; nothing is lost."""
    tokens = {role: fresh.token(role) for role in ("viewer", "operator", "administrator")}
    tokens["elevated"] = fresh.elevated()
    robot = functools.partial(fresh.request, "GET", "robot", token=tokens["viewer"])
    until(lambda: robot().json["state"] == "safe", what="a robot that has begun")
    refresh = fresh.login("viewer").json["refresh_token"]
    hangs.set(STORE)
    shutil.rmtree(in_the_way)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        begun = pool.submit(fresh.post, "users", {"username": "begun", "role": "viewer", "password": PASSWORD},
                            token=tokens["elevated"])
        try:
            health = until(lambda: hung(fresh), what="a store that is told as hung")
            # Again and again while it lasts: nothing of the robot changes, reads answer, writes are refused at once.
            for number in range(3):
                assert robot().json["state"] == "safe"
                for path in ("modules", "safety", "safety/events"):
                    assert fresh.request("GET", path, token=tokens["viewer"]).status == 200
                for path in ("audit", "audit/head"):
                    assert fresh.request("GET", path, token=tokens["administrator"]).status == 200
                new = {"username": f"refused{number}", "role": "viewer", "password": PASSWORD}
                for answer in (fresh.login("operator"),
                               fresh.request("POST", "auth/refresh", {"refresh_token": refresh}),
                               fresh.post("users", new, token=tokens["elevated"])):
                    assert (answer.status, answer.code) == (503, "storage_hung"), answer
                    assert answer.headers["retry-after"] == "2"
                # An order with an id is never accepted without its id on the disk; the control thread does not wait for it.
                order = fresh.post("robot/commands", {"verb": "move", "position_mm": 1, "id": f"order{number}"}, token=tokens["operator"])
                assert (order.status, order.code) == (503, "storage_hung"), order
                assert fresh.post("robot/commands", {"verb": "stop", "id": "x"}, token=tokens["operator"]).status in (200, 409)
                assert manager.is_petted(), "a robot needs no store"
            assert told(fresh), "the control plane goes on"
            assert fresh.request("POST", "safety/stop", {}, token=tokens["operator"]).status == 200
            assert health["status"] == "degraded"
        finally:
            hangs.set(STORE, False)
        was_told = begun.result()
    until(lambda: fresh.get("health", role=None).json["store"]["state"] == "ok", what="a store that is well")
    until((fresh.state / "running").exists, what="the mark of the run")
    assert fresh.request("POST", "auth/refresh", {"refresh_token": refresh}).status == 200
    users = [user["username"] for user in fresh.request("GET", "users", token=tokens["administrator"]).json["items"]]
    audit = until(lambda: [item for item in fresh.request("GET", "audit?limit=200", token=tokens["administrator"]).json["items"]
                           if item["act"] in ("gap", "POST safety/stop")][1:], what="what was done meanwhile")
    assert {item["act"] for item in audit} <= {"gap", "POST safety/stop"}
    # If it was what hung, its result was not known: it may be told as late, and is whole. Behind another write, such as a record
    # of the audit, it was refused.
    assert was_told.status in (201, 504) or was_told.code == "storage_hung", was_told
    assert ("begun" in users) == (was_told.status != 503), was_told
    assert not [name for name in users if name.startswith("refused")]
    assert fresh.login("operator").status == 200
    assert "store hung: " in fresh.log()
    until(lambda: "store goes_on: " in fresh.log(), what="the end being told")


@pytest.mark.slow
def test_main_thread_needs_no_disk(fresh, manager, skewed, hangs):
    """The time of day moves and the certificate is made anew: both want to be written. The watchdog is content all the same."""
    administrator = fresh.elevated()
    written_ns = (fresh.state / "time").stat().st_mtime_ns
    hangs.set(STORE)
    # The jump before the request: h2o ends requests under way when the time of day jumps forward.
    skewed.set(HOUR_S)
    until(lambda: "clock_jumped" in fresh.log(), what="a word about the jump")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        renewed = pool.submit(fresh.post, "system/certificate", {}, token=administrator)
        for _ in range(3):
            assert manager.is_petted()
        hangs.set(STORE, False)
        assert renewed.result().status in (200, 504)
    # A clock that nothing has synchronised is not believed: the time on the disk is the one of before the jump.
    until(lambda: (fresh.state / "time").stat().st_mtime_ns > written_ns, what="the time on the disk")
    assert int((fresh.state / "time").read_text().split()[0]) < time.time() + HOUR_S / 2


def test_hung_control_thread_and_full_ring(fresh, manager, hangs):
    token = fresh.token("supervisor")
    operator = fresh.token("operator")
    hangs.set(CONTROL)
    health = until(lambda: told(fresh, "control"), what="control_plane_stalled")
    assert health["status"] == "degraded"
    assert not manager.is_petted()
    # 64 fit into the ring of each of two loops; whoever comes later is refused, and everybody is answered. Of one address
    # that are more connections than its share of the places: some of those would be closed.
    clients = [fresh.another(address=f"127.0.0.{2 + i % 4}") for i in range(160)]
    with concurrent.futures.ThreadPoolExecutor(len(clients)) as pool:
        asked = [pool.submit(client.request, "POST", "safety/reset", {}, token=token) for client in clients]
        answers = [each.result() for each in asked]
    codes = {answer.code for answer in answers}
    assert {answer.status for answer in answers} <= {503, 504}, codes
    assert "busy" in codes and len(codes) > 1, codes
    assert fresh.request("POST", "safety/stop", {}, token=operator).status == 200, "the stop needs nobody"
    hangs.set(CONTROL, False)
    until(lambda: told(fresh), what="no stall")
    until(manager.is_petted, what="the watchdog being petted")


@pytest.mark.slow
def test_hung_control_thread_at_the_end(fresh, hangs):
    """It is not waited for: the process leaves, and the device stops by itself."""
    hangs.set(CONTROL)
    until(lambda: told(fresh, "control"), what="control_plane_stalled")
    fresh.stop(expect=1)
    assert "the control thread did not end" in fresh.log()
    assert "not ended in time" not in fresh.log(), "its own limit is before the daemon's"
    assert (fresh.state / "running").exists()
    hangs.set(CONTROL, False)
    fresh.start()
    assert fresh.get("robot").status == 200
