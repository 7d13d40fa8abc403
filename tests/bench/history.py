# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory of values: 25 hours of a mix of 56 signals at 40 Hz, as fast as they are taken, and their chunks again and again up to 30 days."""
import subprocess
import tempfile

from _board import TOP

LOAD = TOP / "build/userspace/native/tests/unit/history_load"
HOURS = 25
CHUNK_S, CYCLES_A_DAY = 4096, 86400 * 40
# Levels 0 to 2 are kept for 30 days, the others for 400.
DAYS = (30, 30, 30, 400, 400, 400)


def run(bench):
    """Record the group."""
    with tempfile.TemporaryDirectory(dir=TOP / "build") as folder:
        done = subprocess.run([LOAD, folder, str(HOURS)], capture_output=True, text=True, check=True, timeout=600)
    found = {name: [float(value) for value in values] for name, *values in (line.split() for line in done.stdout.splitlines())}
    ratio, bits = found["entropy"]
    bench.record("history.raw_vs_entropy", ratio, "", "native", bar=("<=", 1.10),
                 note=f"20 signals with noise of 2 LSB, 20 slow, 10 counters, 6 words; {bits:.3f} bits a sample; without levels")
    bench.record("history.ingest_cpu_percent", found["cpu"][0], "%", "native", bar=("<", 3), note="taking, coding, writing and sealing")
    p95, count = found["chart"]
    bench.record("history.chart_p95_ms", p95, "ms", "native", bar=("<", 15), samples=int(count),
                 note="2,000 points of 8 signals over a minute, ten minutes and 25 h; without JSON")
    p95, count = found["day"]
    bench.record("history.day_p95_ms", p95, "ms", "native", bar=("<", 30), samples=int(count),
                 note="1,000 points of 8 signals over a day; without JSON")
    p95, count = found["month"]
    bench.record("history.month_p95_ms", p95, "ms", "native", bar=("<", 15), samples=int(count),
                 note="2,000 points of 8 signals over 30 days, which are the chunks of 25 h again and again; without JSON")
    took_s, rows = found["move"]
    bench.record("history.move_s", took_s, "s", "native", note=f"{rows:.0f} coarse chunks of these 30 days from schema 2 to 3, from the start of the history on")
    bench.record("history.export_samples_per_s", found["export"][0], "samples/s", "native", bar=(">=", 2_000_000),
                 note="all samples of all signals, as an export reads them; without text and TLS")
    whole = sum(level * days * 86400 / CHUNK_S for level, days in zip(found["levels"], DAYS))
    raw = found["levels"][0] * 30 * 86400 / CHUNK_S
    bench.record("history.gb_30d", whole / 1e9, "GB", "native", bar=("<=", 1.4),
                 note=f"all levels of 30 days, coarse ones of 400, computed from one chunk; samples alone {raw / 1e9:.2f} GB")
    bench.record("history.written_mb_per_day", found["written"][0] * CYCLES_A_DAY / 1e6, "MB", "native", bar=("<=", 350),
                 note="of this mix into the log and the file of the database, a commit each 10 s, and what sealing writes")
