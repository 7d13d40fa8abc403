# SPDX-License-Identifier: GPL-2.0-or-later
"""The robot of the image with what compose.yaml puts around it: Debian's programs of the pinned versions, on the shipped files."""
import contextlib
import json
import shutil
import signal
import subprocess
import urllib.parse
import urllib.request

import pytest
import yaml

from conftest import DEPLOY, moved
from oht_test.client import PASSWORD, Client, trusting
from oht_test.wait import until

SERVICES = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
ROBOT, NGINX = "172.30.90.3", "172.30.90.2"
PORT = 9443
# {service: (package, program)}
PROGRAMS = {"nginx": ("nginx", "sbin/nginx"), "alertmanager": ("prometheus-alertmanager", "bin/prometheus-alertmanager"),
            "victoria-metrics": ("victoria-metrics", "bin/victoria-metrics"), "prometheus": ("prometheus", "bin/prometheus")}
# Of what is shipped: 30 s without the robot, and what is grouped waits 10 s.
ALERT_S = 120


class Stack:
    """Services of compose.yaml: their commands, mounts and rights are those of the file."""

    def __init__(self, folder, tools, held):
        self.folder, self.tools, self.held = folder, tools, held
        # All are at this machine, by the names that they have for each other.
        (folder / "hosts").write_text(f"127.0.0.1 localhost {' '.join(SERVICES)}\n")
        subprocess.run(["ip", "address", "add", f"{ROBOT}/28", "dev", "lo"], check=True)
        self.files = {"./tls/robot.crt": folder / "robot.crt", "./tls/robot.key": folder / "robot.key", "./tls/ca.crt": folder / "ca.crt",
                      # Two cannot have one port of one machine, and nginx comes from the robot's own address there.
                      "./nginx.conf": self.changed("nginx.conf", ("listen 8443", f"listen {PORT}")),
                      "./ohtd.compose.conf": self.changed("ohtd.compose.conf", (NGINX, ROBOT))}
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=robot.example",
                        "-addext", "subjectAltName=DNS:robot.example,IP:127.0.0.1", "-keyout", folder / "robot.key", "-out", folder / "robot.crt"],
                       check=True, capture_output=True)

    def changed(self, name, *places):
        (self.folder / name).write_text(moved((DEPLOY / name).read_text(), *places))
        return self.folder / name

    def mounts(self, name):
        """A volume is a folder of the test."""
        for text in SERVICES[name]["volumes"]:
            source, place = text.split(":")[:2]
            if source.startswith("."):
                yield from ("--ro-bind", self.files.get(source, DEPLOY / source), place)
            else:
                (self.folder / source).mkdir(exist_ok=True)
                yield from ("--bind", self.folder / source, place)

    def start(self, name):
        """Debian's program in a root of its own, which has what its package has."""
        service, (package, program) = SERVICES[name], PROGRAMS[name]
        words = service["command"][1:] if service["command"][0] == name else service["command"]
        rights = [word for cap in service.get("cap_add", []) for word in ("--cap-add", f"CAP_{cap}")]
        command = [self.tools["bubblewrap"] / "usr/bin/bwrap", "--die-with-parent", "--cap-drop", "ALL", *rights, "--dev", "/dev", "--proc", "/proc",
                   "--tmpfs", "/tmp", "--ro-bind", self.tools[package] / "usr", "/usr", "--ro-bind", "/usr/lib", "/lib", "--ro-bind", "/usr/lib64", "/lib64",
                   "--ro-bind", "/etc/passwd", "/etc/passwd", "--ro-bind", "/etc/group", "/etc/group", "--ro-bind", self.folder / "hosts", "/etc/hosts",
                   *self.mounts(name), f"/usr/{program}", *words]
        process = subprocess.Popen([str(word) for word in command], stdout=(self.folder / f"{name}.log").open("wb"), stderr=subprocess.STDOUT)
        self.held.callback(process.wait)
        self.held.callback(process.kill)

    def logs(self):
        return "\n".join(f"{file.name}: {file.read_text(errors='replace')[-600:]}" for file in sorted(self.folder.glob("*.log")))


@pytest.fixture(name="stack")
def _stack(alone, tools, tmp_path):
    assert alone is None
    with contextlib.ExitStack() as held:
        yield Stack(tmp_path, tools, held)


def asked(url, **query):
    """JSON, or None while there is none."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(query)}", timeout=20) as answer:
        return json.load(answer)


def values(port, query):
    """Of a query in Prometheus' language."""
    found = asked(f"http://127.0.0.1:{port}/api/v1/query", query=query)
    return [float(item["value"][1]) for item in found["data"]["result"]] if found else []


def test_robot_proxy_memory_and_alerts_work_together(container, stack):
    container.config = stack.files["./ohtd.compose.conf"]
    container.start_whole()
    shutil.copy(container.state / "ca.crt", stack.folder / "ca.crt")
    for name in PROGRAMS:
        stack.start(name)
    # Through nginx: set-up, page, stop; the metrics are not for all.
    client = Client(PORT, trusting((stack.folder / "robot.crt").read_text()))

    def page():
        with contextlib.suppress(ConnectionRefusedError):
            return client.request("GET", "/").status == 200
        return False
    until(page, what="the page through nginx")
    code = (container.run / "setup-code").read_text().strip()
    assert client.post("setup", {"code": code, "username": "administrator", "password": PASSWORD}, role=None).status == 201
    assert client.post("safety/stop").status == 200
    assert client.request("GET", "/metrics").status == 401
    # Prometheus sees it, VictoriaMetrics remembers it.
    until(lambda: values(9090, 'up{job="oht"}') == [1], ALERT_S, "Prometheus reads the robot")
    until(lambda: values(8428, 'oht_safety_state{state="stopped"}') == [1], ALERT_S, "VictoriaMetrics has the stop")
    # The rules reach people.
    container.end(signal.SIGKILL)
    until(lambda: "RobotNotScraped" in {alert["labels"]["alertname"] for alert in asked("http://127.0.0.1:9093/api/v2/alerts") or []},
          ALERT_S, f"an alert of a robot that is gone: {stack.logs()}")
