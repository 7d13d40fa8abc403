# SPDX-License-Identifier: GPL-2.0-or-later
"""A system whose time of day is not that of the test."""
import struct
import time


def keep_right(daemon):
    """Somebody keeps its time of day right, whatever the machine of the test says of its own; set(0): nobody any more."""
    keeper = Skewed(daemon, "OHT_SHIM_KEPT")
    keeper.set(1)
    return keeper


class Skewed:
    """The time of day of a daemon's system, off by as many seconds as wanted; or another clock, by its variable of shims/clock.c."""

    def __init__(self, daemon, variable="OHT_SHIM_CLOCK"):
        self.file = daemon.folder / variable
        self.set(0)
        daemon.preload("clock", **{variable: str(self.file)})

    def set(self, off_s):
        """From now on, in place: the daemon has the file mapped."""
        with self.file.open("r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("=q", off_s))

    def set_to_1970(self):
        """As a board without a battery comes up."""
        self.set(-int(time.time()) + 60)
