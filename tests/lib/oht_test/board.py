# SPDX-License-Identifier: GPL-2.0-or-later
"""A running virtual board, the programs in it, and a controller that does what a test tells it."""
import json
import pathlib
import subprocess

from vsbc import paths, splat
from vsbc.machine import Machine, Options
from vsbc.paths import TOP
from vsbc.wire import Wire

from .wait import PATIENCE_S, until

PROGRAMS = "/usr/libexec/oht"
OVERLAYS = TOP / "tests/e2e/dts"
DRIVER = "/sys/bus/platform/drivers/oht"
# unit:address:registers of every module's system block.
ALL_UNITS = "2:0x100:8 3:0x100:8 4:0x100:8 5:0x100:8"
# The guest's fourth serial port, /dev/ttyS3: see Controller.
CONTROLLER_LINE = ["-chardev", "socket,id=controller,path=controller.sock,server=on,wait=off",
                   "-device", "pci-serial,chardev=controller,addr=9"]


def written(guest, path, what, timeout_s=PATIENCE_S, period_s=0.02):
    """Wait until a program of the guest has written to a file, which may not be there yet; what it holds then."""
    return until(lambda: guest.run(f"cat {path} 2>/dev/null")[1].strip(), timeout_s, what, period_s)


def build_dtb(*overlays):
    """The board's device tree with overlays of tests/e2e/dts over it; returns its path."""
    done = subprocess.run([TOP / "scripts/build-dtb", *[OVERLAYS / f"{name}.dtso" for name in overlays]],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Board:
    """A running machine and the programs in it."""

    def __init__(self, state, kernel, far="sim", wire=None, **options):
        self.kernel = kernel
        self.state = pathlib.Path(state)
        self.state.mkdir(parents=True, exist_ok=True)
        self.wire = Wire(far, self.state, **(wire or {})) if far else None
        options["qemu"] = options.get("qemu", []) + CONTROLLER_LINE
        self.machine = Machine(Options(state=self.state, kernel=kernel, wire=self.wire, **options))
        self.expected_splats = ()

    def __enter__(self):
        self.machine.start()
        try:
            self.machine.wait_booted(120)
        except BaseException:
            self.machine.stop()
            raise
        return self

    def __exit__(self, kind, *_):
        console = self.machine.console()
        self.machine.stop()
        if kind is None:
            self.check_console(console)

    @property
    def pins(self):
        return self.machine.pins

    @property
    def guest(self):
        return self.machine.guest

    def check_console(self, console=None):
        """No splat on the console so far, but for the expected words."""
        text = self.machine.console() if console is None else console
        found = [line for line in splat.find(text)
                 if not any(word in line for word in self.expected_splats)]
        assert not found, f"{self.kernel}: the kernel complains: {found[:3]} (see {self.state}/console.log)"

    def program(self, line, timeout=60):
        """Run one of our test programs in the guest; returns (exit code, output)."""
        return self.guest.run(f"{PROGRAMS}/{line}", timeout)

    def bus_test(self, arguments, timeout=60):
        """Run bus_test; returns its JSON line."""
        _, output = self.program(f"bus_test {arguments}", timeout)
        return json.loads(output.strip().splitlines()[-1])

    def ohtctl(self, line, timeout=30):
        """Run ohtctl with --json; returns (exit code, object or the text it printed)."""
        code, output = self.guest.run(f"ohtctl --json {line}", timeout)
        try:
            return code, json.loads(output)
        except ValueError:
            return code, output.strip()

    def kernel_log(self):
        return self.guest.check("dmesg")

    def uptime_ns(self):
        """CLOCK_MONOTONIC of the guest, roughly: what /proc/uptime says."""
        return int(float(self.guest.check("cat /proc/uptime").split()[0]) * 1e9)


class Refused(Exception):
    """The controller was told no."""

    def __init__(self, answer):
        super().__init__(answer["error"])
        self.error = answer["error"]
        self.blocking = answer["blocking"]


class Controller:
    """The test program that is the controller, on a serial line of its own; see tests/guest/controller.c."""

    def __init__(self, board, deadman_ms=10000):
        self.board = board
        self._events = []
        self._sock = paths.connect_unix(board.state / "controller.sock")
        self._sock.settimeout(20)
        self._lines = self._sock.makefile("r", encoding="ascii")
        board.guest.check(f"{PROGRAMS}/controller /dev/ttyS3 {deadman_ms} </dev/null >/tmp/controller.log 2>&1")
        self._answer()

    def _answer(self):
        answer = json.loads(self._lines.readline())
        if not answer.pop("ok"):
            raise Refused(answer)
        return answer

    def ask(self, line):
        self._sock.sendall(line.encode() + b"\n")
        return self._answer()

    def status(self):
        return self.ask("status")

    def wait_status(self, condition, what, timeout_s=PATIENCE_S):
        """Poll the status until condition(status) holds; returns it."""
        def fits():
            status = self.status()
            return status if condition(status) else None

        return until(fits, timeout_s, what, period_s=0)

    def release_button(self):
        """Close the contacts, and wait until nothing forbids a reset."""
        self.board.pins.release()
        return self.wait_status(lambda s: not s["standing"], "the button being closed long enough")

    def work_button(self):
        """Open both contacts so that the guest sees it, then close them: ends a discrepancy."""
        self.board.pins.press()
        self.wait_status(lambda s: s["inputs"] == 0, "both channels seen open")
        return self.release_button()

    def events(self):
        """All safety events since it began to serve; none may have been lost."""
        answer = self.ask(f"events {len(self._events)}")
        assert answer["lost"] == 0
        self._events += answer["events"]
        return self._events

    def arm(self, tag):
        """Reset and enable; both outputs are high outside when this returns."""
        self.ask(f"arm {tag}")
        assert self.board.pins.wait_enables(1), "enabled, but the outputs are not high outside"

    def stop_event(self, tag):
        """The event that lowered the outputs, with that tag."""
        def find():
            return [e for e in self.events() if e["tag"] == tag and e["from"] == "enabled"]

        found = until(find, what=f"the stop with tag {tag}")
        assert len(found) == 1
        return found[0]

    def events_of(self, tag):
        return [e for e in self.events() if e["tag"] == tag]

    def leave(self):
        """Give the role back in order; the program has gone when this returns."""
        try:
            self.ask("leave")
        finally:
            self.close()
            until(lambda: self.board.guest.run("pidof controller")[0] == 1, 20, "the end of the controller")

    def close(self):
        self._lines.close()
        self._sock.close()
