# SPDX-License-Identifier: GPL-2.0-or-later
"""The life of the packages on a Debian 12: refused, installed, used, upgraded, removed, purged. In this order; each test goes on
where the one before stopped.

The system is of this machine's kind and has no service manager, so `serve` starts the daemon as the unit does, as its user, on
the rtu back-end with the package's own simulator at the far end of the line.
"""
import json
import re

import pytest

from conftest import APT, BOARD, NATIVE, NEXT, PACKAGES, VERSION, media, use_line
from debian_root import copy, quoted

OURS = ("ohtd", "ohtctl", "liboht0", "liboht-dev", "oht-dkms")
ADMIN, PASSWORD = "chief", "correct horse battery"
# Logs, caches and what these tests have put there.
ELSEWHERE = ("/var/log/", "/var/cache/", "/media/")
SERVE = """
mkdir -p /run/oht /var/lib/oht && chown oht:oht /run/oht /var/lib/oht && chmod 700 /var/lib/oht
oht-sim --pty /run/oht/bus --wait 0 >/var/log/oht-sim.log 2>&1 &
until [ -e /run/oht/bus ]; do kill -0 $! || { cat /var/log/oht-sim.log; exit 1; }; sleep 0.1; done
chown oht "$(readlink -f /run/oht/bus)"
setpriv --reuid oht --regid oht --init-groups ohtd --config /etc/oht/ohtd.conf >/var/log/ohtd.log 2>&1 &
until [ -e /run/oht/ready ]; do kill -0 $! || { cat /var/log/ohtd.log; exit 1; }; sleep 0.1; done
"""
CURL = "curl -sS --cacert /var/lib/oht/ca.crt -H 'Content-Type: application/json'"
API = "https://127.0.0.1:8443/api/v1"


@pytest.fixture(scope="module")
def system(built, newer):
    root = copy(NATIVE, PACKAGES / "system")
    for name, deb in built[NATIVE].names().items():
        root.take(f"/media/{name}.deb", deb)
    for name, deb in newer.names().items():
        root.take(f"/media/{name}-next.deb", deb)
    yield root
    root.remove()


def installed(system, package):
    """The version that is installed and configured, or the empty string."""
    said = system.run(f"dpkg-query -W -f '${{db:Status-Status}} ${{Version}}' {package}")[1].split()
    return said[1] if said[:1] == ["installed"] else ""


def names(system):
    """Every file with our name in it, wherever it is kept."""
    found = system.check("find / -xdev '(' -name 'oht*' -o -name 'liboht*' -o -name '*-oht.rules' ')'").split()
    return {path for path in found if not path.startswith(ELSEWHERE)}


def login(system):
    """(status, version) of a login over TLS and of /health, with the daemon running for that long."""
    body = quoted(json.dumps({"username": ADMIN, "password": PASSWORD}))
    said = system.check(SERVE + f"{CURL} -o /dev/null -w '%{{http_code}}\\n' -d {body} {API}/auth/login; {CURL} {API}/health")
    status, health = said.splitlines()[-2:]
    return int(status), json.loads(health)["version"]


# ---- refused ----

def test_nothing_of_ours_is_there(system):
    assert not names(system)
    assert system.run("getent passwd oht || getent group oht-admin")[0] != 0


def test_daemon_alone_is_refused(system):
    code, said = system.run(f"dpkg -i {media('ohtd')}")
    assert code == 1 and "depends on ohtctl" in said
    assert not installed(system, "ohtd")
    system.check("dpkg --purge ohtd")


def test_development_files_want_the_library_of_their_version(system):
    code, said = system.run(f"dpkg -i {media('liboht0-next', 'liboht-dev')}")
    assert code == 1 and "depends on liboht0" in said
    system.check("dpkg --purge liboht-dev liboht0")


def test_daemon_and_command_line_of_two_versions_are_refused(system):
    code, said = system.run(f"dpkg -i {media('ohtd-next', 'ohtctl')}")
    assert code == 1 and "depends on ohtctl" in said
    system.check("dpkg --purge ohtd ohtctl")


@pytest.mark.long
@pytest.mark.skipif(NATIVE == BOARD, reason="this machine is one of the board's kind")
def test_another_architecture_is_refused(system, built):
    system.take("/media/foreign.deb", built[BOARD].deb("ohtctl"))
    code, said = system.run(f"dpkg -i {media('foreign')}")
    assert code == 1 and f"({BOARD}) does not match system ({NATIVE})" in said


