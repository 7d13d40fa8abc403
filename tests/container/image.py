# SPDX-License-Identifier: GPL-2.0-or-later
"""The image, unpacked, and a robot started from it."""
import hashlib
import json
import os
import subprocess
import tarfile

from oht_test.client import Client, trusting
from oht_test.wait import until


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
        self.bind, self.config = "--bind", None
        # More words for bwrap, behind its mounts.
        self.more = []

    def command(self, *words):
        user = self.image.config["User"]
        variables = [word for text in self.image.config["Env"] for word in ("--setenv", *text.split("=", 1))]
        mounted = ["--ro-bind", self.config, "/etc/oht/ohtd.conf"] if self.config else []
        return [self.bwrap, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--as-pid-1", "--cap-drop", "ALL",
                "--uid", user, "--gid", user, "--clearenv", *variables, "--ro-bind", self.image.root, "/", "--dev", "/dev", "--proc", "/proc",
                *mounted, "--bind", self.run, "/run/oht", self.bind, self.state, "/var/lib/oht", *self.more, "--chdir", self.image.config["WorkingDir"], *words]

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
