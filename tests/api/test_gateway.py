# SPDX-License-Identifier: GPL-2.0-or-later
"""The Modbus TCP gateway: what it answers to good clients (libmodbus), and what bad ones cannot do to them."""
import contextlib
import shlex
import socket
import struct
import subprocess
import threading
import time

import pytest
from pymodbus.client import ModbusTcpClient

from daemon import OHTD, TOP, begin
from modbus import ADDRESS, BUSY, FUNCTION, NO_ANSWER, NO_PATH, VALUE, Bare, Libmodbus, Refused, frame, heard, port_of, reading
from oht_test.client import PASSWORD
from oht_test.wait import until
from remote import OHTCTL
from test_metrics import fetched

CLIENTS = 32
# Registers of the robot's map, docs/gateway.md.
VERSION, HEARTBEAT, STATE, SAFETY, STATUS, CONTROL, GOOD, MAP_END = 0, 1, 3, 4, 6, 7, 17, 44
# Of modules: identity, and one of the power module that may be written.
TYPE, THRESHOLD = 0x0104, 0x4D


@contextlib.contextmanager
def gateway(fresh, **settings):
    """The daemon with a gateway, all four modules well; yields its port."""
    fresh.write_config(**{"gateway_listen": "127.0.0.1:0", **settings})
    fresh.start()
    until(lambda: all(item["health"] == "good" for item in fresh.get("modules").json["items"]), what="four good modules")
    yield port_of(fresh)
    fresh.stop()


@pytest.fixture(scope="module", name="shared")
def fixture_shared(tmp_path_factory, accounts):
    """One for all that ask and leave no trace but counts and lines of the log."""
    made = begin(tmp_path_factory.mktemp("gateway"), accounts)
    try:
        with gateway(made):
            yield made
    finally:
        made.end()


@pytest.fixture(name="port")
def fixture_port(shared):
    return port_of(shared)


def first_search_is_over(daemon):
    """A search takes the bus for itself; a second one is refused while it lasts."""
    until(lambda: daemon.post("modules/discover", role="operator").status == 200, what="the first search to be over")


def figure(daemon, name):
    """A counter of GET /metrics."""
    return fetched(daemon)[0][f"oht_gateway_{name}", None]


def refused(call, *args, **more):
    """The exception with which it is answered."""
    with pytest.raises(Refused) as found:
        call(*args, **more)
    return found.value.code


# ---- reading ----

def test_off_unless_configured(daemon):
    assert "gateway" not in daemon.log()


def test_the_robot_is_unit_1(port):
    with Libmodbus(port) as client:
        robot = until(lambda: (found := client.read(0, MAP_END))[GOOD] == 0b11110 and found, what="four good modules")
        assert robot[VERSION] == 1
        assert robot[STATE] in (1, 9, 10)
        assert client.read_input(0, 1) == [1]
        until(lambda: client.read(HEARTBEAT)[0] != robot[HEARTBEAT], what="a heartbeat")
        # Those with which clients mean the gateway itself.
        assert client.read(VERSION, unit=255) == [1]
        assert refused(client.read, MAP_END, 1) == ADDRESS
        assert refused(client.read, MAP_END - 1, 2) == ADDRESS


def asked(port, pdu, unit=1):
    """What is answered behind transaction, protocol and length."""
    with Bare(port) as client:
        client.send(frame(7, unit, pdu))
        return client.socket.recv(300)[7:]


def test_tools_can_name_the_device(port):
    basic = asked(port, b"\x2b\x0e\x01\x00")
    assert basic.startswith(b"\x2b\x0e\x01\x81\x00\x00\x03\x00\x03oht\x01\x04ohtd\x02")
    assert asked(port, b"\x2b\x0e\x02\x00")[4:] == basic[4:] and asked(port, b"\x2b\x0e\x01\x09")[3:] == basic[3:]
    assert asked(port, b"\x2b\x0e\x04\x01") == b"\x2b\x0e\x04\x81\x00\x00\x01\x01\x04ohtd"
    assert asked(port, b"\x2b\x0e\x04\x03") == b"\xab\x02" and asked(port, b"\x2b\x0e\x05\x00") == b"\xab\x03"
    assert asked(port, b"\x2b\x0d\x01\x00") == b"\xab\x01" and asked(port, b"\x2b\x0e\x01") == b"\xab\x03"
    said = asked(port, b"\x11")
    assert said[:1] == b"\x11" and said[1] == len(said) - 2 and said[2:10] == b"oht ohtd" and said[-1] == 0xFF
    assert asked(port, b"\x11\x00") == b"\x91\x03"
    # A module says it in its registers.
    assert asked(port, b"\x11", 2) == b"\x91\x01" and asked(port, b"\x2b\x0e\x01\x00", 2) == b"\xab\x01"


