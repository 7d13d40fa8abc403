# SPDX-License-Identifier: GPL-2.0-or-later
"""The Modbus TCP gateway in front of clients that people have: mbpoll, and modbus-serial and jsmodbus of Node.

Nothing of them is changed. libmodbus and pymodbus are in test_gateway.py.
"""
import json
import re
import shlex
import shutil
import subprocess

import pytest

from daemon import TOP, die_with_us
from modbus import ADDRESS, FUNCTION, NO_ANSWER, NO_PATH, VALUE
from node_packages import install_packages
from test_gateway import CONTROL, GOOD, LISTED, MAP_END, THRESHOLD, TYPE, VERSION, first_search_is_over, gateway

# It starts a client of somebody else for each test.
pytestmark = pytest.mark.slow

FOLDER = TOP / "tests/api/modbus_clients"
UNITS = (2, 3, 4, 5)


@pytest.fixture(name="port")
def _port(fresh):
    with gateway(fresh) as port:
        yield port


# ---- mbpoll ----

def shown():
    """The command that the document has, without what it says behind it."""
    return shlex.split(re.search(r"`(mbpoll [^`]*)`", (TOP / "docs/gateway.md").read_text(encoding="utf-8"))[1])


def mbpoll(port, *arguments):
    """Its result; arguments take the place of those for unit and registers in the document."""
    command = shown()
    place = command.index("-p")
    assert command[-1] == "127.0.0.1" and "-1" in command
    command[place + 1] = str(port)
    if arguments:
        command[1:place] = ["-0", "-1", "-o", "10"]
        command += arguments
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)


def values(done):
    """{register: value}"""
    assert done.returncode == 0, done
    return {int(register): int(value) for register, value in re.findall(r"^\[(\d+)\]:\s+(\d+)", done.stdout, re.MULTILINE)}


def test_mbpoll_shows_the_robot_as_the_document_says(port):
    robot = values(mbpoll(port))
    assert list(robot) == list(range(MAP_END)), robot
    assert robot[VERSION] == 1 and robot[GOOD] == 0b11110


def test_mbpoll_reads_modules(port):
    for unit in UNITS:
        assert values(mbpoll(port, "-a", str(unit), "-r", str(TYPE), "-c", "1")) == {TYPE: unit}
    done = mbpoll(port, "-a", "2:5", "-r", str(TYPE), "-c", "1")
    assert re.findall(r"^\[260\]:\s+(\d+)", done.stdout, re.MULTILINE) == ["2", "3", "4", "5"], done


@pytest.mark.parametrize("arguments, why", [
    (("-a", "2", "-r", "28672", "-c", "4"), "Illegal data address"),
    (("-a", "1", "-r", str(MAP_END), "-c", "1"), "Illegal data address"),
    (("-a", "99", "-r", "0", "-c", "1"), "Target device failed to respond"),
    (("-a", "2", "-t", "0", "-r", "1", "-c", "1"), "Illegal function"),
])
def test_mbpoll_says_why_it_reads_nothing(port, arguments, why):
    done = mbpoll(port, *arguments)
    assert why in done.stderr and not re.search(r"^\[\d+\]:", done.stdout, re.MULTILINE), done


def test_mbpoll_writes_what_is_listed_only(fresh):
    with gateway(fresh, **LISTED) as port:
        first_search_is_over(fresh)
        done = mbpoll(port, "-a", "2", "-r", str(THRESHOLD), "--", "121")
        assert done.returncode == 0 and "Written 1 reference" in done.stdout, done
        assert "raw=121 " in fresh.sim("get 2 0x4D")
        done = mbpoll(port, "-a", "2", "-r", str(THRESHOLD + 1), "--", "121")
        assert "Illegal data address" in done.stderr, done
    with gateway(fresh) as port:
        done = mbpoll(port, "-a", "2", "-r", str(THRESHOLD), "--", "122")
        assert "Illegal function" in done.stderr, done
        assert "raw=121 " in fresh.sim("get 2 0x4D")


# ---- libraries of Node ----

@pytest.fixture(name="library", params=["modbus-serial", "jsmodbus"])
def _library(request):
    install_packages(FOLDER)
    return request.param


def ask(library, port, *asked):
    """The answers by their ids; see ask.mjs."""
    done = subprocess.run([shutil.which("node"), FOLDER / "ask.mjs", library, str(port), json.dumps(asked)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False, timeout=100, preexec_fn=die_with_us)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_node_reads_the_robot_and_modules(library, port):
    said = ask(library, port, ("robot", "read", 1, 0, MAP_END), ("input", "input", 1, VERSION, 1), ("gateway", "read", 255, VERSION, 1),
               *((f"type of {unit}", "read", unit, TYPE, 1) for unit in UNITS))
    robot = said.pop("robot")
    assert len(robot) == MAP_END and robot[VERSION] == 1 and robot[GOOD] == 0b11110
    assert said == {"input": [1], "gateway": [1], **{f"type of {unit}": [unit] for unit in UNITS}}


def test_node_sees_exceptions_and_goes_on(library, port):
    said = ask(library, port, ("register", "read", 2, 0x7000, 4), ("end of the map", "read", 1, MAP_END - 1, 2), ("unit", "read", 99, 0, 1),
               ("no unit", "read", 248, 0, 1), ("write", "write", 2, THRESHOLD, 100), ("writes", "many", 2, THRESHOLD, [100]),
               ("control word", "write", 1, CONTROL, 2), ("next", "read", 1, VERSION, 1))
    assert said == {"register": ADDRESS, "end of the map": ADDRESS, "unit": NO_ANSWER, "no unit": NO_PATH, "write": FUNCTION,
                    "writes": FUNCTION, "control word": FUNCTION, "next": [1]}


def test_node_reads_several_units_at_once(library, port):
    """modbus-serial over one connection: each answer is told by its transaction id. jsmodbus by one connection for each unit."""
    rounds = [(f"{unit}, {number}", "read", unit, TYPE if unit > 1 else VERSION, 1) for number in range(8) for unit in (1, *UNITS)]
    assert ask(library, port, rounds) == {identity: [unit] for identity, _, unit, _, _ in rounds}


def test_an_exception_among_several_reads_is_that_of_its_own_request(library, port):
    rounds = [(f"{unit}, {address}", "read", unit, address, 1) for unit in UNITS for address in (TYPE, 0x7000)]
    said = ask(library, port, rounds)
    assert said == {**{f"{unit}, {TYPE}": [unit] for unit in UNITS}, **{f"{unit}, {0x7000}": ADDRESS for unit in UNITS}}


def test_node_writes_what_is_listed(library, fresh):
    with gateway(fresh, **LISTED) as port:
        first_search_is_over(fresh)
        said = ask(library, port, ("write", "write", 2, THRESHOLD, 121), ("many", "many", 2, THRESHOLD, [122]), ("read", "read", 2, THRESHOLD, 1),
                   ("two", "many", 2, THRESHOLD, [1, 2]), ("other", "write", 2, THRESHOLD + 1, 1), ("range", "write", 2, 0x30, 601))
        assert said == {"write": [121], "many": [None], "read": [122], "two": ADDRESS, "other": ADDRESS, "range": VALUE}
        assert "raw=122 " in fresh.sim("get 2 0x4D")
