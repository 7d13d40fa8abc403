# SPDX-License-Identifier: GPL-2.0-or-later
"""Home Assistant's side of the broker: what it finds, shows and presses; names that nobody should have, and what is taken back."""
import json
import re
import signal
import time

import paho.mqtt.client as mqtt
import pytest

from oht_test.wait import until
from test_orders import enable, shown
from vehicle import Listener

# As its integration reads a topic behind the prefix.
TOPIC = re.compile(r"(?P<component>\w+)/(?:(?P<node_id>[a-zA-Z0-9_-]+)/)?(?P<object_id>[a-zA-Z0-9_-]+)/config")
WORDS = {"state", "battery", "position", "speed", "alerts", "mission", "stop"}
ONLINE = "{{ 'online' if value_json.connectionState == 'ONLINE' else 'offline' }}"


class Home:
    """All that a broker tells it, and what it makes of that."""

    def __init__(self, broker, prefix="homeassistant"):
        self.prefix, self.heard, self.kept = prefix, [], {}
        self.client = mqtt.Client()
        self.client.on_message = self.hear
        self.client.on_connect = lambda client, *_: client.subscribe("#", 1)
        until(lambda: self.dial(broker) is None, what="the broker listens")
        self.client.loop_start()
        until(self.client.is_connected, what="a connection of Home Assistant")

    def dial(self, broker):
        try:
            self.client.connect("127.0.0.1", broker.port)
        except OSError as error:
            return error
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.disconnect()
        self.client.loop_stop()

    def hear(self, _client, _arg, message):
        self.heard.append((message.topic, message.payload, message.retain))
        self.kept[message.topic] = message.payload

    def configs(self, serial):
        """By the last word of their topic; a message that the integration would drop is an error."""
        found = {}
        for topic, payload in dict(self.kept).items():
            if not topic.startswith(f"{self.prefix}/") or not topic.endswith("/config") or not payload:
                continue
            config = json.loads(payload)
            if config["device"]["serial_number"] == serial:
                match = TOPIC.fullmatch(topic.removeprefix(f"{self.prefix}/"))
                assert match and match["component"] in ("sensor", "button"), topic
                found[match["object_id"]] = config
        return found

    def all(self, serial):
        return until(lambda: (found := self.configs(serial)) and set(found) == WORDS and found, what="the whole device")

    def value(self, config):
        """As its template makes it; None: not known, or nothing was said."""
        payload = self.kept.get(config["state_topic"])
        name = re.fullmatch(r"\{\{ value_json\.(\w+) \}\}", config["value_template"])[1]
        return json.loads(payload)[name] if payload else None

    def texts(self, config):
        return json.loads(self.kept[config["json_attributes_topic"]])["alert_texts"]

    def is_there(self, config):
        assert config["availability_template"] == ONLINE
        payload = self.kept.get(config["availability_topic"])
        return bool(payload) and json.loads(payload)["connectionState"] == "ONLINE"

    def say(self, topic, text, retain=False):
        self.client.publish(topic, text, 1, retain).wait_for_publish()


@pytest.fixture(name="home")
def home_assistant(broker):
    with Home(broker) as made:
        yield made


