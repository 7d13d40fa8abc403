# SPDX-License-Identifier: GPL-2.0-or-later
"""Every block of docs/runbooks.md, maintenance.md, backup.md and install.md, in its order, on a robot that has the trouble as far as it can be made here, and commands
of other manuals. tests/harness/test_documents.py has the list of all documents with commands.

OHT_SOAK=1 takes all.
"""
import contextlib
import os
import re
import pathlib
import shlex
import shutil
import sqlite3
import subprocess
import tempfile
import time

import pytest

from daemon import BUILD, OHTD, SENDER, TOP, begin, serving
from oht_test.client import PASSWORD
from oht_test.device import Device
from oht_test.terminal import Terminal
from oht_test.wait import until
from receiver import Receiver, make_certificate
from remote import Remote
from test_simulated import enable

pytestmark = pytest.mark.plain("starts")
TEXT = "".join((TOP / f"docs/{name}.md").read_text(encoding="utf-8") for name in ("runbooks", "maintenance", "backup", "install"))
BOOKS = {title: text for title, text in re.findall(r"^## (.+?)\n(.*?)(?=^##? |\Z)", TEXT, re.MULTILINE | re.DOTALL) if "```sh" in text}
INSTALLED = "# on an installed robot"
# What only an installed robot has, or a driver; no other command is in the blocks for one.
UNTRIED = re.compile(r"apt install |journalctl |timedatectl|oht-upgrade |systemctl (stop|start|status) ohtd$|ohtctl safety (commission|selftest)( |$)|#")
# It says with 1 that something is wrong with this machine.
MAY_FAIL = ("ohtctl doctor",)


def blocks(book):
    """Lists of commands."""
    found = re.findall(r"^ *```sh\n(.*?)^ *```$", BOOKS[book], re.MULTILINE | re.DOTALL)
    return [[line.strip() for line in block.splitlines()] for block in found]


class Person:
    """Does what a runbook says, word by word, but for what the head of the document says."""

    def __init__(self, daemon, folder):
        self.daemon, self.remote, self.folder = daemon, Remote(daemon, folder), folder
        self.words = {"/var/lib/oht": daemon.state, "/etc/oht/ohtd.conf": daemon.config, "/mnt/usb": folder, "UNIT": "3", "NAME": "viewer",
                      "ID": lambda: newest_backup(self), "/etc/oht/backup.key": folder / "backup.key", "chown oht": "chown 0", "/etc/oht/data": folder / "site", "/usr/share/oht": TOP / "userspace/data"}
        self.bin = folder / "bin"
        self.bin.mkdir()

    def install(self):
        """ohtctl that finds the daemon of the test: it has no driver, so what reads that asks the daemon."""
        assert self.remote.login("administrator").returncode == 0
        local, ohtctl = f"--socket {self.daemon.socket}", BUILD / "userspace/ohtctl/ohtctl"
        (self.bin / "ohtctl").write_text(f"""#!/bin/sh
case "$*" in *" --url "*) exec {ohtctl} "$@" ;; esac
case "$1 $2" in
"safety "*|"scan "*|"status "*) exec {ohtctl} "$@" --url {self.remote.url} ;;
"admin keys") exec {ohtctl} "$@" {local} ;;
"admin "*|"backup restore") exec {ohtctl} "$@" {local} --config {self.daemon.config} ;;
*) exec {ohtctl} "$@" {local} ;;
esac
""")
        (self.bin / "ohtctl").chmod(0o755)

    def environment(self):
        return {**self.remote.environment(), "PATH": f"{self.bin}:{OHTD.parent}:{os.environ['PATH']}"}

    def systemctl(self, act):
        if act in ("stop", "restart"):
            self.daemon.stop()
        if act in ("start", "restart"):
            self.daemon.start()
            self.daemon.tokens.clear()
            until(lambda: self.daemon.get("robot").json["state"] in ("safe", "estop"), what="the end of the start")
            self.install()

    def do(self, command, status=0):
        """One command; what it says."""
        service = re.fullmatch(r"systemctl (stop|start|restart) ohtd(?:\.service)?", command)
        if service:
            return self.systemctl(service[1])
        for word, here in self.words.items():
            command = re.sub(rf"(?<!\w){word}(?!\w)", lambda _, here=here: str(here() if callable(here) else here), command)
        if " admin reset " in command or " admin create " in command:
            return self.at_a_terminal(command)
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=100, check=False, env=self.environment(), cwd=self.folder)
        assert done.returncode in ((0, 1) if command.startswith(MAY_FAIL) else (status,)), (command, done)
        return done.stdout + done.stderr

    def at_a_terminal(self, command):
        """It asks for a password twice."""
        with Terminal(["setsid", "--ctty", "--wait", *shlex.split(command)], env=self.environment()) as terminal:
            for question in ("Password: ", "Again: "):
                terminal.wait(lambda text, question=question: question.strip() in text, what=f"the question {question}")
                terminal.press(PASSWORD + "\n")
            assert terminal.end() == 0, (command, terminal.text())
        return ""

    def steps(self, book):
        """Yields before each block, what the one before has said; a block that needs an installed robot is none."""
        said = ""
        for commands in blocks(book):
            if commands[0] == INSTALLED:
                continue
            yield said
            said = "\n".join(str(self.do(command)) for command in commands)
        yield said