def test_units_are_told_apart(port):
    with Libmodbus(port) as client:
        assert [heard(client.read, TYPE, unit=unit)[0] for unit in (2, 3, 4, 5)] == [2, 3, 4, 5]
        assert [heard(client.read, 0x0100, unit=unit)[0] for unit in (5, 4, 3, 2)] == [5, 4, 3, 2]


def test_registers_are_those_of_the_module(shared, port):
    shared.sim("set 2 0x4D 117")
    with Libmodbus(port, 2) as client:
        until(lambda: heard(client.read, THRESHOLD) == [117], what="the register's value")
        # More than one request of the bus can fetch.
        assert heard(client.read, 0x0D, 16)[-8:] == heard(client.read, 0x15, 8)
        assert refused(client.read, 0x7000, 4) == ADDRESS
        assert refused(client.read, 0xFFFF, 2) == ADDRESS


def test_fresh_values_take_no_time_of_the_bus(shared, port):
    with Libmodbus(port, 4) as client:
        def from_image():
            before = figure(shared, "from_image_total")
            heard(client.read, 0x0002)
            return figure(shared, "from_image_total") > before
        until(from_image, what="an answer out of the image")


def test_without_an_image_each_read_asks_the_module(fresh):
    with gateway(fresh, gateway_fresh_ms=0) as port, Libmodbus(port, 4) as client:
        before = figure(fresh, "bus_reads_total")
        for _ in range(5):
            heard(client.read, 0x0002)
        assert figure(fresh, "bus_reads_total") >= before + 5
        assert figure(fresh, "from_image_total") == 0


def test_unit_that_is_not_there(shared, port):
    with Libmodbus(port) as client:
        until(lambda: refused(client.read, 0, unit=99) == NO_ANSWER, what="no answer")

        def left_alone():
            """For a while nothing is sent to it."""
            before = figure(shared, "bus_reads_total")
            assert refused(client.read, 0, unit=99) == NO_ANSWER
            return figure(shared, "bus_reads_total") == before
        until(left_alone, what="an answer without the bus")
    # libmodbus does not even send this.
    with Bare(port) as client:
        client.send(reading(1, 248, 0))
        assert client.take() == (1, 248, bytes([0x83, NO_PATH]))


def test_quarantined_unit_has_no_path(fresh):
    with gateway(fresh) as port, Libmodbus(port, 5) as client:
        first_search_is_over(fresh)
        assert fresh.post("modules/5/quarantine", role="supervisor").status == 200
        assert until(lambda: refused(client.read, 0x7F00) == NO_PATH, what="no path")


# ---- one dead module of four ----

def requests_to(daemon, unit):
    """Requests that went to a module, whoever asked for them."""
    return fetched(daemon)[0]["oht_module_requests_total", f'{{module_address="{unit}"}}']


def cycles(daemon):
    """Completed cycles of the robot's control."""
    return fetched(daemon)[0]["oht_control_cycles_total", None]


def reads_per_cycle(daemon, client, unit):
    """How many reads of a unit are answered one behind the other, per cycle: a host that stands still stops both."""
    count, began, end = 0, cycles(daemon), time.monotonic() + 2
    while time.monotonic() < end:
        assert client.read(TYPE, unit=unit) == [unit]
        count += 1
    return count / max(cycles(daemon) - began, 1)


class AskTheDead(threading.Thread):
    """A client of a unit that does not answer, that asks hundreds of times a second."""

    def __init__(self, port, unit):
        super().__init__()
        self.port, self.unit = port, unit
        self.stop = threading.Event()
        self.answers = 0

    def run(self):
        with Libmodbus(self.port, self.unit) as client:
            while not self.stop.is_set():
                assert refused(client.read, TYPE) == NO_ANSWER
                self.answers += 1
                # Without a pause the processor would be short, and that of the tests beside this one.
                time.sleep(0.002)


