# SPDX-License-Identifier: GPL-2.0-or-later
"""One virtual SBC per state folder: a locked file that says who has it."""
import fcntl
import os

from .errors import SbcError


class Lock:
    """Held while its descriptor is open, also by a child that inherited it."""

    def __init__(self, state, descriptor=None):
        self._file = state / "lock"
        if descriptor is not None:
            self.descriptor = descriptor
            return
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        state.chmod(0o700)
        self.descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self.descriptor)
            _, where = holder(state)
            raise SbcError(f"a virtual SBC is running already{where}: `make down` stops it, "
                           "another OHT_STATE and OHT_PORT start a second") from error

    def sign(self, pid, url):
        """Say who holds it."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, f"{pid} {url}\n".encode(), 0)

    def release(self):
        os.ftruncate(self.descriptor, 0)
        os.close(self.descriptor)


def holder(state):
    """(process id, ' at URL (pid)') of who signed the lock; (None, '') when nobody did."""
    try:
        pid, url = (state / "lock").read_text().split()
        return int(pid), f" at {url} (pid {pid})"
    except (OSError, ValueError):
        return None, ""


def held(state):
    """Whether a virtual SBC runs in that state folder."""
    try:
        descriptor = os.open(state / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except OSError:
        return True
    finally:
        os.close(descriptor)
