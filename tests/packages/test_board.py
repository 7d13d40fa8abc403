# SPDX-License-Identifier: GPL-2.0-or-later
"""The packages in a Debian 12 on the emulated board, under its own systemd, udev and DKMS: installed, used with the button and the
outputs that they are for, upgraded, removed. In this order; each test goes on where the one before stopped.

With OHT_SOAK=1 only: the compiler runs in the emulation, so it takes half an hour, and as long again to make the disk once.
"""
import json

import pytest

from conftest import APT, BOARD, NEXT, PACKAGES, VERSION, media
from oht_test.wait import until
from debian_board import DebianBoard, cached, release
from debian_root import quoted
from vsbc.pins import ENABLES

pytestmark = [pytest.mark.soak, pytest.mark.limit_s(3 * 3600)]

OURS = ("ohtd", "ohtctl", "liboht0", "oht-dkms")
ADMIN, PASSWORD = "chief", "correct horse battery"
API = "https://127.0.0.1:8443/api/v1"
CURL = "curl -sS --max-time 60 --cacert /var/lib/oht/ca.crt -H 'Content-Type: application/json'"
# Of a compiler in the emulation, for some seventy files; and of everything else.
BUILD_TIMEOUT_S = 3600
COMMAND_TIMEOUT_S = 300


@pytest.fixture(name="board", scope="module")
def fixture_board(built, newer_board):
    packages = {f"{name}.deb": built[BOARD].deb(name) for name in OURS}
    packages |= {f"{name}-next.deb": newer_board.deb(name) for name in OURS}
    with DebianBoard(PACKAGES / "board", cached(), media=packages) as board:
        wait_running(board)
        yield board


def check(board, command, timeout_s=COMMAND_TIMEOUT_S):
    return board.guest.check(command, timeout_s)


def wait_running(board):
    """Everything that starts at boot has started; "degraded" is what a machine without most of its devices is."""
    until(lambda: board.guest.run("systemctl is-system-running", 60)[1].strip() in ("running", "degraded"), 300, "the boot")


def reboot(board):
    board.guest.fire("systemctl reboot")
    board.wait_booted(300)
    wait_running(board)


def shown(board, name):
    return check(board, f"systemctl show --value -p {name} ohtd")


def call(board, path, body=None, token=None):
    """(status, answer) of a request to the daemon, made on the board."""
    words = [CURL, "-w '\\n%{http_code}'"]
    words += [f"-d {quoted(json.dumps(body))}"] if body is not None else []
    words += [f"-H 'Authorization: Bearer {token}'"] if token else []
    answer, _, status = check(board, " ".join([*words, f"{API}/{path}"])).rpartition("\n")
    return int(status), json.loads(answer)


def must(board, path, body=None, token=None):
    status, answer = call(board, path, body, token)
    assert status == 200, answer
    return answer


def wait_serving(board):
    """The daemon's health, once it has its device and all modules."""
    until(lambda: shown(board, "ActiveState") == "active", 120, "ohtd.service being active", period_s=1)
    return until(lambda: (lambda health: health if health["bus"]["present"] else None)(must(board, "health")), 60,
                 "the bus", period_s=1)


# ---- refused, installed ----

def test_without_dkms_there_is_no_device(board):
    """The daemon goes on trying, and says what it misses."""
    check(board, f"{APT} install --no-install-recommends {media('ohtd', 'ohtctl', 'liboht0')}")
    assert check(board, "systemctl is-enabled ohtd") == "enabled"
    until(lambda: "/dev/oht0" in check(board, "journalctl -u ohtd --no-pager -o cat"), 120, "the daemon's complaint", period_s=1)
    assert shown(board, "ActiveState") == "activating"
    assert board.guest.run("modprobe oht")[0] != 0


def test_dkms_builds_on_the_board(board):
    check(board, f"{APT} install {media('oht-dkms')}", BUILD_TIMEOUT_S)
    assert check(board, "dkms status 2>/dev/null") == f"oht/{VERSION}, {release()}, aarch64: installed"
    found = check(board, f"cd /lib/modules/{release()}/updates/dkms && ls").split()
    assert {name.split(".")[0] for name in found} == {"oht", "oht_serdev"}


