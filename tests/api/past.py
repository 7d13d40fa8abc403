# SPDX-License-Identifier: GPL-2.0-or-later
"""A past that is known: a file of values with one long run, made by hand after docs/history.md, without our code."""
import contextlib
import datetime
import random
import sqlite3
import struct
import zlib

CYCLE_NS = 25_000_000
CHUNK = 163840
BLOCK = 1024
GOOD, OLD, BAD, NONE = range(4)
# What there is of the run: a chunk that is whole, and the begin of another.
CYCLES = CHUNK + 30_000
# Cycles of which nothing was kept.
LOST = range(CHUNK - 500, CHUNK - 380)
NAMES = ("battery_v", "state", "enabled", "bus_transfers", "position_mm", "motor_a", "motor_v", "charger_v", "charger_a", "rail_12v_v",
         "rail_12v_a", "distance_1_mm", "distance_2_mm", "distance_3_mm", "distance_4_mm", "motor_deg_c", "cell_max_v", "cell_min_v")


def at(text):
    """Milliseconds since 1970."""
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def text(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(ms) % 1000:03}Z"


def number(value):
    coded = bytearray()
    while value > 127:
        coded.append(value & 127 | 128)
        value >>= 7
    return bytes(coded + bytes([value]))


def fold(value):
    return 2 * value if value >= 0 else -2 * value - 1


def series(values):
    """Constant where it is, else as the integers are."""
    coded = b""
    for at in range(0, len(values), BLOCK):
        part = values[at:at + BLOCK]
        body = b"\0" + number(fold(part[0])) if len(set(part)) == 1 else b"\6" + struct.pack(f"<{len(part)}q", *part)
        coded += number(len(body)) + body
    return coded


def blob(values, qualities):
    coded = series(values) + (series(qualities) if any(qualities) else b"")
    return coded + zlib.crc32(coded).to_bytes(4, "little")


LEVEL_CYCLES = (1, 40, 320, 2560, 20480, 163840)
COARSE = 3      # the levels from there on have a table of their own


def columns(values, qualities, cycles):
    """Columns of so many cycles each: counts, and the rest as far from the lowest value as it is."""
    fields = [[] for _ in range(6)]
    for at in range(0, len(values), cycles):
        good = [value for value, quality in zip(values[at:at + cycles], qualities[at:at + cycles]) if quality == GOOD]
        low = min(good, default=0)
        told = (len(good), low, max(good) - low, good[0] - low, good[-1] - low, sum(good) - len(good) * low) if good else (0,) * 6
        for field, value in zip(fields, told):
            field.append(value)
    coded = bytes([sum(1 << place for place, field in enumerate(fields) if any(field))])
    coded += b"".join(series(field) for field in fields if any(field))
    return coded + zlib.crc32(coded).to_bytes(4, "little")


def write_run(database, run, start_ns, values, qualities):
    """A run that is over, of one chunk, with all levels. @values, @qualities: by the name of the signal."""
    [cycles] = {len(told) for told in values.values()}
    assert cycles <= CHUNK
    database.execute("INSERT INTO runs VALUES (?, 'boot', ?, ?, 1, ?)", (run, CYCLE_NS, start_ns, cycles))
    for name, told in values.items():
        [signal] = database.execute("SELECT signal FROM signals WHERE name = ?", (name,)).fetchone()
        for level, length in enumerate(LEVEL_CYCLES):
            coded = columns(told, qualities[name], length) if level else blob(told, qualities[name])
            place = "coarse VALUES (" if level >= COARSE else "chunks VALUES (NULL, "
            database.execute(f"INSERT INTO {place}?, ?, ?, 0, ?, ?)", (level, signal, run, cycles, coded))


class Past:
    """What was kept: each signal's integers and qualities, by cycle."""

    def __init__(self, start_ns, seed):
        chance = random.Random(seed)
        self.start_ns = start_ns
        self.values = {name: [25] * CYCLES for name in NAMES}
        self.values["battery_v"] = [480 + chance.randrange(-9, 9) for _ in range(CYCLES)]
        self.values["bus_transfers"] = list(range(7, 7 + CYCLES))
        self.values["enabled"] = [at // 3000 % 2 for at in range(CYCLES)]
        self.values["state"] = [at // 1700 % 4 for at in range(CYCLES)]
        self.quality = {name: [GOOD] * CYCLES for name in NAMES}
        for at in range(0, CYCLES, 700):
            self.quality["battery_v"][at:at + 50] = [chance.choice((OLD, BAD, NONE))] * 50
        for name in NAMES:
            for at in LOST:
                self.quality[name][at] = NONE

    def write(self, file):
        """Into the file of a daemon that has run once and is over, in place of what it had."""
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
            run = database.execute
            run("BEGIN")
            for table in ("runs", "intervals", "chunks", "coarse", "gaps"):
                run(f"DELETE FROM {table}")
            run("INSERT INTO runs VALUES (1, 'boot', ?, ?, 1, ?)", (CYCLE_NS, self.start_ns, CYCLES))
            run("INSERT INTO gaps VALUES (1, 1, ?, ?, 'samples_lost')", (LOST.start, len(LOST)))
            for name in NAMES:
                [signal] = run("SELECT signal FROM signals WHERE name = ?", (name,)).fetchone()
                for first in range(0, CYCLES, CHUNK):
                    part = slice(first, min(first + CHUNK, CYCLES))
                    run("INSERT INTO chunks VALUES (NULL, 0, ?, 1, ?, ?, ?)", (signal, first // CHUNK, part.stop - first,
                        blob(self.values[name][part], self.quality[name][part])))
            run("COMMIT")
