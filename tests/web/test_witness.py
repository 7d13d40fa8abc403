# SPDX-License-Identifier: GPL-2.0-or-later
"""The page Audit, and the browser as a witness: what it has seen must be the beginning of what there is."""
import json
import shutil

import pytest

from daemon import Daemon
from person import go, has, log_in, log_out
from test_audit import cut_and_mend, database_of, rename

SEEN = "oht.audit.seen"


@pytest.fixture(name="victim")
def _victim(daemon, tmp_path):
    """A robot whose audit may be cut. It has the key of the shared one's certificate, so that the same browser trusts it."""
    made = Daemon(tmp_path)
    made.write_config()
    try:
        for name in ("administrator", "viewer"):
            assert made.add_user(name, name).returncode == 0
        made.make_logins_cheap()
        for name in ("ca.crt", "ca.key", "server.crt", "server.key"):
            shutil.copy(daemon.state / name, made.state)
        made.start()
        # What a browser keeps goes by the port.
        made.write_config(http_listen=f"127.0.0.1:{made.port}")
        yield made
    finally:
        made.end()


def seen(page):
    """Records of the newest checkpoint that the browser keeps."""
    text = page.run("return localStorage.getItem(arguments[0])", SEEN)
    return int(json.loads(text)["note"].split("\n")[1]) if text else 0


def says(page):
    return page.text("#audit-says")


def test_who_changed_what_is_found_and_opened(daemon, page):
    log_in(page, "administrator")
    page.wait(lambda: seen(page), what="a checkpoint")
    before = seen(page)
    name = daemon.get("config").json["robot"]["name"]
    try:
        rename(daemon, "seen by the witness", **{"X-Request-Id": "the-witness"})
        assert daemon.request("POST", "users", {}, role="viewer").status == 403
        go(page, "/audit", "#audit tbody td")
        page.wait(lambda: "proven that they go on from" in says(page) and "Its signature is good." in says(page), what="a proof")
        assert seen(page) > before
        page.type("#audit-text", "seen by the witness")
        page.wait(lambda: page.run("return document.querySelectorAll('#audit tbody tr').length") == 1, what="the one record")
        page.click("#audit .record")
        page.wait(lambda: has(page, "#audit-record"), what="the record")
        assert "the-witness" in page.text("#audit-record") and "127.0.0.1" in page.text("#audit-record")
        cells = page.run("return [...document.querySelectorAll('#audit-values tbody tr > *')].map((n) => n.textContent)")
        assert cells == ["/robot/name", name, "seen by the witness"]
        # To others of that kind, and from there to none.
        page.click('#audit-record a[aria-label="Only these: Act PATCH config"]')
        page.wait(lambda: not has(page, "#audit-record") and "act=PATCH+config" in page.run("return location.hash"), what="the filter")
        page.wait(lambda: "changed the configuration" in (told := set(page.run(
            "return [...document.querySelectorAll('#audit .record')].map((n) => n.textContent)"))) and told <= {
                "changed the configuration", "tried to change the configuration"}, what="changes of the configuration")
        go(page, "/audit?result=403%20role", "#audit .badge")
        page.wait(lambda: page.text("#audit tbody tr").split("\n")[-2:] == ["403 role", "127.0.0.1"] or "403 role" in page.text("#audit tbody tr"),
                  what="the attempt that was refused")
        go(page, "/audit?from=yesterday", "#audit-records .notice")
        assert "yesterday" in page.text("#audit-records .notice")
    finally:
        rename(daemon, name)


def test_an_audit_that_was_cut_is_told_on_every_page_until_somebody_takes_note(victim, page):
    for i in range(10):
        rename(victim, f"name {i}")
    page.open(f"https://localhost:{victim.port}/")
    # Also who may not read records is a witness.
    log_in(page, "viewer")
    page.wait(lambda: seen(page) > 10, what="a checkpoint")
    had = seen(page)
    log_out(page)
    victim.stop()
    with database_of(victim) as database:
        cut_and_mend(victim, database)
    victim.start()
    page.open(f"https://localhost:{victim.port}/")
    log_in(page, "administrator")
    page.wait(lambda: has(page, "#audit-finding"), what="the finding")
    said = page.text("#audit-finding")
    assert f"The audit was cut, or an old copy is in place: it had {had} records at 20" in said and "ohtctl audit verify" in said
    # Also when the robot is not asked, and however often it is asked.
    page.open(f"https://localhost:{victim.port}/#/drive")
    page.wait(lambda: has(page, "#audit-finding") and has(page, "#drive-rail"), what="the same on another page")
    for i in range(20):
        rename(victim, f"longer {i}")
    go(page, "/audit", "#audit-says")
    page.click("#audit-read")
    page.wait(lambda: int(page.run("return document.querySelector('#audit-says').dataset.size")) > had, what="more records than were seen")
    assert page.text("#audit-finding") == said and seen(page) == had and "Does not fit" in says(page)
    page.click("#audit-note")
    page.click("#confirm-yes")
    page.wait(lambda: not has(page, "#audit-finding") and seen(page) > had, what="a new beginning")
    assert "This device keeps this checkpoint" in says(page)
