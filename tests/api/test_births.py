# SPDX-License-Identifier: GPL-2.0-or-later
"""A start that the system refuses one thing: one line says which part it was for, all that is open is closed, and nothing is lost by it."""
import itertools
import re
import subprocess

import pytest

from daemon import OHTD

# Each part that needs a thread or a descriptor, as the line of the start names it, in the order of their births.
PARTS = ["store thread", "worker threads", "bus: cannot begin", "robot", "journal thread", "configuration", "jobs thread", "history threads",
         "gateway: cannot listen on 127.0.0.1 port 0", "webhooks", "robot: cannot start the control thread", "server threads", "gateway thread"]
REASONS = r"Resource temporarily unavailable|Too many open files"
# The daemon goes on without it, and says so.
BORNE = ("device_missing: bus: cannot start a thread",)


@pytest.fixture(name="born")
def _born(fresh):
    """start(number): what a start says whose thread or descriptor of this number is refused; None: it had fewer of them."""
    fresh.write_config(gateway_listen="127.0.0.1:0")
    fresh.start_simulator()
    seen = fresh.folder / "seen"

    def start(number):
        seen.unlink(missing_ok=True)
        fresh.preload("births", OHT_SHIM_BIRTH=str(number), OHT_SHIM_BIRTH_SEEN=str(seen))
        log = []
        with subprocess.Popen([OHTD, "--config", fresh.config], env=fresh.environment(), stderr=subprocess.PIPE, text=True) as process:
            for line in process.stderr:
                log.append(line)
                if " main ready: " in line:
                    process.terminate()
        errors = [line for line in log if " error " in line]
        assert not fresh.ready.exists(), "an end in order takes the file away"
        if process.returncode:
            found = len(errors) == 1 and re.search(rf" error main start: (.*): (?:{REASONS})$", errors[0])
            assert (process.returncode, bool(found)) == (1, True), (process.returncode, log)
            return found[1]
        assert not seen.exists() or any(words in line for line in log for words in BORNE), log
        return "" if seen.exists() else None
    yield start


def test_a_start_that_is_refused_something_says_for_which_part(born, chance):
    for number in chance.sample(range(1, 25), 2):
        assert any(born(number).startswith(part) for part in PARTS)


@pytest.mark.slow
def test_each_part_in_turn_can_be_refused_its_birth(born):
    said = list(itertools.takewhile(lambda part: part is not None, map(born, itertools.count(1))))
    assert list(dict.fromkeys(part for part in said if part)) == PARTS and "" in said
