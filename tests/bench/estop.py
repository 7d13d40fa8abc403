# SPDX-License-Identifier: GPL-2.0-or-later
"""The emergency stop: edges inside the guest in instruction time, presses and API stops from outside by wall clock."""
import concurrent.futures
import contextlib
import os
import random
import subprocess
import time

from _board import (ALL_UNITS, ARM_ATTEMPTS, ENABLES, PROGRAMS, STATE, TOP, Board, Controller, Robot, arm, build_dtb, fresh,
                    host_lateness, make_accounts, prefer, prefer_at_once, share, stolen_percent, tap_results, tap_values)
from _native import api_call
from _wire import ICOUNT, LONG_OFF_US, scaled

PRESSES = scaled(10000, 1000000)
DISTURBED_PRESSES = scaled(3000, 100000)
RACES = 10000
WALL_PRESSES = 10000
API_STOPS = 1000
CLIENTS = 100
ALONE_S = 10
# Longer than those stops take.
CLIENTS_S = 600
TELEGRAM_STOPS = 1000
# Host time of a press is 10 ms, with the disturber 30; more on a busy machine.
TIMEOUT_PER_PRESS_S = 0.1
# A little nicer than the controller, so that it enables again soon; the CPUs are never idle all the same.
CPU_HOGS = "for i in 1 2; do nice -n 5 sh -c 'while :; do :; done' </dev/null >/dev/null 2>&1 & done"
# Beside each other: in virtual time they do not feel it.
BOARDS = min(os.cpu_count(), 4)
SEED = int(os.environ.get("OHT_SEED") or 1)


def run(bench):
    """All figures of the group; OHT_SEED chooses the moments of the presses."""
    _inside(bench)
    _disturbed(bench)
    _race(bench)
    _telegrams(bench)
    _outside(bench)
    accounts = make_accounts(fresh(STATE / "accounts"))
    _api(bench, accounts)
    _api_beside_clients(bench, accounts)
    api_call(bench)


def _presses(board, presses, seed):
    """latency_test's values; a press that was missed is a failure of it."""
    _, said = board.program(f"latency_test --presses {presses} --seed {seed}", 600 + presses * TIMEOUT_PER_PRESS_S)
    passed, bad = tap_results(said)
    assert passed and not bad, bad
    return tap_values(said)


