# SPDX-License-Identifier: GPL-2.0-or-later
"""Which characters of the page's files a browser has run, taken over Chromium's own protocol; scripts/coverage-web makes lines of them."""
import json
import os
import pathlib
import urllib.parse

FOLDER = os.environ.get("OHT_WEB_COVERAGE")


class Covered:
    """One bit per character of each file, of all pages that a window has had."""

    def __init__(self, call):
        self.call, self.files = call, {}

    def begin(self):
        """In the tab in front, and in what it opens later."""
        self.call("Profiler.enable")
        self.call("Profiler.startPreciseCoverage", callCount=True, detailed=True)

    def take(self):
        """What was run since the last time; before a page goes away."""
        for script in self.call("Profiler.takePreciseCoverage")["result"]:
            path = urllib.parse.urlsplit(script["url"]).path
            if path.startswith("/assets/") and path.endswith(".js"):
                ranges = [part for function in script["functions"] for part in function["ranges"]]
                self.files[path] = self.files.get(path, 0) | bits(ranges)

    def keep(self):
        """One file for each window, which no other one has."""
        name = pathlib.Path(FOLDER) / f"{os.getpid()}-{id(self)}.json"
        name.write_text(json.dumps({path: hex(found) for path, found in self.files.items()}))


def bits(ranges):
    """The innermost range says whether a character was run. Bit n: character n."""
    found = bytearray(max((part["endOffset"] for part in ranges), default=0))
    for part in sorted(ranges, key=lambda part: part["startOffset"] - part["endOffset"]):
        begin, end = part["startOffset"], part["endOffset"]
        found[begin:end] = (b"\1" if part["count"] else b"\0") * (end - begin)
    return int(found[::-1].translate(bytes.maketrans(b"\0\1", b"01")) or b"0", 2)
