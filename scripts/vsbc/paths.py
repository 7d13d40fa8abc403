# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things are, and UNIX sockets at paths of any length."""
import os
import pathlib
import socket

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build"
SCRIPTS = TOP / "scripts"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "oht"


def state_folder():
    """The folder of `make run`: $OHT_STATE, build/run by default."""
    return pathlib.Path(os.environ.get("OHT_STATE") or BUILD / "run").absolute()


def _short(path):
    """A name of that socket that fits into sockaddr_un (108 bytes), and a descriptor to close."""
    path = pathlib.Path(path)
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    return f"/proc/self/fd/{folder}/{path.name}", folder


def connect_unix(path, timeout=None):
    """Connect to the UNIX stream socket at path, however long the path is."""
    name, folder = _short(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect(name)
        sock.settimeout(None)
        return sock
    except OSError:
        sock.close()
        raise
    finally:
        os.close(folder)


def listen_unix(path):
    """Listen at path, replacing a socket that nobody serves any more."""
    pathlib.Path(path).unlink(missing_ok=True)
    name, folder = _short(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(name)
        sock.listen(16)
        return sock
    finally:
        os.close(folder)
