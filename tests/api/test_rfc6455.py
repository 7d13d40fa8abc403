# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 6455 by its sections: what a client sends, and what the daemon must do. Each row is sent whole and byte by byte.

The handshake has its tests in test_live.py and test_foxglove.py; here are those of its rules that only the frames behind it show.
"""
import base64
import contextlib
import hashlib
import json
import socket
import struct
import typing

import pytest

import test_live
from oht_test.websocket import BINARY, CLOSE, PING, PONG, TEXT, Closed, WebSocket, frame

CONTINUED = 0
MESSAGE_BYTES_MAX = 4096
# What a row must bring: the answer to a message, a pong, and at the end the code of a close frame; without one it goes on.
ANSWER = "answer"
NO_CODE = "close frame without a code"
# Longer rows are not sent byte by byte.
CHOPPED_BYTES_MAX = 1000
RFC_KEY, RFC_ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def wide(opcode, data, length_bytes):
    """A frame whose length takes more bytes than it must."""
    mask = b"\1\2\3\4"
    length = bytes([0x80 | (126 if length_bytes == 2 else 127)]) + len(data).to_bytes(length_bytes, "big")
    return bytes([0x80 | opcode]) + length + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


def text(bytes_wanted=20):
    """A message of so many bytes that both endpoints answer, with a refusal: a member that neither knows."""
    start = b'{"x":"'
    return start + b"a" * (bytes_wanted - len(start) - 2) + b'"}'


def pieces(opcode, *parts):
    """A message of several frames."""
    last = len(parts) - 1
    return b"".join(frame(opcode if i == 0 else CONTINUED, part, final=i == last) for i, part in enumerate(parts))


def close(code, reason=b""):
    """A close frame of a client."""
    return frame(CLOSE, struct.pack(">H", code) + reason)


class Row(typing.NamedTuple):
    """Section of RFC 6455, what the client does, its bytes, and what the daemon must send for them."""
    section: str
    what: str
    data: bytes
    expected: tuple


def bad_text(section, what, data, *more):
    """Not UTF-8, with valid text in front so that it is found inside."""
    return Row(section, what, frame(TEXT, b'{"x":"' + data, *more), (1007,))


LENGTHS = [
    *(Row("5.2", f"text of {size} bytes", frame(TEXT, text(size)), (ANSWER,))
      for size in (15, 124, 125, 126, 127, 128, 255, 256, 1024, MESSAGE_BYTES_MAX - 1, MESSAGE_BYTES_MAX)),
    Row("5.2", "text of 0 bytes", frame(TEXT), (ANSWER,)),
    # 10.4: limits may be set; 7.4.1 names the code.
    *(Row("10.4", f"text of {size} bytes", frame(TEXT, text(size)), (1009,))
      for size in (MESSAGE_BYTES_MAX + 1, 16384, 65535, 65536, 200000)),
    Row("10.4", "a claim of 2^62 bytes", frame(TEXT, b"x", length=1 << 62), (1009,)),
    Row("5.2", "a claim of 2^63 bytes, whose highest bit must be 0", frame(TEXT, length=1 << 63), (1002,)),
    # "the minimal number of bytes MUST be used"
    *(Row("5.2", f"{size} bytes with a length of {wide_bytes} bytes", wide(TEXT, text(size), wide_bytes), (1002,))
      for size, wide_bytes in ((20, 2), (125, 2), (20, 8), (126, 8), (1000, 8))),
    Row("5.2", "0 bytes with a length of 2 bytes", wide(TEXT, b"", 2), (1002,)),
    Row("5.5", "a ping with a length of 2 bytes", wide(PING, b"x", 2), (1002,)),
]

RESERVED = [
    *(Row("5.2", f"reserved bit {bit:#x} in a text", frame(TEXT | bit, text()), (1002,)) for bit in (0x10, 0x20, 0x40, 0x70)),
    *(Row("5.2", f"reserved bit {bit:#x} in a {name}", frame(opcode | bit), (1002,))
      for bit in (0x10, 0x40) for name, opcode in (("ping", PING), ("close", CLOSE))),
    Row("5.2", "a reserved bit in a continuation", frame(TEXT, b"{", final=False) + frame(CONTINUED | 0x40, b"}"), (1002,)),
    *(Row("5.2", f"opcode {opcode}", frame(opcode), (1002,)) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
    *(Row("5.2", f"opcode {opcode} with data", frame(opcode, b"data"), (1002,)) for opcode in (3, 7, 11, 15)),
    Row("5.2", "opcode 3 behind a message", frame(TEXT, text()) + frame(3), (ANSWER, 1002)),
    Row("5.2", "opcode 5 within a message", frame(TEXT, b"{", final=False) + frame(5, b"}"), (1002,)),
]

MASKS = [
    Row("5.1", "a text without a mask", frame(TEXT, text(), masked=False), (1002,)),
    Row("5.1", "an empty text without a mask", frame(TEXT, masked=False), (1002,)),
    Row("5.1", "a long text without a mask", frame(TEXT, text(4000), masked=False), (1002,)),
    Row("5.1", "a ping without a mask", frame(PING, b"x", masked=False), (1002,)),
    Row("5.1", "a close without a mask", frame(CLOSE, b"\x03\xe8", masked=False), (1002,)),
    Row("5.3", "a mask of zeros", bytes([0x81, 0x80 | 20, 0, 0, 0, 0]) + text(20), (ANSWER,)),
]

FRAGMENTS = [
    Row("5.4", "two pieces", pieces(TEXT, text()[:5], text()[5:]), (ANSWER,)),
    Row("5.4", "a piece for each byte", pieces(TEXT, *(bytes([byte]) for byte in text())), (ANSWER,)),
    Row("5.4", "empty pieces at both ends", pieces(TEXT, b"", text(), b""), (ANSWER,)),
    Row("5.4", "empty pieces only", pieces(TEXT, b"", b"", b""), (ANSWER,)),
    Row("5.4", "empty pieces in the middle", pieces(TEXT, text()[:5], b"", b"", text()[5:]), (ANSWER,)),
    Row("5.4", "a ping between pieces",
        frame(TEXT, text()[:5], final=False) + frame(PING, b"between") + frame(CONTINUED, text()[5:]), ((PONG, b"between"), ANSWER)),
    Row("5.4", "pings and a pong between all pieces",
        frame(TEXT, text()[:5], final=False) + frame(PING) + frame(CONTINUED, text()[5:9], final=False) + frame(PONG, b"x")
        + frame(PING, b"2") + frame(CONTINUED, text()[9:]), ((PONG, b""), (PONG, b"2"), ANSWER)),
    Row("5.4", "a close between pieces", frame(TEXT, b"{", final=False) + close(1000), (1000,)),
    Row("5.4", "the limit in pieces", pieces(TEXT, text(MESSAGE_BYTES_MAX)[:4000], text(MESSAGE_BYTES_MAX)[4000:]), (ANSWER,)),
    Row("10.4", "one byte more in pieces", pieces(TEXT, b"x" * MESSAGE_BYTES_MAX, b"x"), (1009,)),
    Row("10.4", "many small pieces without an end", frame(TEXT, b"x" * 100, final=False)
        + frame(CONTINUED, b"x" * 100, final=False) * 60, (1009,)),
    Row("5.4", "a continuation of nothing", frame(CONTINUED, text()), (1002,)),
    Row("5.4", "an unfinished continuation of nothing", frame(CONTINUED, text(), final=False), (1002,)),
    Row("5.4", "a continuation behind a whole message", frame(TEXT, text()) + frame(CONTINUED, text()), (ANSWER, 1002)),
    Row("5.4", "a continuation behind the last piece", pieces(TEXT, text()[:5], text()[5:]) + frame(CONTINUED), (ANSWER, 1002)),
    Row("5.4", "a new text within a message", frame(TEXT, b"{", final=False) + frame(TEXT, text()), (1002,)),
    Row("5.4", "a new text behind an empty first piece", frame(TEXT, final=False) + frame(TEXT, text()), (1002,)),
    Row("5.4", "a new binary within a message", frame(TEXT, b"{", final=False) + frame(BINARY), (1002,)),
    Row("5.4", "a message behind one in pieces", pieces(TEXT, text()[:5], text()[5:]) + frame(TEXT, text()), (ANSWER, ANSWER)),
]

CONTROLS = [
    *(Row("5.5.2", f"a ping of {len(data)} bytes", frame(PING, data), ((PONG, data),))
      for data in (b"", b"x", b"\0\xff\xfe\xc3", b"x" * 125)),
    Row("5.5.2", "three pings", frame(PING, b"1") + frame(PING, b"2") + frame(PING, b"3"), ((PONG, b"1"), (PONG, b"2"), (PONG, b"3"))),
    *(Row("5.5", f"a {name} of {size} bytes", frame(opcode, b"x" * size), (1002,))
      for size in (126, 65536) for name, opcode in (("ping", PING), ("pong", PONG))),
    Row("5.5", "a close of 126 bytes", close(1000, b"x" * 124), (1002,)),
    *(Row("5.5", f"a {name} in pieces", frame(opcode, final=False) + frame(CONTINUED), (1002,))
      for name, opcode in (("ping", PING), ("pong", PONG), ("close", CLOSE))),
    Row("5.5", "the head of the first piece of a ping", frame(PING, b"x" * 100, final=False)[:6], (1002,)),
    *(Row("5.5.3", f"a pong of {len(data)} bytes that nobody asked for", frame(PONG, data), ()) for data in (b"", b"x" * 125)),
    Row("5.5.3", "pongs around a ping", frame(PONG, b"x") + frame(PING, b"y") + frame(PONG), ((PONG, b"y"),)),
]

UTF8 = [
    *(Row("5.6", f"a text with {name}", frame(TEXT, b'{"x":"' + data + b'"}'), (ANSWER,)) for name, data in (
        ("all lengths of code points", "aé€😀".encode()), ("U+0000 escaped", rb"\u0000"), ("U+FFFF", b"\xef\xbf\xbf"),
        ("U+D7FF", b"\xed\x9f\xbf"), ("U+E000", b"\xee\x80\x80"), ("U+10FFFF", b"\xf4\x8f\xbf\xbf"), ("a mark", b"\xef\xbb\xbf"))),
    *(Row("5.6", f"a code point of {len(data)} bytes cut behind byte {cut}", pieces(TEXT, b'{"x":"' + data[:cut], data[cut:] + b'"}'),
          (ANSWER,)) for data in ("é".encode(), "€".encode(), "😀".encode()) for cut in range(1, len(data))),
    Row("5.6", "a ping within a code point",
        frame(TEXT, b'{"x":"\xe2', final=False) + frame(PING, b"\xff") + frame(CONTINUED, b'\x82\xac"}'), ((PONG, b"\xff"), ANSWER)),
    *(bad_text("8.1", f"a text with {name}", data + b'"}') for name, data in (
        ("byte ff", b"\xff"), ("byte fe", b"\xfe"), ("a lone continuation", b"\x80"), ("a surrogate", b"\xed\xa0\x80"),
        ("a pair of surrogates", b"\xed\xa0\xbd\xed\xb8\x80"), ("the last surrogate", b"\xed\xbf\xbf"),
        ("U+0000 in two bytes", b"\xc0\x80"), ("a slash in two bytes", b"\xc0\xaf"), ("a slash in three bytes", b"\xe0\x80\xaf"),
        ("U+FFFF in four bytes", b"\xf0\x8f\xbf\xbf"), ("U+110000", b"\xf4\x90\x80\x80"), ("five bytes", b"\xf8\x88\x80\x80\x80"),
        ("six bytes", b"\xfc\x84\x80\x80\x80\x80"), ("a code point cut short inside", b"\xe2\x82"))),
    *(bad_text("8.1", f"a text that ends within a code point of {len(data) + 1} bytes", data) for data in (
        b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98")),
    Row("8.1", "a code point that the last piece leaves open", pieces(TEXT, b'{"x":"\xe2', b"\x82"), (1007,)),
    Row("8.1", "a code point that the next piece breaks", pieces(TEXT, b'{"x":"\xe2', b'"}'), (1007,)),
    # At once, not at the end of the message.
    Row("8.1", "byte ff in a message without an end", frame(TEXT, b'{"x":"\xff', final=False), (1007,)),
    Row("8.1", "U+110000 in a message without an end", frame(TEXT, b'{"x":"\xf4\x90', final=False), (1007,)),
]

CODES_GOOD = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
CODES_BAD = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
CLOSES = [
    Row("5.5.1", "a close without a body", frame(CLOSE), (NO_CODE,)),
    # "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer"
    Row("5.5.1", "a close of one byte", frame(CLOSE, b"\x03"), (1002,)),
    *(Row("7.4", f"code {code}", close(code), (code,)) for code in CODES_GOOD),
    *(Row("7.4", f"code {code}", close(code), (1002,)) for code in CODES_BAD),
    Row("7.4", "code 2000 with a reason", close(2000, b"bye"), (1002,)),
    *(Row("7.1.6", f"a reason of {len(reason)} bytes", close(1000, reason), (1000,)) for reason in (
        b"x", b"bye", "aé€😀".encode(), "é".encode() * 61, b"x" * 123)),
    *(Row("8.1", f"a reason with {name}", close(1000, b"abc" + reason), (1007,)) for name, reason in (
        ("byte ff", b"\xff"), ("a surrogate", b"\xed\xa0\x80"), ("an open end", b"\xe2\x82"), ("a slash in two bytes", b"\xc0\xaf"))),
    Row("8.1", "a reason that is not UTF-8 from its first byte", close(1000, b"\xff"), (1007,)),
    Row("5.5.1", "a message behind the close", close(1000) + frame(TEXT, text()), (1000,)),
    Row("5.5.1", "a ping behind the close", close(1000) + frame(PING, b"x"), (1000,)),
    Row("5.5.1", "a second close", close(1000) + close(1001), (1000,)),
    Row("5.5.1", "garbage behind the close", close(1000) + b"\xff" * 300, (1000,)),
    Row("5.5.1", "much behind the close", close(1000) + frame(TEXT, text(60000)), (1000,)),
    Row("5.5.1", "a message in front of the close", frame(TEXT, text()) + close(1000), (ANSWER, 1000)),
]

ROWS = [*LENGTHS, *RESERVED, *MASKS, *FRAGMENTS, *CONTROLS, *UTF8, *CLOSES]


# ---- the two endpoints ----

def _own(daemon, **headers):
    return test_live.dial(daemon, "viewer", **headers)


def _foxglove(daemon, **headers):
    link = WebSocket(daemon.connect(), f"127.0.0.1:{daemon.port}", path="/api/v1/foxglove",
                     Authorization=f"Bearer {daemon.token('viewer')}", **headers)
    assert [link.hear()["op"], link.hear()["op"]] == ["serverInfo", "advertise"]
    return link


ENDPOINTS = pytest.mark.parametrize("dial", [_own, _foxglove], ids=["ws", "foxglove"])


@pytest.fixture(name="witness", scope="module")
def _witness(daemon):
    """A client that goes on, whatever others do."""
    with _own(daemon) as link:
        yield link


def is_answered(link):
    """Another message is answered, and nothing comes before its answer."""
    link.raw(frame(TEXT, text()))
    assert received(link) == ANSWER


def received(link):
    """What the daemon sends next, in the words of the table."""
    opcode, data = link.receive_frame()
    while opcode == PING:
        # A host so slow that the client has been silent for long.
        link.raw(frame(PONG, data))
        opcode, data = link.receive_frame()
    if opcode == TEXT:
        said = json.loads(data)
        assert said.get("type") == "error" or said.get("op") == "status", said
        return ANSWER
    if opcode == CLOSE:
        assert len(data) != 1 and data[2:].decode() is not None
        return struct.unpack(">H", data[:2])[0] if data else NO_CODE
    return opcode, data


def send(link, data, chopped):
    """A daemon that has seen enough may end the connection before all is sent."""
    with contextlib.suppress(OSError):
        if chopped:
            link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(len(data)):
                link.raw(data[i:i + 1])
        else:
            link.raw(data)


def ends(expected):
    """Is there a close frame in the end?"""
    return bool(expected) and (expected[-1] == NO_CODE or isinstance(expected[-1], int))


# ---- the table ----

def cases():
    """Each row; the short ones also byte by byte, of which the gate has a fourth."""
    for number, row in enumerate(ROWS):
        yield pytest.param(row, False, id=f"{row.section} {row.what}")
        if len(row.data) <= CHOPPED_BYTES_MAX:
            yield pytest.param(row, True, id=f"{row.section} {row.what}, byte by byte", marks=[pytest.mark.slow] if number % 4 else [])


@ENDPOINTS
@pytest.mark.parametrize("row, chopped", cases())
def test_a_row(daemon, witness, dial, row, chopped):
    with dial(daemon) as link:
        send(link, row.data, chopped)
        assert [received(link) for _ in row.expected] == list(row.expected)
        if ends(row.expected):
            with pytest.raises(Closed):
                link.receive_frame()
        else:
            is_answered(link)
    is_answered(witness)


# ---- what is no row ----

def test_a_binary_message_is_not_taken(daemon, witness):
    """7.4.1: an endpoint that understands only text sends 1003."""
    for data in (frame(BINARY, b"{}"), frame(BINARY), pieces(BINARY, b"\xff", b"\xfe")):
        with _own(daemon) as link:
            link.raw(data)
            assert received(link) == 1003
    is_answered(witness)


def test_a_binary_message_to_foxglove_is_refused(daemon):
    """Its protocol has binary messages of clients, none of which is taken; bytes of them need not be UTF-8."""
    with _foxglove(daemon) as link:
        for data in (frame(BINARY, b"\x01\xff"), frame(BINARY), pieces(BINARY, b"\xff", b"\xfe")):
            link.raw(data)
            assert received(link) == ANSWER
        is_answered(link)


@ENDPOINTS
def test_the_reason_is_echoed(daemon, dial):
    """5.5.1: an endpoint typically echoes the code that it received."""
    with dial(daemon) as link:
        link.raw(close(4321, "gehört".encode()))
        assert link.receive_frame() == (CLOSE, struct.pack(">H", 4321) + "gehört".encode())


@ENDPOINTS
@pytest.mark.parametrize("data", [b"", frame(TEXT, text()), frame(TEXT, b"{", final=False), frame(TEXT, text())[:9], b"\x81"],
                         ids=["silence", "message", "piece", "part of a frame", "one byte"])
def test_a_client_that_hangs_up_is_let_go(daemon, witness, dial, data):
    """7.2.1: also without a close frame; the daemon's half ends too."""
    with dial(daemon) as link:
        link.raw(data)
        link.sock.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while link.sock.recv(65536):
                pass
    is_answered(witness)


@ENDPOINTS
def test_the_key_is_answered(daemon, dial):
    """4.2.2 with the example of 1.3; 9.1: no extension that nobody has agreed to."""
    for key, accept in ((RFC_KEY, RFC_ACCEPT), ("A" * 22 + "==", None)):
        with dial(daemon, Sec_WebSocket_Key=key, Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits") as link:
            accept = accept or base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()).decode()
            head = link.head.lower()
            assert f"sec-websocket-accept: {accept}\r\n" in link.head
            assert "upgrade: websocket\r\n" in head and "sec-websocket-extensions" not in head
            is_answered(link)
