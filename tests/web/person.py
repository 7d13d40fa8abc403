# SPDX-License-Identifier: GPL-2.0-or-later
"""What a person does on the page, for the tests."""
import base64
import hashlib
import ssl
import subprocess

from oht_test.client import PASSWORD
from oht_test.wait import until

SIZES = ((1280, 800), (1920, 1080), (390, 844))
THEMES = ("light", "dark")


def key_pin(certificate):
    """What tells Chromium to trust exactly this key."""
    public = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True,
                            capture_output=True, text=True).stdout
    return base64.b64encode(hashlib.sha256(ssl.PEM_cert_to_DER_cert(
        public.replace("PUBLIC KEY", "CERTIFICATE"))).digest()).decode()


def has(page, selector):
    """Is it on the page?"""
    return page.run("return !!document.querySelector(arguments[0])", selector)


def fill(page, selector, text):
    """Replace the text of a field."""
    page.run("document.querySelector(arguments[0]).select()", selector)
    page.type(selector, text)


def log_in(page, role, password=PASSWORD):
    """Through the form; returns when the pages are there."""
    page.wait(lambda: has(page, "#login"), 60, "the form")
    fill(page, "#login-username", role)
    page.type("#login-password", password)
    page.click("#login-send")
    page.wait(lambda: has(page, "#content .head"), 60, "the pages")


def elevate(page, password=PASSWORD):
    """Gives the password that the page asks for."""
    page.wait(lambda: has(page, "#elevation-password"), what="the question for the password")
    page.type("#elevation-password", password)
    page.click("#elevation-send")


def log_out(page):
    """By the menu."""
    page.click("#user")
    page.click("#logout")
    page.wait(lambda: has(page, "#login"), what="the form")


def go(page, path, selector):
    """To a page by its address; returns when the selector is there."""
    page.run("location.hash = arguments[0]", f"#{path}")
    page.wait(lambda: has(page, selector), what=f"{selector} on {path}")


def end_sessions_of_pages(daemon):
    """All but those with which the tests themselves ask: an account has 32, and the next log-in would end the oldest."""
    # A token that has ended is asked for anew meanwhile.
    for role in list(daemon.tokens):
        listed = daemon.get("auth/sessions", role)
        assert listed.status == 200, listed
        for session in listed.json["items"]:
            if not session["current"]:
                assert daemon.request("DELETE", f"auth/sessions/{session['id']}", role=role).status in (204, 404)


def names_of(page):
    """Of the pages in the rail, as far as this person sees them."""
    return page.run("return [...document.querySelectorAll('.navigation a.page-link')].map((a) => a.textContent)")


def box(page, selector):
    """left, top, right, bottom of an element in the window."""
    return page.run("const b = document.querySelector(arguments[0]).getBoundingClientRect();"
                    "return [b.left, b.top, b.right, b.bottom]", selector)


def at_rest(daemon):
    """Reset whatever has stopped the robot: the test before, or a host on which the simulator had to wait."""
    def resting():
        answer = daemon.post("safety/reset", role="supervisor")
        assert answer.status not in (401, 403), answer
        return daemon.get("robot").json["state"] in ("safe", "idle")
    until(resting, what="a robot at rest")


def is_stopped(daemon):
    """Behind a confirmation the state may take one more cycle of the control thread, which a busy host lets wait."""
    until(lambda: daemon.get("safety").json["state"] == "stopped", what="the stop in the daemon")


def stops(daemon, page):
    """Press the button once and see it confirmed, on the page and in the daemon."""
    at_rest(daemon)
    page.wait(lambda: daemon.get("safety").json["state"] == "ready", what="ready before the stop")
    page.click("#stop")
    page.wait(lambda: page.run("return document.querySelector('#stop').dataset.phase") == "done", what="confirmed")
    is_stopped(daemon)
