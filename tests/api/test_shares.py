# SPDX-License-Identifier: GPL-2.0-or-later
"""One machine takes what it can get: connections, WebSockets that say nothing, places at the gateway. The others go on."""
import contextlib
import pathlib
import re
import selectors
import socket
import threading

import pytest

from daemon import begin
from live import dial
from modbus import Bare, frame, port_of
from test_config import elevate, patch
from test_history import opened
from test_stall import FIRST, READ, Hangs
from oht_test.wait import until
from oht_test.websocket import handshake

GREEDY, OTHER, BUSY = "127.0.0.1", "127.0.0.2", "127.0.0.3"
CONNECTIONS, SILENT, CLIENTS = 300, 64, 40


def hold(port, count, over):
    """Connections of GREEDY; those that the daemon closes are opened anew, until it ends."""
    with contextlib.suppress(ConnectionError), contextlib.ExitStack() as held, selectors.DefaultSelector() as links:
        def open_one():
            links.register(held.enter_context(socket.create_connection((GREEDY, port))), selectors.EVENT_READ)
        for _ in range(count):
            open_one()
        while not over.is_set():
            for key, _ in links.select(0.1):
                links.unregister(key.fileobj)
                key.fileobj.close()
                open_one()
            # Beyond its share it is turned away as fast as it comes.
            over.wait(0.05)


@pytest.fixture(scope="module", name="besieged")
def _besieged(tmp_path_factory, accounts):
    """A daemon of which GREEDY holds all that it is given; the listed PLC is at OTHER."""
    made = begin(tmp_path_factory.mktemp("shares"), accounts)
    try:
        made.write_config(gateway_listen="127.0.0.1:0", gateway_write_from=OTHER, gateway_write_registers="1:7", http_loops=2)
        made.start()
        for role in ("viewer", "operator"):
            made.token(role)
        with contextlib.ExitStack() as held:
            trusting = made.tls()
            links = [trusting.wrap_socket(held.enter_context(socket.create_connection((GREEDY, made.port))), server_hostname="localhost")
                     for _ in range(SILENT)]
            for link in links:
                link.sendall(handshake(f"127.0.0.1:{made.port}"))
            made.upgraded = [link.recv(12).endswith(b" 101") for link in links]
            over = threading.Event()
            held.callback(over.set)
            threading.Thread(target=hold, args=(made.port, CONNECTIONS, over), daemon=True).start()
            until(lambda: "too_many_connections" in made.log(), what="more than the share")
            made.clients = [held.enter_context(Bare(port_of(made))) for _ in range(CLIENTS)]
            yield made
            # Also with all of them: the end waits for nobody.
            made.stop()
    finally:
        made.end()


def other(daemon, address=OTHER):
    client = daemon.another(address=address)
    client.tokens = daemon.tokens
    return client


def answer_of(ask):
    """Once more where this host stood still for the 2 s in which a client must say who it is."""
    def answered():
        with contextlib.suppress(OSError):
            return ask()
        return None
    return until(answered, what="an answer")


def test_requests_and_commands_of_others_are_served(besieged):
    for _ in range(3):
        assert answer_of(lambda: other(besieged).get("robot")).status == 200
        answer = answer_of(lambda: other(besieged).post("robot/commands", {"verb": "stop"}, role="operator"))
        assert answer.status != 503 or answer.code != "busy", answer


def test_a_websocket_of_others_is_opened(besieged):
    # On a host that lets the 2 s pass in which they must say who they are, others come after the first four.
    assert 4 <= sum(besieged.upgraded) < SILENT / 2
    with dial(besieged, "viewer", connect=lambda: besieged.connect(source=OTHER)) as link:
        link.say({"type": "subscribe", "channel": "robot"})
        assert link.hear()["channel"] == "robot"


