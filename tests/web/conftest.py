# SPDX-License-Identifier: GPL-2.0-or-later
"""The page in a browser, in front of a native daemon with the simulator."""
import base64
import hashlib
import pathlib
import ssl
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))

from browser import Browser  # noqa: E402 # pylint: disable=wrong-import-position
from daemon import running  # noqa: E402 # pylint: disable=wrong-import-position


def key_pin(certificate):
    """What tells Chromium to trust exactly this key."""
    public = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True,
                            capture_output=True, text=True).stdout
    return base64.b64encode(hashlib.sha256(ssl.PEM_cert_to_DER_cert(
        public.replace("PUBLIC KEY", "CERTIFICATE"))).digest()).decode()


@pytest.fixture(scope="session")
def daemon(tmp_path_factory):
    """Simulator, an account of every role, ohtd."""
    with running(tmp_path_factory.mktemp("oht"), robot_simulated="yes") as made:
        yield made


@pytest.fixture
def browser(daemon, tmp_path):        # pylint: disable=redefined-outer-name
    """A fresh browser on the page."""
    with Browser(tmp_path, key_pin(daemon.state / "server.crt")) as made:
        made.open(f"https://localhost:{daemon.port}/")
        yield made
