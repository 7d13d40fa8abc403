# SPDX-License-Identifier: GPL-2.0-or-later
"""ohtd on the board: what it shows, who may do what, and that whatever becomes of it ends with the outputs low."""
import json
import os
import re

import pytest

from oht_test.board import DRIVER
from oht_test.robot import ROBOT_DEADMAN_MS
from oht_test.wait import until
from test_drive import begin, leave_dock

DEVICE = "9000000.pl011"
ENABLES = (4, 5)
KILLS = 40 if os.environ.get("OHT_SOAK") else 1

PROGRAM = pytest.mark.kernels("stock", why="a program is the same on every kernel")


@pytest.fixture
def watch(robot):
    """Safety events of the kernel from now on, as a second program in the guest reads them."""
    robot.guest.check("ohtctl --json safety watch </dev/null >/tmp/watch.json 2>&1 & echo $! >/tmp/watch.pid")
    until(lambda: robot.guest.run("ls -l /proc/$(cat /tmp/watch.pid)/fd | grep -q /dev/oht0")[0] == 0,
          what="the watching program")

    def events():
        # Its last line may be a complaint: the device has gone.
        said = [json.loads(line) for line in robot.guest.check("cat /tmp/watch.json").splitlines()]
        return [event for event in said if "event" in event]

    yield events
    robot.guest.run("kill $(cat /tmp/watch.pid)")


def end_of_enabled(events):
    """The event that ended the enabled state last entered."""
    def find():
        seen = events()
        entered = max(i for i, e in enumerate(seen) if e["to"] == "enabled")
        return [e for e in seen[entered + 1:] if e["from"] == "enabled"]

    return until(find, what="the record of the stop")[0]


def assert_low(robot, why):
    assert robot.pins.wait_enables(0), f"the outputs are high {why}"


# ---- what outside programs parse ----

@PROGRAM
def test_login(robot):
    answer = robot.login("operator")
    assert answer.status == 200
    assert {"access_token", "refresh_token", "token_type", "expires_in"} <= answer.json.keys()
    assert answer.json["token_type"] == "Bearer" and answer.json["expires_in"] > 0


@PROGRAM
def test_nothing_without_a_token(robot):
    for path in ("robot", "modules", "safety", "modules/2/registers"):
        answer = robot.get(path, role=None)
        assert answer.status == 401 and answer.code
    assert robot.post("safety/stop", role=None).status == 401
    assert robot.get("health", role=None).status == 200


@PROGRAM
def test_formats(robot):
    robot.wait_modules_good()
    shown = robot.get("robot").json
    assert {"state", "mode", "control", "position_mm", "speed_mm_s", "battery_percent", "safety",
            "age_ms"} <= shown.keys()
    items = robot.get("modules").json["items"]
    assert [item["address"] for item in items] == [2, 3, 4, 5]
    for item in items:
        assert {"address", "name", "type", "profile", "health", "age_ms"} <= item.keys()
    safety = robot.safety()
    assert {"state", "causes", "channels", "outputs", "feedback"} <= safety.keys()
    assert safety["state"] in ("stopped", "ready", "enabled")
    assert safety["channels"].keys() == {"a", "b"} and safety["outputs"].keys() == {"enable1", "enable2"}
    for cause in safety["causes"]:
        assert {"code", "text", "since"} <= cause.keys()


@PROGRAM
def test_registers_are_those_of_the_module(robot):
    robot.wait_modules_good()
    decimal, hexadecimal = robot.get("modules/2/registers").json, robot.get("modules/0x02/registers").json
    assert decimal["address"] == hexadecimal["address"] == 2
    charge = {item["name"]: item for item in decimal["items"]}["battery_soc"]
    assert 0 <= charge["value"] <= 100 and charge["unit"] == "%"


@PROGRAM
def test_discover(robot):
    robot.wait_modules_good()
    answer = robot.post("modules/discover", role="operator")
    assert answer.status == 200, answer
    assert [item["address"] for item in answer.json["items"]] == [2, 3, 4, 5]
    print(f"discovery: {answer.json['duration_ms']} ms")