def test_the_listed_plc_is_heard(besieged):
    with socket.create_connection(("127.0.0.1", port_of(besieged)), 20, (OTHER, 0)) as plc:
        plc.sendall(frame(1, 1, b"\x03\x00\x00\x00\x01"))
        assert plc.recv(100)[7:] == b"\x03\x02\x00\x01"
    served = 0
    for client in besieged.clients:
        with contextlib.suppress(OSError):
            client.send(frame(1, 1, b"\x03\x00\x00\x00\x01"))
            served += bool(client.socket.recv(100))
    assert served == 16


@pytest.mark.parametrize("verb, served", [("stop", True), ("pause", True), ("disable", True), ("home", False), ("jog", False)])
def test_what_takes_motion_away_is_served_in_a_kept_place(besieged, verb, served):
    body = {"verb": verb, **({"speed_mm_s": 1} if verb == "jog" else {})}

    def answered():
        """Only one that comes in a kept place is about them: an ordinary one may be free for a moment."""
        with contextlib.suppress(OSError):
            answer = besieged.post("robot/commands", body, role="operator")
            return answer.headers["connection"] == "close" and answer
        return None

    answer = until(answered, what="a kept place")
    assert (answer.status == 503 and answer.code == "busy") != served, answer


def test_the_stop_of_a_machine_that_has_used_its_share_gets_a_place(besieged):
    """With all of its own and all kept places, and more that wait, while another machine waits at each place for waiting."""
    with contextlib.ExitStack() as held:
        for _ in range(64 + 10 + 20):
            held.enter_context(socket.create_connection(("127.0.0.1", besieged.port), 20, (BUSY, 0)))
        for _ in range(3):
            assert answer_of(lambda: other(besieged, BUSY).post("safety/stop", role="operator")).status == 200


@pytest.mark.slow
@pytest.mark.plain("timing")
def test_slow_readers_cost_little_memory(fresh):
    """Readers of the page's script and of the description who take next to nothing, of five machines."""
    fresh.start()
    script = re.search(rb'src="\./(assets/[^"]+\.js)"', fresh.get("/", role=None).body)[1].decode()

    def resident_kib():
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{fresh.process.pid}/status").read_text())[1])

    before = resident_kib()
    with contextlib.ExitStack() as held:
        for i in range(250):
            raw = socket.socket()
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            raw.bind((f"127.0.0.{2 + i // 50}", 0))
            raw.connect(("127.0.0.1", fresh.port))
            link = held.enter_context(fresh.tls().wrap_socket(raw, server_hostname="localhost"))
            path = f"/{script}" if i % 2 else "/api/v1/openapi.json"
            link.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert resident_kib() - before < 48 * 1024
    fresh.stop()


def timer_s(link):
    """Seconds until the daemon asks this connection whether its other end is still there; None: it never does."""
    ends = {f"{int.from_bytes(socket.inet_aton(address), 'little'):08X}:{port:04X}" for address, port in (link.getsockname(), link.getpeername())}
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines():
        fields = line.split()
        # 02: the timer of keep-alive.
        if fields[2].endswith(f":{link.getsockname()[1]:04X}") and set(fields[1:3]) == ends:
            kind, ticks = fields[5].split(":")
            return int(ticks, 16) / 100 if kind == "02" else None
    return None