@pytest.fixture(scope="module", name="receiver")
def _receiver(tmp_path_factory):
    """Of webhooks, and the certificate that it is known by."""
    certificate, key = make_certificate(tmp_path_factory.mktemp("receiver"), "receiver")
    made = Receiver(certificate, key)
    made.certificate = certificate
    yield made
    made.end()


@pytest.fixture(scope="module", name="hall")
def _hall():
    """A folder that every user of this machine may look into."""
    with tempfile.TemporaryDirectory(prefix="oht-runbooks-") as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


@pytest.fixture(scope="module", name="person")
def _person(tmp_path_factory, accounts, receiver, hall):
    made = begin(tmp_path_factory.mktemp("runbooks"), accounts)
    made.socket = hall / "ohtd.sock"
    made.settings = {"bus_outputs": "simulated", "webhooks_destinations": f"127.0.0.1:{receiver.port}", "webhooks_authorities": receiver.certificate,
                     "webhooks_sender": SENDER}
    made.write_config()
    with serving(made):
        person = Person(made, tmp_path_factory.mktemp("usb"))
        person.receiver, person.hall = receiver, hall
        person.install()
        until(lambda: [module["health"] for module in made.get("modules").json["items"]] == ["good"] * 4, what="four good modules")
        until(lambda: made.get("robot").json["state"] == "safe", what="safe")
        yield person


@pytest.fixture(autouse=True)
def _nobody_in_control(person):
    """Else a book that drives would keep those behind it out for ten seconds."""
    assert person.daemon.post("control/take-over", {"reason": "another test"}, role="administrator").status == 200
    assert person.daemon.request("DELETE", "control", role="administrator").status == 200


def newest_backup(person):
    return person.daemon.get("backups", role="supervisor").json["items"][0]["id"]


def alerts(person):
    return [item["code"] for item in person.daemon.get("alerts").json["items"]]


# ---- each of them ----

def finish(steps):
    """All that is left of them; what the last one has said."""
    said = ""
    for said in steps:
        pass
    return said


def stop(person):
    daemon = person.daemon
    assert daemon.sim("set 3 estop_active 1").startswith("ok")
    until(lambda: daemon.get("robot").json["state"] == "estop", what="the stop of the module")
    steps = person.steps("The stop does not reset")
    next(steps)
    assert "safety" in next(steps)
    assert "estop_active" in next(steps)
    assert "safety_module" in person.do("ohtctl safety reset", status=1)
    assert daemon.sim("set 3 estop_active 0").startswith("ok")
    until(lambda: daemon.get("safety").json["why_not_reset"] == [], what="nothing in the way of a reset")
    next(steps)
    until(lambda: daemon.get("robot").json["state"] == "safe" and not daemon.get("safety").json["why_not_enable"], what="nothing in the way of enabling")
    assert "enabled" in finish(steps)
    person.do("ohtctl safety disable")


