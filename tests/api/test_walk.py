# SPDX-License-Identifier: GPL-2.0-or-later
"""A walk through the HTTP interface by a seed: orders, stops, control, missions, keys, roles that fall, versions that return, layers, obstacles,
silent modules and kills. The far end of the wire says where the vehicle truly is.

What must hold at any time: nothing moves behind a stop, without control, in the plant without the password, beyond the limits, twice for one id, or
by itself behind a restart, and each answer is one that the description names.

OHT_RUNS walks from seed OHT_SEED on (50 with OHT_SOAK=1), or ten short ones from 0 on.
"""
import collections
import os
import random
import re
import socket
import threading
import time

import pytest

from daemon import begin, serving
from oht_test.wait import until

pytestmark = pytest.mark.slow

RUNS = int(os.environ.get("OHT_RUNS", "50" if os.environ.get("OHT_SOAK") else "0"))
FIRST = int(os.environ["OHT_SEED"]) if RUNS else 0
STEPS = 40 if RUNS else 9
# One short walk in so many has a kill, which takes a start.
KILLS = 1 if RUNS else 10

PLACE_MM, SOFT_MM = 1500, (-500.0, 3000.0)
STANDS_MM_S = 2.0
# The drive follows what it was told so long ago, and corrects its position besides.
ACCEL_MM_S2, LAG_S, CORRECTION_MM_S = 550, 0.25, 110
OVERSHOOT_MM = 15
# How long what was in force before may still be seen: the ramp from it.
RAMP_S = 4
# To stand, on a host that is busy.
STANDS_S = 30
# A session that says nothing keeps control for 10 s.
CONTROL_S = 9


class Watcher(threading.Thread):
    """Where the vehicle is, as often as the simulator says so: (asked, answered, mm, mm/s)."""

    def __init__(self, daemon):
        super().__init__()
        self.place, self.samples, self.over = str(daemon.folder / "sim.sock"), [], threading.Event()

    def run(self):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(self.place)
            lines = control.makefile()
            while not self.over.wait(0.005):
                asked = time.monotonic()
                control.sendall(b"rail\n")
                found = re.search(r"position_mm=(\S+) speed_mm_s=(\S+)", lines.readline())
                self.samples.append((asked, time.monotonic(), float(found[1]), float(found[2])))

    def stands(self):
        """Now, by two samples that were asked for from now on."""
        asked = time.monotonic()
        until(lambda: [abs(sample[3]) < STANDS_MM_S for sample in self.samples[-4:] if sample[0] > asked][-2:] == [True, True],
              STANDS_S, "standstill")


class Session:
    """A log-in or a key, with what the model knows of it."""

    def __init__(self, name, token, role, verbs=None):
        self.name, self.token, self.role, self.verbs = name, token, role, verbs
        self.dead = False


