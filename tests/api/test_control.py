# SPDX-License-Identifier: GPL-2.0-or-later
"""Who drives: one session at a time, for as long as it says something. The bus is the simulator behind a pty, without
outputs: a command that needs control and gets as far as the robot is refused with `unsupported`."""
import json
import subprocess

import pytest

from clocks import Skewed
from daemon import BUILD
from live import dial, subscribe
from oht_test.client import PASSWORD
from oht_test.wait import until

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"


class Person:
    """One session."""

    def __init__(self, daemon, name):
        self.daemon = daemon
        self.name = name
        self.token = daemon.login(name).json["access_token"]
        self.session = self.ask("GET", "auth/me").json["session"]

    def ask(self, method, path, body=None, **more):
        """A request of this session."""
        return self.daemon.request(method, path, {} if body is None and method == "POST" else body, token=self.token, **more)

    def control(self):
        """What GET control tells this session."""
        answer = self.ask("GET", "control")
        assert answer.status == 200, answer
        return answer.json

    def done(self, method, path, body=None):
        """The answer of what must succeed."""
        answer = self.ask(method, path, body)
        assert answer.status == 200, (method, path, answer)
        return answer.json

    def refused(self, method, path, body=None):
        """Status, code and text of a refusal."""
        answer = self.ask(method, path, body)
        return answer.status, answer.code, answer.json["detail"]


@pytest.fixture(name="people")
def _people(daemon):
    """Makes sessions, and ends them: with them ends control."""
    made = []

    def make(name):
        made.append(Person(daemon, name))
        return made[-1]
    yield make
    for person in made:
        person.ask("POST", "auth/logout")
    until(lambda: not daemon.get("control").json["held"], what="nobody in control")


FREE = {"held": False, "holder": None, "session": None, "mine": False, "since": None, "expires_in_ms": None, "reason": None}
HELD = "Another session is in control of the robot: "


def test_taken_shown_and_given_back(daemon, people):
    one, other, viewer = people("operator"), people("supervisor"), people("viewer")
    assert viewer.control() == FREE
    taken = one.done("POST", "control")
    assert (taken["held"], taken["holder"], taken["mine"], taken["reason"]) == (True, "operator", True, None)
    assert 0 < taken["expires_in_ms"] <= 10000 and taken["since"]
    assert one.session.startswith(taken["session"]) and len(taken["session"]) == 8
    for who in (other, viewer):
        seen = who.control()
        assert (seen["holder"], seen["mine"], seen["session"]) == ("operator", False, taken["session"])
    assert daemon.get("robot").json["control"] == "operator"
    assert one.done("POST", "control")["since"] == taken["since"], "taking again is no new lease"
    assert one.done("DELETE", "control") == FREE
    assert one.done("DELETE", "control") == FREE
    assert daemon.get("robot").json["control"] is None


def test_others_are_refused_and_told_who_it_is(people):
    one, again, other = people("operator"), people("operator"), people("supervisor")
    one.done("POST", "control")
    for who in (again, other):
        for method, path in (("POST", "control"), ("DELETE", "control"), ("POST", "safety/enable")):
            assert who.refused(method, path) == (409, "control_held", HELD + "operator."), path
        assert who.refused("POST", "control/hand-over", {"to": "administrator"})[:2] in \
            ((409, "control_held"), (409, "not_logged_in"))
    assert one.control()["mine"]
    assert one.refused("POST", "safety/enable")[1] == "unsupported", "the holder gets as far as the robot"


def test_a_stop_needs_no_control(daemon, people):
    one, other = people("supervisor"), people("operator")
    one.done("POST", "control")
    assert other.ask("POST", "safety/stop").status == 200
    until(lambda: daemon.get("safety").json["state"] == "stopped", what="stopped")
    for verb in ("stop", "disable", "reset_fault"):
        answer = other.ask("POST", "robot/commands", {"verb": verb})
        assert answer.status == 200 or answer.code != "control_held", verb
    third = people("supervisor")
    until(lambda: not daemon.get("safety").json["why_not_reset"], what="nothing in the way of a reset")
    assert third.ask("POST", "safety/reset").status == 200
    assert one.control()["mine"]


