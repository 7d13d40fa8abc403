# SPDX-License-Identifier: GPL-2.0-or-later
"""A board with ohtd in it, and a client of its API that checks the certificate."""
import http.client
import json
import socket
import ssl
import subprocess
import time

from support import TOP, Board, until

OHTD = TOP / "build/userspace/native/userspace/ohtd/http/ohtd"
ROLES = ("viewer", "operator", "supervisor", "administrator")
PASSWORD = "correct horse battery"
START_S = 60
# On a busy host an answer takes longer; no test here is about time-outs of the client.
ANSWER_S = 60
# The server closes a connection that is idle for 10 s.
KEPT_S = 3


def free_port():
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def make_accounts(folder):
    """A database with one account per role, made here: hashing a password takes seconds in the guest."""
    config = folder / "ohtd.conf"
    config.write_text(f"[paths]\nstate = {folder}/state\n")
    (folder / "state").mkdir(mode=0o700)
    for role in ROLES:
        subprocess.run([OHTD, "--config", config, "--add-user", role, "--role", role],
                       input=PASSWORD + "\n", text=True, check=True, capture_output=True)
    return (folder / "state/oht.db").read_bytes()


class Answer:
    """Status and body of an answer."""

    def __init__(self, status, kind, body):
        self.status = status
        self.kind = kind
        self.json = json.loads(body) if "json" in kind and body else body

    def __repr__(self):
        return f"{self.status} {self.json}"


class Robot(Board):
    """A board that ohtd drives, used over HTTPS."""

    def __init__(self, state, kernel, accounts, prepare="true", **options):
        """`accounts` as from make_accounts(), or None: those on its disk. `prepare` is run in the guest before the daemon begins."""
        self.port = free_port()
        self._prepare = prepare
        config = (TOP / "scripts/vsbc/guest/ohtd.conf").read_text()
        # Losing a module is a subject of some tests and must not come from the host's noise in all the others.
        config = "\n".join("time_factor = 15" if line.startswith("time_factor") else line
                           for line in config.splitlines()) + "\n"
        files = {"/etc/oht/ohtd.conf": config.encode()}
        if accounts:
            files["/etc/oht/oht.db"] = (accounts, 0o600)
            # The daemon would have synchronised what it makes; a power cut may come at once.
            self._prepare += " && cp /etc/oht/oht.db /var/lib/oht/oht.db && chown oht:oht /var/lib/oht/oht.db && sync"
        super().__init__(state, kernel, port=self.port, files=files, **options)
        self._tokens = {}
        self._tls = None
        self._link = None
        self._used = 0

    def __enter__(self):
        super().__enter__()
        try:
            self._start_daemon()
        except BaseException:
            self.machine.stop()
            raise
        return self

    def _start_daemon(self):
        self.guest.check(self._prepare)
        self.guest.check("touch /var/lib/oht/.demo-accounts && rm /run/vsbc/daemon.off")
        self.wait_ready()
        self._tls = ssl.create_default_context(cadata=self.guest.check("cat /var/lib/oht/ca.crt"))
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_3

    def wait_ready(self):
        """Wait until ohtd serves requests; an earlier one took its connections with it."""
        self.hang_up()
        try:
            until(lambda: self.guest.run("test -e /run/oht/ready")[0] == 0, START_S, "ohtd being ready")
        except AssertionError as error:
            said = self.guest.run("grep ohtd /var/log/messages | tail -n 3; ps | grep -c ohtd")[1]
            raise AssertionError(f"{error}; it said: {said}") from error

    def daemon_pid(self):
        """Process id of the ohtd that serves, in the guest; None while there is none."""
        code, output = self.guest.run("pidof ohtd")
        return int(output.split()[0]) if code == 0 else None

    def connection(self, timeout_s=ANSWER_S):
        """A connection of one's own."""
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout_s, context=self._tls)

    def call(self, method, path, body=None, token=None):
        """One request on the kept connection; returns its Answer, also of a refusal."""
        if time.monotonic() - self._used > KEPT_S:
            self.hang_up()
        if not self._link:
            self._link = self.connection()
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            self._link.request(method, f"/api/v1/{path}", None if body is None else json.dumps(body), headers)
            answer = self._link.getresponse()
            body = answer.read()
            self._used = time.monotonic()
            return Answer(answer.status, answer.getheader("Content-Type") or "", body)
        except BaseException:
            self.hang_up()
            raise

    def hang_up(self):
        """Close the connection: the next request makes a new one."""
        if self._link:
            self._link.close()
            self._link = None

    def login(self, role):
        return self.call("POST", "auth/login", {"username": role, "password": PASSWORD})

    def token(self, role):
        if role not in self._tokens:
            answer = self.login(role)
            assert answer.status == 200, answer
            self._tokens[role] = answer.json["access_token"]
        return self._tokens[role]

    def get(self, path, role="viewer"):
        return self.call("GET", path, token=role and self.token(role))

    def post(self, path, role="administrator", body=None):
        return self.call("POST", path, {} if body is None else body, role and self.token(role))

    def safety(self):
        answer = self.get("safety")
        assert answer.status == 200, answer
        return answer.json

    def causes(self):
        return {cause["code"] for cause in self.safety()["causes"]}

    def health_of_modules(self):
        """{address: health}."""
        return {module["address"]: module["health"] for module in self.get("modules").json["items"]}

    def wait_modules_good(self):
        until(lambda: self.health_of_modules() == dict.fromkeys((2, 3, 4, 5), "good"), 40, "four good modules")

    def wait_resettable(self):
        """Wait until nothing is in the way of a reset."""
        try:
            until(lambda: not self.safety()["why_not_reset"], 20, "nothing in the way of a reset")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.safety()}") from error

    def arm(self):
        """Reset and enable over the API; both outputs are high outside when this returns."""
        self.pins.release()
        if self.safety()["state"] != "stopped":
            assert self.post("safety/stop", "operator").status == 200
        self.wait_modules_good()
        if self.get("robot").json["state"] == "fault":
            # From a fault without a stop there is a way of its own.
            answer = self.post("robot/commands", "operator", {"verb": "reset_fault"})
        else:
            self.wait_resettable()
            answer = self.post("safety/reset", "supervisor")
        assert answer.status == 200, answer
        until(lambda: not self.safety()["why_not_enable"], 20, "nothing in the way of enabling")
        answer = self.post("safety/enable", "operator")
        assert answer.status == 200, answer
        assert self.pins.wait_enables(1, 5), "enabled, but the outputs are not high outside"
