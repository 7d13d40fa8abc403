# SPDX-License-Identifier: GPL-2.0-or-later
"""`OHT_DEMO=past`: a simulated robot with a week behind it, lived through by ohtd itself, for `make native`.

The simulator and ohtd run as ever, and persons ask by the API. Only the time of day is another one: it begins a week ago, and leaps
over the hours in which nothing happens, which to ohtd is a computer that sleeps.
"""
import datetime
import http.client
import json
import shutil
import ssl
import struct
import time
import urllib.parse

from .errors import SbcError
from .wire import ask_simulator

DAYS = 7
MARK = ".demo-past"
WAIT_S = 90
# In front of a leap: what has ended is written with its time, and seen at rest. Behind it: ohtd has seen it.
REST_S = 1.2
SETTLE_S = 1
# No leap while an alert stands: by the monotonic clock it would have come behind it.
STANDS_S = 3
LAST_S = 900
# What the robot may answer while it comes to itself: it is asked again.
REFUSED = ("stop_cause", "wrong_state", "moving", "sensors", "module_lost", "control_held", "faults")
NOT_HELD = ("control_held", "not_in_control")


class Person:
    """One who is logged in by the page's API; a leap of the clock ends the session, and the next request begins another."""

    def __init__(self, robot, account):
        self._robot = robot
        self._account = account
        self._token = None

    def _send(self, method, path, body, token):
        context = ssl.create_default_context(cafile=str(self._robot.lib / "ca.crt"))
        link = http.client.HTTPSConnection("127.0.0.1", self._robot.settings.port, timeout=30, context=context)
        head = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            link.request(method, f"/api/v1/{path}", None if body is None else json.dumps(body), head)
            answer = link.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            link.close()

    def ask(self, method, path, body=None, refusals=()):
        """The answer. One of these codes of a refusal is returned; any other is an error."""
        for _ in range(2):
            if not self._token:
                status, answer = self._send("POST", "auth/login", {name: self._account[name] for name in ("username", "password")}, None)
                if status != 200:
                    raise SbcError(f"{self._account['username']} cannot log in: {answer}")
                self._token = answer["access_token"]
            status, answer = self._send(method, path, body, self._token)
            if status != 401:
                break
            self._token = None
        if status >= 400 and answer.get("code") not in refusals:
            raise SbcError(f"{method} {path}: {answer.get('detail', status)}")
        return answer


class Clock:
    """How far the robot's time of day is behind, in the file that ohtd has mapped."""

    def __init__(self, path, now_s):
        self.path = path
        path.write_bytes(bytes(8))
        self._behind_s = None
        self.leap(now_s)

    def now_s(self):
        return time.time() - self._behind_s

    def leap(self, to_s):
        """Never back."""
        behind_s = max(0.0, time.time() - to_s)
        self._behind_s = behind_s if self._behind_s is None else min(behind_s, self._behind_s)
        with self.path.open("r+b") as file:
            file.write(struct.pack("=q", int(self._behind_s * 1e9)))


class Over(Exception):
    """The present is reached."""