def test_each_change_of_control_is_told(daemon, people):
    """Also between two sessions of one user, whose name does not change; and what changes nothing is told as none."""
    one, two, above = people("operator"), people("operator"), people("supervisor")

    def rights():
        return daemon.get("robot").json["rights_seq"]

    with dial(daemon, token=one.token) as link:
        subscribe(link, "robot")

        def told_after(act):
            before = rights()
            act()
            until(lambda: rights() > before, what="another number")
            link.hear_until(lambda message: message.get("data", {}).get("rights_seq", 0) > before)
        told_after(lambda: one.done("POST", "control"))
        told_after(lambda: two.done("POST", "control/take-over", {"reason": "From my other screen"}))
        told_after(lambda: two.done("POST", "control/hand-over", {"to": "supervisor"}))
        told_after(lambda: above.done("POST", "control"))
        told_after(lambda: above.done("DELETE", "control"))
        told_after(lambda: one.done("POST", "control"))
        known, before = daemon.get("robot/interlocks").json, rights()
        for _ in range(5):
            one.done("POST", "control")
            assert two.refused("POST", "control")[1] == "control_held"
        # A robot whose interlocks have changed meanwhile, by a host that stalls, has another number for that.
        assert rights() == before or daemon.get("robot/interlocks").json != known
        one.done("DELETE", "control")


def test_a_refused_command_takes_nothing(people):
    one = people("operator")
    assert one.refused("POST", "safety/enable")[1] == "unsupported"
    assert one.control() == FREE


def test_taken_over_with_a_reason(daemon, people):
    one, same, above = people("operator"), people("operator"), people("supervisor")
    with dial(daemon, token=one.token) as link:
        subscribe(link, "robot")
        one.done("POST", "control")
        link.hear_until(lambda message: message.get("data", {}).get("control") == "operator")
        taken = above.done("POST", "control/take-over", {"reason": "The way is blocked"})
        assert (taken["holder"], taken["mine"], taken["reason"]) == ("supervisor", True, "The way is blocked")
        link.hear_until(lambda message: message.get("data", {}).get("control") == "supervisor")
    assert one.control()["reason"] == "The way is blocked"
    assert one.refused("POST", "safety/enable") == (409, "control_held", HELD + "supervisor.")
    status, code, _ = one.refused("POST", "control/take-over", {"reason": "I want it back"})
    assert (status, code) == (403, "role")
    assert above.control()["mine"]
    above.done("DELETE", "control")
    same.done("POST", "control")
    assert one.done("POST", "control/take-over", {"reason": "My turn"})["mine"], "the same role may"
    until(lambda: "control_taken_over" in daemon.log() and "My turn" in daemon.log(), what="a line with the reason")


@pytest.mark.parametrize("body, pointer, code", [
    ({}, "/reason", "missing"), ({"reason": ""}, "/reason", "length"), ({"reason": "  "}, "/reason", "unfit"), ({"reason": "\u2060"}, "/reason", "unfit"),
    ({"reason": "x" * 128}, "/reason", "length"), ({"reason": 5}, "/reason", "type"), ({"reason": None}, "/reason", "type"),
    ({"reason": "x", "force": True}, "/force", "unknown_member")])
def test_no_take_over_without_a_reason(people, body, pointer, code):
    one, other = people("operator"), people("supervisor")
    one.done("POST", "control")
    answer = other.ask("POST", "control/take-over", body)
    assert answer.status == 400
    assert {"pointer": pointer, "code": code}.items() <= answer.json["errors"][0].items()
    assert one.control()["mine"]