@pytest.mark.slow
def test_dead_unit_does_not_stall_the_others(fresh):
    with gateway(fresh, gateway_fresh_ms=0) as port, Libmodbus(port) as client:
        first_search_is_over(fresh)
        assert fresh.sim("fault 5 silence").startswith("ok")
        until(lambda: fresh.get("modules/5").json["health"] == "lost", what="lost")
        alone = {unit: reads_per_cycle(fresh, client, unit) for unit in (2, 3, 4)}
        before, dead = requests_to(fresh, 5), [AskTheDead(port, 5) for _ in range(4)]
        for thread in dead:
            thread.start()
        try:
            beside = {unit: reads_per_cycle(fresh, client, unit) for unit in (2, 3, 4)}
        finally:
            for thread in dead:
                thread.stop.set()
                thread.join()
        # Only the robot itself has asked it, as seldom as ever.
        answers = sum(thread.answers for thread in dead)
        assert answers > 10 * (requests_to(fresh, 5) - before), (answers, before)
        for unit, rate in beside.items():
            assert rate * 5 >= alone[unit], (alone, beside)
        # It is back as soon as the robot itself has found it.
        assert fresh.sim("clear 5").startswith("ok")

        def answers_again():
            try:
                return client.read(TYPE, unit=5) == [5]
            except Refused:
                return False

        until(answers_again, what="unit 5 to be back")


# ---- writing ----

def test_writes_are_off(shared, port):
    before = figure(shared, "writes_refused_total")
    with Libmodbus(port, 2) as client:
        assert refused(client.write, THRESHOLD, 100) == FUNCTION
        assert refused(client.write_many, THRESHOLD, [100]) == FUNCTION
        assert refused(client.write, CONTROL, 2, unit=1) == FUNCTION
    assert "writes are off" in shared.log() and "unit 2, register 0x004D" in shared.log()
    assert figure(shared, "writes_refused_total") == before + 3


def test_unlisted_address_writes_nothing(fresh):
    with gateway(fresh, gateway_write_from="192.0.2.7", gateway_write_registers="2:0x4D") as port, Libmodbus(port, 2) as client:
        before = heard(client.read, THRESHOLD)
        assert refused(client.write, THRESHOLD, 100) == FUNCTION
        assert "127.0.0.1: unit 2, register 0x004D, count 1, first value 100: the address is not listed" in fresh.log()
        assert heard(client.read, THRESHOLD) == before


LISTED = {"gateway_write_from": "::1, 127.0.0.1", "gateway_write_registers": "1:7 2:0x4D, 2:0x30 2:0x11 4:1 2:0x7000"}


def test_listed_register_is_written_and_told(fresh):
    with gateway(fresh, **LISTED) as port, Libmodbus(port, 2) as client:
        first_search_is_over(fresh)
        heard(client.write, THRESHOLD, 121)
        assert heard(client.read, THRESHOLD) == [121]
        assert "raw=121 " in fresh.sim("get 2 0x4D")
        heard(client.write_many, THRESHOLD, [122])
        assert "raw=122 " in fresh.sim("get 2 0x4D")
        assert "127.0.0.1: unit 2, register 0x004D (use_voltage_threshold): 1.21 -> 1.22" in fresh.log()
        # More than two, if the module was late.
        written = figure(fresh, "writes_total")
        assert written >= 2
        assert refused(client.write, 0x4E, 1) == ADDRESS
        assert refused(client.write_many, THRESHOLD, [1, 2]) == ADDRESS
        assert refused(client.write, 0x7000, 1) == ADDRESS
        assert refused(client.write, 0x30, 601) == VALUE
        # It moves the robot, whatever the list says.
        assert refused(client.write, 1, 5, unit=4) == ADDRESS
        assert refused(client.write, THRESHOLD, 1, unit=3) == ADDRESS
        assert figure(fresh, "writes_total") == written