def _shared(name, presses, prepare, *overlays):
    """Presses shared by several boards: their counts added up, of each time the worst board's, which that of all
    presses does not exceed.
    """
    dtb, seeds = build_dtb(*overlays), range(SEED * BOARDS, (SEED + 1) * BOARDS)
    # The boards end first, also after Ctrl-C, and then nobody waits for their presses any more.
    with concurrent.futures.ThreadPoolExecutor(BOARDS) as threads, contextlib.ExitStack() as stack:
        boards = [stack.enter_context(Board(STATE / f"{name}-{seed}", "stock", far=None, icount=ICOUNT, dtb=dtb))
                  for seed in seeds]
        for board, seed in zip(boards, seeds):
            board.guest.check(prepare.format(seed=seed))
        found = list(threads.map(_presses, boards, [-(-presses // BOARDS)] * BOARDS, seeds))
    return {key: (max if key.endswith("_ns") else sum)(values[key] for values in found) for key in found[0]}


def _of(found):
    return f"{BOARDS} boards, times of the worst, {found['estop.presses_missed']} missed in all, seed {SEED}"


def _judged(bench, name, found, presses, bar=None):
    """A press is not judged where the emulator turned to the other CPU in the middle of it: counted (D111)."""
    bench.record(f"estop.{name}_not_judged", found["estop.presses_not_judged"], "", "icount", bar, presses, _of(found))


def _disturbed(bench):
    """The same while interrupts are off at random on both CPUs, and another pin of the button's bank storms."""
    found = _shared("disturbed", DISTURBED_PRESSES,
                    "modprobe oht_sim && modprobe oht_stim && modprobe oht_disturb hogs=0 seed={seed}",
                    "sim", "quick-reset")
    bench.record("estop.edge_to_low_disturbed_max_ns", found["estop.edge_to_low_max_ns"], "ns", "icount",
                 ("<=", (LONG_OFF_US + 50) * 1000), DISTURBED_PRESSES,
                 f"interrupts off for up to {LONG_OFF_US} us, storm on another pin of the bank; "
                 f"median {found['estop.edge_to_low_p50_ns']}, p99 {found['estop.edge_to_low_p99_ns']}, {_of(found)}")
    _judged(bench, "edge_to_low_disturbed", found, DISTURBED_PRESSES)


def _inside(bench):
    """True edges by oht_stim from the CPU that does not handle them; guest time counts instructions."""
    found = _shared("icount", PRESSES, "modprobe oht_stim", "quick-reset")
    note = f"idle, {_of(found)}"
    _judged(bench, "edge_to_low", found, PRESSES, ("<=", PRESSES // 1000))
    bench.record("estop.edge_to_low_p99_ns", found["estop.edge_to_low_p99_ns"], "ns", "icount", ("<=", 10000),
                 PRESSES, note)
    bench.record("estop.edge_to_low_max_ns", found["estop.edge_to_low_max_ns"], "ns", "icount", ("<=", 50000),
                 PRESSES, note)
    bench.record("estop.irq_path_max_ns", found["estop.irq_path_max_ns"], "ns", "icount", ("<=", 5000),
                 PRESSES, note)


def _race(bench):
    """Enables on one CPU against presses on the other, both running in parallel."""
    with Board(STATE / "race", "stock", far=None, dtb=build_dtb("quick-reset")) as board:
        board.guest.check("modprobe oht_stim")
        _, said = board.program(f"latency_test --presses 1 --race {RACES} --seed {SEED}", 900)
    passed, bad = tap_results(said)
    assert passed and not bad, bad
    bench.record("estop.race_stayed_high", tap_values(said)["estop.race_stayed_high"], "", "qemu", ("==", 0), RACES,
                 f"enables racing a press, seed {SEED}")


def _telegrams(bench):
    """Stops at random moments of a full bus on the wire in software; from the call to last stop bits."""
    with Board(STATE / "telegrams", "stock", far=None, icount=ICOUNT, dtb=build_dtb("sim")) as board:
        board.guest.check("modprobe oht_sim")
        _, said = board.program(f"telegram_test {TELEGRAM_STOPS} {SEED}", 900)
    passed, bad = tap_results(said)
    assert passed and not bad, bad
    found = tap_values(said)
    note = f"reads of 8 registers back to back, turnaround 1.75 ms, two telegrams, seed {SEED}; computed 6.20 and 8.64"
    for name, bar in (("first", ("<=", 10)), ("answer", ("<=", 10)), ("list", ("<=", 15))):
        bench.record(f"estop.telegram_{name}_max_ms", found[f"estop.telegram_{name}_max_ns"] / 1e6, "ms", "icount",
                     bar, TELEGRAM_STOPS, note)


def _press(board, controller, moments):
    """One press at a random moment after enabling; returns the time to low in ns, None if it stayed high."""
    # On a busy host the edge of the last release may come after the enable, which it ends: then once more.
    for _ in range(ARM_ATTEMPTS):
        assert board.pins.wait_enables(1, 20), "not enabled again"
        time.sleep(moments.uniform(0, 0.02))
        if all(board.pins.levels(ENABLES)):
            break
    took_ns = board.pins.press_to_low_ns(moments.choice(["a", "b", None]), timeout=5)
    board.pins.press()      # both open, so that no discrepancy stays
    controller.wait_status(lambda s: s["inputs"] == 0, "both channels seen open")
    board.pins.release()
    return took_ns


def _outside(bench):
    """Presses through the emulator's own interface, with bus traffic and a CPU hog per core in the guest."""
    moments = random.Random(SEED)
    with Board(STATE / "wall", "stock", dtb=build_dtb("quick-reset")) as board:
        controller = Controller(board)
        board.guest.check(f"{PROGRAMS}/bus_test -c 0 {ALL_UNITS} </dev/null >/dev/null 2>&1 &")
        board.guest.check(CPU_HOGS)
        preferred = prefer(board)
        controller.ask("auto 1")
        took_ns = []
        with host_lateness() as host:
            for number in range(WALL_PRESSES):
                took_ns.append(_press(board, controller, moments))
                if number % 20 == 19:
                    controller.events()
        stops = [e for e in controller.events() if e["to"] == "stopped" and e["from"] != "stopped" and e["tag"] >= 1]
    # From enabled; or from ready, when the press came while the outputs rose and the last look at the inputs found it.
    by_button = {e["tag"] for e in stops if e["cause"] in ("button_a", "button_b")}
    missed = WALL_PRESSES - min(len(by_button), sum(t is not None for t in took_ns))
    seen_ms = [t / 1e6 for t in took_ns if t is not None]
    note = (f"bus traffic and two CPU hogs in the guest, seed {SEED}, {preferred}; beside it the host woke who sleeps "
            f"{host['p999_ms']} ms late (p99.9), at most {host['max_ms']}")
    bench.record("estop.press_wall_p99_ms", share(seen_ms, 990), "ms", "qemu", ("<=", 10), WALL_PRESSES, note)
    bench.record("estop.press_wall_p999_ms", share(seen_ms, 999), "ms", "qemu", ("<=", 10), WALL_PRESSES, note)
    bench.record("estop.press_wall_max_ms", max(seen_ms), "ms", "qemu", None, WALL_PRESSES, note)
    bench.record("estop.presses_missed", missed, "", "qemu", ("==", 0), WALL_PRESSES,
                 "no own record with the button as cause, or not low")


def _stops(robot, stops):
    """POST safety/stop on a kept connection, until both outputs are seen low outside: (ms each, us of each call)."""
    took_ms, called_us = [], []
    for _ in range(stops):
        arm(robot)
        before_ns = time.monotonic_ns()
        answer = robot.post("safety/stop", role="operator")
        assert answer.status == 200 and robot.pins.wait_enables(0, 5), answer
        low_ns = max(robot.pins.last(pin).mono_ns for pin in ENABLES)
        took_ms.append((low_ns - before_ns) / 1e6)
        called_us.append(answer.json["call_us"])
    return took_ms, called_us


def _record_stops(bench, name, took, note, valid=True):
    took_ms, called_us = took
    note = (f"{note}; client to outputs through the emulator's network; median {share(took_ms, 500):.2f} ms, of that "
            f"the call in ohtd {share(called_us, 500)} us")
    p99_ms = share(took_ms, 990)
    bench.record(f"estop.{name}_p99_ms", p99_ms if valid else None, "ms", "qemu", ("<=", 10), len(took_ms),
                 note if valid else f"under too little load, where it was {p99_ms:.1f}: {note}")
    bench.record(f"estop.{name}_max_ms", max(took_ms), "ms", "qemu", None, len(took_ms), note)


def _api(bench, accounts):
    """Load as for the presses."""
    with Robot(STATE / "api", "stock", accounts, dtb=build_dtb("quick-reset")) as robot:
        preferred = prefer(robot)
        robot.guest.check(CPU_HOGS)
        arm(robot)
        _record_stops(bench, "api_stop", _stops(robot, API_STOPS),
                      f"cyclic traffic and two CPU hogs in the guest; {preferred}")


def _api_beside_clients(bench, accounts):
    """Other clients instead of the hogs, at half the rate that the guest serves alone."""
    with Robot(STATE / "api", "stock", accounts, dtb=build_dtb("quick-reset")) as robot:
        prefer(robot)
        alone_per_s = _clients_alone(robot)
        with prefer_at_once(robot) as preferred, _clients(robot, CLIENTS_S, alone_per_s / 2) as clients, \
             stolen_percent() as stolen:
            took = _stops(robot, API_STOPS)
            assert clients.poll() is None, "the clients ended before the stops did"
            clients.terminate()
            reached_per_s = float(clients.communicate()[0])
    # Without the load that it is about the figure would be another one.
    _record_stops(bench, "api_stop_with_clients", took,
                  f"{CLIENTS} TLS connections that ask for health {reached_per_s:.0f} times a second, of {alone_per_s:.0f} "
                  f"that they get alone; {preferred}, of whose CPUs a hypervisor took {stolen['percent']:.1f} %",
                  valid=reached_per_s >= 0.95 * alone_per_s / 2)


@contextlib.contextmanager
def _clients(robot, seconds, *per_s):
    """As many connections as CLIENTS, all of them open; see _clients.py."""
    command = ["/usr/bin/python3", "-P", TOP / "tests/bench/_clients.py", str(robot.port), str(CLIENTS), str(seconds),
               *map(str, per_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "open\n", "not all connections could be opened"
            yield process
        finally:
            process.terminate()


def _clients_alone(robot):
    """Requests per second that they get when each asks again at once."""
    with _clients(robot, ALONE_S) as clients:
        return float(clients.communicate()[0])