def test_links_that_were_lost_keep_nobody_out(fresh):
    """Places of many machines, with links that say nothing any more as after the loss of a cable: who comes anew gets in."""
    first, second, third = "127.0.0.2", "127.0.0.3", "127.0.0.4"
    fresh.write_config(gateway_listen="127.0.0.1:0", gateway_write_from=", ".join((first, second, third)), gateway_write_registers="1:7")
    fresh.start()
    port = port_of(fresh)
    quick_stop = b"\x06\x00\x07\x00\x02"
    with contextlib.ExitStack() as held:
        links = {}

        def plug(address, pdu=b"\x03\x00\x00\x00\x01"):
            link = held.enter_context(socket.create_connection(("127.0.0.1", port), 20, (address, 0)))
            links.setdefault(address, []).append(link)
            with contextlib.suppress(OSError):
                link.sendall(frame(1, 1, pdu))
                return bool(link.recv(100))
            return False

        def lives(link):
            with contextlib.suppress(OSError):
                link.sendall(frame(2, 1, b"\x03\x00\x00\x00\x01"))
                return bool(link.recv(100))
            return False

        # Beyond its share a reader's newest connection replaces its idlest one, and nobody else's.
        assert plug("127.0.1.9") and all(plug("127.0.1.1") for _ in range(16))
        assert lives(links["127.0.1.1"][0]) and plug("127.0.1.1")
        assert [lives(link) for link in links["127.0.1.1"]] == [True, False] + [True] * 15 and lives(links["127.0.1.9"][0])
        # Beyond the readers' places nobody is displaced for a reader.
        assert [plug("127.0.1.2") for _ in range(9)] == [True] * 7 + [False] * 2 and not plug("127.0.1.3")
        # So it is for one that may write: its own dead links never keep its quick stop out.
        assert all(plug(first) for _ in range(16)) and plug(first, quick_stop)
        assert not lives(links[first][0]) and all(lives(link) for link in links[first][1:])
        assert "makes room for one of write_from" in fresh.log() and "makes room for a newer connection of its address" in fresh.log()
        # Nor do those of the other writers.
        assert all(plug(second) for _ in range(16)) and plug(third, quick_stop)
        assert sum(lives(link) for link in links[first][1:] + links[second]) == 31
        # What is lost without a word is found out within 30 s, also on the way to the page.
        page = held.enter_context(socket.create_connection(("127.0.0.1", fresh.port), 20))
        until(lambda: timer_s(page) is not None, what="the page's connection")
        assert timer_s(page) <= 15 and timer_s(links[third][0]) <= 15
    fresh.stop()


@pytest.mark.plain("shim")
def test_reads_of_one_account_hold_up_no_other(fresh):
    """A viewer with 32 connections, one of whose reads does not end: only the viewer waits and is refused."""
    hangs = Hangs(fresh)
    fresh.write_config(history_flush_s="1")
    fresh.start()
    for role in ("viewer", "operator", "supervisor", "administrator"):
        fresh.token(role)
    elevate(fresh)
    opened(fresh)
    viewer, answers, over = fresh.token("viewer"), [], threading.Event()

    def ask():
        """Until one is refused or held: what has been read before needs no read of the file for a second."""
        while not over.is_set():
            told = fresh.get("telemetry/history?signals=state,battery_v", token=viewer, role=None)
            answers.append(told)
            if told.status != 200:
                break

    def refused():
        return [told for told in answers if told.status != 200]

    hangs.set(READ, FIRST)
    asking = [threading.Thread(target=ask) for _ in range(32)]
    try:
        for thread in asking:
            thread.start()
        # One is with a worker, 16 wait.
        until(lambda: len(refused()) == 15, what="the others refused")
        for role, path in (("operator", "alerts/history"), ("supervisor", "backups"), ("administrator", "config/schema"),
                           ("operator", "telemetry/history?signals=state"), ("administrator", "users")):
            assert fresh.get(path, role=role).status == 200, path
        # Nor does a change wait for reads, whose workers are all held now.
        hangs.set(READ)
        reading = threading.Thread(target=fresh.get, args=("telemetry/history?signals=state",), kwargs={"role": "operator"})
        reading.start()
        made = patch(fresh, {"robot": {"name": "seven"}}, query="?confirm_within_s=60")
        assert (made.status, made.json["state"]) == (200, "pending"), made
        assert fresh.post("config/confirm", {}, role="administrator").status == 200
        assert fresh.post("safety/stop", {}, role="operator").status == 200
    finally:
        over.set()
        hangs.set(READ, False)
    assert {(told.status, told.code, told.headers["retry-after"]) for told in refused()} == {(429, "rate_limited", "2")}, refused()
    assert "as many requests of viewer wait as one account may have" in refused()[0].json["detail"]
    for thread in (*asking, reading):
        thread.join()
    # A host on which all this takes 10 s ends the time of the requests that wait.
    assert {told.status for told in answers} <= {200, 429, 504}
    fresh.stop()
