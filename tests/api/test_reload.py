# SPDX-License-Identifier: GPL-2.0-or-later
"""SIGHUP: another certificate beside clients that connect, and files that cannot be used."""
import concurrent.futures
import shutil
import signal
import ssl
import threading

import pytest

from clocks import Skewed
from daemon import begin
from oht_test.wait import until

RELOADS = 200


def reload(daemon, line="main reload:"):
    """SIGHUP; returns when the daemon has said what came of it."""
    before = daemon.log().count(line)
    daemon.process.send_signal(signal.SIGHUP)
    until(lambda: daemon.log().count(line) > before, what="an answer to SIGHUP")


def use(daemon, pair):
    """Put the files of a pair in the place that the configuration names."""
    for suffix in ("crt", "key"):
        shutil.copy(daemon.folder / f"{pair}.{suffix}", daemon.folder / f"used.{suffix}")


@pytest.fixture(name="pairs", scope="module")
def fixture_pairs(tmp_path_factory, accounts):
    """Two certificates of one authority with their keys, as the daemon makes them, and the authority."""
    made = begin(tmp_path_factory.mktemp("pairs"), accounts)
    try:
        made.start()
        for pair in ("one", "two"):
            for suffix in ("crt", "key"):
                shutil.copy(made.state / f"server.{suffix}", made.folder / f"{pair}.{suffix}")
            (made.state / "server.crt").unlink()
            reload(made)
        shutil.copy(made.state / "ca.crt", made.folder)
        made.stop()
        yield made.folder
    finally:
        made.end()


@pytest.fixture(name="paired")
def fixture_paired(fresh, pairs):
    """A daemon on files of its own, two pairs of one authority, the first one in use."""
    for name in ("one.crt", "one.key", "two.crt", "two.key"):
        shutil.copy(pairs / name, fresh.folder)
    shutil.copy(pairs / "ca.crt", fresh.state)
    use(fresh, "one")
    fresh.write_config(tls_certificate=fresh.folder / "used.crt", tls_key=fresh.folder / "used.key")
    fresh.start()
    return fresh


def der(daemon, pair):
    """The leaf of a pair as it goes over the wire."""
    text = (daemon.folder / f"{pair}.crt").read_text()
    return ssl.PEM_cert_to_DER_cert(text[:text.index("-----END") + len("-----END CERTIFICATE-----\n")])


def served(daemon):
    """The certificate that a new connection gets."""
    with daemon.connect() as sock:
        return sock.getpeercert(binary_form=True)


def is_alive(sock):
    """One request on a connection that stays."""
    sock.sendall(b"GET /api/v1/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    data = b""
    while not data.endswith(b"}"):        # of the JSON
        more = sock.recv(65536)
        if not more:
            return False
        data += more
    return data.startswith(b"HTTP/1.1 200")


@pytest.mark.slow
def test_two_hundred_reloads_beside_connecting_clients(paired):
    both = {der(paired, "one"), der(paired, "two")}
    ended = threading.Event()
    seen = set()

    def client():
        count = 0
        while not ended.is_set():
            with paired.connect() as sock:
                seen.add(sock.getpeercert(binary_form=True))
                assert is_alive(sock)
            count += 1
        return count

    with paired.connect() as old, concurrent.futures.ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(client) for _ in range(4)]
        try:
            for number in range(RELOADS):
                pair = ("two", "one")[number % 2]
                use(paired, pair)
                # Not by the log, which leaves lines out when there are too many.
                paired.process.send_signal(signal.SIGHUP)
                until(lambda pair=pair: served(paired) == der(paired, pair), what="the other certificate")
                assert is_alive(old), "a connection outlives the certificate it was made with"
        finally:
            ended.set()
        assert sum(each.result() for each in clients) > 20
    assert seen == both
    assert served(paired) == der(paired, "one")
    paired.stop()


# ---- without a signal ----

