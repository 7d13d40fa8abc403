# SPDX-License-Identifier: GPL-2.0-or-later
"""A broker, a vehicle, and the fleet's side of their messages."""
import json
import os
import signal
import socket
import subprocess
import threading
import time

import paho.mqtt.client as mqtt

from daemon import BUILD, LEAKS, TOP, FOUND, die_with_us
from oht_test.wait import free_port, until
from standard import NUMBERS, TOPICS, check

FLEET = BUILD / "userspace/oht-fleet/oht-fleet"


def fetched(name):
    return subprocess.run([TOP / "scripts/fetch-tool", name], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


class Broker:
    """Debian's mosquitto on loop-back."""

    def __init__(self, folder, *lines):
        self.folder, self.port, self.process = folder, free_port(), None
        (folder / "broker.conf").write_text("\n".join([f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence false", "user root", *lines]) + "\n")
        libraries = [f"{fetched(name)}/usr/lib/x86_64-linux-gnu" for name in ("libcjson1", "libdlt2", "libwrap0")]
        self.environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)}
        self.environment.pop("LD_PRELOAD", None)
        self.program = f"{fetched('mosquitto')}/usr/sbin/mosquitto"

    def start(self):
        self.process = subprocess.Popen([self.program, "-c", self.folder / "broker.conf"], env=self.environment, preexec_fn=die_with_us,
                                        stderr=(self.folder / "broker.log").open("ab"))

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()


class Listener:
    """What is in the place of a broker, or of ohtd: it takes each connection and does no more than it is told, until it is closed."""

    def __init__(self, address, serve):
        self.server = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self.server.bind(address)
        self.server.listen()
        self.path = self.server.getsockname()
        self.port = None if isinstance(address, str) else self.path[1]
        self.serve, self.came = serve, []
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        while True:
            try:
                link, _ = self.server.accept()
            except OSError:
                return
            self.came.append(time.monotonic())
            with link:
                self.serve(link)

    def gaps(self):
        """Seconds between two connections."""
        return [later - sooner for sooner, later in zip(self.came, self.came[1:])]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


class Vehicle:
    """oht-fleet with a serial number of its own, and a client that hears all of it. It checks each message as it comes."""

    def __init__(self, folder, socket, broker, serial, version, host="127.0.0.1"):
        self.folder, self.broker, self.version = folder, broker, version
        self.prefix = f"vda5050/{TOPICS[version]}/maker/{serial}/"
        self.serial, self.process, self.heard, self.wrong, self.sent, self.instants, self.late = serial, None, [], [], 0, set(), None
        self.fleets = {"order", "instantActions"}        # what the fleet itself says
        (folder / "kept").mkdir()
        self.lines = {"broker": {"host": host, "port": broker.port, "tls": "no", "keepalive_s": 5},
                      "robot": {"version": version, "manufacturer": "maker", "serial": serial},
                      "paths": {"socket": socket, "state": folder / "kept"}, "timing": {}, "nodes": {}}
        self.client = mqtt.Client()
        self.client.reconnect_delay_set(1, 1)
        self.client.on_message = self.hear
        self.client.on_connect = lambda client, *_: client.subscribe(self.prefix + "#", 1)

    def hear(self, _client, _arg, message):
        topic = message.topic.removeprefix(self.prefix)
        if topic in self.fleets:
            return
        said = json.loads(message.payload)
        self.wrong += check(self.version, topic, said)
        self.heard.append((topic, said, message.retain))

    def listen(self):
        until(lambda: self.dial() is None, what="the broker listens")
        self.client.loop_start()
        until(self.client.is_connected, what="a connection of the fleet")

    def dial(self):
        try:
            self.client.connect("127.0.0.1", self.broker.port)
        except OSError as error:
            return error
        return None

    def start(self, listen=True):
        """The vehicle, and before the first its fleet."""
        if listen and not self.client.is_connected():
            self.listen()
        text = "".join(f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()) for section, keys in self.lines.items())
        (self.folder / "oht-fleet.conf").write_text(text)
        environment = {**os.environ, "ASAN_OPTIONS": f"exitcode={FOUND}", "UBSAN_OPTIONS": f"halt_on_error=1:exitcode={FOUND}",
                       "LSAN_OPTIONS": f"suppressions={LEAKS}:print_suppressions=0"}
        self.process = subprocess.Popen([FLEET, "--config", self.folder / "oht-fleet.conf"], env=environment, preexec_fn=die_with_us,
                                        stderr=(self.folder / "fleet.log").open("ab"))

    def stop(self, number=signal.SIGTERM, status=0):
        self.process.send_signal(number)
        assert self.process.wait(30) == status, self.log()
        self.process = None

    def end(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.client.disconnect()
        self.client.loop_stop()
        assert not self.wrong, self.wrong[:5]
        assert "Sanitizer" not in self.log(), self.log()

    def log(self):
        file = self.folder / "fleet.log"
        return file.read_text(errors="replace") if file.exists() else ""

    # ---- what it says ----

    def all(self, topic):
        return [said for heard, said, _ in list(self.heard) if heard == topic]

    def wait(self, topic, what=lambda said: True, since=0, name=""):
        """The first message on a topic, behind the first so many of all, of which something is true."""
        def found():
            assert self.process is None or self.process.poll() is None, self.log()
            self.go_on()
            return next((said for heard, said, _ in self.heard[since:] if heard == topic and what(said)), None)
        try:
            return until(found, what=f"{topic} as it is waited for{name and ': '}{name}")
        except AssertionError as error:
            raise AssertionError(f"{error}; last: {self.all(topic)[-1:]}; {self.log()[-1500:]}") from error

    def go_on(self):
        """A busy host may give the robot a command too late, which holds the order: the fleet lets it go on."""
        last = next((said for heard, said, _ in reversed(list(self.heard)) if heard == "state"), None)
        if last and last is not self.late and {"referenceKey": "reason", "referenceValue": "expired"} in [
                row for error in last["errors"] for row in error.get("errorReferences", [])]:
            self.late = last
            self.act("stopPause", f"late-{last['headerId']}")

    def state(self, what=lambda said: True, since=0):
        return self.wait("state", what, since)

    def mark(self):
        """How much has been heard: what is waited for comes behind it."""
        return len(self.heard)

    # ---- what the fleet says ----

    def say(self, topic, body, retain=False, raw=False):
        self.sent += 1
        now = time.time()
        header = {"headerId": self.sent, "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z",
                  "version": NUMBERS[self.version], "manufacturer": "maker", "serialNumber": self.serial}
        self.client.publish(self.prefix + topic, body if raw else json.dumps({**header, **body}), retain=retain).wait_for_publish()

    def act(self, kind, name, **parameters):
        """An instant action with this id."""
        self.instants.add(name)
        action = {"actionType": kind, "actionId": name, "blockingType": "NONE"}
        if parameters:
            action["actionParameters"] = [{"key": key, "value": value} for key, value in parameters.items()]
        self.say("instantActions", {"actions": [action]})

    def instant(self, state, name):
        """How an instant action stands."""
        rows = state["instantActionStates" if self.version == "3.0" else "actionStates"]
        return next((row["actionStatus"] for row in rows if row["actionId"] == name), None)

    def order(self, name, path, update=0, start=0, released=None, actions=None, **more):
        """An order along a path of (node, x); so many nodes of it are released, left out: all. Actions by the sequence id of their node."""
        released = len(path) if released is None else released
        nodes = [{"nodeId": node, "sequenceId": start + 2 * at, "released": at < released, "actions": (actions or {}).get(start + 2 * at, []),
                  **({"nodePosition": {"x": x, "y": 0, "mapId": "rail"}} if x is not None else {})} for at, (node, x) in enumerate(path)]
        edges = [{"edgeId": f"to-{end}", "sequenceId": start + 2 * at + 1, "released": at + 1 < released, "actions": [],
                  **({"startNodeId": begin, "endNodeId": end} if self.version == "2.1" else {})}
                 for at, ((begin, _), (end, _)) in enumerate(zip(path, path[1:]))]
        return {"orderId": name, "orderUpdateId": update, "nodes": nodes, "edges": edges, **more}

    def send(self, *args, **more):
        """Sends an order; what is heard behind the mark came after it."""
        mark = self.mark()
        self.say("order", self.order(*args, **more))
        return mark

    def ended(self, name, since, what=lambda said: True):
        """The order is over, and the robot stands."""
        def over(said):
            done = all(row["actionStatus"] in ("FINISHED", "FAILED") for row in said["actionStates"] if row["actionId"] not in self.instants)
            return said["orderId"] == name and not said["nodeStates"] and not said["edgeStates"] and not said["driving"] and done and what(said)
        return self.state(over, since)

    def action(self, kind, name, **parameters):
        return {"actionType": kind, "actionId": name, "blockingType": "HARD", "actionParameters": [{"key": key, "value": value} for key, value in parameters.items()]}
