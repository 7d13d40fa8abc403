# SPDX-License-Identifier: GPL-2.0-or-later
"""The image, built twice, in a network of this program's own: the ports of the shipped files are free there."""
import ctypes
import os
import pathlib
import signal
import subprocess

import pytest

from image import Container, Image

TOP = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = TOP / "deploy"
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET, CLONE_NEWNS = 0x40000000, 0x00020000


def printed(*command, **environment):
    """What a script of ours prints."""
    program = TOP / command[0] if "/" in command[0] else command[0]
    return subprocess.run([program, *command[1:]], stdout=subprocess.PIPE, text=True, check=True, cwd=TOP,
                          env={**os.environ, **environment}).stdout.strip()


def moved(text, *places):
    """A shipped file with ports and paths of a test; each of them is in there."""
    for there, here in places:
        assert there in text, there
        text = text.replace(there, str(here))
    return text


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
            ("bubblewrap", "nginx", "prometheus", "prometheus-alertmanager", "victoria-metrics")}


@pytest.fixture(name="alone", scope="session")
def _alone(builds, tools):
    """Behind this nothing is downloaded: the network of this program is empty. Its mounts are its own, too."""
    assert builds and tools and os.geteuid() == 0, "needs root, for a network of its own"
    if LIBC.unshare(CLONE_NEWNET | CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "no namespace")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


@pytest.fixture(name="image", scope="session")
def _image(builds, tmp_path_factory):
    return Image(builds[0], tmp_path_factory.mktemp("image"))


@pytest.fixture(name="container")
def _container(alone, image, tools, tmp_path):
    assert alone is None
    made = Container(image, tools["bubblewrap"] / "usr/bin/bwrap", tmp_path)
    yield made
    # Its first process: when that has ended all of it has, and the next robot finds the port free.
    if made.process and made.process.poll() is None:
        made.end(signal.SIGKILL)
