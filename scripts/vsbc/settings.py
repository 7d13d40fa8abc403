# SPDX-License-Identifier: GPL-2.0-or-later
"""The variables of `make run` and `make up`, checked once."""
import dataclasses
import errno
import os
import pathlib
import socket

from . import paths
from .errors import SbcError


@dataclasses.dataclass(frozen=True)
class Settings:
    """OHT_PORT, OHT_KERNEL, OHT_WIRE, OHT_PROFILE, OHT_STATE, OHT_DEMO."""

    port: int
    kernel: str
    wire: str
    profile: str
    state: pathlib.Path
    demo: bool

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}/"


def _choice(name, default, allowed):
    value = os.environ.get(name) or default
    if value not in allowed:
        raise SbcError(f"{name}='{value}': give one of {', '.join(allowed)}")
    return value


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
                    demo=_choice("OHT_DEMO", "1", ("0", "1")) == "1")


def check_port(port):
    """Refuse a port that somebody else has, before anything is built or started."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise SbcError(f"port {port} on 127.0.0.1 is taken: give another, e.g. "
                               f"OHT_PORT={port + 1 if port < 65535 else 8444} make run") from error
            raise SbcError(f"cannot use port {port}: {error.strerror}") from error