def test_what_was_refused_has_left_nothing(system):
    assert not names(system)


# ---- installed ----

def test_install(system):
    system.check("mkdir -p /etc/oht && echo secret >/etc/oht/own.key")
    said = system.check(f"{APT} install {media(*OURS)}")
    for package in OURS:
        assert installed(system, package) == VERSION, said
    assert system.check("cat /etc/oht/own.key") == "secret"


def test_user_and_groups(system):
    assert system.check("getent passwd oht").split(":")[5:] == ["/var/lib/oht", "/usr/sbin/nologin"]
    assert set(system.check("id -nG oht").split()) == {"oht", "dialout"}
    assert system.check("getent group oht-admin").split(":")[3] == "", "nobody administers by being installed"
    assert system.check("getent group oht-watch").split(":")[3] == "", "nobody watches by being installed"
    assert int(system.check("id -u oht")) < 1000
    assert system.check("getent shadow oht").split(":")[1] in ("!*", "!", "*"), "nobody logs in as oht"


def test_service_starts_at_boot(system):
    assert system.check("systemctl is-enabled ohtd") == "enabled"
    system.check("systemd-analyze verify --man=no ohtd.service")


def test_exposure(system, capsys):
    said = system.check("systemd-analyze security --offline=true --no-pager ohtd.service | tail -n 1")
    with capsys.disabled():
        print(said)
    assert float(re.search(r": ([0-9.]+) ", said)[1]) <= 2.5, said


def test_udev_takes_the_rule(system):
    """The version of Debian 12 has no checker of rules; udevadm test reads all of them."""
    said = system.run("udevadm test --action=add /class/mem/null 2>&1")[1]
    assert not [line for line in said.splitlines() if "60-oht.rules" in line and "Reading" not in line], said
    assert "60-oht.rules" in said


def test_two_groups_share_the_device(system):
    """The command of the rule on a file that is owned as the rule says, and what users of each group may do with it."""
    rule = system.check("cat /lib/udev/rules.d/60-oht.rules")
    command = re.search(r'RUN\+="([^"]+)"', rule)[1].replace("$env{DEVNAME}", "/tmp/device")
    system.check("rm -f /tmp/device && touch /tmp/device && chown root:oht /tmp/device && chmod 0660 /tmp/device")
    system.check(command)

    def may(group, how):
        """Whether a user who is in that group alone can open it so."""
        return not system.run(f"setpriv --reuid nobody --regid nogroup --groups {group} sh -c 'exec 3{how}/tmp/device'")[0]

    assert {(group, how): may(group, how) for group in ("oht", "oht-watch", "nogroup") for how in ("<", "<>")} == {
        ("oht", "<"): True, ("oht", "<>"): True, ("oht-watch", "<"): True, ("oht-watch", "<>"): False,
        ("nogroup", "<"): False, ("nogroup", "<>"): False}
    # What udev does again at every change.
    system.check("chmod 0660 /tmp/device && chown root:oht /tmp/device")
    assert may("oht", "<>") and may("oht-watch", "<") and not may("oht-watch", "<>")


def test_dkms_knows_the_source(system):
    assert f"oht/{VERSION}: added" in system.check("dkms status")


def test_state_is_the_daemons_own_matter(system):
    """No package makes the state directory, a key or a certificate."""
    assert system.run("test -e /var/lib/oht")[0] == 1
    assert system.check("ls /etc/oht").split() == ["ohtd.conf", "own.key"]


# ---- used ----

def test_without_a_device_one_line_says_so(system):
    """It goes on all the same, since the device may come."""
    code, said = system.run("mkdir -m 700 /var/lib/oht; chown oht:oht /var/lib/oht; cd /;"
                            " timeout 60 setpriv --reuid oht --regid oht --init-groups ohtd --config /etc/oht/ohtd.conf >/tmp/said 2>&1 &"
                            " until grep device_missing /tmp/said || ! kill -0 $!; do sleep 0.1; done; kill $! && wait $!")
    assert code == 0 and "/dev/oht0" in said


