# SPDX-License-Identifier: GPL-2.0-or-later
"""The service manager's end of sd_notify(3)."""
import array
import os
import socket
import threading


class Notified:
    """Told of the daemon's life from now on; what it does about it is told by take()."""

    def __init__(self, daemon):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(daemon.folder / "notify"))
        # Always taken: the queue of the socket is short, and sd_notify(3) waits for room in it.
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        daemon.shims.update(NOTIFY_SOCKET=str(daemon.folder / "notify"))

    def _read(self):
        """Until an empty message says that it is over."""
        while True:
            data, ancillary, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(4 * 32))
            if not data:
                return
            fds = array.array("i")
            for level, kind, content in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    fds.frombytes(content[:len(content) - len(content) % fds.itemsize])
            for fd in self.take(data.decode(), fds):
                os.close(fd)

    def take(self, message, fds):
        """One message and the descriptors with it; returns those that are not kept."""
        raise NotImplementedError

    def close(self):
        """End the reader."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", self.socket.getsockname())
        self.reader.join()
        self.socket.close()
