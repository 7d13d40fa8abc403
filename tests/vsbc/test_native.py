# SPDX-License-Identifier: GPL-2.0-or-later
"""What `make native` starts: a robot that can be enabled and driven, said to be simulated, and the gateway where asked for."""
import json
import socket
import ssl

import pytest

from oht_test.client import ROLES, Client
from oht_test.wait import until
from vsbc import settings
from vsbc.native import Native
from vsbc.wire import ask_simulator

# Modbus TCP: transaction 1, unit 4, one holding register from 0x0104, which holds the kind of the module.
ASK_KIND = bytes((0, 1, 0, 0, 0, 6, 4, 3, 1, 4, 0, 1))


def _free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture(name="native")
def _native(state, monkeypatch):
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, value in (("OHT_PORT", _free_port()), ("OHT_GATEWAY", f"127.0.0.1:{_free_port()}"), ("OHT_STATE", state)):
        monkeypatch.setenv(name, str(value))
    made = Native(settings.read())
    try:
        made.start()
        yield made
    finally:
        made.stop()


def _client(native):
    client = Client(native.settings.port, ssl.create_default_context(cafile=str(native.accounts.ca_file)))
    admin = native.accounts.of("administrator")
    answer = client.login(admin["username"], admin["password"])
    assert answer.status == 200, answer
    client.tokens = {role: answer.json["access_token"] for role in ROLES}
    return client


def test_a_newcomer_enables_drives_and_stops(native):
    said = native.ready_text()
    assert all(words in said for words in ("outputs    simulated", "Enable the outputs", "Undock", native.settings.gateway))
    robot = _client(native)
    health = robot.get("health").json
    assert (health["simulated"], health["bus"]["simulated_outputs"], health["bus"]["hardware_stop"]) == (True, True, False)
    until(lambda: robot.get("robot").json["state"] == "safe", what="the state safe")
    until(lambda: not robot.get("safety").json["why_not_enable"], what="nothing in the way of enabling")
    assert robot.post("safety/enable").status == 200
    until(lambda: robot.post("robot/commands", {"verb": "undock"}).status == 200, what="an undock")
    until(lambda: abs(robot.get("robot").json["speed_mm_s"] or 0) > 20, what="motion")
    assert "outputs=" not in ask_simulator(native.state, "rail")
    assert robot.post("safety/stop").status == 200
    until(lambda: robot.get("robot").json["speed_mm_s"] == 0, what="standstill")
    assert robot.get("safety").json["outputs"] == {"enable1": False, "enable2": False}
    # Whatever the drive's registers say: the simulated relays take its power.
    until(lambda: "outputs=low" in ask_simulator(native.state, "rail"), what="a drive without power")
    host, _, port = native.settings.gateway.rpartition(":")
    with socket.create_connection((host, int(port)), 10) as plc:
        plc.sendall(ASK_KIND)
        answer = plc.recv(64)
    assert answer[7:] == bytes((3, 2, 0, 4)), json.dumps(list(answer))