def test_configuration_of_this_machine(system):
    system.check(use_line("/run/oht/bus", "s/^#ready_file/ready_file/"))
    system.check("ohtd --config /etc/oht/ohtd.conf --check-config")


def test_nobody_can_log_in_before_the_first_administrator(system):
    assert login(system) == (401, VERSION)
    assert system.check("stat -c '%U %G %a' /var/lib/oht /var/lib/oht/oht.db").split("\n") == ["oht oht 700", "oht oht 600"]


def test_first_administrator(system):
    said = system.check(SERVE + f"ohtctl admin list; echo '{PASSWORD}' | ohtctl admin create {ADMIN} --password-stdin; ohtctl admin list")
    assert ADMIN in said and "administrator" in said
    assert login(system) == (200, VERSION)


def test_others_do_not_administer(system):
    code, said = system.run(SERVE + "setpriv --reuid nobody --regid nogroup --clear-groups ohtctl admin list")
    assert code == 1 and "/access/local_roles" in said and ADMIN not in said


# ---- upgraded ----

def test_upgrade_keeps_accounts_and_configuration(system):
    before = system.check("md5sum /etc/oht/ohtd.conf")
    system.check(f"{APT} install {media(*(f'{name}-next' for name in OURS))}")
    for package in OURS:
        assert installed(system, package) == NEXT
    assert system.check("md5sum /etc/oht/ohtd.conf") == before
    assert login(system) == (200, NEXT)
    assert "added" in system.check(f"dkms status -m oht -v {NEXT}") and not system.check(f"dkms status -m oht -v {VERSION}")
    assert system.check("systemctl is-enabled ohtd") == "enabled"


def test_a_configuration_that_is_wrong_is_no_reason_to_fail(system):
    system.check("cp /etc/oht/ohtd.conf /tmp/good && sed -i 's/^loops = .*/loops = many/' /etc/oht/ohtd.conf")
    system.check(f"{APT} install --reinstall {media('ohtd-next')}")
    assert installed(system, "ohtd") == NEXT
    code, said = system.run("ohtd --config /etc/oht/ohtd.conf --check-config")
    assert code == 78 and "many" in said
    system.check("cp /tmp/good /etc/oht/ohtd.conf")


# ---- removed ----

def test_remove_keeps_database_and_configuration(system):
    system.check(f"{APT} remove ohtd")
    assert system.run("ls /usr/sbin/ohtd || ls /lib/systemd/system/ohtd.service")[0] != 0
    system.check("test -s /var/lib/oht/oht.db && test -s /etc/oht/ohtd.conf && getent passwd oht")


def test_installed_again_it_knows_its_accounts(system):
    system.check(f"{APT} install {media('ohtd-next')}")
    assert login(system) == (200, NEXT)


def test_purge_leaves_what_others_have_put_there(system):
    system.check(f"{APT} purge {' '.join(OURS)}")
    assert names(system) == {"/etc/oht"}
    assert system.check("ls /etc/oht") == "own.key"
    assert system.run("getent passwd oht")[0] == 0, "files elsewhere may belong to the user"


def test_installed_and_purged_without_a_configuration_of_others(system):
    system.check(f"rm /etc/oht/own.key; {APT} install {media('ohtd', 'ohtctl')}; {APT} purge ohtd ohtctl")
    assert not names(system)


# ---- the self-tests, by themselves ----

def test_self_tests_are_skipped_without_a_device(system):
    """They need neither daemon nor module to be installed."""
    system.check(f"{APT} install {media('oht-selftest')}")
    code, said = system.run("oht-selftest")
    results = [line for line in said.splitlines() if re.match("(not )?ok ", line)]
    assert code == 4 and results and all(line.startswith("ok ") and line.endswith("# SKIP") for line in results), said
    assert said.count("there is no /dev/oht0") == len(results)
    assert [line.split()[4] for line in results] == [line.removeprefix("oht:") for line in system.check("oht-selftest -l").split()]


@pytest.mark.parametrize("words", ["-t ../uapi_test", "-t nothing", "-x", "uapi_test", "-d /nowhere", "-t"])
def test_self_tests_refuse_other_words(system, words):
    code, said = system.run(f"oht-selftest {words}")
    assert code == 2 and "ok 1" not in said, said


def test_self_tests_leave_nothing(system):
    system.check(f"{APT} purge oht-selftest")
    assert not names(system)
