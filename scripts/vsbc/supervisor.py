# SPDX-License-Identifier: GPL-2.0-or-later
"""The long-running part of `make run` and `make up`: one board, its wire, its daemon, a control socket."""
import json
import shutil
import signal
import threading
import time

from . import build, control, https, paths
from .accounts import Accounts
from .errors import SbcError
from .machine import GUEST_GATEWAY_PORT, Machine, Options
from .pins import OUTPUTS
from .settings import gateway_line
from .wire import Wire

BOOT_TIMEOUT_S = {"stock": 60, "rt": 60, "debug": 100}
API_TIMEOUT_S = 110


class Supervisor:
    """start(), then watch() until stopped, then stop()."""

    def __init__(self, settings, say):
        self.settings = settings
        self._say = say
        self._stop = threading.Event()
        self._machine = None
        self._control = None
        self._accounts = None
        self._started = time.monotonic()

    # ---- start ----

    def start(self):
        """Boot, connect the wire, wait until the API answers; what fails is undone and raised."""
        s = self.settings
        self._accounts = Accounts(s.state, s.url, s.demo)
        # Before the disk exists: the passwords must outlive a start that fails.
        self._accounts.write()
        self._machine = Machine(Options(
            state=s.state, kernel=s.kernel, port=s.port, disk=True, module=True, daemon=True,
            wire=Wire(s.wire, s.state, profile=s.profile),
            gateway=s.gateway, files=self._files()))
        steps = build.Steps(self._say)
        try:
            steps.run(f"virtual SBC, {s.kernel} kernel (emulated, no KVM needed)", self._boot)
            self._control = control.Server(s.state / "sbc.sock", self._ops())
            steps.run("ohtd in the guest", self._wait_api)
        except BaseException:
            self.stop()
            raise

    def _files(self):
        """What this board has and the image has not."""
        files = {"/etc/oht/demo-accounts": (self._accounts.guest_file(), 0o600)}
        if self.settings.gateway:
            # Only what the emulator forwards reaches it.
            config = (paths.SCRIPTS / "vsbc/guest/ohtd.conf").read_bytes()
            files["/etc/oht/ohtd.conf"] = (config + f"[gateway]\nlisten = 0.0.0.0:{GUEST_GATEWAY_PORT}\n".encode(), 0o644)
        return files

    def _boot(self):
        self._machine.start()
        self._machine.wait_booted(BOOT_TIMEOUT_S[self.settings.kernel])
        code, _ = self._machine.guest.run("test -c /dev/oht0")
        if code:
            raise SbcError("the module made no /dev/oht0: " + self._dmesg())

    def _dmesg(self):
        said = self._machine.guest.run("dmesg | grep -i oht | tail -n 1")[1].strip()
        return said or "the kernel log does not say why (make logs)"

    def _daemon_log(self):
        said = self._machine.guest.run("logread | grep ohtd | tail -n 1")[1].strip()
        return said or "it said nothing"

    def _wait_api(self):
        """Wait until health answers over TLS, its certificate checked against the device's own CA."""
        deadline = self._started + API_TIMEOUT_S
        error = "not tried yet"
        while time.monotonic() < deadline and not self._stop.is_set():
            try:
                self._fetch_ca()
                self.health()
                return
            except (OSError, SbcError, ValueError) as problem:
                error = problem
            self._stop.wait(0.1)
        raise SbcError(f"ohtd does not answer ({error}); its last line: {self._daemon_log()}")

    def _fetch_ca(self):
        fresh = self._machine.guest.pull("/var/lib/oht/ca.crt")
        if fresh and (not self._accounts.ca_file.exists() or self._accounts.ca_file.read_bytes() != fresh):
            self._accounts.ca_file.write_bytes(fresh)

    def health(self):
        """GET /api/v1/health."""
        with https.opener(self._accounts.ca_file).open(self.settings.url + "api/v1/health", timeout=5) as answer:
            return json.load(answer)

    # ---- the control socket ----

    def _ops(self):
        machine = self._machine
        pins = machine.pins

        def pin_of(name):
            if name not in OUTPUTS:
                raise SbcError(f"no output '{name}': give one of {', '.join(OUTPUTS)}")
            return OUTPUTS[name]

        return {
            "status": self.status,
            "press": lambda channel=None: pins.press(channel),
            "release": lambda channel=None: pins.release(channel),
            "press_to_low": lambda channel=None, timeout=2: pins.press_to_low_ns(channel, timeout),
            "relays": pins.report,
            "history": lambda since_ns=0: [c for c in list(pins.history) if c.mono_ns >= since_ns],
            "wait": lambda output, level, timeout=5: pins.wait_level(pin_of(output), level, timeout),
            "guest": lambda command, timeout=30: machine.guest.run(command, timeout),
            "wire": lambda line: machine.wire.command(line),
            "cut": machine.wire.cut,
            "mend": machine.wire.mend,
            "qmp": lambda command, arguments=None: machine.qmp.command(command, **(arguments or {})),
            "stop": self._stop.set,
        }

    def status(self):
        """What `make status` shows."""
        try:
            health = self.health()
        except (OSError, ValueError) as error:
            health = {"error": str(error)}
        s = self.settings
        return {"url": s.url, "kernel": s.kernel, "wire": s.wire, "state": str(s.state),
                "up_s": round(time.monotonic() - self._started), "emulator_pid": self._machine.pid,
                "wire_connected": self._machine.wire.alive(), "health": health,
                **self._machine.pins.report()}

    # ---- run, stop ----

    def ready_text(self):
        """The block that a newcomer reads."""
        s = self.settings
        admin = self._accounts.of("administrator")
        who = (f"  user       {admin['username']}\n  password   {admin['password']}\n" if admin else
               "  accounts   none (OHT_DEMO=0): scripts/guest 'echo PASSWORD | ohtd --config /etc/oht/ohtd.conf"
               " --add-user NAME --role administrator'\n")
        return (f"\nready\n  page       {s.url}\n{who}"
                f"  all roles  {s.state / 'credentials.json'}\n"
                f"  TLS        trust {self._accounts.ca_file}\n"
                f"{gateway_line(s)}"
                "  deadman    3 s on this emulated board (100 ms on a real one): emulation on a busy host stalls\n"
                "  timing     emulated without KVM: wall-clock times here are not those of a board\n"
                "next\n"
                "  scripts/guest ohtctl scan          the four modules, read by the kernel module over RS485\n"
                "  scripts/button press               the emergency stop; scripts/relays shows the outputs\n"
                f"  curl --cacert {self._accounts.ca_file} {s.url}api/v1/health\n")

    def request_stop(self, *_):
        """Signal handler."""
        self._stop.set()

    def catch_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.request_stop)

    def watch(self):
        """Return when asked to stop; raise when the board dies by itself. A simulator that dies comes back."""
        wire = self._machine.wire
        while not self._stop.wait(0.5):
            if not self._machine.alive():
                raise SbcError(f"the emulator ended by itself; see {self.settings.state}/qemu.log and console.log")
            if not wire.alive():
                self._say("the module simulator ended by itself (see sim.log): starting it again")
                wire.stop()
                wire.mend()

    def stop(self):
        """End everything that start() started."""
        if self._control:
            self._control.close()
        if self._machine:
            self._keep_log()
            self._machine.stop()

    def _keep_log(self):
        """The guest's own log lives in its memory; leave the last of it where `make logs` looks."""
        try:
            if self._machine.alive() and self._machine.guest:
                text = self._machine.guest.run("logread | tail -n 200", timeout=3)[1]
                (self.settings.state / "messages.log").write_text(text)
        except (SbcError, OSError):
            pass


def check_tools():
    """What the emulator needs beyond our own packages."""
    for tool in ("qemu-system-aarch64", "dtc", "setpriv"):
        if not shutil.which(tool):
            raise SbcError(f"no {tool}: run scripts/install-packages")