def test_udev_gives_the_device_to_the_group(board):
    check(board, "modprobe oht && udevadm settle")
    assert check(board, "stat -c '%U %G %a' /dev/oht0") == "root oht 660"
    assert "group:oht-watch:r--" in check(board, "getfacl -p /dev/oht0").split()


def test_the_daemon_finds_it(board):
    check(board, "sed -i -e 's/^time_factor = .*/time_factor = 15/' -e 's/^simulated = .*/simulated = yes/' /etc/oht/ohtd.conf && systemctl restart ohtd")
    health = wait_serving(board)
    assert health["version"] == VERSION and health["setup_required"] and health["simulated"]


def test_exposure_with_all_of_systemd(board):
    status = check(board, f"cat /proc/{shown(board, 'MainPID')}/task/*/status")
    assert {line.split()[1] for line in status.splitlines() if line.startswith("Seccomp:")} == {"2"}
    assert "not filtered" not in check(board, "journalctl -b -u ohtd --no-pager -o cat")


# ---- used ----

def arm(board, token):
    """Reset and enable; the outputs are high outside."""
    board.pins.release()
    must(board, "safety/stop", {}, token)
    until(lambda: not must(board, "safety", token=token)["why_not_reset"], 60, "nothing in the way of a reset", period_s=0.5)
    must(board, "safety/reset", {}, token)
    until(lambda: not must(board, "safety", token=token)["why_not_enable"], 60, "nothing in the way of enabling", period_s=0.5)
    must(board, "safety/enable", {}, token)
    assert board.pins.wait_enables(1, 10), "enabled, but the outputs are not high outside"


def login(board):
    return must(board, "auth/login", {"username": ADMIN, "password": PASSWORD})["access_token"]


def test_first_administrator(board):
    said = check(board, f"echo '{PASSWORD}' | ohtctl admin create {ADMIN} --password-stdin && ohtctl admin list")
    assert ADMIN in said and not must(board, "health")["setup_required"]


def test_the_button_cuts_the_outputs(board):
    token = login(board)
    arm(board, token)
    board.pins.press()
    assert board.pins.wait_enables(0, 10)
    until(lambda: must(board, "safety", token=token)["state"] == "stopped", 30, "the stop being told", period_s=0.5)
    assert "button" in check(board, "ohtctl safety journal")


def test_kill_9_cuts_the_outputs_and_it_comes_back(board):
    arm(board, login(board))
    check(board, f"kill -9 {shown(board, 'MainPID')}")
    assert board.pins.wait_enables(0, 10)
    wait_serving(board)
    assert int(shown(board, "NRestarts")) >= 1


def test_after_a_boot_udev_has_loaded_it(board):
    reboot(board)
    assert "oht" in [line.split()[0] for line in check(board, "lsmod").splitlines()]
    assert check(board, "stat -c '%U %G %a' /dev/oht0") == "root oht 660"
    wait_serving(board)
    assert login(board)
    assert not any(board.pins.levels(ENABLES)), "outputs high without an enable"


# ---- upgraded, removed ----

def test_upgrade(board):
    """The module that is loaded stays, and goes with the new daemon; accounts stay."""
    arm(board, login(board))
    check(board, f"{APT} install {media(*(f'{name}-next' for name in OURS))}", BUILD_TIMEOUT_S)
    assert board.pins.wait_enables(0, 10), "an upgrade stops the machine"
    assert check(board, "dkms status 2>/dev/null") == f"oht/{NEXT}, {release()}, aarch64: installed"
    assert wait_serving(board)["version"] == NEXT
    assert login(board)


def test_remove(board):
    check(board, f"{APT} remove {' '.join(OURS)}")
    assert not check(board, "dkms status 2>/dev/null")
    assert board.guest.run(f"ls /lib/modules/{release()}/updates/dkms/oht*")[0] != 0
    check(board, "rmmod oht && udevadm settle")
    assert board.guest.run("ls /dev/oht0")[0] != 0
    check(board, "test -s /var/lib/oht/oht.db")


def test_purge(board):
    check(board, f"dpkg --purge {' '.join(OURS)}")
    assert board.guest.run("ls /var/lib/oht || ls /etc/oht/ohtd.conf")[0] != 0
    assert not board.guest.run("systemctl --failed --no-legend | grep oht")[1].strip()
