# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients of the live data: who is let in at once, who has to wait, and who takes few bytes."""
import contextlib
import socket

from oht_test.wait import until
from oht_test.websocket import Closed, WebSocket

STRANGERS_MAX, STRANGERS_SHARE = 16, 4


def ticket_of(daemon, role="viewer", **headers):
    """A ticket, as a page with these headers gets it."""
    answer = daemon.post("auth/ticket", role=role, headers=headers)
    assert answer.status == 200 and answer.json["expires_in"] == 10, answer
    return answer.json["ticket"]


def dial(daemon, role=None, token=None, connect=None, **headers):
    """A WebSocket behind its hello; authenticated for a role or token."""
    token = token or (role and daemon.token(role))
    while True:
        made = WebSocket((connect or daemon.connect)(), f"127.0.0.1:{daemon.port}", **headers)
        made.hello = made.hear()
        assert made.hello.keys() == {"type", "version", "epoch"} and (made.hello["type"], made.hello["version"]) == ("hello", 1)
        if not token:
            return made
        try:
            made.say({"type": "auth", "token": token})
            made.say({"type": "ping"})
            assert made.hear() == {"type": "pong"}
            return made
        except Closed as closed:
            made.sock.close()
            # The host let the 2 s pass in which a client says who it is: it comes again.
            if closed.reason != "auth_timeout":
                raise


def narrow(daemon):
    """A TLS socket whose kernel takes few bytes."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    raw.connect(("127.0.0.1", daemon.port))
    return daemon.tls().wrap_socket(raw, server_hostname="localhost")


def among_strangers(daemon, look):
    """What look(strangers) found among as many as are let in. The host may let the 2 s pass that each has: then all is done again."""
    def looked():
        until(lambda: "\nwebsocket_active_connections 0\n" in daemon.request("GET", "/metrics").body.decode(), what="nobody")
        with contextlib.ExitStack() as stack:
            strangers = [stack.enter_context(dial(daemon, connect=lambda at=f"127.0.0.{1 + i // STRANGERS_SHARE}": daemon.connect(source=at)))
                         for i in range(STRANGERS_MAX)]
            try:
                found = look(strangers)
                strangers[0].say({"type": "ping"})
                strangers[0].hear_until(lambda message: message == {"type": "pong"})
            except (Closed, OSError) as ended:
                assert not isinstance(ended, Closed) or ended.reason in ("auth_timeout", ""), ended
                return None
            return found
    return until(looked, what="16 strangers within their 2 s")


def subscribe(link, channel, **more):
    """Returns the first message of the channel."""
    link.say({"type": "subscribe", "channel": channel, **more})
    return link.hear_until(lambda message: message.get("channel") == channel)[-1]
