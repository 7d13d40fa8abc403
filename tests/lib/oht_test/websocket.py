# SPDX-License-Identifier: GPL-2.0-or-later
"""A WebSocket client that can also do wrong: RFC 6455 byte by byte, so that tests may leave any rule."""
import base64
import json
import os
import socket
import struct
import time

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
WAIT_S = 30


def gapless(messages):
    """Of one channel. None is missing between any two: those that were left out are counted, and an event never is."""
    return all(message["seq"] == before["seq"] + 1 + message.get("conflated", 0) and ("conflated" not in message or message["type"] == "update")
               for before, message in zip(messages, messages[1:]))


class Closed(Exception):
    """The server has ended the connection; code and reason of its close frame, or None."""

    def __init__(self, code=None, reason=""):
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


class NotUpgraded(AssertionError):
    """The handshake was answered with something else than 101."""


def handshake(host, path="/api/v1/ws", **headers):
    """The request; a header with the value None is left out."""
    wanted = {"Host": host, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
              "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
              **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in wanted.items() if value is not None)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def frame(opcode, data=b"", final=True, masked=True, length=None):
    """One frame; length: what it claims to have."""
    length = len(data) if length is None else length
    head = bytes([opcode | (0x80 if final else 0)])
    bit = 0x80 if masked else 0
    if length < 126:
        head += bytes([bit | length])
    else:
        head += bytes([bit | 126]) + struct.pack(">H", length) if length < 65536 else bytes([bit | 127]) + struct.pack(">Q", length)
    if not masked:
        return head + data
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


class WebSocket:
    """A connection whose handshake has been answered with 101."""

    def __init__(self, sock, host, **headers):
        self.sock = sock
        self.sock.settimeout(WAIT_S)
        self.received = b""
        self.sock.sendall(handshake(host, **headers))
        head = self._until(b"\r\n\r\n").decode()
        if not head.startswith("HTTP/1.1 101 "):
            raise NotUpgraded(head)
        self.head = head

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    # ---- bytes ----

    def _more(self):
        try:
            more = self.sock.recv(65536)
        except socket.timeout:
            raise
        except OSError as error:
            raise Closed() from error
        if not more:
            raise Closed()
        self.received += more

    def _until(self, mark):
        while mark not in self.received:
            self._more()
        part, self.received = self.received.split(mark, 1)
        return part + mark

    def _take(self, count):
        while len(self.received) < count:
            self._more()
        part, self.received = self.received[:count], self.received[count:]
        return part

    def receive_frame(self):
        """(opcode, data) of the next frame, which must be whole and not masked."""
        first, second = self._take(2)
        assert first & 0x80 and not second & 0x80, (first, second)
        length = second & 0x7f
        if length >= 126:
            length = struct.unpack(">H" if length == 126 else ">Q", self._take(2 if length == 126 else 8))[0]
        return first & 0x0f, self._take(length)

    # ---- messages ----

    def receive(self):
        """(opcode, data) of the next message; raises Closed when there is none any more."""
        while True:
            opcode, data = self.receive_frame()
            if opcode in (TEXT, BINARY):
                return opcode, data
            if opcode == PING:
                self.raw(frame(PONG, data))
            if opcode == CLOSE:
                code = struct.unpack(">H", data[:2])[0] if len(data) >= 2 else None
                try:
                    self.raw(frame(CLOSE, data))
                except OSError:
                    pass
                raise Closed(code, data[2:].decode())

    def raw(self, data):
        """Any bytes."""
        self.sock.sendall(data)

    def say(self, message, **more):
        """One message, a dict or bytes."""
        data = message if isinstance(message, bytes) else json.dumps({**message, **more}).encode()
        self.raw(frame(TEXT, data))

    def hear(self):
        """The next message of text; raises Closed when there is none any more."""
        while True:
            opcode, data = self.receive()
            if opcode == TEXT:
                return json.loads(data)

    def hear_until(self, wanted, within_s=WAIT_S):
        """All messages up to the first for which wanted(message), that one last."""
        end, heard = time.monotonic() + within_s, []
        while not heard or not wanted(heard[-1]):
            assert time.monotonic() < end, heard[-3:]
            heard.append(self.hear())
        return heard

    def hear_end(self):
        """Reads to the end of the connection; returns its Closed."""
        try:
            while True:
                self.hear()
        except Closed as closed:
            return closed