def test_who_may_write_is_an_item_of_the_configuration(fresh):
    with gateway(fresh) as port, Libmodbus(port, 2) as client:
        first_search_is_over(fresh)
        assert fresh.post("auth/elevate", {"password": PASSWORD}).status == 200

        def change(**items):
            return fresh.request("PATCH", "config", {"gateway": items}, role="administrator", headers={"Content-Type": "application/merge-patch+json"})

        assert refused(client.write, THRESHOLD, 121) == FUNCTION
        nine = " ".join(f"10.0.0.{i}" for i in range(1, 10))
        for items, status, said in (
                ({"write_from": "127.0.0.0/8"}, 400, "has '127.0.0.0/8', which is no address of one machine"), ({"write_from": nine}, 400, "has '10.0.0.9', which is one more than 8"),
                ({"write_from": "10.0.0.1,224.0.0.1"}, 400, "has '224.0.0.1', which is no address of one machine"), ({"write_from": ",,"}, 400, "must have more than blanks and commas, not ',,'"),
                ({"write_registers": "2:0x4D 2;7"}, 400, "has '2;7', which is not UNIT:REGISTER"), ({"write_from": "127.0.0.1"}, 422, "is empty"), ({"fresh_ms": 10001}, 400, "must be 0 to 10000")):
            told = change(**items)
            assert told.status == status and [(error["pointer"], said in error["detail"]) for error in told.json["errors"]] == [(f"/gateway/{min(items)}", True)], told.json
        assert refused(client.write, THRESHOLD, 121) == FUNCTION
        # It holds for a client that is there already, from the answer on; and so does its end.
        assert change(write_from="127.0.0.1", write_registers="2:0x4D").status == 200
        heard(client.write, THRESHOLD, 121)
        # One that can be written, but is not listed.
        assert refused(client.write, 0x30, 1) == ADDRESS
        assert change(write_from="", write_registers="").status == 200
        assert refused(client.write, THRESHOLD, 122) == FUNCTION
        assert "raw=121 " in fresh.sim("get 2 0x4D")
        assert change(idle_s=1).status == 200
        until(lambda: figure(fresh, "clients") == 0, what="the end of an idle client")


def test_the_documented_commands_give_and_take_the_right_to_write(fresh):
    """Whatever lists are in the file: they are for a robot without a configuration."""
    page = (TOP / "docs/gateway.md").read_text()
    give, take = (shlex.split(line)[1:] for line in page.splitlines() if line.startswith("ohtctl config set /gateway/write_from"))
    with gateway(fresh, gateway_write_from="127.0.0.1", gateway_write_registers="1:7") as port, Libmodbus(port) as client:
        heard(client.write, CONTROL, 2)
        for command, writes in ((take, False), (give, False), (["null" if not word else word for word in take], False),
                                ([word.replace("192.0.2.20", "127.0.0.1") for word in give], True)):
            done = subprocess.run([OHTCTL, "--socket", fresh.socket, *command], capture_output=True, text=True, check=False, timeout=60)
            assert done.returncode == 0, done.stderr
            if writes:
                heard(client.write, CONTROL, 2)
            else:
                assert refused(client.write, CONTROL, 2) == FUNCTION, command


def test_control_word_stops_and_does_nothing_else(fresh):
    with gateway(fresh, **LISTED) as port, Libmodbus(port) as client:
        client.write(CONTROL, 0x0002)
        assert "(control word): 0 -> 0x0002" in fresh.log()
        for word in (0x0000, 0x0006, 0x0007, 0x000F, 0x0080):
            assert refused(client.write, CONTROL, word) == VALUE
        assert refused(client.write, STATE, 2) == ADDRESS
        assert client.read(CONTROL) == [0]


def test_writes_have_a_rate(fresh):
    with gateway(fresh, **LISTED) as port, Libmodbus(port) as client:
        first_search_is_over(fresh)
        began, taken, refusals = time.monotonic(), 0, 0
        while taken + refusals < 40 or not refusals:
            try:
                client.write(CONTROL, 0x0002)
                taken += 1
            except Refused as refusal:
                assert refusal.code == BUSY
                refusals += 1
            assert taken <= 10 + 5 * (time.monotonic() - began)
        # Stops and other writes do not hold up one another.
        with Libmodbus(port, 2) as other:
            heard(other.write, THRESHOLD, 121)


# ---- bad clients ----

