# SPDX-License-Identifier: GPL-2.0-or-later
"""What it costs that the engine can be watched: the module as it is shipped, tracepoints off, against one that was built
without tracepoints, meter and histograms. Both carry out the default plan, beside an idle loop on the same CPU.
"""
import os
import pathlib
import subprocess

from _board import STATE, TOP, share, tap_values
from _wire import SHIFT, wire_board

IDLE_S = 4
SERIES = 3
BOARDS = 3
PLAN = "/usr/share/oht/plan.csv"
SENT = "/sys/class/oht/oht0/statistics/frames_sent"
COST_MAX_PERCENT = 5


def run(bench):
    """One figure each, and their difference."""
    built = {"with": _build(), "without": _build(OHT_UNOBSERVED="1")}
    exchanges = {name: [] for name in built}
    # Two boards of the same module differ by as much as 7 %, from one start to the next: in turns, and several.
    for _ in range(BOARDS):
        for name, module in built.items():
            exchanges[name].append(_exchange_ns(module))
    observed, bare = (share(exchanges[name], 500) for name in ("with", "without"))
    spread = ", ".join(f"{name} {min(ns) / 1000:.1f} to {max(ns) / 1000:.1f}" for name, ns in exchanges.items())
    said = (f"shift {SHIFT}, default plan, time of CPU 0 for each exchange, median of {BOARDS} boards of {SERIES} series of {IDLE_S} s "
            f"({spread} us)")
    bench.record("bus.exchange_cpu_us", round(observed / 1000, 2), "us", "virtual", None, BOARDS, said)
    bench.record("bus.observed_percent", round(100 * (observed - bare) / observed, 2), "%", "virtual",
                 ("<=", COST_MAX_PERCENT), BOARDS, f"{said}: {observed / 1000:.2f} us with tracepoints that are off, meter and "
                 f"histograms, {bare / 1000:.2f} us without; plain counters are in both")


def _build(**env):
    """oht.ko, built that way, without what a debugger wants."""
    done = subprocess.run([TOP / "scripts/build-module", "stock"], env=os.environ | env, check=True, capture_output=True, text=True)
    built = pathlib.Path(done.stdout.strip().splitlines()[-1]) / "oht.ko"
    STATE.mkdir(parents=True, exist_ok=True)
    small = STATE / f"{built.parts[-3]}.ko"
    subprocess.run(["aarch64-linux-gnu-strip", "--strip-debug", "-o", small, built], check=True)
    return small


def _idle(board):
    """(rounds of the idle loop, time that the wire in software took meanwhile, requests that were sent meanwhile)."""
    before = int(board.guest.check(f"cat {SENT}"))
    _, said = board.program(f"bus_load -i {IDLE_S}", 300)
    found = tap_values(said)
    return found["idle.rounds"], found["idle.wire_ns"], int(board.guest.check(f"cat {SENT}")) - before


def _exchange_ns(module):
    """What one exchange takes of the CPU on which all of it happens; the wire's own work is not in that."""
    with wire_board(own=module, module=False) as board:
        without = share([_idle(board)[0] for _ in range(SERIES)], 500)
        # The timers of plan and engine stay on the CPU that begins them.
        board.guest.check(f"taskset 1 ohtctl plan load {PLAN}")
        taken = []
        for _ in range(SERIES):
            rounds, wire_ns, sent = _idle(board)
            taken.append((IDLE_S * 1e9 * (without - rounds) / without - wire_ns) / sent)
    return share(taken, 500)
