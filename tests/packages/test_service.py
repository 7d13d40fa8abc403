# SPDX-License-Identifier: GPL-2.0-or-later
"""The service of the packages under Debian 12's own systemd: whether the daemon runs with what the unit takes from it, and what
systemd does when it crashes, hangs, is restarted, upgraded, removed. In this order; each test goes on where the one before stopped.

The system is of this machine's kind (debian_system.py): there is no /dev/oht0, so the daemon gets the simulator's line.
"""
import json

import pytest

from conftest import APT, NATIVE, PACKAGES, media, use_line
from oht_test.wait import until
from debian_root import copy
from debian_system import System

pytestmark = pytest.mark.long

OURS = ("ohtd", "ohtctl")
LIBRARY = "liboht0"
SIMULATOR = """[Service]
User=oht
RuntimeDirectory=oht-sim
ExecStart=/usr/bin/oht-sim --pty /run/oht-sim/bus --wait 0
"""
# A pty is no device that a robot has.
LINE = "[Service]\nDeviceAllow=char-pts rw\n"
# Of curl(1).
COULD_NOT_CONNECT = 7
HEALTH = "curl -sS --max-time 20 --cacert /var/lib/oht/ca.crt https://127.0.0.1:8443/api/v1/health"


@pytest.fixture(name="system", scope="module")
def fixture_system(built, newer):
    root = copy(NATIVE, PACKAGES / "service")
    for name in (*OURS, LIBRARY):
        root.take(f"/media/{name}.deb", built[NATIVE].deb(name))
        root.take(f"/media/{name}-next.deb", newer.deb(name))
    with System(root) as booted:
        yield booted
    root.remove()


def main_pid(system):
    return int(system.shown("ohtd", "MainPID"))


def restarts(system):
    return int(system.shown("ohtd", "NRestarts"))


def journal(system):
    """What the daemon has said since it was started last."""
    return system.check("journalctl -u ohtd --no-pager -o cat _SYSTEMD_INVOCATION_ID=$(systemctl show --value -p InvocationID ohtd)")


def wait_serving(system, timeout_s=30):
    """Active, and its answers come."""
    until(lambda: system.shown("ohtd", "ActiveState") == "active", timeout_s, "ohtd.service being active")
    return json.loads(system.check(HEALTH))


def test_installed_without_a_device_it_waits_for_one(system):
    system.check(f"{APT} install {media(*OURS, LIBRARY)}")
    assert system.check("systemctl is-enabled ohtd") == "enabled"
    until(lambda: system.shown("ohtd", "ActiveState") == "active", 60, "the start")
    said = system.check("journalctl -u ohtd --no-pager -o cat")
    assert "/dev/oht0: " in said and "; trying again" in said
    assert restarts(system) == 0


def test_it_says_that_it_is_ready(system):
    system.put("/etc/systemd/system/oht-sim.service", SIMULATOR)
    system.put("/etc/systemd/system/ohtd.service.d/line.conf", LINE)
    system.check(use_line("/run/oht-sim/bus", "s/^loops = .*/loops = 2/")
                 + " && systemctl daemon-reload && systemctl start oht-sim && systemctl restart ohtd")
    # Type=notify: restart returns when it is ready, not when it has been started.
    health = json.loads(system.check(HEALTH))
    assert health["bus"]["present"] and health["setup_required"]


def test_it_has_given_up_what_it_does_not_need(system):
    pid = main_pid(system)
    found = {}
    for line in system.check(f"cat /proc/{pid}/task/*/status").splitlines():
        name, _, value = line.partition(":\t")
        found.setdefault(name, set()).add(value)
    assert found["Seccomp"] == {"2"} and found["NoNewPrivs"] == {"1"}
    assert found["Uid"] == {"\t".join([system.check("id -u oht")] * 4)}
    assert int(found["CapBnd"].pop(), 16) == 1 << 23 | 1 << 14, "not only CAP_SYS_NICE and CAP_IPC_LOCK"
    said = journal(system)
    assert "https://127.0.0.1:8443" in said and "not filtered" not in said
    # Its own control thread, in real time and not paged out, in spite of all that.
    policies = system.check(f"for task in /proc/{pid}/task/*; do chrt -p ${{task##*/}}; done")
    assert "SCHED_FIFO" in policies
    assert int(next(value for value in found["VmLck"]).split()[0]) > 0


def test_systemd_has_its_sockets(system):
    assert system.shown("ohtd", "NFileDescriptorStore") == "2"


@pytest.mark.parametrize("act, crash", [("kill -9 {pid}", True), ("systemctl restart --no-block ohtd", False)])
def test_nobody_is_refused_while_it_starts_again(system, act, crash):
    pid = main_pid(system)
    before = restarts(system)
    # A connection every few milliseconds, one after the other, from before to after.
    said = system.check(f"""
for i in $(seq 40); do {HEALTH} -o /dev/null; echo $?; done 2>/dev/null &
sleep 0.2
{act.format(pid=pid)}
wait $!""")
    failed = [int(code) for code in said.split() if code != "0"]
    # The one that the killed process had already accepted ends with it.
    assert COULD_NOT_CONNECT not in failed and len(failed) <= crash, failed
    wait_serving(system)
    assert main_pid(system) != pid
    assert restarts(system) == (before + 1 if crash else 0)
    assert system.shown("ohtd", "NFileDescriptorStore") == "2"


def test_a_hang_is_ended_by_the_watchdog(system):
    pid, before = main_pid(system), restarts(system)
    system.check(f"kill -STOP {pid}")
    until(lambda: restarts(system) > before, 60, "the watchdog")
    assert wait_serving(system)["version"]
    assert main_pid(system) != pid
    assert "Watchdog timeout" in system.check("journalctl -u ohtd --no-pager -o cat")


def test_reload_is_over_when_it_says_so(system):
    pid = main_pid(system)
    system.check("sed -i 's/^level = .*/level = debug/' /etc/oht/ohtd.conf && systemctl reload ohtd")
    assert main_pid(system) == pid
    until(lambda: "certificate and log level" in journal(system), 10, "the reload being told")


def test_restart_by_command(system):
    """It ends by itself, and live data goes on: the file with it comes back, and is kept no longer."""
    pid, before = main_pid(system), restarts(system)
    until(lambda: system.run("ohtctl admin restart")[0] == 0, 30, "a standstill")
    until(lambda: main_pid(system) not in (0, pid), 30, "a new process")
    wait_serving(system)
    assert restarts(system) == before + 1
    assert "live data goes on in epoch" in journal(system)
    assert system.shown("ohtd", "NFileDescriptorStore") == "2"


def test_stop_ends_in_order(system):
    system.check("systemctl stop ohtd")
    assert system.shown("ohtd", "Result") == "success"
    assert system.run("test -e /var/lib/oht/running")[0] == 1, "the mark of a run is left"
    code, said = system.run(HEALTH)
    assert code == COULD_NOT_CONNECT, f"its sockets are still listened on: {said}"
    system.check("systemctl start ohtd")
    wait_serving(system)


def test_upgrade_restarts_it(system):
    pid = main_pid(system)
    system.check(f"{APT} install {media(*(f'{name}-next' for name in (*OURS, LIBRARY)))}")
    assert wait_serving(system)["bus"]["present"]
    assert main_pid(system) != pid


def test_remove_stops_it(system):
    pid = main_pid(system)
    system.check(f"{APT} remove ohtd")
    assert system.run(f"kill -0 {pid}")[0] != 0
    assert system.shown("ohtd", "LoadState") in ("not-found", "masked")