BAD_REQUESTS = [
    (b"\x01\x00\x00\x00\x01", FUNCTION), (b"\x2b\x0e\x01\x00", FUNCTION), (b"\x83", FUNCTION), (b"\x00", FUNCTION),
    (b"\x03\x00\x00\x00\x00", VALUE), (b"\x03\x00\x00\x00\x7e", VALUE), (b"\x03\x00\x00", VALUE), (b"\x03", VALUE),
    (b"\x03\x00\x00\x00\x01\x00", VALUE), (b"\x04\xff\xff\x00\x02", ADDRESS), (b"\x10\x00\x00\x00\x02\x02\x00\x01", VALUE),
    (b"\x10\x00\x00\x00\x01\x04\x00\x01", VALUE), (b"\x10\x00\x00\x00\x7c\xf8\x00", VALUE), (b"\x06\x00\x00\x01", VALUE),
]
GARBAGE = [
    b"GET / HTTP/1.1\r\n\r\n", frame(1, 1, b"\x03\x00\x00\x00\x01", protocol=1), frame(1, 1, b"\x03", length=0),
    frame(1, 1, b"\x03", length=1), frame(1, 1, b"\x03", length=255), frame(1, 1, b"\x03", length=0xFFFF),
    b"\x16\x03\x01\x02\x00\x01", bytes(range(1, 255)),
]


def test_bad_requests_get_their_exception(port):
    with Bare(port) as client:
        for pdu, code in BAD_REQUESTS:
            client.send(frame(0x1234, 4, pdu))
            assert client.take() == (0x1234, 4, bytes([pdu[0] | 0x80, code])), pdu
            # The frame was whole, so the next one is understood.
            client.send(reading(5, 1, 0))
            assert client.take() == (5, 1, b"\x03\x02\x00\x01"), pdu


def test_garbage_ends_the_connection(shared, port):
    before = shared.log().count("is no Modbus TCP")
    with Libmodbus(port) as good:
        for data in GARBAGE:
            with Bare(port) as client:
                client.send(data)
                assert client.closed(), data
            assert good.read(VERSION) == [1]
    assert shared.log().count("is no Modbus TCP") == before + len(GARBAGE)


@pytest.mark.slow
def test_length_that_promises_more_waits_and_is_cut(shared, port):
    with Bare(port) as liar, Bare(port) as half, Libmodbus(port) as client:
        liar.send(frame(1, 1, b"\x03\x00\x00\x00\x01", length=100))
        half.send(b"\x00\x01\x00")
        began = time.monotonic()
        for _ in range(20):
            assert client.read(VERSION) == [1]
        assert time.monotonic() - began < 4, "half a request stalls the others"
        assert liar.closed() and half.closed()
    assert "has not completed a request" in shared.log()


def test_pipelined_requests_are_answered_with_their_ids(port):
    with Libmodbus(port) as client:
        # From the image from now on.
        for unit in (2, 3, 4, 5):
            heard(client.read, TYPE, unit=unit)
    with Bare(port) as client:
        sent = [(1000 + i, (1, 2, 3, 4, 5)[i % 5], i) for i in range(40)]
        client.send(b"".join(reading(number, unit, TYPE if unit > 1 else 0) for number, unit, _ in sent))
        found = {}
        for _ in sent:
            number, unit, pdu = client.take()
            found[number] = (unit, pdu)
        assert set(found) == {number for number, _, _ in sent}
        for number, unit, _ in sent:
            assert found[number] == (unit, struct.pack(">BBH", 3, 2, unit)), number


def test_request_in_pieces(port):
    with Bare(port) as client:
        for byte in reading(7, 3, TYPE) + reading(8, 1, 0):
            client.send(bytes([byte]))
            time.sleep(0.005)
        assert sorted([client.take(), client.take()]) == [(7, 3, b"\x03\x02\x00\x03"), (8, 1, b"\x03\x02\x00\x01")]


def test_33rd_client_is_refused(shared, port):
    until(lambda: figure(shared, "clients") == 0, what="no client of other tests")
    before = figure(shared, "clients_refused_total")
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Bare(port, source=f"127.0.0.{2 + i % 2}")) for i in range(CLIENTS)]
        for client in clients:
            client.send(reading(1, 1, 0))
            assert client.take() == (1, 1, b"\x03\x02\x00\x01")
        assert stack.enter_context(Bare(port)).closed()
        assert figure(shared, "clients") == CLIENTS and figure(shared, "clients_refused_total") == before + 1
        assert "no place of 32 is left" in shared.log()
        clients[0].socket.close()
        until(lambda: figure(shared, "clients") == CLIENTS - 1, what="a free place")
        again = stack.enter_context(Bare(port))
        again.send(reading(1, 1, 0))
        assert again.take() == (1, 1, b"\x03\x02\x00\x01")


