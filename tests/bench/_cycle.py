# SPDX-License-Identifier: GPL-2.0-or-later
"""The cyclic plan on the wire in software: does every cycle begin, when, and who can disturb that."""
import csv

from _board import TOP, tap_results, tap_values
from _wire import SOAK, note, scaled, show, us, wire_board

GRID_MS = 25
PER_HOUR = 3600 * 1000 // GRID_MS
JITTER_MAX_US = 20
CHANGE_MAX_PERCENT = 5
# Each look at the image costs as much as a cycle.
LOOK_EVERY = 8
# Host time of a cycle, far more than it takes on a machine that has nothing else to do.
TIMEOUT_PER_CYCLE_S = 0.03
TIMEOUT_PER_DISTURBED_S = 0.5
PLANS = ["default", "full", "drive"]
# What ohtd commits while it leads the drive: it writes, which needs the machine enabled.
ENABLED_ONLY = "drive"
# Cycles of the plan alone in coarse mode: make bench has an hour of the default plan, make soak a day.
ALONE = {"default": (PER_HOUR, 24 * PER_HOUR), "full": (PER_HOUR // 5, PER_HOUR), "drive": (PER_HOUR, 24 * PER_HOUR)}
ASKED = (PER_HOUR // 20, PER_HOUR)
# Cycles, and what the disturber leaves out: with threads that never sleep no time can be skipped.
DISTURBED = {"default": ((2000, 40000), ""), "full": ((6000, 100000), "hogs=0"),
             "drive": ((6000, 100000), "hogs=0")}


def run(bench):
    """All of them."""
    for plan in PLANS:
        _alone_and_asked(bench, plan)
    if SOAK:
        _fine_hour(bench)
    for plan in PLANS:
        _disturbed(bench, plan)


def _note(cycles, mode, more):
    return note(cycles, more, mode, f"cycles of {GRID_MS} ms")


def _series(found, plan, how):
    return {name.partition(".")[2]: value for name, value in found.items() if name.startswith(f"{plan}_{how}.")}


def _check_periods(found):
    """The default plan is that of modules.csv: what is asked more often than the grid is in every cycle."""
    with open(TOP / "userspace/data/modules.csv", encoding="utf-8", newline="") as file:
        for module in csv.DictReader(file):
            period = found[f"default.period_of_{int(module['unit_address'], 0)}_us"]
            assert period == int(module["poll_period_ms"]) * 1000, module


def _cycle_test(board, arguments, timeout):
    _, said = board.program(f"cycle_test {arguments}", timeout)
    passed, bad = tap_results(said)
    assert passed and "Bail out!" not in said, said
    return tap_values(said), bad


def _alone_and_asked(bench, plan):
    """An idle machine; then the same while clients fill the classes that are not the plan's."""
    cycles, asked = scaled(*ALONE[plan]), scaled(*ASKED)
    with wire_board() as board:
        found, bad = _cycle_test(board, f"-e -p {plan} -c {cycles} -a {asked} -l {LOOK_EVERY} -s coarse=1",
                                 120 + (cycles + 2 * asked) * TIMEOUT_PER_CYCLE_S)
    if plan == "default":
        _check_periods(found)
    alone, besides = _series(found, plan, "alone"), _series(found, plan, "asked")
    said = _note(alone["cycles"], "coarse",
                 f"plan {plan}, {found[f'{plan}.worst_permille'] / 10} % in the fullest, "
                 f"{found[f'{plan}.mean_permille'] / 10} % of all")
    said_besides = _note(besides["cycles"], "coarse", f"plan {plan}, clients got {_reads(besides)} reads, "
                                                      f"{besides['given']} cycles given to them")
    bench.record(f"bus.cycle_{plan}_failed_checks", len(bad), "", "virtual", ("==", 0), alone["cycles"],
                 f"{said} {bad[:1] or ''}")
    _record_cycles(bench, f"bus.cycle_{plan}", alone, said)
    hours = (cycles + asked) / PER_HOUR
    bench.record(f"bus.cycle_{plan}_false_stops", alone["false_stops"], "", "virtual", ("==", 0), cycles + asked,
                 f"{said}; enabled all the while, a heartbeat each cycle, deadman of four, {hours:.1f} h")
    _record_cycles(bench, f"bus.cycle_{plan}_saturated", besides, said_besides)
    before, after = us(alone, "uart_cycle_late_p999_ns"), us(besides, "uart_cycle_late_p999_ns")
    bench.record(f"bus.cycle_{plan}_saturated_change_percent", round(100 * (after - before) / before, 2), "%",
                 "virtual", ("<=", CHANGE_MAX_PERCENT), besides["cycles"],
                 f"{said_besides}; p99.9 {after} us for {before} us alone")


def _fine_hour(bench):
    """The default plan alone, each character an interrupt of its own."""
    with wire_board() as board:
        found, bad = _cycle_test(board, f"-p default -c {PER_HOUR} -l {LOOK_EVERY}",
                                 120 + PER_HOUR * TIMEOUT_PER_DISTURBED_S)
    alone = _series(found, "default", "alone")
    said = _note(alone["cycles"], "fine", "plan default")
    bench.record("bus.cycle_fine_failed_checks", len(bad), "", "virtual", ("==", 0), alone["cycles"],
                 f"{said} {bad[:1] or ''}")
    _record_cycles(bench, "bus.cycle_fine", alone, said)


def _reads(found):
    return sum(value for name, value in found.items() if name.startswith("asked_"))


def _record_cycles(bench, name, found, said):
    cycles = found["cycles"]
    bench.record(f"{name}_missed", found["missed"] + found["exceeded"], "", "virtual", ("==", 0), cycles, said)
    bench.record(f"{name}_wrong_words", found["wrong"], "", "virtual", ("==", 0), cycles,
                 f"{said}; {found['looks']} entries read, {found['bad']} bad, {found['stale']} too old")
    bench.record(f"{name}_jitter_p999_us", us(found, "uart_cycle_late_p999_ns"), "us", "virtual",
                 ("<=", JITTER_MAX_US), found["uart_cycle_late_count"],
                 f"{said}; median {us(found, 'uart_cycle_late_p50_ns')}, worst {us(found, 'uart_cycle_late_max_ns')}")
    show(found, "uart_cycle_late")


def _disturbed(bench, plan):
    """With everything that oht_disturb does, against a bare HARD timer on the same grid."""
    cycles = scaled(*DISTURBED[plan][0])
    with wire_board(disturb=f"grid_us={GRID_MS * 1000} {DISTURBED[plan][1]}") as board:
        found, bad = _cycle_test(board, f"{'-e ' if plan == ENABLED_ONLY else ''}-p {plan} -c {cycles}", 120 + cycles * TIMEOUT_PER_DISTURBED_S)
    found = _series(found, plan, "alone")
    late, reference = us(found, "uart_cycle_late_p999_ns"), us(found, "reference_0_p999_ns")
    said = _note(found["cycles"], "fine", f"plan {plan}, disturber: {found['sections']} sections, {found['storm']} "
                                          f"interrupts{'' if DISTURBED[plan][1] else ', hogs'} "
                                          f"{bad[:1] or ''}")
    bench.record(f"bus.cycle_{plan}_disturbed_missed", found["missed"] + found["exceeded"], "", "virtual", ("==", 0),
                 found["cycles"], said)
    bench.record(f"bus.cycle_{plan}_jitter_over_reference_p999_us", round(late - reference, 2), "us", "virtual",
                 ("<=", 20), found["uart_cycle_late_count"],
                 f"{said}; plan {late}, reference {reference} of {found['reference_0_count']}")
    show(found, "uart_cycle_late")
    show(found, "reference_0")
