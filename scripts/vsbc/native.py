# SPDX-License-Identifier: GPL-2.0-or-later
"""`make native`: ohtd on this machine without the kernel module, its rtu back-end on a pty with the simulator."""
import dataclasses
import http.client
import json
import signal
import subprocess
import threading
import time

from . import build, https, lock, past, paths, settings
from .accounts import MADE, Accounts
from .errors import SbcError
from .spawn import end, last_line, spawn
from .wire import DATA, SIMULATOR, ask_simulator

DAEMON = paths.BUILD / "userspace/native/userspace/ohtd/main/ohtd"
WEB = paths.BUILD / "web"
START_TIMEOUT_S = 20
# How often the simulated relays look at ohtd's outputs.
FOLLOW_S = 0.05

CONFIG = """\
[http]
listen = 127.0.0.1:{port}
[paths]
state = {lib}
socket = {socket}
data = {data}
web = {web}
[bus]
backend = rtu
# a PC with other work to do stands still for some 100 ms now and then
time_factor = 10
tty = {state}/uart
baud = 115200
# nothing but the simulator is behind this pty: without outputs that can be enabled it could not drive
outputs = simulated
[robot]
simulated = yes
{clock}[gateway]
listen = {gateway}
"""


NEXT = """\
next
  1. open the page, trust its certificate, log in
  2. Drive: Enable the outputs, then Undock: the robot begins at its dock
  3. Move to a target, hold a jog key, and press STOP (Esc and Space stop as well while it moves)
  4. Safety: Reset the stop, then Enable the outputs, and it drives again
"""


class Local(http.client.HTTPConnection):
    """HTTP over ohtd's local socket, which knows this user."""

    def __init__(self, path):
        super().__init__("localhost", timeout=2)
        self._path = path

    def connect(self):
        self.sock = paths.connect_unix(self._path, self.timeout)
        self.sock.settimeout(self.timeout)


