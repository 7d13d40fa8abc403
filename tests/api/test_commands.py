# SPDX-License-Identifier: GPL-2.0-or-later
"""What is kept of commands of motion. Without outputs the robot does not move here, so the commands are those of an earlier
run, as the store has them."""
import contextlib
import sqlite3

import pytest

from oht_test.wait import until

T0_NS = 1_700_000_000 * 10**9
COLUMNS = ("number", "caller_id", "tag", "user", "verb", "state", "reason", "position_mm", "speed_mm_s", "accepted_ns", "began_ns",
           "ended_ns")


def sql(daemon, text, *values):
    """In the database of a daemon that does not run, or beside it."""
    with contextlib.closing(sqlite3.connect(daemon.state / "oht.db", isolation_level=None, timeout=20)) as database:
        return database.execute(text, values).fetchall()


def add(daemon, number, state="finished", **more):
    """A command of an earlier run."""
    row = {"number": number, "caller_id": "", "tag": 2, "user": "operator", "verb": "move", "state": state, "reason": "",
           "position_mm": 1200.5, "speed_mm_s": 0.0, "accepted_ns": T0_NS + number, "began_ns": T0_NS + number + 1,
           "ended_ns": T0_NS + number + 2 if state in ("finished", "failed") else 0, **more}
    sql(daemon, f"INSERT INTO commands ({','.join(COLUMNS)}) VALUES ({','.join('?' * len(COLUMNS))})",
        *[row[name] for name in COLUMNS])


def numbers(answer):
    """Of a page."""
    assert answer.status == 200, answer
    return [item["number"] for item in answer.json["items"]]


@pytest.fixture(name="kept")
def _kept(fresh):
    for number in range(1, 4):
        add(fresh, number, caller_id=f"order-{number}" if number == 2 else "")
    add(fresh, 4, "running")
    add(fresh, 5, "paused", verb="jog", position_mm=None, speed_mm_s=-50.0)
    fresh.start()
    return fresh


def test_none_yet(fresh):
    fresh.start()
    assert fresh.get("robot/commands").json == {"items": [], "next_cursor": None}
    assert fresh.get("robot/commands/1").code == "not_found"


def test_the_newest_first_and_page_by_page(kept):
    assert numbers(kept.get("robot/commands")) == [5, 4, 3, 2, 1]
    first = kept.get("robot/commands?limit=2")
    assert numbers(first) == [5, 4]
    second = kept.get(f"robot/commands?limit=2&cursor={first.json['next_cursor']}")
    assert numbers(second) == [3, 2]
    last = kept.get(f"robot/commands?limit=2&cursor={second.json['next_cursor']}")
    assert numbers(last) == [1] and last.json["next_cursor"] is None


def test_one_by_its_number(kept):
    told = kept.get("robot/commands/2").json
    assert (told["number"], told["id"], told["verb"], told["state"], told["reason"]) == (2, "order-2", "move", "finished", None)
    assert (told["position_mm"], told["speed_mm_s"], told["by"]) == (1200.5, 0, "operator")
    assert told["accepted"] <= told["began"] <= told["ended"] and told["accepted"].startswith("2023-11-14T22:13:20")
    assert kept.get("robot/commands/1").json["id"] is None
    jog = kept.get("robot/commands/5").json
    assert (jog["verb"], jog["position_mm"], jog["speed_mm_s"]) == ("jog", None, -50)


@pytest.mark.parametrize("path, status, code", [
    ("robot/commands/6", 404, "not_found"), ("robot/commands/0", 400, "bad_id"), ("robot/commands/-1", 400, "bad_id"),
    ("robot/commands/one", 400, "bad_id"), ("robot/commands/1.5", 400, "bad_id"),
    ("robot/commands?limit=0", 400, "validation"), ("robot/commands?cursor=5", 400, "validation"),
    ("robot/commands?cursor=5-00000000", 400, "validation")])
def test_what_is_refused(daemon, path, status, code):
    answer = daemon.get(path)
    assert (answer.status, answer.code) == (status, code)


def test_what_a_cut_run_left_open_has_failed(kept):
    for number in (4, 5):
        told = kept.get(f"robot/commands/{number}").json
        assert (told["state"], told["reason"]) == ("failed", "aborted_by_restart")
        assert told["ended"] > told["began"]
    until(lambda: "commands_aborted" in kept.log(), what="a line of the log")
    assert kept.get("robot").json["command"] is None, "none of them is executed"
    ended = kept.get("robot/commands/4").json["ended"]
    kept.kill()
    kept.start()
    assert kept.get("robot/commands/4").json["ended"] == ended, "it ended once"


