# SPDX-License-Identifier: GPL-2.0-or-later
"""The variables of `make run` and `make up`, checked once."""
import dataclasses
import errno
import ipaddress
import os
import pathlib
import socket

from . import paths
from .errors import SbcError


DEMOS = ("0", "1", "past")


@dataclasses.dataclass(frozen=True)
class Settings:
    """OHT_PORT, OHT_KERNEL, OHT_WIRE, OHT_PROFILE, OHT_STATE, OHT_DEMO, OHT_GATEWAY."""

    port: int
    kernel: str
    wire: str
    profile: str
    state: pathlib.Path
    demo: bool
    past: bool          # a week behind it
    gateway: str        # ADDRESS:PORT of this machine, "": no gateway

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}/"


def _choice(name, default, allowed):
    value = os.environ.get(name) or default
    if value not in allowed:
        raise SbcError(f"{name}='{value}': give one of {', '.join(allowed)}")
    return value


def _gateway():
    """OHT_GATEWAY, as ohtd takes it: a numeric address, so that nobody opens more than was meant."""
    text = os.environ.get("OHT_GATEWAY") or ""
    host, _, port = text.rpartition(":")
    inner = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        version = ipaddress.ip_address(inner).version if text else 0
    except ValueError:
        version = None
    if version is None or (version == 6) != (inner != host) or \
            (text and not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535)):
        raise SbcError(f"OHT_GATEWAY='{text}': give ADDRESS:PORT or [IPV6]:PORT, e.g. 127.0.0.1:1502")
    return text


def read():
    """Settings from the environment; a bad value is refused with its name."""
    text = os.environ.get("OHT_PORT") or "8443"
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise SbcError(f"OHT_PORT='{text}': give a port from 1 to 65535")
    return Settings(port=int(text),
                    kernel=_choice("OHT_KERNEL", "stock", ("stock", "rt", "debug")),
                    wire=os.environ.get("OHT_WIRE") or "sim",
                    profile=_choice("OHT_PROFILE", "canonical", ("canonical", "legacy")),
                    state=paths.state_folder(),
                    demo=_choice("OHT_DEMO", "1", DEMOS) != "0",
                    past=_choice("OHT_DEMO", "1", DEMOS) == "past",
                    gateway=_gateway())


def refuse_ipv6_gateway(wanted):
    """The emulator forwards IPv4 only."""
    if wanted.gateway.startswith("["):
        raise SbcError(f"OHT_GATEWAY='{wanted.gateway}': the emulator forwards no IPv6; give an IPv4 address")


def refuse_past(wanted):
    """The state of the emulated board is in a disk that nothing out here writes."""
    if wanted.past:
        raise SbcError("OHT_DEMO=past: only make native has it")


def gateway_line(wanted):
    """For the block that a newcomer reads."""
    return f"  gateway    Modbus TCP on {wanted.gateway}, without a password\n" if wanted.gateway else ""


def _check_bind(host, port, example):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise SbcError(f"port {port} on {host} is taken: give another, e.g. {example} make run") from error
            raise SbcError(f"cannot use port {port} on {host}: {error.strerror}") from error


def check_ports(wanted):
    """Refuse a port that somebody else has, before anything is built or started."""
    port = wanted.port
    _check_bind("127.0.0.1", port, f"OHT_PORT={port + 1 if port < 65535 else 8444}")
    if wanted.gateway:
        host, _, text = wanted.gateway.rpartition(":")
        other = int(text) + 1 if int(text) < 65535 else 1502
        _check_bind(host.strip("[]"), int(text), f"OHT_GATEWAY={host}:{other}")
