#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Read the values that ohtd keeps from its file, without ohtd: docs/history.md in less than 200 lines.
read_history.py history.db                      which signals there are: name, unit, type, number
read_history.py history.db SIGNAL [--level N]   its samples, or its columns of 1, 8, 64, 512 or 4096 s (N 1 to 5), as CSV
SIGNAL is a number, or a name: then the newest of it, since one that has had another unit or register has a number for each.
The file may be in use: it is read as at one moment. Needs nothing but Python's standard library.
"""
import argparse
import csv
import datetime
import signal
import sqlite3
import sys
import zlib

CHUNK, LEVEL_CYCLES = 163840, (1, 40, 320, 2560, 20480, 163840)
QUALITIES = ("good", "old", "bad", "none")


def number(data, at):
    """Seven bits a byte, the lowest first; and the place behind it."""
    value = shift = 0
    while data[at] > 127:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
    return value | data[at] << shift, at + 1


def unfold(value):
    return value >> 1 ^ -(value & 1)


def wrap(value):
    return (value + 2 ** 63) % 2 ** 64 - 2 ** 63


class Bits:     # the highest of a byte comes first
    def __init__(self, data):
        self.text = "".join(f"{byte:08b}" for byte in data)
        self.at = 0

    def take(self, count):
        self.at += count
        return int(self.text[self.at - count:self.at] or "0", 2)

    def rice(self, k):
        end = self.text.find("0", self.at, self.at + 24)
        if end < 0:                             # 24 ones: the whole number follows
            self.at += 24
            return self.take(64)
        upper = end - self.at
        self.at = end + 1
        return upper << k | self.take(k)


def guessed(bits, predictor, first, count):
    """Each value is a guess and the distance from it, coded with a k that holds for a group."""
    values, step, k = [first], 0, 0
    window = {4: 16, 5: 64}.get(predictor, 0)
    mean = first * window
    for place in range(count - 1):
        k = k if place % 512 else bits.take(6)
        guess = wrap(mean) // window if window else values[-1] + (step if predictor == 3 else 0)
        value = wrap(guess + unfold(bits.rice(k)))
        mean += value - guess
        step = value - values[-1]
        values.append(value)
    return values


def sparse(bits, first, step, count):   # so many values by the usual step, then one that is not
    values, j, k = [first], bits.take(6), bits.take(6)
    while len(values) < count:
        for _ in range(bits.rice(j)):
            values.append(wrap(values[-1] + step))
        if len(values) < count:
            values.append(wrap(values[-1] + step + unfold(bits.rice(k) + 1)))
    return values


def block(data, count):
    predictor = data[0]
    if predictor == 6:
        return [int.from_bytes(data[1 + 8 * i:9 + 8 * i], "little", signed=True) for i in range(count)]
    if predictor == 1:
        values, at = [], 1
        while len(values) < count:
            step, at = number(data, at)
            times, at = number(data, at)
            values += [wrap((values[-1] if values else 0) + unfold(step))] * times
        return values
    first, at = number(data, 1)
    if predictor == 0:
        return [unfold(first)] * count
    if predictor == 7:
        step, at = number(data, at)
        return sparse(Bits(data[at:]), unfold(first), unfold(step), count)
    return guessed(Bits(data[at:]), predictor, unfold(first), count)


def series(data, at, count):
    """So many integers, and the place behind them."""
    values = []
    while len(values) < count:
        size, at = number(data, at)
        values += block(data[at:at + size], min(1024, count - len(values)))
        at += size
    return values, at


def checked(blob):
    """Without its checksum; nothing, if it is damaged."""
    return blob[:-4] if zlib.crc32(blob[:-4]) == int.from_bytes(blob[-4:], "little") else b""


def samples(data, count):
    """Pairs of value and quality."""
    values, at = series(data, 0, count)
    return list(zip(values, series(data, at, count)[0] if at < len(data) else [0] * count))


def columns(data, count):
    """Of each column: good samples, the lowest, greatest, first and last value, and the sum."""
    at, fields = 1, []
    for place in range(6):
        field = [0] * count
        if data[0] >> place & 1:
            field, at = series(data, at, count)
        fields.append(field)
    return [(good, low, low + high, low + first, low + last, rest + good * low) for good, low, high, first, last, rest in zip(*fields)]


def part_of(data, which):
    """What an interval has of a signal."""
    at = 0
    while at < len(data):
        one, at = number(data, at)
        size, at = number(data, at)
        if one == which:
            return data[at:at + size]
        at += size
    return b""


def pieces(database, run, which, level):
    """In order: first cycle, how many, and what is decoded. What is not sealed has columns of level 1 alone."""
    length, decode = LEVEL_CYCLES[level], columns if level else samples
    intervals = database.execute(f"SELECT place - (?1 << 40), cycles, {'columns' if level else 'samples'} FROM intervals"
                                 " WHERE place >> 40 = ?1 ORDER BY place", (run,)).fetchall()
    open_from = min((first // CHUNK for first, *_ in intervals), default=2 ** 40)
    for chunk, cycles, blob in database.execute(
            f"SELECT chunk, cycles, data FROM {'coarse' if level > 2 else 'chunks'}"
            " WHERE run = ? AND signal = ? AND level = ? AND chunk < ? ORDER BY chunk", (run, which, level, open_from)):
        if checked(blob):
            yield chunk * CHUNK, length, decode(checked(blob), -(-cycles // length))
    for first, cycles, blob in intervals if level < 2 else ():
        part = part_of(checked(blob), which)
        if part:
            yield first, length, decode(part, -(-cycles // length))


def tell(database, name, level, out):
    found = database.execute("SELECT signal, decimals FROM signals WHERE ?1 IN (name, CAST(signal AS TEXT)) ORDER BY signal DESC", (name,)).fetchone()
    if not found:
        sys.exit(f"read_history: there is no signal '{name}'")
    scale = 10 ** found[1]
    out.writerow(["time", "run", "cycle"] + (["good", "min", "max", "first", "last", "mean"] if level else ["value", "quality"]))
    for run, start_ns, cycle_ns in database.execute("SELECT run, start_ns, cycle_ns FROM runs ORDER BY run").fetchall():
        for first, length, told in pieces(database, run, found[0], level):
            for place, values in enumerate(told):
                cycle = first + place * length
                when = datetime.datetime.fromtimestamp((start_ns + cycle * cycle_ns) // 10 ** 6 / 1000, datetime.timezone.utc)
                if level and values[0]:
                    values = [values[0], *(value / scale for value in values[1:5]), values[5] / values[0] / scale]
                elif not level:
                    values = [values[0] / scale if scale > 1 else values[0], QUALITIES[values[1]]]
                if values[0] if level else values[1] != "none":
                    out.writerow([when.isoformat(timespec="milliseconds"), run, cycle, *values])


def main():
    parser = argparse.ArgumentParser(prog="read_history.py", description="Read the values that ohtd keeps.")
    parser.add_argument("file")
    parser.add_argument("signal", nargs="?")
    parser.add_argument("--level", type=int, default=0, choices=range(len(LEVEL_CYCLES)))
    asked = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    database = sqlite3.connect(f"file:{asked.file}?mode=ro", uri=True, isolation_level=None)
    database.execute("BEGIN")
    out = csv.writer(sys.stdout, lineterminator="\n")
    if asked.signal:
        tell(database, asked.signal, asked.level, out)
    else:
        out.writerows(database.execute("SELECT name, unit, type, signal FROM signals ORDER BY name, signal"))


if __name__ == "__main__":
    main()
