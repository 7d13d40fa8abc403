#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Follow channels of ohtd's WebSocket and print each change as one line of JSON; comes back after every lost connection.

follow.py [--url wss://localhost:8443] [--ca ca.crt] [--user NAME] CHANNEL...

The password is the first line of standard input. Needs Debian's python3-websockets. What it shows: log in, subscribe, keep
the state of a channel from its changes, see that no message is missing, and resume where the last connection ended.
"""
import argparse
import asyncio
import json
import random
import ssl
import sys
import urllib.error
import urllib.request

import websockets

# At least two messages a second come; this long without one is a lost connection.
SILENCE_S = 3
# A connection that is dead does not answer its end either; it is waited for up to four times this.
CLOSE_S = 0.5
# Before the n-th attempt: a random time up to the n-th, so that many clients do not come back at once.
WAITS_S = (0.5, 1, 2, 4, 8, 16, 30)
# Close codes after which another attempt with the same account makes no sense.
NEVER_AGAIN = (1003, 1007, 1009)


class Ended(Exception):
    """Another attempt makes no sense; says why."""


class Channel:
    """The state of a channel, made from its messages, and the place behind the newest one."""

    def __init__(self, name, **more):
        """more: further members of the request, as max_rate_hz."""
        self.name = name
        self.more = more
        self.state = {}
        self.since = None
        self.utc = None

    def subscribe(self):
        """The request; from the second connection on it asks for what came since."""
        return {"type": "subscribe", "channel": self.name, **self.more, **({"since": self.since} if self.since else {})}

    def take(self, message, epoch):
        """A message of this channel. Returns what has changed; raises when messages are missing."""
        seq = message["seq"]
        recovered = message["type"] == "snapshot" and message["recovered"]
        if message["type"] == "snapshot" and not recovered:
            self.state = {}
        elif not recovered and seq != self.since["seq"] + 1 + message.get("conflated", 0):
            raise RuntimeError(f"{self.name}: message {seq} follows {self.since['seq']}")
        self.state.update(message["data"])
        self.since = {"epoch": epoch, "seq": seq}
        self.utc = message["ts"]["utc"]
        return message["data"]


class Account:
    """Who asks a robot, and the token that says so, until the robot refuses it."""

    def __init__(self, url, tls, user, password):
        self.url = url
        self.tls = tls
        self.token = None
        self._who = {"username": user, "password": password}

    def post(self, path, body, timeout_s=20):
        """The answer to a POST; raises HTTPError when it is refused."""
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        request = urllib.request.Request(f"{self.url.replace('wss:', 'https:')}/api/v1/{path}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, context=self.tls, timeout=timeout_s) as answer:
            return json.load(answer)

    def log_in(self, timeout_s=20):
        """Another token."""
        self.token = None
        self.token = self.post("auth/login", self._who, timeout_s)["access_token"]


def why(problem):
    """What a refusal says, with the members that it is about."""
    return "; ".join([problem["detail"], *(f"{each['pointer']}: {each['detail']}" for each in problem.get("errors", ()))])


async def follow_once(account, channels, tell):
    """One connection, until it ends."""
    async with websockets.connect(account.url + "/api/v1/ws", ssl=account.tls, open_timeout=10, close_timeout=CLOSE_S) as link:
        hello = json.loads(await asyncio.wait_for(link.recv(), SILENCE_S))
        await link.send(json.dumps({"type": "auth", "token": account.token}))
        for channel in channels.values():
            await link.send(json.dumps(channel.subscribe()))
        while True:
            message = json.loads(await asyncio.wait_for(link.recv(), SILENCE_S))
            if message["type"] == "error":
                raise Ended(f"refused: {why(message)}")
            if message["type"] in ("snapshot", "update", "event"):
                changed = channels[message["channel"]].take(message, hello["epoch"])
                tell({"channel": message["channel"], "type": message["type"], "seq": message["seq"],
                      "recovered": message.get("recovered"), "data": changed})


async def follow(account, channels, tell, lost=lambda: None):
    """For ever, or until the account is refused. tell() takes each change, lost() is called after each connection and attempt."""
    channels = {channel.name: channel for channel in channels}
    attempt = 0
    while True:
        before = [channel.since for channel in channels.values()]
        try:
            if not account.token:
                await asyncio.to_thread(account.log_in)
            await follow_once(account, channels, tell)
        except urllib.error.HTTPError as error:
            if error.code == 401:
                raise Ended(f"refused: {why(json.load(error))}") from error
        except websockets.ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else None
            if code in NEVER_AGAIN:
                raise Ended(f"closed: {code} {closed.rcvd.reason}") from closed
            if code == 4401:
                account.token = None        # it has expired: log in again
        except (OSError, asyncio.TimeoutError, websockets.InvalidHandshake):
            pass
        lost()
        came = [channel.since for channel in channels.values()] != before
        attempt = 0 if came else min(attempt + 1, len(WAITS_S) - 1)
        wait_s = random.uniform(0, WAITS_S[attempt])
        print(f"no connection; again in {wait_s:.1f} s", file=sys.stderr, flush=True)
        await asyncio.sleep(wait_s)


def options(parser):
    """Those that say which robot and who asks."""
    parser.add_argument("--url", default="wss://localhost:8443", help="of the robot (%(default)s)")
    parser.add_argument("--ca", help="the robot's authority, from https://ROBOT:8443/ca.crt; else what this machine trusts")
    parser.add_argument("--user", default="viewer", help="account (%(default)s); its password is read from standard input")


def account_of(given):
    """The account of these options."""
    password = sys.stdin.readline().rstrip("\n")
    return Account(given.url, ssl.create_default_context(cafile=given.ca), given.user, password)


def main():
    parser = argparse.ArgumentParser(prog="follow.py", description="Follow channels of ohtd.")
    options(parser)
    parser.add_argument("channel", nargs="+")
    given = parser.parse_args()

    def tell(change):
        print(json.dumps(change), flush=True)

    asyncio.run(follow(account_of(given), [Channel(name) for name in given.channel], tell))


def begin(program):
    """The exit status is 1 with what has ended it, 130 after Ctrl-C."""
    try:
        program()
    except Ended as ended:
        sys.exit(str(ended))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    begin(main)
