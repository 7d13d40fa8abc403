# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of a robot that nobody can log in to yet."""
import pytest

from browser import Browser
from conftest import key_pin
from daemon import running
from oht_test.client import PASSWORD


@pytest.fixture(name="empty")
def fixture_empty(tmp_path):
    """A daemon that has no account."""
    with running(tmp_path, roles=()) as made:
        yield made


@pytest.fixture(name="page")
def fixture_page(empty, tmp_path):
    """A browser on its page, which asks for the set-up code."""
    with Browser(tmp_path, key_pin(empty.state / "server.crt")) as made:
        made.open(f"https://localhost:{empty.port}/")
        made.wait(lambda: made.shown("#setup"), 10, "the form for the first administrator")
        yield made


def fill(page, code, password=PASSWORD, again=None):
    """The form, and send it."""
    for field, text in (("code", code), ("name", "anna"), ("password", password), ("again", again or password)):
        page.run("document.querySelector(arguments[0]).value = ''", f"#setup-{field}")
        page.type(f"#setup-{field}", text)
    page.click("#setup-enter")


def code_of(daemon):
    return (daemon.folder / "setup-code").read_text().strip()


def test_first_administrator(empty, page):
    assert not page.shown("#login") and page.shown("#stop")
    assert "/run/oht/setup-code" in page.text("#setup")
    fill(page, code_of(empty).lower())
    page.wait(lambda: page.shown("#live"), 20, "the live view")
    assert page.text("#user") == "anna (administrator)"
    assert not page.shown("#setup") and not page.shown("#login")
    page.open(f"https://localhost:{empty.port}/")
    page.wait(lambda: page.shown("#login"), 10, "the login of whoever comes next")
    assert not page.shown("#setup")
    assert page.complaints() == []


def test_refusals_are_told_in_words_and_nothing_is_lost(empty, page):
    code = code_of(empty)
    fill(page, code, again="another password")
    page.wait(lambda: page.text("#message") == "The two passwords are not the same.", 5, "the passwords")
    fill(page, "0000-0000-0000-0000")
    page.wait(lambda: page.text("#message") == "this is not the set-up code", 10, "the code")
    box = page.run("const b = document.querySelector('#message').getBoundingClientRect(); return [b.top, b.bottom]")
    assert box[0] >= page.run("return document.querySelector('header').getBoundingClientRect().bottom") - 1
    assert box[1] <= page.run("return innerHeight"), "what was refused is out of sight"
    fill(page, code, password="short")
    page.wait(lambda: page.text("#message") == "password: must have 8 to 72 bytes, has 5", 10, "the length")
    assert page.run("return document.querySelector('#setup-name').value") == "anna"
    fill(page, code)
    page.wait(lambda: page.shown("#live"), 20, "the live view")


def test_somebody_else_was_first(empty, page):
    code = code_of(empty)
    assert empty.request("POST", "setup", {"code": code, "username": "bert", "password": PASSWORD}).status == 201
    fill(page, code)
    page.wait(lambda: page.shown("#login"), 10, "the login")
    assert "administrator" in page.text("#message")
