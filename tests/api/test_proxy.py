# SPDX-License-Identifier: GPL-2.0-or-later
"""Behind a proxy: Debian's nginx and HAProxy by the recipes of operations.md, nginx as it comes, and whose word about clients is taken."""
import contextlib
import http.client
import pathlib
import re
import socket
import ssl
import subprocess

import pytest

from daemon import TOP, begin, die_with_us, serving
from live import dial
from oht_test.params import at_night
from oht_test.wait import until
from test_metrics import requests_of

RECIPES = {name: re.search(rf"```{name}\n(.*?)```", (TOP / "docs/operations.md").read_text(), re.S).group(1)
           for name in ("nginx", "haproxy")}
# What Debian's HAProxy needs beside it, which is installed with it.
LIBRARIES = ("liblua5.3-0", "libopentracing-c-wrapper0", "libopentracing1")
# What a person writes who has read nothing but that TLS 1.3 is needed.
AS_IT_COMES = """server {
    listen 443 ssl;
    ssl_certificate     /etc/ssl/robot.crt;
    ssl_certificate_key /etc/ssl/robot.key;
    location / {
        proxy_pass https://127.0.0.1:8443;
        proxy_ssl_protocols TLSv1.3;
    }
}
"""
# What a person writes who has read nothing: three failures of such a check take the server away.
CHECKS_AS_THEY_COME = "".join(f"""
backend check{i}
    option httpchk {check}
    server ohtd 127.0.0.1:8443 ssl verify none check
""" for i, check in enumerate(("", "/api/v1/health/live", "GET /api/v1/health/ready")))
# 32 connections, of which one address gets 8.
CONNECTIONS, SHARE = 32, 8


@pytest.fixture(scope="module", name="robot")
def _robot(tmp_path_factory, accounts):
    made = begin(tmp_path_factory.mktemp("proxied"), accounts)
    made.write_config(http_trusted_proxies="127.0.0.1 10.0.0.0/8", http_connections=CONNECTIONS, http_loops=2)
    with serving(made):
        for role in ("viewer", "operator"):
            made.token(role)
        yield made


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def proxied(robot, port, address="127.0.0.2"):
    """A client of nginx, at an address of its own."""
    client = robot.another(address=address)
    client.port, client.tokens = port, dict(robot.tokens)
    return client


