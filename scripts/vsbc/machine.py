# SPDX-License-Identifier: GPL-2.0-or-later
"""One emulated board: its processes, sockets and files, all in one state folder."""
import dataclasses
import pathlib
import re
import secrets
import shutil
import subprocess
import time

from . import cpio, paths
from .errors import SbcError
from .guest import Guest
from .pins import Pins
from .qmp import Qmp
from .spawn import end, last_line, spawn
from .wire import Wire

QEMU = "qemu-system-aarch64"
GUEST_PORT = 8443
GUEST_GATEWAY_PORT = 1502
# The guest's ids; scripts/vsbc/guest/init has the same.
OHT_UID = 990
DISK_BYTES = 1 << 30


@dataclasses.dataclass
class Options:
    """What board to make."""

    state: pathlib.Path                 # folder of everything this board writes
    kernel: str = "stock"               # stock, rt, debug or a release in the cache
    port: int | None = None             # HTTPS port on 127.0.0.1; None: no network
    wire: Wire | None = None            # None: nobody at the far end
    gateway: str = ""                   # ADDRESS:PORT of this machine for the guest's Modbus TCP; "": none
    disk: bool = False                  # persistent /var/lib/oht (state/disk.img), else in memory
    module: bool = True                 # load oht.ko at boot
    module_args: str = ""
    daemon: bool = False                # start ohtd at boot
    append: str = ""                    # more kernel command line
    icount: str | None = None           # e.g. "shift=1,sleep=off": guest time counts instructions
    dtb: pathlib.Path | None = None     # None: the board's own (scripts/build-dtb)
    files: dict = dataclasses.field(default_factory=dict)  # guest path -> bytes or (bytes, mode)
    pci_uart: int | None = None         # the wire is at a 16550 in that PCI slot, not at the PL011
    hold_on_reset: bool = False         # a reset or power-off stops the machine instead, pins as they were
    smp: int = 2
    memory_mib: int = 512
    qemu: list = dataclasses.field(default_factory=list)   # more emulator arguments


