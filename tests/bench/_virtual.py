# SPDX-License-Identifier: GPL-2.0-or-later
"""What the wire's observer says of the engine, in virtual time; the figures of the group `bus` that are exact."""
import math
import random

from _board import share, tap_results, tap_values
from _wire import (CLOCKS_OFF, LONG_OFF_US, SEED, TURNAROUND_NS, ceiling, load, note, per_second, scaled, show, us,
                   wire_board)

# Bits of the parameter `faults`, as kernel/sim/sim.h has them.
SILENCE, LATE = 1 << 0, 1 << 1
SHARE_OF_CEILING = 0.98
LINES = ["9600 8N1", "19200 8E1", "115200 8N2", "230400 8N1", "1000000 8N1"]
IDLE_S = 4
EXPOSURES = 1000000
# OHT_ENGINE_LEAD_NS
LEAD_US = 15
# For an answer to begin, where rates are measured: a lost one costs that.
TIMEOUT_US = 10000


def run(bench):
    """All of them."""
    _gaps(bench)
    _exposures(bench)
    _disturbed(bench)
    _rates(bench)
    _other_lines(bench)
    _campaign(bench)
    _dead(bench)
    _cpu(bench)
    _rival(bench)


def _gaps(bench):
    """Idle machine, far clocks off by up to 1 % either way."""
    reads = scaled(100000, 1000000)
    with wire_board() as board:
        found = load(board, reads, f"-s {CLOCKS_OFF}")
    frames = found["uart_frames"]
    said = note(frames, "idle, slaves' clocks -1..+1 %")
    assert found["failed"] == 0 and found["wrong"] == 0, found
    bench.record("bus.gap_violations", found["uart_violations"], "", "virtual", ("==", 0), frames,
                 f"{said}; shortest {us(found, 'uart_shortest_gap_ns')} us")
    bench.record("bus.gap_frames", frames, "", "virtual", (">=", reads), frames, said)
    bench.record("bus.gap_not_judged_percent", 100 * found["uart_not_judged"] / frames, "%", "virtual", ("<", 0.1),
                 frames, said)
    bench.record("bus.gap_late_p999_us", us(found, "uart_late_p999_ns"), "us", "virtual", ("<=", 100), frames,
                 f"{said}; median {us(found, 'uart_late_p50_ns')}, worst {us(found, 'uart_late_max_ns')}")
    bench.record("bus.de_release_p999_us", us(found, "uart_de_release_p999_ns"), "us", "virtual", ("<=", 20), frames,
                 f"{said}; median {us(found, 'uart_de_release_p50_ns')}, worst "
                 f"{us(found, 'uart_de_release_max_ns')}")
    bench.record("bus.de_early", found["uart_de_early"] + found["uart_without_de"], "", "virtual", ("==", 0), frames,
                 said)
    show(found, "uart_late")
    show(found, "uart_de_release")


def _exposure_us(moments):
    """How late somebody is who waits for an interrupt at a random moment of what oht_disturb does, and has no code."""
    place = moments.random()
    if place < LONG_OFF_US / 1e6:
        return moments.uniform(0, LONG_OFF_US)
    # Sections of 5 to 80 us, 50 to 2,050 us apart; a long one is met more often than a short one.
    if moments.random() >= 42.5 / (42.5 + 1050):
        return 0
    while True:
        off_us = moments.uniform(5, 80)
        if moments.uniform(0, 80) < off_us:
            return moments.uniform(0, off_us)


def _exposures(bench):
    """The reference timer is exposed once to interrupts that are off, a frame twice: at the least, that makes this.

    The second time the engine is there LEAD_US before it has to be.
    """
    moments = random.Random(SEED)
    once = [_exposure_us(moments) for _ in range(EXPOSURES)]
    twice = [one + max(_exposure_us(moments) - LEAD_US, 0) for one in once]
    floor = share(twice, 999) - share(once, 999)
    bench.record("bus.lateness_over_reference_floor_us", round(floor, 1), "us", "virtual", None, EXPOSURES,
                 f"drawn, not run: p99.9 of two exposures {share(twice, 999):.1f}, of one {share(once, 999):.1f}; no code")


