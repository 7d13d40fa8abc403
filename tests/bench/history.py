# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory of values, in its quick form: 1.7 hours of a mix of 56 signals at 40 Hz, as fast as they are taken."""
import subprocess
import tempfile

from _board import TOP

LOAD = TOP / "build/userspace/native/tests/unit/history_load"


def run(bench):
    """Record the group."""
    with tempfile.TemporaryDirectory(dir=TOP / "build") as folder:
        done = subprocess.run([LOAD, folder], capture_output=True, text=True, check=True, timeout=300)
    found = {name: [float(value) for value in values] for name, *values in (line.split() for line in done.stdout.splitlines())}
    ratio, bits = found["entropy"]
    bench.record("history.raw_vs_entropy", ratio, "", "native", bar=("<=", 1.10),
                 note=f"20 signals with noise of 2 LSB, 20 slow, 10 counters, 6 words; {bits:.3f} bits a sample; without levels")
    bench.record("history.ingest_cpu_percent", found["cpu"][0], "%", "native", bar=("<", 3), note="taking, coding, writing and sealing")
    p95, count = found["chart"]
    bench.record("history.chart_p95_ms", p95, "ms", "native", bar=("<", 15), samples=int(count),
                 note="2,000 points of 8 signals over a minute, ten minutes and 1.7 h; without JSON")
