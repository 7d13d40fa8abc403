# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys that sign tokens: another one without a log-out, what is left of those before, and what a cut in between leaves."""
import base64
import json
import os
import shutil
import subprocess

import pytest

from clocks import Skewed
from remote import OHTCTL

DAY_S = 24 * 3600
RING = "system/signing-keys"


def part(token, number):
    """A part of an access token that can be read."""
    text = token.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def kid(grant):
    return part(grant["access_token"], 0)["kid"]


def shown(daemon):
    """By a log-in of its own: a test that ends all sessions ends those that the fixture remembers."""
    return daemon.request("GET", RING, token=daemon.login("administrator").json["access_token"]).json


def rotate(daemon):
    return daemon.request("POST", f"{RING}/rotate", token=daemon.elevated())


def refresh(daemon, grant):
    return daemon.request("POST", "auth/refresh", {"refresh_token": grant["refresh_token"]})


def is_in(daemon, grant):
    return daemon.request("GET", "robot", token=grant["access_token"]).status


@pytest.mark.plain("filter")
def test_another_key_logs_nobody_out(fresh):
    fresh.start()
    before, idle = fresh.login("operator").json, fresh.login("viewer").json
    again = refresh(fresh, before).json
    assert kid(before) == kid(again) == shown(fresh)["items"][0]["kid"]
    assert part(before["access_token"], 1)["jti"] != part(again["access_token"], 1)["jti"]
    assert rotate(fresh).status == 200
    now, old = shown(fresh)["items"]
    assert (old["kid"], now["left_ms"]) == (kid(before), None) and 0 < old["left_ms"] <= 7 * DAY_S * 1000
    assert kid(fresh.login("viewer").json) == now["kid"] != old["kid"]
    assert is_in(fresh, again) == is_in(fresh, idle) == 200
    renewed = refresh(fresh, again)
    assert renewed.status == 200 and kid(renewed.json) == now["kid"]
    fresh.kill()
    fresh.start()
    assert [item["kid"] for item in shown(fresh)["items"]] == [now["kid"], old["kid"]]
    assert is_in(fresh, renewed.json) == is_in(fresh, idle) == 200
    # Also a token of the earlier key that was spent ends its session.
    assert refresh(fresh, idle).status == 200 and refresh(fresh, before).code == "refresh_refused"
    records = [(record["act"], record["who"], record["result"]) for record in fresh.get("audit?limit=50", role="administrator").json["items"]]
    assert ("POST system/signing-keys/rotate", "administrator", "200") in records


def test_a_cut_between_the_files_keeps_the_key(fresh):
    fresh.start()
    before = fresh.login("viewer").json
    fresh.stop()
    key = (fresh.state / "token.key").read_bytes()
    fresh.start()
    assert rotate(fresh).status == 200
    idle = fresh.login("viewer").json
    fresh.kill()
    # As if the kill had come behind the first of the two files.
    (fresh.state / "token.key").write_bytes(key)
    fresh.start()
    assert [item["kid"] for item in shown(fresh)["items"]] == [kid(before)]
    assert refresh(fresh, before).status == 200
    # No token of the new key was ever handed out then; one of it is nothing.
    assert is_in(fresh, idle) == 401 and refresh(fresh, idle).status == 401


def test_four_keys_are_kept_and_a_week_ends_the_oldest(fresh):
    clock = Skewed(fresh)
    fresh.start()
    first = fresh.login("viewer").json
    assert [rotate(fresh).status for _ in range(3)] == [200] * 3
    answer = rotate(fresh)
    assert (answer.status, answer.code) == (409, "signing_keys_needed") and len(shown(fresh)["items"]) == 4
    assert refresh(fresh, first).status == 200
    # The clock of the boot counts: what is set forth ends none of them.
    clock.set(8 * DAY_S)
    assert rotate(fresh).code == "signing_keys_needed"
    out = fresh.get(RING, role="administrator").json["items"][3]["left_ms"]
    assert out > 6 * DAY_S * 1000


def test_only_elevated_administrators(daemon):
    for role in ("viewer", "operator", "supervisor"):
        assert daemon.get(RING, role=role).code == daemon.request("POST", f"{RING}/rotate", token=daemon.token(role)).code == "role"
    assert daemon.request("POST", f"{RING}/rotate", token=daemon.token("administrator")).code == "elevation_required"
    assert len(shown(daemon)["items"]) == 1


def test_a_credential_is_a_part_of_the_keys(fresh):
    fresh.start()
    plain = fresh.login("viewer").json
    fresh.stop()
    folder = fresh.folder / "credentials"
    folder.mkdir()
    (folder / "token.seal").write_bytes(os.urandom(32))
    fresh.shims["CREDENTIALS_DIRECTORY"] = str(folder)
    fresh.start()
    assert shown(fresh)["sealed"] and refresh(fresh, plain).status == 401
    sealed = fresh.login("viewer").json
    assert rotate(fresh).status == 200
    fresh.kill()
    fresh.start()
    assert is_in(fresh, sealed) == 200 and refresh(fresh, sealed).status == 200
    newest = fresh.login("viewer").json
    fresh.stop()
    del fresh.shims["CREDENTIALS_DIRECTORY"]
    shutil.rmtree(folder)
    fresh.start()
    assert not shown(fresh)["sealed"]
    assert is_in(fresh, newest) == 401 and refresh(fresh, newest).status == 401, "the files alone sign nothing"


def test_ohtctl_shows_and_rotates(fresh):
    fresh.start()

    def run(*words):
        return subprocess.run([OHTCTL, "admin", "keys", *words, "--socket", fresh.socket], capture_output=True, text=True, timeout=60,
                              check=False, env=fresh.environment())
    name = shown(fresh)["items"][0]["kid"]
    assert f"{name}  since" in run().stdout and "sealed by token.seal: no" in run().stdout
    done = run("rotate")
    assert done.returncode == 0 and f"{name}  since" in done.stdout.splitlines()[1] and "taken for 16" in done.stdout
    assert run("revoke").returncode == 2
    qr = subprocess.run([OHTCTL, "admin", "cert", "qr", "--socket", fresh.socket], capture_output=True, text=True, timeout=60,
                        check=False, env=fresh.environment())
    authority = fresh.get("system/certificate").json["authority"]
    rows = authority["qr"].split("\n")
    assert qr.returncode == 0 and authority["fingerprint_sha256"] in qr.stdout and qr.stdout.count("\n") == len(rows) // 2 + 1 + 4 + 1