class Walk:
    """The model of one seed, and its acts."""

    def __init__(self, robot, seed, watcher):
        self.robot, self.chance, self.watcher = robot, random.Random(seed), watcher
        self.told = []            # acts, for the report of a failure
        self.licences = []        # [from, until or None, mm/s]: when something may move
        self.caps = []            # [from, until or None, mm/s] of the configuration
        self.enabled = self.latched = False
        self.holder = None        # (session, when it said something last)
        self.layer = "commissioning"
        self.orders = {}          # id: (body, number)
        self.mission = None
        self.obstacle = False
        self.pending = None       # what a version changed that is not confirmed: (before, now)
        self.speed = 1000         # of moves, as it is configured
        self.killed = self.may_kill = False
        self.began = 0

    # ---- asking ----

    def ask(self, session, method, path, body=None, headers=None):
        """Each answer is one that the description names."""
        sent = time.monotonic()
        answer = self.robot.request(method, path, body, token=session.token, headers=headers)
        self.told.append((round(sent, 3), session.name, method, path, body, answer.status, answer.body[:160]))
        named = self.robot.named[method, path.partition("?")[0]]
        assert str(answer.status) in named, answer
        if answer.status >= 400:
            assert answer.code in named[str(answer.status)], answer
        self.robot.tally[method, path.partition("?")[0], body.get("verb") if body else None, answer.status] += 1
        if session.dead:
            assert answer.status in (401, 403), answer
        if self.holder and self.holder[0] is session:
            self.holder = (session, sent)
        return sent, answer

    def sessions(self, *names):
        return self.robot.people[self.chance.choice(names)]

    # ---- the model ----

    def grant(self, since, cap_mm_s=None):
        """From its request on something may move, at such a speed."""
        self.end(since)
        self.licences.append([since, None, cap_mm_s])

    def end(self, at):
        if self.licences and self.licences[-1][1] is None:
            self.licences[-1][1] = at

    def stopped(self, enabled=None):
        """It was answered: from now on nothing begins."""
        self.end(time.monotonic())
        if enabled is not None:
            self.enabled = enabled

    def may_move(self, session):
        """What forbids it for certain, or None."""
        if session.dead or session.role == "viewer":
            return "rights"
        if not self.enabled:
            return "outputs"
        if self.holder and self.holder[0] is not session and time.monotonic() < self.holder[1] + CONTROL_S:
            return "control"
        return None

    def takes_control(self, session, sent):
        self.holder = (session, sent)

    # ---- acts ----

    def act_enable(self):
        session = self.sessions("operator", "second", "supervisor", "viewer", "elevated")
        forbidden = self.latched or session.dead or session.role == "viewer" or (self.layer == "plant" and session.name != "elevated") or (
            self.may_move(session) == "control")
        sent, answer = self.ask(session, "POST", "safety/enable", {})
        if answer.status == 200:
            assert not forbidden
            self.enabled = True
            self.takes_control(session, sent)

    def act_reset(self):
        session = self.sessions("supervisor", "elevated", "operator")
        _sent, answer = self.ask(session, "POST", "safety/reset", {})
        if answer.status == 200:
            assert session.role != "operator" and (self.layer != "plant" or session.name == "elevated")
            self.latched = False

    def command(self, session, body):
        """An order that moves something, or a refusal."""
        forbidden = self.may_move(session)
        if session.verbs and body["verb"] not in session.verbs:
            forbidden = "scope"
        sent, answer = self.ask(session, "POST", "robot/commands", body)
        if answer.status != 200:
            return None
        assert not forbidden, forbidden
        self.grant(sent, abs(body["speed_mm_s"]) if "speed_mm_s" in body else None)
        self.takes_control(session, sent)
        self.mission = None
        return answer.json["number"]

    def act_move(self):
        session = self.sessions("operator", "second", "supervisor", "viewer", "key")
        target = self.chance.choice([SOFT_MM[0], SOFT_MM[1], SOFT_MM[1] + 1, self.chance.uniform(SOFT_MM[0], SOFT_MM[1])])
        body = {"verb": "move", "position_mm": round(target, 1), "id": f"order {self.chance.getrandbits(48):x}"}
        if self.chance.random() < 0.5:
            body["speed_mm_s"] = self.chance.choice([50, 200, 900])
        number = self.command(session, body)
        if number is not None:
            assert target <= SOFT_MM[1]
            self.orders[body["id"]] = (body, number, session)

    def act_jog(self):
        session = self.sessions("operator", "second", "key", "viewer")
        body = {"verb": "jog", "speed_mm_s": self.chance.choice([-250, -100, 100, 250, 251]), "id": f"jog {self.chance.getrandbits(32):x}"}
        for _ in range(self.chance.randrange(1, 4)):
            if self.command(session, body) is None:
                break
            assert abs(body["speed_mm_s"]) <= 250

    def act_home(self):
        self.command(self.sessions("operator", "second", "supervisor"), {"verb": self.chance.choice(["home", "dock", "undock", "undock"])})

    def act_again(self):
        """The same order once more is driven once: what it did is over, or under way."""
        if not self.orders:
            return
        body, number, session = self.orders[self.chance.choice(sorted(self.orders))]
        _sent, answer = self.ask(session, "POST", "robot/commands", body)
        if answer.status == 200:
            # Behind a kill the note of the id may have a number of the next run.
            assert answer.json["number"] == number or self.killed, number

    def act_stop(self):
        verb = self.chance.choice(["stop", "pause", "disable"])
        session = self.sessions("operator", "second", "supervisor", "viewer")
        _sent, answer = self.ask(session, "POST", "robot/commands", {"verb": verb})
        assert (answer.status == 200) <= (session.role != "viewer" and not session.dead)
        if answer.status == 200:
            self.stopped(False if verb == "disable" else None)
        elif verb == "stop" and session.role != "viewer" and not session.dead:
            raise AssertionError(answer)

    def act_emergency(self):
        session = self.sessions("operator", "second", "supervisor", "viewer")
        _sent, answer = self.ask(session, "POST", "safety/stop")
        assert (answer.status == 200) == (session.role != "viewer" and not session.dead)
        if answer.status == 200:
            self.stopped(False)
            self.latched = True

    def act_resume(self):
        session = self.sessions("operator", "second")
        forbidden = self.may_move(session)
        sent, answer = self.ask(session, "POST", "robot/commands", {"verb": "resume"})
        if answer.status == 200:
            assert not forbidden, forbidden
            self.grant(sent)
            self.takes_control(session, sent)

    def act_control(self):
        session = self.sessions("operator", "second", "supervisor", "viewer")
        what = self.chance.choice(["take", "give", "over"])
        method, path, body = {"take": ("POST", "control", {}), "give": ("DELETE", "control", None),
                              "over": ("POST", "control/take-over", {"reason": "a walk"})}[what]
        forbidden = self.may_move(session) == "control"
        sent, answer = self.ask(session, method, path, body)
        if answer.status != 200:
            return
        assert session.role != "viewer" and not session.dead
        if what != "over":
            assert not forbidden
        self.holder = None if what == "give" else (session, sent)

    def act_mission(self):
        session = self.sessions("operator", "second")
        forbidden = self.may_move(session)
        legs = [{"kind": "move", "position_mm": self.chance.choice([700, 1200, 2500])}, {"kind": "wait", "wait_s": 1}, {"kind": "move", "position_mm": 1500}]
        sent, answer = self.ask(session, "POST", "missions", {"name": "walk", "legs": legs[self.chance.randrange(2):]})
        if answer.status != 201:
            return
        made = answer.json["id"]
        sent, answer = self.ask(session, "POST", f"missions/{made}/start", {})
        if answer.status == 200 and answer.json["state"] == "running":
            # One that waits for its first leg may be held a moment later.
            if not forbidden:
                self.grant(sent)
                self.mission = made
            # It takes control with its first motion.
            self.holder = None

    def act_mission_verb(self):
        if self.mission is None:
            return
        verb = self.chance.choice(["pause", "resume", "cancel"])
        session = self.sessions("operator", "second")
        sent, answer = self.ask(session, "POST", f"missions/{self.mission}/{verb}", {})
        if answer.status != 200:
            return
        if verb == "resume":
            if self.enabled:
                self.grant(sent)
                self.holder = None
        else:
            self.stopped()

    def act_role_falls(self):
        """The second operator becomes a viewer, and an operator again."""
        second = self.robot.people["second"]
        role = "viewer" if second.role == "operator" else "operator"
        _sent, answer = self.ask(self.robot.people["elevated"], "PATCH", f"users/{self.robot.second_id}", {"role": role})
        assert answer.status == 200
        if self.holder and self.holder[0] is second:
            self.holder = None
        # Its sessions have ended; a new one has the new role.
        second.dead = True
        self.ask(second, "POST", "robot/commands", {"verb": "jog", "speed_mm_s": 100})
        self.robot.people["second"] = Session("second", self.robot.login("second").json["access_token"], role)

    def act_key_ends(self):
        key = self.robot.people["key"]
        if not key.dead:
            _sent, answer = self.ask(self.robot.people["elevated"], "DELETE", f"users/{self.robot.service_id}/keys/{self.robot.key_id}")
            assert answer.status == 204
            key.dead = True
            self.ask(key, "POST", "robot/commands", {"verb": "move", "position_mm": 2000})
            if self.holder and self.holder[0] is key:
                self.holder = None
            return
        self.robot.make_key()

    def act_layer(self):
        word = self.chance.choice(["commissioning", "plant", "production"])
        _sent, answer = self.ask(self.robot.people["elevated"], "PATCH", "config", {"robot": {"layer": word}})
        if answer.status == 200:
            self.layer = word

    def act_speed(self):
        """Another limit, for good or for a while that nobody confirms."""
        self.change_speed(self.sessions("supervisor", "elevated", "operator"), self.chance.choice(["config", "config?confirm_within_s=5"]))

    def change_speed(self, session, path):
        speed = self.chance.choice([150, 400, 1000])
        # If another change is taken, what was pending has returned.
        before = self.pending[0] if self.pending else self.speed
        sent, answer = self.ask(session, "PATCH", path, {"motion": {"speed_mm_s": speed}})
        if answer.status != 200:
            return
        assert session.role != "operator"
        self.caps[-1][1] = time.monotonic()
        self.caps.append([sent, None, max(speed, before) if path != "config" else speed])
        self.speed, self.pending, self.holder = speed, (before, speed) if path != "config" else None, None

    def act_give_up(self):
        """A version that waits to be confirmed is given up, or confirmed."""
        if not self.pending:
            return
        session = self.sessions("elevated", "supervisor")
        method, path = self.chance.choice([("DELETE", "config/pending"), ("POST", "config/confirm")])
        _sent, answer = self.ask(session, method, path, None if method == "DELETE" else {})
        if answer.status == 200:
            self.settle(self.pending[0] if method == "DELETE" else self.pending[1])

    def settle(self, speed):
        self.pending, self.speed = None, speed
        now = time.monotonic()
        self.caps[-1][1] = now
        self.caps.append([now, None, speed])

    def act_obstacle(self):
        """In the way; when it goes, the robot does not go on by itself."""
        self.obstacle = not self.obstacle
        if not self.obstacle:
            self.look()
        self.robot.sim(f"rail obstacle {self.chance.choice([1500, -1500]) + self.watcher.samples[-1][2]:.0f}" if self.obstacle else "rail obstacle none")

    def act_silence(self):
        """The drive is silent for a moment, and lost maybe."""
        self.robot.sim("fault 4 silence")
        time.sleep(self.chance.uniform(0, 0.5))
        self.robot.sim("clear 4")
        if not self.ask(self.robot.people["viewer"], "GET", "robot")[1].json["command"]:
            self.ask(self.robot.people["operator"], "POST", "robot/commands", {"verb": "reset_fault"})

    def look(self):
        """What is over needs another order."""
        told = self.ask(self.robot.people["viewer"], "GET", "robot")[1].json
        if told["state"] in ("safe", "estop", "fault", "boot", "init"):
            self.stopped(False)
        elif told["state"] in ("paused", "blocked"):
            self.stopped()
        elif told["state"] == "idle" and not told["command"] and not told["queue"] and not self.runs():
            self.stopped()
        return told

    act_look = look

    def runs(self):
        """Whether a mission may drive on."""
        answer = self.ask(self.robot.people["viewer"], "GET", "missions?state=running")[1]
        return bool(answer.json["items"])

    def act_stand(self):
        """A moment in which nothing may begin."""
        session = self.robot.people["supervisor"]
        self.ask(session, "POST", "robot/commands", {"verb": "stop"})
        self.stopped()
        self.watcher.stands()
        time.sleep(0.1)

    def act_kill(self):
        """What was acknowledged is kept, the outputs are low, a version that nobody has confirmed has gone."""
        if not self.may_kill:
            return
        self.may_kill, self.killed = KILLS == 1, True
        if self.chance.random() < 0.5:
            self.act_stand()
            self.change_speed(self.robot.people["elevated"], "config?confirm_within_s=60")
        # Nothing cuts these outputs: what was driving goes on until the next daemon writes its zero.
        self.robot.kill()
        self.robot.hang_up()
        self.robot.start()
        until(lambda: self.robot.get("robot").json["state"] not in ("boot", "init"), what="a state")
        self.stopped(False)
        self.holder = None
        self.mission = None
        safety = self.robot.get("safety").json
        assert safety["state"] != "enabled", safety
        self.latched = safety["state"] == "stopped"
        config = self.robot.get("config").json
        assert config["robot"]["layer"] == self.layer
        if self.pending:
            self.settle(self.pending[0])
        assert config["motion"]["speed_mm_s"] == self.speed, (config["motion"]["speed_mm_s"], self.speed)
        self.robot.elevate()

    # ---- the walk ----

    acts = ([act_move] * 5 + [act_enable] * 4 + [act_jog] * 2 + [act_stop] * 3 + [act_emergency] * 2 + [act_reset] * 3 + [act_resume] * 2 + [act_again] * 2 +
            [act_control] * 3 + [act_mission] * 2 + [act_mission_verb] * 2 + [act_home, act_role_falls, act_key_ends, act_layer, act_speed, act_give_up,
            act_obstacle, act_silence, act_look, act_look, act_stand, act_kill, act_kill])

    def begin(self):
        """A robot that stands, enabled, with nothing left of the walk before."""
        robot = self.robot
        robot.log_in()
        robot.sim("clear")
        robot.sim("rail obstacle none")
        self.may_kill = self.chance.randrange(KILLS) == 0
        for mission in robot.get("missions?state=running").json["items"] + robot.get("missions?state=paused").json["items"]:
            robot.post(f"missions/{mission['id']}/cancel", {}, role="operator")
        elevated = robot.people["elevated"]
        robot.post("safety/stop", role="operator")
        self.watcher.stands()
        robot.request("POST", "control/take-over", {"reason": "a new walk"}, token=elevated.token)
        if robot.get("config/pending").status == 200:
            robot.request("DELETE", "config/pending", token=elevated.token)
        until(lambda: robot.request("PATCH", "config", {"robot": {"layer": "commissioning"}, "motion": {"speed_mm_s": 1000}}, token=elevated.token).status == 200,
              what="the settings of a walk")
        until(lambda: self.ask(elevated, "POST", "safety/reset", {})[1].status == 200 or robot.get("safety").json["state"] != "stopped", what="a reset")
        until(lambda: robot.get("robot").json["state"] == "safe" or not self.ask(elevated, "POST", "robot/commands", {"verb": "reset_fault"}), what="safe")
        until(lambda: self.ask(elevated, "POST", "safety/enable", {})[1].status == 200, what="enabled")
        until(lambda: robot.get("robot").json["state"] == "idle", what="idle")
        self.ask(elevated, "DELETE", "control")
        self.enabled = True
        self.caps.append([time.monotonic(), None, 1000])
        self.began = time.monotonic()

    def run(self):
        self.begin()
        for _ in range(STEPS):
            self.chance.choice(self.acts)(self)
            time.sleep(self.chance.choice([0, 0, 0.02, 0.1]) if RUNS else self.chance.choice([0, 0.02]))
        self.robot.post("safety/stop", role="operator")
        self.stopped(False)
        self.watcher.stands()
        self.judge()

    # ---- what must hold ----

    def judge(self):
        for asked, _answered, mm, speed in self.watcher.samples:
            if asked < self.began:
                continue
            at = mm + self.robot.offset_mm
            assert SOFT_MM[0] - OVERSHOOT_MM <= at <= SOFT_MM[1] + OVERSHOOT_MM, (asked, at)
            cap = max(cap for since, ended, cap in self.caps if since <= asked and (ended is None or asked <= ended + RAMP_S))
            # Orders of the last seconds: a faster one may just have been replaced by a slower one.
            orders = [order or cap for since, ended, order in self.licences if since <= asked and (ended is None or asked <= ended + RAMP_S)]
            assert abs(speed) <= min(cap, max(orders, default=cap)) + CORRECTION_MM_S, (asked, speed, cap, orders)
        ends = [(ended, following) for (_since, ended, _), following in
                zip(self.licences, [licence[0] for licence in self.licences[1:]] + [float("inf")]) if ended]
        for ended, following in [(self.began, self.licences[0][0] if self.licences else float("inf")), *ends]:
            self.judge_pause(ended, following)

    def judge_pause(self, ended, following):
        """Between the end of a licence and the next one the vehicle slows down, and stays where it stands."""
        last = [sample for sample in self.watcher.samples if sample[1] <= ended][-1]
        highest, stands_at = abs(last[3]) + ACCEL_MM_S2 * (ended - last[0] + LAG_S), None
        for asked, answered, mm, speed in self.watcher.samples:
            if asked < ended or answered > following:
                continue
            if stands_at is None:
                assert abs(speed) <= highest, (asked, speed, highest)
                if abs(speed) < STANDS_MM_S and asked > ended + 1:
                    stands_at = mm
                continue
            assert abs(speed) < STANDS_MM_S and abs(mm - stands_at) < STANDS_MM_S, (asked, mm, stands_at, speed)


