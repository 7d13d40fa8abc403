# SPDX-License-Identifier: GPL-2.0-or-later
"""A native ohtd with the module simulator behind it, on the rtu back-end, for tests."""
import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess

from oht_test.client import PASSWORD, ROLES, Client
from oht_test.patience import patient_tables
from oht_test.wait import until

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / os.environ.get("OHT_BUILD", "build/userspace/native")
# What it is built with; scripts/check-sanitizers makes these builds.
SANITIZER = {"sanitizers": "address", "tsan": "thread"}.get(BUILD.name)
# Exit status after a finding.
FOUND = 99
OHTD = BUILD / "userspace/ohtd/main/ohtd"
SIMULATOR = BUILD / "userspace/sim/oht-sim"
SENDER = BUILD / "userspace/sender/ohtd-sender"
# What libraries never free; everything of ours is checked. Of races nothing is suppressed.
LEAKS = TOP / "tests/api/leaks.txt"

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG, ADDR_NO_RANDOMIZE = 1, 0x0040000
if SANITIZER == "thread":
    # Its shadow memory has fixed addresses, where some kernels put programs; inherited by all that is started here.
    LIBC.personality(ADDR_NO_RANDOMIZE)


def die_with_us():
    """In a child, before it becomes another program: whatever ends the test, nothing that it has started goes on."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def copy_data(folder):
    """The data files, but patient."""
    shutil.copytree(TOP / "userspace/data", folder)
    for name, text in patient_tables().items():
        (folder / name).write_text(text)


def cheap_hash(password):
    """Of the same method as the daemon's, at the least cost: 4 instead of 12, which takes a quarter of a second."""
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    return crypt(password.encode(), b"$2b$04$" + b"." * 22).decode()


