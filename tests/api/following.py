# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of the WebSocket that comes back after every end and proves that it has missed nothing."""
import json
import random
import ssl
import threading
import time

from live import dial
from oht_test.websocket import Closed, NotUpgraded

# Each event is told. Quiet messages in a row, and changes of a state that a slow reader has not taken, are joined and counted.
EVENTS, STATES = ("safety", "commands"), ("robot", "modules")


class Told:
    """What all followers together were told: under one number of one epoch all must have got the same."""

    def __init__(self):
        self.lock = threading.Lock()
        self.contents = {}

    def compare(self, epoch, message):
        """A message that stands for itself alone."""
        content = hash(json.dumps(message["data"], sort_keys=True))
        with self.lock:
            known = self.contents.setdefault((epoch, message["channel"], message["seq"]), content)
        assert known == content, f"another follower got something else: {message}"


class Follower:
    """Checks that nothing is missing, doubled or out of order over the ends of connections and of the daemon.

    left: how many connections it has ended itself, each behind about every `leaves_after`th message and without a word;
    closed: how many the daemon has ended. resyncs: states that were told anew because the place was beyond the ring, which
    a client is told; it never happens to events here.
    """

    def __init__(self, daemon, token, states=STATES, told=None, leaves_after=None):
        self.daemon, self.token, self.told, self.leaves_after = daemon, token, told, leaves_after
        self.channels = EVENTS + states
        self.epoch, self.seqs, self.states, self.resynced = None, {}, {}, set()
        self.messages = self.left = self.closed = self.resyncs = 0
        self.over = threading.Event()
        self.failure = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        try:
            while not self.over.is_set():
                self._connect()
        except AssertionError as failure:
            # For whoever waits for the numbers of this follower; the test itself fails by the exception.
            self.failure = failure
            raise

    def _connect(self):
        try:
            with dial(self.daemon, token=self.token) as link:
                self._follow(link)
        except Closed as closed:
            # Without a word only in a handshake that the old life has not finished.
            assert (closed.code, closed.reason) in ((1001, "shutting_down"), (None, "")) or self.over.is_set(), closed
            self.closed += closed.code is not None
        except NotUpgraded as refused:
            # The daemon ends, or too many come at once.
            assert str(refused).startswith("HTTP/1.1 503 "), refused
            time.sleep(random.uniform(0, 0.5))
        except (OSError, ssl.SSLError):
            time.sleep(0.01)

    def _follow(self, link):
        assert self.epoch in (None, link.hello["epoch"]), "the epoch goes on"
        self.epoch = link.hello["epoch"]
        for channel in self.channels:
            since = {"since": {"epoch": self.epoch, "seq": self.seqs[channel]}} if channel in self.seqs else {}
            link.say({"type": "subscribe", "channel": channel, **since})
        while not self.over.is_set():
            self._take(link.hear())
            if self.leaves_after and random.randrange(self.leaves_after) == 0:
                self.left += 1
                return

    def _take(self, message):
        channel = message["channel"]
        if message["type"] == "resync":
            assert channel in self.seqs and channel not in EVENTS, message
            self.resynced.add(channel)
            self.resyncs += 1
        elif message["type"] == "snapshot":
            self._begin(channel, message)
        else:
            self._go_on(channel, message)

    def _begin(self, channel, message):
        goes_on = channel in self.seqs and channel not in self.resynced
        self.resynced.discard(channel)
        assert message["recovered"] == goes_on, message
        if goes_on:
            assert self.seqs[channel] == message["seq"], message
            return
        assert message["seq"] >= self.seqs.get(channel, 0), message
        self.seqs[channel], self.states[channel] = message["seq"], message["data"]

    def _go_on(self, channel, message):
        left_out = message.get("conflated", 0)
        assert message["type"] == "update" or (message["type"] == "event" and channel in EVENTS and not left_out), message
        assert message["seq"] == self.seqs[channel] + 1 + left_out, (message, self.seqs)
        if self.told and not left_out:
            self.told.compare(self.epoch, message)
        self.states[channel] = {**self.states[channel], **message["data"]}
        self.seqs[channel] = message["seq"]
        self.messages += 1

    def end(self):
        """Returns when it is gone."""
        self.over.set()
        self.thread.join()
