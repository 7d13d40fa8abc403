# SPDX-License-Identifier: GPL-2.0-or-later
"""Slaves that are not ours: pymodbus at the far end of ohtd's line, with the legacy map, and what it was asked.

ohtd and pymodbus each have a terminal of their own; what lies between counts what passes, and can let nothing pass.
"""
import asyncio
import csv
import dataclasses
import os
import pty
import threading
import tty

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.framer.rtu_framer import ModbusRtuFramer
from pymodbus.server.async_io import ModbusSerialServer, ModbusSingleRequestHandler

from daemon import TOP
from oht_test.wait import until

MODULES = {2: "power", 3: "safety", 4: "travel_motor", 5: "dock_location"}
DRIVE = 4
# Where slaves of the legacy map end; what lies between registers reads 0.
ENDS = {2: 0x200, 3: 0x200, 4: 0x200, 5: 0xA100}
WRITES = (5, 6, 15, 16, 21, 22, 23)
# unit, function, address, word: the drive is told to stand, as long as the position seems to change.
STAND = (DRIVE, 6, 0x02, 0)
WORDS = {"u32": 2, "i32": 2, "string": 2}
RANGES = {"i16": (-0x8000, 0x7FFF), "i32": (-1 << 31, (1 << 31) - 1), "u32": (0, (1 << 32) - 1), "bool": (0, 1),
          "string": None}
# Other values than these are a robot in trouble, which is another subject.
GOOD = {"estop_active": 0, "distance_1": 4000, "distance_2": 4100, "distance_3": 4200, "distance_4": 4300,
        "zone_threshold_1": 1000, "zone_threshold_2": 500, "zone_threshold_3": 200, "zone_threshold_4": 100,
        "speed_actual": 0, "direction": 0}


@dataclasses.dataclass
class Register:
    """A row of registers.csv, as the slave holds it."""
    name: str
    address: int
    kind: str
    raw: int

    @property
    def words(self):
        """As on the wire: the low word first."""
        raw = self.raw & 0xFFFFFFFF
        return [raw & 0xFFFF, raw >> 16][:WORDS.get(self.kind, 1)]


def rows_of(module, profile="legacy"):
    """Rows of registers.csv that are the map of a module."""
    with open(TOP / "userspace/data/registers.csv", encoding="ascii", newline="") as table:
        return [row for row in csv.DictReader(table)
                if row["profile"] in ("common", profile) and row["module"] in ("system", module)]


def fill(unit, chance, module=None):
    """The registers of a slave, each with some value of its range."""
    registers = []
    for row in rows_of(module or MODULES[unit]):
        low, high = RANGES.get(row["type"], (0, 0xFFFF)) or (0, 0)
        low = max(low, int(row["min"])) if row["min"] else low
        high = min(high, int(row["max"])) if row["max"] else high
        raw = chance.randint(low, high)
        while f"0x{raw & 0xFFFF:04X}" in row["none"].split():
            raw = chance.randint(low, high)
        if row["fault"]:
            raw = 0
        if row["type"] == "string":
            raw = int.from_bytes(b"TAOH", "big")      # "OHTA": the low word holds the first two
        registers.append(Register(row["name"], int(row["address"], 0), row["type"], GOOD.get(row["name"], raw)))
    special = {"device_id": unit, "module_type": {name: unit for unit, name in MODULES.items()}[module or MODULES[unit]]}
    for register in registers:
        register.raw = special.get(register.name, register.raw)
    return registers


class Slave:
    """One of them: what it holds, and how often it was written."""

    def __init__(self, unit, registers, holes):
        """`holes`: what is between its registers is refused; otherwise it reads 0."""
        self.unit = unit
        self.registers = {register.name: register for register in registers}
        words = {register.address + i: word for register in registers for i, word in enumerate(register.words)}
        if holes:
            block = ModbusSparseDataBlock(words)
        else:
            block = ModbusSequentialDataBlock(0, [words.get(address, 0) for address in range(ENDS.get(unit, 0x200))])
        self.context = ModbusSlaveContext(hr=block, zero_mode=True)

    def words(self, name):
        """What pymodbus holds in a register now."""
        register = self.registers[name]
        return self.context.getValues(3, register.address, len(register.words))


class _Handler(ModbusSingleRequestHandler):
    """Lets a second slave of the same address answer at the same time: the line carries both."""

    def __init__(self, owner):
        super().__init__(owner)
        self.request = None

    def execute(self, request, *addr):
        self.request = request
        super().execute(request, *addr)

    def _send_(self, data):
        twin = self.server.twins.get(self.request.unit_id)
        if twin:
            answer = self.request.execute(twin.context)
            answer.unit_id = self.request.unit_id
            other = self.framer.buildPacket(answer)
            # A line that is pulled down by either is down; and two clocks are never the same.
            data = bytes(a & b for a, b in zip(data, other[1:] + b"\xff")) + b"\xf8"
        super()._send_(data)