def _output(*command):
    """Run a script of ours; returns the last line it printed, raises with the last it complained."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
        raise SbcError(f"{pathlib.Path(command[0]).name} failed: {lines[-1]}")
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


class Machine:
    """Use as a context manager, or call start() and stop()."""

    def __init__(self, options):
        self.options = options
        self.state = pathlib.Path(options.state).absolute()
        self.wire = options.wire
        self._process = None
        self.qmp = self.pins = self.guest = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    # ---- files ----

    def _make_state(self):
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.state.chmod(0o700)
        for name in ("qmp.sock", "qtest.sock", "agent.sock", "shell.sock", "wire.sock", "console.log"):
            (self.state / name).unlink(missing_ok=True)

    def _check_room(self, image):
        """The disk is sparse: a quarter of it will do for long."""
        needed = pathlib.Path(image).stat().st_size
        if self.options.disk and not (self.state / "disk.img").exists():
            needed += DISK_BYTES // 4
        free = shutil.disk_usage(self.state).free
        if free < needed:
            raise SbcError(f"only {free >> 20} MiB free for {self.state}, {(needed >> 20) + 1} MiB needed: "
                           "make room or set OHT_STATE")

    def _make_dtb(self):
        """The board's tree with fresh seeds: the dumped ones are the same in every copy."""
        source = self.options.dtb or pathlib.Path(_output(paths.SCRIPTS / "build-dtb"))
        target = self.state / "board.dtb"
        shutil.copyfile(source, target)
        for name, cells in (("rng-seed", 8), ("kaslr-seed", 2)):
            values = [f"0x{secrets.randbits(32):x}" for _ in range(cells)]
            if self.options.icount:
                values = [f"0x{i + 1:x}" for i in range(cells)]
            _output("fdtput", "-t", "x", target, "/chosen", name, *values)

    def _make_initrd(self, image):
        """The image of that kernel, and a second archive behind it with this board's own files."""
        target = self.state / "initrd"
        shutil.copyfile(image, target)
        if self.options.files:
            with open(target, "ab") as out:
                out.write(cpio.archive(self.options.files))
        target.chmod(0o600)

    def _make_disk(self):
        disk = self.state / "disk.img"
        if disk.exists():
            return
        fresh = self.state / "disk.img.new"
        with open(fresh, "wb") as out:
            out.truncate(DISK_BYTES)
        mkfs = shutil.which("mkfs.ext4") or "/usr/sbin/mkfs.ext4"
        _output(mkfs, "-q", "-F", "-L", "oht-state", "-E", f"root_owner={OHT_UID}:{OHT_UID}", fresh)
        fresh.rename(disk)

    # ---- the emulator ----

    def _command_line(self, kernel):
        o = self.options
        # With page tables of its own the kernel changes them at each entry and exit, and the emulator then forgets
        # every address that it has looked up (D113).
        words = ["console=ttyS0", "panic=-1", "kpti=off", o.append,
                 f"vsbc.module={int(o.module)}", f"vsbc.daemon={int(o.daemon)}", f"vsbc.disk={int(o.disk)}"]
        if not o.icount:
            # Each timer that an idle CPU moves wakes the emulator's main loop, which then asks about every connection
            # of its network (D115). In virtual time it costs nothing but instructions.
            words.append("nohz=off")
        if o.module_args:
            words.append(f"vsbc.module_args={o.module_args}")
        line = [QEMU, "-M", "virt", "-accel", "tcg,thread=multi",
                "-cpu", "cortex-a57", "-smp", str(o.smp), "-m", str(o.memory_mib),
                "-S", "-display", "none", "-nodefaults", "-no-user-config",
                "-kernel", str(kernel), "-initrd", "initrd", "-dtb", "board.dtb",
                "-append", " ".join(w for w in words if w),
                "-chardev", self.wire.chardev() if self.wire else "null,id=wire",
                "-serial", "chardev:wire" if o.pci_uart is None else "null",
                "-chardev", "file,id=console,path=console.log",
                "-device", "pci-serial,chardev=console,addr=4",
                "-chardev", "socket,id=agent,path=agent.sock,server=on,wait=off",
                "-device", "pci-serial,chardev=agent,addr=5",
                "-chardev", "socket,id=shell,path=shell.sock,server=on,wait=off",
                "-device", "pci-serial,chardev=shell,addr=6",
                "-qmp", "unix:qmp.sock,server=on,wait=off",
                "-qtest", "unix:qtest.sock,server=on,wait=off", "-qtest-log", "none"]
        if o.icount:
            line[line.index("tcg,thread=multi")] = "tcg,thread=single"
            line += ["-icount", o.icount, "-rtc", "clock=vm"]
        else:
            line += ["-device", "virtio-rng-pci,addr=7"]
        if o.pci_uart is not None:
            line += ["-device", f"pci-serial,chardev=wire,addr={o.pci_uart:#x}"]
        if o.port is not None:
            # No boot ROM: its package is only recommended, and nobody boots from the network.
            gateway = f",hostfwd=tcp:{o.gateway}-:{GUEST_GATEWAY_PORT}" if o.gateway else ""
            line += ["-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{o.port}-:{GUEST_PORT}{gateway}",
                     "-device", "virtio-net-pci,netdev=net,romfile=,addr=3"]
        if o.disk:
            line += ["-drive", "file=disk.img,if=none,id=disk,format=raw",
                     "-device", "virtio-blk-pci,drive=disk,addr=8"]
        if o.hold_on_reset:
            line += ["-action", "reboot=shutdown,shutdown=pause"]
        return line + o.qemu

    def _spawn(self, line):
        (self.state / "qemu.log").unlink(missing_ok=True)
        self._process = spawn(line, self.state / "qemu.log", self.state)

    def _connect(self, name, timeout=10):
        deadline = time.monotonic() + timeout
        while True:
            try:
                return paths.connect_unix(self.state / name)
            except OSError as error:
                if self._process.poll() is not None:
                    raise SbcError("the emulator ended") from error
                if time.monotonic() > deadline:
                    raise SbcError(f"the emulator does not open {name} within {timeout} s") from error
                time.sleep(0.01)

    def start(self):
        """Start the board; the guest begins to run with the button released and every pin watched."""
        if not shutil.which(QEMU):
            raise SbcError(f"no {QEMU}: run scripts/install-packages")
        kernel, image = _output(paths.SCRIPTS / "build-image", self.options.kernel).split("\t")
        self._make_state()
        self._check_room(image)
        self._make_dtb()
        self._make_initrd(image)
        if self.options.disk:
            self._make_disk()
        try:
            self._spawn(self._command_line(kernel))
            self.qmp = Qmp(self._connect("qmp.sock"))
            self.pins = Pins(self._connect("qtest.sock"), self.qmp.find("pl061"))
            self.qmp.on_event("RESET", self.pins.drive_again)
            self.guest = Guest(self._connect("agent.sock"))
            if self.wire:
                self.wire.feed_by(self.pins.both_high)
                self.wire.start()
                self.pins.follow_enables(self.wire.feed)
            self.qmp.command("cont")
        except SbcError as error:
            self.stop()
            raise SbcError(f"{error}: {last_line(self.state / 'qemu.log')}") from error
        except BaseException:
            self.stop()
            raise

    def wait_booted(self, timeout=60):
        """Wait until the guest takes commands."""
        if not self.guest.wait_ready(timeout):
            raise SbcError(f"the guest does not come up within {timeout} s: "
                           + (self.console().strip().splitlines() or ["nothing on the console"])[-1])

    def console(self):
        """Everything the console said so far."""
        try:
            return (self.state / "console.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def wait_console(self, pattern, timeout):
        """Wait for a regular expression on the console; returns the match or None."""
        deadline = time.monotonic() + timeout
        while True:
            match = re.search(pattern, self.console())
            if match or time.monotonic() > deadline or not self.alive():
                return match
            time.sleep(0.05)

    def wait_reset(self, timeout=30):
        """With hold_on_reset: wait until the guest asked for a reset or power-off; returns the reason."""
        event = self.qmp.wait_event("SHUTDOWN", timeout)
        return event and event["data"]["reason"]

    def alive(self):
        """Whether the emulator runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self):
        """Process id of the emulator."""
        return self._process.pid if self._process else None

    def kill(self):
        """Power cut."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self, orderly=True):
        """End the board: the guest unmounts its disk if it still can, then everything goes."""
        if self.alive() and orderly and self.options.disk and self.guest:
            try:
                self.guest.run("/sbin/vsbc-halt", timeout=6)
            except (SbcError, OSError):
                pass
        if self.alive() and self.qmp:
            try:
                self.qmp.command("quit", timeout=2)
            except SbcError:
                pass
        if self._process:
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                end(self._process, 2)
        if self.wire:
            self.wire.stop()
        for door in (self.guest, self.pins, self.qmp):
            if door:
                door.close()
        for name in ("qmp.sock", "qtest.sock", "agent.sock", "shell.sock", "wire.sock", "sim.sock", "initrd",
                     "wire.far"):
            (self.state / name).unlink(missing_ok=True)
