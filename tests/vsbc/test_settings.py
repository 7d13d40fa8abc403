# SPDX-License-Identifier: GPL-2.0-or-later
"""Bad input of `make run`: one line that names the value; and one virtual SBC per state folder."""
import os
import socket
import subprocess

import pytest

from vsbc import control, lock, settings
from vsbc.errors import SbcError
from vsbc.paths import TOP
from vsbc.wire import Wire


@pytest.mark.parametrize("name, value", [
    ("OHT_PORT", "0"), ("OHT_PORT", "65536"), ("OHT_PORT", "x"), ("OHT_PORT", "-1"), ("OHT_PORT", "\u0663"),
    ("OHT_GATEWAY", "1502"), ("OHT_GATEWAY", "localhost:1502"), ("OHT_GATEWAY", "127.0.0.1:0"), ("OHT_GATEWAY", "::1:1502"),
    ("OHT_GATEWAY", "[127.0.0.1]:1502"), ("OHT_GATEWAY", "127.0.0.1:1502,hostfwd=tcp::1-:22"), ("OHT_GATEWAY", "127.0.0.1:"),
    ("OHT_KERNEL", "4.19"), ("OHT_PROFILE", "other"), ("OHT_DEMO", "yes")])
def test_bad_variable_is_named(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SbcError) as refusal:
        settings.read()
    assert name in str(refusal.value) and value in str(refusal.value) and "\n" not in str(refusal.value)


def test_empty_variable_is_the_default(monkeypatch):
    for name in ("OHT_PORT", "OHT_KERNEL", "OHT_WIRE", "OHT_PROFILE", "OHT_DEMO", "OHT_STATE", "OHT_GATEWAY"):
        monkeypatch.setenv(name, "")
    read = settings.read()
    assert read.gateway == ""
    assert (read.port, read.kernel, read.wire, read.profile, read.demo) == (8443, "stock", "sim", "canonical", True)
    assert read.state == TOP / "build/run"


def test_taken_port_is_refused_before_anything_is_built(state):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = sock.getsockname()[1]
        done = subprocess.run([TOP / "scripts/sbc", "up"], capture_output=True, text=True, timeout=20, check=False,
                              env={**os.environ, "OHT_PORT": str(port), "OHT_STATE": str(state)})
    assert done.returncode == 1 and done.stdout == ""
    assert f"port {port} on 127.0.0.1 is taken" in done.stderr and len(done.stderr.splitlines()) == 1


def test_taken_port_of_the_gateway_is_refused_as_well(state):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = sock.getsockname()[1]
        for command in ([TOP / "scripts/sbc", "up"], [TOP / "scripts/native"]):
            done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False,
                                  env={**os.environ, "OHT_PORT": str(_free_port()), "OHT_GATEWAY": f"127.0.0.1:{port}", "OHT_STATE": str(state)})
            assert done.returncode == 1 and done.stdout == ""
            assert f"port {port} on 127.0.0.1 is taken: give another, e.g. OHT_GATEWAY=127.0.0.1:" in done.stderr


def _free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def test_second_start_says_that_one_is_running(state):
    mine = lock.Lock(state)
    mine.sign(4711, "https://127.0.0.1:9/")
    done = subprocess.run([TOP / "scripts/sbc", "run"], capture_output=True, text=True, timeout=20, check=False,
                          env={**os.environ, "OHT_STATE": str(state)})
    mine.release()
    assert done.returncode == 1
    assert "running already at https://127.0.0.1:9/ (pid 4711)" in done.stderr
    assert not lock.held(state)


def test_down_without_one_running_is_no_error(state):
    done = subprocess.run([TOP / "scripts/sbc", "down"], capture_output=True, text=True, timeout=20, check=True,
                          env={**os.environ, "OHT_STATE": str(state)})
    assert done.stdout == "no virtual SBC is running\n"


@pytest.mark.parametrize("script", ["button press", "relays", "wire status", "guest true"])
def test_commands_without_one_running_say_what_to_do(state, script):
    name, *arguments = script.split()
    done = subprocess.run([TOP / "scripts" / name, *arguments], capture_output=True, text=True, timeout=20,
                          check=False, env={**os.environ, "OHT_STATE": str(state)})
    assert done.returncode == 1 and "make up" in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("far", ["", "serial", "unix:", "pty:/nowhere/at/all", "tcp:1"])
def test_bad_wire_is_refused(state, far):
    with pytest.raises(SbcError, match="OHT_WIRE"):
        Wire(far, state)


def test_control_socket_answers_each_bad_request_with_one_line(state):
    server = control.Server(state / "sbc.sock", {"echo": lambda value: value})
    try:
        assert control.call(state, "echo", patience_s=5, value=[1, "\u00e9"]) == [1, "\u00e9"]
        for request in ({"op": "nothing"}, {"op": "echo"}, {"op": "echo", "value": 1, "more": 2}):
            with pytest.raises(SbcError):
                control.call(state, request.pop("op"), patience_s=5, **request)
    finally:
        server.close()
    with pytest.raises(SbcError, match="no virtual SBC is running"):
        control.call(state, "echo", patience_s=5, value=1)
