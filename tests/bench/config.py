# SPDX-License-Identifier: GPL-2.0-or-later
"""The configuration: how soon a change that makes a module silent is taken back without anybody's help."""
import pathlib
import sys
import tempfile
import time

from _board import TOP

sys.path[:0] = [str(TOP / "tests/api"), str(TOP / "tests/lib")]

from daemon import running  # noqa: E402
from oht_test.wait import until  # noqa: E402

RETURNS = 10
MODULE = 5


def _health(daemon):
    return next((item["health"] for item in daemon.get("modules").json["items"] if item["address"] == MODULE), None)


def _return_ms(daemon):
    """From the moment in which the module falls silent."""
    until(lambda: _health(daemon) == "good", what="the module")
    changed = daemon.request("PATCH", "config?confirm_within_s=60", {"robot": {"place": "bench"}}, role="administrator",
                             headers={"Content-Type": "application/merge-patch+json"})
    assert changed.status == 200, changed
    assert daemon.sim(f"fault {MODULE} silence") == "ok"
    begun = time.monotonic()
    until(lambda: daemon.get("config/pending").json["version"] is None, what="the return")
    ms = (time.monotonic() - begun) * 1e3
    newest = daemon.get("config/versions?limit=1").json["items"][0]
    assert f"module {MODULE} was lost" in newest["reason"], newest
    assert daemon.sim(f"clear {MODULE}") == "ok"
    return ms


def run(bench):
    """Record the group."""
    with tempfile.TemporaryDirectory(dir=TOP / "build") as folder, running(pathlib.Path(folder), bus_time_factor=1) as daemon:
        until(lambda: daemon.get("robot").json["state"] == "safe", what="safe")
        worst = max(_return_ms(daemon) for _ in range(RETURNS))
    bench.record("config.early_return_ms", worst, "ms", "native", bar=("<", 2000), samples=RETURNS,
                 note="the longest, from a module's silence until the values of before are live and written down; asked for over HTTPS")
