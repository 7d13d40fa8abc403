# SPDX-License-Identifier: GPL-2.0-or-later
"""oht-upgrade under Debian's own systemd, dpkg and apt, by the commands of the runbook: a robot that drives is upgraded and returned; a new version that does not
do is taken back. In this order; each test goes on where the one before stopped.

The robot has no driver and simulated outputs.
"""
import json
import re
import shutil

import pytest

from conftest import APT, NATIVE, NEXT, PACKAGES, TOP, VERSION, Folder, use_line
from oht_test.wait import until
from debian_root import as_root, copy, must, quoted
from debian_system import System
from repack import later, repack
from test_service import LINE, SIMULATOR, wait_serving

pytestmark = [pytest.mark.long, pytest.mark.limit_s(900)]

OURS = ("ohtd", "ohtctl", "liboht0")
BAD = later(NEXT)
ENDS = "#!/bin/sh\nexit 1\n"
# Like a new program that changes the database and then hangs: it leaves the copy that ohtd leaves, and a database of a newer schema.
HANGS = """#!/bin/sh
[ "$1" = --config ] && [ "$#" = 2 ] || exit 1
cd /var/lib/oht && [ ! -e oht.db.v33-20261130T000000Z ] && cp -p oht.db oht.db.v33-20261130T000000Z && cp /media/newer.db oht.db && rm -f oht.db-wal oht.db-shm
exec sleep 1000
"""
NEWER = """import sqlite3, sys
made = sqlite3.connect(sys.argv[2])
sqlite3.connect(sys.argv[1]).backup(made)
made.execute("INSERT INTO schema_migrations SELECT max(version) + 1, 0 FROM schema_migrations")
made.commit()
"""
SOCKET = "curl -sS --max-time 20 --unix-socket /run/oht/ohtd.sock -H 'Content-Type: application/json'"
ADMIN, PASSWORD = "chief", "correct horse battery"


def runbook(title):
    """Blocks of commands of docs/runbooks.md, that are for an installed robot."""
    text = (TOP / "docs/runbooks.md").read_text(encoding="utf-8")
    book = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)[1]
    blocks = re.findall(r"^ *```sh\n *# on an installed robot\n(.*?)^ *```$", book, re.MULTILINE | re.DOTALL)
    return [[line.strip() for line in block.splitlines()] for block in blocks]


@pytest.fixture(name="system", scope="module")
def fixture_system(built, newer):
    root = copy(NATIVE, PACKAGES / "upgrade")
    for name in OURS:
        root.take(f"/media/old/{built[NATIVE].deb(name).name}", built[NATIVE].deb(name))
        root.take(f"/media/new/{newer.deb(name).name}", newer.deb(name))
    for folder, program in {"ends": ENDS, "hangs": HANGS}.items():
        made = PACKAGES / f"upgrade-{folder}"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        repack([newer.deb(name) for name in OURS], made, NEXT, BAD, {"usr/sbin/ohtd": program})
        for name in OURS:
            root.take(f"/media/{folder}/{Folder(made).deb(name).name}", Folder(made).deb(name))
    with System(root) as booted:
        booted.put("/etc/systemd/system/oht-sim.service", SIMULATOR)
        booted.put("/etc/systemd/system/ohtd.service.d/line.conf", LINE)
        booted.check(f"{APT} install /media/old/*.deb")
        booted.check(use_line("/run/oht-sim/bus", "s/^#outputs = .*/outputs = simulated/")
                     + " && systemctl daemon-reload && systemctl start oht-sim && systemctl restart ohtd")
        booted.check(f"echo '{PASSWORD}' | ohtctl admin create {ADMIN} --password-stdin")
        yield booted
    root.remove()


def ask(system, path, body=None):
    """(status, answer) of a request at the local socket."""
    words = [SOCKET, "-w '\\n%{http_code}'", *([f"-d {quoted(json.dumps(body))}"] if body is not None else []), f"http://localhost/api/v1/{path}"]
    answer, _, status = system.check(" ".join(words)).rpartition("\n")
    return int(status), json.loads(answer)


def robot(system):
    return ask(system, "robot")[1]


def version(system):
    return ask(system, "health")[1]["version"]