def module(person):
    daemon = person.daemon
    person.words["UNIT"] = "5"
    assert daemon.sim("fault 5 silence") == "ok"
    until(lambda: daemon.get("modules/5").json["health"] == "lost", what="the loss")
    steps = person.steps("A module is lost")
    next(steps)
    assert re.search(r"5 .*lost", next(steps))
    assert "did not answer" in person.do("ohtctl module ping 5", status=1)
    assert daemon.sim("clear 5") == "ok"
    until(lambda: daemon.get("modules/5").json["health"] == "good", what="its return")
    assert "dock" in next(steps)
    next(steps)
    until(lambda: daemon.get("modules/5").json["health"] == "good" and "module_lost" not in alerts(person), what="its return")
    assert "lost" not in finish(steps)
    person.words["UNIT"] = "3"


def disk(person):
    person.do("ohtctl backup make")
    number = newest_backup(person)
    (person.daemon.state / "oht.db.before-20260101T000000Z").write_bytes(b"old")
    finish(person.steps("The disk is full"))
    assert not {"disk_low", "storage_full"} & set(alerts(person))
    assert not (person.daemon.state / "oht.db.before-20260101T000000Z").exists() and (person.folder / f"{number}.ohtbackup").exists()
    assert number not in [item["id"] for item in person.daemon.get("backups", role="supervisor").json["items"]]
    assert "512" in person.do("ohtctl config get /history/size_mib")


def clock(person):
    assert "start" in finish(person.steps("The clock is wrong"))


def certificate(person):
    before = (person.daemon.state / "ca.crt").read_text()
    finish(person.steps("The certificate ends"))
    assert (person.folder / "ca.crt").read_text() == before != (person.daemon.state / "ca.crt").read_text()
    person.install()


def password(person):
    token = person.daemon.token("viewer")
    assert "rescue" in finish(person.steps("A password is forgotten"))
    assert person.daemon.get("robot", role=None, token=token).code == "token_revoked"
    assert person.daemon.login("rescue").status == person.daemon.login("viewer").status == 200


def phone(person):
    """Of a viewer whose app nobody has."""
    daemon = person.daemon
    daemon.stop()
    with contextlib.closing(sqlite3.connect(daemon.state / "oht.db", isolation_level=None)) as database:
        database.execute("INSERT INTO second_factors SELECT id, '', 1, 0, 0, '', 0 FROM users WHERE name = 'viewer'")
    daemon.start()
    assert daemon.login("viewer").code == "code_required"
    assert "users/{id}/totp" in finish(person.steps("A phone is lost"))
    assert daemon.login("viewer").status == 200


def key(person):
    """Of a program, and then of the daemon itself."""
    daemon = person.daemon
    shown = re.search(r"\boht_\S+", person.do("ohtctl key account scraper; ohtctl key make scraper first"))[0]
    assert daemon.request("POST", "safety/reset", {}, token=shown).code == "role"
    account, = [item["id"] for item in daemon.get("users?limit=200", role="administrator").json["items"] if item["username"] == "scraper"]

    def keys():
        return {item["name"]: item["id"] for item in daemon.get(f"users/{account}/keys", role="administrator").json["items"]}
    person.words |= {"PROGRAM": "scraper", "KEY": lambda: keys()["first"]}
    steps = person.steps("A key is known to others")
    next(steps)
    assert "first" in next(steps)
    assert "oht_" in next(steps) and list(keys()) == ["second"]
    before, token = (daemon.state / "token.key").read_bytes(), daemon.token("viewer")
    assert daemon.request("GET", "robot", token=shown).status == 401
    assert re.search(r" scraper .* 403 ", next(steps))
    finish(steps)
    assert daemon.request("GET", "robot", token=token).status == 401 and (daemon.state / "token.key").read_bytes() != before
    assert daemon.login("viewer").status == 200


