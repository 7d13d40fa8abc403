# SPDX-License-Identifier: GPL-2.0-or-later
"""A native ohtd with the module simulator behind it, on the rtu back-end, for tests."""
import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / os.environ.get("OHT_BUILD", "build/userspace/native")
# Built with sanitizers, which bring their own allocator and need calls that a daemon has no business with.
SANITIZED = "sanitizers" in os.environ.get("OHT_BUILD", "")
OHTD = BUILD / "userspace/ohtd/http/ohtd"
SIMULATOR = BUILD / "userspace/sim/oht-sim"
ROLES = ("viewer", "operator", "supervisor", "administrator")
PASSWORD = "correct horse battery"
# What h2o itself never frees; everything of ours is checked.
SUPPRESSIONS = "leak:h2o_mem_alloc_recycle\nleak:h2o_multithread_create_queue\n"


def until(condition, timeout_s=15, what="it", period_s=0.02):
    """Wait for condition() to be true and return what it returned."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what} did not happen within {timeout_s} s"
        time.sleep(period_s)


@dataclasses.dataclass
class Answer:
    """Status, headers (names in lower case) and body of an answer."""
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self):
        """The stable code of a problem, whose form is checked on the way."""
        assert self.headers["content-type"] == "application/problem+json", self
        problem = self.json
        assert {"type", "title", "status", "code", "detail"} <= problem.keys()
        assert problem["status"] == self.status
        return problem["code"]


class Daemon:
    """State directory, simulator and ohtd; one of each."""

    def __init__(self, folder, **settings):
        self.folder = pathlib.Path(folder)
        self.state = self.folder / "state"
        self.uart = self.folder / "uart"
        self.config = self.folder / "ohtd.conf"
        self.ready = self.folder / "ready"
        self.socket = self.folder / "ohtd.sock"
        self.settings = settings
        self.prefix = []
        self.simulator = None
        self.process = None
        self.port = 0
        self.tokens = {}
        self.shims = {}
        self.pass_fds = ()

    # ---- life ----

    def write_config(self, **settings):
        """The configuration file; section_key = value replaces or adds a line."""
        sections = {
            "http": {"listen": "127.0.0.1:0", "loops": 2},
            "paths": {"state": self.state, "data": TOP / "userspace/data", "web": TOP / "userspace/web",
                      "ready_file": self.ready, "socket": self.socket},
            # A host that lets one of the two wait is no module that is lost: that takes 100 ms for the safety module.
            "bus": {"backend": "rtu", "tty": self.uart, "time_factor": 5},
            "robot": {"realtime_priority": 0},
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
        """For the daemon: sanitizers must stop it, and must not complain of the libraries."""
        lsan = self.folder / "lsan"
        lsan.write_text(SUPPRESSIONS)
        # GCOV_PREFIX: where a daemon that counts its lines may write.
        return {**os.environ, **self.shims, "GCOV_PREFIX": str(self.folder / "gcov"), "LSAN_OPTIONS": f"suppressions={lsan}:print_suppressions=0",
                "TSAN_OPTIONS": "report_thread_leaks=0:exitcode=99",
                "ASAN_OPTIONS": "abort_on_error=0:exitcode=99:verify_asan_link_order=0",
                "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99"}

    def start_simulator(self):
        """The four modules on a pty."""
        self.simulator = subprocess.Popen(
            [SIMULATOR, "--pty", self.uart, "--data", TOP / "userspace/data",
             "--control", self.folder / "sim.sock"],
            stdout=subprocess.DEVNULL, stderr=(self.folder / "sim.log").open("ab"))
        until(self.uart.exists, what="the simulator's pty")

    def add_user(self, name, role, password=PASSWORD):
        """Result of --add-user."""
        return subprocess.run([OHTD, "--config", self.config, "--add-user", name, "--role", role],
                              input=password + "\n", capture_output=True, text=True, check=False,
                              env=self.environment())

    def start(self):
        """ohtd; returns when it says that it is ready."""
        self.ready.unlink(missing_ok=True)
        self.process = subprocess.Popen([*self.prefix, OHTD, "--config", self.config], env=self.environment(),
                                        stderr=(self.folder / "ohtd.log").open("ab"), pass_fds=self.pass_fds)
        until(lambda: self.ready.exists() or self.process.poll() is not None, what="ready")
        assert self.process.poll() is None, self.log()
        self.port = int(self.ready.read_text().strip().rsplit(":", 1)[1])

    def stop(self, number=signal.SIGTERM, expect=0):
        """End ohtd and check how it ended."""
        if self.process:
            self.process.send_signal(number)
            code = self.process.wait(15)
            self.process = None
            assert expect is None or code == expect, f"exit status {code}: {self.log()[-3000:]}"

    def stop_simulator(self):
        """End the simulator."""
        if self.simulator:
            self.simulator.terminate()
            self.simulator.wait(10)
            self.simulator = None

    def end(self):
        """Leave no process behind, whatever the test has done."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.stop_simulator()

    def log(self):
        """What ohtd has said on standard error."""
        return (self.folder / "ohtd.log").read_text(errors="replace")

    def sim(self, line):
        """One line to the simulator's control socket; returns its answer."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.folder / "sim.sock"))
            control.sendall(line.encode() + b"\n")
            return control.makefile().readline().strip()

    # ---- talk ----

    def tls(self):
        """A client's context that trusts this device only."""
        return ssl.create_default_context(cafile=self.state / "ca.crt")

    def connect(self, timeout=20):
        """A bare TLS socket."""
        raw = socket.create_connection(("127.0.0.1", self.port), timeout)
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

    def request(self, method, path, body=None, role=None, headers=None, token=None):
        """One request on a connection of its own. A body that is no bytes becomes JSON."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls(), timeout=70)
        wanted = {}
        if role or token:
            wanted["Authorization"] = f"Bearer {token or self.token(role)}"
        if body is not None:
            wanted["Content-Type"] = "application/json"
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        wanted.update(headers or {})
        path = path if path.startswith("/") else f"/api/v1/{path}"
        try:
            connection.request(method, path, body, wanted)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path, role="viewer", **more):
        """GET as a role."""
        return self.request("GET", path, role=role, **more)

    def post(self, path, body=None, role="administrator", **more):
        """POST as a role."""
        return self.request("POST", path, {} if body is None else body, role=role, **more)

    def login(self, name, password=PASSWORD):
        """Answer of auth/login."""
        return self.request("POST", "auth/login", {"username": name, "password": password})

    def token(self, role):
        """An access token of the role's account."""
        if role not in self.tokens:
            answer = self.login(role)
            assert answer.status == 200, answer
            self.tokens[role] = answer.json["access_token"]
        return self.tokens[role]


@contextlib.contextmanager
def running(folder, roles=ROLES, **settings):
    """A daemon with the simulator and an account of each of the roles; it ends in order, or else is ended."""
    made = Daemon(folder)
    made.write_config(**settings)
    try:
        for role in roles:
            done = made.add_user(role, role)
            assert done.returncode == 0, done.stderr
        made.start_simulator()
        made.start()
        yield made
        made.stop()
    finally:
        made.end()
