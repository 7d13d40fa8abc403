# SPDX-License-Identifier: GPL-2.0-or-later
"""The audit: how much of the processor a record takes."""
import subprocess
import tempfile

from _board import TOP

LOAD = TOP / "build/userspace/native/tests/unit/audit_load"
RECORDS = 100000


def run(bench):
    """Record the group."""
    with tempfile.TemporaryDirectory(dir=TOP / "build") as folder:
        done = subprocess.run([LOAD, f"{folder}/oht.db", str(RECORDS)], capture_output=True, text=True, check=True, timeout=120)
    _, cpu_us, count = done.stdout.split()
    bench.record("audit.append_cpu_us", float(cpu_us), "us", "native", bar=("<", 20), samples=int(count),
                 note="hash, tree, row and commit, in batches of 64, of all threads of the store")
