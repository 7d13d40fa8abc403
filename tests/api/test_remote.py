# SPDX-License-Identifier: GPL-2.0-or-later
"""ohtctl --url: log in once, ask from elsewhere, and trust nobody else."""
import concurrent.futures
import contextlib
import json
import os
import pty
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import threading
import urllib.parse

import pytest

from daemon import begin
from oht_test.client import PASSWORD
from oht_test.wait import until
from oht_test.websocket import WebSocket
from remote import OHTCTL, Remote, complaint


@pytest.fixture(name="own")
def _own(fresh, tmp_path):
    """With a daemon of its own, running."""
    fresh.start()
    return Remote(fresh, tmp_path)


def test_every_verb_that_has_a_route(own):
    assert own.login("administrator").stdout == f"logged in at {own.url}\n"
    assert "state" in own.done("status")
    assert json.loads(own.done("info", "--json"))["status"] in ("ok", "degraded")
    assert json.loads(own.done("status", "--json"))["state"]
    assert json.loads(own.done("safety", "status", "--json"))["state"]
    assert json.loads(own.done("safety", "stop", "--json"))["state"] == "stopped"
    # The stop is made at once; the robot's next cycle tells of it.
    until(lambda: "software" in own.done("safety", "status"), what="the cause")
    assert json.loads(own.done("safety", "latency", "--json")).keys() == {"estop_to_low", "told"}
    # The daemon itself searches for a while after its start.
    assert "travel_motor" in until(lambda: own.run("scan").stdout, what="a search")
    assert "battery_voltage" in own.done("read", "power", "battery_voltage")
    value = json.loads(own.done("read", "2", "battery_voltage", "--json"))
    assert value["unit"] == "V" and value["name"] == "battery_voltage"
    assert own.done("events", "--rounds", "2", "--interval-ms", "10").count("enable1") == 2
    assert own.done("events", "power", "battery_voltage", "--rounds", "1").count("battery_voltage") == 1
    lines = own.done("logs", "--rounds", "5", "--json").splitlines()
    assert 1 <= len(lines) <= 5 and all("level" in json.loads(line) for line in lines)
    assert "administrator" in own.done("admin", "list")
    create = ("admin", "create", "anna", "--role", "viewer", "--password-stdin")
    assert complaint(own.run(*create, said=PASSWORD)).endswith(f"[elevation_required]: ohtctl elevate --url {own.url}\n")
    own.done("elevate", "--password-stdin", said=PASSWORD + "\n")
    assert own.run(*create, said=PASSWORD).returncode == 0
    assert own.done("admin", "disable", "anna").split() == ["anna", "viewer,", "disabled"]
    # Whoever makes a new authority through the one that is trusted trusts it.
    before = own.file("pem").read_text()
    own.done("admin", "cert", "renew-authority")
    assert own.file("pem").read_text() == (own.daemon.state / "ca.crt").read_text() != before
    assert "state" in own.done("status")
    reset = own.run("safety", "reset")
    assert reset.returncode == 0 or "[" in reset.stderr
    assert own.done("logout") == f"logged out at {own.url}\n"
    assert "not logged in" in complaint(own.run("status"))