def _under_load(reads, disturb, what):
    """(what the observer and the disturber say of that many reads, the note of its figures); nothing is lost in it."""
    with wire_board(disturb=f"grid_us=5000 {disturb}") as board:
        found = load(board, reads, f"-s {CLOCKS_OFF}")
    assert found["failed"] == 0 and found["wrong"] == 0, found
    return found, note(found["uart_frames"], f"disturber{what}: {found['sections']} sections, longer than asked for by "
                                             f"{us(found, 'over_0_max_ns')} us at most, {found['storm']} interrupts")


def _disturbed(bench):
    """Interrupts off 5..80 us at random on each CPU, 500 us each second, storms; against a bare HARD timer.

    Without threads that never sleep a read costs a third of the host's time, and a share of one in a thousand needs
    many; so those run for themselves, shorter.
    """
    found, said = _under_load(scaled(60000, 1000000), "hogs=0", "")
    hogs, said_hogs = _under_load(scaled(10000, 100000), "", " with hogs")
    violations = found["uart_violations"] + hogs["uart_violations"]
    shortest = min(us(found, "uart_shortest_gap_ns"), us(hogs, "uart_shortest_gap_ns"))
    bench.record("bus.gap_violations_disturbed", violations, "", "virtual", ("==", 0),
                 found["uart_frames"] + hogs["uart_frames"], f"{said}; {said_hogs}; shortest {shortest} us")
    late, reference = us(found, "uart_late_p999_ns"), us(found, "reference_0_p999_ns")
    bench.record("bus.lateness_over_reference_p999_us", round(late - reference, 2), "us", "virtual", ("<=", 20),
                 found["uart_frames"], f"{said}; engine {late}, reference {reference} of {found['reference_0_count']}")
    show(found, "uart_late")
    show(found, "reference_0")


def _rate(bench, board, name, line, registers, turnaround_ns, reads):
    found = load(board, reads, f"-r {registers} -t {TIMEOUT_US} -s 'turnaround_ns=*{turnaround_ns}' -s 'ppm=*0'")
    limit = ceiling(line, registers, turnaround_ns)
    # Whoever answers at once may begin while our driver is still on: half a bit is 4.3 us at 115200 bit/s.
    deaf = found["uart_deaf"]
    assert found["failed"] <= deaf and found["wrong"] == 0 and found["uart_violations"] == 0, found
    assert turnaround_ns == 0 or deaf == 0, found
    rate = per_second(found, found["good"])
    words = f"{line}, computed ceiling {limit:.1f}, reached {100 * rate / limit:.2f} %, {found['failed']} lost"
    bench.record(name, rate, "1/s", "virtual", (">=", round(SHARE_OF_CEILING * limit, 2)), reads, note(reads, words))


def _rates(bench):
    reads = scaled(2000, 20000)
    line = "115200 8N1"
    with wire_board(line) as board:
        for registers in (1, 8, 64, 125):
            _rate(bench, board, f"bus.tps_fc03x{registers}", line, registers, TURNAROUND_NS, reads)
        for registers in (1, 8, 125):
            _rate(bench, board, f"bus.tps_fc03x{registers}_zero", line, registers, 0, reads)


def _other_lines(bench):
    reads = scaled(500, 5000)
    for line in LINES:
        name = "bus.tps_fc03x8_" + line.replace(" ", "_").lower()
        with wire_board(line) as board:
            _rate(bench, board, name, line, 8, TURNAROUND_NS, reads)


def _campaign(bench):
    """Every bit of 20 golden answers flipped once, then random single disturbances, one answer in three."""
    reads = scaled(30000, 1000000)
    with wire_board() as board:
        _, said = board.program(f"wire_test --reads 300 --golden 20 --campaign {reads} --seed {SEED}",
                                600 + reads * 0.03)
    passed, bad = tap_results(said)
    found = {name.partition(".")[2]: value for name, value in tap_values(said).items()
             if name.startswith("campaign.")}
    words = note(found["uart_frames"], f"seed {SEED}, {found['failed']} exchanges lost")
    bench.record("bus.campaign_failed_checks", len(bad), "", "virtual", ("==", 0), passed + len(bad),
                 f"{words}; every bit of 20 golden answers, then random disturbances {bad[:1] or ''}")
    bench.record("bus.campaign_wrong_words", found["wrong"], "", "virtual",
                 ("==", 0) if not found["crc_passed"] else None, found["uart_frames"],
                 f"{words}; {found['crc_passed']} damaged answers had a good checksum by chance")
    bench.record("bus.campaign_failures_on_end", found["streak"], "", "virtual", ("<=", 1), found["uart_frames"], words)


