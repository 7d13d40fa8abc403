# SPDX-License-Identifier: GPL-2.0-or-later
"""A service manager that keeps descriptors while the daemon is restarted, as systemd does."""
import os
import sys
import time

from notified import Notified

# What systemd does between fork() and exec(): the descriptors from 3 on, and whose they are.
HAND_OVER = """
import os, sys
fds = [int(n) for n in sys.argv[1].split(",")]
copies = [os.dup2(fd, 100 + i) for i, fd in enumerate(fds)]
for fd in fds:
    os.close(fd)
for at, copy in enumerate(copies):
    os.dup2(copy, 3 + at)
    os.close(copy)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)), LISTEN_FDNAMES=sys.argv[2])
os.execv(sys.argv[3], sys.argv[3:])
"""


class Keeper(Notified):
    """With a store of descriptors; slow, as a busy one is."""

    def __init__(self, daemon, slow_s=0.3):
        self.daemon = daemon
        self.slow_s = slow_s
        self.hangs = False      # answers no barrier
        self.held = []
        self.kept = {}          # the file's inode: descriptor
        self.names = {}         # descriptor: as what it is kept
        super().__init__(daemon)

    def take(self, message, fds):
        words = message.split("\n")
        names = [word.removeprefix("FDNAME=") for word in words if word.startswith("FDNAME=")]
        if "FDSTORE=1" in words:
            assert len(names) == len(fds) == 1 and "FDPOLL=0" in words
            before = self.kept.pop(os.fstat(fds[0]).st_ino, None)
            self.kept[os.fstat(fds[0]).st_ino] = fds[0]
            self.names[fds[0]] = names[0]
            return [before] if before is not None else []
        if "FDSTOREREMOVE=1" in words:
            assert len(names) == 1
            time.sleep(self.slow_s)
            self.forget(names[0])
        # Of the barrier: a pipe whose end is what is waited for.
        if self.hangs:
            self.held += fds
            return []
        return fds

    def of(self, name):
        """Descriptors that are kept under a name."""
        return [fd for fd in self.kept.values() if self.names[fd] == name]

    def forget(self, name=None):
        """One kind of them; all, as at the end of the service."""
        for inode, fd in list(self.kept.items()):
            if name in (None, self.names[fd]):
                del self.kept[inode]
                os.close(fd)

    def close(self):
        super().close()
        self.forget()
        for fd in self.held:
            os.close(fd)

    def hand_over(self, others=(), name="https"):
        """What is kept, and `others`, to every later start."""
        fds = [*self.kept.values(), *others]
        names = [*(self.names[fd] for fd in self.kept.values()), *[name] * len(others)]
        self.daemon.pass_fds = tuple(fds)
        self.daemon.prefix = [sys.executable, "-c", HAND_OVER, ",".join(map(str, fds)), ":".join(names)] if fds else []
