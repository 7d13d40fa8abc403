# SPDX-License-Identifier: GPL-2.0-or-later
"""How late the host lets a sleeper go on: what a failed test with a deadline may be due to.

A host that lets this thread wait lets the emulator wait too.
"""
import threading
import time

PERIOD_S = 0.01


class Lateness(threading.Thread):
    """Sleeps for 10 ms again and again until end(), and keeps how much longer it slept."""

    def __init__(self):
        super().__init__(name="lateness", daemon=True)
        self._samples = []
        self._due_s = time.monotonic() + PERIOD_S
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def run(self):
        while not self._ended.wait(max(0, self._due_s - time.monotonic())):
            now_s = time.monotonic()
            with self._lock:
                # Only what could matter, so that hours of it stay small.
                if now_s - self._due_s > PERIOD_S:
                    self._samples.append((now_s, now_s - self._due_s))
                self._due_s = now_s + PERIOD_S

    def worst_ms(self, since=0.0):
        """The worst that ended after that moment or lasts still; 0 where it was not more than the period."""
        with self._lock:
            worst_s = max((late_s for when_s, late_s in self._samples if when_s >= since), default=0.0)
            return round(1000 * max(worst_s, time.monotonic() - self._due_s, 0.0))

    def end(self):
        """Sample no more."""
        self._ended.set()
        self.join()