def test_it_finds_a_device_and_stops_it(robot, broker, vehicle, home):
    enable(robot)
    vehicle.lines["home_assistant"] = {"prefix": "homeassistant", "period_ms": 100}
    vehicle.start()
    found = home.all(vehicle.serial)
    until(lambda: home.value(found["state"]) == "idle", what="the state")
    assert home.value(found["position"]) == round(shown(robot)["position_mm"] / 1000, 2) and home.value(found["speed"]) == 0
    assert 0 <= home.value(found["battery"]) <= 100 and home.value(found["mission"]) == "none"
    assert all(home.is_there(config) for config in found.values())
    # One button, which stops; nothing else is listened to.
    assert [word for word, config in found.items() if "command_topic" in config] == ["stop"]
    assert len({config["unique_id"] for config in found.values()}) == len(found)
    assert len({json.dumps(config["device"]) for config in found.values()}) == 1
    # What comes late, and what was kept, finds the same.
    with Home(broker) as late:
        assert late.all(vehicle.serial) == found
        until(lambda: late.value(found["state"]) == "idle" and late.is_there(found["stop"]), what="values that are kept")
        assert all(retained for topic, _, retained in late.heard if topic.endswith("/config"))
    stop = found["stop"]
    assert (stop["qos"], stop["retain"]) == (1, False)
    # What is no press: another word, nothing, a press of another day, and words in other places.
    for text in ("", "stop", "STOP ", "STOP\0", "START", "S" * 10000):
        home.say(stop["command_topic"], text)
    for word in ("start", "move", "values"):
        home.say(stop["command_topic"].removesuffix("stop") + word, "STOP")
    vehicle.stop()
    until(lambda: not home.is_there(stop), what="that it is away")
    home.say(stop["command_topic"], stop["payload_press"], retain=True)
    mark = vehicle.mark()
    vehicle.start()
    vehicle.state(lambda said: said["operatingMode"] == "AUTOMATIC", mark)
    home.say(stop["command_topic"], "", retain=True)
    vehicle.act("stateRequest", "behind")
    vehicle.state(lambda said: vehicle.instant(said, "behind"), mark)
    assert shown(robot)["state"] == "idle" and "was stopped by" not in vehicle.log()
    home.say(stop["command_topic"], stop["payload_press"])
    until(lambda: home.value(found["state"]) == "estop", what="the stop")
    until(lambda: home.value(found["alerts"]) >= 1 and home.texts(found["alerts"]), what="its alert")
    assert shown(robot)["state"] == "estop" and "was stopped by Home Assistant" in vehicle.log()
    vehicle.stop(signal.SIGKILL, -signal.SIGKILL)
    until(lambda: not any(home.is_there(config) for config in found.values()), what="the last will")


@pytest.mark.slow
def test_names_that_nobody_should_have(robot, broker, tmp_path, vehicle, home):
    """Quotes, templates, other scripts and what a topic cannot have: said as they are, and two robots are never one."""
    enable(robot)
    series, name = "\"}}'{{ 7*7 }}\\ \t字ü", "\"}],{{ states('x') }}\\'<b>" + "字" * 11
    vehicle.lines["home_assistant"] = {"prefix": "plant_2-b", "period_ms": 100}
    vehicle.lines["factsheet"] = {"series": series}
    home.prefix = "plant_2-b"
    serials = ["a.b", "a:b", "a_b", "a_2eb", "a-b", "." * 64]
    for serial in serials:
        vehicle.lines["robot"]["serial"] = serial
        vehicle.start()
        found = home.all(serial)
        assert found["state"]["device"]["model"] == series and found["state"]["device"]["serial_number"] == serial
        # An entity's id is made of both names.
        assert all(len(config["device"]["name"]) + len(config["name"]) < 200 for config in found.values())
        if serial == serials[0]:
            made = robot.post("missions", {"name": name, "legs": [{"kind": "wait", "wait_s": 60}]}, role="supervisor")
            assert made.status == 201 and robot.post(f"missions/{made.json['id']}/start", role="supervisor").status == 200, made
            until(lambda found=found: home.value(found["mission"]) == f"{name} (running)", what="the mission")
            assert robot.post(f"missions/{made.json['id']}/cancel", role="supervisor").status == 200
            robot.request("DELETE", "control", role="supervisor")
            until(lambda found=found: home.value(found["mission"]) == "none", what="no mission")
        vehicle.stop()
        # Each has its own state folder, or the next one would take this one back.
        vehicle.lines["paths"]["state"] = tmp_path / f"kept-{len(serial)}-{serials.index(serial)}"
        vehicle.lines["paths"]["state"].mkdir()
    ids = {config["device"]["identifiers"][0] for serial in serials for config in home.configs(serial).values()}
    assert len(ids) == len(serials), ids


