# SPDX-License-Identifier: GPL-2.0-or-later
"""ohtctl accept: a checklist that a robot passes, whose faults it names, and which goes on after it was broken off."""
import contextlib
import json
import re
import secrets
import shlex
import subprocess

import pytest

from clocks import keep_right
from daemon import BUILD, SENDER, TOP, begin, serving
from oht_test.terminal import Terminal
from oht_test.wait import until
from receiver import Receiver, make_certificate
from remote import Remote

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"
ALL = ["identity", "modules", "sensors", "battery", "clock", "stop", "limits", "motion", "stations", "backup", "certificate", "users", "webhooks", "alerts"]
QUESTION = "[y/n] "
# ohtctl accept with its options, as the manual has it; the last two are for a robot with a hardware stop.
MANUAL = shlex.split(re.search(r"^```sh\n(ohtctl accept .*)\n```$", (TOP / "docs/acceptance.md").read_text(encoding="utf-8"), re.M)[1])


@pytest.fixture(name="robot", scope="module")
def _robot(tmp_path_factory, accounts):
    """A new robot as it should be: a clock that is kept right, a key for backups, a webhook that answers."""
    folder = tmp_path_factory.mktemp("accept")
    certificate, key = make_certificate(folder, "receiver")
    made = begin(tmp_path_factory.mktemp("oht"), accounts)
    made.kept = keep_right(made)
    (made.folder / "backup.key").write_text(secrets.token_hex(32) + "\n")
    (made.folder / "backup.key").chmod(0o600)
    with contextlib.ExitStack() as held:
        receiver = Receiver(certificate, key)
        held.callback(receiver.end)
        made.write_config(bus_outputs="simulated", backup_key=made.folder / "backup.key", webhooks_destinations=f"127.0.0.1:{receiver.port}",
                          webhooks_authorities=certificate, webhooks_sender=SENDER)
        with serving(made):
            until(lambda: [module["health"] for module in made.get("modules").json["items"]] == ["good"] * 4, what="four good modules")
            until(lambda: made.get("robot").json["state"] == "safe", what="safe")
            made.receiver = receiver
            assert made.post("webhooks", {"url": f"https://127.0.0.1:{receiver.port}/alerts"}).status == 201
            job = made.post("backups").json["job"]
            until(lambda: made.get(f"jobs/{job}", role="administrator").json["state"] == "done", what="a backup")
            yield made


class Walk:
    """A person with the checklist."""

    def __init__(self, robot, folder):
        self.robot, self.file = robot, folder / "acceptance.json"
        self.where, self.environment = ("--socket", robot.socket), robot.environment()

    def run(self, *words, no=(), until_asked=None, stop_report=False):
        """The command of the manual, which answers each question: n where one of these words is in it. Ends it when a question with until_asked stands."""
        files = {name: self.file.with_name(name) for name in ("acceptance.json", "oht-commissioning.json")}
        manual = MANUAL[2:] if stop_report else MANUAL[2:-2]
        command = [OHTCTL, "accept", *words, *(files.get(word, word) for word in manual), *self.where]
        asked = []
        with Terminal(["setsid", "--ctty", "--wait", *map(str, command)], rows=400, columns=2000, env=self.environment) as terminal:
            while until(lambda: terminal.text().count(QUESTION.strip()) > len(asked) or terminal.process.poll() is not None, what="a question or the end"):
                if terminal.text().count(QUESTION.strip()) == len(asked):
                    break
                asked.append(re.findall(r"   (.*?) \[y/n\]", terminal.text())[len(asked)])
                if until_asked and until_asked in asked[-1]:
                    return asked, terminal.text()
                terminal.press("n\n" if any(word in asked[-1] for word in no) else "y\n")
            return asked, terminal.text(), terminal.end()

    def document(self):
        return json.loads(self.file.read_text())

    def results(self):
        return {row["name"]: row["result"] for row in self.document()["steps"]}

    def row(self, name):
        return next(row for row in self.document()["steps"] if row["name"] == name)