def test_keys_are_made_and_used(own, tmp_path, monkeypatch):
    own.login("administrator")
    assert complaint(own.run("key", "account", "line")).endswith(f"[elevation_required]: ohtctl elevate --url {own.url}\n")
    own.done("elevate", "--password-stdin", said=PASSWORD + "\n")
    assert json.loads(own.done("key", "account", "line", "--role", "operator", "--json"))["service"]
    assert "line has no key" in own.done("key", "list", "line")
    made = json.loads(own.done("key", "make", "line", "station-3", "Robot,Safety,Accounts", "127.0.0.0/8", "--json"))
    assert (made["role"], made["tags"], made["addresses"]) == ("operator", ["Robot", "Safety", "Accounts"], ["127.0.0.0/8"])
    listed = own.done("key", "list", "line")
    assert made["id"] in listed and "station-3" in listed and made["secret"] not in listed
    # What bounds nothing never reads as nothing allowed; for programs it stays a list.
    assert listed.split()[-5:] == ["Safety,", "Accounts", "all", "all", "127.0.0.0/8"], listed
    said = dict(line.split(maxsplit=1) for line in own.done("key", "make", "line", "open").splitlines())
    assert [said[bound] for bound in ("rate", "tags", "verbs", "modules", "addresses")] == ["any", "all", "all", "all", "all"]
    own.done("key", "end", "line", said["id"])
    assert (made["rate"], made["verbs"], made["modules"]) == (None, [], [])
    assert "[not_a_service]" in complaint(own.run("key", "make", "administrator", "x"))
    assert "there is no account 'nobody'" in complaint(own.run("key", "list", "nobody"))
    for wrong in ("x", made["secret"], "../1"):
        assert "is no id of a key" in complaint(own.run("key", "end", "line", wrong), status=2)
    file = tmp_path / "key"
    file.write_text(made["secret"] + "\n")
    file.chmod(0o640)
    monkeypatch.setenv("OHT_KEY_FILE", str(file))
    assert "others can read it" in complaint(own.run("status"))
    file.chmod(0o600)
    assert json.loads(own.done("status", "--json"))["state"]
    assert "[key_scope]" in complaint(own.run("bus"))
    assert json.loads(own.done("safety", "stop", "--json"))["state"] == "stopped"
    assert "[role]" in complaint(own.run("key", "end", "line", made["id"]))
    assert "a key is no log-in" in complaint(own.run("logout"), status=2)
    monkeypatch.delenv("OHT_KEY_FILE")
    new = json.loads(own.done("key", "rotate", "line", made["id"], "--json"))
    own.done("key", "end", "line", made["id"])
    monkeypatch.setenv("OHT_KEY_FILE", str(file))
    assert "refuses the key" in complaint(own.run("status"))
    file.write_text(new["secret"])
    assert json.loads(own.done("status", "--json"))["state"]
    file.write_text("token\n")
    assert "there is no key in it" in complaint(own.run("status"))


def test_a_refusal_for_want_of_elevation_names_the_way(own):
    write = ("module", "write", "2", "charge_relay", "1")
    assert "not logged in" in complaint(own.run("elevate", "--fingerprint", own.fingerprint))
    own.login("administrator")
    until(lambda: "charge_relay" in own.run("module", "registers", "2").stdout, what="the register")
    assert complaint(own.run(*write)).endswith(f"[elevation_required]: ohtctl elevate --url {own.url}\n")
    assert "[password_wrong]" in complaint(own.run("elevate", "--password-stdin", said="wrong\n"))
    assert "no terminal" in complaint(own.run("elevate"), status=2)
    assert own.run("elevate", "--password-stdin", said=PASSWORD + "\n").stdout == "elevated for 300 s\n"
    until(lambda: own.run(*write).returncode == 0, what="a write that is not in the way of a search")
    assert json.loads(own.run("elevate", "--password-stdin", "--json", said=PASSWORD + "\n").stdout) == {"elevated_for_ms": 300000}
    assert "elevate takes nothing or end: 'ende'" in complaint(own.run("elevate", "ende"), status=2)
    assert own.done("elevate", "end") == f"not elevated any more at {own.url}\n"
    assert "[elevation_required]" in complaint(own.run(*write))
    assert PASSWORD not in own.file("json").read_text() + own.daemon.log()
    here = subprocess.run([OHTCTL, "elevate"], capture_output=True, text=True, check=False, env=own.environment())
    assert "elevate needs --url" in complaint(here, status=2)


def test_a_drive_refused_while_the_outputs_are_off_names_the_way(own):
    own.login("operator")
    until(lambda: own.daemon.get("robot").json["state"] == "safe", what="a robot that waits to be enabled")
    for words in (("move", "1000"), ("jog", "50"), ("home",)):
        assert complaint(own.run("robot", *words)).endswith(f"; enable first: ohtctl safety enable --url {own.url}\n")
    assert "enable first" not in complaint(own.run("robot", "pause"))


