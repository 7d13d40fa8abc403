# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys and secrets that the credential keys.seal seals: the disk has none in clear, and without it the robot serves and spoils nothing."""
import contextlib
import json
import os
import sqlite3
import ssl
import subprocess
from unittest import mock

from daemon import SENDER
from oht_test.wait import until
from receiver import Receiver, is_signed, make_certificate
from remote import OHTCTL
from test_reload import reload, served
from test_webhooks import add

KEYS = ("ca.key", "server.key")
FILES = (*KEYS, "ca.crt", "server.crt")
SEALED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
CLEAR = b"-----BEGIN PRIVATE KEY-----"


def give(daemon, seal):
    """What the service manager hands to the next start; None: nothing."""
    folder = daemon.folder / "credentials"
    folder.mkdir(exist_ok=True)
    daemon.shims["CREDENTIALS_DIRECTORY"] = str(folder)
    if seal is None:
        (folder / "keys.seal").unlink(missing_ok=True)
    else:
        (folder / "keys.seal").write_bytes(seal)


def files(daemon):
    return {name: (daemon.state / name).read_bytes() for name in FILES}


def again(daemon, seal):
    daemon.stop()
    give(daemon, seal)
    daemon.start()


@contextlib.contextmanager
def trusting(daemon):
    """Clients that trust whoever answers."""
    with mock.patch.object(daemon, "tls", lambda: ssl._create_unverified_context()):        # pylint: disable=protected-access
        yield


def codes(daemon):
    answer = daemon.get("alerts")
    assert answer.status == 200, answer
    return {one["code"] for one in answer.json["items"]}


def doctor(daemon):
    """The line about the certificate."""
    done = subprocess.run([OHTCTL, "doctor", "--seconds", "0", "--socket", daemon.socket, "--json"], capture_output=True, text=True, timeout=100, check=False,
                          env=daemon.environment())
    return next(line for line in json.loads(done.stdout)["checks"] if line["check"] == "certificate")


def test_keys_are_sealed_at_the_next_start_and_stay_what_they_are(fresh):
    fresh.start()
    before, certificate = files(fresh), served(fresh)
    assert all(before[name].startswith(CLEAR) for name in KEYS)
    again(fresh, None)
    assert files(fresh) == before, "nothing changes without a credential"
    seal = os.urandom(32)
    again(fresh, seal)
    sealed = files(fresh)
    assert all(sealed[name].startswith(SEALED) for name in KEYS) and served(fresh) == certificate
    assert (sealed["ca.crt"], sealed["server.crt"]) == (before["ca.crt"], before["server.crt"])
    assert not [path for path in fresh.state.glob("**/*") if path.is_file() and CLEAR in path.read_bytes()]
    assert all((fresh.state / name).stat().st_mode & 0o777 == 0o600 for name in KEYS)
    # A renewal is sealed, too, also of the authority, and each is good behind a kill.
    assert fresh.post("system/certificate", {}).status == 200
    fresh.kill()
    fresh.start()
    renewed = files(fresh)
    assert all(renewed[name].startswith(SEALED) for name in KEYS) and renewed["ca.key"] == sealed["ca.key"]
    assert served(fresh) != certificate
    assert fresh.post("system/certificate", {"authority": True}).status == 200
    again(fresh, seal)
    assert (fresh.state / "ca.key").read_bytes().startswith(SEALED) and served(fresh)


def test_a_start_that_was_cut_between_two_files_goes_on(fresh):
    fresh.start()
    clear, certificate = files(fresh), served(fresh)
    seal = os.urandom(32)
    again(fresh, seal)
    sealed = files(fresh)
    for name in KEYS:
        fresh.stop()
        for other in KEYS:
            (fresh.state / other).write_bytes((clear if other == name else sealed)[other])
        fresh.start()
        assert served(fresh) == certificate
        assert all((fresh.state / other).read_bytes().startswith(SEALED) for other in KEYS)


def test_without_its_credential_the_robot_serves_and_spoils_nothing(fresh):
    fresh.start()
    certificate = served(fresh)
    seal = os.urandom(32)
    again(fresh, seal)
    sealed = files(fresh)
    for other in (None, os.urandom(32), b"no key"):
        again(fresh, other)
        with trusting(fresh):
            stand_in = served(fresh)
            assert files(fresh) == sealed and stand_in != certificate
            until(lambda: "certificate_stand_in" in codes(fresh), what="the alert")
            assert fresh.get("health").json["status"] == "degraded" and "ca.key: is sealed" in fresh.log()
            assert doctor(fresh)["result"] == "wrong"
            shown = fresh.get("system/certificate").json
            assert "is sealed" in shown["failed"] and shown["authority"]["pem"] == sealed["ca.crt"].decode()
            # A renewal takes the place of nothing that is sealed; a reload of the configuration goes on.
            answer = fresh.post("system/certificate", {})
            assert (answer.code, "is sealed" in answer.json["detail"]) == ("certificate_failed", True)
            reload(fresh)
            assert served(fresh) not in (certificate, None)
        fresh.kill()
        fresh.start()
        assert files(fresh) == sealed
    again(fresh, seal)
    assert files(fresh) == sealed and served(fresh) == certificate
    assert "certificate_stand_in" not in codes(fresh)


