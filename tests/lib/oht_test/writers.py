# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody who changes an account again and again until the daemon has gone or keeps nothing."""
import http.client
import itertools
import threading

ROLES = ("viewer", "operator", "supervisor")
ANSWER_S = 20


class RoleWriter(threading.Thread):
    """Gives one account one role after the other; started by its maker."""

    def __init__(self, client, user, token):
        super().__init__(daemon=True)
        self.user = user["id"]
        self.name = user["username"]
        self.acknowledged = self.asked = user["role"]
        self.count = 0
        self.refused = None
        self._token = token
        self._client = client.another(keep_s=5, timeout_s=ANSWER_S)

    def run(self):
        for role in itertools.cycle(ROLES):
            self.asked = role
            try:
                answer = self._client.request("PATCH", f"users/{self.user}", {"role": role}, token=self._token)
            except (OSError, http.client.HTTPException):
                return
            if answer.status == 503:
                # Refused for good: it did not happen.
                self.asked = self.acknowledged
                return
            if answer.status == 504:
                # It may still happen.
                return
            if answer.status != 200:
                self.refused = answer
                return
            self.acknowledged = role
            self.count += 1

    def ended(self):
        """Wait for the end; the roles that the account may have now."""
        self.join(2 * ANSWER_S)
        assert not self.is_alive() and not self.refused, self.refused
        # The last change may have been made without its answer getting out.
        return {self.acknowledged, self.asked}