def panel(person):
    daemon, device = person.daemon, Device(person.daemon, person.folder)
    person.words["DEVICE"] = lambda: max(item["id"] for item in daemon.get("devices", role="administrator").json["items"])
    assert device.ask("enrol").code == "devices_off"
    steps = person.steps("A panel joins, and leaves")
    next(steps)
    next(steps)
    words = device.ask("enrol").json["words"]
    assert words in next(steps)
    session = device.ask("login").json["access_token"]
    assert "panel-hall" in next(steps) and daemon.request("GET", "robot", token=session).status == 200
    assert Device(daemon, person.folder, "another").ask("enrol").code == "devices_off"
    assert "POST auth/device/login" in finish(steps)
    assert daemon.request("GET", "robot", token=session).status == 401 and device.ask("login").code == "device_refused"


def schedule(person):
    """None of its times comes while the test runs: what is held is the way through the commands."""
    daemon = person.daemon
    made = daemon.post("missions", {"name": "shift", "template": True, "legs": [{"kind": "move", "position_mm": 1500}]}, role="operator")
    ahead = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(time.localtime().tm_wday + 3) % 7]
    number = daemon.post("missions/schedules", {"template": made.json["id"], "from": "06:00", "days": [ahead]}, role="operator").json["id"]
    person.words["NUMBER"] = number
    enable(daemon)
    assert daemon.request("DELETE", "control", role="operator").status == 200
    steps = person.steps("A schedule starts nothing")
    next(steps)
    assert "06:00" in next(steps)

    def released():
        return [item["released_by"] for item in daemon.get("missions/schedules").json["items"]]
    assert released() == [None]
    next(steps)
    assert released() != [None]
    finish(steps)
    assert released() == []
    person.do("ohtctl safety disable")
    assert daemon.request("DELETE", f"missions/{made.json['id']}", role="operator").status == 204


def computer(person):
    """A simulated rail begins anew with its simulator, so the robot is moved by hand, too."""
    daemon = person.daemon
    (daemon.state / "machine").write_text("id 0123456789abcdef\n")
    person.systemctl("restart")
    assert "another_machine" in alerts(person)
    steps = person.steps("The computer was replaced")
    next(steps)
    next(steps)
    assert "another_machine" not in alerts(person)
    until(lambda: daemon.get("robot").json["read_mm"] is not None or daemon.get("robot").json["position_mm"] is not None, what="a position")
    assert daemon.sim("set 5 position_x 9000").startswith("ok")
    until(lambda: "not_located" in alerts(person), what="a robot that is not located")
    # For a moment it counts as moving.
    until(lambda: daemon.post("robot/position", {"confirm": True}).status == 200, what="the robot standing", period_s=0.2)
    daemon.request("DELETE", "control", token=daemon.elevated())
    finish(steps)
    assert "not_located" not in alerts(person) and daemon.get("robot").json["located"]


def card(person):
    daemon = person.daemon
    identity, authority = ((daemon.state / name).read_text() for name in ("robot.id", "ca.crt"))
    steps = person.steps("The card is dead")
    next(steps)
    next(steps)
    # The new card, as the packages begin it.
    daemon.stop()
    shutil.rmtree(daemon.state)
    daemon.start()
    daemon.stop()
    assert "another robot" in person.do("ohtctl backup restore /mnt/usb/newest.ohtbackup", status=1)
    daemon.start()
    finish(steps)
    assert (daemon.state / "robot.id").read_text() == identity and (daemon.state / "ca.crt").read_text() != authority
    assert daemon.login("administrator").status == 200


def upgrade(person):
    finish(person.steps("Upgrade, and back"))
    assert person.daemon.login("administrator").status == 200


# ---- maintenance ----

def week(person):
    person.do("ohtctl backup make")
    assert "moves" in finish(person.steps("Each week"))


def month(person):
    finish(person.steps("Each month"))
    assert (person.folder / "monthly.ohtbackup").stat().st_size > 0


def year(person):
    finish(person.steps("Each year"))
    assert "moves" in (person.folder / "analytics.txt").read_text()


def use(person):
    assert "moves" in finish(person.steps("By use"))


# ---- backup and installing ----

