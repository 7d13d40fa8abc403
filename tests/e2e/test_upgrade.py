# SPDX-License-Identifier: GPL-2.0-or-later
"""oht-upgrade on the board: daemon and driver are exchanged under a robot that drives, and the outputs are seen from outside.

The board has neither dpkg nor systemd. Stand-ins for what oht-upgrade calls of them are below: a package is an archive that is unpacked, a service what the board's
own loop keeps running. tests/packages/test_upgrade.py has the real ones, without a driver.
"""
import gzip
import io
import re
import tarfile

import pytest

from oht_test.patience import patient_tables
from oht_test.robot import Robot
from oht_test.wait import until
from conftest import fresh_state
from test_drive import begin, leave_dock, shown
from vsbc import paths
from vsbc.paths import TOP
from vsbc.pins import ENABLES

pytestmark = pytest.mark.kernels("stock", why="what apt does is the same on every kernel")

FIRST, SECOND, THIRD = re.match(r"oht \((\d+)\.(\d)\.(\d+)\)", (TOP / "debian/changelog").read_text(encoding="utf-8")).groups()
# Of one length, so that the next one fits into the program.
OLD, NEW, BAD = (f"{FIRST}.{int(SECOND) + more}.{THIRD}" for more in range(3))
# Of every module: its build id behind this head. The kernel shows the id of the one that is loaded.
NOTE = b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0"
OTHER = b"another"
UPGRADE_S = 300
BIN = "/usr/libexec/upgrade"
# dpkg-deb, dpkg-query, dpkg and apt-get know what oht-upgrade asks; /run/upgrade/installed has "package version".
STANDINS = {
    "dpkg-deb": """[ "$1" != --fsys-tarfile ] || exec zcat "$2"
v=${2##*/}; v=${v#*_}; echo "${v%%_*}"
""",
    "dpkg-query": "sed 's/^/installed /' /run/upgrade/installed\n",
    "dpkg": """case $1 in
--compare-versions) case $3 in
	eq) [ "$2" = "$4" ] ;;
	lt) [ "$2" != "$4" ] && [ "$(printf '%s\\n%s\\n' "$2" "$4" | sort | head -n 1)" = "$2" ] ;;
	esac ;;
esac
""",
    "apt-get": """for word in "$@"; do
	[ "$word" != --simulate ] || exit 0
done
[ ! -e /run/upgrade/fail ] || { echo "E: the disk is full"; exit 100; }
: >/run/upgrade/fresh
for word in "$@"; do
	case $word in
	*.deb) tar -xz -C / -f "$word" || exit 1
		name=${word##*/}
		echo "${name%%_*} $(/usr/libexec/upgrade/dpkg-deb -f "$word" Version)" >>/run/upgrade/fresh ;;
	esac
done
mv /run/upgrade/fresh /run/upgrade/installed
""",
    "systemctl": """case "$1 $2" in
"stop ohtd") touch /run/vsbc/daemon.off
	rm -f /run/oht/ready
	kill $(pidof ohtd) 2>/dev/null
	while pidof ohtd >/dev/null; do sleep 0.1; done ;;
"start --no-block") rm -f /run/vsbc/daemon.off ;;
"show --value") case $4 in
	MainPID) pidof ohtd ;;
	*) [ -e /run/oht/ready ] && echo active || echo activating ;;
	esac ;;
esac
""",
    # That of busybox does not say why it removes nothing.
    "modprobe": """[ "$1" = -r ] && exec rmmod "$2"
exec modprobe "$@"
""",
    "flock": "",
    # What udev does elsewhere.
    "udevadm": "chown root:oht /dev/oht0 && chmod 660 /dev/oht0\n",
}
ENDS = b"#!/bin/sh\nexit 1\n"


