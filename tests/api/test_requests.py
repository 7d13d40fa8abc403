# SPDX-License-Identifier: GPL-2.0-or-later
"""What the server lets nobody do: framing, sizes, methods, bodies, TLS."""
import concurrent.futures
import gzip
import json
import os
import socket
import ssl
import subprocess
import time

import pytest

from daemon import BUILD
from oht_test.wait import until

HEAD = b"Host: localhost\r\n"
# Of a test with a client that is to be cut off, which happens after 10 s; a busy host needs more.
PATIENCE_S = 60
SECURITY = ("content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy")


def status_of(raw):
    """Status of a raw answer, 0 when there was none."""
    return int(raw.split(b" ", 2)[1]) if raw.startswith(b"HTTP/1.") else 0


def line(method="GET", path="/api/v1/health", version="HTTP/1.1", headers=HEAD, body=b""):
    """A request as bytes that closes its connection."""
    return f"{method} {path} {version}\r\n".encode("latin-1") + headers + b"Connection: close\r\n\r\n" + body


# ---- TLS ----

def test_tls_1_2_is_refused(daemon):
    context = daemon.tls()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", daemon.port), 10) as raw:
        with pytest.raises(ssl.SSLError):
            context.wrap_socket(raw, server_hostname="localhost")


def test_certificate_is_checked_by_the_device_authority(daemon):
    with daemon.connect() as sock:
        assert sock.version() == "TLSv1.3"
        names = {value for _, value in sock.getpeercert()["subjectAltName"]}
    assert {"localhost", "127.0.0.1"} <= names
    with socket.create_connection(("127.0.0.1", daemon.port), 10) as raw:
        with pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(raw, server_hostname="localhost")


def test_http2_is_not_offered(daemon):
    context = daemon.tls()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", daemon.port), 10) as raw:
        with context.wrap_socket(raw, server_hostname="localhost") as sock:
            assert sock.selected_alpn_protocol() == "http/1.1"


def test_http2_preface_is_refused(daemon):
    answer = daemon.raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
    assert status_of(answer) in (0, 400, 505)
    assert b"\0\0\0\4" not in answer


