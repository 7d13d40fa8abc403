# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian root (debian_root.py) that has been booted: its own systemd is the first process of namespaces and of a control group
of its own. It sees no process, no mount, no network and no service of this machine, and everything in it ends with it."""
import os
import pathlib
import subprocess
import tempfile
import time

from debian_root import Root, as_root, quoted

BOOT = """set -e
mount --make-rprivate /
mount -t cgroup2 cgroup2 "$1"
mkdir "$1/$2"
echo $$ >"$1/$2/cgroup.procs"
exec unshare --cgroup --mount --pid --fork --kill-child --net --uts --ipc sh -c "$3" "$0"
"""
# The root must be a mount of its own for services to get one each. /dev is one too, or systemd would take this machine's.
INSIDE = """set -e
mount --bind "$0" "$0"
mount -t tmpfs -o mode=755 tmpfs "$0/mnt"
cp -a "$0/dev/." "$0/mnt"
mount --move "$0/mnt" "$0/dev"
mount -t proc proc "$0/proc"
mount -t sysfs -o ro sysfs "$0/sys"
mount -t cgroup2 cgroup2 "$0/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$0/run"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$0/dev/pts"
ip link set lo up
cd "$0"
pivot_root . mnt
exec env -i container=oht PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . sh -c 'umount -l /mnt && exec /lib/systemd/systemd --system'
"""
ENVIRONMENT = ("HOME=/root", "TERM=dumb", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "SYSTEMD_PAGER=",
               "PATH=/usr/sbin:/usr/bin:/sbin:/bin")
BOOT_TIMEOUT_S = 120


class System(Root):
    """`with System(root) as system`: running from then on, and commands go there."""

    def __init__(self, root):
        super().__init__(root.folder)
        self.name = f"oht-test-{os.getpid()}-{id(self)}"
        self.groups = None          # where the control groups are seen, in the first process's namespace
        self.process = None
        self.first = None

    def __enter__(self):
        self.groups = tempfile.TemporaryDirectory(prefix="oht-groups-")
        self.process = subprocess.Popen(as_root("unshare", "--mount", "sh", "-c", BOOT, self.folder, self.groups.name,
                                                self.name, INSIDE),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            self._wait_booted()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.first and self.process.poll() is None:
            self.run("systemctl poweroff --force --force", 60)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            subprocess.run(as_root("kill", "-9", *map(str, self._descendants())), check=False)
            self.process.wait(20)
        self.process.stderr.close()
        # Its control groups are empty now; deepest first.
        subprocess.run(as_root("unshare", "--mount", "sh", "-c", 'mount -t cgroup2 cgroup2 "$0" && find "$0/$1" -depth -type d'
                               ' -exec rmdir {} +', self.groups.name, self.name), check=False, capture_output=True)
        self.groups.cleanup()

    def _descendants(self):
        """Process ids, ours first."""
        found = [self.process.pid]
        for pid in found:
            try:
                found += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
            except OSError:
                pass        # it has ended
        return found

    def _find_first(self):
        """systemd has number 1 in a namespace that is not ours."""
        for pid in self._descendants():
            try:
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            if "Name:\tsystemd\n" in status and status.split("NSpid:\t")[1].split("\n")[0].split()[-1] == "1":
                return pid
        return None

    def _wait_booted(self):
        deadline = time.monotonic() + BOOT_TIMEOUT_S
        while True:
            self.first = self.first or self._find_first()
            # "degraded" is what a machine without most of its devices is.
            said = self.run("systemctl is-system-running")[1] if self.first else ""
            if said in ("running", "degraded"):
                return
            assert self.process.poll() is None, f"systemd does not start: {self.process.stderr.read()[-800:]}"
            assert time.monotonic() < deadline, f"not booted in {BOOT_TIMEOUT_S} s: {said}"
            time.sleep(0.1)

    def command(self, script):
        """What runs a shell script in it."""
        return as_root("nsenter", "--target", self.first, "--all", "--root", "--wd", "env", "-i", *ENVIRONMENT, "sh", "-c", script)

    def put(self, path, text):
        """Write a file in it."""
        self.check(f"mkdir -p {quoted(str(pathlib.PurePath(path).parent))} && printf %s {quoted(text)} >{quoted(path)}")

    def shown(self, unit, name):
        """One property of a unit."""
        return self.check(f"systemctl show --value -p {name} {unit}")
