# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines of ohtd at a collector, by the files of deploy/logs: a journal of this test's own, Debian's programs that send it, TLS on loopback."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import threading

import pytest
import yaml

from daemon import TOP, die_with_us
from oht_test.wait import free_port, until

LOGS = TOP / "deploy/logs"
FIELDS = re.findall(r"(OHT_[A-Z_]+)=%s", (TOP / "userspace/ohtd/base/log_sink.c").read_text(encoding="utf-8"))
JOURNALD = "/lib/systemd/systemd-journald"
# A journal that nothing else writes to: the socket is where ohtd looks for it, in a file system of these programs alone.
ALONE = f"""
mount -t tmpfs none /run
mkdir -p /run/systemd/journal /run/log/journal /run/systemd/journald.conf.d /run/systemd/journal-upload.conf.d
printf '[Journal]\\nStorage=volatile\\nReadKMsg=no\\nAudit=no\\nForwardToSyslog=no\\n' >/run/systemd/journald.conf.d/alone.conf
exec {JOURNALD}
"""


def moved(name, *places):
    """A shipped file with the paths and ports of the test; each of them is in there."""
    text = (LOGS / name).read_text(encoding="utf-8")
    for there, here in places:
        assert there in text, there
        text = text.replace(there, str(here))
    return text


def test_every_way_carries_every_field():
    """And the manual names each."""
    assert FIELDS == ["OHT_ROOM", "OHT_CODE", "OHT_REQUEST_ID"]
    manual = (TOP / "docs/operations.md").read_text(encoding="utf-8")
    for field in FIELDS:
        assert f"| `{field}` |" in manual
        assert f"$!{field}" in (LOGS / "rsyslog.conf").read_text(encoding="utf-8") and f".{field}" in (LOGS / "vector.yaml").read_text(encoding="utf-8")
    for file in LOGS.iterdir():
        assert f"deploy/logs/{file.name}" in manual
    vector = yaml.safe_load((LOGS / "vector.yaml").read_text(encoding="utf-8"))
    made = set(re.findall(r'"(\w+)":', vector["transforms"]["fields"]["source"]))
    assert set(re.findall(r"{{ (\w+) }}", str(vector["sinks"]["loki"]["labels"]))) <= made
    # Debian has no Vector: its form as far as the file uses it.
    known = {"sources": {"journald": {"include_units"}}, "transforms": {"remap": {"inputs", "source"}},
             "sinks": {"loki": {"inputs", "endpoint", "labels", "encoding", "buffer"}}}
    assert set(vector) == set(known)
    parts = [(kind, name, part) for kind, named in vector.items() for name, part in named.items()]
    for kind, name, part in parts:
        assert part.keys() == {"type"} | known[kind].get(part["type"], set()), name
        assert all(there in {*vector["sources"], *vector["transforms"]} - {name} for there in part.get("inputs", ())), name
    # Each of them is read by the next.
    assert {there for _, _, part in parts for there in part.get("inputs", ())} == {*vector["sources"], *vector["transforms"]}
    buffer = vector["sinks"]["loki"]["buffer"]
    assert buffer["type"] == "disk" and buffer["max_size"] >= 268435488, "the least that a buffer on the disk may have"