@pytest.mark.slow
def test_idle_client_is_closed(fresh):
    with gateway(fresh, gateway_idle_s=4) as port, Bare(port) as idle, Libmodbus(port) as busy:
        stop = threading.Event()

        def go_on():
            while not stop.is_set():
                assert busy.read(VERSION) == [1]
                time.sleep(0.2)

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            assert idle.closed()
            time.sleep(1.5)
        finally:
            stop.set()
            thread.join()
        assert busy.read(VERSION) == [1]
        assert "was silent for too long" in fresh.log()


def test_reader_that_never_reads_is_cut(shared, port):
    with Bare(port, takes_bytes=4096) as deaf, Libmodbus(port) as client:
        # All whole and at once: a request that a time-out cuts in two would be garbage, and another end.
        deaf.send(b"".join(reading(i, 1, 0, MAP_END) for i in range(4000)))
        end = time.monotonic() + 120
        while "does not take its answers" not in shared.log():
            assert time.monotonic() < end, shared.log()
            assert client.read(VERSION) == [1]
            time.sleep(0.05)


def test_client_that_goes_away_leaves_nothing(shared, port):
    for _ in range(50):
        with Bare(port) as client:
            client.send(reading(1, 4, 0x7F00, 4) * 4)
    until(lambda: figure(shared, "clients") == 0, what="no client")
    with Libmodbus(port, 4) as client:
        assert heard(client.read, TYPE) == [4]


def test_rate_of_one_client_is_limited_and_others_are_not(port):
    with Bare(port) as greedy, Libmodbus(port) as client:
        began = time.monotonic()
        threading.Thread(target=lambda: greedy.send(b"".join(reading(i, 1, 0) for i in range(700)))).start()
        for _ in range(20):
            assert client.read(VERSION) == [1]
        for i in range(700):
            assert greedy.take()[0] == i
        # 200 at once, the rest at 200 each second.
        assert time.monotonic() - began > 2


def test_api_commands_go_on_beside_the_gateway(fresh):
    with gateway(fresh, gateway_fresh_ms=0) as port:
        stop = threading.Event()

        def flood():
            with Libmodbus(port, 4) as client:
                while not stop.is_set():
                    with contextlib.suppress(Refused):
                        client.read(TYPE, 1)

        threads = [threading.Thread(target=flood) for _ in range(8)]
        for thread in threads:
            thread.start()
        try:
            first_search_is_over(fresh)
            for _ in range(10):
                until(lambda: fresh.post("modules/4/ping", role="operator").status == 200, what="an answer to a ping")
            until(lambda: all(item["health"] == "good" for item in fresh.get("modules").json["items"]), what="good modules")
        finally:
            stop.set()
            for thread in threads:
                thread.join()


# ---- other clients, other starts ----

def test_pymodbus_reads_and_is_refused(port):
    client = ModbusTcpClient("127.0.0.1", port=port)
    assert client.connect()
    try:
        assert client.read_holding_registers(VERSION, 1, slave=1).registers == [1]
        found = until(lambda: not (said := client.read_holding_registers(TYPE, 1, slave=4)).isError() and said, what="an answer")
        assert found.registers == [4]
        assert client.read_coils(0, 1, slave=4).exception_code == FUNCTION
        assert client.write_register(THRESHOLD, 1, slave=2).exception_code == FUNCTION
    finally:
        client.close()


def test_listens_nowhere_else_than_told(fresh):
    with gateway(fresh, gateway_listen="[::1]:0") as port:
        with pytest.raises(ConnectionRefusedError):
            Bare(port)
        with socket.create_connection(("::1", port), 20) as client:
            client.sendall(reading(1, 1, 0))
            assert client.recv(100)[-2:] == b"\x00\x01"


def test_port_that_is_taken_keeps_the_daemon_from_starting(fresh):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        fresh.write_config(gateway_listen=f"127.0.0.1:{taken.getsockname()[1]}")
        fresh.start_simulator()
        done = subprocess.run([OHTD, "--config", fresh.config], capture_output=True, text=True, check=False,
                              env=fresh.environment(), timeout=60)
    assert done.returncode == 1 and "gateway: cannot listen on 127.0.0.1 port" in done.stderr


def test_end_of_the_daemon_closes_clients(fresh):
    fresh.write_config(gateway_listen="127.0.0.1:0")
    fresh.start()
    with Bare(port_of(fresh)) as client:
        client.send(reading(1, 1, 0))
        assert client.take() == (1, 1, b"\x03\x02\x00\x01")
        fresh.stop()
        assert client.closed()
