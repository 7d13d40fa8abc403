# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting for a condition, and ports that are free."""
import socket
import time

# No bound: a host that stalls may delay anything. A time is given only where nothing is worth waiting longer for.
PATIENCE_S = 30


def until(condition, timeout_s=PATIENCE_S, what="it", period_s=0.02):
    """Poll condition() until it is true and return what it returned; fail when time is up."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what} did not happen within {timeout_s} s"
        time.sleep(period_s)


def free_port():
    """A TCP port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
