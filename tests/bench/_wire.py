# SPDX-License-Identifier: GPL-2.0-or-later
"""The engine on a wire in software, in virtual time ahead of wall time: boards, loads, ceilings."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess

from _board import STATE, Board, build_dtb, tap_values

SHIFT = 1
ICOUNT = f"shift={SHIFT},sleep=off"
SOAK = bool(os.environ.get("OHT_SOAK"))
SEED = int(os.environ.get("OHT_SEED") or 1)
TURNAROUND_NS = 1750000
# Host time of one read is 8 ms, with hogs 20; more on a busy machine.
TIMEOUT_PER_READ_S = 0.1
# oht_disturb: once a second interrupts are off for that long, else for 5 to 80 us.
LONG_OFF_US = 500
CLOCKS_OFF = "ppm=10000,-10000,3300,-4700,8100,-900,600,-8800"


def scaled(short, soak):
    """How many, in make bench and in make soak."""
    return soak if SOAK else short


def note(events, more="", mode="fine", what="frames"):
    """What every figure of this kind says of itself."""
    return f"{mode}, shift {SHIFT}, {events} {what}{', ' + more if more else ''}"


def _dtb(line):
    """The board's tree for one setting of the line, such as "9600 8E1"."""
    baud, form = line.split()
    target = STATE / f"sim-{baud}-{form}.dtb"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(build_dtb("sim"), target)
    parity = {"N": "none", "E": "even", "O": "odd"}[form[1]]
    node = "/pl011@9000000"
    for words in (["-t", "i", target, node, "current-speed", baud], ["-t", "s", target, node, "oht,parity", parity],
                  ["-t", "i", target, node, "oht,stop-bits", form[2]]):
        subprocess.run(["fdtput", *words], check=True)
    return target


@contextlib.contextmanager
def wire_board(line="115200 8N1", disturb=None, own=None, **options):
    """A board on that wire; `disturb` are the parameters of the disturber, None: there is none; `own`: another oht.ko."""
    name = "virtual-" + line.replace(" ", "-")
    with Board(STATE / name, "stock", far=None, icount=ICOUNT, dtb=_dtb(line), **options) as board:
        if own:
            board.guest.push("/tmp/oht.ko", pathlib.Path(own).read_bytes())
            board.guest.check("insmod /tmp/oht.ko")
        board.guest.check("modprobe oht_sim")
        if disturb is not None:
            board.guest.check(f"modprobe oht_disturb seed={SEED} {disturb}")
        yield board


def load(board, reads, arguments="", program="bus_load"):
    """Run a load; returns its values by name."""
    code, said = board.program(f"{program} -p x -n {reads} -s seed={SEED} {arguments}", 120 + reads * TIMEOUT_PER_READ_S)
    assert code == 0, said
    return {name.partition(".")[2]: value for name, value in tap_values(said).items()}


def per_second(found, reads):
    """Reads per second, from the first completion to the last."""
    return round((reads - 1) * 1e9 / found["elapsed_ns"], 2)


def ceiling(line, registers, turnaround_ns):
    """Reads per second that the line allows: silence, 8 characters, turnaround, 5 + 2 x registers characters."""
    baud, form = line.split()
    bits = 10 + (form[1] != "N") + (form[2] == "2")
    char_ns = bits * 1e9 / int(baud)
    gap_ns = 1750000 if int(baud) > 19200 else 3.5 * max(bits, 11) * 1e9 / int(baud)
    return 1e9 / (gap_ns + (8 + 5 + 2 * registers) * char_ns + turnaround_ns)


def us(found, name):
    """One of the values, which are in nanoseconds."""
    return found[name] / 1000


def show(found, name):
    """A log2 histogram among the values on standard output, for docs/timing.md."""
    pattern = re.compile(rf"{name}_below_(\d+)_ns$")
    bins = sorted((int(m.group(1)), value) for key, value in found.items() if (m := pattern.match(key)))
    print(f"# {name} (ns:count) {' '.join(f'<{below}:{count}' for below, count in bins)}")