def enable(system):
    """The robot may move, and is away from its dock."""
    until(lambda: robot(system)["state"] in ("safe", "idle", "estop"), 60, "the end of the start")
    if robot(system)["safety"] == "stopped":
        until(lambda: not ask(system, "safety")[1]["why_not_reset"], 60, "nothing in the way of a reset")
        assert ask(system, "safety/reset", {})[0] == 200
    until(lambda: not ask(system, "safety")[1]["why_not_enable"], 60, "nothing in the way of enabling")
    assert ask(system, "safety/enable", {})[0] == 200
    until(lambda: robot(system)["state"] == "idle", 60, "an idle robot")
    if abs(robot(system)["position_mm"]) < 400:
        assert ask(system, "robot/commands", {"verb": "undock"})[0] == 200
        until(lambda: robot(system)["state"] == "idle" and robot(system)["speed_mm_s"] == 0, 60, "the end of undocking")


def move(system, by_mm):
    """It drives; the number of the command."""
    status, command = ask(system, "robot/commands", {"verb": "move", "position_mm": robot(system)["position_mm"] + by_mm})
    assert status == 200, command
    until(lambda: robot(system)["speed_mm_s"] > 50, 30, "speed")
    return command["number"]


def stands_stopped(system, wanted):
    """Of that version, with its modules, outputs low until a person enables."""
    assert wait_serving(system)["version"] == wanted == version(system)
    assert robot(system)["state"] in ("safe", "estop") and ask(system, "safety")[1]["state"] != "enabled"
    assert [item["health"] for item in ask(system, "modules")[1]["items"]] == ["good"] * 4
    assert {line.split()[1] for line in system.check("dpkg-query -W -f '${Package} ${Version}\\n' ohtd ohtctl liboht0").splitlines()} == {wanted}
    assert ADMIN in system.check("ohtctl admin list")
    assert system.check("systemctl is-enabled ohtd") == "enabled"


# ---- refused ----

REFUSED = {
    "oht-upgrade": "no folder",
    "oht-upgrade /media/new": f"the packages of {VERSION}, which are installed, are needed for the way back: name their folder with --old FOLDER",
    "oht-upgrade /media/new --old /media/new": f"there is no package liboht0 {VERSION} in /media/new",
    "oht-upgrade /media/nothing": "/media/nothing is not a folder",
    "oht-upgrade /etc": "/etc has 0 packages of ohtd",
    "oht-upgrade /media/mixed": "/media/mixed has 2 packages of ohtd",
    "oht-upgrade /media/cut --old /media/old": f"/media/cut/ohtd_{NEXT}_{NATIVE}.deb is cut or damaged",
    "oht-upgrade /media/none": "/media/none/ohtd_0.9.9_all.deb is not a package",
    "oht-upgrade /media/half --old /media/old": f"there is no package ohtctl {NEXT} in /media/half",
    "oht-upgrade /media/old": f"{VERSION} is installed already",
    "oht-upgrade /media/new --old": "--old needs a value",
    "oht-upgrade /media/new --wait 1.5": "not a number of seconds: 1.5",
    "oht-upgrade /media/new --now": "unknown option --now",
    "oht-upgrade --back /media/old": "--back takes no folder",
    "oht-upgrade --back": "there is no upgrade to go back from",
    "setpriv --reuid nobody --regid nogroup --clear-groups oht-upgrade /media/new": "only root can install packages",
    "flock /var/lib/oht-upgrade/lock oht-upgrade /media/new --old /media/old": "another oht-upgrade is at work",
}


@pytest.fixture(name="shelf", scope="module")
def fixture_shelf(system):
    system.check(f"""cd /media && mkdir mixed cut half none && echo no >none/ohtd_0.9.9_all.deb && cp new/* cut && cp old/ohtd_* new/ohtd_* mixed && cp new/ohtd_* new/liboht0_* half
head -c 100000 new/ohtd_{NEXT}_{NATIVE}.deb >cut/ohtd_{NEXT}_{NATIVE}.deb && mkdir -p /var/lib/oht-upgrade""")


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("command", REFUSED)
def test_refused(system, command):
    pid = system.shown("ohtd", "MainPID")
    code, said = system.run(command)
    assert code == 1 and REFUSED[command] in said and len(said.splitlines()) == 1, said
    assert system.shown("ohtd", "MainPID") == pid != "0"


