# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian 12 that has nothing but git and make: one command makes the image, and its bytes are those of this machine."""
import pathlib
import subprocess

import pytest

from conftest import TOP, printed

AUTHORITIES = pathlib.Path("/usr/local/share/ca-certificates")
# Processes and mounts end with the command; the network is this machine's.
INSIDE = """set -e
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
mount -t tmpfs -o mode=755 tmpfs "$0/run"
exec env -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
	chroot "$0" /bin/sh -c "$1"
"""


def must(*command, **more):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    assert done.returncode == 0, (command[-1], done.stdout[-800:])
    return done.stdout


class Fresh:
    """The folder, and commands in it."""

    def __init__(self, folder):
        self.folder = folder
        tool = pathlib.Path(printed("scripts/fetch-tool", "mmdebstrap"))
        must("perl", tool / "usr/bin/mmdebstrap", "--quiet", "--variant=minbase", "--include=git,make,ca-certificates", "bookworm", folder)
        (folder / "etc/resolv.conf").write_bytes(pathlib.Path("/etc/resolv.conf").read_bytes())
        # Behind a proxy with an authority of its own; elsewhere there are none.
        for file in AUTHORITIES.glob("*.crt"):
            (folder / AUTHORITIES.relative_to("/") / file.name).write_bytes(file.read_bytes())
        self.do("update-ca-certificates")

    def do(self, script):
        return must("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "sh", "-c", INSIDE, self.folder, script)

    def take_tree(self):
        """As a clone has it: what is committed, and what would be."""
        target = self.folder / "srv/oht"
        target.mkdir()
        must("sh", "-c", "git ls-files -z --cached --others --exclude-standard --deduplicate | tar -c --null --ignore-failed-read -T - | tar -x -C \"$0\"",
             target, cwd=TOP)
        self.do("cd /srv/oht && git init -q && git add -A && git -c user.name=a -c user.email=a@b.example commit -q -m all")


@pytest.mark.limit_s(1800)
def test_one_command_on_a_fresh_debian_makes_the_same_image(builds, tmp_path):
    fresh = Fresh(tmp_path / "root")
    fresh.take_tree()
    homes = {path.name for path in (fresh.folder / "root").iterdir()}
    fresh.do("cd /srv/oht && make image")
    made, = (fresh.folder / "srv/oht/build/image").glob("*.oci.tar")
    assert made.read_bytes() == builds[0].read_bytes()
    # Outside of the tree and of Debian's packages nothing is written but the cache, as README says.
    assert {path.name for path in (fresh.folder / "root").iterdir()} - homes <= {".cache"}