def fetched(name):
    return subprocess.run([TOP / "scripts/fetch-tool", name], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def moved(recipe, *places):
    """The recipe with the ports and files of this test."""
    for there, here in places:
        assert there in recipe, there
        recipe = recipe.replace(there, str(here))
    return recipe


@contextlib.contextmanager
def running(folder, port, *command, **more):
    with subprocess.Popen(command, stderr=(folder / "proxy.log").open("wb"), preexec_fn=die_with_us, **more) as process:
        try:
            def listens():
                assert process.poll() is None, (folder / "proxy.log").read_text()
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
                    return True
                return False
            until(listens, what="the proxy")
            yield port
        finally:
            process.kill()


@contextlib.contextmanager
def nginx(robot, folder, server):
    """Debian's, on a server block; gives its port."""
    port = free_port()
    server = moved(server, ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"), ("/etc/ssl/robot.crt", robot.state / "server.crt"),
                   ("/etc/ssl/robot.key", robot.state / "server.key"), ("127.0.0.1:8443", f"127.0.0.1:{robot.port}"))
    server = server.replace("/var/lib/oht/ca.crt", str(robot.state / "ca.crt"))
    paths = "".join(f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"daemon off; master_process off; pid {folder}/pid; events {{}}\n"
                                       f"http {{\naccess_log off;\n{paths}{server}}}\n")
    with running(folder, port, f"{fetched('nginx')}/usr/sbin/nginx", "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"):
        yield port


@contextlib.contextmanager
def haproxy(robot, folder, recipe):
    """Debian's, on a whole configuration; gives its port."""
    port = free_port()
    (folder / "robot.pem").write_bytes((robot.state / "server.crt").read_bytes() + (robot.state / "server.key").read_bytes())
    (folder / "haproxy.cfg").write_text(moved(
        re.sub(" check$", " check inter 300ms", recipe.replace("timeout connect 5s", "timeout connect 5s\n    timeout check 20s"), flags=re.M), ("bind :443", f"bind 127.0.0.1:{port}"), ("/etc/haproxy/robot.pem", folder / "robot.pem"),
        ("/etc/haproxy/oht-ca.crt", robot.state / "ca.crt"), ("127.0.0.1:8443", f"127.0.0.1:{robot.port}")))
    libraries = ":".join(str(path.parent) for name in LIBRARIES for path in pathlib.Path(fetched(name)).glob("usr/lib/*/*.so.?"))
    with running(folder, port, f"{fetched('haproxy')}/usr/sbin/haproxy", "-db", "-n", "200", "-f", folder / "haproxy.cfg",
                 env={"LD_LIBRARY_PATH": libraries}):
        yield port


@pytest.fixture(scope="module", name="front")
def _front(robot, tmp_path_factory):
    with nginx(robot, tmp_path_factory.mktemp("nginx"), RECIPES["nginx"]) as port:
        yield port


@pytest.fixture(name="other")
def _other(robot, tmp_path):
    with haproxy(robot, tmp_path, RECIPES["haproxy"]) as port:
        yield port


def connector(robot, port, address):
    """For dial(): a TLS socket to the proxy."""
    return lambda: robot.tls().wrap_socket(socket.create_connection(("127.0.0.1", port), 20, (address, 0)), server_hostname="localhost")


# ---- by the recipe ----

@pytest.mark.parametrize("proxy, address", [("front", "127.0.0.2"), *at_night(("other", "127.0.0.8"))], ids=["nginx", "haproxy"])
def test_page_log_in_live_data_and_stop(request, robot, proxy, address):
    port = request.getfixturevalue(proxy)
    client = proxied(robot, port, address)
    page = client.request("GET", "/")
    assert page.status == 200 and b"<script" in page.body
    old = robot.tls()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"), socket.create_connection(("127.0.0.1", port), 20) as raw:
        old.wrap_socket(raw, server_hostname="localhost")
    granted = client.login("operator")
    assert granted.status == 200
    token = granted.json["access_token"]
    sessions = client.request("GET", "auth/sessions", token=token).json["items"]
    assert [item["address"] for item in sessions if item["current"]] == [address]
    with dial(robot, token=token, connect=connector(robot, port, address)) as link:
        link.say({"type": "subscribe", "channel": "robot"})
        assert link.hear()["channel"] == "robot"
    ticket = client.request("POST", "auth/ticket", {}, token=token).json["ticket"]
    with dial(robot, connect=connector(robot, port, address)) as link:
        link.say({"type": "auth", "ticket": ticket})
        link.say({"type": "ping"})
        assert link.hear() == {"type": "pong"}
    foreign = {f"X-Header-{i}": "y" for i in range(50)}
    cookies = "; ".join(f"name{i}={'v' * 1000}" for i in range(20))
    assert client.request("POST", "safety/stop", token=token, headers={**foreign, "Cookie": cookies}).status == 200
    assert client.request("GET", "robot", token=token, headers={"Cookie": cookies}).status == 200
    assert client.request("GET", "/metrics").status == 401


def test_checks_of_haproxy_find_the_robot_up(robot, tmp_path):
    """That of the recipe, and those that a person writes: more than take a server away. A check may take its time."""
    watcher = robot.another(address="127.0.0.9")

    def checks():
        return [requests_of(watcher, "GET", f"/api/v1/health/{which}", "200") for which in ("live", "ready")]
    before = checks()
    with haproxy(robot, tmp_path, RECIPES["haproxy"] + CHECKS_AS_THEY_COME) as port:
        until(lambda: all(now > then + 3 for now, then in zip(checks(), before)), what="four checks of each")
        assert proxied(robot, port).request("GET", "/").status == 200
    log = (tmp_path / "proxy.log").read_text()
    assert "DOWN" not in log and "no server available" not in log, log


def test_one_who_fails_costs_others_nothing(robot, front):
    bad, good, console = proxied(robot, front, "127.0.0.4"), proxied(robot, front, "127.0.0.5"), robot.another(address="127.0.0.1")
    until(lambda: bad.login("viewer", "wrong").status == 429, 60, "the lock-out")
    assert bad.login("viewer").status == 429
    assert good.login("viewer").status == 200
    assert console.login("viewer").status == 200


def test_one_who_takes_all_connections_gets_its_share(robot, front):
    """Streams stay open: each is a connection of the proxy for as long as it lasts."""
    with contextlib.ExitStack() as held:
        statuses = []
        for _ in range(SHARE + 4):
            link = http.client.HTTPSConnection("127.0.0.1", front, timeout=60, context=robot.tls(), source_address=("127.0.0.6", 0))
            held.callback(link.close)
            link.request("GET", "/api/v1/stream?channel=robot", headers={"Authorization": f"Bearer {robot.token('viewer')}"})
            statuses.append(link.getresponse().status)
        assert statuses == [200] * SHARE + [503] * 4
        assert proxied(robot, front, "127.0.0.7").get("robot").status == 200
        assert proxied(robot, front, "127.0.0.6").post("safety/stop", role="operator").status == 200


def test_metrics_are_not_for_all_behind_it(robot, front):
    assert proxied(robot, front).request("GET", "/metrics").status == 401
    assert proxied(robot, front).get("/metrics").status == 200


# ---- as it comes ----

def test_stop_health_and_log_in_without_the_recipe(fresh, tmp_path):
    fresh.start()
    with nginx(fresh, tmp_path, AS_IT_COMES) as port:
        client = proxied(fresh, port)
        assert client.request("GET", "health").status == 200
        token = client.login("operator").json["access_token"]
        assert client.request("POST", "safety/stop", token=token).status == 200
        assert client.request("GET", "/metrics", token=token).status == 200
        refused = client.request("GET", "/metrics")
        assert (refused.status, refused.code) == (401, "token_missing")
        # The program that runs on the machine itself still needs none.
        assert fresh.request("GET", "/metrics").status == 200
    fresh.stop()


# ---- whose word is taken ----

@pytest.mark.parametrize("source, headers, address", [
    ("127.0.0.1", {}, "127.0.0.1"),
    ("127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, "192.0.2.1"),
    ("127.0.0.1", {"X-Forwarded-For": "198.51.100.9, 192.0.2.2"}, "192.0.2.2"),
    ("127.0.0.1", {"X-Forwarded-For": "192.0.2.3, 10.1.2.3,127.0.0.1"}, "192.0.2.3"),
    ("127.0.0.1", {"X-Forwarded-For": "192.0.2.4:5678"}, "192.0.2.4"),
    ("127.0.0.1", {"X-Forwarded-For": "::ffff:192.0.2.5"}, "192.0.2.5"),
    ("127.0.0.1", {"X-Forwarded-For": "10.1.2.3"}, "10.1.2.3"),
    ("127.0.0.1", {"X-Forwarded-For": "192.0.2.6, unknown, 10.1.2.4"}, "10.1.2.4"),
    ("127.0.0.1", {"X-Forwarded-For": "not an address"}, "127.0.0.1"),
    ("127.0.0.1", {"Forwarded": 'for=198.51.100.9;proto=https, by=10.0.0.1;For="[2001:db8::7]:80"'}, "2001:db8::7"),
    ("127.0.0.1", {"Forwarded": "for=_hidden"}, "127.0.0.1"),
    # One of both is what the client has sent: which, is not known.
    ("127.0.0.1", {"Forwarded": "for=192.0.2.8", "X-Forwarded-For": "192.0.2.9"}, "127.0.0.1"),
    # Only a listed proxy is believed.
    ("127.0.0.9", {"X-Forwarded-For": "192.0.2.10"}, "127.0.0.9"),
    ("127.0.0.9", {"Forwarded": "for=192.0.2.10"}, "127.0.0.9"),
])
def test_the_last_address_that_is_no_proxy_counts(robot, source, headers, address):
    client = robot.another(address=source)
    # A few log-ins of one address in a second are too many.
    answer = until(lambda: (said := client.request("POST", "auth/login", {"username": "viewer", "password": "correct horse battery"},
                                                   headers=headers)).status == 200 and said, what="a log-in")
    items = client.request("GET", "auth/sessions", token=answer.json["access_token"]).json["items"]
    assert [item["address"] for item in items if item["current"]] == [address]


def test_a_listed_proxy_is_no_program_of_this_machine(robot):
    assert robot.another(address="127.0.0.1").request("GET", "/metrics").status == 401
    assert robot.another(address="127.0.0.9").request("GET", "/metrics").status == 200


# ---- what proxies change on the way ----

# By which proxy, as it comes or with compression: what it adds to the head, what it makes of the first line's end and of the tag of an answer.
CHANGES = {
    "nginx": (["Connection: close"], "1.0", '"{}"'),
    "nginx with gzip": (["Connection: upgrade", "X-Real-IP: 192.0.2.7", "X-Forwarded-For: 192.0.2.7, 10.0.0.9", "X-Forwarded-Proto: https"], "1.1", 'W/"{}"'),
    "haproxy": (["X-Forwarded-For: 192.0.2.7", "Connection: close"], "1.1", 'W/"{}"'),
    "apache with deflate": (["X-Forwarded-For: 192.0.2.7", "X-Forwarded-Host: robot.example", "X-Forwarded-Server: front.example", "Via: 1.1 front.example (Apache/2.4.57)",
                             "Connection: Keep-Alive"], "1.1", '"{}-gzip"'),
    "envoy": (["x-forwarded-for: 192.0.2.7", "x-forwarded-proto: https", "x-envoy-external-address: 192.0.2.7", "x-envoy-expected-rq-timeout-ms: 15000",
               "x-request-id: 5d0b6e9e-8a0e-9d4c-8a3a-9c4d6c1f7b2a", "te: trailers"], "1.1", 'W/"{}"'),
    "traefik": (["X-Forwarded-For: 192.0.2.7", "X-Forwarded-Host: robot.example", "X-Forwarded-Port: 443", "X-Forwarded-Proto: https",
                 "X-Forwarded-Server: traefik", "X-Real-Ip: 192.0.2.7", "Accept-Encoding: identity"], "1.1", '"{}-gzip"'),
    "cloudflare": (["CF-Connecting-IP: 192.0.2.7", 'CF-Visitor: {"scheme":"https"}', "CF-RAY: 8f1e2d3c4b5a6978-FRA", "CDN-Loop: cloudflare; loops=1", "CF-IPCountry: DE",
                    "X-Forwarded-For: 192.0.2.7", "Accept-Encoding: gzip, br", "Early-Data: 1", "Connection: Keep-Alive"], "1.1", 'W/"{}"'),
    "caddy": (["X-Forwarded-For: 192.0.2.7", "X-Forwarded-Host: robot.example", "X-Forwarded-Proto: https", "Via: 2.0 Caddy", "Accept-Encoding:"], "1.1", '"{}-br"'),
    "by the standard": (["Forwarded: for=192.0.2.7;proto=https;by=_front", "Via: 1.1 front", "Max-Forwards: 10", "TE: trailers, deflate;q=0.5",
                         "Connection: TE, close"], "1.1", '"{}-zstd"'),
}
# How a proxy may hand on a body and name what is asked for.
WHOLE, CHUNKED, EXPECTED = "whole", "chunked", "expected"


def asked(robot, version, method, path, headers, body=b"", form=WHOLE):
    """The status of the answer, and its head."""
    if form == CHUNKED:
        headers, body = [*headers, "Transfer-Encoding: chunked"], b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:3], body[3:]) if piece) + b"0\r\n\r\n"
    elif body or method == "POST":
        headers = [*headers, f"Content-Length: {len(body)}"] + (["Expect: 100-continue"] if form == EXPECTED else [])
    head = "\r\n".join([f"{method} {path} HTTP/{version}", f"Host: localhost:{robot.port}", *headers, "", ""])
    with robot.connect() as sock, sock.makefile("rb") as file:
        sock.sendall(head.encode())
        status = int(file.readline().split()[1]) if form == EXPECTED else 100
        if status == 100:
            assert form != EXPECTED or file.readline() == b"\r\n"
            sock.sendall(body)
            status = int(file.readline().split()[1])
        return status, {name.lower(): value for name, value in
                        (line.decode().rstrip("\r\n").split(": ", 1) for line in iter(file.readline, b"\r\n"))}


