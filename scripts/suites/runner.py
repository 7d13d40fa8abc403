# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the suites in order and prints one line each; the last line is the sum."""
import argparse
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import tomllib

from .counts import FORMATS, Counts

TOP = pathlib.Path(__file__).resolve().parents[2]
LIST = TOP / "tests/suites.toml"
LOGS = TOP / "build/test"
# Suites that run beside the others get what CPU time those leave, and never nothing.
BEHIND = ["nice", "-n", "10"]

_children = set()


def load(path=LIST):
    """The list of suites and of what has to be built before them."""
    with open(path, "rb") as file:
        table = tomllib.load(file)
    for suite in table["suite"]:
        unknown = set(suite) - {"name", "fast", "command", "counts", "report", "env", "allow_skip", "timeout_s",
                                "beside"}
        if unknown or suite.get("counts") not in FORMATS:
            raise SystemExit(f"{path.name}: suite {suite.get('name')}: unknown {unknown or suite.get('counts')}")
    return table


def _execute(command, log, env=None, timeout_s=3600):
    """Run with everything it says in log; returns the exit code, or None when time was up."""
    with open(log, "wb") as out:
        child = subprocess.Popen(command, cwd=TOP, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        _children.add(child)
        try:
            return child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGTERM)
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
            return None
        except BaseException:
            os.killpg(child.pid, signal.SIGTERM)
            child.wait()
            raise
        finally:
            _children.discard(child)


def _end_children():
    """Those of the other threads, which no signal reaches."""
    for child in list(_children):
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGTERM)
            child.wait()


def _count(suite, code, log):
    """The counts of a suite that ended; silence and a bad end are failures too."""
    report = TOP / suite["report"] if "report" in suite else None
    try:
        counts = FORMATS[suite["counts"]](log.read_text(errors="replace"), report)
    except (OSError, ValueError, SyntaxError, KeyError) as error:
        counts = Counts()
        counts.add(suite["name"], "failed", f"no result to count: {error}")
    if code is None:
        counts.add(suite["name"], "failed", f"not done within {suite.get('timeout_s', 3600)} s")
    elif code and not counts.failed:
        counts.add(suite["name"], "failed", f"the command ended with {code}")
    elif not counts.total():
        counts.add(suite["name"], "failed", "no test ran")
    return counts


def _unexpected(suite, counts):
    allowed = [re.compile(p) for p in suite.get("allow_skip", [])]
    return [s for s in counts.skips if not any(p.search(s) for p in allowed)]


def _line(name, counts, seconds):
    print(f"{name} {'.' * max(3, 26 - len(name))} {counts.passed} passed, {counts.failed} failed, "
          f"{counts.skipped} skipped  {seconds:.1f} s", flush=True)


def _run_suite(suite):
    """(suite, its counts, how long it took, in s)"""
    log = LOGS / f"{suite['name']}.log"
    if "report" in suite:
        (TOP / suite["report"]).unlink(missing_ok=True)
    started = time.monotonic()
    command = (BEHIND if suite.get("beside") else []) + suite["command"]
    code = _execute(command, log, suite.get("env"), suite.get("timeout_s", 3600))
    return suite, _count(suite, code, log), time.monotonic() - started


def _tell(suite, counts, seconds):
    """Print what came of a suite; returns whether that is bad."""
    _line(suite["name"], counts, seconds)
    for failure in counts.failures[:20]:
        print(f"    failed: {failure}")
    skips = _unexpected(suite, counts)
    for skip in skips[:20]:
        print(f"    unexpected skip: {skip}")
    if counts.failed or skips:
        print(f"    all of it: {(LOGS / suite['name']).relative_to(TOP)}.log", flush=True)
    return bool(counts.failed or skips)


def _run(suites):
    """Results of _run_suite() as they come: one suite after the other in the order of the list, and beside them, one at
    a time too, those that do not mind."""
    lanes = [concurrent.futures.ThreadPoolExecutor(1) for _ in range(2)]
    try:
        running = [lanes[suite.get("beside", False)].submit(_run_suite, suite) for suite in suites]
        for done in concurrent.futures.as_completed(running):
            yield done.result()
    except BaseException:
        for lane in lanes:
            lane.shutdown(wait=False, cancel_futures=True)
        _end_children()
        raise


def _build(steps, fast):
    for step in steps:
        if fast and not step.get("fast", False):
            continue
        started = time.monotonic()
        log = LOGS / f"build-{step['name'].replace(' ', '-')}.log"
        code = _execute(step["command"], log)
        if code:
            lines = log.read_text(errors="replace").strip().splitlines()
            print(f"build: {step['name']} failed: {lines[-1] if lines else 'it said nothing'}")
            print(f"    all of it: {log.relative_to(TOP)}")
            print("0 passed, 1 failed, 0 skipped")
            return False
        print(f"build: {step['name']} {'.' * max(3, 30 - len(step['name']))} {time.monotonic() - started:.1f} s",
              flush=True)
    return True


def main(arguments):
    """Returns the exit code of `make test`."""
    table = load()
    parser = argparse.ArgumentParser(prog="scripts/test", description="Run the test suites.")
    parser.add_argument("--fast", action="store_true", help="only the suites of the inner loop (make check)")
    parser.add_argument("--list", action="store_true", help="name the suites and stop")
    parser.add_argument("suite", nargs="*", help="only these suites")
    given = parser.parse_args(arguments)
    suites = table["suite"]
    if given.list:
        for suite in suites:
            print(suite["name"], "(fast)" if suite.get("fast") else "")
        return 0
    unknown = set(given.suite) - {s["name"] for s in suites}
    if unknown:
        parser.error(f"no suite {', '.join(sorted(unknown))}; --list names them")
    chosen = [s for s in suites if (not given.suite or s["name"] in given.suite)
              and (not given.fast or s.get("fast"))]
    LOGS.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    if not _build(table["build"], given.fast):
        return 1
    total, bad = Counts(), False
    for suite, counts, seconds in _run(chosen):
        bad |= _tell(suite, counts, seconds)
        total.passed += counts.passed
        total.failed += counts.failed
        total.skipped += counts.skipped
    print(f"all suites in {time.monotonic() - started:.0f} s")
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