@PROGRAM
def test_daemon_is_not_root(robot):
    ids = robot.guest.check(f"awk '/^Uid/ {{ print $2, $3, $4, $5 }}' /proc/{robot.daemon_pid()}/status")
    assert ids == "990 990 990 990"


# ---- the stop ----

@PROGRAM
def test_who_may_do_what(robot):
    robot.wait_modules_good()
    assert robot.post("safety/stop", role="viewer").status == 403
    assert robot.post("safety/stop", role="operator").status == 200
    robot.wait_resettable()
    assert robot.post("safety/reset", role="operator").status == 403
    assert robot.post("safety/enable", role="operator").status == 409, "not before the reset"
    assert robot.post("safety/reset", role="supervisor").status == 200
    assert robot.safety()["state"] == "ready"
    assert not any(robot.pins.levels(ENABLES)), "a reset alone must not enable"
    assert robot.post("safety/enable", role="viewer").status == 403
    assert robot.post("safety/enable", role="operator").status == 200
    assert robot.pins.wait_enables(1)
    assert robot.safety()["outputs"] == {"enable1": True, "enable2": True}


@PROGRAM
def test_api_stop(robot):
    robot.arm()
    answer = robot.post("safety/stop", role="operator")
    assert answer.status == 200 and answer.json["state"] == "stopped"
    # Success means that it happened: low already, not soon.
    assert not any(robot.pins.levels(ENABLES))
    assert robot.post("safety/stop", role="operator").status == 200
    until(lambda: "software" in robot.causes(), what="the cause")


@PROGRAM
def test_self_test(robot):
    robot.arm()
    assert robot.post("safety/self-test", role="operator").status == 403
    refused = robot.post("safety/self-test", role="supervisor")
    assert (refused.status, refused.json["code"]) == (409, "not_stopped")
    robot.post("safety/stop", role="operator")
    answer = robot.post("safety/self-test", role="supervisor")
    assert answer.status == 200, answer
    assert answer.json["self_test"]["passed"] and answer.json["self_test"]["failed"] == []
    assert answer.json["self_test"]["age_s"] < 60 and answer.json["self_test"]["at"]


def test_button(robot):
    robot.arm()
    took_ns = robot.pins.press_to_low_ns()
    assert took_ns is not None
    until(lambda: robot.causes() & {"button_a", "button_b"}, what="the button as a cause")
    assert robot.safety()["channels"] == {"a": "open", "b": "open"}
    assert robot.safety()["proof_test_age_s"] < 60
    assert robot.safety()["cpus_watched"] is True
    until(lambda: robot.safety()["why_not_reset"], what="the button in the way of a reset")
    assert robot.post("safety/reset", role="supervisor").status == 409
    assert robot.get("robot").json["safety"] == "stopped"
    counts = [robot.pins.count(pin) for pin in ENABLES]
    robot.pins.release()
    robot.wait_resettable()
    assert robot.safety()["state"] == "stopped", "closing the button changes nothing"
    assert [robot.pins.count(pin) for pin in ENABLES] == counts


# ---- the daemon ends ----

def assert_does_not_go_on(robot, *states):
    """Back, with its users, and nothing moves by itself."""
    robot.wait_ready()
    robot.wait_modules_good()
    assert robot.safety()["state"] in states
    assert not any(robot.pins.levels(ENABLES))
    assert robot.login("supervisor").status == 200, "users must survive"


def end_daemon(robot, signal):
    old = robot.daemon_pid()
    robot.guest.check(f"rm -f /run/oht/ready; kill -{signal} {old}")
    until(lambda: robot.daemon_pid() not in (None, old), 60, "a new ohtd")


def test_kill_9(robot, watch):
    robot.arm()
    end_daemon(robot, "KILL")
    assert_low(robot, "after kill -9")
    # Closing the descriptor stops at once. With KASAN the memory of the dead takes longer to free than the deadman
    # waits, and a kernel closes files only after that.
    causes = ("close", "deadman") if robot.kernel == "debug" else ("close",)
    assert end_of_enabled(watch)["cause"] in causes
    assert_does_not_go_on(robot, "stopped")


