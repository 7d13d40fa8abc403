# SPDX-License-Identifier: GPL-2.0-or-later
"""The bus: over the emulated UART, how long discovery takes; over a wire in software, what is exact."""
import _cycle
import _observed
import _virtual
from _board import ALL_UNITS, STATE, Board, Robot, fresh, make_accounts, share

DISCOVERIES = 20
READS = 1000
UNITS = [2, 3, 4, 5]


def run(bench):
    """All figures of the group."""
    _virtual.run(bench)
    _observed.run(bench)
    _cycle.run(bench)
    _discovery(bench)
    _reads(bench)


def _discovery(bench):
    """What ohtd says of POST modules/discover, while it polls as ever."""
    took_ms = []
    with Robot(fresh(STATE / "discovery"), "stock", make_accounts(fresh(STATE / "accounts"))) as robot:
        robot.wait_modules_good()
        for _ in range(DISCOVERIES):
            answer = robot.post("modules/discover", role="operator")
            assert answer.status == 200 and [m["address"] for m in answer.json["items"]] == UNITS, answer
            took_ms.append(answer.json["duration_ms"])
    bench.record("bus.discovery_ms", share(took_ms, 500), "ms", "qemu", ("<", 500), DISCOVERIES,
                 f"median; best {min(took_ms)}, worst {max(took_ms)}")


def _reads(bench):
    """By the kernel module alone, 8 registers each, modules in turn; the simulator answers after 1.75 ms or later."""
    with Board(fresh(STATE / "reads"), "stock") as board:
        result = board.bus_test(f"-c {READS} {ALL_UNITS}", 300)
    bench.record("bus.reads_failed", result["errors"], "", "qemu", ("==", 0), result["reads"], "no second attempts")
    bench.record("bus.reads_per_s", round(result["reads"] * 1e9 / result["elapsed_ns"], 1), "1/s", "qemu", None,
                 result["reads"], "wall clock of an emulator: no figure of the engine's timing")
