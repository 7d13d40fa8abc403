# SPDX-License-Identifier: GPL-2.0-or-later
"""ohtctl --url: files in the home folder that are damaged, addresses with a zone, verbs that are a word alone."""
import json

import pytest

from oht_test.client import PASSWORD
from remote import Remote, complaint


@pytest.mark.parametrize("text", ["", "nonsense", "{}", "[]", '{"access_token":1}', "x" * 70000, "\0" * 400, '{"username":"vie'],
                         ids=range(8))
def test_a_login_file_of_nonsense(remote, text):
    remote.login("viewer")
    remote.file("json").write_text(text)
    assert f"{remote.file('json').name}: " in complaint(remote.run("status"))
    assert remote.login("viewer").returncode == 0
    assert "state" in remote.done("status")


def test_a_kept_authority_of_zeros_is_told_and_asked_for_anew(remote):
    remote.login("viewer")
    whole = remote.file("pem").read_text()
    for text in ("", "\0" * 1200, whole[:len(whole) // 2]):
        remote.file("pem").write_text(text)
        said = complaint(remote.run("status"))
        assert f"{remote.file('pem').name}: is no certificate any more; ohtctl login --url {remote.url} asks anew" in said
        # Nobody vouches for what shows itself now: without a terminal nothing is sent.
        assert "is not known yet" in complaint(remote.run("login", "viewer", "--password-stdin", said=PASSWORD + "\n"))
        assert remote.login("viewer").returncode == 0
        assert remote.file("pem").read_text() == whole and "state" in remote.done("status")


def test_the_robot_by_itself_is_its_state(remote):
    remote.login("viewer")
    assert json.loads(remote.done("robot", "--json"))["state"]
    assert "channels" in json.loads(remote.done("safety", "--json"))
    assert "robot needs one of status, " in complaint(remote.run("robot", "what"), status=2)


def test_the_zone_of_an_address_stays(remote):
    # Each port of these is closed. Without its zone the address leads nowhere.
    for zone in ("lo", "eth0.7", "wlan-A_1"):
        made = remote.run("status", "--fingerprint", "00" * 32, url=f"https://[fe80::1%25{zone}]:1")
        assert complaint(made, status=3).startswith(f"ohtctl: https://[fe80::1%25{zone}]:1: ")


# Loopback has no address of a link; the packets of this one go over a cable. Its ends get no address by themselves: the kernel
# may take that one as a source as well, once it is known to be the only one.
CABLE = ("ip link set lo up && ip link add robot0 type veth peer name person0 && "
         "ip link set robot0 addrgenmode none && ip link set person0 addrgenmode none && ip addr add fe80::1/64 dev robot0 nodad && "
         "ip addr add fe80::2/64 dev person0 nodad && ip link set robot0 up && ip link set person0 up && exec \"$@\"")


def test_an_address_with_a_zone_leads_there(fresh, tmp_path):
    fresh.write_config(http_listen="[::]:0", http_names="fe80::1")
    fresh.prefix = ["unshare", "-n", "sh", "-c", CABLE, "sh"]
    fresh.start()
    remote = Remote(fresh, tmp_path)
    remote.prefix = ["nsenter", f"--net=/proc/{fresh.process.pid}/ns/net"]
    url = f"https://[fe80::1%25person0]:{fresh.port}"
    made = remote.login("viewer", url=url)
    assert (made.returncode, made.stderr) == (0, ""), made
    assert "state" in remote.done("status", url=url)
    assert "login: viewer (viewer) from fe80::2 " in fresh.log()
    fresh.stop()
