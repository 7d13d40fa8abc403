# SPDX-License-Identifier: GPL-2.0-or-later
"""A running virtual board, the programs in it, and a controller that does what a test tells it."""
import json
import pathlib
import re
import subprocess

from vsbc import paths, splat
from vsbc.machine import Machine, Options
from vsbc.paths import TOP
from vsbc.wire import Wire

from .wait import PATIENCE_S, until

PROGRAMS = "/usr/libexec/oht"
SELFTESTS = f"{PROGRAMS}/selftest"
OVERLAYS = TOP / "tests/e2e/dts"
DRIVER = "/sys/bus/platform/drivers/oht"
# unit:address:registers of every module's system block.
ALL_UNITS = "2:0x100:8 3:0x100:8 4:0x100:8 5:0x100:8"
BOOT_S = 240
# Guest time counts instructions, and no CPU sleeps for want of work: a stall of the host holds the guest's time up with the
# guest (D118). Without ticks a busy CPU would keep the other from running for up to 100 ms of that time.
SHIFT = 4
COUNTED = f"shift={SHIFT},sleep=on"
NEVER_IDLE = "nohlt nohz=off"
DEADMAN_MS, PATIENT_DEADMAN_MS = 500, 10000
# Watched that closely a kernel needs a quarter of an hour of its time to boot, if a slow CPU counts instructions.
NOT_COUNTED = ("debug", "kcsan")
KEPT = "kept.qcow2"
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

    def __init__(self, state, kernel, far="sim", wire=None, counted=False, keeps=False, **options):
        """`counted`: a stalled host does not age the guest. `keeps`: keep() and go_back() can be used."""
        self.kernel = kernel
        self.state = pathlib.Path(state)
        self.state.mkdir(parents=True, exist_ok=True)
        self.wire = Wire(far, self.state, **(wire or {})) if far else None
        options["qemu"] = options.get("qemu", []) + CONTROLLER_LINE
        counted = counted and kernel not in NOT_COUNTED
        if counted:
            options |= {"icount": COUNTED, "append": f"{NEVER_IDLE} {options.get('append', '')}"}
            options["dtb"] = options.get("dtb") or build_dtb("shipped-deadman")
        self.counted = counted
        if keeps:
            options["qemu"] += ["-drive", f"file={KEPT},if=none,id=kept,format=qcow2"]
        self._keeps = keeps
        self.machine = Machine(Options(state=self.state, kernel=kernel, wire=self.wire, **options))
        self._console_before = 0
        self.expected_splats = ()

    def __enter__(self):
        if self._keeps:
            subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", self.state / KEPT, "1G"], check=True)
        self.machine.start()
        try:
            self.machine.wait_booted(BOOT_S)
        except BaseException:
            self.machine.stop()
            raise
        return self

    def __exit__(self, kind, *_):
        console = self.console()
        self.machine.stop()
        (self.state / KEPT).unlink(missing_ok=True)
        if kind is None:
            self.check_console(console)

    # ---- a state to come back to ----

    def _monitor(self, line):
        said = self.machine.qmp.command("human-monitor-command", timeout=120, command_line=line)
        assert not said, f"{line}: {said}"

    def keep(self):
        """Remember everything that is in the emulator now."""
        self.machine.qmp.command("stop")
        self._monitor("savevm kept")
        self.machine.qmp.command("cont")

    def go_back(self):
        """The board as it was at keep(), whatever has become of the guest, even after its end. The wire is a new one."""
        qmp = self.machine.qmp
        qmp.command("stop")
        if qmp.command("query-status")["status"] == "shutdown":
            # A machine that has asked for its end does not run again before it was reset.
            qmp.command("set-action", reboot="reset")
            qmp.command("system_reset")
            until(lambda: qmp.command("query-status")["status"] != "shutdown", what="the reset")
            qmp.command("set-action", reboot="shutdown")
        self.wire.stop()
        self._monitor("loadvm kept")
        self.wire.start()
        self.guest.forget()
        qmp.events.clear()
        self.expected_splats = ()
        self._console_before = len(self.machine.console())
        self.pins.release()
        qmp.command("cont")

    # ---- the disk ----

    def hang_disk(self):
        """From the second write on the disk answers none and no synchronisation; what the guest has in memory can be read."""
        # One byte per second.
        self._monitor("block_set_io_throttle disk 0 0 1 0 0 0")

    def mend_disk(self):
        """The disk goes on, with all that waits."""
        self._monitor("block_set_io_throttle disk 0 0 0 0 0 0")

    # ---- what is seen from outside ----

    def console(self):
        """What the console has said since the boot or go_back()."""
        return self.machine.console()[self._console_before:]

    def wait_console(self, pattern):
        """Wait for a regular expression on the console; returns the match."""
        return until(lambda: re.search(pattern, self.console()), what=f"'{pattern}' on the console")

    def clock_ns(self):
        """The guest's time of a counted board, to be compared with an earlier one; the guest is not asked."""
        return self.machine.qmp.command("query-replay")["icount"] << SHIFT

    @property
    def pins(self):
        return self.machine.pins

    @property
    def guest(self):
        return self.machine.guest

    def check_console(self, console=None):
        """No splat on the console so far, but for the expected words."""
        found = [line for line in splat.find(self.console() if console is None else console)
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


class Refused(Exception):
    """The controller was told no."""

    def __init__(self, answer):
        super().__init__(answer["error"])
        self.error = answer["error"]
        self.blocking = answer["blocking"]


class Controller:
    """The test program that is the controller, on a serial line of its own; see tests/guest/controller.c."""

    def __init__(self, board, deadman_ms=PATIENT_DEADMAN_MS):
        self.board = board
        self._events = []
        self._sock = paths.connect_unix(board.state / "controller.sock")
        self._sock.settimeout(60)
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
            until(lambda: self.board.guest.run("pidof controller")[0] == 1, what="the end of the controller")

    def close(self):
        self._lines.close()
        self._sock.close()