class Foreign:
    """pymodbus on a terminal, in a thread; `link` names the terminal for ohtd. Ends like a process, for Daemon."""

    def __init__(self, link, slaves):
        self.link = link
        self.slaves = {slave.unit: slave for slave in slaves}
        self.asked = []             # (unit, function, address, word behind it) of each request
        self._loop = asyncio.new_event_loop()
        self._server = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(30), "pymodbus did not begin"

    # ---- for the test ----

    def wait(self, timeout_s=30):
        """Return when the thread has ended."""
        self._thread.join(timeout_s)
        assert not self._thread.is_alive()

    def terminate(self):
        """End it."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)

    def written(self):
        """{unit: [(function, address)]} of all requests that write, but for a set-point of zero."""
        writes = {}
        for request in list(self.asked):
            unit, function, address, _ = request
            if function in WRITES and request != STAND:
                writes.setdefault(unit, []).append((function, address))
        return writes

    def count(self, unit):
        """How often a unit was asked."""
        return sum(each[0] == unit for each in list(self.asked))

    def unplug(self, unit):
        """The slave is not on the line any more."""
        self._do(lambda: self._server.context.__delitem__(unit))

    def plug(self, slave):
        """It is, or another one in its place."""
        self.slaves[slave.unit] = slave
        self._do(lambda: self._server.context.__setitem__(slave.unit, slave.context))

    def twin(self, unit, slave):
        """A second slave at the address of another one; None takes it away."""
        self._do(lambda: self._server.twins.__setitem__(unit, slave))

    def hang_up(self):
        """The adapter is pulled out: ohtd's terminal is gone."""
        self._do(self._close_line)

    def come_back(self):
        """And plugged in."""
        self._do(self._open_line)

    # ---- the thread ----

    def _do(self, what):
        """In the thread, and wait for it."""
        async def act():
            what()
        asyncio.run_coroutine_threadsafe(act(), self._loop).result(30)

    def _open_line(self):
        self._near, self._near_end = pty.openpty()
        tty.setraw(self._near_end)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self._near_end))
        self._loop.add_reader(self._near, self._from_ohtd)

    def _close_line(self):
        if self._near is None:
            return
        self._loop.remove_reader(self._near)
        self.link.unlink(missing_ok=True)
        os.close(self._near)
        os.close(self._near_end)
        self._near = None

    def _from_ohtd(self):
        request = os.read(self._near, 512)
        self.asked.append((request[0], request[1], int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big")))
        os.write(self._far, request)

    def _from_slaves(self):
        said = os.read(self._far, 512)
        # The number of a line that is closed may belong to another file by now.
        if self._near is not None:
            os.write(self._near, said)

    async def _start(self):
        self._server = ModbusSerialServer(
            ModbusServerContext({unit: slave.context for unit, slave in self.slaves.items()}, single=False),
            ModbusRtuFramer, port=os.ttyname(self._far_end), baudrate=115200, handler=_Handler,
            ignore_missing_slaves=True)
        self._server.twins = {}
        await self._server.start()
        assert self._server.transport, "pymodbus has no line"

    async def _end(self):
        handler = self._server.protocol.handler_task
        await self._server.shutdown()
        handler.cancel()
        await asyncio.gather(handler, return_exceptions=True)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._far, self._far_end = pty.openpty()
        tty.setraw(self._far_end)
        self._open_line()
        self._loop.run_until_complete(self._start())
        self._loop.add_reader(self._far, self._from_slaves)
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._end())
        self._close_line()
        self._loop.remove_reader(self._far)
        os.close(self._far)
        os.close(self._far_end)
        self._loop.close()


def foreign_robot(link, chance, holes=False):
    """The four modules, and three more drives at 6 to 8 that say they are number 4."""
    slaves = [Slave(unit, fill(unit, chance), holes) for unit in MODULES]
    for unit in (6, 7, 8):
        clone = Slave(unit, fill(DRIVE, chance), holes)
        slaves.append(clone)
    return Foreign(link, slaves)


def start_on_foreign(daemon, chance, words):
    """Start a daemon on the foreign robot, each of whose slaves has `words[unit]`, (address, words), and wait for its four modules."""
    daemon.simulator = foreign_robot(daemon.uart, chance)
    for unit, (address, held) in words.items():
        daemon.simulator.slaves[unit].context.setValues(3, address, held)
    daemon.start()
    until(lambda: all(item["health"] == "good" for item in daemon.get("modules").json["items"] if item["address"] in MODULES),
          what="four good modules")