def tool(*names):
    """The first of Debian's packages, unpacked and not installed, and the folders of libraries of all."""
    found = [pathlib.Path(subprocess.run([TOP / "scripts/fetch-tool", name], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
             for name in names]
    return found[0], [folder for root in found for folder in root.glob("usr/lib/*-linux-gnu*")]


def with_libraries(folders):
    return {"LD_LIBRARY_PATH": ":".join(map(str, folders))}


class Journal:
    """journald in a namespace of its own, a daemon that writes to it, and programs that read it."""

    def __init__(self, folder):
        self.folder, self.held = folder, contextlib.ExitStack()
        self.process = subprocess.Popen(["unshare", "-m", "sh", "-c", ALONE], preexec_fn=die_with_us,
                                        stderr=(folder / "journald.log").open("wb"))
        self.inside = ["nsenter", "-m", "-t", str(self.process.pid)]
        until(lambda: subprocess.run([*self.inside, "test", "-S", "/run/systemd/journal/socket"], check=False,
                                     stderr=subprocess.DEVNULL).returncode == 0, what="the socket of the journal")

    def begin(self, daemon):
        """It sees by its standard error that it writes to the journal."""
        daemon.prefix = [*self.inside, *daemon.prefix]
        log = daemon.folder / "ohtd.log"
        log.touch()
        status = log.stat()
        daemon.shims["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}"
        daemon.start()

    def put(self, place, text):
        subprocess.run([*self.inside, "sh", "-c", 'cat >"$1"', "sh", place], input=text, text=True, check=True)

    def start(self, *command, inside=True, **environment):
        name = pathlib.Path(command[0]).name
        process = subprocess.Popen([*(self.inside if inside else ()), *(str(word) for word in command)], env={**os.environ, **environment},
                                   stdout=subprocess.DEVNULL, stderr=(self.folder / f"{name}.log").open("wb"), preexec_fn=die_with_us)
        self.held.callback(process.wait, 20)
        self.held.callback(process.kill)
        return process

    def logs(self):
        return "\n".join(f"{file.name}: {file.read_text(errors='replace')[-500:]}" for file in sorted(self.folder.glob("*.log")))

    def end(self):
        self.held.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


@pytest.fixture(name="journal")
def _journal(tmp_path_factory):
    made = Journal(tmp_path_factory.mktemp("journal"))
    yield made
    made.end()


def authority(folder, *names):
    """ca.crt, and for each name a certificate and its key of that authority."""
    def openssl(*words):
        subprocess.run(["openssl", *(str(word) for word in words)], check=True, capture_output=True)
    key = ("-newkey", "rsa:2048", "-nodes")
    openssl("req", "-x509", *key, "-subj", "/CN=authority", "-keyout", folder / "ca.key", "-out", folder / "ca.crt")
    for name in names:
        openssl("req", *key, "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.csr")
        (folder / "names").write_text(f"subjectAltName=DNS:{name},IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", folder / f"{name}.csr", "-CA", folder / "ca.crt", "-CAkey", folder / "ca.key", "-CAcreateserial",
                "-extfile", folder / "names", "-out", folder / f"{name}.crt")


def refused(daemon, name):
    """A line with all fields: somebody without the password, in a request of that name."""
    assert daemon.request("POST", "auth/login", {"username": "viewer", "password": "wrong"}, role=None, headers={"X-Request-Id": name}).code == "login_refused"


@pytest.mark.slow
@pytest.mark.plain("filter")
def test_a_line_arrives_at_another_journal(fresh, journal):
    folder, port = journal.folder, free_port()
    authority(folder, "collector.example", "robot.example")
    journal.begin(fresh)
    refused(fresh, "before-the-collector")
    root, libraries = tool("systemd-journal-remote", "libmicrohttpd12")
    environment = with_libraries(libraries)
    (folder / "far").mkdir()
    journal.start(root / "lib/systemd/systemd-journal-remote", f"--listen-https=127.0.0.1:{port}", f"--output={folder}/far/", "--split-mode=host",
                  f"--key={folder}/collector.example.key", f"--cert={folder}/collector.example.crt", **environment)
    journal.put("/run/systemd/journal-upload.conf.d/oht.conf", moved(
        "journal-upload.conf", ("https://collector.example:19532", f"https://127.0.0.1:{port}"), ("/etc/ssl/private/journal-upload.key", folder / "robot.example.key"),
        ("/etc/ssl/certs/journal-upload.crt", folder / "robot.example.crt"), ("/etc/ssl/certs/collector-ca.crt", folder / "ca.crt")))

    def arrived(name):
        done = subprocess.run(["journalctl", f"--directory={folder}/far", "-o", "json", "OHT_CODE=login_refused", f"OHT_REQUEST_ID={name}"],
                              capture_output=True, text=True, check=False)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def upload():
        return journal.start(root / "lib/systemd/systemd-journal-upload", f"--save-state={folder}/state", **environment)
    until(lambda: (folder / "systemd-journal-remote.log").exists() and reachable(port), what="the collector")
    sender = upload()
    lines = until(lambda: arrived("before-the-collector"), what=f"the line\n{journal.logs()}")
    assert [(line["OHT_ROOM"], line["PRIORITY"], line["SYSLOG_IDENTIFIER"], line["MESSAGE"]) for line in lines] == [("auth", "5", "ohtd", "from 127.0.0.1")]
    # What was written while nothing was sent goes out too.
    sender.terminate()
    sender.wait(20)
    refused(fresh, "in-between")
    upload()
    until(lambda: arrived("in-between"), what=f"the line in between\n{journal.logs()}")


def reachable(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Collector:
    """Takes RFC 5424 over TLS, each message with its length in front (RFC 5425)."""

    def __init__(self, folder, name):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.messages, self.peers = [], 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.socket.accept()
                self.peers += 1
                with contextlib.suppress(OSError, ssl.SSLError), self.context.wrap_socket(peer, server_side=True) as stream, stream.makefile("rb") as file:
                    while digits := b"".join(iter(lambda file=file: file.read(1), b" ")):
                        self.messages.append(file.read(int(digits)).decode())

    def end(self):
        self.socket.close()


@pytest.mark.slow
@pytest.mark.plain("filter")
def test_a_line_arrives_by_syslog(fresh, journal):
    folder = journal.folder
    authority(folder, "collector.example", "other.example")
    root, libraries = tool("rsyslog", "rsyslog-openssl", "libestr0", "libfastjson4", "liblognorm5")
    environment = with_libraries(libraries)
    modules = ":".join(str(place / "rsyslog") for place in libraries if (place / "rsyslog").is_dir())
    right, wrong = Collector(folder, "collector.example"), Collector(folder, "other.example")

    def configured(collector):
        file = folder / "rsyslog.conf"
        file.write_text(f'global(workDirectory="{folder}")\n' + moved(
            "rsyslog.conf", ('target="collector.example" port="6514"', f'target="127.0.0.1" port="{collector.port}"'),
            ("/etc/ssl/certs/collector-ca.crt", folder / "ca.crt")))
        return file

    def rsyslogd(*more):
        return root / "usr/sbin/rsyslogd", "-M", modules, "-n", "-i", folder / "rsyslog.pid", "-f", *more
    # Its own program reads it, without a complaint.
    done = subprocess.run([str(word) for word in (*rsyslogd(configured(right)), "-N1")], env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "error" not in done.stderr.lower(), done.stderr
    journal.begin(fresh)
    refused(fresh, "by-syslog")
    # Another that has a certificate of the same authority, but not the name, gets nothing.
    sender = journal.start(*rsyslogd(configured(wrong)), **environment)
    until(lambda: wrong.peers, what=f"a try\n{journal.logs()}")
    sender.kill()
    sender.wait(20)
    journal.start(*rsyslogd(configured(right)), **environment)
    line = until(lambda: next((text for text in right.messages if "by-syslog" in text), None), what=f"the line\n{journal.logs()}")
    assert re.fullmatch(r'<\d+>1 \S+T\S+ \S+ ohtd \d+ login_refused \[oht@32473 room="auth" request_id="by-syslog"\] ?from 127\.0\.0\.1', line), line
    assert all("[oht@32473 " in text for text in right.messages) and wrong.messages == []
    right.end()
    wrong.end()
