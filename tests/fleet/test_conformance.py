# SPDX-License-Identifier: GPL-2.0-or-later
"""The conformance kit judges oht-fleet as it judges any vehicle: all checks that apply pass."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading

import pytest

from daemon import TOP, running
from oht_test.wait import until
from test_orders import enable
from vehicle import Broker, Vehicle

# The kit asks for a line of the shell; a line that does nothing but tell this program.
TELL = """import socket, sys
with socket.socket(socket.AF_UNIX) as link:
    link.connect(sys.argv[1])
    link.sendall(sys.argv[2].encode())
    link.shutdown(socket.SHUT_WR)
    sys.exit(link.recv(100) != b"done")
"""


class Commands:
    """What a person would do beside the vehicle, at the word of the kit."""

    def __init__(self, folder, words):
        self.words, self.failed, self.path = words, [], folder / "commands"
        self.script = folder / "tell.py"
        self.script.write_text(TELL)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(self.path))
        self.server.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            link, _ = self.server.accept()
            with link:
                word = link.makefile().read()
                try:
                    self.words[word]()
                    link.sendall(b"done")
                except Exception as error:        # pylint: disable=broad-except
                    self.failed.append((word, repr(error)))

    def lines(self):
        return {word: f"{sys.executable} {self.script} {self.path} {word}" for word in self.words}


def words(robot, vehicle, broker):
    # The vehicle may be in control for a moment.
    def mode(word):
        until(lambda: robot.request("PUT", "robot/mode", {"mode": word}, role="supervisor").status == 200, what=f"mode {word}")

    def automatic():
        mode("automatic")
        robot.request("DELETE", "control", role="supervisor")

    return {"kill": lambda: vehicle.stop(signal.SIGKILL, -signal.SIGKILL), "start": vehicle.start, "stop": vehicle.stop,
            "brokerStop": broker.kill, "brokerStart": broker.start, "manual": lambda: mode("manual"), "automatic": automatic,
            "estop": lambda: robot.post("safety/stop", role="supervisor"), "release": lambda: enable(robot)}


@pytest.mark.slow
@pytest.mark.limit_s(3000)
@pytest.mark.parametrize("version", ["3.0", "2.1"])
def test_all_that_applies_passes(version):
    with tempfile.TemporaryDirectory(prefix="oht-kit-") as name:
        folder = pathlib.Path(name)
        with running(folder, ["supervisor"], bus_outputs="simulated", bus_time_factor=20) as robot, Broker(folder) as broker:
            vehicle = Vehicle(folder, robot.socket, broker, "kit", version)
            vehicle.lines["timing"].update(state_ms=2000, visualization_ms=500)
            try:
                judge(folder, robot, broker, vehicle)
            finally:
                vehicle.end()


def judge(folder, robot, broker, vehicle):
    enable(robot)
    # Undocking ends at a station, which has another name at the fleet; the other nodes are places without one.
    vehicle.lines["nodes"]["k0"] = "home"
    vehicle.start()
    vehicle.state(lambda said: said["operatingMode"] == "AUTOMATIC")
    commands = Commands(folder, words(robot, vehicle, broker))
    file = {"version": {"3.0": "3.0.0", "2.1": "2.1.0"}[vehicle.version], "broker": f"mqtt://127.0.0.1:{broker.port}", "interfaceName": "vda5050",
            "manufacturer": "maker", "serialNumber": "kit", "mapId": "rail", "deviation": 0.1,
            "nodes": [{"nodeId": f"k{at}", "x": round(0.5 + at * 0.3, 3), "y": 0} for at in range(4)], "unreachable": "nowhere",
            "work": {"actionType": "wait", "parameters": {"seconds": 1}}, "commands": commands.lines()}
    (folder / "vehicle.json").write_text(json.dumps(file))
    schemas = os.environ.get("OHT_VDA_SCHEMAS")
    kills = ["--kills", "100"] if os.environ.get("OHT_SOAK") else []
    done = subprocess.run([TOP / "scripts/check-conformance", "--json", folder / "report.json", *kills, *(["--schemas", f"{schemas}/{vehicle.version}"] if schemas else []),
                           folder / "vehicle.json"], stdout=(folder / "kit.txt").open("w"), text=True, check=False)
    said = (folder / "kit.txt").read_text()
    if keep := os.environ.get("OHT_KIT_REPORT"):
        (pathlib.Path(keep) / f"report-{vehicle.version}.json").write_text((folder / "report.json").read_text())
        (pathlib.Path(keep) / f"fleet-{vehicle.version}.log").write_text(vehicle.log())
    assert done.returncode == 0, (said[-5000:], commands.failed)