# ---- the journal ----

def kept(robot):
    """The entries of the present device that are kept, the oldest first."""
    items, cursor = [], ""
    while cursor is not None:
        page = robot.get("safety/events?limit=200" + (f"&cursor={cursor}" if cursor else "")).json
        items, cursor = items + page["items"], page["next_cursor"]
    return [item for item in reversed(items) if item["source"] == items[0]["source"]]


def wait_kept(robot):
    """The same, when all of the kernel's are."""
    def all_kept():
        items = kept(robot)
        return items if items[-1]["seq"] + max(items[-1]["missing"], 1) - 1 == newest(robot) else None

    def newest(robot):
        return robot.ohtctl("safety status")[1]["journal_seq"]

    return until(all_kept, what="every entry being kept")


def stop_and_reset(robot, times):
    for _ in range(times):
        assert robot.post("safety/stop", role="operator").status == 200
        robot.wait_resettable()
        assert robot.post("safety/reset", role="supervisor").status == 200


# A thousand stops with kills in between are in the unit tests, on a fake ring; with OHT_SOAK=1 these are 200 with 40 kills.
@PROGRAM
@pytest.mark.limit_s(300 + 90 * KILLS)
def test_journal_over_kill_9(robot, watch):
    robot.arm()
    for _ in range(KILLS):
        stop_and_reset(robot, 3)
        end_daemon(robot, "KILL")
        robot.wait_ready()
        robot.wait_resettable()
        stop_and_reset(robot, 2)
    items = wait_kept(robot)
    seen = {event["journal_seq"]: event for event in watch()}
    # Every number is there once, in order, also what was made while there was no ohtd.
    assert [item["seq"] for item in items] == list(range(1, len(items) + 1))
    assert not [item for item in items if item["missing"]]
    # An entry says what another reader of the kernel has read.
    for seq, event in seen.items():
        item = items[seq - 1]
        assert (item["kind"], item["from"], item["to"], item["monotonic_ns"]) == (
            event["event"], event["from"], event["to"], event["event_ns"])
        assert (item["cause"] or {"code": "none"})["code"] == event["cause"]
        assert item["edge_to_low_ns"] == (event["low_ns"] - event["event_ns"] if event["low_ns"] else None)
    stops = [i for i in items if i["kind"] == "stop" and i["cause"]["code"] == "software" and i["seq"] in seen]
    assert len(stops) >= 5 * KILLS
    assert {(i["actor"] or {}).get("name") for i in stops} == {"operator"}
    resets = [i for i in items if i["kind"] == "reset" and i["seq"] in seen]
    assert "supervisor" in {i["actor"].get("name") for i in resets}
    assert [i["cause"]["code"] for i in items if i["kind"] == "stop" and i["seq"] > min(seen)].count("close") == KILLS


@PROGRAM
def test_health_and_latency(robot):
    robot.arm()
    assert robot.post("safety/stop", role="operator").status == 200
    items = wait_kept(robot)
    journal = robot.get("health", role=None).json["journal"]
    assert (journal["state"], journal["waiting_ms"]) == ("recording", None)
    assert journal["newest_seq"] == items[-1]["seq"]
    low_ns = max(item["edge_to_low_ns"] or 0 for item in items)
    latency = robot.get("safety/latency").json["estop_to_low"]
    assert latency["count"] >= 1 and low_ns <= latency["max_ns"]
    assert latency["p50_ns"] <= latency["p90_ns"] <= latency["p99_ns"] <= latency["p999_ns"] <= latency["max_ns"]
    code, said = robot.ohtctl("safety latency")
    assert code == 0 and said == latency


def telegrams(robot):
    code, said = robot.ohtctl("safety telegrams")
    assert code == 0, said
    return said