def key_of_backups(person):
    """No user oht is here, so root keeps it. With it a backup is encrypted."""
    finish(person.steps("The key"))
    file = person.folder / "backup.key"
    assert file.stat().st_mode & 0o777 == 0o600 and re.fullmatch(r"[0-9a-f]{64}\n", file.read_text())
    if not os.environ.get("OHT_SOAK"):
        return
    daemon = person.daemon
    daemon.stop()
    daemon.write_config(backup_key=file)
    person.systemctl("start")
    person.do("ohtctl backup make")
    assert daemon.get("backups", role="supervisor").json["items"][0]["encrypted"]
    daemon.stop()
    daemon.write_config()
    person.systemctl("start")


def lost_folder(person):
    """And the database of before an update, which stands here for itself: it is the same program."""
    daemon = person.daemon
    person.do("ohtctl backup make")
    person.do("ohtctl backup save ID --output /mnt/usb/20261127020000.ohtbackup")
    identity = (daemon.state / "robot.id").read_text()
    daemon.kill()
    shutil.rmtree(daemon.state)
    steps = person.steps("Restore")
    next(steps)
    next(steps)
    assert (daemon.state / "robot.id").read_text() == identity and daemon.login("administrator").status == 200
    person.do("ohtctl config set /robot/name 'since the update'")
    daemon.stop()
    shutil.copy(daemon.state / "oht.db", daemon.state / "oht.db.v8-20261127T101500Z")
    person.systemctl("start")
    person.do("ohtctl config set /robot/name 'what is lost'")
    daemon.stop()
    finish(steps)
    person.systemctl("start")
    assert "since the update" in person.do("ohtctl config get /robot/name")


def tables(person):
    """A table that is none is named by the start that ends, and the shipped one is taken again."""
    daemon, site = person.daemon, person.folder / "site"
    finish(person.steps("Install"))
    daemon.write_config(paths_data=site)
    person.systemctl("restart")
    daemon.stop()
    shipped = (site / "loss.csv").read_text()
    (site / "loss.csv").write_text("no table\n")
    with pytest.raises(AssertionError, match=rf"exit status 78: [^\0]*error main start: {site}/loss.csv:1: no column"):
        daemon.start()
    daemon.kill()
    (site / "loss.csv").write_text(shipped)
    person.systemctl("start")
    daemon.stop()
    daemon.write_config()
    person.systemctl("start")


def image(person):
    """Both words in one run: the card is of this robot, and then a copy, which is another robot."""
    daemon = person.daemon
    identity, authority = ((daemon.state / name).read_text() for name in ("robot.id", "ca.crt"))
    (daemon.state / "machine").write_text("id 0123456789abcdef\n")
    person.systemctl("restart")
    assert "another_machine" in alerts(person)
    finish(person.steps("Images and copies"))
    assert "another_machine" not in alerts(person)
    assert (daemon.state / "robot.id").read_text() != identity and (daemon.state / "ca.crt").read_text() != authority
    assert daemon.login("administrator").status == 200
    person.do("ohtctl audit forget")


PLAYED = {
    "The stop does not reset": stop, "A module is lost": module, "The disk is full": disk, "The clock is wrong": clock, "The certificate ends": certificate,
    "A password is forgotten": password, "A phone is lost": phone, "A key is known to others": key,
    "A panel joins, and leaves": panel, "A schedule starts nothing": schedule, "The computer was replaced": computer, "The card is dead": card,
    "Upgrade, and back": upgrade,
    "Each week": week, "Each month": month, "Each year": year, "By use": use,
    "The key": key_of_backups, "Restore": lost_folder, "Install": tables, "Images and copies": image,
}
# The others restart the daemon, or wait for seconds.
QUICK = ("The stop does not reset", "The disk is full", "The certificate ends", "A panel joins, and leaves", "A schedule starts nothing",
         "Each week", "Each month", "Each year", "By use", "The key")


@pytest.mark.parametrize("book", PLAYED if os.environ.get("OHT_SOAK") else QUICK)
def test_runbook(person, book):
    PLAYED[book](person)


