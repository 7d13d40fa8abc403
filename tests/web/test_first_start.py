# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of a robot that has no account yet."""
import pytest

from browser import Browser
from daemon import running
from oht_test.client import PASSWORD
from person import fill as put
from person import has, key_pin


@pytest.fixture(name="empty")
def fixture_empty(tmp_path):
    """A daemon that has no account."""
    with running(tmp_path, roles=()) as made:
        yield made


@pytest.fixture(name="first")
def fixture_first(empty, tmp_path):
    """A browser on its page, which asks for the set-up code."""
    with Browser(tmp_path, key_pin(empty.state / "server.crt")) as made:
        made.open(f"https://localhost:{empty.port}/")
        made.wait(lambda: has(made, "#setup"), what="the form for the first administrator")
        yield made


def fill(page, code, password=PASSWORD, again=None):
    """The form, and send it."""
    for field, text in (("code", code), ("username", "anna"), ("password", password), ("again", again or password)):
        put(page, f"#setup-{field}", text)
    page.click("#setup-send")


def code_of(daemon):
    return (daemon.folder / "setup-code").read_text().strip()


def fault(page, field):
    """The fault below a field."""
    return page.text(f"#setup-{field}-notes")


def test_refusals_are_told_in_words_and_nothing_is_lost(empty, first):
    code = code_of(empty)
    assert not has(first, "#login") and has(first, "#stop")
    assert "/run/oht/setup-code" in first.text("#content")
    fill(first, code, again="another password")
    first.wait(lambda: fault(first, "again") == "The two passwords are not the same.", what="the passwords")
    fill(first, "0000-0000-0000-0000")
    first.wait(lambda: has(first, "#setup-problem") and "not the set-up code" in first.text("#setup-problem"), what="the code")
    fill(first, code, password="short")
    first.wait(lambda: "at least 8 bytes, has 5" in fault(first, "password"), what="the length")
    assert first.run("return document.querySelector('#setup-username').value") == "anna"
    first.run("window.logins = 0; new MutationObserver(() => { window.logins += !!document.querySelector('#login'); })"
              ".observe(document.body, { childList: true, subtree: true })")
    fill(first, code.lower())
    first.wait(lambda: has(first, "#content .head"), 60, "the pages")
    assert first.run("return window.logins") == 0, "asked to log in while that was under way"
    assert "anna" in first.text("#user") and "Administrator" in first.text("#user")
    first.open(f"https://localhost:{empty.port}/")
    first.wait(lambda: has(first, "#content .head"), 60, "the same session after a reload")
    first.run("localStorage.clear()")
    first.open(f"https://localhost:{empty.port}/?again")
    first.wait(lambda: has(first, "#login"), 60, "the login of the next person")
    assert not has(first, "#setup")


@pytest.mark.slow
def test_somebody_else_was_first(empty, first):
    code = code_of(empty)
    assert empty.request("POST", "setup", {"code": code, "username": "bert", "password": PASSWORD}).status == 201
    first.wait(lambda: has(first, "#login"), 60, "the login in place of the set-up")
    assert not has(first, "#setup")