def test_an_address_for_a_viewer_opens_once(own):
    own.login("viewer")
    url, link = own.done("foxglove").splitlines()
    assert re.fullmatch(rf"wss://127\.0\.0\.1:{own.daemon.port}/api/v1/foxglove\?ticket=[0-9a-f]{{64}}", url)
    assert urllib.parse.unquote(link) == f"foxglove://open?ds=foxglove-websocket&ds.url={url}" and link.count("&") == 1
    told = json.loads(own.done("foxglove", "--json"))
    assert told.keys() == {"url", "link", "expires_in"} and told["expires_in"] == 10
    path = told["url"].split(str(own.daemon.port), 1)[1]
    with WebSocket(own.daemon.connect(), f"127.0.0.1:{own.daemon.port}", path=path, Origin="file://") as viewer:
        assert viewer.hear()["op"] == "serverInfo"
    own.done("logout")
    assert "not logged in" in complaint(own.run("foxglove"))


def test_modules_and_bus(own):
    own.login("supervisor")
    until(lambda: own.run("scan").returncode == 0, what="a search")
    assert "travel_motor" in own.done("module") and own.done("module", "list").count("\n") >= 4
    assert json.loads(own.done("module", "show", "power", "--json"))["address"] == 2 and "battery_voltage" in own.done("module", "registers", "power")
    assert json.loads(own.done("module", "read", "2", "battery_voltage", "--json"))["unit"] == "V"

    # A person reads three decimals; what is a number for a program is whole.
    for words in (["status"], ["robot", "limits"], ["telemetry"], ["module", "registers", "safety"], ["bus"], ["bus", "statistics"], ["analytics"]):
        assert not re.search(r"\d\.\d{4}", own.done(*words)), words

    def heard(*words):
        """Said again while a late host lets the module wait, be it for the read-back."""
        return until(lambda: not (ended := own.run(*words, "--json")).returncode and (told := json.loads(ended.stdout))
                     and told.get("verified", True) is not None and told, what=f"{words}")
    done = heard("module", "write", "power", "charger_voltage_setpoint", "12.5")
    assert done["echoed"] and done["verified"] and done["written"]["value"] == 12.5
    assert heard("write", "power", "charger_voltage_setpoint", "0x7E")["written"]["raw"] == 126 and heard("module", "ping", "safety")["device_id"] == 3
    assert json.loads(own.done("module", "quarantine", "5", "--json"))["health"] == "quarantined" and "quarantined" in own.done("module")
    assert json.loads(own.done("module", "release", "5", "--json"))["address"] == 5
    until(lambda: "cycle   0" in own.done("bus") and "safety" in own.done("bus", "plan"), what="a plan: between two there is none")
    assert "control thread" in own.done("bus", "statistics") and json.loads(own.done("bus", "--json"))["backend"] == "rtu"


@pytest.mark.parametrize("words, said, status", [
    (("module", "jump"), "'jump'", 2), (("module", "show"), "module show UNIT", 2), (("module", "list", "x"), "no further", 2),
    (("module", "read", "power"), "UNIT NAME", 2), (("module", "read", "power", "../users"), "'../users'", 2),
    (("module", "show", "crane"), "'crane'", 2), (("module", "show", "248"), "'248'", 2),
    (("module", "write", "power", "battery_voltage", "12x"), "'12x'", 2), (("module", "write", "power", "battery_voltage", ""), "''", 2),
    (("module", "read", "power", "no_such"), "register_not_found", 1), (("module", "write", "2", "battery_voltage", "1"), "role", 1),
    (("module", "quarantine", "5"), "role", 1), (("bus", "x"), "'x'", 2),
])
def test_modules_and_bus_refuse(remote, words, said, status):
    remote.login("viewer")
    assert said in complaint(remote.run(*words), status)


def test_logout_ends_the_session_there(remote):
    remote.login("viewer")
    kept = json.loads(remote.file("json").read_text())
    assert remote.daemon.get("robot", role=None, token=kept["access_token"]).status == 200
    remote.done("logout")
    assert not remote.file("json").exists() and remote.file("pem").exists()
    assert remote.daemon.get("robot", role=None, token=kept["access_token"]).code == "token_revoked"
    assert remote.daemon.request("POST", "auth/refresh", {"refresh_token": kept["refresh_token"]}).status == 401
    # A session that has ended there already.
    remote.login("viewer")
    change_tokens(remote, access_token="x.y.z", refresh_token="A" * 43)
    assert "has ended" in complaint(remote.run("logout"))
    assert not remote.file("json").exists()


