# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of ohtd's API for the end-to-end tests: one kept connection, JSON in and out."""
import http.client
import json
import ssl


class Api:
    """Logged in as one account; answers are (status, JSON)."""

    def __init__(self, port, ca_file, username, password):
        context = ssl.create_default_context(cafile=str(ca_file))
        self._link = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)
        self._token = None
        status, answer = self.post("auth/login", {"username": username, "password": password})
        assert status == 200, answer
        self._token = answer["access_token"]

    def _ask(self, method, path, body=None):
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        self._link.request(method, f"/api/v1/{path}", None if body is None else json.dumps(body), headers)
        answer = self._link.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None

    def get(self, path):
        """GET; returns the JSON of a good answer."""
        status, answer = self._ask("GET", path)
        assert status == 200, f"GET {path}: {status} {answer}"
        return answer

    def post(self, path, body=None):
        """POST; returns (status, JSON)."""
        return self._ask("POST", path, {} if body is None else body)

    def close(self):
        self._link.close()