def test_a_person_who_has_lost_it_makes_another_authority(fresh):
    fresh.start()
    again(fresh, os.urandom(32))
    lost = files(fresh)
    again(fresh, None)
    with trusting(fresh):
        assert fresh.post("system/certificate", {"authority": True}).status == 200
    assert served(fresh) and all((fresh.state / name).read_bytes().startswith(CLEAR) for name in KEYS)
    until(lambda: "certificate_stand_in" not in codes(fresh), what="the end of the alert")
    kept = [path.read_bytes() for path in fresh.state.glob("ca.key.*")]
    assert kept == [lost["ca.key"]], "set aside: the credential may come back"
    again(fresh, None)
    assert served(fresh)


def kept_secrets(daemon):
    with contextlib.closing(sqlite3.connect(daemon.state / "oht.db")) as database:
        return [text for row in database.execute("SELECT secret, secret_before FROM webhooks ORDER BY id") for text in row]


def told(daemon, receiver, path, webhook):
    """A test message, once it has come."""
    before = len(receiver.at(path))
    assert daemon.post(f"webhooks/{webhook['id']}/test", {}, role="administrator").status == 200
    return until(lambda: receiver.at(path)[before:], what="the message")[-1]


def test_secrets_of_webhooks_are_sealed_and_wait_for_their_credential(fresh, tmp_path):
    certificate = make_certificate(tmp_path, "trusted")
    receiver = Receiver(*certificate)
    with contextlib.ExitStack() as stack:
        stack.callback(receiver.end)
        fresh.write_config(webhooks_destinations=f"127.0.0.1:{receiver.port}", webhooks_authorities=certificate[0], webhooks_timeout_s=60,
                           webhooks_sender=SENDER)
        fresh.start()
        first = add(fresh, receiver, "/first")
        assert kept_secrets(fresh) == [first["secret"], ""]
        seal = os.urandom(32)
        again(fresh, seal)
        second = add(fresh, receiver, "/second")
        changed = fresh.post(f"webhooks/{second['id']}/secret", {}, role="administrator").json["secret"]
        fresh.kill()
        assert [text[:7] for text in kept_secrets(fresh)] == ["sealed:", "", "sealed:", "sealed:"]
        clear = [secret.encode() for secret in (first["secret"], second["secret"], changed)]
        assert not [path for path in fresh.state.glob("**/*") if path.is_file() and any(secret in path.read_bytes() for secret in clear)]
        fresh.start()
        assert is_signed(told(fresh, receiver, "/first", first), first["secret"])
        message = told(fresh, receiver, "/second", second)
        assert is_signed(message, second["secret"]) and is_signed(message, changed)
        # Without it nothing is sent, spoilt or given up; a new secret is good at once.
        kept = kept_secrets(fresh)
        for other in (None, os.urandom(32)):
            again(fresh, other)
            with trusting(fresh):
                assert fresh.post(f"webhooks/{first['id']}/test", {}, role="administrator").status == 200
                until(lambda: "webhooks_sealed" in codes(fresh), what="the alert")
                assert fresh.get("health").json["status"] == "degraded"
        count = len(receiver.at("/first"))
        with trusting(fresh):
            anew = fresh.post(f"webhooks/{second['id']}/secret", {}, role="administrator").json["secret"]
            assert is_signed(told(fresh, receiver, "/second", second), anew)
            shown = fresh.get(f"webhooks/{first['id']}", role="administrator").json
        # Beside both tests what an alert of these starts has to say may wait.
        assert len(receiver.at("/first")) == count and shown["waiting_count"] >= 2 and (shown["failures"], shown["dead_count"]) == (0, 0), shown
        assert kept_secrets(fresh)[:2] == kept[:2]
        again(fresh, seal)
        waited = until(lambda: len(receiver.at("/first")) >= count + 2 and receiver.at("/first")[count:], what="what has waited")
        assert all(is_signed(one, first["secret"]) for one in waited)
        until(lambda: fresh.get(f"webhooks/{first['id']}", role="administrator").json["waiting_count"] == 0, what="the end of the queue")
        # The secret of the other is of another credential now.
        assert "webhooks_sealed" in until(lambda: codes(fresh) & {"webhooks_sealed"}, what="the alert")
