# SPDX-License-Identifier: GPL-2.0-or-later
"""A tablet or panel with a key pair of its own, as a browser has one."""
import base64
import subprocess


def openssl(*words, data=None):
    return subprocess.run(["openssl", *(str(word) for word in words)], input=data, capture_output=True, check=True).stdout


def number(der):
    """The first integer of a DER as 32 bytes, and what is behind it."""
    end = 2 + der[1]
    return der[2:end].lstrip(b"\0").rjust(32, b"\0"), der[end:]


class Device:
    """Makes a key below `folder`, and signs with it."""

    def __init__(self, daemon, folder, name="panel", curve="prime256v1"):
        self.daemon = daemon
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(openssl("ecparam", "-name", curve, "-genkey", "-noout"))
        self.key = base64.b64encode(openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")).decode()

    def sign(self, text):
        der = openssl("dgst", "-sha256", "-sign", self.file, data=text.encode())
        first, rest = number(der[2:])
        return base64.b64encode(first + number(rest)[0]).decode()

    def challenge(self):
        answer = self.daemon.request("POST", "auth/device/challenge", {"public_key": self.key})
        assert answer.status == 200, answer
        return answer.json["challenge"]

    def proof(self, challenge=None):
        challenge = challenge or self.challenge()
        return {"public_key": self.key, "challenge": challenge, "signature": self.sign(f"oht device 1\n{challenge}")}

    def ask(self, what, proof=None, **more):
        """Answer of POST auth/device/enrol, state or login."""
        return self.daemon.request("POST", f"auth/device/{what}", {**(proof or self.proof()), **more})
