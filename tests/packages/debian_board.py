# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian 12 of the board's architecture on a disk of the emulated board, under the board's own kernel.

Made as the folder of debian_root.py is, except that the board itself configures the packages: none of its programs runs on this
machine. That takes minutes, so the disk is kept in the cache; tests write beside it, and what they write is gone with the board.
"""
import fcntl
import hashlib
import pathlib
import tempfile

from vsbc import paths
from vsbc.machine import Machine, Options
from vsbc.wire import Wire

import debian_root
from debian_root import as_root, must

ARCHITECTURE = "arm64"
KERNEL = paths.CACHE / "kernels/stock"
DISK_BYTES = 6 << 30
# A compiler and systemd are at home in it.
MEMORY_MIB = 1024
# The board comes up from its archive as always, and goes on from the disk. The agent comes along in /run, packages to try on the disk.
INIT = """#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
/bin/busybox mkdir -p /bin /sbin /usr/bin /usr/sbin /proc /sys /dev /run /mnt
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs -o mode=755 tmpfs /run
for driver in virtio_pci virtio_blk virtio_rng crc32c_generic ext4; do
	modprobe -q "$driver"
done
mount -o noatime /dev/vda /mnt || exec sh
mkdir -p /run/vsbc /run/systemd/system/multi-user.target.wants
cp /etc/vsbc/agent /etc/vsbc/alone /run/vsbc
cp /etc/vsbc/agent.service /run/systemd/system/vsbc-agent.service
ln -s ../vsbc-agent.service /run/systemd/system/multi-user.target.wants
[ ! -d /media ] || { mkdir -p /mnt/media && cp /media/* /mnt/media; }
for place in proc sys dev run; do
	mount --move "/$place" "/mnt/$place"
done
for word in $(cat /mnt/proc/cmdline); do
	case $word in
	debian.first=*) exec switch_root /mnt "${word#*=}" ;;
	esac
done
"""
# Nothing but commands from outside: the packages are not configured yet.
ALONE = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
ip link set lo up
# Packages would look for a systemd to talk to.
rm -r /run/systemd
while :; do
	/run/vsbc/agent
done
"""
SERVICE = """[Unit]
Description=Commands from outside
[Service]
Environment=HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
ExecStart=/run/vsbc/agent
Restart=always
KillMode=process
"""
CONFIGURE_TIMEOUT_S = 3600
BOOT_TIMEOUT_S = 300


class DebianBoard(Machine):
    """The board with that disk; first is the program that has number 1."""

    def __init__(self, state, disk, first="/lib/systemd/systemd", media=None, snapshot=True, far="sim"):
        state = pathlib.Path(state)
        files = {"/init": (INIT.encode(), 0o755), "/etc/vsbc/alone": (ALONE.encode(), 0o755),
                 "/etc/vsbc/agent.service": SERVICE.encode()}
        for name, source in (media or {}).items():
            files[f"/media/{name}"] = pathlib.Path(source).read_bytes()
        drive = f"file={disk},if=none,id=disk,format=raw,cache=unsafe,snapshot={'on' if snapshot else 'off'}"
        super().__init__(Options(state=state, wire=Wire(far, state), append=f"debian.first={first}", files=files,
                                 memory_mib=MEMORY_MIB,
                                 qemu=["-drive", drive, "-device", "virtio-blk-pci,drive=disk,addr=8"]))

    def __enter__(self):
        self.start()
        try:
            self.wait_booted(BOOT_TIMEOUT_S)
        except BaseException:
            self.stop()
            raise
        return self


def release():
    """The kernel of that board."""
    return (KERNEL / "release").read_text(encoding="utf-8").strip()


def _make(target):
    with tempfile.TemporaryDirectory(prefix=".make.", dir=target.parent) as name:
        work = pathlib.Path(name)
        root = debian_root.unpack(work, ARCHITECTURE, f"linux-headers-{release()}")
        fresh = work / "disk"
        try:
            with open(fresh, "wb") as out:
                out.truncate(DISK_BYTES)
            must(*as_root("mkfs.ext4", "-q", "-F", "-L", "debian", "-d", root.folder, fresh))
        finally:
            root.remove()
        with DebianBoard(work / "state", fresh, first="/run/vsbc/alone", snapshot=False, far="none") as board:
            board.guest.check(debian_root.CONFIGURE, CONFIGURE_TIMEOUT_S)
            board.guest.check("apt-get clean; sync; mount -o remount,ro /", 120)
        fresh.rename(target)


def cached():
    """The disk with the untouched system; made if it is not there."""
    sources = b"".join(pathlib.Path(module).read_bytes() for module in (__file__, debian_root.__file__))
    key = hashlib.sha256(sources + release().encode()).hexdigest()[:12]
    roots = paths.CACHE / "roots"
    roots.mkdir(parents=True, exist_ok=True)
    target = roots / f"debian-board-{key}.img"
    with open(roots / ".board.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            older = list(roots.glob("debian-board-*.img"))
            _make(target)
            for old in older:
                old.unlink()
    return target