def test_upgrade_to_h2c_is_ignored(daemon):
    answer = daemon.raw(b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close, Upgrade, "
                        b"HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
    assert status_of(answer) == 200


def in_clear(daemon, sent):
    """All that comes for bytes that are sent without TLS."""
    with socket.create_connection(("127.0.0.1", daemon.port), 10) as raw:
        raw.sendall(sent)
        return raw.makefile("rb").read()


@pytest.mark.parametrize("sent", [line(), line("POST", body=b"x" * 3000000), b"GET / HTTP/1.1\r\nHost: evil\r\n",
                                  b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"P"], ids=["get", "long", "unfinished", "http2", "byte"])
def test_http_in_clear_is_told_to_use_https(daemon, sent):
    head, body = in_clear(daemon, sent).split(b"\r\n\r\n")
    assert head.split(b"\r\n") == [b"HTTP/1.1 400 Bad Request", b"connection: close", b"content-type: text/plain",
                                   b"content-length: %d" % len(body)]
    assert body == b"This port speaks HTTPS: use https://\n"


@pytest.mark.parametrize("sent", [b"get / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\0" * 20, b"@" * 20, b"[" * 20, b"\xff" * 20])
def test_bytes_that_are_neither_tls_nor_http_get_nothing(daemon, sent):
    assert in_clear(daemon, sent) == b""


def test_client_hello_may_come_byte_by_byte(daemon):
    come, go = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = daemon.tls().wrap_bio(come, go, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", daemon.port), 10) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def talk(act):
            while True:
                try:
                    return act()
                except ssl.SSLWantReadError:
                    for byte in go.read():
                        raw.sendall(bytes([byte]))
                    come.write(raw.recv(65536))

        talk(client.do_handshake)
        client.write(line())
        assert status_of(talk(lambda: client.read(100))) == 200


@pytest.mark.plain("filter")
def test_garbage_instead_of_tls_does_not_hurt(daemon, chance):
    for data in (b"\0" * 500, b"\x16\x03\x01\xff\xff" + b"A" * 300, chance.randbytes(1000)):
        with socket.create_connection(("127.0.0.1", daemon.port), 10) as raw:
            raw.sendall(data)
    assert daemon.get("health", role=None).status == 200


# ---- the request line and headers ----

@pytest.mark.parametrize("request_bytes, expected", [
    (line(method="get"), 400),
    (line(method="GeT"), 400),
    (line(version="HTTP/1.0"), 200),
    (line("POST", version="HTTP/1.0", path="/api/v1/auth/login", headers=b""), 400),
    (line(version="HTTP/1.0", path="/api/v1/robot", headers=b""), 400),
    (line(version="HTTP/1.0", path="/metrics", headers=b""), 400),
    (line(version="HTTP/1.0", path="/browser.js", headers=b""), 400),
    (line(version="HTTP/1.0", headers=b"Host: evil.example\r\n"), 421),
    (line(version="HTTP/1.0", path="/", headers=b"Host: evil.example\r\n"), 421),
    (line(version="HTTP/1.0", path="/api/v1/ws"), 505),
    (line(version="HTTP/1.0", method="POST", headers=HEAD + b"Transfer-Encoding: chunked\r\n", body=b"0\r\n\r\n"), 400),
    (line(headers=b"Host: localhost.\r\n"), 200),
    (line(headers=b"Host: .\r\n"), 421),
    (line(headers=b""), 400),
    (line(headers=b"Host: evil.example\r\n"), 421),
    (line(headers=b"Host: localhost.evil.example\r\n"), 421),
    (line(headers=b"Host: LOCALHOST:1\r\n"), 200),
    (line(headers=b"Host: 127.0.0.1:8443\r\n"), 200),
    (line(headers=b"Host: [::1]:8443\r\n"), 200),
    (line(path="/api/v1/health%00"), 400),
    (line(path="/api/v1/%0d%0aX:y"), 400),
    (line(path="/api/v1/h\xe9alth"), 400),
    (line(path="http://localhost/api/v1/health"), 400),
    (line(path="*"), 400),
    (line(path="/" + "a" * 1100), 414),
    (line(path="/api/v1/./robot/../health"), 200),
    (line(path="/../../../etc/passwd"), 404),
    (line(path="/%2e%2e/%2e%2e/etc/passwd"), 404),
    (line(headers=HEAD + b"X: a\r\n b\r\n"), 400),
    (line(headers=HEAD + b"".join(b"X-%d: y\r\n" % i for i in range(98))), 431),
    (line(headers=HEAD + b"".join(b"X-%d: y\r\n" % i for i in range(150))), 400),
    (line(headers=HEAD + b"X: " + b"y" * 70000 + b"\r\n"), 431),
    (line(headers=HEAD + b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"), 400),
    (line(headers=HEAD + b"Content-Length: 2\r\n", body=b"{}"), 400),
    (line(method="POST", headers=HEAD + b"Content-Length: -1\r\n"), 400),
    (line(method="POST", headers=HEAD + b"Content-Length: 1x\r\n", body=b"{}"), 400),
    (line(method="POST", headers=HEAD + b"Transfer-Encoding: gzip\r\n"), 400),
    (line(method="POST", headers=HEAD + b"Transfer-Encoding: chunked\r\n", body=b"zz\r\n"), 400),
    (line(method="POST", headers=HEAD + b"Content-Length: 2\r\nExpect: a miracle\r\n"), 417),
    (line(headers=HEAD + HEAD), 400),
    (line(headers=HEAD + b"hOsT: evil.example\r\n"), 400),
    (line(headers=HEAD + b"X: a\n"), 400),
    (line(headers=HEAD + b"X: a\1\r\n"), 400),
    (line().replace(b"\r\n", b"\n"), 400),
    (b"\r\n\r\n\r\n\r\n\r\n", 400),
    (b"GET\r\n\r\n", 400),
    (b"\0\1\2\3\4\5\6\7\r\n\r\n", 400),
])
def test_bad_request_is_refused(daemon, request_bytes, expected):
    answer = daemon.raw(request_bytes)
    assert status_of(answer) == expected, answer[:300]
    if expected >= 400 and b"\r\n\r\nBad Request" not in answer:        # what h2o cannot parse at all
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"application/problem+json" in head
        assert json.loads(body)["status"] == expected
        for name in SECURITY:
            assert name.encode() in head.lower()


# ---- what machines in front ask for, as it comes ----

READY = "/api/v1/health/ready"
OWN = b"Host: 127.0.0.1:@\r\n"
PROBES = {
    "HAProxy, option httpchk": b"OPTIONS / HTTP/1.0\r\n\r\n",
    "HAProxy, option httpchk URI": f"OPTIONS {READY} HTTP/1.0\r\n\r\n".encode(),
    "HAProxy, option httpchk GET URI": f"GET {READY} HTTP/1.0\r\n\r\n".encode(),
    "Apache, HEAD": f"HEAD {READY} HTTP/1.0\r\n\r\n".encode(),
    "nginx, check of a module": b"GET / HTTP/1.0\r\n\r\n",
    "check_http": b"HEAD / HTTP/1.0\r\nUser-Agent: check_http/v2.3.3 (nagios-plugins 2.3.3)\r\nConnection: close\r\n\r\n",
    "keepalived": f"GET {READY} HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\n".encode() + OWN + b"\r\n",
    "Kubernetes": line(path=READY, headers=OWN + b"User-Agent: kube-probe/1.29\r\nAccept: */*\r\n"),
    "AWS": line(path="/", headers=OWN + b"User-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\n"),
    "GCP": line(path="/", headers=b"Host: 127.0.0.1\r\nUser-Agent: GoogleHC/1.0\r\n"),
    "Go": line(path=READY, headers=OWN + b"User-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n"),
    "curl -0": line(path=READY, version="HTTP/1.0", headers=OWN + b"User-Agent: curl/7.88.1\r\nAccept: */*\r\n"),
    "wget": line(path=READY, headers=b"User-Agent: Wget/1.21.3\r\nAccept: */*\r\nAccept-Encoding: identity\r\n" + OWN),
    "only texts": line(path=READY, headers=OWN + b"Accept: text/html, text/plain\r\n"),
    "past caches": line(path=f"{READY}?_=1730000000000&x", headers=OWN), "a broken query": line(path="/api/v1/health?%zz", headers=OWN),
}


@pytest.mark.parametrize("who", PROBES)
def test_probes_of_machines_in_front_find_it_up(daemon, who):
    assert status_of(daemon.raw(PROBES[who].replace(b"@", str(daemon.port).encode()))) in (200, 204)


# ---- what browsers and proxies add ----

FOREIGN = {"fifty headers": b"".join(b"X-%d: y\r\n" % i for i in range(50)),
           "many headers": b"".join(b"X-%d: y\r\n" % i for i in range(95)),
           "cookies of 20 KiB": b"Cookie: " + b"; ".join(b"c%d=%s" % (i, b"v" * 1000) for i in range(20)) + b"\r\n",
           "headers of 90 KiB": b"".join(b"X-%d: %s\r\n" % (i, b"y" * 1000) for i in range(90))}
STOP_ONLY = {"many headers", "headers of 90 KiB"}


@pytest.mark.parametrize("what", FOREIGN)
def test_headers_of_others_do_not_refuse_a_stop(daemon, what):
    proof = b"Authorization: Bearer " + daemon.token("operator").encode() + b"\r\n"
    assert status_of(daemon.raw(line("POST", "/api/v1/safety/stop", headers=HEAD + proof + FOREIGN[what]))) == 200
    assert status_of(daemon.raw(line(headers=HEAD + proof + FOREIGN[what]))) == (431 if what in STOP_ONLY else 200)


@pytest.mark.parametrize("version, headers, body", [
    ("HTTP/1.1", b"Host: another.example\r\n", b""), ("HTTP/1.0", b"", b""), ("HTTP/1.0", b"Host: another.example\r\n", b""),
    ("HTTP/1.1", HEAD + b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n0\r\n\r\n"),
    ("HTTP/1.1", HEAD + b"Content-Type: text/plain\r\nContent-Length: 7000\r\n", b"x" * 7000),
    ("HTTP/1.1", HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n", b"abc"),
])
def test_no_host_body_or_version_refuses_a_stop(daemon, version, headers, body):
    proof = b"Authorization: Bearer " + daemon.token("operator").encode() + b"\r\n"
    assert status_of(daemon.raw(line("POST", "/api/v1/safety/stop", version, headers + proof, body))) == 200
    # Who it is, is asked all the same.
    assert status_of(daemon.raw(line("POST", "/api/v1/safety/stop", version, headers, body))) == 401


STOP = "/api/v1/safety/stop"
ODD_LINES = [("POST", f"/{STOP}"), ("POST", f"{STOP}/"), ("POST", "/api//v1/safety/stop//"), ("POST", "/API/v1/Safety/STOP"),
             ("POST", "/api/v1/safety/%73to%70"), ("POST", "/api%2fv1/safety/stop"), ("POST", f"{STOP}?_=1&=%zz"),
             ("POST", f"{STOP}#now"), ("POST", f"https://localhost:8443{STOP}"), ("POST", f"http://another.example{STOP}/?x"),
             ("post", STOP)]
ODD_HEADERS = {"Expect": b"Expect: a miracle\r\nContent-Length: 2\r\n", "110 headers": b"".join(b"X-%d: y\r\n" % i for i in range(110)),
               "1,024 headers": b"".join(b"X-%d: y\r\n" % i for i in range(1021)), "Host twice": b"Host: b\r\n",
               "folded": b"X: a\r\n b\r\n", "LF": b"X: a\n", "control bytes": b"X: a\1\x1b:\x7f\r\n \2\r\nUser-Agent: \x0b\xff\n",
               "gzip, chunked": b"Transfer-Encoding: gzip, chunked\r\n", "two ends": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
               "two lengths": b"Content-Length: 2\r\nContent-Length: 3\r\n", "no length": b"Content-Length: -1\r\n",
               "1 MiB to come": b"Content-Length: 1048576\r\n",
               "110 of each kept": b"".join(b"%s: a\r\n" % name * 110 for name in (b"X-Forwarded-For", b"Forwarded", b"X-Request-Id", b"Connection", b"Host"))}


@pytest.mark.parametrize("method, path", ODD_LINES)
def test_no_form_of_the_line_refuses_a_stop(daemon, method, path):
    proof = b"Authorization: Bearer " + daemon.token("operator").encode() + b"\r\n"
    answer = daemon.raw(line(method, path, headers=HEAD + proof))
    assert (status_of(answer), json.loads(answer.partition(b"\r\n\r\n")[2])["state"]) == (200, "stopped"), answer
    assert status_of(daemon.raw(line(method, path))) == 401


@pytest.mark.parametrize("what", ODD_HEADERS)
def test_no_header_refuses_a_stop(daemon, what):
    proof = b"Authorization: Bearer " + daemon.token("operator").encode() + b"\r\n"
    assert status_of(daemon.raw(line("POST", STOP, headers=HEAD + proof + ODD_HEADERS[what]))) == 200
    assert status_of(daemon.raw(line("POST", STOP, headers=HEAD + ODD_HEADERS[what]))) == 401


GOOD = b"Authorization: Bearer @\r\n"
PROOFS = {"blanks": (b"Authorization:Bearer   @  \r\n", 200), "tabs": (b"Authorization:\tbearer\t \t@\t \r\n", 200),
          "Basic behind": (GOOD + b"Authorization: Basic YTpi\r\n", 200), "a byte in another": (b"Authorization: Bearer a\1\r\n" + GOOD, 200),
          "the fourth": (b"Authorization: Bearer a\r\n" * 3 + GOOD, 200), "a viewer's in front": (b"Authorization: Bearer %\r\n" + GOOD, 200),
          "and 200 more": (GOOD + b"Authorization: Bearer a\r\n" * 200, 200), "the fifth": (b"Authorization: Bearer a\r\n" * 4 + GOOD, 401),
          "none good": (b"Authorization: Bearer a\r\nAuthorization: Basic YTpi\r\n", 401), "a blank within": (b"Authorization: Bearer @ @\r\n", 401),
          "no blank": (b"Authorization: Bearer@\r\n", 401), "a viewer's": (b"Authorization: Bearer a\r\nAuthorization: Bearer %\r\n", 403)}


@pytest.mark.parametrize("what", PROOFS)
def test_one_good_token_stops(daemon, what):
    headers, expected = PROOFS[what]
    headers = headers.replace(b"@", daemon.token("operator").encode()).replace(b"%", daemon.token("viewer").encode())
    assert status_of(daemon.raw(line("POST", STOP, headers=HEAD + headers))) == expected


def test_a_head_with_control_bytes_that_comes_in_pieces_stops_and_ends_its_connection(daemon):
    """A reader that takes 0x0b for the end of a line sees a body there, which must not become a request here."""
    proof = b"Authorization: Bearer " + daemon.token("operator").encode() + b"\r\n"
    with daemon.connect(5) as sock:
        for piece in (f"POST {STOP} HTTP/1.1\r\nX: a\1".encode(), b"b\x0bContent-Length: 63\r\n" + HEAD, proof + b"X: \2\r\n\r\n" + line()):
            sock.sendall(piece)
            time.sleep(0.05)
        assert sock.makefile("rb").read().count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("header", [b"X: a\rb\r\n", b"X: a\1\rb\r\n", b"X: a\0\r\n", b"X\1: a\r\n", b"X\1\r\n"], ids=str)
def test_what_may_be_another_head_stops_nothing(daemon, header):
    proof = b"Authorization: Bearer " + daemon.token("operator").encode() + b"\r\n"
    assert status_of(daemon.raw(line("POST", STOP, headers=HEAD + proof + header))) == 400


@pytest.mark.parametrize("method, path, expected", [
    ("POST", f"{STOP}p", 404), ("POST", STOP[:-1], 404), ("POST", f"{STOP}/now", 404), ("POST", "/api/v1/safety/st%6", 404),
    ("POST", f"x{STOP}", 400), ("POST", f"/x{STOP}", 404), ("POST", f"/x?{STOP}", 404), ("GET", f"{STOP}/", 404), ("get", STOP, 400)])
def test_what_is_not_the_stop_does_not_stop(daemon, method, path, expected):
    proof = b"Authorization: Bearer " + daemon.token("operator").encode() + b"\r\n"
    assert status_of(daemon.raw(line(method, path, headers=HEAD + proof))) == expected


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {"Accept": "image/png"}, {"Content-Encoding": "br"}], ids=str)
def test_no_form_refuses_the_end_of_a_motion(daemon, headers):
    def ask(verb):
        return daemon.request("POST", "robot/commands", f'{{"verb":"{verb}"}}'.encode(), role="operator", headers=headers).status

    assert [ask(verb) in (200, 409) for verb in ("stop", "pause", "disable")] == [True] * 3
    assert ask("home") in (406, 415) and ask("fly") in (406, 415)


@pytest.mark.parametrize("body", [b"Content-Length: 2\r\n\r\n", b"Content-Length: 10\r\n\r\n{}", b"Content-Length: 200000\r\n\r\n",
                                  b"Transfer-Encoding: chunked\r\n\r\n",
                                  b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n{}\r\n",
                                  b"Transfer-Encoding: chunked\r\n\r\n493e0\r\nxxx"], ids=lambda body: body[:50].decode())
def test_a_stop_waits_for_no_body_and_no_body_refuses_it(daemon, body):
    proof = b"Authorization: Bearer " + daemon.token("operator").encode() + b"\r\n"
    with daemon.connect(5) as sock:
        sock.sendall(f"POST {STOP} HTTP/1.1\r\n".encode() + HEAD + proof + body)
        assert status_of(sock.recv(4096)) == 200


def test_a_kept_connection_goes_on_behind_an_odd_stop(daemon):
    proof = b"Authorization: Bearer " + daemon.token("operator").encode() + b"\r\n"
    odd = f"POST /{STOP}/ HTTP/1.1\r\n".encode() + HEAD + proof + ODD_HEADERS["110 headers"] + b"Content-Length: 2\r\n\r\n{}"
    assert daemon.raw(odd + odd + line()).count(b"HTTP/1.1 200 ") == 3


def test_a_compressed_body_is_refused_as_that(daemon):
    answer = daemon.request("POST", "auth/login", gzip.compress(b'{"username":"anna","password":"x"}'), headers={"Content-Encoding": "gzip"})
    assert (answer.status, answer.code, answer.headers["accept-encoding"]) == (415, "content_type", "identity")


def test_a_body_in_chunks_is_read_up_to_its_limit(daemon):
    def login(*parts):
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        return status_of(daemon.raw(line("POST", "/api/v1/auth/login", headers=HEAD + JSON + b"Transfer-Encoding: chunked\r\n", body=chunks)))

    assert login(b'{"username":"viewer",', b'"password":"correct horse battery"}') == 200
    assert login(b'{"username":"viewer"', b" " * 70000, b"}") == 413
    # Little more than is read: what is left in the client's buffers would cost it the answer.
    assert login(b'{"username":"viewer"', *[b" " * 60000] * 4, b" " * 30000) == 413


def test_blanks_around_a_user_name_are_no_part_of_it(daemon):
    assert daemon.login("viewer ").status == daemon.login(" viewer\t").status == 200
    assert daemon.login("view er").status == 401


def test_the_host_name_is_taken_in_each_form(daemon):
    name = socket.gethostname()
    for host in (name, f"{name}.", f"{name}.local", f"{name}.LOCAL.:1"):
        assert status_of(daemon.raw(line(headers=f"Host: {host}\r\n".encode()))) == 200, host
    for host in (f"{name}.local.example", f"{name}..", f"x{name}.local"):
        assert status_of(daemon.raw(line(headers=f"Host: {host}\r\n".encode()))) == 421, host
    assert f"{name}.local" in daemon.get("system/certificate", role="administrator").json["names"]


def test_a_name_with_an_underscore_is_taken(fresh):
    """The machine's own, and one that somebody has written down."""
    fresh.write_config(http_names="agv_02")
    fresh.prefix = ["unshare", "-u", "sh", "-c", 'echo agv_01 >/proc/sys/kernel/hostname && exec "$@"', "sh"]
    fresh.start()
    for host in ("agv_01", "AGV_01.:8443", "agv_01.local", "agv_02"):
        assert status_of(fresh.raw(line(headers=f"Host: {host}\r\n".encode()))) == 200, host
    for host in ("agv_03", "agv-01", "_agv_01"):
        assert status_of(fresh.raw(line(headers=f"Host: {host}\r\n".encode()))) == 421, host
    raw = socket.create_connection(("127.0.0.1", fresh.port), 20)
    with ssl.create_default_context(cafile=fresh.state / "ca.crt").wrap_socket(raw, server_hostname="agv_01") as sock:
        assert {("DNS", "agv_01.local"), ("DNS", "agv_02")} <= set(sock.getpeercert()["subjectAltName"])
    fresh.stop()


def test_a_name_that_the_machine_gets_later_is_taken(fresh):
    """A board boots with the name of its image; DHCP or a person gives it the one of the site, with its domain."""
    def call_it(name):
        subprocess.run(["nsenter", "-u", "-t", str(fresh.process.pid), "sh", "-c", f"echo {name} >/proc/sys/kernel/hostname"], check=True)
    fresh.prefix = ["unshare", "-u", "sh", "-c", 'echo agv-01.plant.example >/proc/sys/kernel/hostname && exec "$@"', "sh"]
    fresh.start()

    def taken(host):
        return status_of(fresh.raw(line(headers=f"Host: {host}\r\n".encode()))) == 200

    def certified():
        return set(fresh.get("system/certificate", role="administrator").json["names"])
    both = {"agv-01.plant.example", "agv-01", "agv-01.local"}
    assert all(map(taken, both)) and both <= certified()
    assert not taken("agv-01.plant.example.local") and not taken("mill.agv-01.plant.example")
    # A subdomain, since the authority permits no other name.
    call_it("mill.agv-01.plant.example")
    assert taken("mill.agv-01.plant.example") and not taken("mill.plant.example")
    until(lambda: "mill.agv-01.plant.example" in certified(), what="the certificate with the new name")
    call_it("press-7")
    assert taken("press-7") and taken("press-7.local")
    until(lambda: "host_renamed: this machine is called press-7 now" in fresh.log(), what="the line about it")
    assert "press-7" not in certified()
    # No name is none: the one before stays.
    call_it("localhost")
    assert not taken("press-8") and taken("localhost")
    assert fresh.log().count("host_renamed") == 2
    fresh.stop()


@pytest.mark.parametrize("host, code", [("agv_01.invalid", 3), ("agv01.invalid.", 3), ("agv..invalid", 2), ("-agv.invalid", 2), (".invalid", 2)])
def test_ohtctl_takes_the_same_names(tmp_path, host, code):
    """What may be a name is asked for, and is not there; what may not is refused."""
    done = subprocess.run([BUILD / "userspace/ohtctl/ohtctl", "status", "--url", f"https://{host}:8443"], capture_output=True, text=True,
                          check=False, timeout=60, env={**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)})
    assert done.returncode == code, done


# ---- where one request ends and the next one begins ----

JSON = b"Content-Type: application/json\r\n"
LOGIN = b'{"username":"nobody","password":"nothing at all"}'
LENGTH = b"Content-Length: %d\r\n" % len(LOGIN)
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(LOGIN), LOGIN)
# Bytes that a server which takes the other length answers as a request of their own.
SMUGGLED = b"GET /api/v1/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
AMBIGUOUS = {
    "two lengths": (LENGTH + b"Content-Length: 5\r\n", LOGIN),
    "two lengths, the other way round": (b"Content-Length: 5\r\n" + LENGTH, LOGIN),
    "the same length twice": (LENGTH + LENGTH, LOGIN),
    "names in other letters": (LENGTH + b"content-LENGTH: 0\r\n", LOGIN),
    "a list of lengths": (b"Content-Length: 5, 5\r\n", LOGIN),
    "length and chunks": (LENGTH + b"Transfer-Encoding: chunked\r\n", CHUNKED),
    "chunks and length": (b"Transfer-Encoding: chunked\r\n" + LENGTH, CHUNKED),
    "chunks twice": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", CHUNKED),
    "chunks and nothing": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", CHUNKED),
    "chunks in a list": (b"Transfer-Encoding: gzip, chunked\r\n", CHUNKED),
    "a blank in front of the colon": (LENGTH + b"Transfer-Encoding : chunked\r\n", LOGIN),
    "a line end without CR": (LENGTH + b"X: y\nContent-Length: 5\r\n", LOGIN),
}


def ambiguous(kind):
    """A request whose length can be read in two ways, and a further one behind it."""
    headers, body = AMBIGUOUS[kind]
    return b"POST /api/v1/auth/login HTTP/1.1\r\n" + HEAD + JSON + headers + b"\r\n" + body + SMUGGLED


def refused_and_closed(raw, before=0):
    """`before` good answers, then one refusal, and nothing behind it."""
    assert raw.count(b"HTTP/1.1 ") == before + 1, raw
    assert raw.count(b"HTTP/1.1 200 ") == before
    assert b"HTTP/1.1 400 " in raw


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_a_length_that_can_be_read_in_two_ways_is_refused(daemon, kind):
    refused_and_closed(daemon.raw(ambiguous(kind)))


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_also_behind_good_requests_on_the_same_connection(daemon, kind):
    refused_and_closed(daemon.raw(SMUGGLED * 3 + ambiguous(kind)), before=3)


@pytest.mark.parametrize("kind", ["two lengths", "chunks and length"])
def test_also_when_it_comes_in_pieces(daemon, kind):
    with daemon.connect() as sock:
        for byte in ambiguous(kind):
            try:
                sock.sendall(bytes([byte]))
            except OSError:        # it has been answered and closed before the last byte
                break
        raw = b""
        try:
            while more := sock.recv(65536):
                raw += more
        except OSError:
            pass
    refused_and_closed(raw)


@pytest.mark.parametrize("headers, body", [(LENGTH, LOGIN), (b"Transfer-Encoding: chunked\r\n", CHUNKED)])
def test_one_length_is_enough_for_many_requests(daemon, headers, body):
    request = b"POST /api/v1/health HTTP/1.1\r\n" + HEAD + JSON + headers + b"\r\n" + body
    raw = daemon.raw(request * 3 + b"\r\n" + line())
    assert (raw.count(b"HTTP/1.1 405 "), raw.count(b"HTTP/1.1 200 ")) == (3, 1), raw


def test_a_body_may_look_like_headers(daemon):
    body = b"Content-Length: 1\r\nContent-Length: 2\r\nHost: evil\r\n\r\n"
    raw = daemon.raw(b"POST /api/v1/health HTTP/1.1\r\n" + HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body +
                     line())
    assert (raw.count(b"HTTP/1.1 405 "), raw.count(b"HTTP/1.1 200 ")) == (1, 1), raw


# The limit is 10 s: whatever is done about these takes as long, so all of it is done at the same time.

def silent(daemon, sent=b""):
    """It does not shake hands."""
    with socket.create_connection(("127.0.0.1", daemon.port), PATIENCE_S) as sock:
        sock.sendall(sent)
        assert sock.recv(1) == b""


def silent_behind_a_byte(daemon):
    silent(daemon, b"\x16")


def idle(daemon):
    """It has shaken hands and says nothing."""
    with daemon.connect(PATIENCE_S) as sock:
        assert sock.recv(1) == b""


def slow_header(daemon):
    with daemon.connect(PATIENCE_S) as sock:
        sock.sendall(b"GET /api/v1/health HTTP/1.1\r\n")
        try:
            assert sock.recv(100) == b""
        except (ConnectionResetError, ssl.SSLError):
            pass


def slow_body(daemon):
    with daemon.connect(PATIENCE_S) as sock:
        sock.sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\n"
                     b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
        with pytest.raises(OSError):
            for _ in range(900):        # slower than the limit by a lot, and never whole
                sock.sendall(b" ")
                time.sleep(PATIENCE_S / 900)


def client_that_does_not_read(daemon):
    token = daemon.token("viewer")
    request = (f"GET /api/v1/modules/2/registers HTTP/1.1\r\nHost: localhost\r\n"
               f"Authorization: Bearer {token}\r\n\r\n").encode()
    with daemon.connect(PATIENCE_S) as sock:
        sock.settimeout(1)
        with pytest.raises(OSError):
            while True:        # until neither side's buffers take any more
                sock.sendall(request)
        sock.settimeout(1)

        def is_cut():
            try:
                sock.sendall(b"x")
            except TimeoutError:
                return False
            except OSError:
                return True
            return False
        until(is_cut, PATIENCE_S, "the end of the connection")


@pytest.mark.slow
def test_clients_that_keep_a_connection_waiting_are_cut_off(daemon):
    daemon.token("viewer")
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        cut = {kind.__name__: pool.submit(kind, daemon)
               for kind in (silent, silent_behind_a_byte, idle, slow_header, slow_body, client_that_does_not_read)}
        failed = {name: each.exception() for name, each in cut.items() if each.exception()}
    assert not failed


# ---- methods and paths ----

@pytest.mark.parametrize("method, path, allow", [
    ("GET", "safety/stop", "POST, OPTIONS"),
    ("DELETE", "robot", "GET, HEAD, OPTIONS"),
    ("PUT", "health", "GET, HEAD, OPTIONS"),
    ("POST", "modules", "GET, HEAD, OPTIONS"),
    ("BREW", "safety", "GET, HEAD, OPTIONS"),
])
def test_wrong_method(daemon, method, path, allow):
    answer = daemon.request(method, path, role="administrator")
    assert answer.status == 405
    assert answer.code == "method_not_allowed"
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v2/health", "/api/v1/health/", "/index.html/x", "/.git"])
def test_unknown_path(daemon, path):
    assert daemon.get(path).code == "not_found"


def test_head_has_the_length_and_no_body(daemon):
    whole = daemon.get("modules/2/registers")
    answer = daemon.request("HEAD", "modules/2/registers", role="viewer")
    assert (answer.status, answer.body) == (200, b"")
    assert abs(int(answer.headers["content-length"]) - len(whole.body)) < 400
    raw = daemon.raw(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n" + line())
    assert raw.count(b"HTTP/1.1 200") == 2, "the connection went out of step"


def test_every_answer_has_the_security_headers(daemon):
    answers = [daemon.get("health", role=None), daemon.get("robot"), daemon.get("robot", role=None),
               daemon.get("/"), daemon.get("/nothing"), daemon.request("PUT", "robot", role="viewer"),
               daemon.request("POST", "auth/login", b"x" * 70000)]
    assert [answer.status for answer in answers] == [200, 200, 401, 200, 404, 405, 413]
    for answer in answers:
        for name in SECURITY:
            assert name in answer.headers
        assert "'unsafe" not in answer.headers["content-security-policy"]
        assert int(answer.headers["content-length"]) == len(answer.body)


def test_nothing_is_kept_by_caches(daemon):
    assert daemon.get("robot").headers["cache-control"] == "no-store"


# ---- bodies ----

@pytest.mark.parametrize("body, code", [
    (b"", "validation"),
    (b"{", "bad_json"),
    (b"[]", "bad_json"),
    (b"null", "bad_json"),
    (b"{'username':'a','password':'b'}", "bad_json"),
    (b'{"username":"a","password":"b"} x', "bad_json"),
    (b'{"username":"a","username":"b","password":"c"}', "bad_json"),
    (b'{"username":"a","\\u0075sername":"b","password":"c"}', "bad_json"),
    (b'{"username":"a","password":NaN}', "bad_json"),
    (b'{"username":"a","password":"\\ud800"}', "bad_json"),
    (b'{"username":"a","password":"\\u0000"}', "bad_json"),
    (b'{"username":"a","password":"\xff"}', "bad_json"),
    (b'\xef\xbb\xbf{"username":"a","password":"b"}', "bad_json"),
    (b'{"username":"a","password":"b"/**/}', "bad_json"),
    (b'{"a":' * 40 + b"1" + b"}" * 40, "bad_json"),
    (b'{"username":1,"password":"b"}', "validation"),
    (b'{"username":"a"}', "validation"),
    (b'{"username":"a","password":"b","admin":true}', "validation"),
    (b'{"username":"a","password":"' + b"x" * 73 + b'"}', "validation"),
    (b'{"username":"' + b"x" * 65 + b'","password":"b"}', "validation"),
])
def test_bad_body(daemon, body, code):
    answer = daemon.request("POST", "auth/login", body)
    assert (answer.status, answer.code) == (400, code)
    if code == "validation":
        assert all({"pointer", "code", "detail"} <= error.keys() for error in answer.json["errors"])


def test_place_of_a_fault_is_told(daemon):
    answer = daemon.request("POST", "auth/login", b'{\n "username": nul}')
    assert answer.json["detail"] == "line 2, column 14 (byte 15): expected a value"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
def test_wrong_content_type(daemon, kind):
    answer = daemon.request("POST", "auth/login", {"username": "a", "password": "b"},
                            headers={"Content-Type": kind})
    assert (answer.status, answer.code) == (415, "content_type")


def test_content_type_with_parameters_is_fine(daemon):
    answer = daemon.request("POST", "safety/enable", {}, role="viewer",
                            headers={"Content-Type": "application/json; charset=utf-8"})
    assert answer.status == 403


@pytest.mark.parametrize("size", [1025, 65536, 65537, 200000])
def test_body_too_large(daemon, size):
    answer = daemon.request("POST", "auth/login", b" " * size)
    assert (answer.status, answer.code) == (413, "body_too_large")


def test_huge_body_is_not_even_read(daemon):
    answer = daemon.raw(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\n"
                        b"Content-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n")
    assert status_of(answer) == 413
    assert b"body_too_large" in answer


def test_chunked_body_is_limited_too(daemon):
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    answer = daemon.raw(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                        b"Content-Type: application/json\r\n\r\n" + chunk * 4)
    assert status_of(answer) in (0, 413)
    assert daemon.get("health", role=None).status == 200
