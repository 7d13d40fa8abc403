# SPDX-License-Identifier: GPL-2.0-or-later
"""The image, built twice, in a network of this program's own: the ports of the shipped files are free there."""
import ctypes
import os
import pathlib
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000


def printed(*command, **environment):
    """What a script of ours prints."""
    return subprocess.run([TOP / command[0], *command[1:]], stdout=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, **environment}).stdout.strip()


@pytest.fixture(name="builds", scope="session")
def _builds(tmp_path_factory):
    """Two archives of the same packages."""
    folder = tmp_path_factory.mktemp("builds")
    found = []
    for number in range(2):
        file = pathlib.Path(printed("scripts/build-container", OHT_BUILT="1" if number else os.environ.get("OHT_BUILT", "0")))
        found.append(folder / f"{number}.tar")
        found[-1].write_bytes(file.read_bytes())
    return found


@pytest.fixture(name="tools", scope="session")
def _tools():
    """{name: folder} of Debian's programs."""
    return {name: pathlib.Path(printed("scripts/fetch-tool", name)) for name in
            ("bubblewrap",)}


@pytest.fixture(name="alone", scope="session")
def _alone(builds, tools):
    """Behind this nothing is downloaded: the network is empty, and the mounts are this program's own."""
    assert builds and tools and os.geteuid() == 0, "needs root, for a network of its own"
    if LIBC.unshare(CLONE_NEWNS | CLONE_NEWNET) or LIBC.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None):
        raise OSError(ctypes.get_errno(), "no namespaces")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
