# SPDX-License-Identifier: GPL-2.0-or-later
"""The page Backups: made, verified, refused and deleted; what would restore one is asked for first, and says why it is not possible."""
import re

from person import at_rest, elevate, go, has, log_in
from pretend import change, pretend


def press(page, act):
    """The button of the one backup that is there."""
    page.click(f'#backups button[aria-label^="{act} the backup of "]')


def test_a_backup_is_made_verified_refused_and_deleted(daemon, page):
    at_rest(daemon)
    log_in(page, "administrator")
    pretend(page, {"state": "move"})
    go(page, "/backups", "#backups-page")
    page.wait(lambda: "There is no backup yet. Press" in page.text("#backup-list"), what="what to do")
    page.wait(lambda: re.search(r"with the history, .*B at most", page.text("#backup-list")), what="the size of the history")
    page.click("#backup-history")
    page.click("#backup-make")
    page.wait(lambda: "by administrator" in page.text("#backups") and "with the history, " in page.text("#backups") and "not since the start" in page.text("#backups"), what="the backup")
    made, = daemon.get("backups", role="administrator").json["items"]
    file = daemon.state / "backups" / f"{made['id']}.ohtbackup"
    press(page, "Verify")
    page.wait(lambda: "sound, " in page.text("#backups") and "can be restored" in page.text("#jobs"), what="that it is sound")
    # The question begins on Cancel, and says what forbids it.
    press(page, "Restore")
    page.wait(lambda: has(page, "#backup-restore"), what="the question")
    assert page.run("return document.activeElement.textContent") == "Cancel" and has(page, "#restore-history:checked")
    page.wait(lambda: "It is: Moving." in page.text("#backup-restore"), what="the reason")
    data = bytearray(file.read_bytes())
    good = bytes(data)
    data[-1] ^= 1
    file.write_bytes(data)
    change(page, "robot", state="safe")
    page.wait(lambda: not has(page, "#restore-send[aria-disabled]"), what="no reason")
    page.click("#restore-send")
    elevate(page)
    page.wait(lambda: "nothing was changed" in page.text("#jobs"), what="that it is damaged")
    assert not has(page, "#restore-waits") and not has(page, "#backup-restore")
    press(page, "Verify")
    page.wait(lambda: "not sound, " in page.text("#backups"), what="the same by itself")
    # A sound one waits for the next start, and is taken back.
    file.write_bytes(good)
    press(page, "Restore")
    page.wait(lambda: has(page, "#restore-send") and not has(page, "#restore-send[aria-disabled]"), what="the question")
    page.click("#restore-send")
    page.wait(lambda: has(page, "#restore-waits") and has(page, "#restore-waits #restart"), what="that it waits")
    page.click("#restore-withdraw")
    page.wait(lambda: "Taken back" in page.text("body") and not has(page, "#restore-waits"), what="that it is taken back")
    press(page, "Delete")
    page.wait(lambda: has(page, "#confirm"), what="the question")
    page.click("#confirm-yes")
    page.wait(lambda: "There is no backup yet." in page.text("#backup-list"), what="none")
    assert not file.exists()
