# SPDX-License-Identifier: GPL-2.0-or-later
"""The far end of the RS485 wire: our simulator, somebody else's slave, or nobody."""
import os
import time

from . import paths
from .errors import SbcError
from .spawn import end, last_line, spawn

SIMULATOR = paths.BUILD / "userspace/native/userspace/sim/oht-sim"
DATA = paths.TOP / "userspace/data"


def ask_simulator(state, line, timeout=5):
    """One command of the simulator's control socket in that folder; returns its answer without 'ok '."""
    with paths.connect_unix(state / "sim.sock", timeout) as sock:
        sock.settimeout(timeout)
        sock.sendall(line.encode() + b"\n")
        answer = sock.makefile("r", encoding="utf-8").readline().rstrip("\n")
    word, _, rest = answer.partition(" ")
    if word != "ok":
        raise SbcError(f"simulator: {rest or answer or 'no answer'}")
    return rest


class Wire:
    """far is `sim`, `none`, `unix:PATH` (their socket, we connect) or `pty:PATH` (their terminal)."""

    def __init__(self, far, state, profile="canonical", baud=115200, form="8N1", turnaround_us=None,
                 seed=None, simulator=SIMULATOR):
        self.far = far
        self._state = state
        self._simulator = simulator
        self._arguments = ["--profile", profile, "--baud", str(baud), "--format", form,
                           "--data", str(DATA), "--control", "sim.sock"]
        if turnaround_us is not None:
            self._arguments += ["--turnaround-us", str(turnaround_us)]
        if seed is not None:
            self._arguments += ["--seed", str(seed)]
        self._process = None
        self._feeds = None
        kind, _, path = far.partition(":")
        if far not in ("sim", "none") and (kind not in ("unix", "pty") or not path):
            raise SbcError(f"OHT_WIRE='{far}': give sim, unix:PATH or pty:PATH")
        if path and not os.path.exists(path):
            raise SbcError(f"OHT_WIRE='{far}': nothing at {path}; start the slave first")

    def chardev(self):
        """QEMU's options for the board's UART; paths are relative to the state folder."""
        if self.far in ("sim", "none"):
            return "socket,id=wire,path=wire.sock,server=on,wait=off"
        kind, _, path = self.far.partition(":")
        # A link has a short name, whatever the length of theirs.
        link = self._state / "wire.far"
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.abspath(path))
        if kind == "unix":
            return "socket,id=wire,path=wire.far,server=off,reconnect=1"
        return "serial,id=wire,path=wire.far"

    @property
    def pid(self):
        """Process id of the simulator; None without one."""
        return self._process.pid if self._process else None

    def start(self):
        """Plug the far end in; the emulator listens already."""
        if self.far == "sim":
            self.mend()

    def mend(self):
        """Connect the simulator (again)."""
        if self.far != "sim" or self._process:
            return
        (self._state / "sim.sock").unlink(missing_ok=True)
        log = self._state / "sim.log"
        log.unlink(missing_ok=True)
        if not os.access(self._simulator, os.X_OK):
            raise SbcError("no module simulator yet: run scripts/build-userspace native")
        self._process = spawn([str(self._simulator), "--connect", "unix:wire.sock", *self._arguments],
                              log, self._state)
        self._wait_control(5)
        self.feed()

    def feed_by(self, feeds):
        """From now on feeds() says whether the board's relays give the simulated drive its power."""
        self._feeds = feeds

    def feed(self):
        """Tell the simulator, if it is there; one that starts later is told by mend()."""
        if not self._feeds or not self._process:
            return
        try:
            self.command(f"rail outputs {'high' if self._feeds() else 'low'}")
        except (SbcError, OSError):
            # It has just ended, or been cut.
            pass

    def _wait_control(self, timeout):
        deadline = time.monotonic() + timeout
        while not (self._state / "sim.sock").exists():
            if self._process.poll() is not None:
                self._process = None
                raise SbcError("the module simulator ended: " + last_line(self._state / "sim.log"))
            if time.monotonic() > deadline:
                raise SbcError("the module simulator does not open its control socket (see sim.log)")
            time.sleep(0.01)

    def cut(self):
        """Cut the cable: nothing passes in either direction until mend()."""
        if self.far != "sim":
            raise SbcError("only the simulator's cable can be cut from here")
        self.stop()

    def command(self, line, timeout=5):
        """One command of the simulator's control socket; returns its answer without 'ok '."""
        if not self._process:
            raise SbcError("no simulator is on the wire")
        return ask_simulator(self._state, line, timeout)

    def alive(self):
        """Whether the far end is still there, as far as we can know."""
        return self._process is None or self._process.poll() is None

    def stop(self):
        """End the simulator."""
        if self._process:
            end(self._process, 3)
            self._process = None