def test_handed_over(people):
    one, other = people("operator"), people("supervisor")
    assert one.refused("POST", "control/hand-over", {"to": "supervisor"})[:2] == (409, "control_free")
    one.done("POST", "control")
    for to, status, code in (("nobody", 404, "not_found"), ("viewer", 409, "role_too_low")):
        assert one.refused("POST", "control/hand-over", {"to": to})[:2] == (status, code)
        assert one.control()["mine"]
    for body in ({}, {"to": ""}, {"to": "x" * 65}, {"to": 2}):
        assert one.ask("POST", "control/hand-over", body).json["errors"][0]["pointer"] == "/to", body
    given = one.done("POST", "control/hand-over", {"to": "SUPERVISOR"})
    assert (given["holder"], given["session"], given["mine"]) == ("supervisor", None, False)
    assert one.refused("POST", "safety/enable")[1] == "control_held"
    assert other.refused("POST", "safety/enable")[1] == "unsupported", "a command accepts it"
    assert other.control()["mine"] and other.control()["session"] == other.session[:8]


def test_the_viewer_only_looks(people):
    viewer = people("viewer")
    for method, path, body in (("POST", "control", None), ("DELETE", "control", None),
                               ("POST", "control/take-over", {"reason": "x"}), ("POST", "control/hand-over", {"to": "viewer"})):
        assert viewer.refused(method, path, body)[:2] == (403, "role")
    assert viewer.control() == FREE


def test_control_ends_with_the_session(daemon, people):
    one, other = people("operator"), people("administrator")
    one.done("POST", "control")
    one.ask("POST", "auth/logout")
    until(lambda: daemon.get("control").json == FREE, what="free after the log-out")
    two = people("operator")
    two.done("POST", "control")
    assert other.ask("DELETE", f"auth/sessions/{two.session}").status == 204
    until(lambda: daemon.get("control").json == FREE, what="free after the session was ended")
    until(lambda: "control_ended" in daemon.log(), what="a line of the log")


def test_control_survives_a_change_of_the_own_password(daemon, people):
    one = people("supervisor")
    one.done("POST", "control")
    change = {"old_password": PASSWORD, "new_password": PASSWORD}
    answer = one.ask("POST", "auth/password/change", change)
    assert answer.status == 200, answer
    one.token = answer.json["access_token"]
    daemon.tokens.pop("supervisor", None)
    assert one.control()["mine"]


def test_this_machine_holds_it_like_anybody(daemon, people):
    def run(*words):
        done = subprocess.run([OHTCTL, "control", *words, "--socket", str(daemon.socket), "--json"], capture_output=True,
                              text=True, timeout=100, check=False, env=daemon.environment())
        return done.returncode, json.loads(done.stdout)
    one = people("operator")
    one.done("POST", "control")
    code, told = run("take")
    assert (code, "operator" in told["error"], "control_held" in told["error"]) == (1, True, True)
    assert run("take-over")[0] == 2 and run("fly")[0] == 2 and run("take", "now")[0] == 2
    code, told = run("take-over", "The way is blocked")
    assert (code, told["mine"], told["reason"], told["session"]) == (0, True, "The way is blocked", None)
    assert one.control()["holder"].startswith("uid ")
    assert one.refused("POST", "control/take-over", {"reason": "x"})[:2] == (403, "role")
    assert run()[1]["mine"], "another run of the same user"
    code, told = run("hand-over", "operator")
    assert (code, told["holder"]) == (0, "operator")
    assert not one.control()["mine"], "to look at it is not to accept it"
    assert one.done("POST", "control")["mine"]
    assert run("release")[0] == 1
    assert one.done("DELETE", "control") == FREE


# ---- time ----

@pytest.fixture(name="boot")
def _boot(fresh):
    made = Skewed(fresh, "OHT_SHIM_BOOT")
    fresh.start()
    return made


