# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of ohtd's API that trusts only the device's own authority."""
import dataclasses
import http.client
import json
import re
import ssl
import time

# Routes with x-elevation; test_matrix.py compares them with the description.
ELEVATED = re.compile(r"(POST|PATCH|DELETE) (users|courses|certificates|devices)\b|(POST|PUT|DELETE) webhooks(/[^/]+(/secret)?)?$|(GET|HEAD) backups/[^/]+/content$"
                      r"|DELETE backups/[^/]+$|POST backups/[^/]+/restore$|POST system/certificate$|POST system/signing-keys/rotate$|POST robot/position$")
ROLES = ("viewer", "operator", "supervisor", "administrator")
PASSWORD = "correct horse battery"
# On a busy host an answer takes longer; no test is about time-outs of the client.
ANSWER_S = 70
# A token ends after 15 minutes, a suite on a busy host does not.
TOKEN_S = 600


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
        """The stable code of a problem; checks the problem's form."""
        assert self.headers["content-type"] == "application/problem+json", self
        problem = self.json
        assert {"type", "title", "status", "code", "detail"} <= problem.keys()
        assert problem["status"] == self.status
        return problem["code"]


class Client:
    """Requests to the daemon at `port` of 127.0.0.1.

    A subclass may replace `port` and tls(). Each request has a connection of its own, unless keep_s is given: then one
    connection is used again as long as it was idle for less than that.
    """

    def __init__(self, port=0, context=None, keep_s=0, timeout_s=ANSWER_S, address="127.0.0.1"):
        self.port = port
        self.address = address
        self.tokens = {}
        self.drawn_s = {}
        self.second, self.second_until = "", 0
        self._context = context
        self._keep_s = keep_s
        self._timeout_s = timeout_s
        self._link = None
        self._used_s = 0

    def tls(self):
        """The context that knows whom to trust."""
        return self._context

    def another(self, keep_s=0, timeout_s=ANSWER_S, address="127.0.0.1"):
        """A client of the same daemon, for another thread, or at another of this machine's addresses."""
        return Client(self.port, self.tls(), keep_s, timeout_s, address)

    def connection(self):
        """A connection that nobody else uses; made with the first request."""
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=self._timeout_s, context=self.tls(),
                                           source_address=(self.address, 0))

    def hang_up(self):
        """Close the kept connection: the next request makes a new one."""
        if self._link:
            self._link.close()
            self._link = None

    def request(self, method, path, body=None, role=None, headers=None, token=None):
        """One request; returns its Answer, also of a refusal. A body that is no bytes becomes JSON.

        As a role, what needs an elevated session is asked for in a second session, so that the first one is never elevated.
        """
        if token or role != "administrator" or not ELEVATED.match(f"{method} {path.partition('?')[0]}"):
            return self.send(method, path, body, role, headers, token)
        answer = self.send(method, path, body, None, headers, self.elevated())
        # It has ended: by its time, a restart, or with all sessions.
        if answer.status == 401 or (answer.status == 403 and answer.code == "elevation_required"):
            self.second = ""
            answer = self.send(method, path, body, None, headers, self.elevated())
        return answer

    def send(self, method, path, body, role, headers, token):
        """The same as it is said, whatever it needs."""
        wanted = {}
        if role or token:
            wanted["Authorization"] = f"Bearer {token or self.token(role)}"
        if body is not None:
            wanted["Content-Type"] = "application/json"
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        wanted.update(headers or {})
        path = path if path.startswith("/") else f"/api/v1/{path}"
        if time.monotonic() - self._used_s >= self._keep_s:
            self.hang_up()
        self._link = self._link or self.connection()
        kept = False
        try:
            self._link.request(method, path, body, wanted)
            answer = self._link.getresponse()
            received = Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
            self._used_s = time.monotonic()
            kept = self._keep_s > 0
            return received
        finally:
            if not kept:
                self.hang_up()

    def get(self, path, role="viewer", **more):
        """GET as a role; None: without a token."""
        return self.request("GET", path, role=role, **more)

    def post(self, path, body=None, role="administrator", **more):
        """POST as a role; None: without a token."""
        return self.request("POST", path, {} if body is None else body, role=role, **more)

    def login(self, name, password=PASSWORD):
        """Answer of auth/login."""
        return self.request("POST", "auth/login", {"username": name, "password": password})

    def token(self, role):
        """An access token of the role's account."""
        if time.monotonic() - self.drawn_s.setdefault(role, time.monotonic()) > TOKEN_S:
            self.tokens.pop(role, None)
        if role not in self.tokens:
            self.drawn_s[role] = time.monotonic()
            answer = self.login(role)
            assert answer.status == 200, answer
            self.tokens[role] = answer.json["access_token"]
        return self.tokens[role]

    def elevated(self):
        """The same of an administrator, of a session that is elevated. That ends after five minutes: robots of several files live longer."""
        if not self.second or time.monotonic() > self.second_until:
            answer = self.login("administrator")
            assert answer.status == 200, answer
            answer, token = self.request("POST", "auth/elevate", {"password": PASSWORD}, token=answer.json["access_token"]), answer.json["access_token"]
            assert answer.status == 200, answer
            self.second, self.second_until = token, time.monotonic() + 200
        return self.second


def trusting(certificates):
    """A context that trusts these authorities only, given as PEM text."""
    context = ssl.create_default_context(cadata=certificates)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
