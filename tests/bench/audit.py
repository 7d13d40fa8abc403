# SPDX-License-Identifier: GPL-2.0-or-later
"""The audit: how much of the processor a record takes, and how long somebody waits who verifies all of them."""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from _board import TOP

sys.path[:0] = [str(TOP / "tests/api"), str(TOP / "tests/lib")]

from daemon import BUILD, running  # noqa: E402

LOAD = TOP / "build/userspace/native/tests/unit/audit_load"
RECORDS = 100000


def run(bench):
    """Record the group."""
    with tempfile.TemporaryDirectory(dir=TOP / "build") as folder:
        done = subprocess.run([LOAD, f"{folder}/oht.db", str(RECORDS)], capture_output=True, text=True, check=True, timeout=120)
    _, cpu_us, count = done.stdout.split()
    bench.record("audit.append_cpu_us", float(cpu_us), "us", "native", bar=("<", 20), samples=int(count),
                 note="hash, tree, row and commit, in batches of 64, of all threads of the store")
    with tempfile.TemporaryDirectory(dir=TOP / "build") as folder:
        bench.record("audit.verify_s", _verify_s(pathlib.Path(folder)), "s", "native", bar=("<", 2), samples=RECORDS,
                     note="ohtctl audit verify of as many records as are kept: each page over the local socket, each record hashed")


def _verify_s(folder):
    with running(folder) as daemon:
        daemon.stop()
        subprocess.run([LOAD, daemon.state / "oht.db", str(RECORDS)], stdout=subprocess.DEVNULL, check=True, timeout=120)
        # These have no checkpoint: the start signs what it finds.
        (daemon.state / "audit.head").unlink()
        daemon.start()
        begun = time.monotonic()
        subprocess.run([BUILD / "userspace/ohtctl/ohtctl", "--socket", daemon.socket, "audit", "verify"], stdout=subprocess.DEVNULL,
                       check=True, timeout=60, env={**os.environ, "XDG_STATE_HOME": str(folder)})
        return time.monotonic() - begun