class Daemon(Client):
    """State directory, simulator and ohtd; one of each."""

    def __init__(self, folder, **settings):
        super().__init__()
        self.folder = pathlib.Path(folder)
        self.state = self.folder / "state"
        self.data = self.folder / "data"
        self.uart = self.folder / "uart"
        self.config = self.folder / "ohtd.conf"
        self.ready = self.folder / "ready"
        self.socket = self.folder / "ohtd.sock"
        self.settings = settings
        self.prefix = []
        self.simulator = None
        self.process = None
        self.shims = {}
        self.pass_fds = ()
        self.checks_time = True        # clients refuse a certificate of another time

    # ---- life ----

    def write_config(self, **settings):
        """The configuration file; section_key = value replaces or adds a line."""
        if not self.data.exists():
            copy_data(self.data)
        sections = {
            "http": {"listen": "127.0.0.1:0", "loops": 2},
            "paths": {"state": self.state, "data": self.data, "web": TOP / os.environ.get("OHT_WEB", "build/web"),
                      "ready_file": self.ready, "socket": self.socket},
            "bus": {"backend": "rtu", "tty": self.uart, "time_factor": 5},
            "robot": {"realtime_priority": 0, "simulated": "yes"},
            "log": {"level": "info"},
        }
        for name, value in {**self.settings, **settings}.items():
            section, key = name.split("_", 1)
            sections.setdefault(section, {})[key] = value
        text = "".join(f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
                       for section, keys in sections.items())
        self.config.write_text(text)

    def preload(self, name, **environment):
        """Have every later start run on a shim of tests/api/shims, with what it wants to know."""
        shims = [self.shims["LD_PRELOAD"]] if "LD_PRELOAD" in self.shims else []
        self.shims.update(environment, LD_PRELOAD=" ".join([*shims, str(BUILD / f"tests/api/shims/shim_{name}.so")]))

    def environment(self):
        """For the daemon: a finding of a sanitizer ends it with FOUND, or is told by findings()."""
        # GCOV_PREFIX: where a daemon that counts its lines may write.
        return {**os.environ, **self.shims, "GCOV_PREFIX": str(self.folder / "gcov"),
                "LSAN_OPTIONS": f"suppressions={LEAKS}:print_suppressions=0",
                "TSAN_OPTIONS": f"exitcode={FOUND}:report_thread_leaks=0",
                "ASAN_OPTIONS": f"abort_on_error=0:exitcode={FOUND}:verify_asan_link_order=0",
                "UBSAN_OPTIONS": f"halt_on_error=1:exitcode={FOUND}"}

    def findings(self):
        """What sanitizers have reported, also of a daemon that was killed before its end."""
        return [line for line in self.log().splitlines() if line.startswith("SUMMARY: ") and "Sanitizer" in line]

    def start_simulator(self):
        """The four modules on a pty. At this rate a reply is handed over in one piece: at the usual one the robots of a run that wait
        for their next test would cost a fifth of two cores for bytes by fours."""
        self.simulator = subprocess.Popen(
            [SIMULATOR, "--pty", self.uart, "--baud", "1000000", "--data", TOP / "userspace/data",
             "--control", self.folder / "sim.sock"],
            stdout=subprocess.DEVNULL, stderr=(self.folder / "sim.log").open("ab"), preexec_fn=die_with_us)
        until(self.uart.exists, what="the simulator's pty")

    def add_user(self, name, role, password=PASSWORD):
        """Result of --add-user."""
        return subprocess.run([OHTD, "--config", self.config, "--add-user", name, "--role", role],
                              input=password + "\n", capture_output=True, text=True, check=False,
                              env=self.environment())

    def make_logins_cheap(self):
        """Before the start, of all accounts that there are: they have PASSWORD."""
        with contextlib.closing(sqlite3.connect(self.state / "oht.db", isolation_level=None)) as database:
            database.execute("UPDATE users SET password_hash = ?", (cheap_hash(PASSWORD),))

    def start(self):
        """ohtd, and the simulator before the first; returns when ohtd says that it is ready."""
        if not self.simulator:
            self.start_simulator()
        self.ready.unlink(missing_ok=True)
        self.process = subprocess.Popen([*self.prefix, OHTD, "--config", self.config], env=self.environment(),
                                        stderr=(self.folder / "ohtd.log").open("ab"), pass_fds=self.pass_fds,
                                        preexec_fn=die_with_us)
        until(lambda: self.ready.exists() or self.process.poll() is not None, what="ready")
        # A finding of a sanitizer is longer than what a daemon says by itself.
        assert self.process.poll() is None, f"exit status {self.process.poll()}: {self.log()[-5000:]}"
        self.port = int(self.ready.read_text().strip().rsplit(":", 1)[1])

    def stop(self, number=signal.SIGTERM, expect=0):
        """End ohtd and check how it ended. It allows itself 30 s, by a clock of its own, and says 1 if it needs more."""
        if self.process:
            self.process.send_signal(number)
            code = self.process.wait(60)
            self.process = None
            assert expect is None or code == expect, f"exit status {code}: {self.log()[-3000:]}"

    def kill(self):
        """End ohtd at once, if it runs."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop_simulator(self):
        """End the simulator."""
        if self.simulator:
            self.simulator.terminate()
            self.simulator.wait(10)
            self.simulator = None

    def end(self):
        """Leave no process behind, whatever the test has done, and no finding of a sanitizer unseen."""
        self.kill()
        self.stop_simulator()
        assert not self.findings(), self.log()[-5000:]

    def log(self):
        """What ohtd has said on standard error."""
        file = self.folder / "ohtd.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def sim(self, line):
        """One line to the simulator's control socket; returns its answer."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.folder / "sim.sock"))
            control.sendall(line.encode() + b"\n")
            return control.makefile().readline().strip()

    # ---- talk ----

    def tls(self):
        """A client's context that trusts this device only."""
        context = ssl.create_default_context(cafile=self.state / "ca.crt")
        if not self.checks_time:
            context.verify_flags |= 0x200000        # X509_V_FLAG_NO_CHECK_TIME
        return context

    def connect(self, timeout=20, source="127.0.0.1"):
        """A bare TLS socket, from this address."""
        raw = socket.create_connection(("127.0.0.1", self.port), timeout, (source, 0))
        return self.tls().wrap_socket(raw, server_hostname="localhost")

    def raw(self, data, timeout=20):
        """Send bytes, return everything that comes until the server closes."""
        with self.connect(timeout) as sock:
            sock.sendall(data)
            received = b""
            while True:
                try:
                    more = sock.recv(65536)
                except (ConnectionResetError, ssl.SSLError):
                    more = b""
                if not more:
                    return received
                received += more

    def send(self, method, path, body, role, headers, token):
        """By a client of its own: tests ask from many threads."""
        return self.another().send(method, path, body, None, headers, token or role and self.token(role))


def begin(folder, accounts):
    """Not started yet; with a copy of a database, since hashing passwords takes long."""
    made = Daemon(folder)
    made.write_config()
    made.state.mkdir(mode=0o700)
    shutil.copy(accounts, made.state)
    return made


def serve(made):
    """Start it; returns when the robot is there and safe."""
    made.start()
    until(lambda: made.get("robot").json["state"] == "safe", what="safe")


@contextlib.contextmanager
def serving(made):
    """Started, with all that is prepared; it ends in order, or else is ended."""
    try:
        made.start()
        yield made
        made.stop()
    finally:
        made.end()


@contextlib.contextmanager
def running(folder, roles=ROLES, place_mm=None, prepare=None, **settings):
    """A daemon with the simulator and an account of each of the roles; it ends in order, or else is ended. The robot stands at its
    dock, or at a place of the rail. What is prepared is so before its start."""
    made = Daemon(folder)
    made.write_config(**settings)
    if prepare:
        prepare(made)
    try:
        for role in roles:
            done = made.add_user(role, role)
            assert done.returncode == 0, done.stderr
        if roles:
            made.make_logins_cheap()
        if place_mm is not None:
            made.start_simulator()
            assert made.sim(f"set 5 position_x {place_mm}").startswith("ok")
        made.start()
        yield made
        made.stop()
    finally:
        made.end()
