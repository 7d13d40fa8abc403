# SPDX-License-Identifier: GPL-2.0-or-later
"""How late the host lets a sleeper go on: what a failed test with a deadline may be due to."""
import threading
import time

PERIOD_S = 0.01


class Lateness(threading.Thread):
    """Samples while it runs; worst(since) is the largest lateness of a sample that ended after that moment."""

    def __init__(self):
        super().__init__(daemon=True)
        self._samples = []
        self._lock = threading.Lock()

    def run(self):
        while True:
            begun = time.monotonic()
            time.sleep(PERIOD_S)
            now = time.monotonic()
            late = now - begun - PERIOD_S
            # Only what could matter, so that hours of it stay small.
            if late > PERIOD_S:
                with self._lock:
                    self._samples.append((now, late))

    def worst_ms(self, since=0.0):
        """In ms; 0 where no sleeper was late by more than the period."""
        with self._lock:
            return round(1000 * max((late for when, late in self._samples if when >= since), default=0.0))
