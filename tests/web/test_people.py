# SPDX-License-Identifier: GPL-2.0-or-later
"""A person asks for an account and an administrator decides; an account that must have a second factor is led to it."""
import subprocess

import pytest

from oht_test.wait import until
from person import elevate, fill, go, has, log_in
from remote import OHTCTL
from test_look import axe

OWN = "a password of hers 17"


def configure(daemon, item, value):
    """On the machine itself: that needs no session, which a test or the end of a page may have ended."""
    subprocess.run([OHTCTL, "config", "set", item, value, "--socket", daemon.socket], check=True, capture_output=True, timeout=100,
                   env=daemon.environment())


def name_fields(page, name, password=OWN, again=OWN):
    """Of the form for those who ask, and send it."""
    for field, text in (("username", name), ("full_name", "Berta Falk"), ("note", "late shift"), ("password", password), ("again", again)):
        fill(page, f"#ask-{field}", text)
    page.click("#ask-send")


@pytest.fixture(name="asked")
def fixture_asked(daemon):
    """The robot takes registrations."""
    configure(daemon, "/access/registration", "yes")
    yield daemon
    configure(daemon, "/access/registration", "no")


def test_a_person_asks_and_an_administrator_decides(asked, page):
    page.wait(lambda: has(page, "#ask-account"), what="the way to an account")
    page.click("#ask-account")
    page.wait(lambda: has(page, "#ask-username"), what="the form")
    assert page.text("#way-in-title") == "Ask for an account" and axe(page) == ""
    name_fields(page, "berta", again="another one 17")
    page.wait(lambda: "not the same" in page.text("#ask-again-notes"), what="the fault of the page")
    name_fields(page, "berta", "password1", "password1")
    page.wait(lambda: "known one" in page.text("#ask"), what="the fault of the robot")
    name_fields(page, "berta")
    page.wait(lambda: has(page, "#asked") and "waits for an administrator" in page.text("#asked"), what="that it waits")
    # A name that an account has is answered alike.
    answer = asked.request("POST", "auth/register", {"username": "viewer", "password": OWN})
    assert answer.status == 202 and answer.json["state"] == "pending"
    page.open(page.address)
    log_in(page, "administrator")
    page.wait(lambda: page.run("return [...document.querySelectorAll('a[href=\"#/users\"] .page-count')].map((e) => parseInt(e.textContent))") == [2], what="the count")
    go(page, "/users", "#waiting tbody tr")
    text = page.text("#waiting tbody")
    assert all(word in text for word in ("berta", "Berta Falk", "late shift", "Viewer", "127.0.0.1", "Chrom", "the name is taken")), text
    assert not has(page, '#waiting [aria-label="Approve viewer"]') and axe(page) == ""
    above, below = [page.run("const b = document.querySelector(arguments[0]).closest('.card').getBoundingClientRect(); return [b.top, b.bottom]", of)
                    for of in ("#waiting", "#users")]
    assert below[0] - above[1] >= 8, "cards have a distance"
    assert has(page, "#waiting-search"), "two rows are searched"
    page.click('#waiting [aria-label="Approve berta"]')
    page.wait(lambda: has(page, "#decision-role"), what="the question for the role")
    page.run("const s = document.querySelector('#decision-role'); s.value = 'operator'; s.dispatchEvent(new Event('change', { bubbles: true }))")
    page.click("#decision-send")
    elevate(page)
    page.wait(lambda: "berta" in page.text("#users tbody") and "berta" not in page.text("#waiting"), what="the account")
    assert not has(page, "#waiting-search"), "one row is seen"
    page.click('#waiting [aria-label="Reject viewer"]')
    page.wait(lambda: has(page, "#decision-reason"), what="the question why")
    fill(page, "#decision-reason", "not hers")
    page.click("#decision-send")
    page.wait(lambda: not has(page, "#waiting"), what="nobody who waits")
    assert asked.login("berta", OWN).json["role"] == "operator"
    records = asked.get("audit?limit=20", role="administrator").json["items"]
    assert any(record["act"] == "POST users/{id}/reject" and "not hers" in record["after"] for record in records), records


def test_nobody_asks_where_none_is_taken(page):
    page.wait(lambda: has(page, "#login"), what="the form")
    assert has(page, "#with-code") and not has(page, "#ask-account")


