# SPDX-License-Identifier: GPL-2.0-or-later
"""The container image: the same bytes twice, nothing in it that is not wanted, and started as a runtime starts it."""
import hashlib
import json
import os
import pathlib
import signal
import stat
import subprocess
import tarfile

import pytest

from oht_test.client import PASSWORD, Client, trusting
from oht_test.wait import until

MIB = 1 << 20
SIZE_MAX = 60 * MIB
KILLS = 100 if os.environ.get("OHT_SOAK") else 10


def blob(folder, described):
    """Of the layout, as described: size and digest agree."""
    data = (folder / "blobs" / described["digest"].replace(":", "/")).read_bytes()
    assert (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}") == (described["size"], described["digest"])
    return data


class Image:
    """The archive, unpacked by the rules of OCI."""

    def __init__(self, archive, folder):
        with tarfile.open(archive) as tar:
            tar.extractall(folder)
        assert json.loads((folder / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
        index, = json.loads((folder / "index.json").read_text())["manifests"]
        manifest = json.loads(blob(folder, index))
        self.described = json.loads(blob(folder, manifest["config"]))
        self.config = self.described["config"]
        layer, = manifest["layers"]
        (folder / "layer.tar.gz").write_bytes(blob(folder, layer))
        self.root = folder / "root"
        with tarfile.open(folder / "layer.tar.gz") as tar:
            self.members = {member.name: member for member in tar}
            tar.extractall(self.root)
        plain = subprocess.run(["gzip", "-dc", folder / "layer.tar.gz"], stdout=subprocess.PIPE, check=True).stdout
        assert self.described["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(plain).hexdigest()}"]


class Container:
    """One robot: without rights, its root read-only, its state in a folder."""

    def __init__(self, image, bwrap, folder):
        self.image, self.bwrap = image, bwrap
        self.run, self.state, self.log_file = folder / "run", folder / "state", folder / "log"
        self.run.mkdir()
        self.state.mkdir(mode=0o700)
        self.process = self.first = None
        self.bind = "--bind"

    def command(self, *words):
        user = self.image.config["User"]
        variables = [word for text in self.image.config["Env"] for word in ("--setenv", *text.split("=", 1))]
        return [self.bwrap, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--as-pid-1", "--cap-drop", "ALL",
                "--uid", user, "--gid", user, "--clearenv", *variables, "--ro-bind", self.image.root, "/", "--dev", "/dev", "--proc", "/proc",
                "--bind", self.run, "/run/oht", self.bind, self.state, "/var/lib/oht", "--chdir", self.image.config["WorkingDir"], *words]

    def ask(self, *words):
        """A program beside it, as a health check is one."""
        return subprocess.run([str(word) for word in self.command(*words)], capture_output=True, text=True, check=False, timeout=60)

    def start(self):
        """By the command of the image."""
        out, into = os.pipe()
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen([str(word) for word in self.command("--info-fd", into, *self.image.config["Cmd"])],
                                            stderr=log, stdout=log, pass_fds=[into])
        os.close(into)
        with os.fdopen(out) as told:
            self.first = json.load(told)["child-pid"]

    def is_healthy(self):
        assert self.process.poll() is None, self.log()
        return self.ask("ohtctl", "robot", "status").returncode == 0

    def start_whole(self):
        self.start()
        until(self.is_healthy, what="healthy")
        until(lambda: self.client().get("health", role=None).json["state"] == "safe", what="safe")

    def client(self):
        return Client(8443, trusting((self.state / "ca.crt").read_text()))

    def end(self, number):
        """Exit status."""
        os.kill(self.first, number)
        return self.process.wait(60)

    def log(self):
        return self.log_file.read_text()


@pytest.fixture(name="image", scope="session")
def _image(builds, tmp_path_factory):
    return Image(builds[0], tmp_path_factory.mktemp("image"))


@pytest.fixture(name="container")
def _container(alone, image, tools, tmp_path):
    assert alone is None
    made = Container(image, tools["bubblewrap"] / "usr/bin/bwrap", tmp_path)
    yield made
    if made.process and made.process.poll() is None:
        made.process.kill()
        made.process.wait()


def test_the_same_bytes_twice_and_small(builds):
    assert builds[0].read_bytes() == builds[1].read_bytes()
    assert builds[0].stat().st_size <= SIZE_MAX


def test_nothing_in_it_runs_as_another_or_belongs_to_the_robot(image):
    config = image.config
    assert int(config["User"]) > 0 and config["StopSignal"] == "SIGTERM"
    assert set(config["Volumes"]) == {"/run/oht", "/var/lib/oht"} and set(config["ExposedPorts"]) == {"8443/tcp"}
    own = {name for name, member in image.members.items() if member.uid or member.gid}
    assert own == {"run/oht", "var/lib/oht"}
    for name, member in image.members.items():
        assert not member.mode & (stat.S_ISUID | stat.S_ISGID), name
        assert member.issym() or not member.mode & stat.S_IWOTH or name == "tmp", name
    programs = {pathlib.Path(name).name for name, member in image.members.items() if member.isfile() and member.mode & 0o100 and ".so" not in name}
    assert programs == {"oht-sim", "oht-sim-robot", "ohtctl", "ohtd", "ohtd-sender"}
    # Licences and, for scanners, the packages.
    packages = {pathlib.Path(name).name for name in image.members if name.startswith("var/lib/dpkg/status.d/")}
    assert {"libc6", "ohtd", "ohtctl"} <= packages
    for package in packages:
        assert f"usr/share/doc/{package}" in image.members, package


def test_the_robot_drives_and_ends_in_order(container):
    container.start_whole()
    client, code = container.client(), (container.run / "setup-code").read_text().strip()
    assert client.request("GET", "/").status == 200
    assert client.post("setup", {"code": code, "username": "administrator", "password": PASSWORD}, role=None).status in (200, 201)
    assert client.post("safety/enable").status == 200
    until(lambda: client.get("robot", role="administrator").json["state"] == "idle", what="idle")
    assert client.post("robot/commands", {"verb": "undock"}).status in (200, 201, 202)
    until(lambda: client.get("robot", role="administrator").json["position_mm"] > 20, what="it drives")
    assert container.end(signal.SIGTERM) == 0
    said = container.log()
    assert "end: signal 15" in said and "ended by itself" not in said
    assert not list(container.image.root.rglob("*.db"))


def test_what_was_acknowledged_survives_each_kill(container):
    container.start_whole()
    client, code = container.client(), (container.run / "setup-code").read_text().strip()
    assert client.post("setup", {"code": code, "username": "administrator", "password": PASSWORD}, role=None).status in (200, 201)
    for number in range(KILLS):
        made = client.post("users", {"username": f"user{number}", "role": "viewer", "password": PASSWORD})
        assert made.status == 201, made
        assert container.end(signal.SIGKILL) != 0
        container.start_whole()
        names = {item["username"] for item in client.get("users?limit=200", role="administrator").json["items"]}
        assert {f"user{i}" for i in range(number + 1)} <= names


@pytest.mark.parametrize("spoil, why", [
    (lambda container: setattr(container, "bind", "--ro-bind"), "Read-only file system; mount it for writing, then start again"),
    (lambda container: container.state.chmod(0o500), "Permission denied; let user 990 write there, then start again"),
], ids=["read-only", "of another"])
def test_a_volume_that_cannot_be_written_is_told_in_a_sentence(container, spoil, why):
    spoil(container)
    container.start()
    assert container.process.wait(60) not in (0, None)
    last = container.log().strip().splitlines()[-1]
    assert f"/var/lib/oht: {why}" in last, last


def test_a_second_one_on_the_same_volume_is_refused(container, tmp_path):
    container.start_whole()
    (tmp_path / "other").mkdir()
    other = Container(container.image, container.bwrap, tmp_path / "other")
    other.state = container.state
    other.start()
    assert other.process.wait(60) not in (0, None)
    assert "/var/lib/oht" in other.log().strip().splitlines()[-1], other.log()
    assert container.is_healthy()
