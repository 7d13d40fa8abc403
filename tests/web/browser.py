# SPDX-License-Identifier: GPL-2.0-or-later
"""Chromium through chromedriver: the few calls of the WebDriver protocol that the tests need."""
import base64
import contextlib
import json
import math
import os
import pathlib
import shutil
import subprocess
import time
import urllib.error
import urllib.request

from oht_test.covered import FOLDER, Covered
from oht_test.wait import free_port, until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-default-apps", "--hide-scrollbars"]
# Where containers have less, Chromium takes files on the disk instead, which is slower.
SHM_BYTES = 1 << 30

# The page takes two presses on one spot within half a second for a double click, of which the second half answers nothing.
ONE_SPOT_PX = 24
DOUBLE_CLICK_S = 0.55

# Of the WebDriver protocol: what the page does not hold, or does not hold any more.
GONE = ("no such element", "stale element reference")


class NotThere(AssertionError):
    """The element that was asked for is not in the page."""


class Browser:
    """One window with an empty profile of its own."""

    def __init__(self, folder, pin, width=1200, height=900, dark=False):
        self.folder = pathlib.Path(folder)
        self.driver = None
        self.base = None
        self.clicked = (math.inf, math.inf), 0.0
        self.covered = Covered(self.cdp) if FOLDER else None
        flags = FLAGS + [f"--user-data-dir={self.folder}/profile", f"--window-size={width},{height}",
                         f"--ignore-certificate-errors-spki-list={pin}"]
        shm = os.statvfs("/dev/shm")
        if shm.f_bavail * shm.f_frsize < SHM_BYTES:
            flags.append("--disable-dev-shm-usage")
        if dark:
            flags.append("--force-dark-mode")
        self.capabilities = {"browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"},
                             "goog:chromeOptions": {"binary": shutil.which("chromium"), "args": flags}}

    def __enter__(self):
        port = free_port()
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL,
                                       stderr=(self.folder / "chromedriver.log").open("ab"))
        self.base = f"http://127.0.0.1:{port}"
        self.wait(self._ready, what="chromedriver")
        try:
            made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": self.capabilities}})
        except BaseException:
            self._end()
            raise
        self.base += f"/session/{made['sessionId']}"
        if self.covered:
            self.covered.begin()
        return self

    def __exit__(self, *_):
        try:
            if self.covered:
                self.covered.take()
                self.covered.keep()
            self._call("DELETE", "")
        finally:
            self._end()

    def _end(self):
        self.driver.terminate()
        self.driver.wait(10)

    def _ready(self):
        try:
            return self._call("GET", "/status")["ready"]
        except OSError:
            return False

    def _call(self, method, path, body=None):
        data = None if method in ("GET", "DELETE") else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            told = json.load(error)["value"]
            kind = NotThere if told["error"] in GONE else AssertionError
            raise kind(f"{method} {path}: {told['message']}") from error

    @staticmethod
    def wait(condition, *more, **named):
        """Until condition(); an element that is not there yet, or was drawn anew meanwhile, is one more reason to wait."""
        def met():
            try:
                return condition()
            except NotThere:
                return False
        return until(met, *more, **named)

    def open(self, url):
        """Go there."""
        if self.covered:
            self.covered.take()
        self._call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """JavaScript in the page; returns what it returns."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def _find(self, selector):
        return self._call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        """As a person does: fails when the element is hidden or covered; on one spot it is no half of a double click."""
        element = self._find(selector)
        # Where it will be when the driver has moved it into view.
        spot = self.run("const box = arguments[0]; box.scrollIntoView({ block: 'nearest', behavior: 'instant' });"
                        "const r = box.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]", {ELEMENT: element})
        if math.dist(spot, self.clicked[0]) < ONE_SPOT_PX:
            time.sleep(max(0.0, self.clicked[1] + DOUBLE_CLICK_S - time.monotonic()))
        self._call("POST", f"/element/{element}/click")
        self.clicked = spot, time.monotonic()

    def type(self, selector, text):
        """Keys into an element."""
        self._call("POST", f"/element/{self._find(selector)}/value", {"text": text})

    def keys(self, text):
        """Keys to whatever has the focus."""
        actions = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def hold(self, selector):
        """Press in the middle of an element and stay."""
        self._point("mouse", self._press(selector))

    def move(self, by):
        """What is held, so many pixels to the right."""
        self._point("mouse", [{"type": "pointerMove", "duration": 0, "origin": "pointer", "x": by, "y": 0}])

    def let_go(self):
        """What is held."""
        self._point("mouse", [{"type": "pointerUp", "button": 0}])

    def touch(self, selector):
        """With a finger, which the driver lifts only in the request that has put it down: else it stays for all tests behind."""
        self._point("touch", [*self._press(selector), {"type": "pointerUp", "button": 0}])

    def pinch(self, selector, begin, end):
        """Two fingers that are so far from the middle of an element, and then so far; lifted in the same request."""
        target = {ELEMENT: self._find(selector)}
        fingers = [{"type": "pointer", "id": f"finger {side}", "parameters": {"pointerType": "touch"}, "actions": [
            {"type": "pointerMove", "duration": 0, "origin": target, "x": side * begin, "y": 0}, {"type": "pointerDown", "button": 0},
            {"type": "pointerMove", "duration": 100, "origin": target, "x": side * end, "y": 0}, {"type": "pointerUp", "button": 0}]}
            for side in (-1, 1)]
        self._call("POST", "/actions", {"actions": fingers})

    def _press(self, selector):
        target = {ELEMENT: self._find(selector)}
        return ({"type": "pointerMove", "duration": 0, "origin": target, "x": 0, "y": 0}, {"type": "pointerDown", "button": 0})

    def _point(self, kind, actions):
        self._call("POST", "/actions", {"actions": [{"type": "pointer", "id": kind, "actions": actions, "parameters": {"pointerType": kind}}]})

    def key_down(self, key):
        """To whatever has the focus; the key stays down."""
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard",
                                                     "actions": [{"type": "keyDown", "value": key}]}]})

    def key_up(self, key):
        """The other half."""
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard",
                                                     "actions": [{"type": "keyUp", "value": key}]}]})

    def text(self, selector):
        """What a person reads there."""
        return self._call("GET", f"/element/{self._find(selector)}/text")

    def shown(self, selector):
        """Can a person see it?"""
        return self._call("GET", f"/element/{self._find(selector)}/displayed")

    def resize(self, width, height):
        """The window."""
        self._call("POST", "/window/rect", {"width": width, "height": height})

    def narrow(self, width, height):
        """A viewport narrower than a window can be, as on a telephone."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=True)

    def scheme(self, name):
        """light or dark"""
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def forget(self, url):
        """All that the site has kept, as in a browser that has never been there."""
        self.open("about:blank")
        self.cdp("Storage.clearDataForOrigin", origin=url.rstrip("/"), storageTypes="all")
        self.cdp("Network.clearBrowserCache")

    def cdp(self, command, **parameters):
        """A command of Chromium's own."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    @contextlib.contextmanager
    def first(self, script):
        """Pages that are opened meanwhile run the script before anything of their own."""
        made = self.cdp("Page.addScriptToEvaluateOnNewDocument", source=script)
        try:
            yield
        finally:
            self.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=made["identifier"])

    def handle(self):
        """Of the tab that is in front."""
        return self._call("GET", "/window")

    def switch(self, handle):
        """To another tab."""
        self._call("POST", "/window", {"handle": handle})

    def new_tab(self):
        """A further one, in front."""
        self.switch(self._call("POST", "/window/new", {"type": "tab"})["handle"])
        if self.covered:
            self.covered.begin()

    def close_others(self):
        """All tabs but the one in front."""
        mine = self.handle()
        for other in self._call("GET", "/window/handles"):
            if other != mine:
                self.switch(other)
                self._call("DELETE", "/window")
        self.switch(mine)

    def picture(self, file):
        """A PNG of the window."""
        pathlib.Path(file).write_bytes(base64.b64decode(self._call("GET", "/screenshot")))

    def complaints(self):
        """What the console has said since the last call, at level SEVERE."""
        entries = self._call("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]