@pytest.fixture(name="walk")
def _walk(robot, tmp_path):
    return Walk(robot, tmp_path)


def test_a_robot_that_cannot_move_is_not_accepted(robot, walk):
    _, text, status = walk.run()
    assert status == 1 and text.rstrip().endswith("not accepted: motion"), text
    assert "undock first" in walk.row("motion")["measured"] and "[docked]" in walk.row("motion")["measured"]
    assert list(walk.results()) == ALL and {name for name, result in walk.results().items() if result == "skipped"} == {"stop"}
    assert any(path == "/alerts" for path, _, _ in robot.receiver.messages) and "delivered" in walk.row("webhooks")["measured"]
    assert "encrypted" in walk.row("backup")["measured"] and not robot.get("control").json["held"]


@pytest.mark.slow
def test_a_robot_is_accepted_once_it_has_left_its_dock(robot, walk):
    walk.run()
    assert robot.post("control", role="operator").status == robot.post("safety/enable", role="operator").status == 200
    assert robot.post("robot/commands", {"verb": "undock"}, role="operator").status < 300
    until(lambda: robot.get("robot").json["state"] == "idle" and not robot.get("robot").json["command"], what="the robot beside its dock")
    assert robot.post("robot/commands", {"verb": "disable"}, role="operator").status < 300
    assert robot.request("DELETE", "control", role="operator").status == 200
    # What was confirmed is not asked again, and what was done is kept with its person and time.
    identity = walk.row("identity")
    asked, text, status = walk.run()
    assert status == 0 and [question.split(".")[0] for question in asked] == ["The outputs rise and the robot jogs forwards for a second",
                                                                            "Did it go where positions grow?"], text
    before, after = map(float, re.search(r"from (\S+) to (\S+) mm", walk.row("motion")["measured"]).groups())
    assert after - before > 10 and robot.get("safety").json["state"] == "ready"
    assert walk.row("identity") == identity and identity["by"] == "Anna Berg" and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}Z", identity["at"])
    assert re.search(r"^passed   motion       a jog of \+50 mm/s went from", text, re.M) and "confirmed: Did it go where positions grow?" in text


def test_two_faults_are_named_and_mended(robot, walk):
    robot.kept.set(0)
    assert robot.sim("fault 4 silence") == "ok"
    try:
        until(lambda: robot.get("modules/4").json["health"] == "lost" and not robot.get("health").json["clock"]["synchronised"], what="two faults")
        _, text, status = walk.run("identity", "modules", "battery", "clock", "alerts")
        assert status == 1 and "not accepted: modules, clock, alerts; not made yet: sensors, stop, " in text
        assert {name for name, result in walk.results().items() if result == "failed"} == {"modules", "clock", "alerts"}
        assert "4 travel_motor canonical lost" in walk.row("modules")["measured"] and "not kept right" in walk.row("clock")["measured"]
        assert "module_lost" in walk.row("alerts")["measured"]
    finally:
        assert robot.sim("clear 4") == "ok"
        robot.kept.set(1)
    until(lambda: robot.get("modules/4").json["health"] == "good" and robot.get("health").json["clock"]["synchronised"], what="none")
    # The alerts of a lost module last longer than it: what the bus has counted, and a fault that a person clears.
    _, text, status = walk.run("modules", "clock")
    assert status == 1 and "not accepted: alerts; not made yet: " in text
    assert {walk.results()[name] for name in ("identity", "modules", "battery", "clock")} == {"passed"}


def test_from_elsewhere_rights_are_those_of_the_person(robot, walk, tmp_path):
    remote = Remote(robot, tmp_path)
    walk.where, walk.environment = ("--url", remote.url), remote.environment()
    assert remote.login("viewer").returncode == 0
    _, text, status = walk.run("battery", "users", "backup")
    assert status == 1 and "not accepted: backup, users; not made yet: " in text, text
    assert walk.results()["battery"] == "passed" and "[role]" in walk.row("users")["measured"] and "[role]" in walk.row("backup")["measured"]
    assert remote.login("administrator").returncode == 0
    walk.run("users", "backup", "webhooks")
    assert {walk.results()[name] for name in ("users", "backup", "webhooks")} == {"passed"}


