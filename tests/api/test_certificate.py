# SPDX-License-Identifier: GPL-2.0-or-later
"""The certificate over the API and ohtctl: what is told, who may renew it, what stays as it is."""
import datetime
import hashlib
import http.client
import json
import shutil
import ssl
import subprocess

import pytest

from test_admin import admin, complaint
from test_lifecycle import fails_to_start
from test_reload import is_alive, served

DAY = datetime.timedelta(days=1)


def told(daemon, role="viewer"):
    """GET system/certificate."""
    answer = daemon.get("system/certificate", role=role)
    assert answer.status == 200, answer
    return answer.json


def fingerprint(der):
    """As certificates show it."""
    digest = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digest[i:i + 2] for i in range(0, 64, 2))


def moment(text):
    """A time of the API."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_what_is_told_is_what_is_served(daemon):
    shown = told(daemon)
    assert shown["source"] == "own" and shown["failed"] is None
    assert shown["fingerprint_sha256"] == fingerprint(served(daemon))
    assert {"localhost", "127.0.0.1", "::1"} <= set(shown["names"])
    assert moment(shown["not_after"]) - moment(shown["renews_at"]) == 30 * DAY
    assert moment(shown["not_before"]) < datetime.datetime.now(datetime.timezone.utc) < moment(shown["renews_at"])
    authority = shown["authority"]
    assert authority["limited"] is True
    assert authority["pem"] == (daemon.state / "ca.crt").read_text()
    assert authority["fingerprint_sha256"] == fingerprint(ssl.PEM_cert_to_DER_cert(authority["pem"]))
    assert shown["issuer"].startswith("CN=oht device authority")


def test_authority_can_be_taken_along_by_everybody(daemon):
    answer = daemon.get("/ca.crt", role=None)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/x-x509-ca-cert"
    assert answer.body.decode() == told(daemon)["authority"]["pem"]


@pytest.mark.parametrize("role", [None, "viewer", "operator", "supervisor"])
def test_only_administrators_renew(daemon, role):
    before = served(daemon)
    answer = daemon.post("system/certificate", {}, role=role)
    assert answer.code == ("role" if role else "token_missing")
    assert served(daemon) == before
    assert daemon.get("system/certificate", role=role).status == (200 if role else 401)


@pytest.mark.parametrize("body, code", [({"authority": 1}, "validation"), ({"days": 1}, "validation"), ([], "bad_json")])
def test_bad_requests_renew_nothing(daemon, body, code):
    before = served(daemon)
    assert daemon.post("system/certificate", body).code == code
    assert served(daemon) == before


@pytest.mark.plain("filter")
def test_renewal_keeps_connections_and_authority(fresh):
    fresh.start()
    before, authority = served(fresh), fresh.get("/ca.crt", role=None).body
    with fresh.connect() as old:
        answer = fresh.post("system/certificate", {})
        assert answer.status == 200
        assert is_alive(old)
    assert served(fresh) != before
    assert answer.json["fingerprint_sha256"] == fingerprint(served(fresh))
    assert fresh.get("/ca.crt", role=None).body == authority
    assert "certificate_renewed: certificate by administrator" in fresh.log()
    # It is on the disk before it is answered.
    renewed = served(fresh)
    fresh.kill()
    fresh.start()
    assert served(fresh) == renewed


def test_new_authority_is_served_at_once(fresh):
    fresh.start()
    before = fresh.get("/ca.crt", role=None).body
    trusting_the_old = fresh.tls()
    with fresh.connect() as old:
        answer = fresh.post("system/certificate", {"authority": True})
        assert answer.status == 200
        assert is_alive(old)
    # tls() reads ca.crt anew.
    after = fresh.get("/ca.crt", role=None).body
    assert after != before and after.decode() == answer.json["authority"]["pem"]
    fresh.tls = lambda: trusting_the_old
    with pytest.raises(ssl.SSLCertVerificationError):
        fresh.connect()


def test_renewal_that_fails_changes_nothing(fresh):
    fresh.start()
    before = served(fresh)
    (fresh.state / "ca.key").write_text("nonsense")
    answer = fresh.post("system/certificate", {})
    assert (answer.status, answer.code) == (500, "certificate_failed")
    assert "ca.key: no private key in it" in answer.json["detail"]
    assert served(fresh) == before


def test_installed_certificate_is_not_made_here(fresh):
    fresh.start()
    fresh.stop()
    for suffix in ("crt", "key"):
        shutil.copy(fresh.state / f"server.{suffix}", fresh.folder / f"installed.{suffix}")
    fresh.write_config(tls_certificate=fresh.folder / "installed.crt", tls_key=fresh.folder / "installed.key")
    fresh.start()
    shown = told(fresh)
    assert (shown["source"], shown["renews_at"], shown["authority"]) == ("installed", None, None)
    assert shown["fingerprint_sha256"] == fingerprint(served(fresh))
    answer = fresh.post("system/certificate", {})
    assert (answer.status, answer.code) == (409, "certificate_installed")
    assert fresh.get("/ca.crt", role=None).code == "not_found"
    assert "by hand" in admin(fresh, "cert").stdout
    assert "there is no authority" in complaint(admin(fresh, "cert", "ca"))
    assert "replace its files" in complaint(admin(fresh, "cert", "renew"))


def test_browsers_insist_only_where_another_authority_has_signed(fresh, tmp_path):
    header = "strict-transport-security"
    fresh.start()
    assert header not in fresh.get("/", role=None).headers
    fresh.stop()

    def openssl(*words):
        subprocess.run(["openssl", *(str(word) for word in words)], check=True, capture_output=True)
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    openssl("req", "-x509", *key, "-subj", "/CN=works", "-keyout", tmp_path / "ca.key", "-out", tmp_path / "ca.crt")
    openssl("req", "-x509", *key, "-subj", "/CN=robot", "-addext", names, "-keyout", tmp_path / "self.key", "-out", tmp_path / "self.crt")
    openssl("req", *key, "-subj", "/CN=robot", "-addext", names, "-keyout", tmp_path / "signed.key", "-out", tmp_path / "signed.csr")
    openssl("x509", "-req", "-in", tmp_path / "signed.csr", "-copy_extensions", "copy", "-CA", tmp_path / "ca.crt", "-CAkey", tmp_path / "ca.key",
            "-out", tmp_path / "signed.crt")
    for suffix in ("crt", "key"):
        shutil.copy(fresh.state / f"server.{suffix}", tmp_path / f"robot.{suffix}")
    told_by = {}
    for name, authority in (("robot", fresh.state / "ca.crt"), ("self", tmp_path / "self.crt"), ("signed", tmp_path / "ca.crt")):
        fresh.write_config(tls_certificate=tmp_path / f"{name}.crt", tls_key=tmp_path / f"{name}.key")
        fresh.start()
        context = ssl.create_default_context(cafile=authority)
        link = http.client.HTTPSConnection("127.0.0.1", fresh.port, context=context, timeout=30)
        link.request("GET", "/api/v1/health/live")
        told_by[name] = link.getresponse().getheader(header)
        link.close()
        fresh.stop()
    assert told_by == {"robot": None, "self": None, "signed": "max-age=604800"}


# ---- ohtctl ----

def test_ohtctl_shows_and_renews(fresh):
    fresh.start()
    first = json.loads(admin(fresh, "cert", "--json").stdout)
    assert first == told(fresh)
    text = admin(fresh, "cert", "show").stdout
    assert first["fingerprint_sha256"] in text and "localhost" in text and "the names of this machine" in text
    assert admin(fresh, "cert", "ca").stdout == first["authority"]["pem"]
    renewed = json.loads(admin(fresh, "cert", "renew", "--json").stdout)
    assert renewed["fingerprint_sha256"] not in (first["fingerprint_sha256"], "")
    assert renewed["authority"] == first["authority"]
    assert admin(fresh, "cert", "renew-authority").returncode == 0
    assert told(fresh)["authority"]["pem"] != first["authority"]["pem"]


@pytest.mark.parametrize("words", [("cert", "revoke"), ("cert", "show", "more"), ("cert", "")])
def test_ohtctl_refuses_other_words(daemon, words):
    assert admin(daemon, *words).returncode == 2


@pytest.mark.plain("filter")
def test_installed_links_may_lead_elsewhere(fresh, tmp_path):
    """As certbot's, whose folder `live` has links into `archive`."""
    fresh.start()
    fresh.stop()
    archive, live = tmp_path / "archive", tmp_path / "live"
    archive.mkdir()
    live.mkdir()
    for name in ("server.crt", "server.key"):
        (fresh.state / name).rename(archive / name)
        (live / name).symlink_to(archive / name)
    fresh.write_config(tls_certificate=live / "server.crt", tls_key=live / "server.key")
    fresh.start()
    assert fresh.get("health", role=None).status == 200
    fresh.stop()
    # What cannot be read says why.
    (live / "server.key").unlink()
    (live / "server.key").symlink_to(tmp_path / "nowhere")
    fails_to_start(fresh, f"{live}/server.key: No such file or directory")