def at_the_drive(robot, register):
    """What is in a register of the drive at the far end."""
    return int(re.search(r" raw=(\d+)", robot.wire.command(f"get 4 {register}"))[1])


def drive_is_on(robot, value=1):
    """Both drive enables at the far end have this value."""
    return all(at_the_drive(robot, name) == value for name in ("motor1_enable", "motor2_enable"))


def test_press_stops_the_drive_of_a_dead_daemon(robot):
    """Killed and not started again: the press goes to the drive all the same, by the kernel's hand."""
    robot.wait_modules_good()
    until(lambda: telegrams(robot)["set"] == 2, what="the stop telegrams being left with the kernel")
    robot.stop_daemon("KILL")
    try:
        until(lambda: not telegrams(robot)["running"], what="the telegrams for the closed descriptor")
        before = telegrams(robot)
        assert before["set"] == 2 and before["runs"] > 0
        assert robot.guest.run("ohtctl write 4 1 1 && ohtctl write 4 0x11 1")[0] == 0 and drive_is_on(robot)
        robot.pins.press()
        until(lambda: drive_is_on(robot, 0), what="the stop at the drive")
        until(lambda: not telegrams(robot)["running"], what="the last of the telegrams")
        after = telegrams(robot)
        assert after["runs"] > before["runs"]
        for result in after["results"]:
            assert result["unit"] == 4 and result["function"] == 6 and result["attempts"] >= 3
            assert result["outcome"] == "ok"
            assert after["asked_ns"] < result["sent_ns"] < result["answered_ns"]
    finally:
        robot.guest.check("rm -f /run/vsbc/daemon.off")
        robot.pins.release()
        robot.wait_ready()


@PROGRAM
def test_drive_that_does_not_acknowledge(robot, watch):
    """The press is what stops; the telegrams go out as often as ever, and are told as not answered."""
    robot.arm()
    until(lambda: telegrams(robot)["set"] == 2 and not telegrams(robot)["running"], what="the telegrams being set")
    before = telegrams(robot)["runs"]
    robot.wire.command("fault 4 silence")
    assert robot.pins.press_to_low_ns() is not None
    assert end_of_enabled(watch)["cause"] in ("button_a", "button_b")
    until(lambda: telegrams(robot)["runs"] > before and not telegrams(robot)["running"], what="the last of the telegrams")
    for result in telegrams(robot)["results"]:
        assert result["unit"] == 4 and result["attempts"] >= 3
        assert result["outcome"] != "ok" and not result["answered_ns"]
    # Nothing else comes of it: it is reset as ever, once the drive answers.
    robot.wire.command("clear 4")
    robot.arm()


@pytest.fixture
def small_disk(robot):
    """Where the daemon keeps everything there are 16 MiB; all is as before afterwards."""
    robot.stop_daemon()
    robot.guest.check("mount -t tmpfs -o size=16m,mode=700,uid=990,gid=990 tmpfs /var/lib/oht")
    robot.start_daemon()
    yield "/var/lib/oht"
    robot.stop_daemon()
    robot.guest.check("umount /var/lib/oht")
    robot.start_daemon(with_accounts=False)


def journal_state(robot):
    return robot.get("health", role=None).json["journal"]["state"]


@PROGRAM
def test_disk_full(robot, small_disk):
    """Not a byte left where the journal is kept: both ways to stop are what they were, and the entries wait."""
    for role in ("viewer", "operator", "supervisor"):
        robot.token(role)       # a login is kept on the disk
    robot.arm()
    robot.guest.run(f"dd if=/dev/zero of={small_disk}/filler bs=4k 2>/dev/null")
    assert robot.guest.check(f"df -P {small_disk} | awk 'NR == 2 {{ print $4 }}'") == "0"
    assert robot.safety()["state"] == "enabled" and all(robot.pins.levels(ENABLES)), "no reason to stop"
    assert robot.pins.press_to_low_ns() is not None
    until(lambda: robot.causes() & {"button_a", "button_b"}, what="the button as a cause")
    until(lambda: journal_state(robot) != "recording", what="health saying so")
    robot.arm()
    answer = robot.post("safety/stop", role="operator")
    assert answer.status == 200 and not any(robot.pins.levels(ENABLES))
    robot.guest.check(f"rm {small_disk}/filler")
    until(lambda: journal_state(robot) == "recording", what="room again")
    items = wait_kept(robot)
    assert [item["seq"] for item in items] == list(range(items[0]["seq"], items[-1]["seq"] + 1))
    stops = [item["cause"]["code"] for item in items if item["kind"] == "stop" and item["from"] == "enabled"]
    assert stops[-2:] in (["button_a", "software"], ["button_b", "software"])


