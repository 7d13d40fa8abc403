# SPDX-License-Identifier: GPL-2.0-or-later
"""The ports that `virt` does not have by itself: a pci-serial device, whose I/O ports the host bridge shows in memory,
and the kernel's own PL011 driver with ours as its serdev child. Words for `then` in tests/boards.toml.
"""
import json

from vsbc.errors import SbcError

from .run import PROGRAMS

UNITS = "2:0x100:8=2 3:0x100:8=3 4:0x100:8=4 5:0x100:8=5"
READS = 400
# Longer than any stall of a busy host, which may come in the middle of an answer; a character that is lost still shows.
PATIENT = "-t 3000000"
# The kernel's driver hands characters on when a worker runs, and the engine gives the transmitter no more than the wire's
# time: an emulator that had to wait for its host has sent late, which the next attempt mends. A robot's reads have as many.
REPEATED = "-r 2"
SYS = "/sys/class/oht/oht0"
PORTS_16550 = 0x1038
# An open descriptor keeps the module oht, but not the device: the port over serdev is another module.
LEAVE = {"oht": "echo 3eff1038.rs485 > /sys/bus/platform/drivers/oht/unbind", "oht_serdev": "rmmod oht_serdev"}
COME_BACK = {"oht": "echo 3eff1038.rs485 > /sys/bus/platform/drivers/oht/bind", "oht_serdev": "modprobe oht_serdev"}


def _expect_kind(run, kind):
    """Which port it is, as user space sees it."""
    code, said = run.guest.run("ohtctl --json info")
    run.test(f"it is a device with the port {kind}", code == 0 and json.loads(said)["port"] == kind,
             said, run.guest.run("dmesg | tail -n 20")[1])


def _read_registers(run, what, arguments, seconds=60):
    """bus_test; every read must be good, and without repeats at the first attempt."""
    code, said = run.guest.run(f"{PROGRAMS}/bus_test {PATIENT} {arguments} {UNITS}", timeout=seconds)
    try:
        result = json.loads(said.strip().splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        run.test(what, False, said)
        return
    once = result["attempts"] == result["reads"] or REPEATED in arguments
    run.test(what, code == 0 and result["errors"] == 0 and result["wrong"] == 0 and once, said)
    run.note(f"{result['reads']} reads of 8 registers, {result['reads'] * 1e9 / result['elapsed_ns']:.1f} per second")


def _press(run, arguments=""):
    """The button, with the machine enabled and the bus full: both outputs fall, whoever owns the UART."""
    guest, pins = run.guest, run.machine.pins
    guest.check("(ohtctl safety enable > /tmp/enable 2>&1 &)")
    if not pins.wait_enables(1, 30):
        run.test("it can be enabled", False, guest.run("cat /tmp/enable; ohtctl safety status")[1])
        return
    guest.check(f"({PROGRAMS}/bus_test {PATIENT} {arguments} -c 200 {UNITS} > /tmp/pressed 2>&1 &)")
    pins.press()
    run.test("a press under traffic lowers both outputs", pins.wait_enables(0, 30))
    pins.release()
    causes = guest.check(f"cat {SYS}/estop/causes")
    run.test("and the journal says why", "button" in causes, causes)
    code, said = guest.run("until grep reads /tmp/pressed; do sleep 1; done", timeout=60)
    run.test("reads go on meanwhile", code == 0 and '"errors":0' in said, said)


def _leave_under_traffic(run, module, arguments=""):
    """The module goes while reads are under way: they end, nothing hangs."""
    run.guest.check(f"{PROGRAMS}/bus_test {PATIENT} -c 0 {UNITS} > /tmp/left 2>&1 & sleep 1")
    run.guest.check(LEAVE[module], timeout=60)
    code, said = run.guest.run("until grep gone /tmp/left; do sleep 1; done", timeout=30)
    run.test("taking the device away ends reads with ENODEV and a hang-up",
             code == 0 and '"gone":true' in said and '"hangup":true' in said, said)
    run.guest.check(COME_BACK[module])
    _read_registers(run, "and it can come back", f"-c 40 {arguments}")


def _take_over(run):
    """Take the 16550 from the kernel's driver, and load ours."""
    where = f"0000:00:{run.board.pci_uart:02x}.0"
    found = int(run.guest.check(f"cat /sys/bus/pci/devices/{where}/resource").split()[0], 16)
    if found != PORTS_16550:
        raise SbcError(f"the 16550 is at I/O port {found:#x}, dts/oht-virt-16550.dtso says {PORTS_16550:#x}")
    run.guest.check(f"echo {where} > /sys/bus/pci/drivers/serial/unbind; "
                    f"echo 1 > /sys/bus/pci/devices/{where}/enable; modprobe oht")


def port_16550(run):
    """Alone on its interrupt line."""
    _take_over(run)
    _expect_kind(run, "16550")
    run.test("its rate is what the divisor makes", run.guest.check(f"cat {SYS}/baud_effective_millibps") == "115200000")
    _read_registers(run, "each of many reads of four modules is good", f"-c {READS}")
    changes = run.machine.pins.count(6)
    run.test("DE went up and down for each", changes == 2 * READS, changes)
    code, said = run.guest.run("ohtctl --json write 2 0x30 123 45 --timeout-ms 500")
    run.test("a request longer than its FIFO arrives", code == 0, said)
    _press(run)
    _leave_under_traffic(run, "oht")


def port_16550_shared(run):
    """On one interrupt line with a UART of the kernel's driver."""
    _take_over(run)
    _read_registers(run, "it shares its line with the kernel's driver", "-c 100")


def port_16550_refused(run):
    """PREEMPT_RT: the other user of the line has a thread, so there is no bus."""
    _take_over(run)
    run.test("the stop is there without a bus", run.guest.run("test -e /dev/oht0")[0] == 0)


def port_serdev(run):
    """Over the kernel's own driver of the PL011."""
    _expect_kind(run, "serdev")
    _read_registers(run, "each of many reads of four modules is good", f"-c {READS} {REPEATED}")
    _press(run, REPEATED)
    _leave_under_traffic(run, "oht_serdev", REPEATED)