class Week:
    """What happens."""

    def __init__(self, robot, clock, midnight, say):
        people = {account["role"]: Person(robot, account) for account in robot.accounts.accounts}
        self._robot, self._clock, self._midnight, self._say = robot, clock, midnight, say
        self._operator, self._supervisor = people["operator"], people["supervisor"]
        self._day = 0

    # ---- time ----

    def at(self, hour, minute=0):
        """Sleep until then, of the day that is lived."""
        to_s = (self._midnight + datetime.timedelta(days=self._day, hours=hour, minutes=minute)).timestamp()
        if to_s > time.time() - LAST_S:
            raise Over
        if to_s > self._clock.now_s():
            self._operator.ask("DELETE", "control", None, NOT_HELD)
            time.sleep(REST_S)
            self._clock.leap(to_s)
            time.sleep(SETTLE_S)

    def _until(self, holds, what):
        deadline = time.monotonic() + WAIT_S
        while not (found := holds()):
            if time.monotonic() > deadline:
                raise SbcError(f"day {self._day + 1} of the past: waited {WAIT_S} s for {what}")
            time.sleep(0.2)
        return found

    # ---- the robot ----

    def _sim(self, line):
        ask_simulator(self._robot.state, line)

    def _shown(self):
        return self._operator.ask("GET", "robot")

    def _command(self, **words):
        self._operator.ask("POST", "robot/commands", words)

    def _rests(self):
        shown = self._shown()
        if shown["state"] in ("fault", "estop", "safe"):
            raise SbcError(f"day {self._day + 1} of the past: the robot is in {shown['state']}: {shown['faults']}")
        return shown["state"] == "idle" and not shown["command"]

    def _drive(self, **words):
        self._command(**words)
        self._until(self._rests, f"the end of {words}")

    def _enable(self):
        """From wherever it is: a reset where it is stopped, and the outputs."""
        def step():
            state = self._shown()["state"]
            if state == "estop":
                self._supervisor.ask("POST", "safety/reset", {}, REFUSED)
            elif state == "fault":
                self._operator.ask("POST", "robot/commands", {"verb": "reset_fault"}, REFUSED)
            elif state == "safe":
                self._operator.ask("POST", "safety/enable", {}, REFUSED)
            return state == "idle"
        self._until(step, "a robot that may drive")

    def _charge(self, percent):
        self._sim(f"set 2 battery_soc {percent * 10}")

    def _alert(self, code):
        """Number of the newest one with that code, once it is written down."""
        def found():
            rows = self._operator.ask("GET", f"alerts/history?code={code}&limit=1")["items"]
            return rows and rows[0]["number"]
        return self._until(found, f"the alert {code}")

    def _say_of(self, number, text, person=None):
        (person or self._operator).ask("POST", f"alerts/{number}/comments", {"text": text})

    # ---- what goes wrong ----

    def _lose_the_dock_module(self):
        """A plug that is loose."""
        self._sim("fault 5 silence")
        number = self._alert("module_lost")
        self._say_of(number, "Dock module is silent again. The plug at the hoist looks loose.")
        time.sleep(STANDS_S)
        self._sim("clear 5")
        self._until(lambda: self._operator.ask("GET", "modules/5")["health"] == "good", "the dock module")
        self._operator.ask("POST", f"alerts/{number}/acknowledge", {})
        self._say_of(number, "Plug secured with a new latch, answers since then.", self._supervisor)

    def _meet_a_pallet(self):
        self._command(verb="move", position_mm=13000)
        self._sim("rail obstacle 11000")
        self._until(lambda: self._shown()["state"] == "blocked", "the obstacle")
        number = self._alert("obstacle")
        self._say_of(number, "A pallet stood below the rail at the gate of hall 2.")
        self._sim("rail obstacle none")
        self._until(lambda: self._shown()["state"] == "paused", "a free way")
        self._drive(verb="resume")
        self._operator.ask("POST", f"alerts/{number}/acknowledge", {})

    def _press_the_stop(self):
        self._operator.ask("POST", "safety/stop", {})
        self._until(lambda: self._shown()["state"] == "estop", "the stop")
        time.sleep(STANDS_S)
        self._enable()

    def _lose_the_power_module(self):
        """The fault that can be looked at: in a move, in the middle of the rail."""
        self.at(10, 40)
        self._command(verb="move", position_mm=1500)
        time.sleep(2)
        self._sim("fault 2 silence")
        self._until(lambda: self._shown()["state"] in ("fault", "estop"), "the fault")
        number = self._alert("module_lost")
        self._say_of(number, "Stopped in the middle of the rail, power module does not answer.")
        time.sleep(STANDS_S)
        self._sim("clear 2")
        self._until(lambda: self._operator.ask("GET", "modules/2")["health"] == "good", "the power module")
        self._enable()
        self._say_of(number, "Fuse of its supply was blown; replaced. Watch it for a week.", self._supervisor)

    # ---- days ----

    def _change(self, reason, patch):
        self._supervisor.ask("PATCH", f"config?reason={urllib.parse.quote(reason)}", patch)
        self._supervisor.ask("DELETE", "control", None, NOT_HELD)

    def _settings(self):
        """Versions with their reasons, each at rest."""
        if self._day == 0:
            self._change("name and stations of hall 2", {"robot": {"name": "hoist 2", "place": "hall 2"}, "stations": {
                "mill": {"position_mm": 3500}, "saw": {"position_mm": 6000}, "store": {"position_mm": 8500}}})
        elif self._day == 2:
            self._change("the new packing table", {"stations": {"packing": {"position_mm": 7200}}})
        elif self._day == 4:
            self._change("table moved to the other side of the post", {"stations": {"packing": {"position_mm": 6800}}})

    def _one_day(self):
        self.at(6, 5)
        self._settings()
        self._charge(96)
        self._enable()
        self._drive(verb="undock")
        self.at(7, 10)
        self._drive(verb="move", station="mill")
        self._charge(88)
        self.at(8, 35)
        self._drive(verb="move", station=("saw", "store")[self._day % 2])
        self._charge(79)
        self.at(9, 20)
        {1: self._lose_the_dock_module, 2: self._meet_a_pallet, 3: self._press_the_stop}.get(self._day, lambda: None)()
        if self._day == 5:
            self._lose_the_power_module()
        self.at(12, 15)
        self._charge(64)
        self._drive(verb="move", position_mm=500)
        self.at(13, 30)
        self._drive(verb="dock")
        self._command(verb="disable")
        self._charge(58)

    def play(self):
        """All of it; ends earlier where the present comes in between."""
        try:
            for self._day in range(DAYS + 1):
                self._say(f"  day {self._day + 1} of the past")
                self._one_day()
        except Over:
            pass
        self._sim("unset 2 battery_soc")


def _refuse_what_is_there(lib):
    if lib.exists() and any(lib.iterdir()):
        raise SbcError(f"{lib} has a past of its own, which stays as it is: give the demo another folder, OHT_STATE=FOLDER, or leave out OHT_DEMO=past")


def make(begin, state, say):
    """Once per state folder; begin(lib, clock) is a robot whose state is in that folder, with that file for its time of day.

    What is under way is in a folder of its own: an interrupted one leaves nothing that looks like a past.
    """
    lib, fresh = state / "lib", state / "lib.past"
    if (lib / MARK).exists():
        return
    _refuse_what_is_there(lib)
    shutil.rmtree(fresh, ignore_errors=True)
    midnight = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0) - datetime.timedelta(days=DAYS)
    clock = Clock(state / "clock", (midnight + datetime.timedelta(hours=5, minutes=55)).timestamp())
    robot = begin(fresh, clock.path)
    say("past: seven days are lived through, which takes some minutes, once")
    try:
        robot.start()
        Week(robot, clock, midnight, say).play()
    finally:
        robot.stop()
    (fresh / MARK).write_text("made by OHT_DEMO=past\n")
    if lib.exists():
        lib.rmdir()
    fresh.rename(lib)
    clock.path.unlink()
