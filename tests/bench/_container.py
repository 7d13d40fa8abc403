# SPDX-License-Identifier: GPL-2.0-or-later
"""The container image beside the same robot without one, the way back from a lost card, and the doctor.

Called as a program it starts the robot of an image in the network and the mounts that it finds, some times, and prints a line of JSON for each:
_container.py ARCHIVE BWRAP STARTS.
"""
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / folder) for folder in ("tests/container", "tests/api", "tests/lib", "scripts")]
# Behind all else, as bench.py has it.
sys.path.append(str(TOP / "tests/bench"))

from _board import STATE, fresh, rss_mib  # noqa: E402
from daemon import BUILD, running  # noqa: E402
from image import Container, Image  # noqa: E402
from oht_test.wait import until  # noqa: E402

MIB = 1 << 20
IMAGE_MIB_MAX, READY_S_MAX = 100, 2
# What is used as at home: a tenth more at most.
RSS_MORE = 1.1
STARTS, DRILLS, VISITS = 10, 5, 10
# As the group daemon has it.
IDLE_S = 10
NETWORK = 'ip link set lo up && exec "$@"'
STEP = re.compile(r"^ *([\d.]+) s  (.*)$", re.M)


def _child(parent, name):
    """Process of that name that this one has started."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            continue
        if f"({name})" in fields and int(fields.rpartition(")")[2].split()[1]) == parent:
            return int(folder.name)
    raise AssertionError(f"{name} does not run")


def _start(image, bwrap):
    """Seconds to ready and to a robot that is safe, and what ohtd and the simulator hold when nobody has asked for a while."""
    with tempfile.TemporaryDirectory() as folder:
        robot = Container(image, bwrap, pathlib.Path(folder))
        begin_s = time.monotonic()
        robot.start()
        try:
            until(lambda: "main ready" in robot.log(), what="ready", period_s=0.002)
            ready_s = time.monotonic() - begin_s
            until(lambda: "init_complete" in robot.log(), what="safe", period_s=0.01)
            safe_s = time.monotonic() - begin_s
            time.sleep(IDLE_S)
            held = {name: rss_mib(_child(robot.first, name)) for name in ("ohtd", "oht-sim")}
            status = robot.end(signal.SIGTERM)
            assert status == 0, robot.log()
        finally:
            if robot.process.poll() is None:
                robot.process.kill()
                robot.process.wait()
    return {"ready_s": ready_s, "safe_s": safe_s, **held}


def _tool(*command, **environment):
    """The last line that a script of ours prints."""
    return subprocess.run([TOP / command[0], *command[1:]], stdout=subprocess.PIPE, text=True, check=True, cwd=TOP,
                          env={**os.environ, **environment}).stdout.strip().splitlines()[-1]


def _starts(archive):
    bwrap = pathlib.Path(_tool("scripts/fetch-tool", "bubblewrap")) / "usr/bin/bwrap"
    said = subprocess.run(["unshare", "--net", "sh", "-c", NETWORK, "sh", sys.executable, "-P", __file__, archive, bwrap, str(STARTS)],
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    return [json.loads(line) for line in said.splitlines()]


def _at_home():
    """What the same robot holds without a container, and seconds of a doctor's visits to it."""
    with running(fresh(STATE / "ops"), (), bus_outputs="simulated", bus_time_factor=10, http_loops=os.cpu_count()) as robot:
        time.sleep(IDLE_S)
        held, took_s = rss_mib(robot.process.pid), []
        for _ in range(VISITS):
            begin_s = time.monotonic()
            done = subprocess.run([BUILD / "userspace/ohtctl/ohtctl", "doctor", "--seconds", "0", "--json", "--socket", robot.socket], stdout=subprocess.PIPE,
                                  text=True, check=False)
            took_s.append(time.monotonic() - begin_s)
            assert len(json.loads(done.stdout)["checks"]) > 15, done
    return held, took_s


def _drills():
    """Of each drill {step: seconds}."""
    return [{what: float(took) for took, what in STEP.findall(subprocess.run([TOP / "scripts/dr-drill"], stdout=subprocess.PIPE, text=True, check=True).stdout)}
            for _ in range(DRILLS)]


def record(bench):
    """The figures."""
    load = f"load of the host {os.getloadavg()[0]:.1f}"
    archive = pathlib.Path(_tool("scripts/build-container"))
    first = archive.read_bytes()
    bench.record("ops.image_mib", len(first) / MIB, "MiB", "native", ("<=", IMAGE_MIB_MAX), 1, "OCI archive, compressed; of this machine's architecture")
    again = pathlib.Path(_tool("scripts/build-container", OHT_BUILT="1")).read_bytes()
    bench.record("ops.image_bytes_that_differ", sum(a != b for a, b in zip(first, again)) + abs(len(first) - len(again)), "", "native", ("==", 0), 2,
                 "made twice of the same packages")
    starts = _starts(archive)
    ready, safe = ([start[name] for start in starts] for name in ("ready_s", "safe_s"))
    bench.record("ops.ready_s", max(ready), "s", "native", ("<", READY_S_MAX), STARTS,
                 f"longest, runtime's start to ready, empty volume: authority and certificate are made; median {statistics.median(ready):.2f}; {load}")
    bench.record("ops.safe_s", max(safe), "s", "native", None, STARTS, f"the same to a robot that can be enabled; median {statistics.median(safe):.2f}")
    held, took_s = _at_home()
    bench.record("ops.rss_mib", max(start["ohtd"] for start in starts), "MiB", "native", ("<=", round(held * RSS_MORE, 1)), STARTS,
                 f"most that ohtd holds in the container, {IDLE_S} s behind its start, no client; {held:.1f} without a container; the simulator beside it "
                 f"{max(start['oht-sim'] for start in starts):.1f}")
    drills = _drills()
    steps = {what: statistics.median(drill[what] for drill in drills) for what in drills[0]}
    whole = next(what for what in steps if what.startswith("from no state"))
    bench.record("ops.drill_s", steps.pop(whole), "s", "native", None, DRILLS,
                 f"median, scripts/dr-drill: {whole}; by step, medians: {'; '.join(f'{what} {took:.2f}' for what, took in steps.items())}; {load}")
    bench.record("ops.doctor_s", max(took_s), "s", "native", None, VISITS,
                 f"longest, ohtctl doctor --seconds 0 beside a robot that works; median {statistics.median(took_s):.2f}")


def main(archive, bwrap, count):
    with tempfile.TemporaryDirectory() as folder:
        image = Image(archive, pathlib.Path(folder))
        for _ in range(int(count)):
            print(json.dumps(_start(image, bwrap)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