def test_changed_files_are_read_by_themselves(paired):
    with paired.connect() as old:
        use(paired, "two")
        until(lambda: served(paired) == der(paired, "two"), what="the other certificate")
        assert is_alive(old), "a connection outlives the certificate it was made with"
    # Put in place by a rename, as tools that renew certificates do.
    for suffix in ("crt", "key"):
        shutil.copy(paired.folder / f"one.{suffix}", paired.folder / f"new.{suffix}")
    for suffix in ("crt", "key"):
        (paired.folder / f"new.{suffix}").rename(paired.folder / f"used.{suffix}")
    until(lambda: served(paired) == der(paired, "one"), what="the first certificate again")


def test_half_a_change_leaves_the_old_certificate_in_use(paired):
    shutil.copy(paired.folder / "two.crt", paired.folder / "used.crt")
    until(lambda: "certificate_not_read: " in paired.log(), what="a word about the key that does not belong to it")
    assert served(paired) == der(paired, "one")
    assert paired.log().count("certificate_not_read: ") == 1
    shutil.copy(paired.folder / "two.key", paired.folder / "used.key")
    until(lambda: served(paired) == der(paired, "two"), what="the other certificate")


def test_own_certificate_is_renewed_while_running(fresh):
    skewed = Skewed(fresh)
    Skewed(fresh, "OHT_SHIM_KEPT").set(1)        # or it is good from the day of the build on
    fresh.checks_time = False        # that of the certificate is a year ahead
    fresh.start()
    before = served(fresh)
    authority = (fresh.state / "ca.crt").read_text()
    skewed.set(365 * 86400)
    until(lambda: "clock_jumped" in fresh.log(), what="a word about the jump")
    reload(fresh)
    assert served(fresh) == before, "it is good for 31 days more"
    skewed.set(370 * 86400)
    until(lambda: served(fresh) != before, what="a new certificate")
    assert (fresh.state / "ca.crt").read_text() == authority
    renewed = served(fresh)
    fresh.stop()
    fresh.start()
    assert served(fresh) == renewed, "and once is enough"


@pytest.mark.plain("filter")
def test_renewal_that_fails_is_tried_again_and_told(fresh):
    skewed = Skewed(fresh)
    fresh.checks_time = False        # that of the certificate is a year ahead
    fresh.start()
    before = served(fresh)
    (fresh.state / "ca.key").rename(fresh.state / "elsewhere")
    skewed.set(370 * 86400)
    until(lambda: "certificate_not_renewed: " in fresh.log(), what="a word about it")
    assert f"{fresh.state}/ca.key: missing beside ca.crt" in fresh.log()
    assert served(fresh) == before
    (fresh.state / "elsewhere").rename(fresh.state / "ca.key")
    reload(fresh)
    assert served(fresh) != before


def spoil_certificate(folder):
    """Nonsense in the certificate's file."""
    (folder / "used.crt").write_text("nonsense")


def spoil_key(folder):
    """Nonsense in the key's file."""
    (folder / "used.key").write_text("nonsense")


def swap_key(folder):
    """A key that belongs to another certificate."""
    shutil.copy(folder / "two.key", folder / "used.key")


def remove_key(folder):
    """No key at all."""
    (folder / "used.key").unlink()


def cut_certificate(folder):
    """As a copy that has not ended."""
    file = folder / "used.crt"
    file.write_bytes(file.read_bytes()[:200])


@pytest.mark.plain("filter")
@pytest.mark.parametrize("spoil, name", [(spoil_certificate, "used.crt"), (cut_certificate, "used.crt"),
                                         (spoil_key, "used.key"), (swap_key, "used.key"), (remove_key, "used.key")])
def test_files_that_cannot_be_used_change_nothing(paired, spoil, name):
    spoil(paired.folder)
    lines = len(paired.log().splitlines())
    reload(paired)
    # The robot may begin at the same moment, and a late host may have the files looked at once more.
    said = {line.split(" ", 2)[2] for line in paired.log().splitlines()[lines:] if " robot " not in line}
    assert len(said) == 1, said
    assert f"main reload: {paired.folder}/{name}: " in (line := said.pop()) and line.endswith("; nothing changed")
    assert served(paired) == der(paired, "one")
    use(paired, "two")
    reload(paired)
    assert served(paired) == der(paired, "two"), "and the next good one is taken"