def test_orderly_end(robot, watch):
    robot.arm()
    end_daemon(robot, "TERM")
    assert_low(robot, "after SIGTERM")
    assert end_of_enabled(watch)["outputs"] == {"enable1": False, "enable2": False}
    until(lambda: [e for e in watch() if e["cause"] == "farewell"], what="the farewell")
    # In order there is nothing to acknowledge: it may be ready, but somebody has to enable (docs/operations.md, The end).
    assert_does_not_go_on(robot, "stopped", "ready")


def actual_speed(robot):
    return at_the_drive(robot, "motor1_actual_speed")


@PROGRAM
def test_orderly_end_while_it_moves(robot, watch):
    """The drives are on and turn: the end cuts the outputs and takes the drives' power over the bus too."""
    leave_dock(robot)
    code, said = robot.guest.run("ohtctl --force write 4 1 1")
    assert code == 1 and "not the controller" in said, said
    begin(robot, "move", position_mm=20000)
    until(lambda: actual_speed(robot) > 64, what="the drive turning")
    assert robot.safety()["state"] == "enabled", robot.causes()
    assert all(robot.pins.levels(ENABLES))
    end_daemon(robot, "TERM")
    assert_low(robot, "after SIGTERM")
    assert end_of_enabled(watch)["outputs"] == {"enable1": False, "enable2": False}
    until(lambda: drive_is_on(robot, 0) and not actual_speed(robot), what="the drives standing without power")
    assert_does_not_go_on(robot, "stopped", "ready")
    robot.arm()
    assert drive_is_on(robot, 0) and not actual_speed(robot), "it goes on where it was"


def test_frozen_daemon(robot, watch):
    """SIGSTOP: nobody closes anything, only the heartbeat is missing."""
    robot.arm()
    pid = robot.daemon_pid()
    frozen_ns = int(robot.guest.check(f"cut -d' ' -f1 /proc/uptime; kill -STOP {pid}").replace(".", "")) * 10**7
    assert_low(robot, "although the heartbeat is missing")
    event = end_of_enabled(watch)
    robot.guest.check(f"kill -CONT {pid}")
    assert event["cause"] == "deadman"
    after_ns = event["event_ns"] - frozen_ns
    print(f"frozen -> low {after_ns / 1e6:.0f} ms later")
    # The last heartbeat came up to one cycle (25 ms) before, /proc/uptime counts hundredths, and the daemon was frozen somewhat
    # later than it was read. The other bound is in tests/guest/estop_test.c, where no host holds anything up.
    assert after_ns >= (ROBOT_DEADMAN_MS - 200) * 1_000_000
    # The loop may answer before the control thread has had its first cycle: then with what it knew before.
    until(lambda: robot.safety()["state"] == "stopped", what="ohtd seeing that it is stopped")
    assert not any(robot.pins.levels(ENABLES))


# ---- the plan ----

def plan_of(robot):
    return json.loads(robot.guest.check("ohtctl --json plan"))


def units_of(plan):
    return {entry["unit"] for entry in plan["entries"]}


def reads_of(plan):
    return [entry for entry in plan["entries"] if entry["function"] == 3]


def is_newer(plan, than_ns):
    return all(entry["timestamp_ns"] > than_ns and entry["status"] == "ok" for entry in reads_of(plan))


