# SPDX-License-Identifier: GPL-2.0-or-later
"""The first administrator, by the set-up code."""
import os
import stat

import pytest

from daemon import Daemon
from oht_test.client import PASSWORD
from oht_test.wait import until

ANNA = {"username": "anna", "password": PASSWORD}


@pytest.fixture(name="empty")
def _empty(tmp_path):
    """A daemon that runs and has no account."""
    made = Daemon(tmp_path)
    made.write_config()
    try:
        made.start()
        yield made
    finally:
        made.end()


def code_file(daemon):
    """Where the code stands."""
    return daemon.folder / "setup-code"


def required(daemon):
    """What everybody may ask."""
    return daemon.get("health", role=None).json["setup_required"]


def set_up(daemon, code, **change):
    """Answer of POST setup."""
    return daemon.request("POST", "setup", {"code": code, **ANNA, **change})


@pytest.mark.plain("filter")
def test_whole_set_up(empty):
    file = code_file(empty)
    assert required(empty) is True
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    code = file.read_text().strip()
    assert empty.get("robot", role=None).code == "token_missing"
    made = set_up(empty, code.lower().replace("-", ""))
    assert (made.status, made.json["username"], made.json["role"]) == (201, "anna", "administrator"), made
    assert required(empty) is False
    assert not file.exists()
    # What is lost from now on were accounts, however this run ends.
    until((empty.state / "administered").exists, what="the mark")
    assert set_up(empty, code, username="bert").code == "setup_done"
    token = empty.login("anna").json["access_token"]
    assert [user["username"] for user in empty.get("users", role=None, token=token).json["items"]] == ["anna"]
    for secret in (code, code.replace("-", ""), PASSWORD):
        assert secret not in empty.log()
    assert "user_made: anna (administrator) by set-up code" in empty.log()
    empty.stop()
    empty.start()
    assert required(empty) is False
    assert not file.exists()


def test_wrong_codes_and_texts_make_nobody(empty):
    code = code_file(empty).read_text().strip()
    for change in ({"username": "a b"}, {"password": "short"}, {"role": "administrator"}, {"code": ""}, {"code": 7}):
        assert empty.request("POST", "setup", {"code": code, **ANNA, **change}).code == "validation", change
    assert empty.request("POST", "setup", ANNA).code == "validation"
    # What cannot be an account costs no try; what cannot be the code does.
    for wrong in ("0", "x" * 79, code[:-1], code + "0", "-"):
        assert set_up(empty, wrong).code == "setup_code_wrong", wrong
    assert set_up(empty, code).code == "setup_code_retired"
    assert not code_file(empty).exists()
    assert required(empty) is True
    assert empty.login("anna").status == 401
    empty.stop()
    empty.start()
    again = code_file(empty).read_text().strip()
    assert again != code
    assert set_up(empty, code).code == "setup_code_wrong"
    assert set_up(empty, again).status == 201


def test_a_name_that_is_taken_leaves_the_code(empty):
    assert empty.add_user("anna", "viewer").returncode == 0
    code = code_file(empty).read_text().strip()
    assert set_up(empty, code).code == "user_exists"
    assert required(empty) is True
    assert set_up(empty, code, username="bert").status == 201


def test_an_administrator_made_elsewhere_ends_it(empty):
    assert empty.add_user("boss", "administrator").returncode == 0
    code = code_file(empty).read_text().strip()
    # The store knows, also before the daemon has noticed.
    assert set_up(empty, code).code == "setup_done"
    assert required(empty) is False
    assert not code_file(empty).exists()


def test_his_login_ends_it_too(empty):
    assert empty.add_user("boss", "administrator").returncode == 0
    assert empty.login("boss").status == 200
    assert required(empty) is False
    assert not code_file(empty).exists()


def test_a_killed_daemon_leaves_no_good_code(empty):
    code = code_file(empty).read_text().strip()
    empty.process.kill()
    empty.process.wait()
    empty.start()
    assert set_up(empty, code).code == "setup_code_wrong"
    empty.stop()
    assert not code_file(empty).exists()


def test_no_folder_for_the_code(tmp_path):
    made = Daemon(tmp_path)
    made.write_config(paths_socket=tmp_path / "nowhere/sock")
    try:
        made.start()
        assert required(made) is True
        assert set_up(made, "0000-0000-0000-0000").code == "setup_code_retired"
        assert "and no set-up code" in made.log()
        made.stop()
    finally:
        made.end()
