# SPDX-License-Identifier: GPL-2.0-or-later
"""The packages, built once per run for each architecture that a test wants, and DKMS to try the module with.

`make test` runs what this machine's own packages can show. What takes longer is marked `long` (OHT_LONG=1 selects it too), what
takes an hour `soak` (OHT_SOAK=1); what is not selected is counted at the end, with the reason.
"""
import os
import pathlib
import shutil
import subprocess

import pytest

from oht_test.plugin import deselect
from repack import later, repack
from vsbc import paths

TOP = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = TOP / "build/packages"
BOARD = "arm64"
NATIVE = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()
VERSION = subprocess.run(["dpkg-parsechangelog", "-l", TOP / "debian/changelog", "-S", "Version"], check=True,
                         capture_output=True, text=True).stdout.strip()
# Made by the tests only.
NEXT = later(VERSION)
# Of this machine's programs none may be in what is built for others, and the other way round.
ARCHITECTURES = sorted({NATIVE, BOARD})
# {mark: (the variable that selects it, why it is not always selected)}
SELECTED_BY = {"long": ("OHT_LONG", "long"), "soak": ("OHT_SOAK", "an hour of emulation")}
APT = "apt-get -y -q -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io"


def pytest_configure(config):
    for mark, (variable, why) in SELECTED_BY.items():
        config.addinivalue_line("markers", f"{mark}: {why}; only with {variable}=1")


def pytest_collection_modifyitems(config, items):
    def reason(item):
        for mark, (variable, why) in SELECTED_BY.items():
            if item.get_closest_marker(mark) and os.environ.get(variable) != "1":
                return f"{why}; {variable}=1 selects them"
        return None

    deselect(config, items, reason)


def media(*names):
    """Packages as a test has put them into its system."""
    return " ".join(f"/media/{name}.deb" for name in names)


def use_line(tty, more):
    """What changes the installed configuration: the rtu back-end at that line of the simulator, and another sed expression."""
    return ("sed -i -e 's/^backend = .*/backend = rtu/' -e '/^device = /d' -e '/^deadman_ms = /d'"
            f" -e 's,^#tty = .*,tty = {tty},' -e 's/^#baud/baud/' -e 's/^time_factor = .*/time_factor = 15/'"
            " -e 's/^simulated = .*/simulated = yes/'"
            f" -e '{more}' /etc/oht/ohtd.conf")


def script(name, *arguments, **environment):
    """Run one of our scripts; returns what came of it."""
    return subprocess.run([str(TOP / "scripts" / name), *map(str, arguments)], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, env={**os.environ, **environment})


class Folder:
    """A folder with packages."""

    def __init__(self, folder):
        self.folder = folder

    def deb(self, package):
        """The file of that package."""
        found = list(self.folder.glob(f"{package}_*.deb"))
        assert len(found) == 1, f"{package}: {found}"
        return found[0]

    def names(self):
        """{package: file}."""
        return {deb.name.split("_")[0]: deb for deb in self.folder.glob("*.deb")}


def build(*arguments, **environment):
    """The folder of what build-deb has built."""
    done = script("build-deb", *arguments, **environment)
    assert done.returncode == 0, done.stderr
    return Folder(pathlib.Path(done.stdout.strip()))


class Builds(dict):
    """{architecture: its packages}, each built when the first test wants it; with OHT_BUILT=1 a step has built this machine's."""

    def __missing__(self, arch):
        built = arch == NATIVE and os.environ.get("OHT_BUILT") == "1"
        self[arch] = Folder(PACKAGES / arch) if built else build("--arch", arch)
        return self[arch]


def one_version_later(packages, name):
    folder = PACKAGES / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    repack(packages.names().values(), folder, VERSION, NEXT)
    return Folder(folder)


@pytest.fixture(scope="session")
def built():
    """{architecture: its packages}."""
    return Builds()


@pytest.fixture(scope="session")
def newer(built):
    """This machine's packages, one version later."""
    return one_version_later(built[NATIVE], "next")


@pytest.fixture(scope="session")
def newer_board(built):
    """The board's, one version later."""
    return one_version_later(built[BOARD], "next-board")


class Dkms:
    """DKMS of this machine in folders of its own: builds the module `name` for the board's kernel with the cross compiler, and
    signs it with a key of its own."""

    def __init__(self, name, deb, folder):
        shutil.rmtree(folder, ignore_errors=True)
        self.name, self.folder = name, folder
        self.kernel = (paths.CACHE / "kernels/stock").resolve()
        self.release = (self.kernel / "release").read_text().strip()
        (folder / "bin").mkdir(parents=True)
        (folder / "tree").mkdir()
        # It strips with this name, whatever it has built for.
        (folder / "bin/strip").symlink_to(shutil.which("aarch64-linux-gnu-strip"))
        subprocess.run(["dpkg-deb", "-x", deb, folder / "root"], check=True)
        (folder / "framework.conf").write_text(f"sign_file={self.kernel}/build/scripts/sign-file\n"
                                               f"mok_signing_key={folder}/mok.key\nmok_certificate={folder}/mok.pub\n")

    def run(self, *arguments, kernel=None):
        """One dkms command for our module and the board's kernel, or one that looks like `kernel`."""
        # It reads its configuration from one place only: put ours there, for this command.
        there = 'mount --bind "$0" /etc/dkms/framework.conf && exec "$@"'
        command = ["unshare", "--map-root-user", "--mount", "sh", "-c", there, self.folder / "framework.conf",
                   "dkms", *arguments, "-m", self.name, "-v", VERSION, "--dkmstree", self.folder / "tree",
                   "--sourcetree", self.folder / "root/usr/src", "-k", f"{self.release}/aarch64",
                   "--kernelsourcedir", kernel or self.kernel / "build"]
        environment = {**os.environ, "ARCH": BOARD, "CROSS_COMPILE": "aarch64-linux-gnu-",
                       "PATH": f"{self.folder}/bin:{os.environ['PATH']}:/usr/sbin:/sbin"}
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, env=environment)


def _added(name, deb, folder):
    one = Dkms(name, deb, folder)
    done = one.run("add")
    assert done.returncode == 0, done.stdout + done.stderr
    return one


@pytest.fixture(scope="session")
def dkms(built):
    """oht-dkms, known to a DKMS of our own."""
    return _added("oht", built[NATIVE].deb("oht-dkms"), PACKAGES / "dkms")


def _archive(dkms):
    done = dkms.run("build")
    log = next(dkms.folder.rglob("make.log"), None)
    assert done.returncode == 0, done.stdout + done.stderr + (log.read_text() if log else "")
    archive = dkms.folder / f"{dkms.name}.dkms.tar.gz"
    done = dkms.run("mktarball", "--binaries-only", "--archive", archive)
    assert done.returncode == 0, done.stdout + done.stderr
    return archive


@pytest.fixture(scope="session")
def modules(dkms):
    """The modules that DKMS has built for the board's kernel, as the archive in which it hands them on."""
    return _archive(dkms)


@pytest.fixture(scope="session")
def simulator(built):
    """The wire in software, of a package of its own, in the same form."""
    return _archive(_added("oht-sim", built[NATIVE].deb("oht-sim-dkms"), PACKAGES / "dkms-sim"))