def test_a_robot_that_goes_on_moving_is_left_alone(system):
    enable(system)
    number = move(system, 5000)
    code, said = system.run("oht-upgrade /media/new --old /media/old --wait 0")
    assert code == 1 and "the robot still moves after 0 s, nothing was installed" in said, said
    assert version(system) == VERSION
    assert ask(system, f"robot/commands/{number}")[1]["state"] == "running"


def test_headers_are_asked_for_before_a_driver_is_built(system, built, newer):
    for folder, packages in {"old": built[NATIVE], "new": newer}.items():
        system.take(f"/media/driver-{folder}/oht-dkms.deb", packages.deb("oht-dkms"))
    system.check("mv /lib/modules /lib/modules.away 2>/dev/null; dpkg -i /media/driver-old/oht-dkms.deb")
    code, said = system.run("oht-upgrade /media/new --old /media/old")
    assert code == 1 and "there are no headers of the running kernel" in said, said
    system.check("dpkg --purge oht-dkms; mv /lib/modules.away /lib/modules 2>/dev/null; true")


# ---- there and back ----

def test_a_robot_that_drives_is_upgraded_where_it_stands(system):
    """By the commands of the runbook: it ends its move first."""
    system.check("ohtctl config set /robot/name Crane --reason before")
    number = ask(system, "robot")[1]["command"]["number"]
    assert ask(system, f"robot/commands/{number}")[1]["state"] == "running"
    there, _ = runbook("Upgrade, and back")
    for command in there:
        system.check(command.replace("./", "/media/"))
    assert ask(system, f"robot/commands/{number}")[1]["state"] == "finished"
    stands_stopped(system, NEXT)


def test_one_command_back(system):
    enable(system)
    _, (back,) = runbook("Upgrade, and back")
    assert f"{VERSION} is back and healthy" in system.check(back)
    stands_stopped(system, VERSION)
    assert "Crane" in system.check("ohtctl config get /robot/name")
    code, said = system.run(back)
    assert code == 1 and "there is no upgrade to go back from" in said


# ---- new versions that do not do ----

def test_a_version_that_ends_at_once_is_taken_back(system):
    enable(system)
    code, said = system.run("oht-upgrade /media/ends")
    assert code == 2 and f"{BAD} is not healthy: ohtd does not start" in said and f"{VERSION} is back and healthy" in said, said
    stands_stopped(system, VERSION)


def test_a_version_that_changes_the_database_and_hangs_is_taken_back(system):
    must(*as_root("/usr/bin/python3", "-c", NEWER, system.folder / "var/lib/oht/oht.db", system.folder / "media/newer.db"))
    system.check("chown oht:oht /media/newer.db && chmod 600 /media/newer.db")
    code, said = system.run("oht-upgrade /media/hangs")
    assert code == 2 and f"{BAD} is not healthy: ohtd does not start" in said and "the database is that of before the upgrade" in said, said
    stands_stopped(system, VERSION)
    assert "Crane" in system.check("ohtctl config get /robot/name")


def test_after_a_power_cut_in_the_middle_one_command_goes_back(system):
    """Everything of it is killed while dpkg installs."""
    system.put("/run/slow", "#!/bin/sh\nkill -9 $(cat /run/upgrade.pid)\nkill -9 $(pidof apt-get)\n")
    system.check("""chmod 755 /run/slow && printf 'DPkg::Post-Invoke { "/run/slow"; };\n' >/etc/apt/apt.conf.d/99slow""")
    code, _ = system.run("sh -c 'echo $$ >/run/upgrade.pid; exec oht-upgrade /media/ends'")
    assert code != 0
    system.check("rm /etc/apt/apt.conf.d/99slow; systemctl daemon-reload")
    assert system.check("dpkg-query -W -f '${Version}' ohtd") == BAD
    assert f"{VERSION} is back and healthy" in system.check("oht-upgrade --back")
    stands_stopped(system, VERSION)