def test_every_book_is_played():
    """But what is for an installed robot."""
    assert {title for title in BOOKS if any(block[0] != INSTALLED for block in blocks(title))} == set(PLAYED)
    left_out = [command for title in BOOKS for block in blocks(title) if block[0] == INSTALLED for command in block]
    assert left_out and not [command for command in left_out if not UNTRIED.match(command)]


# ---- other manuals: each line of ohtctl in their blocks ----

def newest_version(person):
    return person.daemon.get("config/versions", role="administrator").json["items"][0]["version"]


def newest_certificate(person):
    return person.daemon.get("certificates", role="administrator").json["items"][0]["id"]


def newest_webhook(person):
    return max(item["id"] for item in person.daemon.get("webhooks", role="administrator").json["items"])


def elevated(person):
    """From elsewhere keys are made with the password once more."""
    person.remote.done("elevate", "--password-stdin", said=PASSWORD + "\n")


def away_from_dock(person):
    """The robot stands at its dock, and no two stations may be at one place."""
    person.do("ohtctl config set /stations/dock/position_mm 400")


def free_course(person):
    """A site that required no course requires none."""
    person.do("ohtctl course require driver no")


def told(person):
    until(lambda: any(b'"test"' in body for _, body in person.receiver.at("/robots")), what="the test message")
    assert person.daemon.request("DELETE", f"webhooks/{newest_webhook(person)}", role="administrator").status == 204


def as_another_user(person):
    """The packs of support are there, and sudo -u ros ohtctl whoami, which finds its program and its socket in a folder of that user's, too."""
    packs = sorted(file.name for file in person.folder.glob("*.tar.gz"))
    assert len(packs) == 2 and packs[0].startswith("oht-support-") and packs[1] == "robot-7.tar.gz"
    shutil.copy(BUILD / "userspace/ohtctl/ohtctl", person.hall)
    done = subprocess.run(["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", person.hall / "ohtctl", "whoami", "--socket", person.daemon.socket],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "operator" in done.stdout, done


def nothing(_):
    pass


# {document: (what comes before, {word of its commands: what stands for it here}, what comes behind)}
MANUALS = {
    "configuration": (away_from_dock, {"8": newest_version, "5": lambda person: 1, "7": lambda person: newest_version(person) - 1,
                                       "robot-7.json": lambda person: person.folder / "robot-7.json"}, nothing),
    "audit": (nothing, {}, nothing),
    "analytics": (nothing, {}, nothing),
    "gateway": (nothing, {}, nothing),
    "qualifications": (nothing, {"12": newest_certificate, "anna": lambda person: "viewer"}, free_course),
    "webhooks": (nothing, {"https://alerts.example/robots": lambda person: f"https://127.0.0.1:{person.receiver.port}/robots", "1": newest_webhook}, told),
    # The users are those of a robot, not of this machine.
    "operations": (elevated, {"https://ROBOT:8443": lambda person: person.remote.url, "/media/stick/robot-7.tar.gz": lambda person: person.folder / "robot-7.tar.gz",
                              "@oht-admin=administrator ros=operator @panel=viewer": lambda _: "@root=administrator nobody=operator @nogroup=viewer"},
                   as_another_user),
    "vda5050": (nothing, {"@oht-admin=administrator oht-fleet=operator": lambda _: "@root=administrator nobody=operator"}, nothing),
}


@pytest.mark.parametrize("name", MANUALS)
def test_commands_of_a_manual(person, name):
    """In their order, as a person copies them."""
    before, words, behind = MANUALS[name]
    said = (TOP / f"docs/{name}.md").read_text(encoding="utf-8")
    lines = [line.strip() for block in re.findall(r"^ *```(?:sh)?\n(.*?)^ *```$", said, re.M | re.S) for line in block.splitlines()
             if line.strip().startswith("ohtctl ")]
    assert lines
    before(person)
    for line in lines:
        here = [words.get(word, lambda _, word=word: word)(person) for word in shlex.split(line, comments=True)]
        person.do(shlex.join(map(str, here)))
    behind(person)


