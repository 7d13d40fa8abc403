# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo accounts and credentials.json."""
import json
import os
import secrets

from .errors import SbcError

# In the folder of ohtd's state: names of the accounts that were made there.
MADE = ".demo-accounts"
ROLES = {"viewer": "viewer", "operator": "operator", "supervisor": "supervisor", "admin": "administrator"}


class Accounts:
    """One account per role with a random password, made once per state folder."""

    def __init__(self, state, url, demo):
        self._file = state / "credentials.json"
        # What has the accounts: the disk of a board, or the folder of ohtd's state of `make native`.
        self._disk, self._folder = state / "disk.img", state / "lib"
        self.url = url
        self.ca_file = state / "ca.crt"
        self.accounts = self._known()
        if not demo or self.accounts:
            return
        made = self._disk if self._disk.exists() else self._folder if (self._folder / MADE).exists() else None
        if made and not self._file.exists():
            raise SbcError(f"{self._file} is gone and passwords cannot be read back: remove {made} too to start anew")
        self.accounts = [{"role": role, "username": name, "password": secrets.token_urlsafe(12)}
                         for name, role in ROLES.items()]

    def _known(self):
        try:
            return json.loads(self._file.read_text())["accounts"]
        except FileNotFoundError:
            return []
        except (ValueError, KeyError) as error:
            raise SbcError(f"{self._file} is damaged ({error}): remove it and {self._disk.name} or {self._folder.name} beside it") from error

    def guest_file(self):
        """What the guest's init reads on its first start: role, user, password."""
        return "".join(f"{a['role']} {a['username']} {a['password']}\n" for a in self.accounts).encode()

    def write(self):
        """Write credentials.json, readable by its owner only, whole or not at all."""
        fresh = self._file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        text = json.dumps({"url": self.url, "ca_file": str(self.ca_file), "accounts": self.accounts}, indent=2)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(text + "\n")
        fresh.rename(self._file)

    def of(self, role):
        """The account of that role, or None."""
        return next((a for a in self.accounts if a["role"] == role), None)