@pytest.mark.parametrize("words", [("raw", "2", "11"), ("stats",), ("plan",), ("mask", "2", "0", "1", "1"), ("safety", "commission"),
                                   ("safety", "telegrams"), ("identify", "2")])
def test_what_has_no_route_says_so_and_touches_no_device(remote, words):
    said = complaint(remote.run(*words, "--device", "/nonexistent"), 2)
    assert f"no route for '{' '.join(words[:2] if words[0] == 'safety' else words[:1])}'" in said
    assert not remote.state.exists()


def test_refusals_have_detail_and_code(remote):
    remote.login("viewer")
    assert "[role]" in complaint(remote.run("safety", "stop"))
    assert "[role]" in complaint(remote.run("admin", "list"))
    assert "[role]" in complaint(remote.run("logs"))
    made = remote.run("status", "--json", url="https://127.0.0.1:1")
    assert (made.returncode, made.stderr) == (3, "") and json.loads(made.stdout)["exit"] == 3
    assert "no module is called 'nothing'" in complaint(remote.run("read", "nothing", "x"), 2)
    assert "1..247: '0'" in complaint(remote.run("read", "0", "x"), 2)
    assert "by name: '5'" in complaint(remote.run("read", "2", "5"), 2)
    assert "1 of 1 registers are not there" in complaint(remote.run("read", "2", "no_such_register"))
    assert "level" in complaint(remote.run("logs", "--level", "a&b"), 2)


@pytest.mark.parametrize("password", ["wrong password", "short"])
def test_wrong_password(remote, password):
    said = complaint(remote.login("operator", password=password))
    assert "[login_refused]" in said and password not in said
    assert not remote.file("json").exists()


def test_password_from_a_file_that_others_cannot_read(remote, tmp_path):
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\nsecond line\n")
    file.chmod(0o644)
    words = ("login", "viewer", "--fingerprint", remote.fingerprint, "--password-file", str(file))
    assert "others can read it" in complaint(remote.run(*words))
    file.chmod(0o600)
    assert remote.run(*words).returncode == 0
    # What an editor puts in front of a text is no part of it.
    file.write_text("\ufeff" + PASSWORD + "\r\n")
    assert remote.run(*words).returncode == 0
    assert "No such file" in complaint(remote.run(*words[:-1], str(file) + "x"))
    assert "--password-stdin" in complaint(remote.run(*words[:-2]), 2)


# ---- whom to trust ----

def test_unknown_authority_is_refused_without_a_terminal(remote):
    said = complaint(remote.run("login", "viewer", "--password-stdin", said=PASSWORD))
    assert remote.fingerprint.upper() in said.replace(":", "") and "--fingerprint" in said
    assert not remote.file("pem").exists() and not remote.file("json").exists()


def test_wrong_fingerprints(remote):
    wrong = "00" * 32
    words = ("login", "viewer", "--password-stdin", "--fingerprint")
    assert "has another fingerprint" in complaint(remote.run(*words, wrong, said=PASSWORD))
    for bad in ("", "00", "xx" * 32, "00" * 33):
        assert complaint(remote.run(*words, bad, said=PASSWORD), 2)
    assert not remote.file("pem").exists()
    colons = ":".join(remote.fingerprint[i:i + 2] for i in range(0, 64, 2)).upper()
    assert remote.run(*words, colons, said=PASSWORD).returncode == 0


def answered_on_terminal(remote, words, lines):
    """Run on a terminal and type lines; exit status and what was shown."""
    pid, fd = pty.fork()
    if not pid:
        os.execve(OHTCTL, ["ohtctl", *words, "--url", remote.url], remote.environment())
    shown = b""
    with contextlib.suppress(OSError):
        while True:
            if lines and shown.rstrip(b" ").endswith((b":", b"?")):
                os.write(fd, lines.pop(0).encode() + b"\n")
                shown += b"\n"
            shown += os.read(fd, 4096)
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_a_person_is_asked(remote):
    status, shown = answered_on_terminal(remote, ["login"], ["no"])
    assert (status, "not trusted" in shown) == (1, True) and not remote.file("pem").exists()
    status, shown = answered_on_terminal(remote, ["login"], ["yes", "viewer", PASSWORD])
    assert status == 0, shown
    assert remote.fingerprint.upper() in shown.replace(":", "") and PASSWORD not in shown
    assert "state" in remote.done("status")