@PROGRAM
def test_plan_is_in_production(robot):
    """What ohtd shows comes from the kernel's image; a module that is silent leaves the plan until it is back."""
    robot.arm()
    until(lambda: units_of(plan_of(robot)) == {2, 3, 4, 5}, what="all modules in the plan")
    first = plan_of(robot)
    assert first["running"] and first["cycle_us"] == 25000 and first["figures"]["worst_permille"] <= 950
    assert {entry["period_cycles"] for entry in first["entries"] if entry["unit"] == 3} == {2}, "two blocks in turn"
    # None of its entries was lost, so that the kernel has stopped nothing.
    assert not first["losses"]
    # Another plan may come in force: beside a drive that stands, the set-points give way where cycles are missed.
    read = max(entry["tried_ns"] for entry in reads_of(first))
    newer = until(lambda: plan if is_newer(plan := plan_of(robot), read) else None, what="a newer value of every entry")
    assert newer["missed"] - first["missed"] < newer["cycles"] - first["cycles"]
    # Whatever has been written to a drive that nobody moves is zero.
    assert all(set(entry["words"]) <= {0} for plan in (first, newer) for entry in plan["entries"] if entry["function"] == 6)
    robot.wire.command("fault 5 silence")
    until(lambda: units_of(plan_of(robot)) == {2, 3, 4}, what="the dock out of the plan")
    robot.wire.command("clear")
    until(lambda: units_of(plan_of(robot)) == {2, 3, 4, 5}, what="the dock in the plan again")
    assert robot.safety()["state"] == "enabled", "a dock that is lost at standstill is only told"


# ---- modules get lost ----

@PROGRAM
def test_cable_cut(robot):
    robot.arm()
    robot.wire.cut()
    assert_low(robot, "with the cable cut")
    until(lambda: set(robot.health_of_modules().values()) == {"lost"}, 120, "all modules lost")
    assert robot.causes() & {"bus_loss", "software", "module_lost"}
    assert robot.get("health", role=None).json["status"] == "degraded"
    robot.wire.mend()
    robot.wait_modules_good()
    assert robot.get("health", role=None).json["status"] == "ok"
    assert robot.safety()["state"] == "stopped", "nothing starts by itself"
    robot.arm()


@PROGRAM
def test_silent_module(robot):
    """The safety module is silent: a stop; the others go on; it comes back."""
    robot.arm()
    robot.wire.command("fault 3 silence")
    assert_low(robot, "without the safety module")
    until(lambda: robot.health_of_modules()[3] == "lost", what="the loss being shown")
    assert [robot.health_of_modules()[unit] for unit in (2, 4, 5)] == ["good"] * 3
    robot.wire.command("clear 3")
    robot.wait_modules_good()
    robot.arm()


# ---- the driver goes ----

def test_rmmod_while_driven_is_refused(robot):
    robot.arm()
    assert robot.guest.run("rmmod oht")[0] != 0
    assert robot.safety()["state"] == "enabled" and all(robot.pins.levels(ENABLES))


def test_unbind_and_bind_under_the_daemon(robot, watch):
    robot.arm()
    pid = robot.daemon_pid()
    source = wait_kept(robot)[-1]["source"]
    robot.guest.check(f"echo {DEVICE} >{DRIVER}/unbind")
    assert_low(robot, "without a driver")
    assert end_of_enabled(watch)["cause"] == "unbind"
    until(lambda: not robot.get("health", role=None).json["bus"]["present"], what="health saying so")
    robot.guest.check(f"echo {DEVICE} >{DRIVER}/bind && chown root:oht /dev/oht0 && chmod 660 /dev/oht0")
    robot.wait_modules_good()
    assert robot.daemon_pid() == pid, "the daemon must outlive its device"
    assert robot.safety()["state"] == "stopped"
    robot.arm()
    # A new journal from 1 on; the old one has its last entry, that of the unbinding.
    items = wait_kept(robot)
    assert items[0]["seq"] == 1 and items[0]["source"] > source
    assert [i for i in robot.get("safety/events?cause=unbind").json["items"] if i["source"] == source]