def test_an_order_of_an_earlier_run_is_not_driven_again(fresh):
    """The client did not hear the answer, and asks the next run, behind a crash or an orderly end."""
    order = {"verb": "move", "position_mm": 1200.5, "id": "order-2", "valid_for_ms": 60000}
    for number in range(1, 67):
        add(fresh, number, caller_id=f"order-{number}")
    add(fresh, 67, "running", caller_id="home-1", verb="home", position_mm=None)
    add(fresh, 68, "failed", caller_id="jog-1", verb="jog", position_mm=None, speed_mm_s=50.0)
    add(fresh, 69, "finished", caller_id="undock-1", verb="undock", position_mm=-3.0)
    add(fresh, 70, caller_id="order-2", tag=77, user="anna", position_mm=3.0)
    # Cut between the note and the acceptance: nothing says whether it was driven.
    sql(fresh, "INSERT INTO command_ids SELECT * FROM commands WHERE number = 70")
    sql(fresh, "UPDATE command_ids SET caller_id = 'noted', tag = 2, user = 'operator', position_mm = 1200.5")
    for turn, end in enumerate((fresh.stop, fresh.kill, fresh.stop)):
        fresh.start()
        # A stop of the start would come between the note of an order and its turn.
        until(lambda: fresh.get("robot").json["state"] not in ("boot", "init"), what="the end of the start")
        assert fresh.post("control", {}, role="operator").status == 200

        def ask(**other):
            body = {name: value for name, value in {**order, **other}.items() if value is not None}
            answer = fresh.post("robot/commands", body, role="operator")
            return (answer.status, answer.json["number"], answer.json["state"]) if answer.status == 200 else answer.code
        # 64 are known: those of all users, and none of them a jog.
        noted, = numbers(fresh.get("robot/commands?id=noted"))
        if not turn:
            assert ask() == ask(id="order-3") == "wrong_state"
        assert ask(id="order-10") == (200, 10, "finished") and ask(id="order-66", queue="append") == (200, 66, "finished")
        assert ask(id="home-1", verb="home", position_mm=None) == (200, 67, "failed")
        assert ask(id="undock-1", verb="undock", position_mm=None) == (200, 69, "finished")
        assert ask(id="noted") == (200, noted, "failed") and fresh.get(f"robot/commands/{noted}").json["reason"] == "aborted_by_restart"
        assert ask(id="order-10", position_mm=1200.6) == ask(id="order-10", speed_mm_s=9) == ask(id="home-1") == "id_reused"
        # The robot is not enabled: what would be driven is refused. What was refused just before a crash may be known as failed.
        assert ask(id=f"order-2-{turn}") == ask(id=f"new-{turn}") == "wrong_state"
        assert fresh.get("robot").json["command"] is None
        end()
    assert sql(fresh, "SELECT caller_id FROM command_ids") == [], "what was refused may be asked for again"


def test_no_number_is_given_twice(kept):
    def reserved():
        return sql(kept, "SELECT reserved FROM command_numbers")[0][0]
    first = reserved()
    assert first > 5
    kept.kill()        # it may have given any of them
    kept.start()
    assert reserved() > first
    kept.stop()
    assert reserved() == first, "after an orderly end the numbers go on"
    kept.start()


def test_the_robot_goes_on_without_a_place_for_commands(fresh):
    sql(fresh, "DROP TABLE command_numbers")
    fresh.start()
    assert "commands_not_read" in fresh.log()
    assert fresh.get("robot").status == 200


# ---- the queue ----

@pytest.mark.parametrize("number", [1, 4, 5, 2 ** 53])
def test_what_does_not_wait_cannot_be_taken_out(kept, number):
    """Neither what has ended, nor what no run of the daemon has known."""
    answer = kept.request("DELETE", f"robot/commands/{number}", role="operator")
    assert (answer.status, answer.code) == (409, "not_waiting")
    assert numbers(kept.get("robot/commands")) == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("path, role, status", [
    ("robot/commands/1", None, 401), ("robot/commands/1", "viewer", 403), ("robot/commands/0", "operator", 400),
    ("robot/commands/-1", "operator", 400), ("robot/commands/last", "operator", 400), ("robot/commands", "operator", 405)])
def test_who_may_not_take_one_out(daemon, path, role, status):
    assert daemon.request("DELETE", path, role=role).status == status


def test_what_waited_when_a_run_was_cut_has_failed(fresh):
    add(fresh, 7, "running")
    add(fresh, 8, "waiting", began_ns=0)
    fresh.start()
    for number in (7, 8):
        told = fresh.get(f"robot/commands/{number}").json
        assert (told["state"], told["reason"]) == ("failed", "aborted_by_restart")
    assert fresh.get("robot").json["queue"] == []


# ---- what stands in the way ----

def why_not(daemon, verb, **who):
    """Codes for one verb."""
    items = daemon.get("robot/interlocks", **who).json["items"]
    return [reason["code"] for item in items if item["verb"] == verb for reason in item["why_not"]]


def test_each_verb_says_what_is_in_its_way(daemon):
    verbs = [item["verb"] for item in daemon.get("robot/interlocks").json["items"]]
    assert verbs == ["move", "jog", "home", "dock", "undock", "pause", "resume", "stop", "disable", "reset_fault"]
    assert set(verbs) == set(daemon.get("openapi.json", role=None).json["components"]["schemas"]["RobotCommand"]["properties"]
                             ["verb"]["enum"])
    for verb in ("move", "pause", "disable"):
        refused = daemon.post("robot/commands", {"verb": verb, **({"position_mm": 5} if verb == "move" else {})}, role="operator")
        assert refused.code in why_not(daemon, verb, role="operator"), verb


def test_role_and_control_of_who_asks_are_in_the_way(daemon):
    assert "role" in why_not(daemon, "stop", role="viewer")
    assert "role" not in why_not(daemon, "stop", role="operator")
    holder = daemon.login("supervisor").json["access_token"]
    assert daemon.request("POST", "control", {}, token=holder).status == 200
    try:
        assert "control_held" in why_not(daemon, "move", role="operator")
        assert "control_held" not in why_not(daemon, "stop", role="operator")
        assert "control_held" not in why_not(daemon, "move", role=None, token=holder)
    finally:
        daemon.request("POST", "auth/logout", {}, token=holder)
    until(lambda: "control_held" not in why_not(daemon, "move", role="operator"), what="control that is free")