def test_another_authority_is_refused_until_somebody_vouches_for_it(own, tmp_path, accounts):
    own.login("viewer")
    old = own.fingerprint
    port = own.daemon.port
    own.daemon.stop()
    other = begin(tmp_path / "other", accounts) if (tmp_path / "other").mkdir() is None else None
    try:
        other.write_config(http_listen=f"127.0.0.1:{port}")
        other.start()
        again = Remote(other, tmp_path)
        said = complaint(again.run("status"))
        assert "does not come from the authority that was trusted before" in said and old.upper() in said.replace(":", "")
        assert "login_refused" not in other.log()
        said = complaint(again.run("login", "viewer", "--password-stdin", said=PASSWORD))
        assert "was trusted before" in said
        assert "another fingerprint" in complaint(again.run("login", "viewer", "--password-stdin", "--fingerprint", "11" * 32,
                                                            said=PASSWORD))
        assert again.login("viewer").returncode == 0
        assert "state" in again.done("status")
    finally:
        other.end()


# ---- what is kept ----

def test_files_are_private_and_what_others_can_read_is_refused(remote):
    remote.login("viewer")
    assert remote.folder.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in remote.folder.iterdir())
    assert not [file for file in remote.folder.iterdir() if PASSWORD in file.read_text()]
    for path, good, bad in ((remote.file("json"), 0o600, 0o644), (remote.file("pem"), 0o600, 0o620),
                            (remote.folder, 0o700, 0o755)):
        path.chmod(bad)
        assert "others can read it" in complaint(remote.run("status"))
        path.chmod(good)
        assert "state" in remote.done("status")


def test_links_and_other_things_are_not_followed(remote, tmp_path):
    remote.login("viewer")
    target = tmp_path / "target"
    remote.file("json").rename(target)
    remote.file("json").symlink_to(target)
    complaint(remote.run("status"))
    remote.file("json").unlink()
    os.mkfifo(remote.file("json"), 0o600)
    complaint(remote.run("status"))


def change_tokens(remote, **tokens):
    """In the file."""
    kept = json.loads(remote.file("json").read_text())
    kept.update(tokens)
    remote.file("json").write_text(json.dumps(kept))
    return kept


def test_old_access_token_is_renewed(remote):
    remote.login("viewer")
    before = change_tokens(remote, access_token="x.y.z")
    assert "state" in remote.done("status")
    after = json.loads(remote.file("json").read_text())
    assert after["refresh_token"] != before["refresh_token"] and after["username"] == "viewer"
    assert after["access_token"] != "x.y.z"


def test_ended_login_says_what_to_do(remote):
    remote.login("viewer")
    change_tokens(remote, access_token="x.y.z", refresh_token="nonsense")
    assert "has ended" in complaint(remote.run("status"))
    remote.login("viewer")
    change_tokens(remote, access_token="x.y.z", refresh_token="A" * 43)
    assert f"has ended: ohtctl login --url {remote.url}" in complaint(remote.run("status"))
    assert "not logged in" in complaint(remote.run("status"))
    assert "not logged in" in complaint(remote.run("logout"))


def test_many_at_once_do_not_end_the_session(remote):
    remote.login("viewer")
    for _ in range(3):
        change_tokens(remote, access_token="x.y.z")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: remote.run("status", "--json"), range(8)))
        assert [made.returncode for made in answers] == [0] * 8, answers