def test_a_walk_that_is_broken_off_goes_on_where_it_was(walk):
    asked, _ = walk.run(until_asked="Is the rail free")
    done = walk.results()
    assert "limits" not in done and done["battery"] == "passed"
    kept = walk.document()["steps"]
    asked, _ = walk.run(no=["Is the rail free"], until_asked="Is the way free")
    assert asked[0].startswith("Is the rail free"), "nothing is asked twice"
    assert walk.document()["steps"][:len(kept)] == kept
    assert walk.row("limits")["result"] == "refused" and "no: Is the rail free" in walk.row("limits")["measured"] and walk.row("limits")["confirmed"] == ""


def test_an_answer_that_is_too_long_is_asked_for_again(walk):
    command = [OHTCTL, "accept", "identity", "--report", walk.file, "--by", "Anna Berg", *walk.where]
    with Terminal(["setsid", "--ctty", "--wait", *map(str, command)], rows=400, columns=2000, env=walk.environment) as terminal:
        terminal.wait(lambda text: QUESTION.strip() in text, what="a question")
        terminal.press("y" * 200 + "\n")
        terminal.wait(lambda text: "that is too long" in text and text.count(QUESTION.strip()) == 2, what="the question once more")
        assert not walk.file.exists(), "a long answer is none"
        terminal.press("y\n")
        assert terminal.end() == 1 and walk.results() == {"identity": "passed"}


@pytest.mark.parametrize("words,content,said,status", [
    ((), '{"document": "another"}', "is no acceptance", 1), ((), "half of a", "is no acceptance", 1), ((), "[1]", "is no acceptance", 1),
    ((), '{"document": "acceptance of a robot", "robot": "AA:BB", "steps": []}', "is of another robot (authority AA:BB)", 1),
    (("brakes",), None, "brakes is no step of the acceptance", 2),
], ids=["another document", "no JSON", "a list", "another robot", "another step"])
def test_what_is_not_its_own_stays_as_it_is(walk, words, content, said, status):
    if content is not None:
        walk.file.write_text(content)
    _, text, ended = walk.run(*words)
    assert ended == status and said in text
    assert walk.file.read_text() == content if content is not None else not walk.file.exists()


def test_a_file_that_cannot_be_written_ends_the_walk(walk, tmp_path):
    walk.file = tmp_path / "none" / "acceptance.json"
    _, text, status = walk.run("battery")
    assert status == 1 and "No such file or directory" in text and "accepted" not in text


@pytest.mark.parametrize("report,result,said", [
    ({"report": "commissioning of the emergency stop", "result": "passed", "by": {"name": "Anna"}}, "passed", "passed, by Anna"),
    ({"report": "commissioning of the emergency stop", "result": "failed", "by": {"name": "Anna"}}, "failed", "failed, by Anna"),
    ({"report": "another"}, "failed", "is no report of ohtctl safety commission"), ([], "failed", "is no report"), (None, "failed", "No such file")])
def test_the_stop_is_judged_by_its_report(walk, report, result, said):
    assert MANUAL[-2:] == ["--stop-report", "oht-commissioning.json"]
    if report is not None:
        walk.file.with_name(MANUAL[-1]).write_text(json.dumps(report))
    walk.run("stop", stop_report=True)
    assert walk.row("stop")["result"] == result and said in walk.row("stop")["measured"]


def test_without_a_file_or_a_robot_nothing_begins(robot, tmp_path):
    done = subprocess.run([OHTCTL, "accept", "--socket", robot.socket], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "--report FILE is wanted" in done.stderr
    done = subprocess.run([OHTCTL, "accept", "--report", tmp_path / "a.json", "--socket", tmp_path / "none"], capture_output=True, text=True, check=False)
    assert done.returncode == 3 and not (tmp_path / "a.json").exists()
