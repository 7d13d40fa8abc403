# SPDX-License-Identifier: GPL-2.0-or-later
"""Shell commands in the guest, over its second serial port."""
import base64
import itertools
import select
import socket
import threading
import time

from .errors import SbcError

# A line longer than the tty's buffers would lose bytes, so bigger things go in pieces.
LINE_MAX_BYTES = 32 * 1024
PIECE_BYTES = 12 * 1024
GREETING = b"vsbc-agent-ready"


class GuestError(SbcError):
    """A command that had to succeed in the guest did not."""


class Guest:
    """The agent of scripts/vsbc/guest/init: takes `token seconds base64`, answers output, `token code`."""

    def __init__(self, sock):
        self._sock = sock
        self._lock = threading.Lock()
        self._tokens = itertools.count(1)
        self._pending = b""
        self._late = None

    def _receive_until(self, mark, deadline):
        """What came before mark, which is taken too; None when time is up."""
        while mark not in self._pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._sock], [], [], left)[0]:
                return None
            data = self._sock.recv(65536)
            if not data:
                raise SbcError("the guest has gone")
            self._pending += data
        before, _, self._pending = self._pending.partition(mark)
        return before

    def wait_ready(self, timeout):
        """Wait until the agent has started; returns whether it did in time."""
        with self._lock:
            ready = self._receive_until(GREETING + b"\n", time.monotonic() + timeout) is not None
            if ready:
                self._late = None       # whoever has just begun owes no answer
            return ready

    def _drain_late(self, deadline):
        """After a time-out: what the late command still says is not the next one's output."""
        if self._late and self._receive_until(self._late, deadline) is not None:
            self._receive_until(b"\n", deadline)
            self._late = None

    def run(self, command, timeout=30):
        """Run a shell command; returns (exit code, output). 143 or 137: it ran longer than timeout."""
        code = base64.b64encode(command.encode()).decode()
        if len(code) > LINE_MAX_BYTES:
            raise SbcError(f"a guest command of {len(command)} bytes is too long; push() it as a file")
        with self._lock:
            deadline = time.monotonic() + timeout + 15
            self._drain_late(deadline)
            if self._late:
                raise SbcError("the guest is still busy with an earlier command")
            token = f"vsbc-{next(self._tokens)}-done"
            mark = f"\n{token} ".encode()
            self._sock.sendall(f"{token} {max(1, int(timeout))} {code}\n".encode())
            output = self._receive_until(mark, deadline)
            if output is None:
                self._late = mark
                raise SbcError(f"the guest does not answer within {timeout} s: {command[:60]!r}")
            status = self._receive_until(b"\n", deadline)
            return int(status or 255), output.decode("utf-8", "replace")

    def fire(self, command):
        """Send a command that ends the guest or has it sleep; nobody waits for its answer, the next one skips it."""
        code = base64.b64encode(command.encode()).decode()
        with self._lock:
            self._late = f"\nvsbc-{next(self._tokens)}-done ".encode()
            self._sock.sendall(f"{self._late.decode().strip()} 60 {code}\n".encode())

    def forget(self):
        """The guest is another one, or as it was earlier: nothing that was said or asked counts any more."""
        with self._lock:
            while select.select([self._sock], [], [], 0)[0] and self._sock.recv(65536):
                pass
            self._pending, self._late = b"", None

    def check(self, command, timeout=30):
        """Run a command that must succeed; returns its output without the last newline."""
        code, output = self.run(command, timeout)
        if code:
            raise GuestError(f"guest: {command!r} exits {code}: {output.strip()[-400:]}")
        return output.rstrip("\n")

    def push(self, path, data, mode="644"):
        """Write bytes into a file of the guest."""
        self.check(f": > '{path}'")
        for start in range(0, len(data), PIECE_BYTES):
            piece = base64.b64encode(data[start:start + PIECE_BYTES]).decode()
            self.check(f"echo {piece} | base64 -d >> '{path}'")
        self.check(f"chmod {mode} '{path}'")

    def pull(self, path):
        """Read a file of the guest as bytes."""
        return base64.b64decode(self.check(f"base64 '{path}'"))

    def close(self):
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._sock.close()
