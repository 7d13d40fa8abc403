# SPDX-License-Identifier: GPL-2.0-or-later
"""The make targets as a person who has just cloned uses them."""
import json
import os
import ssl
import subprocess

from vsbc.paths import TOP

from .client import Client
from .wait import free_port


class Clone:
    """The make targets with a state folder and a port of the test's own."""

    def __init__(self, folder):
        self.state = folder
        self.environment = {**os.environ, "OHT_STATE": str(folder), "OHT_PORT": str(free_port())}

    def run(self, *command, timeout=300):
        return subprocess.run(command, cwd=TOP, env=self.environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=timeout, check=False)

    def credentials(self):
        return json.loads((self.state / "credentials.json").read_text())

    def client(self):
        """A client that trusts the authority which credentials.json names."""
        known = self.credentials()
        return Client(int(self.environment["OHT_PORT"]), ssl.create_default_context(cafile=known["ca_file"]))

    def log_in(self):
        """A client with a token of each role: every account can log in with what the file says."""
        one = self.client()
        for account in self.credentials()["accounts"]:
            answer = one.login(account["username"], account["password"])
            assert answer.status == 200, (account["username"], answer)
            one.tokens[account["role"]] = answer.json["access_token"]
        return one

    def health(self):
        answer = self.client().get("health", role=None)
        assert answer.status == 200, answer
        return answer.json