def test_kill_while_renewing_loses_no_file(remote):
    remote.login("viewer")
    for _ in range(5):
        change_tokens(remote, access_token="x.y.z")
        with subprocess.Popen([OHTCTL, "status", "--url", remote.url], env=remote.environment(),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                started.wait(0.02)
            started.kill()
        kept = json.loads(remote.file("json").read_text())
        assert kept["refresh_token"]
        if remote.run("status").returncode:
            # Killed between the daemon's answer and the disk: there is no grace, but the next login works.
            assert remote.login("viewer").returncode == 0


def test_daemon_that_is_gone_is_exit_3(own):
    own.login("viewer")
    own.daemon.stop()
    assert "refused" in complaint(own.run("status"), 3).lower()
    assert complaint(own.login("viewer"), 3)


def test_disabled_account(own):
    own.login("operator")
    assert own.daemon.request("GET", "users", role="administrator").status == 200
    with contextlib.closing(sqlite3.connect(own.daemon.state / "oht.db")) as database:
        number = database.execute("SELECT id FROM users WHERE name = 'operator'").fetchone()[0]
    assert own.daemon.request("PATCH", f"users/{number}", {"disabled": True}, role="administrator").status == 200
    assert "has ended" in complaint(own.run("status"))


# ---- somebody else answers ----

class Hostile:
    """A TLS server with the daemon's own certificate that answers what it is told: a list in turn, then its last."""

    def __init__(self, daemon, raw, version=ssl.TLSVersion.TLSv1_3):
        self.answers = raw if isinstance(raw, list) else [raw]
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.maximum_version = version
        self.context.load_cert_chain(daemon.state / "server.crt", daemon.state / "server.key")
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.asked = []
        self.ended = False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @property
    def port(self):
        """Where."""
        return self.socket.getsockname()[1]

    def serve(self):
        """Until it is ended."""
        while not self.ended:
            with contextlib.suppress(OSError):
                peer, _ = self.socket.accept()
                peer.settimeout(20)
                with self.context.wrap_socket(peer, server_side=True) as tls:
                    self.asked.append(tls.recv(65536))
                    tls.sendall(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
                    tls.unwrap()

    def end(self):
        """Stop it."""
        self.ended = True
        self.thread.join(30)
        self.socket.close()


@contextlib.contextmanager
def hostile(remote, *arguments):
    """Its URL, with the login of the real one."""
    server = Hostile(remote.daemon, *arguments)
    try:
        for ending in ("json", "pem"):
            shutil.copy(remote.file(ending), remote.folder / f"127.0.0.1_{server.port}.{ending}")
        yield f"https://127.0.0.1:{server.port}"
        # ohtd would refuse it.
        assert not any(b"?&" in request for request in server.asked), server.asked
    finally:
        server.end()


def head(status, body, more=""):
    """An answer with this body."""
    return f"HTTP/1.1 {status} X\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


NONSENSE = [
    (b"", "Empty reply"), (b"220 mail\r\n", "is no ohtd"), (b"\0" * 100000, "is no ohtd"),
    (head(200, b"[]"), "is no ohtd"), (head(200, b"{"), "is no ohtd"), (head(200, b'{"a":' * 5000), "is no ohtd"),
    (head(200, b'{"a":"' + b"x" * (3 << 20) + b'"}'), "more than 1024 KiB"),
    (b"HTTP/1.1 200 X\r\n" + b"A: b\r\n" * 200000, ""), (b"HTTP/1.1 200 X\r\nContent-Length: -5\r\n\r\n{}", ""),
    (head(302, b"{}", "Location: https://127.0.0.1:1/\r\n"), "refused, and said nothing"),
    (head(401, b"{}"), ""), (head(403, b'{"detail":"\\u001b]0;x\\u0007","code":"role"}'), "?]0;x? [role]"),
    (b"HTTP/1.1 200 X\r\nContent-Length: 500\r\n\r\n{}", ""),
]


@pytest.mark.parametrize("raw, expected", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_is_refused_in_one_line(remote, raw, expected):
    remote.login("viewer")
    with hostile(remote, raw) as url:
        made = remote.run("status", url=url)
        assert made.returncode in (1, 3), made
        assert expected in complaint(made, made.returncode)
        assert "\x1b" not in made.stderr


@pytest.mark.parametrize("json_form", [(), ("--json",)], ids=["text", "json"])
def test_names_of_members_do_not_act_on_the_terminal(remote, json_form):
    remote.login("viewer")
    inner = {"a\x1b[2J": 1, "b\x7f": {"c\x9b": 2}, "good": 3}
    with hostile(remote, head(200, json.dumps({"state\x1b]0;x\x07": "safe", "list": [inner], **inner}).encode())) as url:
        made = remote.run("status", *json_form, url=url)
    assert made.returncode == 0, made
    assert "good" in made.stdout and not set("\x1b\x07\x7f\x9b") & set(made.stdout), made


@pytest.mark.slow
def test_random_answers(remote, chance):
    remote.login("viewer")
    good = head(200, json.dumps({"state": "safe", "faults": [{"code": "x", "text": "y"}], "age_ms": 5}).encode())
    for _ in range(25):
        raw = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        with hostile(remote, bytes(raw)) as url:
            made = remote.run("status", url=url, encoding="latin-1")
        assert made.returncode in (0, 1, 3), (raw, made)
        assert "\x1b" not in made.stdout + made.stderr, raw


def test_lists_without_end_are_left(remote):
    remote.login("viewer")
    with hostile(remote, page(cursor="again")) as url:
        assert "cursor 'again'" in complaint(remote.run("admin", "list", url=url))
    with hostile(remote, page(cursor="a b&c")) as url:
        assert "cursor 'a b&c'" in complaint(remote.run("admin", "list", url=url))
    with hostile(remote, page("5")) as url:
        assert "is no list" in complaint(remote.run("admin", "list", url=url))


def test_tls_1_2_is_refused(remote):
    remote.login("viewer")
    with hostile(remote, head(200, b"{}"), ssl.TLSVersion.TLSv1_2) as url:
        complaint(remote.run("status", url=url))


def event(seq):
    """An entry of the journal."""
    return {"time": "2026-11-23T08:00:00Z", "source": 1, "seq": seq, "kind": "stop", "from": "ready", "to": "stopped",
            "cause": {"code": "software", "text": "t", "action": "a"}, "edge_to_low_ns": 5}


def page(*items, cursor=None):
    """Of a list; a number stands for an entry of the journal."""
    return head(200, json.dumps({"items": [event(i) if isinstance(i, int) else i for i in items], "next_cursor": cursor}).encode())


def test_journal_comes_the_oldest_first(remote):
    remote.login("viewer")
    with hostile(remote, [page(9, 8, cursor="7"), page(7, 6)]) as url:
        lines = [json.loads(line) for line in remote.done("safety", "journal", "--json", url=url).splitlines()]
    assert [line["seq"] for line in lines] == [6, 7, 8, 9]
    with hostile(remote, page(9, 8, cursor="7")) as url:
        lines = remote.done("safety", "journal", "--rounds", "1", url=url).splitlines()
    assert len(lines) == 1 and " 9 " in lines[0] and " software " in lines[0]


def test_modules_come_page_by_page(remote):
    remote.login("viewer")
    with hostile(remote, [page({"address": 2, "name": "number2"}, cursor="2-0"), page({"address": 3, "name": "number3"})]) as url:
        shown = remote.done("module", url=url)
    assert "number2" in shown and "number3" in shown


def test_watch_shows_what_comes(remote):
    remote.login("viewer")
    with hostile(remote, [page(2, 1), page(2, 1), page(5, 4, 3, 2, 1)]) as url:
        made = remote.run("safety", "watch", "--rounds", "2", "--json", url=url)
    assert (made.returncode, [json.loads(line)["seq"] for line in made.stdout.splitlines()]) == (0, [3, 4]), made


def test_no_authority_is_no_trust(remote):
    remote.login("viewer")
    for text in ("", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        remote.file("pem").write_text(text)
        assert complaint(remote.run("status"))


def test_another_name_is_refused(remote):
    remote.login("viewer")
    with hostile(remote, head(200, b"{}")) as url:
        # The certificate has 127.0.0.1, and nothing for this address of the same machine.
        for ending in ("json", "pem"):
            port = url.rsplit(":", 1)[1]
            shutil.copy(remote.file(ending), remote.folder / f"[::ffff:127.0.0.1]_{port}.{ending}")
        made = remote.run("status", url=url.replace("127.0.0.1", "[::ffff:127.0.0.1]"))
    assert "does not have this address" in complaint(made) and "match" in made.stderr and "names in [http]" in made.stderr
