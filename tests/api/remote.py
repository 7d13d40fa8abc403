# SPDX-License-Identifier: GPL-2.0-or-later
"""A person with ohtctl elsewhere."""
import hashlib
import ssl
import subprocess

from daemon import BUILD
from oht_test.client import PASSWORD

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"


class Remote:
    """A person with a folder of state of his own."""

    def __init__(self, daemon, folder):
        self.daemon = daemon
        self.state = folder / "state-home"
        self.folder = self.state / "oht"
        self.prefix = []

    @property
    def url(self):
        """Of the daemon."""
        return f"https://127.0.0.1:{self.daemon.port}"

    @property
    def fingerprint(self):
        """Of the daemon's authority."""
        return fingerprint_of(self.daemon.state / "ca.crt")

    def environment(self):
        """No terminal, no proxy, a folder of state."""
        return {**self.daemon.environment(), "XDG_STATE_HOME": str(self.state), "https_proxy": "http://127.0.0.1:9"}

    def run(self, *words, said="", url=None, **more):
        """One ohtctl."""
        return subprocess.run([*self.prefix, OHTCTL, *words, "--url", url or self.url], input=said, capture_output=True, text=True,
                              timeout=100, check=False, env=self.environment(), start_new_session=True, **more)

    def login(self, name, *words, password=PASSWORD, **more):
        """ohtctl login that knows whom to trust."""
        return self.run("login", name, "--password-stdin", "--fingerprint", self.fingerprint, *words, said=password + "\n", **more)

    def done(self, *words, **more):
        """Output of one that must succeed."""
        made = self.run(*words, **more)
        assert (made.returncode, made.stderr) == (0, ""), made
        return made.stdout

    def file(self, ending):
        """Where it keeps a login (json), or an authority (pem)."""
        return self.folder / f"127.0.0.1_{self.daemon.port}.{ending}"


def fingerprint_of(certificate):
    """SHA-256 as hexadecimal digits."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()


def complaint(made, status=1):
    """The only line that was said."""
    assert (made.returncode, made.stdout) == (status, ""), made
    assert len(made.stderr.splitlines()) == 1, made
    return made.stderr