@pytest.mark.parametrize("proxy", CHANGES)
def test_what_proxies_change_refuses_nothing(robot, proxy):
    added, version, tag = CHANGES[proxy]
    read, change = f"Authorization: Bearer {robot.token('viewer')}", f"Authorization: Bearer {robot.token('administrator')}"
    assert asked(robot, version, "GET", "/api/v1/health", added)[0] == 200
    status, told = asked(robot, version, "GET", "/api/v1/alerts/history?limit=1&sort=-number", [*added, read])
    assert status == 200
    forms = [WHOLE] if version == "1.0" else [WHOLE, CHUNKED, EXPECTED]
    for form in forms:
        assert asked(robot, version, "POST", "/api/v1/safety/stop", [*added, f"Authorization: Bearer {robot.token('operator')}"], b"{}" if form == EXPECTED else b"", form)[0] == 200, form
    for form in forms:
        status, told = asked(robot, version, "GET", "/api/v1/config", [*added, read])
        seen = tag.format(told["etag"].strip('"'))
        merge = [*added, change, "Content-Type: application/merge-patch+json; charset=utf-8", f"If-Match: {seen}"]
        body = b'{"robot": {"place": "%s"}}' % f"{proxy}, {form}".encode()
        assert asked(robot, version, "PATCH", "/api/v1/config", merge, body, form)[0] == 200, (form, seen)
        assert asked(robot, version, "PATCH", "/api/v1/config", merge, body, form)[0] == 412, "that version is not live any more"
        assert asked(robot, version, "GET", "/api/v1/config", [*added, read, f"If-None-Match: {tag.format(int(told['etag'].strip(chr(34))) + 1)}"])[0] == 304
    if version == "1.1":
        others = [line for line in added if not line.startswith("Connection")]
        for connection in ("upgrade", "Upgrade", "keep-alive, Upgrade"):
            assert asked(robot, version, "GET", "/api/v1/ws", [*others, read, f"Connection: {connection}", "Upgrade: WebSocket", "Sec-WebSocket-Version: 13",
                                                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="])[0] == 101, connection


def test_a_whole_uri_is_its_path_at_the_host_that_is_asked(robot):
    here = f"localhost:{robot.port}"
    for path, status in ((f"https://{here}/api/v1/health", 200), (f"HTTPS://{here.upper()}/api/v1/health", 200), (f"https://{here}/nothing", 404),
                         ("https://localhost/api/v1/health", 400), ("https://other.example/api/v1/health", 400), (f"http://{here}/api/v1/health", 400),
                         (f"https://{here}", 400), (f"https://anna@{here}/api/v1/health", 400), ("/api/v1/./health", 200), ("/api/v1/%68ealth", 200)):
        assert asked(robot, "1.1", "GET", path, [])[0] == status, path
    assert asked(robot, "1.1", "POST", "https://other.example/api/v1/safety/stop", [f"Authorization: Bearer {robot.token('operator')}"])[0] == 200