def route_of(path):
    """As the description has it: /missions/7/start is one of /missions/{id}/start."""
    return re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "$")


class Named(dict):
    """(method, path): {status: codes}."""

    def __init__(self, description):
        super().__init__()
        self.routes = [(route_of(path), operations) for path, operations in description["paths"].items()]

    def __missing__(self, asked):
        method, path = asked
        fitting = [operations[method.lower()] for route, operations in self.routes if route.search(f"/api/v1/{path}") and method.lower() in operations]
        # /users/{id} is also the end of /x/users/7: the shortest is meant.
        self[asked] = {status: answer.get("x-codes", []) for status, answer in fitting[0]["responses"].items()}
        return self[asked]


@pytest.fixture(scope="module", name="robot")
def _robot(tmp_path_factory, accounts):
    made = begin(tmp_path_factory.mktemp("walk"), accounts)
    made.write_config(bus_outputs="simulated", bus_time_factor=20)
    assert made.add_user("second", "operator").returncode == 0
    made.make_logins_cheap()
    made.start_simulator()
    assert made.sim(f"set 5 position_x {PLACE_MM}").startswith("ok")
    with serving(made):
        prepare(made)
        yield made


def prepare(made):
    """Accounts, a key for moves, and limits that a walk can reach."""
    until(lambda: made.get("robot").json["state"] == "safe", what="safe")
    made.tally = collections.Counter()
    made.named = Named(made.get("openapi.json", role=None).json)
    made.people = {"second": Session("second", "", "operator")}

    def elevate():
        made.second = ""
        made.people["elevated"] = Session("elevated", made.elevated(), "administrator")

    def log_in():
        """An access token ends in a series of walks, and an elevation does."""
        made.people |= {role: Session(role, made.token(role), role) for role in ("viewer", "operator", "supervisor")}
        made.people["second"] = Session("second", made.login("second").json["access_token"], made.people["second"].role)
        elevate()

    def make_key():
        answer = made.post(f"users/{made.service_id}/keys", {"name": "walk", "role": "operator", "verbs": ["move"]})
        assert answer.status == 201, answer
        made.key_id = answer.json["id"]
        made.people["key"] = Session("key", answer.json["secret"], "operator", ("move",))

    made.elevate, made.log_in, made.make_key = elevate, log_in, make_key
    log_in()
    made.second_id = next(user["id"] for user in made.get("users", role="administrator").json["items"] if user["username"] == "second")
    made.service_id = made.post("users", {"username": "machine", "role": "operator", "service": True}).json["id"]
    make_key()
    answer = made.request("PATCH", "config", {"motion": {"soft_min_mm": {"canonical": SOFT_MM[0]}, "soft_max_mm": SOFT_MM[1]}},
                          token=made.people["elevated"].token)
    assert answer.status == 200, answer
    made.offset_mm = made.get("robot").json["position_mm"] - float(re.search(r"position_mm=(\S+)", made.sim("rail"))[1])


@pytest.mark.parametrize("seed", range(FIRST, FIRST + (RUNS or 10)))
def test_walk(robot, seed):
    watcher = Watcher(robot)
    watcher.start()
    walk = Walk(robot, seed, watcher)
    try:
        walk.run()
    except BaseException:
        print(*walk.told, sep="\n")
        raise
    finally:
        watcher.over.set()
        watcher.join()


def test_the_walks_went_somewhere(robot):
    """One in which nothing happens proves nothing."""
    def count(path, status, *verbs):
        return sum(times for (_method, asked, verb, answered), times in robot.tally.items()
                   if asked == path and answered == status and (not verbs or verb in verbs))

    runs = RUNS or 10
    assert count("robot/commands", 200, "move") >= runs / 2 and count("robot/commands", 409) >= runs / 2 and count("robot/commands", 403) >= runs / 5
    assert count("robot/commands", 200, "stop", "pause", "disable") >= runs / 5 and count("safety/stop", 200) >= runs / 5
    assert count("control", 200) >= runs / 10 and count("missions", 201) >= runs / 10 and count("config", 200) >= runs / 10