def test_what_was_announced_is_taken_back(broker, vehicle, home):
    # As the id has it, and the topic of the values.
    names = (vehicle.serial.replace("_", "_5f"), f"oht/maker/{vehicle.serial}/")

    def kept():
        return {topic for topic, payload in dict(home.kept).items() if payload and any(name in topic for name in names)}

    def begin(prefix, number=signal.SIGTERM):
        if vehicle.process:
            vehicle.stop(number, -number if number == signal.SIGKILL else 0)
        vehicle.lines["home_assistant"] = {"prefix": prefix} if prefix else {}
        vehicle.start()

    begin("homeassistant")
    home.all(vehicle.serial)
    # A broker that takes all and confirms nothing: so nothing is taken back yet.
    said, port = bytearray(), vehicle.lines["broker"]["port"]

    def take(link):
        link.recv(4096)
        link.sendall(b"\x20\x02\0\0")
        while piece := link.recv(4096):
            said.extend(piece)

    with Listener(("127.0.0.1", 0), take) as mute:
        vehicle.lines["broker"]["port"] = mute.port
        begin("elsewhere", signal.SIGKILL)
        until(lambda: said.count(b"homeassistant/") == len(WORDS), what="all of it was said")
        vehicle.stop(signal.SIGKILL, -signal.SIGKILL)
        assert b"elsewhere/sensor" not in said and (vehicle.folder / "kept/home-assistant").read_text().startswith("homeassistant ")
    vehicle.lines["broker"]["port"] = port
    begin("elsewhere")
    until(lambda: len(kept()) == len(WORDS) + 1 and not any(topic.startswith("homeassistant") for topic in kept()), what="the device at its new place only")
    # A kill before the broker has said that it has taken the messages changes nothing about the end.
    for _ in range(3):
        begin(None, signal.SIGKILL)
    until(lambda: not kept(), what="nothing is kept")
    until(lambda: (vehicle.folder / "kept/home-assistant").read_text() == "", what="nothing is to be taken back")
    with Home(broker) as late:
        vehicle.act("stateRequest", "behind")
        vehicle.state(lambda said: vehicle.instant(said, "behind"))
        assert not late.configs(vehicle.serial)
    # A file of which nothing can be made is left out, and said.
    vehicle.stop()
    for text in (b"homeassistant", b"a b c d", b"# + c", b"a \xff c", b"x" * 5000):
        (vehicle.folder / "kept/home-assistant").write_bytes(text)
        lines = vehicle.log().count("home-assistant")
        mark = vehicle.mark()
        vehicle.start()
        vehicle.wait("connection", lambda said: said["connectionState"] == "ONLINE", mark)
        vehicle.stop()
        assert vehicle.log().count("home-assistant") > lines, (text, vehicle.log())


@pytest.mark.slow
def test_a_birth_is_answered_and_a_thousand_are_too(vehicle, home):
    def told():
        return [topic for topic, payload, _ in list(home.heard) if payload and identity in topic and topic.endswith("/state/config")]

    vehicle.lines["home_assistant"] = {"prefix": "homeassistant"}
    vehicle.start()
    [identity] = home.all(vehicle.serial)["state"]["device"]["identifiers"]
    # Not at once: it comes with others.
    for text in ("offline", "", "ONLINE", "online\0"):
        home.say("homeassistant/status", text)
    vehicle.act("stateRequest", "behind")
    vehicle.state(lambda said: vehicle.instant(said, "behind"))
    count = len(told())
    home.say("homeassistant/status", "online")
    until(lambda: len(told()) > count, what="an announcement behind the birth")
    mark, begun_s = len(told()), time.monotonic()
    for _ in range(1000):
        home.client.publish("homeassistant/status", "online")
    until(lambda: len(told()) > mark, what="another one")
    vehicle.act("stateRequest", "last")
    vehicle.state(lambda said: vehicle.instant(said, "last"))
    # Half a second at least is between two of them.
    assert len(told()) - mark <= 1 + (time.monotonic() - begun_s) / 0.5