def _dead(bench):
    """One of four modules silent: what is left to the others, and how often it is asked."""
    reads = scaled(4000, 40000)
    with wire_board() as board:
        before = load(board, reads, "-d -t 50000")
        after = load(board, reads, f"-d -t 50000 -s faults={SILENCE} -s unit=5")
    others = sum(after.get(f"good_of_{i}", 0) for i in range(3))
    rate_before = sum(before[f"good_of_{i}"] for i in range(3)) / before["elapsed_ns"]
    percent = round(100 * others / after["elapsed_ns"] / rate_before, 1)
    bench.record("bus.dead_module_others_percent", percent, "%", "virtual", (">=", 95), reads,
                 note(after["uart_frames"], "one of four silent, time-out 50 ms, given up after 3"))
    # Three failures, then probes after 100, 300, 700 ms ...
    seconds = after["elapsed_ns"] / 1e9
    probes = 3 + math.floor(math.log2(seconds / 0.1 + 1))
    bench.record("bus.dead_module_requests", after["requests_5"], "", "virtual", ("<=", probes), reads,
                 note(after["uart_frames"], f"in {seconds:.1f} s, back-off 100 ms doubled up to 10 s"))


def _idle(board):
    """(rounds of the idle loop, percent of that time that the wire in software took itself)."""
    _, said = board.program(f"bus_load -i {IDLE_S}", 120)
    found = tap_values(said)
    return found["idle.rounds"], found["idle.wire_ns"] / (IDLE_S * 1e7)


def _lost(board, without, registers, setting):
    """(what the loop loses to a full bus, what of that is the wire's own work), both in percent."""
    board.guest.check(f"/usr/libexec/oht/bus_load -n 20000 -r {registers} {setting} </dev/null >/dev/null 2>&1 & "
                      "sleep 0.3")
    rounds, wire = _idle(board)
    board.guest.check("kill $(pidof bus_load)")
    return 100 * (without - rounds) / without, wire


def _cpu(bench):
    """Iterations that an idle loop loses on the CPU where all of it happens, with the bus full against without."""
    ways = [("bus.cpu_percent", "-s level=4", "interrupts at 4 characters, as of our PL011 and 16550", ("<=", 3)),
            ("bus.cpu_percent_each_character", "-s level=1", "what an interrupt per character would cost", None),
            ("bus.cpu_percent_coarse", "-s coarse=1", "what one per answer would cost", None)]
    with wire_board() as board:
        without = share([_idle(board)[0] for _ in range(3)], 500)
        for name, setting, words, bar in ways:
            lost = [_lost(board, without, registers, setting) for registers in (8, 125)]
            bus = [round(whole - wire, 2) for whole, wire in lost]
            bench.record(name, max(bus), "%", "virtual", bar, IDLE_S,
                         f"{words}, shift 1, s of an idle loop on CPU 0, where all of it happens; x8 {bus[0]}, "
                         f"x125 {bus[1]}, the reading program included; beside it the wire's own work: "
                         f"{lost[0][1]:.2f}, {lost[1][1]:.2f}")


def _rival(bench):
    """libmodbus through the wire's tty, as its manual has it; then both with one late answer in three."""
    reads = scaled(2000, 20000)
    late = f"-s faults={LATE} -s every=3 -s late_ns=60000000 -t 50000"
    with wire_board() as board:
        ours = load(board, reads)
        theirs = load(board, reads, "", "rival")
        ours_late = load(board, reads // 4, late)
        theirs_late = load(board, reads // 4, late, "rival")
    rate, rival = per_second(ours, reads), round(reads * 1e9 / theirs["elapsed_ns"], 2)
    bench.record("bus.tps_vs_libmodbus", round(rate / rival, 3), "", "virtual", None, reads,
                 note(reads, f"ours {rate}/s with {ours['uart_violations']} violations, libmodbus {rival}/s"))
    bench.record("bus.violations_libmodbus", theirs["tty_violations"], "", "virtual", None, theirs["tty_frames"],
                 note(theirs["tty_frames"], f"gaps below t3.5; shortest {us(theirs, 'tty_shortest_gap_ns')} us"))
    bench.record("bus.late_answer_wrong_words", ours_late["wrong"], "", "virtual", ("==", 0), reads // 4,
                 f"one answer in three 60 ms late, time-out 50 ms; libmodbus accepts {theirs_late['wrong']} wrong words")