@pytest.mark.plain("shim")
def test_control_ends_when_nothing_is_heard(fresh, boot):
    one, other = Person(fresh, "operator"), Person(fresh, "supervisor")
    one.done("POST", "control")
    boot.set(5)
    seen = other.control()
    assert seen["holder"] == "operator" and seen["expires_in_ms"] <= 5000
    for _ in range(3):
        assert one.ask("GET", "robot").status == 200        # reads do not count
        assert one.control()["mine"]                        # nor does the look at control itself
    assert other.control()["expires_in_ms"] <= 5000
    boot.set(10)
    until(lambda: other.control() == FREE, what="the end of control")
    until(lambda: "control_expired" in fresh.log(), what="a line of the log")
    assert other.done("POST", "control")["mine"]


@pytest.mark.plain("shim")
@pytest.mark.parametrize("say", ["command", "control", "ping"])
def test_whoever_says_something_keeps_control(fresh, boot, say):
    one, other = Person(fresh, "operator"), Person(fresh, "supervisor")
    one.done("POST", "control")
    with dial(fresh, token=one.token) as link, dial(fresh, token=other.token) as strange:
        boot.set(6)
        strange.say({"type": "ping"})
        strange.hear_until(lambda message: message["type"] == "pong")
        assert other.control()["expires_in_ms"] <= 4000, "the other one's message is no sign of the holder"
        # Not more often than once in a second.
        def heard():
            if say == "command":
                one.refused("POST", "safety/enable")
            elif say == "control":
                one.done("POST", "control")
            else:
                link.say({"type": "ping"})
                link.hear_until(lambda message: message["type"] == "pong")
            return (other.control()["expires_in_ms"] or 0) > 4000
        until(heard, what="a lease that was renewed")
    assert one.control()["mine"]


# ---- commands over the WebSocket ----

def answer_to(link, number, verb, **more):
    """What a command is answered."""
    link.say({"type": "command", "id": number, "command": {"verb": verb, **more}})
    answer = link.hear_until(lambda message: message["type"] == "result")[-1]
    assert answer.keys() == {"type", "id", "status", "data"} and answer["id"] == number
    return answer


def test_a_command_over_the_socket_is_that_of_the_route(daemon, people):
    one = people("operator")
    with dial(daemon, token=one.token) as link:
        for verb in ("stop", "disable", "reset_fault"):
            by_route = one.ask("POST", "robot/commands", {"verb": verb, "id": "own"}).json
            answer = answer_to(link, f"of {verb}", verb, id="own")
            if answer["status"] == 200:
                names = ("id", "number", "state", "why_not")
                assert answer["data"]["id"] == "own" and answer["data"]["why_not"] == []
            else:
                names = ("status", "code", "detail", "errors")
            assert answer["data"] == {name: by_route[name] for name in names}, verb


def test_a_command_over_the_socket_needs_role_and_login(daemon, people):
    viewer = people("viewer")
    with dial(daemon, token=viewer.token) as link:
        for number in (2 ** 53, -1, "x", "x" * 64, "\u00e9\u0000".strip("\0")):
            answer = answer_to(link, number, "stop")
            assert (answer["status"], answer["data"]["code"]) == (403, "role")
    with dial(daemon) as link:
        link.say({"type": "command", "id": 1, "command": {"verb": "stop"}})
        assert link.hear_until(lambda message: message["type"] == "error")[-1]["code"] == "token_missing"


def test_each_of_many_commands_is_answered_once(daemon, people):
    one = people("operator")
    with dial(daemon, token=one.token) as link:
        for number in range(40):
            link.say({"type": "command", "id": number, "command": {"verb": "stop"}})
        heard = link.hear_until(lambda message: message.get("id") == 39)
        numbers = [message["id"] for message in heard if message["type"] == "result"]
        while len(numbers) < 40:
            numbers.append(link.hear_until(lambda message: message["type"] == "result")[-1]["id"])
        assert sorted(numbers) == list(range(40))


def test_who_leaves_before_the_answer_harms_nobody(daemon, people):
    one = people("operator")
    for _ in range(20):
        with dial(daemon, token=one.token) as link:
            link.say({"type": "command", "id": 1, "command": {"verb": "stop"}})
    assert one.ask("GET", "robot").status == 200