def test_an_account_that_must_have_a_second_factor_sees_nothing_but_the_way_to_it(daemon, page):
    assert daemon.request("POST", "users", {"username": "vera", "password": OWN, "role": "administrator"}, role="administrator").status == 201
    configure(daemon, "/security/second_factor", "administrator")
    try:
        until(lambda: daemon.request("POST", "auth/login", {"username": "vera", "password": OWN}).json["must_enrol"], what="the configuration")
        fill(page, "#login-username", "vera")
        page.type("#login-password", OWN)
        page.click("#login-send")
        page.wait(lambda: has(page, "#enrol #second-begin"), 60, what="the one screen")
        assert has(page, "#stop") and not has(page, ".navigation") and not has(page, "#user") and axe(page) == ""
        # The word beside STOP is that of the robot, and nothing is asked for that is refused.
        page.wait(lambda: page.text("#stop-line") == "no relays here", what="what the robot says of its outputs")
        assert page.complaints() == []
        # A reload and an address of another page lead to the same.
        page.open(page.address + "#/users")
        page.wait(lambda: has(page, "#enrol #second-begin"), 60, what="the same screen")
        page.type("#second-begin-password", OWN)
        page.click("#second-begin-send")
        page.wait(lambda: has(page, "#qr"), what="the picture")
        code = subprocess.run(["oathtool", "--totp", "--base32", page.text("#enrol code")], check=True, capture_output=True, text=True).stdout.strip()
        fill(page, "#second-confirm-code", code)
        page.click("#second-confirm-send")
        page.wait(lambda: has(page, "#key-shown"), what="the recovery codes")
        assert not has(page, ".navigation"), "they are lost behind a step that comes too early"
        page.click("#key-kept")
        page.wait(lambda: has(page, "#users tbody"), 60, what="the page that was asked for")
        page.wait(lambda: page.run("return document.querySelector('#connection').textContent").startswith("live"), what="live data again")
    finally:
        configure(daemon, "/security/second_factor", "none")
        until(lambda: daemon.get("robot", role="administrator").status == 200, what="the password alone")


def test_accounts_from_a_table_and_codes_on_paper(daemon, page, tmp_path):
    wrong, right = tmp_path / "wrong.csv", tmp_path / "shift.csv"
    wrong.write_text("username,role\ncarla,king\nviewer,viewer\n")
    right.write_text("role,username,full_name\noperator,carla,Carla Senn\nviewer,dirk,\n")
    log_in(page, "administrator")
    go(page, "/users", "#import-users")
    page.click("#import-users")
    page.wait(lambda: has(page, "#import-file"), what="the way to a file")
    page.type("#import-file", str(wrong))
    elevate(page)
    page.wait(lambda: "line 2, role: 'king' is none of" in page.text("#import-faults"), what="what is wrong")
    assert not has(page, "#import-make")
    page.type("#import-file", str(right))
    text = page.wait(lambda: has(page, "#import-seen tbody th") and page.text("#import-seen"), what="what would be made")
    assert "carla Carla Senn" in text and "Operator" in text and "2" == page.text("#import-make").split()[1] and axe(page) == "", text
    page.click("#import-make")
    page.wait(lambda: has(page, "#codes-kept"), 60, "a code for each person")
    codes = page.run("return [...document.querySelectorAll('#imported-codes code')].map((e) => e.textContent)")
    assert len(codes) == 2 and all(len(code.replace("-", "")) == 16 for code in codes) and axe(page) == "", codes
    page.click("#codes-kept")
    page.wait(lambda: "dirk" in page.text("#users tbody"), what="the accounts")
    assert daemon.request("POST", "auth/reset", {"username": "carla", "reset_code": codes[0], "password": OWN}).status in (200, 204)
    assert daemon.login("carla", OWN).json["role"] == "operator"
    # One leaves again.
    assert not has(page, '#users [aria-label="Delete: administrator"]')
    page.click('#users [aria-label="Delete: dirk"]')
    page.wait(lambda: has(page, "#confirm-yes"), what="the question")
    page.click("#confirm-yes")
    page.wait(lambda: "dirk" not in page.text("#users tbody"), what="the end of the account")
