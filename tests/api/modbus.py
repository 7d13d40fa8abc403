# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients of the Modbus TCP gateway: libmodbus, and bare sockets for what no library would send."""
import ctypes
import re
import socket
import struct

from oht_test.wait import until

ENOBASE = 112345678
FUNCTION, ADDRESS, VALUE, FAILED, BUSY, NO_PATH, NO_ANSWER = 1, 2, 3, 4, 6, 10, 11


def port_of(daemon):
    """The port that the gateway has said."""
    return int(until(lambda: re.findall(r"gateway listening: \S+ port (\d+)", daemon.log()), what="the gateway's port")[-1])


class Refused(Exception):
    """An exception of Modbus; its number is the argument."""

    @property
    def code(self):
        return self.args[0]


def heard(call, *args, **more):
    """What a module answers that is there: asked again while a late host lets it wait."""
    def answer():
        try:
            return (call(*args, **more),)
        except Refused as refusal:
            if refusal.code not in (NO_ANSWER, BUSY):
                raise
            return None
    return until(answer, what="an answer of the module")[0]


class Libmodbus:
    """A client as its manual has it."""

    def __init__(self, port, unit=1):
        self.library = ctypes.CDLL("libmodbus.so.5", use_errno=True)
        self.library.modbus_new_tcp.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.modbus_new_tcp(b"127.0.0.1", port))
        self.library.modbus_set_response_timeout(self.context, 10, 0)
        assert self.library.modbus_connect(self.context) == 0
        self.unit = unit

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.library.modbus_close(self.context)
        self.library.modbus_free(self.context)

    def call(self, name, *args, unit=None):
        """The result of a function; an exception of Modbus is raised."""
        self.library.modbus_set_slave(self.context, unit or self.unit)
        done = getattr(self.library, name)(self.context, *args)
        error = ctypes.get_errno()
        if done < 0:
            if error <= ENOBASE:
                raise OSError(error, name)
            raise Refused(error - ENOBASE)
        return done

    def read(self, address, count=1, unit=None, name="modbus_read_registers"):
        """Values of registers."""
        words = (ctypes.c_uint16 * count)()
        assert self.call(name, address, count, words, unit=unit) == count
        return list(words)

    def read_input(self, address, count=1, unit=None):
        """The same of input registers."""
        return self.read(address, count, unit, "modbus_read_input_registers")

    def write(self, address, value, unit=None):
        """One register by function 6."""
        self.call("modbus_write_register", address, ctypes.c_uint16(value), unit=unit)

    def write_many(self, address, values, unit=None):
        """Registers by function 16."""
        words = (ctypes.c_uint16 * len(values))(*values)
        self.call("modbus_write_registers", address, len(values), words, unit=unit)


def frame(transaction, unit, pdu, protocol=0, length=None):
    """Bytes of a request, with a head that may lie."""
    return struct.pack(">HHHB", transaction, protocol, len(pdu) + 1 if length is None else length, unit) + pdu


def reading(transaction, unit, address, count=1, function=3):
    """A request to read."""
    return frame(transaction, unit, struct.pack(">BHH", function, address, count))


class Bare:
    """A socket that sends what it is told."""

    def __init__(self, port, timeout=20, takes_bytes=None, source="127.0.0.1"):
        """takes_bytes: the size of the kernel's buffer for what comes. By itself the buffer grows to megabytes."""
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        if takes_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes_bytes)
        self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def exactly(self, count):
        """So many bytes; None when the gateway has closed."""
        data = b""
        while len(data) < count:
            try:
                more = self.socket.recv(count - len(data))
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            data += more
        return data

    def take(self):
        """The next answer as (transaction, unit, pdu); None when the gateway has closed."""
        head = self.exactly(7)
        if head is None:
            return None
        transaction, protocol, length, unit = struct.unpack(">HHHB", head)
        assert protocol == 0
        return transaction, unit, self.exactly(length - 1)

    def closed(self):
        """Wait until the gateway closes; nothing else may come."""
        return self.exactly(1) is None