class Native:
    """Simulator, pty and daemon as processes of this machine."""

    def __init__(self, wanted, lib=None, clock=None):
        """lib: the folder of ohtd's state; clock: the file that says how far its time of day is behind, or None."""
        self.settings = wanted
        self.state = wanted.state
        self.lib = lib or wanted.state / "lib"
        self._clock = clock
        self._stop = threading.Event()
        self._children = {}
        self.accounts = Accounts(self.state, wanted.url, wanted.demo)

    def start(self):
        """Start both; returns when the API answers."""
        self.lib.mkdir(mode=0o700, exist_ok=True)
        config = self.state / "ohtd.conf"
        # The kernel takes 107 bytes for the path of a socket.
        sock = str(self.state / "ohtd.sock")
        has_socket = len(sock.encode()) < 108
        config.write_text(CONFIG.format(port=self.settings.port, state=self.state, lib=self.lib, data=DATA, web=WEB,
                                        clock=f"clock = {self._clock}\n" if self._clock else "",
                                        socket=sock if has_socket else "off",
                                        gateway=self.settings.gateway or "off"))
        self._start("sim", [str(SIMULATOR), "--pty", "uart", "--profile", self.settings.profile,
                            "--data", str(DATA), "--control", "sim.sock"])
        self._wait(lambda: (self.state / "uart").exists(), "the simulator does not open its pty", "sim")
        if has_socket:
            threading.Thread(target=self._follow_outputs, args=(sock,), name="relays", daemon=True).start()
        self._add_accounts(config)
        self._start("ohtd", [str(DAEMON), "--config", str(config)])
        self._wait(self._answers, "ohtd does not answer", "ohtd")

    def _start(self, name, command):
        (self.state / f"{name}.log").unlink(missing_ok=True)
        self._children[name] = spawn(command, self.state / f"{name}.log", self.state)

    @staticmethod
    def _is_fed(daemon):
        # Twice: a connection that has been open for long is closed by the other side.
        for _ in range(2):
            try:
                daemon.request("GET", "/api/v1/safety")
                outputs = json.load(daemon.getresponse())["outputs"]
                return outputs["enable1"] and outputs["enable2"]
            except (OSError, ValueError, KeyError, http.client.HTTPException):
                daemon.close()
        return False

    def _follow_outputs(self, sock):
        """The simulated drive has power while both outputs of ohtd are high; without ohtd they are low, as on a board."""
        daemon, told = Local(sock), None
        while True:
            word = "high" if self._is_fed(daemon) else "low"
            try:
                if word != told:
                    ask_simulator(self.state, f"rail outputs {word}")
                    told = word
            except (OSError, SbcError):
                told = None
            if self._stop.wait(FOLLOW_S):
                return

    def _add_accounts(self, config):
        """Make those that are not made yet; the list is in the state that has them."""
        made = self.lib / MADE
        names = made.read_text().split() if made.exists() else []
        self.accounts.write()
        for account in self.accounts.accounts:
            if account["username"] in names:
                continue
            done = subprocess.run([DAEMON, "--config", config, "--add-user", account["username"],
                                   "--role", account["role"]], input=account["password"] + "\n",
                                  capture_output=True, text=True, check=False)
            if done.returncode:
                raise SbcError(f"cannot make account {account['username']}: {done.stderr.strip()}")
            names.append(account["username"])
            made.write_text("\n".join(names) + "\n")

    def _wait(self, condition, what, name):
        deadline = time.monotonic() + START_TIMEOUT_S
        while not condition():
            if self._children[name].poll() is not None or time.monotonic() > deadline:
                raise SbcError(f"{what}: {last_line(self.state / f'{name}.log')}")
            self._stop.wait(0.05)

    def _answers(self):
        authority = self.lib / "ca.crt"
        try:
            with https.opener(authority).open(self.settings.url + "api/v1/health", timeout=5) as answer:
                json.load(answer)
        except (OSError, ValueError):
            return False
        self.accounts.ca_file.write_bytes(authority.read_bytes())
        return True

    def watch(self):
        """Return when asked to stop; raise when a process ends by itself."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._stop.set())
        while not self._stop.wait(0.5):
            for name, child in self._children.items():
                if child.poll() is not None:
                    raise SbcError(f"{name} ended by itself: {last_line(self.state / f'{name}.log')}")

    def stop(self):
        """End both, the daemon first."""
        for child in reversed(self._children.values()):
            end(child, 5)

    def ready_text(self):
        """The block that a newcomer reads."""
        admin = self.accounts.of("administrator")
        who = f"  user       {admin['username']}\n  password   {admin['password']}\n" if admin else ""
        return (f"\nready\n  page       {self.settings.url}\n{who}"
                f"  all roles  {self.state / 'credentials.json'}\n"
                f"  TLS        trust {self.accounts.ca_file}\n"
                f"{settings.gateway_line(self.settings)}"
                "  timing     not deterministic: no kernel module here, so no hardware stop either\n"
                "  outputs    simulated: the latch is ohtd's own, nothing is cut\n"
                f"{NEXT}"
                "Ctrl-C stops everything\n")


def run(say):
    """Build, start, watch until Ctrl-C. State goes to $OHT_STATE, build/native by default."""
    wanted = settings.read()
    if wanted.state == paths.BUILD / "run":
        wanted = dataclasses.replace(wanted, state=paths.BUILD / "native")
    mine = lock.Lock(wanted.state)
    settings.check_ports(wanted)
    steps = build.Steps(say)
    steps.script("Debian packages (scripts/packages.txt)", "install-packages")
    steps.script("programs for this machine", "build-userspace", "native")
    try:
        if wanted.past:
            past.make(lambda lib, clock: Native(wanted, lib, clock), wanted.state, say)
        # Behind the past, whose accounts it has to know.
        native = Native(wanted)
        try:
            native.start()
            say(native.ready_text())
            native.watch()
        finally:
            native.stop()
    finally:
        mine.release()