def package(files):
    """An archive with these files, {path: bytes}."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, data in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(data), 0o755
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(out.getvalue(), 1)


def packages(kernel):
    """Files of the board: daemon and driver in two versions, and a third whose daemon ends at once. The drivers differ in their build ids."""
    release = (paths.CACHE / "kernels" / kernel / "release").read_text(encoding="utf-8").strip()
    daemon = (TOP / "build/userspace/arm64.root/usr/sbin/ohtd").read_bytes()
    module = (TOP / "build/kernel" / release / "oht.ko").read_bytes()
    at = module.index(NOTE) + len(NOTE)
    other = module[:at] + OTHER + module[at + len(OTHER):]
    assert OLD.encode() in daemon
    module_path = f"lib/modules/{release}/updates/oht.ko"
    files = {f"{BIN}/{name}": (f"#!/bin/sh\n{text}".encode(), 0o755) for name, text in STANDINS.items()}
    files["/usr/sbin/oht-upgrade"] = ((TOP / "userspace/etc/oht-upgrade").read_bytes(), 0o755)
    for folder, version, program, driver in (("old", OLD, daemon, module), ("new", NEW, daemon.replace(OLD.encode(), NEW.encode()), other),
                                             ("ends", BAD, ENDS, other)):
        files[f"/media/{folder}/ohtd_{version}_arm64.deb"] = package({"usr/sbin/ohtd": program})
        files[f"/media/{folder}/oht-dkms_{version}_all.deb"] = package({module_path: driver})
    return files


@pytest.fixture(name="upgraded", scope="module")
def fixture_upgraded(kernel, accounts):
    """The robot on the old version, with a person's shell in front of it. No module is lost on a host that lets the far end of the wire, or the board, wait for seconds:
    the stop by that loss would end the move, and be refused to an enable."""
    release = (paths.CACHE / "kernels" / kernel / "release").read_text(encoding="utf-8").strip()
    files = {**packages(kernel), **{f"/usr/share/oht/{name}": text.encode() for name, text in patient_tables().items()}}
    with Robot(fresh_state(f"{kernel}-upgrade"), kernel, accounts, files=files) as one:
        one.guest.check(f"mkdir -p /run/upgrade /lib/modules/{release}/build && printf 'ohtd {OLD}\\noht-dkms {OLD}\\n' >/run/upgrade/installed")
        yield one


def upgrade(robot, words):
    """(exit status, lines) of oht-upgrade, in which the outputs fall and never rise. The shell of the board takes its own dpkg in front of any in PATH, but not
    in front of another name."""
    names = "; ".join(f"alias {name}={BIN}/{name}" for name in STANDINS)
    high, before = robot.pins.levels(ENABLES), [robot.pins.count(pin) for pin in ENABLES]
    done = robot.guest.run(f"({names}; PATH={BIN}:$PATH; set -- {words}\n. /usr/sbin/oht-upgrade) 2>&1", UPGRADE_S)
    assert robot.pins.wait_enables(0) and not any(robot.pins.levels(ENABLES)), done
    assert [robot.pins.count(pin) - number for pin, number in zip(ENABLES, before)] == [int(level) for level in high], ("changes of the outputs", done)
    return done


def is_on(robot, version, other):
    """Daemon and driver are of that version, outputs low, and the robot can be driven again."""
    robot.wait_ready()
    assert robot.get("health").json["version"] == version
    assert (robot.guest.run(f"grep -q {OTHER.decode()} /sys/module/oht/notes/.note.gnu.build-id")[0] == 0) == other
    assert not any(robot.pins.levels(ENABLES)), "outputs high without an enable"
    leave_dock(robot)


def test_daemon_and_driver_of_a_robot_that_drives_are_exchanged(upgraded):
    robot = upgraded
    leave_dock(robot)
    number = begin(robot, "move", position_mm=shown(robot)["position_mm"] + 2000)
    until(lambda: shown(robot)["speed_mm_s"] > 50, what="speed")
    code, said = upgrade(robot, "/media/new --old /media/old")
    assert code == 0 and f"{NEW} is healthy" in said, said
    robot.wait_ready()
    command = robot.get(f"robot/commands/{number}").json
    assert command["state"] == "finished", f"{command}; {said}"
    is_on(robot, NEW, True)


def test_one_command_brings_both_back(upgraded):
    code, said = upgrade(upgraded, "--back")
    assert code == 0 and f"{OLD} is back and healthy" in said, said
    is_on(upgraded, OLD, False)


@pytest.mark.parametrize("spoil, mend, why", [
    ("touch /run/upgrade/fail", "rm -f /run/upgrade/fail", "the disk is full"),
    ("sleep 600 </dev/oht0 & echo $! >/run/upgrade/pid", "kill $(cat /run/upgrade/pid)", "the driver stays loaded"),
    ("true", "true", "ohtd does not start"),
])
def test_what_does_not_do_is_taken_back_with_outputs_low(upgraded, spoil, mend, why):
    """apt fails, also for the way back; a program has the device; the daemon ends at once."""
    robot = upgraded
    robot.guest.check(spoil)
    code, said = upgrade(robot, "/media/ends")
    robot.guest.run(mend)
    assert f"{BAD} is not healthy" in said and why in said, said
    if why == "the disk is full":
        assert code == 3 and f"{OLD} is not healthy either" in said, said
        code, said = upgrade(robot, "--back")
        assert code == 0, said
    else:
        assert code == 2 and f"{OLD} is back and healthy" in said, said
    is_on(robot, OLD, False)
